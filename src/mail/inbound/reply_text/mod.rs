//! What the sender wrote anew: the text without quoted mail, quote headers and signature.
//! Losing a person's words is the worse error, so everything that is not certainly old or a signature stays.
//! Line by line and linear in the length of the text.

mod quote_header;
mod signature;

use super::html::{CUT, QUOTE_HEADER, SIGNATURE};
use quote_header::Opening;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Empty,
    /// The sender's own words, as far as we know.
    Text,
    /// Begins with `>`.
    Quote,
    /// Part of "On Monday, Bob wrote:".
    Header,
    /// From here on all is old.
    Cut,
    /// From here on all is signature, up to a quote.
    Signature,
    /// "Sent from my phone".
    Device,
}

/// The lines of a body and what each is, for readers of lists and forms.
pub(super) fn lines(body: &str) -> (Vec<String>, Vec<Line>) {
    let lines = prepared(body);
    let kinds = kinds(&lines);
    (lines, kinds)
}

/// Whether a letter's farewell begins on this line: a closing formula of the sender's, and nothing but a name below it.
/// For readers of forms, whose last answer stands right above it.
pub(super) fn is_farewell(lines: &[String], kinds: &[Line], at: usize) -> bool {
    if kinds[at] != Line::Text || !signature::closes_a_form(&lines[at]) {
        return false;
    }
    let below: Vec<&String> = lines[at + 1..]
        .iter()
        .zip(&kinds[at + 1..])
        .take_while(|(line, kind)| {
            matches!(kind, Line::Text | Line::Empty) && !line.starts_with("____")
        })
        .map(|(line, _)| line)
        .filter(|line| !line.trim().is_empty())
        .take(4)
        .collect();
    (1..4).contains(&below.len()) && below.iter().all(|line| may_sign(line))
}

/// Short enough for a name, and no sentence.
fn may_sign(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() <= 40
        && line.split_whitespace().count() <= 5
        && !line.ends_with(['?', '!', ':'])
}

/// The new text in `body`, which may bear the markers of [`super::html`].
pub fn new_text(body: &str) -> String {
    let lines: Vec<String> = prepared(body);
    let kinds = kinds(&lines);
    let mut kept = kept(&kinds);
    keep_what_is_answered(&lines, &kinds, &mut kept);
    drop_closing(&lines, &mut kept);
    drop_contact(&lines, &mut kept);
    let mut out: Vec<&str> = Vec::new();
    for (line, keep) in lines.iter().zip(&kept) {
        if *keep {
            out.push(line.trim_end());
        }
    }
    let text = out.join("\n");
    squeeze_empty(text.trim_matches(['\n', ' ']))
}

/// Longest quote that somebody chose, in lines; a whole letter was quoted by a mail program.
const CHOSEN_MAX: usize = 15;

/// A short quote that no mail program put there: nothing says who wrote it, and words of the sender's stand below it. They
/// chose it, and what they wrote answers it.
fn keep_what_is_answered(lines: &[String], kinds: &[Line], kept: &mut [bool]) {
    let mut at = 0;
    while at < lines.len() {
        if kinds[at] != Line::Quote {
            at += 1;
            continue;
        }
        let end = (at..lines.len())
            .find(|next| !matches!(kinds[*next], Line::Quote | Line::Empty))
            .unwrap_or(lines.len());
        let before = (0..at).rev().find(|before| kinds[*before] != Line::Empty);
        let chosen = before.is_none_or(|before| {
            kinds[before] == Line::Text
                && kept[before]
                && !lines[before].trim_end().ends_with([':', '：', '>'])
        });
        // Quote marks within the quote's own words make no quote: "> From: ..." is one that was forwarded.
        let answered = kinds.get(end) == Some(&Line::Text) && kept[end];
        if chosen && answered && end - at <= CHOSEN_MAX {
            kept[at..end].fill(true);
        }
        at = end;
    }
}

/// What stands below the header block that a new letter begins with: its sender passes it on, and wants it read.
pub fn passed_on(body: &str) -> String {
    let lines = prepared(body);
    let kinds = kinds(&lines);
    let first = kinds.iter().position(|kind| *kind != Line::Empty);
    let Some(start) =
        first.filter(|first| kinds[*first] == Line::Cut && !lines[*first].contains(CUT))
    else {
        return String::new();
    };
    let below: Vec<String> = lines[start..]
        .iter()
        .skip_while(|line| !line.trim().is_empty())
        .cloned()
        .collect();
    new_text(&below.join("\n"))
}

/// The sender's own words for a reader of commands: without what they quote.
pub fn unquoted(text: &str) -> String {
    text.lines()
        .filter(|line| !line.starts_with('>'))
        .collect::<Vec<_>>()
        .join("\n")
}

/// How to reach the sender, at the very end and below other words: the signature of people who mark none.
fn drop_contact(lines: &[String], kept: &mut [bool]) {
    let written: Vec<usize> = (0..lines.len())
        .filter(|at| kept[*at] && !lines[*at].trim().is_empty())
        .collect();
    let Some(last) = written.last().copied() else {
        return;
    };
    if written.len() > 1 && signature::is_signed_name(&lines[last]) {
        kept[last] = false;
        return;
    }
    let start = (0..=last)
        .rev()
        .find(|at| lines[*at].trim().is_empty())
        .map_or(0, |empty| empty + 1);
    let block = &lines[start..=last];
    let contacts = block
        .iter()
        .filter(|line| signature::is_contact(line))
        .count();
    let name = signature::is_name(&block[0]) || signature::is_contact(&block[0]);
    if written[0] < start
        && (2..=7).contains(&block.len())
        && contacts >= 2
        && name
        && block.iter().all(|line| {
            line.chars().count() <= 60 && !line.contains([':', '?']) || signature::is_contact(line)
        })
    {
        kept[start..=last].fill(false);
    }
}

/// A closing formula and the name below it, at the very end: the signature of people who mark none.
fn drop_closing(lines: &[String], kept: &mut [bool]) {
    let written: Vec<usize> = (0..lines.len())
        .filter(|at| kept[*at] && !lines[*at].trim().is_empty())
        .collect();
    let Some(closing) = written
        .iter()
        .rev()
        .take(4)
        .position(|at| signature::is_closing(&lines[*at]))
    else {
        return;
    };
    let from = written.len() - 1 - closing;
    let name = written[from + 1..].iter().all(|at| may_sign(&lines[*at]));
    // Alone it would be all that was written.
    if from > 0 && name && closing > 0 {
        written[from..].iter().for_each(|at| kept[*at] = false);
    }
}

/// Which lines stay.
fn kept(kinds: &[Line]) -> Vec<bool> {
    let mut keep = vec![true; kinds.len()];
    let mut cut = false;
    let mut signature = false;
    for (at, kind) in kinds.iter().enumerate() {
        match kind {
            Line::Cut => cut = true,
            Line::Signature => signature = true,
            // Words after a quote that followed the signature are an answer below the quote, not signature.
            Line::Quote | Line::Header => signature = false,
            Line::Text | Line::Device | Line::Empty => {}
        }
        keep[at] = !cut && !signature && matches!(kind, Line::Text | Line::Empty);
    }
    keep
}

/// Lines of the body with line ends, odd quote marks and armour made plain.
fn prepared(body: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut armour = false;
    for line in body.lines() {
        let line = line.trim_end_matches('\r');
        if line.starts_with("-----BEGIN PGP SIGNATURE") {
            armour = true;
        }
        if !(armour || line.starts_with("-----BEGIN PGP SIGNED") || line.starts_with("Hash: SHA")) {
            let start = line.trim_start();
            let line = match start
                .strip_prefix("&gt;")
                .or_else(|| start.strip_prefix('＞'))
            {
                Some(rest) => format!(">{rest}"),
                None => line.to_string(),
            };
            match quote_header::shared_line(&line) {
                Some(at) => {
                    lines.push(line[..at].trim_end_matches([' ', '-']).to_string());
                    lines.push(line[at..].to_string());
                }
                None => lines.push(line),
            }
        }
        if line.starts_with("-----END PGP SIGNATURE") {
            armour = false;
        }
    }
    lines
}

fn kinds(lines: &[String]) -> Vec<Line> {
    let mut kinds: Vec<Line> = lines.iter().map(|line| kind(line)).collect();
    mend_quotes(lines, &mut kinds);
    let mut at = 0;
    while at < lines.len() {
        let old = kinds[at];
        if lines[at].contains(CUT) {
            kinds[at] = Line::Cut;
        } else if lines[at].contains(SIGNATURE) {
            kinds[at] = Line::Signature;
        } else if lines[at].contains(QUOTE_HEADER) {
            // The lines up to the quote that they introduce.
            let end = (at + 1..lines.len().min(at + 8)).find(|next| kinds[*next] == Line::Quote);
            let until = end.unwrap_or(at + 1);
            kinds[at..until].fill(Line::Header);
            at = until;
            continue;
        } else if old == Line::Text {
            match quote_header::opening(lines, &kinds, at) {
                Some(Opening::Wrote(count)) => {
                    let end = at + count;
                    let next = (end..lines.len()).find(|next| kinds[*next] != Line::Empty);
                    kinds[at..end].fill(Line::Header);
                    // What follows is old although nothing marks it.
                    if next.is_some_and(|next| kinds[next] != Line::Quote)
                        && quote_header::is_strong(&lines[at..end])
                    {
                        kinds[at] = Line::Cut;
                    }
                    at = end;
                    continue;
                }
                Some(Opening::Block) => kinds[at] = Line::Cut,
                None => {
                    if signature::is_delimiter(lines, at) {
                        kinds[at] = Line::Signature;
                    } else if kinds
                        .get(at + 1)
                        .is_none_or(|next| *next != Line::Text || short(&lines[at + 1]))
                        && signature::is_device(&lines[at])
                    {
                        kinds[at] = Line::Device;
                    } else if signature::is_footer(lines, &kinds, at) {
                        kinds[at] = Line::Signature;
                    }
                }
            }
        }
        at += 1;
    }
    // "Sent from ..." with words of the sender's below it is a sentence.
    let mut below = false;
    for at in (0..lines.len()).rev() {
        match kinds[at] {
            Line::Text => below = true,
            Line::Quote | Line::Header | Line::Cut | Line::Signature => below = false,
            Line::Device if below && !signature::is_surely_device(&lines[at]) => {
                kinds[at] = Line::Text
            }
            Line::Device | Line::Empty => {}
        }
    }
    kinds
}

/// Lines that lost their quote mark when a mail program wrapped them, and quotes marked with bars.
fn mend_quotes(lines: &[String], kinds: &mut [Line]) {
    let barred = |at: usize| {
        lines
            .get(at)
            .is_some_and(|line| line.starts_with("| ") || line.trim_end() == "|")
    };
    for (at, kind) in kinds.iter_mut().enumerate() {
        if *kind == Line::Text && barred(at) && (barred(at + 1) || at > 0 && barred(at - 1)) {
            *kind = Line::Quote;
        }
    }
    // "JD> What do you think?"
    let initials = |at: usize| {
        lines.get(at).is_some_and(|line| {
            line.split_once('>').is_some_and(|(who, _)| {
                (1..=4).contains(&who.len()) && who.bytes().all(|byte| byte.is_ascii_uppercase())
            })
        })
    };
    for (at, kind) in kinds.iter_mut().enumerate() {
        if *kind == Line::Text && initials(at) && (initials(at + 1) || at > 0 && initials(at - 1)) {
            *kind = Line::Quote;
        }
    }
    // Whoever wrapped the quote wrapped all of it at the same width.
    let longest = lines
        .iter()
        .zip(&*kinds)
        .filter(|(_, kind)| **kind == Line::Quote)
        .map(|(line, _)| line.chars().count())
        .max();
    let width = longest
        .filter(|longest| (40..=72).contains(longest))
        .unwrap_or(72);
    for at in 1..lines.len().saturating_sub(1) {
        if kinds[at] != Line::Text || kinds[at - 1] != Line::Quote || kinds[at + 1] != Line::Quote {
            continue;
        }
        let before = lines[at - 1].trim_end();
        let line = lines[at].trim();
        let first = line.split(' ').next().unwrap_or_default().chars().count();
        let goes_on =
            line.starts_with(|c: char| !c.is_uppercase()) && !before.ends_with(['?', ':', '!']);
        let wrapped = before.chars().count() + 1 + first > width && goes_on;
        let address = before
            .rsplit(' ')
            .next()
            .is_some_and(|word| word.contains("http"))
            && !line.contains(' ')
            && goes_on;
        if wrapped || address {
            kinds[at] = Line::Quote;
        }
    }
}

fn kind(line: &str) -> Line {
    let start = line.trim_start();
    if start.is_empty() {
        Line::Empty
    } else if start.starts_with('>') {
        Line::Quote
    } else {
        Line::Text
    }
}

/// Device lines stand in a group, and none of them is long.
fn short(line: &str) -> bool {
    line.len() < 160
}

/// At most one empty line in a row.
fn squeeze_empty(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.split('\n') {
        empty = if line.trim().is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(line);
        }
    }
    out
}

#[cfg(test)]
mod tests;
