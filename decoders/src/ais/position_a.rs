//! Messages 1, 2, 3, position report of a Class A ship (ITU-R M.1371-5, Annex 8, Messages 1, 2, 3): 168 bits.

use super::comm_state::{COMM_STATE_BITS, CommState};
use super::header::HEADER;
use super::visit::Fields;
use super::{Header, value};
use crate::bits::{BitWriter, Bits, Field};
use units::{Degrees, Knots, Mmsi, Position};

const NAV_STATUS: Field = HEADER.then(4);
const ROT: Field = NAV_STATUS.then(8);
const SOG: Field = ROT.then(10);
const ACCURACY: Field = SOG.then(1);
const LON: Field = ACCURACY.then(28);
const LAT: Field = LON.then(27);
const COG: Field = LAT.then(12);
const HEADING: Field = COG.then(9);
const SECOND: Field = HEADING.then(6);
const MANOEUVRE: Field = SECOND.then(2);
const SPARE: Field = MANOEUVRE.then(3);
const RAIM: Field = SPARE.then(1);
const COMM_STATE: Field = RAIM.then(COMM_STATE_BITS);
const _: () = assert!(COMM_STATE.end() == 168);

/// A Class A ship's position report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionA {
    /// Kind 1 (scheduled), 2 (assigned) or 3 (interrogated).
    pub header: Header,
    /// Navigational status, 0 to 15; 15 is undefined.
    pub nav_status_raw: Option<u8>,
    /// 4.733 times the root of the rate of turn; ±127 turning without an indicator, -128 not available.
    pub rot_raw: Option<i8>,
    /// 1/10 knot; 1023 not available.
    pub sog_raw: Option<u16>,
    /// Position better than 10 m.
    pub pos_accuracy: Option<bool>,
    /// 1/10,000 minute, east positive; 181 degrees not available.
    pub lon_raw: Option<i32>,
    /// 1/10,000 minute, north positive; 91 degrees not available.
    pub lat_raw: Option<i32>,
    /// 1/10 degree; 3600 not available.
    pub cog_raw: Option<u16>,
    /// Degrees; 511 not available.
    pub heading_raw: Option<u16>,
    /// UTC second of the position; 60 not available, 61 manual, 62 dead reckoning, 63 inoperative.
    pub second_raw: Option<u8>,
    /// Special manoeuvre: 0 not available, 1 not engaged, 2 engaged.
    pub manoeuvre: Option<u8>,
    /// Three bits without a meaning.
    pub spare: Option<u8>,
    /// Receiver autonomous integrity monitoring in use.
    pub raim: Option<bool>,
    /// 19 bits.
    pub comm_state_raw: Option<u32>,
}

impl PositionA {
    /// A report in which nothing is available.
    #[must_use]
    pub fn new(kind: u8, mmsi: Mmsi) -> Self {
        let (lon_raw, lat_raw) = super::raw::position(None);
        Self {
            header: Header::new(kind, mmsi, COMM_STATE.end()),
            nav_status_raw: Some(15),
            rot_raw: Some(-128),
            sog_raw: Some(1023),
            pos_accuracy: Some(false),
            lon_raw,
            lat_raw,
            cog_raw: Some(3600),
            heading_raw: Some(511),
            second_raw: Some(60),
            manoeuvre: Some(0),
            spare: Some(0),
            raim: Some(false),
            comm_state_raw: Some(0),
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline(always)]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        Self {
            header,
            nav_status_raw: bits.u8(NAV_STATUS),
            rot_raw: bits.i8(ROT),
            sog_raw: bits.u16(SOG),
            pos_accuracy: bits.flag(ACCURACY),
            lon_raw: bits.i32(LON),
            lat_raw: bits.i32(LAT),
            cog_raw: bits.u16(COG),
            heading_raw: bits.u16(HEADING),
            second_raw: bits.u8(SECOND),
            manoeuvre: bits.u8(MANOEUVRE),
            spare: bits.u8(SPARE),
            raim: bits.flag(RAIM),
            comm_state_raw: bits.u32(COMM_STATE),
        }
    }

    /// Writes the message, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(NAV_STATUS, self.nav_status_raw);
        out.put(ROT, self.rot_raw);
        out.put(SOG, self.sog_raw);
        out.put(ACCURACY, self.pos_accuracy);
        out.put(LON, self.lon_raw);
        out.put(LAT, self.lat_raw);
        out.put(COG, self.cog_raw);
        out.put(HEADING, self.heading_raw);
        out.put(SECOND, self.second_raw);
        out.put(MANOEUVRE, self.manoeuvre);
        out.put(SPARE, self.spare);
        out.put(RAIM, self.raim);
        out.put(COMM_STATE, self.comm_state_raw);
    }

    /// Navigational status, 0 to 14; `None` where undefined.
    #[must_use]
    pub fn nav_status(&self) -> Option<u8> {
        value::below(self.nav_status_raw, 15)
    }

    /// Rate of turn in degrees per minute, starboard positive; `None` without a turn indicator.
    #[must_use]
    pub fn rot_deg_min(&self) -> Option<f64> {
        let sent = f64::from(self.rot_raw.filter(|raw| raw.unsigned_abs() <= 126)?);
        Some((sent / 4.733).powi(2).copysign(sent))
    }

    /// Speed over ground, knots; 102.2 is that or more.
    #[must_use]
    pub fn sog(&self) -> Option<Knots> {
        value::sog10(self.sog_raw)
    }

    /// Where it is.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        value::position(self.lat_deg(), self.lon_deg())
    }

    /// Longitude alone, degrees east.
    #[must_use]
    pub fn lon_deg(&self) -> Option<f64> {
        value::lon28(self.lon_raw)
    }

    /// Latitude alone, degrees north.
    #[must_use]
    pub fn lat_deg(&self) -> Option<f64> {
        value::lat27(self.lat_raw)
    }

    /// Course over ground.
    #[must_use]
    pub fn cog(&self) -> Option<Degrees> {
        value::cog12(self.cog_raw)
    }

    /// True heading.
    #[must_use]
    pub fn heading(&self) -> Option<Degrees> {
        value::heading9(self.heading_raw)
    }

    /// UTC second of the position, 0 to 59.
    #[must_use]
    pub fn second(&self) -> Option<u8> {
        value::second(self.second_raw)
    }

    /// Communication state: ITDMA for message 3, else SOTDMA.
    #[must_use]
    pub fn comm_state(&self) -> Option<CommState> {
        CommState::selected(Some(self.header.kind == 3), self.comm_state_raw)
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, out: &mut Fields<'_>) {
        out.int("nav_status", self.nav_status_raw);
        out.int("rot_raw", self.rot_raw);
        out.float("rot", self.rot_deg_min(), 3);
        out.knots("sog", self.sog());
        out.flag("pos_accuracy", self.pos_accuracy);
        out.float("lon", self.lon_deg(), 7);
        out.float("lat", self.lat_deg(), 7);
        out.degrees("cog", self.cog());
        out.whole_degrees("heading", self.heading());
        out.int("second", self.second_raw);
        out.int("manoeuvre", self.manoeuvre);
        out.flag("raim", self.raim);
        out.comm_state(self.comm_state());
    }

    /// Calls `each` with the name and raw value of every field out of range.
    pub fn invalid(&self, each: &mut dyn FnMut(&'static str, i64)) {
        value::tell(each, "lon", self.lon_raw, self.lon_deg().is_some(), 181 * 600_000);
        value::tell(each, "lat", self.lat_raw, self.lat_deg().is_some(), 91 * 600_000);
        value::tell(each, "cog", self.cog_raw, self.cog().is_some(), 3600);
        value::tell(each, "heading", self.heading_raw, self.heading().is_some(), 511);
    }
}
