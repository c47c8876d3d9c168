//! The form as people see it in a letter, empty or filled in, and answers as a reader sees them.
//! What is written here is what `mail::inbound::form_reply` reads: the words that stand around the questions are
//! shared through [`Words`], so that a hint is never taken for an answer.

use super::application::{Answer, Answers, Choice, Form, Question, QuestionKind, Wishes};
use super::letter::Line;
use crate::places;

/// Lines are no longer than this, so that mail programs leave them alone.
pub const COLUMNS: usize = 72;

/// The id under which a place's IANA zone is kept beside what was written.
pub const ZONE: &str = "zone";
/// The id of wishes about the partner's part of the world, which follows from the country.
pub const REGION: &str = "region";

/// The form's own words in one language.
#[derive(Debug)]
pub struct Words {
    pub language: &'static str,
    /// Between a label and its answer.
    pub colon: &'static str,
    pub tick_one: &'static str,
    pub tick_any: &'static str,
    /// Followed by a number and [`Words::tick_up_to_end`].
    pub tick_up_to: &'static str,
    pub tick_up_to_end: &'static str,
    pub yes_or_no: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
    pub must: &'static str,
    pub like: &'static str,
    pub region: &'static str,
    /// Stands before the examples of what can be wished.
    pub wishes_hint: &'static str,
}

pub const WORDS: [Words; 4] = [
    Words {
        language: "en",
        colon: ": ",
        tick_one: "tick one with an x",
        tick_any: "tick any with an x",
        tick_up_to: "tick up to",
        tick_up_to_end: "with an x",
        yes_or_no: "yes or no",
        yes: "yes",
        no: "no",
        must: "My partner must be",
        like: "I would like my partner to be",
        region: "Region",
        wishes_hint: "for example",
    },
    Words {
        language: "fr",
        colon: " : ",
        tick_one: "cochez une case avec un x",
        tick_any: "cochez les cases voulues avec un x",
        tick_up_to: "cochez au plus",
        tick_up_to_end: "cases avec un x",
        yes_or_no: "oui ou non",
        yes: "oui",
        no: "non",
        must: "Mon partenaire doit être",
        like: "J'aimerais que mon partenaire soit",
        region: "Région",
        wishes_hint: "par exemple",
    },
    Words {
        language: "es",
        colon: ": ",
        tick_one: "marque una con una x",
        tick_any: "marque las que quiera con una x",
        tick_up_to: "marque hasta",
        tick_up_to_end: "con una x",
        yes_or_no: "sí o no",
        yes: "sí",
        no: "no",
        must: "Mi pareja tiene que ser",
        like: "Me gustaría que mi pareja fuera",
        region: "Región",
        wishes_hint: "por ejemplo",
    },
    Words {
        language: "ar",
        colon: ": ",
        tick_one: "ضعوا x في مربع واحد",
        tick_any: "ضعوا x في كل مربع تريدونه",
        tick_up_to: "ضعوا x في",
        tick_up_to_end: "مربعات على الأكثر",
        yes_or_no: "نعم أو لا",
        yes: "نعم",
        no: "لا",
        must: "يجب أن يكون شريكي",
        like: "أود أن يكون شريكي",
        region: "المنطقة",
        wishes_hint: "مثلًا",
    },
];

impl Words {
    /// English stands in for languages that the form does not speak.
    pub fn of(language: &str) -> &'static Words {
        let base = language.split('-').next().unwrap_or(language);
        WORDS
            .iter()
            .find(|words| words.language == base)
            .unwrap_or(&WORDS[0])
    }
}

/// The form as text of a letter in `language`: `Label: value` lines, option lists with boxes, help in brackets.
/// Questions without an answer in `answers` stay blank.
pub fn write(form: &Form, answers: &Answers, language: &str) -> String {
    let words = Words::of(language);
    let mut out = String::new();
    for (at, question) in form.questions.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let answer = answers.get(&question.id);
        match question.kind {
            QuestionKind::OneOf | QuestionKind::SomeOf => {
                write_options(&mut out, question, answer, language, words)
            }
            QuestionKind::Wishes => write_wishes(&mut out, form, question, answer, language),
            QuestionKind::LongText => write_long(&mut out, question, answer, language),
            _ => {
                let value = answer
                    .map(|answer| shown(form, question, answer, language))
                    .unwrap_or_default();
                write_line(&mut out, question.label.of(language), &value, language);
                let mut help = question.help.of(language).to_string();
                if question.kind == QuestionKind::YesNo {
                    help = joined(words.yes_or_no, &help);
                }
                write_help(&mut out, &help);
            }
        }
    }
    out
}

/// Answers as a reader sees them, in the form's order: labels of options, names of countries and languages.
/// Questions without an answer are left out; with `partner_only`, so are those that partners may not see.
pub fn lines(form: &Form, answers: &Answers, language: &str, partner_only: bool) -> Vec<Line> {
    form.questions
        .iter()
        .filter(|question| !partner_only || question.shown_to_partner)
        .filter_map(|question| {
            let value = shown(form, question, answers.get(&question.id)?, language);
            (!value.is_empty()).then(|| Line {
                label: bare(question.label.of(language)).to_string(),
                value,
            })
        })
        .collect()
}

/// Questions that can be wished for: those with options that play a part in the matching. `region` is not asked and
/// stands beside them.
pub fn wishable(form: &Form) -> impl Iterator<Item = &Question> {
    use super::application::MatchingPart;
    form.questions.iter().filter(|question| {
        matches!(question.kind, QuestionKind::OneOf | QuestionKind::SomeOf)
            && question.id != REGION
            && !matches!(question.matching, MatchingPart::None | MatchingPart::Hard)
    })
}

/// A label without the colon or blanks at its end.
pub fn bare(label: &str) -> &str {
    label.trim().trim_end_matches([':', '：']).trim_end()
}

/// The value of one answer in the reader's language; lists are separated by commas.
pub fn shown(form: &Form, question: &Question, answer: &Answer, language: &str) -> String {
    let words = Words::of(language);
    match (question.kind, answer) {
        (QuestionKind::OneOf | QuestionKind::SomeOf, Answer::One(id)) => {
            option_label(question, id, language)
        }
        (QuestionKind::OneOf | QuestionKind::SomeOf, Answer::Many(ids)) => ids
            .iter()
            .map(|id| option_label(question, id, language))
            .collect::<Vec<_>>()
            .join(", "),
        (QuestionKind::Country, Answer::One(code)) => places::country_name(code, language),
        (QuestionKind::Languages, Answer::Many(codes)) => codes
            .iter()
            .map(|code| places::language_name(code, language))
            .collect::<Vec<_>>()
            .join(", "),
        (_, Answer::Wishes(wishes)) => [
            (wish_label(question, "must", language), &wishes.must),
            (wish_label(question, "like", language), &wishes.like),
        ]
        .iter()
        .filter(|(_, wished)| !wished.is_empty())
        .map(|(label, wished)| format!("{label}: {}", wish_value(form, wished, language)))
        .collect::<Vec<_>>()
        .join(". "),
        (_, Answer::YesNo(yes)) => if *yes { words.yes } else { words.no }.to_string(),
        (_, Answer::One(text)) => text.clone(),
        (_, Answer::Many(list)) => list.join(", "),
    }
}

/// The label of one of the two lines of wishes: the question's own where it has one, else the form's.
pub fn wish_label(question: &Question, line: &str, language: &str) -> String {
    let words = Words::of(language);
    let usual = if line == "must" {
        words.must
    } else {
        words.like
    };
    question
        .options
        .iter()
        .find(|choice| choice.id == line)
        .map_or(usual, |choice| choice.label.of(language))
        .to_string()
}

fn option_label(question: &Question, id: &str, language: &str) -> String {
    question
        .options
        .iter()
        .find(|choice| choice.id == id)
        .map_or(id, |choice| choice.label.of(language))
        .to_string()
}

/// "Public library; Europe". An option whose label stands in two questions bears its question's label.
/// One wish in words: "Student (Sector)".
pub fn wish_words(form: &Form, question: &str, options: &[String], language: &str) -> String {
    let wished = std::collections::BTreeMap::from([(question.to_string(), options.to_vec())]);
    wish_value(form, &wished, language)
}

fn wish_value(
    form: &Form,
    wished: &std::collections::BTreeMap<String, Vec<String>>,
    language: &str,
) -> String {
    let mut parts = Vec::new();
    for (id, options) in wished {
        for option in options {
            if id == REGION {
                parts.push(places::region_name(option, language));
                continue;
            }
            let Some(question) = form.question(id) else {
                continue;
            };
            let label = option_label(question, option, language);
            let twice = wishable(form)
                .filter(|q| q.options.iter().any(|c| c.label.of(language) == label))
                .count()
                > 1;
            parts.push(if twice {
                format!("{label} ({})", bare(question.label.of(language)))
            } else {
                label
            });
        }
    }
    parts.join("; ")
}

fn write_line(out: &mut String, label: &str, value: &str, language: &str) {
    let label = bare(label);
    let end = if label.ends_with(['?', '？', '؟']) {
        " "
    } else {
        Words::of(language).colon
    };
    let text = format!(
        "{label}{end}{}",
        value.split_whitespace().collect::<Vec<_>>().join(" ")
    );
    write_wrapped(out, &text, "", "  ");
}

fn write_help(out: &mut String, help: &str) {
    let help = help.trim();
    if !help.is_empty() {
        write_wrapped(out, &format!("({help})"), "", "");
    }
}

fn write_options(
    out: &mut String,
    question: &Question,
    answer: Option<&Answer>,
    language: &str,
    words: &Words,
) {
    write_line(out, question.label.of(language), "", language);
    let hint = match (question.kind, question.at_most) {
        (QuestionKind::OneOf, _) => words.tick_one.to_string(),
        (_, Some(most)) => format!("{} {most} {}", words.tick_up_to, words.tick_up_to_end),
        _ => words.tick_any.to_string(),
    };
    write_help(out, &joined(&hint, question.help.of(language)));
    let ticked = |choice: &Choice| match answer {
        Some(Answer::One(id)) => *id == choice.id,
        Some(Answer::Many(ids)) => ids.contains(&choice.id),
        _ => false,
    };
    for (at, choice) in question.options.iter().enumerate() {
        let text = format!(
            "[{}] {} {}",
            if ticked(choice) { 'x' } else { ' ' },
            at + 1,
            choice.label.of(language)
        );
        write_wrapped(out, &text, "  ", "        ");
    }
}

fn write_wishes(
    out: &mut String,
    form: &Form,
    question: &Question,
    answer: Option<&Answer>,
    language: &str,
) {
    let none = Wishes::default();
    let wishes = match answer {
        Some(Answer::Wishes(wishes)) => wishes,
        _ => &none,
    };
    write_wrapped(out, bare(question.label.of(language)), "", "");
    write_help(out, question.help.of(language));
    write_line(
        out,
        &wish_label(question, "must", language),
        &wish_value(form, &wishes.must, language),
        language,
    );
    write_line(
        out,
        &wish_label(question, "like", language),
        &wish_value(form, &wishes.like, language),
        language,
    );
}

fn write_long(out: &mut String, question: &Question, answer: Option<&Answer>, language: &str) {
    write_line(out, question.label.of(language), "", language);
    write_help(out, question.help.of(language));
    if let Some(Answer::One(text)) = answer {
        for line in text.lines() {
            write_wrapped(out, line, "", "");
        }
    }
}

/// The question's own help, else the form's hint.
fn joined(hint: &str, help: &str) -> String {
    let help = help.trim();
    if help.is_empty() { hint } else { help }.to_string()
}

/// Writes `text` in lines of at most [`COLUMNS`]; a single word may be longer.
fn write_wrapped(out: &mut String, text: &str, first: &str, rest: &str) {
    let mut line = first.to_string();
    let mut empty = true;
    let trailing = text.ends_with(' ');
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > COLUMNS {
            out.push_str(&line);
            out.push('\n');
            line = rest.to_string();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(&line);
    // A blank after a label's colon is where the answer is typed.
    if trailing && line.chars().count() < COLUMNS {
        out.push(' ');
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::super::application::{MatchingPart, Text};
    use super::*;
    use std::collections::BTreeMap;

    fn question(id: &str, kind: QuestionKind, label: &str, options: &[(&str, &str)]) -> Question {
        Question {
            id: id.into(),
            kind,
            label: Text::english(label),
            help: Text::default(),
            required: true,
            max_chars: 4000,
            shown_to_partner: id != "wishes",
            options: options
                .iter()
                .map(|(id, label)| Choice {
                    id: (*id).into(),
                    label: Text::english(label),
                })
                .collect(),
            at_most: None,
            matching: MatchingPart::Wish,
        }
    }

    fn form() -> Form {
        let sector = question(
            "sector",
            QuestionKind::OneOf,
            "Sector",
            &[("public", "Public library"), ("student", "Student")],
        );
        let mut country = question("country", QuestionKind::Country, "Country", &[]);
        country.help = Text::english("where you work");
        Form {
            questions: vec![
                question("name", QuestionKind::ShortText, "Name", &[]),
                country,
                sector,
                question(
                    "stage",
                    QuestionKind::OneOf,
                    "Stage",
                    &[("student", "Student"), ("mid", "In mid career")],
                ),
                question(
                    "wishes",
                    QuestionKind::Wishes,
                    "Wishes about your partner",
                    &[],
                ),
            ],
        }
    }

    #[test]
    fn an_empty_form_is_labels_boxes_and_help() {
        let text = write(&form(), &Answers::new(), "en");
        assert!(
            text.contains("Name: \n\nCountry: \n(where you work)\n"),
            "{text}"
        );
        assert!(
            text.contains(
                "Sector: \n(tick one with an x)\n  [ ] 1 Public library\n  [ ] 2 Student\n"
            ),
            "{text}"
        );
        assert!(
            text.contains("My partner must be: \nI would like my partner to be: \n"),
            "{text}"
        );
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS));
    }

    #[test]
    fn a_filled_form_shows_names_for_codes() {
        let wishes = Wishes {
            must: BTreeMap::from([("sector".into(), vec!["student".into()])]),
            like: BTreeMap::from([
                ("region".into(), vec!["europe".into()]),
                ("stage".into(), vec!["mid".into()]),
            ]),
        };
        let answers = Answers::from([
            ("name".into(), Answer::One("Anna".into())),
            ("country".into(), Answer::One("NZ".into())),
            ("sector".into(), Answer::One("public".into())),
            ("wishes".into(), Answer::Wishes(wishes)),
        ]);
        let text = write(&form(), &answers, "fr");
        assert!(text.contains("Country : Nouvelle-Zélande\n"), "{text}");
        assert!(text.contains("  [x] 1 Public library\n"), "{text}");
        assert!(
            text.contains("Mon partenaire doit être : Student (Sector)\n"),
            "{text}"
        );
        assert!(text.contains("soit : Europe; In mid career\n"), "{text}");
        let shown = lines(&form(), &answers, "en", true);
        assert_eq!(shown.len(), 3);
        assert_eq!(shown[1].value, "New Zealand");
    }
}
