//! The figures of a round as tables: what the command line prints, what goes into CSV files and into the letter to
//! coordinators. Former rounds stand beside the newest, since a programme is adjusted between rounds.

use super::figures::{Figures, SMALLEST_GROUP};
use super::interval::Rate;
use crate::places;

/// A table with its name as a file and its title.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub name: &'static str,
    pub title: String,
    pub headings: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

fn table(name: &'static str, title: &str, headings: &[&str], rows: Vec<Vec<String>>) -> Table {
    Table {
        name,
        title: title.to_string(),
        headings: headings.iter().map(|it| (*it).to_string()).collect(),
        rows,
    }
}

/// All tables of a round; `former` are the rounds before it, newest first.
pub fn all(round: &Figures, former: &[Figures]) -> Vec<Table> {
    let mut tables = vec![rounds(round, former), contact(round), answers(round)];
    tables.push(open_answers(round));
    tables.push(quotes(round));
    tables.push(topics(round));
    tables.push(countries(round));
    tables
}

/// Figure by figure, round beside round.
pub fn rounds(round: &Figures, former: &[Figures]) -> Table {
    let all: Vec<&Figures> = std::iter::once(round).chain(former).collect();
    let row = |label: &str, of: &dyn Fn(&Figures) -> String| {
        std::iter::once(label.to_string())
            .chain(all.iter().map(|figures| of(figures)))
            .collect::<Vec<String>>()
    };
    let mut rows: Vec<Vec<String>> = NUMBERS
        .iter()
        .map(|(label, of)| row(label, &|figures| of(figures).to_string()))
        .collect();
    rows.push(row("Days to a new partner, median", &|figures| {
        figures
            .rematch_days_median
            .map_or_else(|| "none".to_string(), |days| days.to_string())
    }));
    rows.push(row(
        "Messages that a person had to read, per 1,000 people",
        &|figures| {
            per_thousand(figures).map_or_else(|| "none".to_string(), |it| format!("{it:.1}"))
        },
    ));
    let mut surveys: Vec<(&str, &str)> = Vec::new();
    for survey in all.iter().flat_map(|figures| &figures.surveys) {
        if !surveys.iter().any(|(id, _)| *id == survey.id) {
            surveys.push((&survey.id, &survey.title));
        }
    }
    for (id, title) in surveys {
        let survey = |figures: &Figures| figures.surveys.iter().find(|it| it.id == id).cloned();
        rows.push(row(&format!("Answered \"{title}\""), &|figures| {
            survey(figures).map_or_else(|| "not asked".to_string(), |it| it.answered.to_string())
        }));
        let quoted = |figures: &Figures| survey(figures).and_then(|it| it.may_be_quoted);
        if all.iter().any(|figures| quoted(figures).is_some()) {
            rows.push(row(&format!("May be quoted (\"{title}\")"), &|figures| {
                quoted(figures).map_or_else(|| "not asked".to_string(), |it| it.to_string())
            }));
        }
    }
    for (label, question, best) in KEY_ANSWERS {
        if all
            .iter()
            .any(|figures| key_answer(figures, question, best).is_some())
        {
            rows.push(row(label, &|figures| {
                key_answer(figures, question, best)
                    .map_or_else(|| "not known".to_string(), |rate| rate.to_string())
            }));
        }
    }
    Table {
        name: "rounds",
        title: "People and partnerships".into(),
        headings: std::iter::once(String::new())
            .chain(all.iter().map(|figures| figures.name.clone()))
            .collect(),
        rows,
    }
}

type Count = fn(&Figures) -> u32;

const NUMBERS: [(&str, Count); 17] = [
    ("Applied", |it| it.applied),
    ("Complete", |it| it.complete),
    ("Over the country cap", |it| it.capped),
    ("Declined", |it| it.declined),
    ("Accepted", |it| it.accepted),
    ("Had a partner", |it| it.matched),
    ("Had a new partner later", |it| it.rematched),
    ("Partnerships", |it| it.partnerships),
    ("Countries", |it| it.countries),
    ("First-timers", |it| it.first_timers),
    ("Returners", |it| it.returners),
    ("Withdrew", |it| it.withdrawn),
    ("Lost their place through silence", |it| it.silent),
    ("With a partner to the end", |it| it.finished),
    ("Reached by mail", |it| it.reached),
    ("Not reached by mail", |it| it.unreachable),
    ("Messages that a person had to read", |it| {
        it.needed_a_person
    }),
];

/// What the report looks for in surveys: a label, the question's id, and how many of its first options count. The
/// question of the last survey that asks it is taken.
const KEY_ANSWERS: [(&str, &str, Best); 4] = [
    ("Satisfied", "satisfaction", Best::First(2)),
    (
        "In touch every two weeks or more",
        "contact",
        Best::First(2),
    ),
    ("Used the topics", "topics_used", Best::AllButLast),
    ("Would take part again", "again", Best::First(1)),
];

#[derive(Clone, Copy)]
enum Best {
    First(usize),
    AllButLast,
}

fn key_answer(figures: &Figures, question: &str, best: Best) -> Option<Rate> {
    let asked = figures
        .surveys
        .iter()
        .rev()
        .flat_map(|survey| &survey.questions)
        .find(|it| it.id == question && !it.options.is_empty())?;
    let good = match best {
        Best::First(count) => count,
        Best::AllButLast => asked.options.len().saturating_sub(1),
    };
    Some(Rate {
        count: asked
            .options
            .iter()
            .take(good)
            .map(|(_, rate)| rate.count)
            .sum(),
        of: asked.answers,
    })
}

fn per_thousand(figures: &Figures) -> Option<f64> {
    (figures.matched > 0)
        .then(|| f64::from(figures.needed_a_person) * 1000.0 / f64::from(figures.matched))
}

fn contact(round: &Figures) -> Table {
    let rows = round
        .contact
        .iter()
        .map(|it| {
            [
                it.day,
                it.asked,
                it.going_well,
                it.slow,
                it.not_heard,
                it.other,
                it.unknown,
                it.pairs.all_in_touch,
                it.pairs.one_in_touch,
                it.pairs.not_heard,
                it.pairs.unknown,
            ]
            .iter()
            .map(u32::to_string)
            .collect()
        })
        .collect();
    let headings = [
        "day",
        "asked",
        "well",
        "slow",
        "not heard",
        "other",
        "unknown",
        "pairs: both say so",
        "one says so",
        "not heard",
        "unknown",
    ];
    table("contact", "In touch, by check-in", &headings, rows)
}

fn answers(round: &Figures) -> Table {
    let mut rows = Vec::new();
    for survey in &round.surveys {
        if survey.questions.is_empty() {
            rows.push(vec![
                survey.title.clone(),
                String::new(),
                format!("fewer than {SMALLEST_GROUP} people answered, so nothing is shown"),
                String::new(),
            ]);
        }
        for question in &survey.questions {
            for (option, rate) in &question.options {
                rows.push(vec![
                    survey.title.clone(),
                    question.label.clone(),
                    option.clone(),
                    rate.to_string(),
                ]);
            }
        }
    }
    let headings = ["survey", "question", "answer", "share"];
    table("answers", "What the surveys say", &headings, rows)
}

fn open_answers(round: &Figures) -> Table {
    let mut rows = Vec::new();
    for survey in &round.surveys {
        for question in &survey.questions {
            for text in &question.texts {
                rows.push(vec![
                    survey.title.clone(),
                    question.label.clone(),
                    text.clone(),
                ]);
            }
        }
    }
    let title = "In people's own words (not to be quoted)";
    table(
        "open-answers",
        title,
        &["survey", "question", "words"],
        rows,
    )
}

fn quotes(round: &Figures) -> Table {
    let rows = round
        .surveys
        .iter()
        .flat_map(|survey| {
            survey
                .quotes
                .iter()
                .map(|quote| vec![survey.title.clone(), quote.clone()])
        })
        .collect();
    table(
        "quotes",
        "May be quoted, without a name",
        &["survey", "words"],
        rows,
    )
}

fn topics(round: &Figures) -> Table {
    let rows = round
        .topics
        .iter()
        .map(|(_, title, people)| vec![people.to_string(), title.clone()])
        .collect();
    table("topics", "Topics", &["people", "topic"], rows)
}

fn countries(round: &Figures) -> Table {
    let rows = round
        .people_by_country
        .iter()
        .map(|(code, people)| vec![people.to_string(), places::country_name(code, "en")])
        .collect();
    table("countries", "Countries", &["people", "country"], rows)
}

#[cfg(test)]
mod tests {
    use super::super::figures::{QuestionFigures, SurveyFigures};
    use super::*;

    fn round(name: &str, matched: u32) -> Figures {
        Figures {
            name: name.into(),
            matched,
            needed_a_person: 3,
            ..Figures::default()
        }
    }

    #[test]
    fn rounds_stand_side_by_side() {
        let mut newest = round("2027B", 120);
        newest.surveys = vec![SurveyFigures {
            id: "end".into(),
            title: "Looking back".into(),
            answered: Rate { count: 60, of: 100 },
            questions: vec![QuestionFigures {
                id: "satisfaction".into(),
                answers: 50,
                options: [20, 16, 10, 4]
                    .iter()
                    .map(|count| {
                        (
                            String::new(),
                            Rate {
                                count: *count,
                                of: 50,
                            },
                        )
                    })
                    .collect(),
                ..QuestionFigures::default()
            }],
            ..SurveyFigures::default()
        }];
        let table = rounds(&newest, &[round("2027A", 92)]);
        assert_eq!(table.headings, ["", "2027B", "2027A"]);
        let line = |label: &str| {
            let row = table.rows.iter().find(|row| row[0] == label).unwrap();
            row[1..].to_vec()
        };
        assert_eq!(line("Had a partner"), ["120", "92"]);
        assert_eq!(
            line("Messages that a person had to read, per 1,000 people"),
            ["25.0", "32.6"]
        );
        assert_eq!(
            line("Answered \"Looking back\""),
            ["60 % (60 of 100; 50 to 69 %)", "not asked"]
        );
        assert_eq!(
            line("Satisfied"),
            ["72 % (36 of 50; 58 to 83 %)", "not known"]
        );
    }
}
