#![allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "fixed arrays, indices below their length"
)]
//! Interacting multiple models in a tangent plane: calm straight running, agile straight running, a turn.
//!
//! State: east, north (metres), their rates (metres per second), where the reporting antenna lies and errs about
//! the centre of the hull (forward, starboard, metres), rate of turn (radians per second, counter-clockwise).
//! The antenna's place is part of the state because the error of a satellite position stays the same for
//! minutes: reports alone then never make the centre surer than that error, and a radar that sees the hull
//! teaches where the antenna is.
//!
//! **Invariant**: after every call each covariance is finite, symmetric and has a positive diagonal.

mod mode;

use crate::filter::Filter;
use crate::motion::Agility;
use nalgebra::{Matrix4, Vector4};
use serde::{Deserialize, Serialize};

pub(crate) const N: usize = 7;
const E: usize = 0;
const VE: usize = 2;
const AHEAD: usize = 4;
const TURN: usize = 6;
const MODES: usize = 3;
/// Which mode turns.
const TURNING: usize = 2;

/// How long the modes last in which it does something, seconds: agile, turning. How long it keeps its course hangs on
/// what it is.
const AGILE_S: f64 = 60.0;
const TURN_S: f64 = 120.0;
/// Where each mode goes when it ends.
const NEXT: [[f64; MODES]; MODES] = [[0.0, 0.5, 0.5], [0.7, 0.0, 0.3], [0.8, 0.2, 0.0]];
const START: [f64; MODES] = [0.8, 0.1, 0.1];
const LEAST: f64 = 0.001;
/// Prior of the rate of turn where a mode does not carry it, (rad/s)².
const TURN_VARIANCE: f64 = 1e-4;
/// One standard deviation on each axis of a satellite position's slow error, metres.
pub(crate) const SATELLITE_SIGMA_M: f64 = 4.0;

type Vector = [f64; N];
type Matrix = [[f64; N]; N];

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mode {
    x: Vector,
    p: Matrix,
}

/// What is believed of one vessel's motion.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Imm {
    modes: [Mode; MODES],
    mu: [f64; MODES],
}

/// What is thought of the antenna before anything is seen: forward and starboard of the hull's centre.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lever {
    pub mean: [f64; 2],
    pub sigma: [f64; 2],
    /// Known from the vessel's own statics, so that only the satellite's error is left.
    pub known: bool,
}

/// Two numbers measured, their covariance (ee, en, nn).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub z: [f64; 2],
    pub r: [f64; 3],
}

/// Rows of a measurement matrix: two measured numbers by the state.
type Rows = [[f64; N]; 2];

impl Imm {
    /// From a place and what is known of speed. `antenna` is the heading where the place is an antenna's.
    pub fn born(place: Pair, velocity: Pair, lever: &Lever, antenna: Option<f64>) -> Self {
        let mut x = [0.0; N];
        let mut p = [[0.0; N]; N];
        for k in 0..2 {
            x[k] = place.z[k];
            x[VE + k] = velocity.z[k];
            x[AHEAD + k] = lever.mean[k];
            p[AHEAD + k][AHEAD + k] = lever.sigma[k].powi(2);
        }
        fill(&mut p, E, place.r);
        fill(&mut p, VE, velocity.r);
        p[TURN][TURN] = TURN_VARIANCE;
        if let Some(heading_rad) = antenna {
            // centre = antenna - turned lever: the two are known together or not at all.
            let turn = turned(heading_rad);
            for i in 0..2 {
                for k in 0..2 {
                    x[i] -= turn[i][k] * lever.mean[k];
                    let shared = -turn[i][k] * p[AHEAD + k][AHEAD + k];
                    p[i][AHEAD + k] += shared;
                    p[AHEAD + k][i] += shared;
                    for (j, row) in turn.iter().enumerate() {
                        p[i][j] += turn[i][k] * p[AHEAD + k][AHEAD + k] * row[k];
                    }
                }
            }
        }
        Self { modes: [Mode { x, p }; MODES], mu: START }
    }

    /// The belief `dt_s` later; never backwards.
    pub fn predict(&mut self, dt_s: f64, agility: &Agility, lever: &Lever) {
        if dt_s <= 0.0 {
            return;
        }
        self.mix(dt_s, [agility.calm_s, AGILE_S, TURN_S]);
        for (k, mode) in self.modes.iter_mut().enumerate() {
            if k == TURNING {
                mode.turn(dt_s);
            } else {
                mode.run(dt_s);
            }
            mode.noise(dt_s, agility.q[k], if k == TURNING { agility.q_turn } else { 0.0 });
            if k != TURNING {
                mode.forget_turn();
            }
            mode.lever(dt_s, lever);
            mode.bound();
        }
    }

    fn mix(&mut self, dt_s: f64, dwell_s: [f64; MODES]) {
        let mut flow = [[0.0; MODES]; MODES];
        for i in 0..MODES {
            let stay = (-dt_s / dwell_s[i]).exp();
            for j in 0..MODES {
                flow[i][j] = self.mu[i] * if i == j { stay } else { (1.0 - stay) * NEXT[i][j] };
            }
        }
        let old = self.modes;
        for j in 0..MODES {
            let total: f64 = (0..MODES).map(|i| flow[i][j]).sum();
            let mut x = [0.0; N];
            for i in 0..MODES {
                let w = flow[i][j] / total;
                for (sum, value) in x.iter_mut().zip(&old[i].x) {
                    *sum += w * value;
                }
            }
            let mut p = [[0.0; N]; N];
            for i in 0..MODES {
                let w = flow[i][j] / total;
                let mut d = [0.0; N];
                for k in 0..N {
                    d[k] = old[i].x[k] - x[k];
                }
                for r in 0..N {
                    for c in 0..N {
                        p[r][c] += w * (old[i].p[r][c] + d[r] * d[c]);
                    }
                }
            }
            self.modes[j] = Mode { x, p };
            self.mu[j] = total;
        }
    }

    /// Folds in a place of the hull's centre that was true `lag_s` before the belief's time.
    /// Returns the squared innovation of the likeliest mode.
    pub fn see(&mut self, place: Pair, lag_s: f64, agility: &Agility) -> f64 {
        let mut rows = [[0.0; N]; 2];
        for (k, row) in rows.iter_mut().enumerate() {
            row[k] = 1.0;
            row[VE + k] = -lag_s;
        }
        self.update(&rows, place, |q| q * lag_s.powi(3) / 3.0, agility)
    }

    /// Folds in an antenna's place.
    pub fn hear(&mut self, place: Pair, heading_rad: f64, lag_s: f64, agility: &Agility) -> f64 {
        let turn = turned(heading_rad);
        let mut rows = [[0.0; N]; 2];
        for (k, row) in rows.iter_mut().enumerate() {
            row[k] = 1.0;
            row[VE + k] = -lag_s;
            row[AHEAD] = turn[k][0];
            row[AHEAD + 1] = turn[k][1];
        }
        self.update(&rows, place, |q| q * lag_s.powi(3) / 3.0, agility)
    }

    /// Folds in a velocity.
    pub fn go(&mut self, velocity: Pair, lag_s: f64, agility: &Agility) -> f64 {
        let mut rows = [[0.0; N]; 2];
        for (k, row) in rows.iter_mut().enumerate() {
            row[VE + k] = 1.0;
        }
        self.update(&rows, velocity, |q| q * lag_s, agility)
    }

    /// Folds in where the antenna lies, as the vessel itself says.
    pub fn learn_lever(&mut self, lever: &Lever, agility: &Agility) {
        let mut rows = [[0.0; N]; 2];
        for (k, row) in rows.iter_mut().enumerate() {
            row[AHEAD + k] = 1.0;
        }
        let r = [lever.sigma[0].powi(2), 0.0, lever.sigma[1].powi(2)];
        self.update(&rows, Pair { z: lever.mean, r }, |_| 0.0, agility);
    }

    /// Doubts where the antenna is: adds variance forward and to starboard, m².
    pub fn loosen_lever(&mut self, ahead_m2: f64, aside_m2: f64) {
        for mode in &mut self.modes {
            mode.p[AHEAD][AHEAD] += ahead_m2;
            mode.p[AHEAD + 1][AHEAD + 1] += aside_m2;
        }
    }

    /// Forgets where the antenna was thought to be.
    pub fn reset_lever(&mut self, lever: &Lever) {
        for mode in &mut self.modes {
            for (k, (mean, sigma)) in lever.mean.iter().zip(lever.sigma).enumerate() {
                let i = AHEAD + k;
                mode.x[i] = *mean;
                for c in 0..N {
                    mode.p[i][c] = 0.0;
                    mode.p[c][i] = 0.0;
                }
                mode.p[i][i] = sigma * sigma;
            }
        }
    }

    /// Widens everything that is known of place and speed.
    pub fn widen(&mut self, factor: f64) {
        for mode in &mut self.modes {
            for row in &mut mode.p {
                for value in row {
                    *value *= factor;
                }
            }
            mode.bound();
        }
    }

    /// How surprising an antenna's place would be: squared innovation by the combined belief.
    pub fn surprise_of_antenna(&self, place: Pair, heading_rad: f64, lag_s: f64, agility: &Agility) -> f64 {
        let turn = turned(heading_rad);
        let mut rows = [[0.0; N]; 2];
        for (k, row) in rows.iter_mut().enumerate() {
            row[k] = 1.0;
            row[VE + k] = -lag_s;
            row[AHEAD] = turn[k][0];
            row[AHEAD + 1] = turn[k][1];
        }
        let extra = |q: f64| q * lag_s.abs().powi(3) / 3.0;
        let least = self.modes.iter().zip(&agility.q).map(|(mode, q)| {
            let (nu, s, _) = mode.innovation(&rows, &place, extra(*q));
            squared(nu, s)
        });
        least.fold(f64::INFINITY, f64::min)
    }

    fn update(&mut self, rows: &Rows, z: Pair, extra: impl Fn(f64) -> f64, agility: &Agility) -> f64 {
        let mut log = [0.0; MODES];
        let mut least = f64::INFINITY;
        for (k, mode) in self.modes.iter_mut().enumerate() {
            let (nu, s, gain_base) = mode.innovation(rows, &z, extra(agility.q[k]));
            let d2 = squared(nu, s);
            log[k] = -0.5 * (d2 + determinant(s).max(1e-300).ln());
            least = least.min(d2);
            mode.fold(nu, s, &gain_base);
        }
        let best = log.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if best.is_finite() {
            let mut total = 0.0;
            for (mu, log) in self.mu.iter_mut().zip(log) {
                *mu = (*mu * (log - best).exp()).max(LEAST);
                total += *mu;
            }
            for mu in &mut self.mu {
                *mu /= total;
            }
        }
        least
    }

    /// The belief of place and speed as one Gaussian.
    pub fn combined(&self) -> Filter {
        let mut x = [0.0; 4];
        for (mode, mu) in self.modes.iter().zip(self.mu) {
            for k in 0..4 {
                x[k] += mu * mode.x[k];
            }
        }
        let mut p = Matrix4::zeros();
        for (mode, mu) in self.modes.iter().zip(self.mu) {
            for r in 0..4 {
                for c in 0..4 {
                    p[(r, c)] += mu * (mode.p[r][c] + (mode.x[r] - x[r]) * (mode.x[c] - x[c]));
                }
            }
        }
        Filter { mean: Vector4::new(x[0], x[1], x[2], x[3]), covariance: (p + p.transpose()) * 0.5 }
    }

    /// Acceleration density for a prediction of the combined belief, m²/s³.
    pub fn density(&self, agility: &Agility) -> f64 {
        self.mu.iter().zip(agility.q).map(|(mu, q)| mu * q).sum()
    }

    /// Mean place of the antenna about the centre, forward and starboard, metres, and its variances.
    pub fn antenna(&self) -> ([f64; 2], [f64; 2]) {
        let (mut mean, mut variance) = ([0.0; 2], [0.0; 2]);
        for (mode, mu) in self.modes.iter().zip(self.mu) {
            for k in 0..2 {
                mean[k] += mu * mode.x[AHEAD + k];
                variance[k] += mu * mode.p[AHEAD + k][AHEAD + k];
            }
        }
        (mean, variance)
    }

    /// The same belief in another plane.
    pub fn carried(&self, from: &Filter, e_m: f64, n_m: f64, jacobian: [[f64; 2]; 2]) -> Self {
        let mut moved = *self;
        for mode in &mut moved.modes {
            let (de, dn) = (mode.x[0] - from.mean.x, mode.x[1] - from.mean.y);
            let [[ee, en], [ne, nn]] = jacobian;
            (mode.x[0], mode.x[1]) = (e_m + ee * de + en * dn, n_m + ne * de + nn * dn);
            (mode.x[2], mode.x[3]) = (ee * mode.x[2] + en * mode.x[3], ne * mode.x[2] + nn * mode.x[3]);
            for base in [0, 2] {
                mode.combine_rows(base, jacobian);
            }
            mode.settle();
        }
        moved
    }

    pub fn is_sound(&self) -> bool {
        let finite = self.modes.iter().all(|mode| {
            mode.x.iter().chain(mode.p.iter().flatten()).all(|v| v.is_finite())
                && (0..N).all(|k| mode.p[k][k] > 0.0)
        });
        finite && (self.mu.iter().sum::<f64>() - 1.0).abs() < 1e-9
    }

    /// Keeps the speed within what this kind of vessel can do, metres per second.
    pub fn limit_speed(&mut self, most_mps: f64) {
        for mode in &mut self.modes {
            let speed = mode.x[2].hypot(mode.x[3]);
            if speed > most_mps {
                mode.x[2] *= most_mps / speed;
                mode.x[3] *= most_mps / speed;
            }
        }
    }
}

fn fill(p: &mut Matrix, base: usize, [ee, en, nn]: [f64; 3]) {
    p[base][base] = ee;
    p[base][base + 1] = en;
    p[base + 1][base] = en;
    p[base + 1][base + 1] = nn;
}

/// Columns: where forward and starboard lie, in east and north.
fn turned(heading_rad: f64) -> [[f64; 2]; 2] {
    let (sin, cos) = heading_rad.sin_cos();
    [[sin, cos], [cos, -sin]]
}

fn determinant(s: [f64; 3]) -> f64 {
    s[0] * s[2] - s[1] * s[1]
}

/// Squared length of a vector by a covariance.
pub(crate) fn squared(nu: [f64; 2], s: [f64; 3]) -> f64 {
    let det = determinant(s);
    if det <= 0.0 {
        return f64::INFINITY;
    }
    (s[2] * nu[0] * nu[0] - 2.0 * s[1] * nu[0] * nu[1] + s[0] * nu[1] * nu[1]) / det
}

/// Natural logarithm of a two-dimensional Gaussian.
pub(crate) fn log_gaussian(nu: [f64; 2], s: [f64; 3]) -> f64 {
    -0.5 * (squared(nu, s) + determinant(s).max(1e-300).ln()) - std::f64::consts::TAU.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One axis of places, by hand: birth P = diag(36, 100), dt = 10 s, q = 0.05 m²/s³, sigma 6 m, so
    /// P' = [[36 + 100*100 + 0.05*1000/3, 100*10 + 0.05*100/2], [.., 100 + 0.05*10]] and K = P' H' / (P'11 + 36).
    #[test]
    fn two_places_give_the_textbook_state() {
        let place = |e: f64| Pair { z: [e, 0.0], r: [36.0, 0.0, 36.0] };
        let agility = Agility { q: [0.05; 3], q_turn: 0.0, most_mps: 100.0, calm_s: 1200.0 };
        let lever = Lever { mean: [0.0; 2], sigma: [5.0; 2], known: true };
        let mut imm = Imm::born(place(0.0), Pair { z: [0.0; 2], r: [100.0, 0.0, 100.0] }, &lever, None);
        imm.predict(10.0, &agility, &lever);
        imm.see(place(60.0), 0.0, &agility);
        let belief = imm.combined();
        let (p11, p12, p22) = (36.0 + 10_000.0 + 50.0 / 3.0, 1000.0 + 2.5, 100.5);
        let s = p11 + 36.0;
        let near =
            |value: f64, expected: f64| assert!((value - expected).abs() < 1e-3, "{value}, not {expected}");
        near(belief.mean.x, 60.0 * p11 / s);
        near(belief.mean.z, 60.0 * p12 / s);
        near(belief.covariance.m11, p11 * 36.0 / s);
        near(belief.covariance.m13, p12 * 36.0 / s);
        near(belief.covariance.m33, p22 - p12 * p12 / s);
        near(belief.covariance.m22, belief.covariance.m11);
        near(belief.mean.y, 0.0);
    }

    /// A turn of 3° a second at 10 m/s, seen every 3 s to 10 m: the turning mode wins, and its rate is right.
    #[test]
    fn a_turn_is_recognised() {
        let agility = Agility { q: [0.01, 1.0, 0.01], q_turn: 4e-6, most_mps: 100.0, calm_s: 1200.0 };
        let lever = Lever { mean: [0.0; 2], sigma: [5.0; 2], known: true };
        let rate = 3.0_f64.to_radians();
        let at = |t: f64| {
            let r = 10.0 / rate;
            Pair { z: [r * (1.0 - (rate * t).cos()), r * (rate * t).sin()], r: [100.0, 0.0, 100.0] }
        };
        let mut imm = Imm::born(at(0.0), Pair { z: [0.0, 10.0], r: [1.0, 0.0, 1.0] }, &lever, None);
        for step in 1..40 {
            imm.predict(3.0, &agility, &lever);
            imm.see(at(f64::from(step) * 3.0), 0.0, &agility);
            assert!(imm.is_sound());
        }
        assert!(imm.mu[TURNING] > 0.6 && imm.mu[0] < 0.2, "{:?}", imm.mu);
        assert!((imm.modes[TURNING].x[TURN] + rate).abs() < 0.02, "{}", imm.modes[TURNING].x[TURN]);
    }

    /// A radar that sees the hull teaches where the antenna is: 60 m aft, bow to the east.
    #[test]
    fn radar_teaches_where_the_antenna_is() {
        let agility = Agility { q: [0.001, 0.05, 0.001], q_turn: 2e-8, most_mps: 25.0, calm_s: 1200.0 };
        let lever = Lever { mean: [0.0; 2], sigma: [45.0, 8.0], known: false };
        let heading = std::f64::consts::FRAC_PI_2;
        let pair = |e: f64, sigma: f64| Pair { z: [e, 0.0], r: [sigma * sigma, 0.0, sigma * sigma] };
        let mut imm = Imm::born(pair(-60.0, 3.0), pair(5.0, 0.1), &lever, Some(heading));
        for step in 1..100 {
            let t = f64::from(step) * 3.0;
            imm.predict(3.0, &agility, &lever);
            imm.see(pair(5.0 * t, 15.0), 0.0, &agility);
            imm.hear(pair(5.0 * t - 60.0, 3.0), heading, 0.0, &agility);
            imm.go(pair(5.0, 0.1), 0.0, &agility);
        }
        let ([ahead, aside], _) = imm.antenna();
        assert!((ahead + 60.0).abs() < 3.0 && aside.abs() < 3.0, "{ahead} {aside}");
        assert!((imm.combined().mean.x - 1485.0).abs() < 3.0);
    }
}
