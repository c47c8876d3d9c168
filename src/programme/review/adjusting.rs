//! From a coordinator's reply to what it asks of a proposal: the numbers become people, and the new wishes join those
//! of earlier replies. All of a reply or nothing of it.

use super::standing;
use crate::ids::PersonId;
use crate::programme::event::{Act, Adjustments};
use crate::programme::facts::{Applicant, ApplicationState, Proposal};

/// What holds for the proposal after these acts, earlier replies included.
///
/// # Errors
/// Why it cannot be done, as a sentence for the coordinator. Nothing of it is done then.
pub fn adjusted(
    proposal: &Proposal,
    applicants: &[Applicant],
    acts: &[Act],
) -> Result<Adjustments, String> {
    standing(proposal)?;
    let mut asked = Adjustments::default();
    let mut freed: Vec<PersonId> = Vec::new();
    for act in acts {
        let person = |number| person(proposal, applicants, number);
        match *act {
            Act::Swap(a, b) => {
                let (a, b) = (person(a)?, person(b)?);
                asked.pinned.extend(swapped(proposal, act, a, b)?);
            }
            Act::Pin(a, b) => {
                let pair = ordered(act, person(a)?, person(b)?)?;
                asked.pinned.push(pair);
            }
            Act::Forbid(a, b) => {
                let pair = ordered(act, person(a)?, person(b)?)?;
                asked.forbidden.push(pair);
            }
            Act::Hold(a) => asked.held.push(person(a)?),
            Act::Leave(a) => asked.left.push(person(a)?),
            Act::Trio => asked.trio = true,
            Act::Free(a) => freed.push(person(a)?),
            Act::Rerun => {}
        }
    }
    tidy(&mut asked);
    contradictions(proposal, &asked)?;
    // The newest word about somebody replaces what was said of them before.
    let mut all = proposal.adjustments.clone();
    let newly_named = |person: &PersonId| {
        asked.held.contains(person)
            || asked.left.contains(person)
            || freed.contains(person)
            || asked.pinned.iter().any(|(a, b)| a == person || b == person)
    };
    all.pinned.retain(|(a, b)| {
        !newly_named(a) && !newly_named(b) && !asked.forbidden.contains(&(*a, *b))
    });
    all.held.retain(|person| !newly_named(person));
    all.left.retain(|person| !newly_named(person));
    // Either somebody waits, or three are together.
    if asked.trio {
        all.left.clear();
    }
    all.trio = asked.trio || (all.trio && asked.left.is_empty());
    all.forbidden.retain(|pair| !asked.pinned.contains(pair));
    all.pinned.extend(asked.pinned);
    all.forbidden.extend(asked.forbidden);
    all.held.extend(asked.held);
    all.left.extend(asked.left);
    tidy(&mut all);
    Ok(all)
}

/// The same list whatever the order of the replies.
fn tidy(adjustments: &mut Adjustments) {
    adjustments.pinned.sort();
    adjustments.pinned.dedup();
    adjustments.forbidden.sort();
    adjustments.forbidden.dedup();
    for people in [&mut adjustments.held, &mut adjustments.left] {
        people.sort();
        people.dedup();
    }
}

fn ordered(act: &Act, a: PersonId, b: PersonId) -> Result<(PersonId, PersonId), String> {
    match a == b {
        true => Err(format!("\"{act}\" names the same person twice.")),
        false => Ok((a.min(b), a.max(b))),
    }
}

/// The number's person, while they are still in the round.
fn person(proposal: &Proposal, applicants: &[Applicant], number: u32) -> Result<PersonId, String> {
    let Some(person) = proposal.person(number) else {
        return Err(format!(
            "There is nobody with number {number}: this proposal has the numbers 1 to {}.",
            proposal.numbers.len()
        ));
    };
    let still_in = applicants.iter().any(|it| {
        it.person.id == person
            && it.application.state == ApplicationState::Accepted
            && !it.person.unreachable
            && !it.person.stopped
    });
    match still_in {
        true => Ok(person),
        false => Err(format!("Number {number} has left the round since.")),
    }
}

/// Whom a swap puts together: each with the other's partner.
fn swapped(
    proposal: &Proposal,
    act: &Act,
    a: PersonId,
    b: PersonId,
) -> Result<Vec<(PersonId, PersonId)>, String> {
    ordered(act, a, b)?;
    let partner = |of: PersonId| -> Result<Option<PersonId>, String> {
        let mut groups = proposal
            .groups
            .iter()
            .filter(|group| group.people.contains(&of));
        match (groups.next(), groups.next()) {
            (None, _) => Ok(None),
            (Some(group), None) if group.people.len() == 2 => {
                Ok(group.people.iter().copied().find(|other| *other != of))
            }
            _ => Err(format!(
                "\"{act}\" is not clear: one of the two has more than one partner. Please use pin."
            )),
        }
    };
    let (of_a, of_b) = (partner(a)?, partner(b)?);
    match (of_a, of_b) {
        (Some(partner), _) if partner == b => Err(format!(
            "\"{act}\" changes nothing: the two are partners of each other."
        )),
        (None, None) => Err(format!(
            "\"{act}\" changes nothing: neither of the two has a partner."
        )),
        _ => Ok([(a, of_b), (b, of_a)]
            .into_iter()
            .filter_map(|(one, other)| other.map(|other| (one.min(other), one.max(other))))
            .collect()),
    }
}

/// What a single reply must not ask at once.
fn contradictions(proposal: &Proposal, asked: &Adjustments) -> Result<(), String> {
    let number = |person: &PersonId| {
        proposal
            .numbers
            .iter()
            .position(|known| known == person)
            .map_or(0, |at| at + 1)
    };
    if asked.trio && !asked.left.is_empty() {
        return Err(
            "Either somebody waits, or three are together: please say one of the two.".into(),
        );
    }
    if let Some(both) = asked.left.iter().find(|it| asked.held.contains(it)) {
        return Err(format!(
            "{} is both held and left to the pool.",
            number(both)
        ));
    }
    for pair in &asked.pinned {
        if asked.forbidden.contains(pair) {
            let (a, b) = (number(&pair.0), number(&pair.1));
            return Err(format!(
                "{a} and {b} are put together and forbidden at once."
            ));
        }
        for person in [pair.0, pair.1] {
            if asked.held.contains(&person) || asked.left.contains(&person) {
                return Err(format!(
                    "{} is put together with somebody and left out at once.",
                    number(&person)
                ));
            }
            let named = asked
                .pinned
                .iter()
                .filter(|(a, b)| *a == person || *b == person)
                .count();
            if named > 1 {
                return Err(format!(
                    "{} is put together with more than one person.",
                    number(&person)
                ));
            }
        }
    }
    Ok(())
}
