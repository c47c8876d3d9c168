//! From candidates to a proposal: what is best, and in which order of importance.

use super::candidate::{Candidate, Role};
use super::proposal::{Group, Options, Proposal};
use super::rules::{Odd, Rules, admissible};
use super::score::Scoring;

/// The best pairs among `candidates`: as many as possible first, then the largest total score.
pub fn propose(candidates: &[Candidate], rules: &Rules, options: &Options) -> Proposal {
    let scoring = Scoring::new(candidates, rules);
    let changes = &options.changes;
    let mut taken = vec![0u32; candidates.len()];
    let mut proposal = Proposal::default();
    let valid = |person: usize| person < candidates.len() && !changes.held.contains(&person);
    for &(a, b) in &changes.pinned {
        if valid(a) && valid(b) && a != b {
            taken[a] += 1;
            taken[b] += 1;
            proposal
                .groups
                .push(group(&scoring, candidates, a, b, true));
        }
    }
    let mut seats = Vec::new();
    let mut order: Vec<usize> = (0..candidates.len())
        .filter(|person| !changes.held.contains(person))
        .collect();
    order.sort_by_key(|&person| candidates[person].id);
    for &person in &order {
        let capacity = match candidates[person].role {
            Role::Mentor { capacity } => capacity,
            Role::Peer | Role::Mentee => 1,
        };
        for _ in taken[person]..capacity {
            seats.push(person);
        }
    }
    let count = seats.len();
    let mut weight = vec![0i64; count * count];
    let offset = 1i64 << 32;
    for i in 0..count {
        for j in i + 1..count {
            let (a, b) = (seats[i], seats[j]);
            let forbidden =
                changes.forbidden.contains(&(a, b)) || changes.forbidden.contains(&(b, a));
            if !forbidden && admissible(&candidates[a], &candidates[b], rules).is_ok() {
                weight[i * count + j] =
                    offset + scoring.parts(&candidates[a], &candidates[b]).total();
            }
        }
    }
    for (i, partner) in integer_blossom::max_weight_matching(&weight, count)
        .into_iter()
        .enumerate()
    {
        if let Some(j) = partner
            && i < j
        {
            taken[seats[i]] += 1;
            taken[seats[j]] += 1;
            proposal
                .groups
                .push(group(&scoring, candidates, seats[i], seats[j], false));
        }
    }
    proposal.unmatched = order
        .iter()
        .copied()
        .filter(|&person| taken[person] == 0)
        .collect();
    proposal.unmatched.sort_unstable();
    if rules.odd == Odd::Trio && proposal.unmatched.len() == 1 {
        make_trio(&mut proposal, candidates, rules, &scoring);
    }
    proposal.groups.sort_by(|a, b| a.members.cmp(&b.members));
    proposal.score = proposal.groups.iter().map(|group| group.score).sum();
    proposal.bound = proposal.score;
    proposal.most_pairs = true;
    proposal
}

fn group(scoring: &Scoring, candidates: &[Candidate], a: usize, b: usize, pinned: bool) -> Group {
    let (a, b) = (a.min(b), a.max(b));
    let parts = scoring.parts(&candidates[a], &candidates[b]);
    Group {
        members: vec![a, b],
        score: parts.total(),
        parts,
        pinned,
    }
}

/// Lets the odd one join the pair that suits: all hard rules hold between all three, and the weaker of the two new
/// scores is as high as possible.
fn make_trio(proposal: &mut Proposal, candidates: &[Candidate], rules: &Rules, scoring: &Scoring) {
    let Some(&odd) = proposal.unmatched.first() else {
        return;
    };
    let score_with = |member: usize| -> Option<i64> {
        let (a, b) = (&candidates[odd], &candidates[member]);
        if a.role != Role::Peer || admissible(a, b, rules).is_err() {
            return None;
        }
        Some(scoring.parts(a, b).total())
    };
    let best = proposal
        .groups
        .iter_mut()
        .filter_map(|group| {
            let weaker = score_with(group.members[0])?.min(score_with(group.members[1])?);
            Some((weaker, group))
        })
        .max_by_key(|(weaker, group)| (*weaker, std::cmp::Reverse(group.members[0])));
    if let Some((_, group)) = best {
        group.members.push(odd);
        proposal.unmatched.clear();
    }
}
