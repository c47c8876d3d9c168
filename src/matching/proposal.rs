//! What is asked of the matching, and what it answers.

use thiserror::Error;

use super::candidate::{Candidate, Role};
use super::score::Parts;

/// How to work, as opposed to what is asked for: none of it changes an answer that was worked out to the end.
pub struct Options<'a> {
    /// Threads that score pairs. 0 and 1 both mean one.
    pub threads: usize,
    /// Asked now and then; as soon as it says no, the best matching so far is returned with its bound.
    pub keep_going: &'a dyn Fn() -> bool,
    /// Told now and then how far the work has come.
    pub progress: &'a dyn Fn(&Progress),
    /// What the coordinators demand beyond the rules.
    pub changes: Changes,
    /// The floor of an earlier proposal for the same people, so that a change does not move it and need not look for
    /// it anew.
    pub floor: Option<i64>,
}

impl Default for Options<'_> {
    /// One thread, no budget, nobody to tell, no changes.
    fn default() -> Self {
        Options {
            threads: 1,
            keep_going: &|| true,
            progress: &|_| {},
            changes: Changes::default(),
            floor: None,
        }
    }
}

/// What coordinators demand of a matching. People are indices into the candidates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// These two are a pair, whatever the rules say. A person can be pinned once (a mentor once for each seat).
    pub pinned: Vec<(usize, usize)>,
    /// These two are not.
    pub forbidden: Vec<(usize, usize)>,
    /// These stay out.
    pub held: Vec<usize>,
}

/// Why changes make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ChangeError {
    #[error("there is nobody with number {0}")]
    NoSuchPerson(usize),
    #[error("{0} cannot be pinned to themselves")]
    PinnedToThemselves(usize),
    #[error("{0} is pinned more often than there are places")]
    PinnedTooOften(usize),
    #[error("{0} is both pinned and held")]
    PinnedAndHeld(usize),
    #[error("{0} and {1} are both pinned and forbidden")]
    PinnedAndForbidden(usize, usize),
}

impl Changes {
    /// Whether the changes make sense together, for these candidates.
    pub fn check(&self, candidates: &[Candidate]) -> Result<(), ChangeError> {
        let pairs = || self.pinned.iter().chain(&self.forbidden).copied();
        let named = pairs()
            .flat_map(|(a, b)| [a, b])
            .chain(self.held.iter().copied());
        for person in named {
            if person >= candidates.len() {
                return Err(ChangeError::NoSuchPerson(person));
            }
        }
        let mut pins = vec![0u32; candidates.len()];
        for &(a, b) in &self.pinned {
            if a == b {
                return Err(ChangeError::PinnedToThemselves(a));
            }
            if self.forbidden.contains(&(a, b)) || self.forbidden.contains(&(b, a)) {
                return Err(ChangeError::PinnedAndForbidden(a, b));
            }
            for person in [a, b] {
                pins[person] += 1;
                let places = match candidates[person].role {
                    Role::Mentor { capacity } => capacity,
                    Role::Peer | Role::Mentee => 1,
                };
                if self.held.contains(&person) {
                    return Err(ChangeError::PinnedAndHeld(person));
                }
                if pins[person] > places {
                    return Err(ChangeError::PinnedTooOften(person));
                }
            }
        }
        Ok(())
    }

    /// Adds what exchanging the partners of `a` and `b` means: `a` is pinned to the partner of `b`, and the other
    /// way round. `partner_of` gives today's partners; where one has none, the other's partner changes sides.
    pub fn swap(&mut self, a: usize, b: usize, partner_of: impl Fn(usize) -> Option<usize>) {
        for (one, other) in [(a, b), (b, a)] {
            if let Some(partner) = partner_of(other)
                && partner != one
            {
                self.pinned.push((one, partner));
            }
        }
    }
}

/// How far the work has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Rounds of pricing so far.
    pub pricing_rounds: u32,
    /// Points of the best matching so far, and what no matching can exceed, where known.
    pub score: Option<i64>,
    pub bound: Option<i64>,
}

/// Pairs, with the proof that no others are better.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Proposal {
    /// In the order of their first member; a mentor stands in as many groups as they have mentees.
    pub groups: Vec<Group>,
    /// Indices of the candidates without any partner, rising. Held ones are not among them.
    pub unmatched: Vec<usize>,
    /// Points of all pairs; pinned ones are counted, the third members of trios are not.
    pub score: i64,
    /// No set of as many pairs under these rules scores more than this. Equal to `score` when solved to the end.
    /// `None` when the work was stopped before anything was known.
    pub bound: Option<i64>,
    /// Whether `bound` also proves that no more pairs are possible.
    pub most_pairs: bool,
    /// The lowest score that was allowed to a pair (without what is carried over), where there is a floor.
    pub floor: Option<i64>,
    /// Proves the matching to be the best. `None` when the work was stopped early.
    pub certificate: Option<Certificate>,
    /// Whether the certificate was checked against every admissible pair, by code that knows nothing of the solver.
    pub checked: bool,
    /// Pairs that were admissible, where they were counted (in the check).
    pub admissible_pairs: u64,
    pub pricing_rounds: u32,
}

impl Proposal {
    /// How much better another solution could be, as a share of the score; 0 when proven best.
    pub fn gap(&self) -> Option<f64> {
        Some((self.bound? - self.score) as f64 / self.score.max(1) as f64)
    }

    /// Today's partner of somebody, the first one where there are several.
    pub fn partner_of(&self, person: usize) -> Option<usize> {
        let group = self
            .groups
            .iter()
            .find(|group| group.members.contains(&person))?;
        group
            .members
            .iter()
            .copied()
            .find(|&member| member != person)
    }
}

/// People who are put together.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Indices of the candidates: a pair, then the one who joined it, if it is a trio.
    pub members: Vec<usize>,
    /// Points of the pair.
    pub score: i64,
    pub parts: Parts,
    /// Whether coordinators demanded it.
    pub pinned: bool,
}

/// A proof by linear programming duality that a matching is the best; `certificate` says what has to hold.
///
/// Vertices are the indices of the candidates; further seats of mentors with several follow after them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certificate {
    /// Number of vertices.
    pub vertices: usize,
    /// Added to the points of every pair, so large that one more pair always counts more than any points.
    pub offset: i64,
    /// The duals are in units of one over this.
    pub scale: i64,
    pub pairs: Vec<(u32, u32)>,
    /// One dual for each vertex, none negative.
    pub y: Vec<i64>,
    pub odd_sets: Vec<OddSet>,
}

/// An odd number of vertices, of which one has to stay without a partner among the others, and the dual of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddSet {
    pub z: i64,
    pub members: Vec<u32>,
}
