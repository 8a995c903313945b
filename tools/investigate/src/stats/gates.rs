//! Lines across the water, and who passed them. A vessel has passed when she is clearly on the other side: one that lies on
//! the line and is seen now here, now there, passes nothing.

use crate::case::utc;
use crate::points::{Key, Point, Who};
use serde::Serialize;
use std::collections::BTreeMap;

/// Metres in a degree of latitude.
const DEGREE_M: f64 = 111_195.0;
/// Clearly on a side: so far from the line, metres, or twice the standard deviation where that is more.
const CLEAR_M: f64 = 15.0;

/// A line from one place to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// What it is called.
    pub name: String,
    /// Latitude and longitude of one end.
    pub a: [f64; 2],
    /// And of the other.
    pub b: [f64; 2],
}

/// One vessel through one gate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Crossing {
    /// When she was on the line.
    pub time: String,
    /// Whose track.
    pub mmsi: Option<u32>,
    /// The same.
    pub name: Option<String>,
    /// The same.
    pub track: u64,
    /// `left_to_right` or `right_to_left`, as one looks from the first end to the other.
    pub direction: &'static str,
    /// How fast.
    pub sog_kn: Option<f64>,
    /// Nobody saw or heard her on the line: before and after, she was on different sides.
    pub unseen: bool,
}

/// What passed a gate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Passed {
    /// Which.
    pub gate: String,
    /// From the left to the right as one looks from the first end to the other; seen to.
    pub left_to_right: u64,
    /// The other way.
    pub right_to_left: u64,
    /// What is on the other side after a gap: it may have gone round.
    pub unseen: u64,
    /// Each, in order.
    pub crossings: Vec<Crossing>,
}

/// Where a track is to a gate.
#[derive(Clone, Copy, Default)]
struct Side {
    /// Clearly on it: positive is left.
    clear: Option<f64>,
    /// When it went through the line last, and whether between its ends and seen.
    through: Option<(i64, bool, bool)>,
}

pub struct Gates {
    gates: Vec<(Gate, Passed, Vec<Crossing>)>,
    sides: BTreeMap<(usize, Key), Side>,
}

impl Gate {
    /// How far left of the line, metres, and which share of the way from one end to the other.
    fn sees(&self, lat: f64, lon: f64) -> Option<(f64, f64)> {
        let scale = f64::midpoint(self.a[0], self.b[0]).to_radians().cos();
        let local = |lat: f64, lon: f64| {
            let east = (lon - self.a[1] + 180.0).rem_euclid(360.0) - 180.0;
            [east * scale * DEGREE_M, (lat - self.a[0]) * DEGREE_M]
        };
        let ([bx, by], [x, y]) = (local(self.b[0], self.b[1]), local(lat, lon));
        let length_m = bx.hypot(by);
        (length_m > 0.0).then(|| ((bx * y - by * x) / length_m, (bx * x + by * y) / (length_m * length_m)))
    }
}

impl Gates {
    pub fn new(gates: &[Gate]) -> Self {
        let passed = |gate: &Gate| {
            let passed = Passed { gate: gate.name.clone(), ..Passed::default() };
            (gate.clone(), passed, Vec::new())
        };
        Self { gates: gates.iter().map(passed).collect(), sides: BTreeMap::new() }
    }

    /// Takes the next point of a track: how many gates it has passed.
    pub fn point(&mut self, who: &Who, before: Option<&Point>, point: &Point) -> u64 {
        let mut count = 0;
        let clear_m = CLEAR_M.max(2.0 * point.sigma_m().unwrap_or(0.0));
        for (number, (gate, _, crossings)) in self.gates.iter_mut().enumerate() {
            let Some((left_m, _)) = gate.sees(point.lat, point.lon) else { continue };
            let side = self.sides.entry((number, who.key)).or_default();
            if let Some(before) = before
                && let Some((was_m, was_along)) = gate.sees(before.lat, before.lon)
                && (was_m < 0.0) != (left_m < 0.0)
                && let Some((_, along)) = gate.sees(point.lat, point.lon)
            {
                let share = was_m / (was_m - left_m);
                let at_us = before.at_us + ((point.at_us - before.at_us) as f64 * share) as i64;
                let is_within = (0.0..=1.0).contains(&(was_along + share * (along - was_along)));
                side.through = Some((at_us, is_within, before.piece == point.piece));
            }
            if left_m.abs() < clear_m {
                continue;
            }
            let was = side.clear.replace(left_m);
            let Some((at_us, is_within, is_seen)) = side.through.take() else { continue };
            if was.is_none_or(|was| (was < 0.0) == (left_m < 0.0)) || !is_within {
                continue;
            }
            count += u64::from(is_seen);
            crossings.push(Crossing {
                time: utc(at_us),
                mmsi: who.mmsi,
                name: who.name.clone(),
                track: who.key.1,
                direction: if left_m < 0.0 { "left_to_right" } else { "right_to_left" },
                sog_kn: point.sog_kn,
                unseen: !is_seen,
            });
        }
        count
    }

    pub fn passed(&self) -> Vec<Passed> {
        let told = |(_, passed, crossings): &(Gate, Passed, Vec<Crossing>)| {
            let mut passed = passed.clone();
            passed.crossings.clone_from(crossings);
            passed.crossings.sort_by(|one, other| one.time.cmp(&other.time));
            for crossing in crossings {
                match crossing {
                    Crossing { unseen: true, .. } => passed.unseen += 1,
                    Crossing { direction: "left_to_right", .. } => passed.left_to_right += 1,
                    Crossing { .. } => passed.right_to_left += 1,
                }
            }
            passed
        };
        self.gates.iter().map(told).collect()
    }
}
