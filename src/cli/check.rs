//! `pairpost check`: config, templates, database, and whether both servers let us in.

use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::config;
use crate::daemon::engine;
use crate::mail::inbound::mailbox::Mailbox;
use crate::mail::outbound::transport::Transport;
use crate::store::{Durability, Store};

/// Check the config folder, the letters, the database and the logins: all problems at once
#[derive(Debug, Arguments)]
#[command(
    after_help = "Example:\n  pairpost check --config my-programme\n\nExit codes: 0 all is well, 1 problems were found."
)]
pub struct Args {
    /// Do not connect to the mail servers.
    #[arg(long)]
    offline: bool,
}

pub fn run(args: &Args, dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    let folder = super::config_dir(dir);
    let mut problems = 0;
    let mut tell = |what: &str, found: Result<String, String>| match found {
        Ok(fine) => println!("ok       {what}: {fine}"),
        Err(problem) => {
            problems += 1;
            println!("PROBLEM  {what}: {problem}");
        }
    };
    let config = match config::load(&folder) {
        Ok(config) => config,
        Err(found) => {
            for problem in &found {
                println!("{problem}\n");
            }
            println!(
                "{} problems in {}. Nothing else was checked.",
                found.len(),
                folder.display()
            );
            return Ok(ExitCode::from(1));
        }
    };
    for warning in &config.warnings {
        println!("{warning}\n");
    }
    tell(
        "config",
        Ok(format!(
            "{}, {} rounds",
            folder.display(),
            config.settings.rounds.len()
        )),
    );
    tell(
        "letters",
        Ok(format!(
            "{} topics a round, languages: {}",
            config.settings.topics_of_a_round(),
            config.templates.languages().collect::<Vec<_>>().join(", ")
        )),
    );
    tell("state", state(&config.state_dir));
    if args.offline {
        println!("         the mail servers were not asked (--offline)");
    } else {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        tell(
            "mailbox",
            runtime.block_on(async {
                match Mailbox::connect(&config.mailbox).await {
                    Ok(mailbox) => {
                        mailbox.close().await;
                        Ok("logged in, folders found".to_string())
                    }
                    Err(error) => Err(error.to_string()),
                }
            }),
        );
        tell(
            "sending",
            runtime.block_on(async {
                let mut transport = Transport::new(&config.sending);
                let ready = transport.ready().await;
                transport.close().await;
                ready
                    .map(|()| "logged in".to_string())
                    .map_err(|error| error.to_string())
            }),
        );
    }
    Ok(if problems == 0 {
        println!("All is well.");
        ExitCode::SUCCESS
    } else {
        println!("{problems} problems.");
        ExitCode::from(1)
    })
}

fn state(dir: &Path) -> Result<String, String> {
    let database = dir.join(engine::DATABASE);
    if !database.is_file() {
        return Ok(format!(
            "{}: no database yet; the first run makes it",
            dir.display()
        ));
    }
    let checked = Store::open(&database, Durability::Full)
        .and_then(|store| store.check_integrity())
        .and_then(|()| engine::master_key(dir).map(|_| ()));
    match checked {
        Ok(()) => Ok(format!("{}, sound", database.display())),
        Err(error) => Err(format!("{error:#}")),
    }
}
