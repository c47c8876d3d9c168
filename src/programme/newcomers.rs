//! Those whom the programme does not know yet: a stranger's first mail, which is answered with the form, and what comes
//! from somebody who has had the form and has not applied. Anybody can write any From line, so there is a ceiling on what
//! goes to strangers.

use super::conversation::{free_words, needs_person};
use super::decision::{Change, Decision};
use super::event::{Intent, Message};
use super::facts::{Facts, Person};
use super::letter::Recipient;
use super::settings::Settings;
use super::trust::{Action, may};
use super::{applying, timetable, unsure};
use crate::ids::PersonId;
use crate::time::Moment;

/// Nobody we know: the form letter, once a day, and not more of them an hour than a flood of forged senders deserves.
pub fn stranger(
    settings: &Settings,
    facts: &Facts,
    person: Option<&Person>,
    message: &Message,
) -> Decision {
    if person
        .and_then(|person| person.form_sent)
        .is_some_and(|sent| (facts.now - sent).num_hours() < 24)
    {
        return Decision::ignored("the form letter went to this address within the last day");
    }
    let mut decision = match unsure::is_filled_form(&settings.form, message) {
        true => pending_form(settings, facts, person, message),
        false => applying::send_form(settings, facts, person, message),
    };
    behind_the_ceiling(facts, &mut decision);
    decision
}

/// So many letters may go to strangers within any hour.
pub fn ceiling(settings: &Settings, now: Moment) -> u32 {
    let open = timetable::round_for_application(settings, now)
        .is_some_and(|round| round.opens <= now.date_naive());
    let ceiling = match open {
        true => settings.ceilings.stranger_letters_per_hour_open,
        false => settings.ceilings.stranger_letters_per_hour_closed,
    };
    ceiling.max(1)
}

/// Above the hourly ceiling letters to strangers queue up, each an hour behind the one that is a ceiling's worth before it;
/// they are not dropped.
pub fn behind_the_ceiling(facts: &Facts, decision: &mut Decision) {
    if let Some(turn) = facts.brakes.strangers_turn.filter(|turn| *turn > facts.now) {
        for letter in decision
            .letters
            .iter_mut()
            .filter(|letter| matches!(letter.to, Recipient::Person(_)))
        {
            letter.not_before = Some(turn);
        }
        decision.note += ", queued behind the hourly ceiling for strangers";
    }
}

/// A filled form that is no answer to our letter is kept until its sender confirms it.
fn pending_form(
    settings: &Settings,
    facts: &Facts,
    person: Option<&Person>,
    message: &Message,
) -> Decision {
    let id = person.map_or(PersonId(facts.fresh.person), |person| person.id);
    let mut decision = unsure::pending_form(id, message);
    if let (None, Some(address)) = (person, &message.from) {
        let newcomer = newcomer_at(settings, facts, address);
        decision.changes.push(Change::new_person(&newcomer));
    }
    decision.changes.push(Change::FormSent { person: id });
    decision
}

/// Somebody wants to apply, and no round is to come: a person has to say when there will be one.
pub fn no_round(
    settings: &Settings,
    facts: &Facts,
    person: Option<&Person>,
    message: &Message,
) -> Decision {
    let why = "wants to apply, but no round in the config has a deadline to come";
    if let Some(person) = person {
        return free_words(settings, facts, person, message, why);
    }
    let Some(from) = &message.from else {
        return needs_person(why);
    };
    let newcomer = newcomer_at(settings, facts, from);
    let mut decision = free_words(settings, facts, &newcomer, message, why);
    decision.changes.push(Change::new_person(&newcomer));
    // Counts like a form letter: one answer a day to an address that anybody may have written from.
    decision.changes.push(Change::FormSent {
        person: newcomer.id,
    });
    behind_the_ceiling(facts, &mut decision);
    decision
}

/// Somebody who becomes known by writing from this address.
pub fn newcomer_at(settings: &Settings, facts: &Facts, address: &str) -> Person {
    Person::newcomer(
        PersonId(facts.fresh.person),
        address,
        settings.default_language(),
        settings.zone,
    )
}

/// Somebody who has had the form letter and has not applied yet.
pub fn newcomer(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
) -> Decision {
    if !may(Action::Apply, message.evidence) {
        return stranger(settings, facts, Some(person), message);
    }
    if !message.said.answers.is_empty() || !message.said.unclear.is_empty() {
        return applying::form_filled(settings, facts, person, message);
    }
    if let Some(asked) = message
        .answers_letter
        .as_ref()
        .filter(|asked| asked.kind == "was-this-you")
    {
        return unsure::answered(settings, facts, person, message, asked);
    }
    match message.said.intent {
        Some(Intent::Apply) => applying::send_form(settings, facts, Some(person), message),
        _ if message.text.trim().is_empty() => Decision::ignored("an answer without words"),
        _ => free_words(
            settings,
            facts,
            person,
            message,
            "no answer to the form was found in it",
        ),
    }
}
