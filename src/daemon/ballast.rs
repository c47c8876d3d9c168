//! A file that takes up room, so that room can be made when the disk is full.
//!
//! On a full disk even a DELETE fails, and a letter that the server has just taken could not be written down as sent. The
//! ballast is given up then: what has begun can be ended, erasures and alarms still work, and nothing new is begun until
//! the file is back (RELIABILITY F11).

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Enough for what is under way and for a coordinator's clearing up.
pub const BALLAST_BYTES: usize = 16 * 1024 * 1024;
const BLOCK_BYTES: usize = 64 * 1024;

/// The file, in the state folder.
#[derive(Debug, Clone)]
pub struct Ballast {
    path: PathBuf,
    bytes: usize,
}

impl Ballast {
    pub fn new(state_dir: &Path) -> Ballast {
        Ballast {
            path: state_dir.join("ballast"),
            bytes: BALLAST_BYTES,
        }
    }

    /// Whether the room is kept; makes the file where it is missing and there is room for it.
    pub fn keep(&self) -> io::Result<()> {
        if fs::metadata(&self.path).is_ok_and(|found| found.len() == self.bytes as u64) {
            return Ok(());
        }
        let part = self.path.with_extension("part");
        let written = self.write(&part);
        if written.is_err() {
            // Half a ballast would fill the disk that it is to guard.
            let _ = fs::remove_file(&part);
        }
        written?;
        fs::rename(&part, &self.path)
    }

    fn write(&self, part: &Path) -> io::Result<()> {
        let mut file = File::create(part)?;
        // Not zeros: a file system that compresses would keep no room for them.
        let mut block = [0u8; BLOCK_BYTES];
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..self.bytes / BLOCK_BYTES {
            for byte in &mut block {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                *byte = (state >> 56) as u8;
            }
            file.write_all(&block)?;
        }
        file.sync_all()
    }

    /// Makes room.
    pub fn give_up(&self) {
        match fs::remove_file(&self.path) {
            Ok(()) => tracing::error!(
                "the disk is full: the ballast in the state folder was given up; nothing new is begun until there is room again"
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::error!(%error, "the ballast cannot be removed"),
        }
    }
}

/// Whether an error means that there is no room left. A limit on the size of files looks like a broken disk to SQLite.
pub fn is_out_of_room(error: &anyhow::Error) -> bool {
    use rusqlite::ErrorCode;
    error.chain().any(|cause| {
        let of_database = cause
            .downcast_ref::<rusqlite::Error>()
            .and_then(rusqlite::Error::sqlite_error_code)
            .is_some_and(|code| matches!(code, ErrorCode::DiskFull | ErrorCode::SystemIoFailure));
        let of_file = cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::StorageFull);
        of_database || of_file
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_is_kept_given_up_and_kept_again() {
        let folder = tempfile::tempdir().unwrap();
        let ballast = Ballast::new(folder.path());
        let path = folder.path().join("ballast");
        for _ in 0..2 {
            ballast.keep().unwrap();
            assert_eq!(fs::metadata(&path).unwrap().len(), BALLAST_BYTES as u64);
            ballast.give_up();
            ballast.give_up();
            assert!(!path.exists());
        }
    }

    #[test]
    fn a_ballast_that_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let ballast = Ballast::new(&folder.path().join("missing"));
        assert!(ballast.keep().is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
