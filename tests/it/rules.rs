//! The table in `tests/rules.md`: every rule of the programme, and the tests that show it.

use std::collections::BTreeSet;
use std::path::Path;

/// Names of all tests of the project, as `file::name`; scenarios as `scenarios::name`.
fn all_tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = BTreeSet::new();
    let mut folders = vec![root.join("src"), root.join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            match path.extension().and_then(|it| it.to_str()) {
                Some("rs") => {
                    // A folder's own file goes by the folder's name.
                    let file = match stem.as_str() {
                        "mod" => folder.file_name().unwrap().to_string_lossy().into_owned(),
                        _ => stem,
                    };
                    let text = std::fs::read_to_string(&path).unwrap();
                    tests.extend(tests_in(&text).map(|name| format!("{file}::{name}")));
                }
                Some("txt") if folder.ends_with("tests/scenarios") => {
                    tests.insert(format!("scenarios::{stem}"));
                }
                _ => {}
            }
        }
    }
    tests
}

/// Names of the functions that stand under a `#[test]` or a `#[tokio::test...]`.
fn tests_in(source: &str) -> impl Iterator<Item = &str> {
    let mut marked = false;
    source.lines().filter_map(move |line| {
        let line = line.trim();
        if line == "#[test]" || line.starts_with("#[tokio::test") {
            marked = true;
            return None;
        }
        let name = line
            .trim_start_matches("async ")
            .strip_prefix("fn ")?
            .split('(')
            .next()?;
        std::mem::take(&mut marked).then_some(name)
    })
}

/// The rules of the table, each with the tests that it names.
fn rules() -> Vec<(String, Vec<String>)> {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules.md");
    std::fs::read_to_string(table)
        .unwrap()
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| R")?.split(" | ");
            let number = format!("R{}", cells.next()?.trim());
            let tests = cells.nth(1).unwrap_or_default();
            let named = tests.split('`').skip(1).step_by(2).map(String::from);
            Some((number, named.collect()))
        })
        .collect()
}

/// The other tables of tests, in `tests/README.md`: a story that they name exists.
#[test]
fn every_story_that_the_readme_names_exists() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let tests = all_tests();
    let named: BTreeSet<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.len() > "scenarios::".len() && word.starts_with("scenarios::"))
        .collect();
    assert!(named.len() > 40, "the tables could not be read");
    let strays: Vec<&&str> = named.iter().filter(|it| !tests.contains(**it)).collect();
    assert!(strays.is_empty(), "tests/README.md names {strays:?}");
}

#[test]
fn every_rule_is_shown_by_tests_that_exist() {
    let (rules, tests) = (rules(), all_tests());
    let mut faults = Vec::new();
    for (place, (number, named)) in rules.iter().enumerate() {
        if *number != format!("R{}", place + 1) {
            faults.push(format!("{number} stands where R{} should", place + 1));
        }
        if named.is_empty() {
            faults.push(format!("{number} is shown by no test"));
        }
        for test in named.iter().filter(|test| !tests.contains(*test)) {
            faults.push(format!("{number} names {test}, which does not exist"));
        }
    }
    let named: BTreeSet<&String> = rules.iter().flat_map(|(_, named)| named).collect();
    for scenario in tests.iter().filter(|it| it.starts_with("scenarios::")) {
        let is_a_story = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/scenarios")
            .join(scenario.trim_start_matches("scenarios::"))
            .with_extension("txt")
            .exists();
        if is_a_story && !named.contains(scenario) {
            faults.push(format!("tests/rules.md names {scenario} for no rule"));
        }
    }
    assert!(rules.len() > 50, "the table could not be read");
    assert!(faults.is_empty(), "tests/rules.md:\n{}", faults.join("\n"));
}
