//! The one path: an event comes in; facts, a pure decision, rendering, and one transaction for state and letters.
//!
//! The engine is synchronous and has no network. It is driven by the daemon's loops (`run`), by the command line and
//! by rehearsals in virtual time. It holds no rules: those are in `programme`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::Context;

use super::path::{Going, OnePath};
use crate::config::Config;
use crate::failpoint;
use crate::ids::{InboxId, OccasionId};
use crate::mail::address;
use crate::mail::inbound::mailbox::{Fetched, Listed};
use crate::mail::outbound::pace;
use crate::mail::profile::Profile;
use crate::mail::token::Keys;
use crate::programme::decision::{Decision, Occasion, Outcome as Ending};
use crate::programme::event::{Command, Due, Event, Noticed};
use crate::programme::timetable;
use crate::store::{
    Durability, Store, facts, inbox, occasions, outbox, removals, trust, unit, waiting,
};
use crate::time::Moment;

/// The programme's state and everything that changes it.
pub struct Engine {
    pub(super) store: Store,
    pub(super) path: OnePath,
    /// What has left lately, and who asked for less.
    pub(super) throttle: pace::Throttle,
    /// Keys (kind/recipient/occurrence) of the letters ordered since they were last asked for; in rehearsals only.
    ordered: Vec<String>,
}

/// So many messages share a transaction: the disk is waited for twice for all of them.
const MESSAGES_IN_A_TRANSACTION: usize = 50;

/// So many occasions share a transaction: enough to spare the disk, few enough that a message need not wait for them.
const OCCASIONS_IN_A_TRANSACTION: usize = 50;

/// A message on its way into the database. `signed_by` is the domain of a signature over it that was found good.
struct Arriving<'a> {
    place: Option<String>,
    raw: &'a [u8],
    truncated: bool,
    signed_by: Option<&'a str>,
}

/// An occasion that is due, where its row could be read.
type MaybeDue = (OccasionId, Result<Due, rusqlite::Error>);

/// Whether this occasion is the matching's, which takes its time.
fn works_out_pairs((_, due): &MaybeDue) -> bool {
    due.as_ref()
        .is_ok_and(|due| matches!(due.what, Occasion::Matching { .. } | Occasion::Pool { .. }))
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
        Engine::on(store, config, keys)
    }

    /// The same for the daemon, on a file that is known to be sound: see [`Store::open_checked`]. That may take a while.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn open_checked(config: Config, keys: Keys) -> anyhow::Result<Engine> {
        let store = Store::open_checked(&config.state_dir.join(DATABASE))?;
        Engine::on(store, config, keys)
    }

    fn on(mut store: Store, config: Config, keys: Keys) -> anyhow::Result<Engine> {
        let path = OnePath {
            config,
            keys,
            mark_letters: false,
        };
        // Whoever was erased stays erased, whichever backup was put back; nothing is sent before that.
        path.replay_erasures(&mut store)?;
        Ok(Engine {
            store,
            path,
            throttle: pace::Throttle::default(),
            ordered: Vec::new(),
        })
    }

    /// Puts the header `X-Pairpost-Occasion` on every letter and remembers what was ordered.
    pub fn for_rehearsal(mut self) -> Engine {
        self.path.mark_letters = true;
        self
    }

    pub fn config(&self) -> &Config {
        &self.path.config
    }

    /// Takes a new config; what is due is planned anew from its calendar.
    pub fn reconfigure(&mut self, config: Config, now: Moment) -> anyhow::Result<()> {
        self.path.config = config;
        self.plan_calendar(now)
    }

    /// FOR TESTS ONLY: see [`Store::fail_where`].
    #[cfg(debug_assertions)]
    pub fn fail_where(
        &mut self,
        fails: impl FnMut() -> bool + Send + 'static,
    ) -> anyhow::Result<()> {
        Ok(self.store.fail_where(fails)?)
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What was ordered since the last call.
    pub fn take_ordered(&mut self) -> Vec<String> {
        std::mem::take(&mut self.ordered)
    }

    /// At an ordered end: closes the database, so that whatever happens to its file until the next start is noticed.
    ///
    /// # Errors
    /// Another process is using it; it is closed without a seal then.
    pub fn close(self) -> anyhow::Result<()> {
        self.store.close_sealed()
    }

    /// At start: letters that were on their way are sent again or looked for, and the calendar is written down.
    pub fn start(&mut self, now: Moment) -> anyhow::Result<outbox::Recovered> {
        let tx = self.store.transaction()?;
        let recovered = outbox::recover(&tx, now, pace::first_look(now))?;
        failpoint::reach("start-recovering")?;
        tx.commit()?;
        self.plan_calendar(now)?;
        Ok(recovered)
    }

    /// The newest time that anything was written down with.
    pub fn newest_moment(&self) -> anyhow::Result<Option<Moment>> {
        Ok(crate::store::newest_moment(self.store.reader())?)
    }

    fn plan_calendar(&mut self, now: Moment) -> anyhow::Result<()> {
        let tx = self.store.transaction()?;
        for (occasion, at) in timetable::calendar(&self.path.config.settings, now) {
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

    /// Takes over a message and does what follows from it. `signed_by` is the domain of a signature over it that was
    /// found good.
    ///
    /// # Errors
    /// As [`Engine::handle_message`].
    pub fn receive(
        &mut self,
        place: Option<&str>,
        raw: &[u8],
        truncated: bool,
        signed_by: Option<&str>,
        now: Moment,
    ) -> anyhow::Result<()> {
        let place = place.map(str::to_string);
        let message = Arriving {
            place,
            raw,
            truncated,
            signed_by,
        };
        self.receive_together(&[message], now)
    }

    /// Takes over messages and does what follows from them, several in a transaction; with each stands the domain of a
    /// signature over it that was found good.
    ///
    /// # Errors
    /// As [`Engine::handle_message`].
    pub fn receive_all(
        &mut self,
        messages: &[(Fetched, Option<String>)],
        now: Moment,
    ) -> anyhow::Result<()> {
        for together in messages.chunks(MESSAGES_IN_A_TRANSACTION) {
            let arriving: Vec<Arriving<'_>> = together
                .iter()
                .map(|(message, signed_by)| Arriving {
                    place: Some(message.place.to_string()),
                    raw: &message.bytes,
                    truncated: message.truncated,
                    signed_by: signed_by.as_deref(),
                })
                .collect();
            self.receive_together(&arriving, now)?;
        }
        Ok(())
    }

    fn receive_together(&mut self, messages: &[Arriving<'_>], now: Moment) -> anyhow::Result<()> {
        let tx = self.store.transaction()?;
        let mut ids = Vec::with_capacity(messages.len());
        for message in messages {
            let place = message.place.as_deref();
            let id = inbox::record(&tx, now, place, message.raw, message.truncated)?;
            if let Some(domain) = message.signed_by {
                inbox::signed(&tx, id, domain)?;
            }
            // The same message at two places is one.
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let mut waiting = Vec::with_capacity(ids.len());
        for id in ids {
            waiting.extend(inbox::begin(&tx, id)?);
        }
        failpoint::reach("message-recording")?;
        tx.commit()?;
        failpoint::reach("message-recorded")?;
        // One of those that were tried before may have ended the program: it takes no other with it again.
        let (new, tried): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|it| it.attempts == 0);
        self.handle(&new, now)?;
        for message in tried {
            self.handle(&[message], now)?;
        }
        Ok(())
    }

    /// Reads a message and does what follows from it; a message that was handled before changes nothing.
    ///
    /// A message that cannot be handled waits by itself and is set aside after three tries: that is no error here.
    ///
    /// # Errors
    /// The store cannot be written (disk full): the caller must stop taking messages over.
    pub fn handle_message(&mut self, id: InboxId, now: Moment) -> anyhow::Result<()> {
        let tx = self.store.transaction()?;
        let waiting = inbox::begin(&tx, id)?;
        tx.commit()?;
        self.handle(waiting.as_slice(), now)
    }

    /// Does what follows from messages whose attempt has been counted, so that one that kills the process is counted, too.
    /// They share a transaction, but each is a unit of failure of its own.
    fn handle(&mut self, messages: &[inbox::Waiting], now: Moment) -> anyhow::Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        let tx = self.store.transaction()?;
        let (mut all_ordered, mut all_read_again) = (Vec::new(), Vec::new());
        for message in messages {
            let read = match message.attempts >= inbox::STRIKES {
                true => Err(anyhow::anyhow!(
                    "the program ended while reading it, {} times",
                    message.attempts
                )),
                false => unit(&tx, || self.path.message(&tx, message, now))?,
            };
            match read {
                Ok(read) => {
                    all_ordered.extend(read.ordered);
                    all_read_again.extend(
                        read.read_again
                            .into_iter()
                            .filter(|again| *again != message.id),
                    );
                }
                Err(error) => {
                    tracing::warn!(inbox = message.id.0, error = %short(&error), "message not handled");
                    inbox::set_back(&tx, message.id, now, &short(&error))?;
                }
            }
        }
        failpoint::reach("message-deciding")?;
        tx.commit()?;
        failpoint::reach("message-decided")?;
        self.remember(all_ordered);
        // Messages that have waited for these ones' word. Should we end here, they are among those that wait.
        for message in all_read_again {
            self.handle_message(message, now)?;
        }
        Ok(())
    }

    /// Handles messages that wait, oldest first.
    pub fn handle_waiting(&mut self, now: Moment, limit: u32) -> anyhow::Result<usize> {
        let tx = self.store.transaction()?;
        inbox::take_up_again(&tx, now, limit)?;
        tx.commit()?;
        let waiting = inbox::unhandled(self.store.reader(), now, limit)?;
        for id in &waiting {
            self.handle_message(*id, now)?;
        }
        Ok(waiting.len())
    }

    /// Answers to letters that were ordered before this moment prove nothing any more: their key is not taken.
    pub fn revoke_before(&mut self, moment: Moment) -> anyhow::Result<()> {
        let tx = self.store.transaction()?;
        trust::revoke_before(&tx, moment)?;
        tx.commit()?;
        Ok(())
    }

    /// Remembers what was found out about the mail provider.
    pub fn keep_profile(&mut self, profile: &Profile, now: Moment) -> anyhow::Result<()> {
        let tx = self.store.transaction()?;
        trust::keep_provider(&tx, profile, now)?;
        tx.commit()?;
        Ok(())
    }

    // ---------------------------------------------------------------- the clock

    /// Does what is due, oldest first, at most `limit` occasions. Several share a transaction, but each is a unit of
    /// failure of its own.
    ///
    /// # Errors
    /// The store cannot be read or written; what is due stays due.
    pub fn tick(&mut self, now: Moment, limit: u32) -> anyhow::Result<Ticked> {
        failpoint::reach("occasions-due")?;
        let due = occasions::due(self.store.reader(), now, limit)?;
        let mut ticked = Ticked::default();
        // Pairs are worked out from what is committed, and nothing else waits meanwhile in an open transaction.
        for alike in due.chunk_by(|one, next| !works_out_pairs(one) && !works_out_pairs(next)) {
            for together in alike.chunks(OCCASIONS_IN_A_TRANSACTION) {
                self.handle_due(together, now, &mut ticked)?;
            }
        }
        self.remove_old_pages()?;
        Ok(ticked)
    }

    /// After an erasure: what was deleted goes out of the files, too. Where another process is reading, it is tried
    /// again at the next tick.
    fn remove_old_pages(&mut self) -> anyhow::Result<()> {
        if !removals::pages_wait(self.store.reader())? || !self.store.leave_no_trace()? {
            return Ok(());
        }
        self.path.erase_from_kept_databases()?;
        let tx = self.store.transaction()?;
        removals::pages_done(&tx)?;
        tx.commit()?;
        Ok(())
    }

    /// Everything that is kept about a person, as files: a text and JSON.
    pub fn personal_data(
        &self,
        person: crate::ids::PersonId,
        now: Moment,
    ) -> anyhow::Result<Vec<crate::programme::letter::Attachment>> {
        let db = self.store.reader();
        facts::person(db, person)?.with_context(|| format!("there is no person {person}"))?;
        super::own_data::own_data(&self.path.config, db, now, person)
    }

    /// Whether every line of the journal is as it was written.
    pub fn check_journal(&self) -> anyhow::Result<crate::store::journal::Checked> {
        let seal = |bytes: &[u8]| self.path.keys.journal_seal(bytes);
        Ok(crate::store::journal::check(self.store.reader(), &seal)?)
    }

    /// Copies in the mailbox of what was erased, to be looked for and removed there.
    pub fn copies_to_remove(&self, limit: u32) -> anyhow::Result<Vec<removals::Copy>> {
        Ok(removals::copies(self.store.reader(), limit)?)
    }

    pub fn copies_removed(&mut self, ids: &[i64]) -> anyhow::Result<()> {
        let tx = self.store.transaction()?;
        removals::copies_done(&tx, ids)?;
        tx.commit()?;
        Ok(())
    }

    fn handle_due(
        &mut self,
        together: &[MaybeDue],
        now: Moment,
        ticked: &mut Ticked,
    ) -> anyhow::Result<()> {
        let events: Vec<anyhow::Result<Event>> = together
            .iter()
            .map(|(_, due)| match due {
                Ok(due) => catch_unwind(AssertUnwindSafe(|| self.due_event(due, now)))
                    .unwrap_or_else(|_| {
                        Err(anyhow::anyhow!("it failed in a way that it must not"))
                    }),
                Err(error) => Err(anyhow::anyhow!("{error}")),
            })
            .collect();
        let tx = self.store.transaction()?;
        let mut all_ordered = Vec::new();
        for ((occasion, _), event) in together.iter().zip(events) {
            let handled = match event {
                Ok(event) => unit(&tx, || self.path.due(&tx, *occasion, &event, now))?,
                Err(error) => Err(error),
            };
            match handled {
                Ok(ordered) => {
                    all_ordered.extend(ordered);
                    ticked.handled += 1;
                }
                Err(error) => {
                    tracing::warn!(occasion = occasion.0, error = %short(&error), "occasion not handled");
                    occasions::set_back(&tx, *occasion, now, &short(&error))?;
                    ticked.failed += 1;
                }
            }
        }
        failpoint::reach("occasions-deciding")?;
        tx.commit()?;
        failpoint::reach("occasions-decided")?;
        self.remember(all_ordered);
        Ok(())
    }

    /// What falls due as an event; for those that work out pairs, with the pairs.
    fn due_event(&self, due: &Due, now: Moment) -> anyhow::Result<Event> {
        let settings = &self.path.config.settings;
        Ok(match &due.what {
            Occasion::Matching { round } => Event::Proposed(super::pairing::for_round(
                self.store.reader(),
                settings,
                round,
                now,
            )?),
            Occasion::Pool { round, .. } => Event::Proposed(super::pairing::for_pool(
                self.store.reader(),
                settings,
                round,
                now,
            )?),
            _ => Event::Due(due.clone()),
        })
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
        let settings = &self.path.config.settings;
        let event = Event::Command(command);
        let event = super::pairing::worked_out(self.store.reader(), settings, event, now)?;
        let decision = self.at_once(&event, now)?;
        Ok(match decision.outcome {
            Ending::Handled => decision.note,
            Ending::Ignored(why)
            | Ending::NeedsPerson(why)
            | Ending::NeedsSafetyContact(why)
            | Ending::WaitsForOwner(why) => {
                format!("nothing was done: {why}")
            }
        })
    }

    /// Works out a round's pairs now, as its occasion would.
    pub fn match_now(&mut self, round: &str, now: Moment) -> anyhow::Result<String> {
        let settings = &self.path.config.settings;
        let proposed = super::pairing::for_round(self.store.reader(), settings, round, now)?;
        Ok(self.at_once(&Event::Proposed(proposed), now)?.note)
    }

    /// Something about the daemon's surroundings that a person has to mend, or that has been mended: the digest tells it.
    pub fn noticed(&mut self, noticed: Noticed, now: Moment) -> anyhow::Result<()> {
        if let Noticed::Mended { what } = &noticed
            && !waiting::is_trouble(self.store.reader(), what)?
        {
            return Ok(());
        }
        self.at_once(&Event::Noticed(noticed), now)?;
        Ok(())
    }

    pub(super) fn at_once(&mut self, event: &Event, now: Moment) -> anyhow::Result<Decision> {
        let tx = self.store.transaction()?;
        let gone = self
            .path
            .go(&tx, now, &Going::by_itself(event, "command"))?;
        tx.commit()?;
        self.remember(gone.ordered);
        Ok(gone.decision)
    }

    /// In rehearsals only: nobody else asks for them.
    pub(super) fn remember(&mut self, ordered: Vec<String>) {
        if self.path.mark_letters {
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

    /// Those of the listed messages that have not been taken over before.
    pub fn not_known(&self, listed: Vec<Listed>) -> anyhow::Result<Vec<Listed>> {
        let db = self.store.reader();
        let mut wanted = Vec::with_capacity(listed.len());
        for message in listed {
            if !inbox::knows_place(db, &message.place.to_string())? {
                wanted.push(message);
            }
        }
        Ok(wanted)
    }
}

/// The name of the database in the state folder.
pub const DATABASE: &str = "pairpost.db";

/// An error as one line without more of the mail in it than a coordinator needs.
fn short(error: &anyhow::Error) -> String {
    address::clean(&format!("{error:#}"), 300)
}
