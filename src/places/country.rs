//! Countries by name in fifty languages, code, flag, demonym or with a slip of the pen.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::fold::fold;
use super::{Found, Index, insert, nearest, rows, within};

const COUNTRIES: &str = include_str!("data/countries.tsv");
const NAMES: &str = include_str!("data/country_names.tsv");
const DEMONYMS: &str = include_str!("data/demonyms.tsv");

/// Parts of a country that people give as their country, and short forms; no published table has them under its code.
const PARTS: [(&str, &str); 19] = [
    ("England", "GB"),
    ("Scotland", "GB"),
    ("Wales", "GB"),
    ("Northern Ireland", "GB"),
    ("Britain", "GB"),
    ("Angleterre", "GB"),
    ("Inglaterra", "GB"),
    ("Escocia", "GB"),
    ("Holland", "NL"),
    ("Aotearoa", "NZ"),
    ("Holanda", "NL"),
    ("Hollande", "NL"),
    ("EEUU", "US"),
    ("Czech Rep", "CZ"),
    ("DR Congo", "CD"),
    ("RD Congo", "CD"),
    ("KSA", "SA"),
    ("RSA", "ZA"),
    ("Éire", "IE"),
];

struct Tables {
    /// Every name in every language.
    names: Index,
    /// Names in the languages in which slips of the pen are forgiven.
    common: Index,
    codes: HashMap<&'static str, &'static str>,
    demonyms: Index,
    /// (language, code) -> the name to show.
    shown: HashMap<(&'static str, &'static str), &'static str>,
    zones: HashMap<&'static str, Vec<&'static str>>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables = Tables {
        names: Index::new(),
        common: Index::new(),
        codes: HashMap::new(),
        demonyms: Index::new(),
        shown: HashMap::new(),
        zones: HashMap::new(),
    };
    for row in rows(COUNTRIES) {
        if let [code, alpha3, _number, _regions, zones] = row[..] {
            tables.codes.insert(code, code);
            tables.codes.insert(alpha3, code);
            tables.zones.insert(
                code,
                zones.split(',').filter(|zone| !zone.is_empty()).collect(),
            );
        }
    }
    for row in rows(NAMES) {
        if let [language, code, names] = row[..] {
            for (at, name) in names.split('|').enumerate() {
                if at == 0 {
                    tables.shown.insert((language, code), name);
                }
                insert(&mut tables.names, name, code);
                if matches!(language, "en" | "fr" | "es") {
                    insert(&mut tables.common, name, code);
                }
            }
        }
    }
    for (name, code) in PARTS {
        insert(&mut tables.names, name, code);
        insert(&mut tables.common, name, code);
    }
    for row in rows(DEMONYMS) {
        if let [_language, code, words] = row[..] {
            for word in words.split('|') {
                insert(&mut tables.demonyms, word, code);
            }
        }
    }
    tables
});

/// The ISO 3166-1 alpha-2 code of a country as somebody wrote it: any usual name, a code, a flag, "New Zealander",
/// "I live in Kenya", "Austrailia".
pub fn country(text: &str) -> Found<String> {
    let tables = &*TABLES;
    if let Some(code) = flag(text) {
        return Found::One(code.to_string());
    }
    let folded = fold(text);
    if folded.is_empty() {
        return Found::Nothing;
    }
    let exact = without_article(&folded);
    // Names in the widely used languages come first: a name there may be another country's in a small language.
    for index in [&tables.common, &tables.names] {
        if let Some(codes) = index.get(&folded).or_else(|| index.get(exact)) {
            return found(codes);
        }
    }
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    if (!exact.contains(' ') || letters.len() <= 3)
        && let Some(code) = tables.codes.get(letters.to_ascii_uppercase().as_str())
    {
        return Found::One(code.to_string());
    }
    // "U.K."
    if folded.split(' ').all(|word| word.chars().count() == 1)
        && let Some(codes) = tables.common.get(&folded.replace(' ', ""))
    {
        return found(codes);
    }
    if let Some(codes) = tables.demonyms.get(exact) {
        return found(codes);
    }
    for index in [&tables.common, &tables.names] {
        let codes = within(index, &folded, 4);
        if !codes.is_empty() {
            return found(&codes);
        }
    }
    // "Auckland, NZ": a code written large as the last word.
    if let Some(last) = text
        .split(|c: char| !c.is_ascii_alphabetic())
        .rfind(|word| !word.is_empty())
        && last.len() >= 2
        && last.chars().all(|c| c.is_ascii_uppercase())
    {
        if let Some(code) = tables.codes.get(last) {
            return Found::One(code.to_string());
        }
        if let Some(codes) = tables.common.get(&fold(last)) {
            return found(codes);
        }
    }
    // "Korea", "Trinidad", "DRC": part of a name.
    if exact.len() >= 3 {
        let part = format!(" {exact} ");
        let codes: Vec<&'static str> = tables
            .common
            .iter()
            .filter(|(name, _)| format!(" {name} ").contains(&part))
            .flat_map(|(_, codes)| codes.iter().copied())
            .collect();
        if !codes.is_empty() {
            return found(&codes);
        }
    }
    let codes = nearest(&tables.common, exact);
    if codes.is_empty() {
        found(&nearest(&tables.demonyms, exact))
    } else {
        found(&codes)
    }
}

/// The name to show, in `language` or else in English; the code itself where there is no such country.
pub fn country_name(code: &str, language: &str) -> String {
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

/// IANA zones of a country, as the tz database lists them; empty where there is no such country.
pub fn zones_of(code: &str) -> &'static [&'static str] {
    TABLES.zones.get(code).map_or(&[], Vec::as_slice)
}

fn found(codes: &[&'static str]) -> Found<String> {
    Found::of(codes.iter().map(ToString::to_string).collect())
}

fn without_article(folded: &str) -> &str {
    [
        "the ",
        "la ",
        "le ",
        "les ",
        "l ",
        "el ",
        "los ",
        "las ",
        "republic of ",
        "il ",
        "die ",
        "der ",
    ]
    .iter()
    .find_map(|article| folded.strip_prefix(article))
    .unwrap_or(folded)
}

/// Two regional indicator letters.
fn flag(text: &str) -> Option<&'static str> {
    let letters: String = text
        .chars()
        .filter_map(|c| {
            u32::from(c)
                .checked_sub(0x1f1e6)
                .filter(|n| *n < 26)
                .and_then(|n| char::from_u32(n + 65))
        })
        .collect();
    TABLES
        .codes
        .get(letters.as_str())
        .copied()
        .filter(|_| letters.len() == 2)
}
