//! From people to seats: what the solver pairs, and back.
//!
//! Most people have one seat; a mentor has as many as they take mentees. Whoever is held or pinned by coordinators has
//! closed seats, which the solver leaves alone. Here, too, a solution becomes a proposal with its proof checked.
//!
//! This file must not decide what is best.

use std::collections::HashMap;

use super::candidate::{Candidate, Role};
use super::certificate::check;
use super::pairs::{Offer, Pairs, Work};
use super::proposal::{Certificate, Changes, Group, Proposal};
use super::rules::Rules;
use super::score::Scoring;
use super::score_table::ScoreTable;
use super::solve::{Changed, Solved};

/// All admissible pairs and their points, as `(u, v, points)` between the vertices of the certificate: what
/// [`propose`](super::propose) has chosen from, given the floor of its proposal.
pub fn admissible_pairs(
    candidates: &[Candidate],
    rules: &Rules,
    changes: &Changes,
    floor: Option<i64>,
) -> (usize, Vec<(u32, u32, i64)>) {
    let scoring = Scoring::new(candidates, rules);
    let seats = Seats::new(candidates, changes);
    let mut table = seats.table(candidates, rules, &scoring);
    if let Some(floor) = floor {
        table.set_floor(floor);
    }
    let pinned = seats.with_pinned(candidates, &scoring, &table);
    let n = pinned.vertices();
    let duals = vec![0; n];
    let (mut work, mut offers, mut edges) = (Work::default(), Vec::new(), Vec::new());
    for u in 0..n as u32 {
        offers.clear();
        pinned.above(
            u,
            u as usize + 1..n,
            &duals,
            i64::MIN / 2,
            &mut work,
            &mut offers,
        );
        for offer in &offers {
            let (a, b) = (
                seats.vertex_of[u as usize],
                seats.vertex_of[offer.v as usize],
            );
            edges.push((a.min(b), a.max(b), i64::from(offer.points)));
        }
    }
    edges.sort_unstable();
    (n, edges)
}

/// Seats are what the solver pairs: one for each person, several for mentors with several mentees. They are in the
/// order of ids, first seats before further ones.
pub struct Seats {
    /// The person of each seat.
    person: Vec<usize>,
    /// The vertex of the certificate: a first seat is the person's index, further ones follow.
    vertex_of: Vec<u32>,
    /// Seats that the solver must leave alone: held, pinned, or of no capacity.
    closed: Vec<bool>,
    /// Pairs of seats that the coordinators demand.
    pinned: Vec<(u32, u32)>,
    /// For each seat, those that must not be paired with it for who they are.
    excluded: Vec<Vec<u32>>,
    held: Vec<bool>,
}

impl Seats {
    pub fn new(candidates: &[Candidate], changes: &Changes) -> Seats {
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        order.sort_by_key(|&person| candidates[person].id);
        let capacity = |person: usize| match candidates[person].role {
            Role::Mentor { capacity } => capacity as usize,
            Role::Peer | Role::Mentee => 1,
        };
        let mut seats_of: Vec<Vec<u32>> = vec![Vec::new(); candidates.len()];
        let (mut person_of, mut vertex_of, mut closed) = (Vec::new(), Vec::new(), Vec::new());
        for &person in &order {
            seats_of[person].push(person_of.len() as u32);
            person_of.push(person);
            vertex_of.push(person as u32);
            closed.push(capacity(person) == 0);
        }
        // Nobody can use more seats than there are people.
        for &person in &order {
            for _ in 1..capacity(person).min(candidates.len()) {
                seats_of[person].push(person_of.len() as u32);
                vertex_of.push(person_of.len() as u32);
                person_of.push(person);
                closed.push(false);
            }
        }
        let mut held = vec![false; candidates.len()];
        for &person in changes
            .held
            .iter()
            .filter(|&&person| person < candidates.len())
        {
            held[person] = true;
            for &seat in &seats_of[person] {
                closed[seat as usize] = true;
            }
        }
        let mut pinned = Vec::new();
        for &(a, b) in &changes.pinned {
            let open = |person: usize, closed: &[bool]| {
                let seats = seats_of.get(person)?;
                seats.iter().copied().find(|&seat| !closed[seat as usize])
            };
            if a != b
                && let (Some(one), Some(other)) = (open(a, &closed), open(b, &closed))
            {
                closed[one as usize] = true;
                closed[other as usize] = true;
                pinned.push((one.min(other), one.max(other)));
            }
        }

        let person_with: HashMap<i64, usize> = candidates
            .iter()
            .enumerate()
            .map(|(person, candidate)| (candidate.id, person))
            .collect();
        let mut excluded: Vec<Vec<u32>> = vec![Vec::new(); person_of.len()];
        let mut exclude = |a: usize, b: usize| {
            for &one in &seats_of[a] {
                for &other in &seats_of[b] {
                    excluded[one as usize].push(other);
                    excluded[other as usize].push(one);
                }
            }
        };
        for (person, candidate) in candidates.iter().enumerate() {
            for id in candidate.past_partners.iter().chain(&candidate.blocked) {
                if let Some(&other) = person_with.get(id) {
                    exclude(person, other);
                }
            }
        }
        let known = |person: usize| person < candidates.len();
        for &(a, b) in changes
            .forbidden
            .iter()
            .filter(|&&(a, b)| known(a) && known(b))
        {
            exclude(a, b);
        }
        // A mentor who is pinned to somebody does not get the same one twice.
        for &(one, other) in &pinned {
            exclude(person_of[one as usize], person_of[other as usize]);
        }
        for others in &mut excluded {
            others.sort_unstable();
            others.dedup();
        }
        Seats {
            person: person_of,
            vertex_of,
            closed,
            pinned,
            excluded,
            held,
        }
    }

    pub fn table(&self, candidates: &[Candidate], rules: &Rules, scoring: &Scoring) -> ScoreTable {
        let people: Vec<&Candidate> = self
            .person
            .iter()
            .map(|&person| &candidates[person])
            .collect();
        ScoreTable::new(&people, rules, scoring, self.excluded.clone(), &self.closed)
    }

    /// The seats whose pairs are others than those of `before`, which speaks of the same candidates.
    pub fn changed_since(&self, before: &Seats) -> Changed {
        let mut changed = Changed::default();
        let lacks = |some: &[u32], others: &[u32]| {
            some.iter().any(|seat| others.binary_search(seat).is_err())
        };
        for seat in 0..self.person.len() {
            let (closed, was_closed) = (self.closed[seat], before.closed[seat]);
            let (excluded, were) = (&self.excluded[seat], &before.excluded[seat]);
            if (closed && !was_closed) || lacks(excluded, were) {
                changed.lost.push(seat as u32);
            }
            if (was_closed && !closed) || lacks(were, excluded) {
                changed.won.push(seat as u32);
            }
        }
        changed
    }

    pub fn with_pinned<'a>(
        &self,
        candidates: &[Candidate],
        scoring: &Scoring,
        table: &'a ScoreTable,
    ) -> WithPinned<'a> {
        let pinned = self.pinned.iter().map(|&(one, other)| {
            let [a, b] = [one, other].map(|seat| &candidates[self.person[seat as usize]]);
            (one, other, scoring.parts(a, b).total() as i32)
        });
        WithPinned {
            table,
            pinned: pinned.collect(),
        }
    }

    /// What has been found, checked against every admissible pair. Trios come later.
    pub fn proposal(
        &self,
        candidates: &[Candidate],
        scoring: &Scoring,
        table: &ScoreTable,
        solved: &Solved,
        floor: Option<i64>,
        threads: usize,
    ) -> Proposal {
        let mut groups = Vec::new();
        let mut matched = vec![false; candidates.len()];
        let found = solved.pairs().into_iter().map(|pair| (pair, false));
        for ((one, other), pinned) in found.chain(self.pinned.iter().map(|&pair| (pair, true))) {
            let [a, b] = [one, other].map(|seat| self.person[seat as usize]);
            let (a, b) = (a.min(b), a.max(b));
            matched[a] = true;
            matched[b] = true;
            let parts = scoring.parts(&candidates[a], &candidates[b]);
            groups.push(Group {
                members: vec![a, b],
                score: parts.total(),
                parts,
                pinned,
            });
        }
        groups.sort_by(|a, b| a.members.cmp(&b.members));
        let score = groups.iter().map(|group| group.score).sum();
        let pinned_score: i64 = groups
            .iter()
            .filter(|group| group.pinned)
            .map(|group| group.score)
            .sum();
        let solved_pairs = groups.len() - self.pinned.len();
        let mut proposal = Proposal {
            unmatched: (0..candidates.len())
                .filter(|&person| !matched[person] && !self.held[person])
                .collect(),
            score,
            bound: solved
                .score_bound(solved_pairs)
                .map(|bound| bound + pinned_score),
            most_pairs: solved.most_pairs(solved_pairs, table.range().0),
            floor,
            pricing_rounds: solved.pricing_rounds,
            groups,
            ..Proposal::default()
        };
        if solved.complete {
            let pinned = self.with_pinned(candidates, scoring, table);
            let mut certificate = solved.certificate();
            for &(one, other, points) in &pinned.pinned {
                certificate.pairs.push((one, other));
                certificate.y[one as usize] += 2 * (i64::from(points) + certificate.offset);
            }
            if let Ok(proven) = check(&certificate, &pinned, threads) {
                proposal.checked = proven.score == score;
                proposal.admissible_pairs = proven.admissible;
            }
            proposal.certificate = Some(self.renumber(&certificate));
        }
        proposal
    }

    /// The certificate in the vertices that callers know instead of seats.
    fn renumber(&self, certificate: &Certificate) -> Certificate {
        let vertex = |seat: u32| self.vertex_of[seat as usize];
        let mut renumbered = certificate.clone();
        for (seat, &dual) in certificate.y.iter().enumerate() {
            renumbered.y[vertex(seat as u32) as usize] = dual;
        }
        for (u, v) in &mut renumbered.pairs {
            let (one, other) = (vertex(*u), vertex(*v));
            (*u, *v) = (one.min(other), one.max(other));
        }
        renumbered.pairs.sort_unstable();
        for set in &mut renumbered.odd_sets {
            set.members
                .iter_mut()
                .for_each(|member| *member = vertex(*member));
            set.members.sort_unstable();
        }
        renumbered
    }
}

/// The admissible pairs, and those that are so because coordinators say so.
pub struct WithPinned<'a> {
    table: &'a ScoreTable,
    pinned: Vec<(u32, u32, i32)>,
}

impl Pairs for WithPinned<'_> {
    fn vertices(&self) -> usize {
        self.table.vertices()
    }

    fn block(&self) -> usize {
        self.table.block()
    }

    fn above(
        &self,
        u: u32,
        columns: std::ops::Range<usize>,
        duals: &[i64],
        threshold: i64,
        work: &mut Work,
        offers: &mut Vec<Offer>,
    ) -> u64 {
        let mut admissible = self
            .table
            .above(u, columns.clone(), duals, threshold, work, offers);
        for &(one, other, points) in &self.pinned {
            let v = match u {
                _ if u == one => other,
                _ if u == other => one,
                _ => continue,
            };
            if columns.contains(&(v as usize)) {
                admissible += 1;
                let excess = 2 * i64::from(points) - duals[v as usize] - threshold;
                if excess > 0 {
                    offers.push(Offer { v, points, excess });
                }
            }
        }
        admissible
    }

    fn points(&self, u: u32, v: u32) -> Option<i32> {
        let pin = |&&(one, other, _): &&(u32, u32, i32)| (one, other) == (u.min(v), u.max(v));
        match self.pinned.iter().find(pin) {
            Some(&(_, _, points)) => Some(points),
            None => self.table.points(u, v),
        }
    }

    fn range(&self) -> (i32, i32) {
        self.table.range()
    }
}
