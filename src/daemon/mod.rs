//! The shell: the one path for events (`path`, with `known` for what the rules are told) and who walks it (`engine`, with
//! `message` and `identify` for what arrives and `sending` for what leaves), what lies between applications and the
//! matching (`pairing`, `what_if`), tables from outside (`importing`), what surrounds an erasure (`erasing`), the file of the
//! master key (`master_key`), files that travel with letters (`attachments`, `own_data`), the loops that carry mail (`run`,
//! with `receive`, `deliver` and what they share, `hands`), what keeps them from doing harm (`clock_watch`, `ballast`), where
//! a letter is looked for whose end nobody told (`look_up`), and what is done for whoever runs the machine (`copies` of the
//! database, `metrics`, `attention`). Rules are in `programme`.

mod attachments;
mod attention;
mod ballast;
mod clock_watch;
mod copies;
mod deliver;
pub mod engine;
mod erasing;
mod hands;
mod identify;
pub mod importing;
mod known;
mod look_up;
pub mod master_key;
mod message;
mod metrics;
pub mod own_data;
pub mod pairing;
mod path;
pub mod receive;
pub mod run;
pub mod sending;
pub mod what_if;

pub use engine::Engine;
