//! Everything that is kept about a person, for themselves (GDPR Art. 15). Like the erasure it finds the tables by itself,
//! so that a table that is added later is told of without a word here. What is somebody else's is left out.

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value, json};

use super::erasure;
use crate::ids::{InboxId, PersonId};
use crate::programme::concern;

/// Tables that are told of in another way, or say nothing that is theirs: pairs (by [`partnerships`]), letters (without
/// the addresses by which answers are known), the journal (without its seals), former partners who came back.
const APART: [&str; 5] = ["partnership", "member", "outbox", "met_before", "journal"];

/// Table by table, each row as it is kept. JSON in a column is told as JSON.
pub fn everything(db: &Connection, person: PersonId) -> rusqlite::Result<Map<String, Value>> {
    let mut all = Map::new();
    all.insert(
        "person".into(),
        rows(db, "SELECT * FROM person WHERE id = ?1", person)?,
    );
    all.insert("partnership".into(), partnerships(db, person)?);
    all.insert(
        "letters".into(),
        rows(
            db,
            "SELECT kind, subject, state, cause, created_at, sent_at FROM outbox WHERE person_id = ?1 ORDER BY id",
            person,
        )?,
    );
    all.insert(
        "due".into(),
        rows(
            db,
            "SELECT json_extract(what, '$.kind') AS kind, due_at, done_at, outcome FROM occasion
             WHERE json_extract(what, '$.person') = ?1 ORDER BY due_at",
            person,
        )?,
    );
    all.insert(
        "journal".into(),
        rows(
            db,
            "SELECT at, cause, note, outcome FROM journal WHERE person_id = ?1 ORDER BY id",
            person,
        )?,
    );
    for table in erasure::tables(db)? {
        if APART.contains(&table.as_str()) {
            continue;
        }
        for column in erasure::person_columns(db, &table)? {
            let found = rows(
                db,
                &format!("SELECT * FROM \"{table}\" WHERE \"{column}\" = ?1"),
                person,
            )?;
            all.insert(table.clone(), found);
        }
    }
    Ok(all)
}

/// Their partnerships with the score and the reasons. The partner is left out; so is whatever would tell of a concern.
fn partnerships(db: &Connection, person: PersonId) -> rusqlite::Result<Value> {
    rows(
        db,
        &format!(
            "SELECT partnership.id, round, iif(state = 'ended' AND why_ended = '{}', 'coordinator', why_ended) AS why_ended,
               state, score, started_on, ended_at, first_writer = member.person_id AS you_write_first,
               silent_since, last_sign
             FROM member JOIN partnership ON partnership.id = member.partnership_id
             WHERE member.person_id = ?1 ORDER BY partnership.id",
            concern::WHY
        ),
        person,
    )
}

/// Messages from them whose bytes are kept.
pub fn messages(
    db: &Connection,
    person: PersonId,
) -> rusqlite::Result<Vec<(InboxId, i64, Vec<u8>)>> {
    db.prepare(
        "SELECT id, received_at, bytes FROM inbox JOIN inbox_bytes ON inbox_id = id WHERE person_id = ?1 ORDER BY id",
    )?
    .query_map([person.0], |row| {
        Ok((InboxId(row.get(0)?), row.get(1)?, row.get(2)?))
    })?
    .collect()
}

fn rows(db: &Connection, sql: &str, person: PersonId) -> rusqlite::Result<Value> {
    let mut statement = db.prepare(sql)?;
    let names: Vec<String> = statement.column_names().map(str::to_string).collect();
    let mut rows = statement.query([person.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut one = Map::new();
        for (at, name) in names.iter().enumerate() {
            let value = match row.get_ref(at)? {
                ValueRef::Null => Value::Null,
                // Moments are seconds since 1970 here and words there.
                ValueRef::Integer(number) if is_moment(name) => {
                    Value::String(crate::time::from_seconds(number).to_rfc3339())
                }
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => json!(number),
                ValueRef::Text(text) => in_full(&String::from_utf8_lossy(text)),
                ValueRef::Blob(_) => Value::Null,
            };
            one.insert(name.clone(), value);
        }
        found.push(Value::Object(one));
    }
    Ok(Value::Array(found))
}

fn is_moment(column: &str) -> bool {
    column.ends_with("_at")
        || matches!(
            column,
            "at" | "last_sign" | "last_unprompted" | "form_sent" | "retention_notice"
        )
}

fn in_full(text: &str) -> Value {
    match text.as_bytes().first() {
        Some(b'{' | b'[') => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.into()))
        }
        _ => Value::String(text.into()),
    }
}
