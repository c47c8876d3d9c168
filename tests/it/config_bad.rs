//! Wrong configs as folders: each folder under `tests/config-bad/` holds only the files that differ from the example
//! programme in `config/`, and `expected.txt` with the problems that must be told, one a line. A file that is empty
//! stands for one that is missing.
//!
//! To renew the expected texts after a wanted change: `PAIRPOST_RENEW_GOLDEN=1 cargo test --test it config_bad`, then
//! read the diff.

use std::path::Path;

use pairpost::config;

fn copy_over(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_over(&entry.path(), &target);
        } else if entry.file_name() == "expected.txt" {
            continue;
        } else if entry.metadata().unwrap().len() == 0 {
            std::fs::remove_file(&target).unwrap();
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

fn problems_of(patch: &Path) -> String {
    let dir = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    for (name, _) in config::EXAMPLE_FILES {
        let target = dir.path().join(name);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(example.join(name), target).unwrap();
    }
    copy_over(patch, dir.path());
    let problems = config::load(dir.path()).map(|_| ()).unwrap_err();
    let told: Vec<String> = problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect();
    // The folder's own place differs from run to run.
    told.concat()
        .replace(&dir.path().display().to_string(), "DIR")
}

#[test]
fn each_wrong_config_is_told_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config-bad");
    let renew = std::env::var_os("PAIRPOST_RENEW_GOLDEN").is_some();
    let mut cases = 0;
    let mut different = Vec::new();
    let mut entries: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        if !entry.file_type().unwrap().is_dir() {
            continue;
        }
        cases += 1;
        let told = problems_of(&entry.path());
        let expected = entry.path().join("expected.txt");
        if renew {
            std::fs::write(expected, told).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != told {
            different.push(format!("{}\n{told}", entry.path().display()));
        }
    }
    assert!(cases >= 10, "only {cases} wrong configs");
    assert!(different.is_empty(), "{}", different.join("\n"));
}
