//! Which wording a translation is a translation of, so that it shows when one has moved on without the other.
//!
//! The first line of a translated letter or footer says `Translates: 1a2b3c4d`, the front matter of a translated topic
//! `translates = "1a2b3c4d"`: the stamp of the English text as it was then. A file without it is nobody's translation
//! and is never called outdated.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// What stands before the stamp in a letter.
const MARK: &str = "Translates:";

/// The stamp of a text: eight hexadecimal digits that change with its words, but not with the line ends of an editor.
pub fn stamp(text: &str) -> String {
    let (_, words) = split(text);
    let mut hash = Sha256::new();
    for line in words.trim().lines() {
        hash.update(line.trim_end());
        hash.update("\n");
    }
    HEXLOWER.encode(&hash.finalize()[..4])
}

/// A letter's stamp, where it has one, and the rest of it.
pub fn split(text: &str) -> (Option<&str>, &str) {
    let stamped = text
        .strip_prefix(MARK)
        .and_then(|rest| rest.split_once('\n'));
    match stamped {
        Some((stamp, rest)) => (Some(stamp.trim()), rest),
        None => (None, text),
    }
}

/// What to tell of a translation whose stamp is not that of the English text that it stands beside.
pub fn outdated(file: &str, written: &str, english: (&str, &str)) -> Option<Problem> {
    let (english_file, english) = english;
    let now = stamp(english);
    (written != now).then(|| Problem {
        file: file.to_owned(),
        line: Some(1),
        key: String::new(),
        value: None,
        why: format!("this translates an older wording of {english_file} ({written})"),
        remedy: format!(
            "Compare the two, change what needs it, and write {now} in the place of {written}."
        ),
    })
}

/// What to tell of letters that a language does not have: they go out in English.
pub fn missing(language: &str, letters: &[&str]) -> Option<Problem> {
    (!letters.is_empty()).then(|| Problem {
        file: format!("{language}/letters"),
        line: None,
        key: String::new(),
        value: None,
        why: format!(
            "these letters are not there in \"{language}\" and go out in English: {}",
            letters.join(", ")
        ),
        remedy: "Translate them from templates/en/letters, under the same names.".into(),
    })
}

/// What to tell of sentences that coordinators read in English.
pub fn sentences_missing(language: &str, sentences: &[&str]) -> Option<Problem> {
    let first = sentences.first()?;
    Some(Problem {
        file: format!("{language}/{}", super::sentences::FILE),
        line: None,
        key: String::new(),
        value: None,
        why: format!(
            "coordinators read {} sentences in English, the first: \"{first}\"",
            sentences.len()
        ),
        remedy: "Copy templates/es/sentences.toml of the program, and translate what stands on the right."
            .into(),
    })
}

/// What to tell of topics that stand in a language in English.
pub fn topics_missing(language: &str, topics: &[&str]) -> Option<Problem> {
    (!topics.is_empty()).then(|| Problem {
        file: format!("{language}/topics"),
        line: None,
        key: String::new(),
        value: None,
        why: format!(
            "these topics are not translated into \"{language}\" and go out in English: {}",
            topics.join(", ")
        ),
        remedy: "Translate them, with the same ids, all in this folder of your config.".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_changes_with_the_words_and_not_with_the_line_ends() {
        let text = "Subject: Done\n\nIt is done.\n";
        assert_eq!(
            stamp(text),
            stamp("Subject: Done\r\n\r\nIt is done.  \r\n\r\n")
        );
        assert_eq!(stamp(text), stamp(&format!("Translates: 00000000\n{text}")));
        assert_ne!(stamp(text), stamp("Subject: Done\n\nIt is not done.\n"));
        assert_eq!(stamp(text).len(), 8);
    }

    #[test]
    fn an_outdated_translation_is_told_with_the_stamp_to_write() {
        let english = ("en/letters/paused.md", "Subject: Paused\n\nNoted.\n");
        let now = stamp(english.1);
        assert_eq!(outdated("es/letters/paused.md", &now, english), None);
        let told = outdated("es/letters/paused.md", "12345678", english).unwrap();
        assert!(told.remedy.contains(&now), "{told}");
        assert!(told.why.contains("en/letters/paused.md"), "{told}");
    }
}
