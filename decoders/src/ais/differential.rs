//! Message 17, GNSS broadcast binary message (ITU-R M.1371-5, Annex 8, Message 17): 80 to 816 bits.

use super::header::HEADER;
use super::visit::Fields;
use super::{Header, rest, value};
use crate::bits::{BitWriter, Bits, Field};
use units::{Mmsi, Position};

const SPARE: Field = HEADER.then(2);
const LON: Field = SPARE.then(18);
const LAT: Field = LON.then(17);
const SPARE_2: Field = LAT.then(5);
const _: () = assert!(SPARE_2.end() == 80);

/// The correction's own header (ITU-R M.823), at the front of the data.
const KIND: Field = Field::first(6);
const STATION: Field = KIND.then(10);
const Z_COUNT: Field = STATION.then(13);
const SEQUENCE: Field = Z_COUNT.then(3);
const WORDS: Field = SEQUENCE.then(5);
const HEALTH: Field = WORDS.then(3);
const _: () = assert!(HEALTH.end() == 40);

/// Corrections for satellite positioning from a reference station. The data itself stays in the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Differential {
    /// Kind 17.
    pub header: Header,
    /// Two bits without a meaning.
    pub spare: Option<u8>,
    /// 1/10 minute, east positive; 181 degrees not available.
    pub lon_raw: Option<i32>,
    /// 1/10 minute, north positive; 91 degrees not available.
    pub lat_raw: Option<i32>,
    /// Five bits without a meaning.
    pub spare_2: Option<u8>,
}

/// What the corrections begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorrectionHeader {
    /// Message number of ITU-R M.823, 0 to 63.
    pub kind: u8,
    /// The reference station's number, 0 to 1023.
    pub station: u16,
    /// Time in 0.6 s of the hour, 0 to 8191.
    pub z_count: u16,
    /// Counts the messages, 0 to 7.
    pub sequence: u8,
    /// How many words of data follow, 0 to 31.
    pub words: u8,
    /// The reference station's health, 0 to 7.
    pub health: u8,
}

impl Differential {
    /// A reference station that knows no position.
    #[must_use]
    pub fn new(mmsi: Mmsi) -> Self {
        let (lon_raw, lat_raw) = super::raw::coarse_position(None);
        let header = Header::new(17, mmsi, SPARE_2.end());
        Self { header, spare: Some(0), lon_raw, lat_raw, spare_2: Some(0) }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        Self {
            header,
            spare: bits.u8(SPARE),
            lon_raw: bits.i32(LON),
            lat_raw: bits.i32(LAT),
            spare_2: bits.u8(SPARE_2),
        }
    }

    /// Writes the message without data, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(SPARE, self.spare);
        out.put(LON, self.lon_raw);
        out.put(LAT, self.lat_raw);
        out.put(SPARE_2, self.spare_2);
    }

    /// Writes the message and its data.
    pub fn encode_with(&self, data: Bits<'_>, out: &mut BitWriter) {
        self.encode(out);
        rest::copy(data, 0, data.len(), out);
    }

    /// The corrections with their header, in the payload that the message was decoded from.
    #[must_use]
    pub fn data<'a>(&self, payload: Bits<'a>) -> Bits<'a> {
        rest::behind(payload, SPARE_2)
    }

    /// What the corrections begin with; `None` where there are none.
    #[must_use]
    pub fn correction(&self, payload: Bits<'_>) -> Option<CorrectionHeader> {
        let data = self.data(payload);
        Some(CorrectionHeader {
            kind: data.u8(KIND)?,
            station: data.u16(STATION)?,
            z_count: data.u16(Z_COUNT)?,
            sequence: data.u8(SEQUENCE)?,
            words: data.u8(WORDS)?,
            health: data.u8(HEALTH)?,
        })
    }

    /// Where the reference station is.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        value::position(self.lat_deg(), self.lon_deg())
    }

    /// Longitude alone, degrees east.
    #[must_use]
    pub fn lon_deg(&self) -> Option<f64> {
        value::lon18(self.lon_raw)
    }

    /// Latitude alone, degrees north.
    #[must_use]
    pub fn lat_deg(&self) -> Option<f64> {
        value::lat17(self.lat_raw)
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, payload: Bits<'_>, out: &mut Fields<'_>) {
        out.float("lon", self.lon_deg(), 6);
        out.float("lat", self.lat_deg(), 6);
        if let Some(correction) = self.correction(payload) {
            out.0.object("dgnss");
            out.0.int("msg_type", correction.kind.into());
            out.0.int("station_id", correction.station.into());
            out.0.int("z_count", correction.z_count.into());
            out.0.int("seqno", correction.sequence.into());
            out.0.int("n_words", correction.words.into());
            out.0.int("health", correction.health.into());
            out.0.close();
        } else {
            out.0.null("dgnss");
        }
        out.application(self.data(payload));
    }

    /// Calls `each` with the name and raw value of every field out of range.
    pub fn invalid(&self, each: &mut dyn FnMut(&'static str, i64)) {
        value::tell(each, "lon", self.lon_raw, self.lon_deg().is_some(), 181 * 600);
        value::tell(each, "lat", self.lat_raw, self.lat_deg().is_some(), 91 * 600);
    }
}
