//! How each language writes dates, times, spans of time, numbers of things and lists in letters. Months, weekdays, plural
//! forms and lists are those of Unicode's CLDR, by the ICU4X crates; the words for hours and weeks are ours, and a
//! language that has none gets figures.

use chrono::{Datelike, NaiveDate, NaiveTime};
use icu_calendar::{Date, Gregorian};
use icu_datetime::FixedCalendarDateTimeFormatter;
use icu_datetime::fieldsets::{E, YMD, YMDE};
use icu_list::ListFormatter;
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind};

/// A language by its code, with its words.
#[derive(Debug, Clone)]
pub struct Language {
    code: String,
    /// By which CLDR is asked.
    locale: Locale,
    words: Option<&'static Words>,
}

#[derive(Debug)]
struct Words {
    hour: Forms,
    minute: Forms,
    week: Forms,
    month: Forms,
}

/// A counted noun in each plural form that the language has; `#` is the number. Forms that it does not have are empty.
#[derive(Debug)]
struct Forms {
    one: &'static str,
    two: &'static str,
    few: &'static str,
    other: &'static str,
}

const fn forms(one: &'static str, other: &'static str) -> Forms {
    Forms {
        one,
        two: "",
        few: "",
        other,
    }
}

const ENGLISH: Words = Words {
    hour: forms("# hour", "# hours"),
    minute: forms("# minute", "# minutes"),
    week: forms("# week", "# weeks"),
    month: forms("# month", "# months"),
};

const FRENCH: Words = Words {
    hour: forms("# heure", "# heures"),
    minute: forms("# minute", "# minutes"),
    week: forms("# semaine", "# semaines"),
    month: forms("# mois", "# mois"),
};

const SPANISH: Words = Words {
    hour: forms("# hora", "# horas"),
    minute: forms("# minuto", "# minutos"),
    week: forms("# semana", "# semanas"),
    month: forms("# mes", "# meses"),
};

const ARABIC: Words = Words {
    hour: Forms {
        one: "ساعة واحدة",
        two: "ساعتين",
        few: "# ساعات",
        other: "# ساعة",
    },
    minute: Forms {
        one: "دقيقة واحدة",
        two: "دقيقتين",
        few: "# دقائق",
        other: "# دقيقة",
    },
    week: Forms {
        one: "أسبوع واحد",
        two: "أسبوعين",
        few: "# أسابيع",
        other: "# أسبوعًا",
    },
    month: Forms {
        one: "شهر واحد",
        two: "شهرين",
        few: "# أشهر",
        other: "# شهرًا",
    },
};

/// What is longer than this many weeks is told in months.
const WEEKS_COUNTED: i64 = 26;

impl Language {
    pub fn new(code: &str) -> Language {
        let base = code.split('-').next().unwrap_or_default();
        let words = match base {
            "en" => Some(&ENGLISH),
            "fr" => Some(&FRENCH),
            "es" => Some(&SPANISH),
            "ar" => Some(&ARABIC),
            _ => None,
        };
        // English without a country is written as most of the world reads it: the day before the month. Digits are those
        // that people are asked to type.
        let asked = match code {
            "en" => "en-GB".to_owned(),
            "ar" => "ar-u-nu-latn".to_owned(),
            code => code.to_owned(),
        };
        Language {
            code: code.to_owned(),
            locale: asked.parse().unwrap_or(Locale::UNKNOWN),
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
        self.cldr_date(date).unwrap_or_else(|| date.to_string())
    }

    fn cldr_date(&self, date: NaiveDate) -> Option<String> {
        let day = Date::try_new_gregorian(
            date.year(),
            u8::try_from(date.month()).ok()?,
            u8::try_from(date.day()).ok()?,
        )
        .ok()?;
        let preferences = (&self.locale).into();
        if self.words.is_none() {
            let all =
                FixedCalendarDateTimeFormatter::<Gregorian, _>::try_new(preferences, YMDE::long());
            return Some(all.ok()?.format(&day).to_string());
        }
        // Within a sentence no comma stands behind the weekday, as CLDR writes it where the date stands alone.
        let weekday =
            FixedCalendarDateTimeFormatter::<Gregorian, _>::try_new(preferences, E::long()).ok()?;
        let rest =
            FixedCalendarDateTimeFormatter::<Gregorian, _>::try_new(preferences, YMD::long())
                .ok()?;
        let rest = rest.format(&day).to_string();
        // The first of a month is an ordinal in French, which CLDR's patterns cannot say.
        let rest = match (self.code.starts_with("fr"), rest.strip_prefix("1 ")) {
            (true, Some(after)) => format!("1er {after}"),
            _ => rest,
        };
        Some(format!("{} {rest}", weekday.format(&day)))
    }

    /// "09:00": understood everywhere.
    pub fn time(&self, time: NaiveTime) -> String {
        time.format("%H:%M").to_string()
    }

    /// The plural form that a number takes here.
    fn category(&self, number: i64) -> PluralCategory {
        let number = number.unsigned_abs();
        PluralRules::try_new_cardinal((&self.locale).into())
            .map_or(PluralCategory::Other, |rules| rules.category_for(number))
    }

    fn count(&self, number: i64, forms: &Forms) -> String {
        let form = match self.category(number) {
            PluralCategory::One => forms.one,
            PluralCategory::Two => forms.two,
            PluralCategory::Few => forms.few,
            _ => forms.other,
        };
        let form = if form.is_empty() { forms.other } else { form };
        form.replace('#', &number.to_string())
    }

    /// Minutes as "5 hours 45 minutes", whichever way they count.
    pub fn duration(&self, minutes: i64) -> String {
        let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
        let Some(words) = self.words else {
            return format!("{hours}:{rest:02} h");
        };
        let (hours_told, rest_told) = (
            self.count(hours, &words.hour),
            self.count(rest, &words.minute),
        );
        match (hours, rest) {
            (_, 0) => hours_told,
            (0, _) => rest_told,
            _ if self.code.starts_with("ar") => format!("{hours_told} و{rest_told}"),
            _ => format!("{hours_told} {rest_told}"),
        }
    }

    /// How long a round is: "17 weeks", but "10 months" where nobody counts in weeks any more.
    pub fn weeks(&self, weeks: i64) -> String {
        let Some(words) = self.words else {
            return format!("{weeks} × 7 d");
        };
        match weeks > WEEKS_COUNTED {
            true => self.count((weeks * 84 + 182) / 365, &words.month),
            false => self.count(weeks, &words.week),
        }
    }

    /// "a", "a and b", "a, b and c".
    pub fn listed(&self, items: &[String]) -> String {
        match ListFormatter::try_new_and((&self.locale).into(), Default::default()) {
            Ok(list) => list.format(items.iter()).to_string(),
            Err(_) => items.join(", "),
        }
    }

    /// The form of a noun that goes with a number, of those that the template gives.
    fn plural(&self, number: i64, given: &Kwargs) -> Result<String, Error> {
        let name = match self.category(number) {
            PluralCategory::Zero => "zero",
            PluralCategory::One => "one",
            PluralCategory::Two => "two",
            PluralCategory::Few => "few",
            PluralCategory::Many => "many",
            PluralCategory::Other => "other",
        };
        // All are looked at, so that a misspelt one is told, whichever number comes.
        let mut chosen = None;
        for known in ["zero", "one", "two", "few", "many", "other"] {
            let form: Option<String> = given.get(known)?;
            if known == name || (known == "other" && chosen.is_none()) {
                chosen = form.or(chosen);
            }
        }
        given.assert_all_used()?;
        chosen.ok_or_else(|| {
            Error::new(
                ErrorKind::MissingArgument,
                "plural needs other=\"...\", the form for most numbers",
            )
        })
    }

    /// The filters of the templates: `date`, `time`, `duration`, `weeks`, `listed`, `plural`.
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
        let language = self.clone();
        environment.add_filter("plural", move |number: i64, given: Kwargs| {
            language.plural(number, &given)
        });
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
        assert_eq!(Language::new("ar").date(date), "الثلاثاء 2 مارس 2027");
        assert_eq!(
            Language::new("pl").date(date),
            "wtorek, 2 marca 2027",
            "a language that has no letters here"
        );
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
        let irises = ["Ana".to_owned(), "Iris".to_owned()];
        assert_eq!(Language::new("es").listed(&irises), "Ana e Iris");
    }

    #[test]
    fn a_noun_takes_the_form_that_its_number_asks_for() {
        let arabic = Language::new("ar");
        let hours: Vec<String> = [1, 2, 3, 11, 100]
            .iter()
            .map(|hours| arabic.duration(hours * 60))
            .collect();
        assert_eq!(
            hours,
            ["ساعة واحدة", "ساعتين", "3 ساعات", "11 ساعة", "100 ساعة"]
        );
        let mut environment = Environment::new();
        Language::new("pl").add_filters(&mut environment);
        let line = |number: i64, forms: &str| {
            environment.render_str(
                &format!("{{{{ {number} | plural({forms}) }}}}"),
                minijinja::context! {},
            )
        };
        let forms = "one=\"osoba\", few=\"osoby\", many=\"osób\", other=\"osoby\"";
        let told: Vec<String> = [1, 2, 5, 22]
            .iter()
            .map(|number| line(*number, forms).unwrap())
            .collect();
        assert_eq!(told, ["osoba", "osoby", "osób", "osoby"]);
        assert_eq!(line(7, "other=\"osoby\"").unwrap(), "osoby");
        assert!(
            line(1, "ohter=\"osoby\"").is_err(),
            "a misspelt form is told"
        );
    }

    #[test]
    fn arabic_runs_from_right_to_left() {
        assert_eq!(Language::new("ar").direction(), "rtl");
        assert_eq!(Language::new("en-GB").direction(), "ltr");
    }
}
