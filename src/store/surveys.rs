//! Surveys: that somebody was asked and has answered, and, apart from it, what was answered.
//!
//! The two tables have nothing in common but the round and the survey. A sheet's name is made outside of the database
//! from the person and the master key, and becomes a random one when the surveys close; rows carry no time and lie in
//! the order of their sheets' names, so that neither leads to a person.

use rusqlite::{OptionalExtension, Transaction};

use super::{json, to_json};
use crate::ids::PersonId;
use crate::programme::application::Answers;
use crate::programme::facts::SurveySheet;
use crate::time::Moment;

/// Somebody's part in a survey. `sheet` is the name that their sheet has while the surveys are open.
pub fn sheet(
    tx: &Transaction<'_>,
    round: &str,
    survey: &str,
    person: PersonId,
    sheet: String,
) -> rusqlite::Result<SurveySheet> {
    let has_answered = tx
        .prepare_cached(
            "SELECT answered_at IS NOT NULL FROM survey_asked WHERE round = ?1 AND survey = ?2 AND person_id = ?3",
        )?
        .query_row((round, survey, person.0), |row| row.get(0))
        .optional()?
        .unwrap_or(false);
    let closed = tx
        .prepare_cached("SELECT count(*) FROM survey_closed WHERE round = ?1")?
        .query_row([round], |row| Ok(row.get::<_, i64>(0)? > 0))?;
    let mut rows = tx.prepare_cached(
        "SELECT question, answer FROM survey_answer WHERE round = ?1 AND survey = ?2 AND sheet = ?3",
    )?;
    let answers = rows
        .query_map((round, survey, &sheet), |row| {
            Ok((row.get(0)?, json(&row.get::<_, String>(1)?)?))
        })?
        .collect::<Result<Answers, _>>()?;
    Ok(SurveySheet {
        sheet,
        has_answered,
        closed,
        answers,
    })
}

pub(super) fn asked(
    tx: &Transaction<'_>,
    now: Moment,
    round: &str,
    survey: &str,
    person: PersonId,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO survey_asked (round, survey, person_id, asked_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET reminded_at = ?4",
    )?
    .execute((round, survey, person.0, now.timestamp()))?;
    Ok(())
}

pub(super) fn answered(
    tx: &Transaction<'_>,
    now: Moment,
    round: &str,
    survey: &str,
    person: PersonId,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO survey_asked (round, survey, person_id, asked_at, answered_at) VALUES (?1, ?2, ?3, ?4, ?4)
         ON CONFLICT DO UPDATE SET answered_at = ?4",
    )?
    .execute((round, survey, person.0, now.timestamp()))?;
    Ok(())
}

pub(super) fn keep(
    tx: &Transaction<'_>,
    round: &str,
    survey: &str,
    sheet: &str,
    answers: &Answers,
) -> rusqlite::Result<()> {
    let mut keep = tx.prepare_cached(
        "INSERT INTO survey_answer (round, survey, sheet, question, answer) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET answer = excluded.answer",
    )?;
    for (question, answer) in answers {
        keep.execute((round, survey, sheet, question, to_json(answer)?))?;
    }
    Ok(())
}

/// Gives every sheet of the round a random name.
pub(super) fn seal(tx: &Transaction<'_>, now: Moment, round: &str) -> rusqlite::Result<()> {
    let sheets: Vec<(String, String)> = tx
        .prepare_cached("SELECT DISTINCT survey, sheet FROM survey_answer WHERE round = ?1")?
        .query_map([round], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (survey, sheet) in sheets {
        let other: String =
            tx.query_row("SELECT lower(hex(randomblob(16)))", [], |row| row.get(0))?;
        tx.prepare_cached(
            "UPDATE survey_answer SET sheet = ?4 WHERE round = ?1 AND survey = ?2 AND sheet = ?3",
        )?
        .execute((round, survey, sheet, other))?;
    }
    tx.prepare_cached("INSERT OR IGNORE INTO survey_closed (round, closed_at) VALUES (?1, ?2)")?
        .execute((round, now.timestamp()))?;
    Ok(())
}
