//! `pairpost init`: an annotated config folder and the letters, ready to be edited. Values come from flags; what is
//! missing is asked on a terminal, and stays the example's elsewhere. It writes files and reads them back; no server is
//! asked here.

mod annotated;
mod ask;
mod given;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use chrono::{Datelike, Days, NaiveDate, Utc, Weekday};
use clap::Args as Arguments;
use clap::builder::PossibleValuesParser;
use zeroize::Zeroizing;

use crate::config;
use crate::mail::account::Security;
use crate::mail::address;
use crate::mail::providers::{Door, LoginKind, PROVIDERS, Provider};
use crate::templates::built_in;
use annotated::Annotated;
use ask::Asker;
use given::{
    Languages, Person, built_in_languages, parse_address, parse_host, parse_languages,
    parse_person, parse_zone,
};

/// Write an annotated config folder and all letters
///
/// On a terminal it asks for what is not given; elsewhere it never asks, and what is not given stays the example's.
/// Everything can also be changed later in the files: each key stands there with its sentence.
#[derive(Debug, Default, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost init my-programme\n  pairpost init my-programme --name \"Library Exchange\" --address exchange@example.org \\\n      --imap imap.example.org --smtp smtp.example.org --zone Europe/Zurich \\\n      --coordinator \"Ada Martin <ada@example.org>\" --start 2027-03-02\n  pairpost init /etc/pairpost --service --provider microsoft-365 --address exchange@example.org\n\nExit codes: 0 written, 1 nothing was written, or what was written has a problem."
)]
pub struct Args {
    /// The folder to write; it must be new or empty.
    dir: PathBuf,
    /// How letters call the programme.
    #[arg(long)]
    name: Option<String>,
    /// The programme's mail address.
    #[arg(long, value_parser = parse_address)]
    address: Option<String>,
    /// Who keeps the mailbox: fills in servers, login, limits.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(PROVIDERS.iter().map(|it| it.id)))]
    provider: Option<String>,
    /// IMAP server; port 993 with TLS where none is given.
    #[arg(long, value_name = "HOST[:PORT]", value_parser = parse_host)]
    imap: Option<(String, Option<u16>)>,
    /// SMTP server; port 465 with TLS where none is given.
    #[arg(long, value_name = "HOST[:PORT]", value_parser = parse_host)]
    smtp: Option<(String, Option<u16>)>,
    /// How both are reached: "plain" is for a server on this machine only.
    #[arg(long, value_parser = ["tls", "starttls", "plain"])]
    security: Option<String>,
    /// A PEM file of certificate authorities for both, for servers with a private certificate.
    #[arg(long, value_name = "FILE")]
    tls_ca_file: Option<String>,
    /// Who logs in to both; by default the programme's address.
    #[arg(long)]
    user: Option<String>,
    /// For a login by token: the id of the application that you registered with the provider.
    #[arg(long, value_name = "ID")]
    oauth_client_id: Option<String>,
    /// IANA name of the programme's time zone.
    #[arg(long, value_parser = parse_zone)]
    zone: Option<chrono_tz::Tz>,
    /// Languages of the letters, the usual one first: en,fr
    #[arg(long, value_name = "CODES", value_parser = parse_languages)]
    languages: Option<Languages>,
    /// `Name <address>` of the first coordinator, who is also the safety contact.
    #[arg(long, value_name = "PERSON", value_parser = parse_person)]
    coordinator: Option<Person>,
    /// Day 0 of the first round; by default a Tuesday in eight weeks.
    #[arg(long, value_name = "DATE")]
    start: Option<NaiveDate>,
    /// Write it for the systemd service: the state in /var/lib/pairpost, the password as a credential.
    #[arg(long)]
    service: bool,
    /// Ask nothing, on a terminal neither.
    #[arg(long)]
    no_questions: bool,
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
    let mut choices = Choices::given(args);
    if !args.no_questions && std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        let terminal = console::Term::stdout();
        choices.complete(&mut Asker {
            // Not locked: the password is read from it by another way meanwhile. A terminal gives one line at a time.
            input: &mut std::io::BufReader::new(std::io::stdin()),
            output: &mut std::io::stdout(),
            secret: &mut || terminal.read_secure_line(),
        })?;
    }
    let round = write_all(dir, &choices)?;
    if let Err(problems) = config::load(dir) {
        for problem in &problems {
            eprintln!("{problem}\n");
        }
        eprintln!(
            "{} is written, but has {} problems: mend them in the files.",
            dir.display(),
            problems.len()
        );
        return Ok(ExitCode::from(1));
    }
    print_next(dir, &round, &choices);
    Ok(ExitCode::SUCCESS)
}

/// What is written; what is none stays as in the example.
#[derive(Debug)]
struct Choices {
    name: Option<String>,
    address: Option<String>,
    provider: Option<&'static Provider>,
    imap: Option<(String, Option<u16>)>,
    smtp: Option<(String, Option<u16>)>,
    security: Option<String>,
    tls_ca_file: Option<String>,
    user: Option<String>,
    oauth_client_id: Option<String>,
    zone: Option<chrono_tz::Tz>,
    languages: Option<Languages>,
    coordinator: Option<Person>,
    start: NaiveDate,
    password: Option<Zeroizing<String>>,
    /// The state folder of the service.
    service: Option<String>,
    ask_for_start: bool,
}

impl Choices {
    fn given(args: &Args) -> Choices {
        let by_address = args.address.as_deref().and_then(Provider::of_address);
        Choices {
            name: args.name.clone(),
            address: args.address.clone(),
            // Whoever names a server knows better than the address.
            provider: args
                .provider
                .as_deref()
                .and_then(Provider::by_id)
                .or_else(|| by_address.filter(|_| args.imap.is_none() && args.smtp.is_none())),
            imap: args.imap.clone(),
            smtp: args.smtp.clone(),
            security: args.security.clone(),
            tls_ca_file: args.tls_ca_file.clone(),
            user: args.user.clone(),
            oauth_client_id: args.oauth_client_id.clone(),
            zone: args.zone,
            languages: args.languages.clone(),
            coordinator: args.coordinator.clone(),
            start: args
                .start
                .unwrap_or_else(|| default_start(Utc::now().date_naive())),
            password: None,
            service: args.service.then(|| state_of_service(&args.dir)),
            ask_for_start: args.start.is_none(),
        }
    }

    /// Asks for what is missing, and for nothing else.
    fn complete(&mut self, asker: &mut Asker<'_>) -> anyhow::Result<()> {
        let text = |answer: &str| match answer.trim() {
            "" => Err("Please write something.".to_owned()),
            given => Ok(given.to_owned()),
        };
        if self.name.is_none() {
            self.name = Some(asker.ask(
                "How is the programme called?",
                Some("Library Exchange"),
                text,
            )?);
        }
        if self.address.is_none() {
            self.address = Some(asker.ask(
                "Its mail address, to which people write?",
                None,
                parse_address,
            )?);
        }
        let address = self.address.clone().unwrap_or_default();
        if self.provider.is_none() && self.imap.is_none() && self.smtp.is_none() {
            self.provider = match Provider::of_address(&address) {
                Some(provider) => Some(provider),
                None => {
                    let names: Vec<&str> = PROVIDERS.iter().map(|it| it.name).collect();
                    let chosen = asker.choose("Who keeps this mailbox?", &names)?;
                    Some(&PROVIDERS[chosen])
                }
            };
        }
        let has_servers = self
            .provider
            .is_some_and(|provider| !provider.imap.host.is_empty());
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        if self.imap.is_none() && !has_servers {
            let usual = format!("imap.{domain}");
            self.imap =
                Some(asker.ask("The name of its IMAP server?", Some(&usual), parse_host)?);
        }
        if self.smtp.is_none() && !has_servers {
            let usual = format!("smtp.{domain}");
            self.smtp =
                Some(asker.ask("The name of its SMTP server?", Some(&usual), parse_host)?);
        }
        if self.coordinator.is_none() {
            let name = asker.ask("Your name, which signs the letters?", None, text)?;
            let own = address;
            let address = asker.ask(
                "Your own mail address, where the programme writes to you?",
                None,
                |answer| {
                    let given = parse_address(answer)?;
                    if address::same(&given, &own) {
                        return Err("That is the programme's own address.".into());
                    }
                    Ok(given)
                },
            )?;
            self.coordinator = Some(Person { name, address });
        }
        if self.zone.is_none() {
            let here = zone_here();
            let usual = here.map(|zone| zone.name());
            self.zone = Some(asker.ask("Your time zone?", usual, parse_zone)?);
        }
        if self.languages.is_none() {
            self.languages = Some(asker.ask(
                &format!("Languages of the letters ({})?", built_in_languages()),
                Some("en"),
                parse_languages,
            )?);
        }
        if self.ask_for_start {
            let usual = self.start.to_string();
            self.start = asker.ask(
                "On which day shall the first pairs be introduced?",
                Some(&usual),
                |answer| {
                    answer
                        .parse::<NaiveDate>()
                        .map_err(|_| "Write it as 2027-03-02.".to_owned())
                },
            )?;
        }
        match self.login() {
            LoginKind::Token(_) if self.oauth_client_id.is_none() => {
                let id = asker.ask(
                    "The id of the application that you registered there (Enter to write it later)?",
                    Some(""),
                    |answer| Ok(answer.to_owned()),
                )?;
                self.oauth_client_id = Some(id).filter(|id| !id.is_empty());
            }
            LoginKind::Password | LoginKind::AppPassword if self.service.is_none() => {
                self.password = asker
                    .password("The mailbox's password (it is not shown; Enter to write it later):")?
                    .map(Zeroizing::new);
            }
            _ => {}
        }
        Ok(())
    }

    fn login(&self) -> LoginKind {
        self.provider
            .map_or(LoginKind::Password, |provider| provider.login)
    }
}

/// Writes all files; the id of the round is returned.
fn write_all(dir: &Path, choices: &Choices) -> anyhow::Result<String> {
    let start = choices.start;
    let half = if start.month() <= 6 { 'A' } else { 'B' };
    let round = format!("{}{half}", start.year());
    // Everything is made before anything is written.
    let programme = programme_file(choices)?;
    for (path, text) in config::EXAMPLE_FILES {
        match path {
            "pairpost.toml" => write(dir, path, &programme)?,
            path if path.starts_with("rounds/") => write(
                dir,
                &format!("rounds/{round}.toml"),
                &round_file(text, &round, start)?,
            )?,
            path => write(dir, path, text)?,
        }
    }
    let source = [built_in::SOURCE.to_owned()];
    let languages = choices.languages.as_ref().map_or(&source[..], |it| &it.0);
    for (path, text) in languages.iter().flat_map(|it| built_in::of(it)) {
        write(dir, &format!("templates/{path}"), text)?;
    }
    if choices.service.is_none() {
        make_secrets(dir, choices.password.as_ref().map(|it| it.as_str()))?;
    }
    Ok(round)
}

/// The example with the chosen values in the place of its own.
fn programme_file(choices: &Choices) -> anyhow::Result<String> {
    let mut file = Annotated::new(example("pairpost.toml")?);
    if let Some(name) = &choices.name {
        file.set("programme", "name", name.as_str())?;
    }
    if let Some(address) = &choices.address {
        file.set("programme", "address", address.as_str())?;
    }
    if let Some(zone) = choices.zone {
        file.set("programme", "zone", zone.name())?;
    }
    if let Some(languages) = &choices.languages {
        file.set("programme", "languages", languages.0.clone())?;
    }
    if let Some(state) = &choices.service {
        file.set("programme", "state_dir", state.as_str())?;
    }
    if let Some(coordinator) = &choices.coordinator {
        file.set("coordinators", "name", coordinator.name.as_str())?;
        file.set("coordinators", "address", coordinator.address.as_str())?;
    }
    let doors = choices.provider.map(|it| (it.imap, it.smtp));
    server(
        &mut file,
        "mailbox",
        choices,
        choices.imap.as_ref(),
        doors.map(|it| it.0),
        993,
    )?;
    server(
        &mut file,
        "sending",
        choices,
        choices.smtp.as_ref(),
        doors.map(|it| it.1),
        465,
    )?;
    if let Some(provider) = choices.provider {
        if !provider.own_envelope_senders {
            file.set("sending", "verp", false)?;
        }
        if let Some(folder) = provider.sent_folder {
            file.set("sending", "sent_folder", folder)?;
        }
        if let Some(letters) = provider.letters_per_hour() {
            file.set("limits", "letters_per_hour", i64::from(letters.min(1_000)))?;
        }
        if let Some(letters) = provider.usable_per_day() {
            file.set("limits", "letters_per_day", i64::from(letters))?;
        }
    }
    Ok(file.text())
}

/// `[mailbox]` or `[sending]`: where the server is, and how we log in.
fn server(
    file: &mut Annotated,
    section: &str,
    choices: &Choices,
    given: Option<&(String, Option<u16>)>,
    door: Option<Door>,
    usual_port: u16,
) -> anyhow::Result<()> {
    let door = door.filter(|door| !door.host.is_empty() && given.is_none());
    let security = match (&choices.security, door.map(|door| door.security)) {
        (Some(security), _) => security.as_str(),
        (None, Some(Security::StartTls)) => "starttls",
        (None, Some(Security::Plain)) => "plain",
        (None, Some(Security::Tls) | None) => "tls",
    };
    if security != "tls" {
        file.set(section, "security", security)?;
    }
    let host = door
        .map(|door| door.host)
        .or(given.map(|(host, _)| host.as_str()));
    if let Some(host) = host {
        file.set(section, "host", host)?;
    }
    let port = door
        .map(|door| door.port)
        .or(given.and_then(|(_, port)| *port));
    if let Some(port) = port.filter(|port| *port != usual_port || security != "tls") {
        file.set(section, "port", i64::from(port))?;
    }
    if let Some(authority) = &choices.tls_ca_file {
        file.set(section, "tls_ca_file", authority.as_str())?;
    }
    if let Some(user) = choices.user.as_deref().or(choices.address.as_deref()) {
        file.set(section, "user", user)?;
    }
    match (choices.login(), &choices.service) {
        (LoginKind::Token(oauth), state) => {
            file.comment_out(section, "password_file")?;
            file.set(section, "oauth", oauth)?;
            let id = choices.oauth_client_id.as_deref();
            file.set(
                section,
                "oauth_client_id",
                id.unwrap_or("00000000-0000-0000-0000-000000000000"),
            )?;
            if let Some(state) = state {
                file.set(section, "oauth_token_file", format!("{state}/oauth-token"))?;
            }
        }
        (LoginKind::Password | LoginKind::AppPassword, Some(_)) => {
            file.comment_out(section, "password_file")?;
            file.set(section, "password_credential", CREDENTIAL)?;
        }
        (LoginKind::Password | LoginKind::AppPassword, None) => {}
    }
    Ok(())
}

/// The name of the credential in `deploy/systemd`.
const CREDENTIAL: &str = "mailbox-password";

/// `/etc/pairpost` is `pairpost.service`'s, `/etc/pairpost/NAME` is that of `pairpost@NAME`.
fn state_of_service(dir: &Path) -> String {
    let name = dir
        .strip_prefix("/etc/pairpost")
        .ok()
        .and_then(Path::to_str)
        .filter(|name| !name.is_empty());
    name.map_or_else(
        || "/var/lib/pairpost".into(),
        |name| format!("/var/lib/pairpost/{name}"),
    )
}

fn example(file: &str) -> anyhow::Result<&'static str> {
    config::EXAMPLE_FILES
        .into_iter()
        .find(|(path, _)| *path == file)
        .map(|(_, text)| text)
        .with_context(|| format!("the example {file} is missing from this program"))
}

/// The example's round on other days: all its dates move along, those in comments, too.
fn round_file(example: &str, round: &str, start: NaiveDate) -> anyhow::Result<String> {
    let old = regex::Regex::new("(?m)^start = (.*)$")?
        .captures(example)
        .and_then(|found| found[1].parse::<NaiveDate>().ok())
        .context("the example's round has no start")?;
    let moved = regex::Regex::new(r"\d{4}-\d{2}-\d{2}")?.replace_all(
        example,
        |found: &regex::Captures<'_>| match found[0].parse::<NaiveDate>() {
            Ok(date) => (start + (date - old)).to_string(),
            Err(_) => found[0].to_owned(),
        },
    );
    Ok(moved.replace("2027A", round))
}

fn print_next(dir: &Path, round: &str, choices: &Choices) {
    let shown = dir.display();
    println!("{shown} is written.\n");
    if choices.address.is_none() || choices.coordinator.is_none() {
        println!(
            "Some values are still the example's: look for example.org in {shown}/pairpost.toml.\n"
        );
    }
    let mut steps: Vec<String> = Vec::new();
    if let Some(provider) = choices.provider {
        steps.push(format!("{}: {}", provider.name, provider.before));
    }
    match (choices.login(), &choices.service) {
        (LoginKind::Token(_), _) => {
            if choices.oauth_client_id.is_none() {
                steps.push(format!(
                    "Write the application's id into {shown}/pairpost.toml (oauth_client_id, twice)"
                ));
            }
            steps.push(format!("pairpost login --config {shown}"));
        }
        (_, Some(_)) => steps.push(
            "Put the mailbox's password into the credential that the unit file names (deploy/README.md)"
                .into(),
        ),
        (_, None) if choices.password.is_none() => steps.push(format!(
            "Put the mailbox's password into {shown}/secrets/mailbox-password"
        )),
        (_, None) => {}
    }
    steps.push(format!(
        "Look through {shown}/pairpost.toml and {shown}/rounds/{round}.toml"
    ));
    steps.push(format!("pairpost check --config {shown}"));
    steps.push(format!(
        "pairpost rehearse --config {shown}   (every letter, before anything is real)"
    ));
    steps.push(format!("pairpost run --config {shown}"));
    let width = super::terminal_width().unwrap_or(100);
    for (number, step) in steps.iter().enumerate() {
        let options = textwrap::Options::new(width)
            .subsequent_indent("   ")
            .break_words(false);
        println!(
            "{}",
            textwrap::fill(&format!("{}. {step}", number + 1), options)
        );
    }
}

/// A Tuesday, with time for five weeks of applications.
fn default_start(today: NaiveDate) -> NaiveDate {
    (0..7)
        .map(|day| today + Days::new(56 + day))
        .find(|date| date.weekday() == Weekday::Tue)
        .unwrap_or(today)
}

/// The time zone of this machine, where it says so.
fn zone_here() -> Option<chrono_tz::Tz> {
    let link = std::fs::read_link("/etc/localtime").ok();
    let linked = link
        .as_ref()
        .and_then(|path| path.to_str())
        .and_then(|path| path.split_once("zoneinfo/"))
        .map(|(_, name)| name.to_owned());
    linked
        .or_else(|| std::fs::read_to_string("/etc/timezone").ok())
        .and_then(|name| name.trim().parse().ok())
}

fn write(dir: &Path, path: &str, text: &str) -> anyhow::Result<()> {
    let file = dir.join(path);
    if let Some(folder) = file.parent() {
        crate::cli::make_folder(folder)?;
    }
    crate::cli::write_file(&file, text)
}

/// A folder for the password that only its owner can look into.
fn make_secrets(dir: &Path, password: Option<&str>) -> anyhow::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let folder = dir.join("secrets");
    crate::cli::make_private_folder(&folder)?;
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(folder.join("mailbox-password"))
        .with_context(|| format!("{}: cannot be written", folder.display()))?;
    if let Some(password) = password {
        writeln!(file, "{password}").context("the password cannot be written")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
