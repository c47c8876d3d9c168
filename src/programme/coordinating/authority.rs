//! Whether a command that came by mail may be carried out (RELIABILITY (d), T8). What makes letters leave needs a letter to
//! this coordinator that is fresh, has not been acted on and shows what still is, and a sender whose domain vouches for
//! them; where it does not, the answer to a question to the coordinator's own address. What stops everything is taken from
//! whoever answers a coordinator's letter from that coordinator's address.

use super::super::decision::{Change, Decision, Outcome};
use super::super::event::{
    Answered, Authority, Command, CommandKind, Evidence, Intent, Message, Paper,
};
use super::super::facts::{Facts, ProposalState};
use super::super::letter::{About, Letter, LetterKind, ReplyTo};
use super::super::settings::{Coordinator, Settings};
use super::super::trust::{Action, Ruling, ruling};
use super::{done, may_command, notice, readers, who};

/// So long after it was written a letter to a coordinator can be answered with what makes letters leave; the question
/// whether it is meant is such a letter, too (RELIABILITY d.1, kind `a`).
pub const COMMANDS_FRESH_HOURS: u32 = 72;

/// What happens with a command that may not be carried out on what it rests on; `None` where it may.
pub(super) fn insufficient(
    settings: &Settings,
    facts: &Facts,
    command: &Command,
    evidence: Evidence,
    paper: Paper,
) -> Option<Decision> {
    let action = command.what.action();
    match ruling(action, evidence) {
        Ruling::Refuse if action == Action::Configure => Some(refused(
            command,
            "Nothing was done: this is taken on the machine only.",
        )),
        Ruling::Done if !matches!(action, Action::Act | Action::ResumeProgramme) => None,
        // Whoever may not command is told so, and not asked first.
        Ruling::Done | Ruling::Challenge if !may_command(settings, command) => None,
        // It is about nothing that a letter shows, so an older one will do where its reader says that it is meant.
        Ruling::Done | Ruling::Challenge if action == Action::ResumeProgramme => {
            let sure = evidence == Evidence::Challenged
                || evidence == Evidence::Authenticated
                    && paper == Paper::Good
                    && !settings.second_coordinator;
            (!sure).then(|| held(settings, command))
        }
        Ruling::Done | Ruling::Challenge => match (paper, evidence) {
            // What is no longer there says so itself.
            (Paper::Used, _) if is_over(facts) => None,
            (Paper::Used, _) => Some(refused(
                command,
                "Nothing was done: this letter has been answered with a command before, and each one counts once. \
                 Please answer the newest letter, or ask for a fresh one with the word: status",
            )),
            (Paper::Changed, _) => Some(refused(
                command,
                "Nothing was done: what that letter showed has changed since. Please answer the newest one, or ask for \
                 a fresh one with the word: status",
            )),
            (Paper::Old, _) => Some(refused(
                command,
                "Nothing was done: this answers a letter that is more than three days old. Please answer the newest \
                 one, or ask for a fresh one with the word: status",
            )),
            (Paper::Good | Paper::Thread, Evidence::Challenged) => None,
            (Paper::Good, Evidence::Authenticated) if !settings.second_coordinator => None,
            (Paper::Good | Paper::Thread, _) => Some(held(settings, command)),
        },
        _ => Some(not_theirs(settings, facts)),
    }
}

/// Whether the answered letter shows a proposal that nothing can be done with any more.
fn is_over(facts: &Facts) -> bool {
    facts
        .proposal
        .as_ref()
        .is_some_and(|it| it.state != ProposalState::Waiting)
}

/// Whether a command may be carried out on what it rests on.
pub fn is_sufficient(settings: &Settings, command: &Command) -> bool {
    match command.authority {
        Authority::Machine => true,
        Authority::Mail { evidence, paper } => {
            insufficient(settings, &Facts::default(), command, evidence, paper).is_none()
        }
    }
}

fn refused(command: &Command, why: &str) -> Decision {
    let mut decision = Decision::ignored(why);
    if let Some(inbox) = command.inbox {
        // Below the answer stands what the letter was about, so that it can be answered anew.
        decision.letters.push(done(
            &command.by,
            format!("message-{inbox}"),
            why.into(),
            About::default(),
        ));
    }
    decision
}

/// Somebody has a letter of a coordinator's and is not that coordinator. Told once a day.
fn not_theirs(settings: &Settings, facts: &Facts) -> Decision {
    let mut decision = Decision::ignored("a command from somebody who is not the letter's reader");
    let day = facts.now.date_naive();
    decision.letters = notice(
        settings,
        &format!("foreign-command-{day}"),
        "Somebody has answered a letter of ours to a coordinator with a command, from an address to which that letter \
         was not sent. Nothing was done. If it was one of you, please answer from the address to which the letter came. \
         If it was not, somebody has forwarded a letter, or reads the mail of one of you.",
    );
    decision
}

/// Nothing is done until the owner of the address says that it is theirs; with two coordinators, until the other agrees.
fn held(settings: &Settings, command: &Command) -> Decision {
    let why = "a command waits for its confirmation";
    let mut decision = Decision {
        outcome: Outcome::WaitsForOwner(why.into()),
        note: why.into(),
        ..Decision::default()
    };
    let Some(inbox) = command.inbox else {
        return decision;
    };
    let others = |it: &&Coordinator| !it.address.eq_ignore_ascii_case(&command.by);
    let asked: Vec<&str> = match settings.second_coordinator {
        false => vec![&command.by],
        true => readers(settings, false)
            .filter(others)
            .map(|it| it.address.as_str())
            .collect(),
    };
    if asked.is_empty() {
        return refused(
            command,
            "Nothing was done: second_coordinator = true asks for another coordinator who may act, and there is none.",
        );
    }
    for address in asked {
        let kind = LetterKind::CommandConfirm {
            by: settings
                .second_coordinator
                .then(|| who(settings, &command.by)),
            command: in_words(&command.what),
            hours: COMMANDS_FRESH_HOURS,
        };
        let mut letter = Letter::to_coordinator(
            address,
            kind,
            format!("message-{inbox}"),
            About {
                inbox: Some(inbox),
                ..super::about(&command.what)
            },
        );
        letter.reply_to = ReplyTo::Challenge;
        decision.letters.push(letter);
    }
    decision
}

/// The command as its coordinator would read it.
fn in_words(what: &CommandKind) -> String {
    match what {
        CommandKind::Release(proposal) => {
            format!("release proposal {proposal}: its pairs are introduced")
        }
        CommandKind::Review { proposal, acts, .. } => {
            let acts: Vec<String> = acts.iter().map(ToString::to_string).collect();
            format!("change proposal {proposal}: {}", acts.join(", "))
        }
        CommandKind::SendAnnouncement(announcement) => format!("send announcement {announcement}"),
        CommandKind::SendAgain { letter } => format!("send letter {letter} again"),
        CommandKind::Several { commands, .. } => {
            let lines: Vec<&str> = commands.iter().map(|(line, _)| line.as_str()).collect();
            lines.join("; ")
        }
        CommandKind::ResumeProgramme => "resume: letters leave again".into(),
        // Nothing else waits for a confirmation.
        _ => "a command".into(),
    }
}

/// The answer to that question.
pub fn agreed(message: &Message, asked: &Answered, from: &str) -> Decision {
    let yes = message.said.intent == Some(Intent::Answer);
    let tell = |what: &str, outcome: Outcome| Decision {
        letters: vec![done(
            from,
            format!("message-{}", message.inbox),
            what.into(),
            About::default(),
        )],
        outcome,
        note: what.into(),
        ..Decision::default()
    };
    match asked.about.inbox {
        Some(inbox) if yes && message.evidence >= Evidence::Challenged => Decision {
            // What follows, and the letter that says so, come when the command is read again.
            changes: vec![Change::ReadAgain { inbox }],
            ..Decision::noting("a command is confirmed")
        },
        Some(_) if yes => tell(
            "Nothing was done: this question was more than three days old. Please give the command again.",
            Outcome::Ignored("an answer to an old question".into()),
        ),
        _ => tell(
            "Nothing was done. To confirm the command, answer our question with the one word: yes",
            Outcome::Ignored("the confirmation of a command is not a plain yes".into()),
        ),
    }
}
