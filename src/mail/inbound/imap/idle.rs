//! Waiting for news: by IDLE (RFC 2177), or by asking from time to time.

use super::*;

/// Servers end an idle connection after 30 minutes and routers forget a silent one earlier; a server's own signs of
/// life do not count.
const IDLE_RENEWAL: Duration = Duration::from_secs(9 * 60);
/// How often a server without IDLE is asked.
const POLL_EVERY: Duration = Duration::from_secs(60);

impl Imap {
    pub async fn wait(
        &mut self,
        deadline: Instant,
        stop: impl Future<Output = ()>,
    ) -> Result<Wake, MailboxError> {
        tokio::pin!(stop);
        loop {
            // What arrived during an earlier command is not told again.
            if self.position < self.exists {
                return Ok(Wake::NewMail);
            }
            if Instant::now() >= deadline {
                return Ok(Wake::Deadline);
            }
            let stopped = if self.has("IDLE") {
                self.idle(deadline.min(Instant::now() + IDLE_RENEWAL), stop.as_mut())
                    .await?
            } else {
                let stopped = tokio::select! {
                    _ = stop.as_mut() => true,
                    _ = sleep_until(deadline.min(Instant::now() + POLL_EVERY)) => false,
                };
                self.tell("NOOP").await?;
                stopped
            };
            if stopped {
                return Ok(Wake::Stopped);
            }
        }
    }

    /// RFC 2177, until there is news, `until`, or `stop` (which returns true). Not async-imap's own: that one waits
    /// for ever where the server says NO, and takes a closed connection for an interruption.
    async fn idle(
        &mut self,
        until: Instant,
        mut stop: impl Future<Output = ()> + Unpin,
    ) -> Result<bool, MailboxError> {
        self.start("IDLE", SMALL_ANSWER_MAX_BYTES).await?;
        let tag = self.send("IDLE").await?;
        loop {
            match self.answer(ANSWER_TIME_OUT, &tag, &mut |_| {}).await? {
                Some(Step::Continue) => break,
                Some(Step::Done(Answer::Refused(_))) => {
                    self.give_up_idle();
                    return Ok(false);
                }
                Some(Step::Done(Answer::Ok)) => {
                    return Err(lost("the server ended IDLE before it began"));
                }
                None => {}
            }
        }
        let mut ignore = |_: &Response<'_>| {};
        let before = self.exists;
        let stopped = loop {
            if self.exists > before || self.position < self.exists {
                break false;
            }
            tokio::select! {
                _ = &mut stop => break true,
                _ = sleep_until(until) => break false,
                // Reading keeps its state in the session, so leaving it half-way loses nothing.
                step = self.answer(IDLE_RENEWAL * 2, &tag, &mut ignore) => {
                    if let Some(Step::Done(_)) = step? {
                        self.give_up_idle();
                        return Ok(false);
                    }
                }
            }
        };
        // Who is told to stop does not wait long for good manners.
        let patience = if stopped {
            GOODBYE_TIME_OUT
        } else {
            ANSWER_TIME_OUT
        };
        let done = timeout(patience, self.session.run_command_untagged("DONE")).await;
        done.map_err(|_| lost("writing took too long"))?
            .map_err(broken)?;
        while !matches!(
            self.answer(patience, &tag, &mut ignore).await?,
            Some(Step::Done(_))
        ) {}
        self.dead = false;
        Ok(stopped)
    }

    /// Offered and yet refused or ended: this server is asked from time to time instead, lest we ask without pause.
    fn give_up_idle(&mut self) {
        self.dead = false;
        self.capabilities.retain(|name| name != "IDLE");
    }
}
