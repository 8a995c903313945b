//! Lanes into closed routes: out on one side, back on the other.

use crate::motion::Waypoint;
use crate::plane::{ahead, bearing_deg, distance_m, wrap_deg};
use crate::random::Random;
use crate::waters::Lane;
use units::{KNOT_MPS, Position};

/// Ships slow down where less than this lies beside the lane.
const NARROW_M: f64 = 700.0;
const NARROW_KN: f64 = 13.0;

/// The closed route of one ship, which keeps `side` (0 to 1) of the way out from the middle of the lane.
pub(crate) fn circuit(lane: &Lane, side: f64) -> Vec<Waypoint> {
    let mut middle: Vec<(Position, f64)> = lane
        .waypoints
        .iter()
        .filter_map(|&(lat, lon, room_m)| Some((Position::new(lat, lon)?, room_m)))
        .collect();
    let mut points = Vec::with_capacity(middle.len() * 2);
    for _way in 0..2 {
        one_way(&middle, side, lane.stop_s, &mut points);
        middle.reverse();
    }
    points
}

fn one_way(middle: &[(Position, f64)], side: f64, stop_s: f64, points: &mut Vec<Waypoint>) {
    let mut before: Option<(Position, f64)> = None;
    for (i, &(at, room_m)) in middle.iter().enumerate() {
        let after = middle.get(i + 1).map(|&(to, _)| bearing_deg(at, to));
        let into = before.map(|(from, _)| bearing_deg(from, at));
        let (along_deg, half_deg) = match (into, after) {
            (Some(into), Some(out)) => {
                let corner = wrap_deg(out - into);
                (into + corner / 2.0, corner.abs() / 2.0)
            }
            (Some(only), None) | (None, Some(only)) => (only, 0.0),
            (None, None) => (0.0, 0.0),
        };
        let off_m = (0.45 * side * room_m).min(1200.0) / half_deg.to_radians().cos().max(0.6);
        let narrow = room_m.min(before.map_or(room_m, |(_, room_m)| room_m)) < NARROW_M;
        // A ferry lies at its pier at the end of each way; the other corner there is where it sets out.
        let last = i + 1 == middle.len();
        points.push(Waypoint {
            at: ahead(at, along_deg + 90.0, off_m),
            limit_mps: if narrow && stop_s == 0.0 { NARROW_KN * KNOT_MPS } else { f64::INFINITY },
            stop_s: if last { stop_s } else { 0.0 },
        });
        before = Some((at, room_m));
    }
}

/// A random place on a closed route: where, on what course, and which point is next.
pub(crate) fn somewhere(points: &[Waypoint], random: &mut Random) -> Option<(Position, f64, usize)> {
    let legs = || points.iter().zip(points.iter().cycle().skip(1)).enumerate();
    let total_m: f64 = legs().map(|(_, (from, to))| distance_m(from.at, to.at)).sum();
    let mut rest_m = random.unit() * total_m;
    for (i, (from, to)) in legs() {
        let length_m = distance_m(from.at, to.at);
        if rest_m <= length_m {
            let course_deg = bearing_deg(from.at, to.at);
            return Some((ahead(from.at, course_deg, rest_m), course_deg, (i + 1) % points.len()));
        }
        rest_m -= length_m;
    }
    None
}
