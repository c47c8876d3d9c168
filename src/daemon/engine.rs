//! The one path: an event comes in; facts, a pure decision, rendering, and one transaction for state and letters.
//!
//! The engine is synchronous and has no network. It is driven by the daemon's loops (`run`), by the command line and
//! by rehearsals in virtual time. It holds no rules: those are in `programme`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::Context;
use rusqlite::Transaction;

use crate::config::Config;
use crate::ids::{InboxId, LetterId, PersonId};
use crate::mail::address;
use crate::mail::inbound::{self, BounceClass, Kind, Reading};
use crate::mail::outbound::{Outcome, compose, pace};
use crate::mail::token::{self, Keys, Verified};
use crate::programme::decision::{Decision, Occasion, Outcome as Ending};
use crate::programme::event::{
    Answered, Command, Complaint, Due, Event, Evidence, Intent, Message, Nature, Undelivered,
};
use crate::programme::letter::{Letter, Recipient, ReplyTo};
use crate::programme::{self, timetable};
use crate::store::{Durability, Store, apply, facts, inbox, occasions, outbox};
use crate::templates::Frame;
use crate::time::Moment;

/// A letter that a decision ordered and that was composed: kind/recipient/occurrence.
pub type Ordered = String;

/// The programme's state and everything that changes it.
pub struct Engine {
    store: Store,
    config: Config,
    keys: Keys,
    /// Rehearsals mark each letter with what it is, so that others can count for themselves.
    mark_letters: bool,
    /// What was ordered since it was last asked for; kept in rehearsals only.
    ordered: Vec<Ordered>,
}

/// What one round of the clock did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ticked {
    pub handled: usize,
    pub failed: usize,
}

impl Engine {
    /// Opens the database in the config's state folder.
    ///
    /// # Errors
    /// The state folder, the master key or the database cannot be used; the message says which and why.
    pub fn open(config: Config, keys: Keys, durability: Durability) -> anyhow::Result<Engine> {
        let store = Store::open(&config.state_dir.join(DATABASE), durability)?;
        Ok(Engine {
            store,
            config,
            keys,
            mark_letters: false,
            ordered: Vec::new(),
        })
    }

    /// Puts the header `X-Pairpost-Occasion` on every letter and remembers what was ordered.
    pub fn for_rehearsal(mut self) -> Engine {
        self.mark_letters = true;
        self
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Takes a new config; what is due is planned anew from its calendar.
    pub fn reconfigure(&mut self, config: Config, now: Moment) -> anyhow::Result<()> {
        self.config = config;
        self.plan_calendar(now)
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What was ordered since the last call.
    pub fn take_ordered(&mut self) -> Vec<Ordered> {
        std::mem::take(&mut self.ordered)
    }

    /// At start: letters that were in a server's hands go back into the queue, and the calendar is written down.
    pub fn start(&mut self, now: Moment) -> anyhow::Result<usize> {
        let tx = self.store.transaction()?;
        let recovered = outbox::recover(&tx, now)?;
        tx.commit()?;
        self.plan_calendar(now)?;
        Ok(recovered)
    }

    fn plan_calendar(&mut self, now: Moment) -> anyhow::Result<()> {
        let tx = self.store.transaction()?;
        for (occasion, at) in timetable::calendar(&self.config.settings, now) {
            occasions::plan(&tx, &occasion, at)?;
        }
        tx.commit()?;
        Ok(())
    }

    // ---------------------------------------------------------------- receiving

    /// Takes over a message: commits its bytes. From here on it is ours, and nothing of it can be lost.
    pub fn record(
        &mut self,
        place: Option<&str>,
        raw: &[u8],
        truncated: bool,
        now: Moment,
    ) -> anyhow::Result<InboxId> {
        let tx = self.store.transaction()?;
        let id = inbox::record(&tx, now, place, raw, truncated)?;
        tx.commit()?;
        Ok(id)
    }

    /// Reads a message and does what follows from it; a message that was handled before changes nothing.
    ///
    /// A message that cannot be handled waits by itself and is set aside after three tries: that is no error here.
    ///
    /// # Errors
    /// The store cannot be written (disk full): the caller must stop taking messages over.
    pub fn handle_message(&mut self, id: InboxId, now: Moment) -> anyhow::Result<()> {
        let tx = self.store.transaction()?;
        // The attempt is counted before the work, so that a message that kills the process is counted, too.
        let waiting = inbox::begin(&tx, id)?;
        tx.commit()?;
        let Some(waiting) = waiting else {
            return Ok(());
        };
        let handled = match waiting.attempts >= inbox::STRIKES {
            true => Err(anyhow::anyhow!(
                "the program ended while reading it, {} times",
                waiting.attempts
            )),
            false => catch_unwind(AssertUnwindSafe(|| self.read_and_decide(&waiting, now)))
                .unwrap_or_else(|_| {
                    Err(anyhow::anyhow!(
                        "reading it failed in a way that it must not"
                    ))
                }),
        };
        if let Err(error) = handled {
            tracing::warn!(inbox = id.0, error = %short(&error), "message not handled");
            let tx = self.store.transaction()?;
            inbox::set_back(&tx, id, now, &short(&error))?;
            tx.commit()?;
        }
        Ok(())
    }

    /// Handles messages that wait, oldest first.
    pub fn handle_waiting(&mut self, now: Moment, limit: u32) -> anyhow::Result<usize> {
        let waiting = inbox::unhandled(self.store.reader(), now, limit)?;
        for id in &waiting {
            self.handle_message(*id, now)?;
        }
        Ok(waiting.len())
    }

    fn read_and_decide(&mut self, waiting: &inbox::Waiting, now: Moment) -> anyhow::Result<()> {
        let config = &self.config;
        let received = crate::time::from_seconds(waiting.received_at);
        let parsed = inbound::parse(&waiting.raw);
        let tx = self.store.transaction()?;
        let found = identify(&tx, &self.keys, &config.settings.address, &parsed, now)?;
        let language = match found.person {
            Some(person) => facts::person(&tx, person)?.map(|person| person.language),
            None => None,
        };
        let language = language
            .or_else(|| config.settings.languages.first().cloned())
            .unwrap_or_else(|| "en".into());
        let reading = inbound::read_parsed(
            &parsed,
            &inbound::Context {
                form: &config.settings.form,
                asked: found
                    .answered
                    .as_ref()
                    .and_then(|answered| asked_for(answered)),
                own_address: &config.settings.address,
                received,
                language: &language,
            },
        );
        let event = event_of(&tx, waiting.id, &reading, &found)?;
        let facts = facts::load(&tx, now, &event, found.person)?;
        let decision = programme::decide(&config.settings, &facts, &event);
        let cause = format!("message {}", waiting.id);
        let person = facts.person.as_ref().map(|person| person.id);
        let ordered = carry_out(
            &tx,
            config,
            &self.keys,
            self.mark_letters,
            now,
            &decision,
            &cause,
        )?;
        apply::journal(
            &tx,
            now,
            &cause,
            &decision,
            person,
            facts.partnership.map(|it| it.id),
        )?;
        let (state, reason) = match &decision.outcome {
            Ending::Handled => ("handled", decision.note.as_str()),
            Ending::Ignored(why) => ("ignored", why.as_str()),
            Ending::NeedsPerson(why) => ("needs-person", why.as_str()),
        };
        let ended = inbox::Ended {
            state,
            reason,
            kind: kind_word(reading.kind),
            sender: reading
                .from
                .as_ref()
                .map_or("", |from| from.address.as_str()),
            person,
        };
        inbox::finish(&tx, waiting.id, now, &ended)?;
        tx.commit()?;
        self.remember(ordered);
        tracing::info!(
            inbox = waiting.id.0,
            kind = kind_word(reading.kind),
            state,
            "message handled"
        );
        Ok(())
    }

    // ---------------------------------------------------------------- the clock

    /// Does what is due, oldest first, at most `limit` occasions, each in a transaction of its own.
    pub fn tick(&mut self, now: Moment, limit: u32) -> anyhow::Result<Ticked> {
        let due = occasions::due(self.store.reader(), now, limit)?;
        let mut ticked = Ticked::default();
        for due in due {
            match self.handle_due(&due, now) {
                Ok(()) => ticked.handled += 1,
                Err(error) => {
                    tracing::warn!(occasion = due.occasion.0, error = %short(&error), "occasion not handled");
                    let tx = self.store.transaction()?;
                    occasions::set_back(&tx, due.occasion, now, &short(&error))?;
                    tx.commit()?;
                    ticked.failed += 1;
                }
            }
        }
        Ok(ticked)
    }

    fn handle_due(&mut self, due: &Due, now: Moment) -> anyhow::Result<()> {
        let event = match &due.what {
            Occasion::Matching { round } => Event::Proposed(super::pairing::for_round(
                &self.store,
                &self.config.settings,
                round,
                now,
            )?),
            Occasion::Pool { round, .. } => Event::Proposed(super::pairing::for_pool(
                &self.store,
                &self.config.settings,
                round,
                now,
            )?),
            _ => Event::Due(due.clone()),
        };
        let tx = self.store.transaction()?;
        if !occasions::is_open(&tx, due.occasion)? {
            return Ok(());
        }
        let facts = facts::load(&tx, now, &event, None)?;
        let decision = programme::decide(&self.config.settings, &facts, &event);
        let cause = format!("occasion {}", due.occasion);
        let ordered = carry_out(
            &tx,
            &self.config,
            &self.keys,
            self.mark_letters,
            now,
            &decision,
            &cause,
        )?;
        match decision.postpone {
            Some(until) => occasions::postpone(&tx, due.occasion, until)?,
            None => {
                let outcome = match &decision.outcome {
                    Ending::Handled => "done".to_string(),
                    Ending::Ignored(why) => format!("skipped: {why}"),
                    Ending::NeedsPerson(why) => format!("needs a person: {why}"),
                };
                occasions::done(&tx, due.occasion, now, &outcome)?;
                apply::journal(
                    &tx,
                    now,
                    &cause,
                    &decision,
                    due.what.person(),
                    due.what.partnership(),
                )?;
            }
        }
        tx.commit()?;
        self.remember(ordered);
        Ok(())
    }

    /// When something falls due next: an occasion, or a letter that waits for its hour.
    pub fn next_due(&self) -> anyhow::Result<Option<Moment>> {
        let occasion = occasions::next_due(self.store.reader())?;
        let letter = outbox::next_due(self.store.reader())?;
        Ok(occasion.into_iter().chain(letter).min())
    }

    // ---------------------------------------------------------------- commands

    /// Does what a coordinator says. Returns what was done, in words.
    pub fn command(&mut self, command: Command, now: Moment) -> anyhow::Result<String> {
        let event = Event::Command(command);
        let tx = self.store.transaction()?;
        let facts = facts::load(&tx, now, &event, None)?;
        let decision = programme::decide(&self.config.settings, &facts, &event);
        let person = facts.person.as_ref().map(|person| person.id);
        let ordered = carry_out(
            &tx,
            &self.config,
            &self.keys,
            self.mark_letters,
            now,
            &decision,
            "command",
        )?;
        apply::journal(
            &tx,
            now,
            "command",
            &decision,
            person,
            facts.partnership.map(|it| it.id),
        )?;
        tx.commit()?;
        self.remember(ordered);
        Ok(match decision.outcome {
            Ending::Handled => decision.note,
            Ending::Ignored(why) | Ending::NeedsPerson(why) => format!("nothing was done: {why}"),
        })
    }

    /// Works out a round's pairs now, as its occasion would.
    pub fn match_now(&mut self, round: &str, now: Moment) -> anyhow::Result<String> {
        let proposed = super::pairing::for_round(&self.store, &self.config.settings, round, now)?;
        let event = Event::Proposed(proposed);
        let tx = self.store.transaction()?;
        let facts = facts::load(&tx, now, &event, None)?;
        let decision = programme::decide(&self.config.settings, &facts, &event);
        let ordered = carry_out(
            &tx,
            &self.config,
            &self.keys,
            self.mark_letters,
            now,
            &decision,
            "command",
        )?;
        apply::journal(&tx, now, "command", &decision, None, None)?;
        tx.commit()?;
        self.remember(ordered);
        Ok(decision.note)
    }

    // ---------------------------------------------------------------- sending

    /// The next letters to hand to the server, marked as on their way before it hears of them. The hourly ceiling
    /// holds for all kinds together.
    pub fn take_letters(
        &mut self,
        now: Moment,
        limit: u32,
    ) -> anyhow::Result<Vec<outbox::Leaving>> {
        let ceiling = self.config.settings.ceilings.letters_per_hour;
        let sent = outbox::sent_since(self.store.reader(), now - chrono::TimeDelta::hours(1))?;
        let limit = limit.min(pace::room(ceiling, sent));
        if limit == 0 {
            return Ok(Vec::new());
        }
        let tx = self.store.transaction()?;
        let letters = outbox::take(&tx, now, limit)?;
        tx.commit()?;
        Ok(letters)
    }

    /// The server was not asked after all (no connection, an ordered stop).
    pub fn put_back(&mut self, letters: &[LetterId]) -> anyhow::Result<()> {
        let tx = self.store.transaction()?;
        for letter in letters {
            outbox::untouched(&tx, *letter)?;
        }
        tx.commit()?;
        Ok(())
    }

    /// What became of a letter. A refusal for good is an event like a bounce.
    pub fn delivered(
        &mut self,
        letter: &outbox::Leaving,
        outcome: &Outcome,
        now: Moment,
    ) -> anyhow::Result<()> {
        let tx = self.store.transaction()?;
        let mut ordered = Vec::new();
        match outcome {
            Outcome::Accepted { reply } => outbox::sent(&tx, letter.id, now, reply)?,
            Outcome::Temporary { text, .. } | Outcome::Unknown { text } => {
                let unknown = matches!(outcome, Outcome::Unknown { .. });
                match pace::next_attempt(letter.id, letter.attempts, letter.created_at, now) {
                    Some(at) => outbox::later(&tx, letter.id, at, text, unknown)?,
                    None => outbox::end(&tx, letter.id, "failed", text)?,
                }
            }
            Outcome::Permanent { code, text } => {
                outbox::end(&tx, letter.id, "refused", text)?;
                if let Some(known) = outbox::by_id(&tx, letter.id)? {
                    let event = Event::Undelivered(Undelivered {
                        letter: letter.id,
                        person: known.person,
                        kind: known.kind,
                        about: known.about,
                        permanent: true,
                        reason: format!("refused with {code}"),
                    });
                    let facts = facts::load(&tx, now, &event, None)?;
                    let decision = programme::decide(&self.config.settings, &facts, &event);
                    let cause = format!("letter {}", letter.id);
                    ordered = carry_out(
                        &tx,
                        &self.config,
                        &self.keys,
                        self.mark_letters,
                        now,
                        &decision,
                        &cause,
                    )?;
                    apply::journal(
                        &tx,
                        now,
                        &cause,
                        &decision,
                        letter.person,
                        facts.partnership.map(|it| it.id),
                    )?;
                }
            }
        }
        tx.commit()?;
        self.remember(ordered);
        Ok(())
    }

    fn remember(&mut self, ordered: Vec<Ordered>) {
        if self.mark_letters {
            self.ordered.extend(ordered);
        }
    }

    // ---------------------------------------------------------------- filing away

    /// Places in the mailbox whose message is dealt with.
    pub fn to_file_away(&self, limit: u32) -> anyhow::Result<Vec<(String, inbox::Shelf)>> {
        Ok(inbox::to_file_away(self.store.reader(), limit)?)
    }

    pub fn filed_away(&mut self, places: &[String], now: Moment) -> anyhow::Result<()> {
        let tx = self.store.transaction()?;
        for place in places {
            inbox::filed_away(&tx, place, now)?;
        }
        tx.commit()?;
        Ok(())
    }

    pub fn knows_place(&self, place: &str) -> anyhow::Result<bool> {
        Ok(inbox::knows_place(self.store.reader(), place)?)
    }
}

const VERP: bool = true;

/// The name of the database in the state folder.
pub const DATABASE: &str = "pairpost.db";

/// Reads the master key, or makes one (mode 0600) where there is none yet.
pub fn master_key(state_dir: &Path) -> anyhow::Result<Keys> {
    use std::io::Write;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

    let path = state_dir.join("master.key");
    match std::fs::read(&path) {
        Ok(bytes) => {
            let mode = std::fs::metadata(&path)?.permissions().mode();
            if mode & 0o077 != 0 {
                anyhow::bail!(
                    "{}: others may read it. Say: chmod 600 {}",
                    path.display(),
                    path.display()
                );
            }
            let key: [u8; 32] = bytes.try_into().map_err(|_| {
                anyhow::anyhow!(
                    "{}: this is not a master key (32 bytes). Put the right file back",
                    path.display()
                )
            })?;
            Ok(Keys::new(key))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut key = [0; 32];
            getrandom::fill(&mut key)
                .map_err(|error| anyhow::anyhow!("no randomness for a key: {error}"))?;
            let mut file = std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)
                .with_context(|| format!("{}: cannot be made", path.display()))?;
            file.write_all(&key)?;
            file.sync_all()?;
            Ok(Keys::new(key))
        }
        Err(error) => Err(error).with_context(|| format!("{}: cannot be read", path.display())),
    }
}

/// An error as one line without more of the mail in it than a coordinator needs.
fn short(error: &anyhow::Error) -> String {
    address::clean(&format!("{error:#}"), 300)
}

// -------------------------------------------------------------------- who wrote, and in answer to what

/// What could be established about a message before reading its words.
struct Found {
    evidence: Evidence,
    person: Option<PersonId>,
    answered: Option<Answered>,
    token: Option<Verified>,
}

/// Looks for our token in the addresses, then for our Message-ID in the thread, then for the visible reference.
fn identify(
    tx: &Transaction<'_>,
    keys: &Keys,
    own_address: &str,
    parsed: &inbound::Parsed,
    now: Moment,
) -> anyhow::Result<Found> {
    let claims = inbound::claims(parsed);
    let sender_key = claims.from.as_ref().map(|from| address_key(&from.address));
    let by_sender = match &sender_key {
        Some(key) => facts::person_at(tx, key)?,
        None => None,
    };
    let token = keys.find_in(
        own_address,
        claims.recipients.iter().map(String::as_str),
        now,
    );
    if let Some(person) = token.and_then(Verified::person) {
        let same = by_sender == Some(person);
        let evidence = if same {
            Evidence::TokenAndAddress
        } else {
            Evidence::TokenOnly
        };
        return Ok(Found {
            evidence,
            person: Some(person),
            answered: None,
            token,
        });
    }
    let mut known = match token.and_then(Verified::letter) {
        Some(letter) => outbox::by_id(tx, letter)?,
        None => None,
    };
    if known.is_none() {
        for id in claims.answers.iter().rev().take(20) {
            known = outbox::by_message_id(tx, id)?;
            if known.is_some() {
                break;
            }
        }
    }
    if known.is_none()
        && let Some(reference) = claims.reference
    {
        known = outbox::by_reference(tx, &reference)?;
    }
    let Some(known) = known else {
        return Ok(Found {
            evidence: Evidence::None,
            person: by_sender,
            answered: None,
            token,
        });
    };
    let owner_wrote = match known.person {
        Some(owner) => by_sender == Some(owner),
        // A letter to a coordinator: it is theirs whose address is on its envelope.
        None => sender_key.as_deref() == Some(address_key(&known.envelope_to).as_str()),
    };
    Ok(Found {
        evidence: if owner_wrote {
            Evidence::TokenAndAddress
        } else {
            Evidence::TokenOnly
        },
        person: known.person.or(by_sender),
        answered: Some(Answered {
            letter: known.id,
            person: known.person,
            kind: known.kind,
            about: known.about,
        }),
        token,
    })
}

/// Which kind of words an answer to this letter holds.
fn asked_for(answered: &Answered) -> Option<inbound::AskedFor> {
    match answered.kind.as_str() {
        "form" | "missing" | "complete" | "capped" => Some(inbound::AskedFor::Form),
        "check-in" | "unclear" => Some(inbound::AskedFor::CheckIn),
        "are-you-there" => Some(inbound::AskedFor::AreYouThere),
        "proposal" | "digest" | "for-person" => Some(inbound::AskedFor::Command),
        _ => None,
    }
}

/// The message as an event of the programme.
fn event_of(
    tx: &Transaction<'_>,
    inbox: InboxId,
    reading: &Reading,
    found: &Found,
) -> anyhow::Result<Event> {
    if let Some(bounce) = reading
        .bounce
        .as_ref()
        .filter(|it| it.class != BounceClass::Delivered)
    {
        if let Some(known) = returned_letter(tx, found.token, &bounce.returned_ids)? {
            let of_reader = bounce
                .recipients
                .iter()
                .find(|failed| address_key(&failed.address) == address_key(&known.envelope_to))
                .or(bounce.recipients.first());
            let class = of_reader.map_or(bounce.class, |failed| failed.class);
            let status = of_reader
                .and_then(|failed| failed.status.clone())
                .unwrap_or_default();
            return Ok(Event::Undelivered(Undelivered {
                letter: known.id,
                person: known.person,
                kind: known.kind,
                about: known.about,
                permanent: class == BounceClass::Permanent,
                reason: format!("a bounce {status}").trim().to_string(),
            }));
        }
    }
    if let Some(complaint) = &reading.complaint
        && let Some(known) = returned_letter(tx, found.token, &complaint.returned_ids)?
    {
        return Ok(Event::Complaint(Complaint {
            letter: known.id,
            person: known.person,
        }));
    }
    let nature = match reading.kind {
        Kind::Person => Nature::Person,
        Kind::Automatic => Nature::Automatic {
            back_on: reading
                .automatic
                .as_ref()
                .and_then(|automatic| automatic.until),
        },
        other => Nature::Machine(kind_word(other).to_string()),
    };
    let mut said = reading.said.clone();
    if found.token.and_then(Verified::person).is_some() && nature == Nature::Person {
        // Mail to the stop address says "stop", whatever its words: clients send it with an empty body.
        said.intent = Some(Intent::Stop);
    }
    Ok(Event::Message(Message {
        inbox,
        from: reading.from.as_ref().map(|from| from.address.clone()),
        evidence: found.evidence,
        answers_letter: found.answered.clone(),
        nature,
        subject: reading.subject.clone().unwrap_or_default(),
        text: reading.text.clone(),
        said,
    }))
}

/// The letter that came back: by the token in the envelope address that it came to, or by our Message-ID in what was
/// returned. Without either a bounce has no effect: anybody can write one.
fn returned_letter(
    tx: &Transaction<'_>,
    token: Option<Verified>,
    returned_ids: &[String],
) -> anyhow::Result<Option<outbox::Known>> {
    if let Some(letter) = token.and_then(Verified::letter) {
        return Ok(outbox::by_id(tx, letter)?);
    }
    for id in returned_ids.iter().take(20) {
        if let Some(known) = outbox::by_message_id(tx, id)? {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Person => "person",
        Kind::Bounce => "bounce",
        Kind::Delay => "delay",
        Kind::Complaint => "complaint",
        Kind::Automatic => "automatic",
        Kind::List => "list",
        Kind::Ours => "ours",
        Kind::Empty => "empty",
    }
}

/// The form in which addresses are compared; what is no address is compared as it stands.
pub fn address_key(written: &str) -> String {
    address::comparable(written).unwrap_or_else(|_| written.to_ascii_lowercase())
}

// -------------------------------------------------------------------- carrying out

/// Applies a decision and orders its letters, inside the caller's transaction. Returns the keys of new letters.
fn carry_out(
    tx: &Transaction<'_>,
    config: &Config,
    keys: &Keys,
    mark_letters: bool,
    now: Moment,
    decision: &Decision,
    cause: &str,
) -> anyhow::Result<Vec<Ordered>> {
    apply::apply(tx, now, decision, &address_key)?;
    let mut ordered = Vec::with_capacity(decision.letters.len());
    for letter in &decision.letters {
        let order = Ordering {
            tx,
            config,
            keys,
            mark_letters,
            now,
            cause,
        };
        ordered.extend(
            order
                .letter(letter)
                .with_context(|| format!("letter {}", letter.kind.name()))?,
        );
    }
    Ok(ordered)
}

struct Ordering<'a> {
    tx: &'a Transaction<'a>,
    config: &'a Config,
    keys: &'a Keys,
    mark_letters: bool,
    now: Moment,
    cause: &'a str,
}

impl Ordering<'_> {
    /// Renders, composes and queues one letter. `None` where it was ordered before, or cannot reach its reader.
    fn letter(&self, letter: &Letter) -> anyhow::Result<Option<Ordered>> {
        let settings = &self.config.settings;
        let kind = letter.kind.name();
        let (person, name, address, language, recipient) = match &letter.to {
            Recipient::Person(id) => {
                let person = facts::person(self.tx, *id)?.context("the reader is unknown")?;
                if person.unreachable || (person.stopped && letter.kind.unprompted()) {
                    return Ok(None);
                }
                (
                    Some(*id),
                    person.name,
                    person.address,
                    person.language,
                    id.to_string(),
                )
            }
            Recipient::Coordinator(address) => {
                let found = settings
                    .coordinators
                    .iter()
                    .position(|it| it.address.eq_ignore_ascii_case(address));
                let name =
                    found.map_or_else(String::new, |at| settings.coordinators[at].name.clone());
                let language = settings
                    .languages
                    .first()
                    .cloned()
                    .unwrap_or_else(|| "en".into());
                let recipient = format!("coordinator-{}", found.map_or(0, |at| at + 1));
                (None, name, address.clone(), language, recipient)
            }
        };
        let key = format!("{kind}/{recipient}/{}", letter.occurrence);
        if outbox::is_ordered(self.tx, &key)? {
            return Ok(None);
        }
        let id = outbox::next_id(self.tx)?;
        let host = settings
            .address
            .rsplit_once('@')
            .map_or("localhost", |(_, host)| host);
        let message_id = format!("{}@{host}", self.keys.message_id(id));
        let reference = self.keys.reference(id);
        let reply_token = self.keys.sign(token::Kind::Reply, id.0, self.now);
        let own_reply_address = token::address_with(&settings.address, &reply_token);
        let reply_to = match &letter.reply_to {
            ReplyTo::Token => vec![own_reply_address.clone()],
            ReplyTo::Partners(addresses) => addresses.clone(),
        };
        // No reply token travels in a letter whose answers go to somebody else.
        let answers_reach_us = letter.reply_to == ReplyTo::Token;
        let rendered = self.config.templates.render(
            &letter.kind,
            &language,
            &Frame {
                answers_to: answers_reach_us.then(|| own_reply_address.clone()),
                reference: answers_reach_us.then(|| reference.clone()),
                ..Frame::of(settings)
            },
        )?;
        let thread = match person {
            Some(person) => outbox::thread(self.tx, person, letter.about.round.as_deref())?,
            None => Vec::new(),
        };
        let stop_token = person.map(|person| self.keys.sign(token::Kind::Stop, person.0, self.now));
        let unsubscribe = match &stop_token {
            Some(token) => token::address_with(&settings.address, token),
            None => settings.address.clone(),
        };
        let list_id = settings.address.replace('@', ".");
        let at = letter.not_before.unwrap_or(self.now).max(self.now);
        let bytes = compose::compose(&compose::Parts {
            from_name: &settings.name,
            from_address: &settings.address,
            to_name: &name,
            to_address: &address,
            reply_to: &reply_to,
            subject: &rendered.subject,
            text: &rendered.text,
            html: &rendered.html,
            message_id: &message_id,
            thread: &thread,
            date: at,
            automatic: (!letter.kind.wants_out_of_office()).then_some(compose::Automatic {
                is_answer: self.cause.starts_with("message"),
                list_id: &list_id,
                list_name: &settings.name,
                unsubscribe: &unsubscribe,
            }),
            occasion: self.mark_letters.then_some(key.as_str()),
        })?;
        let envelope_from = match VERP {
            true => token::address_with(
                &settings.address,
                &self.keys.sign(token::Kind::Bounce, id.0, self.now),
            ),
            false => settings.address.clone(),
        };
        outbox::order(
            self.tx,
            self.now,
            &outbox::NewLetter {
                id,
                key: &key,
                kind,
                person,
                about: &letter.about,
                envelope_from: &envelope_from,
                envelope_to: &address,
                message_id: &message_id,
                reference: &reference,
                subject: &rendered.subject,
                bytes: &bytes,
                unprompted: letter.kind.unprompted(),
                cause: self.cause,
                due_at: at,
            },
        )?;
        if let (true, Some(person)) = (letter.kind.unprompted(), person) {
            apply::note_unprompted(self.tx, person, at)?;
        }
        Ok(Some(key))
    }
}
