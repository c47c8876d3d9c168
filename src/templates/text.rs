//! The text part: lines of at most 72 columns, no HTML and no Markdown marks. What must not be wrapped (the form) is
//! kept line by line.

use super::markdown::{Block, Inline, Target, plain};

/// Room for two levels of "> " within the 78 columns of RFC 5322 section 2.1.1 when the letter is quoted.
const COLUMNS: usize = 72;

/// The document as text, ending with one newline.
pub fn write(document: &[Block]) -> String {
    let mut lines = Vec::new();
    blocks(document, COLUMNS, true, &mut lines);
    let mut text = lines.join("\n").trim_matches('\n').to_owned();
    text.push('\n');
    text
}

fn blocks(document: &[Block], columns: usize, spaced: bool, lines: &mut Vec<String>) {
    for (index, block) in document.iter().enumerate() {
        if spaced && index > 0 {
            lines.push(String::new());
        }
        write_block(block, columns, lines);
    }
}

fn write_block(block: &Block, columns: usize, lines: &mut Vec<String>) {
    match block {
        Block::Paragraph(inlines) => paragraph(&shown(inlines), columns, lines),
        // Upper case is the oldest way to set off a heading, and no mark that a reader could take for something else.
        Block::Heading(_, inlines) => paragraph(&plain(inlines).to_uppercase(), columns, lines),
        // Also the blanks at the ends of lines: people type their answers after them.
        Block::Verbatim(text) => {
            lines.extend(text.trim_end_matches('\n').lines().map(str::to_owned));
        }
        Block::Picture(picture) => lines.extend(picture.as_text(columns)),
        Block::Quote(inner) => {
            let mut quoted = Vec::new();
            blocks(inner, columns.saturating_sub(2), true, &mut quoted);
            lines.extend(
                quoted
                    .into_iter()
                    .map(|line| format!("> {line}").trim_end().to_owned()),
            );
        }
        // A line of dashes could be taken for the start of a signature or of a quoted letter.
        Block::Rule => lines.push(String::new()),
        Block::List {
            start,
            items,
            loose,
        } => {
            for (index, item) in items.iter().enumerate() {
                if *loose && index > 0 {
                    lines.push(String::new());
                }
                let mark = match start {
                    Some(first) => format!("{}. ", first + index as u64),
                    None => "- ".to_owned(),
                };
                let mut inner = Vec::new();
                blocks(item, columns.saturating_sub(mark.len()), *loose, &mut inner);
                let indent = " ".repeat(mark.len());
                for (number, line) in inner.into_iter().enumerate() {
                    let before = if number == 0 { &mark } else { &indent };
                    lines.push(format!("{before}{line}").trim_end().to_owned());
                }
            }
        }
    }
}

/// Wraps a paragraph; a break in it starts a new line.
fn paragraph(words: &str, columns: usize, lines: &mut Vec<String>) {
    let options = textwrap::Options::new(columns.max(20))
        // Addresses and links must stay whole.
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
    for line in words.split('\n') {
        lines.extend(
            textwrap::wrap(line.trim(), &options)
                .into_iter()
                .map(Into::into),
        );
    }
}

/// Inlines as words; links show where they lead.
fn shown(inlines: &[Inline]) -> String {
    let mut words = String::new();
    for inline in inlines {
        match inline {
            Inline::Text(text) => words.push_str(text),
            // Quotation marks show where a word that is to be typed begins and ends.
            Inline::Typed(text) => words.push_str(&format!("\"{text}\"")),
            Inline::Break => words.push('\n'),
            Inline::Strong(inner) | Inline::Emphasis(inner) => words.push_str(&shown(inner)),
            Inline::Link(target, inner) => {
                let label = shown(inner);
                let place = match target {
                    // An answer is written in the reply; its label says which.
                    Target::Answer(_) | Target::Nowhere => None,
                    Target::Mail(place) | Target::Web(place) => Some(place),
                };
                words.push_str(&label);
                if let Some(place) = place.filter(|place| **place != label) {
                    words.push_str(&format!(" ({place})"));
                }
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::markdown::parse;
    use super::*;

    #[test]
    fn paragraphs_are_wrapped_and_marks_are_gone() {
        let written = write(&parse(
            "## Getting *started*\n\nA **long** paragraph, which goes on and on until it reaches the seventy-second column and beyond.\n\n\n- one\n- two [here](https://example.org/page)\n",
        ));
        assert_eq!(
            written,
            "GETTING STARTED\n\nA long paragraph, which goes on and on until it reaches the\nseventy-second column and beyond.\n\n- one\n- two here (https://example.org/page)\n"
        );
    }

    #[test]
    fn the_form_keeps_its_lines() {
        let form = "Name: \n\nA line that is much longer than seventy-two columns stays as it is, because people fill it in.\n[ ] one";
        let written = write(&parse(&format!("Before\n\n~~~\n{form}\n~~~\n\nAfter")));
        assert_eq!(written, format!("Before\n\n{form}\n\nAfter\n"));
    }

    #[test]
    fn list_items_hang_and_long_addresses_stay_whole() {
        let address = format!("https://example.org/{}", "x".repeat(80));
        let written = write(&parse(&format!(
            "1. An item that is so long that it has to be continued on the next line, indented.\n2. {address}\n"
        )));
        assert!(written.contains(" next line,\n   indented.\n"), "{written}");
        assert!(written.contains(&address));
    }
}
