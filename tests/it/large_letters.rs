//! Letters to coordinators of a large round stay small: 1,162 people in 581 pairs, as ILN had them in its last round, and
//! a digest in which much waits.

use pairpost::ids::{ApplicationId, InboxId, LetterId, PartnershipId, PersonId};
use pairpost::mail::outbound::compose::{Automatic, Parts, compose};
use pairpost::programme::application::Answer;
use pairpost::programme::coordinating;
use pairpost::programme::event::{
    Adjustments, Event, Gain, Group, Insight, Obstacle, Proposed, Purpose, Reason, Without,
};
use pairpost::programme::facts::{
    Applicant, Application, ApplicationState, Facts, Person, Settled, Shown, Waiting,
};
use pairpost::programme::letter::{Attachment, Letter, LetterKind};
use pairpost::programme::settings::Settings;
use pairpost::templates::{Frame, Templates};
use pairpost::time::Moment;

/// What a letter to a coordinator may weigh, headers and both parts as they are encoded; a table comes on top.
const MAX_BYTES: usize = 60_000;
const PEOPLE: i64 = 1_162;

fn now() -> Moment {
    chrono::DateTime::from_timestamp(1_805_000_000, 0).unwrap()
}

const FIRST: [&str; 8] = [
    "Amina",
    "Rosa",
    "Sione",
    "Marie-Christine",
    "Jacek",
    "Oluwaseun",
    "Lina",
    "Bartholomew",
];
const LAST: [&str; 7] = [
    "Njoroge",
    "Quispe Huamán",
    "Fifita",
    "Delacroix-Beaumont",
    "Nowak",
    "Featherstonehaugh",
    "Haddad",
];
const COUNTRIES: [&str; 12] = [
    "KE", "PE", "TO", "FR", "PL", "NG", "LB", "GB", "US", "PG", "BA", "VC",
];

fn name(id: i64) -> String {
    let at = usize::try_from(id).unwrap();
    // Somebody else each time, so that nothing is packed better than real names are.
    format!(
        "{} {}{}",
        FIRST[at * 7 % FIRST.len()],
        LAST[at * 5 % LAST.len()],
        [
            "", "-Ba", "a", "sen", "ić", "man", "son", "ová", "dottir", "es", "i"
        ][at * 3 % 11]
    )
}

fn applicant(id: i64) -> Applicant {
    let country = COUNTRIES[usize::try_from(id).unwrap() % COUNTRIES.len()];
    let mut person = Person::newcomer(
        PersonId(id),
        &format!("p{id}@people.test"),
        "en",
        chrono_tz::UTC,
    );
    person.name = name(id);
    Applicant {
        person,
        application: Application {
            id: ApplicationId(id),
            person: PersonId(id),
            round: String::new(),
            state: ApplicationState::Accepted,
            answers: [("country".to_owned(), Answer::One(country.into()))].into(),
            unclear: Vec::new(),
            arrived: now(),
            priority: false,
            confirmed: now(),
            asked: false,
            owed: false,
        },
    }
}

/// A few reasons for each pair, as the matching gives them.
fn reasons(a: i64, b: i64, interests: &[String]) -> Vec<Reason> {
    let at = usize::try_from(a).unwrap();
    let interest = |by: usize| Reason::SharedInterest {
        option: interests[(at * by) % interests.len()].clone(),
    };
    vec![
        interest(3),
        interest(5),
        Reason::WishMet {
            person: PersonId(b),
            question: "sector".into(),
            option: "public".into(),
        },
        Reason::SharedLanguage { code: "en".into() },
        Reason::WakingHours {
            hours: u32::try_from(4 + a % 11).unwrap(),
        },
    ]
}

fn proposal(settings: &Settings, without: i64) -> Letter {
    let mut settings = settings.clone();
    settings.coordinators.truncate(1);
    let round = settings.rounds[0].id.clone();
    let interests: Vec<String> = settings
        .form
        .question("interests")
        .unwrap()
        .options
        .iter()
        .map(|option| option.id.clone())
        .collect();
    let paired = PEOPLE - without;
    let groups: Vec<Group> = (0..paired / 2)
        .map(|at| {
            // Partners have no neighbouring numbers.
            let (a, b) = (at + 1, paired - at);
            Group {
                people: vec![PersonId(a), PersonId(b)],
                score: 300 + (at * 37) % 400,
                reasons: reasons(a, b, &interests),
            }
        })
        .collect();
    let unmatched: Vec<PersonId> = (paired + 1..=PEOPLE).map(PersonId).collect();
    let proposed = Proposed {
        round,
        purpose: Purpose::Round,
        score: groups.iter().map(|group| group.score).sum(),
        groups,
        proof: "581 pairs, 290000 points; at most 0.000 % more is possible.".into(),
        unproven: None,
        floor: None,
        adjustments: Adjustments::default(),
        insight: Insight {
            without: unmatched
                .iter()
                .map(|person| Without {
                    person: *person,
                    possible: 3,
                    closed: vec![
                        (Obstacle::Country, 96),
                        (Obstacle::Language, 612),
                        (Obstacle::Wish, 451),
                    ],
                })
                .collect(),
            gains: vec![
                Gain {
                    rule: Obstacle::Language,
                    more_pairs: 3,
                    freed: 6,
                    score: 1_200,
                };
                5
            ],
            ..Insight::default()
        },
        unmatched,
        revision: None,
    };
    let facts = Facts {
        now: now(),
        applicants: (1..=PEOPLE).map(applicant).collect(),
        ..Facts::default()
    };
    let event = Event::Proposed(proposed);
    let decision = pairpost::programme::decide(&settings, &facts, &event);
    decision.letters.into_iter().next().unwrap()
}

/// The whole of a letter as it goes to the mail server.
fn bytes(settings: &Settings, letter: &Letter, language: &str) -> Vec<u8> {
    let frame = Frame {
        answers_to: Some("exchange+a1k7q29fpm2m4x8k7q29fpm2m4x8k7q2@example.org".into()),
        reference: Some("k7q2-9fpm".into()),
        ..Frame::of(settings)
    };
    let rendered = Templates::built_in()
        .render(&letter.kind, language, &frame)
        .unwrap();
    let none: &[Attachment] = &[];
    compose(&Parts {
        from_name: "Library Exchange",
        from_address: "exchange@example.org",
        to_name: "Ada Martin",
        to_address: "ada@example.org",
        reply_to: &["exchange+a1k7q29fpm2m4x8k7q29fpm2m4x8k7q2@example.org".into()],
        subject: &rendered.subject,
        text: &rendered.text,
        html: &rendered.html,
        inline: None,
        attachments: match &letter.kind {
            LetterKind::Proposal { files, .. } => files,
            _ => none,
        },
        message_id: "p1.k7q29fpm2m4x8@example.org",
        thread: &[],
        date: now(),
        automatic: Some(Automatic {
            is_answer: false,
            list_id: "exchange.example.org",
            list_name: "Library Exchange",
            unsubscribe: "exchange+s1k7q29fpm@example.org",
        }),
        occasion: None,
    })
    .unwrap()
}

#[test]
fn the_proposal_of_a_large_round_is_no_large_letter() {
    let settings = pairpost::config::built_in().settings;
    // Whether all have a partner, or more have none than a letter can list.
    for without in [0, 162] {
        let letter = proposal(&settings, without);
        let LetterKind::Proposal { files, .. } = &letter.kind else {
            panic!("{letter:?}");
        };
        // The table is a file to be opened: it has everybody, and is far below what any mail host refuses.
        let rows = String::from_utf8_lossy(&files[0].bytes).lines().count();
        assert_eq!(rows, PEOPLE as usize + 1);
        for language in ["en", "es", "fr"] {
            let whole = bytes(&settings, &letter, language).len();
            assert!(whole < 500_000, "{whole}");
            let mut words = letter.clone();
            if let LetterKind::Proposal { files, .. } = &mut words.kind {
                files.clear();
            }
            let words = bytes(&settings, &words, language).len();
            assert!(words < MAX_BYTES, "{without} without, {language}: {words}");
        }
    }
}

#[test]
fn the_digest_of_a_large_round_is_no_large_letter() {
    let mut settings = pairpost::config::built_in().settings;
    settings.coordinators.truncate(1);
    let mut waiting = vec![Waiting::Trouble {
        words: "No copy of the database could be made (no space left on the device). Please tell whoever runs the machine."
            .into(),
    }];
    for id in 1..=100 {
        waiting.push(Waiting::Message {
            inbox: InboxId(id),
            from: name(id),
            why: "its words could not be read as an answer".into(),
            safety: false,
        });
    }
    for id in 1..=100 {
        waiting.push(Waiting::Application {
            person: PersonId(id),
            name: name(id),
        });
    }
    for id in 1..=100 {
        waiting.push(Waiting::Introduction {
            partnership: PartnershipId(id),
        });
        waiting.push(Waiting::Held {
            letter: LetterId(id),
            kind: "introduction".into(),
            to: format!("p{id}@people.test"),
        });
        waiting.push(Waiting::Letter {
            letter: LetterId(1_000 + id),
            kind: "topic".into(),
            why: "452 4.2.2 The email account that you tried to reach is over quota".into(),
        });
    }
    let facts = Facts {
        now: now(),
        waiting,
        settled: (1..=50)
            .map(|id| Settled {
                inbox: InboxId(id),
                from: name(id),
                by: "ben@example.org".into(),
                safety: false,
            })
            .collect(),
        newcomers: 312,
        first_messages: (1..=10)
            .map(|id| Shown {
                inbox: InboxId(id),
                from: format!("somebody-{id}@library.example"),
                text: "Dear colleagues, I have heard of your programme from a friend and "
                    .repeat(4),
            })
            .collect(),
        numbers: (1..=11)
            .map(|at| (format!("Partners being asked, number {at}"), 1_162 / at))
            .collect(),
        ..Facts::default()
    };
    let decision = coordinating::digest(&settings, &facts);
    for language in ["en", "es", "fr"] {
        let size = bytes(&settings, &decision.letters[0], language).len();
        assert!(size < MAX_BYTES, "{language}: {size}");
    }
    // Something of each kind is shown, and the rest is counted.
    let LetterKind::Digest { items, more, .. } = &decision.letters[0].kind else {
        panic!("{decision:?}");
    };
    assert_eq!(items.len(), 1 + 5 * 8);
    assert_eq!(*more, 5 * 92);
}

#[test]
fn a_concern_hides_behind_no_number_of_other_messages() {
    let mut settings = pairpost::config::built_in().settings;
    settings.coordinators.truncate(1);
    let message = |id, safety| Waiting::Message {
        inbox: InboxId(id),
        from: name(id),
        why: "words".into(),
        safety,
    };
    let facts = Facts {
        now: now(),
        waiting: (1..=20).map(|id| message(id, id == 20)).collect(),
        ..Facts::default()
    };
    let decision = coordinating::digest(&settings, &facts);
    let LetterKind::Digest { items, more, .. } = &decision.letters[0].kind else {
        panic!("{decision:?}");
    };
    let concern = name(20);
    assert!(
        items.iter().any(|item| item.text.contains(&concern)),
        "{items:?}"
    );
    assert_eq!((items.len(), *more), (9, 11));
}
