//! How many messages of one sender are read a day (RELIABILITY, T30). What is above waits: nothing of it is lost, and
//! whatever stops mail or raises a concern is read at once however many came before.

use super::event::{Authority, CommandKind, Event, Evidence, Intent, Nature};
use super::settings::Settings;
use crate::ids::PersonId;

/// Messages of a participant that are read within 24 hours.
pub const A_DAY: u32 = 20;
/// Those of a coordinator who answers our letters.
pub const COORDINATORS_A_DAY: u32 = 200;

/// Whose messages are counted together, and how many of them are read within 24 hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    pub whose: String,
    pub a_day: u32,
}

/// The limit that a message counts for; `None` for strangers, whose letters have a ceiling of their own, and for machines,
/// which are never answered. Mail that only says it is somebody's does not use up what is theirs.
pub fn limit(settings: &Settings, event: &Event, sender: Option<PersonId>) -> Option<Limit> {
    let (from, evidence) = match event {
        Event::Command(command) => match command.authority {
            Authority::Mail { evidence, .. } => (command.by.as_str(), evidence),
            Authority::Machine => return None,
        },
        Event::Message(message) if message.nature == Nature::Person => (
            message.from.as_deref().unwrap_or_default(),
            message.evidence,
        ),
        _ => return None,
    };
    let proven = evidence >= Evidence::TokenAndAddress;
    let coordinator = settings
        .coordinators
        .iter()
        .find(|it| it.address.eq_ignore_ascii_case(from));
    let (who, a_day) = match (coordinator, sender) {
        (Some(coordinator), _) if proven => (coordinator.address.clone(), COORDINATORS_A_DAY),
        (Some(coordinator), _) => (coordinator.address.clone(), A_DAY),
        (None, Some(person)) => (person.to_string(), A_DAY),
        (None, None) => return None,
    };
    Some(Limit {
        whose: match proven {
            true => who,
            false => format!("{who}?"),
        },
        a_day,
    })
}

/// Whether it is read at once, however many came before: what stops something, and what a safety contact must hear of.
pub fn is_urgent(event: &Event) -> bool {
    match event {
        Event::Command(command) => command.what == CommandKind::PauseProgramme,
        Event::Message(message) => matches!(
            message.said.intent,
            Some(Intent::Stop | Intent::Pause | Intent::Withdraw | Intent::Concern)
        ),
        _ => true,
    }
}
