//! Message 6, addressed binary message (ITU-R M.1371-5, Annex 8, Message 6): 88 to 1,008 bits.

use super::header::HEADER;
use super::visit::Fields;
use super::{Header, rest};
use crate::bits::{BitWriter, Bits, Field};
use units::Mmsi;

const SEQUENCE: Field = HEADER.then(2);
const DESTINATION: Field = SEQUENCE.then(30);
const RETRANSMIT: Field = DESTINATION.then(1);
const SPARE: Field = RETRANSMIT.then(1);
const DAC: Field = SPARE.then(10);
const FI: Field = DAC.then(6);
const _: () = assert!(FI.end() == 88);

/// What one station's application sends to another's. The data itself stays in the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressedBinary {
    /// Kind 6.
    pub header: Header,
    /// Ties the acknowledgement to it, 0 to 3.
    pub sequence: Option<u8>,
    /// Whom it is for.
    pub destination_raw: Option<u32>,
    /// Sent again because no acknowledgement came.
    pub retransmit: Option<bool>,
    /// One bit without a meaning.
    pub spare: Option<u8>,
    /// Designated area code: who defined the application, 0 to 1023.
    pub dac: Option<u16>,
    /// Function identifier: which application, 0 to 63.
    pub fi: Option<u8>,
}

impl AddressedBinary {
    /// From one station's application to another's.
    #[must_use]
    pub fn new(mmsi: Mmsi, destination: Mmsi, dac: u16, fi: u8) -> Self {
        Self {
            header: Header::new(6, mmsi, FI.end()),
            sequence: Some(0),
            destination_raw: Some(destination.number()),
            retransmit: Some(false),
            spare: Some(0),
            dac: Some(dac),
            fi: Some(fi),
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
            dac: bits.u16(DAC),
            fi: bits.u8(FI),
        }
    }

    /// Writes the message without data, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(SEQUENCE, self.sequence);
        out.put(DESTINATION, self.destination_raw);
        out.put(RETRANSMIT, self.retransmit);
        out.put(SPARE, self.spare);
        out.put(DAC, self.dac);
        out.put(FI, self.fi);
    }

    /// Writes the message and its data.
    pub fn encode_with(&self, data: Bits<'_>, out: &mut BitWriter) {
        self.encode(out);
        rest::copy(data, 0, data.len(), out);
    }

    /// The application's data, in the payload that the message was decoded from.
    #[must_use]
    pub fn data<'a>(&self, payload: Bits<'a>) -> Bits<'a> {
        rest::behind(payload, FI)
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
        out.int("dac", self.dac);
        out.int("fi", self.fi);
        out.application(self.data(payload));
    }
}
