//! Bytes -> headers and parts. The only file that knows the MIME parser; what it gets wrong is put right here.
//! It cannot fail: what is unreadable becomes a defect.

use std::collections::HashSet;

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use memchr::memmem;

use super::clean;

/// A message larger than this is read only up to [`CUT_BYTES`].
const WHOLE_BYTES: usize = 1024 * 1024;
const CUT_BYTES: usize = 256 * 1024;
const HEADER_BLOCK_BYTES: usize = 64 * 1024;
const HEADERS_MAX: usize = 500;
const NESTED_MAX: usize = 50;
const BOUNDARY_LINES_MAX: usize = 200;

/// Header fields in order: lower-case name, unfolded value in UTF-8, encoded words still encoded.
#[derive(Debug, Default, Clone)]
pub struct Headers {
    fields: Vec<(String, String)>,
    /// A line that some programs take for a second From header and others for the end of the line before it.
    pub hidden_from: bool,
}

impl Headers {
    pub fn read(block: &str) -> Headers {
        let mut headers = Headers::default();
        for line in block.lines().take(HEADERS_MAX * 20) {
            if line.starts_with([' ', '\t']) {
                let inner = line.trim_start();
                if inner
                    .get(..4)
                    .is_some_and(|word| word.eq_ignore_ascii_case("from"))
                    && inner[4..].trim_start().starts_with(':')
                {
                    headers.hidden_from = true;
                }
                if let Some((_, value)) = headers.fields.last_mut() {
                    value.push(' ');
                    value.push_str(inner);
                }
                continue;
            }
            if line.is_empty() {
                break;
            }
            let Some((name, value)) = line.split_once(':') else {
                // "From" whose colon stands on the next line.
                headers.hidden_from |= line.trim().eq_ignore_ascii_case("from");
                continue;
            };
            // Not every host removes a forged field whose name is written like this, so it is not this field.
            let blank = name.ends_with([' ', '\t']);
            if blank && name.trim().eq_ignore_ascii_case("authentication-results") {
                continue;
            }
            if headers.fields.len() < HEADERS_MAX {
                headers
                    .fields
                    .push((name.trim().to_ascii_lowercase(), value.trim().to_string()));
            }
        }
        headers
    }

    /// The first field of this (lower-case) name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// One leaf of the message, in order; those inside an attached message say so.
#[derive(Debug, Clone)]
pub struct Part {
    /// "text/plain", lower case.
    pub kind: String,
    /// The decoded text of text parts and of reports; empty for other parts.
    pub text: String,
    /// Headers of the attached message, where this is one.
    pub message: Option<Headers>,
    /// 0 for the message itself, 1 inside an attached one ...
    pub depth: usize,
}

/// A piece of the body as written.
#[derive(Debug, Clone)]
pub struct Piece {
    pub html: bool,
    pub text: String,
}

#[derive(Debug, Default)]
pub struct Parsed {
    pub headers: Headers,
    /// "multipart/report; report-type=delivery-status" and so on, lower case.
    pub content_type: String,
    /// The text body: plain pieces where there are any, else HTML.
    pub body: Vec<Piece>,
    /// The HTML body where the message has one beside the plain text.
    pub html: Option<String>,
    pub parts: Vec<Part>,
    pub attachments: Vec<String>,
    pub date: Option<i64>,
    pub defects: Vec<String>,
}

pub fn parse(raw: &[u8]) -> Parsed {
    let mut parsed = Parsed::default();
    let mut raw = raw;
    if raw.len() > WHOLE_BYTES {
        parsed
            .defects
            .push("larger than 1 MiB: only the beginning was read".into());
        raw = &raw[..CUT_BYTES];
    }
    let normal = normalised(raw);
    let block_end = header_end(&normal);
    let mut block = &normal[..block_end];
    if block.len() > HEADER_BLOCK_BYTES {
        parsed
            .defects
            .push("header block longer than 64 KiB".into());
        block = &block[..HEADER_BLOCK_BYTES];
    }
    let text = header_text(block, &normal[block_end..]);
    parsed.headers = Headers::read(&text);
    parsed.content_type = parsed
        .headers
        .get("content-type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    if parsed.headers.is_empty() {
        parsed.defects.push("no header".into());
    }
    if let Some(defect) = bomb(&normal) {
        parsed.defects.push(defect.into());
        return parsed;
    }
    // The header block goes to the parser in UTF-8, whatever it came in.
    let mut mended = Vec::with_capacity(normal.len() + 64);
    if parsed.headers.is_empty() {
        mended.extend_from_slice(b"\r\n");
        mended.extend_from_slice(&normal);
    } else {
        mended.extend_from_slice(text.as_bytes());
        mended.extend_from_slice(&normal[block_end..]);
    }
    // The parser promises not to panic and is fuzzed; a promise of others is no reason to lose a message.
    let message = std::panic::catch_unwind(|| {
        MessageParser::default()
            .parse(&mended)
            .map(Message::into_owned)
    });
    match message {
        Ok(Some(message)) => read_message(&message, &mut parsed),
        Ok(None) => parsed.defects.push("not a message".into()),
        Err(_) => parsed.defects.push("the parser failed".into()),
    }
    parsed
}

fn read_message(message: &Message<'_>, parsed: &mut Parsed) {
    parsed.date = message
        .date()
        .filter(|date| date.is_valid())
        .map(mail_parser::DateTime::to_timestamp);
    for id in &message.text_body {
        let Some(part) = message.parts.get(*id as usize) else {
            continue;
        };
        match &part.body {
            PartType::Text(_) => parsed.body.push(Piece {
                html: false,
                text: text_of(part, &message.raw_message),
            }),
            PartType::Html(_) => parsed.body.push(Piece {
                html: true,
                text: text_of(part, &message.raw_message),
            }),
            _ => {}
        }
    }
    // A part whose end boundary is missing is text all the same.
    if parsed.body.iter().all(|piece| piece.text.trim().is_empty()) {
        let lost = message.parts.iter().filter(|part| {
            matches!(part.body, PartType::Text(_))
                && part.is_encoding_problem
                && part.attachment_name().is_none()
        });
        parsed.body.extend(lost.map(|part| {
            Piece {
                html: part
                    .content_type()
                    .is_some_and(|kind| kind.subtype() == Some("html")),
                text: text_of(part, &message.raw_message),
            }
        }));
    }
    parsed.html = message
        .html_body
        .iter()
        .filter_map(|id| message.parts.get(*id as usize))
        .filter(|part| matches!(part.body, PartType::Html(_)))
        .map(|part| text_of(part, &message.raw_message))
        .reduce(|all, more| all + &more);
    // Too many parts, or parts within parts, are the marks of an attack; nobody's mail program writes them.
    if message.parts.len() > 100 {
        parsed.defects.push("more than 100 parts".into());
    }
    for id in &message.attachments {
        if let Some(name) = message.parts.get(*id as usize).and_then(attachment_name) {
            parsed.attachments.push(name);
        }
    }
    collect_parts(message, 0, &mut parsed.parts);
}

/// The name of an attachment; a forwarded message or a report without one is named by its description or subject.
fn attachment_name(part: &MessagePart<'_>) -> Option<String> {
    let named = part.attachment_name().map(str::to_string);
    let name = &named.or_else(|| {
        let ending = match &part.body {
            PartType::Message(_) => "eml",
            PartType::Text(_) | PartType::Binary(_)
                if part
                    .content_type()
                    .is_some_and(|kind| kind.ctype() == "message") =>
            {
                "txt"
            }
            _ => return None,
        };
        let described = part.content_description().map(str::to_string);
        let subject = if let PartType::Message(message) = &part.body {
            message.subject().map(str::to_string)
        } else {
            None
        };
        let name = described
            .or(subject)
            .filter(|name| !name.trim().is_empty())?;
        Some(format!("{name}.{ending}"))
    })?;
    Some(clean::line(
        &super::sender::decode_words(name),
        clean::SUBJECT_MAX,
    ))
    .filter(|name| !name.is_empty())
}

fn collect_parts(message: &Message<'_>, depth: usize, out: &mut Vec<Part>) {
    if depth > 5 {
        return;
    }
    for part in &message.parts {
        let kind = part.content_type().map_or_else(
            || "text/plain".to_string(),
            |kind| {
                format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default())
                    .to_ascii_lowercase()
            },
        );
        match &part.body {
            PartType::Text(_) | PartType::Html(_) => {
                out.push(Part {
                    kind,
                    text: text_of(part, &message.raw_message),
                    message: None,
                    depth,
                });
            }
            PartType::Binary(bytes) | PartType::InlineBinary(bytes)
                if kind.starts_with("message/") || kind.starts_with("text/") =>
            {
                out.push(Part {
                    kind,
                    text: utf8_or(bytes, None),
                    message: None,
                    depth,
                });
            }
            PartType::Message(inner) => {
                let raw = inner.parts.first().map_or(0..0, |root| {
                    root.offset_header as usize..root.offset_body as usize
                });
                let block = inner.raw_message.get(raw).unwrap_or_default();
                out.push(Part {
                    kind,
                    text: String::new(),
                    message: Some(Headers::read(&header_text(block, b""))),
                    depth,
                });
                collect_parts(inner, depth + 1, out);
            }
            _ => out.push(Part {
                kind,
                text: String::new(),
                message: None,
                depth,
            }),
        }
    }
}

/// The text of a part. Where its bytes are UTF-8 they are read so, whatever the part claims; then by the declared
/// charset; then as windows-1252, in which nothing is unreadable.
fn text_of(part: &MessagePart<'_>, raw: &[u8]) -> String {
    let parsed = match &part.body {
        PartType::Text(text) | PartType::Html(text) => text.as_ref(),
        _ => return String::new(),
    };
    let declared = part
        .content_type()
        .and_then(|kind| kind.attribute("charset"));
    let utf8 = declared.is_some_and(|name| {
        name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8")
    });
    if parsed.is_ascii() || (utf8 && !parsed.contains('\u{fffd}')) {
        return parsed.to_string();
    }
    let bytes = raw
        .get(part.offset_body as usize..part.offset_end as usize)
        .unwrap_or_default();
    let decoded = match part.encoding {
        Encoding::None => Some(bytes.to_vec()),
        Encoding::Base64 => mail_parser::decoders::base64::base64_decode(bytes),
        Encoding::QuotedPrintable => {
            mail_parser::decoders::quoted_printable::quoted_printable_decode(bytes)
        }
    };
    match decoded {
        Some(bytes) if !bytes.is_empty() && !bytes.contains(&0) => utf8_or(&bytes, declared),
        _ => parsed.to_string(),
    }
}

fn utf8_or(bytes: &[u8], declared: Option<&str>) -> String {
    if let Ok(text) = std::str::from_utf8(bytes)
        && (!text.is_ascii() || declared.is_none())
    {
        return text.to_string();
    }
    if let Some(text) = declared.and_then(|charset| japanese(charset, bytes)) {
        return text;
    }
    let decode =
        |charset: &str| charset_decoder(better(charset).as_bytes()).map(|decode| decode(bytes));
    match declared.and_then(decode) {
        Some(text) if !text.contains('\u{fffd}') => text,
        Some(text) => {
            // A few bad bytes in a long text: the declared charset is still the best reading.
            let bad = text.matches('\u{fffd}').count();
            if bad * 20 < text.chars().count() {
                text
            } else {
                decode("windows-1252").unwrap_or(text)
            }
        }
        None => {
            decode("windows-1252").unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned())
        }
    }
}

/// Text in UTF-7, which some programs put into headers as it is.
pub fn utf7(text: &str) -> String {
    charset_decoder(b"utf-7").map_or_else(|| text.to_string(), |decode| decode(text.as_bytes()))
}

/// Text that claims to be ISO-2022-JP, in which no byte has its high bit set, and yet has such bytes: Shift_JIS or
/// EUC-JP, whichever can be read.
fn japanese(charset: &str, bytes: &[u8]) -> Option<String> {
    if !charset.to_ascii_lowercase().starts_with("iso-2022-jp") || bytes.is_ascii() {
        return None;
    }
    ["euc-jp", "shift_jis"]
        .iter()
        .filter_map(|name| charset_decoder(name.as_bytes()).map(|decode| decode(bytes)))
        .find(|text| !text.contains('\u{fffd}'))
}

/// Charsets whose names are used for their larger successors.
fn better(charset: &str) -> &str {
    match charset.to_ascii_lowercase().as_str() {
        "gb2312" | "gbk" => "gb18030",
        "ks_c_5601-1987" => "euc-kr",
        "iso-8859-1" | "us-ascii" | "ascii" | "latin1" => "windows-1252",
        _ => charset,
    }
}

/// CR alone as line end becomes CRLF, and what stands before the first header is dropped.
fn normalised(raw: &[u8]) -> Vec<u8> {
    let mut bytes = raw;
    while let [b'\r' | b'\n', rest @ ..] = bytes {
        bytes = rest;
    }
    // A line that mbox files put before each message.
    let after_from = bytes
        .strip_prefix(b">")
        .unwrap_or(bytes)
        .strip_prefix(b"From ");
    // "From :" is a header, whatever blanks stand before its colon.
    if after_from.is_some_and(|rest| !rest.trim_ascii_start().starts_with(b":")) {
        let end = bytes
            .iter()
            .position(|b| *b == b'\n')
            .map_or(bytes.len(), |at| at + 1);
        bytes = &bytes[end..];
    }
    if bytes.contains(&b'\n') {
        return with_folded_boundaries(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len() + 64);
    for byte in bytes {
        out.push(*byte);
        if *byte == b'\r' {
            out.push(b'\n');
        }
    }
    out
}

/// Some servers forget the blank before a wrapped `boundary=`, and with it the whole structure is lost.
fn with_folded_boundaries(bytes: &[u8]) -> Vec<u8> {
    const LOST: &[u8] = b"boundary=";
    let mut out = Vec::with_capacity(bytes.len() + 8);
    let mut copied = 0;
    for end in memchr::memchr_iter(b'\n', bytes) {
        let next = &bytes[end + 1..];
        if next.len() >= LOST.len() && next[..LOST.len()].eq_ignore_ascii_case(LOST) {
            out.extend_from_slice(&bytes[copied..=end]);
            out.push(b' ');
            copied = end + 1;
        }
    }
    out.extend_from_slice(&bytes[copied..]);
    out
}

/// Where the header block ends, its empty line included.
fn header_end(bytes: &[u8]) -> usize {
    let mut start = 0;
    while start < bytes.len() {
        let end = bytes[start..]
            .iter()
            .position(|b| *b == b'\n')
            .map_or(bytes.len(), |at| start + at + 1);
        if bytes[start..end].iter().all(|b| matches!(b, b'\r' | b'\n')) {
            return end;
        }
        start = end;
    }
    bytes.len()
}

/// A header block as UTF-8: it is, or it is in the charset that the message declares, or windows-1252.
fn header_text(block: &[u8], body: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(block) {
        return text.to_string();
    }
    let charset = charset_named(block).or_else(|| charset_named(&body[..body.len().min(4096)]));
    if let Some(text) = charset
        .as_deref()
        .and_then(|charset| japanese(charset, block))
    {
        return text;
    }
    let decoded = charset
        .filter(|name| {
            !name.eq_ignore_ascii_case("utf-8") && !name.eq_ignore_ascii_case("us-ascii")
        })
        .and_then(|name| charset_decoder(better(&name).as_bytes()).map(|decode| decode(block)))
        .filter(|text| !text.contains('\u{fffd}'));
    decoded
        .or_else(|| charset_decoder(b"windows-1252").map(|decode| decode(block)))
        .unwrap_or_else(|| String::from_utf8_lossy(block).into_owned())
}

fn charset_named(bytes: &[u8]) -> Option<String> {
    let lower = bytes.to_ascii_lowercase();
    let at = lower.windows(8).position(|window| window == b"charset=")? + 8;
    let name: String = lower[at..]
        .iter()
        .skip_while(|b| **b == b'"')
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        .map(|b| char::from(*b))
        .collect();
    (!name.is_empty()).then_some(name)
}

/// What would make the parser allocate or recurse beyond reason, found before it runs (RELIABILITY G3, T16).
///
/// Only what stands where a header can stand counts: somebody may write about `message/rfc822` in a text as often as they
/// like. A header stands at the beginning, after a boundary line, and at the beginning of a message within a message.
fn bomb(raw: &[u8]) -> Option<&'static str> {
    let mut boundaries: HashSet<&[u8]> = HashSet::new();
    let (mut parts, mut messages) = (0, 0);
    let mut in_header = true;
    let mut message_follows = false;
    // The parts of a digest are messages without saying so.
    let mut any_part_is_a_message = false;
    for line in raw.split(|b| *b == b'\n') {
        if let Some(named) = line.strip_prefix(b"--") {
            let named = named.trim_ascii_end();
            if boundaries.contains(named)
                || named
                    .strip_suffix(b"--")
                    .is_some_and(|named| boundaries.contains(named))
            {
                parts += 1;
                in_header = true;
                message_follows = false;
            }
        } else if matches!(line, b"" | b"\r") {
            in_header = in_header && (message_follows || any_part_is_a_message);
            message_follows = false;
        }
        if parts > BOUNDARY_LINES_MAX {
            return Some("too many parts: not read");
        }
        if !in_header {
            continue;
        }
        let lower = line.to_ascii_lowercase();
        let says = |words: &[u8]| memmem::find(&lower, words).is_some();
        let digest = says(b"multipart/digest");
        any_part_is_a_message |= digest;
        if digest || says(b"message/rfc822") || says(b"message/global") {
            message_follows = true;
            messages += 1;
            if messages > NESTED_MAX {
                return Some("too many messages within messages: not read");
            }
        }
        for found in memmem::find_iter(&lower, b"boundary=") {
            let value = &line[found + 9..];
            let value = value.strip_prefix(b"\"").unwrap_or(value);
            let end = value
                .iter()
                .position(|b| matches!(b, b'"' | b';' | b'\r'))
                .unwrap_or(value.len());
            boundaries.insert(&value[..end]);
            if boundaries.len() > BOUNDARY_LINES_MAX {
                return Some("too many boundaries: not read");
            }
        }
    }
    None
}
