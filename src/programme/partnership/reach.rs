//! Mail that does not reach somebody, or that they do not want: bounces and complaints.

use chrono::{Days, NaiveDate};

use super::ending::{end, leave};
use super::introduction::introduction;
use super::{under_way, unprompted};
use crate::ids::PersonId;
use crate::programme::decision::{Change, Decision, Occasion};
use crate::programme::event::{Complaint, Message, Undelivered};
use crate::programme::facts::{ApplicationState, Facts, Partnership, Person};
use crate::programme::letter::{Ended, Letter, LetterKind};
use crate::programme::settings::Settings;
use crate::programme::{coordinating, moving, timetable};

/// A letter came back. For good, or the third time in seven days, the address counts as unreachable at once: the second
/// one is tried where there is one, and partner and coordinators are told.
pub fn undelivered(settings: &Settings, facts: &Facts, undelivered: &Undelivered) -> Decision {
    let Some(person) = &facts.person else {
        return Decision::noting(format!("letter {} came back", undelivered.letter));
    };
    if let Some(address) = undelivered.about.other_address.as_ref().filter(|address| {
        undelivered.kind == "confirm" && address.eq_ignore_ascii_case(&undelivered.address)
    }) {
        return match undelivered.permanent {
            true => moving::came_back(person, undelivered, address),
            false => Decision::ignored("the question to a new address is delayed"),
        };
    }
    if person.unreachable {
        return Decision::ignored("known to be unreachable");
    }
    if !undelivered.permanent && facts.failures + 1 < FAILURES_IN_A_WEEK {
        return Decision {
            changes: vec![Change::Delayed {
                letter: undelivered.letter,
                person: person.id,
            }],
            ..Decision::noting(format!("letter {} is delayed", undelivered.letter))
        };
    }
    let at_first = undelivered.address.eq_ignore_ascii_case(&person.address);
    match (at_first, person.at_second) {
        (true, true) => Decision::ignored("this address is known to be unreachable"),
        (true, false) if person.second_address.is_some() => {
            try_second(settings, facts, person, undelivered)
        }
        // A letter that was sent to the second address as well: the one on file may still do.
        (false, false) => Decision {
            changes: vec![Change::SecondUnreachable { person: person.id }],
            ..Decision::noting(format!(
                "person {} cannot be reached at their second address",
                person.id
            ))
        },
        (at_first, _) => {
            let mut decision = gone(settings, facts, person, undelivered);
            decision.changes.push(match at_first {
                true => Change::Unreachable { person: person.id },
                false => Change::SecondUnreachable { person: person.id },
            });
            decision
        }
    }
}

const FAILURES_IN_A_WEEK: u32 = 3;

/// The address on file does not work: the owner is asked at the second one, and has some days to answer there.
fn try_second(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    undelivered: &Undelivered,
) -> Decision {
    let mut decision = Decision::noting(format!(
        "person {} cannot be reached at the address on file; the second one is tried",
        person.id
    ));
    decision
        .changes
        .push(Change::Unreachable { person: person.id });
    decision.letters.push(Letter::to(
        person.id,
        LetterKind::AddressCheck {
            name: person.name.clone(),
            address: person.address.clone(),
        },
        undelivered.letter.to_string(),
        undelivered.about.clone(),
    ));
    decision.letters.extend(notice(
        settings,
        person,
        undelivered,
        " A second address is tried.",
    ));
    for partnership in facts.under_way() {
        at_second(
            settings,
            facts,
            person,
            partnership,
            undelivered,
            &mut decision,
        );
    }
    decision
}

/// The partner hears that the first address does not work, and the partnership waits for a word from the second one.
fn at_second(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    partnership: &Partnership,
    undelivered: &Undelivered,
    decision: &mut Decision,
) {
    let Some(member) = partnership.member(person.id) else {
        return;
    };
    if undelivered.kind == "introduction"
        && undelivered
            .about
            .partnership
            .is_none_or(|id| id == partnership.id)
        && let Some(round) = timetable::round(settings, &partnership.round)
    {
        let mut again = introduction(settings, facts, partnership, round, member, None);
        again.occurrence += "-second";
        decision.letters.push(again);
    }
    let since = facts.now.with_timezone(&person.zone).date_naive();
    let until = since + Days::new(u64::from(settings.silence.firm_after_days));
    for other in partnership.others(person.id) {
        let kind = LetterKind::PartnerUnreached {
            name: other.person.name.clone(),
            partners: person.name.clone(),
            until,
        };
        let occurrence = format!("{}-{since}", partnership.id);
        decision
            .letters
            .push(unprompted(&other.person, kind, occurrence, partnership, 0));
    }
    let occasion = Occasion::SecondUnanswered {
        person: person.id,
        partnership: partnership.id,
        since,
    };
    decision
        .occasions
        .push((occasion, timetable::morning(settings, until, person.zone)));
}

/// No word has come from the second address: the partnership ends, and the partner is free.
pub fn second_unanswered(
    settings: &Settings,
    facts: &Facts,
    person: PersonId,
    since: NaiveDate,
) -> Decision {
    let (partnership, member) = match under_way(facts, person) {
        Ok(found) => found,
        Err(why) => return Decision::ignored(why),
    };
    let has_answered = member
        .last_sign
        .is_some_and(|at| at.with_timezone(&member.person.zone).date_naive() >= since);
    if has_answered || !member.person.at_second {
        return Decision::ignored("a sign of life has come");
    }
    end(
        settings,
        facts,
        partnership,
        Some((person, ApplicationState::Withdrawn)),
        Ended::Unreachable,
    )
}

/// The second address works, and its owner wants it to be the one: letters go there, and the partner gets it.
pub fn address_confirmed(facts: &Facts, person: &Person, message: &Message) -> Option<Decision> {
    let address = person.second_address.clone().filter(|_| person.at_second)?;
    Some(moving::moved(facts, person, message, &address, true))
}

fn gone(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    undelivered: &Undelivered,
) -> Decision {
    let mut decision = Decision::noting(format!("person {} cannot be reached by mail", person.id));
    decision.join(leave(settings, facts, person.id, Ended::Unreachable));
    decision
        .letters
        .extend(notice(settings, person, undelivered, ""));
    decision
}

fn notice(
    settings: &Settings,
    person: &Person,
    undelivered: &Undelivered,
    what_follows: &str,
) -> Vec<Letter> {
    let who = match person.name.is_empty() {
        true => "an applicant",
        false => &person.name,
    };
    coordinating::notice(
        settings,
        &format!("unreachable-{}-{}", person.id, undelivered.letter),
        &format!(
            "Mail to {who} comes back ({}).{what_follows} Nothing needs to be done; if you know another address, see: pairpost person {}",
            undelivered.reason, person.id
        ),
    )
}

/// A spam complaint stops unprompted mail at once.
pub fn complained(settings: &Settings, facts: &Facts, complaint: &Complaint) -> Decision {
    let Some(person) = &facts.person else {
        return Decision::noting(format!("a complaint about letter {}", complaint.letter));
    };
    let mut decision = Decision::noting(format!(
        "person {} complained about letter {}",
        person.id, complaint.letter
    ));
    decision.changes.push(Change::Stop { person: person.id });
    decision.letters = coordinating::notice(
        settings,
        &format!("complaint-{}", complaint.letter),
        &format!(
            "Person {} told their mail provider that a letter of ours is spam. They get no more unprompted mail. See: pairpost person {}",
            person.id, person.id
        ),
    );
    decision
}
