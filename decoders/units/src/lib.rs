//! Fairway's vocabulary: what a vessel, a place, a speed, a direction and an instant are called, below every
//! other package.
//!
//! A type here checks its range once, in `new`, and never again. Unknown is `None`, never a sentinel.
//!
//! **Invariant**: knows no protocol and no algorithm.

mod caller;
pub mod grid;
mod identity;
mod label;
mod measure;
mod position;
mod time;

pub use caller::{Caller, Card, Terminal};
pub use identity::{Imo, Mmsi, MmsiKind};
pub use label::Label;
pub use measure::{Degrees, KNOT_MPS, Knots};
pub use position::Position;
pub use time::UtcTime;
