//! Message 22, channel management (ITU-R M.1371-5, Annex 8, Message 22): 168 bits.

use super::header::HEADER;
use super::visit::Fields;
use super::{Header, value};
use crate::bits::{BitWriter, Bits, Field};
use units::Mmsi;

const SPARE: Field = HEADER.then(2);
const CHANNEL_A: Field = SPARE.then(12);
const CHANNEL_B: Field = CHANNEL_A.then(12);
const TX_RX: Field = CHANNEL_B.then(4);
const LOW_POWER: Field = TX_RX.then(1);
const NE_LON: Field = LOW_POWER.then(18);
const NE_LAT: Field = NE_LON.then(17);
const SW_LON: Field = NE_LAT.then(18);
const SW_LAT: Field = SW_LON.then(17);
const ADDRESSED: Field = SW_LAT.then(1);
const BAND_A: Field = ADDRESSED.then(1);
const BAND_B: Field = BAND_A.then(1);
const ZONE: Field = BAND_B.then(3);
const SPARE_3: Field = ZONE.then(23);
const _: () = assert!(SPARE_3.end() == 168);

/// Two stations in place of the two corners.
const DESTINATION_1: Field = LOW_POWER.then(30);
const SPARE_1: Field = DESTINATION_1.then(5);
const DESTINATION_2: Field = SPARE_1.then(30);
const SPARE_2: Field = DESTINATION_2.then(5);
const _: () = assert!(SPARE_2.end() == SW_LAT.end());

/// A base station tells ships which channels to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelManagement {
    /// Kind 22.
    pub header: Header,
    /// Two bits without a meaning.
    pub spare: Option<u8>,
    /// Channel number (ITU-R M.1084), 0 to 4095.
    pub channel_a: Option<u16>,
    /// Channel number (ITU-R M.1084), 0 to 4095.
    pub channel_b: Option<u16>,
    /// Which to transmit and receive on, 0 to 15.
    pub tx_rx: Option<u8>,
    /// Transmit at low power.
    pub low_power: Option<bool>,
    /// Whom it is for.
    pub scope: Scope,
    /// As sent: true is two stations, false an area.
    pub addressed: Option<bool>,
    /// Channel A is a narrow one.
    pub band_a: Option<bool>,
    /// Channel B is a narrow one.
    pub band_b: Option<bool>,
    /// Size of the transitional zone, 0 to 7: a mile less than its width.
    pub zone: Option<u8>,
    /// 23 bits without a meaning.
    pub spare_3: Option<u32>,
}

/// Whom a channel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Ships in an area.
    Area {
        /// North-east corner, 1/10 minute, east positive.
        ne_lon_raw: Option<i32>,
        /// North-east corner, 1/10 minute, north positive.
        ne_lat_raw: Option<i32>,
        /// South-west corner.
        sw_lon_raw: Option<i32>,
        /// South-west corner.
        sw_lat_raw: Option<i32>,
    },
    /// Two stations.
    Stations {
        /// The first.
        first_raw: Option<u32>,
        /// Five bits without a meaning.
        spare: Option<u8>,
        /// The second.
        second_raw: Option<u32>,
        /// Five bits without a meaning.
        spare_2: Option<u8>,
    },
}

impl ChannelManagement {
    /// The two AIS channels, for nobody.
    #[must_use]
    pub fn new(mmsi: Mmsi) -> Self {
        let (lon, lat) = super::raw::coarse_position(None);
        Self {
            header: Header::new(22, mmsi, SPARE_3.end()),
            spare: Some(0),
            channel_a: Some(2087),
            channel_b: Some(2088),
            tx_rx: Some(0),
            low_power: Some(false),
            scope: Scope::Area { ne_lon_raw: lon, ne_lat_raw: lat, sw_lon_raw: lon, sw_lat_raw: lat },
            addressed: Some(false),
            band_a: Some(false),
            band_b: Some(false),
            zone: Some(4),
            spare_3: Some(0),
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        let addressed = bits.flag(ADDRESSED);
        let scope = if addressed == Some(true) {
            Scope::Stations {
                first_raw: bits.u32(DESTINATION_1),
                spare: bits.u8(SPARE_1),
                second_raw: bits.u32(DESTINATION_2),
                spare_2: bits.u8(SPARE_2),
            }
        } else {
            Scope::Area {
                ne_lon_raw: bits.i32(NE_LON),
                ne_lat_raw: bits.i32(NE_LAT),
                sw_lon_raw: bits.i32(SW_LON),
                sw_lat_raw: bits.i32(SW_LAT),
            }
        };
        Self {
            header,
            spare: bits.u8(SPARE),
            channel_a: bits.u16(CHANNEL_A),
            channel_b: bits.u16(CHANNEL_B),
            tx_rx: bits.u8(TX_RX),
            low_power: bits.flag(LOW_POWER),
            scope,
            addressed,
            band_a: bits.flag(BAND_A),
            band_b: bits.flag(BAND_B),
            zone: bits.u8(ZONE),
            spare_3: bits.u32(SPARE_3),
        }
    }

    /// Writes the message, in place of what `out` held.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(SPARE, self.spare);
        out.put(CHANNEL_A, self.channel_a);
        out.put(CHANNEL_B, self.channel_b);
        out.put(TX_RX, self.tx_rx);
        out.put(LOW_POWER, self.low_power);
        match self.scope {
            Scope::Area { ne_lon_raw, ne_lat_raw, sw_lon_raw, sw_lat_raw } => {
                out.put(NE_LON, ne_lon_raw);
                out.put(NE_LAT, ne_lat_raw);
                out.put(SW_LON, sw_lon_raw);
                out.put(SW_LAT, sw_lat_raw);
            }
            Scope::Stations { first_raw, spare, second_raw, spare_2 } => {
                out.put(DESTINATION_1, first_raw);
                out.put(SPARE_1, spare);
                out.put(DESTINATION_2, second_raw);
                out.put(SPARE_2, spare_2);
            }
        }
        out.put(ADDRESSED, self.addressed);
        out.put(BAND_A, self.band_a);
        out.put(BAND_B, self.band_b);
        out.put(ZONE, self.zone);
        out.put(SPARE_3, self.spare_3);
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, out: &mut Fields<'_>) {
        out.int("channel_a", self.channel_a);
        out.int("channel_b", self.channel_b);
        out.int("txrx", self.tx_rx);
        out.flag("power_low", self.low_power);
        out.flag("addressed", self.addressed);
        out.flag("band_a", self.band_a);
        out.flag("band_b", self.band_b);
        out.int("zone_size", self.zone);
        match self.scope {
            Scope::Stations { first_raw, second_raw, .. } => {
                out.int("dest1", first_raw);
                out.int("dest2", second_raw);
            }
            Scope::Area { ne_lon_raw, ne_lat_raw, sw_lon_raw, sw_lat_raw } => {
                out.float("ne_lon", value::lon18(ne_lon_raw), 6);
                out.float("ne_lat", value::lat17(ne_lat_raw), 6);
                out.float("sw_lon", value::lon18(sw_lon_raw), 6);
                out.float("sw_lat", value::lat17(sw_lat_raw), 6);
            }
        }
    }

    /// Calls `each` with the name and raw value of every field out of range.
    pub fn invalid(&self, each: &mut dyn FnMut(&'static str, i64)) {
        if let Scope::Area { ne_lon_raw, ne_lat_raw, sw_lon_raw, sw_lat_raw } = self.scope {
            value::tell_corners(each, [ne_lon_raw, ne_lat_raw, sw_lon_raw, sw_lat_raw]);
        }
    }
}
