//! How invented people behave: who is slow, who falls silent, whose mailbox dies, who leaves, who is away. The shares
//! hold exactly, not on average: of 1,000 people with `silent: 0.08`, eighty fall silent.

use chrono::{Duration, NaiveDate};

use super::client::Client;
use super::dice::Dice;
use crate::time::Moment;

/// Shares of all people, 0 to 1. Slow, silent, bouncing and withdrawing people are different people, and so are those who
/// ask something in words of their own or by its exact word; the other habits fall on anybody.
///
/// Those that the programme's founders gave (slow, silent, bouncing, withdrawing, in free words) are theirs. For the others
/// no programme has published a number: they are guesses, on the side of more work, so that every kind of letter is seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// Take days for every answer, and for the first letter to their partner.
    pub slow: f64,
    /// Stop answering in mid-round, half of them before they ever wrote to their partner.
    pub silent: f64,
    /// Of the silent: come back at the firm letter.
    pub returning: f64,
    /// Their mailbox dies in mid-round.
    pub bouncing: f64,
    /// Leave in mid-round, in words or by the check-in's fifth answer.
    pub withdrawing: f64,
    /// Away for one to three weeks in mid-round, with an automatic reply.
    pub on_holiday: f64,
    /// Ask something in free words, once.
    pub free_words: f64,
    /// Take a break by its word, and come back when it is over.
    pub pausing: f64,
    /// Want no more mail, by the word.
    pub stopping: f64,
    /// Want no more topics, by the words.
    pub without_topics: f64,
    /// Ask for all that is held about them, and confirm it.
    pub asking_data: f64,
    /// Ask to be forgotten, and confirm it.
    pub forgetting: f64,
    /// Ask for the certificate before the round is over.
    pub early_certificate: f64,
    /// Change their mailbox in mid-round, and say yes at the old address and at the new one.
    pub moving: f64,
    /// Leave out a required answer at first.
    pub incomplete_first: f64,
    /// Apply after the deadline.
    pub late: f64,
    /// Never send the filled form.
    pub never_finishing: f64,
    pub second_address: f64,
    /// Say thank you to a confirmation.
    pub thanking: f64,
    /// Answer a check-in with 4: no good fit.
    pub poor_fit: f64,
    /// Answer a check-in with 6: need help. These come on top of `free_words`: who needs a person writes a sentence or the
    /// number, and few do both. No programme has said how many do; each of them is a message that a person has to read.
    pub help: f64,
    /// Have wishes about the partner.
    pub wishes: f64,
    /// Without a partner, answer with one of the choices that they are given.
    pub choosing: f64,
    /// Of those who lost their place through silence: come back with one word.
    pub coming_back: f64,
    /// Of those who left: say why.
    pub saying_why: f64,
    /// Ask for the certificate when the round is over.
    pub certificate: f64,
    /// Tell in answer to the closing letter what stays with them.
    pub reflecting: f64,
    /// Answer a check-in from an address that nobody knows, and say then that it is theirs.
    pub from_elsewhere: f64,
    /// Answer a check-in to all, so that the partner has it, too.
    pub replying_to_all: f64,
    /// Of the invited: take part again. ILN said that about 80 % would; fewer do what they say they would.
    pub coming_again: f64,
    /// Of these: change an answer of theirs.
    pub correcting: f64,
    /// New people in the next round, as a share of those of the first.
    pub newcomers: f64,
}

impl Default for Shares {
    fn default() -> Shares {
        Shares {
            slow: 0.20,
            silent: 0.08,
            returning: 0.25,
            bouncing: 0.03,
            withdrawing: 0.05,
            on_holiday: 0.08,
            free_words: 0.02,
            pausing: 0.01,
            stopping: 0.003,
            without_topics: 0.005,
            asking_data: 0.003,
            forgetting: 0.003,
            early_certificate: 0.003,
            moving: 0.003,
            incomplete_first: 0.10,
            late: 0.01,
            never_finishing: 0.01,
            second_address: 0.10,
            thanking: 0.01,
            poor_fit: 0.02,
            help: 0.003,
            wishes: 0.5,
            choosing: 0.6,
            coming_back: 0.1,
            saying_why: 0.2,
            certificate: 0.2,
            reflecting: 0.05,
            from_elsewhere: 0.01,
            replying_to_all: 0.005,
            coming_again: 0.6,
            correcting: 0.15,
            newcomers: 0.3,
        }
    }
}

impl Shares {
    /// Everybody answers at once and completely: for tests of something else.
    pub fn none() -> Shares {
        Shares {
            slow: 0.0,
            silent: 0.0,
            returning: 0.0,
            bouncing: 0.0,
            withdrawing: 0.0,
            on_holiday: 0.0,
            free_words: 0.0,
            pausing: 0.0,
            stopping: 0.0,
            without_topics: 0.0,
            asking_data: 0.0,
            forgetting: 0.0,
            early_certificate: 0.0,
            moving: 0.0,
            incomplete_first: 0.0,
            late: 0.0,
            never_finishing: 0.0,
            second_address: 0.0,
            thanking: 0.0,
            poor_fit: 0.0,
            help: 0.0,
            wishes: 0.5,
            choosing: 0.0,
            coming_back: 0.0,
            saying_why: 0.0,
            certificate: 0.0,
            reflecting: 0.0,
            from_elsewhere: 0.0,
            replying_to_all: 0.0,
            coming_again: 1.0,
            correcting: 0.0,
            newcomers: 0.0,
        }
    }
}

/// The dates of a round, as far as habits depend on them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoundDates {
    pub opens: Moment,
    /// The end of the deadline's date in the last time zone on earth.
    pub deadline: Moment,
    /// Day 0, the introductions.
    pub start: Moment,
    pub end: Moment,
}

/// A stay away from mail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Holiday {
    pub from: Moment,
    pub until: Moment,
    /// The day that the automatic reply names.
    pub back_on: NaiveDate,
}

/// What somebody asks for by its exact word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Pause,
    Stop,
    TopicsOff,
    MyData,
    ForgetMe,
    Certificate,
    NewAddress,
}

/// How one person behaves, from their first round on.
#[derive(Debug, Clone, PartialEq)]
pub struct Habits {
    pub client: Client,
    pub slow: bool,
    pub silent_from: Option<Moment>,
    /// Comes back at the firm letter.
    pub returns: bool,
    pub dead_from: Option<Moment>,
    pub withdraws_at: Option<Moment>,
    pub holiday: Option<Holiday>,
    /// Which of the free-word messages they will send.
    pub free_words: Option<usize>,
    /// What they ask for, and from when on.
    pub wish: Option<(Wish, Moment)>,
    pub incomplete_first: bool,
    pub late: bool,
    pub never_finishing: bool,
    pub has_second_address: bool,
    pub thanks: bool,
    pub poor_fit: bool,
    pub needs_help: bool,
    pub has_wishes: bool,
    pub chooses: bool,
    pub comes_back: bool,
    pub says_why: bool,
    pub wants_certificate: bool,
    pub reflects: bool,
    pub writes_from_elsewhere: bool,
    pub replies_to_all: bool,
    pub comes_again: bool,
    pub corrects: bool,
}

/// Deals the habits out to `people` people whose first round has these dates.
pub fn deal(people: usize, shares: &Shares, dates: &RoundDates, dice: &mut Dice) -> Vec<Habits> {
    let holds = |share: f64| (share.clamp(0.0, 1.0) * people as f64).round() as usize;
    let mut habits: Vec<Habits> = (0..people)
        .map(|_| Habits {
            client: Client::deal(dice),
            slow: false,
            silent_from: None,
            returns: false,
            dead_from: None,
            withdraws_at: None,
            holiday: None,
            free_words: None,
            wish: None,
            incomplete_first: false,
            late: false,
            never_finishing: false,
            has_second_address: false,
            thanks: false,
            poor_fit: false,
            needs_help: false,
            has_wishes: false,
            chooses: false,
            comes_back: false,
            says_why: false,
            wants_certificate: false,
            reflects: false,
            writes_from_elsewhere: false,
            replies_to_all: false,
            comes_again: false,
            corrects: false,
        })
        .collect();

    // One of these four at most falls on a person.
    let mut order = dice.shuffled(people).into_iter();
    for number in order.by_ref().take(holds(shares.slow)) {
        habits[number].slow = true;
    }
    let silent: Vec<usize> = order.by_ref().take(holds(shares.silent)).collect();
    let returning = (shares.returning * silent.len() as f64).round() as usize;
    for (place, &number) in silent.iter().enumerate() {
        let days = if place % 2 == 0 {
            0
        } else {
            dice.between(12, 75)
        };
        // Half of them never write to their partner at all.
        habits[number].silent_from = Some(dates.start + Duration::days(days) - Duration::hours(6));
        habits[number].returns = place < returning;
    }
    for number in order.by_ref().take(holds(shares.bouncing)) {
        let before = dice.chance(0.3);
        let days = if before {
            -dice.between(1, 3)
        } else {
            dice.between(2, 90)
        };
        habits[number].dead_from = Some(dates.start + Duration::days(days));
    }
    let rest: Vec<usize> = order.collect();
    for &number in rest.iter().take(holds(shares.withdrawing)) {
        let at = dates.start + Duration::days(dice.between(7, 80));
        habits[number].withdraws_at = Some(at);
    }

    for number in dealt(people, holds(shares.on_holiday), dice) {
        let from = dates.start + Duration::days(dice.between(5, 90));
        let until = from + Duration::days(dice.between(6, 21));
        habits[number].holiday = Some(Holiday {
            from,
            until,
            back_on: until.date_naive(),
        });
    }
    // Who asks something is there to ask it.
    let mut asking = rest.iter().copied().skip(holds(shares.withdrawing));
    let in_words = asking.by_ref().take(holds(shares.free_words));
    for (place, number) in in_words.enumerate() {
        habits[number].free_words = Some(place);
    }
    for (wish, share) in [
        (Wish::Pause, shares.pausing),
        (Wish::Stop, shares.stopping),
        (Wish::TopicsOff, shares.without_topics),
        (Wish::MyData, shares.asking_data),
        (Wish::ForgetMe, shares.forgetting),
        (Wish::Certificate, shares.early_certificate),
        (Wish::NewAddress, shares.moving),
    ] {
        for number in asking.by_ref().take(holds(share)) {
            let from = dates.start + Duration::days(dice.between(8, 80));
            habits[number].wish = Some((wish, from));
        }
    }
    type Habit = fn(&mut Habits) -> &mut bool;
    let of_anybody: [(f64, Habit); 16] = [
        (shares.incomplete_first, |it| &mut it.incomplete_first),
        (shares.late, |it| &mut it.late),
        (shares.never_finishing, |it| &mut it.never_finishing),
        (shares.second_address, |it| &mut it.has_second_address),
        (shares.thanking, |it| &mut it.thanks),
        (shares.poor_fit, |it| &mut it.poor_fit),
        (shares.help, |it| &mut it.needs_help),
        (shares.wishes, |it| &mut it.has_wishes),
        (shares.choosing, |it| &mut it.chooses),
        (shares.coming_back, |it| &mut it.comes_back),
        (shares.saying_why, |it| &mut it.says_why),
        (shares.certificate, |it| &mut it.wants_certificate),
        (shares.reflecting, |it| &mut it.reflects),
        (shares.from_elsewhere, |it| &mut it.writes_from_elsewhere),
        (shares.replying_to_all, |it| &mut it.replies_to_all),
        (shares.coming_again, |it| &mut it.comes_again),
    ];
    for (share, habit) in of_anybody {
        for number in dealt(people, holds(share), dice) {
            *habit(&mut habits[number]) = true;
        }
    }
    let coming: Vec<usize> = (0..people).filter(|&it| habits[it].comes_again).collect();
    let correcting = (shares.correcting.clamp(0.0, 1.0) * coming.len() as f64).round() as usize;
    for place in dealt(coming.len(), correcting, dice) {
        habits[coming[place]].corrects = true;
    }
    habits
}

fn dealt(people: usize, count: usize, dice: &mut Dice) -> Vec<usize> {
    let mut order = dice.shuffled(people);
    order.truncate(count);
    order
}
