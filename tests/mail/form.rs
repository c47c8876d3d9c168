//! The museum's form as the program sees it. Used by tests in two places: the including module imports the types.

use std::collections::BTreeMap;

use super::{Choice, Form, MatchingPart, Question, QuestionKind, Text};

/// `form.toml` beside this file.
pub fn form() -> Form {
    let table: toml::Table = include_str!("form.toml").parse().unwrap();
    let questions = table["questions"].as_array().unwrap();
    Form {
        questions: questions
            .iter()
            .map(|question| read(question.as_table().unwrap()))
            .collect(),
    }
}

fn read(table: &toml::Table) -> Question {
    let word = |key: &str| {
        table
            .get(key)
            .and_then(toml::Value::as_str)
            .unwrap_or_default()
    };
    let number = |key: &str| {
        table
            .get(key)
            .and_then(toml::Value::as_integer)
            .map(|n| usize::try_from(n).unwrap())
    };
    let kind = match word("kind") {
        "short-text" => QuestionKind::ShortText,
        "long-text" => QuestionKind::LongText,
        "one-of" => QuestionKind::OneOf,
        "some-of" => QuestionKind::SomeOf,
        "country" => QuestionKind::Country,
        "languages" => QuestionKind::Languages,
        "place" => QuestionKind::Place,
        "yes-no" => QuestionKind::YesNo,
        "handle" => QuestionKind::Handle,
        "address" => QuestionKind::Address,
        "wishes" => QuestionKind::Wishes,
        other => panic!("{other}"),
    };
    let mut options: Vec<Choice> = Vec::new();
    for option in table
        .get("options")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
    {
        let option = option.as_table().unwrap();
        let label = option
            .iter()
            .filter(|(key, _)| *key != "option")
            .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_string()))
            .collect();
        options.push(Choice {
            id: option["option"].as_str().unwrap().into(),
            label: Text(label),
        });
    }
    if kind == QuestionKind::Wishes {
        options = vec![
            Choice {
                id: "must".into(),
                label: text(table, "must_label"),
            },
            Choice {
                id: "like".into(),
                label: text(table, "like_label"),
            },
        ];
    }
    Question {
        id: word("id").into(),
        kind,
        label: text(table, "label"),
        help: text(table, "help"),
        required: table
            .get("required")
            .and_then(toml::Value::as_bool)
            .unwrap_or_default(),
        max_chars: number("max_chars").unwrap_or(match kind {
            QuestionKind::LongText => 1500,
            QuestionKind::ShortText => 200,
            _ => 500,
        }),
        shown_to_partner: word("shown_to") == "partner",
        options,
        at_most: number("at_most"),
        matching: match word("matching") {
            "hard" => MatchingPart::Hard,
            "wish" => MatchingPart::Wish,
            "similarity" => MatchingPart::Similarity(10),
            _ => MatchingPart::None,
        },
    }
}

fn text(table: &toml::Table, key: &str) -> Text {
    let words = table.get(key).and_then(toml::Value::as_table);
    Text(
        words
            .into_iter()
            .flatten()
            .map(|(language, text)| (language.clone(), text.as_str().unwrap().to_string()))
            .collect::<BTreeMap<_, _>>(),
    )
}
