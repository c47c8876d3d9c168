//! The silent partner: a friendly question, a firm letter with a date, an end without blame. Any sign of life ends it;
//! a known absence stops its clock.

use chrono::{Days, NaiveDate, TimeDelta};

use super::ending::{end, withdraw};
use super::{about, under_way, unprompted};
use crate::ids::PersonId;
use crate::programme::conversation::answer;
use crate::programme::decision::{Change, Decision, Occasion};
use crate::programme::event::Message;
use crate::programme::facts::{ApplicationState, Facts, Partnership, Person};
use crate::programme::letter::{Ended, Letter, LetterKind, Recipient};
use crate::programme::settings::Settings;
use crate::programme::{coordinating, pace, timetable, waiting};
use crate::time::Moment;

/// "I have not heard from my partner": the silent one is asked kindly, and who asked is told what happens when.
pub(super) fn heard_nothing(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
    person: &Person,
    message: &Message,
) -> Decision {
    let mut decision = Decision::noting(format!(
        "partnership {}: a partner is silent",
        partnership.id
    ));
    let mut end_on = None;
    for other in partnership.others(person.id) {
        let silent = &other.person;
        let today = facts.now.with_timezone(&silent.zone).date_naive();
        if let Some(until) = silent.paused_until.filter(|until| *until > today) {
            // Nobody is asked anything during a pause, and nobody is silent who said so.
            let kind = LetterKind::PartnerAway {
                name: person.name.clone(),
                partners: silent.name.clone(),
                until,
                heard: false,
            };
            decision
                .letters
                .push(answer(person, message, kind, about(partnership)));
            return decision;
        }
        let has_said_the_same = other
            .last_answer
            .is_some_and(|(choice, at)| choice == 3 && (facts.now - at) < TimeDelta::days(14));
        if has_said_the_same {
            // Both are there and neither hears the other: their mail goes astray, which a person must look into.
            decision.letters.extend(coordinating::notice(
                settings,
                &format!("both-unheard-{}", partnership.id),
                &format!(
                    "Both partners of partnership {} say that they hear nothing from each other, yet both answer us. \
                     Please look at their addresses: pairpost pair {}",
                    partnership.id, partnership.id
                ),
            ));
            continue;
        }
        if let Some(since) = other.silent_since {
            end_on = Some(end_date(settings, silent, since));
            continue;
        }
        let at = pace::next_free_morning(settings, facts, silent);
        let since = at.with_timezone(&silent.zone).date_naive();
        end_on = Some(end_date(settings, silent, since));
        decision.changes.push(Change::Silent {
            partnership: partnership.id,
            person: silent.id,
            since: Some(since),
        });
        if !silent.unreachable {
            let kind = LetterKind::AreYouThere {
                name: silent.name.clone(),
                partners: partnership.names_without(silent.id),
                firm: false,
                end_on: end_date(settings, silent, since),
            };
            let mut letter = unprompted(
                silent,
                kind,
                format!("{}-{since}", partnership.id),
                partnership,
                1,
            );
            letter.not_before = Some(at);
            decision.letters.push(letter);
        }
        decision
            .occasions
            .push(silence_step(settings, partnership, silent, since, 1));
    }
    let today = facts.now.with_timezone(&person.zone).date_naive();
    let end_on = end_on.unwrap_or(today + Days::new(u64::from(settings.silence.end_after_days)));
    let firm_on = end_on
        - Days::new(u64::from(
            settings
                .silence
                .end_after_days
                .saturating_sub(settings.silence.firm_after_days),
        ));
    let kind = LetterKind::PartnerAsked {
        name: person.name.clone(),
        partners: partnership.names_without(person.id),
        firm_on,
        end_on,
    };
    decision
        .letters
        .push(answer(person, message, kind, about(partnership)));
    decision
}

/// Who waits for word from somebody who was asked "are you there?" is told that there is some, and how long to wait
/// now; not what was said.
pub fn tell_those_who_wait(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
    heard: &Person,
    decision: &mut Decision,
) {
    let ends = decision.changes.iter().any(|change| {
        matches!(
            change,
            Change::PartnershipState { .. } | Change::MemberLeft { .. }
        )
    });
    if ends {
        return;
    }
    let away = decision.changes.iter().find_map(|change| match change {
        Change::Away { until, .. } => Some(*until),
        _ => None,
    });
    let today = facts.now.with_timezone(&heard.zone).date_naive();
    let some_days = Days::new(u64::from(settings.silence.firm_after_days));
    let until = away.unwrap_or(today).max(today) + some_days;
    tell(facts, partnership, heard, until, true, decision);
}

/// The partners of somebody who is away learn until when, and nothing else.
pub fn tell_of_absence(
    facts: &Facts,
    partnership: &Partnership,
    away: &Person,
    until: NaiveDate,
    decision: &mut Decision,
) {
    tell(facts, partnership, away, until, false, decision);
}

fn tell(
    facts: &Facts,
    partnership: &Partnership,
    about: &Person,
    until: NaiveDate,
    heard: bool,
    decision: &mut Decision,
) {
    for other in partnership.others(about.id) {
        let today = facts.now.with_timezone(&other.person.zone).date_naive();
        if !other.person.may_be_written_to(today) {
            continue;
        }
        let kind = LetterKind::PartnerAway {
            name: other.person.name.clone(),
            partners: about.name.clone(),
            until,
            heard,
        };
        let occurrence = format!("{}-{}-{until}", partnership.id, about.id);
        decision
            .letters
            .push(unprompted(&other.person, kind, occurrence, partnership, 0));
    }
}

fn end_date(settings: &Settings, silent: &Person, since: NaiveDate) -> NaiveDate {
    let end = since + Days::new(u64::from(settings.silence.end_after_days));
    match silent.away_until {
        Some(back) if back > since => {
            end.max(back + Days::new(u64::from(settings.silence.firm_after_days)))
        }
        _ => end,
    }
}

fn silence_step(
    settings: &Settings,
    partnership: &Partnership,
    silent: &Person,
    since: NaiveDate,
    step: u32,
) -> (Occasion, Moment) {
    let days = if step == 1 {
        settings.silence.firm_after_days
    } else {
        settings.silence.end_after_days
    };
    let date = since + Days::new(u64::from(days));
    let occasion = Occasion::Silence {
        person: silent.id,
        partnership: partnership.id,
        since,
        step,
    };
    (occasion, timetable::morning(settings, date, silent.zone))
}

/// The ladder's next step: the firm letter with a date, then the end without blame.
pub fn silence(
    settings: &Settings,
    facts: &Facts,
    person: PersonId,
    since: NaiveDate,
    step: u32,
) -> Decision {
    let (partnership, member) = match under_way(facts, person) {
        Ok(found) => found,
        Err(why) => return Decision::ignored(why),
    };
    if member.silent_since != Some(since) {
        return Decision::ignored("a sign of life has come");
    }
    let silent = &member.person;
    let today = facts.now.with_timezone(&silent.zone).date_naive();
    if let Some(back) = silent.away_until.filter(|back| *back >= today) {
        // The clock stands still while somebody is known to be away, and gives them days to answer afterwards.
        let resume = back + Days::new(u64::from(settings.silence.firm_after_days));
        return Decision {
            postpone: Some(timetable::morning(settings, resume, silent.zone)),
            ..Decision::noting(format!("person {person} is away until {back}"))
        };
    }
    if step == 1 {
        if let Some(later) = pace::not_today(settings, facts, silent) {
            return later;
        }
        let end_on = today
            + Days::new(u64::from(
                settings
                    .silence
                    .end_after_days
                    .saturating_sub(settings.silence.firm_after_days)
                    .max(1),
            ));
        let mut decision = Decision::noting(format!("person {person} is asked a second time"));
        let kind = LetterKind::AreYouThere {
            name: silent.name.clone(),
            partners: partnership.names_without(person),
            firm: true,
            end_on,
        };
        let firm = unprompted(
            silent,
            kind,
            format!("{}-{since}-firm", partnership.id),
            partnership,
            2,
        );
        // Before the last step the second address is used as well: the letters may have gone astray.
        if silent.second_address.is_some() && !silent.at_second {
            decision.letters.push(Letter {
                to: Recipient::SecondAddress(person),
                occurrence: format!("{}-second", firm.occurrence),
                ..firm.clone()
            });
        }
        decision.letters.push(firm);
        let occasion = Occasion::Silence {
            person,
            partnership: partnership.id,
            since,
            step: 2,
        };
        decision
            .occasions
            .push((occasion, timetable::morning(settings, end_on, silent.zone)));
        return decision;
    }
    end(
        settings,
        facts,
        partnership,
        Some((person, ApplicationState::Silent)),
        Ended::Silent,
    )
}

/// An answer to "are you there?": 1 I'll write today, 2 I am away until a day, 3 I have to stop.
pub fn silence_answered(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    choice: u8,
) -> Decision {
    if choice == 3 {
        return withdraw(settings, facts, person, Some(message));
    }
    let Ok((partnership, _)) = under_way(facts, person.id) else {
        // The place was given up meanwhile.
        return waiting::come_back(settings, facts, person, message);
    };
    let today = facts.now.with_timezone(&person.zone).date_naive();
    let away_until = match choice {
        2 => Some(message.said.until.unwrap_or(today + Days::new(14))),
        _ => None,
    };
    let mut decision = Decision::noting(format!("person {} is there", person.id));
    if let Some(until) = away_until {
        decision.changes.push(Change::Away {
            person: person.id,
            until,
        });
    }
    let kind = LetterKind::GoodToHear {
        name: person.name.clone(),
        partners: partnership.names_without(person.id),
        away_until,
    };
    decision
        .letters
        .push(answer(person, message, kind, about(partnership)));
    decision
}
