//! Charts drawn by plotters, on whatever it can draw on: an SVG within the page, or a page of the PDF. The few colours
//! are the same everywhere; the page gives them others in the dark by naming them in its style.

use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::{
    ChartBuilder, Color, DrawingArea, DrawingBackend, IntoDrawingArea, IntoFont, RGBColor,
    SVGBackend, ShapeStyle,
};
use plotters::style::TextStyle;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::charts::Drawing;
use super::interval::Rate;
use crate::places::map;

/// The colours of series, in their order; each differs from its neighbours in lightness, too.
pub const SERIES: [RGBColor; 5] = [
    RGBColor(0x0b, 0x53, 0x51),
    RGBColor(0x6f, 0xb3, 0xa8),
    RGBColor(0xb4, 0x53, 0x09),
    RGBColor(0xe3, 0xb2, 0x6a),
    RGBColor(0xb9, 0xc0, 0xbd),
];
const INK: RGBColor = RGBColor(0x1c, 0x1f, 0x1e);
const GRID: RGBColor = RGBColor(0xd3, 0xd8, 0xd6);
const LAND: RGBColor = RGBColor(0xdf, 0xe3, 0xe1);

/// Pixels of the drawing, and of its writing.
const WIDTH: u32 = 460;
const FONT: f64 = 19.0;

/// What plotters could not draw.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a chart could not be drawn: {0}")]
pub struct CannotDraw(String);

impl CannotDraw {
    pub fn new(why: &str) -> CannotDraw {
        CannotDraw(why.to_owned())
    }
}

fn failed<E: std::error::Error>(error: E) -> CannotDraw {
    CannotDraw(error.to_string())
}

/// Width and height of a drawing.
pub fn size(drawing: &Drawing) -> (u32, u32) {
    match drawing {
        Drawing::Bars { .. } => (WIDTH, 290),
        Drawing::Shares(rows) => (WIDTH, 52 * u32::try_from(rows.len()).unwrap_or(10) + 38),
        Drawing::Map { .. } => (940, 368),
    }
}

/// A drawing as an SVG element that is as wide as its place.
///
/// # Errors
/// Something that plotters refuses.
pub fn svg(drawing: &Drawing, says: &str) -> Result<String, CannotDraw> {
    let (width, height) = size(drawing);
    let mut written = String::new();
    {
        let area = SVGBackend::with_string(&mut written, (width, height)).into_drawing_area();
        draw(drawing, &area)?;
        area.present().map_err(failed)?;
    }
    let own_size = format!("<svg width=\"{width}\" height=\"{height}\"");
    let named = format!(
        "<svg role=\"img\" aria-label=\"{}\"",
        super::page::escaped(says)
    );
    Ok(written.replacen(&own_size, &named, 1))
}

/// Draws on an area of the drawing's size.
///
/// # Errors
/// Something that the area's backend refuses.
pub fn draw<B: DrawingBackend>(
    drawing: &Drawing,
    area: &DrawingArea<B, Shift>,
) -> Result<(), CannotDraw>
where
    B::ErrorType: 'static,
{
    match drawing {
        Drawing::Bars {
            rows,
            stacked,
            percent,
            ..
        } => bars(rows, *stacked, *percent, area),
        Drawing::Shares(rows) => shares(rows, area),
        Drawing::Map { lines, dots } => world(lines, dots, area),
    }
}

fn writing(color: RGBColor, position: Pos) -> TextStyle<'static> {
    ("sans-serif", FONT).into_font().color(&color).pos(position)
}

/// A number that divides an axis well and lies at or above the largest.
fn top_of(largest: f64) -> f64 {
    let mut step = 1.0;
    loop {
        for times in [4.0, 8.0, 12.0, 20.0] {
            if step * times >= largest {
                return step * times;
            }
        }
        step *= 10.0;
    }
}

fn bars<B: DrawingBackend>(
    rows: &[(String, Vec<f64>)],
    stacked: bool,
    percent: bool,
    area: &DrawingArea<B, Shift>,
) -> Result<(), CannotDraw>
where
    B::ErrorType: 'static,
{
    // One round alone is no wall.
    let count = rows.len().max(4) as f64;
    let largest = rows.iter().flat_map(|(_, values)| values).copied();
    let top = if percent {
        100.0
    } else {
        top_of(largest.fold(1.0, f64::max))
    };
    let mut chart = ChartBuilder::on(area)
        .margin_top(24)
        .margin_right(6)
        .x_label_area_size(32)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..count, 0.0..top)
        .map_err(failed)?;
    let unit = if percent { " %" } else { "" };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .y_labels(5)
        .bold_line_style(GRID)
        .light_line_style(ShapeStyle {
            color: GRID.mix(0.0),
            filled: false,
            stroke_width: 0,
        })
        .axis_style(GRID)
        .y_label_style(("sans-serif", FONT).into_font().color(&INK))
        .y_label_formatter(&|value| format!("{value:.0}{unit}"))
        .draw()
        .map_err(failed)?;
    // Few bars say their number themselves; of many labels only some have room.
    let numbered = rows.len() <= 6 && rows.iter().all(|(_, values)| values.len() == 1);
    let every = rows.len().div_ceil(8);
    for (at, (label, values)) in rows.iter().enumerate() {
        let left = at as f64 + 0.12;
        let room = 0.76;
        let wide = if stacked {
            room
        } else {
            room / values.len().max(1) as f64
        };
        let mut below = 0.0;
        for (series, value) in values.iter().enumerate() {
            let from = if stacked {
                left
            } else {
                left + wide * series as f64
            };
            let base = if stacked { below } else { 0.0 };
            let bar = Rectangle::new(
                [(from, base), (from + wide, base + value)],
                SERIES[series % SERIES.len()].filled(),
            );
            chart.draw_series([bar]).map_err(failed)?;
            below += value;
        }
        let middle = at as f64 + 0.5;
        if numbered {
            let value = values.first().copied().unwrap_or(0.0);
            let (x, y) = chart.backend_coord(&(middle, value));
            let style = writing(INK, Pos::new(HPos::Center, VPos::Bottom));
            area.draw(&Text::new(format!("{value:.0}"), (x, y - 3), style))
                .map_err(failed)?;
        }
        if at % every == 0 {
            let (x, y) = chart.backend_coord(&(middle, 0.0));
            let style = writing(INK, Pos::new(HPos::Center, VPos::Top));
            area.draw(&Text::new(label.clone(), (x, y + 7), style))
                .map_err(failed)?;
        }
    }
    Ok(())
}

/// Each row: its label and its rate in words, below them the bar with its bounds.
fn shares<B: DrawingBackend>(
    rows: &[(String, Rate)],
    area: &DrawingArea<B, Shift>,
) -> Result<(), CannotDraw>
where
    B::ErrorType: 'static,
{
    // What nobody answered has no share.
    let rows: Vec<(&str, f64, (f64, f64))> = rows
        .iter()
        .filter_map(|(label, rate)| Some((label.as_str(), rate.share()?, rate.interval()?)))
        .map(|(label, share, (low, high))| (label, share * 100.0, (low * 100.0, high * 100.0)))
        .collect();
    let count = rows.len().max(1) as f64;
    let mut chart = ChartBuilder::on(area)
        .margin_left(18)
        .margin_right(30)
        .x_label_area_size(32)
        .build_cartesian_2d(0.0..100.0, 0.0..count)
        .map_err(failed)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .x_labels(5)
        .y_labels(0)
        .bold_line_style(GRID)
        .light_line_style(GRID.mix(0.0))
        .axis_style(GRID)
        .x_label_style(("sans-serif", FONT).into_font().color(&INK))
        .x_label_formatter(&|share| format!("{share:.0} %"))
        .draw()
        .map_err(failed)?;
    for (at, (label, share, (low, high))) in rows.iter().enumerate() {
        let bottom = count - at as f64 - 1.0;
        chart
            .draw_series([Rectangle::new(
                [(0.0, bottom + 0.14), (*share, bottom + 0.42)],
                SERIES[1].filled(),
            )])
            .map_err(failed)?;
        let middle = bottom + 0.28;
        let line = |points: Vec<(f64, f64)>| PathElement::new(points, INK.stroke_width(2));
        chart
            .draw_series([
                line(vec![(*low, middle), (*high, middle)]),
                line(vec![(*low, middle - 0.09), (*low, middle + 0.09)]),
                line(vec![(*high, middle - 0.09), (*high, middle + 0.09)]),
            ])
            .map_err(failed)?;
        let (left, y) = chart.backend_coord(&(0.0, bottom + 0.46));
        let (right, _) = chart.backend_coord(&(100.0, bottom));
        let style = |side| writing(INK, Pos::new(side, VPos::Bottom));
        let short: String = label.chars().take(34).collect();
        area.draw(&Text::new(short, (left, y), style(HPos::Left)))
            .map_err(failed)?;
        area.draw(&Text::new(
            format!("{share:.0} %"),
            (right, y),
            style(HPos::Right),
        ))
        .map_err(failed)?;
    }
    Ok(())
}

fn world<B: DrawingBackend>(
    lines: &[(map::Point, map::Point, u32)],
    dots: &[(map::Point, u32)],
    area: &DrawingArea<B, Shift>,
) -> Result<(), CannotDraw>
where
    B::ErrorType: 'static,
{
    let (west, east, south, north) = map::BOUNDS;
    let mut chart = ChartBuilder::on(area)
        .build_cartesian_2d(west..east, south..north)
        .map_err(failed)?;
    for outline in map::land() {
        chart
            .draw_series([Polygon::new(outline.clone(), LAND.filled())])
            .map_err(failed)?;
    }
    for (from, to, count) in lines {
        let style = ShapeStyle {
            color: SERIES[0].mix(0.55),
            filled: false,
            stroke_width: (*count).clamp(1, 5),
        };
        for path in arcs(*from, *to) {
            chart
                .draw_series([PathElement::new(path, style)])
                .map_err(failed)?;
        }
    }
    for (place, people) in dots {
        let radius = 2 + (f64::from(*people).sqrt() * 0.8) as i32;
        chart
            .draw_series([Circle::new(*place, radius.min(14), SERIES[2].filled())])
            .map_err(failed)?;
    }
    Ok(())
}

/// A bent line between two places; two of them where the shorter way leads over the edge of the map, each cut there.
fn arcs(from: map::Point, to: map::Point) -> Vec<Vec<map::Point>> {
    let (west, east, ..) = map::BOUNDS;
    let bent = |from: map::Point, to: map::Point| -> Vec<map::Point> {
        let distance = (to.0 - from.0).hypot(to.1 - from.1);
        (0..=48)
            .map(|step| {
                let part = f64::from(step) / 48.0;
                let lift = 4.0 * part * (1.0 - part) * distance * 0.12;
                let along = |a: f64, b: f64| a + (b - a) * part;
                (along(from.0, to.0), along(from.1, to.1) + lift)
            })
            .filter(|(longitude, _)| (west..=east).contains(longitude))
            .collect()
    };
    let apart = to.0 - from.0;
    if apart.abs() <= 180.0 {
        return vec![bent(from, to)];
    }
    let turn = 360.0 * apart.signum();
    vec![
        bent(from, (to.0 - turn, to.1)),
        bent((from.0 + turn, from.1), to),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number_above_the_largest() {
        assert_eq!(
            [0.0, 4.0, 9.0, 92.0, 1162.0].map(top_of),
            [4.0, 4.0, 12.0, 120.0, 1200.0]
        );
    }

    #[test]
    fn a_chart_says_in_words_what_it_shows_and_keeps_its_words_apart_from_its_marks() {
        let shares = Drawing::Shares(vec![("<b>Very</b>".into(), Rate { count: 36, of: 50 })]);
        let drawn = svg(&shares, "36 of 50 \"very\"").unwrap();
        assert!(
            drawn.starts_with("<svg role=\"img\" aria-label=\"36 of 50 &quot;very&quot;\""),
            "{drawn}"
        );
        assert!(!drawn.contains("<b>"), "{drawn}");
        assert!(drawn.contains("72 %"), "{drawn}");
    }

    #[test]
    fn the_shorter_way_over_the_pacific_leaves_the_map_and_comes_back() {
        let over = arcs((174.0, -41.0), (-75.0, -9.0));
        assert_eq!(over.len(), 2);
        assert!(over.iter().flatten().all(|(east, _)| east.abs() <= 180.0));
        assert_eq!(arcs((2.0, 47.0), (38.0, 0.0)).len(), 1);
    }
}
