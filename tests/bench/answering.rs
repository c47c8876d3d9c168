//! How long a message waits for its answer while a fortnight's topic is worked out for very many people:
//! `cargo bench --bench answering -- 100000 200`, people and messages (the defaults).
//!
//! The database is filled by SQL with people in pairs, in the middle of a round, and a topic for each falls due at the same
//! moment. Then the engine does what the daemon asks of it, in turn: a batch of what is due, a batch of letters taken and
//! written down as sent, and all messages that have arrived meanwhile. They arrive evenly, one every tenth of a second by the
//! clock; each says "stop", and must have its answer in the outbox when its delay is taken. Commits wait for the disk, as
//! in the daemon. Printed are the delays, and how long the longest batch of each sort took.

use std::time::{Duration, Instant};

use chrono::{TimeZone, Utc};
use pairpost::config;
use pairpost::daemon::Engine;
use pairpost::mail::outbound::Outcome;
use pairpost::rehearsal::drive::keys_of;
use pairpost::store::Durability;

/// As many as the daemon takes at a time.
const OCCASIONS: u32 = 200;
const LETTERS: u32 = 10;
/// Messages arrive this long after one another.
const EVERY: Duration = Duration::from_millis(100);

const FILL: &str = "
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)
    INSERT INTO person (id, address, address_key, name, language, zone, created_at)
      SELECT n, 'p' || n || '@host' || (n % 40) || '.test', 'p' || n || '@host' || (n % 40) || '.test', 'Person ' || n, 'en',
        'Europe/Madrid', 1801645215 FROM number;
    INSERT INTO application (id, person_id, round, state, answers, arrived_at, confirmed_at)
      SELECT id, id, '2027A', 'paired', json_object('name', name, 'country', iif(id % 2, 'IN', 'ES'), 'languages',
        json_array('en'), 'place', 'Town', 'sector', 'archive', 'stage', 'new', 'promise', json('true'), 'about',
        'I am the only librarian of a school, and I read far too many novels.'), 1801645215, 1801645215 FROM person;
    INSERT INTO partnership (id, round, state, first_writer, score, created_at, started_on)
      SELECT id / 2, '2027A', 'active', id, 200, 1803682800, '2027-03-02' FROM person WHERE id % 2 = 0;
    INSERT INTO member (partnership_id, person_id, application_id, last_sign)
      SELECT (id + 1) / 2, id, id, 1804822200 FROM person;
    INSERT INTO occasion (key, what, due_at, rank)
      SELECT 'topic/' || ((id + 1) / 2) || '/' || id || '/2', json_object('kind', 'topic', 'person', id, 'partnership',
        (id + 1) / 2, 'number', 2), ?2, 4 FROM person;";

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|it| it.parse().ok());
    let people: usize = numbers.next().unwrap_or(100_000);
    let people = people + people % 2;
    let messages: usize = numbers.next().unwrap_or(200);
    let folder = tempfile::tempdir().expect("a folder");
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/config/examples/iln");
    let mut config = config::load(example.as_ref())
        .unwrap_or_else(|problems| panic!("{problems:?}"))
        .on_maildirs(folder.path());
    // How fast a mail server may be given letters is not what is measured.
    let ceilings = &mut config.settings.ceilings;
    ceilings.letters_per_hour = u32::MAX;
    ceilings.letters_per_minute = u32::MAX;
    ceilings.letters_per_domain_per_minute = u32::MAX;
    std::fs::create_dir_all(&config.state_dir).expect("a state folder");
    let now = Utc
        .with_ymd_and_hms(2027, 3, 16, 9, 0, 0)
        .single()
        .expect("a moment");
    let mut engine = Engine::open(config, keys_of(1), Durability::Full).expect("an engine");
    engine.start(now).expect("a start");
    fill(&engine, people, now.timestamp());

    let accepted = Outcome::Accepted {
        reply: "250 ok".into(),
    };
    let mut delays = Vec::with_capacity(messages);
    let (mut ticks, mut takes, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    let (mut worked_out, mut left) = (0, 0);
    let began = Instant::now();
    while delays.len() < messages {
        let at = Instant::now();
        worked_out += engine.tick(now, OCCASIONS).expect("a tick").handled;
        ticks.push(at.elapsed());
        let at = Instant::now();
        let leaving = engine.take_paced(now, LETTERS).expect("letters");
        takes.push(at.elapsed());
        left += leaving.len();
        let done = leaving.iter().map(|letter| (letter, &accepted));
        engine.all_delivered(done, now).expect("their ends");
        let arrived = (began.elapsed().as_nanos() / EVERY.as_nanos()) as usize;
        for number in delays.len()..arrived.min(messages) {
            let at = Instant::now();
            answered(&mut engine, number, people, now);
            reads.push(at.elapsed());
            delays.push(began.elapsed().saturating_sub(EVERY * number as u32));
        }
    }
    println!(
        "{people} people; in {:.1} s {worked_out} occasions, {left} letters left, {messages} messages answered",
        began.elapsed().as_secs_f64()
    );
    for (what, times) in [
        ("arrival to answer in the outbox", &mut delays),
        ("a batch of what is due", &mut ticks),
        ("choosing ten letters", &mut takes),
        ("one message", &mut reads),
    ] {
        times.sort();
        let at = |percent: usize| {
            let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
            times.get(index).map_or(0.0, |it| it.as_secs_f64() * 1000.0)
        };
        println!(
            "{what:32} p50 {:8.1} ms  p99 {:8.1} ms  most {:8.1} ms",
            at(50),
            at(99),
            at(100)
        );
    }
}

fn fill(engine: &Engine, people: usize, now: i64) {
    let db = engine.store().reader();
    db.execute_batch("BEGIN; DELETE FROM occasion;")
        .expect("a database");
    for step in FILL.split_inclusive(';') {
        let mut step = db.prepare(step).expect("a step");
        let values = [people as i64, now];
        match step.parameter_count() {
            0 => step.execute([]),
            1 => step.execute([values[0]]),
            _ => {
                step.raw_bind_parameter(2, now).expect("a value");
                step.raw_execute()
            }
        }
        .expect("rows");
    }
    db.execute_batch("COMMIT").expect("a commit");
}

/// The message of somebody who has had enough. It must have an answer in the outbox afterwards.
fn answered(engine: &mut Engine, number: usize, people: usize, now: pairpost::time::Moment) {
    let person = (number * 37) % people + 1;
    let to = engine.config().settings.address.clone();
    let raw = format!(
        "From: Person {person} <p{person}@host{}.test>\r\nTo: {to}\r\nSubject: stop\r\n\
         Date: Tue, 16 Mar 2027 09:00:00 +0000\r\nMessage-ID: <{number}@host.test>\r\n\r\nstop\r\n",
        person % 40
    );
    let letters = |engine: &Engine| -> i64 {
        engine
            .store()
            .reader()
            .query_row("SELECT max(id) FROM outbox", [], |row| row.get(0))
            .unwrap_or(0)
    };
    let before = letters(engine);
    engine
        .receive(None, raw.as_bytes(), false, None, now)
        .expect("the message is taken");
    assert!(letters(engine) > before, "message {number} has no answer");
}
