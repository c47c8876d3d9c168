//! T10: mail that no person wrote never brings about mail without end. Two live instances and programs that answer every letter,
//! as badly as such programs do, are let loose on each other for a day.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{TimeDelta, TimeZone, Utc};
use pairpost::config;
use pairpost::daemon::Engine;
use pairpost::mail::inbound::{self, Context, Kind};
use pairpost::mail::outbound::Outcome;
use pairpost::programme::application::Form;
use pairpost::rehearsal::drive::keys_of;
use pairpost::store::Durability;
use pairpost::time::Moment;

use crate::support::letter::Letter;
use crate::support::sample_database;

fn now() -> Moment {
    // A Wednesday in the round of the sample database.
    Utc.with_ymd_and_hms(2027, 3, 17, 7, 0, 0).unwrap()
}

/// An instance at an address of its own, in the middle of a round.
fn instance(dir: &Path, address: &str, seed: u64) -> Engine {
    let mut config = config::built_in().on_maildirs(dir);
    config.settings.address = address.into();
    std::fs::create_dir_all(&config.state_dir).unwrap();
    sample_database::newest(&config.state_dir.join("pairpost.db"));
    let mut engine = Engine::open(config, keys_of(seed), Durability::Rehearsal).unwrap();
    engine.start(now()).unwrap();
    engine
}

/// What arrives, and when.
struct Arriving {
    at: Moment,
    to: String,
    bytes: Vec<u8>,
}

/// Answers as a vacation program of the worst kind does: to every letter, at once, with none of the headers by which machines know
/// a machine, and with a subject of its own.
fn out_of_office(owner: &str, letter: &Letter, number: usize, at: Moment) -> Arriving {
    let bytes = format!(
        "From: {owner}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: <{number}@bot.example>\r\n\
         In-Reply-To: <{id}>\r\nContent-Type: text/plain\r\n\r\n\
         Thank you for your message number {number}. I am not at my desk this week. Sara takes care of everything.\r\n",
        to = letter.reply_to,
        subject = match number % 3 {
            0 => format!("Re: {}", letter.subject),
            1 => "I am not at my desk".into(),
            _ => format!("Thank you ({number})"),
        },
        date = at.to_rfc2822(),
        id = letter.message_id,
    );
    Arriving {
        at: at + TimeDelta::minutes(1),
        to: letter.reply_to.clone(),
        bytes: bytes.into_bytes(),
    }
}

/// What the programme does by its plan, whoever writes.
const PLANNED: [&str; 3] = ["topic", "partner-away", "proposal"];

/// Letters of a day that answer something: (from, to) and how many; and when the last one left, in minutes.
type Answers = (BTreeMap<(String, String), u32>, i64);

/// A day of two instances, each a participant of the other. A participant and a stranger have such a program, and the
/// coordinator of both, if it is said.
fn a_day(coordinators_too: bool) -> Answers {
    let (one, other) = ("exchange@example.org", "other@example.net");
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut instances = [
        (one, instance(dirs[0].path(), one, 1)),
        (other, instance(dirs[1].path(), other, 2)),
    ];
    let coordinator = instances[0].1.config().settings.coordinators[0]
        .address
        .clone();
    let mut bots = vec!["anna@library.example", "desk@bot.example"];
    if coordinators_too {
        bots.push(&coordinator);
    }
    for (at, (_, engine)) in instances.iter().enumerate() {
        let partner = [other, one][at];
        let db = engine.store().reader();
        let changed = db
            .execute(
                "UPDATE person SET address = ?1, address_key = ?1 WHERE address = 'bilal@library.example'",
                [partner],
            )
            .unwrap();
        assert_eq!(changed, 1);
    }
    let mut arriving = Vec::new();
    let first = |from: &str, to: &str, number: usize| {
        Arriving {
        at: now(),
        to: to.to_string(),
        bytes: format!(
            "From: {from}\r\nTo: {to}\r\nSubject: Hello\r\nDate: {}\r\nMessage-ID: <first-{number}@x.example>\r\n\
             Content-Type: text/plain\r\n\r\nCan somebody tell me what happens next?\r\n",
            now().to_rfc2822()
        )
        .into_bytes(),
    }
    };
    for (number, to) in [one, other].into_iter().enumerate() {
        arriving.push(first(bots[0], to, number));
        arriving.push(first(bots[1], to, 10 + number));
    }
    arriving.push(first(one, other, 20));
    arriving.push(first(other, one, 21));

    let (mut letters, mut last) = (BTreeMap::new(), 0);
    let mut number = 0;
    for minute in 0..24 * 60 {
        let at = now() + TimeDelta::minutes(minute);
        let (ready, later): (Vec<_>, Vec<_>) = arriving.into_iter().partition(|it| it.at <= at);
        arriving = later;
        for message in ready {
            let (local, host) = message.to.split_once('@').unwrap();
            let to = format!("{}@{host}", local.split('+').next().unwrap());
            for (address, engine) in &mut instances {
                if *address == to {
                    let id = engine.record(None, &message.bytes, false, at).unwrap();
                    engine.handle_message(id, at).unwrap();
                }
            }
        }
        for (address, engine) in &mut instances {
            engine.handle_waiting(at, 100).unwrap();
            while engine.tick(at, 500).unwrap().handled > 0 {}
            for leaving in engine.take_paced(at, 100).unwrap() {
                let taken = Outcome::Accepted {
                    reply: "250 ok".into(),
                };
                engine.delivered(&leaving, &taken, at).unwrap();
                let to = leaving.envelope_to.to_lowercase();
                if !PLANNED.contains(&leaving.kind.as_str()) {
                    *letters
                        .entry((address.to_string(), to.clone()))
                        .or_default() += 1;
                    last = minute;
                }
                number += 1;
                if bots.contains(&to.as_str()) {
                    let letter = Letter::read(&leaving.bytes);
                    arriving.push(out_of_office(&to, &letter, number, at));
                } else {
                    arriving.push(Arriving {
                        at: at + TimeDelta::minutes(1),
                        to,
                        bytes: leaving.bytes,
                    });
                }
            }
        }
    }
    println!("answers within a day, the last after {last} minutes: {letters:?}");
    (letters, last)
}

#[test]
fn two_instances_and_programs_without_headers_end_within_a_day() {
    let (letters, _) = a_day(false);
    for from in ["exchange@example.org", "other@example.net"] {
        // Coordinators get what people write; that is what they are there for.
        let of_this = letters
            .iter()
            .filter(|((sender, to), _)| sender == from && !to.starts_with("ada.martin"));
        let mut all = 0;
        for ((_, to), count) in of_this {
            assert!(*count <= 3, "{from} wrote {count} answers to {to}");
            all += count;
        }
        assert!((3..=10).contains(&all), "{from}: {letters:?}");
    }
}

/// Each answer of the coordinator's program is one to a person, whose program answers it, and so on.
#[test]
fn a_coordinators_out_of_office_program_does_not_go_on_for_ever() {
    let (letters, last) = a_day(true);
    assert!(last < 60, "after {last} minutes: {letters:?}");
    for ((from, to), count) in &letters {
        let most = if to.starts_with("ada.martin") { 40 } else { 6 };
        assert!(*count <= most, "{from} wrote {count} letters to {to}");
    }
}

/// One line each: language, a header or `-`, subject, text.
const REPLIES: &str = include_str!("../mail/automatic.tsv");

#[test]
fn forty_five_automatic_replies_are_known_for_what_they_are_and_answered_by_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = instance(dir.path(), "exchange@example.org", 1);
    let letters = |engine: &Engine| -> i64 {
        let db = engine.store().reader();
        db.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))
            .unwrap()
    };
    let before = letters(&engine);
    let form = Form::default();
    let (mut replies, mut languages) = (0, std::collections::BTreeSet::new());
    for line in REPLIES.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [language, header, subject, text] = fields[..] else {
            panic!("four fields: {line}");
        };
        let header = match header {
            "-" => String::new(),
            header => format!("{header}\r\n"),
        };
        let raw = format!(
            "{header}From: Anna <anna@library.example>\r\nTo: exchange@example.org\r\nSubject: {subject}\r\nDate: {}\r\n\
             Message-ID: <{replies}@automatic.example>\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n",
            now().to_rfc2822()
        );
        let context = Context {
            form: &form,
            asked: None,
            own_address: "exchange@example.org",
            received: now(),
            language: "en",
        };
        let reading = inbound::read(raw.as_bytes(), &context);
        assert_eq!(reading.kind, Kind::Automatic, "{line}");
        let id = engine.record(None, raw.as_bytes(), false, now()).unwrap();
        engine.handle_message(id, now()).unwrap();
        assert_eq!(letters(&engine), before, "{line}");
        replies += 1;
        languages.insert(language.to_string());
    }
    assert_eq!(replies, 45);
    assert!(languages.len() >= 12, "{languages:?}");
}
