//! Somebody feels unsafe. Our letters between the two stop at once, only the safety contacts hear of it, and nothing
//! that anybody else is sent tells that there was a concern, or whose (PROGRAMME section 7).
//!
//! The partner is not written to: whatever we sent at that moment would tell. A safety contact talks to both and then
//! says for each of them whether they get a new partner (`new partner PERSON`).

use super::conversation::{answer, for_person};
use super::decision::{Change, Decision, Outcome};
use super::event::{Evidence, Message};
use super::facts::{ApplicationState, Facts, Partnership, PartnershipState, Person};
use super::letter::{About, Ended, Letter, LetterKind, Line, Recipient};
use super::newcomers::{behind_the_ceiling, newcomer_at};
use super::partnership::pool_or_next;
use super::settings::Settings;
use super::{coordinating, timetable};
use crate::ids::PersonId;

/// In the state of a partnership and in the reason of a message; only safety contacts are shown it.
pub const WHY: &str = "concern";

/// A concern of somebody whom we know.
pub fn raised(settings: &Settings, facts: &Facts, person: &Person, message: &Message) -> Decision {
    let mut decision = for_person(settings, facts, person, message, "reports a concern", true);
    decision.outcome = Outcome::NeedsSafetyContact(WHY.into());
    decision.note = format!("person {}: for a safety contact", person.id);
    // This is always answered, however many letters went to them today.
    decision
        .letters
        .retain(|letter| letter.to != Recipient::Person(person.id));
    // Who holds none of our tokens may be anybody: their words are heard, and stop nothing.
    let stops = message.evidence >= Evidence::TokenOnly;
    // With several partners, and nobody named by the letter that is answered, it may be about any of them.
    let named = message
        .answers_letter
        .as_ref()
        .and_then(|asked| asked.about.partnership);
    let is_named = |pair: &Partnership| Some(pair.id) == named;
    let any_named = facts.open_partnerships().any(is_named);
    let stopped: Vec<&Partnership> = facts
        .open_partnerships()
        .filter(|pair| stops && (!any_named || is_named(pair)))
        .collect();
    let kind = match stops {
        true => LetterKind::ConcernReceived {
            name: person.name.clone(),
            partners: stopped
                .iter()
                .map(|pair| pair.names_without(person.id))
                .collect::<Vec<_>>()
                .join(" & "),
            contact: coordinating::readers(settings, true)
                .next()
                .map(|contact| contact.name.clone())
                .unwrap_or_default(),
        },
        false => LetterKind::PersonWillAnswer {
            name: person.name.clone(),
        },
    };
    decision
        .letters
        .push(answer(person, message, kind, About::default()));
    for pair in stopped {
        decision.changes.push(Change::PartnershipState {
            partnership: pair.id,
            state: PartnershipState::Ended,
            why: WHY.into(),
        });
        decision.changes.push(Change::HoldLetters {
            partnership: pair.id,
        });
        tell_the_contact(
            &mut decision,
            &pair
                .members
                .iter()
                .map(|it| (it.person.id, it.person.name.clone()))
                .collect::<Vec<_>>(),
        );
    }
    decision
}

/// What was done, and how each of them can get a new partner.
fn tell_the_contact(decision: &mut Decision, members: &[(PersonId, String)]) {
    for letter in &mut decision.letters {
        let LetterKind::ForPerson { known, .. } = &mut letter.kind else {
            continue;
        };
        known.push(Line {
            label: "Done".into(),
            value: "Our letters between the two have stopped. The partner has not been told."
                .into(),
        });
        for (id, name) in members {
            known.push(Line {
                label: format!("A new partner for {name}"),
                value: format!("new partner {id}"),
            });
        }
    }
}

/// A concern from an address that we do not know: a safety contact reads it.
pub fn from_stranger(settings: &Settings, facts: &Facts, message: &Message) -> Decision {
    let Some(from) = &message.from else {
        return Decision {
            outcome: Outcome::NeedsSafetyContact(WHY.into()),
            ..Decision::noting("a concern without a sender")
        };
    };
    let newcomer = newcomer_at(settings, facts, from);
    let mut decision = raised(settings, facts, &newcomer, message);
    decision.changes.push(Change::new_person(&newcomer));
    decision.changes.push(Change::FormSent {
        person: newcomer.id,
    });
    behind_the_ceiling(facts, &mut decision);
    decision
}

/// A safety contact has talked to somebody whose partnership was ended so: they may have a new partner.
pub fn free(settings: &Settings, facts: &Facts) -> Decision {
    let (Some(person), Some(application), Some(pair)) =
        (&facts.person, &facts.application, &facts.partnership)
    else {
        return Decision::ignored("this person has had no partner");
    };
    if pair.state != PartnershipState::Ended || application.state != ApplicationState::Paired {
        return Decision::ignored("this person is not waiting for a safety contact's word");
    }
    let (pool_until, next) = pool_or_next(settings, facts, &pair.round);
    let mut decision = Decision::noting(format!("person {} may have a new partner", person.id));
    decision.changes.push(Change::ApplicationState {
        application: application.id,
        state: match pool_until {
            Some(_) => ApplicationState::Pool,
            None => ApplicationState::Finished,
        },
    });
    decision.letters.push(Letter::to(
        person.id,
        LetterKind::PartnershipEnded {
            name: person.name.clone(),
            partners: pair.names_without(person.id),
            why: Ended::Coordinator,
            stays_with: None,
            pool_until,
            next,
        },
        format!(
            "{}-free-{}",
            pair.id,
            timetable::day_word(facts.now.date_naive())
        ),
        About::round(pair.round.clone()),
    ));
    decision
}
