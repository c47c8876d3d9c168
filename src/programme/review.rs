//! The proposal: pairs that the matching worked out, shown to the coordinators, released by their word or by itself.
//! Who may be paired and how well is `matching`'s business; nothing here solves anything.

use std::collections::{BTreeMap, BTreeSet};

use super::decision::{Change, Decision, Occasion, Outcome};
use super::event::{Group, Proposed, Purpose};
use super::facts::{Applicant, ApplicationState, Facts, ProposalState};
use super::letter::{About, Attachment, Letter, LetterKind, ProposedPair, Recipient, ReplyTo};
use super::round::{country, pair_up};
use super::settings::{Release, Round, Settings};
use super::{coordinating, reason_text, spreadsheet, timetable};
use crate::ids::{PersonId, ProposalId};
use crate::places;

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
    let id = ProposalId(facts.fresh.proposal);
    let mut numbers: Vec<PersonId> = proposed
        .groups
        .iter()
        .flat_map(|group| group.people.iter().copied())
        .chain(proposed.unmatched.iter().copied())
        .collect();
    numbers.sort();
    let mut decision = Decision::noting(format!(
        "proposal {id} for round {}: {} groups, {} people without a partner",
        round.id,
        proposed.groups.len(),
        proposed.unmatched.len()
    ));
    if let Some(before) = facts
        .proposal
        .as_ref()
        .filter(|before| before.state == ProposalState::Waiting)
    {
        decision.changes.push(Change::ProposalState {
            proposal: before.id,
            state: ProposalState::Replaced,
        });
    }
    decision.letters = proposal_letters(settings, facts, round, id, proposed, &numbers, 0);
    decision.changes.push(Change::NewProposal {
        id,
        proposed: proposed.clone(),
        numbers,
    });
    let wait = match settings.release {
        Release::Wait => 24,
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
    if let Release::AfterHours(_) = settings.release {
        let mut decision = release(settings, facts);
        decision.note += " (by itself, as configured)";
        return decision;
    }
    let proposed = Proposed {
        round: proposal.round.clone(),
        purpose: Purpose::Round,
        groups: proposal.groups.clone(),
        unmatched: proposal.unmatched.clone(),
        score: proposal.score,
        proof: proposal.proof.clone(),
    };
    let mut decision = Decision::noting(format!(
        "proposal {} still waits, reminder {number}",
        proposal.id
    ));
    decision.letters = proposal_letters(
        settings,
        facts,
        round,
        proposal.id,
        &proposed,
        &proposal.numbers,
        number,
    );
    decision.occasions.push((
        Occasion::ProposalReminder {
            proposal: proposal.id,
            number: number + 1,
        },
        facts.now + chrono::TimeDelta::hours(24),
    ));
    decision
}

fn proposal_letters(
    settings: &Settings,
    facts: &Facts,
    round: &Round,
    id: ProposalId,
    proposed: &Proposed,
    numbers: &[PersonId],
    reminder: u32,
) -> Vec<Letter> {
    let by_person: BTreeMap<PersonId, &Applicant> = facts
        .applicants
        .iter()
        .map(|applicant| (applicant.person.id, applicant))
        .collect();
    let language = settings.languages.first().map_or("en", String::as_str);
    let shown = |person: &PersonId| {
        let number = numbers
            .binary_search(person)
            .map_or(0, |index| u32::try_from(index + 1).unwrap_or(0));
        let applicant = by_person.get(person);
        let name = applicant.map_or_else(String::new, |it| it.person.name.clone());
        let place = applicant.map_or_else(String::new, |it| {
            places::country_name(&country(it), language)
        });
        (number, name, place)
    };
    let mut pairs: Vec<ProposedPair> = proposed
        .groups
        .iter()
        .map(|group| ProposedPair {
            people: group.people.iter().map(shown).collect(),
            score: group.score,
        })
        .collect();
    pairs.sort_by(|a, b| a.people.cmp(&b.people));
    let mut worst = pairs.clone();
    worst.sort_by(|a, b| a.score.cmp(&b.score).then_with(|| a.people.cmp(&b.people)));
    worst.truncate(10);
    let countries: BTreeSet<String> = numbers
        .iter()
        .filter_map(|person| by_person.get(person))
        .map(|it| country(it))
        .collect();
    let table = Attachment {
        file_name: format!("proposal-{id}.csv"),
        content_type: spreadsheet::CONTENT_TYPE,
        bytes: table(settings, proposed, &shown, language),
    };
    let kind = LetterKind::Proposal {
        dates: timetable::dates(round),
        people: u32::try_from(numbers.len()).unwrap_or(u32::MAX),
        countries: u32::try_from(countries.len()).unwrap_or(u32::MAX),
        worst,
        distribution: distribution(&proposed.groups),
        pairs,
        unmatched: proposed.unmatched.iter().map(shown).collect(),
        score: proposed.score,
        proof: proposed.proof.clone(),
        files: vec![table],
    };
    coordinating::readers(settings, false)
        .map(|coordinator| Letter {
            to: Recipient::Coordinator(coordinator.address.clone()),
            kind: kind.clone(),
            occurrence: format!("{id}-{reminder}"),
            about: About {
                round: Some(round.id.clone()),
                proposal: Some(id),
                ..About::default()
            },
            reply_to: ReplyTo::Token,
            not_before: None,
        })
        .collect()
}

/// The whole proposal as a table, a row for each person: the same numbers as in the letter.
fn table(
    settings: &Settings,
    proposed: &Proposed,
    shown: &dyn Fn(&PersonId) -> (u32, String, String),
    language: &str,
) -> Vec<u8> {
    let mut rows: Vec<(u32, Vec<String>)> = Vec::new();
    for group in &proposed.groups {
        let reasons =
            reason_text::neutral(&group.reasons, &settings.form, language, &|it| shown(it).0);
        for person in &group.people {
            let (number, name, place) = shown(person);
            let partners: Vec<(u32, String, String)> = group
                .people
                .iter()
                .filter(|other| *other != person)
                .map(shown)
                .collect();
            let all = |part: &dyn Fn(&(u32, String, String)) -> String| {
                partners.iter().map(part).collect::<Vec<_>>().join("; ")
            };
            rows.push((
                number,
                vec![
                    number.to_string(),
                    name,
                    place,
                    all(&|it| it.0.to_string()),
                    all(&|it| it.1.clone()),
                    all(&|it| it.2.clone()),
                    group.score.to_string(),
                    reasons.join(" "),
                ],
            ));
        }
    }
    for person in &proposed.unmatched {
        let (number, name, place) = shown(person);
        let mut row = vec![number.to_string(), name, place];
        row.resize(8, String::new());
        rows.push((number, row));
    }
    rows.sort();
    spreadsheet::write(
        &[
            "number",
            "name",
            "country",
            "partner_number",
            "partner",
            "partner_country",
            "score",
            "reasons",
        ],
        rows.into_iter().map(|(_, row)| row),
    )
}

/// How many pairs lie in each tenth between the lowest and the highest score: (lower bound, pairs).
fn distribution(groups: &[Group]) -> Vec<(i64, u32)> {
    let (Some(low), Some(high)) = (
        groups.iter().map(|group| group.score).min(),
        groups.iter().map(|group| group.score).max(),
    ) else {
        return Vec::new();
    };
    let width = (high - low) / 10 + 1;
    let mut tenths: Vec<(i64, u32)> = (0..10).map(|tenth| (low + tenth * width, 0)).collect();
    for group in groups {
        let tenth = usize::try_from((group.score - low) / width)
            .unwrap_or(0)
            .min(9);
        tenths[tenth].1 += 1;
    }
    tenths.retain(|(bound, _)| *bound <= high);
    tenths
}

/// The proposal becomes partnerships; whoever has left since is taken out, and the partner goes to the pool.
pub fn release(settings: &Settings, facts: &Facts) -> Decision {
    let Some(proposal) = &facts.proposal else {
        return Decision::ignored("no such proposal");
    };
    match proposal.state {
        ProposalState::Waiting => {}
        ProposalState::Released => {
            return Decision::ignored("this proposal has been released already");
        }
        ProposalState::Replaced => {
            return Decision::ignored(
                "a newer proposal has taken its place; please answer that one",
            );
        }
    }
    let Some(round) = timetable::round(settings, &proposal.round) else {
        return Decision::ignored("the round is no longer in the config");
    };
    let mut decision = Decision::noting(format!("proposal {} is released", proposal.id));
    decision.changes.push(Change::ProposalState {
        proposal: proposal.id,
        state: ProposalState::Released,
    });
    pair_up(settings, facts, round, &proposal.groups, &mut decision);
    let pool_end = timetable::pool_end(settings, round);
    for person in &proposal.unmatched {
        let Some(applicant) = facts.applicants.iter().find(|it| it.person.id == *person) else {
            continue;
        };
        if applicant.application.state != ApplicationState::Accepted {
            continue;
        }
        decision.changes.push(Change::ApplicationState {
            application: applicant.application.id,
            state: ApplicationState::Pool,
        });
        decision.letters.push(Letter {
            to: Recipient::Person(*person),
            kind: LetterKind::Unmatched {
                name: applicant.person.name.clone(),
                dates: timetable::dates(round),
                pool_until: pool_end,
            },
            occurrence: round.id.clone(),
            about: About {
                round: Some(round.id.clone()),
                ..About::default()
            },
            reply_to: ReplyTo::Token,
            not_before: None,
        });
    }
    decision.outcome = Outcome::Handled;
    decision
}
