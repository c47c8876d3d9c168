//! Civil dates and times of people, and the moments they mean. It must not ask what time it is.

use chrono::{MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::time::Moment;

/// Letters that both partners get at one moment leave between these hours of both.
const POLITE_FROM_HOUR: u32 = 8;
const POLITE_TO_HOUR: u32 = 20;
/// People are thought to be awake between these hours.
const AWAKE_FROM_HOUR: u32 = 7;
const AWAKE_TO_HOUR: u32 = 22;
/// Every offset in use today, and every clock change, is a multiple of a quarter of an hour.
const STEP: TimeDelta = TimeDelta::minutes(15);
const STEPS_A_DAY: i32 = 96;
/// The longest gap on record is a whole day (Samoa left out 30 December 2011).
const LONGEST_GAP_MINUTES: i64 = 26 * 60;

/// The moment of a civil time: in a gap the first valid minute after it, in a fold the first pass.
pub fn local_moment(date: NaiveDate, time: NaiveTime, zone: Tz) -> Moment {
    moment_of(date.and_time(time), zone)
}

pub(super) fn moment_of(civil: NaiveDateTime, zone: Tz) -> Moment {
    if let Some(moment) = earliest(civil, zone) {
        return moment;
    }
    // Gaps begin and end on whole minutes, so the search goes on from the start of the next one.
    let whole_minute = civil - TimeDelta::seconds(civil.and_utc().timestamp().rem_euclid(60));
    (1..=LONGEST_GAP_MINUTES)
        .find_map(|minutes| earliest(whole_minute + TimeDelta::minutes(minutes), zone))
        // No zone has a longer gap; UTC keeps the answer within a day of the truth if one ever does.
        .unwrap_or_else(|| civil.and_utc())
}

fn earliest(civil: NaiveDateTime, zone: Tz) -> Option<Moment> {
    match zone.from_local_datetime(&civil) {
        MappedLocalTime::Single(moment) | MappedLocalTime::Ambiguous(moment, _) => {
            Some(moment.to_utc())
        }
        MappedLocalTime::None => None,
    }
}

/// The reader's morning on a date: when their unprompted letters of that day go out.
pub fn morning_of(date: NaiveDate, morning: NaiveTime, zone: Tz) -> Moment {
    local_moment(date, morning, zone)
}

/// The first morning in `zone` that is not before `now`.
pub fn next_morning(now: Moment, zone: Tz, morning: NaiveTime) -> Moment {
    let today = local_date(now, zone);
    let this = morning_of(today, morning, zone);
    if this >= now {
        return this;
    }
    morning_of(today + TimeDelta::days(1), morning, zone)
}

/// The end of a date where it ends last on earth (UTC-12): the noon in UTC of the day after.
pub fn end_of_date_in_last_zone(date: NaiveDate) -> Moment {
    date.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(24 + 12)
}

/// The date on the calendar of somebody in `zone`.
pub fn local_date(moment: Moment, zone: Tz) -> NaiveDate {
    moment.with_timezone(&zone).date_naive()
}

/// The first moment, from `from` on and within a day, at which it is between 08:00 and 20:00 in every zone; `None`
/// where there is no such moment.
pub fn both_awake(from: Moment, zones: &[Tz]) -> Option<Moment> {
    let polite = |moment: Moment| {
        zones.iter().all(|zone| {
            let time = moment.with_timezone(zone).time();
            hour(POLITE_FROM_HOUR) <= time && time < hour(POLITE_TO_HOUR)
        })
    };
    if polite(from) {
        return Some(from);
    }
    let past_quarter = TimeDelta::seconds(from.timestamp().rem_euclid(STEP.num_seconds()));
    (1..=STEPS_A_DAY)
        .map(|step| from - past_quarter + STEP * step)
        .find(|moment| polite(*moment))
}

/// When a letter to several people leaves for all of them at once: the first moment between 08:00 and 20:00 in all
/// their zones after `date` has begun for each of them, else `morning` on that date in the programme's zone.
pub fn joint_moment(
    date: NaiveDate,
    zones: &[Tz],
    programme_zone: Tz,
    morning: NaiveTime,
) -> Moment {
    zones
        .iter()
        .map(|zone| local_moment(date, NaiveTime::MIN, *zone))
        .max()
        .and_then(|begun| both_awake(begun, zones))
        .unwrap_or_else(|| morning_of(date, morning, programme_zone))
}

/// The stretches of `date` in which the reader and all others are awake (07:00 to 22:00), on the reader's clock.
pub fn awake_hours(reader: Tz, others: &[Tz], date: NaiveDate) -> Vec<(NaiveTime, NaiveTime)> {
    let awake = |moment: Moment, zone: &Tz| {
        let time = moment.with_timezone(zone).time();
        hour(AWAKE_FROM_HOUR) <= time && time < hour(AWAKE_TO_HOUR)
    };
    let mut stretches: Vec<(NaiveTime, NaiveTime)> = Vec::new();
    let mut going_on = false;
    // Nobody's clock changes between 07:00 and 22:00, so the steps between these hours are steps on the clock.
    let mut moment = local_moment(date, hour(AWAKE_FROM_HOUR), reader);
    let end = local_moment(date, hour(AWAKE_TO_HOUR), reader);
    while moment < end {
        let next = moment + STEP;
        let together = awake(moment, &reader) && others.iter().all(|other| awake(moment, other));
        if together {
            let until = next.min(end).with_timezone(&reader).time();
            match stretches.last_mut() {
                Some(last) if going_on => last.1 = until,
                _ => stretches.push((moment.with_timezone(&reader).time(), until)),
            }
        }
        going_on = together;
        moment = next;
    }
    stretches
}

/// What the other's clock shows at the reader's noon on `date`, and by how many minutes it is ahead.
pub fn clock_at_noon(reader: Tz, other: Tz, date: NaiveDate) -> (NaiveTime, i32) {
    let noon = local_moment(date, hour(12), reader);
    let there = noon.with_timezone(&other).naive_local();
    let here = noon.with_timezone(&reader).naive_local();
    // Two clocks are never more than 26 hours apart, which fits.
    let ahead = i32::try_from((there - here).num_minutes()).unwrap_or(0);
    (there.time(), ahead)
}

fn hour(hour: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{Africa, America, Asia, Australia, Europe, Pacific};

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn time(text: &str) -> NaiveTime {
        text.parse().unwrap()
    }

    fn moment(text: &str) -> Moment {
        text.parse().unwrap()
    }

    const ZONES: [Tz; 6] = [
        Europe::Zurich,
        America::New_York,
        Australia::Lord_Howe,
        Africa::Casablanca,
        Asia::Kathmandu,
        Pacific::Auckland,
    ];

    #[test]
    fn a_time_in_a_gap_is_the_first_valid_minute_after_it() {
        let half_past_two = local_moment(date("2026-03-29"), time("02:30:15"), Europe::Zurich);
        assert_eq!(half_past_two, moment("2026-03-29T01:00:00Z"));
        // Lord Howe's clocks go forward by half an hour only.
        let lord_howe = local_moment(date("2026-10-04"), time("02:10:00"), Australia::Lord_Howe);
        assert_eq!(
            lord_howe.with_timezone(&Australia::Lord_Howe).time(),
            time("02:30:00")
        );
        // Samoa left out a whole day.
        let samoa = local_moment(date("2011-12-30"), time("09:00:00"), Pacific::Apia);
        assert_eq!(
            samoa.with_timezone(&Pacific::Apia).naive_local(),
            date("2011-12-31").and_time(NaiveTime::MIN)
        );
    }

    #[test]
    fn a_time_that_happens_twice_is_its_first_pass() {
        let half_past_two = local_moment(date("2026-10-25"), time("02:30:00"), Europe::Zurich);
        assert_eq!(half_past_two, moment("2026-10-25T00:30:00Z"));
    }

    #[test]
    fn mornings_come_once_a_day_in_six_zones_over_ten_years() {
        for zone in ZONES {
            let nine = time("09:00:00");
            let mut now = moment("2026-01-01T00:00:00Z");
            let mut last = next_morning(now, zone, nine);
            for _ in 0..3652 {
                assert_eq!(last.with_timezone(&zone).time(), nine, "{zone} {last}");
                now = last + TimeDelta::seconds(1);
                let next = next_morning(now, zone, nine);
                assert_eq!(
                    local_date(next, zone),
                    local_date(last, zone) + TimeDelta::days(1),
                    "{zone}"
                );
                last = next;
            }
        }
    }

    #[test]
    fn a_morning_that_is_now_is_the_next_morning() {
        let now = moment("2027-03-02T08:00:00Z");
        assert_eq!(next_morning(now, Europe::Zurich, time("09:00:00")), now);
    }

    #[test]
    fn a_deadline_ends_at_noon_utc_of_the_next_day() {
        assert_eq!(
            end_of_date_in_last_zone(date("2027-02-21")),
            moment("2027-02-22T12:00:00Z")
        );
    }

    #[test]
    fn partners_far_apart_are_introduced_when_both_are_up() {
        // Zurich and New York: 08:00 in New York is 14:00 in Zurich.
        let zones = [Europe::Zurich, America::New_York];
        let together = joint_moment(date("2027-03-02"), &zones, Europe::Zurich, time("09:00:00"));
        assert_eq!(together, moment("2027-03-02T13:00:00Z"));
        // Auckland and New York: 08:00 in Auckland, which is the afternoon before in New York.
        let zones = [Pacific::Auckland, America::New_York];
        let together = joint_moment(date("2027-03-02"), &zones, Europe::Zurich, time("09:00:00"));
        assert_eq!(together, moment("2027-03-02T19:00:00Z"));
    }

    #[test]
    fn nobody_is_introduced_before_the_date_has_begun_for_them() {
        for a in ZONES {
            for b in ZONES {
                let together = joint_moment(
                    date("2027-03-02"),
                    &[a, b],
                    Europe::Zurich,
                    time("09:00:00"),
                );
                assert!(local_date(together, a) >= date("2027-03-02"), "{a} {b}");
                assert!(local_date(together, b) >= date("2027-03-02"), "{a} {b}");
            }
        }
    }

    #[test]
    fn where_no_hour_suits_all_the_programmes_morning_is_taken() {
        let zones = [
            Europe::Zurich,
            America::Los_Angeles,
            Pacific::Auckland,
            Asia::Kathmandu,
        ];
        assert_eq!(both_awake(moment("2027-03-02T00:00:00Z"), &zones), None);
        assert_eq!(
            joint_moment(date("2027-03-02"), &zones, Europe::Zurich, time("09:00:00")),
            moment("2027-03-02T08:00:00Z")
        );
    }

    #[test]
    fn a_polite_moment_is_taken_as_it_is() {
        let now = moment("2027-03-02T13:07:31Z");
        assert_eq!(
            both_awake(now, &[Europe::Zurich, America::New_York]),
            Some(now)
        );
    }

    #[test]
    fn hours_together_are_shown_on_the_readers_clock() {
        let day = date("2027-03-02");
        assert_eq!(
            awake_hours(Europe::Zurich, &[America::New_York], day),
            [(time("13:00:00"), time("22:00:00"))]
        );
        assert_eq!(
            awake_hours(America::New_York, &[Europe::Zurich], day),
            [(time("07:00:00"), time("16:00:00"))]
        );
        // Two stretches: Auckland's evening and morning, seen from Zurich.
        assert_eq!(
            awake_hours(Europe::Zurich, &[Pacific::Auckland], day),
            [
                (time("07:00:00"), time("10:00:00")),
                (time("19:00:00"), time("22:00:00"))
            ]
        );
        // A quarter of an hour's offset.
        assert_eq!(
            awake_hours(Europe::Zurich, &[Asia::Kathmandu], day),
            [(time("07:00:00"), time("17:15:00"))]
        );
    }

    #[test]
    fn the_others_clock_is_told_at_the_readers_noon() {
        let day = date("2027-03-02");
        assert_eq!(
            clock_at_noon(Europe::Zurich, Pacific::Auckland, day),
            (time("00:00:00"), 720)
        );
        assert_eq!(
            clock_at_noon(Europe::Zurich, America::New_York, day),
            (time("06:00:00"), -360)
        );
        assert_eq!(
            clock_at_noon(Asia::Kathmandu, Europe::Zurich, day),
            (time("07:15:00"), -285)
        );
    }
}
