//! What the ceilings on outgoing letters ask the database: what is due, who got how many letters, how many were planned. What
//! may leave is decided elsewhere.

use rusqlite::Connection;

use crate::ids::LetterId;
use crate::time::Moment;

/// A letter that could leave now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub id: LetterId,
    pub due_at: i64,
    pub kind: String,
    pub to: String,
    pub partnership: Option<i64>,
    /// Whether it is for a coordinator.
    pub to_coordinator: bool,
}

/// The kinds of all letters that wait, due or not, whether many or few of each.
pub fn kinds(db: &Connection) -> rusqlite::Result<Vec<String>> {
    // One step in the index for each kind, where DISTINCT would walk through all letters.
    db.prepare_cached(
        "WITH RECURSIVE waiting (kind) AS (
           SELECT min(kind) FROM outbox WHERE state = 'queued'
           UNION ALL
           SELECT (SELECT min(kind) FROM outbox WHERE state = 'queued' AND kind > waiting.kind)
           FROM waiting WHERE waiting.kind IS NOT NULL)
         SELECT kind FROM waiting WHERE kind IS NOT NULL",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

/// The first `most` letters of a kind that are due, oldest first; while the programme is paused, only those to coordinators.
pub fn waiting(
    db: &Connection,
    now: Moment,
    kind: &str,
    most: u32,
) -> rusqlite::Result<Vec<Waiting>> {
    db.prepare_cached(
        "SELECT id, kind, envelope_to, json_extract(about, '$.partnership'), person_id IS NULL, due_at FROM outbox
         WHERE state = 'queued' AND kind = ?1 AND due_at <= ?2
           AND (person_id IS NULL OR NOT EXISTS (SELECT 1 FROM brake))
         ORDER BY due_at, id LIMIT ?3",
    )?
    .query_map((kind, now.timestamp(), most), |row| {
        Ok(Waiting {
            id: LetterId(row.get(0)?),
            kind: row.get(1)?,
            to: row.get(2)?,
            partnership: row.get(3)?,
            to_coordinator: row.get(4)?,
            due_at: row.get(5)?,
        })
    })?
    .collect()
}

/// How many letters have come to an address since a moment.
pub fn sent_to(db: &Connection, address: &str, since: Moment) -> rusqlite::Result<u32> {
    db.prepare_cached("SELECT count(*) FROM outbox WHERE envelope_to = ?1 AND sent_at > ?2")?
        .query_row((address, since.timestamp()), |row| row.get(0))
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
