#![allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "fixed arrays, indices below their length"
)]
//! One model of motion: how its belief goes on, and what a measurement makes of it.

use super::{AHEAD, Lever, Mode, N, Pair, Rows, TURN, TURN_VARIANCE, VE, determinant};

const TURN_DECAY_S: f64 = 60.0;
/// Nothing that floats turns faster, radians per second.
const TURN_MOST: f64 = 0.5;
/// Relative to what it would be without covariance.
const SINGULAR: f64 = 1e-12;
/// The error of a satellite position keeps its value about this long.
const SATELLITE_S: f64 = 300.0;
/// An antenna whose place on board is not known does not move, m²/s.
const UNKNOWN_LEVER_DRIFT: f64 = 0.002;

impl Mode {
    /// Straight on: place gains rate times time.
    pub(super) fn run(&mut self, dt: f64) {
        for k in 0..2 {
            self.x[k] += dt * self.x[VE + k];
            for c in 0..N {
                self.p[k][c] += dt * self.p[VE + k][c];
            }
        }
        for row in &mut self.p {
            row[0] += dt * row[VE];
            row[1] += dt * row[VE + 1];
        }
    }

    pub(super) fn turn(&mut self, dt: f64) {
        let w = self.x[TURN];
        let (ve, vn) = (self.x[2], self.x[3]);
        let angle = w * dt;
        let (sin, cos) = angle.sin_cos();
        // Along and across, per unit of speed; and how both change with the rate of turn.
        let (a, b, da, db) = if angle.abs() > 1e-3 {
            let (a, b) = (sin / w, (1.0 - cos) / w);
            (a, b, (dt * cos - a) / w, (dt * sin - b) / w)
        } else {
            (dt * (1.0 - angle * angle / 6.0), dt * angle * 0.5, -w * dt.powi(3) / 3.0, dt * dt * 0.5)
        };
        self.x[0] += a * ve - b * vn;
        self.x[1] += b * ve + a * vn;
        self.x[2] = cos * ve - sin * vn;
        self.x[3] = sin * ve + cos * vn;
        let decay = (-dt / TURN_DECAY_S).exp();
        self.x[TURN] *= decay;
        let by_turn =
            [da * ve - db * vn, db * ve + da * vn, -dt * (sin * ve + cos * vn), dt * (cos * ve - sin * vn)];
        let step = |e: f64, n: f64, ve: f64, vn: f64, w: f64| {
            [
                e + a * ve - b * vn + by_turn[0] * w,
                n + b * ve + a * vn + by_turn[1] * w,
                cos * ve - sin * vn + by_turn[2] * w,
                sin * ve + cos * vn + by_turn[3] * w,
                decay * w,
            ]
        };
        for c in 0..N {
            let p = &self.p;
            let [e, n, ve, vn, w] = step(p[0][c], p[1][c], p[2][c], p[3][c], p[TURN][c]);
            (self.p[0][c], self.p[1][c], self.p[2][c], self.p[3][c], self.p[TURN][c]) = (e, n, ve, vn, w);
        }
        for row in &mut self.p {
            let [e, n, ve, vn, w] = step(row[0], row[1], row[2], row[3], row[TURN]);
            (row[0], row[1], row[2], row[3], row[TURN]) = (e, n, ve, vn, w);
        }
    }

    pub(super) fn noise(&mut self, dt: f64, q: f64, q_turn: f64) {
        let (pp, pv, vv) = (q * dt.powi(3) / 3.0, q * dt * dt / 2.0, q * dt);
        for k in 0..2 {
            self.p[k][k] += pp;
            self.p[k][VE + k] += pv;
            self.p[VE + k][k] += pv;
            self.p[VE + k][VE + k] += vv;
        }
        self.p[TURN][TURN] += q_turn * dt;
    }

    pub(super) fn forget_turn(&mut self) {
        self.x[TURN] = 0.0;
        for k in 0..N {
            self.p[TURN][k] = 0.0;
            self.p[k][TURN] = 0.0;
        }
        self.p[TURN][TURN] = TURN_VARIANCE;
    }

    pub(super) fn lever(&mut self, dt: f64, lever: &Lever) {
        if !lever.known {
            self.p[AHEAD][AHEAD] += UNKNOWN_LEVER_DRIFT * dt;
            self.p[AHEAD + 1][AHEAD + 1] += UNKNOWN_LEVER_DRIFT * dt;
            return;
        }
        let keep = 1.0 - dt.min(SATELLITE_S) / SATELLITE_S;
        for k in 0..2 {
            let i = AHEAD + k;
            self.x[i] = lever.mean[k] + keep * (self.x[i] - lever.mean[k]);
            for c in 0..N {
                self.p[i][c] *= keep;
            }
            for row in &mut self.p {
                row[i] *= keep;
            }
            self.p[i][i] += (1.0 - keep * keep) * lever.sigma[k].powi(2);
        }
    }

    /// Innovation, its covariance (ee, en, nn), and covariance of the state with what is measured.
    pub(super) fn innovation(
        &self,
        rows: &Rows,
        z: &Pair,
        extra: f64,
    ) -> ([f64; 2], [f64; 3], [[f64; 2]; N]) {
        let mut nu = z.z;
        let mut cross = [[0.0; 2]; N];
        for k in 0..2 {
            for c in 0..N {
                nu[k] -= rows[k][c] * self.x[c];
            }
            for (r, out) in cross.iter_mut().enumerate() {
                let mut sum = 0.0;
                for c in 0..N {
                    sum += self.p[r][c] * rows[k][c];
                }
                out[k] = sum;
            }
        }
        let mut s = [z.r[0] + extra, z.r[1], z.r[2] + extra];
        for c in 0..N {
            s[0] += rows[0][c] * cross[c][0];
            s[1] += rows[0][c] * cross[c][1];
            s[2] += rows[1][c] * cross[c][1];
        }
        (nu, s, cross)
    }

    pub(super) fn fold(&mut self, nu: [f64; 2], s: [f64; 3], cross: &[[f64; 2]; N]) {
        let det = determinant(s);
        // Where what is measured no longer varies, arithmetic has lost the covariance: better to know less.
        if !(det.is_finite() && det > SINGULAR * s[0] * s[2]) {
            self.uncouple();
            return;
        }
        let inverse = [s[2] / det, -s[1] / det, s[0] / det];
        let mut gain = [[0.0; 2]; N];
        for (g, c) in gain.iter_mut().zip(cross) {
            *g = [c[0] * inverse[0] + c[1] * inverse[1], c[0] * inverse[1] + c[1] * inverse[2]];
        }
        for r in 0..N {
            self.x[r] += gain[r][0] * nu[0] + gain[r][1] * nu[1];
            for c in 0..=r {
                // K S K' = K (P H')'
                let value = self.p[r][c] - gain[r][0] * cross[c][0] - gain[r][1] * cross[c][1];
                self.p[r][c] = value;
                self.p[c][r] = value;
            }
        }
        self.bound();
    }

    /// Keeps every variance within what can be, and what it is coupled with true to that.
    pub(super) fn bound(&mut self) {
        const LEAST_VARIANCE: [f64; N] = [1e-2, 1e-2, 1e-4, 1e-4, 1e-2, 1e-2, 1e-10];
        const MOST_VARIANCE: [f64; N] = [1e12, 1e12, 1e6, 1e6, 1e6, 1e6, TURN_MOST * TURN_MOST];
        for k in 0..N {
            if self.p[k][k] > MOST_VARIANCE[k] {
                let scale = (MOST_VARIANCE[k] / self.p[k][k]).sqrt();
                for c in 0..N {
                    self.p[k][c] *= scale;
                    self.p[c][k] *= scale;
                }
            }
            if self.p[k][k] < LEAST_VARIANCE[k] {
                // What it would be coupled by no longer fits so small a variance.
                for c in 0..N {
                    (self.p[k][c], self.p[c][k]) = (0.0, 0.0);
                }
                self.p[k][k] = LEAST_VARIANCE[k];
            }
        }
        self.x[TURN] = self.x[TURN].clamp(-TURN_MOST, TURN_MOST);
    }

    /// Forgets what each has to do with the others.
    fn uncouple(&mut self) {
        for r in 0..N {
            for c in 0..N {
                if r != c || !self.p[r][c].is_finite() {
                    self.p[r][c] = 0.0;
                }
            }
        }
        self.bound();
    }

    pub(super) fn combine_rows(&mut self, base: usize, by: [[f64; 2]; 2]) {
        for c in 0..N {
            let (one, other) = (self.p[base][c], self.p[base + 1][c]);
            self.p[base][c] = by[0][0] * one + by[0][1] * other;
            self.p[base + 1][c] = by[1][0] * one + by[1][1] * other;
        }
        for row in &mut self.p {
            let (one, other) = (row[base], row[base + 1]);
            row[base] = by[0][0] * one + by[0][1] * other;
            row[base + 1] = by[1][0] * one + by[1][1] * other;
        }
    }

    pub(super) fn settle(&mut self) {
        for r in 0..N {
            for c in 0..r {
                let mean = (self.p[r][c] + self.p[c][r]) * 0.5;
                self.p[r][c] = mean;
                self.p[c][r] = mean;
            }
        }
        self.bound();
    }
}
