//! `pairpost proposal`: what coordinators do with a proposal by mail, on the machine.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args as Arguments;

use crate::programme::coordinating;
use crate::programme::event::CommandKind;
use crate::programme::letter::About;
use crate::programme::review;
use crate::store::facts;

/// The newest proposal: look at it, change it, release it
///
/// The commands are those of the proposal's letter: ok, swap 12 17, pin 3 9, forbid 4 8, hold 21, leave 21,
/// trio, free 21, rerun.
/// Several at once, each in quotes, are done together or not at all.
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost proposal\n  pairpost proposal swap 12 17\n  pairpost proposal \"pin 3 9\" \"hold 21\"\n  pairpost proposal ok\n  pairpost proposal --table > proposal.csv"
)]
pub struct Args {
    /// What to do with it; without one it is shown.
    #[arg(value_name = "COMMAND")]
    commands: Vec<String>,
    /// Another proposal than the newest.
    #[arg(long, value_name = "PROPOSAL")]
    id: Option<i64>,
    /// Everybody with partner and reasons, as CSV.
    #[arg(long, conflicts_with = "commands")]
    table: bool,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut engine = super::open_engine(config)?;
    let db = engine.store().reader();
    let Some(proposal) = super::proposal::find(db, args.id)? else {
        println!("There is no proposal yet. Work one out with: pairpost match");
        return Ok(ExitCode::SUCCESS);
    };
    if args.table {
        let applicants = facts::applicants(db, &proposal.round)?;
        let table = review::table(&engine.config().settings, &applicants, &proposal);
        std::io::stdout().lock().write_all(&table)?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.commands.is_empty() {
        return super::proposal::show(&engine, Some(proposal.id.0));
    }
    let about = About {
        proposal: Some(proposal.id),
        ..About::default()
    };
    // One command whose words the shell has taken apart, or several in quotes.
    let read = |separator: &str| {
        coordinating::read_command(&args.commands.join(separator), &about)
            .filter(|it| matches!(it, CommandKind::Release(_) | CommandKind::Review { .. }))
    };
    let what = read(" ").or_else(|| read("\n")).context(
        "this is no command for a proposal. Known are: ok, swap 12 17, pin 3 9, forbid 4 8, hold 21, leave 21, \
         trio, free 21, rerun; several at once each in quotes",
    )?;
    let changes = matches!(what, CommandKind::Review { .. });
    let ended = super::act(&mut engine, what)?;
    if changes && ended == ExitCode::SUCCESS {
        return super::proposal::show(&engine, None);
    }
    Ok(ended)
}
