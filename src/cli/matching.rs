//! `pairpost match`: pairs with a proof. On its own it matches a graph from a file, or people in the columns of a
//! published comparison; matching the people of a programme, in its database or in a file (`people_file`), is handed to
//! the caller.
//!
//! Formats. Edges: first line `n m`, then `m` lines `u v score` (0-based, whole numbers; pairs not listed are not
//! allowed). Pairs: CSV with the header `a,b,score`. Certificate: JSON
//! `{"n", "offset", "scale", "pairs": [[u, v]], "y": [..], "blossoms": [{"z", "members": [..]}]}`; what it proves is
//! said in `matching::certificate`.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};

use crate::matching::certificate::{Proven, Refusal};
use crate::matching::reference::{
    ReferencePeople, ReferencePerson, check_reference, match_reference,
};
use crate::matching::{
    Certificate, GivenGraph, GraphMatching, OddSet, Options, Progress, check_graph, match_graph,
};

/// Works out the best pairs and proves that none are better.
#[derive(Debug, Clone, clap::Args)]
// `pairpost match` has options of its own beside these: both structs are called Args, and groups need unlike names.
#[group(id = "matching")]
pub struct Args {
    /// Match the people in this CSV file instead of those in the database.
    #[arg(long, value_name = "CSV", conflicts_with = "edges")]
    pub people: Option<PathBuf>,
    /// How to score the people of the CSV file: by the configuration, or as in the published comparison.
    #[arg(long, value_enum, default_value_t = Score::Config, requires = "people")]
    pub score: Score,
    /// Match this graph instead of people.
    #[arg(long, value_name = "FILE")]
    pub edges: Option<PathBuf>,
    /// Do not match, but check this certificate against the graph or the people.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["pairs", "certificate", "budget"])]
    pub check: Option<PathBuf>,
    /// Write the pairs here.
    #[arg(long, value_name = "CSV")]
    pub pairs: Option<PathBuf>,
    /// Write the proof here.
    #[arg(long, value_name = "JSON")]
    pub certificate: Option<PathBuf>,
    /// Write all admissible pairs here, as a graph.
    #[arg(long, value_name = "FILE")]
    pub dump_edges: Option<PathBuf>,
    /// Stop after this time with what has been found, and say how far from the best it can be: 60s, 5m, 500ms.
    #[arg(long, value_parser = parse_duration)]
    pub budget: Option<Duration>,
    /// Threads to work with; all there are if not given.
    #[arg(long)]
    pub threads: Option<usize>,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// How pairs are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Score {
    /// As the programme is configured.
    Config,
    /// The fixed score of the published comparison.
    Reference,
}

/// Runs the command. `programme` matches the people of the database or, with `--people`, of a CSV file by the
/// configuration; it is called where neither a graph nor the reference score is asked for.
pub fn run(
    args: &Args,
    programme: impl FnOnce(&Args) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let problem = match (&args.edges, &args.people, args.score) {
        (Some(path), _, _) => Problem::Graph(read_edges(path)?),
        (None, Some(path), Score::Reference) => Problem::People(Box::new(read_people(path)?)),
        _ => return programme(args),
    };
    let read = started.elapsed();
    let threads = threads(args);
    if let Some(path) = &args.check {
        return check_only(path, &problem, threads, args.json);
    }

    let started = Instant::now();
    let result = problem.solve(args, threads);
    let solve = started.elapsed();

    let started = Instant::now();
    if let Some(certificate) = &result.certificate {
        problem
            .check(certificate, threads)
            .context("the matching is not proven; this is an error in this program")?;
    }
    let check = started.elapsed();

    let started = Instant::now();
    write_results(args, &result)?;
    if let Some(path) = &args.dump_edges {
        problem.dump(path)?;
    }
    let write = started.elapsed();
    let seconds = Seconds {
        read: read.as_secs_f64(),
        solve: solve.as_secs_f64(),
        check: check.as_secs_f64(),
        write: write.as_secs_f64(),
    };
    Summary::of(&result, problem.vertices(), seconds).print(args.json)?;
    Ok(ExitCode::SUCCESS)
}

/// What has become of a budget and of a person who waits: whether to go on, and a line about how far it is.
pub(super) struct Watch {
    started: Instant,
    budget: Option<Duration>,
    bar: ProgressBar,
    last: Cell<Option<i64>>,
}

impl Watch {
    pub(super) fn start(args: &Args) -> Watch {
        let shown = std::io::stderr().is_terminal() && !args.json;
        Watch {
            started: Instant::now(),
            budget: args.budget,
            bar: if shown {
                ProgressBar::new_spinner()
            } else {
                ProgressBar::hidden()
            },
            last: Cell::new(None),
        }
    }

    pub(super) fn keep_going(&self) -> bool {
        self.budget
            .is_none_or(|budget| self.started.elapsed() < budget)
    }

    pub(super) fn tell(&self, progress: &Progress) {
        self.last.set(progress.score.or(self.last.get()));
        let known =
            |number: Option<i64>| number.map_or("-".to_owned(), |number| number.to_string());
        self.bar.set_message(format!(
            "looked over the pairs {} times; score so far {}, at most {}",
            progress.pricing_rounds,
            known(self.last.get()),
            known(progress.bound),
        ));
        self.bar.tick();
    }

    pub(super) fn end(&self) -> Duration {
        self.bar.finish_and_clear();
        self.started.elapsed()
    }
}

impl Summary {
    pub(super) fn of(result: &GraphMatching, vertices: usize, seconds: Seconds) -> Summary {
        Summary {
            pairs: result.pairs.len(),
            people_unmatched: vertices - 2 * result.pairs.len(),
            score: result.score,
            bound: result.bound,
            gap: result
                .bound
                .map(|bound| (bound - result.score) as f64 / result.score.abs().max(1) as f64),
            pricing_rounds: result.pricing_rounds,
            proven: result.certificate.is_some(),
            seconds,
        }
    }
}

/// What is matched.
enum Problem {
    Graph(LoadedGraph),
    People(Box<LoadedPeople>),
}

struct LoadedGraph {
    vertices: usize,
    edges: Vec<(i64, i64, i64)>,
    graph: GivenGraph,
}

struct LoadedPeople {
    count: usize,
    people: ReferencePeople,
}

impl Problem {
    fn vertices(&self) -> usize {
        match self {
            Problem::Graph(loaded) => loaded.vertices,
            Problem::People(loaded) => loaded.count,
        }
    }

    fn solve(&self, args: &Args, threads: usize) -> GraphMatching {
        let watch = Watch::start(args);
        let options = Options {
            threads,
            keep_going: &|| watch.keep_going(),
            progress: &|progress| watch.tell(progress),
            ..Options::default()
        };
        let result = match self {
            Problem::Graph(loaded) => match_graph(&loaded.graph, &options),
            Problem::People(loaded) => match_reference(&loaded.people, &options),
        };
        watch.end();
        result
    }

    fn check(&self, certificate: &Certificate, threads: usize) -> Result<Proven, Refusal> {
        match self {
            Problem::Graph(loaded) => check_graph(certificate, &loaded.graph, threads),
            Problem::People(loaded) => check_reference(certificate, &loaded.people, threads),
        }
    }

    /// Writes all admissible pairs as a graph.
    fn dump(&self, path: &Path) -> anyhow::Result<()> {
        match self {
            Problem::Graph(loaded) => write_edges(path, loaded.vertices, &loaded.edges),
            Problem::People(loaded) => {
                let writing = || format!("cannot write the edges to {}", path.display());
                let mut file = BufWriter::new(File::create(path).with_context(writing)?);
                let mut count = 0u64;
                loaded
                    .people
                    .for_each_pair(|_, _, _| {
                        count += 1;
                        std::io::Result::Ok(())
                    })
                    .with_context(writing)?;
                writeln!(file, "{} {count}", loaded.count).with_context(writing)?;
                loaded
                    .people
                    .for_each_pair(|u, v, score| writeln!(file, "{u} {v} {score}"))
                    .with_context(writing)?;
                file.flush().with_context(writing)
            }
        }
    }
}

/// The threads asked for, or as many as the machine has.
pub fn threads(args: &Args) -> usize {
    args.threads
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
        .max(1)
}

fn check_only(
    path: &Path,
    problem: &Problem,
    threads: usize,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let certificate = read_certificate(path)?;
    let outcome = problem.check(&certificate, threads);
    if json {
        let report = match &outcome {
            Ok(proven) => serde_json::json!({
                "optimal": true,
                "pairs": proven.pairs,
                "score": proven.score,
                "admissible_pairs": proven.admissible,
            }),
            Err(refusal) => serde_json::json!({ "optimal": false, "reason": refusal.to_string() }),
        };
        println!("{report}");
    } else {
        match &outcome {
            Ok(proven) => println!(
                "OPTIMAL: {} pairs, score {}, over {} allowed pairs",
                proven.pairs, proven.score, proven.admissible
            ),
            Err(refusal) => println!("NOT PROVEN: {refusal}"),
        }
    }
    Ok(match outcome {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

/// The result, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    /// How many pairs there are.
    pairs: usize,
    people_unmatched: usize,
    score: i64,
    /// No matching with as many pairs scores more.
    bound: Option<i64>,
    /// Distance to the bound as a share of the score.
    gap: Option<f64>,
    pricing_rounds: u32,
    /// Whether the certificate was made, and checked against every admissible pair.
    proven: bool,
    seconds: Seconds,
}

#[derive(Debug, Serialize)]
pub(super) struct Seconds {
    pub read: f64,
    pub solve: f64,
    pub check: f64,
    pub write: f64,
}

impl Summary {
    pub(super) fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            println!("{}", serde_json::to_string(self)?);
            return Ok(());
        }
        println!(
            "{} pairs, {} without a partner, score {}.",
            self.pairs, self.people_unmatched, self.score
        );
        match (self.proven, self.bound, self.gap) {
            (true, _, _) => println!(
                "Proven: no more pairs are possible, and no set of as many pairs scores higher."
            ),
            (false, Some(bound), Some(gap)) => {
                println!(
                    "Stopped early: as many pairs could score up to {bound}, {:.4} % more.",
                    100.0 * gap
                );
            }
            _ => println!("Stopped early, before anything could be said about how good this is."),
        }
        Ok(())
    }
}

/// Reads a graph. Errors name the line.
fn read_edges(path: &Path) -> anyhow::Result<LoadedGraph> {
    let text = std::fs::read(path)
        .with_context(|| format!("cannot read the edges from {}", path.display()))?;
    let at = |line: usize| format!("{}, line {line}", path.display());
    let mut lines = text.split(|&byte| byte == b'\n').enumerate();
    let first = lines.next().map_or(&[][..], |(_, line)| line);
    let [vertices, count] = numbers(first)
        .filter(|[vertices, count]| *vertices >= 0 && *count >= 0)
        .with_context(|| {
            format!(
                "{}: the first line has to hold the numbers of vertices and of edges",
                at(1)
            )
        })?;
    let mut edges = Vec::with_capacity((count as usize).min(text.len() / 5));
    for (index, line) in lines {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let [u, v, score] = numbers(line).with_context(|| {
            format!(
                "{}: expected two vertices and a score, as whole numbers",
                at(index + 1)
            )
        })?;
        edges.push((u, v, score));
    }
    if edges.len() as i64 != count {
        bail!(
            "{} announces {count} edges and has {}",
            path.display(),
            edges.len()
        );
    }
    let graph =
        GivenGraph::new(vertices as usize, &edges).with_context(|| path.display().to_string())?;
    Ok(LoadedGraph {
        vertices: vertices as usize,
        edges,
        graph,
    })
}

/// The whole numbers of a line, if there are exactly `N`.
fn numbers<const N: usize>(line: &[u8]) -> Option<[i64; N]> {
    let mut fields = line
        .split(u8::is_ascii_whitespace)
        .filter(|field| !field.is_empty());
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
    }
    fields.next().is_none().then_some(numbers)
}

/// A row of the comparison's file.
#[derive(Debug, Deserialize)]
struct PersonRow {
    country: u16,
    region: u8,
    tz: i32,
    langs: u32,
    sector: u8,
    stage: u8,
    interests: u32,
    w_sector: u32,
    w_stage: u32,
    w_region: u32,
    w_interests: u32,
    past: String,
}

/// Reads people in the comparison's columns. Errors name the line.
fn read_people(path: &Path) -> anyhow::Result<LoadedPeople> {
    let mut reader = csv::Reader::from_path(path)
        .with_context(|| format!("cannot read the people from {}", path.display()))?;
    let mut people = Vec::new();
    for (index, row) in reader.deserialize::<PersonRow>().enumerate() {
        let at = || format!("{}, line {}", path.display(), index + 2);
        let row = row.with_context(at)?;
        let past = row
            .past
            .split(';')
            .filter(|id| !id.is_empty())
            .map(str::parse)
            .collect::<Result<Vec<u32>, _>>()
            .with_context(|| {
                format!(
                    "{}: past partners are row numbers with semicolons between them",
                    at()
                )
            })?;
        people.push(ReferencePerson {
            country: row.country,
            region: row.region,
            zone: row.tz,
            languages: row.langs,
            sector: row.sector,
            stage: row.stage,
            interests: row.interests,
            wished_sectors: row.w_sector,
            wished_stages: row.w_stage,
            wished_regions: row.w_region,
            wished_interests: row.w_interests,
            past,
        });
    }
    Ok(LoadedPeople {
        count: people.len(),
        people: ReferencePeople::new(&people),
    })
}

/// Writes the pairs and the proof where that is asked for.
pub(super) fn write_results(args: &Args, result: &GraphMatching) -> anyhow::Result<()> {
    if let Some(path) = &args.pairs {
        write_pairs(path, &result.pairs)?;
    }
    if let Some(path) = &args.certificate {
        match &result.certificate {
            Some(certificate) => write_certificate(path, certificate)?,
            None => eprintln!(
                "No certificate was written: the time was over before the best matching was found."
            ),
        }
    }
    Ok(())
}

/// Writes a graph.
pub(super) fn write_edges<Number: std::fmt::Display>(
    path: &Path,
    vertices: usize,
    edges: &[(Number, Number, i64)],
) -> anyhow::Result<()> {
    let writing = || format!("cannot write the edges to {}", path.display());
    let mut file = BufWriter::new(File::create(path).with_context(writing)?);
    writeln!(file, "{vertices} {}", edges.len()).with_context(writing)?;
    for (u, v, score) in edges {
        writeln!(file, "{u} {v} {score}").with_context(writing)?;
    }
    file.flush().with_context(writing)
}

/// Writes pairs as CSV: `a,b,score`.
pub fn write_pairs(path: &Path, pairs: &[(u32, u32, i64)]) -> anyhow::Result<()> {
    let writing = || format!("cannot write the pairs to {}", path.display());
    let mut file = BufWriter::new(File::create(path).with_context(writing)?);
    writeln!(file, "a,b,score").with_context(writing)?;
    for (a, b, score) in pairs {
        writeln!(file, "{a},{b},{score}").with_context(writing)?;
    }
    file.flush().with_context(writing)
}

/// A certificate as it stands in a file.
#[derive(Serialize, Deserialize)]
struct CertificateFile {
    n: usize,
    offset: i64,
    #[serde(default = "two")]
    scale: i64,
    pairs: Vec<(u32, u32)>,
    y: Vec<i64>,
    blossoms: Vec<BlossomInFile>,
}

#[derive(Serialize, Deserialize)]
struct BlossomInFile {
    z: i64,
    members: Vec<u32>,
}

fn two() -> i64 {
    2
}

/// Writes a certificate as JSON.
pub fn write_certificate(path: &Path, certificate: &Certificate) -> anyhow::Result<()> {
    let writing = || format!("cannot write the certificate to {}", path.display());
    let content = CertificateFile {
        n: certificate.vertices,
        offset: certificate.offset,
        scale: certificate.scale,
        pairs: certificate.pairs.clone(),
        y: certificate.y.clone(),
        blossoms: certificate
            .odd_sets
            .iter()
            .map(|set| BlossomInFile {
                z: set.z,
                members: set.members.clone(),
            })
            .collect(),
    };
    let mut file = BufWriter::new(File::create(path).with_context(writing)?);
    serde_json::to_writer(&mut file, &content).with_context(writing)?;
    file.flush().with_context(writing)
}

/// Reads a certificate.
pub fn read_certificate(path: &Path) -> anyhow::Result<Certificate> {
    let text = std::fs::read(path)
        .with_context(|| format!("cannot read the certificate from {}", path.display()))?;
    let content: CertificateFile = serde_json::from_slice(&text)
        .with_context(|| format!("{} is no certificate", path.display()))?;
    Ok(Certificate {
        vertices: content.n,
        offset: content.offset,
        scale: content.scale,
        pairs: content.pairs,
        y: content.y,
        odd_sets: content
            .blossoms
            .into_iter()
            .map(|blossom| OddSet {
                z: blossom.z,
                members: blossom.members,
            })
            .collect(),
    })
}

/// Reads `60s`, `5m`, `1h`, `500ms`, or plain seconds.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        other => {
            return Err(format!(
                "unknown unit {other:?}; use ms, s, m or h, as in 60s"
            ));
        }
    };
    let number: f64 = digits
        .trim()
        .parse()
        .map_err(|_| format!("{digits:?} is no number; write 60s, 5m or 500ms"))?;
    Duration::try_from_secs_f64(number * unit).map_err(|_| format!("{text:?} is no length of time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read_as_people_write_them() {
        assert_eq!(parse_duration("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(parse_duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("7"), Ok(Duration::from_secs(7)));
        assert!(parse_duration("-3s").is_err());
        assert!(parse_duration("soon").is_err());
        assert!(parse_duration("3 weeks").is_err());
    }

    #[test]
    fn a_wrong_line_of_a_graph_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("edges.txt");
        let complaint = |text: &str| {
            std::fs::write(&path, text).expect("written");
            format!("{:#}", read_edges(&path).err().expect("refused"))
        };
        assert!(complaint("").contains("line 1"));
        assert!(complaint("3 2\n0 1 5\n1 x 5\n").contains("line 3"));
        assert!(complaint("3 2\n0 1 5\n").contains("announces 2 edges and has 1"));
        assert!(complaint("3 1\n0 3 5\n").contains("0 and 3"));
        assert!(complaint("3 2\n0 1 5\n1 0 6\n").contains("more than one edge"));
        assert!(complaint("3 1\n0 1 99999999999\n").contains("99999999999"));
    }
}
