//! Where the pairs of a matching come from: either a list, or a rule that says for any two what they score.
//!
//! Solvers never ask for all pairs at once. They ask, one vertex at a time, which pairs are worth more than the
//! duals of their ends allow; [`Pairs::above`] is that question, and everything else is built on it.

use std::ops::Range;

use super::graph::Pair;

/// Points of pairs stay within this, either way, so that 32 bits are enough for sums of several.
pub const LARGEST_POINTS: i32 = 1 << 29;

/// A pair seen from the vertex that was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    pub v: u32,
    pub points: i32,
    /// By how much twice the points exceed the dual of `v` and the threshold.
    pub excess: i64,
}

/// All admissible pairs of a matching and their points.
pub trait Pairs: Sync {
    fn vertices(&self) -> usize;

    /// How many columns to ask for at a time.
    fn block(&self) -> usize;

    /// Appends every admissible pair of `u` with a vertex `v` in `columns` for which
    /// `2 points - duals[v] > threshold`. The order is free. Returns how many pairs are admissible in all.
    fn above(
        &self,
        u: u32,
        columns: Range<usize>,
        duals: &[i64],
        threshold: i64,
        work: &mut Work,
        offers: &mut Vec<Offer>,
    ) -> u64;

    /// Points of one pair, where it is admissible.
    fn points(&self, u: u32, v: u32) -> Option<i32>;

    /// Whether a pair that was admissible, with these points, is so after a change.
    fn stays(&self, u: u32, v: u32, _points: i32) -> bool {
        self.points(u, v).is_some()
    }

    /// Bounds of the points of all admissible pairs; need not be tight.
    fn range(&self) -> (i32, i32);

    /// The vertices in an order in which those far apart are likely to be admissible for each other.
    fn spread(&self) -> Vec<u32> {
        (0..self.vertices() as u32).collect()
    }

    /// All pairs, where they are so few that the solver had best know them all from the start.
    fn all_if_few(&self) -> Option<Vec<Pair>> {
        None
    }
}

/// Space for working on a row, kept between rows.
#[derive(Debug, Default)]
pub struct Work {
    pub points: Vec<i32>,
    pub met: Vec<i32>,
    pub met_back: Vec<i32>,
    pub allowed: Vec<i32>,
}

/// Pairs given as a list, kept by row.
pub struct ListedPairs {
    starts: Vec<usize>,
    neighbours: Vec<u32>,
    points: Vec<i32>,
    range: (i32, i32),
}

impl ListedPairs {
    /// `pairs` have two different ends below `vertices`, and no two have the same ends.
    pub fn new(vertices: usize, pairs: &[Pair]) -> ListedPairs {
        let mut starts = vec![0; vertices + 1];
        for pair in pairs {
            starts[pair.u as usize + 1] += 1;
            starts[pair.v as usize + 1] += 1;
        }
        for v in 0..vertices {
            starts[v + 1] += starts[v];
        }
        let mut next = starts.clone();
        let mut neighbours = vec![0; 2 * pairs.len()];
        let mut points = vec![0; 2 * pairs.len()];
        for pair in pairs {
            for (from, to) in [(pair.u, pair.v), (pair.v, pair.u)] {
                let at = &mut next[from as usize];
                neighbours[*at] = to;
                points[*at] = pair.points;
                *at += 1;
            }
        }
        let lowest = pairs.iter().map(|pair| pair.points).min().unwrap_or(0);
        let highest = pairs.iter().map(|pair| pair.points).max().unwrap_or(0);
        ListedPairs {
            starts,
            neighbours,
            points,
            range: (lowest, highest),
        }
    }

    fn row(&self, u: u32) -> (&[u32], &[i32]) {
        let row = self.starts[u as usize]..self.starts[u as usize + 1];
        (&self.neighbours[row.clone()], &self.points[row])
    }
}

impl Pairs for ListedPairs {
    fn vertices(&self) -> usize {
        self.starts.len() - 1
    }

    fn block(&self) -> usize {
        usize::MAX
    }

    fn above(
        &self,
        u: u32,
        columns: Range<usize>,
        duals: &[i64],
        threshold: i64,
        _: &mut Work,
        offers: &mut Vec<Offer>,
    ) -> u64 {
        let (neighbours, points) = self.row(u);
        let mut admissible = 0;
        for (&v, &points) in neighbours.iter().zip(points) {
            let excess = 2 * i64::from(points) - duals[v as usize] - threshold;
            let inside = columns.contains(&(v as usize));
            admissible += u64::from(inside);
            if excess > 0 && inside {
                offers.push(Offer { v, points, excess });
            }
        }
        admissible
    }

    fn points(&self, u: u32, v: u32) -> Option<i32> {
        let (neighbours, points) = self.row(u);
        neighbours
            .iter()
            .position(|&other| other == v)
            .map(|at| points[at])
    }

    fn range(&self) -> (i32, i32) {
        self.range
    }

    fn all_if_few(&self) -> Option<Vec<Pair>> {
        /// With this many neighbours on average, choosing among them costs more than it saves.
        const FEW: usize = 40;
        if self.neighbours.len() > FEW * self.vertices() {
            return None;
        }
        let mut all = Vec::with_capacity(self.neighbours.len() / 2);
        for u in 0..self.vertices() as u32 {
            let (neighbours, points) = self.row(u);
            all.extend(
                neighbours
                    .iter()
                    .zip(points)
                    .filter(|&(&v, _)| u < v)
                    .map(|(&v, &points)| Pair { u, v, points }),
            );
        }
        Some(all)
    }
}

/// An odd number of vertices, made even by a *bench*: one more vertex that everybody can be paired with for no points.
///
/// With an odd number, the best proof would treat all the vertices together as one odd set, and every single pair
/// would have to be looked up in it. With the bench, who stays out is a pair like any other. `certificate::fold_bench`
/// turns the proof back into one about the vertices alone.
pub struct WithBench<'a, P: Pairs>(pub &'a P);

impl<P: Pairs> Pairs for WithBench<'_, P> {
    fn vertices(&self) -> usize {
        self.0.vertices() + 1
    }

    fn block(&self) -> usize {
        self.0.block()
    }

    fn above(
        &self,
        u: u32,
        columns: Range<usize>,
        duals: &[i64],
        threshold: i64,
        work: &mut Work,
        offers: &mut Vec<Offer>,
    ) -> u64 {
        let bench = self.0.vertices();
        let people = columns.start..columns.end.min(bench);
        let mut offer_nothing = |v: usize| {
            let excess = -duals[v] - threshold;
            if excess > 0 {
                offers.push(Offer {
                    v: v as u32,
                    points: 0,
                    excess,
                });
            }
        };
        if u as usize == bench {
            let admissible = people.len() as u64;
            people.for_each(offer_nothing);
            return admissible;
        }
        let mut admissible = 0;
        if columns.contains(&bench) {
            offer_nothing(bench);
            admissible += 1;
        }
        if !people.is_empty() {
            admissible += self.0.above(u, people, duals, threshold, work, offers);
        }
        admissible
    }

    fn points(&self, u: u32, v: u32) -> Option<i32> {
        let bench = self.0.vertices() as u32;
        if u == bench || v == bench {
            return (u != v).then_some(0);
        }
        self.0.points(u, v)
    }

    fn stays(&self, u: u32, v: u32, points: i32) -> bool {
        u.max(v) as usize == self.0.vertices() || self.0.stays(u, v, points)
    }

    fn range(&self) -> (i32, i32) {
        let (lowest, highest) = self.0.range();
        (lowest.min(0), highest.max(0))
    }

    fn spread(&self) -> Vec<u32> {
        let mut order = self.0.spread();
        order.push(self.0.vertices() as u32);
        order
    }

    fn all_if_few(&self) -> Option<Vec<Pair>> {
        let bench = self.0.vertices() as u32;
        let mut all = self.0.all_if_few()?;
        all.extend((0..bench).map(|v| Pair {
            u: v,
            v: bench,
            points: 0,
        }));
        Some(all)
    }
}
