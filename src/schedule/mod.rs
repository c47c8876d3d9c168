//! Cron expressions and the calendar. Never asks what time it is.
use crate::time::Moment;
use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
pub fn end_of_date_in_last_zone(_d: NaiveDate) -> Moment {
    Moment::default()
}
pub fn local_moment(_d: NaiveDate, _t: NaiveTime, _z: Tz) -> Moment {
    Moment::default()
}
pub fn civil_dates(_e: &str, _f: NaiveDate, _t: NaiveDate) -> Vec<NaiveDate> {
    vec![]
}
pub fn next_fire(_e: &str, _n: Moment, _z: Tz) -> Option<Moment> {
    None
}
pub fn joint_moment(_d: NaiveDate, _z: &[Tz], _m: NaiveTime) -> Moment {
    Moment::default()
}
pub fn awake_hours(_r: Tz, _o: Tz, _d: NaiveDate) -> Vec<(NaiveTime, NaiveTime)> {
    vec![]
}
pub fn next_morning(_n: Moment, _z: Tz, _m: NaiveTime) -> Moment {
    Moment::default()
}
