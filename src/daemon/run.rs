//! The daemon: starts the engine on a thread of its own and the loops that carry mail between it and the network, and
//! ends them in order. Each loop can wait on its server without holding up the others.
//!
//! SIGTERM and SIGINT end it after the letter that is on its way; SIGHUP reads the config anew and keeps the last good one.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::clock_watch::{ClockWatch, Seen};
use super::copies::copy_loop;
use super::deliver::{deliver_loop, look_loop};
use super::engine::{DATABASE, Engine};
use super::hands::{Handle, Job, pause};
use super::metrics::metrics_loop;
use super::receive::receive_loop;
use crate::config::Config;
use crate::programme::event::Noticed;
use crate::store::outbox::{DotMarks, Recovered};
use crate::time::{Clock, Moment};

/// Occasions handled before the loops get their turn again.
const OCCASIONS_AT_A_TIME: u32 = 200;
/// The clock is looked at this often even when nothing is known to be due: another process may have written.
const TICK_SECONDS: u64 = 5;

/// So long systemd waits for the database before it is told that we run.
const READY_WITHIN: Duration = Duration::from_millis(100);
/// While the database is checked, the watchdog hears from us this often.
const PINGED: Duration = Duration::from_secs(20);

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

/// The database cannot be used: nothing was received or sent.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
pub struct DatabaseRefused(pub anyhow::Error);

/// Runs until a signal says stop. `open` gets the engine ready, which may take a while; `reload` reads the config folder again.
///
/// # Errors
/// [`DatabaseRefused`], or a defect of ours.
pub fn run(
    open: impl FnOnce() -> anyhow::Result<Engine> + Send + 'static,
    state_dir: &Path,
    clock: Clock,
    reload: impl Fn() -> anyhow::Result<Config>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // One thread carries all mail; the loops take turns.
    tokio::task::LocalSet::new().block_on(&runtime, serve(open, state_dir, clock, reload))
}

/// What the engine knows when it has begun.
struct Begun {
    recovered: Recovered,
    newest: Option<Moment>,
    config: Config,
}

/// The engine's thread: opens the database, says how it stands, and does what it is asked until nobody can ask any more.
fn engine_thread(
    open: impl FnOnce() -> anyhow::Result<Engine>,
    clock: &Clock,
    begun: oneshot::Sender<anyhow::Result<Begun>>,
    mut jobs: mpsc::Receiver<Job>,
) {
    let opened = open().map_err(|error| DatabaseRefused(error).into());
    let opened = opened.and_then(|mut engine: Engine| {
        let recovered = engine.start(clock.now())?;
        let newest = engine.newest_moment()?;
        let config = engine.config().clone();
        Ok((
            engine,
            Begun {
                recovered,
                newest,
                config,
            },
        ))
    });
    let mut engine = match opened {
        Ok((engine, how)) => {
            let _ = begun.send(Ok(how));
            engine
        }
        Err(error) => {
            let _ = begun.send(Err(error));
            return;
        }
    };
    while let Some(job) = jobs.blocking_recv() {
        job(&mut engine);
    }
    if let Err(error) = engine.close() {
        tracing::info!(%error, "the database is left without a seal");
    }
}

/// Waits until the engine has begun; `None` when it is time to stop. Where that takes longer than a start may, systemd is told
/// that we run: a database of any size can be looked through then, and no limit on starting ends us in the midst of it.
async fn begin(
    signals: &mut Signals,
    mut begun: oneshot::Receiver<anyhow::Result<Begun>>,
) -> anyhow::Result<Option<Begun>> {
    let mut wait = READY_WITHIN;
    loop {
        tokio::select! {
            how = &mut begun => {
                return how.context("the engine has ended")?.map(Some);
            }
            () = tokio::time::sleep(wait) => {
                if wait == READY_WITHIN {
                    tell_systemd(&[
                        sd_notify::NotifyState::Ready,
                        sd_notify::NotifyState::Status("the database is being checked; nothing is received or sent before that"),
                    ]);
                    tracing::info!("the database is being checked; nothing is received or sent before that");
                    wait = PINGED;
                }
                // Nothing but the disk is waited for.
                tell_systemd(&[sd_notify::NotifyState::Watchdog]);
            }
            () = signals.stop() => return Ok(None),
        }
    }
}

async fn serve(
    open: impl FnOnce() -> anyhow::Result<Engine> + Send + 'static,
    state_dir: &Path,
    clock: Clock,
    reload: impl Fn() -> anyhow::Result<Config>,
) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let database = state_dir.join(DATABASE);
    let (jobs, inbound_jobs) = mpsc::channel::<Job>(64);
    let (began, begun) = oneshot::channel();
    let its_clock = clock.clone();
    let thread = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || engine_thread(open, &its_clock, began, inbound_jobs))?;
    let Some(Begun {
        recovered,
        newest,
        mut config,
    }) = begin(&mut signals, begun).await?
    else {
        // The process ends, and the engine with it, wherever it is: that is a crash to SQLite, and nothing had begun.
        tracing::info!("stopping before the database was checked");
        return Ok(());
    };
    if recovered != Recovered::default() {
        tracing::warn!(
            again = recovered.again,
            unknown = recovered.unknown,
            "letters were on their way when the program ended; incomplete ones are sent again, the others looked for"
        );
    }
    let handle = Handle { jobs };
    // Whoever starts has read a config that can be used.
    let mended = Noticed::Mended {
        what: CONFIG.into(),
    };
    handle.tell_digest(mended, clock.now()).await;
    let begun = Instant::now();
    let mut watch = ClockWatch::new(newest, clock.now(), begun.elapsed());
    if !watch.is_believed() {
        tracing::error!(
            "the machine's clock is behind what was written down earlier: nothing is sent until it has gone on evenly for ten minutes"
        );
    }
    let mut ready = false;
    // Each turn runs the loops under one config.
    let engine_ended = loop {
        let loops = Loops::start(
            &config,
            DotMarks::open(&database)?,
            &handle,
            &clock,
            (watch, begun),
        );
        if !ready {
            ready = true;
            tell_systemd(&[
                sd_notify::NotifyState::Ready,
                sd_notify::NotifyState::Status("running"),
            ]);
            tracing::info!("ready");
        }
        let next = next_config(&mut signals, &handle, &clock, &config, &reload).await?;
        // An engine that ends by itself has met a defect; going on without it would only look alive.
        let Some(new) = next else {
            tracing::info!("stopping");
            tell_systemd(&[sd_notify::NotifyState::Stopping]);
            loops.end().await?;
            break handle.jobs.is_closed();
        };
        watch = loops.end().await?;
        let (taken, now) = (new.clone(), clock.now());
        handle
            .call(move |engine| engine.reconfigure(taken, now))
            .await?;
        config = new;
        let mended = Noticed::Mended {
            what: CONFIG.into(),
        };
        handle.tell_digest(mended, clock.now()).await;
        tracing::info!("the config was read anew");
        tell_systemd(&[sd_notify::NotifyState::Status("running")]);
    };
    drop(handle);
    let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    anyhow::ensure!(
        !engine_ended,
        "the engine has ended by itself; what it was doing will be done at the next start"
    );
    Ok(())
}

/// Waits for a new config that can be used; `None` when it is time to stop.
async fn next_config(
    signals: &mut Signals,
    handle: &Handle,
    clock: &Clock,
    config: &Config,
    reload: &impl Fn() -> anyhow::Result<Config>,
) -> anyhow::Result<Option<Config>> {
    loop {
        let signal = tokio::select! {
            signal = signals.next() => signal,
            () = handle.jobs.closed() => Signal::Stop,
        };
        if signal == Signal::Stop {
            return Ok(None);
        }
        match reload() {
            Ok(new) if new.state_dir == config.state_dir => return Ok(Some(new)),
            Ok(_) => {
                let why = "it names another state folder: start anew for that";
                refused(handle, clock, anyhow::anyhow!(why)).await;
            }
            Err(error) => refused(handle, clock, error).await,
        }
    }
}

/// What the digest calls a config that cannot be used.
const CONFIG: &str = "config";

/// Says, in the log, to systemd and in the next digest, that the last good config stays in force.
async fn refused(handle: &Handle, clock: &Clock, error: anyhow::Error) {
    tracing::error!(error = %format!("{error:#}"), "the config was not taken; the last one stays in force");
    tell_systemd(&[sd_notify::NotifyState::Status(
        "the new config was refused; the last one is in force: see the log, or pairpost check",
    )]);
    let first = format!("{error:#}");
    let first = first.lines().map(str::trim).find(|line| !line.is_empty());
    let trouble = Noticed::Trouble {
        what: CONFIG.into(),
        words: format!(
            "The config was changed and cannot be used, so the one before stays in force. The first problem: {}. \
             `pairpost check` tells all of them.",
            first.unwrap_or_default().trim_end_matches('.')
        ),
    };
    handle.tell_digest(trouble, clock.now()).await;
}

/// The loops under one config.
struct Loops {
    stop: watch::Sender<bool>,
    ticking: tokio::task::JoinHandle<ClockWatch>,
    others: Vec<tokio::task::JoinHandle<()>>,
}

impl Loops {
    fn start(
        config: &Config,
        marks: DotMarks,
        handle: &Handle,
        clock: &Clock,
        watch: (ClockWatch, Instant),
    ) -> Loops {
        let letters_wait = Arc::new(Notify::new());
        let (stop, stopping) = watch::channel(false);
        let (believe, believed) = watch::channel(watch.0.is_believed());
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
            watch,
            believe,
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
        let copying = tokio::task::spawn_local(copy_loop(
            config.clone(),
            handle.clone(),
            clock.clone(),
            stopping.clone(),
        ));
        let measuring = tokio::task::spawn_local(metrics_loop(
            config.clone(),
            handle.clone(),
            clock.clone(),
            stopping.clone(),
        ));
        let sending = tokio::task::spawn_local(deliver_loop(
            config.clone(),
            marks,
            handle.clone(),
            clock.clone(),
            believed,
            letters_wait,
            stopping,
        ));
        Loops {
            stop,
            ticking,
            others: vec![receiving, looking, sending, copying, measuring],
        }
    }

    /// Ends them in order: the letter that is on its way gets its answer first.
    async fn end(self) -> anyhow::Result<ClockWatch> {
        self.stop.send_replace(true);
        let watch = self.ticking.await.context("a loop has failed")?;
        for ended in self.others {
            ended.await.context("a loop has failed")?;
        }
        Ok(watch)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    Stop,
    Reload,
}

struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    /// Listened to so that it is not deadly: a write beyond the limit of a file's size is an error like any other.
    _file_size: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        /// SIGXFSZ, for which tokio has no name.
        const FILE_SIZE: i32 = 25;
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            _file_size: signal(SignalKind::from_raw(FILE_SIZE))?,
        })
    }

    /// The word to stop; one to read the config anew is kept for later.
    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.interrupt.recv() => Signal::Stop,
            _ = self.hang_up.recv() => Signal::Reload,
        }
    }
}

/// Does what is due. It is also the one that tells systemd's watchdog that all is well: only a loop that gets its answers
/// from the engine does.
async fn tick_loop(
    handle: Handle,
    clock: Clock,
    (mut watch, begun): (ClockWatch, Instant),
    believe: watch::Sender<bool>,
    letters_wait: Arc<Notify>,
    stopping: watch::Receiver<bool>,
) -> ClockWatch {
    loop {
        let now = clock.now();
        match watch.look(now, begun.elapsed()) {
            Seen::Even | Seen::Watched => {}
            Seen::Jumped(by) => tracing::error!(
                seconds = by.num_seconds(),
                "the machine's clock has jumped: nothing is sent until it has gone on evenly for ten minutes"
            ),
            Seen::BelievedAgain => tracing::warn!("the machine's clock is believed again"),
        }
        believe.send_if_modified(|believed| {
            let changed = *believed != watch.is_believed();
            *believed = watch.is_believed();
            changed
        });
        let mut more = false;
        if watch.is_believed() {
            let ticked = handle
                .call(move |engine| engine.tick(now, OCCASIONS_AT_A_TIME))
                .await;
            match ticked {
                Ok(ticked) => {
                    if ticked.handled > 0 {
                        letters_wait.notify_one();
                    }
                    more = ticked.handled + ticked.failed >= OCCASIONS_AT_A_TIME as usize;
                }
                Err(error) => {
                    tracing::error!(error = %format!("{error:#}"), "what is due cannot be looked up");
                }
            }
        }
        tell_systemd(&[sd_notify::NotifyState::Watchdog]);
        let wait = if more {
            Duration::from_millis(1)
        } else {
            Duration::from_secs(TICK_SECONDS)
        };
        if !pause(&stopping, wait).await {
            return watch;
        }
    }
}

/// Without systemd there is nobody to tell.
pub(super) fn tell_systemd(news: &[sd_notify::NotifyState<'_>]) {
    let _ = sd_notify::notify(news);
}
