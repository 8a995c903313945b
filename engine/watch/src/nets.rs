//! Net ahead (316): a merchant ship will cross a line of net markers.
//!
//! Net markers are their own kind of thing: made-up numbers, slow, often with a percentage of battery for a name.

use crate::alert::{About, Delays, Evidence, Judgement, Key, Kind, Signal, Unit};
use crate::gate::crossing;
use crate::{Judge, Scene, is_live};
use fusion::{Plane, Station, Track, TrackId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use units::Position;

/// Markers of one line are this far apart at most, metres.
const LINK_M: f64 = 500.0;
const AHEAD_S: f64 = 360.0;
const EVERY_S: i64 = 10;
const SLOW_KN: f64 = 2.5;
const MERCHANT_KN: f64 = 5.0;

/// The judge of nets.
#[derive(Debug)]
pub(crate) struct Nets {
    state: State,
}

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    markers: BTreeSet<TrackId>,
    merchants: BTreeSet<TrackId>,
}

/// Whether a track is a net marker (CHINA.md 1).
pub(crate) fn is_marker(track: &Track) -> bool {
    let is_slow = crate::motion::sog_kn(track) < SLOW_KN;
    let has_hull = track.hull.is_some_and(|hull| hull.length_m() > 0);
    let says_battery = track.identity.name.is_some_and(|name| name.as_str().trim_end().ends_with('%'));
    track.station == Some(Station::ClassB) && is_slow && !has_hull && says_battery
}

impl Nets {
    pub const fn new(state: State) -> Self {
        Self { state }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }
}

fn keep(set: &mut BTreeSet<TrackId>, id: TrackId, is_in: bool) {
    if is_in {
        set.insert(id)
    } else {
        set.remove(&id)
    };
}

impl Judge for Nets {
    fn update(&mut self, track: &Track, _scene: &mut Scene<'_>) {
        keep(&mut self.state.markers, track.id, is_live(track) && is_marker(track));
        let is_merchant = matches!(track.identity.ship_type, Some(60..=89))
            || track.hull.is_some_and(|hull| hull.length_m() >= 50);
        let is_fast = crate::motion::sog_kn(track) > MERCHANT_KN;
        keep(&mut self.state.merchants, track.id, is_live(track) && is_merchant && is_fast);
    }

    fn gone(&mut self, id: TrackId, _scene: &mut Scene<'_>) {
        self.state.markers.remove(&id);
        self.state.merchants.remove(&id);
    }

    fn sweep(&mut self, scene: &mut Scene<'_>) {
        let now = scene.moment.now;
        if now.unix_s().rem_euclid(EVERY_S) != 0 {
            return;
        }
        let picture = scene.moment.picture;
        let mut near = Vec::new();
        // Each marker and the next ones of its line.
        let mut ropes: Vec<(Position, Position)> = Vec::new();
        for id in &self.state.markers {
            let Some(marker) = picture.track(*id) else { continue };
            let at = marker.position_at(now);
            picture.near(at, LINK_M, &mut near);
            let next = near.iter().filter(|other| *other > id && self.state.markers.contains(other));
            ropes.extend(next.filter_map(|other| Some((at, picture.track(*other)?.position_at(now)))));
        }
        let open: Vec<TrackId> =
            scene.ledger.open_cases(Kind::NetHazard).filter_map(|key| key.tracks.iter().next()).collect();
        let mut ships: Vec<TrackId> =
            if ropes.is_empty() { Vec::new() } else { self.state.merchants.iter().copied().collect() };
        ships.extend(open);
        ships.sort_unstable();
        ships.dedup();
        for id in ships {
            let Some(ship) = picture.track(id) else { continue };
            let time_s =
                if self.state.merchants.contains(&id) { first_rope_s(ship, &ropes, scene) } else { None };
            let judgement = Judgement {
                delays: Delays { on_s: f64::from(EVERY_S as i32), off_s: 3.0 * EVERY_S as f64 },
                ..Judgement::of(
                    Key::one(Kind::NetHazard, id, About::Nothing),
                    Evidence::Measured {
                        value: time_s.unwrap_or(0.0),
                        limit: None,
                        time_s,
                        unit: Unit::Seconds,
                    },
                )
            };
            scene.signal(Signal::of(time_s.is_some(), time_s.is_none()), &judgement);
        }
    }
}

/// When a ship crosses the first rope, seconds from now.
fn first_rope_s(ship: &Track, ropes: &[(Position, Position)], scene: &Scene<'_>) -> Option<f64> {
    let now = scene.moment.now;
    let (from, to) = (ship.position_at(now), ship.position_at(now.plus_s(AHEAD_S)));
    let plane = Plane::at(from);
    let local = |place: Position| {
        let (e, n) = plane.to_local(place);
        [e, n]
    };
    let end = local(to);
    let mut first: Option<f64> = None;
    for (one, other) in ropes {
        let (a, b) = (local(*one), local(*other));
        // The rope is the line, the ship's way crosses it.
        let (way_from, way_to) = ([-a[0], -a[1]], [end[0] - a[0], end[1] - a[1]]);
        let rope = [b[0] - a[0], b[1] - a[1]];
        if crossing(way_from, way_to, rope).is_none() {
            continue;
        }
        let side = |[x, y]: [f64; 2]| x * rope[1] - y * rope[0];
        let (before, after) = (side(way_from), side(way_to));
        let time_s = AHEAD_S * before / (before - after);
        first = Some(first.map_or(time_s, |first| first.min(time_s)));
    }
    first
}
