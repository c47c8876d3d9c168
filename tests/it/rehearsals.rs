//! Whole rounds in virtual time, with invented people who answer by mail: what they live through is without a fault, and
//! the same seed lives it again, byte for byte.

use std::path::Path;

use pairpost::config::{self, Config};
use pairpost::rehearsal::drive::{self, Rehearsal, Summary};
use pairpost::rehearsal::habits::Shares;
use pairpost::rehearsal::world::FreeMessage;

fn rehearse(people: u32, shares: Shares, free_messages: Vec<FreeMessage>) -> Summary {
    rehearse_config(config::built_in(), people, shares, free_messages)
}

fn rehearse_config(
    config: Config,
    people: u32,
    shares: Shares,
    free_messages: Vec<FreeMessage>,
) -> Summary {
    let dir = tempfile::tempdir().unwrap();
    let rehearsal = Rehearsal {
        config,
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
    assert!(summary.is_clean(), "{summary:#?}");
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

#[test]
fn in_the_next_round_nobody_meets_twice_and_every_letter_that_people_can_bring_about_is_seen() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples/iln");
    let config = config::load(&folder).unwrap();
    // More of everything than real people do, so that few of them do all of it.
    let shares = Shares {
        silent: 0.15,
        bouncing: 0.06,
        pausing: 0.04,
        stopping: 0.03,
        without_topics: 0.03,
        asking_data: 0.03,
        forgetting: 0.03,
        early_certificate: 0.05,
        moving: 0.05,
        second_address: 0.5,
        help: 0.05,
        poor_fit: 0.06,
        coming_back: 0.5,
        saying_why: 1.0,
        reflecting: 0.2,
        from_elsewhere: 0.1,
        replying_to_all: 0.1,
        correcting: 0.3,
        ..Shares::default()
    };
    let summary = rehearse_config(config, 70, shares, Vec::new());
    is_without_a_fault(&summary);
    let [first, next] = summary.rounds.as_slice() else {
        panic!("two rounds, not {:?}", summary.rounds);
    };
    assert!(first.ends.get("finished").is_some_and(|ends| *ends >= 20));
    assert!(!first.ends.contains_key("under way"), "{:?}", first.ends);
    assert!(next.partnerships >= 20, "{next:?}");
    assert!(summary.newcomers > 0);
    for said in [
        "yes-again",
        "yes-with-a-change",
        "certificate",
        "back",
        "proposal-pin",
    ] {
        assert!(
            summary.answers.contains_key(said),
            "{said}: {:#?}",
            summary.answers
        );
    }
    // What nobody can bring about in a round and a week, and what is rare at this size.
    let may_be_missing = [
        "accepted",
        "invitation-question",
        "capped",
        "declined",
        "unmatched",
        // Partners answer each other there, not the programme.
        "not-forwarded",
        "pool-ended",
        "concern-received",
        "my-data-later",
        "nothing-kept",
        "erasure-notice",
        "staying",
        "partner-unreached",
        "partnership-over",
    ];
    let missing: Vec<&str> = summary
        .letters_never_sent
        .iter()
        .copied()
        .filter(|kind| !may_be_missing.contains(kind))
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}
