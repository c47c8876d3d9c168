//! What the report of a round is counted from, and the figures that are kept of rounds that are over.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::{date, facts, from_word, json, to_json};
use crate::ids::{PartnershipId, PersonId};
use crate::programme::application::Answers;
use crate::programme::partnership::{Standing, standing};
use crate::programme::report::figures::{
    ApplicationRow, CheckInRow, Figures, PartnershipRow, Rows, SurveyRows, Week, count, week_of,
};
use crate::programme::settings::{Round, Settings};
use crate::time::{Moment, from_seconds};

/// The figures of a round, as they were kept, else as they stand; then those of the rounds before it, newest first, at
/// most `former`. None where the round is neither in the config nor kept.
pub fn figures(
    db: &Connection,
    settings: &Settings,
    round: &str,
    former: usize,
    now: Moment,
) -> rusqlite::Result<Option<(Figures, Vec<Figures>)>> {
    let of = |id: &str| -> rusqlite::Result<Option<Figures>> {
        match (kept(db, id)?, settings.rounds.iter().find(|it| it.id == id)) {
            (Some(kept), _) => Ok(Some(kept)),
            (None, Some(round)) => Ok(Some(count(
                settings,
                round,
                &rows(db, settings, round, now)?,
            ))),
            (None, None) => Ok(None),
        }
    };
    let Some(this) = of(round)? else {
        return Ok(None);
    };
    // Rounds that have been taken out of the config are still known by their figures.
    let mut before: BTreeMap<chrono::NaiveDate, String> = settings
        .rounds
        .iter()
        .map(|round| (round.start, round.id.clone()))
        .collect();
    let mut all_kept = db.prepare_cached("SELECT round, starts_on FROM kept_figures")?;
    for row in all_kept.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))? {
        let (id, starts): (String, Option<String>) = row?;
        before.extend(date(starts).map(|starts| (starts, id)));
    }
    let mut others = Vec::new();
    for (_, id) in before.range(..this.start).rev() {
        if others.len() == former {
            break;
        }
        others.extend(of(id)?.filter(|figures| figures.applied > 0));
    }
    Ok(Some((this, others)))
}

fn kept(db: &Connection, round: &str) -> rusqlite::Result<Option<Figures>> {
    db.prepare_cached("SELECT figures FROM kept_figures WHERE round = ?1")?
        .query_row([round], |row| json(&row.get::<_, String>(0)?))
        .optional()
}

pub(super) fn keep(tx: &Transaction<'_>, figures: &Figures) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO kept_figures (round, starts_on, figures) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET starts_on = excluded.starts_on, figures = excluded.figures",
    )?
    .execute((&figures.round, figures.start.to_string(), to_json(figures)?))?;
    Ok(())
}

/// How many partnerships of a round stand where.
pub fn standings(
    db: &Connection,
    settings: &Settings,
    round: &str,
    now: Moment,
) -> rusqlite::Result<BTreeMap<Standing, u32>> {
    let mut all = db.prepare_cached("SELECT id FROM partnership WHERE round = ?1")?;
    let mut standings = BTreeMap::new();
    for id in all.query_map([round], |row| Ok(PartnershipId(row.get(0)?)))? {
        if let Some(pair) = facts::partnership(db, id?)? {
            *standings.entry(standing(settings, &pair, now)).or_default() += 1;
        }
    }
    Ok(standings)
}

fn rows(
    db: &Connection,
    settings: &Settings,
    round: &Round,
    now: Moment,
) -> rusqlite::Result<Rows> {
    let id = round.id.as_str();
    let applications = db
        .prepare_cached("SELECT person_id, state, answers FROM application WHERE round = ?1")?
        .query_map([id], |row| {
            Ok(ApplicationRow {
                person: PersonId(row.get(0)?),
                state: from_word(&row.get::<_, String>(1)?)?,
                answers: json(&row.get::<_, String>(2)?)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    let unreachable = db
        .prepare_cached(
            "SELECT person.id FROM person JOIN application ON application.person_id = person.id
             WHERE application.round = ?1 AND person.unreachable = 1",
        )?
        .query_map([id], |row| Ok(PersonId(row.get(0)?)))?
        .collect::<Result<_, _>>()?;
    let returners = db
        .prepare_cached(
            "SELECT DISTINCT member.person_id FROM member
             JOIN partnership ON partnership.id = member.partnership_id
             WHERE partnership.round <> ?1 AND partnership.started_on < ?2
             UNION SELECT person_id FROM met_before UNION SELECT other_person_id FROM met_before",
        )?
        .query_map((id, round.start.to_string()), |row| {
            Ok(PersonId(row.get(0)?))
        })?
        .collect::<Result<_, _>>()?;
    let check_ins = db
        .prepare_cached(
            "SELECT partnership_id, person_id, number, choice FROM check_in
             JOIN partnership ON partnership.id = partnership_id WHERE round = ?1 AND asked_at IS NOT NULL",
        )?
        .query_map([id], |row| {
            Ok(CheckInRow {
                partnership: PartnershipId(row.get(0)?),
                person: PersonId(row.get(1)?),
                number: row.get(2)?,
                choice: row.get(3)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    let topics = db
        .prepare_cached("SELECT topic, count(*) FROM topic_seen WHERE round = ?1 GROUP BY topic")?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let midnight = |date: chrono::NaiveDate| date.and_time(chrono::NaiveTime::MIN).and_utc();
    let needed_a_person = db
        .prepare_cached(
            "SELECT count(*) FROM inbox
             WHERE state IN ('needs-person', 'settled') AND received_at >= ?1 AND received_at < ?2",
        )?
        .query_row(
            (
                midnight(round.opens).timestamp(),
                midnight(round.end).timestamp() + 86_400,
            ),
            |row| row.get(0),
        )?;
    Ok(Rows {
        applications,
        partnerships: partnerships(db, id)?,
        unreachable,
        returners,
        check_ins,
        surveys: surveys(db, settings, id)?,
        topics,
        needed_a_person,
        standings: standings(db, settings, id, now)?,
        weeks: weeks(db, round)?,
    })
}

/// What left and what came, from the day on which applications open to the end of the round, by weeks from its start.
/// Weeks without any mail stand there, too.
fn weeks(db: &Connection, round: &Round) -> rusqlite::Result<Vec<Week>> {
    let midnight = |day: chrono::NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
    let (opens, start, over) = (
        midnight(round.opens).timestamp(),
        midnight(round.start).timestamp(),
        midnight(round.end).timestamp() + 86_400,
    );
    let mut by_number: BTreeMap<i32, Week> = (week_of(round, round.opens)
        ..=week_of(round, round.end))
        .map(|number| {
            let from = round.start + chrono::Duration::weeks(i64::from(number) - 1);
            let week = Week {
                number,
                from,
                ..Week::default()
            };
            (number, week)
        })
        .collect();
    // Whole weeks are counted from one long before, since SQLite divides towards zero.
    let long_before = start - 1_000 * 7 * 86_400;
    let mut count = |sql: &str, into: fn(&mut Week) -> &mut u32| -> rusqlite::Result<()> {
        let mut rows = db.prepare_cached(sql)?;
        let mut rows = rows.query((opens, over, long_before))?;
        while let Some(row) = rows.next()? {
            let number: i32 = row.get::<_, i32>(0)? - 999;
            if let Some(week) = by_number.get_mut(&number) {
                *into(week) = row.get(1)?;
            }
        }
        Ok(())
    };
    count(
        "SELECT (sent_at - ?3) / 604800, count(*) FROM outbox WHERE sent_at >= ?1 AND sent_at < ?2 GROUP BY 1",
        |week| &mut week.letters,
    )?;
    count(
        "SELECT (received_at - ?3) / 604800, count(*) FROM inbox
         WHERE state IN ('handled', 'needs-person', 'settled') AND received_at >= ?1 AND received_at < ?2 GROUP BY 1",
        |week| &mut week.answers,
    )?;
    count(
        "SELECT (received_at - ?3) / 604800, count(*) FROM inbox
         WHERE state IN ('needs-person', 'settled') AND received_at >= ?1 AND received_at < ?2 GROUP BY 1",
        |week| &mut week.needed_a_person,
    )?;
    Ok(by_number.into_values().collect())
}

fn partnerships(db: &Connection, round: &str) -> rusqlite::Result<Vec<PartnershipRow>> {
    let mut rows = db.prepare_cached(
        "SELECT id, started_on, ended_at, why_ended, person_id FROM partnership
         JOIN member ON partnership_id = id WHERE round = ?1 AND started_on IS NOT NULL ORDER BY id",
    )?;
    let mut found: Vec<PartnershipRow> = Vec::new();
    let mut rows = rows.query([round])?;
    while let Some(row) = rows.next()? {
        let (id, person) = (PartnershipId(row.get(0)?), PersonId(row.get(4)?));
        let Some(started) = date(row.get(1)?) else {
            continue;
        };
        match found.last_mut().filter(|last| last.id == id) {
            Some(last) => last.members.push(person),
            None => found.push(PartnershipRow {
                id,
                started,
                ended: row.get::<_, Option<i64>>(2)?.map(from_seconds),
                why_ended: row.get(3)?,
                members: vec![person],
            }),
        }
    }
    Ok(found)
}

/// The surveys that were sent in a round. Who answered and what was answered are read apart, as they are kept.
fn surveys(db: &Connection, settings: &Settings, round: &str) -> rusqlite::Result<Vec<SurveyRows>> {
    let mut found = Vec::new();
    for survey in &settings.surveys {
        let (asked, answered) = db
            .prepare_cached(
                "SELECT count(*), count(answered_at) FROM survey_asked WHERE round = ?1 AND survey = ?2",
            )?
            .query_row((round, &survey.id), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut sheets: BTreeMap<String, Answers> = BTreeMap::new();
        let mut rows = db.prepare_cached(
            "SELECT sheet, question, answer FROM survey_answer WHERE round = ?1 AND survey = ?2",
        )?;
        let mut rows = rows.query((round, &survey.id))?;
        while let Some(row) = rows.next()? {
            sheets
                .entry(row.get(0)?)
                .or_default()
                .insert(row.get(1)?, json(&row.get::<_, String>(2)?)?);
        }
        if asked > 0 || !sheets.is_empty() {
            found.push(SurveyRows {
                survey: survey.id.clone(),
                asked,
                answered,
                sheets: sheets.into_values().collect(),
            });
        }
    }
    Ok(found)
}
