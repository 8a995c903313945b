//! Message 12, addressed safety related message (ITU-R M.1371-5, Annex 8, Message 12): 72 to 1,008 bits.

use super::Header;
use super::header::HEADER;
use super::text::{self, MOST_CHARS};
use super::visit::Fields;
use crate::bits::{BitWriter, Bits, Field};
use units::Mmsi;

const SEQUENCE: Field = HEADER.then(2);
const DESTINATION: Field = SEQUENCE.then(30);
const RETRANSMIT: Field = DESTINATION.then(1);
const SPARE: Field = RETRANSMIT.then(1);
const _: () = assert!(SPARE.end() == 72);

/// A text from one station to another. The text itself stays in the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressedText {
    /// Kind 12.
    pub header: Header,
    /// Ties the acknowledgement to it, 0 to 3.
    pub sequence: Option<u8>,
    /// Whom it is for.
    pub destination_raw: Option<u32>,
    /// Sent again because no acknowledgement came.
    pub retransmit: Option<bool>,
    /// One bit without a meaning.
    pub spare: Option<u8>,
}

impl AddressedText {
    /// From one station to another.
    #[must_use]
    pub fn new(mmsi: Mmsi, destination: Mmsi) -> Self {
        Self {
            header: Header::new(12, mmsi, SPARE.end()),
            sequence: Some(0),
            destination_raw: Some(destination.number()),
            retransmit: Some(false),
            spare: Some(0),
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        Self {
            header,
            sequence: bits.u8(SEQUENCE),
            destination_raw: bits.u32(DESTINATION),
            retransmit: bits.flag(RETRANSMIT),
            spare: bits.u8(SPARE),
        }
    }

    /// Writes the message without its text, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(SEQUENCE, self.sequence);
        out.put(DESTINATION, self.destination_raw);
        out.put(RETRANSMIT, self.retransmit);
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

    /// Whom it is for.
    #[must_use]
    pub fn destination(&self) -> Option<Mmsi> {
        self.destination_raw.and_then(Mmsi::new)
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, payload: Bits<'_>, out: &mut Fields<'_>) {
        out.int("seqno", self.sequence);
        out.int("dest_mmsi", self.destination_raw);
        out.flag("retransmit", self.retransmit);
        out.text("text", self.text(payload, &mut [0; MOST_CHARS]));
    }
}
