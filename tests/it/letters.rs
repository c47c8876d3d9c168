//! The golden files of the letters: `tests/golden/en/<letter>.{txt,html}` are the samples as readers get them, so that
//! a change of a template or of the writers shows as words in a review.
//!
//! To renew them after a wanted change: `PAIRPOST_RENEW_GOLDEN=1 cargo test --test it letters`, then read the diff.

use std::path::Path;

use pairpost::templates::{LETTER_MAX_BYTES, Templates, samples};

#[test]
fn every_letter_reads_as_in_its_golden_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/en");
    let renew = std::env::var_os("PAIRPOST_RENEW_GOLDEN").is_some();
    let templates = Templates::built_in();
    let mut different = Vec::new();
    for kind in templates.samples("en") {
        let letter = templates
            .render(&kind, "en", &samples::frame_of(&kind))
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
    assert!(
        different.is_empty(),
        "these letters changed; read them, and if they are right renew them with \
         PAIRPOST_RENEW_GOLDEN=1 cargo test --test it letters: {different:#?}"
    );
}

#[test]
fn there_is_no_golden_file_without_a_letter() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/en");
    let known: Vec<&str> = pairpost::programme::letter::LetterKind::NAMES.to_vec();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(known.contains(&stem.as_str()), "{}", path.display());
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
                "{}",
                kind.name()
            );
        }
    }
}
