//! Looking without changing: numbers for the digest, `status`, `person`, `pair`, `round` and `export`.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;

use crate::ids::PartnershipId;

/// Label and number, in the order in which a reader wants them.
pub fn numbers(db: &Connection) -> rusqlite::Result<Vec<(String, i64)>> {
    let questions = [
        (
            "People who have applied",
            "SELECT count(*) FROM person WHERE name <> ''",
        ),
        (
            "Applications that lack something",
            "SELECT count(*) FROM application WHERE state = 'incomplete'",
        ),
        (
            "Applications accepted and waiting",
            "SELECT count(*) FROM application WHERE state = 'accepted'",
        ),
        (
            "Partnerships under way",
            "SELECT count(*) FROM partnership WHERE state = 'active'",
        ),
        (
            "People in the pool",
            "SELECT count(*) FROM application WHERE state = 'pool'",
        ),
        (
            "Partners being asked whether they are there",
            "SELECT count(*) FROM member JOIN partnership p
             ON p.id = member.partnership_id WHERE p.state = 'active' AND silent_since IS NOT NULL",
        ),
        (
            "People whom mail does not reach",
            "SELECT count(*) FROM person WHERE unreachable = 1 AND erased = 0",
        ),
        (
            "Letters waiting to be sent",
            "SELECT (SELECT count(*) FROM outbox WHERE state = 'queued') + (SELECT count(*) FROM outbox WHERE state = 'sending')",
        ),
        (
            "Letters sent twice, perhaps",
            "SELECT coalesce(sum(unknown_ends), 0) FROM outbox WHERE unknown_ends > 0",
        ),
        (
            "Messages that need a person",
            // Concerns are the safety contacts' alone, even as a number.
            "SELECT count(*) FROM inbox WHERE state = 'needs-person' AND kind <> 'concern'",
        ),
        (
            "Messages set aside as unreadable",
            "SELECT count(*) FROM inbox WHERE state = 'quarantined'",
        ),
    ];
    questions
        .into_iter()
        .map(|(label, sql)| Ok((label.to_string(), db.query_row(sql, [], |row| row.get(0))?)))
        .collect()
}

/// How many applications of a round stand where.
pub fn states_of_round(db: &Connection, round: &str) -> rusqlite::Result<Vec<(String, i64)>> {
    db.prepare(
        "SELECT state, count(*) FROM application WHERE round = ?1 GROUP BY state ORDER BY state",
    )?
    .query_map([round], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

/// Keys of letters that wait for a later hour.
pub fn letters_due_after(
    db: &Connection,
    now: crate::time::Moment,
) -> rusqlite::Result<std::collections::BTreeSet<String>> {
    db.prepare("SELECT key FROM outbox WHERE state = 'queued' AND due_at > ?1")?
        .query_map([now.timestamp()], |row| row.get(0))?
        .collect()
}

/// What became of a round, in numbers.
#[derive(Debug, Clone, Serialize)]
pub struct RoundNumbers {
    pub round: String,
    /// Applications that were complete.
    pub complete: i64,
    /// Of these over the country's cap.
    pub capped: i64,
    /// Partnerships that were introduced.
    pub partnerships: i64,
    /// Of these, made out of the pool.
    pub rematched: i64,
    /// How the partnerships ended, by reason; "under way" for those that have not.
    pub ends: BTreeMap<String, i64>,
}

pub fn round_numbers(db: &Connection, round: &str) -> rusqlite::Result<RoundNumbers> {
    let count = |sql: &str| db.query_row(sql, [round], |row| row.get(0));
    let mut ends = db.prepare(
        "SELECT CASE WHEN state <> 'ended' THEN 'under way' WHEN why_ended IN ('', '{}') THEN 'coordinator'
           ELSE why_ended END AS why, count(*)
         FROM partnership WHERE round = ?1 AND started_on IS NOT NULL GROUP BY why",
    )?;
    Ok(RoundNumbers {
        round: round.to_string(),
        complete: count(
            "SELECT count(*) FROM application WHERE round = ?1 AND state <> 'incomplete'",
        )?,
        capped: count("SELECT count(*) FROM application WHERE round = ?1 AND state = 'capped'")?,
        partnerships: count(
            "SELECT count(*) FROM partnership WHERE round = ?1 AND started_on IS NOT NULL",
        )?,
        rematched: count(
            "SELECT count(*) FROM partnership WHERE round = ?1 AND started_on IS NOT NULL
               AND created_at > (SELECT min(created_at) FROM partnership WHERE round = ?1)",
        )?,
        ends: ends
            .query_map([round], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?,
    })
}

/// A row of `pairpost pair` and of the export of pairs.
#[derive(Debug, Clone, Serialize)]
pub struct PairRow {
    pub id: i64,
    pub round: String,
    pub state: String,
    pub why_ended: String,
    pub score: i64,
    pub started_on: Option<String>,
    /// Each member's id, name and newest check-in answer.
    pub members: Vec<(i64, String, Option<i64>)>,
}

pub fn pairs(
    db: &Connection,
    round: Option<&str>,
    id: Option<i64>,
) -> rusqlite::Result<Vec<PairRow>> {
    let mut rows = db.prepare(
        "SELECT id, round, state, why_ended, score, started_on FROM partnership
         WHERE (?1 IS NULL OR round = ?1) AND (?2 IS NULL OR id = ?2) ORDER BY id",
    )?;
    let mut found: Vec<PairRow> = rows
        .query_map((round, id), |row| {
            Ok(PairRow {
                id: row.get(0)?,
                round: row.get(1)?,
                state: row.get(2)?,
                why_ended: row.get(3)?,
                score: row.get(4)?,
                started_on: row.get(5)?,
                members: Vec::new(),
            })
        })?
        .collect::<Result<_, _>>()?;
    let mut members = db.prepare(
        "SELECT person.id, person.name, (SELECT choice FROM check_in c WHERE c.partnership_id = member.partnership_id
             AND c.person_id = person.id AND choice IS NOT NULL ORDER BY number DESC LIMIT 1)
         FROM member JOIN person ON person.id = member.person_id WHERE member.partnership_id = ?1 ORDER BY person.id",
    )?;
    for pair in &mut found {
        pair.members = members
            .query_map([pair.id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
    }
    Ok(found)
}

pub fn open_partnerships(db: &Connection) -> rusqlite::Result<Vec<PartnershipId>> {
    db.prepare("SELECT id FROM partnership WHERE state <> 'ended' ORDER BY id")?
        .query_map([], |row| Ok(PartnershipId(row.get(0)?)))?
        .collect()
}

/// A row of `pairpost person` and of the export of people.
#[derive(Debug, Clone, Serialize)]
pub struct PersonRow {
    pub id: i64,
    pub name: String,
    pub address: String,
    pub language: String,
    pub zone: String,
    pub stopped: bool,
    pub unreachable: bool,
    /// Round, state and answers of each application.
    pub applications: Vec<(String, String, serde_json::Value)>,
}

pub fn people(db: &Connection, id: Option<i64>) -> rusqlite::Result<Vec<PersonRow>> {
    let mut rows = db.prepare(
        "SELECT id, name, address, language, zone, stopped, unreachable FROM person
         WHERE erased = 0 AND (?1 IS NULL OR id = ?1) ORDER BY id",
    )?;
    let mut found: Vec<PersonRow> = rows
        .query_map([id], |row| {
            Ok(PersonRow {
                id: row.get(0)?,
                name: row.get(1)?,
                address: row.get(2)?,
                language: row.get(3)?,
                zone: row.get(4)?,
                stopped: row.get(5)?,
                unreachable: row.get(6)?,
                applications: Vec::new(),
            })
        })?
        .collect::<Result<_, _>>()?;
    let mut applications = db.prepare(
        "SELECT round, state, answers FROM application WHERE person_id = ?1 ORDER BY id",
    )?;
    for person in &mut found {
        person.applications = applications
            .query_map([person.id], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    super::json(&row.get::<_, String>(2)?)?,
                ))
            })?
            .collect::<Result<_, _>>()?;
    }
    Ok(found)
}

/// All that happened with somebody, oldest first: what came from them, what was decided, what went to them.
pub fn history(db: &Connection, person: i64) -> rusqlite::Result<Vec<(i64, String)>> {
    db.prepare(
        "SELECT at, 0, id, cause || ': ' || note || ' (' || outcome || ')' FROM journal WHERE person_id = ?1
         UNION ALL
         SELECT received_at, -1, id, 'message ' || id || ' came: ' || kind || ', ' || state || ' (' || reason || ')'
             || coalesce(', settled by ' || settled_by, '')
           FROM inbox WHERE person_id = ?1
         UNION ALL
         SELECT created_at, 1, id, 'letter ' || id || ' (' || kind || '), caused by ' || cause || ': ' || state
             || coalesce(' ' || strftime('%Y-%m-%d %H:%M', sent_at, 'unixepoch'), '')
             || iif(last_error = '' OR sent_at IS NOT NULL, '', ' (' || last_error || ')')
           FROM outbox WHERE person_id = ?1
         ORDER BY 1, 2, 3",
    )?
    .query_map([person], |row| Ok((row.get(0)?, row.get(3)?)))?
    .collect()
}

/// Why a letter exists, and what became of it. Times are seconds since 1970.
#[derive(Debug, Clone, Serialize)]
pub struct Why {
    pub id: i64,
    pub kind: String,
    pub subject: String,
    /// "person 12 Anna Berg", or a coordinator's address.
    pub reader: String,
    /// "message 12", "occasion 7", "command".
    pub cause: String,
    /// What that message, occasion or command was.
    pub caused_by: Option<String>,
    /// What the rules made of it.
    pub decided: Option<String>,
    pub state: String,
    pub queued_at: i64,
    pub due_at: i64,
    pub attempts: i64,
    pub unknown_ends: i64,
    pub last_error: String,
    pub sent_at: Option<i64>,
    pub reply: String,
}

/// By the letter's number, or by the code in its last line.
pub fn why(db: &Connection, letter: &str) -> rusqlite::Result<Option<Why>> {
    use rusqlite::OptionalExtension;
    db.query_row(
        "SELECT outbox.id, outbox.kind, subject, coalesce('person ' || person.id || ' ' || person.name, envelope_to),
           outbox.cause, journal.note || ' (' || journal.outcome || ')', outbox.state, outbox.created_at, due_at,
           attempts, unknown_ends, last_error, sent_at, reply
         FROM outbox LEFT JOIN person ON person.id = outbox.person_id LEFT JOIN journal ON journal.id = journal_id
         WHERE reference = ?1 OR outbox.id = CAST(?1 AS INTEGER) AND ?1 NOT LIKE '%-%'",
        [letter],
        |row| {
            let cause: String = row.get(4)?;
            Ok(Why {
                id: row.get(0)?,
                kind: row.get(1)?,
                subject: row.get(2)?,
                reader: row.get(3)?,
                caused_by: cause_in_words(db, &cause)?,
                cause,
                decided: row.get(5)?,
                state: row.get(6)?,
                queued_at: row.get(7)?,
                due_at: row.get(8)?,
                attempts: row.get(9)?,
                unknown_ends: row.get(10)?,
                last_error: row.get(11)?,
                sent_at: row.get(12)?,
                reply: row.get(13)?,
            })
        },
    )
    .optional()
}

/// What "message 12" or "occasion 7" was.
fn cause_in_words(db: &Connection, cause: &str) -> rusqlite::Result<Option<String>> {
    use rusqlite::OptionalExtension;
    let (kind, id) = cause.split_once(' ').unwrap_or((cause, ""));
    let sql = match kind {
        "message" => {
            "SELECT 'from ' || coalesce('person ' || person_id, nullif(sender, ''), 'somebody') || ', came '
               || strftime('%Y-%m-%d %H:%M', received_at, 'unixepoch') || ' UTC, ' || state || ': ' || reason
             FROM inbox WHERE id = ?1"
        }
        "occasion" => {
            "SELECT key || ', due ' || strftime('%Y-%m-%d %H:%M', due_at, 'unixepoch') || ' UTC, ' || outcome
             FROM occasion WHERE id = ?1"
        }
        "letter" => "SELECT 'letter ' || id || ' (' || kind || '): ' || state || ' ' || last_error FROM outbox WHERE id = ?1",
        _ => return Ok(None),
    };
    db.query_row(sql, [id], |row| row.get(0)).optional()
}

/// A letter as `status --letter` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct LetterRow {
    pub id: i64,
    pub kind: String,
    pub person: Option<i64>,
    pub state: String,
    pub cause: String,
    pub attempts: i64,
    pub last_error: String,
}

pub fn letter(db: &Connection, id: i64) -> rusqlite::Result<Option<LetterRow>> {
    use rusqlite::OptionalExtension;
    db.query_row(
        "SELECT id, kind, person_id, state, cause, attempts, last_error FROM outbox WHERE id = ?1",
        [id],
        |row| {
            Ok(LetterRow {
                id: row.get(0)?,
                kind: row.get(1)?,
                person: row.get(2)?,
                state: row.get(3)?,
                cause: row.get(4)?,
                attempts: row.get(5)?,
                last_error: row.get(6)?,
            })
        },
    )
    .optional()
}

/// The bytes of a message, for a coordinator who looks at it.
pub fn message(db: &Connection, id: i64) -> rusqlite::Result<Option<(String, String, Vec<u8>)>> {
    use rusqlite::OptionalExtension;
    db.query_row(
        "SELECT state, reason, bytes FROM inbox JOIN inbox_bytes ON inbox_id = id WHERE id = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
    .optional()
}

pub fn newest_proposal(db: &Connection) -> rusqlite::Result<Option<i64>> {
    db.query_row("SELECT max(id) FROM proposal", [], |row| row.get(0))
}
