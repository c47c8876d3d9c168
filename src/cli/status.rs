//! `pairpost status`: how the programme stands, and what waits for a person.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::daemon::master_key;
use crate::programme::facts::Waiting;
use crate::programme::partnership::Standing;
use crate::store::{look, report, waiting};
use crate::time::Clock;

/// How the programme stands, and what waits for a person
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost status\n  pairpost status --message 88     one message, as it arrived\n  pairpost status --letter 412     one letter: what caused it, what became of it"
)]
pub struct Args {
    /// Show this message.
    #[arg(long, value_name = "ID")]
    message: Option<i64>,
    /// Show this letter.
    #[arg(long, value_name = "ID")]
    letter: Option<i64>,
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let engine = super::open_engine(config)?;
    let db = engine.store().reader();
    if let Some(id) = args.message {
        let Some((state, reason, raw)) = look::message(db, id)? else {
            anyhow::bail!("there is no message {id}");
        };
        println!("message {id}: {state}: {reason}\n");
        println!("{}", String::from_utf8_lossy(&raw));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(id) = args.letter {
        let Some(letter) = look::letter(db, id)? else {
            anyhow::bail!("there is no letter {id}");
        };
        super::print_json(&letter)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut numbers = look::numbers(db)?;
    numbers.extend(standings(&engine, db)?);
    let waiting = waiting::everything(db)?;
    let now = Clock::System.now();
    let key = master_key::open(&engine.config().state_dir, now)?;
    if args.json {
        let numbers: serde_json::Map<String, serde_json::Value> = numbers
            .into_iter()
            .map(|(label, value)| (label, value.into()))
            .collect();
        let waiting: Vec<String> = waiting.iter().map(words).collect();
        super::print_json(&serde_json::json!({
            "numbers": numbers,
            "waiting": waiting,
            "master_key": super::key::as_json(&key, now),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = numbers
        .into_iter()
        .map(|(label, value)| vec![label, value.to_string()])
        .collect();
    super::table::print(&["", ""], &rows)?;
    println!();
    if waiting.is_empty() {
        println!("Nothing waits for you.");
    } else {
        println!("Waiting for you:");
        for item in &waiting {
            println!("  {}", words(item));
        }
    }
    println!("\nMaster key: {}", super::key::in_words(&key, now));
    Ok(ExitCode::SUCCESS)
}

/// How many partnerships under way stand where.
fn standings(
    engine: &crate::daemon::Engine,
    db: &rusqlite::Connection,
) -> anyhow::Result<Vec<(String, i64)>> {
    let settings = &engine.config().settings;
    let mut counts: BTreeMap<Standing, i64> = BTreeMap::new();
    for round in &settings.rounds {
        for (standing, count) in report::standings(db, settings, &round.id, Clock::System.now())? {
            *counts.entry(standing).or_default() += i64::from(count);
        }
    }
    Ok(counts
        .into_iter()
        .filter(|(standing, _)| !matches!(standing, Standing::Ended(_)))
        .map(|(standing, count)| (format!("Partnerships: {}", standing.words("en")), count))
        .collect())
}

fn words(waiting: &Waiting) -> String {
    match waiting {
        // Only a safety contact learns more; the message itself lies in their mailbox.
        Waiting::Message {
            inbox,
            safety: true,
            ..
        } => format!("message {inbox} waits for a safety contact"),
        Waiting::Message {
            inbox, from, why, ..
        } => {
            format!("message {inbox} from {from}: {why}   (pairpost status --message {inbox})")
        }
        Waiting::Proposal { proposal, round } => {
            format!("the proposal for round {round}   (pairpost match --release {proposal})")
        }
        Waiting::Introduction { partnership } => {
            format!(
                "partnership {partnership} waits to be introduced   (pairpost pair {partnership} --introduce)"
            )
        }
        Waiting::Letter { letter, kind, why } => {
            format!(
                "letter {letter} ({kind}) could not be sent: {why}   (pairpost letter {letter} --resend)"
            )
        }
        Waiting::Held { letter, kind, to } => {
            format!(
                "letter {letter} ({kind}) to {to} may or may not have arrived; ask   (pairpost letter {letter} --arrived, or --resend)"
            )
        }
        Waiting::HeldOut {
            person,
            name,
            round,
        } => {
            format!("{name} was held out of round {round}   (pairpost person {person} --pool)")
        }
        Waiting::Flood {
            person,
            name,
            messages,
        } => {
            let word = person.map_or(String::new(), |person| {
                format!("   (pairpost person {person} --read)")
            });
            format!("{name} writes more than is read in a day: {messages} messages wait{word}")
        }
        Waiting::Trouble { words } => words.clone(),
        Waiting::Defect { what, why } => {
            format!("what was due could not be done and is tried again ({what}): {why}")
        }
        Waiting::Application { person, name } => {
            format!("{name} has applied   (pairpost person {person} --accept)")
        }
    }
}
