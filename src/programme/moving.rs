//! Letters that shall go to another address from now on. Whoever asks is not believed: the address on file is asked first,
//! then the new one, and only when both have said yes does anything change (RELIABILITY d.3). Where mail to the address
//! on file comes back nobody can be asked there, so a coordinator decides.

use super::conversation::{answer, ask_again, for_person};
use super::decision::{Change, Decision};
use super::event::{Evidence, Message, Undelivered};
use super::facts::{Facts, Person, Purpose};
use super::letter::{About, Asked, Letter, LetterKind, Recipient, ReplyTo};
use super::partnership;
use super::privacy;
use super::settings::Settings;
use crate::ids::ChallengeId;

const IS_TAKEN: &str =
    "would like letters at another address, and somebody else in the programme has that one";

/// Whether somebody's letters go to this address, and reach them there.
fn is_in_use(address: &str, person: &Person) -> bool {
    address.eq_ignore_ascii_case(&person.address) && !person.at_second && !person.unreachable
}

/// Somebody says that they have a new address.
pub fn asked(settings: &Settings, facts: &Facts, person: &Person, message: &Message) -> Decision {
    let Some(address) = wanted(message) else {
        return ask_again(
            person,
            message,
            Asked::Word,
            message.answers_letter.as_ref(),
        );
    };
    if is_in_use(&address, person) {
        let mut decision = Decision::noting(format!(
            "person {} names the address to which their letters go already",
            person.id
        ));
        let kind = LetterKind::AddressChanged {
            name: person.name.clone(),
            partners: String::new(),
            address: person.address.clone(),
            own: true,
        };
        decision
            .letters
            .push(answer(person, message, kind, About::default()));
        return decision;
    }
    if facts.address_is_taken {
        return for_person(settings, facts, person, message, IS_TAKEN, false);
    }
    if person.at_second || person.unreachable {
        let why = format!(
            "would like letters at {address}, and mail to the address on file comes back, so nobody can be asked there. \
             If you are sure that it is them: pairpost person {} --address {address}",
            person.id
        );
        return for_person(settings, facts, person, message, &why, false);
    }
    privacy::question(facts, person, message, Purpose::OldAddress, Some(address))
}

/// The address that a message asks for: the one that it names, else the one that it comes from.
pub fn wanted(message: &Message) -> Option<String> {
    let from = message.from.clone();
    message
        .said
        .address
        .clone()
        .or_else(|| from.filter(|_| message.evidence == Evidence::TokenOnly))
}

/// The owner of the address on file wants it. Now the new one is asked.
pub fn old_confirmed(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
) -> Decision {
    let asked = message.answers_letter.as_ref();
    let Some(address) = asked.and_then(|asked| asked.about.other_address.clone()) else {
        return Decision::ignored("the letter names no address");
    };
    if facts.address_is_taken {
        return for_person(settings, facts, person, message, IS_TAKEN, false);
    }
    let mut decision = ask_there(
        facts,
        person,
        &address,
        format!("message-{}", message.inbox),
    );
    let kind = LetterKind::AddressAsked {
        name: person.name.clone(),
        address,
        failed: false,
    };
    decision
        .letters
        .push(answer(person, message, kind, About::default()));
    decision
}

/// A question to an address that is nobody's yet. It says nothing about the person but their own wish.
fn ask_there(facts: &Facts, person: &Person, address: &str, occurrence: String) -> Decision {
    let id = ChallengeId(facts.fresh.challenge);
    let mut decision = Decision::noting(format!(
        "person {} would like letters at another address, which is asked",
        person.id
    ));
    decision.changes.extend([
        Change::NewChallenge {
            id,
            person: person.id,
            purpose: Purpose::NewAddress,
        },
        Change::AddressAsked {
            person: person.id,
            address: address.to_string(),
        },
    ]);
    decision.letters.push(Letter {
        to: Recipient::Unproven {
            person: person.id,
            address: address.to_string(),
        },
        kind: LetterKind::Confirm {
            name: String::new(),
            purpose: Purpose::NewAddress,
            hours: privacy::CHALLENGE_HOURS,
            address: Some(address.to_string()),
        },
        occurrence,
        about: About {
            challenge: Some(id),
            other_address: Some(address.to_string()),
            ..About::default()
        },
        reply_to: ReplyTo::Challenge,
        not_before: None,
    });
    decision
}

/// Whoever reads the new address wants it, too: letters go there from now on.
pub fn new_confirmed(facts: &Facts, person: &Person, message: &Message) -> Decision {
    let asked = message.answers_letter.as_ref();
    let Some(address) = asked.and_then(|asked| asked.about.other_address.clone()) else {
        return Decision::ignored("the letter names no address");
    };
    if facts.address_is_taken {
        return Decision::ignored("somebody else has come to have this address");
    }
    moved(facts, person, message, &address, false)
}

/// Letters go to this address from now on; whoever is a partner now hears of it. `old_stays` says whether mail from the
/// former one still counts as theirs.
pub fn moved(
    facts: &Facts,
    person: &Person,
    message: &Message,
    address: &str,
    old_stays: bool,
) -> Decision {
    let mut decision = Decision::noting(format!("person {} has a new address", person.id));
    decision.changes.push(Change::AddressChanged {
        person: person.id,
        address: address.to_string(),
        old_stays,
    });
    let kind = |to: &Person, own: bool| LetterKind::AddressChanged {
        name: to.name.clone(),
        partners: person.name.clone(),
        address: address.to_string(),
        own,
    };
    decision.letters.push(answer(
        person,
        message,
        kind(person, true),
        About::default(),
    ));
    for partnership in facts.under_way() {
        for other in partnership.others(person.id) {
            let occurrence = format!("message-{}", message.inbox);
            decision.letters.push(partnership::unprompted(
                &other.person,
                kind(&other.person, false),
                occurrence,
                partnership,
                0,
            ));
        }
    }
    decision
}

/// The question to the new address came back: nothing changes, and its owner hears so where letters go.
pub fn came_back(person: &Person, undelivered: &Undelivered, address: &str) -> Decision {
    let mut decision = Decision::noting(format!(
        "person {}: the new address cannot be written to, nothing changes",
        person.id
    ));
    let kind = LetterKind::AddressAsked {
        name: person.name.clone(),
        address: address.to_string(),
        failed: true,
    };
    decision.letters.push(Letter::to(
        person.id,
        kind,
        format!("letter-{}", undelivered.letter),
        About::default(),
    ));
    decision
}

/// A coordinator knows that it is them: the new address is asked all the same, since nobody types without slips.
pub fn command(facts: &Facts, address: &str) -> Decision {
    let Some(person) = &facts.person else {
        return Decision::ignored("no such person");
    };
    if facts.address_is_taken {
        return Decision::ignored("somebody else in the programme has this address");
    }
    if is_in_use(address, person) {
        return Decision::ignored("their letters go to this address already");
    }
    ask_there(
        facts,
        person,
        address,
        format!("command-{}", facts.now.timestamp()),
    )
}
