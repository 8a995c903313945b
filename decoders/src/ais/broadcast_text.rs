//! Message 14, safety related broadcast message (ITU-R M.1371-5, Annex 8, Message 14): 40 to 1,008 bits.

use super::Header;
use super::header::HEADER;
use super::text::{self, MOST_CHARS};
use super::visit::Fields;
use crate::bits::{BitWriter, Bits, Field};
use units::Mmsi;

const SPARE: Field = HEADER.then(2);
const _: () = assert!(SPARE.end() == 40);

/// A text from a station to all. The text itself stays in the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BroadcastText {
    /// Kind 14.
    pub header: Header,
    /// Two bits without a meaning.
    pub spare: Option<u8>,
}

impl BroadcastText {
    /// From one station to all.
    #[must_use]
    pub fn new(mmsi: Mmsi) -> Self {
        Self { header: Header::new(14, mmsi, SPARE.end()), spare: Some(0) }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        Self { header, spare: bits.u8(SPARE) }
    }

    /// Writes the message without its text, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(SPARE, self.spare);
    }

    /// Writes the message and a text.
    pub fn encode_with(&self, text: &str, out: &mut BitWriter) {
        self.encode(out);
        text::push(text, out);
    }

    /// The text, in the payload that the message was decoded from; `room` is where it is put.
    #[must_use]
    pub fn text<'r>(&self, payload: Bits<'_>, room: &'r mut [u8; MOST_CHARS]) -> Option<&'r str> {
        text::read(payload, SPARE.end(), room)
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, payload: Bits<'_>, out: &mut Fields<'_>) {
        out.text("text", self.text(payload, &mut [0; MOST_CHARS]));
    }
}
