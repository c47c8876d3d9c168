//! The digest: only what needs a person, each item with the line that answers it; then what others have dealt with, who
//! wrote for the first time, and numbers. Nothing to do is one line.

use std::collections::HashMap;
use std::mem::discriminant;

use super::{may_read_concerns, who};
use crate::programme::decision::Decision;
use crate::programme::facts::{Facts, Waiting};
use crate::programme::letter::{About, FirstMessage, Item, Letter, LetterKind, Line};
use crate::programme::settings::{Coordinator, Settings};
use crate::programme::{cap, look_alike, timetable};

/// Of each kind a letter shows so many, so that mail programs do not cut it and nothing hides behind what there is most of;
/// concerns are a kind of their own.
const SHOWN_OF_A_KIND: usize = 8;

pub fn digest(settings: &Settings, facts: &Facts) -> Decision {
    let mut decision = Decision::noting(format!("digest with {} items", facts.waiting.len()));
    decision.occasions = timetable::calendar(settings, facts.now);
    let day = timetable::day_word(facts.now.with_timezone(&settings.zone).date_naive());
    for coordinator in &settings.coordinators {
        decision
            .letters
            .push(letter(settings, facts, coordinator, &day));
    }
    decision
}

/// What one coordinator may know, as it stands now.
pub fn letter(
    settings: &Settings,
    facts: &Facts,
    coordinator: &Coordinator,
    occurrence: &str,
) -> Letter {
    let concerns = may_read_concerns(settings, &coordinator.address);
    let mut items: Vec<Item> = Vec::new();
    if let Some(brake) = &facts.brake {
        items.push(Item {
            text: format!(
                "The programme is paused since {} by {}: no letter leaves but those to coordinators.",
                timetable::day_word(brake.since.with_timezone(&settings.zone).date_naive()),
                who(settings, &brake.by)
            ),
            command: Some("resume".into()),
        });
    }
    let mut more = 0;
    let mut shown = HashMap::new();
    let theirs = facts
        .waiting
        .iter()
        .filter(|waiting| concerns || !is_concern(waiting));
    for waiting in theirs {
        let kind = (discriminant(waiting), is_concern(waiting));
        let of_kind = shown.entry(kind).or_insert(0);
        if *of_kind == SHOWN_OF_A_KIND {
            more += 1;
            continue;
        }
        *of_kind += 1;
        items.push(item(waiting, settings.default_language()));
    }
    if !coordinator.may_act {
        // They may know, but their commands are not taken.
        items.iter_mut().for_each(|item| item.command = None);
    }
    let running = settings
        .rounds
        .iter()
        .filter(|round| round.end >= facts.now.date_naive())
        .min_by_key(|round| round.start)
        .map(timetable::dates);
    let numbers: Vec<Line> = facts
        .numbers
        .iter()
        .map(|(label, value)| Line {
            label: label.clone(),
            value: value.to_string(),
        })
        .chain(cap::preview(settings, facts))
        .collect();
    let settled: Vec<String> = facts
        .settled
        .iter()
        .filter(|it| concerns || !it.safety)
        .filter(|it| !it.by.eq_ignore_ascii_case(&coordinator.address))
        .map(|it| {
            format!(
                "Message {} from {}: {}",
                it.inbox,
                it.from,
                who(settings, &it.by)
            )
        })
        .collect();
    Letter::to_coordinator(
        &coordinator.address,
        LetterKind::Digest {
            dates: running,
            items,
            more,
            settled,
            newcomers: facts.newcomers,
            newcomers_waiting: facts.newcomers_waiting,
            // A flood of made-up senders is one line: whoever sends it shall not choose what coordinators read.
            first_messages: facts
                .first_messages
                .iter()
                .filter(|_| facts.newcomers_waiting == 0)
                .map(|first| FirstMessage {
                    command: Some(format!("show {}", first.inbox)).filter(|_| coordinator.may_act),
                    from: first.from.clone(),
                    text: first.text.clone(),
                })
                .collect(),
            numbers,
        },
        occurrence.to_string(),
        About::default(),
    )
}

fn is_concern(waiting: &Waiting) -> bool {
    matches!(waiting, Waiting::Message { safety: true, .. })
}

fn item(waiting: &Waiting, language: &str) -> Item {
    let (text, command) = match waiting {
        Waiting::Message {
            inbox, from, why, ..
        } => (
            format!(
                "Message {inbox} from {from} waits for your answer: {why}. It was forwarded to you when it came: reply \
                 to that letter. If it needs no answer:"
            ),
            Some(format!("settle {inbox}")),
        ),
        Waiting::Proposal { round, .. } => (
            format!("The proposal for round {round} waits: please answer its newest letter."),
            None,
        ),
        Waiting::Introduction { partnership } => (
            format!(
                "Partnership {partnership} could not be introduced in time and waits for your word."
            ),
            Some(format!("introduce {partnership}")),
        ),
        Waiting::Letter { letter, kind, why } => (
            format!("Letter {letter} ({kind}) could not be sent for days and was given up: {why}"),
            Some(format!("resend {letter}")),
        ),
        Waiting::Held { letter, kind, to } => (
            format!(
                "Letter {letter} ({kind}) to {to} may or may not have arrived: the mail server did not say. It must not \
                 come twice, so please ask its reader. If it came, answer: arrived {letter}. If it did not:"
            ),
            Some(format!("resend {letter}")),
        ),
        Waiting::Application { person, name } => (
            format!(
                "{name} has applied and waits to be accepted. To decline, write decline {person} and your reason on the \
                 same line, which they read.",
                name = look_alike::remarked(name, language)
            ),
            Some(format!("accept {person}")),
        ),
        Waiting::HeldOut {
            person,
            name,
            round,
        } => (
            format!(
                "{name} was held out of the release of round {round} and waits for your word. To look for a partner \
                 each morning:"
            ),
            Some(format!("pool {person}")),
        ),
        Waiting::Flood {
            person,
            name,
            messages,
        } => (
            format!(
                "{name} writes more than is read in a day: {messages} messages wait, nothing of them is lost, and the next \
                 ones are read tomorrow. To read all of them now:"
            ),
            person.map(|person| format!("read {person}")),
        ),
        Waiting::Trouble { words } => (words.clone(), None),
        Waiting::Defect { what, why } => (
            format!("Something that was due could not be done and is tried again ({what}): {why}"),
            None,
        ),
    };
    Item { text, command }
}
