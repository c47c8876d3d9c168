//! What the rules are told, read in the transaction in which the decision will be applied: here what belongs to which
//! event; [`people`] and [`partnerships`] read the rows.

mod partnerships;
mod people;

pub use partnerships::{forbidden_pairs, met_by, partnership, past_pairs, places_taken};
pub use people::{
    applicants, applicants_at, newest_applicants_at, newest_application, other_address, person,
    person_at,
};

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Transaction};

use super::{coordinating, from_word, json};
use crate::ids::{AnnouncementId, PersonId, ProposalId};
use crate::programme::coordinating::is_for_coordinators;
use crate::programme::event::{CommandKind, Event, Purpose};
use crate::programme::facts::{ApplicationState, Brakes, Facts, Fresh, Partnership, Proposal};
use crate::time::Moment;
use partnerships::{ended_by_concern, open_of, open_partnership, open_partnerships};
use people::{
    alumni, applicants_or_capped, application_beside, application_for, unmatched_applicants,
};

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
                facts.in_question = coordinating::in_question(tx, inbox, now)?;
            }
            facts.brakes = brakes(tx, now, sender)?;
            let is_for_coordinators = (message.answers_letter.as_ref())
                .is_some_and(|asked| is_for_coordinators(&asked.kind));
            if let Some(from) = message.from.as_ref().filter(|_| is_for_coordinators) {
                facts.brakes.nothing_done_last_day = coordinating::nothing_done(tx, from, now)?;
            }
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
                Occasion::Announce {
                    announcement,
                    person,
                } => load_announcement(tx, &mut facts, *announcement, Some(*person))?,
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
            | CommandKind::ReadWaiting { person }
            | CommandKind::Withdraw { person }
            | CommandKind::ChangeAddress { person, .. }
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
                facts.audience = coordinating::audience(tx, audience, None)?;
            }
            CommandKind::SendAnnouncement(id) => load_announcement(tx, &mut facts, *id, None)?,
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
            CommandKind::Show { .. }
            | CommandKind::Settle { .. }
            | CommandKind::Misread { .. }
            | CommandKind::Several { .. } => {}
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
        Event::Noticed(_) => facts.brake = coordinating::brake(tx)?,
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
    facts.waiting = super::waiting::everything(tx)?;
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

/// An announcement with those whom it is meant for, or with `only` this one, where they are still among them.
fn load_announcement(
    tx: &Transaction<'_>,
    facts: &mut Facts,
    id: AnnouncementId,
    only: Option<PersonId>,
) -> rusqlite::Result<()> {
    facts.announcement = coordinating::announcement(tx, id)?;
    if let Some(announcement) = &facts.announcement {
        facts.audience = coordinating::audience(tx, &announcement.audience, only)?;
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
        Some(round) => application_for(tx, id, round)?,
        None => newest_application(tx, id)?,
    };
    if let Some(round) = round {
        facts.earlier = application_beside(tx, id, round)?;
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

/// When the next letter to a stranger may leave: an hour after the one that is `ceiling` places before it.
pub fn strangers_turn(
    tx: &Transaction<'_>,
    now: Moment,
    ceiling: u32,
) -> rusqlite::Result<Option<Moment>> {
    let before: Option<i64> = tx
        .prepare_cached(
            "SELECT due_at FROM outbox
             WHERE kind IN ('form', 'was-this-you', 'nothing-kept') AND due_at > ?1
             ORDER BY due_at DESC LIMIT 1 OFFSET ?2",
        )?
        .query_row((now.timestamp() - 3_600, ceiling - 1), |row| row.get(0))
        .optional()?;
    Ok(before.and_then(|at| Moment::from_timestamp(at + 3_600, 0)))
}

fn brakes(tx: &Transaction<'_>, now: Moment, sender: Option<PersonId>) -> rusqlite::Result<Brakes> {
    let (answers_last_day, confirmations_last_day) = match sender {
        Some(person) => tx
            .prepare_cached(
                "SELECT count(*) FILTER (WHERE kind IN ('person-will-answer', 'unclear')),
                   count(*) FILTER (WHERE kind = 'was-this-you')
                 FROM outbox WHERE person_id = ?1 AND created_at > ?2",
            )?
            .query_row((person.0, now.timestamp() - 86_400), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?,
        None => (0, 0),
    };
    Ok(Brakes {
        confirmations_last_day,
        answers_last_day,
        ..Brakes::default()
    })
}
