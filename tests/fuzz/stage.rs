//! A small programme with its round under way, and letters in everybody's hands to answer.

use std::fs;
use std::path::Path;

use chrono::TimeDelta;
use pairpost::config;
use pairpost::daemon::Engine;
use pairpost::mail::inbound::{self, sender};
use pairpost::mail::outbound::Outcome;
use pairpost::programme::application::{Answer, Answers};
use pairpost::programme::form_text;
use pairpost::programme::settings::Release;
use pairpost::rehearsal::drive::keys_of;
use pairpost::schedule;
use pairpost::store::{Durability, inbox};
use pairpost::time::Moment;
use tempfile::TempDir;

/// After so many messages the stage is set anew, so that an input does nearly the same whenever it comes.
const MESSAGES_MAX: u32 = 200;

/// A letter that somebody can answer.
struct Letter {
    to: String,
    reply_to: String,
    bounces_to: String,
    message_id: String,
}

pub struct Stage {
    /// The state as it was when the story had been told.
    told: TempDir,
    engine: Option<(Engine, TempDir)>,
    now: Moment,
    letters: Vec<Letter>,
    messages: u32,
    /// What was played since the story was told anew.
    played: Vec<Vec<u8>>,
}

impl Stage {
    /// Tells the story up to the first questions after a silence.
    pub fn set() -> Stage {
        let told = tempfile::tempdir().unwrap();
        let mut engine = open(told.path());
        let settings = engine.config().settings.clone();
        let day = |day: i64| {
            let date = settings.rounds[0].start + TimeDelta::days(day);
            schedule::local_moment(
                date,
                chrono::NaiveTime::from_hms_opt(12, 0, 0).unwrap(),
                settings.zone,
            )
        };
        let mut now = day(-20);
        engine.start(now).unwrap();
        let mut letters = Vec::new();
        for (name, country, place) in [
            ("anna", "NO", "Bergen"),
            ("bilal", "PK", "Karachi"),
            ("chen", "TW", "Taipei"),
            ("dora", "BR", "Recife"),
            ("newcomer", "", ""),
        ] {
            let address = format!("{name}@library.example");
            let first = mail(&address, &settings.address, "", "I would like to apply.");
            arrives(&mut engine, &first, now);
            deliver(&mut engine, now, &mut letters);
            if country.is_empty() {
                continue;
            }
            let asked = letters
                .iter()
                .rfind(|letter: &&Letter| letter.to == address)
                .unwrap();
            let filled = form_text::write(
                &settings.form,
                &answers(&engine, name, country, place),
                "en",
            );
            let reply = mail(&address, &asked.reply_to, &asked.message_id, &filled);
            arrives(&mut engine, &reply, now);
            deliver(&mut engine, now, &mut letters);
        }
        // Nobody but one answers the check-in, so that another is asked whether they are there.
        let mut asked = false;
        while now < day(12) {
            now += TimeDelta::hours(6);
            while engine.tick(now, 500).unwrap().handled > 0 {}
            let before = letters.len();
            deliver(&mut engine, now, &mut letters);
            if now > day(10) && !asked {
                asked = true;
                let at = letters[before..]
                    .iter()
                    .position(|letter| letter.to.starts_with("anna@"));
                let check_in = &letters[before + at.unwrap_or(0)];
                let reply = mail(&check_in.to, &check_in.reply_to, &check_in.message_id, "3");
                arrives(&mut engine, &reply, now);
            }
        }
        drop(engine);
        // The last letters are the interesting ones; one of each person's early ones are there, too.
        assert!(letters.len() > 12, "{} letters", letters.len());
        Stage {
            told,
            engine: None,
            now,
            letters,
            messages: 0,
            played: Vec::new(),
        }
    }

    /// One message, as an answer to one of the letters, and what follows.
    pub fn play(&mut self, raw: &[u8]) {
        if self.messages >= MESSAGES_MAX {
            self.engine = None;
        }
        let (mut engine, dir) = self.engine.take().unwrap_or_else(|| {
            self.messages = 0;
            self.played.clear();
            let dir = tempfile::tempdir().unwrap();
            copy(self.told.path(), dir.path());
            (open(dir.path()), dir)
        });
        self.messages += 1;
        let now = self.now + TimeDelta::seconds(i64::from(self.messages));
        // Which letter it answers, and as whom, follows from its length.
        let letter = &self.letters[raw.len() % self.letters.len()];
        let message = answering(raw, letter, raw.len() / self.letters.len() % 4);
        let id = arrives(&mut engine, &message, now);
        let later = now + TimeDelta::days(1000);
        self.played.push(raw.to_vec());
        let waiting = inbox::unhandled(engine.store().reader(), later, 10).unwrap();
        if waiting.contains(&id) {
            let reason: String = engine
                .store()
                .reader()
                .query_row("SELECT reason FROM inbox WHERE id = ?1", [id.0], |row| {
                    row.get(0)
                })
                .unwrap();
            // It may hang on what came before it.
            let kept = std::env::temp_dir().join(format!("played-{}", std::process::id()));
            fs::create_dir_all(&kept).unwrap();
            for (number, played) in self.played.iter().enumerate() {
                fs::write(kept.join(format!("{number:03}")), played).unwrap();
            }
            panic!(
                "a message that could not be handled: {reason}; this and those before it: {}",
                kept.display()
            );
        }
        let own = engine.config().settings.address.clone();
        for letter in engine.take_letters(now, 100).unwrap() {
            check(&letter.bytes, &letter.envelope_to, &own);
            let outcome = Outcome::Accepted {
                reply: "250 ok".into(),
            };
            engine.delivered(&letter, &outcome, now).unwrap();
        }
        self.engine = Some((engine, dir));
    }
}

/// One sender, one reader, one of each header, and a text: what an honest mail program makes of it as well.
fn check(bytes: &[u8], to: &str, own: &str) {
    let parsed = inbound::parse(bytes);
    let headers = &parsed.headers;
    assert!(parsed.defects.is_empty(), "{:?}", parsed.defects);
    let from = sender::sender(headers).unwrap();
    assert_eq!(from.address, own);
    assert_eq!(
        sender::addresses(headers.get("to").unwrap()),
        [to.to_lowercase()]
    );
    for (name, _) in headers.iter() {
        assert_eq!(headers.all(name).count(), 1, "{name} twice");
        assert!(
            !matches!(name, "cc" | "bcc" | "sender" | "resent-to"),
            "{name}"
        );
    }
    assert_eq!(
        parsed
            .parts
            .iter()
            .filter(|part| part.kind.starts_with("text/"))
            .count(),
        2
    );
    assert!(parsed.attachments.is_empty());
    assert!(!parsed.body.is_empty());
    for line in bytes.split(|byte| *byte == b'\n') {
        assert!(line.len() <= 999, "a line of {} bytes", line.len());
        assert!(line.is_ascii() && !line.contains(&0), "not plain ASCII");
    }
}

fn open(dir: &Path) -> Engine {
    let mut config = config::built_in().on_maildirs(dir);
    config.settings.cap = None;
    config.settings.release = Release::AfterHours(48);
    config.settings.ceilings.letters_per_hour = u32::MAX;
    fs::create_dir_all(&config.state_dir).unwrap();
    Engine::open(config, keys_of(1), Durability::Rehearsal)
        .unwrap()
        .for_rehearsal()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

fn arrives(engine: &mut Engine, message: &[u8], now: Moment) -> pairpost::ids::InboxId {
    let id = engine.record(None, message, false, now).unwrap();
    engine.handle_message(id, now).unwrap();
    id
}

fn deliver(engine: &mut Engine, now: Moment, letters: &mut Vec<Letter>) {
    for leaving in engine.take_letters(now, 500).unwrap() {
        let outcome = Outcome::Accepted {
            reply: "250 ok".into(),
        };
        engine.delivered(&leaving, &outcome, now).unwrap();
        let parsed = inbound::parse(&leaving.bytes);
        let header = |name: &str| parsed.headers.get(name).unwrap_or_default().to_string();
        letters.push(Letter {
            to: leaving.envelope_to.to_lowercase(),
            reply_to: sender::addresses(&header("reply-to"))
                .pop()
                .unwrap_or_default(),
            bounces_to: leaving.envelope_from.clone(),
            message_id: header("message-id"),
        });
    }
}

fn mail(from: &str, to: &str, answers: &str, text: &str) -> Vec<u8> {
    let body = text.replace('\n', "\r\n");
    format!(
        "From: <{from}>\r\nTo: <{to}>\r\nSubject: Hello\r\nMessage-ID: <{}@library.example>\r\nIn-Reply-To: {answers}\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n",
        text.len()
    )
    .into_bytes()
}

/// The input under a header that makes it an answer: `manner` says whose. Its own sender stays only where it is none.
fn answering(raw: &[u8], letter: &Letter, manner: usize) -> Vec<u8> {
    let head = match manner {
        // As its reader, from the address on file, with a name of the fuzzer's choice.
        0 | 1 => {
            let name: String = raw
                .iter()
                .rev()
                .take(12)
                .map(|byte| format!("={byte:02X}"))
                .collect();
            format!(
                "From: =?utf-8?q?{name}?= <{}>\r\nTo: <{}>\r\nIn-Reply-To: {}\r\n",
                letter.to, letter.reply_to, letter.message_id
            )
        }
        // As a machine, to where bounces go.
        2 => format!("Return-Path: <>\r\nTo: <{}>\r\n", letter.bounces_to),
        _ => format!("To: <{}>\r\n", letter.reply_to),
    };
    let mut out = head.into_bytes();
    let mut header = manner < 2;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        header &= !line.trim_ascii().is_empty();
        let own = line.len() >= 5 && line[..5].eq_ignore_ascii_case(b"from:");
        if !(header && own) {
            out.extend_from_slice(line);
        }
    }
    out
}

fn answers(engine: &Engine, name: &str, country: &str, place: &str) -> Answers {
    let form = &engine.config().settings.form;
    let one = |text: &str| Answer::One(text.to_string());
    let chosen = |id: &str, at: usize| {
        form.question(id)
            .and_then(|question| question.options.get(at))
            .map(|choice| choice.id.clone())
            .unwrap_or_default()
    };
    Answers::from([
        ("name".to_string(), one(name)),
        ("country".to_string(), one(country)),
        ("place".to_string(), one(place)),
        ("languages".to_string(), Answer::Many(vec!["en".into()])),
        ("sector".to_string(), Answer::One(chosen("sector", 0))),
        ("stage".to_string(), Answer::One(chosen("stage", 1))),
        (
            "interests".to_string(),
            Answer::Many(vec![chosen("interests", 0)]),
        ),
        (
            "about".to_string(),
            one("I work at the desk of a small library."),
        ),
        ("promise".to_string(), Answer::YesNo(true)),
    ])
}
