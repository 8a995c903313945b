//! How a recording is to be made, where it goes on, and how it is with it.

use super::segment::About;
use std::path::PathBuf;

/// How it is to be done.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where segments are.
    pub folder: PathBuf,
    /// A segment ends when it is so old, seconds ...
    pub segment_s: u64,
    /// ... or so long, bytes.
    pub segment_bytes: u64,
    /// What is kept of what may not be on the disk yet, bytes; past it, the oldest is lost.
    pub memory_bytes: usize,
}

/// Where a new run goes on.
#[derive(Clone, Debug, Default)]
pub struct From {
    /// What every segment says of itself.
    pub about: About,
    /// Changes that were made again and are in no file: the number before the first, how many, and all of them.
    pub unrecorded: (u64, u32, Vec<u8>),
}

/// What is wrong, should anything be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Why nothing is written.
    pub stopped: Option<String>,
    /// Lines, entries and changes lost since the beginning.
    pub lost: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Records that last.
    pub records: u64,
    /// Segments begun.
    pub segments: u64,
}
