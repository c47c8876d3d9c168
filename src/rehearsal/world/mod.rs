//! The invented world: people who really answer the letters they get, by mail. It sees letters and nothing else of the
//! programme, and what it hands out are messages with the moment at which they arrive. Same seed, same letters in, same
//! bytes out.
//!
//! [`answers`] is what people do about a letter, [`choices`] what they do where a letter leaves them a choice, [`asking`]
//! what they say in words of their own or by an exact word, [`hours`] when they write, [`writing`] and [`words`] how;
//! [`machines`] and [`coordinators`] answer in their own ways, and [`watching`] looks at every letter for what must not
//! be.

mod answers;
mod asking;
mod choices;
mod coordinators;
mod hours;
mod machines;
mod watching;
mod words;
mod writing;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

pub use asking::FreeMessage;

use super::correspondence::{Alive, Correspondences};
use super::data::{COUNTRIES, OWN_QUESTIONS};
use super::dice::Dice;
use super::habits::{Habits, RoundDates, Shares, Wish, deal};
use super::letter::Headers;
use super::people::{Invention, Person, invent, people_by_country, usual_countries};
use super::responder::Responder;
use super::tally::{Expects, Mailboxes, Received};
use crate::programme::application::Form;
use crate::programme::settings::Survey;
use crate::time::Moment;
use answers::{Answering, Reply};
use coordinators::Desk;
use writing::Message;

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
    /// The round that is rehearsed, and the one after it where there is one.
    pub rounds: Vec<RoundDates>,
    pub form: &'a Form,
    pub surveys: &'a [Survey],
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
    /// A word for what it says, as in `tally::Said`.
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
    /// Place of their first round in the world's list.
    round: usize,
    dice: Dice,
    responder: Responder,
    /// Questions left out of the first form.
    left_out: BTreeSet<String>,
    forms_sent: u32,
    corrections_sent: u32,
    /// They said that they leave; from the confirmation on, or a day later, nothing unprompted may come.
    leaving_since: Option<Moment>,
    left: Option<Moment>,
    /// The kind of the letter that confirmed it.
    left_by: Option<String>,
    /// What they said in a sentence, by the intent's name: they will give the word for it when asked.
    meant: Option<String>,
    /// What they will be asked to confirm.
    to_confirm: Option<String>,
    /// They said or did something after which a partnership may rightly end.
    ends_it: bool,
    /// Since when they wait for a partner.
    freed: Option<Moment>,
    /// People whose address they have been given.
    knows: BTreeSet<usize>,
    /// The last number given to a check-in or an are-you-there letter.
    last_choice: Option<u8>,
    check_ins: u32,
    asked_if_there: u32,
    has_said_goodbye: bool,
    has_thanked: bool,
    has_asked_freely: bool,
    has_said_unfit: bool,
    has_asked_help: bool,
    has_wished: bool,
    has_said_why: bool,
    has_written_from_elsewhere: bool,
    has_replied_to_all: bool,
    /// The break that they have asked for, and whether it has been confirmed: until it is over nothing may ask them.
    pause: Option<(NaiveDate, bool)>,
    /// Topics are off.
    without_topics: bool,
    /// Their letters go to the mailbox to which they have moved.
    has_moved: bool,
    /// The word that they put into their confirmed application, and that its confirmation must show.
    corrected: Option<String>,
}

impl Inhabitant {
    fn new(
        person: Person,
        habits: Habits,
        round: usize,
        dice: Dice,
        left_out: BTreeSet<String>,
    ) -> Inhabitant {
        Inhabitant {
            person,
            habits,
            round,
            dice,
            responder: Responder::default(),
            left_out,
            forms_sent: 0,
            corrections_sent: 0,
            leaving_since: None,
            left: None,
            left_by: None,
            meant: None,
            to_confirm: None,
            ends_it: false,
            freed: None,
            knows: BTreeSet::new(),
            last_choice: None,
            check_ins: 0,
            asked_if_there: 0,
            has_said_goodbye: false,
            has_thanked: false,
            has_asked_freely: false,
            has_said_unfit: false,
            has_asked_help: false,
            has_wished: false,
            has_said_why: false,
            has_written_from_elsewhere: false,
            has_replied_to_all: false,
            pause: None,
            without_topics: false,
            has_moved: false,
            corrected: None,
        }
    }
}

/// The world as a whole.
#[derive(Debug)]
pub struct World {
    form: Form,
    surveys: Vec<Survey>,
    language: String,
    programme_address: String,
    rounds: Vec<RoundDates>,
    free_messages: Vec<FreeMessage>,
    /// How many people say something in words of their own.
    asking: usize,
    inhabitants: Vec<Inhabitant>,
    by_address: HashMap<String, usize>,
    coordinators: Vec<CoordinatorMailbox>,
    coordinator_dice: Dice,
    desk: Desk,
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
impl World {
    pub fn new(settings: WorldSettings<'_>) -> World {
        let first = settings.people as usize;
        let newcomers = match settings.rounds.len() {
            0 | 1 => 0,
            _ => (settings.shares.newcomers.clamp(0.0, 1.0) * first as f64).round() as usize,
        };
        let people = first + newcomers;
        let mut dice = Dice::new(settings.seed, u64::MAX);
        let mut habits: Vec<(usize, Habits)> = Vec::with_capacity(people);
        let mut asking = 0;
        for ((round, dates), count) in settings.rounds.iter().enumerate().zip([first, newcomers]) {
            let mut dealt = deal(count, &settings.shares, dates, &mut dice);
            // Who comes later asks what nobody has asked before.
            let places = dealt.iter_mut().filter_map(|it| it.free_words.as_mut());
            let asked_before = asking;
            for place in places {
                *place += asked_before;
                asking += 1;
            }
            habits.extend(dealt.into_iter().map(|habits| (round, habits)));
        }
        let mut homes: Vec<usize> = Vec::with_capacity(people);
        let chosen = chosen_countries(&settings);
        let count = u32::try_from(people).unwrap_or(u32::MAX);
        for (&place, count) in chosen.iter().zip(people_by_country(count, &chosen)) {
            homes.extend(std::iter::repeat_n(place, count as usize));
        }
        let order = dice.shuffled(people);
        let mut inhabitants = Vec::with_capacity(people);
        let mut by_address = HashMap::with_capacity(people * 2);
        for (number, (round, habits)) in habits.into_iter().enumerate() {
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
            if habits
                .wish
                .is_some_and(|(wish, _)| wish == Wish::NewAddress)
            {
                by_address.insert(person.address_after_moving(), number);
            }
            if habits.writes_from_elsewhere {
                by_address.insert(person.address_elsewhere(), number);
            }
            let left_out = if habits.incomplete_first {
                left_out(settings.form, &person, &mut dice)
            } else {
                BTreeSet::new()
            };
            inhabitants.push(Inhabitant::new(person, habits, round, dice, left_out));
        }
        let free_messages = if settings.free_messages.is_empty() {
            OWN_QUESTIONS
                .iter()
                .map(|text| FreeMessage {
                    text: (*text).into(),
                    lang: "en".into(),
                    ..FreeMessage::default()
                })
                .collect()
        } else {
            settings.free_messages
        };
        World {
            form: settings.form.clone(),
            surveys: settings.surveys.to_vec(),
            language: settings.language,
            programme_address: settings.programme_address,
            rounds: settings.rounds,
            free_messages,
            asking,
            inhabitants,
            by_address,
            coordinators: settings.coordinators,
            coordinator_dice: Dice::new(settings.seed, u64::MAX - 1),
            desk: Desk::default(),
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

    /// How many of the people come for the second round only.
    pub fn newcomers(&self) -> usize {
        let later = self.inhabitants.iter();
        later.filter(|inhabitant| inhabitant.round > 0).count()
    }

    /// How many countries the people of the first round come from.
    pub fn countries(&self) -> usize {
        let first = self.inhabitants.iter().filter(|it| it.round == 0);
        let codes: BTreeSet<&str> = first.map(|it| it.person.country.code).collect();
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
            let first = self.applies_freely(number);
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
            let (words, what, expects) = match first {
                Some(Reply {
                    what,
                    words: Answering::Words(words),
                    expects,
                }) => (words, what, expects),
                _ => (
                    self.first_words(number),
                    "apply".into(),
                    Expects::Answer(&["form", "missing", "complete"]),
                ),
            };
            let message = self.write(
                number,
                at,
                Message {
                    to: &to,
                    subject: &subject,
                    answered: None,
                    words: &words,
                    what: &what,
                    expects,
                    from_elsewhere: false,
                    copies_to: &[],
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
            // Who has just lost the mailbox was answered all the same: the answer is there to be seen, refused.
            let answered = headers.ids("in-reply-to");
            self.mailboxes.answer(&answered, kind, &occasion);
            self.mailboxes.refused.push(received);
            return self.bounce(number, letter, &headers, &to, envelope_from, at);
        }
        self.mailboxes.put(received, kind);
        if kind == "forgotten" {
            self.mailboxes.forget(number, at);
        }
        self.notes_a_move(number, kind, &occasion, &to);
        self.inspect(number, letter, &headers, kind, &occasion, at);

        let mut answers = Vec::new();
        answers.extend(self.absence(number, &headers, envelope_from, at));
        answers.extend(self.reads(number, letter, &headers, kind, &to, at));
        answers
    }

    /// What people said, by kind, for a table at the end.
    pub fn answers(&self) -> &BTreeMap<String, u64> {
        &self.mailboxes.answers
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
