//! The places of a country that is over its share: the preview for coordinators, and who moves up when a place becomes
//! free. Who is over the share at the deadline is worked out in `round`.

use std::collections::BTreeMap;

use super::decision::{Change, Decision, Occasion};
use super::facts::{Applicant, Application, ApplicationState, Facts};
use super::letter::{About, Letter, LetterKind, Line, Recipient, ReplyTo};
use super::settings::{Round, Settings};
use super::{pace, round, timetable};
use crate::places;
use crate::time::Moment;

/// Between the deadline and the matching, a place that somebody gives up goes to the first who waits.
fn places_are_given(settings: &Settings, round: &Round, now: Moment) -> bool {
    settings.cap.is_some()
        && round.capped
        && timetable::deadline(round) <= now
        && now <= timetable::matching(settings, round)
}

/// To be planned when an application that had a place is given up.
pub fn after_leaving(
    settings: &Settings,
    facts: &Facts,
    application: &Application,
) -> Option<(Occasion, Moment)> {
    let round = timetable::round(settings, &application.round)?;
    let freed = application.state == ApplicationState::Accepted
        && places_are_given(settings, round, facts.now);
    freed.then(|| {
        let occasion = Occasion::PlaceFreed {
            round: round.id.clone(),
            application: application.id,
        };
        (occasion, facts.now)
    })
}

/// The first of those who wait, as far as there are places now. Nobody loses a place by this.
pub fn place_freed(settings: &Settings, facts: &Facts, round_id: &str) -> Decision {
    let Some(round) = timetable::round(settings, round_id)
        .filter(|round| places_are_given(settings, round, facts.now))
    else {
        return Decision::ignored("no places are given at this time");
    };
    let Some(cap) = &settings.cap else {
        return Decision::ignored("there is no cap");
    };
    let everybody: Vec<&Applicant> = facts
        .applicants
        .iter()
        .filter(|it| {
            it.application.state == ApplicationState::Accepted
                || (it.application.state == ApplicationState::Capped
                    && !it.person.stopped
                    && !it.person.unreachable)
        })
        .collect();
    let over = round::over_cap(settings, cap, &everybody);
    let in_now: Vec<&Applicant> = everybody
        .into_iter()
        .filter(|it| {
            it.application.state == ApplicationState::Capped && !over.contains(&it.person.id)
        })
        .collect();
    let mut decision = Decision::noting(format!(
        "round {round_id}: {} move up to a place that has become free",
        in_now.len()
    ));
    let next = timetable::next_round(settings, round_id);
    for applicant in in_now {
        decision.changes.push(Change::ApplicationState {
            application: applicant.application.id,
            state: ApplicationState::Accepted,
        });
        if let Some(next) = next {
            decision.changes.push(Change::ApplicationTakenBack {
                person: applicant.person.id,
                round: next.id.clone(),
            });
        }
        decision.letters.push(Letter {
            to: Recipient::Person(applicant.person.id),
            kind: LetterKind::Accepted {
                name: applicant.person.name.clone(),
                dates: timetable::dates(round),
                freed: true,
            },
            occurrence: round_id.to_string(),
            about: About::round(round_id),
            reply_to: ReplyTo::Token,
            not_before: Some(pace::next_free_morning(settings, facts, &applicant.person)),
        });
    }
    decision
}

/// For the digest, while applications are open: each country that is over its share so far.
pub fn preview(settings: &Settings, facts: &Facts) -> Vec<Line> {
    let Some(cap) = &settings.cap else {
        return Vec::new();
    };
    let language = settings.default_language();
    let mut lines = Vec::new();
    let open = settings
        .rounds
        .iter()
        .filter(|round| round.capped && timetable::deadline(round) > facts.now);
    for round in open {
        let applicants: Vec<&Applicant> = facts
            .applicants
            .iter()
            .filter(|it| {
                it.application.round == round.id
                    && it.application.state == ApplicationState::Accepted
            })
            .collect();
        let over = round::over_cap(settings, cap, &applicants);
        let mut countries: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for applicant in &applicants {
            let (all, waiting) = countries.entry(round::country(applicant)).or_default();
            *all += 1;
            *waiting += usize::from(over.contains(&applicant.person.id));
        }
        for (code, (all, waiting)) in countries.into_iter().filter(|(_, counts)| counts.1 > 0) {
            lines.push(Line {
                label: format!(
                    "{}: applications from {}",
                    round.name,
                    places::country_name(&code, language)
                ),
                value: format!("{all}, of which {waiting} would wait for the next round"),
            });
        }
    }
    lines
}
