//! Words that stand in tables and files rather than in letters, in the languages of the built-in letters. A programme in
//! another language reads them in English.

/// English, Spanish, French.
pub type Words = [&'static str; 3];

/// The one that somebody reads whose letters are in `language`, a code with or without a region (`es`, `es-MX`).
pub fn word(words: &Words, language: &str) -> &'static str {
    match language.split('-').next().unwrap_or_default() {
        "es" => words[1],
        "fr" => words[2],
        _ => words[0],
    }
}

/// Those of a list.
pub fn words(list: &[Words], language: &str) -> Vec<String> {
    list.iter()
        .map(|it| word(it, language).to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_with_a_region_has_the_words_of_its_language() {
        let yes: Words = ["yes", "sí", "oui"];
        let read = ["en", "en-GB", "es-MX", "fr-CA", "fr", "sw"].map(|code| word(&yes, code));
        assert_eq!(read, ["yes", "yes", "sí", "oui", "oui", "yes"]);
    }
}
