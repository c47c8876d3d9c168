//! People and their applications, as the rules know them.

use rusqlite::{Connection, OptionalExtension, Row};

use crate::ids::{ApplicationId, PersonId};
use crate::programme::facts::{Applicant, Application, ApplicationState, OtherAddress, Person};
use crate::store::{date, from_word, json, word};
use crate::time::from_seconds;

const PERSON: &str = "person.id, person.address, person.name, person.language, person.zone, person.stopped,
    person.topics_off, person.unreachable, person.paused_until, person.away_until, person.last_unprompted,
    person.form_sent, person.second_address, person.second_unreachable, person.leaving_on,
    (SELECT group_concat(silence.at) FROM silence WHERE silence.person_id = person.id)";
/// How many columns that is.
const PERSON_COLUMNS: usize = 16;
const APPLICATION: &str =
    "application.id, application.person_id, application.round, application.state,
    application.answers, application.unclear, application.arrived_at, application.priority,
    coalesce(application.confirmed_at, application.arrived_at), application.asked_at IS NOT NULL, application.owed";

/// Who writes from an address, in its comparison form: it is the one on file, or one that its owner has confirmed.
pub fn person_at(tx: &Connection, address_key: &str) -> rusqlite::Result<Option<PersonId>> {
    tx.prepare_cached(
        "SELECT id FROM person WHERE address_key = ?1
         UNION ALL SELECT person_id FROM other_address WHERE address_key = ?1 AND linked_at IS NOT NULL AND left_at IS NULL",
    )?
    .query_row([address_key], |row| Ok(PersonId(row.get(0)?)))
    .optional()
}

pub fn person(tx: &Connection, id: PersonId) -> rusqlite::Result<Option<Person>> {
    let found = tx
        .prepare_cached(&format!("SELECT {PERSON} FROM person WHERE id = ?1"))?
        .query_row([id.0], |row| person_row(row, 0))
        .optional()?;
    let Some(mut person) = found else {
        return Ok(None);
    };
    let mut topics =
        tx.prepare_cached("SELECT topic, round FROM topic_seen WHERE person_id = ?1")?;
    for row in topics.query_map([id.0], |row| Ok((row.get(0)?, row.get(1)?)))? {
        let (topic, round): (String, String) = row?;
        person.topics_seen.entry(topic).or_default().insert(round);
    }
    Ok(Some(person))
}

fn person_row(row: &Row<'_>, at: usize) -> rusqlite::Result<Person> {
    let zone: String = row.get(at + 4)?;
    let (first_fails, second_fails): (bool, bool) = (row.get(at + 7)?, row.get(at + 13)?);
    let second: Option<String> =
        Some(row.get::<_, String>(at + 12)?).filter(|it| !it.is_empty() && !second_fails);
    let at_second = first_fails && second.is_some();
    let silences: Option<String> = row.get(at + 15)?;
    Ok(Person {
        id: PersonId(row.get(at)?),
        address: row.get(at + 1)?,
        name: row.get(at + 2)?,
        language: row.get(at + 3)?,
        zone: zone.parse().unwrap_or(chrono_tz::UTC),
        stopped: row.get(at + 5)?,
        topics_off: row.get(at + 6)?,
        unreachable: first_fails && !at_second,
        second_address: second,
        at_second,
        paused_until: date(row.get(at + 8)?),
        away_until: date(row.get(at + 9)?),
        last_unprompted: row.get::<_, Option<i64>>(at + 10)?.map(from_seconds),
        form_sent: row.get::<_, Option<i64>>(at + 11)?.map(from_seconds),
        topics_seen: Default::default(),
        silences: silences
            .iter()
            .flat_map(|list| list.split(','))
            .filter_map(|at| at.parse().ok().map(from_seconds))
            .collect(),
        leaving_on: date(row.get(at + 14)?),
    })
}

fn application_row(row: &Row<'_>) -> rusqlite::Result<Application> {
    application_at(row, 0)
}

fn application_at(row: &Row<'_>, at: usize) -> rusqlite::Result<Application> {
    Ok(Application {
        id: ApplicationId(row.get(at)?),
        person: PersonId(row.get(at + 1)?),
        round: row.get(at + 2)?,
        state: from_word(&row.get::<_, String>(at + 3)?)?,
        answers: json(&row.get::<_, String>(at + 4)?)?,
        unclear: json(&row.get::<_, String>(at + 5)?)?,
        arrived: from_seconds(row.get(at + 6)?),
        priority: row.get(at + 7)?,
        confirmed: from_seconds(row.get(at + 8)?),
        asked: row.get(at + 9)?,
        owed: row.get(at + 10)?,
    })
}

/// The round's living applications with their people. Topics seen are left out: nothing about a whole round asks.
pub fn applicants(tx: &Connection, round: &str) -> rusqlite::Result<Vec<Applicant>> {
    applicants_where(
        tx,
        [round],
        "application.round = ?1 AND application.state IN ('complete', 'accepted', 'pool', 'paired')",
    )
}

/// The same, and those who wait for a place under the cap: who has left altogether waits no more.
pub(super) fn applicants_or_capped(
    tx: &Connection,
    round: &str,
) -> rusqlite::Result<Vec<Applicant>> {
    applicants_where(
        tx,
        [round],
        "application.round = ?1 AND application.state IN ('complete', 'accepted', 'capped')",
    )
}

/// Applications of all rounds that have not been matched, for the preview of the cap.
pub(super) fn unmatched_applicants(tx: &Connection) -> rusqlite::Result<Vec<Applicant>> {
    applicants_where(tx, [], "application.state IN ('complete', 'accepted')")
}

/// The newest application of everybody who has none for this round and can be written to.
pub(super) fn alumni(tx: &Connection, round: &str) -> rusqlite::Result<Vec<Applicant>> {
    applicants_where(
        tx,
        [round],
        "person.name <> '' AND NOT person.stopped
           AND application.id = (SELECT max(id) FROM application a WHERE a.person_id = person.id)
           AND NOT EXISTS (SELECT 1 FROM application a WHERE a.person_id = person.id AND a.round = ?1)",
    )
}

/// Only those who stand at one point.
pub fn applicants_at(
    tx: &Connection,
    round: &str,
    state: ApplicationState,
) -> rusqlite::Result<Vec<Applicant>> {
    applicants_where(
        tx,
        (round, word(&state)?),
        "application.round = ?1 AND application.state = ?2",
    )
}

/// The newest of them, at most `limit`.
pub fn newest_applicants_at(
    tx: &Connection,
    round: &str,
    state: ApplicationState,
    limit: u32,
) -> rusqlite::Result<Vec<Applicant>> {
    applicants_where(
        tx,
        (round, word(&state)?, limit),
        "application.id IN (SELECT id FROM application WHERE round = ?1 AND state = ?2 ORDER BY id DESC LIMIT ?3)",
    )
}

fn applicants_where(
    tx: &Connection,
    values: impl rusqlite::Params,
    condition: &str,
) -> rusqlite::Result<Vec<Applicant>> {
    let mut rows = tx.prepare_cached(&format!(
        "SELECT {PERSON}, {APPLICATION} FROM application JOIN person ON person.id = application.person_id
         WHERE {condition} ORDER BY application.id"
    ))?;
    rows.query_map(values, |row| {
        Ok(Applicant {
            person: person_row(row, 0)?,
            application: application_at(row, PERSON_COLUMNS)?,
        })
    })?
    .collect()
}

pub fn newest_application(tx: &Connection, id: PersonId) -> rusqlite::Result<Option<Application>> {
    tx.prepare_cached(&format!(
        "SELECT {APPLICATION} FROM application WHERE person_id = ?1 ORDER BY application.id DESC LIMIT 1"
    ))?
    .query_row([id.0], application_row)
    .optional()
}

/// Somebody's application for a round.
pub(super) fn application_for(
    tx: &Connection,
    id: PersonId,
    round: &str,
) -> rusqlite::Result<Option<Application>> {
    tx.prepare_cached(&format!(
        "SELECT {APPLICATION} FROM application WHERE person_id = ?1 AND round = ?2"
    ))?
    .query_row((id.0, round), application_row)
    .optional()
}

/// The newest of their others.
pub(super) fn application_beside(
    tx: &Connection,
    id: PersonId,
    round: &str,
) -> rusqlite::Result<Option<Application>> {
    tx.prepare_cached(&format!(
        "SELECT {APPLICATION} FROM application WHERE person_id = ?1 AND round <> ?2
         ORDER BY application.id DESC LIMIT 1"
    ))?
    .query_row((id.0, round), application_row)
    .optional()
}

/// What is known of an address, in its comparison form, that is nobody's on file.
pub fn other_address(tx: &Connection, address_key: &str) -> rusqlite::Result<Option<OtherAddress>> {
    tx.prepare_cached("SELECT person_id, asked_at FROM other_address WHERE address_key = ?1")?
        .query_row([address_key], |row| {
            Ok(OtherAddress {
                person: PersonId(row.get(0)?),
                asked: from_seconds(row.get(1)?),
            })
        })
        .optional()
}
