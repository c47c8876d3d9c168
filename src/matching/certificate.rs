//! Proves that a matching is the best, or says why not. Knows nothing of how it was found.
//!
//! With `w' = points + offset`, and all duals in units of one over `scale`, a matching has the largest total `w'` if
//!
//! ```text
//!   y >= 0,  z > 0,  every odd set has an odd number of members, at least three;
//!   y[u] + y[v] + (sum of z over the sets holding both) >= scale w'     for every admissible pair;
//!   sum(y) + sum(z (size - 1) / 2)  =  scale (total w' of the pairs).
//! ```
//!
//! Because: in any matching, add the second line up over its pairs. Each `y` is counted at most once, and each `z` at
//! most `(size - 1) / 2` times, so that no matching has a total above the left side of the third line; this one
//! reaches it (weak and strong duality; Edmonds 1965). With
//! `offset > (vertices / 2 - 1) (highest - lowest points) - lowest points`, one more pair is worth more than any
//! difference of points, so that the largest total `w'` means most pairs first, then most points.
//!
//! The admissible pairs come from [`Pairs`], which states the problem, and of which a check asks what the solver
//! asked: are there pairs worth more than their duals? The answer is found anew, for every pair.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use thiserror::Error;

use super::pairs::{Pairs, Work};
use super::proposal::{Certificate, OddSet};

/// What a successful check has established.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proven {
    pub pairs: usize,
    /// Points of all pairs.
    pub score: i64,
    /// Number of pairs that it was compared with.
    pub admissible: u64,
}

/// Why a certificate proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("the certificate is about {certificate} vertices, the graph has {graph}")]
    AnotherGraph { certificate: usize, graph: usize },
    #[error("there are {given} duals for {vertices} vertices")]
    DualsMissing { given: usize, vertices: usize },
    #[error("the scale is {0}; it has to be at least 1")]
    Scale(i64),
    #[error("the dual of vertex {0} is negative")]
    NegativeDual(u32),
    #[error("set {0} is not an odd set of at least three vertices with a positive dual")]
    NotAnOddSet(usize),
    #[error("vertex {0} is paired twice, with itself, or does not exist")]
    NoMatching(u32),
    #[error("the pair {0}-{1} is not admissible")]
    NotAdmissible(u32, u32),
    #[error("the pair {u}-{v} is worth {missing} more than its duals")]
    Violated { u: u32, v: u32, missing: i64 },
    #[error("the duals add up to {dual}, the pairs to {primal}: a better matching is not excluded")]
    Gap { dual: i128, primal: i128 },
    #[error("the offset {0} is too small to put the number of pairs first")]
    OffsetTooSmall(i64),
}

/// Checks that `certificate` proves its matching the best among all admissible `pairs`.
pub fn check(
    certificate: &Certificate,
    pairs: &impl Pairs,
    threads: usize,
) -> Result<Proven, Refusal> {
    let n = pairs.vertices();
    if certificate.vertices != n {
        return Err(Refusal::AnotherGraph {
            certificate: certificate.vertices,
            graph: n,
        });
    }
    if certificate.y.len() != n {
        return Err(Refusal::DualsMissing {
            given: certificate.y.len(),
            vertices: n,
        });
    }
    if certificate.scale < 1 {
        return Err(Refusal::Scale(certificate.scale));
    }
    if let Some(v) = certificate.y.iter().position(|&dual| dual < 0) {
        return Err(Refusal::NegativeDual(v as u32));
    }
    let sets = SetsOfVertices::new(n, &certificate.odd_sets)?;
    let (score, primal) = add_up_pairs(certificate, pairs)?;
    let dual = certificate
        .y
        .iter()
        .map(|&dual| i128::from(dual))
        .sum::<i128>()
        + sets.dual(&certificate.odd_sets);
    if dual != primal {
        return Err(Refusal::Gap { dual, primal });
    }
    let (lowest, highest) = pairs.range();
    let spread = i128::from(highest) - i128::from(lowest);
    let needed = (n as i128 / 2 - 1) * spread - i128::from(lowest);
    if i128::from(certificate.offset) <= needed && 2 * certificate.pairs.len() != n - n % 2 {
        return Err(Refusal::OffsetTooSmall(certificate.offset));
    }
    let admissible = check_all_pairs(certificate, pairs, &sets, threads)?;
    Ok(Proven {
        pairs: certificate.pairs.len(),
        score,
        admissible,
    })
}

/// Points of the pairs, and their worth in units of the duals.
fn add_up_pairs(certificate: &Certificate, pairs: &impl Pairs) -> Result<(i64, i128), Refusal> {
    let mut paired = vec![false; certificate.vertices];
    let (mut score, mut primal) = (0, 0);
    for &(u, v) in &certificate.pairs {
        for end in [u, v] {
            match paired.get_mut(end as usize) {
                Some(paired) if !*paired => *paired = true,
                _ => return Err(Refusal::NoMatching(end)),
            }
        }
        let points = pairs.points(u, v).ok_or(Refusal::NotAdmissible(u, v))?;
        score += i64::from(points);
        primal +=
            i128::from(certificate.scale) * (i128::from(points) + i128::from(certificate.offset));
    }
    Ok((score, primal))
}

/// Looks at every admissible pair; returns how many there are.
fn check_all_pairs(
    certificate: &Certificate,
    pairs: &impl Pairs,
    sets: &SetsOfVertices,
    threads: usize,
) -> Result<u64, Refusal> {
    /// Rows that a thread takes at a time.
    const ROWS: usize = 16;
    let n = certificate.vertices;
    let Certificate {
        offset, scale, y, ..
    } = certificate;
    // `Pairs` compares twice the points with duals, so that duals of another scale are brought to two; rounding them
    // up or down would be wrong, hence a scale of two is asked for first and anything else takes the slow way.
    let halves: Vec<i64> = match scale {
        2 => y.iter().map(|dual| dual.saturating_sub(*offset)).collect(),
        // Nothing is passed over: every pair is offered and compared below.
        _ => vec![-(1 << 40); n],
    };
    // Pairs within a set of more than half of all vertices are most pairs. Its dual is added for all of them at once,
    // so that only the others need a look of their own.
    let large = sets.large.as_ref().filter(|_| *scale == 2);
    let within: Option<Vec<i64>> = large.map(|large| {
        let duals = halves.iter().zip(&large.inside);
        duals
            .map(|(dual, inside)| dual + if *inside { large.z } else { 0 })
            .collect()
    });
    let next = AtomicUsize::new(0);
    let outcome: Mutex<Result<u64, Refusal>> = Mutex::new(Ok(0));
    let work = || {
        let (mut work, mut offers) = (Work::default(), Vec::new());
        let mut mine = Ok(0u64);
        loop {
            let first = next.fetch_add(ROWS, Ordering::Relaxed);
            if first >= n || mine.is_err() {
                break;
            }
            let last = n.min(first + ROWS);
            let block = pairs.block().min(n);
            for start in (first / block * block..n).step_by(block) {
                for u in first..last {
                    let columns = start.max(u + 1)..n.min(start + block);
                    if columns.is_empty() {
                        continue;
                    }
                    offers.clear();
                    let duals = match (&within, large) {
                        (Some(within), Some(large)) if large.inside[u] => within,
                        _ => &halves,
                    };
                    let seen =
                        pairs.above(u as u32, columns, duals, halves[u], &mut work, &mut offers);
                    if let Ok(count) = &mut mine {
                        *count += seen;
                    }
                    for offer in &offers {
                        let v = offer.v;
                        let have = i128::from(y[u])
                            + i128::from(y[v as usize])
                            + sets.around_both(u as u32, v);
                        let need =
                            i128::from(*scale) * (i128::from(offer.points) + i128::from(*offset));
                        if have < need {
                            let missing = i64::try_from(need - have).unwrap_or(i64::MAX);
                            mine = Err(Refusal::Violated {
                                u: u as u32,
                                v,
                                missing,
                            });
                        }
                    }
                }
            }
        }
        let mut outcome = outcome
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        *outcome = match (std::mem::replace(&mut *outcome, Ok(0)), mine) {
            (Ok(others), Ok(mine)) => Ok(others + mine),
            (Err(refusal), _) | (_, Err(refusal)) => Err(refusal),
        };
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    outcome
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// For each vertex, the sets that hold it.
struct SetsOfVertices {
    /// Numbers of sets, rising, one vertex after another.
    sets: Vec<u32>,
    starts: Vec<usize>,
    z: Vec<i64>,
    /// The set with the largest dual of those that hold more than half of all vertices.
    large: Option<LargeSet>,
}

struct LargeSet {
    z: i64,
    inside: Vec<bool>,
}

impl SetsOfVertices {
    fn new(vertices: usize, odd_sets: &[OddSet]) -> Result<SetsOfVertices, Refusal> {
        let mut starts = vec![0; vertices + 1];
        let mut last_seen = vec![usize::MAX; vertices];
        for (number, OddSet { z, members }) in odd_sets.iter().enumerate() {
            if *z <= 0 || members.len() < 3 || members.len() % 2 == 0 {
                return Err(Refusal::NotAnOddSet(number));
            }
            for &v in members {
                match last_seen.get_mut(v as usize) {
                    Some(last) if *last != number => *last = number,
                    _ => return Err(Refusal::NotAnOddSet(number)),
                }
                starts[v as usize + 1] += 1;
            }
        }
        for v in 0..vertices {
            starts[v + 1] += starts[v];
        }
        let mut next = starts.clone();
        let mut sets = vec![0; starts[vertices]];
        for (number, set) in odd_sets.iter().enumerate() {
            for &v in &set.members {
                sets[next[v as usize]] = number as u32;
                next[v as usize] += 1;
            }
        }
        let large = odd_sets
            .iter()
            // Far from the edge of 64 bits, so that it can be added to any sensible dual.
            .filter(|set| 2 * set.members.len() > vertices && set.z < i64::MAX / 8)
            .max_by_key(|set| set.z)
            .map(|set| {
                let mut inside = vec![false; vertices];
                for &v in &set.members {
                    inside[v as usize] = true;
                }
                LargeSet { z: set.z, inside }
            });
        Ok(SetsOfVertices {
            sets,
            starts,
            z: odd_sets.iter().map(|set| set.z).collect(),
            large,
        })
    }

    fn dual(&self, odd_sets: &[OddSet]) -> i128 {
        odd_sets
            .iter()
            .map(|set| i128::from(set.z) * (set.members.len() / 2) as i128)
            .sum()
    }

    fn of(&self, v: u32) -> &[u32] {
        &self.sets[self.starts[v as usize]..self.starts[v as usize + 1]]
    }

    /// Sum of the duals of the sets that hold both.
    fn around_both(&self, u: u32, v: u32) -> i128 {
        let (mut a, mut b) = (self.of(u), self.of(v));
        let mut sum = 0;
        while let (Some(&set_a), Some(&set_b)) = (a.first(), b.first()) {
            if set_a == set_b {
                sum += i128::from(self.z[set_a as usize]);
            }
            if set_a <= set_b {
                a = &a[1..];
            }
            if set_b <= set_a {
                b = &b[1..];
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::graph::Pair;
    use crate::matching::pairs::ListedPairs;

    /// A triangle with one more vertex hanging on it: 0-1-2 of 4 points each, 2-3 of 1 point.
    fn example() -> (ListedPairs, Certificate) {
        let pair = |u, v, points| Pair { u, v, points };
        let graph = ListedPairs::new(
            4,
            &[pair(0, 1, 4), pair(1, 2, 4), pair(0, 2, 4), pair(2, 3, 1)],
        );
        // Offset 10: w' is 14 in the triangle, 11 on the tail; the best is 0-1 with 2-3, worth 25.
        let certificate = Certificate {
            vertices: 4,
            offset: 10,
            scale: 2,
            pairs: vec![(0, 1), (2, 3)],
            y: vec![11, 11, 11, 11],
            odd_sets: vec![OddSet {
                z: 6,
                members: vec![0, 1, 2],
            }],
        };
        (graph, certificate)
    }

    #[test]
    fn a_true_certificate_is_accepted() {
        let (graph, certificate) = example();
        let proven = check(&certificate, &graph, 1);
        let expected = Proven {
            pairs: 2,
            score: 5,
            admissible: 4,
        };
        assert_eq!(proven, Ok(expected));
    }

    #[test]
    fn every_change_of_a_certificate_is_refused() {
        let refused = |change: &dyn Fn(&mut Certificate)| {
            let (graph, mut certificate) = example();
            change(&mut certificate);
            check(&certificate, &graph, 1).is_err()
        };
        for v in 0..4 {
            assert!(refused(&|c| c.y[v] += 1), "dual {v} too large");
            assert!(refused(&|c| c.y[v] -= 1), "dual {v} too small");
            assert!(refused(&|c| c.y[v] = -11), "dual {v} negative");
        }
        // Moving a dual from one vertex to another keeps the sum, but not the pairs.
        assert!(refused(&|c| (c.y[0], c.y[3]) = (12, 10)));
        assert!(refused(&|c| c.odd_sets.clear()));
        assert!(refused(&|c| c.odd_sets[0].z = -6));
        assert!(refused(&|c| c.odd_sets[0].members = vec![0, 1, 3]));
        assert!(refused(&|c| c.odd_sets[0].members = vec![0, 1, 1]));
        assert!(refused(&|c| c.odd_sets[0].members = vec![0, 1, 2, 3]));
        assert!(refused(&|c| c.odd_sets[0].members = vec![0, 1, 9]));
        assert!(refused(&|c| c.pairs = vec![(0, 2), (1, 3)]));
        assert!(refused(&|c| c.pairs = vec![(0, 1), (1, 2)]));
        assert!(refused(&|c| c.pairs = vec![(0, 1), (2, 7)]));
        assert!(refused(&|c| {
            c.pairs.pop();
        }));
        assert!(refused(&|c| c.offset += 1));
        assert!(refused(&|c| c.scale = 1));
        assert!(refused(&|c| c.scale = 0));
        assert!(refused(&|c| c.vertices = 5));
        assert!(refused(&|c| {
            c.y.pop();
        }));
    }

    #[test]
    fn fewer_pairs_are_not_the_best_however_good_they_are() {
        let pair = |u, v, points| Pair { u, v, points };
        let path = ListedPairs::new(4, &[pair(0, 1, 1), pair(1, 2, 9), pair(2, 3, 1)]);
        let mut certificate = Certificate {
            vertices: 4,
            offset: 0,
            scale: 2,
            pairs: vec![(1, 2)],
            y: vec![0, 9, 9, 0],
            odd_sets: Vec::new(),
        };
        assert_eq!(
            check(&certificate, &path, 1),
            Err(Refusal::OffsetTooSmall(0))
        );
        certificate.offset = 9;
        certificate.y = vec![0, 18 + 9, 9, 0];
        assert!(check(&certificate, &path, 1).is_err());
    }
}
