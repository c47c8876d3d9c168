//! What coordinators' events ask the database: the brake, announcements and their readers, the message that an answer
//! is for, what was dealt with, who wrote for the first time.

use rusqlite::{Connection, OptionalExtension};

use super::{facts, from_word, json};
use crate::ids::{AnnouncementId, InboxId, PersonId};
use crate::programme::facts::{Announcement, Audience, Brake, InQuestion, Person, Settled};
use crate::time::{Moment, from_seconds};

/// Newcomers whose words a digest shows.
const FIRST_MESSAGES: u32 = 10;
/// Days for which a newcomer's first message can be asked for.
const SHOWN_FOR_DAYS: i64 = 30;

/// Who paused the programme, and when; none while it runs.
pub fn brake(db: &Connection) -> rusqlite::Result<Option<Brake>> {
    db.prepare_cached("SELECT since, by FROM brake")?
        .query_row([], |row| {
            Ok(Brake {
                since: from_seconds(row.get(0)?),
                by: row.get(1)?,
            })
        })
        .optional()
}

pub fn announcement(db: &Connection, id: AnnouncementId) -> rusqlite::Result<Option<Announcement>> {
    db.prepare_cached("SELECT audience, subject, text, state FROM announcement WHERE id = ?1")?
        .query_row([id.0], |row| {
            Ok(Announcement {
                id,
                audience: json(&row.get::<_, String>(0)?)?,
                subject: row.get(1)?,
                text: row.get(2)?,
                state: from_word(&row.get::<_, String>(3)?)?,
            })
        })
        .optional()
}

/// Everybody whom an announcement is meant for, or `only` this one, where they are among them. Of people over many rounds
/// the newest application counts: who has withdrawn or was declined does not belong to "all".
pub fn audience(
    db: &Connection,
    audience: &Audience,
    only: Option<PersonId>,
) -> rusqlite::Result<Vec<Person>> {
    let (condition, value) = match audience {
        Audience::All => ("?1 = ''", ""),
        Audience::Round(id) => ("application.round = ?1", id.as_str()),
        Audience::Country(code) => (
            "json_extract(application.answers, '$.country') = ?1",
            code.as_str(),
        ),
        Audience::Language(code) => ("person.language = ?1", code.as_str()),
    };
    // In a round it is that round's application which counts, else the newest.
    let newest = match audience {
        Audience::Round(_) => "",
        _ => {
            "AND application.id = (SELECT max(id) FROM application newest WHERE newest.person_id = person.id)"
        }
    };
    let of_these = match only {
        Some(_) => "person.id = ?2",
        None => "?2 IS NULL",
    };
    let ids: Vec<i64> = db
        .prepare_cached(&format!(
            "SELECT DISTINCT person.id FROM application JOIN person ON person.id = application.person_id
             WHERE person.name <> '' AND application.state NOT IN ('withdrawn', 'declined') {newest}
               AND {condition} AND {of_these} ORDER BY person.id"
        ))?
        .query_map((value, only.map(|it| it.0)), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut people = Vec::with_capacity(ids.len());
    for id in ids {
        people.extend(facts::person(db, PersonId(id))?);
    }
    Ok(people)
}

/// The message that a forwarded letter was about.
pub fn in_question(
    db: &Connection,
    id: InboxId,
    now: Moment,
) -> rusqlite::Result<Option<InQuestion>> {
    let found = db
        .prepare_cached(
            "SELECT person_id, message_id, settled_by, inbox.kind = 'concern' FROM inbox WHERE id = ?1",
        )?
        .query_row([id.0], |row| {
            Ok((
                row.get::<_, Option<i64>>(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
            ))
        })
        .optional()?;
    let Some((person, message_id, settled_by, safety)) = found else {
        return Ok(None);
    };
    Ok(Some(InQuestion {
        person: match person {
            Some(person) => facts::person(db, PersonId(person))?,
            None => None,
        },
        message_id,
        settled_by,
        safety,
        answers_last_day: match person {
            Some(person) => db
                .prepare_cached(
                    "SELECT count(*) FROM outbox
                     WHERE person_id = ?1 AND created_at > ?2 AND kind = 'coordinator-answer'",
                )?
                .query_row((person, now.timestamp() - 86_400), |row| row.get(0))?,
            None => 0,
        },
    }))
}

/// How many letters of the last 24 hours tell a coordinator that nothing was done.
pub fn nothing_done(db: &Connection, coordinator: &str, now: Moment) -> rusqlite::Result<u32> {
    db.prepare_cached(
        "SELECT count(*) FROM outbox WHERE kind = 'command-done' AND created_at > ?2
           AND envelope_to = ?1 COLLATE NOCASE AND key LIKE '%/nothing-done-%'",
    )?
    .query_row((coordinator, now.timestamp() - 86_400), |row| row.get(0))
}

/// When the last digest was written.
fn last_digest(db: &Connection) -> rusqlite::Result<i64> {
    db.prepare_cached(
        "SELECT coalesce(max(created_at), 0) FROM outbox WHERE kind = 'digest' AND cause LIKE 'occasion%'",
    )?
    .query_row([], |row| row.get(0))
}

/// Messages that somebody has dealt with since the last digest.
pub fn settled(db: &Connection) -> rusqlite::Result<Vec<Settled>> {
    let since = last_digest(db)?;
    db.prepare_cached(
        "SELECT inbox.id, coalesce(nullif(person.name, ''), nullif(inbox.sender, ''), 'somebody'), settled_by,
           inbox.kind = 'concern'
         FROM inbox LEFT JOIN person ON person.id = inbox.person_id WHERE settled_at > ?1 ORDER BY +inbox.id LIMIT 50",
    )?
    .query_map([since], |row| {
        Ok(Settled {
            inbox: InboxId(row.get(0)?),
            from: row.get(1)?,
            by: row.get(2)?,
            safety: row.get(3)?,
        })
    })?
    .collect()
}

/// Who wrote for the first time since the last digest.
pub struct FirstMessages {
    pub count: u32,
    /// Of the forms that answer them, those that had to wait behind the hourly ceiling for strangers.
    pub waiting: u32,
    /// The newest of their messages: number, sender, bytes.
    pub newest: Vec<(InboxId, String, Vec<u8>)>,
}

pub fn first_messages(db: &Connection) -> rusqlite::Result<FirstMessages> {
    let since = last_digest(db)?;
    let (count, waiting) = db
        .prepare_cached(
            "SELECT count(*), count(*) FILTER (WHERE due_at >= created_at + 3600 AND last_error = '')
             FROM outbox WHERE kind = 'form' AND cause LIKE 'message %' AND created_at > ?1",
        )?
        .query_row([since], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let newest = db
        .prepare_cached(
            // From the letters to their messages: the other way round every message there ever was would be looked at.
            "SELECT inbox.id, inbox.sender, bytes FROM outbox
             JOIN inbox ON inbox.id = CAST(substr(outbox.cause, length('message ') + 1) AS INTEGER)
             JOIN inbox_bytes ON inbox_id = inbox.id
             WHERE outbox.kind = 'form' AND outbox.cause LIKE 'message %' AND outbox.created_at > ?1
             ORDER BY outbox.id DESC LIMIT ?2",
        )?
        .query_map((since, FIRST_MESSAGES), |row| {
            Ok((InboxId(row.get(0)?), row.get(1)?, row.get(2)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(FirstMessages {
        count,
        waiting,
        newest,
    })
}

/// The sender and bytes of a message that was somebody's first, within the last weeks.
pub fn first_message(
    db: &Connection,
    id: InboxId,
    now: Moment,
) -> rusqlite::Result<Option<(String, Vec<u8>)>> {
    db.prepare_cached(
        "SELECT inbox.sender, bytes FROM inbox JOIN inbox_bytes ON inbox_id = inbox.id
         JOIN outbox ON outbox.cause = 'message ' || inbox.id
         WHERE inbox.id = ?1 AND outbox.kind = 'form' AND outbox.created_at > ?2",
    )?
    .query_row((id.0, now.timestamp() - SHOWN_FOR_DAYS * 86_400), |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
    .optional()
}
