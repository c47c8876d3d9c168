//! Finding the few pairs, among all that are admissible, that the solvers have to know.
//!
//! The solvers work on a sparse graph. Their duals say which of the other pairs could improve the solution: those
//! that are *violated*,
//!
//! ```text
//!   2 (points + C)  >  y[u] + y[v] + (z of the odd sets holding both)
//! ```
//!
//! Adding them, solving on from where it stood, and asking again ends with duals that fit every admissible pair,
//! which proves the solution best among all of them although most were never stored ("price and repair": Derigs and
//! Metz 1991; Applegate and Cook 1993). Since `z` is never negative, a pair that passes without it passes with it; it
//! is looked up only for the few that do not.
//!
//! Three things make it cheap. At first, each vertex is compared with a window of the others only. Later, only
//! vertices whose dual has fallen (*dirty*) can have new violated pairs. And the points of a row are worked out
//! for many columns at once (`score_table`).
//!
//! The duals are handled here relative to the offset `C`: `y - C`, so that they are small.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::graph::{NONE, Pair};
use super::nest::OddSets;
use super::pairs::{Offer, Pairs, Work};

/// Rows that are worked on together, so that the columns' data is fetched once for all of them.
const TILE: usize = 16;

/// Which pairs to look at.
pub enum Scope<'a> {
    /// All, each from one end.
    All,
    /// All pairs of these vertices.
    Rows(&'a [u32]),
    /// Each vertex with a window of about so many others; the windows move with the round.
    Window { columns: usize, round: usize },
}

/// What was found.
#[derive(Debug, Default)]
pub struct Priced {
    /// Violated pairs, the most violated first, at most so many for each row as was asked for.
    pub pairs: Vec<Pair>,
    /// How many violated pairs there are; with a window, at least so many.
    pub count: u64,
    /// Rows that had more violated pairs than were asked for.
    pub cut: Vec<u32>,
    /// For each vertex, the largest violation of its pairs. Raising each dual by half of this makes them fit.
    pub worst: Vec<i64>,
}

impl Priced {
    /// How much the sum of the duals grows when they are raised to fit.
    pub fn repair(&self) -> i64 {
        self.worst.iter().map(|violation| (violation + 1) / 2).sum()
    }
}

/// The `count` best pairs of each vertex within a window. Equal ones are chosen by lot, so that not everybody knows
/// the same few.
pub fn best_pairs(pairs: &impl Pairs, count: usize, columns: usize, threads: usize) -> Vec<Pair> {
    let duals = vec![0; pairs.vertices()];
    let threshold = -8 * i64::from(super::pairs::LARGEST_POINTS);
    let wanted = Wanted {
        duals: &duals,
        large: None,
        thresholds: &vec![threshold; duals.len()],
        around_both: &|_, _| 0,
        count,
        only_the_best: true,
    };
    let scope = Scope::Window { columns, round: 0 };
    let found = search(pairs, &wanted, &scope, threads).found;
    let mut best: Vec<Pair> = found.into_iter().map(|(pair, _)| pair).collect();
    best.sort_unstable();
    best.dedup();
    best
}

/// Looks for violated pairs, at most `count` for each row.
pub fn price(
    pairs: &impl Pairs,
    y: &[i64],
    offset: i64,
    odd_sets: Option<&OddSets>,
    scope: &Scope,
    count: usize,
    threads: usize,
) -> Priced {
    let duals: Vec<i64> = y.iter().map(|dual| dual - offset).collect();
    let large = odd_sets.and_then(|sets| LargeSet::among(sets, &duals));
    let wanted = Wanted {
        duals: &duals,
        large: large.as_ref(),
        thresholds: &duals,
        around_both: &|u, v| odd_sets.map_or(0, |sets| sets.around_both(u, v)),
        count,
        only_the_best: matches!(scope, Scope::Window { .. }),
    };
    let Found {
        mut found,
        count,
        cut,
        worst,
    } = search(pairs, &wanted, scope, threads);
    found.sort_unstable_by_key(|&(pair, violation)| (-violation, pair));
    found.dedup();
    Priced {
        pairs: found.into_iter().map(|(pair, _)| pair).collect(),
        count,
        cut,
        worst,
    }
}

#[derive(Default)]
struct Found {
    found: Vec<(Pair, i64)>,
    count: u64,
    cut: Vec<u32>,
    worst: Vec<i64>,
}

/// Pairs of a row `u` with `2 points - duals[v] - around_both > thresholds[u]`.
struct Wanted<'a> {
    duals: &'a [i64],
    large: Option<&'a LargeSet>,
    thresholds: &'a [i64],
    around_both: &'a (dyn Fn(u32, u32) -> i64 + Sync),
    /// How many for each row.
    count: usize,
    /// Whether those that are not among the best may be passed over uncounted.
    only_the_best: bool,
}

impl Wanted<'_> {
    /// The duals of the columns, as they stand against the row `u`.
    fn duals_against(&self, u: u32) -> &[i64] {
        match self.large {
            Some(large) if large.inside[u as usize] => &large.duals,
            _ => self.duals,
        }
    }

    /// The duals of the odd sets around both that are not among [`Wanted::duals_against`].
    fn not_yet_counted(&self, u: u32, v: u32) -> i64 {
        let counted = match self.large {
            Some(large) if large.inside[u as usize] && large.inside[v as usize] => large.z,
            _ => 0,
        };
        (self.around_both)(u, v) - counted
    }
}

/// An odd set of more than half of all vertices. Where not everybody can have a partner, there is one whose dual is
/// nearly the offset: no pair within it would pass without it, and so it is counted before a row is looked at.
struct LargeSet {
    z: i64,
    inside: Vec<bool>,
    /// The duals of the vertices, and those inside with its own.
    duals: Vec<i64>,
}

impl LargeSet {
    fn among(sets: &OddSets, duals: &[i64]) -> Option<LargeSet> {
        let large = (0..sets.sets.len() as u32).find(|&number| {
            let set = &sets.sets[number as usize];
            set.around == NONE && 2 * set.size as usize > duals.len()
        })?;
        let z = sets.sets[large as usize].z;
        // Each set stands after the one around it.
        let mut is_inside = vec![false; sets.sets.len()];
        for (number, set) in sets.sets.iter().enumerate() {
            is_inside[number] =
                number == large as usize || (set.around != NONE && is_inside[set.around as usize]);
        }
        let inside: Vec<bool> = sets
            .innermost
            .iter()
            .map(|&set| set != NONE && is_inside[set as usize])
            .collect();
        let duals = duals
            .iter()
            .zip(&inside)
            .map(|(dual, inside)| dual + if *inside { z } else { 0 })
            .collect();
        Some(LargeSet { z, inside, duals })
    }
}

fn search(pairs: &impl Pairs, wanted: &Wanted, scope: &Scope, threads: usize) -> Found {
    let n = pairs.vertices();
    let rows = match scope {
        Scope::Rows(rows) => rows.len(),
        Scope::All | Scope::Window { .. } => n,
    };
    let next_tile = AtomicUsize::new(0);
    let total = Mutex::new(Found {
        worst: vec![0; n],
        ..Found::default()
    });
    let work = || {
        let mut search = TileSearch {
            pairs,
            wanted,
            work: Work::default(),
            offers: Vec::new(),
            rows: Vec::new(),
            result: Found {
                worst: vec![0; n],
                ..Found::default()
            },
        };
        loop {
            let first = next_tile.fetch_add(TILE, Ordering::Relaxed);
            if first >= rows {
                break;
            }
            search.tile(first..rows.min(first + TILE), scope);
        }
        let mine = search.result;
        // A thread that has panicked has ended the work as a whole.
        let mut total = total
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        total.count += mine.count;
        total.cut.extend(mine.cut);
        total.found.extend(mine.found);
        for (all, own) in total.worst.iter_mut().zip(mine.worst) {
            *all = (*all).max(own);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(rows.div_ceil(TILE)) {
            scope.spawn(work);
        }
        work();
    });
    total
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

struct TileSearch<'a, P: Pairs> {
    pairs: &'a P,
    wanted: &'a Wanted<'a>,
    work: Work,
    offers: Vec<Offer>,
    rows: Vec<RowSearch>,
    result: Found,
}

/// What is known of one row of the tile: its best offers so far, and what an offer has to exceed to be among them.
struct RowSearch {
    u: u32,
    best: Vec<Offer>,
    threshold: i64,
    /// Added to the threshold since there are enough offers above it.
    raised: i64,
    cut: bool,
}

impl<P: Pairs> TileSearch<'_, P> {
    fn tile(&mut self, tile: Range<usize>, scope: &Scope) {
        let n = self.pairs.vertices();
        let block = self.pairs.block().min(n).max(1);
        let blocks = n.div_ceil(block);
        self.rows.clear();
        for row in tile.clone() {
            let u = match scope {
                Scope::Rows(rows) => rows[row],
                Scope::All | Scope::Window { .. } => row as u32,
            };
            self.rows.push(RowSearch {
                u,
                best: Vec::new(),
                threshold: self.wanted.thresholds[u as usize],
                raised: 0,
                cut: false,
            });
        }
        let (first_block, block_count) = match scope {
            Scope::All => (tile.start / block, blocks - tile.start / block),
            Scope::Rows(_) => (0, blocks),
            Scope::Window { columns, round } => {
                let count = columns.div_ceil(block).min(blocks);
                // A step that is prime to most numbers of blocks spreads the windows of the tiles.
                (((tile.start / TILE) * 7919 + round * count) % blocks, count)
            }
        };
        for number in first_block..first_block + block_count {
            let start = (number % blocks) * block;
            let columns = start..n.min(start.saturating_add(block));
            for row in 0..self.rows.len() {
                let mut columns = columns.clone();
                if let Scope::All = scope {
                    columns.start = columns.start.max(self.rows[row].u as usize + 1);
                }
                if !columns.is_empty() {
                    self.look(row, columns);
                }
            }
        }
        for mut row in std::mem::take(&mut self.rows) {
            if row.cut || row.best.len() > self.wanted.count {
                self.result.cut.push(row.u);
            }
            keep_best(&mut row.best, row.u, self.wanted.count);
            self.result.found.extend(row.best.iter().map(|offer| {
                let pair = Pair {
                    u: row.u.min(offer.v),
                    v: row.u.max(offer.v),
                    points: offer.points,
                };
                (pair, offer.excess)
            }));
        }
    }

    fn look(&mut self, row: usize, columns: Range<usize>) {
        let RowSearch {
            u,
            best,
            threshold,
            raised,
            cut,
        } = &mut self.rows[row];
        let wanted = self.wanted;
        self.offers.clear();
        let asked = *threshold + *raised;
        self.pairs.above(
            *u,
            columns,
            wanted.duals_against(*u),
            asked,
            &mut self.work,
            &mut self.offers,
        );
        let raised_before = *raised;
        for mut offer in self.offers.drain(..) {
            offer.excess += raised_before - wanted.not_yet_counted(*u, offer.v);
            if offer.excess <= *raised {
                continue;
            }
            self.result.count += 1;
            for end in [*u, offer.v] {
                let worst = &mut self.result.worst[end as usize];
                *worst = (*worst).max(offer.excess);
            }
            best.push(offer);
            if best.len() > 4 * wanted.count + 64 {
                keep_best(best, *u, wanted.count);
                *cut = true;
                if wanted.only_the_best {
                    // Equal ones may still win by lot.
                    *raised = best.iter().map(|offer| offer.excess - 1).min().unwrap_or(0);
                }
            }
        }
    }
}

/// Keeps the `count` offers with the largest excess; of equal ones, those that the lot falls on.
fn keep_best(offers: &mut Vec<Offer>, u: u32, count: usize) {
    if offers.len() > count && count > 0 {
        offers.select_nth_unstable_by_key(count - 1, |offer| {
            (-offer.excess, lot(u, offer.v), offer.v)
        });
        offers.truncate(count);
    }
}

/// A number that looks random, the same for `(u, v)` and `(v, u)`.
fn lot(u: u32, v: u32) -> u32 {
    let mixed = u.min(v).wrapping_mul(0x9E37_79B1) ^ u.max(v).wrapping_mul(0x85EB_CA77);
    (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D) >> 8
}
