//! The text of a cell.
//!
//! Level 1 is a column in two decimal digits and a row in a letter. Every level below adds one digit (levels 3
//! and 6, whose cells split in few) or two, longitude first.

use super::{Cell, DEGREE, GridError, POLAR_DEG, size};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Characters of a code of levels 1 to 10.
const LENGTHS: [usize; 10] = [4, 6, 7, 9, 11, 12, 14, 16, 18, 20];

/// The text of a cell, held in place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code {
    bytes: [u8; 20],
    len: u8,
}

impl Code {
    /// The text: 4 to 20 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII ever gets in, so neither fallback can be reached.
        self.bytes.get(..usize::from(self.len)).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(usize::from(self.len)) {
            *place = byte;
            self.len += 1;
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// Levels at which a cell has one digit, row times two plus column.
const fn is_single(level: u8) -> bool {
    matches!(level, 3 | 6)
}

const fn digit(value: u32) -> u8 {
    if value < 10 { b'0' + value as u8 } else { b'A' + (value - 10) as u8 }
}

fn value(digit: u8) -> Option<u32> {
    match digit {
        b'0'..=b'9' => Some(u32::from(digit - b'0')),
        b'A'..=b'F' => Some(u32::from(digit - b'A') + 10),
        _ => None,
    }
}

impl Cell {
    /// Its code.
    #[must_use]
    pub fn code(self) -> Code {
        let (own_width, own_height) = self.size();
        let (mut x, mut y) = (self.ix * own_width, self.iy * own_height);
        let mut code = Code { bytes: [0; 20], len: 0 };
        for level in 1..=self.level {
            let Some((width, height)) = size(level) else { break };
            let (ix, iy) = (x / width, y / height);
            (x, y) = (x % width, y % height);
            if level == 1 {
                let column = if self.west { 30 - ix } else { 31 + ix };
                code.push(if self.south { b'S' } else { b'N' });
                code.push(digit(column / 10));
                code.push(digit(column % 10));
                code.push(b'A' + iy as u8);
            } else if is_single(level) {
                code.push(digit(iy * 2 + ix));
            } else {
                code.push(digit(ix));
                code.push(digit(iy));
            }
        }
        code
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code().as_str())
    }
}

impl FromStr for Cell {
    type Err = GridError;

    fn from_str(text: &str) -> Result<Self, GridError> {
        read(text.as_bytes()).ok_or(GridError::Code)
    }
}

fn read(text: &[u8]) -> Option<Cell> {
    let level = LENGTHS.iter().position(|len| *len == text.len())? as u8 + 1;
    let ([hemisphere, tens, ones, row], mut rest) = text.split_first_chunk()?;
    let south = match hemisphere {
        b'N' => false,
        b'S' => true,
        _ => return None,
    };
    let decimal = |digit: &u8| value(*digit).filter(|v| *v < 10);
    let column = decimal(tens)? * 10 + decimal(ones)?;
    let west = column <= 30;
    let ix = if west { 30_u32.checked_sub(column) } else { column.checked_sub(31) }.filter(|ix| *ix < 30)?;
    let iy = u32::from(row.checked_sub(b'A')?);
    let (mut parent_width, mut parent_height) = size(1)?;
    if iy * parent_height >= POLAR_DEG * DEGREE {
        return None;
    }

    let (mut x, mut y) = (ix * parent_width, iy * parent_height);
    for level in 2..=level {
        let (width, height) = size(level)?;
        let (ix, iy) = if is_single(level) {
            let (digit, after) = rest.split_first()?;
            rest = after;
            let digit = value(*digit)?;
            (digit % 2, digit / 2)
        } else {
            let ([x, y], after) = rest.split_first_chunk()?;
            rest = after;
            (value(*x)?, value(*y)?)
        };
        if ix >= parent_width / width || iy >= parent_height / height {
            return None;
        }
        (x, y) = (x + ix * width, y + iy * height);
        (parent_width, parent_height) = (width, height);
    }
    Some(Cell { level, south, west, iy: y / parent_height, ix: x / parent_width })
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code().as_str())
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Cell;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a BeiDou grid code of 4 to 20 characters")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Cell, E> {
                text.parse().map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_own_examples() {
        // GB/T 39409-2020 annex B.2 and clause 8.1, seconds of arc.
        let seconds = |d: f64, m: f64, s: f64| d + m / 60.0 + s / 3600.0;
        let cases = [
            (seconds(39.0, 59.0, 35.38), seconds(116.0, 18.0, 45.37), "N50J47539B825534"),
            (seconds(39.0, 59.0, 56.1444), seconds(116.0, 19.0, 14.3184), "N50J475493E"),
            (seconds(39.0, 59.0, 59.7012), seconds(116.0, 19.0, 5.9808), "N50J475491E"),
            (seconds(39.0, 59.0, 56.526), seconds(116.0, 19.0, 9.354), "N50J475492E"),
        ];
        for (lat, lon, code) in cases {
            let level = LENGTHS.iter().position(|len| *len == code.len()).unwrap() as u8 + 1;
            let place = crate::Position::new(lat, lon).unwrap();
            assert_eq!(Cell::at(place, level).unwrap().to_string(), code);
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        let wrong = [
            "",
            "N",
            "N51",
            "n51H",
            "N00H",
            "N61H",
            "N5AH",
            "N51W",
            "N51h",
            "E51H",
            "N51HC0",
            "N51H08",
            "N51H006",
            "N51H0000A",
            "N51H000F0",
            "N51H0000000000000008",
            "N51H000000000000000000",
            "N51H3358é",
        ];
        for text in wrong {
            assert_eq!(text.parse::<Cell>(), Err(GridError::Code), "{text}");
        }
    }
}
