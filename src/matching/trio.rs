//! Three people together, where the number is odd.

use super::candidate::{Candidate, Role};
use super::proposal::{Changes, Proposal};
use super::rules::{Rules, admissible};
use super::score::Scoring;

/// Lets the odd one join the pair that suits: all hard rules hold between all three, and the weaker of the two new
/// scores is as high as possible, and above the floor.
/// Returns whether there is such a pair.
pub fn make_trio(
    proposal: &mut Proposal,
    odd: usize,
    candidates: &[Candidate],
    rules: &Rules,
    scoring: &Scoring,
    changes: &Changes,
) -> bool {
    let floor = proposal.floor.unwrap_or(i64::MIN);
    let score_with = |member: usize| -> Option<i64> {
        let (a, b) = (&candidates[odd], &candidates[member]);
        let forbidden = |&(one, other): &(usize, usize)| {
            (one, other) == (odd, member) || (other, one) == (odd, member)
        };
        if a.role != Role::Peer
            || admissible(a, b, rules).is_err()
            || changes.forbidden.iter().any(forbidden)
        {
            return None;
        }
        let parts = scoring.parts(a, b);
        Some(parts.total() - parts.carry_over).filter(|&score| score >= floor)
    };
    let best = proposal
        .groups
        .iter_mut()
        .filter(|group| !group.pinned)
        .filter_map(|group| {
            let weaker = score_with(group.members[0])?.min(score_with(group.members[1])?);
            Some((weaker, group))
        })
        .max_by_key(|(weaker, group)| (*weaker, std::cmp::Reverse(group.members[0])));
    let Some((_, group)) = best else {
        return false;
    };
    group.members.push(odd);
    proposal.unmatched.clear();
    true
}
