//! The invented world, told as small stories: people, machines and what is counted. The programme's side is played by
//! a few letters written here, so that nothing of the engine is needed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Duration, TimeZone, Utc};
use mail_parser::{MessageParser, MimeHeaders};

use super::client::{Client, Draft, Line, Quoted, Words, write};
use super::data::{COUNTRIES, NAMES, language_names, names};
use super::habits::{RoundDates, Shares};
use super::letter::{Headers, addresses_in, searchable};
use super::people::{people_by_country, plain, usual_countries};
use super::responder::Responder;
use super::world::{CoordinatorMailbox, FreeMessage, Outgoing, World, WorldSettings};
use crate::programme::application::{Choice, Form, MatchingPart, Question, QuestionKind, Text};
use crate::time::Moment;

const PROGRAMME: &str = "programme@iln.example";
const RETURN: &str = "programme+b7@iln.example";

fn question(id: &str, kind: QuestionKind, label: &str, options: &[&str]) -> Question {
    Question {
        id: id.into(),
        kind,
        label: Text::english(label),
        help: Text::default(),
        required: !["handles", "second_address", "wishes", "learn"].contains(&id),
        max_chars: 2000,
        shown_to_partner: true,
        options: options
            .iter()
            .map(|label| Choice {
                id: plain(label),
                label: Text::english(label),
            })
            .collect(),
        at_most: (kind == QuestionKind::SomeOf).then_some(5),
        matching: if options.is_empty() {
            MatchingPart::None
        } else {
            MatchingPart::Wish
        },
    }
}

fn form() -> Form {
    use QuestionKind::*;
    Form {
        questions: vec![
            question("name", ShortText, "Name", &[]),
            question("country", Country, "Country", &[]),
            question("place", Place, "City or time zone", &[]),
            question("languages", Languages, "Languages", &[]),
            question(
                "sector",
                OneOf,
                "Sector",
                &[
                    "Public library",
                    "Academic library",
                    "School library",
                    "Other",
                ],
            ),
            question(
                "stage",
                OneOf,
                "Career stage",
                &["Student", "Early", "Middle", "Late"],
            ),
            question(
                "interests",
                SomeOf,
                "Interests",
                &[
                    "Cataloguing",
                    "Open access",
                    "Teaching",
                    "Children",
                    "Management",
                    "Buildings",
                ],
            ),
            question("about", LongText, "About me", &[]),
            question("learn", LongText, "What I would like to learn", &[]),
            question("handles", Handle, "Handles", &[]),
            question("second_address", Address, "A second way to reach me", &[]),
            question("wishes", Wishes, "Wishes about my partner", &[]),
            question(
                "promise",
                YesNo,
                "I promise to keep to the code of conduct",
                &[],
            ),
        ],
    }
}

/// The form as the programme's letters show it.
fn form_text(form: &Form) -> String {
    let mut out = String::new();
    for question in &form.questions {
        let label = question.label.of("en");
        match question.kind {
            QuestionKind::Wishes => out.push_str(&format!(
                "{label}\nMy partner must be: \nI would like my partner to be: \n\n"
            )),
            QuestionKind::OneOf | QuestionKind::SomeOf => {
                out.push_str(&format!("{label}: \n(tick with an x)\n"));
                for (place, option) in question.options.iter().enumerate() {
                    out.push_str(&format!("  [ ] {} {}\n", place + 1, option.label.of("en")));
                }
                out.push('\n');
            }
            _ => out.push_str(&format!("{label}: \n\n")),
        }
    }
    out
}

fn day(day: i64) -> Moment {
    Utc.with_ymd_and_hms(2027, 3, 1, 9, 0, 0).unwrap() + Duration::days(day)
}

fn dates() -> RoundDates {
    RoundDates {
        opens: day(-35),
        deadline: day(-9) + Duration::hours(3),
        start: day(0),
        end: day(119),
    }
}

fn settings(form: &Form, people: u32, shares: Shares) -> WorldSettings<'_> {
    WorldSettings {
        seed: 7,
        people,
        countries: None,
        only_countries: Vec::new(),
        shares,
        programme_address: PROGRAMME.into(),
        coordinators: vec![CoordinatorMailbox {
            name: "Clara Coordinator".into(),
            address: "clara@coordinators.example".into(),
            releases: true,
        }],
        rounds: vec![dates()],
        form,
        surveys: &[],
        language: "en".into(),
        free_messages: Vec::new(),
    }
}

/// A letter as the programme writes it: `more` are further header lines.
fn letter(occasion: &str, to: &str, text: &str, more: &str) -> Vec<u8> {
    format!(
        "From: Peer mentoring <{PROGRAMME}>\r\nTo: <{to}>\r\nReply-To: <programme+Tok3n@iln.example>\r\nSubject: About the round\r\nDate: Mon, 01 Mar 2027 09:00:00 +0000\r\nMessage-ID: <{}@iln.example>\r\nX-Pairpost-Occasion: {occasion}\r\n{more}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n",
        occasion.replace('/', "."),
        text.replace('\n', "\r\n"),
    )
    .into_bytes()
}

fn introduction(world: &World, reader: usize, partner: usize, first: usize) -> Vec<u8> {
    let people: Vec<_> = world.people().collect();
    let first = if first == reader {
        "You write first, please.".to_string()
    } else {
        format!("{} is asked to write first.", people[first].name)
    };
    letter(
        &format!("introduction/{reader}/1"),
        &people[reader].address,
        &format!(
            "Dear reader,\nmeet {} ({}).\n{first}\n",
            people[partner].name, people[partner].address
        ),
        "",
    )
}

fn text_of(bytes: &[u8]) -> String {
    let message = MessageParser::default().parse(bytes).unwrap();
    message.body_text(0).unwrap().into_owned()
}

// ---- people

#[test]
fn ninety_two_people_come_from_eighteen_countries_and_the_largest_round_from_ninety_five() {
    let form = form();
    for (people, countries) in [(92, 18), (1162, 95)] {
        assert_eq!(usual_countries(people), countries);
        let world = World::new(settings(&form, people, Shares::default()));
        assert_eq!(world.people().count(), people as usize);
        assert_eq!(world.countries(), countries as usize);
        let mut homes: BTreeMap<&str, u32> = BTreeMap::new();
        for person in world.people() {
            *homes.entry(person.country.code).or_default() += 1;
        }
        let largest = homes.values().max().unwrap();
        assert_eq!(homes["US"], *largest, "most people come from there");
        let share = f64::from(*largest) / f64::from(people);
        assert!((0.18..0.26).contains(&share), "a fifth, as in ILN: {share}");
        assert!(homes["AU"] > homes["NZ"]);
    }
}

#[test]
fn everybody_finds_a_home_for_any_number_of_people_and_countries() {
    for people in [1, 2, 5, 17, 18, 19, 92, 391, 764, 1162, 5000] {
        for countries in [1, 2, 18, 50, 95, COUNTRIES.len()] {
            let chosen: Vec<usize> = (0..countries).collect();
            let counts = people_by_country(people, &chosen);
            assert_eq!(counts.iter().sum::<u32>(), people);
            if people as usize >= countries {
                assert!(
                    counts.iter().all(|&count| count > 0),
                    "{people} {countries}"
                );
            }
        }
    }
}

#[test]
fn every_country_has_real_zones_known_languages_and_its_own_names() {
    let codes: BTreeSet<&str> = COUNTRIES.iter().map(|country| country.code).collect();
    assert_eq!(codes.len(), COUNTRIES.len(), "no country stands twice");
    assert!(COUNTRIES.len() >= 133, "as many as ILN ever had");
    for country in COUNTRIES.iter() {
        for zone in &country.zones {
            assert!(zone.parse::<chrono_tz::Tz>().is_ok(), "{zone}");
        }
        assert!(
            NAMES.iter().any(|list| list.list == country.names),
            "{}",
            country.names
        );
        assert_eq!(names(country.names).list, country.names);
    }
    assert_eq!(language_names("pt"), ("Portuguese", "Português"));
}

#[test]
fn addresses_are_unique_ascii_and_belong_to_nobody() {
    let form = form();
    let world = World::new(settings(&form, 1162, Shares::default()));
    let mut seen = BTreeSet::new();
    for person in world.people() {
        assert!(person.address.is_ascii() && person.address.ends_with(".example"));
        assert!(seen.insert(person.address.clone()), "{}", person.address);
        assert_eq!(
            addresses_in(person.address.as_bytes()),
            std::slice::from_ref(&person.address)
        );
        if let Some(second) = &person.second_address {
            assert!(seen.insert(second.clone()));
        }
    }
}

#[test]
fn shares_hold_exactly_and_fall_on_different_people() {
    let form = form();
    let shares = Shares {
        slow: 0.2,
        silent: 0.08,
        bouncing: 0.03,
        withdrawing: 0.05,
        ..Shares::none()
    };
    let world = World::new(settings(&form, 1000, shares));
    let count =
        |test: fn(&super::habits::Habits) -> bool| world.habits().filter(|h| test(h)).count();
    assert_eq!(count(|h| h.slow), 200);
    assert_eq!(count(|h| h.silent_from.is_some()), 80);
    assert_eq!(count(|h| h.dead_from.is_some()), 30);
    assert_eq!(count(|h| h.withdraws_at.is_some()), 50);
    let several = count(|h| {
        let habits = [
            h.slow,
            h.silent_from.is_some(),
            h.dead_from.is_some(),
            h.withdraws_at.is_some(),
        ];
        habits.into_iter().filter(|&has| has).count() > 1
    });
    assert_eq!(several, 0);
    assert_eq!(count(|h| h.has_wishes), 500);
}

// ---- what they write

#[test]
fn the_same_seed_writes_the_same_bytes_and_another_seed_others() {
    let form = form();
    let run = |seed| {
        let mut world = World::new(WorldSettings {
            seed,
            ..settings(&form, 92, Shares::default())
        });
        let mut bytes = Vec::new();
        for message in world.applications() {
            bytes.extend(message.bytes.clone());
            let from = message.from.clone().unwrap();
            let form_letter = letter("form/1/1", &from, &form_text(&form), "");
            for answer in world.receive(&form_letter, &from, Some(RETURN), message.at) {
                bytes.extend(answer.as_delivered());
            }
        }
        bytes
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn many_apply_in_the_last_days_and_only_the_late_ones_after_the_deadline() {
    let form = form();
    let shares = Shares {
        late: 0.05,
        ..Shares::none()
    };
    let mut world = World::new(settings(&form, 400, shares));
    let messages = world.applications();
    assert_eq!(messages.len(), 400);
    assert!(messages.windows(2).all(|pair| pair[0].at <= pair[1].at));
    let late = messages.iter().filter(|m| m.at > dates().deadline).count();
    assert_eq!(late, 20);
    let last_week = dates().deadline - Duration::days(8);
    let rush = messages.iter().filter(|m| m.at > last_week).count();
    assert!(rush > 200, "more than half in the last quarter: {rush}");
    assert!(messages.iter().all(|message| message.to == PROGRAMME));
}

/// Every person's answer to the form letter.
fn filled_forms(people: u32, shares: Shares) -> (World, Vec<Outgoing>) {
    let form = form();
    let mut world = World::new(settings(&form, people, shares));
    let text = format!(
        "Dear reader,\n\nplease answer:\n\n{}\nThank you!\n",
        form_text(&form)
    );
    let addresses: Vec<String> = world.people().map(|p| p.address.clone()).collect();
    let mut messages = Vec::new();
    for (number, address) in addresses.iter().enumerate() {
        let letter = letter(&format!("form/{number}/1"), address, &text, "");
        let answers = world.receive(&letter, address, Some(RETURN), day(-20));
        assert_eq!(answers.len(), 1, "everybody answers the form");
        messages.extend(answers);
    }
    (world, messages)
}

#[test]
fn every_reply_is_a_message_that_a_mail_host_would_take() {
    let (world, messages) = filled_forms(400, Shares::none());
    let mut clients = BTreeSet::new();
    for (number, message) in messages.iter().enumerate() {
        let person = world.people().nth(number).unwrap();
        clients.insert(world.habits().nth(number).unwrap().client);
        assert_eq!(
            message.to, "programme+Tok3n@iln.example",
            "the token keeps its case"
        );
        assert_eq!(message.from.as_deref(), Some(person.address.as_str()));
        let bytes = &message.bytes;
        let headers = Headers::of(bytes);
        assert!(bytes[..headers.body_at].is_ascii(), "headers are ASCII");
        for line in bytes.split(|&byte| byte == b'\n') {
            assert!(line.len() <= 999, "no line is too long for SMTP");
            assert!(
                line.is_empty() || line.ends_with(b"\r"),
                "lines end in CRLF"
            );
        }
        let parsed = MessageParser::default().parse(bytes).unwrap();
        let from = parsed.from().and_then(|from| from.first()).unwrap();
        assert_eq!(from.name(), Some(person.name.as_str()));
        assert_eq!(from.address(), Some(person.address.as_str()));
        let about = format!("form.{number}.1@iln.example");
        assert_eq!(parsed.in_reply_to().as_text(), Some(about.as_str()));
        assert!(parsed.date().is_some() && parsed.message_id().is_some());
        assert!(parsed.subject().unwrap().contains("About the round"));
        // Words are compared without the breaks that some programs put between them.
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = words(&text_of(bytes).replace("\n> ", "\n"));
        let name = words(&person.name);
        assert!(text.contains(&name), "{text}");
        assert!(
            text.contains("please answer"),
            "the letter is quoted: {text}"
        );
    }
    assert_eq!(
        clients.len(),
        Client::ALL.len(),
        "every mail program is used"
    );
}

#[test]
fn forms_are_filled_in_on_the_lines_by_deleting_and_above_the_quote() {
    let (_, messages) = filled_forms(400, Shares::none());
    let texts: Vec<String> = messages.iter().map(|m| text_of(&m.bytes)).collect();
    let ticked =
        |text: &&String| text.contains("[x]") || text.contains("[X]") || text.contains("[✓]");
    let on_the_lines = texts.iter().filter(ticked).count();
    let above = texts
        .iter()
        .filter(|text| {
            text.find("Sector: ")
                .is_some_and(|at| at < text.find("please answer").unwrap_or(0))
        })
        .count();
    let deleted = texts
        .iter()
        .filter(|text| !ticked(text) && text.matches("[ ]").count() < 14 && text.contains("[ ]"))
        .count();
    assert!(on_the_lines > 50, "{on_the_lines}");
    assert!(above > 100, "{above}");
    assert!(deleted > 3, "{deleted}");
}

#[test]
fn who_forgets_a_required_answer_gives_it_when_asked() {
    let shares = Shares {
        incomplete_first: 1.0,
        ..Shares::none()
    };
    let (mut world, _) = filled_forms(30, shares);
    let form = form();
    let addresses: Vec<String> = world.people().map(|p| p.address.clone()).collect();
    let mut said = String::new();
    for address in &addresses {
        let occasion = format!("missing/{address}/1");
        let missing = letter(&occasion, address, &form_text(&form), "");
        let answers = world.receive(&missing, address, Some(RETURN), day(-18));
        assert_eq!(answers.len(), 1);
        assert_eq!(answers[0].what, "form-rest");
        if *address == addresses[0] {
            said = Headers::of(&answers[0].bytes).ids("message-id")[0].to_string();
        }
    }
    assert_eq!(
        world.mailboxes().misread_forms,
        0,
        "they had left something out"
    );
    let again = |number: u32, answers: &str| {
        let answers = format!("In-Reply-To: <{answers}>\r\n");
        let occasion = format!("missing/x/{number}");
        letter(&occasion, &addresses[0], &form_text(&form), &answers)
    };
    let reminder = again(2, "missing.x.1@iln.example");
    world.receive(&reminder, &addresses[0], Some(RETURN), day(-17));
    assert_eq!(
        world.mailboxes().misread_forms,
        0,
        "the reminder crossed what was left out"
    );
    let answer = again(3, &said);
    world.receive(&answer, &addresses[0], Some(RETURN), day(-16));
    assert_eq!(
        world.mailboxes().misread_forms,
        1,
        "this time it was all there"
    );
}

#[test]
fn quote_headers_speak_the_language_of_the_mail_program() {
    let quoted = Quoted {
        from_name: "Peer mentoring".into(),
        from_address: PROGRAMME.into(),
        to_address: "lena@mail.library.example".into(),
        subject: "Ihre Anmeldung".into(),
        date: day(0),
        message_id: Some("a@iln.example".into()),
        references: vec!["b@iln.example".into()],
        text: "first line\nsecond line".into(),
    };
    let reply = |client, tongue, words: &Words| {
        text_of(&write(
            client,
            &Draft {
                copies_to: &[],
                from_name: "Lena Müller",
                from_address: "lena@mail.library.example",
                to: "programme+t@iln.example",
                subject: "",
                at: day(1),
                zone: chrono_tz::Europe::Berlin,
                tongue,
                message_id: "1@mail.library.example",
                answered: Some(&quoted),
                words,
            },
        ))
    };
    let one = Words::New("1\n".into());
    let german = reply(Client::Gmail, "de", &one);
    assert!(german.starts_with("1"), "top-posting: {german}");
    assert!(german.contains("Am Mo., 1. März 2027 um 10:00 Uhr schrieb Peer mentoring"));
    assert!(german.contains("> first line"));
    let french = reply(Client::Outlook, "fr", &one);
    assert!(french.contains("Envoyé") && french.contains("Objet"));
    assert!(
        !french.contains("> first line"),
        "Outlook does not mark quoted lines"
    );
    let bottom = reply(Client::Thunderbird, "en", &one);
    assert!(bottom.trim_end().ends_with('1'), "bottom-posting: {bottom}");
    let phone = reply(Client::IPhone, "es", &one);
    assert!(phone.contains("Enviado desde mi iPhone"));
    let between = Words::InQuote {
        above: "Hello,\n".into(),
        lines: vec![
            Line::Quoted("first line".into()),
            Line::Inserted("my answer".into()),
        ],
    };
    let mutt = reply(Client::Mutt, "en", &between);
    assert!(mutt.contains("> first line\nmy answer") || mutt.contains("> first line\r\nmy answer"));
    let html = reply(Client::HtmlOnly, "en", &between);
    assert!(html.contains("my answer") && html.contains("first line"));
}

// ---- machines

#[test]
fn responders_answer_only_what_a_real_one_would() {
    let me = ["anna@mail.library.example"];
    let to_me = "anna@mail.library.example";
    let cases = [
        ("a letter to me", to_me, "", Some(RETURN), true),
        ("from the null sender", to_me, "", None, false),
        (
            "a machine's",
            to_me,
            "Auto-Submitted: auto-generated\r\n",
            Some(RETURN),
            false,
        ),
        (
            "said to be a person's",
            to_me,
            "Auto-Submitted: no\r\n",
            Some(RETURN),
            true,
        ),
        (
            "a list's",
            to_me,
            "List-Id: <iln.example>\r\n",
            Some(RETURN),
            false,
        ),
        ("bulk", to_me, "Precedence: bulk\r\n", Some(RETURN), false),
        (
            "suppressed",
            to_me,
            "X-Auto-Response-Suppress: DR, OOF\r\n",
            Some(RETURN),
            false,
        ),
        (
            "reports suppressed only",
            to_me,
            "X-Auto-Response-Suppress: DR, RN, NRN\r\n",
            Some(RETURN),
            true,
        ),
        (
            "to somebody else",
            "ben@mail.school.example",
            "",
            Some(RETURN),
            false,
        ),
        (
            "from a mail system",
            to_me,
            "",
            Some("MAILER-DAEMON@x.example"),
            false,
        ),
    ];
    for (story, to, more, envelope, expected) in cases {
        let bytes = letter("check-in/1/1", to, "Hello", more);
        let answers = Responder::default().answers(&Headers::of(&bytes), envelope, &me, day(1));
        assert_eq!(answers, expected, "{story}");
    }
}

#[test]
fn a_responder_answers_a_sender_once_in_seven_days_though_return_addresses_differ() {
    let me = ["anna@mail.library.example"];
    let bytes = letter("check-in/1/1", me[0], "Hello", "");
    let headers = Headers::of(&bytes);
    let mut responder = Responder::default();
    assert!(responder.answers(&headers, Some("programme+b1@iln.example"), &me, day(1)));
    assert!(!responder.answers(&headers, Some("programme+b2@iln.example"), &me, day(7)));
    assert!(responder.answers(&headers, Some("programme+b3@iln.example"), &me, day(8)));
}

#[test]
fn somebody_on_holiday_has_an_automatic_reply_that_names_the_day_of_return() {
    let form = form();
    let shares = Shares {
        on_holiday: 1.0,
        ..Shares::none()
    };
    let mut world = World::new(settings(&form, 40, shares));
    let people: Vec<_> = world.people().cloned().collect();
    let habits: Vec<_> = world.habits().cloned().collect();
    for (person, habits) in people.iter().zip(&habits) {
        let holiday = habits.holiday.unwrap();
        let occasion = format!("check-in/{}/1", person.number);
        let letter = letter(&occasion, &person.address, "In touch?", "");
        let answers = world.receive(&letter, &person.address, Some(RETURN), holiday.from);
        let reply = answers.iter().find(|m| m.what == "auto-reply").unwrap();
        assert_eq!(
            reply.from, None,
            "the null sender, so that nothing comes back"
        );
        assert_eq!(
            reply.to, RETURN,
            "to the return address (RFC 3834 section 4)"
        );
        let parsed = MessageParser::default().parse(&reply.bytes).unwrap();
        assert!(
            parsed
                .header_raw("Auto-Submitted")
                .unwrap()
                .contains("auto-")
        );
        let year = holiday.back_on.format("%Y").to_string();
        assert!(text_of(&reply.bytes).contains(&year));
        let own = answers.iter().find(|m| m.what != "auto-reply").unwrap();
        assert!(
            own.at >= holiday.until,
            "they answer themselves when they are back"
        );
    }
}

#[test]
fn a_dead_mailbox_returns_a_notification_with_all_that_rfc_3464_asks_for() {
    let form = form();
    let shares = Shares {
        bouncing: 1.0,
        ..Shares::none()
    };
    let mut world = World::new(settings(&form, 10, shares));
    let person = world.people().next().unwrap().clone();
    let bytes = letter(
        "topic/0/4",
        &person.address,
        "Topic four",
        "List-Id: <iln.example>\r\n",
    );
    let answers = world.receive(&bytes, &person.address, Some(RETURN), day(100));
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].to, RETURN);
    assert_eq!(answers[0].from, None);
    assert_eq!(world.mailboxes().received.len(), 0);
    assert_eq!(world.mailboxes().refused.len(), 1);

    let report = MessageParser::default().parse(&answers[0].bytes).unwrap();
    let kind = report.content_type().unwrap();
    assert_eq!(
        (kind.ctype(), kind.subtype()),
        ("multipart", Some("report"))
    );
    assert_eq!(kind.attribute("report-type"), Some("delivery-status"));
    let parts: Vec<String> = report
        .parts
        .iter()
        .skip(1)
        .map(|part| {
            let kind = part.content_type().unwrap();
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default())
        })
        .collect();
    assert_eq!(
        parts,
        [
            "text/plain",
            "message/delivery-status",
            "text/rfc822-headers"
        ]
    );
    let raw = String::from_utf8_lossy(&answers[0].bytes);
    for field in [
        "Reporting-MTA: dns; ",
        &format!("Final-Recipient: rfc822; {}", person.address),
        "Action: failed",
        "Status: 5.",
        "Diagnostic-Code: smtp; 55",
        "Message-ID: <topic.0.4@iln.example>",
    ] {
        assert!(raw.contains(field), "{field}\n{raw}");
    }
    let null = world.receive(&bytes, &person.address, None, day(100));
    assert!(
        null.is_empty(),
        "nobody is told about a letter with the null sender"
    );
}

// ---- partnerships

/// Two people who are introduced on day 0, the second asked to write first.
fn introduced(shares: Shares, people: u32) -> World {
    let form = form();
    let mut world = World::new(settings(&form, people, shares));
    let addresses: Vec<String> = world.people().map(|p| p.address.clone()).collect();
    for (reader, address) in addresses.iter().enumerate() {
        let letter = introduction(&world, reader, reader ^ 1, reader | 1);
        assert!(
            world
                .receive(&letter, address, Some(RETURN), day(0))
                .is_empty()
        );
    }
    world
}

fn check_in(world: &mut World, person: usize, number: u32, at: Moment) -> Vec<Outgoing> {
    let address = world.people().nth(person).unwrap().address.clone();
    let letter = letter(
        &format!("check-in/{person}/{number}"),
        &address,
        "Have you two been in touch?",
        "",
    );
    world.receive(&letter, &address, Some(RETURN), at)
}

#[test]
fn partners_who_write_to_each_other_say_so() {
    let mut world = introduced(Shares::none(), 40);
    for person in 0..40 {
        assert_eq!(world.partners_of(person), [person ^ 1]);
        let answers = check_in(&mut world, person, 1, day(10));
        assert_eq!(answers.len(), 1);
        assert_eq!(answers[0].what, "check-in-1");
    }
}

#[test]
fn who_waits_for_a_silent_partner_says_three_and_the_silent_one_nothing() {
    let shares = Shares {
        silent: 0.5,
        returning: 0.0,
        ..Shares::none()
    };
    let mut world = introduced(shares, 60);
    let silent: Vec<bool> = world.habits().map(|h| h.silent_from.is_some()).collect();
    let mut waiting = 0;
    for person in 0..60 {
        let answers = check_in(&mut world, person, 4, day(95));
        match (silent[person], silent[person ^ 1]) {
            (true, _) => assert!(answers.is_empty()),
            (false, true) => {
                assert_eq!(answers[0].what, "check-in-3");
                waiting += 1;
            }
            (false, false) => assert_eq!(answers[0].what, "check-in-1"),
        }
    }
    assert!(waiting > 5);
}

#[test]
fn a_silent_person_may_come_back_at_the_firm_letter() {
    let shares = Shares {
        silent: 1.0,
        returning: 1.0,
        ..Shares::none()
    };
    let mut world = introduced(shares, 2);
    let address = world.people().next().unwrap().address.clone();
    let ask = |world: &mut World, number: u32, at| {
        let letter = letter(
            &format!("are-you-there/0/{number}"),
            &address,
            "Are you there?",
            "",
        );
        world.receive(&letter, &address, Some(RETURN), at)
    };
    assert!(ask(&mut world, 1, day(90)).is_empty());
    let answers = ask(&mut world, 2, day(97));
    assert_eq!(answers[0].what, "are-you-there-1");
    let partner = check_in(&mut world, 0, 5, day(98));
    assert_eq!(partner.len(), 1, "they answer again");
}

#[test]
fn who_withdraws_says_so_once_and_unprompted_mail_after_that_is_counted() {
    let shares = Shares {
        withdrawing: 1.0,
        ..Shares::none()
    };
    let mut world = introduced(shares, 2);
    let address = world.people().next().unwrap().address.clone();
    let topic = |number: u32| letter(&format!("topic/0/{number}"), &address, "A topic", "");
    let answers = world.receive(&topic(5), &address, Some(RETURN), day(82));
    assert_eq!(answers[0].what, "withdraw");
    let said = Headers::of(&answers[0].bytes).ids("message-id")[0].to_string();
    let sent = answers[0].at;
    let confirmation = letter(
        "withdrawn/0/1",
        &address,
        "You are out.",
        &format!("In-Reply-To: <{said}>\r\n"),
    );
    let answers = world.receive(&confirmation, &address, Some(RETURN), sent);
    assert!(answers.is_empty());
    assert_eq!(world.mailboxes().unanswered().count(), 0);
    assert!(world.mailboxes().mailed_after_leaving.is_empty());
    world.receive(&topic(6), &address, Some(RETURN), sent + Duration::days(7));
    assert_eq!(world.mailboxes().mailed_after_leaving, ["topic/0/6"]);
}

// ---- what is counted

#[test]
fn a_letter_that_comes_twice_is_counted_and_one_to_nobody_is_too() {
    let mut world = introduced(Shares::none(), 4);
    let address = world.people().next().unwrap().address.clone();
    let topic = letter("topic/0/2", &address, "Two", "");
    world.receive(&topic, &address, Some(RETURN), day(14));
    assert_eq!(world.mailboxes().duplicates, 0);
    let before = world.mailboxes().sha256();
    world.receive(&topic, &address, Some(RETURN), day(14));
    assert_eq!(world.mailboxes().duplicates, 1);
    assert_ne!(world.mailboxes().sha256(), before);
    world.receive(&topic, "nobody@nowhere.example", Some(RETURN), day(14));
    assert_eq!(world.mailboxes().misdirected.len(), 1);
    assert_eq!(world.mailboxes().letters["introduction"], 4);
    assert_eq!(world.mailboxes().letters["topic"], 2);
}

#[test]
fn a_partners_words_or_a_strangers_address_in_a_letter_are_seen_in_any_encoding() {
    let mut world = introduced(Shares::none(), 60);
    // Somebody answers with the word that only they write.
    let (owner, word) = (0..60)
        .find_map(|person| {
            let answers = check_in(&mut world, person, 1, day(10));
            let text = text_of(&answers.first()?.bytes);
            let at = text.find("Vellor")?;
            Some((person, text[at..at + 10].to_string()))
        })
        .unwrap();
    let addresses: Vec<String> = world.people().map(|p| p.address.clone()).collect();
    let partner = owner ^ 1;
    assert!(world.mailboxes().revealed.is_empty());
    let told = letter(
        "notice/1/1",
        &addresses[partner],
        &format!("They said: {word}"),
        "",
    );
    world.receive(&told, &addresses[partner], Some(RETURN), day(11));
    assert_eq!(world.mailboxes().revealed, ["notice/1/1"]);
    let back = letter(
        "notice/1/2",
        &addresses[owner],
        &format!("You said: {word}"),
        "",
    );
    world.receive(&back, &addresses[owner], Some(RETURN), day(11));
    assert_eq!(
        world.mailboxes().revealed.len(),
        1,
        "one may read one's own words"
    );

    let stranger = &addresses[(owner + 2) % 60];
    let split = stranger.replace('@', "=40").replacen("mail", "ma=\nil", 1);
    let soft = letter("topic/1/9", &addresses[owner], &split, "");
    assert!(
        searchable(&soft, &Headers::of(&soft))
            .windows(stranger.len())
            .any(|part| part == stranger.as_bytes())
    );
    world.receive(&soft, &addresses[owner], Some(RETURN), day(12));
    assert_eq!(world.mailboxes().revealed.len(), 2);
    let known = letter("topic/1/10", &addresses[owner], &addresses[partner], "");
    world.receive(&known, &addresses[owner], Some(RETURN), day(13));
    assert_eq!(
        world.mailboxes().revealed.len(),
        2,
        "the partner's address is known"
    );
}

#[test]
fn an_act_that_nobody_asked_for_and_an_answer_to_a_machine_are_counted() {
    let form = form();
    let shares = Shares {
        free_words: 1.0,
        ..Shares::none()
    };
    let mut world = World::new(WorldSettings {
        free_messages: vec![FreeMessage {
            text: "Who pays for all this?".into(),
            lang: "en".into(),
            meant: Some("help".into()),
            check_in: None,
        }],
        ..settings(&form, 3, shares)
    });
    let addresses: Vec<String> = world.people().map(|p| p.address.clone()).collect();
    let mut asked = Vec::new();
    for address in &addresses {
        for (kind, at) in [("complete", day(-10)), ("topic", day(0))] {
            let letter = letter(&format!("{kind}/{address}/1"), address, "Words", "");
            asked.extend(world.receive(&letter, address, Some(RETURN), at));
        }
    }
    assert_eq!(asked.len(), 3, "each asks once");
    assert_eq!(world.answers()["free-help"], 3);
    assert_eq!(world.mailboxes().unanswered().count(), 3);
    let answer = |kind: &str, to: &Outgoing| {
        let id = Headers::of(&to.bytes).ids("message-id")[0].to_string();
        let more = format!("In-Reply-To: <{id}>\r\n");
        letter(
            &format!("{kind}/{}/7", to.from.clone().unwrap()),
            to.from.as_deref().unwrap(),
            "So",
            &more,
        )
    };
    for (message, kind) in asked
        .iter()
        .zip(["person-will-answer", "unclear", "withdrawn"])
    {
        let letter = answer(kind, message);
        world.receive(
            &letter,
            message.from.as_deref().unwrap(),
            Some(RETURN),
            day(2),
        );
    }
    // Who was asked back has said it once more.
    let waiting: Vec<&str> = world
        .mailboxes()
        .unanswered()
        .map(|said| said.what.as_str())
        .collect();
    assert_eq!(waiting, ["word-help"]);
    assert_eq!(
        world.mailboxes().answered_wrongly.len(),
        1,
        "only the withdrawal was an act"
    );
    assert!(world.mailboxes().machines_answered.is_empty());
}

#[test]
fn the_coordinator_releases_a_proposal_once() {
    let form = form();
    let mut world = World::new(settings(&form, 2, Shares::none()));
    let clara = "clara@coordinators.example";
    let proposal = letter("proposal/clara/1", clara, "Forty-six pairs.", "");
    let answers = world.receive(&proposal, clara, Some(RETURN), day(-4));
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].from.as_deref(), Some(clara));
    assert!(text_of(&answers[0].bytes).starts_with("ok"));
    assert!(answers[0].at > day(-4) && answers[0].at < day(-3));
    let digest = letter("digest/clara/1", clara, "Nothing to do.", "");
    assert!(
        world
            .receive(&digest, clara, Some(RETURN), day(-4))
            .is_empty()
    );
}

#[test]
fn the_coordinator_keeps_a_pair_and_releases_the_new_proposal() {
    let form = form();
    let mut world = World::new(settings(&form, 2, Shares::none()));
    let clara = "clara@coordinators.example";
    let text = "LOOK AT THESE FIRST\n\n- 75 Joanne Thompson (Australia) + 264 Haruka\n  Watanabe (Japan): 183 points.\n- 5 A (B) + 6 C (D): 2 points\n";
    let first = letter("proposal/coordinator-1/1-0", clara, text, "");
    let answers = world.receive(&first, clara, Some(RETURN), day(-4));
    assert!(text_of(&answers[0].bytes).starts_with("pin 75 264"));
    let second = letter("proposal/coordinator-1/2-0", clara, text, "");
    let answers = world.receive(&second, clara, Some(RETURN), day(-3));
    assert!(text_of(&answers[0].bytes).starts_with("ok"));
    // The new proposal was the answer to the first command; the second one waits for its own.
    let waiting: Vec<&str> = world
        .mailboxes()
        .unanswered()
        .map(|said| said.what.as_str())
        .collect();
    assert_eq!(waiting, ["proposal-ok"]);
}

#[test]
fn what_only_the_digest_names_is_settled_and_what_is_forwarded_is_answered() {
    let form = form();
    let mut world = World::new(settings(&form, 2, Shares::none()));
    let clara = "clara@coordinators.example";
    let digest = letter(
        "digest/coordinator-1/2027-03-08",
        clara,
        "- Message 88 waits. Reply with: settle 88",
        "",
    );
    let answers = world.receive(&digest, clara, Some(RETURN), day(7));
    assert!(text_of(&answers[0].bytes).starts_with("settle 88"));
    let mut answered = 0;
    for number in 0..20 {
        let occasion = format!("for-person/coordinator-1/message-{number}");
        let forwarded = letter(&occasion, clara, "Somebody wrote.", "");
        for again in 0..2 {
            let answers = world.receive(&forwarded, clara, Some(RETURN), day(7));
            assert!(again == 0 || answers.is_empty(), "once is enough");
            answered += answers.len();
        }
    }
    assert!((10..20).contains(&answered), "{answered}");
}

#[test]
fn two_people_who_are_introduced_to_each_other_once_more_are_counted() {
    let mut world = introduced(Shares::none(), 4);
    assert_eq!(world.mailboxes().met_twice.len(), 0);
    let address = world.people().next().unwrap().address.clone();
    let again = introduction(&world, 0, 1, 1);
    world.receive(&again, &address, Some(RETURN), day(182));
    assert_eq!(world.mailboxes().met_twice, ["introduction/0/1"]);
    let another = introduction(&world, 0, 3, 0);
    world.receive(&another, &address, Some(RETURN), day(182));
    assert_eq!(world.mailboxes().met_twice.len(), 1);
}

#[test]
fn who_takes_a_break_and_is_asked_meanwhile_is_counted() {
    let shares = Shares {
        pausing: 1.0,
        ..Shares::none()
    };
    let mut world = introduced(shares, 2);
    let address = world.people().next().unwrap().address.clone();
    let topic = |number: u32| letter(&format!("topic/0/{number}"), &address, "A topic", "");
    let asked = world.receive(&topic(5), &address, Some(RETURN), day(81));
    assert_eq!(asked[0].what, "asks-pause");
    let said = Headers::of(&asked[0].bytes).ids("message-id")[0].to_string();
    let more = format!("In-Reply-To: <{said}>\r\n");
    let confirmed = letter("paused/0/1", &address, "Noted.", &more);
    world.receive(&confirmed, &address, Some(RETURN), day(83));
    assert!(world.mailboxes().mailed_after_leaving.is_empty());
    world.receive(&topic(6), &address, Some(RETURN), day(95));
    assert_eq!(world.mailboxes().mailed_after_leaving, ["topic/0/6"]);
    world.receive(&topic(7), &address, Some(RETURN), day(110));
    assert_eq!(world.mailboxes().mailed_after_leaving.len(), 1);
}

#[test]
fn whoever_takes_part_again_says_yes_and_a_change_that_is_not_recorded_is_counted() {
    let form = form();
    let shares = Shares {
        correcting: 0.5,
        ..Shares::none()
    };
    let mut world = World::new(settings(&form, 2, shares));
    let addresses: Vec<String> = world.people().map(|p| p.address.clone()).collect();
    let mut answers = Vec::new();
    for (number, address) in addresses.iter().enumerate() {
        let occasion = format!("invitation/{number}/2027B");
        let invitation = letter(&occasion, address, &form_text(&form), "");
        answers.extend(world.receive(&invitation, address, Some(RETURN), day(140)));
    }
    let mut said: Vec<&str> = answers.iter().map(|it| it.what.as_str()).collect();
    said.sort_unstable();
    assert_eq!(said, ["yes-again", "yes-with-a-change"]);
    for answer in &answers {
        let id = Headers::of(&answer.bytes).ids("message-id")[0].to_string();
        let to = answer.from.clone().unwrap();
        let more = format!("In-Reply-To: <{id}>\r\n");
        let complete = letter(
            &format!("complete/{to}/9"),
            &to,
            "Recorded: as before.",
            &more,
        );
        world.receive(&complete, &to, Some(RETURN), day(141));
    }
    assert_eq!(world.mailboxes().answered_wrongly.len(), 1);
}

#[test]
fn a_link_beside_an_answer_can_be_pressed() {
    let html = "<p><a href=\"mailto:programme+T@iln.example?subject=Check-in&amp;body=1%20going%20well\">1</a> <a href=\"mailto:programme+T@iln.example?subject=Check-in&amp;body=2%20slow\">2</a></p>";
    let bytes = letter("check-in/1/1", "a@b.example", html, "")
        .iter()
        .map(|&byte| byte as char)
        .collect::<String>()
        .replace("text/plain", "text/html")
        .into_bytes();
    let link = super::letter::link_for_choice(&bytes, 2).unwrap();
    assert_eq!(link.to, "programme+T@iln.example");
    assert_eq!(link.subject, "Check-in");
    assert_eq!(link.body, "2 slow");
    assert_eq!(super::letter::link_for_choice(&bytes, 3), None);
}
