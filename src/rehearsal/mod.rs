//! A round in virtual time with invented people. The people are here; the loop that carries mail between them and the
//! real engine is the driver's.

pub mod client;
mod correspondence;
mod data;
mod dice;
pub mod drive;
mod filling;
pub mod habits;
pub mod letter;
pub mod people;
mod responder;
pub mod summary;
pub mod tally;
pub mod world;

#[cfg(test)]
mod scans;
#[cfg(test)]
mod tests;
