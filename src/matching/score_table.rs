//! Rules and score for many pairs at once.
//!
//! What `rules` and `score` say of two people, this file says of one person and thousands of others: each trait lies
//! in an array of its own, and each part of the score is one plain loop along such arrays, which the compiler turns
//! into instructions that work on eight or sixteen people at a time (whichever the machine has: `pulp` picks the
//! version while it runs).
//!
//! A test holds the two statements together, pair by pair.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use super::candidate::{Candidate, Role, Trait};
use super::pairs::{LARGEST_POINTS, Offer, Pairs, Work};
use super::rules::{Different, Rules, Weights};
use super::score::{MOST_WISHES, Scoring, contentment, merged_wishes};

/// Stands for the points of a pair that is not admissible.
pub const FORBIDDEN: i32 = i32::MIN;

/// The role of somebody whom nobody fits: a closed seat, or a wish that must be met and cannot be.
const NOBODY: i32 = 100;

/// Columns that are scored together: few enough for their traits to stay in the nearest cache.
const BLOCK: usize = 1024;

/// Rows and columns of the table of contentment.
const ROWS: usize = MOST_WISHES as usize + 1;

/// The open seats of a matching, trait by trait.
pub struct ScoreTable {
    seats: usize,
    weights: Weights,
    /// Equal for people who must not be paired for what they are: their country or region.
    kin: Vec<u32>,
    /// 0 mentor, 1 peer, 2 mentee: two fit when the sum is 2. Or [`NOBODY`].
    role: Vec<i32>,
    /// Minutes after UTC, 0 to 1439.
    zone: Vec<i32>,
    most_minutes_apart: i32,
    languages: Option<Halves>,
    stage: Vec<i32>,
    sector: Vec<i32>,
    interests: Halves,
    interest_points: [i32; 64],
    wished: Vec<WishedTrait>,
    /// How many kinds of wishes each has, as the start of a row in `contentment`.
    wishes: Vec<i32>,
    /// Contentment by number of wishes, then by number of those met.
    contentment: [i32; ROWS * ROWS],
    carry_over: Vec<i32>,
    /// Seats that a seat must not be paired with for who they are.
    excluded: Vec<Vec<u32>>,
    /// Lowest points allowed, without what is carried over.
    pub floor: i32,
    country: Vec<u16>,
    /// Points of all pairs of seats, where there are few enough to keep them.
    known: Option<KnownPoints>,
}

/// Points of all pairs of seats, row by row, as far as they follow from who the people are: seats that are closed or
/// excluded, and the floor, are not regarded, so that they hold for whatever coordinators change.
#[derive(Clone)]
pub struct KnownPoints(Arc<Vec<i32>>);

/// Up to so many seats the points are kept: 36 MB.
const MOST_KNOWN: usize = 3_000;

/// Sets of up to 64 options as two arrays of 32 bits, since twice as many of those fit into a register.
struct Halves([Vec<u32>; 2]);

impl Halves {
    fn new(sets: impl Iterator<Item = u64> + Clone) -> Halves {
        Halves([
            sets.clone().map(|set| set as u32).collect(),
            sets.map(|set| (set >> 32) as u32).collect(),
        ])
    }

    fn of(&self, seat: usize) -> [u32; 2] {
        [self.0[0][seat], self.0[1][seat]]
    }
}

/// A question about which somebody has a wish.
struct WishedTrait {
    has: Halves,
    like: Halves,
    must: Halves,
    anybody_must: bool,
}

impl ScoreTable {
    /// `seats` are people in the order of the vertices; somebody with several seats comes several times.
    /// `excluded` are pairs of seats beyond those that rules forbid; `closed` seats are not paired at all.
    pub fn new(
        seats: &[&Candidate],
        rules: &Rules,
        scoring: &Scoring,
        excluded: Vec<Vec<u32>>,
        closed: &[bool],
    ) -> ScoreTable {
        let n = seats.len();
        let weights = scoring.weights;
        let all = || seats.iter().copied();
        let mut traits: Vec<Trait> = all()
            .flat_map(|person| person.like.iter().chain(&person.must))
            .map(|wish| wish.about)
            .collect();
        traits.sort_unstable();
        traits.dedup();
        ScoreTable {
            seats: n,
            weights,
            kin: match rules.different {
                Different::Country => all().map(|person| person.country.into()).collect(),
                Different::Region => all().map(|person| person.region.into()).collect(),
                Different::Nothing => (0..n as u32).collect(),
            },
            role: all()
                .zip(closed)
                .map(|(person, closed)| match person.role {
                    _ if *closed => NOBODY,
                    _ if merged_wishes(&person.must)
                        .iter()
                        .any(|wish| wish.any_of == 0) =>
                    {
                        NOBODY
                    }
                    Role::Mentor { .. } => 0,
                    Role::Peer => 1,
                    Role::Mentee => 2,
                })
                .collect(),
            zone: all()
                .map(|person| person.zone_offset_minutes.rem_euclid(24 * 60))
                .collect(),
            most_minutes_apart: rules
                .max_hours_apart
                .map_or(i32::MAX, |hours| hours.min(24) as i32 * 60),
            languages: rules
                .shared_language
                .then(|| Halves::new(all().map(|person| person.languages))),
            stage: all()
                .map(|person| person.stage.map_or(-1, i32::from))
                .collect(),
            sector: all()
                .map(|person| person.sector.map_or(-1, i32::from))
                .collect(),
            interests: Halves::new(all().map(|person| person.interests)),
            interest_points: scoring.interest_points.map(|points| points as i32),
            wishes: all()
                .map(|person| {
                    (merged_wishes(&person.like).len().min(MOST_WISHES as usize) * ROWS) as i32
                })
                .collect(),
            wished: traits
                .iter()
                .map(|&about| WishedTrait::new(seats, about))
                .collect(),
            contentment: std::array::from_fn(|at| {
                contentment(weights.wish, (at % ROWS) as u32, (at / ROWS) as u32) as i32
            }),
            carry_over: all()
                .map(|person| scoring.carry_over(person) as i32)
                .collect(),
            excluded,
            floor: FORBIDDEN + 1,
            country: all().map(|person| person.country).collect(),
            known: None,
        }
    }

    /// The points of all pairs, to be used by tables of the same people: see [`ScoreTable::use_known`]. To be asked
    /// of a table without closed seats and floor. `None` where they are too many.
    pub fn all_points(&self) -> Option<KnownPoints> {
        if self.seats > MOST_KNOWN {
            return None;
        }
        let mut all = Vec::with_capacity(self.seats * self.seats);
        let mut work = Work::default();
        for u in 0..self.seats {
            self.score(u, 0..self.seats, &mut work);
            all.extend_from_slice(&work.points);
        }
        Some(KnownPoints(Arc::new(all)))
    }

    /// From now on, points are looked up instead of worked out.
    pub fn use_known(&mut self, known: Option<KnownPoints>) {
        self.known = known;
    }

    pub fn known(&self) -> Option<KnownPoints> {
        self.known.clone()
    }

    pub fn seats(&self) -> usize {
        self.seats
    }

    /// Forbids pairs of fewer points, without what is carried over.
    pub fn set_floor(&mut self, points: i64) {
        self.floor = points.clamp(i64::from(FORBIDDEN) + 1, i64::from(i32::MAX)) as i32;
    }

    /// Points of an admissible pair, as the floor sees them.
    pub fn points_without_carry_over(&self, u: u32, v: u32) -> Option<i64> {
        let carried =
            i64::from(self.carry_over[u as usize]) + i64::from(self.carry_over[v as usize]);
        Some(i64::from(self.points(u, v)?) - carried)
    }

    /// What the worst pair cannot beat when so many seats are paired, without what is carried over: nobody has more
    /// than their best pair, and at least one of those who have the least must be paired.
    pub fn limit_of_the_worst(&self, paired: usize, threads: usize) -> i64 {
        let next = AtomicUsize::new(0);
        let best: Vec<AtomicI64> = (0..self.seats).map(|_| AtomicI64::new(i64::MIN)).collect();
        let work = || {
            let mut work = Work::default();
            loop {
                let u = next.fetch_add(1, Ordering::Relaxed);
                if u >= self.seats {
                    break;
                }
                for start in (u + 1..self.seats).step_by(BLOCK) {
                    let columns = start..self.seats.min(start + BLOCK);
                    self.score(u, columns.clone(), &mut work);
                    for (v, &points) in columns.zip(&work.points) {
                        if points != FORBIDDEN && !self.excluded[u].contains(&(v as u32)) {
                            let points =
                                i64::from(points - self.carry_over[u] - self.carry_over[v]);
                            best[u].fetch_max(points, Ordering::Relaxed);
                            best[v].fetch_max(points, Ordering::Relaxed);
                        }
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        let mut best: Vec<i64> = best
            .into_iter()
            .map(AtomicI64::into_inner)
            .filter(|&points| points > i64::MIN)
            .collect();
        best.sort_unstable();
        best.get(best.len().saturating_sub(paired))
            .copied()
            .unwrap_or(0)
    }

    /// Works out the points of `u` with each of `columns`, into `work.points`.
    fn score(&self, u: usize, columns: Range<usize>, work: &mut Work) {
        if let Some(KnownPoints(known)) = &self.known {
            let row = &known[u * self.seats..][columns.clone()];
            work.points.resize(columns.len(), 0);
            pulp::Arch::new().dispatch(LookUp {
                table: self,
                u,
                columns,
                row,
                points: &mut work.points,
            });
            return;
        }
        pulp::Arch::new().dispatch(ScoreRow {
            table: self,
            u,
            columns,
            work,
        });
    }

    #[inline(always)]
    fn score_row(&self, u: usize, columns: Range<usize>, work: &mut Work) {
        let count = columns.len();
        let Work {
            points,
            met,
            met_back,
            allowed,
        } = work;
        for buffer in [&mut *points, &mut *met, &mut *met_back, &mut *allowed] {
            buffer.resize(count, 0);
        }
        let (points, met) = (&mut points[..count], &mut met[..count]);
        let (met_back, allowed) = (&mut met_back[..count], &mut allowed[..count]);

        // Who they are, and the context.
        let (kin, role, zone) = (self.kin[u], self.role[u], self.zone[u]);
        let (stage, sector) = (self.stage[u], self.sector[u]);
        let their_kin = &self.kin[columns.clone()][..count];
        let their_role = &self.role[columns.clone()][..count];
        let their_zone = &self.zone[columns.clone()][..count];
        let their_stage = &self.stage[columns.clone()][..count];
        let their_sector = &self.sector[columns.clone()][..count];
        let waking = self.weights.waking_half_hour as i32;
        let same_stage = if stage < 0 {
            0
        } else {
            self.weights.same_stage as i32
        };
        let same_sector = if sector < 0 {
            0
        } else {
            self.weights.same_sector as i32
        };
        for j in 0..count {
            let apart = (zone - their_zone[j]).abs();
            let apart = apart.min(24 * 60 - apart);
            let fits = (their_kin[j] != kin)
                & (role + their_role[j] == 2)
                & (apart <= self.most_minutes_apart);
            let half_hours = apart / 30;
            let shared = 32 - half_hours + (half_hours - 16).max(0);
            points[j] = shared * waking
                + if their_stage[j] == stage {
                    same_stage
                } else {
                    0
                }
                + if their_sector[j] == sector {
                    same_sector
                } else {
                    0
                };
            allowed[j] = i32::from(fits);
            met[j] = 0;
            met_back[j] = 0;
        }
        if let Some(languages) = &self.languages {
            let [low, high] = languages.of(u);
            let their_low = &languages.0[0][columns.clone()][..count];
            let their_high = &languages.0[1][columns.clone()][..count];
            for j in 0..count {
                let shared = (their_low[j] & low) | (their_high[j] & high);
                allowed[j] &= i32::from(shared != 0);
            }
        }

        // Interests in common.
        for (half, mine) in self.interests.of(u).into_iter().enumerate() {
            let theirs = &self.interests.0[half][columns.clone()][..count];
            let mut left = mine;
            while left != 0 {
                let option = left.trailing_zeros();
                left &= left - 1;
                let worth = self.interest_points[32 * half + option as usize];
                for j in 0..count {
                    points[j] += (theirs[j] >> option & 1) as i32 * worth;
                }
            }
        }

        // Wishes, both ways.
        for wished in &self.wished {
            let mine = wished.has.of(u);
            let like = wished.like.of(u);
            if like != [0, 0] {
                add_met(met, like, &wished.has, &columns);
            }
            if mine != [0, 0] {
                add_met(met_back, mine, &wished.like, &columns);
            }
            if wished.anybody_must {
                let must = wished.must.of(u);
                let has = [0, 1].map(|half| &wished.has.0[half][columns.clone()][..count]);
                let their_must = [0, 1].map(|half| &wished.must.0[half][columns.clone()][..count]);
                let demanding = must != [0, 0];
                for j in 0..count {
                    let mine_met = ((has[0][j] & must[0]) | (has[1][j] & must[1])) != 0;
                    let demanded = (their_must[0][j] | their_must[1][j]) != 0;
                    let theirs_met =
                        ((their_must[0][j] & mine[0]) | (their_must[1][j] & mine[1])) != 0;
                    allowed[j] &= i32::from((!demanding | mine_met) & (!demanded | theirs_met));
                }
            }
        }
        let contentment = &self.contentment;
        let own_row = self.wishes[u] as usize;
        let mine: [i32; ROWS] = std::array::from_fn(|met| contentment[own_row + met]);
        let wishes = &self.wishes[columns.clone()][..count];
        let carried = &self.carry_over[columns][..count];
        let (floor, carry_over) = (self.floor, self.carry_over[u]);
        for j in 0..count {
            // The remainders change nothing; they show the compiler that the indices are in range.
            let back = contentment
                [(wishes[j] + met_back[j].min(MOST_WISHES as i32)) as usize % (ROWS * ROWS)];
            let total = points[j] + mine[met[j].min(MOST_WISHES as i32) as usize % ROWS] + back;
            let good = (allowed[j] != 0) & (total >= floor);
            points[j] = if good {
                total + carry_over + carried[j]
            } else {
                FORBIDDEN
            };
        }
    }
}

/// Counts a wish as met for everybody in `columns` who has one of `wanted`.
#[inline(always)]
fn add_met(met: &mut [i32], wanted: [u32; 2], theirs: &Halves, columns: &Range<usize>) {
    let count = met.len();
    let [low, high] = [0, 1].map(|half| &theirs.0[half][columns.clone()][..count]);
    match wanted {
        [wanted, 0] => {
            for j in 0..count {
                met[j] += i32::from(low[j] & wanted != 0);
            }
        }
        [0, wanted] => {
            for j in 0..count {
                met[j] += i32::from(high[j] & wanted != 0);
            }
        }
        [wanted_low, wanted_high] => {
            for j in 0..count {
                met[j] += i32::from((low[j] & wanted_low) | (high[j] & wanted_high) != 0);
            }
        }
    }
}

impl WishedTrait {
    fn new(seats: &[&Candidate], about: Trait) -> WishedTrait {
        let wanted = |wishes: &[super::candidate::Wish]| {
            wishes
                .iter()
                .filter(|wish| wish.about == about)
                .fold(0, |options, wish| options | wish.any_of)
        };
        WishedTrait {
            has: Halves::new(seats.iter().map(|person| person.options(about))),
            like: Halves::new(seats.iter().map(|person| wanted(&person.like))),
            must: Halves::new(seats.iter().map(|person| wanted(&person.must))),
            anybody_must: seats
                .iter()
                .any(|person| person.must.iter().any(|wish| wish.about == about)),
        }
    }
}

impl Pairs for ScoreTable {
    fn vertices(&self) -> usize {
        self.seats
    }

    fn block(&self) -> usize {
        BLOCK
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
        self.score(u as usize, columns.clone(), work);
        let excluded = &self.excluded[u as usize];
        collect_above(
            &work.points,
            &duals[columns.clone()],
            threshold,
            columns.start,
            excluded,
            offers,
        )
    }

    fn points(&self, u: u32, v: u32) -> Option<i32> {
        if self.excluded[u as usize].contains(&v) {
            return None;
        }
        let mut work = Work::default();
        self.score(u as usize, v as usize..v as usize + 1, &mut work);
        Some(work.points[0]).filter(|&points| points != FORBIDDEN)
    }

    /// What can change is who is closed, who is excluded, and the floor.
    fn stays(&self, u: u32, v: u32, points: i32) -> bool {
        let (u, other) = (u as usize, v as usize);
        self.role[u] + self.role[other] == 2
            && points - self.carry_over[u] - self.carry_over[other] >= self.floor
            && self.excluded[u].binary_search(&v).is_err()
    }

    fn range(&self) -> (i32, i32) {
        let w = self.weights;
        let interests: i64 = self
            .interest_points
            .iter()
            .map(|&points| i64::from(points))
            .sum();
        let most = 2 * i64::from(w.wish)
            + 32 * i64::from(w.waking_half_hour)
            + i64::from(w.same_stage)
            + i64::from(w.same_sector)
            + interests;
        let most = most.min(i64::from(LARGEST_POINTS)) as i32;
        let carried = self.carry_over.iter().copied();
        let (lowest, highest) = (
            carried.clone().min().unwrap_or(0),
            carried.max().unwrap_or(0),
        );
        (2 * lowest.min(0), most + 2 * highest.max(0))
    }

    /// By country: half the list apart, two people are of different countries where that is possible.
    fn spread(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.seats as u32).collect();
        order.sort_by_key(|&seat| (self.role[seat as usize], self.country[seat as usize]));
        order
    }
}

/// Appends those of a row's points that exceed the threshold and the column's dual, and counts the admissible ones.
/// A block is first looked through for the existence of such only, since most blocks have none.
pub fn collect_above(
    points: &[i32],
    duals: &[i64],
    threshold: i64,
    first_column: usize,
    excluded: &[u32],
    offers: &mut Vec<Offer>,
) -> u64 {
    let (admissible, any) = pulp::Arch::new().dispatch(LookThrough {
        points,
        duals,
        threshold,
    });
    let columns = first_column..first_column + points.len();
    let out = |v: &u32| {
        columns.contains(&(*v as usize)) && points[*v as usize - first_column] != FORBIDDEN
    };
    let admissible = u64::from(admissible) - excluded.iter().filter(|v| out(v)).count() as u64;
    if any {
        // A few at a time: most of them are not among those, either.
        const FEW: usize = 32;
        for (number, (points, duals)) in points.chunks(FEW).zip(duals.chunks(FEW)).enumerate() {
            let exceeds = |(&points, &dual): (&i32, &i64)| {
                (2 * i64::from(points) - dual > threshold) & (points != FORBIDDEN)
            };
            if !points
                .iter()
                .zip(duals)
                .fold(false, |any, pair| any | exceeds(pair))
            {
                continue;
            }
            for (j, (&points, &dual)) in points.iter().zip(duals).enumerate() {
                let excess = 2 * i64::from(points) - dual - threshold;
                let v = (first_column + number * FEW + j) as u32;
                if excess > 0 && points != FORBIDDEN && !excluded.contains(&v) {
                    offers.push(Offer { v, points, excess });
                }
            }
        }
    }
    admissible
}

/// Scoring a row, in the form in which `pulp` compiles it for each kind of machine. (A closure would do, but its body
/// is not compiled together with what calls it, and then not for that machine.)
struct ScoreRow<'a> {
    table: &'a ScoreTable,
    u: usize,
    columns: Range<usize>,
    work: &'a mut Work,
}

impl pulp::WithSimd for ScoreRow<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        self.table.score_row(self.u, self.columns, self.work);
    }
}

/// Looking a row up, in the same form.
struct LookUp<'a> {
    table: &'a ScoreTable,
    u: usize,
    columns: Range<usize>,
    row: &'a [i32],
    points: &'a mut [i32],
}

impl pulp::WithSimd for LookUp<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let count = self.points.len();
        let (table, points, row) = (self.table, self.points, &self.row[..count]);
        let role = &table.role[self.columns.clone()][..count];
        let carried = &table.carry_over[self.columns][..count];
        let carry_over = table.carry_over[self.u];
        // A floor below all points lets everything pass that is not forbidden.
        let (open, floor) = (table.role[self.u] != NOBODY, table.floor);
        for j in 0..count {
            let own = row[j].wrapping_sub(carry_over).wrapping_sub(carried[j]);
            let good = (row[j] != FORBIDDEN) & (own >= floor) & (role[j] != NOBODY) & open;
            points[j] = if good { row[j] } else { FORBIDDEN };
        }
    }
}

/// How many of a row's pairs are admissible, and whether any of them exceeds.
struct LookThrough<'a> {
    points: &'a [i32],
    duals: &'a [i64],
    threshold: i64,
}

impl pulp::WithSimd for LookThrough<'_> {
    type Output = (u32, bool);

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> (u32, bool) {
        let (mut admissible, mut any) = (0, false);
        for (&points, &dual) in self.points.iter().zip(self.duals) {
            let is_admissible = points != FORBIDDEN;
            admissible += u32::from(is_admissible);
            any |= (2 * i64::from(points) - dual > self.threshold) & is_admissible;
        }
        (admissible, any)
    }
}
