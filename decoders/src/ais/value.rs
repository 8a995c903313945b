//! What the standard's integers mean. Sentinels end here.

use crate::bits::{BitWriter, Bits, Field};
use units::{Degrees, Knots, Position};

/// Degrees of longitude from 1/10,000 minute; `None` for 181 degrees (not available) and beyond 180.
pub(super) fn lon28(raw: Option<i32>) -> Option<f64> {
    degrees(raw, 180, 600_000)
}

/// Degrees of latitude from 1/10,000 minute; `None` for 91 degrees (not available) and beyond 90.
pub(super) fn lat27(raw: Option<i32>) -> Option<f64> {
    degrees(raw, 90, 600_000)
}

/// Degrees of longitude from 1/10 minute.
pub(super) fn lon18(raw: Option<i32>) -> Option<f64> {
    degrees(raw, 180, 600)
}

/// Degrees of latitude from 1/10 minute.
pub(super) fn lat17(raw: Option<i32>) -> Option<f64> {
    degrees(raw, 90, 600)
}

fn degrees(raw: Option<i32>, most: i32, per_degree: i32) -> Option<f64> {
    raw.filter(|raw| raw.abs() <= most * per_degree).map(|raw| f64::from(raw) / f64::from(per_degree))
}

pub(super) fn position(lat_deg: Option<f64>, lon_deg: Option<f64>) -> Option<Position> {
    Position::new(lat_deg?, lon_deg?)
}

/// From 1/10 knot; `None` for 1023. 102.2 knots is "102.2 or more".
pub(super) fn sog10(raw: Option<u16>) -> Option<Knots> {
    raw.filter(|&raw| raw < 1023).and_then(|raw| Knots::new(f64::from(raw) / 10.0))
}

/// From 1/10 degree; `None` from 3600 (not available) on.
pub(super) fn cog12(raw: Option<u16>) -> Option<Degrees> {
    raw.filter(|&raw| raw < 3600).and_then(|raw| Degrees::new(f64::from(raw) / 10.0))
}

/// From whole degrees; `None` from 360 on (511 is not available).
pub(super) fn heading9(raw: Option<u16>) -> Option<Degrees> {
    raw.filter(|&raw| raw < 360).and_then(|raw| Degrees::new(f64::from(raw)))
}

/// The UTC second of a position, 0 to 59; `None` from 60 on (not available, manual, dead reckoning, inoperative).
pub(super) fn second(raw: Option<u8>) -> Option<u8> {
    raw.filter(|&raw| raw < 60)
}

/// A value whose "not available" is zero.
pub(super) fn nonzero<T: Copy + Default + PartialEq>(raw: Option<T>) -> Option<T> {
    raw.filter(|raw| *raw != T::default())
}

/// A value below a limit: a month below 13, an hour below 24.
pub(super) fn below<T: Copy + PartialOrd>(raw: Option<T>, limit: T) -> Option<T> {
    raw.filter(|raw| *raw < limit)
}

/// Tells of a raw value that is neither in range nor the standard's "not available".
pub(super) fn tell<T: Copy + PartialEq + Into<i64>>(
    each: &mut dyn FnMut(&'static str, i64),
    name: &'static str,
    raw: Option<T>,
    in_range: bool,
    not_available: T,
) {
    if let Some(raw) = raw
        && !in_range
        && raw != not_available
    {
        each(name, raw.into());
    }
}

/// As [`tell`], of an area's corners in 1/10 minute: north-east longitude and latitude, then south-west.
pub(super) fn tell_corners(each: &mut dyn FnMut(&'static str, i64), corners: [Option<i32>; 4]) {
    let [ne_lon, ne_lat, sw_lon, sw_lat] = corners;
    tell(each, "ne_lon", ne_lon, lon18(ne_lon).is_some(), 181 * 600);
    tell(each, "ne_lat", ne_lat, lat17(ne_lat).is_some(), 91 * 600);
    tell(each, "sw_lon", sw_lon, lon18(sw_lon).is_some(), 181 * 600);
    tell(each, "sw_lat", sw_lat, lat17(sw_lat).is_some(), 91 * 600);
}

/// Distances from the reference point of the reported position to the hull's ends, metres; 511 and 63 mean
/// "that or more".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimensions {
    /// To the bow, 0 to 511.
    pub to_bow: u16,
    /// To the stern, 0 to 511.
    pub to_stern: u16,
    /// To the port side, 0 to 63.
    pub to_port: u8,
    /// To the starboard side, 0 to 63.
    pub to_starboard: u8,
}

/// The dimensions as sent, metres; all zero is "not available".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawDimensions {
    /// To the bow.
    pub to_bow: Option<u16>,
    /// To the stern.
    pub to_stern: Option<u16>,
    /// To the port side.
    pub to_port: Option<u8>,
    /// To the starboard side.
    pub to_starboard: Option<u8>,
}

const BOW: Field = Field::first(9);
const STERN: Field = BOW.then(9);
const PORT: Field = STERN.then(6);
const STARBOARD: Field = PORT.then(6);
/// Bits the four take together.
pub(super) const DIMENSIONS_BITS: usize = STARBOARD.end();

impl RawDimensions {
    #[inline(always)]
    pub(super) fn decode(bits: Bits<'_>, field: Field) -> Self {
        Self {
            to_bow: bits.u16(BOW.within(field)),
            to_stern: bits.u16(STERN.within(field)),
            to_port: bits.u8(PORT.within(field)),
            to_starboard: bits.u8(STARBOARD.within(field)),
        }
    }

    pub(super) fn encode(self, field: Field, out: &mut BitWriter) {
        out.put(BOW.within(field), self.to_bow);
        out.put(STERN.within(field), self.to_stern);
        out.put(PORT.within(field), self.to_port);
        out.put(STARBOARD.within(field), self.to_starboard);
    }

    /// The dimensions; `None` where they are not all there or all zero.
    #[must_use]
    pub fn dimensions(self) -> Option<Dimensions> {
        let (to_bow, to_stern) = (self.to_bow?, self.to_stern?);
        let (to_port, to_starboard) = (self.to_port?, self.to_starboard?);
        let known = to_bow != 0 || to_stern != 0 || to_port != 0 || to_starboard != 0;
        known.then_some(Dimensions { to_bow, to_stern, to_port, to_starboard })
    }
}
