//! The only place that asks what time it is. Everything else is handed the time as a value.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// A moment, always in UTC; zones come in where a person reads it.
pub type Moment = DateTime<Utc>;

/// The machine's clock, or one that a rehearsal or a test turns by hand.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
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
            Clock::Virtual(seconds) => from_seconds(seconds.load(Ordering::SeqCst)),
        }
    }

    /// Turns a virtual clock; the system's clock is not ours to turn, so nothing happens there.
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
