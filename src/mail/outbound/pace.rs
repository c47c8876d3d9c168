//! When to try again and how much to send: the pure arithmetic of patience (RELIABILITY section (g)).
//! Jitter comes from a hash, not from chance, so that a rehearsal and a test see the same times.

use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use crate::ids::LetterId;
use crate::time::Moment;

/// After the first failed attempt, the second, and so on; the last one repeats.
const BACK_OFF_MINUTES: [i64; 8] = [1, 5, 10, 20, 40, 80, 160, 240];
/// How far a wait may differ from the table, so that letters that failed together do not come back together.
const JITTER_PERCENT: i64 = 20;
/// So long a letter is tried, counted from the moment it was ordered or could first be sent.
pub const RETRY_MAX_HOURS: i64 = 72;

/// When to try a letter again that has failed `attempts` times, the last time at `now`; `None` when it is time to
/// give up. A letter is always tried twice, however long the machine was off in between.
pub fn next_attempt(
    letter: LetterId,
    attempts: u32,
    first_due: Moment,
    now: Moment,
) -> Option<Moment> {
    let next = now + back_off(letter, attempts);
    let given_up = attempts > 1 && next > first_due + TimeDelta::hours(RETRY_MAX_HOURS);
    (!given_up).then_some(next)
}

/// How long to wait after `attempts` failures (1 is the first): the table's minutes, 20 % more or less.
pub fn back_off(letter: LetterId, attempts: u32) -> TimeDelta {
    let step = (attempts.max(1) as usize - 1).min(BACK_OFF_MINUTES.len() - 1);
    let seconds = BACK_OFF_MINUTES[step] * 60;
    let spread = seconds * JITTER_PERCENT / 100;
    TimeDelta::seconds(seconds - spread + (dice(letter, attempts) % (2 * spread as u64 + 1)) as i64)
}

/// A number that is the same for the same letter and attempt and looks like chance otherwise.
fn dice(letter: LetterId, attempts: u32) -> u64 {
    let digest = Sha256::new()
        .chain_update(letter.0.to_be_bytes())
        .chain_update(attempts.to_be_bytes())
        .finalize();
    digest
        .iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// How long a letter whose end nobody told is left alone before it is looked for: copies take their time to appear, and
/// looking too early takes a letter for lost that is not (measured: with copies two seconds late and no wait, 57 of 60
/// crashes led to a second letter).
const FIRST_LOOK_SECONDS: i64 = 120;
/// When it is looked for again, counted from the first look.
const LOOK_AGAIN_MINUTES: [i64; 3] = [10, 30, 120];

/// When a letter is looked for first whose end became unknown at `now`.
pub fn first_look(now: Moment) -> Moment {
    now + TimeDelta::seconds(FIRST_LOOK_SECONDS)
}

/// When a letter is looked for again that was not found for the `looks`-th time, the last time at `now`; `None` when it
/// has been looked for long enough.
pub fn next_look(looks: u32, now: Moment) -> Option<Moment> {
    let at = |look: u32| match look {
        0 => Some(0),
        later => LOOK_AGAIN_MINUTES.get(later as usize - 1).copied(),
    };
    let wait = at(looks)? - at(looks.checked_sub(1)?)?;
    Some(now + TimeDelta::minutes(wait))
}

/// How many letters may still be handed over now, under an hourly ceiling, if `sent_in_the_last_hour` were.
/// Letters of unknown fate count as sent.
pub fn room(ceiling_per_hour: u32, sent_in_the_last_hour: u32) -> u32 {
    ceiling_per_hour.saturating_sub(sent_in_the_last_hour)
}

/// The ceiling while a server asks for less (421, 4.7.x): half, but never nothing.
pub fn slowed(ceiling_per_hour: u32) -> u32 {
    (ceiling_per_hour / 2).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::from_seconds;

    #[test]
    fn waits_grow_from_a_minute_to_four_hours_and_stay_near_the_table() {
        for letter in (0..500).map(LetterId) {
            for (attempts, minutes) in (1..).zip(BACK_OFF_MINUTES.into_iter().chain([240, 240])) {
                let seconds = back_off(letter, attempts).num_seconds();
                assert!(
                    (minutes * 48..=minutes * 72).contains(&seconds),
                    "{letter} {attempts}: {seconds}"
                );
            }
        }
    }

    #[test]
    fn letters_that_failed_together_do_not_come_back_together() {
        let mut waits: Vec<i64> = (0..100)
            .map(|id| back_off(LetterId(id), 3).num_seconds())
            .collect();
        assert_eq!(
            back_off(LetterId(0), 3).num_seconds(),
            waits[0],
            "the same letter waits the same time"
        );
        waits.sort_unstable();
        waits.dedup();
        assert!(waits.len() > 60, "only {} different waits", waits.len());
    }

    #[test]
    fn a_letter_is_given_up_after_three_days_and_not_before() {
        let start = from_seconds(1_800_000_000);
        let (mut now, mut attempts) = (start, 0);
        loop {
            attempts += 1;
            match next_attempt(LetterId(7), attempts, start, now) {
                Some(next) => now = next,
                None => break,
            }
        }
        let hours = (now - start).num_hours();
        assert!((67..=72).contains(&hours), "gave up after {hours} hours");
        assert!((20..=30).contains(&attempts), "after {attempts} attempts");
    }

    #[test]
    fn a_machine_that_was_off_for_a_week_still_tries_twice() {
        let start = from_seconds(1_800_000_000);
        let late = start + TimeDelta::days(7);
        assert!(next_attempt(LetterId(1), 1, start, late).is_some());
        assert_eq!(next_attempt(LetterId(1), 2, start, late), None);
    }

    #[test]
    fn an_unknown_end_is_looked_into_for_two_hours() {
        let end = from_seconds(1_800_000_000);
        let first = first_look(end);
        let (mut looks, mut now, mut minutes) = (1, first, vec![0]);
        while let Some(next) = next_look(looks, now) {
            (looks, now) = (looks + 1, next);
            minutes.push((now - first).num_minutes());
        }
        assert_eq!((first - end).num_seconds(), 120);
        assert_eq!(minutes, [0, 10, 30, 120]);
    }

    #[test]
    fn the_hourly_ceiling_leaves_what_is_left() {
        assert_eq!(
            (room(200, 0), room(200, 199), room(200, 200), room(200, 500)),
            (200, 1, 0, 0)
        );
        assert_eq!((slowed(200), slowed(1), slowed(0)), (100, 1, 1));
    }
}
