//! What coordinators do on the machine: the commands as they are typed, on the database of a programme in the middle of a
//! round (`tests/migrations`): Anna (1) and Bilal (2) are partners, a stranger (3) has asked for the form.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pairpost::store::{Durability, Store};

use crate::support::sample_database;

/// A programme on this machine, without a daemon.
struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    fn new() -> Machine {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("config");
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("config"),
            &config,
        );
        std::fs::create_dir_all(config.join("state")).unwrap();
        sample_database::newest(&config.join("state/pairpost.db"));
        Machine { dir }
    }

    fn database(&self) -> PathBuf {
        self.dir.path().join("config/state/pairpost.db")
    }

    fn runs(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_pairpost"))
            .arg("--config")
            .arg(self.dir.path().join("config"))
            .args(words)
            .env("USER", "ada")
            .env_remove("SUDO_USER")
            .env_remove("RUST_LOG")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    }

    /// What a command that succeeds says.
    fn says(&self, words: &[&str]) -> String {
        let output = self.runs(words);
        let told = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {told}{errors}");
        told
    }

    /// What a command that cannot be done says.
    fn refuses(&self, words: &[&str]) -> String {
        let output = self.runs(words);
        assert!(!output.status.success(), "{words:?} was done");
        format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    }

    fn changes(&self, sql: &str) {
        let mut store = Store::open(&self.database(), Durability::Full).unwrap();
        let changed = store.transaction().unwrap();
        changed.execute_batch(sql).unwrap();
        changed.commit().unwrap();
    }

    fn state_of_letter(&self) -> String {
        Store::open(&self.database(), Durability::Full)
            .unwrap()
            .reader()
            .query_row("SELECT state FROM outbox WHERE id = 1", [], |row| {
                row.get(0)
            })
            .unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true if entry.file_name() == "examples" => {}
            true => copy(&from, &to),
            false => {
                std::fs::copy(&from, &to).unwrap();
            }
        }
    }
}

fn holds(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in:\n{text}");
    }
}

#[test]
fn why_a_letter_went_out_is_told_by_its_number_and_by_the_code_in_its_last_line() {
    let machine = Machine::new();
    for letter in ["1", "k7q2-x9m4ta", "Ref: K7Q2-X9M4TA"] {
        holds(
            &machine.says(&["why", letter]),
            &[
                "letter 1 (check-in): How is it going?",
                "person 1 Anna Berg",
                "by occasion 3",
            ],
        );
    }
    holds(
        &machine.says(&["why", "1", "--json"]),
        &["\"kind\":\"check-in\"", "\"cause\":\"occasion 3\""],
    );
    holds(&machine.refuses(&["why", "99"]), &["there is no letter 99"]);
}

#[test]
fn a_persons_history_tells_what_came_what_was_decided_and_what_was_sent() {
    let machine = Machine::new();
    let told = machine.says(&["person", "1", "--history"]);
    holds(
        &told,
        &[
            "1 Anna Berg",
            "round 2027A: paired",
            "message 1 came: person, handled",
            "message 1: partnership 1: a partner is silent (handled)",
            "letter 1 (check-in), caused by occasion 3: sent",
        ],
    );
    holds(
        &machine.refuses(&["person", "99", "--history"]),
        &["there is no person 99"],
    );
}

#[test]
fn the_brake_is_put_on_once_and_released_once() {
    let machine = Machine::new();
    holds(&machine.says(&["pause"]), &["The programme is paused"]);
    holds(&machine.refuses(&["pause"]), &["paused already"]);
    holds(&machine.says(&["resume"]), &["The programme goes on"]);
    holds(&machine.refuses(&["resume"]), &["is not paused"]);
}

#[test]
fn an_announcement_is_shown_with_the_number_of_its_readers_and_sent_once() {
    let machine = Machine::new();
    let text = machine.dir.path().join("text.txt");
    std::fs::write(&text, "Dear all,\n\nour call is on Thursday.\n").unwrap();
    let file = text.to_str().unwrap();
    let shown = machine.says(&[
        "announce",
        "--to",
        "country Norway",
        "--subject",
        "Our call",
        file,
    ]);
    holds(
        &shown,
        &[
            "Subject: Our call",
            "our call is on Thursday",
            "announcement 2 to people in Norway: it would reach 1 people",
            "Nothing has been sent",
        ],
    );
    holds(
        &machine.says(&["announce", "--send", "2"]),
        &["announcement 2 to people in Norway goes to 1 people"],
    );
    holds(
        &machine.refuses(&["announce", "--send", "2"]),
        &["has been sent already"],
    );
    holds(
        &machine.refuses(&["announce", "--to", "everyone", "--subject", "x", file]),
        &["names no readers"],
    );
}

#[test]
fn a_letter_of_unknown_end_counts_as_arrived_or_goes_out_again() {
    for (word, state) in [("--arrived", "sent"), ("--resend", "queued")] {
        let machine = Machine::new();
        holds(
            &machine.refuses(&["letter", "1", word]),
            &["does not wait for a word"],
        );
        machine.changes("UPDATE outbox SET state = 'held', sent_at = NULL WHERE id = 1");
        holds(
            &machine.says(&["status"]),
            &["letter 1 (check-in)", "may or may not have arrived"],
        );
        holds(&machine.says(&["letter", "1", word]), &["letter 1"]);
        assert_eq!(machine.state_of_letter(), state, "{word}");
    }
}

#[test]
fn a_round_is_shown_with_its_people_and_partnerships_and_as_a_page() {
    let machine = Machine::new();
    machine.changes("UPDATE member SET silent_since = NULL");
    holds(
        &machine.says(&["round"]),
        &["2 paired", "partnerships:", "1 one has heard nothing"],
    );
    holds(
        &machine.says(&["status"]),
        &["Partnerships: one has heard nothing"],
    );
    let page = machine.dir.path().join("report.html");
    machine.says(&["report", "2027A", "--html", page.to_str().unwrap()]);
    let page = std::fs::read_to_string(page).unwrap();
    holds(
        &page,
        &[
            "<!doctype html>",
            "Where the partnerships stand",
            "one has heard nothing",
        ],
    );
    assert!(!page.contains("Anna"), "{page}");
}

#[test]
fn a_new_address_on_the_machine_is_looked_at_and_asked_first() {
    let machine = Machine::new();
    holds(
        &machine.refuses(&["person", "1", "--address", "anna@nowhere"]),
        &["the part after the @ is no domain name"],
    );
    holds(
        &machine.refuses(&["person", "1", "--address", "bilal@library.example"]),
        &["somebody else in the programme has this address"],
    );
    holds(
        &machine.says(&["person", "1", "--address", "anna@new.example"]),
        &["person 1 would like letters at another address, which is asked"],
    );
    holds(
        &machine.says(&["person", "1"]),
        &["Anna Berg <Anna@library.example>"],
    );
}

#[test]
fn the_journal_says_who_did_what_and_shows_when_a_line_is_not_as_it_was_written() {
    let machine = Machine::new();
    machine.says(&["pause"]);
    machine.says(&["person", "1", "--withdraw"]);
    machine.says(&["resume"]);
    let table = machine.says(&["export", "--journal"]);
    holds(
        &table,
        &[
            "line,at,cause,note,outcome,person,partnership,letters,seal",
            "(by command line (ada))",
            "withdrawn to person 1: queued",
            "partnership-ended to person 2: queued",
        ],
    );
    for private in ["Anna", "library.example", "How is it going"] {
        assert!(!table.contains(private), "{private}: {table}");
    }
    let checked = machine.says(&["export", "journal", "--check"]);
    holds(
        &checked,
        &[
            "all lines are as they were written",
            "newest seal: line 5, ",
        ],
    );
    for harm in [
        "UPDATE journal SET note = 'nothing happened' WHERE id = 4",
        "UPDATE journal SET person_id = 2 WHERE id = 4",
        "UPDATE journal SET letters = '' WHERE id = 4",
        "DELETE FROM journal WHERE id = 4",
        "UPDATE journal SET cause = '', note = '', outcome = '', person_id = NULL, letters = '' WHERE id = 4",
        "UPDATE journal SET at = at + 1 WHERE id = 5",
    ] {
        let machine = Machine::new();
        machine.says(&["pause"]);
        machine.says(&["person", "1", "--withdraw"]);
        machine.says(&["resume"]);
        machine.changes(harm);
        holds(
            &machine.refuses(&["export", "--journal", "--check"]),
            &["NOT AS WRITTEN: line"],
        );
    }
}
