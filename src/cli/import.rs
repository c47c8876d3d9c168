//! `pairpost import`: applications from a spreadsheet or a web form, and pairs of former rounds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use chrono::NaiveDateTime;
use clap::{Args as Arguments, Subcommand};

use crate::daemon::importing::{Taken, Written};
use crate::programme::settings::Settings;
use crate::schedule;
use crate::time::{Clock, Moment};

/// Applications from a spreadsheet or a web form, and pairs of former rounds
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost import applications answers.csv --dry-run\n  pairpost import applications answers.csv\n  pairpost import pairs former.csv"
)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Each row of a CSV file as an application. Who is complete is in, who is not is asked for the rest, as by mail;
    /// a row that was imported before changes nothing
    Applications(Rows),
    /// Former partners, by their addresses, so that nobody meets twice: a CSV file with the columns first and second
    /// (and third). Addresses of people who are not in the programme are kept as a keyed hash only
    Pairs(Rows),
}

#[derive(Debug, Arguments)]
struct Rows {
    /// A CSV file with headings, in UTF-8. The section `[import]` of pairpost.toml says what its columns mean.
    file: PathBuf,
    /// Tell what would happen, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// One object for each row.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    match &args.what {
        What::Applications(rows) => applications(rows, config),
        What::Pairs(rows) => pairs(rows, config),
    }
}

fn pairs(args: &Rows, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut engine = super::open_engine(config)?;
    let table = table(&args.file)?;
    let named: Vec<usize> = ["first", "second", "third"]
        .iter()
        .filter_map(|wanted| {
            let is_it = |heading: &String| heading.eq_ignore_ascii_case(wanted);
            table.headings.iter().position(is_it)
        })
        .collect();
    if named.len() < 2 {
        anyhow::bail!(
            "{}: there are no columns called \"first\" and \"second\"; there are: {}",
            args.file.display(),
            table.headings.join(", ")
        );
    }
    let now = Clock::System.now();
    let mut told = Told::new(args, table.rows.len());
    for (row, line) in table.rows.iter().zip(2..) {
        let cell = |at: usize| row.get(at).map_or("", String::as_str).trim();
        let addresses: Vec<&str> = named
            .iter()
            .map(|at| cell(*at))
            .filter(|address| !address.is_empty())
            .collect();
        if addresses.len() < 2 {
            told.row(line, &Taken::refused("it has fewer than two addresses"))?;
            continue;
        }
        for (at, one) in addresses.iter().enumerate() {
            for other in &addresses[at + 1..] {
                let taken = engine.import_pair(one, other, now, args.dry_run)?;
                told.row(line, &taken)?;
            }
        }
    }
    Ok(told.end())
}

/// What became of the rows, told one by one and together.
struct Told<'a> {
    args: &'a Rows,
    counts: BTreeMap<&'static str, u32>,
    bar: indicatif::ProgressBar,
}

impl Told<'_> {
    fn new(args: &Rows, rows: usize) -> Told<'_> {
        Told {
            args,
            counts: BTreeMap::new(),
            bar: super::progress_bar(rows as u64, "import"),
        }
    }

    fn row(&mut self, line: usize, taken: &Taken) -> anyhow::Result<()> {
        *self.counts.entry(taken.result).or_default() += 1;
        self.bar.inc(1);
        // The line stands above the bar.
        self.bar.suspend(|| self.print(line, taken))
    }

    fn print(&self, line: usize, taken: &Taken) -> anyhow::Result<()> {
        if self.args.json {
            return super::print_json(&serde_json::json!({ "row": line, "taken": taken }));
        }
        let why = match taken.why.as_str() {
            "" => String::new(),
            why if taken.result == "incomplete" => format!(": is asked for {why}"),
            why => format!(": {why}"),
        };
        println!("row {line}: {}{why}", taken.result);
        Ok(())
    }

    fn end(&self) -> ExitCode {
        self.bar.finish_and_clear();
        if !self.args.json {
            let told: Vec<String> = self
                .counts
                .iter()
                .map(|(result, count)| format!("{count} {result}"))
                .collect();
            let trial = match self.args.dry_run {
                true => "; this was a trial, nothing was changed",
                false => "",
            };
            println!("\n{}{trial}", told.join(", "));
        }
        ExitCode::from(u8::from(self.counts.contains_key("refused")))
    }
}

fn applications(args: &Rows, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut engine = super::open_engine(config)?;
    let table = table(&args.file)?;
    let columns = Columns::of(&engine.config().settings, &table.headings)
        .map_err(|why| anyhow::anyhow!("{}: {why}", args.file.display()))?;
    if !args.json && !columns.unknown.is_empty() {
        println!(
            "not read, since no question is called so: {}\n",
            columns.unknown.join(", ")
        );
    }
    let now = Clock::System.now();
    let mut told = Told::new(args, table.rows.len());
    for (row, line) in table.rows.iter().zip(2..) {
        let taken = match columns.written(&engine.config().settings, row) {
            Ok(written) => engine.import_application(&written, now, args.dry_run)?,
            Err(why) => Taken::refused(why),
        };
        told.row(line, &taken)?;
    }
    Ok(told.end())
}

struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Reads a CSV file: commas, semicolons or tabs, whichever the headings are separated by.
fn table(file: &Path) -> anyhow::Result<Table> {
    let bytes =
        std::fs::read(file).with_context(|| format!("{}: cannot be read", file.display()))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        anyhow::anyhow!(
            "{}: it is not in UTF-8. Save it in your spreadsheet program as \"CSV UTF-8\"",
            file.display()
        )
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let separator = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|mark| first.bytes().filter(|byte| byte == mark).count())
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .from_reader(text.as_bytes());
    let headings = reader
        .headers()
        .with_context(|| format!("{}: its first row cannot be read", file.display()))?
        .iter()
        .map(|heading| heading.trim().to_string())
        .collect();
    let rows = reader
        .records()
        .map(|record| Ok(record?.iter().map(str::to_string).collect()))
        .collect::<Result<_, csv::Error>>()
        .with_context(|| format!("{}: it is no CSV file", file.display()))?;
    Ok(Table { headings, rows })
}

/// Which column holds what.
struct Columns {
    address: usize,
    arrived: Option<usize>,
    questions: Vec<(usize, String)>,
    /// Headings that mean nothing to us.
    unknown: Vec<String>,
}

impl Columns {
    fn of(settings: &Settings, headings: &[String]) -> Result<Columns, String> {
        let same = |heading: &str, wanted: &str| {
            let bare = |text: &str| {
                text.trim()
                    .trim_end_matches(['?', ':'])
                    .trim()
                    .to_lowercase()
            };
            bare(heading) == bare(wanted)
        };
        let find = |wanted: &str| headings.iter().position(|heading| same(heading, wanted));
        let import = &settings.import;
        let lacks = |key: &str, heading: &str| {
            format!(
                "no column is called \"{heading}\". Write its heading as {key} in [import] of pairpost.toml; there are: {}",
                headings.join(", ")
            )
        };
        let address = find(&import.address).ok_or_else(|| lacks("address", &import.address))?;
        let arrived = match &import.arrived {
            Some(heading) => Some(find(heading).ok_or_else(|| lacks("arrived", heading))?),
            None => None,
        };
        let mut questions = Vec::new();
        for (question, heading) in &import.columns {
            let at = find(heading).ok_or_else(|| lacks(&format!("columns.{question}"), heading))?;
            questions.push((at, question.clone()));
        }
        for question in &settings.form.questions {
            if questions.iter().any(|(_, id)| *id == question.id) {
                continue;
            }
            let called = |heading: &String| {
                same(heading, &question.id)
                    || question.label.0.values().any(|label| same(heading, label))
            };
            questions.extend(
                headings
                    .iter()
                    .position(called)
                    .map(|at| (at, question.id.clone())),
            );
        }
        for part in ["must", "like"] {
            if !questions.iter().any(|(_, id)| id == part) {
                questions.extend(find(part).map(|at| (at, part.to_string())));
            }
        }
        let unknown = headings
            .iter()
            .enumerate()
            .filter(|(at, _)| {
                *at != address
                    && arrived != Some(*at)
                    && !questions.iter().any(|(column, _)| column == at)
            })
            .map(|(_, heading)| heading.clone())
            .collect();
        Ok(Columns {
            address,
            arrived,
            questions,
            unknown,
        })
    }

    fn written(&self, settings: &Settings, row: &[String]) -> Result<Written, String> {
        let cell = |at: usize| row.get(at).map_or("", String::as_str).trim();
        let arrived = match self.arrived.map(cell) {
            None | Some("") => None,
            Some(text) => Some(moment(settings, text).ok_or_else(|| {
                format!(
                    "\"{text}\" is no moment; write it as 2027-02-15 10:03 or 2027-02-15T10:03:00Z"
                )
            })?),
        };
        Ok(Written {
            address: cell(self.address).to_string(),
            arrived,
            cells: self
                .questions
                .iter()
                .map(|(at, question)| (question.clone(), cell(*at).to_string()))
                .filter(|(_, text)| !text.is_empty())
                .collect(),
        })
    }
}

/// A moment with its zone, or one on the programme's clock.
fn moment(settings: &Settings, text: &str) -> Option<Moment> {
    if let Ok(moment) = chrono::DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_utc());
    }
    [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M",
    ]
    .into_iter()
    .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    .map(|local| schedule::local_moment(local.date(), local.time(), settings.zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_string()).collect()
    }

    #[test]
    fn columns_are_found_by_label_by_id_and_as_the_config_says() {
        let mut settings = crate::config::built_in().settings;
        let written = ("about".to_string(), "Tell us".to_string());
        settings.import.columns.extend([written]);
        let columns = Columns::of(
            &settings,
            &headings(&[
                "Timestamp",
                "Email address",
                "Name:",
                "pays",
                "Tell us",
                "must",
            ]),
        )
        .unwrap();
        assert_eq!(columns.address, 1);
        let ids: Vec<&str> = columns
            .questions
            .iter()
            .map(|(_, id)| id.as_str())
            .collect();
        assert_eq!(ids, ["about", "name", "country", "must"]);
        assert_eq!(columns.unknown, ["Timestamp"]);
    }

    #[test]
    fn a_missing_column_is_told_with_what_to_write() {
        let settings = crate::config::built_in().settings;
        let why = Columns::of(&settings, &headings(&["Mail", "Name"]))
            .err()
            .unwrap();
        assert!(
            why.contains("Email address") && why.contains("[import]") && why.contains("Mail, Name")
        );
    }

    #[test]
    fn moments_are_read_in_the_programmes_zone() {
        let settings = crate::config::built_in().settings;
        let shown = |text| moment(&settings, text).map(|it| it.to_rfc3339());
        assert_eq!(
            shown("2027-02-15 10:03").unwrap(),
            "2027-02-15T09:03:00+00:00"
        );
        assert_eq!(
            shown("2027-02-15T10:03:00Z").unwrap(),
            "2027-02-15T10:03:00+00:00"
        );
        assert_eq!(shown("15/02/2027"), None);
    }
}
