//! How many messages a second are read on one core, beside `mail-parser` alone on the same files in the same run:
//! `cargo bench --bench reading`.
//!
//! The files are the museum (`tests/mail`). Parsing is part of reading: the rest is finding the sender, the kind, the new
//! text, the answers to a form of thirteen questions, and what the words ask for. Every mail is read as its notes say
//! (a form as a form, a check-in as a check-in), several times over, and the fastest round counts.
//!
//! Give the number of rounds as an argument (default 5).

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use mail_parser::MessageParser;
use pairpost::mail::inbound::{self, AskedFor, Context};
use pairpost::time::from_seconds;

struct Mail {
    group: String,
    raw: Vec<u8>,
    asked: Option<AskedFor>,
    language: String,
}

fn museum() -> Vec<Mail> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the museum")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let notes = fs::read(path.with_extension("json")).expect("its notes");
            let notes: serde_json::Value = serde_json::from_slice(&notes).expect("notes in JSON");
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            Mail {
                group: name.split('-').next().unwrap_or_default().to_string(),
                raw: fs::read(path).expect("a mail"),
                asked: match notes["asked"].as_str() {
                    Some("form") => Some(AskedFor::Form),
                    Some("check-in") => Some(AskedFor::CheckIn),
                    Some("silence") => Some(AskedFor::AreYouThere),
                    Some("survey") => Some(AskedFor::Survey),
                    _ => None,
                },
                language: notes["language"].as_str().unwrap_or("en").to_string(),
            }
        })
        .collect()
}

/// The shortest time that all of them took in any round.
fn fastest(rounds: u32, mails: &[&Mail], mut each: impl FnMut(&Mail)) -> Duration {
    (0..rounds)
        .map(|_| {
            let start = Instant::now();
            mails.iter().for_each(|mail| each(mail));
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn main() {
    let rounds = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(5);
    let form = pairpost::config::built_in().settings.form;
    let all = museum();
    let mut groups: Vec<&str> = all.iter().map(|mail| mail.group.as_str()).collect();
    groups.sort_unstable();
    groups.dedup();
    println!(
        "{:12} {:>6} {:>10} {:>16} {:>16}",
        "mails", "number", "kilobytes", "whole reading /s", "mail-parser /s"
    );
    for group in groups.into_iter().chain(["all"]) {
        let mails: Vec<&Mail> = all
            .iter()
            .filter(|mail| group == "all" || mail.group == group)
            .collect();
        let parser = MessageParser::default();
        let parsing = fastest(rounds, &mails, |mail| {
            black_box(parser.parse(black_box(&mail.raw)));
        });
        let reading = fastest(rounds, &mails, |mail| {
            let context = Context {
                form: &form,
                asked: mail.asked,
                own_address: "programme@pairs.example",
                received: from_seconds(1_802_217_600),
                language: &mail.language,
            };
            black_box(inbound::read(black_box(&mail.raw), &context));
        });
        let rate = |time: Duration| mails.len() as f64 / time.as_secs_f64().max(1e-9);
        println!(
            "{group:12} {:>6} {:>10.0} {:>16.0} {:>16.0}",
            mails.len(),
            mails.iter().map(|mail| mail.raw.len()).sum::<usize>() as f64 / 1000.0,
            rate(reading),
            rate(parsing),
        );
    }
}
