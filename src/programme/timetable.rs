//! The calendar of the rounds: which round an application counts for, when things fall due. Civil dates become
//! moments in the zone of whoever reads the letter.

use chrono::{Datelike, Days, NaiveDate};
use chrono_tz::Tz;

use super::decision::Occasion;
use super::letter::Dates;
use super::settings::{Round, Settings, Survey};
use crate::schedule;
use crate::time::Moment;

/// The dates of a round as letters name them.
pub fn dates(round: &Round) -> Dates {
    Dates {
        round_name: round.name.clone(),
        opens: round.opens,
        deadline: round.deadline,
        start: round.start,
        end: round.end,
        weeks: u32::try_from((round.end - round.start).num_days() / 7).unwrap_or(0),
    }
}

/// The round whose deadline comes next: whoever applies now applies for it.
pub fn round_for_application(settings: &Settings, now: Moment) -> Option<&Round> {
    settings
        .rounds
        .iter()
        .filter(|round| deadline(round) > now)
        .min_by_key(|round| round.deadline)
}

pub fn round<'a>(settings: &'a Settings, id: &str) -> Option<&'a Round> {
    settings.rounds.iter().find(|round| round.id == id)
}

/// The round after this one.
pub fn next_round<'a>(settings: &'a Settings, id: &str) -> Option<&'a Round> {
    let this = round(settings, id)?;
    settings
        .rounds
        .iter()
        .filter(|round| round.start > this.start)
        .min_by_key(|round| round.start)
}

/// When the deadline has passed everywhere on earth.
pub fn deadline(round: &Round) -> Moment {
    schedule::end_of_date_in_last_zone(round.deadline)
}

/// The round that is being matched or under way, and whose pool is not over: late applicants can join it.
pub fn round_with_pool(settings: &Settings, now: Moment) -> Option<&Round> {
    settings
        .rounds
        .iter()
        .filter(|round| deadline(round) <= now && pool_is_open(settings, round, now))
        .min_by_key(|round| round.deadline)
}

/// Whether the pool will be matched on a day to come.
pub fn pool_is_open(settings: &Settings, round: &Round, now: Moment) -> bool {
    now < morning(
        settings,
        pool_end(settings, round) + Days::new(1),
        settings.zone,
    )
}

/// When pairs are worked out: nothing of an application can be changed from then on.
pub fn matching(settings: &Settings, round: &Round) -> Moment {
    morning(settings, round.matching, settings.zone)
}

/// The day on which old applications are asked: the last day to apply, or earlier where that would leave too little
/// time to answer before the matching.
pub fn still_asked_on(settings: &Settings, round: &Round) -> NaiveDate {
    let latest = round.matching - Days::new(u64::from(settings.still_with_us.answer_within_days));
    round.deadline.min(latest)
}

/// The programme's morning of a date in somebody's zone.
pub fn morning(settings: &Settings, date: NaiveDate, zone: Tz) -> Moment {
    schedule::local_moment(date, settings.morning, zone)
}

/// Civil dates of a round's topics; the first travels in the introduction.
pub fn topic_dates(settings: &Settings, round: &Round) -> Vec<NaiveDate> {
    let mut dates = schedule::topic_dates(
        &settings.topics_cron,
        settings.topics_every,
        settings.topics_of_a_round(),
        round.start,
    );
    dates.retain(|date| *date <= round.end);
    dates
}

/// The check-in's date: days count from day 0, or from the introduction of those who were introduced later.
pub fn check_in_date(
    settings: &Settings,
    round: &Round,
    started: NaiveDate,
    number: u32,
) -> Option<NaiveDate> {
    let days = *settings
        .check_in_days
        .get((number as usize).checked_sub(1)?)?;
    let date = started.max(round.start) + Days::new(u64::from(days));
    (date < round.end).then_some(date)
}

/// The last day on which the pool is matched.
pub fn pool_end(settings: &Settings, round: &Round) -> NaiveDate {
    round.start + Days::new(u64::from(settings.pool_until_day))
}

/// The last day on which answers to a round's surveys are taken: many write when the round is over.
pub fn surveys_close(round: &Round) -> NaiveDate {
    round.end + Days::new(SURVEYS_STAY_OPEN_DAYS)
}

const SURVEYS_STAY_OPEN_DAYS: u64 = 21;

/// A survey's date; `None` for those who were introduced too shortly before it to have anything to tell.
pub fn survey_date(round: &Round, survey: &Survey, started: NaiveDate) -> Option<NaiveDate> {
    let date = round.start + Days::new(u64::from(survey.day));
    (started.max(round.start) + Days::new(SURVEY_AFTER_DAYS) <= date && date <= round.end)
        .then_some(date)
}

const SURVEY_AFTER_DAYS: u64 = 14;

/// What the calendar alone makes fall due: each round's own dates, the next morning of the pool, the next digest.
/// Written down again and again without harm, since each has its key.
pub fn calendar(settings: &Settings, now: Moment) -> Vec<(Occasion, Moment)> {
    let mut due = Vec::new();
    // A round that was over before we looked has nothing left to do.
    let over = |round: &&Round| round.end + Days::new(30) < now.date_naive();
    for round in settings.rounds.iter().filter(|round| !over(round)) {
        let id = || round.id.clone();
        due.push((
            Occasion::Opens { round: id() },
            morning(settings, round.opens, settings.zone),
        ));
        due.push((
            Occasion::AskStill { round: id() },
            morning(settings, still_asked_on(settings, round), settings.zone),
        ));
        due.push((
            Occasion::LeaveOut { round: id() },
            matching(settings, round),
        ));
        due.push((Occasion::Deadline { round: id() }, deadline(round)));
        due.push((
            Occasion::Matching { round: id() },
            morning(settings, round.matching, settings.zone),
        ));
        let pool_end = pool_end(settings, round);
        let after_pool = morning(settings, pool_end + Days::new(1), settings.zone);
        due.push((Occasion::PoolEnds { round: id() }, after_pool));
        due.push((
            Occasion::RoundEnds { round: id() },
            morning(settings, round.end + Days::new(1), settings.zone),
        ));
        due.push((
            Occasion::Report { round: id() },
            morning(settings, round.end + Days::new(1), settings.zone),
        ));
        let after_surveys = surveys_close(round) + Days::new(1);
        due.push((
            Occasion::SurveysClose { round: id() },
            morning(settings, after_surveys, settings.zone),
        ));
        // The introductions of day 0 leave first; the pool is looked at from the next morning on.
        let from = now.max(
            morning(settings, round.start + Days::new(1), settings.zone)
                - chrono::TimeDelta::hours(12),
        );
        if let Some(at) =
            next_firing(&settings.pool_cron, from, settings.zone).filter(|at| *at < after_pool)
        {
            due.push((
                Occasion::Pool {
                    round: id(),
                    date: at.with_timezone(&settings.zone).date_naive(),
                },
                at,
            ));
        }
    }
    // What has been kept long enough is looked at each morning, whether a round runs or not.
    let later = now + chrono::TimeDelta::seconds(1);
    let morning = schedule::next_morning(later, settings.zone, settings.morning);
    due.push((
        Occasion::Retention {
            date: morning.with_timezone(&settings.zone).date_naive(),
        },
        morning,
    ));
    let digests = [
        next_firing(&settings.digest_cron, now, settings.zone),
        next_busy_firing(settings, now),
    ];
    if let Some(at) = digests.into_iter().flatten().min() {
        due.push((
            Occasion::Digest {
                date: at.with_timezone(&settings.zone).date_naive(),
            },
            at,
        ));
    }
    due
}

/// Days on which a round opens or closes, from and to: its opening, its deadline until the first days after the
/// introductions, and its end.
fn is_busy(round: &Round, date: NaiveDate) -> bool {
    let around = |from: NaiveDate, before: u64, to: NaiveDate, after: u64| {
        from - Days::new(before) <= date && date <= to + Days::new(after)
    };
    around(round.opens, 0, round.opens, 6)
        || around(round.deadline, 1, round.start, 3)
        || around(round.end, 1, round.end, 1)
}

/// The next daily digest of a busy time, if one is near; a digest plans the next one, so that none is missed.
fn next_busy_firing(settings: &Settings, now: Moment) -> Option<Moment> {
    const DAYS_AHEAD: usize = 31;
    let mut at = now;
    for _ in 0..DAYS_AHEAD {
        at = next_firing(&settings.digest_busy_cron, at, settings.zone)?;
        let date = at.with_timezone(&settings.zone).date_naive();
        if settings.rounds.iter().any(|round| is_busy(round, date)) {
            return Some(at);
        }
    }
    None
}

/// The config has refused expressions that cannot be read; one that slipped through never fires.
fn next_firing(expression: &str, after: Moment, zone: Tz) -> Option<Moment> {
    schedule::Recurring::parse(expression)
        .ok()?
        .next_after(after, zone)
}

/// A short word for a date in keys and notes.
pub fn day_word(date: NaiveDate) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}
