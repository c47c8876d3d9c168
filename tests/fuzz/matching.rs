//! Small graphs and small rounds of people, made of any bytes: the best matching is found, its proof holds, a proof of
//! anything else is refused, and a change is solved from where the last solution stands as well as from the start.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pairpost::matching::{
    Candidate, Changes, Different, GivenGraph, Odd, Options, Role, Rules, Session, Trait, Wish,
    check_graph, match_graph, propose,
};

/// Up to so many vertices, all matchings are tried.
const MOST_VERTICES: usize = 12;
const MOST_PEOPLE: usize = 24;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes.iter());
    if bytes.below(2) == 0 {
        graph(&mut bytes);
    } else {
        people(&mut bytes);
    }
});

/// Bytes as numbers; zeros when they are used up.
struct Bytes<'a>(std::slice::Iter<'a, u8>);

impl Bytes<'_> {
    fn below(&mut self, limit: u8) -> u8 {
        self.0.next().copied().unwrap_or(0) % limit.max(1)
    }

    fn are_left(&self) -> bool {
        self.0.len() > 0
    }
}

fn graph(bytes: &mut Bytes) {
    let n = usize::from(bytes.below(MOST_VERTICES as u8 + 1));
    let range = [2, 4, 30, 255][usize::from(bytes.below(4))];
    let lowest = [0, -3, 1000, -255][usize::from(bytes.below(4))];
    let mut edges = Vec::new();
    for u in 0..n as i64 {
        for v in u + 1..n as i64 {
            let byte = bytes.below(255);
            if byte >= 100 {
                edges.push((u, v, lowest + i64::from(byte % range)));
            }
        }
    }
    let graph = GivenGraph::new(n, &edges).expect("edges of a simple graph");
    let matching = match_graph(&graph, &Options::default());
    assert_eq!(
        (matching.pairs.len(), matching.score),
        best_by_trying(n, &edges)
    );
    let mut certificate = matching.certificate.expect("solved to the end");
    let proven = check_graph(&certificate, &graph, 1).expect("proven");
    assert_eq!(proven.score, matching.score);

    // Any other duals are no proof.
    if n > 0 {
        let v = usize::from(bytes.below(n as u8));
        certificate.y[v] += [-1, 1, 2, -2][usize::from(bytes.below(4))];
        assert!(check_graph(&certificate, &graph, 1).is_err());
    }
}

/// Most pairs first, then most points, over all matchings.
fn best_by_trying(n: usize, edges: &[(i64, i64, i64)]) -> (usize, i64) {
    let mut value = vec![None; n * n];
    for &(u, v, points) in edges {
        value[u as usize * n + v as usize] = Some(points);
    }
    let mut best = vec![(0, 0); 1 << n];
    for set in 1..1usize << n {
        let first = set.trailing_zeros() as usize;
        let rest = set & !(1 << first);
        best[set] = best[rest];
        for second in first + 1..n {
            if rest >> second & 1 == 1
                && let Some(points) = value[first * n + second]
            {
                let others = best[rest & !(1 << second)];
                best[set] = best[set].max((others.0 + 1, others.1 + points));
            }
        }
    }
    best[(1 << n) - 1]
}

fn people(bytes: &mut Bytes) {
    let count = usize::from(bytes.below(MOST_PEOPLE as u8 + 1));
    let rules = Rules {
        different: [Different::Country, Different::Region, Different::Nothing]
            [usize::from(bytes.below(3))],
        shared_language: bytes.below(2) == 0,
        max_hours_apart: (bytes.below(2) == 0).then_some(6),
        odd: Odd::Wait,
        floor_percent: [0, 80, 100][usize::from(bytes.below(3))],
        ..Rules::default()
    };
    let two_roles = bytes.below(4) == 0;
    let people: Vec<Candidate> = (0..count)
        .map(|id| Candidate {
            id: id as i64,
            country: bytes.below(4).into(),
            region: bytes.below(3),
            zone_offset_minutes: i32::from(bytes.below(25)) * 60 - 720,
            languages: bytes.below(8).into(),
            sector: Some(bytes.below(4)),
            stage: Some(bytes.below(3)),
            interests: bytes.below(64).into(),
            others: Vec::new(),
            must: wishes(bytes, 20),
            like: wishes(bytes, 2),
            past_partners: (0..bytes.below(2))
                .map(|_| bytes.below(24).into())
                .collect(),
            blocked: Vec::new(),
            carry_over: i32::from(bytes.below(3)) - 1,
            role: match (two_roles, bytes.below(3)) {
                (false, _) => Role::Peer,
                (true, 0) => Role::Mentor {
                    capacity: bytes.below(4).into(),
                },
                (true, _) => Role::Mentee,
            },
        })
        .collect();
    let options = Options::default();
    let (mut session, first) = Session::new(&people, &rules, &options);
    assert!(first.checked && first.bound == Some(first.score));
    while bytes.are_left() && count > 1 {
        let mut changes = Changes::default();
        for _ in 0..1 + bytes.below(3) {
            let one = usize::from(bytes.below(count as u8));
            let other = usize::from(bytes.below(count as u8));
            match bytes.below(3) {
                0 => changes.held.push(one),
                1 => changes.forbidden.push((one, other)),
                _ => changes.pinned.push((one, other)),
            }
        }
        if changes.check(&people).is_err() {
            continue;
        }
        let warm = session.change(&changes, &options);
        let from_the_start = Options {
            changes,
            floor: first.floor,
            ..Options::default()
        };
        let cold = propose(&people, &rules, &from_the_start);
        assert!(warm.checked && cold.checked);
        assert_eq!(
            (warm.groups.len(), warm.score),
            (cold.groups.len(), cold.score)
        );
    }
}

fn wishes(bytes: &mut Bytes, seldom: u8) -> Vec<Wish> {
    let mut wishes = Vec::new();
    for about in [Trait::Sector, Trait::Stage, Trait::Interest] {
        if bytes.below(seldom) == 1 {
            wishes.push(Wish {
                about,
                any_of: bytes.below(8).into(),
            });
        }
    }
    wishes
}
