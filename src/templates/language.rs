//! How each language writes dates, times, spans of time and lists in letters. Languages that are not here get dates as
//! 2027-03-02, which everybody can read.

use chrono::{Datelike, NaiveDate, NaiveTime};
use minijinja::{Environment, Error, ErrorKind};

/// A language by its code, with its words.
#[derive(Debug, Clone)]
pub struct Language {
    code: String,
    words: Option<&'static Words>,
}

#[derive(Debug)]
struct Words {
    weekdays: [&'static str; 7],
    months: [&'static str; 12],
    /// Between day and month, and between month and year.
    of: &'static str,
    and: &'static str,
    hour: [&'static str; 2],
    minute: [&'static str; 2],
    week: [&'static str; 2],
    month: [&'static str; 2],
}

const ENGLISH: Words = Words {
    weekdays: [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    of: " ",
    and: "and",
    hour: ["hour", "hours"],
    minute: ["minute", "minutes"],
    week: ["week", "weeks"],
    month: ["month", "months"],
};

const FRENCH: Words = Words {
    weekdays: [
        "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
    ],
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    of: " ",
    and: "et",
    hour: ["heure", "heures"],
    minute: ["minute", "minutes"],
    week: ["semaine", "semaines"],
    month: ["mois", "mois"],
};

const SPANISH: Words = Words {
    weekdays: [
        "lunes",
        "martes",
        "miércoles",
        "jueves",
        "viernes",
        "sábado",
        "domingo",
    ],
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    of: " de ",
    and: "y",
    hour: ["hora", "horas"],
    minute: ["minuto", "minutos"],
    week: ["semana", "semanas"],
    month: ["mes", "meses"],
};

/// What is longer than this many weeks is told in months.
const WEEKS_COUNTED: i64 = 26;

/// A number with its noun. In the languages here, all but one take the second form; a language with more forms
/// (Polish, Arabic) needs more than this.
fn count(number: i64, forms: &[&str; 2]) -> String {
    format!("{number} {}", if number == 1 { forms[0] } else { forms[1] })
}

impl Language {
    pub fn new(code: &str) -> Language {
        let words = match code.split('-').next().unwrap_or_default() {
            "en" => Some(&ENGLISH),
            "fr" => Some(&FRENCH),
            "es" => Some(&SPANISH),
            _ => None,
        };
        Language {
            code: code.to_owned(),
            words,
        }
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    /// The `dir` attribute of HTML.
    pub fn direction(&self) -> &'static str {
        match self.code.split('-').next() {
            Some("ar" | "fa" | "he" | "ur" | "ps" | "sd" | "ug" | "yi") => "rtl",
            _ => "ltr",
        }
    }

    /// "Tuesday 2 March 2027", "mardi 2 mars 2027", "martes 2 de marzo de 2027".
    pub fn date(&self, date: NaiveDate) -> String {
        let Some(words) = self.words else {
            return date.to_string();
        };
        // chrono counts both from 0 here, within the tables.
        let weekday = words.weekdays[date.weekday().num_days_from_monday() as usize];
        let month = words.months[date.month0() as usize];
        let day = match (self.code.starts_with("fr"), date.day()) {
            (true, 1) => "1er".to_owned(),
            (_, day) => day.to_string(),
        };
        format!(
            "{weekday} {day}{of}{month}{of}{}",
            date.year(),
            of = words.of
        )
    }

    /// "09:00": understood everywhere.
    pub fn time(&self, time: NaiveTime) -> String {
        time.format("%H:%M").to_string()
    }

    /// Minutes as "5 hours 45 minutes", whichever way they count.
    pub fn duration(&self, minutes: i64) -> String {
        let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
        let Some(words) = self.words else {
            return format!("{hours}:{rest:02} h");
        };
        match (hours, rest) {
            (hours, 0) => count(hours, &words.hour),
            (0, rest) => count(rest, &words.minute),
            (hours, rest) => {
                format!(
                    "{} {}",
                    count(hours, &words.hour),
                    count(rest, &words.minute)
                )
            }
        }
    }

    /// How long a round is: "17 weeks", but "10 months" where nobody counts in weeks any more.
    pub fn weeks(&self, weeks: i64) -> String {
        let Some(words) = self.words else {
            return format!("{weeks} × 7 d");
        };
        match weeks > WEEKS_COUNTED {
            true => count((weeks * 84 + 182) / 365, &words.month),
            false => count(weeks, &words.week),
        }
    }

    /// "a", "a and b", "a, b and c".
    pub fn listed(&self, items: &[String]) -> String {
        let and = self
            .words
            .map_or(",".to_owned(), |words| format!(" {}", words.and));
        match items {
            [] => String::new(),
            [only] => only.clone(),
            [first @ .., last] => format!("{}{and} {last}", first.join(", ")),
        }
    }

    /// The filters of the templates: `date`, `time`, `duration`, `weeks`, `listed`.
    pub fn add_filters(&self, environment: &mut Environment<'static>) {
        let bad = |what: &str| {
            Error::new(
                ErrorKind::InvalidOperation,
                format!("the value is not {what}"),
            )
        };
        let language = self.clone();
        environment.add_filter("date", move |value: String| {
            let date = value.parse().map_err(|_| bad("a date"))?;
            Ok::<_, Error>(language.date(date))
        });
        let language = self.clone();
        environment.add_filter("time", move |value: String| {
            let time = value.parse().map_err(|_| bad("a time"))?;
            Ok::<_, Error>(language.time(time))
        });
        let language = self.clone();
        environment.add_filter("duration", move |minutes: i64| language.duration(minutes));
        let language = self.clone();
        environment.add_filter("weeks", move |weeks: i64| language.weeks(weeks));
        let language = self.clone();
        environment.add_filter("listed", move |items: Vec<String>| language.listed(&items));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_writes_dates_its_way() {
        let date: NaiveDate = "2027-03-02".parse().unwrap();
        let first: NaiveDate = "2027-08-01".parse().unwrap();
        assert_eq!(Language::new("en").date(date), "Tuesday 2 March 2027");
        assert_eq!(Language::new("fr").date(date), "mardi 2 mars 2027");
        assert_eq!(Language::new("fr").date(first), "dimanche 1er août 2027");
        assert_eq!(Language::new("es").date(date), "martes 2 de marzo de 2027");
        assert_eq!(Language::new("sw").date(date), "2027-03-02");
    }

    #[test]
    fn spans_and_lists_read_like_sentences() {
        let english = Language::new("en");
        assert_eq!(english.duration(-60), "1 hour");
        assert_eq!(english.duration(345), "5 hours 45 minutes");
        assert_eq!(english.duration(30), "30 minutes");
        assert_eq!(english.duration(0), "0 hours");
        assert_eq!(english.weeks(17), "17 weeks");
        assert_eq!(Language::new("fr").weeks(26), "26 semaines");
        assert_eq!(Language::new("es").weeks(43), "10 meses");
        assert_eq!(english.weeks(52), "12 months");
        let names = ["Ana".to_owned(), "Bo".to_owned(), "Cy".to_owned()];
        assert_eq!(english.listed(&names), "Ana, Bo and Cy");
        assert_eq!(english.listed(&names[..2]), "Ana and Bo");
        assert_eq!(Language::new("es").listed(&names), "Ana, Bo y Cy");
    }

    #[test]
    fn arabic_runs_from_right_to_left() {
        assert_eq!(Language::new("ar").direction(), "rtl");
        assert_eq!(Language::new("en-GB").direction(), "ltr");
    }
}
