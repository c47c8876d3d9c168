//! `pairpost why`: what caused a letter, and what became of it.

use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::store::look;
use crate::time::from_seconds;

/// Why a letter went out: what caused it, what was decided, when it was tried and sent
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost why 412\n  pairpost why k7q2-x9m4ta     the code in a letter's last line"
)]
pub struct Args {
    /// The letter's number, or the code that its last line shows after \"Ref:\".
    letter: String,
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let engine = super::open_engine(config)?;
    let wanted = args.letter.trim().trim_start_matches("Ref:").trim();
    let Some(why) = look::why(engine.store().reader(), &wanted.to_lowercase())? else {
        anyhow::bail!("there is no letter {wanted}");
    };
    if args.json {
        super::print_json(&why)?;
        return Ok(ExitCode::SUCCESS);
    }
    let at = |seconds: i64| {
        from_seconds(seconds)
            .format("%Y-%m-%d %H:%M UTC")
            .to_string()
    };
    println!("letter {} ({}): {}", why.id, why.kind, why.subject);
    println!("to       {}", why.reader);
    println!("caused   by {}", why.cause);
    if let Some(cause) = &why.caused_by {
        println!("         {cause}");
    }
    if let Some(decided) = &why.decided {
        println!("decided  {decided}");
    }
    println!("queued   {}", at(why.queued_at));
    if why.due_at > why.queued_at {
        println!("due      {}", at(why.due_at));
    }
    println!("tried    {} times", why.attempts);
    match why.sent_at {
        Some(sent) => println!("sent     {} ({})", at(sent), why.reply.trim()),
        None => println!("state    {} {}", why.state, why.last_error),
    }
    if why.unknown_ends > 0 {
        println!(
            "         {} tries ended without an answer",
            why.unknown_ends
        );
    }
    Ok(ExitCode::SUCCESS)
}
