//! A letter as its reader sees it: a quick look at its headers, and, where it is going to be answered, its text. It is
//! read from the bytes alone; nothing of the engine is asked.

use mail_parser::MessageParser;
use memchr::{memchr, memchr_iter, memmem};
use std::borrow::Cow;

use super::client::Quoted;
use crate::time::{Moment, from_seconds};

/// The header that names a letter's occasion in rehearsals: `kind/person/number`.
pub const OCCASION_HEADER: &str = "x-pairpost-occasion";

/// The header fields of a letter, as they stand on the wire.
#[derive(Debug)]
pub struct Headers<'a> {
    fields: Vec<(&'a str, &'a str)>,
    /// Where the body begins.
    pub body_at: usize,
}

impl<'a> Headers<'a> {
    /// Never fails: bytes that are no header fields are passed over.
    pub fn of(letter: &'a [u8]) -> Headers<'a> {
        let mut fields = Vec::with_capacity(24);
        let mut at = 0;
        let mut start: Option<usize> = None;
        loop {
            let line_end =
                memchr(b'\n', &letter[at..]).map_or(letter.len(), |found| at + found + 1);
            let line = &letter[at..line_end];
            let folded = matches!(line.first(), Some(b' ' | b'\t'));
            if !folded {
                if let Some(begun) = start.take()
                    && let Ok(field) = std::str::from_utf8(&letter[begun..at])
                    && let Some((name, value)) = field.split_once(':')
                {
                    fields.push((name.trim_end(), value.trim()));
                }
                if line.is_empty() || line == b"\r\n" || line == b"\n" {
                    return Headers {
                        fields,
                        body_at: line_end,
                    };
                }
                start = Some(at);
            }
            at = line_end;
        }
    }

    /// The value of the first field of that name, still folded and encoded.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.fields
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }

    pub fn any_starting_with(&self, prefix: &str) -> bool {
        self.fields.iter().any(|(field, _)| {
            field
                .get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        })
    }

    /// `kind/person/number`, where the rehearsal wrote it.
    pub fn occasion(&self) -> Option<&'a str> {
        self.get(OCCASION_HEADER)
    }

    /// The letter's kind by its occasion; "unknown" where there is none.
    pub fn kind(&self) -> &'a str {
        self.occasion()
            .and_then(|occasion| occasion.split('/').next())
            .filter(|kind| !kind.is_empty())
            .unwrap_or("unknown")
    }

    /// The Message-IDs of a field, without angle brackets.
    pub fn ids(&self, name: &str) -> Vec<&'a str> {
        let value = self.get(name).unwrap_or_default();
        value
            .split('<')
            .skip(1)
            .filter_map(|rest| rest.split('>').next())
            .collect()
    }

    /// The mail addresses of a field, lower-cased.
    pub fn addresses(&self, name: &str) -> Vec<String> {
        addresses_in(self.get(name).unwrap_or_default().as_bytes())
    }

    /// Where pressing Reply writes to.
    pub fn answers_go_to(&self) -> Option<String> {
        // The case of a token may matter, so it is left alone.
        ["reply-to", "from"].iter().find_map(|name| {
            let value = self.get(name)?;
            addresses_as_written(value.as_bytes())
                .last()
                .map(String::from)
        })
    }
}

/// All mail addresses in a text, as written, in order.
fn addresses_as_written(text: &[u8]) -> impl Iterator<Item = &str> {
    memchr_iter(b'@', text).filter_map(|at| {
        let local = text[..at]
            .iter()
            .rev()
            .take_while(|&&byte| byte.is_ascii_alphanumeric() || b"._%+=/-".contains(&byte));
        let domain = text[at + 1..]
            .iter()
            .take_while(|&&byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        let (before, after) = (local.count(), domain.count());
        let found = text.get(at - before..at + 1 + after)?;
        let found = std::str::from_utf8(found)
            .ok()?
            .trim_end_matches(['.', '-']);
        (before > 0 && !found.ends_with('@')).then_some(found)
    })
}

/// All mail addresses in a text, lower-cased, in order.
pub fn addresses_in(text: &[u8]) -> Vec<String> {
    addresses_as_written(text)
        .map(str::to_ascii_lowercase)
        .collect()
}

/// All that a reader could find in a letter by looking for a word: base64 and quoted-printable undone as far as words
/// of ASCII need it.
pub fn searchable<'a>(letter: &'a [u8], headers: &Headers<'_>) -> Cow<'a, [u8]> {
    let body = letter.get(headers.body_at..).unwrap_or_default();
    if memmem::find(letter, b": base64").is_some() {
        let mut all = letter.to_vec();
        if let Some(message) = MessageParser::default().parse(letter) {
            for part in &message.parts {
                all.push(b'\n');
                all.extend_from_slice(part.contents());
            }
        }
        return Cow::Owned(all);
    }
    if memchr(b'=', body).is_none() {
        return Cow::Borrowed(letter);
    }
    let mut all = Vec::with_capacity(letter.len());
    let mut rest = letter;
    while let Some(at) = memchr(b'=', rest) {
        all.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with(b"=\r\n") {
            rest = &rest[3..];
        } else if rest.starts_with(b"=\n") {
            rest = &rest[2..];
        } else if rest.starts_with(b"=40") {
            all.push(b'@');
            rest = &rest[3..];
        } else {
            all.push(b'=');
            rest = &rest[1..];
        }
    }
    all.extend_from_slice(rest);
    Cow::Owned(all)
}

/// The letter as a mail program quotes it: from its text part. None where the bytes are no message at all.
pub fn as_quoted(letter: &[u8], to_address: &str, received: Moment) -> Option<Quoted> {
    // Quoting needs the plain text only, and decoding the HTML part is most of the work.
    let before_html = memmem::find(letter, b"\r\nContent-Type: text/html").unwrap_or(letter.len());
    let mut message = MessageParser::default().parse(&letter[..before_html])?;
    if message.text_body_count() == 0 {
        message = MessageParser::default().parse(letter)?;
    }
    let from = message.from().and_then(|from| from.first());
    let text = message.body_text(0).unwrap_or_default();
    let references = Headers::of(letter)
        .ids("references")
        .into_iter()
        .map(String::from)
        .collect();
    Some(Quoted {
        from_name: from
            .and_then(|from| from.name())
            .unwrap_or_default()
            .to_string(),
        from_address: from
            .and_then(|from| from.address())
            .unwrap_or_default()
            .to_string(),
        to_address: to_address.to_string(),
        subject: message.subject().unwrap_or_default().to_string(),
        date: message
            .date()
            .map_or(received, |date| from_seconds(date.to_timestamp())),
        message_id: message.message_id().map(String::from),
        references,
        text: text
            .lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n"),
    })
}

/// A `mailto:` link of a letter's HTML part (RFC 6068).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailLink {
    pub to: String,
    pub subject: String,
    pub body: String,
}

/// The link beside the answer with this number, from 1: links that carry words are counted from the first, and the
/// words must name the number.
pub fn link_for_choice(letter: &[u8], choice: u8) -> Option<MailLink> {
    let message = MessageParser::default().parse(letter)?;
    let html = message.html_bodies().next()?;
    let html = html.text_contents()?;
    html.split("\"mailto:")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter_map(|link| link.split_once('?'))
        .filter(|(_, words)| words.contains("body=") || words.contains("subject="))
        .nth(usize::from(choice).checked_sub(1)?)
        .map(|(to, words)| {
            let words = words.replace("&amp;", "&");
            let part = |name: &str| {
                words
                    .split('&')
                    .filter_map(|pair| pair.split_once('='))
                    .find(|(key, _)| key.eq_ignore_ascii_case(name))
                    .map(|(_, value)| percent_decoded(value))
                    .unwrap_or_default()
            };
            MailLink {
                to: percent_decoded(to),
                subject: part("subject"),
                body: part("body"),
            }
        })
        .filter(|link| {
            let number = choice.to_string();
            link.body.contains(&number) || link.subject.contains(&number)
        })
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
