//! `pairpost announce`: a word to many, shown first and sent after a second command.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args as Arguments;

use crate::ids::AnnouncementId;
use crate::programme::coordinating;
use crate::programme::event::CommandKind;

/// A word to many: shown first with the number of people, then sent with --send
///
/// Each reader gets it once, in the daytime, on a day on which no other letter comes unasked. People who have stopped
/// mail do not get it.
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost announce --to all --subject \"Our call on Thursday\" text.txt\n  pairpost announce --to \"round 2027A\" --subject \"A word to you\" < text.txt\n  pairpost announce --to \"country Norway\" --subject \"Nordic meeting\" text.txt\n  pairpost announce --send 3"
)]
pub struct Args {
    /// Its readers: "all", "round 2027A", "country Norway" or "language Spanish".
    #[arg(long, value_name = "READERS", required_unless_present = "send")]
    to: Option<String>,
    #[arg(long, required_unless_present = "send")]
    subject: Option<String>,
    /// The file with its text; standard input without one.
    text: Option<PathBuf>,
    /// Send the announcement with this number, as it was shown.
    #[arg(long, value_name = "ANNOUNCEMENT", conflicts_with_all = ["to", "subject", "text"])]
    send: Option<i64>,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut engine = super::open_engine(config)?;
    if let Some(id) = args.send {
        let what = CommandKind::SendAnnouncement(AnnouncementId(id));
        return super::act(&mut engine, what);
    }
    let audience = coordinating::audience(args.to.as_deref().unwrap_or_default())
        .map_err(|why| anyhow::anyhow!(why))?;
    let subject = args.subject.clone().unwrap_or_default();
    let text = match &args.text {
        Some(file) => std::fs::read_to_string(file)
            .with_context(|| format!("{}: cannot be read", file.display()))?,
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
    };
    println!("Subject: {subject}\n\n{}\n", text.trim());
    let what = CommandKind::Announce {
        audience,
        subject,
        text,
    };
    let ended = super::act(&mut engine, what)?;
    if ended == ExitCode::SUCCESS {
        println!("Nothing has been sent. To send it: pairpost announce --send NUMBER");
    }
    Ok(ended)
}
