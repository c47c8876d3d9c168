//! The loops that send: letters from the outbox to the mail server, each marked before its final dot, and a look for those
//! whose end nobody told. They hold no rules.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::attention::Attention;
use super::ballast::{Ballast, is_out_of_room};
use super::engine::Engine;
use super::hands::{BackOff, Handle, pause, stopped};
use super::look_up;
use crate::config::Config;
use crate::failpoint;
use crate::ids::LetterId;
use crate::mail::account::{MailboxSettings, SendingSettings};
use crate::mail::outbound::transport::{Phase, Transport};
use crate::mail::outbound::{Envelope, Outcome};
use crate::programme::letter::must_not_come_twice;
use crate::store::outbox::DotMarks;
use crate::time::Clock;

/// Letters taken in hand at a time: few, since they go back by themselves only after a crash.
const LETTERS_AT_A_TIME: u32 = 10;
/// The outbox is looked at this often even when nothing is known to wait: another process may have written.
const OUTBOX_SECONDS: u64 = 5;
/// How often it is asked whether a letter of unknown end is to be looked for.
const LOOK_SECONDS: u64 = 10;

/// What a handful of letters is sent with.
struct Sending {
    transport: Transport,
    marks: DotMarks,
    ballast: Ballast,
    attention: Attention,
    /// Our own mailbox, where letters that must not come twice leave a copy.
    copy_to: Option<String>,
    back_off: BackOff,
}

pub(super) async fn deliver_loop(
    config: Config,
    marks: DotMarks,
    handle: Handle,
    clock: Clock,
    mut believed: watch::Receiver<bool>,
    letters_wait: Arc<Notify>,
    stopping: watch::Receiver<bool>,
) {
    let mut sending = Sending {
        transport: Transport::new(&config.sending),
        marks,
        ballast: Ballast::new(&config.state_dir),
        attention: Attention::to(&config.state_dir, "sending"),
        copy_to: match &config.sending {
            SendingSettings::Smtp { traces, .. } if traces.copy_to_self => {
                Some(config.settings.address.clone())
            }
            _ => None,
        },
        back_off: BackOff::new(),
    };
    loop {
        // By a clock that jumped, it may be any day.
        if !*believed.borrow_and_update() {
            tokio::select! {
                changed = believed.changed() => if changed.is_err() { break },
                () = stopped(stopping.clone()) => break,
            }
            continue;
        }
        // Without room to write down what became of a letter, none is handed over.
        let kept = failpoint::reach("room-kept").map_err(std::io::Error::from);
        if let Err(error) = kept.and_then(|()| sending.ballast.keep()) {
            tracing::error!(%error, "no room in the state folder: no letter is sent");
            if !pause(&stopping, sending.back_off.longer()).await {
                break;
            }
            continue;
        }
        let delivered = deliver_what_waits(&mut sending, &handle, &clock, &stopping);
        match delivered.await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "letters cannot be taken from the outbox");
                if is_out_of_room(&error) {
                    sending.ballast.give_up();
                }
            }
        }
        if *stopping.borrow() {
            break;
        }
        tokio::select! {
            () = letters_wait.notified() => {}
            () = tokio::time::sleep(Duration::from_secs(OUTBOX_SECONDS)) => {}
            () = stopped(stopping.clone()) => {}
        }
    }
    sending.transport.close().await;
}

/// Looks for letters whose end nobody told, once they have waited long enough.
pub(super) async fn look_loop(
    mailbox: MailboxSettings,
    sending: SendingSettings,
    handle: Handle,
    clock: Clock,
    letters_wait: Arc<Notify>,
    stopping: watch::Receiver<bool>,
) {
    loop {
        match look_for_letters(&mailbox, &sending, &handle, &clock).await {
            Ok(true) => letters_wait.notify_one(),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(error = %format!("{error:#}"), "letters of unknown end could not be looked for");
            }
        }
        if !pause(&stopping, Duration::from_secs(LOOK_SECONDS)).await {
            return;
        }
    }
}

/// Says whether anything was looked for.
async fn look_for_letters(
    mailbox: &MailboxSettings,
    sending: &SendingSettings,
    handle: &Handle,
    clock: &Clock,
) -> anyhow::Result<bool> {
    let now = clock.now();
    let (letters, taken_later) = handle.call(move |engine| engine.to_look_for(now)).await?;
    if letters.is_empty() {
        return Ok(false);
    }
    failpoint::reach("look-traces")?;
    let traces = look_up::traces(mailbox, sending, &letters, &taken_later).await?;
    for (letter, trace) in letters.into_iter().zip(traces) {
        handle
            .call(move |engine| engine.looked_for(&letter, &trace, now))
            .await?;
    }
    Ok(true)
}

/// One handful of letters. Says whether more may be waiting.
async fn deliver_what_waits(
    Sending {
        transport,
        marks,
        ballast,
        attention,
        copy_to,
        back_off,
    }: &mut Sending,
    handle: &Handle,
    clock: &Clock,
    stopping: &watch::Receiver<bool>,
) -> anyhow::Result<bool> {
    let now = clock.now();
    let letters = handle
        .call(move |engine| engine.take_paced(now, LETTERS_AT_A_TIME))
        .await?;
    if letters.is_empty() {
        return Ok(false);
    }
    let full = letters.len() >= LETTERS_AT_A_TIME as usize;
    // A server that is away or refuses the login concerns all letters: none of them is charged with an attempt.
    if let Err(error) = transport.ready().await {
        let wait = if error.is_retriable() {
            tracing::warn!(%error, "the mail server cannot be reached");
            back_off.next()
        } else {
            tracing::error!(%error, "the mail server cannot be used; a person has to mend this");
            attention.needed(&error.to_string(), clock.now());
            back_off.longer()
        };
        let back: Vec<_> = letters.iter().map(|letter| letter.id).collect();
        until_written(handle, ballast, stopping, move |engine| {
            engine.put_back(&back)
        })
        .await;
        pause(stopping, wait).await;
        return Ok(false);
    }
    *back_off = BackOff::new();
    attention.not_needed();
    let mut waiting = letters.into_iter();
    while let Some(letter) = waiting.next() {
        if *stopping.borrow() {
            // An ordered stop: what the server has not heard of goes back untouched.
            let back: Vec<_> = std::iter::once(letter.id)
                .chain(waiting.map(|letter| letter.id))
                .collect();
            until_written(handle, ballast, stopping, move |engine| {
                engine.put_back(&back)
            })
            .await;
            return Ok(false);
        }
        let envelope = Envelope {
            from: Some(letter.envelope_from.clone()),
            to: letter.envelope_to.clone(),
            copy_to: copy_to
                .clone()
                .filter(|_| must_not_come_twice(&letter.kind)),
        };
        let outcome = transport
            .deliver(&envelope, &letter.bytes, &mut |Phase::Dot| {
                mark_dot(marks, letter.id, clock)
                    .map_err(|error| format!("the final dot could not be written down: {error}"))
            })
            .await;
        let outcome = match failpoint::reach("dot-answered") {
            Ok(()) => outcome,
            // As if the answer had been lost on its way.
            Err(error) => Outcome::Unknown {
                text: error.to_string(),
            },
        };
        match &outcome {
            Outcome::Accepted { .. } => {
                tracing::info!(letter = letter.id.0, kind = letter.kind, "letter sent")
            }
            Outcome::Temporary { code, .. } => {
                tracing::warn!(
                    letter = letter.id.0,
                    kind = letter.kind,
                    ?code,
                    "letter not taken yet"
                );
            }
            Outcome::Permanent { code, .. } => {
                tracing::warn!(
                    letter = letter.id.0,
                    kind = letter.kind,
                    code,
                    "letter refused"
                );
            }
            Outcome::Unknown { .. } => {
                tracing::warn!(
                    letter = letter.id.0,
                    kind = letter.kind,
                    "no word whether the letter was taken"
                );
            }
        }
        let now = clock.now();
        // What has become of it must be written down before the next one goes, or it would have to be looked for.
        let told = Arc::new((letter, outcome));
        until_written(handle, ballast, stopping, move |engine| {
            engine.delivered(&told.0, &told.1, now)
        })
        .await;
    }
    Ok(full)
}

fn mark_dot(marks: &mut DotMarks, letter: LetterId, clock: &Clock) -> anyhow::Result<()> {
    failpoint::reach("dot-marking")?;
    marks.mark(letter, clock.now())?;
    failpoint::reach("dot-marked")?;
    Ok(())
}

/// Writes something down about letters that are in hand, as often as it takes: nothing else is sent meanwhile. A full disk
/// costs the ballast, a database that somebody holds costs time. Where the daemon is told to stop first, it is left to the
/// next start, which finds these letters as they are.
async fn until_written(
    handle: &Handle,
    ballast: &Ballast,
    stopping: &watch::Receiver<bool>,
    work: impl Fn(&mut Engine) -> anyhow::Result<()> + Clone + Send + 'static,
) {
    let mut back_off = BackOff::new();
    while let Err(error) = handle.call(work.clone()).await {
        tracing::error!(error = %format!("{error:#}"), "the outbox cannot be written; nothing is sent until it can");
        if is_out_of_room(&error) {
            ballast.give_up();
        }
        if !pause(stopping, back_off.next()).await {
            return;
        }
    }
}
