//! Names of folders, as they stand in commands.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

/// A folder's name as a quoted string in modified UTF-7 (RFC 3501 section 5.1.3).
pub(super) fn mailbox_name(name: &str) -> String {
    let mut quoted = String::from("\"");
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        match first {
            '&' => quoted.push_str("&-"),
            '"' | '\\' => quoted.extend(['\\', first]),
            ' '..='~' => quoted.push(first),
            // Line ends stay as they are: the command is refused because of them.
            '\r' | '\n' | '\0' => quoted.push(first),
            _ => {
                let end = rest
                    .find(|c: char| c.is_ascii())
                    .unwrap_or(rest.len())
                    .max(first.len_utf8());
                let (run, after) = rest.split_at(end);
                quoted.push_str(&modified_base64(run));
                rest = after;
                continue;
            }
        }
        rest = &rest[first.len_utf8()..];
    }
    quoted.push('"');
    quoted
}

/// `&...-`: UTF-16 in base64 with `,` for `/` and without padding.
fn modified_base64(run: &str) -> String {
    let bytes: Vec<u8> = run.encode_utf16().flat_map(u16::to_be_bytes).collect();
    format!("&{}-", MODIFIED_BASE64.encode(bytes))
}

const MODIFIED_BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::IMAP_MUTF7, NO_PAD);

/// A name that the server lists, as it stands in a command: it is in modified UTF-7 already.
pub(super) fn quoted(listed: &str) -> String {
    let escaped = listed.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

/// The name for people, and for the config: [`mailbox_name`] makes the same of it again. What is no modified UTF-7 stays.
pub(super) fn readable(quoted: &str) -> String {
    let mut wire = String::new();
    let inner = quoted.strip_prefix('"').unwrap_or(quoted);
    let mut chars = inner.strip_suffix('"').unwrap_or(inner).chars();
    while let Some(c) = chars.next() {
        wire.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    let mut name = String::new();
    let mut rest = wire.as_str();
    while let Some((before, encoded)) = rest.split_once('&') {
        let Some((run, after)) = encoded.split_once('-') else {
            return wire;
        };
        name.push_str(before);
        match (run, from_modified_base64(run)) {
            ("", _) => name.push('&'),
            (_, Some(text)) => name.push_str(&text),
            (_, None) => return wire,
        }
        rest = after;
    }
    name + rest
}

fn from_modified_base64(run: &str) -> Option<String> {
    let bytes = MODIFIED_BASE64.decode(run).ok()?;
    let (pairs, odd) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    String::from_utf16(&units).ok().filter(|_| odd.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_are_quoted_and_written_in_modified_utf_7() {
        for (name, written) in [
            ("INBOX", "\"INBOX\""),
            ("A & B", "\"A &- B\""),
            ("say \"hi\" \\o/", "\"say \\\"hi\\\" \\\\o/\""),
            // The examples of RFC 3501 section 5.1.3 and two more.
            (
                "~peter/mail/台北/日本語",
                "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\"",
            ),
            ("Entwürfe", "\"Entw&APw-rfe\""),
            ("🎓", "\"&2Dzfkw-\""),
            ("tab\there", "\"tab&AAk-here\""),
        ] {
            assert_eq!(mailbox_name(name), written);
            assert_eq!(readable(written), name);
        }
        // Such a name never becomes a second command: `start` refuses it.
        assert!(mailbox_name("a\r\nX DELETE b").contains("\r\n"));
    }
    #[test]
    fn a_name_that_is_no_modified_utf_7_is_told_as_it_is() {
        for name in ["R&D", "a&b-", "&2Dw-", "&,-"] {
            assert_eq!(readable(&quoted(name)), name);
        }
    }
}
