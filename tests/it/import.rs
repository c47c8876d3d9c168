//! Tables from outside: each application on the one path, once, and answered as by mail; former partners remembered.

use pairpost::config;
use pairpost::daemon::Engine;
use pairpost::daemon::importing::{Taken, Written};
use pairpost::rehearsal::drive::keys_of;
use pairpost::store::{Durability, facts, look};
use pairpost::time::Moment;

struct Programme {
    engine: Engine,
    now: Moment,
    _dir: tempfile::TempDir,
}

fn programme() -> Programme {
    let dir = tempfile::tempdir().unwrap();
    let config = config::built_in().on_maildirs(dir.path());
    std::fs::create_dir_all(&config.state_dir).unwrap();
    // Thirty days before the round starts: applications are open.
    let start = config.settings.rounds[0].start;
    let now = (start - chrono::Days::new(30))
        .and_hms_opt(12, 0, 0)
        .unwrap()
        .and_utc();
    let engine = Engine::open(config, keys_of(1), Durability::Rehearsal).unwrap();
    Programme {
        engine,
        now,
        _dir: dir,
    }
}

fn row(address: &str, cells: &[(&str, &str)]) -> Written {
    Written {
        address: address.into(),
        arrived: None,
        cells: cells
            .iter()
            .map(|(question, text)| ((*question).to_string(), (*text).to_string()))
            .collect(),
    }
}

const WHOLE: [(&str, &str); 9] = [
    ("name", "Anna Berg"),
    ("country", "Norway"),
    ("place", "Bergen"),
    ("languages", "English, Norwegian"),
    ("sector", "Public library"),
    ("stage", "2"),
    ("interests", "1, 3"),
    (
        "about",
        "I run the children's room.\nName: that is no label here.",
    ),
    ("promise", "yes"),
];

impl Programme {
    fn import(&mut self, row: &Written) -> Taken {
        self.engine
            .import_application(row, self.now, false)
            .unwrap()
    }

    fn kinds_of_letters(&self) -> Vec<String> {
        self.engine
            .store()
            .reader()
            .prepare("SELECT kind FROM outbox ORDER BY id")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    }

    fn state_of(&self, id: i64) -> String {
        let people = look::people(self.engine.store().reader(), Some(id)).unwrap();
        people[0].applications[0].1.clone()
    }
}

#[test]
fn a_complete_row_is_accepted_and_its_sender_is_told() {
    let mut programme = programme();
    let taken = programme.import(&row("Anna@Library.example", &WHOLE));
    assert_eq!((taken.result, taken.why.as_str()), ("accepted", ""));
    assert_eq!(programme.state_of(taken.person.unwrap()), "accepted");
    assert_eq!(programme.kinds_of_letters(), ["complete"]);
}

#[test]
fn an_incomplete_row_is_asked_only_for_the_rest() {
    let mut programme = programme();
    let cells = &WHOLE[..8];
    let taken = programme.import(&row("anna@library.example", cells));
    assert_eq!(
        (taken.result, taken.why.as_str()),
        ("incomplete", "I promise")
    );
    assert_eq!(programme.kinds_of_letters(), ["missing"]);
}

#[test]
fn the_same_row_is_taken_once_and_a_changed_row_is_a_correction() {
    let mut programme = programme();
    let first = programme.import(&row("anna@library.example", &WHOLE));
    let again = programme.import(&row("anna@library.example", &WHOLE));
    assert_eq!(again.result, "known");
    assert_eq!(programme.kinds_of_letters(), ["complete"]);

    let mut moved = WHOLE;
    moved[2] = ("place", "Oslo");
    let changed = programme.import(&row("anna@library.example", &moved));
    assert_eq!((changed.result, changed.person), ("accepted", first.person));
    assert_eq!(programme.kinds_of_letters(), ["complete", "complete"]);
    // The old row, once more, does not undo it.
    assert_eq!(
        programme
            .import(&row("anna@library.example", &WHOLE))
            .result,
        "known"
    );
    let people = look::people(programme.engine.store().reader(), first.person).unwrap();
    assert_eq!(people[0].applications[0].2["place"], "Oslo");
}

#[test]
fn a_row_that_cannot_be_used_is_refused_with_the_reason() {
    let mut programme = programme();
    for (address, cells, why) in [
        ("anna at library", &WHOLE[..], "no mail address"),
        ("exchange@example.org", &WHOLE[..], "the programme's own"),
        (
            "anna@library.example",
            &[][..],
            "nothing in it could be read",
        ),
    ] {
        let taken = programme.import(&row(address, cells));
        assert_eq!(taken.result, "refused", "{address}");
        assert!(taken.why.contains(why), "{}", taken.why);
    }
    assert!(programme.kinds_of_letters().is_empty());
}

#[test]
fn a_trial_tells_the_same_and_changes_nothing() {
    let mut programme = programme();
    let row = row("anna@library.example", &WHOLE);
    let tried = programme
        .engine
        .import_application(&row, programme.now, true)
        .unwrap();
    assert_eq!(tried.result, "accepted");
    assert!(
        look::people(programme.engine.store().reader(), None)
            .unwrap()
            .is_empty()
    );
    assert!(programme.kinds_of_letters().is_empty());
    assert_eq!(programme.import(&row), tried);
}

#[test]
fn a_row_that_came_in_before_the_deadline_counts_for_that_round_after_it() {
    let mut programme = programme();
    let round = programme.engine.config().settings.rounds[0].clone();
    programme.now = (round.deadline + chrono::Days::new(2))
        .and_hms_opt(12, 0, 0)
        .unwrap()
        .and_utc();
    let mut early = row("anna@library.example", &WHOLE);
    early.arrived = Some(
        (round.deadline - chrono::Days::new(3))
            .and_hms_opt(8, 0, 0)
            .unwrap()
            .and_utc(),
    );
    let taken = programme.import(&early);
    assert_eq!(taken.result, "accepted");
    let people = look::people(programme.engine.store().reader(), taken.person).unwrap();
    assert_eq!(people[0].applications[0].0, round.id);
}

#[test]
fn former_partners_are_remembered_whether_they_are_here_already_or_come_later() {
    let mut programme = programme();
    let anna = programme.import(&row("anna@library.example", &WHOLE));
    let bilal = programme.import(&row("bilal@library.example", &WHOLE));
    let met = |programme: &mut Programme, one: &str, other: &str, only_try| {
        let now = programme.now;
        let taken = programme.engine.import_pair(one, other, now, only_try);
        taken.unwrap().result
    };
    let (a, b, c) = (
        "anna@library.example",
        "Bilal@Library.example",
        "carol@library.example",
    );
    assert_eq!(met(&mut programme, a, b, true), "remembered");
    assert_eq!(met(&mut programme, a, b, false), "remembered");
    assert_eq!(met(&mut programme, b, a, false), "known");
    assert_eq!(met(&mut programme, c, a, false), "remembered");
    assert_eq!(
        met(&mut programme, a, "Anna@library.example", false),
        "refused"
    );
    assert_eq!(met(&mut programme, a, "nobody", false), "refused");

    let pairs =
        |programme: &Programme| facts::past_pairs(programme.engine.store().reader()).unwrap();
    assert_eq!(pairs(&programme).len(), 1);
    // Carol comes only now; nothing but a keyed hash was kept of her address until then.
    let carol = programme.import(&row(c, &WHOLE));
    let known: Vec<(i64, i64)> = pairs(&programme).iter().map(|(a, b)| (a.0, b.0)).collect();
    let id = |taken: &Taken| taken.person.unwrap();
    assert_eq!(known, [(id(&anna), id(&bilal)), (id(&anna), id(&carol))]);
}
