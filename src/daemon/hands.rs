//! What the loops of the daemon share: the way to the engine's thread, and patience.

use std::time::Duration;

use anyhow::Context;
use tokio::sync::{mpsc, oneshot, watch};

use super::engine::Engine;

/// Waits between two tries to reach a server, in seconds: doubling from the first to the last.
const BACK_OFF_SECONDS: (u64, u64) = (2, 300);

pub(super) type Job = Box<dyn FnOnce(&mut Engine) + Send>;

/// A way to the engine's thread.
#[derive(Clone)]
pub(super) struct Handle {
    pub jobs: mpsc::Sender<Job>,
}

impl Handle {
    /// Runs something on the engine and waits for its answer.
    pub async fn call<T: Send + 'static>(
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

pub(super) async fn stopped(mut stopping: watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Sleeps, unless told to stop. Says whether to go on.
pub(super) async fn pause(stopping: &watch::Receiver<bool>, wait: Duration) -> bool {
    tokio::select! {
        () = tokio::time::sleep(wait) => true,
        () = stopped(stopping.clone()) => false,
    }
}

/// Longer and longer waits between tries, shorter again after a success.
pub(super) struct BackOff {
    seconds: u64,
}

impl BackOff {
    pub fn new() -> BackOff {
        BackOff {
            seconds: BACK_OFF_SECONDS.0,
        }
    }

    pub fn next(&mut self) -> Duration {
        let wait = Duration::from_secs(self.seconds);
        self.seconds = (self.seconds * 2).min(BACK_OFF_SECONDS.1);
        wait
    }

    /// A person has to mend it: look again, but seldom.
    pub fn longest(&mut self) -> Duration {
        self.seconds = BACK_OFF_SECONDS.1;
        self.next()
    }
}
