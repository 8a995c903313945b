//! Weather limit (506): vessels within the wind circles of a typhoon, now.
//!
//! A circle is four quarters. Between two points of a track its centre and radii go straight.

use crate::alert::{About, Evidence, Judgement, Key, Kind, Signal, Unit};
use crate::{Judge, Scene, is_live};
use fusion::{Fusion, Plane, Track, TrackId};
use serde::{Deserialize, Serialize};
use units::{Position, UtcTime};

/// Beaufort forces of the circles.
pub const FORCES: [u8; 3] = [7, 10, 12];

/// A typhoon as it was and as it is forecast.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Storm {
    /// Its number and name.
    pub name: String,
    /// In order of time.
    pub points: Vec<StormPoint>,
}

/// A typhoon at one time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StormPoint {
    /// When.
    pub at: UtcTime,
    /// Where its centre is.
    pub place: Position,
    /// Of the circles of force 7, 10 and 12: to the north-east, south-east, south-west and north-west, metres.
    pub radii_m: [Option<[f64; 4]>; 3],
    /// It is a forecast.
    pub is_forecast: bool,
    /// The radii are not its own but scaled from the last that was observed.
    pub is_assumed: bool,
}

const EVERY_S: i64 = 60;
const MAX_STORMS: usize = 16;
/// A storm is over when its last point is this old, seconds.
const OVER_S: f64 = 12.0 * 3600.0;

impl Storm {
    /// Its centre and circles at an instant; `None` before the first and long after the last point.
    #[must_use]
    pub fn at(&self, now: UtcTime) -> Option<StormPoint> {
        let after = self.points.iter().position(|point| point.at > now).unwrap_or(self.points.len());
        let before = self.points.get(after.checked_sub(1)?)?;
        let Some(next) = self.points.get(after) else {
            return (now.since(before.at) < OVER_S).then_some(*before);
        };
        let part = now.since(before.at) / next.at.since(before.at).max(1.0);
        let between = |a: f64, b: f64| a + part * (b - a);
        let plane = Plane::at(before.place);
        let (e, n) = plane.to_local(next.place);
        let mut radii_m = before.radii_m;
        for (own, next) in radii_m.iter_mut().zip(next.radii_m) {
            *own = match (*own, next) {
                (Some(a), Some(b)) => {
                    let mut mixed = a;
                    mixed.iter_mut().zip(b).for_each(|(a, b)| *a = between(*a, b));
                    Some(mixed)
                }
                // A circle that begins or ends in between is there until it is surely not.
                (a, b) => a.or(b),
            };
        }
        Some(StormPoint {
            at: now,
            place: plane.to_position(part * e, part * n),
            radii_m,
            is_forecast: next.is_forecast,
            is_assumed: before.is_assumed || next.is_assumed,
        })
    }
}

impl StormPoint {
    /// Whether a place is within a circle; `circle` counts [`FORCES`].
    #[must_use]
    pub fn holds(&self, circle: usize, place: Position) -> bool {
        let Some(Some([ne, se, sw, nw])) = self.radii_m.get(circle) else { return false };
        // Beyond fifteen degrees nothing is within a circle, and a plane is no longer one.
        if (place.lat() - self.place.lat()).abs() > 15.0 {
            return false;
        }
        let (e, n) = Plane::at(self.place).to_local(place);
        let radius_m = match (e >= 0.0, n >= 0.0) {
            (true, true) => ne,
            (true, false) => se,
            (false, false) => sw,
            (false, true) => nw,
        };
        fusion::chord_m(self.place, place) <= *radius_m
    }
}

/// The judge of weather.
#[derive(Debug)]
pub(crate) struct Weather {
    state: State,
}

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    storms: Vec<Storm>,
}

impl Weather {
    pub const fn new(state: State) -> Self {
        Self { state }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }

    /// What is known of each, as it was last told.
    pub fn storms(&self) -> &[Storm] {
        &self.state.storms
    }

    /// What is known of a storm now: it replaces what was.
    pub fn learn(&mut self, storm: &Storm) {
        let storms = &mut self.state.storms;
        if let Some(known) = storms.iter_mut().find(|known| known.name == storm.name) {
            known.clone_from(storm);
        } else if storms.len() < MAX_STORMS {
            storms.push(storm.clone());
        }
    }
}

fn within(storm: &StormPoint, circle: usize, picture: &Fusion) -> usize {
    picture.tracks().filter(|track| is_live(track) && storm.holds(circle, track.position())).count()
}

impl Judge for Weather {
    fn update(&mut self, _track: &Track, _scene: &mut Scene<'_>) {}

    fn gone(&mut self, _id: TrackId, _scene: &mut Scene<'_>) {}

    fn sweep(&mut self, scene: &mut Scene<'_>) {
        let now = scene.moment.now;
        if self.state.storms.is_empty() || now.unix_s().rem_euclid(EVERY_S) != 0 {
            return;
        }
        for (number, storm) in self.state.storms.iter().enumerate() {
            let there = storm.at(now);
            for (circle, force) in FORCES.iter().enumerate() {
                let vessels = there.as_ref().map_or(0, |point| within(point, circle, scene.moment.picture));
                let is_assumed = there.as_ref().is_some_and(|point| point.is_assumed);
                let mark = if is_assumed { " (assumed)" } else { "" };
                let name = format!("{} force {force}{mark}", storm.name);
                let about = About::Zone((number * FORCES.len() + circle) as u16);
                let judgement = Judgement {
                    name: Some(&name),
                    place: there.as_ref().map(|point| point.place),
                    ..Judgement::of(
                        Key::place(Kind::Weather, about),
                        Evidence::of(vessels as f64, Unit::Vessels),
                    )
                };
                scene.signal(Signal::of(vessels > 0, vessels == 0), &judgement);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_four_quarters_and_moves_straight() {
        let point = |hour: i64, lon: f64, radius: f64| StormPoint {
            at: UtcTime::from_unix_s(hour * 3600),
            place: Position::new(28.0, lon).unwrap(),
            radii_m: [Some([radius, radius, 100_000.0, 100_000.0]), None, None],
            is_forecast: hour > 0,
            is_assumed: hour > 0,
        };
        let storm = Storm {
            name: "T".to_owned(),
            points: vec![point(0, 124.0, 300_000.0), point(12, 122.0, 200_000.0)],
        };
        let half = storm.at(UtcTime::from_unix_s(6 * 3600)).unwrap();
        assert!((half.place.lon() - 123.0).abs() < 0.01 && half.is_assumed);
        assert!((half.radii_m[0].unwrap()[0] - 250_000.0).abs() < 1.0);
        // To the north-east it reaches 250 km, to the south-west 100 km.
        assert!(half.holds(0, Position::new(29.0, 124.5).unwrap()));
        assert!(!half.holds(0, Position::new(27.0, 121.5).unwrap()));
        assert!(!half.holds(1, half.place));
        assert_eq!(storm.at(UtcTime::from_unix_s(-1)), None);
        assert!(storm.at(UtcTime::from_unix_s(20 * 3600)).is_some());
        assert_eq!(storm.at(UtcTime::from_unix_s(40 * 3600)), None);
    }
}
