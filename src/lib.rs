//! Pairpost runs a peer-mentoring programme by mail. This header is the map of the house; keep it true.
//!
//! # One sentence
//!
//! Everything that happens is an [`programme::event::Event`]; a pure core decides what it means; one SQLite
//! transaction stores the new state **and** the letters that follow from it; a sender empties the outbox.
//!
//! ```text
//!   IMAP / Maildir                                                     SMTP / Maildir
//!        |                                                                  ^
//!        v                                                                  |
//!   mail::inbound   fetch -> parse -> classify                       mail::outbound
//!        |                                                                  ^
//!        v                                                                  |
//!   ------------------ one transaction, no network inside ------------------+----------
//!   store: inbox row -> facts -> programme::decide -> templates, compose -> state + outbox
//!   -----------------------------------------------------------------------------------
//!        ^
//!        |
//!   daemon::tick    the clock, read once -> occasions that are due (rows, not timers)
//! ```
//!
//! # Rooms
//!
//! | room | what it is for | what it must not do |
//! |---|---|---|
//! | [`programme`] | the rules: facts and an event in, a decision out | I/O, clock, randomness, SQL |
//! | [`matching`] | candidates in, pairs with a proof out | know mail, rounds or people's names |
//! | [`schedule`] | cron expressions and the calendar: zones, local mornings | ask what time it is |
//! | [`places`] | countries, languages and time zones by any usual name | I/O |
//! | [`mail`] | reading what arrives, writing and carrying what leaves | know the database |
//! | [`templates`] | one Markdown file per letter -> subject, text, HTML | decide anything |
//! | [`documents`] | certificates and reports as PDF: values in, bytes out | hold words |
//! | [`store`] | all SQL | render, send, decide |
//! | [`config`] | what is written in the folder -> what it means, or every problem at once | guess |
//! | [`problem`] | what is wrong with something in the config folder, in words | know `config` or `templates` |
//! | [`failpoint`] | places at which a test lets the program fail | be anything in a release build |
//! | [`daemon`] | the shell: the one path for events, the loop, the sender | hold rules |
//! | [`rehearsal`] | a round in virtual time with invented people | touch a real mailbox |
//! | [`cli`] | one file per subcommand | change state but through the one path |
//!
//! # Who may use whom
//!
//! `main -> cli -> rehearsal -> daemon -> { store, templates, config, documents } -> mail -> programme -> { matching,
//! schedule, places } -> { ids, time, problem, failpoint }`, each only to its right. `store` does not know `mail` or `templates`;
//! `config` asks `templates` whether every letter is there, and `templates` does not know `config`;
//! `programme` does not know `matching`: the daemon turns applications into candidates and hands the proposal
//! back as an event.
//!
//! # Invariants
//!
//! 1. A letter is in the outbox if and only if the change that caused it is committed.
//! 2. Nothing waits on the network inside a transaction.
//! 3. A message ends as *handled*, *ignored with a reason* or *needs a person*, and is filed away in the mailbox
//!    only after the commit. Parsing cannot fail: it returns what it understood and a list of defects.
//! 4. Handling the same message or occasion twice changes nothing: unique keys.
//! 5. Due means `due_at <= now and not done`, oldest first, in bounded batches; never "equals today".
//! 6. A letter's bytes, Message-ID included, are frozen when it is composed; a retry is byte-identical. A letter whose
//!    end nobody told is looked for, and never sent again by itself where a second copy would do harm.
//! 7. Ids that strangers give (Message-ID, In-Reply-To, From) are hints, never keys.
//! 8. One bad row waits by itself with its own back-off; a failing store stops the intake cleanly.
//! 9. One daemon per database.
//! 10. A machine's mail never causes mail back to it; there are ceilings on what goes out.
//! 11. A newer database is refused; every migration is climbed by a test.
//! 12. No address, name or body in logs above debug level: ids only.
//! 13. Every letter has a template, a sample and a golden file; every config key stands in the example.
//! 14. No answer to a survey stands beside a person's id, and nothing leads back when a round's surveys have closed.

pub mod cli;
pub mod config;
pub mod daemon;
pub mod documents;
pub mod failpoint;
pub mod ids;
pub mod mail;
pub mod matching;
pub mod places;
pub mod problem;
pub mod programme;
pub mod rehearsal;
pub mod schedule;
pub mod store;
pub mod templates;
pub mod time;
