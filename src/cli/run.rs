//! `pairpost run`: the daemon.

use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::daemon::run::{AlreadyRunning, lock, run as serve};
use crate::daemon::{Engine, engine};
use crate::store::Durability;
use crate::time::Clock;

/// Another daemon holds the state folder (sysexits.h EX_TEMPFAIL).
const TEMPORARY: u8 = 75;
/// Config or database refused (sysexits.h EX_CONFIG).
const REFUSED: u8 = 78;

/// Run the programme: receive, answer, send what is due, until it is told to stop
///
/// Logs go to standard error, by ids only. RUST_LOG=debug shows more. SIGTERM ends it in order.
#[derive(Debug, Arguments)]
#[command(
    after_help = "Example:\n  pairpost run --config my-programme\n\nExit codes: 0 stopped in order, 75 another pairpost runs on this state folder, 78 config or database refused."
)]
pub struct Args {
    /// Log one JSON object a line.
    #[arg(long)]
    log_json: bool,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    start_log(args.log_json);
    let opened = open(config);
    let (engine, _lock) = match opened {
        Ok(opened) => opened,
        Err(error) if error.is::<AlreadyRunning>() => {
            eprintln!("pairpost: {error:#}");
            return Ok(ExitCode::from(TEMPORARY));
        }
        Err(error) => {
            eprintln!("pairpost: {error:#}");
            return Ok(ExitCode::from(REFUSED));
        }
    };
    serve(engine, Clock::System)?;
    Ok(ExitCode::SUCCESS)
}

fn open(config: Option<&Path>) -> anyhow::Result<(Engine, std::fs::File)> {
    use anyhow::Context;
    let config = super::load(config)?;
    std::fs::create_dir_all(&config.state_dir).with_context(|| {
        format!(
            "{}: the state folder cannot be made",
            config.state_dir.display()
        )
    })?;
    let held = lock(&config.state_dir)?;
    let keys = engine::master_key(&config.state_dir)?;
    let engine = Engine::open(config, keys, Durability::Full)?;
    engine.store().check_integrity()?;
    Ok((engine, held))
}

fn start_log(json: bool) {
    use tracing_subscriber::EnvFilter;
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("pairpost=info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if json {
        log.json().init();
    } else {
        use std::io::IsTerminal;
        log.with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
            .init();
    }
}
