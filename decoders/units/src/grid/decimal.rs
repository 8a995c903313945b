//! Degrees as decimals to whole units, exactly.

use super::{DEGREE, GridError};
use std::fmt::{self, Write};

/// A latitude or longitude.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Angle {
    /// Below zero, by however little.
    pub negative: bool,
    /// Whole units in its magnitude.
    pub units: u32,
}

/// What a decimal text says: a sign if any, digits, a point and digits if any. Its magnitude is at most
/// `limit_deg`.
pub(super) fn parse(text: &str, limit_deg: u32) -> Result<Angle, GridError> {
    let (minus, magnitude) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    let point = magnitude.iter().position(|b| *b == b'.').unwrap_or(magnitude.len());
    let (whole, part) = magnitude.split_at(point);
    let part = part.get(1..).unwrap_or_default();
    if whole.is_empty() || !whole.iter().chain(part).all(u8::is_ascii_digit) {
        return Err(GridError::Decimal);
    }

    // Beyond the limit the value no longer matters, only that it is beyond.
    let degrees = whole.iter().fold(0_u32, |sum, b| (sum * 10 + u32::from(b - b'0')).min(1000));
    let has_part = part.iter().any(|b| *b != b'0');
    if degrees > limit_deg || degrees == limit_deg && has_part {
        return Err(GridError::Range);
    }

    // From the last digit to the first, (digit * DEGREE + carry) / 10: rounding down at every step gives the
    // same whole number as rounding down once at the end, so any number of digits is exact.
    let units = part.iter().rev().fold(0_u32, |carry, b| (u32::from(b - b'0') * DEGREE + carry) / 10);
    Ok(Angle { negative: minus && (degrees > 0 || has_part), units: degrees * DEGREE + units })
}

/// The product of a binary number is at most 3e-7 units away from that of the decimal which it prints as: further
/// than this from a line, both are on the same side of it.
const DOUBT: f64 = 1e-6;

/// The decimal that a binary number prints as. `degrees` is finite and at most 180 in magnitude.
pub(super) fn nearest(degrees: f64) -> Angle {
    let negative = degrees < 0.0;
    let scaled = degrees.abs() * f64::from(DEGREE);
    let whole = scaled.floor();
    let above = scaled - whole;
    if above > DOUBT && above < 1.0 - DOUBT || scaled < 0.5 {
        return Angle { negative, units: whole as u32 };
    }
    let mut text = Text { bytes: [0; 32], len: 0 };
    let exact = write!(text, "{degrees}").ok().and_then(|()| parse(text.as_str(), 180).ok());
    // Half a unit or more prints in 28 characters, so there is always an exact answer.
    debug_assert!(exact.is_some());
    exact.unwrap_or(Angle { negative, units: whole as u32 })
}

/// Text written in place.
struct Text {
    bytes: [u8; 32],
    len: usize,
}

impl Text {
    fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
