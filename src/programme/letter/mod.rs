//! A letter that the rules order: to whom, which, about what, and how it may be answered. The closed list of letters is in
//! [`kind`], what stands in them in [`values`]. The words are in `templates/<language>/letters/<name>.md`.

pub mod kind;
pub mod values;

pub use kind::LetterKind;
pub use values::{
    Asked, ClockOf, Confirming, Dates, Ended, FirstMessage, Hours, Item, Line, Open, Part, Partner,
    ProposalChange, ProposedPair, ProposedWithout, Relaxable, ReportSection, Taken, TopicText,
    WhyTogether,
};

use serde::{Deserialize, Serialize};

use crate::ids::{AnnouncementId, ChallengeId, PartnershipId, PersonId, ProposalId};
use crate::time::Moment;

/// A letter that the rules order. Rendering and composing follow in the same transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    pub to: Recipient,
    pub kind: LetterKind,
    /// With the kind and the recipient, the key under which it can be ordered only once ("topic-3", "inbox-88").
    pub occurrence: String,
    pub about: About,
    pub reply_to: ReplyTo,
    /// Not handed to the server before this moment.
    pub not_before: Option<Moment>,
}

impl Letter {
    /// To a person, to be answered to the programme.
    pub fn to(person: PersonId, kind: LetterKind, occurrence: String, about: About) -> Letter {
        Letter::answerable(Recipient::Person(person), kind, occurrence, about)
    }

    /// To a coordinator, to be answered to the programme.
    pub fn to_coordinator(
        address: &str,
        kind: LetterKind,
        occurrence: String,
        about: About,
    ) -> Letter {
        let to = Recipient::Coordinator(address.to_string());
        Letter::answerable(to, kind, occurrence, about)
    }

    fn answerable(to: Recipient, kind: LetterKind, occurrence: String, about: About) -> Letter {
        Letter {
            to,
            kind,
            occurrence,
            about,
            reply_to: ReplyTo::Token,
            not_before: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recipient {
    /// At the address on file, or at the second one where the first is unreachable.
    Person(PersonId),
    /// At the second address, where there is one that works.
    SecondAddress(PersonId),
    /// At an address that a person names as theirs, and that nobody has confirmed yet. Such a letter says no name.
    Unproven { person: PersonId, address: String },
    /// A coordinator, by their address in the config.
    Coordinator(String),
}

/// What the letter is about, so that a reply to it needs no guessing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partnership: Option<PartnershipId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<ProposalId>,
    /// Which check-in, which topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// Which survey, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<String>,
    /// Questions of the "must" wishes that a letter offers to relax, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wishes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcement: Option<AnnouncementId>,
    /// The address that the reader is asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_address: Option<String>,
    /// The message that a coordinator's answer goes to, or that its owner is asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox: Option<crate::ids::InboxId>,
    /// The question that a letter asks of the owner of its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<ChallengeId>,
}

impl About {
    /// About a round as a whole.
    pub fn round(id: impl Into<String>) -> About {
        About {
            round: Some(id.into()),
            ..About::default()
        }
    }

    /// About a message that somebody wrote to us.
    pub fn message(inbox: crate::ids::InboxId) -> About {
        About {
            inbox: Some(inbox),
            ..About::default()
        }
    }
}

/// Where pressing Reply writes to.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplyTo {
    /// The programme, with a signed token for this reader and this letter.
    Token,
    /// The same with a token that is good for three days, and proves that the owner of the address answers.
    Challenge,
    /// The partners' own addresses; no token travels in the letter.
    Partners(Vec<String>),
}

/// A file that travels with a letter. It is made where the letter is ordered and lives in its frozen bytes only.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    /// Letters, digits, dots and dashes; anything else is replaced.
    pub file_name: String,
    /// As in MIME: "text/csv; charset=utf-8".
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

/// Whether a second copy of this kind would do harm, so that a coordinator decides where nobody can tell whether the
/// first one arrived. All others are sent again, byte for byte the same, so that mail programs can drop the copy.
pub fn must_not_come_twice(kind: &str) -> bool {
    matches!(kind, "introduction" | "my-data")
}

/// What leaves first where not all can leave at once (RELIABILITY F22): what somebody's safety or a stop hangs on, then
/// answers, introductions, check-ins, surveys, and last what tells and invites.
pub fn order_of_leaving(kind: &str) -> u8 {
    match kind {
        "concern-received" | "confirm" | "was-this-you" | "address-check" | "stopped"
        | "withdrawn" | "paused" | "topics-off" | "forgotten" | "for-person" | "notice"
        | "coordinator-answer" => 0,
        "introduction" => 2,
        "check-in" | "are-you-there" | "partner-asked" | "topic" => 3,
        "survey" => 4,
        "digest"
        | "report"
        | "announcement"
        | "invitation"
        | "invitation-question"
        | "still-with-us"
        | "closing"
        | "certificate"
        | "erasure-notice" => 5,
        // Somebody waits for each of the others: they answer or confirm.
        _ => 1,
    }
}
