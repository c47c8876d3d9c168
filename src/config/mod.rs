//! What is written in the config folder, and what it means; or every problem at once.
//!
//! Two steps: `written` reads TOML as sections and gathers problems with their lines; the files beside it turn one
//! kind of file each into its meaning (`programme::settings`, `mail::account`). Nothing is guessed: an unknown key is
//! a problem, since a typo that is silently ignored is found too late. This room reads files and nothing else; whether
//! a server answers or a password is right is `pairpost check`'s business.
//!
//! It uses `templates` (which does not know this room), because a letter that is missing is a problem of the folder
//! like any other, and because the topics are files there.

mod accounts;
mod programme_file;
mod questions;
mod round_file;
mod survey_file;
mod written;

use std::path::{Path, PathBuf};

pub use crate::problem::Problem;

use crate::mail::account::{MailboxSettings, SendingSettings};
use crate::mail::outbound::compose::Inline;
use crate::problem::{nearest, shown_path};
use crate::programme::settings::{Settings, Survey};
use crate::templates::Templates;
use written::Problems;

/// The config folder's meaning.
#[derive(Debug, Clone)]
pub struct Config {
    pub settings: Settings,
    pub mailbox: MailboxSettings,
    pub sending: SendingSettings,
    /// Whether each letter leaves with a bounce address of its own; without, bounces are recognised by the Message-ID
    /// of the letter that they return.
    pub verp: bool,
    /// When the mailbox is looked at where it cannot tell of news by itself; in the programme's zone.
    pub poll_cron: String,
    /// Where the database, the master key and the lock lie.
    pub state_dir: PathBuf,
    /// Fonts for certificates beside the built-in one, for scripts that it does not have.
    pub certificate_fonts: Vec<PathBuf>,
    /// Stands at the top of the HTML part of letters.
    pub logo: Option<Inline>,
    /// Names under which our own mail host writes what it found out about a sender.
    pub authserv_ids: Vec<String>,
    /// Asked for the keys of signatures; the machine's own servers where none is named.
    pub dns_server: Option<std::net::SocketAddr>,
    /// Where the numbers for a monitoring program are written.
    pub metrics_file: Option<PathBuf>,
    /// Copies that the daemon makes of its database by itself.
    pub copies: Option<Copies>,
    pub templates: Templates,
    /// What works but should be looked at.
    pub warnings: Vec<Problem>,
}

/// When the daemon copies its database, and where to.
#[derive(Debug, Clone)]
pub struct Copies {
    pub when: crate::schedule::Recurring,
    pub folder: PathBuf,
    /// The newest so many stay, and none that is older than `days`.
    pub keep: usize,
    pub days: u32,
}

impl Config {
    /// The same programme with its mail in Maildirs under `dir` (`in`, `out`) and its state in `dir/state`: for
    /// rehearsals and tests, which must not touch a real mailbox.
    pub fn on_maildirs(mut self, dir: &Path) -> Config {
        self.mailbox = MailboxSettings::Maildir {
            path: dir.join("in"),
        };
        self.sending = SendingSettings::Maildir {
            path: dir.join("out"),
        };
        self.state_dir = dir.join("state");
        self
    }
}

/// The files of the folder as text, by their shown path. Reading and meaning are apart so that the built-in example
/// goes the same way.
struct Folder {
    programme: Option<String>,
    form: Option<String>,
    rounds: Vec<(String, String)>,
    surveys: Vec<(String, String)>,
}

const PROGRAMME_FILE: &str = "pairpost.toml";
const FORM_FILE: &str = "form.toml";

/// Reads a config folder: `pairpost.toml`, `form.toml`, `rounds/*.toml`, `surveys/*.toml` and what `templates/`
/// overrides.
///
/// # Errors
///
/// All problems of all files, sorted by file and line.
pub fn load(dir: &Path) -> Result<Config, Vec<Problem>> {
    let problems = Problems::default();
    let folder = Folder {
        programme: read(dir, Path::new(PROGRAMME_FILE), &problems),
        form: read(dir, Path::new(FORM_FILE), &problems),
        rounds: read_all(dir, "rounds", &problems),
        surveys: read_all(dir, "surveys", &problems),
    };
    let mut config = meaning(&folder, Some(dir), problems)?;
    config.warnings.extend(misspelt_folders(dir));
    Ok(config)
}

/// A folder "survey" would be passed over in silence; other folders (secrets, state) are nobody's business.
fn misspelt_folders(dir: &Path) -> Vec<Problem> {
    const FOLDERS: [&str; 3] = ["rounds", "surveys", "templates"];
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !FOLDERS.contains(&name.as_str()))
        .filter_map(|name| {
            let near = nearest(&name, FOLDERS)?;
            Some(Problem {
                file: name,
                line: None,
                key: String::new(),
                value: None,
                why: "nothing is read from here".into(),
                remedy: format!("If you mean {near}, rename it."),
            })
        })
        .collect()
}

/// The example programme of `config/`, compiled in. Its mailbox is an example, too: see [`Config::on_maildirs`].
pub fn built_in() -> Config {
    let folder = Folder {
        programme: Some(include_str!("../../config/pairpost.toml").into()),
        form: Some(include_str!("../../config/form.toml").into()),
        rounds: vec![(
            "rounds/2027A.toml".into(),
            include_str!("../../config/rounds/2027A.toml").into(),
        )],
        surveys: vec![
            (
                "surveys/end.toml".into(),
                include_str!("../../config/surveys/end.toml").into(),
            ),
            (
                "surveys/mid.toml".into(),
                include_str!("../../config/surveys/mid.toml").into(),
            ),
        ],
    };
    // What is compiled in cannot be wrong at run time: a test loads it.
    meaning(&folder, None, Problems::default())
        .unwrap_or_else(|problems| unreachable!("the built-in example is wrong: {problems:?}"))
}

/// The files of the example programme with their paths in a config folder, for `pairpost init`.
pub const EXAMPLE_FILES: [(&str, &str); 5] = [
    (PROGRAMME_FILE, include_str!("../../config/pairpost.toml")),
    (FORM_FILE, include_str!("../../config/form.toml")),
    (
        "rounds/2027A.toml",
        include_str!("../../config/rounds/2027A.toml"),
    ),
    (
        "surveys/mid.toml",
        include_str!("../../config/surveys/mid.toml"),
    ),
    (
        "surveys/end.toml",
        include_str!("../../config/surveys/end.toml"),
    ),
];

fn meaning(
    folder: &Folder,
    dir: Option<&Path>,
    problems: Problems,
) -> Result<Config, Vec<Problem>> {
    let warnings = Problems::default();
    let base = dir.unwrap_or(Path::new(""));
    let programme = folder
        .programme
        .as_deref()
        .and_then(|text| programme_file::read(PROGRAMME_FILE, text, base, &problems, &warnings));
    let languages = programme
        .as_ref()
        .map_or_else(|| vec!["en".to_owned()], |it| it.settings.languages.clone());
    let form = folder
        .form
        .as_deref()
        .map(|text| questions::read_form(FORM_FILE, text, &languages, &problems));
    let rounds = round_file::read(&folder.rounds, &problems);
    let mut surveys: Vec<Survey> = folder
        .surveys
        .iter()
        .filter_map(|(file, text)| survey_file::read(file, text, &languages, &problems))
        .collect();
    let templates = match dir {
        Some(dir) => Templates::load(&dir.join("templates"), &languages),
        None => Ok(Templates::built_in()),
    };
    let templates = templates
        .map_err(|found| {
            for problem in found {
                problems.add(in_templates(problem));
            }
        })
        .ok();

    let (Some(programme), Some(form), Some(templates)) = (programme, form, templates) else {
        return Err(problems.into_sorted());
    };
    for warning in templates.warnings() {
        warnings.add(in_templates(warning.clone()));
    }
    let mut settings = programme.settings;
    questions::check_against(&form, &settings.pairing, PROGRAMME_FILE, &problems);
    questions::check_import(&form, &settings.import, PROGRAMME_FILE, &problems);
    settings.form = form;
    settings.rounds = rounds;
    settings.topics = templates.topics(settings.languages.first().map_or("en", String::as_str));
    surveys.sort_by_key(|survey| survey.day);
    settings.surveys = surveys;
    round_file::check_against(&settings, &folder.rounds, &problems);
    let problems = problems.into_sorted();
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Config {
        settings,
        mailbox: programme.mailbox,
        sending: programme.sending,
        verp: programme.verp,
        poll_cron: programme.poll_cron,
        state_dir: programme.state_dir,
        certificate_fonts: programme.certificate_fonts,
        logo: programme.logo,
        authserv_ids: programme.authserv_ids,
        dns_server: programme.dns_server,
        metrics_file: programme.metrics_file,
        copies: programme.copies,
        templates,
        warnings: warnings.into_sorted(),
    })
}

/// A problem of the templates, by the name of its file in the config folder.
fn in_templates(problem: Problem) -> Problem {
    Problem {
        file: format!("templates/{}", problem.file),
        ..problem
    }
}

fn read(dir: &Path, file: &Path, problems: &Problems) -> Option<String> {
    match std::fs::read_to_string(dir.join(file)) {
        Ok(text) => Some(text),
        Err(error) => {
            problems.add(Problem {
                file: shown_path(file, dir),
                line: None,
                key: String::new(),
                value: None,
                why: format!("it cannot be read ({error})"),
                remedy: format!(
                    "A config folder has this file; `pairpost init {}` writes one to start from.",
                    dir.display()
                ),
            });
            None
        }
    }
}

/// All `*.toml` of a sub-folder, sorted by name. An absent sub-folder is an empty one.
fn read_all(dir: &Path, sub: &str, problems: &Problems) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(dir.join(sub)) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        // Editors leave hidden and back-up files beside the real ones.
        if path.extension().is_none_or(|it| it != "toml") {
            continue;
        }
        let file = shown_path(&path, dir);
        if let Some(text) = read(dir, Path::new(&file), problems) {
            files.push((file, text));
        }
    }
    files
}

#[cfg(test)]
mod tests;
