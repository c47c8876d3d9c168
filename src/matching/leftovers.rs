//! When the time is over before the best matching is found: partners for those who are left without one.
//!
//! It is simple and quick, and proves nothing; how far from the best it can be is known from the bound.

use super::graph::{Graph, NONE};
use super::pairs::Pairs;

/// How often those who are still left are compared with others of them.
const ROUNDS: usize = 8;

/// Pairs people without a partner: with each other, or by exchanging partners with a pair that one of them is known
/// to fit, whichever has more points.
pub fn pair_leftovers(pairs: &impl Pairs, graph: &Graph, mate: &mut [u32]) {
    pair_known(graph, mate);
    let order = pairs.spread();
    for round in 0..ROUNDS {
        let left: Vec<u32> = order
            .iter()
            .copied()
            .filter(|&v| mate[v as usize] == NONE)
            .collect();
        if left.len() < 2 {
            return;
        }
        // Those half the list apart are likely to fit.
        let (front, back) = left.split_at(left.len() / 2);
        for (at, &a) in front.iter().enumerate() {
            let b = back[(at + round) % back.len()];
            if mate[b as usize] == NONE {
                join(pairs, graph, mate, a, b);
            }
        }
    }
}

/// Pairs people with the best of those whom the solver knows to fit, where that one is free, too.
fn pair_known(graph: &Graph, mate: &mut [u32]) {
    for v in 0..mate.len() {
        if mate[v] != NONE {
            continue;
        }
        let best = graph.neighbours[v]
            .iter()
            .filter(|edge| mate[edge.to as usize] == NONE)
            .max_by_key(|edge| edge.points);
        if let Some(edge) = best {
            mate[v] = edge.to;
            mate[edge.to as usize] = v as u32;
        }
    }
}

/// Finds partners for both of `a` and `b`, if that can be had by breaking one pair at most.
fn join(pairs: &impl Pairs, graph: &Graph, mate: &mut [u32], a: u32, b: u32) {
    let gain = |mate: &[u32], one: u32, other: u32| {
        let exchanges = graph.neighbours[one as usize].iter().filter_map(|edge| {
            let partner = mate[edge.to as usize];
            if partner == NONE || partner == other {
                return None;
            }
            let lost = pairs.points(edge.to, partner)?;
            let won = pairs.points(other, partner)?;
            Some((edge.points + won - lost, one, edge.to, other, partner))
        });
        exchanges.max()
    };
    let direct = pairs.points(a, b).map(|points| (points, a, b, NONE, NONE));
    let best = [direct, gain(mate, a, b), gain(mate, b, a)];
    let Some(&(_, one, its, other, theirs)) = best.iter().flatten().max() else {
        return;
    };
    for (u, v) in [(one, its), (other, theirs)] {
        if u != NONE {
            mate[u as usize] = v;
            mate[v as usize] = u;
        }
    }
}
