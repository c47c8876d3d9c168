//! `pairpost person`: one person, and what a coordinator can do for them.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::ids::{InboxId, PersonId};
use crate::mail::address;
use crate::programme::event::CommandKind;
use crate::store::look;
use crate::time::{Clock, from_seconds};

/// One person: what is known of them, and what you can do for them
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost person 12\n  pairpost person 12 --history\n  pairpost person 12 --data > data.txt\n  pairpost person 12 --withdraw\n  pairpost person 12 --settle 88"
)]
pub struct Args {
    id: i64,
    /// Everything that happened, with its cause.
    #[arg(long)]
    history: bool,
    /// Accept their application.
    #[arg(long, conflicts_with_all = ["decline", "withdraw", "settle"])]
    accept: bool,
    /// Decline their application; the applicant reads the reason.
    #[arg(long, value_name = "REASON", conflicts_with_all = ["withdraw", "settle"])]
    decline: Option<String>,
    /// Everything that is kept about them, as they would get it for the words "my data"; with --json for programs.
    #[arg(long, conflicts_with_all = ["accept", "decline", "withdraw", "settle"])]
    data: bool,
    /// They leave: their partner is told and gets a new one.
    #[arg(long, conflicts_with = "settle")]
    withdraw: bool,
    /// They were held out of a release: look for a partner each morning from now on.
    #[arg(long, conflicts_with_all = ["accept", "decline", "withdraw", "settle"])]
    pool: bool,
    /// Forgive former silence: they are invited like everybody again.
    #[arg(long, conflicts_with_all = ["accept", "decline", "withdraw", "settle"])]
    forgive: bool,
    /// They have written more than is read in a day: read now what waits.
    #[arg(long, conflicts_with_all = ["accept", "decline", "withdraw", "settle", "pool", "forgive"])]
    read: bool,
    /// Their letters shall go to this address; it is asked first, and has three days to say yes.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["accept", "decline", "withdraw", "settle", "pool", "forgive", "read"])]
    address: Option<String>,
    /// You have dealt with this message of theirs.
    #[arg(long, value_name = "MESSAGE")]
    settle: Option<i64>,
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut engine = super::open_engine(config)?;
    let person = PersonId(args.id);
    let what = if args.accept {
        Some(CommandKind::Accept { person })
    } else if let Some(reason) = &args.decline {
        Some(CommandKind::Decline {
            person,
            reason: reason.clone(),
        })
    } else if args.withdraw {
        Some(CommandKind::Withdraw { person })
    } else if args.pool {
        Some(CommandKind::IntoPool { person })
    } else if let Some(address) = &args.address {
        let address = address.trim().to_string();
        address::check(&address).map_err(|error| anyhow::anyhow!("{address}: {error}"))?;
        Some(CommandKind::ChangeAddress { person, address })
    } else if args.read {
        Some(CommandKind::ReadWaiting { person })
    } else if args.forgive {
        Some(CommandKind::LiftSilence { person })
    } else {
        args.settle.map(|inbox| CommandKind::Settle {
            inbox: InboxId(inbox),
        })
    };
    if let Some(what) = what {
        return super::act(&mut engine, what);
    }
    if args.data {
        let files = engine.personal_data(person, Clock::System.now())?;
        for file in files {
            if file.file_name.ends_with(".json") == args.json {
                std::io::stdout().lock().write_all(&file.bytes)?;
            }
        }
        return Ok(ExitCode::SUCCESS);
    }
    let db = engine.store().reader();
    let Some(found) = look::people(db, Some(args.id))?.pop() else {
        anyhow::bail!("there is no person {}", args.id);
    };
    if args.json {
        super::print_json(&found)?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} {} <{}>", found.id, found.name, found.address);
    println!("language {}, time zone {}", found.language, found.zone);
    if found.stopped {
        println!("wants no unprompted mail");
    }
    if found.unreachable {
        println!("mail to them comes back");
    }
    for (round, state, answers) in &found.applications {
        println!("\nround {round}: {state}");
        println!("{}", serde_json::to_string_pretty(answers)?);
    }
    if args.history {
        println!();
        for (at, what) in look::history(db, args.id)? {
            println!("{}  {what}", from_seconds(at).format("%Y-%m-%d %H:%M"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
