//! Words that stand in tables and files rather than in letters, in the languages of the built-in letters. A programme in
//! another language reads them in English.

/// English, Spanish, French.
pub type Words = [&'static str; 3];

/// The one that somebody reads whose letters are in `language`.
pub fn word(words: &Words, language: &str) -> &'static str {
    match language {
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
