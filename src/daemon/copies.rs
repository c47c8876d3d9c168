//! Copies of the database that the daemon makes by itself, each tried out before it counts. What is too old, or more than is
//! wanted, is removed. A copy that fails is told in the digest until one succeeds.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use chrono::{NaiveDateTime, TimeDelta};
use tokio::sync::watch;

use super::engine::DATABASE;
use super::hands::{Handle, pause};
use super::master_key;
use crate::config::{Config, Copies};
use crate::programme::event::Noticed;
use crate::store::{Durability, Store, backup};
use crate::time::{Clock, Moment};

/// It is asked this often whether a copy is due.
const LOOK_SECONDS: u64 = 20;
/// What the digest calls a copy that failed.
const TROUBLE: &str = "copies";
/// The moment of a copy in its name, in UTC.
const NAME: &str = "pairpost-%Y-%m-%dT%H%M%SZ.db";

pub(super) async fn copy_loop(
    config: Config,
    handle: Handle,
    clock: Clock,
    stopping: watch::Receiver<bool>,
) {
    let Some(copies) = config.copies.clone() else {
        return;
    };
    let begun = clock.now();
    // After a failure it is tried again at the next date, not at once.
    let mut tried: Option<Moment> = None;
    while pause(&stopping, Duration::from_secs(LOOK_SECONDS)).await {
        let now = clock.now();
        let last = newest(&copies.folder).max(tried).unwrap_or(begun);
        if copies
            .when
            .next_after(last, config.settings.zone)
            .is_none_or(|due| due > now)
        {
            continue;
        }
        tried = Some(now);
        let (state_dir, wanted) = (config.state_dir.clone(), copies.clone());
        let made = tokio::task::spawn_blocking(move || make(&state_dir, &wanted, now)).await;
        let made = made.context("the copying has ended by itself").flatten();
        let noticed = match made {
            Ok(file) => {
                tracing::info!(file = %file.display(), "the database was copied, and the copy tried out");
                Noticed::Mended {
                    what: TROUBLE.into(),
                }
            }
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "no copy of the database could be made");
                Noticed::Trouble {
                    what: TROUBLE.into(),
                    words: format!(
                        "No copy of the database could be made ({error:#}). Please tell whoever runs the machine."
                    ),
                }
            }
        };
        handle.tell_digest(noticed, now).await;
    }
}

/// Makes a copy with its key, tries it out, and removes what is too old or too many.
///
/// # Errors
/// The copy cannot be written, or it cannot be restored: nothing of it stays then.
pub fn make(state_dir: &Path, copies: &Copies, now: Moment) -> anyhow::Result<PathBuf> {
    let folder = &copies.folder;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{}: cannot be made", folder.display()))?;
    let file = folder.join(now.format(NAME).to_string());
    let made = (|| {
        let store = Store::open(&state_dir.join(DATABASE), Durability::Full)?;
        backup::backup(&store, &file, |_, _| {})?;
        backup::drill(&file)?;
        let key = backup::key_file(&file);
        std::fs::copy(master_key::file_in(state_dir), &key)
            .with_context(|| format!("{}: the key cannot be copied", key.display()))?;
        Ok(())
    })();
    if let Err(error) = made {
        remove(&file);
        return Err(error);
    }
    prune(copies, now);
    Ok(file)
}

fn prune(copies: &Copies, now: Moment) {
    let mut kept = all(&copies.folder);
    kept.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let oldest = now - TimeDelta::days(copies.days.into());
    for (number, (at, file)) in kept.iter().enumerate() {
        // The newest one stays, however old.
        if number > 0 && (number >= copies.keep || *at < oldest) {
            remove(file);
        }
    }
}

fn remove(file: &Path) {
    let _ = std::fs::remove_file(file.with_extension("part"));
    let _ = std::fs::remove_file(backup::key_file(file));
    let _ = std::fs::remove_file(file);
}

/// When the newest copy was made.
pub fn newest(folder: &Path) -> Option<Moment> {
    all(folder).into_iter().map(|(at, _)| at).max()
}

/// Copies by their moment; files of other names are nobody's business.
fn all(folder: &Path) -> Vec<(Moment, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let at = NaiveDateTime::parse_from_str(&name, NAME).ok()?;
            Some((at.and_utc(), entry.path()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::Recurring;
    use crate::time::from_seconds;

    fn copies(folder: &Path) -> Copies {
        Copies {
            when: Recurring::parse("0 30 3 * * *").unwrap(),
            folder: folder.join("backups"),
            keep: 3,
            days: 30,
        }
    }

    #[test]
    fn the_newest_copies_stay_with_their_keys_and_can_be_restored() {
        let state = tempfile::tempdir().unwrap();
        Store::open(&state.path().join(DATABASE), Durability::Full).unwrap();
        std::fs::write(master_key::file_in(state.path()), [7; 32]).unwrap();
        let copies = copies(state.path());
        let start = from_seconds(1_800_000_000);
        let mut made = Vec::new();
        for day in 0..5 {
            let at = start + TimeDelta::days(day);
            made.push(make(state.path(), &copies, at).unwrap());
            assert_eq!(newest(&copies.folder), Some(at));
        }
        for (number, file) in made.iter().enumerate() {
            assert_eq!(
                (number >= 2, number >= 2),
                (file.exists(), backup::key_file(file).exists())
            );
        }
        assert_eq!(std::fs::read_dir(&copies.folder).unwrap().count(), 6);
        // Months later the old ones go, and the new one is there.
        let later = start + TimeDelta::days(100);
        make(state.path(), &copies, later).unwrap();
        assert_eq!(std::fs::read_dir(&copies.folder).unwrap().count(), 2);
        assert_eq!(newest(&copies.folder), Some(later));
    }

    #[test]
    fn a_copy_that_cannot_be_made_leaves_nothing_and_removes_nothing() {
        let state = tempfile::tempdir().unwrap();
        Store::open(&state.path().join(DATABASE), Durability::Full).unwrap();
        let copies = copies(state.path());
        std::fs::create_dir_all(&copies.folder).unwrap();
        std::fs::write(copies.folder.join("notes.txt"), "mine").unwrap();
        // There is no key to copy.
        let error = make(state.path(), &copies, from_seconds(1_800_000_000)).unwrap_err();
        assert!(
            format!("{error:#}").contains("the key cannot be copied"),
            "{error:#}"
        );
        assert_eq!(std::fs::read_dir(&copies.folder).unwrap().count(), 1);
    }
}
