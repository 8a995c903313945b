//! Any message: one row per family here, and the rest in its own file.

use super::header::HEADER;
use super::visit::{Fields, Visit};
use super::{
    Acknowledgement, AddressedBinary, AddressedText, Aid, Aircraft, Assignment, BaseStation, BroadcastBinary,
    BroadcastText, ChannelManagement, DecodeError, Differential, ExtendedB, GroupAssignment, Header,
    Interrogation, Length, LinkManagement, LongRange, PositionA, PositionB, SlotBinary, StaticA, StaticB,
    UtcInquiry, rest,
};
use crate::bits::{BitWriter, Bits};
use units::{Mmsi, Position};

/// One AIS message. What an application or a person wrote (6, 8, 12, 14, 17, 25, 26) stays in the payload, so that
/// a message is small; its methods find it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// 1, 2, 3: position of a Class A ship.
    PositionA(PositionA),
    /// 4, 11: a station's time and position.
    BaseStation(BaseStation),
    /// 5: who a Class A ship is and where it is bound.
    StaticA(StaticA),
    /// 6: data from one station to another.
    AddressedBinary(AddressedBinary),
    /// 7, 13: addressed messages have come.
    Acknowledgement(Acknowledgement),
    /// 8: data from a station to all.
    BroadcastBinary(BroadcastBinary),
    /// 9: position of a search and rescue aircraft.
    Aircraft(Aircraft),
    /// 10: what time is it?
    UtcInquiry(UtcInquiry),
    /// 12: a text from one station to another.
    AddressedText(AddressedText),
    /// 14: a text from a station to all.
    BroadcastText(BroadcastText),
    /// 15: asks stations for messages.
    Interrogation(Interrogation),
    /// 16: tells ships when to report.
    Assignment(Assignment),
    /// 17: corrections for satellite positioning.
    Differential(Differential),
    /// 18: position of a Class B craft.
    PositionB(PositionB),
    /// 19: position and identity of a Class B craft.
    ExtendedB(ExtendedB),
    /// 20: reserves slots for base stations.
    LinkManagement(LinkManagement),
    /// 21: an aid to navigation.
    Aid(Aid),
    /// 22: which channels to use.
    ChannelManagement(ChannelManagement),
    /// 23: tells the ships in an area how often to report.
    GroupAssignment(GroupAssignment),
    /// 24: who a Class B craft is, one half.
    StaticB(StaticB),
    /// 25, 26: short data, with or without a destination.
    SlotBinary(SlotBinary),
    /// 27: position, for satellites.
    LongRange(LongRange),
    /// A number the standard does not know; its fields are still in the payload.
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
    Ok(decode_behind(Header::decode(bits)?, bits))
}

/// Decodes what follows a header. Most messages are 168 bits: they have a copy of the code that need not ask for each
/// field whether it is there.
#[inline(always)]
pub(crate) fn decode_behind(header: Header, bits: Bits<'_>) -> Message {
    match bits.exactly(168) {
        Some(bits) => of_kind(header, bits),
        None => of_any_length(header, bits),
    }
}

#[inline(always)]
fn of_any_length(header: Header, bits: Bits<'_>) -> Message {
    of_kind(header, bits)
}

#[inline(always)]
fn of_kind(header: Header, bits: Bits<'_>) -> Message {
    match header.kind {
        1..=3 => Message::PositionA(PositionA::decode(header, bits)),
        4 | 11 => Message::BaseStation(BaseStation::decode(header, bits)),
        5 => Message::StaticA(StaticA::decode(header, bits)),
        6 => Message::AddressedBinary(AddressedBinary::decode(header, bits)),
        7 | 13 => Message::Acknowledgement(Acknowledgement::decode(header, bits)),
        8 => Message::BroadcastBinary(BroadcastBinary::decode(header, bits)),
        9 => Message::Aircraft(Aircraft::decode(header, bits)),
        10 => Message::UtcInquiry(UtcInquiry::decode(header, bits)),
        12 => Message::AddressedText(AddressedText::decode(header, bits)),
        14 => Message::BroadcastText(BroadcastText::decode(header, bits)),
        15 => Message::Interrogation(Interrogation::decode(header, bits)),
        16 => Message::Assignment(Assignment::decode(header, bits)),
        17 => Message::Differential(Differential::decode(header, bits)),
        18 => Message::PositionB(PositionB::decode(header, bits)),
        19 => Message::ExtendedB(ExtendedB::decode(header, bits)),
        20 => Message::LinkManagement(LinkManagement::decode(header, bits)),
        21 => Message::Aid(Aid::decode(header, bits)),
        22 => Message::ChannelManagement(ChannelManagement::decode(header, bits)),
        23 => Message::GroupAssignment(GroupAssignment::decode(header, bits)),
        24 => Message::StaticB(StaticB::decode(header, bits)),
        25 | 26 => Message::SlotBinary(SlotBinary::decode(header, bits)),
        27 => Message::LongRange(LongRange::decode(header, bits)),
        _ => Message::Other(Other { header }),
    }
}

impl Message {
    /// What every message begins with.
    #[must_use]
    pub fn header(&self) -> Header {
        match self {
            Self::PositionA(m) => m.header,
            Self::BaseStation(m) => m.header,
            Self::StaticA(m) => m.header,
            Self::AddressedBinary(m) => m.header,
            Self::Acknowledgement(m) => m.header,
            Self::BroadcastBinary(m) => m.header,
            Self::Aircraft(m) => m.header,
            Self::UtcInquiry(m) => m.header,
            Self::AddressedText(m) => m.header,
            Self::BroadcastText(m) => m.header,
            Self::Interrogation(m) => m.header,
            Self::Assignment(m) => m.header,
            Self::Differential(m) => m.header,
            Self::PositionB(m) => m.header,
            Self::ExtendedB(m) => m.header,
            Self::LinkManagement(m) => m.header,
            Self::Aid(m) => m.header,
            Self::ChannelManagement(m) => m.header,
            Self::GroupAssignment(m) => m.header,
            Self::StaticB(m) => m.header,
            Self::SlotBinary(m) => m.header,
            Self::LongRange(m) => m.header,
            Self::Other(m) => m.header,
        }
    }

    /// Writes the message, in place of what `out` held: all of it but what stays in the payload. Of
    /// [`Message::Other`] only the first 38 bits.
    pub fn encode(&self, out: &mut BitWriter) {
        match self {
            Self::PositionA(m) => m.encode(out),
            Self::BaseStation(m) => m.encode(out),
            Self::StaticA(m) => m.encode(out),
            Self::AddressedBinary(m) => m.encode(out),
            Self::Acknowledgement(m) => m.encode(out),
            Self::BroadcastBinary(m) => m.encode(out),
            Self::Aircraft(m) => m.encode(out),
            Self::UtcInquiry(m) => m.encode(out),
            Self::AddressedText(m) => m.encode(out),
            Self::BroadcastText(m) => m.encode(out),
            Self::Interrogation(m) => m.encode(out),
            Self::Assignment(m) => m.encode(out),
            Self::Differential(m) => m.encode(out),
            Self::PositionB(m) => m.encode(out),
            Self::ExtendedB(m) => m.encode(out),
            Self::LinkManagement(m) => m.encode(out),
            Self::Aid(m) => m.encode(out),
            Self::ChannelManagement(m) => m.encode(out),
            Self::GroupAssignment(m) => m.encode(out),
            Self::StaticB(m) => m.encode(out),
            Self::SlotBinary(m) => m.encode(out),
            Self::LongRange(m) => m.encode(out),
            Self::Other(m) => m.header.encode(out),
        }
    }

    /// Writes the message as it came, in place of what `out` held: its fields, and what no field holds (data, text,
    /// half a field at a cut, bits too many) from the payload it was decoded from.
    pub fn encode_over(&self, payload: Bits<'_>, out: &mut BitWriter) {
        let mut end = payload.len();
        match self {
            Self::Aid(m) => m.encode_fields(out),
            Self::SlotBinary(m) => {
                m.encode_front(out);
                end = m.state_at(payload).unwrap_or(end);
            }
            _ => self.encode(out),
        }
        rest::copy(payload, out.bits().len(), end, out);
        if let Self::SlotBinary(m) = self {
            m.encode_state(out);
        }
    }

    /// Tells everything the message says, with the keys, units and order of Fairway's oracle: `msg_type`, `repeat`,
    /// `mmsi`, its own fields, `invalid` (name and raw value of what is out of range), `bits`, `length_ok`. `payload`
    /// is what it was decoded from.
    pub fn fields(&self, payload: Bits<'_>, visit: &mut dyn Visit) {
        let header = self.header();
        let out = &mut Fields(visit);
        out.0.int("msg_type", header.kind.into());
        out.0.int("repeat", header.repeat.into());
        out.0.int("mmsi", header.mmsi.number().into());
        match self {
            Self::PositionA(m) => m.fields(out),
            Self::BaseStation(m) => m.fields(out),
            Self::StaticA(m) => m.fields(out),
            Self::AddressedBinary(m) => m.fields(payload, out),
            Self::Acknowledgement(m) => m.fields(out),
            Self::BroadcastBinary(m) => m.fields(payload, out),
            Self::Aircraft(m) => m.fields(out),
            Self::UtcInquiry(m) => m.fields(out),
            Self::AddressedText(m) => m.fields(payload, out),
            Self::BroadcastText(m) => m.fields(payload, out),
            Self::Interrogation(m) => m.fields(out),
            Self::Assignment(m) => m.fields(out),
            Self::Differential(m) => m.fields(payload, out),
            Self::PositionB(m) => m.fields(out),
            Self::ExtendedB(m) => m.fields(out),
            Self::LinkManagement(m) => m.fields(out),
            Self::Aid(m) => m.fields(out),
            Self::ChannelManagement(m) => m.fields(out),
            Self::GroupAssignment(m) => m.fields(out),
            Self::StaticB(m) => m.fields(out),
            Self::SlotBinary(m) => m.fields(payload, out),
            Self::LongRange(m) => m.fields(out),
            Self::Other(_) => {}
        }
        if !matches!(self, Self::Other(_)) {
            self.tell_invalid(out.0);
        }
        out.0.int("bits", header.bits.into());
        out.flag("length_ok", header.length_ok());
    }

    /// In order of their names.
    fn tell_invalid(&self, visit: &mut dyn Visit) {
        // No message has more fields that can be out of range than number 4.
        let (mut found, mut count) = ([("", 0); 8], 0);
        self.invalid(&mut |name, raw| {
            if let Some(place) = found.get_mut(count) {
                *place = (name, raw);
                count += 1;
            }
        });
        let found = found.get_mut(..count).unwrap_or_default();
        found.sort_unstable();
        visit.array("invalid");
        for (name, raw) in found {
            visit.array("");
            visit.text("", name);
            visit.int("", *raw);
            visit.close();
        }
        visit.close();
    }

    /// Calls `each` with the name and raw value of every field that is out of range (and so `None`).
    pub fn invalid(&self, each: &mut dyn FnMut(&'static str, i64)) {
        match self {
            Self::PositionA(m) => m.invalid(each),
            Self::BaseStation(m) => m.invalid(each),
            Self::StaticA(m) => m.invalid(each),
            Self::Aircraft(m) => m.invalid(each),
            Self::Differential(m) => m.invalid(each),
            Self::PositionB(m) => m.invalid(each),
            Self::ExtendedB(m) => m.invalid(each),
            Self::Aid(m) => m.invalid(each),
            Self::ChannelManagement(m) => m.invalid(each),
            Self::GroupAssignment(m) => m.invalid(each),
            Self::LongRange(m) => m.invalid(each),
            _ => {}
        }
    }

    /// Where the sender says it is, for the messages that say so.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::PositionA(m) => m.position(),
            Self::BaseStation(m) => m.position(),
            Self::Aircraft(m) => m.position(),
            Self::Differential(m) => m.position(),
            Self::PositionB(m) => m.position(),
            Self::ExtendedB(m) => m.position(),
            Self::Aid(m) => m.position(),
            Self::LongRange(m) => m.position(),
            _ => None,
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
