//! `pairpost letter`: a coordinator's word about a letter that may or may not have arrived.

use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::ids::LetterId;
use crate::programme::event::CommandKind;

/// Your word about a letter that may or may not have arrived, or that was given up
///
/// When the connection breaks at the very moment of handing a letter over, nobody can tell whether the mail server has
/// taken it. Pairpost looks for it. Where that does not help, an introduction waits for you, since it must not come twice.
#[derive(Debug, Arguments)]
#[command(after_help = "Examples:\n  pairpost letter 17 --arrived\n  pairpost letter 17 --resend")]
pub struct Args {
    id: i64,
    /// It has arrived: its reader says so.
    #[arg(long, conflicts_with = "resend", required_unless_present = "resend")]
    arrived: bool,
    /// Send the same letter again.
    #[arg(long)]
    resend: bool,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut engine = super::open_engine(config)?;
    let letter = LetterId(args.id);
    super::act(
        &mut engine,
        match args.arrived {
            true => CommandKind::Arrived { letter },
            false => CommandKind::SendAgain { letter },
        },
    )
}
