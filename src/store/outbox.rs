//! Letters that leave. Their bytes are frozen when they are ordered, and what happens to them is a state:
//!
//! | state | meaning | after a crash |
//! |---|---|---|
//! | queued | due at `due_at` | still queued |
//! | sending | committed before the server hears of it | the dot was not written: certainly not taken, queued again |
//! | dot | committed before the final dot is written | nobody can tell: unknown |
//! | unknown | the server may have taken it; it is looked for (`unknown`) | still unknown |
//! | held | could not be found out, and must not come twice: a coordinator decides | still held |
//! | sent | the server said 250, or the letter was found | never touched again |
//! | refused | the server refused it for good: an event of its own | never touched again |
//! | failed | given up after days | a coordinator decides |
//! | cancelled | its reader has stopped such mail, or has been erased, before it left | never touched again |

use rusqlite::{OptionalExtension, Transaction};

use super::{json, to_json};
use crate::ids::{LetterId, PersonId};
use crate::programme::letter::About;
use crate::time::{Moment, from_seconds};

/// A letter as it is ordered.
#[derive(Debug, Clone)]
pub struct NewLetter<'a> {
    pub id: LetterId,
    /// kind/recipient/occurrence.
    pub key: &'a str,
    pub kind: &'a str,
    pub person: Option<PersonId>,
    pub about: &'a About,
    pub envelope_from: &'a str,
    pub envelope_to: &'a str,
    pub message_id: &'a str,
    pub reference: &'a str,
    pub subject: &'a str,
    pub bytes: &'a [u8],
    pub unprompted: bool,
    pub cause: &'a str,
    /// To a coordinator: a hash of what it shows.
    pub shown: &'a str,
    pub due_at: Moment,
}

/// A letter on its way to the server.
#[derive(Debug, Clone)]
pub struct Leaving {
    pub id: LetterId,
    pub kind: String,
    pub person: Option<PersonId>,
    pub envelope_from: String,
    pub envelope_to: String,
    pub bytes: Vec<u8>,
    /// How often it has been tried, this time included.
    pub attempts: u32,
    pub created_at: Moment,
}

/// What is known of a letter that somebody answers, or that came back.
#[derive(Debug, Clone)]
pub struct Known {
    pub id: LetterId,
    pub person: Option<PersonId>,
    pub kind: String,
    pub about: About,
    pub envelope_to: String,
    pub ordered_at: Moment,
    /// Others have seen its reply address: it proves nothing any more.
    pub exposed: bool,
    /// To a coordinator: a hash of what it showed, and whether a command in answer to it has made letters leave.
    pub shown: String,
    pub acted: bool,
}

pub fn next_id(tx: &Transaction<'_>) -> rusqlite::Result<LetterId> {
    tx.prepare_cached(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0) + 1",
    )?
    .query_row([], |row| Ok(LetterId(row.get(0)?)))
}

/// Whether no letter has ever been ordered, as far as is known.
pub fn is_empty(db: &rusqlite::Connection) -> rusqlite::Result<bool> {
    db.query_row("SELECT NOT EXISTS (SELECT 1 FROM outbox)", [], |row| {
        row.get(0)
    })
}

/// Whether a letter with this key was ordered before.
pub fn is_ordered(tx: &Transaction<'_>, key: &str) -> rusqlite::Result<bool> {
    tx.prepare_cached("SELECT count(*) FROM outbox WHERE key = ?1")?
        .query_row([key], |row| Ok(row.get::<_, i64>(0)? > 0))
}

pub fn order(tx: &Transaction<'_>, now: Moment, letter: &NewLetter<'_>) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO outbox (id, key, kind, person_id, about, envelope_from, envelope_to, message_id, reference,
           subject, unprompted, cause, created_at, due_at, shown, token_epoch)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
           coalesce((SELECT token_epoch FROM person WHERE id = ?4), 0))",
    )?
    .execute(rusqlite::params![
        letter.id.0,
        letter.key,
        letter.kind,
        letter.person.map(|it| it.0),
        to_json(letter.about)?,
        letter.envelope_from,
        letter.envelope_to,
        letter.message_id,
        letter.reference,
        letter.subject,
        letter.unprompted,
        letter.cause,
        now.timestamp(),
        letter.due_at.timestamp(),
        letter.shown,
    ])?;
    tx.prepare_cached("INSERT INTO outbox_bytes (letter_id, bytes) VALUES (?1, ?2)")?
        .execute((letter.id.0, letter.bytes))?;
    Ok(())
}

/// Takes the next due letters in hand and says so in the database first: at most `limit`; while the programme is paused,
/// only those to coordinators.
pub fn take(tx: &Transaction<'_>, now: Moment, limit: u32) -> rusqlite::Result<Vec<Leaving>> {
    let mut rows = tx.prepare_cached(&format!(
        "{LEAVING}
         WHERE state = 'queued' AND due_at <= ?1 AND (person_id IS NULL OR NOT EXISTS (SELECT 1 FROM brake))
         ORDER BY due_at, id LIMIT ?2"
    ))?;
    let letters: Vec<Leaving> = rows
        .query_map((now.timestamp(), limit), leaving)?
        .collect::<Result<_, _>>()?;
    in_hand(tx, now, &letters)?;
    Ok(letters)
}

/// The same for letters that were chosen, in their order; what is no longer queued is left out.
pub fn take_these(
    tx: &Transaction<'_>,
    now: Moment,
    chosen: &[LetterId],
) -> rusqlite::Result<Vec<Leaving>> {
    let mut row = tx.prepare_cached(&format!("{LEAVING} WHERE id = ?1 AND state = 'queued'"))?;
    let mut letters = Vec::with_capacity(chosen.len());
    for id in chosen {
        letters.extend(row.query_row([id.0], leaving).optional()?);
    }
    in_hand(tx, now, &letters)?;
    Ok(letters)
}

const LEAVING: &str =
    "SELECT id, kind, person_id, envelope_from, envelope_to, bytes, attempts + 1, created_at
     FROM outbox JOIN outbox_bytes ON letter_id = id";

fn leaving(row: &rusqlite::Row<'_>) -> rusqlite::Result<Leaving> {
    Ok(Leaving {
        id: LetterId(row.get(0)?),
        kind: row.get(1)?,
        person: row.get::<_, Option<i64>>(2)?.map(PersonId),
        envelope_from: row.get(3)?,
        envelope_to: row.get(4)?,
        bytes: row.get(5)?,
        attempts: row.get(6)?,
        created_at: from_seconds(row.get(7)?),
    })
}

fn in_hand(tx: &Transaction<'_>, now: Moment, letters: &[Leaving]) -> rusqlite::Result<()> {
    let mut mark = tx.prepare_cached(
        "UPDATE outbox SET state = 'sending', attempts = attempts + 1, sending_since = ?2 WHERE id = ?1",
    )?;
    for letter in letters {
        mark.execute((letter.id.0, now.timestamp()))?;
    }
    Ok(())
}

pub fn sent(tx: &Transaction<'_>, id: LetterId, now: Moment, reply: &str) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'sent', sent_at = ?2, reply = ?3, sending_since = NULL WHERE id = ?1",
    )?
    .execute((id.0, now.timestamp(), reply))?;
    Ok(())
}

/// Back into the queue, for a later try of the same bytes.
pub fn later(tx: &Transaction<'_>, id: LetterId, at: Moment, error: &str) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'queued', due_at = ?2, last_error = ?3, sending_since = NULL
         WHERE id = ?1 AND state IN ('sending', 'dot')",
    )?
    .execute((id.0, at.timestamp(), error))?;
    Ok(())
}

/// Back into the queue as if it had never been taken: the server was not asked.
pub fn untouched(tx: &Transaction<'_>, id: LetterId) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'queued', attempts = attempts - 1, sending_since = NULL
         WHERE id = ?1 AND state = 'sending'",
    )?
    .execute([id.0])?;
    Ok(())
}

/// The end of a letter that will not leave: `state` is "refused" or "failed".
pub fn end(tx: &Transaction<'_>, id: LetterId, state: &str, error: &str) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE outbox SET state = ?2, last_error = ?3, sending_since = NULL WHERE id = ?1",
    )?
    .execute((id.0, state, error))?;
    Ok(())
}

/// At start: letters that were on their way when we went down. Before the dot they were certainly not taken and go out
/// again; at the dot nobody can tell. Returns how many of each.
pub fn recover(
    tx: &Transaction<'_>,
    now: Moment,
    first_look: Moment,
) -> rusqlite::Result<Recovered> {
    let again = tx.execute(
        "UPDATE outbox SET state = 'queued', due_at = ?1, sending_since = NULL,
           last_error = 'the program ended before the letter was complete' WHERE state = 'sending'",
        [now.timestamp()],
    )?;
    let unknown = tx.execute(
        "UPDATE outbox SET state = 'unknown', look_at = ?1, looks = 0, sending_since = NULL,
           unknown_ends = unknown_ends + 1, last_error = 'the program ended at the final dot' WHERE state = 'dot'",
        [first_look.timestamp()],
    )?;
    Ok(Recovered { again, unknown })
}

/// What was on its way when the program ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Certainly not taken by the server: sent again.
    pub again: usize,
    /// Perhaps taken: looked for.
    pub unknown: usize,
}

/// Marks letters at their final dot, each in a commit of its own. It has a connection of its own, since the mark is
/// made in the middle of the dialogue with the mail server, whatever the rest of the program is doing.
#[derive(Debug)]
pub struct DotMarks {
    db: rusqlite::Connection,
}

impl DotMarks {
    /// # Errors
    /// The database cannot be opened.
    pub fn open(path: &std::path::Path) -> rusqlite::Result<DotMarks> {
        let db = rusqlite::Connection::open(path)?;
        db.busy_timeout(std::time::Duration::from_secs(5))?;
        // The mark must be on the disk before the dot is on the wire, or a power cut forgets it.
        db.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")?;
        Ok(DotMarks { db })
    }

    /// # Errors
    /// The mark cannot be written; the dot must not be written then.
    pub fn mark(&mut self, letter: LetterId, now: Moment) -> rusqlite::Result<()> {
        let marked = self
            .db
            .prepare_cached(
                "UPDATE outbox SET state = 'dot', dot_at = ?2 WHERE id = ?1 AND state = 'sending'",
            )?
            .execute((letter.0, now.timestamp()))?;
        match marked {
            1 => Ok(()),
            _ => Err(rusqlite::Error::StatementChangedRows(marked)),
        }
    }
}

/// How many letters have left since a moment.
pub fn sent_since(db: &rusqlite::Connection, since: Moment) -> rusqlite::Result<u32> {
    db.prepare_cached("SELECT count(*) FROM outbox WHERE sent_at > ?1")?
        .query_row([since.timestamp()], |row| row.get(0))
}

/// When the next queued letter is due.
pub fn next_due(db: &rusqlite::Connection) -> rusqlite::Result<Option<Moment>> {
    let at: Option<i64> = db
        .prepare_cached(
            "SELECT min(due_at) FROM outbox
             WHERE state = 'queued' AND (person_id IS NULL OR NOT EXISTS (SELECT 1 FROM brake))",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(at.map(from_seconds))
}

pub fn by_id(db: &rusqlite::Connection, id: LetterId) -> rusqlite::Result<Option<Known>> {
    find(db, "id = ?1", id.0)
}

pub fn by_message_id(
    db: &rusqlite::Connection,
    message_id: &str,
) -> rusqlite::Result<Option<Known>> {
    find(db, "message_id = ?1", message_id)
}

pub fn by_reference(db: &rusqlite::Connection, reference: &str) -> rusqlite::Result<Option<Known>> {
    find(db, "reference = ?1", reference)
}

fn find(
    db: &rusqlite::Connection,
    condition: &str,
    value: impl rusqlite::ToSql,
) -> rusqlite::Result<Option<Known>> {
    db.prepare_cached(&format!(
        "SELECT id, person_id, kind, about, envelope_to, created_at, shown, acted_at IS NOT NULL,
           token_epoch < coalesce((SELECT token_epoch FROM person WHERE person.id = person_id), 0)
         FROM outbox WHERE {condition}"
    ))?
    .query_row([value], |row| {
        Ok(Known {
            id: LetterId(row.get(0)?),
            person: row.get::<_, Option<i64>>(1)?.map(PersonId),
            kind: row.get(2)?,
            about: json(&row.get::<_, String>(3)?)?,
            envelope_to: row.get(4)?,
            ordered_at: from_seconds(row.get(5)?),
            shown: row.get(6)?,
            acted: row.get(7)?,
            exposed: row.get(8)?,
        })
    })
    .optional()
}

/// Message-IDs of the letters that a new one to the same person follows in its thread: the first of the round or
/// partnership, and the newest.
pub fn thread(
    tx: &Transaction<'_>,
    person: PersonId,
    round: Option<&str>,
) -> rusqlite::Result<Vec<String>> {
    let Some(round) = round else {
        return Ok(Vec::new());
    };
    // From either end of the person's letters, so that few of them are looked at.
    let ends = [
        "SELECT message_id FROM outbox WHERE person_id = ?1 AND json_extract(about, '$.round') = ?2
         ORDER BY created_at, id LIMIT 1",
        "SELECT message_id FROM outbox WHERE person_id = ?1 AND json_extract(about, '$.round') = ?2
         ORDER BY created_at DESC, id DESC LIMIT 1",
    ];
    let mut thread: Vec<String> = Vec::with_capacity(2);
    for end in ends {
        let found: Option<String> = tx
            .prepare_cached(end)?
            .query_row((person.0, round), |row| row.get(0))
            .optional()?;
        thread.extend(found.filter(|id| !thread.contains(id)));
    }
    Ok(thread)
}
