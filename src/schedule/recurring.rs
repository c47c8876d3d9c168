//! Recurring times, written as cron expressions. Pure: it is told what time it is.
//!
//! The `cron` crate reads the expression and enumerates civil times; the mapping to moments is ours, because the
//! crate skips times in a gap, fires twice in a fold, and can there name a time in the past.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::calendar::moment_of;
use crate::time::Moment;

/// A cron expression that was read: `second minute hour day month weekday`, weekdays by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Recurring {
    written: String,
    schedule: ::cron::Schedule,
}

/// Why an expression is not taken, in words for whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct BadExpression {
    pub why: String,
    pub remedy: String,
}

impl BadExpression {
    fn new(why: impl Into<String>, remedy: impl Into<String>) -> BadExpression {
        BadExpression {
            why: why.into(),
            remedy: remedy.into(),
        }
    }
}

impl Recurring {
    /// Reads an expression of six fields.
    ///
    /// # Errors
    ///
    /// Another number of fields; a weekday given as a number (systems count from Sunday or from Monday, as 0 or as 1,
    /// so a number would be a guess); anything that the `cron` crate refuses; an expression that never fires.
    pub fn parse(written: &str) -> Result<Recurring, BadExpression> {
        let fields: Vec<&str> = written.split_whitespace().collect();
        match fields.len() {
            6 => {}
            5 => {
                return Err(BadExpression::new(
                    "it has five fields; six are needed, the first being the second",
                    format!("Write \"0 {}\".", fields.join(" ")),
                ));
            }
            count => {
                return Err(BadExpression::new(
                    format!("it has {count} fields, not six"),
                    "Write second, minute, hour, day of the month, month and weekday, for example \"0 0 9 * * Tue\".",
                ));
            }
        }
        let weekday = fields[5];
        if weekday
            .split('/')
            .next()
            .is_some_and(|days| days.chars().any(|c| c.is_ascii_digit()))
        {
            return Err(BadExpression::new(
                format!(
                    "\"{weekday}\" gives a weekday as a number, and nobody agrees which day is 1"
                ),
                "Write the weekday's name: Mon, Tue, Wed, Thu, Fri, Sat or Sun.",
            ));
        }
        let schedule: ::cron::Schedule = fields.join(" ").parse().map_err(|_| {
            BadExpression::new(
                "it is not a cron expression",
                "Write second, minute, hour, day of the month, month and weekday, for example \"0 0 9 * * Tue\" for Tuesdays at nine.",
            )
        })?;
        let recurring = Recurring {
            written: written.to_owned(),
            schedule,
        };
        // Expressions like "30 February" are read without complaint and never fire.
        let start = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default();
        if recurring
            .schedule
            .after(&start.and_time(NaiveTime::MIN).and_utc())
            .next()
            .is_none()
        {
            return Err(BadExpression::new(
                "it names a date that never comes",
                "Check the day of the month and the month.",
            ));
        }
        Ok(recurring)
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The first firing strictly after `now` on the clocks of `zone`: once per civil time, in a gap at the first valid
    /// minute after it, in a fold at the first pass; never in the past. `None` after the year 2100.
    pub fn next_after(&self, now: Moment, zone: Tz) -> Option<Moment> {
        // The crate runs on a clock without changes (the civil one taken as if it were UTC), from a little earlier,
        // so that a civil time of the first pass is looked at in the second pass, too, and found to be past.
        let civil_now = now.with_timezone(&zone).naive_local();
        self.schedule
            .after(&(civil_now - TimeDelta::hours(3)).and_utc())
            .map(|civil| moment_of(civil.naive_utc(), zone))
            .find(|moment| *moment > now)
    }

    /// The dates from `from` to `to`, both included, on which it fires.
    pub fn civil_dates(&self, from: NaiveDate, to: NaiveDate) -> Vec<NaiveDate> {
        self.dates_from(from)
            .take_while(|date| *date <= to)
            .collect()
    }

    /// The dates from `from` on which it fires, one after the other.
    fn dates_from(&self, from: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let before =
            |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc() - TimeDelta::seconds(1);
        let mut after = before(from);
        std::iter::from_fn(move || {
            let date = self.schedule.after(&after).next()?.date_naive();
            // Straight to the next date: an expression that fires each second is one date a day all the same.
            after = before(date + TimeDelta::days(1));
            Some(date)
        })
    }
}

/// The dates from `from` to `to`, both included, on which the expression fires; none for an expression that cannot
/// be read (the config refuses those at start).
pub fn civil_dates(expression: &str, from: NaiveDate, to: NaiveDate) -> Vec<NaiveDate> {
    Recurring::parse(expression).map_or_else(|_| Vec::new(), |it| it.civil_dates(from, to))
}

/// The dates of `count` topics: the first firing on or after `start`, then every `every`-th firing.
pub fn topic_dates(expression: &str, every: u32, count: usize, start: NaiveDate) -> Vec<NaiveDate> {
    let every = every.max(1) as usize;
    let Ok(recurring) = Recurring::parse(expression) else {
        return Vec::new();
    };
    recurring
        .dates_from(start)
        .step_by(every)
        .take(count)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Timelike;
    use chrono_tz::{Africa, America, Asia, Australia, Europe};

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn moment(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn recurring(text: &str) -> Recurring {
        Recurring::parse(text).unwrap()
    }

    #[test]
    fn a_weekly_time_in_the_gap_does_not_lose_its_week() {
        let sundays = recurring("0 30 2 * * Sun");
        let next = sundays.next_after(moment("2026-03-28T12:00:00Z"), Europe::Zurich);
        assert_eq!(next, Some(moment("2026-03-29T01:00:00Z")));
    }

    #[test]
    fn a_time_in_the_fold_fires_once_and_never_in_the_past() {
        let nightly = recurring("0 30 2 * * *");
        let first = nightly.next_after(moment("2026-10-24T12:00:00Z"), Europe::Zurich);
        assert_eq!(first, Some(moment("2026-10-25T00:30:00Z")));
        // In the second pass, ten past two: the crate alone would name half an hour ago.
        let then = nightly.next_after(moment("2026-10-25T01:10:00Z"), Europe::Zurich);
        assert_eq!(then, Some(moment("2026-10-26T01:30:00Z")));
    }

    #[test]
    fn six_zones_over_ten_years_fire_once_per_civil_time_and_go_forward() {
        let zones = [
            Europe::Zurich,
            America::New_York,
            America::Santiago,
            Australia::Lord_Howe,
            Africa::Casablanca,
            Asia::Kathmandu,
        ];
        for zone in zones {
            for expression in ["0 30 2 * * *", "0 0 9 * * Tue", "0 15,45 1-3 * * Sun"] {
                let recurring = recurring(expression);
                let mut now = moment("2026-01-01T00:00:00Z");
                let end = moment("2036-01-01T00:00:00Z");
                let mut last_civil = None;
                let mut firings = 0;
                while let Some(next) = recurring.next_after(now, zone) {
                    assert!(next > now, "{zone} {expression} {now} -> {next}");
                    let civil = next.with_timezone(&zone).naive_local();
                    assert!(
                        last_civil < Some(civil),
                        "{zone} {expression} {civil} twice"
                    );
                    assert_eq!(civil.second(), 0);
                    last_civil = Some(civil);
                    if next >= end {
                        break;
                    }
                    firings += 1;
                    now = next;
                }
                let expected = match expression {
                    "0 30 2 * * *" => 3652,
                    "0 0 9 * * Tue" => 521,
                    // Several times in one gap are one firing, so a few are fewer than six a Sunday.
                    _ => {
                        assert!(
                            (521 * 6 - 40..=522 * 6).contains(&firings),
                            "{zone} {firings}"
                        );
                        continue;
                    }
                };
                assert!(
                    (expected..=expected + 1).contains(&firings),
                    "{zone} {expression} {firings}"
                );
            }
        }
    }

    #[test]
    fn numeric_weekdays_are_refused_with_the_mend() {
        for written in ["0 0 9 * * 2", "0 0 9 * * 1-5", "0 0 9 * * Mon,3"] {
            let problem = Recurring::parse(written).unwrap_err();
            assert!(problem.why.contains("number"), "{problem:?}");
            assert!(problem.remedy.contains("Tue"), "{problem:?}");
        }
        assert!(Recurring::parse("0 0 9 * * Mon-Fri").is_ok());
        assert!(Recurring::parse("0 0 9 1 * *").is_ok());
    }

    #[test]
    fn other_shapes_are_refused_with_the_mend() {
        let five = Recurring::parse("0 9 * * Tue").unwrap_err();
        assert_eq!(five.remedy, "Write \"0 0 9 * * Tue\".");
        assert!(
            Recurring::parse("@weekly")
                .unwrap_err()
                .why
                .contains("1 fields")
        );
        assert!(Recurring::parse("0 0 25 * * Tue").is_err());
        assert!(
            Recurring::parse("0 0 9 30 Feb *")
                .unwrap_err()
                .why
                .contains("never")
        );
    }

    #[test]
    fn topics_start_on_or_after_day_0_and_come_each_fortnight() {
        let dates = topic_dates("0 0 9 * * Tue", 2, 9, date("2027-03-02"));
        assert_eq!(dates.len(), 9);
        assert_eq!(dates[0], date("2027-03-02"));
        assert_eq!(dates[1], date("2027-03-16"));
        assert_eq!(dates[8], date("2027-06-22"));
        // Day 0 on a Thursday: the first Tuesday after.
        let dates = topic_dates("0 0 9 * * Tue", 2, 2, date("2027-03-04"));
        assert_eq!(dates, [date("2027-03-09"), date("2027-03-23")]);
    }

    #[test]
    fn rare_topics_are_found_over_the_years() {
        let dates = topic_dates("0 0 9 1 * *", 6, 3, date("2027-03-02"));
        assert_eq!(
            dates,
            [date("2027-04-01"), date("2027-10-01"), date("2028-04-01")]
        );
    }

    #[test]
    fn dates_include_both_ends_and_count_each_day_once() {
        let dates = civil_dates("0 * * * * Tue,Thu", date("2027-03-02"), date("2027-03-09"));
        assert_eq!(
            dates,
            [date("2027-03-02"), date("2027-03-04"), date("2027-03-09")]
        );
        assert!(civil_dates("nonsense", date("2027-03-02"), date("2027-03-09")).is_empty());
    }
}
