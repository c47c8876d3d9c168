//! Tables that coordinators open in a spreadsheet: CSV, in which nothing that people wrote can become a formula.

/// For the file's part in a letter.
pub const CONTENT_TYPE: &str = "text/csv; charset=utf-8";

/// A table with a heading, CRLF after each row (RFC 4180). It begins with a byte order mark, by which spreadsheet
/// programs know that names are in UTF-8.
pub fn write(heading: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    // Writing to memory cannot fail.
    let _ = writer.write_record(heading);
    for row in rows {
        let _ = writer.write_record(row.iter().map(|value| cell(value)));
    }
    writer.into_inner().unwrap_or_default()
}

/// What people wrote must not become a formula in a spreadsheet (RELIABILITY T14).
pub fn cell(text: &str) -> String {
    // The wide forms begin a formula in spreadsheets of Japanese and Chinese readers.
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_stays_text() {
        assert_eq!(cell("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(cell("＝1+1"), "'＝1+1");
        assert_eq!(cell("Zoë"), "Zoë");
    }

    #[test]
    fn what_people_wrote_stays_in_its_cell() {
        let rows = [vec!["1".to_string(), "Smith, \"Jo\"\nX".to_string()]];
        assert_eq!(
            String::from_utf8(write(&["number", "name"], rows)).unwrap(),
            "\u{feff}number,name\r\n1,\"Smith, \"\"Jo\"\"\nX\"\r\n"
        );
    }
}
