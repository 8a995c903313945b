//! Files that are read again when they have changed. They are looked at when somebody asks, once a second at most.

use crate::clock::Mono;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

const LOOK_NS: u64 = 1_000_000_000;

/// What tells one state of a file from another.
type Stamp = Option<(u64, i64, i64, u64)>;

/// Files, and how they were.
#[derive(Debug)]
pub struct Watched {
    paths: Vec<PathBuf>,
    stamps: Vec<Stamp>,
    looked: Mono,
}

impl Watched {
    /// As they are now. To be made before they are read, so that what changes meanwhile is read again.
    pub fn new(paths: Vec<PathBuf>) -> Self {
        let stamps = paths.iter().map(stamp).collect();
        Self { paths, stamps, looked: Mono::now() }
    }

    /// Whether one has changed since this was asked last.
    pub fn have_changed(&mut self) -> bool {
        let at = Mono::now();
        if at.since_ns(self.looked) < LOOK_NS {
            return false;
        }
        self.looked = at;
        let stamps: Vec<Stamp> = self.paths.iter().map(stamp).collect();
        let have_changed = stamps != self.stamps;
        self.stamps = stamps;
        have_changed
    }
}

fn stamp(path: &PathBuf) -> Stamp {
    let known = fs::metadata(path).ok()?;
    Some((known.ino(), known.mtime(), known.mtime_nsec(), known.len()))
}
