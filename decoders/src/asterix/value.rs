//! What several categories share: values in SI units, and how they are told.

use super::record::Record;
use super::table::Place;
use crate::ais::Visit;

/// One nautical mile, metres.
pub(super) const NM: f64 = 1852.0;

/// Who sent a record: system area code and system identification code (I010/010 and its like).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataSource {
    /// Country or area.
    pub sac: u8,
    /// System in it.
    pub sic: u8,
}

/// Where a radar sees something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Polar {
    /// Slant range, metres.
    pub range_m: f64,
    /// Degrees clockwise from the radar's north, in `[0, 360)`.
    pub azimuth_deg: f64,
}

/// A pair of fields of one item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair(pub Place, pub Place);

impl Record<'_> {
    /// Both fields of a pair, each times `unit`.
    #[inline]
    pub(super) fn pair(&self, pair: Pair, unit: f64) -> Option<[f64; 2]> {
        Some([self.number(pair.0)? * unit, self.number(pair.1)? * unit])
    }

    /// A pair of range and angle; one count of range is `unit` metres of the standard's unit.
    pub(super) fn polar(&self, pair: Pair, unit: f64) -> Option<Polar> {
        Some(Polar { range_m: self.number(pair.0)? * unit, azimuth_deg: self.number(pair.1)? })
    }

    /// Who sent it.
    pub(super) fn source(&self, pair: Pair) -> Option<DataSource> {
        Some(DataSource { sac: self.raw(pair.0)? as u8, sic: self.raw(pair.1)? as u8 })
    }
}

/// What is told to a visitor: what is `None` is left out.
pub(super) struct Told<'v>(pub &'v mut dyn Visit);

impl Told<'_> {
    pub fn source(&mut self, source: Option<DataSource>) {
        if let Some(DataSource { sac, sic }) = source {
            self.0.object("010");
            self.0.int("SAC", sac.into());
            self.0.int("SIC", sic.into());
            self.0.close();
        }
    }

    pub fn int(&mut self, key: &'static str, value: Option<impl Into<i64>>) {
        if let Some(value) = value {
            self.0.int(key, value.into());
        }
    }

    pub fn number(&mut self, key: &'static str, value: Option<f64>) {
        if let Some(value) = value {
            self.0.exact(key, value);
        }
    }

    /// A direction in so many steps a turn: what is nearest to a whole turn is north.
    pub fn turn(&mut self, key: &'static str, degrees: Option<f64>, steps: f64) {
        self.number(
            key,
            degrees.map(|degrees| (degrees / 360.0 * steps).round().rem_euclid(steps) * 360.0 / steps),
        );
    }

    /// A time of day, in counts of 1/128 s.
    pub fn time(&mut self, key: &'static str, counts: Option<u32>) {
        self.number(key, counts.map(|counts| f64::from(counts) / 128.0));
    }

    pub fn flag(&mut self, key: &'static str, value: bool) {
        self.0.int(key, value.into());
    }

    pub fn object(&mut self, key: &'static str, tell: impl FnOnce(&mut Self)) {
        self.0.object(key);
        tell(self);
        self.0.close();
    }

    /// A code of one field inside an item.
    pub fn inside(&mut self, item: &'static str, key: &'static str, value: Option<impl Into<i64>>) {
        if let Some(value) = value {
            self.0.object(item);
            self.0.int(key, value.into());
            self.0.close();
        }
    }

    /// As [`Told::inside`], of a quantity.
    pub fn inside_number(&mut self, item: &'static str, key: &'static str, value: Option<f64>) {
        if let Some(value) = value {
            self.object(item, |told| told.0.exact(key, value));
        }
    }

    pub fn pair(&mut self, item: &'static str, keys: [&'static str; 2], values: Option<[f64; 2]>) {
        if let Some(values) = values {
            self.0.object(item);
            for (key, value) in keys.into_iter().zip(values) {
                self.0.exact(key, value);
            }
            self.0.close();
        }
    }
}

/// A velocity as speed and direction (I010/200, I048/200).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Course {
    /// Over ground, metres per second.
    pub speed_mps: f64,
    /// Degrees clockwise from north.
    pub course_deg: f64,
}

impl Course {
    /// From nautical miles per second and degrees, as the standard has it.
    pub(super) fn of([speed, course_deg]: [f64; 2]) -> Self {
        Self { speed_mps: speed * NM, course_deg }
    }

    /// The other way.
    pub(super) fn told(self) -> [f64; 2] {
        [self.speed_mps / NM, self.course_deg]
    }
}

/// Eight characters of six bits each; zeros where one is invalid.
pub(super) fn characters_of(octets: &[u8]) -> [u8; 8] {
    let mut room = [0; 16];
    let value = octets.iter().take(6).fold(0, |value, octet| value << 8 | u64::from(*octet));
    let text = super::tell::characters(value, 48, super::table::Content::Icao, &mut room);
    text.and_then(|text| text.as_bytes().try_into().ok()).unwrap_or_default()
}
