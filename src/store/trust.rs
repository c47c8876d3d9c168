//! What is remembered so that a stranger cannot act: guessed reply addresses, letters whose power is used up, and what is
//! known of the mail provider.

use data_encoding::HEXLOWER;
use rusqlite::{Connection, OptionalExtension, Transaction};
use sha2::{Digest, Sha256};

use super::{json, to_json};
use crate::ids::LetterId;
use crate::programme::letter::About;
use crate::time::{Moment, from_seconds};

/// So many wrong reply addresses within an hour, and their sender's next ones are not looked at for a day.
const WRONG_TOKENS_AN_HOUR: u32 = 10;
const HOUR_SECONDS: i64 = 3_600;
const IGNORED_SECONDS: i64 = 24 * 3_600;

/// Counts a reply address that is not ours. Says whether its sender has guessed too often: then it is not looked at.
pub fn wrong_token(tx: &Transaction<'_>, sender: &str, now: Moment) -> rusqlite::Result<bool> {
    let now = now.timestamp();
    tx.prepare_cached("DELETE FROM wrong_token WHERE since < ?1 AND ignored_until < ?2")?
        .execute((now - HOUR_SECONDS, now))?;
    let ignored_until: Option<i64> = tx
        .prepare_cached("SELECT ignored_until FROM wrong_token WHERE sender = ?1")?
        .query_row([sender], |row| row.get(0))
        .optional()?;
    if ignored_until.is_some_and(|until| now < until) {
        return Ok(true);
    }
    tx.prepare_cached(
        "INSERT INTO wrong_token (sender, since, number) VALUES (?1, ?2, 1)
         ON CONFLICT DO UPDATE SET number = number + 1,
           ignored_until = CASE WHEN number + 1 >= ?3 THEN ?4 ELSE 0 END",
    )?
    .execute((sender, now, WRONG_TOKENS_AN_HOUR, now + IGNORED_SECONDS))?;
    Ok(false)
}

/// What was signed before this moment is not taken any more: an answer to such a letter still tells what it is about, and
/// proves nothing.
pub fn revoke_before(tx: &Transaction<'_>, moment: Moment) -> rusqlite::Result<usize> {
    // Below every epoch that a person can have.
    tx.execute(
        "UPDATE outbox SET token_epoch = -1 WHERE created_at < ?1 AND token_epoch >= 0",
        [moment.timestamp()],
    )
}

/// A command in answer to this letter has made letters leave: it does so once.
pub fn acted(tx: &Transaction<'_>, letter: LetterId, now: Moment) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE outbox SET acted_at = ?2 WHERE id = ?1 AND acted_at IS NULL")?
        .execute((letter.0, now.timestamp()))?;
    Ok(())
}

/// A hash of what a letter to a coordinator about this shows and lets do: a proposal's pairs, an announcement's words.
/// Empty where its commands name what they are about.
pub fn shown(tx: &Transaction<'_>, about: &About) -> rusqlite::Result<String> {
    let text: Option<String> = match (about.proposal, about.announcement) {
        (Some(proposal), _) => tx
            .prepare_cached(
                "SELECT 'proposal ' || id || ' ' || round || groups || unmatched || numbers FROM proposal WHERE id = ?1",
            )?
            .query_row([proposal.0], |row| row.get(0))
            .optional()?,
        (None, Some(announcement)) => tx
            .prepare_cached(
                "SELECT 'announcement ' || id || ' ' || audience || subject || char(10) || text
                 FROM announcement WHERE id = ?1",
            )?
            .query_row([announcement.0], |row| row.get(0))
            .optional()?,
        (None, None) => None,
    };
    Ok(text.map_or_else(String::new, |text| HEXLOWER.encode(&Sha256::digest(text))))
}

/// How many people would be introduced if a round began with those who are in it now.
pub fn people_of(db: &Connection, round: &str) -> rusqlite::Result<u64> {
    db.prepare_cached(
        "SELECT count(*) FROM application WHERE round = ?1 AND state IN ('complete', 'accepted', 'paired')",
    )?
    .query_row([round], |row| row.get::<_, i64>(0))
    .map(|count| u64::try_from(count).unwrap_or(0))
}

/// What was found out about the mail provider, and when; `None` where nobody has looked.
pub fn provider<T: serde::de::DeserializeOwned>(
    db: &Connection,
) -> rusqlite::Result<Option<(T, Moment)>> {
    let found: Option<(String, i64)> = db
        .prepare_cached("SELECT profile, checked_at FROM provider WHERE id = 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found
        .map(|(profile, at)| Ok((json(&profile)?, from_seconds(at))))
        .transpose()
}

pub fn keep_provider<T: serde::Serialize>(
    tx: &Transaction<'_>,
    profile: &T,
    now: Moment,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO provider (id, profile, checked_at) VALUES (1, ?1, ?2)
         ON CONFLICT DO UPDATE SET profile = excluded.profile, checked_at = excluded.checked_at",
    )?
    .execute((to_json(profile)?, now.timestamp()))?;
    Ok(())
}
