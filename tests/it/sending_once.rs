//! A letter leaves once, whatever happens on the way: the daemon is killed again and again while it sends a morning's
//! introductions (RELIABILITY F1), and the same with the protection taken away, to show that the test bites.

use std::time::Duration;

use crate::support::letter::message;
use crate::support::programme::{ADDRESS, Programme, eventually};
use crate::support::submission::Submission;

/// Somebody (a backup, a coordinator's command that hangs) holds the database just when the server has taken a letter and
/// others are in hand. All leave once, and nobody has to start the daemon again.
#[test]
fn letters_in_hand_leave_once_though_the_database_is_held_meanwhile() {
    let submission = Submission::start(Duration::from_millis(1500), None, Duration::ZERO);
    let programme = Programme::on_maildirs();
    programme.send_by("127.0.0.1", submission.port, "");
    for number in 0..3 {
        let hello = message(
            &format!("p{number}@people.test"),
            ADDRESS,
            "Taking part",
            "",
            "How can I take part?\r\n",
        );
        pairpost::mail::inbound::maildir::deliver(&programme.mailbox(), &hello, true, None)
            .unwrap();
    }
    let daemon = programme.run();
    eventually("the server has taken the first letter", || {
        (!submission.taken().is_empty()).then_some(())
    });
    let mut db = rusqlite::Connection::open(programme.database()).unwrap();
    db.busy_timeout(Duration::from_secs(10)).unwrap();
    let held = db
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .unwrap();
    // Longer than anybody waits for it.
    std::thread::sleep(Duration::from_secs(8));
    held.rollback().unwrap();
    eventually("all letters are sent", || {
        let open = programme.count("SELECT count(*) FROM outbox WHERE state <> 'sent'");
        (open == 0).then_some(())
    });
    assert_eq!(submission.taken().len(), 3, "{:?}", submission.taken());
    assert!(daemon.terminate().success());
}

mod with_servers {
    use std::collections::BTreeSet;
    use std::thread::sleep;
    use std::time::Duration;

    use chrono::{TimeDelta, Utc};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use crate::support::mailserver::MailServer;
    use crate::support::programme::{Programme, eventually};
    use crate::support::submission::Submission;

    const LETTERS: i64 = 1162;
    /// From the dot to the server's answer: long enough to be hit often.
    const SILENCE: Duration = Duration::from_millis(3);

    /// A programme with a morning's introductions in its outbox, and a server that keeps copies of what it takes.
    struct Morning {
        programme: Programme,
        submission: Submission,
        _server: std::sync::Arc<MailServer>,
    }

    impl Morning {
        fn of(user: &str, letters: i64, copy_after: Duration) -> Morning {
            let address = format!("{user}@org.test");
            let server = MailServer::shared();
            server.ctl(&["doveadm", "mailbox", "create", "-u", &address, "Sent"]);
            let copies = server.maildir(&address, "Sent");
            let submission = Submission::start(SILENCE, Some(copies), copy_after);
            let programme = Programme::on(&server, &address);
            programme.send_by("127.0.0.1", submission.port, "sent_folder = \"Sent\"");
            assert!(programme.run().terminate().success());
            let mut db = rusqlite::Connection::open(programme.database()).unwrap();
            let tx = db.transaction().unwrap();
            for number in 1..=letters {
                let (id, to) = (
                    format!("m{number}@org.test"),
                    format!("p{number}@people.test"),
                );
                let bytes = format!(
                    "From: {address}\r\nTo: {to}\r\nSubject: Meet your partner\r\nMessage-ID: <{id}>\r\n\r\nHello\r\n"
                );
                tx.execute(
                    "INSERT INTO outbox (id, key, kind, envelope_from, envelope_to, message_id, reference, subject,
                       unprompted, cause, created_at, due_at)
                     VALUES (?1, ?2, 'introduction', 'b' || ?1 || '@org.test', ?2, ?3, ?1, 'Meet your partner', 1,
                       'test', ?4, ?4)",
                    (number, &to, &id, Utc::now().timestamp()),
                )
                .unwrap();
                tx.execute(
                    "INSERT INTO outbox_bytes (letter_id, bytes) VALUES (?1, ?2)",
                    (number, bytes.into_bytes()),
                )
                .unwrap();
            }
            tx.commit().unwrap();
            Morning {
                programme,
                submission,
                _server: server,
            }
        }

        /// Kills the daemon again and again at moments that chance names, and lets it finish. Its clock goes on by three
        /// minutes at each start, so that letters of unknown end have waited long enough to be looked for.
        fn kill_again_and_again(&self, kills: u32, between: impl Fn(&Programme)) {
            let mut chance = ChaCha8Rng::seed_from_u64(1162);
            for kill in 0..kills {
                let connections = self.submission.connections();
                let daemon = self
                    .programme
                    .run_at(Utc::now() + TimeDelta::minutes(3 * i64::from(kill)));
                let begun = || self.submission.connections() > connections;
                // Towards the end a start may find nothing to send.
                for _ in 0..30 {
                    if begun() {
                        break;
                    }
                    sleep(Duration::from_millis(10));
                }
                sleep(Duration::from_micros(chance.random_range(0..40_000)));
                daemon.kill();
                between(&self.programme);
            }
            let end = Utc::now() + TimeDelta::minutes(3 * i64::from(kills));
            let daemon = self.programme.run_at(end);
            eventually("all letters are sent", || {
                let open = self.programme.count(
                    "SELECT count(*) FROM outbox WHERE state <> 'sent' AND state <> 'unknown'",
                );
                (open == 0).then_some(())
            });
            assert!(daemon.terminate().success());
            // What is unknown now had its end at the last kill, or later.
            let daemon = self.programme.run_at(end + TimeDelta::minutes(5));
            eventually("every end is known", || {
                let open = self
                    .programme
                    .count("SELECT count(*) FROM outbox WHERE state <> 'sent'");
                (open == 0).then_some(())
            });
            assert!(daemon.terminate().success());
        }

        /// Letters that never came, and letters that came again.
        fn lost_and_duplicate(&self) -> (usize, usize) {
            let taken = self.submission.taken();
            let different: BTreeSet<_> = taken.iter().collect();
            let letters = self.programme.count("SELECT count(*) FROM outbox") as usize;
            (letters - different.len(), taken.len() - different.len())
        }
    }

    #[test]
    fn no_introduction_is_lost_or_comes_twice_though_the_daemon_is_killed_200_times() {
        let morning = Morning::of("killed", LETTERS, Duration::ZERO);
        morning.kill_again_and_again(200, |_| {});
        assert_eq!(morning.lost_and_duplicate(), (0, 0));
        let looked_for = morning
            .programme
            .count("SELECT coalesce(sum(unknown_ends), 0) FROM outbox");
        println!("{looked_for} of {LETTERS} letters had an unknown end and were looked for");
        assert!(
            looked_for >= 20,
            "the kills have to hit the moment in question, and did so {looked_for} times"
        );
    }

    /// The control: with the looking taken away, the same kills do send letters twice.
    #[test]
    fn sending_again_without_looking_would_send_letters_twice() {
        let morning = Morning::of("naive", 400, Duration::ZERO);
        morning.kill_again_and_again(40, |programme| {
            let db = rusqlite::Connection::open(programme.database()).unwrap();
            db.execute(
                "UPDATE outbox SET state = 'sending' WHERE state = 'dot'",
                [],
            )
            .unwrap();
        });
        let (lost, duplicate) = morning.lost_and_duplicate();
        println!("without looking: {lost} lost, {duplicate} twice");
        assert_eq!(lost, 0);
        assert!(duplicate > 0);
    }
}
