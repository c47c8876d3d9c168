//! Answers that come one by one, as the cells of a table do: the same values, read in the same way as in a reply.

use std::collections::BTreeMap;

use super::labels::{Part, Target};
use super::{FormReply, Piece, Reading, gather, value};
use crate::programme::application::{Form, QuestionKind};

/// What stands in one column of a row. `question` is a question's id, or `must` or `like` for the two lines of wishes.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    pub question: &'a str,
    pub text: &'a str,
}

/// Reads a row. Cells of questions that the form does not ask say nothing.
pub fn read(cells: &[Cell<'_>], form: &Form, language: &str) -> FormReply {
    let targets: Vec<(Target, Vec<Piece>)> = cells
        .iter()
        .filter_map(|cell| Some((target(form, cell.question)?, lines(cell.text))))
        .collect();
    // The country helps to read the place, so it comes first.
    let country = targets
        .iter()
        .find(|(target, _)| form.questions[target.question].kind == QuestionKind::Country)
        .and_then(|(target, lines)| {
            match value::read(form, *target, lines, false, language, None) {
                value::Value::Answer(answer) => answer.as_str().map(str::to_string),
                _ => None,
            }
        });
    let read: BTreeMap<Target, Reading> = targets
        .iter()
        .map(|(target, lines)| {
            let value = value::read(form, *target, lines, false, language, country.as_deref());
            let rank = (false, 0);
            (*target, Reading { value, rank })
        })
        .collect();
    gather(read, form)
}

fn target(form: &Form, question: &str) -> Option<Target> {
    let wishes = || {
        form.questions
            .iter()
            .position(|asked| asked.kind == QuestionKind::Wishes)
    };
    let (question, part) = match question {
        "must" => (wishes()?, Part::Must),
        "like" => (wishes()?, Part::Like),
        id => {
            let at = form.questions.iter().position(|asked| asked.id == id)?;
            (at, Part::Main)
        }
    };
    Some(Target { question, part })
}

fn lines(text: &str) -> Vec<Piece> {
    text.lines()
        .map(|line| Piece {
            text: line.trim_end().to_string(),
            quotes: 0,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme::application::{Answer, Why};

    #[test]
    fn a_row_is_read_like_a_reply() {
        let form = crate::config::built_in().settings.form;
        let cell = |question, text| Cell { question, text };
        let read = read(
            &[
                cell("name", "Zoë Küng"),
                cell("place", "Springfield"),
                cell("country", "New Zealand"),
                cell("languages", "English, Maori"),
                cell("sector", "public library"),
                cell("about", "Name: I love labels.\n\nAnd lines."),
                cell("promise", "Yes"),
                cell("must", "Public library"),
                cell("favourite_colour", "blue"),
                cell("stage", "wizard"),
            ],
            &form,
            "en",
        );
        let one = |id: &str| read.answers.get(id).and_then(Answer::as_str);
        assert_eq!(one("name"), Some("Zoë Küng"));
        assert_eq!(one("country"), Some("NZ"));
        assert_eq!(one("sector"), Some("public"));
        assert!(one("about").unwrap().starts_with("Name: I love labels."));
        assert_eq!(read.answers.get("promise"), Some(&Answer::YesNo(true)));
        assert!(matches!(
            read.answers.get("wishes"),
            Some(Answer::Wishes(_))
        ));
        let stage = read.unclear.iter().find(|it| it.question == "stage");
        assert_eq!(stage.map(|it| it.why), Some(Why::Unknown));
    }
}
