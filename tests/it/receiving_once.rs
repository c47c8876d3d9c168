//! Each message has its effect once (RELIABILITY F3, F9, F10): the daemon is killed while it receives, the line to the mailbox is cut at
//! every answer, the folder is numbered anew, others use the mailbox, too.

use std::path::Path;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::letter::message;
use crate::support::programme::{ADDRESS, Programme, effort, eventually, maildir_files};

fn hello(number: usize, to: &str) -> Vec<u8> {
    let from = format!("p{number}@people.test");
    message(&from, to, "Hello", "", "How can I take part?\r\n")
}

/// A programme that reads and decides but sends nothing: what is ordered can be counted in peace.
fn held() -> Programme {
    let programme = Programme::on_maildirs();
    programme.edit(
        "pairpost.toml",
        &[
            (
                "# stranger_letters_per_hour_open = 200",
                "stranger_letters_per_hour_open = 100000",
            ),
            (
                "# stranger_letters_per_hour_closed = 20",
                "stranger_letters_per_hour_closed = 100000",
            ),
        ],
    );
    assert!(programme.run().terminate().success());
    programme.told(&["pause"]);
    programme
}

/// Kills the daemon again and again while messages arrive; `between` happens after each kill.
fn killed_while_receiving(
    messages: usize,
    kills: usize,
    between: impl Fn(&Programme),
) -> Programme {
    let programme = held();
    let mut chance = ChaCha8Rng::seed_from_u64(3);
    let mut arrived = 0;
    for kill in 1..=kills {
        while arrived < messages * kill / kills {
            pairpost::mail::inbound::maildir::deliver(
                &programme.mailbox(),
                &hello(arrived, ADDRESS),
                true,
                None,
            )
            .unwrap();
            arrived += 1;
        }
        let daemon = programme.start_with(&[]);
        // The start itself takes a while; then it falls anywhere in the taking over, deciding and filing away.
        for _ in 0..200 {
            if daemon.has_logged("ready") {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_micros(chance.random_range(0..60_000)));
        daemon.kill();
        between(&programme);
    }
    let daemon = programme.run();
    eventually("all is filed away", || {
        (programme.in_inbox() == 0
            && programme.count("SELECT count(*) FROM inbox WHERE state = 'new'") == 0)
            .then_some(())
    });
    assert!(daemon.terminate().success());
    programme
}

#[test]
fn of_500_messages_each_has_its_effect_once_though_the_daemon_is_killed_300_times() {
    let kills = effort(300, 2000) as usize;
    let programme = killed_while_receiving(500, kills, |_| {});
    let people = programme.count("SELECT count(*) FROM person");
    let letters = programme.count("SELECT count(*) FROM outbox WHERE kind = 'form'");
    let rows = programme.count("SELECT count(*) FROM inbox WHERE state = 'handled'");
    let tries = programme.count("SELECT count(*) FROM inbox WHERE attempts > 1");
    println!(
        "500 messages, {kills} kills: {people} people, {letters} letters; {tries} were in hand when it was killed"
    );
    assert_eq!((people, letters, rows), (500, 500, 500));
    assert_eq!(maildir_files(&programme.mailbox(), "Processed").len(), 500);
    assert!(tries > 0, "the kills have to hit the moment in question");
}

/// The control: where a message is not known again, what had been handled but not filed away is taken once more.
#[test]
fn messages_that_are_not_known_again_would_be_handled_twice() {
    let forget = |programme: &Programme| {
        let db = rusqlite::Connection::open(programme.database()).unwrap();
        db.execute_batch("DELETE FROM place; UPDATE inbox SET hash = hex(randomblob(32))")
            .unwrap();
    };
    let programme = killed_while_receiving(100, 60, forget);
    let rows = programme.count("SELECT count(*) FROM inbox");
    println!("without knowing them again: {rows} for 100 messages");
    assert!(rows > 100, "{rows}");
}

#[test]
fn of_300_broken_and_300_good_messages_the_good_are_handled_without_a_restart() {
    let museum: Vec<Vec<u8>> =
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail"))
            .unwrap()
            .flatten()
            .filter(|entry| entry.path().extension().is_some_and(|end| end == "eml"))
            .map(|entry| std::fs::read(entry.path()).unwrap())
            .collect();
    assert!(museum.len() > 20, "{}", museum.len());
    let programme = held();
    let mut chance = ChaCha8Rng::seed_from_u64(17);
    let deliver = |bytes: &[u8]| {
        pairpost::mail::inbound::maildir::deliver(&programme.mailbox(), bytes, true, None).unwrap();
    };
    for number in 0..300 {
        deliver(&hello(number, ADDRESS));
        let mut broken = museum[number % museum.len()].clone();
        match number % 5 {
            // Cut anywhere, noise anywhere, no head, noise alone, a boundary that never ends.
            0 => broken.truncate(chance.random_range(1..broken.len())),
            1 => {
                for _ in 0..200 {
                    let at = chance.random_range(0..broken.len());
                    broken[at] = chance.random();
                }
            }
            2 => broken = broken.split_off(broken.len() / 2),
            3 => chance.fill(&mut broken[..]),
            _ => {
                let mut nested = b"From: x@people.test\r\nMIME-Version: 1.0\r\n".to_vec();
                for depth in 0..2000 {
                    nested.extend(
                        format!(
                            "Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n"
                        )
                        .bytes(),
                    );
                }
                broken = nested;
            }
        }
        broken.extend(format!("\r\nnumber {number}\r\n").bytes());
        deliver(&broken);
    }
    let mut daemon = programme.run();
    eventually("all is filed away", || {
        (programme.in_inbox() == 0).then_some(())
    });
    assert!(!daemon.has_ended(), "one start was enough");
    assert!(daemon.terminate().success());
    let good = programme.count(
        "SELECT count(*) FROM outbox JOIN person ON person.id = person_id
         WHERE kind = 'form' AND address LIKE 'p%@people.test'",
    );
    let unread = programme.count("SELECT count(*) FROM inbox WHERE state = 'new'");
    let aside = programme.count("SELECT count(*) FROM inbox WHERE state = 'quarantined'");
    println!("300 of 300 good ones: {good}; {unread} of the broken wait, {aside} are set aside");
    assert_eq!((good, unread), (300, 0));
}

mod with_servers {
    use super::*;
    use std::fs;
    use std::net::ToSocketAddrs;

    use pairpost::daemon::Engine;
    use pairpost::daemon::receive::destinations;
    use pairpost::mail::account::{MailboxSettings, Security, Server};
    use pairpost::mail::inbound::mailbox::{Mailbox, batches};
    use pairpost::rehearsal::drive::keys_of;
    use pairpost::store::Durability;

    use crate::support::mailserver::{MailServer, put_file};
    use crate::support::proxy::{Line, Proxy};

    #[test]
    fn a_mailbox_that_is_numbered_anew_five_times_brings_each_of_500_messages_once() {
        const MESSAGES: usize = 500;
        let address = "renumbered@org.test";
        let server = MailServer::start();
        let programme = Programme::on(&server, address);
        programme.edit(
            "pairpost.toml",
            &[
                (
                    "# stranger_letters_per_hour_open = 200",
                    "stranger_letters_per_hour_open = 100000",
                ),
                (
                    "# stranger_letters_per_hour_closed = 20",
                    "stranger_letters_per_hour_closed = 100000",
                ),
            ],
        );
        assert!(programme.run().terminate().success());
        programme.told(&["pause"]);
        // The first one makes the folder.
        server.put(address, [hello(0, address)]);
        for number in 1..MESSAGES {
            put_file(&server.maildir(address, ""), &hello(number, address));
        }
        let mut validities = std::collections::BTreeSet::new();
        for round in 0..=5 {
            let daemon = programme.run();
            // The first rounds are cut short, so that some messages are filed away and others are not.
            let wanted = if round < 5 {
                MESSAGES * (round + 1) / 6
            } else {
                MESSAGES
            };
            for _ in 0..2400 {
                if server.files(address, "Processed").len() >= wanted {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            if round == 5 {
                eventually("all is filed away", || {
                    server.files(address, "").is_empty().then_some(())
                });
                assert!(daemon.terminate().success());
                break;
            }
            daemon.kill();
            let db = rusqlite::Connection::open(programme.database()).unwrap();
            let mut places = db.prepare("SELECT DISTINCT place FROM place").unwrap();
            for place in places.query_map([], |row| row.get::<_, String>(0)).unwrap() {
                validities.extend(place.unwrap().split(':').nth(1).map(str::to_owned));
            }
            // The mailbox comes back from a copy of its own: everything lies in the inbox again, under new numbers.
            server.ctl(&["stop-imap"]);
            let inbox = server.maildir(address, "");
            for file in server.files(address, "Processed") {
                let name = file.file_name().unwrap().to_string_lossy().into_owned();
                let name = name.split(':').next().unwrap().to_owned();
                fs::rename(&file, inbox.join("new").join(name)).unwrap();
            }
            for folder in ["", "Processed"] {
                for entry in fs::read_dir(server.maildir(address, folder))
                    .unwrap()
                    .flatten()
                {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if name.starts_with("dovecot") && entry.path().is_file() {
                        fs::remove_file(entry.path()).unwrap();
                    }
                }
            }
            // Numbers are made from the second.
            std::thread::sleep(Duration::from_millis(1100));
            server.ctl(&["start-imap"]);
        }
        let people = programme.count("SELECT count(*) FROM person");
        let letters = programme.count("SELECT count(*) FROM outbox WHERE kind = 'form'");
        println!(
            "{people} people, {letters} letters, {} numberings",
            validities.len()
        );
        assert_eq!((people, letters), (MESSAGES as i64, MESSAGES as i64));
        assert!(validities.len() >= 5, "{validities:?}");
    }

    /// One visit to the mailbox, as the daemon does it.
    async fn visit(settings: &MailboxSettings, engine: &mut Engine) -> anyhow::Result<()> {
        let now = chrono::Utc::now();
        let mut mailbox = Mailbox::connect(settings).await?;
        loop {
            let waiting = engine.to_file_away(200)?;
            if !waiting.is_empty() {
                mailbox.file_away(&destinations(&waiting)).await?;
                let places: Vec<String> = waiting.into_iter().map(|(place, _)| place).collect();
                engine.filed_away(&places, now)?;
            }
            let listed = mailbox.list_next().await?;
            if listed.is_empty() {
                mailbox.close().await;
                return Ok(());
            }
            for piece in batches(&listed) {
                for fetched in mailbox.fetch(piece).await? {
                    let place = fetched.place.to_string();
                    engine.receive(Some(&place), &fetched.bytes, fetched.truncated, None, now)?;
                }
            }
        }
    }

    #[test]
    fn wherever_a_session_with_the_mailbox_is_cut_each_message_is_taken_once() {
        let address = "cut@org.test";
        let server = MailServer::shared();
        let Server { host, port, .. } = server.imap(Security::Plain);
        let behind = (host.as_str(), port)
            .to_socket_addrs()
            .unwrap()
            .next()
            .unwrap();
        let proxy = Proxy::to(behind);
        let MailboxSettings::Imap {
            login,
            folder,
            processed_folder,
            quarantine_folder,
            ..
        } = server.mailbox(address)
        else {
            unreachable!()
        };
        let settings = MailboxSettings::Imap {
            server: Server {
                host: "127.0.0.1".into(),
                port: proxy.port,
                security: Security::Plain,
                tls_ca_file: None,
                tls_name: None,
            },
            login,
            folder,
            processed_folder,
            quarantine_folder,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let dir = tempfile::tempdir().unwrap();
        let config = pairpost::config::built_in().on_maildirs(dir.path());
        fs::create_dir_all(&config.state_dir).unwrap();
        let mut engine = Engine::open(config, keys_of(1), Durability::Rehearsal).unwrap();
        engine.start(chrono::Utc::now()).unwrap();
        let mut arrived = 0;
        let mut arrive = |count: usize| {
            let messages: Vec<Vec<u8>> = (arrived..arrived + count)
                .map(|number| hello(number, address))
                .collect();
            arrived += count;
            server.put(address, messages);
            arrived
        };
        // How long a visit is, and where its answers end, by one that is not cut.
        arrive(3);
        let before = proxy.carried();
        runtime.block_on(visit(&settings, &mut engine)).unwrap();
        let (up, down) = (proxy.carried().0 - before.0, proxy.carried().1 - before.1);
        let steps = effort(60, 1000) as usize;
        let mut cut = 0;
        for upwards in [true, false] {
            let length = if upwards { up } else { down };
            let stride = (length / steps).max(1);
            for position in (1..length).step_by(stride) {
                let total = arrive(1);
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
                let visited = runtime.block_on(visit(&settings, &mut engine));
                cut += usize::from(visited.is_err());
                // Between the two, another client reads all that is left and removes what is filed.
                if position % 3 == 0 {
                    server.ctl(&[
                        "doveadm", "flags", "add", "-u", address, "\\Seen", "mailbox", "INBOX",
                        "all",
                    ]);
                    server.ctl(&[
                        "doveadm",
                        "expunge",
                        "-u",
                        address,
                        "mailbox",
                        "Processed",
                        "all",
                    ]);
                }
                proxy.becomes(Line::default());
                runtime.block_on(visit(&settings, &mut engine)).unwrap();
                let is = |sql: &str| -> i64 {
                    engine
                        .store()
                        .reader()
                        .query_row(sql, [], |row| row.get(0))
                        .unwrap()
                };
                assert_eq!(
                    is("SELECT count(*) FROM inbox"),
                    total as i64,
                    "cut at {position}"
                );
                assert_eq!(
                    is("SELECT count(*) FROM person"),
                    total as i64,
                    "cut at {position}"
                );
                assert!(server.files(address, "").is_empty(), "cut at {position}");
            }
        }
        println!("{cut} visits were cut, {arrived} messages, each once");
        assert!(cut > 80, "{cut}");
    }

    /// A refused login is tried ever less often, and told where no mail is needed for it.
    #[test]
    fn a_refused_login_is_told_in_a_file_and_by_systemd() {
        let server = MailServer::shared();
        let programme = Programme::on(&server, "locked@org.test");
        let daemon = programme.run();
        let told = programme.state().join("ATTENTION-mailbox.txt");
        let words = eventually("somebody is told", || fs::read_to_string(&told).ok());
        assert!(words.contains("mailbox: "), "{words}");
        assert!(!words.contains("secret"), "{words}");
        std::thread::sleep(Duration::from_secs(3));
        assert!(daemon.has_logged("a person has to mend this"));
        assert!(
            daemon.log().matches("the mailbox cannot be used").count() <= 1,
            "{}",
            daemon.log()
        );
        assert!(daemon.terminate().success());
    }
}
