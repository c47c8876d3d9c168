//! One file per subcommand.

pub mod matching;
