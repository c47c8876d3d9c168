//! What machines send back when a letter arrives: notifications of mail hosts and automatic replies.

use chrono::Duration;

use super::writing::host_of;
use super::{Outgoing, World};
use crate::rehearsal::client::Client;
use crate::rehearsal::letter::Headers;
use crate::rehearsal::responder::{Absence, Failure, System, absence, failure};
use crate::rehearsal::tally::{Expects, Said};
use crate::time::Moment;

impl World {
    pub(super) fn bounce(
        &mut self,
        number: usize,
        letter: &[u8],
        headers: &Headers<'_>,
        recipient: &str,
        envelope_from: Option<&str>,
        at: Moment,
    ) -> Vec<Outgoing> {
        // A letter with the null sender is dropped: nobody is told (RFC 5321 section 6.1).
        let Some(to) = envelope_from.filter(|from| !from.is_empty()) else {
            return Vec::new();
        };
        let inhabitant = &mut self.inhabitants[number];
        let sent = at + Duration::seconds(inhabitant.dice.between(20, 900));
        let host = recipient.rsplit('@').next().unwrap_or("mail.example");
        let message_id = format!("{:016x}@{host}", inhabitant.dice.bits());
        let bytes = failure(&Failure {
            letter,
            headers,
            recipient,
            to,
            message_id: &message_id,
            at: sent,
            full: number.is_multiple_of(5),
        });
        self.mailboxes.say(
            &message_id,
            Said {
                person: Some(number),
                what: "bounce".into(),
                at: sent,
                expects: Expects::Silence,
                answered: None,
            },
        );
        vec![Outgoing {
            at: sent,
            bytes,
            from: None,
            to: to.to_string(),
            what: "bounce".into(),
        }]
    }

    pub(super) fn absence(
        &mut self,
        number: usize,
        headers: &Headers<'_>,
        envelope_from: Option<&str>,
        at: Moment,
    ) -> Option<Outgoing> {
        let inhabitant = &mut self.inhabitants[number];
        let holiday = inhabitant.habits.holiday?;
        if at < holiday.from || at >= holiday.until {
            return None;
        }
        let person = &inhabitant.person;
        let mut own = vec![person.address.as_str()];
        own.extend(person.second_address.as_deref());
        if !inhabitant
            .responder
            .answers(headers, envelope_from, &own, at)
        {
            return None;
        }
        let to = envelope_from?;
        let sent = at + Duration::seconds(inhabitant.dice.between(2, 60));
        let message_id = format!(
            "{:016x}@{}",
            inhabitant.dice.bits(),
            host_of(&person.address)
        );
        let subject = headers.get("subject").unwrap_or_default();
        // An encoded subject is not taken over: responders differ, and none decodes it wrongly this way.
        let subject = if subject.contains("=?") { "" } else { subject };
        let bytes = absence(&Absence {
            from_name: &person.name,
            from_address: &person.address,
            to,
            subject: &unfolded(subject),
            message_id: &message_id,
            answers: headers.ids("message-id").first().copied(),
            at: sent,
            zone: person.zone,
            tongue: person.tongue(),
            back_on: holiday.back_on,
            system: match inhabitant.habits.client {
                Client::Outlook => System::Exchange,
                Client::Gmail => System::Gmail,
                _ => System::Sieve,
            },
        });
        let to = to.to_string();
        self.mailboxes.say(
            &message_id,
            Said {
                person: Some(number),
                what: "auto-reply".into(),
                at: sent,
                expects: Expects::Silence,
                answered: None,
            },
        );
        Some(Outgoing {
            at: sent,
            bytes,
            from: None,
            to,
            what: "auto-reply".into(),
        })
    }
}

fn unfolded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
