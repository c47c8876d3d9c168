//! Looks for letters whose end nobody told: in the folder where the provider keeps copies, and in the queue of a mail
//! server on this machine. It only looks; what follows is decided in `engine`.

use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;

use super::sending::Trace;
use crate::mail::account::{MailboxSettings, SendingSettings};
use crate::mail::inbound::imap::Imap;
use crate::store::unknown::{TakenLater, Unknown};

/// A queue that takes longer to list is not worth waiting for.
const QUEUE_TIME_OUT: Duration = Duration::from_secs(30);

/// What is seen of each letter, in their order. The server certainly took all of `taken_later`: only where the copy of one
/// that is later than a letter is seen does that letter's missing copy prove anything.
///
/// # Errors
/// A place that the config names cannot be looked at: nothing is known then, and it is looked at again later.
pub async fn traces(
    mailbox: &MailboxSettings,
    sending: &SendingSettings,
    letters: &[Unknown],
    taken_later: &[TakenLater],
) -> anyhow::Result<Vec<Trace>> {
    let mut traces = vec![Trace::None; letters.len()];
    let SendingSettings::Smtp { traces: places, .. } = sending else {
        return Ok(traces);
    };
    if let (Some(folder), MailboxSettings::Imap { server, login, .. }) =
        (&places.sent_folder, mailbox)
    {
        let ids: Vec<String> = letters
            .iter()
            .map(|letter| letter.message_id.clone())
            .chain(taken_later.iter().map(|taken| taken.message_id.clone()))
            .collect();
        let found = Imap::which_are_in(server, login, folder, &ids)
            .await
            .context("the folder of sent copies")?;
        let (asked, compared) = found.split_at(letters.len());
        let seen = taken_later.iter().zip(compared).filter(|(_, seen)| **seen);
        let newest_seen = seen.map(|(taken, _)| taken.at).max();
        for ((trace, letter), there) in traces.iter_mut().zip(letters).zip(asked) {
            *trace = match there {
                true => Trace::Found("a copy is in the folder of sent letters".into()),
                false if newest_seen.is_some_and(|at| at > letter.since) => Trace::CertainlyNone,
                false => Trace::None,
            };
        }
    }
    if let [program, arguments @ ..] = places.queue_command.as_slice() {
        let waiting = queue(program, arguments).await?;
        for (trace, letter) in traces.iter_mut().zip(letters) {
            // Each letter has a return address of its own. One that is no longer queued may have been delivered.
            if waiting.contains(&letter.envelope_from) {
                *trace = Trace::Found("it is in the mail server's queue".into());
            }
        }
    }
    Ok(traces)
}

/// The envelope senders in a queue, as `postqueue -j` lists it (postqueue(1): one JSON object a line).
async fn queue(program: &str, arguments: &[String]) -> anyhow::Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Entry {
        sender: String,
    }
    let listing = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output();
    let listed = tokio::time::timeout(QUEUE_TIME_OUT, listing)
        .await
        .with_context(|| format!("{program} of queue_command took too long"))?
        .with_context(|| format!("{program} of queue_command cannot be run"))?;
    anyhow::ensure!(
        listed.status.success(),
        "{program} of queue_command failed: {}",
        crate::mail::address::clean(&String::from_utf8_lossy(&listed.stderr), 200)
    );
    String::from_utf8_lossy(&listed.stdout)
        .lines()
        .map(|line| {
            let entry: Entry = serde_json::from_str(line).with_context(|| {
                format!("{program} of queue_command does not list one JSON object a line")
            })?;
            Ok(entry.sender)
        })
        .collect()
}
