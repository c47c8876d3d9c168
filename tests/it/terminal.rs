//! What a shell and a reader of the manual find: completions, exit codes.

use std::path::Path;
use std::process::Command;

fn pairpost(words: &[&str]) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_pairpost"))
        .args(words)
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    String::from_utf8(done.stdout).unwrap()
}

/// The exit codes that a text tells of.
fn codes(text: &str) -> Vec<&'static str> {
    let word = |code: &str| regex::Regex::new(&format!(r"\b{code}\b")).unwrap();
    ["0", "1", "2", "75", "78"]
        .into_iter()
        .filter(|code| word(code).is_match(text))
        .collect()
}

#[test]
fn help_manual_and_both_readmes_tell_the_same_exit_codes() {
    let all = ["0", "1", "2", "75", "78"];
    let read = |file: &str| {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
    };
    for (what, text) in [
        ("the help", pairpost(&["--help"])),
        ("the manual", pairpost(&["man"])),
        ("README.md", read("README.md")),
        ("deploy/README.md", read("deploy/README.md")),
    ] {
        let at = text
            .find("Exit codes")
            .unwrap_or_else(|| panic!("{what} tells no exit codes"));
        // What follows is a list, or a paragraph or two.
        let told: String = text[at..].chars().take(700).collect();
        assert_eq!(codes(&told), all, "{what}: {told}");
    }
}

#[test]
fn bash_completes_commands_and_their_options() {
    let script = pairpost(&["completions", "bash"]);
    for (typed, expected) in [("ba", "backup"), ("backup --ver", "--verify")] {
        let words = format!("pairpost {typed}");
        let last = words.split(' ').next_back().unwrap();
        let asked = format!(
            "COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); _pairpost pairpost '{last}' pairpost; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let done = Command::new("bash")
            .args(["--norc", "-c", &format!("{script}\n{asked}")])
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8_lossy(&done.stdout).trim(),
            expected,
            "{done:?}"
        );
    }
}
