//! What is still to be removed after an erasure, outside of the tables: copies in the mailbox, old pages of the
//! database. Rows, not a list in memory: a crash in between loses none.

use rusqlite::Transaction;

use crate::ids::InboxId;

/// A copy in the mailbox that is to be removed.
#[derive(Debug, Clone, PartialEq)]
pub struct Copy {
    /// Of the row here.
    pub id: i64,
    /// Where it lay when it was last seen; empty for a letter of ours.
    pub place: String,
    /// Without angle brackets; empty where it has none that can be looked for.
    pub message_id: String,
    /// Of a message that arrived, by which it is known for certain; empty for a letter of ours.
    pub hash: String,
    /// Bytes.
    pub size: u64,
}

/// Letters of ours that are to be forgotten: the copies that the mail host keeps.
pub fn plan_letters(tx: &Transaction<'_>, letters: &[i64]) -> rusqlite::Result<()> {
    for letter in letters {
        tx.execute(
            "INSERT INTO removal (what, message_id) SELECT 'ours', message_id FROM outbox
             WHERE id = ?1 AND state <> 'queued'",
            [letter],
        )?;
    }
    Ok(())
}

/// A message that arrived, by what its bytes say of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrived {
    pub id: InboxId,
    /// Without angle brackets; empty where it has none that can be looked for.
    pub message_id: String,
    /// Bytes.
    pub size: u64,
}

/// A message of somebody who is erased, or that was kept long enough: the pages that named it are written anew, too.
pub const ERASED: &str = "arrived";
/// An answer to a survey, whose sender stays known: what is overwritten in the database is enough.
pub const ANSWERED: &str = "answered";

pub fn plan_message(tx: &Transaction<'_>, message: &Arrived, why: &str) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT INTO removal (what, place, message_id, hash, size)
         SELECT ?4, coalesce((SELECT place FROM place WHERE inbox_id = ?1), ''), ?2, hash, ?3
         FROM inbox WHERE id = ?1",
        (
            message.id.0,
            &message.message_id,
            i64::try_from(message.size).unwrap_or(0),
            why,
        ),
    )?;
    Ok(())
}

/// Old pages of the database are to be removed.
pub fn plan_pages(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT INTO removal (what) SELECT 'pages' WHERE NOT EXISTS (SELECT 1 FROM removal WHERE what = 'pages')",
        [],
    )?;
    Ok(())
}

pub fn pages_wait(db: &rusqlite::Connection) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM removal WHERE what = 'pages')")?
        .query_row([], |row| row.get(0))
}

pub fn pages_done(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM removal WHERE what = 'pages'", [])?;
    Ok(())
}

/// Copies in the mailbox, the oldest first.
pub fn copies(db: &rusqlite::Connection, limit: u32) -> rusqlite::Result<Vec<Copy>> {
    db.prepare_cached(
        "SELECT id, place, message_id, hash, size FROM removal WHERE what <> 'pages' ORDER BY id LIMIT ?1",
    )?
    .query_map([limit], |row| {
        Ok(Copy {
            id: row.get(0)?,
            place: row.get(1)?,
            message_id: row.get(2)?,
            hash: row.get(3)?,
            size: u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0),
        })
    })?
    .collect()
}

/// These have been looked for and removed where they lay. What named them is removed from the pages, too.
pub fn copies_done(tx: &Transaction<'_>, ids: &[i64]) -> rusqlite::Result<()> {
    let mut erased = false;
    for id in ids {
        erased |= tx.execute(
            "DELETE FROM removal WHERE id = ?1 AND what <> ?2",
            (id, ANSWERED),
        )? > 0;
        tx.execute("DELETE FROM removal WHERE id = ?1", [id])?;
    }
    match erased {
        true => plan_pages(tx),
        false => Ok(()),
    }
}
