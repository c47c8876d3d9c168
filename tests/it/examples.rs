//! The programmes of `config/examples/`: each is whole, and a rehearsal plays it through with invented people. What is
//! looked at are the letters that they got.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mail_parser::MessageParser;
use pairpost::config::{self, Config};
use pairpost::rehearsal::drive::{self, Rehearsal, Summary};
use pairpost::rehearsal::habits::Shares;

fn example(name: &str) -> Config {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("config/examples")
        .join(name);
    match config::load(&folder) {
        Ok(config) => config,
        Err(problems) => panic!("{name}: {problems:#?}"),
    }
}

/// A letter as somebody got it.
struct Letter {
    kind: String,
    to: String,
    subject: String,
    text: String,
}

struct Played {
    summary: Summary,
    letters: Vec<Letter>,
    _dir: tempfile::TempDir,
}

impl Played {
    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Letter> {
        self.letters
            .iter()
            .filter(move |letter| letter.kind == kind)
    }
}

/// Plays an example and asserts what holds for every programme.
fn play(name: &str, people: u32, seed: u64) -> Played {
    let dir = tempfile::tempdir().unwrap();
    let summary = drive::run(
        Rehearsal {
            config: example(name),
            dir: dir.path().to_owned(),
            seed,
            people,
            countries: None,
            shares: Shares::default(),
            free_messages: Vec::new(),
        },
        &mut |_, _| {},
    )
    .unwrap();
    assert_eq!(summary.lost, 0, "{name}: {summary:#?}");
    assert_eq!(summary.duplicates, 0, "{name}: {summary:#?}");
    assert_eq!(summary.revealed, 0, "{name}: {summary:#?}");
    assert_eq!(summary.mailed_after_leaving, 0, "{name}: {summary:#?}");
    assert_eq!(summary.answered_wrongly, 0, "{name}: {summary:#?}");
    assert_eq!(summary.met_twice, 0, "{name}: {summary:#?}");
    assert!(summary.is_clean());
    // Through its whole length: whatever was begun in the round has ended in it.
    let first = &summary.rounds[0];
    assert!(!first.ends.contains_key("under way"), "{name}: {first:?}");
    assert!(first.ends.contains_key("finished"), "{name}: {first:?}");
    assert!(summary.partnerships > 0, "{name}: {summary:#?}");
    let letters = letters_in(&summary.letters_at);
    for letter in &letters {
        assert!(!letter.text.contains("{{"), "{name}: {}", letter.text);
    }
    Played {
        summary,
        letters,
        _dir: dir,
    }
}

fn letters_in(maildir: &Path) -> Vec<Letter> {
    let mut files: Vec<PathBuf> = ["new", "cur"]
        .iter()
        .filter_map(|folder| std::fs::read_dir(maildir.join(folder)).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let bytes = std::fs::read(file).unwrap();
            let message = MessageParser::default().parse(&bytes).unwrap();
            let occasion = message
                .header_raw("X-Pairpost-Occasion")
                .unwrap_or_default()
                .trim();
            Letter {
                kind: occasion.split('/').next().unwrap_or_default().to_owned(),
                to: message
                    .to()
                    .and_then(|to| to.first()?.address())
                    .unwrap_or_default()
                    .to_owned(),
                subject: message.subject().unwrap_or_default().to_owned(),
                text: message.body_text(0).unwrap_or_default().into_owned(),
            }
        })
        .collect()
}

#[test]
fn no_example_has_a_warning() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert_eq!(example(name).warnings, [], "{name}");
            seen += 1;
        }
    }
    assert_eq!(seen, 4);
}

#[test]
fn iln_is_played_from_the_first_application_to_the_closing_letters() {
    let played = play("iln", 46, 11);
    let topics = played.of_kind("topic").count();
    let closings = played.of_kind("closing").count();
    assert!(
        topics > 6 * closings,
        "{topics} topics, {closings} closings"
    );
    assert!(closings >= 30, "{closings}");
    let next = &played.summary.rounds[1];
    assert!(
        next.partnerships >= 15,
        "the next round has begun: {next:?}"
    );
    assert!(played.of_kind("invitation").count() >= 30);
    assert!(played.of_kind("survey").count() >= 2 * closings);
    for introduction in played.of_kind("introduction") {
        assert!(introduction.text.contains("#interlibnet"));
    }
}

#[test]
fn a_national_programme_speaks_spanish_to_everybody() {
    let played = play("nacional", 24, 5);
    let templates = pairpost::templates::Templates::built_in();
    // Letters to coordinators quote what people wrote, and the program's own notes, which are English.
    let translated = |letter: &&Letter| {
        templates.speaks("es", &letter.kind)
            && !pairpost::programme::coordinating::is_for_coordinators(&letter.kind)
    };
    for letter in played.letters.iter().filter(translated) {
        assert!(
            letter.text.contains("Un cordial saludo") || letter.to.ends_with("@example.net"),
            "{} to {}: {}",
            letter.kind,
            letter.to,
            letter.text
        );
        for english in [
            "Dear ",
            "Kind regards",
            "Monday",
            "Tuesday",
            "January",
            "August",
        ] {
            assert!(
                !letter.text.contains(english),
                "{}: {}",
                letter.kind,
                letter.text
            );
        }
    }
    let introduction = played.of_kind("introduction").next().unwrap();
    assert!(
        introduction
            .subject
            .starts_with("Le presentamos a su pareja"),
        "{}",
        introduction.subject
    );
    assert!(!introduction.text.contains("()"), "{}", introduction.text);
    assert!(
        introduction.text.contains("- Intereses: "),
        "{}",
        introduction.text
    );
}

#[test]
fn with_an_odd_number_three_people_are_introduced_to_each_other() {
    let played = play("trio", 15, 3);
    let complete = played.summary.complete;
    assert_eq!(complete % 2, 1, "an even number shows nothing: {complete}");
    let three = played
        .of_kind("introduction")
        .filter(|letter| {
            letter.text.contains("You are three") || letter.text.contains("Vous êtes trois")
        })
        .count();
    assert_eq!(three, 3);
    assert_eq!(played.summary.partnerships, (complete - 1) / 2);
    assert_eq!(played.of_kind("unmatched").count(), 0);
}

#[test]
fn mentors_have_as_many_mentees_as_they_take_for_ten_months() {
    let played = play("mentors", 30, 3);
    let mut mentees: BTreeMap<&str, u32> = BTreeMap::new();
    let mut mentors: BTreeMap<&str, u32> = BTreeMap::new();
    for letter in played.of_kind("introduction") {
        if letter.text.contains("You are the mentor") {
            *mentors.entry(&letter.to).or_default() += 1;
        } else {
            assert!(letter.text.contains("is your mentor"), "{}", letter.text);
            assert!(letter.text.contains("You are the one who writes first"));
            *mentees.entry(&letter.to).or_default() += 1;
        }
    }
    assert!(mentors.values().any(|count| *count > 1), "{mentors:?}");
    assert!(mentors.keys().all(|person| !mentees.contains_key(person)));
    // However many partners somebody has, each month's topic comes once.
    let mut topics: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for letter in played.of_kind("topic") {
        *topics.entry((&letter.to, &letter.subject)).or_default() += 1;
    }
    assert!(topics.values().all(|count| *count == 1), "{topics:#?}");
    let of_one_person = |person: &str| topics.keys().filter(|(to, _)| *to == person).count();
    assert!(
        mentors.keys().any(|mentor| of_one_person(mentor) == 9),
        "ten, the first in the introduction"
    );
    assert!(
        played
            .of_kind("topic")
            .any(|letter| letter.text.contains(" & "))
    );
    for closing in played.of_kind("closing") {
        let same = played
            .of_kind("closing")
            .filter(|it| it.to == closing.to)
            .count();
        assert_eq!(same, 1, "{}", closing.to);
    }
}
