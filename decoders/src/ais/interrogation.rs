//! Message 15, interrogation (ITU-R M.1371-5, Annex 8, Message 15): 88 to 160 bits.

use super::Header;
use super::header::HEADER;
use super::visit::Fields;
use crate::bits::{BitWriter, Bits, Field};
use units::Mmsi;

const SPARE: Field = HEADER.then(2);
const STATION_1: Field = SPARE.then(30);
const REQUEST_1_1: Field = STATION_1.then(REQUEST_BITS);
const SPARE_2: Field = REQUEST_1_1.then(2);
const REQUEST_1_2: Field = SPARE_2.then(REQUEST_BITS);
const SPARE_3: Field = REQUEST_1_2.then(2);
const STATION_2: Field = SPARE_3.then(30);
const REQUEST_2_1: Field = STATION_2.then(REQUEST_BITS);
const SPARE_4: Field = REQUEST_2_1.then(2);
const _: () = assert!(REQUEST_1_1.end() == 88 && SPARE_4.end() == 160);

const KIND: Field = Field::first(6);
const SLOT: Field = KIND.then(12);
const REQUEST_BITS: usize = SLOT.end();

/// Asks one or two stations for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrogation {
    /// Kind 15.
    pub header: Header,
    /// Two bits without a meaning.
    pub spare: Option<u8>,
    /// Who is asked.
    pub station_1_raw: Option<u32>,
    /// For what.
    pub request_1_1: Option<Request>,
    /// Two bits without a meaning.
    pub spare_2: Option<u8>,
    /// For what else.
    pub request_1_2: Option<Request>,
    /// Two bits without a meaning.
    pub spare_3: Option<u8>,
    /// Who else is asked.
    pub station_2_raw: Option<u32>,
    /// For what.
    pub request_2_1: Option<Request>,
    /// Two bits without a meaning.
    pub spare_4: Option<u8>,
}

/// What a station is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Number of the message, 0 to 63.
    pub kind: u8,
    /// In how many slots from now, 0 to 4095; 0 leaves that to the station.
    pub slot_offset: u16,
}

impl Request {
    fn decode(bits: Bits<'_>, place: Field) -> Option<Self> {
        let slot_offset = bits.u16(SLOT.within(place))?;
        Some(Self { kind: bits.u8(KIND.within(place))?, slot_offset })
    }

    fn encode(request: Option<Self>, place: Field, out: &mut BitWriter) {
        out.put(KIND.within(place), request.map(|request| request.kind));
        out.put(SLOT.within(place), request.map(|request| request.slot_offset));
    }

    fn fields(self, out: &mut Fields<'_>) {
        out.0.object("");
        out.0.int("msg_type", self.kind.into());
        out.0.int("slot_offset", self.slot_offset.into());
        out.0.close();
    }
}

impl Interrogation {
    /// Asks one station for one message.
    #[must_use]
    pub fn new(mmsi: Mmsi, station: Mmsi, request: Request) -> Self {
        Self {
            header: Header::new(15, mmsi, REQUEST_1_1.end()),
            spare: Some(0),
            station_1_raw: Some(station.number()),
            request_1_1: Some(request),
            spare_2: None,
            request_1_2: None,
            spare_3: None,
            station_2_raw: None,
            request_2_1: None,
            spare_4: None,
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        Self {
            header,
            spare: bits.u8(SPARE),
            station_1_raw: bits.u32(STATION_1),
            request_1_1: Request::decode(bits, REQUEST_1_1),
            spare_2: bits.u8(SPARE_2),
            request_1_2: Request::decode(bits, REQUEST_1_2),
            spare_3: bits.u8(SPARE_3),
            station_2_raw: bits.u32(STATION_2),
            request_2_1: Request::decode(bits, REQUEST_2_1),
            spare_4: bits.u8(SPARE_4),
        }
    }

    /// Writes the message, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(SPARE, self.spare);
        out.put(STATION_1, self.station_1_raw);
        Request::encode(self.request_1_1, REQUEST_1_1, out);
        out.put(SPARE_2, self.spare_2);
        Request::encode(self.request_1_2, REQUEST_1_2, out);
        out.put(SPARE_3, self.spare_3);
        out.put(STATION_2, self.station_2_raw);
        Request::encode(self.request_2_1, REQUEST_2_1, out);
        out.put(SPARE_4, self.spare_4);
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, out: &mut Fields<'_>) {
        out.0.array("interrogations");
        if let Some(station) = self.station_1_raw {
            let requests = [self.request_1_1, self.request_1_2];
            interrogation(station, requests.into_iter().flatten(), out);
        }
        if let (Some(station), Some(request)) = (self.station_2_raw, self.request_2_1) {
            interrogation(station, [request].into_iter(), out);
        }
        out.0.close();
    }
}

fn interrogation(station: u32, requests: impl Iterator<Item = Request>, out: &mut Fields<'_>) {
    out.0.object("");
    out.0.int("mmsi", station.into());
    out.0.array("requests");
    requests.for_each(|request| request.fields(out));
    out.0.close();
    out.0.close();
}
