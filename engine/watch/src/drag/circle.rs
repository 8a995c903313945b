//! The circle that a vessel at anchor lies on: its anchor, and how far from it the middle of the hull is.

use nalgebra::{Matrix3, Vector3};
use serde::{Deserialize, Serialize};

/// How far the middle of a hull lies from its anchor before anything was seen, and how sure that is, metres.
const RADIUS_M: f64 = 160.0;
const RADIUS_SIGMA_M: f64 = 90.0;
/// No chain is shorter or longer than this, metres.
const LEAST_M: f64 = 20.0;
const MOST_M: f64 = 700.0;
/// A chain gives and a hull sheers: nobody lies on the circle more exactly than this, metres.
const SLACK_M: f64 = 5.0;
/// A heading points past the anchor by so much, radians; like the last one, for a sheer lasts.
const YAW: f64 = 0.25;
/// The fit is done after so many steps.
const STEPS: usize = 12;

/// Where the middle of a hull was, metres east and north, how sure that is, and where it pointed, if it said.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Sample {
    pub at_m: [f64; 2],
    pub sigma_m: f64,
    pub heading_rad: Option<f64>,
}

/// What was fitted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Circle {
    anchor_m: [f64; 2],
    radius_m: f64,
    /// Of anchor and radius.
    covariance: [[f64; 3]; 3],
}

impl Circle {
    /// Least squares: middles lie on the circle, headings point at its middle, and chains are as long as usual.
    /// `None` where no sample has a heading: an arc alone may curve either way.
    pub fn of<'a>(samples: &(impl Iterator<Item = &'a Sample> + Clone)) -> Option<Self> {
        let (mut sum, mut count) = (Vector3::zeros(), 0.0);
        for sample in samples.clone() {
            let Some(heading_rad) = sample.heading_rad else { continue };
            let (sin, cos) = heading_rad.sin_cos();
            sum += Vector3::new(sample.at_m[0] + RADIUS_M * sin, sample.at_m[1] + RADIUS_M * cos, 0.0);
            count += 1.0;
        }
        if count < 1.0 {
            return None;
        }
        let mut state = Vector3::new(sum.x / count, sum.y / count, RADIUS_M);
        let mut information = Matrix3::identity();
        for _ in 0..STEPS {
            let mut gradient;
            (information, gradient) = prior(&state);
            for sample in samples.clone() {
                pull(&state, sample, &mut information, &mut gradient);
            }
            let step = information.cholesky()?.solve(&gradient);
            state += step;
            state.z = state.z.clamp(LEAST_M, MOST_M);
            if step.norm() < 0.1 {
                break;
            }
        }
        let inverse = information.cholesky()?.inverse();
        let row = |i: usize| [0, 1, 2].map(|j| inverse.get((i, j)).copied().unwrap_or(0.0));
        Some(Self { anchor_m: [state.x, state.y], radius_m: state.z, covariance: [row(0), row(1), row(2)] })
    }

    /// How far outside it a sample lies, and how sure that is, metres.
    pub fn outside_m(&self, sample: &Sample) -> (f64, f64) {
        let (x, y) = (sample.at_m[0] - self.anchor_m[0], sample.at_m[1] - self.anchor_m[1]);
        let distance_m = x.hypot(y).max(1.0);
        let h = [-x / distance_m, -y / distance_m, -1.0];
        let rows = self.covariance.iter().zip(h);
        let variance: f64 = rows.map(|(row, a)| a * row.iter().zip(h).map(|(c, b)| c * b).sum::<f64>()).sum();
        (distance_m - self.radius_m, variance.max(0.0).sqrt().hypot(sample.sigma_m))
    }

    /// Which way is outward there, radians.
    pub fn outward_rad(&self, at_m: [f64; 2]) -> f64 {
        (at_m[0] - self.anchor_m[0]).atan2(at_m[1] - self.anchor_m[1])
    }
}

fn prior(state: &Vector3<f64>) -> (Matrix3<f64>, Vector3<f64>) {
    let weight = RADIUS_SIGMA_M.powi(-2);
    // The anchor may be anywhere.
    let information = Matrix3::from_diagonal(&Vector3::new(1e-9, 1e-9, weight));
    (information, Vector3::new(0.0, 0.0, weight * (RADIUS_M - state.z)))
}

/// What one sample says of the state.
fn pull(state: &Vector3<f64>, sample: &Sample, information: &mut Matrix3<f64>, gradient: &mut Vector3<f64>) {
    let (x, y) = (sample.at_m[0] - state.x, sample.at_m[1] - state.y);
    let distance_m = x.hypot(y).max(LEAST_M);
    let mut add = |residual: f64, slope: Vector3<f64>, sigma: f64| {
        let weight = sigma.powi(-2);
        *information += slope * slope.transpose() * weight;
        *gradient += slope * (weight * residual);
    };
    let radial = Vector3::new(-x / distance_m, -y / distance_m, -1.0);
    // Of what is near the fit; what is far off may be anything.
    let off_m = state.z - distance_m;
    add(off_m, radial, sample.sigma_m.hypot(SLACK_M));
    if let Some(heading_rad) = sample.heading_rad {
        // The bow points at the anchor: from there the vessel lies at the opposite bearing.
        let bearing_rad = x.atan2(y);
        let off_rad = wrapped(heading_rad + std::f64::consts::PI - bearing_rad);
        let slope = Vector3::new(-y, x, 0.0) / (distance_m * distance_m);
        add(off_rad, slope, YAW);
    }
}

/// Within half a turn.
pub(super) fn wrapped(angle_rad: f64) -> f64 {
    let turn = std::f64::consts::TAU;
    (angle_rad + turn / 2.0).rem_euclid(turn) - turn / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_found_from_a_part_of_it() {
        // Lying 210 m from an anchor at (30, -40), swinging by 40°, its bow up to 8° past the anchor.
        let samples: Vec<Sample> = (0..12_i32)
            .map(|i| {
                let bearing = 1.0 + 0.35 * f64::from(i).sin();
                Sample {
                    at_m: [30.0 + 210.0 * bearing.sin(), -40.0 + 210.0 * bearing.cos()],
                    sigma_m: 5.0,
                    heading_rad: Some(bearing + std::f64::consts::PI + 0.14 * f64::from(2 * i).cos()),
                }
            })
            .collect();
        let circle = Circle::of(&samples.iter()).unwrap();
        for sample in &samples {
            let (outside_m, sigma_m) = circle.outside_m(sample);
            assert!(outside_m.abs() < 6.0 && sigma_m < 12.0, "{outside_m} ± {sigma_m}");
        }
        let (e, n) = (1.0_f64.sin(), 1.0_f64.cos());
        let off = Sample { at_m: [30.0 + 270.0 * e, -40.0 + 270.0 * n], sigma_m: 5.0, heading_rad: None };
        let (outside_m, sigma_m) = circle.outside_m(&off);
        assert!((outside_m - 60.0).abs() < 2.0 * sigma_m, "{outside_m} ± {sigma_m}");
        assert!((circle.outward_rad(off.at_m) - 1.0).abs() < 0.2);
        assert_eq!(Circle::of(&[off].iter()), None, "no heading");
    }
}
