//! Where the water goes: what the crab of many ships tells of it, for nothing.
//!
//! A ship makes way along her heading and is carried by the water; the part of her speed over the ground that lies
//! across her heading is the water's. Each passage of a cell by a ship is one such component there, with the error of
//! her compass; ships on other headings give the other. The tide turns the water: of each cell is believed a slow part
//! that is forgotten within hours and the principal lunar wave (M2), which is kept for days, so that what the flood
//! taught says what the ebb will do. Where nobody has told anything the water is thought to stand still, and is not sure.

use crate::track::Seen;
use crate::{Fusion, Report, Station, TrackId};
use nalgebra::{SMatrix, SVector};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;
use units::{Position, UtcTime};

/// Side of a cell, degrees: 2.2 km of latitude.
const CELL_DEG: f64 = 0.02;
/// So many cells at most; further ones are not kept.
const MOST: usize = 4096;
/// The principal lunar wave, seconds.
const M2_S: f64 = 44_714.164;
/// Standard deviations of what is believed of water of which nothing is known, metres per second on each axis: the slow
/// part, and each half of the wave.
const SLOW_MPS: f64 = 0.4;
const WAVE_MPS: f64 = 0.7;
/// How long the slow part and the wave (spring and neap) are good for, seconds.
const SLOW_S: f64 = 3.0 * 3600.0;
const WAVE_S: f64 = 4.0 * 86_400.0;
/// A ship tells from this speed on, metres per second. Slower, wind does as much.
const LEAST_MPS: f64 = 2.5;
/// No water runs faster than this; who goes athwart by more has no way of her own.
const MOST_MPS: f64 = 4.0;
/// One standard deviation of a compass and of the leeway that a ship makes, radians; of what is left, metres per second.
const COMPASS_RAD: f64 = 0.026;
const ROUGH_MPS: f64 = 0.15;
/// What neighbouring cells may differ by, metres per second.
const NEXT_MPS: f64 = 0.3;
/// One ship tells of one cell no more often than this, seconds.
const AGAIN_S: f64 = 600.0;
/// A ship that turns faster than this is left out, degrees a minute.
const STEADY_DEG_MIN: f64 = 5.0;
/// Squared error from which on it is the ship's and not the water's (one degree of freedom).
const GATE: f64 = 16.0;

type State = SVector<f64, 6>;
type Spread = SMatrix<f64, 6, 6>;

/// What is believed of the water at a place and an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Current {
    /// Towards the east, metres per second.
    pub east_mps: f64,
    /// Towards the north, metres per second.
    pub north_mps: f64,
    /// Of the two, (m/s)²: east, both, north.
    pub covariance: [f64; 3],
}

impl Current {
    /// How unsure it is along its least sure axis, metres per second (one standard deviation).
    #[must_use]
    pub fn sigma_mps(&self) -> f64 {
        let [east, both, north] = self.covariance;
        let (mean, half) = (0.5 * (east + north), 0.5 * (east - north));
        (mean + half.hypot(both)).max(0.0).sqrt()
    }
}

/// The water of one cell: the slow part (east, north), and the wave's cosine and sine (east, north of each).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Water {
    at: UtcTime,
    mean: State,
    spread: Spread,
}

/// All cells of which a ship has told, in order of their place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Currents {
    cells: Vec<(Place, Water)>,
}

type Place = [i32; 2];

/// When and where a ship last told of the water.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    cell: Place,
    at: UtcTime,
}

fn place(position: Position) -> Place {
    [position.lat(), position.lon()].map(|deg| (deg / CELL_DEG).floor() as i32)
}

/// The next column of cells, across the antimeridian too.
fn beside([row, column]: Place, [up, right]: [i32; 2]) -> Place {
    let around = (360.0 / CELL_DEG) as i32;
    [row + up, (column + right + around / 2).rem_euclid(around) - around / 2]
}

/// What of the state is the water's velocity at an instant: the factor of the slow part and of both halves of the wave.
fn mix(at: UtcTime) -> [f64; 3] {
    let turn = TAU * (at.unix_ns() as f64 / 1e9).rem_euclid(M2_S) / M2_S;
    [1.0, turn.cos(), turn.sin()]
}

/// The variances of what nobody has told of.
fn unknown() -> Spread {
    let [slow, wave] = [SLOW_MPS * SLOW_MPS, WAVE_MPS * WAVE_MPS];
    Spread::from_diagonal(&State::from([slow, slow, wave, wave, wave, wave]))
}

impl Water {
    fn unknown(at: UtcTime) -> Self {
        Self { at, mean: State::zeros(), spread: unknown() }
    }

    /// What is believed of it at another time: less is sure, and it goes back to what is believed of any water.
    fn as_of(&self, at: UtcTime) -> (State, Spread) {
        let passed_s = at.since(self.at).max(0.0);
        let [slow, wave] = [(-passed_s / SLOW_S).exp(), (-passed_s / WAVE_S).exp()];
        let kept = State::from([slow, slow, wave, wave, wave, wave]);
        let spread = self.spread.component_mul(&(kept * kept.transpose()));
        let back = unknown().component_mul(&Spread::from_diagonal(&kept.map(|kept| 1.0 - kept * kept)));
        (self.mean.component_mul(&kept), spread + back)
    }

    /// Takes one component of the velocity, along a direction (east, north), with its variance.
    fn learn(&mut self, at: UtcTime, [east, north]: [f64; 2], mps: f64, variance: f64) {
        let (mean, spread) = self.as_of(at);
        let h = State::from_iterator(mix(at).into_iter().flat_map(|factor| [factor * east, factor * north]));
        let spread_h = spread * h;
        let (surprise, expected) = (mps - h.dot(&mean), h.dot(&spread_h) + variance);
        if surprise * surprise > GATE * expected {
            return;
        }
        let gain = spread_h / expected;
        self.mean = mean + gain * surprise;
        let spread = spread - gain * spread_h.transpose();
        self.spread = (spread + spread.transpose()) * 0.5;
        self.at = self.at.max(at);
    }

    fn current(&self, at: UtcTime) -> Current {
        let (mean, spread) = self.as_of(at);
        let factors = mix(at);
        let (mut velocity, mut covariance) = ([0.0; 2], [0.0; 3]);
        for (i, one) in factors.into_iter().enumerate() {
            for (axis, part) in velocity.iter_mut().enumerate() {
                *part += one * mean.get(2 * i + axis).copied().unwrap_or_default();
            }
            for (j, other) in factors.into_iter().enumerate() {
                let of = |a: usize, b: usize| spread.get((2 * i + a, 2 * j + b)).copied().unwrap_or_default();
                for (sum, (a, b)) in covariance.iter_mut().zip([(0, 0), (0, 1), (1, 1)]) {
                    *sum += one * other * of(a, b);
                }
            }
        }
        let [east_mps, north_mps] = velocity;
        Current { east_mps, north_mps, covariance }
    }
}

impl Currents {
    fn find(&self, place: Place) -> Result<usize, usize> {
        self.cells.binary_search_by(|(other, _)| other.cmp(&place))
    }

    fn learn(&mut self, position: Position, at: UtcTime, along: [f64; 2], mps: f64, variance: f64) {
        let here = place(position);
        for up in -1..=1 {
            for right in -1..=1 {
                let place = beside(here, [up, right]);
                let index = match self.find(place) {
                    Ok(index) => index,
                    Err(_) if self.cells.len() >= MOST => continue,
                    Err(index) => {
                        self.cells.insert(index, (place, Water::unknown(at)));
                        index
                    }
                };
                let apart = f64::from(up * up + right * right);
                if let Some((_, water)) = self.cells.get_mut(index) {
                    water.learn(at, along, mps, variance + apart * NEXT_MPS * NEXT_MPS);
                }
            }
        }
    }

    fn at(&self, position: Position, when: UtcTime) -> Option<Current> {
        let (_, water) = self.cells.get(self.find(place(position)).ok()?)?;
        Some(water.current(when))
    }
}

impl Fusion {
    /// Where the water goes at a place, as far as ships have told; `None` where none has.
    #[must_use]
    pub fn current(&self, position: Position) -> Option<Current> {
        self.currents.at(position, self.now)
    }

    /// What a report that has just moved its ship's track tells of the water that she lies in.
    pub(crate) fn feel(&mut self, id: TrackId, seen: &Seen<'_>) {
        let Seen { report, valid, .. } = *seen;
        let Some((position, along, mps, variance)) = athwart(report) else { return };
        let Some(entry) = self.tracks.get_mut(id) else { return };
        let (track, cell) = (&mut entry.track, place(position));
        let again = track.told.is_some_and(|told| told.cell == cell && valid.since(told.at) < AGAIN_S);
        if again || track.doubt || track.misplaced {
            return;
        }
        track.told = Some(Told { cell, at: valid });
        self.currents.learn(position, valid, along, mps, variance);
    }
}

/// Where a ship is, the direction to starboard of where her bow points (east, north), how fast she goes that way, metres
/// per second, and the variance of that; `None` where she does not tell.
fn athwart(report: &Report) -> Option<(Position, [f64; 2], f64, f64)> {
    let (position, sog, cog, heading) = (report.position?, report.sog?, report.cog?, report.heading?);
    let speed_mps = sog.mps();
    let (bow, off) = (heading.value().to_radians(), (cog.value() - heading.value()).to_radians());
    let athwart_mps = speed_mps * off.sin();
    // A turning ship slips sideways by herself.
    let is_steady = report.rot_deg_min.is_none_or(|rot| rot.abs() < STEADY_DEG_MIN);
    let makes_way = report.station == Station::ClassA && speed_mps > LEAST_MPS && off.cos() > 0.5;
    if !is_steady || !makes_way || athwart_mps.abs() > MOST_MPS {
        return None;
    }
    let variance = (COMPASS_RAD * speed_mps).powi(2) + ROUGH_MPS * ROUGH_MPS;
    Some((position, [bow.cos(), -bow.sin()], athwart_mps, variance))
}
