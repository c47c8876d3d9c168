//! The loop of a rehearsal: the real engine, the real Maildirs, a clock that jumps from one thing that happens to the
//! next, and a world of invented people who answer what they get.
//!
//! What was lost or came twice is counted by comparing what the people's mailboxes received with what the decisions
//! ordered, not by asking the outbox.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::{Days, TimeDelta};
use sha2::{Digest, Sha256};

use super::habits::{RoundDates, Shares};
use super::summary::{self, Played};
use super::world::{CoordinatorMailbox, FreeMessage, Outgoing, World, WorldSettings};
use crate::config::Config;
use crate::daemon::Engine;
use crate::daemon::receive::destinations;
use crate::mail::inbound::mailbox::{LIST_MAX, Mailbox, batches};
use crate::mail::inbound::maildir;
use crate::mail::outbound::maildir::MaildirTransport;
use crate::mail::outbound::{Envelope, Outcome};
use crate::mail::token::Keys;
use crate::programme::settings::{Round, Settings};
use crate::programme::timetable;
use crate::store::{Durability, look};
use crate::time::Moment;

pub use super::summary::Summary;

/// What is rehearsed.
pub struct Rehearsal {
    pub config: Config,
    /// Everything is written below this folder.
    pub dir: PathBuf,
    pub seed: u64,
    pub people: u32,
    pub countries: Option<u32>,
    pub shares: Shares,
    pub free_messages: Vec<FreeMessage>,
}

/// A message that will arrive, soonest first; the number keeps those of one moment in their order.
struct Arriving {
    at: Moment,
    number: u64,
    message: Outgoing,
}

impl PartialEq for Arriving {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.number) == (other.at, other.number)
    }
}

impl Eq for Arriving {}

impl PartialOrd for Arriving {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Arriving {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// The key of a rehearsal: the same seed signs the same tokens.
pub fn keys_of(seed: u64) -> Keys {
    Keys::new(Sha256::digest(format!("pairpost rehearsal {seed}")).into())
}

/// Runs the first round of the config from its opening to the end of the first week of the next one; where there is no
/// next one, to a week after its end. `progress` is told the date and how much of the time has passed, between 0 and 1.
///
/// # Errors
/// The config has no round, or the folder cannot be written.
pub fn run(rehearsal: Rehearsal, progress: &mut dyn FnMut(Moment, f64)) -> anyhow::Result<Summary> {
    let began = std::time::Instant::now();
    let settings = rehearsal.config.settings.clone();
    let rounds = rounds(&settings);
    let round = rounds
        .first()
        .context("the config has no round to rehearse; add a file to rounds/")?;
    let mut world = world(&rehearsal, &rounds);
    let mut stage = Stage::set_up(&rehearsal, round)?;
    for message in world.applications() {
        stage.will_arrive(message);
    }
    let week_after = match rounds.get(1) {
        Some(next) => next.start,
        None => round.end,
    } + Days::new(7);
    let end = timetable::morning(&settings, week_after, settings.zone);
    let span = (end - stage.now).num_seconds().max(1) as f64;
    let start = stage.now;
    let mut ordered = BTreeSet::new();
    loop {
        let moved = stage.receive()? | stage.tick()? | stage.deliver(&mut world)?;
        ordered.extend(stage.engine.take_ordered());
        if moved {
            continue;
        }
        let Some(next) = stage.next_moment()?.filter(|next| *next <= end) else {
            break;
        };
        stage.now = next;
        progress(next, (next - start).num_seconds() as f64 / span);
    }
    let db = stage.engine.store().reader();
    let numbers = rounds
        .iter()
        .map(|round| look::round_numbers(db, &round.id))
        .collect::<Result<Vec<_>, _>>()?;
    // Letters whose hour comes after the rehearsal's end are neither lost nor delivered.
    let to_come = look::letters_due_after(db, stage.now)?;
    ordered.retain(|key| !to_come.contains(key));
    Ok(summary::of(Played {
        people: rehearsal.people,
        world: &world,
        rounds: numbers,
        ordered: &ordered,
        ended: stage.now,
        letters_at: stage.outgoing,
        letters: stage.letters,
        wall: began.elapsed(),
    }))
}

/// The round that is rehearsed, and the one after it.
fn rounds(settings: &Settings) -> Vec<Round> {
    let mut rounds = settings.rounds.clone();
    rounds.sort_by_key(|round| round.start);
    rounds.truncate(2);
    rounds
}

fn world(rehearsal: &Rehearsal, rounds: &[Round]) -> World {
    let settings = &rehearsal.config.settings;
    let dates = |round: &Round| RoundDates {
        opens: timetable::morning(settings, round.opens, settings.zone),
        deadline: timetable::deadline(round),
        start: timetable::morning(settings, round.start, settings.zone),
        end: timetable::morning(settings, round.end, settings.zone),
    };
    World::new(WorldSettings {
        seed: rehearsal.seed,
        people: rehearsal.people,
        countries: rehearsal.countries,
        only_countries: Vec::new(),
        shares: rehearsal.shares.clone(),
        programme_address: settings.address.clone(),
        coordinators: settings
            .coordinators
            .iter()
            .enumerate()
            .map(|(number, coordinator)| CoordinatorMailbox {
                name: coordinator.name.clone(),
                address: coordinator.address.clone(),
                releases: number == 0,
            })
            .collect(),
        rounds: rounds.iter().map(dates).collect(),
        form: &settings.form,
        surveys: &settings.surveys,
        language: settings
            .languages
            .first()
            .cloned()
            .unwrap_or_else(|| "en".into()),
        free_messages: rehearsal.free_messages.clone(),
    })
}

/// Engine, mailboxes and clock of one rehearsal.
struct Stage {
    engine: Engine,
    now: Moment,
    arriving: BinaryHeap<Reverse<Arriving>>,
    count: u64,
    incoming: PathBuf,
    outgoing: PathBuf,
    mailbox: Mailbox,
    transport: MaildirTransport,
    runtime: tokio::runtime::Runtime,
    letters: Sha256,
}

impl Stage {
    fn set_up(rehearsal: &Rehearsal, round: &Round) -> anyhow::Result<Stage> {
        let config = rehearsal.config.clone().on_maildirs(&rehearsal.dir);
        std::fs::create_dir_all(&config.state_dir)
            .with_context(|| format!("{}: cannot be made", config.state_dir.display()))?;
        let zone = config.settings.zone;
        let mut now = timetable::morning(&config.settings, round.opens - Days::new(1), zone);
        now -= TimeDelta::hours(9);
        let (incoming, outgoing) = (rehearsal.dir.join("in"), rehearsal.dir.join("out"));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mailbox = runtime.block_on(Mailbox::connect(&config.mailbox))?;
        let mut engine =
            Engine::open(config, keys_of(rehearsal.seed), Durability::Alone)?.for_rehearsal();
        engine.start(now)?;
        Ok(Stage {
            engine,
            now,
            arriving: BinaryHeap::new(),
            count: 0,
            incoming,
            transport: MaildirTransport::numbered(outgoing.clone()),
            outgoing,
            mailbox,
            runtime,
            letters: Sha256::new(),
        })
    }

    fn will_arrive(&mut self, message: Outgoing) {
        self.count += 1;
        let arriving = Arriving {
            at: message.at,
            number: self.count,
            message,
        };
        self.arriving.push(Reverse(arriving));
    }

    /// The next moment at which something happens.
    fn next_moment(&self) -> anyhow::Result<Option<Moment>> {
        let message = self.arriving.peek().map(|Reverse(next)| next.at);
        // What is due but did not move waits for the hourly ceiling: look again in a minute.
        let due = self
            .engine
            .next_due()?
            .map(|at| at.max(self.now + TimeDelta::minutes(1)));
        Ok(message.into_iter().chain(due).min())
    }

    /// Messages whose moment has come arrive in the Maildir; the mailbox is read as the daemon reads it.
    fn receive(&mut self) -> anyhow::Result<bool> {
        let mut any = false;
        while self
            .arriving
            .peek()
            .is_some_and(|Reverse(next)| next.at <= self.now)
        {
            let Some(Reverse(arrived)) = self.arriving.pop() else {
                break;
            };
            let stem = format!("{:08}", arrived.number);
            maildir::deliver(
                &self.incoming,
                &arrived.message.as_delivered(),
                false,
                Some(&stem),
            )?;
            any = true;
        }
        if !any {
            return Ok(false);
        }
        loop {
            let listed = self.runtime.block_on(self.mailbox.list_next())?;
            if listed.is_empty() {
                return Ok(true);
            }
            for piece in batches(&listed) {
                let fetched = self.runtime.block_on(self.mailbox.fetch(piece))?;
                let unsigned: Vec<_> = fetched.into_iter().map(|it| (it, None)).collect();
                self.engine.receive_all(&unsigned, self.now)?;
            }
            self.file_away()?;
            // All that has arrived was on the list, but for what does not fit on one.
            if listed.len() < LIST_MAX as usize {
                return Ok(true);
            }
        }
    }

    fn file_away(&mut self) -> anyhow::Result<()> {
        loop {
            let waiting = self.engine.to_file_away(500)?;
            if waiting.is_empty() {
                return Ok(());
            }
            let done = destinations(&waiting);
            self.runtime.block_on(self.mailbox.file_away(&done))?;
            let places: Vec<String> = waiting.into_iter().map(|(place, _)| place).collect();
            self.engine.filed_away(&places, self.now)?;
        }
    }

    fn tick(&mut self) -> anyhow::Result<bool> {
        let waiting = self.engine.handle_waiting(self.now, 100)?;
        let ticked = self.engine.tick(self.now, 500)?;
        Ok(waiting + ticked.handled + ticked.failed > 0)
    }

    /// Letters leave into the Maildir, and each is read there by whoever it is for.
    fn deliver(&mut self, world: &mut World) -> anyhow::Result<bool> {
        let letters = self.engine.take_letters(self.now, 200)?;
        let mut outcomes = Vec::with_capacity(letters.len());
        for letter in &letters {
            let envelope = Envelope {
                from: Some(letter.envelope_from.clone()),
                to: letter.envelope_to.clone(),
                copy_to: None,
            };
            let outcome = self
                .transport
                .deliver(&envelope, &letter.bytes, &mut |_| Ok(()));
            outcomes.push(outcome);
            let Some(Outcome::Accepted { reply: file }) = outcomes.last() else {
                continue;
            };
            let delivered = std::fs::read(self.outgoing.join("new").join(file))?;
            self.letters.update(&delivered);
            let (from, to, bytes) = as_received(&delivered);
            for answer in world.receive(bytes, to, from, self.now) {
                self.will_arrive(answer);
            }
        }
        if letters.is_empty() {
            return Ok(false);
        }
        self.engine
            .all_delivered(letters.iter().zip(&outcomes), self.now)?;
        Ok(true)
    }
}

/// A delivered file as envelope and message: the first two lines are the mail host's notes.
fn as_received(file: &[u8]) -> (Option<&str>, &str, &[u8]) {
    let mut rest = file;
    let mut line = || -> &str {
        let end = rest
            .iter()
            .position(|&byte| byte == b'\n')
            .unwrap_or(rest.len());
        let (first, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        std::str::from_utf8(first).unwrap_or_default()
    };
    let from = line()
        .trim_start_matches("Return-Path: <")
        .trim_end_matches('>');
    let to = line().trim_start_matches("Delivered-To: ");
    ((!from.is_empty()).then_some(from), to, rest)
}

/// The folder to rehearse in: the given one, made where missing, else a new one below the system's temporary folder.
///
/// # Errors
/// An earlier rehearsal lies in the given folder, or a folder cannot be made.
pub fn folder(given: Option<&Path>, name: &str) -> anyhow::Result<PathBuf> {
    let Some(dir) = given else {
        return temporary_dir(name);
    };
    anyhow::ensure!(
        !dir.join("out").exists(),
        "{}: an earlier {name} lies there; name another folder",
        dir.display()
    );
    std::fs::create_dir_all(dir).with_context(|| format!("{}: cannot be made", dir.display()))?;
    Ok(std::fs::canonicalize(dir)?)
}

/// A folder for a rehearsal, below the system's temporary one.
fn temporary_dir(name: &str) -> anyhow::Result<PathBuf> {
    let base = std::env::temp_dir();
    for number in 0..10_000 {
        let dir = base.join(format!("pairpost-{name}-{}-{number}", std::process::id()));
        match std::fs::create_dir(&dir) {
            Ok(()) => return Ok(dir),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("{}: cannot be made", Path::display(&dir)));
            }
        }
    }
    anyhow::bail!("{}: no free name for a temporary folder", base.display())
}
