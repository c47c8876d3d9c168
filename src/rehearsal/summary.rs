//! What came of a rehearsal: the JSON of `demo` and `rehearse`, and what stands behind its numbers in words.
//!
//! What was lost, came twice, was answered wrongly, came after somebody had left, or showed what was not for its reader is
//! counted from the people's mailboxes and the world's own knowledge. What the rounds came to is read from the database.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::TimeDelta;
use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::tally::{Mailboxes, Wrong, needs_a_person};
use super::world::World;
use crate::programme::letter::LetterKind;
use crate::store::look::RoundNumbers;
use crate::time::Moment;

#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Those who apply for the first round.
    pub people: u32,
    /// Those who come for the next round only. Figures "per 1,000" are for every 1,000 of both.
    pub newcomers: usize,
    pub countries: usize,
    /// Applications for the first round that were complete in time, and what became of it.
    pub complete: i64,
    pub capped: i64,
    pub partnerships: i64,
    /// Partnerships that were made out of the pool.
    pub rematched: i64,
    /// How long people who had lost their partner waited for the introduction to the next one.
    pub rematch_days_median: Option<f64>,
    pub rematch_days_worst: Option<f64>,
    /// The rounds that were rehearsed: the second up to its first week.
    pub rounds: Vec<RoundNumbers>,
    /// Letters delivered, by kind.
    pub letters: BTreeMap<String, u64>,
    /// Kinds of letters of which there was none.
    pub letters_never_sent: Vec<&'static str>,
    /// What people, coordinators and machines sent us, by kind.
    pub answers: BTreeMap<String, u64>,
    /// Messages of participants that were forwarded for a human decision, for every 1,000 people.
    pub needs_person_per_1000: f64,
    /// Of these, all but the questions in free words that only a person can answer.
    pub needs_person_beyond_questions_per_1000: f64,
    /// The same messages, by what they said; a count.
    pub needs_person_by_reason: BTreeMap<String, u64>,
    /// Notices to coordinators that need no act.
    pub notices_per_1000: f64,
    /// An estimate for all coordinators together, over all the time.
    pub coordinator_minutes: u64,
    pub duplicates: u64,
    /// Letters that were ordered and reached no mailbox, and messages of people that nothing answered.
    pub lost: usize,
    /// Letters that acted on something that was not said.
    pub answered_wrongly: usize,
    /// Unprompted letters to people who had left, or were on a break.
    pub mailed_after_leaving: usize,
    /// Letters in which somebody could read what was not for them.
    pub revealed: usize,
    /// Introductions of people who had met before, in whatever round.
    pub met_twice: usize,
    /// Forms that were complete and of which something was asked again.
    pub misread_forms: u64,
    /// What is behind the numbers that should be 0, in words, to look it up in the letters.
    #[serde(skip)]
    pub problems: Vec<String>,
    /// A Maildir with every letter.
    pub letters_at: PathBuf,
    /// Over the files of that Maildir, in the order of their names.
    pub letters_sha256: String,
    pub wall_s: f64,
}

impl Summary {
    /// Whether everything that must not happen has not happened.
    pub fn is_clean(&self) -> bool {
        self.duplicates == 0
            && self.lost == 0
            && self.answered_wrongly == 0
            && self.mailed_after_leaving == 0
            && self.revealed == 0
            && self.met_twice == 0
    }
}

/// What a summary is made from.
pub(super) struct Played<'a> {
    pub people: u32,
    pub world: &'a World,
    pub rounds: Vec<RoundNumbers>,
    /// Occasions of all letters that were ordered and due.
    pub ordered: &'a BTreeSet<String>,
    pub ended: Moment,
    pub letters_at: PathBuf,
    pub letters: Sha256,
    pub wall: std::time::Duration,
}

pub(super) fn of(played: Played<'_>) -> Summary {
    let mailboxes = played.world.mailboxes();
    let refused_or_astray = mailboxes.refused.iter().chain(&mailboxes.misdirected);
    let arrived: BTreeSet<&str> = mailboxes
        .occasions()
        .chain(refused_or_astray.map(|letter| letter.occasion.as_str()))
        .collect();
    let lost: Vec<&String> = played
        .ordered
        .iter()
        .filter(|key| !arrived.contains(key.as_str()))
        .collect();
    // Who wrote in the last hour may still be answered.
    let unanswered: Vec<_> = mailboxes
        .unanswered()
        .filter(|said| said.at < played.ended - TimeDelta::hours(1))
        .collect();
    let mut problems: Vec<String> = Vec::new();
    problems.extend(lost.iter().map(|key| format!("lost: {key}")));
    problems.extend(unanswered.iter().map(|said| {
        let who = said.person.map_or("a coordinator".into(), |person| {
            format!("inhabitant {person}")
        });
        format!("not answered: {} of {who} on {}", said.what, said.at)
    }));
    let wrong = |wrong: &Wrong| format!("answered wrongly: {} with {}", wrong.said, wrong.occasion);
    problems.extend(mailboxes.answered_wrongly.iter().map(wrong));
    for (what, occasions) in [
        ("after leaving", &mailboxes.mailed_after_leaving),
        ("revealed", &mailboxes.revealed),
        ("met before", &mailboxes.met_twice),
    ] {
        problems.extend(
            occasions
                .iter()
                .map(|occasion| format!("{what}: {occasion}")),
        );
    }
    let newcomers = played.world.newcomers();
    let everybody = (f64::from(played.people) + newcomers as f64).max(1.0);
    let per_1000 = |count: u64| (count as f64 * 10_000.0 / everybody).round() / 10.0;
    let forwarded = mailboxes.forwarded();
    let beyond = forwarded
        .iter()
        .filter(|(reason, _)| !needs_a_person(reason));
    let first = played.rounds.first();
    Summary {
        people: played.people,
        newcomers,
        countries: played.world.countries(),
        complete: first.map_or(0, |round| round.complete),
        capped: first.map_or(0, |round| round.capped),
        partnerships: first.map_or(0, |round| round.partnerships),
        rematched: first.map_or(0, |round| round.rematched),
        rematch_days_median: mailboxes.rematch_days_median(),
        rematch_days_worst: mailboxes.rematch_days_worst(),
        letters: mailboxes.letters.clone(),
        letters_never_sent: never_sent(mailboxes),
        answers: mailboxes.answers.clone(),
        needs_person_per_1000: per_1000(forwarded.values().sum()),
        needs_person_beyond_questions_per_1000: per_1000(beyond.map(|(_, count)| count).sum()),
        notices_per_1000: per_1000(mailboxes.told_to_coordinators("notice").len() as u64),
        coordinator_minutes: minutes(mailboxes, forwarded.values().sum()),
        needs_person_by_reason: forwarded,
        duplicates: mailboxes.duplicates,
        lost: lost.len() + unanswered.len(),
        answered_wrongly: mailboxes.answered_wrongly.len(),
        mailed_after_leaving: mailboxes.mailed_after_leaving.len(),
        revealed: mailboxes.revealed.len(),
        met_twice: mailboxes.met_twice.len(),
        misread_forms: mailboxes.misread_forms,
        problems,
        rounds: played.rounds,
        letters_at: played.letters_at,
        letters_sha256: HEXLOWER.encode(&played.letters.finalize()),
        wall_s: played.wall.as_secs_f64(),
    }
}

/// The page of a certificate travels in its letter and is none by itself.
fn never_sent(mailboxes: &Mailboxes) -> Vec<&'static str> {
    let letters = LetterKind::NAMES.iter().copied();
    letters
        .filter(|kind| *kind != "certificate-page" && !mailboxes.letters.contains_key(*kind))
        .collect()
}

/// How many minutes coordinators spend. Guesses, none of them measured: five for a message that needs an answer, twenty
/// for a proposal, two for a digest, half a one for a notice.
fn minutes(mailboxes: &Mailboxes, forwarded: u64) -> u64 {
    const SECONDS: [(&str, u64); 3] = [("proposal", 20 * 60), ("digest", 2 * 60), ("notice", 30)];
    let of_kinds = SECONDS
        .iter()
        .map(|(kind, seconds)| mailboxes.told_to_coordinators(kind).len() as u64 * seconds);
    (of_kinds.sum::<u64>() + forwarded * 5 * 60) / 60
}
