//! What coordinators do and what they are told: commands, the digest, who may read what.

use super::decision::{Change, Decision};
use super::event::{Command, CommandKind};
use super::facts::{ApplicationState, Facts, PartnershipState, Waiting};
use super::letter::{About, Ended, Item, Letter, LetterKind, Line, Recipient, ReplyTo};
use super::settings::{Coordinator, Settings};
use super::{partnership, round, timetable};

/// Who gets a message that a person must read: those who may act, or the safety contacts alone.
pub fn readers(settings: &Settings, safety: bool) -> impl Iterator<Item = &Coordinator> {
    settings.coordinators.iter().filter(move |coordinator| {
        if safety {
            coordinator.safety_contact
        } else {
            coordinator.may_act
        }
    })
}

/// What a command did, told to who gave it.
pub fn done(to: &str, occurrence: String, what: String) -> Letter {
    Letter {
        to: Recipient::Coordinator(to.to_string()),
        kind: LetterKind::CommandDone { what },
        occurrence,
        about: About::default(),
        reply_to: ReplyTo::Token,
        not_before: None,
    }
}

/// Something to know, to everybody who may act.
pub fn notice(settings: &Settings, occurrence: &str, what: &str) -> Vec<Letter> {
    readers(settings, false)
        .map(|coordinator| Letter {
            to: Recipient::Coordinator(coordinator.address.clone()),
            kind: LetterKind::Notice {
                what: what.to_string(),
            },
            occurrence: occurrence.to_string(),
            about: About::default(),
            reply_to: ReplyTo::Token,
            not_before: None,
        })
        .collect()
}

pub fn command(settings: &Settings, facts: &Facts, command: &Command) -> Decision {
    let mut decision = match &command.what {
        CommandKind::Release(_) => round::release(settings, facts),
        CommandKind::Decline { reason, .. } => decline(settings, facts, reason),
        CommandKind::Accept { .. } => accept(facts),
        CommandKind::Withdraw { .. } => match &facts.person {
            Some(person) => partnership::withdraw(settings, facts, person, None),
            None => Decision::ignored("no such person"),
        },
        CommandKind::EndPartnership { .. } => match &facts.partnership {
            Some(pair) => partnership::end(
                settings,
                facts,
                pair,
                None,
                Ended::Coordinator,
                "coordinator",
            ),
            None => Decision::ignored("no such partnership, or it has ended"),
        },
        CommandKind::Introduce { .. } => {
            let planned = facts
                .partnership
                .as_ref()
                .filter(|pair| pair.state == PartnershipState::Planned);
            match planned.and_then(|pair| Some((pair, timetable::round(settings, &pair.round)?))) {
                Some((pair, round)) => partnership::introduce_now(settings, facts, pair, round),
                None => Decision::ignored("this partnership is not waiting for its introduction"),
            }
        }
        CommandKind::Settle { inbox } => Decision {
            changes: vec![Change::InboxSettled {
                inbox: *inbox,
                by: command.by.clone(),
            }],
            ..Decision::noting(format!("message {inbox} is settled"))
        },
    };
    if let Some(inbox) = command.inbox {
        decision.letters.push(done(
            &command.by,
            format!("message-{inbox}"),
            decision.note.clone(),
        ));
    }
    decision
}

fn decline(settings: &Settings, facts: &Facts, reason: &str) -> Decision {
    let (Some(person), Some(application)) = (&facts.person, &facts.application) else {
        return Decision::ignored("no such application");
    };
    let Some(round) =
        timetable::round(settings, &application.round).filter(|_| application.state.open())
    else {
        return Decision::ignored("the application is no longer open");
    };
    let mut decision = Decision::noting(format!("application {} is declined", application.id));
    decision.changes.push(Change::ApplicationState {
        application: application.id,
        state: ApplicationState::Declined,
    });
    decision.letters.push(Letter {
        to: Recipient::Person(person.id),
        kind: LetterKind::Declined {
            name: person.name.clone(),
            dates: timetable::dates(round),
            reason: reason.to_string(),
        },
        occurrence: round.id.clone(),
        about: About {
            round: Some(round.id.clone()),
            ..About::default()
        },
        reply_to: ReplyTo::Token,
        not_before: None,
    });
    decision
}

fn accept(facts: &Facts) -> Decision {
    match &facts.application {
        Some(application) if application.state == ApplicationState::Complete => Decision {
            changes: vec![Change::ApplicationState {
                application: application.id,
                state: ApplicationState::Accepted,
            }],
            ..Decision::noting(format!("application {} is accepted", application.id))
        },
        Some(application) => Decision::ignored(&format!(
            "application {} is not waiting for acceptance: it is {:?}",
            application.id, application.state
        )),
        None => Decision::ignored("no such application"),
    }
}

/// Only what needs a person, then numbers. Nothing to do is one line.
pub fn digest(settings: &Settings, facts: &Facts) -> Decision {
    let items: Vec<Item> = facts.waiting.iter().map(item).collect();
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
        .collect();
    let mut decision = Decision::noting(format!("digest with {} items", items.len()));
    decision.occasions = timetable::calendar(settings, facts.now);
    for coordinator in &settings.coordinators {
        decision.letters.push(Letter {
            to: Recipient::Coordinator(coordinator.address.clone()),
            kind: LetterKind::Digest {
                dates: running.clone(),
                items: items.clone(),
                numbers: numbers.clone(),
            },
            occurrence: timetable::day_word(facts.now.with_timezone(&settings.zone).date_naive()),
            about: About::default(),
            reply_to: ReplyTo::Token,
            not_before: None,
        });
    }
    decision
}

fn item(waiting: &Waiting) -> Item {
    let (text, command) = match waiting {
        Waiting::Message { inbox, from, why } => (
            format!("A message from {from} waits for you: {why}"),
            Some(format!("pairpost status --message {inbox}")),
        ),
        Waiting::Proposal { proposal, round } => (
            format!("The proposal for round {round} waits for your `ok`"),
            Some(format!("pairpost match --release {proposal}")),
        ),
        Waiting::Introduction { partnership } => (
            format!(
                "Partnership {partnership} could not be introduced in time and waits for your word"
            ),
            Some(format!("pairpost pair {partnership} --introduce")),
        ),
        Waiting::Letter { letter, kind, why } => (
            format!("Letter {letter} ({kind}) could not be sent: {why}"),
            Some(format!("pairpost status --letter {letter}")),
        ),
        Waiting::Application { person, name } => (
            format!("{name} has applied and waits to be accepted"),
            Some(format!("pairpost person {person} --accept")),
        ),
    };
    Item { text, command }
}
