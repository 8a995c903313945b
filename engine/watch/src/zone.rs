//! Zone entry (301): a vessel has gone into a guard zone.
//!
//! The way between two updates is tested, not only its ends: nothing jumps through. An entry counts once the
//! vessel has been inside for the dwell time, or once it has come out on another side, clear of the zone. A
//! buffer outside the border belongs to neither side, so that noise along the border says nothing.

mod shape;

use crate::alert::{Delays, Evidence, Judgement, Key, Kind, Signal, Subjects};
use crate::{Judge, Scene, is_live};
use fusion::{Station, Track, TrackId};
use serde::{Deserialize, Serialize};
pub(crate) use shape::ShapeError;
use shape::{Index, Shape};
use std::collections::BTreeMap;
use units::{Position, UtcTime};

/// A guard zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// What operators call it: 1 to 64 characters.
    pub name: String,
    /// Its corners in order, each `[latitude, longitude]` in degrees. Edges are straight in both.
    #[serde(with = "corners")]
    pub polygon: Vec<Position>,
    /// For whom it is guarded.
    #[serde(default = "vessels")]
    pub classes: Vec<Class>,
    /// How far out a vessel must be to be out again, metres; or one standard deviation of its position.
    #[serde(default = "buffer_m")]
    pub buffer_m: f64,
    /// How long a vessel must be inside to be in, seconds.
    #[serde(default = "dwell_s")]
    pub dwell_s: f64,
}

/// Who may be meant by a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Class A ship stations.
    ClassA,
    /// Class B ship stations.
    ClassB,
    /// Search and rescue aircraft.
    Aircraft,
}

fn vessels() -> Vec<Class> {
    vec![Class::ClassA, Class::ClassB]
}

const fn buffer_m() -> f64 {
    25.0
}

const fn dwell_s() -> f64 {
    10.0
}

/// More zones than this nobody watches; a zone is known by a 16-bit number.
pub(crate) const MAX_ZONES: usize = 10_000;

/// A buffer never grows beyond this, however poor a position is, metres.
pub(crate) const MAX_BUFFER_M: f64 = 500.0;

impl Zone {
    /// What is wrong with the polygon, if anything.
    pub(crate) fn check_shape(&self) -> Result<(), ShapeError> {
        Shape::new(&self.polygon).map(|_| ())
    }
}

/// The judge of zones.
#[derive(Debug)]
pub(crate) struct Zones {
    /// In the order of the configuration; `None` where a polygon is none.
    guarded: Vec<(Zone, Option<Shape>)>,
    index: Index,
    state: State,
    candidates: Vec<u16>,
}

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    tracks: BTreeMap<TrackId, Seen>,
}

/// Where a track was last, and which zones it was not clear of.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seen {
    at: Position,
    visits: Vec<Visit>,
}

/// A track in a zone or in its buffer.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Visit {
    zone: u16,
    /// Where the track was last clear of the zone; `None` where it was first seen here.
    from: Option<Position>,
    since: UtcTime,
}

impl Zones {
    pub fn new(zones: &[Zone], state: State) -> Self {
        let guarded: Vec<_> =
            zones.iter().take(MAX_ZONES).map(|zone| (zone.clone(), Shape::new(&zone.polygon).ok())).collect();
        let index = Index::new(guarded.iter().map(|(_, shape)| shape.as_ref()));
        Self { guarded, index, state, candidates: Vec::new() }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }
}

impl Judge for Zones {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        if self.guarded.is_empty() || !is_live(track) {
            return;
        }
        let at = track.position();
        let Self { guarded, index, state, candidates } = self;
        let mut last = None;
        let seen = state
            .tracks
            .entry(track.id)
            .and_modify(|seen| last = Some(seen.at))
            .or_insert_with(|| Seen { at, visits: Vec::new() });
        candidates.clear();
        index.along(last.unwrap_or(at), at, candidates);
        candidates.extend(seen.visits.iter().map(|visit| visit.zone));
        candidates.sort_unstable();
        candidates.dedup();
        for &number in candidates.iter() {
            let Some((zone, Some(shape))) = guarded.get(usize::from(number)) else { continue };
            if !zone.classes.contains(&class(track.station)) {
                continue;
            }
            let place = seen.visits.iter().position(|visit| visit.zone == number);
            let visit = match place {
                Some(place) => seen.visits.swap_remove(place),
                None => Visit { zone: number, from: last, since: scene.moment.now },
            };
            if look(zone, shape, track, &visit, scene) == Whereabouts::Near {
                seen.visits.push(visit);
            }
        }
        seen.visits.sort_unstable_by_key(|visit| visit.zone);
        seen.at = at;
    }

    fn gone(&mut self, id: TrackId, _scene: &mut Scene<'_>) {
        self.state.tracks.remove(&id);
    }
}

#[derive(PartialEq, Eq)]
enum Whereabouts {
    /// Outside and beyond the buffer.
    Clear,
    /// Inside or in the buffer.
    Near,
}

/// Looks at one track and one zone, and says what it is.
fn look(zone: &Zone, shape: &Shape, track: &Track, visit: &Visit, scene: &mut Scene<'_>) -> Whereabouts {
    let judgement = |through| Judgement {
        key: Key {
            kind: Kind::ZoneEntry,
            tracks: Subjects::one(track.id),
            zone: Some(visit.zone),
            cell: None,
        },
        zone_name: Some(&zone.name),
        evidence: Evidence::Entry { through },
        delays: Delays { on_s: zone.dwell_s, off_s: 0.0 },
    };
    let at = track.position();
    let [ee, _, nn] = track.position_covariance_m2();
    let sigma_m = f64::midpoint(ee, nn).max(0.0).sqrt();
    let buffer_m = zone.buffer_m.max(sigma_m).min(MAX_BUFFER_M);
    let outside_m = shape.outside_m(at, buffer_m);
    if outside_m <= 0.0 {
        scene.signal(Signal::On, &judgement(false));
        Whereabouts::Near
    } else if outside_m <= buffer_m {
        scene.signal(Signal::Hold, &judgement(false));
        Whereabouts::Near
    } else {
        if visit.from.is_some_and(|from| shape.is_cut(from, at)) {
            scene.flash(&judgement(true), visit.since);
        } else {
            scene.signal(Signal::Off, &judgement(false));
        }
        Whereabouts::Clear
    }
}

const fn class(station: Station) -> Class {
    match station {
        Station::ClassA => Class::ClassA,
        Station::ClassB => Class::ClassB,
        Station::Aircraft => Class::Aircraft,
    }
}

/// Corners as pairs of numbers.
mod corners {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use units::Position;

    pub fn serialize<S: Serializer>(corners: &[Position], serializer: S) -> Result<S::Ok, S::Error> {
        corners.iter().map(|p| [p.lat(), p.lon()]).collect::<Vec<_>>().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Position>, D::Error> {
        let corners = Vec::<[f64; 2]>::deserialize(deserializer)?;
        let position = |[lat, lon]: [f64; 2]| {
            let wrong = || D::Error::custom(format_args!("[{lat}, {lon}] is no latitude and longitude"));
            Position::new(lat, lon).ok_or_else(wrong)
        };
        corners.into_iter().map(position).collect()
    }
}
