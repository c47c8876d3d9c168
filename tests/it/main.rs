//! The integration tests, in one binary so that they link once. Tests that need the real mail server live in modules
//! called `with_servers`, by which `tests/run` leaves them out where there is none.

#[path = "../support/mod.rs"]
mod support;

mod automatic_mail;
mod bad_lines;
mod brakes;
mod cli;
mod config_bad;
mod daemon;
mod engine;
mod examples;
#[cfg(debug_assertions)]
mod failpoints;
mod faulty_disk;
mod guides;
mod import;
mod keys;
mod large_letters;
mod letters;
mod mailhost;
mod matching_files;
mod matching_graphs;
mod museum;
mod oauth;
mod readability;
mod receiving_once;
mod rehearsals;
mod rights;
mod round;
mod rules;
mod running;
mod scenarios;
mod sending_once;
mod sentences;
mod storage;
mod store;
mod surveys;
mod terminal;
mod threats;
mod trust;
mod wire_imap;
mod wire_maildir;
mod wire_smtp;
