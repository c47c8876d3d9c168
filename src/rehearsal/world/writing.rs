//! How people put down what they mean to say, up to the bytes that arrive.

use std::collections::BTreeSet;

use super::{Outgoing, World};
use crate::rehearsal::client::{self, Draft, Quoted, Words};
use crate::rehearsal::filling::{Filling, Way, fill};
use crate::rehearsal::tally::{Expects, Said};
use crate::time::Moment;

impl World {
    pub(super) fn first_words(&mut self, number: usize) -> Words {
        let inhabitant = &mut self.inhabitants[number];
        let person = &inhabitant.person;
        let text = inhabitant.dice.one_of(&[
            "Hello,\n\nI would like to apply for the programme. Please send me the form.",
            "apply",
            "Dear coordinators,\n\na colleague told me about the mentoring programme. How can I take part?",
            "Hi! I'd like to join the next round.",
            "Good morning,\n\nplease sign me up for the peer mentoring programme.",
            "Dear team,\n\nI read about your programme in a newsletter and would love to apply.",
        ]);
        let home = person.country.name;
        Words::New(format!("{text}\n\n{}\n{home}\n", person.name))
    }

    pub(super) fn filled(
        &mut self,
        number: usize,
        questions: &BTreeSet<String>,
        quoted: &Quoted,
    ) -> Words {
        let inhabitant = &mut self.inhabitants[number];
        let dice = &mut inhabitant.dice;
        let way = if !dice.chance(inhabitant.habits.client.fills_in_the_quote()) {
            Way::RetypedAbove
        } else if dice.chance(0.12) {
            Way::DeletingOthers
        } else {
            Way::OnTheLines
        };
        let greeting = dice.one_of(&["Hello,", "Dear coordinators,", "Hi,", "Dear all,"]);
        let sign_off = dice.one_of(&["Best wishes,", "Kind regards,", "Thanks!", "Regards"]);
        let mut farewell = format!("{sign_off}\n{}", inhabitant.person.given);
        if dice.chance(0.1) {
            farewell.push_str(&format!(
                "\n\n-- \n{}\nLibrarian, {}\nThis message may contain confidential information.",
                inhabitant.person.name, inhabitant.person.city
            ));
        }
        let filling = Filling {
            person: &inhabitant.person,
            form: &self.form,
            language: &self.language,
            questions: questions.iter().map(String::as_str).collect(),
            way,
            greeting,
            farewell: &farewell,
        };
        fill(&filling, &quoted.text, dice)
    }

    /// Writes a message and notes that it was said.
    pub(super) fn write(&mut self, number: usize, at: Moment, message: Message<'_>) -> Outgoing {
        let inhabitant = &mut self.inhabitants[number];
        let person = &inhabitant.person;
        let (elsewhere, moved) = (person.address_elsewhere(), person.address_after_moving());
        // People answer from the mailbox in which a letter lies.
        let from = match (message.answered, &person.second_address) {
            _ if message.from_elsewhere => &elsewhere,
            (Some(letter), _) if letter.to_address == moved => &moved,
            (Some(letter), Some(second)) if letter.to_address == *second => second,
            _ => &person.address,
        };
        let message_id = format!(
            "{:016x}{:08x}@{}",
            inhabitant.dice.bits(),
            number,
            host_of(from)
        );
        let bytes = client::write(
            inhabitant.habits.client,
            &Draft {
                from_name: &person.name,
                from_address: from,
                to: message.to,
                copies_to: message.copies_to,
                subject: message.subject,
                at,
                zone: person.zone,
                tongue: person.tongue(),
                message_id: &message_id,
                answered: message.answered,
                words: message.words,
            },
        );
        let outgoing = Outgoing {
            at,
            bytes,
            from: Some(from.to_string()),
            to: message.to.to_string(),
            what: message.what.to_string(),
        };
        self.mailboxes.say(
            &message_id,
            Said {
                person: Some(number),
                what: message.what.to_string(),
                at,
                expects: message.expects,
                answered: None,
            },
        );
        outgoing
    }
}

/// A message about to be written.
pub(super) struct Message<'a> {
    pub to: &'a str,
    pub subject: &'a str,
    pub answered: Option<&'a Quoted>,
    pub words: &'a Words,
    pub what: &'a str,
    pub expects: Expects,
    /// From a mailbox of which the programme knows nothing.
    pub from_elsewhere: bool,
    /// Who else gets it.
    pub copies_to: &'a [String],
}

pub(super) fn host_of(address: &str) -> &str {
    address.rsplit('@').next().unwrap_or(address)
}
