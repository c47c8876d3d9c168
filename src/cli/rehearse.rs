//! `pairpost rehearse`: the coming round with the programme's own config and templates.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args as Arguments;

use crate::rehearsal::drive::{self, Rehearsal};
use crate::rehearsal::habits::Shares;
use crate::rehearsal::world::FreeMessage;

/// The coming round with your own config and letters, in virtual time, with invented people
///
/// From the opening of your first round to the first week of the next one, where the config has one. Nothing real is
/// touched: no mailbox, no database of yours. Every letter lies in a Maildir with its date, to be read before anything is
/// sent to anybody. The exit code is 1 where something was lost, came twice, was answered wrongly, came after somebody had
/// left, showed what was not for its reader, or where two people met twice.
#[derive(Debug, Arguments)]
#[command(after_help = "Example:\n  pairpost rehearse --config my-programme --people 300")]
pub struct Args {
    #[arg(long, default_value_t = 92)]
    people: u32,
    #[arg(long)]
    countries: Option<u32>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write; by default a new temporary folder.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// JSON lines {"text", "lang", "meant"}: what people write in free words.
    #[arg(long, value_name = "FILE")]
    messages: Option<PathBuf>,
    /// Share of people who take days for every answer.
    #[arg(long, default_value_t = Shares::default().slow)]
    slow: f64,
    /// Share of people who fall silent.
    #[arg(long, default_value_t = Shares::default().silent)]
    silent: f64,
    /// Share of people whose mailbox dies.
    #[arg(long, default_value_t = Shares::default().bouncing)]
    bouncing: f64,
    /// Share of people who leave in the middle.
    #[arg(long, default_value_t = Shares::default().withdrawing)]
    withdrawing: f64,
    /// Share of people who say something in words of their own.
    #[arg(long, default_value_t = Shares::default().free_words)]
    free_words: f64,
    /// Share of people who answer a check-in with 6, "I need help", besides those. Nobody has published how many do.
    #[arg(long, default_value_t = Shares::default().help)]
    help_wanted: f64,
    /// Share of the invited who take part again in the next round.
    #[arg(long, default_value_t = Shares::default().coming_again)]
    coming_again: f64,
    /// New people in the next round, as a share of those of the first.
    #[arg(long, default_value_t = Shares::default().newcomers)]
    newcomers: f64,
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let config = super::load(config)?;
    let dir = drive::folder(args.to.as_deref(), "rehearsal")?;
    let summary = super::demo::with_progress(
        Rehearsal {
            config,
            dir,
            seed: args.seed,
            people: args.people,
            countries: args.countries,
            shares: Shares {
                slow: args.slow,
                silent: args.silent,
                bouncing: args.bouncing,
                withdrawing: args.withdrawing,
                free_words: args.free_words,
                help: args.help_wanted,
                coming_again: args.coming_again,
                newcomers: args.newcomers,
                ..Shares::default()
            },
            free_messages: args
                .messages
                .as_deref()
                .map(messages)
                .transpose()?
                .unwrap_or_default(),
        },
        "rehearsal",
    )?;
    if args.json {
        super::print_json(&summary)?;
    } else {
        super::demo::print(&summary)?;
    }
    Ok(super::demo::verdict(&summary))
}

fn messages(file: &Path) -> anyhow::Result<Vec<FreeMessage>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{}: cannot be read", file.display()))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            serde_json::from_str(line).with_context(|| {
                format!(
                    "{}, line {}: not {{\"text\", \"lang\", \"meant\"}}",
                    file.display(),
                    number + 1
                )
            })
        })
        .collect()
}
