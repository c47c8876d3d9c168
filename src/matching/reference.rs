//! A second, fixed score, in which solvers can be compared on invented people of any number: every wish has its own
//! points, met ones of both sides count once more by half, rare interests count more, and so do common office hours.
//!
//! It is no programme's score; rounds use `score`. It shows that the solver does not depend on one.

use std::ops::Range;

use super::certificate::{Proven, Refusal, check};
use super::listed::{GraphMatching, match_pairs};
use super::pairs::{Offer, Pairs, Work};
use super::proposal::{Certificate, Options};
use super::score_table::{FORBIDDEN, collect_above};

/// One person in the columns of the comparison. Sets of options are bits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReferencePerson {
    pub country: u16,
    /// Below 7.
    pub region: u8,
    /// Half hours from UTC.
    pub zone: i32,
    pub languages: u32,
    /// Below 8.
    pub sector: u8,
    /// Below 5.
    pub stage: u8,
    pub interests: u32,
    pub wished_sectors: u32,
    pub wished_stages: u32,
    pub wished_regions: u32,
    pub wished_interests: u32,
    /// Indices of people who must not be paired with this one.
    pub past: Vec<u32>,
}

/// People, trait by trait.
pub struct ReferencePeople {
    country: Vec<u32>,
    zone: Vec<i32>,
    languages: Vec<u32>,
    /// Sector, stage and region as bits of one number.
    has: Vec<u32>,
    wishes: Vec<u32>,
    interests: Vec<u32>,
    wished_interests: Vec<u32>,
    interest_points: [i32; 32],
    past: Vec<Vec<u32>>,
}

const SECTORS: u32 = 0xff;
const STAGES: u32 = 0x1f << 8;
const REGIONS: u32 = 0x7f << 13;

impl ReferencePeople {
    pub fn new(people: &[ReferencePerson]) -> ReferencePeople {
        let mut past: Vec<Vec<u32>> = people.iter().map(|person| person.past.clone()).collect();
        for (own, others) in people.iter().map(|person| &person.past).enumerate() {
            for &other in others {
                if let Some(theirs) = past.get_mut(other as usize) {
                    theirs.push(own as u32);
                }
            }
        }
        for others in &mut past {
            others.sort_unstable();
            others.dedup();
        }
        ReferencePeople {
            country: people.iter().map(|person| person.country.into()).collect(),
            zone: people
                .iter()
                .map(|person| person.zone.rem_euclid(48))
                .collect(),
            languages: people.iter().map(|person| person.languages).collect(),
            has: people
                .iter()
                .map(|person| {
                    1 << (person.sector % 8)
                        | 1 << (8 + person.stage % 5)
                        | 1 << (13 + person.region % 7)
                })
                .collect(),
            wishes: people
                .iter()
                .map(|person| {
                    (person.wished_sectors & 0xff)
                        | (person.wished_stages & 0x1f) << 8
                        | (person.wished_regions & 0x7f) << 13
                })
                .collect(),
            interests: people.iter().map(|person| person.interests).collect(),
            wished_interests: people
                .iter()
                .map(|person| person.wished_interests)
                .collect(),
            interest_points: std::array::from_fn(|option| {
                let having = people
                    .iter()
                    .filter(|person| person.interests >> option & 1 == 1)
                    .count();
                let rarity = (people.len() as f64 / having.max(1) as f64).ln();
                if having == 0 {
                    0
                } else {
                    (20.0 * rarity).round_ties_even() as i32
                }
            }),
            past,
        }
    }

    /// Calls `visit` with every admissible pair `(u, v, points)`, `u < v`, rising.
    pub fn for_each_pair<E>(
        &self,
        mut visit: impl FnMut(u32, u32, i32) -> Result<(), E>,
    ) -> Result<(), E> {
        let n = self.country.len();
        let mut points = Vec::new();
        for u in 0..n {
            self.score_row(u, u + 1..n, &mut points);
            for (v, &points) in (u as u32 + 1..).zip(&points) {
                if points != FORBIDDEN && !self.past[u].contains(&v) {
                    visit(u as u32, v, points)?;
                }
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn score_row(&self, u: usize, columns: Range<usize>, points: &mut Vec<i32>) {
        let count = columns.len();
        points.resize(count, 0);
        let points = &mut points[..count];
        let country = &self.country[columns.clone()][..count];
        let zone = &self.zone[columns.clone()][..count];
        let languages = &self.languages[columns.clone()][..count];
        let has = &self.has[columns.clone()][..count];
        let wishes = &self.wishes[columns.clone()][..count];
        let interests = &self.interests[columns.clone()][..count];
        let wished_interests = &self.wished_interests[columns][..count];
        let (own_country, own_zone, own_languages) =
            (self.country[u], self.zone[u], self.languages[u]);
        let (own_has, own_wishes) = (self.has[u], self.wishes[u]);
        let (own_interests, own_wished_interests) = (self.interests[u], self.wished_interests[u]);
        for j in 0..count {
            let mine = met(own_wishes & has[j], own_wished_interests & interests[j]);
            let theirs = met(wishes[j] & own_has, wished_interests[j] & own_interests);
            let apart = (own_zone - zone[j]).abs();
            let office_hours = (16 - apart.min(48 - apart)).max(0);
            let total = 100 + mine + theirs + mine.min(theirs) / 2 + 3 * office_hours;
            let fits = (country[j] != own_country) & (languages[j] & own_languages != 0);
            points[j] = if fits { total } else { FORBIDDEN };
        }
        let mut left = own_interests;
        while left != 0 {
            let option = left.trailing_zeros();
            left &= left - 1;
            let worth = self.interest_points[option as usize];
            for j in 0..count {
                // A forbidden pair stays so: it is far below anything that this could add.
                points[j] += (interests[j] >> option & 1) as i32 * worth;
            }
        }
        for points in points {
            *points = if *points < 0 { FORBIDDEN } else { *points };
        }
    }
}

/// Points of one side's wishes that are met.
#[inline(always)]
fn met(traits: u32, interests: u32) -> i32 {
    80 * i32::from(traits & SECTORS != 0)
        + 60 * i32::from(traits & STAGES != 0)
        + 50 * i32::from(traits & REGIONS != 0)
        + 40 * i32::from(interests != 0)
}

/// Scoring a row, in the form in which `pulp` compiles it for each kind of machine.
struct ScoreRow<'a> {
    people: &'a ReferencePeople,
    u: usize,
    columns: Range<usize>,
    points: &'a mut Vec<i32>,
}

impl pulp::WithSimd for ScoreRow<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        self.people.score_row(self.u, self.columns, self.points);
    }
}

impl Pairs for ReferencePeople {
    fn vertices(&self) -> usize {
        self.country.len()
    }

    fn block(&self) -> usize {
        1024
    }

    fn above(
        &self,
        u: u32,
        columns: Range<usize>,
        duals: &[i64],
        threshold: i64,
        work: &mut Work,
        offers: &mut Vec<Offer>,
    ) -> u64 {
        pulp::Arch::new().dispatch(ScoreRow {
            people: self,
            u: u as usize,
            columns: columns.clone(),
            points: &mut work.points,
        });
        let past = &self.past[u as usize];
        collect_above(
            &work.points,
            &duals[columns.clone()],
            threshold,
            columns.start,
            past,
            offers,
        )
    }

    fn points(&self, u: u32, v: u32) -> Option<i32> {
        let mut points = Vec::new();
        self.score_row(u as usize, v as usize..v as usize + 1, &mut points);
        (!self.past[u as usize].contains(&v) && points[0] != FORBIDDEN).then_some(points[0])
    }

    fn range(&self) -> (i32, i32) {
        let rarest: i32 = {
            let mut points = self.interest_points;
            points.sort_unstable_by_key(|&points| -points);
            let most = self
                .interests
                .iter()
                .map(|set| set.count_ones())
                .max()
                .unwrap_or(0);
            points[..most as usize].iter().sum()
        };
        (100, 100 + 5 * 230 / 2 + 48 + rarest)
    }

    fn spread(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.vertices() as u32).collect();
        order.sort_by_key(|&person| self.country[person as usize]);
        order
    }
}

/// Matches people by the reference score.
pub fn match_reference(people: &ReferencePeople, options: &Options) -> GraphMatching {
    match_pairs(people, options)
}

/// Checks a certificate against people and the reference score.
pub fn check_reference(
    certificate: &Certificate,
    people: &ReferencePeople,
    threads: usize,
) -> Result<Proven, Refusal> {
    check(certificate, people, threads)
}
