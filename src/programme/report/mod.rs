//! The report of a round: numbers that a coordinator, a sponsor and the next round can use.
//!
//! [`figures`] counts, [`interval`] says how much a share can tell, [`tables`] lays the figures out, [`side_by_side`] with
//! those of former rounds, [`charts`] says what of them can be seen, [`drawing`] draws it, [`page`] puts all on a page
//! ([`sample`] has figures to try it with). Here is the letter to the coordinators when a round has ended.

pub mod charts;
pub mod drawing;
pub mod figures;
pub mod interval;
pub mod page;
pub mod sample;
pub mod side_by_side;
pub mod tables;

pub use figures::{Figures, Rows};

use super::decision::{Change, Decision};
use super::facts::Facts;
use super::letter::{About, Attachment, Letter, LetterKind, Line, ReportSection};
use super::settings::Settings;
use super::words::word;
use super::{spreadsheet, timetable};

/// How many former rounds stand beside a round.
pub const FORMER_ROUNDS: usize = 4;

/// The numbers of the round that has ended, to all who run the programme.
pub fn letter(settings: &Settings, facts: &Facts, round_id: &str) -> Decision {
    let (Some(round), Some((figures, former))) = (
        timetable::round(settings, round_id),
        facts.figures.split_first(),
    ) else {
        return Decision::ignored("the round is no longer in the config");
    };
    if figures.applied == 0 {
        return Decision::ignored("nobody applied for this round");
    }
    let mut decision = Decision::noting(format!("report of round {round_id}"));
    let language = settings.default_language();
    let tables = tables::all(figures, former, language);
    let mut files: Vec<Attachment> = tables
        .iter()
        .filter(|table| !table.rows.is_empty())
        .map(|table| Attachment {
            file_name: format!("{round_id}-{}.csv", table.name),
            content_type: spreadsheet::CONTENT_TYPE,
            bytes: csv(table),
        })
        .collect();
    files.insert(
        0,
        Attachment {
            file_name: format!("{round_id}-report.html"),
            content_type: "text/html; charset=utf-8",
            bytes: page::page(&settings.name, figures, former, language).into_bytes(),
        },
    );
    for coordinator in &settings.coordinators {
        decision.letters.push(Letter::to_coordinator(
            &coordinator.address,
            LetterKind::Report {
                dates: timetable::dates(round),
                sections: sections(&tables, language),
                counted_until: timetable::surveys_close(round),
                files: files.clone(),
            },
            round_id.to_string(),
            About::round(round_id),
        ));
    }
    decision
}

/// The numbers as they stand are kept: what is erased later does not change them.
pub fn keep(facts: &Facts, decision: &mut Decision) {
    decision.changes.extend(
        facts
            .figures
            .first()
            .map(|figures| Change::FiguresKept(Box::new(figures.clone()))),
    );
}

/// A table as a CSV file.
pub fn csv(table: &tables::Table) -> Vec<u8> {
    let headings: Vec<&str> = table.headings.iter().map(String::as_str).collect();
    spreadsheet::write(&headings, table.rows.clone())
}

/// The tables that a letter can show as lines: each row's first cell, and what stands beside it.
fn sections(tables: &[tables::Table], language: &str) -> Vec<ReportSection> {
    tables
        .iter()
        .filter(|table| !table.rows.is_empty())
        .filter_map(|table| {
            let line: fn(&[String], &[String], &str) -> Line = match table.name {
                "rounds" => with_former_rounds,
                "standings" | "quotes" => two_cells,
                "contact" => contact,
                "answers" => answer,
                _ => return None,
            };
            Some(ReportSection {
                title: table.title.clone(),
                lines: table
                    .rows
                    .iter()
                    .take(SECTION_LINES_MAX)
                    .map(|row| line(&table.headings, row, language))
                    .collect(),
            })
        })
        .collect()
}

/// A letter stays short; the files have all.
const SECTION_LINES_MAX: usize = 60;

fn cell(row: &[String], at: usize) -> &str {
    row.get(at).map_or("", String::as_str)
}

fn with_former_rounds(headings: &[String], row: &[String], _: &str) -> Line {
    let before: Vec<String> = headings
        .iter()
        .zip(row)
        .skip(2)
        .map(|(round, value)| format!("{round}: {value}"))
        .collect();
    let value = cell(row, 1).to_string();
    Line {
        label: cell(row, 0).to_string(),
        value: match before.is_empty() {
            true => value,
            false => format!("{value} ({})", before.join(", ")),
        },
    }
}

fn contact(headings: &[String], row: &[String], language: &str) -> Line {
    let counted: Vec<String> = (1..=6)
        .map(|at| format!("{} {}", cell(row, at), cell(headings, at)))
        .collect();
    Line {
        label: format!(
            "{} {}",
            word(&["Day", "Día", "Jour"], language),
            cell(row, 0)
        ),
        value: counted.join(", "),
    }
}

fn answer(_: &[String], row: &[String], _: &str) -> Line {
    Line {
        label: format!("{} {}", cell(row, 1), cell(row, 2))
            .trim()
            .to_string(),
        value: match cell(row, 3) {
            "" => cell(row, 0).to_string(),
            share => share.to_string(),
        },
    }
}

fn two_cells(_: &[String], row: &[String], _: &str) -> Line {
    Line {
        label: cell(row, 0).to_string(),
        value: cell(row, 1).to_string(),
    }
}
