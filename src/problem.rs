//! What is wrong with something a person wrote in the config folder: where, what, why, and what to do. A shared word
//! of `config` and `templates`; it must not know either.

use std::fmt;
use std::path::{Path, PathBuf};

/// One problem in the config folder. Its `Display` is one line: `file:line: key = value: why. What to do.`
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Relative to the config folder, with `/` between the parts.
    pub file: String,
    /// Counted from 1; none where the whole file is meant.
    pub line: Option<usize>,
    /// Dotted, as in "mailbox.security"; empty where no key is meant.
    pub key: String,
    /// As written, cut to one short line.
    pub value: Option<String>,
    /// A clause without a full stop.
    pub why: String,
    /// What to do, as a sentence.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": ")?;
        match (&self.key, &self.value) {
            (key, Some(value)) if !key.is_empty() => write!(f, "{key} = {value}: ")?,
            (key, None) if !key.is_empty() => write!(f, "{key}: ")?,
            (_, Some(value)) => write!(f, "{value}: ")?,
            (_, None) => {}
        }
        write!(f, "{}. {}", self.why, self.remedy)
    }
}

/// A path inside the config folder as problems name it: relative, with `/`.
pub fn shown_path(path: &Path, folder: &Path) -> String {
    let relative: PathBuf = path.strip_prefix(folder).unwrap_or(path).into();
    relative
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

/// The known word that a mistyped one probably means, if one is near enough.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|word| (strsim::jaro_winkler(written, word), word))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_where_what_why_and_what_to_do_in_one_line() {
        let mut problem = Problem {
            file: "pairpost.toml".into(),
            line: Some(12),
            key: "mailbox.security".into(),
            value: Some("\"plain\"".into()),
            why: "the password would be readable on the way".into(),
            remedy: "Write security = \"tls\".".into(),
        };
        assert_eq!(
            problem.to_string(),
            "pairpost.toml:12: mailbox.security = \"plain\": the password would be readable on the way. \
             Write security = \"tls\"."
        );
        problem.line = None;
        problem.value = None;
        problem.key = String::new();
        assert_eq!(
            problem.to_string(),
            "pairpost.toml: the password would be readable on the way. Write security = \"tls\"."
        );
    }

    #[test]
    fn a_typo_finds_its_word_and_nonsense_finds_none() {
        let known = ["languages", "morning", "zone"];
        assert_eq!(nearest("langauges", known), Some("languages"));
        assert_eq!(nearest("qqq", known), None);
    }
}
