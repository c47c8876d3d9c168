//! `pairpost key`: how old the master key is, and a new one.

use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::config::Config;
use crate::daemon::Engine;
use crate::daemon::engine::DATABASE;
use crate::daemon::master_key::{self, MasterKey};
use crate::daemon::run::lock;
use crate::programme::event::Noticed;
use crate::store::Durability;
use crate::time::{Clock, Moment};

/// How old the master key is; with --rotate a new one
///
/// The master key signs the addresses that people answer to: whoever has it can answer in anybody's name. Change it when
/// somebody leaves who could read it, and when you wish. What the key before has signed is still taken, until the next
/// change; with --exposed it is not, and answers to older letters are first asked about. Stop the daemon before. Copies of
/// the database that were made before need the key that lies beside them.
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost key\n  systemctl stop pairpost && pairpost key --rotate && systemctl start pairpost\n  pairpost key --rotate --exposed     somebody else may have it: what it signed is not taken any more"
)]
pub struct Args {
    /// Make a new key. The one before is still taken.
    #[arg(long)]
    rotate: bool,
    /// Others may have the key: what it signed proves nothing from now on.
    #[arg(long, requires = "rotate")]
    exposed: bool,
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let config = super::load(config)?;
    let file = master_key::file_in(&config.state_dir);
    let now = Clock::System.now();
    if args.rotate {
        let renewed = rotate(config, args.exposed, now)?;
        if args.json {
            super::print_json(&as_json(&renewed, now))?;
        } else {
            println!("There is a new master key: {}", in_words(&renewed, now));
            println!(
                "Make a copy of it with the next one of the database: pairpost backup FILE --with-key"
            );
        }
        return Ok(ExitCode::SUCCESS);
    }
    let Some(key) = master_key::read(&file)? else {
        anyhow::bail!(
            "{}: there is no master key yet. It is made by the first `pairpost run`",
            file.display()
        );
    };
    if args.json {
        super::print_json(&as_json(&key, now))?;
    } else {
        println!("{}: {}", file.display(), in_words(&key, now));
    }
    Ok(ExitCode::SUCCESS)
}

/// A new key, in an order in which an end at any moment does no harm: first what is no longer taken is marked, then the
/// file is exchanged, then the coordinators are told.
fn rotate(config: Config, exposed: bool, now: Moment) -> anyhow::Result<MasterKey> {
    use anyhow::Context;
    super::make_private_folder(&config.state_dir)?;
    // A daemon that runs would go on signing with the former key.
    let _lock = lock(&config.state_dir)
        .context("the key is changed while no daemon runs, and was not changed")?;
    let state_dir = config.state_dir.clone();
    let key = master_key::open(&state_dir, now)?;
    let renewed = key.renewed(exposed, now)?;
    if !config.state_dir.join(DATABASE).is_file() {
        master_key::replace(&state_dir, &renewed)?;
        return Ok(renewed);
    }
    let mut engine = Engine::open(config.clone(), key.keys(), Durability::Full)?;
    if let Some(since) = renewed.takes_since() {
        engine.revoke_before(since)?;
    }
    master_key::replace(&state_dir, &renewed)?;
    drop(engine);
    let mut engine = Engine::open(config, renewed.keys(), Durability::Full)?;
    let noticed = Noticed::KeyChanged {
        by: super::on_the_machine(),
        exposed,
        number: renewed.number(),
    };
    engine.noticed(noticed, now)?;
    engine.close()?;
    Ok(renewed)
}

/// How old it is, and what is taken beside it.
pub(super) fn in_words(key: &MasterKey, now: Moment) -> String {
    let age = key.made().map_or_else(
        || "made by an earlier version, which did not note when".into(),
        |made| match (now - made).num_days() {
            ..=0 => "made today".to_string(),
            1 => "made yesterday".into(),
            days => format!("made on {}, {days} days ago", made.date_naive()),
        },
    );
    let taken = match (key.takes_former(), key.takes_since()) {
        (true, None) => "answers to letters of the key before are taken, too".into(),
        (true, Some(since)) => {
            format!(
                "answers to letters since {} are taken, those of the key before included",
                since.date_naive()
            )
        }
        (false, Some(since)) => format!(
            "answers to letters before {} are asked about first",
            since.date_naive()
        ),
        (false, None) => return format!("number {}, {age}", key.number()),
    };
    format!("number {}, {age}; {taken}", key.number())
}

/// The same for programs.
pub(super) fn as_json(key: &MasterKey, now: Moment) -> serde_json::Value {
    let at = |moment: Option<Moment>| moment.map(|it| it.to_rfc3339());
    serde_json::json!({
        "number": key.number(),
        "made": at(key.made()),
        "age_days": key.made().map(|made| (now - made).num_days()),
        "takes_former": key.takes_former(),
        "takes_since": at(key.takes_since()),
    })
}
