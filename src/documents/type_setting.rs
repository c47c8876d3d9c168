//! Text on the pages of a PDF: which font has a line's characters, which glyphs stand for them, and those glyphs of the
//! fonts that are used, with their characters, so that the text can be copied and read aloud.
//!
//! A font that has all characters of a line is looked for: first the one that is compiled in (DejaVu Sans: Latin, Greek,
//! Cyrillic, Armenian, Georgian, Arabic, Hebrew and more), then those that the config names. A line is written in one
//! direction: that of its letters.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Dict, Finish, Name, Pdf, Rect, Ref, Str};
use rustybuzz::{Face, UnicodeBuffer, ttf_parser};
use subsetter::GlyphRemapper;

/// A character that no font has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no font has the character {0:?} (U+{code:04X})", code = u32::from(*.0))]
pub struct NoFont(pub char);

/// A line in its font.
pub struct Line {
    font: usize,
    points: f32,
    glyphs: Vec<Glyph>,
    /// Points.
    pub width: f32,
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

/// The fonts of a document, and what of them it has used so far.
pub struct Fonts<'f> {
    faces: Vec<(&'f [u8], Face<'f>)>,
    remappers: Vec<GlyphRemapper>,
    /// For each font, its glyphs by their number in it, with their characters; those of no characters, too.
    used: Vec<BTreeMap<u16, String>>,
}

impl<'f> Fonts<'f> {
    /// The font that is compiled in, then `more`: files with TrueType outlines; what is no font is passed over.
    pub fn new(more: &'f [Vec<u8>]) -> Fonts<'f> {
        let faces: Vec<(&[u8], Face<'_>)> = std::iter::once(dejavu::sans::regular())
            .chain(more.iter().map(Vec::as_slice))
            .filter_map(|bytes| Some((bytes, Face::from_slice(bytes, 0)?)))
            .filter(|(bytes, face)| {
                let usable = subsetter::subset(bytes, 0, &GlyphRemapper::new()).is_ok();
                usable && face.tables().glyf.is_some()
            })
            .collect();
        Fonts {
            remappers: faces.iter().map(|_| GlyphRemapper::new()).collect(),
            used: vec![BTreeMap::new(); faces.len()],
            faces,
        }
    }

    /// Turns a line into glyphs of the first font that has all of it.
    ///
    /// # Errors
    /// A character that no font has.
    pub fn shape(&self, text: &str, points: f32) -> Result<Line, NoFont> {
        let mut missing = None;
        for (font, (_, face)) in self.faces.iter().enumerate() {
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

    /// Writes a line with its baseline beginning at a point of the page.
    pub fn show(&mut self, content: &mut Content, line: &Line, mut x: f32, y: f32) {
        let scale = line.points / self.faces[line.font].1.units_per_em() as f32;
        content.begin_text();
        content.set_font(Name(font_name(line.font).as_bytes()), line.points);
        for glyph in &line.glyphs {
            let id = self.remappers[line.font].remap(glyph.id);
            let known = self.used[line.font].entry(glyph.id).or_default();
            if known.is_empty() {
                known.push_str(&glyph.text);
            }
            content.set_text_matrix([
                1.0,
                0.0,
                0.0,
                1.0,
                x + glyph.dx * scale,
                y + glyph.dy * scale,
            ]);
            content.show(Str(&id.to_be_bytes()));
            x += glyph.advance * scale;
        }
        content.end_text();
    }

    /// The fonts that have been used, each with a fresh number.
    pub fn numbered(&self, fresh: &mut impl FnMut() -> Ref) -> Vec<(usize, Ref)> {
        (0..self.faces.len())
            .filter(|font| !self.used[*font].is_empty())
            .map(|font| (font, fresh()))
            .collect()
    }

    /// Writes the fonts into the document.
    pub fn embed(&self, pdf: &mut Pdf, numbers: &[(usize, Ref)], fresh: &mut impl FnMut() -> Ref) {
        for (font, id) in numbers {
            let ids = [fresh(), fresh(), fresh(), fresh()];
            embed(
                pdf,
                *id,
                ids,
                &self.faces[*font],
                &self.remappers[*font],
                &self.used[*font],
            );
        }
    }
}

/// Names the fonts in the resources of a page.
pub fn name_fonts(fonts: &mut Dict<'_>, numbers: &[(usize, Ref)]) {
    for (font, id) in numbers {
        fonts.pair(Name(font_name(*font).as_bytes()), *id);
    }
}

fn font_name(font: usize) -> String {
    format!("F{font}")
}

/// The glyphs of a font that are used, with the characters that they stand for.
fn embed(
    pdf: &mut Pdf,
    id: Ref,
    [descendant, descriptor, file, characters]: [Ref; 4],
    (bytes, face): &(&[u8], Face<'_>),
    remapper: &GlyphRemapper,
    used: &BTreeMap<u16, String>,
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
    for (glyph, text) in used {
        if let Some(new) = remapper.get(*glyph)
            && !text.is_empty()
        {
            map.pair_with_multiple(new, text.chars());
        }
    }
    pdf.cmap(characters, &map.finish());
}
