//! `pairpost completions` and `pairpost man`: what a shell and a manual need, out of the definitions of the commands
//! themselves, so that they cannot tell anything else.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args as Arguments, CommandFactory};
use clap_complete::Shell;

/// Print what the shell needs to complete the words of this program
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost completions bash > ~/.local/share/bash-completion/completions/pairpost\n  pairpost completions zsh > ~/.zfunc/_pairpost\n  pairpost completions fish > ~/.config/fish/completions/pairpost.fish"
)]
pub struct Completions {
    /// Which shell.
    shell: Shell,
}

/// Write the manual pages: pairpost(1), and one for each command
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost man\n  pairpost man --to ~/.local/share/man/man1 && man pairpost-run"
)]
pub struct Man {
    /// The folder to write them to; without it the first page is printed.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

pub fn completions(args: &Completions) -> anyhow::Result<ExitCode> {
    use std::io::Write;
    let mut text = Vec::new();
    let mut command = super::Arguments::command();
    clap_complete::generate(args.shell, &mut command, "pairpost", &mut text);
    std::io::stdout().lock().write_all(&text)?;
    Ok(ExitCode::SUCCESS)
}

pub fn man(args: &Man) -> anyhow::Result<ExitCode> {
    let command = super::Arguments::command().disable_help_subcommand(true);
    let Some(dir) = &args.to else {
        clap_mangen::Man::new(command).render(&mut std::io::stdout().lock())?;
        return Ok(ExitCode::SUCCESS);
    };
    std::fs::create_dir_all(dir)
        .and_then(|()| clap_mangen::generate_to(command, dir))
        .with_context(|| format!("{}: the pages cannot be written", dir.display()))?;
    println!("{}", dir.display());
    Ok(ExitCode::SUCCESS)
}
