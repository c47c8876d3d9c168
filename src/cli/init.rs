//! `pairpost init`: an annotated config folder and the letters, ready to be edited.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use chrono::{Datelike, Days, NaiveDate, Utc, Weekday};
use clap::Args as Arguments;

use crate::config;
use crate::templates::built_in;

/// Write an annotated config folder and all letters
///
/// Everything can also be changed later in the files: each key stands there with its sentence.
#[derive(Debug, Arguments)]
#[command(
    after_help = "Example:\n  pairpost init my-programme --name \"Library Exchange\" --address exchange@example.org \\\n      --imap imap.example.org --smtp smtp.example.org --zone Europe/Zurich \\\n      --coordinator \"Ada Martin <ada@example.org>\" --start 2027-03-02"
)]
pub struct Args {
    /// The folder to write; it must be new or empty.
    dir: PathBuf,
    /// How letters call the programme.
    #[arg(long)]
    name: Option<String>,
    /// The programme's mail address.
    #[arg(long)]
    address: Option<String>,
    /// IMAP server (TLS, port 993).
    #[arg(long, value_name = "HOST")]
    imap: Option<String>,
    /// SMTP server (TLS, port 465).
    #[arg(long, value_name = "HOST")]
    smtp: Option<String>,
    /// Who logs in to both; by default the programme's address.
    #[arg(long)]
    user: Option<String>,
    /// IANA name of the programme's time zone.
    #[arg(long)]
    zone: Option<String>,
    /// "Name <address>" of the first coordinator, who is also the safety contact.
    #[arg(long, value_name = "PERSON")]
    coordinator: Option<String>,
    /// Day 0 of the first round; by default a Tuesday in eight weeks.
    #[arg(long, value_name = "DATE")]
    start: Option<NaiveDate>,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let dir = &args.dir;
    if dir
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some())
    {
        bail!(
            "{}: there is something in this folder already; nothing was written. Name a new one",
            dir.display()
        );
    }
    let start = args
        .start
        .unwrap_or_else(|| default_start(Utc::now().date_naive()));
    let programme = programme_file(args)?;
    for (path, text) in config::EXAMPLE_FILES {
        match path {
            "pairpost.toml" => write(dir, path, &programme)?,
            path if path.starts_with("rounds/") => {}
            path => write(dir, path, text)?,
        }
    }
    let round = format!(
        "{}{}",
        start.year(),
        if start.month() <= 6 { 'A' } else { 'B' }
    );
    let text = config::EXAMPLE_FILES
        .into_iter()
        .find(|(path, _)| path.starts_with("rounds/"))
        .map(|(_, text)| text)
        .unwrap_or_default();
    write(
        dir,
        &format!("rounds/{round}.toml"),
        &round_file(text, &round, start),
    )?;
    for (path, text) in built_in::of(built_in::SOURCE) {
        write(dir, &format!("templates/{path}"), text)?;
    }
    make_secrets(dir)?;
    println!("{} is written.\n", dir.display());
    println!(
        "1. Put the mailbox's password into {}/secrets/mailbox-password",
        dir.display()
    );
    println!(
        "2. Look through {}/pairpost.toml and {}/rounds/{round}.toml",
        dir.display(),
        dir.display()
    );
    println!("3. pairpost check --config {}", dir.display());
    println!(
        "4. pairpost rehearse --config {}   (every letter, before anything is real)",
        dir.display()
    );
    println!("5. pairpost run --config {}", dir.display());
    Ok(ExitCode::SUCCESS)
}

/// The example with the given values in the place of its own.
fn programme_file(args: &Args) -> anyhow::Result<String> {
    let text = config::EXAMPLE_FILES
        .into_iter()
        .find(|(path, _)| *path == "pairpost.toml")
        .map(|(_, text)| text)
        .context("the example config is missing from this program")?;
    let mut text = text.to_string();
    let mut put = |key: &str, example: &str, value: Option<&str>| {
        if let Some(value) = value {
            let quoted = toml::Value::String(value.to_string()).to_string();
            text = text.replace(
                &format!("\n{key} = \"{example}\""),
                &format!("\n{key} = {quoted}"),
            );
        }
    };
    put("name", "Library Exchange", args.name.as_deref());
    put("address", "exchange@example.org", args.address.as_deref());
    put("zone", "Europe/Zurich", args.zone.as_deref());
    put("host", "imap.example.org", args.imap.as_deref());
    put("host", "smtp.example.org", args.smtp.as_deref());
    put(
        "user",
        "exchange@example.org",
        args.user.as_deref().or(args.address.as_deref()),
    );
    if let Some(coordinator) = &args.coordinator {
        let (name, address) = coordinator
            .split_once('<')
            .and_then(|(name, rest)| Some((name.trim(), rest.trim().strip_suffix('>')?.trim())))
            .filter(|(name, address)| !name.is_empty() && address.contains('@'))
            .with_context(|| {
                format!("--coordinator {coordinator:?}: write it as \"Name <address>\"")
            })?;
        put("name", "Ada Martin", Some(name));
        put("address", "ada.martin@example.org", Some(address));
    }
    Ok(text)
}

fn round_file(example: &str, round: &str, start: NaiveDate) -> String {
    example
        .replace(
            "\nname = \"Round 2027A\"",
            &format!("\nname = \"Round {round}\""),
        )
        .replace("\nstart = 2027-03-02", &format!("\nstart = {start}"))
        .replace("(\"2027A\")", &format!("(\"{round}\")"))
}

/// A Tuesday, with time for five weeks of applications.
fn default_start(today: NaiveDate) -> NaiveDate {
    (0..7)
        .map(|day| today + Days::new(56 + day))
        .find(|date| date.weekday() == Weekday::Tue)
        .unwrap_or(today)
}

fn write(dir: &Path, path: &str, text: &str) -> anyhow::Result<()> {
    let file = dir.join(path);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{}: cannot be made", folder.display()))?;
    }
    std::fs::write(&file, text).with_context(|| format!("{}: cannot be written", file.display()))
}

/// A folder for the password that only its owner can look into.
fn make_secrets(dir: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let folder = dir.join("secrets");
    std::fs::create_dir_all(&folder)?;
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700))?;
    std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(folder.join("mailbox-password"))
        .with_context(|| format!("{}: cannot be written", folder.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_folder_loads_with_the_given_values() {
        let dir = tempfile::tempdir().unwrap();
        let args = Args {
            dir: dir.path().join("programme"),
            name: Some("Peers \"and\" Friends".into()),
            address: Some("peers@example.net".into()),
            imap: Some("imap.example.net".into()),
            smtp: Some("smtp.example.net".into()),
            user: None,
            zone: Some("Pacific/Auckland".into()),
            coordinator: Some("Bo Lind <bo@example.net>".into()),
            start: NaiveDate::from_ymd_opt(2027, 9, 7),
        };
        run(&args).unwrap();
        let config = config::load(&args.dir)
            .map_err(|problems| format!("{problems:?}"))
            .unwrap();
        assert_eq!(config.settings.name, "Peers \"and\" Friends");
        assert_eq!(config.settings.address, "peers@example.net");
        assert_eq!(config.settings.zone, chrono_tz::Pacific::Auckland);
        assert_eq!(config.settings.coordinators[0].address, "bo@example.net");
        assert_eq!(config.settings.rounds[0].id, "2027B");
        assert_eq!(config.settings.rounds[0].start, args.start.unwrap());
        assert!(
            run(&args).is_err(),
            "a folder with something in it is left alone"
        );
    }
}
