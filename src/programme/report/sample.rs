//! Invented figures of three rounds, so that the report can be looked at before there is one, and tried in a browser.

use chrono::{Days, NaiveDate};

use super::figures::{Contact, Figures, PairContact, QuestionFigures, SurveyFigures, Week};
use super::interval::Rate;
use crate::programme::partnership::Standing;

const COUNTRIES: [&str; 24] = [
    "US", "AU", "GB", "CA", "IN", "KE", "PE", "PL", "ES", "FR", "NZ", "ZA", "BR", "MX", "NG", "PH",
    "TO", "LB", "SG", "DE", "CO", "GH", "RO", "JP",
];

/// A round, and the rounds before it, newest first.
pub fn rounds() -> (Figures, Vec<Figures>) {
    (
        round("2027A", (2027, 3, 2), 118, 24),
        vec![
            round("2026B", (2026, 9, 1), 95, 19),
            round("2026A", (2026, 3, 3), 92, 18),
        ],
    )
}

fn round(id: &str, (year, month, day): (i32, u32, u32), people: u32, countries: u32) -> Figures {
    let start = NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    let lived_in = &COUNTRIES[..countries as usize];
    // Fewer people from each further country.
    let people_by_country: Vec<(String, u32)> = lived_in
        .iter()
        .zip(0u32..)
        .map(|(code, at)| ((*code).to_string(), (people / (at + 5)).max(1)))
        .collect();
    let country_pairs = (0..lived_in.len())
        .flat_map(|at| [(at, at * 7 + 5), (at, at * 3 + 2)])
        .filter_map(|(one, other)| {
            let (one, other) = (lived_in[one], lived_in[other % lived_in.len()]);
            (one != other).then(|| {
                let count = 1 + u32::from(one < "D") + u32::from(other < "D");
                (
                    one.min(other).to_string(),
                    one.max(other).to_string(),
                    count,
                )
            })
        })
        .collect();
    let contact = [10, 28, 56, 84]
        .into_iter()
        .zip(1u32..)
        .map(|(day, number)| Contact {
            number,
            day,
            asked: people,
            going_well: people / 2 + number * 3,
            slow: people / 5,
            not_heard: people / 12 - number,
            other: number,
            unknown: people
                - (people / 2 + number * 3)
                - people / 5
                - (people / 12 - number)
                - number,
            pairs: PairContact {
                all_in_touch: people / 3,
                one_in_touch: people / 10,
                not_heard: 3,
                unknown: people / 2 - people / 3 - people / 10 - 3,
            },
        })
        .collect();
    let weeks = (-4..=18)
        .map(|number: i32| {
            let fortnight = u32::from(number.rem_euclid(2) == 1);
            let begun = u32::from(number > 0);
            Week {
                number,
                from: start + Days::new(7 * 30)
                    - Days::new(u64::try_from(7 * (31 - number)).unwrap_or(0)),
                letters: people / 3 + begun * fortnight * people,
                answers: people / 4 + (number.unsigned_abs() * 7) % 19,
                needed_a_person: (number.unsigned_abs() * 3) % 4,
            }
        })
        .collect();
    Figures {
        round: id.to_string(),
        name: format!("Round {id}"),
        start,
        end: start + Days::new(119),
        applied: people + 14,
        complete: people + 9,
        capped: 4,
        declined: 1,
        accepted: people + 4,
        matched: people,
        rematched: people / 10,
        rematch_days_median: Some(3),
        withdrawn: people / 20,
        silent: people / 25,
        finished: people - people / 8,
        partnerships: people / 2 + people / 20,
        countries,
        first_timers: people - people / 4,
        returners: people / 4,
        reached: people - 2,
        unreachable: 2,
        needed_a_person: 31,
        contact,
        surveys: vec![survey(people)],
        topics: vec![(
            "library-spaces".into(),
            "Spaces: rooms that say something".into(),
            people,
        )],
        people_by_country,
        country_pairs,
        weeks,
        standings: vec![
            (Standing::BothInTouch, people / 3),
            (Standing::OneInTouch, people / 10),
        ],
    }
}

fn survey(people: u32) -> SurveyFigures {
    let answers = people / 2;
    let question = |id: &str, label: &str, options: &[(&str, u32)]| QuestionFigures {
        id: id.into(),
        label: label.into(),
        answers,
        options: options
            .iter()
            .map(|(label, percent)| {
                let rate = Rate {
                    count: answers * percent / 100,
                    of: answers,
                };
                ((*label).to_string(), rate)
            })
            .collect(),
        texts: Vec::new(),
    };
    SurveyFigures {
        id: "end".into(),
        title: "Looking back".into(),
        answered: Rate {
            count: answers,
            of: people,
        },
        questions: vec![
            question(
                "satisfaction",
                "How satisfied are you with the round?",
                &[
                    ("Very satisfied", 48),
                    ("Rather satisfied", 33),
                    ("Rather not satisfied", 14),
                    ("Not satisfied", 5),
                ],
            ),
            question(
                "contact",
                "How often were you and your partner in touch?",
                &[
                    ("Weekly or more", 24),
                    ("Every two weeks", 38),
                    ("Once a month", 22),
                    ("Less often", 12),
                    ("Not at all", 4),
                ],
            ),
        ],
        may_be_quoted: Some(2),
        quotes: vec![
            "I have a friend in Lima now, and a new way to greet the children.".into(),
            "We found out that we have the same leaking roof.".into(),
        ],
    }
}
