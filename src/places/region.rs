//! Regions of the world, by CLDR's containment of countries: continents and their parts.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::fold::fold;
use super::{Found, Index, insert, nearest, rows};

const COUNTRIES: &str = include_str!("data/countries.tsv");
const NAMES: &str = include_str!("data/region_names.tsv");

/// The ids offered where somebody may wish for a region; every country lies in exactly one of them.
pub const REGIONS: [&str; 5] = ["africa", "americas", "asia", "europe", "oceania"];

/// Everyday names of the finer regions.
const EVERYDAY: [(&str, &str); 14] = [
    ("america", "americas"),
    ("the americas", "americas"),
    ("americas", "americas"),
    ("middle east", "western-asia"),
    ("moyen orient", "western-asia"),
    ("proche orient", "western-asia"),
    ("oriente medio", "western-asia"),
    ("latinamerica", "latin-america"),
    ("latam", "latin-america"),
    ("australasia", "oceania"),
    ("pacific", "oceania"),
    ("caribbean", "caribbean"),
    ("scandinavia", "northern-europe"),
    ("southeast asia", "south-eastern-asia"),
];

struct Tables {
    names: Index,
    shown: HashMap<(&'static str, &'static str), &'static str>,
    of: HashMap<&'static str, Vec<&'static str>>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables = Tables {
        names: Index::new(),
        shown: HashMap::new(),
        of: HashMap::new(),
    };
    for row in rows(NAMES) {
        if let [language, id, name] = row[..] {
            tables.shown.insert((language, id), name);
            insert(&mut tables.names, name, id);
        }
    }
    for (name, id) in EVERYDAY {
        insert(&mut tables.names, name, id);
    }
    for row in rows(COUNTRIES) {
        if let [code, _, _, regions, _] = row[..] {
            tables.of.insert(
                code,
                regions
                    .split(',')
                    .filter(|region| !region.is_empty())
                    .collect(),
            );
            for region in regions.split(',').filter(|region| !region.is_empty()) {
                insert(&mut tables.names, region, region);
            }
        }
    }
    tables
});

/// The region that somebody wrote, by any usual name: one of [`REGIONS`] or a finer one ("western-europe").
pub fn region(text: &str) -> Found<String> {
    let folded = fold(text);
    let folded = folded.strip_prefix("the ").unwrap_or(&folded);
    let exact = TABLES.names.get(folded).cloned().unwrap_or_default();
    let all = if exact.is_empty() {
        nearest(&TABLES.names, folded)
    } else {
        exact
    };
    // A name that stands for a continent in one language and a part of it in another means the continent.
    if let Some(continent) = all.iter().find(|id| REGIONS.contains(id)) {
        return Found::One(continent.to_string());
    }
    Found::of(all.iter().map(ToString::to_string).collect())
}

/// All regions that a country lies in, finer ones included ("GB": europe, northern-europe).
pub fn regions_of(country: &str) -> &'static [&'static str] {
    TABLES.of.get(country).map_or(&[], Vec::as_slice)
}

/// The name to show, in `language` or else in English.
pub fn region_name(id: &str, language: &str) -> String {
    [
        language,
        language.split('-').next().unwrap_or(language),
        "en",
    ]
    .iter()
    .find_map(|language| TABLES.shown.get(&(*language, id)))
    .map_or_else(|| id.to_string(), ToString::to_string)
}
