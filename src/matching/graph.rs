//! The sparse graph that the solvers work on, and what its duals mean.
//!
//! Both solvers (`half_integral`, `blossom`) are primal-dual: a dual `y` stands at every vertex, a pair can be used
//! when it is *tight*, and *trees* of tight pairs grow from people without a partner until they meet somebody free.
//! All duals are in half points, so that whole numbers are enough: with `w` the points of a pair and `C` the offset
//! that puts the number of pairs first,
//!
//! ```text
//!   slack(u, v) = y[u] + y[v] + (z of the odd sets holding both) - 2 (w + C)     never negative, 0 when tight
//! ```
//!
//! While trees grow, the duals of their vertices change with every step `delta`: outer ones fall, inner ones rise.
//! Rather than changing them all at each step, an outer vertex stores `y + delta` and an inner one `y - delta` as of
//! the step at which it was labelled; the stored values then stay put, and `delta` is added when they are read.

/// No vertex, no node.
pub const NONE: u32 = u32::MAX;

/// Beyond every limit.
pub const NEVER: i64 = i64::MAX / 4;

/// One end's view of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    pub to: u32,
    pub points: i32,
}

/// Pairs that the solvers know of, seen from each end.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    pub offset: i64,
    pub neighbours: Vec<Vec<Edge>>,
}

impl Graph {
    pub fn new(vertices: usize, offset: i64) -> Graph {
        Graph {
            offset,
            neighbours: vec![Vec::new(); vertices],
        }
    }

    pub fn add(&mut self, pair: Pair) {
        let Pair { u, v, points } = pair;
        self.neighbours[u as usize].push(Edge { to: v, points });
        self.neighbours[v as usize].push(Edge { to: u, points });
    }

    pub fn remove(&mut self, u: u32, v: u32) {
        self.neighbours[u as usize].retain(|edge| edge.to != v);
        self.neighbours[v as usize].retain(|edge| edge.to != u);
    }

    /// Twice what a pair is worth, offset included: what the two duals have to reach.
    #[inline]
    pub fn worth(&self, points: i32) -> i64 {
        2 * (i64::from(points) + self.offset)
    }

    /// The neighbours of `v`, taken out so that the solver can change itself while it walks them. To be put back.
    #[inline]
    pub fn take(&mut self, v: u32) -> Vec<Edge> {
        std::mem::take(&mut self.neighbours[v as usize])
    }

    #[inline]
    pub fn put_back(&mut self, v: u32, neighbours: Vec<Edge>) {
        self.neighbours[v as usize] = neighbours;
    }

    /// Duals that fit every pair, and a matching of pairs that are tight under them. At first everybody holds half of
    /// what their best pair is worth; then, one after the other, they ask for no more than the best that they could
    /// get at their neighbours' present duals, and take it where the neighbour is still free. (Were the whole worth
    /// held by one end, the offset would have to be carried back to the other ends, step by step.)
    pub fn greedy_start(&self, y: &mut [i64], mate: &mut [u32]) {
        for (dual, neighbours) in y.iter_mut().zip(&self.neighbours) {
            let best = neighbours.iter().map(|edge| self.worth(edge.points)).max();
            *dual = (best.unwrap_or(0) / 2).max(0);
        }
        for v in 0..y.len() {
            if mate[v] != NONE {
                continue;
            }
            let (mut asked, mut partner) = (0, NONE);
            for edge in &self.neighbours[v] {
                let offer = self.worth(edge.points) - y[edge.to as usize];
                let free = mate[edge.to as usize] == NONE;
                if offer > asked || (offer == asked && free && partner == NONE) {
                    asked = offer;
                    partner = if free { edge.to } else { NONE };
                }
            }
            y[v] = asked;
            if partner != NONE {
                mate[v] = partner;
                mate[partner as usize] = v as u32;
            }
        }
    }
}

/// A pair and its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    pub u: u32,
    pub v: u32,
    pub points: i32,
}

/// The side of its tree on which a node is. Nodes on no tree have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    None,
    /// The root, and whoever is an even number of steps from it ("S" in the literature): could be set free.
    Outer,
    /// An odd number of steps from the root ("T").
    Inner,
}
