//! A round of ILN's size: what the objective gives to people, beside simpler ways; and what a change costs.

use std::time::Instant;

use pairpost::matching::{
    Candidate, Changes, GivenGraph, Odd, Options, Rules, Session, admissible_pairs, match_graph,
    propose,
};

use super::clock::cpu_seconds;
use super::people::{as_candidates, invent};

/// People of ILN's largest round.
pub const ILN: usize = 1_162;

pub fn print() {
    let people = as_candidates(&invent(ILN, None));
    let rules = Rules {
        odd: Odd::Wait,
        ..Rules::default()
    };
    compare(&people, &rules);
    change(&people, &rules);
}

type Pairs = Vec<(usize, usize)>;

fn compare(people: &[Candidate], rules: &Rules) {
    let (_, allowed) = admissible_pairs(people, rules, &Changes::default(), None);
    let pairs = |pairs: &[(u32, u32, i64)]| -> Pairs {
        pairs
            .iter()
            .map(|&(u, v, _)| (u as usize, v as usize))
            .collect()
    };
    // The best pair first, then the best of those that are left.
    let mut best_first = allowed.clone();
    best_first.sort_by_key(|&(u, v, points)| (-points, u, v));
    let mut free = vec![true; people.len()];
    best_first.retain(|&(u, v, _)| {
        let both = free[u as usize] && free[v as usize];
        if both {
            free[u as usize] = false;
            free[v as usize] = false;
        }
        both
    });
    let plain = of_graph(people.len(), &allowed, |_, _, points| points);
    // As many people with a wish fulfilled as any matching of that size allows.
    let most_wishers = of_graph(people.len(), &allowed, |u, v, _| {
        i64::from(met(&people[u], &people[v]).0 > 0) + i64::from(met(&people[v], &people[u]).0 > 0)
    });
    let ours = propose(people, rules, &Options::default());
    assert!(ours.checked, "the proof holds");
    let in_groups = ours
        .groups
        .iter()
        .map(|group| (group.members[0], group.members[1]));
    let scoring = pairpost::matching::Scoring::new(people, rules);
    println!(
        "\n| {ILN} people | pairs | without a partner | points | worst pair | with a wish, one met | all met |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (name, pairs) in [
        ("best pair first", pairs(&best_first)),
        ("most pairs, then most points", plain),
        ("most pairs, then most people with a wish met", most_wishers),
        ("ours", in_groups.collect()),
    ] {
        let scores: Vec<i64> = pairs
            .iter()
            .map(|&(a, b)| scoring.parts(&people[a], &people[b]).total())
            .collect();
        let both_ways = || pairs.iter().flat_map(|&(a, b)| [(a, b), (b, a)]);
        let wishers = people
            .iter()
            .filter(|person| !person.like.is_empty())
            .count();
        let satisfied = |enough: &dyn Fn(usize, usize) -> bool| {
            both_ways()
                .map(|(wisher, partner)| met(&people[wisher], &people[partner]))
                .filter(|&(met, wishes)| wishes > 0 && enough(met, wishes))
                .count()
        };
        println!(
            "| {name} | {} | {} | {} | {} | {} of {wishers} | {} |",
            pairs.len(),
            people.len() - 2 * pairs.len(),
            scores.iter().sum::<i64>(),
            scores.iter().min().unwrap_or(&0),
            satisfied(&|met, _| met > 0),
            satisfied(&|met, wishes| met == wishes),
        );
    }
    println!("\nThe floor is {} points.", ours.floor.unwrap_or(0));
}

/// How many of the wisher's wishes the partner meets, and how many there are.
fn met(wisher: &Candidate, partner: &Candidate) -> (usize, usize) {
    let met = wisher
        .like
        .iter()
        .filter(|wish| partner.meets(wish))
        .count();
    (met, wisher.like.len())
}

fn of_graph(
    people: usize,
    allowed: &[(u32, u32, i64)],
    value: impl Fn(usize, usize, i64) -> i64,
) -> Pairs {
    let edges: Vec<(i64, i64, i64)> = allowed
        .iter()
        .map(|&(u, v, points)| (u.into(), v.into(), value(u as usize, v as usize, points)))
        .collect();
    let graph = GivenGraph::new(people, &edges).expect("a graph");
    match_graph(&graph, &Options::default())
        .pairs
        .into_iter()
        .map(|(u, v, _)| (u as usize, v as usize))
        .collect()
}

/// The cost of a change, as a solution stands, each with its proof checked.
fn change(people: &[Candidate], rules: &Rules) {
    /// Changes of each kind.
    const TIMES: usize = 50;
    let options = Options::default();
    println!("\n| {ILN} people, proof checked each time | CPU ms | (ms) |\n|---|---|---|");
    let (cpu, started) = (cpu_seconds(), Instant::now());
    let (mut session, first) = Session::new(people, rules, &options);
    let row = |name: &str, times: usize, cpu: f64, started: Instant| {
        let mean = |seconds: f64| 1000.0 * seconds / times as f64;
        let (cpu, wall) = (cpu_seconds() - cpu, started.elapsed().as_secs_f64());
        println!("| {name} | {:.1} | ({:.1}) |", mean(cpu), mean(wall));
    };
    row("from the start, with its floor", 1, cpu, started);
    let pair = |number: usize| {
        let members = &first.groups[number % first.groups.len()].members;
        (members[0], members[1])
    };
    let kinds: [(&str, &dyn Fn(usize) -> Changes); 4] = [
        ("pin two", &|number| Changes {
            pinned: vec![(pair(number).0, pair(number + 7).0)],
            ..Changes::default()
        }),
        ("forbid a pair", &|number| Changes {
            forbidden: vec![pair(number)],
            ..Changes::default()
        }),
        ("swap partners", &|number| {
            let mut changes = Changes::default();
            changes.swap(pair(number).0, pair(number + 11).0, |person| {
                first.partner_of(person)
            });
            changes
        }),
        ("hold somebody", &|number| Changes {
            held: vec![pair(number).0],
            ..Changes::default()
        }),
    ];
    for (name, changes) in kinds {
        let (cpu, started) = (cpu_seconds(), Instant::now());
        for number in 0..TIMES {
            let proposal = session.change(&changes(number * 5), &options);
            assert!(proposal.checked);
        }
        row(name, TIMES, cpu, started);
    }
}
