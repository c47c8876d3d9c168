//! What people may ask about their own data: that nothing is left in any byte after an erasure, that a backup does not
//! bring it back, that a table that is added later is covered.

use std::path::Path;

use chrono::{TimeDelta, TimeZone, Utc};
use pairpost::config::{self, Config};
use pairpost::daemon::Engine;
use pairpost::ids::PersonId;
use pairpost::mail::inbound::mailbox::Mailbox;
use pairpost::mail::inbound::maildir;
use pairpost::mail::outbound::Outcome;
use pairpost::programme::event::{Authority, Command, CommandKind};
use pairpost::rehearsal::drive::keys_of;
use pairpost::store::{Durability, Store, backup, erasure, facts, journal, look, personal};
use pairpost::time::Moment;
use tokio::runtime::Runtime;

use crate::support::sample_database;

fn now() -> Moment {
    Utc.with_ymd_and_hms(2027, 4, 1, 12, 0, 0).unwrap()
}

/// Anna and Bilal are partners, a stranger has asked for the form.
fn database(state: &Path) {
    std::fs::create_dir_all(state).unwrap();
    sample_database::newest(&state.join("pairpost.db"));
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
        authority: Authority::Machine,
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

/// A mail as Anna's program writes it.
fn mail_of_anna(id: &str, words: &str) -> Vec<u8> {
    let named = match id {
        "" => String::new(),
        id => format!("Message-ID: <{id}>\r\n"),
    };
    format!(
        "From: Anna Berg <anna@library.example>\r\nTo: <exchange@example.org>\r\nSubject: hello\r\n{named}\r\n{words}\r\n"
    )
    .into_bytes()
}

/// Everything in the mailbox is taken over, handled and filed away.
fn receive(engine: &mut Engine, mailbox: &mut Mailbox, runtime: &Runtime, at: Moment) {
    let listed = runtime.block_on(mailbox.list_next()).unwrap();
    for fetched in runtime.block_on(mailbox.fetch(&listed)).unwrap() {
        let place = fetched.place.to_string();
        let id = engine
            .record(Some(&place), &fetched.bytes, fetched.truncated, at)
            .unwrap();
        engine.handle_message(id, at).unwrap();
    }
    let waiting = engine.to_file_away(100).unwrap();
    let done = pairpost::daemon::receive::destinations(&waiting);
    runtime.block_on(mailbox.file_away(&done)).unwrap();
    let places: Vec<String> = waiting.into_iter().map(|(place, _)| place).collect();
    engine.filed_away(&places, at).unwrap();
}

fn remove_copies(engine: &mut Engine, config: &Config, runtime: &Runtime, at: Moment) -> u32 {
    let copies = engine.copies_to_remove(500).unwrap();
    let removed = runtime
        .block_on(pairpost::daemon::receive::remove(config, &copies))
        .unwrap();
    let ids: Vec<i64> = copies.iter().map(|copy| copy.id).collect();
    engine.copies_removed(&ids).unwrap();
    engine.tick(at, 100).unwrap();
    removed
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn no_copy_is_left_in_a_maildir_and_nobody_elses_mail_is_touched() {
    let dir = tempfile::tempdir().unwrap();
    database(&dir.path().join("state"));
    let config = config(dir.path());
    let mut engine = engine(dir.path());
    let runtime = runtime();
    let inbox = dir.path().join("in");
    let mut mailbox = runtime.block_on(Mailbox::connect(&config.mailbox)).unwrap();
    let put = |bytes: &[u8]| maildir::deliver(&inbox, bytes, false, None).unwrap();
    put(&mail_of_anna(
        "one@people.test",
        "I sit in the reading room.",
    ));
    put(&mail_of_anna("", "No id, and the reading room again."));
    // A stranger who gave his mail the same id loses nothing by that.
    put(b"From: <carl@people.test>\r\nTo: <exchange@example.org>\r\nMessage-ID: <one@people.test>\r\n\r\nMine.\r\n");
    receive(&mut engine, &mut mailbox, &runtime, now());
    // What the provider keeps of our letters.
    for letter in engine.take_letters(now(), 100).unwrap() {
        maildir::deliver(&inbox.join(".Sent"), &letter.bytes, false, None).unwrap();
        let accepted = Outcome::Accepted {
            reply: "250 ok".into(),
        };
        engine.delivered(&letter, &accepted, now()).unwrap();
    }
    // A copy that arrived a second time lies where it was put.
    maildir::deliver(
        &inbox,
        &mail_of_anna("one@people.test", "I sit in the reading room."),
        false,
        None,
    )
    .unwrap();
    let of_anna = ["anna@library.example", "reading room"];
    assert!(files_with(&inbox, &of_anna).len() >= 5);
    erase(&mut engine, 1, now());
    let removed = remove_copies(&mut engine, &config, &runtime, now() + TimeDelta::hours(1));
    assert!(removed >= 4, "{removed}");
    assert_eq!(files_with(&inbox, &of_anna), Vec::<String>::new());
    assert_eq!(
        files_with(&inbox.join(".Processed"), &["Mine."]).len(),
        1,
        "the stranger's mail stays"
    );
    drop(engine);
    assert_eq!(
        files_with(&dir.path().join("state"), &ANNA),
        Vec::<String>::new()
    );
}

#[test]
fn the_chain_of_the_journal_holds_over_an_erasure_though_its_words_are_gone() {
    let dir = tempfile::tempdir().unwrap();
    database(&dir.path().join("state"));
    let mut engine = engine(dir.path());
    // Something about each of them, so that there are sealed lines to empty.
    for person in [1, 2] {
        let command = Command {
            by: "command line".into(),
            what: CommandKind::LiftSilence {
                person: PersonId(person),
            },
            inbox: None,
            authority: Authority::Machine,
        };
        engine.command(command, now()).unwrap();
    }
    let before = engine.check_journal().unwrap();
    assert_eq!((before.broken, before.emptied), (None, 0));
    erase(&mut engine, 1, now());
    let after = engine.check_journal().unwrap();
    assert_eq!(after.broken, None);
    assert!(after.emptied >= 2, "{after:?}");
    assert!(after.lines > before.lines, "no line is taken away");
    let rows = journal::rows(engine.store().reader()).unwrap();
    assert!(rows.iter().all(|row| row.person != Some(1)), "{rows:?}");
    let of_anna = |words: &str| words.contains("person 1 ") || words.ends_with("person 1");
    assert!(rows.iter().all(|row| !of_anna(&row.note)), "{rows:?}");
    // A line that somebody empties by hand is not taken for an erased one.
    drop(engine);
    let mut store = Store::open(&dir.path().join("state/pairpost.db"), Durability::Full).unwrap();
    let tx = store.transaction().unwrap();
    tx.execute(
        "UPDATE journal SET cause = '', note = '', outcome = '', person_id = NULL, partnership_id = NULL, letters = ''
         WHERE id = (SELECT max(id) FROM journal WHERE person_id = 2)",
        [],
    )
    .unwrap();
    tx.commit().unwrap();
    drop(store);
    let engine = self::engine(dir.path());
    let broken = engine.check_journal().unwrap().broken;
    assert!(broken.is_some_and(|(_, why)| why.contains("lines are empty")));
}

#[test]
fn every_table_about_somebody_is_told_of_in_their_data() {
    use pairpost::daemon::own_data::{APART, TOLD};
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("pairpost.db"), Durability::Rehearsal).unwrap();
    let everything = personal::everything(store.reader(), PersonId(1)).unwrap();
    for table in everything.keys() {
        let told = TOLD.iter().any(|(name, ..)| name == table);
        assert!(
            told != APART.contains(&table.as_str()),
            "daemon::own_data says nothing of {table}: a heading in each language, and what its columns mean"
        );
    }
}

#[test]
fn somebodys_data_are_told_in_their_language() {
    let dir = tempfile::tempdir().unwrap();
    database(&dir.path().join("state"));
    for (language, headings) in [
        (
            "en",
            [
                "YOUR APPLICATION FOR 2027A",
                "with a partner",
                "A PARTNERSHIP OF YOURS",
                "You are both interested in",
            ],
        ),
        (
            "es",
            [
                "SU SOLICITUD PARA 2027A",
                "con pareja",
                "UN INTERCAMBIO SUYO",
                "A los dos les interesa",
            ],
        ),
        (
            "fr",
            [
                "VOTRE CANDIDATURE POUR 2027A",
                "avec un partenaire",
                "UN ÉCHANGE À VOUS",
                "Vous vous intéressez tous les deux à",
            ],
        ),
    ] {
        let mut store =
            Store::open(&dir.path().join("state/pairpost.db"), Durability::Full).unwrap();
        let tx = store.transaction().unwrap();
        tx.execute("UPDATE person SET language = ?1 WHERE id = 1", [language])
            .unwrap();
        tx.commit().unwrap();
        drop(store);
        let data = engine(dir.path())
            .personal_data(PersonId(1), now())
            .unwrap();
        let text = String::from_utf8(data[0].bytes.clone()).unwrap();
        for heading in headings {
            assert!(text.contains(heading), "{heading}: {text}");
        }
        assert!(!text.contains("bilal"), "{text}");
        let json: serde_json::Value = serde_json::from_slice(&data[1].bytes).unwrap();
        assert_eq!(json["person"][0]["name"], "Anna Berg");
    }
}

#[test]
fn an_export_holds_nobody_who_was_erased() {
    let dir = tempfile::tempdir().unwrap();
    database(&dir.path().join("state"));
    let mut engine = engine(dir.path());
    erase(&mut engine, 1, now());
    let db = engine.store().reader();
    let everything = format!(
        "{:?}{:?}{:?}{:?}",
        look::people(db, None).unwrap(),
        look::pairs(db, None, None).unwrap(),
        journal::rows(db).unwrap(),
        engine.personal_data(PersonId(2), now()).unwrap()
    );
    for word in ["anna", "berg", "nothing yet"] {
        assert!(!everything.to_lowercase().contains(word), "{word}");
    }
    let data = engine.personal_data(PersonId(2), now()).unwrap();
    let text = String::from_utf8(data[0].bytes.clone()).unwrap();
    assert!(text.contains("Bilal Khan"), "{text}");
}

mod with_servers {
    use pairpost::mail::account::{MailboxSettings, Security, SendingSettings, Traces};

    use super::*;
    use crate::support::mailserver::{MailServer, put_file};

    #[test]
    fn no_copy_is_left_on_a_real_server_in_any_folder() {
        let server = MailServer::shared();
        let dir = tempfile::tempdir().unwrap();
        database(&dir.path().join("state"));
        let user = "erasing@org.test";
        let config = Config {
            mailbox: server.mailbox(user),
            sending: SendingSettings::Smtp {
                server: server.submission(Security::Tls),
                login: Some(server.login(user)),
                traces: Traces {
                    sent_folder: Some("Sent".into()),
                    ..Traces::default()
                },
            },
            ..config(dir.path())
        };
        let mut engine = Engine::open(config.clone(), keys_of(1), Durability::Full).unwrap();
        let runtime = runtime();
        server.put(
            user,
            [
                mail_of_anna("two@people.test", "I sit in the reading room."),
                mail_of_anna("", "No id, and the reading room again."),
                mail_of_anna("odd\"id@people.test", "The reading room, with an odd id."),
                // One that is read whole, and one of which only the beginning is read.
                mail_of_anna("", &"The reading room, at length.\r\n".repeat(10_000)),
                mail_of_anna("", &"The reading room, at great length.\r\n".repeat(31_000)),
                b"From: <carl@people.test>\r\nMessage-ID: <two@people.test>\r\n\r\nMine.\r\n"
                    .to_vec(),
            ],
        );
        server.wait_for(user, 6);
        let mut mailbox = runtime.block_on(Mailbox::connect(&config.mailbox)).unwrap();
        receive(&mut engine, &mut mailbox, &runtime, now());
        // The folder for what was sent is there at a provider that keeps it.
        let keeping = match config.mailbox.clone() {
            MailboxSettings::Imap {
                server,
                login,
                folder,
                quarantine_folder,
                ..
            } => MailboxSettings::Imap {
                server,
                login,
                folder,
                processed_folder: "Sent".into(),
                quarantine_folder,
            },
            other => other,
        };
        drop(runtime.block_on(Mailbox::connect(&keeping)).unwrap());
        let sent = server.maildir(user, "Sent");
        for letter in engine.take_letters(now(), 100).unwrap() {
            put_file(&sent, &letter.bytes);
            let accepted = Outcome::Accepted {
                reply: "250 ok".into(),
            };
            engine.delivered(&letter, &accepted, now()).unwrap();
        }
        let all = server.maildir(user, "");
        let of_anna = ["anna@library.example", "reading room"];
        assert!(files_with(&all, &of_anna).len() >= 4);
        erase(&mut engine, 1, now());
        let removed = remove_copies(&mut engine, &config, &runtime, now() + TimeDelta::hours(1));
        assert!(removed >= 4, "{removed}");
        // Dovecot's own indexes keep parts of headers until they are written anew; messages are what we can remove.
        let left: Vec<String> = files_with(&all, &of_anna)
            .into_iter()
            .filter(|file| !file.contains("dovecot"))
            .collect();
        assert_eq!(left, Vec::<String>::new());
        assert_eq!(
            server.files(user, "Processed").len(),
            1,
            "Carl's mail stays"
        );
        drop(engine);
        assert_eq!(
            files_with(&dir.path().join("state"), &ANNA),
            Vec::<String>::new()
        );
    }
}
