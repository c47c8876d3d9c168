//! The report as a PDF: the same words, charts and tables on upright A4 pages. Charts are drawn by the same code as those
//! of the page, onto a backend of plotters that writes PDF.

use std::cell::RefCell;
use std::rc::Rc;

use pdf_writer::{Content, Pdf, Rect, Ref, TextStr};
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend, IntoDrawingArea};
use plotters::style::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind,
};

use super::type_setting::{self, Fonts, Line};
use crate::programme::report::charts::{Chart, Drawing};
use crate::programme::report::drawing::{self as chart, CannotDraw, SERIES};
use crate::programme::report::page::Report;
use crate::programme::report::tables::Table;

/// A4, in points.
const PAGE: (f32, f32) = (595.0, 842.0);
const MARGIN: f32 = 50.0;
const ROOM: f32 = PAGE.0 - 2.0 * MARGIN;
const TEXT: f32 = 9.5;
const LEADING: f32 = 13.5;

/// What is on the pages so far.
struct Pages {
    fonts: Fonts<'static>,
    done: Vec<Vec<u8>>,
    content: Content,
    /// Where the next line begins, from below.
    y: f32,
}

/// The bytes of the PDF. A character that the built-in font does not have is written as a square.
///
/// # Errors
/// A chart that cannot be drawn.
pub fn pdf(report: &Report) -> Result<Vec<u8>, CannotDraw> {
    let pages = Rc::new(RefCell::new(Pages {
        fonts: Fonts::new(&[]),
        done: Vec::new(),
        content: Content::new(),
        y: PAGE.1 - MARGIN,
    }));
    {
        let mut pages = pages.borrow_mut();
        pages.text(&report.programme, TEXT);
        pages.text(&report.title, 22.0);
        pages.text(&report.subtitle, TEXT);
        pages.gap(10.0);
        for (number, words) in &report.first {
            pages.text(&format!("{number} {words}"), 11.0);
        }
    }
    for drawn in &report.charts {
        figure(&pages, drawn)?;
    }
    let mut pages = Rc::try_unwrap(pages)
        .map_err(|_| CannotDraw::new("a drawing was not finished"))?
        .into_inner();
    for quote in &report.quotes {
        pages.gap(6.0);
        pages.text(&format!("\u{201c}{quote}\u{201d}"), TEXT);
    }
    for table in report.tables.iter().filter(|table| !table.rows.is_empty()) {
        pages.table(table);
    }
    pages.gap(14.0);
    for note in &report.notes {
        pages.text(note, 8.0);
        pages.gap(4.0);
    }
    Ok(pages.finish(report))
}

/// A chart with its title, its legend and what it says, kept together on a page.
fn figure(pages: &Rc<RefCell<Pages>>, drawn: &Chart) -> Result<(), CannotDraw> {
    let (width, height) = chart::size(&drawn.drawing);
    // Charts stand as wide as on the page, the map over the whole width.
    let scale = (ROOM / width as f32).min(0.72);
    let tall = height as f32 * scale;
    let at = {
        let mut pages = pages.borrow_mut();
        pages.gap(16.0);
        pages.need(tall + 60.0);
        pages.text(&drawn.title, 12.0);
        if let Drawing::Bars { series, .. } = &drawn.drawing
            && series.len() > 1
        {
            pages.legend(series);
        }
        pages.y -= tall + 4.0;
        (MARGIN, pages.y)
    };
    let backend = OnPage {
        pages: Rc::clone(pages),
        size: (width, height),
        at,
        scale,
    };
    let area: DrawingArea<OnPage, Shift> = backend.into_drawing_area();
    chart::draw(&drawn.drawing, &area)?;
    pages.borrow_mut().text(&drawn.says, TEXT);
    Ok(())
}

impl Pages {
    fn gap(&mut self, points: f32) {
        self.y -= points;
    }

    /// Begins a new page where this one has no room.
    fn need(&mut self, points: f32) {
        if self.y - points < MARGIN {
            let full = std::mem::replace(&mut self.content, Content::new());
            self.done.push(full.finish().to_vec());
            self.y = PAGE.1 - MARGIN;
        }
    }

    /// A line; what no font has is a square.
    fn shaped(&self, text: &str, points: f32) -> Option<Line> {
        let mut text = text.to_owned();
        loop {
            match self.fonts.shape(&text, points) {
                Ok(line) => return Some(line),
                Err(type_setting::NoFont(missing)) if missing != '\u{25a1}' => {
                    text = text.replace(missing, "\u{25a1}");
                }
                Err(_) => return None,
            }
        }
    }

    /// The lines of a text within a width.
    fn wrapped(&self, text: &str, points: f32, room: f32) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut written = String::new();
        for word in text.split_whitespace() {
            let longer = match written.is_empty() {
                true => word.to_owned(),
                false => format!("{written} {word}"),
            };
            let fits = self
                .shaped(&longer, points)
                .is_some_and(|line| line.width <= room);
            if fits || written.is_empty() {
                written = longer;
            } else {
                lines.extend(self.shaped(&written, points));
                written = word.to_owned();
            }
        }
        if !written.is_empty() {
            lines.extend(self.shaped(&written, points));
        }
        lines
    }

    fn text(&mut self, text: &str, points: f32) {
        let leading = points * LEADING / TEXT;
        for line in self.wrapped(text, points, ROOM) {
            self.need(leading);
            self.y -= leading;
            let y = self.y;
            self.fonts.show(&mut self.content, &line, MARGIN, y);
        }
    }

    fn legend(&mut self, series: &[String]) {
        self.need(LEADING);
        self.y -= LEADING;
        let (mut x, y) = (MARGIN, self.y);
        for (at, name) in series.iter().enumerate() {
            let color = SERIES[at % SERIES.len()];
            fill(&mut self.content, (color.0, color.1, color.2));
            self.content.rect(x, y, 7.0, 7.0);
            self.content.fill_nonzero();
            ink(&mut self.content);
            if let Some(line) = self.shaped(name, TEXT) {
                self.fonts.show(&mut self.content, &line, x + 11.0, y);
                x += line.width + 26.0;
            }
        }
    }

    /// A table whose columns are as wide as their words ask for, as far as there is room.
    fn table(&mut self, table: &Table) {
        let columns = table.headings.len().max(1);
        let width_of = |pages: &Pages, text: &str| {
            pages.shaped(text, TEXT).map_or(0.0, |line| line.width) + 8.0
        };
        let mut widths = vec![0.0f32; columns];
        for row in std::iter::once(&table.headings).chain(&table.rows) {
            for (at, cell) in row.iter().enumerate().take(columns) {
                widths[at] = widths[at].max(width_of(self, cell).min(ROOM * 0.5));
            }
        }
        let wanted: f32 = widths.iter().sum();
        if wanted > ROOM {
            widths.iter_mut().for_each(|width| *width *= ROOM / wanted);
        }
        self.gap(14.0);
        self.need(4.0 * LEADING);
        self.text(&table.title, 12.0);
        self.gap(2.0);
        for row in std::iter::once(&table.headings).chain(&table.rows) {
            let cells: Vec<Vec<Line>> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| self.wrapped(cell, TEXT, width - 8.0))
                .collect();
            let tall = cells.iter().map(Vec::len).max().unwrap_or(1).max(1) as f32 * LEADING;
            self.need(tall);
            let top = self.y;
            let mut x = MARGIN;
            for (lines, width) in cells.iter().zip(&widths) {
                for (at, line) in lines.iter().enumerate() {
                    let y = top - LEADING * (at as f32 + 1.0);
                    self.fonts.show(&mut self.content, line, x, y);
                }
                x += width;
            }
            self.y = top - tall;
            self.content.set_stroke_rgb(0.8, 0.82, 0.81);
            self.content.set_line_width(0.5);
            self.content.move_to(MARGIN, self.y - 3.0);
            self.content.line_to(MARGIN + ROOM, self.y - 3.0);
            self.content.stroke();
        }
    }

    fn finish(mut self, report: &Report) -> Vec<u8> {
        self.done.push(self.content.finish().to_vec());
        let mut next = 0;
        let mut fresh = || {
            next += 1;
            Ref::new(next)
        };
        let (catalog, tree, info) = (fresh(), fresh(), fresh());
        let leaves: Vec<(Ref, Ref)> = self.done.iter().map(|_| (fresh(), fresh())).collect();
        let mut pdf = Pdf::new();
        pdf.catalog(catalog)
            .pages(tree)
            .lang(TextStr(&report.language));
        pdf.pages(tree)
            .kids(leaves.iter().map(|(leaf, _)| *leaf))
            .count(i32::try_from(leaves.len()).unwrap_or(i32::MAX));
        pdf.document_info(info)
            .title(TextStr(&format!("{}, {}", report.title, report.programme)))
            .producer(TextStr("Pairpost"));
        let numbers = self.fonts.numbered(&mut fresh);
        for ((leaf, content_id), content) in leaves.iter().zip(&self.done) {
            pdf.stream(*content_id, content);
            let mut page = pdf.page(*leaf);
            page.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1))
                .parent(tree)
                .contents(*content_id);
            let mut resources = page.resources();
            type_setting::name_fonts(&mut resources.fonts(), &numbers);
        }
        self.fonts.embed(&mut pdf, &numbers, &mut fresh);
        pdf.finish()
    }
}

/// Shares of one.
fn parts((red, green, blue): (u8, u8, u8)) -> (f32, f32, f32) {
    let part = |value: u8| f32::from(value) / 255.0;
    (part(red), part(green), part(blue))
}

fn fill(content: &mut Content, color: (u8, u8, u8)) {
    let (red, green, blue) = parts(color);
    content.set_fill_rgb(red, green, blue);
}

fn ink(content: &mut Content) {
    content.set_fill_rgb(0.11, 0.12, 0.12);
}

/// A part of a page on which plotters draws.
struct OnPage {
    pages: Rc<RefCell<Pages>>,
    size: (u32, u32),
    /// The lower left corner.
    at: (f32, f32),
    /// Points of a pixel.
    scale: f32,
}

impl OnPage {
    fn place(&self, (x, y): BackendCoord) -> (f32, f32) {
        (
            self.at.0 + x as f32 * self.scale,
            self.at.1 + (self.size.1 as f32 - y as f32) * self.scale,
        )
    }

    /// Paper shows through what is half transparent.
    fn on_paper(color: BackendColor) -> (u8, u8, u8) {
        let part = |value: u8| {
            let mixed = f64::from(value) * color.alpha + 255.0 * (1.0 - color.alpha);
            // Within 0 to 255 by construction.
            mixed.round() as u8
        };
        (part(color.rgb.0), part(color.rgb.1), part(color.rgb.2))
    }

    fn outline(&self, content: &mut Content, points: impl IntoIterator<Item = BackendCoord>) {
        for (at, point) in points.into_iter().enumerate() {
            let (x, y) = self.place(point);
            if at == 0 {
                content.move_to(x, y);
            } else {
                content.line_to(x, y);
            }
        }
    }

    fn stroke<S: BackendStyle>(&self, points: impl IntoIterator<Item = BackendCoord>, style: &S) {
        if style.color().alpha == 0.0 || style.stroke_width() == 0 {
            return;
        }
        let mut pages = self.pages.borrow_mut();
        let (red, green, blue) = parts(OnPage::on_paper(style.color()));
        pages.content.set_stroke_rgb(red, green, blue);
        pages
            .content
            .set_line_width(style.stroke_width() as f32 * self.scale);
        self.outline(&mut pages.content, points);
        pages.content.stroke();
    }

    fn area<S: BackendStyle>(&self, points: impl IntoIterator<Item = BackendCoord>, style: &S) {
        if style.color().alpha == 0.0 {
            return;
        }
        let mut pages = self.pages.borrow_mut();
        fill(&mut pages.content, OnPage::on_paper(style.color()));
        self.outline(&mut pages.content, points);
        pages.content.close_path();
        pages.content.fill_nonzero();
        ink(&mut pages.content);
    }
}

type Drawn = Result<(), DrawingErrorKind<std::convert::Infallible>>;

impl DrawingBackend for OnPage {
    type ErrorType = std::convert::Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.area([(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)], &color);
        Ok(())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.stroke([from, to], style);
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        filled: bool,
    ) -> Drawn {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        if filled {
            self.area(corners, style);
        } else {
            self.stroke(corners.into_iter().chain([(left, top)]), style);
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.stroke(path, style);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        filled: bool,
    ) -> Drawn {
        let around = (0..24).map(|step| {
            let angle = f64::from(step) * std::f64::consts::TAU / 24.0;
            let reach = f64::from(radius);
            (
                x + (reach * angle.cos()).round() as i32,
                y + (reach * angle.sin()).round() as i32,
            )
        });
        if filled {
            self.area(around, style);
        } else {
            self.stroke(around, style);
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        self.area(corners, style);
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &T,
        place: BackendCoord,
    ) -> Drawn {
        // Fonts are told by the height of their lines; letters take four fifths of it.
        let points = style.size() as f32 * 0.8 * self.scale;
        let (x, y) = self.place(place);
        let mut pages = self.pages.borrow_mut();
        let pages = &mut *pages;
        let Some(line) = pages.shaped(text, points) else {
            return Ok(());
        };
        let x = match style.anchor().h_pos {
            HPos::Left => x,
            HPos::Center => x - line.width / 2.0,
            HPos::Right => x - line.width,
        };
        let y = match style.anchor().v_pos {
            VPos::Top => y - points * 0.76,
            VPos::Center => y - points * 0.35,
            VPos::Bottom => y + points * 0.2,
        };
        ink(&mut pages.content);
        pages.fonts.show(&mut pages.content, &line, x, y);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme::report::sample;

    #[test]
    fn the_pdf_has_pages_and_is_the_same_each_time() {
        let (round, former) = sample::rounds();
        let mut report = Report::of("Exchange", &round, &former, "en");
        report.quotes.push("A new way to say こんにちは.".into());
        let bytes = pdf(&report).unwrap();
        assert!(bytes.starts_with(b"%PDF-1."));
        let pages = String::from_utf8_lossy(&bytes)
            .lines()
            .filter(|line| line.trim() == "/Type /Page")
            .count();
        assert!((3..20).contains(&pages), "{pages}");
        assert_eq!(bytes, pdf(&report).unwrap());
    }
}
