//! `pairpost run`: the daemon.

use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::config::Config;
use crate::daemon::run::{AlreadyRunning, DatabaseRefused, lock, run as serve};
use crate::daemon::{Engine, master_key};
use crate::mail::token::Keys;
use crate::time::Clock;

/// Another daemon holds the state folder (sysexits.h EX_TEMPFAIL).
const TEMPORARY: u8 = 75;
/// Config or database refused (sysexits.h EX_CONFIG).
const REFUSED: u8 = 78;

/// FOR TESTS ONLY: so many seconds are added to the machine's time, so that a round of months can be walked through with
/// real mail servers, by starting the daemon again with a larger number. No other command looks at it.
const CLOCK_OFFSET: &str = "PAIRPOST_CLOCK_OFFSET_SECONDS";

/// Run the programme: receive, answer, send what is due, until it is told to stop
///
/// Logs go to standard error, by ids only. RUST_LOG=debug shows more. SIGTERM ends it in order; SIGHUP reads the config
/// anew, and keeps the last one where the new one has a problem. A large database that was not closed in order is looked
/// through first: nothing is received or sent before that, and the log says so.
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
    let clock = match clock(std::env::var_os(CLOCK_OFFSET).as_deref()) {
        Ok(clock) => clock,
        Err(error) => {
            eprintln!("pairpost: {error:#}");
            return Ok(ExitCode::from(REFUSED));
        }
    };
    let (read, keys, _lock) = match prepare(config) {
        Ok(prepared) => prepared,
        Err(error) if error.is::<AlreadyRunning>() => {
            eprintln!("pairpost: {error:#}");
            return Ok(ExitCode::from(TEMPORARY));
        }
        Err(error) => {
            eprintln!("pairpost: {error:#}");
            return Ok(ExitCode::from(REFUSED));
        }
    };
    let state_dir = read.state_dir.clone();
    let open = move || Engine::open_checked(read, keys);
    match serve(open, &state_dir, clock, || super::load(config)) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => match error.downcast::<DatabaseRefused>() {
            Ok(DatabaseRefused(error)) => {
                eprintln!("pairpost: {error:#}");
                Ok(ExitCode::from(REFUSED))
            }
            Err(error) => Err(error),
        },
    }
}

/// The machine's clock, or a shifted one where a test says so.
fn clock(offset: Option<&std::ffi::OsStr>) -> anyhow::Result<Clock> {
    use anyhow::Context;
    let Some(offset) = offset else {
        return Ok(Clock::System);
    };
    let by = offset
        .to_str()
        .and_then(|text| text.parse::<i64>().ok())
        // Dates in letters have four digits.
        .filter(|seconds| seconds.unsigned_abs() < 1_000 * 366 * 24 * 3600)
        .and_then(chrono::TimeDelta::try_seconds)
        .with_context(|| {
            format!(
                "{CLOCK_OFFSET}={offset:?}: this is no number of seconds. Unset it: it is for tests"
            )
        })?;
    tracing::warn!(
        seconds = by.num_seconds(),
        "{CLOCK_OFFSET} is set: the clock is shifted, and letters go out at the wrong time. This is for tests"
    );
    Ok(Clock::Shifted(by))
}

/// What can be found out at once: the config, the key, and that nobody else runs.
fn prepare(config: Option<&Path>) -> anyhow::Result<(Config, Keys, std::fs::File)> {
    let config = super::load(config)?;
    super::make_private_folder(&config.state_dir)?;
    let held = lock(&config.state_dir)?;
    let keys = master_key::open(&config.state_dir, Clock::System.now())?.keys();
    Ok((config, keys, held))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_of_seconds_shifts_the_clock() {
        assert!(matches!(clock(None), Ok(Clock::System)));
        assert!(matches!(
            clock(Some("86400".as_ref())),
            Ok(Clock::Shifted(by)) if by == chrono::TimeDelta::days(1)
        ));
        for wrong in ["", "tomorrow", "-9223372036854775808"] {
            assert!(clock(Some(wrong.as_ref())).is_err(), "{wrong}");
        }
    }
}
