//! A certificate as a PDF: one page, a title, a few lines in the middle of it, the name large.
//!
//! Names come in any script, so a font that has all characters of a line is looked for: first the one that is compiled in
//! (DejaVu Sans: Latin, Greek, Cyrillic, Armenian, Georgian, Arabic, Hebrew and more), then those that the config names,
//! for the scripts of China, Japan, Korea, India, Thailand. Where no font has a line there is no PDF, rather than one with
//! boxes in the place of a name. A line is written in one direction: that of its letters.

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use rustybuzz::{Face, UnicodeBuffer, ttf_parser};
use subsetter::GlyphRemapper;

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

/// A character that no font has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no font has the character {0:?} (U+{code:04X})", code = u32::from(*.0))]
pub struct NoFont(pub char);

/// A line with its place, its font and its glyphs.
struct Line {
    font: usize,
    points: f32,
    glyphs: Vec<Glyph>,
    /// Points.
    width: f32,
}

/// In units of the font.
struct Glyph {
    id: u16,
    advance: f32,
    dx: f32,
    dy: f32,
    /// The characters that it stands for.
    text: String,
}

/// The bytes of the PDF. `fonts` are files with TrueType outlines, beside the one that is compiled in; what is no font is
/// passed over.
///
/// # Errors
/// A character that no font has.
pub fn pdf(page: &Page, fonts: &[Vec<u8>]) -> Result<Vec<u8>, NoFont> {
    let faces: Vec<(&[u8], Face<'_>)> = std::iter::once(dejavu::sans::regular())
        .chain(fonts.iter().map(Vec::as_slice))
        .filter_map(|bytes| Some((bytes, Face::from_slice(bytes, 0)?)))
        .filter(|(bytes, face)| {
            let usable = subsetter::subset(bytes, 0, &GlyphRemapper::new()).is_ok();
            usable && face.tables().glyf.is_some()
        })
        .collect();
    let mut lines: Vec<(Line, f32)> = Vec::new();
    add(&faces, &page.title, TITLE_POINTS, &mut lines)?;
    for paragraph in &page.paragraphs {
        let points = match paragraph.trim() == page.name.trim() {
            true => NAME_POINTS,
            false => TEXT_POINTS,
        };
        add(&faces, paragraph, points, &mut lines)?;
    }
    Ok(write(page, &faces, &lines))
}

/// Breaks a paragraph into lines that fit, each with the distance to the one above it. A single word that is too long is
/// written smaller.
fn add(
    faces: &[(&[u8], Face<'_>)],
    paragraph: &str,
    points: f32,
    lines: &mut Vec<(Line, f32)>,
) -> Result<(), NoFont> {
    let room = PAGE.0 - 2.0 * MARGIN;
    let mut above = points * LINE + TEXT_POINTS * PARAGRAPH;
    let mut words = paragraph.split_whitespace().peekable();
    while let Some(first) = words.next() {
        let mut text = first.to_string();
        let mut line = shape(faces, &text, points)?;
        while let Some(next) = words.peek() {
            let longer = format!("{text} {next}");
            let wider = shape(faces, &longer, points)?;
            if wider.width > room {
                break;
            }
            (text, line) = (longer, wider);
            words.next();
        }
        if line.width > room {
            line = shape(faces, &text, points * room / line.width)?;
        }
        lines.push((line, above));
        above = points * LINE;
    }
    Ok(())
}

/// Turns a line into glyphs of the first font that has all of it.
fn shape(faces: &[(&[u8], Face<'_>)], text: &str, points: f32) -> Result<Line, NoFont> {
    let mut missing = None;
    for (font, (_, face)) in faces.iter().enumerate() {
        let absent = text.chars().find(|c| face.glyph_index(*c).is_none());
        if let Some(absent) = absent {
            missing.get_or_insert(absent);
            continue;
        }
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        let shaped = rustybuzz::shape(face, &[], buffer);
        // Each glyph stands for the characters from its cluster to the next one that the line has.
        let mut starts: Vec<usize> = shaped
            .glyph_infos()
            .iter()
            .map(|info| info.cluster as usize)
            .collect();
        starts.sort_unstable();
        starts.dedup();
        let of_cluster = |from: usize| {
            let next = starts.iter().find(|start| **start > from);
            let to = next.copied().unwrap_or(text.len());
            text.get(from..to).unwrap_or_default().to_string()
        };
        let mut told = std::collections::BTreeSet::new();
        let scale = points / face.units_per_em() as f32;
        let glyphs: Vec<Glyph> = shaped
            .glyph_infos()
            .iter()
            .zip(shaped.glyph_positions())
            .map(|(info, position)| Glyph {
                id: u16::try_from(info.glyph_id).unwrap_or(0),
                advance: position.x_advance as f32,
                dx: position.x_offset as f32,
                dy: position.y_offset as f32,
                text: match told.insert(info.cluster) {
                    true => of_cluster(info.cluster as usize),
                    false => String::new(),
                },
            })
            .collect();
        let width = glyphs.iter().map(|glyph| glyph.advance).sum::<f32>() * scale;
        return Ok(Line {
            font,
            points,
            glyphs,
            width,
        });
    }
    Err(NoFont(missing.unwrap_or('\u{fffd}')))
}

fn write(page: &Page, faces: &[(&[u8], Face<'_>)], lines: &[(Line, f32)]) -> Vec<u8> {
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

    let mut remappers: Vec<GlyphRemapper> = faces.iter().map(|_| GlyphRemapper::new()).collect();
    let mut content = Content::new();
    frame(&mut content);
    let height: f32 = lines.iter().map(|(_, above)| above).sum();
    let mut y = (PAGE.1 + height) / 2.0;
    for (line, above) in lines {
        y -= above;
        let face = &faces[line.font].1;
        let scale = line.points / face.units_per_em() as f32;
        let mut x = (PAGE.0 - line.width) / 2.0;
        content.begin_text();
        content.set_font(Name(font_name(line.font).as_bytes()), line.points);
        for glyph in &line.glyphs {
            let id = remappers[line.font].remap(glyph.id);
            let at = [
                1.0,
                0.0,
                0.0,
                1.0,
                x + glyph.dx * scale,
                y + glyph.dy * scale,
            ];
            content.set_text_matrix(at);
            content.show(Str(&id.to_be_bytes()));
            x += glyph.advance * scale;
        }
        content.end_text();
    }
    pdf.stream(content_id, &content.finish());

    let used: Vec<usize> = (0..faces.len())
        .filter(|font| lines.iter().any(|(line, _)| line.font == *font))
        .collect();
    let font_ids: Vec<(usize, Ref)> = used.iter().map(|font| (*font, fresh())).collect();
    {
        let mut written = pdf.page(leaf);
        written
            .media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1))
            .parent(tree)
            .contents(content_id);
        let mut resources = written.resources();
        let mut fonts = resources.fonts();
        for (font, id) in &font_ids {
            fonts.pair(Name(font_name(*font).as_bytes()), *id);
        }
    }
    for (font, id) in font_ids {
        let ids = [fresh(), fresh(), fresh(), fresh()];
        let glyphs = lines
            .iter()
            .filter(|(line, _)| line.font == font)
            .flat_map(|(line, _)| &line.glyphs);
        embed(&mut pdf, id, ids, &faces[font], &remappers[font], glyphs);
    }
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

fn font_name(font: usize) -> String {
    format!("F{font}")
}

/// The glyphs of a font that are used, with the characters that they stand for, so that the text can be copied and read
/// aloud.
fn embed<'a>(
    pdf: &mut Pdf,
    id: Ref,
    [descendant, descriptor, file, characters]: [Ref; 4],
    (bytes, face): &(&[u8], Face<'_>),
    remapper: &GlyphRemapper,
    glyphs: impl Iterator<Item = &'a Glyph>,
) {
    // Fonts that cannot be cut have been passed over before.
    let Ok(subset) = subsetter::subset(bytes, 0, remapper) else {
        return;
    };
    let base = Name(b"PAIRPO+Certificate");
    let system = SystemInfo {
        registry: Str(b"Adobe"),
        ordering: Str(b"Identity"),
        supplement: 0,
    };
    let units = 1000.0 / face.units_per_em() as f32;
    pdf.type0_font(id)
        .base_font(base)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(descendant)
        .to_unicode(characters);
    let mut cid = pdf.cid_font(descendant);
    cid.subtype(CidFontType::Type2)
        .base_font(base)
        .system_info(system)
        .font_descriptor(descriptor)
        .default_width(0.0)
        .cid_to_gid_map_predefined(Name(b"Identity"));
    let widths = remapper.remapped_gids().map(|old| {
        let advance = face.glyph_hor_advance(ttf_parser::GlyphId(old));
        f32::from(advance.unwrap_or(0)) * units
    });
    cid.widths().consecutive(0, widths);
    cid.finish();
    let bounds = face.global_bounding_box();
    pdf.font_descriptor(descriptor)
        .name(base)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(
            f32::from(bounds.x_min) * units,
            f32::from(bounds.y_min) * units,
            f32::from(bounds.x_max) * units,
            f32::from(bounds.y_max) * units,
        ))
        .italic_angle(0.0)
        .ascent(f32::from(face.ascender()) * units)
        .descent(f32::from(face.descender()) * units)
        .cap_height(f32::from(face.capital_height().unwrap_or(face.ascender())) * units)
        .stem_v(80.0)
        .font_file2(file);
    pdf.stream(file, &subset)
        .pair(Name(b"Length1"), i32::try_from(subset.len()).unwrap_or(0));
    let mut map = UnicodeCmap::new(Name(b"Certificate"), system);
    let mut told = std::collections::BTreeSet::new();
    for glyph in glyphs {
        if let Some(new) = remapper.get(glyph.id)
            && !glyph.text.is_empty()
            && told.insert(new)
        {
            map.pair_with_multiple(new, glyph.text.chars());
        }
    }
    pdf.cmap(characters, &map.finish());
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
