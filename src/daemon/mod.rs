//! The shell: the one path for events (`path`) and who walks it (`engine`, with `identify` for messages), what lies
//! between applications and the matching (`pairing`), the loops that carry mail (`run`), and where a letter is looked for
//! whose end nobody told (`look_up`). Rules are in `programme`.

pub mod engine;
mod identify;
mod look_up;
pub mod pairing;
mod path;
pub mod run;

pub use engine::Engine;
