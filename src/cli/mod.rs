//! The command line: one file per subcommand. Whatever changes state goes through the engine, like a mail would.
//!
//! Exit codes: see `EXIT_CODES`, which `--help` and the manual page show.

mod announce;
mod backup;
mod brake;
mod check;
mod demo;
mod erase;
pub mod explain;
mod export;
mod import;
mod init;
mod key;
mod letter;
mod login;
pub mod matching;
mod pair;
mod people_file;
mod person;
mod preview;
mod proposal;
mod rehearse;
mod report;
mod restore;
mod review;
mod round;
mod run;
mod shell;
mod status;
mod table;
pub mod what_if;
mod why;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::config::{self, Config};
use crate::daemon::{Engine, engine, master_key};
use crate::programme::event::{self, Authority, CommandKind};
use crate::store::Durability;
use crate::time::Clock;

/// What a script can tell by (75 and 78 as in sysexits.h).
const EXIT_CODES: &str = "Try it without a mailbox:  pairpost demo\nStart a programme:         pairpost init my-programme\n\nExit codes:\n   0  done\n   1  problems were found, or it could not be done; the last line says why\n   2  wrong usage\n  75  only run: another pairpost runs on this state folder\n  78  only run: config or database was refused";

/// Runs a peer-mentoring programme end to end by mail.
#[derive(Debug, Parser)]
#[command(name = "pairpost", version, after_help = EXIT_CODES)]
struct Arguments {
    /// The programme's config folder. Without it $PAIRPOST_CONFIG, else this folder or ./config where it holds
    /// pairpost.toml, else /etc/pairpost.
    #[arg(long, global = true, value_name = "DIR")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Init(init::Args),
    Check(check::Args),
    Run(run::Args),
    Rehearse(rehearse::Args),
    Preview(preview::Args),
    Explain(explain::Args),
    Match(proposal::Args),
    Proposal(review::Args),
    Status(status::Args),
    Person(person::Args),
    Letter(letter::Args),
    Key(key::Args),
    Login(login::Args),
    Pair(pair::Args),
    Round(round::Args),
    Announce(announce::Args),
    Pause(brake::Pause),
    Resume(brake::Resume),
    Why(why::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Export(export::Args),
    Erase(erase::Args),
    Report(report::Args),
    Import(import::Args),
    Completions(shell::Completions),
    Man(shell::Man),
}

/// Parses the arguments, does what they say, and tells how it ended.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = arguments.config.as_deref();
    let ended = match arguments.command {
        Command::Demo(args) => demo::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Check(args) => check::run(&args, config),
        Command::Run(args) => run::run(&args, config),
        Command::Rehearse(args) => rehearse::run(&args, config),
        Command::Preview(args) => preview::run(&args, config),
        Command::Explain(args) => explain_message(&args, config),
        Command::Match(args) => proposal::run(&args, config),
        Command::Proposal(args) => review::run(&args, config),
        Command::Status(args) => status::run(&args, config),
        Command::Person(args) => person::run(&args, config),
        Command::Letter(args) => letter::run(&args, config),
        Command::Key(args) => key::run(&args, config),
        Command::Login(args) => login::run(&args, config),
        Command::Pair(args) => pair::run(&args, config),
        Command::Round(args) => round::run(&args, config),
        Command::Announce(args) => announce::run(&args, config),
        Command::Pause(_) => brake::pause(config),
        Command::Resume(_) => brake::resume(config),
        Command::Why(args) => why::run(&args, config),
        Command::Backup(args) => backup::run(&args, config),
        Command::Restore(args) => restore::run(&args, config),
        Command::Export(args) => export::run(&args, config),
        Command::Erase(args) => erase::run(&args, config),
        Command::Report(args) => report::run(&args, config),
        Command::Import(args) => import::run(&args, config),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
    };
    ended.unwrap_or_else(|error| {
        // A closed pipe (`pairpost status | head`) is no problem of anybody's.
        let broken_pipe = error
            .chain()
            .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
            .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe);
        if broken_pipe {
            return ExitCode::SUCCESS;
        }
        eprintln!("pairpost: {error:#}");
        ExitCode::from(1)
    })
}

/// A message is read by the named programme's form, or by the built-in one.
fn explain_message(
    args: &explain::Args,
    config: Option<&std::path::Path>,
) -> anyhow::Result<ExitCode> {
    let (settings, own_address) = match config {
        Some(_) => {
            let settings = load(config)?.settings;
            let address = settings.address.clone();
            (settings, address)
        }
        None => (config::built_in().settings, String::new()),
    };
    let known = explain::Known {
        form: &settings.form,
        own_address: &own_address,
        now: Clock::System.now(),
    };
    explain::run(args, &known)
}

/// Where the config folder is, by the rule that stands in `--help`.
fn config_dir(given: Option<&std::path::Path>) -> PathBuf {
    if let Some(dir) = given {
        return dir.to_path_buf();
    }
    if let Some(dir) = std::env::var_os("PAIRPOST_CONFIG").filter(|dir| !dir.is_empty()) {
        return dir.into();
    }
    [".", "config"]
        .into_iter()
        .map(PathBuf::from)
        .find(|here| here.join("pairpost.toml").is_file())
        .unwrap_or_else(|| "/etc/pairpost".into())
}

/// Makes a folder that only its owner can look into, where it is missing: for the state, and for passwords and tokens.
/// Whoever starts a command by hand has no umask for what others must not read.
fn make_private_folder(folder: &std::path::Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    use anyhow::Context;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| {
            format!(
                "{}: the folder cannot be made; who runs Pairpost must be able to write to the folder above it",
                folder.display()
            )
        })
}

/// Writes a whole file.
fn write_file(file: &std::path::Path, bytes: impl AsRef<[u8]>) -> anyhow::Result<()> {
    use anyhow::Context;
    std::fs::write(file, bytes).with_context(|| format!("{}: cannot be written", file.display()))
}

/// Makes a folder where it is missing.
fn make_folder(folder: &std::path::Path) -> anyhow::Result<()> {
    use anyhow::Context;
    std::fs::create_dir_all(folder).with_context(|| format!("{}: cannot be made", folder.display()))
}

/// Loads the config folder; every problem is printed at once.
fn load(given: Option<&std::path::Path>) -> anyhow::Result<Config> {
    let dir = config_dir(given);
    config::load(&dir).map_err(|problems| {
        for problem in &problems {
            eprintln!("{problem}\n");
        }
        anyhow::anyhow!(
            "{}: {} problems; nothing was done",
            dir.display(),
            problems.len()
        )
    })
}

/// The engine on the programme's own database, beside a running daemon or without one.
fn open_engine(given: Option<&std::path::Path>) -> anyhow::Result<Engine> {
    let config = load(given)?;
    let database = config.state_dir.join(engine::DATABASE);
    if !database.is_file() {
        anyhow::bail!(
            "{}: there is no database yet. It is made by the first `pairpost run`",
            database.display()
        );
    }
    let keys = master_key::open(&config.state_dir, Clock::System.now())?.keys();
    Engine::open(config, keys, Durability::Full)
}

/// Who gives a command here, for the journal.
fn on_the_machine() -> String {
    // Under sudo it is the person who matters.
    ["SUDO_USER", "USER"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|user| !user.is_empty())
        .map_or_else(
            || "command line".into(),
            |user| format!("command line ({user})"),
        )
}

/// Gives a command of somebody at this machine and prints what it did.
fn act(engine: &mut Engine, what: CommandKind) -> anyhow::Result<ExitCode> {
    let command = event::Command {
        by: on_the_machine(),
        what,
        inbox: None,
        authority: Authority::Machine,
    };
    let done = engine.command(command, Clock::System.now())?;
    println!("{done}");
    Ok(ExitCode::from(u8::from(
        done.starts_with("nothing was done"),
    )))
}

/// One line of JSON on standard output.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, value).context("cannot write the answer")?;
    writeln!(out)?;
    Ok(())
}

/// How many columns the terminal has; none where the output goes elsewhere.
fn terminal_width() -> Option<usize> {
    let terminal = console::Term::stdout();
    terminal.is_term().then(|| {
        terminal
            .size_checked()
            .map_or(80, |(_, columns)| columns.into())
    })
}

/// A progress bar on a terminal, nothing elsewhere.
fn progress_bar(total: u64, what: &'static str) -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::with_draw_target(
        Some(total),
        indicatif::ProgressDrawTarget::stderr(),
    );
    let style =
        indicatif::ProgressStyle::with_template("{prefix} {wide_bar} {percent:>3} %  {msg}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.set_prefix(what);
    bar
}

/// Does something of which nobody knows how long it takes, and says on a terminal meanwhile what it is; nothing elsewhere.
fn busy<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    let bar =
        indicatif::ProgressBar::with_draw_target(None, indicatif::ProgressDrawTarget::stderr());
    if let Ok(style) = indicatif::ProgressStyle::with_template("{spinner} {prefix} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_prefix(what);
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    let done = work();
    bar.finish_and_clear();
    done
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn every_command_has_help_with_an_example() {
        let mut command = super::Arguments::command();
        command.build();
        command.clone().debug_assert();
        for sub in command
            .get_subcommands()
            .filter(|it| it.get_name() != "help")
        {
            let help = sub.get_after_help().map(ToString::to_string);
            assert!(
                help.is_some_and(|help| help.contains("xample")),
                "{} has no example",
                sub.get_name()
            );
            assert!(sub.get_about().is_some(), "{}", sub.get_name());
        }
    }
}
