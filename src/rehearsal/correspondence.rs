//! What partners write to each other. Those letters do not pass through the programme; the world works out who has
//! heard from whom, so that people can answer truthfully when they are asked.

use std::collections::{BTreeMap, HashMap};

use chrono::Duration;

use crate::time::Moment;

/// Two people who were introduced to each other.
#[derive(Debug, Clone)]
struct Pair {
    /// When each read the introduction; the one with the lower number first.
    introduced: [Option<Moment>; 2],
    /// How long each takes to write.
    delay: [Duration; 2],
    /// Whether each would write unasked when nothing comes.
    eager: [bool; 2],
    /// Who is asked to write first.
    first: usize,
    /// A letter written because somebody asked.
    reminded: [Option<Moment>; 2],
    over: bool,
}

/// Until when each person writes to partners at all.
pub trait Alive {
    fn writes_at(&self, person: usize, at: Moment) -> bool;
}

/// All pairs of the world.
#[derive(Debug, Default)]
pub struct Correspondences {
    pairs: BTreeMap<(usize, usize), Pair>,
    /// Everybody whom a person was ever introduced to.
    met: HashMap<usize, Vec<usize>>,
}

/// How long somebody waits for a first letter before writing unasked.
const PATIENCE_DAYS: i64 = 6;
/// How long a partner may be quiet before the other says that they hear nothing.
const QUIET_DAYS: i64 = 12;

fn key(one: usize, other: usize) -> ((usize, usize), usize) {
    if one < other {
        ((one, other), 0)
    } else {
        ((other, one), 1)
    }
}

/// How somebody writes to a new partner.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    pub delay: Duration,
    pub eager: bool,
}

impl Correspondences {
    /// `reader` reads an introduction to `partner`. `first` is the person whom the letter asks to write first.
    pub fn introduce(
        &mut self,
        reader: usize,
        partner: usize,
        first: Option<usize>,
        manner: Manner,
        at: Moment,
    ) {
        for (one, other) in [(reader, partner), (partner, reader)] {
            let met = self.met.entry(one).or_default();
            if !met.contains(&other) {
                met.push(other);
                met.sort_unstable();
            }
        }
        let (key, side) = key(reader, partner);
        let pair = self.pairs.entry(key).or_insert(Pair {
            introduced: [None, None],
            delay: [manner.delay; 2],
            eager: [false, false],
            first: 0,
            reminded: [None, None],
            over: false,
        });
        pair.introduced[side] = Some(at);
        pair.delay[side] = manner.delay;
        pair.eager[side] = manner.eager;
        pair.over = false;
        if let Some(first) = first {
            pair.first = usize::from(first == key.1);
        }
    }

    /// Whether `reader` has read an introduction to `partner` before.
    pub fn has_met(&self, reader: usize, partner: usize) -> bool {
        let (key, side) = key(reader, partner);
        self.pairs
            .get(&key)
            .is_some_and(|pair| pair.introduced[side].is_some())
    }

    /// The programme asked `person` whether they are there, and they write to their partners.
    pub fn remind(&mut self, person: usize, at: Moment) {
        for partner in self.partners(person) {
            let (key, side) = key(person, partner);
            if let Some(pair) = self.pairs.get_mut(&key) {
                pair.reminded[side] = Some(at);
            }
        }
    }

    /// The partnership is over for `person`.
    pub fn end(&mut self, person: usize) {
        for partner in self.partners(person) {
            let (key, _) = key(person, partner);
            if let Some(pair) = self.pairs.get_mut(&key) {
                pair.over = true;
            }
        }
    }

    /// Whom `person` was introduced to and is still in a partnership with.
    pub fn partners(&self, person: usize) -> Vec<usize> {
        let met = self.met.get(&person).into_iter().flatten().copied();
        met.filter(|&other| {
            let (key, _) = key(person, other);
            self.pairs.get(&key).is_some_and(|pair| !pair.over)
        })
        .collect()
    }

    /// Whether `person` has lately heard from `partner`.
    pub fn has_heard(&self, person: usize, partner: usize, at: Moment, alive: &impl Alive) -> bool {
        let (key, side) = key(person, partner);
        let Some(pair) = self.pairs.get(&key) else {
            return false;
        };
        let theirs = 1 - side;
        let people = [key.0, key.1];
        if pair.reminded[theirs]
            .is_some_and(|written| written <= at && at - written < Duration::days(QUIET_DAYS))
        {
            return true;
        }
        let Some(written) = pair.first_letters(people, alive)[theirs] else {
            return false;
        };
        let lately = at - Duration::days(QUIET_DAYS);
        written <= at && (written > lately || alive.writes_at(people[theirs], lately))
    }
}

impl Pair {
    /// When each wrote to the other for the first time.
    fn first_letters(&self, people: [usize; 2], alive: &impl Alive) -> [Option<Moment>; 2] {
        let (first, second) = (self.first, 1 - self.first);
        let writes =
            |who: usize, at: Option<Moment>| at.filter(|&at| alive.writes_at(people[who], at));
        let opening = self.introduced[first].map(|at| at + self.delay[first]);
        let opening = writes(first, opening);
        let answer = match (opening, self.introduced[second]) {
            (Some(opening), Some(read)) => Some(opening.max(read) + self.delay[second]),
            (None, Some(read)) if self.eager[second] => Some(read + Duration::days(PATIENCE_DAYS)),
            _ => None,
        };
        let answer = writes(second, answer);
        let opening = opening.or_else(|| {
            let late = answer.map(|answer| answer + self.delay[first]);
            writes(first, late)
        });
        let mut letters = [None, None];
        letters[first] = opening.or(self.reminded[first]);
        letters[second] = answer.or(self.reminded[second]);
        letters
    }
}
