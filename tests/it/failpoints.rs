//! The daemon fails at every edge between itself and its disk or its servers (RELIABILITY F2, F29): it ends there, gets an
//! error there, or waits there. Whatever happens, each message has its effect once and each letter leaves once.
//!
//! `src/failpoint.rs` lists the places. They exist in debug builds only, so these tests do, too.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use pairpost::failpoint::PLACES;

use crate::support::letter::message;
use crate::support::programme::{ADDRESS, Daemon, Programme};
use crate::support::submission::Submission;

const MESSAGES: i64 = 3;
/// Cases run side by side: they wait more than they work.
const SIDE_BY_SIDE: usize = 8;

/// One case: how the daemon fails, and what led up to it.
struct Case {
    place: &'static str,
    what: &'static str,
    time: u32,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for place in PLACES {
        for (what, times) in [
            ("abort", &[1, 2][..]),
            ("error", &[1, 2]),
            ("delay:300", &[1]),
        ] {
            for &time in times {
                cases.push(Case { place, what, time });
            }
        }
    }
    cases
}

fn programme() -> (Programme, Submission) {
    let programme = Programme::on_maildirs();
    let queue = programme.config().join("taken");
    std::fs::write(&queue, "").unwrap();
    let submission = Submission::start_noting(&queue);
    programme.send_by(
        "127.0.0.1",
        submission.port,
        &format!("queue_command = [\"cat\", \"{}\"]", queue.display()),
    );
    for number in 0..MESSAGES {
        let from = format!("p{number}@people.test");
        let hello = message(&from, ADDRESS, "Hello", "", "How can I take part?\r\n");
        pairpost::mail::inbound::maildir::deliver(&programme.mailbox(), &hello, true, None)
            .unwrap();
    }
    (programme, submission)
}

/// All messages are handled and filed away, and all letters have left.
fn is_settled(programme: &Programme) -> bool {
    if !programme.database().exists() {
        return false;
    }
    let Ok(db) = rusqlite::Connection::open(programme.database()) else {
        return false;
    };
    let count = |sql: &str| {
        db.query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap_or(-1)
    };
    count("SELECT count(*) FROM inbox WHERE state = 'handled'") == MESSAGES
        && count("SELECT count(*) FROM outbox WHERE state <> 'sent'") == 0
        && count("SELECT count(*) FROM outbox WHERE kind = 'form'") == MESSAGES
        && programme.in_inbox() == 0
}

/// Waits until the daemon has ended, all is settled, or `patience` is over.
fn watch(programme: &Programme, daemon: &mut Daemon, patience: Duration) {
    let until = Instant::now() + patience;
    while Instant::now() < until && !daemon.has_ended() {
        sleep(Duration::from_millis(100));
        if is_settled(programme) {
            return;
        }
    }
}

fn run_at(programme: &Programme, moment: DateTime<Utc>, failpoint: &str) -> Daemon {
    programme.start_at(moment, &[("PAIRPOST_FAILPOINT", failpoint.as_ref())])
}

/// Ends a daemon that still runs.
fn end(daemon: Daemon) {
    if !daemon.ended() {
        // One that hangs in a failpoint does not hear.
        daemon.end_within(Duration::from_secs(20));
    }
}

/// Whether the place was reached; the case has been gone through to its good end.
fn run(case: &Case) -> Result<bool, String> {
    let (programme, submission) = programme();
    let start = Utc::now();
    // What leads to the place.
    let before = match case.place {
        "look-due" | "look-traces" | "looked-for" => Some("dot-answered=abort@1"),
        "start-recovering" => Some("letters-taken=abort@1"),
        "putting-back" => {
            submission.refuse(true);
            None
        }
        _ => None,
    };
    let mut minutes = 0;
    if let Some(before) = before {
        let mut daemon = run_at(&programme, start, before);
        watch(&programme, &mut daemon, Duration::from_secs(30));
        end(daemon);
        minutes += 3;
    }
    if case.place.starts_with("look") {
        // Found at the dot by this start, and looked for two minutes later.
        let mut daemon = run_at(&programme, start + TimeDelta::minutes(minutes), "");
        watch(&programme, &mut daemon, Duration::from_secs(2));
        end(daemon);
        minutes += 3;
    }
    let failpoint = format!("{}={}@{}", case.place, case.what, case.time);
    let mut daemon = run_at(&programme, start + TimeDelta::minutes(minutes), &failpoint);
    let patience = match case.place {
        "putting-back" => 4,
        _ => 9,
    };
    watch(&programme, &mut daemon, Duration::from_secs(patience));
    end(daemon);
    submission.refuse(false);
    let reached = programme.log().contains("failpoint reached")
        && programme.log().matches("failpoint reached").count() > usize::from(before.is_some());
    // Letters of unknown end are looked for at 2, 12, 32 and 122 minutes.
    for more in [3, 13, 35, 60, 200, 400, 500] {
        if is_settled(&programme) {
            break;
        }
        let moment = start + TimeDelta::minutes(minutes + more);
        let mut daemon = run_at(&programme, moment, "");
        // With nothing left to do at this hour, the next one comes soon.
        let patience = if more > 400 { 60 } else { 5 };
        watch(&programme, &mut daemon, Duration::from_secs(patience));
        end(daemon);
    }
    if !is_settled(&programme) {
        return Err(format!("{failpoint}: not settled: {}", programme.log()));
    }
    let mut people: Vec<String> = submission
        .taken()
        .into_iter()
        .map(|(to, _)| to)
        .filter(|to| to.contains("@people.test"))
        .collect();
    let all = people.len();
    people.sort();
    people.dedup();
    let rows = programme.count("SELECT count(*) FROM inbox");
    if (people.len(), all, rows) != (MESSAGES as usize, MESSAGES as usize, MESSAGES) {
        return Err(format!(
            "{failpoint}: {} people got {all} letters, for {rows} messages: {}",
            people.len(),
            programme.log()
        ));
    }
    Ok(reached)
}

#[test]
fn nothing_is_lost_or_sent_twice_wherever_the_daemon_fails() {
    let cases = cases();
    let (next, reached) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (wrong, unreached) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    scope(|threads| {
        for _ in 0..SIDE_BY_SIDE {
            threads.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                    match run(case) {
                        Ok(true) => drop(reached.fetch_add(1, Ordering::SeqCst)),
                        Ok(false) => unreached
                            .lock()
                            .unwrap()
                            .push((case.place, case.what, case.time)),
                        Err(error) => wrong.lock().unwrap().push(error),
                    }
                }
            });
        }
    });
    let (wrong, unreached) = (wrong.into_inner().unwrap(), unreached.into_inner().unwrap());
    println!(
        "{} cases, {} of them came to their place; not reached: {unreached:?}",
        cases.len(),
        reached.load(Ordering::SeqCst)
    );
    assert!(
        wrong.is_empty(),
        "{} wrong: {}",
        wrong.len(),
        wrong.join("\n---\n")
    );
    // Each place is reached at least once in each way.
    assert!(
        unreached.iter().all(|(_, _, time)| *time > 1),
        "never reached: {unreached:?}"
    );
}

#[test]
fn a_loop_that_hangs_stops_telling_the_watchdog_and_a_new_start_goes_on() {
    use std::os::unix::net::UnixDatagram;
    let (programme, submission) = programme();
    let path = programme.config().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let daemon = programme.start_with(&[
        ("NOTIFY_SOCKET", path.as_os_str()),
        // The engine hangs with letters in hand.
        ("PAIRPOST_FAILPOINT", "letters-taken=hang@1".as_ref()),
    ]);
    daemon.wait_for_log("failpoint reached");
    // What it had said before may still be in the socket; after that, silence for longer than a turn of the loop.
    sleep(Duration::from_secs(1));
    socket.set_nonblocking(true).unwrap();
    let mut heard = [0; 1000];
    while socket.recv(&mut heard).is_ok() {}
    sleep(Duration::from_secs(8));
    let mut pinged = false;
    while let Ok(length) = socket.recv(&mut heard) {
        pinged |= String::from_utf8_lossy(&heard[..length]).contains("WATCHDOG=1");
    }
    assert!(!pinged, "it hangs, and tells the watchdog that all is well");
    // This is what systemd does then.
    daemon.kill();
    let mut daemon = programme.start_with(&[]);
    watch(&programme, &mut daemon, Duration::from_secs(60));
    assert!(is_settled(&programme), "{}", daemon.log());
    assert!(daemon.terminate().success());
    let to_people = submission
        .taken()
        .iter()
        .filter(|(to, _)| to.contains("@people.test"))
        .count();
    assert_eq!(to_people as i64, MESSAGES);
}
