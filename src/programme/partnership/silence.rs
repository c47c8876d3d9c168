//! The silent partner: a friendly question, a firm letter with a date, an end without blame. Any sign of life ends it;
//! a known absence stops its clock.

use chrono::{Days, NaiveDate, TimeDelta};

use super::ending::{end, withdraw};
use super::{about, under_way, unprompted};
use crate::ids::PersonId;
use crate::programme::conversation::{answer, free_words};
use crate::programme::decision::{Change, Decision, Occasion};
use crate::programme::event::Message;
use crate::programme::facts::{ApplicationState, Facts, Partnership, Person};
use crate::programme::letter::{Ended, LetterKind};
use crate::programme::settings::Settings;
use crate::programme::{coordinating, pace, timetable};
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
        if silent.may_be_written_to(since) || !silent.unreachable {
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
        decision.letters.push(unprompted(
            silent,
            kind,
            format!("{}-{since}-firm", partnership.id),
            partnership,
            2,
        ));
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
        "silent",
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
        // The place was given up meanwhile; a person decides how they come back.
        return free_words(
            settings,
            facts,
            person,
            message,
            "is back after the partnership ended",
        );
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
