//! All that can happen to a programme. One closed list; every variant goes through the one path.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::application::{Answers, Unclear};
use super::facts::Audience;
use super::trust::Action;
use crate::ids::{
    AnnouncementId, InboxId, LetterId, OccasionId, PartnershipId, PersonId, ProposalId,
};

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Somebody wrote to us.
    Message(Message),
    /// Something fell due.
    Due(Due),
    /// A coordinator said what to do, by mail or on the command line.
    Command(Command),
    /// One of our letters did not reach its reader: the server's refusal and a bounce message are the same event.
    Undelivered(Undelivered),
    /// Somebody told their mail provider that a letter of ours is spam.
    Complaint(Complaint),
    /// The matching has worked out pairs.
    Proposed(Proposed),
    /// The daemon has noticed something about itself or its surroundings.
    Noticed(Noticed),
}

/// What the daemon can notice.
#[derive(Debug, Clone, PartialEq)]
pub enum Noticed {
    /// More letters that nobody asked for were ordered within a day than there are people for them.
    Runaway {
        planned: u32,
        people: u32,
    },
    /// Something that a person has to mend; the digest tells it until it is mended.
    Trouble {
        what: String,
        words: String,
    },
    Mended {
        what: String,
    },
    /// Somebody at the machine has made a new master key, the `number`th; `exposed` where others may have the one before.
    KeyChanged {
        by: String,
        exposed: bool,
        number: u32,
    },
}

/// A message, in the words of the programme. Who it is from has been established: see `evidence`.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub inbox: InboxId,
    /// The address it claims to be from; `None` where no single sender can be named.
    pub from: Option<String>,
    pub evidence: Evidence,
    /// The letter that it answers, where a valid token or a known thread says so.
    pub answers_letter: Option<Answered>,
    pub nature: Nature,
    /// Another participant can see the reply address that it was sent to.
    pub exposed: bool,
    pub subject: String,
    /// What the sender wrote anew.
    pub text: String,
    pub said: Said,
}

/// How sure we are that the message is from whom it says, from weakest to strongest (RELIABILITY: L0 to L4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Evidence {
    /// L0: nothing but a From line.
    None,
    /// L1: a valid token, but another sender than its owner.
    TokenOnly,
    /// L2: a valid token and its owner's address.
    TokenAndAddress,
    /// L3: L2 and the mail host vouches for the sender's domain.
    Authenticated,
    /// L4: a fresh code, sent to the address on file, came back.
    Challenged,
}

/// The letter a message answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    pub letter: LetterId,
    pub person: Option<PersonId>,
    /// The name of its kind, as in `letter::LetterKind::name`.
    pub kind: String,
    pub about: super::letter::About,
}

/// Who or what wrote.
#[derive(Debug, Clone, PartialEq)]
pub enum Nature {
    Person,
    /// An auto-reply; `back_on` is the day on which an out-of-office reply says that its owner returns.
    Automatic {
        back_on: Option<NaiveDate>,
    },
    /// List mail, our own letter coming back, an empty message: recorded, never answered. The word says which.
    Machine(String),
}

/// What the words of a message mean, as far as they could be read. All may be empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub intent: Option<Intent>,
    /// With [`Intent::Unclear`]: what the words seem to ask for, where nothing but its exact word may do it. Good for
    /// asking back, never for acting.
    #[serde(default)]
    pub seems: Option<Intent>,
    /// With answers to a form: what the words beside it would ask for by themselves. Where the form only came back
    /// quoted, these are the message.
    #[serde(default)]
    pub beside: Option<Intent>,
    /// With answers to a form: whether any of them stands in what was written anew, not only in what is quoted.
    #[serde(default)]
    pub answers_anew: bool,
    /// The day until which somebody is away or pauses.
    pub until: Option<NaiveDate>,
    /// The address to which somebody would like their letters from now on.
    #[serde(default)]
    pub address: Option<String>,
    /// The answer to a check-in, 1 to 6, or to an are-you-there letter, 1 to 3.
    pub choice: Option<u8>,
    pub answers: Answers,
    pub unclear: Vec<Unclear>,
}

/// What somebody wants, from any message at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intent {
    Apply,
    /// Answers what was asked.
    Answer,
    /// No more unprompted mail.
    Stop,
    Withdraw,
    Pause,
    NewPartner,
    Help,
    Concern,
    MyData,
    ForgetMe,
    /// A certificate of having taken part.
    Certificate,
    TopicsOff,
    /// Letters shall go to another address.
    NewAddress,
    /// Something is asked for, but not certainly enough to act on.
    Unclear,
}

/// Something that fell due, as it stands in the occasions.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    pub occasion: OccasionId,
    pub what: super::decision::Occasion,
    /// When it was due; now is in the facts.
    pub due_at: crate::time::Moment,
}

/// What a coordinator can do.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Address of the coordinator, or "command line".
    pub by: String,
    pub what: CommandKind,
    /// The message that carried it, where it came by mail.
    pub inbox: Option<InboxId>,
    pub authority: Authority,
}

/// On what a command rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// It was given on the machine itself.
    Machine,
    /// A message carried it: how sure it is who wrote it, and what the letter that it answers is good for.
    Mail { evidence: Evidence, paper: Paper },
}

/// What a letter to a coordinator is good for, where its answer makes letters leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// It shows what still is, and nobody has acted on it.
    Good,
    /// It was acted on before.
    Used,
    /// Older than three days: letters are kept and forwarded.
    Old,
    /// What it showed is not what is there now.
    Changed,
    /// It is known by its thread only, or was never meant to be acted on.
    Thread,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CommandKind {
    /// Release the proposal: its pairs become partnerships.
    Release(ProposalId),
    /// Other pairs than proposed. The daemon works them out and brings them back as [`Event::Proposed`]; what arrives
    /// here cannot be done.
    Review {
        proposal: ProposalId,
        acts: Vec<Act>,
        /// Why the matching cannot do it, where only the matching knows.
        refused: Option<String>,
    },
    /// Show what an announcement would look like, and whom it would reach.
    Announce {
        audience: Audience,
        subject: String,
        text: String,
    },
    /// Send an announcement that has been shown.
    SendAnnouncement(AnnouncementId),
    /// The brake: no letter leaves but those to coordinators.
    PauseProgramme,
    ResumeProgramme,
    /// How things stand, now.
    Status,
    /// The first message of somebody new, whole.
    Show {
        inbox: InboxId,
    },
    /// Who was held out of a release is looked a partner for, each morning.
    IntoPool {
        person: PersonId,
    },
    /// Several lines of one reply, each with its words; each is done by itself, in their order, and one letter answers all.
    Several {
        commands: Vec<(String, CommandKind)>,
        /// Lines that stood below other words and were not taken for commands.
        below: Vec<String>,
    },
    /// Words that look like commands and are none; what they lack, for the answer.
    Misread {
        why: String,
        about: super::letter::About,
    },
    /// Take an application out of the round, with a reason that the applicant reads.
    Decline {
        person: PersonId,
        reason: String,
    },
    /// Accept an application where acceptance is by hand.
    Accept {
        person: PersonId,
    },
    /// A former silence is forgiven: they are invited like everybody again.
    LiftSilence {
        person: PersonId,
    },
    /// What somebody wrote above the limit of a day is read now.
    ReadWaiting {
        person: PersonId,
    },
    /// A person's place is given up, as if they had withdrawn.
    Withdraw {
        person: PersonId,
    },
    /// End a partnership; both go to the pool.
    EndPartnership {
        partnership: PartnershipId,
    },
    /// Introduce a partnership that waited too long to be introduced without asking.
    Introduce {
        partnership: PartnershipId,
    },
    /// A message that waited for a person has been dealt with.
    Settle {
        inbox: InboxId,
    },
    /// A row of a table of applications.
    Import(Box<super::importing::Row>),
    /// Two people who were partners before the programme was run by us.
    Met(super::importing::Met),
    /// A letter that may or may not have arrived did, as its reader says.
    Arrived {
        letter: LetterId,
    },
    /// A letter that may or may not have arrived is sent again.
    SendAgain {
        letter: LetterId,
    },
    /// Erase a person, as if they had asked for it and confirmed it.
    Erase {
        person: PersonId,
    },
    /// Letters to somebody shall go to another address; it is asked first.
    ChangeAddress {
        person: PersonId,
        address: String,
    },
    /// Somebody whose partnership was ended because of a concern may have a new partner.
    Free {
        person: PersonId,
    },
}

impl CommandKind {
    /// What it is in the table of what needs which evidence. Those after which letters to participants leave, or other
    /// ones, are the commands that a forger would want.
    pub fn action(&self) -> Action {
        match self {
            CommandKind::PauseProgramme => Action::PauseProgramme,
            CommandKind::ResumeProgramme => Action::ResumeProgramme,
            // Together they need what the one of them that needs most does.
            CommandKind::Several { commands, .. }
                if commands.iter().any(|(_, what)| {
                    matches!(what.action(), Action::Act | Action::ResumeProgramme)
                }) =>
            {
                Action::Act
            }
            CommandKind::Several { .. } => Action::Manage,
            CommandKind::Release(_)
            | CommandKind::Review { .. }
            | CommandKind::SendAnnouncement(_)
            | CommandKind::SendAgain { .. } => Action::Act,
            // Tables come from the machine only.
            CommandKind::Import(_) | CommandKind::Met(_) => Action::Configure,
            CommandKind::Announce { .. }
            | CommandKind::Status
            | CommandKind::Show { .. }
            | CommandKind::IntoPool { .. }
            | CommandKind::Misread { .. }
            | CommandKind::Decline { .. }
            | CommandKind::Accept { .. }
            | CommandKind::LiftSilence { .. }
            | CommandKind::ReadWaiting { .. }
            | CommandKind::Withdraw { .. }
            | CommandKind::EndPartnership { .. }
            | CommandKind::Introduce { .. }
            | CommandKind::Settle { .. }
            | CommandKind::Arrived { .. }
            | CommandKind::Erase { .. }
            | CommandKind::ChangeAddress { .. }
            | CommandKind::Free { .. } => Action::Manage,
        }
    }
}

/// One thing that a coordinator asks of a proposal. Numbers are people as the proposal prints them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// They exchange their partners.
    Swap(u32, u32),
    /// They are a pair.
    Pin(u32, u32),
    /// They are never a pair, in this round or another.
    Forbid(u32, u32),
    /// Left out of this release.
    Hold(u32),
    /// Where the number is odd: this one waits in the pool.
    Leave(u32),
    /// Where the number is odd: the last one joins the pair that suits best.
    Trio,
    /// Pins and holds of this person are forgotten.
    Free(u32),
    /// Work it out again, with everybody who is in now.
    Rerun,
}

impl std::fmt::Display for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Act::Swap(a, b) => write!(f, "swap {a} {b}"),
            Act::Pin(a, b) => write!(f, "pin {a} {b}"),
            Act::Forbid(a, b) => write!(f, "forbid {a} {b}"),
            Act::Hold(a) => write!(f, "hold {a}"),
            Act::Leave(a) => write!(f, "leave {a}"),
            Act::Trio => write!(f, "trio"),
            Act::Free(a) => write!(f, "free {a}"),
            Act::Rerun => write!(f, "rerun"),
        }
    }
}

/// What coordinators want of a proposal beyond the rules, all their replies together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Adjustments {
    pub pinned: Vec<(PersonId, PersonId)>,
    pub forbidden: Vec<(PersonId, PersonId)>,
    pub held: Vec<PersonId>,
    /// Without a partner where the number is odd; they wait in the pool from the release on.
    pub left: Vec<PersonId>,
    /// The last one where the number is odd joins a pair, whatever the config says.
    pub trio: bool,
}

/// The proposal that a new one replaces, and on whose word.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    pub proposal: ProposalId,
    pub by: String,
    /// The message that asked for it, where it came by mail.
    pub inbox: Option<InboxId>,
    pub acts: Vec<Act>,
}

/// What a coordinator should know of a proposal before releasing it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Insight {
    /// Everybody without a partner, and why.
    pub without: Vec<Without>,
    /// What relaxing each rule for everybody would gain.
    pub gains: Vec<Gain>,
    /// So many people compete for so many possible partners, where that leaves some without.
    pub competing: u32,
    pub scarce: u32,
    /// Pinned pairs that the rules would not allow.
    pub against_rules: Vec<(PersonId, PersonId, Vec<Obstacle>)>,
    /// Of everybody who demands something: for the question of each demand, how many people of the round could be
    /// their partner without it.
    pub demands: Vec<(PersonId, Vec<(String, u32)>)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Without {
    pub person: PersonId,
    /// People who could be their partner, and all have another one.
    pub possible: u32,
    /// How many others each rule closes to them, the most first.
    pub closed: Vec<(Obstacle, u32)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    pub rule: Obstacle,
    pub more_pairs: u32,
    /// People without a partner who would have one.
    pub freed: u32,
    /// Change of the total score.
    pub score: i64,
}

/// What can stand between two people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    Country,
    Region,
    Organisation,
    Met,
    Blocked,
    Language,
    Hours,
    Wish,
    Roles,
    Forbidden,
    Score,
}

/// A letter that cannot be delivered, or not yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Undelivered {
    pub letter: LetterId,
    pub person: Option<PersonId>,
    /// The name of the letter's kind.
    pub kind: String,
    pub about: super::letter::About,
    /// Where it was sent.
    pub address: String,
    pub permanent: bool,
    /// What the server said, cut to a line.
    pub reason: String,
}

/// A complaint about one of our letters.
#[derive(Debug, Clone, PartialEq)]
pub struct Complaint {
    pub letter: LetterId,
    pub person: Option<PersonId>,
}

/// Pairs worked out by the matching, for a round or for the pool.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposed {
    pub round: String,
    pub purpose: Purpose,
    /// Two people each, or three.
    pub groups: Vec<Group>,
    pub unmatched: Vec<PersonId>,
    /// Sum of the pairs' scores.
    pub score: i64,
    /// Whether the certificate proves that nothing better exists, and in which words.
    pub proof: String,
    /// Why the certificate does not hold; a proposal is not released then.
    pub unproven: Option<String>,
    /// The lowest score that a pair may have, kept so that a change does not move it.
    pub floor: Option<i64>,
    pub adjustments: Adjustments,
    pub insight: Insight,
    pub revision: Option<Revision>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The whole round, for coordinators to look at.
    Round,
    /// The morning's pool, released at once.
    Pool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub people: Vec<PersonId>,
    pub score: i64,
    /// What they have in common and which wishes are met, as (kind, value) for the letters to word.
    pub reasons: Vec<Reason>,
}

/// Why two people were put together; worded by the templates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Reason {
    SharedInterest {
        option: String,
    },
    SharedLanguage {
        code: String,
    },
    /// `person`'s wish about `question` is met by the partner.
    WishMet {
        person: PersonId,
        question: String,
        option: String,
    },
    WakingHours {
        hours: u32,
    },
    SameStage {
        option: String,
    },
    SameSector {
        option: String,
    },
}
