//! What people may ask about their own data: that nothing is left in any byte after an erasure, that a backup does not
//! bring it back, that a table that is added later is covered.

use std::path::Path;

use chrono::{TimeDelta, TimeZone, Utc};
use pairpost::config::{self, Config};
use pairpost::daemon::Engine;
use pairpost::ids::PersonId;
use pairpost::mail::outbound::Outcome;
use pairpost::programme::event::{Command, CommandKind};
use pairpost::rehearsal::drive::keys_of;
use pairpost::store::{Durability, MIGRATIONS, Store, backup, erasure, facts, migrate};
use pairpost::time::Moment;
use rusqlite::Connection;

fn now() -> Moment {
    Utc.with_ymd_and_hms(2027, 4, 1, 12, 0, 0).unwrap()
}

/// The newest version's sample: Anna and Bilal are partners, a stranger has asked for the form.
fn database(state: &Path) {
    std::fs::create_dir_all(state).unwrap();
    let mut db = Connection::open(state.join("pairpost.db")).unwrap();
    migrate(&mut db, MIGRATIONS).unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("tests/migrations/{:04}.sql", MIGRATIONS.len()));
    db.execute_batch(&std::fs::read_to_string(sample).unwrap())
        .unwrap();
}

fn config(dir: &Path) -> Config {
    config::built_in().on_maildirs(dir)
}

fn engine(dir: &Path) -> Engine {
    Engine::open(config(dir), keys_of(1), Durability::Full).unwrap()
}

/// Files under a folder in whose bytes one of the words stands.
fn files_with(dir: &Path, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, words));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap().to_ascii_lowercase();
        for word in words {
            if memchr::memmem::find(&bytes, word.to_ascii_lowercase().as_bytes()).is_some() {
                found.push(format!("{}: {word}", path.display()));
            }
        }
    }
    found
}

const ANNA: [&str; 4] = ["anna@library.example", "Anna", "Berg", "nothing yet"];

fn erase(engine: &mut Engine, person: i64, at: Moment) {
    let command = Command {
        by: "command line".into(),
        what: CommandKind::Erase {
            person: PersonId(person),
        },
        inbox: None,
    };
    engine.command(command, at).unwrap();
    deliver(engine, at);
    let later = at + TimeDelta::minutes(15);
    engine.tick(later, 100).unwrap();
    deliver(engine, later);
    engine.tick(later + TimeDelta::minutes(15), 100).unwrap();
}

fn deliver(engine: &mut Engine, at: Moment) {
    for letter in engine.take_letters(at, 100).unwrap() {
        let accepted = Outcome::Accepted {
            reply: "250 ok".into(),
        };
        engine.delivered(&letter, &accepted, at).unwrap();
    }
}

#[test]
fn every_table_says_what_becomes_of_it_when_somebody_is_erased() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("pairpost.db"), Durability::Rehearsal).unwrap();
    for table in erasure::tables(store.reader()).unwrap() {
        let by_column = !erasure::person_columns(store.reader(), &table)
            .unwrap()
            .is_empty();
        let beside = erasure::BESIDE.iter().any(|(name, _)| *name == table);
        assert!(
            by_column != beside,
            "the table {table} must refer to people by a column (person_id, or a foreign key to person), whose rows then \
             go with the person; or stand in store::erasure::BESIDE with what is done about it"
        );
    }
}

#[test]
fn everybody_can_be_erased_and_leaves_no_reference() {
    for person in [1, 2, 3] {
        let dir = tempfile::tempdir().unwrap();
        database(&dir.path().join("state"));
        let mut store =
            Store::open(&dir.path().join("state/pairpost.db"), Durability::Full).unwrap();
        let tx = store.transaction().unwrap();
        erasure::erase(&tx, PersonId(person)).unwrap();
        tx.commit().unwrap();
        let db = store.reader();
        assert!(facts::person(db, PersonId(person)).unwrap().is_none());
        for table in erasure::tables(db).unwrap() {
            for column in erasure::person_columns(db, &table).unwrap() {
                let left: i64 = db
                    .query_row(
                        &format!("SELECT count(*) FROM \"{table}\" WHERE \"{column}\" = ?1"),
                        [person],
                        |row| row.get(0),
                    )
                    .unwrap();
                assert_eq!(left, 0, "{table}.{column} of person {person}");
            }
        }
        let strays: i64 = db
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(strays, 0);
        store.check_integrity().unwrap();
    }
}

#[test]
fn the_numbers_of_a_round_stay_true() {
    let dir = tempfile::tempdir().unwrap();
    database(&dir.path().join("state"));
    let mut engine = engine(dir.path());
    let count = |engine: &Engine, sql: &str| -> i64 {
        engine
            .store()
            .reader()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    };
    let questions = [
        "SELECT count(*) FROM application WHERE round = '2027A'",
        "SELECT count(*) FROM partnership",
        "SELECT count(*) FROM member",
        "SELECT count(*) FROM check_in WHERE choice = 3",
        "SELECT count(*) FROM application WHERE json_extract(answers, '$.country') = 'NO'",
    ];
    let before: Vec<i64> = questions.iter().map(|sql| count(&engine, sql)).collect();
    erase(&mut engine, 1, now());
    let after: Vec<i64> = questions.iter().map(|sql| count(&engine, sql)).collect();
    assert_eq!(before, after);
    let bilal = facts::newest_application(engine.store().reader(), PersonId(2))
        .unwrap()
        .unwrap();
    assert_eq!(bilal.answers.len(), 3, "the partner's answers are his");
}

#[test]
fn a_restored_backup_is_brought_up_to_date_before_anything_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    database(&state);
    let copy = dir.path().join("backup.db");
    {
        let mut engine = engine(dir.path());
        backup::backup(engine.store(), &copy, |_, _| {}).unwrap();
        erase(&mut engine, 1, now());
        // What waits to be removed from a mailbox that is not there.
        let copies = engine.copies_to_remove(100).unwrap();
        let ids: Vec<i64> = copies.iter().map(|copy| copy.id).collect();
        engine.copies_removed(&ids).unwrap();
        engine.tick(now() + TimeDelta::hours(1), 10).unwrap();
    }
    assert_eq!(files_with(&state, &ANNA), Vec::<String>::new());
    backup::restore(&copy, &state.join("pairpost.db")).unwrap();
    assert!(
        !files_with(&state, &ANNA).is_empty(),
        "the backup knows her"
    );
    {
        let mut engine = engine(dir.path());
        engine.start(now() + TimeDelta::hours(2)).unwrap();
        assert!(
            facts::person(engine.store().reader(), PersonId(1))
                .unwrap()
                .is_none()
        );
        assert_eq!(
            engine
                .take_letters(now() + TimeDelta::hours(2), 10)
                .unwrap()
                .len(),
            0,
            "her partner was told when it happened"
        );
        let copies = engine.copies_to_remove(100).unwrap();
        let ids: Vec<i64> = copies.iter().map(|copy| copy.id).collect();
        engine.copies_removed(&ids).unwrap();
        engine.tick(now() + TimeDelta::hours(3), 10).unwrap();
    }
    // The database that the restore has put aside is looked through as well.
    assert_eq!(files_with(&state, &ANNA), Vec::<String>::new());
}

#[test]
fn nobody_meets_twice_and_stop_holds_even_after_an_erasure() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    database(&state);
    let mut engine = engine(dir.path());
    let mail = |number: u32| {
        format!(
            "From: <anna@library.example>\r\nTo: <exchange@example.org>\r\nSubject: hello\r\n\
             Message-ID: <back-{number}@library.example>\r\n\r\nI am back.\r\n"
        )
    };
    engine
        .store()
        .reader()
        .execute_batch("UPDATE person SET stopped = 1 WHERE id = 1")
        .unwrap();
    erase(&mut engine, 1, now());
    let later = now() + TimeDelta::days(20);
    let id = engine
        .record(None, mail(1).as_bytes(), false, later)
        .unwrap();
    engine.handle_message(id, later).unwrap();
    let db = engine.store().reader();
    let again = facts::person_at(db, "anna@library.example")
        .unwrap()
        .expect("whoever writes is known by the address");
    assert!(facts::person(db, again).unwrap().unwrap().stopped);
    assert!(
        facts::past_pairs(db)
            .unwrap()
            .contains(&(PersonId(2), again))
    );
}

#[test]
fn the_list_of_erasures_holds_no_address_and_is_made_anew_where_it_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    database(&state);
    let list = state.join("erased.jsonl");
    {
        let mut engine = engine(dir.path());
        erase(&mut engine, 1, now());
    }
    let text = std::fs::read_to_string(&list).unwrap();
    // One was in the sample, from a time before there was a list.
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(!text.contains("library"), "{text}");
    std::fs::remove_file(&list).unwrap();
    drop(engine(dir.path()));
    let again = std::fs::read_to_string(&list).unwrap();
    let hash = text.split('"').find(|part| part.len() == 51).unwrap();
    assert!(again.contains(hash), "{again}");
}
