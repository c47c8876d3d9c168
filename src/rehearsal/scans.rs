//! A whole round, and which questions to the database it takes.

use super::drive::{self, Rehearsal};
use super::habits::Shares;
use crate::store::scans;

/// Rows that one run may pass by in a scan: what waits at the moment, whatever there ever was.
const ROWS_AT_MOST: u64 = 20;

#[test]
fn nothing_that_is_asked_for_every_letter_reads_a_growing_table() {
    let people = 40;
    let folder = tempfile::tempdir().unwrap();
    scans::take();
    drive::run(
        Rehearsal {
            config: crate::config::built_in(),
            dir: folder.path().to_owned(),
            seed: 3,
            people,
            countries: None,
            shares: Shares::default(),
            free_messages: Vec::new(),
        },
        &mut |_, _| {},
    )
    .unwrap();
    let asked = scans::take();
    let letters = asked
        .iter()
        .filter(|(sql, _)| sql.starts_with("INSERT INTO outbox "))
        .map(|(_, runs)| runs.count)
        .sum::<u64>();
    assert!(
        letters > u64::from(people) * 10,
        "the round had {letters} letters only"
    );
    // For whoever wants to know more: PAIRPOST_SHOW_SCANS=1 cargo test --lib scans -- --nocapture
    if std::env::var_os("PAIRPOST_SHOW_SCANS").is_some() {
        let mut all: Vec<_> = asked.iter().collect();
        all.sort_by_key(|(_, runs)| std::cmp::Reverse(runs.scanned));
        for (sql, runs) in all {
            println!(
                "{:9} {:9} {}",
                runs.count,
                runs.scanned,
                sql.split_whitespace().collect::<Vec<_>>().join(" ")
            );
        }
    }
    let scanning: Vec<_> = asked
        .iter()
        // What is asked once a day may look at everybody.
        .filter(|(_, runs)| runs.count > letters / 2)
        .filter(|(_, runs)| runs.scanned > ROWS_AT_MOST * runs.count)
        .collect();
    assert!(scanning.is_empty(), "{scanning:#?}");
}
