//! The daemon on a machine (RELIABILITY F19, F20, F23, F28; T26): it is told to stop, its config is broken while it runs, mails are bombs;
//! its numbers, and what its log and its numbers never say.

use std::fs;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::letter::message;
use crate::support::programme::{ADDRESS, Programme, effort, eventually, maildir_files};
use crate::support::scenario;
use crate::support::submission::Submission;

fn arrives(programme: &Programme, number: usize) {
    let from = format!("p{number}@people.test");
    let hello = message(&from, ADDRESS, "Hello", "", "How can I take part?\r\n");
    pairpost::mail::inbound::maildir::deliver(&programme.mailbox(), &hello, true, None).unwrap();
}

#[test]
fn a_hundred_orders_to_stop_leave_no_letter_of_unknown_end() {
    let stops = effort(100, 500) as usize;
    let submission = Submission::start(Duration::from_millis(60), None, Duration::ZERO);
    let programme = Programme::on_maildirs();
    programme.send_by("127.0.0.1", submission.port, "");
    let mut chance = ChaCha8Rng::seed_from_u64(28);
    for stop in 0..stops {
        arrives(&programme, 2 * stop);
        arrives(&programme, 2 * stop + 1);
        let daemon = programme.run();
        std::thread::sleep(Duration::from_millis(chance.random_range(0..250)));
        assert!(daemon.terminate().success());
        assert_eq!(
            programme.count("SELECT count(*) FROM outbox WHERE state IN ('dot', 'unknown')"),
            0
        );
    }
    let daemon = programme.run();
    let wanted = 2 * stops;
    eventually("all have left", || {
        (programme.count("SELECT count(*) FROM outbox WHERE state = 'sent' AND kind = 'form'")
            == wanted as i64)
            .then_some(())
    });
    assert!(daemon.terminate().success());
    let unknown = programme.count("SELECT sum(unknown_ends) FROM outbox");
    let taken = submission.taken();
    let to_people = taken
        .iter()
        .filter(|(to, _)| to.contains("@people.test"))
        .count();
    println!("{stops} orders to stop, {to_people} letters, {unknown} of unknown end");
    assert_eq!((to_people, unknown), (wanted, 0));
}

#[test]
fn sixty_broken_configs_leave_the_last_good_one_in_force_and_are_told_in_the_digest() {
    let programme = Programme::on_maildirs();
    let file = programme.config().join("pairpost.toml");
    let form = programme.config().join("form.toml");
    let (good, good_form) = (
        fs::read_to_string(&file).unwrap(),
        fs::read_to_string(&form).unwrap(),
    );
    let mut broken: Vec<(bool, String)> = Vec::new();
    // Every key that stands there, misspelt, without a value, and with one of another kind.
    for line in good
        .lines()
        .filter(|line| !line.starts_with(['#', '[']) && line.contains(" = "))
    {
        let (key, _) = line.split_once(" = ").unwrap();
        for bad in [
            format!("{key}x = 1"),
            format!("{key} = "),
            format!("{key} = [[7]]"),
        ] {
            broken.push((true, good.replacen(line, &bad, 1)));
        }
    }
    for line in good_form
        .lines()
        .filter(|line| line.starts_with("kind = "))
        .take(8)
    {
        broken.push((false, good_form.replacen(line, "kind = \"unheard-of\"", 1)));
    }
    for cut in 1..20 {
        broken.push((
            true,
            good[..good.floor_char_boundary(good.len() * cut / 40)].to_owned(),
        ));
    }
    broken.push((true, String::new()));
    broken.push((true, "\u{0}\u{1}".into()));
    broken.push((false, String::new()));
    let daemon = programme.run();
    let mut refused = 0;
    for (in_programme, text) in &broken {
        fs::write(if *in_programme { &file } else { &form }, text).unwrap();
        let check = programme.command(&["check"]);
        if check.status.success() {
            // Some cuts leave a config that can be used.
            fs::write(&file, &good).unwrap();
            fs::write(&form, &good_form).unwrap();
            continue;
        }
        daemon.hang_up();
        refused += 1;
        eventually("it was refused", || {
            (daemon.log().matches("the last one stays in force").count() == refused).then_some(())
        });
        fs::write(&file, &good).unwrap();
        fs::write(&form, &good_form).unwrap();
    }
    println!("{refused} broken configs were refused");
    assert!(refused >= 60, "{refused}");
    // The last good one is in force, and coordinators hear of the trouble.
    arrives(&programme, 1);
    eventually("it still answers", || {
        (!maildir_files(&programme.outgoing(), "").is_empty()).then_some(())
    });
    let status = programme.told(&["status"]);
    assert!(
        status.contains("The config was changed and cannot be used"),
        "{status}"
    );
    daemon.hang_up();
    daemon.wait_for_log("the config was read anew");
    let status = programme.told(&["status"]);
    assert!(!status.contains("cannot be used"), "{status}");
    assert!(daemon.terminate().success());
}

#[test]
fn bombs_of_a_mebibyte_and_mails_of_fifty_leave_the_daemon_small() {
    let (bombs, giants) = (effort(24, 1000) as usize, effort(3, 20) as usize);
    let programme = Programme::on_maildirs();
    let deliver = |bytes: &[u8]| {
        pairpost::mail::inbound::maildir::deliver(&programme.mailbox(), bytes, true, None).unwrap();
    };
    let head = |number: usize| {
        format!(
            "From: b{number}@bombs.test\r\nMessage-ID: <b{number}@bombs.test>\r\nMIME-Version: 1.0\r\n"
        )
    };
    const MEBIBYTE: usize = 1 << 20;
    for number in 0..bombs {
        let mut bomb = head(number).into_bytes();
        match number % 4 {
            // Parts in parts, empty parts, a subject, a table.
            0 => {
                let mut depth = 0;
                while bomb.len() < MEBIBYTE - 100 {
                    bomb.extend(
                        format!(
                            "Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n"
                        )
                        .bytes(),
                    );
                    depth += 1;
                }
            }
            1 => {
                bomb.extend(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n");
                bomb.extend(b"--b\r\n\r\n".repeat((MEBIBYTE - bomb.len() - 100) / 7));
            }
            2 => {
                bomb.extend(b"Subject: ");
                bomb.extend(b"=?utf-8?b?YWFh?= ".repeat((MEBIBYTE - bomb.len() - 100) / 17));
                bomb.extend(b"\r\n\r\nHello\r\n");
            }
            _ => {
                bomb.extend(b"Content-Type: text/html\r\n\r\n");
                bomb.extend(b"<table><td>".repeat((MEBIBYTE - bomb.len() - 100) / 11));
            }
        }
        deliver(&bomb);
    }
    let mut giant = head(999_999).into_bytes();
    giant.extend(b"\r\n");
    giant.resize(50 * MEBIBYTE, b'a');
    for number in 0..giants {
        giant[7] = b'0' + (number % 10) as u8;
        giant[8] = b'0' + (number / 10) as u8;
        deliver(&giant);
    }
    arrives(&programme, 1);
    let mut daemon = programme.run();
    // Reading so much takes its time in a debug build.
    for _ in 0..3000 {
        if programme.in_inbox() == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(programme.in_inbox(), 0);
    eventually("a good one among them is answered", || {
        (programme
            .count("SELECT count(*) FROM outbox WHERE kind = 'form' AND envelope_to LIKE 'p1@%'")
            == 1)
            .then_some(())
    });
    let peak = daemon.peak_kib();
    println!(
        "{bombs} bombs and {giants} mails of 50 MiB: {} MiB at most",
        peak / 1024
    );
    assert!(!daemon.has_ended());
    assert!(peak < 128 * 1024, "{peak} KiB");
    assert!(daemon.terminate().success());
}

#[test]
fn numbers_for_monitoring_are_written_and_neither_they_nor_the_log_name_anybody() {
    let programme = Programme::on_maildirs();
    let numbers = programme.state().join("pairpost.prom");
    programme.edit(
        "pairpost.toml",
        &[(
            "# metrics_file = ",
            &format!("metrics_file = \"{}\" # ", numbers.display()),
        )],
    );
    for number in 0..3 {
        arrives(&programme, number);
    }
    let daemon = programme.run();
    eventually("letters have left", || {
        (maildir_files(&programme.outgoing(), "").len() >= 3).then_some(())
    });
    assert!(daemon.terminate().success());
    let daemon = programme.run();
    let text = eventually("the numbers are there", || {
        fs::read_to_string(&numbers)
            .ok()
            .filter(|text| text.contains("pairpost_letters{state=\"sent\"}"))
    });
    assert!(daemon.terminate().success());
    let value = |name: &str| -> i64 {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
            .unwrap_or_else(|| panic!("{name} is missing: {text}"))
            .parse()
            .unwrap()
    };
    assert_eq!(value("pairpost_messages{state=\"handled\"}"), 3);
    assert!(value("pairpost_letters_sent_last_hour") >= 3);
    assert_eq!(value("pairpost_paused"), 0);
    assert!(value("pairpost_database_bytes") > 10_000);
    // Each number says what it means.
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        assert!(text.contains(&format!("# HELP {name} ")), "{name}");
    }
    for words in [text, programme.log()] {
        assert!(!words.contains('@'), "{words}");
        assert!(!words.contains("people.test"), "{words}");
    }
}

/// Down for one to forty-five days, at twenty-five times of a round: nobody gets more than one letter a day for it afterwards, and
/// of several topics the newest.
#[test]
fn after_each_of_25_downtimes_nobody_is_flooded() {
    let (mut told, mut some) = (0, 0);
    for begin in [1, 5, 9, 12, 13] {
        for days in [1, 3, 7, 14, 33] {
            let end = begin + days;
            let story = format!(
                "with the cap off\nanna has applied from Norway in Bergen\nbilal has applied from Pakistan in Karachi\n\
                 from now on nothing is said of digest\nday -4\nthe pairs are released\nday {begin}\n\
                 the machine is down until day {end} 12:00\n"
            );
            let letters = scenario::letters_after_downtime(&story, "anna")
                .unwrap_or_else(|error| panic!("{story}\n{error}"));
            assert!(
                letters.len() <= 1,
                "down from day {begin} to {end}: {letters:?}"
            );
            some += letters.len();
            told += 1;
        }
    }
    println!("{told} downtimes, after {some} of them there was a letter to send");
    assert_eq!(told, 25);
    assert!(some > 5, "{some}");
}
