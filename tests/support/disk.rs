//! A disk that fails on demand, and a list of every path that a program touches: a small library in C (disk.c) that is loaded
//! before the C library.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the library in a folder; its path goes into LD_PRELOAD.
pub fn library(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/disk.c");
    let library = folder.join("disk.so");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .output()
        .expect("cc is not here");
    assert!(built.status.success(), "{built:?}");
    library
}

/// The numbers that are shared with the program whose disk fails.
pub struct Faults {
    file: File,
}

impl Faults {
    /// Makes the file that PAIRPOST_FAULTS names.
    pub fn make(path: &Path) {
        fs::write(path, [0; 24]).unwrap();
    }

    pub fn open(path: &Path) -> Faults {
        let file = File::options().read(true).write(true).open(path).unwrap();
        Faults { file }
    }

    /// Counts anew; the calls with these numbers fail, 1 being the first. Nothing fails in `0..=0`.
    pub fn fail(&self, calls: std::ops::RangeInclusive<u64>) {
        for (number, at) in [(0, 0), (*calls.start(), 8), (*calls.end(), 16)] {
            self.file.write_all_at(&number.to_ne_bytes(), at).unwrap();
        }
    }

    /// Calls since it was last told what fails.
    pub fn calls(&self) -> u64 {
        let mut number = [0; 8];
        self.file.read_exact_at(&mut number, 0).unwrap();
        u64::from_ne_bytes(number)
    }
}
