//! `pairpost demo`: a whole round on this machine, with nothing to install and nobody to write to.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::config;
use crate::rehearsal::drive::{self, Rehearsal, Summary};
use crate::rehearsal::habits::Shares;

/// A whole round on this machine in virtual time, with invented people who answer by mail
///
/// All state is in a temporary folder, mail goes in and out through Maildirs, the clock jumps. At the end stands a
/// table, and the place where every letter can be read with a mail client.
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost demo\n  pairpost demo --people 1162 --seed 7 --json\n  mutt -f $(pairpost demo --json | jq -r .letters_at)"
)]
pub struct Args {
    /// How many people apply.
    #[arg(long, default_value_t = 92)]
    people: u32,
    /// How many countries they come from; by default as many as ILN had at that size.
    #[arg(long)]
    countries: Option<u32>,
    /// The same seed makes the same people, the same answers and the same letters, byte for byte.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write; by default a new temporary folder. It must not hold an earlier demo.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Print one line of JSON instead of the table.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let dir = drive::folder(args.to.as_deref(), "demo")?;
    let rehearsal = Rehearsal {
        config: config::built_in(),
        dir,
        seed: args.seed,
        people: args.people,
        countries: args.countries,
        shares: Shares::default(),
        free_messages: Vec::new(),
    };
    let summary = with_progress(rehearsal, "demo")?;
    if args.json {
        super::print_json(&summary)?;
    } else {
        print(&summary)?;
    }
    Ok(verdict(&summary))
}

/// Runs it with a bar that shows the date.
pub fn with_progress(rehearsal: Rehearsal, what: &'static str) -> anyhow::Result<Summary> {
    let bar = super::progress_bar(1_000, what);
    let summary = drive::run(rehearsal, &mut |now, share| {
        bar.set_message(now.format("%-d %b %Y").to_string());
        bar.set_position((share * 1_000.0) as u64);
    });
    bar.finish_and_clear();
    summary
}

/// A rehearsal in which something happened that must not has found a problem.
pub fn verdict(summary: &Summary) -> ExitCode {
    ExitCode::from(u8::from(!summary.is_clean()))
}

pub fn print(summary: &Summary) -> anyhow::Result<()> {
    for (place, round) in summary.rounds.iter().enumerate() {
        let heading = match (place, summary.rounds.len()) {
            (0, 1) => format!("Round {}, to a week after its end", round.round),
            (0, _) => format!("Round {}", round.round),
            _ => format!("Round {}, to the end of its first week", round.round),
        };
        let mut rows = vec![
            row("complete applications", round.complete),
            row("over the country cap", round.capped),
            row("partnerships", round.partnerships),
            row("of these out of the pool", round.rematched),
        ];
        rows.extend(
            round
                .ends
                .iter()
                .map(|(why, count)| row(&format!("partnerships, {why}"), count)),
        );
        super::table::print(&[&heading, ""], &rows)?;
        println!();
    }
    let days = |days: Option<f64>| days.map_or("-".into(), |days| days.to_string());
    super::table::print(
        &["People and coordinators", ""],
        &[
            row("people", summary.people),
            row("countries", summary.countries),
            row("new people in the next round", summary.newcomers),
            row(
                "days until the next partner, median",
                days(summary.rematch_days_median),
            ),
            row(
                "days until the next partner, worst",
                days(summary.rematch_days_worst),
            ),
            row(
                "messages that need a person, per 1,000 people",
                summary.needs_person_per_1000,
            ),
            row(
                "of these, not a question that only a person can answer",
                summary.needs_person_beyond_questions_per_1000,
            ),
            row("notices, per 1,000 people", summary.notices_per_1000),
            row(
                "minutes of coordinators, estimated",
                summary.coordinator_minutes,
            ),
        ],
    )?;
    println!();
    super::table::print(
        &["What must be 0", ""],
        &[
            row("lost", summary.lost),
            row("duplicates", summary.duplicates),
            row("answered wrongly", summary.answered_wrongly),
            row("mailed after leaving", summary.mailed_after_leaving),
            row("revealed", summary.revealed),
            row("met twice", summary.met_twice),
        ],
    )?;
    for (heading, counts) in [
        ("letters by kind", &summary.letters),
        ("what people and machines sent, by kind", &summary.answers),
        (
            "messages that need a person, by what they said",
            &summary.needs_person_by_reason,
        ),
    ] {
        println!();
        let mut rows: Vec<Vec<String>> = counts
            .iter()
            .map(|(kind, count)| row(kind, count))
            .collect();
        rows.push(row("all", counts.values().sum::<u64>()));
        super::table::print(&[heading, ""], &rows)?;
    }
    if !summary.letters_never_sent.is_empty() {
        println!(
            "\nLetters never sent in this rehearsal: {}",
            summary.letters_never_sent.join(", ")
        );
    }
    if !summary.problems.is_empty() {
        println!("\nWhat is behind these numbers:");
        for problem in summary.problems.iter().take(20) {
            println!("  {problem}");
        }
    }
    println!(
        "\nAll letters, as a Maildir: {}",
        summary.letters_at.display()
    );
    println!(
        "Read them, for example:    mutt -f {}",
        summary.letters_at.display()
    );
    println!("({:.1} s)", summary.wall_s);
    Ok(())
}

fn row(what: &str, value: impl ToString) -> Vec<String> {
    vec![what.to_string(), value.to_string()]
}
