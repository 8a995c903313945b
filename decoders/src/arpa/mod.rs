//! What radars and bridge systems say in NMEA 0183: targets, own ship, settings, alerts (IEC 61162-1).
//!
//! Senders differ: blanks for nulls, fields missing at the end, further fields behind it, 13 to 15 in a TTM. All that
//! is taken; a field that holds something else than it should refuses the sentence, by number.
//!
//! **Invariant**: pure, borrows from the sentence, no allocation.

mod alert;
mod encapsulated;
mod own;
mod target;
mod value;
mod way;

#[cfg(test)]
mod tests;

pub use alert::{
    Acknowledged, Alarm, Alert, AlertCategory, AlertCommand, AlertList, AlertPriority, AlertState, Command,
    Heartbeat, Listed,
};
pub use encapsulated::{PackedTarget, TargetBlock};
pub use own::{MotionSource, OwnShip, RadarSettings, Rotation};
pub use target::{Acquisition, ReferenceTarget, TargetLabels, TargetPosition, TargetStatus, TrackedTarget};
pub use value::{Clock, Minutes, Reference, Text, Unit};

use crate::ais::Visit;
use crate::nmea::{Sentence, close_sentence};
use thiserror::Error;
use way::{Reading, Telling, Way, Writing};

/// One sentence of a radar or bridge system.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// Tracked target.
    Ttm(TrackedTarget<'a>),
    /// Target by latitude and longitude.
    Tll(TargetPosition<'a>),
    /// Tracked targets, packed.
    Ttd(TargetBlock<'a>),
    /// Target labels.
    Tlb(TargetLabels<'a>),
    /// Radar system data.
    Rsd(RadarSettings),
    /// Own ship data.
    Osd(OwnShip),
    /// Alert.
    Alf(Alert<'a>),
    /// Cyclic list of alerts.
    Alc(AlertList<'a>),
    /// Alarm state.
    Alr(Alarm<'a>),
    /// Command to an alert.
    Acn(AlertCommand<'a>),
    /// Command refused.
    Arc(AlertCommand<'a>),
    /// Heartbeat.
    Hbt(Heartbeat),
    /// Alarm acknowledged.
    Ack(Acknowledged),
}

/// Why a sentence is refused. Fields are counted from 1, behind the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// No number, or one of too many digits.
    #[error("field {field} is no number")]
    BadNumber {
        /// Which.
        field: u8,
    },
    /// A letter that the field does not have.
    #[error("field {field} holds none of its letters")]
    BadLetter {
        /// Which.
        field: u8,
    },
    /// No time of day.
    #[error("field {field} is no time of day")]
    BadTime {
        /// Which.
        field: u8,
    },
    /// No latitude or longitude, or one without its hemisphere.
    #[error("field {field} is no place")]
    BadPlace {
        /// Which.
        field: u8,
    },
    /// Targets that are not whole, or not in six-bit symbols.
    #[error("{chars} characters are not whole targets of 15 symbols")]
    BadPayload {
        /// How many there were.
        chars: usize,
    },
    /// `$` where the sentence begins with `!`, or the other way.
    #[error("begins with the wrong one of $ and !")]
    BadStart,
}

/// Decodes a sentence; `None` where it is of no kind that is known here.
///
/// # Errors
/// What is wrong with it.
#[must_use]
pub fn decode<'a>(sentence: &Sentence<'a>) -> Option<Result<Message<'a>, DecodeError>> {
    let (address, rest) = sentence.body.split_at_checked(5)?;
    let [talker, _, formatter @ ..] = address.first_chunk::<5>()?;
    // A `P` begins what a maker defined.
    if *talker == b'P' || rest.first().is_some_and(|&b| b != b',') {
        return None;
    }
    let mut message = Message::empty(*formatter)?;
    let mut reading = Reading::new(rest);
    message.fields(&mut reading);
    let right_start = sentence.encapsulated() == matches!(message, Message::Ttd(_));
    Some(match (reading.wrong, &message) {
        _ if !right_start => Err(DecodeError::BadStart),
        (Some(wrong), _) => Err(wrong),
        (None, Message::Ttd(block)) => block.check().map(|()| message),
        (None, _) => Ok(message),
    })
}

impl<'a> Message<'a> {
    /// A message of that kind in which nothing is available.
    fn empty(formatter: [u8; 3]) -> Option<Self> {
        Some(match &formatter {
            b"TTM" => Self::Ttm(TrackedTarget::default()),
            b"TLL" => Self::Tll(TargetPosition::default()),
            b"TTD" => Self::Ttd(TargetBlock::default()),
            b"TLB" => Self::Tlb(TargetLabels::default()),
            b"RSD" => Self::Rsd(RadarSettings::default()),
            b"OSD" => Self::Osd(OwnShip::default()),
            b"ALF" => Self::Alf(Alert::default()),
            b"ALC" => Self::Alc(AlertList::default()),
            b"ALR" => Self::Alr(Alarm::default()),
            b"ACN" => Self::Acn(AlertCommand::default()),
            b"ARC" => Self::Arc(AlertCommand::default()),
            b"HBT" => Self::Hbt(Heartbeat::default()),
            b"ACK" => Self::Ack(Acknowledged::default()),
            _ => return None,
        })
    }

    /// The three letters that name its kind.
    #[must_use]
    pub const fn formatter(&self) -> &'static str {
        match self {
            Self::Ttm(_) => "TTM",
            Self::Tll(_) => "TLL",
            Self::Ttd(_) => "TTD",
            Self::Tlb(_) => "TLB",
            Self::Rsd(_) => "RSD",
            Self::Osd(_) => "OSD",
            Self::Alf(_) => "ALF",
            Self::Alc(_) => "ALC",
            Self::Alr(_) => "ALR",
            Self::Acn(_) => "ACN",
            Self::Arc(_) => "ARC",
            Self::Hbt(_) => "HBT",
            Self::Ack(_) => "ACK",
        }
    }

    fn fields(&mut self, way: &mut impl Way<'a>) {
        match self {
            Self::Ttm(m) => m.fields(way),
            Self::Tll(m) => m.fields(way),
            Self::Ttd(m) => m.fields(way),
            Self::Tlb(m) => m.fields(way),
            Self::Rsd(m) => m.fields(way),
            Self::Osd(m) => m.fields(way),
            Self::Alf(m) => m.fields(way),
            Self::Alc(m) => m.fields(way),
            Self::Alr(m) => m.fields(way),
            Self::Acn(m) => m.command_fields(way),
            Self::Arc(m) => m.refusal_fields(way),
            Self::Hbt(m) => m.fields(way),
            Self::Ack(m) => m.fields(way),
        }
    }

    /// Writes the sentence with checksum and CRLF behind `out`. Numbers are written to the millionth at most, and
    /// left out from a hundred million on.
    pub fn encode(&self, talker: [u8; 2], out: &mut Vec<u8>) {
        let start = out.len();
        out.push(if matches!(self, Self::Ttd(_)) { b'!' } else { b'$' });
        out.extend_from_slice(&talker);
        out.extend_from_slice(self.formatter().as_bytes());
        let mut message = *self;
        message.fields(&mut Writing { out: &mut *out });
        close_sentence(out, start);
    }

    /// Tells its fields to a visitor; letters as sent, angles in degrees, distances and speeds in the sentence's unit.
    pub fn tell(&self, out: &mut dyn Visit) {
        let mut message = *self;
        message.fields(&mut Telling(&mut *out));
        if let Self::Ttd(block) = self {
            block.tell(out);
        }
    }
}
