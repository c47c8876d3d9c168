//! How long matching takes and how much memory it needs, beside others, in one run: `cargo bench --bench matching`.
//!
//! Prints, as Markdown:
//! - every solver on the same lists of all admissible pairs, each in a process of its own. All have to agree. LEMON
//!   takes part where its header and a C++ compiler are installed (`apt-get install liblemon-dev`).
//! - our solver on people, whose pairs are scored as they are needed, at sizes that no list could hold.
//! - a round of ILN's size: what people get, beside simpler ways, and what a coordinator's change costs.
//!
//! Words after `--`: `large` adds lists of 5,500 people (13 million pairs; LEMON and integer-blossom take minutes),
//! `million` adds 1,000,000 people (hours), `picture` writes the first tables as tests/bench/matching.svg.
//!
//! Times are of the processor, since a busy machine stretches those of the clock, which stand in brackets.

#[path = "matching/clock.rs"]
mod clock;
#[path = "matching/measure.rs"]
mod measure;
#[path = "matching/people.rs"]
mod people;
#[path = "matching/plot.rs"]
mod plot;
#[path = "matching/round.rs"]
mod round;

use std::io::{BufWriter, Write};
use std::path::Path;

use pairpost::matching::reference::ReferencePeople;

use measure::{Run, SOLVERS, Solver, in_a_process};
use plot::{Diagram, Line};

const LISTED: [usize; 6] = [92, 391, 764, 1_162, 2_300, 5_500];
const SCORED: [(usize, u64); 8] = [
    (1_162, 0),
    (5_500, 0),
    (5_501, 0),
    (20_000, 0),
    (20_001, 0),
    (20_000, 52),
    (100_000, 0),
    (1_000_000, 0),
];

fn main() -> std::io::Result<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    if measure::be_a_process(&words) {
        return Ok(());
    }
    let asked = |word: &str| words.iter().any(|given| given == word);
    let folder = tempfile::tempdir()?;
    let this = std::env::current_exe()?;

    let listed = listed(&this, folder.path(), asked("large"))?;
    let scored = scored(&this, asked("million"));
    round::print();
    if asked("picture") {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/matching.svg");
        std::fs::write(path, picture(&listed, &scored))?;
    }
    Ok(())
}

type Runs = Vec<(usize, Vec<Option<Run>>)>;

/// All solvers on lists of all admissible pairs.
fn listed(this: &Path, folder: &Path, large: bool) -> std::io::Result<Runs> {
    let lemon = measure::lemon(folder);
    println!("CPU seconds (seconds), MB:\n");
    println!(
        "| people | pairs allowed | {} | score |",
        SOLVERS.map(Solver::name).join(" | ")
    );
    println!("|---|---|---|---|---|---|---|");
    let mut table = Vec::new();
    for count in LISTED.into_iter().filter(|&count| large || count < 5_500) {
        let path = folder.join("edges.txt");
        let edges = write(count, &path)?;
        let file = path.to_string_lossy();
        let runs: Vec<Option<Run>> = SOLVERS
            .into_iter()
            .map(|solver| match solver {
                _ if count > solver.most_vertices(large) => None,
                Solver::Lemon => in_a_process(lemon.as_ref()?, &[&file]),
                _ => in_a_process(this, &["solve", solver.name(), &file]),
            })
            .collect();
        let ours = runs[0].expect("our own solver runs");
        for run in runs.iter().flatten() {
            assert_eq!((run.pairs, run.score), (ours.pairs, ours.score));
        }
        println!(
            "| {count} | {edges} | {} | {} |",
            runs.iter().map(cell).collect::<Vec<_>>().join(" | "),
            ours.score
        );
        table.push((count, runs));
    }
    Ok(table)
}

fn cell(run: &Option<Run>) -> String {
    run.map_or("-".to_string(), |run| {
        format!("{:.3} ({:.3}), {:.0} MB", run.cpu, run.wall, run.megabytes)
    })
}

/// Writes all admissible pairs of invented people; returns how many there are.
fn write(count: usize, path: &Path) -> std::io::Result<usize> {
    let people = ReferencePeople::new(&people::invent(count, None));
    let mut edges = 0;
    people.for_each_pair(|_, _, _| {
        edges += 1;
        std::io::Result::Ok(())
    })?;
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    writeln!(file, "{count} {edges}")?;
    people.for_each_pair(|u, v, points| writeln!(file, "{u} {v} {points}"))?;
    file.flush()?;
    Ok(edges)
}

/// Our solver on people.
fn scored(this: &Path, million: bool) -> Runs {
    println!("\n| people | one thread | two threads | pairs | score |\n|---|---|---|---|---|");
    let mut table = Vec::new();
    for (count, percent) in SCORED {
        if count == 1_000_000 && !million {
            continue;
        }
        let (people, share) = (count.to_string(), percent.to_string());
        let run = |threads: &str| in_a_process(this, &["people", &people, &share, threads]);
        let runs = match count {
            ..100_000 => vec![run("1"), run("2")],
            _ => vec![None, run("2")],
        };
        let Some(last) = runs[1] else {
            continue;
        };
        let which = match percent {
            0 => String::new(),
            percent => format!(", {percent} % in one country"),
        };
        println!(
            "| {count}{which} | {} | {} | {} | {} |",
            cell(&runs[0]),
            cell(&runs[1]),
            last.pairs,
            last.score
        );
        if percent == 0 {
            table.push((count, runs));
        }
    }
    table
}

fn picture(listed: &Runs, scored: &Runs) -> String {
    let lines = |value: &dyn Fn(&Run) -> f64| {
        let mut lines: Vec<Line> = Vec::new();
        let mut add = |name: String, colour, runs: &Runs, column: usize| {
            let points: Vec<(f64, f64)> = runs
                .iter()
                .filter_map(|(count, runs)| {
                    Some((*count as f64, value(runs[column].as_ref()?).max(0.0005)))
                })
                .collect();
            if !points.is_empty() {
                lines.push(Line {
                    name,
                    colour,
                    points,
                });
            }
        };
        for (column, (solver, colour)) in SOLVERS
            .into_iter()
            .zip(["#d62728", "#1f77b4", "#2ca02c", "#9467bd"])
            .enumerate()
        {
            add(
                format!("{}, all pairs listed", solver.name()),
                colour,
                listed,
                column,
            );
        }
        add(
            "ours, pairs scored as needed".to_string(),
            "#ff7f0e",
            scored,
            1,
        );
        lines
    };
    plot::svg(&[
        Diagram {
            title: "Processor time",
            unit: "s",
            lines: lines(&|run| run.cpu),
        },
        Diagram {
            title: "Largest memory",
            unit: "MB",
            lines: lines(&|run| run.megabytes),
        },
    ])
}
