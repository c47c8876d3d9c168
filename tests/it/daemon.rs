//! The daemon as a process: how it starts, refuses, stops, and what it leaves behind. Between Maildirs, except where
//! the folders of a real IMAP server are looked at.

use std::fs;
use std::path::PathBuf;

use pairpost::mail::inbound::maildir::deliver;

use crate::support::letter::{Application, Letter, message};
use crate::support::programme::{ADDRESS, Programme, eventually, maildir_files};

const ANNA: Application = Application {
    name: "Anna Wanjiru",
    country: "Kenya",
    place: "Nairobi",
};

/// What somebody writes who has never written before.
fn hello(from: &str) -> Vec<u8> {
    message(from, ADDRESS, "Taking part", "", "How can I take part?\r\n")
}

/// The programme's Maildirs, as a server and its readers would use them.
impl Programme {
    fn receives(&self, message: &[u8]) {
        deliver(&self.mailbox(), message, true, None).unwrap();
    }

    fn letters(&self) -> Vec<Letter> {
        maildir_files(&self.outgoing(), "")
            .iter()
            .map(|file| Letter::read(&fs::read(file).unwrap()))
            .collect()
    }

    fn sends(&self, count: usize) -> Vec<Letter> {
        eventually(&format!("{count} letters leave"), || {
            let letters = self.letters();
            (letters.len() >= count).then_some(letters)
        })
    }

    fn filed(&self, folder: &str) -> Vec<PathBuf> {
        maildir_files(&self.mailbox(), folder)
    }

    fn files_away(&self, folder: &str, count: usize) {
        eventually(&format!("{count} messages are in {folder}"), || {
            (self.filed(folder).len() == count).then_some(())
        });
    }
}

#[test]
fn a_second_daemon_is_refused_and_the_first_stops_in_order() {
    let programme = Programme::on_maildirs();
    let first = programme.run();
    let second = programme.command(&["run"]);
    assert_eq!(second.status.code(), Some(75), "{second:?}");
    let told = String::from_utf8(second.stderr).unwrap();
    assert!(told.contains("another pairpost is running"), "{told}");
    // The first one has not noticed; it answers what comes, and ends when told to.
    programme.receives(&hello("anna@people.test"));
    programme.sends(1);
    assert_eq!(first.terminate().code(), Some(0));
    assert_eq!(
        programme.count("SELECT count(*) FROM outbox WHERE state <> 'sent'"),
        0
    );
    // The place is free again.
    assert!(programme.run().terminate().success());
    assert_eq!(programme.letters().len(), 1);
}

#[test]
fn the_state_folder_is_for_its_owner_alone_and_the_check_says_where_it_is_not() {
    use std::os::unix::fs::PermissionsExt;
    let programme = Programme::on_maildirs();
    assert!(programme.run().terminate().success());
    let folder = std::fs::metadata(programme.state()).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    let check = || {
        let output = programme.command(&["check", "--offline"]);
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    assert_eq!(check().0, Some(0), "{check:?}", check = check());
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(programme.state(), open).unwrap();
    let (code, told) = check();
    assert_eq!(code, Some(1));
    assert!(told.contains("Say: chmod 700 "), "{told}");
}

#[test]
fn a_bad_config_is_refused_with_all_its_problems() {
    let programme = Programme::on_maildirs();
    programme.edit(
        "pairpost.toml",
        &[
            ("zone = \"UTC\"", "zone = \"Mars/Base\""),
            ("# morning = \"09:00\"", "mornign = \"09:00\""),
        ],
    );
    let refused = programme.command(&["run"]);
    assert_eq!(refused.status.code(), Some(78), "{refused:?}");
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(
        told.contains("Mars/Base") && told.contains("mornign") && told.contains("2 problems"),
        "{told}"
    );
    assert!(!programme.database().exists(), "nothing may have been done");
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let programme = Programme::on_maildirs();
    assert!(programme.run().terminate().success());
    let version = programme.count("PRAGMA user_version");
    let db = rusqlite::Connection::open(programme.database()).unwrap();
    db.pragma_update(None, "user_version", version + 1).unwrap();
    drop(db);
    let refused = programme.command(&["run"]);
    assert_eq!(refused.status.code(), Some(78), "{refused:?}");
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("newer Pairpost"), "{told}");
    assert_eq!(programme.count("PRAGMA user_version"), version + 1);
}

#[test]
fn a_backup_made_while_it_runs_is_restored_to_a_working_state() {
    let programme = Programme::on_maildirs();
    let daemon = programme.run();
    programme.receives(&hello("anna@people.test"));
    let form = programme.sends(1).remove(0);
    programme.files_away("Processed", 1);

    let backup = programme.config().join("copy.db");
    let told = programme.told(&[
        "backup",
        "--with-key",
        "--verify",
        &backup.display().to_string(),
    ]);
    assert!(told.contains("can be restored"), "{told}");
    assert!(
        daemon.log().lines().all(|line| !line.contains("WARN")),
        "the daemon is not disturbed: {}",
        daemon.log()
    );
    let refused = programme.command(&["restore", &backup.display().to_string()]);
    assert!(!refused.status.success(), "not under a running daemon");
    daemon.kill();

    // The disk is gone, and with it the key.
    fs::remove_dir_all(programme.state()).unwrap();
    programme.told(&["restore", &backup.display().to_string()]);
    let daemon = programme.run();
    // The restored programme knows Anna and its own letter to her, and goes on from there.
    programme.receives(&form.reply("anna@people.test", &ANNA.fill(&form.text, None)));
    let letters = programme.sends(2);
    assert!(
        letters
            .iter()
            .any(|letter| letter.subject.starts_with("We have your application")),
        "{letters:#?}"
    );
    programme.files_away("Processed", 2);
    assert!(daemon.terminate().success());
    assert_eq!(programme.letters().len(), 2, "nothing is sent twice");
}

#[test]
fn what_a_restore_replaces_is_kept_whole() {
    let programme = Programme::on_maildirs();
    let daemon = programme.run();
    let backup = programme.config().join("empty.db");
    programme.told(&["backup", &backup.display().to_string()]);
    programme.receives(&hello("anna@people.test"));
    programme.sends(1);
    programme.files_away("Processed", 1);
    // Killed: its last changes are still in the journal beside the database.
    daemon.kill();
    programme.told(&["restore", &backup.display().to_string()]);
    // The copy knows nothing of the message; it is handled anew.
    assert_eq!(
        programme.count("SELECT count(*) FROM inbox WHERE state = 'new'"),
        1
    );
    assert_eq!(programme.count("SELECT count(*) FROM person"), 0);
    let kept = programme.state().join("pairpost.before-restore.db");
    let kept = rusqlite::Connection::open(kept).unwrap();
    let messages: i64 = kept
        .query_row("SELECT count(*) FROM inbox", [], |row| row.get(0))
        .unwrap();
    assert_eq!(messages, 1, "the former database has lost its last changes");
}

#[test]
fn a_message_that_is_delivered_twice_has_one_effect() {
    let programme = Programme::on_maildirs();
    let daemon = programme.run();
    programme.receives(&hello("anna@people.test"));
    let form = programme.sends(1).remove(0);
    let answer = form.reply("anna@people.test", &ANNA.fill(&form.text, None));
    programme.receives(&answer);
    programme.sends(2);
    // The same bytes once more, and the same message by another way: each server on it leaves its trace on top.
    programme.receives(&answer);
    let other_way = [
        b"Return-Path: <anna@people.test>\r\nReceived: from mail.test\r\n\tby mx.test; Mon, 1 Mar 2027 10:00:00 +0000\r\n"
            .as_slice(),
        &answer,
    ]
    .concat();
    programme.receives(&other_way);
    programme.files_away("Processed", 4);
    assert!(daemon.terminate().success());
    assert_eq!(programme.letters().len(), 2);
    assert_eq!(programme.count("SELECT count(*) FROM inbox"), 2);
    assert_eq!(programme.count("SELECT count(*) FROM application"), 1);
}

#[test]
fn a_message_that_cannot_be_handled_is_set_aside_after_three_tries_and_told_of() {
    let programme = Programme::on_maildirs();
    assert!(programme.run().terminate().success());
    // A database that will not take this one person.
    let db = rusqlite::Connection::open(programme.database()).unwrap();
    db.execute_batch(
        "CREATE TRIGGER refuse BEFORE INSERT ON person WHEN NEW.address = 'broken@people.test'
         BEGIN SELECT RAISE(ABORT, 'not this one'); END",
    )
    .unwrap();
    drop(db);
    programme.receives(&hello("broken@people.test"));
    programme.receives(&hello("anna@people.test"));
    for hour in 0..3 {
        let daemon = programme.run_at(chrono::Utc::now() + chrono::TimeDelta::hours(hour));
        daemon.wait_for_log("message not handled");
        // The next one does not wait behind it.
        programme.files_away("Processed", 1);
        if hour == 2 {
            programme.files_away("Quarantine", 1);
        } else {
            assert!(programme.filed("Quarantine").is_empty());
        }
        assert!(daemon.terminate().success());
    }
    assert!(programme.filed("").is_empty());
    let letters = programme.letters();
    assert_eq!(letters.len(), 1, "{letters:#?}");
    let status: serde_json::Value =
        serde_json::from_str(&programme.told(&["status", "--json"])).unwrap();
    assert_eq!(
        status["waiting"].as_array().map(Vec::len),
        Some(1),
        "a person must hear of it: {status}"
    );
    assert!(!programme.log().contains('@'), "{}", programme.log());
}

#[test]
fn partners_on_opposite_sides_of_the_world_are_introduced_as_the_round_begins() {
    // Bogota's evening is Manila's next morning: by UTC it is the day after the start.
    let people = [
        (
            "bruno@people.test",
            Application {
                name: "Bruno Diaz",
                country: "Colombia",
                place: "Bogota",
            },
        ),
        (
            "mila@people.test",
            Application {
                name: "Mila Reyes",
                country: "Philippines",
                place: "Manila",
            },
        ),
    ];
    let programme = Programme::on_maildirs();
    let daemon = programme.run();
    for (number, (address, application)) in (1..).step_by(2).zip(people) {
        programme.receives(&hello(address));
        let form = programme
            .sends(number)
            .into_iter()
            .find(|letter| letter.to == address)
            .unwrap();
        programme.receives(&form.reply(address, &application.fill(&form.text, None)));
        programme.sends(number + 1);
    }
    assert!(daemon.terminate().success());
    let day = |day: i64, hour: u32| {
        let time = chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        programme.start.and_time(time).and_utc() + chrono::TimeDelta::days(day)
    };
    let daemon = programme.run_at(day(-4, 20));
    eventually("there is a proposal", || {
        programme
            .letters()
            .iter()
            .any(|letter| letter.subject.contains("to look at"))
            .then_some(())
    });
    programme.told(&["match", "--release", "1"]);
    assert!(daemon.terminate().success());
    let daemon = programme.run_at(day(1, 1));
    let introductions = eventually("both are introduced", || {
        let mut letters = programme.letters();
        letters.retain(|letter| letter.subject.starts_with("Meet your partner"));
        (letters.len() == 2).then_some(letters)
    });
    for letter in introductions {
        assert!(letter.text.contains("begins"), "{}", letter.text);
        assert!(!letter.text.contains("found a new partner"));
    }
    assert!(daemon.terminate().success());
}

#[test]
fn a_config_that_is_read_anew_is_used_and_a_wrong_one_leaves_the_last_in_force() {
    let programme = Programme::on_maildirs();
    let daemon = programme.run();
    // How a letter to somebody new calls the programme; `so_far` letters have left before it.
    let answered = |who: &str, so_far: usize| {
        programme.receives(&hello(who));
        let letters = programme.sends(so_far + 1);
        letters
            .into_iter()
            .find(|letter| letter.to == who)
            .unwrap()
            .text
    };
    assert!(answered("anna@people.test", 0).contains("Library Exchange"));
    let edit = |from: &str, to: &str| programme.edit("pairpost.toml", &[(from, to)]);
    edit("name = \"Library Exchange\"", "name = \"Nurses Abroad\"");
    daemon.hang_up();
    daemon.wait_for_log("the config was read anew");
    assert!(answered("ben@people.test", 1).contains("Nurses Abroad"));
    edit("name = \"Nurses Abroad\"", "nmae = \"Nobody\"");
    daemon.hang_up();
    daemon.wait_for_log("the last one stays in force");
    assert!(answered("cleo@people.test", 2).contains("Nurses Abroad"));
    assert!(daemon.terminate().success());
}

#[test]
fn nothing_is_sent_by_a_clock_that_is_behind_what_was_written_down() {
    let programme = Programme::on_maildirs();
    let daemon = programme.run_at(chrono::Utc::now() + chrono::TimeDelta::days(1));
    programme.receives(&hello("anna@people.test"));
    programme.sends(1);
    assert!(daemon.terminate().success());
    let daemon = programme.run();
    daemon.wait_for_log("clock is behind what was written down");
    programme.receives(&hello("ben@people.test"));
    // The message is taken over, and its answer waits until the clock is believed again.
    programme.files_away("Processed", 2);
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(programme.letters().len(), 1);
    assert!(
        daemon.terminate().success(),
        "it ends in order all the same"
    );
}

#[test]
fn the_watchdog_hears_from_the_loop_and_not_from_a_program_that_hangs() {
    use std::os::unix::net::UnixDatagram;
    use std::time::Duration;
    let programme = Programme::on_maildirs();
    let path = programme.config().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let daemon = programme.run_with(&[("NOTIFY_SOCKET", path.as_os_str())]);
    let hears = |word: &str, within: Duration| {
        let until = std::time::Instant::now() + within;
        let mut heard = [0; 1000];
        loop {
            let left = until.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                return false;
            }
            socket.set_read_timeout(Some(left)).unwrap();
            let Ok(length) = socket.recv(&mut heard) else {
                return false;
            };
            if String::from_utf8_lossy(&heard[..length]).contains(word) {
                return true;
            }
        }
    };
    let patience = Duration::from_secs(60);
    assert!(hears("READY=1", patience));
    for _ in 0..2 {
        assert!(hears("WATCHDOG=1", patience));
    }
    daemon.signal("STOP");
    // What it had said before is still in the socket.
    hears("nothing that it says", Duration::from_millis(200));
    assert!(
        !hears("WATCHDOG=1", Duration::from_secs(7)),
        "it hangs, and says so to nobody"
    );
    daemon.signal("CONT");
    assert!(hears("WATCHDOG=1", patience));
    assert!(daemon.terminate().success());
    assert!(hears("STOPPING=1", patience));
}

mod with_servers {
    use std::thread::sleep;
    use std::time::Duration;

    use crate::support::letter::message;
    use crate::support::mailserver::MailServer;
    use crate::support::people::{await_letter, fetch};
    use crate::support::programme::{Programme, eventually};

    #[test]
    fn a_message_is_filed_away_only_when_its_effects_are_committed() {
        let address = "filing@org.test";
        let server = MailServer::shared();
        let programme = Programme::on(&server, address);
        let daemon = programme.run();
        daemon.wait_for_log("mailbox open");
        // Somebody holds the database, so that nothing can be committed.
        let mut db = rusqlite::Connection::open(programme.database()).unwrap();
        db.busy_timeout(Duration::from_secs(10)).unwrap();
        let held = db
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .unwrap();
        let hello = message(
            "fay@people.test",
            address,
            "Hello",
            "",
            "How can I apply?\r\n",
        );
        server.put(address, [hello]);
        daemon.wait_for_log("receiving was interrupted");
        assert_eq!(server.files(address, "").len(), 1);
        assert!(server.files(address, "Processed").is_empty());
        held.rollback().unwrap();
        eventually("it is handled and filed away", || {
            // The server makes the copy first, and removes the message a moment later.
            let moved = server.files(address, "").is_empty();
            (moved && server.files(address, "Processed").len() == 1).then_some(())
        });
        await_letter(&server, "fay@people.test", "Library Exchange");
        assert!(daemon.terminate().success());
    }

    #[test]
    fn a_message_that_the_server_delivers_twice_has_one_effect() {
        let address = "twice@org.test";
        let server = MailServer::shared();
        let programme = Programme::on(&server, address);
        let daemon = programme.run();
        let words = "I would like to speak to a person, please.\r\n";
        server.put(
            address,
            [message("gil@people.test", address, "Hello", "", words)],
        );
        let form = await_letter(&server, "gil@people.test", "Library Exchange");
        let answer = form.reply("gil@people.test", words);
        server.put(address, [&answer, &answer]);
        await_letter(&server, "gil@people.test", "A person will answer you");
        eventually("all is filed away", || {
            (server.files(address, "Processed").len() == 3).then_some(())
        });
        assert!(daemon.terminate().success());
        sleep(Duration::from_millis(200));
        assert_eq!(fetch(&server, "gil@people.test").len(), 2);
        assert_eq!(programme.count("SELECT count(*) FROM inbox"), 2);
    }
}
