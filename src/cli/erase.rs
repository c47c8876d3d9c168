//! `pairpost erase`: what the word `forget me` does, on a coordinator's word.

use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::ids::PersonId;
use crate::programme::event::CommandKind;
use crate::store::look;

/// Erase a person: their partner is told kindly, they get a last letter, then everything about them goes
///
/// It happens in the daemon, minutes after this command, when the last letter has left. Numbers stay, without names.
/// Backups and files that you exported are yours to throw away. This cannot be undone.
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost erase 12          (says who that is)\n  pairpost erase 12 --yes"
)]
pub struct Args {
    id: i64,
    /// Really erase them.
    #[arg(long)]
    yes: bool,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut engine = super::open_engine(config)?;
    let Some(found) = look::people(engine.store().reader(), Some(args.id))?.pop() else {
        anyhow::bail!("there is no person {}", args.id);
    };
    if !args.yes {
        println!("{} {} <{}>", found.id, found.name, found.address);
        println!(
            "Nothing was done. To erase them for good, say: pairpost erase {} --yes",
            args.id
        );
        return Ok(ExitCode::from(1));
    }
    super::act(
        &mut engine,
        CommandKind::Erase {
            person: PersonId(args.id),
        },
    )
}
