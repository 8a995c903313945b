//! What every message begins with, and how long each may be.

use super::DecodeError;
use crate::bits::{BitWriter, Bits, Field};
use units::Mmsi;

const KIND: Field = Field::first(6);
const REPEAT: Field = KIND.then(2);
const USER_ID: Field = REPEAT.then(30);

/// Where the message's own fields begin.
pub(super) const HEADER: Field = Field::first(USER_ID.end());

/// The first 38 bits of a message, and how long it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Message number, 0 to 63; the standard gives a meaning to 1 to 27.
    pub kind: u8,
    /// How often it has been repeated, 0 to 3; 3 is "do not repeat any more".
    pub repeat: u8,
    /// Who sent it.
    pub mmsi: Mmsi,
    /// How many bits the payload held, fill bits removed.
    pub bits: u16,
}

/// How a payload's length compares with what its kind allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// As the standard has it.
    Ok,
    /// Too few bits: fields are missing.
    Short,
    /// Too many bits.
    Long,
    /// The standard knows no such message.
    Unknown,
}

impl Header {
    pub(super) fn new(kind: u8, mmsi: Mmsi, bits: usize) -> Self {
        Self { kind, repeat: 0, mmsi, bits: bits as u16 }
    }

    #[inline]
    pub(crate) fn decode(bits: Bits<'_>) -> Result<Self, DecodeError> {
        let too_short = DecodeError::TooShort { got: bits.len() };
        let (Some(kind), Some(repeat)) = (bits.u8(KIND), bits.u8(REPEAT)) else { return Err(too_short) };
        let mmsi = bits.u32(USER_ID).and_then(Mmsi::new).ok_or(too_short)?;
        Ok(Self { kind, repeat, mmsi, bits: u16::try_from(bits.len()).unwrap_or(u16::MAX) })
    }

    pub(super) fn encode(self, out: &mut BitWriter) {
        out.clear();
        out.put(KIND, Some(self.kind));
        out.put(REPEAT, Some(self.repeat));
        out.put(USER_ID, Some(self.mmsi.number()));
    }

    /// How the payload's length compares with what the standard allows.
    #[inline]
    #[must_use]
    pub fn length(self) -> Length {
        let (least, most) = LIMITS.get(usize::from(self.kind)).copied().unwrap_or(UNLIMITED);
        match self.bits {
            bits if bits >= least && bits <= most => Length::Ok,
            _ if (least, most) == UNLIMITED => Length::Unknown,
            bits if bits < least => Length::Short,
            _ => Length::Long,
        }
    }

    /// Whether the length is one the standard allows; `None` where it knows no such message.
    #[must_use]
    pub fn length_ok(self) -> Option<bool> {
        match self.length() {
            Length::Ok => Some(true),
            Length::Short | Length::Long => Some(false),
            Length::Unknown => None,
        }
    }
}

/// Of a kind that the standard does not know: nothing fits.
const UNLIMITED: (u16, u16) = (u16::MAX, 0);

/// What [`limits`] says of each kind: to look it up is quicker than to decide.
#[expect(clippy::indexing_slicing, reason = "while compiling")]
static LIMITS: [(u16, u16); 64] = {
    let mut all = [UNLIMITED; 64];
    let mut kind = 0;
    while kind < 64 {
        all[kind as usize] = limits(kind);
        kind += 1;
    }
    all
};

/// Fewest and most bits of each kind (the tables of Annex 8), fill bits removed.
const fn limits(kind: u8) -> (u16, u16) {
    match kind {
        1..=4 | 9 | 11 | 18 | 22 => (168, 168),
        5 => (422, 426),
        6 => (88, 1008),
        7 | 13 => (72, 168),
        8 => (56, 1008),
        10 => (72, 72),
        12 => (72, 1008),
        14 => (40, 1008),
        15 => (88, 162),
        16 => (92, 168),
        17 => (80, 816),
        19 => (312, 312),
        20 => (70, 160),
        21 => (272, 360),
        23 => (160, 160),
        24 => (160, 168),
        25 => (40, 168),
        26 => (60, 1064),
        27 => (96, 168),
        _ => UNLIMITED,
    }
}
