//! What the benchmarks share with the binary: a scene through the tracker, and how good its tracks are.

pub mod alerts;
pub mod evaluate;
pub mod fuse;
pub mod stage;
