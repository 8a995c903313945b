//! Message 8, binary broadcast message (ITU-R M.1371-5, Annex 8, Message 8): 56 to 1,008 bits.

use super::header::HEADER;
use super::visit::Fields;
use super::{Header, rest};
use crate::bits::{BitWriter, Bits, Field};
use units::Mmsi;

const SPARE: Field = HEADER.then(2);
const DAC: Field = SPARE.then(10);
const FI: Field = DAC.then(6);
const _: () = assert!(FI.end() == 56);

/// What a station's application sends to all. The data itself stays in the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BroadcastBinary {
    /// Kind 8.
    pub header: Header,
    /// Two bits without a meaning.
    pub spare: Option<u8>,
    /// Designated area code: who defined the application, 0 to 1023.
    pub dac: Option<u16>,
    /// Function identifier: which application, 0 to 63.
    pub fi: Option<u8>,
}

impl BroadcastBinary {
    /// From an application to all.
    #[must_use]
    pub fn new(mmsi: Mmsi, dac: u16, fi: u8) -> Self {
        let header = Header::new(8, mmsi, FI.end());
        Self { header, spare: Some(0), dac: Some(dac), fi: Some(fi) }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        Self { header, spare: bits.u8(SPARE), dac: bits.u16(DAC), fi: bits.u8(FI) }
    }

    /// Writes the message without data, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
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

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, payload: Bits<'_>, out: &mut Fields<'_>) {
        out.int("dac", self.dac);
        out.int("fi", self.fi);
        out.application(self.data(payload));
    }
}
