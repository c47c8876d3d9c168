//! When a letter that nobody asked for may reach its reader: at most one a person and day, by day.

use chrono::Days;

use super::decision::Decision;
use super::facts::{Facts, Person};
use super::settings::Settings;
use super::timetable;
use crate::schedule;
use crate::time::Moment;

/// At most one unprompted letter a person and day: where one went out today, the occasion waits for tomorrow.
pub fn not_today(settings: &Settings, facts: &Facts, person: &Person) -> Option<Decision> {
    let today = facts.now.with_timezone(&person.zone).date_naive();
    let last = person
        .last_unprompted?
        .with_timezone(&person.zone)
        .date_naive();
    (last >= today).then(|| {
        let tomorrow = last.checked_add_days(Days::new(1)).unwrap_or(last);
        Decision {
            postpone: Some(timetable::morning(settings, tomorrow, person.zone)),
            ..Decision::noting("one unprompted letter a day")
        }
    })
}

/// The next moment at which an unprompted letter may reach somebody: now by day, where none went out today, else
/// their next morning.
pub fn next_free_morning(settings: &Settings, facts: &Facts, person: &Person) -> Moment {
    use chrono::Timelike;
    let local = facts.now.with_timezone(&person.zone);
    let last = person
        .last_unprompted
        .map(|last| last.with_timezone(&person.zone).date_naive());
    let written_today = last.is_some_and(|last| last >= local.date_naive());
    if !written_today && (8..20).contains(&local.hour()) {
        return facts.now;
    }
    let next = schedule::next_morning(facts.now, person.zone, settings.morning);
    match last.and_then(|last| last.checked_add_days(Days::new(1))) {
        Some(after_last) => next.max(timetable::morning(settings, after_last, person.zone)),
        None => next,
    }
}
