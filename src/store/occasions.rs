//! What falls due, as rows. Due means `due_at <= now` and not done, oldest first; never "equals today".

use rusqlite::Transaction;

use super::{json, to_json};
use crate::ids::OccasionId;
use crate::programme::decision::Occasion;
use crate::programme::event::Due;
use crate::time::{Moment, from_seconds};

/// Writes down an occasion. One that is done stays done; one that waits moves to the new date only where it belongs
/// to the calendar of a round, since the config is the truth about that.
pub fn plan(tx: &Transaction<'_>, occasion: &Occasion, at: Moment) -> rusqlite::Result<()> {
    let from_calendar = matches!(
        occasion,
        Occasion::Opens { .. }
            | Occasion::AskStill { .. }
            | Occasion::LeaveOut { .. }
            | Occasion::Deadline { .. }
            | Occasion::Matching { .. }
            | Occasion::PoolEnds { .. }
            | Occasion::RoundEnds { .. }
            | Occasion::Report { .. }
            | Occasion::SurveysClose { .. }
    );
    let on_conflict = if from_calendar {
        "DO UPDATE SET due_at = excluded.due_at WHERE done_at IS NULL AND due_at <> excluded.due_at"
    } else {
        "DO NOTHING"
    };
    tx.prepare_cached(&format!(
        "INSERT INTO occasion (key, what, due_at, rank) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) {on_conflict}"
    ))?
    .execute((occasion.key(), to_json(occasion)?, at.timestamp(), occasion.rank()))?;
    Ok(())
}

/// The oldest due occasions, at most `limit`; while the programme is paused, digests alone. A row that cannot be read
/// comes as the error, so that it can be set back without holding up the others.
pub fn due(
    db: &rusqlite::Connection,
    now: Moment,
    limit: u32,
) -> rusqlite::Result<Vec<(OccasionId, Result<Due, rusqlite::Error>)>> {
    let mut rows = db.prepare_cached(
        "SELECT id, what, due_at FROM occasion WHERE done_at IS NULL AND due_at <= ?1
           AND (NOT EXISTS (SELECT 1 FROM brake) OR json_extract(what, '$.kind') = 'digest')
         ORDER BY due_at, rank, id LIMIT ?2",
    )?;
    rows.query_map((now.timestamp(), limit), |row| {
        let occasion = OccasionId(row.get(0)?);
        let what: String = row.get(1)?;
        let due_at = from_seconds(row.get(2)?);
        let due = json(&what).map(|what| Due {
            occasion,
            what,
            due_at,
        });
        Ok((occasion, due))
    })?
    .collect()
}

/// When the next one falls due.
pub fn next_due(db: &rusqlite::Connection) -> rusqlite::Result<Option<Moment>> {
    let at: Option<i64> = db
        .prepare_cached(
            "SELECT min(due_at) FROM occasion WHERE done_at IS NULL
               AND (NOT EXISTS (SELECT 1 FROM brake) OR json_extract(what, '$.kind') = 'digest')",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(at.map(from_seconds))
}

pub fn done(
    tx: &Transaction<'_>,
    id: OccasionId,
    now: Moment,
    outcome: &str,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE occasion SET done_at = ?2, outcome = ?3 WHERE id = ?1 AND done_at IS NULL",
    )?
    .execute((id.0, now.timestamp(), outcome))?;
    Ok(())
}

/// Whether it still waits: an occasion that another path has done is not done twice.
pub fn is_open(tx: &Transaction<'_>, id: OccasionId) -> rusqlite::Result<bool> {
    tx.prepare_cached("SELECT done_at IS NULL FROM occasion WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))
}

pub fn postpone(tx: &Transaction<'_>, id: OccasionId, until: Moment) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE occasion SET due_at = ?2 WHERE id = ?1")?
        .execute((id.0, until.timestamp()))?;
    Ok(())
}

/// An occasion that could not be handled waits by itself: 1, 5, 25 ... minutes, at most a day.
pub fn set_back(
    tx: &Transaction<'_>,
    id: OccasionId,
    now: Moment,
    error: &str,
) -> rusqlite::Result<()> {
    let attempts: u32 = tx.query_row(
        "SELECT attempts FROM occasion WHERE id = ?1",
        [id.0],
        |row| row.get(0),
    )?;
    let wait = 60 * 5_i64.pow(attempts.min(5)).min(1_440);
    tx.prepare_cached(
        "UPDATE occasion SET attempts = attempts + 1, last_error = ?2, due_at = ?3 WHERE id = ?1",
    )?
    .execute((id.0, error, now.timestamp() + wait))?;
    Ok(())
}
