//! What the rules say to coordinators stands in the rules in English. Here the source is read for such sentences, and each
//! must be there in `templates/<language>/sentences.toml`: a Spanish coordinator reads none of them in English.

use std::path::Path;

use pairpost::programme::coordinating::is_for_coordinators;
use pairpost::programme::letter::LetterKind;
use pairpost::templates::{Templates, samples};
use regex::Regex;

/// All of what these say is for coordinators, but for what is listed below.
const FOR_COORDINATORS: [&str; 10] = [
    "programme/coordinating/mod.rs",
    "programme/coordinating/announcing.rs",
    "programme/coordinating/answering.rs",
    "programme/coordinating/authority.rs",
    "programme/coordinating/commands.rs",
    "programme/coordinating/digest.rs",
    "programme/coordinating/noticing.rs",
    "programme/review/mod.rs",
    "programme/review/adjusting.rs",
    "programme/concern.rs",
];

/// These say some things to coordinators: what stands in a call of one of [`TELLING`].
const ALSO: [&str; 13] = [
    "programme/conversation.rs",
    "programme/moving.rs",
    "programme/newcomers.rs",
    "programme/privacy.rs",
    "programme/survey.rs",
    "programme/unsure.rs",
    "programme/waiting.rs",
    "programme/applying.rs",
    "programme/partnership/check_in.rs",
    "programme/partnership/ending.rs",
    "programme/partnership/reach.rs",
    "programme/partnership/silence.rs",
    "daemon/pairing/mod.rs",
];

const TELLING: &str = r"(?:\b(?:free_words|for_person|needs_person|told|notice|Err)\(|let (?:why|proof|pairs) = |const IS_TAKEN[^=]*=|Rule::\w+ => )";

/// In the journal alone, or part of a sentence that is told whole in another place.
const NOT_TOLD: [&str; 37] = [
    // The journal.
    "several commands are done one by one",
    "digest with {} items",
    "something is wrong: {what}",
    "mended: {what}",
    "the master key was changed by {by}{}",
    ", since others may have the one before",
    "the programme is paused already",
    "held: {planned} letters that nobody asked for within a day, for {people} people",
    "a coordinator's answer was not a command",
    "a coordinator wrote without answering a letter of ours",
    "no such message",
    "somebody else has dealt with it",
    "no words of the coordinator's own",
    "nobody to answer",
    "mail does not reach them",
    "many answers to this person within a day",
    "{note}; this coordinator was told so {NOTHING_DONE_A_DAY} times within a day",
    "message {inbox} of person {} is answered by {}",
    "a command from somebody who is not the letter's reader",
    "a command waits for its confirmation",
    "a command is confirmed",
    "an answer to an old question",
    "the confirmation of a command is not a plain yes",
    "the announcement is no longer there",
    "they are no longer among its readers, or get no unprompted mail any more",
    "announcement {id} to person {}",
    "person {}: for a safety contact",
    "a concern without a sender",
    // Joined to another one below.
    "Commands are taken only in reply to one of our letters to you, such as this one. You can reply with: status, pause, resume, or announce to all (the subject on the next line, the text below it).",
    "Nothing was done about your message {}. {told}",
    " (by {})",
    "{} and {} {why}.",
    "have been partners before",
    "shall never be partners",
    " A second address is tried.",
    // A command, which is typed as it stands.
    "new partner {id}",
    // Two sentences, with and without the second address.
    "Mail to {who} comes back ({}).{what_follows} Nothing needs to be done; if you know another address, see: pairpost person {}",
];

/// Notes of the proposal in the journal.
const NOTES: [&str; 6] = [
    "pool of round {}: {} new pairs",
    "proposal {id} for round {}: {} groups, {} people without a partner",
    "; it replaces proposal {} ({}, asked by {})",
    "the proposal has been answered",
    " (by itself, as configured)",
    "proposal {} still waits, reminder {number}",
];

fn source(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    // Comments quote sentences, too.
    Regex::new(r"(?m)^\s*//.*$")
        .unwrap()
        .replace_all(code, "")
        .into_owned()
}

/// The text literals of some code, as the program has them.
fn literals(code: &str) -> Vec<String> {
    let literal = Regex::new(r#""((?:[^"\\]|\\(?s:.))*)""#).unwrap();
    let continued = Regex::new(r"\\\n\s*").unwrap();
    literal
        .captures_iter(code)
        .map(|found| {
            continued
                .replace_all(&found[1], "")
                .replace("\\\"", "\"")
                .replace("\\n", "\n")
        })
        .filter(|text| text.matches(' ').count() >= 2 && text.contains(char::is_alphabetic))
        .collect()
}

/// What stands between a call's parentheses, or up to the end of the statement.
fn of_call(code: &str) -> &str {
    let (mut depth, mut quoted, mut before) = (1, false, ' ');
    for (at, c) in code.char_indices() {
        match c {
            '"' if before != '\\' => quoted = !quoted,
            '(' | '{' if !quoted => depth += 1,
            ')' | '}' if !quoted => depth -= 1,
            ';' if !quoted => depth = 0,
            _ => {}
        }
        if depth == 0 {
            return &code[..at];
        }
        before = c;
    }
    code
}

fn sentences() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for file in FOR_COORDINATORS {
        for text in literals(&source(file)) {
            if !NOT_TOLD.contains(&text.as_str()) && !NOTES.contains(&text.as_str()) {
                all.push((file.to_owned(), text));
            }
        }
    }
    let telling = Regex::new(TELLING).unwrap();
    for file in ALSO {
        let code = source(file);
        for call in telling.find_iter(&code) {
            for text in literals(of_call(&code[call.end()..])) {
                if !NOT_TOLD.contains(&text.as_str()) {
                    all.push((file.to_owned(), text));
                }
            }
        }
    }
    all
}

/// A sentence with something in the place of each value, as a letter says it in a language.
fn said(templates: &Templates, language: &str, sentence: &str) -> String {
    let kind = LetterKind::CommandConfirm {
        by: None,
        command: sentence.to_owned(),
        hours: 72,
    };
    let letter = templates
        .render(&kind, language, &samples::frame())
        .unwrap();
    letter
        .subject
        .split_once(": ")
        .map(|(_, command)| command.to_owned())
        .unwrap()
}

#[test]
fn every_sentence_that_the_rules_say_to_coordinators_is_there_in_each_language() {
    let templates = Templates::built_in();
    let value = Regex::new(r"\{[^}]*\}").unwrap();
    let found = sentences();
    assert!(
        found.len() > 100,
        "the source was not read: {}",
        found.len()
    );
    let mut missing = Vec::new();
    for (file, text) in found {
        let filled = value.replace_all(&text, "2027A").into_owned();
        let english = said(&templates, "en", &filled);
        for language in ["es", "fr"] {
            let words = said(&templates, language, &filled);
            if words == english {
                missing.push(format!("{language}: \"{text}\" ({file})"));
            }
            let values = text.matches('{').count();
            assert!(words.matches("2027A").count() >= values, "{text}: {words}");
        }
    }
    assert!(
        missing.is_empty(),
        "a coordinator would read these in English; add them to templates/<language>/sentences.toml, or, where only the \
         journal has them, to this test:\n{}",
        missing.join("\n")
    );
}

#[test]
fn the_languages_have_the_same_sentences() {
    let of = |language: &str| -> Vec<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("templates")
            .join(language)
            .join("sentences.toml");
        let text = std::fs::read_to_string(path).unwrap();
        let pairs: toml::Table = text.parse().unwrap();
        pairs.keys().cloned().collect()
    };
    assert_eq!(of("es"), of("fr"));
    // What stands in a call as one of two halves is there as a whole.
    for whole in [
        "{a} and {b} have been partners before.",
        "{a} and {b} shall never be partners.",
        "Nothing was done about your message {inbox}. Commands are taken only in reply to one of our letters to you, such as this one. You can reply with: status, pause, resume, or announce to all (the subject on the next line, the text below it).",
    ] {
        assert!(of("es").iter().any(|known| known == whole), "{whole}");
    }
    // The built-in letters are checked as a programme's own are: nothing that no letter says, no placeholder too many.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let languages = ["en".to_owned(), "es".to_owned(), "fr".to_owned()];
    if let Err(problems) = Templates::load(&folder, &languages) {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", told.join("\n"));
    }
}

#[test]
fn a_coordinators_letter_has_no_english_words_in_another_language() {
    let english = Regex::new(
        r"(?i)\b(the|and|waits|with|that|which|been|was|were|their|please|by|of|has|have|nothing|somebody|people|both)\b",
    )
    .unwrap();
    let templates = Templates::built_in();
    for language in ["es", "fr"] {
        let topics: Vec<String> = Vec::new();
        // What people wrote stays as they wrote it; the report words itself.
        let kinds = samples::all(&topics)
            .into_iter()
            .filter(|kind| is_for_coordinators(kind.name()) && kind.name() != "report");
        for mut kind in kinds {
            let own = "Hola";
            match &mut kind {
                LetterKind::ForPerson {
                    text, subject, who, ..
                } => {
                    *text = own.into();
                    *subject = own.into();
                    *who = own.into();
                }
                LetterKind::AnnouncementPreview { text, subject, .. } => {
                    *text = own.into();
                    *subject = own.into();
                }
                LetterKind::Shown { text, from } => {
                    *text = own.into();
                    *from = own.into();
                }
                LetterKind::Digest { first_messages, .. } => first_messages.clear(),
                LetterKind::Proposal { worst, .. } => {
                    worst.iter_mut().for_each(|it| it.why.clear())
                }
                _ => {}
            }
            let letter = templates
                .render(&kind, language, &samples::frame_of(&kind))
                .unwrap();
            for line in format!("{}\n{}", letter.subject, letter.text).lines() {
                // Commands are typed as they are.
                if line.contains("announce to") || line.contains("pairpost ") {
                    continue;
                }
                assert!(
                    !english.is_match(line),
                    "{} in {language}: {line}",
                    kind.name()
                );
            }
        }
    }
}
