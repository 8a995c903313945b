//! Any message: one row per family here, and the rest in its own file.

use super::header::HEADER;
use super::{
    Aid, Aircraft, BaseStation, DecodeError, ExtendedB, Header, Length, LongRange, PositionA, PositionB,
    StaticA, StaticB,
};
use crate::bits::{BitWriter, Bits};
use units::{Mmsi, Position};

/// One AIS message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// 1, 2, 3: position of a Class A ship.
    PositionA(PositionA),
    /// 4, 11: a station's time and position.
    BaseStation(BaseStation),
    /// 5: who a Class A ship is and where it is bound.
    StaticA(StaticA),
    /// 9: position of a search and rescue aircraft.
    Aircraft(Aircraft),
    /// 18: position of a Class B craft.
    PositionB(PositionB),
    /// 19: position and identity of a Class B craft.
    ExtendedB(ExtendedB),
    /// 21: an aid to navigation.
    Aid(Aid),
    /// 24: who a Class B craft is, one half.
    StaticB(StaticB),
    /// 27: position, for satellites.
    LongRange(LongRange),
    /// Anything else; its fields are still in the payload.
    Other(Other),
}

/// A message of which only the beginning is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other {
    /// Kind, sender, length.
    pub header: Header,
}

/// Decodes a payload: what is wholly present; the rest is `None` and the length is not `Ok`.
///
/// # Errors
/// [`DecodeError::TooShort`] below 38 bits.
#[inline]
pub fn decode(bits: Bits<'_>) -> Result<Message, DecodeError> {
    let header = Header::decode(bits)?;
    Ok(match header.kind {
        1..=3 => Message::PositionA(PositionA::decode(bits)?),
        4 | 11 => Message::BaseStation(BaseStation::decode(bits)?),
        5 => Message::StaticA(StaticA::decode(bits)?),
        9 => Message::Aircraft(Aircraft::decode(bits)?),
        18 => Message::PositionB(PositionB::decode(bits)?),
        19 => Message::ExtendedB(ExtendedB::decode(bits)?),
        21 => Message::Aid(Aid::decode(bits)?),
        24 => Message::StaticB(StaticB::decode(bits)?),
        27 => Message::LongRange(LongRange::decode(bits)?),
        _ => Message::Other(Other { header }),
    })
}

impl Message {
    /// What every message begins with.
    #[must_use]
    pub fn header(&self) -> Header {
        match self {
            Self::PositionA(m) => m.header,
            Self::BaseStation(m) => m.header,
            Self::StaticA(m) => m.header,
            Self::Aircraft(m) => m.header,
            Self::PositionB(m) => m.header,
            Self::ExtendedB(m) => m.header,
            Self::Aid(m) => m.header,
            Self::StaticB(m) => m.header,
            Self::LongRange(m) => m.header,
            Self::Other(m) => m.header,
        }
    }

    /// Writes the message, in place of what `out` held. Of [`Message::Other`] only the first 38 bits.
    pub fn encode(&self, out: &mut BitWriter) {
        match self {
            Self::PositionA(m) => m.encode(out),
            Self::BaseStation(m) => m.encode(out),
            Self::StaticA(m) => m.encode(out),
            Self::Aircraft(m) => m.encode(out),
            Self::PositionB(m) => m.encode(out),
            Self::ExtendedB(m) => m.encode(out),
            Self::Aid(m) => m.encode(out),
            Self::StaticB(m) => m.encode(out),
            Self::LongRange(m) => m.encode(out),
            Self::Other(m) => m.header.encode(out),
        }
    }

    /// Calls `each` with the name and raw value of every field that is out of range (and so `None`).
    pub fn invalid(&self, each: &mut dyn FnMut(&'static str, i64)) {
        match self {
            Self::PositionA(m) => m.invalid(each),
            Self::BaseStation(m) => m.invalid(each),
            Self::StaticA(m) => m.invalid(each),
            Self::Aircraft(m) => m.invalid(each),
            Self::PositionB(m) => m.invalid(each),
            Self::ExtendedB(m) => m.invalid(each),
            Self::Aid(m) => m.invalid(each),
            Self::LongRange(m) => m.invalid(each),
            Self::StaticB(_) | Self::Other(_) => {}
        }
    }

    /// Where the sender says it is, for the messages that say so.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::PositionA(m) => m.position(),
            Self::BaseStation(m) => m.position(),
            Self::Aircraft(m) => m.position(),
            Self::PositionB(m) => m.position(),
            Self::ExtendedB(m) => m.position(),
            Self::Aid(m) => m.position(),
            Self::LongRange(m) => m.position(),
            Self::StaticA(_) | Self::StaticB(_) | Self::Other(_) => None,
        }
    }

    /// Who sent it.
    #[must_use]
    pub fn mmsi(&self) -> Mmsi {
        self.header().mmsi
    }

    /// Message number, 0 to 63.
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.header().kind
    }

    /// How often it has been repeated, 0 to 3.
    #[must_use]
    pub fn repeat(&self) -> u8 {
        self.header().repeat
    }

    /// How the payload's length compares with what the standard allows.
    #[must_use]
    pub fn length(&self) -> Length {
        self.header().length()
    }

    /// Whether the length is one the standard allows; `None` where it knows no such message.
    #[must_use]
    pub fn length_ok(&self) -> Option<bool> {
        self.header().length_ok()
    }
}

impl Other {
    /// Of a kind and sender.
    #[must_use]
    pub fn new(kind: u8, mmsi: Mmsi) -> Self {
        Self { header: Header::new(kind, mmsi, HEADER.end()) }
    }
}
