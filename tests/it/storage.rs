//! What happens to the disk (RELIABILITY F4, F11 to F16, F24, F27): it is full, a file may not grow, calls fail, bytes change, a
//! backup is put back, power is cut. Nothing is lost, nothing comes twice, and what cannot be trusted is refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use chrono::{TimeDelta, TimeZone, Utc};
use pairpost::config::{self, Config};
use pairpost::daemon::Engine;
use pairpost::mail::outbound::Outcome;
use pairpost::rehearsal::drive::keys_of;
use pairpost::store::backup::{self, CarriedOver};
use pairpost::store::outbox::DotMarks;
use pairpost::store::{Durability, MIGRATIONS, Store, migrate};
use pairpost::time::Moment;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::letter::message;
use crate::support::programme::{ADDRESS, Programme, effort, eventually, maildir_files};
use crate::support::sample_database;

fn now() -> Moment {
    Utc.with_ymd_and_hms(2027, 2, 1, 12, 0, 0).unwrap()
}

fn hello(number: usize) -> Vec<u8> {
    let from = format!("p{number}@people.test");
    message(&from, ADDRESS, "Hello", "", "How can I take part?\r\n")
}

fn arrives(programme: &Programme, number: usize) {
    pairpost::mail::inbound::maildir::deliver(&programme.mailbox(), &hello(number), true, None)
        .unwrap();
}

/// Letters to people that have left, and how many different people got one.
fn left(programme: &Programme) -> (usize, usize) {
    let mut to: Vec<String> = maildir_files(&programme.outgoing(), "")
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .filter_map(|letter| {
            letter
                .lines()
                .find_map(|line| line.strip_prefix("Delivered-To: "))
                .map(str::to_owned)
        })
        .filter(|to| to.contains("@people.test"))
        .collect();
    let all = to.len();
    to.sort();
    to.dedup();
    (all, to.len())
}

fn state_dir_is(programme: &Programme, path: &Path) {
    programme.edit(
        "pairpost.toml",
        &[(
            "# state_dir = \"state\"",
            &format!("state_dir = \"{}\"", path.display()),
        )],
    );
}

/// A small disk of its own, as root may make one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn of_mebibytes(size: u32) -> SmallDisk {
        let path = tempfile::tempdir().unwrap().keep();
        let done = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={size}m"),
                "pairpost-test",
            ])
            .arg(&path)
            .status()
            .unwrap();
        assert!(done.success(), "a small disk cannot be mounted");
        SmallDisk(path)
    }

    /// Fills it until so many KiB are free.
    fn fill(&self, leave_kib: u64) {
        let filler = self.0.join("filler");
        let _ = fs::remove_file(&filler);
        let out = Command::new("df")
            .args(["--output=avail", "-k"])
            .arg(&self.0)
            .output()
            .unwrap();
        let free: u64 = String::from_utf8_lossy(&out.stdout)
            .split_whitespace()
            .last()
            .unwrap()
            .parse()
            .unwrap();
        let bytes = free.saturating_sub(leave_kib) * 1024;
        // The last of it may not fit; that is the point.
        let _ = fs::write(&filler, vec![7u8; bytes as usize]);
    }

    fn clear(&self) {
        let _ = fs::remove_file(self.0.join("filler"));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = fs::remove_dir(&self.0);
    }
}

mod with_servers {
    use super::*;

    /// Needs root for a disk of its own.
    #[test]
    fn a_disk_that_fills_up_at_twenty_points_loses_nothing_and_sends_nothing_twice() {
        let disk = SmallDisk::of_mebibytes(28);
        let programme = Programme::on_maildirs();
        state_dir_is(&programme, &disk.0);
        let database = disk.0.join("pairpost.db");
        let count = |sql: &str| -> i64 {
            let db = rusqlite::Connection::open(&database).unwrap();
            db.busy_timeout(Duration::from_secs(20)).unwrap();
            db.query_row(sql, [], |row| row.get(0)).unwrap()
        };
        let mut arrived = 0;
        let mut gave_up = 0;
        for point in 0..20_u64 {
            let daemon = programme.start_with(&[]);
            daemon.wait_for_log("ready");
            for _ in 0..2 {
                arrives(&programme, arrived);
                arrived += 1;
            }
            // From no room at all to room for a few pages and more.
            disk.fill(point * point * 4);
            std::thread::sleep(Duration::from_millis(700));
            gave_up += usize::from(!disk.0.join("ballast").exists());
            disk.clear();
            // Half of the time it was killed on the full disk.
            if point % 2 == 0 {
                daemon.kill();
            } else {
                daemon.end_within(Duration::from_secs(20));
            }
        }
        let daemon = programme.start_with(&[]);
        daemon.wait_for_log("ready");
        eventually("all have left", || {
            // One whose end is unknown waits for hours: the server was a folder, which tells nothing.
            (count("SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'dot')") == 0
                && count("SELECT count(*) FROM inbox WHERE state = 'handled'") == arrived as i64)
                .then_some(())
        });
        assert!(daemon.terminate().success());
        let (letters, people) = left(&programme);
        println!(
            "{arrived} messages, {letters} letters to {people} people; the ballast was given up {gave_up} times"
        );
        assert_eq!((letters, people), (arrived, arrived));
        assert_eq!(count("SELECT count(*) FROM inbox"), arrived as i64);
    }
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_not_the_end() {
    let programme = Programme::on_maildirs();
    assert!(programme.run().terminate().success());
    let kib = fs::metadata(programme.database()).unwrap().len() / 1024;
    // The ballast is larger than the limit, so nothing is begun; and no signal ends the process (SIGXFSZ).
    for number in 0..5 {
        arrives(&programme, number);
    }
    fs::remove_file(programme.state().join("ballast")).unwrap();
    let mut daemon = programme.start_limited(&[], &format!("-f {}", kib + 64));
    daemon.wait_for_log("no room in the state folder");
    std::thread::sleep(Duration::from_millis(500));
    assert!(!daemon.has_ended(), "{}", daemon.log());
    daemon.end_within(Duration::from_secs(20));
    assert_eq!(left(&programme), (0, 0));
    let daemon = programme.run();
    eventually("all have left", || {
        (left(&programme) == (5, 5)).then_some(())
    });
    assert!(daemon.terminate().success());
}

#[test]
fn few_open_files_make_it_refuse_or_wait_and_lose_nothing() {
    let programme = Programme::on_maildirs();
    let mut refused = 0;
    for (number, limit) in [6, 9, 12, 14, 16, 18, 20, 24].into_iter().enumerate() {
        arrives(&programme, number);
        let mut daemon = programme.start_limited(&[], &format!("-n {limit}"));
        std::thread::sleep(Duration::from_millis(1200));
        refused += usize::from(daemon.has_ended());
        daemon.end_within(Duration::from_secs(20));
    }
    let daemon = programme.run();
    eventually("all have left", || {
        (left(&programme) == (8, 8)).then_some(())
    });
    println!("8 limits, {refused} of them too few to start with");
    assert!(daemon.terminate().success());
}

#[test]
fn of_fifty_starts_at_once_one_runs() {
    let programme = Programme::on_maildirs();
    assert!(programme.run().terminate().success());
    let mut daemons: Vec<_> = (0..50).map(|_| programme.start_with(&[])).collect();
    eventually("49 have given up", || {
        let ended = daemons.iter_mut().map(|daemon| daemon.has_ended());
        (ended.filter(|ended| *ended).count() == 49).then_some(())
    });
    let mut codes = Vec::new();
    for mut daemon in daemons {
        if daemon.has_ended() {
            codes.push(daemon.exit_code());
        } else {
            assert!(daemon.terminate().success());
        }
    }
    assert_eq!(codes, vec![Some(75); 49]);
}

// ---------------------------------------------------------------- failing calls

fn config_in(dir: &Path) -> Config {
    let mut config = config::built_in().on_maildirs(dir);
    config.settings.ceilings.stranger_letters_per_hour_open = u32::MAX;
    config.settings.ceilings.stranger_letters_per_hour_closed = u32::MAX;
    fs::create_dir_all(&config.state_dir).unwrap();
    config
}

/// Every step that SQLite takes for a message and its letter fails once: the one is interrupted at its first, second, third ...
/// instruction, as by a call of the system that fails, until nothing fails any more (SQLite's own method, by its progress
/// handler; a file system that fails on demand would need unsafe code). What was begun is then undone or done as a whole.
#[test]
fn each_step_of_the_database_may_fail_once_and_the_next_try_does_it() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    let dir = tempfile::tempdir().unwrap();
    let mut engine =
        Engine::open(config_in(dir.path()), keys_of(1), Durability::Rehearsal).unwrap();
    engine.start(now()).unwrap();
    let steps = Arc::new(AtomicU64::new(0));
    // Fails at the step of this number, once; 0 for never.
    let fails_at = Arc::new(AtomicU64::new(0));
    let (counted, failing) = (steps.clone(), fails_at.clone());
    engine
        .fail_where(move || {
            counted.fetch_add(1, Ordering::SeqCst) + 1 == failing.load(Ordering::SeqCst)
        })
        .unwrap();
    let mut marks = DotMarks::open(engine.store().path()).unwrap();
    let mut work = |engine: &mut Engine, number: usize| -> anyhow::Result<()> {
        engine.receive(None, &hello(number), false, None, now())?;
        engine.handle_waiting(now() + TimeDelta::hours(1), 10)?;
        for letter in engine.take_letters(now() + TimeDelta::hours(1), 10)? {
            marks.mark(letter.id, now())?;
            let accepted = Outcome::Accepted {
                reply: "250 ok".into(),
            };
            engine.delivered(&letter, &accepted, now())?;
        }
        Ok(())
    };
    // How many steps the whole takes.
    work(&mut engine, 0).unwrap();
    steps.store(0, Ordering::SeqCst);
    work(&mut engine, 1).unwrap();
    let whole = steps.load(Ordering::SeqCst);
    // Every step takes hours; these fall anywhere, the first ones one by one.
    let stride = (whole / u64::from(effort(600, 6000))).max(1);
    let (mut failed, mut number, mut at) = (0, 2, 1);
    while at <= whole + stride {
        steps.store(0, Ordering::SeqCst);
        fails_at.store(at, Ordering::SeqCst);
        let done = work(&mut engine, number);
        failed += usize::from(done.is_err());
        fails_at.store(0, Ordering::SeqCst);
        // The next start: what was on its way is certain, since no server was asked but the one above.
        engine.start(now()).unwrap();
        work(&mut engine, number).unwrap();
        let db = engine.store().reader();
        let is = |sql: &str| -> i64 { db.query_row(sql, [], |row| row.get(0)).unwrap() };
        let people = number as i64 + 1;
        assert_eq!(
            is("SELECT count(*) FROM inbox WHERE state = 'handled'"),
            people,
            "at step {at}"
        );
        assert_eq!(is("SELECT count(*) FROM person"), people, "at step {at}");
        assert_eq!(is("SELECT count(*) FROM outbox"), people, "at step {at}");
        assert_eq!(
            is("SELECT count(*) FROM outbox WHERE state IN ('sent', 'unknown')"),
            people,
            "at step {at}"
        );
        number += 1;
        at += if at < 100 { 1 } else { stride };
    }
    println!(
        "{whole} steps in all; {} were made to fail, {failed} of them were told as errors",
        number - 2
    );
    assert!(failed > 100, "{failed}");
    engine.store().check_integrity().unwrap();
}

// ---------------------------------------------------------------- damage

/// All that a database holds, as text.
fn dump(path: &Path) -> String {
    let db = rusqlite::Connection::open(path).unwrap();
    let tables: Vec<String> = db
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let mut text = String::new();
    for table in tables {
        let mut rows = db.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                text += &format!("{:?}|", row.get_ref(column).unwrap());
            }
            text.push('\n');
        }
    }
    text
}

/// Damages a file by chance: bits, bytes, pages, its end. Says in words how.
fn damage(bytes: &mut Vec<u8>, chance: &mut ChaCha8Rng) -> String {
    let length = bytes.len();
    let at = chance.random_range(0..length);
    match chance.random_range(0..6) {
        0 => {
            bytes[at] ^= 1 << chance.random_range(0..8);
            format!("a bit at {at}")
        }
        1 => {
            let end = (at + 16).min(length);
            chance.fill(&mut bytes[at..end]);
            format!("bytes at {at}")
        }
        2 => {
            let page = at / 4096 * 4096;
            bytes[page..(page + 4096).min(length)].fill(0);
            format!("a page of zeros at {page}")
        }
        3 => {
            bytes.truncate(at);
            format!("cut at {at}")
        }
        4 => {
            let (from, to) = (
                at / 4096 * 4096,
                chance.random_range(0..length / 4096) * 4096,
            );
            let page: Vec<u8> = bytes[from..(from + 4096).min(length)].to_vec();
            let to_end = (to + page.len()).min(length);
            bytes[to..to_end].copy_from_slice(&page[..to_end - to]);
            format!("page {from} over {to}")
        }
        _ => {
            bytes.extend_from_slice(&[0; 512]);
            "longer".into()
        }
    }
}

#[test]
fn of_500_damaged_databases_each_is_refused_or_unchanged() {
    let programme = Programme::on_maildirs();
    let daemon = programme.run();
    for number in 0..12 {
        arrives(&programme, number);
    }
    eventually("all have left", || {
        (left(&programme) == (12, 12)).then_some(())
    });
    assert!(daemon.terminate().success());
    let (database, seal) = (
        programme.database(),
        programme.state().join("pairpost.db.seal"),
    );
    let (sound, sealed) = (fs::read(&database).unwrap(), fs::read(&seal).unwrap());
    let before = dump(&database);
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("pairpost.db");
    let mut chance = ChaCha8Rng::seed_from_u64(14);
    let (mut refused, mut equal, mut unsealed) = (0, 0, 0);
    for case in 0..500 {
        let mut bytes = sound.clone();
        let how = damage(&mut bytes, &mut chance);
        if bytes == sound {
            equal += 1;
            continue;
        }
        for end in ["-wal", "-shm"] {
            let _ = fs::remove_file(folder.path().join(format!("pairpost.db{end}")));
        }
        fs::write(&other, &bytes).unwrap();
        fs::write(folder.path().join("pairpost.db.seal"), &sealed).unwrap();
        let opened = Store::open_checked(&other);
        match opened {
            Err(error) => {
                let told = format!("{error:#}");
                assert!(
                    told.contains("pairpost restore FILE"),
                    "{how}: the way out is told: {told}"
                );
                refused += 1;
            }
            Ok(store) => {
                drop(store);
                assert_eq!(dump(&other), before, "{case}: {how}");
                equal += 1;
            }
        }
        // Without the seal: how much of it SQLite's own check would have let through.
        if case % 5 == 0 {
            fs::write(&other, &bytes).unwrap();
            let _ = fs::remove_file(folder.path().join("pairpost.db.seal"));
            let opened = Store::open_checked(&other);
            if let Ok(store) = opened {
                let text = {
                    let path = store.path().to_path_buf();
                    std::panic::catch_unwind(|| dump(&path)).unwrap_or_default()
                };
                unsealed += usize::from(text != before);
            }
        }
    }
    println!(
        "500 damaged databases: {refused} refused, {equal} equal; without the seal {unsealed} of 100 would have been taken"
    );
    assert!(refused > 450, "{refused}");
    // The control.
    assert!(unsealed > 0);
    // The program says so with its exit code, and sends nothing.
    let letters = left(&programme);
    for _ in 0..10 {
        let mut bytes = sound.clone();
        let how = damage(&mut bytes, &mut chance);
        if bytes == sound {
            continue;
        }
        fs::write(&database, &bytes).unwrap();
        fs::write(&seal, &sealed).unwrap();
        arrives(&programme, 99);
        let daemon = programme.start_with(&[]);
        assert_eq!(daemon.exit_code(), Some(78), "{how}");
        assert_eq!(left(&programme), letters);
    }
    fs::write(&database, &sound).unwrap();
    fs::write(&seal, &sealed).unwrap();
    assert!(programme.run().terminate().success());
}

/// A check that takes its time does not hold up the start of the service, and nothing is done before it is through.
#[test]
fn while_the_database_is_checked_the_service_runs_and_nothing_is_received_or_sent() {
    use std::os::unix::net::UnixDatagram;
    let programme = Programme::on_maildirs();
    let path = programme.config().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket
        .set_read_timeout(Some(std::time::Duration::from_secs(30)))
        .unwrap();
    let slowly = [
        ("NOTIFY_SOCKET", path.as_os_str()),
        (
            "PAIRPOST_FAILPOINT",
            "database-checking=delay:2500@1".as_ref(),
        ),
    ];
    let told = || {
        let mut heard = [0; 1000];
        let length = socket.recv(&mut heard).unwrap();
        String::from_utf8_lossy(&heard[..length]).into_owned()
    };
    arrives(&programme, 1);
    let daemon = programme.start_with(&slowly);
    let first = told();
    assert!(
        first.contains("READY=1") && first.contains("is being checked"),
        "{first}"
    );
    assert_eq!((programme.in_inbox(), left(&programme)), (1, (0, 0)));
    daemon.wait_for_log(" ready");
    eventually("it is answered", || {
        (left(&programme) == (1, 1)).then_some(())
    });
    daemon.kill();
    // It had no time to seal the file, and a page of it is gone: the check itself finds that out.
    let db = rusqlite::Connection::open(programme.database()).unwrap();
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    drop(db);
    let mut bytes = fs::read(programme.database()).unwrap();
    let pages = bytes.len() / 4096;
    for page in pages / 2..pages / 2 + 3 {
        bytes[page * 4096..(page + 1) * 4096].fill(0);
    }
    fs::write(programme.database(), &bytes).unwrap();
    arrives(&programme, 2);
    let letters = left(&programme);
    let daemon = programme.start_with(&slowly);
    assert_eq!(daemon.exit_code(), Some(78), "{}", programme.log());
    assert_eq!((programme.in_inbox(), left(&programme)), (1, letters));
    assert_eq!(
        fs::read(programme.database()).unwrap(),
        bytes,
        "nothing is repaired"
    );
    // Told to stop in the midst of it, it ends at once.
    let daemon = programme.start_with(&slowly);
    daemon.wait_for_log("is being checked");
    assert!(daemon.terminate().success());
}

// ---------------------------------------------------------------- backups

/// A round's introductions have left since the backup was made; so have answers to messages that came since.
#[test]
fn a_backup_of_the_day_before_sends_nothing_again_and_loses_no_message() {
    const PEOPLE: i64 = 1162;
    let dir = tempfile::tempdir().unwrap();
    let state = config_in(dir.path()).state_dir;
    let mut engine =
        Engine::open(config_in(dir.path()), keys_of(1), Durability::Rehearsal).unwrap();
    engine.start(now()).unwrap();
    let order = |engine: &Engine, from: i64, to: i64| {
        let db = engine.store().reader();
        for id in from..=to {
            db.execute(
                "INSERT INTO outbox (key, kind, envelope_from, envelope_to, message_id, reference, subject, unprompted, cause,
                   created_at, due_at)
                 VALUES ('introduction/' || ?1, 'introduction', 'a', 'p' || ?1 || '@people.test', ?1, ?1, '', 1, 'test', 1, 1)",
                [id],
            )
            .unwrap();
            db.execute(
                "INSERT INTO outbox_bytes (letter_id, bytes) VALUES (last_insert_rowid(), x'0d0a')",
                [],
            )
            .unwrap();
        }
    };
    // Half of them wait when the copy is made; the others are ordered later.
    order(&engine, 1, PEOPLE / 2);
    let copy = dir.path().join("yesterday.db");
    backup::backup(engine.store(), &copy, |_, _| {}).unwrap();
    order(&engine, PEOPLE / 2 + 1, PEOPLE);
    let accepted = Outcome::Accepted {
        reply: "250 ok".into(),
    };
    let mut left = std::collections::BTreeMap::<String, u32>::new();
    let send =
        |engine: &mut Engine, at: Moment, left: &mut std::collections::BTreeMap<String, u32>| {
            loop {
                let letters = engine.take_letters(at, 500).unwrap();
                if letters.is_empty() {
                    return;
                }
                for letter in &letters {
                    *left.entry(letter.envelope_to.clone()).or_default() += 1;
                }
                engine
                    .all_delivered(letters.iter().map(|letter| (letter, &accepted)), at)
                    .unwrap();
            }
        };
    for hour in 0..3 {
        send(&mut engine, now() + TimeDelta::hours(hour), &mut left);
    }
    for number in 0..20 {
        let at = now() + TimeDelta::hours(3);
        engine
            .receive(None, &hello(number + 5000), false, None, at)
            .unwrap();
    }
    send(&mut engine, now() + TimeDelta::hours(4), &mut left);
    drop(engine);
    let sent = left.len();
    assert_eq!(sent as i64, PEOPLE + 20);

    let database = state.join("pairpost.db");
    let former = backup::restore(&copy, &database).unwrap();
    let later = now() + TimeDelta::days(1);
    let carried = backup::carry_over(&database, former.as_deref(), later).unwrap();
    assert!(
        matches!(carried, CarriedOver::Known { letters, messages: 20 } if letters as i64 >= PEOPLE),
        "{carried:?}"
    );
    let mut engine =
        Engine::open(config_in(dir.path()), keys_of(1), Durability::Rehearsal).unwrap();
    engine.start(later).unwrap();
    engine.handle_waiting(later, 100).unwrap();
    for hour in 0..4 {
        send(&mut engine, later + TimeDelta::hours(hour), &mut left);
    }
    let again = left.values().filter(|copies| **copies > 1).count();
    let people: i64 = engine
        .store()
        .reader()
        .query_row("SELECT count(*) FROM person", [], |row| row.get(0))
        .unwrap();
    println!(
        "{sent} letters had left; {again} sent again after the restore; {people} of 20 people known again"
    );
    assert_eq!(again, 0);
    assert_eq!(people, 20, "what the messages said is known again");
    assert_eq!(left.len(), sent);
}

/// Where the former database is gone, nobody knows which numbers its last letters had: an answer to one of them must not be
/// read as an answer to a letter that was written after the restore.
#[test]
fn after_a_restore_without_the_former_database_no_letter_takes_the_number_of_a_lost_one() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Engine::open(config_in(dir.path()), keys_of(1), Durability::Rehearsal).unwrap();
    let database = config_in(dir.path()).state_dir.join("pairpost.db");
    let mut engine = open();
    engine.start(now()).unwrap();
    let copy = dir.path().join("copy.db");
    backup::backup(engine.store(), &copy, |_, _| {}).unwrap();
    // What is written after the copy is lost, and then once more after the same copy was put back.
    let mut numbers = Vec::new();
    for (times, at) in [
        (0, now()),
        (1, now() + TimeDelta::hours(1)),
        (2, now() + TimeDelta::hours(2)),
    ] {
        engine
            .receive(None, &hello(times), false, None, at)
            .unwrap();
        numbers.extend(
            engine
                .take_letters(at, 10)
                .unwrap()
                .iter()
                .map(|letter| letter.id.0),
        );
        drop(engine);
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(dir.path().join(database.with_extension(format!("db{end}"))));
        }
        backup::restore(&copy, &database).unwrap();
        backup::carry_over(&database, None, at).unwrap();
        engine = open();
    }
    assert_eq!(numbers.len(), 3);
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
}

/// Where the former database is gone, nobody knows what has left: it is looked for first.
#[test]
fn without_the_former_database_letters_that_wait_in_a_copy_are_looked_for_first() {
    let dir = tempfile::tempdir().unwrap();
    let state = config_in(dir.path()).state_dir;
    let mut engine =
        Engine::open(config_in(dir.path()), keys_of(1), Durability::Rehearsal).unwrap();
    engine.start(now()).unwrap();
    engine.receive(None, &hello(1), false, None, now()).unwrap();
    let copy = dir.path().join("copy.db");
    backup::backup(engine.store(), &copy, |_, _| {}).unwrap();
    drop(engine);
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(state.join(format!("pairpost.db{end}")));
    }
    let database = state.join("pairpost.db");
    let former = backup::restore(&copy, &database).unwrap();
    assert_eq!(former, None);
    let carried = backup::carry_over(&database, None, now()).unwrap();
    assert_eq!(carried, CarriedOver::Unknown { letters: 1 });
    let mut engine =
        Engine::open(config_in(dir.path()), keys_of(1), Durability::Rehearsal).unwrap();
    engine.start(now()).unwrap();
    assert!(engine.take_letters(now(), 10).unwrap().is_empty());
    assert_eq!(engine.to_look_for(now()).unwrap().0.len(), 1);
}

#[test]
fn the_daemon_copies_its_database_at_the_hour_that_the_config_says() {
    let programme = Programme::on_maildirs();
    programme.edit(
        "pairpost.toml",
        &[("# when = \"0 30 3 * * *\"", "when = \"0 45 4 * * *\"")],
    );
    let tomorrow = (Utc::now() + TimeDelta::days(1)).date_naive();
    let hour = tomorrow.and_hms_opt(4, 45, 0).unwrap().and_utc();
    // It looks every twenty seconds.
    let daemon = programme.run_at(hour - TimeDelta::seconds(15));
    arrives(&programme, 1);
    let copies = programme.state().join("backups");
    let copy = eventually("a copy was made and tried out", || {
        daemon
            .has_logged("the database was copied")
            .then(|| fs::read_dir(&copies).unwrap().flatten())
            .and_then(|mut files| {
                files.find(|file| file.path().extension().is_some_and(|end| end == "db"))
            })
    });
    assert!(daemon.terminate().success());
    programme.told(&["restore", &copy.path().display().to_string()]);
    let daemon = programme.run_at(hour + TimeDelta::minutes(1));
    assert!(daemon.terminate().success());
}

// ---------------------------------------------------------------- migrations

/// The steps one statement at a time: whoever is killed in the middle of a step finds it undone at the next start.
#[test]
fn a_migration_that_ends_at_any_statement_is_undone_and_done_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut cuts = 0;
    for version in 0..MIGRATIONS.len() {
        let step = MIGRATIONS[version];
        let statements = statements(step);
        for upto in 1..=statements.len() {
            let path = dir.path().join(format!("{version}-{upto}.db"));
            let mut db = rusqlite::Connection::open(&path).unwrap();
            db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")
                .unwrap();
            migrate(&mut db, &MIGRATIONS[..version]).unwrap();
            // As `migrate` does it, and the process ends here.
            db.execute_batch("BEGIN IMMEDIATE").unwrap();
            db.execute_batch(&statements[..upto].concat()).unwrap();
            let crashed = dir.path().join("crashed.db");
            for end in ["", "-wal"] {
                let from = path.with_extension(format!("db{end}"));
                let to = dir.path().join(format!("crashed.db{end}"));
                let _ = fs::remove_file(&to);
                if from.exists() {
                    fs::copy(from, to).unwrap();
                }
            }
            let _ = fs::remove_file(dir.path().join("crashed.db-shm"));
            let mut after = rusqlite::Connection::open(&crashed).unwrap();
            let found: usize = after
                .query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))
                .unwrap() as usize;
            assert_eq!(found, version, "statement {upto} of step {}", version + 1);
            migrate(&mut after, MIGRATIONS).unwrap();
            let sound: String = after
                .query_row("PRAGMA integrity_check", [], |row| row.get(0))
                .unwrap();
            assert_eq!(sound, "ok");
            cuts += 1;
            drop(db);
            let _ = fs::remove_file(&path);
        }
    }
    println!("{cuts} statements in {} steps", MIGRATIONS.len());
    assert!(cuts > 80, "{cuts}");
}

/// The statements of a step, each with its semicolon.
fn statements(step: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut open = String::new();
    for line in step.lines() {
        let code = line.split("--").next().unwrap_or_default();
        open += code;
        open.push('\n');
        let in_trigger = open.to_uppercase().contains("CREATE TRIGGER");
        let ends = code.trim_end().ends_with(';');
        if ends && (!in_trigger || code.trim().eq_ignore_ascii_case("END;")) {
            statements.push(std::mem::take(&mut open));
        }
    }
    statements
}

/// A kill of the real program while it climbs, from the oldest database that there is.
#[test]
fn an_upgrade_that_is_killed_again_and_again_arrives_with_everything() {
    let programme = Programme::on_maildirs();
    assert!(programme.run().terminate().success());
    for end in ["", "-wal", "-shm", ".seal"] {
        let _ = fs::remove_file(programme.state().join(format!("pairpost.db{end}")));
    }
    sample_database::of_version(&programme.database(), 1);
    let people = programme.count("SELECT count(*) FROM person");
    for after in 0..12 {
        let daemon = programme.start_with(&[]);
        std::thread::sleep(Duration::from_millis(after * 12));
        daemon.kill();
    }
    assert!(programme.run().terminate().success());
    let db = rusqlite::Connection::open(programme.database()).unwrap();
    let version: i64 = db
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version as usize, MIGRATIONS.len());
    assert!(programme.count("SELECT count(*) FROM person") >= people);
}
