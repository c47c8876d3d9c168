//! One message that arrived, from its bytes to what follows from it, inside the transaction of the caller.

use rusqlite::Transaction;

use super::identify::{Found, address_key, asked_for, event_of, identify, kind_word};
use super::path::{Going, OnePath};
use crate::ids::{InboxId, LetterId};
use crate::mail::inbound;
use crate::mail::inbound::authentication::Trusted;
use crate::mail::profile::Profile;
use crate::mail::token::Keys;
use crate::programme::decision::{Change, Outcome as Ending};
use crate::programme::event::{Event, Evidence};
use crate::programme::trust::Action;
use crate::programme::{concern, coordinating, flood};
use crate::store::{facts, inbox, outbox, trust, unknown};
use crate::time::Moment;

/// What a message has led to, beside what stands in the tables.
#[derive(Default)]
pub(super) struct Read {
    /// Messages that are to be read again because of it.
    pub read_again: Vec<InboxId>,
    /// Keys of the letters that were ordered.
    pub ordered: Vec<String>,
}

impl OnePath {
    /// Reads a message that waits and does what follows from it.
    pub(super) fn message(
        &self,
        tx: &Transaction<'_>,
        waiting: &inbox::Waiting,
        now: Moment,
    ) -> anyhow::Result<Read> {
        let config = &self.config;
        let received = crate::time::from_seconds(waiting.received_at);
        let parsed = inbound::parse(&waiting.raw);
        let profile: Option<(Profile, Moment)> = trust::provider(tx)?;
        let trusted = Trusted {
            hosts: match profile {
                Some((profile, _)) if profile.removes_forged_results => &config.authserv_ids,
                _ => &[],
            },
            signed_by: Some(waiting.signed_by.as_str()).filter(|domain| !domain.is_empty()),
        };
        let mut found = identify(tx, self, &parsed, received, now, trusted)?;
        if waiting.confirmed {
            found.evidence = confirmed(&found);
        }
        let language = match found.person {
            Some(person) => facts::person(tx, person)?.map(|person| person.language),
            None => None,
        };
        let language = language.unwrap_or_else(|| config.settings.default_language().to_string());
        let reading = inbound::read_parsed(
            &parsed,
            &inbound::Context {
                form: found
                    .answered
                    .as_ref()
                    .and_then(|asked| config.settings.survey(asked.about.survey.as_deref()?))
                    .map_or(&config.settings.form, |survey| &survey.form),
                asked: found.answered.as_ref().and_then(asked_for),
                own_address: &config.settings.address,
                received,
                language: &language,
            },
        );
        let from = reading.from.as_ref();
        let sender = from.map_or("", |from| from.address.as_str());
        if found.forged_token && guesses_too_often(tx, &self.keys, sender, now)? {
            let ended = inbox::Ended {
                state: "ignored",
                reason: "its sender has guessed reply addresses; such messages are not looked at for a day",
                kind: kind_word(reading.kind),
                sender,
                person: None,
                message_id: reading.message_id.as_deref(),
            };
            inbox::finish(tx, waiting.id, now, &ended)?;
            tracing::warn!(inbox = waiting.id.0, "reply addresses are being guessed");
            return Ok(Read::default());
        }
        let event = event_of(tx, waiting.id, &reading, &found)?;
        if let Some(limit) = flood::limit(&config.settings, &event, found.person) {
            let mark = self.keys.row_mark(&["messages a day", &limit.whose]);
            if !waiting.without_limit
                && !flood::is_urgent(&event)
                && inbox::read_last_day(tx, &mark, now)? >= limit.a_day
            {
                let over = inbox::Ended {
                    state: "over-limit",
                    reason: "so many messages came from the same sender that this one is read later",
                    kind: kind_word(reading.kind),
                    sender,
                    person: found.person,
                    message_id: reading.message_id.as_deref(),
                };
                inbox::wait_over_limit(tx, waiting.id, now, &over)?;
                tracing::info!(inbox = waiting.id.0, "over the limit of a day");
                return Ok(Read::default());
            }
            inbox::counts_as(tx, waiting.id, &mark)?;
        }
        let acts_on = acts_on(&event, &found);
        for (letter, evidence) in arrivals(tx, &event, &reading)? {
            unknown::arrived(tx, letter, now, evidence)?;
        }
        let event = super::pairing::worked_out(tx, &config.settings, event, now)?;
        let gone = self.go(
            tx,
            now,
            &Going {
                event: &event,
                sender: found.person,
                cause: &format!("message {}", waiting.id),
                answering: reading.message_id.as_deref(),
            },
        )?;
        let (state, reason) = match &gone.decision.outcome {
            Ending::Handled => ("handled", gone.decision.note.as_str()),
            Ending::Ignored(why) => ("ignored", why.as_str()),
            Ending::WaitsForOwner(why) => ("waits-for-owner", why.as_str()),
            Ending::NeedsPerson(why) | Ending::NeedsSafetyContact(why) => {
                ("needs-person", why.as_str())
            }
        };
        let ended = inbox::Ended {
            state,
            reason,
            kind: match &gone.decision.outcome {
                Ending::NeedsSafetyContact(_) => concern::WHY,
                _ => kind_word(reading.kind),
            },
            sender,
            person: gone.person,
            message_id: reading.message_id.as_deref(),
        };
        inbox::finish(tx, waiting.id, now, &ended)?;
        if let Some(letter) = acts_on.filter(|_| gone.decision.outcome == Ending::Handled) {
            trust::acted(tx, letter, now)?;
        }
        tracing::info!(
            inbox = waiting.id.0,
            kind = kind_word(reading.kind),
            state,
            "message handled"
        );
        let read_again = |change: &Change| match change {
            Change::ReadAgain { inbox } => Some(*inbox),
            _ => None,
        };
        Ok(Read {
            read_again: gone
                .decision
                .changes
                .iter()
                .filter_map(read_again)
                .collect(),
            ordered: gone.ordered,
        })
    }
}

/// Whether whoever guesses reply addresses has done so too often.
fn guesses_too_often(
    tx: &Transaction<'_>,
    keys: &Keys,
    sender: &str,
    now: Moment,
) -> anyhow::Result<bool> {
    let sender = keys.address_hash(&address_key(sender));
    Ok(trust::wrong_token(tx, &sender, now)?)
}

/// What the owner's word makes of a message that waited for it. A command waits for the echo of a challenge; anything else
/// counts as if it had come with the reply address.
fn confirmed(found: &Found) -> Evidence {
    let at_least = match &found.answered {
        Some(asked) if coordinating::is_for_coordinators(&asked.kind) => Evidence::Challenged,
        _ => Evidence::TokenAndAddress,
    };
    found.evidence.max(at_least)
}

/// The letter whose power is used up when this is done.
fn acts_on(event: &Event, found: &Found) -> Option<LetterId> {
    match event {
        Event::Command(command)
            if matches!(command.what.action(), Action::Act | Action::ResumeProgramme) =>
        {
            found.answered.as_ref().map(|asked| asked.letter)
        }
        _ => None,
    }
}

/// Letters that a message proves to have left us: one that it answers, one that bounced, one that came back to us.
fn arrivals(
    tx: &Transaction<'_>,
    event: &Event,
    reading: &inbound::Reading,
) -> anyhow::Result<Vec<(LetterId, &'static str)>> {
    let mut proven = Vec::new();
    match event {
        Event::Message(message) => {
            let answered = message.answers_letter.as_ref();
            proven.extend(answered.map(|answered| (answered.letter, "it was answered")));
        }
        Event::Undelivered(undelivered) => {
            proven.push((undelivered.letter, "the mail server reported about it"));
        }
        Event::Complaint(complaint) => {
            proven.push((complaint.letter, "its reader's provider reported about it"));
        }
        _ => {}
    }
    if let Some(id) = reading.message_id.as_deref() {
        // Only who has the letter can know its Message-ID.
        let ours = outbox::by_message_id(tx, id)?;
        proven.extend(ours.map(|letter| (letter.id, "a copy of it came back to us")));
    }
    Ok(proven)
}
