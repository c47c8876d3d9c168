//! Cron expressions and the calendar: recurring times, local mornings, the last zone on earth. Pure: nothing here
//! asks what time it is.
//!
//! Two traps of every calendar are settled here once, for all rooms. When clocks go forward, a civil time may not
//! exist (a *gap*): the first valid minute after it is meant. When clocks go back, a civil time happens twice (a
//! *fold*): the first of the two is meant.

pub mod calendar;
pub mod recurring;

pub use calendar::{
    awake_hours, both_awake, clock_at_noon, end_of_date_in_last_zone, joint_moment, local_date,
    local_moment, morning_of, next_morning,
};
pub use recurring::{BadExpression, Recurring, civil_dates, topic_dates};
