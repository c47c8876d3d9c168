//! Reading what is written: a TOML file as sections whose keys are asked for one by one. Each wrong, missing or
//! unknown key becomes a problem with its line, and reading goes on, so that all problems are told at once (a derived
//! deserializer would stop at the first). It must not know what any key means.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::{Problem, nearest};
use crate::programme::application::Text;
use crate::schedule::Recurring;

/// Values are shown in problems up to this many characters.
const SHOWN_VALUE_MAX_CHARS: usize = 60;
const NOT_TOML: &str = "this is not TOML";

/// Where problems are gathered.
#[derive(Debug, Default)]
pub struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    pub fn add(&self, problem: Problem) {
        self.0.borrow_mut().push(problem);
    }

    /// All problems by file and line. Where a line is no TOML, what follows from that is not told as well.
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut problems = self.0.into_inner();
        let broken: Vec<(String, Option<usize>)> = problems
            .iter()
            .filter(|problem| problem.why.starts_with(NOT_TOML))
            .map(|problem| (problem.file.clone(), problem.line))
            .collect();
        problems.retain(|problem| {
            problem.why.starts_with(NOT_TOML)
                || !broken
                    .iter()
                    .any(|(file, line)| *file == problem.file && *line == problem.line)
        });
        problems.sort();
        problems.dedup();
        problems
    }
}

/// A TOML file as text, with its name for problems.
pub struct Source<'t> {
    pub file: &'t str,
    pub text: &'t str,
    /// Lines before `text` in the file (a front matter does not start at line 1).
    pub lines_before: usize,
}

impl<'t> Source<'t> {
    pub fn new(file: &'t str, text: &'t str) -> Source<'t> {
        Source {
            file,
            text,
            lines_before: 0,
        }
    }

    fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().iter().take(at);
        self.lines_before + 1 + before.filter(|byte| **byte == b'\n').count()
    }

    fn shown(&self, span: Range<usize>) -> String {
        let written = self.text.get(span).unwrap_or_default();
        let line = written.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() <= SHOWN_VALUE_MAX_CHARS {
            return line;
        }
        let cut: String = line.chars().take(SHOWN_VALUE_MAX_CHARS).collect();
        format!("{cut} ...")
    }

    /// The parsed file; what is no TOML becomes problems, and the rest is read as far as it goes.
    pub fn parse(&self, problems: &Problems) -> Spanned<DeTable<'t>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let line = error.span().map(|span| self.line(span.start));
            problems.add(Problem {
                file: self.file.into(),
                line,
                key: String::new(),
                value: error
                    .span()
                    .map(|span| self.shown(span))
                    .filter(|value| !value.is_empty()),
                why: format!("{NOT_TOML}: {}", error.message().replace('\n', ", ")),
                remedy: "Texts stand in double quotes, dates are YYYY-MM-DD, lists are [ ... ]."
                    .into(),
            });
        }
        table
    }
}

/// A table of a file, whose keys are asked for by name. [`Section::finish`] tells which keys nobody asked for.
pub struct Section<'t> {
    source: &'t Source<'t>,
    problems: &'t Problems,
    /// Dotted path of the table; empty for the file itself.
    path: String,
    at: usize,
    table: &'t DeTable<'t>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'t> Section<'t> {
    pub fn whole(
        source: &'t Source<'t>,
        table: &'t Spanned<DeTable<'t>>,
        problems: &'t Problems,
    ) -> Section<'t> {
        Section {
            source,
            problems,
            path: String::new(),
            at: 0,
            table: table.get_ref(),
            asked: RefCell::default(),
        }
    }

    /// An optional table; an absent one reads as an empty one, so that all its defaults hold.
    pub fn section(&self, key: &'static str) -> Section<'t> {
        static EMPTY: std::sync::OnceLock<DeTable<'static>> = std::sync::OnceLock::new();
        let (at, table) = match self.value(key) {
            Some(value) => match value.get_ref() {
                DeValue::Table(table) => (value.span().start, table),
                _ => {
                    self.refuse(
                        key,
                        "it must be a table",
                        &format!("Write [{key}] on a line of its own."),
                    );
                    (self.at, EMPTY.get_or_init(DeTable::new))
                }
            },
            None => (self.at, EMPTY.get_or_init(DeTable::new) as &DeTable<'_>),
        };
        Section {
            source: self.source,
            problems: self.problems,
            path: self.dotted(key),
            at,
            table,
            asked: RefCell::default(),
        }
    }

    /// The tables written as `[[key]]`.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'t>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let tables = match value.get_ref() {
            DeValue::Array(values) => values.iter(),
            _ => {
                self.refuse(
                    key,
                    "it must be a list of tables",
                    &format!("Write [[{key}]] before each entry."),
                );
                return Vec::new();
            }
        };
        let mut sections = Vec::new();
        for (index, value) in tables.enumerate() {
            match value.get_ref() {
                DeValue::Table(table) => sections.push(Section {
                    source: self.source,
                    problems: self.problems,
                    path: format!("{}[{}]", self.dotted(key), index + 1),
                    at: value.span().start,
                    table,
                    asked: RefCell::default(),
                }),
                _ => self.refuse(
                    key,
                    "it must be a list of tables",
                    &format!("Write [[{key}]] before each entry."),
                ),
            }
        }
        sections
    }

    pub fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// Whether the key stands in the file; unlike [`Section::has`] it does not make the key a known one.
    pub fn is_written(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether a label has a text in a language.
    pub fn speaks(&self, key: &str, language: &str) -> bool {
        match self.table.get(key).map(Spanned::get_ref) {
            Some(DeValue::Table(texts)) => texts.contains_key(language),
            Some(DeValue::String(_)) => language == "en",
            _ => false,
        }
    }

    fn value(&self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.table.get(key)
    }

    fn dotted(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// A problem with a key of this section, at its line, with its value.
    pub fn refuse(&self, key: &str, why: &str, remedy: &str) {
        let found = self.table.get_key_value(key);
        self.problems.add(Problem {
            file: self.source.file.into(),
            line: Some(
                self.source
                    .line(found.map_or(self.at, |(key, _)| key.span().start)),
            ),
            key: self.dotted(key),
            value: found
                // A table or a list of tables says nothing when it is cut; its line is enough.
                .filter(|(_, value)| match value.get_ref() {
                    DeValue::Table(_) => false,
                    DeValue::Array(values) => values.iter().all(|it| !it.get_ref().is_table()),
                    _ => true,
                })
                .map(|(_, value)| self.source.shown(value.span())),
            why: why.into(),
            remedy: remedy.into(),
        });
    }

    fn missing(&self, key: &str, remedy: &str) {
        self.problems.add(Problem {
            file: self.source.file.into(),
            line: (self.at > 0).then(|| self.source.line(self.at)),
            key: self.dotted(key),
            value: None,
            why: "this key is missing".into(),
            remedy: remedy.into(),
        });
    }

    /// A text; an empty one counts as absent.
    pub fn text(&self, key: &'static str) -> Option<String> {
        let value = self.value(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.refuse(key, "it must be a text", "Put it in double quotes.");
            return None;
        };
        let text = text.trim();
        if text.chars().any(|c| c.is_control() && c != '\n') {
            self.refuse(key, "it contains a control character", "Remove it.");
            return None;
        }
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A text that must be there; `remedy` says what to write.
    pub fn required_text(&self, key: &'static str, remedy: &str) -> Option<String> {
        let text = self.text(key);
        if text.is_none() && self.value(key).is_none_or(|value| value.get_ref().is_str()) {
            self.missing(key, remedy);
        }
        text
    }

    pub fn flag(&self, key: &'static str, default: bool) -> bool {
        let Some(value) = self.value(key) else {
            return default;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.refuse(
                key,
                "it must be yes or no",
                "Write true or false, without quotes.",
            );
            default
        })
    }

    /// A whole number in a range.
    pub fn number(&self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let value = self.value(key)?;
        let number = whole_number(value.get_ref()).filter(|number| range.contains(number));
        if number.is_none() {
            let (from, to) = (range.start(), range.end());
            self.refuse(
                key,
                "it must be a whole number in its bounds",
                &format!("Write a number from {from} to {to}, without quotes."),
            );
        }
        number
    }

    pub fn numbers(&self, key: &'static str, range: RangeInclusive<u32>) -> Option<Vec<u32>> {
        let values = self.list(
            key,
            "Write whole numbers in brackets, for example [10, 28].",
        )?;
        let numbers: Vec<u32> = values
            .iter()
            .filter_map(|value| whole_number(value.get_ref()).filter(|it| range.contains(it)))
            .collect();
        if numbers.len() != values.len() {
            let (from, to) = (range.start(), range.end());
            self.refuse(
                key,
                "it must be a list of whole numbers in their bounds",
                &format!("Write numbers from {from} to {to} in brackets."),
            );
            return None;
        }
        Some(numbers)
    }

    pub fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        let values = self.list(
            key,
            "Write texts in brackets, for example [\"en\", \"fr\"].",
        )?;
        let texts: Vec<String> = values
            .iter()
            .filter_map(|value| value.get_ref().as_str())
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
            .collect();
        if texts.len() != values.len() {
            self.refuse(
                key,
                "it must be a list of texts",
                "Write texts in brackets, for example [\"en\", \"fr\"].",
            );
            return None;
        }
        Some(texts)
    }

    fn list(&self, key: &'static str, remedy: &str) -> Option<&'t [Spanned<DeValue<'t>>]> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Array(values) => Some(values),
            _ => {
                self.refuse(key, "it must be a list", remedy);
                None
            }
        }
    }

    /// One of a few words; the nearest is named where another is written.
    pub fn one_of<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let written = self.text(key)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == written) {
            return Some(*meaning);
        }
        let known: Vec<String> = words
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect();
        let near = nearest(&written.to_lowercase(), words.iter().map(|(word, _)| *word))
            .map_or(String::new(), |word| format!("Did you mean \"{word}\"? "));
        self.refuse(
            key,
            "this word is not known here",
            &format!("{near}Known are: {}.", known.join(", ")),
        );
        None
    }

    /// A date, quoted or not.
    pub fn date(&self, key: &'static str) -> Option<NaiveDate> {
        let value = self.value(key)?;
        let date = as_date(value.get_ref());
        if date.is_none() {
            self.refuse(
                key,
                "it is not a date of the calendar",
                "Write it as YYYY-MM-DD.",
            );
        }
        date
    }

    pub fn dates(&self, key: &'static str) -> Option<Vec<NaiveDate>> {
        let values = self.list(key, "Write dates in brackets, for example [2027-02-16].")?;
        let dates: Vec<NaiveDate> = values
            .iter()
            .filter_map(|value| as_date(value.get_ref()))
            .collect();
        if dates.len() != values.len() {
            self.refuse(
                key,
                "it is not a list of dates",
                "Write each as YYYY-MM-DD.",
            );
            return None;
        }
        Some(dates)
    }

    pub fn time(&self, key: &'static str) -> Option<NaiveTime> {
        let value = self.value(key)?;
        let time = match value.get_ref() {
            DeValue::String(text) => NaiveTime::parse_from_str(text, "%H:%M").ok(),
            DeValue::Datetime(written) => written
                .time
                .filter(|_| written.date.is_none() && written.offset.is_none())
                .and_then(|time| {
                    let (hour, minute) = (time.hour.into(), time.minute.into());
                    NaiveTime::from_hms_opt(hour, minute, 0)
                }),
            _ => None,
        };
        if time.is_none() {
            self.refuse(key, "it is not a time of day", "Write it as \"09:00\".");
        }
        time
    }

    pub fn zone(&self, key: &'static str) -> Option<Tz> {
        let written = self.text(key)?;
        if let Ok(zone) = Tz::from_str(&written) {
            return Some(zone);
        }
        let near = nearest(
            &written,
            chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()),
        )
        .map_or(String::new(), |zone| format!(" Did you mean \"{zone}\"?"));
        self.refuse(
            key,
            "no such time zone is known",
            &format!("Write an IANA name such as \"Europe/Zurich\".{near}"),
        );
        None
    }

    /// A cron expression that can be read.
    pub fn recurring(&self, key: &'static str) -> Option<Recurring> {
        let written = self.text(key)?;
        Recurring::parse(&written)
            .map_err(|bad| self.refuse(key, &bad.why, &bad.remedy))
            .ok()
    }

    /// A mail address as a mailbox has it: one `@`, no spaces, a domain.
    pub fn address(&self, key: &'static str) -> Option<String> {
        let written = self.text(key)?;
        if looks_like_address(&written) {
            return Some(written);
        }
        self.refuse(
            key,
            "it is not a mail address",
            "Write it as \"name@example.org\", without a display name.",
        );
        None
    }

    /// A text in several languages: `"text"` (English) or `{ en = "text", fr = "texte" }`.
    pub fn label(&self, key: &'static str) -> Option<Text> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(Text::english(text.trim())),
            DeValue::Table(table) => {
                let mut texts = BTreeMap::new();
                for (language, text) in table {
                    let code = language.get_ref().as_ref();
                    match text.get_ref().as_str() {
                        Some(text) if is_language_code(code) => {
                            texts.insert(code.to_owned(), text.trim().to_owned());
                        }
                        _ => self.refuse(
                            key,
                            &format!("\"{code}\" is not a language with a text"),
                            "Write { en = \"text\", fr = \"texte\" }.",
                        ),
                    }
                }
                Some(Text(texts))
            }
            _ => {
                self.refuse(
                    key,
                    "it must be a text or texts by language",
                    "Write { en = \"text\", fr = \"texte\" }.",
                );
                None
            }
        }
    }

    /// Texts by a word of the reader's choice: `{ name = "Your name", country = "Where you work" }`.
    pub fn texts_by_word(&self, key: &'static str) -> Vec<(String, String)> {
        let remedy = "Write { name = \"Your name\", country = \"Where you work\" }.";
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Table(table) = value.get_ref() else {
            self.refuse(key, "it must be a table of texts", remedy);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for (word, text) in table {
            match text.get_ref().as_str() {
                Some(text) => {
                    texts.push((word.get_ref().as_ref().to_owned(), text.trim().to_owned()))
                }
                None => self.refuse(key, "it must be a table of texts", remedy),
            }
        }
        texts
    }

    /// Options: `[ { option = "public", en = "Public library", fr = "..." }, ... ]`.
    pub fn choices(&self, key: &'static str) -> Vec<(String, Text)> {
        let remedy = "Write options = [ { option = \"public\", en = \"Public library\" }, ... ].";
        if !self.has(key) {
            return Vec::new();
        }
        let mut choices = Vec::new();
        for value in self.list(key, remedy).unwrap_or_default() {
            let mut texts = BTreeMap::new();
            // Not `id`, which is the code of the Indonesian language.
            let mut id = None;
            for (word, text) in value.get_ref().as_table().into_iter().flatten() {
                match (word.get_ref().as_ref(), text.get_ref().as_str()) {
                    ("option", Some(text)) => id = Some(text.to_owned()),
                    (code, Some(text)) if is_language_code(code) => {
                        texts.insert(code.to_owned(), text.trim().to_owned());
                    }
                    (word, _) => self.refuse(
                        key,
                        &format!("\"{word}\" is not known in an option"),
                        remedy,
                    ),
                }
            }
            match id {
                Some(id) => choices.push((id, Text(texts))),
                None => self.refuse(
                    key,
                    "an option has no `option = ...`, the word under which it is kept",
                    remedy,
                ),
            }
        }
        choices
    }

    /// Tells every key of this section that was never asked for.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        for key in self.table.keys() {
            let written = key.get_ref().as_ref();
            if asked.contains(&written) {
                continue;
            }
            let mut known = asked.clone();
            known.sort_unstable();
            let remedy = match nearest(written, known.iter().copied()) {
                Some(near) => format!("Did you mean \"{near}\"?"),
                None => format!("Remove it; known here are: {}.", known.join(", ")),
            };
            let mut problem = Problem {
                file: self.source.file.into(),
                line: Some(self.source.line(key.span().start)),
                key: self.dotted(written),
                // The value of a key nobody knows may be anything, a secret among them: it is not shown.
                value: None,
                why: "this key is not known".into(),
                remedy,
            };
            if matches!(written, "password" | "secret" | "pass") {
                problem.why =
                    "a password does not belong in the config, which people copy and show".into();
                problem.remedy = "Use password_file, password_environment, password_command or password_credential, and change that password.".into();
            }
            self.problems.add(problem);
        }
    }
}

fn whole_number(value: &DeValue<'_>) -> Option<u32> {
    let number = value.as_integer()?;
    u32::from_str_radix(number.as_str().trim_start_matches('+'), number.radix()).ok()
}

fn as_date(value: &DeValue<'_>) -> Option<NaiveDate> {
    match value {
        DeValue::String(text) => NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok(),
        DeValue::Datetime(written) if written.time.is_none() => {
            let date = written.date?;
            NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
        }
        _ => None,
    }
}

/// Two or three lower-case letters, with an optional region ("pt-BR").
pub fn is_language_code(code: &str) -> bool {
    let mut parts = code.split('-');
    parts
        .next()
        .is_some_and(|it| (2..=3).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_lowercase()))
        && parts
            .all(|it| (2..=8).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn looks_like_address(written: &str) -> bool {
    let Some((local, domain)) = written.rsplit_once('@') else {
        return false;
    };
    !local.is_empty()
        && local.is_ascii()
        && !local.contains(|c: char| c.is_whitespace() || "@<>(),;:\"[]\\".contains(c))
        && domain
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '-'))
}
