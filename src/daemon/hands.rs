//! What the loops of the daemon share: the way to the engine's thread, and patience.

use std::time::Duration;

use anyhow::Context;
use tokio::sync::{mpsc, oneshot, watch};

use super::engine::Engine;
use crate::programme::event::Noticed;
use crate::time::Moment;

/// Waits between two tries to reach a server, in seconds: doubling from the first to the last.
const PASSING_SECONDS: (u64, u64) = (2, 300);
/// The same where a person has to mend something.
const REFUSED_SECONDS: (u64, u64) = (60, 1800);

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

    /// Something about the daemon's surroundings, for the next digest; where it cannot be written down, the log says so.
    pub async fn tell_digest(&self, noticed: Noticed, now: Moment) {
        let told = self.call(move |engine| engine.noticed(noticed, now));
        if let Err(error) = told.await {
            tracing::error!(error = %format!("{error:#}"), "this could not be written down for the digest");
        }
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
    failures: u32,
}

impl BackOff {
    pub fn new() -> BackOff {
        BackOff { failures: 0 }
    }

    /// The wait after a failure that may pass by itself.
    pub fn next(&mut self) -> Duration {
        self.wait(PASSING_SECONDS)
    }

    /// The wait after one that a person has to mend, such as a refused login: providers lock out who asks too often.
    pub fn longer(&mut self) -> Duration {
        self.wait(REFUSED_SECONDS)
    }

    fn wait(&mut self, (first, last): (u64, u64)) -> Duration {
        let doubled = first.saturating_mul(1 << self.failures.min(20));
        self.failures += 1;
        Duration::from_secs(doubled.min(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_that_is_refused_for_three_days_is_tried_150_times_at_most() {
        let mut back_off = BackOff::new();
        let (mut logins, mut passed) = (1, back_off.longer());
        assert_eq!(passed, Duration::from_secs(60));
        while passed < Duration::from_secs(72 * 3600) {
            logins += 1;
            passed += back_off.longer();
        }
        assert!(logins <= 150, "{logins}");
    }

    #[test]
    fn a_server_that_is_away_is_tried_again_within_five_minutes() {
        let mut back_off = BackOff::new();
        let waits: Vec<u64> = (0..10).map(|_| back_off.next().as_secs()).collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }
}
