//! Erasing people: what surrounds `store::erasure`. The list of who was erased (keyed hashes, beside the database), the
//! letters and messages of others that speak of them, the copies in the mailbox, and old pages of the files.
//!
//! The list is written before the database is: a crash in between leaves somebody on the list who is still in the
//! database, and the next start erases them. A restored backup is brought up to date in the same way, before anything
//! is sent.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rusqlite::Transaction;

use super::identify::address_key;
use super::path::OnePath;
use crate::ids::{InboxId, LetterId, PersonId};
use crate::mail::mention::{Glance, Somebody, Words, message_id};
use crate::programme::decision::{Change, Decision};
use crate::programme::event::{Authority, Command, CommandKind, Event};
use crate::programme::privacy;
use crate::store::removals::Arrived;
use crate::store::tombstones::Tombstone;
use crate::store::{
    Durability, Store, apply, erasure, facts, journal, look, removals, rights, tombstones,
};
use crate::time::{Moment, from_seconds};

/// The list's name in the state folder. `pairpost restore` leaves it as it is.
pub const LIST: &str = "erased.jsonl";

/// Somebody who is being erased, and how others speak of them.
struct Leaving {
    person: PersonId,
    words: Somebody,
    partners: Vec<PersonId>,
}

impl OnePath {
    /// What must happen before a decision is applied, in the same transaction.
    pub(super) fn before_applying(
        &self,
        tx: &Transaction<'_>,
        now: Moment,
        decision: &Decision,
    ) -> anyhow::Result<()> {
        let mut leaving = Vec::new();
        for change in &decision.changes {
            match change {
                Change::Erase { person } => {
                    if let Some(tombstone) = self.tombstone(tx, now, *person)? {
                        append(&self.config.state_dir, &tombstone)?;
                        leaving.push((*person, tombstone));
                    }
                }
                Change::DropBytes { before } => {
                    let mut dropped = Vec::new();
                    rights::each_to_drop(tx, *before, |id, bytes| {
                        dropped.push(arrived(id, bytes))
                    })?;
                    for message in &dropped {
                        removals::plan_message(tx, message, removals::ERASED)?;
                    }
                }
                Change::DropMessage { inbox } => {
                    if let Some((_, _, bytes)) = look::message(tx, inbox.0)? {
                        let message = arrived(*inbox, &bytes);
                        removals::plan_message(tx, &message, removals::ANSWERED)?;
                    }
                }
                _ => {}
            }
        }
        self.prepare_erasures(tx, &leaving)
    }

    /// Whoever comes to be known may have been here before.
    pub(super) fn after_applying(
        &self,
        tx: &Transaction<'_>,
        decision: &Decision,
    ) -> anyhow::Result<()> {
        for change in &decision.changes {
            if let Change::NewPerson { id, address, .. } = change {
                let own = address_key(address);
                let pair_with = self.keys.pairs_with(&own);
                tombstones::recognise(tx, *id, &self.keys.address_hash(&own), &pair_with)?;
            }
        }
        Ok(())
    }

    fn tombstone(
        &self,
        tx: &Transaction<'_>,
        now: Moment,
        person: PersonId,
    ) -> anyhow::Result<Option<Tombstone>> {
        let Some(remains) = erasure::remains(tx, person)? else {
            return Ok(None);
        };
        let addresses = remains.addresses.iter();
        let pairs = addresses.clone().flat_map(|own| {
            let partners = remains.partners.iter();
            partners.map(|other| self.keys.pair_hash(own, other))
        });
        Ok(Some(Tombstone {
            erased_at: now.timestamp(),
            addresses: addresses
                .clone()
                .map(|address| self.keys.address_hash(address))
                .collect(),
            pairs: pairs.collect(),
            stopped: remains.stopped,
            silences: remains.silences,
        }))
    }

    /// Everything about these people that does not follow from the tables, while their rows are still there. Mail is read
    /// once for all of them.
    fn prepare_erasures(
        &self,
        tx: &Transaction<'_>,
        leaving: &[(PersonId, Tombstone)],
    ) -> anyhow::Result<()> {
        if leaving.is_empty() {
            return Ok(());
        }
        let mut people = Vec::with_capacity(leaving.len());
        for (person, tombstone) in leaving {
            tombstones::keep(tx, tombstone)?;
            let addresses = erasure::written_addresses(tx, *person)?;
            erasure::claim_messages(tx, *person, &addresses)?;
            for (round, survey) in erasure::surveys(tx, *person)? {
                erasure::forget_sheet(tx, &self.keys.survey_sheet(&round, &survey, *person))?;
            }
            let name = facts::person(tx, *person)?.map_or_else(String::new, |person| person.name);
            people.push(Leaving {
                person: *person,
                words: Somebody::new(addresses.iter().map(String::as_str), &name),
                partners: erasure::partners(tx, *person)?,
            });
        }

        let named = |bytes: &[u8], subject: &str| {
            let glance = Glance::at(bytes, subject);
            people.iter().any(|it| it.words.may_be_in(&glance)) && {
                let text = Words::of(bytes).and(subject);
                people.iter().any(|it| it.words.are_in(&text))
            }
        };
        let mut letters = Vec::new();
        erasure::each_letter(tx, |letter| {
            let own = people.iter().any(|it| letter.person == Some(it.person));
            if own || named(&letter.bytes, &letter.subject) {
                letters.push(letter.id);
            }
            Ok(())
        })?;
        let mut messages = Vec::new();
        erasure::each_message(tx, |message| {
            let own = |it: &Leaving| message.person == Some(it.person);
            // A partner writes of somebody by any name.
            let of_partner =
                |it: &Leaving| message.person.is_some_and(|of| it.partners.contains(&of));
            // What has not been read yet is needed as it is.
            let wanted = people.iter().any(own)
                || !message.open && (people.iter().any(of_partner) || named(&message.bytes, ""));
            if wanted {
                messages.push(arrived(InboxId(message.id), &message.bytes));
            }
            Ok(())
        })?;
        removals::plan_letters(tx, &letters)?;
        for message in &messages {
            removals::plan_message(tx, message, removals::ERASED)?;
            erasure::forget_message(tx, message.id)?;
        }
        for letter in letters {
            erasure::forget_letter(tx, LetterId(letter))?;
        }
        removals::plan_pages(tx)?;
        Ok(())
    }

    /// Erases anew whoever was erased before and is in this database all the same: it is a backup that was put back.
    /// Also the other way round: a list that is lost is written anew.
    pub(super) fn replay_erasures(&self, store: &mut Store) -> anyhow::Result<()> {
        let Some(list) = read(&self.config.state_dir)? else {
            let known = tombstones::all(store.reader())?;
            return known
                .iter()
                .try_for_each(|tombstone| append(&self.config.state_dir, tombstone));
        };
        let mut missing = Vec::new();
        for tombstone in list {
            if !tombstones::knows(store.reader(), &tombstone)? {
                missing.push(tombstone);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let tx = store.transaction()?;
        let everybody: Vec<(PersonId, String, i64)> = tombstones::everybody(&tx)?
            .into_iter()
            .map(|(id, address, since)| (id, self.keys.address_hash(&address), since))
            .collect();
        let mut again: Vec<(PersonId, Tombstone)> = Vec::new();
        for tombstone in &missing {
            for (person, hash, since) in &everybody {
                let erased_then =
                    *since <= tombstone.erased_at && tombstone.addresses.contains(hash);
                if erased_then && again.iter().all(|(known, _)| known != person) {
                    again.push((*person, tombstone.clone()));
                }
            }
            tombstones::keep(&tx, tombstone)?;
        }
        self.prepare_erasures(&tx, &again)?;
        for (person, tombstone) in again {
            let now = from_seconds(tombstone.erased_at);
            let event = Event::Command(Command {
                by: "the list of erasures".into(),
                what: CommandKind::Erase { person },
                inbox: None,
                authority: Authority::Machine,
            });
            let facts = facts::load(&tx, now, &event, None)?;
            let decision = privacy::erase_again(&self.config.settings, &facts);
            apply::apply(&tx, now, &decision, &address_key)?;
            let line = journal::Line {
                cause: "restore",
                decision: &decision,
                person: None,
                partnership: None,
                ordered: &[],
            };
            journal::write(&tx, now, &line, &|bytes| self.keys.journal_seal(bytes))?;
        }
        tx.commit()?;
        tracing::info!(
            erasures = missing.len(),
            "erasures were repeated in a database that was put back"
        );
        Ok(())
    }

    /// Former databases that `pairpost restore` has kept hold the same people.
    pub(super) fn erase_from_kept_databases(&self) -> anyhow::Result<()> {
        for path in kept_databases(&self.config.state_dir) {
            let ended = Store::open(&path, Durability::Full).and_then(|mut store| {
                self.replay_erasures(&mut store)?;
                store.leave_no_trace()
            });
            if let Err(error) = ended {
                tracing::warn!(
                    %error,
                    file = %path.display(),
                    "people who were erased may still be in this file: remove it when you need it no more"
                );
            }
        }
        Ok(())
    }
}

fn arrived(id: InboxId, bytes: &[u8]) -> Arrived {
    Arrived {
        id,
        message_id: message_id(bytes).unwrap_or_default(),
        size: bytes.len() as u64,
    }
}

fn kept_databases(state_dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(state_dir).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("pairpost.before-restore") && name.ends_with(".db")
        })
        .collect();
    paths.sort();
    paths
}

/// Adds a line, on the disk when this returns. Only the daemon's user may read it.
fn append(state_dir: &Path, tombstone: &Tombstone) -> anyhow::Result<()> {
    let path = state_dir.join(LIST);
    let mut line = serde_json::to_vec(tombstone)?;
    line.push(b'\n');
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| {
            file.write_all(&line)?;
            file.sync_all()
        })
        .with_context(|| format!("{}: the erasure cannot be noted down", path.display()))
}

/// The list, or `None` where there is none. A line that a crash cut short is passed over: what it was about has not been
/// erased either.
fn read(state_dir: &Path) -> anyhow::Result<Option<Vec<Tombstone>>> {
    let path = state_dir.join(LIST);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| {
                format!(
                    "{}: cannot be read, so nobody knows who was erased",
                    path.display()
                )
            });
        }
    };
    let lines = text.lines().enumerate();
    let last = text.lines().count();
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .filter_map(|(at, line)| match serde_json::from_str(line) {
            Ok(tombstone) => Some(Ok(tombstone)),
            Err(_) if at + 1 == last && !text.ends_with('\n') => None,
            Err(error) => Some(Err(error).with_context(|| {
                format!("{}, line {}: this is no erasure", path.display(), at + 1)
            })),
        })
        .collect::<anyhow::Result<Vec<Tombstone>>>()
        .map(Some)
}
