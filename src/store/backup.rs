//! A copy of the database while it is in use, and a copy put back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::{MIGRATIONS, Store, damage, migrate};

/// Writes a complete copy to `to` while others go on writing, then checks it. `progress` gets (pages done, pages).
///
/// # Errors
/// `to` exists, cannot be written, or the copy does not pass SQLite's check.
pub fn backup(store: &Store, to: &Path, mut progress: impl FnMut(u64, u64)) -> anyhow::Result<()> {
    if to.exists() {
        bail!(
            "{}: there is a file already; a backup never overwrites. Name another file",
            to.display()
        );
    }
    let part = to.with_extension("part");
    let _ = std::fs::remove_file(&part);
    {
        let mut copy = Connection::open(&part)
            .with_context(|| format!("{}: cannot be written", part.display()))?;
        let running = Backup::new(store.reader(), &mut copy)?;
        loop {
            let step = running.step(256)?;
            let state = running.progress();
            let total = u64::try_from(state.pagecount).unwrap_or(0);
            progress(total - u64::try_from(state.remaining).unwrap_or(0), total);
            match step {
                rusqlite::backup::StepResult::Done => break,
                rusqlite::backup::StepResult::More => {}
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        drop(running);
        // One file without companions is easier to carry away.
        let _: String = copy.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
        if let Some(damage) = damage(&copy)? {
            bail!(
                "{}: the copy is damaged ({damage}); the disk may be failing",
                part.display()
            );
        }
    }
    std::fs::File::open(&part)?.sync_all()?;
    std::fs::rename(&part, to)
        .with_context(|| format!("{}: cannot be put in place", to.display()))?;
    Ok(())
}

/// Puts a backup in the place of the database. The former database is kept beside it.
///
/// # Errors
/// `from` is no Pairpost backup, is damaged, or is of a newer version; nothing is changed then.
pub fn restore(from: &Path, database: &Path) -> anyhow::Result<()> {
    if !from.is_file() {
        bail!("{}: no such file", from.display());
    }
    let part = database.with_extension("restoring");
    std::fs::copy(from, &part).with_context(|| format!("{}: cannot be copied", from.display()))?;
    let checked = (|| -> anyhow::Result<()> {
        let mut copy = Connection::open(&part)?;
        if let Some(damage) = damage(&copy).context("this is not a database")? {
            bail!("it is damaged ({damage})");
        }
        let tables: i64 = copy.query_row(
            "SELECT count(*) FROM sqlite_master WHERE name = 'outbox'",
            [],
            |row| row.get(0),
        )?;
        if tables == 0 {
            bail!("it is a database, but not one of Pairpost");
        }
        migrate(&mut copy, MIGRATIONS)
    })();
    if let Err(error) = checked {
        let _ = std::fs::remove_file(&part);
        return Err(error.context(format!(
            "{}: not restored, nothing was changed",
            from.display()
        )));
    }
    if database.exists() {
        let kept = free_name(database);
        std::fs::rename(database, &kept)
            .with_context(|| format!("{}: cannot be moved aside", database.display()))?;
        // After a crash the last changes stand in the journal alone: it goes where its database goes.
        for end in ["-wal", "-shm"] {
            let (companion, beside) = (with_end(database, end), with_end(&kept, end));
            if companion.exists() {
                std::fs::rename(&companion, beside)
                    .with_context(|| format!("{}: cannot be moved aside", companion.display()))?;
            }
        }
    }
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(with_end(database, end));
    }
    std::fs::rename(&part, database)
        .with_context(|| format!("{}: cannot be put in place", database.display()))?;
    Ok(())
}

/// What a restored copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub people: i64,
    pub partnerships: i64,
    pub messages: i64,
    pub letters: i64,
}

/// Tries a backup out: restores it beside itself, opens it as the daemon would, and counts. Nothing of it stays.
///
/// # Errors
/// The backup cannot be restored; the message says why.
pub fn drill(backup: &Path) -> anyhow::Result<Counts> {
    let folder = backup.with_extension("drill");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{}: cannot be made", folder.display()))?;
    let database = folder.join("drill.db");
    let tried = (|| {
        restore(backup, &database)?;
        let store = Store::open(&database, super::Durability::Full)?;
        store.check_integrity()?;
        let count = |table: &str| {
            store
                .reader()
                .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                    row.get(0)
                })
        };
        Ok(Counts {
            people: count("person")?,
            partnerships: count("partnership")?,
            messages: count("inbox")?,
            letters: count("outbox")?,
        })
    })();
    let _ = std::fs::remove_dir_all(&folder);
    tried
}

/// Where the former database is kept: what an earlier restore has kept is never overwritten.
fn free_name(database: &Path) -> PathBuf {
    let mut name = database.with_extension("before-restore.db");
    let mut number = 1;
    while name.exists() {
        number += 1;
        name = database.with_extension(format!("before-restore-{number}.db"));
    }
    name
}

/// SQLite's own naming of the files beside a database.
fn with_end(database: &Path, end: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(end);
    name.into()
}
