//! One solver on one graph, in a process of its own, so that its memory can be seen.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use pairpost::matching::reference::{ReferencePeople, match_reference};
use pairpost::matching::{GivenGraph, Options, match_graph};
use rustworkx_core::max_weight_matching::max_weight_matching;
use rustworkx_core::petgraph::graph::UnGraph;

use super::clock::{cpu_seconds, peak_megabytes};
use super::people::invent;

/// More than any difference of scores, so that the number of pairs goes first.
const OFFSET: i64 = 1 << 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solver {
    Ours,
    IntegerBlossom,
    Rustworkx,
    /// LEMON's blossom search, from a fractional start: the faster of its two ways.
    Lemon,
}

pub const SOLVERS: [Solver; 4] = [
    Solver::Ours,
    Solver::Lemon,
    Solver::IntegerBlossom,
    Solver::Rustworkx,
];

impl Solver {
    pub fn name(self) -> &'static str {
        match self {
            Solver::Ours => "ours",
            Solver::IntegerBlossom => "integer-blossom",
            Solver::Rustworkx => "rustworkx-core",
            Solver::Lemon => "LEMON",
        }
    }

    /// Above this it takes too long to wait for.
    pub fn most_vertices(self, large: bool) -> usize {
        match self {
            Solver::Ours => usize::MAX,
            Solver::Lemon | Solver::IntegerBlossom if large => 5_500,
            Solver::Lemon | Solver::IntegerBlossom => 2_300,
            Solver::Rustworkx => 1_200,
        }
    }
}

/// What a run has shown. Reading the graph is not counted in the times.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Seconds of processor time, all threads, and by the clock on the wall.
    pub cpu: f64,
    pub wall: f64,
    /// Largest resident memory.
    pub megabytes: f64,
    pub pairs: usize,
    pub score: i64,
}

impl Run {
    fn line(&self) -> String {
        let Run {
            cpu,
            wall,
            megabytes,
            pairs,
            score,
        } = self;
        format!("{cpu} {wall} {megabytes} {pairs} {score}")
    }

    fn read(line: &str) -> Option<Run> {
        let mut fields = line.split_whitespace();
        Some(Run {
            cpu: fields.next()?.parse().ok()?,
            wall: fields.next()?.parse().ok()?,
            megabytes: fields.next()?.parse().ok()?,
            pairs: fields.next()?.parse().ok()?,
            score: fields.next()?.parse().ok()?,
        })
    }
}

/// Runs this program again, as told by `words`, or LEMON's.
pub fn in_a_process(program: &Path, words: &[&str]) -> Option<Run> {
    let output = Command::new(program).args(words).output().ok()?;
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Run::read(&String::from_utf8_lossy(&output.stdout))
}

/// What a process of its own does: `solve NAME EDGES` or `people COUNT PERCENT THREADS`.
pub fn be_a_process(words: &[String]) -> bool {
    match words {
        [what, name, edges] if what == "solve" => {
            let solver = SOLVERS.into_iter().find(|solver| solver.name() == name);
            let (n, edges) = read(Path::new(edges));
            match solver {
                Some(Solver::Ours) => ours(n, &edges),
                Some(Solver::IntegerBlossom) => integer_blossom(n, &edges),
                _ => rustworkx(n, &edges),
            }
            true
        }
        [what, count, percent, threads] if what == "people" => {
            let percent = percent.parse().ok().filter(|&percent| percent > 0);
            let count = count.parse().unwrap_or(0);
            let people = ReferencePeople::new(&invent(count, percent));
            let options = Options {
                threads: threads.parse().unwrap_or(1),
                ..Options::default()
            };
            report(|| {
                let matching = match_reference(&people, &options);
                assert!(matching.certificate.is_some());
                (matching.pairs.len(), matching.score)
            });
            true
        }
        _ => false,
    }
}

type Edges = Vec<(i64, i64, i64)>;

fn read(path: &Path) -> (usize, Edges) {
    let text = std::fs::read_to_string(path).expect("the graph was written");
    let mut numbers = text
        .split_ascii_whitespace()
        .map(|word| word.parse::<i64>().expect("a number"));
    let mut next = || numbers.next();
    let n = next().unwrap_or(0) as usize;
    next();
    let mut edges = Vec::new();
    while let (Some(u), Some(v), Some(score)) = (next(), next(), next()) {
        edges.push((u, v, score));
    }
    (n, edges)
}

/// Times `solve` and prints a line for the process that waits for it.
fn report(solve: impl FnOnce() -> (usize, i64)) {
    let (cpu, started) = (cpu_seconds(), Instant::now());
    let (pairs, score) = solve();
    let run = Run {
        cpu: cpu_seconds() - cpu,
        wall: started.elapsed().as_secs_f64(),
        megabytes: peak_megabytes(),
        pairs,
        score,
    };
    println!("{}", run.line());
}

fn ours(n: usize, edges: &Edges) {
    report(|| {
        let graph = GivenGraph::new(n, edges).expect("a graph");
        let matching = match_graph(&graph, &Options::default());
        assert!(matching.certificate.is_some());
        (matching.pairs.len(), matching.score)
    });
}

fn integer_blossom(n: usize, edges: &Edges) {
    report(|| {
        let mut matrix = vec![0i64; n * n];
        for &(u, v, score) in edges {
            matrix[u as usize * n + v as usize] = score + OFFSET;
        }
        let mut total = (0, 0);
        for (u, partner) in integer_blossom::max_weight_matching(&matrix, n)
            .iter()
            .enumerate()
        {
            if let Some(v) = partner.filter(|&v| u < v) {
                total.0 += 1;
                total.1 += matrix[u * n + v] - OFFSET;
            }
        }
        total
    });
}

fn rustworkx(n: usize, edges: &Edges) {
    report(|| {
        let mut graph = UnGraph::<(), i128>::new_undirected();
        let nodes: Vec<_> = (0..n).map(|_| graph.add_node(())).collect();
        for &(u, v, score) in edges {
            let worth = i128::from(score + OFFSET);
            graph.add_edge(nodes[u as usize], nodes[v as usize], worth);
        }
        let pairs =
            max_weight_matching(&graph, false, |edge| Ok::<i128, ()>(*edge.weight()), false)
                .expect("no errors");
        let mut total = (0, 0);
        for (u, v) in pairs {
            let edge = graph.find_edge(nodes[u], nodes[v]);
            let worth = edge.and_then(|edge| graph.edge_weight(edge));
            total.0 += 1;
            total.1 += worth.map_or(0, |&worth| worth as i64 - OFFSET);
        }
        total
    });
}

/// Compiles the driver of LEMON, where its header and a compiler are installed.
pub fn lemon(folder: &Path) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/matching/lemon.cc");
    let program = folder.join("lemon");
    let compiled = Command::new("c++")
        .args(["-O3", "-DNDEBUG", "-o"])
        .args([&program, &source])
        .arg("-llemon")
        .output()
        .ok()?;
    compiled.status.success().then_some(program)
}
