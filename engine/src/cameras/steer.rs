//! From a path and what a camera says of itself to what it is told next: far away it is sent to where the thing will be
//! when it gets there; near, it turns as fast as the thing moves, and a little faster or slower until it is on it.

use units::UtcTime;
use watch::cue::geometry::{reachable_pan, turn};
use watch::cue::{Aim, Camera, Pose};

/// What a camera is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wish {
    /// Nothing new.
    Nothing,
    /// Go to this pan, tilt (its own degrees) and field of view.
    Go {
        /// Its pan, degrees.
        pan_deg: f64,
        /// Its tilt, degrees.
        tilt_deg: f64,
        /// Horizontal, degrees.
        fov_deg: f64,
    },
    /// Turn at these speeds, degrees a second.
    Turn {
        /// Of its pan.
        pan_deg_s: f64,
        /// Of its tilt.
        tilt_deg_s: f64,
    },
    /// Stop turning.
    Stop,
}

/// Where it looks, in its own degrees, and when that was so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Looks {
    /// When.
    pub at: UtcTime,
    /// Its pan.
    pub pan_deg: f64,
    /// Its tilt.
    pub tilt_deg: f64,
    /// Horizontal field of view.
    pub fov_deg: f64,
    /// It told so itself.
    pub is_told: bool,
}

/// What was told last.
#[derive(Clone, Debug, Default)]
pub struct Steering {
    /// It is under way to there until then; no use to disturb it.
    going: Option<(UtcTime, Pose)>,
    /// It turns at this speed since then.
    turning: Option<([f64; 2], UtcTime)>,
    /// What it turned at before that, while the new has not taken hold.
    before: [f64; 2],
}

/// Further off than this many fields of view, or degrees, it is sent.
const FAR_FOV: f64 = 1.5;
const FAR_DEG: f64 = 1.0;
/// A field of view that is wrong by this part is set anew.
const ZOOM: f64 = 0.12;
/// How fast what is left is made good, a second.
const GAIN_PER_S: f64 = 0.9;
/// Speeds that differ by less than this part of the field of view a second are the same.
const SAME: f64 = 0.01;
/// A speed is said again after this: cameras forget, seconds.
const AGAIN_S: f64 = 1.0;
/// Off by this part of the field of view, one that only goes to places is sent again.
const AGAIN_FOV: f64 = 0.06;

impl Steering {
    /// What to say now. `turns`: it can be told speeds finely enough to follow by them.
    pub fn next(
        &mut self,
        camera: &Camera,
        aim: Option<&Aim>,
        looks: &Looks,
        turns: bool,
        now: UtcTime,
    ) -> Wish {
        let Some(aim) = aim else {
            self.going = None;
            return match self.turning.take() {
                Some(_) => Wish::Stop,
                None => Wish::Nothing,
            };
        };
        if let Some((until, to)) = self.going {
            let is_same = {
                let wanted = aim.pose_at(until);
                turn(wanted.azimuth_deg, to.azimuth_deg).abs() < aim.fov_deg
                    && (wanted.elevation_deg - to.elevation_deg).abs() < aim.fov_deg
                    && (wanted.fov_deg / to.fov_deg).ln().abs() < ZOOM
            };
            if now < until && is_same {
                return Wish::Nothing;
            }
            self.going = None;
        }
        // What is said now is done when the camera has heard it.
        let heard = now.plus_s(camera.latency_s);
        let wanted = aim.pose_at(heard);
        let (pan_to, tilt_to) = camera.mount.angles(wanted.azimuth_deg, wanted.elevation_deg);
        let [pan_now, tilt_now] = self.carried(camera, looks, heard);
        let pan_to = reachable_pan(pan_to, camera.pan_deg, pan_now).unwrap_or(pan_now);
        let (d_pan, d_tilt) = (pan_to - pan_now, tilt_to - tilt_now);
        let off_deg = (d_pan * wanted.elevation_deg.to_radians().cos()).hypot(d_tilt);
        let far_deg = (FAR_FOV * aim.fov_deg).max(FAR_DEG);
        let is_zoomed = (looks.fov_deg / aim.fov_deg).ln().abs() < ZOOM;
        let strays = !turns && off_deg > AGAIN_FOV * aim.fov_deg;
        if off_deg > far_deg || !is_zoomed || strays {
            return self.go(camera, aim, looks, now);
        }
        if turns { self.turn(camera, aim, [d_pan, d_tilt], now) } else { Wish::Nothing }
    }

    /// Where it will look at an instant, as it turns now.
    fn carried(&self, camera: &Camera, looks: &Looks, until: UtcTime) -> [f64; 2] {
        let Some((rates, since)) = self.turning else { return [looks.pan_deg, looks.tilt_deg] };
        let takes_hold = since.plus_s(camera.latency_s);
        let old_s = takes_hold.since(looks.at).clamp(0.0, until.since(looks.at).max(0.0));
        let new_s = (until.since(looks.at) - old_s).max(0.0);
        let [pan, tilt] = rates;
        let [pan_before, tilt_before] = self.before;
        [
            looks.pan_deg + pan_before * old_s + pan * new_s,
            looks.tilt_deg + tilt_before * old_s + tilt * new_s,
        ]
    }

    fn go(&mut self, camera: &Camera, aim: &Aim, looks: &Looks, now: UtcTime) -> Wish {
        let (azimuth_deg, elevation_deg) = camera.mount.direction(looks.pan_deg, looks.tilt_deg);
        let from = Pose { azimuth_deg, elevation_deg, fov_deg: looks.fov_deg };
        let mut until = now.plus_s(camera.latency_s);
        for _ in 0..2 {
            let to = aim.pose_at(until);
            until = now.plus_s(camera.latency_s + camera.slew_s(&from, &to));
        }
        let to = aim.pose_at(until);
        let (pan, tilt_deg) = camera.mount.angles(to.azimuth_deg, to.elevation_deg);
        let Some(pan_deg) = reachable_pan(pan, camera.pan_deg, looks.pan_deg) else { return Wish::Nothing };
        let [low, high] = camera.tilt_deg;
        (self.going, self.turning, self.before) = (Some((until, to)), None, [0.0; 2]);
        Wish::Go { pan_deg, tilt_deg: tilt_deg.clamp(low, high), fov_deg: to.fov_deg }
    }

    fn turn(&mut self, camera: &Camera, aim: &Aim, [d_pan, d_tilt]: [f64; 2], now: UtcTime) -> Wish {
        let sign = |reversed: bool| if reversed { -1.0 } else { 1.0 };
        let [pan_v, tilt_v] = camera.speed_deg_s;
        let (pan_sign, tilt_sign) = (sign(camera.mount.pan_reversed), sign(camera.mount.tilt_reversed));
        let pan_deg_s = (pan_sign * aim.azimuth_deg_s + GAIN_PER_S * d_pan).clamp(-pan_v, pan_v);
        let tilt_deg_s = (tilt_sign * aim.elevation_deg_s + GAIN_PER_S * d_tilt).clamp(-tilt_v, tilt_v);
        let rates = [pan_deg_s, tilt_deg_s];
        if let Some((old, since)) = self.turning {
            let differs = old.iter().zip(rates).any(|(old, new)| (old - new).abs() > SAME * aim.fov_deg);
            if !differs && now.since(since) < AGAIN_S {
                return Wish::Nothing;
            }
            self.before = old;
        } else {
            self.before = [0.0; 2];
        }
        self.turning = Some((rates, now));
        Wish::Turn { pan_deg_s, tilt_deg_s }
    }
}
