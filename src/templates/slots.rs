//! Sealed values. While a letter is Markdown, each inserted value is a slot: two marks from Unicode's private use area
//! with the value's bytes as hexadecimal digits between them, which no parser takes for anything but a word. The text
//! and HTML writers open the slots, once; what comes out is never looked at again.

use minijinja::value::{Object, ValueKind};
use minijinja::{Error, ErrorKind, Output, State, Value};

const OPENS: char = '\u{E000}';
const CLOSES: char = '\u{E001}';
const STRANGERS_TEXT_MAX_CHARS: usize = 4000;

/// Markdown of our own, from a file: the only thing that is not sealed. A type of its own, so that no filter of the
/// template engine (`safe`, `escape`, `join`) can make one out of a value.
#[derive(Debug)]
pub struct OwnMarkdown(pub String);

impl Object for OwnMarkdown {}

/// The template engine's way of writing a value: sealed, or as it stands where it is our own Markdown.
pub fn seal(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    if let Some(OwnMarkdown(markdown)) = value.downcast_object_ref() {
        return out.write_str(markdown).map_err(Error::from);
    }
    match value.kind() {
        ValueKind::String | ValueKind::Number => {}
        kind => {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                format!("a value of the kind \"{kind}\" cannot be shown as it is"),
            ));
        }
    }
    out.write_str(&sealed(&value.to_string()))
        .map_err(Error::from)
}

fn sealed(value: &str) -> String {
    let cleaned = cleaned(value);
    let mut slot = String::with_capacity(2 * cleaned.len() + 2 * OPENS.len_utf8());
    slot.push(OPENS);
    for byte in cleaned.bytes() {
        for digit in [byte >> 4, byte & 15] {
            slot.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    slot.push(CLOSES);
    slot
}

/// Opens all slots of a text.
pub fn open(text: &str) -> String {
    let mut opened = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPENS) {
        opened.push_str(before);
        let (slot, after) = after.split_once(CLOSES).unwrap_or((after, ""));
        opened.push_str(&value_of(slot));
        rest = after;
    }
    opened.push_str(rest);
    opened
}

/// Opens all slots of a text that must stay on one line.
pub fn open_in_line(text: &str) -> String {
    open(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn value_of(slot: &str) -> String {
    let bytes: Vec<u8> = slot
        .as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a template's own text has marks, which would be taken for slots.
pub fn has_marks(text: &str) -> bool {
    text.contains([OPENS, CLOSES])
}

/// A value without what could hide or reorder text (RELIABILITY G2, T23): control characters but the newline, bidi
/// controls, invisible characters, and our own marks. Values are cleaned when they enter the domain; this is the last
/// gate before they leave.
pub fn cleaned(value: &str) -> String {
    value
        .replace("\r\n", "\n")
        .chars()
        .filter_map(|c| match c {
            '\n' => Some('\n'),
            '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
            c if c.is_control() => None,
            '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' => None,
            '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}' => None,
            OPENS | CLOSES => None,
            c => Some(c),
        })
        .collect()
}

/// A stranger's text for a coordinator's eyes: links are broken, so that no mail program makes them pressable, and it
/// is cut to 4,000 characters (RELIABILITY T7).
pub fn defanged(text: &str) -> String {
    let mut shown: String = text.chars().take(STRANGERS_TEXT_MAX_CHARS).collect();
    if shown.len() < text.len() {
        shown.push_str(" [...]");
    }
    shown
        .replace("://", "[:]//")
        .replace("www.", "www[.]")
        .replace("WWW.", "WWW[.]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_is_a_word_and_opens_to_itself() {
        for value in ["", "*x* [y](z) <b> {{q}}", "日本\nNürnberg", "&amp; `code`"] {
            let slot = sealed(value);
            let inside = slot.trim_matches([OPENS, CLOSES]);
            assert!(inside.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert_eq!(open(&format!("a {slot} b")), format!("a {value} b"));
        }
    }

    #[test]
    fn a_value_that_looks_like_a_slot_is_not_opened() {
        let inner = sealed("secret");
        assert_eq!(open(&sealed(&inner)), "736563726574");
    }

    #[test]
    fn a_strangers_links_are_broken_and_long_texts_are_cut_visibly() {
        assert_eq!(
            defanged("see https://evil.example or www.evil.example"),
            "see https[:]//evil.example or www[.]evil.example"
        );
        let long = defanged(&"é".repeat(5000));
        assert!(long.ends_with("é [...]"));
        assert_eq!(long.chars().count(), 4006);
    }

    #[test]
    fn nothing_that_hides_or_reorders_text_goes_out() {
        assert_eq!(
            cleaned("a\u{202E}b\u{200B}c\u{0007}d\te\r\nf\rg\u{E0041}"),
            "abcd e\nf g"
        );
    }
}
