//! The closed list of letters: who gets each, and what it says (as values, not words). A letter here without a file under
//! `templates` is refused at start.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Attachment;
use super::values::{
    Asked, ClockOf, Confirming, Dates, Ended, FirstMessage, Hours, Item, Line, Open, Part, Partner,
    ProposalChange, ProposedPair, ProposedWithout, Relaxable, ReportSection, Taken, TopicText,
    WhyTogether,
};
use crate::ids::ProposalId;
use crate::programme::event::{Gain, Obstacle};
use crate::programme::facts::Purpose;

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
        /// So many more wait, of kinds of which a letter shows only the first ones.
        more: u32,
        /// What other coordinators have dealt with since the last digest.
        settled: Vec<String>,
        /// How many people wrote for the first time since then, and what the newest of them wrote.
        newcomers: u32,
        /// Of their forms, those that had to wait behind the hourly ceiling; then nothing of what they wrote is shown.
        newcomers_waiting: u32,
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
