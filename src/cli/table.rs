//! Tables on a terminal: columns as wide as their widest cell, cut where the terminal would break the line. Into a file
//! or another program nothing is cut: whoever reads that wants all of it.

use console::{measure_text_width, style};

/// No column is cut below so many places.
const NARROWEST: usize = 6;

/// Prints rows under headings; numbers are right-aligned.
pub fn print(headings: &[&str], rows: &[Vec<String>]) -> std::io::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let width = super::terminal_width().unwrap_or(usize::MAX);
    for (at, line) in lines(headings, rows, width).iter().enumerate() {
        if at == 0 {
            writeln!(out, "{}", style(line).bold())?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

fn lines(headings: &[&str], rows: &[Vec<String>], width: usize) -> Vec<String> {
    let columns = headings.len();
    let wide = |text: &str| measure_text_width(text);
    let mut widths: Vec<usize> = headings.iter().map(|heading| wide(heading)).collect();
    for row in rows {
        for (at, cell) in row.iter().enumerate().take(columns) {
            widths[at] = widths[at].max(wide(cell));
        }
    }
    // The last column gives way first: it is the one that holds text.
    let others: usize = widths
        .iter()
        .take(columns.saturating_sub(1))
        .map(|width| width + 2)
        .sum();
    if let Some(last) = widths.last_mut() {
        *last = (*last).min(width.saturating_sub(others).max(20));
    }
    // Where that is not enough, the widest give way, down to what can still be told apart.
    loop {
        let whole: usize = widths
            .iter()
            .map(|width| width + 2)
            .sum::<usize>()
            .saturating_sub(2);
        let widest = widths.iter_mut().max_by_key(|width| **width);
        match widest {
            Some(widest) if whole > width && *widest > NARROWEST => {
                *widest -= (whole - width).min(*widest - NARROWEST).min(4);
            }
            _ => break,
        }
    }
    let numeric = |at: usize| {
        rows.iter().all(|row| {
            row.get(at)
                .is_none_or(|cell| !cell.is_empty() && cell.chars().all(|c| c.is_ascii_digit()))
        })
    };
    let line = |cells: &mut dyn Iterator<Item = &str>| -> String {
        let mut text = String::new();
        for (at, cell) in cells.enumerate().take(columns) {
            let cut: String = if wide(cell) > widths[at] {
                cut_to(cell, widths[at])
            } else {
                cell.to_string()
            };
            let fill = " ".repeat(widths[at].saturating_sub(wide(&cut)));
            if numeric(at) {
                text.push_str(&fill);
                text.push_str(&cut);
            } else {
                text.push_str(&cut);
                text.push_str(&fill);
            }
            text.push_str("  ");
        }
        text.trim_end().to_string()
    };
    let mut all = vec![line(&mut headings.iter().copied())];
    all.extend(
        rows.iter()
            .map(|row| line(&mut row.iter().map(String::as_str))),
    );
    all
}

/// The beginning of a text, with a mark that something is missing. Some characters take two columns.
fn cut_to(text: &str, width: usize) -> String {
    let mut cut = String::new();
    for c in text.chars() {
        if measure_text_width(&cut) + measure_text_width(c.encode_utf8(&mut [0; 4])) >= width {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::{lines, measure_text_width};

    #[test]
    fn columns_line_up_and_numbers_stand_right() {
        let rows = [
            vec!["anna".to_string(), "7".into()],
            vec!["bilal the second".into(), "1162".into()],
        ];
        let text = lines(&["name", "letters"], &rows, 80);
        assert_eq!(
            text,
            [
                "name              letters",
                "anna                    7",
                "bilal the second     1162"
            ]
        );
    }

    #[test]
    fn a_long_last_cell_is_cut_visibly() {
        let rows = [vec!["1".to_string(), "x".repeat(200)]];
        let text = lines(&["id", "why"], &rows, 60);
        assert!(
            text[1].chars().count() <= 60 && text[1].ends_with('…'),
            "{text:?}"
        );
    }

    #[test]
    fn a_table_of_many_columns_fits_a_narrow_terminal() {
        let cell = |text: &str| text.to_string();
        let rows = [vec![
            cell("Bartholomew Featherstonehaugh"),
            cell("somebody@a-library-with-a-long-name.example"),
            cell("Saint Vincent & the Grenadines"),
            cell("accepted"),
            cell("a note that says more than there is room for"),
        ]];
        let headings = ["name", "address", "country", "state", "note"];
        for width in [60, 80] {
            for line in lines(&headings, &rows, width) {
                assert!(measure_text_width(&line) <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn wide_characters_take_the_room_that_they_take() {
        let rows = [
            vec!["図書館".to_string(), "a".into()],
            vec!["ab".to_string(), "図".repeat(40)],
        ];
        let text = lines(&["", ""], &rows, 40);
        assert_eq!(text[1], "図書館  a");
        assert!(text[2].starts_with("ab      図"), "{text:?}");
        assert!(measure_text_width(&text[2]) <= 40, "{text:?}");
    }

    #[test]
    fn where_there_is_no_terminal_nothing_is_cut() {
        let rows = [vec!["1".to_string(), "x".repeat(300)]];
        let text = lines(&["id", "why"], &rows, usize::MAX);
        assert!(text[1].ends_with('x'), "{text:?}");
    }
}
