//! Messages as they arrived. A message is ours from the moment its bytes are committed here; only then may anything
//! be done to it in the mailbox.

use data_encoding::HEXLOWER;
use rusqlite::{OptionalExtension, Transaction};
use sha2::{Digest, Sha256};

use crate::ids::{InboxId, PersonId};
use crate::time::Moment;

/// How often a message may bring the reading down before it is set aside.
pub const STRIKES: u32 = 3;

const DAY_SECONDS: i64 = 24 * 3_600;

/// Where a message belongs in the mailbox once it is dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    Processed,
    Quarantine,
}

/// SHA-256 of the message as its writer sent it, in hexadecimal: the key of a message, since ids in mail are strangers'
/// words. The lines that servers put on top on the way are left out, so that a message that was delivered twice is one
/// message; where the writer gave no Message-ID, equal words may be meant twice, and every byte counts.
pub fn hash(raw: &[u8]) -> String {
    let sent = as_sent(raw);
    let named = headers(sent).any(|line| has_name(line, "message-id"));
    HEXLOWER.encode(&Sha256::digest(if named { sent } else { raw }))
}

/// What servers write on top of a message that passes through them (RFC 5321 section 4.4, RFC 8601, RFC 8617, and what
/// delivery agents add).
const TRACE: [&str; 12] = [
    "return-path",
    "received",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "delivery-date",
    "x-received",
    "received-spf",
    "authentication-results",
    "arc-seal",
    "arc-message-signature",
    "arc-authentication-results",
];

/// The message without the trace on its top.
fn as_sent(raw: &[u8]) -> &[u8] {
    let mut start = 0;
    let mut in_trace = false;
    for line in headers(raw) {
        let folded = line.starts_with(b" ") || line.starts_with(b"\t");
        if !(folded && in_trace) {
            in_trace = TRACE.iter().any(|name| has_name(line, name));
            if !in_trace {
                break;
            }
        }
        start += line.len();
    }
    &raw[start..]
}

/// Lines with their ends, up to the empty one.
fn headers(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    raw.split_inclusive(|byte| *byte == b'\n')
        .take_while(|line| !line.trim_ascii().is_empty())
}

fn has_name(line: &[u8], name: &str) -> bool {
    line.split(|byte| *byte == b':')
        .next()
        .is_some_and(|found| found.trim_ascii_end().eq_ignore_ascii_case(name.as_bytes()))
}

/// Commits a message's bytes and its place in the mailbox; the same bytes again are the same row.
pub fn record(
    tx: &Transaction<'_>,
    now: Moment,
    place: Option<&str>,
    raw: &[u8],
    truncated: bool,
) -> rusqlite::Result<InboxId> {
    let hash = hash(raw);
    let added = tx
        .prepare_cached(
            "INSERT INTO inbox (hash, truncated, received_at) VALUES (?1, ?2, ?3) ON CONFLICT (hash) DO NOTHING",
        )?
        .execute((&hash, truncated, now.timestamp()))?;
    let id: i64 = tx
        .prepare_cached("SELECT id FROM inbox WHERE hash = ?1")?
        .query_row([&hash], |row| row.get(0))?;
    if added > 0 {
        tx.prepare_cached("INSERT INTO inbox_bytes (inbox_id, bytes) VALUES (?1, ?2)")?
            .execute((id, raw))?;
    }
    if let Some(place) = place {
        tx.prepare_cached("INSERT OR IGNORE INTO place (place, inbox_id) VALUES (?1, ?2)")?
            .execute((place, id))?;
    }
    Ok(InboxId(id))
}

/// Remembers that a good signature of this domain is on the message.
pub fn signed(tx: &Transaction<'_>, id: InboxId, domain: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE inbox SET signed_by = ?2 WHERE id = ?1 AND state = 'new'")?
        .execute((id.0, domain))?;
    Ok(())
}

/// A message that waits to be handled.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub id: InboxId,
    pub raw: Vec<u8>,
    pub received_at: i64,
    pub attempts: u32,
    /// The owner of the address on file has said that it is theirs.
    pub confirmed: bool,
    /// The domain of a good signature over it; empty where none was found when it came.
    pub signed_by: String,
    /// A coordinator has said that it is to be read, however many its sender writes.
    pub without_limit: bool,
}

/// Takes a new message in hand: counts the attempt before the work, so that a crash counts too. `None` where it has
/// been handled already.
pub fn begin(tx: &Transaction<'_>, id: InboxId) -> rusqlite::Result<Option<Waiting>> {
    let found = tx
        .prepare_cached(
            "SELECT bytes, received_at, attempts, confirmed, signed_by, without_limit FROM inbox JOIN inbox_bytes ON inbox_id = inbox.id
             WHERE inbox.id = ?1 AND state = 'new'",
        )?
        .query_row([id.0], |row| {
            Ok(Waiting {
                id,
                raw: row.get(0)?,
                received_at: row.get(1)?,
                attempts: row.get(2)?,
                confirmed: row.get(3)?,
                signed_by: row.get(4)?,
                without_limit: row.get(5)?,
            })
        })
        .optional()?;
    if found.is_some() {
        tx.prepare_cached("UPDATE inbox SET attempts = attempts + 1 WHERE id = ?1")?
            .execute([id.0])?;
    }
    Ok(found)
}

/// New messages whose time has come, oldest first.
pub fn unhandled(
    db: &rusqlite::Connection,
    now: Moment,
    limit: u32,
) -> rusqlite::Result<Vec<InboxId>> {
    db.prepare_cached(
        // New ones have no wait and come first; by this order the index alone is read.
        "SELECT id FROM inbox INDEXED BY inbox_new WHERE state = 'new' AND retry_at <= ?1
         ORDER BY retry_at, id LIMIT ?2",
    )?
    .query_map((now.timestamp(), limit), |row| Ok(InboxId(row.get(0)?)))?
    .collect()
}

/// How a message ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// handled, ignored or needs-person.
    pub state: &'a str,
    pub reason: &'a str,
    pub kind: &'a str,
    pub sender: &'a str,
    pub person: Option<PersonId>,
    /// As it was written; a stranger's claim.
    pub message_id: Option<&'a str>,
}

pub fn finish(
    tx: &Transaction<'_>,
    id: InboxId,
    now: Moment,
    ended: &Ended<'_>,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE inbox SET state = ?2, reason = ?3, kind = ?4, sender = ?5, person_id = ?6, handled_at = ?7,
           message_id = ?8
         WHERE id = ?1 AND state = 'new'",
    )?
    .execute((
        id.0,
        ended.state,
        ended.reason,
        ended.kind,
        ended.sender,
        ended.person.map(|it| it.0),
        now.timestamp(),
        ended.message_id,
    ))?;
    Ok(())
}

/// How many messages that count for this were read in the last 24 hours.
pub fn read_last_day(tx: &Transaction<'_>, mark: &str, now: Moment) -> rusqlite::Result<u32> {
    tx.prepare_cached(
        "SELECT count(*) FROM inbox WHERE counted_as = ?1 AND counted_as <> '' AND handled_at > ?2",
    )?
    .query_row((mark, now.timestamp() - DAY_SECONDS), |row| row.get(0))
}

/// The message is read now, and counts.
pub fn counts_as(tx: &Transaction<'_>, id: InboxId, mark: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE inbox SET counted_as = ?2 WHERE id = ?1")?
        .execute((id.0, mark))?;
    Ok(())
}

/// The message is kept and read a day later.
pub fn wait_over_limit(
    tx: &Transaction<'_>,
    id: InboxId,
    now: Moment,
    over: &Ended<'_>,
) -> rusqlite::Result<()> {
    finish(tx, id, now, over)?;
    tx.prepare_cached(
        "UPDATE inbox SET attempts = 0, handled_at = NULL, retry_at = ?2 WHERE id = ?1",
    )?
    .execute((id.0, now.timestamp() + DAY_SECONDS))?;
    Ok(())
}

/// Messages that were over a limit and whose day has come are new again, oldest first. Says how many.
pub fn take_up_again(tx: &Transaction<'_>, now: Moment, limit: u32) -> rusqlite::Result<usize> {
    tx.prepare_cached(
        "UPDATE inbox SET state = 'new', retry_at = 0 WHERE id IN (
           SELECT id FROM inbox INDEXED BY inbox_over_limit WHERE state = 'over-limit' AND retry_at <= ?1
           ORDER BY retry_at, id LIMIT ?2)",
    )?
    .execute((now.timestamp(), limit))
}

/// All messages of somebody that wait over the limit are new again, and no limit counts for them.
pub fn read_without_limit(tx: &Transaction<'_>, person: PersonId) -> rusqlite::Result<usize> {
    tx.prepare_cached(
        "UPDATE inbox SET state = 'new', retry_at = 0, without_limit = 1 WHERE state = 'over-limit' AND person_id = ?1",
    )?
    .execute([person.0])
}

/// A message that failed waits: 1, 5 minutes; after three strikes it is set aside for a person.
pub fn set_back(
    tx: &Transaction<'_>,
    id: InboxId,
    now: Moment,
    error: &str,
) -> rusqlite::Result<()> {
    let attempts: u32 =
        tx.query_row("SELECT attempts FROM inbox WHERE id = ?1", [id.0], |row| {
            row.get(0)
        })?;
    if attempts >= STRIKES {
        tx.prepare_cached(
            "UPDATE inbox SET state = 'quarantined', reason = ?2, handled_at = ?3 WHERE id = ?1",
        )?
        .execute((id.0, error, now.timestamp()))?;
    } else {
        let wait = 60 * 5_i64.pow(attempts.saturating_sub(1));
        tx.prepare_cached("UPDATE inbox SET retry_at = ?2, reason = ?3 WHERE id = ?1")?
            .execute((id.0, now.timestamp() + wait, error))?;
    }
    Ok(())
}

/// Places in the mailbox whose message is dealt with but which have not been filed away there.
pub fn to_file_away(
    db: &rusqlite::Connection,
    limit: u32,
) -> rusqlite::Result<Vec<(String, Shelf)>> {
    db.prepare_cached(
        "SELECT place.place, inbox.state FROM place JOIN inbox ON inbox.id = place.inbox_id
         WHERE place.filed_at IS NULL AND inbox.state <> 'new' ORDER BY place.inbox_id LIMIT ?1",
    )?
    .query_map([limit], |row| {
        let quarantined = row.get::<_, String>(1)? == "quarantined";
        Ok((
            row.get(0)?,
            if quarantined {
                Shelf::Quarantine
            } else {
                Shelf::Processed
            },
        ))
    })?
    .collect()
}

pub fn filed_away(tx: &Transaction<'_>, place: &str, now: Moment) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE place SET filed_at = ?2 WHERE place = ?1")?
        .execute((place, now.timestamp()))?;
    Ok(())
}

/// Whether a message at this place has been recorded: it need not be fetched again.
pub fn knows_place(db: &rusqlite::Connection, place: &str) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT count(*) FROM place WHERE place = ?1")?
        .query_row([place], |row| Ok(row.get::<_, i64>(0)? > 0))
}

#[cfg(test)]
mod tests {
    use super::hash;

    const MESSAGE: &str = "From: a@people.test\r\nMessage-ID: <1@people.test>\r\n\r\n1\r\n";

    #[test]
    fn a_message_is_the_same_whichever_way_it_came() {
        let one_way = format!("Received: from x\r\n\tby y; Mon\r\nReceived: from z\r\n{MESSAGE}");
        let other_way = format!("Return-Path: <a@people.test>\r\n{MESSAGE}");
        assert_eq!(hash(MESSAGE.as_bytes()), hash(one_way.as_bytes()));
        assert_eq!(hash(MESSAGE.as_bytes()), hash(other_way.as_bytes()));
    }

    #[test]
    fn other_words_under_the_same_id_are_another_message() {
        let other = MESSAGE.replace("\r\n1\r\n", "\r\n2\r\n");
        assert_ne!(hash(MESSAGE.as_bytes()), hash(other.as_bytes()));
        let forged = MESSAGE.replace("a@", "b@");
        assert_ne!(hash(MESSAGE.as_bytes()), hash(forged.as_bytes()));
    }

    #[test]
    fn without_an_id_every_byte_counts() {
        let first = "Received: Mon\r\nFrom: a@people.test\r\n\r\n1\r\n";
        let second = first.replace("Mon", "Tue");
        assert_ne!(hash(first.as_bytes()), hash(second.as_bytes()));
        for odd in ["", "\n", "no header at all", "\tfolded", "Received: only"] {
            assert_eq!(hash(odd.as_bytes()), hash(odd.as_bytes()));
        }
    }
}
