//! How good a pair would be: whole points, the same from both sides, in parts that add up.
//!
//! In order of weight: how far the wishes of either side are met, shared interests (rare ones count more), context
//! (hours in which both are awake, stage, sector), and what is carried over from earlier rounds.
//!
//! Everything is integer arithmetic, logarithm and square root included, so that every machine gets the same score.

use super::candidate::{Candidate, Wish};
use super::rules::{Rules, Weights, minutes_apart};

/// Half hours of a waking day, from seven in the morning to eleven at night.
const WAKING_HALF_HOURS: u32 = 32;

/// Kinds of wishes of one person that count; there are hardly ever more than five.
pub(super) const MOST_WISHES: u32 = 15;

/// What a pair's points consist of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts {
    /// Contentment with the partner, of the first and of the second.
    pub contentment: [i64; 2],
    pub interests: i64,
    pub waking_hours: i64,
    pub same_stage: i64,
    pub same_sector: i64,
    /// Owed to either from earlier rounds. It is the same whoever the partner is.
    pub carry_over: i64,
}

impl Parts {
    /// The points of the pair.
    pub fn total(&self) -> i64 {
        self.likeness() + self.contentment[0] + self.contentment[1] + self.carry_over
    }

    /// The part that has no sides.
    fn likeness(&self) -> i64 {
        self.interests + self.waking_hours + self.same_stage + self.same_sector
    }
}

/// Scores pairs among a given set of people: what is rare depends on who takes part.
#[derive(Debug, Clone, PartialEq)]
pub struct Scoring {
    pub(super) weights: Weights,
    /// Points for sharing each interest.
    pub(super) interest_points: [u32; 64],
}

impl Scoring {
    pub fn new(candidates: &[Candidate], rules: &Rules) -> Scoring {
        let limit = |points: u32| points.min(Weights::LARGEST);
        let given = rules.weights;
        let weights = Weights {
            wish: limit(given.wish),
            interest: limit(given.interest),
            waking_half_hour: limit(given.waking_half_hour),
            same_stage: limit(given.same_stage),
            same_sector: limit(given.same_sector),
            carry_over: limit(given.carry_over),
        };
        let mut interest_points = [0; 64];
        for (option, points) in interest_points.iter_mut().enumerate() {
            let having = candidates
                .iter()
                .filter(|person| person.interests >> option & 1 == 1)
                .count();
            if having > 0 {
                *points = rarity_points(weights.interest, candidates.len() as u64, having as u64);
            }
        }
        Scoring {
            weights,
            interest_points,
        }
    }

    /// The points of a pair, whether or not it is admissible.
    pub fn parts(&self, a: &Candidate, b: &Candidate) -> Parts {
        let points_if = |same: bool, points: u32| if same { i64::from(points) } else { 0 };
        Parts {
            contentment: [self.contentment_with(a, b), self.contentment_with(b, a)],
            interests: self.interest_points(a.interests & b.interests),
            waking_hours: i64::from(self.weights.waking_half_hour)
                * i64::from(shared_waking_half_hours(
                    a.zone_offset_minutes,
                    b.zone_offset_minutes,
                )),
            same_stage: points_if(
                a.stage.is_some() && a.stage == b.stage,
                self.weights.same_stage,
            ),
            same_sector: points_if(
                a.sector.is_some() && a.sector == b.sector,
                self.weights.same_sector,
            ),
            carry_over: self.carry_over(a) + self.carry_over(b),
        }
    }

    /// A pair's points as a share, in percent, of what the two could have at most: every wish met, and as much in
    /// common as each has with somebody just like themselves. What is carried over does not count here.
    pub fn percent(&self, a: &Candidate, b: &Candidate) -> u32 {
        let parts = self.parts(a, b);
        let reached = parts.total() - parts.carry_over;
        let likeness = self.parts(a, a).likeness() + self.parts(b, b).likeness();
        let possible = 2 * i64::from(self.weights.wish) + likeness / 2;
        if possible <= 0 {
            return 100;
        }
        (100 * reached / possible).clamp(0, 100) as u32
    }

    /// Points that seat one person before another when not all can have a partner.
    pub(super) fn carry_over(&self, person: &Candidate) -> i64 {
        i64::from(person.carry_over.clamp(-100, 100)) * i64::from(self.weights.carry_over)
    }

    fn contentment_with(&self, wisher: &Candidate, partner: &Candidate) -> i64 {
        let wishes = merged_wishes(&wisher.like);
        let met = wishes.iter().filter(|wish| partner.meets(wish)).count() as u32;
        let wishes = (wishes.len() as u32).min(MOST_WISHES);
        contentment(self.weights.wish, met.min(MOST_WISHES), wishes)
    }

    fn interest_points(&self, shared: u64) -> i64 {
        (0..64)
            .filter(|option| shared >> option & 1 == 1)
            .map(|option| i64::from(self.interest_points[option]))
            .sum()
    }
}

/// Two wishes about the same question are one wish with more options.
pub(super) fn merged_wishes(wishes: &[Wish]) -> Vec<Wish> {
    let mut merged: Vec<Wish> = Vec::new();
    for wish in wishes {
        match merged
            .iter_mut()
            .find(|earlier| earlier.about == wish.about)
        {
            Some(earlier) => earlier.any_of |= wish.any_of,
            None => merged.push(*wish),
        }
    }
    merged
}

/// How content somebody is, of `full` points, with a partner who meets `met` of `wishes` wishes: the square root of
/// the share. Concave, so that a first wish of one person counts more than a second wish of another. Somebody without
/// wishes is always content, and so neither gains nor loses by it.
pub fn contentment(full: u32, met: u32, wishes: u32) -> i64 {
    if wishes == 0 {
        return full.into();
    }
    let full = u64::from(full);
    let share = full * full * u64::from(met.min(wishes)) / u64::from(wishes);
    share.isqrt() as i64
}

/// Half hours of the day in which people with these clocks are both awake.
pub fn shared_waking_half_hours(offset: i32, other_offset: i32) -> u32 {
    let apart = minutes_apart(offset, other_offset) / 30;
    // Two days of 16 waking hours on a round clock overlap at one end and, from 8 hours apart on, at the other, too.
    (WAKING_HALF_HOURS - apart) + (apart + WAKING_HALF_HOURS).saturating_sub(48)
}

/// `weight` times the natural logarithm of `people / having`, rounded.
fn rarity_points(weight: u32, people: u64, having: u64) -> u32 {
    /// ln 2 in units of 2^-32.
    const LN_2: u64 = 2_977_044_472;
    let binary_logarithm = u128::from(log2(people, having));
    let logarithm = (binary_logarithm * u128::from(LN_2)) >> 32;
    ((logarithm * u128::from(weight) + (1 << 19)) >> 20) as u32
}

/// The binary logarithm of `numerator / denominator` (at least 1) in units of 2^-20, digit by digit: squaring a
/// number doubles its logarithm, so each squaring that passes 2 shows a binary digit 1.
fn log2(numerator: u64, denominator: u64) -> u64 {
    const ONE: u128 = 1 << 40;
    let mut ratio = u128::from(numerator) * ONE / u128::from(denominator.max(1));
    let mut logarithm = 0;
    while ratio >= 2 * ONE {
        ratio /= 2;
        logarithm += 1;
    }
    for _ in 0..20 {
        ratio = ratio * ratio / ONE;
        logarithm *= 2;
        if ratio >= 2 * ONE {
            ratio /= 2;
            logarithm += 1;
        }
    }
    logarithm
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::{Trait, admissible, propose};

    fn person(id: i64, country: u16) -> Candidate {
        Candidate {
            id,
            country,
            languages: 1,
            ..Candidate::default()
        }
    }

    #[test]
    fn logarithm_agrees_with_the_machine_s_own() {
        for (people, having) in [
            (1, 1),
            (1162, 7),
            (100_000, 33),
            (5500, 5499),
            (3, 2),
            (1_000_000, 1),
        ] {
            let expected = 20.0 * (people as f64 / having as f64).ln();
            let points = rarity_points(20, people, having);
            assert!(
                (f64::from(points) - expected).abs() < 0.51,
                "{people}/{having}: {points}, not {expected}"
            );
        }
    }

    #[test]
    fn a_first_wish_counts_more_than_the_next() {
        let steps: Vec<i64> = (1..=4)
            .map(|met| contentment(200, met, 4) - contentment(200, met - 1, 4))
            .collect();
        assert!(steps.windows(2).all(|pair| pair[0] > pair[1]), "{steps:?}");
        assert_eq!(contentment(200, 4, 4), 200);
        assert_eq!(
            contentment(200, 0, 0),
            200,
            "without wishes, always content"
        );
    }

    #[test]
    fn clocks_half_a_day_apart_still_share_eight_waking_hours() {
        assert_eq!(shared_waking_half_hours(0, 0), 32);
        assert_eq!(shared_waking_half_hours(-360, 360), 16);
        assert_eq!(
            shared_waking_half_hours(-720, 840),
            28,
            "the date line is no distance"
        );
        assert_eq!(
            shared_waking_half_hours(0, 345),
            32 - 11,
            "Nepal is not on the half hour"
        );
    }

    #[test]
    fn identical_profiles_that_wish_for_each_other_score_a_hundred_percent() {
        let mut a = person(1, 0);
        a.interests = 0b1011;
        a.sector = Some(3);
        a.stage = Some(1);
        a.like = vec![
            Wish::new(Trait::Sector, &[3, 4]),
            Wish::new(Trait::Interest, &[1]),
        ];
        let mut b = a.clone();
        (b.id, b.country) = (2, 7);
        let crowd = [a.clone(), b.clone(), person(3, 1), person(4, 2)];
        let scoring = Scoring::new(&crowd, &Rules::default());
        assert_eq!(scoring.percent(&a, &b), 100);
        b.sector = Some(4);
        let percent = scoring.percent(&a, &b);
        assert!(percent < 100 && percent > 80, "{percent}");
        assert_eq!(scoring.parts(&a, &b).total(), scoring.parts(&b, &a).total());
    }

    #[test]
    fn the_odd_one_joins_the_pair_that_suits() {
        let people = [person(1, 0), person(2, 1), person(3, 2)];
        let proposal = propose(&people, &Rules::default(), &Default::default());
        assert_eq!(proposal.groups.len(), 1);
        assert_eq!(proposal.groups[0].members.len(), 3);
        let alike = [person(1, 0), person(2, 1), person(3, 1)];
        let proposal = propose(&alike, &Rules::default(), &Default::default());
        assert_eq!(
            proposal.groups[0].members.len(),
            2,
            "two of the three share a country"
        );
        assert_eq!(proposal.unmatched.len(), 1);
        assert!(admissible(&alike[1], &alike[2], &Rules::default()).is_err());
    }
}
