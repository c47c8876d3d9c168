//! `pairpost export`: people, pairs, what the surveys say, or the journal as CSV.

use std::path::Path;
use std::process::ExitCode;

use clap::{Args as Arguments, ValueEnum};

use crate::programme::report::interval::Rate;
use crate::programme::spreadsheet::cell;
use crate::store::{journal, look, report};
use crate::time::Clock;

/// People, pairs, survey results or the journal as CSV on standard output (with --json: one object a line)
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost export people > people.csv\n  pairpost export pairs --round 2027A --json\n  pairpost export --journal > journal.csv\n  pairpost export --journal --check"
)]
pub struct Args {
    #[arg(required_unless_present = "journal")]
    what: Option<What>,
    /// The journal: who did what, which letters were ordered by it, and what has become of them.
    #[arg(long, conflicts_with = "what")]
    journal: bool,
    /// Look whether any line of the journal was removed or changed since it was written, and print the newest seal. Keep
    /// that somewhere else: the next look then shows whether it is still there.
    #[arg(long)]
    check: bool,
    /// Only this round's pairs; the round whose survey results you want.
    #[arg(long)]
    round: Option<String>,
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    People,
    Pairs,
    /// What the surveys of a round say, in numbers; nobody's answers by themselves.
    Results,
    Journal,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let engine = super::open_engine(config)?;
    let db = engine.store().reader();
    let what = args.what.unwrap_or(What::Journal);
    if args.check {
        anyhow::ensure!(
            matches!(what, What::Journal),
            "only the journal can be checked: pairpost export --journal --check"
        );
        let checked = super::busy("checking the journal", || engine.check_journal())?;
        return check(&checked, args.json);
    }
    let mut out = csv::Writer::from_writer(std::io::stdout().lock());
    match what {
        What::People => {
            let people = look::people(db, None)?;
            if args.json {
                drop(out);
                people.iter().try_for_each(super::print_json)?;
                return Ok(ExitCode::SUCCESS);
            }
            let questions: Vec<String> = engine
                .config()
                .settings
                .form
                .questions
                .iter()
                .map(|question| question.id.clone())
                .collect();
            let mut heading = vec![
                "person".to_string(),
                "address".into(),
                "round".into(),
                "state".into(),
            ];
            heading.extend(questions.iter().cloned());
            out.write_record(&heading)?;
            for person in people {
                for (round, state, answers) in &person.applications {
                    let mut row = vec![
                        person.id.to_string(),
                        cell(&person.address),
                        round.clone(),
                        state.clone(),
                    ];
                    row.extend(questions.iter().map(|id| cell(&shown(answers.get(id)))));
                    out.write_record(&row)?;
                }
            }
        }
        What::Pairs => {
            let pairs = look::pairs(db, args.round.as_deref(), None)?;
            if args.json {
                drop(out);
                pairs.iter().try_for_each(super::print_json)?;
                return Ok(ExitCode::SUCCESS);
            }
            out.write_record([
                "partnership",
                "round",
                "state",
                "why_ended",
                "score",
                "started_on",
                "people",
                "names",
            ])?;
            for pair in pairs {
                let ids: Vec<String> = pair.members.iter().map(|(id, ..)| id.to_string()).collect();
                let names: Vec<&str> = pair
                    .members
                    .iter()
                    .map(|(_, name, _)| name.as_str())
                    .collect();
                out.write_record([
                    pair.id.to_string(),
                    pair.round,
                    pair.state,
                    pair.why_ended,
                    pair.score.to_string(),
                    pair.started_on.unwrap_or_default(),
                    ids.join(" "),
                    cell(&names.join("; ")),
                ])?;
            }
        }
        What::Results => {
            let Some(round) = &args.round else {
                anyhow::bail!("which round? Write --round and its id, as in the name of its file");
            };
            let settings = &engine.config().settings;
            let Some((figures, _)) = report::figures(db, settings, round, 0, Clock::System.now())?
            else {
                anyhow::bail!("there is no round \"{round}\"");
            };
            if args.json {
                drop(out);
                figures.surveys.iter().try_for_each(super::print_json)?;
                return Ok(ExitCode::SUCCESS);
            }
            out.write_record([
                "round", "survey", "question", "answer", "count", "of", "low", "high",
            ])?;
            for survey in &figures.surveys {
                let mut row = |question: &str, answer: &str, rate: Rate| {
                    let bound = |bound: Option<f64>| {
                        bound.map_or_else(String::new, |it| format!("{it:.4}"))
                    };
                    let interval = rate.interval();
                    out.write_record([
                        figures.round.clone(),
                        survey.id.clone(),
                        question.to_string(),
                        cell(answer),
                        rate.count.to_string(),
                        rate.of.to_string(),
                        bound(interval.map(|it| it.0)),
                        bound(interval.map(|it| it.1)),
                    ])
                };
                row("", "answered", survey.answered)?;
                for question in &survey.questions {
                    for (option, rate) in &question.options {
                        row(&question.id, option, *rate)?;
                    }
                }
            }
        }
        What::Journal => {
            let rows = journal::rows(db)?;
            if args.json {
                drop(out);
                rows.iter().try_for_each(super::print_json)?;
                return Ok(ExitCode::SUCCESS);
            }
            out.write_record([
                "line",
                "at",
                "cause",
                "note",
                "outcome",
                "person",
                "partnership",
                "letters",
                "seal",
            ])?;
            for row in rows {
                let letters: Vec<String> = row
                    .letters
                    .iter()
                    .map(|it| {
                        let sent = it.sent_at.as_deref().unwrap_or_default();
                        format!(
                            "{} {} to {}: {} {sent}",
                            it.letter, it.kind, it.to, it.state
                        )
                        .trim_end()
                        .to_string()
                    })
                    .collect();
                out.write_record([
                    row.line.to_string(),
                    row.at,
                    row.cause,
                    cell(&row.note),
                    cell(&row.outcome),
                    row.person.map(|id| id.to_string()).unwrap_or_default(),
                    row.partnership.map(|id| id.to_string()).unwrap_or_default(),
                    letters.join("; "),
                    row.seal,
                ])?;
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// What a look at the chain of seals has found; it fails where a line is not as it was written.
fn check(checked: &journal::Checked, json: bool) -> anyhow::Result<ExitCode> {
    let code = ExitCode::from(u8::from(checked.broken.is_some()));
    if json {
        super::print_json(checked)?;
        return Ok(code);
    }
    println!(
        "{} lines, of which erasures have emptied {}",
        checked.lines, checked.emptied
    );
    if checked.unsealed > 0 {
        println!(
            "{} lines are older than the seals and cannot be checked",
            checked.unsealed
        );
    }
    match &checked.broken {
        Some((line, why)) => println!("NOT AS WRITTEN: line {line}: {why}"),
        None => println!("all lines are as they were written"),
    }
    if let Some((line, seal)) = &checked.newest {
        println!("newest seal: line {line}, {seal}");
    }
    Ok(code)
}

fn shown(value: Option<&serde_json::Value>) -> String {
    match value {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Array(list)) => list
            .iter()
            .map(|it| it.as_str().unwrap_or_default())
            .collect::<Vec<_>>()
            .join("; "),
        Some(other) => other.to_string(),
    }
}
