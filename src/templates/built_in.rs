//! The letters and topics that are compiled in, from `templates/` of this project.

use super::{LanguageSources, Sources};

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

const ENGLISH_LETTERS: Files = &files!(
    "en",
    "letters/",
    [
        "form",
        "missing",
        "complete",
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
        "place-given",
        "partnership-ended",
        "new-partner",
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
        "proposal",
        "command-done",
        "digest",
        "for-person",
        "notice",
    ]
);
const ENGLISH_FOOTERS: Files = &files!("en", "", ["footer", "footer-coordinators"]);
const ENGLISH_TOPICS: Files = &files!(
    "en",
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
    ]
);

/// All compiled-in files, for `pairpost init`: path under `templates/`, and text.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    [ENGLISH_LETTERS, ENGLISH_FOOTERS, ENGLISH_TOPICS]
        .into_iter()
        .flatten()
        .map(|(_, path, text)| (*path, *text))
}

pub(super) fn sources() -> Sources {
    let english = LanguageSources {
        letters: ENGLISH_LETTERS
            .iter()
            .chain(ENGLISH_FOOTERS)
            .map(|(name, path, text)| ((*name).into(), ((*path).into(), (*text).into())))
            .collect(),
        topics: ENGLISH_TOPICS
            .iter()
            .map(|(_, path, text)| ((*path).into(), (*text).into()))
            .collect(),
    };
    Sources::from([("en".to_owned(), english)])
}
