//! A camera: where it stands, what it can do, what it can see from there.

use super::geometry::{self, Mount, Sight};
use fusion::Plane;
use serde::{Deserialize, Serialize};
use units::Position;

/// A camera that turns, tilts and zooms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    /// What operators call it.
    pub name: String,
    /// Where it stands.
    pub position: Position,
    /// Of its lens, above the sea, metres.
    pub height_m: f64,
    /// What its own angles mean.
    pub mount: Mount,
    /// How far it pans, in its own degrees; `None`: round and round.
    pub pan_deg: Option<[f64; 2]>,
    /// How far it tilts, in its own degrees.
    pub tilt_deg: [f64; 2],
    /// Narrowest and widest horizontal field of view, degrees.
    pub fov_deg: [f64; 2],
    /// How fast it pans and tilts, degrees a second.
    pub speed_deg_s: [f64; 2],
    /// How fast it gets there, degrees a second squared.
    pub accel_deg_s2: [f64; 2],
    /// From widest to narrowest, seconds.
    pub zoom_s: f64,
    /// From our command to its motion, seconds.
    pub latency_s: f64,
    /// How exactly it comes back to where it was, degrees.
    pub repeat_deg: f64,
    /// Beyond this it shows nothing of use, metres.
    pub reach_m: f64,
    /// Sectors that it does not look into, clockwise from and to.
    pub blind_deg: Vec<[f64; 2]>,
    /// Land in its way.
    pub hidden: Vec<Ridge>,
    /// Where it looks when nobody needs it, one after the other.
    pub patrol: Vec<Stop>,
    /// How gladly it is used: twice as much is twice as good.
    pub favour: f64,
    /// Where a player finds what it sees.
    pub stream: Option<String>,
}

/// Land that hides what is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ridge {
    /// Azimuths, clockwise from and to, degrees.
    pub sector_deg: [f64; 2],
    /// What is further is hidden, metres.
    pub beyond_m: f64,
}

/// A stop of a tour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// Where to look.
    pub place: Position,
    /// How wide, degrees.
    pub fov_deg: f64,
    /// How long, seconds.
    pub dwell_s: f64,
}

/// Why a camera does not see something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Unseen {
    /// It does not answer.
    Down,
    /// It is further than it sees.
    Far,
    /// It is below the horizon.
    HullDown,
    /// It is not to look there.
    Blind,
    /// Land is in its way.
    Hidden,
    /// It does not turn that far.
    Limits,
    /// An operator has it.
    Held,
    /// It looks at something more urgent.
    Busy,
}

impl Unseen {
    /// All of them, the plainest first.
    pub const ALL: [Self; 8] = [
        Self::Far,
        Self::HullDown,
        Self::Hidden,
        Self::Blind,
        Self::Limits,
        Self::Down,
        Self::Held,
        Self::Busy,
    ];

    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Far => "too far",
            Self::HullDown => "below the horizon",
            Self::Blind => "not to look there",
            Self::Hidden => "behind land",
            Self::Limits => "cannot turn that far",
            Self::Held => "held by an operator",
            Self::Busy => "busy with what is more urgent",
        }
    }
}

/// Where a camera looks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    /// True.
    pub azimuth_deg: f64,
    /// Above the level.
    pub elevation_deg: f64,
    /// Horizontal.
    pub fov_deg: f64,
}

/// A picture is so much wider than high.
pub const ASPECT: f64 = 16.0 / 9.0;

impl Camera {
    /// One that looks all around, and down to straight below.
    #[must_use]
    pub fn new(name: &str, position: Position, height_m: f64) -> Self {
        Self {
            name: name.to_owned(),
            position,
            height_m,
            mount: Mount::default(),
            pan_deg: None,
            tilt_deg: [-90.0, 30.0],
            fov_deg: [0.8, 60.0],
            speed_deg_s: [60.0, 40.0],
            accel_deg_s2: [60.0, 60.0],
            zoom_s: 3.0,
            latency_s: 0.3,
            repeat_deg: 0.02,
            reach_m: 15_000.0,
            blind_deg: Vec::new(),
            hidden: Vec::new(),
            patrol: Vec::new(),
            favour: 1.0,
            stream: None,
        }
    }

    /// How a place is seen, whatever is in the way.
    #[must_use]
    pub fn sight(&self, plane: &Plane, place: Position, target_height_m: f64) -> Sight {
        geometry::sight(plane, self.height_m, place, target_height_m)
    }

    /// Why it does not see what is there, if it does not.
    ///
    /// # Errors
    /// The reason.
    pub fn sees(&self, sight: &Sight) -> Result<(), Unseen> {
        if sight.ground_m > self.reach_m {
            return Err(Unseen::Far);
        }
        if !sight.above_horizon {
            return Err(Unseen::HullDown);
        }
        let is_behind = |ridge: &Ridge| {
            sight.ground_m > ridge.beyond_m && geometry::within(ridge.sector_deg, sight.azimuth_deg)
        };
        if self.hidden.iter().any(is_behind) {
            return Err(Unseen::Hidden);
        }
        if self.blind_deg.iter().any(|sector| geometry::within(*sector, sight.azimuth_deg)) {
            return Err(Unseen::Blind);
        }
        if self.turns_to(sight.azimuth_deg, sight.elevation_deg) { Ok(()) } else { Err(Unseen::Limits) }
    }

    /// Whether pan and tilt go that far.
    #[must_use]
    pub fn turns_to(&self, azimuth_deg: f64, elevation_deg: f64) -> bool {
        let (pan, tilt) = self.mount.angles(azimuth_deg, elevation_deg);
        let [least, most] = self.tilt_deg;
        (least..=most).contains(&tilt) && geometry::reachable_pan(pan, self.pan_deg, 0.0).is_some()
    }

    /// How long it needs from one pose to another, without its latency, seconds.
    #[must_use]
    pub fn slew_s(&self, from: &Pose, to: &Pose) -> f64 {
        let (pan_from, tilt_from) = self.mount.angles(from.azimuth_deg, from.elevation_deg);
        let (pan_to, tilt_to) = self.mount.angles(to.azimuth_deg, to.elevation_deg);
        let way = if self.pan_deg.is_none() {
            geometry::turn(pan_from, pan_to)
        } else {
            let start = geometry::reachable_pan(pan_from, self.pan_deg, 0.0).unwrap_or(pan_from);
            geometry::reachable_pan(pan_to, self.pan_deg, start).unwrap_or(pan_to) - start
        };
        let ([pan_v, tilt_v], [pan_a, tilt_a]) = (self.speed_deg_s, self.accel_deg_s2);
        let zoom = (to.fov_deg / from.fov_deg.max(1e-3)).ln().abs();
        let [narrow, wide] = self.fov_deg;
        let range = (wide / narrow.max(1e-3)).ln().abs().max(1e-3);
        geometry::slew_s(way, pan_v, pan_a)
            .max(geometry::slew_s(tilt_to - tilt_from, tilt_v, tilt_a))
            .max(self.zoom_s * zoom / range)
    }

    /// From how far its narrowest field of view is just filled by something so wide, metres.
    #[must_use]
    pub fn identifies_at_m(&self, width_m: f64) -> f64 {
        let [narrow, _] = self.fov_deg;
        MARGIN * width_m / (2.0 * (narrow.to_radians() / 2.0).tan().max(1e-6))
    }

    /// What it covers at sea level, one ring; empty while it looks at the sky.
    #[must_use]
    pub fn footprint(&self, plane: &Plane, pose: &Pose) -> Vec<Position> {
        let half_high_deg = pose.fov_deg / ASPECT / 2.0;
        let meets = |elevation_deg: f64| {
            let down = -elevation_deg.to_radians();
            if down > 1e-4 { (self.height_m / down.min(1.5).tan()).min(self.reach_m) } else { self.reach_m }
        };
        let lowest_deg = pose.elevation_deg - half_high_deg;
        let lowest_seen_deg = -(self.height_m / self.reach_m.max(1.0)).atan().to_degrees();
        if lowest_deg > lowest_seen_deg {
            return Vec::new();
        }
        let (near_m, far_m) = (meets(lowest_deg), meets(pose.elevation_deg + half_high_deg));
        let half_deg = pose.fov_deg / 2.0;
        [(near_m, -half_deg), (far_m, -half_deg), (far_m, 0.0), (far_m, half_deg), (near_m, half_deg)]
            .iter()
            .map(|(range_m, off_deg)| {
                let (sin, cos) = (pose.azimuth_deg + off_deg).to_radians().sin_cos();
                plane.to_position(range_m * sin, range_m * cos)
            })
            .collect()
    }
}

/// A hull fills the picture to this part of its width, to be recognised.
pub const MARGIN: f64 = 1.6;
