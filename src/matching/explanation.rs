//! Why two people fit, or do not: values for the letters to word, no text.

use super::candidate::{Candidate, Trait, Wish};
use super::rules::{Rule, Rules, obstacles};
use super::score::{Parts, Scoring, merged_wishes, shared_waking_half_hours};

/// A pair, explained.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The hard rules that forbid it; empty for an admissible pair.
    pub obstacles: Vec<Rule>,
    pub parts: Parts,
    /// Share of what the two could have at most.
    pub percent: u32,
    /// What speaks for it, the weightiest first.
    pub reasons: Vec<Reason>,
    /// Wishes that are not met.
    pub unmet: Vec<Unmet>,
}

/// Whose wish it is: the first or the second of the pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    First,
    Second,
}

/// One thing that speaks for a pair. Options and languages are bit numbers, as in [`Candidate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The wisher's wish is met by this option of the partner.
    WishMet {
        wisher: Side,
        about: Trait,
        option: u8,
        must: bool,
    },
    SharedInterest {
        option: u8,
        points: i64,
    },
    SharedLanguage {
        language: u8,
    },
    /// Half hours of the day in which both are awake.
    WakingHalfHours(u32),
    SameStage(u8),
    SameSector(u8),
}

/// A wish that the partner does not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmet {
    pub wisher: Side,
    pub wish: Wish,
    pub must: bool,
}

/// Explains a pair, admissible or not. `scoring` is that of everybody who takes part.
pub fn explain(a: &Candidate, b: &Candidate, rules: &Rules, scoring: &Scoring) -> Explanation {
    let mut reasons = Vec::new();
    let mut unmet = Vec::new();
    for (wisher, own, partner) in [(Side::First, a, b), (Side::Second, b, a)] {
        for (must, wishes) in [(true, &own.must), (false, &own.like)] {
            for wish in merged_wishes(wishes) {
                let options = partner.options(wish.about) & wish.any_of;
                if options == 0 {
                    unmet.push(Unmet { wisher, wish, must });
                }
                reasons.extend(bits(options).map(|option| Reason::WishMet {
                    wisher,
                    about: wish.about,
                    option,
                    must,
                }));
            }
        }
    }
    let mut interests: Vec<(i64, u8)> = bits(a.interests & b.interests)
        .map(|option| (i64::from(scoring.interest_points[option as usize]), option))
        .collect();
    interests.sort_by_key(|&(points, option)| (-points, option));
    reasons.extend(
        interests
            .into_iter()
            .map(|(points, option)| Reason::SharedInterest { option, points }),
    );
    reasons.extend(
        bits(a.languages & b.languages).map(|language| Reason::SharedLanguage { language }),
    );
    reasons.push(Reason::WakingHalfHours(shared_waking_half_hours(
        a.zone_offset_minutes,
        b.zone_offset_minutes,
    )));
    reasons.extend(
        a.stage
            .filter(|_| a.stage == b.stage)
            .map(Reason::SameStage),
    );
    reasons.extend(
        a.sector
            .filter(|_| a.sector == b.sector)
            .map(Reason::SameSector),
    );
    Explanation {
        obstacles: obstacles(a, b, rules),
        parts: scoring.parts(a, b),
        percent: scoring.percent(a, b),
        reasons,
        unmet,
    }
}

/// The numbers of the bits that are set, lowest first.
fn bits(set: u64) -> impl Iterator<Item = u8> {
    (0..64u8).filter(move |bit| set >> bit & 1 == 1)
}
