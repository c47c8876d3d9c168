//! Languages by name in fifty languages or by BCP 47 code.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::fold::fold;
use super::{Found, Index, insert, nearest, rows, within};

const NAMES: &str = include_str!("data/language_names.tsv");

/// Everyday names that CLDR does not list.
const EVERYDAY: [(&str, &str); 14] = [
    ("Farsi", "fa"),
    ("Dari", "fa"),
    ("Castellano", "es"),
    ("Castilian", "es"),
    ("Castillan", "es"),
    ("Flemish", "nl"),
    ("Kiswahili", "sw"),
    ("Isizulu", "zu"),
    ("Isixhosa", "xh"),
    ("Putonghua", "zh"),
    ("Bahasa Indonesia", "id"),
    ("Bahasa Melayu", "ms"),
    ("Gaelic", "gd"),
    ("Tagalog", "fil"),
];

struct Tables {
    names: Index,
    common: Index,
    shown: HashMap<(&'static str, &'static str), &'static str>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables = Tables {
        names: Index::new(),
        common: Index::new(),
        shown: HashMap::new(),
    };
    for row in rows(NAMES) {
        if let [language, code, names] = row[..] {
            for (at, name) in names.split('|').enumerate() {
                if at == 0 {
                    tables.shown.insert((language, code), name);
                }
                insert(&mut tables.names, name, code);
                // A language's name in itself is as common as its English name.
                if matches!(language, "en" | "fr" | "es") || language == code {
                    insert(&mut tables.common, name, code);
                }
            }
        }
    }
    for (name, code) in EVERYDAY {
        tables.names.insert(fold(name), vec![code]);
        tables.common.insert(fold(name), vec![code]);
    }
    tables
});

/// The BCP 47 code of one language as somebody wrote it.
pub fn language(text: &str) -> Found<String> {
    let tables = &*TABLES;
    let folded = fold(text);
    if folded.is_empty() {
        return Found::Nothing;
    }
    for index in [&tables.common, &tables.names] {
        if let Some(codes) = index.get(&folded) {
            return found(codes);
        }
    }
    // "en", "pt-BR", "EN (fluent)"
    let code = folded.split(' ').next().unwrap_or_default();
    if (2..=3).contains(&code.len())
        && (folded.len() == code.len() || is_tag(&folded))
        && let Some((_, known)) = tables.shown.keys().find(|(_, known)| *known == code)
    {
        return Found::One(known.to_string());
    }
    for index in [&tables.common, &tables.names] {
        let codes = within(index, &folded, 4);
        if !codes.is_empty() {
            return found(&codes);
        }
    }
    let mut near = nearest(&tables.common, &folded);
    if near.is_empty() {
        near = folded
            .split(' ')
            .filter(|word| word.len() > 4)
            .flat_map(|word| nearest(&tables.common, word))
            .collect();
    }
    found(&near)
}

/// All languages named in an answer such as "English (fluent), some French and español", in that order, and the
/// pieces that name none.
pub fn languages(text: &str) -> (Vec<String>, Vec<String>) {
    let mut codes: Vec<String> = Vec::new();
    let mut unknown = Vec::new();
    let plain = without_brackets(text);
    for piece in plain
        .split([',', ';', '/', '&', '+', '\n', '•', '·', '|', '、', '،'])
        .take(60)
    {
        let folded = fold(piece);
        if folded.is_empty() {
            continue;
        }
        let pieces = halves(&folded);
        for piece in pieces {
            let several = within(&TABLES.common, &piece, 4);
            if several.len() > 1 && !TABLES.common.contains_key(&piece) {
                several.iter().for_each(|code| push(&mut codes, code));
                continue;
            }
            match language(&piece) {
                Found::One(code) => push(&mut codes, &code),
                // A remark beside a language ("fluent", "mother tongue") is not a language that we failed to read.
                Found::Nothing if is_remark(&piece) => {}
                _ => unknown.push(piece),
            }
        }
    }
    (codes, unknown)
}

/// The name to show, in `language` or else in English; the code itself where the language is unknown.
pub fn language_name(code: &str, language: &str) -> String {
    let shown = &TABLES.shown;
    [
        language,
        language.split('-').next().unwrap_or(language),
        "en",
    ]
    .iter()
    .find_map(|language| shown.get(&(*language, code)))
    .map_or_else(|| code.to_string(), ToString::to_string)
}

fn found(codes: &[&'static str]) -> Found<String> {
    Found::of(codes.iter().map(ToString::to_string).collect())
}

/// "en gb", "zh hant": a language tag with a country or a script, folded.
fn is_tag(folded: &str) -> bool {
    folded.split_once(' ').is_some_and(|(code, rest)| {
        code.len() == 2 && matches!(rest.len(), 2 | 4) && !rest.contains(' ')
    })
}

fn push(codes: &mut Vec<String>, code: &str) {
    if !codes.iter().any(|known| known == code) {
        codes.push(code.to_string());
    }
}

/// Splits a folded piece at the words for "and".
fn halves(folded: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    for word in folded.split(' ') {
        if matches!(
            word,
            "and" | "et" | "y" | "e" | "und" | "en" | "og" | "och" | "i" | "ja" | "or" | "plus"
        ) && !out.last().is_none_or(String::is_empty)
        {
            out.push(String::new());
        } else if let Some(last) = out.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    out.retain(|piece| !piece.is_empty());
    out
}

fn without_brackets(text: &str) -> String {
    let mut out = String::new();
    let mut depth = 0u32;
    for c in text.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    if out.trim().is_empty() {
        text.to_string()
    } else {
        out
    }
}

fn is_remark(folded: &str) -> bool {
    folded.split(' ').all(|word| {
        matches!(
            word,
            "fluent"
                | "native"
                | "basic"
                | "a"
                | "little"
                | "some"
                | "mother"
                | "tongue"
                | "good"
                | "intermediate"
                | "advanced"
                | "bit"
                | "of"
                | "reading"
                | "only"
                | "first"
                | "second"
                | "language"
                | "beginner"
                | "read"
                | "spoken"
                | "written"
                | "well"
                | "fairly"
                | "my"
                | "i"
                | "speak"
                | "un"
                | "peu"
                | "courant"
                | "maternelle"
                | "langue"
                | "poco"
                | "nativo"
                | "a1"
                | "a2"
                | "b1"
                | "b2"
                | "c1"
                | "c2"
                | "level"
                | "niveau"
                | "nivel"
                | "fluido"
                | "basico"
                | "learning"
        )
    })
}
