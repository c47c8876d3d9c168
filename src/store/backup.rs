//! A copy of the database while it is in use, and a copy put back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::{MIGRATIONS, Store, damage, migrate, seal, with_end};

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

/// Puts a backup in the place of the database. The former database is kept beside it; returns where.
///
/// # Errors
/// `from` is no Pairpost backup, is damaged, or is of a newer version; nothing is changed then.
pub fn restore(from: &Path, database: &Path) -> anyhow::Result<Option<PathBuf>> {
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
    seal::remove(database);
    let mut former = None;
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
        former = Some(kept);
    }
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(with_end(database, end));
    }
    std::fs::rename(&part, database)
        .with_context(|| format!("{}: cannot be put in place", database.display()))?;
    Ok(former)
}

/// What a restored database has learned from the one that it replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CarriedOver {
    /// Letters that have left since the copy was made, and messages that have come since: none of the former is sent again,
    /// each of the latter is handled anew.
    Known { letters: usize, messages: usize },
    /// The former database is gone or cannot be read: letters that wait in the copy may have left. They are looked for
    /// before anything is done about them.
    Unknown { letters: usize },
}

/// After a restore: what has happened since the copy was made must not happen again (RELIABILITY F15).
///
/// # Errors
/// The restored database cannot be written; nothing may be sent then.
pub fn carry_over(
    database: &Path,
    former: Option<&Path>,
    now: crate::time::Moment,
) -> anyhow::Result<CarriedOver> {
    let mut db = Connection::open(database)?;
    if let Some(former) = former.filter(|path| path.is_file()) {
        match carry_from(&mut db, former) {
            Ok(carried) => return Ok(carried),
            Err(error) => {
                tracing::warn!(%error, file = %former.display(), "the former database cannot be read");
            }
        }
    }
    let letters = db.execute(
        "UPDATE outbox SET state = 'unknown', look_at = ?1, looks = 0, unknown_ends = unknown_ends + 1,
           last_error = 'restored from a copy: it may have left since'
         WHERE state IN ('queued', 'sending', 'dot')",
        [now.timestamp()],
    )?;
    // Letters have left since whose numbers nobody knows now. No later letter takes one of them: an answer to the old one would
    // be read as an answer to the new one, and mail hosts that keep one copy for each Message-ID would drop the new one. No
    // programme has sent a letter a second since 1970, so the seconds are beyond all that were ever given, at each restore anew.
    db.execute(
        "UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'outbox'",
        [now.timestamp()],
    )?;
    db.execute(
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox', ?1
         WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'outbox')",
        [now.timestamp()],
    )?;
    Ok(CarriedOver::Unknown { letters })
}

/// The former database has the same tables, or this fails and changes nothing.
fn carry_from(db: &mut Connection, former: &Path) -> anyhow::Result<CarriedOver> {
    db.execute("ATTACH ?1 AS former", [former.display().to_string()])?;
    let carried = (|| {
        let version: usize =
            db.query_row("PRAGMA former.user_version", [], |row| row.get::<_, i64>(0))? as usize;
        anyhow::ensure!(
            version == MIGRATIONS.len(),
            "it is of another version ({version})"
        );
        let tx = db.transaction()?;
        // A letter that had left, or may have, is as it was there, bytes and ids included.
        let left = "('sent', 'dot', 'unknown', 'held', 'refused')";
        let mut letters = tx.execute(
            &format!(
                "UPDATE main.outbox SET
                   (state, attempts, sent_at, reply, dot_at, look_at, looks, unknown_ends, last_error) =
                   (SELECT state, attempts, sent_at, reply, dot_at, look_at, looks, unknown_ends, last_error
                    FROM former.outbox there WHERE there.id = main.outbox.id)
                 WHERE state IN ('queued', 'sending', 'dot', 'unknown') AND EXISTS
                   (SELECT 1 FROM former.outbox there WHERE there.id = main.outbox.id AND there.key = main.outbox.key
                      AND there.state IN {left})"
            ),
            [],
        )?;
        letters += tx.execute(
            &format!(
                "INSERT OR IGNORE INTO main.outbox SELECT * FROM former.outbox there
                 WHERE there.state IN {left} AND there.id NOT IN (SELECT id FROM main.outbox)"
            ),
            [],
        )?;
        tx.execute(
            "INSERT OR IGNORE INTO main.outbox_bytes SELECT * FROM former.outbox_bytes there
             WHERE there.letter_id IN (SELECT id FROM main.outbox)",
            [],
        )?;
        // A message that has come since is handled anew: what followed from it is not in the copy.
        let messages = tx.execute(
            "INSERT OR IGNORE INTO main.inbox (id, hash, truncated, received_at, signed_by)
             SELECT id, hash, truncated, received_at, signed_by FROM former.inbox there
             WHERE there.id NOT IN (SELECT id FROM main.inbox)
               AND there.id IN (SELECT inbox_id FROM former.inbox_bytes)",
            [],
        )?;
        tx.execute(
            "INSERT OR IGNORE INTO main.inbox_bytes SELECT * FROM former.inbox_bytes there
             WHERE there.inbox_id IN (SELECT id FROM main.inbox)",
            [],
        )?;
        tx.execute(
            "INSERT OR IGNORE INTO main.place SELECT * FROM former.place there
             WHERE there.inbox_id IN (SELECT id FROM main.inbox)",
            [],
        )?;
        tx.commit()?;
        Ok(CarriedOver::Known { letters, messages })
    })();
    db.execute_batch("DETACH former")?;
    carried
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

/// The file of the key beside a copy.
pub fn key_file(copy: &Path) -> PathBuf {
    with_end(copy, ".key")
}
