//! Letters on their way out: composed once, then carried until the server has them.

pub mod compose;
pub mod maildir;
pub mod pace;
pub mod smtp;
mod smtp_replies;
pub mod transport;

use serde::{Deserialize, Serialize};

/// The SMTP envelope of a letter: one recipient each, and perhaps ourselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Where bounces go; `None` is the null sender.
    pub from: Option<String>,
    pub to: String,
    /// Our own mailbox, where a copy is to prove that the letter was taken. Whether it is taken there changes nothing.
    pub copy_to: Option<String>,
}

/// What became of one attempt to hand over a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server has taken it; its reply names its queue id where it gives one.
    Accepted { reply: String },
    /// Not taken, try later. `code` is the SMTP reply code where there was one.
    Temporary { code: Option<u16>, text: String },
    /// Refused for good.
    Permanent { code: u16, text: String },
    /// No answer after the final dot: the server may have taken it.
    Unknown { text: String },
}
