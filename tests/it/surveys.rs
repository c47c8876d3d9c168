//! Answers to surveys are kept apart from names: what stands in the database, and what is left when a round is over.

use std::collections::BTreeSet;

use pairpost::ids::PersonId;
use pairpost::mail::token::Keys;
use pairpost::programme::application::{Answer, Answers};
use pairpost::programme::decision::{Change, Decision};
use pairpost::rehearsal::drive::keys_of;
use pairpost::store::{Durability, Store, apply, surveys};
use pairpost::time::{Moment, from_seconds};

const NOW: i64 = 1_808_500_000;
const PEOPLE: i64 = 20;

fn now() -> Moment {
    from_seconds(NOW)
}

fn carry_out(store: &mut Store, changes: Vec<Change>) {
    let tx = store.transaction().unwrap();
    let decision = Decision {
        changes,
        ..Decision::default()
    };
    apply::apply(&tx, now(), &decision, &|address| address.to_string()).unwrap();
    tx.commit().unwrap();
}

fn sheet_of(keys: &Keys, person: i64) -> String {
    keys.survey_sheet("2027A", "mid", PersonId(person))
}

/// Twenty people answer, one after the other.
fn answered() -> (Store, Keys, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("pairpost.db"), Durability::Rehearsal).unwrap();
    let keys = keys_of(7);
    for id in 1..=PEOPLE {
        let person = PersonId(id);
        let (round, survey) = ("2027A".to_string(), "mid".to_string());
        carry_out(
            &mut store,
            vec![
                Change::NewPerson {
                    id: person,
                    address: format!("person{id}@library.example"),
                    language: "en".into(),
                },
                Change::SurveyAsked {
                    round: round.clone(),
                    survey: survey.clone(),
                    person,
                },
                Change::SurveyAnswered {
                    round: round.clone(),
                    survey: survey.clone(),
                    person,
                },
                Change::SurveySheet {
                    round,
                    survey,
                    sheet: sheet_of(&keys, id),
                    answers: Answers::from([(
                        "better".to_string(),
                        Answer::One(format!("words of {id}")),
                    )]),
                },
            ],
        );
    }
    (store, keys, dir)
}

fn sheets(store: &Store) -> Vec<(String, String)> {
    store
        .reader()
        .prepare("SELECT sheet, answer FROM survey_answer")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn nothing_beside_an_answer_tells_whose_it_is_or_when_it_came() {
    let (store, ..) = answered();
    let columns: Vec<String> = store
        .reader()
        .prepare("SELECT name FROM pragma_table_info('survey_answer')")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(columns, ["round", "survey", "sheet", "question", "answer"]);
    // Neither a row's number nor its place follows from the order in which people answered.
    assert!(
        store
            .reader()
            .prepare("SELECT rowid FROM survey_answer")
            .is_err()
    );
    let in_order_of_coming: Vec<String> = (1..=PEOPLE)
        .map(|id| format!("\"words of {id}\""))
        .collect();
    let as_kept: Vec<String> = sheets(&store)
        .into_iter()
        .map(|(_, answer)| answer)
        .collect();
    assert_ne!(as_kept, in_order_of_coming);
    assert_eq!(as_kept.len(), in_order_of_coming.len());
}

#[test]
fn while_surveys_are_open_only_the_master_key_finds_a_sheet_and_afterwards_nothing_does() {
    let (mut store, keys, _dir) = answered();
    let found = |store: &mut Store, keys: &Keys, id| {
        let name = sheet_of(keys, id);
        let tx = store.transaction().unwrap();
        surveys::sheet(&tx, "2027A", "mid", PersonId(id), name).unwrap()
    };
    let own = found(&mut store, &keys, 3);
    assert!(own.has_answered && !own.closed);
    assert_eq!(own.answers["better"], Answer::One("words of 3".into()));
    assert!(
        found(&mut store, &keys_of(8), 3).answers.is_empty(),
        "another key"
    );

    let before: BTreeSet<String> = sheets(&store).into_iter().map(|(sheet, _)| sheet).collect();
    carry_out(
        &mut store,
        vec![Change::SurveysSealed {
            round: "2027A".into(),
        }],
    );
    let after: BTreeSet<String> = sheets(&store).into_iter().map(|(sheet, _)| sheet).collect();
    assert_eq!(
        after.len(),
        usize::try_from(PEOPLE).unwrap(),
        "every answer is still there"
    );
    assert!(before.is_disjoint(&after));
    let own = found(&mut store, &keys, 3);
    assert!(own.has_answered && own.closed && own.answers.is_empty());
}
