//! Candidates in, pairs with a proof out. Knows no mail, no rounds and no names; it reads no clock and no file.
//!
//! [`propose`] is the door. `candidate` says what a person looks like from here, `rules` who may be paired, `score`
//! how good a pair is.

mod blossom;
mod candidate;
pub mod certificate;
mod explanation;
mod graph;
mod half_integral;
mod listed;
mod nest;
mod objective;
mod pairs;
mod pricing;
mod proposal;
pub mod reference;
mod rules;
mod score;
mod score_table;
mod solve;

pub use candidate::{Candidate, Role, Trait, Wish};
pub use explanation::{Explanation, Reason, Side, Unmet, explain};
pub use listed::{GivenGraph, GraphError, GraphMatching, check_graph, match_graph};
pub use objective::{admissible_pairs, propose};
pub use proposal::{Certificate, ChangeError, Changes, Group, OddSet, Options, Progress, Proposal};
pub use rules::{Different, Odd, Rule, Rules, Weights, admissible, minutes_apart, obstacles};
pub use score::{Parts, Scoring, contentment, shared_waking_half_hours};

#[cfg(test)]
mod objective_tests;
#[cfg(test)]
mod solver_tests;
