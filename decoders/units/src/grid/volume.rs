//! Three-dimensional codes (GB/T 39409-2020, clause 6 and annex C.3): a cell and a layer of height above the
//! ellipsoid, interleaved level by level.
//!
//! Layers grow with height, so that they are as thick as a cell is wide. The bits are grouped as annex C.3 says;
//! a layer of level 1 is therefore 64/60 of what clause 6.1 promises.

use super::{Cell, GridError, Position};
use std::fmt;
use std::str::FromStr;

/// Radius that heights are counted from, metres.
const R0_M: f64 = 6_378_137.0;
/// Layers of the finest level in a degree.
const FINE: f64 = 3600.0 * 2048.0;
/// Bits of height that each level adds, from level 1.
const BITS: [u32; 10] = [6, 3, 1, 4, 4, 1, 3, 3, 3, 3];
const ALL_BITS: u32 = 31;
/// Characters of the two-dimensional code that each level adds, after the hemisphere.
const FLAT: [usize; 10] = [3, 2, 1, 2, 2, 1, 2, 2, 2, 2];

/// A cell between two heights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Volume {
    cell: Cell,
    is_below: bool,
    /// Number of the layer, away from the ellipsoid, at the level of the cell.
    layer: u32,
}

fn natural() -> f64 {
    (1.0 + std::f64::consts::PI / 180.0).ln()
}

/// Number of the finest layer at a height above the ellipsoid.
#[must_use]
pub fn layer_of(height_m: f64) -> Option<i32> {
    let n = (FINE * ((height_m + R0_M) / R0_M).ln() / natural()).floor();
    (n.abs() < f64::from(1_u32 << 30) * 2.0).then_some(n as i32)
}

fn height_of(n: f64) -> f64 {
    R0_M * (n / FINE * natural()).exp_m1()
}

/// Bits of height below a level.
fn rest(level: u8) -> u32 {
    ALL_BITS - BITS.iter().take(usize::from(level)).sum::<u32>()
}

impl Volume {
    /// The part of a cell around a height, metres above the ellipsoid.
    ///
    /// # Errors
    /// [`GridError::Range`] where no layer has this height; else those of [`Cell::at`].
    pub fn at(place: Position, height_m: f64, level: u8) -> Result<Self, GridError> {
        Self::of(Cell::at(place, level)?, height_m)
    }

    /// The part of a cell around a height, metres above the ellipsoid.
    ///
    /// # Errors
    /// [`GridError::Range`] where no layer has this height.
    pub fn of(cell: Cell, height_m: f64) -> Result<Self, GridError> {
        let n = layer_of(height_m).ok_or(GridError::Range)?;
        Ok(Self { cell, is_below: n < 0, layer: n.unsigned_abs() >> rest(cell.level()) })
    }

    /// Its cell.
    #[must_use]
    pub const fn cell(self) -> Cell {
        self.cell
    }

    /// Least and greatest height above the ellipsoid, metres.
    #[must_use]
    pub fn heights(self) -> (f64, f64) {
        let size = f64::from(1_u32 << rest(self.cell.level()));
        let near = f64::from(self.layer) * size;
        if self.is_below {
            // The magnitude of a height below is that of the floor: -1 is the first layer down.
            (height_of(-(near + size - 1.0)), height_of(-near + 1.0))
        } else {
            (height_of(near), height_of(near + size))
        }
    }
}

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.cell.code();
        let (hemisphere, mut flat) = code.as_str().split_at(1);
        write!(f, "{hemisphere}{}", u8::from(self.is_below))?;
        let mut left = ALL_BITS - rest(self.cell.level());
        for (bits, digits) in BITS.iter().zip(FLAT).take(usize::from(self.cell.level())) {
            let (head, tail) = flat.split_at(digits);
            flat = tail;
            left -= bits;
            let part = self.layer >> left & ((1 << bits) - 1);
            if *bits == 6 { write!(f, "{head}{part:02}")? } else { write!(f, "{head}{part:X}")? }
        }
        Ok(())
    }
}

impl FromStr for Volume {
    type Err = GridError;

    fn from_str(text: &str) -> Result<Self, GridError> {
        read(text).ok_or(GridError::Code)
    }
}

fn read(text: &str) -> Option<Volume> {
    if !text.is_ascii() {
        return None;
    }
    let (hemisphere, rest) = text.split_at_checked(1)?;
    let (sign, mut rest) = rest.split_at_checked(1)?;
    let is_below = match sign {
        "0" => false,
        "1" => true,
        _ => return None,
    };
    let mut flat = hemisphere.to_owned();
    let mut layer = 0_u32;
    for (bits, digits) in BITS.iter().zip(FLAT) {
        if rest.is_empty() {
            break;
        }
        let (head, tail) = rest.split_at_checked(digits)?;
        let (height, tail) = tail.split_at_checked(if *bits == 6 { 2 } else { 1 })?;
        rest = tail;
        flat.push_str(head);
        let is_digits =
            height.bytes().all(|b| b.is_ascii_digit() || *bits != 6 && (b'A'..=b'F').contains(&b));
        let radix = if *bits == 6 { 10 } else { 16 };
        let part = u32::from_str_radix(height, radix).ok().filter(|part| is_digits && *part < 1 << bits)?;
        layer = layer << bits | part;
    }
    let cell = if rest.is_empty() { flat.parse().ok()? } else { return None };
    Some(Volume { cell, is_below, layer })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_standards_own_example() {
        // Table 1: the codes of one place, flat and interleaved.
        let volume: Volume = "N036J0093000780B3010010520430140".parse().unwrap();
        assert_eq!(volume.cell().to_string(), "N36J93078B3101524314");
        assert_eq!(volume.to_string(), "N036J0093000780B3010010520430140");
    }

    proptest! {
        #[test]
        fn there_and_back(lat in -87.9..87.9_f64, lon in -180.0..180.0_f64, height in -10_000.0..60_000.0_f64, level in 1_u8..=10) {
            let volume = Volume::at(Position::new(lat, lon).unwrap(), height, level).unwrap();
            prop_assert_eq!(volume.to_string().parse(), Ok(volume));
            let (low, high) = volume.heights();
            prop_assert!(low - 1e-6 <= height && height <= high + 1e-6, "{low} {height} {high}");
        }

        #[test]
        fn any_text_is_a_code_or_an_error(text in "[NS]?[01]?[0-9A-V]{0,30}") {
            if let Ok(volume) = text.parse::<Volume>() {
                prop_assert_eq!(volume.to_string(), text);
            }
        }
    }
}
