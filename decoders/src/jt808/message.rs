//! What bodies mean (JT/T 808-2019, chapter 8), by message number.

use super::{Location, Stamp};
use crate::octets::Octets;

/// Results of a general reply.
pub mod outcome {
    /// Done.
    pub const OK: u8 = 0;
    /// Failed.
    pub const FAILED: u8 = 1;
    /// The message was wrong.
    pub const MALFORMED: u8 = 2;
    /// The message is not known.
    pub const UNSUPPORTED: u8 = 3;
    /// The alarm was taken notice of.
    pub const ALARM_TAKEN: u8 = 4;
}

/// The answer to any message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The serial of what is answered.
    pub serial: u16,
    /// Its number.
    pub id: u16,
    /// See [`outcome`].
    pub result: u8,
}

/// A terminal makes itself known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register<'a> {
    /// Province, as GB/T 2260 numbers it.
    pub province: u16,
    /// City or county.
    pub city: u16,
    /// Maker: 5 bytes, 11 since 2019.
    pub maker: &'a [u8],
    /// Model: 8 bytes, 20 in 2013, 30 since 2019.
    pub model: &'a [u8],
    /// The maker's number of the terminal: 7 bytes, 30 since 2019.
    pub terminal: &'a [u8],
    /// Colour of the number plate; 0 where there is none.
    pub colour: u8,
    /// Plate, or what identifies the vessel: GBK.
    pub plate: &'a [u8],
}

/// A terminal shows the code that it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authenticate<'a> {
    /// The code.
    pub code: &'a [u8],
    /// IMEI and software version, 15 and 20 bytes; empty before 2019.
    pub device: &'a [u8],
}

/// Locations that were kept back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch<'a> {
    /// How many there are said to be.
    pub count: u16,
    /// They were kept because there was no coverage (1), and not for thrift (0).
    pub backfill: bool,
    rest: &'a [u8],
}

impl<'a> Batch<'a> {
    /// Each that is wholly there.
    pub fn locations(mut self) -> impl Iterator<Item = Location<'a>> {
        std::iter::from_fn(move || self.next())
    }

    fn next(&mut self) -> Option<Location<'a>> {
        let mut octets = Octets(self.rest);
        let length = octets.u16()?;
        let location = Location::decode(octets.slice(length.into())?)?;
        self.rest = octets.0;
        Some(location)
    }

    /// Whether there are as many as it says, and nothing else.
    #[must_use]
    pub fn is_whole(mut self) -> bool {
        let mut count = 0;
        while self.next().is_some() {
            count += 1;
        }
        count == usize::from(self.count) && self.rest.is_empty()
    }
}

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// 0x0001: a terminal answers.
    TerminalReply(Reply),
    /// 0x0002.
    Heartbeat,
    /// 0x0003.
    Logout,
    /// 0x0004: asks for the time.
    TimeQuery,
    /// 0x0100.
    Register(Register<'a>),
    /// 0x0102.
    Authenticate(Authenticate<'a>),
    /// 0x0200.
    Location(Location<'a>),
    /// 0x0201: the answer to a question for the location.
    LocationAnswer {
        /// The serial of the question.
        serial: u16,
        /// Where it is.
        location: Location<'a>,
    },
    /// 0x0704.
    Batch(Batch<'a>),
    /// 0x8001: the platform answers.
    PlatformReply(Reply),
    /// 0x8003: asks for parts that were lost.
    Resend {
        /// The serial of the message's first part.
        first: u16,
        /// Which parts, two bytes each.
        parts: &'a [u8],
    },
    /// 0x8004: the time, UTC.
    Time(Stamp),
    /// 0x8100.
    RegisterReply {
        /// The serial of the registration.
        serial: u16,
        /// 0 done, 1 vehicle known already, 2 no such vehicle, 3 terminal known already, 4 no such terminal.
        result: u8,
        /// What to show from now on; empty unless done.
        code: &'a [u8],
    },
    /// 0x8201: asks for the location.
    LocationQuery,
    /// 0x8202: asks for locations more often.
    Follow {
        /// Every so many seconds; 0 stops it.
        interval_s: u16,
        /// For so many seconds.
        for_s: u32,
    },
    /// 0x8300: a text to show.
    Text {
        /// Where to show it; 2019 puts the kind of text behind it, which then is part of `text`.
        flags: u8,
        /// GBK.
        text: &'a [u8],
    },
    /// Anything else.
    Other(u16, &'a [u8]),
}

impl<'a> Message<'a> {
    /// What a body means; `v2019` is the edition of its frame. `None` where it is too short for its number, or longer
    /// where the length is fixed.
    #[must_use]
    pub fn decode(id: u16, v2019: bool, body: &'a [u8]) -> Option<Self> {
        let mut octets = Octets(body);
        let o = &mut octets;
        let message = match id {
            0x0001 => Self::TerminalReply(reply(o)?),
            0x0002 => Self::Heartbeat,
            0x0003 => Self::Logout,
            0x0004 => Self::TimeQuery,
            0x0100 => Self::Register(register(o, v2019)?),
            0x0102 => Self::Authenticate(authenticate(o, v2019)?),
            0x0200 => Self::Location(Location::decode(rest(o))?),
            0x0201 => Self::LocationAnswer { serial: o.u16()?, location: Location::decode(rest(o))? },
            0x0704 => Self::Batch(Batch { count: o.u16()?, backfill: o.u8()? == 1, rest: rest(o) }),
            0x8001 => Self::PlatformReply(reply(o)?),
            0x8003 => {
                let first = o.u16()?;
                let count = if v2019 { o.u16()?.into() } else { usize::from(o.u8()?) };
                Self::Resend { first, parts: o.slice(2 * count)? }
            }
            0x8004 => Self::Time(Stamp(o.array()?)),
            0x8100 => Self::RegisterReply { serial: o.u16()?, result: o.u8()?, code: rest(o) },
            0x8201 => Self::LocationQuery,
            0x8202 => Self::Follow { interval_s: o.u16()?, for_s: o.u32()? },
            0x8300 => Self::Text { flags: o.u8()?, text: rest(o) },
            _ => Self::Other(id, rest(o)),
        };
        octets.0.is_empty().then_some(message)
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> u16 {
        match self {
            Self::TerminalReply(_) => 0x0001,
            Self::Heartbeat => 0x0002,
            Self::Logout => 0x0003,
            Self::TimeQuery => 0x0004,
            Self::Register(_) => 0x0100,
            Self::Authenticate(_) => 0x0102,
            Self::Location(_) => 0x0200,
            Self::LocationAnswer { .. } => 0x0201,
            Self::Batch(_) => 0x0704,
            Self::PlatformReply(_) => 0x8001,
            Self::Resend { .. } => 0x8003,
            Self::Time(_) => 0x8004,
            Self::RegisterReply { .. } => 0x8100,
            Self::LocationQuery => 0x8201,
            Self::Follow { .. } => 0x8202,
            Self::Text { .. } => 0x8300,
            Self::Other(id, _) => *id,
        }
    }

    /// Writes the body behind `out`.
    pub fn encode(&self, v2019: bool, out: &mut Vec<u8>) {
        match *self {
            Self::Heartbeat | Self::Logout | Self::TimeQuery | Self::LocationQuery => {}
            Self::TerminalReply(Reply { serial, id, result })
            | Self::PlatformReply(Reply { serial, id, result }) => {
                out.extend(serial.to_be_bytes());
                out.extend(id.to_be_bytes());
                out.push(result);
            }
            Self::Register(Register { province, city, maker, model, terminal, colour, plate }) => {
                out.extend(province.to_be_bytes());
                out.extend(city.to_be_bytes());
                let [maker_most, model_most, terminal_most] = widths(v2019, model.len());
                for (field, most) in [(maker, maker_most), (model, model_most), (terminal, terminal_most)] {
                    out.extend(field.iter().copied().chain(std::iter::repeat(0)).take(most));
                }
                out.push(colour);
                out.extend_from_slice(plate);
            }
            Self::Authenticate(Authenticate { code, device }) => {
                if v2019 {
                    out.push(code.len() as u8);
                }
                out.extend_from_slice(code);
                out.extend_from_slice(device);
            }
            Self::Location(location) => location.encode(out),
            Self::LocationAnswer { serial, location } => {
                out.extend(serial.to_be_bytes());
                location.encode(out);
            }
            Self::Batch(Batch { count, backfill, rest }) => {
                out.extend(count.to_be_bytes());
                out.push(backfill.into());
                out.extend_from_slice(rest);
            }
            Self::Resend { first, parts } => {
                out.extend(first.to_be_bytes());
                let count = (parts.len() / 2) as u16;
                if v2019 {
                    out.extend(count.to_be_bytes());
                } else {
                    out.push(count as u8);
                }
                out.extend_from_slice(parts);
            }
            Self::Time(stamp) => out.extend(stamp.0),
            Self::RegisterReply { serial, result, code } => {
                out.extend(serial.to_be_bytes());
                out.push(result);
                out.extend_from_slice(code);
            }
            Self::Follow { interval_s, for_s } => {
                out.extend(interval_s.to_be_bytes());
                out.extend(for_s.to_be_bytes());
            }
            Self::Text { flags, text } => {
                out.push(flags);
                out.extend_from_slice(text);
            }
            Self::Other(_, body) => out.extend_from_slice(body),
        }
    }
}

fn rest<'a>(octets: &mut Octets<'a>) -> &'a [u8] {
    std::mem::take(&mut octets.0)
}

fn reply(o: &mut Octets<'_>) -> Option<Reply> {
    Some(Reply { serial: o.u16()?, id: o.u16()?, result: o.u8()? })
}

/// Bytes of maker, model and terminal, by the edition; those of 2011 and 2013 differ in the model alone.
const fn widths(v2019: bool, model: usize) -> [usize; 3] {
    match (v2019, model) {
        (true, _) => [11, 30, 30],
        (false, 8) => [5, 8, 7],
        (false, _) => [5, 20, 7],
    }
}

fn register<'a>(o: &mut Octets<'a>, v2019: bool) -> Option<Register<'a>> {
    // The frames of 2011 and 2013 look alike: a body with room for the longer model is taken to have it.
    let model = if o.0.len() < 37 { 8 } else { 20 };
    let [maker, model, terminal] = widths(v2019, model);
    Some(Register {
        province: o.u16()?,
        city: o.u16()?,
        maker: o.slice(maker)?,
        model: o.slice(model)?,
        terminal: o.slice(terminal)?,
        colour: o.u8()?,
        plate: rest(o),
    })
}

fn authenticate<'a>(o: &mut Octets<'a>, v2019: bool) -> Option<Authenticate<'a>> {
    if !v2019 {
        return Some(Authenticate { code: rest(o), device: &[] });
    }
    let length = o.u8()?;
    let code = o.slice(length.into())?;
    Some(Authenticate { code, device: rest(o) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bodies_of_every_edition_are_told_apart() {
        let body = |n: usize| vec![b'1'; n];
        let model = |v2019, n| match Message::decode(0x0100, v2019, &body(n)) {
            Some(Message::Register(register)) => Some((register.model.len(), register.plate.len())),
            _ => None,
        };
        assert_eq!(model(false, 33), Some((8, 8)));
        assert_eq!(model(false, 45), Some((20, 8)));
        assert_eq!(model(true, 84), Some((30, 8)));
        assert_eq!(model(false, 24), None);
        let code = [&[3][..], b"abc", &[0; 35]].concat();
        let expected = Authenticate { code: b"abc", device: &[0; 35] };
        assert_eq!(Message::decode(0x0102, true, &code), Some(Message::Authenticate(expected)));
        assert_eq!(Message::decode(0x0102, true, &[9, 1]), None);
    }

    #[test]
    fn a_batch_gives_its_locations() {
        let location = [1, 2, 3, 4].repeat(7);
        let one = [&[0, 28][..], &location].concat();
        let body = [&[0, 2, 1][..], &one, &one].concat();
        let Some(Message::Batch(batch)) = Message::decode(0x0704, false, &body) else { panic!() };
        assert!(batch.backfill && batch.is_whole());
        assert_eq!(batch.locations().count(), 2);
        let Some(Message::Batch(cut)) = Message::decode(0x0704, false, &body[..60]) else { panic!() };
        assert!(!cut.is_whole());
        assert_eq!(cut.locations().count(), 1);
    }

    proptest! {
        #[test]
        fn what_is_understood_is_written_back_as_it_was(
            id in prop::sample::select(
                &[1_u16, 2, 3, 4, 0x100, 0x102, 0x200, 0x201, 0x8001, 0x8003, 0x8004, 0x8100, 0x8201, 0x8202, 0x8300, 0x900][..],
            ),
            v2019 in any::<bool>(),
            body in prop::collection::vec(prop_oneof![Just(1_u8), any::<u8>()], 0..120),
        ) {
            if let Some(message) = Message::decode(id, v2019, &body) {
                let mut again = Vec::new();
                message.encode(v2019, &mut again);
                prop_assert_eq!(message.id(), id);
                prop_assert_eq!(again, body);
            }
        }
    }
}
