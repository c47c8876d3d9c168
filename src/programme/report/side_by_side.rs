//! The table of a round's figures with those of former rounds beside them, since a programme is adjusted between rounds.

use super::figures::Figures;
use super::interval::Rate;
use super::tables::{COUNTRIES, Table};
use crate::programme::words::{Words, word};

const NONE: Words = ["none", "ninguno", "aucun"];
const NOT_ASKED: Words = ["not asked", "no se preguntó", "non demandé"];
const NOT_KNOWN: Words = ["not known", "no se sabe", "inconnu"];

/// Figure by figure, round beside round.
pub fn rounds(round: &Figures, former: &[Figures], language: &str) -> Table {
    let all: Vec<&Figures> = std::iter::once(round).chain(former).collect();
    let said = |words: &Words| word(words, language).to_string();
    let row = |label: String, of: &dyn Fn(&Figures) -> String| {
        std::iter::once(label)
            .chain(all.iter().map(|figures| of(figures)))
            .collect::<Vec<String>>()
    };
    let mut rows: Vec<Vec<String>> = NUMBERS
        .iter()
        .map(|(label, of)| row(said(label), &|figures| of(figures).to_string()))
        .collect();
    rows.push(row(
        said(&[
            "Days to a new partner, median",
            "Días hasta una nueva pareja, mediana",
            "Jours jusqu'à un nouveau partenaire, médiane",
        ]),
        &|figures| {
            figures
                .rematch_days_median
                .map_or_else(|| said(&NONE), |days| days.to_string())
        },
    ));
    rows.push(row(said(&PER_THOUSAND), &|figures| {
        per_thousand(figures).map_or_else(|| said(&NONE), |it| format!("{it:.1}"))
    }));
    let mut surveys: Vec<(&str, &str)> = Vec::new();
    for survey in all.iter().flat_map(|figures| &figures.surveys) {
        if !surveys.iter().any(|(id, _)| *id == survey.id) {
            surveys.push((&survey.id, &survey.title));
        }
    }
    for (id, title) in surveys {
        let survey = |figures: &Figures| figures.surveys.iter().find(|it| it.id == id).cloned();
        let answered = word(&["Answered", "Respondieron a", "Ont répondu à"], language);
        rows.push(row(format!("{answered} \"{title}\""), &|figures| {
            survey(figures).map_or_else(|| said(&NOT_ASKED), |it| it.answered.shown(language))
        }));
        let quoted = |figures: &Figures| survey(figures).and_then(|it| it.may_be_quoted);
        if all.iter().any(|figures| quoted(figures).is_some()) {
            let may = word(
                &["May be quoted", "Se pueden citar", "Peuvent être cités"],
                language,
            );
            rows.push(row(format!("{may} (\"{title}\")"), &|figures| {
                quoted(figures).map_or_else(|| said(&NOT_ASKED), |it| it.to_string())
            }));
        }
    }
    for (label, question, best) in KEY_ANSWERS {
        if all
            .iter()
            .any(|figures| key_answer(figures, question, best).is_some())
        {
            rows.push(row(said(&label), &|figures| {
                key_answer(figures, question, best)
                    .map_or_else(|| said(&NOT_KNOWN), |rate| rate.shown(language))
            }));
        }
    }
    Table {
        name: "rounds",
        title: said(&[
            "People and partnerships",
            "Personas e intercambios",
            "Personnes et échanges",
        ]),
        headings: std::iter::once(String::new())
            .chain(all.iter().map(|figures| figures.name.clone()))
            .collect(),
        rows,
    }
}

type Count = fn(&Figures) -> u32;

const NUMBERS: [(Words, Count); 17] = [
    (["Applied", "Se inscribieron", "Candidatures"], |it| {
        it.applied
    }),
    (["Complete", "Completas", "Complètes"], |it| it.complete),
    (
        [
            "Over the country cap",
            "Por encima del límite del país",
            "Au-delà de la limite du pays",
        ],
        |it| it.capped,
    ),
    (["Declined", "Rechazadas", "Refusées"], |it| it.declined),
    (["Accepted", "Admitidas", "Admises"], |it| it.accepted),
    (
        ["Had a partner", "Tuvieron pareja", "Ont eu un partenaire"],
        |it| it.matched,
    ),
    (
        [
            "Had a new partner later",
            "Tuvieron después otra pareja",
            "Ont eu ensuite un autre partenaire",
        ],
        |it| it.rematched,
    ),
    (["Partnerships", "Intercambios", "Échanges"], |it| {
        it.partnerships
    }),
    (COUNTRIES, |it| it.countries),
    (
        ["First-timers", "Por primera vez", "Pour la première fois"],
        |it| it.first_timers,
    ),
    (["Returners", "Repiten", "De retour"], |it| it.returners),
    (["Withdrew", "Se retiraron", "Se sont retirés"], |it| {
        it.withdrawn
    }),
    (
        [
            "Lost their place through silence",
            "Perdieron su lugar por no responder",
            "Ont perdu leur place faute de réponse",
        ],
        |it| it.silent,
    ),
    (
        [
            "With a partner to the end",
            "Con pareja hasta el final",
            "Avec un partenaire jusqu'à la fin",
        ],
        |it| it.finished,
    ),
    (
        [
            "Reached by mail",
            "Les llega el correo",
            "Atteints par courriel",
        ],
        |it| it.reached,
    ),
    (
        [
            "Not reached by mail",
            "No les llega el correo",
            "Non atteints par courriel",
        ],
        |it| it.unreachable,
    ),
    (
        [
            "Messages that a person had to read",
            "Mensajes que tuvo que leer una persona",
            "Messages qu'une personne a dû lire",
        ],
        |it| it.needed_a_person,
    ),
];

const PER_THOUSAND: Words = [
    "Messages that a person had to read, per 1,000 people",
    "Mensajes que tuvo que leer una persona, por 1.000 participantes",
    "Messages qu'une personne a dû lire, pour 1 000 participants",
];

/// What the report looks for in surveys: a label, the question's id, and how many of its first options count. The
/// question of the last survey that asks it is taken.
const KEY_ANSWERS: [(Words, &str, Best); 4] = [
    (
        ["Satisfied", "Satisfechos", "Satisfaits"],
        "satisfaction",
        Best::First(2),
    ),
    (
        [
            "In touch every two weeks or more",
            "En contacto cada dos semanas o más",
            "En contact toutes les deux semaines ou plus",
        ],
        "contact",
        Best::First(2),
    ),
    (
        [
            "Used the topics",
            "Usaron los temas",
            "Ont utilisé les thèmes",
        ],
        "topics_used",
        Best::AllButLast,
    ),
    (
        [
            "Would take part again",
            "Participarían otra vez",
            "Participeraient de nouveau",
        ],
        "again",
        Best::First(1),
    ),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme::report::figures::{QuestionFigures, SurveyFigures};

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
        let table = rounds(&newest, &[round("2027A", 92)], "en");
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
