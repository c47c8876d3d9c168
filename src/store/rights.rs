//! What people may ask about their own data: the questions that prove who asks, what they took part in, who has not been
//! heard of for long.

use chrono::NaiveDate;
use rusqlite::{OptionalExtension, Transaction};

use super::{date, from_word, word};
use crate::ids::{ChallengeId, InboxId, PersonId};
use crate::programme::facts::{Challenge, Inactive, Participation, Purpose, Rights};
use crate::time::{Moment, from_seconds};

/// For a message of somebody's, in answer to such a question or not.
pub fn of_sender(
    tx: &Transaction<'_>,
    now: Moment,
    sender: Option<PersonId>,
    challenge: Option<ChallengeId>,
) -> rusqlite::Result<Rights> {
    let mut rights = Rights::default();
    if let Some(id) = challenge {
        rights.challenge = tx
            .prepare_cached(
                "SELECT person_id, purpose, made_at, used_at FROM challenge WHERE id = ?1",
            )?
            .query_row([id.0], |row| {
                Ok(Challenge {
                    id,
                    person: PersonId(row.get(0)?),
                    purpose: from_word(&row.get::<_, String>(1)?)?,
                    made: from_seconds(row.get(2)?),
                    used: row.get::<_, Option<i64>>(3)?.is_some(),
                })
            })
            .optional()?;
    }
    if let Some(person) = sender {
        rights.challenges_last_day = tx
            .prepare_cached("SELECT count(*) FROM challenge WHERE person_id = ?1 AND made_at > ?2")?
            .query_row((person.0, now.timestamp() - 86_400), |row| row.get(0))?;
        rights.last_data = tx
            .prepare_cached(
                "SELECT max(used_at) FROM challenge WHERE person_id = ?1 AND purpose = ?2",
            )?
            .query_row((person.0, word(&Purpose::Data)?), |row| {
                Ok(row.get::<_, Option<i64>>(0)?.map(from_seconds))
            })?;
        rights.participation = participation(tx, person)?;
    }
    Ok(rights)
}

/// The newest round in which they had a partner.
fn participation(
    tx: &Transaction<'_>,
    person: PersonId,
) -> rusqlite::Result<Option<Participation>> {
    tx.prepare_cached(
        "SELECT partnership.round, min(partnership.started_on), max(partnership.ended_at),
                max(partnership.state <> 'ended'),
                max(application.state = 'finished')
         FROM member JOIN partnership ON partnership.id = member.partnership_id
         JOIN application ON application.id = member.application_id
         WHERE member.person_id = ?1 AND partnership.started_on IS NOT NULL
         GROUP BY partnership.round ORDER BY max(partnership.id) DESC LIMIT 1",
    )?
    .query_row([person.0], |row| {
        let from = date(row.get(1)?);
        let ended: Option<i64> = row.get(2)?;
        let open: bool = row.get(3)?;
        let until = ended
            .filter(|_| !open)
            .map(|at| from_seconds(at).date_naive());
        Ok(Participation {
            round: row.get(0)?,
            from: from.unwrap_or(NaiveDate::MIN),
            until,
            finished: row.get(4)?,
        })
    })
    .optional()
}

pub fn new_challenge(
    tx: &Transaction<'_>,
    now: Moment,
    id: ChallengeId,
    person: PersonId,
    purpose: Purpose,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO challenge (id, person_id, purpose, made_at) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((id.0, person.0, word(&purpose)?, now.timestamp()))?;
    Ok(())
}

pub fn used(tx: &Transaction<'_>, now: Moment, id: ChallengeId) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE challenge SET used_at = ?2 WHERE id = ?1 AND used_at IS NULL")?
        .execute((id.0, now.timestamp()))?;
    Ok(())
}

/// People of whom nothing was heard since `before`, and who are in no round now; the longest silent first.
pub fn inactive(
    tx: &Transaction<'_>,
    before: Moment,
    limit: u32,
) -> rusqlite::Result<Vec<Inactive>> {
    let found: Vec<(i64, i64, Option<i64>)> = tx
        .prepare_cached(
            "SELECT id, since, notice FROM (
               SELECT person.id, max(person.created_at,
                   coalesce((SELECT max(arrived_at) FROM application WHERE person_id = person.id), 0),
                   coalesce((SELECT max(received_at) FROM inbox WHERE person_id = person.id AND kind IN ('person', 'concern')), 0),
                   coalesce((SELECT max(ended_at) FROM member JOIN partnership ON partnership.id = partnership_id
                     WHERE member.person_id = person.id), 0)) AS since,
                 person.retention_notice AS notice
               FROM person WHERE erased = 0
                 AND NOT EXISTS (SELECT 1 FROM application WHERE person_id = person.id
                   AND state IN ('complete', 'accepted', 'pool', 'paired'))
                 AND NOT EXISTS (SELECT 1 FROM member JOIN partnership ON partnership.id = partnership_id
                   WHERE member.person_id = person.id AND partnership.state <> 'ended'))
             WHERE since <= ?1 ORDER BY since, id LIMIT ?2",
        )?
        .query_map((before.timestamp(), limit), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<Result<_, _>>()?;
    let mut inactive = Vec::with_capacity(found.len());
    for (id, since, notice) in found {
        let Some(person) = super::facts::person(tx, PersonId(id))? else {
            continue;
        };
        inactive.push(Inactive {
            person,
            since: from_seconds(since),
            // A notice before they were heard of again counts no more.
            noticed: notice.filter(|notice| *notice > since).map(from_seconds),
        });
    }
    Ok(inactive)
}

/// What is kept is looked through from the oldest, and so many that are too young end it: were it only the first, a clock
/// that once stood in a year to come would keep what came after it.
const TOO_YOUNG_IN_A_ROW: u32 = 1_000;

/// The rowid before which bytes of messages that are to be dropped can stand.
fn messages_end(tx: &Transaction<'_>, before: Moment) -> rusqlite::Result<i64> {
    end_of(
        tx,
        "SELECT inbox_id FROM inbox_bytes CROSS JOIN inbox ON id = inbox_id WHERE received_at >= ?1
         ORDER BY inbox_id LIMIT 1 OFFSET ?2",
        before,
    )
}

/// The same for letters.
fn letters_end(tx: &Transaction<'_>, before: Moment) -> rusqlite::Result<i64> {
    end_of(
        tx,
        "SELECT letter_id FROM outbox_bytes CROSS JOIN outbox ON id = letter_id WHERE created_at >= ?1
         ORDER BY letter_id LIMIT 1 OFFSET ?2",
        before,
    )
}

fn end_of(tx: &Transaction<'_>, question: &str, before: Moment) -> rusqlite::Result<i64> {
    let end = tx
        .prepare_cached(question)?
        .query_row((before.timestamp(), TOO_YOUNG_IN_A_ROW - 1), |row| {
            row.get(0)
        })
        .optional()?;
    Ok(end.unwrap_or(i64::MAX))
}

/// Goes through the messages whose bytes are dropped by [`drop_bytes`].
pub fn each_to_drop(
    tx: &Transaction<'_>,
    before: Moment,
    mut look: impl FnMut(InboxId, &[u8]),
) -> rusqlite::Result<()> {
    let mut rows = tx.prepare_cached(
        // From the bytes that are kept, which are few, to their messages.
        "SELECT id, bytes FROM inbox_bytes CROSS JOIN inbox ON id = inbox_id
         WHERE inbox_id < ?2 AND state IN ('handled', 'ignored', 'settled') AND handled_at < ?1 ORDER BY inbox_id",
    )?;
    let mut rows = rows.query((before.timestamp(), messages_end(tx, before)?))?;
    while let Some(row) = rows.next()? {
        look(InboxId(row.get(0)?), row.get_ref(1)?.as_blob()?);
    }
    Ok(())
}

/// Nobody needs them word for word any more. What a person still has to read stays.
pub fn drop_bytes(tx: &Transaction<'_>, before: Moment) -> rusqlite::Result<()> {
    tx.execute(
        "DELETE FROM inbox_bytes WHERE inbox_id < ?2 AND EXISTS (SELECT 1 FROM inbox WHERE id = inbox_id
           AND state IN ('handled', 'ignored', 'settled') AND handled_at < ?1)",
        (before.timestamp(), messages_end(tx, before)?),
    )?;
    tx.execute(
        "DELETE FROM outbox_bytes WHERE letter_id < ?2 AND EXISTS (SELECT 1 FROM outbox WHERE id = letter_id
           AND (state = 'sent' AND sent_at < ?1 OR state IN ('refused', 'cancelled') AND created_at < ?1))",
        (before.timestamp(), letters_end(tx, before)?),
    )?;
    Ok(())
}
