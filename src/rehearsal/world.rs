//! The invented world: people who really answer the letters they get, by mail. It sees letters and nothing else of the
//! programme, and what it hands out are messages with the moment at which they arrive. Same seed, same letters in, same
//! bytes out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Duration, NaiveDate, Timelike};

use super::client::{self, Client, Draft, Quoted, Words};
use super::correspondence::{Alive, Correspondences, Manner};
use super::data::{COUNTRIES, OWN_QUESTIONS};
use super::dice::Dice;
use super::filling::{Filling, Way, fill, fill_survey};
use super::habits::{Habits, RoundDates, Shares, deal};
use super::letter::{Headers, addresses_in, as_quoted, link_for_choice, searchable};
use super::people::{Invention, Person, invent, people_by_country, usual_countries};
use super::responder::{Absence, Failure, Responder, System, absence, failure, written_date};
use super::tally::{Expects, Mailboxes, Received, Said};
use crate::programme::application::Form;
use crate::time::Moment;

/// A message in free words that somebody sends, once, and what they mean by it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct FreeMessage {
    pub text: String,
    /// BCP 47.
    pub lang: String,
    /// An intent by its name ("withdraw", "help"), as in `programme::event::Intent`.
    pub meant: String,
}

/// A coordinator of the programme, who is invented, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoordinatorMailbox {
    pub name: String,
    pub address: String,
    /// Whether they answer the proposal; one of several is enough.
    pub releases: bool,
}

/// Everything that a world is made from.
#[derive(Debug, Clone)]
pub struct WorldSettings<'a> {
    pub seed: u64,
    pub people: u32,
    /// How many countries they come from; by the number of people where none is given.
    pub countries: Option<u32>,
    /// ISO codes, where the people come from these countries alone.
    pub only_countries: Vec<String>,
    pub shares: Shares,
    pub programme_address: String,
    pub coordinators: Vec<CoordinatorMailbox>,
    pub dates: RoundDates,
    pub form: &'a Form,
    /// The language of the programme's letters.
    pub language: String,
    /// Dealt out to those who ask in free words; the world has a few of its own where there are none.
    pub free_messages: Vec<FreeMessage>,
}

/// A message on its way to the programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// When it arrives in the programme's mailbox.
    pub at: Moment,
    pub bytes: Vec<u8>,
    /// Envelope sender; none is the null sender of machines.
    pub from: Option<String>,
    /// Envelope recipient: the programme's address, perhaps with a token.
    pub to: String,
    /// A word for what it says, as in [`Said::what`].
    pub what: String,
}

impl Outgoing {
    /// The bytes as the programme's mail host stores them, with what a delivery adds.
    pub fn as_delivered(&self) -> Vec<u8> {
        let mut bytes = format!(
            "Return-Path: <{}>\r\nDelivered-To: {}\r\n",
            self.from.as_deref().unwrap_or_default(),
            self.to
        )
        .into_bytes();
        bytes.extend_from_slice(&self.bytes);
        bytes
    }
}

/// One person, their habits, and where they stand.
#[derive(Debug)]
struct Inhabitant {
    person: Person,
    habits: Habits,
    dice: Dice,
    responder: Responder,
    /// Questions left out of the first form.
    left_out: BTreeSet<String>,
    forms_sent: u32,
    corrections_sent: u32,
    /// They said that they leave; from the confirmation on, or a day later, nothing unprompted may come.
    leaving_since: Option<Moment>,
    /// They wrote in a sentence that they want to leave, and will give the word for it when asked.
    wants_out: bool,
    left: Option<Moment>,
    /// People whose address they have been given.
    knows: BTreeSet<usize>,
    /// The last number given to a check-in or an are-you-there letter.
    last_choice: Option<u8>,
    check_ins: u32,
    asked_if_there: u32,
    has_thanked: bool,
    has_asked_freely: bool,
    has_said_unfit: bool,
    has_asked_help: bool,
}

/// The world as a whole.
#[derive(Debug)]
pub struct World {
    form: Form,
    language: String,
    programme_address: String,
    dates: RoundDates,
    free_messages: Vec<FreeMessage>,
    inhabitants: Vec<Inhabitant>,
    by_address: HashMap<String, usize>,
    coordinators: Vec<CoordinatorMailbox>,
    coordinator_dice: Dice,
    released: BTreeSet<String>,
    correspondences: Correspondences,
    mailboxes: Mailboxes,
}

struct Lives<'a>(&'a [Inhabitant]);

impl Alive for Lives<'_> {
    fn writes_at(&self, person: usize, at: Moment) -> bool {
        let Some(inhabitant) = self.0.get(person) else {
            return false;
        };
        let habits = &inhabitant.habits;
        let past = |moment: Option<Moment>| moment.is_some_and(|moment| moment <= at);
        !past(habits.silent_from) && !past(habits.dead_from) && !past(inhabitant.leaving_since)
    }
}

/// Letters that come without having been asked for: none of them may reach somebody who left.
const UNPROMPTED: [&str; 9] = [
    "topic",
    "check-in",
    "introduction",
    "are-you-there",
    "closing",
    "survey",
    "mid-survey",
    "end-survey",
    "still-with-us",
];

/// The beginning of the words that are planted in free texts; each is followed by its owner's number in letters.
const MARKER: &[u8] = b"Vellor";

impl World {
    pub fn new(settings: WorldSettings<'_>) -> World {
        let people = settings.people as usize;
        let mut dice = Dice::new(settings.seed, u64::MAX);
        let habits = deal(people, &settings.shares, &settings.dates, &mut dice);
        let mut homes: Vec<usize> = Vec::with_capacity(people);
        let chosen = chosen_countries(&settings);
        for (&place, count) in chosen
            .iter()
            .zip(people_by_country(settings.people, &chosen))
        {
            homes.extend(std::iter::repeat_n(place, count as usize));
        }
        let order = dice.shuffled(people);
        let mut inhabitants = Vec::with_capacity(people);
        let mut by_address = HashMap::with_capacity(people * 2);
        for (number, habits) in habits.into_iter().enumerate() {
            let mut dice = Dice::new(settings.seed, number as u64);
            let what = Invention {
                number,
                form: settings.form,
                language: &settings.language,
                has_second_address: habits.has_second_address,
                has_wishes: habits.has_wishes,
            };
            let home = homes.get(order[number]).copied().unwrap_or(0);
            let person = invent(&what, &COUNTRIES[home], &mut dice);
            by_address.insert(person.address.clone(), number);
            if let Some(second) = &person.second_address {
                by_address.insert(second.clone(), number);
            }
            let left_out = if habits.incomplete_first {
                left_out(settings.form, &person, &mut dice)
            } else {
                BTreeSet::new()
            };
            inhabitants.push(Inhabitant {
                person,
                habits,
                dice,
                responder: Responder::default(),
                left_out,
                forms_sent: 0,
                corrections_sent: 0,
                leaving_since: None,
                wants_out: false,
                left: None,
                knows: BTreeSet::new(),
                last_choice: None,
                check_ins: 0,
                asked_if_there: 0,
                has_thanked: false,
                has_asked_freely: false,
                has_said_unfit: false,
                has_asked_help: false,
            });
        }
        let free_messages = if settings.free_messages.is_empty() {
            OWN_QUESTIONS
                .iter()
                .map(|text| FreeMessage {
                    text: (*text).into(),
                    lang: "en".into(),
                    meant: "help".into(),
                })
                .collect()
        } else {
            settings.free_messages
        };
        World {
            form: settings.form.clone(),
            language: settings.language,
            programme_address: settings.programme_address,
            dates: settings.dates,
            free_messages,
            inhabitants,
            by_address,
            coordinators: settings.coordinators,
            coordinator_dice: Dice::new(settings.seed, u64::MAX - 1),
            released: BTreeSet::new(),
            correspondences: Correspondences::default(),
            mailboxes: Mailboxes::default(),
        }
    }

    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.inhabitants.iter().map(|inhabitant| &inhabitant.person)
    }

    pub fn habits(&self) -> impl Iterator<Item = &Habits> {
        self.inhabitants.iter().map(|inhabitant| &inhabitant.habits)
    }

    /// How many countries the people come from.
    pub fn countries(&self) -> usize {
        let codes: BTreeSet<&str> = self.people().map(|person| person.country.code).collect();
        codes.len()
    }

    pub fn mailboxes(&self) -> &Mailboxes {
        &self.mailboxes
    }

    /// Whom a person is in a partnership with, as far as their letters told them.
    pub fn partners_of(&self, person: usize) -> Vec<usize> {
        self.correspondences.partners(person)
    }

    /// The first messages of all people, in the order in which they arrive: spread over the weeks in which
    /// applications are taken, and many of them in the last days.
    pub fn applications(&mut self) -> Vec<Outgoing> {
        let mut messages: Vec<(Moment, usize, Outgoing)> = Vec::new();
        for number in 0..self.inhabitants.len() {
            let at = self.applies_at(number);
            let words = self.first_words(number);
            let to = self.programme_address.clone();
            let subject = {
                let dice = &mut self.inhabitants[number].dice;
                dice.one_of(&[
                    "Application",
                    "I would like to take part",
                    "Peer mentoring programme",
                    "apply",
                    "Joining the next round",
                    "Question about taking part",
                ])
                .to_string()
            };
            let message = self.write(
                number,
                at,
                Message {
                    to: &to,
                    subject: &subject,
                    answered: None,
                    words: &words,
                    what: "apply",
                    expects: Expects::Answer(&["form", "missing", "complete"]),
                },
            );
            messages.push((at, number, message));
        }
        messages.sort_by_key(|(at, number, _)| (*at, *number));
        messages
            .into_iter()
            .map(|(_, _, message)| message)
            .collect()
    }

    /// A letter arrives in somebody's mailbox: what they, their mail host or their responder send back, and when.
    pub fn receive(
        &mut self,
        letter: &[u8],
        envelope_to: &str,
        envelope_from: Option<&str>,
        at: Moment,
    ) -> Vec<Outgoing> {
        let headers = Headers::of(letter);
        let kind = headers.kind();
        let occasion = headers
            .occasion()
            .map(String::from)
            .or_else(|| headers.ids("message-id").first().map(|id| (*id).into()))
            .unwrap_or_default();
        let to = envelope_to.to_ascii_lowercase();
        let received = Received {
            occasion: occasion.clone(),
            sha256: Mailboxes::hash(letter),
            to: to.clone(),
            at,
        };
        if let Some(place) = self
            .coordinators
            .iter()
            .position(|coordinator| coordinator.address.eq_ignore_ascii_case(&to))
        {
            self.mailboxes.put(received, kind);
            let answered = headers.ids("in-reply-to");
            self.mailboxes.answer(&answered, kind, &occasion);
            return self.coordinator_reads(place, letter, &headers, kind, at);
        }
        let Some(&number) = self.by_address.get(&to) else {
            self.mailboxes.misdirected.push(received);
            return Vec::new();
        };
        let inhabitant = &self.inhabitants[number];
        let dead = inhabitant.habits.dead_from.is_some_and(|from| from <= at)
            && to == inhabitant.person.address;
        if dead {
            self.mailboxes.refused.push(received);
            return self.bounce(number, letter, &headers, &to, envelope_from, at);
        }
        self.mailboxes.put(received, kind);
        self.inspect(number, letter, &headers, kind, &occasion, at);

        let mut answers = Vec::new();
        answers.extend(self.absence(number, &headers, envelope_from, at));
        answers.extend(self.reads(number, letter, &headers, kind, &to, at));
        answers
    }

    // ---- what the world looks for in every letter

    fn inspect(
        &mut self,
        number: usize,
        letter: &[u8],
        headers: &Headers<'_>,
        kind: &str,
        occasion: &str,
        at: Moment,
    ) {
        let prompted = self
            .mailboxes
            .answer(&headers.ids("in-reply-to"), kind, occasion);

        let inhabitant = &mut self.inhabitants[number];
        let confirmed = ["withdrawn", "stopped", "forgotten"].contains(&kind);
        if confirmed && inhabitant.wants_out {
            inhabitant.leaving_since.get_or_insert(at);
        }
        if let Some(leaving) = inhabitant.leaving_since {
            if confirmed {
                inhabitant.left.get_or_insert(at);
            }
            let left = inhabitant
                .left
                .map_or(leaving + Duration::days(1), |left| left)
                .min(leaving + Duration::days(1));
            if at > left && !prompted && UNPROMPTED.contains(&kind) {
                self.mailboxes.mailed_after_leaving.push(occasion.into());
            }
        }

        let text = searchable(letter, headers);
        let found = addresses_in(&text);
        let others: BTreeSet<usize> = found
            .iter()
            .filter_map(|address| self.by_address.get(address).copied())
            .filter(|&other| other != number)
            .collect();
        if kind == "introduction" {
            self.inhabitants[number].knows.extend(others);
        } else if others
            .iter()
            .any(|other| !self.inhabitants[number].knows.contains(other))
        {
            self.mailboxes.revealed.push(occasion.into());
        }
        if markers(&text).any(|owner| owner != number) {
            self.mailboxes.revealed.push(occasion.into());
        }
    }

    // ---- machines

    fn bounce(
        &mut self,
        number: usize,
        letter: &[u8],
        headers: &Headers<'_>,
        recipient: &str,
        envelope_from: Option<&str>,
        at: Moment,
    ) -> Vec<Outgoing> {
        // A letter with the null sender is dropped: nobody is told (RFC 5321 section 6.1).
        let Some(to) = envelope_from.filter(|from| !from.is_empty()) else {
            return Vec::new();
        };
        let inhabitant = &mut self.inhabitants[number];
        let sent = at + Duration::seconds(inhabitant.dice.between(20, 900));
        let host = recipient.rsplit('@').next().unwrap_or("mail.example");
        let message_id = format!("{:016x}@{host}", inhabitant.dice.bits());
        let bytes = failure(&Failure {
            letter,
            headers,
            recipient,
            to,
            message_id: &message_id,
            at: sent,
            full: number.is_multiple_of(5),
        });
        self.mailboxes.say(
            &message_id,
            Said {
                person: Some(number),
                what: "bounce".into(),
                at: sent,
                expects: Expects::Silence,
                answered: None,
            },
        );
        vec![Outgoing {
            at: sent,
            bytes,
            from: None,
            to: to.to_string(),
            what: "bounce".into(),
        }]
    }

    fn absence(
        &mut self,
        number: usize,
        headers: &Headers<'_>,
        envelope_from: Option<&str>,
        at: Moment,
    ) -> Option<Outgoing> {
        let inhabitant = &mut self.inhabitants[number];
        let holiday = inhabitant.habits.holiday?;
        if at < holiday.from || at >= holiday.until {
            return None;
        }
        let person = &inhabitant.person;
        let mut own = vec![person.address.as_str()];
        own.extend(person.second_address.as_deref());
        if !inhabitant
            .responder
            .answers(headers, envelope_from, &own, at)
        {
            return None;
        }
        let to = envelope_from?;
        let sent = at + Duration::seconds(inhabitant.dice.between(2, 60));
        let message_id = format!(
            "{:016x}@{}",
            inhabitant.dice.bits(),
            host_of(&person.address)
        );
        let subject = headers.get("subject").unwrap_or_default();
        // An encoded subject is not taken over: responders differ, and none decodes it wrongly this way.
        let subject = if subject.contains("=?") { "" } else { subject };
        let bytes = absence(&Absence {
            from_name: &person.name,
            from_address: &person.address,
            to,
            subject: &unfolded(subject),
            message_id: &message_id,
            answers: headers.ids("message-id").first().copied(),
            at: sent,
            zone: person.zone,
            tongue: person.tongue(),
            back_on: holiday.back_on,
            system: match inhabitant.habits.client {
                Client::Outlook => System::Exchange,
                Client::Gmail => System::Gmail,
                _ => System::Sieve,
            },
        });
        let to = to.to_string();
        self.mailboxes.say(
            &message_id,
            Said {
                person: Some(number),
                what: "auto-reply".into(),
                at: sent,
                expects: Expects::Silence,
                answered: None,
            },
        );
        Some(Outgoing {
            at: sent,
            bytes,
            from: None,
            to,
            what: "auto-reply".into(),
        })
    }

    // ---- people

    /// What a person does about a letter.
    fn reads(
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
        if [
            "place-given",
            "partnership-ended",
            "new-partner",
            "withdrawn",
            "closing",
        ]
        .contains(&kind)
        {
            self.correspondences.end(number);
        }
        let answered_at = self.answers_at(number, kind, at);
        let firm_letter_wakes = kind == "are-you-there" && {
            let inhabitant = &mut self.inhabitants[number];
            inhabitant.asked_if_there += 1;
            let wakes = inhabitant.habits.returns
                && inhabitant.asked_if_there >= 2
                && inhabitant
                    .habits
                    .silent_from
                    .is_some_and(|from| from <= answered_at);
            if wakes {
                inhabitant.habits.silent_from = None;
            }
            wakes
        };
        let silent = self.inhabitants[number]
            .habits
            .silent_from
            .is_some_and(|from| from <= answered_at);
        let gone = self.inhabitants[number].leaving_since.is_some();
        if silent || gone {
            return Vec::new();
        }
        let Some(reply) = self.reply(number, kind, firm_letter_wakes, answered_at) else {
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
            Answering::Survey => {
                let dice = &mut self.inhabitants[number].dice;
                match fill_survey(&quoted.text, dice) {
                    Some(lines) => Words::InQuote {
                        above: "Here are my answers.\n".into(),
                        lines,
                    },
                    None => return Vec::new(),
                }
            }
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
            },
        );
        vec![message]
    }

    /// What a person answers to a letter of that kind, if anything.
    fn reply(&mut self, number: usize, kind: &str, woken: bool, at: Moment) -> Option<Reply> {
        match kind {
            "form" => self.replies_with_the_form(number),
            "missing" => self.replies_with_the_rest(number),
            "complete" => {
                let inhabitant = &mut self.inhabitants[number];
                if inhabitant.habits.thanks && !inhabitant.has_thanked {
                    inhabitant.has_thanked = true;
                    let text = "Thank you very much! I am looking forward to it.\n";
                    let mut reply = Reply::words("thanks", text, &[]);
                    reply.expects = Expects::Whatever;
                    return Some(reply);
                }
                self.asks_freely(number, kind, at)
            }
            "topic" => self
                .leaves(number, at)
                .or_else(|| self.asks_freely(number, kind, at)),
            "check-in" => Some(self.answers_check_in(number, at)),
            "unclear" => self.says_it_again(number, at),
            "are-you-there" => Some(self.says_that_they_are_there(number, woken, at)),
            "still-with-us" => Some(Reply::words(
                "still-with-us",
                "Yes, I am still in.\n",
                ANYTHING,
            )),
            _ if kind.contains("survey") => Some(Reply {
                what: "survey".into(),
                words: Answering::Survey,
                expects: Expects::Answer(ANYTHING),
            }),
            _ => None,
        }
    }

    fn replies_with_the_form(&mut self, number: usize) -> Option<Reply> {
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

    fn replies_with_the_rest(&mut self, number: usize) -> Option<Reply> {
        let inhabitant = &mut self.inhabitants[number];
        if inhabitant.habits.never_finishing || inhabitant.corrections_sent >= 3 {
            return None;
        }
        inhabitant.corrections_sent += 1;
        let questions = if inhabitant.left_out.is_empty() {
            // They wrote all of it already: something was not understood, so they write all of it again.
            self.mailboxes.misread_forms += 1;
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

    fn leaves(&mut self, number: usize, at: Moment) -> Option<Reply> {
        let inhabitant = &mut self.inhabitants[number];
        if inhabitant.wants_out || inhabitant.habits.withdraws_at.is_none_or(|from| from > at) {
            return None;
        }
        inhabitant.wants_out = true;
        let text = inhabitant.dice.one_of(&[
            "I am sorry, but I have to withdraw from the programme. My workload has changed.\n",
            "Unfortunately I have to stop. Please take me off the programme.\n",
            "Dear all, I need to withdraw, please. I am changing jobs next week.\n",
        ]);
        Some(Reply::words("withdraw", text, &["withdrawn", "unclear"]))
    }

    fn asks_freely(&mut self, number: usize, kind: &str, at: Moment) -> Option<Reply> {
        let inhabitant = &mut self.inhabitants[number];
        let place = inhabitant.habits.free_words?;
        let wants_now = (kind == "complete") == (place % 3 == 0);
        if inhabitant.has_asked_freely || !wants_now || self.free_messages.is_empty() {
            return None;
        }
        inhabitant.has_asked_freely = true;
        let message = &self.free_messages[place % self.free_messages.len()];
        let text = format!(
            "{}\n\n{}\n",
            message.text.trim_end(),
            inhabitant.person.given
        );
        let what = format!("free-{}", message.meant);
        let expects = Expects::Answer(rightly_answers(&message.meant));
        match message.meant.as_str() {
            "withdraw" => inhabitant.wants_out = true,
            "stop" | "forget-me" => inhabitant.leaving_since = Some(at),
            _ => {}
        }
        Some(Reply {
            what,
            words: Answering::Words(Words::New(text)),
            expects,
        })
    }

    fn answers_check_in(&mut self, number: usize, at: Moment) -> Reply {
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
        }
        inhabitant.last_choice = Some(choice);
        let marker = marker(number);
        let english = self.language.starts_with("en");
        let text = check_in_words(choice, &marker, english, &mut inhabitant.dice);
        Reply {
            what: format!("check-in-{choice}"),
            words: Answering::Words(Words::New(format!("{text}\n"))),
            expects: Expects::Answer(match choice {
                1 | 2 => &["going-well"],
                3 => &["partner-asked"],
                4 => &["new-partner"],
                5 => &["withdrawn"],
                _ => &["person-will-answer"],
            }),
        }
    }

    /// The question came back as not understood: the bare number this time.
    fn says_it_again(&mut self, number: usize, at: Moment) -> Option<Reply> {
        let inhabitant = &mut self.inhabitants[number];
        if inhabitant.wants_out {
            inhabitant.leaving_since = Some(at);
            return Some(Reply::words("withdraw-word", "withdraw\n", &["withdrawn"]));
        }
        let choice = inhabitant.last_choice.take()?;
        Some(Reply::words("again", &format!("{choice}\n"), ANYTHING))
    }

    fn says_that_they_are_there(&mut self, number: usize, woken: bool, at: Moment) -> Reply {
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
    fn meets(&mut self, number: usize, letter: &[u8], headers: &Headers<'_>, at: Moment) {
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
            // In a trio, each pair has its own beginning.
            let first = first.filter(|first| *first == number || *first == partner);
            self.correspondences
                .introduce(number, partner, first, manner, at);
        }
    }

    /// The person whom the letter's words ask to write first: the sentence with "first" in it says who.
    fn who_writes_first(
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

    // ---- when

    /// When somebody writes for the first time.
    fn applies_at(&mut self, number: usize) -> Moment {
        let RoundDates {
            opens, deadline, ..
        } = self.dates;
        let inhabitant = &mut self.inhabitants[number];
        let dice = &mut inhabitant.dice;
        let window = (deadline - opens).num_minutes().max(60);
        let at = if inhabitant.habits.late {
            deadline + Duration::minutes(dice.between(6 * 60, 4 * 24 * 60))
        } else {
            let needs_time = inhabitant.habits.slow || inhabitant.habits.incomplete_first;
            // The last hours are left for the answers.
            let last = window - if needs_time { 5 * 24 * 60 } else { 36 * 60 };
            let last = last.max(window / 4);
            let rush = dice.weighted(&[0.4, 0.35, 0.25]);
            let first = match rush {
                0 => 0,
                1 => last - 6 * 24 * 60,
                _ => last - 3 * 24 * 60,
            };
            opens + Duration::minutes(dice.between(first.max(0), last))
        };
        let at = at + Duration::seconds(dice.between(0, 59));
        awake(at, inhabitant.person.zone)
    }

    /// When somebody answers a letter that came at `at`.
    fn answers_at(&mut self, number: usize, kind: &str, at: Moment) -> Moment {
        let deadline = self.dates.deadline;
        let inhabitant = &mut self.inhabitants[number];
        let dice = &mut inhabitant.dice;
        let minutes = if inhabitant.habits.slow {
            dice.between(24 * 60, 6 * 24 * 60)
        } else {
            match dice.weighted(&[0.3, 0.5, 0.2]) {
                0 => dice.between(5, 90),
                1 => dice.between(90, 14 * 60),
                _ => dice.between(14 * 60, 44 * 60),
            }
        };
        let mut when = at + Duration::minutes(minutes) + Duration::seconds(dice.between(0, 59));
        if let Some(holiday) = inhabitant.habits.holiday
            && holiday.from <= when
            && when < holiday.until
        {
            // The first days back are for old mail.
            when = holiday.until + Duration::minutes(dice.between(60, 30 * 60));
        }
        let when = awake(when, inhabitant.person.zone);
        let has_a_deadline = ["form", "missing"].contains(&kind) && !inhabitant.habits.late;
        if has_a_deadline && at < deadline && when + Duration::hours(2) > deadline {
            let left = (deadline - at).num_seconds();
            return at + Duration::seconds(dice.between(left / 20, left * 3 / 5));
        }
        when
    }

    // ---- writing

    fn first_words(&mut self, number: usize) -> Words {
        let inhabitant = &mut self.inhabitants[number];
        let person = &inhabitant.person;
        let text = inhabitant.dice.one_of(&[
            "Hello,\n\nI would like to apply for the programme. Please send me the form.",
            "apply",
            "Dear coordinators,\n\na colleague told me about the mentoring programme. How can I take part?",
            "Hi! I'd like to join the next round.",
            "Good morning,\n\nplease sign me up for the peer mentoring programme.",
            "Dear team,\n\nI read about your programme in a newsletter and would love to apply.",
        ]);
        let home = person.country.name;
        Words::New(format!("{text}\n\n{}\n{home}\n", person.name))
    }

    fn filled(&mut self, number: usize, questions: &BTreeSet<String>, quoted: &Quoted) -> Words {
        let inhabitant = &mut self.inhabitants[number];
        let dice = &mut inhabitant.dice;
        let way = if !dice.chance(inhabitant.habits.client.fills_in_the_quote()) {
            Way::RetypedAbove
        } else if dice.chance(0.12) {
            Way::DeletingOthers
        } else {
            Way::OnTheLines
        };
        let greeting = dice.one_of(&["Hello,", "Dear coordinators,", "Hi,", "Dear all,"]);
        let sign_off = dice.one_of(&["Best wishes,", "Kind regards,", "Thanks!", "Regards"]);
        let mut farewell = format!("{sign_off}\n{}", inhabitant.person.given);
        if dice.chance(0.1) {
            farewell.push_str(&format!(
                "\n\n-- \n{}\nLibrarian, {}\nThis message may contain confidential information.",
                inhabitant.person.name, inhabitant.person.city
            ));
        }
        let filling = Filling {
            person: &inhabitant.person,
            form: &self.form,
            language: &self.language,
            questions: questions.iter().map(String::as_str).collect(),
            way,
            greeting,
            farewell: &farewell,
        };
        fill(&filling, &quoted.text, dice)
    }

    /// Writes a message and notes that it was said.
    fn write(&mut self, number: usize, at: Moment, message: Message<'_>) -> Outgoing {
        let inhabitant = &mut self.inhabitants[number];
        let person = &inhabitant.person;
        // People answer from the mailbox in which a letter lies.
        let from = match (message.answered, &person.second_address) {
            (Some(letter), Some(second)) if letter.to_address == *second => second,
            _ => &person.address,
        };
        let message_id = format!(
            "{:016x}{:08x}@{}",
            inhabitant.dice.bits(),
            number,
            host_of(from)
        );
        let bytes = client::write(
            inhabitant.habits.client,
            &Draft {
                from_name: &person.name,
                from_address: from,
                to: message.to,
                subject: message.subject,
                at,
                zone: person.zone,
                tongue: person.tongue(),
                message_id: &message_id,
                answered: message.answered,
                words: message.words,
            },
        );
        let outgoing = Outgoing {
            at,
            bytes,
            from: Some(from.to_string()),
            to: message.to.to_string(),
            what: message.what.to_string(),
        };
        self.mailboxes.say(
            &message_id,
            Said {
                person: Some(number),
                what: message.what.to_string(),
                at,
                expects: message.expects,
                answered: None,
            },
        );
        outgoing
    }

    // ---- coordinators

    /// The coordinator who releases answers the proposal with `ok`, once for each; all else is only read.
    fn coordinator_reads(
        &mut self,
        place: usize,
        letter: &[u8],
        headers: &Headers<'_>,
        kind: &str,
        at: Moment,
    ) -> Vec<Outgoing> {
        let coordinator = &self.coordinators[place];
        if kind != "proposal" || !coordinator.releases {
            return Vec::new();
        }
        // A reminder of the same proposal needs no second answer.
        let id = headers.occasion().unwrap_or_default().to_string();
        if !self.released.insert(id) {
            return Vec::new();
        }
        let (Some(to), Some(quoted)) = (
            headers.answers_go_to(),
            as_quoted(letter, &coordinator.address, at),
        ) else {
            return Vec::new();
        };
        let sent = at + Duration::minutes(self.coordinator_dice.between(90, 9 * 60));
        let message_id = format!(
            "{:016x}@{}",
            self.coordinator_dice.bits(),
            host_of(&coordinator.address)
        );
        let words = Words::New("ok\n".into());
        let bytes = client::write(
            Client::Gmail,
            &Draft {
                from_name: &coordinator.name,
                from_address: &coordinator.address,
                to: &to,
                subject: "",
                at: sent,
                zone: chrono_tz::UTC,
                tongue: "en",
                message_id: &message_id,
                answered: Some(&quoted),
                words: &words,
            },
        );
        let from = Some(coordinator.address.clone());
        self.mailboxes.say(
            &message_id,
            Said {
                person: None,
                what: "proposal-ok".into(),
                at: sent,
                expects: Expects::Answer(&["command-done"]),
                answered: None,
            },
        );
        vec![Outgoing {
            at: sent,
            bytes,
            from,
            to,
            what: "proposal-ok".into(),
        }]
    }

    /// What people said, by kind, for a table at the end.
    pub fn answers(&self) -> &BTreeMap<String, u64> {
        &self.mailboxes.answers
    }
}

/// A message about to be written.
struct Message<'a> {
    to: &'a str,
    subject: &'a str,
    answered: Option<&'a Quoted>,
    words: &'a Words,
    what: &'a str,
    expects: Expects,
}

/// What a person answers.
struct Reply {
    what: String,
    words: Answering,
    expects: Expects,
}

enum Answering {
    Words(Words),
    /// These questions of the application form.
    Form(BTreeSet<String>),
    Survey,
}

/// Where any letter is a right answer: all kinds that answer people at all.
const ANYTHING: &[&str] = &[
    "complete",
    "missing",
    "going-well",
    "partner-asked",
    "good-to-hear",
    "new-partner",
    "withdrawn",
    "person-will-answer",
    "unclear",
];

impl Reply {
    fn words(what: &str, text: &str, rightly: &'static [&'static str]) -> Reply {
        Reply {
            what: what.into(),
            words: Answering::Words(Words::New(text.into())),
            expects: Expects::Answer(rightly),
        }
    }
}

/// The kinds of letters that are right answers to what was meant.
fn rightly_answers(meant: &str) -> &'static [&'static str] {
    match meant {
        "apply" => &["form", "missing", "complete"],
        "stop" => &["stopped"],
        "withdraw" => &["withdrawn", "unclear"],
        "pause" => &["paused"],
        "new-partner" => &["new-partner"],
        "topics-off" => &["topics-off"],
        "my-data" => &["my-data"],
        "forget-me" => &["forgotten", "forget-me"],
        "concern" => &["person-will-answer", "concern"],
        "answer" => ANYTHING,
        _ => &["person-will-answer", "unclear"],
    }
}

/// Places in the list of countries: those that are asked for, else as many as so many people come from.
fn chosen_countries(settings: &WorldSettings<'_>) -> Vec<usize> {
    if !settings.only_countries.is_empty() {
        let wanted: Vec<usize> = COUNTRIES
            .iter()
            .enumerate()
            .filter(|(_, country)| {
                settings
                    .only_countries
                    .iter()
                    .any(|code| code.eq_ignore_ascii_case(country.code))
            })
            .map(|(place, _)| place)
            .collect();
        if !wanted.is_empty() {
            return wanted;
        }
    }
    let count = settings
        .countries
        .unwrap_or_else(|| usual_countries(settings.people)) as usize;
    let count = count
        .min(COUNTRIES.len())
        .min(settings.people.max(1) as usize)
        .max(1);
    (0..count).collect()
}

/// One or two required answers that somebody forgets at first.
fn left_out(form: &Form, person: &Person, dice: &mut Dice) -> BTreeSet<String> {
    let required: Vec<&str> = form
        .questions
        .iter()
        .filter(|question| question.required && person.answers.contains_key(&question.id))
        .map(|question| question.id.as_str())
        .collect();
    let mut out = BTreeSet::new();
    if !required.is_empty() {
        out.insert(dice.one_of(&required).to_string());
        if dice.chance(0.3) {
            out.insert(dice.one_of(&required).to_string());
        }
    }
    out
}

fn check_in_words(choice: u8, marker: &str, english: bool, dice: &mut Dice) -> String {
    if !english {
        return choice.to_string();
    }
    let long = match choice {
        1 => "1\n\nWe had a first call and talk about our projects MARKER.",
        2 => "2\n\nWe write every few weeks, mostly about MARKER.",
        3 => "3\n\nI wrote twice and told them about MARKER, but nothing came.",
        4 => "4\n\nWe have little in common, and MARKER did not interest my partner.",
        5 => "5\n\nI am sorry. The work on MARKER takes all my time now.",
        _ => "6\n\nI am not sure how to go on, could somebody advise me about MARKER?",
    };
    let short: [&str; 4] = match choice {
        1 => [
            "1",
            "1 going well",
            "1.",
            "We are in touch and it is going well.",
        ],
        2 => [
            "2",
            "2 slow, but in touch",
            "(2)",
            "2 - a bit slow, but we are in touch",
        ],
        3 => [
            "3",
            "3 I have not heard from my partner",
            "3.",
            "I have not heard from my partner yet.",
        ],
        4 => [
            "4",
            "4 we are not a good fit",
            "4.",
            "We are not a good fit, I would like someone else.",
        ],
        5 => ["5", "5 I have to stop", "5.", "I have to stop, sorry."],
        _ => ["6", "6 I need help", "6.", "6 - please help"],
    };
    if dice.chance(0.35) {
        long.replace("MARKER", marker)
    } else {
        dice.one_of(&short).to_string()
    }
}

fn away_words(back_on: NaiveDate, dice: &mut Dice) -> String {
    match dice.index(3) {
        0 => format!("2 I am away until {back_on}\n"),
        1 => format!("2\n\nI am away until {}.\n", written_date("en", back_on)),
        _ => format!("2 - away until {}\n", written_date("en", back_on)),
    }
}

/// A word that only this person writes, so that it is known where it is read.
fn marker(person: usize) -> String {
    let mut word = String::from_utf8_lossy(MARKER).into_owned();
    let mut rest = person;
    for _ in 0..4 {
        word.push(char::from(b'a' + (rest % 26) as u8));
        rest /= 26;
    }
    word
}

/// Whose planted words stand in a text.
fn markers(text: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(text, MARKER).filter_map(move |at| {
        let letters = text.get(at + MARKER.len()..at + MARKER.len() + 4)?;
        letters.iter().rev().try_fold(0usize, |number, letter| {
            letter
                .is_ascii_lowercase()
                .then(|| number * 26 + usize::from(letter - b'a'))
        })
    })
}

fn host_of(address: &str) -> &str {
    address.rsplit('@').next().unwrap_or(address)
}

fn unfolded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Nobody writes at night: the same moment, or the morning after.
fn awake(at: Moment, zone: chrono_tz::Tz) -> Moment {
    let hour = i64::from(at.with_timezone(&zone).hour());
    if (7..=22).contains(&hour) {
        at
    } else {
        at + Duration::hours((31 - hour) % 24)
    }
}
