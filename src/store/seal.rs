//! A seal on the database while no daemon runs: the SHA-256 of its file, beside it. SQLite's own check finds a broken
//! structure, but not a bit that has changed within a text; the seal finds every change (RELIABILITY F14). It is broken by
//! whoever opens the database, and set anew when the daemon ends in order. After a crash there is none.
//!
//! Somebody who writes to the database with a program of their own does no damage: SQLite counts such writes in the file's
//! head, twice (its file format, section 1.3), and a file whose count has gone on is taken as it is.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::with_end;

/// Breaks the seal, where there is one. Says whether the file is to the bit what was sealed.
///
/// # Errors
/// The file has changed since it was sealed, and not by anybody's writing.
pub fn check(database: &Path) -> anyhow::Result<bool> {
    let seal = seal_of(database);
    let Ok(sealed) = std::fs::read_to_string(&seal) else {
        return Ok(false);
    };
    let now = Sealed::of(database).unwrap_or_default();
    let then = Sealed::read(&sealed);
    let is_written_to = now.writes == now.writes_again && now.writes != then.writes;
    if now.digest != then.digest && !is_written_to {
        bail!(
            "{}: the database is damaged: its file has changed since Pairpost was stopped, and nobody has written to it. \
             Restore a backup: pairpost restore FILE. If you have put another file in its place yourself, remove {}",
            database.display(),
            seal.display()
        );
    }
    remove(database);
    Ok(now.digest == then.digest)
}

/// Seals the file as it is. Nobody may have it open.
pub fn set(database: &Path) -> anyhow::Result<()> {
    let seal = seal_of(database);
    let part = seal.with_extension("part");
    let now = Sealed::of(database)?;
    std::fs::write(&part, format!("{} {}\n", now.digest, now.writes))
        .and_then(|()| std::fs::rename(&part, &seal))
        .with_context(|| format!("{}: cannot be written", seal.display()))
}

pub fn remove(database: &Path) {
    let _ = std::fs::remove_file(seal_of(database));
}

fn seal_of(database: &Path) -> PathBuf {
    with_end(database, ".seal")
}

/// What is remembered of a file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sealed {
    digest: String,
    /// How often SQLite has written to the file, and the same once more.
    writes: u32,
    writes_again: u32,
}

impl Sealed {
    fn read(written: &str) -> Sealed {
        let (digest, writes) = written.trim().split_once(' ').unwrap_or_default();
        let writes = writes.parse().unwrap_or_default();
        Sealed {
            digest: digest.into(),
            writes,
            writes_again: writes,
        }
    }

    fn of(database: &Path) -> anyhow::Result<Sealed> {
        let mut file = std::fs::File::open(database)?;
        let mut digest = Sha256::new();
        let mut block = vec![0; 1 << 16];
        let mut head = Vec::new();
        loop {
            let length = file.read(&mut block)?;
            if length == 0 {
                break;
            }
            digest.update(&block[..length]);
            if head.len() < 100 {
                head.extend_from_slice(&block[..length.min(100)]);
            }
        }
        let number = |at: usize| {
            let bytes = head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, u32::from_be_bytes)
        };
        Ok(Sealed {
            digest: HEXLOWER.encode(&digest.finalize()),
            writes: number(24),
            writes_again: number(92),
        })
    }
}
