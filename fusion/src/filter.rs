//! The belief of place and speed as one Gaussian in a tangent plane: what is shown, indexed and gated by.
//!
//! State: east, north (metres), their rates (metres per second).
//!
//! **Invariant**: the covariance is finite, symmetric and positive definite.

use nalgebra::{Matrix2, Matrix4, Vector2, Vector4};
use serde::{Deserialize, Serialize};

/// What a sender claims of its sigma is not trusted to be less.
const POSITION_FLOOR_M: f64 = 4.0;
const POSITION_CEILING_M: f64 = 100_000.0;
/// Nothing that we follow is faster.
pub(crate) const SPEED_CEILING_MPS: f64 = 600.0;
/// Beyond this, prediction stands still: nobody believes a dead reckoning half an hour old.
pub(crate) const PREDICT_AHEAD_S: f64 = 1800.0;
const PREDICT_BACK_S: f64 = -300.0;

/// What a filter believes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Filter {
    pub mean: Vector4<f64>,
    pub covariance: Matrix4<f64>,
}

impl Filter {
    pub fn of(kinematics: &crate::Kinematics) -> Self {
        let k = kinematics;
        Self { mean: Vector4::new(k.e_m, k.n_m, k.ve_mps, k.vn_mps), covariance: Matrix4::from(k.covariance) }
    }

    /// Where it is thought to be `dt_s` later (or earlier).
    pub fn place_after(&self, dt_s: f64) -> (f64, f64) {
        let dt_s = bounded_dt(dt_s);
        (self.mean.x + self.mean.z * dt_s, self.mean.y + self.mean.w * dt_s)
    }

    pub fn speed_mps(&self) -> f64 {
        self.mean.z.hypot(self.mean.w)
    }

    /// Of the speed, the mean of both axes, m²/s².
    pub fn speed_variance(&self) -> f64 {
        (self.covariance.m33 + self.covariance.m44) * 0.5
    }

    /// The belief `dt_s` later (or earlier: then, too, less is known).
    pub fn predicted(&self, dt_s: f64, q: f64) -> Self {
        let dt_s = bounded_dt(dt_s);
        let mut f = Matrix4::identity();
        (f.m13, f.m24) = (dt_s, dt_s);
        let dt = dt_s.abs();
        // Backward, the noise on the place and the noise on the rate pull apart.
        let (pp, pv, vv) = (q * dt.powi(3) / 3.0, q * dt * dt_s / 2.0, q * dt);
        #[rustfmt::skip]
        let noise = Matrix4::new(
            pp, 0.0, pv, 0.0,
            0.0, pp, 0.0, pv,
            pv, 0.0, vv, 0.0,
            0.0, pv, 0.0, vv,
        );
        let covariance = f * self.covariance * f.transpose() + noise;
        Self { mean: f * self.mean, covariance: symmetric(&covariance) }
    }

    /// The same belief in another plane, turned by the derivatives of one by the other.
    pub fn carried(&self, e_m: f64, n_m: f64, jacobian: [[f64; 2]; 2]) -> Self {
        let [[ee, en], [ne, nn]] = jacobian;
        let j = Matrix2::new(ee, en, ne, nn);
        let mut turn = Matrix4::zeros();
        turn.fixed_view_mut::<2, 2>(0, 0).copy_from(&j);
        turn.fixed_view_mut::<2, 2>(2, 2).copy_from(&j);
        let velocity = j * Vector2::new(self.mean.z, self.mean.w);
        Self {
            mean: Vector4::new(e_m, n_m, velocity.x, velocity.y),
            covariance: symmetric(&(turn * self.covariance * turn.transpose())),
        }
    }

    /// What this module promises of every belief.
    #[cfg(test)]
    pub fn is_sound(&self) -> bool {
        self.mean.iter().chain(self.covariance.iter()).all(|v| v.is_finite())
            && self.covariance == self.covariance.transpose()
            && self.covariance.cholesky().is_some()
    }
}

/// A sigma as it may be used: what a sender claims is neither trusted to be a number nor to be small.
pub(crate) fn bounded_sigma(sigma_m: f64) -> f64 {
    if sigma_m.is_nan() { POSITION_CEILING_M } else { sigma_m.clamp(POSITION_FLOOR_M, POSITION_CEILING_M) }
}

fn bounded_dt(dt_s: f64) -> f64 {
    dt_s.clamp(PREDICT_BACK_S, PREDICT_AHEAD_S)
}

fn symmetric(m: &Matrix4<f64>) -> Matrix4<f64> {
    (m + m.transpose()) * 0.5
}
