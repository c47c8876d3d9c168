//! `pairpost match` on the programme's own database: work the pairs out, look at them, release them. Without a
//! database, on a graph or on people from a file, it is `matching` beside this file.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args as Arguments;

use super::matching;
use crate::ids::ProposalId;
use crate::programme::event::CommandKind;
use crate::programme::facts::{Proposal, ProposalState};
use crate::store::{facts, look};
use crate::time::Clock;

/// Work out the pairs of a round, look at the proposal, release it
///
/// With --people or --edges it works on files alone, and proves that no better pairs exist.
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost match               work out the coming round's pairs now\n  pairpost match --show        look at the newest proposal\n  pairpost match --release 3   release it\n  pairpost match --why 3 9     why 3 and 9 are a pair or are not\n  pairpost match --edges graph.txt --pairs pairs.csv --certificate proof.json"
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
    /// Why these two are a pair or are not, and what it would cost to put them together. They are called by their
    /// numbers in the newest proposal.
    #[arg(long, num_args = 2, value_names = ["NUMBER", "NUMBER"], conflicts_with_all = ["release", "show"])]
    why: Option<Vec<usize>>,
    #[command(flatten)]
    on_files: matching::Args,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    matching::run(&args.on_files, |on_files| {
        if let Some(people) = &on_files.people {
            return super::people_file::run(people, on_files, config);
        }
        if let Some(proposal) = args.release {
            return release(config, proposal);
        }
        if let Some(&[a, b]) = args.why.as_deref() {
            let engine = super::open_engine(config)?;
            for line in super::what_if::lines(&engine, a, b, Clock::System.now())? {
                println!("{line}");
            }
            return Ok(ExitCode::SUCCESS);
        }
        if args.show {
            return show(&super::open_engine(config)?, None);
        }
        make(config, args.round.as_deref())
    })
}

/// Releases a proposal, as a coordinator's `ok` would.
fn release(config: Option<&Path>, proposal: i64) -> anyhow::Result<ExitCode> {
    let mut engine = super::open_engine(config)?;
    super::act(&mut engine, CommandKind::Release(ProposalId(proposal)))
}

/// Works out pairs for a round now; coordinators get the proposal by mail, too.
fn make(config: Option<&Path>, round: Option<&str>) -> anyhow::Result<ExitCode> {
    let mut engine = super::open_engine(config)?;
    let now = Clock::System.now();
    let round = match round {
        Some(round) => engine
            .config()
            .settings
            .rounds
            .iter()
            .find(|known| known.id == round)
            .with_context(|| format!("there is no round {round:?} in rounds/"))?,
        None => engine
            .config()
            .settings
            .rounds
            .iter()
            .filter(|round| round.end >= now.date_naive())
            .min_by_key(|round| round.start)
            .context("the config has no round that is still to come")?,
    }
    .id
    .clone();
    println!("{}", engine.match_now(&round, now)?);
    show(&engine, None)
}

/// The proposal that is named, or the newest; `None` where there is none yet.
pub fn find(db: &rusqlite::Connection, id: Option<i64>) -> anyhow::Result<Option<Proposal>> {
    let Some(id) = id.or(look::newest_proposal(db)?) else {
        return Ok(None);
    };
    let found = facts::proposal(db, ProposalId(id))?;
    Ok(Some(
        found.with_context(|| format!("there is no proposal {id}"))?,
    ))
}

/// Prints the proposal that is named, or the newest.
pub fn show(engine: &crate::daemon::Engine, id: Option<i64>) -> anyhow::Result<ExitCode> {
    let db = engine.store().reader();
    let Some(proposal) = find(db, id)? else {
        println!("There is no proposal yet.");
        return Ok(ExitCode::SUCCESS);
    };
    let number = |person: &crate::ids::PersonId| {
        let at = proposal
            .numbers
            .iter()
            .position(|known| known == person)
            .map_or(0, |at| at + 1);
        let name = facts::person(db, *person)
            .ok()
            .flatten()
            .map(|it| it.name)
            .unwrap_or_default();
        format!("{at} {name}")
    };
    let mut rows: Vec<Vec<String>> = proposal
        .groups
        .iter()
        .map(|group| {
            let people: Vec<String> = group.people.iter().map(number).collect();
            vec![group.score.to_string(), people.join(" & ")]
        })
        .collect();
    rows.sort_by_key(|row| row[0].parse::<i64>().unwrap_or(0));
    super::table::print(&["score", "people"], &rows)?;
    if !proposal.adjustments.held.is_empty() {
        let people: Vec<String> = proposal.adjustments.held.iter().map(number).collect();
        println!("\nHeld out of this release: {}", people.join(", "));
    }
    if !proposal.unmatched.is_empty() {
        let people: Vec<String> = proposal.unmatched.iter().map(number).collect();
        println!("\nWithout a partner: {}", people.join(", "));
    }
    println!("\n{}", proposal.proof);
    if let Some(why) = &proposal.unproven {
        println!("It cannot be released: its certificate does not check ({why}).");
    } else if proposal.state == ProposalState::Waiting {
        println!("Release it with: pairpost proposal ok");
    }
    Ok(ExitCode::SUCCESS)
}
