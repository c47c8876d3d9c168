//! How invented people behave: who is slow, who falls silent, whose mailbox dies, who leaves, who is away. The shares
//! hold exactly, not on average: of 1,000 people with `silent: 0.08`, eighty fall silent.

use chrono::{Duration, NaiveDate};

use super::client::Client;
use super::dice::Dice;
use crate::time::Moment;

/// Shares of all people, 0 to 1. Slow, silent, bouncing and withdrawing people are different people; the other
/// habits fall on anybody.
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
    /// Answer a check-in with 6: need help.
    pub help: f64,
    /// Have wishes about the partner.
    pub wishes: f64,
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
            incomplete_first: 0.10,
            late: 0.01,
            never_finishing: 0.01,
            second_address: 0.10,
            thanking: 0.01,
            poor_fit: 0.02,
            help: 0.003,
            wishes: 0.5,
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
            incomplete_first: 0.0,
            late: 0.0,
            never_finishing: 0.0,
            second_address: 0.0,
            thanking: 0.0,
            poor_fit: 0.0,
            help: 0.0,
            wishes: 0.5,
        }
    }
}

/// The dates of the round, as far as habits depend on them.
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

/// How one person behaves in this round.
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
    pub incomplete_first: bool,
    pub late: bool,
    pub never_finishing: bool,
    pub has_second_address: bool,
    pub thanks: bool,
    pub poor_fit: bool,
    pub needs_help: bool,
    pub has_wishes: bool,
}

/// Deals the habits out to `people` people.
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
            incomplete_first: false,
            late: false,
            never_finishing: false,
            has_second_address: false,
            thanks: false,
            poor_fit: false,
            needs_help: false,
            has_wishes: false,
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
    let asking = &rest[holds(shares.withdrawing).min(rest.len())..];
    for (place, &number) in asking.iter().take(holds(shares.free_words)).enumerate() {
        habits[number].free_words = Some(place);
    }
    for number in dealt(people, holds(shares.incomplete_first), dice) {
        habits[number].incomplete_first = true;
    }
    for number in dealt(people, holds(shares.late), dice) {
        habits[number].late = true;
    }
    for number in dealt(people, holds(shares.never_finishing), dice) {
        habits[number].never_finishing = true;
    }
    for number in dealt(people, holds(shares.second_address), dice) {
        habits[number].has_second_address = true;
    }
    for number in dealt(people, holds(shares.thanking), dice) {
        habits[number].thanks = true;
    }
    for number in dealt(people, holds(shares.poor_fit), dice) {
        habits[number].poor_fit = true;
    }
    for number in dealt(people, holds(shares.help), dice) {
        habits[number].needs_help = true;
    }
    for number in dealt(people, holds(shares.wishes), dice) {
        habits[number].has_wishes = true;
    }
    habits
}

fn dealt(people: usize, count: usize, dice: &mut Dice) -> Vec<usize> {
    let mut order = dice.shuffled(people);
    order.truncate(count);
    order
}
