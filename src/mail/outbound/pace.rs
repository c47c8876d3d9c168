//! When to try again and how much to send: the pure arithmetic of patience (RELIABILITY section (g)).
//! Jitter comes from a hash, not from chance, so that a rehearsal and a test see the same times.

use std::collections::{HashMap, HashSet, VecDeque};

use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use super::Outcome;
use crate::ids::LetterId;
use crate::time::Moment;

/// After the first failed attempt, the second, and so on; the last one repeats.
const BACK_OFF_MINUTES: [i64; 8] = [1, 5, 10, 20, 40, 80, 160, 240];
/// How far a wait may differ from the table, so that letters that failed together do not come back together.
const JITTER_PERCENT: i64 = 20;
/// So long a letter is tried, counted from the moment it was ordered or could first be sent.
pub const RETRY_MAX_HOURS: i64 = 72;

/// When to try a letter again that has failed `attempts` times, the last time at `now`; `None` when it is time to
/// give up. A letter is always tried twice, however long the machine was off in between.
pub fn next_attempt(
    letter: LetterId,
    attempts: u32,
    first_due: Moment,
    now: Moment,
) -> Option<Moment> {
    let next = now + back_off(letter, attempts);
    let given_up = attempts > 1 && next > first_due + TimeDelta::hours(RETRY_MAX_HOURS);
    (!given_up).then_some(next)
}

/// How long to wait after `attempts` failures (1 is the first): the table's minutes, 20 % more or less.
pub fn back_off(letter: LetterId, attempts: u32) -> TimeDelta {
    let step = (attempts.max(1) as usize - 1).min(BACK_OFF_MINUTES.len() - 1);
    let seconds = BACK_OFF_MINUTES[step] * 60;
    let spread = seconds * JITTER_PERCENT / 100;
    TimeDelta::seconds(seconds - spread + (dice(letter, attempts) % (2 * spread as u64 + 1)) as i64)
}

/// A number that is the same for the same letter and attempt and looks like chance otherwise.
fn dice(letter: LetterId, attempts: u32) -> u64 {
    let digest = Sha256::new()
        .chain_update(letter.0.to_be_bytes())
        .chain_update(attempts.to_be_bytes())
        .finalize();
    digest
        .iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// How long a letter whose end nobody told is left alone before it is looked for: copies take their time to appear, and
/// looking too early takes a letter for lost that is not (measured: with copies two seconds late and no wait, 57 of 60
/// crashes led to a second letter).
const FIRST_LOOK_SECONDS: i64 = 120;
/// When it is looked for again, counted from the first look.
const LOOK_AGAIN_MINUTES: [i64; 3] = [10, 30, 120];

/// When a letter is looked for first whose end became unknown at `now`.
pub fn first_look(now: Moment) -> Moment {
    now + TimeDelta::seconds(FIRST_LOOK_SECONDS)
}

/// When a letter is looked for again that was not found for the `looks`-th time, the last time at `now`; `None` when it
/// has been looked for long enough.
pub fn next_look(looks: u32, now: Moment) -> Option<Moment> {
    let at = |look: u32| match look {
        0 => Some(0),
        later => LOOK_AGAIN_MINUTES.get(later as usize - 1).copied(),
    };
    let wait = at(looks)? - at(looks.checked_sub(1)?)?;
    Some(now + TimeDelta::minutes(wait))
}

/// How many letters may still be handed over now, under an hourly ceiling, if `sent_in_the_last_hour` were.
/// Letters of unknown fate count as sent.
pub fn room(ceiling_per_hour: u32, sent_in_the_last_hour: u32) -> u32 {
    ceiling_per_hour.saturating_sub(sent_in_the_last_hour)
}

/// The ceiling while a server asks for less (421, 4.7.x): half, but never nothing.
fn slowed(ceiling: u32) -> u32 {
    (ceiling / 2).max(1)
}

/// So long a server is spared that asked for less.
const SPARED_MINUTES: i64 = 60;
/// Letters a minute with which a recipient's domain is begun.
const FIRST_OF_A_DOMAIN: u32 = 2;

/// How many letters a minute may go, in all and to one recipient's domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paces {
    pub per_minute: u32,
    /// Where a domain's slow start ends.
    pub per_domain_and_minute: u32,
}

/// What has left in the last minute, and which server asked to be spared. Kept in memory: a start begins slowly again,
/// which is what is wanted after one.
#[derive(Debug, Default)]
pub struct Throttle {
    all: VecDeque<Moment>,
    domains: HashMap<String, Domain>,
    spared_until: Option<Moment>,
    /// Until when nothing is sent, since a quota is used up.
    closed_until: Option<Moment>,
}

#[derive(Debug, Default)]
struct Domain {
    left: VecDeque<Moment>,
    /// Letters that it has taken since its slow start began.
    taken: u32,
}

impl Throttle {
    /// Whether a server has asked for less within the last hour.
    fn is_sparing(&self, now: Moment) -> bool {
        self.spared_until.is_some_and(|until| now < until)
    }

    /// How many more may leave within this minute, in all.
    pub fn room(&mut self, paces: &Paces, now: Moment) -> u32 {
        let ceiling = self.spared(paces.per_minute, now);
        room(ceiling, in_the_last_minute(&mut self.all, now))
    }

    /// How many more may leave for this domain within this minute: two at first, twice as many with each minute's worth
    /// that it takes, up to the ceiling.
    pub fn room_for(&mut self, domain: &str, paces: &Paces, now: Moment) -> u32 {
        let last = paces.per_domain_and_minute;
        if last >= paces.per_minute {
            // The ceiling for all is the only one.
            return u32::MAX;
        }
        let (begun, left) = match self.domains.get_mut(domain) {
            Some(known) => (
                slow_start(known.taken, last),
                in_the_last_minute(&mut known.left, now),
            ),
            None => (slow_start(0, last), 0),
        };
        room(self.spared(begun, now), left)
    }

    /// Whether a server has said within the last hour that our quota is used up.
    pub fn is_closed(&self, now: Moment) -> bool {
        self.closed_until.is_some_and(|until| now < until)
    }

    /// What became of a letter for this domain.
    pub fn went(&mut self, domain: &str, outcome: &Outcome, now: Moment) {
        self.left(domain, now);
        match outcome {
            Outcome::Accepted { .. } => self.taken(domain),
            Outcome::Temporary { code, text } => {
                if asks_for_less(*code, text) {
                    self.spare(domain, now);
                }
                if is_used_up(text) {
                    self.closed_until = Some(now + TimeDelta::minutes(SPARED_MINUTES));
                }
            }
            Outcome::Permanent { .. } | Outcome::Unknown { .. } => {}
        }
    }

    /// A letter was handed over, whatever became of it.
    fn left(&mut self, domain: &str, now: Moment) {
        self.all.push_back(now);
        let known = self.domains.entry(domain.to_owned()).or_default();
        known.left.push_back(now);
    }

    /// The server has taken a letter for this domain.
    fn taken(&mut self, domain: &str) {
        let known = self.domains.entry(domain.to_owned()).or_default();
        known.taken = known.taken.saturating_add(1);
    }

    /// A server asked for less: half of everything for an hour, and this domain begins slowly again.
    fn spare(&mut self, domain: &str, now: Moment) {
        self.spared_until = Some(now + TimeDelta::minutes(SPARED_MINUTES));
        if let Some(known) = self.domains.get_mut(domain) {
            known.taken = 0;
        }
    }

    /// A ceiling, or half of it while a server is spared.
    pub fn spared(&self, ceiling: u32, now: Moment) -> u32 {
        match self.is_sparing(now) {
            true => slowed(ceiling),
            false => ceiling,
        }
    }
}

/// Letters a minute for a domain that has taken so many: 2, 4, 8 ... up to `last`.
fn slow_start(taken: u32, last: u32) -> u32 {
    let mut pace = FIRST_OF_A_DOMAIN;
    let mut needed = pace;
    while taken >= needed && pace < last {
        pace = pace.saturating_mul(2);
        needed = needed.saturating_add(pace);
    }
    pace.min(last)
}

fn in_the_last_minute(moments: &mut VecDeque<Moment>, now: Moment) -> u32 {
    // A clock that was set back must not hold anything up for longer than a minute.
    let is_old = |at: &Moment| *at <= now - TimeDelta::minutes(1) || *at > now;
    while moments.front().is_some_and(is_old) {
        moments.pop_front();
    }
    u32::try_from(moments.len()).unwrap_or(u32::MAX)
}

/// Whether the answer to a letter asks us to send less: 421 or 4.7.x (RELIABILITY section (g)), and a quota that is used up.
pub fn asks_for_less(code: Option<u16>, text: &str) -> bool {
    let enhanced = text.split(' ').next().unwrap_or_default();
    code == Some(421)
        || (matches!(code, Some(400..=499)) && enhanced.starts_with("4.7."))
        || matches!(enhanced, "5.4.5" | "4.2.3" | "4.3.2")
}

/// Whether the answer says that our quota is used up: nothing more is taken until its window ends (Google's 5.4.5, and the
/// words of those who have no number for it).
fn is_used_up(text: &str) -> bool {
    let text = text.to_lowercase();
    text.starts_with("5.4.5 ")
        || [
            "sending limit",
            "sending quota",
            "daily limit",
            "quota exceeded for sending",
        ]
        .iter()
        .any(|words| text.contains(words))
}

/// A letter that is due, as far as it matters for whether it may leave now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub letter: LetterId,
    pub to: String,
    /// Letters that leave together or not at all: both introductions of a partnership.
    pub together: Option<i64>,
}

impl Candidate {
    pub fn domain(&self) -> &str {
        domain_of(&self.to)
    }
}

pub fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// Which of `candidates` (in the order in which they should leave) leave now: at most about `limit`, at most `window` of
/// them, and of a domain as many as `domain_room` says. Letters that belong together are taken together, even where that
/// makes a few more than `limit`; where there is no room for all of them, none leaves.
pub fn choose(
    candidates: &[Candidate],
    limit: u32,
    window: u32,
    mut domain_room: impl FnMut(&str) -> u32,
) -> Vec<LetterId> {
    let mut chosen: Vec<LetterId> = Vec::new();
    let mut rooms: HashMap<&str, u32> = HashMap::new();
    let mut seen: HashSet<LetterId> = HashSet::new();
    let mut companions: HashMap<i64, Vec<&Candidate>> = HashMap::new();
    for candidate in candidates {
        if let Some(together) = candidate.together {
            companions.entry(together).or_default().push(candidate);
        }
    }
    for candidate in candidates {
        if chosen.len() >= limit as usize {
            break;
        }
        if seen.contains(&candidate.letter) {
            continue;
        }
        let alone = [candidate];
        let unit: &[&Candidate] = candidate
            .together
            .and_then(|together| companions.get(&together))
            .map_or(&alone, Vec::as_slice);
        seen.extend(unit.iter().map(|it| it.letter));
        if chosen.len() + unit.len() > window as usize {
            continue;
        }
        let has_room = unit.iter().all(|one| {
            let room = rooms
                .entry(one.domain())
                .or_insert_with_key(|domain| domain_room(domain));
            *room > 0
        });
        if !has_room {
            continue;
        }
        for one in unit {
            // A trio at one host may be more than it gets in a minute, and would never leave otherwise.
            if let Some(room) = rooms.get_mut(one.domain()) {
                *room = room.saturating_sub(1);
            }
        }
        chosen.extend(unit.iter().map(|it| it.letter));
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::from_seconds;

    fn paces() -> Paces {
        Paces {
            per_minute: 20,
            per_domain_and_minute: 10,
        }
    }

    #[test]
    fn a_domain_begins_with_two_letters_a_minute_and_gets_ten_when_it_takes_them() {
        let start = from_seconds(1_800_000_000);
        let mut throttle = Throttle::default();
        let mut by_minute = Vec::new();
        for minute in 0..6 {
            let now = start + TimeDelta::minutes(minute);
            let mut sent = 0;
            while throttle.room_for("people.test", &paces(), now) > 0 {
                throttle.left("people.test", now);
                throttle.taken("people.test");
                sent += 1;
                // What it has taken widens the door for the next minute, not for this one.
                if sent >= slow_start_of(minute) {
                    break;
                }
            }
            by_minute.push(sent);
        }
        assert_eq!(by_minute, [2, 4, 8, 10, 10, 10]);
        assert_eq!(throttle.room_for("other.test", &paces(), start), 2);
    }

    fn slow_start_of(minute: i64) -> u32 {
        [2, 4, 8, 10, 10, 10][minute as usize]
    }

    #[test]
    fn a_server_that_asks_for_less_gets_half_for_an_hour() {
        let now = from_seconds(1_800_000_000);
        let mut throttle = Throttle::default();
        for _ in 0..100 {
            throttle.taken("people.test");
        }
        assert_eq!(throttle.room_for("people.test", &paces(), now), 10);
        throttle.spare("people.test", now);
        let soon = now + TimeDelta::minutes(59);
        assert_eq!(throttle.room_for("people.test", &paces(), soon), 1);
        assert_eq!(throttle.room(&paces(), soon), 10);
        let later = now + TimeDelta::minutes(60);
        assert_eq!(throttle.room_for("people.test", &paces(), later), 2);
        assert_eq!(throttle.room(&paces(), later), 20);
    }

    #[test]
    fn only_421_four_seven_and_a_used_up_quota_ask_for_less() {
        for (code, text) in [
            (Some(421), "4.3.2 closing"),
            (Some(450), "4.7.1 too many"),
            (Some(451), "4.7.500 server busy"),
            (Some(550), "5.4.5 Daily user sending limit exceeded"),
            (Some(432), "4.3.2 concurrent connections exceeded"),
        ] {
            assert!(asks_for_less(code, text), "{code:?} {text}");
        }
        for (code, text) in [
            (Some(450), "4.2.1 mailbox busy"),
            (Some(550), "5.7.1 refused"),
            (None, "no answer in time"),
        ] {
            assert!(!asks_for_less(code, text), "{code:?} {text}");
        }
    }

    fn candidate(letter: i64, together: Option<i64>) -> Candidate {
        Candidate {
            letter: LetterId(letter),
            to: format!("p{letter}@d{}.test", letter % 3),
            together,
        }
    }

    #[test]
    fn letters_that_belong_together_leave_together_or_not_at_all() {
        let pairs: Vec<Candidate> = (0..9).map(|id| candidate(id, Some(id / 2))).collect();
        let ids = |chosen: Vec<LetterId>| chosen.into_iter().map(|it| it.0).collect::<Vec<_>>();
        let all = |_: &str| 100;
        // A handful may be one too many; a window never is.
        assert_eq!(ids(choose(&pairs, 3, 100, all)), [0, 1, 2, 3]);
        assert_eq!(ids(choose(&pairs, 100, 3, all)), [0, 1, 8]);
        assert_eq!(ids(choose(&pairs, 100, 1, all)), [8]);
        assert_eq!(choose(&pairs, 100, 0, all), []);
    }

    #[test]
    fn a_domain_that_is_full_holds_up_nobody_else() {
        let letters: Vec<Candidate> = (0..9).map(|id| candidate(id, None)).collect();
        let room = |domain: &str| u32::from(domain != "d0.test") * 2;
        let chosen = choose(&letters, 10, 10, room);
        assert_eq!(chosen, [1, 2, 4, 5].map(LetterId));
    }

    #[test]
    fn waits_grow_from_a_minute_to_four_hours_and_stay_near_the_table() {
        for letter in (0..500).map(LetterId) {
            for (attempts, minutes) in (1..).zip(BACK_OFF_MINUTES.into_iter().chain([240, 240])) {
                let seconds = back_off(letter, attempts).num_seconds();
                assert!(
                    (minutes * 48..=minutes * 72).contains(&seconds),
                    "{letter} {attempts}: {seconds}"
                );
            }
        }
    }

    #[test]
    fn letters_that_failed_together_do_not_come_back_together() {
        let mut waits: Vec<i64> = (0..100)
            .map(|id| back_off(LetterId(id), 3).num_seconds())
            .collect();
        assert_eq!(
            back_off(LetterId(0), 3).num_seconds(),
            waits[0],
            "the same letter waits the same time"
        );
        waits.sort_unstable();
        waits.dedup();
        assert!(waits.len() > 60, "only {} different waits", waits.len());
    }

    #[test]
    fn a_letter_is_given_up_after_three_days_and_not_before() {
        let start = from_seconds(1_800_000_000);
        let (mut now, mut attempts) = (start, 0);
        loop {
            attempts += 1;
            match next_attempt(LetterId(7), attempts, start, now) {
                Some(next) => now = next,
                None => break,
            }
        }
        let hours = (now - start).num_hours();
        assert!((67..=72).contains(&hours), "gave up after {hours} hours");
        assert!((20..=30).contains(&attempts), "after {attempts} attempts");
    }

    #[test]
    fn a_machine_that_was_off_for_a_week_still_tries_twice() {
        let start = from_seconds(1_800_000_000);
        let late = start + TimeDelta::days(7);
        assert!(next_attempt(LetterId(1), 1, start, late).is_some());
        assert_eq!(next_attempt(LetterId(1), 2, start, late), None);
    }

    #[test]
    fn an_unknown_end_is_looked_into_for_two_hours() {
        let end = from_seconds(1_800_000_000);
        let first = first_look(end);
        let (mut looks, mut now, mut minutes) = (1, first, vec![0]);
        while let Some(next) = next_look(looks, now) {
            (looks, now) = (looks + 1, next);
            minutes.push((now - first).num_minutes());
        }
        assert_eq!((first - end).num_seconds(), 120);
        assert_eq!(minutes, [0, 10, 30, 120]);
    }

    #[test]
    fn the_hourly_ceiling_leaves_what_is_left() {
        assert_eq!(
            (room(200, 0), room(200, 199), room(200, 200), room(200, 500)),
            (200, 1, 0, 0)
        );
        assert_eq!((slowed(200), slowed(1), slowed(0)), (100, 1, 1));
    }
}
