//! How long matching takes, beside others, in one run: `cargo bench --bench matching`.
//!
//! Prints one row for each size: our solver on all admissible pairs as a list, and `integer-blossom` and
//! `rustworkx-core` on the same list, up to the size at which they take minutes. All have to agree. A second table
//! has our solver on people, whose pairs are scored as they are needed, at sizes that no list could hold.
//!
//! Give a largest number of people as an argument for the second table (default 20000).

use std::time::Instant;

use pairpost::matching::reference::{ReferencePeople, ReferencePerson, match_reference};
use pairpost::matching::{GivenGraph, Options, match_graph};
use rustworkx_core::max_weight_matching::max_weight_matching;
use rustworkx_core::petgraph::graph::UnGraph;

/// Up to so many people, all admissible pairs are listed for everyone.
const LISTED: [usize; 4] = [92, 391, 764, 1162];
/// Above this, `rustworkx-core` takes too long to wait for.
const LARGEST_FOR_RUSTWORKX: usize = 800;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    /// Small numbers more often than large ones.
    fn roll_unevenly(&mut self, sides: u64) -> u64 {
        let highest = 1 + self.roll(sides);
        self.roll(highest)
    }
}

fn invent(count: usize) -> Vec<ReferencePerson> {
    let mut dice = Dice(0x2545_F491_4F6C_DD1D ^ count as u64);
    let set = |dice: &mut Dice, sides: u64, members: u64| {
        (0..members).fold(0u32, |set, _| set | 1 << dice.roll_unevenly(sides))
    };
    (0..count)
        .map(|_| {
            let country = dice.roll_unevenly(120) as u16;
            let wishes = dice.roll(2) == 0;
            let wish = |dice: &mut Dice, sides: u64| {
                if wishes && dice.roll(2) == 0 {
                    1 << dice.roll(sides)
                } else {
                    0
                }
            };
            let interests = 1 + dice.roll(5);
            ReferencePerson {
                country,
                region: (country % 7) as u8,
                zone: i32::from(country * 13 % 48) - 24,
                languages: 1,
                sector: dice.roll_unevenly(8) as u8,
                stage: dice.roll(5) as u8,
                interests: set(&mut dice, 25, interests),
                wished_sectors: wish(&mut dice, 8),
                wished_stages: wish(&mut dice, 5),
                wished_regions: wish(&mut dice, 7),
                wished_interests: wish(&mut dice, 25),
                past: Vec::new(),
            }
        })
        .collect()
}

fn main() {
    println!(
        "| people | pairs allowed | ours, s | integer-blossom, s | rustworkx-core, s | score |"
    );
    println!("|---|---|---|---|---|---|");
    for count in LISTED {
        let people = ReferencePeople::new(&invent(count));
        let mut edges = Vec::new();
        let listed: Result<(), ()> = people.for_each_pair(|u, v, points| {
            edges.push((i64::from(u), i64::from(v), i64::from(points)));
            Ok(())
        });
        assert_eq!(listed, Ok(()));

        let started = Instant::now();
        let graph = GivenGraph::new(count, &edges).expect("a graph");
        let ours = match_graph(&graph, &Options::default());
        let our_time = started.elapsed().as_secs_f64();

        // More than any difference of scores, so that the number of pairs goes first.
        let offset = 1 << 30;
        let started = Instant::now();
        let mut matrix = vec![0i64; count * count];
        for &(u, v, score) in &edges {
            matrix[u as usize * count + v as usize] = score + offset;
        }
        let theirs = integer_blossom::max_weight_matching(&matrix, count);
        let their_time = started.elapsed().as_secs_f64();
        let score: i64 = theirs
            .iter()
            .enumerate()
            .filter_map(|(u, partner)| Some((u, partner.filter(|&v| u < v)?)))
            .map(|(u, v)| matrix[u * count + v] - offset)
            .sum();
        assert_eq!(score, ours.score);

        let mut third_time = String::from("-");
        if count <= LARGEST_FOR_RUSTWORKX {
            let started = Instant::now();
            let mut graph = UnGraph::<(), i128>::new_undirected();
            let nodes: Vec<_> = (0..count).map(|_| graph.add_node(())).collect();
            for &(u, v, score) in &edges {
                graph.add_edge(
                    nodes[u as usize],
                    nodes[v as usize],
                    i128::from(score + offset),
                );
            }
            let pairs =
                max_weight_matching(&graph, false, |edge| Ok::<i128, ()>(*edge.weight()), false);
            third_time = format!("{:.3}", started.elapsed().as_secs_f64());
            let score: i64 = pairs
                .expect("no errors")
                .into_iter()
                .map(|(u, v)| matrix[u.min(v) * count + u.max(v)] - offset)
                .sum();
            assert_eq!(score, ours.score);
        }
        println!(
            "| {count} | {} | {our_time:.3} | {their_time:.3} | {third_time} | {} |",
            edges.len(),
            ours.score
        );
    }

    let largest: usize = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(20_000);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("\n| people | ours, all pairs, {threads} threads, s | pairs | score | proven |");
    println!("|---|---|---|---|---|");
    for count in [1_162, 5_500, 5_501, 20_000, 100_000, 1_000_000] {
        if count > largest {
            break;
        }
        let people = ReferencePeople::new(&invent(count));
        let options = Options {
            threads,
            ..Options::default()
        };
        let started = Instant::now();
        let result = match_reference(&people, &options);
        let time = started.elapsed().as_secs_f64();
        let proven = result.certificate.is_some();
        println!(
            "| {count} | {time:.3} | {} | {} | {proven} |",
            result.pairs.len(),
            result.score
        );
    }
}
