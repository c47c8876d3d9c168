//! The figures of a round as tables: what the command line prints, what goes into CSV files and into the letter to
//! coordinators, in the programme's language. The table of rounds beside each other is in `side_by_side`.

use super::figures::{Figures, SMALLEST_GROUP};
use super::side_by_side::rounds;
use crate::places;
use crate::programme::words::{Words, word, words};

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
        headings: words(headings, language),
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

/// The oldest round first.
pub fn in_time<'f>(round: &'f Figures, former: &'f [Figures]) -> impl Iterator<Item = &'f Figures> {
    former.iter().rev().chain([round])
}

/// The table that the International Librarians Network published of itself: who took part, and from where.
pub fn people_by_round(round: &Figures, former: &[Figures], language: &str) -> Table {
    let rows = in_time(round, former)
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

pub const COUNTRIES: Words = ["Countries", "Países", "Pays"];
pub const ANSWER: Words = ["answer", "respuesta", "réponse"];
pub const SHARE: Words = ["share", "proporción", "part"];
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
    let headings = [SURVEY, QUESTION, ANSWER, SHARE];
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
    table("countries", language, COUNTRIES, &headings, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme::partnership::Standing;

    #[test]
    fn tables_are_in_the_language_of_the_programme() {
        let newest = Figures {
            standings: vec![(Standing::BothInTouch, 12)],
            people_by_country: vec![("NO".into(), 3)],
            ..Figures::default()
        };
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
