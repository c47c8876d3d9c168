//! The filled-in form, however a mail program and its user send it back: above, below or between the quoted lines,
//! in table cells, in free order, with labels translated or misspelt. What nobody filled in is no answer, and what
//! could mean two things is unclear, with the words beside it.
//!
//! The body is cut into blocks, from one label to the next; what each block says is read by the kind of its question
//! in `value`. The sender's own lines come before quoted ones.

pub mod cells;
mod labels;
mod options;
mod value;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::html;
use super::reply_text::{self, Line};
use crate::programme::application::{Answer, Answers, Form, QuestionKind, Unclear, Wishes};
use crate::programme::form_text::ZONE;
use labels::{Labels, Target};

/// What a reply says about the form's questions.
#[derive(Debug, Default, PartialEq)]
pub struct FormReply {
    pub answers: Answers,
    pub unclear: Vec<Unclear>,
}

/// A line of the body without its quote marks.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub text: String,
    /// How many quote marks stood before it.
    pub quotes: usize,
}

/// The lines from one label to the next. The first is what stood after the label.
#[derive(Debug)]
struct Block {
    target: Target,
    lines: Vec<Piece>,
    /// No label follows it in the same quote, so that what is unquoted below may be anything.
    last: bool,
}

/// Reads the answers in a body (with the marks of [`html`]). `asked` says that the message answers a form; without
/// it, a label by chance in a letter about something else is not taken for a form.
pub fn read(marked: &str, form: &Form, language: &str, asked: bool) -> FormReply {
    if form.questions.is_empty() {
        return FormReply::default();
    }
    let labels = labels_of(form);
    let (blocks, ticked) = blocks(marked, form, &labels);
    let mut best: BTreeMap<Target, Reading> = BTreeMap::new();
    // The country helps to read the place, so it comes first.
    let country = blocks
        .iter()
        .filter(|block| {
            form.questions
                .get(block.target.question)
                .is_some_and(|question| question.kind == QuestionKind::Country)
        })
        .find_map(|block| {
            match value::read(form, block.target, &block.lines, block.last, language, None) {
                value::Value::Answer(Answer::One(code)) => Some(code),
                _ => None,
            }
        });
    for block in &blocks {
        let read = value::read(
            form,
            block.target,
            &block.lines,
            block.last,
            language,
            country.as_deref(),
        );
        let own = block.lines.first().is_some_and(|line| line.quotes == 0)
            || value::answered_unquoted(&block.lines);
        let reading = Reading {
            value: read,
            rank: (!own, block.lines.first().map_or(0, |line| line.quotes)),
        };
        if matches!(reading.value, value::Value::Nothing) {
            continue;
        }
        match best.get(&block.target) {
            Some(known) if known.rank <= reading.rank => {}
            _ => {
                best.insert(block.target, reading);
            }
        }
    }
    // Ticked boxes without the label above them.
    for (target, ids) in ticked {
        best.entry(target).or_insert_with(|| Reading {
            value: options::answer(form, target.question, ids),
            rank: (true, 9),
        });
    }
    if !asked
        && best
            .values()
            .filter(|reading| {
                matches!(
                    reading.value,
                    value::Value::Answer(_) | value::Value::Place(..)
                )
            })
            .count()
            < 2
    {
        return FormReply::default();
    }
    gather(best, form)
}

/// What was read for each line of the form, as answers to its questions.
fn gather(best: BTreeMap<Target, Reading>, form: &Form) -> FormReply {
    let mut reply = FormReply::default();
    let mut wishes = Wishes::default();
    let mut wished = false;
    for (target, reading) in best {
        let Some(question) = form.questions.get(target.question) else {
            continue;
        };
        match reading.value {
            value::Value::Nothing => {}
            value::Value::Answer(answer) => {
                reply.answers.insert(question.id.clone(), answer);
            }
            value::Value::Place(written, zone) => {
                reply
                    .answers
                    .insert(question.id.clone(), Answer::One(written));
                reply.answers.insert(ZONE.into(), Answer::One(zone));
            }
            value::Value::Unclear(written, why) => reply.unclear.push(Unclear {
                question: question.id.clone(),
                written,
                why,
            }),
            value::Value::Wished(map, rest) => {
                wished = true;
                if target.part == labels::Part::Must {
                    wishes.must = map
                } else {
                    wishes.like = map
                }
                if let Some((written, why)) = rest {
                    reply.unclear.push(Unclear {
                        question: question.id.clone(),
                        written,
                        why,
                    });
                }
            }
        }
    }
    if wished
        && (!wishes.must.is_empty() || !wishes.like.is_empty())
        && let Some(question) = form
            .questions
            .iter()
            .find(|question| question.kind == QuestionKind::Wishes)
    {
        reply
            .answers
            .insert(question.id.clone(), Answer::Wishes(wishes));
    }
    reply
}

thread_local! {
    /// The labels of the form that was read last: a programme has one form, and preparing it takes longer than reading.
    static LAST: RefCell<Option<(Form, Rc<Labels>)>> = const { RefCell::new(None) };
}

fn labels_of(form: &Form) -> Rc<Labels> {
    LAST.with_borrow_mut(|last| match last {
        Some((known, labels)) if known == form => Rc::clone(labels),
        _ => {
            let labels = Rc::new(Labels::of(form));
            *last = Some((form.clone(), Rc::clone(&labels)));
            labels
        }
    })
}

struct Reading {
    value: value::Value,
    /// The sender's own words first, then the least quoted.
    rank: (bool, usize),
}

type Ticked = BTreeMap<Target, Vec<String>>;

fn blocks(marked: &str, form: &Form, labels: &Labels) -> (Vec<Block>, Ticked) {
    let (lines, kinds) = reply_text::lines(marked);
    let mut blocks: Vec<Block> = Vec::new();
    let mut ticked = Ticked::new();
    let mut open = false;
    let mut at = 0;
    let mut depth = 0;
    while at < lines.len() {
        let line = &lines[at];
        let mut piece = unquoted(line);
        // A quoted line that lost its mark when it was wrapped.
        if kinds[at] == Line::Quote && piece.quotes == 0 {
            piece.quotes = depth;
        }
        depth = piece.quotes;
        if line.contains([html::CUT, html::SIGNATURE, html::QUOTE_HEADER])
            || matches!(kinds[at], Line::Header | Line::Signature | Line::Device)
            || is_footer(&piece.text)
            || reply_text::is_farewell(&lines, &kinds, at)
        {
            open = false;
            at += 1;
            continue;
        }
        if kinds[at] == Line::Cut {
            open = false;
        }
        // A letter's own text below the quote of a filled form, or the sender's below the old one.
        let boxed = options::boxed(&piece.text);
        if boxed.is_none() {
            let found = labels.find_all(&piece.text).or_else(|| {
                // A long label that was wrapped.
                let joined = lines.get(at + 1).map(|next| {
                    format!(
                        "{} {}",
                        piece.text.trim_end(),
                        unquoted(next).text.trim_start()
                    )
                })?;
                let found = labels.find_wrapped(&joined, &piece.text)?;
                at += 1;
                Some(found)
            });
            if let Some(found) = found {
                for (target, rest) in found {
                    open = target.part != labels::Part::Heading;
                    if open {
                        if let Some(before) = blocks.last_mut() {
                            before.last = false;
                        }
                        blocks.push(Block {
                            last: true,
                            target,
                            lines: vec![Piece {
                                text: rest,
                                quotes: piece.quotes,
                            }],
                        });
                    }
                }
                at += 1;
                continue;
            }
        }
        if open && let Some(block) = blocks.last_mut() {
            let from = block.lines.first().map_or(0, |line| line.quotes);
            if piece.quotes > from && !piece.text.trim().is_empty() && boxed.is_none() {
                // The sender's own lines end where a deeper quote begins.
                open = false;
            } else {
                block.lines.push(piece);
            }
        } else if let Some(boxed) = boxed
            && boxed.ticked
            && at < options::LINES_MAX
            && let Some((question, id)) = options::anywhere(form, &boxed.text)
        {
            let ids = ticked
                .entry(Target {
                    question,
                    part: labels::Part::Main,
                })
                .or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        at += 1;
    }
    (blocks, ticked)
}

/// The visible reference that our letters end with is no answer.
fn is_footer(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("Ref: ")
        || text.starts_with("Réf : ")
        || (text.len() > 8 && text.chars().all(|c| matches!(c, '-' | '_' | '=' | '*')))
}

fn unquoted(line: &str) -> Piece {
    let mut quotes = 0;
    let mut rest = line;
    loop {
        let next = rest.trim_start();
        match next.strip_prefix('>').or_else(|| next.strip_prefix("| ")) {
            Some(after) => {
                quotes += 1;
                rest = after;
            }
            None if next.trim_end() == "|" => {
                quotes += 1;
                rest = "";
                break;
            }
            None => break,
        }
    }
    Piece {
        text: rest.trim_end().to_string(),
        quotes,
    }
}

#[cfg(test)]
mod tests;
