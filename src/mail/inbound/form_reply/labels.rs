//! Finding the form's labels in what came back: in any of the form's languages, without their colon, misspelt by a
//! letter, shortened, or several on one line.

use crate::places::fold::{fold, nearly};
use crate::programme::application::{Form, QuestionKind};
use crate::programme::form_text::{self, WORDS};

/// Which line of the form a block answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Index into the form's questions.
    pub question: usize,
    pub part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Main,
    /// The line above both lines of wishes; nothing is answered on it.
    Heading,
    Must,
    Like,
}

struct Label {
    target: Target,
    written: String,
    folded: String,
}

pub struct Labels(Vec<Label>);

/// Words that stand for a question of a kind in languages that the form does not speak, or shortly. Only for kinds
/// of which a form has one.
const USUAL: [(QuestionKind, &[&str]); 4] = [
    (
        QuestionKind::Country,
        &[
            "country",
            "pays",
            "pais",
            "land",
            "paese",
            "kraj",
            "страна",
            "країна",
            "maa",
            "zeme",
            "ulke",
            "χωρα",
            "国",
            "国家",
            "國家",
            "국가",
            "البلد",
            "מדינה",
            "negara",
            "quoc gia",
            "country of residence",
        ],
    ),
    (
        QuestionKind::Languages,
        &[
            "languages",
            "language",
            "langues",
            "langue",
            "idiomas",
            "idioma",
            "lenguas",
            "sprachen",
            "lingue",
            "linguas",
            "talen",
            "jezyki",
            "языки",
            "мови",
            "sprak",
            "sprog",
            "kielet",
            "jazyky",
            "diller",
            "语言",
            "語言",
            "言語",
            "언어",
            "bahasa",
        ],
    ),
    (
        QuestionKind::Place,
        &[
            "city",
            "town",
            "time zone",
            "timezone",
            "ville",
            "fuseau horaire",
            "ciudad",
            "zona horaria",
            "huso horario",
            "stadt",
            "zeitzone",
            "citta",
            "cidade",
            "stad",
            "miasto",
            "город",
            "место",
            "place",
        ],
    ),
    (
        QuestionKind::Address,
        &[
            "second email",
            "second address",
            "other email",
            "alternative email",
            "second e mail",
            "autre adresse",
            "autre courriel",
            "otro correo",
            "segundo correo",
        ],
    ),
];

const USUAL_NAME: [&str; 12] = [
    "name",
    "nom",
    "nombre",
    "nome",
    "naam",
    "imie",
    "имя",
    "namn",
    "navn",
    "nimi",
    "full name",
    "vorname",
];

impl Labels {
    pub fn of(form: &Form) -> Labels {
        let mut labels = Vec::new();
        let mut add = |target: Target, written: &str| {
            let written = form_text::bare(written).to_string();
            let folded = fold(&written);
            if !folded.is_empty()
                && !labels
                    .iter()
                    .any(|label: &Label| label.folded == folded && label.target == target)
            {
                labels.push(Label {
                    target,
                    written,
                    folded,
                });
            }
        };
        for (question, asked) in form.questions.iter().enumerate() {
            let part = if asked.kind == QuestionKind::Wishes {
                Part::Heading
            } else {
                Part::Main
            };
            for label in asked.label.0.values() {
                add(Target { question, part }, label);
            }
            if asked.kind == QuestionKind::Wishes {
                for choice in &asked.options {
                    let part = if choice.id == "must" {
                        Part::Must
                    } else {
                        Part::Like
                    };
                    choice
                        .label
                        .0
                        .values()
                        .for_each(|label| add(Target { question, part }, label));
                }
                for words in &WORDS {
                    add(
                        Target {
                            question,
                            part: Part::Must,
                        },
                        words.must,
                    );
                    add(
                        Target {
                            question,
                            part: Part::Like,
                        },
                        words.like,
                    );
                }
            }
        }
        for (question, asked) in form.questions.iter().enumerate() {
            let alone = form
                .questions
                .iter()
                .filter(|other| other.kind == asked.kind)
                .count()
                == 1;
            let usual = USUAL
                .iter()
                .find(|(kind, _)| *kind == asked.kind && alone)
                .map(|(_, words)| *words)
                .unwrap_or_default();
            let name: &[&str] = if asked.id == "name" { &USUAL_NAME } else { &[] };
            for word in usual.iter().chain(name) {
                let folded = fold(word);
                // The form's own labels come first.
                if !labels.iter().any(|label: &Label| label.folded == folded) {
                    labels.push(Label {
                        target: Target {
                            question,
                            part: Part::Main,
                        },
                        written: (*word).to_string(),
                        folded,
                    });
                }
            }
        }
        Labels(labels)
    }

    /// The labels on a line, each with what stands after it.
    pub fn find_all(&self, line: &str) -> Option<Vec<(Target, String)>> {
        let (target, rest) = self.find(line)?;
        let mut found = vec![(target, rest)];
        // "Name: Anna  Country: Kenya": lines that a mail program ran together.
        while let Some((_, rest)) = found.last().cloned() {
            let Some((at, target, after)) = self.within(&rest) else {
                break;
            };
            if let Some(last) = found.last_mut() {
                last.1 = rest[..at]
                    .trim_end_matches([',', ';', ' ', '\t'])
                    .to_string();
            }
            found.push((target, after));
            if found.len() > 60 {
                break;
            }
        }
        Some(found)
    }

    /// A label that begins on `first` and ends on the line after it; `joined` is both.
    pub fn find_wrapped(&self, joined: &str, first: &str) -> Option<Vec<(Target, String)>> {
        let start = fold(first);
        if start.split(' ').count() < 3
            || !self
                .0
                .iter()
                .any(|label| label.folded.len() > start.len() && label.folded.starts_with(&start))
        {
            return None;
        }
        let (target, rest) = self.exact(joined)?;
        Some(vec![(target, rest)])
    }

    fn find(&self, line: &str) -> Option<(Target, String)> {
        let line = bare(line);
        if line.is_empty() {
            return None;
        }
        self.exact(line).or_else(|| self.nearly(line))
    }

    /// A label as it is, up to a separator or the line's end.
    fn exact(&self, line: &str) -> Option<(Target, String)> {
        for (at, separator) in separators(line).take(4) {
            let candidate = fold(without_brackets(&line[..at]).trim());
            if let Some(label) = self.0.iter().find(|label| label.folded == candidate) {
                return Some((
                    label.target,
                    line[at + separator..]
                        .trim_start_matches([':', '：', '?', ' ', '\t', '*', '_', '='])
                        .to_string(),
                ));
            }
        }
        let whole = fold(line);
        self.0
            .iter()
            .find(|label| {
                label.folded == whole
                    && label
                        .written
                        .chars()
                        .next()
                        .is_some_and(|c| !c.is_lowercase() || !c.is_alphabetic())
            })
            .map(|label| (label.target, String::new()))
    }

    /// A label with a slip of the pen, or cut short; only before a colon, and only where one label can be meant.
    fn nearly(&self, line: &str) -> Option<(Target, String)> {
        let (at, separator) =
            separators(line).find(|(at, _)| line[*at..].starts_with([':', '：', '\t']))?;
        let candidate = fold(without_brackets(&line[..at]).trim());
        let length = candidate.chars().count();
        if length < 3 || candidate.split(' ').count() > 10 {
            return None;
        }
        let mut best: Option<(usize, Target)> = None;
        let mut tied = false;
        for label in &self.0 {
            let Some(distance) =
                nearly(&candidate, &label.folded).or_else(|| transposed(&candidate, &label.folded))
            else {
                continue;
            };
            match best {
                Some((known, target)) if known < distance || target == label.target => {}
                Some((known, _)) if known == distance => tied = true,
                _ => {
                    best = Some((distance, label.target));
                    tied = false;
                }
            }
        }
        if best.is_none() && length >= 4 {
            let mut targets: Vec<Target> = self
                .0
                .iter()
                .filter(|label| {
                    label
                        .folded
                        .strip_prefix(candidate.as_str())
                        .is_some_and(|rest| rest.starts_with(' '))
                })
                .map(|label| label.target)
                .collect();
            targets.dedup();
            if let [one] = targets[..] {
                best = Some((0, one));
            }
        }
        // The end of one label: "Promise:", "Social networks:".
        if best.is_none() && length >= 5 {
            let mut targets: Vec<Target> = self
                .0
                .iter()
                .filter(|label| {
                    label
                        .folded
                        .strip_suffix(candidate.as_str())
                        .is_some_and(|rest| rest.ends_with(' '))
                })
                .map(|label| label.target)
                .collect();
            targets.dedup();
            if let [one] = targets[..] {
                best = Some((0, one));
            }
        }
        let (_, target) = best.filter(|_| !tied)?;
        Some((target, line[at + separator..].trim_start().to_string()))
    }

    /// A label inside a line, written exactly and with its colon.
    fn within(&self, text: &str) -> Option<(usize, Target, String)> {
        let mut first: Option<(usize, usize, Target)> = None;
        for label in self.0.iter().filter(|label| {
            label.written.chars().count() >= 4 && label.written.starts_with(char::is_uppercase)
        }) {
            let Some(at) = text.find(&label.written) else {
                continue;
            };
            let after = text[at + label.written.len()..].trim_start_matches(['*', ' ']);
            let before = text[..at].chars().next_back();
            if after.starts_with([':', '：'])
                && before.is_none_or(|c| c.is_whitespace() || matches!(c, ',' | ';' | '*' | '|'))
                && first.is_none_or(|(known, length, _)| {
                    at < known || at == known && label.written.len() > length
                })
            {
                first = Some((at, label.written.len(), label.target));
            }
        }
        let (at, length, target) = first?;
        let rest = text[at + length..].trim_start_matches(['*', ' ', ':', '：']);
        Some((at, target, rest.to_string()))
    }
}

/// Two letters exchanged, or one doubled, in a short label ("Naem", "Contry").
fn transposed(candidate: &str, label: &str) -> Option<usize> {
    let short = label.chars().count() == 4 && candidate.chars().count().abs_diff(4) <= 1;
    (short
        && strsim::osa_distance(candidate, label) == 1
        && candidate.chars().next() == label.chars().next())
    .then_some(1)
}

/// A line without list marks, numbers and emphasis before it.
fn bare(line: &str) -> &str {
    let line = line.trim().trim_start_matches([
        '*', '_', '#', '-', '–', '•', '·', '|', '"', '“', '»', ' ', '\t',
    ]);
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let numbered = (1..=2)
        .contains(&digits)
        .then(|| line[digits..].strip_prefix(['.', ')']))
        .flatten();
    numbered.unwrap_or(line).trim_start_matches(['*', '_', ' '])
}

/// Where a label may end: byte position and length of the separator.
fn separators(line: &str) -> impl Iterator<Item = (usize, usize)> {
    let limit = line
        .char_indices()
        .nth(160)
        .map_or(line.len(), |(at, _)| at);
    let wide = line[..limit].find("   ").map(|at| (at, 3));
    let dash = [" - ", " – ", " — "]
        .iter()
        .find_map(|dash| line[..limit].find(dash).map(|at| (at, dash.len())));
    line[..limit]
        .char_indices()
        .filter(|(_, c)| matches!(c, ':' | '：' | '?' | '？' | '=' | '\t' | '؟'))
        .map(|(at, c)| (at, c.len_utf8()))
        .chain(wide)
        .chain(dash)
}

fn without_brackets(text: &str) -> String {
    let mut out = String::new();
    let mut depth = 0u32;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '*' | '_' => {}
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}
