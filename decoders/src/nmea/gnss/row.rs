//! Fields read one after the other, and written so.

use crate::TimeOfDay;
use crate::nmea::Sentence;
use std::fmt::Write as _;
use units::{Degrees, Position};

/// The fields behind the address.
pub(super) struct Row<'a> {
    /// `None` behind the last.
    rest: Option<&'a [u8]>,
}

impl<'a> Row<'a> {
    pub fn new(sentence: &Sentence<'a>) -> Self {
        let comma = memchr::memchr(b',', sentence.body);
        Self { rest: comma.and_then(|comma| sentence.body.get(comma + 1..)) }
    }

    /// The next field; empty behind the last.
    pub fn next(&mut self) -> &'a [u8] {
        let Some(text) = self.rest else { return &[] };
        let end = memchr::memchr(b',', text);
        self.rest = end.and_then(|end| text.get(end + 1..));
        text.get(..end.unwrap_or(text.len())).unwrap_or_default()
    }

    /// A field further on.
    pub fn peek(&self, n: usize) -> Option<&'a [u8]> {
        self.rest?.split(|&b| b == b',').nth(n)
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.rest.map_or(0, |rest| rest.split(|&b| b == b',').count())
    }

    pub fn number(&mut self) -> Option<f64> {
        number(self.next())
    }

    pub fn int<T: TryFrom<u32>>(&mut self) -> Option<T> {
        let text = self.next();
        let sound = (1..=9).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
        let value = text.iter().filter(|_| sound).fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        T::try_from(value).ok().filter(|_| sound)
    }

    /// A digit of the hexadecimal system.
    pub fn hex(&mut self) -> Option<u8> {
        match self.next() {
            [digit] => crate::octets::hex_digit(*digit),
            _ => None,
        }
    }

    pub fn letter(&mut self) -> Option<u8> {
        match self.next() {
            [letter] if letter.is_ascii_uppercase() => Some(*letter),
            _ => None,
        }
    }

    pub fn valid(&mut self) -> Option<bool> {
        match self.letter() {
            Some(b'A') => Some(true),
            Some(b'V') => Some(false),
            _ => None,
        }
    }

    pub fn time(&mut self) -> Option<TimeOfDay> {
        let text = self.next();
        TimeOfDay::parse(text).filter(|_| text.len() >= 6)
    }

    pub fn degrees(&mut self) -> Option<Degrees> {
        degrees(self.number())
    }

    pub fn position(&mut self) -> Option<Position> {
        let lat = degrees_minutes(self.next(), self.next(), *b"NS");
        let lon = degrees_minutes(self.next(), self.next(), *b"EW");
        Position::new(lat?, lon?)
    }

    /// A number and its unit.
    pub fn metres(&mut self) -> Option<f64> {
        let value = self.number();
        self.next();
        value
    }

    /// Day, month, year.
    pub fn ddmmyy(&mut self) -> Option<[u16; 3]> {
        let text = self.next();
        let [d, d2, m, m2, y, y2] = *text.first_chunk::<6>().filter(|_| text.len() == 6)?;
        let two = |a: u8, b: u8| (u16::from(a - b'0')) * 10 + u16::from(b - b'0');
        // Receivers of 1980 to 1999 are none that still talk.
        text.iter().all(u8::is_ascii_digit).then(|| [two(d, d2), two(m, m2), 2000 + two(y, y2)])
    }

    /// Degrees, and which way.
    pub fn variation(&mut self) -> Option<f64> {
        match (self.number(), self.letter()) {
            (Some(value), Some(b'E')) => Some(value),
            (Some(value), Some(b'W')) => Some(-value),
            _ => None,
        }
    }
}

pub(super) fn degrees(value: Option<f64>) -> Option<Degrees> {
    value.filter(|value| (0.0..=360.0).contains(value)).and_then(Degrees::new)
}

fn number(text: &[u8]) -> Option<f64> {
    let plain = text.len() <= 20 && text.iter().all(|b| b.is_ascii_digit() || b"+-.".contains(b));
    std::str::from_utf8(text).ok().filter(|_| plain)?.parse().ok()
}

/// `dddmm.mmmm` and a side.
fn degrees_minutes(text: &[u8], side: &[u8], [positive, negative]: [u8; 2]) -> Option<f64> {
    let value = number(text).filter(|value| *value >= 0.0)?;
    let whole = (value / 100.0).trunc();
    let minutes = value - whole * 100.0;
    let sign = match side {
        [side] if *side == positive => 1.0,
        [side] if *side == negative => -1.0,
        _ => return None,
    };
    (minutes < 60.0).then_some(sign * (whole + minutes / 60.0))
}

/// A sentence in the making.
pub(super) struct Text(String);

impl Text {
    pub fn new([t, u]: [u8; 2], kind: &str) -> Self {
        Self(format!("{}{}{kind}", char::from(t), char::from(u)))
    }

    pub fn body(self) -> String {
        self.0
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.0.push(',');
        self.0.push_str(text);
        self
    }

    fn some(&mut self, write: impl FnOnce(&mut String)) -> &mut Self {
        self.0.push(',');
        write(&mut self.0);
        self
    }

    pub fn int(&mut self, value: Option<impl Into<u32>>) -> &mut Self {
        self.some(|out| {
            if let Some(value) = value {
                let _ = write!(out, "{}", value.into());
            }
        })
    }

    pub fn two(&mut self, value: Option<impl Into<u32>>) -> &mut Self {
        self.some(|out| {
            if let Some(value) = value {
                let _ = write!(out, "{:02}", value.into());
            }
        })
    }

    pub fn signed_two(&mut self, value: Option<i8>) -> &mut Self {
        self.some(|out| {
            if let Some(value) = value {
                let _ = write!(out, "{}{:02}", if value < 0 { "-" } else { "" }, value.unsigned_abs());
            }
        })
    }

    pub fn number(&mut self, value: Option<f64>, decimals: usize) -> &mut Self {
        self.some(|out| {
            if let Some(value) = value.filter(|value| value.is_finite()) {
                let _ = write!(out, "{value:.decimals$}");
            }
        })
    }

    pub fn metres(&mut self, value: Option<f64>) -> &mut Self {
        self.number(value, 2).text("M")
    }

    pub fn letter(&mut self, value: Option<u8>) -> &mut Self {
        self.some(|out| out.extend(value.map(char::from)))
    }

    pub fn hex(&mut self, value: Option<u8>) -> &mut Self {
        self.some(|out| {
            if let Some(value) = value {
                let _ = write!(out, "{value:X}");
            }
        })
    }

    pub fn valid(&mut self, value: Option<bool>) -> &mut Self {
        self.letter(value.map(|valid| if valid { b'A' } else { b'V' }))
    }

    pub fn time(&mut self, time: Option<TimeOfDay>) -> &mut Self {
        self.some(|out| {
            if let Some((hour, minute, second, ms)) = time.map(TimeOfDay::parts) {
                let _ = write!(out, "{hour:02}{minute:02}{second:02}.{:02}", ms / 10);
            }
        })
    }

    pub fn position(&mut self, at: Option<Position>) -> &mut Self {
        self.side(at.map(Position::lat), 2, "NS").side(at.map(Position::lon), 3, "EW")
    }

    /// Ten-millionths of a minute are a fifth of a millimetre.
    fn side(&mut self, degrees: Option<f64>, width: usize, letters: &str) -> &mut Self {
        let Some(degrees) = degrees else { return self.text("").text("") };
        let units = (degrees.abs() * 6e8).round() as u64;
        let (whole, minutes, part) = (units / 600_000_000, units / 10_000_000 % 60, units % 10_000_000);
        let letter =
            letters.get(usize::from(degrees < 0.0)..).and_then(|rest| rest.get(..1)).unwrap_or_default();
        self.some(|out| {
            let _ = write!(out, "{whole:0width$}{minutes:02}.{part:07}");
        })
        .text(letter)
    }

    pub fn ddmmyy(&mut self, date: Option<[u16; 3]>) -> &mut Self {
        self.some(|out| {
            if let Some([day, month, year]) = date {
                let _ = write!(out, "{day:02}{month:02}{:02}", year % 100);
            }
        })
    }

    pub fn variation(&mut self, degrees: Option<f64>) -> &mut Self {
        self.number(degrees.map(f64::abs), 1);
        self.text(degrees.map_or("", |degrees| if degrees < 0.0 { "W" } else { "E" }))
    }
}
