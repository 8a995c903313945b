//! Message 23, group assignment command (ITU-R M.1371-5, Annex 8, Message 23): 160 bits.

use super::header::HEADER;
use super::visit::Fields;
use super::{Header, value};
use crate::bits::{BitWriter, Bits, Field};
use units::Mmsi;

const SPARE: Field = HEADER.then(2);
const NE_LON: Field = SPARE.then(18);
const NE_LAT: Field = NE_LON.then(17);
const SW_LON: Field = NE_LAT.then(18);
const SW_LAT: Field = SW_LON.then(17);
const STATION_TYPE: Field = SW_LAT.then(4);
const SHIP_TYPE: Field = STATION_TYPE.then(8);
const SPARE_2: Field = SHIP_TYPE.then(22);
const TX_RX: Field = SPARE_2.then(2);
const INTERVAL: Field = TX_RX.then(4);
const QUIET: Field = INTERVAL.then(4);
const SPARE_3: Field = QUIET.then(6);
const _: () = assert!(SPARE_3.end() == 160);

/// A base station tells the ships in an area how often to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupAssignment {
    /// Kind 23.
    pub header: Header,
    /// Two bits without a meaning.
    pub spare: Option<u8>,
    /// North-east corner, 1/10 minute, east positive; 181 degrees not available.
    pub ne_lon_raw: Option<i32>,
    /// North-east corner, 1/10 minute, north positive; 91 degrees not available.
    pub ne_lat_raw: Option<i32>,
    /// South-west corner.
    pub sw_lon_raw: Option<i32>,
    /// South-west corner.
    pub sw_lat_raw: Option<i32>,
    /// For which stations, 0 to 15; 0 is all.
    pub station_type: Option<u8>,
    /// For which type of ship, 0 to 255; 0 is all.
    pub ship_type: Option<u8>,
    /// 22 bits without a meaning.
    pub spare_2: Option<u32>,
    /// Which channels to transmit and receive on, 0 to 3.
    pub tx_rx: Option<u8>,
    /// Code for the reporting interval, 0 to 15.
    pub interval: Option<u8>,
    /// For how many minutes to be silent, 0 to 15.
    pub quiet_time: Option<u8>,
    /// Six bits without a meaning.
    pub spare_3: Option<u8>,
}

impl GroupAssignment {
    /// For all stations, nowhere, and as ever.
    #[must_use]
    pub fn new(mmsi: Mmsi) -> Self {
        let (lon, lat) = super::raw::coarse_position(None);
        Self {
            header: Header::new(23, mmsi, SPARE_3.end()),
            spare: Some(0),
            ne_lon_raw: lon,
            ne_lat_raw: lat,
            sw_lon_raw: lon,
            sw_lat_raw: lat,
            station_type: Some(0),
            ship_type: Some(0),
            spare_2: Some(0),
            tx_rx: Some(0),
            interval: Some(0),
            quiet_time: Some(0),
            spare_3: Some(0),
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline(always)]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        match bits.first(SPARE_3.end()) {
            Some(bits) => Self::read(header, bits),
            None => Self::read(header, bits),
        }
    }

    #[inline(always)]
    fn read(header: Header, bits: Bits<'_>) -> Self {
        Self {
            header,
            spare: bits.u8(SPARE),
            ne_lon_raw: bits.i32(NE_LON),
            ne_lat_raw: bits.i32(NE_LAT),
            sw_lon_raw: bits.i32(SW_LON),
            sw_lat_raw: bits.i32(SW_LAT),
            station_type: bits.u8(STATION_TYPE),
            ship_type: bits.u8(SHIP_TYPE),
            spare_2: bits.u32(SPARE_2),
            tx_rx: bits.u8(TX_RX),
            interval: bits.u8(INTERVAL),
            quiet_time: bits.u8(QUIET),
            spare_3: bits.u8(SPARE_3),
        }
    }

    /// Writes the message, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(SPARE, self.spare);
        out.put(NE_LON, self.ne_lon_raw);
        out.put(NE_LAT, self.ne_lat_raw);
        out.put(SW_LON, self.sw_lon_raw);
        out.put(SW_LAT, self.sw_lat_raw);
        out.put(STATION_TYPE, self.station_type);
        out.put(SHIP_TYPE, self.ship_type);
        out.put(SPARE_2, self.spare_2);
        out.put(TX_RX, self.tx_rx);
        out.put(INTERVAL, self.interval);
        out.put(QUIET, self.quiet_time);
        out.put(SPARE_3, self.spare_3);
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, out: &mut Fields<'_>) {
        out.float("ne_lon", value::lon18(self.ne_lon_raw), 6);
        out.float("ne_lat", value::lat17(self.ne_lat_raw), 6);
        out.float("sw_lon", value::lon18(self.sw_lon_raw), 6);
        out.float("sw_lat", value::lat17(self.sw_lat_raw), 6);
        out.int("station_type", self.station_type);
        out.int("ship_type", self.ship_type);
        out.int("txrx", self.tx_rx);
        out.int("interval", self.interval);
        out.int("quiet_time", self.quiet_time);
    }

    /// Calls `each` with the name and raw value of every field out of range.
    pub fn invalid(&self, each: &mut dyn FnMut(&'static str, i64)) {
        value::tell_corners(each, [self.ne_lon_raw, self.ne_lat_raw, self.sw_lon_raw, self.sw_lat_raw]);
    }
}
