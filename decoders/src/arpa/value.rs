//! What stands in a field.

use std::fmt;
use std::io::Write as _;
use units::{Label, Position};

/// A value that is sent as one letter.
pub(super) trait Letter: Copy {
    fn read(letter: u8) -> Option<Self>;
    fn letter(self) -> u8;
}

/// A letter from a table.
pub(super) trait Table: Copy + PartialEq + 'static {
    const TABLE: &'static [(u8, Self)];
}

impl<T: Table> Letter for T {
    fn read(letter: u8) -> Option<Self> {
        T::TABLE.iter().find(|(known, _)| *known == letter).map(|(_, value)| *value)
    }

    fn letter(self) -> u8 {
        T::TABLE.iter().find(|(_, known)| *known == self).map_or(b' ', |(letter, _)| *letter)
    }
}

/// A text as it was sent, reserved characters escaped as `^hh`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    pub(super) const fn sent(text: &'a [u8]) -> Self {
        Self(text)
    }

    /// A text to be sent; what the sentence reserves, and what is not Latin-1, is escaped into `room` or left out.
    #[must_use]
    pub fn escaped(text: &str, room: &'a mut Vec<u8>) -> Self {
        room.clear();
        for c in text.chars() {
            match u8::try_from(c) {
                Ok(b) if (b' '..=b'}').contains(&b) && !b"!$*,\\^".contains(&b) => room.push(b),
                Ok(b) => drop(write!(room, "^{b:02X}")),
                Err(_) => {}
            }
        }
        Self(room)
    }

    pub(super) const fn as_sent(self) -> &'a [u8] {
        self.0
    }

    /// The characters meant: Latin-1, escapes undone.
    pub fn chars(self) -> impl Iterator<Item = char> + use<'a> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (c, behind) = match *rest {
                [b'^', high, low, ref behind @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    let digit = |c: u8| char::from(c).to_digit(16).unwrap_or_default() as u8;
                    (digit(high) << 4 | digit(low), behind)
                }
                [c, ref behind @ ..] => (c, behind),
                [] => return None,
            };
            rest = behind;
            Some(char::from(c))
        })
    }

    /// As a label: `None` where it is too long for one, or not printable ASCII.
    #[must_use]
    pub fn label(self) -> Option<Label> {
        let mut text = [0; Label::CAPACITY];
        let mut len = 0;
        for c in self.chars() {
            *text.get_mut(len)? = u8::try_from(c).ok()?;
            len += 1;
        }
        Label::new(text.get(..len)?)
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.chars().collect::<String>(), f)
    }
}

/// A time of day, UTC, to the millisecond; a leap second is `23:59:60`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    minute: u32,
    ms: u32,
}

impl Clock {
    /// So many milliseconds after midnight; `None` from 24 hours on.
    #[must_use]
    pub fn of_day_ms(ms: u32) -> Option<Self> {
        (ms < 86_400_000).then_some(Self { minute: ms / 60_000, ms: ms % 60_000 })
    }

    /// Seconds after midnight, up to 86,401.
    #[must_use]
    pub fn of_day_s(self) -> f64 {
        f64::from(self.minute * 60) + f64::from(self.ms) / 1000.0
    }

    /// `hhmmss`, and decimals of the second.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let (whole, decimals) = text.split_first_chunk::<6>()?;
        if !whole.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let [hour, minute, second] =
            [[0, 1], [2, 3], [4, 5]].map(|at| at.iter().fold(0, |n, &i| n * 10 + digit(whole, i)));
        let ms = match decimals {
            [] | [b'.'] => 0,
            [b'.', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
                (0..3).fold(0, |ms, i| ms * 10 + digit(digits, i))
            }
            _ => return None,
        };
        let sound = hour < 24 && minute < 60 && (second < 60 || (hour, minute, second) == (23, 59, 60));
        sound.then_some(Self { minute: hour * 60 + minute, ms: second * 1000 + ms })
    }

    pub(super) fn write(self, out: &mut Vec<u8>) {
        let Self { minute, ms } = self;
        drop(write!(out, "{:02}{:02}{:02}.{:03}", minute / 60, minute % 60, ms / 1000, ms % 1000));
        // Hundredths, as the standard has it, where they are enough.
        if out.last() == Some(&b'0') {
            out.pop();
        }
    }
}

impl fmt::Display for Clock {
    /// As ISO 8601 writes it: `06:00:00.25`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { minute, ms } = self;
        write!(f, "{:02}:{:02}:{:02}.{:03}", minute / 60, minute % 60, ms / 1000, ms % 1000)
    }
}

fn digit(text: &[u8], at: usize) -> u32 {
    text.get(at).map_or(0, |digit| u32::from(digit - b'0'))
}

/// An angle in ten-millionths of a minute, as exact as any sender writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minutes(i64);

const PER_MINUTE: i64 = 10_000_000;
const DECIMALS: usize = 7;

impl Minutes {
    /// Of an angle in degrees, to the nearest. It must be finite.
    #[must_use]
    pub fn of_degrees(degrees: f64) -> Self {
        Self((degrees * 60.0 * PER_MINUTE as f64).round() as i64)
    }

    /// In degrees.
    #[must_use]
    pub fn degrees(self) -> f64 {
        self.0 as f64 / (60 * PER_MINUTE) as f64
    }

    pub(super) const fn negated(self) -> Self {
        Self(-self.0)
    }

    /// Degrees and minutes without a separator, `02945.8632`, up to `most` degrees. Decimals of a minute behind the
    /// seventh are dropped.
    pub(super) fn read(text: &[u8], most: i64) -> Option<Self> {
        let point = memchr::memchr(b'.', text).unwrap_or(text.len());
        let (whole, decimals) = text.split_at(point);
        let decimals = decimals.get(1..).unwrap_or_default();
        let sound = (3..=5).contains(&whole.len())
            && decimals.len() <= 12
            && whole.iter().chain(decimals).all(u8::is_ascii_digit);
        if !sound {
            return None;
        }
        let whole = whole.iter().fold(0, |n, digit| n * 10 + i64::from(digit - b'0'));
        let decimals = (0..DECIMALS).fold(0, |n, at| n * 10 + i64::from(digit(decimals, at)));
        let (degrees, minutes) = (whole / 100, whole % 100);
        let angle = (degrees * 60 + minutes) * PER_MINUTE + decimals;
        (minutes < 60 && angle <= most * 60 * PER_MINUTE).then_some(Self(angle))
    }

    /// With the letter of its hemisphere; at least four decimals.
    pub(super) fn write(self, [positive, negative]: [u8; 2], out: &mut Vec<u8>) {
        let width = if positive == b'N' { 2 } else { 3 };
        let angle = self.0.abs();
        let (minutes, part) = (angle / PER_MINUTE, angle % PER_MINUTE);
        drop(write!(out, "{:0width$}{:02}.{part:07}", minutes / 60, minutes % 60));
        let zeros = out.iter().rev().take(DECIMALS - 4).take_while(|&&digit| digit == b'0').count();
        out.truncate(out.len() - zeros);
        out.extend_from_slice(&[b',', if self.0 < 0 { negative } else { positive }]);
    }
}

/// A place from its two angles.
pub(super) fn position(lat: Option<Minutes>, lon: Option<Minutes>) -> Option<Position> {
    Position::new(lat?.degrees(), lon?.degrees())
}

/// Against which north or bow an angle is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// True north.
    True,
    /// The bow.
    Relative,
}

impl Table for Reference {
    const TABLE: &'static [(u8, Self)] = &[(b'T', Self::True), (b'R', Self::Relative)];
}

/// What distances and speeds are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Kilometres and kilometres an hour.
    Kilometres,
    /// Nautical miles and knots.
    NauticalMiles,
    /// Statute miles and miles an hour.
    StatuteMiles,
}

impl Table for Unit {
    const TABLE: &'static [(u8, Self)] =
        &[(b'K', Self::Kilometres), (b'N', Self::NauticalMiles), (b'S', Self::StatuteMiles)];
}

impl Unit {
    /// One of the distance, metres; a 3600th of it is one of the speed, metres per second.
    #[must_use]
    pub const fn metres(self) -> f64 {
        match self {
            Self::Kilometres => 1000.0,
            Self::NauticalMiles => 1852.0,
            Self::StatuteMiles => 1609.344,
        }
    }
}

/// Yes or no, sent as `A` or `V`: valid, active, acknowledged.
impl Table for bool {
    const TABLE: &'static [(u8, Self)] = &[(b'A', true), (b'V', false)];
}
