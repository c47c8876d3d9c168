//! What stands in letters: dates, people, pairs, choices, each as values that the templates put into words.

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use crate::ids::ProposalId;
use crate::programme::application::Why;
use crate::programme::event::Obstacle;

/// A label and what is under it, ready to be shown ("Country", "New Zealand").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub label: String,
    pub value: String,
}

/// The dates of a round as letters name them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dates {
    pub round_name: String,
    pub opens: NaiveDate,
    pub deadline: NaiveDate,
    pub start: NaiveDate,
    pub end: NaiveDate,
    pub weeks: u32,
}

/// A partner as a letter shows them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Partner {
    pub name: String,
    pub address: String,
    /// In the reader's language.
    pub country: String,
    /// Answers that partners may see, in the form's order.
    pub profile: Vec<Line>,
}

/// A clock shown in an introduction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClockOf {
    pub name: String,
    /// IANA name.
    pub zone: String,
    /// The reader's noon on that person's clock, and the difference in minutes.
    pub at_readers_noon: NaiveTime,
    pub minutes_ahead: i32,
}

/// A stretch of the day in which all are awake (07:00 to 22:00), on the reader's clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hours {
    pub from: NaiveTime,
    pub to: NaiveTime,
}

/// A question of the form that is missing or unclear, in the reader's language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Open {
    pub label: String,
    /// What was written there, where something was.
    pub written: Option<String>,
    /// Why it was not enough; none where nothing was written.
    pub why: Option<Why>,
    /// Whether we cannot go on without it.
    pub required: bool,
}

/// A reason for putting people together, for the template to word. What it names is in the reader's language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum WhyTogether {
    Interests {
        shared: Vec<String>,
    },
    /// What the reader wished for, and a partner is.
    YourWish {
        what: String,
    },
    /// What a partner wished for, and the reader is.
    TheirWish {
        what: String,
    },
    Languages {
        shared: Vec<String>,
    },
}

/// A line of the proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposedPair {
    /// People as numbered in this proposal, with name and country.
    pub people: Vec<(u32, String, String)>,
    pub score: i64,
    /// A coordinator wants it so.
    pub pinned: bool,
    /// What speaks for it; only where the letter asks to look at the pair.
    pub why: Vec<String>,
}

/// Somebody without a partner in the proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposedWithout {
    /// Number, name, country.
    pub person: (u32, String, String),
    pub possible: u32,
    pub closed: Vec<(Obstacle, u32)>,
}

/// What a coordinator's reply made of a proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposalChange {
    /// The proposal that was replaced.
    pub replaced: ProposalId,
    /// Who asked.
    pub by: String,
    /// Each command, and how the people it names stand now.
    pub did: Vec<(String, String)>,
    /// Pairs that are no more, and pairs that are new.
    pub gone: Vec<ProposedPair>,
    pub new: Vec<ProposedPair>,
    pub score_before: i64,
}

/// A "must" that its owner can give up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Relaxable {
    /// In the reader's words.
    pub wish: String,
    /// How many people of the round could be their partner without it, where that is known.
    pub possible: Option<u32>,
}

/// A part of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportSection {
    pub title: String,
    pub lines: Vec<Line>,
}

/// An item of the digest that needs a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub text: String,
    /// The command line that settles it.
    pub command: Option<String>,
}

/// The beginning of what somebody wrote for the first time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FirstMessage {
    pub from: String,
    pub text: String,
    /// The command line that shows the whole.
    pub command: Option<String>,
}

/// A topic for the reader: its text in Markdown is looked up by the templates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopicText {
    pub id: String,
}

/// What the reader is in a programme with two roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    Mentor,
    Mentee,
}

/// Which question a letter repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    CheckIn,
    AreYouThere,
    /// Whether the partner in this letter is the one of several whom somebody wants to exchange.
    WhichPartner,
    /// No question of ours: a sentence seems to want something that only an exact word may do (RELIABILITY d.4).
    Word,
}

/// What the owner of an address is asked to confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirming {
    /// A form that was not an answer to our letter.
    Application,
    /// A message in their name that was not an answer to a letter of ours.
    Message,
    /// An answer to a letter of theirs, from another address.
    OtherAddress,
    /// The same, and it says that they leave.
    Leaving,
    /// The same, and it asks for a pause.
    Pause,
}

/// What somebody chose for their application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Taken {
    /// It still counts.
    Stays,
    /// They wait in the pool.
    Waits,
    /// They come first in the next round.
    NextRound,
    /// A "must" is now a "would like".
    Relaxed,
    /// They are with us again, and wait in the pool.
    Back,
    /// They have left, and said why.
    ToldWhy,
    /// What somebody else asked for in their name is undone.
    Undone,
}

/// Why a partnership ended, as far as the reader may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// The partner had to stop.
    Withdrew,
    /// The partner could not be reached by mail.
    Unreachable,
    /// No word from the partner.
    Silent,
    /// The two were no good fit; nobody is told who said so.
    Fit,
    /// A coordinator ended it.
    Coordinator,
}

impl Ended {
    /// The word under which the partnership is kept as ended.
    pub fn reason(self) -> &'static str {
        match self {
            Ended::Withdrew => "a partner withdrew",
            Ended::Unreachable => "a partner cannot be reached by mail",
            Ended::Silent => "silent",
            Ended::Fit => "no good fit",
            Ended::Coordinator => "coordinator",
        }
    }
}
