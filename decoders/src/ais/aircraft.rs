//! Message 9, position report of a search and rescue aircraft (ITU-R M.1371-5, Annex 8, Message 9): 168 bits.

use super::comm_state::{COMM_STATE_BITS, CommState};
use super::header::HEADER;
use super::visit::Fields;
use super::{Header, value};
use crate::bits::{BitWriter, Bits, Field};
use units::{Degrees, Knots, Mmsi, Position};

const ALTITUDE: Field = HEADER.then(12);
const SOG: Field = ALTITUDE.then(10);
const ACCURACY: Field = SOG.then(1);
const LON: Field = ACCURACY.then(28);
const LAT: Field = LON.then(27);
const COG: Field = LAT.then(12);
const SECOND: Field = COG.then(6);
const ALTITUDE_SENSOR: Field = SECOND.then(1);
const SPARE: Field = ALTITUDE_SENSOR.then(7);
const DTE: Field = SPARE.then(1);
const SPARE_2: Field = DTE.then(3);
const ASSIGNED: Field = SPARE_2.then(1);
const RAIM: Field = ASSIGNED.then(1);
const SELECTOR: Field = RAIM.then(1);
const COMM_STATE: Field = SELECTOR.then(COMM_STATE_BITS);
const _: () = assert!(COMM_STATE.end() == 168);

/// A search and rescue aircraft's position report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aircraft {
    /// Kind 9.
    pub header: Header,
    /// Metres; 4094 that or more, 4095 not available.
    pub altitude_raw: Option<u16>,
    /// Whole knots; 1022 that or more, 1023 not available.
    pub sog_raw: Option<u16>,
    /// Position better than 10 m.
    pub pos_accuracy: Option<bool>,
    /// 1/10,000 minute, east positive; 181 degrees not available.
    pub lon_raw: Option<i32>,
    /// 1/10,000 minute, north positive; 91 degrees not available.
    pub lat_raw: Option<i32>,
    /// 1/10 degree; 3600 not available.
    pub cog_raw: Option<u16>,
    /// UTC second of the position; 60 not available, 61 manual, 62 dead reckoning, 63 inoperative.
    pub second_raw: Option<u8>,
    /// 0 satellite positioning, 1 barometer.
    pub altitude_sensor: Option<u8>,
    /// Seven bits without a meaning.
    pub spare: Option<u8>,
    /// Data terminal: 0 ready, 1 not available.
    pub dte: Option<u8>,
    /// Three bits without a meaning.
    pub spare_2: Option<u8>,
    /// In assigned mode.
    pub assigned: Option<bool>,
    /// Receiver autonomous integrity monitoring in use.
    pub raim: Option<bool>,
    /// Whether the communication state is ITDMA.
    pub comm_state_itdma: Option<bool>,
    /// 19 bits.
    pub comm_state_raw: Option<u32>,
}

impl Aircraft {
    /// A report in which nothing is available.
    #[must_use]
    pub fn new(mmsi: Mmsi) -> Self {
        let (lon_raw, lat_raw) = super::raw::position(None);
        Self {
            header: Header::new(9, mmsi, COMM_STATE.end()),
            altitude_raw: Some(4095),
            sog_raw: Some(1023),
            pos_accuracy: Some(false),
            lon_raw,
            lat_raw,
            cog_raw: Some(3600),
            second_raw: Some(60),
            altitude_sensor: Some(0),
            spare: Some(0),
            dte: Some(1),
            spare_2: Some(0),
            assigned: Some(false),
            raim: Some(false),
            comm_state_itdma: Some(false),
            comm_state_raw: Some(0),
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        Self {
            header,
            altitude_raw: bits.u16(ALTITUDE),
            sog_raw: bits.u16(SOG),
            pos_accuracy: bits.flag(ACCURACY),
            lon_raw: bits.i32(LON),
            lat_raw: bits.i32(LAT),
            cog_raw: bits.u16(COG),
            second_raw: bits.u8(SECOND),
            altitude_sensor: bits.u8(ALTITUDE_SENSOR),
            spare: bits.u8(SPARE),
            dte: bits.u8(DTE),
            spare_2: bits.u8(SPARE_2),
            assigned: bits.flag(ASSIGNED),
            raim: bits.flag(RAIM),
            comm_state_itdma: bits.flag(SELECTOR),
            comm_state_raw: bits.u32(COMM_STATE),
        }
    }

    /// Writes the message, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(ALTITUDE, self.altitude_raw);
        out.put(SOG, self.sog_raw);
        out.put(ACCURACY, self.pos_accuracy);
        out.put(LON, self.lon_raw);
        out.put(LAT, self.lat_raw);
        out.put(COG, self.cog_raw);
        out.put(SECOND, self.second_raw);
        out.put(ALTITUDE_SENSOR, self.altitude_sensor);
        out.put(SPARE, self.spare);
        out.put(DTE, self.dte);
        out.put(SPARE_2, self.spare_2);
        out.put(ASSIGNED, self.assigned);
        out.put(RAIM, self.raim);
        out.put(SELECTOR, self.comm_state_itdma);
        out.put(COMM_STATE, self.comm_state_raw);
    }

    /// Altitude in metres, 0 to 4094; the last is that or more.
    #[must_use]
    pub fn altitude_m(&self) -> Option<u16> {
        value::below(self.altitude_raw, 4095)
    }

    /// Speed over ground, whole knots; 1022 is that or more.
    #[must_use]
    pub fn sog(&self) -> Option<Knots> {
        value::below(self.sog_raw, 1023).and_then(|raw| Knots::new(f64::from(raw)))
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
        out.int("altitude", self.altitude_m());
        out.flag("altitude_ge_4094", self.altitude_raw.map(|raw| raw == 4094));
        out.whole_knots("sog", self.sog());
        out.flag("pos_accuracy", self.pos_accuracy);
        out.float("lon", self.lon_deg(), 7);
        out.float("lat", self.lat_deg(), 7);
        out.degrees("cog", self.cog());
        out.int("second", self.second_raw);
        out.int("altitude_sensor", self.altitude_sensor);
        out.int("dte", self.dte);
        out.flag("assigned", self.assigned);
        out.flag("raim", self.raim);
        out.comm_state(self.comm_state());
    }

    /// Calls `each` with the name and raw value of every field out of range.
    pub fn invalid(&self, each: &mut dyn FnMut(&'static str, i64)) {
        value::tell(each, "lon", self.lon_raw, self.lon_deg().is_some(), 181 * 600_000);
        value::tell(each, "lat", self.lat_raw, self.lat_deg().is_some(), 91 * 600_000);
        value::tell(each, "cog", self.cog_raw, self.cog().is_some(), 3600);
    }
}
