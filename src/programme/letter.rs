//! The closed list of letters: who gets each, what it says (as values, not words) and how it may be answered.
//! The words are in `templates/<language>/letters/<name>.md`; a letter here without a file there is refused at start.

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use super::event::{Gain, Obstacle};
use super::facts::Purpose;
use crate::ids::{AnnouncementId, ChallengeId, PartnershipId, PersonId, ProposalId};
use crate::time::Moment;

/// A letter that the rules order. Rendering and composing follow in the same transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    pub to: Recipient,
    pub kind: LetterKind,
    /// With the kind and the recipient, the key under which it can be ordered only once ("topic-3", "inbox-88").
    pub occurrence: String,
    pub about: About,
    pub reply_to: ReplyTo,
    /// Not handed to the server before this moment.
    pub not_before: Option<Moment>,
}

impl Letter {
    /// To a person, to be answered to the programme.
    pub fn to(person: PersonId, kind: LetterKind, occurrence: String, about: About) -> Letter {
        Letter::answerable(Recipient::Person(person), kind, occurrence, about)
    }

    /// To a coordinator, to be answered to the programme.
    pub fn to_coordinator(
        address: &str,
        kind: LetterKind,
        occurrence: String,
        about: About,
    ) -> Letter {
        let to = Recipient::Coordinator(address.to_string());
        Letter::answerable(to, kind, occurrence, about)
    }

    fn answerable(to: Recipient, kind: LetterKind, occurrence: String, about: About) -> Letter {
        Letter {
            to,
            kind,
            occurrence,
            about,
            reply_to: ReplyTo::Token,
            not_before: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recipient {
    /// At the address on file, or at the second one where the first is unreachable.
    Person(PersonId),
    /// At the second address, where there is one that works.
    SecondAddress(PersonId),
    /// At an address that a person names as theirs, and that nobody has confirmed yet. Such a letter says no name.
    Unproven { person: PersonId, address: String },
    /// A coordinator, by their address in the config.
    Coordinator(String),
}

/// What the letter is about, so that a reply to it needs no guessing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partnership: Option<PartnershipId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<ProposalId>,
    /// Which check-in, which topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// Which survey, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<String>,
    /// Questions of the "must" wishes that a letter offers to relax, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wishes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcement: Option<AnnouncementId>,
    /// The address that the reader is asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_address: Option<String>,
    /// The message that a coordinator's answer goes to, or that its owner is asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox: Option<crate::ids::InboxId>,
    /// The question that a letter asks of the owner of its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<ChallengeId>,
}

impl About {
    /// About a round as a whole.
    pub fn round(id: impl Into<String>) -> About {
        About {
            round: Some(id.into()),
            ..About::default()
        }
    }

    /// About a message that somebody wrote to us.
    pub fn message(inbox: crate::ids::InboxId) -> About {
        About {
            inbox: Some(inbox),
            ..About::default()
        }
    }
}

/// Where pressing Reply writes to.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplyTo {
    /// The programme, with a signed token for this reader and this letter.
    Token,
    /// The same with a token that is good for three days, and proves that the owner of the address answers.
    Challenge,
    /// The partners' own addresses; no token travels in the letter.
    Partners(Vec<String>),
}

/// A label and what is under it, ready to be shown ("Country", "New Zealand").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub label: String,
    pub value: String,
}

/// The dates of a round as letters name them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dates {
    pub round_name: String,
    pub opens: NaiveDate,
    pub deadline: NaiveDate,
    pub start: NaiveDate,
    pub end: NaiveDate,
    pub weeks: u32,
}

/// A partner as a letter shows them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Partner {
    pub name: String,
    pub address: String,
    /// In the reader's language.
    pub country: String,
    /// Answers that partners may see, in the form's order.
    pub profile: Vec<Line>,
}

/// A clock shown in an introduction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClockOf {
    pub name: String,
    /// IANA name.
    pub zone: String,
    /// The reader's noon on that person's clock, and the difference in minutes.
    pub at_readers_noon: NaiveTime,
    pub minutes_ahead: i32,
}

/// A stretch of the day in which all are awake (07:00 to 22:00), on the reader's clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hours {
    pub from: NaiveTime,
    pub to: NaiveTime,
}

/// A question of the form that is missing or unclear, in the reader's language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Open {
    pub label: String,
    /// What was written there, where something was.
    pub written: Option<String>,
    /// Why it was not enough; none where nothing was written.
    pub why: Option<super::application::Why>,
    /// Whether we cannot go on without it.
    pub required: bool,
}

/// A reason for putting people together, for the template to word. What it names is in the reader's language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum WhyTogether {
    Interests {
        shared: Vec<String>,
    },
    /// What the reader wished for, and a partner is.
    YourWish {
        what: String,
    },
    /// What a partner wished for, and the reader is.
    TheirWish {
        what: String,
    },
    Languages {
        shared: Vec<String>,
    },
}

/// A line of the proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposedPair {
    /// People as numbered in this proposal, with name and country.
    pub people: Vec<(u32, String, String)>,
    pub score: i64,
    /// A coordinator wants it so.
    pub pinned: bool,
    /// What speaks for it; only where the letter asks to look at the pair.
    pub why: Vec<String>,
}

/// Somebody without a partner in the proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposedWithout {
    /// Number, name, country.
    pub person: (u32, String, String),
    pub possible: u32,
    pub closed: Vec<(Obstacle, u32)>,
}

/// What a coordinator's reply made of a proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposalChange {
    /// The proposal that was replaced.
    pub replaced: ProposalId,
    /// Who asked.
    pub by: String,
    /// Each command, and how the people it names stand now.
    pub did: Vec<(String, String)>,
    /// Pairs that are no more, and pairs that are new.
    pub gone: Vec<ProposedPair>,
    pub new: Vec<ProposedPair>,
    pub score_before: i64,
}

/// A "must" that its owner can give up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Relaxable {
    /// In the reader's words.
    pub wish: String,
    /// How many people of the round could be their partner without it, where that is known.
    pub possible: Option<u32>,
}

/// A file that travels with a letter. It is made where the letter is ordered and lives in its frozen bytes only.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    /// Letters, digits, dots and dashes; anything else is replaced.
    pub file_name: String,
    /// As in MIME: "text/csv; charset=utf-8".
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

/// A part of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportSection {
    pub title: String,
    pub lines: Vec<Line>,
}

/// An item of the digest that needs a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub text: String,
    /// The command line that settles it.
    pub command: Option<String>,
}

/// The beginning of what somebody wrote for the first time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FirstMessage {
    pub from: String,
    pub text: String,
    /// The command line that shows the whole.
    pub command: Option<String>,
}

/// Every letter that exists, with the values that its template may use. The names of the fields are the names in
/// the templates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LetterKind {
    /// Answer to a stranger: what this is, what it asks of people, the dates and the form.
    Form {
        dates: Dates,
        open: bool,
        /// The round is under way, and whoever applies now waits in its pool until this day.
        pool_until: Option<NaiveDate>,
        form: String,
    },
    /// What is missing or unclear, with the form filled in as far as known.
    Missing {
        name: String,
        dates: Dates,
        open_questions: Vec<Open>,
        form: String,
        reminder: bool,
    },
    /// What was recorded and what a partner would see.
    Complete {
        name: String,
        dates: Dates,
        recorded: Vec<Line>,
        partner_sees: Vec<Line>,
        /// False where a coordinator accepts by hand.
        accepted: bool,
        /// Complete, but after this round's deadline: it counts for the round named in `dates`.
        for_next_round: bool,
        /// Where "must" wishes leave few possible partners: how many, and the wish that costs most.
        few_partners: Option<(u32, String)>,
        /// The reader waits for a partner in a round that is under way, until this day.
        pool_until: Option<NaiveDate>,
        /// The last day for corrections.
        until: NaiveDate,
    },
    /// A place after all: a coordinator has accepted, or one has become free under the country's cap.
    Accepted {
        name: String,
        dates: Dates,
        freed: bool,
    },
    /// To alumni when a round opens: their last application, to confirm or correct.
    Invitation {
        name: String,
        dates: Dates,
        form: String,
        /// It counts already: they had no place last time.
        carried: bool,
        /// They come first.
        first: bool,
    },
    /// To whoever was silent through two rounds: do you have the time?
    InvitationQuestion { name: String, dates: Dates },
    /// To whoever applied long ago.
    StillWithUs {
        name: String,
        dates: Dates,
        until: NaiveDate,
    },
    /// No answer to that.
    LeftOut {
        name: String,
        dates: Dates,
        next: Option<Dates>,
    },
    /// To the address on file: did this come from you?
    WasThisYou {
        /// Empty for somebody who has not applied yet.
        name: String,
        what: Confirming,
        /// Where it came from, where that is another address.
        address: Option<String>,
        /// Until when the pause holds, or can be undone.
        until: Option<NaiveDate>,
    },
    /// Answer to somebody who chose what happens to their application.
    ChoiceTaken {
        name: String,
        taken: Taken,
        /// The round that it is about.
        dates: Option<Dates>,
        /// The wish that is now a "would like".
        wish: Option<String>,
        pool_until: Option<NaiveDate>,
    },
    /// Over the country's cap; next round with priority.
    Capped {
        name: String,
        dates: Dates,
        country: String,
        next: Option<Dates>,
    },
    /// A coordinator's decision, with their reason.
    Declined {
        name: String,
        dates: Dates,
        reason: String,
    },
    /// No partner in this round's matching; in the pool until `pool_until`.
    Unmatched {
        name: String,
        dates: Dates,
        pool_until: NaiveDate,
        /// There was a partner, who left before the introduction.
        partner_left: bool,
        /// Their "must" wishes; each can be made a "would like" by its number.
        wishes: Vec<Relaxable>,
        next: Option<Dates>,
    },
    /// Meet your partner; topic 1 travels along.
    Introduction {
        name: String,
        dates: Dates,
        partners: Vec<Partner>,
        why: Vec<WhyTogether>,
        clocks: Vec<ClockOf>,
        awake: Vec<Hours>,
        /// The one who is asked to write first.
        first_writer: String,
        you_write_first: bool,
        /// In a programme with two roles; the partner is the other one.
        you_are: Option<Part>,
        /// Whether pressing Reply writes to the partner.
        reply_reaches_partner: bool,
        topic: Option<TopicText>,
        channels: Vec<String>,
        end: NaiveDate,
        /// A new partner after an earlier one.
        again: bool,
    },
    /// A discussion topic.
    Topic {
        name: String,
        partners: String,
        topic: TopicText,
        missed: Vec<TopicText>,
        number: u32,
        last: bool,
        channels: Vec<String>,
    },
    /// Have you two been in touch? One to six.
    CheckIn {
        name: String,
        partners: String,
        number: u32,
    },
    /// Answer to 1 and 2 of the check-in.
    GoingWell {
        name: String,
        partners: String,
        slow: bool,
        next_question: Option<NaiveDate>,
    },
    /// Answer to 3: what happens next and when.
    PartnerAsked {
        name: String,
        partners: String,
        firm_on: NaiveDate,
        end_on: NaiveDate,
    },
    /// To the silent one: are you there?
    AreYouThere {
        name: String,
        partners: String,
        firm: bool,
        end_on: NaiveDate,
    },
    /// Answer to the silent one's sign of life.
    GoodToHear {
        name: String,
        partners: String,
        away_until: Option<NaiveDate>,
    },
    /// To the second address, since mail to the first comes back: shall we write here from now on?
    AddressCheck { name: String, address: String },
    /// To the owner (`own`), or to the partner: there is a new address.
    AddressChanged {
        name: String,
        partners: String,
        address: String,
        own: bool,
    },
    /// To somebody who would like letters at another address: it has been asked, or cannot be written to (`failed`).
    AddressAsked {
        name: String,
        address: String,
        failed: bool,
    },
    /// Answer to a message that was meant for the partner, where answers to the introduction reach the programme: it is not
    /// passed on, and here is where to write.
    NotForwarded {
        name: String,
        /// Name and address of each partner.
        partners: Vec<Line>,
    },
    /// To the partner: our mail comes back, and we try another way until a day.
    PartnerUnreached {
        name: String,
        partners: String,
        until: NaiveDate,
    },
    /// To the silent one, without blame.
    PlaceGiven { name: String, partners: String },
    /// The partnership is over (`why`), the reader goes to the pool or, after its end, to the next round.
    PartnershipEnded {
        name: String,
        partners: String,
        why: Ended,
        pool_until: Option<NaiveDate>,
        next: Option<Dates>,
        /// The partners who stay: a partnership of three goes on without one.
        stays_with: Option<String>,
    },
    /// To the partner of somebody who is away until a day, or was silent and has been heard of (`heard`).
    PartnerAway {
        name: String,
        partners: String,
        until: NaiveDate,
        heard: bool,
    },
    /// Answer to 4: a new partner will be looked for.
    NewPartner {
        name: String,
        partners: String,
        pool_until: Option<NaiveDate>,
        next: Option<Dates>,
    },
    /// Answer to a late word about a partnership that has ended meanwhile, and where the reader stands now.
    PartnershipOver {
        name: String,
        /// The partners that they have now; empty where there is none.
        partners: String,
        pool_until: Option<NaiveDate>,
        next: Option<Dates>,
    },
    /// The pool is matched no more; the next round, with priority.
    PoolEnded { name: String, next: Option<Dates> },
    /// Answer to a withdrawal.
    Withdrawn { name: String },
    /// No more unprompted mail.
    Stopped { name: String },
    /// Topics are off; all else goes on.
    TopicsOff { name: String },
    /// Pause noted, until a day.
    Paused { name: String, until: NaiveDate },
    /// A person will answer.
    PersonWillAnswer { name: String },
    /// We could not tell what was meant: the question again.
    Unclear {
        name: String,
        question: Asked,
        /// Whom the question is about; empty where it is about nobody.
        partners: String,
    },
    /// The partnership's formal part ends.
    Closing {
        name: String,
        dates: Dates,
        partners: String,
        next: Option<Dates>,
    },
    /// Is it you who wants your data, or to be forgotten? To the address on file alone.
    Confirm {
        name: String,
        purpose: Purpose,
        hours: u32,
        /// Where letters shall go, where that is the question.
        address: Option<String>,
    },
    /// Everything that is kept about the reader, as attachments.
    MyData { name: String, again_on: NaiveDate },
    /// They had it less than thirty days ago.
    MyDataLater {
        name: String,
        sent_on: NaiveDate,
        again_on: NaiveDate,
    },
    /// The last letter: everything is being erased.
    Forgotten { name: String, backups_days: u32 },
    /// To somebody who asks about data, or for no more mail, and of whom nothing is known.
    NothingKept { address: String },
    /// Answer to a concern: what has been done, who reads it.
    ConcernReceived {
        name: String,
        partners: String,
        contact: String,
    },
    /// The certificate, as an attachment.
    Certificate {
        name: String,
        round_name: String,
        from: NaiveDate,
        until: NaiveDate,
    },
    /// Not a letter by itself: the words on the attached certificate, from the title to the signature.
    CertificatePage {
        name: String,
        round_name: String,
        from: NaiveDate,
        until: NaiveDate,
        today: NaiveDate,
    },
    /// The round is still under way; the certificate can be had from that day on.
    CertificateLater { name: String, from: NaiveDate },
    /// Answer to somebody who would like to stay.
    Staying { name: String, until: NaiveDate },
    /// They have not taken part for long: what is about them will be erased on that day.
    ErasureNotice {
        name: String,
        on: NaiveDate,
        months: u32,
    },

    /// A survey: the questions as a form.
    Survey {
        name: String,
        dates: Dates,
        title: String,
        form: String,
        /// Answers are taken until this day.
        until: NaiveDate,
        reminder: bool,
        /// The answer to a message in which no answers were found.
        again: bool,
    },
    /// Answer to a survey's answers. It does not repeat them: they are kept apart from names.
    AnswersKept {
        name: String,
        title: String,
        /// How many of how many questions are answered.
        answered: u32,
        questions: u32,
        /// What could not be read, and what is asked for and was left out.
        open_questions: Vec<Open>,
        until: NaiveDate,
        /// They came too late and were not kept.
        closed: bool,
    },

    /// To coordinators: pairs to look at, answered with `ok`.
    Proposal {
        dates: Dates,
        number: ProposalId,
        /// 0 when it is new; else the letter asks again.
        reminder: u32,
        /// What the reply to an earlier proposal changed.
        change: Option<Box<ProposalChange>>,
        people: u32,
        countries: u32,
        pairs: Vec<ProposedPair>,
        worst: Vec<ProposedPair>,
        /// Lower bound of each tenth of the score, and how many pairs are in it.
        distribution: Vec<(i64, u32)>,
        without: Vec<ProposedWithout>,
        held: Vec<(u32, String, String)>,
        /// The last one of an odd number, where the coordinators are asked what becomes of them.
        odd_one: Option<(u32, String, String)>,
        /// So many people compete for so many possible partners.
        competing: u32,
        scarce: u32,
        gains: Vec<Gain>,
        /// Pinned pairs that the rules would not allow.
        against_rules: Vec<(String, Vec<Obstacle>)>,
        score: i64,
        proof: String,
        /// Why it cannot be released.
        unproven: Option<String>,
        /// It is released by itself after so many hours.
        releases_after_hours: Option<u32>,
        /// The whole as a table.
        #[serde(skip)]
        files: Vec<Attachment>,
    },
    /// To coordinators: the numbers of a round that has ended.
    Report {
        dates: Dates,
        sections: Vec<ReportSection>,
        /// Answers to surveys are counted until this day.
        counted_until: NaiveDate,
        #[serde(skip)]
        files: Vec<Attachment>,
    },
    /// A coordinator's answer to a message, from the programme's address.
    CoordinatorAnswer {
        name: String,
        coordinator: String,
        text: String,
    },
    /// A coordinator's word to many.
    Announcement {
        name: String,
        subject: String,
        text: String,
    },
    /// To the coordinator who wrote it: an announcement before it is sent.
    AnnouncementPreview {
        audience: String,
        people: u32,
        /// People whom it is meant for and who get no mail now.
        left_out: u32,
        subject: String,
        text: String,
    },
    /// To coordinators: somebody's first message, whole.
    Shown { from: String, text: String },
    /// To a coordinator: whether a command is meant. Nothing is done without the answer.
    CommandConfirm {
        /// Whose command it is, where another coordinator has to agree.
        by: Option<String>,
        command: String,
        hours: u32,
    },
    /// To coordinators: what a command did.
    CommandDone { what: String },
    /// To coordinators: what needs a person, then numbers.
    Digest {
        dates: Option<Dates>,
        items: Vec<Item>,
        /// What other coordinators have dealt with since the last digest.
        settled: Vec<String>,
        /// How many people wrote for the first time since then, and what the newest of them wrote.
        newcomers: u32,
        first_messages: Vec<FirstMessage>,
        numbers: Vec<Line>,
    },
    /// To coordinators: a message that a person has to answer.
    ForPerson {
        who: String,
        address: String,
        known: Vec<Line>,
        subject: String,
        text: String,
        reading: String,
        /// What stands below this in a reply is ours.
        mark: String,
        command: String,
    },
    /// To coordinators: something that happened and needs no act.
    Notice { what: String },
}

/// A topic for the reader: its text in Markdown is looked up by the templates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopicText {
    pub id: String,
}

/// What the reader is in a programme with two roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    Mentor,
    Mentee,
}

/// Which question a letter repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    CheckIn,
    AreYouThere,
    /// Whether the partner in this letter is the one of several whom somebody wants to exchange.
    WhichPartner,
    /// No question of ours: a sentence seems to want something that only an exact word may do (RELIABILITY d.4).
    Word,
}

/// What the owner of an address is asked to confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirming {
    /// A form that was not an answer to our letter.
    Application,
    /// A message in their name that was not an answer to a letter of ours.
    Message,
    /// An answer to a letter of theirs, from another address.
    OtherAddress,
    /// The same, and it says that they leave.
    Leaving,
    /// The same, and it asks for a pause.
    Pause,
}

/// What somebody chose for their application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Taken {
    /// It still counts.
    Stays,
    /// They wait in the pool.
    Waits,
    /// They come first in the next round.
    NextRound,
    /// A "must" is now a "would like".
    Relaxed,
    /// They are with us again, and wait in the pool.
    Back,
    /// They have left, and said why.
    ToldWhy,
    /// What somebody else asked for in their name is undone.
    Undone,
}

/// Why a partnership ended, as far as the reader may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// The partner had to stop.
    Withdrew,
    /// The partner could not be reached by mail.
    Unreachable,
    /// No word from the partner.
    Silent,
    /// The two were no good fit; nobody is told who said so.
    Fit,
    /// A coordinator ended it.
    Coordinator,
}

impl Ended {
    /// The word under which the partnership is kept as ended.
    pub fn reason(self) -> &'static str {
        match self {
            Ended::Withdrew => "a partner withdrew",
            Ended::Unreachable => "a partner cannot be reached by mail",
            Ended::Silent => "silent",
            Ended::Fit => "no good fit",
            Ended::Coordinator => "coordinator",
        }
    }
}

/// Whether a second copy of this kind would do harm, so that a coordinator decides where nobody can tell whether the
/// first one arrived. All others are sent again, byte for byte the same, so that mail programs can drop the copy.
pub fn must_not_come_twice(kind: &str) -> bool {
    matches!(kind, "introduction" | "my-data")
}

/// What leaves first where not all can leave at once (RELIABILITY F22): what somebody's safety or a stop hangs on, then
/// answers, introductions, check-ins, surveys, and last what tells and invites.
pub fn order_of_leaving(kind: &str) -> u8 {
    match kind {
        "concern-received" | "confirm" | "was-this-you" | "address-check" | "stopped"
        | "withdrawn" | "paused" | "topics-off" | "forgotten" | "for-person" | "notice"
        | "coordinator-answer" => 0,
        "introduction" => 2,
        "check-in" | "are-you-there" | "partner-asked" | "topic" => 3,
        "survey" => 4,
        "digest"
        | "report"
        | "announcement"
        | "invitation"
        | "invitation-question"
        | "still-with-us"
        | "closing"
        | "certificate"
        | "erasure-notice" => 5,
        // Somebody waits for each of the others: they answer or confirm.
        _ => 1,
    }
}

impl LetterKind {
    /// The name of its template file and of its kind everywhere.
    pub fn name(&self) -> &'static str {
        match self {
            LetterKind::Form { .. } => "form",
            LetterKind::Missing { .. } => "missing",
            LetterKind::Complete { .. } => "complete",
            LetterKind::Accepted { .. } => "accepted",
            LetterKind::Invitation { .. } => "invitation",
            LetterKind::InvitationQuestion { .. } => "invitation-question",
            LetterKind::StillWithUs { .. } => "still-with-us",
            LetterKind::LeftOut { .. } => "left-out",
            LetterKind::WasThisYou { .. } => "was-this-you",
            LetterKind::ChoiceTaken { .. } => "choice-taken",
            LetterKind::Capped { .. } => "capped",
            LetterKind::Declined { .. } => "declined",
            LetterKind::Unmatched { .. } => "unmatched",
            LetterKind::Introduction { .. } => "introduction",
            LetterKind::Topic { .. } => "topic",
            LetterKind::CheckIn { .. } => "check-in",
            LetterKind::GoingWell { .. } => "going-well",
            LetterKind::PartnerAsked { .. } => "partner-asked",
            LetterKind::AreYouThere { .. } => "are-you-there",
            LetterKind::GoodToHear { .. } => "good-to-hear",
            LetterKind::AddressCheck { .. } => "address-check",
            LetterKind::AddressChanged { .. } => "address-changed",
            LetterKind::AddressAsked { .. } => "address-asked",
            LetterKind::NotForwarded { .. } => "not-forwarded",
            LetterKind::PartnerUnreached { .. } => "partner-unreached",
            LetterKind::PlaceGiven { .. } => "place-given",
            LetterKind::PartnershipEnded { .. } => "partnership-ended",
            LetterKind::PartnerAway { .. } => "partner-away",
            LetterKind::NewPartner { .. } => "new-partner",
            LetterKind::PartnershipOver { .. } => "partnership-over",
            LetterKind::PoolEnded { .. } => "pool-ended",
            LetterKind::Withdrawn { .. } => "withdrawn",
            LetterKind::Stopped { .. } => "stopped",
            LetterKind::TopicsOff { .. } => "topics-off",
            LetterKind::Paused { .. } => "paused",
            LetterKind::PersonWillAnswer { .. } => "person-will-answer",
            LetterKind::Unclear { .. } => "unclear",
            LetterKind::Closing { .. } => "closing",
            LetterKind::Survey { .. } => "survey",
            LetterKind::AnswersKept { .. } => "answers-kept",
            LetterKind::Confirm { .. } => "confirm",
            LetterKind::MyData { .. } => "my-data",
            LetterKind::MyDataLater { .. } => "my-data-later",
            LetterKind::Forgotten { .. } => "forgotten",
            LetterKind::NothingKept { .. } => "nothing-kept",
            LetterKind::ConcernReceived { .. } => "concern-received",
            LetterKind::Certificate { .. } => "certificate",
            LetterKind::CertificatePage { .. } => "certificate-page",
            LetterKind::CertificateLater { .. } => "certificate-later",
            LetterKind::Staying { .. } => "staying",
            LetterKind::ErasureNotice { .. } => "erasure-notice",
            LetterKind::CoordinatorAnswer { .. } => "coordinator-answer",
            LetterKind::Announcement { .. } => "announcement",
            LetterKind::AnnouncementPreview { .. } => "announcement-preview",
            LetterKind::Shown { .. } => "shown",
            LetterKind::Proposal { .. } => "proposal",
            LetterKind::Report { .. } => "report",
            LetterKind::CommandConfirm { .. } => "command-confirm",
            LetterKind::CommandDone { .. } => "command-done",
            LetterKind::Digest { .. } => "digest",
            LetterKind::ForPerson { .. } => "for-person",
            LetterKind::Notice { .. } => "notice",
        }
    }

    /// All names, in the order in which a round meets them.
    pub const NAMES: &'static [&'static str] = &[
        "form",
        "missing",
        "complete",
        "accepted",
        "invitation",
        "invitation-question",
        "still-with-us",
        "left-out",
        "was-this-you",
        "choice-taken",
        "capped",
        "declined",
        "unmatched",
        "introduction",
        "topic",
        "check-in",
        "going-well",
        "partner-asked",
        "are-you-there",
        "good-to-hear",
        "address-check",
        "address-changed",
        "not-forwarded",
        "address-asked",
        "partner-unreached",
        "place-given",
        "partnership-ended",
        "partner-away",
        "new-partner",
        "partnership-over",
        "pool-ended",
        "withdrawn",
        "stopped",
        "topics-off",
        "paused",
        "person-will-answer",
        "unclear",
        "closing",
        "survey",
        "answers-kept",
        "confirm",
        "my-data",
        "my-data-later",
        "forgotten",
        "nothing-kept",
        "concern-received",
        "certificate",
        "certificate-page",
        "certificate-later",
        "erasure-notice",
        "staying",
        "coordinator-answer",
        "announcement",
        "announcement-preview",
        "shown",
        "proposal",
        "report",
        "command-confirm",
        "command-done",
        "digest",
        "for-person",
        "notice",
    ];

    /// Files that travel with it.
    pub fn attachments(&self) -> &[Attachment] {
        match self {
            LetterKind::Proposal { files, .. } | LetterKind::Report { files, .. } => files,
            _ => &[],
        }
    }

    /// Whether it comes without having been asked for; at most one of these reaches a person a day.
    pub fn unprompted(&self) -> bool {
        matches!(
            self,
            LetterKind::Missing { reminder: true, .. }
                | LetterKind::Topic { .. }
                | LetterKind::CheckIn { .. }
                | LetterKind::Introduction { .. }
                | LetterKind::AreYouThere { .. }
                | LetterKind::Announcement { .. }
                | LetterKind::Closing { .. }
                | LetterKind::Invitation { .. }
                | LetterKind::InvitationQuestion { .. }
                | LetterKind::StillWithUs { .. }
                | LetterKind::LeftOut { .. }
                | LetterKind::PoolEnded { .. }
                | LetterKind::Survey { again: false, .. }
                | LetterKind::ErasureNotice { .. }
        )
    }

    /// Whether real auto-responders may answer it. A check-in and an are-you-there letter carry no `Auto-Submitted` and no
    /// `List-` headers, since an out-of-office reply to them is worth having (RELIABILITY T10); a coordinator's answer
    /// carries none, since a person wrote it.
    pub fn wants_out_of_office(&self) -> bool {
        matches!(
            self,
            LetterKind::CheckIn { .. }
                | LetterKind::CoordinatorAnswer { .. }
                | LetterKind::AreYouThere { .. }
        )
    }
}
