//! Why two people were put together, in words for the reader. The words belong to the templates' languages; they
//! stand here as long as they are three short sentences each.

use super::application::Form;
use super::event::Reason;
use crate::ids::PersonId;
use crate::places;

/// One sentence a reason, for `reader`.
pub fn words(reasons: &[Reason], form: &Form, reader: PersonId, language: &str) -> Vec<String> {
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
    let mut sentences = Vec::new();
    if !interests.is_empty() {
        sentences.push(match language {
            "fr" => format!(
                "Vous vous intéressez tous deux à : {}.",
                interests.join(", ")
            ),
            "es" => format!("A los dos os interesa: {}.", interests.join(", ")),
            _ => format!("You are both interested in: {}.", interests.join(", ")),
        });
    }
    for reason in reasons {
        if let Reason::WishMet {
            person,
            question,
            option: id,
        } = reason
        {
            let what = option(question, id);
            sentences.push(match (language, *person == reader) {
                ("fr", true) => format!("Vous souhaitiez : {what}."),
                ("fr", false) => format!("Votre partenaire souhaitait : {what}."),
                ("es", true) => format!("Usted deseaba: {what}."),
                ("es", false) => format!("La otra persona deseaba: {what}."),
                (_, true) => format!("You wished for: {what}."),
                (_, false) => format!("Your partner wished for: {what}."),
            });
        }
    }
    if !languages.is_empty() {
        sentences.push(match language {
            "fr" => format!("Langues communes : {}.", languages.join(", ")),
            "es" => format!("Idiomas en común: {}.", languages.join(", ")),
            _ => format!("Languages that you share: {}.", languages.join(", ")),
        });
    }
    sentences
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
