//! Letters whose end nobody told: the server was silent after the final dot, or we went down there. They wait, are
//! looked for, and end as sent, as queued again (proven not to have been taken), or as held for a coordinator.
//!
//! Nothing is looked up here; this file only keeps what is known.

use rusqlite::Transaction;

use crate::ids::LetterId;
use crate::time::{Moment, from_seconds};

/// A letter that may or may not have been taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    pub id: LetterId,
    pub kind: String,
    pub message_id: String,
    /// Its own return address, by which a local queue knows it.
    pub envelope_from: String,
    /// When the dot was written.
    pub since: Moment,
    /// How often it has been looked for.
    pub looks: u32,
    /// How many of its tries ended like this one.
    pub unknown_ends: u32,
}

/// The server did not say what became of the letter: it is looked for from `first_look` on.
pub fn begin(
    tx: &Transaction<'_>,
    id: LetterId,
    first_look: Moment,
    error: &str,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'unknown', look_at = ?2, looks = 0, last_error = ?3, sending_since = NULL,
           unknown_ends = unknown_ends + 1 WHERE id = ?1 AND state IN ('sending', 'dot')",
    )?
    .execute((id.0, first_look.timestamp(), error))?;
    Ok(())
}

/// Letters that are to be looked for now, oldest first.
pub fn due(db: &rusqlite::Connection, now: Moment, limit: u32) -> rusqlite::Result<Vec<Unknown>> {
    let mut rows = db.prepare_cached(
        "SELECT id, kind, message_id, envelope_from, coalesce(dot_at, created_at), looks, unknown_ends
         FROM outbox WHERE state = 'unknown' AND look_at <= ?1 ORDER BY look_at, id LIMIT ?2",
    )?;
    rows.query_map((now.timestamp(), limit), |row| {
        Ok(Unknown {
            id: LetterId(row.get(0)?),
            kind: row.get(1)?,
            message_id: row.get(2)?,
            envelope_from: row.get(3)?,
            since: from_seconds(row.get(4)?),
            looks: row.get(5)?,
            unknown_ends: row.get(6)?,
        })
    })?
    .collect()
}

/// A letter that the server certainly took. Where its copy can be seen, a copy of an earlier letter that cannot be seen does not
/// exist.
#[derive(Debug, Clone)]
pub struct TakenLater {
    pub message_id: String,
    pub at: Moment,
}

/// Letters that the server took after `since`, newest first.
pub fn taken_since(
    db: &rusqlite::Connection,
    since: Moment,
    limit: u32,
) -> rusqlite::Result<Vec<TakenLater>> {
    db.prepare_cached(
        "SELECT message_id, sent_at FROM outbox WHERE state = 'sent' AND sent_at > ?1 ORDER BY sent_at DESC LIMIT ?2",
    )?
    .query_map((since.timestamp(), limit), |row| {
        Ok(TakenLater {
            message_id: row.get(0)?,
            at: from_seconds(row.get(1)?),
        })
    })?
    .collect()
}

/// The letter has arrived after all: a copy was found, somebody answered it, it bounced, or a coordinator says so.
pub fn arrived(
    tx: &Transaction<'_>,
    id: LetterId,
    now: Moment,
    evidence: &str,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'sent', sent_at = coalesce(dot_at, ?2), reply = ?3, look_at = NULL
         WHERE id = ?1 AND state IN ('unknown', 'held', 'failed')",
    )?
    .execute((id.0, now.timestamp(), evidence))?;
    Ok(())
}

/// The letter was not found, which proves nothing yet: it is looked for again at `at`.
pub fn look_again(tx: &Transaction<'_>, id: LetterId, at: Moment) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET looks = looks + 1, look_at = ?2 WHERE id = ?1 AND state = 'unknown'",
    )?
    .execute((id.0, at.timestamp()))?;
    Ok(())
}

/// The same bytes go out once more: the server has certainly not taken them, or a second copy does no harm, or a
/// coordinator says so (of a letter that was given up, too).
pub fn send_again(
    tx: &Transaction<'_>,
    id: LetterId,
    now: Moment,
    why: &str,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'queued', due_at = ?2, look_at = NULL, last_error = ?3,
           attempts = iif(state = 'failed', 0, attempts)
         WHERE id = ?1 AND state IN ('unknown', 'held', 'failed')",
    )?
    .execute((id.0, now.timestamp(), why))?;
    Ok(())
}

/// Whether a coordinator's word about this letter is waited for, or may at least be given.
pub fn waits(db: &rusqlite::Connection, id: LetterId) -> rusqlite::Result<bool> {
    db.prepare_cached(
        "SELECT count(*) FROM outbox WHERE id = ?1 AND state IN ('unknown', 'held', 'failed')",
    )?
    .query_row([id.0], |row| Ok(row.get::<_, i64>(0)? > 0))
}

/// Nobody can tell, and it must not come twice: a coordinator decides.
pub fn hold(tx: &Transaction<'_>, id: LetterId) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'held', look_at = NULL WHERE id = ?1 AND state = 'unknown'",
    )?
    .execute([id.0])?;
    Ok(())
}
