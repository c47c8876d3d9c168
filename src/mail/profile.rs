//! What `pairpost check --mail` has found out about the mail provider, by sending letters to itself. It is kept in the
//! database; values only.

use serde::{Deserialize, Serialize};

/// What could not be found out is `None`; a profile of an older program has fewer fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Headers that others write in our mail host's name (`Authentication-Results`) do not reach the mailbox.
    pub removes_forged_results: bool,
    /// Mail to `name+anything@` reaches the mailbox.
    pub plus_addresses: Option<bool>,
    /// A letter arrives with the Message-ID, and the Date, that it left with.
    pub keeps_message_ids: Option<bool>,
    pub keeps_dates: Option<bool>,
    /// The folder in which copies of what we send appear by themselves, and after how many seconds the slowest did.
    pub sent_copies: Option<(String, u64)>,
    /// Our letters arrive with a good signature of our own domain.
    pub own_signature: Option<bool>,
    /// What the sending server offers: bytes of the largest letter, addresses beyond ASCII, reports of delivery.
    pub size_max_bytes: Option<u64>,
    pub smtp_utf8: Option<bool>,
    pub delivery_reports: Option<bool>,
    /// How far the mail server's clock is ahead of this machine's.
    pub clock_ahead_seconds: Option<i64>,
}
