//! Whole rounds in virtual time, with invented people who answer by mail: what they live through is without a fault, and
//! the same seed lives it again, byte for byte.

use pairpost::config;
use pairpost::rehearsal::drive::{self, Rehearsal, Summary};
use pairpost::rehearsal::habits::Shares;

fn rehearse(people: u32, shares: Shares) -> Summary {
    let dir = tempfile::tempdir().unwrap();
    let rehearsal = Rehearsal {
        config: config::built_in(),
        dir: dir.path().into(),
        seed: 11,
        people,
        countries: None,
        shares,
        free_messages: Vec::new(),
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
    let first = rehearse(40, Shares::default());
    is_without_a_fault(&first);
    assert!(first.partnerships >= 18, "{first:?}");
    let again = rehearse(40, Shares::default());
    assert_eq!(again.letters_sha256, first.letters_sha256);
}
