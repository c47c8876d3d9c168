//! The shell: the one path for events (`path`) and who walks it (`engine`, with `identify` for messages), what lies
//! between applications and the matching (`pairing`), and the loops that carry mail (`run`). Rules are in `programme`.

pub mod engine;
mod identify;
pub mod pairing;
mod path;
pub mod run;

pub use engine::Engine;
