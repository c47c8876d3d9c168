//! Whole rounds in virtual time, with invented people who answer by mail: what they live through is without a fault, and
//! the same seed lives it again, byte for byte.

use std::path::Path;

use pairpost::config;
use pairpost::rehearsal::drive::{self, Rehearsal, Summary};
use pairpost::rehearsal::habits::Shares;
use pairpost::rehearsal::world::FreeMessage;

fn rehearse(people: u32, shares: Shares, free_messages: Vec<FreeMessage>) -> Summary {
    let dir = tempfile::tempdir().unwrap();
    let rehearsal = Rehearsal {
        config: config::built_in(),
        dir: dir.path().into(),
        seed: 11,
        people,
        countries: None,
        shares,
        free_messages,
    };
    drive::run(rehearsal, &mut |_, _| {}).unwrap()
}

fn is_without_a_fault(summary: &Summary) {
    assert_eq!(summary.problems, Vec::<String>::new());
    assert_eq!(
        (
            summary.lost,
            summary.duplicates,
            summary.answered_wrongly,
            summary.mailed_after_leaving,
            summary.revealed
        ),
        (0, 0, 0, 0, 0)
    );
}

#[test]
fn a_small_programme_is_lived_through_without_a_fault() {
    let first = rehearse(40, Shares::default(), Vec::new());
    is_without_a_fault(&first);
    assert!(first.partnerships >= 18, "{first:?}");
    let again = rehearse(40, Shares::default(), Vec::new());
    assert_eq!(again.letters_sha256, first.letters_sha256);
}

#[test]
fn whatever_people_say_in_words_of_their_own_nothing_is_done_that_they_did_not_mean() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rehearsal/messages.jsonl");
    let messages: Vec<FreeMessage> = std::fs::read_to_string(file)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(messages.len() >= 150);
    let shares = Shares {
        free_words: 1.0,
        ..Shares::none()
    };
    // One message each, and all of them.
    let people = u32::try_from(messages.len()).unwrap();
    let summary = rehearse(people, shares, messages);
    is_without_a_fault(&summary);
}
