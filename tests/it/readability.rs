//! How easy the English letters are to read, by Flesch's reading ease (R. Flesch, "A new readability yardstick", Journal
//! of Applied Psychology 32, 1948): 206.835 - 1.015 * words per sentence - 84.6 * syllables per word. 60 to 70 is plain
//! English. Many of those who get the letters read in their second language.
//!
//! What is measured is the text part of each sample with invented values, without the form, addresses and numbers. As
//! Flesch has it, a colon and a semicolon end a sentence, too; and so does each item of a list and each heading.
//! Syllables are counted by groups of vowels, not by a dictionary.

use pairpost::programme::letter::LetterKind;
use pairpost::templates::{Templates, samples};

const EASY: f64 = 60.0;

/// Syllables of an English word, by its groups of vowels.
fn syllables(word: &str) -> usize {
    let word: String = word
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphabetic())
        .collect();
    let vowel = |c: char| "aeiouyáéíóú".contains(c);
    let mut groups = 0;
    let mut before = ' ';
    for c in word.chars() {
        // "io" in "idio-t" and "ia" in "librar-ian" are two; most other pairs are one.
        if vowel(c)
            && (!vowel(before)
                || (before == 'i' && (c == 'a' || c == 'o') && !word.ends_with("ion")))
        {
            groups += 1;
        }
        before = c;
    }
    let silent_end = (word.ends_with('e') && !word.ends_with("le") && !word.ends_with("ee"))
        || (word.ends_with("ed") && !word.ends_with("ted") && !word.ends_with("ded"))
        || (word.ends_with("es")
            && !["ses", "ces", "ges", "zes", "xes", "ches", "shes"]
                .iter()
                .any(|end| word.ends_with(end)));
    if silent_end && groups > 1 {
        groups -= 1;
    }
    groups.max(1)
}

/// The ease of a text and its longest sentence.
fn reading_ease(text: &str) -> (f64, String) {
    let (mut sentences, mut words, mut parts) = (0, 0, 0);
    let mut longest = (0, String::new());
    for paragraph in text.split("\n\n").flat_map(items) {
        for sentence in paragraph.split_inclusive(['.', '?', '!', ':', ';']) {
            let counted: Vec<&str> = sentence
                .split_whitespace()
                .filter(|word| word.chars().any(char::is_alphabetic) && !word.contains('@'))
                .collect();
            if counted.is_empty() {
                continue;
            }
            sentences += 1;
            words += counted.len();
            parts += counted.iter().map(|word| syllables(word)).sum::<usize>();
            if counted.len() > longest.0 {
                longest = (counted.len(), counted.join(" "));
            }
        }
    }
    let (sentences, words, parts) = (sentences as f64, words as f64, parts as f64);
    let ease = 206.835 - 1.015 * words / sentences - 84.6 * parts / words;
    (ease, longest.1)
}

/// The items of a list, each with its continued lines; other paragraphs as they are.
fn items(paragraph: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in paragraph.lines() {
        let begins = line.starts_with("- ") || line.starts_with(|c: char| c.is_ascii_digit());
        match found.last_mut() {
            Some(last) if !begins => {
                last.push(' ');
                last.push_str(line);
            }
            _ => found.push(line.to_owned()),
        }
    }
    found
}

/// A letter without its form, its profile lines and its reference.
fn own_words(text: &str) -> String {
    text.split("\n\n")
        .filter(|paragraph| !paragraph.starts_with("Ref: ") && !paragraph.contains("[ ]"))
        .collect::<Vec<_>>()
        .join("\n\n")
}

#[test]
fn every_english_letter_is_easy_to_read() {
    let templates = Templates::built_in();
    let ids: Vec<String> = templates
        .topics("en")
        .iter()
        .map(|topic| topic.id.clone())
        .collect();
    let mut hard = Vec::new();
    let mut measured = 0;
    for kind in samples::all(&ids) {
        // What a coordinator or an applicant wrote is not ours to rewrite; a certificate is no letter.
        if matches!(
            kind,
            LetterKind::CertificatePage { .. } | LetterKind::Shown { .. }
        ) {
            continue;
        }
        let letter = templates
            .render(&kind, "en", &samples::frame_of(&kind))
            .unwrap();
        let (ease, longest) = reading_ease(&own_words(&letter.text));
        measured += 1;
        if ease < EASY {
            hard.push(format!("{} {ease:.0}: {longest}", kind.name()));
        }
    }
    // One of each kind, and the variants that take the other branches.
    assert!(measured > LetterKind::NAMES.len());
    assert!(hard.is_empty(), "hard to read: {hard:#?}");
}

#[test]
fn every_english_topic_is_easy_to_read() {
    let templates = Templates::built_in();
    let mut hard = Vec::new();
    for topic in templates.topics("en") {
        let kind = LetterKind::Topic {
            name: "Ann".into(),
            partners: "Bo".into(),
            topic: pairpost::programme::letter::TopicText {
                id: topic.id.clone(),
            },
            missed: Vec::new(),
            number: 2,
            last: false,
            channels: Vec::new(),
        };
        let letter = templates.render(&kind, "en", &samples::frame()).unwrap();
        let (ease, longest) = reading_ease(&own_words(&letter.text));
        if ease < EASY {
            hard.push(format!("{} {ease:.0}: {longest}", topic.id));
        }
    }
    assert!(hard.is_empty(), "hard to read: {hard:#?}");
}

#[test]
fn the_measure_tells_plain_words_from_an_office() {
    assert_eq!(
        [
            "yes",
            "people",
            "library",
            "librarian",
            "answered",
            "created",
            "places",
            "move"
        ]
        .map(syllables),
        [1, 2, 3, 4, 2, 2, 2, 1]
    );
    let (plain, _) = reading_ease("We have found a partner for you. Write to her today.");
    let (office, _) = reading_ease(
        "Notwithstanding the aforementioned considerations, participants are respectfully requested to communicate their availability expeditiously.",
    );
    assert!(plain > 80.0 && office < 10.0, "{plain} {office}");
}
