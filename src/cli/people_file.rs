//! `pairpost match --people people.csv`: the programme's rules and score on people from a spreadsheet. Nothing is kept
//! and nobody hears of it; it is for trying things out.
//!
//! The columns are the ids of the form's questions, as `pairpost export people` writes them. In a cell stand the ids of
//! options or their texts, several with semicolons between them; a country's code; codes of languages; a city or a
//! time zone; under `wishes` the wishes as they are kept, `{"must": {"sector": ["public"]}, "like": {..}}`. Two
//! columns more are understood: `past`, the numbers of earlier partners (the first row of people is 0), and
//! `carry_over`. What is left out is an answer not given; other columns are passed over.
//!
//! One person more than pairs can be made of is left over here, since a proof speaks of pairs.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail};
use chrono_tz::Tz;

use super::matching::{self, Args, Seconds, Summary, Watch};
use crate::config;
use crate::daemon::pairing;
use crate::matching::{
    Candidate, Changes, GraphMatching, Odd, Options, Rules, admissible_pairs, propose,
};
use crate::places;
use crate::programme::application::{Answer, Answers, Form, Question, QuestionKind};
use crate::programme::settings::Settings;
use crate::time::Clock;

/// Matches the people of a file by the config's rules.
pub fn run(path: &Path, args: &Args, folder: Option<&Path>) -> anyhow::Result<ExitCode> {
    if args.check.is_some() {
        bail!(
            "a certificate about people is checked against the pairs that they can make: write those with \
             --dump-edges, and check with --check and --edges"
        );
    }
    let started = Instant::now();
    let folder = super::config_dir(folder);
    let settings = match config::load(&folder) {
        Ok(config) => config.settings,
        Err(problems) => bail!(
            "{} cannot be used; pairpost check says more: {}",
            folder.display(),
            problems
                .first()
                .map(ToString::to_string)
                .unwrap_or_default()
        ),
    };
    let rules = Rules {
        odd: Odd::Wait,
        ..pairing::rules(&settings)
    };
    let candidates = read(path, &settings)?;
    let read = started.elapsed();

    let watch = Watch::start(args);
    let options = Options {
        threads: matching::threads(args),
        keep_going: &|| watch.keep_going(),
        progress: &|progress| watch.tell(progress),
        ..Options::default()
    };
    let proposal = propose(&candidates, &rules, &options);
    let solve = watch.end();
    if proposal.certificate.is_some() && !proposal.checked {
        bail!("the matching is not proven; this is an error in this program");
    }
    let result = GraphMatching {
        pairs: proposal
            .groups
            .iter()
            .map(|group| {
                (
                    group.members[0] as u32,
                    group.members[1] as u32,
                    group.score,
                )
            })
            .collect(),
        score: proposal.score,
        bound: proposal.bound,
        certificate: proposal.certificate.clone(),
        pricing_rounds: proposal.pricing_rounds,
    };

    let started = Instant::now();
    matching::write_results(args, &result)?;
    if let Some(path) = &args.dump_edges {
        let (vertices, edges) =
            admissible_pairs(&candidates, &rules, &Changes::default(), proposal.floor);
        matching::write_edges(path, vertices, &edges)?;
    }
    let seconds = Seconds {
        read: read.as_secs_f64(),
        solve: solve.as_secs_f64(),
        // The proof has been checked before the proposal was handed over.
        check: 0.0,
        write: started.elapsed().as_secs_f64(),
    };
    Summary::of(&result, candidates.len(), seconds).print(args.json)?;
    Ok(ExitCode::SUCCESS)
}

/// Reads people. Errors name the line and the column.
fn read(path: &Path, settings: &Settings) -> anyhow::Result<Vec<Candidate>> {
    let form = &settings.form;
    let mut reader = csv::Reader::from_path(path)
        .with_context(|| format!("cannot read the people from {}", path.display()))?;
    let heading = reader.headers()?.clone();
    if !heading.iter().any(|column| form.question(column).is_some()) {
        bail!(
            "{}: no column is named after a question of the form ({}); for the published comparison's columns, give \
             --score reference",
            path.display(),
            form.questions
                .iter()
                .map(|question| question.id.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    let (mut people, mut past, mut carried) = (Vec::new(), Vec::new(), Vec::new());
    for (index, row) in reader.records().enumerate() {
        let row = row.with_context(|| format!("{}, line {}", path.display(), index + 2))?;
        let mut answers = Answers::new();
        past.push(Vec::new());
        carried.push(0);
        for (column, written) in heading.iter().zip(&row) {
            let at = || format!("{}, line {}, {column}", path.display(), index + 2);
            // A spreadsheet that must not take it for a formula has it with an apostrophe.
            let written = written.trim().trim_start_matches('\'');
            if written.is_empty() {
                continue;
            }
            if let Some(question) = form.question(column) {
                let answer = answer(question, written).with_context(at)?;
                answers.insert(question.id.clone(), answer);
            } else if column == "past" {
                let numbers = parts(written)
                    .map(str::parse)
                    .collect::<Result<Vec<i64>, _>>();
                past[index] = numbers.with_context(at)?;
            } else if column == "carry_over" {
                carried[index] = written.parse().with_context(at)?;
            }
        }
        let zone = zone(form, &answers);
        people.push((answers, zone));
    }
    let mut candidates = pairing::candidates(settings, &people, Clock::System.now());
    for ((candidate, past), carried) in candidates.iter_mut().zip(past).zip(carried) {
        candidate.past_partners = past;
        candidate.carry_over = carried;
    }
    Ok(candidates)
}

fn parts(written: &str) -> impl Iterator<Item = &str> {
    written
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// What a cell says in answer to a question.
fn answer(question: &Question, written: &str) -> anyhow::Result<Answer> {
    let option = |written: &str| {
        question
            .options
            .iter()
            .find(|choice| {
                let mut texts = choice.label.0.values();
                choice.id == written || texts.any(|text| text.eq_ignore_ascii_case(written))
            })
            .map(|choice| choice.id.clone())
            .with_context(|| format!("{written:?} is none of the options"))
    };
    Ok(match question.kind {
        QuestionKind::OneOf => Answer::One(option(written)?),
        QuestionKind::SomeOf => Answer::Many(parts(written).map(option).collect::<Result<_, _>>()?),
        QuestionKind::Languages => Answer::Many(parts(written).map(str::to_owned).collect()),
        QuestionKind::Country => Answer::One(
            places::country(written)
                .one()
                .with_context(|| format!("{written:?} is no country that is known"))?,
        ),
        QuestionKind::Wishes => Answer::Wishes(
            serde_json::from_str(written)
                .context("wishes are written as JSON, as they are kept")?,
        ),
        _ => Answer::One(written.to_owned()),
    })
}

/// The time zone of the place that was given, or of the country.
fn zone(form: &Form, answers: &Answers) -> Tz {
    let of = |kind: QuestionKind| {
        let question = form
            .questions
            .iter()
            .find(|question| question.kind == kind)?;
        answers.get(&question.id)?.as_str()
    };
    let country = of(QuestionKind::Country);
    of(QuestionKind::Place)
        .or(country)
        .and_then(|place| places::zone(place, country).one())
        .unwrap_or(Tz::UTC)
}
