//! Partnerships with their members, and who has been, or must not be, whose partner.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::person;
use crate::ids::{ApplicationId, PartnershipId, PersonId};
use crate::programme::concern;
use crate::programme::facts::{Member, Partnership, PartnershipState};
use crate::store::{date, from_word, json};
use crate::time::{Moment, from_seconds};

/// A person's open partnerships, the newest first.
pub(super) fn open_of(tx: &Connection, id: PersonId) -> rusqlite::Result<Vec<PartnershipId>> {
    let mut rows = tx.prepare_cached(
        "SELECT partnership.id FROM member JOIN partnership ON partnership.id = member.partnership_id
         WHERE member.person_id = ?1 AND member.left_at IS NULL AND partnership.state <> 'ended'
         ORDER BY partnership.id DESC",
    )?;
    rows.query_map([id.0], |row| Ok(PartnershipId(row.get(0)?)))?
        .collect()
}

/// The partnership that a safety contact looks after.
pub(super) fn ended_by_concern(
    tx: &Transaction<'_>,
    person: PersonId,
) -> rusqlite::Result<Option<Partnership>> {
    let id: Option<i64> = tx
        .prepare_cached(
            "SELECT max(partnership.id) FROM member JOIN partnership ON partnership.id = partnership_id
             WHERE person_id = ?1 AND why_ended = ?2",
        )?
        .query_row((person.0, concern::WHY), |row| row.get(0))?;
    match id {
        Some(id) => partnership(tx, PartnershipId(id)),
        None => Ok(None),
    }
}

/// In how many partnerships of a round each person has a place: those that are open, and those that ended because the
/// person fell silent, whose place is not given to them again.
pub fn places_taken(tx: &Connection, round: &str) -> rusqlite::Result<BTreeMap<PersonId, u32>> {
    let mut rows = tx.prepare_cached(
        "SELECT member.person_id, count(*) FROM member
         JOIN partnership ON partnership.id = member.partnership_id
         WHERE partnership.round = ?1 AND (partnership.state <> 'ended' OR member.silent_since IS NOT NULL)
         GROUP BY member.person_id",
    )?;
    rows.query_map([round], |row| Ok((PersonId(row.get(0)?), row.get(1)?)))?
        .collect()
}

/// Pairs that have met in any round: nobody meets twice.
pub fn past_pairs(tx: &Connection) -> rusqlite::Result<Vec<(PersonId, PersonId)>> {
    let mut rows = tx.prepare_cached(
        "SELECT a.person_id, b.person_id FROM member a
         JOIN member b ON a.partnership_id = b.partnership_id AND a.person_id < b.person_id
         UNION SELECT person_id, other_person_id FROM met_before",
    )?;
    rows.query_map([], |row| Ok((PersonId(row.get(0)?), PersonId(row.get(1)?))))?
        .collect()
}

/// Everybody whom this person has met in any round.
pub fn met_by(tx: &Connection, id: PersonId) -> rusqlite::Result<Vec<PersonId>> {
    tx.prepare_cached(
        "SELECT other.person_id FROM member JOIN member other ON other.partnership_id = member.partnership_id
         WHERE member.person_id = ?1 AND other.person_id <> ?1
         UNION SELECT other_person_id FROM met_before WHERE person_id = ?1
         UNION SELECT person_id FROM met_before WHERE other_person_id = ?1",
    )?
    .query_map([id.0], |row| Ok(PersonId(row.get(0)?)))?
    .collect()
}

/// Pairs that coordinators have forbidden, each both ways.
pub fn forbidden_pairs(tx: &Connection) -> rusqlite::Result<Vec<(PersonId, PersonId)>> {
    let mut rows = tx.prepare_cached("SELECT person_id, other_person_id FROM forbidden_pair")?;
    rows.query_map([], |row| Ok((PersonId(row.get(0)?), PersonId(row.get(1)?))))?
        .collect()
}

pub(super) fn open_partnership(
    tx: &Transaction<'_>,
    id: PartnershipId,
) -> rusqlite::Result<Option<Partnership>> {
    Ok(partnership(tx, id)?.filter(|it| it.state != PartnershipState::Ended))
}

pub fn partnership(tx: &Connection, id: PartnershipId) -> rusqlite::Result<Option<Partnership>> {
    let found = tx
        .prepare_cached(
            "SELECT round, state, first_writer, reasons, started_on, why_ended FROM partnership WHERE id = ?1",
        )?
        .query_row([id.0], |row| {
            Ok(Partnership {
                id,
                round: row.get(0)?,
                state: from_word(&row.get::<_, String>(1)?)?,
                members: Vec::new(),
                first_writer: PersonId(row.get(2)?),
                reasons: json(&row.get::<_, String>(3)?)?,
                started: date(row.get(4)?),
                why_ended: row.get(5)?,
            })
        })
        .optional()?;
    let Some(mut partnership) = found else {
        return Ok(None);
    };
    let mut members = tx.prepare_cached(
        "SELECT member.person_id, application.answers, member.application_id, member.silent_since, member.last_sign,
           EXISTS (SELECT 1 FROM check_in WHERE check_in.partnership_id = member.partnership_id
             AND check_in.person_id = member.person_id)
         FROM member JOIN application ON application.id = member.application_id
         WHERE member.partnership_id = ?1 AND member.left_at IS NULL ORDER BY member.person_id",
    )?;
    let mut rows = members.query([id.0])?;
    while let Some(row) = rows.next()? {
        let member = PersonId(row.get(0)?);
        let Some(person) = person(tx, member)? else {
            continue;
        };
        partnership.members.push(Member {
            person,
            answers: json(&row.get::<_, String>(1)?)?,
            application: ApplicationId(row.get(2)?),
            asked: row.get(5)?,
            last_answer: last_answer(tx, id, member)?,
            silent_since: date(row.get(3)?),
            last_sign: row.get::<_, Option<i64>>(4)?.map(from_seconds),
            elsewhere: open_of(tx, member)?
                .iter()
                .filter(|open| **open != id)
                .count()
                .try_into()
                .unwrap_or(u32::MAX),
        });
    }
    Ok(Some(partnership))
}

fn last_answer(
    tx: &Connection,
    partnership: PartnershipId,
    person: PersonId,
) -> rusqlite::Result<Option<(u8, Moment)>> {
    tx.prepare_cached(
        "SELECT choice, answered_at FROM check_in
         WHERE partnership_id = ?1 AND person_id = ?2 AND answered_at IS NOT NULL ORDER BY answered_at DESC LIMIT 1",
    )?
    .query_row((partnership.0, person.0), |row| Ok((row.get(0)?, from_seconds(row.get(1)?))))
    .optional()
}

pub(super) fn open_partnerships(
    tx: &Transaction<'_>,
    round: &str,
) -> rusqlite::Result<Vec<Partnership>> {
    let ids: Vec<i64> = tx
        .prepare_cached(
            "SELECT id FROM partnership WHERE round = ?1 AND state <> 'ended' ORDER BY id",
        )?
        .query_map([round], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(partnership(tx, PartnershipId(id))?);
    }
    Ok(found)
}
