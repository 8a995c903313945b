//! IVEF 0.2.5, the exchange format between VTS centres (IALA Recommendation V-145), both ways.
//!
//! [`Stream`] takes a peer's bytes as they come, packed with zlib or not, and hands out messages; [`Document`] is one
//! message, decoded or composed; [`message`] knows what the messages say in SI units. The table of all elements and
//! attributes is in `schema`: what the standard has, and what the dialects before it had (0.1.x, HITT's ISIS).
//!
//! **Invariant**: memory is bounded by [`MAX_MESSAGE`] and by what was received; nothing outside the message is read,
//! and no entity is expanded but XML's own five.

mod counters;
mod document;
mod frame;
pub mod message;
mod pack;
mod schema;
mod stream;
#[cfg(test)]
mod tests;
pub(crate) mod time;
mod xml;

pub use counters::{Counters, Oddity, Reject};
pub use document::{Document, Element, Rules};
pub use pack::pack;
pub use schema::Kind;
pub use stream::{Item, Stream, looks_like};

/// The longest message, bytes: about five thousand objects with all that is known of each.
pub const MAX_MESSAGE: usize = 4 << 20;

/// The version that is written.
const VERSION: &str = "0.2.5";

/// The schema's namespace.
macro_rules! namespace {
    () => {
        "http://www.iala-to-be-confirmed.org/XMLSchema/IVEF/0.2.5"
    };
}
use namespace;
const NAMESPACE: &str = namespace!();
