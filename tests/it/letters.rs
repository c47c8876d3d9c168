//! The letters in all their languages. The golden files, `tests/golden/<language>/<letter>.{txt,html}`, are the samples
//! as readers get them, so that a change of a template or of the writers shows as words in a review. To renew them after
//! a wanted change: `PAIRPOST_RENEW_GOLDEN=1 cargo test --test it letters`, then read the diff.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pairpost::mail::inbound::{self, AskedFor, Context};
use pairpost::programme::application::Form;
use pairpost::programme::event::Intent;
use pairpost::programme::letter::LetterKind;
use pairpost::templates::{LETTER_MAX_BYTES, Templates, samples};

fn golden(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(language)
}

#[test]
fn every_letter_reads_as_in_its_golden_file() {
    let renew = std::env::var_os("PAIRPOST_RENEW_GOLDEN").is_some();
    let templates = Templates::built_in();
    let mut different = Vec::new();
    for language in templates.languages() {
        let folder = golden(language);
        if renew {
            std::fs::create_dir_all(&folder).unwrap();
        }
        for kind in templates.samples(language) {
            // Until it is translated, a letter goes out in English, which has its file.
            if !templates.speaks(language, kind.name()) {
                continue;
            }
            let letter = templates
                .render(&kind, language, &samples::frame_of(&kind))
                .unwrap();
            let text = format!("Subject: {}\n\n{}", letter.subject, letter.text);
            for (ending, written) in [("txt", text), ("html", letter.html)] {
                let path = folder.join(format!("{}.{ending}", kind.name()));
                if renew {
                    std::fs::write(&path, written).unwrap();
                } else if std::fs::read_to_string(&path).unwrap_or_default() != written {
                    different.push(path);
                }
            }
        }
    }
    assert!(
        different.is_empty(),
        "these letters changed; read them, and if they are right renew them with \
         PAIRPOST_RENEW_GOLDEN=1 cargo test --test it letters: {different:#?}"
    );
}

#[test]
fn there_is_no_golden_file_without_a_letter() {
    let templates = Templates::built_in();
    for language in templates.languages() {
        for entry in std::fs::read_dir(golden(language)).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            assert!(templates.speaks(language, stem), "{}", path.display());
        }
    }
}

#[test]
fn every_letter_stays_below_twenty_kilobytes_in_every_language() {
    let templates = Templates::built_in();
    for language in templates.languages() {
        for kind in samples::all(
            &templates
                .topics(language)
                .iter()
                .map(|it| it.id.clone())
                .collect::<Vec<_>>(),
        ) {
            let letter = templates
                .render(&kind, language, &samples::frame_of(&kind))
                .unwrap();
            assert!(
                letter.text.len() + letter.html.len() < LETTER_MAX_BYTES,
                "{} in {language}",
                kind.name()
            );
        }
    }
}

/// The source of a built-in letter or footer.
fn source(language: &str, file: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("templates")
        .join(language)
        .join(file);
    std::fs::read_to_string(path).ok()
}

/// What a reader is told to type, in the order of the letter: words in backquotes, words of answer links, and the bold
/// words before a colon in a list.
fn words_to_type(source: &str) -> Vec<String> {
    let typed =
        regex::Regex::new(r"`([^`{}]+)`|\]\(answer:([^){}]+)\)|(?m:^- \*\*([^*{}]+)\*\* ?: )")
            .unwrap();
    let mut words: Vec<String> = Vec::new();
    for found in typed.captures_iter(source) {
        let word = found.iter().skip(1).flatten().next().unwrap().as_str();
        words.push(word.to_owned());
    }
    words
}

fn read(text: &str, asked: Option<AskedFor>, language: &str) -> inbound::command::Words {
    let form = Form {
        questions: Vec::new(),
    };
    let context = Context {
        form: &form,
        asked,
        language,
        received: "2027-03-12T09:00:00Z".parse().unwrap(),
        own_address: "exchange@example.org",
    };
    inbound::command::read(text, "", &context)
}

#[test]
fn every_word_that_a_letter_names_is_read_as_the_english_one_is() {
    let templates = Templates::built_in();
    let outdated: Vec<&str> = templates
        .warnings()
        .iter()
        .map(|it| it.file.as_str())
        .collect();
    let mut named: BTreeSet<Intent> = BTreeSet::new();
    for language in templates.languages() {
        let letters = LetterKind::NAMES
            .iter()
            .map(|name| format!("letters/{name}.md"));
        for file in letters.chain(["footer.md".to_owned()]) {
            // What has stayed behind the English wording is told elsewhere.
            if outdated.contains(&format!("{language}/{file}").as_str()) {
                continue;
            }
            let Some(translated) = source(language, &file) else {
                continue;
            };
            let english = words_to_type(&source("en", &file).unwrap());
            let words = words_to_type(&translated);
            assert_eq!(
                words.len(),
                english.len(),
                "{language}/{file}: {words:?} for {english:?}"
            );
            for (word, meant) in words.iter().zip(&english) {
                let (here, there) = (read(word, None, language), read(meant, None, "en"));
                assert_eq!(
                    here.intent, there.intent,
                    "{language}/{file}: {word} for {meant}"
                );
                named.extend(here.intent);
                if meant.parse::<u8>().is_ok() {
                    assert_eq!(word, meant, "{language}/{file}");
                }
            }
        }
    }
    // The test looks at something: these are named somewhere.
    for intent in [
        Intent::Stop,
        Intent::Help,
        Intent::Withdraw,
        Intent::TopicsOff,
    ] {
        assert!(named.contains(&intent), "{intent:?}");
    }
}

#[test]
fn whoever_writes_the_words_of_a_choice_is_understood_as_by_its_number() {
    let choice = regex::Regex::new(r"(?m)^(\d)\. \[(.+)\]\(answer:(\d)\)$").unwrap();
    let mut tried = 0;
    for language in Templates::built_in().languages() {
        for (file, asked) in [
            ("letters/check-in.md", AskedFor::CheckIn),
            ("letters/are-you-there.md", AskedFor::AreYouThere),
        ] {
            let text = source(language, file).unwrap();
            for found in choice.captures_iter(&text) {
                let words = found[2].replace("{{ partners }}", "Rosa Quispe");
                let words = words.split(':').next().unwrap();
                let read = read(words, Some(asked), language);
                let number: u8 = found[1].parse().unwrap();
                assert_eq!(read.choice, Some(number), "{language}/{file}: {words}");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 36);
}
