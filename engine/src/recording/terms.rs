//! How a recording is to be made, where it goes on, and how it is with it.

use super::chain::Chain;
use super::keys::Keys;
use super::segment::{About, Previous};
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
    /// What is kept for how long.
    pub keep: Keep,
}

/// How much of a recording is kept; what is held is kept whatever this says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Segments that were complete before so many seconds are let go; without a limit none are.
    pub seconds: Option<u64>,
    /// The oldest are let go while all have more bytes than this together.
    pub bytes: Option<u64>,
}

/// Where a new run goes on.
#[derive(Debug)]
pub struct From {
    /// What every segment says of itself.
    pub about: About,
    /// Changes that were made again and are in no file: the number before the first, how many, and all of them.
    pub unrecorded: (u64, u32, Vec<u8>),
    /// What seals it.
    pub keys: Option<Keys>,
    /// Which segments there are.
    pub chain: Chain,
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
    /// Segments let go.
    pub released: u64,
    /// What is wrong with the key.
    pub key: Option<String>,
}

/// How far the disk is known to hold what it was given.
#[derive(Debug)]
pub struct Mark {
    pub number: u64,
    /// Records up to here.
    pub outs: u64,
    pub segment: Previous,
}
