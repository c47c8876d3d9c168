//! Names that imitate others: "Аnna" with a Cyrillic А is not "Anna". A coordinator who looks through a proposal or accepts an
//! application is told, since nobody sees it (RELIABILITY T9; UTS 39 section 5). Nothing is refused for it: people write their
//! names as they write them.

use super::words::{Words, word};

const REMARK: Words = [
    "(letters of two alphabets)",
    "(letras de dos alfabetos)",
    "(lettres de deux alphabets)",
];

/// Alphabets whose letters look alike. Scripts that are written together with Latin letters, as in Japanese, are none of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Cherokee,
}

fn alphabet(c: char) -> Option<Alphabet> {
    let of = match c {
        'A'..='Z' | 'a'..='z' | 'À'..='ʯ' | 'Ḁ'..='ỿ' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            Alphabet::Latin
        }
        'Ͱ'..='Ͽ' | 'ἀ'..='῾' => Alphabet::Greek,
        'Ѐ'..='ԯ' => Alphabet::Cyrillic,
        'Ա'..='և' => Alphabet::Armenian,
        'Ꭰ'..='ᏽ' | 'ꭰ'..='ꮿ' => Alphabet::Cherokee,
        _ => return None,
    };
    c.is_alphabetic().then_some(of)
}

/// Whether one word of a name has letters of two alphabets.
pub fn mixes_alphabets(name: &str) -> bool {
    name.split([' ', '-', '.', '\'', '’', '(', ')', '/'])
        .any(|part| {
            let mut alphabets = part.chars().filter_map(alphabet);
            alphabets
                .next()
                .is_some_and(|first| alphabets.any(|other| other != first))
        })
}

/// A name as coordinators are shown it, in the language of their letters.
pub fn remarked(name: &str, language: &str) -> String {
    match mixes_alphabets(name) {
        true => format!("{name} {}", word(&REMARK, language)),
        false => name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_letters_of_two_alphabets_in_a_word_is_pointed_out() {
        for name in [
            "Аnna Berg",      // a Cyrillic А
            "Anna Веrg",      // Cyrillic В and е
            "Bilаl Khan",     // a Cyrillic а
            "Μaria Silva",    // a Greek Μ
            "Jοse",           // a Greek ο
            "Ивaн Петров",    // a Latin a
            "Ѕasha",          // a Cyrillic Ѕ
            "Tоm-Erik",       // a Cyrillic о
            "Ꭺnna",           // a Cherokee letter
            "Nοra (library)", // a Greek ο
        ] {
            assert!(mixes_alphabets(name), "{name}");
            assert!(remarked(name, "en").ends_with("(letters of two alphabets)"));
        }
    }

    #[test]
    fn names_of_any_one_alphabet_are_left_alone() {
        for name in [
            "Anna Berg",
            "Zoë Müller-Đặng",
            "Łukasz Żółć",
            "Иван Петров",
            "Ivan Петров",
            "Anna-Мария",
            "Μαρία Παππά",
            "王小明",
            "王小明 Ming",
            "山田Taro",
            "ひらがなカタカナ",
            "محمد علي",
            "O'Нил",
            "अनिता",
            "김민준",
            "",
            "R2-D2 × 3",
        ] {
            assert!(!mixes_alphabets(name), "{name}");
            assert_eq!(remarked(name, "es"), name);
        }
    }
}
