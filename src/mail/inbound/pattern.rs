//! A regular expression that stands in the source: compiled once, when it is first asked.

use std::sync::OnceLock;

use regex::Regex;

/// A pattern that does not compile matches nothing; where debug assertions are on, as in tests, it panics instead.
pub struct Pattern {
    text: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub const fn new(text: &'static str) -> Pattern {
        Pattern {
            text,
            compiled: OnceLock::new(),
        }
    }

    pub fn regex(&self) -> Option<&Regex> {
        let compile = || {
            let compiled = Regex::new(self.text);
            debug_assert!(compiled.is_ok(), "{compiled:?}");
            compiled.ok()
        };
        self.compiled.get_or_init(compile).as_ref()
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }
}
