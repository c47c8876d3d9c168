//! Why people were put together, for the reader of an introduction: options, languages and regions by the names that
//! they have in the reader's language. The sentences around them are the templates'.

use super::application::Form;
use super::event::Reason;
use super::letter::WhyTogether;
use super::words::{Words, word};
use crate::ids::PersonId;
use crate::places;

/// Shared interests first, then wishes that are met, then languages; what is true of nearly everybody is not told.
pub fn named(
    reasons: &[Reason],
    form: &Form,
    reader: PersonId,
    language: &str,
) -> Vec<WhyTogether> {
    let option = |question: &str, id: &str| worded(form, question, id, language);
    let interests: Vec<String> = reasons
        .iter()
        .filter_map(|reason| match reason {
            Reason::SharedInterest { option: id } => Some(option("interests", id)),
            _ => None,
        })
        .collect();
    let languages: Vec<String> = reasons
        .iter()
        .filter_map(|reason| match reason {
            Reason::SharedLanguage { code } => Some(places::language_name(code, language)),
            _ => None,
        })
        .collect();
    let wishes = reasons.iter().filter_map(|reason| match reason {
        Reason::WishMet {
            person,
            question,
            option: id,
        } => {
            let what = option(question, id);
            Some(match *person == reader {
                true => WhyTogether::YourWish { what },
                false => WhyTogether::TheirWish { what },
            })
        }
        _ => None,
    });
    let mut named = Vec::new();
    if !interests.is_empty() {
        named.push(WhyTogether::Interests { shared: interests });
    }
    named.extend(wishes);
    if !languages.is_empty() {
        named.push(WhyTogether::Languages { shared: languages });
    }
    named
}

/// The same for a coordinator, who is neither of the two; people are called by their `number` in the proposal.
pub fn neutral(
    reasons: &[Reason],
    form: &Form,
    language: &str,
    number: &dyn Fn(&PersonId) -> u32,
) -> Vec<String> {
    let option = |question: &str, id: &str| worded(form, question, id, language);
    const BOTH: Words = ["Both", "Ambas personas", "Les deux"];
    const BOTH_WRITE: Words = [
        "Both write",
        "Ambas personas escriben en",
        "Les deux écrivent en",
    ];
    const WISHED: Words = ["wished for", "deseaba", "souhaitait"];
    const TOGETHER: Words = [
        "Awake together",
        "Horas despiertas en común",
        "Éveillés ensemble",
    ];
    const HOURS: Words = ["hours a day", "horas al día", "heures par jour"];
    let colon = word(&[":", ":", " :"], language);
    let both = |what: String| format!("{}{colon} {what}.", word(&BOTH, language));
    reasons
        .iter()
        .map(|reason| match reason {
            Reason::SharedInterest { option: id } => both(option("interests", id)),
            Reason::SharedLanguage { code } => format!(
                "{} {}.",
                word(&BOTH_WRITE, language),
                places::language_name(code, language)
            ),
            Reason::WishMet {
                person,
                question,
                option: id,
            } => format!(
                "{} {}{colon} {}.",
                number(person),
                word(&WISHED, language),
                option(question, id)
            ),
            Reason::WakingHours { hours } => format!(
                "{}{colon} {hours} {}.",
                word(&TOGETHER, language),
                word(&HOURS, language)
            ),
            Reason::SameStage { option: id } => both(option("stage", id)),
            Reason::SameSector { option: id } => both(option("sector", id)),
        })
        .collect()
}

/// An option of the form as people see it.
fn worded(form: &Form, question: &str, id: &str, language: &str) -> String {
    if question == "region" {
        return places::region_name(id, language);
    }
    form.question(question)
        .and_then(|question| question.options.iter().find(|choice| choice.id == id))
        .map_or_else(
            || id.to_string(),
            |choice| choice.label.of(language).to_string(),
        )
}
