//! Message 4, base station report, and 11, UTC and date response (ITU-R M.1371-5, Annex 8, Messages 4, 11): 168 bits.

use super::comm_state::{COMM_STATE_BITS, CommState};
use super::header::HEADER;
use super::visit::Fields;
use super::{Header, value};
use crate::bits::{BitWriter, Bits, Field};
use units::{Mmsi, Position, UtcTime};

const YEAR: Field = HEADER.then(14);
const MONTH: Field = YEAR.then(4);
const DAY: Field = MONTH.then(5);
const HOUR: Field = DAY.then(5);
const MINUTE: Field = HOUR.then(6);
const SECOND: Field = MINUTE.then(6);
const ACCURACY: Field = SECOND.then(1);
const LON: Field = ACCURACY.then(28);
const LAT: Field = LON.then(27);
const EPFD: Field = LAT.then(4);
const LONG_RANGE: Field = EPFD.then(1);
const SPARE: Field = LONG_RANGE.then(9);
const RAIM: Field = SPARE.then(1);
const COMM_STATE: Field = RAIM.then(COMM_STATE_BITS);
const _: () = assert!(COMM_STATE.end() == 168);

/// A station's own time and position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseStation {
    /// Kind 4 (base station) or 11 (answer of a ship).
    pub header: Header,
    /// 1 to 9999; 0 not available.
    pub year_raw: Option<u16>,
    /// 1 to 12; 0 not available.
    pub month_raw: Option<u8>,
    /// 1 to 31; 0 not available.
    pub day_raw: Option<u8>,
    /// 0 to 23; 24 not available.
    pub hour_raw: Option<u8>,
    /// 0 to 59; 60 not available.
    pub minute_raw: Option<u8>,
    /// 0 to 59; 60 not available.
    pub second_raw: Option<u8>,
    /// Position better than 10 m.
    pub pos_accuracy: Option<bool>,
    /// 1/10,000 minute, east positive; 181 degrees not available.
    pub lon_raw: Option<i32>,
    /// 1/10,000 minute, north positive; 91 degrees not available.
    pub lat_raw: Option<i32>,
    /// Kind of positioning device, 0 to 15; 0 undefined.
    pub epfd: Option<u8>,
    /// Asks for message 27 through this station's area (transmission control for long range).
    pub long_range_ctrl: Option<bool>,
    /// Nine bits without a meaning.
    pub spare: Option<u16>,
    /// Receiver autonomous integrity monitoring in use.
    pub raim: Option<bool>,
    /// 19 bits.
    pub comm_state_raw: Option<u32>,
}

impl BaseStation {
    /// A report in which nothing is available.
    #[must_use]
    pub fn new(kind: u8, mmsi: Mmsi) -> Self {
        let (lon_raw, lat_raw) = super::raw::position(None);
        Self {
            header: Header::new(kind, mmsi, COMM_STATE.end()),
            year_raw: Some(0),
            month_raw: Some(0),
            day_raw: Some(0),
            hour_raw: Some(24),
            minute_raw: Some(60),
            second_raw: Some(60),
            pos_accuracy: Some(false),
            lon_raw,
            lat_raw,
            epfd: Some(0),
            long_range_ctrl: Some(false),
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
            year_raw: bits.u16(YEAR),
            month_raw: bits.u8(MONTH),
            day_raw: bits.u8(DAY),
            hour_raw: bits.u8(HOUR),
            minute_raw: bits.u8(MINUTE),
            second_raw: bits.u8(SECOND),
            pos_accuracy: bits.flag(ACCURACY),
            lon_raw: bits.i32(LON),
            lat_raw: bits.i32(LAT),
            epfd: bits.u8(EPFD),
            long_range_ctrl: bits.flag(LONG_RANGE),
            spare: bits.u16(SPARE),
            raim: bits.flag(RAIM),
            comm_state_raw: bits.u32(COMM_STATE),
        }
    }

    /// Writes the message, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(YEAR, self.year_raw);
        out.put(MONTH, self.month_raw);
        out.put(DAY, self.day_raw);
        out.put(HOUR, self.hour_raw);
        out.put(MINUTE, self.minute_raw);
        out.put(SECOND, self.second_raw);
        out.put(ACCURACY, self.pos_accuracy);
        out.put(LON, self.lon_raw);
        out.put(LAT, self.lat_raw);
        out.put(EPFD, self.epfd);
        out.put(LONG_RANGE, self.long_range_ctrl);
        out.put(SPARE, self.spare);
        out.put(RAIM, self.raim);
        out.put(COMM_STATE, self.comm_state_raw);
    }

    /// Year, 1 to 9999.
    #[must_use]
    pub fn year(&self) -> Option<u16> {
        value::below(value::nonzero(self.year_raw), 10_000)
    }

    /// Month, 1 to 12.
    #[must_use]
    pub fn month(&self) -> Option<u8> {
        value::below(value::nonzero(self.month_raw), 13)
    }

    /// Day of the month, 1 to 31.
    #[must_use]
    pub fn day(&self) -> Option<u8> {
        value::nonzero(self.day_raw)
    }

    /// Hour, 0 to 23.
    #[must_use]
    pub fn hour(&self) -> Option<u8> {
        value::below(self.hour_raw, 24)
    }

    /// Minute, 0 to 59.
    #[must_use]
    pub fn minute(&self) -> Option<u8> {
        value::below(self.minute_raw, 60)
    }

    /// Second, 0 to 59.
    #[must_use]
    pub fn second(&self) -> Option<u8> {
        value::second(self.second_raw)
    }

    /// The station's clock; `None` where any part is missing or it is no date.
    #[must_use]
    pub fn time(&self) -> Option<UtcTime> {
        let date = [u32::from(self.year()?), self.month()?.into(), self.day()?.into()];
        let [year, month, day] = date;
        let (hour, minute, second) = (self.hour()?.into(), self.minute()?.into(), self.second()?.into());
        crate::calendar::utc([year, month, day, hour, minute, second], 0)
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

    /// Communication state: always SOTDMA.
    #[must_use]
    pub fn comm_state(&self) -> Option<CommState> {
        CommState::selected(Some(false), self.comm_state_raw)
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, out: &mut Fields<'_>) {
        out.int("year", self.year());
        out.int("month", self.month());
        out.int("day", self.day());
        out.int("hour", self.hour());
        out.int("minute", self.minute());
        out.int("second", self.second());
        out.flag("pos_accuracy", self.pos_accuracy);
        out.float("lon", self.lon_deg(), 7);
        out.float("lat", self.lat_deg(), 7);
        out.int("epfd", self.epfd);
        out.flag("long_range_ctrl", self.long_range_ctrl);
        out.flag("raim", self.raim);
        out.comm_state(self.comm_state());
    }

    /// Calls `each` with the name and raw value of every field out of range.
    pub fn invalid(&self, each: &mut dyn FnMut(&'static str, i64)) {
        value::tell(each, "year", self.year_raw, self.year().is_some(), 0);
        value::tell(each, "month", self.month_raw, self.month().is_some(), 0);
        value::tell(each, "hour", self.hour_raw, self.hour().is_some(), 24);
        value::tell(each, "minute", self.minute_raw, self.minute().is_some(), 60);
        value::tell(each, "second", self.second_raw, self.second().is_some(), 60);
        value::tell(each, "lon", self.lon_raw, self.lon_deg().is_some(), 181 * 600_000);
        value::tell(each, "lat", self.lat_raw, self.lat_deg().is_some(), 91 * 600_000);
    }
}
