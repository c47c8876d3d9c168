//! Whole proposals: against the library's solver, and against what the objective promises.

use super::pairs::{Pairs, Work};
use super::score_table::{FORBIDDEN, ScoreTable};
use super::solver_tests::Dice;
use super::*;

/// Invented people of a programme, with all that rules can look at.
fn crowd(dice: &mut Dice, count: usize, countries: u64) -> Vec<Candidate> {
    let some_of = |dice: &mut Dice, options: u64, at_most: u64| {
        (0..1 + dice.roll(at_most)).fold(0u64, |set, _| set | 1 << dice.roll(options))
    };
    let wishes = |dice: &mut Dice, often: u64| {
        let mut wishes = Vec::new();
        for (about, options) in [
            (Trait::Sector, 8),
            (Trait::Stage, 5),
            (Trait::Region, 7),
            (Trait::Interest, 60),
            (Trait::Other(1), 3),
        ] {
            if dice.roll(often) == 0 {
                wishes.push(Wish {
                    about,
                    any_of: some_of(dice, options, 3),
                });
            }
        }
        wishes
    };
    (0..count)
        .map(|index| Candidate {
            id: 7_000 + (index as i64 * 7_919) % 5_003,
            country: dice.roll(countries) as u16,
            region: dice.roll(7) as u8,
            zone_offset_minutes: dice.roll(112) as i32 * 15 - 720,
            languages: some_of(dice, 40, 2) | 1 << dice.roll(2),
            sector: (dice.roll(9) > 0).then_some(dice.roll(8) as u8),
            stage: (dice.roll(9) > 0).then_some(dice.roll(5) as u8),
            interests: some_of(dice, 60, 5),
            others: vec![0, some_of(dice, 3, 1)],
            must: wishes(dice, 40),
            like: wishes(dice, 3),
            past_partners: (0..dice.roll(3))
                .map(|_| 7_000 + dice.roll(count as u64) as i64)
                .collect(),
            blocked: Vec::new(),
            carry_over: dice.roll(4) as i32 - 1,
            role: Role::Peer,
        })
        .collect()
}

fn rules(dice: &mut Dice) -> Rules {
    Rules {
        different: [Different::Country, Different::Region, Different::Nothing]
            [dice.roll(3) as usize],
        shared_language: dice.roll(2) == 0,
        max_hours_apart: (dice.roll(2) == 0).then_some(8),
        floor_percent: 0,
        ..Rules::default()
    }
}

#[test]
fn rows_of_the_table_say_what_the_rules_say_pair_by_pair() {
    let mut dice = Dice::new(11);
    for _ in 0..20 {
        let mut people = crowd(&mut dice, 60, 9);
        if dice.roll(2) == 0 {
            for person in &mut people {
                person.role = [Role::Mentor { capacity: 1 }, Role::Mentee][dice.roll(2) as usize];
            }
        }
        people[3].must.push(Wish::new(Trait::Stage, &[]));
        let rules = rules(&mut dice);
        let scoring = Scoring::new(&people, &rules);
        let everyone: Vec<&Candidate> = people.iter().collect();
        let none = vec![Vec::new(); people.len()];
        let table = ScoreTable::new(&everyone, &rules, &scoring, none, &[false; 60]);
        let mut work = Work::default();
        for (u, a) in people.iter().enumerate() {
            table.above(
                u as u32,
                0..60,
                &[0; 60],
                i64::MAX / 2,
                &mut work,
                &mut Vec::new(),
            );
            for (v, b) in people.iter().enumerate() {
                let obstacles = obstacles(a, b, &rules);
                let only_for_what_they_are =
                    obstacles.iter().all(|&rule| rule == Rule::PastPartners);
                let expected = if only_for_what_they_are {
                    scoring.parts(a, b).total() as i32
                } else {
                    FORBIDDEN
                };
                assert_eq!(
                    work.points[v], expected,
                    "{u} and {v}: {obstacles:?}\n{a:?}\n{b:?}"
                );
            }
        }
    }
}

/// Number of pairs and score of the best matching according to an independent solver.
fn library_s_best(people: &[Candidate], rules: &Rules) -> (usize, i64) {
    let scoring = Scoring::new(people, rules);
    let n = people.len();
    let mut weight = vec![0i64; n * n];
    for (i, a) in people.iter().enumerate() {
        for (j, b) in people.iter().enumerate().skip(i + 1) {
            if admissible(a, b, rules).is_ok() {
                weight[i * n + j] = (1 << 32) + scoring.parts(a, b).total();
            }
        }
    }
    let mut best = (0, 0);
    for (i, partner) in integer_blossom::max_weight_matching(&weight, n)
        .into_iter()
        .enumerate()
    {
        if let Some(j) = partner.filter(|&j| i < j) {
            best.0 += 1;
            best.1 += weight[i * n + j] - (1 << 32);
        }
    }
    best
}

#[test]
fn proposals_are_as_good_as_an_independent_solver_s() {
    let mut dice = Dice::new(12);
    for case in 0..40 {
        let count = 1 + dice.roll(120) as usize;
        let countries = 2 + dice.roll(12);
        let people = crowd(&mut dice, count, countries);
        let mut rules = rules(&mut dice);
        rules.odd = Odd::Wait;
        let proposal = propose(&people, &rules, &Options::default());
        let best = library_s_best(&people, &rules);
        assert_eq!(
            (proposal.groups.len(), proposal.score),
            best,
            "case {case} of {count}"
        );
        assert!(proposal.checked && proposal.most_pairs);
        assert_eq!(proposal.bound, Some(proposal.score));
        assert_eq!(2 * proposal.groups.len() + proposal.unmatched.len(), count);
    }
}

#[test]
fn same_people_get_the_same_pairs_in_any_order_and_with_any_number_of_threads() {
    let mut dice = Dice::new(13);
    let people = crowd(&mut dice, 151, 5);
    let rules = Rules::default();
    let names = |people: &[Candidate], proposal: &Proposal| {
        let mut groups: Vec<Vec<i64>> = proposal
            .groups
            .iter()
            .map(|group| {
                let mut ids: Vec<i64> = group
                    .members
                    .iter()
                    .map(|&member| people[member].id)
                    .collect();
                ids.sort_unstable();
                ids
            })
            .collect();
        groups.sort();
        groups
    };
    let expected = names(&people, &propose(&people, &rules, &Options::default()));
    for threads in [2, 3] {
        let options = Options {
            threads,
            ..Options::default()
        };
        assert_eq!(
            names(&people, &propose(&people, &rules, &options)),
            expected
        );
    }
    let mut shuffled = people.clone();
    for last in (1..shuffled.len()).rev() {
        shuffled.swap(last, dice.roll(last as u64 + 1) as usize);
    }
    let proposal = propose(&shuffled, &rules, &Options::default());
    assert_eq!(names(&shuffled, &proposal), expected);
}

#[test]
fn nobody_s_pair_is_below_the_floor_and_the_floor_is_as_high_as_it_can_be() {
    let mut dice = Dice::new(14);
    for _ in 0..10 {
        let people = crowd(&mut dice, 40, 20);
        let rules = Rules {
            max_hours_apart: None,
            ..Rules::default()
        };
        let free = propose(
            &people,
            &Rules {
                floor_percent: 0,
                ..rules.clone()
            },
            &Options::default(),
        );
        let proposal = propose(&people, &rules, &Options::default());
        assert_eq!(
            proposal.groups.len(),
            free.groups.len(),
            "the floor costs nobody their partner"
        );
        assert!(proposal.checked);
        let floor = proposal.floor.expect("there is a floor");
        for group in &proposal.groups {
            assert!(group.score - group.parts.carry_over >= floor);
        }
        // With the whole of the best possible minimum as the floor, that minimum is reached; above it, it is not.
        let whole = propose(
            &people,
            &Rules {
                floor_percent: 100,
                ..rules.clone()
            },
            &Options::default(),
        );
        let best_minimum = whole.floor.expect("there is a floor");
        let reached = whole
            .groups
            .iter()
            .map(|group| group.score - group.parts.carry_over)
            .min();
        assert!(reached >= Some(best_minimum));
        let above = Options {
            floor: Some(reached.unwrap_or(0) + 1),
            ..Options::default()
        };
        assert!(propose(&people, &rules, &above).groups.len() < free.groups.len());
    }
}

#[test]
fn coordinators_have_the_last_word() {
    let mut dice = Dice::new(15);
    let people = crowd(&mut dice, 60, 9);
    let rules = Rules::default();
    let before = propose(&people, &rules, &Options::default());
    let (a, b) = (before.groups[0].members[0], before.groups[0].members[1]);
    let held = before.groups[5].members[0];
    let pinned = (before.groups[1].members[0], before.groups[2].members[0]);
    let changes = Changes {
        pinned: vec![pinned],
        forbidden: vec![(b, a)],
        held: vec![held],
    };
    assert_eq!(changes.check(&people), Ok(()));
    let options = Options {
        changes,
        floor: before.floor,
        ..Options::default()
    };
    let after = propose(&people, &rules, &options);
    assert!(after.checked, "the proof holds with changes, too");
    assert_ne!(after.partner_of(a), Some(b));
    assert_eq!(after.partner_of(pinned.0), Some(pinned.1));
    assert_eq!(after.partner_of(held), None);
    assert!(!after.unmatched.contains(&held));
    let certificate = after.certificate.as_ref().expect("solved to the end");
    let (vertices, pairs) = admissible_pairs(&people, &rules, &options.changes, after.floor);
    let pairs: Vec<(i64, i64, i64)> = pairs
        .iter()
        .map(|&(u, v, w)| (u.into(), v.into(), w))
        .collect();
    let graph = GivenGraph::new(vertices, &pairs).expect("a graph");
    let proven = check_graph(certificate, &graph, 1).expect("the proof holds for the listed pairs");
    assert_eq!(proven.score, after.score);
    assert_eq!(proven.admissible, pairs.len() as u64);
}

#[test]
fn a_mentor_has_as_many_mentees_as_places_and_no_mentee_twice() {
    let mut dice = Dice::new(16);
    let mut people = crowd(&mut dice, 50, 12);
    for (index, person) in people.iter_mut().enumerate() {
        person.role = match index % 5 {
            0 => Role::Mentor { capacity: 3 },
            1 if index < 10 => Role::Mentor { capacity: 0 },
            _ => Role::Mentee,
        };
    }
    let proposal = propose(&people, &Rules::default(), &Options::default());
    assert!(proposal.checked);
    for (index, person) in people.iter().enumerate() {
        let partners = proposal
            .groups
            .iter()
            .filter(|group| group.members.contains(&index))
            .count();
        match person.role {
            Role::Mentor { capacity } => assert!(partners <= capacity as usize),
            _ => assert!(partners <= 1),
        }
    }
    let mut pairs: Vec<&Vec<usize>> = proposal.groups.iter().map(|group| &group.members).collect();
    pairs.dedup();
    assert_eq!(pairs.len(), proposal.groups.len());
    assert!(proposal.groups.len() > 20, "{}", proposal.groups.len());
}

#[test]
fn stopped_early_there_is_still_a_sound_proposal() {
    let mut dice = Dice::new(17);
    let people = crowd(&mut dice, 200, 9);
    for steps in 0..12 {
        let left = std::cell::Cell::new(steps);
        let keep_going = || {
            left.set(left.get() - 1);
            left.get() > 0
        };
        let options = Options {
            keep_going: &keep_going,
            ..Options::default()
        };
        let proposal = propose(&people, &Rules::default(), &options);
        let mut seen = vec![false; people.len()];
        for &member in proposal.groups.iter().flat_map(|group| &group.members) {
            assert!(!std::mem::replace(&mut seen[member], true));
        }
        for group in &proposal.groups {
            let (a, b) = (&people[group.members[0]], &people[group.members[1]]);
            assert_eq!(admissible(a, b, &Rules::default()), Ok(()));
        }
        assert!(proposal.bound.is_none_or(|bound| bound >= proposal.score));
    }
}

#[test]
fn a_change_is_solved_from_where_it_stands_as_well_as_from_the_start() {
    let mut dice = Dice::new(18);
    for case in 0..40 {
        let count = 20 + dice.roll(60) as usize;
        let mut people = crowd(&mut dice, count, 6);
        if case % 3 == 0 {
            for person in &mut people {
                person.role = match dice.roll(3) {
                    0 => Role::Mentor { capacity: 2 },
                    _ => Role::Mentee,
                };
            }
        }
        let mut rules = rules(&mut dice);
        rules.odd = Odd::Wait;
        rules.floor_percent = [0, 80][case % 2];
        let (mut session, first) = Session::new(&people, &rules, &Options::default());
        for _ in 0..12 {
            let mut changes = Changes::default();
            for _ in 0..dice.roll(4) {
                let [a, b] = [0; 2].map(|_| dice.roll(count as u64) as usize);
                match dice.roll(3) {
                    0 => changes.held.push(a),
                    1 => changes.forbidden.push((a, b)),
                    _ => changes.pinned.push((a, b)),
                }
            }
            if let Some(partner) = first.partner_of(dice.roll(count as u64) as usize) {
                changes
                    .forbidden
                    .push((partner, first.partner_of(partner).unwrap_or(0)));
            }
            if changes.check(&people).is_err() {
                continue;
            }
            let warm = session.change(&changes, &Options::default());
            let options = Options {
                changes: changes.clone(),
                floor: first.floor,
                ..Options::default()
            };
            let cold = propose(&people, &rules, &options);
            assert!(warm.checked && cold.checked, "case {case}: {changes:?}");
            assert_eq!(
                (warm.groups.len(), warm.score),
                (cold.groups.len(), cold.score),
                "case {case}: {changes:?}"
            );
        }
        let back = session.change(&Changes::default(), &Options::default());
        assert_eq!(
            (back.groups.len(), back.score),
            (first.groups.len(), first.score)
        );
    }
}

#[test]
fn a_trio_is_found_for_somebody_else_where_the_one_left_over_fits_nobody() {
    // 4 shares a language with 0 only, and 0 suits 1: the best two pairs leave 4 out, who fits neither of them.
    let mut people: Vec<Candidate> = (0..5)
        .map(|id| Candidate {
            id,
            country: id as u16,
            languages: 1,
            sector: Some(id as u8),
            ..Candidate::default()
        })
        .collect();
    people[0].languages = 0b11;
    people[4].languages = 0b10;
    people[0].like = vec![Wish::new(Trait::Sector, &[1])];
    people[2].like = vec![Wish::new(Trait::Sector, &[3])];
    let rules = Rules {
        floor_percent: 0,
        ..Rules::default()
    };
    let waiting = Rules {
        odd: Odd::Wait,
        ..rules.clone()
    };
    let left = propose(&people, &waiting, &Options::default()).unmatched;
    assert_eq!(left, [4]);
    let proposal = propose(&people, &rules, &Options::default());
    assert_eq!(
        proposal.unmatched,
        Vec::<usize>::new(),
        "everybody has somebody"
    );
    assert_eq!(proposal.partner_of(4), Some(0));
    let mut trio = proposal.groups[1].members.clone();
    trio.sort_unstable();
    assert_eq!(trio, [1, 2, 3]);
}

#[test]
fn whom_coordinators_keep_apart_does_not_meet_in_a_trio_either() {
    let people: Vec<Candidate> = (0..3)
        .map(|id| Candidate {
            id,
            country: id as u16,
            languages: 1,
            ..Candidate::default()
        })
        .collect();
    let forbid = |forbidden: Vec<(usize, usize)>| {
        let options = Options {
            changes: Changes {
                forbidden,
                ..Changes::default()
            },
            ..Options::default()
        };
        propose(&people, &Rules::default(), &options)
    };
    assert_eq!(forbid(vec![]).groups[0].members.len(), 3);
    let apart = forbid(vec![(1, 0)]);
    assert_eq!(apart.groups[0].members.len(), 2);
    assert_eq!(apart.unmatched.len(), 1);
}
