//! What coordinators do and what they are told: commands, the digest, who may read what.

use super::decision::{Change, Decision};
use super::event::{Command, CommandKind};
use super::facts::{ApplicationState, Facts, PartnershipState, Waiting};
use super::letter::{About, Ended, Item, Letter, LetterKind, Line, Recipient, ReplyTo};
use super::settings::{Coordinator, Settings};
use super::{cap, partnership, review, timetable};
use crate::ids::{InboxId, LetterId, PartnershipId, PersonId, ProposalId};

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

/// The kinds of letters that only coordinators get.
pub fn is_for_coordinators(kind: &str) -> bool {
    matches!(
        kind,
        "proposal" | "digest" | "for-person" | "notice" | "command-done"
    )
}

/// The command on the first line of a coordinator's answer: exact words only, since a sentence that seems to mean
/// something must not release a round. `ok` speaks of the proposal that the answered letter shows.
pub fn read_command(text: &str, proposal: Option<ProposalId>) -> Option<CommandKind> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let line = line.trim_end_matches(['.', '!']).to_lowercase();
    let mut words = line.split_whitespace();
    let (word, number) = (words.next()?, words.next());
    if words.next().is_some() {
        return None;
    }
    match (word, number.map(str::parse::<i64>)) {
        ("ok", None) => proposal.map(CommandKind::Release),
        ("settle", Some(Ok(inbox))) => Some(CommandKind::Settle {
            inbox: InboxId(inbox),
        }),
        ("arrived", Some(Ok(letter))) => Some(CommandKind::Arrived {
            letter: LetterId(letter),
        }),
        ("resend", Some(Ok(letter))) => Some(CommandKind::SendAgain {
            letter: LetterId(letter),
        }),
        ("accept", Some(Ok(person))) => Some(CommandKind::Accept {
            person: PersonId(person),
        }),
        ("introduce", Some(Ok(pair))) => Some(CommandKind::Introduce {
            partnership: PartnershipId(pair),
        }),
        _ => None,
    }
}

pub fn command(settings: &Settings, facts: &Facts, command: &Command) -> Decision {
    let may_act = |by: &str| {
        settings
            .coordinators
            .iter()
            .any(|it| it.may_act && it.address.eq_ignore_ascii_case(by))
    };
    if let (Some(inbox), false) = (command.inbox, may_act(&command.by)) {
        let mut decision = Decision::ignored("this coordinator may read, not act");
        let told =
            "Nothing was changed: commands are not taken from this address (may_act = false).";
        decision
            .letters
            .push(done(&command.by, format!("message-{inbox}"), told.into()));
        return decision;
    }
    let mut decision = match &command.what {
        CommandKind::Release(_) => review::release(settings, facts),
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
        .chain(cap::preview(settings, facts))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_words_are_commands() {
        let proposal = Some(ProposalId(3));
        assert_eq!(
            read_command("\nOK.\n\nThanks, Ada", proposal),
            Some(CommandKind::Release(ProposalId(3)))
        );
        assert_eq!(
            read_command("ok, but wait until I have looked", proposal),
            None
        );
        assert_eq!(
            read_command("ok", None),
            None,
            "there is nothing that it could release"
        );
        assert_eq!(
            read_command("settle 88", None),
            Some(CommandKind::Settle { inbox: InboxId(88) })
        );
        assert_eq!(read_command("settle it", None), None);
    }
}
