//! What a bad line to the mail server does (RELIABILITY F5, F6, F8, F25, F26): wherever a dialogue breaks off, it is known whether
//! the letter may have been taken, and each letter arrives once.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{TimeDelta, TimeZone, Utc};
use pairpost::config;
use pairpost::daemon::Engine;
use pairpost::daemon::sending::Trace;
use pairpost::mail::account::{Security, Server};
use pairpost::mail::outbound::smtp::{Patience, Smtp};
use pairpost::mail::outbound::transport::Phase;
use pairpost::mail::outbound::{Envelope, Outcome};
use pairpost::rehearsal::drive::keys_of;
use pairpost::store::Durability;
use pairpost::store::outbox::{DotMarks, Leaving};
use pairpost::time::Moment;

use crate::support::letter::message;
use crate::support::programme::{ADDRESS, Programme, effort, eventually};
use crate::support::proxy::{Line, Proxy};
use crate::support::scripted::Do::{Hear, HearLetter};
use crate::support::scripted::{Do, Scripted, say};
use crate::support::submission::Submission;

fn now() -> Moment {
    Utc.with_ymd_and_hms(2027, 3, 2, 9, 0, 0).unwrap()
}

fn client(port: u16) -> Smtp {
    client_with(port, Patience::default())
}

fn client_with(port: u16, patience: Patience) -> Smtp {
    let server = Server {
        host: "127.0.0.1".into(),
        port,
        security: Security::Plain,
        tls_ca_file: None,
        tls_name: None,
    };
    Smtp::with_patience(server, None, patience)
}

/// An engine with letters to send.
struct Sender {
    engine: Engine,
    marks: DotMarks,
    runtime: tokio::runtime::Runtime,
    at: Moment,
    letters: i64,
    _folder: tempfile::TempDir,
}

impl Sender {
    fn new() -> Sender {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config::built_in().on_maildirs(folder.path());
        config.settings.ceilings.letters_per_hour = u32::MAX;
        std::fs::create_dir_all(&config.state_dir).unwrap();
        let mut engine = Engine::open(config, keys_of(1), Durability::Rehearsal).unwrap();
        engine.start(now()).unwrap();
        let marks = DotMarks::open(engine.store().path()).unwrap();
        Sender {
            engine,
            marks,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
            at: now(),
            letters: 0,
            _folder: folder,
        }
    }

    /// One more letter to send; its number.
    fn order(&mut self) -> i64 {
        self.letters += 1;
        let id = self.letters;
        let bytes = format!(
            "From: exchange@example.org\r\nTo: p{id}@people.test\r\nSubject: Meet your partner\r\n\
             Message-ID: <m{id}@example.org>\r\n\r\nHello,\r\n.\r\n..and goodbye.\r\n"
        );
        let db = self.engine.store().reader();
        db.execute(
            "INSERT INTO outbox (id, key, kind, envelope_from, envelope_to, message_id, reference, subject, unprompted,
               cause, created_at, due_at)
             VALUES (?1, ?1, 'topic', 'b@example.org', 'p' || ?1 || '@people.test', 'm' || ?1 || '@example.org', ?1, '', 1,
               'test', ?2, ?2)",
            (id, self.at.timestamp()),
        )
        .unwrap();
        db.execute(
            "INSERT INTO outbox_bytes (letter_id, bytes) VALUES (?1, ?2)",
            (id, bytes.into_bytes()),
        )
        .unwrap();
        id
    }

    fn take(&mut self) -> Leaving {
        let mut letters = self.engine.take_letters(self.at, 10).unwrap();
        assert_eq!(letters.len(), 1);
        letters.remove(0)
    }

    /// One try over a fresh connection; whether the dot was marked.
    fn hand_over(&mut self, letter: &Leaving, port: u16) -> (Outcome, bool) {
        let envelope = Envelope {
            from: Some(letter.envelope_from.clone()),
            to: letter.envelope_to.clone(),
            copy_to: None,
        };
        let (mut dotted, at, marks) = (false, self.at, &mut self.marks);
        let mut smtp = client(port);
        let mut at_the_dot = |Phase::Dot| {
            dotted = true;
            marks.mark(letter.id, at).map_err(|error| error.to_string())
        };
        let delivering = smtp.deliver(&envelope, &letter.bytes, &mut at_the_dot);
        let outcome = self.runtime.block_on(delivering);
        self.engine.delivered(letter, &outcome, self.at).unwrap();
        (outcome, dotted)
    }

    fn state(&self, id: i64) -> String {
        self.engine
            .store()
            .reader()
            .query_row("SELECT state FROM outbox WHERE id = ?1", [id], |row| {
                row.get(0)
            })
            .unwrap()
    }
}

/// What was found out at the places where a dialogue was cut.
#[derive(Debug, Default)]
struct Found {
    positions: usize,
    certain: usize,
    unknown: usize,
    unknown_and_taken: usize,
    twice: usize,
}

/// Cuts at each position of one direction. `careful` is the program as it is; without it, whatever is not known to be taken is
/// sent again at once.
fn cut_everywhere(upwards: bool, careful: bool) -> Found {
    let submission = Submission::start(Duration::ZERO, None, Duration::ZERO);
    let address: SocketAddr = ([127, 0, 0, 1], submission.port).into();
    let proxy = Proxy::to(address);
    let mut sender = Sender::new();
    // The whole length, by one letter that is not cut.
    sender.order();
    let whole = sender.take();
    let (outcome, _) = sender.hand_over(&whole, proxy.port);
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    let (up, down) = proxy.carried();
    // The goodbye is none of the letter's business; numbers of letters grow by a few digits.
    let length = if upwards { up + 12 } else { down };
    let arrived = |id: i64| {
        let name = format!("<p{id}@people.test>");
        submission
            .taken()
            .iter()
            .filter(|(to, _)| to.contains(&name))
            .count()
    };
    let mut found = Found::default();
    for position in 1..length {
        found.positions += 1;
        let id = sender.order();
        proxy.becomes(match upwards {
            true => Line {
                cut_up: Some(position),
                ..Line::default()
            },
            false => Line {
                cut_down: Some(position),
                ..Line::default()
            },
        });
        let letter = sender.take();
        let (outcome, dotted) = sender.hand_over(&letter, proxy.port);
        proxy.becomes(Line::default());
        let case = format!("cut at {position}, upwards {upwards}: {outcome:?}");
        match &outcome {
            Outcome::Accepted { .. } => {
                assert_eq!(arrived(id), 1, "{case}");
                continue;
            }
            Outcome::Temporary { .. } => {
                assert!(!dotted, "{case}");
                found.certain += 1;
                // A server thread may still be at work; it must come to nothing.
                std::thread::sleep(Duration::from_millis(1));
                assert_eq!(arrived(id), 0, "{case}: certain, and yet taken");
                sender.at += TimeDelta::minutes(5);
            }
            Outcome::Unknown { .. } => {
                assert!(dotted, "{case}");
                found.unknown += 1;
                // What the server does with what it got, it has done by the time of the first look.
                std::thread::sleep(Duration::from_millis(20));
                found.unknown_and_taken += arrived(id);
                sender.at += TimeDelta::minutes(3);
                let (unknown, _) = sender.engine.to_look_for(sender.at).unwrap();
                assert_eq!(unknown.len(), 1, "{case}");
                let trace = match arrived(id) {
                    1 if careful => Trace::Found("the server has it".into()),
                    _ => Trace::CertainlyNone,
                };
                sender
                    .engine
                    .looked_for(&unknown[0], &trace, sender.at)
                    .unwrap();
            }
            Outcome::Permanent { .. } => panic!("{case}"),
        }
        if sender.state(id) == "queued" {
            let letter = sender.take();
            let (outcome, _) = sender.hand_over(&letter, proxy.port);
            assert!(
                matches!(outcome, Outcome::Accepted { .. }),
                "{case}, then {outcome:?}"
            );
        }
        assert_eq!(sender.state(id), "sent", "{case}");
        match arrived(id) {
            1 => {}
            2 if !careful => found.twice += 1,
            copies => panic!("{case}: arrived {copies} times"),
        }
    }
    found
}

#[test]
fn wherever_a_dialogue_is_cut_the_letter_arrives_once() {
    for upwards in [true, false] {
        let found = cut_everywhere(upwards, true);
        println!("cut upwards {upwards}: {found:?}");
        assert!(found.positions >= if upwards { 200 } else { 70 });
        assert!(found.certain > 50, "{found:?}");
        assert_eq!(found.twice, 0);
        if upwards {
            assert!(found.unknown > 0, "{found:?}");
        } else {
            assert!(found.unknown_and_taken > 5, "{found:?}");
        }
    }
}

/// The control: where what is unknown is sent again without looking, letters come twice.
#[test]
fn sending_again_what_is_unknown_would_bring_letters_twice() {
    let found = cut_everywhere(false, false);
    println!("without looking: {found:?}");
    assert!(found.twice > 5, "{found:?}");
}

#[test]
fn an_answer_to_the_dot_is_waited_for_as_long_as_servers_may_take() {
    let default = Patience::default();
    assert!(
        default.dot >= Duration::from_secs(600),
        "RFC 5321 section 4.5.3.2.6"
    );
    // Everything a hundred times as quick: the letter is given six seconds.
    let patience = Patience {
        dot: default.dot / 100,
        body: default.body / 100,
        ..default
    };
    for (seconds, in_time) in [(1, true), (59, true), (61, true), (540, true), (660, false)] {
        let wait = Duration::from_secs(seconds) / 100;
        let submission = Submission::start(wait, None, Duration::ZERO);
        let mut sender = Sender::new();
        let id = sender.order();
        let letter = sender.take();
        let envelope = Envelope {
            from: None,
            to: letter.envelope_to.clone(),
            copy_to: None,
        };
        let mut smtp = client_with(submission.port, patience.clone());
        let outcome = sender
            .runtime
            .block_on(smtp.deliver(&envelope, &letter.bytes, &mut |_| Ok(())));
        assert_eq!(
            matches!(outcome, Outcome::Accepted { .. }),
            in_time,
            "{seconds} s: {outcome:?}"
        );
        assert!(
            in_time || matches!(outcome, Outcome::Unknown { .. }),
            "{outcome:?}"
        );
        sender.engine.delivered(&letter, &outcome, now()).unwrap();
        assert_eq!(sender.state(id), if in_time { "sent" } else { "unknown" });
        assert_eq!(submission.taken().len(), 1);
    }
}

/// The same with the daemon and a real minute: many clients give up after sixty seconds and send again.
#[test]
fn a_server_that_takes_70_seconds_to_answer_gets_the_letter_once() {
    let submission = Submission::start(Duration::from_secs(70), None, Duration::ZERO);
    let programme = Programme::on_maildirs();
    programme.send_by("127.0.0.1", submission.port, "");
    let hello = message(
        "anna@people.test",
        ADDRESS,
        "Hello",
        "",
        "Can I take part?\r\n",
    );
    pairpost::mail::inbound::maildir::deliver(&programme.mailbox(), &hello, true, None).unwrap();
    let daemon = programme.run();
    eventually("the server has the letter", || {
        (!submission.taken().is_empty()).then_some(())
    });
    std::thread::sleep(Duration::from_secs(65));
    eventually("its answer was heard", || {
        (programme.count("SELECT count(*) FROM outbox WHERE state = 'sent'") == 1).then_some(())
    });
    assert_eq!(submission.taken().len(), 1);
    assert_eq!(programme.count("SELECT sum(unknown_ends) FROM outbox"), 0);
    assert!(daemon.terminate().success());
}

#[test]
fn a_letter_with_a_copy_to_ourselves_is_never_sent_half() {
    let hello = [say("220 fake"), Hear("EHLO"), say("250 8BITMIME")];
    // What the server says to the reader's address and to ours, and whether the letter goes.
    let cases: [(&str, &str, bool); 6] = [
        ("250 ok", "450 4.2.1 later", true),
        ("250 ok", "550 5.1.1 never", true),
        ("250 ok", "421 4.3.2 closing", false),
        ("450 4.2.1 later", "", false),
        ("550 5.1.1 never", "", false),
        ("421 4.3.2 closing", "", false),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for (reader, ours, goes) in cases {
        let mut script: Vec<Do> = hello.to_vec();
        script.extend([
            Hear("MAIL FROM"),
            say("250 ok"),
            Hear("p1@people.test"),
            say(reader),
        ]);
        if reader.starts_with('2') {
            script.extend([Hear("exchange@example.org"), say(ours)]);
        }
        if goes {
            script.extend([Hear("DATA"), say("354 go"), HearLetter, say("250 taken")]);
        } else {
            script.extend([Hear("RSET"), say("250 ok")]);
        }
        let server = Scripted::new(vec![script]);
        let envelope = Envelope {
            from: Some("exchange@example.org".into()),
            to: "p1@people.test".into(),
            copy_to: Some("exchange@example.org".into()),
        };
        let mut smtp =
            Smtp::with_patience(server.server(Security::Plain), None, Patience::default());
        let outcome = runtime.block_on(smtp.deliver(
            &envelope,
            b"From: a@b.test\r\n\r\nHello\r\n",
            &mut |_| Ok(()),
        ));
        let heard = server.heard();
        let letters = heard.iter().filter(|line| line.contains("Hello")).count();
        assert_eq!(letters, usize::from(goes), "{reader} {ours}: {heard:?}");
        let right = match (goes, reader) {
            (true, _) => matches!(outcome, Outcome::Accepted { .. }),
            (_, "550 5.1.1 never") => matches!(outcome, Outcome::Permanent { .. }),
            _ => matches!(outcome, Outcome::Temporary { .. }),
        };
        assert!(right, "{reader} {ours}: {outcome:?}");
    }
}

/// A copy that comes back to us proves that a letter of unknown end was taken.
#[test]
fn our_own_copy_tells_that_an_introduction_was_taken() {
    let mut sender = Sender::new();
    let id = sender.order();
    let letter = sender.take();
    sender.marks.mark(letter.id, now()).unwrap();
    let silence = Outcome::Unknown {
        text: "no answer in time".into(),
    };
    sender.engine.delivered(&letter, &silence, now()).unwrap();
    assert_eq!(sender.state(id), "unknown");
    sender
        .engine
        .receive(
            None,
            &letter.bytes,
            false,
            None,
            now() + TimeDelta::minutes(1),
        )
        .unwrap();
    assert_eq!(sender.state(id), "sent");
    let answers: i64 = sender
        .engine
        .store()
        .reader()
        .query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))
        .unwrap();
    assert_eq!(answers, 1, "nobody answers our own letter");
}

#[test]
fn over_a_slow_line_that_breaks_again_and_again_all_letters_arrive_once() {
    let letters = i64::from(effort(24, 300));
    let programme = Programme::on_maildirs();
    let queue = programme.config().join("taken");
    std::fs::write(&queue, "").unwrap();
    let submission = Submission::start_noting(&queue);
    let proxy = Proxy::to(([127, 0, 0, 1], submission.port).into());
    programme.send_by(
        "127.0.0.1",
        proxy.port,
        &format!("queue_command = [\"cat\", \"{}\"]", queue.display()),
    );
    for number in 0..letters {
        let from = format!("p{number}@people.test");
        let hello = message(&from, ADDRESS, "Hello", "", "Can I take part?\r\n");
        pairpost::mail::inbound::maildir::deliver(&programme.mailbox(), &hello, true, None)
            .unwrap();
    }
    let all_sent = || {
        programme.count("SELECT count(*) FROM outbox WHERE kind = 'form' AND state = 'sent'")
            == letters
    };
    // Nothing more can happen in this turn: what has not left waits for a later minute.
    let waits = |now: Moment| {
        programme.count(&format!(
            "SELECT (SELECT count(*) FROM outbox WHERE kind = 'form') = {letters} AND NOT EXISTS (
               SELECT 1 FROM outbox WHERE state IN ('sending', 'dot') OR state = 'queued' AND due_at <= {0}
               OR state = 'unknown' AND look_at <= {0})",
            now.timestamp()
        )) == 1
    };
    // A line of 100 kB/s that is slow to answer and breaks at another place each time. Each start is three minutes later, so that
    // what waited for another try, or to be looked for, has waited long enough.
    let mut breaks = 0;
    for turn in 0..60 {
        let breaks_at = 2_000 + (turn * 7_919) % 30_000;
        let is_cut = turn % 5 < 2;
        breaks += u32::from(is_cut);
        proxy.becomes(Line {
            cut_up: is_cut.then_some(breaks_at),
            cut_down: None,
            rate: Some(100_000),
            latency: Duration::from_millis(20),
        });
        let later = TimeDelta::minutes(3 * turn as i64);
        let daemon = programme.run_at(Utc::now() + later);
        for _ in 0..30 {
            if all_sent() || waits(Utc::now() + later) {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(daemon.terminate().success());
        if all_sent() {
            break;
        }
    }
    assert!(all_sent(), "{}", programme.log());
    let mut to: Vec<String> = submission
        .taken()
        .into_iter()
        .map(|(to, _)| to)
        .filter(|to| to.contains("@people.test"))
        .collect();
    let (all, unknown) = (
        to.len(),
        programme.count("SELECT sum(unknown_ends) FROM outbox"),
    );
    to.sort();
    to.dedup();
    println!("{all} letters over {breaks} broken connections, {unknown} of unknown end");
    assert_eq!((to.len() as i64, all as i64), (letters, letters));
}

#[test]
fn servers_without_a_name_or_with_another_ones_name_are_tried_again_and_nothing_is_lost() {
    let programme = Programme::on_maildirs();
    let submission = Submission::start(Duration::ZERO, None, Duration::ZERO);
    let hello = message(
        "anna@people.test",
        ADDRESS,
        "Hello",
        "",
        "Can I take part?\r\n",
    );
    pairpost::mail::inbound::maildir::deliver(&programme.mailbox(), &hello, true, None).unwrap();
    // Names that lead nowhere, or to a server that is not there or is another one.
    let mut wrong = 0;
    for (host, port, more) in [
        ("no-such-host.invalid", 25, "tls"),
        ("mail.example.invalid", 465, "tls"),
        ("localhost", 1, "plain"),
        ("localhost", submission.port, "tls"),
        ("localhost", submission.port, "starttls"),
    ] {
        programme.send_by(
            host,
            port,
            "user = \"bot\"\npassword_environment = \"HOME\"",
        );
        programme.edit(
            "pairpost.toml",
            &[("security = \"plain\"", &format!("security = \"{more}\""))],
        );
        let daemon = programme.run();
        eventually("it says that it cannot send", || {
            (daemon.has_logged("the mail server cannot be reached")
                || daemon.has_logged("the mail server cannot be used"))
            .then_some(())
        });
        assert!(
            daemon.terminate().success(),
            "{host}: it goes on until it is told to stop"
        );
        assert_eq!(submission.taken(), [], "{host}");
        assert_eq!(
            programme.count("SELECT count(*) FROM outbox WHERE state = 'queued' AND attempts = 0"),
            1,
            "{host}: the letter waits, and is charged with nothing"
        );
        wrong += 1;
    }
    programme.send_by("127.0.0.1", submission.port, "");
    let daemon = programme.run();
    eventually("the letter has left", || {
        (submission.taken().len() == 1).then_some(())
    });
    println!("{wrong} wrong servers, 1 letter, sent once");
    assert!(daemon.terminate().success());
}
