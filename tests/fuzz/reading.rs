//! The whole reading: any bytes, answering any letter, are read without a panic, and what comes out is clean.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pairpost::mail::inbound::{self, AskedFor, Context, Reading, clean, html, sender};
use pairpost::programme::application::{Answer, Form};
use pairpost::time::from_seconds;

static FORM: LazyLock<Form> = LazyLock::new(|| pairpost::config::built_in().settings.form);

const ASKED: [Option<AskedFor>; 6] = [
    Some(AskedFor::Form),
    Some(AskedFor::CheckIn),
    Some(AskedFor::AreYouThere),
    Some(AskedFor::Survey),
    Some(AskedFor::Command),
    None,
];

fuzz_target!(|raw: &[u8]| {
    // What the message answers follows from its length, so that a mail as it lies in the museum is an input as it is.
    let context = Context {
        form: &FORM,
        asked: ASKED[raw.len() % ASKED.len()],
        own_address: "programme@pairs.example",
        received: from_seconds(1_802_217_600),
        language: ["en", "fr", "es"][raw.len() / ASKED.len() % 3],
    };
    let parsed = inbound::parse(raw);
    inbound::claims(&parsed);
    check(&inbound::read_parsed(&parsed, &context));
});

/// RELIABILITY G1 and G2: one certain sender or nobody, and no text that could become a header or hide itself.
fn check(reading: &Reading) {
    if let Some(from) = &reading.from {
        assert_eq!(
            sender::address(&from.address).as_ref(),
            Some(&from.address),
            "an address in its one form"
        );
        if let Some(name) = &from.name {
            one_line(name, clean::NAME_MAX);
        }
    }
    if let Some(subject) = &reading.subject {
        one_line(subject, clean::SUBJECT_MAX);
    }
    for id in reading.message_id.iter().chain(&reading.answers) {
        one_line(id, 998);
    }
    for name in &reading.attachments {
        one_line(name, clean::SUBJECT_MAX);
    }
    for text in [&reading.text, &reading.body] {
        assert!(
            !text.contains([html::CUT, html::SIGNATURE, html::QUOTE_HEADER]),
            "a marker is shown"
        );
        assert!(
            text.chars()
                .all(|c| c == '\n' || c == '\t' || !c.is_control()),
            "a control character"
        );
    }
    if let Some(bounce) = &reading.bounce {
        bounce
            .recipients
            .iter()
            .for_each(|failed| one_line(&failed.address, 998));
    }
    for answer in reading.said.answers.values() {
        match answer {
            Answer::One(text) => {
                assert!(text.chars().count() <= clean::ANSWER_MAX && clean_text(text))
            }
            Answer::Many(values) => values
                .iter()
                .for_each(|value| one_line(value, clean::ANSWER_MAX)),
            _ => {}
        }
    }
    for unclear in &reading.said.unclear {
        assert!(clean_text(&unclear.written), "{:?}", unclear.written);
    }
}

fn one_line(text: &str, most: usize) {
    assert!(
        text.chars().count() <= most,
        "{} characters",
        text.chars().count()
    );
    assert!(!text.contains(char::is_control), "{text:?}");
}

fn clean_text(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !c.is_control())
}
