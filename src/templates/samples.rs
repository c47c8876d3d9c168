//! One sample of each letter, and variants that take the other branches: for previews, for the check of all templates
//! at start, and for the golden files. The people in them are invented.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::Value;

use super::Frame;
use crate::ids::ProposalId;
use crate::programme::application::Why;
use crate::programme::event::{Gain, Obstacle};
use crate::programme::facts::Purpose;
use crate::programme::letter::{
    Asked, ClockOf, Confirming, Dates, Ended, FirstMessage, Hours, Item, LetterKind, Line, Open,
    Part, Partner, ProposalChange, ProposedPair, ProposedWithout, Relaxable, ReportSection, Taken,
    TopicText, WhyTogether,
};

/// The frame of a sample: as [`frame`], but without an address for answers where pressing Reply reaches the partner.
pub fn frame_of(kind: &LetterKind) -> Frame {
    let answers_to = match kind {
        LetterKind::Introduction {
            reply_reaches_partner: true,
            ..
        } => None,
        _ => frame().answers_to,
    };
    let reference = match kind {
        // No letter: what stands on the certificate.
        LetterKind::CertificatePage { .. } => None,
        _ => frame().reference,
    };
    Frame {
        answers_to,
        reference,
        ..frame()
    }
}

/// The frame of the samples: the example programme, with a token and a reference as real letters have them.
pub fn frame() -> Frame {
    Frame {
        programme: "Library Exchange".into(),
        address: "exchange@example.org".into(),
        coordinator: "Ada Martin".into(),
        partners_differ_by: "country".into(),
        two_roles: false,
        answers_to: Some("exchange+r1k7q29fpm@example.org".into()),
        reference: Some("k7q2-9fpm".into()),
        logo: None,
    }
}

/// One sample of each kind, in the order of `LetterKind::NAMES`. `topics` are the ids of the topics, first to last.
pub fn one_each(topics: &[String]) -> Vec<LetterKind> {
    let topic = |index: usize| TopicText {
        id: topics
            .get(index)
            .or(topics.last())
            .cloned()
            .unwrap_or_default(),
    };
    vec![
        LetterKind::Form {
            dates: dates(),
            open: true,
            pool_until: None,
            form: form(),
        },
        LetterKind::Missing {
            name: "Amina Njoroge".into(),
            dates: dates(),
            open_questions: vec![
                open("Country", Some("Guinea"), Some(Why::Ambiguous), true),
                open("Interests", Some("six boxes"), Some(Why::TooMany), true),
                open("City or time zone", Some("Springfeld"), Some(Why::Unknown), true),
                open("Second email address", Some("amina at home"), Some(Why::NoAddress), false),
                open("About me", None, None, true),
            ],
            form: form(),
            reminder: false,
        },
        LetterKind::Complete {
            name: "Amina Njoroge".into(),
            dates: dates(),
            recorded: vec![
                line("Name", "Amina Njoroge"),
                line("Country", "Kenya"),
                line("Languages", "English, Swahili"),
                line(
                    "About me",
                    "I run the children's room.\nOn Saturdays I take books to the lake.",
                ),
                line("Second email address", "amina@home.example"),
            ],
            partner_sees: vec![
                line("Name", "Amina Njoroge"),
                line("Country", "Kenya"),
                line("Languages", "English, Swahili"),
                line("About me", "I run the children's room.\nOn Saturdays I take books to the lake."),
            ],
            accepted: true,
            for_next_round: false,
            few_partners: None,
            pool_until: None,
            until: day(2027, 2, 25),
        },
        LetterKind::Accepted {
            name: "Amina Njoroge".into(),
            dates: dates(),
            freed: false,
        },
        LetterKind::Invitation {
            name: "Amina Njoroge".into(),
            dates: dates(),
            form: form(),
            carried: false,
            first: false,
        },
        LetterKind::InvitationQuestion {
            name: "Amina Njoroge".into(),
            dates: dates(),
        },
        LetterKind::StillWithUs {
            name: "Amina Njoroge".into(),
            dates: dates(),
            until: day(2027, 2, 25),
        },
        LetterKind::LeftOut {
            name: "Amina Njoroge".into(),
            dates: dates(),
            next: Some(next()),
        },
        LetterKind::WasThisYou {
            name: "Amina Njoroge".into(),
            what: Confirming::OtherAddress,
            address: Some("amina@work.example".into()),
            until: Some(day(2027, 3, 19)),
        },
        LetterKind::ChoiceTaken {
            name: "Lina Haddad".into(),
            taken: Taken::Relaxed,
            dates: Some(dates()),
            wish: Some("School library (Sector)".into()),
            pool_until: Some(day(2027, 4, 27)),
        },
        LetterKind::Capped {
            name: "Jacek Nowak".into(),
            dates: dates(),
            country: "Poland".into(),
            next: Some(next()),
        },
        LetterKind::Declined {
            name: "Pat Kim".into(),
            dates: dates(),
            reason: "This programme is for people who work or study in libraries.".into(),
        },
        LetterKind::Unmatched {
            name: "Lina Haddad".into(),
            dates: dates(),
            pool_until: day(2027, 4, 27),
            partner_left: false,
            wishes: vec![
                Relaxable {
                    wish: "School library (Where you work or study)".into(),
                    possible: Some(14),
                },
                Relaxable {
                    wish: "Africa".into(),
                    possible: Some(0),
                },
            ],
            next: Some(next()),
        },
        LetterKind::Introduction {
            name: "Amina Njoroge".into(),
            dates: dates(),
            partners: vec![rosa()],
            why: vec![
                WhyTogether::Interests {
                    shared: vec!["Services for children".into(), "Local history and archives".into()],
                },
                WhyTogether::YourWish {
                    what: "School library".into(),
                },
                WhyTogether::TheirWish {
                    what: "Africa".into(),
                },
                WhyTogether::Languages {
                    shared: vec!["English".into()],
                },
            ],
            clocks: vec![clock("Rosa Quispe", "America/Lima", 4, -480)],
            awake: vec![hours(15, 22)],
            first_writer: "Amina Njoroge".into(),
            you_write_first: true,
            you_are: None,
            reply_reaches_partner: true,
            topic: Some(topic(0)),
            channels: Vec::new(),
            end: day(2027, 6, 29),
            again: false,
        },
        LetterKind::Topic {
            name: "Amina Njoroge".into(),
            partners: "Rosa Quispe".into(),
            topic: topic(1),
            missed: Vec::new(),
            number: 2,
            last: false,
            channels: Vec::new(),
        },
        LetterKind::CheckIn {
            name: "Amina Njoroge".into(),
            partners: "Rosa Quispe".into(),
            number: 1,
        },
        LetterKind::GoingWell {
            name: "Amina Njoroge".into(),
            partners: "Rosa Quispe".into(),
            slow: false,
            next_question: Some(day(2027, 3, 30)),
        },
        LetterKind::PartnerAsked {
            name: "Amina Njoroge".into(),
            partners: "Rosa Quispe".into(),
            firm_on: day(2027, 3, 19),
            end_on: day(2027, 3, 26),
        },
        are_you_there(false),
        LetterKind::GoodToHear {
            name: "Rosa Quispe".into(),
            partners: "Amina Njoroge".into(),
            away_until: None,
        },
        LetterKind::AddressCheck {
            name: "Rosa Quispe".into(),
            address: "rosa@old-library.example".into(),
        },
        LetterKind::AddressChanged {
            name: "Amina Njoroge".into(),
            partners: "Rosa Quispe".into(),
            address: "rosa@home.example".into(),
            own: false,
        },
        LetterKind::NotForwarded {
            name: "Amina Njoroge".into(),
            partners: vec![line("Rosa Quispe", "rosa@library.example")],
        },
        LetterKind::AddressAsked {
            name: "Amina Njoroge".into(),
            address: "amina@new.example".into(),
            failed: false,
        },
        LetterKind::PartnerUnreached {
            name: "Amina Njoroge".into(),
            partners: "Rosa Quispe".into(),
            until: day(2027, 3, 19),
        },
        LetterKind::PlaceGiven {
            name: "Rosa Quispe".into(),
            partners: "Amina Njoroge".into(),
        },
        partnership_ended(Ended::Silent, true),
        LetterKind::PartnerAway {
            name: "Amina Njoroge".into(),
            partners: "Rosa Quispe".into(),
            until: day(2027, 3, 19),
            heard: false,
        },
        LetterKind::NewPartner {
            name: "Amina Njoroge".into(),
            partners: "Rosa Quispe".into(),
            pool_until: Some(day(2027, 4, 27)),
            next: Some(next()),
        },
        LetterKind::PartnershipOver {
            name: "Amina Njoroge".into(),
            partners: String::new(),
            pool_until: Some(day(2027, 4, 27)),
            next: None,
        },
        LetterKind::PoolEnded {
            name: "Amina Njoroge".into(),
            next: Some(next()),
        },
        LetterKind::Withdrawn {
            name: "Rosa Quispe".into(),
        },
        LetterKind::Stopped {
            name: "Rosa Quispe".into(),
        },
        LetterKind::TopicsOff {
            name: "Rosa Quispe".into(),
        },
        LetterKind::Paused {
            name: "Rosa Quispe".into(),
            until: day(2027, 5, 3),
        },
        LetterKind::PersonWillAnswer {
            name: "Rosa Quispe".into(),
        },
        LetterKind::Unclear {
            name: "Rosa Quispe".into(),
            question: Asked::CheckIn,
            partners: String::new(),
        },
        LetterKind::Closing {
            name: "Amina Njoroge".into(),
            dates: dates(),
            partners: "Rosa Quispe".into(),
            next: Some(next()),
        },
        LetterKind::Survey {
            name: "Amina Njoroge".into(),
            dates: dates(),
            title: "How is it going?".into(),
            form: survey(),
            until: day(2027, 7, 20),
            reminder: false,
            again: false,
        },
        LetterKind::AnswersKept {
            name: "Amina Njoroge".into(),
            title: "How is it going?".into(),
            answered: 4,
            questions: 5,
            open_questions: vec![open(
                "How often have you and your partner been in touch?",
                Some("now and then"),
                Some(Why::Unknown),
                true,
            )],
            until: day(2027, 7, 20),
            closed: false,
        },
        LetterKind::Confirm {
            name: "Amina Njoroge".into(),
            purpose: Purpose::Erase,
            hours: 72,
            address: None,
        },
        LetterKind::MyData {
            name: "Amina Njoroge".into(),
            again_on: day(2027, 4, 20),
        },
        LetterKind::MyDataLater {
            name: "Amina Njoroge".into(),
            sent_on: day(2027, 3, 21),
            again_on: day(2027, 4, 20),
        },
        LetterKind::Forgotten {
            name: "Amina Njoroge".into(),
            backups_days: 30,
        },
        LetterKind::NothingKept {
            address: "sione@archive.example".into(),
        },
        LetterKind::ConcernReceived {
            name: "Amina Njoroge".into(),
            partners: "Rosa Quispe".into(),
            contact: "Ada Martin".into(),
        },
        LetterKind::Certificate {
            name: "Amina Njoroge".into(),
            round_name: "Spring 2027".into(),
            from: day(2027, 3, 2),
            until: day(2027, 6, 29),
        },
        LetterKind::CertificatePage {
            name: "Amina Njoroge".into(),
            round_name: "Spring 2027".into(),
            from: day(2027, 3, 2),
            until: day(2027, 6, 29),
            today: day(2027, 7, 3),
        },
        LetterKind::CertificateLater {
            name: "Amina Njoroge".into(),
            from: day(2027, 6, 30),
        },
        LetterKind::ErasureNotice {
            name: "Amina Njoroge".into(),
            on: day(2028, 6, 29),
            months: 12,
        },
        LetterKind::Staying {
            name: "Amina Njoroge".into(),
            until: day(2029, 6, 2),
        },
        LetterKind::CoordinatorAnswer {
            name: "Lina Haddad".into(),
            coordinator: "Ada Martin".into(),
            text: "Thank you for telling us.\n\nPlease try the second address of your partner; they told us that they \
                   read it every day."
                .into(),
        },
        LetterKind::Announcement {
            name: "Lina Haddad".into(),
            subject: "Our call on Thursday".into(),
            text: "On Thursday at 14:00 UTC we talk about library spaces.\n\nYou are welcome: \
                   https://meet.example.org/exchange"
                .into(),
        },
        LetterKind::AnnouncementPreview {
            audience: "Round 2027A".into(),
            people: 92,
            left_out: 3,
            subject: "Our call on Thursday".into(),
            text: "On Thursday at 14:00 UTC we talk about library spaces.\n\nYou are welcome: \
                   https://meet.example.org/exchange"
                .into(),
        },
        LetterKind::Shown {
            from: "somebody@library.example".into(),
            text: "Hello,\nwhat is this about? I found you at https://library.example/news".into(),
        },
        LetterKind::Proposal {
            dates: dates(),
            number: ProposalId(4),
            reminder: 0,
            change: Some(Box::new(ProposalChange {
                replaced: ProposalId(3),
                by: "Ada Martin".into(),
                did: vec![
                    ("pin 3 6".into(), "3 Jacek Nowak + 6 Sione Fifita".into()),
                    ("hold 8".into(), "8 Pat Kim is left out of this release".into()),
                ],
                gone: vec![pair(&[(3, "Jacek Nowak", "Poland"), (7, "Lina Haddad", "Lebanon")], 280)],
                new: vec![pair(&[(3, "Jacek Nowak", "Poland"), (6, "Sione Fifita", "Tonga")], 268)],
                score_before: 692,
            })),
            people: 5,
            countries: 5,
            pairs: vec![
                pair(&[(1, "Amina Njoroge", "Kenya"), (2, "Rosa Quispe", "Peru")], 412),
                ProposedPair {
                    pinned: true,
                    ..pair(&[(3, "Jacek Nowak", "Poland"), (6, "Sione Fifita", "Tonga")], 268)
                },
            ],
            worst: vec![ProposedPair {
                pinned: true,
                why: vec!["Both: Library spaces.".into(), "Both write English.".into()],
                ..pair(&[(3, "Jacek Nowak", "Poland"), (6, "Sione Fifita", "Tonga")], 268)
            }],
            distribution: vec![(200, 1), (400, 1)],
            without: vec![ProposedWithout {
                person: (7, "Lina Haddad".into(), "Lebanon".into()),
                possible: 1,
                closed: vec![(Obstacle::Wish, 2), (Obstacle::Language, 1)],
            }],
            held: vec![(8, "Pat Kim".into(), "Canada".into())],
            odd_one: None,
            competing: 3,
            scarce: 2,
            gains: vec![
                Gain {
                    rule: Obstacle::Country,
                    more_pairs: 0,
                    freed: 0,
                    score: 12,
                },
                Gain {
                    rule: Obstacle::Wish,
                    more_pairs: 0,
                    freed: 1,
                    score: -20,
                },
            ],
            against_rules: vec![(
                "3 Jacek Nowak + 6 Sione Fifita".into(),
                vec![Obstacle::Hours, Obstacle::Wish],
            )],
            score: 680,
            proof: "2 pairs, 680 points. Checked against all 3210 possible pairs: no other proposal under these rules pairs more people, and none of as many pairs scores higher.".into(),
            unproven: None,
            releases_after_hours: Some(48),
            files: vec![],
        },
        LetterKind::Report {
            dates: dates(),
            sections: vec![
                section(
                    "People and partnerships",
                    vec![
                        line("Applied", "118 (Round 2026B: 95)"),
                        line("Had a partner", "104 (Round 2026B: 92)"),
                        line("Answered \"Looking back\"", "60 % (60 of 100; 50 to 69 %) (Round 2026B: not asked)"),
                    ],
                ),
                section(
                    "In touch, by check-in",
                    vec![line(
                        "Day 10",
                        "104 asked: 61 going well, 20 slow but in touch, 9 have not heard, 4 something else, 10 unknown",
                    )],
                ),
                section("May be quoted, without a name", vec![line("Looking back", "I have a friend in Lima now.")]),
            ],
            counted_until: day(2027, 7, 20),
            files: Vec::new(),
        },
        LetterKind::CommandConfirm {
            by: None,
            command: "release proposal 3: its pairs are introduced".into(),
            hours: 72,
        },
        LetterKind::CommandDone {
            what: "proposal 3 is released".into(),
        },
        LetterKind::Digest {
            dates: Some(dates()),
            items: vec![
                Item {
                    text: "Message 88 from Lina Haddad waits for your answer: asks for help. It was forwarded to you when it came: reply to that letter. If it needs no answer:".into(),
                    command: Some("settle 88".into()),
                },
                Item {
                    text: "The proposal for round 2027B waits: please answer its newest letter.".into(),
                    command: None,
                },
            ],
            more: 0,
            settled: vec!["Message 86 from Rosa Quispe: Ben Okoro".into()],
            newcomers: 12,
            newcomers_waiting: 0,
            first_messages: vec![FirstMessage {
                from: "somebody@library.example".into(),
                text: "Hello, what is this about?".into(),
                command: Some("show 91".into()),
            }],
            numbers: vec![line("Applications accepted and waiting", "92"), line("People in the pool", "18")],
        },
        LetterKind::ForPerson {
            who: "Lina Haddad".into(),
            address: "lina@library.example".into(),
            known: vec![line("Person", "41"), line("Application", "2027A, Accepted")],
            subject: "A question".into(),
            text: "Dear all,\n\nmay I bring a colleague along to a call?\n\nLina".into(),
            reading: "its words could not be read as an answer".into(),
            mark: "##-".into(),
            command: "settle 88".into(),
        },
        LetterKind::Notice {
            what: "Mail to Rosa Quispe comes back (550 5.1.1 no such user). Nothing needs to be done; if you know another address, see: pairpost person 17".into(),
        },
    ]
}

/// All samples: one of each kind, then the variants.
pub fn all(topics: &[String]) -> Vec<LetterKind> {
    let mut samples = one_each(topics);
    samples.extend(variants(topics));
    // A folder without topics is told as such; a letter about a topic cannot be tried then.
    if topics.is_empty() {
        samples.retain(|kind| {
            !matches!(
                kind,
                LetterKind::Topic { .. } | LetterKind::Introduction { topic: Some(_), .. }
            )
        });
    }
    samples
}

fn variants(topics: &[String]) -> Vec<LetterKind> {
    let topic = |index: usize| TopicText {
        id: topics
            .get(index)
            .or(topics.last())
            .cloned()
            .unwrap_or_default(),
    };
    let name = || "Amina Njoroge".to_owned();
    let partners = || "Rosa Quispe and Sione Fifita".to_owned();
    let sione = Partner {
        name: "Sione Fifita".into(),
        address: "sione@archive.example".into(),
        country: "Tonga".into(),
        profile: vec![line("Languages", "English, Tongan")],
    };
    let mut variants = vec![
        LetterKind::Form {
            dates: next(),
            open: false,
            pool_until: None,
            form: form(),
        },
        LetterKind::Missing {
            name: name(),
            dates: dates(),
            open_questions: vec![open("About me", None, None, true)],
            form: form(),
            reminder: true,
        },
        LetterKind::Form {
            dates: dates(),
            open: true,
            pool_until: Some(day(2027, 4, 27)),
            form: form(),
        },
        LetterKind::Accepted {
            name: name(),
            dates: dates(),
            freed: true,
        },
        LetterKind::Invitation {
            name: name(),
            dates: dates(),
            form: form(),
            carried: true,
            first: true,
        },
        LetterKind::LeftOut {
            name: name(),
            dates: dates(),
            next: None,
        },
        LetterKind::AddressAsked {
            name: name(),
            address: "amina@new.example".into(),
            failed: true,
        },
        LetterKind::Confirm {
            name: name(),
            purpose: Purpose::OldAddress,
            hours: 72,
            address: Some("amina@new.example".into()),
        },
        LetterKind::Confirm {
            name: String::new(),
            purpose: Purpose::NewAddress,
            hours: 72,
            address: Some("amina@new.example".into()),
        },
        LetterKind::AddressChanged {
            name: name(),
            partners: "Amina Njoroge".into(),
            address: "amina@home.example".into(),
            own: true,
        },
        LetterKind::Unmatched {
            name: "Lina Haddad".into(),
            dates: dates(),
            pool_until: day(2027, 4, 27),
            partner_left: true,
            wishes: Vec::new(),
            next: None,
        },
        LetterKind::PartnershipEnded {
            name: name(),
            partners: "Sione Fifita".into(),
            why: Ended::Withdrew,
            pool_until: None,
            next: None,
            stays_with: Some("Rosa Quispe".into()),
        },
        LetterKind::PartnerAway {
            name: name(),
            partners: "Rosa Quispe".into(),
            until: day(2027, 3, 19),
            heard: true,
        },
        confirm("", Confirming::Application, None),
        confirm("Amina Njoroge", Confirming::Message, None),
        confirm("Amina Njoroge", Confirming::Leaving, Some(day(2027, 3, 19))),
        confirm("Amina Njoroge", Confirming::Pause, Some(day(2027, 3, 19))),
        choice(Taken::Stays, Some(dates()), None),
        choice(Taken::ToldWhy, None, None),
        choice(Taken::Undone, None, None),
        choice(Taken::Waits, None, Some(day(2027, 4, 27))),
        choice(Taken::Back, None, Some(day(2027, 4, 27))),
        choice(Taken::NextRound, Some(next()), None),
        choice(Taken::NextRound, None, None),
        LetterKind::Complete {
            name: name(),
            dates: next(),
            recorded: vec![line("Name", "Amina Njoroge")],
            partner_sees: Vec::new(),
            accepted: false,
            for_next_round: true,
            few_partners: Some((1, "Region: Oceania".into())),
            pool_until: Some(day(2027, 4, 27)),
            until: day(2027, 2, 25),
        },
        LetterKind::Capped {
            name: name(),
            dates: dates(),
            country: "Kenya".into(),
            next: None,
        },
        LetterKind::Introduction {
            name: name(),
            dates: dates(),
            partners: vec![rosa(), sione],
            why: Vec::new(),
            clocks: vec![
                clock("Rosa Quispe", "America/Lima", 4, -480),
                clock("Sione Fifita", "Pacific/Tongatapu", 22, 600),
                clock("Nobody", "Africa/Nairobi", 12, 0),
            ],
            awake: Vec::new(),
            first_writer: "Sione Fifita".into(),
            you_write_first: false,
            you_are: Some(Part::Mentor),
            reply_reaches_partner: false,
            topic: None,
            channels: vec!["An open call on the first Thursday of each month".into()],
            end: day(2027, 6, 29),
            again: true,
        },
        LetterKind::Topic {
            name: name(),
            partners: partners(),
            topic: topic(8),
            missed: vec![topic(6), topic(7)],
            number: 9,
            last: true,
            channels: vec!["An open call on the first Thursday of each month".into()],
        },
        LetterKind::CheckIn {
            name: name(),
            partners: partners(),
            number: 2,
        },
        LetterKind::GoingWell {
            name: name(),
            partners: partners(),
            slow: true,
            next_question: None,
        },
        are_you_there(true),
        LetterKind::GoodToHear {
            name: name(),
            partners: partners(),
            away_until: Some(day(2027, 5, 3)),
        },
        LetterKind::NewPartner {
            name: name(),
            partners: partners(),
            pool_until: None,
            next: Some(next()),
        },
        LetterKind::NewPartner {
            name: name(),
            partners: partners(),
            pool_until: None,
            next: None,
        },
        LetterKind::Unclear {
            name: name(),
            question: Asked::AreYouThere,
            partners: String::new(),
        },
        LetterKind::Unclear {
            name: name(),
            question: Asked::Word,
            partners: String::new(),
        },
        LetterKind::Unclear {
            name: name(),
            question: Asked::WhichPartner,
            partners: "Rosa Quispe".into(),
        },
        LetterKind::Closing {
            name: name(),
            dates: dates(),
            partners: partners(),
            next: None,
        },
        survey_again(true, false),
        survey_again(false, true),
        answers_kept(false),
        answers_kept(true),
        LetterKind::Proposal {
            dates: dates(),
            number: ProposalId(1),
            reminder: 0,
            change: None,
            people: 0,
            countries: 0,
            pairs: vec![],
            worst: vec![],
            distribution: vec![],
            without: vec![],
            held: vec![],
            odd_one: Some((7, "Lina Haddad".into(), "Lebanon".into())),
            competing: 0,
            scarce: 0,
            gains: vec![],
            against_rules: vec![],
            score: 0,
            proof: "1 pair, 0 points; how much more is possible is not known.".into(),
            unproven: Some("the check against all possible pairs found something better".into()),
            releases_after_hours: None,
            files: vec![],
        },
        LetterKind::Digest {
            dates: None,
            items: Vec::new(),
            more: 3,
            settled: vec![],
            newcomers: 0,
            newcomers_waiting: 0,
            first_messages: vec![],
            numbers: vec![line("People who have applied", "0")],
        },
        LetterKind::ForPerson {
            who: "somebody unknown".into(),
            address: "unknown@example.net".into(),
            known: Vec::new(),
            subject: String::new(),
            text: String::new(),
            reading: "no single sender can be named".into(),
            mark: "##-".into(),
            command: "settle 89".into(),
        },
    ];
    for why in [
        Ended::Withdrew,
        Ended::Unreachable,
        Ended::Fit,
        Ended::Coordinator,
    ] {
        variants.push(partnership_ended(why, false));
    }
    variants
}

/// The values that each letter's template may use, as the samples have them, with the frame's; by the letter's name.
pub(super) fn known_values() -> BTreeMap<&'static str, Vec<Value>> {
    let mut known: BTreeMap<&'static str, Vec<Value>> = BTreeMap::new();
    for kind in all(&["topic".to_owned()]) {
        let Ok(mut values) = serde_json::to_value(&kind) else {
            continue;
        };
        if let Value::Object(fields) = &mut values {
            let programme = serde_json::json!({
                "name": "", "address": "", "coordinator": "", "partners_differ_by": "", "two_roles": false
            });
            fields.insert("programme".into(), programme);
            fields.insert("reply_reaches_programme".into(), Value::Bool(true));
        }
        known.entry(kind.name()).or_default().push(values);
    }
    known
}

/// Whether a dotted path leads to a value in some sample. Behind a value that may be absent or behind a list's index,
/// anything may follow: rendering the samples finds what is wrong there.
pub(super) fn is_known(known: &[Value], path: &str) -> bool {
    known.iter().any(|values| {
        let mut here = values;
        for word in path.split('.') {
            match here {
                Value::Object(fields) => match fields.get(word) {
                    Some(value) => here = value,
                    None => return false,
                },
                Value::Null | Value::Array(_) => return true,
                _ => return false,
            }
        }
        true
    })
}

pub(super) fn top_level_words(known: &[Value]) -> Vec<String> {
    known
        .first()
        .and_then(Value::as_object)
        .map(|fields| fields.keys().cloned().collect())
        .unwrap_or_default()
}

fn day(year: i32, month: u32, day: u32) -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

fn at(hour: u32) -> chrono::NaiveTime {
    chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default()
}

fn dates() -> Dates {
    Dates {
        round_name: "Round 2027A".into(),
        opens: day(2027, 1, 26),
        deadline: day(2027, 2, 21),
        start: day(2027, 3, 2),
        end: day(2027, 6, 29),
        weeks: 17,
    }
}

fn next() -> Dates {
    Dates {
        round_name: "Round 2027B".into(),
        opens: day(2027, 8, 3),
        deadline: day(2027, 8, 29),
        start: day(2027, 9, 7),
        end: day(2028, 1, 4),
        weeks: 17,
    }
}

fn line(label: &str, value: &str) -> Line {
    Line {
        label: label.into(),
        value: value.into(),
    }
}

fn open(label: &str, written: Option<&str>, why: Option<Why>, required: bool) -> Open {
    Open {
        label: label.into(),
        written: written.map(str::to_owned),
        why,
        required,
    }
}

fn clock(name: &str, zone: &str, hour: u32, minutes_ahead: i32) -> ClockOf {
    ClockOf {
        name: name.into(),
        zone: zone.into(),
        at_readers_noon: at(hour),
        minutes_ahead,
    }
}

fn hours(from: u32, to: u32) -> Hours {
    Hours {
        from: at(from),
        to: at(to),
    }
}

fn rosa() -> Partner {
    Partner {
        name: "Rosa Quispe".into(),
        address: "rosa@school.example".into(),
        country: "Peru".into(),
        profile: vec![
            line("Country", "Peru"),
            line("City or time zone", "Lima"),
            line("Languages", "Spanish, English"),
            line("Where you work or study", "School library"),
            line(
                "Interests",
                "Services for children, Local history and archives",
            ),
            line(
                "About me",
                "I teach, and I look after three thousand books and one cat.",
            ),
        ],
    }
}

fn pair(people: &[(u32, &str, &str)], score: i64) -> ProposedPair {
    ProposedPair {
        people: people
            .iter()
            .map(|(number, name, country)| (*number, (*name).to_owned(), (*country).to_owned()))
            .collect(),
        score,
        pinned: false,
        why: vec![],
    }
}

fn are_you_there(firm: bool) -> LetterKind {
    LetterKind::AreYouThere {
        name: "Rosa Quispe".into(),
        partners: "Amina Njoroge".into(),
        firm,
        end_on: day(2027, 3, 26),
    }
}

fn partnership_ended(why: Ended, pool: bool) -> LetterKind {
    LetterKind::PartnershipEnded {
        name: "Amina Njoroge".into(),
        partners: "Rosa Quispe".into(),
        why,
        pool_until: pool.then(|| day(2027, 4, 27)),
        // One of the variants has neither, so that the last branch is tried, too.
        next: (why != Ended::Fit).then(next),
        stays_with: None,
    }
}

fn section(title: &str, lines: Vec<Line>) -> ReportSection {
    ReportSection {
        title: title.into(),
        lines,
    }
}

fn survey_again(reminder: bool, again: bool) -> LetterKind {
    LetterKind::Survey {
        name: "Amina Njoroge".into(),
        dates: dates(),
        title: "Looking back".into(),
        form: survey(),
        until: day(2027, 7, 20),
        reminder,
        again,
    }
}

fn answers_kept(closed: bool) -> LetterKind {
    LetterKind::AnswersKept {
        name: "Amina Njoroge".into(),
        title: "Looking back".into(),
        answered: if closed { 0 } else { 6 },
        questions: 6,
        open_questions: Vec::new(),
        until: day(2027, 7, 20),
        closed,
    }
}

/// A short survey in the shape in which `programme::form_text` writes it.
fn survey() -> String {
    "How satisfied are you so far? \n(tick one with an x)\n  [ ] 1 Very satisfied\n  [ ] 2 Rather satisfied\n  \
     [ ] 3 Rather not satisfied\n  [ ] 4 Not satisfied\n\nWhat could we do better? \n\n\
     May we quote you without your name? \n(yes or no)\n"
        .into()
}

/// A short form in the shape in which `programme::form_text` writes it.
fn form() -> String {
    "Name: \n(As your partner should call you.)\n\nCountry: \n(Where you live now.)\n\nCareer stage: \n\
     (tick one with an x)\n  [ ] 1 Studying or new (up to 2 years)\n  [ ] 2 Early career (3 to 7 years)\n\n\
     About me: \n\nI promise: \n(yes or no)\n"
        .into()
}

fn confirm(name: &str, what: Confirming, until: Option<NaiveDate>) -> LetterKind {
    LetterKind::WasThisYou {
        name: name.into(),
        what,
        address: until.map(|_| "amina@work.example".into()),
        until,
    }
}

fn choice(taken: Taken, dates: Option<Dates>, pool_until: Option<NaiveDate>) -> LetterKind {
    LetterKind::ChoiceTaken {
        name: "Lina Haddad".into(),
        taken,
        dates,
        wish: None,
        pool_until,
    }
}
