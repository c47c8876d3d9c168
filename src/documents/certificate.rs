//! A certificate as a PDF: one page, a title, a few lines in the middle of it, the name large.
//!
//! Names come in any script (`type_setting` looks for a font; the config names those for the scripts of China, Japan, Korea,
//! India, Thailand). Where no font has a line there is no PDF, rather than one with boxes in the place of a name.

use pdf_writer::{Content, Pdf, Rect, Ref, TextStr};

use super::type_setting::{self, Fonts, Line};

pub use super::type_setting::NoFont;

/// A4, lying; in points (1/72 inch).
const PAGE: (f32, f32) = (842.0, 595.0);
const MARGIN: f32 = 90.0;
const TITLE_POINTS: f32 = 34.0;
const NAME_POINTS: f32 = 30.0;
const TEXT_POINTS: f32 = 15.0;
/// Between lines and between paragraphs, in heights of a line.
const LINE: f32 = 1.4;
const PARAGRAPH: f32 = 1.2;

/// What stands on the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub title: String,
    /// From top to bottom; the one that is the name stands large.
    pub paragraphs: Vec<String>,
    pub name: String,
}

/// The bytes of the PDF. `fonts` are files with TrueType outlines, beside the one that is compiled in; what is no font is
/// passed over.
///
/// # Errors
/// A character that no font has.
pub fn pdf(page: &Page, fonts: &[Vec<u8>]) -> Result<Vec<u8>, NoFont> {
    let mut fonts = Fonts::new(fonts);
    let mut lines: Vec<(Line, f32)> = Vec::new();
    add(&fonts, &page.title, TITLE_POINTS, &mut lines)?;
    for paragraph in &page.paragraphs {
        let points = match paragraph.trim() == page.name.trim() {
            true => NAME_POINTS,
            false => TEXT_POINTS,
        };
        add(&fonts, paragraph, points, &mut lines)?;
    }
    Ok(write(page, &mut fonts, &lines))
}

/// Breaks a paragraph into lines that fit, each with the distance to the one above it. A single word that is too long is
/// written smaller.
fn add(
    fonts: &Fonts<'_>,
    paragraph: &str,
    points: f32,
    lines: &mut Vec<(Line, f32)>,
) -> Result<(), NoFont> {
    let room = PAGE.0 - 2.0 * MARGIN;
    let mut above = points * LINE + TEXT_POINTS * PARAGRAPH;
    let mut words = paragraph.split_whitespace().peekable();
    while let Some(first) = words.next() {
        let mut text = first.to_string();
        let mut line = fonts.shape(&text, points)?;
        while let Some(next) = words.peek() {
            let longer = format!("{text} {next}");
            let wider = fonts.shape(&longer, points)?;
            if wider.width > room {
                break;
            }
            (text, line) = (longer, wider);
            words.next();
        }
        if line.width > room {
            line = fonts.shape(&text, points * room / line.width)?;
        }
        lines.push((line, above));
        above = points * LINE;
    }
    Ok(())
}

fn write(page: &Page, fonts: &mut Fonts<'_>, lines: &[(Line, f32)]) -> Vec<u8> {
    let mut next = 0;
    let mut fresh = || {
        next += 1;
        Ref::new(next)
    };
    let (catalog, tree, leaf, content_id, info) = (fresh(), fresh(), fresh(), fresh(), fresh());
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree);
    pdf.pages(tree).kids([leaf]).count(1);
    pdf.document_info(info)
        .title(TextStr(&format!("{}: {}", page.title, page.name)))
        .producer(TextStr("Pairpost"));

    let mut content = Content::new();
    frame(&mut content);
    let height: f32 = lines.iter().map(|(_, above)| above).sum();
    let mut y = (PAGE.1 + height) / 2.0;
    for (line, above) in lines {
        y -= above;
        fonts.show(&mut content, line, (PAGE.0 - line.width) / 2.0, y);
    }
    pdf.stream(content_id, &content.finish());

    let numbers = fonts.numbered(&mut fresh);
    {
        let mut written = pdf.page(leaf);
        written
            .media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1))
            .parent(tree)
            .contents(content_id);
        let mut resources = written.resources();
        type_setting::name_fonts(&mut resources.fonts(), &numbers);
    }
    fonts.embed(&mut pdf, &numbers, &mut fresh);
    pdf.finish()
}

/// Two thin lines around everything.
fn frame(content: &mut Content) {
    for (inset, width) in [(36.0, 1.5), (42.0, 0.5)] {
        content.set_line_width(width);
        content.rect(inset, inset, PAGE.0 - 2.0 * inset, PAGE.1 - 2.0 * inset);
        content.stroke();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(name: &str) -> Page {
        Page {
            title: "Certificate".into(),
            paragraphs: vec![
                "Library Exchange certifies that".into(),
                name.into(),
                "took part in Spring 2027, a peer exchange between people who work in libraries, archives and \
                 museums, from 2 March 2027 to 29 June 2027."
                    .into(),
            ],
            name: name.into(),
        }
    }

    #[test]
    fn names_in_many_scripts_are_written() {
        for name in [
            "Zoë Müller",
            "Nguyễn Thị Hồng",
            "Анна Берг",
            "Ελένη Παπαδοπούλου",
            "علي حسن",
            "שרה כהן",
            "Անի",
            "ნინო",
            "Wojciech Przybyszewski-Konstantynopolitańczykowianeczka of a very long name indeed",
        ] {
            let bytes = pdf(&page(name), &[]).unwrap();
            assert!(bytes.starts_with(b"%PDF-"), "{name}");
            assert!(bytes.len() < 100_000, "{name}: {}", bytes.len());
            assert_eq!(bytes, pdf(&page(name), &[]).unwrap(), "the same each time");
        }
    }

    #[test]
    fn a_name_that_no_font_has_is_not_written_as_boxes() {
        assert_eq!(pdf(&page("王小明"), &[]), Err(NoFont('王')));
        assert_eq!(
            pdf(&page("王小明"), &[b"no font".to_vec()]),
            Err(NoFont('王'))
        );
    }
}
