//! The programme's rules as configured: the meaning of the config folder for `decide`. Every number is a default of
//! PROGRAMME and stands in the example config with its sentence.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;

use super::application::{Answer, Answers, Form, Text};

#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub name: String,
    /// The one address of the programme.
    pub address: String,
    /// Zone of the recurring times in the config.
    pub zone: Tz,
    /// Hour of unprompted letters on the reader's clock.
    pub morning: NaiveTime,
    /// First is the default.
    pub languages: Vec<String>,
    pub coordinators: Vec<Coordinator>,
    pub form: Form,
    pub rounds: Vec<Round>,
    pub pairing: Pairing,
    pub cap: Option<Cap>,
    pub acceptance: Acceptance,
    pub odd: Odd,
    pub release: Release,
    pub introduction_reply_to: IntroductionReplyTo,
    /// Days after day 0.
    pub check_in_days: Vec<u32>,
    pub silence: Silence,
    /// Last day, counted from day 0, on which the pool is matched.
    pub pool_until_day: u32,
    /// Whether those who apply after the deadline wait in the pool of the round that runs, or for the next round.
    pub late_to_pool: bool,
    pub still_with_us: StillWithUs,
    /// Cron expression of the civil dates of topics, in `zone`.
    pub topics_cron: String,
    /// Every how many firings of `topics_cron` a topic is sent: 2 makes weekly Tuesdays a fortnight.
    pub topics_every: u32,
    /// Those for everybody, then those for returners, each in the order in which they are sent: the first is `First`,
    /// the last `Last`.
    pub topics: Vec<Topic>,
    pub digest_cron: String,
    /// Cron expression of further digests on the days on which a round opens or closes.
    pub digest_busy_cron: String,
    /// Cron expression of the daily re-matching.
    pub pool_cron: String,
    pub catch_up: CatchUp,
    pub ceilings: Ceilings,
    pub retention: Retention,
    /// Community channels named in introductions and topics.
    pub channels: Vec<String>,
    pub surveys: Vec<Survey>,
    pub import: Import,
    /// What a coordinator orders by mail and makes letters leave is done only when another one agrees.
    pub second_coordinator: bool,
}

/// How a table of applications names its columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// Heading of the column with the mail address.
    pub address: String,
    /// Heading of the column that says when the application came in.
    pub arrived: Option<String>,
    /// Question id (or `must`, `like`) -> heading, where it is neither the id nor the question's label.
    pub columns: BTreeMap<String, String>,
}

impl Settings {
    /// How many topics a round has: as many as there are for everybody.
    pub fn topics_of_a_round(&self) -> usize {
        self.topics
            .iter()
            .filter(|topic| topic.audience == Audience::Everybody)
            .count()
    }

    pub fn survey(&self, id: &str) -> Option<&Survey> {
        self.surveys.iter().find(|survey| survey.id == id)
    }
}

/// Questions put to everybody on a day of the round, answered in the reply like the form.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// As in the file name: "mid".
    pub id: String,
    pub title: Text,
    /// Days after day 0.
    pub day: u32,
    /// Days after which those who have not answered are reminded, once.
    pub reminder_after_days: Option<u32>,
    pub form: Form,
}

impl Settings {
    /// The language of whoever has not shown another: the first of the config.
    pub fn default_language(&self) -> &str {
        self.languages.first().map_or("en", String::as_str)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Coordinator {
    pub name: String,
    pub address: String,
    /// Whether commands by mail are taken from them.
    pub may_act: bool,
    /// Concerns go to these, and to nobody else.
    pub safety_contact: bool,
}

/// A round's calendar. Dates are civil dates; the deadline ends with that date in the last zone on earth (UTC-12).
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// As in the file name: "2027A".
    pub id: String,
    pub name: String,
    pub opens: NaiveDate,
    /// Reminders to incomplete applications.
    pub reminders: Vec<NaiveDate>,
    pub deadline: NaiveDate,
    pub matching: NaiveDate,
    /// Day 0.
    pub start: NaiveDate,
    /// The closing letter's day.
    pub end: NaiveDate,
    /// The cap can be switched off for a round.
    pub capped: bool,
}

/// Hard rules and weights of the matching, in the words of the config.
#[derive(Debug, Clone, PartialEq)]
pub struct Pairing {
    pub different: Different,
    pub shared_language: bool,
    pub max_hours_apart: Option<u32>,
    pub weights: Weights,
    /// Mentors and mentees; none where all are peers.
    pub roles: Option<Roles>,
}

/// Which answers say who mentors and who is mentored.
#[derive(Debug, Clone, PartialEq)]
pub struct Roles {
    /// Id of a question of the kind "one of", and two of its options.
    pub question: String,
    pub mentor: String,
    pub mentee: String,
    /// Id of the question how many mentees a mentor takes; one each without it.
    pub capacity: Option<String>,
    /// Nobody gets more mentees than this, whatever they answer.
    pub at_most: u32,
}

/// What somebody is in a programme with two roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Mentor { capacity: u32 },
    Mentee,
}

impl Roles {
    /// `None` where the answers do not say; such an application is not complete.
    pub fn of(&self, answers: &Answers) -> Option<Role> {
        let chosen = answers.get(&self.question).and_then(Answer::as_str)?;
        if chosen == self.mentee {
            return Some(Role::Mentee);
        }
        (chosen == self.mentor).then(|| {
            let written = self
                .capacity
                .as_ref()
                .and_then(|question| answers.get(question))
                .and_then(Answer::as_str);
            Role::Mentor {
                capacity: written
                    .map_or(1, first_number)
                    .clamp(1, self.at_most.max(1)),
            }
        })
    }
}

/// "3", "up to 3", "3 mentees"; one where there is no number.
fn first_number(written: &str) -> u32 {
    written
        .split(|c: char| !c.is_ascii_digit())
        .find_map(|digits| digits.parse().ok())
        .unwrap_or(1)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Different {
    Country,
    Region,
    /// As the form's question `organisation` is answered.
    Organisation,
    Nothing,
}

/// Points; PROGRAMME section 5 gives their order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// For each of the two whose wishes are all met; of several the first that is met counts most.
    pub wish: u32,
    /// A shared interest, times its rarity.
    pub interest: u32,
    /// A shared waking half hour.
    pub waking_half_hour: u32,
    pub same_stage: u32,
    pub same_sector: u32,
    /// For somebody left out or let down last time.
    pub carry_over: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Cap {
    /// Share of a round's applicants, in percent, above which a country is capped to that share.
    pub percent: u32,
    /// ISO codes of countries that are not capped.
    pub exempt: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// Complete is accepted.
    ByRule,
    ByHand,
}

/// Whether somebody who applied long ago still wants to take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StillWithUs {
    /// Applications that are older than this at the deadline are asked.
    pub older_than_days: u32,
    /// Who has not answered after so many days is left out.
    pub answer_within_days: u32,
}

/// What becomes of the last one where the number of people is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    Trio,
    Wait,
    /// The coordinators say it in answer to the proposal; until they do, the last one waits.
    Ask,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Wait for a coordinator's `ok`, reminding each day.
    Wait,
    /// By itself after so many hours.
    AfterHours(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntroductionReplyTo {
    Partner,
    Programme,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// Days from the first question to the firm letter.
    pub firm_after_days: u32,
    /// Days from the first question to the end of the partnership.
    pub end_after_days: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    pub id: String,
    pub title: String,
    pub position: Position,
    pub audience: Audience,
}

/// For whom a topic was written first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    Everybody,
    /// Those who had topics in an earlier round; others get it where nothing else is left.
    Returners,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    First,
    Middle,
    Last,
}

/// How late something may be and still be done without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CatchUp {
    pub introductions_hours: u32,
    pub reminders_hours: u32,
}

/// How long what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// What is about somebody who has not taken part for so many months is erased.
    pub months: u32,
    /// They are told so many days before.
    pub notice_days: u32,
    /// Messages and letters are kept word for word for so many days.
    pub mail_days: u32,
    /// Backups older than this do not exist: what the programme's people promise, and the last letter says.
    pub backups_days: u32,
}

/// What keeps us from flooding anybody (RELIABILITY G7, T10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceilings {
    /// Letters of all kinds handed to the server in an hour.
    pub letters_per_hour: u32,
    /// The same in a day; none where the provider has no such limit.
    pub letters_per_day: Option<u32>,
    /// The same in a minute, in all and for one recipient's domain; the latter begins with two and grows as it takes them.
    pub letters_per_minute: u32,
    pub letters_per_domain_per_minute: u32,
    /// Letters of all kinds to one address in a day; a coordinator's takes more.
    pub letters_per_address_per_day: u32,
    /// Form letters to strangers in an hour: while applications are open, and outside.
    pub stranger_letters_per_hour_open: u32,
    pub stranger_letters_per_hour_closed: u32,
    /// Answers to one address in a day where the messages changed nothing.
    pub answers_per_address_per_day: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mentor_takes_as_many_as_they_say_but_not_more_than_the_programme_allows() {
        let roles = Roles {
            question: "role".into(),
            mentor: "mentor".into(),
            mentee: "mentee".into(),
            capacity: Some("capacity".into()),
            at_most: 3,
        };
        let role = |role: &str, capacity: Option<&str>| {
            let mut answers = Answers::from([("role".into(), Answer::One(role.into()))]);
            if let Some(capacity) = capacity {
                answers.insert("capacity".into(), Answer::One(capacity.into()));
            }
            roles.of(&answers)
        };
        let mentor = |capacity| Some(Role::Mentor { capacity });
        assert_eq!(role("mentor", Some("2")), mentor(2));
        assert_eq!(role("mentor", Some("up to 12 people")), mentor(3));
        assert_eq!(role("mentor", Some("none just now")), mentor(1));
        assert_eq!(role("mentor", None), mentor(1));
        assert_eq!(role("mentee", Some("2")), Some(Role::Mentee));
        assert_eq!(role("neither", None), None);
    }
}
