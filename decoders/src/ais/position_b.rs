//! Message 18, position report of a Class B craft (ITU-R M.1371-5, Annex 8, Message 18): 168 bits.

use super::comm_state::{COMM_STATE_BITS, CommState};
use super::header::HEADER;
use super::visit::Fields;
use super::{Header, value};
use crate::bits::{BitWriter, Bits, Field};
use units::{Degrees, Knots, Mmsi, Position};

const SPARE: Field = HEADER.then(8);
const SOG: Field = SPARE.then(10);
const ACCURACY: Field = SOG.then(1);
const LON: Field = ACCURACY.then(28);
const LAT: Field = LON.then(27);
const COG: Field = LAT.then(12);
const HEADING: Field = COG.then(9);
const SECOND: Field = HEADING.then(6);
const SPARE_2: Field = SECOND.then(2);
const UNIT: Field = SPARE_2.then(1);
const DISPLAY: Field = UNIT.then(1);
const DSC: Field = DISPLAY.then(1);
const BAND: Field = DSC.then(1);
const MESSAGE_22: Field = BAND.then(1);
const ASSIGNED: Field = MESSAGE_22.then(1);
const RAIM: Field = ASSIGNED.then(1);
const SELECTOR: Field = RAIM.then(1);
const COMM_STATE: Field = SELECTOR.then(COMM_STATE_BITS);
const _: () = assert!(COMM_STATE.end() == 168);

/// A Class B craft's position report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionB {
    /// Kind 18.
    pub header: Header,
    /// Eight bits without a meaning.
    pub spare: Option<u8>,
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
    /// Two bits without a meaning.
    pub spare_2: Option<u8>,
    /// A carrier-sense unit, not a self-organising one.
    pub cs_unit: Option<bool>,
    /// Has a display for messages 12 and 14.
    pub display: Option<bool>,
    /// Has a DSC function.
    pub dsc: Option<bool>,
    /// Works on the whole marine band.
    pub band: Option<bool>,
    /// Takes its channels from message 22.
    pub msg22: Option<bool>,
    /// In assigned mode.
    pub assigned: Option<bool>,
    /// Receiver autonomous integrity monitoring in use.
    pub raim: Option<bool>,
    /// Whether the communication state is ITDMA.
    pub comm_state_itdma: Option<bool>,
    /// 19 bits; carrier-sense units send a fixed value.
    pub comm_state_raw: Option<u32>,
}

impl PositionB {
    /// A report in which nothing is available.
    #[must_use]
    pub fn new(mmsi: Mmsi) -> Self {
        let (lon_raw, lat_raw) = super::raw::position(None);
        Self {
            header: Header::new(18, mmsi, COMM_STATE.end()),
            spare: Some(0),
            sog_raw: Some(1023),
            pos_accuracy: Some(false),
            lon_raw,
            lat_raw,
            cog_raw: Some(3600),
            heading_raw: Some(511),
            second_raw: Some(60),
            spare_2: Some(0),
            cs_unit: Some(true),
            display: Some(false),
            dsc: Some(false),
            band: Some(false),
            msg22: Some(false),
            assigned: Some(false),
            raim: Some(false),
            comm_state_itdma: Some(true),
            comm_state_raw: Some(0b110_0000_0000_0000_0110),
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline(always)]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        Self {
            header,
            spare: bits.u8(SPARE),
            sog_raw: bits.u16(SOG),
            pos_accuracy: bits.flag(ACCURACY),
            lon_raw: bits.i32(LON),
            lat_raw: bits.i32(LAT),
            cog_raw: bits.u16(COG),
            heading_raw: bits.u16(HEADING),
            second_raw: bits.u8(SECOND),
            spare_2: bits.u8(SPARE_2),
            cs_unit: bits.flag(UNIT),
            display: bits.flag(DISPLAY),
            dsc: bits.flag(DSC),
            band: bits.flag(BAND),
            msg22: bits.flag(MESSAGE_22),
            assigned: bits.flag(ASSIGNED),
            raim: bits.flag(RAIM),
            comm_state_itdma: bits.flag(SELECTOR),
            comm_state_raw: bits.u32(COMM_STATE),
        }
    }

    /// Writes the message, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(SPARE, self.spare);
        out.put(SOG, self.sog_raw);
        out.put(ACCURACY, self.pos_accuracy);
        out.put(LON, self.lon_raw);
        out.put(LAT, self.lat_raw);
        out.put(COG, self.cog_raw);
        out.put(HEADING, self.heading_raw);
        out.put(SECOND, self.second_raw);
        out.put(SPARE_2, self.spare_2);
        out.put(UNIT, self.cs_unit);
        out.put(DISPLAY, self.display);
        out.put(DSC, self.dsc);
        out.put(BAND, self.band);
        out.put(MESSAGE_22, self.msg22);
        out.put(ASSIGNED, self.assigned);
        out.put(RAIM, self.raim);
        out.put(SELECTOR, self.comm_state_itdma);
        out.put(COMM_STATE, self.comm_state_raw);
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

    /// Communication state, of the kind its selector says.
    #[must_use]
    pub fn comm_state(&self) -> Option<CommState> {
        CommState::selected(self.comm_state_itdma, self.comm_state_raw)
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, out: &mut Fields<'_>) {
        out.knots("sog", self.sog());
        out.flag("pos_accuracy", self.pos_accuracy);
        out.float("lon", self.lon_deg(), 7);
        out.float("lat", self.lat_deg(), 7);
        out.degrees("cog", self.cog());
        out.whole_degrees("heading", self.heading());
        out.int("second", self.second_raw);
        out.flag("cs_unit", self.cs_unit);
        out.flag("display", self.display);
        out.flag("dsc", self.dsc);
        out.flag("band", self.band);
        out.flag("msg22", self.msg22);
        out.flag("assigned", self.assigned);
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
