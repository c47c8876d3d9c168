//! Candidates in, pairs with a proof out. Knows no mail, no rounds and no names; it reads no clock and no file.
//!
//! [`propose`] is the door. The files, from what is asked to how it is answered:
//!
//! | file | what it is about |
//! |---|---|
//! | `candidate`, `rules`, `score` | what a person looks like from here, who may be paired, how good a pair is |
//! | `proposal` | what is asked (changes, budget) and what is answered (groups, bound, proof) |
//! | `objective`, `trio` | what is best: as many as possible, nobody below the floor, the largest total; the odd one |
//! | `seats` | from people to what the solver pairs, and back to a proposal with its proof |
//! | `explanation`, `review` | why a pair, why none, what a change would gain or cost |
//! | `pairs`, `score_table` | all admissible pairs, as a question that is quick to answer for a whole row |
//! | `solve` | the whole way, in stages, from pairs to a proven best matching |
//! | `half_integral`, `blossom` | the two solvers, on the pairs known so far |
//! | `graph`, `events`, `nest` | what they work on: sparse pairs; what happens next; blossoms within blossoms |
//! | `pricing` | which of all the other pairs the solvers have to know |
//! | `leftovers` | partners for those left over when the time is over |
//! | `certificate` | the proof, checked by code that knows nothing of the above solvers |
//! | `listed`, `reference` | graphs from a list, and a fixed score: for comparisons |
//!
//! Read `solve` first, then `graph` and `half_integral`; `blossom` is the hard part.

mod blossom;
mod candidate;
pub mod certificate;
mod events;
mod explanation;
mod graph;
mod half_integral;
mod leftovers;
mod listed;
mod nest;
mod objective;
mod pairs;
mod pricing;
mod proposal;
pub mod reference;
mod review;
mod rules;
mod score;
mod score_table;
mod seats;
mod solve;
mod trio;

pub use candidate::{Candidate, Role, Trait, Wish};
pub use explanation::{Explanation, Reason, Side, Unmet, explain};
pub use listed::{GivenGraph, GraphError, GraphMatching, check_graph, match_graph};
pub use objective::{Session, propose};
pub use proposal::{Certificate, ChangeError, Changes, Group, OddSet, Options, Progress, Proposal};
pub use review::{
    Cost, PossiblePartners, Relaxation, Shortage, WhyUnmatched, cost_of_pairing, possible_partners,
    relaxations, shortage, why_unmatched,
};
pub use rules::{Different, Odd, Rule, Rules, Weights, admissible, minutes_apart, obstacles};
pub use score::{Parts, Scoring, contentment, shared_waking_half_hours};
pub use seats::admissible_pairs;

#[cfg(test)]
mod objective_tests;
#[cfg(test)]
mod solver_tests;
