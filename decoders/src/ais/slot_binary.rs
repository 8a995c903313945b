//! Message 25, single slot binary message, and 26, multiple slot binary message with communications state (ITU-R
//! M.1371-5, Annex 8, Messages 25, 26): 40 to 168 and 60 to 1,064 bits.

use super::comm_state::{COMM_STATE_BITS, CommState};
use super::header::HEADER;
use super::visit::Fields;
use super::{Header, rest};
use crate::bits::{BitWriter, Bits, Field};
use units::Mmsi;

const ADDRESSED: Field = HEADER.then(1);
const STRUCTURED: Field = ADDRESSED.then(1);
const DESTINATION: Field = STRUCTURED.then(30);
/// Other decoders have the data begin two bits earlier; no real message settles it.
const SPARE: Field = DESTINATION.then(2);
const _: () = assert!(STRUCTURED.end() == 40 && SPARE.end() == 72);

/// The application, behind the destination where there is one.
const DAC: Field = Field::first(10);
const FI: Field = DAC.then(6);

/// What message 26 ends with.
const FILL: usize = 4;
const SELECTOR: Field = Field::first(1);
const COMM_STATE: Field = SELECTOR.then(COMM_STATE_BITS);
const _: () = assert!(COMM_STATE.end() == 20);

/// A short binary message, for one or for all, of a known application or not. The data itself stays in the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotBinary {
    /// Kind 25 or 26.
    pub header: Header,
    /// For one station.
    pub addressed: Option<bool>,
    /// Of an application that `dac` and `fi` name.
    pub structured: Option<bool>,
    /// Whom it is for, where addressed.
    pub destination_raw: Option<u32>,
    /// Two bits without a meaning, where addressed.
    pub spare: Option<u8>,
    /// Designated area code, where structured.
    pub dac: Option<u16>,
    /// Function identifier, where structured.
    pub fi: Option<u8>,
    /// Whether the communication state is ITDMA (26).
    pub comm_state_itdma: Option<bool>,
    /// 19 bits (26).
    pub comm_state_raw: Option<u32>,
}

impl SlotBinary {
    /// For all, without an application.
    #[must_use]
    pub fn new(kind: u8, mmsi: Mmsi) -> Self {
        let state = kind == 26;
        let bits = if state { STRUCTURED.end() + FILL + COMM_STATE.end() } else { STRUCTURED.end() };
        Self {
            header: Header::new(kind, mmsi, bits),
            addressed: Some(false),
            structured: Some(false),
            destination_raw: None,
            spare: None,
            dac: None,
            fi: None,
            comm_state_itdma: state.then_some(false),
            comm_state_raw: state.then_some(0),
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        let mut out = Self {
            header,
            addressed: bits.flag(ADDRESSED),
            structured: bits.flag(STRUCTURED),
            destination_raw: None,
            spare: None,
            dac: None,
            fi: None,
            comm_state_itdma: None,
            comm_state_raw: None,
        };
        if out.is_addressed() {
            out.destination_raw = bits.u32(DESTINATION);
            out.spare = bits.u8(SPARE);
        }
        if out.is_structured() {
            let place = Field::at(out.application_at(), FI.end());
            out.dac = bits.u16(DAC.within(place));
            out.fi = bits.u8(FI.within(place));
        }
        if let Some(at) = out.state_at(bits) {
            let place = Field::at(at, COMM_STATE.end());
            out.comm_state_itdma = bits.flag(SELECTOR.within(place));
            out.comm_state_raw = bits.u32(COMM_STATE.within(place));
        }
        out
    }

    fn is_addressed(&self) -> bool {
        self.addressed == Some(true)
    }

    fn is_structured(&self) -> bool {
        self.structured == Some(true)
    }

    fn application_at(&self) -> usize {
        if self.is_addressed() { SPARE.end() } else { STRUCTURED.end() }
    }

    fn data_at(&self) -> usize {
        self.application_at() + if self.is_structured() { FI.end() } else { 0 }
    }

    /// Where the communication state begins; `None` where there is none, or no room for one.
    pub(super) fn state_at(&self, payload: Bits<'_>) -> Option<usize> {
        let at = payload.len().checked_sub(COMM_STATE.end())?;
        (self.header.kind == 26 && at >= self.data_at()).then_some(at)
    }

    /// Writes the message up to its data, in place of what `out` held.
    pub(super) fn encode_front(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(ADDRESSED, self.addressed);
        out.put(STRUCTURED, self.structured);
        if self.is_addressed() {
            out.put(DESTINATION, self.destination_raw);
            out.put(SPARE, self.spare);
        }
        if self.is_structured() {
            let place = Field::at(self.application_at(), FI.end());
            out.put(DAC.within(place), self.dac);
            out.put(FI.within(place), self.fi);
        }
    }

    /// Writes the communication state, where there is one, behind what `out` holds.
    pub(super) fn encode_state(&self, out: &mut BitWriter) {
        if let (Some(itdma), Some(raw)) = (self.comm_state_itdma, self.comm_state_raw) {
            out.push(itdma.into(), 1);
            out.push(raw.into(), COMM_STATE_BITS);
        }
    }

    /// Writes the message without data, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.encode_with(Bits::new(&[], 0), out);
    }

    /// Writes the message and its data.
    pub fn encode_with(&self, data: Bits<'_>, out: &mut BitWriter) {
        self.encode_front(out);
        rest::copy(data, 0, data.len(), out);
        if self.comm_state_raw.is_some() {
            out.push(0, FILL);
            self.encode_state(out);
        }
    }

    /// The data, in the payload that the message was decoded from.
    #[must_use]
    pub fn data<'a>(&self, payload: Bits<'a>) -> Bits<'a> {
        let end = if self.header.kind == 26 {
            payload.len().saturating_sub(FILL + COMM_STATE.end())
        } else {
            payload.len()
        };
        rest::slice(payload, self.data_at(), end.saturating_sub(self.data_at()))
    }

    /// Whom it is for, where addressed.
    #[must_use]
    pub fn destination(&self) -> Option<Mmsi> {
        self.destination_raw.and_then(Mmsi::new)
    }

    /// Communication state, of the kind its selector says (26).
    #[must_use]
    pub fn comm_state(&self) -> Option<CommState> {
        CommState::selected(self.comm_state_itdma, self.comm_state_raw)
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, payload: Bits<'_>, out: &mut Fields<'_>) {
        out.flag("addressed", self.addressed);
        out.flag("structured", self.structured);
        if self.is_addressed() {
            out.int("dest_mmsi", self.destination_raw);
        }
        if self.is_structured() {
            out.int("dac", self.dac);
            out.int("fi", self.fi);
        }
        if self.header.kind == 26 {
            out.comm_state(self.comm_state());
        }
        out.application(self.data(payload));
    }
}
