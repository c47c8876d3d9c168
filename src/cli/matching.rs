//! `pairpost match`: the proposal for a round.

use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

/// Work out the pairs of a round, look at the proposal, release it
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost match               work out the coming round's pairs now\n  pairpost match --show        look at the newest proposal\n  pairpost match --release 3   release it"
)]
pub struct Args {
    /// The round; by default the coming one.
    #[arg(long)]
    round: Option<String>,
    /// Look at the newest proposal without making one.
    #[arg(long, conflicts_with = "release")]
    show: bool,
    /// Release this proposal: its pairs are introduced on the day.
    #[arg(long, value_name = "PROPOSAL")]
    release: Option<i64>,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    if let Some(proposal) = args.release {
        return super::proposal::release(config, proposal);
    }
    if args.show {
        return super::proposal::show(&super::open_engine(config)?, None);
    }
    super::proposal::make(config, args.round.as_deref())
}
