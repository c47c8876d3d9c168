//! When people write: nobody is always at their mail, and nobody writes at night.

use chrono::{Duration, Timelike};

use super::World;
use crate::rehearsal::habits::RoundDates;
use crate::time::Moment;

impl World {
    /// When somebody writes for the first time.
    pub(super) fn applies_at(&mut self, number: usize) -> Moment {
        let inhabitant = &mut self.inhabitants[number];
        let RoundDates {
            opens, deadline, ..
        } = self.rounds[inhabitant.round];
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
    pub(super) fn answers_at(&mut self, number: usize, kind: &str, at: Moment) -> Moment {
        let deadline = self
            .rounds
            .iter()
            .map(|round| round.deadline)
            .find(|it| *it > at);
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
        let has_a_deadline = ["form", "missing", "invitation"].contains(&kind);
        if let Some(deadline) = deadline.filter(|_| has_a_deadline && !inhabitant.habits.late)
            && when + Duration::hours(2) > deadline
        {
            let left = (deadline - at).num_seconds();
            return at + Duration::seconds(dice.between(left / 20, left * 3 / 5));
        }
        when
    }
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
