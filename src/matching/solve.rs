//! The whole way from pairs to a proven best matching.
//!
//! ```text
//!   a few good pairs of everybody
//!     -> half-integral optimum of what is known  <->  pricing, in growing windows, then over all pairs
//!     -> blossoms: whole optimum of what is known <->  pricing, vertices whose dual has fallen
//!     -> no violated pair is left: best among all
//! ```
//!
//! The first stage does nearly all of the work, at a fraction of the second's cost, and its last pricing already
//! bounds what any matching can score. After every pricing over all pairs there is such a bound: the duals, raised
//! until they fit.

use super::blossom::Blossoms;
use super::graph::{Graph, NONE, Pair};
use super::half_integral::HalfIntegral;
use super::leftovers::pair_leftovers;
use super::nest::OddSets;
use super::pairs::{Pairs, WithBench};
use super::pricing::{Priced, Scope, best_pairs, price};
use super::proposal::{Certificate, OddSet, Progress};

/// Pairs that each vertex starts with.
const START: usize = 12;
/// Pairs that a row may add in one round: few at first, since most of the later ones are no better than the first.
const PER_ROW_AT_FIRST: usize = 8;
/// Pairs that a row may add in one round near the end, when there are few anyway.
const PER_ROW_AT_LAST: usize = 200;
/// Columns of the first window.
const WINDOW: usize = 4096;

/// How to work; see [`Options`](super::Options).
pub struct Control<'a> {
    pub threads: usize,
    pub keep_going: &'a dyn Fn() -> bool,
    pub progress: &'a dyn Fn(&Progress),
}

/// A matching and what proves it, as far as it is proven. Duals are in half points.
pub struct Solved {
    pub offset: i64,
    pub mate: Vec<u32>,
    pub y: Vec<i64>,
    pub odd_sets: OddSets,
    /// Twice what no matching is worth more than, offset included; none before the first look at all pairs.
    pub bound: Option<i64>,
    /// Whether the matching is the best.
    pub complete: bool,
    pub pricing_rounds: u32,
    /// Whether the last vertex is the bench.
    pub bench: bool,
}

/// The best matching among `pairs`: as many pairs as possible, then the largest total.
pub fn solve(pairs: &impl Pairs, control: &Control) -> Solved {
    Standing::solve(pairs, control).1
}

/// A solution that stands, and from which it is a short way to the next when some pairs have changed.
#[derive(Clone)]
pub struct Standing {
    solver: Blossoms,
    offset: i64,
    bench: bool,
}

/// Vertices whose pairs are others now.
#[derive(Debug, Clone, Default)]
pub struct Changed {
    /// Pairs of these may be admissible no longer.
    pub lost: Vec<u32>,
    /// Pairs of these may have become admissible.
    pub won: Vec<u32>,
}

impl Standing {
    /// Solves `pairs` from the start.
    pub fn solve(pairs: &impl Pairs, control: &Control) -> (Standing, Solved) {
        let bench = !pairs.vertices().is_multiple_of(2);
        let (solver, mut solved) = if bench {
            Run::new(&WithBench(pairs), control).run()
        } else {
            Run::new(pairs, control).run()
        };
        solved.bench = bench;
        let standing = Standing {
            solver,
            offset: solved.offset,
            bench,
        };
        (standing, solved)
    }

    /// Solves again after a change. Points of pairs and the number of vertices are what they were.
    pub fn solve_again(
        &mut self,
        pairs: &impl Pairs,
        changed: &Changed,
        control: &Control,
    ) -> Solved {
        let mut solved = if self.bench {
            self.go_on(&WithBench(pairs), changed, control)
        } else {
            self.go_on(pairs, changed, control)
        };
        solved.bench = self.bench;
        solved
    }

    fn go_on(&mut self, pairs: &impl Pairs, changed: &Changed, control: &Control) -> Solved {
        let mut run = Run::new(pairs, control);
        run.offset = self.offset;
        let solver = &mut self.solver;
        for &v in &changed.won {
            solver.dirty[v as usize] = true;
        }
        let allowed = |u: u32, v: u32, points: i32| pairs.stays(u, v, points);
        let complete = solver.forget(&changed.lost, &allowed, control.keep_going)
            && run.price_blossoms(solver);
        run.solved(solver, complete)
    }
}

/// An offset with which one more pair is always worth more than any difference of points.
pub fn offset_for(vertices: usize, (lowest, highest): (i32, i32)) -> i64 {
    let spread = i64::from(highest) - i64::from(lowest);
    (vertices as i64 / 2) * spread + 1 - i64::from(lowest.min(0))
}

struct Run<'a, P: Pairs> {
    pairs: &'a P,
    control: &'a Control<'a>,
    offset: i64,
    rounds: u32,
    bound: Option<i64>,
    /// The best matching that was whole, in case the time is over while the solver looks for the next.
    best: Option<(usize, i64, Vec<u32>)>,
}

impl<'a, P: Pairs> Run<'a, P> {
    fn new(pairs: &'a P, control: &'a Control<'a>) -> Run<'a, P> {
        Run {
            pairs,
            control,
            offset: offset_for(pairs.vertices(), pairs.range()),
            rounds: 0,
            bound: None,
            best: None,
        }
    }

    fn run(mut self) -> (Blossoms, Solved) {
        let all = self.pairs.all_if_few();
        let knows_all = all.is_some();
        let mut graph = Graph::new(self.pairs.vertices(), self.offset);
        for pair in all.unwrap_or_else(|| self.start()) {
            graph.add(pair);
        }
        let mut start = HalfIntegral::new(graph);
        let mut going = start.solve(self.control.keep_going);
        if going && !knows_all {
            going = self.price_half_integral(&mut start);
        }
        if knows_all {
            self.bound = Some(start.dual());
        }
        let (graph, y, mate) = start.into_parts();
        let mut blossoms = Blossoms::new(graph, y, mate);
        let mut complete = going && blossoms.solve(self.control.keep_going);
        if complete && !knows_all {
            complete = self.price_blossoms(&mut blossoms);
        }
        let solved = self.solved(&blossoms, complete);
        (blossoms, solved)
    }

    /// What has been reached. Where that is not the end, whoever is left over gets a partner in a simple way.
    fn solved(&mut self, solver: &Blossoms, complete: bool) -> Solved {
        let mut mate = solver.mate.clone();
        if complete {
            self.bound = Some(solver.dual());
        } else {
            pair_leftovers(self.pairs, &solver.graph, &mut mate);
            if let Some((pairs, score, best)) = self.best.take()
                && (pairs, score) > self.value(&mate)
            {
                mate = best;
            }
        }
        Solved {
            offset: self.offset,
            mate,
            y: solver.y.clone(),
            odd_sets: solver.odd_sets(),
            bound: self.bound,
            complete,
            pricing_rounds: self.rounds,
            bench: false,
        }
    }

    /// Number of pairs and points of a matching.
    fn value(&self, mate: &[u32]) -> (usize, i64) {
        let pairs = mate
            .iter()
            .enumerate()
            .filter(|&(u, &partner)| partner != NONE && partner as usize > u);
        pairs.fold((0, 0), |(count, score), (u, &partner)| {
            let points = self.pairs.points(u as u32, partner).unwrap_or(0);
            (count + 1, score + i64::from(points))
        })
    }

    /// A few good pairs of everybody, and pairs that probably let everybody have one.
    fn start(&self) -> Vec<Pair> {
        let mut known = best_pairs(self.pairs, START, WINDOW, self.control.threads);
        let order = self.pairs.spread();
        let (front, back) = order.split_at(order.len() / 2);
        for (&a, &b) in front.iter().zip(back) {
            let (u, v) = (a.min(b), a.max(b));
            if let Some(points) = self.pairs.points(u, v) {
                known.push(Pair { u, v, points });
            }
        }
        known.sort_unstable();
        known.dedup();
        known
    }

    /// Prices and repairs the half-integral optimum until it is one over all pairs.
    fn price_half_integral(&mut self, solver: &mut HalfIntegral) -> bool {
        let n = self.pairs.vertices();
        let mut window = if self.pairs.block() >= n {
            n
        } else {
            WINDOW.min(n)
        };
        let mut all_looked_at = false;
        loop {
            if !(self.control.keep_going)() {
                return false;
            }
            let priced = if window < n {
                let round = self.rounds as usize + 1;
                let scope = Scope::Window {
                    columns: window,
                    round,
                };
                self.report(None);
                self.price(&solver.y, None, &scope, PER_ROW_AT_FIRST)
            } else {
                let priced = self.price_dirty(&solver.y, None, &mut solver.dirty, !all_looked_at);
                all_looked_at = true;
                self.note_bound(solver.dual(), &priced);
                if priced.count == 0 {
                    return true;
                }
                priced
            };
            if window < n {
                // So many would be found by looking at all pairs; the fewer, the wider the next look.
                let expected = priced.count as f64 * n as f64 / window as f64 / 2.0;
                if expected < 0.25 * n as f64 {
                    window = n;
                } else if expected < 4.0 * n as f64 {
                    window = (4 * window).min(n);
                }
            }
            if !solver.add(&priced.pairs, self.control.keep_going) {
                return false;
            }
        }
    }

    /// Prices and repairs the whole optimum until it is one over all pairs.
    fn price_blossoms(&mut self, solver: &mut Blossoms) -> bool {
        loop {
            let odd_sets = solver.odd_sets();
            let priced = self.price_dirty(&solver.y, Some(&odd_sets), &mut solver.dirty, false);
            self.note_bound(solver.dual(), &priced);
            self.note_score(&solver.mate);
            if priced.count == 0 {
                return true;
            }
            if !(self.control.keep_going)() || !solver.add(&priced.pairs, self.control.keep_going) {
                return false;
            }
        }
    }

    /// Prices the rows whose dual has fallen, or all.
    fn price_dirty(
        &mut self,
        y: &[i64],
        odd_sets: Option<&OddSets>,
        dirty: &mut [bool],
        all: bool,
    ) -> Priced {
        let rows: Vec<u32> = (0..y.len() as u32).filter(|&v| dirty[v as usize]).collect();
        // All pairs are looked at from one end only, which is as much as half of the rows from theirs.
        let scope = if all || rows.len() > y.len() / 2 {
            Scope::All
        } else {
            Scope::Rows(&rows)
        };
        let per_row = if odd_sets.is_some() {
            PER_ROW_AT_LAST
        } else {
            PER_ROW_AT_FIRST
        };
        let priced = self.price(y, odd_sets, &scope, per_row);
        dirty.fill(false);
        for &row in &priced.cut {
            dirty[row as usize] = true;
        }
        priced
    }

    fn price(
        &mut self,
        y: &[i64],
        odd_sets: Option<&OddSets>,
        scope: &Scope,
        count: usize,
    ) -> Priced {
        self.rounds += 1;
        price(
            self.pairs,
            y,
            self.offset,
            odd_sets,
            scope,
            count,
            self.control.threads,
        )
    }

    fn note_bound(&mut self, dual: i64, priced: &Priced) {
        let bound = dual + priced.repair();
        self.bound = Some(self.bound.map_or(bound, |earlier| earlier.min(bound)));
        self.report(None);
    }

    fn note_score(&mut self, mate: &[u32]) {
        let (pairs, score) = self.value(mate);
        if self
            .best
            .as_ref()
            .is_none_or(|best| (best.0, best.1) < (pairs, score))
        {
            self.best = Some((pairs, score, mate.to_vec()));
        }
        self.report(Some(score));
    }

    fn report(&self, score: Option<i64>) {
        let pairs = self.pairs.vertices() as i64 / 2;
        (self.control.progress)(&Progress {
            pricing_rounds: self.rounds,
            score,
            bound: self.bound.map(|bound| bound / 2 - pairs * self.offset),
        });
    }
}

impl Solved {
    /// The proof, about the given vertices only.
    pub fn certificate(&self) -> Certificate {
        let mut y = self.y.clone();
        let mut odd_sets: Vec<OddSet> = self
            .odd_sets
            .sets
            .iter()
            .zip(self.odd_sets.members())
            .map(|(set, members)| OddSet { z: set.z, members })
            .collect();
        if self.bench {
            fold_bench(2 * self.offset, &mut y, &mut odd_sets);
        }
        Certificate {
            vertices: y.len(),
            offset: self.offset,
            scale: 2,
            pairs: self.pairs(),
            y,
            odd_sets,
        }
    }

    /// The pairs of given vertices, the lower one first.
    pub fn pairs(&self) -> Vec<(u32, u32)> {
        let vertices = self.mate.len() - usize::from(self.bench);
        self.mate[..vertices]
            .iter()
            .enumerate()
            .map(|(u, &mate)| (u as u32, mate))
            .filter(|&(u, mate)| u < mate && (mate as usize) < vertices)
            .collect()
    }

    /// Whether no matching has more than `pairs` pairs, when none of them has less than `lowest` points.
    pub fn most_pairs(&self, pairs: usize, lowest: i32) -> bool {
        let one_more = pairs as i64 + 1 + i64::from(self.bench);
        let least = one_more * self.offset + (pairs as i64 + 1) * i64::from(lowest);
        self.complete || self.bound.is_some_and(|bound| bound / 2 < least)
    }

    /// What no matching of `pairs` pairs scores more than.
    pub fn score_bound(&self, pairs: usize) -> Option<i64> {
        // The bench's pair is worth the offset and no points.
        let pairs = pairs as i64 + i64::from(self.bench);
        self.bound.map(|bound| bound / 2 - pairs * self.offset)
    }
}

/// Turns duals that prove a matching of an odd number of vertices and the bench (the last one) into duals that prove
/// it without the bench. `bench_worth` is what the two duals of a pair with the bench have to reach.
///
/// In two steps, each of which leaves every pair and the total as they were:
/// - Everybody but one of an odd set `B` that holds the bench is paired within it, and so is everybody but one of its
///   complement. Hence `z` of `B` can be had from its complement as well: `y` rises by `z / 2` in `B` and falls by
///   as much outside, where `z` goes to the complement instead.
/// - Now no set holds the bench. All `y` fall by `t = bench_worth - y[bench]`, and all vertices together become an
///   odd set with dual `2 t`. No `y` is negative, since pairs with the bench were worth no more than their duals,
///   and the dual of the bench is gone from the total together with its pair. Nor is `t`: whoever is next to the
///   bench in its smallest set, or paired with it, has a tight pair with it.
fn fold_bench(bench_worth: i64, y: &mut Vec<i64>, odd_sets: &mut Vec<OddSet>) {
    let vertices = y.len() - 1;
    let bench = vertices as u32;
    for set in odd_sets
        .iter_mut()
        .filter(|set| set.members.contains(&bench))
    {
        let mut inside = vec![false; y.len()];
        for &member in &set.members {
            inside[member as usize] = true;
        }
        for (dual, inside) in y.iter_mut().zip(&inside) {
            *dual += if *inside { set.z / 2 } else { -set.z / 2 };
        }
        set.members = (0..bench).filter(|&v| !inside[v as usize]).collect();
    }
    let bench_dual = y.pop().unwrap_or(0);
    let fall = bench_worth - bench_dual;
    for dual in y.iter_mut() {
        *dual -= fall;
    }
    odd_sets.push(OddSet {
        z: 2 * fall,
        members: (0..bench).collect(),
    });
    // One vertex alone needs no partner within its set.
    odd_sets.retain(|set| set.z > 0 && set.members.len() > 1);
}
