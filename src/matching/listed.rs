//! Matching a graph that is given as a list, or people in the columns of a published comparison: for those who want
//! to compare, and for tests. Rounds go through [`propose`](super::propose).

use thiserror::Error;

use super::certificate::{Proven, Refusal, check};
use super::graph::Pair;
use super::pairs::{ListedPairs, Pairs};
use super::proposal::{Certificate, Options};
use super::solve::{Control, solve};

/// A graph: which pairs are allowed, and what each scores.
pub struct GivenGraph(ListedPairs);

/// Why a graph cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GraphError {
    #[error("{0} vertices are more than the {max} that can be numbered", max = u32::MAX / 4)]
    TooManyVertices(usize),
    #[error("edge {edge} (counted from 1) joins {u} and {v}; vertices are 0 to {last}, and the two have to differ", last = .vertices.saturating_sub(1))]
    NoSuchVertices {
        edge: usize,
        u: i64,
        v: i64,
        vertices: usize,
    },
    #[error("{u} and {v} are joined by more than one edge")]
    Twice { u: u32, v: u32 },
    #[error(
        "the scores reach from {lowest} to {highest}, too far apart for {vertices} vertices: \
         the difference has to stay below {allowed}"
    )]
    TooFarApart {
        lowest: i64,
        highest: i64,
        vertices: usize,
        allowed: i64,
    },
    #[error("the score {0} is too large: scores have to lie within {max} either way", max = super::pairs::LARGEST_POINTS)]
    TooLarge(i64),
}

impl GivenGraph {
    /// Takes edges `(u, v, score)` between vertices `0..vertices`. Pairs that are not among them are not allowed.
    pub fn new(vertices: usize, edges: &[(i64, i64, i64)]) -> Result<GivenGraph, GraphError> {
        if vertices > u32::MAX as usize / 4 {
            return Err(GraphError::TooManyVertices(vertices));
        }
        let largest = i64::from(super::pairs::LARGEST_POINTS);
        let mut pairs = Vec::with_capacity(edges.len());
        for (index, &(u, v, score)) in edges.iter().enumerate() {
            let inside = |end: i64| (0..vertices as i64).contains(&end);
            if !inside(u) || !inside(v) || u == v {
                return Err(GraphError::NoSuchVertices {
                    edge: index + 1,
                    u,
                    v,
                    vertices,
                });
            }
            if score.abs() > largest {
                return Err(GraphError::TooLarge(score));
            }
            pairs.push(Pair {
                u: u.min(v) as u32,
                v: u.max(v) as u32,
                points: score as i32,
            });
        }
        pairs.sort_unstable();
        if let Some(twice) = pairs
            .windows(2)
            .find(|two| (two[0].u, two[0].v) == (two[1].u, two[1].v))
        {
            let Pair { u, v, .. } = twice[0];
            return Err(GraphError::Twice { u, v });
        }
        let graph = ListedPairs::new(vertices, &pairs);
        check_range(vertices, graph.range())?;
        Ok(GivenGraph(graph))
    }
}

/// All sums of duals have to fit into 64 bits: there are as many duals as vertices, each up to twice the offset, and
/// the offset is half as many times the difference of scores as there are vertices.
fn check_range(vertices: usize, (lowest, highest): (i32, i32)) -> Result<(), GraphError> {
    let (lowest, highest) = (i64::from(lowest), i64::from(highest));
    let vertices_squared = (vertices as i64 + 1).pow(2);
    let allowed = (i64::MAX / 8) / vertices_squared;
    if highest.max(0) - lowest.min(0) >= allowed {
        return Err(GraphError::TooFarApart {
            lowest,
            highest,
            vertices,
            allowed,
        });
    }
    Ok(())
}

/// The best matching of a graph: as many pairs as possible first, then the largest total.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphMatching {
    /// `(u, v, score)`, `u < v`, rising.
    pub pairs: Vec<(u32, u32, i64)>,
    pub score: i64,
    /// No matching with as many pairs scores more. Equal to `score` when solved to the end; `None` when the work was
    /// stopped before anything was known.
    pub bound: Option<i64>,
    /// The proof; `None` when the work was stopped early.
    pub certificate: Option<Certificate>,
    pub pricing_rounds: u32,
}

/// Matches a graph. [`Options::changes`] are not looked at.
pub fn match_graph(graph: &GivenGraph, options: &Options) -> GraphMatching {
    match_pairs(&graph.0, options)
}

/// Checks a certificate against a graph.
pub fn check_graph(
    certificate: &Certificate,
    graph: &GivenGraph,
    threads: usize,
) -> Result<Proven, Refusal> {
    check(certificate, &graph.0, threads)
}

pub(super) fn match_pairs(pairs: &impl Pairs, options: &Options) -> GraphMatching {
    let control = Control {
        threads: options.threads,
        keep_going: options.keep_going,
        progress: options.progress,
    };
    let solved = solve(pairs, &control);
    let matched: Vec<(u32, u32, i64)> = solved
        .pairs()
        .into_iter()
        .filter_map(|(u, v)| Some((u, v, pairs.points(u, v)?.into())))
        .collect();
    GraphMatching {
        score: matched.iter().map(|&(_, _, score)| score).sum(),
        bound: solved.score_bound(matched.len()),
        certificate: solved.complete.then(|| solved.certificate()),
        pricing_rounds: solved.pricing_rounds,
        pairs: matched,
    }
}
