//! What is remembered of people who were erased: keyed hashes, by which somebody who comes back is known again as far
//! as `stop` and "nobody meets twice" need it. The hashes are made elsewhere: the key is no business of the database.

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};

use super::{json, to_json};
use crate::ids::PersonId;

/// One erased person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tombstone {
    /// Seconds since 1970.
    pub erased_at: i64,
    /// Keyed hashes of their addresses.
    pub addresses: Vec<String>,
    /// Keyed hashes of their address together with each partner's.
    #[serde(default)]
    pub pairs: Vec<String>,
    #[serde(default)]
    pub stopped: bool,
    /// Rounds in which they fell silent, with the moments in seconds since 1970.
    #[serde(default)]
    pub silences: Vec<(String, i64)>,
}

pub fn keep(tx: &Transaction<'_>, tombstone: &Tombstone) -> rusqlite::Result<()> {
    for address in &tombstone.addresses {
        tx.execute(
            "INSERT OR IGNORE INTO tombstone (address_hash, erased_at, stopped, silences) VALUES (?1, ?2, ?3, ?4)",
            (
                address,
                tombstone.erased_at,
                tombstone.stopped,
                to_json(&tombstone.silences)?,
            ),
        )?;
    }
    for pair in &tombstone.pairs {
        tx.execute(
            "INSERT OR IGNORE INTO tombstone_pair (pair_hash) VALUES (?1)",
            [pair],
        )?;
    }
    Ok(())
}

/// Whether the database knows of this erasure.
pub fn knows(db: &Connection, tombstone: &Tombstone) -> rusqlite::Result<bool> {
    for address in &tombstone.addresses {
        let known: bool = db.query_row(
            "SELECT EXISTS (SELECT 1 FROM tombstone WHERE address_hash = ?1 AND erased_at = ?2)",
            (address, tombstone.erased_at),
            |row| row.get(0),
        )?;
        if !known {
            return Ok(false);
        }
    }
    Ok(true)
}

/// All that the database knows, where the list beside it is lost. Which pairs belong to whom is not known any more.
pub fn all(db: &Connection) -> rusqlite::Result<Vec<Tombstone>> {
    let mut all: Vec<Tombstone> = db
        .prepare("SELECT address_hash, erased_at, stopped, silences FROM tombstone ORDER BY erased_at, address_hash")?
        .query_map([], |row| {
            Ok(Tombstone {
                addresses: vec![row.get(0)?],
                erased_at: row.get(1)?,
                stopped: row.get(2)?,
                silences: json(&row.get::<_, String>(3)?)?,
                pairs: Vec::new(),
            })
        })?
        .collect::<Result<_, _>>()?;
    if let Some(first) = all.first_mut() {
        first.pairs = db
            .prepare("SELECT pair_hash FROM tombstone_pair ORDER BY pair_hash")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
    }
    Ok(all)
}

/// Everybody who is in the database, with the address in its comparison form and since when (seconds since 1970).
pub fn everybody(db: &Connection) -> rusqlite::Result<Vec<(PersonId, String, i64)>> {
    db.prepare("SELECT id, address_key, created_at FROM person WHERE erased = 0 ORDER BY id")?
        .query_map([], |row| {
            Ok((PersonId(row.get(0)?), row.get(1)?, row.get(2)?))
        })?
        .collect()
}

/// Whether these two are remembered as former partners.
pub fn remembers(db: &Connection, pair_hash: &str) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM tombstone_pair WHERE pair_hash = ?1)")?
        .query_row([pair_hash], |row| row.get(0))
}

/// Two former partners of whom a table tells; one who is not in the database is recognised when they come.
pub(super) fn met(
    tx: &Transaction<'_>,
    pair_hash: &str,
    people: Option<(PersonId, PersonId)>,
) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT OR IGNORE INTO tombstone_pair (pair_hash) VALUES (?1)")?
        .execute([pair_hash])?;
    if let Some((one, other)) = people {
        tx.prepare_cached(
            "INSERT OR IGNORE INTO met_before (person_id, other_person_id) VALUES (?1, ?2)",
        )?
        .execute((one.0.min(other.0), one.0.max(other.0)))?;
    }
    Ok(())
}

/// Somebody has come to be known. Where they were here before and were erased, what must be remembered holds again.
pub fn recognise(
    tx: &Transaction<'_>,
    person: PersonId,
    address_hash: &str,
    pair_with: &dyn Fn(&str) -> String,
) -> rusqlite::Result<()> {
    let known: Vec<(bool, String)> = tx
        .prepare_cached("SELECT stopped, silences FROM tombstone WHERE address_hash = ?1")?
        .query_map([address_hash], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (stopped, silences) in known {
        if stopped {
            tx.execute("UPDATE person SET stopped = 1 WHERE id = ?1", [person.0])?;
        }
        // The rules forget what is older than two years.
        for (round, at) in json::<Vec<(String, i64)>>(&silences)? {
            tx.execute(
                "INSERT OR IGNORE INTO silence (person_id, round, at) VALUES (?1, ?2, ?3)",
                (person.0, round, at),
            )?;
        }
    }
    let pairs: BTreeSet<String> = tx
        .prepare_cached("SELECT pair_hash FROM tombstone_pair")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    // Either of the two may have been erased; without pairs there is nothing to look for.
    if pairs.is_empty() {
        return Ok(());
    }
    for (other, address, _) in everybody(tx)? {
        if other != person && pairs.contains(&pair_with(&address)) {
            tx.execute(
                "INSERT OR IGNORE INTO met_before (person_id, other_person_id) VALUES (?1, ?2)",
                (person.0.min(other.0), person.0.max(other.0)),
            )?;
        }
    }
    Ok(())
}
