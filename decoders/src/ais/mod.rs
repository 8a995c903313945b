//! AIS messages (ITU-R M.1371-5, Annex 8): one file per message, decoding and encoding side by side.
//!
//! A field named `.._raw` holds the integer of the standard, `None` where the payload ends before it. The method of
//! the same name without `_raw` gives it in units, and `None` also where the standard's value says "not available"
//! or the value is out of range. [`raw`] goes the other way.
//!
//! **Invariant**: what is wholly present is decoded, from 38 bits up; lengths are judged, never refused.

mod acknowledgement;
mod addressed_binary;
mod addressed_text;
mod aid;
mod aircraft;
pub mod asm;
mod assignment;
mod base_station;
mod broadcast_binary;
mod broadcast_text;
mod channel_management;
mod comm_state;
mod differential;
mod extended_b;
mod group_assignment;
mod header;
mod interrogation;
mod link_management;
mod long_range;
mod message;
mod position_a;
mod position_b;
pub mod raw;
mod rest;
mod slot_binary;
mod static_a;
mod static_b;
mod text;
mod utc_inquiry;
mod value;
mod visit;

pub use acknowledgement::{Acknowledged, Acknowledgement};
pub use addressed_binary::AddressedBinary;
pub use addressed_text::AddressedText;
pub use aid::Aid;
pub use aircraft::Aircraft;
pub use assignment::{Assignment, Command};
pub use base_station::BaseStation;
pub use broadcast_binary::BroadcastBinary;
pub use broadcast_text::BroadcastText;
pub use channel_management::{ChannelManagement, Scope};
pub use comm_state::{CommState, Submessage};
pub use differential::{CorrectionHeader, Differential};
pub use extended_b::ExtendedB;
pub use group_assignment::GroupAssignment;
pub use header::{Header, Length};
pub use interrogation::{Interrogation, Request};
pub use link_management::{LinkManagement, Reservation};
pub use long_range::LongRange;
pub(crate) use message::decode_behind;
pub use message::{Message, Other, decode};
pub use position_a::PositionA;
pub use position_b::PositionB;
pub use slot_binary::SlotBinary;
pub use static_a::{Eta, StaticA};
pub use static_b::{HalfA, HalfB, StaticB, StaticBPart};
pub use text::{MOST_CHARS, Text};
pub use utc_inquiry::UtcInquiry;
pub use value::{Dimensions, RawDimensions};
pub use visit::Visit;

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
