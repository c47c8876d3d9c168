//! `pairpost backup`: a copy of the database while it is in use.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::daemon::engine::DATABASE;
use crate::daemon::master_key;
use crate::store::{Durability, Store, backup};

/// Copy the database to a file, while the daemon runs
///
/// The master key is not in it: with --with-key it is written beside the copy. Without the key, a restored programme
/// cannot read the reply addresses of letters that were sent before.
#[derive(Debug, Arguments)]
#[command(after_help = "Example:\n  pairpost backup /backups/pairpost-$(date +%F).db --with-key")]
pub struct Args {
    /// The file to write; it must not exist.
    file: PathBuf,
    /// Also write FILE.key, readable by you alone.
    #[arg(long)]
    with_key: bool,
    /// Try the copy out: restore it into a temporary folder, and count what is in it.
    #[arg(long)]
    verify: bool,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let config = super::load(config)?;
    let database = config.state_dir.join(DATABASE);
    anyhow::ensure!(
        database.is_file(),
        "{}: there is no database to copy",
        database.display()
    );
    let store = Store::open(&database, Durability::Full)?;
    let bar = super::progress_bar(100, "backup");
    backup::backup(&store, &args.file, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    if args.verify {
        let counts = super::busy("trying the copy out", || backup::drill(&args.file))?;
        println!(
            "{}: can be restored: {} people, {} partnerships, {} messages, {} letters",
            args.file.display(),
            counts.people,
            counts.partnerships,
            counts.messages,
            counts.letters
        );
    }
    if args.with_key {
        let key = backup::key_file(&args.file);
        std::fs::copy(master_key::file_in(&config.state_dir), &key)?;
        println!("{} and {}", args.file.display(), key.display());
    } else {
        println!("{}", args.file.display());
    }
    Ok(ExitCode::SUCCESS)
}
