//! What is thought of how each kind of vessel moves and of how well it says so.

use crate::filter::{SPEED_CEILING_MPS, bounded_sigma};
use crate::imm::{Lever, Pair, SATELLITE_SIGMA_M};
use crate::plane::Plane;
use crate::{Hull, Report, Station};
use std::f64::consts::FRAC_1_SQRT_2;

/// How a kind of vessel moves: density of white noise acceleration of each mode, m²/s³.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Agility {
    pub q: [f64; 3],
    /// Of the rate of turn, rad²/s³.
    pub q_turn: f64,
    pub most_mps: f64,
    /// How long it keeps its course and speed, seconds.
    pub calm_s: f64,
}

const fn agility(calm: f64, agile: f64, q_turn: f64, most_mps: f64) -> Agility {
    Agility { q: [calm, agile, calm], q_turn, most_mps, calm_s: CALM_S }
}

/// For how long a ship keeps her course, and small craft and who has business with others, seconds.
const CALM_S: f64 = 3600.0;
const BUSY_S: f64 = 1200.0;

const AIRCRAFT: Agility = agility(5.0, 50.0, 1e-4, SPEED_CEILING_MPS);
const SERVICE: Agility = Agility { calm_s: BUSY_S, ..agility(0.003, 2.0, 2e-5, 40.0) };
const PASSENGER: Agility = Agility { calm_s: BUSY_S, ..agility(0.004, 1.0, 4e-6, 45.0) };
const FISHING: Agility = agility(0.02, 0.6, 1e-5, 20.0);
const LARGE: Agility = agility(2e-4, 0.05, 2e-8, 25.0);
const MIDDLING: Agility = agility(4e-4, 0.15, 2e-7, 30.0);
/// What lies in the water and drifts, or hardly moves under its own power.
const DRIFTING: Agility = agility(1e-5, 3e-4, 1e-7, 60.0);
/// A ship at anchor or alongside.
const STILL: Agility = agility(2e-4, 0.01, 1e-6, 60.0);
/// A ship alongside.
const MOORED: Agility = agility(2e-5, 0.002, 1e-7, 60.0);
const SMALL: Agility = Agility { calm_s: BUSY_S, ..agility(0.01, 1.5, 1e-5, 60.0) };
/// Planing craft turn hard.
const FAST: Agility = Agility { calm_s: BUSY_S, ..agility(0.3, 12.0, 1e-3, 60.0) };
/// From here on a small craft is fast, metres per second.
const FAST_MPS: f64 = 8.0;

/// How something lies that hardly moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    Adrift,
    Anchored,
    Alongside,
}

/// By who speaks, what ship it says it is, and how long it is.
pub(crate) fn agility_of(
    station: Option<Station>,
    ship_type: Option<u8>,
    length_m: Option<f64>,
    rest: Option<Rest>,
    speed_mps: f64,
) -> Agility {
    match rest {
        Some(Rest::Adrift) => return DRIFTING,
        Some(Rest::Anchored) => return STILL,
        Some(Rest::Alongside) => return MOORED,
        None => {}
    }
    if station == Some(Station::Aircraft) {
        return AIRCRAFT;
    }
    let long = |from_m: f64| length_m.is_some_and(|length_m| length_m >= from_m);
    match ship_type {
        // Pilot, search and rescue, tugs, law enforcement and the like; towing.
        Some(31 | 32 | 50..=59) => SERVICE,
        Some(30) => FISHING,
        // High speed craft, passenger ships.
        Some(40..=49 | 60..=69) => PASSENGER,
        _ if long(150.0) => LARGE,
        _ if long(50.0) => MIDDLING,
        // Cargo ships and tankers that do not say how long they are are taken for middling ones.
        Some(70..=89) if length_m.is_none() => MIDDLING,
        _ if station == Some(Station::ClassA) && length_m.is_none() => MIDDLING,
        _ if speed_mps > FAST_MPS => FAST,
        _ => SMALL,
    }
}

/// What a message can say (ITU-R M.1371-5, figure 41).
const LEVER_MOST_M: u16 = 511;

/// Where an antenna is thought to be about the hull's centre. Of one whose bow may point anywhere it lies anywhere at
/// that distance, north and east.
pub(crate) fn lever(
    station: Option<Station>,
    hull: Option<Hull>,
    seen_m: Option<f64>,
    bow_known: bool,
) -> Lever {
    let lever = lever_from_bow(station, hull, seen_m);
    if bow_known {
        return lever;
    }
    let [ahead, aside] = lever.mean;
    let far_m = ahead.hypot(aside) * FRAC_1_SQRT_2;
    let sigma_m = far_m.hypot(lever.sigma[0]);
    if lever.known && far_m < SATELLITE_SIGMA_M {
        return Lever { mean: [0.0; 2], sigma: [sigma_m; 2], known: true };
    }
    Lever { mean: [0.0; 2], sigma: [sigma_m; 2], known: false }
}

fn lever_from_bow(station: Option<Station>, hull: Option<Hull>, seen_m: Option<f64>) -> Lever {
    let known = hull.filter(|hull| hull.length_m() > 0);
    if let Some(hull) = known {
        // A nought to one side means that the place of the antenna was not given.
        let axis = |one: u16, other: u16| {
            let (one, other) = (one.min(LEVER_MOST_M), other.min(LEVER_MOST_M));
            if one > 0 && other > 0 {
                ((f64::from(one) - f64::from(other)) * 0.5, SATELLITE_SIGMA_M)
            } else {
                (0.0, SATELLITE_SIGMA_M.hypot(f64::from(one.max(other)) * 0.25))
            }
        };
        let (ahead, ahead_sigma) = axis(hull.to_stern_m, hull.to_bow_m);
        let (aside, aside_sigma) = axis(hull.to_port_m, hull.to_starboard_m);
        return Lever { mean: [ahead, aside], sigma: [ahead_sigma, aside_sigma], known: true };
    }
    let (ahead, sigma) = match (station, seen_m) {
        // Bridge and antenna of most ships are aft.
        (Some(Station::ClassA), Some(length_m)) => (-0.3 * length_m, [0.15 * length_m + 5.0, 6.0]),
        (Some(Station::ClassA), None) => (0.0, [45.0, 6.0]),
        _ => (0.0, [SATELLITE_SIGMA_M + 2.0; 2]),
    };
    Lever { mean: [ahead, 0.0], sigma, known: false }
}

/// One standard deviation on each axis of the speed of something that did not say it, metres per second.
pub(crate) const fn unknown_speed_mps(station: Option<Station>) -> f64 {
    match station {
        Some(Station::Aircraft) => 100.0,
        _ => 8.0,
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

/// What a report measures, in a track's plane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub place: Pair,
    pub velocity: Option<Pair>,
    /// Which way the bow points, as far as the report says it.
    pub heading_rad: Option<f64>,
}

/// A report in a track's plane; `here` is the plane at the reported place.
pub(crate) fn measured(report: &Report, here: &Plane, plane: &Plane) -> Measured {
    let carried = here.carry(0.0, 0.0, plane);
    let [[ee, en], [ne, nn]] = carried.jacobian;
    let velocity = true_velocity(report).map(|(east, north, sigma)| Pair {
        z: [ee * east + en * north, ne * east + nn * north],
        r: [sigma * sigma, 0.0, sigma * sigma],
    });
    let course = report.cog.filter(|_| report.sog.is_some_and(|sog| sog.mps() > 1.0));
    let heading_rad = report.heading.or(course).map(|heading| {
        let (sin, cos) = heading.radians().sin_cos();
        (ee * sin + en * cos).atan2(ne * sin + nn * cos)
    });
    // The slow part of the satellite's error is a state of its own; this is the part that changes each time.
    let r = (bounded_sigma(report.sigma_m).powi(2) - 30.0).max(4.0);
    Measured { place: Pair { z: [carried.e_m, carried.n_m], r: [r, 0.0, r] }, velocity, heading_rad }
}

/// East, north and one standard deviation, metres per second; `None` where it does not say, or says what
/// nothing at sea or above it can do.
fn true_velocity(report: &Report) -> Option<(f64, f64, f64)> {
    let speed_mps = report.sog?.mps();
    if speed_mps > SPEED_CEILING_MPS {
        return None;
    }
    let sigma_mps = match report.station {
        Station::ClassA => 0.12,
        Station::ClassB => 0.15,
        // Terminals count in tenths of a kilometre an hour, and do not say over how long they smooth.
        Station::Terminal => 0.5,
        Station::Aircraft => 2.0,
    };
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
