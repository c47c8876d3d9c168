//! The proposal: pairs that the matching worked out, shown to the coordinators, changed and released by their word, or
//! released by itself. Who may be paired and how well is `matching`'s business; nothing here solves anything.

mod adjusting;
mod letter;

use super::coordinating;
use super::decision::{Change, Decision, Occasion, Outcome};
use super::event::{Act, Proposed, Purpose};
use super::facts::{Applicant, ApplicationState, Facts, Proposal, ProposalState};
use super::round::pair_up;
use super::settings::{Release, Round, Settings};
use super::timetable;
use super::waiting::{self, Because};
use crate::ids::{PersonId, ProposalId};

pub use adjusting::adjusted;
pub use letter::table;

/// Hours between two reminders of a proposal that waits.
const REMIND_AFTER_HOURS: i64 = 24;

/// The matching has worked out pairs: a round's go to the coordinators, the pool's are released at once.
pub fn proposed(settings: &Settings, facts: &Facts, proposed: &Proposed) -> Decision {
    let Some(round) = timetable::round(settings, &proposed.round) else {
        return Decision::ignored("the round is no longer in the config");
    };
    if proposed.purpose == Purpose::Pool {
        let mut decision = Decision::noting(format!(
            "pool of round {}: {} new pairs",
            round.id,
            proposed.groups.len()
        ));
        decision.occasions = timetable::calendar(settings, facts.now);
        pair_up(settings, facts, round, &proposed.groups, &mut decision);
        return decision;
    }
    let before = facts.proposal.as_ref();
    let id = ProposalId(facts.fresh.proposal);
    let mut decision = Decision::noting(format!(
        "proposal {id} for round {}: {} groups, {} people without a partner",
        round.id,
        proposed.groups.len(),
        proposed.unmatched.len()
    ));
    if let Some(revision) = &proposed.revision {
        let acts: Vec<String> = revision.acts.iter().map(ToString::to_string).collect();
        decision.note += &format!(
            "; it replaces proposal {} ({}, asked by {})",
            revision.proposal,
            acts.join(", "),
            coordinating::who(settings, &revision.by)
        );
        let forbidden = proposed.adjustments.forbidden.iter();
        decision
            .changes
            .extend(forbidden.map(|(a, b)| Change::PairForbidden {
                a: *a,
                b: *b,
                by: revision.by.clone(),
            }));
    }
    if let Some(before) = before.filter(|before| before.state == ProposalState::Waiting) {
        decision.changes.push(Change::ProposalState {
            proposal: before.id,
            state: ProposalState::Replaced,
        });
    }
    let shown = Proposal {
        id,
        round: proposed.round.clone(),
        state: ProposalState::Waiting,
        groups: proposed.groups.clone(),
        unmatched: proposed.unmatched.clone(),
        numbers: numbers(proposed, before),
        score: proposed.score,
        proof: proposed.proof.clone(),
        unproven: proposed.unproven.clone(),
        floor: proposed.floor,
        adjustments: proposed.adjustments.clone(),
        insight: proposed.insight.clone(),
    };
    let revised = proposed.revision.as_ref().zip(before);
    decision.letters = letter::letters(settings, facts, round, &shown, 0, revised);
    decision.changes.push(Change::NewProposal {
        id,
        proposed: Box::new(proposed.clone()),
        numbers: shown.numbers,
    });
    let wait = match settings.release {
        Release::Wait => REMIND_AFTER_HOURS,
        Release::AfterHours(hours) => i64::from(hours),
    };
    decision.occasions.push((
        Occasion::ProposalReminder {
            proposal: id,
            number: 1,
        },
        facts.now + chrono::TimeDelta::hours(wait),
    ));
    decision
}

/// Everybody's number: those of the proposal before where there was one for this round, so that a coordinator's notes
/// stay true; who is new comes after them.
fn numbers(proposed: &Proposed, before: Option<&Proposal>) -> Vec<PersonId> {
    let mut numbers: Vec<PersonId> = before
        .filter(|before| before.round == proposed.round)
        .map(|before| before.numbers.clone())
        .unwrap_or_default();
    let mut others: Vec<PersonId> = proposed
        .groups
        .iter()
        .flat_map(|group| group.people.iter().copied())
        .chain(proposed.unmatched.iter().copied())
        .chain(proposed.adjustments.held.iter().copied())
        .filter(|person| !numbers.contains(person))
        .collect();
    others.sort();
    others.dedup();
    numbers.extend(others);
    numbers
}

/// Whether a proposal can still be answered; else why not, as a sentence.
fn standing(proposal: &Proposal) -> Result<(), String> {
    match proposal.state {
        ProposalState::Waiting => Ok(()),
        ProposalState::Released => Err("This proposal has been released already.".into()),
        ProposalState::Replaced => {
            Err("A newer proposal has taken its place; please answer that one.".into())
        }
    }
}

/// The coordinators have not answered: by itself where the config says so, else they are asked again.
pub fn proposal_reminder(settings: &Settings, facts: &Facts, number: u32) -> Decision {
    let Some(proposal) = facts
        .proposal
        .as_ref()
        .filter(|proposal| proposal.state == ProposalState::Waiting)
    else {
        return Decision::ignored("the proposal has been answered");
    };
    let Some(round) = timetable::round(settings, &proposal.round) else {
        return Decision::ignored("the round is no longer in the config");
    };
    if matches!(settings.release, Release::AfterHours(_)) && proposal.unproven.is_none() {
        let mut decision = release(settings, facts);
        decision.note += " (by itself, as configured)";
        return decision;
    }
    let mut decision = Decision::noting(format!(
        "proposal {} still waits, reminder {number}",
        proposal.id
    ));
    decision.letters = letter::letters(settings, facts, round, proposal, number, None);
    decision.occasions.push((
        Occasion::ProposalReminder {
            proposal: proposal.id,
            number: number + 1,
        },
        facts.now + chrono::TimeDelta::hours(REMIND_AFTER_HOURS),
    ));
    decision
}

/// The proposal becomes partnerships; whoever has left since is taken out, and the partner goes to the pool.
pub fn release(settings: &Settings, facts: &Facts) -> Decision {
    let Some(proposal) = &facts.proposal else {
        return Decision::ignored("no such proposal");
    };
    if let Err(why) = standing(proposal) {
        return Decision::ignored(&why);
    }
    if let Some(why) = &proposal.unproven {
        return Decision::ignored(&format!(
            "The certificate of this proposal does not check: {why}. Answer with rerun to have it worked out again."
        ));
    }
    let Some(round) = timetable::round(settings, &proposal.round) else {
        return Decision::ignored("the round is no longer in the config");
    };
    let mut decision = Decision::noting(format!("proposal {} is released", proposal.id));
    decision.changes.push(Change::ProposalState {
        proposal: proposal.id,
        state: ProposalState::Released,
    });
    let alone = pair_up(settings, facts, round, &proposal.groups, &mut decision);
    let held = &proposal.adjustments.held;
    let grouped: Vec<PersonId> = proposal
        .groups
        .iter()
        .flat_map(|group| group.people.iter().copied())
        .collect();
    // Who was accepted after the proposal had been worked out waits in the pool like who was left over.
    let left_over = facts.applicants.iter().filter(|it| {
        it.application.state == ApplicationState::Accepted
            && !it.person.stopped
            && !it.person.unreachable
            && !held.contains(&it.person.id)
            && (!grouped.contains(&it.person.id) || alone.contains(&it.person.id))
    });
    for applicant in left_over {
        let because = match alone.contains(&applicant.person.id) {
            true => Because::PartnerLeft,
            false => Because::NobodyFits,
        };
        let gains = proposal.gains_of(applicant.person.id);
        to_the_pool(settings, round, applicant, because, gains, &mut decision);
    }
    decision.outcome = Outcome::Handled;
    decision
}

/// No partner at the release: told so, and matched again each morning.
fn to_the_pool(
    settings: &Settings,
    round: &Round,
    applicant: &Applicant,
    because: Because,
    gains: &[(String, u32)],
    decision: &mut Decision,
) {
    decision.changes.push(Change::ApplicationState {
        application: applicant.application.id,
        state: ApplicationState::Pool,
    });
    decision.letters.push(waiting::unmatched(
        settings,
        round,
        &applicant.person,
        &applicant.application.answers,
        because,
        gains,
        round.id.clone(),
    ));
}

/// A reply to a proposal that the daemon could not turn into another one: the reason goes to who asked.
pub fn not_reviewed(
    settings: &Settings,
    facts: &Facts,
    acts: &[Act],
    refused: Option<&str>,
) -> Decision {
    let why = match (&facts.proposal, refused) {
        (_, Some(why)) => why.to_string(),
        (None, None) => "There is no such proposal.".into(),
        (Some(proposal), None) => match adjusted(proposal, &facts.applicants, acts) {
            Err(why) => why,
            Ok(_) if timetable::round(settings, &proposal.round).is_none() => {
                "The round is no longer in the config.".into()
            }
            Ok(_) => "The pairs could not be worked out again.".into(),
        },
    };
    Decision::ignored(&format!("Nothing was changed. {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme::event::{Adjustments, Group, Insight};

    fn proposal() -> Proposal {
        Proposal {
            id: ProposalId(7),
            round: "2027A".into(),
            state: ProposalState::Waiting,
            groups: vec![Group {
                people: vec![PersonId(1), PersonId(2)],
                score: 10,
                reasons: Vec::new(),
            }],
            unmatched: Vec::new(),
            numbers: vec![PersonId(1), PersonId(2)],
            score: 10,
            proof: String::new(),
            unproven: None,
            floor: None,
            adjustments: Adjustments::default(),
            insight: Insight::default(),
        }
    }

    #[test]
    fn a_proposal_whose_certificate_does_not_check_is_not_released_by_anybody() {
        let mut settings = crate::config::built_in().settings;
        let mut facts = Facts {
            proposal: Some(Proposal {
                unproven: Some("something better was found".into()),
                ..proposal()
            }),
            ..Facts::default()
        };
        let refused = release(&settings, &facts);
        assert_eq!(refused.changes, []);
        assert!(
            refused
                .note
                .contains("certificate of this proposal does not check"),
            "{}",
            refused.note
        );
        // Nor by itself: the coordinators are asked instead.
        settings.release = Release::AfterHours(48);
        let asked = proposal_reminder(&settings, &facts, 1);
        assert_eq!(asked.changes, []);
        assert_eq!(asked.letters.len(), 1);
        facts.proposal = Some(proposal());
        assert_ne!(proposal_reminder(&settings, &facts, 1).changes, []);
    }
}
