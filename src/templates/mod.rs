//! One Markdown file per letter and language becomes subject, text and HTML. Decides nothing: which letter goes to
//! whom, and with which values, is the rules' business.
//!
//! A file is `<language>/letters/<letter>.md`: its first line is `Subject: ...`, then a blank line, then Markdown with
//! placeholders (`{{ name }}`, `{% if ... %}`). `<language>/footer.md` ends it (`footer-coordinators.md` in letters to
//! coordinators), or stands where the letter has a line `{{ footer }}`. The built-in files are compiled in; a folder overrides them one by one.
//! Topics are `<language>/topics/NN-title.md`; a folder that has topics replaces all built-in ones of that language.
//!
//! Safety (RELIABILITY T14, T19): values never reach the Markdown parser. The template engine writes each value as a
//! sealed slot (`slots`), the Markdown around it is parsed, and the slots are opened when the text and HTML parts
//! are written. So a value cannot become markup, HTML or a placeholder, whatever it contains. An unknown placeholder
//! is a problem when the templates are loaded, not when a letter is due.

pub mod built_in;
mod html;
mod language;
mod markdown;
pub mod samples;
mod slots;
mod text;
mod topics;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

use crate::problem::{Problem, nearest, shown_path};
use crate::programme::letter::LetterKind;
use crate::programme::settings::{Settings, Topic};
use language::Language;
use topics::TopicFile;

/// Letters to participants stay below this, so that no mail client cuts them.
pub const LETTER_MAX_BYTES: usize = 20_000;

/// What every letter to a participant, and to a coordinator, ends with.
const FOOTERS: [&str; 2] = ["footer", "footer-coordinators"];

/// What a language's folder may hold.
const ENTRIES: [&str; 5] = [
    "letters",
    "topics",
    "footer.md",
    "footer-coordinators.md",
    "README.md",
];

/// A letter that goes on after its footer says with this line where the footer goes. The form comes last in its
/// letters, so that nothing below it can be taken for the answer to its last question.
const FOOTER_LINE: &str = "{{ footer }}";

/// All letters and topics in all languages of the programme, ready to be rendered. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Templates {
    languages: Arc<BTreeMap<String, InLanguage>>,
    default_language: String,
}

#[derive(Debug)]
struct InLanguage {
    language: Language,
    environment: Environment<'static>,
    topics: Arc<Vec<TopicFile>>,
    /// Where each letter was read from, for problems.
    files: BTreeMap<String, Place>,
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
    /// Where answers go, token included: `answer:` links in the HTML part write to it. None where pressing Reply
    /// reaches the partner or nobody.
    pub answers_to: Option<String>,
    /// The visible code of this letter ("k7q2-9fpm"), shown in the last line as `Ref: ...`.
    pub reference: Option<String>,
}

impl Frame {
    /// The programme's own words; the address for answers and the reference are a letter's and come later.
    pub fn of(settings: &Settings) -> Frame {
        Frame {
            programme: settings.name.clone(),
            address: settings.address.clone(),
            coordinator: settings
                .coordinators
                .first()
                .map_or_else(String::new, |it| it.name.clone()),
            answers_to: None,
            reference: None,
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
    /// The letters and topics that are compiled in: English.
    pub fn built_in() -> Templates {
        // Compiled once: they never change, and the tests ask for them a hundred times.
        static BUILT_IN: LazyLock<Templates> = LazyLock::new(|| {
            let (templates, problems) = build(built_in::sources(), &["en".to_owned()]);
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
        let (templates, found) = build(sources, languages);
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
            .ok_or_else(|| failed("there are no templates".into(), None))?;
        let values = minijinja::context! {
            programme => minijinja::context! {
                name => &frame.programme,
                address => &frame.address,
                coordinator => &frame.coordinator,
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

/// A letter's or footer's source, by language and name, with the file that problems name.
type Sources = BTreeMap<String, LanguageSources>;

#[derive(Debug, Default, Clone)]
struct LanguageSources {
    /// Letters and footers by name.
    letters: BTreeMap<String, (String, String)>,
    /// Topic files, by file name.
    topics: Vec<(String, String)>,
}

fn override_from(dir: &Path, language: &str, sources: &mut Sources, problems: &mut Vec<Problem>) {
    let of_language = sources.entry(language.to_owned()).or_default();
    let folder = dir.join(language);
    // A misspelt folder would be passed over in silence.
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if ENTRIES.contains(&name.as_str()) || name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let near = nearest(&name, ENTRIES);
        problems.push(Problem {
            file: shown_path(&entry.path(), dir),
            line: None,
            key: String::new(),
            value: None,
            why: "nothing is read from here".into(),
            remedy: near.map_or_else(
                || format!("Known are: {}.", ENTRIES.join(", ")),
                |near| format!("Did you mean {near}?"),
            ),
        });
    }
    for (file, stem, text) in markdown_files(&folder.join("letters"), dir, problems) {
        if LetterKind::NAMES.contains(&stem.as_str()) {
            of_language.letters.insert(stem, (file, text));
            continue;
        }
        let near = nearest(&stem, LetterKind::NAMES.iter().copied());
        problems.push(Problem {
            file,
            line: None,
            key: String::new(),
            value: None,
            why: "there is no letter of this name".into(),
            remedy: near.map_or_else(
                || "Remove the file, or give it the name of a letter.".to_owned(),
                |near| format!("Did you mean {near}.md?"),
            ),
        });
    }
    for (file, stem, text) in markdown_files(&folder, dir, problems) {
        if FOOTERS.contains(&stem.as_str()) {
            of_language.letters.insert(stem, (file, text));
        }
    }
    let topics: Vec<(String, String)> = markdown_files(&folder.join("topics"), dir, problems)
        .into_iter()
        .map(|(file, _, text)| (file, text))
        .collect();
    if !topics.is_empty() {
        of_language.topics = topics;
    }
}

/// The `*.md` of a folder as (shown path, name without ending, text), sorted by name.
fn markdown_files(
    folder: &Path,
    dir: &Path,
    problems: &mut Vec<Problem>,
) -> Vec<(String, String, String)> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let is_markdown = path.extension().is_some_and(|it| it == "md");
        let stem = path.file_stem().map(|it| it.to_string_lossy().into_owned());
        let Some(stem) = stem.filter(|stem| is_markdown && stem != "README") else {
            continue;
        };
        let shown = shown_path(&path, dir);
        match std::fs::read_to_string(&path) {
            Ok(text) => files.push((shown, stem, text)),
            Err(error) => problems.push(Problem {
                file: shown,
                line: None,
                key: String::new(),
                value: None,
                why: format!("it cannot be read ({error})"),
                remedy: "Save it as UTF-8 text that the daemon may read.".into(),
            }),
        }
    }
    files
}

fn build(sources: Sources, languages: &[String]) -> (Templates, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut built = BTreeMap::new();
    for code in languages {
        let of_language = sources.get(code).cloned().unwrap_or_default();
        if of_language.letters.is_empty() {
            problems.push(Problem {
                file: format!("{code}/letters"),
                line: None,
                key: String::new(),
                value: None,
                why: format!("there are no letters in \"{code}\""),
                remedy: "Take the language out of `languages`, or translate templates/en into this folder.".into(),
            });
            continue;
        }
        let topics = Arc::new(topics::read(code, &of_language.topics, &mut problems));
        let language = Language::new(code);
        let mut environment = environment(&language, Arc::clone(&topics));
        let mut files = BTreeMap::new();
        for &name in LetterKind::NAMES {
            let footer = match is_for_coordinators(name) {
                false => FOOTERS[0],
                true => FOOTERS[1],
            };
            let (Some((file, source)), Some((footer_file, footer))) = (
                of_language.letters.get(name),
                of_language.letters.get(footer),
            ) else {
                let missing = if of_language.letters.contains_key(name) {
                    format!("{code}/{footer}.md")
                } else {
                    format!("{code}/letters/{name}.md")
                };
                problems.push(Problem {
                    file: missing,
                    line: None,
                    key: String::new(),
                    value: None,
                    why: "this letter is missing".into(),
                    remedy: "Write it; the English one of the same name shows its values.".into(),
                });
                continue;
            };
            let place = add_letter(
                &mut environment,
                name,
                (file, source),
                (footer_file, footer),
                &mut problems,
            );
            if let Some(place) = place {
                files.insert(name.to_owned(), place);
            }
        }
        built.insert(
            code.clone(),
            InLanguage {
                language,
                environment,
                topics,
                files,
            },
        );
    }
    let topic_ids = |code: &String| -> BTreeSet<String> {
        let topics = built.get(code).map(|it: &InLanguage| it.topics.iter());
        topics
            .into_iter()
            .flatten()
            .map(|it| it.topic.id.clone())
            .collect()
    };
    // A round has one list of topics, whatever language a partnership reads them in.
    if let Some((default, others)) = languages.split_first() {
        let known = topic_ids(default);
        for code in others.iter().filter(|code| built.contains_key(*code)) {
            let missing: Vec<String> = known.difference(&topic_ids(code)).cloned().collect();
            if !missing.is_empty() {
                problems.push(Problem {
                    file: format!("{code}/topics"),
                    line: None,
                    key: String::new(),
                    value: None,
                    why: format!(
                        "these topics are not there in \"{code}\": {}",
                        missing.join(", ")
                    ),
                    remedy: format!("Translate them from {default}/topics, with the same ids."),
                });
            }
        }
    }
    let templates = Templates {
        languages: Arc::new(built),
        default_language: languages.first().cloned().unwrap_or_else(|| "en".into()),
    };
    (templates, problems)
}

/// Whether a line ends a block whose text is kept as a value: its slots would be sealed twice.
fn captures(line: &str) -> bool {
    line.contains("{%") && (line.contains("endset") || line.contains("endfilter"))
}

/// Letters that coordinators get; they are signed by the programme, not by a coordinator.
fn is_for_coordinators(letter: &str) -> bool {
    matches!(
        letter,
        "proposal" | "command-done" | "digest" | "for-person" | "notice"
    )
}

/// Adds a letter with its footer; `None` where it cannot be used.
fn add_letter(
    environment: &mut Environment<'static>,
    name: &str,
    (file, source): (&str, &str),
    (footer_file, footer): (&str, &str),
    problems: &mut Vec<Problem>,
) -> Option<Place> {
    let source = source.replace("\r\n", "\n");
    let footer = footer.replace("\r\n", "\n").trim_end().to_owned();
    let problem = |file: &str, line, why: String, remedy: &str| Problem {
        file: file.to_owned(),
        line,
        key: String::new(),
        value: None,
        why,
        remedy: remedy.to_owned(),
    };
    let (first, rest) = source.split_once('\n').unwrap_or((&source, ""));
    let subject = first.strip_prefix("Subject:").map(str::trim);
    if subject.is_none_or(str::is_empty) || !(rest.is_empty() || rest.starts_with('\n')) {
        problems.push(problem(
            file,
            Some(1),
            "a letter starts with a line \"Subject: ...\" and a blank line".into(),
            "Add them as the first two lines.",
        ));
    }
    for (file, text) in [(file, source.as_str()), (footer_file, footer.as_str())] {
        if let Some(index) = text.lines().position(slots::has_marks) {
            problems.push(problem(
                file,
                Some(index + 1),
                "it contains a character from the private use area of Unicode".into(),
                "Remove it; fonts do not agree on what it looks like.",
            ));
        }
        if let Some(index) = text.lines().position(captures) {
            problems.push(problem(
                file,
                Some(index + 1),
                "it keeps a piece of text for later ({% set %} with {% endset %}, or {% filter %}), which cannot be opened again".into(),
                "Write the piece where it belongs.",
            ));
        }
        if let Some(index) = markdown::line_of_raw_html(text) {
            problems.push(problem(
                file,
                Some(index),
                "it contains HTML, which readers would see as it stands".into(),
                "Write Markdown instead.",
            ));
        }
    }
    // Each file is read by itself first, so that a placeholder left open in one is not blamed on the other.
    let told = problems.len();
    for (file, text) in [(file, source.as_str()), (footer_file, footer.as_str())] {
        if let Err(error) = environment.template_from_named_str(name, text) {
            problems.push(problem(
                file,
                error.line(),
                format!("a placeholder cannot be read: {}", in_words(&error)),
                "Placeholders look like {{ name }}, conditions like {% if late %}...{% endif %}.",
            ));
        }
    }
    if problems.len() > told {
        return None;
    }
    // The subject's line stays as a blank one, so that errors name the file's own lines.
    let whole = format!("\n{rest}\n\n{FOOTER_LINE}\n");
    let (before, after) = whole.split_once(FOOTER_LINE).unwrap_or((&whole, ""));
    // Where the letter says itself where its footer goes, the one at the end is too many.
    let after = after
        .strip_suffix(&format!("\n\n{FOOTER_LINE}\n"))
        .unwrap_or(after);
    let parts = [
        (
            format!("{name}#subject"),
            subject.unwrap_or_default().to_owned(),
        ),
        (name.to_owned(), format!("{before}{footer}{after}")),
    ];
    for (part, text) in parts {
        if let Err(error) = environment.add_template_owned(part, text) {
            problems.push(problem(
                file,
                error.line(),
                in_words(&error),
                "Compare it with the built-in letter.",
            ));
            return None;
        }
    }
    Some(Place {
        letter: file.to_owned(),
        footer: footer_file.to_owned(),
        lines_before: before.matches('\n').count(),
        footer_lines: footer.lines().count(),
    })
}

fn environment(language: &Language, topics: Arc<Vec<TopicFile>>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_formatter(slots::seal);
    // Conditions and loops stand on lines of their own and leave none behind.
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    environment.set_syntax(syntax.unwrap_or_default());
    environment.add_filter("defanged", |text: String| slots::defanged(&text));
    language.add_filters(&mut environment);
    let titles = Arc::clone(&topics);
    environment.add_function("topic_title", move |id: String| {
        topics::find(&titles, &id).map(|topic| topic.topic.title.clone())
    });
    environment.add_function("topic_text", move |id: String| {
        topics::find(&topics, &id)
            .map(|topic| Value::from_object(slots::OwnMarkdown(topic.markdown.clone())))
    });
    environment
}

#[cfg(test)]
mod tests;
