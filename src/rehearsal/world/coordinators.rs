//! What the coordinators of the invented world do with their mail.

use chrono::Duration;

use super::writing::host_of;
use super::{Outgoing, World};
use crate::rehearsal::client::{self, Client, Draft, Words};
use crate::rehearsal::letter::{Headers, as_quoted};
use crate::rehearsal::tally::{Expects, Said};
use crate::time::Moment;

impl World {
    /// The coordinator who releases answers the proposal with `ok`, once for each, and the question whether that is meant
    /// with `yes`; all else is only read.
    pub(super) fn coordinator_reads(
        &mut self,
        place: usize,
        letter: &[u8],
        headers: &Headers<'_>,
        kind: &str,
        at: Moment,
    ) -> Vec<Outgoing> {
        let coordinator = &self.coordinators[place];
        let (says, what, expects) = match kind {
            "proposal" => {
                let answers = &["command-confirm", "command-done"];
                ("ok\n", "proposal-ok", Expects::Answer(answers))
            }
            // What follows is the answer to the command.
            "command-confirm" => ("yes\n", "command-yes", Expects::Whatever),
            _ => return Vec::new(),
        };
        if !coordinator.releases {
            return Vec::new();
        }
        // A reminder of the same proposal needs no second answer.
        let id = headers.occasion().unwrap_or_default().to_string();
        if !self.released.insert(id) {
            return Vec::new();
        }
        let (Some(to), Some(quoted)) = (
            headers.answers_go_to(),
            as_quoted(letter, &coordinator.address, at),
        ) else {
            return Vec::new();
        };
        let sent = at + Duration::minutes(self.coordinator_dice.between(90, 9 * 60));
        let message_id = format!(
            "{:016x}@{}",
            self.coordinator_dice.bits(),
            host_of(&coordinator.address)
        );
        let words = Words::New(says.into());
        let bytes = client::write(
            Client::Gmail,
            &Draft {
                from_name: &coordinator.name,
                from_address: &coordinator.address,
                to: &to,
                subject: "",
                at: sent,
                zone: chrono_tz::UTC,
                tongue: "en",
                message_id: &message_id,
                answered: Some(&quoted),
                words: &words,
            },
        );
        let from = Some(coordinator.address.clone());
        self.mailboxes.say(
            &message_id,
            Said {
                person: None,
                what: what.into(),
                at: sent,
                expects,
                answered: None,
            },
        );
        vec![Outgoing {
            at: sent,
            bytes,
            from,
            to,
            what: what.into(),
        }]
    }
}
