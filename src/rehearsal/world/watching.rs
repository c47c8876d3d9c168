//! What the world looks for in every letter that somebody gets: whether it came after they had left, and whether it
//! shows what was not for them.

use std::collections::BTreeSet;

use chrono::Duration;

use super::World;
use crate::rehearsal::letter::{Headers, addresses_in, searchable};
use crate::rehearsal::tally::Wrong;
use crate::time::Moment;

/// Letters that confirm that somebody has left, and what may still come unasked after each of them.
const GOODBYES: [(&str, &[&str]); 3] = [
    ("withdrawn", &[]),
    ("forgotten", &[]),
    // Who wants no unprompted mail keeps the partnership, and must hear when it ends.
    (
        "stopped",
        &["partnership-ended", "pool-ended", "place-given"],
    ),
];

/// The beginning of the words that are planted in free texts; each is followed by its owner's number in letters.
const MARKER: &[u8] = b"Vellor";

impl World {
    pub(super) fn inspect(
        &mut self,
        number: usize,
        letter: &[u8],
        headers: &Headers<'_>,
        kind: &str,
        occasion: &str,
        at: Moment,
    ) {
        let prompted = self
            .mailboxes
            .answer(&headers.ids("in-reply-to"), kind, occasion);

        self.notes_goodbyes(number, kind, occasion, prompted, at);
        self.notes_partnerships(number, kind, occasion, at);
        self.notes_breaks(number, kind, occasion, prompted, at);
        if kind == "complete" && prompted {
            self.checks_the_change(number, letter, headers, occasion);
        }

        let text = searchable(letter, headers);
        let found = addresses_in(&text);
        let others: BTreeSet<usize> = found
            .iter()
            .filter_map(|address| self.by_address.get(address).copied())
            .filter(|&other| other != number)
            .collect();
        if kind == "introduction" {
            self.inhabitants[number].knows.extend(others);
        } else if others
            .iter()
            .any(|other| !self.inhabitants[number].knows.contains(other))
        {
            self.mailboxes.revealed.push(occasion.into());
        }
        if markers(&text).any(|owner| owner != number) {
            self.mailboxes.revealed.push(occasion.into());
        }
    }

    /// After a goodbye, from its confirmation on or a day later, nothing may come that was not asked for.
    fn notes_goodbyes(
        &mut self,
        number: usize,
        kind: &str,
        occasion: &str,
        prompted: bool,
        at: Moment,
    ) {
        let inhabitant = &mut self.inhabitants[number];
        let late = inhabitant
            .leaving_since
            .is_some_and(|since| at > since + Duration::days(1));
        if !prompted && (inhabitant.left.is_some() || late) {
            let allowed = GOODBYES
                .iter()
                .find(|(confirmed, _)| inhabitant.left_by.as_deref() == Some(confirmed))
                .map_or(&[][..], |(_, allowed)| allowed);
            if !allowed.contains(&kind) {
                self.mailboxes.mailed_after_leaving.push(occasion.into());
            }
        }
        if GOODBYES.iter().any(|(confirmed, _)| *confirmed == kind) {
            inhabitant.leaving_since.get_or_insert(at);
            inhabitant.left.get_or_insert(at);
            inhabitant.left_by = Some(kind.to_string());
        }
    }

    /// How long people wait for a new partner, and whether a partnership ended for a reason that its people know of.
    fn notes_partnerships(&mut self, number: usize, kind: &str, occasion: &str, at: Moment) {
        match kind {
            "partnership-ended" => {
                let partners = self.correspondences.partners(number);
                let mut people = partners.iter().chain([&number]);
                let for_a_reason = people.any(|&person| self.may_end_a_partnership(person, at));
                if !for_a_reason && !partners.is_empty() {
                    self.mailboxes.answered_wrongly.push(Wrong {
                        said: "nothing that ends a partnership".into(),
                        occasion: occasion.into(),
                    });
                }
                self.inhabitants[number].freed.get_or_insert(at);
            }
            "new-partner" | "unmatched" => {
                self.inhabitants[number].freed.get_or_insert(at);
            }
            "introduction" => {
                let freed = self.inhabitants[number].freed.take();
                // A partner in the next round is not one who took so long to be found.
                let in_this_round = |freed: &Moment| {
                    let mut deadlines = self.rounds.iter().map(|round| round.deadline);
                    !deadlines.any(|deadline| *freed < deadline && deadline <= at)
                };
                if let Some(freed) = freed.filter(in_this_round) {
                    let days = (at - freed).num_minutes() as f64 / (24.0 * 60.0);
                    self.mailboxes.days_until_rematched.push(days);
                }
            }
            _ => {}
        }
    }

    /// Whoever has moved to another mailbox gets nothing at the old one any more.
    pub(super) fn notes_a_move(&mut self, number: usize, kind: &str, occasion: &str, to: &str) {
        let inhabitant = &mut self.inhabitants[number];
        if inhabitant.has_moved && to == inhabitant.person.address {
            self.mailboxes.mailed_after_leaving.push(occasion.into());
        }
        inhabitant.has_moved |=
            kind == "address-changed" && to == inhabitant.person.address_after_moving();
    }

    /// Whoever takes a break is asked nothing until it is over, and whoever wants no topics gets none.
    fn notes_breaks(
        &mut self,
        number: usize,
        kind: &str,
        occasion: &str,
        prompted: bool,
        at: Moment,
    ) {
        let inhabitant = &mut self.inhabitants[number];
        match (kind, &mut inhabitant.pause) {
            ("paused", Some((_, confirmed))) => *confirmed = true,
            ("topics-off", _) => inhabitant.without_topics = true,
            _ => {}
        }
        let today = at.with_timezone(&inhabitant.person.zone).date_naive();
        let on_a_break = inhabitant
            .pause
            .is_some_and(|(until, confirmed)| confirmed && today < until);
        let asks = ["topic", "check-in", "survey", "announcement"].contains(&kind);
        let unwanted_topic = kind == "topic" && inhabitant.without_topics;
        if !prompted && (unwanted_topic || (on_a_break && asks)) {
            self.mailboxes.mailed_after_leaving.push(occasion.into());
        }
    }

    /// Whether somebody said or did anything after which their partnership may end: left, asked for somebody else, was
    /// away, slow or silent, or has a mailbox that takes no mail.
    fn may_end_a_partnership(&self, person: usize, at: Moment) -> bool {
        let inhabitant = &self.inhabitants[person];
        let habits = &inhabitant.habits;
        let past = |moment: Option<Moment>| moment.is_some_and(|moment| moment <= at);
        inhabitant.ends_it
            || past(inhabitant.leaving_since)
            || past(habits.silent_from)
            || past(habits.dead_from)
            || past(habits.holiday.map(|holiday| holiday.from))
            || habits.slow
    }
}

/// A word that only this person writes, so that it is known where it is read.
pub(super) fn marker(person: usize) -> String {
    let mut word = String::from_utf8_lossy(MARKER).into_owned();
    let mut rest = person;
    for _ in 0..4 {
        word.push(char::from(b'a' + (rest % 26) as u8));
        rest /= 26;
    }
    word
}

/// Whose planted words stand in a text.
pub(super) fn markers(text: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(text, MARKER).filter_map(move |at| {
        let letters = text.get(at + MARKER.len()..at + MARKER.len() + 4)?;
        letters.iter().rev().try_fold(0usize, |number, letter| {
            letter
                .is_ascii_lowercase()
                .then(|| number * 26 + usize::from(letter - b'a'))
        })
    })
}
