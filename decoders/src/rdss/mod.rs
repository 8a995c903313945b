//! BeiDou RDSS: positions, short messages, cards and receipts, as terminals of three generations say them.
//!
//! [`Reader`] cuts a stream that mixes binary frames ("4.0"), sentences ("2.1", BDS-3) and NMEA 0183; [`binary`] and
//! [`sentence`] know what each means, [`Content`] reads the text of a short message, and a [`Template`] the fleet report
//! that a maker put inside one.

pub mod binary;
mod content;
mod fields;
mod frame;
pub mod sentence;
mod template;

pub use content::{Content, Form};
pub use frame::{Binary, Item, MAX_BINARY, MAX_SENTENCE, Reader, Reject, Sentence};
pub use template::{Field, Kind, Reading, Report, Template};
