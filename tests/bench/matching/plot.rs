//! Time and memory over the number of people, as a picture: both axes logarithmic.

use std::fmt::Write;

/// One line of a diagram: its name, colour and points.
pub struct Line {
    pub name: String,
    pub colour: &'static str,
    pub points: Vec<(f64, f64)>,
}

/// One diagram.
pub struct Diagram {
    pub title: &'static str,
    pub unit: &'static str,
    pub lines: Vec<Line>,
}

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 44.0;

/// The diagrams side by side, as SVG.
pub fn svg(diagrams: &[Diagram]) -> String {
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        WIDTH * diagrams.len() as f64
    );
    for (number, diagram) in diagrams.iter().enumerate() {
        let _ = writeln!(
            picture,
            "<g transform=\"translate({} 0)\">",
            WIDTH * number as f64
        );
        draw(diagram, &mut picture);
        picture.push_str("</g>\n");
    }
    picture.push_str("</svg>\n");
    picture
}

/// A logarithmic axis from one power of ten to another, over so many pixels from a start.
struct Axis {
    lowest: f64,
    highest: f64,
    start: f64,
    length: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>, start: f64, length: f64) -> Axis {
        let (lowest, highest) = values.fold((f64::MAX, f64::MIN), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        Axis {
            lowest: lowest.log10().floor(),
            highest: highest.log10().ceil(),
            start,
            length,
        }
    }

    fn at(&self, value: f64) -> f64 {
        let share = (value.log10() - self.lowest) / (self.highest - self.lowest).max(1.0);
        self.start + share * self.length
    }

    fn powers(&self) -> impl Iterator<Item = f64> {
        (self.lowest as i32..=self.highest as i32).map(|power| 10f64.powi(power))
    }
}

fn draw(diagram: &Diagram, picture: &mut String) {
    let points = || diagram.lines.iter().flat_map(|line| line.points.iter());
    let across = Axis::over(points().map(|point| point.0), LEFT, WIDTH - LEFT - RIGHT);
    let up = Axis::over(
        points().map(|point| point.1),
        HEIGHT - BOTTOM,
        TOP + BOTTOM - HEIGHT,
    );
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let mut add = |text: String| {
        picture.push_str(&text);
        picture.push('\n');
    };
    add(format!(
        "<text x=\"{LEFT}\" y=\"20\" font-size=\"14\" font-weight=\"bold\">{}</text>",
        diagram.title
    ));
    for value in across.powers() {
        let x = across.at(value);
        add(format!(
            "<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"#ddd\"/><text x=\"{x:.1}\" y=\"{:.1}\" \
             text-anchor=\"middle\">{value}</text>",
            bottom + 16.0
        ));
    }
    for value in up.powers() {
        let y = up.at(value);
        add(format!(
            "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#ddd\"/><text x=\"{:.1}\" y=\"{:.1}\" \
             text-anchor=\"end\">{value} {}</text>",
            LEFT - 5.0,
            y + 4.0,
            diagram.unit
        ));
    }
    add(format!(
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">people</text>",
        (LEFT + right) / 2.0,
        HEIGHT - 8.0
    ));
    for (number, line) in diagram.lines.iter().enumerate() {
        let colour = line.colour;
        let place = |&(x, y): &(f64, f64)| format!("{:.1} {:.1}", across.at(x), up.at(y));
        let path: Vec<String> = line.points.iter().map(place).collect();
        add(format!(
            "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join("L")
        ));
        for &(x, y) in &line.points {
            add(format!(
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>",
                across.at(x),
                up.at(y)
            ));
        }
        let y = TOP + 14.0 + 16.0 * number as f64;
        add(format!(
            "<text x=\"{:.1}\" y=\"{y:.1}\" fill=\"{colour}\">{}</text>",
            LEFT + 10.0,
            line.name
        ));
    }
}
