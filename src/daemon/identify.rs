//! Who wrote, in answer to what, and which event of the programme that makes. Headers are strangers' claims: only a
//! token or a Message-ID of ours that nobody can guess ties a message to a letter.

use chrono::TimeDelta;
use rusqlite::Transaction;

use super::path::OnePath;
use crate::ids::{InboxId, PersonId};
use crate::mail::address;
use crate::mail::inbound::authentication::{self, Trusted};
use crate::mail::inbound::{self, BounceClass, Kind, Reading};
use crate::mail::token::{self, Verified};
use crate::programme::coordinating;
use crate::programme::coordinating::COMMANDS_FRESH_HOURS;
use crate::programme::event::{
    Answered, Authority, Command, Complaint, Event, Evidence, Intent, Message, Nature, Paper,
    Undelivered,
};
use crate::programme::settings::Settings;
use crate::programme::trust::{Signs, weigh};
use crate::store::{facts, outbox, trust};
use crate::time::Moment;

/// What could be established about a message before reading its words.
pub(super) struct Found {
    pub evidence: Evidence,
    pub person: Option<PersonId>,
    pub answered: Option<Answered>,
    pub token: Option<Verified>,
    /// What an answer to a letter to a coordinator is good for.
    pub paper: Paper,
    /// Another participant can see the reply address that it was sent to.
    pub exposed: bool,
    /// A reply address was guessed.
    pub forged_token: bool,
}

/// Looks for our token in the addresses, then for our Message-ID in the thread, then for the visible reference.
pub(super) fn identify(
    tx: &Transaction<'_>,
    path: &OnePath,
    parsed: &inbound::Parsed,
    received: Moment,
    now: Moment,
    trusted: Trusted<'_>,
) -> anyhow::Result<Found> {
    let own_address = path.config.settings.address.as_str();
    let claims = inbound::claims(parsed);
    let from = claims.from.as_ref().map(|from| from.address.as_str());
    let sender_key = from.map(address_key);
    let by_sender = match &sender_key {
        Some(key) => facts::person_at(tx, key)?,
        None => None,
    };
    let vouched = from.is_some_and(|from| {
        authentication::is_vouched(parsed, from, received.timestamp(), trusted)
    });
    let recipients = claims.recipients.iter().map(String::as_str);
    let carried = path.keys.find_in(own_address, recipients, now);
    let mut found = Found {
        evidence: Evidence::None,
        person: by_sender,
        answered: None,
        token: carried.token,
        paper: Paper::Thread,
        exposed: false,
        forged_token: carried.forged && carried.token.is_none(),
    };
    let mut signs = Signs {
        letter: None,
        known_sender: by_sender.is_some(),
        vouched,
        echoed: false,
    };
    if let Some(person) = carried.token.and_then(Verified::person) {
        signs.letter = Some(by_sender == Some(person));
        found.evidence = weigh(signs);
        found.person = Some(person);
        return Ok(found);
    }
    let Some(known) = answered_letter(tx, carried.token, &claims)? else {
        found.evidence = weigh(signs);
        return Ok(found);
    };
    let at_the_letter = sender_key.as_deref() == Some(address_key(&known.envelope_to).as_str());
    let owner_wrote = match known.person {
        // Whoever answers from where the letter went is its reader, where that is still an address of theirs: the one on
        // file, the second one, or a new one that is being asked.
        Some(owner) => {
            by_sender == Some(owner)
                || at_the_letter
                    && (known.kind == "confirm"
                        || facts::person(tx, owner)?
                            .and_then(|person| person.second_address)
                            .is_some_and(|second| {
                                sender_key.as_deref() == Some(address_key(&second).as_str())
                            }))
        }
        // A letter to a coordinator: it is theirs whose address is on its envelope.
        None => at_the_letter,
    };
    // Whoever is vouched for and answers somebody else's letter speaks for themselves, and of nothing of the other's.
    if !owner_wrote && vouched && by_sender.is_some() {
        found.evidence = weigh(signs);
        return Ok(found);
    }
    let fresh = received - known.ordered_at <= TimeDelta::hours(i64::from(COMMANDS_FRESH_HOURS));
    // What others have seen proves nothing; it still tells what the words are about.
    signs.letter = (!known.exposed).then_some(owner_wrote);
    // The question went to one address alone, so its answer is a proof.
    signs.echoed = match known.kind.as_str() {
        // How old the question may be is looked at by the rules, which ask anew.
        "confirm" | "was-this-you" => true,
        "command-confirm" => fresh,
        _ => false,
    };
    found.evidence = weigh(signs);
    if known.exposed && !owner_wrote {
        return Ok(found);
    }
    found.exposed = match known.person {
        Some(owner) => others_can_see(tx, &path.config.settings, parsed, owner)?,
        None => false,
    };
    let acting = carried.token.map(Verified::kind) == Some(token::Kind::Action);
    found.paper = match known.person {
        Some(_) => Paper::Thread,
        None if known.acted => Paper::Used,
        None if !fresh => Paper::Old,
        None if known.shown != trust::shown(tx, &known.about)? => Paper::Changed,
        None if acting => Paper::Good,
        None => Paper::Thread,
    };
    found.person = known.person.or(by_sender);
    found.answered = Some(Answered {
        letter: known.id,
        person: known.person,
        kind: known.kind,
        about: known.about,
    });
    Ok(found)
}

/// The letter of ours that a message answers. Token, Message-ID and reference are made with our key: nobody else knows
/// them but who has seen the letter.
fn answered_letter(
    tx: &Transaction<'_>,
    token: Option<Verified>,
    claims: &inbound::Claims,
) -> anyhow::Result<Option<outbox::Known>> {
    if let Some(letter) = token.and_then(Verified::letter)
        && let Some(known) = outbox::by_id(tx, letter)?
    {
        return Ok(Some(known));
    }
    for id in claims.answers.iter().rev().take(20) {
        if let Some(known) = outbox::by_message_id(tx, id)? {
            return Ok(Some(known));
        }
    }
    match &claims.reference {
        Some(reference) => Ok(outbox::by_reference(tx, reference)?),
        None => Ok(None),
    }
}

/// Whether the message went to another participant, too: our reply address stands in it for them to see.
fn others_can_see(
    tx: &Transaction<'_>,
    settings: &Settings,
    parsed: &inbound::Parsed,
    owner: PersonId,
) -> anyhow::Result<bool> {
    for address in inbound::visible_recipients(parsed) {
        let key = address_key(&address);
        let is_coordinator = settings
            .coordinators
            .iter()
            .any(|it| address_key(&it.address) == key);
        if !is_coordinator && facts::person_at(tx, &key)?.is_some_and(|person| person != owner) {
            return Ok(true);
        }
    }
    Ok(false)
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
        "address-check" | "place-given" | "withdrawn" | "confirm" | "was-this-you"
        | "command-confirm" => Some(inbound::AskedFor::Confirmation),
        "unmatched" | "partner-asked" | "partner-away" => Some(inbound::AskedFor::Choice),
        "are-you-there" => Some(inbound::AskedFor::AreYouThere),
        kind if coordinating::is_for_coordinators(kind) => Some(inbound::AskedFor::Command),
        _ => None,
    }
}

/// The message as an event of the programme.
pub(super) fn event_of(
    tx: &Transaction<'_>,
    inbox: InboxId,
    reading: &Reading,
    found: &Found,
) -> anyhow::Result<Event> {
    if let Some(command) = command_of(inbox, reading, found) {
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
        exposed: found.exposed,
        subject: reading.subject.clone().unwrap_or_default(),
        text: reading.text.clone(),
        said,
    }))
}

/// A command in answer to a letter of ours to a coordinator: the same event as on the command line. Whether it is carried
/// out, and from whom, is decided by the rules.
fn command_of(inbox: InboxId, reading: &Reading, found: &Found) -> Option<Command> {
    let asked = found.answered.as_ref()?;
    let from = &reading.from.as_ref()?.address;
    let is_command = reading.kind == Kind::Person && coordinating::is_for_coordinators(&asked.kind);
    let what = is_command.then(|| coordinating::read_command(&reading.text, &asked.about))??;
    Some(Command {
        by: from.clone(),
        what,
        inbox: Some(inbox),
        authority: Authority::Mail {
            evidence: found.evidence,
            paper: found.paper,
        },
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
