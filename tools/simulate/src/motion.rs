//! How a hull moves: it has a speed and a course and changes both only so fast. Nobody ever jumps.

use crate::plane::{ahead, bearing_deg, between, offset, wrap_deg};
use crate::random::Random;
use std::f64::consts::TAU;
use units::Position;

/// What a hull can do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Fastest turn, degrees per second.
    pub(crate) turn_dps: f64,
    /// Tightest turning circle, m.
    pub(crate) radius_m: f64,
    /// Speeding up and slowing down, m/s².
    pub(crate) accel_mps2: f64,
}

/// A point of a route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waypoint {
    pub(crate) at: Position,
    /// Fastest on the leg that leads here.
    pub(crate) limit_mps: f64,
    /// How long to lie still here; 0 to sail on.
    pub(crate) stop_s: f64,
}

/// What a vessel is about.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    /// Round and round a closed route.
    Route { points: Vec<Waypoint>, next: usize, stopped_until_s: Option<f64> },
    /// Here and there within a disc.
    Roam { centre: Position, radius_m: f64, slow_mps: f64, fast_mps: f64, idle: f64, until_s: f64 },
    /// Round an anchor: a slow turn with the tide, and yawing.
    Anchored {
        anchor: Position,
        scope_m: f64,
        heading_deg: f64,
        tide_dps: f64,
        yaw_deg: f64,
        period_s: f64,
        phase: f64,
    },
    /// Alongside.
    Moored,
}

/// A hull, where it is and what it does next.
#[derive(Clone, Debug)]
pub(crate) struct Helm {
    /// Middle of the hull.
    pub(crate) at: Position,
    pub(crate) course_deg: f64,
    pub(crate) speed_mps: f64,
    pub(crate) heading_deg: f64,
    /// Rate of turn of the heading.
    pub(crate) rot_dps: f64,
    pub(crate) limits: Limits,
    pub(crate) plan: Plan,
    /// Speed it makes where nothing slows it, m/s.
    pub(crate) cruise_mps: f64,
    /// How far its speed strays, as a fraction: 0 for a ship that must be somewhere on time.
    pub(crate) stray: f64,
    turn_dps: f64,
    wanted_deg: f64,
    wanted_mps: f64,
    factor: f64,
    drift_deg: f64,
    drift_period_s: f64,
    drift_phase: f64,
    random: Random,
}

impl Helm {
    pub(crate) fn new(at: Position, course_deg: f64, limits: Limits, plan: Plan, mut random: Random) -> Self {
        let mut helm = Self {
            at,
            course_deg,
            speed_mps: 0.0,
            heading_deg: course_deg,
            rot_dps: 0.0,
            limits,
            plan,
            cruise_mps: 0.0,
            stray: 0.03,
            turn_dps: 0.0,
            wanted_deg: course_deg,
            wanted_mps: 0.0,
            factor: 0.0,
            drift_deg: random.between(0.5, 2.5),
            drift_period_s: random.between(200.0, 400.0),
            drift_phase: random.between(0.0, TAU),
            random,
        };
        if let Plan::Anchored { .. } = helm.plan {
            helm.swing(0.0);
        } else if !helm.is_moored() {
            helm.show_heading(0.0);
        }
        helm
    }

    /// Puts a ship on its route at full speed for the leg it is on.
    pub(crate) fn under_way(mut self, cruise_mps: f64) -> Self {
        self.cruise_mps = cruise_mps;
        self.speed_mps = cruise_mps;
        self.wanted_mps = cruise_mps;
        if let Plan::Route { points, next, .. } = &self.plan
            && let Some(to) = points.get(*next)
        {
            self.speed_mps = cruise_mps.min(to.limit_mps);
        }
        self
    }

    /// Moves on by one second, to `now_s` since the scene began.
    pub(crate) fn step(&mut self, now_s: f64) {
        match self.plan {
            Plan::Moored => return,
            Plan::Anchored { .. } => return self.swing(now_s),
            Plan::Route { .. } => self.follow(now_s),
            Plan::Roam { .. } => self.roam(now_s),
        }
        self.sail(now_s);
    }

    pub(crate) fn is_anchored(&self) -> bool {
        matches!(self.plan, Plan::Anchored { .. })
    }

    pub(crate) fn is_moored(&self) -> bool {
        matches!(self.plan, Plan::Moored)
    }

    fn follow(&mut self, now_s: f64) {
        let Plan::Route { points, next, stopped_until_s } = &mut self.plan else { return };
        if let Some(until_s) = *stopped_until_s {
            self.wanted_mps = 0.0;
            if now_s < until_s {
                return;
            }
            *stopped_until_s = None;
            *next = (*next + 1) % points.len();
        }
        let before = (*next + points.len() - 1) % points.len();
        let after = (*next + 1) % points.len();
        let (Some(from), Some(to), Some(then)) = (points.get(before), points.get(*next), points.get(after))
        else {
            return;
        };
        let leg_deg = bearing_deg(from.at, to.at);
        let (sin, cos) = leg_deg.to_radians().sin_cos();
        let (east_m, north_m) = between(self.at, to.at);
        let remaining_m = east_m * sin + north_m * cos;
        // Where the ship is relative to the leg: to starboard of it is positive.
        let cross_m = -(east_m * cos - north_m * sin);
        let look_m = (1.5 * self.limits.radius_m).max(12.0 * self.speed_mps).clamp(80.0, 700.0);
        self.wanted_deg = leg_deg - cross_m.atan2(look_m).to_degrees();
        self.wanted_mps = (self.cruise_mps * (1.0 + self.factor)).min(to.limit_mps);
        if to.stop_s > 0.0 {
            // Half of what the engine can brake leaves room for error.
            let room_m = (remaining_m - 10.0).max(0.0);
            self.wanted_mps = self.wanted_mps.min((self.limits.accel_mps2 * room_m).sqrt().max(0.6));
            if remaining_m < 12.0 {
                *stopped_until_s = Some(now_s + to.stop_s);
                self.wanted_mps = 0.0;
            }
            return;
        }
        let corner_deg = wrap_deg(bearing_deg(to.at, then.at) - leg_deg).abs().min(130.0);
        let circle_m = self.limits.radius_m.max(self.speed_mps / self.limits.turn_dps.to_radians());
        let early_m = (circle_m * (corner_deg / 2.0).to_radians().tan()).min(700.0) + 4.0 * self.speed_mps;
        if remaining_m < early_m {
            *next = after;
        } else if corner_deg > 60.0 && remaining_m < 1500.0 {
            self.wanted_mps = self.wanted_mps.min(4.5);
        }
    }

    fn roam(&mut self, now_s: f64) {
        let Plan::Roam { centre, radius_m, slow_mps, fast_mps, idle, until_s } = &mut self.plan else {
            return;
        };
        let (east_m, north_m) = between(self.at, *centre);
        if east_m.hypot(north_m) > *radius_m {
            let home_deg = east_m.atan2(north_m).to_degrees();
            if wrap_deg(home_deg - self.wanted_deg).abs() > 60.0 {
                self.wanted_deg = home_deg + self.random.between(-40.0, 40.0);
                self.wanted_mps = self.wanted_mps.max(*slow_mps);
                *until_s = now_s + self.random.between(90.0, 200.0);
            }
        } else if now_s >= *until_s {
            self.wanted_deg = self.course_deg + self.random.between(-110.0, 110.0);
            self.wanted_mps = self.random.between(*slow_mps, *fast_mps);
            if self.random.chance(*idle) {
                self.wanted_mps = 0.0;
            }
            *until_s = now_s + self.random.between(120.0, 420.0);
        }
    }

    fn sail(&mut self, now_s: f64) {
        // A slow random walk about the planned speed, time constant 400 s.
        self.factor += -self.factor / 400.0 + self.stray * (2.0_f64 / 400.0).sqrt() * self.random.gauss();
        self.factor = self.factor.clamp(-0.08, 0.08);
        let error_deg = wrap_deg(self.wanted_deg - self.course_deg);
        let mut wanted_mps = self.wanted_mps;
        if error_deg.abs() > 45.0 {
            wanted_mps *= 0.7;
        }
        let accel = self.limits.accel_mps2;
        let speed_mps = self.speed_mps + (wanted_mps - self.speed_mps).clamp(-accel, accel);
        let most_dps = self.limits.turn_dps.min((speed_mps / self.limits.radius_m).to_degrees());
        let wanted_dps = (error_deg / 8.0).clamp(-most_dps, most_dps);
        let ease = self.limits.turn_dps / 6.0;
        self.turn_dps += (wanted_dps - self.turn_dps).clamp(-ease, ease);
        self.turn_dps = self.turn_dps.clamp(-most_dps, most_dps);
        let middle_deg = self.course_deg + self.turn_dps / 2.0;
        self.at = ahead(self.at, middle_deg, f64::midpoint(self.speed_mps, speed_mps));
        self.speed_mps = speed_mps;
        self.course_deg = (self.course_deg + self.turn_dps).rem_euclid(360.0);
        self.show_heading(now_s);
    }

    /// Wind and stream set the hull a little off its course, now to one side, now to the other.
    fn show_heading(&mut self, now_s: f64) {
        let rate = TAU / self.drift_period_s;
        let angle = rate * now_s + self.drift_phase;
        self.heading_deg = (self.course_deg + self.drift_deg * angle.sin()).rem_euclid(360.0);
        self.rot_dps = self.turn_dps + self.drift_deg * rate * angle.cos();
    }

    fn swing(&mut self, now_s: f64) {
        let Plan::Anchored { anchor, scope_m, heading_deg, tide_dps, yaw_deg, period_s, phase } = self.plan
        else {
            return;
        };
        let rate = TAU / period_s;
        let angle = rate * now_s + phase;
        let heading = heading_deg + tide_dps * now_s + yaw_deg * angle.sin();
        self.rot_dps = tide_dps + yaw_deg * rate * angle.cos();
        self.heading_deg = heading.rem_euclid(360.0);
        let (sin, cos) = heading.to_radians().sin_cos();
        self.at = offset(anchor, -scope_m * sin, -scope_m * cos);
        // The hull hangs behind its anchor and so moves across its own heading.
        self.speed_mps = (scope_m * self.rot_dps.to_radians()).abs();
        let side = if self.rot_dps >= 0.0 { -90.0 } else { 90.0 };
        self.course_deg = (heading + side).rem_euclid(360.0);
    }
}
