//! The engine's promises, one by one: what a crash, a bad row, a refusal or a ceiling does. The stories of the programme
//! are in `scenarios`.

use std::path::Path;

use chrono::{TimeDelta, TimeZone, Utc};
use pairpost::config::{self, Config};
use pairpost::daemon::Engine;
use pairpost::daemon::sending::Trace;
use pairpost::ids::{InboxId, LetterId, PersonId};
use pairpost::mail::outbound::Outcome;
use pairpost::programme::facts::Waiting;
use pairpost::rehearsal::drive::keys_of;
use pairpost::store::outbox::{DotMarks, Recovered};
use pairpost::store::unknown::Unknown;
use pairpost::store::{Durability, facts, waiting};
use pairpost::time::Moment;

use crate::support::sample_database;

fn now() -> Moment {
    Utc.with_ymd_and_hms(2027, 2, 1, 12, 0, 0).unwrap()
}

fn config(dir: &Path) -> Config {
    let config = config::built_in().on_maildirs(dir);
    std::fs::create_dir_all(&config.state_dir).unwrap();
    config
}

fn engine(dir: &Path) -> Engine {
    let mut engine = Engine::open(config(dir), keys_of(1), Durability::Rehearsal).unwrap();
    engine.start(now()).unwrap();
    engine
}

fn mail_from(name: &str, text: &str) -> Vec<u8> {
    format!(
        "From: {name} <{name}@library.example>\r\nTo: exchange@example.org\r\nSubject: Hello\r\n\
         Message-ID: <{name}-{}@library.example>\r\nContent-Type: text/plain\r\n\r\n{text}\r\n",
        text.len()
    )
    .into_bytes()
}

fn arrive(engine: &mut Engine, mail: &[u8], at: Moment) -> InboxId {
    let id = engine.record(None, mail, false, at).unwrap();
    engine.handle_message(id, at).unwrap();
    id
}

fn count(engine: &Engine, sql: &str) -> i64 {
    engine
        .store()
        .reader()
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

fn state_of(engine: &Engine, id: InboxId) -> String {
    engine
        .store()
        .reader()
        .query_row("SELECT state FROM inbox WHERE id = ?1", [id.0], |row| {
            row.get(0)
        })
        .unwrap()
}

fn execute(engine: &Engine, sql: &str) {
    engine.store().reader().execute_batch(sql).unwrap();
}

const ACCEPTED: fn() -> Outcome = || Outcome::Accepted {
    reply: "250 ok".into(),
};

/// The daemon writes this down between the last line of a letter and its dot.
fn mark_the_dot(engine: &Engine, letter: LetterId) {
    mark_the_dot_at(engine, letter, now());
}

fn mark_the_dot_at(engine: &Engine, letter: LetterId, at: Moment) {
    let mut marks = DotMarks::open(engine.store().path()).unwrap();
    marks.mark(letter, at).unwrap();
}

#[test]
fn a_crash_before_the_final_dot_sends_the_same_bytes_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = engine(dir.path());
    arrive(&mut first, &mail_from("anna", "hello"), now());
    let before = first.take_letters(now(), 10).unwrap();
    assert_eq!(before.len(), 1);
    drop(first); // The process ends here: the server has not had the whole letter.

    let mut second = Engine::open(config(dir.path()), keys_of(1), Durability::Rehearsal).unwrap();
    let recovered = second.start(now()).unwrap();
    assert_eq!((recovered.again, recovered.unknown), (1, 0));
    let after = second.take_letters(now(), 10).unwrap();
    assert_eq!(after[0].bytes, before[0].bytes);
    assert_eq!(count(&second, "SELECT sum(unknown_ends) FROM outbox"), 0);
}

#[test]
fn a_crash_at_the_final_dot_is_looked_into_and_not_sent_again_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = engine(dir.path());
    arrive(&mut first, &mail_from("anna", "hello"), now());
    let letter = first.take_letters(now(), 10).unwrap().remove(0);
    mark_the_dot(&first, letter.id);
    drop(first); // The process ends here: nobody knows whether the server has taken it.

    let mut second = Engine::open(config(dir.path()), keys_of(1), Durability::Rehearsal).unwrap();
    let recovered = second.start(now()).unwrap();
    assert_eq!((recovered.again, recovered.unknown), (0, 1));
    assert!(second.take_letters(now(), 10).unwrap().is_empty());
    // Copies take their time to appear: it is left alone for two minutes.
    let early = now() + TimeDelta::seconds(119);
    assert!(second.to_look_for(early).unwrap().0.is_empty());
    let (unknown, _) = second.to_look_for(now() + TimeDelta::minutes(2)).unwrap();
    assert_eq!(unknown[0].id, letter.id);
}

/// A letter whose end nobody told, after its two minutes.
fn unknown_letter(engine: &mut Engine) -> (Unknown, Vec<u8>, Moment) {
    arrive(engine, &mail_from("anna", "hello"), now());
    let letter = engine.take_letters(now(), 10).unwrap().remove(0);
    mark_the_dot(engine, letter.id);
    let silence = Outcome::Unknown {
        text: "no answer in time".into(),
    };
    engine.delivered(&letter, &silence, now()).unwrap();
    let later = now() + TimeDelta::minutes(2);
    let unknown = engine.to_look_for(later).unwrap().0.remove(0);
    (unknown, letter.bytes, later)
}

/// Of two letters of unknown end the older one is compared with what was taken between them: under many crashes there is always
/// a newer one after which nothing has been taken yet.
#[test]
fn a_letter_of_unknown_end_is_compared_with_letters_later_than_itself() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    let minute = |minute| now() + TimeDelta::minutes(minute);
    let silence = Outcome::Unknown {
        text: "no answer in time".into(),
    };
    let taken = Outcome::Accepted {
        reply: "250 ok".into(),
    };
    let mut ids = Vec::new();
    for (name, at, outcome) in [
        ("anna", 0, &silence),
        ("ben", 5, &taken),
        ("cleo", 10, &silence),
    ] {
        arrive(&mut engine, &mail_from(name, "hello"), minute(at));
        let letter = engine.take_letters(minute(at), 10).unwrap().remove(0);
        mark_the_dot_at(&engine, letter.id, minute(at));
        engine.delivered(&letter, outcome, minute(at)).unwrap();
        ids.push(letter.id);
    }
    let (unknown, later) = engine.to_look_for(minute(15)).unwrap();
    assert_eq!(
        unknown.iter().map(|it| it.id).collect::<Vec<_>>(),
        [ids[0], ids[2]]
    );
    assert_eq!(later.len(), 1);
    assert!(unknown[0].since < later[0].at && later[0].at < unknown[1].since);
}

#[test]
fn a_letter_whose_copy_is_found_counts_as_sent() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    let (unknown, _, later) = unknown_letter(&mut engine);
    let found = Trace::Found("a copy is in the folder of sent letters".into());
    engine.looked_for(&unknown, &found, later).unwrap();
    assert_eq!(
        count(&engine, "SELECT count(*) FROM outbox WHERE state = 'sent'"),
        1
    );
    let much_later = later + TimeDelta::days(30);
    assert!(engine.take_letters(much_later, 10).unwrap().is_empty());
    assert!(engine.to_look_for(much_later).unwrap().0.is_empty());
}

#[test]
fn a_letter_that_the_server_certainly_never_had_goes_out_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    let (unknown, bytes, later) = unknown_letter(&mut engine);
    engine
        .looked_for(&unknown, &Trace::CertainlyNone, later)
        .unwrap();
    let again = engine.take_letters(later, 10).unwrap();
    assert_eq!(again[0].bytes, bytes, "Message-ID and Date included");
}

#[test]
fn a_letter_without_trace_goes_out_once_more_after_two_hours() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    let (_, bytes, first_look) = unknown_letter(&mut engine);
    let mut minutes = Vec::new();
    for minute in 0..200 {
        let at = first_look + TimeDelta::minutes(minute);
        assert!(
            minutes.len() == 4 || engine.take_letters(at, 10).unwrap().is_empty(),
            "while it is looked for it does not leave"
        );
        for unknown in engine.to_look_for(at).unwrap().0 {
            minutes.push(minute);
            engine.looked_for(&unknown, &Trace::None, at).unwrap();
        }
    }
    assert_eq!(minutes, [0, 10, 30, 120]);
    let at = first_look + TimeDelta::minutes(120);
    assert_eq!(engine.take_letters(at, 10).unwrap()[0].bytes, bytes);
}

#[test]
fn an_introduction_without_trace_is_never_sent_again_without_asking() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    let (unknown, _, mut at) = unknown_letter(&mut engine);
    execute(&engine, "UPDATE outbox SET kind = 'introduction'");
    while let Some(unknown) = engine.to_look_for(at).unwrap().0.pop() {
        engine.looked_for(&unknown, &Trace::None, at).unwrap();
        at += TimeDelta::minutes(90);
    }
    assert_eq!(
        count(&engine, "SELECT count(*) FROM outbox WHERE state = 'held'"),
        1
    );
    let much_later = at + TimeDelta::days(3);
    assert!(engine.take_letters(much_later, 10).unwrap().is_empty());
    let waiting = waiting::everything(engine.store().reader()).unwrap();
    assert!(
        matches!(&waiting[..], [Waiting::Held { letter, .. }] if *letter == unknown.id),
        "a coordinator hears of it: {waiting:?}"
    );
}

#[test]
fn an_answer_to_a_letter_of_unknown_end_proves_that_it_arrived() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    let (unknown, _, later) = unknown_letter(&mut engine);
    let answer = format!(
        "From: anna <anna@library.example>\r\nTo: exchange@example.org\r\nSubject: Re: Hello\r\n\
         Message-ID: <answer@library.example>\r\nIn-Reply-To: <{}>\r\n\r\nThank you\r\n",
        unknown.message_id
    );
    arrive(&mut engine, answer.as_bytes(), later);
    assert!(
        engine
            .to_look_for(later + TimeDelta::days(1))
            .unwrap()
            .0
            .is_empty()
    );
    let sent = format!(
        "SELECT count(*) FROM outbox WHERE id = {} AND state = 'sent'",
        unknown.id
    );
    assert_eq!(count(&engine, &sent), 1);
}

#[test]
fn a_letter_that_the_server_has_is_never_taken_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    arrive(&mut engine, &mail_from("anna", "hello"), now());
    let letters = engine.take_letters(now(), 10).unwrap();
    mark_the_dot(&engine, letters[0].id);
    engine.delivered(&letters[0], &ACCEPTED(), now()).unwrap();
    assert!(
        engine
            .take_letters(now() + TimeDelta::days(30), 10)
            .unwrap()
            .is_empty()
    );
    assert_eq!(engine.start(now()).unwrap(), Recovered::default());
}

#[test]
fn a_temporary_refusal_waits_and_the_same_bytes_go_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    arrive(&mut engine, &mail_from("anna", "hello"), now());
    let letters = engine.take_letters(now(), 10).unwrap();
    let busy = Outcome::Temporary {
        code: Some(450),
        text: "busy".into(),
    };
    engine.delivered(&letters[0], &busy, now()).unwrap();
    assert!(
        engine.take_letters(now(), 10).unwrap().is_empty(),
        "not at once"
    );
    let later = engine
        .take_letters(now() + TimeDelta::minutes(5), 10)
        .unwrap();
    assert_eq!(later[0].bytes, letters[0].bytes);
    assert_eq!(later[0].attempts, 2);
}

#[test]
fn a_letter_is_given_up_after_days_and_waits_for_a_coordinator() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    arrive(&mut engine, &mail_from("anna", "hello"), now());
    let (mut at, mut tries) = (now(), 0);
    while count(
        &engine,
        "SELECT count(*) FROM outbox WHERE state = 'failed'",
    ) == 0
    {
        at += TimeDelta::hours(5);
        for letter in engine.take_letters(at, 10).unwrap() {
            tries += 1;
            let busy = Outcome::Temporary {
                code: None,
                text: "no route".into(),
            };
            engine.delivered(&letter, &busy, at).unwrap();
        }
        assert!(tries < 100, "it is never given up");
    }
    assert!(
        at - now() >= TimeDelta::days(2),
        "given up after {}",
        at - now()
    );
    assert_eq!(
        waiting::everything(engine.store().reader()).unwrap().len(),
        1
    );
}

#[test]
fn a_refusal_for_good_makes_the_reader_unreachable() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    arrive(&mut engine, &mail_from("anna", "hello"), now());
    let letters = engine.take_letters(now(), 10).unwrap();
    let refused = Outcome::Permanent {
        code: 550,
        text: "no such user".into(),
    };
    engine.delivered(&letters[0], &refused, now()).unwrap();
    let anna = facts::person(engine.store().reader(), PersonId(1))
        .unwrap()
        .unwrap();
    assert!(anna.unreachable);
}

#[test]
fn a_letter_of_ours_that_could_not_even_be_offered_is_nobodys_bounce() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    arrive(&mut engine, &mail_from("anna", "hello"), now());
    let letters = engine.take_letters(now(), 10).unwrap();
    let ours = Outcome::Permanent {
        code: 554,
        text: "not sent: a bare line end".into(),
    };
    engine.delivered(&letters[0], &ours, now()).unwrap();
    assert!(
        !facts::person(engine.store().reader(), PersonId(1))
            .unwrap()
            .unwrap()
            .unreachable
    );
    assert_eq!(
        count(
            &engine,
            "SELECT count(*) FROM outbox WHERE state = 'failed'"
        ),
        1
    );
}

#[test]
fn the_hourly_ceiling_holds_letters_back_and_loses_none() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.settings.ceilings.letters_per_hour = 3;
    let mut engine = Engine::open(config, keys_of(1), Durability::Rehearsal).unwrap();
    for name in ["anna", "bilal", "chloe", "dan", "eve"] {
        arrive(&mut engine, &mail_from(name, "hello"), now());
    }
    let first = engine.take_letters(now(), 10).unwrap();
    assert_eq!(first.len(), 3);
    for letter in &first {
        engine.delivered(letter, &ACCEPTED(), now()).unwrap();
    }
    assert!(
        engine
            .take_letters(now() + TimeDelta::minutes(59), 10)
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        engine
            .take_letters(now() + TimeDelta::minutes(61), 10)
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn strangers_letters_queue_behind_their_ceiling() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.settings.ceilings.stranger_letters_per_hour_open = 2;
    let mut engine = Engine::open(config, keys_of(1), Durability::Rehearsal).unwrap();
    for name in ["anna", "bilal", "chloe", "dan", "eve"] {
        arrive(&mut engine, &mail_from(name, "hello"), now());
    }
    let in_hour = |hours: i64| {
        let at = (now() + TimeDelta::hours(hours)).timestamp();
        count(
            &engine,
            &format!("SELECT count(*) FROM outbox WHERE due_at = {at}"),
        )
    };
    assert_eq!((in_hour(0), in_hour(1), in_hour(2)), (2, 2, 1));
}

#[test]
fn a_message_that_brought_the_program_down_three_times_is_set_aside_and_the_others_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    let poison = engine
        .record(
            Some("maildir:poison"),
            &mail_from("mallory", "boom"),
            false,
            now(),
        )
        .unwrap();
    // Each attempt was counted before the work, and the process ended in it.
    execute(&engine, "UPDATE inbox SET attempts = 3");
    let good = engine
        .record(
            Some("maildir:good"),
            &mail_from("anna", "hello"),
            false,
            now(),
        )
        .unwrap();
    engine.handle_waiting(now(), 10).unwrap();
    assert_eq!(state_of(&engine, poison), "quarantined");
    assert_eq!(state_of(&engine, good), "handled");
    let mut shelves = engine.to_file_away(10).unwrap();
    shelves.sort_by(|a, b| a.0.cmp(&b.0));
    use pairpost::store::inbox::Shelf;
    assert_eq!(
        shelves,
        [
            ("maildir:good".to_string(), Shelf::Processed),
            ("maildir:poison".to_string(), Shelf::Quarantine)
        ]
    );
}

#[test]
fn a_message_is_filed_away_only_after_it_has_been_handled() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    let id = engine
        .record(Some("maildir:1"), &mail_from("anna", "hello"), false, now())
        .unwrap();
    assert!(engine.to_file_away(10).unwrap().is_empty());
    engine.handle_message(id, now()).unwrap();
    assert_eq!(engine.to_file_away(10).unwrap().len(), 1);
    engine.filed_away(&["maildir:1".into()], now()).unwrap();
    assert!(engine.to_file_away(10).unwrap().is_empty());
}

#[test]
fn the_same_message_under_a_new_number_is_filed_away_but_not_handled_again() {
    // A server that renumbers (UIDVALIDITY) hands out everything once more.
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    let mail = mail_from("anna", "hello");
    for place in ["imap:1:5:INBOX", "imap:2:1:INBOX"] {
        let id = engine.record(Some(place), &mail, false, now()).unwrap();
        engine.handle_message(id, now()).unwrap();
    }
    assert_eq!(count(&engine, "SELECT count(*) FROM outbox"), 1);
    assert_eq!(engine.to_file_away(10).unwrap().len(), 2);
}

#[test]
fn one_bad_occasion_waits_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    execute(
        &engine,
        "DELETE FROM occasion;
         INSERT INTO occasion (key, what, due_at, rank) VALUES ('bad', '{\"kind\":\"unheard-of\"}', 0, 0);
         INSERT INTO occasion (key, what, due_at, rank) VALUES ('good', '{\"kind\":\"digest\",\"date\":\"2027-02-01\"}', 0, 9);",
    );
    let ticked = engine.tick(now(), 10).unwrap();
    assert_eq!((ticked.handled, ticked.failed), (1, 1));
    assert_eq!(
        engine.tick(now(), 10).unwrap().failed,
        0,
        "it is not tried again at once"
    );
    assert_eq!(
        engine
            .tick(now() + TimeDelta::minutes(2), 10)
            .unwrap()
            .failed,
        1
    );
}

#[test]
fn a_letter_that_cannot_be_written_leaves_no_half_done_change() {
    // The letter's reader is gone, so ordering it fails: neither the pair's state nor anything else may have changed.
    let dir = tempfile::tempdir().unwrap();
    sample_database::newest(&config(dir.path()).state_dir.join("pairpost.db"));
    let mut engine = engine(dir.path());
    execute(&engine, "DELETE FROM occasion; DROP TABLE topic_seen;
        INSERT INTO occasion (key, what, due_at, rank)
        VALUES ('check-in/1/1/2', '{\"kind\":\"check-in\",\"person\":1,\"partnership\":1,\"number\":2}', 0, 5);");
    let before = count(&engine, "SELECT count(*) FROM check_in");
    let at = Utc.with_ymd_and_hms(2027, 3, 30, 12, 0, 0).unwrap();
    assert_eq!(engine.tick(at, 10).unwrap().failed, 1);
    assert_eq!(count(&engine, "SELECT count(*) FROM check_in"), before);
    assert_eq!(
        count(
            &engine,
            "SELECT count(*) FROM occasion WHERE done_at IS NULL"
        ),
        1
    );
}

#[test]
fn nothing_is_taken_over_while_the_store_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    execute(&engine, "PRAGMA query_only = ON");
    assert!(
        engine
            .record(Some("maildir:1"), &mail_from("anna", "hello"), false, now())
            .is_err()
    );
    execute(&engine, "PRAGMA query_only = OFF");
    assert!(
        engine.to_file_away(10).unwrap().is_empty(),
        "so nothing is filed away"
    );
    arrive(&mut engine, &mail_from("anna", "hello"), now());
    assert_eq!(count(&engine, "SELECT count(*) FROM outbox"), 1);
}

#[test]
fn an_answer_stands_in_the_thread_of_what_it_answers() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    arrive(&mut engine, &mail_from("anna", "hello"), now());
    let letters = engine.take_letters(now(), 1).unwrap();
    let text = String::from_utf8_lossy(&letters[0].bytes).into_owned();
    assert!(
        text.contains("In-Reply-To: <anna-5@library.example>"),
        "{text}"
    );
}

#[test]
fn a_hostile_message_id_is_not_put_into_our_headers() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path());
    let mail = String::from_utf8(mail_from("anna", "hello")).unwrap();
    let mail = mail.replace(
        "<anna-5@library.example>",
        "<a b\"(x)@evil@library.example>",
    );
    arrive(&mut engine, mail.as_bytes(), now());
    let letters = engine.take_letters(now(), 1).unwrap();
    let text = String::from_utf8_lossy(&letters[0].bytes).into_owned();
    assert!(!text.contains("evil"), "{text}");
}

#[test]
fn two_instances_that_mail_each_other_stop_at_once() {
    // Each takes the other for a stranger; neither may answer the other's letters.
    let (one_dir, other_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut one = engine(one_dir.path());
    let mut config = config(other_dir.path());
    config.settings.address = "other@example.net".into();
    let mut other = Engine::open(config, keys_of(2), Durability::Rehearsal).unwrap();
    let first = "From: Other <other@example.net>\r\nTo: exchange@example.org\r\nSubject: Hi\r\nMessage-ID: <1@example.net>\r\n\r\nhello\r\n";
    arrive(&mut one, first.as_bytes(), now());
    let mut hops = 0;
    for _ in 0..10 {
        for letter in one.take_letters(now(), 10).unwrap() {
            hops += 1;
            one.delivered(&letter, &ACCEPTED(), now()).unwrap();
            arrive(&mut other, &letter.bytes, now());
        }
        for letter in other.take_letters(now(), 10).unwrap() {
            hops += 1;
            other.delivered(&letter, &ACCEPTED(), now()).unwrap();
            arrive(&mut one, &letter.bytes, now());
        }
    }
    assert_eq!(
        hops, 1,
        "the form letter to the supposed person, and nothing after it"
    );
}
