//! A database as a version of the program left it in the middle of a round: Anna and Bilal are partners, a stranger has
//! asked for the form. It has lived through all versions, and at each it got the rows of `tests/migrations/NNNN.sql`.

use std::path::Path;

use pairpost::store::{MIGRATIONS, migrate};
use rusqlite::Connection;

/// The database of the newest version.
pub fn newest(path: &Path) {
    of_version(path, MIGRATIONS.len());
}

/// The database of a version; the first is 1.
pub fn of_version(path: &Path, version: usize) {
    let mut db = Connection::open(path).unwrap();
    for step in 1..=version {
        migrate(&mut db, &MIGRATIONS[..step]).unwrap();
        let sample =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/migrations/{step:04}.sql"));
        let rows = std::fs::read_to_string(&sample).unwrap_or_else(|_| {
            panic!(
                "{} is missing: each version needs its sample",
                sample.display()
            )
        });
        db.execute_batch(&rows).unwrap();
    }
}
