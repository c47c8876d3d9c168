//! The report as one page for a browser: charts and tables in a single file that loads nothing, light and dark, on a screen
//! and on paper, so that it can be sent to a sponsor or kept. What stands in it may be passed on: people's words only where
//! their writer allows it.

use std::fmt::Write as _;

use super::charts::{self, Chart, Drawing};
use super::drawing::{self, SERIES};
use super::figures::Figures;
use super::tables::{self, Table};
use crate::programme::words::word;

/// What stands in a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub language: String,
    pub programme: String,
    pub title: String,
    /// Below the title: the dates.
    pub subtitle: String,
    /// The few numbers that stand first, with their words.
    pub first: Vec<(String, String)>,
    pub charts: Vec<Chart>,
    pub quotes: Vec<String>,
    pub tables: Vec<Table>,
    /// How the numbers are to be read.
    pub notes: Vec<String>,
}

impl Report {
    /// The report of a round beside those before it, in a language.
    pub fn of(programme: &str, round: &Figures, former: &[Figures], language: &str) -> Report {
        let said = |words: [&'static str; 3]| word(&words, language).to_string();
        // What people wrote to the coordinators alone is not for others; quotes stand by themselves.
        let mut tables = tables::all(round, former, language);
        tables.retain(|table| !["open-answers", "quotes"].contains(&table.name));
        Report {
            language: language.to_string(),
            programme: programme.to_string(),
            title: round.name.clone(),
            subtitle: format!("{} – {}", round.start, round.end),
            first: [
                (
                    round.applied,
                    said(["applied", "solicitudes", "candidatures"]),
                ),
                (
                    round.matched,
                    said(["had a partner", "tuvieron pareja", "ont eu un partenaire"]),
                ),
                (round.countries, said(["countries", "países", "pays"])),
                (
                    round.partnerships,
                    said(["partnerships", "parejas", "binômes"]),
                ),
                (
                    round.finished,
                    said([
                        "with a partner to the end",
                        "con pareja hasta el final",
                        "avec un partenaire jusqu'à la fin",
                    ]),
                ),
                (
                    round.needed_a_person,
                    said([
                        "messages that a person had to read",
                        "mensajes que tuvo que leer una persona",
                        "messages qu'une personne a dû lire",
                    ]),
                ),
            ]
            .map(|(number, words)| (number.to_string(), words))
            .to_vec(),
            charts: charts::all(round, former, language),
            quotes: round
                .surveys
                .iter()
                .flat_map(|survey| survey.quotes.clone())
                .collect(),
            tables,
            notes: vec![
                said([
                    "A share stands with its number of answers and with the bounds between which the share of all would probably \
                     lie (Wilson's interval, 95 % confidence): the thin line on its bar. What fewer than five people said is not \
                     shown. Silence is unknown, not bad.",
                    "Cada proporción lleva su número de respuestas y los límites entre los que probablemente estaría la de todas \
                     las personas (intervalo de Wilson, 95 % de confianza): la línea fina sobre su barra. Lo que dijeron menos de \
                     cinco personas no se muestra. El silencio es desconocido, no malo.",
                    "Chaque part figure avec son nombre de réponses et les bornes entre lesquelles se situerait probablement celle \
                     de toutes les personnes (intervalle de Wilson, confiance de 95 %) : le trait fin sur sa barre. Ce qu'ont dit \
                     moins de cinq personnes n'est pas montré. Le silence est inconnu, pas mauvais.",
                ]),
                said([
                    "Week 1 begins with the introductions. The map's outlines are from Natural Earth (public domain).",
                    "La semana 1 empieza con las presentaciones. Los contornos del mapa son de Natural Earth (dominio público).",
                    "La semaine 1 commence avec les présentations. Les contours de la carte sont de Natural Earth (domaine public).",
                ]),
            ],
        }
    }
}

/// The whole page.
pub fn page(programme: &str, round: &Figures, former: &[Figures], language: &str) -> String {
    html(&Report::of(programme, round, former, language))
}

/// A report as its page.
pub fn html(report: &Report) -> String {
    let said = |words: [&'static str; 3]| word(&words, &report.language);
    let mut body = String::new();
    let first: String = report
        .first
        .iter()
        .map(|(value, words)| format!("<li><b>{}</b> {}</li>\n", escaped(value), escaped(words)))
        .collect();
    let _ = writeln!(body, "<ul class=\"first\">\n{first}</ul>");
    let _ = writeln!(body, "<div class=\"charts\">");
    for chart in &report.charts {
        body.push_str(&figure(chart, &report.language));
    }
    let _ = writeln!(body, "</div>");
    if !report.quotes.is_empty() {
        let title = said([
            "In people's own words",
            "En palabras de la gente",
            "Dans les mots des gens",
        ]);
        let _ = writeln!(body, "<h2>{title}</h2>");
        for quote in &report.quotes {
            let _ = writeln!(body, "<blockquote>{}</blockquote>", escaped(quote));
        }
    }
    let title = said(["All numbers", "Todas las cifras", "Tous les chiffres"]);
    let _ = writeln!(body, "<h2>{title}</h2>");
    for table in report.tables.iter().filter(|table| !table.rows.is_empty()) {
        let _ = writeln!(body, "<h3>{}</h3>", escaped(&table.title));
        body.push_str(&table_of(table, &table.title));
    }
    let notes: String = report
        .notes
        .iter()
        .map(|note| format!("<p>{}</p>\n", escaped(note)))
        .collect();
    filled(
        include_str!("page.html"),
        &[
            ("LANGUAGE", &escaped(&report.language)),
            ("PROGRAMME", &escaped(&report.programme)),
            ("SUBTITLE", &escaped(&report.subtitle)),
            ("TITLE", &escaped(&report.title)),
            ("NOTES", &notes),
            ("BODY", &body),
        ],
    )
}

/// A page with what belongs into each of its places, which are named by words in capitals. What has been put in is not
/// looked at again: somebody may write a name in capitals.
pub fn filled(page: &str, places: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = page;
    while let Some((at, name, value)) = places
        .iter()
        .filter_map(|(name, value)| Some((rest.find(name)?, name, value)))
        .min_by_key(|(at, ..)| *at)
    {
        out.push_str(&rest[..at]);
        out.push_str(value);
        rest = &rest[at + name.len()..];
    }
    out.push_str(rest);
    out
}

fn figure(chart: &Chart, language: &str) -> String {
    let mut legend = String::new();
    if let Drawing::Bars { series, .. } = &chart.drawing
        && series.len() > 1
    {
        let items: String = series
            .iter()
            .enumerate()
            .map(|(at, name)| {
                let color = SERIES[at % SERIES.len()];
                format!(
                    "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect width=\"10\" height=\"10\" fill=\"#{:02X}{:02X}{:02X}\"/></svg>{}</li>",
                    color.0,
                    color.1,
                    color.2,
                    escaped(name)
                )
            })
            .collect();
        legend = format!("<ul class=\"legend\">{items}</ul>\n");
    }
    let wide = match chart.drawing {
        Drawing::Map { .. } => " class=\"wide\"",
        _ => "",
    };
    // A chart that cannot be drawn has its words and its table.
    let drawn = drawing::svg(&chart.drawing, &chart.says).unwrap_or_default();
    format!(
        "<figure{wide}>\n<figcaption>{title}</figcaption>\n{legend}{drawn}\n<p class=\"says\">{says}</p>\n<details><summary>{as_table}\
         <span class=\"hidden\">: {title}</span></summary>\n{table}</details>\n</figure>\n",
        title = escaped(&chart.title),
        as_table = word(&["As a table", "Como tabla", "En tableau"], language),
        says = escaped(&chart.says),
        table = table_of(&chart.table, &chart.title),
    )
}

fn table_of(table: &Table, title: &str) -> String {
    // A table that is wider than the screen is moved within its own frame, also by the keyboard.
    let mut out = format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table>\n<thead><tr>",
        escaped(title)
    );
    for heading in &table.headings {
        match heading.is_empty() {
            true => out.push_str("<td></td>"),
            false => {
                let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(heading));
            }
        }
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (at, cell) in row.iter().enumerate() {
            let _ = match at {
                0 => write!(out, "<th scope=\"row\">{}</th>", escaped(cell)),
                _ => write!(out, "<td>{}</td>", escaped(cell)),
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
    out
}

/// Words from people and from the config, made harmless.
pub(super) fn escaped(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut out, c| {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                c => out.push(c),
            }
            out
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme::partnership::Standing;
    use crate::programme::report::figures::{Contact, QuestionFigures, SurveyFigures};
    use crate::programme::report::interval::Rate;

    fn round(name: &str) -> Figures {
        Figures {
            name: name.into(),
            matched: 120,
            contact: vec![Contact {
                number: 1,
                day: 10,
                asked: 120,
                going_well: 60,
                unknown: 60,
                ..Contact::default()
            }],
            standings: vec![(Standing::BothInTouch, 40)],
            surveys: vec![SurveyFigures {
                id: "end".into(),
                title: "Looking back".into(),
                questions: vec![
                    QuestionFigures {
                        id: "satisfaction".into(),
                        label: "Satisfied?".into(),
                        answers: 50,
                        options: vec![("<b>very</b>".into(), Rate { count: 25, of: 50 })],
                        texts: Vec::new(),
                    },
                    QuestionFigures {
                        id: "hard".into(),
                        label: "Hard?".into(),
                        answers: 9,
                        options: Vec::new(),
                        texts: vec!["only for you".into()],
                    },
                ],
                quotes: vec!["to be quoted".into()],
                ..SurveyFigures::default()
            }],
            people_by_country: vec![("NO".into(), 3)],
            ..Figures::default()
        }
    }

    #[test]
    fn the_page_stands_alone_and_shows_what_may_be_shown() {
        let page = page("Exchange & more", &round("2027B"), &[round("2027A")], "en");
        for words in [
            "Exchange &amp; more",
            "People with a partner, by round",
            "Norway",
            "both say in touch",
            "to be quoted",
            "&lt;b&gt;very&lt;/b&gt;",
            "50 % (25 of 50; 37 to 63 %)",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        for loaded in ["src=", "href=", "url(", "<script", "<img", "@import"] {
            assert!(!page.contains(loaded), "{loaded}");
        }
        assert!(!page.contains("only for you"));
        assert!(!page.contains("<b>very"));
    }

    #[test]
    fn a_name_in_capitals_is_not_taken_for_a_place_on_the_page() {
        let page = page("EVERYBODY'S NOTES", &round("TITLE 2027B"), &[], "en");
        assert!(
            page.contains("<title>TITLE 2027B – EVERYBODY'S NOTES</title>"),
            "{page}"
        );
    }

    #[test]
    fn a_round_of_which_nothing_is_known_has_no_empty_charts() {
        let page = page("Exchange", &Figures::default(), &[], "fr");
        assert!(!page.contains("<svg"));
        assert!(page.contains("lang=\"fr\""));
    }

    #[test]
    fn every_chart_has_words_and_a_table_in_every_language() {
        let (round, former) = super::super::sample::rounds();
        for language in ["en", "es", "fr"] {
            let charts = charts::all(&round, &former, language).len();
            assert!(charts >= 7, "{charts}");
            let page = page("Exchange", &round, &former, language);
            assert_eq!(page.matches("<figcaption>").count(), charts);
            let drawn = page.matches("<svg role=\"img\" aria-label=\"").count();
            assert_eq!(drawn, charts, "{language}");
            assert_eq!(page.matches("<details>").count(), charts);
            // The colours that the style changes in the dark are those that are drawn.
            for color in ["#0B5351", "#1C1F1E", "#DFE3E1", "#6FB3A8"] {
                let fill = format!("fill=\"{color}\"");
                assert!(page.matches(&fill).count() > 1, "{color}");
            }
            assert!(page.len() < 300_000, "{}", page.len());
        }
    }
}
