//! AIS messages (ITU-R M.1371-5, Annex 8): one file per message, decoding and encoding side by side.
//!
//! A field named `.._raw` holds the integer of the standard, `None` where the payload ends before it. The method of
//! the same name without `_raw` gives it in units, and `None` also where the standard's value says "not available"
//! or the value is out of range. [`raw`] goes the other way.
//!
//! **Invariant**: what is wholly present is decoded, from 38 bits up; lengths are judged, never refused.

mod aid;
mod aircraft;
mod base_station;
mod comm_state;
mod extended_b;
mod header;
mod long_range;
mod message;
mod position_a;
mod position_b;
pub mod raw;
mod static_a;
mod static_b;
mod text;
mod value;

pub use aid::Aid;
pub use aircraft::Aircraft;
pub use base_station::BaseStation;
pub use comm_state::{CommState, Submessage};
pub use extended_b::ExtendedB;
pub use header::{Header, Length};
pub use long_range::LongRange;
pub use message::{Message, Other, decode};
pub use position_a::PositionA;
pub use position_b::PositionB;
pub use static_a::{Eta, StaticA};
pub use static_b::{HalfA, HalfB, StaticB, StaticBPart};
pub use text::Text;
pub use value::{Dimensions, RawDimensions};

/// Why a payload is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// It ends before the station's identity does.
    #[error("{got} bits, a message needs 38")]
    TooShort {
        /// Bits there are.
        got: usize,
    },
}
