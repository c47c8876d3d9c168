//! `pairpost check`: config, templates, database, and whether both servers let us in.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args as Arguments;
use console::style;
use data_encoding::HEXLOWER;

use crate::config::{self, Config};
use crate::daemon::{engine, master_key};
use crate::mail::account::MailboxSettings;
use crate::mail::checkup::{Checkup, Finding};
use crate::mail::dns::Dns;
use crate::mail::forecast::{Limits, in_words};
use crate::mail::inbound::mailbox::{Mailbox, MailboxError};
use crate::mail::outbound::smtp::SmtpError;
use crate::mail::outbound::transport::Transport;
use crate::mail::profile::Profile;
use crate::mail::providers::Provider;
use crate::mail::tls::ConnectError;
use crate::store::{Durability, Store, outbox, trust};
use crate::time::Clock;

/// Check the config folder, the letters, the database and the logins: all problems at once
#[derive(Debug, Arguments)]
#[command(
    after_help = "Example:\n  pairpost check --config my-programme\n  pairpost check --mail          sends two letters to itself, and removes them\n\nExit codes: 0 all is well, 1 problems were found."
)]
pub struct Args {
    /// Do not connect to the mail servers.
    #[arg(long)]
    offline: bool,
    /// Also send letters to the programme itself and look at what becomes of them, and at the domain's DNS records.
    #[arg(long, conflicts_with = "offline")]
    mail: bool,
    /// With --mail: so many seconds the letters may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    patience: u64,
}

pub fn run(args: &Args, dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    let folder = super::config_dir(dir);
    let mut problems = 0;
    let mut tell = |what: &str, found: Result<String, String>| match found {
        Ok(fine) => println!("{}       {what}: {fine}", style("ok").green()),
        Err(problem) => {
            problems += 1;
            println!("{}  {what}: {problem}", style("PROBLEM").red().bold());
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
    let store = open(&config.state_dir.join(engine::DATABASE));
    tell("state", state(&config.state_dir, &store));
    if let Ok(Some(store)) = &store {
        tell("master key", master_key_of(&config.state_dir, store));
        for (what, found) in forecasts(&config, store) {
            tell(&what, found);
        }
    }
    if !args.mail {
        tell("mail", last_checkup(&store));
    }
    // Not held while the servers are asked.
    drop(store);
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
                    Err(error) => Err(with_mend(&error, mend_mailbox(&error), &config)),
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
                    .map_err(|error| with_mend(&error, mend_sending(&error), &config))
            }),
        );
        if args.mail {
            let (profile, findings) = super::busy("waiting for two letters to itself", || {
                runtime.block_on(checkup(args, &config))
            });
            for finding in findings {
                tell(finding.what, finding.found);
            }
            match keep(&config, &profile) {
                Ok(()) => {
                    println!("         what was found out is kept, and used from now on");
                }
                Err(error) => tell(
                    "what was found out",
                    Err(format!("it could not be kept: {error:#}")),
                ),
            }
        }
    }
    Ok(if problems == 0 {
        println!("All is well.");
        ExitCode::SUCCESS
    } else {
        println!("{problems} problems.");
        ExitCode::from(1)
    })
}

async fn checkup(args: &Args, config: &Config) -> (Profile, Vec<Finding>) {
    let mut bytes = [0; 10];
    let word = match getrandom::fill(&mut bytes) {
        Ok(()) => HEXLOWER.encode(&bytes),
        Err(_) => std::process::id().to_string(),
    };
    let checkup = Checkup {
        address: &config.settings.address,
        mailbox: &config.mailbox,
        sending: &config.sending,
        authserv_ids: &config.authserv_ids,
        dns: Dns::new(config.dns_server)
            .map(Arc::new)
            .map_err(|error| error.to_string()),
        patience: Duration::from_secs(args.patience),
        word: &word,
    };
    checkup.run().await
}

fn keep(config: &Config, profile: &Profile) -> anyhow::Result<()> {
    super::make_private_folder(&config.state_dir)?;
    let mut store = Store::open(&config.state_dir.join(engine::DATABASE), Durability::Full)?;
    let tx = store.transaction()?;
    trust::keep_provider(&tx, profile, Clock::System.now())?;
    tx.commit()?;
    Ok(())
}

/// The database, where there is one yet.
fn open(database: &Path) -> Result<Option<Store>, String> {
    if !database.is_file() {
        return Ok(None);
    }
    Store::open(database, Durability::Full)
        .map(Some)
        .map_err(|error| format!("{error:#}"))
}

/// What the last `check --mail` has found out.
fn last_checkup(store: &Result<Option<Store>, String>) -> Result<String, String> {
    let kept: Option<(Profile, crate::time::Moment)> = match store.as_ref()? {
        Some(store) => trust::provider(store.reader()).map_err(|error| error.to_string())?,
        None => None,
    };
    Ok(match kept {
        None => "not looked at yet: `pairpost check --mail` sends two letters to itself and tells"
            .into(),
        Some((profile, at)) => format!(
            "looked at on {}: {}",
            at.date_naive(),
            match profile.removes_forged_results {
                true => "the mail host's word about senders counts",
                false => "only signatures that we check ourselves count",
            }
        ),
    })
}

/// How long the introductions of the rounds to come take, and whether that is in time.
fn forecasts(config: &Config, store: &Store) -> Vec<(String, Result<String, String>)> {
    let provider = Provider::of_sending(&config.sending, &config.settings.address);
    let limits = Limits::of(&config.settings.ceilings, provider);
    let window_hours = u64::from(config.settings.catch_up.introductions_hours);
    let today = Clock::System.now().date_naive();
    let mut told = Vec::new();
    for round in config.settings.rounds.iter().filter(|it| it.start >= today) {
        let Ok(people) = trust::people_of(store.reader(), &round.id) else {
            continue;
        };
        if people == 0 {
            continue;
        }
        let minutes = limits.minutes_for(people);
        let takes = format!(
            "{people} introductions take {} with {}",
            in_words(minutes),
            provider.map_or("this server", |provider| provider.name)
        );
        let what = format!("round {}", round.id);
        told.push(match minutes <= window_hours * 60 {
            true => (what, Ok(takes)),
            false => (
                what,
                Err(format!(
                    "{takes}, and after {window_hours} hours they would wait for a coordinator. Send by a provider that \
                     takes more letters a day, or make introductions_late_hours larger."
                )),
            ),
        });
    }
    told
}

/// What can be done about a problem that a server has told.
#[derive(Clone, Copy)]
enum Mend {
    /// Its message says it.
    Said,
    /// These words.
    Words(&'static str),
    /// The login: the provider's own ways, where they are known.
    Login,
}

const UNREACHABLE: Mend = Mend::Words(
    "Is the name right, is this machine online, and does its network let mail out on this port? Some networks and cloud \
     machines do not; try it with another, or ask who runs it.",
);
const NOT_TRUSTED: Mend = Mend::Words(
    "Is the name the one that the provider tells? A server of your own needs a certificate for this name (tls_name where \
     it bears another), or tls_ca_file with the authority that made it. A port for STARTTLS (143, 587) needs security = \
     \"starttls\".",
);

fn mend_connection(error: &ConnectError) -> Mend {
    match error {
        ConnectError::Unreachable { .. } => UNREACHABLE,
        ConnectError::NotTrusted { .. } => NOT_TRUSTED,
        _ => Mend::Said,
    }
}

fn mend_mailbox(error: &MailboxError) -> Mend {
    match error {
        MailboxError::Connect(error) => mend_connection(error),
        MailboxError::LoginRefused(_)
        | MailboxError::TokenRefused(_)
        | MailboxError::NoLoginMethod(_) => Mend::Login,
        _ => Mend::Said,
    }
}

fn mend_sending(error: &SmtpError) -> Mend {
    match error {
        SmtpError::Connect(error) => mend_connection(error),
        SmtpError::LoginRefused { .. } | SmtpError::TokenRefused(_) | SmtpError::NoLoginMethod => {
            Mend::Login
        }
        _ => Mend::Said,
    }
}

/// The problem, and below it what to do.
fn with_mend(error: &dyn std::error::Error, mend: Mend, config: &Config) -> String {
    let words = match mend {
        Mend::Said => return error.to_string(),
        Mend::Words(words) => words.to_owned(),
        Mend::Login => {
            let known = match &config.mailbox {
                MailboxSettings::Imap { server, .. } => {
                    Provider::of_host(&server.host, &config.settings.address)
                }
                MailboxSettings::Maildir { .. } => None,
            };
            known.map_or_else(
                || {
                    "Try the same user and password in the provider's web mail. Many providers want a password made for \
                     programs (an app password), or IMAP to be switched on first."
                        .to_owned()
                },
                |provider| format!("{}: {}", provider.name, provider.before),
            )
        }
    };
    let options = textwrap::Options::new(super::terminal_width().unwrap_or(100))
        .initial_indent("         ")
        .subsequent_indent("         ")
        .break_words(false);
    format!("{error}\n{}", textwrap::fill(&words, options))
}

/// How old it is.
fn master_key_of(dir: &Path, store: &Store) -> Result<String, String> {
    let file = master_key::file_in(dir);
    match master_key::read(&file) {
        Ok(Some(key)) => Ok(super::key::in_words(&key, Clock::System.now())),
        Ok(None) if outbox::is_empty(store.reader()).is_ok_and(|empty| empty) => {
            Ok("none yet; the first run makes it".into())
        }
        Ok(None) => Err(format!(
            "{}: it is missing, and answers to letters that were sent cannot be recognised. Put the file back that lies \
             beside the newest copy of the database (FILE.key), or let the first `pairpost run` make a new one",
            file.display()
        )),
        Err(error) => Err(format!("{error:#}")),
    }
}

fn state(dir: &Path, store: &Result<Option<Store>, String>) -> Result<String, String> {
    use std::os::unix::fs::PermissionsExt;
    if let Ok(folder) = dir.metadata()
        && folder.permissions().mode() & 0o077 != 0
    {
        return Err(format!(
            "{}: others on this machine can look into it, where people's data and the key are. Say: chmod 700 {}",
            dir.display(),
            dir.display()
        ));
    }
    let Some(store) = store.as_ref()? else {
        return Ok(format!(
            "{}: no database yet; the first run makes it",
            dir.display()
        ));
    };
    store
        .check_integrity()
        .map(|()| format!("{}, sound", dir.join(engine::DATABASE).display()))
        .map_err(|error| format!("{error:#}"))
}
