//! Erasing a person: every trace of them in the database, table by table.
//!
//! What becomes of a table is found out from the database itself, so that a table that is added later is covered
//! without a word here: rows that refer to a person are deleted. Exceptions are rows that count ([`KEPT`]): they stay,
//! for somebody without a name, and whatever is not listed there is emptied. Tables that speak of people without
//! referring to them ([`BESIDE`]) are treated one by one; a test refuses a table that is neither.
//!
//! Texts that others wrote about the person cannot be found by SQL: the daemon looks through them (`daemon::erasing`).

use rusqlite::{OptionalExtension, Transaction};

use super::{json, to_json};
use crate::ids::{InboxId, LetterId, PartnershipId, PersonId};
use crate::programme::event::{Adjustments, Group, Insight};

/// Rows that stay, so that a round's numbers stay true.
struct Kept {
    table: &'static str,
    /// Columns that say nothing about anybody.
    stay: &'static [&'static str],
    /// Columns that get another value, as SQL.
    change: &'static [(&'static str, &'static str)],
    /// Whether the row goes on to refer to somebody (without a name), or to nobody.
    to_somebody: bool,
}

const KEPT: [Kept; 7] = [
    Kept {
        table: "application",
        stay: &["id", "person_id", "round", "state", "arrived_at"],
        // How many people came from where is told for each round.
        change: &[(
            "answers",
            "json_object('country', json_extract(answers, '$.country'))",
        )],
        to_somebody: true,
    },
    Kept {
        table: "member",
        // Whoever has left a partnership of three is no member of it any more, erased or not.
        stay: &["partnership_id", "person_id", "application_id", "left_at"],
        change: &[],
        to_somebody: true,
    },
    Kept {
        table: "check_in",
        stay: &[
            "partnership_id",
            "person_id",
            "number",
            "asked_at",
            "choice",
            "answered_at",
        ],
        change: &[],
        to_somebody: true,
    },
    Kept {
        table: "partnership",
        stay: &[
            "id",
            "round",
            "state",
            "why_ended",
            "first_writer",
            "score",
            "created_at",
            "started_on",
            "ended_at",
        ],
        change: &[],
        to_somebody: true,
    },
    Kept {
        table: "journal",
        // The seals of the lines stay, so that the chain holds without their words (`journal`).
        stay: &["id", "at", "content", "emptied", "seal"],
        change: &[("person_id", "NULL")],
        to_somebody: false,
    },
    Kept {
        table: "inbox",
        // By its hash a message is known that comes once more.
        stay: &[
            "id",
            "hash",
            "truncated",
            "received_at",
            "attempts",
            "retry_at",
            "kind",
            "handled_at",
        ],
        change: &[
            ("person_id", "NULL"),
            (
                "state",
                "iif(state IN ('handled', 'settled'), state, 'ignored')",
            ),
        ],
        to_somebody: false,
    },
    Kept {
        table: "outbox",
        stay: &[
            "id",
            "kind",
            "unprompted",
            "cause",
            "created_at",
            "due_at",
            "attempts",
            "unknown_ends",
            "sent_at",
        ],
        change: &[
            ("person_id", "NULL"),
            ("key", "'erased/' || id"),
            ("message_id", "'erased-' || id"),
            ("reference", "'erased-' || id"),
            ("envelope_from", "''"),
            ("envelope_to", "''"),
            ("subject", "''"),
            (
                "state",
                "iif(state IN ('queued', 'sending', 'dot', 'unknown', 'held'), 'cancelled', state)",
            ),
        ],
        to_somebody: false,
    },
];

/// Tables that refer to nobody, or not by a column, and what is done about it.
pub const BESIDE: [(&str, &str); 18] = [
    ("wrong_token", "a keyed hash, for a day"),
    ("provider", "nothing about people"),
    ("inbox_bytes", "with its row in inbox"),
    ("outbox_bytes", "with its row in outbox"),
    ("place", "a number in a folder"),
    ("occasion", "by the person in its JSON"),
    ("proposal", "by the people in its JSON"),
    ("tombstone", "keyed hashes, which are what stays"),
    ("tombstone_pair", "keyed hashes, which are what stays"),
    ("removal", "emptied as its work is done"),
    (
        "survey_answer",
        "by the sheet's name, while it leads to somebody",
    ),
    ("survey_closed", "a round and a moment"),
    (
        "imported_row",
        "a keyed mark, so that nobody comes back out of the same table",
    ),
    ("brake", "a coordinator's word"),
    ("released", "a moment"),
    ("trouble", "the daemon's own words about its surroundings"),
    ("announcement", "a coordinator's words to many"),
    ("kept_figures", "a round's numbers, which are what stays"),
];

/// What must be known of somebody after they are gone; the daemon turns it into keyed hashes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Remains {
    /// All addresses of theirs in the form in which addresses are compared.
    pub addresses: Vec<String>,
    /// The same of everybody whom they were partners with, or must never be put together with.
    pub partners: Vec<String>,
    pub stopped: bool,
    /// Rounds in which they fell silent, with the moments in seconds since 1970.
    pub silences: Vec<(String, i64)>,
}

/// What stays of a person, before they are erased; `None` where there is no such person.
pub fn remains(tx: &Transaction<'_>, person: PersonId) -> rusqlite::Result<Option<Remains>> {
    let found = tx
        .query_row(
            "SELECT address_key, stopped FROM person WHERE id = ?1 AND erased = 0",
            [person.0],
            |row| Ok((row.get::<_, String>(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((address, stopped)) = found else {
        return Ok(None);
    };
    let partners = tx
        .prepare(
            "SELECT DISTINCT person.address_key FROM member own JOIN member other USING (partnership_id)
             JOIN person ON person.id = other.person_id
             WHERE own.person_id = ?1 AND other.person_id <> ?1 AND person.erased = 0
             UNION SELECT person.address_key FROM forbidden_pair JOIN person ON person.id = other_person_id
             WHERE forbidden_pair.person_id = ?1
             UNION SELECT person.address_key FROM met_before JOIN person ON person.id = iif(person_id = ?1, other_person_id, person_id)
             WHERE ?1 IN (person_id, other_person_id)",
        )?
        .query_map([person.0], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut addresses = vec![address];
    let others = tx
        .prepare(
            "SELECT address_key FROM other_address WHERE person_id = ?1 AND linked_at IS NOT NULL",
        )?
        .query_map([person.0], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    addresses.extend(others);
    let silences = tx
        .prepare("SELECT round, at FROM silence WHERE person_id = ?1 ORDER BY at")?
        .query_map([person.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(Some(Remains {
        addresses,
        partners,
        stopped,
        silences,
    }))
}

/// All addresses of the person that are written down anywhere.
pub fn written_addresses(tx: &Transaction<'_>, person: PersonId) -> rusqlite::Result<Vec<String>> {
    tx.prepare(
        "SELECT address FROM person WHERE id = ?1 UNION SELECT address_key FROM person WHERE id = ?1
         UNION SELECT second_address FROM person WHERE id = ?1
         UNION SELECT address_key FROM other_address WHERE person_id = ?1",
    )?
    .query_map([person.0], |row| row.get(0))?
    .collect()
}

/// Surveys that the person was asked to answer: round and survey.
pub fn surveys(tx: &Transaction<'_>, person: PersonId) -> rusqlite::Result<Vec<(String, String)>> {
    tx.prepare("SELECT round, survey FROM survey_asked WHERE person_id = ?1")?
        .query_map([person.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Answers under a name that still leads to somebody. Where the surveys are closed no name does, and they count.
pub fn forget_sheet(tx: &Transaction<'_>, sheet: &str) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM survey_answer WHERE sheet = ?1", [sheet])?;
    Ok(())
}

/// Messages from these addresses that were not known to be the person's.
pub fn claim_messages(
    tx: &Transaction<'_>,
    person: PersonId,
    addresses: &[String],
) -> rusqlite::Result<()> {
    for address in addresses.iter().filter(|address| !address.is_empty()) {
        tx.execute(
            "UPDATE inbox SET person_id = ?1 WHERE person_id IS NULL AND lower(sender) = lower(?2)",
            (person.0, address),
        )?;
    }
    Ok(())
}

/// Erases the person. Partnerships must have ended before; letters to them that wait are not sent.
pub fn erase(tx: &Transaction<'_>, person: PersonId) -> rusqlite::Result<()> {
    // Rows refer to each other in both directions while they are rewritten.
    tx.pragma_update(None, "defer_foreign_keys", true)?;
    bytes_of_own_mail(tx, person)?;
    tx.execute(
        "UPDATE partnership SET reasons = '[]'
         WHERE id IN (SELECT partnership_id FROM member WHERE person_id = ?1)",
        [person.0],
    )?;
    tx.execute(
        "DELETE FROM occasion WHERE json_extract(what, '$.person') = ?1",
        [person.0],
    )?;
    let nobody = somebody_without_a_name(tx, person)?;
    proposals(tx, person, nobody)?;
    for table in tables(tx)? {
        for column in person_columns(tx, &table)? {
            match (KEPT.iter().find(|kept| kept.table == table), nobody) {
                (Some(kept), nobody) if nobody.is_some() || !kept.to_somebody => {
                    keep(tx, kept, &column, person, nobody)?;
                }
                _ => {
                    tx.execute(
                        &format!("DELETE FROM \"{table}\" WHERE \"{column}\" = ?1"),
                        [person.0],
                    )?;
                }
            }
        }
    }
    tx.execute("DELETE FROM person WHERE id = ?1", [person.0])?;
    Ok(())
}

/// The bytes of all letters to the person and of all messages from them.
fn bytes_of_own_mail(tx: &Transaction<'_>, person: PersonId) -> rusqlite::Result<()> {
    tx.execute(
        "DELETE FROM inbox_bytes WHERE inbox_id IN (SELECT id FROM inbox WHERE person_id = ?1)",
        [person.0],
    )?;
    tx.execute(
        "DELETE FROM outbox_bytes WHERE letter_id IN (SELECT id FROM outbox WHERE person_id = ?1)",
        [person.0],
    )?;
    Ok(())
}

/// A row that stands for them where something of theirs counts. It has a number of its own: the old one is nowhere.
fn somebody_without_a_name(
    tx: &Transaction<'_>,
    person: PersonId,
) -> rusqlite::Result<Option<PersonId>> {
    let counts: bool = tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM application WHERE person_id = ?1)
             OR EXISTS (SELECT 1 FROM member WHERE person_id = ?1)",
        [person.0],
        |row| row.get(0),
    )?;
    if !counts {
        return Ok(None);
    }
    tx.execute(
        "INSERT INTO person (address, address_key, language, stopped, unreachable, erased, created_at)
         SELECT '', 'erased/' || (SELECT seq + 1 FROM sqlite_sequence WHERE name = 'person'), language, 1, 1, 1,
           created_at FROM person WHERE id = ?1",
        [person.0],
    )?;
    Ok(Some(PersonId(tx.last_insert_rowid())))
}

/// Empties what says something about somebody, and leaves the row.
fn keep(
    tx: &Transaction<'_>,
    kept: &Kept,
    column: &str,
    person: PersonId,
    nobody: Option<PersonId>,
) -> rusqlite::Result<()> {
    let mut assignments = Vec::new();
    for (name, emptied) in columns(tx, kept.table)? {
        if name == column && kept.to_somebody {
            assignments.push(format!("\"{name}\" = ?2"));
        } else if let Some((_, value)) = kept.change.iter().find(|(it, _)| *it == name) {
            assignments.push(format!("\"{name}\" = {value}"));
        } else if !kept.stay.contains(&name.as_str()) {
            assignments.push(format!("\"{name}\" = {emptied}"));
        }
    }
    let sql = format!(
        "UPDATE \"{}\" SET {} WHERE \"{column}\" = ?1",
        kept.table,
        assignments.join(", ")
    );
    if kept.to_somebody {
        tx.execute(&sql, (person.0, nobody.map(|it| it.0)))?;
    } else {
        tx.execute(&sql, [person.0])?;
    }
    Ok(())
}

/// Proposals name people in JSON. The reasons of their groups say what they answered, so those go; the numbers of the
/// others must stay as they were printed, so somebody without a name keeps the place.
fn proposals(
    tx: &Transaction<'_>,
    person: PersonId,
    instead: Option<PersonId>,
) -> rusqlite::Result<()> {
    // Whoever is in a proposal has applied, so there is somebody to stand in.
    let Some(instead) = instead else {
        return Ok(());
    };
    let rows: Vec<(i64, [String; 5])> = tx
        .prepare("SELECT id, groups, unmatched, numbers, adjustments, insight FROM proposal")?
        .query_map([], |row| {
            let texts = [
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            ];
            Ok((row.get(0)?, texts))
        })?
        .collect::<Result<_, _>>()?;
    for (id, [groups, unmatched, numbers, adjustments, insight]) in rows {
        let mut numbers: Vec<PersonId> = json(&numbers)?;
        if !numbers.contains(&person) {
            continue;
        }
        let mut groups: Vec<Group> = json(&groups)?;
        let mut unmatched: Vec<PersonId> = json(&unmatched)?;
        let mut adjustments: Adjustments = json(&adjustments)?;
        let mut insight: Insight = json(&insight)?;
        for group in &mut groups {
            if group.people.contains(&person) {
                group.reasons.clear();
            }
        }
        insight.without.retain(|without| without.person != person);
        insight.demands.retain(|(whose, _)| *whose != person);
        insight
            .against_rules
            .retain(|(one, other, _)| *one != person && *other != person);
        let pairs = [&mut adjustments.pinned, &mut adjustments.forbidden];
        let pairs = pairs.into_iter().flatten();
        groups
            .iter_mut()
            .flat_map(|group| &mut group.people)
            .chain(&mut unmatched)
            .chain(&mut numbers)
            .chain(&mut adjustments.held)
            .chain(&mut adjustments.left)
            .chain(pairs.flat_map(|(one, other)| [one, other]))
            .filter(|one| **one == person)
            .for_each(|one| *one = instead);
        tx.execute(
            "UPDATE proposal SET groups = ?2, unmatched = ?3, numbers = ?4, adjustments = ?5, insight = ?6 WHERE id = ?1",
            (
                id,
                to_json(&groups)?,
                to_json(&unmatched)?,
                to_json(&numbers)?,
                to_json(&adjustments)?,
                to_json(&insight)?,
            ),
        )?;
    }
    Ok(())
}

/// Every table of ours.
pub fn tables(tx: &rusqlite::Connection) -> rusqlite::Result<Vec<String>> {
    tx.prepare(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'person'
         ORDER BY name",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

/// Columns that hold a person's id.
pub fn person_columns(tx: &rusqlite::Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    tx.prepare(
        "SELECT name FROM pragma_table_info(?1) WHERE name = 'person_id' OR name LIKE '%\\_person_id' ESCAPE '\\'
           OR name IN (SELECT \"from\" FROM pragma_foreign_key_list(?1) WHERE \"table\" = 'person')",
    )?
    .query_map([table], |row| row.get(0))?
    .collect()
}

/// Each column of a table with the value, as SQL, that says nothing.
fn columns(tx: &Transaction<'_>, table: &str) -> rusqlite::Result<Vec<(String, String)>> {
    tx.prepare("SELECT name, type, \"notnull\", dflt_value FROM pragma_table_info(?1)")?
        .query_map([table], |row| {
            let (kind, required): (String, bool) = (row.get(1)?, row.get(2)?);
            let default: Option<String> = row.get(3)?;
            let emptied = match (default, required, kind.as_str()) {
                (Some(default), _, _) => default,
                (None, false, _) => "NULL".into(),
                (None, true, "TEXT") => "''".into(),
                (None, true, _) => "0".into(),
            };
            Ok((row.get(0)?, emptied))
        })?
        .collect()
}

// ------------------------------------------------------------ texts of others

/// A letter or message whose bytes may speak of somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// Of the letter or the message.
    pub id: i64,
    pub person: Option<PersonId>,
    pub bytes: Vec<u8>,
    /// Of a letter.
    pub subject: String,
    /// Of a message that has not been handled yet: its bytes are needed.
    pub open: bool,
}

/// People with whom the person was in a partnership.
pub fn partners(tx: &Transaction<'_>, person: PersonId) -> rusqlite::Result<Vec<PersonId>> {
    tx.prepare(
        "SELECT DISTINCT other.person_id FROM member own JOIN member other USING (partnership_id)
         WHERE own.person_id = ?1 AND other.person_id <> ?1",
    )?
    .query_map([person.0], |row| row.get(0).map(PersonId))?
    .collect()
}

/// Goes through all letters; bytes that are not kept any more are empty.
pub fn each_letter(
    tx: &Transaction<'_>,
    mut look: impl FnMut(Text) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut rows = tx.prepare(
        "SELECT id, person_id, coalesce(bytes, x''), 0, subject FROM outbox LEFT JOIN outbox_bytes ON letter_id = id",
    )?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        look(text(row)?)?;
    }
    Ok(())
}

/// Goes through all messages whose bytes are kept.
pub fn each_message(
    tx: &Transaction<'_>,
    mut look: impl FnMut(Text) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut rows = tx.prepare(
        "SELECT id, person_id, bytes, state = 'new', '' FROM inbox JOIN inbox_bytes ON inbox_id = id",
    )?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        look(text(row)?)?;
    }
    Ok(())
}

fn text(row: &rusqlite::Row<'_>) -> rusqlite::Result<Text> {
    Ok(Text {
        id: row.get(0)?,
        person: row.get::<_, Option<i64>>(1)?.map(PersonId),
        bytes: row.get(2)?,
        open: row.get(3)?,
        subject: row.get(4)?,
    })
}

/// A letter to somebody else that names the person: only that it was sent stays.
pub fn forget_letter(tx: &Transaction<'_>, letter: LetterId) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM outbox_bytes WHERE letter_id = ?1", [letter.0])?;
    tx.execute(
        "UPDATE outbox SET subject = '', reply = '', last_error = '',
           state = iif(state IN ('queued', 'sending', 'dot', 'unknown', 'held'), 'cancelled', state) WHERE id = ?1",
        [letter.0],
    )?;
    Ok(())
}

pub fn forget_message(tx: &Transaction<'_>, message: InboxId) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM inbox_bytes WHERE inbox_id = ?1", [message.0])?;
    Ok(())
}

/// Whether something that concerns the person is still on its way: letters to them or to their partners, messages that
/// have not been handled.
pub fn is_under_way(tx: &Transaction<'_>, person: PersonId) -> rusqlite::Result<bool> {
    tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM outbox WHERE state IN ('queued', 'sending', 'dot', 'unknown', 'held') AND (person_id = ?1
           OR json_extract(about, '$.partnership') IN (SELECT partnership_id FROM member WHERE person_id = ?1)))
         OR EXISTS (SELECT 1 FROM inbox WHERE state = 'new')",
        [person.0],
        |row| row.get(0),
    )
}

/// Letters about a partnership that wait are not sent: contact between the two stops at once.
pub fn hold_letters(tx: &Transaction<'_>, partnership: PartnershipId) -> rusqlite::Result<()> {
    tx.execute(
        "DELETE FROM outbox_bytes WHERE letter_id IN (SELECT id FROM outbox
           WHERE state = 'queued' AND json_extract(about, '$.partnership') = ?1)",
        [partnership.0],
    )?;
    tx.execute(
        "UPDATE outbox SET state = 'cancelled'
         WHERE state = 'queued' AND json_extract(about, '$.partnership') = ?1",
        [partnership.0],
    )?;
    Ok(())
}
