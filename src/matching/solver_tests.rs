//! The two solvers on small and nasty graphs, against brute force and against their own duals.

use super::blossom::Blossoms;
use super::graph::{Graph, NONE, Pair};
use super::half_integral::HalfIntegral;

/// Numbers that look random and are the same on every machine (Marsaglia's xorshift).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// 0 up to, but not including, `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

fn pair(u: u32, v: u32, points: i32) -> Pair {
    Pair { u, v, points }
}

/// Checks what the solver claims by its duals alone; returns the number of pairs and their worth.
fn proven(solver: &Blossoms) -> (usize, i64) {
    let odd_sets = solver.odd_sets();
    let (mut pairs, mut worth) = (0, 0);
    for (u, neighbours) in solver.graph.neighbours.iter().enumerate() {
        assert!(solver.y[u] >= 0);
        for edge in neighbours.iter().filter(|edge| edge.to > u as u32) {
            let value = solver.graph.worth(edge.points);
            let slack =
                solver.y[u] + solver.y[edge.to as usize] + odd_sets.around_both(u as u32, edge.to)
                    - value;
            assert!(slack >= 0, "{u}-{} has slack {slack}", edge.to);
            if solver.mate[u] == edge.to {
                assert_eq!(solver.mate[edge.to as usize], u as u32);
                pairs += 1;
                worth += value;
            }
        }
    }
    assert_eq!(
        pairs * 2,
        solver.mate.iter().filter(|&&mate| mate != NONE).count()
    );
    assert_eq!(solver.dual(), worth, "no duality");
    (pairs, worth / 2)
}

/// The largest total of a matching, by trying all, for up to some 16 vertices.
fn best_by_trying(n: usize, pairs: &[Pair], offset: i64) -> i64 {
    let mut value = vec![None; n * n];
    for pair in pairs {
        value[pair.u as usize * n + pair.v as usize] = Some(i64::from(pair.points) + offset);
        value[pair.v as usize * n + pair.u as usize] = Some(i64::from(pair.points) + offset);
    }
    let mut best = vec![0i64; 1 << n];
    for set in 1..1usize << n {
        let first = set.trailing_zeros() as usize;
        let rest = set & !(1 << first);
        best[set] = best[rest];
        for second in (first + 1..n).filter(|second| rest >> second & 1 == 1) {
            if let Some(value) = value[first * n + second] {
                best[set] = best[set].max(value + best[rest & !(1 << second)]);
            }
        }
    }
    best[(1 << n) - 1]
}

fn cold(n: usize, pairs: &[Pair], offset: i64, half_integral_start: bool) -> Blossoms {
    let mut graph = Graph::new(n, offset);
    for &pair in pairs {
        graph.add(pair);
    }
    let mut solver = if half_integral_start {
        let mut start = HalfIntegral::new(graph);
        assert!(start.solve(&|| true));
        let (graph, y, mate) = start.into_parts();
        Blossoms::new(graph, y, mate)
    } else {
        let (mut y, mut mate) = (vec![0; n], vec![NONE; n]);
        graph.greedy_start(&mut y, &mut mate);
        Blossoms::new(graph, y, mate)
    };
    assert!(solver.solve(&|| true));
    solver
}

fn random_pairs(dice: &mut Dice, n: usize, percent: u64, points: u64) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for u in 0..n as u32 {
        for v in u + 1..n as u32 {
            if dice.roll(100) < percent {
                pairs.push(pair(u, v, dice.roll(points) as i32));
            }
        }
    }
    pairs
}

/// How many small graphs are tried: a few seconds' worth, or as many as the long run asks for.
fn cases() -> u64 {
    match std::env::var("PAIRPOST_LONG_TESTS") {
        Ok(_) => 300_000,
        Err(_) => 6_000,
    }
}

#[test]
fn small_graphs_are_solved_as_well_as_by_trying_everything() {
    let mut dice = Dice::new(1);
    for case in 0..cases() {
        let n = 2 + dice.roll(10) as usize;
        let points = [2, 5, 20, 1000][dice.roll(4) as usize];
        let offset = if dice.roll(2) == 0 {
            0
        } else {
            6 * points as i64 + 1
        };
        let percent = 20 + dice.roll(81);
        let pairs = random_pairs(&mut dice, n, percent, points);
        let (known, later): (Vec<Pair>, Vec<Pair>) = pairs.iter().partition(|_| dice.roll(3) > 0);
        let mut solver = cold(n, &known, offset, case % 2 == 0);
        assert_eq!(
            proven(&solver).1,
            best_by_trying(n, &known, offset),
            "case {case}"
        );
        // Two batches of new pairs, from where it stands.
        let (first, second) = later.split_at(later.len() / 2);
        assert!(solver.add(first, &|| true));
        proven(&solver);
        assert!(solver.add(second, &|| true));
        assert_eq!(
            proven(&solver).1,
            best_by_trying(n, &pairs, offset),
            "case {case}, warm"
        );
    }
}

#[test]
fn larger_graphs_prove_themselves_through_long_chains_of_changes() {
    let mut dice = Dice::new(2);
    for case in 0..cases() / 100 {
        let n = 20 + dice.roll(180) as usize;
        let points = [1, 2, 5, 20, 1000][dice.roll(5) as usize];
        let offset = if dice.roll(2) == 0 {
            0
        } else {
            n as i64 * points as i64
        };
        let percent = 100 * (1 + dice.roll(8)) / n as u64 + 1;
        let pairs = random_pairs(&mut dice, n, percent, points);
        let (known, later): (Vec<Pair>, Vec<Pair>) = pairs.iter().partition(|_| dice.roll(4) > 0);
        let mut solver = cold(n, &known, offset, case % 2 == 0);
        proven(&solver);
        for batch in later.chunks(5) {
            assert!(solver.add(batch, &|| true));
            proven(&solver);
        }
        let again = cold(n, &pairs, offset, true);
        assert_eq!(proven(&again).1, proven(&solver).1);
    }
}
