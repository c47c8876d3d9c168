//! Lists of options: boxes ticked in any way, numbers, names, shortened names, and lists from which all others were
//! deleted.

use super::value::Value;
use crate::mail::inbound::clean;
use crate::places::fold::{fold, nearly};
use crate::programme::application::{Answer, Choice, Form, Question, QuestionKind, Why};

/// A question's options with their labels folded once.
struct Known<'a> {
    question: &'a Question,
    /// Of each option: its labels in all languages, whole and up to a bracket.
    labels: Vec<Vec<String>>,
    short: Vec<Vec<String>>,
}

impl<'a> Known<'a> {
    fn of(question: &'a Question) -> Known<'a> {
        let labels = |cut: fn(&str) -> &str| {
            question
                .options
                .iter()
                .map(|choice| {
                    choice
                        .label
                        .0
                        .values()
                        .map(|label| fold(cut(label)))
                        .collect()
                })
                .collect()
        };
        Known {
            question,
            labels: labels(|label| label),
            short: labels(before_bracket),
        }
    }

    fn choice(&self, at: usize) -> Option<&'a Choice> {
        self.question.options.get(at)
    }
}

/// A line that begins with a box or a tick.
pub struct Boxed {
    pub ticked: bool,
    /// What stands beside the box, number included.
    pub text: String,
}

/// Longest list of options that is read, in lines.
pub const LINES_MAX: usize = 400;

const TICKS: [char; 16] = [
    'x', 'X', '✓', '✔', '☑', '☒', '✅', '✗', '✘', 'v', 'V', '*', '•', '■', '×', 'х',
];
const EMPTY_BOXES: [char; 6] = ['☐', '□', '❏', '❑', '▢', '◻'];
const TICKED_BOXES: [char; 8] = ['☑', '☒', '✅', '✔', '✓', '■', '🗹', '🗵'];

/// The box at the beginning of a line, where there is one: `[ ]`, `[x]`, `( )`, `☐`, `x [ ]`, `[ ] x`, `[ ]x`.
pub fn boxed(line: &str) -> Option<Boxed> {
    let line = line
        .trim()
        .trim_start_matches(['-', '*', '•', '·', '–'])
        .trim_start();
    let mut chars = line.chars();
    let first = chars.next()?;
    if EMPTY_BOXES.contains(&first) || TICKED_BOXES.contains(&first) {
        let rest = chars
            .as_str()
            .trim_start_matches(['\u{fe0f}', '\u{fe0e}'])
            .trim_start();
        let (marked, rest) = leading_tick(rest);
        return Some(Boxed {
            ticked: TICKED_BOXES.contains(&first) || marked,
            text: rest.to_string(),
        });
    }
    // "x] 3 School library": its opening bracket is lost.
    if let Some(rest) = ["x]", "X]", "✓]", "✔]"]
        .iter()
        .find_map(|tick| line.strip_prefix(tick))
    {
        return Some(Boxed {
            ticked: true,
            text: rest.trim_start().to_string(),
        });
    }
    // "x [ ] 3 School library"
    let (before, after) = leading_tick(line);
    let open = after.chars().next()?;
    let close = match open {
        '[' => ']',
        '(' => ')',
        '{' => '}',
        '<' => '>',
        _ => return None,
    };
    let inner = &after[open.len_utf8()..];
    // "[x 3 School library": the tick has taken the place of the closing bracket.
    if open == '['
        && let (true, rest) = leading_tick(inner)
        && rest.starts_with(|c: char| c.is_ascii_digit())
    {
        return Some(Boxed {
            ticked: true,
            text: rest.to_string(),
        });
    }
    let end = inner.find(close)?;
    let mark = inner[..end].trim().trim_matches('_').trim();
    let rest = inner[end + close.len_utf8()..].trim_start();
    // "[3] 3 School library"
    let number = !mark.is_empty()
        && mark.len() <= 2
        && mark.chars().all(|c| c.is_ascii_digit())
        && without_number(rest)
            .0
            .map(|number| number.to_string())
            .as_deref()
            == Some(mark);
    let empty = mark.is_empty() || mark.chars().all(|c| matches!(c, '_' | '.' | '-' | ' '));
    let tick = mark.chars().count() <= 4
        && (mark
            .chars()
            .all(|c| TICKS.contains(&c) || c == '\u{fe0f}' || c == '/')
            || matches!(fold(mark).as_str(), "yes" | "oui" | "si" | "y" | "ok" | "1"));
    let tick = tick || number;
    if !(empty || tick) {
        return None;
    }
    let (marked, rest) = leading_tick(rest);
    let (trailing, rest) = trailing_tick(rest);
    Some(Boxed {
        ticked: before || marked || trailing || (tick && !empty),
        text: rest.to_string(),
    })
}

/// A tick that stands alone before the text.
fn leading_tick(text: &str) -> (bool, &str) {
    let Some(first) = text.chars().next() else {
        return (false, text);
    };
    if !TICKS.contains(&first) || matches!(first, '*' | '•') {
        return (false, text);
    }
    let rest = text[first.len_utf8()..].trim_start_matches('\u{fe0f}');
    // A word that begins with x is no tick.
    match rest.chars().next() {
        Some(c) if c.is_alphabetic() && first.is_alphabetic() => (false, text),
        _ => (true, rest.trim_start()),
    }
}

/// "[ ] 3 School library  x", "[ ] School library <--", "... YES"
fn trailing_tick(text: &str) -> (bool, &str) {
    let trimmed = text.trim_end();
    // "School library ......x"
    if let Some(rest) = trimmed.strip_suffix(['x', 'X'])
        && (rest.ends_with("..") || rest.ends_with("__") || rest.ends_with("--"))
    {
        return (true, rest.trim_end_matches(['.', '_', '-', ' ']));
    }
    for mark in [
        " x", " X", " ✓", " ✔", " ✅", " ☑", " <-", " <--", " <---", " <=", " <==", " ←", " yes",
        " YES", " Yes", " oui", " OUI", " sí", " SÍ", "\tx", "\tX",
    ] {
        if let Some(rest) = trimmed.strip_suffix(mark) {
            return (true, rest.trim_end());
        }
    }
    (false, text)
}

/// The option that a ticked line outside of any block can only mean.
pub fn anywhere(form: &Form, text: &str) -> Option<(usize, String)> {
    let label = fold(without_number(text).1);
    let mut found = None;
    for (at, question) in form.questions.iter().enumerate() {
        if !matches!(question.kind, QuestionKind::OneOf | QuestionKind::SomeOf) {
            continue;
        }
        for choice in &question.options {
            if choice.label.0.values().any(|known| fold(known) == label) {
                if found.is_some() {
                    return None;
                }
                found = Some((at, choice.id.clone()));
            }
        }
    }
    found
}

/// Option ids as the question's answer, or why they are none.
pub fn answer(form: &Form, question: usize, ids: Vec<String>) -> Value {
    let Some(question) = form.questions.get(question) else {
        return Value::Nothing;
    };
    let shown = |ids: &[String]| {
        ids.iter()
            .filter_map(|id| question.options.iter().find(|choice| choice.id == *id))
            .map(|choice| choice.label.of("en"))
            .collect::<Vec<_>>()
            .join("; ")
    };
    let most = if question.kind == QuestionKind::OneOf {
        1
    } else {
        question.at_most.unwrap_or(usize::MAX)
    };
    if ids.is_empty() {
        Value::Nothing
    } else if ids.len() > most {
        Value::Unclear(shown(&ids), Why::TooMany)
    } else if question.kind == QuestionKind::OneOf {
        ids.into_iter()
            .next()
            .map_or(Value::Nothing, |id| Value::Answer(Answer::One(id)))
    } else {
        Value::Answer(Answer::Many(in_order(question, ids)))
    }
}

/// Ids in the order of the form.
pub fn in_order(question: &Question, ids: Vec<String>) -> Vec<String> {
    question
        .options
        .iter()
        .map(|choice| choice.id.clone())
        .filter(|id| ids.contains(id))
        .collect()
}

/// What a block of option lines and words says.
pub fn read(form: &Form, at: usize, lines: &[String]) -> Value {
    let Some(question) = form.questions.get(at) else {
        return Value::Nothing;
    };
    let known = Known::of(question);
    let mut ticked: Vec<String> = Vec::new();
    let mut listed: Vec<String> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut unboxed: Vec<String> = Vec::new();
    let mut boxes = 0;
    let mut rest_of_label: Option<String> = None;
    for line in lines.iter().take(LINES_MAX) {
        if line.trim().is_empty() {
            continue;
        }
        if let Some(rest) = rest_of_label.take()
            && fold(line) == rest
        {
            continue;
        }
        if let Some(boxed) = boxed(line) {
            boxes += 1;
            let Some(choice) = named(&known, &boxed.text) else {
                if boxed.ticked {
                    words.push(boxed.text);
                }
                continue;
            };
            rest_of_label = unfinished(&known, choice, &boxed.text);
            if boxed.ticked {
                push(&mut ticked, &choice.id);
            }
            push(&mut listed, &choice.id);
            continue;
        }
        // A line that is an option of the list without its box: "3 School library", "x 3 School library".
        let (number, label) = without_number(line);
        let (marked, label) = trailing_tick(label);
        let (before, label) = leading_tick(label);
        let (second, label) = match number {
            None if before => without_number(label),
            _ => (None, label),
        };
        let number = number.or(second);
        let folded = fold(label);
        // The end of a label whose beginning was deleted.
        if line.trim_end().ends_with(')')
            && !line.contains('(')
            && known.labels.iter().flatten().any(|whole| {
                whole
                    .strip_suffix(&folded)
                    .is_some_and(|rest| rest.ends_with(' '))
            })
        {
            continue;
        }
        let exact = known
            .labels
            .iter()
            .position(|labels| labels.contains(&folded));
        if let Some(position) = exact
            && (number == Some(position + 1) || marked || before || number.is_none())
        {
            let id = &question.options[position].id;
            if marked || before {
                push(&mut ticked, id);
            } else {
                push(&mut unboxed, id);
            }
            push(&mut listed, id);
            continue;
        }
        words.push(line.clone());
    }
    if !ticked.is_empty() {
        return answer(form, at, ticked);
    }
    // Beside a list of empty boxes stands what was written after the label, or what lost its box when it was chosen.
    if boxes > unboxed.len() && !unboxed.is_empty() && words.is_empty() {
        return answer(form, at, unboxed);
    }
    let spoken: String = words.join("\n").chars().take(clean::ANSWER_MAX).collect();
    if !spoken.trim().is_empty() {
        let (ids, unknown) = named_among(&known, &spoken);
        if !ids.is_empty() && unknown.is_none() {
            return answer(form, at, ids);
        }
        // "3 (twelve years)": a remark in brackets.
        let bare = spoken.split('(').next().unwrap_or_default();
        if bare.len() < spoken.len()
            && let (ids, None) = named_among(&known, bare)
            && !ids.is_empty()
        {
            return answer(form, at, ids);
        }
        // Beside a whole list of empty boxes a stray line says nothing; alone it is what was answered.
        if listed.len() < question.options.len() || boxes == 0 {
            if !ids.is_empty() {
                let read = answer(form, at, ids);
                // "Public library (the one by the lake)": named once, and a remark.
                if question.kind == QuestionKind::OneOf || matches!(read, Value::Unclear(..)) {
                    return read;
                }
                return unknown.map_or(read, |unknown| Value::Unclear(unknown, Why::Unknown));
            }
            if !super::value::is_none_word(&spoken) && listed.is_empty() {
                let why = if ambiguous(&known, &spoken) {
                    Why::Ambiguous
                } else {
                    Why::Unknown
                };
                return Value::Unclear(
                    spoken.split_whitespace().collect::<Vec<_>>().join(" "),
                    why,
                );
            }
        }
    }
    // All the others were deleted.
    let few = match question.kind {
        QuestionKind::OneOf => listed.len() == 1,
        _ => listed.len() <= question.at_most.unwrap_or(question.options.len() / 2),
    };
    if few && listed.len() < question.options.len() {
        answer(form, at, listed)
    } else {
        Value::Nothing
    }
}

fn push(ids: &mut Vec<String>, id: &str) {
    if !ids.iter().any(|known| known == id) {
        ids.push(id.to_string());
    }
}

/// The number before an option's label, and the label.
fn without_number(text: &str) -> (Option<usize>, &str) {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if !(1..=2).contains(&digits) {
        return (None, text);
    }
    let rest = text[digits..].trim_start_matches(['.', ')', ':', '-', ' ', '\t']);
    (text[..digits].parse().ok(), rest)
}

/// The option that a boxed line names: by its label, or the beginning of it; the number decides between two.
fn named<'a>(known: &Known<'a>, text: &str) -> Option<&'a Choice> {
    let (number, label) = without_number(text);
    let by_number = number
        .and_then(|number| number.checked_sub(1))
        .filter(|at| *at < known.labels.len());
    let folded = fold(label);
    if folded.is_empty() {
        return by_number.and_then(|at| known.choice(at));
    }
    let agrees = |at: &usize| {
        known.labels[*at]
            .iter()
            .any(|label| label.starts_with(&folded) || folded.starts_with(label.as_str()))
    };
    if let Some(at) = by_number.filter(agrees) {
        return known.choice(at);
    }
    // Renumbered or misspelt beyond recognition: the label says more than the number.
    best(known, &folded).or(by_number.and_then(|at| known.choice(at)))
}

/// The rest of a label that was wrapped to the next line.
fn unfinished(known: &Known<'_>, choice: &Choice, text: &str) -> Option<String> {
    let folded = fold(without_number(text).1);
    let at = known
        .question
        .options
        .iter()
        .position(|other| other.id == choice.id)?;
    known.labels[at]
        .iter()
        .find_map(|label| {
            label
                .strip_prefix(&folded)
                .map(|rest| rest.trim().to_string())
        })
        .filter(|rest| !rest.is_empty())
}

/// The one option that `folded` means: its label, the beginning of it, a word in it that no other has, or nearly it.
fn best<'a>(known: &Known<'a>, folded: &str) -> Option<&'a Choice> {
    if let [one] = candidates(known, folded)[..] {
        known.choice(one)
    } else {
        None
    }
}

fn ambiguous(known: &Known<'_>, text: &str) -> bool {
    candidates(known, &fold(text)).len() > 1
}

/// Options that `folded` may mean by the strictest rule that finds any.
fn candidates(known: &Known<'_>, folded: &str) -> Vec<usize> {
    let length = folded.chars().count();
    if length < 2 {
        return Vec::new();
    }
    let matching = |rule: &dyn Fn(&str) -> bool| -> Vec<usize> {
        (0..known.labels.len())
            .filter(|at| {
                known.labels[*at]
                    .iter()
                    .chain(&known.short[*at])
                    .any(|label| rule(label))
            })
            .collect()
    };
    let wanted = singular(folded);
    let rules: [&dyn Fn(&str) -> bool; 6] = [
        &|label| {
            label == folded || label.len().abs_diff(wanted.len()) < 9 && singular(label) == wanted
        },
        &|label| length >= 3 && label.starts_with(folded) && label[folded.len()..].starts_with(' '),
        &|label| {
            length >= 4
                && (label.starts_with(folded)
                    || folded
                        .strip_prefix(label)
                        .is_some_and(|rest| label.len() >= 5 && rest.starts_with(' ')))
        },
        &|label| nearly(folded, label).is_some(),
        &|label| length >= 6 && nearly(folded, &leading_words(label, folded)).is_some(),
        &|label| length >= 4 && format!(" {label} ").contains(&format!(" {folded} ")),
    ];
    for (at, rule) in rules.iter().enumerate() {
        let found = matching(rule);
        if !found.is_empty() {
            return found;
        }
        if at == 0 {
            let by_id: Vec<usize> = (0..known.labels.len())
                .filter(|at| {
                    known
                        .choice(*at)
                        .is_some_and(|choice| fold(&choice.id) == folded)
                })
                .collect();
            if !by_id.is_empty() {
                return by_id;
            }
        }
    }
    Vec::new()
}

/// As many words of a label as `folded` has.
fn leading_words(label: &str, folded: &str) -> String {
    label
        .split(' ')
        .take(folded.split(' ').count())
        .collect::<Vec<_>>()
        .join(" ")
}

fn before_bracket(label: &str) -> &str {
    label.split('(').next().unwrap_or(label)
}

fn singular(folded: &str) -> String {
    folded
        .split(' ')
        .map(|word| match word.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => word
                .strip_suffix('s')
                .filter(|stem| stem.len() > 2)
                .unwrap_or(word)
                .to_string(),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Options named in running text: numbers, labels (commas in them and all), shortened names. The second value is what
/// could not be read.
pub fn named_in(question: &Question, text: &str) -> (Vec<String>, Option<String>) {
    named_among(&Known::of(question), text)
}

fn named_among(known: &Known<'_>, text: &str) -> (Vec<String>, Option<String>) {
    let question = known.question;
    let mut ids = Vec::new();
    // Whole labels first, so that a comma in a label does not split it.
    let mut remaining = format!(" {} ", fold_keeping_breaks(text));
    let mut labels: Vec<(&str, &str)> = question
        .options
        .iter()
        .zip(&known.labels)
        .flat_map(|(choice, labels)| {
            labels
                .iter()
                .map(|label| (label.as_str(), choice.id.as_str()))
        })
        .collect();
    labels.sort_by_key(|(label, _)| std::cmp::Reverse(label.len()));
    let mut order: Vec<(usize, String)> = Vec::new();
    for (label, id) in labels.iter().filter(|(label, _)| label.len() >= 4) {
        if let Some(at) = find_words(&remaining, label) {
            order.push((at.0, (*id).to_string()));
            let blank = ",".to_string() + &" ".repeat(at.1.saturating_sub(at.0 + 1));
            remaining.replace_range(at.0..at.1, &blank);
        }
    }
    let mut unknown = Vec::new();
    let mut position = 0;
    for piece in remaining.split([',', '\n', ';']) {
        let start = position;
        position += piece.len() + 1;
        for part in halves(piece) {
            let (number, rest) = without_number(&part);
            if let (Some(number), true) = (number, fold(rest).is_empty()) {
                match number
                    .checked_sub(1)
                    .and_then(|at| question.options.get(at))
                {
                    Some(choice) => order.push((start, choice.id.clone())),
                    None => unknown.push(part),
                }
                continue;
            }
            let folded = fold(rest);
            if folded.is_empty() || is_filler(&folded) {
                continue;
            }
            match best(known, &folded) {
                Some(choice) => order.push((start, choice.id.clone())),
                None => {
                    // "2 5 7"
                    let numbers: Vec<Option<&Choice>> = part
                        .split_whitespace()
                        .map(|word| {
                            word.parse::<usize>()
                                .ok()
                                .and_then(|n| question.options.get(n.checked_sub(1)?))
                        })
                        .collect();
                    if !numbers.is_empty() && numbers.iter().all(Option::is_some) {
                        order.extend(
                            numbers
                                .into_iter()
                                .flatten()
                                .map(|choice| (start, choice.id.clone())),
                        );
                    } else {
                        unknown.push(part);
                    }
                }
            }
        }
    }
    order.sort_by_key(|(at, _)| *at);
    for (_, id) in order {
        push(&mut ids, &id);
    }
    let unknown = unknown.join(", ");
    (ids, (!unknown.trim().is_empty()).then_some(unknown))
}

/// Folded text in which separators between pieces are commas.
pub fn fold_keeping_breaks(text: &str) -> String {
    text.split([',', ';', '\n', '•', '·', '/', '+', '&', '|', '、', '，'])
        .map(fold)
        .filter(|piece| !piece.is_empty())
        .collect::<Vec<_>>()
        .join(" , ")
}

/// Where the words of `label` stand in `text` (both folded), separators between them ignored.
pub fn find_words(text: &str, label: &str) -> Option<(usize, usize)> {
    let wanted: Vec<&str> = label.split(' ').collect();
    let mut words: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    for word in text.split(' ') {
        if !word.is_empty() && word != "," {
            words.push((at, word));
        }
        at += word.len() + 1;
    }
    words
        .windows(wanted.len())
        .find(|window| {
            window
                .iter()
                .zip(&wanted)
                .all(|((_, word), wanted)| word == wanted)
        })
        .and_then(|window| {
            Some((
                window.first()?.0,
                window.last().map(|(at, word)| at + word.len())?,
            ))
        })
}

fn halves(piece: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    for word in piece.split_whitespace() {
        if matches!(word, "and" | "et" | "y" | "or" | "ou" | "o" | "und" | "e") {
            out.push(String::new());
        } else if let Some(last) = out.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    // "Environment and climat" is one thing: try the whole, too.
    let whole = piece.split_whitespace().collect::<Vec<_>>().join(" ");
    if out.len() > 1 && out.iter().any(|part| part.is_empty()) {
        vec![whole]
    } else {
        out.retain(|part| !part.is_empty());
        out
    }
}

fn is_filler(folded: &str) -> bool {
    folded.split(' ').all(|word| {
        matches!(
            word,
            "i" | "am"
                | "a"
                | "an"
                | "the"
                | "in"
                | "work"
                | "at"
                | "my"
                | "option"
                | "options"
                | "number"
                | "numbers"
                | "no"
                | "nr"
                | "numero"
                | "choice"
                | "je"
                | "suis"
                | "dans"
                | "une"
                | "un"
                | "en"
                | "una"
                | "also"
                | "x"
        )
    })
}
