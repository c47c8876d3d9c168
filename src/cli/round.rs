//! `pairpost round`: the calendar and the state of the rounds.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::store::{look, report};
use crate::time::Clock;

/// The rounds: their dates, and how many people and partnerships stand where
#[derive(Debug, Arguments)]
#[command(after_help = "Example:\n  pairpost round")]
pub struct Args {
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let engine = super::open_engine(config)?;
    let db = engine.store().reader();
    for round in &engine.config().settings.rounds {
        let states = look::states_of_round(db, &round.id)?;
        let settings = &engine.config().settings;
        let pairs = report::standings(db, settings, &round.id, Clock::System.now())?;
        if args.json {
            let states: serde_json::Map<String, serde_json::Value> = states
                .into_iter()
                .map(|(state, count)| (state, count.into()))
                .collect();
            super::print_json(&serde_json::json!({
                "round": round.id, "name": round.name, "opens": round.opens, "deadline": round.deadline,
                "matching": round.matching, "start": round.start, "end": round.end, "applications": states,
                "partnerships": pairs.iter().map(|(standing, count)| (standing.words("en"), *count))
                    .collect::<BTreeMap<String, u32>>(),
            }))?;
            continue;
        }
        println!("{}  {}", round.id, round.name);
        println!(
            "  opens {}, deadline {} (end of that day, UTC-12), matching {}, introductions {}, end {}",
            round.opens, round.deadline, round.matching, round.start, round.end
        );
        for (state, count) in states {
            println!("  {count:>6} {state}");
        }
        if !pairs.is_empty() {
            println!("  partnerships:");
        }
        for (standing, count) in pairs {
            println!("  {count:>6} {}", standing.words("en"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
