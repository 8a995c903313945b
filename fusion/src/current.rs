//! Where the water goes: what the crab of many ships tells of it, for nothing.
//!
//! A ship makes way along her heading and is carried by the water; the part of her speed over the ground that lies
//! across her heading is the water's. Each passage of a cell by a ship is one such component there, with the error of
//! her compass; ships on other headings give the other. The tide turns the water: of each cell is believed a slow part
//! that is forgotten within hours and the principal lunar wave (M2), which is kept for days, so that what the flood
//! taught says what the ebb will do. Where nobody has told anything the water is thought to stand still, and is not sure.

use crate::track::Seen;
use crate::{Fusion, Report, Station, TrackId};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;
use units::{Position, UtcTime};

/// Side of a cell, degrees: 2.2 km of latitude.
const CELL_DEG: f64 = 0.02;
/// So many cells at most. For further ones the quarter goes of which nobody has told for longest: whoever lies about
/// where he is does not fill the table for good.
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

/// The slow part (east, north), and the wave's cosine and sine (east, north of each). Plain numbers: the same in every
/// build, and quick in all.
const PARTS: usize = 6;
type State = [f64; PARTS];
type Spread = [State; PARTS];
/// Variances of what nobody has told of.
const UNKNOWN: State = {
    let [slow, wave] = [SLOW_MPS * SLOW_MPS, WAVE_MPS * WAVE_MPS];
    [slow, slow, wave, wave, wave, wave]
};

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

/// The water of one cell, as it is kept: half as exact as it is reckoned with, for many cells are remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Water {
    at: UtcTime,
    mean: [f32; PARTS],
    /// Row by row, up to the diagonal.
    spread: [f32; PARTS * (PARTS + 1) / 2],
}

/// The same, to be reckoned with.
struct Belief {
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

/// What of the state is the water's velocity in a direction (east, north) at an instant.
fn along(at: UtcTime, [east, north]: [f64; 2]) -> State {
    let turn = TAU * (at.unix_ns() as f64 / 1e9).rem_euclid(M2_S) / M2_S;
    let (sin, cos) = turn.sin_cos();
    [east, north, cos * east, cos * north, sin * east, sin * north]
}

fn dot(one: &State, other: &State) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

fn times(spread: &Spread, by: &State) -> State {
    spread.each_ref().map(|row| dot(row, by))
}

impl Water {
    fn unknown(at: UtcTime) -> Self {
        let mut spread = Spread::default();
        for ((place, row), variance) in spread.iter_mut().enumerate().zip(UNKNOWN) {
            if let Some(cell) = row.get_mut(place) {
                *cell = variance;
            }
        }
        Belief { at, mean: State::default(), spread }.kept()
    }

    fn belief(&self) -> Belief {
        let mut spread = Spread::default();
        let mut rest = self.spread.iter();
        for place in 0..PARTS {
            for other in 0..=place {
                let value = rest.next().copied().map_or(0.0, f64::from);
                for (row, column) in [(place, other), (other, place)] {
                    if let Some(cell) = spread.get_mut(row).and_then(|row| row.get_mut(column)) {
                        *cell = value;
                    }
                }
            }
        }
        Belief { at: self.at, mean: self.mean.map(f64::from), spread }
    }
}

impl Belief {
    fn kept(&self) -> Water {
        let mut spread = [0.0; PARTS * (PARTS + 1) / 2];
        let lower = self.spread.iter().enumerate().flat_map(|(place, row)| row.iter().take(place + 1));
        for (kept, value) in spread.iter_mut().zip(lower) {
            *kept = *value as f32;
        }
        Water { at: self.at, mean: self.mean.map(|value| value as f32), spread }
    }

    /// As it is believed to be at another time: less is sure, and it goes back to what is believed of any water.
    fn age(&mut self, at: UtcTime) {
        let passed_s = at.since(self.at);
        if passed_s <= 0.0 {
            return;
        }
        self.at = at;
        let [slow, wave] = [(-passed_s / SLOW_S).exp(), (-passed_s / WAVE_S).exp()];
        let kept = [slow, slow, wave, wave, wave, wave];
        for (mean, kept) in self.mean.iter_mut().zip(kept) {
            *mean *= kept;
        }
        for (place, (row, ours)) in self.spread.iter_mut().zip(kept).enumerate() {
            for (cell, theirs) in row.iter_mut().zip(kept) {
                *cell *= ours * theirs;
            }
            if let (Some(cell), Some(variance)) = (row.get_mut(place), UNKNOWN.get(place)) {
                *cell += variance * (1.0 - ours * ours);
            }
        }
    }

    /// Takes one component of the velocity, along a direction (east, north), with its variance.
    fn learn(&mut self, at: UtcTime, direction: [f64; 2], mps: f64, variance: f64) {
        self.age(at);
        let h = along(at, direction);
        let spread_h = times(&self.spread, &h);
        let (surprise, expected) = (mps - dot(&h, &self.mean), dot(&h, &spread_h) + variance);
        if surprise * surprise > GATE * expected {
            return;
        }
        for (mean, part) in self.mean.iter_mut().zip(spread_h) {
            *mean += part * surprise / expected;
        }
        for (row, ours) in self.spread.iter_mut().zip(spread_h) {
            for (cell, theirs) in row.iter_mut().zip(spread_h) {
                *cell -= ours * theirs / expected;
            }
        }
    }

    fn current(mut self, at: UtcTime) -> Current {
        let then = &mut self;
        then.age(at);
        let [east, north] = [[1.0, 0.0], [0.0, 1.0]].map(|direction| along(at, direction));
        let spread_east = times(&then.spread, &east);
        Current {
            east_mps: dot(&east, &then.mean),
            north_mps: dot(&north, &then.mean),
            covariance: [
                dot(&east, &spread_east),
                dot(&north, &spread_east),
                dot(&north, &times(&then.spread, &north)),
            ],
        }
    }
}

impl Currents {
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    fn find(&self, place: Place) -> Result<usize, usize> {
        self.cells.binary_search_by(|(other, _)| other.cmp(&place))
    }

    /// Makes room for the cells about one more place.
    fn make_room(&mut self) {
        if self.cells.len() + 9 <= MOST {
            return;
        }
        let mut times: Vec<UtcTime> = self.cells.iter().map(|(_, water)| water.at).collect();
        let (_, oldest, _) = times.select_nth_unstable(self.cells.len() / 4);
        let oldest = *oldest;
        self.cells.retain(|(_, water)| water.at > oldest);
    }

    fn learn(&mut self, position: Position, at: UtcTime, direction: [f64; 2], mps: f64, variance: f64) {
        self.make_room();
        let here = place(position);
        for up in -1..=1 {
            for right in -1..=1 {
                let place = beside(here, [up, right]);
                let index = match self.find(place) {
                    Ok(index) => index,
                    Err(index) => {
                        self.cells.insert(index, (place, Water::unknown(at)));
                        index
                    }
                };
                let apart = f64::from(up * up + right * right);
                if let Some((_, water)) = self.cells.get_mut(index) {
                    let mut belief = water.belief();
                    belief.learn(at, direction, mps, variance + apart * NEXT_MPS * NEXT_MPS);
                    *water = belief.kept();
                }
            }
        }
    }

    fn at(&self, position: Position, when: UtcTime) -> Option<Current> {
        let (_, water) = self.cells.get(self.find(place(position)).ok()?)?;
        Some(water.belief().current(when))
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
        let Seen { report, valid, here, .. } = *seen;
        if report.station != Station::ClassA || report.heading.is_none() {
            return;
        }
        // No sweep asks for what is changed here.
        let Some(entry) = self.tracks.get_mut_quietly(id) else { return };
        let (track, cell) = (&mut entry.track, place(here.origin()));
        let again = track.told.is_some_and(|told| told.cell == cell && valid.since(told.at) < AGAIN_S);
        if again || track.doubt || track.misplaced {
            return;
        }
        let Some((position, direction, mps, variance)) = athwart(report) else { return };
        track.told = Some(Told { cell, at: valid });
        self.currents.learn(position, valid, direction, mps, variance);
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
    let makes_way = speed_mps > LEAST_MPS && off.cos() > 0.5;
    if !is_steady || !makes_way || athwart_mps.abs() > MOST_MPS {
        return None;
    }
    let variance = (COMPASS_RAD * speed_mps).powi(2) + ROUGH_MPS * ROUGH_MPS;
    Some((position, [bow.cos(), -bow.sin()], athwart_mps, variance))
}
