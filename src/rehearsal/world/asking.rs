//! What people say in words of their own, what may rightly follow from it, and the exact word that they give when they
//! are asked for it, or because they know it.

use chrono::{Days, NaiveDate};

use super::World;
use super::answers::Reply;
use crate::rehearsal::habits::Wish;
use crate::rehearsal::responder::written_date;
use crate::rehearsal::tally::Expects;
use crate::time::Moment;

/// A message in free words that somebody sends, once, and what they mean by it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
pub struct FreeMessage {
    pub text: String,
    /// BCP 47.
    #[serde(default)]
    pub lang: String,
    /// An intent by its name ("withdraw", "help"), as in `programme::event::Intent`; none where nothing of that kind
    /// is meant and a person has to read it.
    #[serde(default)]
    pub meant: Option<String>,
    /// The answer to a check-in that is meant, 1 to 6, where `meant` is "answer".
    #[serde(default)]
    pub check_in: Option<u8>,
}

impl FreeMessage {
    pub(super) fn meant(&self) -> &str {
        self.meant.as_deref().unwrap_or("a-person")
    }

    fn expects(&self) -> Expects {
        match (self.meant(), self.check_in) {
            ("answer", Some(choice)) => Expects::Answer(rightly_answers_choice(choice)),
            (meant, _) => rightly_follows(meant),
        }
    }
}

/// What may rightly follow from an intent. Asking back and naming a person who will answer are always right.
fn rightly_follows(meant: &str) -> Expects {
    Expects::Answer(match meant {
        "apply" => &["form", "missing", "complete"],
        "stop" => &["stopped"],
        "withdraw" => &["withdrawn"],
        "pause" => &["paused"],
        "new-partner" => &["new-partner", "pool-ended"],
        "topics-off" => &["topics-off"],
        "my-data" => &["my-data", "my-data-later"],
        "concern" => &["concern-received"],
        "forget-me" => &["forgotten", "nothing-kept"],
        "certificate" => &["certificate", "certificate-later"],
        "new-address" => &["address-asked", "address-changed"],
        "answer" => &[
            "going-well",
            "partner-asked",
            "good-to-hear",
            "new-partner",
            "pool-ended",
            "withdrawn",
        ],
        _ => &[],
    })
}

/// What may follow from one of the six answers to a check-in.
pub(super) fn rightly_answers_choice(choice: u8) -> &'static [&'static str] {
    match choice {
        1 | 2 => &["going-well", "partnership-over"],
        3 => &["partner-asked", "partnership-over"],
        4 => &["new-partner", "partnership-over"],
        5 => &["withdrawn"],
        _ => &[],
    }
}

/// The exact word for what somebody means; whoever finds none asks for a person.
fn word_for(meant: &str, today: NaiveDate) -> String {
    match meant {
        "stop" | "withdraw" | "apply" | "concern" | "certificate" => meant.to_string(),
        "new-partner" => "new partner".into(),
        "topics-off" => "topics off".into(),
        "my-data" => "my data".into(),
        "forget-me" => "forget me".into(),
        "pause" => format!("pause until {}", today + Days::new(14)),
        _ => "help".into(),
    }
}

/// What is done only after its word has come a second time, from the address on file.
const NEEDS_TWO_WORDS: [&str; 2] = ["my-data", "forget-me"];

/// How long a break is.
const PAUSE_DAYS: u64 = 21;

/// The exact word for a wish, and the intent that it has.
fn word_of(wish: Wish, today: NaiveDate, new_address: &str) -> (&'static str, String) {
    let meant = match wish {
        Wish::Pause => {
            let until = written_date("en", today + Days::new(PAUSE_DAYS));
            return ("pause", format!("pause until {until}"));
        }
        Wish::Stop => "stop",
        Wish::TopicsOff => "topics-off",
        Wish::MyData => "my-data",
        Wish::ForgetMe => "forget-me",
        Wish::Certificate => "certificate",
        Wish::NewAddress => return ("new-address", format!("new address: {new_address}")),
    };
    (meant, word_for(meant, today))
}

impl World {
    /// Something that somebody asks for by its exact word, once the time for it has come.
    pub(super) fn wishes(&mut self, number: usize, at: Moment) -> Option<Reply> {
        let inhabitant = &mut self.inhabitants[number];
        let (wish, _) = inhabitant.habits.wish.filter(|(_, from)| *from <= at)?;
        if std::mem::replace(&mut inhabitant.has_wished, true) {
            return None;
        }
        let today = at.date_naive();
        let (meant, word) = word_of(wish, today, &inhabitant.person.address_after_moving());
        match wish {
            Wish::Pause => inhabitant.pause = Some((today + Days::new(PAUSE_DAYS), false)),
            Wish::ForgetMe | Wish::Stop => inhabitant.ends_it = true,
            _ => {}
        }
        if NEEDS_TWO_WORDS.contains(&meant) {
            inhabitant.to_confirm = Some(meant.to_string());
        }
        inhabitant.last_choice = None;
        inhabitant.meant = Some(meant.to_string());
        let mut reply = Reply::words(&format!("asks-{meant}"), &format!("{word}\n"), &[]);
        reply.expects = rightly_follows(meant);
        Some(reply)
    }

    /// The message that somebody has to send, where the moment for it has come.
    fn message_of(
        &self,
        number: usize,
        when: impl Fn(&FreeMessage) -> bool,
    ) -> Option<FreeMessage> {
        let inhabitant = &self.inhabitants[number];
        let place = inhabitant.habits.free_words?;
        if inhabitant.has_asked_freely || self.free_messages.is_empty() {
            return None;
        }
        // Spread over the whole list, however few people ask.
        let asking = self.asking.max(1);
        let at = match self.free_messages.len() {
            count if count > asking => place * count / asking,
            count => place % count,
        };
        self.free_messages.get(at).filter(|it| when(it)).cloned()
    }

    /// Words of their own with which somebody applies.
    pub(super) fn applies_freely(&mut self, number: usize) -> Option<Reply> {
        let message = self.message_of(number, |message| message.meant() == "apply")?;
        Some(self.says_freely(number, &message))
    }

    /// Words of their own in answer to a check-in.
    pub(super) fn answers_freely(&mut self, number: usize) -> Option<Reply> {
        let message = self.message_of(number, |message| message.meant() == "answer")?;
        let reply = self.says_freely(number, &message);
        self.inhabitants[number].last_choice = message.check_in;
        Some(reply)
    }

    /// A question or a wish, in answer to a confirmation or a topic.
    pub(super) fn asks_freely(&mut self, number: usize, kind: &str) -> Option<Reply> {
        let message = self.message_of(number, |message| {
            !["apply", "answer"].contains(&message.meant())
        })?;
        let is_a_question = ["help", "a-person", "unclear"].contains(&message.meant());
        let early = is_a_question && number.is_multiple_of(3);
        // There is a partner to be said goodbye to, or complained of.
        let ready = is_a_question || !self.correspondences.partners(number).is_empty();
        let now = match kind {
            "complete" => early,
            _ => !early && ready,
        };
        now.then(|| self.says_freely(number, &message))
    }

    fn says_freely(&mut self, number: usize, message: &FreeMessage) -> Reply {
        let inhabitant = &mut self.inhabitants[number];
        inhabitant.has_asked_freely = true;
        inhabitant.last_choice = None;
        inhabitant.meant = Some(message.meant().to_string());
        inhabitant.ends_it |= ["withdraw", "new-partner", "concern", "forget-me", "answer"]
            .contains(&message.meant());
        let text = format!(
            "{}\n\n{}\n",
            message.text.trim_end(),
            inhabitant.person.given
        );
        let what = match (message.meant(), message.check_in) {
            ("answer", Some(choice)) => format!("free-answer-{choice}"),
            (meant, _) => format!("free-{meant}"),
        };
        let mut reply = Reply::words(&what, &text, &[]);
        reply.expects = message.expects();
        reply
    }

    /// What they asked for is to be confirmed, by its word once more.
    pub(super) fn confirms(&mut self, number: usize, at: Moment) -> Option<Reply> {
        let inhabitant = &mut self.inhabitants[number];
        let wish = inhabitant.habits.wish.map(|(wish, _)| wish);
        if inhabitant.has_wished && wish == Some(Wish::NewAddress) {
            let rightly = &["address-asked", "address-changed"];
            return Some(Reply::words("confirm-new-address", "yes\n", rightly));
        }
        let meant = inhabitant
            .to_confirm
            .take()
            .or_else(|| inhabitant.meant.take())
            .filter(|meant| NEEDS_TWO_WORDS.contains(&meant.as_str()))?;
        let word = word_for(&meant, at.date_naive());
        Some(Reply {
            expects: rightly_follows(&meant),
            ..Reply::words(&format!("confirm-{meant}"), &format!("{word}\n"), &[])
        })
    }

    /// What they said came back as not understood: the bare number this time, or the word.
    pub(super) fn says_it_again(&mut self, number: usize, at: Moment) -> Option<Reply> {
        let today = at.date_naive();
        let inhabitant = &mut self.inhabitants[number];
        if let Some(choice) = inhabitant.last_choice.take() {
            inhabitant.meant = None;
            let mut reply = Reply::words("again", &format!("{choice}\n"), &[]);
            reply.expects = Expects::AnyAnswer;
            return Some(reply);
        }
        let meant = inhabitant.meant.take()?;
        if NEEDS_TWO_WORDS.contains(&meant.as_str()) {
            inhabitant.to_confirm = Some(meant.clone());
        }
        if ["stop", "withdraw"].contains(&meant.as_str()) {
            inhabitant.leaving_since = Some(at);
        }
        let word = word_for(&meant, today);
        let mut reply = Reply::words(&format!("word-{meant}"), &format!("{word}\n"), &[]);
        reply.expects = rightly_follows(&meant);
        Some(reply)
    }
}
