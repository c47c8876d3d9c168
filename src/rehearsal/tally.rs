//! What the invented people's mailboxes received, and what the world knows was wrong with it. It is counted from the
//! mailboxes and the world's own knowledge alone, so that it can be held against what the decisions ordered.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::time::Moment;

/// One letter as it lay in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// `kind/person/number`, or the Message-ID where the letter does not name its occasion.
    pub occasion: String,
    pub sha256: [u8; 32],
    /// The address it was delivered to.
    pub to: String,
    pub at: Moment,
}

/// A message of a person's, and what it should lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The person's number; coordinators have none.
    pub person: Option<usize>,
    /// A word for what was said: "apply", "form", "check-in-3", "free-withdraw", "auto-reply" ...
    pub what: String,
    pub at: Moment,
    pub expects: Expects,
    /// The kind of the first letter that answered it.
    pub answered: Option<String>,
}

/// What may follow from a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expects {
    /// A letter of one of these kinds, or one that asks back or names a person who will answer.
    Answer(&'static [&'static str]),
    /// A letter, whatever it says.
    AnyAnswer,
    /// Said out of politeness: silence is right, and so is a letter that does nothing.
    Whatever,
    /// A machine's mail, which nothing may answer.
    Silence,
}

/// A letter that did something which nobody had asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub said: String,
    pub occasion: String,
}

/// All mailboxes of the world, in the order in which letters came.
#[derive(Debug, Default)]
pub struct Mailboxes {
    /// Who was told that nothing is kept about them, and when.
    forgotten: BTreeMap<usize, Moment>,
    /// Letters that were read, or could have been.
    pub received: Vec<Received>,
    /// Letters that a dead mailbox refused: sent, but in no mailbox.
    pub refused: Vec<Received>,
    /// Letters to addresses that nobody in this world has.
    pub misdirected: Vec<Received>,
    /// Letters that came a second time, by their occasion.
    pub duplicates: u64,
    /// Letters by kind, as received.
    pub letters: BTreeMap<String, u64>,
    /// What people and machines answered, by kind.
    pub answers: BTreeMap<String, u64>,
    /// Unprompted letters to people who had left, or were on the break that they had asked for.
    pub mailed_after_leaving: Vec<String>,
    /// Letters in which somebody could read what was not for them.
    pub revealed: Vec<String>,
    /// Letters that acted on something that was not said.
    pub answered_wrongly: Vec<Wrong>,
    /// Letters to a machine's mail.
    pub machines_answered: Vec<String>,
    /// Forms that were complete and of which something was asked again.
    pub misread_forms: u64,
    /// Introductions of two people who had been introduced to each other before.
    pub met_twice: Vec<String>,
    /// How long people who had lost their partner waited for the introduction to the next one.
    pub days_until_rematched: Vec<f64>,
    /// Everything that people said, in order.
    pub said: Vec<Said>,
    by_message_id: HashMap<String, usize>,
    /// Place in `said` by the word under which letters name a message in their occasions.
    by_occurrence: HashMap<String, usize>,
    seen: HashSet<String>,
    chain: Sha256,
}

/// Messages in words of people's own that only a person can answer.
const QUESTIONS: [&str; 8] = [
    "free-a-person",
    "free-answer-6",
    "free-help",
    "free-unclear",
    "free-concern",
    "word-a-person",
    "word-help",
    "word-unclear",
];

/// Whether a message that was forwarded, by what it said, is a question in free words that truly needs a person.
pub fn needs_a_person(reason: &str) -> bool {
    QUESTIONS.contains(&reason)
}

fn with_one_digit(days: f64) -> f64 {
    (days * 10.0).round() / 10.0
}

/// Letters that do nothing: they ask back, or name a person who will answer. None of them is ever a wrong answer.
const ASKS_BACK: [&str; 6] = [
    "unclear",
    "person-will-answer",
    "confirm",
    "was-this-you",
    "command-confirm",
    "coordinator-answer",
];

impl Mailboxes {
    /// The occasions of all letters that reached a mailbox, each as often as it came.
    pub fn occasions(&self) -> impl Iterator<Item = &str> {
        self.received.iter().map(|letter| letter.occasion.as_str())
    }

    /// A hash over the bytes of all letters received, in order: the same round, the same hash.
    pub fn sha256(&self) -> String {
        HEXLOWER.encode(&self.chain.clone().finalize())
    }

    /// Messages of people that were forwarded to a coordinator, each once however many coordinators read it, by what they
    /// said.
    pub fn forwarded(&self) -> BTreeMap<String, u64> {
        let mut by_reason: BTreeMap<String, u64> = BTreeMap::new();
        for occurrence in self.told_to_coordinators("for-person") {
            let said = self.by_occurrence.get(occurrence);
            let reason = said.map_or("other", |&said| self.said[said].what.as_str());
            *by_reason.entry(reason.to_string()).or_default() += 1;
        }
        by_reason
    }

    /// Different occurrences of letters to coordinators of a kind: `kind/coordinator-1/occurrence`.
    pub fn told_to_coordinators(&self, kind: &str) -> BTreeSet<&str> {
        self.occasions()
            .filter_map(|occasion| {
                let mut parts = occasion.splitn(3, '/');
                let (of, _, occurrence) = (parts.next()?, parts.next()?, parts.next()?);
                (of == kind).then_some(occurrence)
            })
            .collect()
    }

    /// How long it took until somebody who had lost their partner was introduced to the next one; the middle of all.
    pub fn rematch_days_median(&self) -> Option<f64> {
        let mut days = self.days_until_rematched.clone();
        days.sort_by(f64::total_cmp);
        let middle = days.len() / 2;
        let median = match days.len() {
            0 => return None,
            even if even % 2 == 0 => (days[middle - 1] + days[middle]) / 2.0,
            _ => days[middle],
        };
        Some(with_one_digit(median))
    }

    pub fn rematch_days_worst(&self) -> Option<f64> {
        let days = self.days_until_rematched.iter().copied();
        days.max_by(f64::total_cmp).map(with_one_digit)
    }

    /// What a person said and nothing answered: principle 2 says that this is never the case.
    pub fn unanswered(&self) -> impl Iterator<Item = &Said> {
        self.said
            .iter()
            .filter(|said| matches!(said.expects, Expects::Answer(_) | Expects::AnyAnswer))
            .filter(|said| said.answered.is_none())
            .filter(|said| !self.is_from_nobody(said))
    }

    /// An answer that its writer sent when nothing was kept about them any more: it is quiet, since whoever asked to be forgotten
    /// shall not be asked to join.
    fn is_from_nobody(&self, said: &Said) -> bool {
        let forgotten = said.person.and_then(|person| self.forgotten.get(&person));
        forgotten.is_some_and(|since| *since <= said.at)
    }

    /// Somebody reads that nothing is kept about them any more.
    pub(super) fn forget(&mut self, person: usize, at: Moment) {
        self.forgotten.insert(person, at);
    }

    pub(crate) fn hash(letter: &[u8]) -> [u8; 32] {
        Sha256::digest(letter).into()
    }

    pub(super) fn put(&mut self, letter: Received, kind: &str) {
        self.chain.update(letter.sha256);
        if !self.seen.insert(letter.occasion.clone()) {
            self.duplicates += 1;
        }
        *self.letters.entry(kind.to_string()).or_default() += 1;
        self.received.push(letter);
    }

    pub(super) fn say(&mut self, message_id: &str, said: Said) {
        *self.answers.entry(said.what.clone()).or_default() += 1;
        self.by_message_id
            .insert(message_id.to_string(), self.said.len());
        self.said.push(said);
    }

    /// Whether one of these Message-IDs is of something that people said.
    pub(super) fn knows(&self, ids: &[&str]) -> bool {
        ids.iter().any(|id| self.by_message_id.contains_key(*id))
    }

    /// Notes that a letter of `kind` answers the messages with these ids. True where it answers any.
    pub(super) fn answer(&mut self, ids: &[&str], kind: &str, occasion: &str) -> bool {
        let Some(&said) = ids.iter().find_map(|id| self.by_message_id.get(*id)) else {
            return false;
        };
        if let Some(occurrence) = occasion
            .splitn(3, '/')
            .nth(2)
            .filter(|occurrence| occurrence.starts_with("message-"))
        {
            self.by_occurrence.insert(occurrence.to_string(), said);
        }
        let said = &mut self.said[said];
        let rightly = match said.expects {
            Expects::Silence => {
                self.machines_answered.push(occasion.to_string());
                true
            }
            Expects::Answer(rightly) => rightly.contains(&kind),
            Expects::AnyAnswer => true,
            Expects::Whatever => false,
        };
        if !rightly && !ASKS_BACK.contains(&kind) {
            self.answered_wrongly.push(Wrong {
                said: said.what.clone(),
                occasion: occasion.to_string(),
            });
        }
        said.answered.get_or_insert_with(|| kind.to_string());
        true
    }
}
