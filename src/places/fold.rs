//! One form of a word for comparing: no accents, no case, no punctuation. Never for showing.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// "  Côte d’Ivoire " and "COTE D'IVOIRE" both become "cote d ivoire".
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return fold_ascii(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    for c in DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(text.chars()) {
        if ('\u{300}'..='\u{36f}').contains(&c) || is_optional_in_arabic(c) {
            continue;
        }
        if !(c.is_alphanumeric() || is_mark(c)) {
            space = true;
            continue;
        }
        if space && !out.is_empty() {
            out.push(' ');
        }
        space = false;
        match c {
            'ß' | 'ẞ' => out.push_str("ss"),
            'æ' | 'Æ' => out.push_str("ae"),
            'œ' | 'Œ' => out.push_str("oe"),
            'ø' | 'Ø' => out.push('o'),
            'ł' | 'Ł' => out.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => out.push('d'),
            'ı' | 'İ' => out.push('i'),
            '٠'..='٩' => out.extend(digit(c, '٠')),
            '۰'..='۹' => out.extend(digit(c, '۰')),
            _ => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// The same for the most usual text, which needs none of Unicode's tables.
fn fold_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    for byte in text.bytes() {
        if !byte.is_ascii_alphanumeric() {
            space = true;
            continue;
        }
        if space && !out.is_empty() {
            out.push(' ');
        }
        space = false;
        out.push(char::from(byte.to_ascii_lowercase()));
    }
    out
}

/// The digit that a digit of another script stands for.
fn digit(c: char, zero: char) -> Option<char> {
    char::from_digit(u32::from(c) - u32::from(zero), 10)
}

/// Vowel signs, the hamza on a letter and the stroke that stretches a word: people write them or not.
fn is_optional_in_arabic(c: char) -> bool {
    matches!(c, '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{640}')
}

/// Vowel signs of scripts whose words fall apart without them.
fn is_mark(c: char) -> bool {
    matches!(c as u32, 0x0591..=0x05c7 | 0x0900..=0x0dff | 0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff)
}

/// How many letters two folded words may differ by and still be taken for the same: none in short words.
pub fn slips(length: usize) -> usize {
    match length {
        0..=4 => 0,
        5..=8 => 1,
        _ => 2,
    }
}

/// Whether `written` is `meant` but for a slip of the pen; both are folded. Returns the number of slips.
pub fn nearly(written: &str, meant: &str) -> Option<usize> {
    let allowed = slips(written.chars().count().min(meant.chars().count()));
    if written.len().abs_diff(meant.len()) > allowed * 4 {
        return None;
    }
    let distance = strsim::osa_distance(written, meant);
    (distance <= allowed).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_punctuation_do_not_matter() {
        assert_eq!(fold("  Côte d’Ivoire "), "cote d ivoire");
        assert_eq!(fold("COTE D'IVOIRE"), "cote d ivoire");
        assert_eq!(fold("İstanbul"), "istanbul");
        assert_eq!(fold("日本"), "日本");
        assert_eq!(fold("عليّ أن أتوقّف"), fold("علي ان اتوقف"));
        assert_eq!(fold("الأمـــور ٣"), "الامور 3");
    }

    #[test]
    fn plain_letters_are_folded_as_among_others() {
        for byte in 0..128u8 {
            let text = format!(" a{0}B {0}{0}c", char::from(byte));
            let among_others = fold(&format!("{text} é"));
            assert_eq!(
                Some(fold(&text).as_str()),
                among_others.strip_suffix(" e"),
                "{text:?}"
            );
        }
    }

    #[test]
    fn short_words_allow_no_slip() {
        assert_eq!(nearly("mali", "male"), None);
        assert_eq!(nearly("austrlia", "australia"), Some(1));
    }
}
