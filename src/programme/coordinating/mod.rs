//! What coordinators do and what they are told: commands, the digest, who may read what.

mod announcing;
mod answering;
mod authority;
mod commands;
mod digest;
mod noticing;

use super::decision::{Change, Decision};
use super::event::{Authority, Command, CommandKind};
use super::facts::{ApplicationState, Facts, PartnershipState, ProposalState};
use super::letter::{About, Ended, Letter, LetterKind, Recipient};
use super::settings::{Coordinator, Settings};
use super::waiting::{self, Because};
use super::{cap, concern, importing, moving, partnership, privacy, review, timetable};
use crate::ids::{InboxId, PersonId};

pub use announcing::{announce, audience};
pub use answering::{MARK, written};
pub use authority::{COMMANDS_FRESH_HOURS, is_sufficient};
pub use commands::read as read_command;
pub use digest::digest;
pub use noticing::{is_runaway, noticed};

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

/// Whether concerns may be shown to a coordinator.
pub fn may_read_concerns(settings: &Settings, address: &str) -> bool {
    readers(settings, true).any(|it| it.address.eq_ignore_ascii_case(address))
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

/// What a command did, told to who gave it. What it is `about` is what can be answered to it, once more.
pub fn done(to: &str, occurrence: String, what: String, about: About) -> Letter {
    Letter::to_coordinator(to, LetterKind::CommandDone { what }, occurrence, about)
}

/// Several commands of one reply, what each of them did, and the lines that were not done.
pub fn done_one_by_one(command: &Command, told: &[(String, String)], below: &[String]) -> Letter {
    let mut lines: Vec<String> = told
        .iter()
        .map(|(line, what)| format!("{line}: {what}"))
        .collect();
    if !below.is_empty() {
        lines.push(format!(
            "Not done, since other words stand above: {}. If you want that, too, send it again at the top of a reply.",
            below.join("; ")
        ));
    }
    let occurrence = match command.inbox {
        Some(inbox) => format!("message-{inbox}"),
        None => "command".into(),
    };
    done(
        &command.by,
        occurrence,
        lines.join("\n\n"),
        About::default(),
    )
}

/// What a command was answered with, where that is no letter of its own: taken out of the decision, to be told with
/// others.
pub fn take_answer(command: &Command, decision: &mut Decision) -> String {
    let own = Recipient::Coordinator(command.by.clone());
    let mut told = None;
    decision.letters.retain(|letter| match &letter.kind {
        LetterKind::CommandDone { what } if letter.to == own => {
            told = Some(what.clone());
            false
        }
        _ => true,
    });
    told.unwrap_or_else(|| "the answer comes in a letter of its own".into())
}

/// Something to know, to everybody who may act.
pub fn notice(settings: &Settings, occurrence: &str, what: &str) -> Vec<Letter> {
    readers(settings, false)
        .map(|coordinator| {
            Letter::to_coordinator(
                &coordinator.address,
                LetterKind::Notice {
                    what: what.to_string(),
                },
                occurrence.to_string(),
                About::default(),
            )
        })
        .collect()
}

/// The kinds of letters that only coordinators get.
pub fn is_for_coordinators(kind: &str) -> bool {
    matches!(
        kind,
        "proposal"
            | "report"
            | "digest"
            | "for-person"
            | "notice"
            | "command-done"
            | "command-confirm"
            | "announcement-preview"
            | "shown"
    )
}

pub fn command(settings: &Settings, facts: &Facts, command: &Command) -> Decision {
    if let Authority::Mail { evidence, paper } = command.authority
        && let Some(decision) = authority::insufficient(settings, facts, command, evidence, paper)
    {
        return decision;
    }
    // Anybody who runs the programme may stop it, whatever else they may.
    let allowed = may_command(settings, command) || command.what == CommandKind::PauseProgramme;
    if let (Some(inbox), false) = (command.inbox, allowed) {
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
        // The daemon takes them apart, since each needs facts of its own.
        CommandKind::Several { .. } => Decision::ignored("several commands are done one by one"),
        CommandKind::Import(row) => importing::application(settings, facts, row),
        CommandKind::Met(met) => importing::met(facts, met),
        CommandKind::Announce {
            audience,
            subject,
            text,
        } => announcing::preview(settings, facts, command, (audience, subject, text)),
        CommandKind::SendAnnouncement(_) => announcing::send(settings, facts),
        CommandKind::PauseProgramme | CommandKind::ResumeProgramme => {
            brake(settings, facts, command)
        }
        CommandKind::Status => status(settings, facts, command),
        CommandKind::Show { inbox } => show(facts, command, *inbox),
        CommandKind::IntoPool { person } => into_pool(settings, facts, *person),
        CommandKind::Decline { reason, .. } => decline(settings, facts, reason),
        CommandKind::Accept { .. } => accept(settings, facts),
        CommandKind::LiftSilence { .. } => lift_silence(facts),
        CommandKind::ReadWaiting { .. } => read_waiting(facts),
        CommandKind::Withdraw { .. } => match &facts.person {
            Some(person) => partnership::withdraw(settings, facts, person, None),
            None => Decision::ignored("no such person"),
        },
        CommandKind::EndPartnership { .. } => match &facts.partnership {
            Some(pair) => partnership::end(settings, facts, pair, None, Ended::Coordinator),
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
        CommandKind::ChangeAddress { address, .. } => moving::command(facts, address),
        CommandKind::Settle { inbox } => Decision {
            changes: vec![Change::InboxSettled {
                inbox: *inbox,
                by: command.by.clone(),
            }],
            ..Decision::noting(format!("message {inbox} is settled"))
        },
    };
    // Who asked for something to look at gets that, and no second letter to say so.
    let told = decision
        .letters
        .iter()
        .any(|letter| letter.to == Recipient::Coordinator(command.by.clone()));
    if let Some(inbox) = command.inbox.filter(|_| !told) {
        decision.letters.push(done(
            &command.by,
            format!("message-{inbox}"),
            decision.note.clone(),
            about(&command.what),
        ));
    }
    decision.note += &format!(" (by {})", who(settings, &command.by));
    decision
}

/// The brake and its release. Whoever holds a coordinator's letter may stop everything: it is the safe direction.
fn brake(settings: &Settings, facts: &Facts, command: &Command) -> Decision {
    match (&facts.brake, command.what == CommandKind::PauseProgramme) {
        (None, true) => {
            let mut decision = Decision::noting(
                "The programme is paused: messages are still read, but no letter leaves except those to coordinators. \
                 Answer with resume to go on",
            );
            decision.changes.push(Change::ProgrammePaused {
                by: command.by.clone(),
            });
            for coordinator in
                readers(settings, false).filter(|it| !it.address.eq_ignore_ascii_case(&command.by))
            {
                let what = format!(
                    "{} has paused the programme. No letter leaves except those to coordinators. To go on, answer this \
                     letter with the one word: resume",
                    who(settings, &command.by)
                );
                decision.letters.push(Letter::to_coordinator(
                    &coordinator.address,
                    LetterKind::Notice { what },
                    format!("paused-{}", facts.now.timestamp()),
                    About::default(),
                ));
            }
            decision
        }
        (Some(_), false) => Decision {
            changes: vec![Change::ProgrammeResumed],
            ..Decision::noting(
                "The programme goes on: what waited leaves now, and what has become useless meanwhile is left out",
            )
        },
        (Some(_), true) => Decision::ignored("The programme is paused already."),
        (None, false) => Decision::ignored("The programme is not paused."),
    }
}

/// The digest, for one who asks, as things stand now.
fn status(settings: &Settings, facts: &Facts, command: &Command) -> Decision {
    let mut decision = Decision::noting("how things stand was told");
    let asks = |it: &&Coordinator| it.address.eq_ignore_ascii_case(&command.by);
    if let (Some(inbox), Some(coordinator)) =
        (command.inbox, settings.coordinators.iter().find(asks))
    {
        let occurrence = format!("message-{inbox}");
        decision
            .letters
            .push(digest::letter(settings, facts, coordinator, &occurrence));
    }
    decision
}

/// A newcomer's first message, whole. Whatever else people wrote is shown to nobody by its number.
fn show(facts: &Facts, command: &Command, inbox: InboxId) -> Decision {
    let (Some(shown), Some(asked_in)) = (&facts.shown, command.inbox) else {
        return Decision::ignored(
            "That is not one of the first messages of the last weeks, so it cannot be shown here.",
        );
    };
    let mut decision = Decision::noting(format!("message {inbox} was shown"));
    decision.letters.push(Letter::to_coordinator(
        &command.by,
        LetterKind::Shown {
            from: shown.from.clone(),
            text: shown.text.clone(),
        },
        format!("message-{asked_in}-{inbox}"),
        About::default(),
    ));
    decision
}

/// Who was held out of a release waits in the pool like the others from now on.
fn into_pool(settings: &Settings, facts: &Facts, person: PersonId) -> Decision {
    let held = facts
        .application
        .as_ref()
        .filter(|it| it.state == ApplicationState::Accepted && it.person == person);
    let released = facts
        .proposal
        .as_ref()
        .is_some_and(|it| it.state == ProposalState::Released);
    let (Some(application), true) = (held, released) else {
        return Decision::ignored("this person is not waiting outside of a released round");
    };
    let Some(round) = timetable::round(settings, &application.round)
        .filter(|round| facts.now.date_naive() <= timetable::pool_end(settings, round))
    else {
        return Decision::ignored("the pool of that round is closed");
    };
    let mut decision = Decision::noting(format!("person {person} is in the pool of {}", round.id));
    decision.changes.push(Change::ApplicationState {
        application: application.id,
        state: ApplicationState::Pool,
    });
    decision.letters.extend(facts.person.iter().map(|person| {
        waiting::unmatched(
            settings,
            round,
            person,
            &application.answers,
            Because::NobodyFits,
            facts
                .proposal
                .as_ref()
                .map_or(&[], |proposal| proposal.gains_of(person.id)),
            round.id.clone(),
        )
    }));
    decision
}

/// What the answer to a command is about: while it is a proposal's, it can be answered with the next command.
pub(super) fn about(what: &CommandKind) -> About {
    match what {
        CommandKind::Release(proposal) | CommandKind::Review { proposal, .. } => About {
            proposal: Some(*proposal),
            ..About::default()
        },
        CommandKind::SendAnnouncement(announcement) => About {
            announcement: Some(*announcement),
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
    decision.letters.push(Letter::to(
        person.id,
        LetterKind::Declined {
            name: person.name.clone(),
            dates: timetable::dates(round),
            reason: reason.to_string(),
        },
        round.id.clone(),
        About::round(round.id.clone()),
    ));
    decision
}

/// Where many came, each is answered in its turn like any other.
fn read_waiting(facts: &Facts) -> Decision {
    match &facts.person {
        Some(person) => Decision {
            changes: vec![Change::ReadWaiting { person: person.id }],
            ..Decision::noting(format!(
                "the messages of person {} that wait are read now",
                person.id
            ))
        },
        None => Decision::ignored("no such person"),
    }
}

fn lift_silence(facts: &Facts) -> Decision {
    match &facts.person {
        Some(person) if !person.silences.is_empty() => Decision {
            changes: vec![Change::SilenceLifted {
                person: person.id,
                round: None,
            }],
            ..Decision::noting(format!(
                "the former silence of person {} is forgiven: they are invited like everybody",
                person.id
            ))
        },
        Some(_) => Decision::ignored("no silence is remembered of this person"),
        None => Decision::ignored("no such person"),
    }
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
                decision.letters.push(Letter::to(
                    person.id,
                    LetterKind::Accepted {
                        name: person.name.clone(),
                        dates: timetable::dates(round),
                        freed: false,
                    },
                    round.id.clone(),
                    About::round(round.id.clone()),
                ));
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
