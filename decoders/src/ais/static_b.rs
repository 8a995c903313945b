//! Message 24, static data report (ITU-R M.1371-5, Annex 8, Message 24): part A, 160 bits, and part B, 168 bits.

use super::header::HEADER;
use super::value::{DIMENSIONS_BITS, Dimensions, RawDimensions};
use super::visit::Fields;
use super::{Header, Text, value};
use crate::bits::{BitWriter, Bits, Field};
use units::{Label, Mmsi, MmsiKind};

const PART: Field = HEADER.then(2);

const NAME: Field = PART.then(120);
const _: () = assert!(NAME.end() == 160);

const SHIP_TYPE: Field = PART.then(8);
const VENDOR: Field = SHIP_TYPE.then(18);
const UNIT_MODEL: Field = VENDOR.then(4);
const SERIAL: Field = UNIT_MODEL.then(20);
const CALLSIGN: Field = SERIAL.then(42);
const DIMENSIONS: Field = CALLSIGN.then(DIMENSIONS_BITS);
const MOTHERSHIP: Field = CALLSIGN.then(30);
const EPFD: Field = DIMENSIONS.then(4);
const SPARE: Field = EPFD.then(2);
const _: () = assert!(SPARE.end() == 168);

/// One half of who a Class B craft is; the halves come as two messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaticB {
    /// Kind 24.
    pub header: Header,
    /// Which half, as sent: 0 is A, 1 is B, 2 and 3 have no meaning.
    pub part_raw: Option<u8>,
    /// The half.
    pub part: StaticBPart,
}

/// The half of a static data report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaticBPart {
    /// Part A.
    A(HalfA),
    /// Part B.
    B(HalfB),
    /// Neither, or cut off before it says which.
    Unknown,
}

/// Part A: the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfA {
    /// Name as sent.
    pub name_raw: Text<20>,
}

/// Part B: type, call sign, size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfB {
    /// Type of ship and cargo, 0 to 255; 0 not available.
    pub ship_type_raw: Option<u8>,
    /// Three letters of the unit's maker, as sent.
    pub vendor_raw: Text<3>,
    /// The maker's number for the model, 0 to 15.
    pub unit_model: Option<u8>,
    /// Serial number, 0 to 1,048,575.
    pub serial: Option<u32>,
    /// Call sign as sent.
    pub callsign_raw: Text<7>,
    /// Size and reference point. A craft of a parent ship sends that ship's number in the same bits instead.
    pub dimensions_raw: RawDimensions,
    /// The same 30 bits as one number.
    pub mothership_raw: Option<u32>,
    /// Kind of positioning device, 0 to 15; 0 undefined.
    pub epfd: Option<u8>,
    /// Two bits without a meaning.
    pub spare: Option<u8>,
}

impl StaticB {
    /// Part A.
    #[must_use]
    pub fn part_a(mmsi: Mmsi, name_raw: Text<20>) -> Self {
        let header = Header::new(24, mmsi, NAME.end());
        Self { header, part_raw: Some(0), part: StaticBPart::A(HalfA { name_raw }) }
    }

    /// Part B.
    #[must_use]
    pub fn part_b(mmsi: Mmsi, half: HalfB) -> Self {
        let header = Header::new(24, mmsi, SPARE.end());
        Self { header, part_raw: Some(1), part: StaticBPart::B(half) }
    }

    /// Decodes what is wholly present behind the header; the rest is `None`.
    #[inline(always)]
    pub(super) fn decode(header: Header, bits: Bits<'_>) -> Self {
        let part_raw = bits.u8(PART);
        let part = match part_raw {
            Some(0) => StaticBPart::A(HalfA { name_raw: Text::decode(bits, NAME) }),
            Some(1) => StaticBPart::B(HalfB {
                ship_type_raw: bits.u8(SHIP_TYPE),
                vendor_raw: Text::decode(bits, VENDOR),
                unit_model: bits.u8(UNIT_MODEL),
                serial: bits.u32(SERIAL),
                callsign_raw: Text::decode(bits, CALLSIGN),
                dimensions_raw: RawDimensions::decode(bits, DIMENSIONS),
                mothership_raw: bits.u32(MOTHERSHIP),
                epfd: bits.u8(EPFD),
                spare: bits.u8(SPARE),
            }),
            _ => StaticBPart::Unknown,
        };
        Self { header, part_raw, part }
    }

    /// Writes the message, in place of what `out` held. A craft of a parent ship sends `mothership_raw`, any
    /// other its dimensions.
    pub fn encode(&self, out: &mut BitWriter) {
        self.header.encode(out);
        out.put(PART, self.part_raw);
        match &self.part {
            StaticBPart::A(half) => out.put_text(NAME, half.name_raw.sent()),
            StaticBPart::B(half) => {
                out.put(SHIP_TYPE, half.ship_type_raw);
                out.put_text(VENDOR, half.vendor_raw.sent());
                out.put(UNIT_MODEL, half.unit_model);
                out.put(SERIAL, half.serial);
                out.put_text(CALLSIGN, half.callsign_raw.sent());
                if self.is_craft() {
                    out.put(MOTHERSHIP, half.mothership_raw);
                } else {
                    half.dimensions_raw.encode(DIMENSIONS, out);
                }
                out.put(EPFD, half.epfd);
                out.put(SPARE, half.spare);
            }
            StaticBPart::Unknown => {}
        }
    }

    /// Part B, where this is one.
    #[must_use]
    pub fn half_b(&self) -> Option<&HalfB> {
        if let StaticBPart::B(half) = &self.part { Some(half) } else { None }
    }

    /// Name (part A).
    #[must_use]
    pub fn name(&self) -> Option<Label> {
        if let StaticBPart::A(half) = &self.part { half.name_raw.label() } else { None }
    }

    /// Type of ship and cargo, 1 to 255 (part B).
    #[must_use]
    pub fn ship_type(&self) -> Option<u8> {
        value::nonzero(self.half_b()?.ship_type_raw)
    }

    /// The unit's maker, up to three letters (part B).
    #[must_use]
    pub fn vendor(&self) -> Option<Label> {
        self.half_b()?.vendor_raw.label()
    }

    /// Call sign (part B).
    #[must_use]
    pub fn callsign(&self) -> Option<Label> {
        self.half_b()?.callsign_raw.label()
    }

    /// Size and reference point (part B); `None` for a craft of a parent ship.
    #[must_use]
    pub fn dimensions(&self) -> Option<Dimensions> {
        if self.is_craft() { None } else { self.half_b()?.dimensions_raw.dimensions() }
    }

    /// The parent ship, for a craft (98 MID) that has one (part B).
    #[must_use]
    pub fn mothership(&self) -> Option<Mmsi> {
        if self.is_craft() { value::nonzero(self.half_b()?.mothership_raw).and_then(Mmsi::new) } else { None }
    }

    /// Tells what the message says, in the standard's order.
    pub(super) fn fields(&self, out: &mut Fields<'_>) {
        out.int("part", self.part_raw);
        match &self.part {
            StaticBPart::A(half) => out.label("name", half.name_raw.label()),
            StaticBPart::B(half) => {
                out.int("ship_type", half.ship_type_raw);
                out.label("vendor", half.vendor_raw.label());
                out.int("unit_model", half.unit_model);
                out.int("serial", half.serial);
                out.label("callsign", half.callsign_raw.label());
                if self.is_craft() {
                    out.int("mothership_mmsi", half.mothership_raw);
                } else {
                    out.dimensions(half.dimensions_raw);
                }
                out.int("epfd", half.epfd);
            }
            StaticBPart::Unknown => {}
        }
    }

    /// Whether the sender is a craft of a parent ship, whose part B names that ship instead of dimensions.
    #[must_use]
    pub fn is_craft(&self) -> bool {
        self.header.mmsi.kind() == MmsiKind::Craft
    }
}

impl Default for HalfB {
    /// Nothing is available.
    fn default() -> Self {
        Self {
            ship_type_raw: Some(0),
            vendor_raw: Text::BLANK,
            unit_model: Some(0),
            serial: Some(0),
            callsign_raw: Text::BLANK,
            dimensions_raw: super::raw::dimensions(None),
            mothership_raw: Some(0),
            epfd: Some(0),
            spare: Some(0),
        }
    }
}
