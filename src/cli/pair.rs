//! `pairpost pair`: partnerships, and what a coordinator can do with one.

use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::ids::PartnershipId;
use crate::programme::event::CommandKind;
use crate::store::look::{self, PairRow};

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
        return super::person::act(&mut engine, what);
    }
    let pairs = look::pairs(engine.store().reader(), args.round.as_deref(), args.id)?;
    if args.json {
        pairs.iter().try_for_each(super::print_json)?;
        return Ok(ExitCode::SUCCESS);
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
                contact(pair).to_string(),
                names.join(" & "),
            ]
        })
        .collect();
    super::table::print(&["id", "round", "score", "state", "people"], &rows)?;
    Ok(ExitCode::SUCCESS)
}

/// What is known of a pair, in the words of the programme.
fn contact(pair: &PairRow) -> &str {
    match pair.state.as_str() {
        "planned" => "to be introduced",
        "ended" if pair.why_ended.is_empty() => "ended",
        "ended" => &pair.why_ended,
        _ => {
            let said: Vec<Option<i64>> =
                pair.members.iter().map(|(_, _, choice)| *choice).collect();
            let count = |wanted: &dyn Fn(i64) -> bool| {
                said.iter()
                    .flatten()
                    .filter(|choice| wanted(**choice))
                    .count()
            };
            let in_touch = count(&|choice| choice <= 2);
            let unheard = count(&|choice| choice == 3);
            match (in_touch, unheard, said.len()) {
                (0, 0, _) => "no answer yet",
                (touch, _, all) if touch == all => "all say in touch",
                (_, unheard, all) if unheard == all => "all have heard nothing",
                (0, _, _) => "one has heard nothing",
                _ => "one says in touch",
            }
        }
    }
}
