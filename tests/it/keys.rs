//! The master key is changed: what the last one signed is still taken, what the one before signed is not, and what has to be
//! found again for ever is found. An end at any moment of it does no harm.

use std::path::Path;
use std::process::{Command, Output};

use chrono::{TimeDelta, Utc};
use pairpost::config;
use pairpost::daemon::{Engine, master_key};
use pairpost::ids::PersonId;
use pairpost::mail::outbound::Outcome;
use pairpost::mail::token::{Keys, Kind, address_with};
use pairpost::programme::event::{self, Authority, CommandKind};
use pairpost::store::Durability;
use pairpost::time::Moment;
use rusqlite::Connection;

use crate::support::letter::{Letter, message};
use crate::support::programme::{ADDRESS, COORDINATOR, Programme};
use crate::support::sample_database;

const ANNA: &str = "anna@library.example";

/// Anna's topic is letter 11, a notice to the coordinator 12; they have left an hour ago.
fn programme() -> Programme {
    let programme = Programme::on_maildirs();
    std::fs::create_dir_all(programme.state()).unwrap();
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(programme.state(), private).unwrap();
    sample_database::newest(&programme.database());
    let db = Connection::open(programme.database()).unwrap();
    // Nobody has asked for their data lately.
    db.execute("DELETE FROM challenge", []).unwrap();
    let then = (Utc::now() - TimeDelta::hours(1)).timestamp();
    for (id, kind, person, to) in [
        (11, "topic", Some(1), ANNA),
        (12, "notice", None, COORDINATOR),
    ] {
        db.execute(
            "INSERT INTO outbox (id, key, kind, person_id, about, envelope_from, envelope_to, message_id, reference, subject,
               unprompted, cause, state, created_at, due_at, sent_at, token_epoch)
             VALUES (?1, 'test/' || ?1, ?2, ?3, '{\"round\":\"2027A\"}', ?5, ?4, ?1 || '@letters.test', ?1, 's', 0, 'test',
               'sent', ?6, ?6, ?6, coalesce((SELECT token_epoch FROM person WHERE id = ?3), 0))",
            (id, kind, person, to, ADDRESS, then),
        )
        .unwrap();
        db.execute(
            "INSERT INTO outbox_bytes (letter_id, bytes) VALUES (?1, x'0d0a')",
            [id],
        )
        .unwrap();
    }
    programme
}

fn keys(programme: &Programme) -> Keys {
    master_key::open(&programme.state(), Utc::now())
        .unwrap()
        .keys()
}

fn engine(programme: &Programme) -> Engine {
    let config = config::load(&programme.config()).unwrap();
    Engine::open(config, keys(programme), Durability::Rehearsal).unwrap()
}

fn arrives(programme: &Programme, mail: &[u8]) {
    engine(programme)
        .receive(None, mail, false, None, Utc::now())
        .unwrap();
}

fn bounce(to: &str) -> Vec<u8> {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.test\r\nTo: {to}\r\nSubject: Undelivered\r\nDate: {}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
         Sorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n\
         Final-Recipient: rfc822; {ANNA}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n",
        Utc::now().to_rfc2822()
    )
    .into_bytes()
}

fn rotate(programme: &Programme, more: &[&str]) -> String {
    programme.told(&[&["key", "--rotate"], more].concat())
}

/// What came of answers to addresses that were signed before the key was changed `times` times.
fn effects(times: usize, more: &[&str]) -> Vec<(&'static str, bool)> {
    let programme = programme();
    let now = Utc::now();
    let before = keys(&programme);
    let to = |kind, id| address_with(ADDRESS, &before.sign(kind, id, now));
    // A real question, whose answer is a proof.
    arrives(
        &programme,
        &message(ANNA, &to(Kind::Reply, 11), "Hello", "", "my data\r\n"),
    );
    let question = the_letter(&programme, "confirm");
    for _ in 0..times {
        rotate(&programme, more);
    }
    let count = |sql: &str| programme.count(sql) > 0;
    let mut effects = Vec::new();

    let yes = message(ANNA, &question.reply_to, "Re", "", "yes\r\n");
    arrives(&programme, &yes);
    effects.push((
        "a challenge",
        count("SELECT count(*) FROM outbox WHERE kind = 'my-data'"),
    ));
    let words = message(ANNA, &to(Kind::Reply, 11), "Re", "", "topics off\r\n");
    arrives(&programme, &words);
    effects.push((
        "a reply",
        count("SELECT topics_off FROM person WHERE id = 1"),
    ));
    let pause = message(COORDINATOR, &to(Kind::Action, 12), "Re", "", "pause\r\n");
    arrives(&programme, &pause);
    effects.push(("a command", count("SELECT count(*) FROM brake")));
    let stop = message("elsewhere@people.test", &to(Kind::Stop, 2), "stop", "", "");
    arrives(&programme, &stop);
    effects.push((
        "a stop address",
        count("SELECT stopped FROM person WHERE id = 2"),
    ));
    arrives(&programme, &bounce(&to(Kind::Bounce, 11)));
    effects.push((
        "a bounce",
        count("SELECT unreachable FROM person WHERE id = 1"),
    ));
    effects
}

fn the_letter(programme: &Programme, kind: &str) -> Letter {
    let db = Connection::open(programme.database()).unwrap();
    let bytes: Vec<u8> = db
        .query_row(
            "SELECT bytes FROM outbox_bytes JOIN outbox ON id = letter_id WHERE kind = ?1 ORDER BY id DESC LIMIT 1",
            [kind],
            |row| row.get(0),
        )
        .unwrap();
    Letter::read(&bytes)
}

#[test]
fn addresses_that_the_last_key_signed_are_taken_and_those_of_the_key_before_are_not() {
    for (times, more, taken) in [
        (0, &[][..], true),
        (1, &[], true),
        (2, &[], false),
        (1, &["--exposed"], false),
    ] {
        for (what, done) in effects(times, more) {
            assert_eq!(done, taken, "{what} after {times} changes {more:?}");
        }
    }
}

/// Whoever had the key could work out the ids of letters, too.
#[test]
fn the_id_of_a_letter_proves_nothing_when_its_key_is_not_taken() {
    for (times, more, taken) in [
        (1, &[][..], true),
        (2, &[], false),
        (1, &["--exposed"], false),
    ] {
        let programme = programme();
        keys(&programme);
        for _ in 0..times {
            rotate(&programme, more);
        }
        let thread = "In-Reply-To: <11@letters.test>\r\n";
        arrives(
            &programme,
            &message(ANNA, ADDRESS, "Re", thread, "topics off\r\n"),
        );
        let done = programme.count("SELECT topics_off FROM person WHERE id = 1") > 0;
        assert_eq!(done, taken, "{times} changes {more:?}");
        let asked = programme.count("SELECT count(*) FROM outbox WHERE kind = 'was-this-you'") > 0;
        assert_eq!(asked, !taken, "{times} changes {more:?}");
    }
}

#[test]
fn new_letters_are_signed_with_the_new_key() {
    let programme = programme();
    let first = keys(&programme);
    rotate(&programme, &[]);
    let hello = message(
        "new@people.test",
        ADDRESS,
        "Hello",
        "",
        "How do I join?\r\n",
    );
    arrives(&programme, &hello);
    let reply_to = the_letter(&programme, "form").reply_to;
    let (token, now) = (
        reply_to.split(['+', '@']).nth(1).unwrap().to_string(),
        Utc::now(),
    );
    assert!(first.verify(&token, now).is_err());
    assert!(keys(&programme).verify(&token, now).is_ok());
}

fn erase(programme: &Programme, person: i64, at: Moment) {
    let command = event::Command {
        by: "command line".into(),
        what: CommandKind::Erase {
            person: PersonId(person),
        },
        inbox: None,
        authority: Authority::Machine,
    };
    let mut engine = engine(programme);
    engine.command(command, at).unwrap();
    for later in [0, 15, 30, 45] {
        let now = at + TimeDelta::minutes(later);
        engine.tick(now, 100).unwrap();
        let accepted = Outcome::Accepted {
            reply: "250 ok".into(),
        };
        for letter in engine.take_letters(now, 100).unwrap() {
            engine.delivered(&letter, &accepted, now).unwrap();
        }
    }
}

#[test]
fn what_must_be_remembered_outlives_three_changes_of_the_key() {
    let programme = programme();
    let stop = address_with(ADDRESS, &keys(&programme).sign(Kind::Stop, 1, Utc::now()));
    arrives(&programme, &message("x@y.test", &stop, "stop", "", ""));
    erase(&programme, 1, Utc::now());
    let known = "SELECT count(*) FROM person WHERE address_key = 'anna@library.example'";
    assert_eq!(programme.count(known), 0);
    let checked = engine(&programme).check_journal().unwrap();
    for _ in 0..3 {
        rotate(&programme, &[]);
    }
    let again = engine(&programme).check_journal().unwrap();
    assert!(again.lines > checked.lines, "{again:?}");
    assert_eq!(again.broken, None, "{again:?}");
    // Whoever comes back is known again: no unprompted mail, and never the former partner.
    arrives(
        &programme,
        &message(ANNA, ADDRESS, "Hello", "", "How do I join?\r\n"),
    );
    let back = format!("FROM person WHERE address_key = '{ANNA}'");
    assert_eq!(programme.count(&format!("SELECT stopped {back}")), 1);
    let met = format!(
        "SELECT count(*) FROM met_before WHERE person_id = 2 AND other_person_id = (SELECT id {back})"
    );
    assert_eq!(programme.count(&met), 1);
}

#[test]
fn each_coordinator_hears_that_the_key_was_changed() {
    let programme = programme();
    rotate(&programme, &[]);
    let letter = the_letter(&programme, "notice");
    assert_eq!(letter.to, COORDINATOR);
    assert!(letter.text.contains("master key"), "{}", letter.text);
    let told = programme.told(&["key"]);
    assert!(told.contains("number 2, made today"), "{told}");
    let status = programme.told(&["status"]);
    assert!(status.contains("Master key: number 2"), "{status}");
    let check = programme.command(&["check", "--offline"]);
    let check = String::from_utf8(check.stdout).unwrap();
    assert!(check.contains("number 2, made today"), "{check}");
}

#[test]
fn while_the_daemon_runs_the_key_stays() {
    let programme = Programme::on_maildirs();
    let daemon = programme.run();
    let before = std::fs::read(master_key::file_in(&programme.state())).unwrap();
    let refused = programme.command(&["key", "--rotate"]);
    assert!(!refused.status.success());
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(words.contains("was not changed"), "{words}");
    assert_eq!(
        std::fs::read(master_key::file_in(&programme.state())).unwrap(),
        before
    );
    daemon.terminate();
    rotate(&programme, &[]);
    programme.run().terminate();
}

fn rotate_failing(programme: &Programme, failpoint: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pairpost"))
        .args(["key", "--rotate", "--config"])
        .arg(programme.config())
        .env("PAIRPOST_FAILPOINT", failpoint)
        .output()
        .unwrap()
}

fn files(state: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(state)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("master"))
        .collect();
    names.sort();
    names
}

#[cfg(debug_assertions)]
#[test]
fn a_change_of_the_key_that_ends_in_the_middle_has_happened_or_has_not() {
    for (failpoint, number) in [
        ("key-written=abort@1", 1),
        ("key-written=error@1", 1),
        ("key-replaced=abort@1", 2),
        ("key-replaced=error@1", 2),
    ] {
        let programme = programme();
        let before = keys(&programme);
        assert!(!rotate_failing(&programme, failpoint).status.success());
        let found = master_key::open(&programme.state(), Utc::now()).unwrap();
        assert_eq!(found.number(), number, "{failpoint}");
        let token = before.sign(Kind::Reply, 11, Utc::now());
        assert!(found.keys().verify(&token, Utc::now()).is_ok());
        // Whichever it was, it can be done now.
        rotate(&programme, &[]);
        let found = master_key::open(&programme.state(), Utc::now()).unwrap();
        assert_eq!(found.number(), number + 1, "{failpoint}");
        programme.run().terminate();
        assert!(files(&programme.state()).contains(&"master.key".to_string()));
    }
}

#[test]
fn a_copy_from_before_the_change_is_restored_under_the_new_key() {
    let programme = programme();
    let first = keys(&programme);
    let copy = programme.state().with_file_name("copy.db");
    let copy = copy.to_str().unwrap();
    programme.told(&["backup", copy, "--with-key", "--verify"]);
    let token = first.sign(Kind::Reply, 11, Utc::now());
    rotate(&programme, &[]);
    programme.told(&["restore", copy]);
    let to = address_with(ADDRESS, &token);
    let asked = message(ANNA, &to, "Re", "", "topics off\r\n");
    assert_eq!(
        master_key::open(&programme.state(), Utc::now())
            .unwrap()
            .number(),
        2
    );
    arrives(&programme, &asked);
    assert_eq!(
        programme.count("SELECT topics_off FROM person WHERE id = 1"),
        1
    );
    // Changed once more: what is in the copy is as old as what is not.
    rotate(&programme, &[]);
    programme.told(&["restore", copy]);
    arrives(&programme, &asked);
    assert_eq!(
        programme.count("SELECT topics_off FROM person WHERE id = 1"),
        0
    );
    // On a machine of its own the copy and its key are all that is needed.
    std::fs::remove_dir_all(programme.state()).unwrap();
    programme.told(&["restore", copy]);
    arrives(&programme, &asked);
    assert_eq!(
        programme.count("SELECT topics_off FROM person WHERE id = 1"),
        1
    );
}
