//! A radar's own tracker, as they are built in: an alpha-beta filter, a number from a small stock, late to begin and
//! slow to give up. Which echo belongs to whom it is told; what it makes of them is its own.

use super::Site;
use super::antenna::{Echo, Look, ground_m};
use crate::plane::place;
use std::collections::{BTreeMap, BTreeSet};
use units::{Mmsi, Position, UtcTime};

/// Weights of what is measured, for place and speed.
const ALPHA: f64 = 0.4;
const BETA: f64 = 0.08;
/// So many hits confirm a track, so many misses in a row end it.
const CONFIRMED_BY: u32 = 3;
const GIVEN_UP_AFTER: u32 = 6;

#[derive(Debug)]
pub(super) struct Tracker {
    tracks: BTreeMap<Mmsi, Track>,
    taken: BTreeSet<u16>,
    last: u16,
    most: u16,
    updates: Vec<Update>,
}

#[derive(Clone, Copy, Debug)]
struct Track {
    number: u16,
    at: UtcTime,
    /// East and north of the radar, on the ground, m.
    place_m: [f64; 2],
    velocity_mps: [f64; 2],
    hits: u32,
    misses: u32,
}

/// What is told of a track.
#[derive(Clone, Copy, Debug)]
pub struct Update {
    /// Its number, which may have been another's.
    pub number: u16,
    /// When it was true.
    pub at: UtcTime,
    /// How it fares.
    pub stage: Stage,
    /// So often it was seen.
    pub hits: u32,
    /// East and north of the radar, on the ground, m.
    pub place_m: [f64; 2],
    /// East and north, m/s.
    pub velocity_mps: [f64; 2],
    /// What it was updated with; `None` where it was predicted.
    pub echo: Option<Echo>,
    pub(super) heading_deg: f64,
    pub(super) width_m: f64,
}

/// How a track fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Seen too seldom to be told as one.
    Acquiring,
    /// Seen.
    Tracking,
    /// Foreseen.
    Coasting,
    /// Given up.
    Lost,
}

impl Update {
    /// Whether it is one, and since this very sight.
    #[must_use]
    pub fn is_confirmed(&self) -> (bool, bool) {
        (self.hits >= CONFIRMED_BY, self.hits == CONFIRMED_BY && self.echo.is_some())
    }

    /// Where it is, of a radar there.
    #[must_use]
    pub fn position(&self, radar: Position) -> Position {
        let [east_m, north_m] = self.place_m;
        place(radar, east_m.atan2(north_m).to_degrees(), east_m.hypot(north_m))
    }
}

impl Tracker {
    pub fn new(most: u16) -> Self {
        Self { tracks: BTreeMap::new(), taken: BTreeSet::new(), last: 0, most, updates: Vec::new() }
    }

    pub fn number(&self, mmsi: Mmsi) -> Option<u16> {
        let track = self.tracks.get(&mmsi)?;
        (track.hits >= CONFIRMED_BY).then_some(track.number)
    }

    /// What the last sector changed.
    pub fn updates(&self) -> &[Update] {
        &self.updates
    }

    /// One sector: who was looked at, and what was seen.
    pub fn scan(&mut self, site: &Site, looks: &[Look], echoes: &[Echo]) {
        self.updates.clear();
        for look in looks {
            match echoes.iter().find(|echo| echo.of == Some(look.mmsi)) {
                Some(echo) => self.hit(site, look, echo),
                None => self.miss(site, look),
            }
        }
    }

    fn hit(&mut self, site: &Site, look: &Look, echo: &Echo) {
        let (sin, cos) = echo.azimuth_deg.to_radians().sin_cos();
        let range_m = ground_m(site, echo.slant_m);
        let seen_m = [range_m * sin, range_m * cos];
        if !self.tracks.contains_key(&look.mmsi) {
            // All numbers given away: it is not tracked.
            let Some(number) = self.free() else { return };
            let track =
                Track { number, at: echo.at, place_m: seen_m, velocity_mps: [0.0; 2], hits: 0, misses: 0 };
            self.tracks.insert(look.mmsi, track);
        }
        let Some(track) = self.tracks.get_mut(&look.mmsi) else { return };
        let dt_s = echo.at.since(track.at);
        track.hits += 1;
        track.misses = 0;
        let axes = track.place_m.iter_mut().zip(&mut track.velocity_mps).zip(seen_m);
        for ((place_m, velocity_mps), seen_m) in axes {
            let predicted_m = *place_m + *velocity_mps * dt_s;
            let off_m = seen_m - predicted_m;
            // The second hit gives the speed, and each later one a little less of it.
            let (alpha, beta) = match track.hits {
                1 | 2 => (1.0, 1.0),
                3 | 4 => (0.8, 0.5),
                5..=8 => (0.6, 0.2),
                _ => (ALPHA, BETA),
            };
            *place_m = predicted_m + alpha * off_m;
            if dt_s > 0.0 {
                *velocity_mps += beta * off_m / dt_s;
            }
        }
        track.at = echo.at;
        let stage = if track.hits < CONFIRMED_BY { Stage::Acquiring } else { Stage::Tracking };
        let update = track.update(stage, Some(*echo), look);
        self.updates.push(update);
    }

    fn miss(&mut self, site: &Site, look: &Look) {
        let Some(track) = self.tracks.get_mut(&look.mmsi) else { return };
        track.misses += 1;
        let dt_s = site.turn_s;
        track.at = track.at.plus_s(dt_s);
        for (place_m, velocity_mps) in track.place_m.iter_mut().zip(track.velocity_mps) {
            *place_m += velocity_mps * dt_s;
        }
        let over = track.misses >= GIVEN_UP_AFTER || track.hits < CONFIRMED_BY;
        let update = track.update(if over { Stage::Lost } else { Stage::Coasting }, None, look);
        if over {
            self.taken.remove(&update.number);
            self.tracks.remove(&look.mmsi);
        }
        self.updates.push(update);
    }

    /// The next number that nobody has: a number rests as long as there are others.
    fn free(&mut self) -> Option<u16> {
        let mut numbers = (self.last.saturating_add(1)..=self.most).chain(1..=self.last);
        let number = numbers.find(|number| !self.taken.contains(number))?;
        self.taken.insert(number);
        self.last = number;
        Some(number)
    }
}

impl Track {
    fn update(&self, stage: Stage, echo: Option<Echo>, look: &Look) -> Update {
        Update {
            number: self.number,
            at: self.at,
            stage,
            hits: self.hits,
            place_m: self.place_m,
            velocity_mps: self.velocity_mps,
            echo,
            heading_deg: look.heading_deg,
            width_m: look.width_m,
        }
    }
}
