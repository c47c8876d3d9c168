//! Who wrote, in answer to what, and which event of the programme that makes. Headers are strangers' claims: only a
//! token or a Message-ID of ours that nobody can guess ties a message to a letter.

use chrono::TimeDelta;
use rusqlite::Transaction;

use crate::ids::{InboxId, PersonId};
use crate::mail::address;
use crate::mail::inbound::{self, BounceClass, Kind, Reading};
use crate::mail::token::{Keys, Verified};
use crate::programme::coordinating;
use crate::programme::event::{
    Answered, Command, CommandKind, Complaint, Event, Evidence, Intent, Message, Nature,
    Undelivered,
};
use crate::programme::letter::About;
use crate::programme::settings::Settings;
use crate::store::{facts, outbox};
use crate::time::Moment;

/// How old a letter may be whose answer makes letters leave (RELIABILITY d.3).
const COMMANDS_FRESH_HOURS: i64 = 72;

/// What could be established about a message before reading its words.
pub(super) struct Found {
    pub evidence: Evidence,
    pub person: Option<PersonId>,
    pub answered: Option<Answered>,
    /// When the answered letter was written.
    pub answered_from: Option<Moment>,
    pub token: Option<Verified>,
}

/// Looks for our token in the addresses, then for our Message-ID in the thread, then for the visible reference.
pub(super) fn identify(
    tx: &Transaction<'_>,
    keys: &Keys,
    own_address: &str,
    parsed: &inbound::Parsed,
    now: Moment,
) -> anyhow::Result<Found> {
    let claims = inbound::claims(parsed);
    let sender_key = claims.from.as_ref().map(|from| address_key(&from.address));
    let by_sender = match &sender_key {
        Some(key) => facts::person_at(tx, key)?,
        None => None,
    };
    let token = keys.find_in(
        own_address,
        claims.recipients.iter().map(String::as_str),
        now,
    );
    if let Some(person) = token.and_then(Verified::person) {
        let same = by_sender == Some(person);
        let evidence = if same {
            Evidence::TokenAndAddress
        } else {
            Evidence::TokenOnly
        };
        return Ok(Found {
            evidence,
            person: Some(person),
            answered: None,
            answered_from: None,
            token,
        });
    }
    let mut known = match token.and_then(Verified::letter) {
        Some(letter) => outbox::by_id(tx, letter)?,
        None => None,
    };
    if known.is_none() {
        for id in claims.answers.iter().rev().take(20) {
            known = outbox::by_message_id(tx, id)?;
            if known.is_some() {
                break;
            }
        }
    }
    if known.is_none()
        && let Some(reference) = claims.reference
    {
        known = outbox::by_reference(tx, &reference)?;
    }
    let Some(known) = known else {
        return Ok(Found {
            evidence: Evidence::None,
            person: by_sender,
            answered: None,
            answered_from: None,
            token,
        });
    };
    let owner_wrote = match known.person {
        // Whoever answers from where the letter went is its reader, where that is still an address of theirs: the one on
        // file, the second one, or a new one that is being asked.
        Some(owner) => {
            by_sender == Some(owner)
                || sender_key.as_deref() == Some(address_key(&known.envelope_to).as_str())
                    && (known.kind == "confirm"
                        || facts::person(tx, owner)?
                            .and_then(|person| person.second_address)
                            .is_some_and(|second| {
                                sender_key.as_deref() == Some(address_key(&second).as_str())
                            }))
        }
        // A letter to a coordinator: it is theirs whose address is on its envelope.
        None => sender_key.as_deref() == Some(address_key(&known.envelope_to).as_str()),
    };
    Ok(Found {
        // The question went to one address alone, so its answer is a proof.
        evidence: if owner_wrote && known.kind == "confirm" {
            Evidence::Challenged
        } else if owner_wrote {
            Evidence::TokenAndAddress
        } else {
            Evidence::TokenOnly
        },
        person: known.person.or(by_sender),
        answered_from: Some(known.ordered_at),
        answered: Some(Answered {
            letter: known.id,
            person: known.person,
            kind: known.kind,
            about: known.about,
        }),
        token,
    })
}

/// Which kind of words an answer to this letter holds.
pub(super) fn asked_for(answered: &Answered) -> Option<inbound::AskedFor> {
    match answered.kind.as_str() {
        "form"
        | "missing"
        | "complete"
        | "capped"
        | "accepted"
        | "invitation"
        | "left-out"
        | "still-with-us"
        | "invitation-question"
        | "pool-ended"
        | "new-partner" => Some(inbound::AskedFor::Form),
        "survey" | "answers-kept" => Some(inbound::AskedFor::Survey),
        "check-in" | "unclear" => Some(inbound::AskedFor::CheckIn),
        "address-check" | "place-given" | "withdrawn" | "confirm" | "was-this-you" => {
            Some(inbound::AskedFor::Confirmation)
        }
        "unmatched" | "partner-asked" | "partner-away" => Some(inbound::AskedFor::Choice),
        "are-you-there" => Some(inbound::AskedFor::AreYouThere),
        kind if coordinating::is_for_coordinators(kind) => Some(inbound::AskedFor::Command),
        _ => None,
    }
}

/// The message as an event of the programme.
pub(super) fn event_of(
    tx: &Transaction<'_>,
    settings: &Settings,
    inbox: InboxId,
    reading: &Reading,
    found: &Found,
    received: Moment,
) -> anyhow::Result<Event> {
    if let Some(command) = command_of(settings, inbox, reading, found, received) {
        return Ok(Event::Command(command));
    }
    if let Some(bounce) = reading
        .bounce
        .as_ref()
        .filter(|it| it.class != BounceClass::Delivered)
        && let Some(known) = returned_letter(tx, found.token, &bounce.returned_ids)?
    {
        let of_reader = bounce
            .recipients
            .iter()
            .find(|failed| address_key(&failed.address) == address_key(&known.envelope_to))
            .or(bounce.recipients.first());
        let class = of_reader.map_or(bounce.class, |failed| failed.class);
        let status = of_reader
            .and_then(|failed| failed.status.clone())
            .unwrap_or_default();
        return Ok(Event::Undelivered(Undelivered {
            letter: known.id,
            person: known.person,
            kind: known.kind,
            about: known.about,
            address: known.envelope_to,
            permanent: class == BounceClass::Permanent,
            reason: format!("a bounce {status}").trim().to_string(),
        }));
    }
    if let Some(complaint) = &reading.complaint
        && let Some(known) = returned_letter(tx, found.token, &complaint.returned_ids)?
    {
        return Ok(Event::Complaint(Complaint {
            letter: known.id,
            person: known.person,
        }));
    }
    let nature = match reading.kind {
        Kind::Person => Nature::Person,
        Kind::Automatic => Nature::Automatic {
            back_on: reading
                .automatic
                .as_ref()
                .and_then(|automatic| automatic.until),
        },
        other => Nature::Machine(kind_word(other).to_string()),
    };
    let mut said = reading.said.clone();
    if found.token.and_then(Verified::person).is_some() && nature == Nature::Person {
        // Mail to the stop address says "stop", whatever its words: clients send it with an empty body.
        said.intent = Some(Intent::Stop);
    }
    Ok(Event::Message(Message {
        inbox,
        from: reading.from.as_ref().map(|from| from.address.clone()),
        evidence: found.evidence,
        answers_letter: found.answered.clone(),
        nature,
        subject: reading.subject.clone().unwrap_or_default(),
        text: reading.text.clone(),
        said,
    }))
}

/// A coordinator's command in answer to a letter of ours, with its token: the same event as on the command line.
fn command_of(
    settings: &Settings,
    inbox: InboxId,
    reading: &Reading,
    found: &Found,
    received: Moment,
) -> Option<Command> {
    let asked = found.answered.as_ref()?;
    let from = &reading.from.as_ref()?.address;
    let trusted = found.evidence >= Evidence::TokenAndAddress
        && reading.kind == Kind::Person
        && coordinating::is_for_coordinators(&asked.kind)
        && settings
            .coordinators
            .iter()
            .any(|it| address_key(&it.address) == address_key(from));
    let mut what = trusted.then(|| coordinating::read_command(&reading.text, &asked.about))??;
    // Coming back with the token of a letter that went to the coordinator's own address shows that it was read there;
    // where the mail host does not vouch for the sender, it must be a fresh one, since letters are forwarded and kept.
    let is_old = found
        .answered_from
        .is_none_or(|written| received - written > TimeDelta::hours(COMMANDS_FRESH_HOURS));
    if what.reaches_people() && found.evidence < Evidence::Authenticated && is_old {
        what = CommandKind::Misread {
            why: "Nothing was done: this answers a letter that is more than three days old. Please answer the newest \
                  one, or ask for a fresh one with the word: status"
                .into(),
            about: About::default(),
        };
    }
    Some(Command {
        by: from.clone(),
        what,
        inbox: Some(inbox),
    })
}

/// The letter that came back: by the token in the envelope address that it came to, or by our Message-ID in what was
/// returned. Without either a bounce has no effect: anybody can write one.
fn returned_letter(
    tx: &Transaction<'_>,
    token: Option<Verified>,
    returned_ids: &[String],
) -> anyhow::Result<Option<outbox::Known>> {
    if let Some(letter) = token.and_then(Verified::letter) {
        return Ok(outbox::by_id(tx, letter)?);
    }
    for id in returned_ids.iter().take(20) {
        if let Some(known) = outbox::by_message_id(tx, id)? {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

pub(super) fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Person => "person",
        Kind::Bounce => "bounce",
        Kind::Delay => "delay",
        Kind::Complaint => "complaint",
        Kind::Automatic => "automatic",
        Kind::List => "list",
        Kind::Ours => "ours",
        Kind::Empty => "empty",
    }
}

/// The form in which addresses are compared; what is no address is compared as it stands.
pub fn address_key(written: &str) -> String {
    address::comparable(written).unwrap_or_else(|_| written.to_ascii_lowercase())
}
