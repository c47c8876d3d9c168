//! Questions, of the form and of surveys: `[[questions]]` with id, kind, label and the rest.

use std::collections::BTreeSet;

use super::written::{Problems, Section, Source};
use crate::problem::Problem;
use crate::programme::application::{Choice, Form, MatchingPart, Question, QuestionKind, Text};
use crate::programme::settings::{Different, Import, Pairing};

/// Longest answer that anybody may write (RELIABILITY: answers are cut at 4,000 characters).
const ANSWER_MAX_CHARS: u32 = 4000;

/// `scale` is a list of which one is chosen; its order is its meaning, so it needs no kind of its own.
const KINDS: [(&str, QuestionKind); 12] = [
    ("short-text", QuestionKind::ShortText),
    ("long-text", QuestionKind::LongText),
    ("one-of", QuestionKind::OneOf),
    ("scale", QuestionKind::OneOf),
    ("some-of", QuestionKind::SomeOf),
    ("country", QuestionKind::Country),
    ("languages", QuestionKind::Languages),
    ("place", QuestionKind::Place),
    ("yes-no", QuestionKind::YesNo),
    ("handle", QuestionKind::Handle),
    ("address", QuestionKind::Address),
    ("wishes", QuestionKind::Wishes),
];

#[derive(Clone, Copy)]
enum Part {
    None,
    Hard,
    Wish,
    Similarity,
}

/// Reads `form.toml`.
pub fn read_form(file: &str, text: &str, languages: &[String], problems: &Problems) -> Form {
    let source = Source::new(file, text);
    let table = source.parse(problems);
    let whole = Section::whole(&source, &table, problems);
    let form = questions(&whole, languages);
    for (kind, id) in [
        (QuestionKind::Country, "country"),
        (QuestionKind::Languages, "languages"),
        (QuestionKind::Place, "place"),
        (QuestionKind::Wishes, "wishes"),
    ] {
        let of_kind: Vec<&Question> = form.questions.iter().filter(|it| it.kind == kind).collect();
        if of_kind.len() > 1 {
            whole.refuse(
                "questions",
                &format!("two questions are of the kind \"{id}\", so the rules cannot know which one counts"),
                "Keep one of them.",
            );
        }
        // The rules find these by their id.
        if let Some(question) = of_kind.first().filter(|question| question.id != id) {
            whole.refuse(
                "questions",
                &format!(
                    "the question \"{}\" is of the kind \"{id}\" but has another id",
                    question.id
                ),
                &format!("Write id = \"{id}\"."),
            );
        }
    }
    if !form.questions.is_empty() && form.question("name").is_none() {
        whole.refuse(
            "questions",
            "no question has the id \"name\", so letters could not greet anybody",
            "Add a question with id = \"name\" and kind = \"short-text\".",
        );
    }
    whole.finish();
    form
}

/// Checks that the form asks what the rules of the pairing look at.
pub fn check_against(form: &Form, pairing: &Pairing, file: &str, problems: &Problems) {
    let needs = [
        (
            matches!(pairing.different, Different::Country | Different::Region),
            "country",
            "matching.different",
        ),
        (
            pairing.shared_language,
            "languages",
            "matching.shared_language",
        ),
        (
            pairing.max_hours_apart.is_some(),
            "place",
            "matching.max_hours_apart",
        ),
    ];
    for (needed, id, key) in needs {
        if needed && !form.questions.is_empty() && form.question(id).is_none() {
            problems.add(Problem {
                file: file.into(),
                line: None,
                key: key.into(),
                value: None,
                why: format!("this rule looks at the question \"{id}\", which the form does not ask"),
                remedy: format!("Add a question with id = \"{id}\" and kind = \"{id}\" to form.toml, or switch the rule off."),
            });
        }
    }
    let refuse = |key: &str, why: String, remedy: String| {
        problems.add(Problem {
            file: file.into(),
            line: None,
            key: key.into(),
            value: None,
            why,
            remedy,
        });
    };
    let required = |id: &str, kinds: &[QuestionKind]| {
        form.question(id)
            .is_some_and(|question| question.required && kinds.contains(&question.kind))
    };
    if form.questions.is_empty() {
        return;
    }
    let texts = [QuestionKind::ShortText, QuestionKind::OneOf];
    if pairing.different == Different::Organisation && !required("organisation", &texts) {
        refuse(
            "matching.different",
            "this rule looks at the question \"organisation\", which everybody has to answer".into(),
            "Add a question with id = \"organisation\", kind = \"short-text\" or \"one-of\" and required = true to form.toml, or switch the rule off.".into(),
        );
    }
    let Some(roles) = &pairing.roles else {
        return;
    };
    let has_option = |option: &String| {
        form.question(&roles.question)
            .is_some_and(|question| question.options.iter().any(|choice| choice.id == *option))
    };
    let (mentor, mentee) = (&roles.mentor, &roles.mentee);
    if !required(&roles.question, &[QuestionKind::OneOf])
        || !has_option(mentor)
        || !has_option(mentee)
        || mentor == mentee
    {
        refuse(
            "matching.roles.question",
            format!(
                "the form has no question \"{}\" by which everybody says who they are",
                roles.question
            ),
            format!(
                "Add one to form.toml with kind = \"one-of\", required = true and the options \"{mentor}\" and \"{mentee}\"."
            ),
        );
    }
    if let Some(capacity) = roles.capacity.as_ref().filter(|id| {
        form.question(id)
            .is_none_or(|question| !texts.contains(&question.kind))
    }) {
        refuse(
            "matching.roles.capacity",
            format!("the form has no question \"{capacity}\" that can be answered with a number"),
            "Add one to form.toml with kind = \"one-of\" and options such as \"1\" and \"2\", or remove the key.".into(),
        );
    }
}

/// Checks that the columns of imported tables are those of questions that the form asks.
pub fn check_import(form: &Form, import: &Import, file: &str, problems: &Problems) {
    for question in import.columns.keys() {
        let is_wish = matches!(question.as_str(), "must" | "like")
            && form
                .questions
                .iter()
                .any(|it| it.kind == QuestionKind::Wishes);
        if !form.questions.is_empty() && !is_wish && form.question(question).is_none() {
            problems.add(Problem {
                file: file.into(),
                line: None,
                key: format!("import.columns.{question}"),
                value: None,
                why: "the form asks no question with this id".into(),
                remedy: "Write the id of a question of form.toml, or must or like for the wishes."
                    .into(),
            });
        }
    }
}

/// The questions of a file, in their order.
pub fn questions(whole: &Section<'_>, languages: &[String]) -> Form {
    let sections = whole.sections("questions");
    let languages = &spoken(whole, &sections, languages);
    if sections.is_empty() {
        whole.refuse(
            "questions",
            "there is no question",
            "Write [[questions]] with id, kind and label.",
        );
    }
    let mut seen = BTreeSet::new();
    let mut seen_labels = BTreeSet::new();
    let mut form = Form::default();
    for section in &sections {
        if let Some(question) = question(section, languages) {
            for language in languages {
                let label = question.label.of(language).to_lowercase();
                if !seen_labels.insert((language, label)) {
                    section.refuse(
                        "label",
                        &format!("another question has the same label in \"{language}\", so answers could not be told apart"),
                        "Word one of them in another way.",
                    );
                }
            }
            if !seen.insert(question.id.clone()) {
                section.refuse(
                    "id",
                    "another question has this id",
                    "Give each question its own id.",
                );
            }
            form.questions.push(question);
        }
        section.finish();
    }
    form
}

/// The languages that the file has texts in. One that it does not speak at all is told once, not label by label.
fn spoken(whole: &Section<'_>, sections: &[Section<'_>], languages: &[String]) -> Vec<String> {
    let speaks = |language: &String| {
        sections
            .iter()
            .any(|section| section.speaks("label", language))
    };
    let (spoken, silent): (Vec<String>, Vec<String>) = languages.iter().cloned().partition(speaks);
    // Where nothing is spoken, the labels are missing or wrong, and that is told one by one.
    if spoken.is_empty() {
        return languages.to_vec();
    }
    for language in silent {
        whole.refuse(
            "questions",
            &format!("no question has a text in \"{language}\", which the programme speaks"),
            &format!("Add label.{language}, help.{language} and the options' texts, or take \"{language}\" out of `languages` in pairpost.toml."),
        );
    }
    spoken
}

fn question(section: &Section<'_>, languages: &[String]) -> Option<Question> {
    let id = section
        .required_text(
            "id",
            "Write id = \"...\": a short word under which answers are kept.",
        )
        .filter(|id| {
            let good = is_id(id);
            if !good {
                section.refuse(
                    "id",
                    "it is not an id",
                    "Use small letters, digits and underscores, for example \"career_stage\".",
                );
            }
            good
        });
    let kind = match section.has("kind") {
        true => section.one_of("kind", &KINDS),
        false => {
            let known: Vec<&str> = KINDS.iter().map(|(word, _)| *word).collect();
            section.required_text(
                "kind",
                &format!("Write kind = \"...\", one of {}.", known.join(", ")),
            );
            None
        }
    };
    let label = text(section, "label", languages, true);
    let help = text(section, "help", languages, false);
    let required = section.flag("required", false);
    let shown_to_partner = section
        .one_of("shown_to", &[("coordinators", false), ("partner", true)])
        .unwrap_or(false);
    let usual_max = match kind {
        Some(QuestionKind::LongText) => 1500,
        Some(QuestionKind::ShortText | QuestionKind::Handle) => 200,
        _ => 500,
    };
    let max_chars = section
        .number("max_chars", 1..=ANSWER_MAX_CHARS)
        .unwrap_or(usual_max);
    let at_most = section.number("at_most", 1..=100);
    let weight = section.number("weight", 0..=10_000);
    let part = section.one_of(
        "matching",
        &[
            ("none", Part::None),
            ("hard", Part::Hard),
            ("wish", Part::Wish),
            ("similarity", Part::Similarity),
        ],
    );
    let matching = match part {
        None | Some(Part::None) => MatchingPart::None,
        Some(Part::Hard) => MatchingPart::Hard,
        Some(Part::Wish) => MatchingPart::Wish,
        Some(Part::Similarity) => MatchingPart::Similarity(weight.unwrap_or(10)),
    };
    if weight.is_some() && !matches!(matching, MatchingPart::Similarity(_)) {
        section.refuse(
            "weight",
            "only likeness has a weight",
            "Write matching = \"similarity\", or remove the weight.",
        );
    }
    let mut options = options(section, languages);
    match kind {
        Some(QuestionKind::OneOf | QuestionKind::SomeOf) if options.len() < 2 => section.refuse(
            "options",
            "a question of this kind needs at least two options",
            "Write options = [ { option = \"...\", en = \"...\" }, ... ].",
        ),
        Some(QuestionKind::OneOf | QuestionKind::SomeOf) | None => {}
        Some(_) if !options.is_empty() => section.refuse(
            "options",
            "a question of this kind has no options",
            "Remove them, or write kind = \"one-of\" or \"some-of\".",
        ),
        Some(_) => {}
    }
    if at_most.is_some() && kind.is_some_and(|kind| kind != QuestionKind::SomeOf) {
        section.refuse(
            "at_most",
            "only questions of the kind \"some-of\" have it",
            "Remove it.",
        );
    }
    if matches!(matching, MatchingPart::Hard)
        && !matches!(
            kind,
            Some(QuestionKind::Country | QuestionKind::Languages | QuestionKind::Place) | None
        )
    {
        section.refuse(
            "matching",
            "hard rules look at the country, the languages and the place only",
            "Write matching = \"wish\" or \"similarity\".",
        );
    }
    if kind == Some(QuestionKind::Wishes) {
        let line = |key, id: &str, usual: &str| Choice {
            id: id.into(),
            label: section.label(key).unwrap_or_else(|| Text::english(usual)),
        };
        options = vec![
            line("must_label", "must", "My partner must be"),
            line("like_label", "like", "I would like my partner to be"),
        ];
    }
    Some(Question {
        id: id?,
        kind: kind?,
        label: label?,
        help: help.unwrap_or_default(),
        required,
        max_chars: max_chars as usize,
        shown_to_partner,
        options,
        at_most: at_most.map(|it| it as usize),
        matching,
    })
}

/// A label or a help in every language of the programme.
pub fn text(
    section: &Section<'_>,
    key: &'static str,
    languages: &[String],
    required: bool,
) -> Option<Text> {
    if !section.has(key) {
        if required {
            section.required_text(
                key,
                &format!("Write {key}.en = \"...\", and the other languages likewise."),
            );
        }
        return None;
    }
    let text = section.label(key)?;
    for language in languages {
        if text.0.get(language).is_none_or(String::is_empty) {
            section.refuse(
                key,
                &format!("it has no text in \"{language}\", which the programme speaks"),
                &format!("Add {key}.{language} = \"...\"."),
            );
        }
    }
    // The form is read back from replies: a label is one line that ends before a colon.
    if required
        && text
            .0
            .values()
            .any(|it| it.contains('\n') || it.contains(':'))
    {
        section.refuse(
            key,
            "a label is one line without a colon, since answers are found by it",
            "Shorten it, and put the rest into help.",
        );
    }
    Some(text)
}

fn options(section: &Section<'_>, languages: &[String]) -> Vec<Choice> {
    let mut options: Vec<Choice> = Vec::new();
    for (id, label) in section.choices("options") {
        if !is_id(&id) {
            section.refuse(
                "options",
                &format!("\"{id}\" is not an id"),
                "Use small letters, digits and underscores.",
            );
        }
        if options.iter().any(|other| other.id == id) {
            section.refuse(
                "options",
                &format!("the option \"{id}\" is there twice"),
                "Give each option its own word.",
            );
        }
        options.push(Choice { id, label });
    }
    for language in languages {
        let silent: Vec<&str> = options
            .iter()
            .filter(|option| option.label.0.get(language).is_none_or(String::is_empty))
            .map(|option| option.id.as_str())
            .collect();
        let mut seen = BTreeSet::new();
        for option in &options {
            let label = option.label.of(language).to_lowercase();
            if !label.is_empty() && !seen.insert(label) {
                section.refuse(
                    "options",
                    &format!(
                        "another option has the same text in \"{language}\" as \"{}\"",
                        option.id
                    ),
                    "Word one of them in another way.",
                );
            }
        }
        if !silent.is_empty() {
            section.refuse(
                "options",
                &format!(
                    "these options have no text in \"{language}\": {}",
                    silent.join(", ")
                ),
                &format!("Write each as {{ option = \"public\", {language} = \"...\" }}."),
            );
        }
    }
    options
}

fn is_id(id: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=40).contains(&id.len()) && id.chars().all(known)
}

/// Whether a word cannot be a country's ISO 3166-1 code. Only the shape is looked at here.
pub fn is_not_country(code: &str) -> bool {
    code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase())
}
