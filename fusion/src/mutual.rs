#![allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "fixed arrays, indices below their length"
)]
//! Radars that no ship teaches where it is teach each other.
//!
//! Two radars that see one vessel within seconds put it in two places. From one vessel that says little; from several in
//! several directions it follows how wrong each of the two is in range and azimuth: a Kalman filter of four numbers for
//! each pair. What ships that report have taught a radar is taken as it is.

use crate::plane::Ecef;
use crate::radar::Echo;
use crate::{Fusion, TrackId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::UtcTime;

/// Two radars, by their place among all, and what was learnt of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pair {
    places: [usize; 2],
    /// Range, metres, and azimuth, radians, of the one and of the other.
    theta: [f64; 4],
    p: [[f64; 4]; 4],
    ships: [Option<TrackId>; SHIPS],
}

/// Where a radar saw a vessel last, as measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sight {
    place: usize,
    stamped: UtcTime,
    at: Ecef,
    measured: (f64, f64),
    /// In the plane of that radar: ee, en, nn.
    r: [f64; 3],
    taught: Option<UtcTime>,
}

pub(crate) type Sights = BTreeMap<TrackId, Sight>;

const SHIPS: usize = 6;
const PAIRS_MOST: usize = 64;
const SIGHTS_MOST: usize = 1000;
const RANGE_SIGMA_M: f64 = 33.0;
const AZIMUTH_SIGMA_RAD: f64 = 0.0055;
/// Two sights of one vessel are compared within this, seconds.
const WITHIN_S: f64 = 3.0;
/// One vessel counts as one witness in this time, and teaches no sooner than that.
const WITNESS_S: f64 = 30.0;
const AGAIN_S: f64 = 5.0;
/// Nearer to a radar an azimuth says little.
const FROM_M: f64 = 1500.0;
/// Squared distance (two degrees of freedom) beyond which they were two vessels.
const FOREIGN: f64 = 16.0;
/// From here on what was learnt is used: metres, radians.
const SURE: [f64; 2] = [12.0, 0.0015];
/// What echoes of one vessel to two sides of it have apart, metres.
const SIDES_M: f64 = 5.0;

impl Fusion {
    /// A radar saw a vessel: if another one did so just before, both learn.
    pub(crate) fn compare(&mut self, place: usize, echo: &Echo, id: TrackId) {
        let Some(measured) = echo.measured.filter(|_| echo.range_m > FROM_M) else { return };
        let Some(radar) = self.radars.get(place) else { return };
        if self.radars.len() < 2 || self.radars.iter().all(|radar| radar.registration.is_taught()) {
            self.sights.clear();
            return;
        }
        let (sin, cos) = measured.1.sin_cos();
        let at = radar.plane.lift(measured.0 * sin, measured.0 * cos);
        let (along, across) = echo.size_m.unwrap_or((50.0, 50.0));
        let radial = echo.sigmas.0.powi(2) + (3.0 + 0.09 * along.min(250.0)).powi(2);
        let cross = (echo.sigmas.1 * measured.0).powi(2) + (3.0 + 0.09 * across.min(250.0)).powi(2);
        let r = [
            radial * sin * sin + cross * cos * cos,
            (radial - cross) * sin * cos,
            radial * cos * cos + cross * sin * sin,
        ];
        let mut sight = Sight { place, stamped: echo.stamped, at, measured, r, taught: None };
        if let Some(before) = self.sights.get(&id).copied() {
            sight.taught = before.taught;
            let dt_s = echo.stamped.since(before.stamped);
            let since_s = before.taught.map_or(WITNESS_S, |taught| echo.stamped.since(taught));
            if before.place != place && dt_s.abs() < WITHIN_S && since_s >= AGAIN_S {
                self.meet(&before, &sight, since_s, id);
                sight.taught = Some(echo.stamped);
            }
        } else if self.sights.len() >= SIGHTS_MOST {
            let newest = echo.stamped;
            self.sights.retain(|_, sight| newest.since(sight.stamped) < WITNESS_S);
            if self.sights.len() >= SIGHTS_MOST {
                return;
            }
        }
        self.sights.insert(id, sight);
    }

    fn meet(&mut self, before: &Sight, after: &Sight, since_s: f64, id: TrackId) {
        let Some(track) = self.entry(id).map(|entry| &entry.track) else { return };
        let dt_s = after.stamped.since(before.stamped);
        let (ve, vn) = (track.filter.mean.z, track.filter.mean.w);
        let plane = track.plane;
        let turned = |sight: &Sight| {
            self.radars.get(sight.place).map(|radar| {
                let turn = radar.plane.turned_into(&plane);
                let (sin, cos) = sight.measured.1.sin_cos();
                let far_m = sight.measured.0;
                // How its place moves with what is wrong of range and of azimuth.
                let by = [[sin, far_m * cos], [cos, -far_m * sin]];
                let rows = [0, 1].map(|i| [0, 1].map(|k| turn[i][0] * by[0][k] + turn[i][1] * by[1][k]));
                (plane.flatten(sight.at), rows, crate::track::rotated(sight.r, turn))
            })
        };
        let (Some(one), Some(other)) = (turned(before), turned(after)) else { return };
        let nu = [other.0.0 - one.0.0 - ve * dt_s, other.0.1 - one.0.1 - vn * dt_s];
        let more = SIDES_M.powi(2) * (WITNESS_S / since_s.clamp(1.0, WITNESS_S)) + (0.5 * dt_s).powi(2);
        let r = [one.2[0] + other.2[0] + more, one.2[1] + other.2[1], one.2[2] + other.2[2] + more];
        let swap = before.place > after.place;
        let places = [before.place.min(after.place), before.place.max(after.place)];
        let mut rows = [[0.0; 4]; 2];
        for i in 0..2 {
            for k in 0..2 {
                let (first, second) = if swap { (2 + k, k) } else { (k, 2 + k) };
                rows[i][first] = -one.1[i][k];
                rows[i][second] = other.1[i][k];
            }
        }
        let known = places.map(|place| {
            self.radars.get(place).filter(|radar| radar.registration.is_taught()).map(|radar| {
                let registration = &radar.registration;
                let [range, azimuth, _] = registration.sigmas();
                ([registration.range_m(), registration.azimuth_rad()], [range, azimuth])
            })
        });
        let place = self.pairs.iter().position(|pair| pair.places == places);
        if place.is_none() && self.pairs.len() >= PAIRS_MOST {
            return;
        }
        let place = place.unwrap_or_else(|| {
            self.pairs.push(Pair::new(places));
            self.pairs.len() - 1
        });
        let Some(pair) = self.pairs.get_mut(place) else { return };
        for (k, known) in known.into_iter().enumerate() {
            if let Some((theta, sigma)) = known {
                pair.know(k, theta, sigma);
            }
        }
        pair.learn(&rows, nu, r, id);
        let lent = [0, 1].map(|k| pair.lent(k));
        for (place, lent) in places.into_iter().zip(lent) {
            if let (Some(radar), Some((theta, sigma))) = (self.radars.get_mut(place), lent) {
                radar.registration.borrow(theta, sigma);
            }
        }
    }
}

impl Pair {
    fn new(places: [usize; 2]) -> Self {
        let mut p = [[0.0; 4]; 4];
        for k in 0..4 {
            p[k][k] = if k % 2 == 0 { RANGE_SIGMA_M } else { AZIMUTH_SIGMA_RAD }.powi(2);
        }
        Self { places, theta: [0.0; 4], p, ships: [None; SHIPS] }
    }

    /// What ships have taught one of the two.
    fn know(&mut self, which: usize, theta: [f64; 2], sigma: [f64; 2]) {
        for k in 0..2 {
            let i = which * 2 + k;
            if self.p[i][i] > 4.0 * sigma[k] * sigma[k] {
                let mut row = [0.0; 4];
                row[i] = 1.0;
                self.fold(row, theta[k] - self.theta[i], sigma[k] * sigma[k]);
            }
        }
    }

    fn learn(&mut self, rows: &[[f64; 4]; 2], z: [f64; 2], r: [f64; 3], ship: TrackId) {
        let mut nu = z;
        let mut s = r;
        for i in 0..4 {
            for k in 0..2 {
                nu[k] -= rows[k][i] * self.theta[i];
            }
            for j in 0..4 {
                s[0] += rows[0][i] * self.p[i][j] * rows[0][j];
                s[1] += rows[0][i] * self.p[i][j] * rows[1][j];
                s[2] += rows[1][i] * self.p[i][j] * rows[1][j];
            }
        }
        if crate::imm::squared(nu, s) > FOREIGN {
            return;
        }
        // One number after the other, the second without what it shares with the first.
        let share = r[1] / r[0];
        let mut second = rows[1];
        for i in 0..4 {
            second[i] -= share * rows[0][i];
        }
        let of = |row: &[f64; 4], theta: &[f64; 4]| (0..4).map(|i| row[i] * theta[i]).sum::<f64>();
        self.fold(rows[0], z[0] - of(&rows[0], &self.theta), r[0]);
        self.fold(second, z[1] - share * z[0] - of(&second, &self.theta), r[2] - share * r[1]);
        if !self.ships.contains(&Some(ship))
            && let Some(free) = self.ships.iter_mut().find(|ship| ship.is_none())
        {
            *free = Some(ship);
        }
    }

    fn fold(&mut self, row: [f64; 4], nu: f64, r: f64) {
        let mut cross = [0.0; 4];
        for i in 0..4 {
            cross[i] = (0..4).map(|j| self.p[i][j] * row[j]).sum();
        }
        let s = r + (0..4).map(|i| row[i] * cross[i]).sum::<f64>();
        for i in 0..4 {
            self.theta[i] += cross[i] / s * nu;
            for j in 0..=i {
                let value = self.p[i][j] - cross[i] * cross[j] / s;
                (self.p[i][j], self.p[j][i]) = (value, value);
            }
        }
    }

    /// What one of the two is thought to add, and how sure that is, once it is.
    fn lent(&self, which: usize) -> Option<([f64; 2], [f64; 2])> {
        let i = which * 2;
        let sigma = [self.p[i][i].max(0.0).sqrt(), self.p[i + 1][i + 1].max(0.0).sqrt()];
        let sure = self.ships[SHIPS - 1].is_some() && sigma[0] < SURE[0] && sigma[1] < SURE[1];
        sure.then_some(([self.theta[i], self.theta[i + 1]], sigma))
    }
}
