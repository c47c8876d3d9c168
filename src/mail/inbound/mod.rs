//! Reading what arrives: fetch (bytes), parse (never fails), classify (in words of the programme).

pub mod imap;
mod imap_guard;
pub mod mailbox;
pub mod maildir;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::programme::event::Said;

/// A message as it was understood. Everything in it is a claim of the sender's, cleaned of control characters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub kind: Kind,
    /// The one certain sender, or nobody: see RELIABILITY G1.
    pub from: Option<Sender>,
    pub subject: Option<String>,
    pub message_id: Option<String>,
    /// Message-IDs of In-Reply-To and References, newest last.
    pub answers: Vec<String>,
    /// Every address the message may have been delivered to (To, Cc, Delivered-To, X-Original-To, Envelope-To ...),
    /// lower-cased: our reply tokens are looked for in them.
    pub recipients: Vec<String>,
    /// Addresses in To and Cc only.
    pub visible_recipients: Vec<String>,
    /// The sender's Date, in seconds since 1970.
    pub date: Option<i64>,
    /// What the sender wrote anew: no quotes, no quoted headers, no signature.
    pub text: String,
    /// The whole text body as decoded.
    pub body: String,
    pub attachments: Vec<String>,
    pub defects: Vec<String>,
    pub bounce: Option<Bounce>,
    pub automatic: Option<Automatic>,
    pub complaint: Option<Complaint>,
    pub said: Said,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Person,
    Bounce,
    Delay,
    Complaint,
    Automatic,
    List,
    Ours,
    Empty,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// ASCII lower-cased, domain in its A-label form.
    pub address: String,
    pub name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bounce {
    pub class: BounceClass,
    pub recipients: Vec<FailedRecipient>,
    /// Message-IDs found in the returned part.
    pub returned_ids: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BounceClass {
    Permanent,
    Temporary,
    Mixed,
    Delivered,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRecipient {
    pub address: String,
    pub status: Option<String>,
    pub class: BounceClass,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Automatic {
    pub reason: String,
    /// The day an out-of-office reply says that its owner returns.
    pub until: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    #[serde(rename = "type")]
    pub kind: String,
    pub returned_ids: Vec<String>,
}
