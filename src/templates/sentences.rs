//! What the rules say to coordinators in sentences of their own ("message 12 is settled") in the words of another language.
//! The rules speak English, since the journal and the command line do; a letter looks their sentences up in
//! `<language>/sentences.toml`, and shows what is not found there as it is. Letters to participants have no such
//! sentences: their words are all in the templates.

use std::collections::BTreeMap;

use crate::problem::{Problem, nearest};

/// The file of a language, beside its letters.
pub(super) const FILE: &str = "sentences.toml";

/// The sentences of one language. The one that fits most closely is taken.
#[derive(Debug, Default, Clone)]
pub(super) struct Sentences {
    known: Vec<Sentence>,
}

#[derive(Debug, Clone)]
struct Sentence {
    /// As it stands in the file.
    source: String,
    english: Vec<Part>,
    words: Vec<Part>,
    /// Bytes of the English words that are no values.
    fixed: usize,
    /// Whether there are letters among these; where there are not (`{line}: {what | said}`), anything would fit.
    has_words: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Fixed(String),
    /// `{name}` stands for what stands there, `{name | said}` for a sentence within the sentence.
    Value {
        name: String,
        said: bool,
    },
}

impl Sentences {
    /// Reads a language's files; a later one replaces single sentences of an earlier one. `known` are the English
    /// sentences that there are.
    pub(super) fn read(
        files: &[(String, String)],
        known: &[String],
        problems: &mut Vec<Problem>,
    ) -> Sentences {
        let mut all: BTreeMap<String, Sentence> = BTreeMap::new();
        for (file, text) in files {
            let problem = |line, key: &str, why: String, remedy: String| Problem {
                file: file.clone(),
                line,
                key: key.into(),
                value: None,
                why,
                remedy,
            };
            let pairs: BTreeMap<String, String> = match toml::from_str(text) {
                Ok(pairs) => pairs,
                Err(error) => {
                    let line = error
                        .span()
                        .map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
                    problems.push(problem(
                        line,
                        "",
                        error.message().to_owned(),
                        "Each line is: \"the English sentence\" = \"the translated one\".".into(),
                    ));
                    continue;
                }
            };
            for (english, words) in pairs {
                if !known.is_empty() && !known.contains(&english) {
                    let near = nearest(&english, known.iter().map(String::as_str));
                    problems.push(problem(
                        None,
                        &english,
                        "no letter says this sentence".into(),
                        near.map_or_else(
                            || "Compare it with templates/es/sentences.toml.".into(),
                            |near| format!("Did you mean \"{near}\"?"),
                        ),
                    ));
                    continue;
                }
                let (parts, translated) = (parts(&english), parts(&words));
                let unknown = translated.iter().find_map(|part| match part {
                    Part::Value { name, .. } if value_of(&parts, name).is_none() => Some(name),
                    _ => None,
                });
                if let Some(name) = unknown {
                    problems.push(problem(
                        None,
                        &english,
                        format!("the English sentence has no {{{name}}}"),
                        "Use the placeholders of the English sentence.".into(),
                    ));
                    continue;
                }
                let fixed: Vec<&str> = parts
                    .iter()
                    .filter_map(|part| match part {
                        Part::Fixed(text) => Some(text.as_str()),
                        Part::Value { .. } => None,
                    })
                    .collect();
                let sentence = Sentence {
                    source: english.clone(),
                    fixed: fixed.iter().map(|text| text.len()).sum(),
                    has_words: fixed.iter().any(|text| text.contains(char::is_alphabetic)),
                    english: parts,
                    words: translated,
                };
                all.insert(english, sentence);
            }
        }
        let mut known: Vec<Sentence> = all.into_values().filter(|it| it.fixed > 0).collect();
        known.sort_by_key(|sentence| std::cmp::Reverse(sentence.fixed));
        Sentences { known }
    }

    /// Those of `known` that the language does not have.
    pub(super) fn lacking<'k>(&self, known: &'k [String]) -> Vec<&'k str> {
        let lacks = |english: &&String| !self.known.iter().any(|it| it.source == **english);
        known.iter().filter(lacks).map(String::as_str).collect()
    }

    /// A text in this language: whole where it is known as a whole, else paragraph by paragraph.
    pub(super) fn said(&self, text: &str) -> String {
        if self.known.is_empty() {
            return text.to_owned();
        }
        self.found(text).unwrap_or_else(|| {
            text.split("\n\n")
                .map(|part| self.found(part).unwrap_or_else(|| part.to_owned()))
                .collect::<Vec<_>>()
                .join("\n\n")
        })
    }

    /// What is looked up is shorter each time, so this ends.
    fn found(&self, text: &str) -> Option<String> {
        self.known
            .iter()
            .find_map(|sentence| self.worded(sentence, text))
    }

    fn worded(&self, sentence: &Sentence, text: &str) -> Option<String> {
        let values = values(&sentence.english, text)?;
        let mut out = String::new();
        for part in &sentence.words {
            let name = match part {
                Part::Fixed(fixed) => {
                    out.push_str(fixed);
                    continue;
                }
                Part::Value { name, .. } => name,
            };
            let (value, said) = values.get(name.as_str())?;
            match self.found(value).filter(|_| *said) {
                Some(words) => out.push_str(&words),
                None if *said && !sentence.has_words => return None,
                None => out.push_str(value),
            }
        }
        Some(out)
    }
}

/// The sentences of a file, as they stand there in English.
pub(super) fn english(text: &str) -> Vec<String> {
    toml::from_str::<BTreeMap<String, String>>(text)
        .map(|pairs| pairs.into_keys().collect())
        .unwrap_or_default()
}

fn parts(sentence: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((inside, after)) = after.split_once('}') else {
            break;
        };
        if !before.is_empty() {
            parts.push(Part::Fixed(before.to_owned()));
        }
        let (name, said) = match inside.split_once('|') {
            Some((name, filter)) => (name, filter.trim() == "said"),
            None => (inside, false),
        };
        parts.push(Part::Value {
            name: name.trim().to_owned(),
            said,
        });
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Fixed(rest.to_owned()));
    }
    parts
}

fn value_of<'p>(parts: &'p [Part], wanted: &str) -> Option<&'p Part> {
    parts
        .iter()
        .find(|part| matches!(part, Part::Value { name, .. } if name == wanted))
}

/// What stands where the values do, where the text is this sentence. A value ends where the words behind it begin for the
/// first time, and is never empty.
fn values<'t, 'p>(
    english: &'p [Part],
    text: &'t str,
) -> Option<BTreeMap<&'p str, (&'t str, bool)>> {
    let mut values = BTreeMap::new();
    let mut rest = text;
    let mut open: Option<(&str, bool)> = None;
    for (at, part) in english.iter().enumerate() {
        match (part, open) {
            (Part::Value { name, said }, _) => open = Some((name, *said)),
            (Part::Fixed(fixed), None) => rest = rest.strip_prefix(fixed.as_str())?,
            (Part::Fixed(fixed), Some((name, said))) => {
                let end = match at + 1 == english.len() {
                    true => rest
                        .ends_with(fixed.as_str())
                        .then(|| rest.len() - fixed.len())?,
                    false => rest.find(fixed.as_str())?,
                };
                let value = rest.get(..end).filter(|value| !value.is_empty())?;
                values.insert(name, (value, said));
                rest = rest.get(end + fixed.len()..)?;
                open = None;
            }
        }
    }
    match open {
        Some((name, said)) => {
            let value = Some(rest).filter(|value| !value.is_empty())?;
            values.insert(name, (value, said));
        }
        None if !rest.is_empty() => return None,
        None => {}
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(text: &str) -> (Sentences, Vec<Problem>) {
        let mut problems = Vec::new();
        let files = [("es/sentences.toml".to_owned(), text.to_owned())];
        (Sentences::read(&files, &[], &mut problems), problems)
    }

    #[test]
    fn a_sentence_is_said_with_the_values_where_the_language_wants_them() {
        let (spanish, problems) = sentences(
            "\"{line}: {what | said}\" = \"{line}: {what | said}\"\n\
             \"message {id} is settled\" = \"el mensaje {id} queda resuelto\"\n\
             \"Message {id} from {from} waits: {why | said}. Reply.\" = \"De {from}, {why | said} ({id}). Responda.\"\n\
             \"asks for help\" = \"pide ayuda\"\n",
        );
        assert_eq!(problems, []);
        let cases = [
            ("message 12 is settled", "el mensaje 12 queda resuelto"),
            (
                "Message 7 from Ana waits: asks for help. Reply.",
                "De Ana, pide ayuda (7). Responda.",
            ),
            // What is not known within stays as it is.
            (
                "Message 7 from Ana waits: 550 no. Reply.",
                "De Ana, 550 no (7). Responda.",
            ),
            (
                "settle 12: message 12 is settled\n\nStatus.",
                "settle 12: el mensaje 12 queda resuelto\n\nStatus.",
            ),
            ("A name: of somebody", "A name: of somebody"),
            ("message  is settled?", "message  is settled?"),
        ];
        for (english, expected) in cases {
            assert_eq!(spanish.said(english), expected);
        }
    }

    #[test]
    fn values_are_never_taken_for_placeholders() {
        let (spanish, _) = sentences("\"{who} wrote {what}\" = \"{what}, de {who}\"");
        assert_eq!(spanish.said("{what} wrote {who}"), "{who}, de {what}");
    }

    #[test]
    fn what_cannot_be_used_is_told_with_its_place() {
        let (_, problems) = sentences("\"a\" = \"b\"\n\"c\" = 3\n");
        assert_eq!(problems.len(), 1);
        let (_, problems) = sentences("\"no {one}\" = \"ningún {uno}\"\n");
        assert!(problems[0].why.contains("{uno}"), "{problems:?}");
        let mut told = Vec::new();
        let files = [(
            "es/sentences.toml".into(),
            "\"asks for hlep\" = \"pide ayuda\"".into(),
        )];
        Sentences::read(&files, &["asks for help".into()], &mut told);
        assert!(told[0].remedy.contains("asks for help"), "{told:?}");
    }
}
