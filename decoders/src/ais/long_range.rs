//! Message 27, long-range broadcast (ITU-R M.1371-5, Annex 8, Message 27): 96 bits.

use super::header::HEADER;
use super::visit::Fields;
use super::{Header, value};
use crate::bits::{BitWriter, Bits, Field};
use units::{Degrees, Knots, Mmsi, Position};

const ACCURACY: Field = HEADER.then(1);
const RAIM: Field = ACCURACY.then(1);
const NAV_STATUS: Field = RAIM.then(4);
const LON: Field = NAV_STATUS.then(18);
const LAT: Field = LON.then(17);
const SOG: Field = LAT.then(6);
const COG: Field = SOG.then(9);
const LATENCY: Field = COG.then(1);
const SPARE: Field = LATENCY.then(1);
const _: () = assert!(SPARE.end() == 96);

/// A ship's position in a message short enough for satellites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongRange {
    /// Kind 27.
    pub header: Header,
    /// Position better than 10 m.
    pub pos_accuracy: Option<bool>,
    /// Receiver autonomous integrity monitoring in use.
    pub raim: Option<bool>,
    /// Navigational status, 0 to 15; 15 is undefined.
    pub nav_status_raw: Option<u8>,
    /// 1/10 minute, east positive; 181 degrees not available.
    pub lon_raw: Option<i32>,
    /// 1/10 minute, north positive; 91 degrees not available.
    pub lat_raw: Option<i32>,
    /// Whole knots; 63 not available.
    pub sog_raw: Option<u8>,
    /// Whole degrees; 511 not available.
    pub cog_raw: Option<u16>,
    /// The position is older than 5 s.
    pub position_latency_gt5s: Option<bool>,
    /// One bit without a meaning.
    pub spare: Option<u8>,
}

impl LongRange {
    /// A report in which nothing is available.
    #[must_use]
    pub fn new(mmsi: Mmsi) -> Self {
        let (lon_raw, lat_raw) = super::raw::coarse_position(None);
        Self {
            header: Header::new(27, mmsi, SPARE.end()),
            pos_accuracy: Some(false),
            raim: Some(false),
            nav_status_raw: Some(15),
            lon_raw,
            lat_raw,
            sog_raw: Some(63),
            cog_raw: Some(511),
            position_latency_gt5s: Some(false),
            spare: Some(0),
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline(always)]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        Self {
            header,
            pos_accuracy: bits.flag(ACCURACY),
            raim: bits.flag(RAIM),
            nav_status_raw: bits.u8(NAV_STATUS),
            lon_raw: bits.i32(LON),
            lat_raw: bits.i32(LAT),
            sog_raw: bits.u8(SOG),
            cog_raw: bits.u16(COG),
            position_latency_gt5s: bits.flag(LATENCY),
            spare: bits.u8(SPARE),
        }
    }

    /// Writes the message, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(ACCURACY, self.pos_accuracy);
        out.put(RAIM, self.raim);
        out.put(NAV_STATUS, self.nav_status_raw);
        out.put(LON, self.lon_raw);
        out.put(LAT, self.lat_raw);
        out.put(SOG, self.sog_raw);
        out.put(COG, self.cog_raw);
        out.put(LATENCY, self.position_latency_gt5s);
        out.put(SPARE, self.spare);
    }

    /// Navigational status, 0 to 14; `None` where undefined.
    #[must_use]
    pub fn nav_status(&self) -> Option<u8> {
        value::below(self.nav_status_raw, 15)
    }

    /// Speed over ground, whole knots; 62 is that or more.
    #[must_use]
    pub fn sog(&self) -> Option<Knots> {
        value::below(self.sog_raw, 63).and_then(|raw| Knots::new(f64::from(raw)))
    }

    /// Where it is.
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

    /// Course over ground, whole degrees.
    #[must_use]
    pub fn cog(&self) -> Option<Degrees> {
        value::heading9(self.cog_raw)
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, out: &mut Fields<'_>) {
        out.flag("pos_accuracy", self.pos_accuracy);
        out.flag("raim", self.raim);
        out.int("nav_status", self.nav_status_raw);
        out.float("lon", self.lon_deg(), 6);
        out.float("lat", self.lat_deg(), 6);
        out.whole_knots("sog", self.sog());
        out.whole_degrees("cog", self.cog());
        out.flag("position_latency_gt5s", self.position_latency_gt5s);
    }

    /// Calls `each` with the name and raw value of every field out of range.
    pub fn invalid(&self, each: &mut dyn FnMut(&'static str, i64)) {
        value::tell(each, "lon", self.lon_raw, self.lon_deg().is_some(), 181 * 600);
        value::tell(each, "lat", self.lat_raw, self.lat_deg().is_some(), 91 * 600);
        value::tell(each, "cog", self.cog_raw, self.cog().is_some(), 511);
    }
}
