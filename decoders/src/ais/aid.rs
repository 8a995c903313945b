//! Message 21, aid to navigation report (ITU-R M.1371-5, Annex 8, Message 21): 272 to 360 bits.

use super::header::HEADER;
use super::value::{DIMENSIONS_BITS, Dimensions, RawDimensions};
use super::visit::Fields;
use super::{Header, Text, value};
use crate::bits::{BitWriter, Bits, Field};
use units::{Label, Mmsi, Position};

const AID_TYPE: Field = HEADER.then(5);
const NAME: Field = AID_TYPE.then(120);
const ACCURACY: Field = NAME.then(1);
const LON: Field = ACCURACY.then(28);
const LAT: Field = LON.then(27);
const DIMENSIONS: Field = LAT.then(DIMENSIONS_BITS);
const EPFD: Field = DIMENSIONS.then(4);
const SECOND: Field = EPFD.then(6);
const OFF_POSITION: Field = SECOND.then(1);
const STATUS: Field = OFF_POSITION.then(8);
const RAIM: Field = STATUS.then(1);
const VIRTUAL: Field = RAIM.then(1);
const ASSIGNED: Field = VIRTUAL.then(1);
const SPARE: Field = ASSIGNED.then(1);
const EXTENSION: Field = SPARE.then(84);
const _: () = assert!(SPARE.end() == 272 && EXTENSION.end() == 356);

/// A buoy, beacon or light, or what stands in for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aid {
    /// Kind 21.
    pub header: Header,
    /// Type of aid, 0 to 31; 0 not specified.
    pub aid_type: Option<u8>,
    /// The first twenty characters of the name, as sent.
    pub name_raw: Text<20>,
    /// Position better than 10 m.
    pub pos_accuracy: Option<bool>,
    /// 1/10,000 minute, east positive; 181 degrees not available.
    pub lon_raw: Option<i32>,
    /// 1/10,000 minute, north positive; 91 degrees not available.
    pub lat_raw: Option<i32>,
    /// Size and reference point.
    pub dimensions_raw: RawDimensions,
    /// Kind of positioning device, 0 to 15; 0 undefined.
    pub epfd: Option<u8>,
    /// UTC second of the position; 60 not available, 61 manual, 62 dead reckoning, 63 inoperative.
    pub second_raw: Option<u8>,
    /// Off its charted position; means something only for a floating aid with a sound second.
    pub off_position: Option<bool>,
    /// Lights, racon, health: as the aid's authority defines it.
    pub aton_status: Option<u8>,
    /// Receiver autonomous integrity monitoring in use.
    pub raim: Option<bool>,
    /// Exists only as this message.
    pub virtual_aid: Option<bool>,
    /// In assigned mode.
    pub assigned: Option<bool>,
    /// One bit without a meaning.
    pub spare: Option<u8>,
    /// The rest of the name, as sent; absent where twenty characters were enough.
    pub extension_raw: Text<14>,
}

impl Aid {
    /// A report in which nothing is available.
    #[must_use]
    pub fn new(mmsi: Mmsi) -> Self {
        let (lon_raw, lat_raw) = super::raw::position(None);
        Self {
            header: Header::new(21, mmsi, SPARE.end()),
            aid_type: Some(0),
            name_raw: Text::BLANK,
            pos_accuracy: Some(false),
            lon_raw,
            lat_raw,
            dimensions_raw: super::raw::dimensions(None),
            epfd: Some(0),
            second_raw: Some(60),
            off_position: Some(false),
            aton_status: Some(0),
            raim: Some(false),
            virtual_aid: Some(false),
            assigned: Some(false),
            spare: Some(0),
            extension_raw: Text::ABSENT,
        }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline(always)]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        match bits.first(SPARE.end()) {
            Some(head) => Self::read(header, head, bits),
            None => Self::read(header, bits, bits),
        }
    }

    #[inline(always)]
    fn read(header: Header, head: Bits<'_>, bits: Bits<'_>) -> Self {
        Self {
            header,
            aid_type: head.u8(AID_TYPE),
            name_raw: Text::decode(head, NAME),
            pos_accuracy: head.flag(ACCURACY),
            lon_raw: head.i32(LON),
            lat_raw: head.i32(LAT),
            dimensions_raw: RawDimensions::decode(head, DIMENSIONS),
            epfd: head.u8(EPFD),
            second_raw: head.u8(SECOND),
            off_position: head.flag(OFF_POSITION),
            aton_status: head.u8(STATUS),
            raim: head.flag(RAIM),
            virtual_aid: head.flag(VIRTUAL),
            assigned: head.flag(ASSIGNED),
            spare: head.u8(SPARE),
            extension_raw: Text::decode(bits, EXTENSION),
        }
    }

    /// Writes the message, in place of what `out` held, filled up to whole bytes.
    pub fn encode(&self, out: &mut BitWriter) {
        self.encode_fields(out);
        if !self.extension_raw.sent().is_empty() {
            out.pad_to_byte();
        }
    }

    pub(super) fn encode_fields(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(AID_TYPE, self.aid_type);
        out.put_text(NAME, self.name_raw.sent());
        out.put(ACCURACY, self.pos_accuracy);
        out.put(LON, self.lon_raw);
        out.put(LAT, self.lat_raw);
        self.dimensions_raw.encode(DIMENSIONS, out);
        out.put(EPFD, self.epfd);
        out.put(SECOND, self.second_raw);
        out.put(OFF_POSITION, self.off_position);
        out.put(STATUS, self.aton_status);
        out.put(RAIM, self.raim);
        out.put(VIRTUAL, self.virtual_aid);
        out.put(ASSIGNED, self.assigned);
        out.put(SPARE, self.spare);
        out.put_text(EXTENSION, self.extension_raw.sent());
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

    /// UTC second of the position, 0 to 59.
    #[must_use]
    pub fn second(&self) -> Option<u8> {
        value::second(self.second_raw)
    }

    /// Name, up to 34 characters: the extension counts where the first twenty hold no `@`.
    #[must_use]
    pub fn name(&self) -> Option<Label> {
        let mut joined = [b'@'; 34];
        let sent = self.name_raw.sent().iter().chain(self.extension_raw.sent());
        for (place, c) in joined.iter_mut().zip(sent) {
            *place = *c;
        }
        super::text::label(&joined)
    }

    /// Splits a name over the two fields; what does not fit in 34 characters is cut.
    pub fn set_name(&mut self, name: Option<Label>) {
        let name = name.as_ref().map_or("", Label::as_str);
        let (first, rest) = name.split_at_checked(20).unwrap_or((name, ""));
        self.name_raw = Text::new(first);
        // The message is filled up to whole bytes. Where that takes six bits they read as one more character.
        let len = if rest.len() % 4 == 3 { rest.len() + 1 } else { rest.len() };
        self.extension_raw = Text::part(rest, len);
        self.header.bits = (SPARE.end() + self.extension_raw.sent().len() * 6).next_multiple_of(8) as u16;
    }

    /// Size of the aid and its reference point.
    #[must_use]
    pub fn dimensions(&self) -> Option<Dimensions> {
        self.dimensions_raw.dimensions()
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, out: &mut Fields<'_>) {
        out.int("aid_type", self.aid_type);
        out.label("name", self.name());
        out.flag("pos_accuracy", self.pos_accuracy);
        out.float("lon", self.lon_deg(), 7);
        out.float("lat", self.lat_deg(), 7);
        out.dimensions(self.dimensions_raw);
        out.int("epfd", self.epfd);
        out.int("second", self.second_raw);
        out.flag("off_position", self.off_position);
        out.int("aton_status", self.aton_status);
        out.flag("raim", self.raim);
        out.flag("virtual", self.virtual_aid);
        out.flag("assigned", self.assigned);
    }

    /// Calls `each` with the name and raw value of every field out of range.
    pub fn invalid(&self, each: &mut dyn FnMut(&'static str, i64)) {
        value::tell(each, "lon", self.lon_raw, self.lon_deg().is_some(), 181 * 600_000);
        value::tell(each, "lat", self.lat_raw, self.lat_deg().is_some(), 91 * 600_000);
    }
}
