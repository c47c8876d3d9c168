//! Messages of which it is not sure that they are from whom they seem to be (RELIABILITY d.3): without our reply address,
//! or with somebody's reply address and from another sender. The owner of the address on file is asked, and with one
//! `yes` the message is read again as theirs. The cheaper the forgery, the more it may only stop things: a pause holds at
//! once, a withdrawal holds as a pause that its owner can undo for a week.

use chrono::{Days, TimeDelta};

use super::application::Form;
use super::conversation::free_words;
use super::decision::{Change, Decision, Occasion, Outcome};
use super::event::{Answered, Evidence, Intent, Message};
use super::facts::{Facts, Person};
use super::letter::{About, Confirming, Letter, LetterKind, Taken};
use super::settings::Settings;
use super::trust::{Action, Ruling, may};
use super::{applying, partnership, timetable, waiting};
use crate::ids::PersonId;

/// Days in which the owner can undo what somebody else asked for.
const UNDO_DAYS: u64 = 7;
/// The owner is asked about the same other address once in so many days.
const ASKED_AGAIN_AFTER_DAYS: i64 = 7;

/// What comes from a known person without enough proof that it does; `instead` is what the table has for it.
pub fn message(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    instead: Ruling,
) -> Decision {
    let (what, why) = match message.evidence {
        Evidence::None => (Confirming::Message, "it came without our reply address"),
        _ => (
            Confirming::OtherAddress,
            "it came from another address than the one on file",
        ),
    };
    match instead {
        // The form goes to the address on file, whoever asked for it.
        Ruling::FormLetter => applying::send_form(settings, facts, Some(person), message),
        Ruling::PauseFirst if message.said.intent == Some(Intent::Withdraw) => {
            leaving(settings, facts, person, message)
        }
        Ruling::PauseFirst => pausing(facts, person, message),
        // Whoever needs help gets a person, and not a question first; and so does who only says something.
        Ruling::ToPerson => free_words(settings, facts, person, message, why),
        _ if what == Confirming::Message && !asks_for_something(message) => {
            free_words(settings, facts, person, message, why)
        }
        _ => held(facts, person, message, what, why),
    }
}

/// Whether it would change something, and not only say something.
fn asks_for_something(message: &Message) -> bool {
    !message.said.answers.is_empty()
        || matches!(
            message.said.intent,
            Some(
                Intent::Stop
                    | Intent::Withdraw
                    | Intent::Pause
                    | Intent::NewPartner
                    | Intent::TopicsOff
            )
        )
}

/// A stranger's mail that is a filled form already, from somewhere else than our letter: the application is kept, and
/// counts with one `yes` from this address.
pub fn is_filled_form(form: &Form, message: &Message) -> bool {
    let required = form.questions.iter().filter(|question| question.required);
    let (mut asked, mut answered) = (0, 0);
    for question in required {
        asked += 1;
        answered += usize::from(message.said.answers.contains_key(&question.id));
    }
    // A signature has a name and a country in it, too.
    answered * 2 > asked
}

/// The confirming letter to a stranger; none of their words stand in it.
pub fn pending_form(person: PersonId, message: &Message) -> Decision {
    let mut decision = waits("a filled form without our reply address");
    decision
        .letters
        .push(question(person, "", message, Confirming::Application, None));
    decision
}

fn waits(why: &str) -> Decision {
    Decision {
        outcome: Outcome::WaitsForOwner(why.into()),
        note: why.into(),
        ..Decision::default()
    }
}

/// Nothing happens until the owner says that it is theirs.
fn held(
    facts: &Facts,
    person: &Person,
    message: &Message,
    what: Confirming,
    why: &str,
) -> Decision {
    let mut decision = waits(why);
    decision.note = format!("person {}: {why}", person.id);
    let asked_lately = match (what, facts.other_address) {
        (Confirming::OtherAddress, Some(other)) => {
            other.person == person.id
                && facts.now - other.asked < TimeDelta::days(ASKED_AGAIN_AFTER_DAYS)
        }
        (Confirming::OtherAddress, None) => false,
        _ => facts.brakes.confirmations_last_day > 0,
    };
    if asked_lately {
        decision.note += ", and its owner has been asked lately";
        return decision;
    }
    if let (Confirming::OtherAddress, Some(address)) = (what, &message.from) {
        decision.changes.push(Change::AddressAsked {
            person: person.id,
            address: address.clone(),
        });
    }
    decision
        .letters
        .push(question(person.id, &person.name, message, what, None));
    decision
}

/// Somebody with the reply address says that its owner leaves: a pause now, which its owner can undo.
fn leaving(settings: &Settings, facts: &Facts, person: &Person, message: &Message) -> Decision {
    if person.leaving_on.is_some() {
        return waits("the owner has been asked whether they leave");
    }
    let on = facts.now.with_timezone(&person.zone).date_naive() + Days::new(UNDO_DAYS);
    let mut decision = Decision::noting(format!(
        "person {}: a withdrawal from another address is a pause until {on}",
        person.id
    ));
    decision.changes.extend([
        Change::Pause {
            person: person.id,
            until: on,
        },
        Change::Away {
            person: person.id,
            until: on,
        },
        Change::LeavingOn {
            person: person.id,
            on: Some(on),
        },
    ]);
    let occasion = Occasion::LeavesForGood {
        person: person.id,
        on,
    };
    decision
        .occasions
        .push((occasion, timetable::morning(settings, on, person.zone)));
    decision.letters.push(question(
        person.id,
        &person.name,
        message,
        Confirming::Leaving,
        Some(on),
    ));
    decision
}

/// A pause from another address holds; its owner is told, and can end it.
fn pausing(facts: &Facts, person: &Person, message: &Message) -> Decision {
    let until = message
        .said
        .until
        .unwrap_or_else(|| facts.now.date_naive() + Days::new(UNDO_DAYS));
    let mut decision = Decision::noting(format!(
        "person {}: a pause until {until} from another address",
        person.id
    ));
    decision.changes.extend([
        Change::Pause {
            person: person.id,
            until,
        },
        Change::Away {
            person: person.id,
            until,
        },
    ]);
    decision.letters.push(question(
        person.id,
        &person.name,
        message,
        Confirming::Pause,
        Some(until),
    ));
    decision
}

fn question(
    person: PersonId,
    name: &str,
    message: &Message,
    what: Confirming,
    until: Option<chrono::NaiveDate>,
) -> Letter {
    let other = message
        .from
        .clone()
        .filter(|_| !matches!(what, Confirming::Application | Confirming::Message));
    Letter::to(
        person,
        LetterKind::WasThisYou {
            name: name.to_string(),
            what,
            address: other.clone(),
            until,
        },
        format!("message-{}", message.inbox),
        About {
            inbox: Some(message.inbox),
            other_address: other.filter(|_| what == Confirming::OtherAddress),
            ..About::default()
        },
    )
}

/// Whether a message is a plain yes or no, or nothing that could be read.
pub fn is_a_word(message: &Message) -> bool {
    matches!(message.said.intent, Some(Intent::Answer) | None) || says_no(&message.text)
}

/// The owner's word about it, from the address on file.
pub fn answered(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    asked: &Answered,
) -> Decision {
    let no = says_no(&message.text);
    let yes = !no && message.said.intent == Some(Intent::Answer);
    if !yes && !no {
        return free_words(
            settings,
            facts,
            person,
            message,
            "was asked whether a message was theirs, and said neither yes nor no",
        );
    }
    if let Some(on) = person
        .leaving_on
        .filter(|_| asked.about.other_address.is_none())
    {
        return left_or_stays(settings, facts, person, message, yes, on);
    }
    let mut decision = Decision::noting(format!(
        "person {}: the message is {}theirs",
        person.id,
        if yes { "" } else { "not " }
    ));
    let paused = person.paused_until.is_some() && asked.about.round.is_none();
    match (yes, asked.about.inbox) {
        (true, Some(inbox)) => {
            if let Some(address) = &asked.about.other_address
                && may(Action::LinkAddress, message.evidence)
            {
                decision.changes.push(Change::AddressLinked {
                    person: person.id,
                    address: address.clone(),
                });
            }
            // What follows from it, and the letter that says so, come when it is read again.
            decision.changes.push(Change::ReadAgain { inbox });
        }
        (true, None) => {}
        (false, _) => {
            if paused {
                decision
                    .changes
                    .push(Change::PauseEnds { person: person.id });
            }
            decision.letters.push(undone(person, message));
        }
    }
    decision
}

fn left_or_stays(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    leaves: bool,
    on: chrono::NaiveDate,
) -> Decision {
    let mut decision = match leaves {
        true => partnership::withdraw(settings, facts, person, Some(message)),
        false => {
            let mut decision = Decision::noting(format!(
                "person {} does not leave on {on}: it was not them",
                person.id
            ));
            decision.letters.push(undone(person, message));
            decision
        }
    };
    decision.changes.push(Change::LeavingOn {
        person: person.id,
        on: None,
    });
    decision
        .changes
        .push(Change::PauseEnds { person: person.id });
    decision
}

fn undone(person: &Person, message: &Message) -> Letter {
    waiting::taken(person, message, Taken::Undone, None, None, None)
}

/// "No" in the languages in which words are read, alone on the first line.
fn says_no(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty());
    let word = first
        .unwrap_or_default()
        .trim_end_matches(['.', '!', ','])
        .to_lowercase();
    matches!(word.as_str(), "no" | "non" | "no, thanks" | "no thanks")
}
