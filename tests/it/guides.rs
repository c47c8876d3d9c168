//! The guides are true: every block of commands in them (a fence of the kind `sh`) is run, in the order of the page, as a
//! coordinator would; where a fence of the kind `text` follows it, that is what it prints, to the letter.
//!
//! Each page has a folder of its own with the programme `my-programme` (as `pairpost init` writes it), whose round has
//! been rehearsed: its state is a database with people, partnerships and letters. The folders of the repository lie
//! beside it. Every link to a file leads somewhere.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The pages whose commands are run.
const PAGES: [&str; 8] = [
    "config/handbook/README.md",
    "config/handbook/topics.md",
    "config/handbook/matching.md",
    "config/handbook/when-something-goes-wrong.md",
    "config/handbook/handing-over.md",
    "config/examples/README.md",
    "deploy/README.md",
    "README.md",
];

/// Other pages, whose links are looked at as well.
const MORE_PAGES: [&str; 10] = [
    "config/README.md",
    "config/handbook/privacy-notice.md",
    "config/handbook/record-of-processing.md",
    "config/handbook/LICENSE.md",
    "deploy/mailhost/README.md",
    "src/README.md",
    "templates/README.md",
    "tests/README.md",
    "tests/scenarios/README.md",
    ".github/SECURITY.md",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A block of commands, and what it prints, where the page says so.
#[derive(Debug)]
struct Block {
    line: usize,
    commands: String,
    prints: Option<String>,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut fence: Option<(String, usize, Vec<&str>)> = None;
    // Whether nothing but blank lines stands since the last block of commands.
    let mut follows = false;
    for (number, line) in page.lines().enumerate() {
        if let Some(kind) = line.strip_prefix("```") {
            match fence.take() {
                None => fence = Some((kind.to_owned(), number + 1, Vec::new())),
                Some((kind, line, content)) => {
                    let content = content.join("\n");
                    match (kind.as_str(), blocks.last_mut().filter(|_| follows)) {
                        ("sh", _) => {
                            blocks.push(Block {
                                line,
                                commands: content,
                                prints: None,
                            });
                            follows = true;
                        }
                        ("text", Some(last)) => {
                            last.prints = Some(content);
                            follows = false;
                        }
                        _ => follows = false,
                    }
                }
            }
        } else if let Some((_, _, content)) = &mut fence {
            content.push(line);
        } else if !line.trim().is_empty() {
            follows = false;
        }
    }
    assert!(fence.is_none(), "a fence is not closed");
    blocks
}

/// A programme whose round has been played, made once for all pages.
struct Played(tempfile::TempDir);

impl Played {
    fn new() -> Played {
        let place = tempfile::tempdir().unwrap();
        let pairpost = |words: &[&str]| {
            let output = Command::new(env!("CARGO_BIN_EXE_pairpost"))
                .args(words)
                .current_dir(place.path())
                .env_remove("PAIRPOST_CONFIG")
                .output()
                .unwrap();
            assert!(output.status.success(), "{words:?}: {output:?}");
        };
        pairpost(&[
            "init",
            "my-programme",
            "--no-questions",
            "--address",
            "exchange@example.org",
            "--coordinator",
            "Ada Martin <ada@example.org>",
            "--start",
            "2027-03-02",
        ]);
        pairpost(&[
            "rehearse",
            "--config",
            "my-programme",
            "--people",
            "16",
            "--to",
            "played",
        ]);
        Played(place)
    }

    /// A copy for one page.
    fn for_page(&self) -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        for folder in ["my-programme", "played/state"] {
            let to = place.path().join(folder.trim_start_matches("played/"));
            copy(&self.0.path().join(folder), &to);
        }
        let own = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(place.path().join("state"), own).unwrap();
        // A rehearsal has a key that is written nowhere; whoever runs a programme has one in the state folder.
        pairpost::daemon::master_key::open(&place.path().join("state"), chrono::Utc::now())
            .unwrap();
        let config = place.path().join("my-programme/pairpost.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let state = "\nstate_dir = \"../state\"";
        let changed = text.replace("\n# state_dir = \"state\"", state);
        assert!(changed.contains(state));
        std::fs::write(config, changed).unwrap();
        for folder in ["config", "templates", "deploy", "tests"] {
            std::os::unix::fs::symlink(root().join(folder), place.path().join(folder)).unwrap();
        }
        place
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

#[test]
fn the_commands_of_the_guides_do_what_the_pages_say() {
    let played = Played::new();
    let program = Path::new(env!("CARGO_BIN_EXE_pairpost"));
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let mut run = 0;
    for page in PAGES {
        let text = std::fs::read_to_string(root().join(page)).unwrap();
        let place = played.for_page();
        for block in blocks(&text) {
            let output = Command::new("bash")
                .args(["-euo", "pipefail", "-c", &block.commands])
                .current_dir(place.path())
                .env("PATH", &path)
                .env("PAIRPOST_CONFIG", "my-programme")
                .env("TMPDIR", place.path())
                .output()
                .unwrap();
            let at = format!("{page}:{}\n{}", block.line, block.commands);
            assert!(
                output.status.success(),
                "{at}\n{}\n{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            if let Some(prints) = &block.prints {
                let printed = String::from_utf8_lossy(&output.stdout);
                assert_eq!(printed.trim_end(), prints.trim_end(), "{at}");
            }
            run += 1;
        }
    }
    assert!(run >= 20, "only {run} blocks of commands");
}

#[test]
fn the_links_of_the_guides_lead_somewhere() {
    let mut links = 0;
    let mut wrong = Vec::new();
    for page in PAGES.iter().chain(&MORE_PAGES) {
        let text = std::fs::read_to_string(root().join(page))
            .unwrap_or_else(|error| panic!("{page}: {error}"));
        let folder = root().join(page).parent().map(PathBuf::from).unwrap();
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap_or_default();
            let elsewhere = ["https:", "http:", "mailto:", "answer:"];
            if target.is_empty() || elsewhere.iter().any(|scheme| target.starts_with(scheme)) {
                continue;
            }
            links += 1;
            if !folder.join(target).exists() {
                wrong.push(format!("{page}: {target}"));
            }
        }
    }
    assert!(links > 20, "only {links} links");
    assert_eq!(wrong, Vec::<String>::new());
}
