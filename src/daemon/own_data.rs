//! Everything that is kept about somebody, as two files for themselves: a text in their language and JSON for programs. The
//! JSON holds the tables as they are; the text tells what a person would want to know of each, the important first.

use anyhow::Context;
use rusqlite::Connection;
use serde_json::{Map, Value};

use crate::config::Config;
use crate::ids::PersonId;
use crate::mail::inbound;
use crate::places;
use crate::programme::application::Answers;
use crate::programme::facts::{ApplicationState, PartnershipState};
use crate::programme::letter::{Attachment, WhyTogether};
use crate::programme::partnership::Standing;
use crate::programme::words::{Words, word};
use crate::programme::{form_text, reason_text};
use crate::store::{facts, personal};
use crate::time::{Moment, from_seconds};

/// A table that is told line by line: its name, a heading, and which columns are told under which words.
type Told = (&'static str, Words, &'static [(&'static str, Words)]);

const DAY: Words = ["on", "el", "le"];
const ROUND: Words = ["round", "ronda", "session"];
const STATE: Words = ["state", "estado", "état"];

/// All tables that hold rows about somebody, beside those with a part of their own.
pub const TOLD: &[Told] = &[
    (
        "check_in",
        [
            "What you said about your partnership",
            "Lo que dijo sobre su intercambio",
            "Ce que vous avez dit de votre échange",
        ],
        &[
            ("asked_at", ["asked", "preguntado", "demandé"]),
            ("answered_at", ["answered", "respondido", "répondu"]),
            ("choice", ["answer", "respuesta", "réponse"]),
            ("words", ["words", "palabras", "mots"]),
        ],
    ),
    (
        "survey_asked",
        [
            "Surveys (your answers are kept apart from your name)",
            "Encuestas (sus respuestas se guardan aparte de su nombre)",
            "Enquêtes (vos réponses sont gardées à part de votre nom)",
        ],
        &[
            ("survey", ["survey", "encuesta", "enquête"]),
            ("round", ROUND),
            ("asked_at", ["sent", "enviada", "envoyée"]),
            ("answered_at", ["answered", "respondida", "répondue"]),
        ],
    ),
    (
        "topic_seen",
        ["Topics that you had", "Temas que recibió", "Thèmes reçus"],
        &[("topic", ["topic", "tema", "thème"]), ("round", ROUND)],
    ),
    (
        "inbox",
        [
            "Messages that came from you",
            "Mensajes suyos que llegaron",
            "Messages venus de vous",
        ],
        &[
            ("received_at", DAY),
            ("sender", ["from", "de", "de"]),
            ("kind", ["kind", "tipo", "type"]),
            ("state", STATE),
            (
                "reason",
                [
                    "what we made of it",
                    "qué entendimos",
                    "ce que nous en avons compris",
                ],
            ),
        ],
    ),
    (
        "due",
        [
            "What is planned",
            "Lo que está previsto",
            "Ce qui est prévu",
        ],
        &[
            ("kind", ["what", "qué", "quoi"]),
            ("due_at", DAY),
            ("done_at", ["done", "hecho", "fait"]),
            ("outcome", ["outcome", "resultado", "résultat"]),
        ],
    ),
    (
        "other_address",
        [
            "Other addresses from which you wrote",
            "Otras direcciones desde las que escribió",
            "Autres adresses d'où vous avez écrit",
        ],
        &[
            ("address_key", ["address", "dirección", "adresse"]),
            (
                "asked_at",
                ["we asked you", "le preguntamos", "nous vous avons demandé"],
            ),
            (
                "linked_at",
                ["you said yes", "dijo que sí", "vous avez dit oui"],
            ),
            ("left_at", ["given up", "abandonada", "abandonnée"]),
        ],
    ),
    (
        "challenge",
        [
            "Questions that only you could answer",
            "Preguntas que solo usted podía responder",
            "Questions auxquelles vous seul pouviez répondre",
        ],
        &[
            ("purpose", ["about", "sobre", "au sujet de"]),
            ("made_at", ["asked", "preguntado", "demandé"]),
            ("used_at", ["answered", "respondido", "répondu"]),
        ],
    ),
    (
        "silence",
        [
            "Rounds in which we heard nothing from you",
            "Rondas en las que no supimos de usted",
            "Sessions sans nouvelles de vous",
        ],
        &[("round", ROUND), ("at", DAY)],
    ),
    (
        "delay",
        [
            "Letters to you that could not be delivered at once",
            "Cartas que no se pudieron entregar enseguida",
            "Lettres qui n'ont pu vous être remises aussitôt",
        ],
        &[("letter_id", ["letter", "carta", "lettre"]), ("at", DAY)],
    ),
    (
        "forbidden_pair",
        [
            "Somebody whom you are not put together with",
            "Alguien con quien no se le pone en pareja",
            "Quelqu'un avec qui vous n'êtes pas mis en binôme",
        ],
        &[("at", DAY)],
    ),
    (
        "journal",
        [
            "What was decided about you (our journal, kept in English)",
            "Lo que se decidió sobre usted (nuestro registro, en inglés)",
            "Ce qui a été décidé à votre sujet (notre journal, en anglais)",
        ],
        &[
            ("at", DAY),
            ("cause", ["cause", "causa", "cause"]),
            ("note", ["what", "qué", "quoi"]),
            ("outcome", ["outcome", "resultado", "résultat"]),
        ],
    ),
];

/// Parts that have a text of their own.
pub const APART: [&str; 7] = [
    "person",
    "application",
    "partnership",
    "messages",
    "letters",
    "programme",
    "written_at",
];

/// Everything about a person, as a text for them and as JSON for programs.
///
/// # Errors
/// The database cannot be read.
pub fn own_data(
    config: &Config,
    db: &Connection,
    now: Moment,
    person: PersonId,
) -> anyhow::Result<Vec<Attachment>> {
    let language = facts::person(db, person)?.map_or_else(
        || config.settings.default_language().to_string(),
        |person| person.language,
    );
    let all = gather(config, db, now, person, &language)?;
    Ok(vec![
        Attachment {
            file_name: "my-data.txt".into(),
            content_type: "text/plain; charset=utf-8",
            bytes: readable(config, db, &all, person, &language)?.into_bytes(),
        },
        Attachment {
            file_name: "my-data.json".into(),
            content_type: "application/json",
            bytes: serde_json::to_vec_pretty(&all).context("the data cannot be written")?,
        },
    ])
}

/// What the tables hold, the words of their messages, and why each partner was theirs.
fn gather(
    config: &Config,
    db: &Connection,
    now: Moment,
    person: PersonId,
    language: &str,
) -> anyhow::Result<Map<String, Value>> {
    let mut all = Map::new();
    all.insert("programme".into(), config.settings.name.clone().into());
    all.insert("written_at".into(), now.to_rfc3339().into());
    all.extend(personal::everything(db, person)?);
    let messages = personal::messages(db, person)?
        .into_iter()
        .map(|(id, at, bytes)| {
            let parsed = inbound::parse(&bytes);
            let pieces = parsed.body.iter().map(|piece| piece.text.as_str());
            let mut one = Map::new();
            one.insert("message".into(), id.0.into());
            one.insert("received_at".into(), from_seconds(at).to_rfc3339().into());
            one.insert("text".into(), pieces.collect::<String>().into());
            Value::Object(one)
        })
        .collect();
    all.insert("messages".into(), Value::Array(messages));
    if let Some(Value::Array(pairs)) = all.get_mut("partnership") {
        for pair in pairs {
            let Some(id) = pair.get("id").and_then(Value::as_i64) else {
                continue;
            };
            let found = facts::partnership(db, crate::ids::PartnershipId(id))?;
            let why = found.map(|found| {
                // As in the introduction; the partner's own answers are theirs.
                reason_text::named(&found.reasons, &config.settings.form, person, language)
                    .iter()
                    .map(|why| in_words(why, language))
                    .collect::<Vec<String>>()
            });
            if let (Value::Object(pair), Some(why)) = (pair, why) {
                pair.insert("why_this_partner".into(), why.into());
            }
        }
    }
    Ok(all)
}

fn in_words(why: &WhyTogether, language: &str) -> String {
    let said = |words: Words| word(&words, language);
    match why {
        WhyTogether::Interests { shared } => {
            let both = said([
                "You are both interested in",
                "A los dos les interesa",
                "Vous vous intéressez tous les deux à",
            ]);
            format!("{both}: {}.", shared.join(", "))
        }
        WhyTogether::YourWish { what } => {
            let yours = said(["You wished for", "Usted deseaba", "Vous souhaitiez"]);
            format!("{yours}: {what}.")
        }
        WhyTogether::TheirWish { what } => {
            let theirs = said([
                "Your partner wished for",
                "Su pareja deseaba",
                "Votre partenaire souhaitait",
            ]);
            format!("{theirs}: {what}.")
        }
        WhyTogether::Languages { shared } => {
            let both = said([
                "Languages that you share",
                "Idiomas que comparten",
                "Langues que vous partagez",
            ]);
            format!("{both}: {}.", shared.join(", "))
        }
    }
}

/// For people: the same in plain words, the important first.
fn readable(
    config: &Config,
    db: &Connection,
    all: &Map<String, Value>,
    person: PersonId,
    language: &str,
) -> anyhow::Result<String> {
    let said = |words: Words| word(&words, language);
    let written = all.get("written_at").map(shown).unwrap_or_default();
    let programme = &config.settings.name;
    let mut text = match language {
        "es" => format!(
            "Todo lo que {programme} guarda sobre usted\n\nEscrito el {written}. Lo mismo está en my-data.json, para programas.\n\
             Lo que se refiere a sus parejas es suyo y no está aquí.\n"
        ),
        "fr" => format!(
            "Tout ce que {programme} garde sur vous\n\nÉcrit le {written}. La même chose est dans my-data.json, pour des \
             programmes.\nCe qui concerne vos partenaires leur appartient et n'est pas ici.\n"
        ),
        _ => format!(
            "Everything that {programme} keeps about you\n\nWritten on {written}. The same is in my-data.json, for programs.\n\
             What is about your partners is theirs and is left out.\n"
        ),
    };
    if let Some(found) = facts::person(db, person)? {
        heading(&mut text, said(["You", "Usted", "Vous"]));
        line(&mut text, said(["Name", "Nombre", "Nom"]), &found.name);
        line(
            &mut text,
            said(["Address", "Dirección", "Adresse"]),
            &found.address,
        );
        line(
            &mut text,
            said([
                "Second address, never shown to anybody",
                "Segunda dirección, que no se muestra a nadie",
                "Deuxième adresse, montrée à personne",
            ]),
            found.second_address.as_deref().unwrap_or_default(),
        );
        line(
            &mut text,
            said([
                "Language of our letters",
                "Idioma de nuestras cartas",
                "Langue de nos lettres",
            ]),
            &places::language_name(&found.language, language),
        );
        line(
            &mut text,
            said(["Time zone", "Zona horaria", "Fuseau horaire"]),
            found.zone.name(),
        );
        if found.stopped {
            text.push_str(said([
                "You want no letters unasked.\n",
                "No quiere cartas sin haberlas pedido.\n",
                "Vous ne voulez pas de lettres non demandées.\n",
            ]));
        }
    }
    for application in list(all, "application") {
        let round = application.get("round").map(shown).unwrap_or_default();
        let title = said([
            "Your application for",
            "Su solicitud para",
            "Votre candidature pour",
        ]);
        heading(&mut text, &format!("{title} {round}"));
        let state: Option<ApplicationState> = application
            .get("state")
            .and_then(|state| serde_json::from_value(state.clone()).ok());
        line(
            &mut text,
            said(["Where it stands", "Cómo está", "Où elle en est"]),
            state.map_or("", |state| said(application_state(state))),
        );
        let answers: Answers = application
            .get("answers")
            .cloned()
            .and_then(|answers| serde_json::from_value(answers).ok())
            .unwrap_or_default();
        for answer in form_text::lines(&config.settings.form, &answers, language, false) {
            line(&mut text, &answer.label, &answer.value);
        }
    }
    for pair in list(all, "partnership") {
        partnership(&mut text, pair, language);
    }
    for message in list(all, "messages") {
        let at = message.get("received_at").map(shown).unwrap_or_default();
        let title = said(["Your message of", "Su mensaje del", "Votre message du"]);
        heading(&mut text, &format!("{title} {at}"));
        let words = message.get("text").and_then(Value::as_str);
        text.push_str(words.unwrap_or_default().trim());
        text.push('\n');
    }
    heading(
        &mut text,
        said([
            "Letters that we wrote to you",
            "Cartas que le escribimos",
            "Lettres que nous vous avons écrites",
        ]),
    );
    for letter in list(all, "letters") {
        let at = letter.get("created_at").map(shown).unwrap_or_default();
        let subject = letter.get("subject").map(shown).unwrap_or_default();
        line(&mut text, &at, &subject);
    }
    for (table, title, columns) in TOLD {
        let rows = list(all, table);
        if rows.is_empty() {
            continue;
        }
        heading(&mut text, said(*title));
        for row in rows {
            let cells: Vec<String> = columns
                .iter()
                .filter_map(|(column, label)| {
                    let value = row.get(*column).map(shown).filter(|it| !it.is_empty())?;
                    Some(format!("{}: {value}", said(*label)))
                })
                .collect();
            text.push_str(&format!("- {}\n", cells.join(", ")));
        }
    }
    Ok(text)
}

fn partnership(text: &mut String, pair: &Map<String, Value>, language: &str) {
    let said = |words: Words| word(&words, language);
    let of = |name: &str| pair.get(name).map(shown).unwrap_or_default();
    heading(
        text,
        said([
            "A partnership of yours",
            "Un intercambio suyo",
            "Un échange à vous",
        ]),
    );
    line(text, said(ROUND), &of("round"));
    let state: Option<PartnershipState> = pair
        .get("state")
        .and_then(|state| serde_json::from_value(state.clone()).ok());
    let state = match state {
        Some(PartnershipState::Planned) => Standing::ToBeIntroduced.words(language),
        Some(PartnershipState::Active) => said(["under way", "en curso", "en cours"]).to_string(),
        Some(PartnershipState::Ended) => Standing::Ended(of("why_ended")).words(language),
        None => String::new(),
    };
    line(text, said(STATE), &state);
    line(
        text,
        said(["introduced", "presentado", "présenté"]),
        &of("started_on"),
    );
    line(
        text,
        said(["ended", "terminado", "terminé"]),
        &of("ended_at"),
    );
    line(
        text,
        said([
            "why this partner",
            "por qué esta pareja",
            "pourquoi ce partenaire",
        ]),
        &of("why_this_partner"),
    );
    line(text, said(["points", "puntos", "points"]), &of("score"));
    line(
        text,
        said([
            "your last sign of life",
            "su última señal",
            "votre dernier signe",
        ]),
        &of("last_sign"),
    );
}

fn application_state(state: ApplicationState) -> Words {
    match state {
        ApplicationState::Incomplete => {
            ["not complete yet", "aún incompleta", "pas encore complète"]
        }
        ApplicationState::Complete => [
            "complete, to be accepted by a coordinator",
            "completa, por admitir",
            "complète, à admettre",
        ],
        ApplicationState::Accepted => ["accepted", "admitida", "admise"],
        ApplicationState::Capped => [
            "waits for the next round (too many from one country)",
            "espera la próxima ronda (demasiadas de un país)",
            "attend la prochaine session (trop d'un même pays)",
        ],
        ApplicationState::Declined => ["declined", "rechazada", "refusée"],
        ApplicationState::Withdrawn => ["withdrawn", "retirada", "retirée"],
        ApplicationState::Pool => [
            "waiting for a partner",
            "en espera de pareja",
            "en attente d'un partenaire",
        ],
        ApplicationState::Paired => ["with a partner", "con pareja", "avec un partenaire"],
        ApplicationState::Silent => [
            "ended, since we heard nothing",
            "terminada, sin noticias",
            "terminée, faute de nouvelles",
        ],
        ApplicationState::LeftOut => [
            "left out, since you did not say that you still wanted to take part",
            "no se tuvo en cuenta, no confirmó",
            "laissée de côté, faute de confirmation",
        ],
        ApplicationState::Finished => [
            "ended with the round",
            "terminada con la ronda",
            "terminée avec la session",
        ],
    }
}

fn heading(text: &mut String, words: &str) {
    text.push_str(&format!("\n{}\n\n", words.to_uppercase()));
}

fn line(text: &mut String, label: &str, value: &str) {
    if !value.is_empty() {
        text.push_str(&format!("{label}: {value}\n"));
    }
}

fn list<'a>(all: &'a Map<String, Value>, name: &str) -> Vec<&'a Map<String, Value>> {
    let rows = all.get(name).and_then(Value::as_array);
    rows.into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .collect()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}
