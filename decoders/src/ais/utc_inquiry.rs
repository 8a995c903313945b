//! Message 10, UTC and date inquiry (ITU-R M.1371-5, Annex 8, Message 10): 72 bits.

use super::Header;
use super::header::HEADER;
use super::visit::Fields;
use crate::bits::{BitWriter, Bits, Field};
use units::Mmsi;

const SPARE: Field = HEADER.then(2);
const DESTINATION: Field = SPARE.then(30);
const SPARE_2: Field = DESTINATION.then(2);
const _: () = assert!(SPARE_2.end() == 72);

/// Asks a station for its time; the answer is message 11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcInquiry {
    /// Kind 10.
    pub header: Header,
    /// Two bits without a meaning.
    pub spare: Option<u8>,
    /// Who is asked.
    pub destination_raw: Option<u32>,
    /// Two bits without a meaning.
    pub spare_2: Option<u8>,
}

impl UtcInquiry {
    /// Asks one station.
    #[must_use]
    pub fn new(mmsi: Mmsi, destination: Mmsi) -> Self {
        let header = Header::new(10, mmsi, SPARE_2.end());
        Self { header, spare: Some(0), destination_raw: Some(destination.number()), spare_2: Some(0) }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        Self {
            header,
            spare: bits.u8(SPARE),
            destination_raw: bits.u32(DESTINATION),
            spare_2: bits.u8(SPARE_2),
        }
    }

    /// Writes the message, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(SPARE, self.spare);
        out.put(DESTINATION, self.destination_raw);
        out.put(SPARE_2, self.spare_2);
    }

    /// Who is asked.
    #[must_use]
    pub fn destination(&self) -> Option<Mmsi> {
        self.destination_raw.and_then(Mmsi::new)
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, out: &mut Fields<'_>) {
        out.int("dest_mmsi", self.destination_raw);
    }
}
