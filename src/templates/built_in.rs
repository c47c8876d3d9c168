//! The letters and topics that are compiled in, from `templates/` of this project.

use super::load::{LanguageSources, Sources};
use super::sentences;

macro_rules! files {
    ($language:literal, $folder:literal, [$($name:literal),* $(,)?]) => {
        [$((
            $name,
            concat!($language, "/", $folder, $name, ".md"),
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/templates/", $language, "/", $folder, $name, ".md"
            )),
        )),*]
    };
}

/// Every file of a language, by (name, path, text).
type Files = &'static [(&'static str, &'static str, &'static str)];

/// All letters: what a complete language has.
macro_rules! letters {
    ($language:literal) => {
        &files!(
            $language,
            "letters/",
            [
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
                "address-asked",
                "not-forwarded",
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
                "report",
                "notice",
                "announcement-preview",
                "shown",
                "proposal",
                "command-confirm",
                "command-done",
                "digest",
                "for-person",
            ]
        )
    };
}

macro_rules! footers {
    ($language:literal) => {
        &files!($language, "", ["footer", "footer-coordinators"])
    };
}

macro_rules! topics {
    ($language:literal) => {
        &files!(
            $language,
            "topics/",
            [
                "01-getting-to-know-you",
                "02-library-spaces",
                "03-advocacy",
                "04-management-and-leadership",
                "05-professional-development",
                "06-books-and-reading",
                "07-social-media",
                "08-disaster-and-change",
                "09-reflection",
                "11-a-day-at-work",
                "12-spaces-and-people",
                "13-speaking-up",
                "14-working-together",
                "15-teaching-and-unlearning",
                "16-words-that-travel",
                "17-being-found",
                "18-after-the-storm",
                "19-what-lasts",
            ]
        )
    };
}

/// The language that everything is written in first.
pub const SOURCE: &str = "en";

/// Arabic has what most people meet: the way from the form to the closing letter. The rest goes out in English.
const ARABIC_LETTERS: Files = &files!(
    "ar",
    "letters/",
    [
        "form",
        "missing",
        "complete",
        "was-this-you",
        "introduction",
        "topic",
        "check-in",
        "going-well",
        "are-you-there",
        "good-to-hear",
        "withdrawn",
        "stopped",
        "person-will-answer",
        "unclear",
        "closing",
        "accepted",
        "paused",
        "topics-off",
        "partner-asked",
        "new-partner",
        "partner-away",
        "place-given",
        "partnership-ended",
    ]
);
const ARABIC_FOOTERS: Files = &files!("ar", "", ["footer"]);
const ARABIC_TOPICS: Files = &files!("ar", "topics/", ["01-getting-to-know-you", "09-reflection"]);

/// What the rules say to coordinators, in the languages that have all their letters.
const SENTENCES: [(&str, &str); 2] = [
    (
        "es",
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/templates/es/sentences.toml"
        )),
    ),
    (
        "fr",
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/templates/fr/sentences.toml"
        )),
    ),
];

/// The sentences of the rules, in English.
pub(super) fn sentences() -> Vec<String> {
    sentences::english(SENTENCES[0].1)
}

/// Each language with its letters, footers and topics.
const ALL: [(&str, Files, Files, Files); 4] = [
    (SOURCE, letters!("en"), footers!("en"), topics!("en")),
    ("es", letters!("es"), footers!("es"), topics!("es")),
    ("fr", letters!("fr"), footers!("fr"), topics!("fr")),
    ("ar", ARABIC_LETTERS, ARABIC_FOOTERS, ARABIC_TOPICS),
];

/// The topics of a language by path under `templates/`. A round has one list of topics, so what a language lacks stands
/// in its place in English.
fn topics_of(language: &'static str, own: Files) -> impl Iterator<Item = (String, &'static str)> {
    let source = topics!("en");
    source.iter().map(move |(name, _, english)| {
        let text = own.iter().find(|(own, ..)| own == name);
        (
            format!("{language}/topics/{name}.md"),
            text.map_or(*english, |(_, _, text)| *text),
        )
    })
}

/// The languages that letters are built in for.
pub fn languages() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(language, ..)| *language)
}

/// The compiled-in files of a language, for `pairpost init`: path under `templates/`, and text.
pub fn of(language: &str) -> impl Iterator<Item = (String, &'static str)> {
    ALL.iter()
        .filter(move |(code, ..)| *code == language)
        .flat_map(|(code, letters, footers, topics)| {
            letters
                .iter()
                .chain(footers.iter())
                .map(|(_, path, text)| ((*path).to_owned(), *text))
                .chain(topics_of(code, topics))
        })
}

pub(super) fn sources() -> Sources {
    ALL.iter()
        .map(|(language, letters, footers, topics)| {
            let sources = LanguageSources {
                letters: letters
                    .iter()
                    .chain(footers.iter())
                    .map(|(name, path, text)| ((*name).into(), ((*path).into(), (*text).into())))
                    .collect(),
                topics: topics_of(language, topics)
                    .map(|(path, text)| (path, text.into()))
                    .collect(),
                sentences: SENTENCES
                    .iter()
                    .filter(|(code, _)| code == language)
                    .map(|(code, text)| (format!("{code}/{}", sentences::FILE), (*text).into()))
                    .collect(),
            };
            ((*language).to_owned(), sources)
        })
        .collect()
}
