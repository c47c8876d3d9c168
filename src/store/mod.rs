//! All SQL. Synchronous on purpose: nothing here may wait on the network, and one writer owns the connection.
//!
//! A change of state happens in `apply` only, inside a transaction that the daemon opens around one event. Reads for
//! the rules are in `facts`; the queues are `inbox`, `outbox` and `occasions`.

pub mod addresses;
pub mod apply;
pub mod backup;
pub mod ceilings;
pub mod coordinating;
pub mod erasure;
pub mod facts;
pub mod gauges;
pub mod inbox;
pub mod journal;
pub mod look;
pub mod occasions;
pub mod outbox;
pub mod personal;
pub mod removals;
pub mod report;
pub mod rights;
#[cfg(test)]
pub mod scans;
mod seal;
pub mod surveys;
pub mod tombstones;
pub mod trust;
pub mod unknown;
pub mod waiting;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// Numbered steps; the database's `user_version` says how many it has climbed. Steps are never changed once released.
pub const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_spine.sql"),
    include_str!("migrations/0002_surveys.sql"),
    include_str!("migrations/0003_sending_once.sql"),
    include_str!("migrations/0004_applying.sql"),
    include_str!("migrations/0005_review.sql"),
    include_str!("migrations/0006_reports.sql"),
    include_str!("migrations/0007_imports.sql"),
    include_str!("migrations/0008_rights.sql"),
    include_str!("migrations/0009_coordinators.sql"),
    include_str!("migrations/0010_messages_by_person.sql"),
    include_str!("migrations/0011_new_addresses.sql"),
    include_str!("migrations/0012_journal_seal.sql"),
    include_str!("migrations/0013_trust.sql"),
    include_str!("migrations/0014_growing_tables.sql"),
    include_str!("migrations/0015_brakes.sql"),
    include_str!("migrations/0016_waiting_by_kind.sql"),
    include_str!("migrations/0017_floods.sql"),
    include_str!("migrations/0018_letters_to_strangers.sql"),
];

/// How hard a commit is pressed onto the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Survives a power cut.
    Full,
    /// For rehearsals in a temporary folder: survives the end of the process, not of the machine.
    Rehearsal,
    /// The same where nothing else opens the file and it is thrown away after a crash: nothing is locked, and what a
    /// transaction has changed is written once.
    Alone,
}

/// The database of one programme.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    path: PathBuf,
}

impl Store {
    /// Opens or creates the database and climbs the migrations.
    ///
    /// # Errors
    /// A database of a newer Pairpost, a damaged file, or a disk that cannot do write-ahead logging.
    pub fn open(path: &Path, durability: Durability) -> anyhow::Result<Store> {
        if durability == Durability::Full {
            seal::check(path)?;
        }
        let mut store = Store::connect(path, durability)?;
        store.climb()?;
        Ok(store)
    }

    /// The same for the daemon: before anything is written, the whole file is known to be sound. Either it is what the last run
    /// has left when it ended in order, or SQLite looks through all of it.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_checked(path: &Path) -> anyhow::Result<Store> {
        crate::failpoint::reach("database-checking")?;
        let is_as_it_was_left = seal::check(path)?;
        let mut store = Store::connect(path, Durability::Full)?;
        if !is_as_it_was_left {
            store.check_integrity()?;
        }
        store.climb()?;
        Ok(store)
    }

    fn connect(path: &Path, durability: Durability) -> anyhow::Result<Store> {
        let db = Connection::open(path)
            .with_context(|| format!("{}: cannot be opened as a database", path.display()))?;
        db.busy_timeout(std::time::Duration::from_secs(5))?;
        let wanted = match durability {
            Durability::Full | Durability::Rehearsal => "wal",
            Durability::Alone => {
                db.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
                "memory"
            }
        };
        let journal: String = db
            .query_row(&format!("PRAGMA journal_mode = {wanted}"), [], |row| row.get(0))
            .with_context(|| format!("{}: this file is not a Pairpost database, or it is damaged. Restore a backup: pairpost restore FILE", path.display()))?;
        if journal != wanted {
            bail!(
                "{}: the file system cannot do write-ahead logging (journal mode {journal}); put the state folder on a local disk",
                path.display()
            );
        }
        // The page cache grows with use only: a daemon that idles stays small, a rehearsal has the room. Its log may
        // grow, too, since nobody waits for the program to come up again.
        let (synchronous, cache_kib, log_pages) = match durability {
            Durability::Full => ("FULL", 8_192, 1_000),
            Durability::Rehearsal | Durability::Alone => ("OFF", 262_144, 16_000),
        };
        db.execute_batch(&format!(
            "PRAGMA synchronous = {synchronous}; PRAGMA cache_size = -{cache_kib}; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;
             PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = {log_pages};"
        ))?;
        // Without this SQLite prepares a statement anew whenever a bound value could change its plan; ours never do.
        db.set_db_config(
            rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG,
            true,
        )?;
        db.set_prepared_statement_cache_capacity(128);
        Ok(Store {
            db,
            path: path.to_path_buf(),
        })
    }

    fn climb(&mut self) -> anyhow::Result<()> {
        migrate(&mut self.db, MIGRATIONS).with_context(|| self.path.display().to_string())?;
        #[cfg(test)]
        scans::watch(&mut self.db)?;
        Ok(())
    }

    /// The one kind of transaction there is: it takes the write lock at once, so that it can never fail half-way for
    /// want of it.
    pub fn transaction(&mut self) -> anyhow::Result<Transaction<'_>> {
        // Where undoing the last one has failed, too, it is still open.
        if !self.db.is_autocommit() {
            self.db.execute_batch("ROLLBACK")?;
        }
        Ok(self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// FOR TESTS ONLY: asks before each step that SQLite takes whether it shall fail there, as a call of the system may.
    #[cfg(debug_assertions)]
    pub fn fail_where(
        &mut self,
        fails: impl FnMut() -> bool + Send + 'static,
    ) -> rusqlite::Result<()> {
        self.db.progress_handler(1, Some(fails))
    }

    /// For reading outside of an event (status, export).
    pub fn reader(&self) -> &Connection {
        &self.db
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves nothing in the files of what was deleted: old pages in the journal, free pages in the database. Says
    /// whether it could: another process that is reading holds it up, and it has to be tried again.
    pub fn leave_no_trace(&self) -> anyhow::Result<bool> {
        let truncate = || -> rusqlite::Result<bool> {
            self.db
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                    Ok(row.get::<_, i64>(0)? == 0)
                })
        };
        if !truncate()? {
            return Ok(false);
        }
        // Deleted content is overwritten at once (secure_delete); this also gives back the pages that held it.
        self.db.execute_batch("VACUUM")?;
        Ok(truncate()?)
    }

    /// Closes the database and seals its file: whatever happens to it before the next start is noticed then.
    ///
    /// # Errors
    /// Somebody else is using the database, or the seal cannot be written: it is left without one.
    pub fn close_sealed(self) -> anyhow::Result<()> {
        let path = self.path.clone();
        // Only whoever is alone with the database can take it out of its journal; the next one to open it puts it back.
        let journal: String = self
            .db
            .query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
        self.db.close().map_err(|(_, error)| error)?;
        anyhow::ensure!(journal == "delete", "another process uses the database");
        seal::set(&path)
    }

    /// SQLite's own check of the whole file.
    pub fn check_integrity(&self) -> anyhow::Result<()> {
        let found = damage(&self.db).with_context(|| {
            format!(
                "{}: the database is damaged: it cannot be looked through. Restore a backup: pairpost restore FILE",
                self.path.display()
            )
        })?;
        if let Some(damage) = found {
            bail!(
                "{}: the database is damaged ({damage}). Restore a backup: pairpost restore FILE",
                self.path.display()
            );
        }
        Ok(())
    }
}

/// What SQLite's own check of the whole file finds first; `None` where the file is sound.
fn damage(db: &Connection) -> rusqlite::Result<Option<String>> {
    let answer: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    Ok((answer != "ok").then_some(answer))
}

/// One piece of work inside a transaction, and a unit of failure: where it fails, or panics, what it changed is undone, and
/// the transaction goes on without it.
///
/// # Errors
/// The outer one: the store itself cannot go on, and the transaction must be given up.
pub fn unit<T>(
    tx: &Transaction<'_>,
    work: impl FnOnce() -> anyhow::Result<T>,
) -> rusqlite::Result<anyhow::Result<T>> {
    tx.prepare_cached("SAVEPOINT unit")?.execute([])?;
    let done = catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(anyhow::anyhow!("it failed in a way that it must not")));
    if done.is_err() {
        tx.prepare_cached("ROLLBACK TO unit")?.execute([])?;
    }
    tx.prepare_cached("RELEASE unit")?.execute([])?;
    Ok(done)
}

/// Climbs from the database's version to the newest, each step in a transaction of its own.
pub fn migrate(db: &mut Connection, steps: &[&str]) -> anyhow::Result<()> {
    let version: usize = db
        .query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))
        .context("this file is not a Pairpost database, or it is damaged. Restore a backup: pairpost restore FILE")?
        .try_into()
        .context("the database's version is negative: it is not ours")?;
    if version > steps.len() {
        bail!(
            "the database is of a newer Pairpost (version {version}, this program knows {}). Install the newer \
             program, or restore a backup made by this one",
            steps.len()
        );
    }
    for (number, step) in steps.iter().enumerate().skip(version) {
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(step)
            .with_context(|| format!("migration {} failed; nothing was changed", number + 1))?;
        tx.pragma_update(None, "user_version", i64::try_from(number + 1)?)?;
        tx.commit()?;
    }
    Ok(())
}

/// The newest time that anything was written down with; none in a new database.
pub fn newest_moment(db: &Connection) -> rusqlite::Result<Option<crate::time::Moment>> {
    let newest: Option<i64> = db.query_row(
        "SELECT max(at) FROM (
           SELECT (SELECT at FROM journal ORDER BY id DESC LIMIT 1) AS at
           UNION ALL SELECT (SELECT received_at FROM inbox ORDER BY id DESC LIMIT 1)
           UNION ALL SELECT (SELECT created_at FROM outbox ORDER BY id DESC LIMIT 1))",
        [],
        |row| row.get(0),
    )?;
    Ok(newest.map(crate::time::from_seconds))
}

/// Reads JSON that we wrote ourselves.
fn json<T: serde::de::DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// A value of ours as JSON; our own types always can be.
fn to_json<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// The kebab-case word of an enum that is kept as text.
fn word<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    Ok(to_json(value)?.trim_matches('"').to_string())
}

fn from_word<T: serde::de::DeserializeOwned>(word: &str) -> rusqlite::Result<T> {
    json(&format!("\"{word}\""))
}

fn date(text: Option<String>) -> Option<chrono::NaiveDate> {
    text.and_then(|text| text.parse().ok())
}

/// The name of a file beside another one, as SQLite names those of a database: the whole name, and an end.
fn with_end(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}
