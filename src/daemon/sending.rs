//! The engine's part in sending: which letters leave now, what has become of those that left, and what looking for those of
//! unknown end has brought. No network here: `deliver` carries them.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::engine::Engine;
use crate::failpoint;
use crate::ids::LetterId;
use crate::mail::outbound::{Outcome, pace};
use crate::programme::coordinating;
use crate::programme::event::{Event, Noticed};
use crate::programme::letter::{must_not_come_twice, order_of_leaving};
use crate::store::coordinating::brake;
use crate::store::{ceilings, outbox, unknown};
use crate::time::Moment;

/// What looking for a letter can bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    /// The server has it, or had it; the words say where it was seen.
    Found(String),
    /// It is not there, where a letter that was taken later is.
    CertainlyNone,
    /// Not seen, which proves nothing.
    None,
}

/// A coordinator may get so many letters a day: each answer to a command is one.
const COORDINATORS_LETTERS_A_DAY: u32 = 200;
/// Letters of this many hours are counted together where a runaway is looked for. Less than a day, since a daily letter may come
/// an hour earlier where clocks are changed.
const RUNAWAY_HOURS: i64 = 20;

/// The letters that leave together or not at all: those that introduce a pair.
const PAIRED: &str = "introduction";
/// So many waiting letters are looked at where the first ones can leave, which is the rule.
const LOOKED_AT_FIRST: u32 = 500;
/// So many at most, in steps of eight times as many, where hosts or addresses have had what they may get: those behind
/// them wait for their turn, and answers need not wait for the look.
const LOOKED_AT_MOST: u32 = 32_000;

/// So many letters of unknown end are looked for at a time.
const LOOKED_FOR_AT_A_TIME: u32 = 50;
/// So many letters with a known end are looked for beside them, to know whether a missing trace means anything.
const LETTERS_TO_COMPARE: u32 = 20;

impl Engine {
    /// The next letters to hand to the server, marked as on their way before it hears of them. The hourly ceiling
    /// holds for all kinds together.
    pub fn take_letters(
        &mut self,
        now: Moment,
        limit: u32,
    ) -> anyhow::Result<Vec<outbox::Leaving>> {
        if !self.is_letter_due(now)? {
            return Ok(Vec::new());
        }
        let ceiling = self.path.config.settings.ceilings.letters_per_hour;
        let sent = outbox::sent_since(self.store.reader(), now - TimeDelta::hours(1))?;
        let limit = limit.min(pace::room(ceiling, sent));
        if limit == 0 {
            return Ok(Vec::new());
        }
        let tx = self.store.transaction()?;
        let letters = outbox::take(&tx, now, limit)?;
        tx.commit()?;
        Ok(letters)
    }

    /// The same for a real server: the ceilings of a minute, a day, a mail host and an address hold, too; what matters most
    /// goes first; letters of a pair go together. Before anything else it is asked whether there can be a reason for so
    /// many letters; where there is none, all are held and the coordinators are asked.
    ///
    /// # Errors
    /// The store cannot be read or written; no letter has been taken then.
    pub fn take_paced(&mut self, now: Moment, limit: u32) -> anyhow::Result<Vec<outbox::Leaving>> {
        self.hold_a_runaway(now)?;
        // Asked every few seconds, mostly for nothing.
        if !self.is_letter_due(now)? {
            return Ok(Vec::new());
        }
        let ceilings = self.path.config.settings.ceilings;
        let db = self.store.reader();
        let hour = self.throttle.spared(ceilings.letters_per_hour, now);
        let mut window = pace::room(hour, outbox::sent_since(db, now - TimeDelta::hours(1))?);
        let yesterday = now - TimeDelta::hours(24);
        if let Some(day) = ceilings.letters_per_day {
            window = window.min(pace::room(day, outbox::sent_since(db, yesterday)?));
        }
        let paces = pace::Paces {
            per_minute: ceilings.letters_per_minute,
            per_domain_and_minute: ceilings.letters_per_domain_per_minute,
        };
        let limit = limit.min(self.throttle.room(&paces, now)).min(window);
        if limit == 0 || self.throttle.is_closed(now) {
            return Ok(Vec::new());
        }
        let many = ceilings.letters_per_address_per_day;
        let mut look = LOOKED_AT_FIRST.max(limit);
        let chosen = loop {
            let (mut waiting, are_all) = first_waiting(db, now, look)?;
            let mut got: HashMap<String, u32> = HashMap::new();
            for letter in &waiting {
                if !got.contains_key(&letter.to) {
                    let sent = ceilings::sent_to(db, &letter.to, yesterday)?;
                    got.insert(letter.to.clone(), sent);
                }
            }
            waiting.retain(|letter| {
                let most = match letter.to_coordinator {
                    true => many.max(COORDINATORS_LETTERS_A_DAY),
                    false => many,
                };
                let got = got.entry(letter.to.clone()).or_default();
                *got += 1;
                *got <= most
            });
            let candidates: Vec<pace::Candidate> = waiting
                .into_iter()
                .map(|letter| pace::Candidate {
                    letter: letter.id,
                    together: letter.partnership.filter(|_| letter.kind == PAIRED),
                    to: letter.to,
                })
                .collect();
            let chosen = pace::choose(&candidates, limit, window, |domain| {
                self.throttle.room_for(domain, &paces, now)
            });
            if are_all || chosen.len() >= limit as usize || look >= LOOKED_AT_MOST {
                break chosen;
            }
            look = look.saturating_mul(8).min(LOOKED_AT_MOST);
        };
        if chosen.is_empty() {
            return Ok(Vec::new());
        }
        let tx = self.store.transaction()?;
        let letters = outbox::take_these(&tx, now, &chosen)?;
        failpoint::reach("letters-taking")?;
        tx.commit()?;
        failpoint::reach("letters-taken")?;
        Ok(letters)
    }

    fn is_letter_due(&self, now: Moment) -> anyhow::Result<bool> {
        let due = outbox::next_due(self.store.reader())?;
        Ok(due.is_some_and(|due| due <= now))
    }

    /// More letters that nobody asked for than there are people for them are a defect: nothing of it leaves.
    fn hold_a_runaway(&mut self, now: Moment) -> anyhow::Result<()> {
        let since = now - TimeDelta::hours(RUNAWAY_HOURS);
        let (planned, people) = ceilings::planned(self.store.reader(), since)?;
        if !coordinating::is_runaway(planned, people) {
            return Ok(());
        }
        if brake(self.store.reader())?.is_none() {
            tracing::error!(
                planned,
                people,
                "more letters are planned than there can be a reason for: all are held, and the coordinators are asked"
            );
            self.at_once(&Event::Noticed(Noticed::Runaway { planned, people }), now)?;
        }
        Ok(())
    }

    /// The server was not asked after all (no connection, an ordered stop).
    pub fn put_back(&mut self, letters: &[LetterId]) -> anyhow::Result<()> {
        let tx = self.store.transaction()?;
        for letter in letters {
            outbox::untouched(&tx, *letter)?;
        }
        failpoint::reach("putting-back")?;
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
        self.all_delivered(std::iter::once((letter, outcome)), now)
    }

    /// What became of several letters, in one transaction.
    pub fn all_delivered<'a>(
        &mut self,
        letters: impl IntoIterator<Item = (&'a outbox::Leaving, &'a Outcome)>,
        now: Moment,
    ) -> anyhow::Result<()> {
        let tx = self.store.transaction()?;
        let mut ordered = Vec::new();
        let mut went = Vec::new();
        for (letter, outcome) in letters {
            ordered.extend(self.path.delivered(&tx, letter, outcome, now)?);
            went.push((pace::domain_of(&letter.envelope_to), outcome));
        }
        failpoint::reach("delivered-deciding")?;
        tx.commit()?;
        failpoint::reach("delivered-decided")?;
        for (domain, outcome) in went {
            self.throttle.went(domain, outcome, now);
        }
        self.remember(ordered);
        Ok(())
    }

    /// Letters whose end nobody told and that are to be looked for now, with letters that the server took after the first of
    /// them, and when: where one of these leaves a trace, whatever came before it would have left one, too.
    pub fn to_look_for(
        &self,
        now: Moment,
    ) -> anyhow::Result<(Vec<unknown::Unknown>, Vec<unknown::TakenLater>)> {
        let letters = unknown::due(self.store.reader(), now, LOOKED_FOR_AT_A_TIME)?;
        if !letters.is_empty() {
            failpoint::reach("look-due")?;
        }
        let Some(since) = letters.iter().map(|letter| letter.since).min() else {
            return Ok(Default::default());
        };
        let taken = unknown::taken_since(self.store.reader(), since, LETTERS_TO_COMPARE)?;
        Ok((letters, taken))
    }

    /// What looking for a letter has brought.
    pub fn looked_for(
        &mut self,
        letter: &unknown::Unknown,
        found: &Trace,
        now: Moment,
    ) -> anyhow::Result<()> {
        let tx = self.store.transaction()?;
        match found {
            Trace::Found(where_it_was) => {
                unknown::arrived(&tx, letter.id, now, where_it_was)?;
            }
            Trace::CertainlyNone => {
                unknown::send_again(&tx, letter.id, now, "the server never had it")?;
            }
            Trace::None => match pace::next_look(letter.looks + 1, now) {
                Some(at) => unknown::look_again(&tx, letter.id, at)?,
                None if must_not_come_twice(&letter.kind) || letter.unknown_ends > 1 => {
                    unknown::hold(&tx, letter.id)?;
                }
                None => {
                    let why = "no trace of it was found, and a second copy does no harm";
                    unknown::send_again(&tx, letter.id, now, why)?;
                }
            },
        }
        failpoint::reach("looked-for")?;
        tx.commit()?;
        tracing::info!(letter = letter.id.0, kind = letter.kind, found = ?found, "letter looked for");
        Ok(())
    }
}

/// About the first `look` letters that are due, in the order in which they should leave, and whether they are all. Of a
/// pair's letters none is left out where one is in.
fn first_waiting(
    db: &rusqlite::Connection,
    now: Moment,
    look: u32,
) -> rusqlite::Result<(Vec<ceilings::Waiting>, bool)> {
    let look = look as usize;
    let mut kinds = ceilings::kinds(db)?;
    kinds.sort_by_key(|kind| order_of_leaving(kind));
    let mut first = Vec::new();
    for alike in kinds.chunk_by(|one, next| order_of_leaving(one) == order_of_leaving(next)) {
        let room = look.saturating_sub(first.len());
        if room == 0 {
            return Ok((first, false));
        }
        let is_paired = alike.iter().any(|kind| kind == PAIRED);
        // One more tells whether there are more.
        let most = match is_paired {
            true => u32::MAX,
            false => u32::try_from(room + 1).unwrap_or(u32::MAX),
        };
        let mut of_these = Vec::new();
        for kind in alike {
            of_these.extend(ceilings::waiting(db, now, kind, most)?);
        }
        // Of one rank, what was due first goes first.
        of_these.sort_by_key(|letter| (letter.due_at, letter.id.0));
        let is_cut = !is_paired && of_these.len() > room;
        if is_cut {
            of_these.truncate(room);
        }
        first.append(&mut of_these);
        if is_cut {
            return Ok((first, false));
        }
    }
    Ok((first, true))
}
