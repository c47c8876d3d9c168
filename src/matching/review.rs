//! What coordinators ask of a proposal: why is somebody without a partner, what would a relaxed rule gain, what would
//! a demanded pair cost, who is hard to place.
//!
//! Gains and costs are not guessed: the question is solved again.

use super::candidate::{Candidate, Wish};
use super::objective::propose;
use super::proposal::{Certificate, Changes, Group, OddSet, Options, Proposal};
use super::rules::{Different, Rule, Rules, obstacles};
use super::score::merged_wishes;

/// Why somebody is without a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyUnmatched {
    /// How many others would be admissible partners.
    pub admissible: usize,
    /// For each hard rule, how many others it forbids.
    pub forbidden_by: Vec<(Rule, usize)>,
    /// For each hard rule, how many others nothing else forbids.
    pub forbidden_only_by: Vec<(Rule, usize)>,
}

/// Counts, rule by rule, who is out of the question for a person.
pub fn why_unmatched(candidates: &[Candidate], rules: &Rules, person: usize) -> WhyUnmatched {
    let mut why = WhyUnmatched {
        admissible: 0,
        forbidden_by: Vec::new(),
        forbidden_only_by: Vec::new(),
    };
    let add = |counts: &mut Vec<(Rule, usize)>, rule: Rule| match counts
        .iter_mut()
        .find(|entry| entry.0 == rule)
    {
        Some((_, count)) => *count += 1,
        None => counts.push((rule, 1)),
    };
    let Some(own) = candidates.get(person) else {
        return why;
    };
    for (_, other) in candidates
        .iter()
        .enumerate()
        .filter(|&(index, _)| index != person)
    {
        let obstacles = obstacles(own, other, rules);
        if obstacles.is_empty() {
            why.admissible += 1;
        }
        if let [rule] = obstacles[..] {
            add(&mut why.forbidden_only_by, rule);
        }
        for rule in obstacles {
            add(&mut why.forbidden_by, rule);
        }
    }
    let most_first = |entry: &(Rule, usize)| (std::cmp::Reverse(entry.1), entry.0);
    why.forbidden_by.sort_by_key(most_first);
    why.forbidden_only_by.sort_by_key(most_first);
    why
}

/// How many partners somebody can have, and what their own demands cost them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PossiblePartners {
    pub count: usize,
    /// For each of the person's "must" wishes, how many there would be if that one alone were dropped. Two about the
    /// same question are one.
    pub without: Vec<(Wish, usize)>,
}

/// Counts those of `others` who could be a partner of `candidate` under the hard rules; the candidate may be among
/// them. Nothing is matched: it takes one look at each.
pub fn possible_partners(
    candidate: &Candidate,
    others: &[Candidate],
    rules: &Rules,
) -> PossiblePartners {
    let demands = merged_wishes(&candidate.must);
    let content = Candidate {
        must: Vec::new(),
        ..candidate.clone()
    };
    let mut count = 0;
    let mut only_missing = vec![0; demands.len()];
    for other in others {
        let mut unmet = (0..demands.len()).filter(|&demand| !other.meets(&demands[demand]));
        let (first, second) = (unmet.next(), unmet.next());
        if second.is_some() || !obstacles(&content, other, rules).is_empty() {
            continue;
        }
        match first {
            None => count += 1,
            Some(demand) => only_missing[demand] += 1,
        }
    }
    let without = demands
        .into_iter()
        .zip(only_missing)
        .map(|(demand, more)| (demand, count + more))
        .collect();
    PossiblePartners { count, without }
}

/// People of whom there are too many for the partners that are possible for them, and those they compete for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shortage {
    /// Only some of these can have a partner.
    pub competing: Vec<usize>,
    /// The partners that they compete for, all taken.
    pub scarce: Vec<usize>,
}

/// Reads the shortage off the proof: where not all can be paired, the duals of those who compete are near zero, and
/// those of their possible partners near twice the offset (the witness of Tutte and Berge). Nothing where nobody is
/// left, or nothing is proven.
pub fn shortage(candidates: &[Candidate], proposal: &Proposal) -> Shortage {
    // Where the number is odd and nothing else stands in the way, the proof holds all together in one odd set.
    let merely_odd = |certificate: &&Certificate| {
        let all = |set: &OddSet| set.members.len() == certificate.vertices;
        certificate
            .odd_sets
            .iter()
            .any(|set| all(set) && set.z > certificate.offset)
    };
    let certificate = proposal
        .certificate
        .as_ref()
        .filter(|_| !proposal.unmatched.is_empty());
    let Some(certificate) = certificate.filter(|certificate| !merely_odd(certificate)) else {
        return Shortage::default();
    };
    let people = || {
        certificate
            .y
            .iter()
            .take(candidates.len())
            .copied()
            .enumerate()
    };
    let (low, high) = (
        certificate.offset / 2,
        certificate.offset + certificate.offset / 2,
    );
    Shortage {
        competing: people()
            .filter(|&(_, dual)| dual < low)
            .map(|(person, _)| person)
            .collect(),
        scarce: people()
            .filter(|&(_, dual)| dual > high)
            .map(|(person, _)| person)
            .collect(),
    }
}

/// What it would gain to relax a rule for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relaxation {
    pub rule: Rule,
    /// More pairs than now.
    pub more_pairs: usize,
    /// Change of the total score.
    pub score: i64,
    /// Who would have a partner, and has none now.
    pub freed: Vec<usize>,
}

/// Solves again with each rule relaxed in turn. Past partners and blocked pairs are never relaxed.
pub fn relaxations(
    candidates: &[Candidate],
    rules: &Rules,
    proposal: &Proposal,
    options: &Options,
) -> Vec<Relaxation> {
    let mut relaxed: Vec<(Rule, Rules, Option<Vec<Candidate>>)> = Vec::new();
    match rules.different {
        Different::Nothing => {}
        Different::Country => relaxed.push((
            Rule::SameCountry,
            with(rules, |r| r.different = Different::Nothing),
            None,
        )),
        Different::Region => relaxed.push((
            Rule::SameRegion,
            with(rules, |r| r.different = Different::Country),
            None,
        )),
    }
    if rules.shared_language {
        relaxed.push((
            Rule::NoSharedLanguage,
            with(rules, |r| r.shared_language = false),
            None,
        ));
    }
    if rules.max_hours_apart.is_some() {
        relaxed.push((
            Rule::TooFarApart,
            with(rules, |r| r.max_hours_apart = None),
            None,
        ));
    }
    if candidates.iter().any(|person| !person.must.is_empty()) {
        let mut content = candidates.to_vec();
        for person in &mut content {
            // What was demanded is still wished for.
            let demanded = std::mem::take(&mut person.must);
            person.like.extend(demanded);
        }
        relaxed.push((Rule::MustWish, rules.clone(), Some(content)));
    }
    relaxed
        .into_iter()
        .map(|(rule, rules, people)| {
            let attempt = propose(
                people.as_deref().unwrap_or(candidates),
                &rules,
                &again(options, options.changes.clone()),
            );
            Relaxation {
                rule,
                more_pairs: attempt.groups.len().saturating_sub(proposal.groups.len()),
                score: attempt.score - proposal.score,
                freed: proposal
                    .unmatched
                    .iter()
                    .copied()
                    .filter(|person| !attempt.unmatched.contains(person))
                    .collect(),
            }
        })
        .collect()
}

/// What it would cost to demand a pair: the score that all others lose, and pairs that are lost. The pair may break
/// rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub score: i64,
    pub pairs: usize,
}

/// Solves again with `a` and `b` pinned to each other, beside all earlier changes.
pub fn cost_of_pairing(
    candidates: &[Candidate],
    rules: &Rules,
    proposal: &Proposal,
    options: &Options,
    a: usize,
    b: usize,
) -> Cost {
    let mut changes = options.changes.clone();
    changes.pinned.push((a, b));
    let mut again = again(options, changes);
    again.floor = proposal.floor;
    let forced = propose(candidates, rules, &again);
    Cost {
        score: proposal.score - forced.score,
        pairs: proposal.groups.len().saturating_sub(forced.groups.len()),
    }
}

impl Proposal {
    /// The groups with the lowest scores, the lowest first.
    pub fn worst(&self, count: usize) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.groups.iter().collect();
        groups.sort_by_key(|group| group.score);
        groups.truncate(count);
        groups
    }

    /// The scores in ten steps of equal width: the lower end of each, and how many groups are in it.
    pub fn distribution(&self) -> Vec<(i64, u32)> {
        let scores = || self.groups.iter().map(|group| group.score);
        let (Some(lowest), Some(highest)) = (scores().min(), scores().max()) else {
            return Vec::new();
        };
        let width = ((highest - lowest) / 10 + 1).max(1);
        let mut steps: Vec<(i64, u32)> = (0..10).map(|step| (lowest + step * width, 0)).collect();
        for score in scores() {
            steps[((score - lowest) / width) as usize].1 += 1;
        }
        steps
    }

    /// The people who have few good partners, the hardest to place first: those with the lowest duals. Nothing
    /// without a proof.
    pub fn hard_to_place(&self, count: usize) -> Vec<usize> {
        let Some(certificate) = &self.certificate else {
            return Vec::new();
        };
        let matched = self
            .groups
            .iter()
            .flat_map(|group| group.members.iter().copied());
        let mut people: Vec<usize> = matched.collect();
        people.sort_unstable();
        people.dedup();
        people.sort_by_key(|&person| certificate.y[person]);
        people.truncate(count);
        people
    }
}

fn with(rules: &Rules, change: impl FnOnce(&mut Rules)) -> Rules {
    let mut rules = rules.clone();
    change(&mut rules);
    rules
}

/// The same way of working, with other changes and a floor of its own.
fn again<'a>(options: &Options<'a>, changes: Changes) -> Options<'a> {
    Options {
        threads: options.threads,
        keep_going: options.keep_going,
        progress: options.progress,
        changes,
        floor: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::{Trait, Wish};

    fn person(id: i64, country: u16, languages: u64) -> Candidate {
        Candidate {
            id,
            country,
            languages,
            ..Candidate::default()
        }
    }

    #[test]
    fn too_many_of_one_country_are_shown_as_competing_for_the_others() {
        let mut people: Vec<Candidate> = (0..5).map(|id| person(id, 0, 1)).collect();
        people.extend([person(5, 1, 1), person(6, 2, 1)]);
        let rules = Rules::default();
        let proposal = propose(&people, &rules, &Options::default());
        assert_eq!((proposal.groups.len(), proposal.unmatched.len()), (2, 3));
        let shortage = shortage(&people, &proposal);
        assert_eq!(shortage.competing, [0, 1, 2, 3, 4]);
        assert_eq!(shortage.scarce, [5, 6]);
        let why = why_unmatched(&people, &rules, proposal.unmatched[0]);
        assert_eq!(why.admissible, 2);
        assert_eq!(why.forbidden_only_by, [(Rule::SameCountry, 4)]);
        let gains = relaxations(&people, &rules, &proposal, &Options::default());
        let country = gains
            .iter()
            .find(|gain| gain.rule == Rule::SameCountry)
            .expect("tried");
        assert_eq!(
            country.more_pairs, 1,
            "three pairs, and the seventh joins one"
        );
        assert_eq!(country.freed, proposal.unmatched);
        let language = gains
            .iter()
            .find(|gain| gain.rule == Rule::NoSharedLanguage)
            .expect("tried");
        assert_eq!((language.more_pairs, language.freed.len()), (0, 0));
    }

    #[test]
    fn an_applicant_hears_which_demand_leaves_them_few_partners() {
        let mut people: Vec<Candidate> = (0..8).map(|id| person(id, id as u16, 1)).collect();
        for (index, other) in people.iter_mut().enumerate() {
            other.sector = Some((index / 4) as u8);
            other.stage = Some((index % 2) as u8);
        }
        people[7].must = vec![Wish::new(Trait::Sector, &[5])];
        people[0].sector = Some(3);
        people[0].must = vec![
            Wish::new(Trait::Sector, &[1]),
            Wish::new(Trait::Stage, &[1]),
        ];
        let possible = possible_partners(&people[0], &people, &Rules::default());
        // 5 and 7 are what is demanded, but 7 demands something, too.
        assert_eq!(possible.count, 1);
        let without: Vec<usize> = possible.without.iter().map(|entry| entry.1).collect();
        assert_eq!(without, [3, 3], "1 and 3 beside 5; 4 and 6 beside 5");
        let mut content = people[0].clone();
        content.must.clear();
        let possible = possible_partners(&content, &people, &Rules::default());
        assert_eq!((possible.count, possible.without.len()), (6, 0));
    }

    #[test]
    fn a_demanded_pair_costs_what_the_others_lose() {
        let mut people: Vec<Candidate> = (0..4).map(|id| person(id, id as u16, 1)).collect();
        people[0].like = vec![Wish::new(Trait::Sector, &[1])];
        people[1].sector = Some(1);
        let rules = Rules {
            floor_percent: 0,
            ..Rules::default()
        };
        let proposal = propose(&people, &rules, &Options::default());
        assert_eq!(proposal.partner_of(0), Some(1));
        let cost = |a, b| cost_of_pairing(&people, &rules, &proposal, &Options::default(), a, b);
        assert_eq!(cost(0, 1), Cost { score: 0, pairs: 0 });
        assert_eq!(
            cost(0, 2),
            Cost {
                score: 200,
                pairs: 0
            },
            "the wish"
        );
    }

    #[test]
    fn the_summary_counts_every_group_once() {
        let people: Vec<Candidate> = (0..30)
            .map(|id| Candidate {
                zone_offset_minutes: id as i32 * 40 - 600,
                ..person(id, id as u16 % 7, 1)
            })
            .collect();
        let proposal = propose(&people, &Rules::default(), &Options::default());
        let counted: u32 = proposal.distribution().iter().map(|step| step.1).sum();
        assert_eq!(counted as usize, proposal.groups.len());
        let worst = proposal.worst(3);
        assert!(worst[0].score <= worst[2].score);
        assert_eq!(
            worst[0].score,
            proposal
                .groups
                .iter()
                .map(|group| group.score)
                .min()
                .unwrap_or(0)
        );
        assert_eq!(proposal.hard_to_place(4).len(), 4);
    }
}
