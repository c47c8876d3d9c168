//! What the rules decide, as values: changes of state, letters to write, occasions to come.

use serde::{Deserialize, Serialize};

use crate::ids::{PartnershipId, PersonId, ProposalId};

/// Something that will fall due. Its key (kind, subject, occurrence) exists once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Occasion {
    /// Ask again those whose application is incomplete: 1 or 2.
    Reminder {
        round: String,
        person: PersonId,
        number: u32,
    },
    /// The last zone on earth has passed the deadline.
    Deadline {
        round: String,
    },
    Matching {
        round: String,
    },
    /// Coordinators have not answered.
    ProposalReminder {
        proposal: ProposalId,
        number: u32,
    },
    /// Day 0 of a released round.
    Introductions {
        round: String,
    },
    Topic {
        person: PersonId,
        partnership: PartnershipId,
        number: u32,
    },
    CheckIn {
        person: PersonId,
        partnership: PartnershipId,
        number: u32,
    },
    /// The silence ladder's next step for the silent one: 1 firm letter, 2 end.
    Silence {
        person: PersonId,
        partnership: PartnershipId,
        step: u32,
    },
    /// The morning's pool.
    Pool {
        round: String,
    },
    Closing {
        person: PersonId,
        partnership: PartnershipId,
    },
    RoundEnds {
        round: String,
    },
    Digest,
}
