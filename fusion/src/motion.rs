//! What is thought of how each kind of vessel moves and of how well it says so.

use crate::filter::{Measured, SPEED_CEILING_MPS, Velocity, bounded_sigma};
use crate::plane::Plane;
use crate::{Report, Station};

/// Density of white noise acceleration, m²/s³: between the calm and the agile mode of the class, because one
/// filter stands for both and widens itself at a turn.
pub(crate) fn acceleration_density(station: Station, ship_type: Option<u8>, length_m: Option<u16>) -> f64 {
    if station == Station::Aircraft {
        return 20.0;
    }
    match (ship_type, length_m) {
        // Pilot, search and rescue, tugs, law enforcement and the like; towing.
        (Some(31 | 32 | 50..=59), _) => 0.2,
        // Fishing, high speed craft, passenger ships.
        (Some(30 | 40..=49 | 60..=69), _) => 0.1,
        (_, Some(150..)) => 0.01,
        // Cargo ships and tankers that do not say how long they are are taken for middling ones.
        (_, Some(50..=149)) | (Some(70..=89), None) => 0.02,
        _ if station == Station::ClassA && length_m.is_none() => 0.05,
        _ => 0.15,
    }
}

/// One standard deviation on each axis of the speed of something that did not say it, metres per second.
pub(crate) const fn unknown_speed_mps(station: Station) -> f64 {
    match station {
        Station::Terminal | Station::ClassA | Station::ClassB => 10.0,
        Station::Aircraft => 100.0,
    }
}

/// How far from its prediction a report may be and still be of the same vessel, metres.
pub(crate) fn gate_m(station: Station, speed_known: bool, dt_s: f64, sigma_m: f64) -> f64 {
    let (base_m, rate_mps) = match (station, speed_known) {
        (Station::Aircraft, true) => (500.0, 100.0),
        (Station::Aircraft, false) => (500.0, 300.0),
        (_, true) => (150.0, 6.0),
        // The prediction is then that it stands still.
        (_, false) => (150.0, 25.0),
    };
    base_m + rate_mps * dt_s.abs() + 4.0 * bounded_sigma(sigma_m)
}

/// A report in a track's plane; `here` is the plane at the reported place.
pub(crate) fn measured(report: &Report, here: &Plane, plane: &Plane) -> Measured {
    let carried = here.carry(0.0, 0.0, plane);
    let velocity = true_velocity(report).map(|(east, north, sigma)| {
        let [[ee, en], [ne, nn]] = carried.jacobian;
        Velocity { east: ee * east + en * north, north: ne * east + nn * north, sigma }
    });
    Measured { e_m: carried.e_m, n_m: carried.n_m, sigma_m: report.sigma_m, velocity }
}

/// East, north and one standard deviation, metres per second; `None` where it does not say, or says what
/// nothing at sea or above it can do.
fn true_velocity(report: &Report) -> Option<(f64, f64, f64)> {
    let speed_mps = report.sog?.mps();
    if speed_mps > SPEED_CEILING_MPS {
        return None;
    }
    let sigma_mps = match report.station {
        Station::ClassA => 0.35,
        // Terminals count in tenths of a kilometre an hour.
        Station::Terminal | Station::ClassB => 0.5,
        Station::Aircraft => 2.0,
    };
    // Below 2 knots the sensor smooths, and the course wanders.
    let sigma_mps = if speed_mps < 1.03 { sigma_mps + 0.45 } else { sigma_mps };
    match report.cog {
        Some(cog) => {
            let (sin, cos) = cog.radians().sin_cos();
            Some((speed_mps * sin, speed_mps * cos, sigma_mps))
        }
        // Almost still: the course does not matter.
        None if speed_mps < 0.3 => Some((0.0, 0.0, sigma_mps)),
        None => None,
    }
}
