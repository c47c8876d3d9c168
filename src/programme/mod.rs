//! The rules of the programme: facts and an event in, a decision out. Nothing here reads a clock, a file or a
//! database, and nothing here is random, so that every rule can be tested as a table.

pub mod application;
pub mod decision;
pub mod event;
pub mod form_text;
pub mod letter;
pub mod settings;
