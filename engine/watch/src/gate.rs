//! Gate crossing (302): a vessel has crossed a line in a direction that is told.

use crate::alert::{About, Evidence, Judgement, Key, Kind};
use crate::zone::{Class, class};
use crate::{Judge, Scene, is_live};
use fusion::{Plane, Track, TrackId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::Position;

/// A line that is watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// What operators call it: 1 to 64 characters.
    pub name: String,
    /// Its two ends, each `[latitude, longitude]` in degrees.
    #[serde(with = "crate::zone::corners")]
    pub line: Vec<Position>,
    /// Which crossings are told, seen from the first end towards the second.
    #[serde(default)]
    pub tell: Tell,
    /// For whom it is watched.
    #[serde(default = "crate::zone::vessels")]
    pub classes: Vec<Class>,
}

/// Which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tell {
    /// Either.
    #[default]
    Both,
    /// From the left side to the right side.
    ToRight,
    /// From the right side to the left side.
    ToLeft,
}

/// The judge of gates.
#[derive(Debug)]
pub(crate) struct Gates {
    /// With the plane of their first end and where the second end lies on it, metres; `None` where there is none.
    gates: Vec<Option<(Gate, Plane, [f64; 2])>>,
    state: State,
}

/// What it remembers: where each vessel was, in places where it was off the line.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    last: BTreeMap<TrackId, Position>,
}

/// Nobody further away than this crosses a gate, metres.
const FAR_M: f64 = 200_000.0;

impl Gates {
    pub fn new(gates: &[Gate], state: State) -> Self {
        let laid = |gate: &Gate| {
            let (Some(first), Some(second)) = (gate.line.first(), gate.line.get(1)) else { return None };
            let plane = Plane::at(*first);
            let (e, n) = plane.to_local(*second);
            Some((gate.clone(), plane, [e, n]))
        };
        Self { gates: gates.iter().map(laid).collect(), state }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }
}

/// Whether the way from one place to another crosses the line from the origin to `end`, and to which side: positive
/// is to the right.
pub(crate) fn crossing([ax, ay]: [f64; 2], [bx, by]: [f64; 2], [ex, ey]: [f64; 2]) -> Option<f64> {
    let side = |x: f64, y: f64| x * ey - y * ex;
    let (before, after) = (side(ax, ay), side(bx, by));
    if (before > 0.0) == (after > 0.0) {
        return None;
    }
    // Where on the line, as a part of it.
    let part = before / (before - after);
    let (x, y) = (ax + part * (bx - ax), ay + part * (by - ay));
    let along = (x * ex + y * ey) / (ex * ex + ey * ey).max(1e-9);
    (0.0..=1.0).contains(&along).then_some(after - before)
}

impl Judge for Gates {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        if self.gates.is_empty() || !is_live(track) {
            return;
        }
        let at = track.position();
        let Some(from) = self.state.last.insert(track.id, at) else { return };
        for (number, gate) in (0_u16..).zip(&self.gates) {
            let Some((gate, plane, end)) = gate else { continue };
            if !track.station.is_none_or(|station| gate.classes.contains(&class(station))) {
                continue;
            }
            let local = |place: Position| {
                let (e, n) = plane.to_local(place);
                [e, n]
            };
            let (a, b) = (local(from), local(at));
            if b[0].hypot(b[1]) > FAR_M || a[0].hypot(a[1]) > FAR_M {
                continue;
            }
            let Some(side) = crossing(a, b, *end) else { continue };
            let is_told = match gate.tell {
                Tell::Both => true,
                Tell::ToRight => side > 0.0,
                Tell::ToLeft => side < 0.0,
            };
            if is_told {
                let key = Key::one(Kind::GateCrossing, track.id, About::Zone(number));
                let judgement = Judgement { name: Some(&gate.name), ..Judgement::of(key, Evidence::Fact) };
                scene.flash(&judgement, scene.moment.now);
            }
        }
    }

    fn gone(&mut self, id: TrackId, _scene: &mut Scene<'_>) {
        self.state.last.remove(&id);
    }
}
