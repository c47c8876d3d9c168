//! Names of folders, as they stand in commands.

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
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
    let bytes: Vec<u8> = run.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut encoded = String::from("&");
    for group in bytes.chunks(3) {
        let bits = group.iter().enumerate().fold(0u32, |bits, (at, byte)| {
            bits | u32::from(*byte) << (16 - 8 * at)
        });
        for at in 0..=group.len() {
            encoded.push(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize] as char);
        }
    }
    encoded + "-"
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
        }
        // Such a name never becomes a second command: `start` refuses it.
        assert!(mailbox_name("a\r\nX DELETE b").contains("\r\n"));
    }
}
