//! One echo of several vessels: a radar cannot part what lies within its pulse and beam.
//!
//! Such an echo is much longer than the longest of those whom it holds. It says that all of them are there, and of a
//! few under way where their common middle is; it is nobody's own.

use crate::imm::{Pair, squared};
use crate::picture::FIRST_CANDIDATE;
use crate::plane::Plane;
use crate::radar::{Echo, Radar};
use crate::track::rotated;
use crate::{Fusion, Life, Station, Track, TrackId};

use std::f64::consts::SQRT_2;

/// An echo shorter than this is of one, metres.
const LEAST_M: f64 = 60.0;
/// How far outside an echo one of it may be thought to be, metres.
const SLACK_M: f64 = 15.0;
/// An echo may be longer than the vessel by this share and so many metres.
const LONGER: f64 = 1.15;
const LONGER_M: f64 = 20.0;
/// Of whom nothing is known is hardly longer, metres: two side by side are commoner than one that long.
const UNKNOWN_M: f64 = 250.0;
/// Of more than so many, their common middle says little of each.
const FEW: usize = 3;
const GATE: f64 = 16.0;
/// How far their middle may lie from where their lengths put it, as a share of the echo.
const SHAKY: f64 = 0.2;

impl Fusion {
    /// Whether an echo is of several known vessels, and of which.
    pub(crate) fn holds_several(&self, radar: &Radar, echo: &Echo, out: &mut Vec<TrackId>) -> bool {
        out.clear();
        let Some((along_m, across_m)) = echo.size_m else { return false };
        let span_m = along_m.max(across_m);
        if span_m < LEAST_M {
            return false;
        }
        let [echo_e, echo_n] = echo.flat;
        let (sin, cos) = echo.azimuth_rad.sin_cos();
        let inside = |track: &Track| {
            let (e, n) = radar.plane.flatten(track.surface_at(echo.valid));
            let (de, dn) = (e - echo_e, n - echo_n);
            (de * sin + dn * cos).abs() < along_m * 0.5 + SLACK_M
                && (de * cos - dn * sin).abs() < across_m * 0.5 + SLACK_M
        };
        let mut longest_m: f64 = 0.0;
        self.find(echo.at, SQRT_2 * (0.5 * span_m + SLACK_M), echo.valid, out);
        out.retain(|&id| {
            let Some(entry) = self.tracks.get(id).filter(|_| id < FIRST_CANDIDATE) else { return false };
            let track = &entry.track;
            if track.station == Some(Station::Aircraft) || track.life == Life::Lost || !inside(track) {
                return false;
            }
            longest_m = longest_m.max(track.length_m().unwrap_or(UNKNOWN_M));
            true
        });
        out.sort_unstable();
        out.len() > 1 && span_m > LONGER * longest_m + LONGER_M
    }

    /// An echo of several.
    pub(crate) fn share(&mut self, place: usize, echo: &Echo, members: &[TrackId]) {
        let Some(radar) = self.radars.get(place) else { return };
        let (sensor, plane) = (radar.sensor, radar.plane);
        let middle = if members.len() > FEW { None } else { self.middle(&plane, echo, members) };
        for (k, &id) in members.iter().enumerate() {
            let now = self.now;
            let Some(entry) = self.tracks.get_mut(id) else { continue };
            let track = &mut entry.track;
            if let Some(look) = track.looks.of(sensor, echo.valid) {
                look.share(echo.valid);
            }
            track.heard_at = now;
            track.hear(echo.source, echo.arrival);
            if let Some(shift) = middle.as_ref().and_then(|middle| middle.get(k))
                && !track.lies_still()
            {
                track.recentre();
                let turn = plane.turned_into(&track.plane);
                track.take_shift(echo, turn, shift);
            }
            if self.track(id).is_some_and(|track| track.life == Life::Coasting) {
                self.live(id, Life::Confirmed);
            }
            self.place(id);
            self.touch(id);
        }
    }

    /// For each of a few, how far the common middle is from where it should be, and how sure that is, in the radar's
    /// plane; `None` where the middle is not theirs.
    fn middle(&self, plane: &Plane, echo: &Echo, members: &[TrackId]) -> Option<Vec<Pair>> {
        let tracks: Vec<&Track> = members.iter().filter_map(|&id| self.track(id)).collect();
        let weights: Vec<f64> =
            tracks.iter().map(|track| track.length_m().unwrap_or(50.0).max(5.0).powf(1.5)).collect();
        let total: f64 = weights.iter().sum();
        let [mut e, mut n] = echo.flat;
        let mut s = echo.r;
        // Which of them reflects more is not known.
        let shaky = echo.size_m.map_or(0.0, |(along, across)| (SHAKY * along.max(across)).powi(2));
        (s[0], s[2]) = (s[0] + shaky, s[2] + shaky);
        let mut beliefs = Vec::with_capacity(tracks.len());
        for (track, weight) in tracks.iter().zip(&weights) {
            let w = weight / total;
            let there = track.kinematics_at(plane, echo.valid);
            (e, n) = (e - w * there.e_m, n - w * there.n_m);
            let [[ee, en, ..], [_, nn, ..], ..] = there.covariance;
            for (sum, p) in s.iter_mut().zip([ee, en, nn]) {
                *sum += w * w * p;
            }
            beliefs.push((w, [ee, en, nn]));
        }
        if squared([e, n], s) > GATE {
            return None;
        }
        let shifts = beliefs.iter().map(|(w, p)| {
            let mut r = [0.0; 3];
            for k in 0..3 {
                let (s, p) = (s.get(k).copied().unwrap_or(0.0), p.get(k).copied().unwrap_or(0.0));
                if let Some(r) = r.get_mut(k) {
                    *r = (s - w * w * p) / w;
                }
            }
            Pair { z: [e, n], r }
        });
        Some(shifts.collect())
    }
}

impl Track {
    /// A common middle was found to lie so far, in the radar's plane, from where it should: so does this one, less
    /// surely.
    fn take_shift(&mut self, echo: &Echo, turn: [[f64; 2]; 2], shift: &Pair) {
        let [[a, b], [c, d]] = turn;
        let [e, n] = shift.z;
        self.take_place(echo.valid, |track, lag_s| {
            let (own_e, own_n) = track.filter.place_after(-lag_s);
            Pair { z: [own_e + a * e + b * n, own_n + c * e + d * n], r: rotated(shift.r, turn) }
        });
    }
}
