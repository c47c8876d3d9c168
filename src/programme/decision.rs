//! What the rules decide, as values: changes of state, letters to write, occasions to come. The store applies them,
//! all or none.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::application::{Answers, Unclear};
use super::event::{Proposed, Reason};
use super::facts::{ApplicationState, Audience, PartnershipState, Person, ProposalState, Purpose};
use super::letter::Letter;
use super::report::Figures;
use crate::ids::{
    AnnouncementId, ApplicationId, ChallengeId, InboxId, LetterId, PartnershipId, PersonId,
    ProposalId,
};
use crate::time::Moment;

/// The answer to one event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    pub changes: Vec<Change>,
    pub letters: Vec<Letter>,
    /// Occasions to come; one that exists already keeps its state, and its date while it is not done.
    pub occasions: Vec<(Occasion, Moment)>,
    /// The occasion that was due is not done but waits until this moment.
    pub postpone: Option<Moment>,
    pub outcome: Outcome,
    /// One line for the journal: what was decided and why, by ids only.
    pub note: String,
}

/// How the event ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Outcome {
    #[default]
    Handled,
    /// Nothing was to be done; the words say why.
    Ignored(String),
    /// A coordinator has to look; the words say at what.
    NeedsPerson(String),
    /// Nothing happens until the owner of the address confirms that it is theirs.
    WaitsForOwner(String),
    /// A safety contact has to look, and nobody else.
    NeedsSafetyContact(String),
}

impl Decision {
    pub fn ignored(why: &str) -> Decision {
        Decision {
            outcome: Outcome::Ignored(why.into()),
            note: why.into(),
            ..Decision::default()
        }
    }

    /// Both, as one decision about one event.
    pub fn join(&mut self, other: Decision) {
        self.changes.extend(other.changes);
        self.letters.extend(other.letters);
        self.occasions.extend(other.occasions);
        if !self.note.is_empty() && !other.note.is_empty() {
            self.note += "; ";
        }
        self.note += &other.note;
    }

    pub fn noting(note: impl Into<String>) -> Decision {
        Decision {
            note: note.into(),
            ..Decision::default()
        }
    }
}

/// A change of state. `store::apply` is the only place that carries these out.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    NewPerson {
        id: PersonId,
        address: String,
        language: String,
    },
    /// What the form says about the person themselves.
    Profile {
        person: PersonId,
        name: String,
        language: String,
        zone: chrono_tz::Tz,
        second_address: Option<String>,
    },
    FormSent {
        person: PersonId,
    },
    /// Written whole; creates it where the id is new.
    Application {
        id: ApplicationId,
        person: PersonId,
        round: String,
        state: ApplicationState,
        answers: Answers,
        unclear: Vec<Unclear>,
        arrived: Moment,
        priority: bool,
    },
    /// A copy in another round, accepted and before the others there. Where the applicant has one in that round already,
    /// theirs stays as it is, and comes before the others.
    ApplicationCarried {
        application: ApplicationId,
        /// Of the copy.
        id: ApplicationId,
        round: String,
    },
    ApplicationState {
        application: ApplicationId,
        state: ApplicationState,
    },
    /// The applicant has said something about it: it counts, and need not be asked for.
    ApplicationConfirmed {
        application: ApplicationId,
    },
    /// "Still with us?" has gone out.
    StillAsked {
        application: ApplicationId,
    },
    /// It ended without a partner through no fault of theirs.
    Owed {
        application: ApplicationId,
    },
    /// Whatever is open of theirs, in any round, is withdrawn.
    LeavesAll {
        person: PersonId,
    },
    /// An application that had moved on to this round is not needed: a place in the earlier one has become free.
    ApplicationTakenBack {
        person: PersonId,
        round: String,
    },
    SilenceRemembered {
        person: PersonId,
        round: String,
    },
    /// Of one round, or all of it.
    SilenceLifted {
        person: PersonId,
        round: Option<String>,
    },
    /// Leaves a partnership that goes on without them.
    MemberLeft {
        partnership: PartnershipId,
        person: PersonId,
    },
    /// Mail to the second address comes back, too.
    SecondUnreachable {
        person: PersonId,
    },
    /// A letter could not be delivered for now.
    Delayed {
        letter: LetterId,
        person: PersonId,
    },
    /// The owner is asked whether mail from this address is theirs.
    AddressAsked {
        person: PersonId,
        address: String,
    },
    /// Mail from this address counts as theirs; letters go where they went.
    AddressLinked {
        person: PersonId,
        address: String,
    },
    /// Letters go to this address from now on, and it works.
    AddressChanged {
        person: PersonId,
        address: String,
        /// Whether mail from the former one still counts as theirs.
        old_stays: bool,
    },
    /// They leave on this day unless they object; `None` when they did.
    LeavingOn {
        person: PersonId,
        on: Option<NaiveDate>,
    },
    PauseEnds {
        person: PersonId,
    },
    /// Others have seen their reply addresses: those of letters until now prove nothing any more.
    TokensExposed {
        person: PersonId,
    },
    /// A message that waited for its owner's word is read again, as theirs.
    ReadAgain {
        inbox: InboxId,
    },
    /// Messages of theirs that wait over the limit of a day are read now.
    ReadWaiting {
        person: PersonId,
    },
    Stop {
        person: PersonId,
    },
    TopicsOff {
        person: PersonId,
    },
    Pause {
        person: PersonId,
        until: NaiveDate,
    },
    Away {
        person: PersonId,
        until: NaiveDate,
    },
    Unreachable {
        person: PersonId,
    },
    TopicSeen {
        person: PersonId,
        topic: String,
        round: String,
    },
    NewProposal {
        id: ProposalId,
        proposed: Box<Proposed>,
        numbers: Vec<PersonId>,
    },
    ProposalState {
        proposal: ProposalId,
        state: ProposalState,
    },
    NewAnnouncement {
        id: AnnouncementId,
        by: String,
        audience: Audience,
        subject: String,
        text: String,
    },
    AnnouncementSent {
        announcement: AnnouncementId,
    },
    /// Something that a person has to mend.
    Trouble {
        what: String,
        words: String,
    },
    TroubleMended {
        what: String,
    },
    /// No letter to participants leaves until `ProgrammeResumed`.
    ProgrammePaused {
        by: String,
    },
    ProgrammeResumed,
    /// These two are never put together.
    PairForbidden {
        a: PersonId,
        b: PersonId,
        by: String,
    },
    NewPartnership {
        id: PartnershipId,
        round: String,
        people: Vec<(PersonId, ApplicationId)>,
        first_writer: PersonId,
        reasons: Vec<Reason>,
        score: i64,
    },
    PartnershipState {
        partnership: PartnershipId,
        state: PartnershipState,
        why: String,
    },
    CheckInAsked {
        partnership: PartnershipId,
        person: PersonId,
        number: u32,
    },
    CheckInAnswered {
        partnership: PartnershipId,
        person: PersonId,
        number: u32,
        choice: u8,
        words: String,
    },
    /// We asked "are you there?"; `None` when a sign of life came.
    Silent {
        partnership: PartnershipId,
        person: PersonId,
        since: Option<NaiveDate>,
    },
    SignOfLife {
        partnership: PartnershipId,
        person: PersonId,
    },
    InboxSettled {
        inbox: InboxId,
        by: String,
    },
    /// A survey goes out to somebody, for the first time or as the reminder.
    SurveyAsked {
        round: String,
        survey: String,
        person: PersonId,
    },
    /// Somebody has answered a survey: that they did, not what. What stands in [`Change::SurveySheet`].
    SurveyAnswered {
        round: String,
        survey: String,
        person: PersonId,
    },
    /// Answers of a survey, apart from whose they are: those of the same sheet are replaced, question by question.
    SurveySheet {
        round: String,
        survey: String,
        sheet: String,
        answers: Answers,
    },
    /// No sheet of the round's surveys can be found again by whose it is.
    SurveysSealed {
        round: String,
    },
    /// Two people are never put together again: by a keyed hash of their addresses, and by themselves where both are
    /// known already.
    MetBefore {
        pair_hash: String,
        people: Option<(PersonId, PersonId)>,
    },
    /// A row of a table has been taken.
    Imported {
        mark: String,
    },
    /// The figures of a round as they stand, so that nothing that is erased later changes them.
    FiguresKept(Box<Figures>),
    /// A letter whose end nobody could tell arrived, as a coordinator knows.
    LetterArrived {
        letter: LetterId,
        by: String,
    },
    /// A letter whose end nobody could tell, or that was given up, goes out again, byte for byte the same.
    LetterSentAgain {
        letter: LetterId,
        by: String,
    },
    /// Letters about the partnership that have not left yet are not sent.
    HoldLetters {
        partnership: PartnershipId,
    },
    /// A question that only the owner of the address can answer.
    NewChallenge {
        id: ChallengeId,
        person: PersonId,
        purpose: Purpose,
    },
    ChallengeUsed {
        challenge: ChallengeId,
    },
    /// Everything that is about them goes; numbers stay.
    Erase {
        person: PersonId,
    },
    /// They were told that what is about them will be erased.
    RetentionNoticed {
        person: PersonId,
    },
    /// The bytes of a message go as soon as it has been dealt with, here and in the mailbox.
    DropMessage {
        inbox: InboxId,
    },
    /// The bytes of messages and letters that were dealt with before this moment are dropped.
    DropBytes {
        before: Moment,
    },
}

impl Change {
    pub fn new_person(newcomer: &Person) -> Change {
        Change::NewPerson {
            id: newcomer.id,
            address: newcomer.address.clone(),
            language: newcomer.language.clone(),
        }
    }
}

/// Something that will fall due. Its key exists once: doing it twice is impossible.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Occasion {
    /// Ask those whose application is incomplete: 1 or 2.
    Reminder {
        round: String,
        person: PersonId,
        number: u32,
    },
    /// Applications open: everybody from earlier rounds is invited.
    Opens {
        round: String,
    },
    /// One of them.
    Invite {
        round: String,
        person: PersonId,
    },
    /// Whose application is old is asked whether they are still with us.
    AskStill {
        round: String,
    },
    /// Who did not answer that is left out, right before the matching.
    LeaveOut {
        round: String,
    },
    /// Somebody has left a capped round before the matching: the first of those who wait moves up.
    PlaceFreed {
        round: String,
        application: ApplicationId,
    },
    /// The last zone on earth has passed the deadline.
    Deadline {
        round: String,
    },
    Matching {
        round: String,
    },
    /// Coordinators have not answered the proposal.
    ProposalReminder {
        proposal: ProposalId,
        number: u32,
    },
    /// Both letters of a partnership, together.
    Introduce {
        partnership: PartnershipId,
    },
    Topic {
        person: PersonId,
        partnership: PartnershipId,
        number: u32,
    },
    CheckIn {
        person: PersonId,
        partnership: PartnershipId,
        number: u32,
    },
    /// The silence ladder's next step: 1 the firm letter, 2 the end. `since` tells one silence from the next.
    Silence {
        person: PersonId,
        partnership: PartnershipId,
        since: NaiveDate,
        step: u32,
    },
    /// Nobody objected to a withdrawal that came from elsewhere.
    LeavesForGood {
        person: PersonId,
        on: NaiveDate,
    },
    /// Mail to the address on file comes back, and nobody has answered at the second one.
    SecondUnanswered {
        person: PersonId,
        partnership: PartnershipId,
        since: NaiveDate,
    },
    /// An announcement's turn with one reader.
    Announce {
        announcement: AnnouncementId,
        person: PersonId,
    },
    /// The morning's pool.
    Pool {
        round: String,
        date: NaiveDate,
    },
    /// The pool is matched no more.
    PoolEnds {
        round: String,
    },
    Closing {
        person: PersonId,
        partnership: PartnershipId,
    },
    /// A survey, by its id, or its reminder.
    Survey {
        round: String,
        person: PersonId,
        survey: String,
        reminder: bool,
    },
    RoundEnds {
        round: String,
    },
    /// The numbers of the round, to the coordinators.
    Report {
        round: String,
    },
    /// Answers to the round's surveys are taken no more.
    SurveysClose {
        round: String,
    },
    Digest {
        date: NaiveDate,
    },
    /// Somebody is to be erased, once the last letter to them has left. `since` tells one wish from the next.
    Erase {
        person: PersonId,
        since: NaiveDate,
    },
    /// The daily look at what has been kept long enough.
    Retention {
        date: NaiveDate,
    },
}

impl Occasion {
    /// The unique key.
    pub fn key(&self) -> String {
        match self {
            Occasion::Reminder {
                round,
                person,
                number,
            } => format!("reminder/{round}/{person}/{number}"),
            Occasion::Opens { round } => format!("opens/{round}"),
            Occasion::Invite { round, person } => format!("invite/{round}/{person}"),
            Occasion::AskStill { round } => format!("ask-still/{round}"),
            Occasion::LeaveOut { round } => format!("leave-out/{round}"),
            Occasion::PlaceFreed { round, application } => {
                format!("place-freed/{round}/{application}")
            }
            Occasion::LeavesForGood { person, on } => format!("leaves-for-good/{person}/{on}"),
            Occasion::SecondUnanswered {
                person,
                partnership,
                since,
            } => format!("second-unanswered/{partnership}/{person}/{since}"),
            Occasion::Deadline { round } => format!("deadline/{round}"),
            Occasion::Matching { round } => format!("matching/{round}"),
            Occasion::ProposalReminder { proposal, number } => {
                format!("proposal-reminder/{proposal}/{number}")
            }
            Occasion::Introduce { partnership } => format!("introduce/{partnership}"),
            Occasion::Topic {
                person,
                partnership,
                number,
            } => format!("topic/{partnership}/{person}/{number}"),
            Occasion::CheckIn {
                person,
                partnership,
                number,
            } => format!("check-in/{partnership}/{person}/{number}"),
            Occasion::Silence {
                person,
                partnership,
                since,
                step,
            } => {
                format!("silence/{partnership}/{person}/{since}/{step}")
            }
            Occasion::Announce {
                announcement,
                person,
            } => format!("announce/{announcement}/{person}"),
            Occasion::Pool { round, date } => format!("pool/{round}/{date}"),
            Occasion::PoolEnds { round } => format!("pool-ends/{round}"),
            Occasion::Closing {
                person,
                partnership,
            } => format!("closing/{partnership}/{person}"),
            Occasion::Survey {
                round,
                person,
                survey,
                reminder,
            } => {
                let reminder = if *reminder { "/reminder" } else { "" };
                format!("survey/{round}/{person}/{survey}{reminder}")
            }
            Occasion::RoundEnds { round } => format!("round-ends/{round}"),
            Occasion::Report { round } => format!("report/{round}"),
            Occasion::SurveysClose { round } => format!("surveys-close/{round}"),
            Occasion::Digest { date } => format!("digest/{date}"),
            Occasion::Erase { person, since } => format!("erase/{person}/{since}"),
            Occasion::Retention { date } => format!("retention/{date}"),
        }
    }

    /// Of several that are due at the same moment, the lower goes first: topics before check-ins before surveys.
    pub fn rank(&self) -> u32 {
        match self {
            Occasion::Deadline { .. }
            | Occasion::LeaveOut { .. }
            | Occasion::PlaceFreed { .. }
            | Occasion::LeavesForGood { .. } => 0,
            Occasion::Matching { .. } | Occasion::Pool { .. } => 1,
            Occasion::Introduce { .. } => 2,
            Occasion::Silence { .. } | Occasion::SecondUnanswered { .. } => 3,
            Occasion::Topic { .. } => 4,
            Occasion::CheckIn { .. } => 5,
            Occasion::Closing { .. } | Occasion::Announce { .. } => 6,
            Occasion::Survey { .. }
            | Occasion::Reminder { .. }
            | Occasion::ProposalReminder { .. }
            | Occasion::Opens { .. }
            | Occasion::Invite { .. }
            | Occasion::AskStill { .. } => 7,
            Occasion::PoolEnds { .. }
            | Occasion::RoundEnds { .. }
            | Occasion::SurveysClose { .. } => 8,
            Occasion::Digest { .. } | Occasion::Report { .. } => 9,
            Occasion::Erase { .. } | Occasion::Retention { .. } => 10,
        }
    }

    pub fn person(&self) -> Option<PersonId> {
        match self {
            Occasion::Reminder { person, .. }
            | Occasion::Invite { person, .. }
            | Occasion::LeavesForGood { person, .. }
            | Occasion::SecondUnanswered { person, .. }
            | Occasion::Topic { person, .. }
            | Occasion::CheckIn { person, .. }
            | Occasion::Silence { person, .. }
            | Occasion::Announce { person, .. }
            | Occasion::Closing { person, .. }
            | Occasion::Survey { person, .. }
            | Occasion::Erase { person, .. } => Some(*person),
            _ => None,
        }
    }

    pub fn partnership(&self) -> Option<PartnershipId> {
        match self {
            Occasion::Introduce { partnership }
            | Occasion::Topic { partnership, .. }
            | Occasion::CheckIn { partnership, .. }
            | Occasion::Silence { partnership, .. }
            | Occasion::SecondUnanswered { partnership, .. }
            | Occasion::Closing { partnership, .. } => Some(*partnership),
            _ => None,
        }
    }

    pub fn round(&self) -> Option<&str> {
        match self {
            Occasion::Reminder { round, .. }
            | Occasion::Opens { round }
            | Occasion::Invite { round, .. }
            | Occasion::AskStill { round }
            | Occasion::LeaveOut { round }
            | Occasion::PlaceFreed { round, .. }
            | Occasion::Deadline { round }
            | Occasion::Matching { round }
            | Occasion::Pool { round, .. }
            | Occasion::PoolEnds { round }
            | Occasion::Survey { round, .. }
            | Occasion::RoundEnds { round }
            | Occasion::Report { round }
            | Occasion::SurveysClose { round } => Some(round),
            _ => None,
        }
    }
}
