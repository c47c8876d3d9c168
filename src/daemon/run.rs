//! The daemon's loops: receive, tick, deliver. They only carry things between the network and the engine; each can
//! wait on its server without holding up the others, since the engine lives on a thread of its own behind a channel.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::engine::Engine;
use super::look_up;
use crate::mail::account::{MailboxSettings, SendingSettings};
use crate::mail::inbound::mailbox::{Destination, Mailbox, Place, batches};
use crate::mail::outbound::transport::{Phase, Transport};
use crate::mail::outbound::{Envelope, Outcome};
use crate::schedule::Recurring;
use crate::store::inbox::Shelf;
use crate::store::outbox::{DotMarks, Recovered};
use crate::time::Clock;

/// Letters taken in hand at a time: few, since after a crash the end of each of them is unknown.
const LETTERS_AT_A_TIME: u32 = 10;
/// Occasions handled before the loops get their turn again.
const OCCASIONS_AT_A_TIME: u32 = 200;
/// The clock is looked at this often even when nothing is known to be due: another process may have written.
const TICK_SECONDS: u64 = 5;
/// How often it is asked whether a letter of unknown end is to be looked for.
const LOOK_SECONDS: u64 = 10;
/// Waits between two tries to reach a server, in seconds: doubling from the first to the last.
const BACK_OFF_SECONDS: (u64, u64) = (2, 300);
/// After this many seconds IDLE is renewed; servers may drop a silent client after 29 minutes (RFC 2177).
const IDLE_RENEW_SECONDS: u64 = 20 * 60;

type Job = Box<dyn FnOnce(&mut Engine) + Send>;

/// A way to the engine's thread.
#[derive(Clone)]
struct Handle {
    jobs: mpsc::Sender<Job>,
}

impl Handle {
    /// Runs something on the engine and waits for its answer.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |engine| {
            // Nobody waits any more only when the daemon is ending.
            let _ = answer.send(work(engine));
        });
        self.jobs
            .send(job)
            .await
            .ok()
            .context("the engine has ended")?;
        answered.await.context("the engine has ended")?
    }
}

/// Another daemon holds the database.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0}: another pairpost is running on this state folder. Stop it first, or use another state_dir"
)]
pub struct AlreadyRunning(String);

/// Holds the state folder for this process, as long as the returned file is open.
///
/// # Errors
/// [`AlreadyRunning`], or the folder cannot be written.
pub fn lock(state_dir: &Path) -> anyhow::Result<std::fs::File> {
    let path = state_dir.join("lock");
    let file = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("{}: cannot be opened", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(AlreadyRunning(state_dir.display().to_string()).into())
        }
        Err(std::fs::TryLockError::Error(error)) => Err(error).context("the lock cannot be taken"),
    }
}

/// Runs until a signal says stop: SIGTERM or SIGINT end it in order, after the letter that is on its way.
pub fn run(engine: Engine, clock: Clock) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // One thread carries all mail; the loops take turns.
    tokio::task::LocalSet::new().block_on(&runtime, serve(engine, clock))
}

async fn serve(mut engine: Engine, clock: Clock) -> anyhow::Result<()> {
    let recovered = engine.start(clock.now())?;
    if recovered != Recovered::default() {
        tracing::warn!(
            again = recovered.again,
            unknown = recovered.unknown,
            "letters were on their way when the program ended; incomplete ones are sent again, the others looked for"
        );
    }
    let marks = DotMarks::open(engine.store().path())?;
    let config = engine.config().clone();
    let (jobs, mut inbound_jobs) = mpsc::channel::<Job>(64);
    let thread = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || {
            while let Some(job) = inbound_jobs.blocking_recv() {
                job(&mut engine);
            }
        })?;
    let handle = Handle { jobs };
    let letters_wait = Arc::new(Notify::new());
    let (stop, stopping) = watch::channel(false);

    let receiving = tokio::task::spawn_local(receive_loop(
        config.clone(),
        handle.clone(),
        clock.clone(),
        letters_wait.clone(),
        stopping.clone(),
    ));
    let ticking = tokio::task::spawn_local(tick_loop(
        handle.clone(),
        clock.clone(),
        letters_wait.clone(),
        stopping.clone(),
    ));
    let looking = tokio::task::spawn_local(look_loop(
        config.mailbox.clone(),
        config.sending.clone(),
        handle.clone(),
        clock.clone(),
        letters_wait.clone(),
        stopping.clone(),
    ));
    let sending = tokio::task::spawn_local(deliver_loop(
        config.sending.clone(),
        marks,
        handle.clone(),
        clock.clone(),
        letters_wait,
        stopping,
    ));

    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    tracing::info!("ready");
    // An engine that ends by itself has met a defect; going on without it would only look alive.
    let engine_ended = tokio::select! {
        signal = wait_for_signal() => { signal?; false }
        () = handle.jobs.closed() => true,
    };
    tracing::info!("stopping");
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    stop.send_replace(true);
    for ended in [receiving.await, ticking.await, looking.await, sending.await] {
        ended.context("a loop has failed")?;
    }
    drop(handle);
    let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    anyhow::ensure!(
        !engine_ended,
        "the engine has ended by itself; what it was doing will be done at the next start"
    );
    Ok(())
}

async fn wait_for_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Sleeps, unless told to stop. Says whether to go on.
async fn pause(stopping: &watch::Receiver<bool>, wait: Duration) -> bool {
    tokio::select! {
        () = tokio::time::sleep(wait) => true,
        () = stopped(stopping.clone()) => false,
    }
}

/// Longer and longer waits between tries, shorter again after a success.
struct BackOff {
    seconds: u64,
}

impl BackOff {
    fn new() -> BackOff {
        BackOff {
            seconds: BACK_OFF_SECONDS.0,
        }
    }

    fn next(&mut self) -> Duration {
        let wait = Duration::from_secs(self.seconds);
        self.seconds = (self.seconds * 2).min(BACK_OFF_SECONDS.1);
        wait
    }

    /// A person has to mend it: look again, but seldom.
    fn longest(&mut self) -> Duration {
        self.seconds = BACK_OFF_SECONDS.1;
        self.next()
    }
}

// -------------------------------------------------------------------- receiving

async fn receive_loop(
    config: crate::config::Config,
    handle: Handle,
    clock: Clock,
    letters_wait: Arc<Notify>,
    stopping: watch::Receiver<bool>,
) {
    let mut back_off = BackOff::new();
    while !*stopping.borrow() {
        let wait = match Mailbox::connect(&config.mailbox).await {
            Ok(mailbox) => {
                tracing::info!("mailbox open");
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
                back_off.longest()
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
    let poll = Recurring::parse(&config.poll_cron).ok();
    loop {
        // What was dealt with before, but not yet filed away there (a crash, a lost connection), comes first.
        file_away(&mut mailbox, handle, clock).await?;
        loop {
            let listed = mailbox.list_next().await?;
            if listed.is_empty() {
                break;
            }
            for piece in batches(&listed) {
                let mut wanted = Vec::with_capacity(piece.len());
                for message in piece {
                    let place = message.place.to_string();
                    if !handle
                        .call(move |engine| engine.knows_place(&place))
                        .await?
                    {
                        wanted.push(message.clone());
                    }
                }
                for fetched in mailbox.fetch(&wanted).await? {
                    let now = clock.now();
                    handle
                        .call(move |engine| {
                            let place = fetched.place.to_string();
                            let id = engine.record(
                                Some(&place),
                                &fetched.bytes,
                                fetched.truncated,
                                now,
                            )?;
                            engine.handle_message(id, now)
                        })
                        .await?;
                    letters_wait.notify_one();
                    if *stopping.borrow() {
                        return Ok(());
                    }
                }
                file_away(&mut mailbox, handle, clock).await?;
            }
        }
        // Messages that failed before and whose wait is over.
        let now = clock.now();
        if handle
            .call(move |engine| engine.handle_waiting(now, 50))
            .await?
            > 0
        {
            letters_wait.notify_one();
            file_away(&mut mailbox, handle, clock).await?;
        }
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

async fn file_away(mailbox: &mut Mailbox, handle: &Handle, clock: &Clock) -> anyhow::Result<()> {
    loop {
        let waiting = handle.call(|engine| engine.to_file_away(200)).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let done = destinations(&waiting);
        mailbox.file_away(&done).await?;
        let places: Vec<String> = waiting.into_iter().map(|(place, _)| place).collect();
        let now = clock.now();
        handle
            .call(move |engine| engine.filed_away(&places, now))
            .await?;
    }
}

// -------------------------------------------------------------------- the clock

async fn tick_loop(
    handle: Handle,
    clock: Clock,
    letters_wait: Arc<Notify>,
    stopping: watch::Receiver<bool>,
) {
    loop {
        let now = clock.now();
        let ticked = handle
            .call(move |engine| engine.tick(now, OCCASIONS_AT_A_TIME))
            .await;
        let more = match ticked {
            Ok(ticked) => {
                if ticked.handled > 0 {
                    letters_wait.notify_one();
                }
                ticked.handled + ticked.failed >= OCCASIONS_AT_A_TIME as usize
            }
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "what is due cannot be looked up");
                false
            }
        };
        let wait = if more {
            Duration::from_millis(1)
        } else {
            Duration::from_secs(TICK_SECONDS)
        };
        if !pause(&stopping, wait).await {
            return;
        }
    }
}

// -------------------------------------------------------------------- sending

async fn deliver_loop(
    sending: SendingSettings,
    mut marks: DotMarks,
    handle: Handle,
    clock: Clock,
    letters_wait: Arc<Notify>,
    stopping: watch::Receiver<bool>,
) {
    let mut transport = Transport::new(&sending);
    let mut back_off = BackOff::new();
    loop {
        let delivered = deliver_what_waits(
            &mut transport,
            &mut marks,
            &handle,
            &clock,
            &stopping,
            &mut back_off,
        );
        match delivered.await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "letters cannot be taken from the outbox")
            }
        }
        if *stopping.borrow() {
            break;
        }
        tokio::select! {
            () = letters_wait.notified() => {}
            () = tokio::time::sleep(Duration::from_secs(TICK_SECONDS)) => {}
            () = stopped(stopping.clone()) => {}
        }
    }
    transport.close().await;
}

/// Looks for letters whose end nobody told, once they have waited long enough.
async fn look_loop(
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
    transport: &mut Transport,
    marks: &mut DotMarks,
    handle: &Handle,
    clock: &Clock,
    stopping: &watch::Receiver<bool>,
    back_off: &mut BackOff,
) -> anyhow::Result<bool> {
    let now = clock.now();
    let letters = handle
        .call(move |engine| engine.take_letters(now, LETTERS_AT_A_TIME))
        .await?;
    if letters.is_empty() {
        return Ok(false);
    }
    let full = letters.len() == LETTERS_AT_A_TIME as usize;
    // A server that is away or refuses the login concerns all letters: none of them is charged with an attempt.
    if let Err(error) = transport.ready().await {
        tracing::warn!(%error, "the mail server cannot be reached");
        let back: Vec<_> = letters.iter().map(|letter| letter.id).collect();
        handle.call(move |engine| engine.put_back(&back)).await?;
        pause(stopping, back_off.next()).await;
        return Ok(false);
    }
    *back_off = BackOff::new();
    let mut waiting = letters.into_iter();
    while let Some(letter) = waiting.next() {
        if *stopping.borrow() {
            // An ordered stop: what the server has not heard of goes back untouched.
            let back: Vec<_> = std::iter::once(letter.id)
                .chain(waiting.map(|letter| letter.id))
                .collect();
            handle.call(move |engine| engine.put_back(&back)).await?;
            return Ok(false);
        }
        let envelope = Envelope {
            from: Some(letter.envelope_from.clone()),
            to: letter.envelope_to.clone(),
        };
        let outcome = transport
            .deliver(&envelope, &letter.bytes, &mut |Phase::Dot| {
                marks
                    .mark(letter.id, clock.now())
                    .map_err(|error| format!("the final dot could not be written down: {error}"))
            })
            .await;
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
        handle
            .call(move |engine| engine.delivered(&letter, &outcome, now))
            .await?;
    }
    Ok(full)
}
