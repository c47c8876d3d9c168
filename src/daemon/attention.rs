//! A second way to say that a person has to mend something, for when mail is what is broken: a file in the state folder,
//! and the status that systemd shows (RELIABILITY F21). One file for each trouble, gone when it is mended.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::time::Moment;

/// A file that is younger is not written anew: one alert a day.
const ONCE_IN: Duration = Duration::from_secs(24 * 3600);

/// What is wrong with one thing, where anything is.
#[derive(Debug, Clone)]
pub struct Attention {
    file: PathBuf,
    what: &'static str,
}

impl Attention {
    /// `what` names the file, too: "mailbox", "sending".
    pub fn to(state_dir: &Path, what: &'static str) -> Attention {
        Attention {
            file: state_dir.join(format!("ATTENTION-{what}.txt")),
            what,
        }
    }

    /// Says so, at most once a day. Returns whether it was said.
    pub fn needed(&self, why: &str, now: Moment) -> bool {
        let is_fresh = std::fs::metadata(&self.file)
            .and_then(|found| found.modified())
            .is_ok_and(|at| at.elapsed().is_ok_and(|age| age < ONCE_IN));
        if is_fresh {
            return false;
        }
        let words = format!(
            "{}\n{}: {why}\nIt is tried again by itself, less and less often. This file goes when it works again.\n",
            now.format("%Y-%m-%d %H:%M UTC"),
            self.what
        );
        if let Err(error) = std::fs::write(&self.file, words) {
            tracing::warn!(%error, file = %self.file.display(), "cannot be written");
        }
        let status = format!("{}: a person has to mend something, see the log", self.what);
        super::run::tell_systemd(&[sd_notify::NotifyState::Status(&status)]);
        true
    }

    /// It works.
    pub fn not_needed(&self) {
        if std::fs::remove_file(&self.file).is_ok() {
            super::run::tell_systemd(&[sd_notify::NotifyState::Status("running")]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::from_seconds;

    #[test]
    fn a_trouble_is_told_once_a_day_and_is_gone_when_it_is_mended() {
        let folder = tempfile::tempdir().unwrap();
        let attention = Attention::to(folder.path(), "mailbox");
        let now = from_seconds(1_800_000_000);
        assert!(attention.needed("the login was refused", now));
        for _ in 0..150 {
            assert!(!attention.needed("the login was refused", now));
        }
        let file = folder.path().join("ATTENTION-mailbox.txt");
        let told = std::fs::read_to_string(&file).unwrap();
        assert!(told.contains("mailbox: the login was refused"), "{told}");
        attention.not_needed();
        attention.not_needed();
        assert!(!file.exists());
    }
}
