//! Ids of our own rows, one type each, so that a person's id can never stand where a letter's belongs.
//!
//! They are given by the store and are never taken from mail: what strangers write (Message-ID, From) is a hint.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A person, with one or more addresses, over all rounds.
    PersonId
);
id!(
    /// One person's application for one round.
    ApplicationId
);
id!(
    /// Two people (three where the count is odd) in one round.
    PartnershipId
);
id!(
    /// A proposal of the matching that coordinators look at.
    ProposalId
);
id!(
    /// A question that only the owner of an address can answer.
    ChallengeId
);
id!(
    /// A coordinators' letter to many.
    AnnouncementId
);
id!(
    /// An outbox row: one letter to one person.
    LetterId
);
id!(
    /// An inbox row: one message as it arrived.
    InboxId
);
id!(
    /// Something that falls due.
    OccasionId
);
