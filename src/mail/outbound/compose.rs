//! A rendered letter becomes bytes, once: the same parts always give the same bytes, and a retry sends those again.
//!
//! Nothing here decides who gets a letter. The gate at the end reads the finished bytes as a stranger would and
//! refuses them where they say anything but what was meant (RELIABILITY T12, T13).

use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use lettre::message::header::{
    ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue, InReplyTo, References,
};
use lettre::message::{Body, Mailbox, Message, MultiPart, SinglePart};

use crate::mail::address;
use crate::programme::letter::Attachment;
use crate::time::Moment;

/// What a letter consists of.
#[derive(Debug, Clone)]
pub struct Parts<'a> {
    pub from_name: &'a str,
    pub from_address: &'a str,
    pub to_name: &'a str,
    pub to_address: &'a str,
    /// One address or more.
    pub reply_to: &'a [String],
    pub subject: &'a str,
    pub text: &'a str,
    pub html: &'a str,
    /// A picture that the HTML part shows by its `Content-ID`.
    pub inline: Option<&'a Inline>,
    /// Files that travel along, after the text.
    pub attachments: &'a [Attachment],
    /// Without angle brackets.
    pub message_id: &'a str,
    /// Message-IDs of earlier letters of the thread, oldest first, without angle brackets.
    pub thread: &'a [String],
    pub date: Moment,
    /// Headers by which machines know a machine, where the letter wants no automatic answers.
    pub automatic: Option<Automatic<'a>>,
    /// Only in rehearsals: kind/person/occurrence.
    pub occasion: Option<&'a str>,
}

/// A picture that travels inside of a letter and is shown in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inline {
    /// Without angle brackets.
    pub content_id: String,
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

/// What marks a letter as sent by a programme (RFC 3834, RFC 2369, RFC 2919).
#[derive(Debug, Clone)]
pub struct Automatic<'a> {
    /// Whether it answers somebody's message ("auto-replied") or comes by itself ("auto-generated").
    pub is_answer: bool,
    /// "name.host" for `List-Id`.
    pub list_id: &'a str,
    pub list_name: &'a str,
    /// Where mail stops it.
    pub unsubscribe: &'a str,
}

macro_rules! own_header {
    ($name:ident, $text:literal) => {
        #[derive(Clone)]
        struct $name(String);

        impl Header for $name {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($text)
            }

            fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok($name(text.to_string()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), self.0.clone())
            }
        }
    };
}

own_header!(AutoSubmitted, "Auto-Submitted");
own_header!(ListId, "List-Id");
own_header!(ListUnsubscribe, "List-Unsubscribe");
// "All" would also silence bounces and out-of-office replies at Exchange, which we want to hear.
own_header!(SuppressReceipts, "X-Auto-Response-Suppress");
own_header!(OccasionHeader, "X-Pairpost-Occasion");

/// The bytes of a letter, CRLF throughout.
///
/// # Errors
/// An address that mail cannot be sent to, or a letter that the gate refuses.
pub fn compose(parts: &Parts<'_>) -> anyhow::Result<Vec<u8>> {
    let mailbox = |name: &str, at: &str| -> anyhow::Result<Mailbox> {
        let name = address::clean(name, 64);
        let at = at
            .parse()
            .with_context(|| "an address cannot be written to")?;
        Ok(Mailbox::new((!name.is_empty()).then_some(name), at))
    };
    let seconds = u64::try_from(parts.date.timestamp()).unwrap_or(0);
    let mut builder = Message::builder()
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .from(mailbox(parts.from_name, parts.from_address)?)
        .to(mailbox(parts.to_name, parts.to_address)?)
        .subject(address::clean(parts.subject, 200))
        .message_id(Some(format!("<{}>", parts.message_id)));
    for reply_to in parts.reply_to {
        builder = builder.reply_to(mailbox("", reply_to)?);
    }
    if let Some(newest) = parts.thread.last() {
        let all: Vec<String> = parts.thread.iter().map(|id| format!("<{id}>")).collect();
        builder = builder
            .header(InReplyTo::from(format!("<{newest}>")))
            .header(References::from(all.join(" ")));
    }
    if let Some(automatic) = &parts.automatic {
        let kind = if automatic.is_answer {
            "auto-replied"
        } else {
            "auto-generated"
        };
        let name = address::clean(automatic.list_name, 64).replace(['"', '\\', '<', '>'], " ");
        builder = builder
            .header(AutoSubmitted(kind.into()))
            .header(SuppressReceipts("DR, RN, NRN".into()))
            .header(ListId(format!("{name} <{}>", automatic.list_id)))
            .header(ListUnsubscribe(format!(
                "<mailto:{}?subject=stop>",
                automatic.unsubscribe
            )));
    }
    if let Some(occasion) = parts.occasion {
        builder = builder.header(OccasionHeader(address::clean(occasion, 200)));
    }
    let part = |kind: ContentType, text: &str| -> anyhow::Result<SinglePart> {
        let body =
            Body::new_with_encoding(text.to_string(), ContentTransferEncoding::QuotedPrintable)
                .map_err(|_| anyhow::anyhow!("the text cannot be encoded"))?;
        Ok(SinglePart::builder().header(kind).body(body))
    };
    // The boundaries follow from the Message-ID, so that the bytes are the same each time.
    let unique = parts.message_id.split('@').next().unwrap_or("part");
    let words = MultiPart::alternative()
        .boundary(format!("={unique}="))
        .singlepart(part(ContentType::TEXT_PLAIN, parts.text)?);
    let html = part(ContentType::TEXT_HTML, parts.html)?;
    let words = match parts.inline {
        None => words.singlepart(html),
        Some(picture) => words.multipart(
            MultiPart::related()
                .boundary(format!("={unique}=html="))
                .singlepart(html)
                .singlepart(shown_inline(picture)?),
        ),
    };
    let message = if parts.attachments.is_empty() {
        builder.multipart(words)?
    } else {
        let mut whole = MultiPart::mixed()
            .boundary(format!("={unique}=files="))
            .multipart(words);
        for attachment in parts.attachments {
            whole = whole.singlepart(attached(attachment)?);
        }
        builder.multipart(whole)?
    };
    let bytes = message.formatted();
    gate(&bytes, parts)?;
    Ok(bytes)
}

fn shown_inline(picture: &Inline) -> anyhow::Result<SinglePart> {
    let kind = ContentType::parse(picture.content_type)
        .with_context(|| format!("{} is no content type", picture.content_type))?;
    let body = Body::new_with_encoding(picture.bytes.clone(), ContentTransferEncoding::Base64)
        .map_err(|_| anyhow::anyhow!("a picture cannot be encoded"))?;
    Ok(lettre::message::Attachment::new_inline(picture.content_id.clone()).body(body, kind))
}

/// A file as a part of its own. Base64 keeps its bytes as they are, line ends included.
fn attached(attachment: &Attachment) -> anyhow::Result<SinglePart> {
    let kind = ContentType::parse(attachment.content_type)
        .with_context(|| format!("{} is no content type", attachment.content_type))?;
    let body = Body::new_with_encoding(attachment.bytes.clone(), ContentTransferEncoding::Base64)
        .map_err(|_| anyhow::anyhow!("a file cannot be encoded"))?;
    Ok(lettre::message::Attachment::new(file_name(&attachment.file_name)).body(body, kind))
}

/// A name that every mail program and every file system takes.
fn file_name(wanted: &str) -> String {
    let plain: String = wanted
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || "._-".contains(c) => c,
            _ => '-',
        })
        .take(64)
        .collect();
    match plain.trim_start_matches(['.', '-']) {
        "" => "file".into(),
        plain => plain.into(),
    }
}

/// Whether a stranger's Message-ID can stand in a header of ours: printable ASCII with one `@`, no brackets, no spaces.
pub fn is_message_id(id: &str) -> bool {
    let shaped = id
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"<>(),;\"\\".contains(&byte));
    shaped && id.len() <= 200 && id.split('@').filter(|part| !part.is_empty()).count() == 2
}

/// Reads the finished letter back: one sender, one reader, no header that we did not write, the files that were meant
/// to travel along and no others, CRLF only.
fn gate(bytes: &[u8], parts: &Parts<'_>) -> anyhow::Result<()> {
    if address::has_bare_newline(bytes) {
        bail!("a letter with a bare line end was held back");
    }
    // Only where files travel along do the bodies have to be taken apart again.
    let parser = mail_parser::MessageParser::default();
    let meant: Vec<&[u8]> = parts
        .inline
        .map(|picture| picture.bytes.as_slice())
        .into_iter()
        .chain(parts.attachments.iter().map(|file| file.bytes.as_slice()))
        .collect();
    let parsed = match meant.is_empty() {
        true => parser.parse_headers(bytes),
        false => parser.parse(bytes),
    };
    let parsed = parsed.context("a letter that cannot be read back was held back")?;
    let addresses = |found: Option<&mail_parser::Address<'_>>| -> Vec<String> {
        found
            .into_iter()
            .flat_map(mail_parser::Address::iter)
            .filter_map(|one| one.address().map(str::to_string))
            .collect()
    };
    if addresses(parsed.to()) != [parts.to_address]
        || addresses(parsed.from()) != [parts.from_address]
    {
        bail!("a letter whose sender or reader reads otherwise than meant was held back");
    }
    let files: Vec<&[u8]> = parsed
        .attachments()
        .map(mail_parser::MessagePart::contents)
        .collect();
    if files != meant {
        bail!("a letter whose files read otherwise than meant was held back");
    }
    const OURS: [&str; 15] = [
        "date",
        "from",
        "to",
        "subject",
        "message-id",
        "reply-to",
        "in-reply-to",
        "references",
        "auto-submitted",
        "x-auto-response-suppress",
        "list-id",
        "list-unsubscribe",
        "x-pairpost-occasion",
        "mime-version",
        "content-type",
    ];
    let mut seen = std::collections::BTreeSet::new();
    for header in parsed.headers() {
        let name = header.name().to_ascii_lowercase();
        if !OURS.contains(&name.as_str()) || !seen.insert(name) {
            bail!("a letter with a header that is not ours was held back");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    fn parts<'a>() -> Parts<'a> {
        Parts {
            from_name: "Library Peers",
            from_address: "peers@example.org",
            to_name: "Zoë Müller",
            to_address: "zoe@example.net",
            reply_to: &[],
            subject: "Your peer, and what comes next",
            text: "Dear Zoë,\n\n.a line that begins with a dot\n",
            html: "<p>Dear Zoë</p>",
            inline: None,
            attachments: &[],
            message_id: "k7q2x9m4ta@example.org",
            thread: &[],
            date: Utc.with_ymd_and_hms(2027, 3, 2, 9, 0, 0).unwrap(),
            automatic: None,
            occasion: None,
        }
    }

    #[test]
    fn the_same_letter_is_the_same_bytes() {
        assert_eq!(compose(&parts()).unwrap(), compose(&parts()).unwrap());
    }

    #[test]
    fn a_name_with_line_ends_neither_panics_nor_adds_a_header() {
        let hostile = Parts {
            to_name: "Bob\r\nBcc: all@example.com\u{202e}",
            ..parts()
        };
        let bytes = compose(&hostile).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("\r\nBcc:"), "{text}");
    }

    #[test]
    fn a_subject_with_line_ends_stays_one_header() {
        let hostile = Parts {
            subject: "hello\r\nX-Evil: yes",
            ..parts()
        };
        let bytes = compose(&hostile).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("\r\nX-Evil"));
    }

    #[test]
    fn files_travel_along_byte_for_byte_under_a_harmless_name() {
        let files = [
            Attachment {
                file_name: "proposal-3.csv".into(),
                content_type: "text/csv; charset=utf-8",
                bytes: "number,name\r\n1,Zoë\n".into(),
            },
            Attachment {
                file_name: "../../\r\nBcc: all\u{202e}.pdf".into(),
                content_type: "application/pdf",
                bytes: vec![0, 13, 10, 255, 10],
            },
        ];
        let letter = Parts {
            attachments: &files,
            ..parts()
        };
        let bytes = compose(&letter).unwrap();
        assert_eq!(bytes, compose(&letter).unwrap());
        let parsed = mail_parser::MessageParser::default().parse(&bytes).unwrap();
        assert!(parsed.body_text(0).unwrap().starts_with("Dear Zoë,"));
        let read: Vec<(&str, &[u8])> = parsed
            .attachments()
            .map(|part| {
                let name = mail_parser::MimeHeaders::attachment_name(part);
                (name.unwrap(), part.contents())
            })
            .collect();
        assert_eq!(
            read,
            [
                ("proposal-3.csv", files[0].bytes.as_slice()),
                ("Bcc--all-.pdf", files[1].bytes.as_slice()),
            ]
        );
    }

    #[test]
    fn a_logo_travels_beside_the_html_part_and_files_after_both() {
        let logo = Inline {
            content_id: "logo@example.org".into(),
            content_type: "image/png",
            bytes: vec![137, 80, 78, 71, 13, 10, 26, 10],
        };
        let files = [Attachment {
            file_name: "numbers.csv".into(),
            content_type: "text/csv; charset=utf-8",
            bytes: "a,b\r\n".into(),
        }];
        let letter = Parts {
            inline: Some(&logo),
            attachments: &files,
            ..parts()
        };
        let bytes = compose(&letter).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let places: Vec<usize> = [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "Content-ID: <logo@example.org>",
            "numbers.csv",
        ]
        .iter()
        .map(|sign| text.find(sign).unwrap_or_else(|| panic!("{sign}: {text}")))
        .collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(text.contains("Content-Disposition: inline"), "{text}");
    }

    #[test]
    fn machines_are_told_that_a_machine_writes() {
        let letter = Parts {
            automatic: Some(Automatic {
                is_answer: false,
                list_id: "peers.example.org",
                list_name: "Library Peers",
                unsubscribe: "peers+s0@example.org",
            }),
            ..parts()
        };
        let text = String::from_utf8(compose(&letter).unwrap()).unwrap();
        assert!(
            text.contains("Auto-Submitted: auto-generated\r\n"),
            "{text}"
        );
        assert!(text.contains("List-Unsubscribe: <mailto:peers+s0@example.org?subject=stop>\r\n"));
        assert!(!text.contains("List-Unsubscribe-Post"));
        let asking = String::from_utf8(compose(&parts()).unwrap()).unwrap();
        assert!(
            !asking.contains("Auto-Submitted"),
            "a check-in welcomes an out-of-office reply"
        );
    }

    #[test]
    fn an_address_that_is_none_is_refused_in_words() {
        let broken = Parts {
            to_address: "no address",
            ..parts()
        };
        assert!(
            compose(&broken)
                .unwrap_err()
                .to_string()
                .contains("cannot be written to")
        );
    }
}
