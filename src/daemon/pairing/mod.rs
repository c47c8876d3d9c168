//! Between applications and the matching: who takes part ([`participants`]), their answers as numbers and numbers as words
//! ([`numbering`]), and here what is asked of the matching and what comes of it. Holds no rule of its own: the hard rules
//! and the score are in `matching`.

mod numbering;
mod participants;

pub(super) use participants::{Participants, applicants_now};
pub use participants::{candidates, demands};

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::ids::PersonId;
use crate::matching::{self, ChangeError, Rule, Rules, Scoring};
use crate::programme::event::{
    Act, Adjustments, Command, CommandKind, Event, Gain, Group, Insight, Obstacle, Proposed,
    Purpose, Revision, Without,
};
use crate::programme::facts::{Applicant, ApplicationState, Proposal};
use crate::programme::settings::{Different, Odd, Settings};
use crate::programme::{coordinating, review};
use crate::store::facts;
use crate::time::Moment;

/// Pairs for everybody who is accepted in a round.
pub fn for_round(
    db: &Connection,
    settings: &Settings,
    round: &str,
    now: Moment,
) -> anyhow::Result<Proposed> {
    let wanted = Wanted::of(Purpose::Round, Adjustments::default());
    propose(db, settings, round, now, wanted)?.map_err(|why| anyhow::anyhow!(why))
}

/// Pairs for everybody who is in a round's pool this morning.
pub fn for_pool(
    db: &Connection,
    settings: &Settings,
    round: &str,
    now: Moment,
) -> anyhow::Result<Proposed> {
    let wanted = Wanted::of(Purpose::Pool, Adjustments::default());
    propose(db, settings, round, now, wanted)?.map_err(|why| anyhow::anyhow!(why))
}

/// A command that wants other pairs than proposed becomes the proposal that answers it; where that cannot be, the reason
/// joins the command. All other events stay as they are.
pub fn worked_out(
    db: &Connection,
    settings: &Settings,
    event: Event,
    now: Moment,
) -> anyhow::Result<Event> {
    let Event::Command(command) = &event else {
        return Ok(event);
    };
    let CommandKind::Review { proposal, acts, .. } = &command.what else {
        return Ok(event);
    };
    let Some(before) = facts::proposal(db, *proposal)?.filter(|_| {
        coordinating::may_command(settings, command)
            && coordinating::is_sufficient(settings, command)
    }) else {
        return Ok(event);
    };
    let applicants = facts::applicants(db, &before.round)?;
    let Ok(adjustments) = review::adjusted(&before, &applicants, acts) else {
        return Ok(event);
    };
    let revision = Revision {
        proposal: *proposal,
        by: command.by.clone(),
        inbox: command.inbox,
        acts: acts.clone(),
    };
    Ok(
        match again(db, settings, &before, adjustments, revision, now)? {
            Ok(proposed) => Event::Proposed(proposed),
            Err(why) => Event::Command(Command {
                what: CommandKind::Review {
                    proposal: *proposal,
                    acts: acts.clone(),
                    refused: Some(why),
                },
                ..command.clone()
            }),
        },
    )
}

/// A proposal worked out again as coordinators want it, with everybody who is in now.
///
/// The inner error is a sentence for the coordinator: what is asked cannot be.
fn again(
    db: &Connection,
    settings: &Settings,
    before: &Proposal,
    adjustments: Adjustments,
    revision: Revision,
    now: Moment,
) -> anyhow::Result<Result<Proposed, String>> {
    // A rerun looks at everything anew; a change leaves the floor where it was.
    let anew = revision.acts.contains(&Act::Rerun);
    let wanted = Wanted {
        floor: before.floor.filter(|_| !anew),
        revision: Some(revision),
        numbers: before.numbers.clone(),
        ..Wanted::of(Purpose::Round, adjustments)
    };
    propose(db, settings, &before.round, now, wanted)
}

/// What is asked of the matching beyond the rules.
struct Wanted {
    purpose: Purpose,
    adjustments: Adjustments,
    floor: Option<i64>,
    revision: Option<Revision>,
    /// How people are called in what went before, for sentences about them.
    numbers: Vec<PersonId>,
}

impl Wanted {
    fn of(purpose: Purpose, adjustments: Adjustments) -> Wanted {
        Wanted {
            purpose,
            adjustments,
            floor: None,
            revision: None,
            numbers: Vec::new(),
        }
    }
}

fn propose(
    db: &Connection,
    settings: &Settings,
    round: &str,
    now: Moment,
    wanted: Wanted,
) -> anyhow::Result<Result<Proposed, String>> {
    let state = match wanted.purpose {
        Purpose::Round => ApplicationState::Accepted,
        Purpose::Pool => ApplicationState::Pool,
    };
    let applicants = applicants_now(db, settings, round, state, now)?;
    let held = wanted.adjustments.held.clone();
    let left = wanted.adjustments.left.clone();
    let mut proposed = Proposed {
        round: round.to_string(),
        purpose: wanted.purpose,
        groups: Vec::new(),
        unmatched: applicants
            .iter()
            .filter(|it| it.application.state == state)
            .map(|it| it.person.id)
            .filter(|person| !held.contains(person))
            .collect(),
        score: 0,
        proof: String::new(),
        unproven: None,
        floor: wanted.floor,
        adjustments: wanted.adjustments,
        insight: Insight::default(),
        revision: wanted.revision,
    };
    if applicants.len() < 2 {
        return Ok(Ok(proposed));
    }
    let forbidden = &proposed.adjustments.forbidden;
    let field = Participants::of(db, settings, round, now, applicants, forbidden)?;
    let mut rules = rules(settings);
    if proposed.adjustments.trio {
        rules.odd = matching::Odd::Trio;
    }
    let changes = changes(&proposed.adjustments, &field.applicants);
    if let Err(why) = changes_are_possible(&changes, &field, &rules, &wanted.numbers) {
        return Ok(Err(why));
    }
    let options = matching::Options {
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        changes,
        floor: wanted.floor,
        ..matching::Options::default()
    };
    let answer = matching::propose(&field.candidates, &rules, &options);
    let scoring = Scoring::new(&field.candidates, &rules);
    proposed.groups = answer
        .groups
        .iter()
        .map(|group| Group {
            people: group
                .members
                .iter()
                .map(|&member| field.person(member))
                .collect(),
            score: group.score,
            reasons: field.reasons(&group.members, &rules, &scoring),
        })
        .collect();
    proposed.unmatched = answer
        .unmatched
        .iter()
        .map(|&person| &field.applicants[person])
        .filter(|it| it.application.state == state)
        .map(|it| it.person.id)
        // Whom coordinators leave to the pool, the matching has not looked at.
        .chain(left.into_iter().filter(|it| field.index(*it).is_some()))
        .collect();
    proposed.unmatched.sort();
    proposed.score = answer.score;
    proposed.floor = answer.floor;
    proposed.proof = proof(&answer);
    // A proof that was promised and does not hold is a defect, and nobody should be introduced on the strength of it.
    // Work that was stopped early promises no more than its bound.
    proposed.unproven = (answer.certificate.is_some() && !answer.checked)
        .then(|| "the check against all possible pairs found something better".into());
    if proposed.purpose == Purpose::Round {
        let different = settings.pairing.different;
        let adjustments = &proposed.adjustments;
        proposed.insight = insight(&field, &rules, &answer, &options, different, adjustments);
    }
    Ok(Ok(proposed))
}

/// What coordinators want, in the matching's numbers. Who is no longer among the candidates asks for nothing.
pub(super) fn changes(adjustments: &Adjustments, applicants: &[Applicant]) -> matching::Changes {
    let index: BTreeMap<PersonId, usize> = applicants
        .iter()
        .enumerate()
        .map(|(at, applicant)| (applicant.person.id, at))
        .collect();
    let of = |person: &PersonId| index.get(person).copied();
    let pinned = adjustments.pinned.iter();
    matching::Changes {
        pinned: pinned.filter_map(|(a, b)| Some((of(a)?, of(b)?))).collect(),
        forbidden: Vec::new(),
        held: adjustments
            .held
            .iter()
            .chain(&adjustments.left)
            .filter_map(of)
            .collect(),
    }
}

/// Coordinators may overrule the rules, but not the two that are promised to people: nobody meets twice, and who
/// shall not meet does not.
fn changes_are_possible(
    changes: &matching::Changes,
    field: &Participants,
    rules: &Rules,
    numbers: &[PersonId],
) -> Result<(), String> {
    let candidates = &field.candidates;
    let named = |index: usize| {
        let Some(person) = field.applicants.get(index).map(|it| &it.person) else {
            return index.to_string();
        };
        let number = numbers.iter().position(|known| *known == person.id);
        format!("{} {}", number.map_or(0, |at| at + 1), person.name)
    };
    for &(a, b) in &changes.pinned {
        for obstacle in matching::obstacles(&candidates[a], &candidates[b], rules) {
            let why = match obstacle {
                Rule::PastPartners => "have been partners before",
                Rule::Blocked => "shall never be partners",
                _ => continue,
            };
            return Err(format!("{} and {} {why}.", named(a), named(b)));
        }
    }
    changes.check(candidates).map_err(|error| match error {
        ChangeError::NoSuchPerson(person) => format!("There is nobody with number {person}."),
        ChangeError::PinnedToThemselves(person) => {
            format!("{} cannot be their own partner.", named(person))
        }
        ChangeError::PinnedTooOften(person) => {
            format!("{} would have more partners than places.", named(person))
        }
        ChangeError::PinnedAndHeld(person) => {
            format!(
                "{} is put together with somebody and held at once.",
                named(person)
            )
        }
        ChangeError::PinnedAndForbidden(a, b) => {
            format!(
                "{} and {} are put together and forbidden at once.",
                named(a),
                named(b)
            )
        }
    })
}

/// What a coordinator should know before releasing: why some have no partner, and what each rule costs.
fn insight(
    field: &Participants,
    rules: &Rules,
    answer: &matching::Proposal,
    options: &matching::Options<'_>,
    different: Different,
    adjustments: &Adjustments,
) -> Insight {
    let candidates = &field.candidates;
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let shortage = matching::shortage(candidates, answer);
    let left = adjustments.left.iter().filter_map(|it| field.index(*it));
    Insight {
        without: answer
            .unmatched
            .iter()
            .copied()
            .chain(left)
            .map(|person| {
                let why = matching::why_unmatched(candidates, rules, person);
                Without {
                    person: field.person(person),
                    possible: count(why.admissible),
                    closed: why
                        .forbidden_by
                        .into_iter()
                        .map(|(rule, closed)| (obstacle(rule, different), count(closed)))
                        .collect(),
                }
            })
            .collect(),
        gains: matching::relaxations(candidates, rules, answer, options)
            .into_iter()
            .map(|gain| Gain {
                rule: obstacle(gain.rule, different),
                more_pairs: count(gain.more_pairs),
                freed: count(gain.freed.len()),
                score: gain.score,
            })
            .collect(),
        competing: count(shortage.competing.len()),
        scarce: count(shortage.scarce.len()),
        against_rules: options
            .changes
            .pinned
            .iter()
            .filter_map(|&(a, b)| {
                let against: Vec<Obstacle> =
                    matching::obstacles(&candidates[a], &candidates[b], rules)
                        .into_iter()
                        .map(|rule| obstacle(rule, different))
                        .collect();
                let (a, b) = (field.person(a), field.person(b));
                (!against.is_empty()).then_some((a, b, against))
            })
            .collect(),
        demands: candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| !candidate.must.is_empty())
            .map(|(index, candidate)| {
                let possible = matching::possible_partners(candidate, candidates, rules);
                (field.person(index), field.numbering.by_question(possible))
            })
            .collect(),
    }
}

pub(super) fn obstacle(rule: Rule, different: Different) -> Obstacle {
    match rule {
        Rule::SameCountry if different == Different::Organisation => Obstacle::Organisation,
        Rule::SameCountry => Obstacle::Country,
        Rule::SameRegion => Obstacle::Region,
        Rule::PastPartners => Obstacle::Met,
        Rule::Blocked => Obstacle::Blocked,
        Rule::NoSharedLanguage => Obstacle::Language,
        Rule::TooFarApart => Obstacle::Hours,
        Rule::MustWish => Obstacle::Wish,
        Rule::Roles => Obstacle::Roles,
        Rule::SamePerson | Rule::Forbidden => Obstacle::Forbidden,
        Rule::BelowFloor => Obstacle::Score,
    }
}

/// What the certificate proves, in words for a coordinator.
fn proof(answer: &matching::Proposal) -> String {
    let pairs = match answer.groups.len() {
        1 => "1 pair".to_string(),
        pairs => format!("{pairs} pairs"),
    };
    match answer.gap() {
        Some(gap) if gap <= 0.0 && answer.checked => format!(
            "{pairs}, {} points. Checked against all {} possible pairs: no other proposal under these rules \
             pairs more people, and none of as many pairs scores higher.",
            answer.score, answer.admissible_pairs
        ),
        Some(gap) => format!(
            "{pairs}, {} points; at most {:.3} % more is possible.",
            answer.score,
            gap * 100.0
        ),
        None => format!(
            "{pairs}, {} points; how much more is possible is not known.",
            answer.score
        ),
    }
}

/// The config's rules as the matching knows them.
pub fn rules(settings: &Settings) -> Rules {
    let pairing = &settings.pairing;
    Rules {
        different: match pairing.different {
            // What has to differ stands where the matching has the country: equal numbers mean equal things to it.
            Different::Country | Different::Organisation => matching::Different::Country,
            Different::Region => matching::Different::Region,
            Different::Nothing => matching::Different::Nothing,
        },
        shared_language: pairing.shared_language,
        max_hours_apart: pairing.max_hours_apart,
        weights: matching::Weights {
            wish: pairing.weights.wish,
            interest: pairing.weights.interest,
            waking_half_hour: pairing.weights.waking_half_hour,
            same_stage: pairing.weights.same_stage,
            same_sector: pairing.weights.same_sector,
            carry_over: pairing.weights.carry_over,
        },
        odd: match settings.odd {
            Odd::Trio => matching::Odd::Trio,
            // Whoever is asked about waits meanwhile.
            Odd::Wait | Odd::Ask => matching::Odd::Wait,
        },
        floor_percent: Rules::default().floor_percent,
    }
}
