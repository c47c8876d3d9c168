//! The only place that asks what time it is. Everything else is handed the time as a value.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// A moment, always in UTC; zones come in where a person reads it.
pub type Moment = DateTime<Utc>;

/// The machine's clock, or one that a rehearsal or a test turns by hand.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// The machine's clock, so much ahead of it (or behind): a test of the daemon walks through a round by starting it
    /// again with a larger shift.
    Shifted(TimeDelta),
    /// Seconds since 1970, shared by all clones.
    Virtual(Arc<AtomicI64>),
}

impl Clock {
    pub fn starting_at(moment: Moment) -> Clock {
        Clock::Virtual(Arc::new(AtomicI64::new(moment.timestamp())))
    }

    pub fn now(&self) -> Moment {
        match self {
            Clock::System => Utc::now(),
            // A shift that leads out of the calendar is refused where it is read (`pairpost run`).
            Clock::Shifted(by) => {
                let now = Utc::now();
                now.checked_add_signed(*by).unwrap_or(now)
            }
            Clock::Virtual(seconds) => from_seconds(seconds.load(Ordering::SeqCst)),
        }
    }

    /// Turns a virtual clock; the system's clock, shifted or not, is not ours to turn, so nothing happens there.
    pub fn set(&self, moment: Moment) {
        if let Clock::Virtual(seconds) = self {
            seconds.store(moment.timestamp(), Ordering::SeqCst);
        }
    }
}

/// A stored number of seconds as a moment; values outside chrono's range become 1970.
pub fn from_seconds(seconds: i64) -> Moment {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_clock_goes_on_like_the_machines() {
        let clock = Clock::Shifted(TimeDelta::days(-14));
        let ahead = Utc::now() - clock.now();
        assert!(
            (ahead - TimeDelta::days(14)).abs() < TimeDelta::minutes(1),
            "{ahead}"
        );
        clock.set(Utc::now());
        assert!(clock.now() < Utc::now() - TimeDelta::days(13));
    }
}
