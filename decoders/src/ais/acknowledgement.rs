//! Message 7, binary acknowledgement, and 13, safety related acknowledgement (ITU-R M.1371-5, Annex 8, Messages 7,
//! 13): 72 to 168 bits.

use super::Header;
use super::header::HEADER;
use super::visit::Fields;
use crate::bits::{BitWriter, Bits, Field};
use units::Mmsi;

const SPARE: Field = HEADER.then(2);
const DESTINATION: Field = Field::first(30);
const SEQUENCE: Field = DESTINATION.then(2);
const FIRST: Field = SPARE.then(SEQUENCE.end());
const SECOND: Field = FIRST.then(SEQUENCE.end());
const THIRD: Field = SECOND.then(SEQUENCE.end());
const FOURTH: Field = THIRD.then(SEQUENCE.end());
const PLACES: [Field; 4] = [FIRST, SECOND, THIRD, FOURTH];
const _: () = assert!(FOURTH.end() == 168);

/// Says that up to four addressed messages have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Kind 7 (of binary messages) or 13 (of safety related ones).
    pub header: Header,
    /// Two bits without a meaning.
    pub spare: Option<u8>,
    /// What is acknowledged; those that are there come first.
    pub acknowledged: [Option<Acknowledged>; 4],
}

/// One message that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Who sent it.
    pub sender_raw: u32,
    /// Its sequence number, 0 to 3.
    pub sequence: u8,
}

impl Acknowledgement {
    /// Of one message.
    #[must_use]
    pub fn new(kind: u8, mmsi: Mmsi, sender: Mmsi, sequence: u8) -> Self {
        Self {
            header: Header::new(kind, mmsi, FIRST.end()),
            spare: Some(0),
            acknowledged: [Some(Acknowledged { sender_raw: sender.number(), sequence }), None, None, None],
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        let acknowledged = |place: Field| {
            let sequence = bits.u8(SEQUENCE.within(place))?;
            Some(Acknowledged { sender_raw: bits.u32(DESTINATION.within(place))?, sequence })
        };
        Self { header, spare: bits.u8(SPARE), acknowledged: PLACES.map(acknowledged) }
    }

    /// Writes the message, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(SPARE, self.spare);
        for (place, one) in PLACES.into_iter().zip(self.acknowledged) {
            out.put(DESTINATION.within(place), one.map(|one| one.sender_raw));
            out.put(SEQUENCE.within(place), one.map(|one| one.sequence));
        }
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, out: &mut Fields<'_>) {
        out.0.array("acks");
        for one in self.acknowledged.iter().flatten() {
            out.0.object("");
            out.0.int("mmsi", one.sender_raw.into());
            out.0.int("seqno", one.sequence.into());
            out.0.close();
        }
        out.0.close();
    }
}
