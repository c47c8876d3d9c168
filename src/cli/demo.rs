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

/// A rehearsal that lost something, sent something twice or mailed somebody who had left has found a problem.
pub fn verdict(summary: &Summary) -> ExitCode {
    let clean = summary.lost == 0
        && summary.duplicates == 0
        && summary.mailed_after_leaving == 0
        && summary.revealed == 0;
    ExitCode::from(u8::from(!clean))
}

pub fn print(summary: &Summary) -> anyhow::Result<()> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |what: &str, value: String| rows.push(vec![what.to_string(), value]);
    row("people", summary.people.to_string());
    row("countries", summary.countries.to_string());
    row("complete applications", summary.complete.to_string());
    row("over the country cap", summary.capped.to_string());
    row("partnerships", summary.partnerships.to_string());
    row("of these out of the pool", summary.rematched.to_string());
    row("letters", summary.letters.values().sum::<u64>().to_string());
    row(
        "messages from people and machines",
        summary.answers.values().sum::<u64>().to_string(),
    );
    row(
        "days until the next partner, median",
        summary
            .rematch_days_median
            .map_or("-".into(), |days| days.to_string()),
    );
    row(
        "messages that need a person, per 1,000 people",
        summary.needs_person_per_1000.to_string(),
    );
    row(
        "notices, per 1,000 people",
        summary.notices_per_1000.to_string(),
    );
    row("answered wrongly", summary.answered_wrongly.to_string());
    row(
        "mailed after leaving",
        summary.mailed_after_leaving.to_string(),
    );
    row("duplicates", summary.duplicates.to_string());
    row("revealed", summary.revealed.to_string());
    row("lost", summary.lost.to_string());
    super::table::print(
        &["A round from its opening to a week after its end", ""],
        &rows,
    )?;
    for (heading, counts) in [
        ("letters by kind", &summary.letters),
        ("answers by kind", &summary.answers),
    ] {
        println!();
        let rows: Vec<Vec<String>> = counts
            .iter()
            .map(|(kind, count)| vec![kind.clone(), count.to_string()])
            .collect();
        super::table::print(&[heading, ""], &rows)?;
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
