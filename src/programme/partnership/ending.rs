//! How a partnership ends: no good fit, withdrawal, the round's end; and where each member goes from there.

use chrono::NaiveDate;

use super::{about, leads, under_way, unprompted};
use crate::ids::PersonId;
use crate::programme::conversation::{answer, free_words};
use crate::programme::decision::{Change, Decision};
use crate::programme::event::Message;
use crate::programme::facts::{
    ApplicationState, Facts, Member, Partnership, PartnershipState, Person,
};
use crate::programme::letter::{About, Asked, Dates, Ended, Letter, LetterKind, Recipient};
use crate::programme::settings::Settings;
use crate::programme::waiting::{self, Because};
use crate::programme::{cap, pace, timetable};

/// Under this word a partnership is kept that ended with its round.
pub const FINISHED: &str = "finished";
/// Under this one a partnership is kept of which the partners have never heard.
pub const LEFT_BEFORE: &str = "left before the introduction";

/// "We are not a good fit": both go to the pool, and nobody is told who said so.
pub fn new_partner(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
) -> Decision {
    let Ok((partnership, _)) = under_way(facts, person.id) else {
        return free_words(
            settings,
            facts,
            person,
            message,
            "asks for a new partner, but has none",
        );
    };
    let named = message
        .answers_letter
        .as_ref()
        .and_then(|asked| asked.about.partnership);
    if facts.under_way().count() > 1 && named != Some(partnership.id) {
        return which_partner(facts, person, message);
    }
    let mut decision = end(settings, facts, partnership, None, Ended::Fit);
    let (pool_until, next) = pool_or_next(settings, facts, &partnership.round);
    // The answer takes the place of the letter that the others get.
    decision
        .letters
        .retain(|letter| letter.to != Recipient::Person(person.id));
    let kind = LetterKind::NewPartner {
        name: person.name.clone(),
        partners: partnership.names_without(person.id),
        pool_until,
        next,
    };
    decision
        .letters
        .push(answer(person, message, kind, about(partnership)));
    decision
}

/// Somebody with several partners wants another one in the place of whom? One letter for each, which is answered where
/// it is meant.
fn which_partner(facts: &Facts, person: &Person, message: &Message) -> Decision {
    let mut decision = Decision::noting(format!(
        "person {} has several partners, and is asked which one is meant",
        person.id
    ));
    let mut open: Vec<&Partnership> = facts.under_way().collect();
    open.sort_by_key(|it| it.id);
    for partnership in open {
        let kind = LetterKind::Unclear {
            name: person.name.clone(),
            question: Asked::WhichPartner,
            partners: partnership.names_without(person.id),
        };
        let mut letter = answer(person, message, kind, about(partnership));
        letter.occurrence = format!("{}-{}", letter.occurrence, partnership.id);
        decision.letters.push(letter);
    }
    decision
}

/// Until when there are new partners in this round; after that, the next round.
pub fn pool_or_next(
    settings: &Settings,
    facts: &Facts,
    round: &str,
) -> (Option<NaiveDate>, Option<Dates>) {
    let Some(round) = timetable::round(settings, round) else {
        return (None, None);
    };
    let pool_end = timetable::pool_end(settings, round);
    if facts.now.date_naive() <= pool_end {
        (Some(pool_end), None)
    } else {
        (
            None,
            timetable::next_round(settings, &round.id).map(timetable::dates),
        )
    }
}

/// A partnership ends. Whoever caused it is out in the given state; the others go to the pool, or, after its end, to
/// the next round with priority, and are told without blame.
pub fn end(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
    leaver: Option<(PersonId, ApplicationState)>,
    why: Ended,
) -> Decision {
    let reason = why.reason();
    let mut decision = Decision::noting(format!("partnership {} ends: {reason}", partnership.id));
    let introduced = partnership.state == PartnershipState::Active;
    decision.changes.push(Change::PartnershipState {
        partnership: partnership.id,
        state: PartnershipState::Ended,
        why: reason.to_string(),
    });
    let (pool_until, next) = pool_or_next(settings, facts, &partnership.round);
    let stay = partnership
        .members
        .iter()
        .filter(|it| leaver.is_some_and(|(gone, _)| gone != it.person.id) && !it.person.unreachable)
        .count();
    // Three people were partners, and two of them still are.
    let goes_on = stay >= 2;
    if let (true, Some((gone, _))) = (goes_on, leaver) {
        decision.changes.clear();
        decision.note = format!(
            "partnership {} goes on without one: {reason}",
            partnership.id
        );
        decision.changes.push(Change::MemberLeft {
            partnership: partnership.id,
            person: gone,
        });
    }
    for member in &partnership.members {
        let person = &member.person;
        if let Some((_, state)) = leaver.filter(|(leaver, _)| *leaver == person.id) {
            // Who has been silent to one of several is still there for the others.
            let goes_on = state == ApplicationState::Silent && member.elsewhere > 0;
            if !goes_on {
                decision.changes.push(Change::ApplicationState {
                    application: member.application,
                    state,
                });
            }
            if state == ApplicationState::Silent && !goes_on {
                decision.changes.push(Change::SilenceRemembered {
                    person: person.id,
                    round: partnership.round.clone(),
                });
            }
            if state == ApplicationState::Silent && !person.unreachable {
                let kind = LetterKind::PlaceGiven {
                    name: person.name.clone(),
                    partners: partnership.names_without(person.id),
                };
                decision.letters.push(unprompted(
                    person,
                    kind,
                    partnership.id.to_string(),
                    partnership,
                    0,
                ));
            }
            continue;
        }
        let stays_with = leaver.filter(|_| goes_on).map(|(gone, _)| {
            let others = partnership.others(person.id);
            let names: Vec<&str> = others
                .filter(|other| other.person.id != gone)
                .map(|other| other.person.name.as_str())
                .collect();
            names.join(" & ")
        });
        if stays_with.is_none() {
            leave_to_wait(member, pool_until.is_some(), &mut decision);
        }
        if !introduced && stays_with.is_none() && member.elsewhere == 0 {
            // Before day 0 they know of no partner yet, and wait for one; from the pool they wait on.
            let round = timetable::round(settings, &partnership.round)
                .filter(|round| facts.now.date_naive() < round.start);
            decision.letters.extend(round.map(|round| {
                waiting::unmatched(
                    settings,
                    round,
                    person,
                    &member.answers,
                    Because::PartnerLeft,
                    &[],
                    format!("left-{}", partnership.id),
                )
            }));
            continue;
        }
        if introduced && !person.unreachable {
            let partners = match leaver {
                Some((leaver, _)) => partnership
                    .member(leaver)
                    .map_or_else(String::new, |member| member.person.name.clone()),
                None => partnership.names_without(person.id),
            };
            let kind = LetterKind::PartnershipEnded {
                name: person.name.clone(),
                partners,
                why,
                pool_until,
                next: next.clone(),
                stays_with,
            };
            decision.letters.push(unprompted(
                person,
                kind,
                partnership.id.to_string(),
                partnership,
                0,
            ));
        }
    }
    decision
}

/// Without a partner through no fault of theirs: in the pool while it is matched, else first in the next round.
///
/// A mentor who has other mentees goes on, and the free place is filled again all the same.
fn leave_to_wait(member: &Member, pool_is_open: bool, decision: &mut Decision) {
    if member.elsewhere > 0 {
        return;
    }
    let application = member.application;
    if pool_is_open {
        decision.changes.push(Change::ApplicationState {
            application,
            state: ApplicationState::Pool,
        });
    } else {
        decision.changes.push(Change::ApplicationState {
            application,
            state: ApplicationState::Finished,
        });
        decision.changes.push(Change::Owed { application });
    }
}

/// Somebody stops. Nothing is asked; the partner is told kindly and goes to the pool.
pub fn withdraw(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: Option<&Message>,
) -> Decision {
    let mut decision = Decision::noting(format!("person {} withdraws", person.id));
    decision.join(leave(settings, facts, person.id, Ended::Withdrew));
    let kind = LetterKind::Withdrawn {
        name: person.name.clone(),
    };
    decision.letters.push(match message {
        Some(message) => answer(person, message, kind, About::default()),
        None => {
            let occurrence = format!("withdrawn-{}", facts.now.timestamp());
            Letter::to(person.id, kind, occurrence, About::default())
        }
    });
    decision
}

/// Somebody is gone, for whichever reason: their partnerships end, whatever else is open of theirs is withdrawn, and the
/// place that becomes free is given on. The partners are told; they themselves are not.
pub fn leave(settings: &Settings, facts: &Facts, person: PersonId, why: Ended) -> Decision {
    let mut decision = Decision::default();
    let out = Some((person, ApplicationState::Withdrawn));
    for partnership in facts.open_partnerships() {
        decision.join(end(settings, facts, partnership, out, why));
    }
    decision.changes.push(Change::LeavesAll { person });
    if let Some(application) = &facts.application {
        // A place that was lost before, through silence or a concern, is nobody's any more either.
        if matches!(
            application.state,
            ApplicationState::Paired | ApplicationState::Silent
        ) {
            decision.changes.push(Change::ApplicationState {
                application: application.id,
                state: ApplicationState::Withdrawn,
            });
        }
        decision
            .occasions
            .extend(cap::after_leaving(settings, facts, application));
    }
    decision
}

/// Nobody objected to a withdrawal that came from elsewhere.
pub fn leaves_for_good(settings: &Settings, facts: &Facts, on: NaiveDate) -> Decision {
    let Some(person) = facts
        .person
        .as_ref()
        .filter(|person| person.leaving_on == Some(on))
    else {
        return Decision::ignored("they said that they stay");
    };
    let mut decision = withdraw(settings, facts, person, None);
    decision.changes.push(Change::LeavingOn {
        person: person.id,
        on: None,
    });
    decision
}

/// The formal part ends for one person.
pub fn closing(settings: &Settings, facts: &Facts, person: PersonId) -> Decision {
    let (partnership, member) = match under_way(facts, person) {
        Ok(found) => found,
        Err(why) => return Decision::ignored(why),
    };
    let Some(round) = timetable::round(settings, &partnership.round) else {
        return Decision::ignored("the round is no longer in the config");
    };
    if !leads(facts, partnership) {
        return Decision::ignored("their closing letter comes with another partnership");
    }
    let today = facts.now.with_timezone(&member.person.zone).date_naive();
    if !member.person.may_be_written_to(today) {
        return Decision::ignored("no unprompted mail to this person");
    }
    if let Some(later) = pace::not_today(settings, facts, &member.person) {
        return later;
    }
    let mut decision = Decision::noting(format!("closing letter for person {person}"));
    let kind = LetterKind::Closing {
        name: member.person.name.clone(),
        dates: timetable::dates(round),
        partners: facts.names_of_partners(person),
        next: timetable::next_round(settings, &round.id).map(timetable::dates),
    };
    decision.letters.push(unprompted(
        &member.person,
        kind,
        partnership.id.to_string(),
        partnership,
        0,
    ));
    decision
}
