//! Why people were put together, for the reader of an introduction: options, languages and regions by the names that
//! they have in the reader's language. The sentences around them are the templates'.

use super::application::Form;
use super::event::Reason;
use super::letter::WhyTogether;
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
    reasons
        .iter()
        .map(|reason| match reason {
            Reason::SharedInterest { option: id } => {
                format!("Both: {}.", option("interests", id))
            }
            Reason::SharedLanguage { code } => {
                format!("Both write {}.", places::language_name(code, language))
            }
            Reason::WishMet {
                person,
                question,
                option: id,
            } => format!("{} wished for: {}.", number(person), option(question, id)),
            Reason::WakingHours { hours } => format!("Awake together: {hours} hours a day."),
            Reason::SameStage { option: id } => format!("Both: {}.", option("stage", id)),
            Reason::SameSector { option: id } => format!("Both: {}.", option("sector", id)),
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
