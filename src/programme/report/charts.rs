//! What the report shows as pictures: numbers with their words, and each picture's table, which says the same. How they
//! are drawn is the business of `drawing`.

use super::figures::{Figures, Week};
use super::interval::Rate;
use super::tables::{self, Table};
use crate::places::map::{self, Point};
use crate::programme::words::{Words, word, words};

/// A picture with what it says in words, for whoever does not see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    pub title: String,
    /// One sentence: what can be seen.
    pub says: String,
    pub drawing: Drawing,
    /// The numbers.
    pub table: Table,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Drawing {
    /// Upright bars: for each label a number of each series, side by side or one on the other.
    Bars {
        series: Vec<String>,
        rows: Vec<(String, Vec<f64>)>,
        stacked: bool,
        /// The numbers are shares of a hundred.
        percent: bool,
    },
    /// Lying bars of shares, with the bounds between which the share of all would lie.
    Shares(Vec<(String, Rate)>),
    /// Lines between places, as thick as their number; and a dot for each place.
    Map {
        lines: Vec<(Point, Point, u32)>,
        dots: Vec<(Point, u32)>,
    },
}

/// All pictures of a round that have something to show. `former` are the rounds before it, newest first.
pub fn all(round: &Figures, former: &[Figures], language: &str) -> Vec<Chart> {
    let mut charts = Vec::new();
    charts.extend(by_round(round, former, language));
    charts.extend(pairs(round, language));
    charts.extend(contact(round, language));
    charts.extend(shares(round, language));
    charts.extend(weeks(round, language));
    charts
}

/// People and countries, the oldest round first.
fn by_round(round: &Figures, former: &[Figures], language: &str) -> Vec<Chart> {
    let in_time: Vec<&Figures> = tables::in_time(round, former).collect();
    let by_round = word(&["by round", "por ronda", "par session"], language);
    let chart = |title: Words, of: fn(&Figures) -> u32| Chart {
        title: format!("{}, {by_round}", word(&title, language)),
        says: format!(
            "{}: {}.",
            word(&title, language),
            in_time
                .iter()
                .map(|figures| format!("{}: {}", figures.name, of(figures)))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        drawing: Drawing::Bars {
            series: vec![word(&title, language).to_string()],
            rows: in_time
                .iter()
                .map(|figures| (figures.round.clone(), vec![f64::from(of(figures))]))
                .collect(),
            stacked: false,
            percent: false,
        },
        table: tables::people_by_round(round, former, language),
    };
    if round.matched == 0 {
        return Vec::new();
    }
    vec![
        chart(
            [
                "People with a partner",
                "Personas con pareja",
                "Personnes avec un partenaire",
            ],
            |it| it.matched,
        ),
        chart(tables::COUNTRIES, |it| it.countries),
    ]
}

/// Who was paired with whom, by countries.
fn pairs(round: &Figures, language: &str) -> Option<Chart> {
    let lines: Vec<(Point, Point, u32)> = round
        .country_pairs
        .iter()
        .filter_map(|(one, other, count)| Some((map::centre(one)?, map::centre(other)?, *count)))
        .collect();
    let dots = round
        .people_by_country
        .iter()
        .filter_map(|(country, people)| Some((map::centre(country)?, *people)))
        .collect();
    (!lines.is_empty()).then(|| Chart {
        title: word(
            &[
                "Partnerships across the world",
                "Parejas por el mundo",
                "Des binômes à travers le monde",
            ],
            language,
        )
        .into(),
        says: format!(
            "{}: {}. {}: {}.",
            word(&["Partnerships", "Parejas", "Binômes"], language),
            round.partnerships,
            word(&tables::COUNTRIES, language),
            round.countries
        ),
        drawing: Drawing::Map { lines, dots },
        table: tables::country_pairs(round, language),
    })
}

/// Silence is unknown, not bad.
const NO_ANSWER: Words = ["no answer", "sin respuesta", "sans réponse"];

fn contact(round: &Figures, language: &str) -> Option<Chart> {
    let day = word(&["day", "día", "jour"], language);
    let rows: Vec<(String, Vec<f64>)> = round
        .contact
        .iter()
        .map(|it| {
            let share = |count: u32| f64::from(count) * 100.0 / f64::from(it.asked.max(1));
            let parts = [it.going_well, it.slow, it.not_heard, it.other, it.unknown];
            (format!("{day} {}", it.day), parts.map(share).to_vec())
        })
        .collect();
    let last = round.contact.last()?;
    let in_touch = Rate {
        count: last.going_well + last.slow,
        of: last.asked,
    };
    let table = tables::contact(round, language);
    Some(Chart {
        title: table.title.clone(),
        says: format!(
            "{} ({day} {}): {}. {}: {}.",
            word(&["In touch", "En contacto", "En contact"], language),
            last.day,
            in_touch.shown(language),
            word(&NO_ANSWER, language),
            last.unknown
        ),
        drawing: Drawing::Bars {
            series: words(
                &[
                    ["going well", "va bien", "va bien"],
                    [
                        "slow, but in touch",
                        "despacio, pero en contacto",
                        "lent, mais en contact",
                    ],
                    ["not heard", "sin noticias", "sans nouvelles"],
                    ["something else", "otra cosa", "autre chose"],
                    NO_ANSWER,
                ],
                language,
            ),
            rows,
            stacked: true,
            percent: true,
        },
        table,
    })
}

/// One picture for each survey question with options.
fn shares(round: &Figures, language: &str) -> Vec<Chart> {
    let answers = word(&["answers", "respuestas", "réponses"], language);
    let most_often = word(
        &["Most often", "Lo más frecuente", "Le plus souvent"],
        language,
    );
    let mut charts = Vec::new();
    for survey in &round.surveys {
        for question in survey.questions.iter().filter(|it| !it.options.is_empty()) {
            let most = question.options.iter().max_by_key(|(_, rate)| rate.count);
            let told = most.map_or_else(String::new, |(label, rate)| {
                format!(" {most_often}: \"{label}\", {}.", rate.shown(language))
            });
            charts.push(Chart {
                title: format!("{} ({})", question.label, survey.title),
                says: format!("{} {answers}.{told}", question.answers),
                drawing: Drawing::Shares(question.options.clone()),
                table: Table {
                    name: "question",
                    title: question.label.clone(),
                    headings: words(&[tables::ANSWER, tables::SHARE], language),
                    rows: question
                        .options
                        .iter()
                        .map(|(label, rate)| vec![label.clone(), rate.shown(language)])
                        .collect(),
                },
            });
        }
    }
    charts
}

fn weeks(round: &Figures, language: &str) -> Vec<Chart> {
    let table = tables::weeks(round, language);
    let chart = |title: &str, series: &[Words], of: fn(&Week) -> Vec<u32>| {
        let series = words(series, language);
        let sums: Vec<String> = series
            .iter()
            .enumerate()
            .map(|(at, series)| {
                let sum: u32 = round
                    .weeks
                    .iter()
                    .filter_map(|week| of(week).get(at).copied())
                    .sum();
                format!("{series}: {sum}")
            })
            .collect();
        let any = round.weeks.iter().flat_map(of).any(|count| count > 0);
        any.then(|| Chart {
            title: title.to_string(),
            says: format!("{}.", sums.join(". ")),
            drawing: Drawing::Bars {
                series,
                rows: round
                    .weeks
                    .iter()
                    .map(|week| {
                        (
                            week.number.to_string(),
                            of(week).into_iter().map(f64::from).collect(),
                        )
                    })
                    .collect(),
                stacked: false,
                percent: false,
            },
            table: table.clone(),
        })
    };
    [
        chart(&table.title, &[tables::LETTERS, tables::ANSWERS], |week| {
            vec![week.letters, week.answers]
        }),
        chart(
            word(
                &[
                    "What needed a person, by week",
                    "Lo que necesitó a una persona, por semana",
                    "Ce qui a demandé une personne, par semaine",
                ],
                language,
            ),
            &[tables::NEEDED_A_PERSON],
            |week| vec![week.needed_a_person],
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}
