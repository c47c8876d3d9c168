//! The shell: the one path for events (`engine`), what lies between applications and the matching (`pairing`), and
//! the loops that carry mail (`run`). Rules are in `programme`.

pub mod engine;
pub mod pairing;
pub mod run;

pub use engine::Engine;
