//! What the tests need around Pairpost: a real mail server and one that misbehaves by script, a programme, people.

pub mod disk;
pub mod dns;
pub mod letter;
pub mod mailserver;
pub mod people;
pub mod programme;
pub mod proxy;
pub mod sample_database;
pub mod scenario;
pub mod scripted;
pub mod submission;
