//! One constant-velocity Kalman filter in a tangent plane.
//!
//! State: east, north (metres), their rates (metres per second). White noise acceleration of density `q`
//! (m²/s³) drives it; where a report falls far outside what the filter believed, the belief is widened first,
//! so that one filter follows both the straight run and the turn.
//!
//! **Invariant**: the covariance is finite, symmetric and positive definite after every call.

use nalgebra::{Matrix2, Matrix4, SMatrix, Vector2, Vector4};
use serde::{Deserialize, Serialize};

/// The position of a ship by satellite is wrong in the same way for minutes: reports alone never make it
/// better than this (one standard deviation on each axis).
pub(crate) const POSITION_FLOOR_M: f64 = 4.0;
const POSITION_CEILING_M: f64 = 100_000.0;
const SPEED_FLOOR_MPS: f64 = 0.05;
/// Nothing that we follow is faster.
pub(crate) const SPEED_CEILING_MPS: f64 = 600.0;
/// Beyond this, prediction stands still: nobody believes a dead reckoning half an hour old.
pub(crate) const PREDICT_AHEAD_S: f64 = 1800.0;
const PREDICT_BACK_S: f64 = -300.0;
/// A squared innovation beyond this (0.3 % of honest ones at four degrees of freedom) is a manoeuvre.
const SURPRISE: f64 = 16.0;
const WIDEN_MOST: f64 = 400.0;

/// What a filter believes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Filter {
    pub mean: Vector4<f64>,
    pub covariance: Matrix4<f64>,
}

/// What a report measures, in the filter's plane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub e_m: f64,
    pub n_m: f64,
    pub sigma_m: f64,
    pub velocity: Option<Velocity>,
}

/// Metres per second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Velocity {
    pub east: f64,
    pub north: f64,
    pub sigma: f64,
}

impl Filter {
    /// From one report; `sigma_mps` is what is thought of the speed where none is reported.
    pub fn born(measured: &Measured, sigma_mps: f64) -> Self {
        let (east, north, sigma_v) =
            measured.velocity.map_or((0.0, 0.0, sigma_mps), |v| (v.east, v.north, v.sigma));
        let (p, v) = (bounded_sigma(measured.sigma_m).powi(2), sigma_v.powi(2));
        Self {
            mean: Vector4::new(measured.e_m, measured.n_m, east, north),
            covariance: Matrix4::from_diagonal(&Vector4::new(p, p, v, v)),
        }
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

    /// Folds a measurement in, at the time that the belief is of.
    pub fn updated(&self, measured: &Measured) -> Self {
        let sigma2 = bounded_sigma(measured.sigma_m).powi(2);
        let place = Vector2::new(measured.e_m, measured.n_m);
        let updated = match measured.velocity {
            Some(v) => {
                let z = Vector4::new(place.x, place.y, v.east, v.north);
                let r = Vector4::new(sigma2, sigma2, v.sigma.powi(2), v.sigma.powi(2));
                self.fold(&z, &Matrix4::identity(), &r)
            }
            None => self.fold(&place, &SMatrix::<f64, 2, 4>::identity(), &Vector2::new(sigma2, sigma2)),
        };
        // A covariance that cannot be factored never comes from us; from a damaged snapshot it might.
        updated.map_or_else(|| Self::born(measured, SPEED_CEILING_MPS), Self::bounded)
    }

    /// Joseph's form: stays positive definite whatever the rounding.
    fn fold<const M: usize>(
        &self,
        z: &SMatrix<f64, M, 1>,
        h: &SMatrix<f64, M, 4>,
        r: &SMatrix<f64, M, 1>,
    ) -> Option<Self> {
        let r = SMatrix::<f64, M, M>::from_diagonal(r);
        let innovation = z - h * self.mean;
        let s = h * self.covariance * h.transpose() + r;
        let surprise = innovation.dot(&s.cholesky()?.solve(&innovation));
        let widen = (surprise / SURPRISE).clamp(1.0, WIDEN_MOST);
        let covariance = self.covariance * widen;
        let s = h * covariance * h.transpose() + r;
        let gain = covariance * h.transpose() * s.cholesky()?.inverse();
        let keep = Matrix4::identity() - gain * h;
        Some(Self {
            mean: self.mean + gain * innovation,
            covariance: keep * covariance * keep.transpose() + gain * r * gain.transpose(),
        })
    }

    /// Keeps the belief within what can be believed of anything afloat or in the air above it.
    fn bounded(mut self) -> Self {
        let speed = self.speed_mps();
        if speed > SPEED_CEILING_MPS {
            self.mean.z *= SPEED_CEILING_MPS / speed;
            self.mean.w *= SPEED_CEILING_MPS / speed;
        }
        self.covariance = symmetric(&self.covariance);
        // Only ever added to the diagonal, so that it stays positive definite.
        let (place, rate) = (POSITION_FLOOR_M.powi(2), SPEED_FLOOR_MPS.powi(2));
        let p = &mut self.covariance;
        (p.m11, p.m22) = (p.m11.max(place), p.m22.max(place));
        (p.m33, p.m44) = (p.m33.max(rate), p.m44.max(rate));
        debug_assert!(self.is_sound(), "{self:?}");
        self
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
