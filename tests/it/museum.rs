//! Every mail of the museum (`tests/mail/*.eml`) is read as its `.json` says: what the person meant, written without
//! looking at what the reader makes of it. And however a museum mail is broken, reading it neither fails nor panics.

use std::fs;
use std::path::{Path, PathBuf};

use pairpost::mail::inbound::{self, AskedFor, Context};
use pairpost::programme::application::{Choice, Form, MatchingPart, Question, QuestionKind, Text};
use pairpost::time::from_seconds;
use rand::{Rng, SeedableRng};
use serde_json::Value;

#[path = "../mail/form.rs"]
mod form;

/// 10 February 2027, 00:00 UTC, a Wednesday.
const RECEIVED: i64 = 1_802_217_600;

fn mails() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail");
    let mut mails: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    mails.sort();
    mails
}

fn explained(raw: &[u8], form: &Form, notes: &Value) -> Value {
    let asked = notes["asked"].as_str().map(|asked| match asked {
        "form" => AskedFor::Form,
        "check-in" => AskedFor::CheckIn,
        "silence" => AskedFor::AreYouThere,
        "survey" => AskedFor::Survey,
        other => panic!("asked: {other}"),
    });
    let context = Context {
        form,
        asked,
        own_address: "programme@pairs.example",
        received: from_seconds(RECEIVED),
        language: notes["language"].as_str().unwrap_or("en"),
    };
    pairpost::cli::explain::as_json("", &inbound::read(raw, &context))
}

/// Whether `got` says what `wanted` says; objects may say more.
fn says(got: &Value, wanted: &Value) -> bool {
    match (got, wanted) {
        (Value::Object(got), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, value)| says(got.get(key).unwrap_or(&Value::Null), value)),
        (Value::Array(got), Value::Array(wanted)) => {
            got.len() == wanted.len()
                && got
                    .iter()
                    .zip(wanted)
                    .all(|(got, wanted)| says(got, wanted))
        }
        // Where lines break is no part of what somebody said.
        (Value::String(got), Value::String(wanted)) => {
            got.split_whitespace().eq(wanted.split_whitespace())
        }
        _ => got == wanted,
    }
}

#[test]
fn every_mail_of_the_museum_is_read_as_it_was_meant() {
    let form = form::form();
    let mails = mails();
    let mut wrong = Vec::new();
    let mut forms = 0;
    for path in &mails {
        let notes = fs::read(path.with_extension("json"))
            .unwrap_or_else(|_| panic!("{} has no .json beside it", path.display()));
        let notes: Value = serde_json::from_slice(&notes).unwrap();
        let got = explained(&fs::read(path).unwrap(), &form, &notes);
        let expected = notes["expect"].as_object().unwrap();
        forms += usize::from(
            expected
                .get("answers")
                .is_some_and(|answers| !answers.as_object().unwrap().is_empty()),
        );
        for (key, wanted) in expected {
            // All answers, and none besides.
            let same = says(&got[key], wanted) && (key != "answers" || says(wanted, &got[key]));
            if !same {
                wrong.push(format!(
                    "{}: {key}\n   meant {wanted}\n   read  {}",
                    path.file_name().unwrap().display(),
                    got[key]
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} mails are misread:\n{}",
        wrong.len(),
        mails.len(),
        wrong.join("\n")
    );
    assert!(mails.len() >= 200, "{} mails", mails.len());
    assert!(forms >= 60, "{forms} filled forms");
}

#[test]
fn a_broken_mail_is_read_without_a_panic() {
    let form = form::form();
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    for path in mails() {
        let whole = fs::read(&path).unwrap();
        for _ in 0..3 {
            let mut raw = whole.clone();
            for _ in 0..random.random_range(1..12) {
                let at = random.random_range(0..raw.len());
                match random.random_range(0..6) {
                    0 => raw[at] = random.random(),
                    1 => drop(raw.remove(at)),
                    2 => raw.insert(at, random.random()),
                    3 => raw.truncate(at.max(40)),
                    4 => {
                        let end = raw.len().min(at + random.random_range(1..400));
                        let piece = raw[at..end].to_vec();
                        raw.splice(at..at, piece);
                    }
                    _ => {
                        let end = raw.len().min(at + random.random_range(1..200));
                        raw.drain(at..end);
                    }
                }
                if raw.is_empty() {
                    break;
                }
            }
            let asked = ["form", "check-in", "silence"][random.random_range(0..3)];
            let notes = serde_json::json!({ "asked": asked });
            explained(&raw, &form, &notes);
        }
    }
}
