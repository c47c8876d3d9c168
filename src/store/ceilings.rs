//! What the ceilings on outgoing letters ask the database: what is due, who got how many letters, how many were planned. What
//! may leave is decided elsewhere.

use rusqlite::Connection;

use crate::ids::LetterId;
use crate::time::Moment;

/// A letter that could leave now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub id: LetterId,
    pub kind: String,
    pub to: String,
    pub partnership: Option<i64>,
    /// Whether it is for a coordinator.
    pub to_coordinator: bool,
}

/// All letters that are due, oldest first; while the programme is paused, only those to coordinators.
pub fn waiting(db: &Connection, now: Moment) -> rusqlite::Result<Vec<Waiting>> {
    db.prepare_cached(
        "SELECT id, kind, envelope_to, json_extract(about, '$.partnership'), person_id IS NULL FROM outbox
         WHERE state = 'queued' AND due_at <= ?1 AND (person_id IS NULL OR NOT EXISTS (SELECT 1 FROM brake))
         ORDER BY due_at, id",
    )?
    .query_map([now.timestamp()], |row| {
        Ok(Waiting {
            id: LetterId(row.get(0)?),
            kind: row.get(1)?,
            to: row.get(2)?,
            partnership: row.get(3)?,
            to_coordinator: row.get(4)?,
        })
    })?
    .collect()
}

/// To how many letters each address has come since a moment.
pub fn by_address(db: &Connection, since: Moment) -> rusqlite::Result<Vec<(String, u32)>> {
    db.prepare_cached(
        "SELECT envelope_to, count(*) FROM outbox WHERE sent_at > ?1 GROUP BY envelope_to",
    )?
    .query_map([since.timestamp()], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

/// Letters to people that nobody asked for, ordered since a moment and since a coordinator last let letters leave; and
/// how many people get mail.
pub fn planned(db: &Connection, since: Moment) -> rusqlite::Result<(u32, u32)> {
    db.prepare_cached(
        "SELECT (SELECT count(*) FROM outbox WHERE unprompted = 1 AND person_id IS NOT NULL AND state <> 'cancelled'
                   AND created_at > max(?1, coalesce((SELECT at FROM released), 0))),
                (SELECT count(*) FROM person WHERE erased = 0 AND stopped = 0)",
    )?
    .query_row([since.timestamp()], |row| Ok((row.get(0)?, row.get(1)?)))
}
