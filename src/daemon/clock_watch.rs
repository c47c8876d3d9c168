//! Notices when the machine's clock cannot be believed: it jumped while we ran, or it is behind what we wrote down
//! earlier. Nothing is sent and nothing falls due until it has gone on evenly for a while (RELIABILITY F17, P9).
//! Pure: both clocks are handed in.

use std::time::Duration;

use chrono::TimeDelta;

use crate::time::Moment;

/// A smaller difference is a clock being set right, or a slow machine.
const JUMP_MINUTES: i64 = 15;
/// So long a clock has to go on evenly after a jump before it is believed.
const QUARANTINE: Duration = Duration::from_secs(600);

/// Compares the wall clock with one that only goes forward.
#[derive(Debug)]
pub struct ClockWatch {
    last: Option<(Moment, Duration)>,
    believed_from: Option<Duration>,
}

/// What a look at the clock has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Even,
    /// It has just jumped, by so much.
    Jumped(TimeDelta),
    /// It jumped a while ago and is still watched.
    Watched,
    /// It has gone on evenly for long enough.
    BelievedAgain,
}

impl ClockWatch {
    /// `newest` is the newest time in the database: a clock that is far behind it has been set back while we were away.
    pub fn new(newest: Option<Moment>, wall: Moment, even: Duration) -> ClockWatch {
        let behind = newest.is_some_and(|newest| is_jump(wall - newest) && wall < newest);
        ClockWatch {
            last: Some((wall, even)),
            believed_from: behind.then(|| even + QUARANTINE),
        }
    }

    /// One look: the wall clock, and the time since any fixed moment on a clock that cannot be set.
    pub fn look(&mut self, wall: Moment, even: Duration) -> Seen {
        let jump = self.last.and_then(|(last_wall, last_even)| {
            let passed = TimeDelta::from_std(even.saturating_sub(last_even)).ok()?;
            let jump = (wall - last_wall) - passed;
            is_jump(jump).then_some(jump)
        });
        self.last = Some((wall, even));
        if let Some(jump) = jump {
            self.believed_from = Some(even + QUARANTINE);
            return Seen::Jumped(jump);
        }
        match self.believed_from {
            None => Seen::Even,
            Some(from) if even < from => Seen::Watched,
            Some(_) => {
                self.believed_from = None;
                Seen::BelievedAgain
            }
        }
    }

    pub fn is_believed(&self) -> bool {
        self.believed_from.is_none()
    }
}

fn is_jump(difference: TimeDelta) -> bool {
    difference.abs() > TimeDelta::minutes(JUMP_MINUTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::from_seconds;

    fn wall(seconds: i64) -> Moment {
        from_seconds(1_800_000_000 + seconds)
    }

    fn even(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_clock_that_jumps_is_watched_for_ten_minutes_and_then_believed() {
        let hour = 3_600;
        let year = 365 * 24 * hour;
        for jump in [
            -year,
            -24 * hour,
            -hour,
            -901,
            901,
            hour,
            8 * hour,
            24 * hour,
            year,
            -1_800_000_000,
        ] {
            let mut watch = ClockWatch::new(None, wall(0), even(0));
            assert_eq!(watch.look(wall(5), even(5)), Seen::Even);
            assert_eq!(
                watch.look(wall(10 + jump), even(10)),
                Seen::Jumped(TimeDelta::seconds(jump)),
                "{jump}"
            );
            let mut now = 10;
            while now < 605 {
                now += 5;
                assert!(!watch.is_believed());
                assert_eq!(
                    watch.look(wall(now as i64 + jump), even(now)),
                    Seen::Watched
                );
            }
            assert_eq!(watch.look(wall(610 + jump), even(610)), Seen::BelievedAgain);
            assert!(watch.is_believed());
            assert_eq!(watch.look(wall(615 + jump), even(615)), Seen::Even);
        }
    }

    #[test]
    fn forty_jumps_are_watched_for_ten_minutes_and_forty_even_clocks_are_not() {
        let (minute, hour) = (60, 3_600);
        let day = 24 * hour;
        let steps = [
            16 * minute,
            30 * minute,
            hour,
            2 * hour,
            8 * hour,
            day,
            7 * day,
            30 * day,
            365 * day,
            3_650 * day,
        ];
        let mut cases = 0;
        for step in steps {
            // Forwards and back, after a quiet time of seconds and of a night's sleep.
            for (jump, slept) in [(step, 5), (-step, 5), (step, 8 * 3_600), (-step, 8 * 3_600)] {
                let mut watch = ClockWatch::new(None, wall(0), even(0));
                let after = slept as i64;
                assert_eq!(
                    watch.look(wall(after + jump), even(slept)),
                    Seen::Jumped(TimeDelta::seconds(jump)),
                    "{jump} after {slept}"
                );
                assert!(!watch.is_believed());
                assert_eq!(
                    watch.look(wall(after + jump + 599), even(slept + 599)),
                    Seen::Watched
                );
                assert_eq!(
                    watch.look(wall(after + jump + 600), even(slept + 600)),
                    Seen::BelievedAgain
                );
                // The same time without a jump, however long it was.
                let mut watch = ClockWatch::new(None, wall(0), even(0));
                let long = step as u64 + slept;
                assert_eq!(watch.look(wall(long as i64), even(long)), Seen::Even);
                cases += 1;
            }
        }
        assert_eq!(cases, 40);
    }

    #[test]
    fn small_steps_and_slow_looks_are_no_jumps() {
        for (step, pause) in [(-890, 5), (890, 5), (60, 60), (0, 100_000), (300, 3_600)] {
            let mut watch = ClockWatch::new(None, wall(0), even(0));
            let seen = watch.look(wall(step + pause as i64), even(pause));
            assert_eq!(seen, Seen::Even, "{step} after {pause}");
        }
    }

    #[test]
    fn a_second_jump_begins_the_ten_minutes_anew() {
        let mut watch = ClockWatch::new(None, wall(0), even(0));
        watch.look(wall(7_200), even(5));
        // Back to where it was: the first jump was the fault, but who knows.
        assert!(matches!(watch.look(wall(500), even(500)), Seen::Jumped(_)));
        assert_eq!(watch.look(wall(700), even(700)), Seen::Watched);
        assert_eq!(watch.look(wall(1_100), even(1_100)), Seen::BelievedAgain);
    }

    #[test]
    fn a_clock_behind_what_was_written_down_is_not_believed_at_once() {
        let newest = Some(wall(0));
        assert!(!ClockWatch::new(newest, wall(-86_400), even(0)).is_believed());
        assert!(!ClockWatch::new(newest, from_seconds(0), even(0)).is_believed());
        // After a downtime the clock is far ahead, and right.
        assert!(ClockWatch::new(newest, wall(30 * 86_400), even(0)).is_believed());
        assert!(ClockWatch::new(newest, wall(-600), even(0)).is_believed());
        assert!(ClockWatch::new(None, from_seconds(0), even(0)).is_believed());
    }
}
