//! `pairpost report`: the numbers of a round, beside those of the rounds before it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::documents;
use crate::programme::report::page::Report;
use crate::programme::report::{self, tables};
use crate::store;
use crate::time::Clock;

/// The numbers of a round, beside those of the rounds before it
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost report 2027A\n  pairpost report 2027A --html report.html\n  pairpost report 2027A --to report\n  pairpost report 2027A --csv numbers\n  pairpost report 2027A --json"
)]
pub struct Args {
    /// The round's id, as in the name of its file.
    round: String,
    /// Write all of it into this folder: the page with charts, the same as a PDF, and the CSV files.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["json", "csv", "html"])]
    to: Option<PathBuf>,
    /// Write one CSV file for each table into this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "json")]
    csv: Option<PathBuf>,
    /// Write one page with charts into this file: it loads nothing, and can be passed on.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "csv"])]
    html: Option<PathBuf>,
    /// All figures, with those of the former rounds, as one object.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let engine = super::open_engine(config)?;
    let settings = &engine.config().settings;
    let db = engine.store().reader();
    let Some((round, former)) = store::report::figures(
        db,
        settings,
        &args.round,
        report::FORMER_ROUNDS,
        Clock::System.now(),
    )?
    else {
        let known: Vec<&str> = settings.rounds.iter().map(|it| it.id.as_str()).collect();
        anyhow::bail!(
            "there is no round \"{}\"; the config has: {}",
            args.round,
            known.join(", ")
        );
    };
    if args.json {
        super::print_json(&serde_json::json!({ "round": round, "former": former }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(file) = &args.html {
        let language = settings.default_language();
        let page = report::page::page(&settings.name, &round, &former, language);
        super::write_file(file, page)?;
        println!("{}", file.display());
        return Ok(ExitCode::SUCCESS);
    }
    let all = tables::all(&round, &former, settings.default_language());
    if let Some(dir) = args.csv.as_ref().or(args.to.as_ref()) {
        super::make_folder(dir)?;
        if args.to.is_some() {
            let report = Report::of(&settings.name, &round, &former, settings.default_language());
            let page = report::page::html(&report).into_bytes();
            let pdf = super::busy("setting the report", || documents::report::pdf(&report))?;
            for (ending, bytes) in [("html", page), ("pdf", pdf)] {
                let file = dir.join(format!("{}.{ending}", round.round));
                super::write_file(&file, bytes)?;
                println!("{}", file.display());
            }
        }
        for table in &all {
            let file = dir.join(format!("{}-{}.csv", round.round, table.name));
            super::write_file(&file, report::csv(table))?;
            println!("{}", file.display());
        }
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}, {} to {}", round.name, round.start, round.end);
    for table in all.iter().filter(|table| !table.rows.is_empty()) {
        println!("\n{}\n", table.title);
        if table.name == "answers" {
            print_answers(&table.rows);
            continue;
        }
        let headings: Vec<&str> = table.headings.iter().map(String::as_str).collect();
        super::table::print(&headings, &table.rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Survey, question, answer and share: each question once, its answers below it.
fn print_answers(rows: &[Vec<String>]) {
    let cell = |row: &[String], at: usize| row.get(at).cloned().unwrap_or_default();
    let mut above = (String::new(), String::new());
    for row in rows {
        let (survey, question) = (cell(row, 0), cell(row, 1));
        if survey != above.0 {
            println!("{survey}");
        }
        if !question.is_empty() && (&survey, &question) != (&above.0, &above.1) {
            println!("  {question}");
        }
        println!("    {:<24} {}", cell(row, 2), cell(row, 3));
        above = (survey, question);
    }
}
