//! One command and all that answers it; see the head of `imap` for what that has to withstand.

use super::*;

/// One answer, which may carry a message of 1 MiB over a slow line.
pub(super) const ANSWER_TIME_OUT: Duration = Duration::from_secs(120);
/// All answers to one command.
const COMMAND_TIME_OUT: Duration = Duration::from_secs(600);

/// How a server ended a command that it understood.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Ok,
    /// NO or BAD, with the server's words.
    Refused(String),
}

/// What an answer means for the exchange it belongs to.
pub(super) enum Step {
    Continue,
    Done(Answer),
}

impl Imap {
    /// Sends one command and reads all that belongs to it. `on` sees each answer, the tagged one included.
    pub(super) async fn command(
        &mut self,
        command: &str,
        budget: u64,
        mut on: impl FnMut(&Response<'_>),
    ) -> Result<Answer, MailboxError> {
        self.start(command, budget).await?;
        let exchange = async {
            let tag = self.send(command).await?;
            loop {
                if let Some(Step::Done(answer)) =
                    self.answer(ANSWER_TIME_OUT, &tag, &mut on).await?
                {
                    return Ok(answer);
                }
            }
        };
        let answer = timeout(COMMAND_TIME_OUT, exchange)
            .await
            .unwrap_or_else(|_| Err(lost("a command never ended")))?;
        self.dead = false;
        Ok(answer)
    }

    /// Like [`Imap::command`], where a refusal is an error.
    pub(super) async fn must(
        &mut self,
        command: &str,
        budget: u64,
        on: impl FnMut(&Response<'_>),
    ) -> Result<(), MailboxError> {
        match self.command(command, budget, on).await? {
            Answer::Ok => Ok(()),
            Answer::Refused(reason) => Err(refused(command, reason)),
        }
    }

    /// The same for a command that brings nothing.
    pub(super) async fn tell(&mut self, command: &str) -> Result<(), MailboxError> {
        self.must(command, SMALL_ANSWER_MAX_BYTES, |_| {}).await
    }

    /// Checks that a command may be sent and marks the session dead until its end is read.
    pub(super) async fn start(&mut self, command: &str, budget: u64) -> Result<(), MailboxError> {
        if self.dead {
            return Err(lost("an earlier command was not finished"));
        }
        if command.contains(['\r', '\n', '\0']) {
            return Err(lost("a folder's name contains a line end"));
        }
        self.dead = true;
        self.session.get_mut().allow(budget);
        Ok(())
    }

    pub(super) async fn send(&mut self, command: &str) -> Result<String, MailboxError> {
        let send = timeout(ANSWER_TIME_OUT, self.session.run_command(command)).await;
        let tag = send
            .map_err(|_| lost("writing took too long"))?
            .map_err(broken)?;
        Ok(tag.0)
    }

    /// Reads one answer and keeps the count of messages.
    pub(super) async fn answer(
        &mut self,
        patience: Duration,
        tag: &str,
        on: &mut impl FnMut(&Response<'_>),
    ) -> Result<Option<Step>, MailboxError> {
        let read = timeout_at(Instant::now() + patience, self.session.read_response()).await;
        let response = read
            .map_err(|_| lost("the server does not answer"))?
            .map_err(|error| lost(&error.to_string()))?
            .ok_or_else(|| lost("the server closed the connection"))?;
        let response = response.parsed();
        on(response);
        match response {
            Response::Done {
                tag: theirs,
                status,
                outcome,
            } if theirs.0 == tag => {
                let words = short(outcome.information.as_deref().unwrap_or_default());
                return Ok(Some(Step::Done(match status {
                    Status::Ok => Answer::Ok,
                    _ => Answer::Refused(words),
                })));
            }
            Response::Done { .. } => {
                return Err(lost("the server answered a command that was not asked"));
            }
            Response::Continue(_) => return Ok(Some(Step::Continue)),
            Response::Data {
                status: Status::Bye,
                outcome,
            } => {
                let words = outcome.information.as_deref().unwrap_or_default();
                return Err(lost(&format!("the server said good-bye: {words}")));
            }
            Response::Data {
                status: Status::Ok,
                outcome,
            } => {
                if let Some(ResponseCode::UidValidity(value)) = outcome.code
                    && self.uid_validity != 0
                    && self.uid_validity != value
                {
                    return Err(lost("the folder was numbered anew"));
                }
            }
            Response::MailboxData(MailboxDatum::Exists(count)) => self.exists = *count,
            Response::Expunge(number) => {
                self.exists = self.exists.saturating_sub(1);
                if *number <= self.position {
                    self.position = self.position.saturating_sub(1);
                }
            }
            _ => {}
        }
        Ok(None)
    }
}
