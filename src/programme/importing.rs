//! Tables from outside. An application that comes in a table is what its sender would have written in reply to the form
//! letter, and is answered in the same way; former partners are remembered, so that nobody meets twice.

use super::applying::{form_filled, recorded};
use super::decision::{Change, Decision};
use super::event::{Evidence, Message, Nature, Said};
use super::facts::Facts;
use super::newcomers::newcomer_at;
use super::settings::Settings;
use super::timetable;
use crate::ids::{InboxId, PersonId};
use crate::time::Moment;

/// Why a row that was taken before changes nothing.
pub const IMPORTED_BEFORE: &str = "it was imported before";

/// A row of a table of applications.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub address: String,
    pub said: Said,
    /// When it came in, where the table says so.
    pub arrived: Option<Moment>,
    /// The same for the same row of the same table: it is taken once.
    pub mark: String,
}

/// Two former partners. One who is not known yet is recognised by the hash when they apply.
#[derive(Debug, Clone, PartialEq)]
pub struct Met {
    /// Of both addresses, under the master key.
    pub pair_hash: String,
    pub people: Option<(PersonId, PersonId)>,
}

/// The two do not meet again, whatever round they apply for.
pub fn met(facts: &Facts, met: &Met) -> Decision {
    if facts.already_imported {
        return Decision::ignored(IMPORTED_BEFORE);
    }
    let mut decision = Decision::noting("former partners are remembered");
    decision.changes.push(Change::MetBefore {
        pair_hash: met.pair_hash.clone(),
        people: met.people,
    });
    decision
}

/// One row. What it says is written over what is known of the sender; a row that was taken before changes nothing, so
/// that corrections which came by mail since are not undone.
pub fn application(settings: &Settings, facts: &Facts, row: &Row) -> Decision {
    if facts.already_imported {
        return Decision::ignored(IMPORTED_BEFORE);
    }
    if row.said.answers.is_empty() {
        return Decision::ignored("nothing in it could be read as an answer to the form");
    }
    let mut then = facts.clone();
    // The round that took applications when the row came in, as long as its pairs are not made.
    if let Some(arrived) = row.arrived.filter(|arrived| *arrived <= facts.now)
        && timetable::round_for_application(settings, arrived)
            .is_some_and(|round| timetable::matching(settings, round) > facts.now)
    {
        then.now = arrived;
    }
    let mut decision_of_new = None;
    let person = match &facts.person {
        Some(person) => person.clone(),
        None => {
            let person = newcomer_at(settings, facts, &row.address);
            decision_of_new = Some(Change::new_person(&person));
            person
        }
    };
    let message = Message {
        inbox: InboxId(0),
        from: Some(row.address.clone()),
        evidence: Evidence::Authenticated,
        answers_letter: None,
        nature: Nature::Person,
        exposed: false,
        subject: String::new(),
        text: String::new(),
        said: row.said.clone(),
    };
    if recorded(settings, &then, &message).is_none() {
        return Decision::ignored("no round in the config takes applications now");
    }
    let mut decision = form_filled(settings, &then, &person, &message);
    for letter in &mut decision.letters {
        letter.occurrence = format!("import-{}", row.mark);
    }
    // What fell due before now and belongs to the past is nobody's business any more.
    decision.occasions.retain(|(_, at)| *at > facts.now);
    if let Some(new) = decision_of_new {
        decision.changes.insert(0, new);
    }
    decision.changes.push(Change::Imported {
        mark: row.mark.clone(),
    });
    decision.note += ", imported";
    decision
}
