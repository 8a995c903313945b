//! The path that a camera is to follow: where the thing will be when the camera gets there, and how it goes on.

use super::camera::{Camera, MARGIN, Pose};
use super::geometry;
use crate::hull::Outline;
use fusion::{Fusion, Plane, Track, TrackId};
use serde::{Deserialize, Serialize};
use units::{Position, UtcTime};

/// What a camera looks at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Subject {
    /// A vessel, wherever it goes.
    Track(TrackId),
    /// A place.
    Place(Position),
}

/// A path that a camera is to follow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aim {
    /// When the pose holds: as soon as the camera can be there.
    pub at: UtcTime,
    /// True, degrees.
    pub azimuth_deg: f64,
    /// Degrees.
    pub elevation_deg: f64,
    /// How the azimuth changes, degrees a second.
    pub azimuth_deg_s: f64,
    /// How the elevation changes, degrees a second.
    pub elevation_deg_s: f64,
    /// Horizontal, degrees.
    pub fov_deg: f64,
}

impl Aim {
    /// The pose of its path at an instant.
    #[must_use]
    pub fn pose_at(&self, t: UtcTime) -> Pose {
        let s = t.since(self.at);
        Pose {
            azimuth_deg: (self.azimuth_deg + self.azimuth_deg_s * s).rem_euclid(360.0),
            elevation_deg: self.elevation_deg + self.elevation_deg_s * s,
            fov_deg: self.fov_deg,
        }
    }
}

/// The angle between two directions, degrees; right for the small ones that matter.
#[must_use]
pub fn apart_deg(one: &Pose, other: &Pose) -> f64 {
    let azimuth = geometry::turn(one.azimuth_deg, other.azimuth_deg);
    (azimuth * one.elevation_deg.to_radians().cos()).hypot(one.elevation_deg - other.elevation_deg)
}

/// The point of a hull that is looked at, metres above the sea: a quarter of a usual air draught.
const TARGET_HEIGHT_M: f64 = 4.0;
/// A place is shown with so much around it, metres.
const PLACE_WIDTH_M: f64 = 400.0;
/// A hull of unknown heading is as wide as it is long; and nothing is narrower than this, metres.
const LEAST_WIDTH_M: f64 = 12.0;

/// A thing as it will be at an instant.
pub(super) struct Spot {
    pub place: Position,
    pub height_m: f64,
    pub length_m: f64,
    outline: Option<Outline>,
    /// One standard deviation across any line of sight, metres.
    sigma_m: f64,
}

impl Spot {
    /// `None` where the track is no more.
    pub fn of(subject: Subject, picture: &Fusion, t: UtcTime) -> Option<Self> {
        Some(match subject {
            Subject::Track(id) => Self::of_track(picture.track(id)?, t),
            Subject::Place(place) => {
                Self { place, height_m: 0.0, length_m: PLACE_WIDTH_M, outline: None, sigma_m: 0.0 }
            }
        })
    }

    fn of_track(track: &Track, t: UtcTime) -> Self {
        let place = track.position_at(t);
        let there = track.kinematics_at(&Plane::at(place), t);
        let [[ee, en, ..], [_, nn, ..], ..] = there.covariance;
        // The larger axis of the ellipse: the line of sight may cross it in any way.
        let half = f64::midpoint(ee, nn);
        let largest = half + ((ee - nn).powi(2) / 4.0 + en * en).sqrt();
        let outline = Outline::of(track);
        Self {
            place,
            height_m: TARGET_HEIGHT_M,
            length_m: outline.length_m,
            outline: Some(outline),
            sigma_m: largest.max(0.0).sqrt(),
        }
    }

    /// How wide it is across a line of sight, metres.
    pub fn width_m(&self, azimuth_deg: f64) -> f64 {
        let (sin, cos) = azimuth_deg.to_radians().sin_cos();
        let width_m = self.outline.map_or(self.length_m, |outline| 2.0 * outline.reach_m([cos, -sin]));
        width_m.max(LEAST_WIDTH_M)
    }

    pub fn sight(&self, camera: &Camera, plane: &Plane) -> geometry::Sight {
        camera.sight(plane, self.place, self.height_m)
    }

    /// The field of view that shows it, wherever in its doubt it is.
    fn fov_deg(&self, camera: &Camera, sight: &geometry::Sight) -> f64 {
        let [narrow, wide] = camera.fov_deg;
        let hull = geometry::field_of_view_deg(self.width_m(sight.azimuth_deg), MARGIN, sight.slant_m);
        let doubt = 2.0 * ((3.0 * self.sigma_m / sight.slant_m).atan().to_degrees() + camera.repeat_deg);
        hull.max(doubt).clamp(narrow, wide)
    }
}

/// The lead settles after this many looks: the thing is much slower than the camera.
const LOOKS: usize = 3;
/// A zoom that is right to this part is left as it is.
const ZOOM_SLACK: f64 = 0.2;

/// The path along which a camera that looks somewhere now will find a thing; `None` where that is no more.
pub(super) fn aim(
    camera: &Camera,
    plane: &Plane,
    (pose, before_fov_deg): (Option<Pose>, Option<f64>),
    (subject, fov_deg): (Subject, Option<f64>),
    picture: &Fusion,
    now: UtcTime,
) -> Option<Aim> {
    let mut lead_s = camera.latency_s;
    let mut found = None;
    for _ in 0..LOOKS {
        let at = now.plus_s(lead_s);
        let spot = Spot::of(subject, picture, at)?;
        let sight = spot.sight(camera, plane);
        let wanted = fov_deg.unwrap_or_else(|| spot.fov_deg(camera, &sight));
        let [narrow, wide] = camera.fov_deg;
        let wanted = wanted.clamp(narrow, wide);
        let kept = before_fov_deg.filter(|before| (before / wanted).ln().abs() < ZOOM_SLACK);
        let to = Pose {
            azimuth_deg: sight.azimuth_deg,
            elevation_deg: sight.elevation_deg,
            fov_deg: kept.unwrap_or(wanted),
        };
        // From nowhere in particular: half a turn.
        let from =
            pose.unwrap_or(Pose { azimuth_deg: to.azimuth_deg + 180.0, elevation_deg: 0.0, fov_deg: wide });
        lead_s = camera.latency_s + camera.slew_s(&from, &to);
        found = Some((at, to));
    }
    let (at, to) = found?;
    let next = Spot::of(subject, picture, at.plus_s(1.0))?.sight(camera, plane);
    Some(Aim {
        at,
        azimuth_deg: to.azimuth_deg,
        elevation_deg: to.elevation_deg,
        azimuth_deg_s: geometry::turn(to.azimuth_deg, next.azimuth_deg),
        elevation_deg_s: next.elevation_deg - to.elevation_deg,
        fov_deg: to.fov_deg,
    })
}
