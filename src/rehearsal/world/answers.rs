//! What people do about a letter: read it, answer it, or let it lie.

use std::collections::BTreeSet;

use chrono::Duration;

use super::asking::rightly_answers_choice;
use super::watching::marker;
use super::words::{away_words, check_in_words};
use super::writing::Message;
use super::{Lives, Outgoing, World};
use crate::rehearsal::client::Words;
use crate::rehearsal::correspondence::Manner;
use crate::rehearsal::letter::{Headers, addresses_in, as_quoted, link_for_choice, searchable};
use crate::rehearsal::tally::Expects;
use crate::time::Moment;

/// What a person answers.
pub(super) struct Reply {
    pub what: String,
    pub words: Answering,
    pub expects: Expects,
}

pub(super) enum Answering {
    Words(Words),
    /// These questions of the application form.
    Form(BTreeSet<String>),
    /// The form of the survey at this place in the list.
    Survey(usize),
}

impl Reply {
    pub(super) fn words(what: &str, text: &str, rightly: &'static [&'static str]) -> Reply {
        Reply {
            what: what.into(),
            words: Answering::Words(Words::New(text.into())),
            expects: Expects::Answer(rightly),
        }
    }
}

/// Letters after which a partnership is over for their reader.
const ENDS: [&str; 5] = [
    "place-given",
    "partnership-ended",
    "new-partner",
    "withdrawn",
    "closing",
];

impl World {
    /// What a person does about a letter.
    pub(super) fn reads(
        &mut self,
        number: usize,
        letter: &[u8],
        headers: &Headers<'_>,
        kind: &str,
        delivered_to: &str,
        at: Moment,
    ) -> Vec<Outgoing> {
        if kind == "introduction" {
            self.meets(number, letter, headers, at);
            return Vec::new();
        }
        if ENDS.contains(&kind) {
            self.correspondences.end(number);
        }
        let answered_at = self.answers_at(number, kind, at);
        let woken = self.is_woken(number, kind, answered_at);
        let inhabitant = &self.inhabitants[number];
        let silent = inhabitant
            .habits
            .silent_from
            .is_some_and(|from| from <= answered_at);
        let gone = inhabitant.left.is_some() || inhabitant.leaving_since.is_some();
        // Who has left says why, and who was asked once more what they meant says it once more.
        let has_a_word_left = match kind {
            "withdrawn" => true,
            "unclear" => inhabitant.left.is_none(),
            _ => false,
        };
        if silent || (gone && !has_a_word_left) {
            return Vec::new();
        }
        let Some(reply) = self.reply(number, letter, headers, kind, woken, answered_at) else {
            return Vec::new();
        };
        let Some(mut to) = headers.answers_go_to() else {
            return Vec::new();
        };
        let Some(quoted) = as_quoted(letter, delivered_to, at) else {
            return Vec::new();
        };
        let mut subject = String::new();
        let mut with_quote = true;
        let mut words = reply.words;
        let choice = self.inhabitants[number].last_choice.unwrap_or(0);
        let presses_a_link =
            kind == "check-in" && choice > 0 && self.inhabitants[number].dice.chance(0.08);
        if presses_a_link && let Some(link) = link_for_choice(letter, choice) {
            to = link.to;
            subject = link.subject;
            with_quote = false;
            words = Answering::Words(Words::New(link.body));
        }
        let words = match words {
            Answering::Words(words) => words,
            Answering::Form(questions) => self.filled(number, &questions, &quoted),
            Answering::Survey(place) => self.survey_filled(number, place, &quoted),
        };
        let usual_answer = kind == "check-in" && [1, 2].contains(&choice);
        let from_elsewhere = usual_answer && self.writes_from_elsewhere(number);
        let copies_to = match usual_answer && !from_elsewhere {
            true => self.copies_to(number),
            false => Vec::new(),
        };
        let message = self.write(
            number,
            answered_at,
            Message {
                to: &to,
                subject: &subject,
                answered: with_quote.then_some(&quoted),
                words: &words,
                what: &reply.what,
                expects: reply.expects,
                from_elsewhere,
                copies_to: &copies_to,
            },
        );
        vec![message]
    }

    /// Whether a silent person answers after all: some do at the firm letter, some when their place is given away.
    fn is_woken(&mut self, number: usize, kind: &str, at: Moment) -> bool {
        let inhabitant = &mut self.inhabitants[number];
        inhabitant.asked_if_there += u32::from(kind == "are-you-there");
        let habits = &mut inhabitant.habits;
        let wakes = match kind {
            "are-you-there" => habits.returns && inhabitant.asked_if_there >= 2,
            "place-given" => habits.comes_back,
            _ => false,
        } && habits.silent_from.is_some_and(|from| from <= at);
        if wakes {
            habits.silent_from = None;
        }
        wakes
    }

    /// Once, from a mailbox of which the programme knows nothing.
    fn writes_from_elsewhere(&mut self, number: usize) -> bool {
        let inhabitant = &mut self.inhabitants[number];
        inhabitant.habits.writes_from_elsewhere
            && !std::mem::replace(&mut inhabitant.has_written_from_elsewhere, true)
    }

    /// The partners' addresses, where somebody presses Reply All; once.
    fn copies_to(&mut self, number: usize) -> Vec<String> {
        let inhabitant = &mut self.inhabitants[number];
        if !inhabitant.habits.replies_to_all
            || std::mem::replace(&mut inhabitant.has_replied_to_all, true)
        {
            return Vec::new();
        }
        let partners = self.correspondences.partners(number);
        let address = |partner: usize| self.inhabitants[partner].person.address.clone();
        partners.into_iter().map(address).collect()
    }

    /// What a person answers to a letter of that kind, if anything.
    fn reply(
        &mut self,
        number: usize,
        letter: &[u8],
        headers: &Headers<'_>,
        kind: &str,
        woken: bool,
        at: Moment,
    ) -> Option<Reply> {
        match kind {
            "form" => self.replies_with_the_form(number),
            "missing" => self.replies_with_the_rest(number, headers),
            "complete" => {
                let inhabitant = &mut self.inhabitants[number];
                if inhabitant.habits.thanks && !inhabitant.has_thanked {
                    inhabitant.has_thanked = true;
                    let text = "Thank you very much! I am looking forward to it.\n";
                    return Some(Reply {
                        expects: Expects::Whatever,
                        ..Reply::words("thanks", text, &[])
                    });
                }
                self.asks_freely(number, kind)
            }
            "topic" => self
                .leaves(number, at)
                .or_else(|| self.wishes(number, at))
                .or_else(|| self.asks_freely(number, kind)),
            "check-in" => Some(match self.answers_freely(number) {
                Some(reply) => reply,
                None => self.answers_check_in(number, at),
            }),
            "unclear" => self.says_it_again(number, at),
            "confirm" => self.confirms(number, at),
            "are-you-there" => Some(self.says_that_they_are_there(number, woken, at)),
            "still-with-us" => Some(Reply {
                expects: Expects::AnyAnswer,
                ..Reply::words("still-with-us", "Yes, I am still in.\n", &[])
            }),
            "survey" => Some(Reply {
                what: "survey".into(),
                words: Answering::Survey(self.survey_of(headers)?),
                expects: Expects::Answer(&["answers-kept"]),
            }),
            _ => self.chooses(number, letter, kind, woken),
        }
    }

    pub(super) fn replies_with_the_form(&mut self, number: usize) -> Option<Reply> {
        let inhabitant = &mut self.inhabitants[number];
        if inhabitant.habits.never_finishing || inhabitant.forms_sent >= 2 {
            return None;
        }
        inhabitant.forms_sent += 1;
        let answered = inhabitant
            .person
            .answers
            .keys()
            .filter(|id| !inhabitant.left_out.contains(*id))
            .cloned()
            .collect();
        Some(Reply {
            what: "form".into(),
            words: Answering::Form(answered),
            expects: Expects::Answer(&["complete", "missing", "capped"]),
        })
    }

    pub(super) fn replies_with_the_rest(
        &mut self,
        number: usize,
        headers: &Headers<'_>,
    ) -> Option<Reply> {
        // A reminder may cross the answer to the letter before it, and has misread nothing.
        let answers_a_form = self.mailboxes.knows(&headers.ids("in-reply-to"));
        let inhabitant = &mut self.inhabitants[number];
        if inhabitant.habits.never_finishing || inhabitant.corrections_sent >= 3 {
            return None;
        }
        inhabitant.corrections_sent += 1;
        let questions = if inhabitant.left_out.is_empty() {
            // They wrote all of it already: something was not understood, so they write all of it again.
            self.mailboxes.misread_forms += u64::from(answers_a_form);
            inhabitant.person.answers.keys().cloned().collect()
        } else {
            std::mem::take(&mut inhabitant.left_out)
        };
        Some(Reply {
            what: "form-rest".into(),
            words: Answering::Form(questions),
            expects: Expects::Answer(&["complete", "missing", "capped"]),
        })
    }

    pub(super) fn leaves(&mut self, number: usize, at: Moment) -> Option<Reply> {
        let inhabitant = &mut self.inhabitants[number];
        if inhabitant.has_said_goodbye
            || inhabitant.habits.withdraws_at.is_none_or(|from| from > at)
        {
            return None;
        }
        inhabitant.has_said_goodbye = true;
        inhabitant.last_choice = None;
        inhabitant.ends_it = true;
        inhabitant.meant = Some("withdraw".into());
        let text = inhabitant.dice.one_of(&[
            "I am sorry, but I have to withdraw from the programme. My workload has changed.\n",
            "Unfortunately I have to stop. Please take me off the programme.\n",
            "Dear all, I need to withdraw, please. I am changing jobs next week.\n",
        ]);
        Some(Reply::words("withdraw", text, &["withdrawn"]))
    }

    pub(super) fn answers_check_in(&mut self, number: usize, at: Moment) -> Reply {
        let partners = self.correspondences.partners(number);
        let lives = Lives(&self.inhabitants);
        let heard: Vec<usize> = partners
            .iter()
            .copied()
            .filter(|&partner| self.correspondences.has_heard(number, partner, at, &lives))
            .collect();
        let partner_is_slow = heard
            .iter()
            .any(|&partner| self.inhabitants[partner].habits.slow);
        let inhabitant = &mut self.inhabitants[number];
        inhabitant.check_ins += 1;
        let habits = &inhabitant.habits;
        let choice = if habits.withdraws_at.is_some_and(|from| from <= at) {
            5
        } else if heard.is_empty() {
            3
        } else if habits.poor_fit && inhabitant.check_ins >= 2 && !inhabitant.has_said_unfit {
            inhabitant.has_said_unfit = true;
            inhabitant.ends_it = true;
            4
        } else if habits.needs_help && inhabitant.check_ins >= 2 && !inhabitant.has_asked_help {
            inhabitant.has_asked_help = true;
            6
        } else if (habits.slow || partner_is_slow) && inhabitant.dice.chance(0.7) {
            2
        } else {
            1
        };
        if choice == 5 {
            inhabitant.leaving_since = Some(at);
            inhabitant.ends_it = true;
        }
        inhabitant.last_choice = Some(choice);
        let marker = marker(number);
        let english = self.language.starts_with("en");
        let text = check_in_words(
            choice,
            &marker,
            inhabitant.person.tongue(),
            english,
            &mut inhabitant.dice,
        );
        Reply {
            what: format!("check-in-{choice}"),
            words: Answering::Words(Words::New(format!("{text}\n"))),
            expects: Expects::Answer(rightly_answers_choice(choice)),
        }
    }

    pub(super) fn says_that_they_are_there(
        &mut self,
        number: usize,
        woken: bool,
        at: Moment,
    ) -> Reply {
        let inhabitant = &mut self.inhabitants[number];
        let away = inhabitant
            .habits
            .holiday
            .filter(|holiday| holiday.from <= at && at < holiday.until);
        if inhabitant
            .habits
            .withdraws_at
            .is_some_and(|from| from <= at)
        {
            inhabitant.leaving_since = Some(at);
            inhabitant.ends_it = true;
            inhabitant.last_choice = Some(3);
            return Reply::words("are-you-there-3", "3\n", &["withdrawn"]);
        }
        if let Some(holiday) = away {
            inhabitant.last_choice = Some(2);
            let text = away_words(holiday.back_on, &mut inhabitant.dice);
            return Reply::words("are-you-there-2", &text, &["good-to-hear"]);
        }
        inhabitant.last_choice = Some(1);
        let english = self.language.starts_with("en");
        let text = if !english {
            "1\n"
        } else if woken {
            "1\n\nI am so sorry, I was ill and then forgot. I will write today.\n"
        } else {
            inhabitant.dice.one_of(&[
                "1\n",
                "1 I'll write today\n",
                "1 - sorry, busy weeks! I will write to my partner today.\n",
                "I'll write today, promise.\n",
            ])
        };
        let reply = Reply::words("are-you-there-1", text, &["good-to-hear"]);
        self.correspondences.remind(number, at + Duration::hours(3));
        reply
    }

    /// Reads the introduction: who the partner is, and who should write first.
    pub(super) fn meets(
        &mut self,
        number: usize,
        letter: &[u8],
        headers: &Headers<'_>,
        at: Moment,
    ) {
        let text = searchable(letter, headers);
        let partners: BTreeSet<usize> = addresses_in(&text)
            .iter()
            .filter_map(|address| self.by_address.get(address).copied())
            .filter(|&other| other != number)
            .collect();
        if partners.is_empty() {
            return;
        }
        let quoted = as_quoted(letter, "", at);
        let body = quoted.map(|quoted| quoted.text).unwrap_or_default();
        let first = self.who_writes_first(number, &partners, &body);
        let inhabitant = &mut self.inhabitants[number];
        let days = if inhabitant.habits.slow {
            inhabitant.dice.between(3, 9)
        } else {
            inhabitant.dice.between(0, 2)
        };
        let manner = Manner {
            delay: Duration::days(days) + Duration::minutes(inhabitant.dice.between(30, 1200)),
            eager: !inhabitant.habits.slow,
        };
        for &partner in &partners {
            if self.correspondences.has_met(number, partner) {
                self.mailboxes
                    .met_twice
                    .push(headers.occasion().unwrap_or_default().to_string());
            }
            // In a trio, each pair has its own beginning.
            let first = first.filter(|first| *first == number || *first == partner);
            self.correspondences
                .introduce(number, partner, first, manner, at);
        }
    }

    /// The person whom the letter's words ask to write first: the sentence with "first" in it says who.
    pub(super) fn who_writes_first(
        &self,
        reader: usize,
        partners: &BTreeSet<usize>,
        text: &str,
    ) -> Option<usize> {
        const FIRST: [&str; 5] = [
            "write first",
            "writes first",
            "first letter",
            "primer",
            "premier",
        ];
        let flat = text.replace('\n', " ");
        let sentence = flat.split(['.', '!', '?']).find(|sentence| {
            let lower = sentence.to_lowercase();
            FIRST.iter().any(|word| lower.contains(word))
        })?;
        partners
            .iter()
            .copied()
            .find(|&partner| sentence.contains(&self.inhabitants[partner].person.given))
            .or(Some(reader))
    }
}
