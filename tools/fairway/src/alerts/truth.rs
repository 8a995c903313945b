//! What was really there: vessels with their hulls, at every step of a scene.

use crate::evaluate::answer::each;
use crate::evaluate::pairing::Place;
use crate::fuse::scene::{SceneError, described, open};
use fusion::Plane;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use units::{KNOT_MPS, Position};

/// All of it.
pub struct Truth {
    pub duration_s: f64,
    pub step_s: f64,
    pub plane: Plane,
    pub ships: BTreeMap<i64, Ship>,
    /// In order of time; states in order of their ships.
    pub instants: Vec<Instant>,
}

pub struct Instant {
    pub t: f64,
    pub states: Vec<State>,
}

/// A true vessel.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Ship {
    #[serde(rename = "ship")]
    pub number: i64,
    /// What it sends.
    pub tx_mmsi: Option<u32>,
    #[serde(rename = "L")]
    pub length_m: f64,
    #[serde(rename = "B")]
    pub beam_m: f64,
    pub fault: Option<String>,
    pub anchor: Option<[f64; 2]>,
    pub drag_t: Option<f64>,
    pub drag_kn: Option<f64>,
}

/// Where a true vessel is: the middle of its hull.
#[derive(Clone, Copy, Debug)]
pub struct State {
    pub ship: i64,
    pub place: Place,
    pub velocity_mps: [f64; 2],
    pub heading_rad: f64,
}

impl State {
    pub fn new(ship: i64, place: Place, sog_kn: f64, cog_deg: f64, heading_deg: f64) -> Self {
        let (sin, cos) = cog_deg.to_radians().sin_cos();
        let speed_mps = sog_kn * KNOT_MPS;
        Self {
            ship,
            place,
            velocity_mps: [speed_mps * sin, speed_mps * cos],
            heading_rad: heading_deg.to_radians(),
        }
    }
}

#[derive(Deserialize)]
struct SceneLine {
    duration: f64,
    truth_step: f64,
    origin: [f64; 2],
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Ship(Ship),
    State { t: f64, id: i64, lat: f64, lon: f64, sog: f64, cog: f64, hdg: f64 },
}

impl Truth {
    pub fn of_scene(folder: &Path) -> Result<Self, SceneError> {
        let (scene, name) = described::<SceneLine>(folder)?;
        let [lat, lon] = scene.origin;
        let origin = Position::new(lat, lon).ok_or(SceneError::Value {
            path: name,
            line: 1,
            what: "no such place",
        })?;
        let mut truth = Self {
            duration_s: scene.duration,
            step_s: scene.truth_step,
            plane: Plane::at(origin),
            ships: BTreeMap::new(),
            instants: Vec::new(),
        };
        let path = folder.join("truth.jsonl.xz");
        let mut instants: BTreeMap<i64, Instant> = BTreeMap::new();
        each(open(&path)?, &path, |line| match line {
            Line::Ship(ship) => {
                truth.ships.insert(ship.number, ship);
                true
            }
            Line::State { t, id, lat, lon, sog, cog, hdg } => {
                let Some(place) = Position::new(lat, lon) else { return false };
                let state = State::new(id, truth.plane.to_local(place).into(), sog, cog, hdg);
                let at = instants.entry((t * 1e3).round() as i64);
                at.or_insert(Instant { t, states: Vec::new() }).states.push(state);
                true
            }
        })?;
        truth.instants = instants.into_values().collect();
        Ok(truth)
    }

    /// The last instant that is not later.
    pub fn at(&self, t: f64) -> Option<usize> {
        self.instants.partition_point(|instant| instant.t <= t).checked_sub(1)
    }

    /// Hours that all vessels together were there.
    pub fn ship_hours(&self) -> f64 {
        self.instants.iter().map(|instant| instant.states.len() as f64).sum::<f64>() * self.step_s / 3600.0
    }
}
