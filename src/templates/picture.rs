//! Small pictures in letters, drawn from numbers in a fence whose first line says which: `~~~ hours` (a day of 24 hours
//! with the hours that count), `~~~ bars` (a bar for each number) and `~~~ numbers` (no bars). The text part draws them with characters, the
//! HTML part as a table, so that no image has to be loaded and a screen reader finds the numbers.

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Picture {
    /// For each hour of the day, whether it counts.
    Hours([bool; 24]),
    Bars(Vec<Bar>),
}

/// What a bar stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    pub label: String,
    /// As it is shown.
    pub value: String,
    /// As it is drawn: a value that is no number has no bar.
    pub number: Option<u64>,
}

/// Bars of the text part are this long at most, and begin after labels that are no wider than this.
const BAR_COLUMNS: usize = 24;
const LABEL_COLUMNS: usize = 34;

impl Picture {
    /// Reads what stands in a fence with this word behind it; `None` where it is no picture.
    ///
    /// `hours`: a stretch in each line, `15:00:00 22:00:00`. `bars`: `label | number`; whatever stands before the last
    /// stroke is the label, so that a value in it cannot break the line. What is no number is shown without a bar.
    /// `numbers`: the same without any bar, for numbers of unlike things, which no length may compare.
    pub fn read(word: &str, text: &str) -> Option<Picture> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        match word.trim() {
            "hours" => {
                let mut hours = [false; 24];
                for (from, to) in lines.filter_map(stretch) {
                    for (hour, counts) in hours.iter_mut().enumerate() {
                        // An hour counts when half of it does; a stretch may go on after midnight.
                        let middle = hour as u32 * 60 + 30;
                        *counts |=
                            (from..to).contains(&middle) || (from..to).contains(&(middle + DAY));
                    }
                }
                Some(Picture::Hours(hours))
            }
            kind @ ("bars" | "numbers") => Some(Picture::Bars(
                lines
                    .filter_map(|line| {
                        let (label, value) = line.rsplit_once('|')?;
                        Some(Bar {
                            label: label.trim().to_owned(),
                            value: value.trim().to_owned(),
                            number: value.trim().parse().ok().filter(|_| kind == "bars"),
                        })
                    })
                    .collect(),
            )),
            _ => None,
        }
    }

    /// Lines of the text part.
    pub fn as_text(&self, columns: usize) -> Vec<String> {
        match self {
            Picture::Hours(hours) => {
                let row: String = hours
                    .iter()
                    .map(|counts| if *counts { "##" } else { ".." })
                    .collect();
                vec![
                    "0           6           12          18          24".into(),
                    row,
                ]
            }
            Picture::Bars(bars) => {
                // Where no bar is drawn, its place is the labels'.
                let most = match bars.iter().any(|bar| bar.number.is_some()) {
                    true => LABEL_COLUMNS.min(columns.saturating_sub(BAR_COLUMNS + 8)),
                    false => columns.saturating_sub(8),
                };
                let label_columns = bars
                    .iter()
                    .map(|bar| textwrap::core::display_width(&bar.label))
                    .max()
                    .unwrap_or(0)
                    .min(most);
                bars.iter()
                    .map(|bar| {
                        let label = &bar.label;
                        let space =
                            label_columns.saturating_sub(textwrap::core::display_width(label));
                        let drawn = "#".repeat(self.share(bar, BAR_COLUMNS as u64) as usize);
                        format!("{label}{}  {:>5} {drawn}", " ".repeat(space), bar.value)
                            .trim_end()
                            .to_owned()
                    })
                    .collect()
            }
        }
    }

    /// How much of `whole` a bar takes where the longest one takes all of it; what is not nothing takes 1 at least.
    pub fn share(&self, bar: &Bar, whole: u64) -> u64 {
        let largest = match self {
            Picture::Hours(_) => 0,
            Picture::Bars(bars) => bars.iter().filter_map(|bar| bar.number).max().unwrap_or(0),
        };
        match (bar.number.unwrap_or(0), largest) {
            (0, _) | (_, 0) => 0,
            (number, largest) => (number * whole / largest).clamp(1, whole),
        }
    }
}

/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// Minutes from midnight; the end lies after the start.
fn stretch(line: &str) -> Option<(u32, u32)> {
    let (from, to) = line.split_once(' ')?;
    let minutes = |time: &str| -> Option<u32> {
        let mut parts = time.trim().split(':');
        Some(parts.next()?.parse::<u32>().ok()? * 60 + parts.next()?.parse::<u32>().ok()?)
    };
    let (from, to) = (minutes(from)?, minutes(to)?);
    Some((from, if to <= from { to + DAY } else { to }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_drawn_on_a_day_and_may_go_on_after_midnight() {
        let picture = Picture::read("hours", "15:00:00 22:00:00\n\n23:30:00 01:00:00\n").unwrap();
        let Picture::Hours(hours) = &picture else {
            panic!("{picture:?}");
        };
        let awake: Vec<usize> = (0..24).filter(|hour| hours[*hour]).collect();
        assert_eq!(awake, [0, 15, 16, 17, 18, 19, 20, 21, 23]);
        let lines = picture.as_text(72);
        assert_eq!(
            lines[0].find("18"),
            Some(36),
            "the scale stands over its hour"
        );
        assert_eq!(&lines[1][28..34], "..####");
    }

    #[test]
    fn the_longest_bar_fills_its_column_and_the_smallest_can_be_seen() {
        let picture = Picture::read(
            "bars",
            "Kenya | 1\na | b | 96\nnothing | 0\nword | none\nno bar\n",
        )
        .unwrap();
        let lines = picture.as_text(72);
        assert_eq!(lines.len(), 4);
        assert!(lines[0].ends_with("1 #"), "{}", lines[0]);
        assert!(lines[1].starts_with("a | b ") && lines[1].ends_with(&"#".repeat(24)));
        assert!(lines[2].ends_with('0') && lines[3].ends_with("none"));
        let lines = Picture::read("numbers", "People | 96\nLetters | 4\n")
            .unwrap()
            .as_text(72);
        assert_eq!(lines, ["People      96", "Letters      4"]);
        let asked = "Partners being asked whether they are there";
        let lines = Picture::read("numbers", &format!("{asked} | 0\nPeople | 12\n"))
            .unwrap()
            .as_text(72);
        assert_eq!(lines[0], format!("{asked}      0"));
        assert_eq!(lines[0].len(), lines[1].len(), "{lines:?}");
        assert!(
            Picture::read("", "Name:\n").is_none(),
            "the form is no picture"
        );
    }
}
