//! Tables on a terminal: columns as wide as their widest cell, cut where the line would break.

/// Prints rows under headings; numbers are right-aligned. Does nothing clever with colours.
pub fn print(headings: &[&str], rows: &[Vec<String>]) -> std::io::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    for line in lines(headings, rows, 100) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn lines(headings: &[&str], rows: &[Vec<String>], width: usize) -> Vec<String> {
    let columns = headings.len();
    let wide = |text: &str| text.chars().count();
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
                cell.chars()
                    .take(widths[at].saturating_sub(1))
                    .chain(['…'])
                    .collect()
            } else {
                cell.to_string()
            };
            let fill = " ".repeat(widths[at] - wide(&cut));
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

#[cfg(test)]
mod tests {
    use super::lines;

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
}
