//! What coordinators do and what they are told: commands, the digest, who may read what.

mod commands;

use super::decision::{Change, Decision};
use super::event::{Command, CommandKind};
use super::facts::{ApplicationState, Facts, PartnershipState, Waiting};
use super::letter::{About, Ended, Item, Letter, LetterKind, Line, Recipient, ReplyTo};
use super::settings::{Coordinator, Settings};
use super::{cap, concern, importing, partnership, privacy, review, timetable};

pub use commands::read as read_command;

/// Who gets a message that a person must read: those who may act, or the safety contacts alone. Where nobody is named as
/// safety contact it is the first coordinator.
pub fn readers(settings: &Settings, safety: bool) -> impl Iterator<Item = &Coordinator> {
    settings.coordinators.iter().filter(move |coordinator| {
        if safety {
            is_safety_contact(settings, coordinator)
        } else {
            coordinator.may_act
        }
    })
}

/// Who gave a command, for people to read: a coordinator's name, or the command line.
pub fn who(settings: &Settings, by: &str) -> String {
    settings
        .coordinators
        .iter()
        .find(|it| it.address.eq_ignore_ascii_case(by))
        .map_or_else(|| by.to_string(), |it| it.name.clone())
}

/// Whether somebody's commands are taken: those of coordinators who may act, and those of the command line, which have
/// come by no message.
pub fn may_command(settings: &Settings, command: &Command) -> bool {
    // Whoever looks after a concern need not run the rest of the programme.
    let safety = matches!(command.what, CommandKind::Free { .. });
    command.inbox.is_none()
        || readers(settings, safety).any(|it| it.address.eq_ignore_ascii_case(&command.by))
}

fn is_safety_contact(settings: &Settings, coordinator: &Coordinator) -> bool {
    match settings.coordinators.iter().any(|it| it.safety_contact) {
        true => coordinator.safety_contact,
        false => settings.coordinators.first() == Some(coordinator),
    }
}

/// What a command did, told to who gave it.
/// What it is `about` is what can be answered to it, once more.
pub fn done(to: &str, occurrence: String, what: String, about: About) -> Letter {
    Letter {
        to: Recipient::Coordinator(to.to_string()),
        kind: LetterKind::CommandDone { what },
        occurrence,
        about,
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

/// The kinds of letters that only coordinators get.
pub fn is_for_coordinators(kind: &str) -> bool {
    matches!(
        kind,
        "proposal" | "report" | "digest" | "for-person" | "notice" | "command-done"
    )
}

pub fn command(settings: &Settings, facts: &Facts, command: &Command) -> Decision {
    if let (Some(inbox), false) = (command.inbox, may_command(settings, command)) {
        let mut decision = Decision::ignored("this coordinator may read, not act");
        let told =
            "Nothing was changed: commands are not taken from this address (may_act = false).";
        decision.letters.push(done(
            &command.by,
            format!("message-{inbox}"),
            told.into(),
            About::default(),
        ));
        return decision;
    }
    let mut decision = match &command.what {
        CommandKind::Release(_) => review::release(settings, facts),
        CommandKind::Review { acts, refused, .. } => {
            review::not_reviewed(settings, facts, acts, refused.as_deref())
        }
        CommandKind::Misread { why, .. } => Decision::ignored(why),
        CommandKind::Import(row) => importing::application(settings, facts, row),
        CommandKind::Met(met) => importing::met(facts, met),
        CommandKind::Decline { reason, .. } => decline(settings, facts, reason),
        CommandKind::Accept { .. } => accept(settings, facts),
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
        CommandKind::Arrived { letter } | CommandKind::SendAgain { letter }
            if !facts.letter_waits =>
        {
            Decision::ignored(&format!(
                "letter {letter} does not wait for a word: it was sent, or is on its way"
            ))
        }
        CommandKind::Arrived { letter } => Decision {
            changes: vec![Change::LetterArrived {
                letter: *letter,
                by: command.by.clone(),
            }],
            ..Decision::noting(format!("letter {letter} counts as arrived"))
        },
        CommandKind::SendAgain { letter } => Decision {
            changes: vec![Change::LetterSentAgain {
                letter: *letter,
                by: command.by.clone(),
            }],
            ..Decision::noting(format!("letter {letter} is sent again"))
        },
        CommandKind::Erase { .. } => privacy::erase_command(settings, facts),
        CommandKind::Free { .. } => concern::free(settings, facts),
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
            about(&command.what),
        ));
    }
    decision
}

/// What the answer to a command is about: while it is a proposal's, it can be answered with the next command.
fn about(what: &CommandKind) -> About {
    match what {
        CommandKind::Release(proposal) | CommandKind::Review { proposal, .. } => About {
            proposal: Some(*proposal),
            ..About::default()
        },
        CommandKind::Misread { about, .. } => about.clone(),
        _ => About::default(),
    }
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
    decision
        .occasions
        .extend(cap::after_leaving(settings, facts, application));
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

fn accept(settings: &Settings, facts: &Facts) -> Decision {
    match &facts.application {
        Some(application) if application.state == ApplicationState::Complete => {
            let mut decision =
                Decision::noting(format!("application {} is accepted", application.id));
            // Too late for the matching, they wait in the pool, or for the next round.
            let round = timetable::round(settings, &application.round);
            let late = round.is_some_and(|it| timetable::matching(settings, it) <= facts.now);
            decision.changes.push(Change::ApplicationState {
                application: application.id,
                state: match late {
                    true => ApplicationState::Pool,
                    false => ApplicationState::Accepted,
                },
            });
            if let (Some(person), Some(round)) = (&facts.person, round) {
                decision.letters.push(Letter {
                    to: Recipient::Person(person.id),
                    kind: LetterKind::Accepted {
                        name: person.name.clone(),
                        dates: timetable::dates(round),
                        freed: false,
                    },
                    occurrence: round.id.clone(),
                    about: About {
                        round: Some(round.id.clone()),
                        ..About::default()
                    },
                    reply_to: ReplyTo::Token,
                    not_before: None,
                });
            }
            decision
        }
        Some(application) => Decision::ignored(&format!(
            "application {} is not waiting for acceptance: it is {:?}",
            application.id, application.state
        )),
        None => Decision::ignored("no such application"),
    }
}

/// Only what needs a person, then numbers. Nothing to do is one line.
pub fn digest(settings: &Settings, facts: &Facts) -> Decision {
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
    let mut decision = Decision::noting(format!("digest with {} items", facts.waiting.len()));
    decision.occasions = timetable::calendar(settings, facts.now);
    for coordinator in &settings.coordinators {
        // Nobody but the safety contacts learns that there is a concern.
        let items: Vec<Item> = facts
            .waiting
            .iter()
            .filter(|waiting| {
                !matches!(waiting, Waiting::Message { safety: true, .. })
                    || is_safety_contact(settings, coordinator)
            })
            .map(item)
            .collect();
        decision.letters.push(Letter {
            to: Recipient::Coordinator(coordinator.address.clone()),
            kind: LetterKind::Digest {
                dates: running.clone(),
                items,
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
        Waiting::Message {
            inbox, from, why, ..
        } => (
            format!(
                "Message {inbox} from {from} waits for your answer: {why}. It was forwarded to you when it came."
            ),
            Some(format!("settle {inbox}")),
        ),
        Waiting::Proposal { round, .. } => (
            format!("The proposal for round {round} waits: please answer its letter with ok."),
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
            format!("{name} has applied and waits to be accepted."),
            Some(format!("accept {person}")),
        ),
    };
    Item { text, command }
}
