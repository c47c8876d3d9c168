//! What the coordinators of the invented world do with their mail: they look at the proposal, keep a pair that they like
//! and release it; they answer what needs a person, settle what the digest names, and write to everybody once.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::Duration;
use regex::Regex;

use super::writing::host_of;
use super::{Outgoing, World};
use crate::rehearsal::client::{self, Client, Draft, Quoted, Words};
use crate::rehearsal::letter::{Headers, as_quoted};
use crate::rehearsal::tally::{Expects, Said};
use crate::time::Moment;

/// What coordinators have done already, so that they do it once.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// Proposals and messages that somebody has answered, by what comes after the name in their letters' occasions.
    answered: BTreeSet<String>,
    /// Rounds in which a pair was kept before the release, by place.
    pinned: BTreeSet<usize>,
    /// The message that asked for a new proposal.
    waits_for_proposal: Option<String>,
    has_looked: bool,
    has_announced: bool,
}

/// The day of the round on which the programme has something to tell everybody.
const ANNOUNCED_ON_DAY: i64 = 60;

/// What coordinators write themselves, in the programme's language: the subject and text of the word to everybody, and
/// answers to messages.
struct OwnWords {
    announcement: &'static str,
    answers: [&'static str; 3],
}

const ENGLISH: OwnWords = OwnWords {
    announcement: "An open hour for everybody\n\nDear all,\n\nnext month there is an open hour for everybody who takes \
                   part. The date is in the next topic.\n",
    answers: [
        "Thank you for your message. We have looked into it, and yes, that is fine with us.\n",
        "Thank you for writing. Let me ask the others, and I come back to you next week.\n",
        "Good question! You find more about it in the programme's leaflet, which I send you soon.\n",
    ],
};

const SPANISH: OwnWords = OwnWords {
    announcement: "Una hora abierta para todos\n\nEl mes que viene hay una hora abierta para quienes participan. La \
                   fecha está en el próximo tema.\n",
    answers: [
        "Gracias por su mensaje. Lo hemos mirado y nos parece bien.\n",
        "Gracias por escribir. Lo consulto con los demás y le escribo la semana que viene.\n",
        "¡Buena pregunta! Hay más en el folleto del programa, que le envío pronto.\n",
    ],
};

/// Two people whom the proposal's letter shows as a pair: "- 75 Joanne Thompson (Australia) + 264 Haruka (Japan): 183".
static PAIR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?m)^- (\d+)\s[^()+]+\([^()]*\)\s\+\s(\d+)\s[^()+]+\([^()]*\):").ok()
});

/// A line of the digest that can be sent back as it is.
static COMMAND: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:settle|accept|introduce|pool)\s\d+\b").ok());

static SHOW: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\bshow\s\d+\b").ok());

/// What a coordinator writes, and what should come of it.
struct Act {
    what: &'static str,
    text: String,
    expects: Expects,
}

impl Act {
    fn new(what: &'static str, text: &str, rightly: &'static [&'static str]) -> Act {
        Act {
            what,
            text: text.into(),
            expects: Expects::Answer(rightly),
        }
    }
}

impl World {
    pub(super) fn coordinator_reads(
        &mut self,
        place: usize,
        letter: &[u8],
        headers: &Headers<'_>,
        kind: &str,
        at: Moment,
    ) -> Vec<Outgoing> {
        const ANSWERED: [&str; 5] = [
            "proposal",
            "for-person",
            "digest",
            "announcement-preview",
            "command-confirm",
        ];
        if !ANSWERED.contains(&kind) {
            return Vec::new();
        }
        let coordinator = &self.coordinators[place];
        let (Some(to), Some(quoted)) = (
            headers.answers_go_to(),
            as_quoted(letter, &coordinator.address, at),
        ) else {
            return Vec::new();
        };
        let leads = coordinator.releases;
        let occasion = headers.occasion().unwrap_or_default();
        let occurrence = occasion.splitn(3, '/').nth(2).unwrap_or_default();
        let act = match kind {
            "proposal" if leads => self.reviews(&quoted, occasion, occurrence, at),
            "for-person" => self.answers_a_message(occurrence),
            "digest" if leads => self.works_through_the_digest(&quoted, at),
            "announcement-preview" => {
                Some(Act::new("announcement-send", "send\n", &["command-done"]))
            }
            // What follows is the answer to the command.
            "command-confirm" => Some(Act {
                what: "command-yes",
                text: "yes\n".into(),
                expects: Expects::Whatever,
            }),
            _ => None,
        };
        let Some(act) = act else {
            return Vec::new();
        };
        vec![self.coordinator_writes(place, &to, &quoted, act, at)]
    }

    /// The first proposal of a round: one pair of it is to stay, and the new one is released. A reminder of the same
    /// proposal needs no second answer.
    fn reviews(
        &mut self,
        quoted: &Quoted,
        occasion: &str,
        occurrence: &str,
        at: Moment,
    ) -> Option<Act> {
        if let Some(asked_by) = self.desk.waits_for_proposal.take() {
            self.mailboxes.answer(&[&asked_by], "proposal", occasion);
        }
        if !self.desk.answered.insert(format!("proposal {occurrence}")) {
            return None;
        }
        let round = self
            .rounds
            .iter()
            .filter(|round| round.deadline <= at)
            .count();
        let pair = PAIR.as_ref().and_then(|pair| pair.captures(&quoted.text));
        match pair {
            Some(pair) if self.desk.pinned.insert(round) => {
                let text = format!("pin {} {}\n", &pair[1], &pair[2]);
                Some(Act::new("proposal-pin", &text, &["proposal"]))
            }
            _ => Some(Act::new("proposal-ok", "ok\n", &["command-done"])),
        }
    }

    /// Whoever reads it first answers it; every fifth lies until the digest names it.
    fn answers_a_message(&mut self, occurrence: &str) -> Option<Act> {
        if !self.desk.answered.insert(occurrence.to_string()) || self.coordinator_dice.chance(0.2) {
            return None;
        }
        let text = self.own_words().answers;
        let text = self.coordinator_dice.one_of(&text);
        Some(Act::new("coordinator-answers", text, &["command-done"]))
    }

    /// One thing from each digest: what waits for a decision, a look at a first message, or the word to everybody.
    fn works_through_the_digest(&mut self, quoted: &Quoted, at: Moment) -> Option<Act> {
        let found = |what: &LazyLock<Option<Regex>>| {
            let line = what.as_ref()?.find(&quoted.text)?;
            Some(
                line.as_str()
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        };
        if let Some(command) = found(&COMMAND) {
            let text = format!("{command}\n");
            return Some(Act::new("digest-command", &text, &["command-done"]));
        }
        if !self.desk.has_looked
            && let Some(command) = found(&SHOW)
        {
            self.desk.has_looked = true;
            let text = format!("{command}\n");
            return Some(Act::new("digest-show", &text, &["shown"]));
        }
        let day = self.rounds.first()?.start + Duration::days(ANNOUNCED_ON_DAY);
        if at >= day && !std::mem::replace(&mut self.desk.has_announced, true) {
            let rightly = &["announcement-preview"];
            let text = format!("announce to all\n{}", self.own_words().announcement);
            return Some(Act::new("announcement", &text, rightly));
        }
        None
    }

    fn own_words(&self) -> &'static OwnWords {
        match self.language.split('-').next() {
            Some("es") => &SPANISH,
            _ => &ENGLISH,
        }
    }

    fn coordinator_writes(
        &mut self,
        place: usize,
        to: &str,
        quoted: &Quoted,
        act: Act,
        at: Moment,
    ) -> Outgoing {
        let coordinator = &self.coordinators[place];
        let sent = at + Duration::minutes(self.coordinator_dice.between(90, 9 * 60));
        let message_id = format!(
            "{:016x}@{}",
            self.coordinator_dice.bits(),
            host_of(&coordinator.address)
        );
        let bytes = client::write(
            Client::Gmail,
            &Draft {
                from_name: &coordinator.name,
                from_address: &coordinator.address,
                to,
                copies_to: &[],
                subject: "",
                at: sent,
                zone: chrono_tz::UTC,
                tongue: "en",
                message_id: &message_id,
                answered: Some(quoted),
                words: &Words::New(act.text),
            },
        );
        let from = Some(coordinator.address.clone());
        if act.what == "proposal-pin" {
            self.desk.waits_for_proposal = Some(message_id.clone());
        }
        self.mailboxes.say(
            &message_id,
            Said {
                person: None,
                what: act.what.into(),
                at: sent,
                expects: act.expects,
                answered: None,
            },
        );
        Outgoing {
            at: sent,
            bytes,
            from,
            to: to.to_string(),
            what: act.what.into(),
        }
    }
}
