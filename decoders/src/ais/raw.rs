//! Typed values to the standard's integers, rounded to the nearest; `None` becomes "not available".

use super::value::{Dimensions, RawDimensions};
use units::{Degrees, Knots, Position};

/// Longitude and latitude in 1/10,000 minute (messages 1 to 4, 9, 11, 18, 19, 21).
#[must_use]
pub fn position(at: Option<Position>) -> (Option<i32>, Option<i32>) {
    minutes(at, 600_000.0)
}

/// Longitude and latitude in 1/10 minute (message 27).
#[must_use]
pub fn coarse_position(at: Option<Position>) -> (Option<i32>, Option<i32>) {
    minutes(at, 600.0)
}

fn minutes(at: Option<Position>, per_degree: f64) -> (Option<i32>, Option<i32>) {
    let (lon, lat) = at.map_or((181.0, 91.0), |at| (at.lon(), at.lat()));
    (Some((lon * per_degree).round() as i32), Some((lat * per_degree).round() as i32))
}

/// Speed in 1/10 knot, at most 102.2.
#[must_use]
pub fn sog(speed: Option<Knots>) -> Option<u16> {
    Some(speed.map_or(1023, |speed| (speed.value() * 10.0).round().min(1022.0) as u16))
}

/// Speed of an aircraft in whole knots, at most 1022 (message 9).
#[must_use]
pub fn aircraft_sog(speed: Option<Knots>) -> Option<u16> {
    Some(speed.map_or(1023, |speed| speed.value().round().min(1022.0) as u16))
}

/// Speed in whole knots, at most 62 (message 27).
#[must_use]
pub fn coarse_sog(speed: Option<Knots>) -> Option<u8> {
    Some(speed.map_or(63, |speed| speed.value().round().min(62.0) as u8))
}

/// Course in 1/10 degree.
#[must_use]
pub fn cog(course: Option<Degrees>) -> Option<u16> {
    Some(course.map_or(3600, |course| (course.value() * 10.0).round() as u16 % 3600))
}

/// Course in whole degrees (message 27).
#[must_use]
pub fn coarse_cog(course: Option<Degrees>) -> Option<u16> {
    heading(course)
}

/// Heading in whole degrees.
#[must_use]
pub fn heading(heading: Option<Degrees>) -> Option<u16> {
    Some(heading.map_or(511, |heading| heading.value().round() as u16 % 360))
}

/// Rate of turn from degrees per minute, starboard positive, at most 708 either way.
#[must_use]
pub fn rot(deg_min: Option<f64>) -> Option<i8> {
    let sent = |deg_min: f64| (4.733 * deg_min.abs().sqrt()).round().min(126.0).copysign(deg_min) as i8;
    Some(deg_min.filter(|rate| rate.is_finite()).map_or(-128, sent))
}

/// The UTC second of a position; 60 where there is none.
#[must_use]
pub fn second(second: Option<u8>) -> Option<u8> {
    Some(second.filter(|&second| second < 60).unwrap_or(60))
}

/// Draught in 1/10 metre, at most 25.5.
#[must_use]
pub fn draught(draught_m: Option<f64>) -> Option<u8> {
    Some(draught_m.map_or(0, |draught_m| (draught_m * 10.0).round() as u8))
}

/// Dimensions, cut at what the fields hold (511 and 63 metres).
#[must_use]
pub fn dimensions(of: Option<Dimensions>) -> RawDimensions {
    RawDimensions {
        to_bow: Some(of.map_or(0, |of| of.to_bow.min(511))),
        to_stern: Some(of.map_or(0, |of| of.to_stern.min(511))),
        to_port: Some(of.map_or(0, |of| of.to_port.min(63))),
        to_starboard: Some(of.map_or(0, |of| of.to_starboard.min(63))),
    }
}
