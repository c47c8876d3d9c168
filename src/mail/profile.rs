//! What `pairpost check --mail` has found out about the mail provider, by sending letters to itself. It is kept in the
//! database; values only.

use serde::{Deserialize, Serialize};

/// Unknown is `None`; a profile of an older program has fewer fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Headers that others write in our mail host's name (`Authentication-Results`) do not reach the mailbox.
    pub removes_forged_results: bool,
}
