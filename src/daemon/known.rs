//! What the rules are told of an event: what the tables say (`store::facts`), and beside it what needs the config, the
//! keys or the bytes of mail.

use rusqlite::Transaction;

use super::identify::address_key;
use super::path::OnePath;
use crate::ids::PersonId;
use crate::mail::{address, inbound};
use crate::programme::decision::Occasion;
use crate::programme::event::{CommandKind, Event, Evidence, Intent, Message};
use crate::programme::facts::{Facts, Shown};
use crate::programme::{applying, moving, newcomers, privacy, report};
use crate::store::{self, coordinating, facts, rights, surveys};
use crate::time::Moment;

/// People who are told, or erased, on one day because they have not taken part for long.
const INACTIVE_AT_A_TIME: u32 = 200;
/// Characters of a newcomer's message that the digest shows.
const FIRST_WORDS_MAX: usize = 200;

/// Whether an address is somebody else's who has applied.
fn is_taken(tx: &Transaction<'_>, address: &str, by: PersonId) -> anyhow::Result<bool> {
    let Some(whose) = facts::person_at(tx, &address_key(address))?.filter(|it| *it != by) else {
        return Ok(false);
    };
    Ok(facts::person(tx, whose)?.is_some_and(|person| !person.name.is_empty()))
}

impl OnePath {
    /// Everything that is to be known of an event. `sender` is whom a message is from or about.
    pub(super) fn facts(
        &self,
        tx: &Transaction<'_>,
        now: Moment,
        event: &Event,
        sender: Option<PersonId>,
    ) -> anyhow::Result<Facts> {
        let mut facts = facts::load(tx, now, event, sender)?;
        let settings = &self.config.settings;
        match event {
            Event::Message(message) => {
                let about = message.answers_letter.as_ref().map(|asked| &asked.about);
                if let Some(about) = about
                    && let (Some(round), Some(survey)) = (&about.round, &about.survey)
                {
                    self.add_sheet(tx, round, survey, &mut facts)?;
                }
                self.add_demands(tx, now, message, &mut facts)?;
                let ceiling = newcomers::ceiling(settings, now);
                facts.brakes.strangers_turn = facts::strangers_turn(tx, now, ceiling)?;
                let wanted = match message.said.intent {
                    Some(Intent::NewAddress) => moving::wanted(message),
                    _ => about
                        .filter(|about| about.challenge.is_some())
                        .and_then(|about| about.other_address.clone()),
                };
                if let (Some(wanted), Some(owner)) = (wanted, sender) {
                    facts.address_is_taken = is_taken(tx, &wanted, owner)?;
                }
                if let (Evidence::TokenOnly, Some(from)) = (message.evidence, &message.from) {
                    facts.other_address = facts::other_address(tx, &address_key(from))?;
                }
            }
            Event::Due(due) => match &due.what {
                Occasion::Survey { round, survey, .. } => {
                    self.add_sheet(tx, round, survey, &mut facts)?;
                }
                Occasion::Report { round } | Occasion::SurveysClose { round } => {
                    // Those of the round, then those of the rounds before it.
                    let found =
                        store::report::figures(tx, settings, round, report::FORMER_ROUNDS, now)?;
                    facts.figures = found
                        .map(|(this, former)| std::iter::once(this).chain(former).collect())
                        .unwrap_or_default();
                }
                Occasion::Retention { .. } => {
                    let before = privacy::inactive_before(settings, now);
                    facts.rights.inactive = rights::inactive(tx, before, INACTIVE_AT_A_TIME)?;
                }
                Occasion::Digest { .. } => self.add_first_messages(tx, now, &mut facts)?,
                _ => {}
            },
            Event::Command(command) => match command.what {
                CommandKind::ChangeAddress {
                    person,
                    ref address,
                } => facts.address_is_taken = is_taken(tx, address, person)?,
                CommandKind::Status => self.add_first_messages(tx, now, &mut facts)?,
                CommandKind::Show { inbox } => {
                    let found = coordinating::first_message(tx, inbox, now)?;
                    facts.shown = found.map(|(from, raw)| Shown {
                        inbox,
                        from,
                        text: self.words_of(&raw, now),
                    });
                }
                _ => {}
            },
            Event::Undelivered(_)
            | Event::Complaint(_)
            | Event::Proposed(_)
            | Event::Noticed(_) => {}
        }
        Ok(facts)
    }

    /// The part that the person has in a survey. It is found under a name that only the master key can make.
    fn add_sheet(
        &self,
        tx: &Transaction<'_>,
        round: &str,
        survey: &str,
        facts: &mut Facts,
    ) -> anyhow::Result<()> {
        if let Some(person) = &facts.person {
            let sheet = self.keys.survey_sheet(round, survey, person.id);
            facts.survey = Some(surveys::sheet(tx, round, survey, person.id, sheet)?);
        }
        Ok(())
    }

    /// What the demands of an application cost that a message completes or corrects: to be told in its confirmation.
    fn add_demands(
        &self,
        tx: &Transaction<'_>,
        now: Moment,
        message: &Message,
        facts: &mut Facts,
    ) -> anyhow::Result<()> {
        let settings = &self.config.settings;
        if let Some(person) = &facts.person
            && !message.said.answers.is_empty()
            && let Some(recorded) = applying::recorded(settings, facts, message)
        {
            facts.demands = super::pairing::demands(tx, settings, person, &recorded, now)?;
        }
        Ok(())
    }

    /// What newcomers wrote. It is read again from the bytes: nothing of it is kept twice.
    fn add_first_messages(
        &self,
        tx: &Transaction<'_>,
        now: Moment,
        facts: &mut Facts,
    ) -> anyhow::Result<()> {
        let first = coordinating::first_messages(tx)?;
        facts.newcomers = first.count;
        facts.newcomers_waiting = first.waiting;
        facts.first_messages = first
            .newest
            .into_iter()
            .map(|(inbox, from, raw)| Shown {
                inbox,
                from,
                text: address::clean(&self.words_of(&raw, now), FIRST_WORDS_MAX),
            })
            .collect();
        Ok(())
    }

    /// What somebody wrote anew in a message.
    fn words_of(&self, raw: &[u8], now: Moment) -> String {
        let settings = &self.config.settings;
        let context = inbound::Context {
            form: &settings.form,
            asked: Some(inbound::AskedFor::Command),
            own_address: &settings.address,
            received: now,
            language: settings.default_language(),
        };
        inbound::read(raw, &context).text
    }
}
