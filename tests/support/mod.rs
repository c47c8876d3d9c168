//! What the tests need around Pairpost: a real mail server and one that misbehaves by script.

pub mod mailserver;
pub mod scenario;
pub mod scripted;
