//! From a camera to a thing on the water: where it stands, where the lens must point, how much it must take in.
//!
//! Azimuths are true, clockwise; elevations are above the level at the lens. Light bends less than radar's waves do: the
//! Earth seems 1/(1 - 0.13) times as large as it is, and not 4/3.

use fusion::Plane;
use serde::{Deserialize, Serialize};
use units::Position;

/// Mean radius of the Earth, metres.
const EARTH_M: f64 = 6_371_000.0;
/// Refraction of light over the sea.
const REFRACTION: f64 = 0.13;
/// The Earth as light sees it.
const SEEMING_M: f64 = EARTH_M / (1.0 - REFRACTION);

/// How a thing is seen from a lens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// True.
    pub azimuth_deg: f64,
    /// With refraction.
    pub elevation_deg: f64,
    /// Along the water, metres.
    pub ground_m: f64,
    /// From the lens, metres.
    pub slant_m: f64,
    /// Some of it is above the horizon.
    pub above_horizon: bool,
}

/// How the thing at a place, so high above the sea, is seen from so high above the origin of a plane.
#[must_use]
pub fn sight(from: &Plane, height_m: f64, place: Position, target_height_m: f64) -> Sight {
    let (e_m, n_m) = from.to_local(place);
    let ground_m = fusion::chord_m(from.origin(), place);
    let rise_m = target_height_m - height_m;
    let sinks_m = ground_m * ground_m / (2.0 * SEEMING_M);
    Sight {
        azimuth_deg: e_m.atan2(n_m).to_degrees().rem_euclid(360.0),
        elevation_deg: (rise_m - sinks_m).atan2(ground_m).to_degrees(),
        ground_m,
        slant_m: ground_m.hypot(rise_m),
        above_horizon: ground_m <= horizon_m(height_m) + horizon_m(target_height_m),
    }
}

/// How far the horizon is from a height, metres.
#[must_use]
pub fn horizon_m(height_m: f64) -> f64 {
    (2.0 * SEEMING_M * height_m.max(0.0)).sqrt()
}

/// How a camera is mounted: what its own angles mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mount {
    /// True azimuth at pan 0, degrees.
    pub pan_offset_deg: f64,
    /// Elevation at tilt 0, degrees.
    pub tilt_offset_deg: f64,
    /// Pan counts anticlockwise.
    pub pan_reversed: bool,
    /// Tilt counts downwards.
    pub tilt_reversed: bool,
    /// How far the mast leans: what that adds to elevations to the north and to the east, degrees.
    pub lean_deg: [f64; 2],
}

impl Default for Mount {
    fn default() -> Self {
        Self {
            pan_offset_deg: 0.0,
            tilt_offset_deg: 0.0,
            pan_reversed: false,
            tilt_reversed: false,
            lean_deg: [0.0; 2],
        }
    }
}

impl Mount {
    /// Pan (0 to 360) and tilt that look along a direction.
    #[must_use]
    pub fn angles(&self, azimuth_deg: f64, elevation_deg: f64) -> (f64, f64) {
        let (d_az, d_el) = self.lean(azimuth_deg, elevation_deg);
        let pan = signed(self.pan_reversed) * (azimuth_deg - self.pan_offset_deg - d_az);
        let tilt = signed(self.tilt_reversed) * (elevation_deg - self.tilt_offset_deg - d_el);
        (pan.rem_euclid(360.0), tilt)
    }

    /// The direction that a pan and a tilt look along.
    #[must_use]
    pub fn direction(&self, pan_deg: f64, tilt_deg: f64) -> (f64, f64) {
        let azimuth = signed(self.pan_reversed) * pan_deg + self.pan_offset_deg;
        let elevation = signed(self.tilt_reversed) * tilt_deg + self.tilt_offset_deg;
        let (mut az, mut el) = (azimuth, elevation);
        // The lean is small, so that this settles at once.
        for _ in 0..3 {
            let (d_az, d_el) = self.lean(az, el);
            (az, el) = (azimuth + d_az, elevation + d_el);
        }
        (az.rem_euclid(360.0), el)
    }

    fn lean(&self, azimuth_deg: f64, elevation_deg: f64) -> (f64, f64) {
        let [north, east] = self.lean_deg;
        let (sin, cos) = azimuth_deg.to_radians().sin_cos();
        let d_az = elevation_deg.to_radians().tan() * (north * sin - east * cos);
        (d_az, north * cos + east * sin)
    }
}

const fn signed(reversed: bool) -> f64 {
    if reversed { -1.0 } else { 1.0 }
}

/// A pan within the limits of a camera that means the same, the nearest to where it is; `None` where there is none.
#[must_use]
pub fn reachable_pan(pan_deg: f64, limits_deg: Option<[f64; 2]>, now_deg: f64) -> Option<f64> {
    let Some([least, most]) = limits_deg else { return Some(now_deg + turn(now_deg, pan_deg)) };
    (-2..=2)
        .map(|k| pan_deg.rem_euclid(360.0) + 360.0 * f64::from(k))
        .filter(|pan| (least..=most).contains(pan))
        .min_by(|a, b| (a - now_deg).abs().total_cmp(&(b - now_deg).abs()))
}

/// The short way from one azimuth to another, degrees, clockwise positive.
#[must_use]
pub fn turn(from_deg: f64, to_deg: f64) -> f64 {
    (to_deg - from_deg + 180.0).rem_euclid(360.0) - 180.0
}

/// Whether an azimuth lies in a sector that goes clockwise from one to another.
#[must_use]
pub fn within([from_deg, to_deg]: [f64; 2], azimuth_deg: f64) -> bool {
    (azimuth_deg - from_deg).rem_euclid(360.0) <= (to_deg - from_deg).rem_euclid(360.0)
}

/// The field of view that shows something so wide, with so much margin, from so far, degrees.
#[must_use]
pub fn field_of_view_deg(width_m: f64, margin: f64, slant_m: f64) -> f64 {
    2.0 * (margin * width_m / (2.0 * slant_m.max(1.0))).atan().to_degrees()
}

/// How wide a hull is across the line of sight, metres; the aspect is its heading less the azimuth.
#[must_use]
pub fn apparent_width_m(length_m: f64, beam_m: f64, aspect_deg: f64) -> f64 {
    let (sin, cos) = aspect_deg.to_radians().sin_cos();
    length_m * sin.abs() + beam_m * cos.abs()
}

/// How often a field of view is magnified against the widest.
#[must_use]
pub fn zoom_ratio(fov_deg: f64, wide_deg: f64) -> f64 {
    let half_tan = |deg: f64| (deg.to_radians() / 2.0).tan();
    half_tan(wide_deg) / half_tan(fov_deg).max(1e-9)
}

/// The field of view of a magnification.
#[must_use]
pub fn fov_of_zoom(ratio: f64, wide_deg: f64) -> f64 {
    2.0 * ((wide_deg.to_radians() / 2.0).tan() / ratio.max(1e-9)).atan().to_degrees()
}

/// How long a motor takes that starts and ends at rest, seconds.
#[must_use]
pub fn slew_s(way_deg: f64, speed_deg_s: f64, accel_deg_s2: f64) -> f64 {
    let (way, speed, accel) = (way_deg.abs(), speed_deg_s.max(1e-3), accel_deg_s2.max(1e-3));
    if way < speed * speed / accel { 2.0 * (way / accel).sqrt() } else { way / speed + speed / accel }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mount_does_it_undoes() {
        let mount = Mount {
            pan_offset_deg: 201.25,
            tilt_offset_deg: 0.55,
            pan_reversed: true,
            tilt_reversed: true,
            lean_deg: [0.4, -0.7],
        };
        for (azimuth, elevation) in [(0.0, -0.5), (90.0, -12.0), (359.9, 3.0), (181.0, -40.0)] {
            let (pan, tilt) = mount.angles(azimuth, elevation);
            let (az, el) = mount.direction(pan, tilt);
            assert!(turn(azimuth, az).abs() < 1e-5 && (el - elevation).abs() < 1e-5, "{az} {el}");
        }
    }

    #[test]
    fn a_pan_goes_the_short_way_within_its_limits() {
        // By hand.
        for (pan, limits, now, expected) in [
            (350.0, None, 10.0, Some(-10.0)),
            (350.0, Some([0.0, 360.0]), 10.0, Some(350.0)),
            (350.0, Some([-180.0, 180.0]), 10.0, Some(-10.0)),
            (200.0, Some([-170.0, 170.0]), 0.0, Some(-160.0)),
            (175.0, Some([-170.0, 170.0]), 0.0, None),
        ] {
            assert_eq!(reachable_pan(pan, limits, now), expected, "{pan} {limits:?}");
        }
    }

    #[test]
    fn a_slew_is_a_trapezoid() {
        // By hand: 60°/s and 60°/s² need 60° to reach their speed and stop.
        for (way, expected) in [(0.0, 0.0), (15.0, 1.0), (60.0, 2.0), (180.0, 4.0)] {
            assert!((slew_s(way, 60.0, 60.0) - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn sectors_go_through_north() {
        for (sector, azimuth, expected) in [
            ([350.0, 10.0], 5.0, true),
            ([350.0, 10.0], 349.0, false),
            ([10.0, 350.0], 5.0, false),
            ([10.0, 350.0], 180.0, true),
        ] {
            assert_eq!(within(sector, azimuth), expected, "{sector:?} {azimuth}");
        }
    }
}
