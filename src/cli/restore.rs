//! `pairpost restore`: a backup takes the database's place.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::daemon::Engine;
use crate::daemon::engine::DATABASE;
use crate::daemon::master_key::{self, PutBack};
use crate::daemon::run::lock;
use crate::store::Durability;
use crate::store::backup::{self, CarriedOver};
use crate::time::Clock;

/// Put a backup in the database's place; the former database is kept beside it
///
/// What has left since the copy was made is not sent again, and messages that have come since are handled anew, as far as the
/// former database can be read. Stop the daemon first. The backup is checked before anything is changed. People who were erased since it was made are
/// erased again.
#[derive(Debug, Arguments)]
#[command(
    after_help = "Example:\n  systemctl stop pairpost && pairpost restore /backups/pairpost-2027-03-02.db && systemctl start pairpost"
)]
pub struct Args {
    /// A file written by `pairpost backup`.
    file: PathBuf,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let config = super::load(config)?;
    super::make_private_folder(&config.state_dir)?;
    // Nobody may write to the database while it is exchanged.
    let _lock = lock(&config.state_dir)?;
    let database = config.state_dir.join(DATABASE);
    let now = Clock::System.now();
    let carried_over = super::busy("restoring", || {
        backup::restore(&args.file, &database)
            .and_then(|former| backup::carry_over(&database, former.as_deref(), now))
    });
    match carried_over? {
        CarriedOver::Known { letters, messages } => println!(
            "Since the copy was made {letters} letters have left and {messages} messages have come: none of the letters \
             is sent again, and the messages are handled anew."
        ),
        CarriedOver::Unknown { letters: 0 } => {}
        CarriedOver::Unknown { letters } => println!(
            "The former database cannot be read. {letters} letters that wait in the copy may have left since: they are \
             looked for first, and introductions that cannot be found wait for a coordinator."
        ),
    }
    match master_key::put_back(&config.state_dir, &backup::key_file(&args.file))? {
        PutBack::None => println!(
            "There is no master key: a new one is made. Answers to letters that were sent before are no longer \
             recognised by their address; people who send one are asked again."
        ),
        PutBack::InPlaceOf(aside) => println!(
            "The master key that was here is not the one of this programme: the one beside the copy counts, and the \
             other is kept as {}",
            aside.display()
        ),
        PutBack::Stays | PutBack::FromCopy => {}
    }
    let key = master_key::open(&config.state_dir, now)?;
    // Opening it erases anew whoever was erased since the backup was made.
    let mut engine = Engine::open(config, key.keys(), Durability::Full)?;
    // The copy may be older than a change of the key.
    if let Some(since) = key.takes_since() {
        engine.revoke_before(since)?;
    }
    drop(engine);
    println!("restored from {}", args.file.display());
    Ok(ExitCode::SUCCESS)
}
