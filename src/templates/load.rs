//! From files to templates: the built-in letters, what a config folder puts in their place, and one ready environment
//! for each language. Every problem of every file is told at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

use super::built_in::{self, SOURCE};
use super::language::Language;
use super::sentences::{self, Sentences};
use super::topics::{self, TopicFile};
use super::{InLanguage, Place, Templates, in_words, markdown, slots, translation};
use crate::problem::{Problem, nearest, shown_path};
use crate::programme::coordinating::is_for_coordinators;
use crate::programme::letter::LetterKind;

/// What every letter to a participant, and to a coordinator, ends with.
const FOOTERS: [&str; 2] = ["footer", "footer-coordinators"];

/// What a language's folder may hold.
const ENTRIES: [&str; 6] = [
    "letters",
    "topics",
    sentences::FILE,
    "footer.md",
    "footer-coordinators.md",
    "README.md",
];

/// A letter that goes on after its footer says with this line where the footer goes. The form comes last in its
/// letters, so that nothing below it can be taken for the answer to its last question.
const FOOTER_LINE: &str = "{{ footer }}";

/// A letter's or footer's source, by language and name, with the file that problems name.
pub(super) type Sources = BTreeMap<String, LanguageSources>;

#[derive(Debug, Default, Clone)]
pub(super) struct LanguageSources {
    /// Letters and footers by name.
    pub(super) letters: BTreeMap<String, (String, String)>,
    /// Topic files, by file name.
    pub(super) topics: Vec<(String, String)>,
    /// Files with what the rules say to coordinators; a later one replaces single sentences.
    pub(super) sentences: Vec<(String, String)>,
}

pub(super) fn override_from(
    dir: &Path,
    language: &str,
    sources: &mut Sources,
    problems: &mut Vec<Problem>,
) {
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
    let path = folder.join(sentences::FILE);
    if path.exists() {
        let shown = shown_path(&path, dir);
        match std::fs::read_to_string(&path) {
            Ok(text) => of_language.sentences.push((shown, text)),
            Err(error) => problems.push(unreadable(shown, &error)),
        }
    }
}

fn unreadable(file: String, error: &std::io::Error) -> Problem {
    Problem {
        file,
        line: None,
        key: String::new(),
        value: None,
        why: format!("it cannot be read ({error})"),
        remedy: "Save it as UTF-8 text that the daemon may read.".into(),
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
            Err(error) => problems.push(unreadable(shown, &error)),
        }
    }
    files
}

pub(super) fn build(sources: &Sources, languages: &[String]) -> (Templates, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    let mut built = BTreeMap::new();
    let none = LanguageSources::default();
    let english = sources.get(SOURCE).unwrap_or(&none);
    let known = built_in::sentences();
    for code in languages {
        let of_language = sources.get(code).unwrap_or(&none);
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
        let said = Sentences::read(&of_language.sentences, &known, &mut problems);
        let unsaid = said.lacking(&known);
        let mut in_language = InLanguage {
            language: Language::new(code),
            environment: environment(&Language::new(code), Arc::clone(&topics), said),
            topics: Arc::clone(&topics),
            files: BTreeMap::new(),
            stand_in: None,
        };
        let lacking = add_letters(
            &mut in_language,
            code,
            of_language,
            LetterKind::NAMES,
            &mut problems,
        );
        if !lacking.is_empty() {
            let mut stand_in = InLanguage {
                language: Language::new(SOURCE),
                environment: environment(
                    &Language::new(SOURCE),
                    Arc::clone(&topics),
                    Sentences::default(),
                ),
                topics,
                files: BTreeMap::new(),
                stand_in: None,
            };
            add_letters(&mut stand_in, SOURCE, english, &lacking, &mut problems);
            in_language.stand_in = Some(Box::new(stand_in));
        }
        if code != SOURCE {
            warnings.extend(translation::missing(code, &lacking));
            // Where coordinators' letters are English, what stands in them may be.
            if of_language.letters.contains_key("digest") {
                warnings.extend(translation::sentences_missing(code, &unsaid));
            }
            // What is still the English text is not translated yet, whoever put it there.
            let in_english: Vec<&str> = of_language
                .topics
                .iter()
                .filter(|(_, text)| english.topics.iter().any(|(_, source)| source == text))
                .map(|(file, _)| file.as_str())
                .collect();
            warnings.extend(translation::topics_missing(code, &in_english));
            warnings.extend(outdated(of_language, &in_language.topics, english));
        }
        built.insert(code.clone(), in_language);
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
        default_language: languages.first().cloned().unwrap_or_else(|| SOURCE.into()),
        warnings: Arc::new(warnings),
    };
    (templates, problems)
}

/// Adds the named letters that the language has, and says which it lacks.
fn add_letters<'n>(
    in_language: &mut InLanguage,
    code: &str,
    of_language: &LanguageSources,
    names: &[&'n str],
    problems: &mut Vec<Problem>,
) -> Vec<&'n str> {
    let mut lacking = Vec::new();
    for &name in names {
        let Some((file, source)) = of_language.letters.get(name) else {
            lacking.push(name);
            continue;
        };
        let footer = match is_for_coordinators(name) {
            false => FOOTERS[0],
            true => FOOTERS[1],
        };
        let no_footer = (String::new(), String::new());
        let footer_of_letter = match name {
            // What stands on a certificate is no letter.
            "certificate-page" => Some(&no_footer),
            _ => of_language.letters.get(footer),
        };
        let Some((footer_file, footer)) = footer_of_letter else {
            problems.push(Problem {
                file: format!("{code}/{footer}.md"),
                line: None,
                key: String::new(),
                value: None,
                why: "what letters end with is missing".into(),
                remedy: "Write it; the English one of the same name shows its values.".into(),
            });
            continue;
        };
        let place = add_letter(
            &mut in_language.environment,
            name,
            (file, source),
            (footer_file, footer),
            problems,
        );
        if let Some(place) = place {
            in_language.files.insert(name.to_owned(), place);
        }
    }
    lacking
}

/// Letters, footers and topics that say which English wording they translate, where it is another one by now.
fn outdated(
    of_language: &LanguageSources,
    topics: &[TopicFile],
    english: &LanguageSources,
) -> Vec<Problem> {
    let letters = of_language
        .letters
        .iter()
        .filter_map(|(name, (file, text))| {
            let (english_file, english_text) = english.letters.get(name)?;
            let (stamp, _) = translation::split(text);
            translation::outdated(file, stamp?, (english_file, english_text))
        });
    let mut unread = Vec::new();
    let english_topics = topics::read(SOURCE, &english.topics, &mut unread);
    let topics = topics.iter().filter_map(|topic| {
        let source = english_topics
            .iter()
            .find(|it| it.topic.id == topic.topic.id)?;
        let stamp = topic.translates.as_deref()?;
        translation::outdated(&topic.file, stamp, (&source.file, &source.text))
    });
    letters.chain(topics).collect()
}

/// Whether a line ends a block whose text is kept as a value: its slots would be sealed twice.
fn captures(line: &str) -> bool {
    line.contains("{%") && (line.contains("endset") || line.contains("endfilter"))
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
    let (stamp, source) = translation::split(&source);
    // Where the first line is a stamp, a blank one keeps the numbers of the lines.
    let stamp_line = if stamp.is_some() { "\n" } else { "" };
    let footer = footer.replace("\r\n", "\n");
    let footer = translation::split(&footer).1.trim_end().to_owned();
    let problem = |file: &str, line, why: String, remedy: &str| Problem {
        file: file.to_owned(),
        line,
        key: String::new(),
        value: None,
        why,
        remedy: remedy.to_owned(),
    };
    let (first, rest) = source.split_once('\n').unwrap_or((source, ""));
    let subject = first.strip_prefix("Subject:").map(str::trim);
    if subject.is_none_or(str::is_empty) || !(rest.is_empty() || rest.starts_with('\n')) {
        problems.push(problem(
            file,
            Some(1 + stamp_line.len()),
            "a letter starts with a line \"Subject: ...\" and a blank line".into(),
            "Add them as the first two lines.",
        ));
    }
    let as_numbered = format!("{stamp_line}{source}");
    for (file, text) in [(file, as_numbered.as_str()), (footer_file, footer.as_str())] {
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
    for (file, text) in [(file, as_numbered.as_str()), (footer_file, footer.as_str())] {
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
    let whole = format!("{stamp_line}\n{rest}\n\n{FOOTER_LINE}\n");
    let (before, after) = whole.split_once(FOOTER_LINE).unwrap_or((&whole, ""));
    // Where the letter says itself where its footer goes, the one at the end is too many.
    let after = after
        .strip_suffix(&format!("\n\n{FOOTER_LINE}\n"))
        .unwrap_or(after);
    let parts = [
        (
            format!("{name}#subject"),
            format!("{stamp_line}{}", subject.unwrap_or_default()),
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

fn environment(
    language: &Language,
    topics: Arc<Vec<TopicFile>>,
    sentences: Sentences,
) -> Environment<'static> {
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
    environment.add_filter("said", move |text: String| sentences.said(&text));
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
