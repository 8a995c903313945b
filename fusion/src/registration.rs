#![allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "fixed arrays, indices below their length"
)]
//! How wrong a radar is: its range, its azimuth, its clock.
//!
//! Each time the radar sees a ship that reports where it is, the difference teaches. A Kalman filter of three
//! numbers; ships err slowly too, so that one ship counts as one witness every half minute.

use crate::TrackId;
use serde::{Deserialize, Serialize};

/// What a radar adds to what it measures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// Metres added to the range, radians added to the azimuth, seconds added to the time.
    theta: [f64; 3],
    p: [[f64; 3]; 3],
    /// Seconds of the core at the last step.
    at_s: f64,
    residuals: u32,
    /// The first ships that taught: one alone may err as much as the radar.
    witnesses: [Option<TrackId>; WITNESSES],
    /// What other radars have taught of range and azimuth, and how sure that is, while no ships have.
    borrowed: Option<([f64; 2], [f64; 2])>,
}

/// What so many ships agree on is used.
const WITNESSES: usize = 3;
const RANGE_SIGMA_M: f64 = 33.0;
const AZIMUTH_SIGMA_RAD: f64 = 0.0055;
const CLOCK_SIGMA_S: f64 = 0.1;
/// How much each wanders, per second, squared.
const WANDER: [f64; 3] = [4e-4, 1.2e-13, 1e-8];
/// Differences beyond this many standard deviations count as this many.
const HUBER: f64 = 2.0;
/// And beyond this many are of another ship.
const FOREIGN: f64 = 5.0;

/// The difference between a plot and where the ship says it was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Residual {
    pub range_m: f64,
    pub azimuth_rad: f64,
    pub range_variance: f64,
    pub azimuth_variance: f64,
    /// How fast both change, per second: what an error of the clock makes of it.
    pub range_rate: f64,
    pub azimuth_rate: f64,
}

impl Registration {
    pub(crate) fn new() -> Self {
        let mut p = [[0.0; 3]; 3];
        for (k, sigma) in [RANGE_SIGMA_M, AZIMUTH_SIGMA_RAD, CLOCK_SIGMA_S].into_iter().enumerate() {
            p[k][k] = sigma * sigma;
        }
        Self {
            theta: [0.0; 3],
            p,
            at_s: f64::NAN,
            residuals: 0,
            witnesses: [None; WITNESSES],
            borrowed: None,
        }
    }

    /// Metres that it measures too far.
    #[must_use]
    pub const fn range_m(&self) -> f64 {
        self.used(0)
    }

    /// Radians that it measures too far clockwise.
    #[must_use]
    pub const fn azimuth_rad(&self) -> f64 {
        self.used(1)
    }

    /// Seconds that its times are late.
    #[must_use]
    pub const fn clock_s(&self) -> f64 {
        self.used(2)
    }

    /// Nothing is corrected on the word of one or two.
    const fn used(&self, k: usize) -> f64 {
        match self.borrowed {
            _ if self.is_taught() => self.theta[k],
            Some((theta, _)) if k < 2 => theta[k],
            _ => 0.0,
        }
    }

    /// Ships that say where they are have taught it.
    pub(crate) const fn is_taught(&self) -> bool {
        self.witnesses[WITNESSES - 1].is_some()
    }

    /// Takes what another radar has taught, unless it is less sure than what is known, or a ship has begun to teach.
    pub(crate) fn borrow(&mut self, theta: [f64; 2], sigma: [f64; 2]) {
        if self.borrowed.is_none() && self.residuals > 0 {
            return;
        }
        if self.borrowed.is_none_or(|(_, known)| sigma[0] <= 1.5 * known[0] && sigma[1] <= 1.5 * known[1]) {
            self.borrowed = Some((theta, sigma));
        }
    }

    /// One standard deviation of the three.
    #[must_use]
    pub fn sigmas(&self) -> [f64; 3] {
        if !self.is_taught() {
            if let Some((_, [range_m, azimuth_rad])) = self.borrowed {
                return [range_m, azimuth_rad, CLOCK_SIGMA_S];
            }
            return [RANGE_SIGMA_M, AZIMUTH_SIGMA_RAD, CLOCK_SIGMA_S];
        }
        [self.p[0][0].sqrt(), self.p[1][1].sqrt(), self.p[2][2].sqrt()]
    }

    /// How many differences it has learnt from.
    #[must_use]
    pub const fn residuals(&self) -> u32 {
        self.residuals
    }

    pub(crate) fn learn(&mut self, at_s: f64, residual: &Residual, ship: TrackId) {
        let dt = if self.at_s.is_nan() { 0.0 } else { (at_s - self.at_s).clamp(0.0, 600.0) };
        self.at_s = at_s;
        for (k, wander) in WANDER.into_iter().enumerate() {
            self.p[k][k] += wander * dt;
        }
        let rows = [
            ([1.0, 0.0, residual.range_rate], residual.range_m, residual.range_variance),
            ([0.0, 1.0, residual.azimuth_rate], residual.azimuth_rad, residual.azimuth_variance),
        ];
        let innovations = rows.map(|(h, z, r)| self.innovation(h, z, r));
        if innovations.iter().any(|(nu, s)| nu.abs() > FOREIGN * s.sqrt()) {
            return;
        }
        for (h, z, r) in rows {
            self.fold(h, z, r);
        }
        self.residuals = self.residuals.saturating_add(1);
        if !self.witnesses.contains(&Some(ship))
            && let Some(free) = self.witnesses.iter_mut().find(|witness| witness.is_none())
        {
            *free = Some(ship);
        }
    }

    fn innovation(&self, h: [f64; 3], z: f64, r: f64) -> (f64, f64) {
        let (mut nu, mut s) = (z, r);
        for i in 0..3 {
            nu -= h[i] * self.theta[i];
            for j in 0..3 {
                s += h[i] * self.p[i][j] * h[j];
            }
        }
        (nu, s)
    }

    fn fold(&mut self, h: [f64; 3], z: f64, r: f64) {
        let (nu, s) = self.innovation(h, z, r);
        let limit = HUBER * s.sqrt();
        let mut gain = [0.0; 3];
        for i in 0..3 {
            for j in 0..3 {
                gain[i] += self.p[i][j] * h[j] / s;
            }
        }
        for i in 0..3 {
            self.theta[i] += gain[i] * nu.clamp(-limit, limit);
            for j in 0..=i {
                let value = self.p[i][j] - gain[i] * gain[j] * s;
                self.p[i][j] = value;
                self.p[j][i] = value;
            }
        }
    }
}
