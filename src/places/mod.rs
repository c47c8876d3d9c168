//! Countries, languages, regions and time zones by any usual name, and their names in a reader's language.
//! Pure data and look-ups; where a word has several meanings all are returned, and nothing is guessed.

mod country;
pub mod fold;
mod language;
pub mod map;
mod region;
mod zone;

use std::collections::HashMap;

pub use country::{country, country_name, zones_of};
pub use language::{language, language_name, languages};
pub use region::{REGIONS, region, region_name, regions_of};
pub use zone::zone;

/// What a word was found to mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<T> {
    One(T),
    /// Several readings are possible.
    Several(Vec<T>),
    Nothing,
}

impl<T> Found<T> {
    pub fn one(self) -> Option<T> {
        match self {
            Found::One(value) => Some(value),
            _ => None,
        }
    }

    fn of(mut all: Vec<T>) -> Found<T>
    where
        T: Ord,
    {
        all.sort();
        all.dedup();
        match all.len() {
            0 => Found::Nothing,
            1 => all.pop().map_or(Found::Nothing, Found::One),
            _ => Found::Several(all),
        }
    }
}

/// Folded name -> what it may mean.
type Index = HashMap<String, Vec<&'static str>>;

fn insert(index: &mut Index, name: &str, meaning: &'static str) {
    let name = fold::fold(name);
    if !name.is_empty() {
        let meanings = index.entry(name).or_default();
        if !meanings.contains(&meaning) {
            meanings.push(meaning);
        }
    }
}

/// Lines of a table in `data/`, split at tabs.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().map(|line| line.split('\t').collect())
}

/// The meanings of the longest runs of words in `text` (folded) that the index knows; runs do not overlap.
/// Words shorter than `shortest` characters on their own say nothing ("in", "no").
fn within(index: &Index, text: &str, shortest: usize) -> Vec<&'static str> {
    let words: Vec<&str> = text.split(' ').take(60).collect();
    let mut found: Vec<&'static str> = Vec::new();
    let mut at = 0;
    'words: while at < words.len() {
        for length in (1..=(words.len() - at).min(6)).rev() {
            let run = words[at..at + length].join(" ");
            if run.chars().count() >= shortest
                && let Some(meanings) = index.get(&run)
            {
                for meaning in meanings {
                    if !found.contains(meaning) {
                        found.push(meaning);
                    }
                }
                at += length;
                continue 'words;
            }
        }
        at += 1;
    }
    found
}

/// Meanings of the names nearest to `text` (folded), where it is one of them but for a slip of the pen.
fn nearest(index: &Index, text: &str) -> Vec<&'static str> {
    let mut best = usize::MAX;
    let mut found: Vec<&'static str> = Vec::new();
    for (name, meanings) in index {
        if let Some(distance) = fold::nearly(text, name) {
            if distance < best {
                best = distance;
                found.clear();
            }
            if distance == best {
                found.extend(
                    meanings
                        .iter()
                        .filter(|m| !found.contains(m))
                        .collect::<Vec<_>>(),
                );
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
