//! What the rules are told, read in the transaction in which the decision will be applied.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension, Row, Transaction};

use super::{coordinating, date, from_word, json};
use crate::ids::{ApplicationId, InboxId, LetterId, PartnershipId, PersonId, ProposalId};
use crate::programme::event::{CommandKind, Event, Purpose};
use crate::programme::facts::{
    Applicant, Application, ApplicationState, Brakes, Facts, Fresh, Member, OtherAddress,
    Partnership, Person, Proposal, Waiting,
};
use crate::time::{Moment, from_seconds};

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

/// Looks up what the event is about, and no more.
pub fn load(
    tx: &Transaction<'_>,
    now: Moment,
    event: &Event,
    sender: Option<PersonId>,
) -> rusqlite::Result<Facts> {
    let mut facts = Facts {
        now,
        fresh: fresh(tx)?,
        ..Facts::default()
    };
    match event {
        Event::Message(message) => {
            about_person(tx, &mut facts, sender, None)?;
            let asked = message.answers_letter.as_ref().map(|asked| &asked.about);
            // An answer to a letter about one of several open partnerships is about that one.
            let named = asked.and_then(|about| about.partnership);
            if let Some(at) = facts.also.iter().position(|it| Some(it.id) == named) {
                let named = facts.also.remove(at);
                name_partnership(&mut facts, Some(named));
            }
            if let Some(proposal) = asked.and_then(|about| about.proposal) {
                load_proposal(tx, &mut facts, proposal)?;
            }
            if let Some(inbox) = asked.and_then(|about| about.inbox) {
                facts.in_question = coordinating::in_question(tx, inbox)?;
            }
            facts.brakes = brakes(tx, now, sender)?;
            let challenge = asked.and_then(|about| about.challenge);
            facts.rights = super::rights::of_sender(tx, now, sender, challenge)?;
        }
        Event::Due(due) => {
            about_person(tx, &mut facts, due.what.person(), due.what.round())?;
            if let Some(id) = due.what.partnership() {
                let named = partnership(tx, id)?;
                name_partnership(&mut facts, named);
            }
            use crate::programme::decision::Occasion;
            match &due.what {
                Occasion::Announce { announcement, .. } => {
                    facts.announcement = coordinating::announcement(tx, *announcement)?;
                }
                Occasion::Opens { round } => facts.alumni = alumni(tx, round)?,
                Occasion::Deadline { round }
                | Occasion::AskStill { round }
                | Occasion::LeaveOut { round } => facts.applicants = applicants(tx, round)?,
                Occasion::PlaceFreed { round, .. } => {
                    facts.applicants = applicants_or_capped(tx, round)?;
                }
                Occasion::PoolEnds { round } => {
                    facts.applicants = applicants_at(tx, round, ApplicationState::Pool)?;
                }
                Occasion::RoundEnds { round } => {
                    facts.partnerships = open_partnerships(tx, round)?;
                    facts.applicants = applicants_at(tx, round, ApplicationState::Paired)?;
                }
                Occasion::Erase { person, .. } => {
                    facts.rights.is_under_way = super::erasure::is_under_way(tx, *person)?;
                }
                Occasion::ProposalReminder { proposal, .. } => {
                    load_proposal(tx, &mut facts, *proposal)?
                }
                Occasion::Digest { .. } => for_digest(tx, &mut facts)?,
                _ => {}
            }
        }
        Event::Command(command) => match &command.what {
            CommandKind::Release(proposal) | CommandKind::Review { proposal, .. } => {
                load_proposal(tx, &mut facts, *proposal)?
            }
            CommandKind::Decline { person, .. }
            | CommandKind::Accept { person }
            | CommandKind::LiftSilence { person }
            | CommandKind::Withdraw { person }
            | CommandKind::Erase { person } => about_person(tx, &mut facts, Some(*person), None)?,
            CommandKind::Free { person } => {
                about_person(tx, &mut facts, Some(*person), None)?;
                if facts.partnership.is_none() {
                    facts.partnership = ended_by_concern(tx, *person)?;
                }
            }
            CommandKind::Met(met) => {
                facts.already_imported = super::tombstones::remembers(tx, &met.pair_hash)?;
            }
            CommandKind::Import(row) => {
                about_person(tx, &mut facts, sender, None)?;
                facts.already_imported = tx
                    .prepare_cached("SELECT count(*) FROM imported_row WHERE mark = ?1")?
                    .query_row([&row.mark], |row| Ok(row.get::<_, i64>(0)? > 0))?;
            }
            CommandKind::EndPartnership { partnership: id } => {
                facts.partnership = open_partnership(tx, *id)?
            }
            CommandKind::Introduce { partnership: id } => facts.partnership = partnership(tx, *id)?,
            CommandKind::Arrived { letter } | CommandKind::SendAgain { letter } => {
                facts.letter_waits = super::unknown::waits(tx, *letter)?;
            }
            CommandKind::Announce { audience, .. } => {
                facts.audience = coordinating::audience(tx, audience)?;
            }
            CommandKind::SendAnnouncement(id) => {
                facts.announcement = coordinating::announcement(tx, *id)?;
                if let Some(announcement) = &facts.announcement {
                    facts.audience = coordinating::audience(tx, &announcement.audience)?;
                }
            }
            CommandKind::PauseProgramme | CommandKind::ResumeProgramme => {
                facts.brake = coordinating::brake(tx)?;
            }
            CommandKind::Status => for_digest(tx, &mut facts)?,
            CommandKind::IntoPool { person } => {
                about_person(tx, &mut facts, Some(*person), None)?;
                if let Some(application) = &facts.application {
                    facts.proposal = newest_proposal(tx, &application.round)?;
                }
            }
            CommandKind::Show { .. } | CommandKind::Settle { .. } | CommandKind::Misread { .. } => {
            }
        },
        Event::Undelivered(undelivered) => {
            about_person(tx, &mut facts, undelivered.person, None)?;
            if let Some(person) = undelivered.person {
                facts.failures = tx
                    .prepare_cached(
                        "SELECT count(*) FROM delay WHERE person_id = ?1 AND letter_id <> ?2 AND at > ?3",
                    )?
                    .query_row(
                        (person.0, undelivered.letter.0, now.timestamp() - 7 * 86_400),
                        |row| row.get(0),
                    )?;
            }
        }
        Event::Complaint(complaint) => about_person(tx, &mut facts, complaint.person, None)?,
        Event::Proposed(proposed) => {
            facts.applicants = match proposed.purpose {
                Purpose::Round => applicants(tx, &proposed.round)?,
                Purpose::Pool => applicants_at(tx, &proposed.round, ApplicationState::Pool)?,
            };
            if proposed.purpose == Purpose::Pool {
                // A mentor with a free place has a partner already, and is not in the pool.
                let known: BTreeSet<PersonId> =
                    facts.applicants.iter().map(|it| it.person.id).collect();
                let mut others = proposed
                    .groups
                    .iter()
                    .flat_map(|group| &group.people)
                    .filter(|person| !known.contains(person))
                    .peekable();
                if others.peek().is_some() {
                    let others: BTreeSet<PersonId> = others.copied().collect();
                    let paired = applicants_at(tx, &proposed.round, ApplicationState::Paired)?;
                    facts.applicants.extend(
                        paired
                            .into_iter()
                            .filter(|it| others.contains(&it.person.id)),
                    );
                }
            }
            facts.proposal = newest_proposal(tx, &proposed.round)?;
        }
    }
    Ok(facts)
}

/// What the digest says.
fn for_digest(tx: &Transaction<'_>, facts: &mut Facts) -> rusqlite::Result<()> {
    facts.waiting = waiting(tx)?;
    facts.numbers = super::look::numbers(tx)?;
    facts.brake = coordinating::brake(tx)?;
    facts.settled = coordinating::settled(tx)?;
    facts.applicants = unmatched_applicants(tx)?;
    Ok(())
}

fn newest_proposal(tx: &Transaction<'_>, round: &str) -> rusqlite::Result<Option<Proposal>> {
    let newest: Option<i64> = tx
        .prepare_cached("SELECT max(id) FROM proposal WHERE round = ?1")?
        .query_row([round], |row| row.get(0))?;
    match newest {
        Some(id) => proposal(tx, ProposalId(id)),
        None => Ok(None),
    }
}

fn load_proposal(tx: &Transaction<'_>, facts: &mut Facts, id: ProposalId) -> rusqlite::Result<()> {
    facts.proposal = proposal(tx, id)?;
    if let Some(proposal) = &facts.proposal {
        facts.applicants = applicants(tx, &proposal.round)?;
    }
    Ok(())
}

/// The person, their application (of the round, else the newest) and their open partnership.
fn about_person(
    tx: &Transaction<'_>,
    facts: &mut Facts,
    id: Option<PersonId>,
    round: Option<&str>,
) -> rusqlite::Result<()> {
    let Some(id) = id else { return Ok(()) };
    facts.person = person(tx, id)?;
    facts.application = match round {
        Some(round) => tx
            .prepare_cached(&format!(
                "SELECT {APPLICATION} FROM application WHERE person_id = ?1 AND round = ?2"
            ))?
            .query_row((id.0, round), application_row)
            .optional()?,
        None => newest_application(tx, id)?,
    };
    if let Some(round) = round {
        facts.earlier = tx
            .prepare_cached(&format!(
                "SELECT {APPLICATION} FROM application WHERE person_id = ?1 AND round <> ?2
                 ORDER BY application.id DESC LIMIT 1"
            ))?
            .query_row((id.0, round), application_row)
            .optional()?;
    }
    let mut open = open_of(tx, id)?.into_iter();
    if let Some(newest) = open.next() {
        facts.partnership = partnership(tx, newest)?;
    }
    for further in open {
        facts.also.extend(partnership(tx, further)?);
    }
    Ok(())
}

/// A person's open partnerships, the newest first.
fn open_of(tx: &rusqlite::Connection, id: PersonId) -> rusqlite::Result<Vec<PartnershipId>> {
    let mut rows = tx.prepare_cached(
        "SELECT partnership.id FROM member JOIN partnership ON partnership.id = member.partnership_id
         WHERE member.person_id = ?1 AND member.left_at IS NULL AND partnership.state <> 'ended'
         ORDER BY partnership.id DESC",
    )?;
    rows.query_map([id.0], |row| Ok(PartnershipId(row.get(0)?)))?
        .collect()
}

/// Puts the partnership that an event names first; what was first before is one of the person's others, if it is open.
fn name_partnership(facts: &mut Facts, named: Option<Partnership>) {
    let Some(named) = named else {
        facts.also.splice(0..0, facts.partnership.take());
        return;
    };
    facts.also.splice(0..0, facts.partnership.take());
    facts.also.retain(|other| other.id != named.id);
    facts.partnership = Some(named);
}

pub fn newest_application(
    tx: &rusqlite::Connection,
    id: PersonId,
) -> rusqlite::Result<Option<Application>> {
    tx.prepare_cached(&format!(
        "SELECT {APPLICATION} FROM application WHERE person_id = ?1 ORDER BY application.id DESC LIMIT 1"
    ))?
    .query_row([id.0], application_row)
    .optional()
}

fn fresh(tx: &Transaction<'_>) -> rusqlite::Result<Fresh> {
    let mut next = tx.prepare_cached(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?1), 0) + 1",
    )?;
    let mut of = |table: &str| next.query_row([table], |row| row.get::<_, i64>(0));
    Ok(Fresh {
        person: of("person")?,
        application: of("application")?,
        partnership: of("partnership")?,
        proposal: of("proposal")?,
        challenge: of("challenge")?,
        announcement: of("announcement")?,
    })
}

/// Who writes from an address, in its comparison form: it is the one on file, or one that its owner has confirmed.
pub fn person_at(
    tx: &rusqlite::Connection,
    address_key: &str,
) -> rusqlite::Result<Option<PersonId>> {
    tx.prepare_cached(
        "SELECT id FROM person WHERE address_key = ?1
         UNION ALL SELECT person_id FROM other_address WHERE address_key = ?1 AND linked_at IS NOT NULL",
    )?
    .query_row([address_key], |row| Ok(PersonId(row.get(0)?)))
    .optional()
}

pub fn person(tx: &rusqlite::Connection, id: PersonId) -> rusqlite::Result<Option<Person>> {
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
pub fn applicants(tx: &rusqlite::Connection, round: &str) -> rusqlite::Result<Vec<Applicant>> {
    applicants_where(
        tx,
        [round],
        "application.round = ?1 AND application.state IN ('complete', 'accepted', 'pool', 'paired')",
    )
}

/// The same, and those who wait for a place under the cap: who has left altogether waits no more.
fn applicants_or_capped(
    tx: &rusqlite::Connection,
    round: &str,
) -> rusqlite::Result<Vec<Applicant>> {
    applicants_where(
        tx,
        [round],
        "application.round = ?1 AND application.state IN ('complete', 'accepted', 'capped')",
    )
}

/// Applications of all rounds that have not been matched, for the preview of the cap.
pub fn unmatched_applicants(tx: &rusqlite::Connection) -> rusqlite::Result<Vec<Applicant>> {
    applicants_where(tx, [], "application.state IN ('complete', 'accepted')")
}

/// The newest application of everybody who has none for this round and can be written to.
fn alumni(tx: &rusqlite::Connection, round: &str) -> rusqlite::Result<Vec<Applicant>> {
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
    tx: &rusqlite::Connection,
    round: &str,
    state: ApplicationState,
) -> rusqlite::Result<Vec<Applicant>> {
    applicants_where(
        tx,
        (round, super::word(&state)?),
        "application.round = ?1 AND application.state = ?2",
    )
}

fn applicants_where(
    tx: &rusqlite::Connection,
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

/// The partnership that a safety contact looks after.
fn ended_by_concern(
    tx: &Transaction<'_>,
    person: PersonId,
) -> rusqlite::Result<Option<Partnership>> {
    let id: Option<i64> = tx
        .prepare_cached(
            "SELECT max(partnership.id) FROM member JOIN partnership ON partnership.id = partnership_id
             WHERE person_id = ?1 AND why_ended = ?2",
        )?
        .query_row((person.0, crate::programme::concern::WHY), |row| row.get(0))?;
    match id {
        Some(id) => partnership(tx, PartnershipId(id)),
        None => Ok(None),
    }
}

/// In how many partnerships of a round each person has a place: those that are open, and those that ended because the
/// person fell silent, whose place is not given to them again.
pub fn places_taken(
    tx: &rusqlite::Connection,
    round: &str,
) -> rusqlite::Result<BTreeMap<PersonId, u32>> {
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
pub fn past_pairs(tx: &rusqlite::Connection) -> rusqlite::Result<Vec<(PersonId, PersonId)>> {
    let mut rows = tx.prepare_cached(
        "SELECT a.person_id, b.person_id FROM member a
         JOIN member b ON a.partnership_id = b.partnership_id AND a.person_id < b.person_id
         UNION SELECT person_id, other_person_id FROM met_before",
    )?;
    rows.query_map([], |row| Ok((PersonId(row.get(0)?), PersonId(row.get(1)?))))?
        .collect()
}

/// Pairs that coordinators have forbidden, each both ways.
pub fn forbidden_pairs(tx: &rusqlite::Connection) -> rusqlite::Result<Vec<(PersonId, PersonId)>> {
    let mut rows = tx.prepare_cached("SELECT person_id, other_person_id FROM forbidden_pair")?;
    rows.query_map([], |row| Ok((PersonId(row.get(0)?), PersonId(row.get(1)?))))?
        .collect()
}

fn open_partnership(
    tx: &Transaction<'_>,
    id: PartnershipId,
) -> rusqlite::Result<Option<Partnership>> {
    Ok(partnership(tx, id)?
        .filter(|it| it.state != crate::programme::facts::PartnershipState::Ended))
}

pub fn partnership(
    tx: &rusqlite::Connection,
    id: PartnershipId,
) -> rusqlite::Result<Option<Partnership>> {
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
    tx: &rusqlite::Connection,
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

fn open_partnerships(tx: &Transaction<'_>, round: &str) -> rusqlite::Result<Vec<Partnership>> {
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

pub fn proposal(tx: &rusqlite::Connection, id: ProposalId) -> rusqlite::Result<Option<Proposal>> {
    tx.prepare_cached(
        "SELECT round, state, groups, unmatched, numbers, score, proof, unproven, floor, adjustments, insight
         FROM proposal WHERE id = ?1",
    )?
    .query_row([id.0], |row| {
        Ok(Proposal {
            id,
            round: row.get(0)?,
            state: from_word(&row.get::<_, String>(1)?)?,
            groups: json(&row.get::<_, String>(2)?)?,
            unmatched: json(&row.get::<_, String>(3)?)?,
            numbers: json(&row.get::<_, String>(4)?)?,
            score: row.get(5)?,
            proof: row.get(6)?,
            unproven: row.get(7)?,
            floor: row.get(8)?,
            adjustments: json(&row.get::<_, String>(9)?)?,
            insight: json(&row.get::<_, String>(10)?)?,
        })
    })
    .optional()
}

fn brakes(tx: &Transaction<'_>, now: Moment, sender: Option<PersonId>) -> rusqlite::Result<Brakes> {
    let stranger_letters_last_hour = tx
        .prepare_cached(
            "SELECT count(*) FROM outbox
             WHERE kind IN ('form', 'was-this-you', 'nothing-kept') AND created_at > ?1",
        )?
        .query_row([now.timestamp() - 3_600], |row| row.get(0))?;
    let answers_last_day = match sender {
        Some(person) => tx
            .prepare_cached(
                "SELECT count(*) FROM outbox
                 WHERE person_id = ?1 AND created_at > ?2 AND kind IN ('person-will-answer', 'unclear')",
            )?
            .query_row((person.0, now.timestamp() - 86_400), |row| row.get(0))?,
        None => 0,
    };
    let confirmations_last_day = match sender {
        Some(person) => tx
            .prepare_cached(
                "SELECT count(*) FROM outbox WHERE person_id = ?1 AND created_at > ?2 AND kind = 'was-this-you'",
            )?
            .query_row((person.0, now.timestamp() - 86_400), |row| row.get(0))?,
        None => 0,
    };
    Ok(Brakes {
        confirmations_last_day,
        stranger_letters_last_hour,
        answers_last_day,
    })
}

/// What is known of an address, in its comparison form, that is nobody's on file.
pub fn other_address(
    tx: &rusqlite::Connection,
    address_key: &str,
) -> rusqlite::Result<Option<OtherAddress>> {
    tx.prepare_cached("SELECT person_id, asked_at FROM other_address WHERE address_key = ?1")?
        .query_row([address_key], |row| {
            Ok(OtherAddress {
                person: PersonId(row.get(0)?),
                asked: from_seconds(row.get(1)?),
            })
        })
        .optional()
}

/// What waits for a coordinator, oldest first, at most a letter's worth.
pub fn waiting(tx: &rusqlite::Connection) -> rusqlite::Result<Vec<Waiting>> {
    let mut all = Vec::new();
    let mut proposals =
        tx.prepare_cached("SELECT id, round FROM proposal WHERE state = 'waiting' ORDER BY id")?;
    for row in proposals.query_map([], |row| {
        Ok(Waiting::Proposal {
            proposal: ProposalId(row.get(0)?),
            round: row.get(1)?,
        })
    })? {
        all.push(row?);
    }
    let mut messages = tx.prepare_cached(
        // Nobody knows who wrote a message that could not be read.
        "SELECT id, iif(sender = '', 'somebody', sender),
                iif(state = 'quarantined', 'it could not be read (' || reason || ')', reason), kind = 'concern'
         FROM inbox WHERE state IN ('needs-person', 'quarantined') ORDER BY id LIMIT 100",
    )?;
    for row in messages.query_map([], |row| {
        Ok(Waiting::Message {
            inbox: InboxId(row.get(0)?),
            from: row.get(1)?,
            why: row.get(2)?,
            safety: row.get(3)?,
        })
    })? {
        all.push(row?);
    }
    all.extend(coordinating::held_out(tx)?);
    let mut applications = tx.prepare_cached(
        "SELECT person.id, person.name FROM application JOIN person ON person.id = application.person_id
         WHERE application.state = 'complete' ORDER BY application.id LIMIT 100",
    )?;
    for row in applications.query_map([], |row| {
        Ok(Waiting::Application {
            person: PersonId(row.get(0)?),
            name: row.get(1)?,
        })
    })? {
        all.push(row?);
    }
    let mut held = tx.prepare_cached(
        "SELECT partnership.id FROM partnership
         JOIN occasion ON occasion.key = 'introduce/' || partnership.id
         WHERE partnership.state = 'planned' AND occasion.done_at IS NOT NULL ORDER BY partnership.id LIMIT 100",
    )?;
    for row in held.query_map([], |row| {
        Ok(Waiting::Introduction {
            partnership: PartnershipId(row.get(0)?),
        })
    })? {
        all.push(row?);
    }
    let mut unknown = tx.prepare_cached(
        "SELECT id, kind, envelope_to FROM outbox WHERE state = 'held' ORDER BY id LIMIT 100",
    )?;
    for row in unknown.query_map([], |row| {
        Ok(Waiting::Held {
            letter: LetterId(row.get(0)?),
            kind: row.get(1)?,
            to: row.get(2)?,
        })
    })? {
        all.push(row?);
    }
    let mut failed = tx.prepare_cached(
        "SELECT id, kind, last_error FROM outbox WHERE state = 'failed' ORDER BY id LIMIT 100",
    )?;
    for row in failed.query_map([], |row| {
        Ok(Waiting::Letter {
            letter: LetterId(row.get(0)?),
            kind: row.get(1)?,
            why: row.get(2)?,
        })
    })? {
        all.push(row?);
    }
    all.extend(coordinating::defects(tx)?);
    Ok(all)
}
