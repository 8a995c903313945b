//! Message 19, extended position report of a Class B craft (ITU-R M.1371-5, Annex 8, Message 19): 312 bits.

use super::header::HEADER;
use super::value::{DIMENSIONS_BITS, Dimensions, RawDimensions};
use super::visit::Fields;
use super::{Header, Text, value};
use crate::bits::{BitWriter, Bits, Field};
use units::{Degrees, Knots, Label, Mmsi, Position};

const SPARE: Field = HEADER.then(8);
const SOG: Field = SPARE.then(10);
const ACCURACY: Field = SOG.then(1);
const LON: Field = ACCURACY.then(28);
const LAT: Field = LON.then(27);
const COG: Field = LAT.then(12);
const HEADING: Field = COG.then(9);
const SECOND: Field = HEADING.then(6);
const SPARE_2: Field = SECOND.then(4);
const NAME: Field = SPARE_2.then(120);
const SHIP_TYPE: Field = NAME.then(8);
const DIMENSIONS: Field = SHIP_TYPE.then(DIMENSIONS_BITS);
const EPFD: Field = DIMENSIONS.then(4);
const RAIM: Field = EPFD.then(1);
const DTE: Field = RAIM.then(1);
const ASSIGNED: Field = DTE.then(1);
const SPARE_3: Field = ASSIGNED.then(4);
const _: () = assert!(SPARE_3.end() == 312);

/// A Class B craft's position and identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtendedB {
    /// Kind 19.
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
    /// Four bits without a meaning.
    pub spare_2: Option<u8>,
    /// Name as sent.
    pub name_raw: Text<20>,
    /// Type of ship and cargo, 0 to 255; 0 not available.
    pub ship_type_raw: Option<u8>,
    /// Size and reference point.
    pub dimensions_raw: RawDimensions,
    /// Kind of positioning device, 0 to 15; 0 undefined.
    pub epfd: Option<u8>,
    /// Receiver autonomous integrity monitoring in use.
    pub raim: Option<bool>,
    /// Data terminal: 0 ready, 1 not available.
    pub dte: Option<u8>,
    /// In assigned mode.
    pub assigned: Option<bool>,
    /// Four bits without a meaning.
    pub spare_3: Option<u8>,
}

impl ExtendedB {
    /// A report in which nothing is available.
    #[must_use]
    pub fn new(mmsi: Mmsi) -> Self {
        let (lon_raw, lat_raw) = super::raw::position(None);
        Self {
            header: Header::new(19, mmsi, SPARE_3.end()),
            spare: Some(0),
            sog_raw: Some(1023),
            pos_accuracy: Some(false),
            lon_raw,
            lat_raw,
            cog_raw: Some(3600),
            heading_raw: Some(511),
            second_raw: Some(60),
            spare_2: Some(0),
            name_raw: Text::BLANK,
            ship_type_raw: Some(0),
            dimensions_raw: super::raw::dimensions(None),
            epfd: Some(0),
            raim: Some(false),
            dte: Some(1),
            assigned: Some(false),
            spare_3: Some(0),
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline]
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
            name_raw: Text::decode(bits, NAME),
            ship_type_raw: bits.u8(SHIP_TYPE),
            dimensions_raw: RawDimensions::decode(bits, DIMENSIONS),
            epfd: bits.u8(EPFD),
            raim: bits.flag(RAIM),
            dte: bits.u8(DTE),
            assigned: bits.flag(ASSIGNED),
            spare_3: bits.u8(SPARE_3),
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
        out.put_text(NAME, self.name_raw.sent());
        out.put(SHIP_TYPE, self.ship_type_raw);
        self.dimensions_raw.encode(DIMENSIONS, out);
        out.put(EPFD, self.epfd);
        out.put(RAIM, self.raim);
        out.put(DTE, self.dte);
        out.put(ASSIGNED, self.assigned);
        out.put(SPARE_3, self.spare_3);
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

    /// Name.
    #[must_use]
    pub fn name(&self) -> Option<Label> {
        self.name_raw.label()
    }

    /// Type of ship and cargo, 1 to 255.
    #[must_use]
    pub fn ship_type(&self) -> Option<u8> {
        value::nonzero(self.ship_type_raw)
    }

    /// Size and reference point.
    #[must_use]
    pub fn dimensions(&self) -> Option<Dimensions> {
        self.dimensions_raw.dimensions()
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
        out.label("name", self.name());
        out.int("ship_type", self.ship_type_raw);
        out.dimensions(self.dimensions_raw);
        out.int("epfd", self.epfd);
        out.flag("raim", self.raim);
        out.int("dte", self.dte);
        out.flag("assigned", self.assigned);
    }

    /// Calls `each` with the name and raw value of every field out of range.
    pub fn invalid(&self, each: &mut dyn FnMut(&'static str, i64)) {
        value::tell(each, "lon", self.lon_raw, self.lon_deg().is_some(), 181 * 600_000);
        value::tell(each, "lat", self.lat_raw, self.lat_deg().is_some(), 91 * 600_000);
        value::tell(each, "cog", self.cog_raw, self.cog().is_some(), 3600);
        value::tell(each, "heading", self.heading_raw, self.heading().is_some(), 511);
    }
}
