//! What keeps a defect, a loop or a provider's limit from doing harm: the ceilings on what leaves, and the guard that asks
//! before it lets out more letters than there can be a reason for (RELIABILITY F22, F30, T10).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{TimeDelta, TimeZone, Utc};
use pairpost::config::{self, Config};
use pairpost::daemon::Engine;
use pairpost::mail::outbound::Outcome;
use pairpost::programme::event::{Authority, Command, CommandKind};
use pairpost::rehearsal::drive::keys_of;
use pairpost::store::Durability;
use pairpost::time::Moment;

const PEOPLE: i64 = 1162;
const WORDS: &str = "brakes";

fn now() -> Moment {
    Utc.with_ymd_and_hms(2027, 3, 2, 9, 0, 0).unwrap()
}

/// A programme whose pace in a minute does not matter.
fn quick(dir: &std::path::Path) -> Config {
    let mut config = config::built_in().on_maildirs(dir);
    config.settings.ceilings.letters_per_minute = u32::MAX;
    config.settings.ceilings.letters_per_domain_per_minute = u32::MAX;
    std::fs::create_dir_all(&config.state_dir).unwrap();
    config
}

fn opened(config: Config) -> Engine {
    let mut engine = Engine::open(config, keys_of(1), Durability::Rehearsal).unwrap();
    engine.start(now()).unwrap();
    engine
        .store()
        .reader()
        .execute_batch("DELETE FROM occasion")
        .unwrap();
    engine
}

fn people(engine: &Engine, count: i64) {
    let db = engine.store().reader();
    for id in 1..=count {
        db.execute(
            "INSERT INTO person (id, address, address_key, name, language, created_at)
             VALUES (?1, 'p' || ?1 || '@host' || (?1 % 40) || '.test', 'p' || ?1, 'P', 'en', 0)",
            [id],
        )
        .unwrap();
    }
}

/// A letter to a person, as an event would have ordered it.
fn letter(engine: &Engine, kind: &str, person: i64, partnership: i64, occurrence: &str) {
    let db = engine.store().reader();
    db.execute(
        "INSERT INTO outbox (key, kind, person_id, about, envelope_from, envelope_to, message_id, reference, subject,
           unprompted, cause, created_at, due_at)
         VALUES (?1 || '/' || ?2 || '/' || ?4, ?1, ?2, json_object('partnership', ?3), 'exchange@example.org',
           'p' || ?2 || '@host' || (?2 % 40) || '.test', ?1 || ?2 || ?4, ?1 || ?2 || ?4, ?5, 1, 'test', ?6, ?6)",
        (kind, person, partnership, occurrence, WORDS, now().timestamp()),
    )
    .unwrap();
    db.execute(
        "INSERT INTO outbox_bytes (letter_id, bytes) VALUES (last_insert_rowid(), x'0d0a')",
        [],
    )
    .unwrap();
}

fn accepted() -> Outcome {
    Outcome::Accepted {
        reply: "250 ok".into(),
    }
}

/// Lets everything leave that may, looking every ten minutes; what left in which day's window, by partnership.
fn windows(engine: &mut Engine) -> Vec<Vec<(i64, String)>> {
    let mut windows: Vec<Vec<(i64, String)>> = Vec::new();
    let (mut at, mut begun) = (now(), None::<Moment>);
    while at < now() + TimeDelta::days(10) {
        let letters = engine.take_paced(at, 10).unwrap();
        if letters.is_empty() {
            at += TimeDelta::minutes(10);
            continue;
        }
        if begun.is_none_or(|begun| at - begun >= TimeDelta::hours(24)) {
            begun = Some(at);
            windows.push(Vec::new());
        }
        for leaving in letters {
            let partnership = (leaving.person.unwrap().0 + 1) / 2;
            windows
                .last_mut()
                .unwrap()
                .push((partnership, leaving.kind.clone()));
            engine.delivered(&leaving, &accepted(), at).unwrap();
        }
    }
    windows
}

/// Partnerships of which one is introduced in one window and the other in another.
fn split(windows: &[Vec<(i64, String)>]) -> usize {
    let mut seen: BTreeMap<i64, BTreeSet<usize>> = BTreeMap::new();
    for (number, window) in windows.iter().enumerate() {
        for (partnership, kind) in window {
            if kind == "introduction" {
                seen.entry(*partnership).or_default().insert(number);
            }
        }
    }
    seen.values().filter(|windows| windows.len() > 1).count()
}

/// Everybody is to be introduced under a limit of 499 letters a day: an odd number, so that the limit itself would cut a
/// pair in two.
fn with_introductions(dir: &std::path::Path) -> Engine {
    let mut config = quick(dir);
    config.settings.ceilings.letters_per_day = Some(499);
    let engine = opened(config);
    people(&engine, PEOPLE);
    for person in 1..=PEOPLE {
        letter(&engine, "introduction", person, (person + 1) / 2, "1");
    }
    engine
}

#[test]
fn a_daily_limit_of_500_takes_three_windows_for_1162_introductions_and_splits_no_pair() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = with_introductions(dir.path());
    let found = windows(&mut engine);
    let sizes: Vec<usize> = found.iter().map(Vec::len).collect();
    println!(
        "{sizes:?} letters in {} windows, {} pairs split",
        found.len(),
        split(&found)
    );
    assert_eq!(sizes, [498, 498, 166]);
    assert_eq!(split(&found), 0);
}

/// The control: where letters are not known to belong together, the same limit cuts pairs in two.
#[test]
fn without_knowing_of_pairs_a_daily_limit_would_split_some() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = with_introductions(dir.path());
    engine
        .store()
        .reader()
        .execute_batch("UPDATE outbox SET about = '{}'")
        .unwrap();
    let found = windows(&mut engine);
    println!("{} pairs split", split(&found));
    assert!(split(&found) > 0);
}

#[test]
fn what_matters_most_leaves_first_where_not_all_can_leave() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = quick(dir.path());
    config.settings.ceilings.letters_per_day = Some(10);
    let mut engine = opened(config);
    people(&engine, 40);
    // Ordered in the opposite sequence.
    for (number, kind) in [
        "digest",
        "survey",
        "check-in",
        "introduction",
        "accepted",
        "confirm",
    ]
    .into_iter()
    .enumerate()
    {
        for person in 1..=4 {
            let person = person + 4 * number as i64;
            letter(&engine, kind, person, (person + 1) / 2, "1");
        }
    }
    let order: Vec<String> = windows(&mut engine)
        .concat()
        .into_iter()
        .map(|(_, kind)| kind)
        .collect();
    let kinds: Vec<&str> = order
        .chunk_by(|a, b| a == b)
        .map(|run| run[0].as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "confirm",
            "accepted",
            "introduction",
            "check-in",
            "survey",
            "digest"
        ]
    );
    assert_eq!(order.len(), 24);
}

/// Ten times as many letters as there are people: what a defect in a plan would order.
fn ten_times_too_many(engine: &Engine) {
    people(engine, PEOPLE);
    for occurrence in 0..10 {
        for person in 1..=PEOPLE {
            letter(engine, "topic", person, 1, &occurrence.to_string());
        }
    }
}

#[test]
fn a_plan_that_orders_ten_times_too_many_letters_sends_none_and_asks_a_coordinator() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = opened(quick(dir.path()));
    ten_times_too_many(&engine);
    let mut left = Vec::new();
    for minutes in 0..60 {
        let at = now() + TimeDelta::minutes(minutes);
        for leaving in engine.take_paced(at, 10).unwrap() {
            engine.delivered(&leaving, &accepted(), at).unwrap();
            left.push((leaving.kind, leaving.envelope_to));
        }
    }
    let coordinator = engine.config().settings.coordinators[0].address.clone();
    assert_eq!(left, [("notice".to_string(), coordinator.clone())]);
    println!("{} letters planned, 0 of them sent", 10 * PEOPLE);
    // A coordinator has looked, and says so.
    let resume = Command {
        by: coordinator,
        inbox: None,
        what: CommandKind::ResumeProgramme,
        authority: Authority::Machine,
    };
    let later = now() + TimeDelta::hours(1);
    engine.command(resume, later).unwrap();
    let leaving = engine.take_paced(later, 10).unwrap();
    assert!(
        leaving.iter().all(|letter| letter.kind == "topic"),
        "{leaving:?}"
    );
    assert_eq!(leaving.len(), 10);
}

/// The control: without the guard they would go out.
#[test]
fn without_the_guard_ten_times_too_many_letters_would_leave() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = opened(quick(dir.path()));
    ten_times_too_many(&engine);
    // The way of rehearsals, which has no guard.
    let leaving = engine.take_letters(now(), 1000).unwrap();
    println!("{} would have left at once", leaving.len());
    assert_eq!(leaving.len(), 1000);
}

#[test]
fn a_letter_for_each_is_no_runaway() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = opened(quick(dir.path()));
    people(&engine, PEOPLE);
    for person in 1..=PEOPLE {
        letter(&engine, "topic", person, 1, "1");
    }
    assert_eq!(engine.take_paced(now(), 10).unwrap().len(), 10);
}

#[test]
fn one_address_gets_thirty_letters_a_day_at_most_and_the_others_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = opened(quick(dir.path()));
    people(&engine, 100);
    for occurrence in 0..40 {
        letter(&engine, "accepted", 1, 1, &occurrence.to_string());
    }
    letter(&engine, "accepted", 2, 1, "1");
    engine
        .store()
        .reader()
        .execute_batch("UPDATE outbox SET unprompted = 0")
        .unwrap();
    let mut sent = BTreeMap::new();
    for round in 0..20 {
        let at = now() + TimeDelta::minutes(round);
        for leaving in engine.take_paced(at, 5).unwrap() {
            engine.delivered(&leaving, &accepted(), at).unwrap();
            *sent.entry(leaving.person.unwrap().0).or_insert(0) += 1;
        }
    }
    assert_eq!(sent, BTreeMap::from([(1, 30), (2, 1)]));
    let tomorrow = now() + TimeDelta::days(1) + TimeDelta::hours(1);
    assert_eq!(engine.take_paced(tomorrow, 50).unwrap().len(), 10);
}

#[test]
fn letters_that_may_not_leave_yet_hold_up_none_behind_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = quick(dir.path());
    config.settings.ceilings.letters_per_hour = u32::MAX;
    let mut engine = opened(config);
    people(&engine, 3000);
    // More than are looked at first, all for one reader, who may get thirty of them.
    for occurrence in 0..1500 {
        letter(&engine, "accepted", 1, 1, &occurrence.to_string());
    }
    letter(&engine, "accepted", 2, 1, "1");
    letter(&engine, "topic", 3, 1, "1");
    let leaving = engine.take_paced(now(), 100).unwrap();
    let to = |person: i64| {
        let of = |it: &&pairpost::store::outbox::Leaving| it.person.unwrap().0 == person;
        leaving.iter().filter(of).count()
    };
    assert_eq!((to(1), to(2), to(3), leaving.len()), (30, 1, 1, 32));
    // An answer goes before what told more people first, however many of those wait.
    for person in 4..=1004 {
        letter(&engine, "topic", person, 1, "1");
    }
    letter(&engine, "stopped", 2000, 1, "1");
    let leaving = engine.take_paced(now(), 10).unwrap();
    let kinds: Vec<&str> = leaving.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds[0], "stopped", "{kinds:?}");
    assert_eq!(kinds.len(), 10);
}

#[test]
fn a_host_gets_two_letters_in_the_first_minute_and_ten_when_it_takes_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = quick(dir.path());
    config.settings.ceilings.letters_per_domain_per_minute = 10;
    let mut engine = opened(config);
    people(&engine, 4000);
    for number in 1..=60 {
        letter(&engine, "topic", number * 40, 1, "1");
    }
    let mut by_minute = Vec::new();
    for minute in 0..8 {
        let at = now() + TimeDelta::minutes(minute);
        let leaving = engine.take_paced(at, 100).unwrap();
        by_minute.push(leaving.len());
        for letter in leaving {
            engine.delivered(&letter, &accepted(), at).unwrap();
        }
    }
    assert_eq!(by_minute, [2, 4, 8, 10, 10, 10, 10, 6]);
}

#[test]
fn a_server_that_asks_for_less_gets_half_for_an_hour_and_a_used_up_quota_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = quick(dir.path());
    config.settings.ceilings.letters_per_minute = 20;
    let mut engine = opened(config);
    people(&engine, 2000);
    for person in 1..=1000 {
        letter(&engine, "topic", person, 1, "1");
    }
    let mut sends = |minute: i64, outcome: &Outcome| {
        let at = now() + TimeDelta::minutes(minute);
        let leaving = engine.take_paced(at, 100).unwrap();
        for letter in &leaving {
            engine.delivered(letter, outcome, at).unwrap();
        }
        leaving.len()
    };
    assert_eq!(sends(0, &accepted()), 20);
    let busy = Outcome::Temporary {
        code: Some(421),
        text: "4.7.0 try again later".into(),
    };
    assert_eq!(sends(1, &busy), 20);
    assert_eq!(sends(2, &accepted()), 10);
    assert_eq!(sends(60, &accepted()), 10);
    assert_eq!(sends(62, &accepted()), 20);
    let used_up = Outcome::Temporary {
        code: Some(550),
        text: "5.4.5 Daily user sending limit exceeded".into(),
    };
    assert_eq!(sends(70, &used_up), 20);
    assert_eq!(sends(71, &accepted()), 0);
    assert_eq!(sends(129, &accepted()), 0);
    assert!(sends(131, &accepted()) > 0);
}

mod with_servers {
    use std::time::Duration;

    use crate::support::letter::message;
    use crate::support::mailserver::MailServer;
    use crate::support::programme::{Programme, eventually};

    /// Two programmes on real servers, each of which takes the other for somebody who wants to take part.
    #[test]
    fn two_programmes_that_write_to_each_other_stop_after_one_hop() {
        let server = MailServer::shared();
        let (one, other) = ("loop-one@org.test", "loop-other@org.test");
        let (first, second) = (Programme::on(&server, one), Programme::on(&server, other));
        let daemons = [first.run(), second.run()];
        let hello = message(other, one, "Hello", "", "How can I take part?\r\n");
        server.put(one, [hello]);
        eventually("the form letter has been read by the other", || {
            (server.files(other, "Processed").len() == 1).then_some(())
        });
        // Nothing comes back, however long one waits; a few turns of both loops are enough to see it.
        std::thread::sleep(Duration::from_secs(8));
        let sent = |programme: &Programme| {
            programme.count("SELECT count(*) FROM outbox WHERE person_id IS NOT NULL")
        };
        println!("{} and {} letters", sent(&first), sent(&second));
        assert_eq!((sent(&first), sent(&second)), (1, 0));
        for daemon in daemons {
            assert!(daemon.terminate().success());
        }
    }
}
