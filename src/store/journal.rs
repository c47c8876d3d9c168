//! The journal: one line for each decision, by ids only: what caused it, what was decided, which letters were ordered.
//! Lines are added and never changed, and each is sealed together with the seal of the line before it, so that a line
//! that is removed or changed later is noticed ([`check`]).
//!
//! An erasure is the one thing that may reach back: it empties the lines about somebody. So that the chain holds without
//! their words, what is sealed is not the words but a keyed hash of them (`content`), which stays. Every line also seals
//! how many lines had been emptied by then, so that nobody can pass off a line as erased that was not. Seals are made with
//! the programme's key: whoever has the database alone can make none. Whoever has both could write the whole chain
//! anew; against that helps a seal that was written down elsewhere (`pairpost export journal --check` prints the newest).

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Transaction};
use serde::Serialize;

use crate::ids::{PartnershipId, PersonId};
use crate::programme::decision::{Change, Decision, Outcome};
use crate::time::Moment;

/// Makes a seal of bytes with the programme's key.
pub type Seal<'a> = &'a dyn Fn(&[u8]) -> String;

/// What a line says.
pub struct Line<'a> {
    /// "message 12", "occasion 7", "command".
    pub cause: &'a str,
    pub decision: &'a Decision,
    pub person: Option<PersonId>,
    pub partnership: Option<PartnershipId>,
    /// Keys of the letters that were ordered; from then on they point to the line.
    pub ordered: &'a [String],
}

/// Adds a line and seals it.
pub fn write(
    tx: &Transaction<'_>,
    now: Moment,
    line: &Line<'_>,
    seal: Seal<'_>,
) -> rusqlite::Result<()> {
    let outcome = match &line.decision.outcome {
        Outcome::Handled => "handled".to_string(),
        Outcome::Ignored(why) => format!("ignored: {why}"),
        Outcome::NeedsPerson(why) => format!("needs a person: {why}"),
        Outcome::WaitsForOwner(why) => format!("waits for its owner: {why}"),
        // The journal is read by more people than the safety contacts.
        Outcome::NeedsSafetyContact(_) => "needs a person".to_string(),
    };
    let mut letters: Vec<i64> = Vec::with_capacity(line.ordered.len());
    let mut of_key = tx.prepare_cached("SELECT id FROM outbox WHERE key = ?1")?;
    for key in line.ordered {
        letters.extend(
            of_key
                .query_row([key], |row| row.get::<_, i64>(0))
                .optional()?,
        );
    }
    let written = Written {
        at: now.timestamp(),
        cause: line.cause.to_string(),
        note: line.decision.note.clone(),
        outcome,
        person: line.person.map(|it| it.0),
        partnership: line.partnership.map(|it| it.0),
        letters: letters
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" "),
    };
    let content = written.content(seal);
    let (before, mut emptied) = tx
        .prepare_cached("SELECT seal, emptied FROM journal ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
        })
        .optional()?
        .unwrap_or_default();
    let erases = |change: &Change| matches!(change, Change::Erase { .. });
    if line.decision.changes.iter().any(erases) {
        emptied = tx
            .prepare_cached("SELECT count(*) FROM journal WHERE cause = '' AND seal <> ''")?
            .query_row([], |row| row.get(0))?;
    }
    tx.prepare_cached(
        "INSERT INTO journal (at, cause, note, outcome, person_id, partnership_id, letters, content, emptied)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute((
        written.at,
        &written.cause,
        &written.note,
        &written.outcome,
        written.person,
        written.partnership,
        &written.letters,
        &content,
        emptied,
    ))?;
    let id = tx.last_insert_rowid();
    tx.prepare_cached("UPDATE journal SET seal = ?2 WHERE id = ?1")?
        .execute((id, seal(&chained(&before, id, &content, emptied))))?;
    let mut letter = tx.prepare_cached("UPDATE outbox SET journal_id = ?1 WHERE id = ?2")?;
    for number in letters {
        letter.execute((id, number))?;
    }
    Ok(())
}

/// The words of a line, as they are sealed.
struct Written {
    at: i64,
    cause: String,
    note: String,
    outcome: String,
    person: Option<i64>,
    partnership: Option<i64>,
    letters: String,
}

impl Written {
    fn content(&self, seal: Seal<'_>) -> String {
        let number = |id: Option<i64>| id.map_or_else(String::new, |id| id.to_string());
        seal(&framed(&[
            &self.at.to_string(),
            &self.cause,
            &self.note,
            &self.outcome,
            &number(self.person),
            &number(self.partnership),
            &self.letters,
        ]))
    }
}

fn chained(before: &str, id: i64, content: &str, emptied: i64) -> Vec<u8> {
    framed(&[before, &id.to_string(), content, &emptied.to_string()])
}

/// Each part behind its length, so that no two lists of parts are the same bytes.
fn framed(parts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(part.as_bytes());
    }
    bytes
}

/// What a look at the whole chain found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    pub lines: u64,
    /// Lines that an erasure has emptied.
    pub emptied: u64,
    /// Lines from before there were seals.
    pub unsealed: u64,
    /// The last line and its seal, to be kept elsewhere.
    pub newest: Option<(i64, String)>,
    /// The first line that is not as it was written, and why.
    pub broken: Option<(i64, String)>,
}

/// Looks at every line, from the first to the last.
pub fn check(db: &Connection, seal: Seal<'_>) -> rusqlite::Result<Checked> {
    let mut checked = Checked::default();
    let mut before = String::new();
    let mut said_to_be_emptied = 0;
    let mut rows = db.prepare(
        "SELECT id, at, cause, note, outcome, person_id, partnership_id, letters, content, emptied, seal
         FROM journal ORDER BY id",
    )?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let (content, emptied, sealed): (String, i64, String) =
            (row.get(8)?, row.get(9)?, row.get(10)?);
        checked.lines += 1;
        if sealed.is_empty() && before.is_empty() {
            checked.unsealed += 1;
            continue;
        }
        let written = Written {
            at: row.get(1)?,
            cause: row.get(2)?,
            note: row.get(3)?,
            outcome: row.get(4)?,
            person: row.get(5)?,
            partnership: row.get(6)?,
            letters: row.get(7)?,
        };
        let is_empty = written.cause.is_empty();
        checked.emptied += u64::from(is_empty);
        let why = if seal(&chained(&before, id, &content, emptied)) != sealed {
            Some("it, or the line before it, was removed or changed")
        } else if !is_empty && written.content(seal) != content {
            Some("its words are not those that were sealed")
        } else {
            None
        };
        if let (Some(why), None) = (why, &checked.broken) {
            checked.broken = Some((id, why.to_string()));
        }
        said_to_be_emptied = u64::try_from(emptied).unwrap_or(0);
        checked.newest = Some((id, sealed.clone()));
        before = sealed;
    }
    if checked.broken.is_none() && checked.emptied != said_to_be_emptied {
        checked.broken = checked.newest.as_ref().map(|(id, _)| {
            let why = format!(
                "{} lines are empty, and erasures have emptied {said_to_be_emptied}",
                checked.emptied
            );
            (*id, why)
        });
    }
    Ok(checked)
}

/// A line for people to read.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub line: i64,
    /// RFC 3339, UTC.
    pub at: String,
    /// Empty where an erasure has emptied the line.
    pub cause: String,
    pub note: String,
    pub outcome: String,
    pub person: Option<i64>,
    pub partnership: Option<i64>,
    pub letters: Vec<Ordered>,
    pub seal: String,
}

/// A letter that a line ordered, and what has become of it.
#[derive(Debug, Clone, Serialize)]
pub struct Ordered {
    pub letter: i64,
    pub kind: String,
    /// "person 12" or "a coordinator".
    pub to: String,
    pub state: String,
    pub sent_at: Option<String>,
}

/// Everything, the oldest first.
pub fn rows(db: &Connection) -> rusqlite::Result<Vec<Row>> {
    let time = |seconds| crate::time::from_seconds(seconds).to_rfc3339();
    let mut letters: BTreeMap<i64, Vec<Ordered>> = BTreeMap::new();
    let mut ordered = db.prepare(
        "SELECT journal_id, id, kind, coalesce('person ' || person_id, 'a coordinator'), state, sent_at
         FROM outbox WHERE journal_id IS NOT NULL ORDER BY id",
    )?;
    let mut ordered = ordered.query([])?;
    while let Some(row) = ordered.next()? {
        letters.entry(row.get(0)?).or_default().push(Ordered {
            letter: row.get(1)?,
            kind: row.get(2)?,
            to: row.get(3)?,
            state: row.get(4)?,
            sent_at: row.get::<_, Option<i64>>(5)?.map(time),
        });
    }
    let mut found = db.prepare(
        "SELECT id, at, cause, note, outcome, person_id, partnership_id, seal FROM journal ORDER BY id",
    )?;
    found
        .query_map([], |row| {
            let line = row.get(0)?;
            Ok(Row {
                line,
                at: time(row.get(1)?),
                cause: row.get(2)?,
                note: row.get(3)?,
                outcome: row.get(4)?,
                person: row.get(5)?,
                partnership: row.get(6)?,
                letters: letters.remove(&line).unwrap_or_default(),
                seal: row.get(7)?,
            })
        })?
        .collect()
}
