//! Reading what arrives: fetch (bytes), parse (never fails), classify (in words of the programme).
//!
//! [`read`] is pure: bytes in, a [`Reading`] out. It never panics and never loses what a person wrote; what it could
//! not understand is a defect or an unclear answer, with the text beside it. Nothing here is evidence of who wrote:
//! a Reading is L0 (RELIABILITY (d)); tokens and the mail host's word are weighed by whoever asks for the reading.

pub mod authentication;
pub mod automatic;
pub mod bounce;
pub mod clean;
pub mod command;
pub mod complaint;
pub mod dkim;
pub mod form_reply;
pub mod html;
pub mod parse;
mod pattern;
pub mod reply_text;
pub mod sender;

pub mod imap;
mod imap_guard;
pub mod mailbox;
pub mod maildir;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::programme::application::Form;
use crate::programme::event::Said;
use crate::time::Moment;

/// What the reader has to know about a message before it reads it.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub form: &'a Form,
    /// The question that the message answers, where a token or a thread says so.
    pub asked: Option<AskedFor>,
    /// The programme's address: a message from it is our own letter coming back.
    pub own_address: &'a str,
    /// When the message came in; "until Friday" and "the 3rd" count from here.
    pub received: Moment,
    /// The language in which the sender was written to.
    pub language: &'a str,
}

/// The kind of letter that a message answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedFor {
    Form,
    CheckIn,
    AreYouThere,
    Survey,
    /// A letter with numbered choices.
    Choice,
    /// A letter that asks for one "yes", or for the same word again.
    Confirmation,
    /// A letter to a coordinator that is answered with a command; its words are read elsewhere.
    Command,
}

pub use parse::{Parsed, parse};

/// What can be looked up before the words are read: who says they wrote, and what they answer.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    pub from: Option<Sender>,
    /// As [`Reading::recipients`].
    pub recipients: Vec<String>,
    /// As [`Reading::answers`].
    pub answers: Vec<String>,
    /// The visible code of one of our letters ("k7q2-x9m4ta"), where it is quoted.
    pub reference: Option<String>,
}

/// The claims of a parsed message, for finding out which letter it answers.
pub fn claims(parsed: &Parsed) -> Claims {
    Claims {
        from: sender::sender(&parsed.headers).ok(),
        recipients: recipients(&parsed.headers, &RECIPIENT_FIELDS),
        answers: answered(&parsed.headers),
        reference: parsed.body.iter().find_map(|piece| reference(&piece.text)),
    }
}

/// Addresses in To and Cc: those that every reader of a message can see.
pub fn visible_recipients(parsed: &Parsed) -> Vec<String> {
    recipients(&parsed.headers, &["to", "cc"])
}

/// Finds "Ref: k7q2-x9m4ta", the last line of our letters. The newest letter is quoted first.
fn reference(text: &str) -> Option<String> {
    text.match_indices("Ref: ").take(50).find_map(|(at, word)| {
        let code = text.get(at + word.len()..at + word.len() + 11)?;
        let (first, second) = code.split_once('-')?;
        let shaped = first.len() == 4
            && second.len() == 6
            && code
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        shaped.then(|| code.to_ascii_lowercase())
    })
}

/// Reads one message as it arrived.
pub fn read(raw: &[u8], context: &Context<'_>) -> Reading {
    read_parsed(&parse(raw), context)
}

/// Reads the words of a parsed message.
pub fn read_parsed(parsed: &Parsed, context: &Context<'_>) -> Reading {
    let headers = &parsed.headers;
    let mut defects = parsed.defects.clone();
    let from = match sender::sender(headers) {
        Ok(sender) => Some(sender),
        Err(defect) => {
            defects.push(defect.to_string());
            None
        }
    };
    let subject = headers.get("subject").map(|value| {
        let value = if parsed.content_type.contains("utf-7") {
            parse::utf7(value)
        } else {
            value.to_string()
        };
        clean::line(&sender::decode_words(&value), clean::SUBJECT_MAX)
    });
    let marked = clean::body(&marked_body(parsed), clean::BODY_MAX);
    let body = html::plain(&marked);
    let text = reply_text::new_text(&marked);

    let mut reading = Reading {
        kind: Kind::Person,
        from,
        subject,
        message_id: headers.get("message-id").and_then(|value| ids(value).pop()),
        answers: answered(headers),
        recipients: recipients(headers, &RECIPIENT_FIELDS),
        visible_recipients: recipients(headers, &["to", "cc"]),
        date: parsed.date,
        text,
        body,
        attachments: parsed.attachments.clone(),
        defects,
        bounce: None,
        automatic: None,
        complaint: None,
        said: Said::default(),
    };
    reading.complaint = complaint::complaint(parsed);
    if reading.complaint.is_none() {
        reading.bounce = bounce::bounce(parsed, &reading);
    }
    reading.kind = kind(parsed, &reading, context);
    if matches!(reading.kind, Kind::Automatic | Kind::List) {
        let reason = automatic::reason(parsed, &reading).unwrap_or_default();
        let until = automatic::back_on(&reading, context);
        reading.automatic = Some(Automatic { reason, until });
    }
    if reading.kind == Kind::Person {
        reading.said = said(&marked, &reading, context);
        // A letter that answers nothing and holds another's words alone: they are shown, and nothing is read from them.
        if reading.text.is_empty() && reading.answers.is_empty() && context.asked.is_none() {
            reading.text = reply_text::passed_on(&reading.body);
        }
    }
    reading
}

/// What a person's words mean. The form is looked for in the whole body, since its answers may stand between or
/// inside the quoted lines.
fn said(marked: &str, reading: &Reading, context: &Context<'_>) -> Said {
    let subject = reading.subject.as_deref().unwrap_or_default();
    let mut said = Said::default();
    let form_is_possible = matches!(
        context.asked,
        None | Some(AskedFor::Form | AskedFor::Survey | AskedFor::Choice)
    );
    if form_is_possible {
        let form = form_reply::read(
            marked,
            context.form,
            context.language,
            context.asked == Some(AskedFor::Form) || context.asked == Some(AskedFor::Survey),
        );
        said.answers = form.answers;
        said.unclear = form.unclear;
        if !said.answers.is_empty() || !said.unclear.is_empty() {
            let anew = form_reply::read(&reading.text, context.form, context.language, true);
            said.answers_anew = !anew.answers.is_empty() || !anew.unclear.is_empty();
        }
    }
    let words = command::read(&reply_text::unquoted(&reading.text), subject, context);
    said.choice = words.choice;
    said.until = words.until;
    said.address = words.address;
    said.intent = words.intent;
    said.seems = words.seems;
    if !said.answers.is_empty() || !said.unclear.is_empty() {
        // A filled form is an answer, whatever words stand in its long texts; only a command that stands alone on
        // the first line is one beside it.
        if !words.exact {
            said.beside = words.intent;
            said.intent = Some(crate::programme::event::Intent::Answer);
            said.seems = None;
            if words.intent != Some(crate::programme::event::Intent::Pause) {
                said.until = None;
            }
        }
        said.choice = None;
    }
    said
}

/// The body with marks where HTML says what is quoted.
fn marked_body(parsed: &parse::Parsed) -> String {
    let mut out = String::new();
    for piece in &parsed.body {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        if piece.html {
            out.push_str(&html::marked(&piece.text));
        } else {
            out.push_str(&piece.text);
        }
    }
    if out.trim().is_empty()
        && let Some(html) = &parsed.html
    {
        out = html::marked(html);
    }
    out
}

fn kind(parsed: &parse::Parsed, reading: &Reading, context: &Context<'_>) -> Kind {
    let own = context.own_address.to_ascii_lowercase();
    let ours = reading
        .from
        .as_ref()
        .is_some_and(|from| !own.is_empty() && same_mailbox(&from.address, &own));
    if reading.complaint.is_some() {
        return Kind::Complaint;
    }
    match &reading.bounce {
        Some(bounce)
            if bounce.class == BounceClass::Temporary && bounce::is_delay(parsed, bounce) =>
        {
            return Kind::Delay;
        }
        Some(_) => return Kind::Bounce,
        None => {}
    }
    if ours
        || parsed
            .headers
            .get("x-loop")
            .is_some_and(|value| !own.is_empty() && sender::addresses(value).contains(&own))
    {
        return Kind::Ours;
    }
    match automatic::reason(parsed, reading) {
        Some(_) if automatic::is_list(&parsed.headers) => return Kind::List,
        Some(_) => return Kind::Automatic,
        None => {}
    }
    let unread = reading
        .defects
        .iter()
        .any(|defect| defect.ends_with("not read"));
    if reading.body.trim().is_empty()
        && reading.attachments.is_empty()
        && !unread
        && reading.subject.as_deref().unwrap_or_default().is_empty()
    {
        return Kind::Empty;
    }
    Kind::Person
}

/// Whether two addresses are one mailbox but for what stands after a `+`: our own address with a token in it.
fn same_mailbox(address: &str, own: &str) -> bool {
    let base = |address: &str| {
        let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
        format!("{}@{domain}", local.split('+').next().unwrap_or(local))
    };
    base(address) == base(own)
}

/// Fields in which the address that a message was delivered to may stand, most trustworthy first.
const RECIPIENT_FIELDS: [&str; 12] = [
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-delivered-to",
    "x-forwarded-to",
    "apparently-to",
    "resent-to",
    "x-rcpt-to",
    "to",
    "cc",
    "bcc",
];

fn recipients(headers: &parse::Headers, fields: &[&str]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for field in fields {
        for value in headers.all(field) {
            for address in sender::addresses(value) {
                if !out.contains(&address) && out.len() < 200 {
                    out.push(address);
                }
            }
        }
    }
    out
}

/// Message-IDs of In-Reply-To and References, newest last.
fn answered(headers: &parse::Headers) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for field in ["references", "in-reply-to"] {
        for id in headers.all(field).flat_map(ids) {
            out.retain(|known| *known != id);
            out.push(id);
        }
    }
    let surplus = out.len().saturating_sub(100);
    out.split_off(surplus)
}

/// The ids in a field, without their angle brackets.
pub(crate) fn ids(value: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = value;
    while let Some(start) = rest.find('<') {
        let Some(end) = rest[start..].find('>') else {
            break;
        };
        let id = clean::line(&rest[start + 1..start + end], 998);
        if !id.is_empty() {
            out.push(id);
        }
        rest = &rest[start + end + 1..];
    }
    if out.is_empty() {
        out.extend(
            value
                .split_whitespace()
                .find(|word| word.contains('@'))
                .map(|word| clean::line(word, 998)),
        );
    }
    out
}

/// A message as it was understood. Everything in it is a claim of the sender's, cleaned of control characters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub kind: Kind,
    /// The one certain sender, or nobody: see RELIABILITY G1.
    pub from: Option<Sender>,
    pub subject: Option<String>,
    pub message_id: Option<String>,
    /// Message-IDs of In-Reply-To and References, newest last.
    pub answers: Vec<String>,
    /// Every address the message may have been delivered to (To, Cc, Delivered-To, X-Original-To, Envelope-To ...),
    /// lower-cased: our reply tokens are looked for in them.
    pub recipients: Vec<String>,
    /// Addresses in To and Cc only.
    pub visible_recipients: Vec<String>,
    /// The sender's Date, in seconds since 1970.
    pub date: Option<i64>,
    /// What the sender wrote anew: no quotes, no quoted headers, no signature.
    pub text: String,
    /// The whole text body as decoded.
    pub body: String,
    pub attachments: Vec<String>,
    pub defects: Vec<String>,
    pub bounce: Option<Bounce>,
    pub automatic: Option<Automatic>,
    pub complaint: Option<Complaint>,
    pub said: Said,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Person,
    Bounce,
    Delay,
    Complaint,
    Automatic,
    List,
    Ours,
    Empty,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// ASCII lower-cased, domain in its A-label form.
    pub address: String,
    pub name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bounce {
    pub class: BounceClass,
    pub recipients: Vec<FailedRecipient>,
    /// Message-IDs found in the returned part.
    pub returned_ids: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BounceClass {
    Permanent,
    Temporary,
    Mixed,
    Delivered,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRecipient {
    pub address: String,
    pub status: Option<String>,
    pub class: BounceClass,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Automatic {
    pub reason: String,
    /// The day an out-of-office reply says that its owner returns.
    pub until: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    #[serde(rename = "type")]
    pub kind: String,
    pub returned_ids: Vec<String>,
}

#[cfg(test)]
mod tests;
