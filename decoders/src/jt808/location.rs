//! Locations (JT/T 808-2019, 8.18): 28 bytes, and items behind them.

use super::Stamp;
use crate::octets::Octets;
use units::{Degrees, KNOT_MPS, Knots, Position};

/// Where a terminal is, as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// Alarm bits; bit 0 is the emergency button.
    pub alarm: u32,
    /// Status bits.
    pub status: u32,
    /// Millionths of a degree; the hemisphere is a status bit.
    pub lat_raw: u32,
    /// Millionths of a degree; the hemisphere is a status bit.
    pub lon_raw: u32,
    /// Metres above sea.
    pub altitude_m: i16,
    /// Tenths of a kilometre an hour.
    pub speed_raw: u16,
    /// Whole degrees.
    pub course_raw: u16,
    /// By the terminal's clock.
    pub time: Stamp,
    /// Items: number, length, value.
    pub extras: Extras<'a>,
}

/// The items behind the fixed part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extras<'a>(pub &'a [u8]);

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extra<'a> {
    /// What it is: 0x01 is the mileage, 0x30 the strength of the radio signal, from 0xe0 on the maker's own.
    pub id: u8,
    /// How long it is said to be.
    pub length: u8,
    /// Its value; shorter than `length` where the message ends inside it.
    pub value: &'a [u8],
}

impl<'a> Extras<'a> {
    /// Each of them; the last may be cut off.
    pub fn iter(mut self) -> impl Iterator<Item = Extra<'a>> {
        std::iter::from_fn(move || self.next())
    }

    fn next(&mut self) -> Option<Extra<'a>> {
        let mut octets = Octets(self.0);
        let (id, length) = (octets.u8()?, octets.u8()?);
        let value = octets.slice(usize::from(length).min(octets.0.len()))?;
        self.0 = octets.0;
        Some(Extra { id, length, value })
    }

    /// Whether the last item ends where the message does.
    #[must_use]
    pub fn is_whole(mut self) -> bool {
        while let Some(extra) = self.next() {
            if extra.value.len() < extra.length.into() {
                return false;
            }
        }
        self.0.is_empty()
    }
}

impl<'a> Location<'a> {
    /// Decodes a body; `None` where it is shorter than 28 bytes.
    #[must_use]
    pub fn decode(body: &'a [u8]) -> Option<Self> {
        let mut octets = Octets(body);
        Some(Self {
            alarm: octets.u32()?,
            status: octets.u32()?,
            lat_raw: octets.u32()?,
            lon_raw: octets.u32()?,
            altitude_m: octets.u16()? as i16,
            speed_raw: octets.u16()?,
            course_raw: octets.u16()?,
            time: Stamp(octets.array()?),
            extras: Extras(octets.0),
        })
    }

    /// Writes it behind `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        for word in [self.alarm, self.status, self.lat_raw, self.lon_raw] {
            out.extend(word.to_be_bytes());
        }
        for half in [self.altitude_m as u16, self.speed_raw, self.course_raw] {
            out.extend(half.to_be_bytes());
        }
        out.extend(self.time.0);
        out.extend_from_slice(self.extras.0);
    }

    /// A fix at a place, with nothing else said: positioned by BeiDou, no alarm.
    #[must_use]
    pub fn new(at: Position, time: Stamp) -> Self {
        let micro = |degrees: f64| (degrees.abs() * 1e6).round() as u32;
        let bit = |set: bool, place: u32| u32::from(set) << place;
        Self {
            alarm: 0,
            status: bit(true, 1) | bit(at.lat() < 0.0, 2) | bit(at.lon() < 0.0, 3) | bit(true, 19),
            lat_raw: micro(at.lat()),
            lon_raw: micro(at.lon()),
            altitude_m: 0,
            speed_raw: 0,
            course_raw: 0,
            time,
            extras: Extras(&[]),
        }
    }

    /// A status bit.
    #[must_use]
    pub const fn status_bit(&self, place: u32) -> bool {
        self.status >> (place & 31) & 1 != 0
    }

    /// Whether the position is a present fix; if not, it is the last one there was.
    #[must_use]
    pub const fn fixed(&self) -> bool {
        self.status_bit(1)
    }

    /// Degrees, north positive, as sent: it may be out of range.
    #[must_use]
    pub fn lat_deg(&self) -> f64 {
        signed(self.lat_raw, self.status_bit(2))
    }

    /// Degrees, east positive, as sent: it may be out of range.
    #[must_use]
    pub fn lon_deg(&self) -> f64 {
        signed(self.lon_raw, self.status_bit(3))
    }

    /// Where it is; `None` where that is no place, or the coordinates are encrypted.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        Position::new(self.lat_deg(), self.lon_deg()).filter(|_| !self.status_bit(5))
    }

    /// Kilometres an hour.
    #[must_use]
    pub fn speed_kmh(&self) -> f64 {
        f64::from(self.speed_raw) / 10.0
    }

    /// Speed over ground; `None` for 0xffff.
    #[must_use]
    pub fn sog(&self) -> Option<Knots> {
        let known = self.speed_raw != u16::MAX;
        Knots::new(self.speed_kmh() / 3.6 / KNOT_MPS).filter(|_| known)
    }

    /// Course over ground; `None` above 360.
    #[must_use]
    pub fn cog(&self) -> Option<Degrees> {
        Degrees::new(self.course_raw.into()).filter(|_| self.course_raw <= 360)
    }

    /// Whether somebody pressed the emergency button.
    #[must_use]
    pub const fn emergency(&self) -> bool {
        self.alarm & 1 != 0
    }
}

fn signed(raw: u32, negative: bool) -> f64 {
    let degrees = f64::from(raw) / 1e6;
    if negative { -degrees } else { degrees }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_item_that_runs_over_the_end_costs_only_itself() {
        let body = [&[0; 28][..], &[1, 4, 0, 0, 0, 9, 2, 2, 0]].concat();
        let location = Location::decode(&body).unwrap();
        assert!(!location.extras.is_whole());
        let expected =
            [Extra { id: 1, length: 4, value: &[0, 0, 0, 9] }, Extra { id: 2, length: 2, value: &[0] }];
        assert_eq!(location.extras.iter().collect::<Vec<_>>(), expected);
        assert_eq!(Location::decode(&body[..27]), None);
    }

    #[test]
    fn swapped_and_encrypted_coordinates_are_no_place() {
        let at = Position::new(29.935, -121.885).unwrap();
        let fix = Location::new(at, Stamp([0x26, 1, 1, 0, 0, 0]));
        assert_eq!(fix.position(), Some(at));
        let swapped = Location { lat_raw: fix.lon_raw, lon_raw: fix.lat_raw, ..fix };
        let encrypted = Location { status: fix.status | 1 << 5, ..fix };
        assert_eq!((swapped.position(), encrypted.position()), (None, None));
    }

    proptest! {
        #[test]
        fn any_body_is_written_back_as_it_was(body in prop::collection::vec(any::<u8>(), 28..200)) {
            let location = Location::decode(&body).unwrap();
            let mut again = Vec::new();
            location.encode(&mut again);
            prop_assert_eq!(&again, &body);
            prop_assert!(location.cog().is_none_or(|cog| cog.value() < 360.0));
        }
    }
}
