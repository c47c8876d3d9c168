//! Numbers for a monitoring program: counts and moments, nobody's words and nobody's address.

use rusqlite::Connection;

use crate::time::Moment;

/// One number, or one for each value of a label.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    pub name: &'static str,
    /// What it means and what to do about it.
    pub help: &'static str,
    pub label: Option<&'static str>,
    pub values: Vec<(String, i64)>,
}

/// All of them, as they stand.
pub fn all(db: &Connection, now: Moment) -> rusqlite::Result<Vec<Gauge>> {
    let seconds = now.timestamp();
    let by_label = |name, help, label, sql: &str| -> rusqlite::Result<Gauge> {
        let values = db
            .prepare_cached(sql)?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(Gauge {
            name,
            help,
            label: Some(label),
            values,
        })
    };
    let one = |name, help, sql: &str| -> rusqlite::Result<Gauge> {
        let value = db
            .prepare_cached(sql)?
            .query_row(rusqlite::named_params! { ":now": seconds }, |row| {
                row.get(0)
            })?;
        Ok(Gauge {
            name,
            help,
            label: None,
            values: vec![(String::new(), value)],
        })
    };
    Ok(vec![
        by_label(
            "pairpost_letters",
            "Letters by state. queued: waits to be sent; sending, dot: on its way; unknown: its end is being looked for; \
             held, failed: a coordinator decides; refused: its reader cannot be reached; sent and cancelled are done.",
            "state",
            "SELECT state, count(*) FROM outbox GROUP BY state ORDER BY state",
        )?,
        one(
            "pairpost_letters_sent_last_hour",
            "Letters that the mail server has taken within the last hour.",
            "SELECT count(*) FROM outbox WHERE sent_at > :now - 3600",
        )?,
        one(
            "pairpost_letters_unknown_ends_total",
            "How often nobody told whether a letter was taken. More than one in a thousand letters: the way to the mail \
             server is bad.",
            "SELECT coalesce(sum(unknown_ends), 0) + 0 * :now FROM outbox",
        )?,
        one(
            "pairpost_oldest_letter_seconds",
            "How long the oldest letter has been waiting that is due. Hours mean that nothing is sent: see the log.",
            "SELECT coalesce(max(:now - due_at), 0) FROM outbox WHERE state = 'queued' AND due_at <= :now",
        )?,
        by_label(
            "pairpost_messages",
            "Messages by state. waiting: not handled yet; needs-person: a coordinator answers; quarantined: could not be read; \
             handled, ignored and waits-for-owner are done or wait for their sender.",
            "state",
            "SELECT state, count(*) FROM inbox GROUP BY state ORDER BY state",
        )?,
        one(
            "pairpost_last_message_timestamp_seconds",
            "When the newest message was taken over, in seconds since 1970. Days without one, in the middle of a round, mean \
             that the mailbox is not read.",
            "SELECT coalesce(max(received_at), 0) + 0 * :now FROM inbox",
        )?,
        one(
            "pairpost_occasions_overdue",
            "What should have happened more than an hour ago and has not. Anything but 0, unless the programme is paused, needs a \
             look at the log.",
            "SELECT count(*) FROM occasion WHERE done_at IS NULL AND due_at <= :now - 3600",
        )?,
        one(
            "pairpost_paused",
            "1 while the programme is paused, by a coordinator or because it planned more letters than it can have a reason for.",
            "SELECT count(*) + 0 * :now FROM brake",
        )?,
        one(
            "pairpost_troubles",
            "What is wrong and has to be mended by a person: a config that was refused, a copy that failed. The digest says \
             what.",
            "SELECT count(*) + 0 * :now FROM trouble",
        )?,
    ])
}
