//! What the rules are told about the world before they decide: read by the store, in the same transaction in which
//! the decision is applied. Shapes only.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::application::{Answers, Unclear};
use super::event::{Adjustments, Group, Insight, Reason};
use super::report::Figures;
use crate::ids::{
    AnnouncementId, ApplicationId, ChallengeId, InboxId, LetterId, PartnershipId, PersonId,
    ProposalId,
};
use crate::time::Moment;

/// Everything that the store looked up for one event. What an event has nothing to do with stays empty.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub now: Moment,
    /// Who the event is about or from.
    pub person: Option<Person>,
    /// The person's application for the round that the event is about, else their newest.
    pub application: Option<Application>,
    /// Where the event is about one round: the person's newest application for another.
    pub earlier: Option<Application>,
    /// The partnership that the event names, else the person's open one.
    pub partnership: Option<Partnership>,
    /// The person's further open partnerships: a mentor has as many as mentees.
    pub also: Vec<Partnership>,
    /// The round's applications, for events that are about a whole round.
    pub applicants: Vec<Applicant>,
    /// People with an application for an earlier round, and none for the round that opens.
    pub alumni: Vec<Applicant>,
    /// Where a complete application demands something of the partner: what its demands cost.
    pub demands: Option<Demands>,
    /// Other letters to this person that could not be delivered for a while, in the last seven days.
    pub failures: u32,
    /// The address to which somebody would like their letters is somebody else's in the programme.
    pub address_is_taken: bool,
    /// Who wrote at the address that a message comes from, where it is not the owner's.
    pub other_address: Option<OtherAddress>,
    /// The round's open partnerships, for its end.
    pub partnerships: Vec<Partnership>,
    pub proposal: Option<Proposal>,
    /// For a command about a letter: whether it is one whose end nobody could tell, or that was given up.
    pub letter_waits: bool,
    pub brakes: Brakes,
    /// The survey that the event is about.
    pub survey: Option<SurveySheet>,
    /// For an import: the row was taken before.
    pub already_imported: bool,
    /// For a report: the figures of its round, then those of the rounds before it.
    pub figures: Vec<Figures>,
    /// For what people may ask about their own data.
    pub rights: Rights,
    /// The message that a coordinator answers.
    pub in_question: Option<InQuestion>,
    pub announcement: Option<Announcement>,
    /// Everybody whom an announcement is meant for, whether or not they get mail now.
    pub audience: Vec<Person>,
    /// While the programme is paused.
    pub brake: Option<Brake>,
    /// The text of a message that a coordinator asks to see, where it is one of those that they may.
    pub shown: Option<Shown>,
    /// Since the last digest: what was dealt with, how many wrote for the first time, and what the newest of them wrote.
    pub settled: Vec<Settled>,
    pub newcomers: u32,
    /// Of their forms, those that had to wait behind the hourly ceiling.
    pub newcomers_waiting: u32,
    pub first_messages: Vec<Shown>,
    /// For the digest: what waits for a coordinator, and numbers.
    pub waiting: Vec<Waiting>,
    pub numbers: Vec<(String, i64)>,
    pub fresh: Fresh,
}

impl Facts {
    /// The open partnerships of the person that the event is about, the one that it names first.
    pub fn open_partnerships(&self) -> impl Iterator<Item = &Partnership> {
        self.partnership
            .iter()
            .chain(&self.also)
            .filter(|it| it.state != PartnershipState::Ended)
    }

    /// Those of them that have been introduced.
    pub fn under_way(&self) -> impl Iterator<Item = &Partnership> {
        self.open_partnerships()
            .filter(|it| it.state == PartnershipState::Active)
    }

    /// All partners that the person has now, as a sentence needs them.
    pub fn names_of_partners(&self, person: PersonId) -> String {
        let mut open: Vec<&Partnership> = self.under_way().collect();
        open.sort_by_key(|it| it.id);
        listed(open.iter().flat_map(|it| it.others(person)))
    }
}

/// The names of members as a sentence needs them.
fn listed<'m>(members: impl Iterator<Item = &'m Member>) -> String {
    let names: Vec<&str> = members.map(|member| member.person.name.as_str()).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_string(),
        [first @ .., last] => format!("{} & {last}", first.join(", ")),
    }
}

/// The ids that the next new rows will get; the store has one writer, so they are certain.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fresh {
    pub person: i64,
    pub application: i64,
    pub partnership: i64,
    pub proposal: i64,
    pub announcement: i64,
    pub challenge: i64,
}

/// What is known about somebody's wishes about their data.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rights {
    /// The question that a message answers.
    pub challenge: Option<Challenge>,
    /// How many such questions went to them in the last day, and when they last got their data.
    pub challenges_last_day: u32,
    pub last_data: Option<Moment>,
    /// Something that concerns them has not left or has not been handled yet: an erasure waits for it.
    pub is_under_way: bool,
    /// The newest round in which they had a partner to the end or have one now.
    pub participation: Option<Participation>,
    /// For the daily look: people who have not taken part for long.
    pub inactive: Vec<Inactive>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Challenge {
    pub id: ChallengeId,
    pub person: PersonId,
    pub purpose: Purpose,
    pub made: Moment,
    pub used: bool,
}

/// What the owner of an address is asked to prove that they want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To have everything that is kept about them.
    Data,
    /// To be erased.
    Erase,
    /// To have their letters at another address: asked at the one on file.
    OldAddress,
    /// The same, asked at the new one.
    NewAddress,
}

/// A round that somebody took part in.
#[derive(Debug, Clone, PartialEq)]
pub struct Participation {
    pub round: String,
    /// The day of the first introduction.
    pub from: NaiveDate,
    /// The day on which the last partnership ended; `None` while one is under way.
    pub until: Option<NaiveDate>,
    pub finished: bool,
}

/// Somebody who has not taken part for long.
#[derive(Debug, Clone, PartialEq)]
pub struct Inactive {
    pub person: Person,
    /// When we last heard from them or they last took part.
    pub since: Moment,
    pub noticed: Option<Moment>,
}

/// Topics that somebody had, and the rounds in which they had them; an empty name stands for a round not known.
pub type TopicsSeen = BTreeMap<String, BTreeSet<String>>;

#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub id: PersonId,
    /// As they wrote it; letters go here.
    pub address: String,
    /// Empty until they applied.
    pub name: String,
    pub language: String,
    pub zone: Tz,
    /// No unprompted mail.
    pub stopped: bool,
    pub topics_off: bool,
    /// Mail to them comes back, from every address that we know.
    pub unreachable: bool,
    /// Where to write when mail to the address on file comes back, or nobody answers there; `None` where mail to it
    /// comes back, too. Never shown to anybody.
    pub second_address: Option<String>,
    /// The address on file is one from which mail comes back; letters go to the second one.
    pub at_second: bool,
    pub paused_until: Option<NaiveDate>,
    /// They or their auto-reply said that they are away until this day; nobody is called silent meanwhile.
    pub away_until: Option<NaiveDate>,
    pub last_unprompted: Option<Moment>,
    /// When the last form letter went to them.
    pub form_sent: Option<Moment>,
    /// When they lost a place through silence, one moment for each round.
    pub silences: Vec<Moment>,
    /// Somebody who is not surely this person said that they leave: final on this day, unless they object.
    pub leaving_on: Option<NaiveDate>,
    pub topics_seen: TopicsSeen,
}

impl Person {
    /// Somebody of whom nothing is known yet but where they write from.
    pub fn newcomer(id: PersonId, address: &str, language: &str, zone: Tz) -> Person {
        Person {
            id,
            address: address.to_string(),
            name: String::new(),
            language: language.to_string(),
            zone,
            stopped: false,
            topics_off: false,
            unreachable: false,
            second_address: None,
            at_second: false,
            paused_until: None,
            away_until: None,
            last_unprompted: None,
            form_sent: None,
            silences: Vec::new(),
            leaving_on: None,
            topics_seen: TopicsSeen::default(),
        }
    }

    /// Whether letters may go to them that they did not ask for.
    pub fn may_be_written_to(&self, today: NaiveDate) -> bool {
        !self.stopped && !self.unreachable && self.paused_until.is_none_or(|until| until <= today)
    }

    /// Silent through two rounds: invited with a question. It is forgotten after two years.
    pub fn was_silent_twice(&self, now: Moment) -> bool {
        let remembered = now - chrono::TimeDelta::days(SILENCE_REMEMBERED_DAYS);
        self.silences.iter().filter(|at| **at > remembered).count() >= 2
    }
}

const SILENCE_REMEMBERED_DAYS: i64 = 2 * 365;

#[derive(Debug, Clone, PartialEq)]
pub struct Application {
    pub id: ApplicationId,
    pub person: PersonId,
    pub round: String,
    pub state: ApplicationState,
    pub answers: Answers,
    pub unclear: Vec<Unclear>,
    /// The first filled form; a new form keeps it.
    pub arrived: Moment,
    /// Left out of an earlier round: comes before the others under the cap.
    pub priority: bool,
    /// When the applicant last said anything about it.
    pub confirmed: Moment,
    /// They have been asked whether they are still with us, and have not answered.
    pub asked: bool,
    /// It ended without a partner through no fault of theirs: they come first in the next round.
    pub owed: bool,
}

/// Where an application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApplicationState {
    /// Something required is missing or unclear.
    Incomplete,
    /// Complete, waiting for a coordinator (acceptance by hand).
    Complete,
    Accepted,
    /// Over the country's cap: moved on to the next round.
    Capped,
    Declined,
    Withdrawn,
    /// In the round without a partner.
    Pool,
    /// In the round with a partner.
    Paired,
    /// Lost the place through silence.
    Silent,
    /// Did not say that they are still with us before the matching.
    LeftOut,
    /// The round is over.
    Finished,
}

impl ApplicationState {
    /// Whether the applicant can still change the answers.
    pub fn open(self) -> bool {
        matches!(
            self,
            ApplicationState::Incomplete | ApplicationState::Complete | ApplicationState::Accepted
        )
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Applicant {
    pub person: Person,
    pub application: Application,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Partnership {
    pub id: PartnershipId,
    pub round: String,
    pub state: PartnershipState,
    pub members: Vec<Member>,
    pub first_writer: PersonId,
    pub reasons: Vec<Reason>,
    /// The day of the introduction.
    pub started: Option<NaiveDate>,
    /// The reason, where it has ended.
    pub why_ended: String,
}

impl Partnership {
    pub fn member(&self, person: PersonId) -> Option<&Member> {
        self.members
            .iter()
            .find(|member| member.person.id == person)
    }

    pub fn others(&self, person: PersonId) -> impl Iterator<Item = &Member> {
        self.members
            .iter()
            .filter(move |member| member.person.id != person)
    }

    /// The partners' names as a sentence needs them.
    pub fn names_without(&self, person: PersonId) -> String {
        listed(self.others(person))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    pub person: Person,
    pub answers: Answers,
    pub application: ApplicationId,
    /// Whether a check-in has been sent to them.
    pub asked: bool,
    /// Their newest check-in answer, and when.
    pub last_answer: Option<(u8, Moment)>,
    /// The day on which we asked "are you there?", while it is unanswered.
    pub silent_since: Option<NaiveDate>,
    /// The last message of theirs while in this partnership.
    pub last_sign: Option<Moment>,
    /// How many other open partnerships they have: a mentor with several mentees goes on when one of them leaves.
    pub elsewhere: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartnershipState {
    /// Released, not yet introduced.
    Planned,
    Active,
    Ended,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    pub id: ProposalId,
    pub round: String,
    pub state: ProposalState,
    pub groups: Vec<Group>,
    pub unmatched: Vec<PersonId>,
    /// People in the order of their numbers, 1 first.
    pub numbers: Vec<PersonId>,
    pub score: i64,
    pub proof: String,
    /// Why it cannot be released: its certificate does not hold.
    pub unproven: Option<String>,
    pub floor: Option<i64>,
    pub adjustments: Adjustments,
    pub insight: Insight,
}

impl Proposal {
    /// The person with a number, as the proposal prints them: 1 is the first.
    pub fn person(&self, number: u32) -> Option<PersonId> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.numbers.get(at).copied()
    }

    /// How many people could be somebody's partner without each of their demands, by its question.
    pub fn gains_of(&self, person: PersonId) -> &[(String, u32)] {
        let mut demands = self.insight.demands.iter();
        demands
            .find(|(whose, _)| *whose == person)
            .map_or(&[], |(_, gains)| gains)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProposalState {
    Waiting,
    Released,
    Replaced,
}

/// Somebody's part in a survey of a round.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SurveySheet {
    /// The word under which the answers are kept. It follows from the person and the master key until the round's
    /// surveys are closed; afterwards nothing leads from a person to their answers.
    pub sheet: String,
    pub has_answered: bool,
    /// The surveys of this round are closed.
    pub closed: bool,
    pub answers: Answers,
}

/// How much has gone out already, for the ceilings.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Brakes {
    /// When the next letter to a stranger may leave, of all that left in the last hour or wait; `None` is now.
    pub strangers_turn: Option<Moment>,
    /// Answers to this address in the last 24 hours.
    pub answers_last_day: u32,
    /// Questions "was this you?" to this person in the last 24 hours.
    pub confirmations_last_day: u32,
    /// Letters to this coordinator in the last 24 hours which say that nothing was done.
    pub nothing_done_last_day: u32,
}

/// How many people of the round could be somebody's partner, and what each of their demands costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Demands {
    pub possible: u32,
    /// Question id of a "must" wish, and how many there would be without it.
    pub without: Vec<(String, u32)>,
}

/// What is known of an address that is not the one on file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherAddress {
    pub person: PersonId,
    /// When the owner was last asked whether it is theirs.
    pub asked: Moment,
}

/// A message that was forwarded to coordinators.
#[derive(Debug, Clone, PartialEq)]
pub struct InQuestion {
    /// Whose it is; none where nobody could tell.
    pub person: Option<Person>,
    /// Its Message-ID, as it was written, so that the answer stands in its thread.
    pub message_id: Option<String>,
    /// Who has dealt with it: an address, or the command line.
    pub settled_by: Option<String>,
    /// A concern.
    pub safety: bool,
    /// Coordinators' answers to this person in the last 24 hours.
    pub answers_last_day: u32,
}

/// A message that somebody has dealt with.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    pub inbox: InboxId,
    pub from: String,
    pub by: String,
    pub safety: bool,
}

/// Somebody's message, for coordinators to read.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub inbox: InboxId,
    pub from: String,
    pub text: String,
}

/// Since when, and on whose word, no letter leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Brake {
    pub since: Moment,
    pub by: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Announcement {
    pub id: AnnouncementId,
    pub audience: Audience,
    pub subject: String,
    pub text: String,
    pub state: AnnouncementState,
}

/// Whom an announcement is for. Codes are those of `places`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    All,
    Round(String),
    Country(String),
    Language(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnnouncementState {
    /// Its preview went out.
    Shown,
    Sent,
}

/// Something that waits for a coordinator.
#[derive(Debug, Clone, PartialEq)]
pub enum Waiting {
    Message {
        inbox: crate::ids::InboxId,
        from: String,
        why: String,
        /// A concern: for the safety contacts alone.
        safety: bool,
    },
    Proposal {
        proposal: ProposalId,
        round: String,
    },
    Introduction {
        partnership: PartnershipId,
    },
    Letter {
        letter: LetterId,
        kind: String,
        why: String,
    },
    /// A letter that must not come twice, and nobody can tell whether it arrived.
    Held {
        letter: LetterId,
        kind: String,
        to: String,
    },
    Application {
        person: PersonId,
        name: String,
    },
    /// Held out of a release, and nobody has said what next.
    HeldOut {
        person: PersonId,
        name: String,
        round: String,
    },
    /// Somebody has written more than is read in a day.
    Flood {
        person: Option<PersonId>,
        name: String,
        messages: u32,
    },
    /// Something about the daemon's surroundings that a person has to mend.
    Trouble {
        words: String,
    },
    /// Something due that fails again and again.
    Defect {
        what: String,
        why: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_is_forgotten_after_two_years() {
        let now = crate::time::from_seconds(1_805_000_000);
        let days_ago = |days| now - chrono::TimeDelta::days(days);
        let mut person =
            Person::newcomer(PersonId(1), "anna@library.example", "en", chrono_tz::UTC);
        person.silences = vec![days_ago(400)];
        assert!(!person.was_silent_twice(now), "once is no habit");
        person.silences = vec![days_ago(400), days_ago(200)];
        assert!(person.was_silent_twice(now));
        person.silences = vec![days_ago(731), days_ago(200)];
        assert!(!person.was_silent_twice(now));
    }
}
