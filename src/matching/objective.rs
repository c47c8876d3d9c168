//! From candidates to a proposal: what is best, and in which order of importance.
//!
//! 1. As many people as possible have a partner.
//! 2. Nobody's pair is worse than it has to be: a *floor* of so many percent (80, unless configured otherwise) of the
//!    best score that the worst pair could have. Just the best worst pair would cost all others dearly, and nothing
//!    of it would leave a few with pairs that make no sense.
//! 3. The largest sum of scores. A person's contentment grows less and less with the share of their wishes that is
//!    met (`score::contentment`), so that a first wish of one goes before a third of another.
//!
//! All three are one question to the solver: the offset puts the first before the third, and the floor forbids pairs.
//! Ties are broken by the order of ids, always the same way. A trio comes after the proof: the one who is left over,
//! if any, joins a pair.

use super::candidate::Candidate;
use super::proposal::{Changes, Options, Proposal};
use super::rules::{Odd, Rules};
use super::score::Scoring;
use super::score_table::ScoreTable;
use super::seats::Seats;
use super::solve::{Changed, Control, Solved, Standing};
use super::trio::make_trio;

/// Up to so many people, the best score that the worst pair could have is found exactly; beyond, to within 2 %.
const EXACT_FLOOR: usize = 5_000;

/// How many others are tried as the one who joins a pair, where the one who is left over fits none.
const OTHERS_TRIED: usize = 20;

/// The best pairs among `candidates`.
///
/// The certificate is checked against every admissible pair before this returns. `options.changes` that make no sense
/// ([`Changes::check`]) are passed over.
pub fn propose(candidates: &[Candidate], rules: &Rules, options: &Options) -> Proposal {
    Session::new(candidates, rules, options).1
}

/// A matching that stands open for changes: pinning, forbidding, swapping and holding people is solved from where it
/// stands, which takes milliseconds where the first solution took a hundred times as long.
///
/// The floor is that of the first solution, or the one given with its options. Which of several equally good sets of
/// pairs is found depends on the way that led there; mostly, pairs that need not change do not.
pub struct Session<'a> {
    candidates: &'a [Candidate],
    rules: &'a Rules,
    scoring: Scoring,
    seats: Seats,
    table: ScoreTable,
    standing: Standing,
    floor: Option<i64>,
}

impl<'a> Session<'a> {
    /// Solves from the start; see [`propose`].
    pub fn new(
        candidates: &'a [Candidate],
        rules: &'a Rules,
        options: &Options,
    ) -> (Session<'a>, Proposal) {
        let scoring = Scoring::new(candidates, rules);
        let seats = Seats::new(candidates, &options.changes);
        let mut table = seats.table(candidates, rules, &scoring);
        let unchanged =
            Seats::new(candidates, &Changes::default()).table(candidates, rules, &scoring);
        table.use_known(unchanged.all_points());
        drop(unchanged);
        let control = control(options);
        let (mut standing, mut solved) = Standing::solve(&table, &control);
        let mut floor = None;
        if rules.floor_percent > 0 {
            floor = options.floor.or_else(|| {
                find_floor(
                    &mut table,
                    &standing,
                    &solved,
                    rules.floor_percent,
                    &control,
                )
            });
        }
        if let Some(floor) = floor {
            table.set_floor(floor);
            // Even where the floor holds already, no later change may fall back on pairs below it.
            let rounds = solved.pricing_rounds;
            solved = standing.solve_again(&table, &all_may_have_lost(&table), &control);
            solved.pricing_rounds += rounds;
        }
        let mut session = Session {
            candidates,
            rules,
            scoring,
            seats,
            table,
            standing,
            floor,
        };
        let proposal = session.proposal(&solved, options, &options.changes);
        (session, proposal)
    }

    /// Solves again with these changes in place of the earlier ones. Of `options`, changes and floor are not looked
    /// at. Changes that make no sense ([`Changes::check`]) are passed over.
    pub fn change(&mut self, changes: &Changes, options: &Options) -> Proposal {
        let solved = self.solve_with(changes, options);
        self.proposal(&solved, options, changes)
    }

    fn solve_with(&mut self, changes: &Changes, options: &Options) -> Solved {
        let seats = Seats::new(self.candidates, changes);
        let changed = seats.changed_since(&self.seats);
        self.seats = seats;
        let (floor, known) = (self.table.floor, self.table.known());
        self.table = self.seats.table(self.candidates, self.rules, &self.scoring);
        self.table.floor = floor;
        self.table.use_known(known);
        self.standing
            .solve_again(&self.table, &changed, &control(options))
    }

    fn proposal(&mut self, solved: &Solved, options: &Options, changes: &Changes) -> Proposal {
        let mut proposal = self.without_trio(solved, options);
        let [odd] = proposal.unmatched[..] else {
            return proposal;
        };
        if self.rules.odd == Odd::Wait || self.make_trio(&mut proposal, odd, changes) {
            return proposal;
        }
        self.try_others_for_a_trio(&mut proposal, odd, options, changes);
        proposal
    }

    fn without_trio(&self, solved: &Solved, options: &Options) -> Proposal {
        self.seats.proposal(
            self.candidates,
            &self.scoring,
            &self.table,
            solved,
            self.floor,
            options.threads,
        )
    }

    fn make_trio(&self, proposal: &mut Proposal, odd: usize, changes: &Changes) -> bool {
        make_trio(
            proposal,
            odd,
            self.candidates,
            self.rules,
            &self.scoring,
            changes,
        )
    }

    /// The one who is left over fits no pair. Perhaps somebody else does, without whom everybody has a partner: those
    /// who are missed least, by their duals, are tried. What the proposal then proves is about the others.
    fn try_others_for_a_trio(
        &mut self,
        proposal: &mut Proposal,
        odd: usize,
        options: &Options,
        changes: &Changes,
    ) {
        let Some(certificate) = &proposal.certificate else {
            return;
        };
        let mut others: Vec<usize> = (0..self.candidates.len())
            .filter(|&person| person != odd && proposal.partner_of(person).is_some())
            .collect();
        others.sort_by_key(|&person| (certificate.y[person], self.candidates[person].id));
        for &other in others.iter().take(OTHERS_TRIED) {
            let mut without = changes.clone();
            without.held.push(other);
            let solved = self.solve_with(&without, options);
            let mut attempt = self.without_trio(&solved, options);
            let everybody =
                attempt.unmatched.is_empty() && attempt.groups.len() == proposal.groups.len();
            if everybody && self.make_trio(&mut attempt, other, changes) {
                *proposal = attempt;
                break;
            }
        }
        self.solve_with(changes, options);
    }
}

fn control<'a>(options: &'a Options) -> Control<'a> {
    Control {
        threads: options.threads,
        keep_going: options.keep_going,
        progress: options.progress,
    }
}

fn all_may_have_lost(table: &ScoreTable) -> Changed {
    Changed {
        lost: (0..table.seats() as u32).collect(),
        won: Vec::new(),
    }
}

/// The lowest points of a pair, without what is carried over.
fn worst(table: &ScoreTable, solved: &Solved) -> Option<i64> {
    let pairs = solved.pairs();
    pairs
        .iter()
        .filter_map(|&(u, v)| table.points_without_carry_over(u, v))
        .min()
}

/// The floor: `percent` of the best score that the worst of as many pairs can have. That is found by halving: with a
/// given floor, are as many pairs possible?
fn find_floor(
    table: &mut ScoreTable,
    standing: &Standing,
    solved: &Solved,
    percent: u32,
    control: &Control,
) -> Option<i64> {
    let pairs = solved.pairs().len();
    let mut possible = worst(table, solved)?;
    let share = |points: i64| points * i64::from(percent.min(100)) / 100;
    let mut impossible = table.limit_of_the_worst(2 * pairs, control.threads) + 1;
    let people = table.seats();
    let tolerance = |points: i64| match people {
        0..=EXACT_FLOOR => 1,
        _ => (points / 50).max(1),
    };
    if possible >= share(impossible - 1) {
        return Some(share(impossible - 1));
    }
    let earlier = table.floor;
    while impossible - possible > tolerance(possible) && (control.keep_going)() {
        let middle = possible + (impossible - possible) / 2;
        table.set_floor(middle);
        let mut standing = standing.clone();
        let attempt = standing.solve_again(table, &all_may_have_lost(table), control);
        if !attempt.complete {
            break;
        }
        if attempt.pairs().len() == pairs {
            possible = worst(table, &attempt).unwrap_or(middle).max(middle);
        } else {
            impossible = middle;
        }
    }
    table.floor = earlier;
    Some(share(possible))
}
