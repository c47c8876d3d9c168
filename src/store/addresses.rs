//! What becomes of the tables when somebody's letters go to another address.

use rusqlite::{OptionalExtension, Transaction};

use super::erasure;
use crate::ids::PersonId;
use crate::time::Moment;

/// The new address, as it was written and in the form in which addresses are compared.
pub struct NewAddress<'a> {
    pub written: &'a str,
    pub key: &'a str,
    /// Whether mail from the former one still counts as theirs.
    pub old_stays: bool,
}

/// Letters go there from now on, those that wait to leave included.
pub fn change(
    tx: &Transaction<'_>,
    now: Moment,
    person: PersonId,
    new: &NewAddress<'_>,
) -> rusqlite::Result<()> {
    let seconds = now.timestamp();
    take_over_newcomer(tx, person, new.key)?;
    // The former one is remembered either way: an erasure has to know all addresses that somebody had. Nobody has been
    // asked about it yet: an answer that still comes from there is asked about at the new one at once.
    tx.prepare_cached(
        "INSERT INTO other_address (address_key, person_id, asked_at, linked_at, left_at)
         SELECT address_key, id, 0, ?2, iif(?3, NULL, ?2) FROM person WHERE id = ?1
         ON CONFLICT DO UPDATE SET person_id = excluded.person_id, linked_at = excluded.linked_at,
           left_at = excluded.left_at",
    )?
    .execute((person.0, seconds, new.old_stays))?;
    tx.prepare_cached("DELETE FROM other_address WHERE address_key = ?1")?
        .execute([new.key])?;
    let old: String = tx
        .prepare_cached("SELECT address FROM person WHERE id = ?1")?
        .query_row([person.0], |row| row.get(0))?;
    // What has not been taken by a server has not been sent to anybody: it goes to the new address as it is.
    tx.prepare_cached(
        "UPDATE outbox SET envelope_to = ?2 WHERE person_id = ?1 AND envelope_to = ?3
           AND state IN ('queued', 'unknown', 'held')",
    )?
    .execute((person.0, new.written, old))?;
    tx.prepare_cached(
        "UPDATE person SET address = ?2, address_key = ?3, unreachable = 0, second_unreachable = 0,
           second_address = iif(unreachable = 1 OR lower(second_address) = lower(?2), '', second_address)
         WHERE id = ?1",
    )?
    .execute((person.0, new.written, new.key))?;
    Ok(())
}

/// Whoever wrote from the new address before it was known to be theirs has become somebody without a name: what is kept
/// of that is the owner's.
fn take_over_newcomer(tx: &Transaction<'_>, owner: PersonId, key: &str) -> rusqlite::Result<()> {
    let newcomer: Option<i64> = tx
        .prepare_cached("SELECT id FROM person WHERE address_key = ?1 AND id <> ?2 AND name = ''")?
        .query_row((key, owner.0), |row| row.get(0))
        .optional()?;
    let Some(newcomer) = newcomer else {
        return Ok(());
    };
    tx.pragma_update(None, "defer_foreign_keys", true)?;
    for table in erasure::tables(tx)? {
        for column in erasure::person_columns(tx, &table)? {
            tx.execute(
                &format!(
                    "UPDATE OR IGNORE \"{table}\" SET \"{column}\" = ?2 WHERE \"{column}\" = ?1"
                ),
                (newcomer, owner.0),
            )?;
            tx.execute(
                &format!("DELETE FROM \"{table}\" WHERE \"{column}\" = ?1"),
                [newcomer],
            )?;
        }
    }
    tx.execute(
        "DELETE FROM occasion WHERE json_extract(what, '$.person') = ?1",
        [newcomer],
    )?;
    tx.execute("DELETE FROM person WHERE id = ?1", [newcomer])?;
    Ok(())
}
