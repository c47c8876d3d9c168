//! Files that travel with a letter and are made from what the store holds: somebody's own data, a certificate. What a
//! letter brings along by itself (`LetterKind::attachments`) needs none of this.

use anyhow::Context;
use rusqlite::Connection;
use serde_json::{Map, Value};

use super::path::OnePath;
use crate::config::Config;
use crate::documents::certificate::{Page, pdf};
use crate::ids::PersonId;
use crate::mail::inbound;
use crate::programme::application::Answers;
use crate::programme::letter::{Attachment, LetterKind, WhyTogether};
use crate::programme::{form_text, reason_text};
use crate::store::{facts, personal};
use crate::templates::{Frame, Rendered};
use crate::time::{Moment, from_seconds};

impl OnePath {
    /// All files that travel with a letter.
    pub(super) fn attachments(
        &self,
        db: &Connection,
        now: Moment,
        reader: Option<PersonId>,
        letter: &LetterKind,
        language: &str,
    ) -> anyhow::Result<Vec<Attachment>> {
        match (letter, reader) {
            (LetterKind::MyData { .. }, Some(person)) => my_data(&self.config, db, now, person),
            (
                LetterKind::Certificate {
                    name,
                    round_name,
                    from,
                    until,
                },
                _,
            ) => {
                let page = LetterKind::CertificatePage {
                    name: name.clone(),
                    round_name: round_name.clone(),
                    from: *from,
                    until: *until,
                    today: now.date_naive(),
                };
                let frame = Frame::of(&self.config.settings);
                let words = self.config.templates.render(&page, language, &frame)?;
                Ok(vec![certificate(&self.config, &words, name)])
            }
            _ => Ok(letter.attachments().to_vec()),
        }
    }
}

/// The certificate as a PDF; as a text where no font has the characters of a name.
fn certificate(config: &Config, words: &Rendered, name: &str) -> Attachment {
    let paragraphs = words.text.split("\n\n");
    let page = Page {
        title: words.subject.clone(),
        paragraphs: paragraphs
            .map(|lines| lines.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|paragraph| !paragraph.is_empty())
            .collect(),
        name: name.to_string(),
    };
    // Fonts of other scripts are large, and most names need none of them.
    let with_all_fonts = |_| {
        let paths = config.certificate_fonts.iter();
        let fonts: Vec<Vec<u8>> = paths.filter_map(|path| std::fs::read(path).ok()).collect();
        pdf(&page, &fonts)
    };
    match pdf(&page, &[]).or_else(with_all_fonts) {
        Ok(bytes) => Attachment {
            file_name: "certificate.pdf".into(),
            content_type: "application/pdf",
            bytes,
        },
        Err(error) => {
            tracing::warn!(%error, "a certificate is sent as a text: name a font in certificate_fonts");
            Attachment {
                file_name: "certificate.txt".into(),
                content_type: "text/plain; charset=utf-8",
                bytes: format!("{}\n\n{}", words.subject, words.text).into_bytes(),
            }
        }
    }
}

/// Everything about a person, as a text for them and as JSON for programs.
///
/// # Errors
/// The database cannot be read.
pub fn my_data(
    config: &Config,
    db: &Connection,
    now: Moment,
    person: PersonId,
) -> anyhow::Result<Vec<Attachment>> {
    let all = gather(config, db, now, person)?;
    Ok(vec![
        Attachment {
            file_name: "my-data.txt".into(),
            content_type: "text/plain; charset=utf-8",
            bytes: readable(config, db, &all, person)?.into_bytes(),
        },
        Attachment {
            file_name: "my-data.json".into(),
            content_type: "application/json",
            bytes: serde_json::to_vec_pretty(&all).context("the data cannot be written")?,
        },
    ])
}

/// What the tables hold, the words of their messages, and why each partner was theirs.
fn gather(
    config: &Config,
    db: &Connection,
    now: Moment,
    person: PersonId,
) -> anyhow::Result<Map<String, Value>> {
    let mut all = Map::new();
    all.insert("programme".into(), config.settings.name.clone().into());
    all.insert("written_at".into(), now.to_rfc3339().into());
    all.extend(personal::everything(db, person)?);
    let messages = personal::messages(db, person)?
        .into_iter()
        .map(|(id, at, bytes)| {
            let parsed = inbound::parse(&bytes);
            let pieces = parsed.body.iter().map(|piece| piece.text.as_str());
            let mut one = Map::new();
            one.insert("message".into(), id.0.into());
            one.insert("received_at".into(), from_seconds(at).to_rfc3339().into());
            one.insert("text".into(), pieces.collect::<String>().into());
            Value::Object(one)
        })
        .collect();
    all.insert("messages".into(), Value::Array(messages));
    if let Some(Value::Array(pairs)) = all.get_mut("partnership") {
        for pair in pairs {
            let Some(id) = pair.get("id").and_then(Value::as_i64) else {
                continue;
            };
            let found = facts::partnership(db, crate::ids::PartnershipId(id))?;
            let why = found.map(|found| {
                // As in the introduction; the partner's own answers are theirs.
                reason_text::named(&found.reasons, &config.settings.form, person, "en")
                    .iter()
                    .map(in_words)
                    .collect::<Vec<String>>()
            });
            if let (Value::Object(pair), Some(why)) = (pair, why) {
                pair.insert("why_this_partner".into(), why.into());
            }
        }
    }
    Ok(all)
}

fn in_words(why: &WhyTogether) -> String {
    match why {
        WhyTogether::Interests { shared } => {
            format!("You are both interested in: {}.", shared.join(", "))
        }
        WhyTogether::YourWish { what } => format!("You wished for: {what}."),
        WhyTogether::TheirWish { what } => format!("Your partner wished for: {what}."),
        WhyTogether::Languages { shared } => {
            format!("Languages that you share: {}.", shared.join(", "))
        }
    }
}

/// For people: the same in plain words, the important first.
fn readable(
    config: &Config,
    db: &Connection,
    all: &Map<String, Value>,
    person: PersonId,
) -> anyhow::Result<String> {
    let mut text = format!(
        "Everything that {} keeps about you\n\nWritten on {}. The same is in my-data.json, for programs.\n\
         What is about your partners is theirs and is left out.\n",
        config.settings.name,
        all.get("written_at").map(shown).unwrap_or_default()
    );
    if let Some(found) = facts::person(db, person)? {
        heading(&mut text, "You");
        line(&mut text, "Name", &found.name);
        line(&mut text, "Address", &found.address);
        line(&mut text, "Language of our letters", &found.language);
        line(&mut text, "Time zone", found.zone.name());
    }
    for application in list(all, "application") {
        let round = application.get("round").map(shown).unwrap_or_default();
        heading(&mut text, &format!("Your application for {round}"));
        line(
            &mut text,
            "Where it stands",
            &application.get("state").map(shown).unwrap_or_default(),
        );
        let answers: Answers = application
            .get("answers")
            .cloned()
            .and_then(|answers| serde_json::from_value(answers).ok())
            .unwrap_or_default();
        for answer in form_text::lines(&config.settings.form, &answers, "en", false) {
            line(&mut text, &answer.label, &answer.value);
        }
    }
    for pair in list(all, "partnership") {
        heading(&mut text, "A partnership of yours");
        for (name, value) in pair.iter().filter(|(_, value)| !value.is_null()) {
            line(&mut text, &name.replace('_', " "), &shown(value));
        }
    }
    for message in list(all, "messages") {
        let at = message.get("received_at").map(shown).unwrap_or_default();
        heading(&mut text, &format!("Your message of {at}"));
        text.push_str(
            message
                .get("text")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .trim(),
        );
        text.push('\n');
    }
    heading(&mut text, "Letters that we wrote to you");
    for letter in list(all, "letters") {
        let at = letter.get("created_at").map(shown).unwrap_or_default();
        let subject = letter.get("subject").map(shown).unwrap_or_default();
        line(&mut text, &at, &subject);
    }
    const TOLD: [&str; 6] = [
        "person",
        "application",
        "partnership",
        "messages",
        "letters",
        "programme",
    ];
    for (table, rows) in all
        .iter()
        .filter(|(table, _)| !TOLD.contains(&table.as_str()))
    {
        let Some(rows) = rows.as_array().filter(|rows| !rows.is_empty()) else {
            continue;
        };
        heading(&mut text, &table.replace('_', " "));
        for row in rows.iter().filter_map(Value::as_object) {
            let cells = row
                .iter()
                .filter(|(name, value)| !value.is_null() && *name != "person_id");
            let cells: Vec<String> = cells
                .map(|(name, value)| format!("{} {}", name.replace('_', " "), shown(value)))
                .collect();
            text.push_str(&format!("- {}\n", cells.join(", ")));
        }
    }
    Ok(text)
}

fn heading(text: &mut String, words: &str) {
    text.push_str(&format!("\n{}\n\n", words.to_uppercase()));
}

fn line(text: &mut String, label: &str, value: &str) {
    if !value.is_empty() {
        text.push_str(&format!("{label}: {value}\n"));
    }
}

fn list<'a>(all: &'a Map<String, Value>, name: &str) -> Vec<&'a Map<String, Value>> {
    let rows = all.get(name).and_then(Value::as_array);
    rows.into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .collect()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}
