//! The figures of a round as tables: what the command line prints, what goes into CSV files and into the letter to
//! coordinators, in the programme's language. Former rounds stand beside the newest, since a programme is adjusted between
//! rounds.

use super::figures::{Figures, SMALLEST_GROUP};
use super::interval::Rate;
use crate::places;
use crate::programme::words::{Words, word};

/// A table with its name as a file and its title.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub name: &'static str,
    pub title: String,
    pub headings: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

fn table(
    name: &'static str,
    language: &str,
    title: Words,
    headings: &[Words],
    rows: Vec<Vec<String>>,
) -> Table {
    Table {
        name,
        title: word(&title, language).to_string(),
        headings: headings
            .iter()
            .map(|it| word(it, language).to_string())
            .collect(),
        rows,
    }
}

/// All tables of a round; `former` are the rounds before it, newest first.
pub fn all(round: &Figures, former: &[Figures], language: &str) -> Vec<Table> {
    vec![
        rounds(round, former, language),
        standings(round, language),
        contact(round, language),
        answers(round, language),
        open_answers(round, language),
        quotes(round, language),
        topics(round, language),
        countries(round, language),
        people_by_round(round, former, language),
        country_pairs(round, language),
        weeks(round, language),
    ]
}

/// The table that the International Librarians Network published of itself: who took part, and from where.
pub fn people_by_round(round: &Figures, former: &[Figures], language: &str) -> Table {
    let rows = former
        .iter()
        .rev()
        .chain([round])
        .map(|figures| {
            vec![
                figures.name.clone(),
                format!("{} – {}", figures.start, figures.end),
                figures.matched.to_string(),
                figures.countries.to_string(),
            ]
        })
        .collect();
    table(
        "people-by-round",
        language,
        [
            "People and countries, by round",
            "Personas y países, por ronda",
            "Personnes et pays, par session",
        ],
        &[
            ["round", "ronda", "session"],
            ["dates", "fechas", "dates"],
            [
                "people with a partner",
                "personas con pareja",
                "personnes avec un partenaire",
            ],
            ["countries", "países", "pays"],
        ],
        rows,
    )
}

pub fn country_pairs(round: &Figures, language: &str) -> Table {
    let rows = round
        .country_pairs
        .iter()
        .map(|(one, other, count)| {
            vec![
                places::country_name(one, language),
                places::country_name(other, language),
                count.to_string(),
            ]
        })
        .collect();
    table(
        "country-pairs",
        language,
        [
            "Partners, by countries",
            "Parejas, por países",
            "Partenaires, par pays",
        ],
        &[
            ["country", "país", "pays"],
            [
                "partner's country",
                "país de la pareja",
                "pays du partenaire",
            ],
            ["pairs", "parejas", "binômes"],
        ],
        rows,
    )
}

pub const LETTERS: Words = ["letters", "cartas", "lettres"];
pub const ANSWERS: Words = ["answers", "respuestas", "réponses"];
pub const NEEDED_A_PERSON: Words = [
    "needed a person",
    "necesitaron a una persona",
    "ont demandé une personne",
];

pub fn weeks(round: &Figures, language: &str) -> Table {
    let rows = round
        .weeks
        .iter()
        .map(|week| {
            vec![
                week.number.to_string(),
                week.from.to_string(),
                week.letters.to_string(),
                week.answers.to_string(),
                week.needed_a_person.to_string(),
            ]
        })
        .collect();
    table(
        "weeks",
        language,
        [
            "Letters and answers, by week",
            "Cartas y respuestas, por semana",
            "Lettres et réponses, par semaine",
        ],
        &[
            ["week", "semana", "semaine"],
            ["from", "desde", "du"],
            LETTERS,
            ANSWERS,
            NEEDED_A_PERSON,
        ],
        rows,
    )
}

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

/// Where the partnerships stand, or how they ended.
fn standings(round: &Figures, language: &str) -> Table {
    let rows = round
        .standings
        .iter()
        .map(|(standing, count)| vec![standing.words(language), count.to_string()])
        .collect();
    table(
        "standings",
        language,
        [
            "Where the partnerships stand",
            "Cómo están los intercambios",
            "Où en sont les échanges",
        ],
        &[
            ["state", "estado", "état"],
            ["partnerships", "intercambios", "échanges"],
        ],
        rows,
    )
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
    (["Countries", "Países", "Pays"], |it| it.countries),
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

pub fn contact(round: &Figures, language: &str) -> Table {
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
        ["day", "día", "jour"],
        ["asked", "preguntados", "interrogés"],
        ["well", "bien", "bien"],
        ["slow", "despacio", "lent"],
        ["not heard", "sin noticias", "sans nouvelles"],
        ["other", "otra cosa", "autre"],
        ["unknown", "desconocido", "inconnu"],
        [
            "pairs: both say so",
            "parejas: ambas lo dicen",
            "binômes : les deux le disent",
        ],
        ["one says so", "una lo dice", "l'un le dit"],
        ["not heard", "sin noticias", "sans nouvelles"],
        ["unknown", "desconocido", "inconnu"],
    ];
    let title = [
        "In touch, by check-in",
        "Contacto, según las preguntas periódicas",
        "En contact, selon les points réguliers",
    ];
    table("contact", language, title, &headings, rows)
}

const SURVEY: Words = ["survey", "encuesta", "enquête"];
const QUESTION: Words = ["question", "pregunta", "question"];
const WORDS: Words = ["words", "palabras", "mots"];
const PEOPLE: Words = ["people", "personas", "personnes"];

/// "fewer than 5 people answered, so nothing is shown"
pub fn too_few(language: &str) -> String {
    match language {
        "es" => format!("respondieron menos de {SMALLEST_GROUP} personas, así que no se muestra"),
        "fr" => format!("moins de {SMALLEST_GROUP} personnes ont répondu, rien n'est donc montré"),
        _ => format!("fewer than {SMALLEST_GROUP} people answered, so nothing is shown"),
    }
}

fn answers(round: &Figures, language: &str) -> Table {
    let mut rows = Vec::new();
    for survey in &round.surveys {
        if survey.questions.is_empty() {
            rows.push(vec![
                survey.title.clone(),
                String::new(),
                too_few(language),
                String::new(),
            ]);
        }
        for question in &survey.questions {
            for (option, rate) in &question.options {
                rows.push(vec![
                    survey.title.clone(),
                    question.label.clone(),
                    option.clone(),
                    rate.shown(language),
                ]);
            }
        }
    }
    let headings = [
        SURVEY,
        QUESTION,
        ["answer", "respuesta", "réponse"],
        ["share", "proporción", "part"],
    ];
    let title = [
        "What the surveys say",
        "Lo que dicen las encuestas",
        "Ce que disent les enquêtes",
    ];
    table("answers", language, title, &headings, rows)
}

fn open_answers(round: &Figures, language: &str) -> Table {
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
    let title = [
        "In people's own words (not to be quoted)",
        "En sus propias palabras (no se pueden citar)",
        "Avec leurs propres mots (à ne pas citer)",
    ];
    table(
        "open-answers",
        language,
        title,
        &[SURVEY, QUESTION, WORDS],
        rows,
    )
}

fn quotes(round: &Figures, language: &str) -> Table {
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
    let title = [
        "May be quoted, without a name",
        "Se puede citar, sin nombre",
        "Peut être cité, sans nom",
    ];
    table("quotes", language, title, &[SURVEY, WORDS], rows)
}

fn topics(round: &Figures, language: &str) -> Table {
    let rows = round
        .topics
        .iter()
        .map(|(_, title, people)| vec![people.to_string(), title.clone()])
        .collect();
    let headings = [PEOPLE, ["topic", "tema", "thème"]];
    table(
        "topics",
        language,
        ["Topics", "Temas", "Thèmes"],
        &headings,
        rows,
    )
}

fn countries(round: &Figures, language: &str) -> Table {
    let rows = round
        .people_by_country
        .iter()
        .map(|(code, people)| vec![people.to_string(), places::country_name(code, language)])
        .collect();
    let headings = [PEOPLE, ["country", "país", "pays"]];
    table(
        "countries",
        language,
        ["Countries", "Países", "Pays"],
        &headings,
        rows,
    )
}

#[cfg(test)]
mod tests {
    use super::super::figures::{QuestionFigures, SurveyFigures};
    use super::*;
    use crate::programme::partnership::Standing;

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
    #[test]
    fn tables_are_in_the_language_of_the_programme() {
        let mut newest = round("2027B", 120);
        newest.standings = vec![(Standing::BothInTouch, 12)];
        newest.people_by_country = vec![("NO".into(), 3)];
        let of = |language| {
            let tables = all(&newest, &[], language);
            let shown =
                |table: &Table| format!("{}{:?}{:?}", table.title, table.headings, table.rows);
            tables.iter().map(shown).collect::<String>()
        };
        for (language, words) in [
            (
                "es",
                [
                    "Personas e intercambios",
                    "Se inscribieron",
                    "ambas dicen",
                    "Noruega",
                ],
            ),
            (
                "fr",
                [
                    "Personnes et échanges",
                    "Candidatures",
                    "les deux",
                    "Norvège",
                ],
            ),
        ] {
            let shown = of(language);
            for word in words {
                assert!(shown.contains(word), "{word}: {shown}");
            }
            for english in [
                "Applied",
                "Partnerships",
                "people",
                "country",
                "survey",
                "share",
            ] {
                assert!(!shown.contains(english), "{english}: {shown}");
            }
        }
    }
}
