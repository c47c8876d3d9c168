//! `pairpost explain FILE.eml...`: how a message would be read. Changes nothing and sends nothing.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args as ClapArgs, ValueEnum};
use serde_json::json;

use crate::mail::inbound::{self, AskedFor, Context, Reading};
use crate::programme::application::Form;
use crate::time::Moment;

/// Show how a message would be read: its kind, the new text, the answers, bounces and defects
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  pairpost explain --asked check-in reply.eml")]
pub struct Args {
    /// Messages as files, one each.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// One JSON object a line, in the order of the files.
    #[arg(long)]
    pub json: bool,
    /// The letter that the message answers.
    #[arg(long, value_enum)]
    pub asked: Option<Asked>,
    /// The language in which the sender was written to.
    #[arg(long, default_value = "en")]
    pub language: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Asked {
    Form,
    CheckIn,
    Silence,
    Survey,
}

/// What the program knows beside the message: the form, the programme's address and the present time.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub form: &'a Form,
    pub own_address: &'a str,
    pub now: Moment,
}

/// Prints one explanation a file.
///
/// # Errors
///
/// A file that cannot be read, or an output that cannot be written.
pub fn run(args: &Args, known: &Known<'_>) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let context = Context {
        form: known.form,
        asked: args.asked.map(|asked| match asked {
            Asked::Form => AskedFor::Form,
            Asked::CheckIn => AskedFor::CheckIn,
            Asked::Silence => AskedFor::AreYouThere,
            Asked::Survey => AskedFor::Survey,
        }),
        own_address: known.own_address,
        received: known.now,
        language: &args.language,
    };
    for path in &args.files {
        let shown = path.display().to_string();
        let raw =
            std::fs::read(path).with_context(|| format!("cannot read the message file {shown}"))?;
        let reading = inbound::read(&raw, &context);
        let line = if args.json {
            as_json(&shown, &reading).to_string()
        } else {
            as_text(&shown, &reading)
        };
        writeln!(out, "{line}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The explanation for programs. Keys may be added; those that are there keep their meaning.
pub fn as_json(file: &str, reading: &Reading) -> serde_json::Value {
    let unclear: Vec<&str> = reading
        .said
        .unclear
        .iter()
        .map(|unclear| unclear.question.as_str())
        .collect();
    let until = reading.said.until.or(reading
        .automatic
        .as_ref()
        .and_then(|automatic| automatic.until));
    json!({
        "file": file,
        "kind": reading.kind,
        "from": reading.from,
        "subject": reading.subject,
        "message_id": reading.message_id,
        "text": reading.text,
        "body": reading.body,
        "attachments": reading.attachments,
        "defects": reading.defects,
        "bounce": reading.bounce,
        "automatic": reading.automatic,
        "complaint": reading.complaint,
        "intent": reading.said.seems.or(reading.said.intent),
        // What the words ask for is clear, but the rules ask back: only its exact word does it.
        "needs_its_word": reading.said.seems.is_some(),
        "until": until,
        "check_in": reading.said.choice,
        // A file proves nothing about its sender; tokens and the mail host's word are weighed when mail comes in.
        "trust": "L0",
        "answers": reading.said.answers,
        "unclear": unclear,
        "unclear_details": reading.said.unclear,
        "answers_to": reading.answers,
        "recipients": reading.recipients,
    })
}

fn as_text(file: &str, reading: &Reading) -> String {
    let mut out = String::new();
    let mut line = |label: &str, value: String| {
        if !value.is_empty() {
            out.push_str(&format!(
                "{label:<12}{}\n",
                value.replace('\n', "\n            ")
            ));
        }
    };
    let as_word = |value: serde_json::Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_string)
    };
    line("file", file.to_string());
    line("kind", as_word(json!(reading.kind)));
    line(
        "from",
        reading
            .from
            .as_ref()
            .map_or("nobody that can be named".into(), |from| match &from.name {
                Some(name) => format!("{name} <{}>", from.address),
                None => from.address.clone(),
            }),
    );
    line("subject", reading.subject.clone().unwrap_or_default());
    line("text", reading.text.clone());
    line(
        "intent",
        reading
            .said
            .intent
            .map_or(String::new(), |intent| as_word(json!(intent))),
    );
    line(
        "choice",
        reading
            .said
            .choice
            .map_or(String::new(), |choice| choice.to_string()),
    );
    line(
        "until",
        reading
            .said
            .until
            .or(reading.automatic.as_ref().and_then(|a| a.until))
            .map_or(String::new(), |day| day.to_string()),
    );
    line(
        "automatic",
        reading
            .automatic
            .as_ref()
            .map_or(String::new(), |automatic| automatic.reason.clone()),
    );
    line(
        "complaint",
        reading
            .complaint
            .as_ref()
            .map_or(String::new(), |complaint| complaint.kind.clone()),
    );
    if let Some(bounce) = &reading.bounce {
        line("bounce", as_word(json!(bounce.class)));
        for recipient in &bounce.recipients {
            line(
                "",
                format!(
                    "{} {} {}",
                    recipient.address,
                    recipient.status.as_deref().unwrap_or("-"),
                    as_word(json!(recipient.class))
                ),
            );
        }
    }
    for (question, answer) in &reading.said.answers {
        line("answer", format!("{question} = {}", json!(answer)));
    }
    for unclear in &reading.said.unclear {
        line(
            "unclear",
            format!(
                "{} = {:?} ({})",
                unclear.question,
                unclear.written,
                as_word(json!(unclear.why))
            ),
        );
    }
    line("attachments", reading.attachments.join(", "));
    line("defects", reading.defects.join("; "));
    out
}
