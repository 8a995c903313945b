//! Side-by-side benchmarks: ours beside a peer, in turn, in one run; quote the ratios.

pub mod asterix;
pub mod decode;
pub mod feed;
pub mod record;
pub mod search;
pub mod tracker;
pub mod watch;
