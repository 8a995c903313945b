//! What is compared: the truth of a scene, and somebody's tracks.

use crate::fuse::scene::{SceneError, described, open};
use fusion::Plane;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;
use units::Position;

use super::pairing::Place;

/// The truth of a scene.
pub struct Truth {
    pub name: String,
    pub duration_s: f64,
    pub step_s: f64,
    /// Corners of the box that is scored.
    pub area: [Place; 2],
    /// Charted echoes: a track of one is not false.
    pub fixed: Vec<Place>,
    pub ships: BTreeMap<i64, Ship>,
    /// In order of time.
    pub instants: Vec<(f64, Vec<State>)>,
    plane: Plane,
}

/// A true vessel.
#[derive(Debug, Deserialize)]
pub struct Ship {
    #[serde(rename = "ship")]
    number: i64,
    pub mmsi: Option<u32>,
    pub fault: Option<String>,
}

/// Where a true vessel is at an instant.
pub struct State {
    pub ship: i64,
    pub place: Place,
    pub sog_kn: f64,
    pub cog_deg: f64,
}

/// A track at an instant, as its author sees it.
pub struct Answer {
    pub id: String,
    pub place: Place,
    pub sog_kn: Option<f64>,
    pub cog_deg: Option<f64>,
    pub covariance: Option<[f64; 3]>,
    pub mmsi: Option<u32>,
    pub doubt: bool,
}

#[derive(Deserialize)]
struct SceneLine {
    name: String,
    duration: f64,
    truth_step: f64,
    origin: [f64; 2],
    area_latlon: [f64; 4],
    #[serde(default)]
    fixed: Vec<[f64; 2]>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TruthLine {
    Ship(Ship),
    State { t: f64, id: i64, lat: f64, lon: f64, sog: f64, cog: f64 },
}

#[derive(Deserialize)]
struct AnswerLine {
    t: f64,
    id: serde_json::Value,
    lat: f64,
    lon: f64,
    sog: Option<f64>,
    cog: Option<f64>,
    cov: Option<[f64; 3]>,
    mmsi: Option<u32>,
    #[serde(default)]
    doubt: Option<bool>,
}

/// Instants as keys: in order, and equal only where they are the same number.
fn key(t: f64) -> i64 {
    (t * 1e6).round() as i64
}

impl Truth {
    /// Reads the answers of a scene.
    pub fn open(folder: &Path) -> Result<Self, SceneError> {
        let (scene, name) = described::<SceneLine>(folder)?;
        let nowhere = SceneError::Value { path: name, line: 1, what: "no such place" };
        let [lat, lon] = scene.origin;
        let Some(origin) = Position::new(lat, lon) else { return Err(nowhere) };
        let plane = Plane::at(origin);
        let flat =
            |lat, lon| Position::new(lat, lon).map(|place| plane.to_local(place)).map(<[f64; 2]>::from);
        let [south, west, north, east] = scene.area_latlon;
        let (Some(low), Some(high)) = (flat(south, west), flat(north, east)) else { return Err(nowhere) };
        let mut truth = Self {
            name: scene.name,
            duration_s: scene.duration,
            step_s: scene.truth_step,
            area: [low, high],
            fixed: scene.fixed.iter().filter_map(|&[lat, lon]| flat(lat, lon)).collect(),
            ships: BTreeMap::new(),
            instants: Vec::new(),
            plane,
        };
        let mut instants: BTreeMap<i64, (f64, Vec<State>)> = BTreeMap::new();
        let path = folder.join("truth.jsonl.xz");
        each(open(&path)?, &path, |line| match line {
            TruthLine::Ship(ship) => {
                truth.ships.insert(ship.number, ship);
                true
            }
            TruthLine::State { t, id, lat, lon, sog, cog } => {
                let Some(place) = flat(lat, lon) else { return false };
                let state = State { ship: id, place, sog_kn: sog, cog_deg: cog };
                instants.entry(key(t)).or_insert((t, Vec::new())).1.push(state);
                true
            }
        })?;
        truth.instants = instants.into_values().collect();
        Ok(truth)
    }

    /// Reads tracks: at each instant the newest line of each, in order of first mention. A line counts for the next
    /// instant of the truth if it is no older than `hold_s`.
    pub fn answers(
        &self,
        tracks: impl BufRead,
        name: &Path,
        hold_s: f64,
    ) -> Result<BTreeMap<i64, Vec<Answer>>, SceneError> {
        let mut answers: BTreeMap<i64, Vec<Answer>> = BTreeMap::new();
        let mut known: BTreeMap<(i64, String), usize> = BTreeMap::new();
        each(tracks, name, |line: AnswerLine| {
            let Some(place) = Position::new(line.lat, line.lon) else { return false };
            let instant_s = ((line.t - 1e-6) / self.step_s).ceil() * self.step_s;
            if instant_s - line.t > hold_s {
                return true;
            }
            let answer = Answer {
                id: line.id.to_string(),
                place: self.plane.to_local(place).into(),
                sog_kn: line.sog,
                cog_deg: line.cog,
                covariance: line.cov,
                mmsi: line.mmsi,
                doubt: line.doubt.unwrap_or(false),
            };
            let there = answers.entry(key(instant_s)).or_default();
            let place = *known.entry((key(instant_s), answer.id.clone())).or_insert(there.len());
            match there.get_mut(place) {
                Some(old) => *old = answer,
                None => there.push(answer),
            }
            true
        })?;
        Ok(answers)
    }

    /// What was answered for an instant of the truth.
    pub fn at(answers: &BTreeMap<i64, Vec<Answer>>, t: f64) -> &[Answer] {
        answers.get(&key(t)).map_or(&[], Vec::as_slice)
    }
}

/// Every line of a file; `take` says whether its places are places.
pub fn each<T: DeserializeOwned>(
    lines: impl BufRead,
    path: &Path,
    mut take: impl FnMut(T) -> bool,
) -> Result<(), SceneError> {
    let name = || path.display().to_string();
    for (n, line) in lines.lines().enumerate() {
        let line = line.map_err(|error| SceneError::Read { path: name(), error })?;
        if line.trim().is_empty() {
            continue;
        }
        let parsed = serde_json::from_str(&line).map_err(|error| SceneError::Line {
            path: name(),
            line: n + 1,
            error,
        })?;
        if !take(parsed) {
            return Err(SceneError::Value { path: name(), line: n + 1, what: "no such place" });
        }
    }
    Ok(())
}
