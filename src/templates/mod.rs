//! One Markdown file per letter and language becomes subject, text and HTML. Decides nothing: which letter goes to
//! whom, and with which values, is the rules' business.
//!
//! A file is `<language>/letters/<letter>.md`: its first line is `Subject: ...`, then a blank line, then Markdown with
//! placeholders (`{{ name }}`, `{% if ... %}`). `<language>/footer.md` ends it (`footer-coordinators.md` in letters to
//! coordinators), or stands where the letter has a line `{{ footer }}`. The built-in files are compiled in; a folder
//! overrides them one by one. Topics are `<language>/topics/NN-title.md`; a folder that has topics replaces all built-in
//! ones of that language. A letter that a language lacks goes out in English, and the check says so (`translation`).
//!
//! Safety (RELIABILITY T14, T19): values never reach the Markdown parser. The template engine writes each value as a
//! sealed slot (`slots`), the Markdown around it is parsed, and the slots are opened when the text and HTML parts
//! are written. So a value cannot become markup, HTML or a placeholder, whatever it contains. An unknown placeholder
//! is a problem when the templates are loaded, not when a letter is due.

pub mod built_in;
mod html;
mod language;
mod load;
mod markdown;
mod picture;
pub mod samples;
mod sentences;
mod slots;
mod text;
mod topics;
mod translation;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, Value};

use crate::problem::{Problem, nearest};
use crate::programme::letter::LetterKind;
use crate::programme::settings::{Different, Settings, Topic};
pub use html::escaped;
use language::Language;
use load::{build, override_from};
use topics::TopicFile;

/// Letters to participants stay below this, so that no mail client cuts them.
pub const LETTER_MAX_BYTES: usize = 20_000;

/// All letters and topics in all languages of the programme, ready to be rendered. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Templates {
    languages: Arc<BTreeMap<String, InLanguage>>,
    default_language: String,
    /// Translations that are missing, or older than what they translate.
    warnings: Arc<Vec<Problem>>,
}

#[derive(Debug)]
struct InLanguage {
    language: Language,
    environment: Environment<'static>,
    topics: Arc<Vec<TopicFile>>,
    /// Where each letter was read from, for problems.
    files: BTreeMap<String, Place>,
    /// English letters for those that this language lacks.
    stand_in: Option<Box<InLanguage>>,
}

/// The files that a letter is put together from.
#[derive(Debug, Clone)]
struct Place {
    letter: String,
    footer: String,
    /// Lines of the whole before the footer's first one, and how many the footer has.
    lines_before: usize,
    footer_lines: usize,
}

impl Place {
    /// The file and the line in it for a line of the whole letter.
    fn of_line(&self, line: Option<usize>) -> (String, Option<usize>) {
        match line {
            Some(line) if line > self.lines_before + self.footer_lines => {
                // The footer stands for one line of the letter.
                (self.letter.clone(), Some(line - self.footer_lines + 1))
            }
            Some(line) if line > self.lines_before => {
                (self.footer.clone(), Some(line - self.lines_before))
            }
            line => (self.letter.clone(), line),
        }
    }
}

/// What stands around every letter, whatever it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub programme: String,
    /// The programme's address.
    pub address: String,
    /// The coordinator who signs.
    pub coordinator: String,
    /// What the config wants to differ between partners, as it is written there: "country", "nothing".
    pub partners_differ_by: String,
    /// Whether there are mentors and mentees.
    pub two_roles: bool,
    /// Where answers go, token included: `answer:` links in the HTML part write to it. None where pressing Reply
    /// reaches the partner or nobody.
    pub answers_to: Option<String>,
    /// The visible code of this letter ("k7q2-9fpm"), shown in the last line as `Ref: ...`.
    pub reference: Option<String>,
    /// The `Content-ID` of the programme's logo, where one travels with the letter.
    pub logo: Option<String>,
}

impl Frame {
    /// The programme's own words; the address for answers, the reference and the logo are a letter's and come later.
    pub fn of(settings: &Settings) -> Frame {
        Frame {
            programme: settings.name.clone(),
            address: settings.address.clone(),
            coordinator: settings
                .coordinators
                .first()
                .map_or_else(String::new, |it| it.name.clone()),
            partners_differ_by: match settings.pairing.different {
                Different::Country => "country",
                Different::Region => "region",
                Different::Organisation => "organisation",
                Different::Nothing => "nothing",
            }
            .into(),
            two_roles: settings.pairing.roles.is_some(),
            answers_to: None,
            reference: None,
            logo: None,
        }
    }
}

/// A letter in words. `text` has lines of at most 72 columns (but for the form and long addresses), ends with a
/// newline and uses `\n`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A letter that could not be put into words. It is caught when templates are loaded, except for values that no sample
/// has.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the letter \"{letter}\" in \"{language}\" cannot be written: {why}")]
pub struct RenderError {
    pub letter: String,
    pub language: String,
    pub why: String,
    /// Line of the template file.
    pub line: Option<usize>,
}

impl Templates {
    /// The letters and topics that are compiled in; English is the default language.
    pub fn built_in() -> Templates {
        // Compiled once: they never change, and the tests ask for them a hundred times.
        static BUILT_IN: LazyLock<Templates> = LazyLock::new(|| {
            let languages: Vec<String> = built_in::languages().map(str::to_owned).collect();
            let (templates, problems) = build(&built_in::sources(), &languages);
            debug_assert_eq!(problems, []);
            templates
        });
        BUILT_IN.clone()
    }

    /// The built-in letters of the programme's languages (the first is the default one), overridden by what stands
    /// in `dir`, which need not exist.
    ///
    /// # Errors
    ///
    /// Every problem of every file; their paths are relative to `dir`.
    pub fn load(dir: &Path, languages: &[String]) -> Result<Templates, Vec<Problem>> {
        let mut sources = built_in::sources();
        let mut problems = Vec::new();
        for language in languages {
            override_from(dir, language, &mut sources, &mut problems);
        }
        let (templates, found) = build(&sources, languages);
        problems.extend(found);
        problems.extend(templates.check());
        problems.sort();
        problems.dedup();
        if problems.is_empty() {
            Ok(templates)
        } else {
            Err(problems)
        }
    }

    /// Translations that are missing, or older than the English wording that they stand for: nothing that keeps a
    /// letter from going out.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Renders every sample letter in every language: unknown placeholders, values that are not there, letters that
    /// are too long.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let known_values = samples::known_values();
        for (code, in_language) in self.languages.iter() {
            // A letter with an unknown placeholder cannot be rendered, which need not be told again.
            let mut told = BTreeSet::new();
            for &name in LetterKind::NAMES {
                if let Some((place, known)) =
                    in_language.files.get(name).zip(known_values.get(name))
                {
                    let unknown = in_language.unknown_placeholders(name, place, known);
                    if !unknown.is_empty() {
                        told.insert(name);
                    }
                    problems.extend(unknown);
                }
            }
            for kind in samples::all(&self.topic_ids(code)) {
                let Some(place) = in_language.files.get(kind.name()) else {
                    continue;
                };
                if told.contains(kind.name()) {
                    continue;
                }
                let problem = |line, why: String, remedy: &str| {
                    let (file, line) = place.of_line(line);
                    Problem {
                        file,
                        line,
                        key: String::new(),
                        value: None,
                        why,
                        remedy: remedy.into(),
                    }
                };
                match self.render(&kind, code, &samples::frame_of(&kind)) {
                    Err(error) => problems.push(problem(
                        error.line,
                        error.why,
                        "Compare it with the built-in letter of the same name.",
                    )),
                    Ok(letter) if letter.html.len().max(letter.text.len()) > LETTER_MAX_BYTES => {
                        problems.push(problem(
                            None,
                            format!("the letter is longer than {LETTER_MAX_BYTES} bytes"),
                            "Shorten it: mail clients cut long letters.",
                        ));
                    }
                    Ok(_) => {}
                }
            }
        }
        problems
    }

    /// The topics in the order in which they are sent, with their titles in a language.
    pub fn topics(&self, language: &str) -> Vec<Topic> {
        self.in_language(language)
            .map(|it| it.topics.iter().map(|topic| topic.topic.clone()).collect())
            .unwrap_or_default()
    }

    /// One sample of each letter, for previews in a language.
    pub fn samples(&self, language: &str) -> Vec<LetterKind> {
        samples::one_each(&self.topic_ids(language))
    }

    fn topic_ids(&self, language: &str) -> Vec<String> {
        self.topics(language)
            .into_iter()
            .map(|topic| topic.id)
            .collect()
    }

    /// The languages that letters can be written in.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.languages.keys().map(String::as_str)
    }

    /// Whether a letter is there in a language itself, and not in English only.
    pub fn speaks(&self, language: &str, letter: &str) -> bool {
        self.languages
            .get(language)
            .is_some_and(|it| it.files.contains_key(letter))
    }

    /// Puts a letter into words, in the default language where there is no other.
    ///
    /// # Errors
    ///
    /// A value that the template needs and the letter does not have.
    pub fn render(
        &self,
        kind: &LetterKind,
        language: &str,
        frame: &Frame,
    ) -> Result<Rendered, RenderError> {
        self.render_values(kind.name(), Value::from(Serde(kind)), language, frame)
    }

    fn render_values(
        &self,
        letter: &str,
        values: Value,
        language: &str,
        frame: &Frame,
    ) -> Result<Rendered, RenderError> {
        let failed = |why: String, line: Option<usize>| RenderError {
            letter: letter.into(),
            language: language.into(),
            why,
            line,
        };
        let in_language = self
            .in_language(language)
            .ok_or_else(|| failed("there are no templates".into(), None))?
            .speaking(letter);
        let values = minijinja::context! {
            programme => minijinja::context! {
                name => &frame.programme,
                address => &frame.address,
                coordinator => &frame.coordinator,
                partners_differ_by => &frame.partners_differ_by,
                two_roles => frame.two_roles,
            },
            reply_reaches_programme => frame.answers_to.is_some(),
            ..values
        };
        let write = |part: String| {
            in_language
                .environment
                .get_template(&part)
                .and_then(|template| template.render(&values))
                .map_err(|error| failed(in_words(&error), error.line()))
        };
        let subject = slots::open_in_line(&write(format!("{letter}#subject"))?);
        let source = write(letter.to_owned())?;
        let document = markdown::parse(&source);
        let mut text = text::write(&document);
        if let Some(reference) = &frame.reference {
            text.push_str(&format!("\nRef: {}\n", slots::cleaned(reference)));
        }
        let html = html::write(&document, &in_language.language, &subject, frame);
        Ok(Rendered {
            subject,
            text,
            html,
        })
    }

    fn in_language(&self, language: &str) -> Option<&InLanguage> {
        self.languages
            .get(language)
            .or_else(|| self.languages.get(&self.default_language))
    }
}

impl InLanguage {
    /// This language, or the one that stands in where it lacks the letter.
    fn speaking(&self, letter: &str) -> &InLanguage {
        match &self.stand_in {
            Some(stand_in) if !self.files.contains_key(letter) => stand_in,
            _ => self,
        }
    }

    /// Placeholders that no sample of the letter has, found in all branches, taken or not.
    fn unknown_placeholders(
        &self,
        letter: &str,
        place: &Place,
        known: &[serde_json::Value],
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        for part in [letter.to_owned(), format!("{letter}#subject")] {
            let Ok(template) = self.environment.get_template(&part) else {
                continue;
            };
            let unknown: BTreeSet<String> = template
                .undeclared_variables(true)
                .into_iter()
                .filter(|path| {
                    !FUNCTIONS.contains(&path.as_str()) && !samples::is_known(known, path)
                })
                .collect();
            for path in unknown {
                let first = path.split('.').next().unwrap_or_default();
                let (file, line) = place.of_line(line_of(template.source(), first));
                // What only one kind of letter knows is no help for a footer, which stands in many.
                let words = match file == place.footer {
                    true => vec!["programme".into(), "reply_reaches_programme".into()],
                    false => samples::top_level_words(known),
                };
                let remedy = match nearest(first, words.iter().map(String::as_str)) {
                    Some(near) if near != first => format!("Did you mean \"{near}\"?"),
                    _ => format!("Known here are: {}.", words.join(", ")),
                };
                problems.push(Problem {
                    file,
                    line,
                    key: String::new(),
                    value: Some(format!("{{{{ {path} }}}}")),
                    why: "there is no such value here".into(),
                    remedy,
                });
            }
        }
        problems
    }
}

/// The line in which a placeholder's word stands first.
fn line_of(source: &str, word: &str) -> Option<usize> {
    let after_braces = |line: &str| {
        line.match_indices('{').any(|(at, _)| {
            line.get(at..)
                .is_some_and(|rest| rest.split('}').next().is_some_and(|it| it.contains(word)))
        })
    };
    source.lines().position(after_braces).map(|index| index + 1)
}

const FUNCTIONS: [&str; 2] = ["topic_title", "topic_text"];

/// A template error in words for whoever wrote the template.
fn in_words(error: &minijinja::Error) -> String {
    match error.kind() {
        ErrorKind::UndefinedError => "it uses a value that this letter does not have".into(),
        _ => match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        },
    }
}

#[cfg(test)]
mod tests;
