//! The shell: the one path for events (`path`, with `known` for what the rules are told) and who walks it (`engine`, with
//! `identify` for messages), what lies between applications and the matching (`pairing`), tables from outside
//! (`importing`), what surrounds an erasure (`erasing`), files that travel with letters (`attachments`), the loops that
//! carry mail (`run`, with `receive` and `deliver`), what keeps them from doing harm (`clock_watch`, `ballast`), where
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
mod message;
mod metrics;
pub mod own_data;
pub mod pairing;
mod path;
pub mod receive;
pub mod run;
pub mod what_if;

pub use engine::Engine;
