//! `rounds/*.toml`: a round's name and its start; the other dates follow from the start unless they are written.

use std::path::Path;

use chrono::TimeDelta;

use super::written::{Problems, Section, Source};
use crate::problem::Problem;
use crate::programme::settings::{Round, Settings};
use crate::schedule::topic_dates;

/// Days from the start (PROGRAMME section 2).
const OPENS_DAY: i64 = -35;
const REMINDER_DAYS: [i64; 2] = [-14, -10];
const DEADLINE_DAY: i64 = -9;
const MATCHING_DAY: i64 = -4;
const END_DAY: i64 = 119;

/// The rounds, by start.
pub fn read(files: &[(String, String)], problems: &Problems) -> Vec<Round> {
    if files.is_empty() {
        problems.add(Problem {
            file: "rounds".into(),
            line: None,
            key: String::new(),
            value: None,
            why: "there is no round, so nobody could be told when it starts".into(),
            remedy: "Write rounds/2027A.toml with name = \"...\" and start = 2027-03-02.".into(),
        });
    }
    let mut rounds: Vec<(Round, &str)> = files
        .iter()
        .filter_map(|(file, text)| Some((round(file, text, problems)?, file.as_str())))
        .collect();
    rounds.sort_by_key(|(round, _)| round.start);
    for pair in rounds.windows(2) {
        let [(earlier, earlier_file), (later, later_file)] = pair else {
            continue;
        };
        if later.opens <= earlier.deadline {
            problems.add(Problem {
                file: (*later_file).into(),
                line: None,
                key: "opens".into(),
                value: Some(later.opens.to_string()),
                why: format!(
                    "it opens before {earlier_file} has closed ({}), so an application could belong to either",
                    earlier.deadline
                ),
                remedy: "Let a round open after the deadline of the one before.".into(),
            });
        }
    }
    rounds.into_iter().map(|(round, _)| round).collect()
}

fn round(file: &str, text: &str, problems: &Problems) -> Option<Round> {
    let source = Source::new(file, text);
    let table = source.parse(problems);
    let whole = Section::whole(&source, &table, problems);
    let id = Path::new(file).file_stem()?.to_string_lossy().into_owned();
    let name = whole.text("name").unwrap_or_else(|| id.clone());
    let start = whole.date("start");
    if !whole.has("start") {
        whole.required_text(
            "start",
            "Write start = 2027-03-02: the day of the introductions.",
        );
    }
    let offset = |days: i64| start.map(|start| start + TimeDelta::days(days));
    let opens = whole.date("opens").or(offset(OPENS_DAY));
    let reminders = whole
        .dates("reminders")
        .or_else(|| REMINDER_DAYS.iter().map(|days| offset(*days)).collect());
    let deadline = whole.date("deadline").or(offset(DEADLINE_DAY));
    let matching = whole.date("matching").or(offset(MATCHING_DAY));
    let end = whole.date("end").or(offset(END_DAY));
    let capped = whole.flag("capped", true);
    whole.finish();
    let round = Round {
        id,
        name,
        opens: opens?,
        reminders: reminders?,
        deadline: deadline?,
        matching: matching?,
        start: start?,
        end: end?,
        capped,
    };
    check_order(&whole, &round);
    Some(round)
}

fn check_order(whole: &Section<'_>, round: &Round) {
    let Round {
        opens,
        deadline,
        matching,
        start,
        end,
        ..
    } = *round;
    let must = |good: bool, key: &str, why: String, remedy: &str| {
        if !good {
            // The key that was written is named; a default cannot be wrong by itself.
            let key = if whole.is_written(key) { key } else { "start" };
            whole.refuse(key, &why, remedy);
        }
    };
    must(
        opens < deadline,
        "opens",
        format!("the round opens on {opens}, but its deadline is {deadline}"),
        "Let it open before the deadline.",
    );
    must(
        deadline + TimeDelta::days(2) <= matching,
        "deadline",
        format!(
            "the deadline is {deadline}, which ends at noon UTC of the day after, but the matching is on {matching}"
        ),
        "Leave two days or more between deadline and matching.",
    );
    must(
        matching < start,
        "matching",
        format!("the matching is on {matching}, but the round starts on {start}"),
        "Leave days between them for the coordinators to look at the proposal.",
    );
    must(
        start < end,
        "end",
        format!("the round starts on {start}, but ends on {end}"),
        "Let it end after its start.",
    );
    must(
        round.reminders.is_sorted_by(|a, b| a < b)
            && round
                .reminders
                .iter()
                .all(|day| opens < *day && *day <= deadline),
        "reminders",
        format!(
            "a reminder lies outside of the open time ({opens} to {deadline}), or they do not go up"
        ),
        "Put the reminders between opening and deadline, the earliest first.",
    );
}

/// Checks the rounds against the rhythm, the topics and the surveys of the programme.
pub fn check_against(settings: &Settings, files: &[(String, String)], problems: &Problems) {
    for round in &settings.rounds {
        let file = files
            .iter()
            .map(|(file, _)| file.as_str())
            .find(|file| {
                Path::new(file)
                    .file_stem()
                    .is_some_and(|it| *it == *round.id)
            })
            .unwrap_or("rounds");
        let length = (round.end - round.start).num_days();
        if length <= 0 {
            continue;
        }
        let mut too_late = Vec::new();
        let topics = topic_dates(
            &settings.topics_cron,
            settings.topics_every,
            settings.topics_of_a_round(),
            round.start,
        );
        // The closing letter has a day of its own.
        if let Some(last) = topics.last().filter(|last| **last >= round.end) {
            too_late.push(format!("the last topic ({last})"));
        }
        if let Some(day) = settings
            .check_in_days
            .last()
            .filter(|day| i64::from(**day) >= length)
        {
            too_late.push(format!("the check-in of day {day}"));
        }
        for survey in settings
            .surveys
            .iter()
            .filter(|survey| i64::from(survey.day) > length)
        {
            too_late.push(format!(
                "the survey \"{}\" of day {}",
                survey.id, survey.day
            ));
        }
        if !too_late.is_empty() {
            problems.add(Problem {
                file: file.into(),
                line: None,
                key: "end".into(),
                value: Some(round.end.to_string()),
                why: format!("the round is over before {}", too_late.join(" and ")),
                remedy:
                    "Let the round end later, or change the rhythm in pairpost.toml and surveys/."
                        .into(),
            });
        }
    }
}
