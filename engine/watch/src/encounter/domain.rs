//! Ship domains: the water around a ship that others should stay out of (RISK.md R2).
//!
//! All in the frame of the own ship: x ahead, y to starboard, metres.

use serde::{Deserialize, Serialize};
use units::KNOT_MPS;

const MILE_M: f64 = 1852.0;
/// Where Goodwin's sectors begin, from the bow.
const SECTORS_DEG: [f64; 3] = [0.0, 112.5, 247.5];

/// Which domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Domain {
    /// Fujii and Tanaka 1971: an ellipse, four lengths ahead and 1.6 abeam.
    #[default]
    Fujii,
    /// The same in a narrow channel: three lengths ahead and 0.8 abeam.
    FujiiNarrow,
    /// Goodwin 1975: three sectors, 0.85 miles to starboard, 0.45 astern, 0.70 to port.
    Goodwin,
    /// Coldwell 1983, meeting: five by two and a half lengths, around a point ahead and to starboard.
    Coldwell,
    /// Wang 2010: four half-axes that grow with speed.
    Quaternion,
}

/// How a domain is violated by one that goes on as it does (Szlapczynski 2006).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// By how much of itself the domain would have to shrink to be left free, 0 to 1.
    pub degree: f64,
    /// Until then it is free, seconds; 0 where it is violated already.
    pub entry_s: f64,
}

/// So far ahead a violation is looked for, seconds.
const AHEAD_S: f64 = 1200.0;
/// Halvings that leave milliseconds of that.
const HALVINGS: u32 = 24;

/// Half-axes, metres: ahead, astern, to starboard and to port.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axes {
    pub fore: f64,
    pub aft: f64,
    pub starboard: f64,
    pub port: f64,
}

impl Domain {
    /// How large the domain has to be, of its own size, to reach a point: below 1 the point is inside.
    pub(crate) fn factor(self, length_m: f64, speed_mps: f64, [x, y]: [f64; 2]) -> f64 {
        let length_m = length_m.max(1.0);
        match self {
            Self::Fujii => (x / (4.0 * length_m)).hypot(y / (1.6 * length_m)),
            Self::FujiiNarrow => (x / (3.0 * length_m)).hypot(y / (0.8 * length_m)),
            Self::Goodwin => {
                let bearing_deg = y.atan2(x).to_degrees().rem_euclid(360.0);
                let miles = match bearing_deg {
                    b if b < SECTORS_DEG[1] => 0.85,
                    b if b < SECTORS_DEG[2] => 0.45,
                    _ => 0.70,
                };
                x.hypot(y) / (miles * MILE_M)
            }
            Self::Coldwell => {
                // The ship is not in the middle, so the ellipse is scaled about the ship.
                scale_about_ship([x, y], [1.1 * length_m, 0.75 * length_m], [5.0 * length_m, 2.5 * length_m])
            }
            Self::Quaternion => {
                let Axes { fore, aft, starboard, port } = quaternion(length_m, speed_mps);
                let along = if x >= 0.0 { x / fore } else { -x / aft };
                let across = if y >= 0.0 { y / starboard } else { -y / port };
                along.hypot(across)
            }
        }
    }

    /// What becomes of it when another goes on from `place` at `velocity_mps`, both relative to the ship; `None`
    /// where it stays free.
    pub(crate) fn violation(
        self,
        length_m: f64,
        speed_mps: f64,
        place: [f64; 2],
        velocity_mps: [f64; 2],
    ) -> Option<Violation> {
        let ([x, y], [vx, vy]) = (place, velocity_mps);
        let at = |t: f64| self.factor(length_m, speed_mps, [x + vx * t, y + vy * t]);
        // Between these instants the factor falls and then rises.
        let mut edges = vec![0.0, AHEAD_S];
        if self == Self::Goodwin {
            edges.extend(SECTORS_DEG.iter().filter_map(|deg| {
                let (sin, cos) = deg.to_radians().sin_cos();
                let t = -(x * sin - y * cos) / (vx * sin - vy * cos);
                (0.0..AHEAD_S).contains(&t).then_some(t)
            }));
            edges.sort_by(f64::total_cmp);
        }
        let (mut least, mut entry_s) = (f64::INFINITY, None);
        for (from, to) in edges.iter().zip(edges.iter().skip(1)) {
            let (mut from_s, mut to_s) = (*from, *to);
            for _ in 0..2 * HALVINGS {
                let third = (to_s - from_s) / 3.0;
                if at(from_s + third) < at(to_s - third) {
                    to_s -= third;
                } else {
                    from_s += third;
                }
            }
            let lowest_s = f64::midpoint(from_s, to_s);
            least = least.min(at(lowest_s));
            if entry_s.is_none() && at(lowest_s) < 1.0 {
                entry_s = Some(entry(&at, *from, lowest_s));
            }
        }
        entry_s.map(|entry_s| Violation { degree: (1.0 - least).clamp(0.0, 1.0), entry_s })
    }

    /// Half of what it reaches abeam, metres: the gap to keep in open water.
    pub(crate) fn gap_m(self, length_m: f64, speed_mps: f64) -> f64 {
        match self {
            Self::Fujii => 0.8 * length_m,
            Self::FujiiNarrow => 0.4 * length_m,
            Self::Goodwin => 0.35 * MILE_M,
            Self::Coldwell => 0.875 * length_m,
            Self::Quaternion => quaternion(length_m, speed_mps).port / 2.0,
        }
    }
}

/// When a factor that falls from one instant to the other passes 1, seconds.
fn entry(at: &dyn Fn(f64) -> f64, from_s: f64, to_s: f64) -> f64 {
    if at(from_s) < 1.0 {
        return from_s;
    }
    let (mut outside_s, mut inside_s) = (from_s, to_s);
    for _ in 0..HALVINGS {
        let middle_s = f64::midpoint(outside_s, inside_s);
        if at(middle_s) < 1.0 { inside_s = middle_s } else { outside_s = middle_s }
    }
    inside_s
}

/// The least scale about the origin at which an ellipse around `centre` reaches a point: a quadratic.
fn scale_about_ship([x, y]: [f64; 2], [cx, cy]: [f64; 2], [a, b]: [f64; 2]) -> f64 {
    // |(p - f c) / (a, b)| = f
    let (px, py, qx, qy) = (x / a, y / b, cx / a, cy / b);
    let (aa, bb, cc) = (qx * qx + qy * qy - 1.0, -2.0 * (px * qx + py * qy), px * px + py * py);
    // The ship is inside its own domain, so aa < 0 and one root is positive.
    let root = (bb * bb - 4.0 * aa * cc).max(0.0).sqrt();
    (-bb - root) / (2.0 * aa)
}

/// The half-axes of Wang's domain.
pub(crate) fn quaternion(length_m: f64, speed_mps: f64) -> Axes {
    let knots = speed_mps / KNOT_MPS;
    let power = |slope: f64, offset: f64| {
        if knots > 0.0 { 10_f64.powf(slope * knots.log10() + offset) } else { 0.0 }
    };
    let (advance, transfer) = (power(0.3591, 0.0952), power(0.5441, -0.0795));
    let root = advance.hypot(transfer / 2.0);
    Axes {
        fore: (1.0 + 1.34 * root) * length_m,
        aft: (1.0 + 0.67 * root) * length_m,
        starboard: (0.2 + transfer) * length_m,
        port: (0.2 + 0.75 * transfer) * length_m,
    }
}

/// Fuzzy: how much a point is inside, 1 at the ship and a half on the border; `factor` as [`Domain::factor`].
#[cfg(test)]
fn membership(factor: f64) -> f64 {
    0.5_f64.powf(factor * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r2_the_quaternion_of_a_hundred_metres_at_ten_knots() {
        // RISK.md R2 "Tests".
        let axes = quaternion(100.0, 10.0 * KNOT_MPS);
        for (found, expected) in
            [(axes.fore, 528.5), (axes.aft, 314.2), (axes.starboard, 311.5), (axes.port, 238.6)]
        {
            assert!((found - expected).abs() < 0.06, "{found}, expected {expected}");
        }
        assert!(axes.starboard > axes.port);
        let twice = quaternion(200.0, 10.0 * KNOT_MPS);
        assert!((twice.fore / axes.fore - 2.0).abs() < 1e-12 && (twice.port / axes.port - 2.0).abs() < 1e-12);
        assert_eq!(quaternion(100.0, 0.0).fore, 100.0);
    }

    #[test]
    fn r2_fujii_of_two_hundred_metres() {
        // 0.432 and 0.173 miles.
        assert!((Domain::Fujii.factor(200.0, 5.0, [0.432 * MILE_M, 0.0]) - 1.0).abs() < 2e-3);
        assert!((Domain::Fujii.factor(200.0, 5.0, [0.0, 0.173 * MILE_M]) - 1.0).abs() < 2e-3);
    }

    #[test]
    fn r2_every_domain_grows_outwards_from_the_ship() {
        for domain in
            [Domain::Fujii, Domain::FujiiNarrow, Domain::Goodwin, Domain::Coldwell, Domain::Quaternion]
        {
            for bearing in 0..360 {
                let (sin, cos) = f64::from(bearing).to_radians().sin_cos();
                let at = |m: f64| domain.factor(150.0, 6.0, [m * cos, m * sin]);
                assert!(at(0.0).abs() < 1e-9);
                let values: Vec<f64> = (1..40).map(|i| at(50.0 * f64::from(i))).collect();
                assert!(values.windows(2).all(|p| p[1] > p[0]), "{domain:?} {bearing}: {values:?}");
                // Scaling about the ship: twice as far is twice the factor.
                assert!((at(400.0) - 2.0 * at(200.0)).abs() < 1e-9, "{domain:?} {bearing}");
            }
            assert!(domain.gap_m(150.0, 6.0) > 0.0);
        }
        assert_eq!((membership(0.0), membership(1.0)), (1.0, 0.5));
        // Coldwell's border ahead: 6.1 lengths, abeam to port: by hand from the ellipse.
        let ahead = Domain::Coldwell.factor(100.0, 5.0, [110.0 + 500.0 * (1.0 - 0.09_f64).sqrt(), 0.0]);
        assert!((ahead - 1.0).abs() < 1e-9, "{ahead}");
    }

    #[test]
    fn r2_degree_and_time_of_a_violation() {
        // By hand: Fujii of 100 m is 400 m ahead, 160 m abeam. Place, velocity, degree, entry.
        let cases = [
            // Straight at the bow at 10 m/s from 1,400 m: in after 100 s, through the ship.
            ([1400.0, 0.0], [-10.0, 0.0], Some((1.0, 100.0))),
            // The same 80 m to starboard: half the domain, in where x is 400 sqrt(3/4).
            ([1400.0, 80.0], [-10.0, 0.0], Some((0.5, (1400.0 - 400.0 * 0.75_f64.sqrt()) / 10.0))),
            // Abeam it keeps 120 m: a quarter, and it is in already.
            ([0.0, 120.0], [0.0, 0.0], Some((0.25, 0.0))),
            // It parts from there.
            ([0.0, 80.0], [0.0, 5.0], Some((0.5, 0.0))),
            // Clear by a metre, and clear because it goes away.
            ([1400.0, 161.0], [-10.0, 0.0], None),
            ([1400.0, 0.0], [10.0, 0.0], None),
        ];
        for (place, velocity, expected) in cases {
            let found = Domain::Fujii.violation(100.0, 5.0, place, velocity);
            assert_eq!(found.is_some(), expected.is_some(), "{place:?}: {found:?}");
            let (Some(found), Some((degree, entry_s))) = (found, expected) else { continue };
            assert!((found.degree - degree).abs() < 1e-6, "{place:?}: {found:?}");
            assert!((found.entry_s - entry_s).abs() < 1e-3, "{place:?}: {found:?}, by hand {entry_s}");
        }
    }

    #[test]
    fn r2_a_violation_is_what_small_steps_find() {
        // Every domain, past every bow and stern, against the factor at every tenth of a second.
        for domain in
            [Domain::Fujii, Domain::FujiiNarrow, Domain::Goodwin, Domain::Coldwell, Domain::Quaternion]
        {
            for bearing in (0..360).step_by(15) {
                for course in (0..360).step_by(20) {
                    let way = |deg: i32| f64::from(deg).to_radians().sin_cos();
                    let ((s, c), (vs, vc)) = (way(bearing), way(course));
                    let (place, velocity) = ([1900.0 * c, 1900.0 * s], [9.0 * vc, 9.0 * vs]);
                    let at = |i: i32| {
                        let t = f64::from(i) / 10.0;
                        domain.factor(150.0, 6.0, [place[0] + velocity[0] * t, place[1] + velocity[1] * t])
                    };
                    let least = (0..12_000).map(at).fold(f64::INFINITY, f64::min);
                    let first = (0..12_000).find(|i| at(*i) < 1.0).map(|i| f64::from(i) / 10.0);
                    let found = domain.violation(150.0, 6.0, place, velocity);
                    match (found, first) {
                        (Some(found), Some(first_s)) => {
                            assert!(
                                (found.degree - (1.0 - least)).abs() < 2e-3,
                                "{domain:?} {bearing} {course}"
                            );
                            assert!((found.entry_s - first_s).abs() < 0.11, "{domain:?} {bearing} {course}");
                        }
                        // What is cut by less than a step.
                        (Some(found), None) => assert!(found.degree < 2e-3, "{domain:?} {bearing} {course}"),
                        (None, first) => assert_eq!(first, None, "{domain:?} {bearing} {course}"),
                    }
                }
            }
        }
    }

    #[test]
    fn r2_goodwin_has_three_sectors() {
        let border = |bearing: f64| {
            let (sin, cos) = bearing.to_radians().sin_cos();
            1.0 / Domain::Goodwin.factor(100.0, 5.0, [cos, sin]) / MILE_M
        };
        for (bearing, miles) in [(0.0, 0.85), (112.0, 0.85), (113.0, 0.45), (247.0, 0.45), (248.0, 0.70)] {
            assert!((border(bearing) - miles).abs() < 1e-9, "{bearing}");
        }
    }
}
