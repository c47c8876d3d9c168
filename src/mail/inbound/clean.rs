//! The only way for text of strangers into the house (RELIABILITY G2): composed form, no control characters, no
//! invisible or direction-changing ones, bounded length. It never drops what can be seen.

use icu_normalizer::ComposingNormalizerBorrowed;

/// Longest display name, in characters.
pub const NAME_MAX: usize = 64;
/// Longest subject, in characters.
pub const SUBJECT_MAX: usize = 200;
/// Longest answer to a question, in characters, where the form says no less.
pub const ANSWER_MAX: usize = 4000;
/// Most text of a body that is read, in bytes.
pub const BODY_MAX: usize = 64 * 1024;

/// Text of one line: every run of blanks and control characters is one space. Cut visibly at `max` characters.
pub fn line(text: &str, max: usize) -> String {
    let mut out = String::new();
    for word in composed(text).split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    cut(out, max)
}

/// Text of several lines: line ends are `\n`, blanks at line ends and runs of empty lines are gone.
pub fn text(text: &str, max: usize) -> String {
    let mut out = String::new();
    let mut empty = 0;
    let unix = text
        .replace("\r\n", "\n")
        .replace(['\r', '\u{2028}', '\u{2029}', '\u{85}'], "\n");
    for line in unix.split('\n') {
        let line = composed(line).replace('\t', " ");
        let line = line.trim_end();
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
            if empty > 0 {
                out.push('\n');
            }
        }
        empty = 0;
        out.push_str(line);
    }
    cut(out, max)
}

/// A body as it came, with nothing dangerous in it: every line stays, blanks included.
pub fn body(text: &str, max_bytes: usize) -> String {
    let unix = text.replace("\r\n", "\n").replace(
        ['\r', '\u{2028}', '\u{2029}', '\u{85}', '\u{c}', '\u{b}'],
        "\n",
    );
    let mut end = unix.len().min(max_bytes);
    while !unix.is_char_boundary(end) {
        end -= 1;
    }
    unix[..end]
        .split('\n')
        .map(composed)
        .collect::<Vec<_>>()
        .join("\n")
}

fn cut(text: String, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text,
        Some(_) => {
            let kept: String = text.chars().take(max.saturating_sub(2)).collect();
            format!("{} …", kept.trim_end())
        }
    }
}

/// Composed (NFC), with blanks for control characters and without characters that cannot be seen.
fn composed(line: &str) -> String {
    if line.is_ascii() {
        return line
            .chars()
            .map(|c| {
                if c.is_ascii_control() && c != '\t' {
                    ' '
                } else {
                    c
                }
            })
            .collect();
    }
    ComposingNormalizerBorrowed::new_nfc()
        .normalize_iter(line.chars())
        .filter(|c| !invisible(*c))
        .map(|c| {
            if c.is_control() && c != '\t' || c == '\u{a0}' {
                ' '
            } else {
                c
            }
        })
        .collect()
}

/// Zero-width, direction-changing and tag characters. The zero-width joiner stays: emoji and several scripts need it.
pub(super) fn invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x61c | 0x180e | 0x200b | 0x200c | 0x200e | 0x200f | 0x202a..=0x202e | 0x2060..=0x2064 | 0x2066..=0x2069 | 0x206a..=0x206f
        | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe007f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_line_breaks_and_direction_marks_is_one_plain_line() {
        assert_eq!(
            line("Bob\r\nBcc: x@y.z\u{202e}\u{0}!", NAME_MAX),
            "Bob Bcc: x@y.z !"
        );
    }

    #[test]
    fn long_text_is_cut_visibly() {
        let cut = line(&"a".repeat(100), 10);
        assert_eq!(cut.chars().count(), 10);
        assert!(cut.ends_with('…'));
    }

    #[test]
    fn lines_and_paragraphs_stay() {
        assert_eq!(
            text("one  \r\ntwo\r\n\r\n\r\nthree\n", 100),
            "one\ntwo\n\nthree"
        );
    }
}
