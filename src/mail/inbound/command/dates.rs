//! Days named in letters: "until 5 March", "jusqu'au 12/04/2027", "next Monday", "in two weeks".
//! A day that could be two different ones is none.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::mail::inbound::pattern::Pattern;
use crate::places::fold::fold;

const CALENDAR: &str = include_str!("calendar.tsv");

struct Names {
    months: HashMap<String, u32>,
    weekdays: HashMap<String, u32>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names {
        months: HashMap::new(),
        weekdays: HashMap::new(),
    };
    let mut twice: Vec<String> = Vec::new();
    for line in CALENDAR.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let [kind, number, language, words] = cells[..] else {
            continue;
        };
        let Ok(number) = number.parse::<u32>() else {
            continue;
        };
        let table = if kind == "month" {
            &mut names.months
        } else {
            &mut names.weekdays
        };
        for word in words.split('|').map(fold) {
            // A word of three letters that is everyday in another language would be read where it is not meant.
            let short = word.chars().count() <= 3 && !matches!(language, "en" | "fr" | "es" | "de");
            match table.get(&word) {
                Some(known) if *known != number => twice.push(word),
                _ if short && word.is_ascii() => {}
                _ => {
                    table.insert(word, number);
                }
            }
        }
    }
    for word in twice {
        // English wins where languages disagree ("mar" is March and Tuesday is no month).
        names.months.remove(&word);
    }
    names.months.insert("may".into(), 5);
    names.months.insert("mai".into(), 5);
    names.months.insert("sept".into(), 9);
    names
});

static PATTERN: Pattern = Pattern::new(concat!(
    r"(?P<iso>\b(?P<iy>20\d\d)[-/.年]\s?(?P<im>\d{1,2})[-/.月]\s?(?P<id>\d{1,2})日?)",
    r"|(?P<num>\b(?P<a>\d{1,2})(?P<sep>[/.-])(?P<b>\d{1,2})[/.-](?P<ny>(?:20)?\d\d)\b)",
    r"|(?P<dm>\b(?P<dd>\d{1,2})(?:st|nd|rd|th|er|e|º|ª|o|\.)?,?\s+(?:of\s+|de\s+|d['’]\s?|di\s+)?(?P<dmon>\p{L}{3,})\.?(?:,?\s+(?:de\s+|del\s+)?(?P<dy>20\d\d)\b)?)",
    r"|(?P<md>\b(?P<mmon>\p{L}{3,})\.?\s+(?:the\s+)?(?P<mdd>\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s+(?P<my>20\d\d)\b)?)",
    r"|(?P<short>\b(?P<sa>\d{1,2})(?P<ssep>[/.])(?P<sb>\d{1,2})\b\.?)",
    r"|(?P<cjk>(?P<cm>\d{1,2})\s?[月월]\s?(?P<cd>\d{1,2})\s?[日일])"
));

/// Days named in `text`, in order, each with the byte at which it stands. Years that are left out are the next that
/// fits, counted from `today`.
pub fn all(text: &str, today: NaiveDate, day_first: Option<bool>) -> Vec<(usize, NaiveDate)> {
    let mut out = Vec::new();
    let Some(pattern) = PATTERN.regex() else {
        return out;
    };
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| pattern.captures(rest)) {
        let Some(whole) = found.get(0) else { break };
        let number = |name: &str| {
            found
                .name(name)
                .and_then(|m| m.as_str().parse::<u32>().ok())
        };
        let year =
            |name: &str| number(name).map(|year| if year < 100 { 2000 + year } else { year });
        let day = if found.name("iso").is_some() {
            exact(year("iy"), number("im"), number("id"))
        } else if found.name("num").is_some() {
            let dotted = found.name("sep").is_some_and(|sep| sep.as_str() == ".");
            either(
                number("a"),
                number("b"),
                day_first.or(dotted.then_some(true)),
            )
            .and_then(|(day, month)| exact(year("ny"), Some(month), Some(day)))
        } else if found.name("dm").is_some() {
            let month = found.name("dmon").and_then(|word| month(word.as_str()));
            month.and_then(|month| whichever(year("dy"), month, number("dd"), today))
        } else if found.name("md").is_some() {
            let month = found.name("mmon").and_then(|word| month(word.as_str()));
            month.and_then(|month| whichever(year("my"), month, number("mdd"), today))
        } else if found.name("short").is_some() {
            let dotted = found.name("ssep").is_some_and(|sep| sep.as_str() == ".");
            either(
                number("sa"),
                number("sb"),
                day_first.or(dotted.then_some(true)),
            )
            .and_then(|(day, month)| whichever(None, month, Some(day), today))
        } else {
            number("cm").and_then(|month| whichever(None, month, number("cd"), today))
        };
        match day {
            Some(day) => {
                out.push((at + whole.start(), day));
                at += whole.end();
            }
            // A word that is no month: go on right after its first part.
            None => {
                let step = whole
                    .as_str()
                    .find(char::is_whitespace)
                    .unwrap_or(whole.as_str().len())
                    .max(1);
                at += whole.start() + step;
                while !text.is_char_boundary(at) {
                    at += 1;
                }
            }
        }
        if out.len() > 40 {
            break;
        }
    }
    out
}

/// The day until which somebody says they are away or pause: a date, else "next week", "for three weeks", "Monday".
pub fn until(text: &str, today: NaiveDate, language: &str) -> Option<NaiveDate> {
    let day_first = matches!(
        language.split('-').next(),
        Some("fr" | "es" | "de" | "it" | "pt" | "nl" | "ar")
    )
    .then_some(true);
    let days = all(text, today, day_first);
    let after_cue = |days: &[(usize, NaiveDate)]| {
        days.iter()
            .find(|(at, _)| cue_before(&text[..*at]))
            .map(|(_, day)| *day)
    };
    let future: Vec<(usize, NaiveDate)> =
        days.into_iter().filter(|(_, day)| *day >= today).collect();
    if let Some(day) = after_cue(&future) {
        // "from 1 to 5 March" ends with the later day.
        return future
            .iter()
            .map(|(_, other)| *other)
            .find(|other| *other > day && future.len() == 2)
            .or(Some(day));
    }
    match future.len() {
        0 => relative(&fold(text), today),
        _ => future.iter().map(|(_, day)| *day).max(),
    }
}

/// The day on which an out-of-office note says that its owner is back.
pub fn back_on(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let end = text
        .char_indices()
        .nth(4000)
        .map_or(text.len(), |(at, _)| at);
    let text = &text[..end];
    let days: Vec<(usize, NaiveDate)> = all(text, today, Some(true))
        .into_iter()
        .filter(|(_, day)| *day >= today && *day < today + Days::new(500))
        .collect();
    let cued: Vec<NaiveDate> = days
        .iter()
        .filter(|(at, _)| cue_before(&text[..*at]))
        .map(|(_, day)| *day)
        .collect();
    cued.into_iter()
        .max()
        .or_else(|| days.iter().map(|(_, day)| *day).max())
        .or_else(|| {
            let folded = fold(text);
            CUE_WORDS
                .iter()
                .any(|cue| folded.contains(cue))
                .then(|| relative(&folded, today))
                .flatten()
        })
}

/// Words that stand before the last day of an absence, folded.
const CUE_WORDS: [&str; 32] = [
    "until",
    "till",
    "til",
    "back on",
    "back in",
    "back",
    "return",
    "returning",
    "through",
    "to",
    "jusqu au",
    "jusqu a",
    "retour le",
    "retour",
    "au",
    "hasta el",
    "hasta",
    "regreso",
    "vuelvo",
    "vuelta",
    "al",
    "bis",
    "wieder",
    "fino al",
    "rientro",
    "tot",
    "terug",
    "ate",
    "retorno",
    "a partir",
    "حتى",
    "الى",
];

fn cue_before(text: &str) -> bool {
    let start = text.char_indices().rev().nth(40).map_or(0, |(at, _)| at);
    let before = fold(&text[start..]);
    let words: Vec<&str> = before.split(' ').collect();
    let near = words[words.len().saturating_sub(5)..].join(" ");
    let near = format!(" {near} ");
    CUE_WORDS
        .iter()
        .any(|cue| near.contains(&format!(" {cue} ")))
}

fn month(word: &str) -> Option<u32> {
    NAMES.months.get(&fold(word)).copied()
}

fn exact(year: Option<u32>, month: Option<u32>, day: Option<u32>) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year?).ok()?, month?, day?)
}

/// Day and month out of two numbers whose order is known, or follows, or is unknown.
fn either(a: Option<u32>, b: Option<u32>, day_first: Option<bool>) -> Option<(u32, u32)> {
    let (a, b) = (a?, b?);
    match day_first {
        _ if a > 12 => Some((a, b)),
        _ if b > 12 => Some((b, a)),
        _ if a == b => Some((a, b)),
        Some(true) => Some((a, b)),
        Some(false) => Some((b, a)),
        None => None,
    }
}

/// The day in the named year, or else its next occurrence; a month or so in the past is still meant as past.
fn whichever(
    year: Option<u32>,
    month: u32,
    day: Option<u32>,
    today: NaiveDate,
) -> Option<NaiveDate> {
    if year.is_some() {
        return exact(year, Some(month), day);
    }
    let this = NaiveDate::from_ymd_opt(today.year(), month, day?)?;
    if this + Days::new(60) < today {
        NaiveDate::from_ymd_opt(today.year() + 1, month, day?)
    } else {
        Some(this)
    }
}

/// Days counted from today, out of folded text.
fn relative(folded: &str, today: NaiveDate) -> Option<NaiveDate> {
    let words: Vec<&str> = folded.split(' ').take(200).collect();
    let has = |phrase: &str| format!(" {folded} ").contains(&format!(" {phrase} "));
    for (at, word) in words.iter().enumerate() {
        let Some(count) = count(word) else { continue };
        let unit = words.get(at + 1).copied().unwrap_or_default();
        let day = match unit {
            "day" | "days" | "jour" | "jours" | "dia" | "dias" | "tage" | "tagen" => {
                today.checked_add_days(Days::new(count))
            }
            "week" | "weeks" | "semaine" | "semaines" | "semana" | "semanas" | "wochen"
            | "woche" => today.checked_add_days(Days::new(count * 7)),
            "month" | "months" | "mois" | "mes" | "meses" | "monate" | "monat" => {
                today.checked_add_months(Months::new(u32::try_from(count).unwrap_or(1)))
            }
            _ => None,
        };
        if day.is_some() {
            return day;
        }
    }
    if ["tomorrow", "demain", "manana", "morgen"]
        .iter()
        .any(|word| has(word))
    {
        return today.succ_opt();
    }
    let monday = today + Days::new(u64::from(7 - today.weekday().num_days_from_monday()));
    if [
        "next week",
        "la semaine prochaine",
        "semaine prochaine",
        "la proxima semana",
        "proxima semana",
        "semana que viene",
        "nachste woche",
    ]
    .iter()
    .any(|words| has(words))
    {
        return Some(monday);
    }
    if [
        "next month",
        "mois prochain",
        "proximo mes",
        "mes que viene",
    ]
    .iter()
    .any(|words| has(words))
    {
        return today
            .checked_add_months(Months::new(1))
            .and_then(|day| day.with_day(1));
    }
    // "end of March", "fin mars", "a finales de marzo", "until March", "beginning of April", "mid-April".
    for (at, word) in words.iter().enumerate() {
        let Some(month) = NAMES.months.get(*word).copied() else {
            continue;
        };
        let before = words[at.saturating_sub(4)..at].join(" ");
        let year = if month >= today.month() {
            today.year()
        } else {
            today.year() + 1
        };
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        let ends = ["end of", "fin", "finales", "ende"]
            .iter()
            .any(|cue| before.contains(cue));
        let middle = ["mid", "middle", "mi", "mediados"]
            .iter()
            .any(|cue| before.split(' ').any(|word| word == *cue));
        if ends {
            return first
                .checked_add_months(Months::new(1))
                .and_then(|day| day.pred_opt());
        }
        if middle {
            return first.with_day(15);
        }
        if [
            "until",
            "till",
            "jusqu",
            "hasta",
            "back",
            "return",
            "beginning",
            "start",
            "debut",
            "principios",
            "in",
            "en",
            "bis",
            "pause",
            "pausa",
        ]
        .iter()
        .any(|cue| before.split(' ').any(|word| word == *cue))
        {
            return Some(first);
        }
    }
    let (_, weekday) = words
        .iter()
        .find_map(|word| NAMES.weekdays.get(*word).map(|day| (word, *day)))?;
    let ahead = (weekday + 7 - today.weekday().number_from_monday()) % 7;
    Some(today + Days::new(u64::from(if ahead == 0 { 7 } else { ahead })))
}

fn count(word: &str) -> Option<u64> {
    let named = match word {
        "one" | "a" | "an" | "un" | "une" | "una" | "eine" | "einer" => 1,
        "two" | "deux" | "dos" | "zwei" | "couple" => 2,
        "three" | "trois" | "tres" | "drei" => 3,
        "four" | "quatre" | "cuatro" | "vier" => 4,
        "five" | "cinq" | "cinco" => 5,
        "six" | "seis" => 6,
        "ten" | "dix" | "diez" => 10,
        _ => word.parse().ok().filter(|count| (1..=60).contains(count))?,
    };
    Some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn days_are_read_in_the_ways_people_write_them() {
        let today = day("2027-02-10");
        for (text, language, expected) in [
            ("until 5 March", "en", "2027-03-05"),
            ("until March 5th, 2027", "en", "2027-03-05"),
            ("away until 2027-04-01", "en", "2027-04-01"),
            ("jusqu'au 1er mars", "fr", "2027-03-01"),
            ("hasta el 3 de abril de 2027", "es", "2027-04-03"),
            ("jusqu'au 12/04/2027", "fr", "2027-04-12"),
            ("back on 25/02/2027", "en", "2027-02-25"),
            ("from 1 March to 15 March", "en", "2027-03-15"),
            ("for three weeks", "en", "2027-03-03"),
            ("until next Monday", "en", "2027-02-15"),
            ("until the end of March", "en", "2027-03-31"),
            ("until January", "en", "2028-01-01"),
            ("bis 5. März", "de", "2027-03-05"),
        ] {
            assert_eq!(until(text, today, language), Some(day(expected)), "{text}");
        }
        assert_eq!(until("until 5/3/2027", today, "en"), None);
        assert_eq!(until("no day here", today, "en"), None);
    }

    #[test]
    fn an_out_of_office_note_says_when_its_owner_is_back() {
        let today = day("2027-02-10");
        assert_eq!(
            back_on(
                "I am on leave from 8 February and will be back on 1 March. Call 2345.",
                today
            ),
            Some(day("2027-03-01"))
        );
        assert_eq!(
            back_on("Je suis absente jusqu'au 22 février 2027 inclus.", today),
            Some(day("2027-02-22"))
        );
        assert_eq!(back_on("Thank you for your message.", today), None);
    }
}
