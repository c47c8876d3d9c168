//! What happens to a whole round at once: the deadline with its country cap, the proposal and its release, the end of
//! the pool, the end of the round.

use std::collections::{BTreeMap, BTreeSet};

use super::application::Answer;
use super::decision::{Change, Decision, Occasion, Outcome};
use super::event::{Group, Proposed, Purpose};
use super::facts::{Applicant, ApplicationState, Facts, PartnershipState, ProposalState};
use super::letter::{About, Letter, LetterKind, ProposedPair, Recipient, ReplyTo};
use super::settings::{Cap, Release, Round, Settings};
use super::{applying, coordinating, timetable};
use crate::ids::{PartnershipId, PersonId, ProposalId};
use crate::{places, schedule};

fn country(applicant: &Applicant) -> String {
    applicant
        .application
        .answers
        .get("country")
        .and_then(Answer::as_str)
        .unwrap_or("??")
        .to_string()
}

/// Applications close: the cap is applied, and who is over it goes to the next round with priority.
pub fn deadline(settings: &Settings, facts: &Facts, round_id: &str) -> Decision {
    let Some(round) = timetable::round(settings, round_id) else {
        return Decision::ignored("the round is no longer in the config");
    };
    let in_time: Vec<&Applicant> = facts
        .applicants
        .iter()
        .filter(|it| it.application.state == ApplicationState::Accepted)
        .collect();
    let over = settings
        .cap
        .as_ref()
        .filter(|_| round.capped)
        .map(|cap| over_cap(cap, &in_time))
        .unwrap_or_default();
    let mut decision = Decision::noting(format!(
        "round {round_id} closed: {} applications are in, {} over the country cap",
        in_time.len() - over.len(),
        over.len()
    ));
    let next = timetable::next_round(settings, round_id);
    let mut fresh = facts.fresh.application;
    for applicant in in_time
        .into_iter()
        .filter(|applicant| over.contains(&applicant.person.id))
    {
        decision.changes.push(Change::ApplicationState {
            application: applicant.application.id,
            state: ApplicationState::Capped,
        });
        decision.changes.extend(applying::moved_to_next_round(
            settings,
            &applicant.application,
            &mut fresh,
        ));
        decision.letters.push(Letter {
            to: Recipient::Person(applicant.person.id),
            kind: LetterKind::Capped {
                name: applicant.person.name.clone(),
                dates: timetable::dates(round),
                country: places::country_name(&country(applicant), &applicant.person.language),
                next: next.map(timetable::dates),
            },
            occurrence: round_id.to_string(),
            about: About {
                round: Some(round_id.to_string()),
                ..About::default()
            },
            reply_to: ReplyTo::Token,
            not_before: None,
        });
    }
    decision
}

/// Who is over the cap. Those who waited from an earlier round are in first, then those who applied first.
///
/// With one country over the limit, its share of those accepted is exactly the cap. With several over it, that
/// equation can end with nobody at all (five countries at a fifth each), so each is then held to the cap's share of
/// the applications instead.
pub fn over_cap(cap: &Cap, applicants: &[&Applicant]) -> BTreeSet<PersonId> {
    let mut by_country: BTreeMap<String, Vec<&Applicant>> = BTreeMap::new();
    for applicant in applicants {
        by_country
            .entry(country(applicant))
            .or_default()
            .push(applicant);
    }
    let total = applicants.len();
    let percent = cap.percent.clamp(1, 100) as usize;
    let exceeds = |country: &str, count: usize| {
        count * 100 > total * percent
            && !cap
                .exempt
                .iter()
                .any(|exempt| exempt.eq_ignore_ascii_case(country))
    };
    let exceeding = by_country
        .iter()
        .filter(|(country, list)| exceeds(country, list.len()))
        .count();
    let mut over = BTreeSet::new();
    for (country, mut list) in by_country {
        if !exceeds(&country, list.len()) || percent == 100 {
            continue;
        }
        let limit = if exceeding == 1 {
            (total - list.len()) * percent / (100 - percent)
        } else {
            total * percent / 100
        };
        list.sort_by_key(|it| {
            (
                !it.application.priority,
                it.application.arrived,
                it.application.id,
            )
        });
        over.extend(
            list.into_iter()
                .skip(limit)
                .map(|applicant| applicant.person.id),
        );
    }
    over
}

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

/// Groups become partnerships, to be introduced together on day 0, or as soon as the day allows.
fn pair_up(
    settings: &Settings,
    facts: &Facts,
    round: &Round,
    groups: &[Group],
    decision: &mut Decision,
) {
    let mut fresh = facts.fresh.partnership;
    for group in groups {
        let members: Vec<&Applicant> = group
            .people
            .iter()
            .filter_map(|person| {
                facts
                    .applicants
                    .iter()
                    .find(|applicant| applicant.person.id == *person)
            })
            .filter(|applicant| {
                matches!(
                    applicant.application.state,
                    ApplicationState::Accepted | ApplicationState::Pool
                ) && !applicant.person.unreachable
            })
            .collect();
        if members.len() < 2 {
            for left in members {
                decision.changes.push(Change::ApplicationState {
                    application: left.application.id,
                    state: ApplicationState::Pool,
                });
            }
            continue;
        }
        let id = PartnershipId(fresh);
        fresh += 1;
        for member in &members {
            decision.changes.push(Change::ApplicationState {
                application: member.application.id,
                state: ApplicationState::Paired,
            });
        }
        // Anybody may be asked to write first; the number decides, so that no country always waits.
        let first = usize::try_from(id.0).unwrap_or(0) % members.len();
        decision.changes.push(Change::NewPartnership {
            id,
            round: round.id.clone(),
            people: members
                .iter()
                .map(|member| (member.person.id, member.application.id))
                .collect(),
            first_writer: members[first].person.id,
            reasons: group.reasons.clone(),
            score: group.score,
        });
        let zones: Vec<chrono_tz::Tz> = members.iter().map(|member| member.person.zone).collect();
        let today = facts.now.with_timezone(&settings.zone).date_naive();
        let joint = |date| schedule::joint_moment(date, &zones, settings.zone, settings.morning);
        let mut at = joint(round.start.max(today));
        if at < facts.now {
            at = joint(today.succ_opt().unwrap_or(today));
        }
        decision
            .occasions
            .push((Occasion::Introduce { partnership: id }, at));
    }
}

/// From now on nobody in this round gets a new partner: the next round, with priority.
pub fn pool_ends(settings: &Settings, facts: &Facts, round_id: &str) -> Decision {
    let mut decision = Decision::noting(format!("the pool of round {round_id} is closed"));
    let next = timetable::next_round(settings, round_id);
    let mut fresh = facts.fresh.application;
    for applicant in facts
        .applicants
        .iter()
        .filter(|it| it.application.state == ApplicationState::Pool)
    {
        decision.changes.push(Change::ApplicationState {
            application: applicant.application.id,
            state: ApplicationState::Finished,
        });
        decision.changes.extend(applying::moved_to_next_round(
            settings,
            &applicant.application,
            &mut fresh,
        ));
        let today = facts.now.with_timezone(&applicant.person.zone).date_naive();
        if applicant.person.may_be_written_to(today) {
            decision.letters.push(Letter {
                to: Recipient::Person(applicant.person.id),
                kind: LetterKind::PoolEnded {
                    name: applicant.person.name.clone(),
                    next: next.map(timetable::dates),
                },
                occurrence: round_id.to_string(),
                about: About {
                    round: Some(round_id.to_string()),
                    ..About::default()
                },
                reply_to: ReplyTo::Token,
                not_before: Some(super::pace::next_free_morning(
                    settings,
                    facts,
                    &applicant.person,
                )),
            });
        }
    }
    decision
}

/// The formal part is over: whatever partnership is still open ends well.
pub fn round_ends(_settings: &Settings, facts: &Facts, round_id: &str) -> Decision {
    let mut decision = Decision::noting(format!(
        "round {round_id} has ended with {} partnerships",
        facts.partnerships.len()
    ));
    for partnership in &facts.partnerships {
        decision.changes.push(Change::PartnershipState {
            partnership: partnership.id,
            state: PartnershipState::Ended,
            why: "finished".into(),
        });
        for member in &partnership.members {
            decision.changes.push(Change::ApplicationState {
                application: member.application,
                state: ApplicationState::Finished,
            });
        }
    }
    decision
}
