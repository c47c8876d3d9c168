//! The loop that receives: whatever lies in the mailbox is taken over, handled, and filed away after the commit. It holds
//! no rules; what a message means is decided by the engine.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::attention::Attention;
use super::ballast::{Ballast, is_out_of_room};
use super::hands::{BackOff, Handle, pause, stopped};
use crate::failpoint;
use crate::mail::account::SendingSettings;
use crate::mail::dns::Dns;
use crate::mail::inbound::dkim;
use crate::mail::inbound::mailbox::{Destination, Fetched, Mailbox, Place, Removal, batches};
use crate::schedule::Recurring;
use crate::store::inbox::{self, Shelf};
use crate::store::removals::Copy;
use crate::time::Clock;

/// After this many seconds IDLE is renewed; servers may drop a silent client after 29 minutes (RFC 2177).
const IDLE_RENEW_SECONDS: u64 = 20 * 60;
/// Copies of erased mail that are looked for over one connection.
const COPIES_AT_A_TIME: u32 = 200;
/// Waiting messages handled between two looks at whether the daemon stops.
const WAITING_AT_A_TIME: u32 = 50;

pub(super) async fn receive_loop(
    config: crate::config::Config,
    handle: Handle,
    clock: Clock,
    letters_wait: Arc<Notify>,
    stopping: watch::Receiver<bool>,
) {
    let ballast = Ballast::new(&config.state_dir);
    let attention = Attention::to(&config.state_dir, "mailbox");
    let mut back_off = BackOff::new();
    while !*stopping.borrow() {
        // Without room for their effects, messages stay where they are.
        if let Err(error) = ballast.keep() {
            tracing::error!(%error, "no room in the state folder: messages are left in the mailbox");
            if !pause(&stopping, back_off.longer()).await {
                break;
            }
            continue;
        }
        if let Err(error) = failpoint::reach("mailbox-connect") {
            tracing::warn!(%error, "the mailbox cannot be reached");
            if !pause(&stopping, back_off.next()).await {
                break;
            }
            continue;
        }
        let wait = match Mailbox::connect(&config.mailbox).await {
            Ok(mailbox) => {
                tracing::info!("mailbox open");
                attention.not_needed();
                let ended = receive(
                    mailbox,
                    &config,
                    &handle,
                    &clock,
                    &letters_wait,
                    &stopping,
                    &mut back_off,
                )
                .await;
                match ended {
                    Ok(()) => break,
                    Err(error) => {
                        tracing::warn!(error = %format!("{error:#}"), "receiving was interrupted");
                        if is_out_of_room(&error) {
                            ballast.give_up();
                        }
                        back_off.next()
                    }
                }
            }
            Err(error) if error.is_retriable() => {
                tracing::warn!(%error, "the mailbox cannot be reached");
                back_off.next()
            }
            Err(error) => {
                tracing::error!(%error, "the mailbox cannot be used; a person has to mend this");
                attention.needed(&error.to_string(), clock.now());
                back_off.longer()
            }
        };
        if !pause(&stopping, wait).await {
            break;
        }
    }
}

/// Works through one connection. Ends well only when told to stop.
async fn receive(
    mut mailbox: Mailbox,
    config: &crate::config::Config,
    handle: &Handle,
    clock: &Clock,
    letters_wait: &Notify,
    stopping: &watch::Receiver<bool>,
    back_off: &mut BackOff,
) -> anyhow::Result<()> {
    let dns = match Dns::new(config.dns_server) {
        Ok(dns) => Some(Arc::new(dns)),
        Err(error) => {
            tracing::warn!(%error, "signatures of senders cannot be checked");
            None
        }
    };
    let poll = Recurring::parse(&config.poll_cron).ok();
    loop {
        // What was dealt with before, but not yet filed away there (a crash, a lost connection), comes first.
        file_away(&mut mailbox, handle, clock).await?;
        loop {
            failpoint::reach("mailbox-list")?;
            let listed = mailbox.list_next().await?;
            if listed.is_empty() {
                break;
            }
            failpoint::reach("mailbox-fetch")?;
            let wanted = handle.call(move |engine| engine.not_known(listed)).await?;
            // While the engine is at work on one piece, the next one comes from the server.
            let mut taken: Vec<(Fetched, Option<String>)> = Vec::new();
            for piece in batches(&wanted).into_iter().map(Some).chain([None]) {
                let now = clock.now();
                let handling = async {
                    if taken.is_empty() {
                        return Ok(());
                    }
                    handle
                        .call(move |engine| engine.receive_all(&taken, now))
                        .await
                };
                let fetching = async {
                    match piece {
                        Some(piece) => anyhow::Ok(
                            with_signatures(dns.as_ref(), mailbox.fetch(piece).await?).await,
                        ),
                        None => Ok(Vec::new()),
                    }
                };
                let (handled, fetched) = tokio::join!(handling, fetching);
                letters_wait.notify_one();
                handled?;
                if *stopping.borrow() {
                    return Ok(());
                }
                taken = fetched?;
            }
            file_away(&mut mailbox, handle, clock).await?;
        }
        // Messages that failed before and whose wait is over, and all that were in hand when the program ended.
        loop {
            let now = clock.now();
            let handled = handle
                .call(move |engine| engine.handle_waiting(now, WAITING_AT_A_TIME))
                .await?;
            if handled == 0 {
                break;
            }
            letters_wait.notify_one();
            file_away(&mut mailbox, handle, clock).await?;
            if *stopping.borrow() {
                return Ok(());
            }
        }
        remove_copies(config, handle).await;
        *back_off = BackOff::new();
        let until = poll
            .as_ref()
            .and_then(|poll| poll.next_after(clock.now(), config.settings.zone))
            .and_then(|at| (at - clock.now()).to_std().ok())
            .unwrap_or(Duration::from_secs(60))
            .min(Duration::from_secs(IDLE_RENEW_SECONDS));
        mailbox
            .wait(Instant::now() + until, stopped(stopping.clone()))
            .await?;
        if *stopping.borrow() {
            mailbox.close().await;
            return Ok(());
        }
    }
}

/// Each message with the domain of a good signature over it. Keys are asked for here, outside of any transaction, and for
/// all messages at the same time.
async fn with_signatures(
    dns: Option<&Arc<Dns>>,
    fetched: Vec<Fetched>,
) -> Vec<(Fetched, Option<String>)> {
    let Some(dns) = dns else {
        return fetched.into_iter().map(|message| (message, None)).collect();
    };
    let looking: Vec<_> = fetched
        .into_iter()
        .map(|message| {
            let bytes = match message.truncated {
                true => Vec::new(),
                false => message.bytes.clone(),
            };
            (message, tokio::spawn(dkim::signed_by(dns.clone(), bytes)))
        })
        .collect();
    let mut found = Vec::with_capacity(looking.len());
    for (message, looking) in looking {
        found.push((message, looking.await.ok().flatten()));
    }
    found
}

/// Where in the mailbox each dealt-with message goes; a place that cannot be read is nowhere to file from.
pub fn destinations(waiting: &[(String, Shelf)]) -> Vec<(Place, Destination)> {
    waiting
        .iter()
        .filter_map(|(place, shelf)| {
            let destination = match shelf {
                Shelf::Processed => Destination::Processed,
                Shelf::Quarantine => Destination::Quarantine,
            };
            Some((place.parse().ok()?, destination))
        })
        .collect()
}

/// Copies in the mailbox of what was erased are looked for and removed there. Where that fails they are looked for again;
/// receiving does not wait for it.
async fn remove_copies(config: &crate::config::Config, handle: &Handle) {
    loop {
        let removed = async {
            let copies = handle
                .call(|engine| engine.copies_to_remove(COPIES_AT_A_TIME))
                .await?;
            if copies.is_empty() {
                return Ok(0);
            }
            remove(config, &copies).await?;
            let ids: Vec<i64> = copies.iter().map(|copy| copy.id).collect();
            handle
                .call(move |engine| engine.copies_removed(&ids))
                .await?;
            anyhow::Ok(copies.len())
        };
        match removed.await {
            Ok(0) => return,
            Ok(copies) => {
                tracing::info!(copies, "copies in the mailbox were looked for and removed")
            }
            Err(error) => {
                tracing::warn!(error = %format!("{error:#}"), "copies in the mailbox are not removed yet");
                return;
            }
        }
    }
}

/// Removes these copies from the mailbox, wherever they lie there.
///
/// # Errors
/// The mailbox cannot be reached or refuses; nothing is known then.
pub async fn remove(config: &crate::config::Config, copies: &[Copy]) -> anyhow::Result<u32> {
    let wanted: Vec<Removal> = copies
        .iter()
        .map(|copy| Removal {
            message_id: copy.message_id.clone(),
            size: copy.size,
            ours: copy.hash.is_empty(),
        })
        .collect();
    let sent_folder = match &config.sending {
        SendingSettings::Smtp { traces, .. } => traces.sent_folder.as_deref(),
        SendingSettings::Maildir { .. } => None,
    };
    let is_it = |index: usize, bytes: &[u8]| {
        copies
            .get(index)
            .is_some_and(|copy: &Copy| inbox::hash(bytes) == copy.hash)
    };
    Ok(Mailbox::remove(&config.mailbox, sent_folder, &wanted, &is_it).await?)
}

async fn file_away(mailbox: &mut Mailbox, handle: &Handle, clock: &Clock) -> anyhow::Result<()> {
    loop {
        let waiting = handle.call(|engine| engine.to_file_away(200)).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let done = destinations(&waiting);
        failpoint::reach("mailbox-file-away")?;
        mailbox.file_away(&done).await?;
        failpoint::reach("mailbox-filed")?;
        let places: Vec<String> = waiting.into_iter().map(|(place, _)| place).collect();
        let now = clock.now();
        handle
            .call(move |engine| engine.filed_away(&places, now))
            .await?;
        failpoint::reach("filed-away")?;
    }
}
