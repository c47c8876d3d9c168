//! `pairpost pair`: partnerships, and what a coordinator can do with one.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::ids::PartnershipId;
use crate::programme::event::CommandKind;
use crate::programme::partnership::standing;
use crate::store::{facts, look};
use crate::time::Clock;

/// Partnerships: all of them, or one, and what you can do with it
#[derive(Debug, Arguments)]
#[command(after_help = "Examples:\n  pairpost pair --round 2027A\n  pairpost pair 17 --end")]
pub struct Args {
    id: Option<i64>,
    /// Only those of this round.
    #[arg(long)]
    round: Option<String>,
    /// End it; both are told and get a new partner.
    #[arg(long, requires = "id")]
    end: bool,
    /// Introduce it, though it is late.
    #[arg(long, requires = "id", conflicts_with = "end")]
    introduce: bool,
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut engine = super::open_engine(config)?;
    if let Some(id) = args.id.filter(|_| args.end || args.introduce) {
        let partnership = PartnershipId(id);
        let what = if args.end {
            CommandKind::EndPartnership { partnership }
        } else {
            CommandKind::Introduce { partnership }
        };
        return super::act(&mut engine, what);
    }
    let db = engine.store().reader();
    let pairs = look::pairs(db, args.round.as_deref(), args.id)?;
    if args.json {
        pairs.iter().try_for_each(super::print_json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let now = Clock::System.now();
    let mut standings = BTreeMap::new();
    for pair in &pairs {
        if let Some(known) = facts::partnership(db, PartnershipId(pair.id))? {
            let standing = standing(&engine.config().settings, &known, now);
            standings.insert(pair.id, standing.words("en"));
        }
    }
    if pairs.is_empty() {
        println!("There is no such partnership.");
    }
    let rows: Vec<Vec<String>> = pairs
        .iter()
        .map(|pair| {
            let names: Vec<String> = pair
                .members
                .iter()
                .map(|(id, name, _)| format!("{id} {name}"))
                .collect();
            vec![
                pair.id.to_string(),
                pair.round.clone(),
                pair.score.to_string(),
                standings.remove(&pair.id).unwrap_or_default(),
                names.join(" & "),
            ]
        })
        .collect();
    super::table::print(&["id", "round", "score", "state", "people"], &rows)?;
    Ok(ExitCode::SUCCESS)
}
