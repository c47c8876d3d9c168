//! What a block of the form says, by the kind of its question. Help and hints of the form are taken out first.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Piece;
use super::labels::{Part, Target};
use super::options;
use crate::mail::inbound::{clean, sender};
use crate::places::fold::fold;
use crate::places::{self, Found, REGIONS};
use crate::programme::application::{Answer, Form, Question, QuestionKind, Why};
use crate::programme::form_text::{self, REGION, WORDS};

#[derive(Debug, PartialEq)]
pub enum Value {
    /// Left blank.
    Nothing,
    Answer(Answer),
    /// A place as written, and its IANA zone.
    Place(String, String),
    Unclear(String, Why),
    /// Wishes of one of the two lines, and what in it could not be read.
    Wished(BTreeMap<String, Vec<String>>, Option<(String, Why)>),
}

/// Reads a block. `country` is the ISO code of the answer to the country question, where there is one.
pub fn read(
    form: &Form,
    target: Target,
    lines: &[Piece],
    last: bool,
    language: &str,
    country: Option<&str>,
) -> Value {
    let Some(question) = form.questions.get(target.question) else {
        return Value::Nothing;
    };
    let lines = own_lines(without_help(question, lines), last);
    match question.kind {
        QuestionKind::OneOf | QuestionKind::SomeOf => {
            options::read(form, target.question, &texts(&lines))
        }
        QuestionKind::LongText => {
            let whole = paragraphs(&lines);
            let text = clean::text(unwrapped(&whole), question.max_chars.min(clean::ANSWER_MAX));
            if text.is_empty() || is_none_word(&text) {
                Value::Nothing
            } else {
                Value::Answer(Answer::One(text))
            }
        }
        QuestionKind::Wishes => {
            let written: String = first_paragraph(&lines).chars().take(1000).collect();
            wishes(form, target, &written)
        }
        _ => {
            let whole = short(question, &first_paragraph(&lines), language, country);
            // The answer was not wrapped after all: what stands below it is something else.
            let first = lines.iter().find(|line| !line.text.trim().is_empty());
            match (&whole, first) {
                (Value::Unclear(..), Some(first)) => {
                    match short(question, &first.text, language, country) {
                        Value::Unclear(..) | Value::Nothing => whole,
                        alone => alone,
                    }
                }
                _ => whole,
            }
        }
    }
}

/// Whether a block under a quoted label has lines of the sender's own.
pub fn answered_unquoted(lines: &[Piece]) -> bool {
    let first = lines.first().map_or(0, |line| line.quotes);
    first > 0
        && lines
            .iter()
            .any(|line| line.quotes < first && !line.text.trim().is_empty())
}

/// An answer without what people put around it: a dash or an arrow before it, quotation marks, stars, the brackets of
/// the help that it took the place of.
fn unwrapped(written: &str) -> &str {
    let mut text = written.trim();
    for _ in 0..4 {
        let before = text;
        let alone = !text.contains('\n');
        text = text
            .trim_start_matches([':', '：', '=', '→', '»', '>'])
            .trim_start();
        for lead in ["->", "-->", "- ", "– ", "— "] {
            // Several dashes make a list.
            if let Some(rest) = text.strip_prefix(lead).filter(|_| alone) {
                text = rest.trim_start();
            }
        }
        for (open, close) in [
            ('"', '"'),
            ('\'', '\''),
            ('“', '”'),
            ('‘', '’'),
            ('«', '»'),
            ('*', '*'),
            ('_', '_'),
            ('(', ')'),
            ('[', ']'),
            ('<', '>'),
        ] {
            let inner = text
                .strip_prefix(open)
                .and_then(|rest| rest.strip_suffix(close))
                .filter(|inner| !inner.contains(open) && !inner.contains(close));
            if let Some(inner) = inner {
                text = inner.trim();
            }
        }
        // Its other half went with the label.
        if let Some(rest) = text.strip_suffix('*').filter(|rest| !rest.contains('*')) {
            text = rest.trim_end();
        }
        if text == before {
            break;
        }
    }
    text
}

fn short(question: &Question, written: &str, _language: &str, country: Option<&str>) -> Value {
    let boxed = options::boxed(written).is_some();
    let written = clean::line(
        if boxed {
            written
        } else {
            unwrapped(written).trim_matches(['*', '_', ' ', '<', '>'])
        },
        question.max_chars.min(clean::ANSWER_MAX),
    );
    // Dots and lines to write on.
    if written.chars().all(|c| {
        matches!(
            c,
            '_' | '.' | '…' | '-' | ' ' | '–' | '—' | '?' | '[' | ']' | '(' | ')'
        )
    }) {
        return Value::Nothing;
    }
    let unclear = |why: Why| Value::Unclear(written.clone(), why);
    match question.kind {
        QuestionKind::Country => match places::country(&written) {
            Found::One(code) => Value::Answer(Answer::One(code)),
            Found::Several(_) => unclear(Why::Ambiguous),
            Found::Nothing => unclear(Why::Unknown),
        },
        QuestionKind::Languages => {
            let (codes, unknown) = places::languages(&written);
            if unknown.is_empty() && !codes.is_empty() {
                Value::Answer(Answer::Many(codes))
            } else {
                unclear(Why::Unknown)
            }
        }
        QuestionKind::Place => match places::zone(&written, country) {
            Found::One(zone) => Value::Place(written, zone.name().to_string()),
            Found::Several(_) => unclear(Why::Ambiguous),
            Found::Nothing => unclear(Why::Unknown),
        },
        QuestionKind::YesNo => yes_no(&written).map_or_else(
            || unclear(Why::Unknown),
            |yes| Value::Answer(Answer::YesNo(yes)),
        ),
        QuestionKind::Address => {
            if is_none_word(&written) {
                return Value::Nothing;
            }
            let mut found = sender::addresses(&written);
            found.dedup();
            match found.len() {
                1 => found.pop().map_or(Value::Nothing, |address| {
                    Value::Answer(Answer::One(address))
                }),
                0 => unclear(Why::NoAddress),
                _ => unclear(Why::Ambiguous),
            }
        }
        _ if !question.required && is_none_word(&written) => Value::Nothing,
        _ => Value::Answer(Answer::One(written)),
    }
}

/// Yes or no in many languages, or a ticked box.
pub fn yes_no(text: &str) -> Option<bool> {
    if let Some(boxed) = options::boxed(text) {
        let said = yes_no(&boxed.text);
        return if boxed.ticked {
            Some(said.unwrap_or(true))
        } else {
            None
        };
    }
    if text.starts_with(['✓', '✔', '✅', '☑', '👍']) || matches!(text.trim(), "x" | "X") {
        return Some(true);
    }
    let folded = fold(text);
    let first = folded.split(' ').next().unwrap_or_default();
    let yes = [
        "yes",
        "y",
        "yep",
        "yeah",
        "yup",
        "oui",
        "si",
        "sim",
        "ja",
        "tak",
        "da",
        "да",
        "так",
        "ano",
        "kylla",
        "joo",
        "evet",
        "ναι",
        "نعم",
        "כן",
        "是",
        "はい",
        "예",
        "네",
        "ya",
        "igen",
        "ok",
        "okay",
        "agreed",
        "agree",
        "sure",
        "true",
        "vrai",
        "absolutely",
        "certainly",
        "claro",
        "of",
        "promise",
        "promis",
        "prometo",
        "confirm",
    ];
    let no = [
        "no",
        "n",
        "nope",
        "non",
        "nao",
        "nein",
        "nee",
        "nej",
        "nei",
        "nie",
        "нет",
        "ні",
        "ne",
        "ei",
        "hayir",
        "οχι",
        "لا",
        "לא",
        "否",
        "いいえ",
        "아니요",
        "tidak",
        "nem",
        "false",
    ];
    let negated = folded
        .split(' ')
        .any(|word| matches!(word, "not" | "don" | "cannot" | "can't" | "pas" | "never"));
    // "Yes and no", and a hint that nobody answered: "yes or no".
    let both = yes.contains(&first) && folded.split(' ').skip(1).any(|word| no.contains(&word))
        || no.contains(&first) && folded.split(' ').skip(1).any(|word| yes.contains(&word));
    if both {
        return None;
    }
    if matches!(
        folded.as_str(),
        "i will" | "yes i will" | "je le ferai" | "lo hare"
    ) {
        return Some(true);
    }
    if yes.contains(&first) {
        return (!negated).then_some(true);
    }
    if no.contains(&first) {
        // "No problem" is a yes in disguise; it is asked again.
        return (folded.split(' ').count() <= 3 && !folded.contains("problem")).then_some(false);
    }
    let promises = [
        "i do",
        "i agree",
        "i promise",
        "i accept",
        "je m engage",
        "je promets",
        "je le promets",
        "bien sur",
        "bien entendu",
        "avec plaisir",
        "volontiers",
        "por supuesto",
        "desde luego",
        "con gusto",
        "with pleasure",
        "i confirm",
        "j accepte",
        "je suis d accord",
        "d accord",
        "me comprometo",
        "lo prometo",
        "acepto",
        "de acuerdo",
        "estoy de acuerdo",
    ];
    (promises.iter().any(|words| folded.starts_with(words)) && !negated).then_some(true)
}

/// "none", "-", "n/a": nothing to say to an optional question.
pub fn is_none_word(text: &str) -> bool {
    let folded = fold(text);
    text.trim()
        .chars()
        .all(|c| matches!(c, '-' | '–' | '—' | '.' | '/' | '_' | ' ' | '\n'))
        || matches!(
            folded.as_str(),
            "none"
                | "n a"
                | "na"
                | "nothing"
                | "no"
                | "nil"
                | "not applicable"
                | "no preference"
                | "no preferences"
                | "anyone"
                | "anybody"
                | "any"
                | "no wishes"
                | "no wish"
                | "aucun"
                | "aucune"
                | "rien"
                | "non"
                | "neant"
                | "sans preference"
                | "pas de preference"
                | "aucune preference"
                | "sans objet"
                | "ninguno"
                | "ninguna"
                | "nada"
                | "sin preferencia"
                | "sin preferencias"
                | "no tengo"
                | "cualquiera"
                | "open to anybody"
                | "open to anyone"
                | "peu importe"
                | "whoever"
        )
}

fn texts(lines: &[Piece]) -> Vec<String> {
    lines.iter().map(|line| line.text.clone()).collect()
}

/// The first lines with words, up to an empty one or one with a label of its own: answers of one line may be wrapped, or
/// stand below their label.
fn first_paragraph(lines: &[Piece]) -> String {
    let labelled = |text: &str| {
        text.split_once([':', '：']).is_some_and(|(label, _)| {
            (2..=40).contains(&label.chars().count())
                && label
                    .chars()
                    .all(|c| c.is_alphabetic() || matches!(c, ' ' | '\'' | '’'))
        })
    };
    let mut begun = false;
    lines
        .iter()
        .skip_while(|line| line.text.trim().is_empty())
        .take_while(|line| {
            let text = line.text.trim();
            let ends = text.is_empty() || begun && labelled(text);
            begun = true;
            !ends
        })
        .map(|line| line.text.trim())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Paragraphs of a long text, with lines joined that a mail program wrapped.
fn paragraphs(lines: &[Piece]) -> String {
    let mut out = String::new();
    let mut last = 0usize;
    for line in lines {
        let text = line.text.trim();
        let first_word = text.split(' ').next().unwrap_or_default().chars().count();
        let full = last + 1 + first_word;
        let bullet =
            text.starts_with(['*', '-', '•']) || text.starts_with(|c: char| c.is_ascii_digit());
        if !out.is_empty() {
            out.push(
                if last > 0 && !text.is_empty() && full > 66 && last <= 80 && !bullet {
                    ' '
                } else {
                    '\n'
                },
            );
        }
        out.push_str(text);
        last = text.chars().count() + line.quotes * 2;
    }
    out
}

/// Where the sender wrote below a quoted label, only what they wrote.
fn own_lines(lines: Vec<Piece>, last: bool) -> Vec<Piece> {
    if !answered_unquoted(&lines) {
        return lines;
    }
    let first = lines.first().map_or(0, |line| line.quotes);
    // Below the last question stands the rest of the letter.
    let quoted = lines
        .iter()
        .any(|line| line.quotes >= first && !line.text.trim().is_empty());
    if last && quoted {
        return lines
            .into_iter()
            .filter(|line| line.quotes >= first)
            .collect();
    }
    let boxed = lines
        .iter()
        .any(|line| options::boxed(&line.text).is_some_and(|boxed| boxed.ticked));
    if boxed {
        return lines;
    }
    lines
        .into_iter()
        .filter(|line| line.quotes < first || line.text.trim().is_empty())
        .collect()
}

/// The block without the form's own words: help, hints and their brackets, wherever lines were wrapped.
fn without_help(question: &Question, lines: &[Piece]) -> Vec<Piece> {
    let mut words: Vec<(usize, &str, String)> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        for word in line.text.split_whitespace() {
            words.push((at, word, fold(word)));
        }
    }
    let mut gone = vec![false; words.len()];
    let mut sequences: Vec<Vec<String>> = Vec::new();
    let mut add = |text: &str| {
        let sequence: Vec<String> = text
            .split_whitespace()
            .map(fold)
            .filter(|word| !word.is_empty())
            .collect();
        if sequence.len() >= 2 {
            sequences.push(sequence);
        }
    };
    question.help.0.values().for_each(|help| add(help));
    for hints in &WORDS {
        match question.kind {
            QuestionKind::OneOf => add(hints.tick_one),
            QuestionKind::SomeOf => {
                add(hints.tick_any);
                if let Some(most) = question.at_most {
                    add(&format!(
                        "{} {most} {}",
                        hints.tick_up_to, hints.tick_up_to_end
                    ));
                }
            }
            QuestionKind::YesNo => add(hints.yes_or_no),
            _ => {}
        }
    }
    sequences.sort_by_key(|sequence| std::cmp::Reverse(sequence.len()));
    // Words that are only punctuation take no part in the comparison.
    let solid: Vec<usize> = (0..words.len())
        .filter(|at| !words[*at].2.is_empty())
        .collect();
    for sequence in &sequences {
        let mut start = 0;
        while start + sequence.len() <= solid.len() {
            let window = &solid[start..start + sequence.len()];
            let same = window
                .iter()
                .zip(sequence)
                .all(|(at, wanted)| words[*at].2 == *wanted && !gone[*at]);
            if same {
                for at in window {
                    gone[*at] = true;
                }
                start += sequence.len();
            } else {
                start += 1;
            }
        }
    }
    if !gone.contains(&true) {
        return lines.to_vec();
    }
    let mut out: Vec<Piece> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let touched = words
            .iter()
            .zip(&gone)
            .any(|((of, _, _), gone)| *of == at && *gone);
        if !touched {
            out.push(line.clone());
            continue;
        }
        let kept: Vec<&str> = words
            .iter()
            .zip(&gone)
            .filter(|((of, word, folded), gone)| {
                *of == at
                    && !**gone
                    && !(folded.is_empty()
                        && word
                            .chars()
                            .all(|c| matches!(c, '(' | ')' | ';' | '.' | ':')))
            })
            .map(|((_, word, _), _)| *word)
            .collect();
        // A line that was nothing but help leaves no empty line, which would end the answer.
        if !kept.is_empty() || at == 0 {
            out.push(Piece {
                text: kept.join(" "),
                quotes: line.quotes,
            });
        }
    }
    out
}

/// Wishes on one of the two lines: options of questions that can be wished for, and regions of the world.
fn wishes(form: &Form, target: Target, written: &str) -> Value {
    if target.part == Part::Heading || written.trim().is_empty() || is_none_word(written) {
        return Value::Nothing;
    }
    let mut wished: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut remaining = format!(
        " {} ",
        options::fold_keeping_breaks(&written.replace(['(', ')', ':', '='], " "))
    );
    // Longest labels first; a label that two questions share belongs to the one named beside it.
    let mut labels: Vec<(String, &str, &str)> = Vec::new();
    for question in form_text::wishable(form) {
        for choice in &question.options {
            for label in choice.label.0.values() {
                labels.push((fold(label), &question.id, &choice.id));
                labels.push((
                    fold(label.split('(').next().unwrap_or(label)),
                    &question.id,
                    &choice.id,
                ));
            }
        }
    }
    labels.retain(|(label, _, _)| label.len() >= 3);
    labels.sort_by_key(|(label, _, _)| std::cmp::Reverse(label.len()));
    labels.dedup();
    let region_labels = &*REGION_NAMES;
    loop {
        let option = labels.iter().find_map(|(label, question, id)| {
            options::find_words(&remaining, label).map(|at| (at, label.clone(), *question, *id))
        });
        let region = region_labels.iter().find_map(|(label, id)| {
            options::find_words(&remaining, label).map(|at| (at, label.clone(), id.clone()))
        });
        let (at, question, id) = match (option, region) {
            (Some((at, label, question, id)), region)
                if region
                    .as_ref()
                    .is_none_or(|(_, other, _)| other.len() <= label.len()) =>
            {
                let owner = owner(form, &labels, &label, &remaining, at).unwrap_or((question, id));
                (at, owner.0.to_string(), owner.1.to_string())
            }
            (_, Some((at, _, id))) => (at, REGION.to_string(), id),
            _ => break,
        };
        let ids = wished.entry(question).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
        let blank = ",".to_string() + &" ".repeat(at.1.saturating_sub(at.0 + 1));
        remaining.replace_range(at.0..at.1, &blank);
    }
    // Pieces that are an option shortened, or nearly one.
    let mut unknown: Vec<String> = Vec::new();
    let question_names: Vec<String> = form_text::wishable(form)
        .flat_map(|question| question.label.0.values().map(|label| fold(label)))
        .collect();
    for piece in remaining.split(',') {
        let mut piece = piece.split_whitespace().collect::<Vec<_>>().join(" ");
        for name in &question_names {
            if let Some((from, to)) = options::find_words(&piece, name) {
                piece.replace_range(from..to, "");
            }
        }
        let piece = piece
            .split_whitespace()
            .filter(|word| !is_small(word))
            .collect::<Vec<_>>()
            .join(" ");
        if piece.is_empty() {
            continue;
        }
        if let Some((question, id)) = one_option(form, &piece) {
            let ids = wished.entry(question).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        } else if let Found::One(id) = places::region(&piece) {
            wished.entry(REGION.into()).or_default().push(id);
        } else {
            unknown.push(piece);
        }
    }
    for (id, ids) in &mut wished {
        if let Some(question) = form.question(id) {
            *ids = options::in_order(question, std::mem::take(ids));
        } else {
            ids.sort();
            ids.dedup();
        }
    }
    let written = clean::line(written, clean::SUBJECT_MAX);
    if wished.is_empty() {
        return Value::Unclear(written, Why::Unknown);
    }
    let rest = (!unknown.is_empty()).then(|| (unknown.join(", "), Why::Unknown));
    Value::Wished(wished, rest)
}

/// Names of regions in the form's languages and in English, folded, longest first.
static REGION_NAMES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let mut names: Vec<(String, String)> = Vec::new();
    let all = [
        "latin-america",
        "north-america",
        "south-america",
        "central-america",
        "caribbean",
        "western-asia",
        "southern-asia",
        "eastern-asia",
        "south-eastern-asia",
        "central-asia",
        "northern-africa",
        "sub-saharan-africa",
        "northern-europe",
        "western-europe",
        "eastern-europe",
        "southern-europe",
    ];
    for id in REGIONS.iter().chain(&all) {
        for language in ["en", "fr", "es"] {
            names.push((fold(&places::region_name(id, language)), (*id).to_string()));
        }
    }
    names.push(("middle east".into(), "western-asia".into()));
    names.push(("america".into(), "americas".into()));
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    names.dedup();
    names
});

/// Of questions that share an option's label, the one whose own label stands right after it ("Student (Sector)").
fn owner<'a>(
    form: &'a Form,
    labels: &[(String, &'a str, &'a str)],
    label: &str,
    text: &str,
    at: (usize, usize),
) -> Option<(&'a str, &'a str)> {
    let sharing: Vec<(&str, &str)> = labels
        .iter()
        .filter(|(other, _, _)| other == label)
        .map(|(_, question, id)| (*question, *id))
        .collect();
    if sharing.len() < 2 {
        return None;
    }
    let after = text[at.1..].trim_start();
    sharing.into_iter().find(|(question, _)| {
        form.question(question).is_some_and(|question| {
            question
                .label
                .0
                .values()
                .any(|name| after.starts_with(&fold(name)))
        })
    })
}

/// The one option of all wishable questions that a shortened name means.
fn one_option(form: &Form, piece: &str) -> Option<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for question in form_text::wishable(form) {
        let (ids, unknown) = options::named_in(question, piece);
        if unknown.is_none() && !piece.chars().all(|c| c.is_ascii_digit() || c == ' ') {
            found.extend(ids.into_iter().map(|id| (question.id.clone(), id)));
        }
    }
    if let [one] = &found[..] {
        Some(one.clone())
    } else {
        None
    }
}

/// Words around a wish that say nothing of their own.
fn is_small(word: &str) -> bool {
    matches!(
        word,
        "a" | "an"
            | "the"
            | "in"
            | "from"
            | "of"
            | "or"
            | "and"
            | "with"
            | "someone"
            | "somebody"
            | "who"
            | "is"
            | "be"
            | "works"
            | "working"
            | "work"
            | "at"
            | "person"
            | "partner"
            | "colleague"
            | "also"
            | "please"
            | "preferably"
            | "ideally"
            | "un"
            | "une"
            | "le"
            | "la"
            | "les"
            | "en"
            | "de"
            | "des"
            | "du"
            | "ou"
            | "et"
            | "avec"
            | "quelqu"
            | "dans"
            | "qui"
            | "travaille"
            | "region"
            | "interested"
            | "interests"
            | "interest"
            | "about"
            | "lives"
            | "living"
            | "el"
            | "los"
            | "las"
            | "una"
            | "con"
            | "y"
            | "o"
            | "alguien"
            | "que"
            | "trabaje"
            | "librarian"
            | "any"
            | "must"
            | "my"
    )
}
