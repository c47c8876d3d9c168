//! "Have you two been in touch?", and what each of the six answers does.

use super::ending::{new_partner, pool_or_next, withdraw};
use super::silence::heard_nothing;
use super::{about, under_way, unprompted};
use crate::ids::PersonId;
use crate::programme::conversation::{answer, free_words};
use crate::programme::decision::{Change, Decision, Occasion, Outcome};
use crate::programme::event::{Answered, Message};
use crate::programme::facts::{ApplicationState, Facts, Partnership, PartnershipState, Person};
use crate::programme::letter::{About, LetterKind};
use crate::programme::settings::Settings;
use crate::programme::{pace, timetable};

/// Have you two been in touch?
pub fn check_in(settings: &Settings, facts: &Facts, person: PersonId, number: u32) -> Decision {
    let (partnership, member) = match under_way(facts, person) {
        Ok(found) => found,
        Err(why) => return Decision::ignored(why),
    };
    let Some(round) = timetable::round(settings, &partnership.round) else {
        return Decision::ignored("the round is no longer in the config");
    };
    let reader = &member.person;
    let today = facts.now.with_timezone(&reader.zone).date_naive();
    let started = partnership.started.unwrap_or(round.start);
    let following = (number + 1..)
        .map_while(|next| {
            Some((
                next,
                timetable::check_in_date(settings, round, started, next)?,
            ))
        })
        .find(|(_, date)| *date > today)
        .map(|(next, date)| {
            let occasion = Occasion::CheckIn {
                person,
                partnership: partnership.id,
                number: next,
            };
            (occasion, timetable::morning(settings, date, reader.zone))
        });
    let mut decision = Decision::noting(format!("check-in {number} for person {person}"));
    decision.occasions.extend(following);
    if !reader.may_be_written_to(today) {
        decision.outcome = Outcome::Ignored("no unprompted mail to this person".into());
        return decision;
    }
    if member.silent_since.is_some() {
        decision.outcome = Outcome::Ignored("they have been asked whether they are there".into());
        return decision;
    }
    if let Some(later) = pace::not_today(settings, facts, reader) {
        return later;
    }
    decision.changes.push(Change::CheckInAsked {
        partnership: partnership.id,
        person,
        number,
    });
    let kind = LetterKind::CheckIn {
        name: reader.name.clone(),
        partners: partnership.names_without(person),
        number,
    };
    decision.letters.push(unprompted(
        reader,
        kind,
        format!("{}-{number}", partnership.id),
        partnership,
        number,
    ));
    decision
}

/// One of the six answers.
pub fn check_in_answered(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    asked: &Answered,
    choice: u8,
) -> Decision {
    let open = under_way(facts, person.id)
        .ok()
        .map(|(partnership, _)| partnership);
    let still_that_one = open.filter(|partnership| {
        asked
            .about
            .partnership
            .is_none_or(|id| id == partnership.id)
    });
    let Some(partnership) = still_that_one else {
        return answered_too_late(settings, facts, person, message, choice);
    };
    let mut decision = match choice {
        1 | 2 => going_well(settings, facts, partnership, person, message, choice == 2),
        3 => heard_nothing(settings, facts, partnership, person, message),
        4 => new_partner(settings, facts, person, message),
        5 => withdraw(settings, facts, person, Some(message)),
        6 => free_words(
            settings,
            facts,
            person,
            message,
            "asks for help in answer to a check-in",
        ),
        _ => return Decision::ignored("no such answer"),
    };
    decision.changes.insert(
        0,
        Change::CheckInAnswered {
            partnership: partnership.id,
            person: person.id,
            number: asked.about.number.unwrap_or(0),
            choice,
            words: message.text.clone(),
        },
    );
    decision
}

/// An answer for a partnership that has ended meanwhile. Leaving is leaving; whoever is still in the round hears where
/// they stand now; help, and the way back of somebody who had lost their place, need a person.
fn answered_too_late(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    choice: u8,
) -> Decision {
    // The next introduction may be on its way.
    let has_partner = facts.partnership.as_ref().is_some_and(|it| {
        matches!(
            it.state,
            PartnershipState::Planned | PartnershipState::Active
        )
    });
    let still_in_the_round = facts.application.as_ref().filter(|application| {
        match application.state {
            ApplicationState::Pool | ApplicationState::Finished => true,
            // Paired, and without a partner: what was between the two is in a person's hands, and not told yet.
            ApplicationState::Paired => has_partner,
            _ => false,
        }
    });
    let application = match (choice, still_in_the_round) {
        (5, _) => return withdraw(settings, facts, person, Some(message)),
        (1..=4, Some(application)) => application,
        _ => {
            return free_words(
                settings,
                facts,
                person,
                message,
                "answers for a partnership that has ended",
            );
        }
    };
    let (pool_until, next) = pool_or_next(settings, facts, &application.round);
    let kind = LetterKind::PartnershipOver {
        name: person.name.clone(),
        partners: under_way(facts, person.id).map_or_else(
            |_| String::new(),
            |(partnership, _)| partnership.names_without(person.id),
        ),
        pool_until,
        next,
    };
    let mut decision = Decision::noting(format!(
        "person {} answers for a partnership that has ended",
        person.id
    ));
    let about = About::round(application.round.clone());
    decision.letters.push(answer(person, message, kind, about));
    decision
}

fn going_well(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
    person: &Person,
    message: &Message,
    slow: bool,
) -> Decision {
    let mut decision = Decision::noting(format!("partnership {}: in touch", partnership.id));
    let today = facts.now.with_timezone(&person.zone).date_naive();
    let next_question = timetable::round(settings, &partnership.round).and_then(|round| {
        let started = partnership.started.unwrap_or(round.start);
        (1..)
            .map_while(|number| timetable::check_in_date(settings, round, started, number))
            .find(|date| *date > today)
    });
    // Who is in touch with somebody has heard from them: a partner who was thought silent is not.
    for other in partnership
        .others(person.id)
        .filter(|other| other.silent_since.is_some())
    {
        decision.changes.push(Change::Silent {
            partnership: partnership.id,
            person: other.person.id,
            since: None,
        });
    }
    let kind = LetterKind::GoingWell {
        name: person.name.clone(),
        partners: partnership.names_without(person.id),
        slow,
        next_question,
    };
    decision
        .letters
        .push(answer(person, message, kind, about(partnership)));
    decision
}
