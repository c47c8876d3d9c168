//! The report as one page for a browser: charts and tables in a single file that loads nothing, so that it can be sent to
//! a sponsor or kept. What stands in it may be passed on: people's words only where their writer allows it.

use std::fmt::Write as _;

use super::figures::{Contact, Figures};
use super::interval::Rate;
use super::tables::{self, Table};
use crate::places;
use crate::programme::words::{Words, word};

/// Countries with a bar of their own; the table has all.
const COUNTRIES_SHOWN: usize = 20;
/// Units of the drawings: the width for words, for bars, and the height of a line.
const WORDS_WIDE: f64 = 260.0;
const BARS_WIDE: f64 = 400.0;
const LINE: f64 = 26.0;

const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;color:#1b1f23;background:#fff;margin:0}\
main{max-width:46rem;margin:0 auto;padding:1.5rem}\
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2.2rem 0 .6rem}\
p{margin:.4rem 0}svg{width:100%;height:auto;display:block}\
svg text{font:13px system-ui,sans-serif;fill:#1b1f23}\
table{border-collapse:collapse;width:100%;font-size:.92rem}\
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #d0d7de}\
.key{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;list-style:none;font-size:.92rem}\
.key i{display:inline-block;width:.8em;height:.8em;margin-right:.4em}\
.scroll{overflow-x:auto}\
@media print{main{max-width:none}}";

/// What a check-in was answered, each with its colour. Unknown is pale: it is not bad, only not known.
const ANSWERS: [(Words, &str, Count); 5] = [
    (["going well", "va bien", "va bien"], "#1a7f5a", |it| {
        it.going_well
    }),
    (
        [
            "slow, but in touch",
            "despacio, pero en contacto",
            "lent, mais en contact",
        ],
        "#7bbf6a",
        |it| it.slow,
    ),
    (
        ["not heard", "sin noticias", "sans nouvelles"],
        "#c9622a",
        |it| it.not_heard,
    ),
    (
        ["something else", "otra cosa", "autre chose"],
        "#6a5acd",
        |it| it.other,
    ),
    (["unknown", "desconocido", "inconnu"], "#d0d7de", |it| {
        it.unknown
    }),
];

type Count = fn(&Contact) -> u32;

/// The whole page.
pub fn page(programme: &str, round: &Figures, former: &[Figures], language: &str) -> String {
    let said = |words: &Words| word(words, language);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{name} – {programme}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{name}</h1>\n<p>{programme}, {} – {}</p>\n<p>{}</p>\n",
        escaped(language),
        round.start,
        round.end,
        said(&[
            "A share stands with its number of answers and with the bounds between which the share of all would probably \
             lie (95 % confidence). Silence is unknown, not bad.",
            "Cada proporción lleva su número de respuestas y los límites entre los que probablemente estaría la de todas \
             las personas (95 % de confianza). El silencio es desconocido, no malo.",
            "Chaque part figure avec son nombre de réponses et les bornes entre lesquelles se situerait probablement celle \
             de toutes les personnes (confiance de 95 %). Le silence est inconnu, pas mauvais.",
        ]),
        name = escaped(&round.name),
        programme = escaped(programme),
    );
    let mut rounds: Vec<(String, f64, String)> = former
        .iter()
        .rev()
        .chain([round])
        .map(|it| {
            (
                it.name.clone(),
                f64::from(it.matched),
                it.matched.to_string(),
            )
        })
        .collect();
    rounds.retain(|(_, people, _)| *people > 0.0);
    if rounds.len() > 1 {
        let title = [
            "People with a partner, by round",
            "Personas con pareja, por ronda",
            "Personnes avec un partenaire, par session",
        ];
        chart(&mut page, said(&title), &bars(&rounds, said(&title)));
    }
    if !round.contact.is_empty() {
        let title = [
            "In touch, by check-in",
            "Contacto, según las preguntas periódicas",
            "En contact, selon les points réguliers",
        ];
        chart(&mut page, said(&title), &contact(round, language));
    }
    for survey in &round.surveys {
        for question in survey.questions.iter().filter(|it| !it.options.is_empty()) {
            let title = format!("{}: {}", survey.title, question.label);
            chart(&mut page, &title, &rates(&question.options, &title));
        }
    }
    let countries: Vec<(String, f64, String)> = round
        .people_by_country
        .iter()
        .take(COUNTRIES_SHOWN)
        .map(|(code, people)| {
            let name = places::country_name(code, language);
            (name, f64::from(*people), people.to_string())
        })
        .collect();
    if !countries.is_empty() {
        let title = said(&["Countries", "Países", "Pays"]);
        chart(&mut page, title, &bars(&countries, title));
    }
    // What people wrote to the coordinators alone is not for others.
    let shown = tables::all(round, former, language);
    for table in shown
        .iter()
        .filter(|table| table.name != "open-answers" && !table.rows.is_empty())
    {
        rows(&mut page, table);
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn chart(page: &mut String, title: &str, drawing: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(page, "<h2>{}</h2>\n{drawing}", escaped(title));
}

fn rows(page: &mut String, table: &Table) {
    let _ = writeln!(
        page,
        "<h2>{}</h2>\n<div class=\"scroll\"><table>",
        escaped(&table.title)
    );
    let cells = |cells: &[String], tag: &str| -> String {
        let cells = cells.iter();
        cells
            .map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell)))
            .collect()
    };
    let _ = writeln!(page, "<tr>{}</tr>", cells(&table.headings, "th"));
    for row in &table.rows {
        let _ = writeln!(page, "<tr>{}</tr>", cells(row, "td"));
    }
    page.push_str("</table></div>\n");
}

fn drawing(lines: usize, title: &str, inside: &str) -> String {
    format!(
        "<svg viewBox=\"0 0 {:.0} {:.0}\" role=\"img\" aria-label=\"{}\">\n{inside}</svg>",
        WORDS_WIDE + BARS_WIDE + 60.0,
        lines as f64 * LINE + 6.0,
        escaped(title)
    )
}

/// A label to the left of the bars.
fn label(at: usize, text: &str) -> String {
    let short: String = match text.chars().count() > 38 {
        true => text.chars().take(37).chain(['…']).collect(),
        false => text.to_string(),
    };
    format!(
        "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
        WORDS_WIDE - 8.0,
        at as f64 * LINE + 18.0,
        escaped(&short)
    )
}

fn bar(at: usize, from: f64, wide: f64, colour: &str) -> String {
    format!(
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"{:.0}\" fill=\"{colour}\"/>\n",
        WORDS_WIDE + from,
        at as f64 * LINE + 4.0,
        LINE - 8.0
    )
}

/// A bar for each, the longest as wide as there is room.
fn bars(values: &[(String, f64, String)], title: &str) -> String {
    let most = values.iter().map(|it| it.1).fold(1.0, f64::max);
    let mut inside = String::new();
    for (at, (name, value, shown)) in values.iter().enumerate() {
        let wide = value / most * BARS_WIDE;
        inside += &label(at, name);
        inside += &bar(at, 0.0, wide, "#2f6fab");
        let _ = writeln!(
            inside,
            "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            WORDS_WIDE + wide + 6.0,
            at as f64 * LINE + 18.0,
            escaped(shown)
        );
    }
    drawing(values.len(), title, &inside)
}

/// Everybody who was asked, check-in by check-in, by what they said.
fn contact(round: &Figures, language: &str) -> String {
    let day = word(&["Day", "Día", "Jour"], language);
    let mut inside = String::new();
    let mut told = Vec::new();
    for (at, check_in) in round.contact.iter().enumerate() {
        let asked = f64::from(check_in.asked.max(1));
        inside += &label(at, &format!("{day} {} ({})", check_in.day, check_in.asked));
        let mut from = 0.0;
        for (_, colour, of) in ANSWERS {
            let wide = f64::from(of(check_in)) / asked * BARS_WIDE;
            if wide > 0.0 {
                inside += &bar(at, from, wide, colour);
            }
            from += wide;
        }
        told.push(format!("{day} {}", check_in.day));
    }
    let key: String = ANSWERS
        .iter()
        .map(|(words, colour, _)| {
            format!(
                "<li><i style=\"background:{colour}\"></i>{}</li>",
                word(words, language)
            )
        })
        .collect();
    format!(
        "{}\n<ul class=\"key\">{key}</ul>",
        drawing(round.contact.len(), &told.join(", "), &inside)
    )
}

/// The share of each answer, with a line between the bounds of its interval.
fn rates(options: &[(String, Rate)], title: &str) -> String {
    let mut inside = String::new();
    for (at, (option, rate)) in options.iter().enumerate() {
        inside += &label(at, option);
        inside += &bar(
            at,
            0.0,
            rate.share().unwrap_or_default() * BARS_WIDE,
            "#2f6fab",
        );
        if let Some((low, high)) = rate.interval() {
            let y = at as f64 * LINE + LINE / 2.0;
            let _ = writeln!(
                inside,
                "<path d=\"M{low:.1} {y:.1}H{high:.1}M{low:.1} {:.1}V{:.1}M{high:.1} {:.1}V{:.1}\" stroke=\"#1b1f23\" \
                 stroke-width=\"1.5\"/>",
                y - 5.0,
                y + 5.0,
                y - 5.0,
                y + 5.0,
                low = WORDS_WIDE + low * BARS_WIDE,
                high = WORDS_WIDE + high * BARS_WIDE,
            );
        }
    }
    drawing(options.len(), title, &inside)
}

/// Words from people and from the config, made harmless.
fn escaped(text: &str) -> String {
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
    use crate::programme::report::figures::{QuestionFigures, SurveyFigures};

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
        // Half of those asked are going well: half of the room for bars.
        assert!(page.contains("width=\"200.0\" height=\"18\" fill=\"#1a7f5a\""));
        for loaded in ["src=", "href=", "url(", "<script", "http"] {
            assert!(!page.contains(loaded), "{loaded}");
        }
        assert!(!page.contains("only for you"));
        assert!(!page.contains("<b>very"));
    }

    #[test]
    fn a_round_of_which_nothing_is_known_has_no_empty_charts() {
        let page = page("Exchange", &Figures::default(), &[], "fr");
        assert!(!page.contains("<svg"));
        assert!(page.contains("lang=\"fr\""));
    }
}
