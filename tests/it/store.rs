//! The database by itself: the ladder of migrations, refusals, backup and restore.

use std::path::Path;

use pairpost::ids::{PartnershipId, PersonId};
use pairpost::store::{Durability, MIGRATIONS, Store, backup, facts, migrate, occasions, outbox};
use pairpost::time::from_seconds;
use rusqlite::Connection;

use crate::support::sample_database;

fn open(dir: &Path) -> Store {
    Store::open(&dir.join("pairpost.db"), Durability::Rehearsal).unwrap()
}

/// A database as that version left it, with its sample data.
fn database_of_version(dir: &Path, version: usize) {
    sample_database::of_version(&dir.join("pairpost.db"), version);
}

#[test]
fn every_version_climbs_to_the_newest_and_keeps_what_it_held() {
    for version in 1..=MIGRATIONS.len() {
        let dir = tempfile::tempdir().unwrap();
        database_of_version(dir.path(), version);
        let store = open(dir.path());
        store.check_integrity().unwrap();
        let db = store.reader();
        let strays: i64 = db
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(strays, 0, "version {version}");
        let anna = facts::person(db, PersonId(1)).unwrap().unwrap();
        assert_eq!(anna.name, "Anna Berg");
        assert!(anna.topics_seen.contains_key("getting-to-know-you"));
        let pair = facts::partnership(db, PartnershipId(1)).unwrap().unwrap();
        assert_eq!(pair.members.len(), 2);
        assert_eq!(pair.names_without(PersonId(1)), "Bilal Khan");
        assert_eq!(
            pair.member(PersonId(1))
                .unwrap()
                .last_answer
                .map(|(choice, _)| choice),
            Some(3)
        );
        assert_eq!(
            occasions::due(db, from_seconds(1_805_187_600), 10)
                .unwrap()
                .len(),
            1
        );
        assert_eq!(
            outbox::by_reference(db, "k7q2-x9m4ta")
                .unwrap()
                .unwrap()
                .kind,
            "check-in"
        );
    }
}

#[test]
fn a_new_database_is_of_the_newest_version_and_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let version: i64 = open(dir.path())
            .reader()
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .unwrap();
        assert_eq!(usize::try_from(version).unwrap(), MIGRATIONS.len());
    }
}

#[test]
fn a_database_of_a_newer_program_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path())
        .reader()
        .pragma_update(None, "user_version", 999)
        .unwrap();
    let error = Store::open(&dir.path().join("pairpost.db"), Durability::Full).unwrap_err();
    let text = format!("{error:#}");
    assert!(
        text.contains("newer Pairpost") && text.contains("999"),
        "{text}"
    );
}

#[test]
fn a_step_that_fails_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = Connection::open(dir.path().join("x.db")).unwrap();
    let steps = [
        "CREATE TABLE a (x INTEGER) STRICT;",
        "CREATE TABLE b (y INTEGER) STRICT; SELECT nonsense();",
    ];
    assert!(migrate(&mut db, &steps).is_err());
    let tables: i64 = db
        .query_row(
            "SELECT count(*) FROM sqlite_master WHERE name IN ('a', 'b')",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let version: i64 = db
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(
        (tables, version),
        (1, 1),
        "the first step holds, the second left nothing behind"
    );
}

#[test]
fn a_file_that_is_no_database_is_refused_with_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pairpost.db");
    std::fs::write(
        &file,
        "this is a letter, not a database, and long enough to have a header of its own",
    )
    .unwrap();
    let text = format!("{:#}", Store::open(&file, Durability::Full).unwrap_err());
    assert!(text.contains("pairpost restore"), "{text}");
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .starts_with("this is"),
        "it was left as it was"
    );
}

#[test]
fn a_backup_is_complete_never_overwrites_and_can_be_restored() {
    let dir = tempfile::tempdir().unwrap();
    database_of_version(dir.path(), MIGRATIONS.len());
    let copy = dir.path().join("copy.db");
    {
        let mut store = open(dir.path());
        // Somebody is writing while the copy is made.
        let mut seen = 0;
        backup::backup(&store, &copy, |done, _| seen = done).unwrap();
        assert!(seen > 0, "progress is told");
        assert!(
            backup::backup(&store, &copy, |_, _| {}).is_err(),
            "a backup never overwrites"
        );
        let tx = store.transaction().unwrap();
        tx.execute("UPDATE person SET name = 'lost' WHERE id = 1", [])
            .unwrap();
        tx.commit().unwrap();
    }
    backup::restore(&copy, &dir.path().join("pairpost.db")).unwrap();
    let store = open(dir.path());
    assert_eq!(
        facts::person(store.reader(), PersonId(1))
            .unwrap()
            .unwrap()
            .name,
        "Anna Berg"
    );
    assert!(
        dir.path().join("pairpost.before-restore.db").is_file(),
        "the former database is kept"
    );
}

#[test]
fn what_is_no_backup_is_not_restored() {
    let dir = tempfile::tempdir().unwrap();
    database_of_version(dir.path(), MIGRATIONS.len());
    let wrong = dir.path().join("wrong.db");
    Connection::open(&wrong)
        .unwrap()
        .execute_batch("CREATE TABLE cats (name TEXT)")
        .unwrap();
    let text = format!(
        "{:#}",
        backup::restore(&wrong, &dir.path().join("pairpost.db")).unwrap_err()
    );
    assert!(text.contains("nothing was changed"), "{text}");
    assert!(
        facts::person(open(dir.path()).reader(), PersonId(1))
            .unwrap()
            .is_some()
    );
}
