//! Handing letters over, by SMTP or into a Maildir.
//!
//! # Contract
//!
//! - One letter, one recipient, one [`Outcome`]. [`Outcome::Unknown`] is possible only after [`Phase::Dot`]; every
//!   other outcome is certain.
//! - [`Transport::ready`] connects and logs in if that is needed. Call it before taking a letter: its error concerns
//!   all letters (the server is away, the password is wrong), so no letter should be charged with an attempt.
//! - [`Transport::deliver`] may be dropped half-way: the connection is then closed and the next letter gets a new one.
//!   If the hook had been called with [`Phase::Dot`] by then, the letter's fate is unknown.
//! - Nothing needs to be closed; [`Transport::close`] is polite.

use super::maildir::MaildirTransport;
use super::smtp::{Smtp, SmtpError};
use super::{Envelope, Outcome};
use crate::mail::account::SendingSettings;

/// How far a letter has come; told to the hook of [`Transport::deliver`] *before* the step is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The whole letter has been written to the connection except the final dot. From here on the server may have
    /// taken the letter, whatever we hear of it.
    Dot,
}

/// Called before a phase begins, on the thread that delivers; it may block for the time of a commit. With an error
/// the step is not taken, and the letter certainly not sent.
pub type Hook<'a> = &'a mut (dyn FnMut(Phase) -> Result<(), String> + Send);

/// A way out. See the head of this file for how to use it.
pub enum Transport {
    Smtp(Box<Smtp>),
    Maildir(MaildirTransport),
}

impl Transport {
    pub fn new(settings: &SendingSettings) -> Transport {
        match settings {
            SendingSettings::Smtp { server, login, .. } => {
                Transport::Smtp(Box::new(Smtp::new(server.clone(), login.clone())))
            }
            SendingSettings::Maildir { path } => {
                Transport::Maildir(MaildirTransport::new(path.clone(), true))
            }
        }
    }

    /// Connects and logs in where no usable connection is open.
    pub async fn ready(&mut self) -> Result<(), SmtpError> {
        match self {
            Transport::Smtp(smtp) => smtp.ready().await,
            Transport::Maildir(_) => Ok(()),
        }
    }

    /// Hands over one letter: `bytes` is the whole message with CRLF line ends.
    pub async fn deliver(
        &mut self,
        envelope: &Envelope,
        bytes: &[u8],
        on_phase: Hook<'_>,
    ) -> Outcome {
        match self {
            Transport::Smtp(smtp) => smtp.deliver(envelope, bytes, on_phase).await,
            Transport::Maildir(maildir) => maildir.deliver(envelope, bytes, on_phase),
        }
    }

    pub async fn close(&mut self) {
        if let Transport::Smtp(smtp) = self {
            smtp.close().await;
        }
    }
}
