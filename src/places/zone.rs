//! Time zones by IANA name, city, country or offset.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;

use super::fold::fold;
use super::{Found, country, rows, zones_of};

const CITIES: &str = include_str!("data/cities.tsv");
const ZONE_CITIES: &str = include_str!("data/zone_cities.tsv");

/// Names of zones that people use where there is no city.
const EVERYDAY: [(&str, &str); 27] = [
    ("utc", "Etc/UTC"),
    ("gmt", "Etc/UTC"),
    ("cet", "CET"),
    ("cest", "CET"),
    ("eet", "EET"),
    ("eest", "EET"),
    ("wet", "WET"),
    ("eastern time", "America/New_York"),
    ("est", "America/New_York"),
    ("edt", "America/New_York"),
    ("central time", "America/Chicago"),
    ("mountain time", "America/Denver"),
    ("pacific time", "America/Los_Angeles"),
    ("pst", "America/Los_Angeles"),
    ("pdt", "America/Los_Angeles"),
    ("aest", "Australia/Sydney"),
    ("aedt", "Australia/Sydney"),
    ("acst", "Australia/Adelaide"),
    ("awst", "Australia/Perth"),
    ("nzst", "Pacific/Auckland"),
    ("nzdt", "Pacific/Auckland"),
    ("eat", "Africa/Nairobi"),
    ("nyc", "America/New_York"),
    ("cdmx", "America/Mexico_City"),
    ("azores", "Atlantic/Azores"),
    ("canarias", "Atlantic/Canary"),
    ("california", "America/Los_Angeles"),
];

struct City {
    country: &'static str,
    zone: &'static str,
    people: u64,
}

struct Tables {
    iana: HashMap<String, Tz>,
    cities: HashMap<String, Vec<City>>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let iana = chrono_tz::TZ_VARIANTS
        .iter()
        .map(|zone| (zone.name().to_ascii_lowercase(), *zone))
        .collect();
    let mut cities: HashMap<String, Vec<City>> = HashMap::new();
    for row in rows(CITIES) {
        if let [name, country, zone, people] = row[..] {
            let city = City {
                country,
                zone,
                people: people.parse().unwrap_or(0),
            };
            cities
                .entry(abbreviated(&fold(name)))
                .or_default()
                .push(city);
        }
    }
    for row in rows(ZONE_CITIES) {
        if let [name, zone] = row[..] {
            let known = cities.entry(fold(name)).or_default();
            if known.is_empty() {
                known.push(City {
                    country: "",
                    zone,
                    people: 0,
                });
            }
        }
    }
    Tables { iana, cities }
});

/// The zone that an answer such as "Melbourne", "Geneva (Switzerland)", "Europe/Paris", "UTC+2" or "Kenya" means.
/// `country` (ISO code) decides between cities of one name, and stands in where the place is too small to be known
/// and the whole country keeps one time.
pub fn zone(text: &str, within: Option<&str>) -> Found<Tz> {
    let tables = &*TABLES;
    let text = text.trim();
    let spaceless = text.replace(' ', "_").to_ascii_lowercase();
    if let Some(zone) = text
        .split([' ', ',', '(', ')'])
        .chain([spaceless.as_str()])
        .find_map(|word| {
            tables
                .iana
                .get(&word.to_ascii_lowercase())
                .filter(|_| word.contains('/'))
        })
    {
        return Found::One(*zone);
    }
    // Also what the text itself says about the country.
    let said = text
        .split([',', '(', ')', '-', '/', ';'])
        .skip(1)
        .find_map(|part| country(part).one());
    let home = said.as_deref().or(within);
    let mut zones: Vec<Tz> = Vec::new();
    // "Los Angeles, CA": where the last word is no country, the city is looked for without it.
    for home in [home, within]
        .into_iter()
        .take(if said.is_some() { 2 } else { 1 })
    {
        for part in std::iter::once(text).chain(text.split([',', '(', ')', ';', '/', '\n'])) {
            if zones.is_empty() {
                zones = city(&fold(part), home);
            }
        }
    }
    if zones.is_empty() {
        zones = run_of_words(&fold(text), home);
    }
    if zones.is_empty() {
        zones = offset(text, home);
    }
    if zones.is_empty() {
        let folded = fold(text);
        zones = EVERYDAY
            .iter()
            .find(|(name, _)| folded == *name || folded.split(' ').any(|word| word == *name))
            .and_then(|(_, zone)| zone.parse().ok())
            .into_iter()
            .collect();
    }
    if zones.is_empty() {
        // Where the country is known, "LA" is no Laos.
        let land = home.map(str::to_string).or_else(|| country(text).one());
        let all = land.as_deref().map(zones_of).unwrap_or_default();
        zones = one_time(all).into_iter().collect();
    }
    if zones.is_empty() {
        zones = misspelt(&fold(text), home);
    }
    Found::of_zones(zones)
}

impl Found<Tz> {
    fn of_zones(mut zones: Vec<Tz>) -> Found<Tz> {
        zones.sort_by_key(|zone| zone.name());
        zones.dedup();
        match zones[..] {
            [] => Found::Nothing,
            [zone] => Found::One(zone),
            _ => Found::Several(zones),
        }
    }
}

/// Letters on their own at the end of a (folded) name as one word: "washington d c" is "washington dc".
fn abbreviated(name: &str) -> String {
    name.strip_suffix(" d c")
        .map_or_else(|| name.to_string(), |city| format!("{city} dc"))
}

/// Zones of the cities of this (folded) name: those of the country where it is known, else the one that is far larger.
fn city(name: &str, home: Option<&str>) -> Vec<Tz> {
    let saint = name
        .strip_prefix("saint ")
        .or_else(|| name.strip_prefix("sankt "))
        .map(|rest| format!("st {rest}"));
    let name = &abbreviated(name);
    let Some(cities) = TABLES
        .cities
        .get(name)
        .or_else(|| TABLES.cities.get(saint.as_deref()?))
    else {
        return Vec::new();
    };
    // A city of that name in another country is not the one that is meant.
    let mut candidates: Vec<&City> = cities
        .iter()
        .filter(|city| {
            home.is_none_or(|home| {
                city.country == home
                    || city.country.is_empty() && zones_of(home).contains(&city.zone)
            })
        })
        .collect();
    candidates.sort_by_key(|city| std::cmp::Reverse(city.people));
    if let [first, second, ..] = candidates[..]
        && first.people >= second.people.saturating_mul(5)
    {
        candidates.truncate(1);
    }
    let mut zones: Vec<Tz> = candidates
        .iter()
        .filter_map(|city| city.zone.parse().ok())
        .collect();
    zones.dedup();
    zones
}

/// "I live in Buenos Aires near the park": the longest run of words that is a city of some length.
fn run_of_words(text: &str, home: Option<&str>) -> Vec<Tz> {
    let words: Vec<&str> = text.split(' ').take(40).collect();
    for length in (1..=4usize.min(words.len())).rev() {
        for run in words.windows(length) {
            let run = run.join(" ");
            if run.chars().count() >= 4 {
                let zones = city(&run, home);
                if !zones.is_empty() {
                    return zones;
                }
            }
        }
    }
    Vec::new()
}

/// Misspelt cities count only where the country is known and agrees.
fn misspelt(name: &str, home: Option<&str>) -> Vec<Tz> {
    let Some(home) = home else { return Vec::new() };
    TABLES
        .cities
        .iter()
        .filter(|(known, cities)| {
            cities.iter().any(|city| city.country == home)
                && super::fold::nearly(name, known).is_some()
        })
        .flat_map(|(_, cities)| {
            cities
                .iter()
                .filter(|city| city.country == home)
                .filter_map(|city| city.zone.parse().ok())
        })
        .collect()
}

/// The one zone of a country that keeps one time all over.
fn one_time(zones: &[&'static str]) -> Option<Tz> {
    let parsed: Vec<Tz> = zones.iter().filter_map(|zone| zone.parse().ok()).collect();
    let first = *parsed.first()?;
    parsed
        .iter()
        .all(|zone| offsets(*zone) == offsets(first))
        .then_some(first)
}

/// Offsets from UTC in minutes, in January and in July of a year without plans to change.
fn offsets(zone: Tz) -> [i32; 2] {
    [1, 7].map(|month| {
        NaiveDate::from_ymd_opt(2026, month, 15)
            .and_then(|day| day.and_hms_opt(12, 0, 0))
            .map_or(0, |noon| {
                zone.offset_from_utc_datetime(&noon).fix().local_minus_utc() / 60
            })
    })
}

/// "UTC+2", "GMT -5", "+05:30": a zone of the country with that offset, else the fixed zone.
fn offset(text: &str, home: Option<&str>) -> Vec<Tz> {
    let compact: String = text
        .to_ascii_uppercase()
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if matches!(c, '−' | '–') { '-' } else { c })
        .collect();
    let Some(at) = compact.find(['+', '-']) else {
        return Vec::new();
    };
    let (before, after) = compact.split_at(at);
    if !(before.is_empty()
        || before.ends_with("UTC")
        || before.ends_with("GMT")
        || before.ends_with('('))
    {
        return Vec::new();
    }
    let sign = if after.starts_with('-') { -1 } else { 1 };
    let number: String = after[1..]
        .chars()
        .take_while(|c| c.is_ascii_digit() || matches!(c, ':' | '.'))
        .collect();
    let (hours, minutes) = match number.split_once([':', '.']) {
        Some((hours, "5")) => (hours.parse().ok(), Some(30)),
        Some((hours, minutes)) => (hours.parse().ok(), minutes.parse().ok()),
        None if number.len() == 4 => (number[..2].parse().ok(), number[2..].parse().ok()),
        None => (number.parse().ok(), Some(0)),
    };
    let (Some(hours), Some(minutes)) = (hours, minutes) else {
        return Vec::new();
    };
    let hours: i32 = hours;
    let minutes: i32 = minutes;
    if hours > 14 || minutes > 59 {
        return Vec::new();
    }
    let wanted = sign * (hours * 60 + minutes);
    let of_country: Vec<Tz> = home
        .map(zones_of)
        .unwrap_or_default()
        .iter()
        .filter_map(|zone| zone.parse().ok())
        .filter(|zone| offsets(*zone).contains(&wanted))
        .collect();
    if let Some(first) = of_country.first() {
        return if of_country
            .iter()
            .all(|zone| offsets(*zone) == offsets(*first))
        {
            vec![*first]
        } else {
            of_country
        };
    }
    if minutes == 0 {
        // In these names the sign is reversed: Etc/GMT-2 is two hours ahead of Greenwich.
        let name = if wanted == 0 {
            "Etc/UTC".to_string()
        } else {
            format!("Etc/GMT{:+}", -wanted / 60)
        };
        return name.parse().ok().into_iter().collect();
    }
    // Few places keep half hours: all zones with that time, so that the question can be put.
    chrono_tz::TZ_VARIANTS
        .iter()
        .copied()
        .filter(|zone| offsets(*zone) == [wanted; 2])
        .take(6)
        .collect()
}
