//! Ship domains: the water around a ship that others should stay out of (RISK.md R2).
//!
//! All in the frame of the own ship: x ahead, y to starboard, metres.

use serde::{Deserialize, Serialize};
use units::KNOT_MPS;

const MILE_M: f64 = 1852.0;

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
                    b if b < 112.5 => 0.85,
                    b if b < 247.5 => 0.45,
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
