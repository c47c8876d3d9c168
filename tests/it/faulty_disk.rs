//! A disk that fails (RELIABILITY F13), and what is touched of it (T20), seen from below: between the program and the C library.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use chrono::{TimeDelta, TimeZone, Utc};
use pairpost::config;
use pairpost::daemon::Engine;
use pairpost::ids::LetterId;
use pairpost::mail::inbound::maildir;
use pairpost::mail::outbound::Outcome;
use pairpost::rehearsal::drive::keys_of;
use pairpost::store::Durability;
use pairpost::store::outbox::DotMarks;
use pairpost::time::Moment;

use crate::support::disk::{self, Faults};
use crate::support::programme::{ADDRESS, Programme, effort, eventually};

const NAME: &str =
    "faulty_disk::every_call_that_writes_the_database_may_fail_and_the_next_try_does_it";
const FAULTS: &str = "PAIRPOST_FAULTS";

fn now() -> Moment {
    Utc.with_ymd_and_hms(2027, 2, 1, 12, 0, 0).unwrap()
}

fn hello(number: u64) -> Vec<u8> {
    format!(
        "From: p{number}@people.test\r\nTo: {ADDRESS}\r\nSubject: Hello\r\nMessage-ID: <{number}@people.test>\r\n\
         Content-Type: text/plain\r\n\r\nHow can I take part?\r\n"
    )
    .into_bytes()
}

/// A programme whose letters are counted as they leave.
struct Sender {
    engine: Engine,
    marks: DotMarks,
    left: BTreeMap<LetterId, u32>,
}

impl Sender {
    fn open(dir: &Path) -> anyhow::Result<Sender> {
        let mut config = config::built_in().on_maildirs(dir);
        config.settings.ceilings.stranger_letters_per_hour_open = u32::MAX;
        config.settings.ceilings.stranger_letters_per_hour_closed = u32::MAX;
        std::fs::create_dir_all(&config.state_dir)?;
        let engine = Engine::open(config, keys_of(1), Durability::Full)?;
        let marks = DotMarks::open(engine.store().path())?;
        Ok(Sender {
            engine,
            marks,
            left: BTreeMap::new(),
        })
    }

    /// A message comes in, and the letters that are due go out.
    fn work(&mut self, message: &[u8]) -> anyhow::Result<()> {
        self.engine.receive(None, message, false, None, now())?;
        let later = now() + TimeDelta::hours(1);
        self.engine.handle_waiting(later, 10)?;
        for letter in self.engine.take_letters(later, 10)? {
            self.marks.mark(letter.id, now())?;
            // From here on the server has it.
            *self.left.entry(letter.id).or_default() += 1;
            let accepted = Outcome::Accepted {
                reply: "250 ok".into(),
            };
            self.engine.delivered(&letter, &accepted, now())?;
        }
        Ok(())
    }

    fn count(&self, sql: &str) -> u64 {
        let db = self.engine.store().reader();
        let count: i64 = db.query_row(sql, [], |row| row.get(0)).unwrap();
        u64::try_from(count).unwrap()
    }
}

/// Each call by which a message and its letter get into the database fails once: the first, the second, the third, until none
/// fails any more; and the same again with every later call failing, too, as with a disk that is gone until somebody mends it.
#[test]
fn every_call_that_writes_the_database_may_fail_and_the_next_try_does_it() {
    let Some(faults) = std::env::var_os(FAULTS) else {
        return in_a_process_of_its_own();
    };
    let faults = Faults::open(Path::new(&faults));
    let dir = tempfile::tempdir().unwrap();
    let mut sender = Sender::open(dir.path()).unwrap();
    sender.engine.start(now()).unwrap();
    sender.work(&hello(0)).unwrap();
    let mut number = 0;
    for lasting in [false, true] {
        let (mut told, mut untold) = (0, 0);
        for at in 1.. {
            number += 1;
            let message = hello(number);
            faults.fail(at..=if lasting { u64::MAX } else { at });
            let done = sender.work(&message);
            let reached = faults.calls() >= at;
            faults.fail(0..=0);
            match (&done, reached) {
                (Err(_), true) => told += 1,
                // Work that can be done again later is not reported: bringing the log into the database.
                (Ok(()), true) => untold += 1,
                (Ok(()), false) => {}
                (Err(error), false) => panic!("call {at}: {error:#}"),
            }
            // The next start, now and then of a new process.
            if at % 8 == 0 {
                let left = std::mem::take(&mut sender.left);
                drop(sender);
                sender = Sender::open(dir.path()).unwrap();
                sender.left = left;
                sender.engine.store().check_integrity().unwrap();
            }
            sender.engine.start(now()).unwrap();
            sender.work(&message).unwrap();
            let case = format!("call {at}, lasting: {lasting}, {done:?}");
            let people = number + 1;
            for (what, sql) in [
                ("messages", "SELECT count(*) FROM inbox"),
                (
                    "handled",
                    "SELECT count(*) FROM inbox WHERE state = 'handled'",
                ),
                ("people", "SELECT count(*) FROM person"),
                ("letters", "SELECT count(*) FROM outbox"),
                (
                    "letters whose end is known, or is looked for",
                    "SELECT count(*) FROM outbox WHERE state IN ('sent', 'unknown')",
                ),
            ] {
                assert_eq!(sender.count(sql), people, "{what} after {case}");
            }
            assert!(sender.left.values().all(|copies| *copies == 1), "{case}");
            assert_eq!(sender.left.len() as u64, people, "{case}");
            if !reached {
                println!(
                    "lasting: {lasting}: {} calls failed; {told} were told as errors, {untold} changed nothing",
                    at - 1
                );
                break;
            }
        }
        assert!(told > 20, "{told}");
    }
    sender.engine.store().check_integrity().unwrap();
}

/// This test once more, with the library in front of the C library.
fn in_a_process_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let faults = folder.path().join("faults");
    Faults::make(&faults);
    let done = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env("LD_PRELOAD", disk::library(folder.path()))
        .env(FAULTS, &faults)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&done.stdout);
    println!("{told}");
    assert!(
        done.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(told.contains("1 passed"), "{told}");
}

/// T20: whatever attachments are called, no path but the programme's own is opened for writing, and nothing is run.
#[test]
fn names_of_attachments_touch_no_path_and_run_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let touched = folder.path().join("touched");
    let programme = Programme::on_maildirs();
    let names = effort(1_000, 10_000);
    for number in 0..names {
        let up = "../".repeat(number as usize % 9);
        let name = match number % 10 {
            0 => format!("{up}tmp/pairpost-evil-{number}"),
            1 => format!("/tmp/pairpost-evil-{number}"),
            2 => format!("x|touch /tmp/pairpost-evil-{number}"),
            3 => format!("$(touch /tmp/pairpost-evil-{number})`id`"),
            4 => format!("..\\..\\pairpost-evil-{number};id"),
            5 => format!("pairpost-evil-{number}%00.txt"),
            6 => format!("%2e%2e%2fpairpost-evil-{number}"),
            7 => format!("C:\\pairpost-evil-{number}:stream"),
            8 => format!("-rf pairpost-evil-{number}\0"),
            _ => format!("pairpost-evil-{number}/{}", "a".repeat(300)),
        };
        let named = match number % 3 {
            0 => format!("name=\"{name}\""),
            1 => format!("name*=utf-8''{}", name.replace('/', "%2F")),
            _ => format!("name*0=\"{}\"; name*1=\"{name}\"", &up),
        };
        let mail = format!(
            "From: p{number}@people.test\r\nTo: {ADDRESS}\r\nSubject: {name}\r\nMessage-ID: <{number}@l.example>\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
             hello\r\n--b\r\nContent-Type: application/zip; {named}\r\nContent-Disposition: attachment; file{named}\r\n\r\n\
             PK\r\n--b--\r\n"
        );
        maildir::deliver(&programme.mailbox(), mail.as_bytes(), true, None).unwrap();
    }
    let mut handled = 0;
    let library = disk::library(folder.path());
    let daemon = programme.run_with(&[
        ("LD_PRELOAD", library.as_os_str()),
        ("PAIRPOST_TOUCHED", touched.as_os_str()),
    ]);
    while programme.in_inbox() > 0 {
        // As long as it gets on.
        eventually("it takes more of them", || {
            let now = programme.count("SELECT count(*) FROM inbox WHERE state <> 'new'");
            (now > handled || programme.in_inbox() == 0).then(|| handled = now)
        });
    }
    assert!(daemon.terminate().success());
    assert_eq!(
        programme.count("SELECT count(*) FROM inbox WHERE state <> 'new'"),
        i64::from(names)
    );
    let list = std::fs::read_to_string(&touched).unwrap();
    let own = [programme.state(), programme.mailbox(), programme.outgoing()];
    let mut paths = 0;
    for line in list.lines() {
        let (what, path) = line.split_once(' ').unwrap();
        assert_ne!(what, "run", "{path} was run");
        assert!(
            own.iter().any(|own| Path::new(path).starts_with(own)) || path == "/dev/null",
            "{line}"
        );
        assert!(!path.contains("evil"), "{line}");
        paths += 1;
    }
    println!("{names} names; {paths} times a path was touched, all of them the programme's own");
    assert!(
        paths > 100,
        "the library has to see what is opened: {paths}"
    );
}
