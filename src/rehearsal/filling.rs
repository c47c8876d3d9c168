//! How people fill in a form that came in a letter: on its quoted lines, by deleting what does not apply, or by typing
//! the labels again above the quote. The form is found in the letter's text, as its reader finds it.

use std::collections::BTreeSet;

use super::client::{Line, Words};
use super::data::{REGIONS, language_names};
use super::dice::Dice;
use super::people::Person;
use crate::programme::application::{Answer, Answers, Form, Question, QuestionKind, Wishes};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    OnTheLines,
    /// As `OnTheLines`, but options that do not apply are deleted instead of ticking one.
    DeletingOthers,
    RetypedAbove,
}

/// The usual label of the line for wishes that must be met, where the form gives no other.
const MUST: &str = "My partner must be";
const LIKE: &str = "I would like my partner to be";

/// What is to be filled in, and by whom.
pub struct Filling<'a> {
    pub person: &'a Person,
    pub form: &'a Form,
    /// The form's language.
    pub language: &'a str,
    /// The ids of the questions to answer.
    pub questions: BTreeSet<&'a str>,
    pub way: Way,
    pub greeting: &'a str,
    pub farewell: &'a str,
}

/// Which line of a question: wishes have two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Whole,
    Must,
    Like,
}

struct Label<'a> {
    text: &'a str,
    question: &'a Question,
    part: Part,
}

/// The filled form as words of a reply to `letter_text`.
pub fn fill(filling: &Filling<'_>, letter_text: &str, dice: &mut Dice) -> Words {
    let answers = &filling.person.answers;
    let labels = labels(filling.form, filling.language);
    let numbered = letter_text.contains("[ ] 1");
    let to_answer: Vec<&Label<'_>> = labels
        .iter()
        .filter(|label| {
            filling.questions.contains(label.question.id.as_str())
                && !value(label, answers, filling, false, &mut dice.clone()).is_empty()
        })
        .collect();
    if filling.way == Way::RetypedAbove {
        let mut text = format!("{}\n\n", filling.greeting);
        text.push_str(&retyped(&to_answer, filling, numbered, dice));
        text.push_str(&format!("\n{}\n", filling.farewell));
        return Words::New(text);
    }

    let mut placed: BTreeSet<(&str, Part)> = BTreeSet::new();
    let mut lines = Vec::new();
    let mut current: Option<&Label<'_>> = None;
    for line in letter_text.lines() {
        if let Some((label, value_at)) = label_of(line, &labels) {
            current = to_answer
                .iter()
                .find(|wanted| std::ptr::eq(**wanted, label))
                .copied();
            let Some(wanted) = current else {
                lines.push(Line::Quoted(line.into()));
                continue;
            };
            let has_options = !matches!(wanted.part, Part::Must | Part::Like)
                && matches!(
                    wanted.question.kind,
                    QuestionKind::OneOf | QuestionKind::SomeOf
                );
            if has_options {
                let (ticked, any) = tick(line, wanted.question, answers, filling.language, dice);
                if any {
                    placed.insert((&wanted.question.id, wanted.part));
                }
                lines.push(Line::Quoted(ticked));
                continue;
            }
            placed.insert((&wanted.question.id, wanted.part));
            let value = value(wanted, answers, filling, numbered, dice);
            if wanted.question.kind == QuestionKind::LongText && dice.chance(0.4) {
                lines.push(Line::Quoted(line.into()));
                lines.push(Line::Inserted(value));
            } else {
                lines.push(Line::Quoted(format!(
                    "{} {value}",
                    line[..value_at].trim_end()
                )));
            }
            continue;
        }
        if let Some(wanted) = current
            && line.contains("[ ]")
        {
            let (ticked, any) = tick(line, wanted.question, answers, filling.language, dice);
            if any {
                placed.insert((&wanted.question.id, wanted.part));
            }
            match (filling.way, any) {
                (Way::DeletingOthers, true) => lines.push(Line::Quoted(line.into())),
                (Way::DeletingOthers, false) => {}
                _ => lines.push(Line::Quoted(ticked)),
            }
            continue;
        }
        lines.push(Line::Quoted(line.into()));
    }
    // What was not found in the letter is typed above it.
    let missing: Vec<&Label<'_>> = to_answer
        .iter()
        .filter(|label| !placed.contains(&(label.question.id.as_str(), label.part)))
        .copied()
        .collect();
    if missing.len() == to_answer.len() {
        let mut text = format!("{}\n\n", filling.greeting);
        text.push_str(&retyped(&to_answer, filling, numbered, dice));
        text.push_str(&format!("\n{}\n", filling.farewell));
        return Words::New(text);
    }
    let mut above = format!("{}\n\nPlease see below.\n", filling.greeting);
    above.push_str(&retyped(&missing, filling, numbered, dice));
    above.push_str(&format!("\n{}\n", filling.farewell));
    Words::InQuote { above, lines }
}

fn labels<'a>(form: &'a Form, language: &str) -> Vec<Label<'a>> {
    let mut labels = Vec::new();
    for question in &form.questions {
        if question.kind == QuestionKind::Wishes {
            for (id, usual, part) in [("must", MUST, Part::Must), ("like", LIKE, Part::Like)] {
                let own = question.options.iter().find(|choice| choice.id == id);
                labels.push(Label {
                    text: own.map_or(usual, |choice| bare(choice.label.of(language))),
                    question,
                    part,
                });
            }
        } else {
            labels.push(Label {
                text: bare(question.label.of(language)),
                question,
                part: Part::Whole,
            });
        }
    }
    labels
}

fn bare(label: &str) -> &str {
    label.trim().trim_end_matches(':').trim_end()
}

/// The label that a line begins with, and where its value begins.
fn label_of<'a, 'b>(line: &str, labels: &'b [Label<'a>]) -> Option<(&'b Label<'a>, usize)> {
    let skipped = line.len() - line.trim_start_matches([' ', '*', '-', '\t']).len();
    let text = &line[skipped..];
    labels
        .iter()
        .filter(|label| !label.text.is_empty())
        .filter_map(|label| {
            let rest = text.strip_prefix(label.text)?;
            let before_colon = rest.find(':').map(|at| rest[..at].trim());
            let ends = match before_colon {
                Some(between) => between.is_empty() || between.starts_with('('),
                None => false,
            };
            let at = if ends {
                rest.find(':').map(|at| at + 1)?
            } else if label.text.ends_with('?') {
                0
            } else {
                return None;
            };
            Some((label, skipped + label.text.len() + at))
        })
        .max_by_key(|(label, _)| label.text.len())
}

/// The line with the chosen options ticked, and whether there was one on it.
fn tick(
    line: &str,
    question: &Question,
    answers: &Answers,
    language: &str,
    dice: &mut Dice,
) -> (String, bool) {
    let chosen: Vec<&str> = match answers.get(&question.id) {
        Some(Answer::One(id)) => vec![id],
        Some(Answer::Many(ids)) => ids.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let mut out = String::with_capacity(line.len());
    let mut any = false;
    let mut rest = line;
    while let Some(at) = rest.find("[ ]") {
        let after = &rest[at + 3..];
        let end = after.find("[ ]").unwrap_or(after.len());
        // The number that some forms print before the name.
        let name = after[..end]
            .trim()
            .trim_start_matches(|letter: char| letter.is_ascii_digit() || ".) ".contains(letter));
        let option = question.options.iter().find(|choice| {
            let label = choice.label.of(language);
            // A long name goes on on the next line.
            label == name || (name.len() > 30 && label.starts_with(name))
        });
        let ticked = option.is_some_and(|choice| chosen.contains(&choice.id.as_str()));
        out.push_str(&rest[..at]);
        if ticked {
            any = true;
            out.push_str(match dice.weighted(&[0.6, 0.2, 0.1, 0.1]) {
                0 => "[x]",
                1 => "[X]",
                2 => "[ x ]",
                _ => "[✓]",
            });
        } else {
            out.push_str("[ ]");
        }
        rest = after;
    }
    out.push_str(rest);
    (out, any)
}

fn retyped(
    labels: &[&Label<'_>],
    filling: &Filling<'_>,
    numbered: bool,
    dice: &mut Dice,
) -> String {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    if dice.chance(0.05) {
        order = dice.shuffled(labels.len());
    }
    let mut out = String::new();
    for place in order {
        let label = labels[place];
        let value = value(label, &filling.person.answers, filling, numbered, dice);
        let end = if label.text.ends_with('?') { "" } else { ":" };
        out.push_str(&format!("{}{end} {value}\n", label.text));
    }
    out
}

/// What is written beside a label; empty where there is nothing to write.
fn value(
    label: &Label<'_>,
    answers: &Answers,
    filling: &Filling<'_>,
    numbered: bool,
    dice: &mut Dice,
) -> String {
    let question = label.question;
    let Some(answer) = answers.get(&question.id) else {
        return String::new();
    };
    let language = filling.language;
    match (question.kind, answer) {
        (QuestionKind::Country, _) => {
            let country = filling.person.country;
            match dice.weighted(&[0.75, 0.2, 0.05]) {
                0 => country.name.to_string(),
                1 => dice.one_of(&country.also).to_string(),
                _ => country.code.to_string(),
            }
        }
        (QuestionKind::Place, Answer::One(city)) => match dice.weighted(&[0.85, 0.1, 0.05]) {
            0 => city.clone(),
            1 => format!("{city}, {}", filling.person.country.name),
            _ => filling.person.zone.name().to_string(),
        },
        (QuestionKind::Languages, Answer::Many(codes)) => {
            let own = dice.chance(0.1);
            let names: Vec<&str> = codes
                .iter()
                .map(|code| {
                    let (english, itself) = language_names(code);
                    if own { itself } else { english }
                })
                .collect();
            names.join(dice.one_of(&[", ", ", ", ", ", "; ", " and "]))
        }
        (QuestionKind::YesNo, Answer::YesNo(yes)) => {
            let base = language.split('-').next().unwrap_or(language);
            match (base, yes) {
                ("es", true) => "sí",
                ("fr", true) => "oui",
                ("de", true) => "ja",
                ("fr", false) => "non",
                ("de", false) => "nein",
                (_, true) => dice.one_of(&["yes", "yes", "Yes", "YES"]),
                (_, false) => "no",
            }
            .to_string()
        }
        (QuestionKind::OneOf, Answer::One(id)) => {
            one_option(question, id, language, numbered, dice)
        }
        (QuestionKind::SomeOf, Answer::Many(ids)) => {
            let numbers = numbered && dice.chance(0.2);
            let written: Vec<String> = ids
                .iter()
                .map(|id| option(question, id, language, numbers))
                .collect();
            written.join(", ")
        }
        (QuestionKind::Wishes, Answer::Wishes(wishes)) => match label.part {
            Part::Like => wish_words(&wishes.like, filling),
            _ => wish_words(&wishes.must, filling),
        },
        (_, Answer::One(text)) => text.clone(),
        (_, Answer::Many(list)) => list.join(", "),
        (_, Answer::YesNo(yes)) => if *yes { "yes" } else { "no" }.to_string(),
        (_, Answer::Wishes(Wishes { .. })) => String::new(),
    }
}

fn one_option(
    question: &Question,
    id: &str,
    language: &str,
    numbered: bool,
    dice: &mut Dice,
) -> String {
    let whole = option(question, id, language, false);
    match dice.weighted(&[0.6, 0.15, 0.15, 0.1]) {
        1 if numbered => option(question, id, language, true),
        2 => whole.to_lowercase(),
        // Few people type what stands in brackets.
        3 => match whole.split_once(" (") {
            Some((name, _)) => name.to_string(),
            None => whole,
        },
        _ => whole,
    }
}

/// An option by its name, or by its number from 1.
fn option(question: &Question, id: &str, language: &str, number: bool) -> String {
    match question.options.iter().position(|choice| choice.id == id) {
        Some(place) if number => (place + 1).to_string(),
        Some(place) => question.options[place].label.of(language).to_string(),
        None => id.to_string(),
    }
}

fn wish_words(
    wishes: &std::collections::BTreeMap<String, Vec<String>>,
    filling: &Filling<'_>,
) -> String {
    let mut words = Vec::new();
    for (id, options) in wishes {
        for wanted in options {
            if id == "region" {
                let name = REGIONS.iter().find(|(region, _)| region == wanted);
                words.extend(name.map(|(_, name)| (*name).to_string()));
            } else if let Some(question) = filling.form.question(id) {
                let name = option(question, wanted, filling.language, false);
                let questions_with_it = filling
                    .form
                    .questions
                    .iter()
                    .filter(|other| {
                        let labels = other.options.iter();
                        labels
                            .map(|choice| choice.label.of(filling.language))
                            .any(|label| label == name)
                    })
                    .count();
                words.push(if questions_with_it > 1 {
                    format!("{name} ({})", bare(question.label.of(filling.language)))
                } else {
                    name
                });
            }
        }
    }
    words.join("; ")
}
