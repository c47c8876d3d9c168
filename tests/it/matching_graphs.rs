//! The matching as others see it: graphs in, pairs with a proof out. Compared with two independent libraries on graphs
//! that are made to be nasty.

use pairpost::matching::{
    Certificate, GivenGraph, GraphMatching, OddSet, Options, check_graph, match_graph,
};
use rustworkx_core::max_weight_matching::max_weight_matching;
use rustworkx_core::petgraph::graph::UnGraph;

/// Numbers that look random and are the same on every machine (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

type Edges = Vec<(i64, i64, i64)>;

fn solve(vertices: usize, edges: &Edges) -> (GivenGraph, GraphMatching, Certificate) {
    let graph = GivenGraph::new(vertices, edges).expect("a graph");
    let matching = match_graph(&graph, &Options::default());
    let certificate = matching.certificate.clone().expect("solved to the end");
    let proven = check_graph(&certificate, &graph, 1).expect("proven");
    assert_eq!(proven.pairs, matching.pairs.len());
    assert_eq!(proven.score, matching.score);
    assert_eq!(proven.admissible, edges.len() as u64);
    assert_eq!(matching.bound, Some(matching.score));
    (graph, matching, certificate)
}

/// Number of pairs and score according to the two libraries.
fn libraries_say(vertices: usize, edges: &Edges) -> (usize, i64) {
    let lowest = edges.iter().map(|edge| edge.2).min().unwrap_or(0);
    let highest = edges.iter().map(|edge| edge.2).max().unwrap_or(0);
    let offset = (vertices as i64 / 2 + 1) * (highest - lowest) + 1 - lowest.min(0);
    let mut matrix = vec![0i64; vertices * vertices];
    let mut graph = UnGraph::<(), i128>::new_undirected();
    let nodes: Vec<_> = (0..vertices).map(|_| graph.add_node(())).collect();
    for &(u, v, score) in edges {
        let (low, high) = (u.min(v) as usize, u.max(v) as usize);
        matrix[low * vertices + high] = score + offset;
        graph.add_edge(nodes[low], nodes[high], i128::from(score + offset));
    }
    let mut one = (0, 0);
    for (u, partner) in integer_blossom::max_weight_matching(&matrix, vertices)
        .iter()
        .enumerate()
    {
        if let Some(v) = partner.filter(|&v| u < v) {
            one.0 += 1;
            one.1 += matrix[u * vertices + v] - offset;
        }
    }
    let mut other = (0, 0);
    let pairs = max_weight_matching(&graph, false, |edge| Ok::<i128, ()>(*edge.weight()), false)
        .expect("no errors");
    for (u, v) in pairs {
        other.0 += 1;
        other.1 += matrix[u.min(v) * vertices + u.max(v)] - offset;
    }
    assert_eq!(one, other, "the libraries agree");
    one
}

fn agrees_with_libraries(what: &str, vertices: usize, edges: &Edges) {
    let (_, matching, _) = solve(vertices, edges);
    let ours = (matching.pairs.len(), matching.score);
    assert_eq!(
        ours,
        libraries_say(vertices, edges),
        "{what} with {vertices} vertices"
    );
}

/// Each with `percent` of all edges and scores within a small or large range.
fn random_graph(dice: &mut Dice, vertices: i64, percent: u64, lowest: i64, range: u64) -> Edges {
    let mut edges = Vec::new();
    for u in 0..vertices {
        for v in u + 1..vertices {
            if dice.roll(100) < percent {
                edges.push((u, v, lowest + dice.roll(range) as i64));
            }
        }
    }
    edges
}

/// A path whose best matching takes every second edge, though greed would start in the middle.
fn chain(vertices: i64) -> Edges {
    (1..vertices)
        .map(|v| (v - 1, v, v.min(vertices - v)))
        .collect()
}

/// Triangles in a row, each joined to the next by an edge that is worth a little more or less: many blossoms.
fn triangles(count: i64, joint: i64) -> Edges {
    let mut edges = Vec::new();
    for triangle in 0..count {
        let first = 3 * triangle;
        edges.extend([
            (first, first + 1, 8),
            (first + 1, first + 2, 8),
            (first, first + 2, 8),
        ]);
        if triangle > 0 {
            edges.push((first - 1, first, joint));
        }
    }
    edges
}

/// Rings of odd length within rings of odd length: blossoms that nest `depth` deep.
fn nested_rings(depth: u32, score: i64) -> (usize, Edges) {
    fn grow(depth: u32, score: i64, next: &mut i64, edges: &mut Edges) -> i64 {
        if depth == 0 {
            *next += 1;
            return *next - 1;
        }
        let children: Vec<i64> = (0..3)
            .map(|_| grow(depth - 1, score, next, edges))
            .collect();
        for i in 0..3 {
            let (u, v) = (children[i], children[(i + 1) % 3]);
            edges.push((u.min(v), u.max(v), score - i64::from(depth)));
        }
        // Whoever is outside reaches the ring through another of its members each time.
        children[depth as usize % 3]
    }
    let (mut next, mut edges) = (0, Vec::new());
    let entry = grow(depth, score, &mut next, &mut edges);
    edges.push((entry, next, 1));
    edges.sort_unstable();
    edges.dedup_by_key(|edge| (edge.0, edge.1));
    (next as usize + 1, edges)
}

/// Weights that make the dual steps small and many.
fn sparse_steps(vertices: i64) -> Edges {
    let mut edges = Vec::new();
    for v in 1..vertices {
        edges.push((v - 1, v, 4 * vertices - v));
        if v >= 3 {
            edges.push((v - 3, v, 4 * vertices - 2 * v));
        }
    }
    edges
}

/// Points in the plane; the nearer, the better.
fn geometric(dice: &mut Dice, vertices: i64) -> Edges {
    let points: Vec<(f64, f64)> = (0..vertices)
        .map(|_| (dice.roll(1000) as f64, dice.roll(1000) as f64))
        .collect();
    let mut edges = Vec::new();
    for u in 0..vertices {
        for v in u + 1..vertices {
            let (a, b) = (points[u as usize], points[v as usize]);
            edges.push((u, v, -((a.0 - b.0).hypot(a.1 - b.1) as i64)));
        }
    }
    edges
}

/// One side larger than the other: many stay alone, whatever one does.
fn lopsided(dice: &mut Dice, few: i64, many: i64) -> Edges {
    let mut edges = Vec::new();
    for u in 0..few {
        for v in few..few + many {
            if dice.roll(3) == 0 {
                edges.push((u, v, dice.roll(50) as i64));
            }
        }
        for v in u + 1..few {
            if dice.roll(9) == 0 {
                edges.push((u, v, 60));
            }
        }
    }
    edges
}

#[test]
fn nasty_graphs_are_solved_as_well_as_by_others() {
    let mut dice = Dice::new(21);
    for vertices in [2, 3, 10, 61, 200] {
        agrees_with_libraries("chain", vertices as usize, &chain(vertices));
        agrees_with_libraries("sparse steps", vertices as usize, &sparse_steps(vertices));
    }
    for joint in [1, 7, 8, 9, 20] {
        for count in [1, 2, 7, 40] {
            agrees_with_libraries("triangles", 3 * count as usize, &triangles(count, joint));
        }
    }
    for depth in 1..=5 {
        let (vertices, edges) = nested_rings(depth, 30);
        agrees_with_libraries("nested rings", vertices, &edges);
    }
    for vertices in [30, 75] {
        agrees_with_libraries(
            "geometric",
            vertices as usize,
            &geometric(&mut dice, vertices),
        );
    }
    for (few, many) in [(5, 40), (30, 60), (40, 41)] {
        let edges = lopsided(&mut dice, few, many);
        agrees_with_libraries("lopsided", (few + many) as usize, &edges);
    }
}

#[test]
fn random_graphs_are_solved_as_well_as_by_others() {
    let mut dice = Dice::new(22);
    for _ in 0..60 {
        let vertices = 2 + dice.roll(70) as i64;
        let percent = [10, 40, 100][dice.roll(3) as usize];
        let lowest = [0, -500, 1_000_000][dice.roll(3) as usize];
        let range = [1, 3, 1000][dice.roll(3) as usize];
        let edges = random_graph(&mut dice, vertices, percent, lowest, range);
        agrees_with_libraries("random", vertices as usize, &edges);
    }
}

#[test]
fn degenerate_graphs_have_proofs_too() {
    for (vertices, edges) in [
        (0, vec![]),
        (1, vec![]),
        (2, vec![]),
        (3, vec![]),
        (2, vec![(0, 1, -7)]),
        (3, vec![(0, 2, 0)]),
        (5, vec![(3, 1, -1_000_000)]),
    ] {
        let (_, matching, _) = solve(vertices, &edges);
        assert_eq!(matching.pairs.len(), edges.len());
    }
}

#[test]
fn dense_graphs_are_priced_and_proven() {
    // More neighbours than the solver wants to know, odd and even.
    let mut dice = Dice::new(23);
    for vertices in [120, 121] {
        for range in [2, 800] {
            let edges = random_graph(&mut dice, vertices, 90, 0, range);
            agrees_with_libraries("dense", vertices as usize, &edges);
        }
    }
}

#[test]
fn renaming_the_vertices_changes_nothing() {
    let mut dice = Dice::new(24);
    for _ in 0..10 {
        let vertices = 90 + dice.roll(2) as i64;
        let edges = random_graph(&mut dice, vertices, 60, 0, 40);
        let mut names: Vec<i64> = (0..vertices).collect();
        for last in (1..names.len()).rev() {
            names.swap(last, dice.roll(last as u64 + 1) as usize);
        }
        let renamed = edges
            .iter()
            .map(|&(u, v, w)| (names[u as usize], names[v as usize], w))
            .collect();
        let (_, before, _) = solve(vertices as usize, &edges);
        let (_, after, _) = solve(vertices as usize, &renamed);
        assert_eq!(
            (before.pairs.len(), before.score),
            (after.pairs.len(), after.score)
        );
    }
}

#[test]
fn doubled_scores_double_the_result() {
    let mut dice = Dice::new(25);
    for _ in 0..10 {
        let vertices = 60 + dice.roll(2) as i64;
        let edges = random_graph(&mut dice, vertices, 50, -20, 40);
        let doubled = edges.iter().map(|&(u, v, w)| (u, v, 2 * w)).collect();
        let (_, before, _) = solve(vertices as usize, &edges);
        let (_, after, _) = solve(vertices as usize, &doubled);
        assert_eq!(before.pairs.len(), after.pairs.len());
        assert_eq!(2 * before.score, after.score);
    }
}

#[test]
fn changed_certificates_are_refused() {
    let mut dice = Dice::new(26);
    for vertices in [40, 41] {
        let edges = random_graph(&mut dice, vertices, 70, 0, 30);
        let (graph, _, certificate) = solve(vertices as usize, &edges);
        let refused = |certificate: &Certificate| check_graph(certificate, &graph, 1).is_err();
        for v in 0..vertices as usize {
            for change in [-1, 1] {
                let mut changed = certificate.clone();
                changed.y[v] += change;
                assert!(refused(&changed), "dual of {v} changed by {change}");
            }
            // Kept in the sum, so that only the pairs can tell.
            let mut changed = certificate.clone();
            let moved = changed.y[v].min(100);
            changed.y[v] -= moved;
            changed.y[(v + 1) % vertices as usize] += moved;
            assert!(moved == 0 || refused(&changed), "dual of {v} moved");
        }
        for set in 0..certificate.odd_sets.len() {
            let mut changed = certificate.clone();
            changed.odd_sets.remove(set);
            assert!(refused(&changed), "set {set} removed");
            let mut changed = certificate.clone();
            changed.odd_sets[set].z += 1;
            assert!(refused(&changed), "dual of set {set} changed");
        }
        let mut changed = certificate.clone();
        changed.odd_sets.push(OddSet {
            z: 2,
            members: vec![0, 1, 2],
        });
        assert!(refused(&changed), "a set invented");
        let mut changed = certificate.clone();
        let ((a, b), (c, d)) = (changed.pairs[0], changed.pairs[1]);
        changed.pairs[0] = (a, d);
        changed.pairs[1] = (c, b);
        let swapped_is_as_good = {
            let score = |u: u32, v: u32| {
                let (u, v) = (i64::from(u.min(v)), i64::from(u.max(v)));
                edges
                    .iter()
                    .find(|edge| (edge.0, edge.1) == (u, v))
                    .map(|edge| edge.2)
            };
            match (score(a, d), score(c, b)) {
                (Some(one), Some(other)) => {
                    one + other == score(a, b).unwrap_or(0) + score(c, d).unwrap_or(0)
                }
                _ => false,
            }
        };
        assert!(swapped_is_as_good || refused(&changed), "partners swapped");
        let mut changed = certificate.clone();
        changed.pairs.pop();
        assert!(refused(&changed), "a pair dropped");
    }
}

#[test]
fn stopped_at_any_moment_the_bound_holds() {
    let mut dice = Dice::new(27);
    let edges = random_graph(&mut dice, 150, 80, 0, 500);
    let (_, best, _) = solve(150, &edges);
    let graph = GivenGraph::new(150, &edges).expect("a graph");
    for steps in 0..40 {
        let left = std::cell::Cell::new(steps);
        let keep_going = || left.replace(left.get() - 1) > 0;
        let options = Options {
            keep_going: &keep_going,
            ..Options::default()
        };
        let matching = match_graph(&graph, &options);
        if matching.pairs.len() == best.pairs.len() {
            assert!(matching.score <= best.score);
            assert!(
                matching.bound.is_none_or(|bound| bound >= best.score),
                "after {steps} steps"
            );
        }
    }
}
