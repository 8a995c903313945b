//! Where a camera must look by now that does not say; and what zoom values mean.

use super::steer::Looks;
use crate::clock::now_utc;
use units::UtcTime;
use watch::cue::geometry::slew_s;
use watch::cue::{Camera, Pose};

/// The field of view of a zoom value: between the points of its table, by equal parts of magnification.
pub fn fov_of(table: &[(f64, f64)], value: f64) -> f64 {
    let (Some(first), Some(last)) = (table.first(), table.last()) else { return 0.0 };
    if value <= first.0 {
        return first.1;
    }
    for pair in table.windows(2) {
        if let [(a, fov_a), (b, fov_b)] = pair
            && value <= *b
        {
            return fov_a * (fov_b / fov_a).powf((value - a) / (b - a).max(1e-9));
        }
    }
    last.1
}

/// The zoom value of a field of view.
pub fn value_of(table: &[(f64, f64)], fov_deg: f64) -> f64 {
    let (Some(first), Some(last)) = (table.first(), table.last()) else { return 0.0 };
    for pair in table.windows(2) {
        if let [(a, fov_a), (b, fov_b)] = pair
            && (fov_a.min(*fov_b)..=fov_a.max(*fov_b)).contains(&fov_deg)
        {
            let part = (fov_deg / fov_a).ln() / (fov_b / fov_a).ln();
            return if part.is_finite() { a + part * (b - a) } else { *a };
        }
    }
    let is_nearer_first = (fov_deg / first.1).ln().abs() < (fov_deg / last.1).ln().abs();
    if is_nearer_first { first.0 } else { last.0 }
}

/// Where it was told to be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reckoned {
    /// Where it was when it was told, where it was told to go, and when it is there.
    way: Option<([f64; 3], [f64; 3], UtcTime, UtcTime)>,
}

impl Reckoned {
    /// It was told to go there now.
    pub fn go(&mut self, camera: &Camera, to: [f64; 3]) {
        let now = now_utc();
        let from = self.now(now);
        let pose =
            |[azimuth_deg, elevation_deg, fov_deg]: [f64; 3]| Pose { azimuth_deg, elevation_deg, fov_deg };
        let from = from.unwrap_or([to[0] + 180.0, to[1], to[2]]);
        let [pan_v, tilt_v] = camera.speed_deg_s;
        let [pan_a, tilt_a] = camera.accel_deg_s2;
        let s = slew_s(to[0] - from[0], pan_v, pan_a).max(slew_s(to[1] - from[1], tilt_v, tilt_a));
        let zooms_s = camera.slew_s(&pose([0.0, 0.0, from[2]]), &pose([0.0, 0.0, to[2]]));
        let begins = now.plus_s(camera.latency_s);
        self.way = Some((from, to, begins, begins.plus_s(s.max(zooms_s))));
    }

    /// It has been brought there.
    pub fn is_at(&mut self, place: [f64; 3]) {
        let now = now_utc();
        self.way = Some((place, place, now, now));
    }

    /// Where it is by now; `None` while it was never told.
    pub fn now(&self, now: UtcTime) -> Option<[f64; 3]> {
        let (from, to, begins, ends) = self.way?;
        let part = (now.since(begins) / ends.since(begins).max(1e-3)).clamp(0.0, 1.0);
        let mut all = from;
        all.iter_mut().zip(to).for_each(|(from, to)| *from += part * (to - *from));
        Some(all)
    }

    /// The same as a report of itself.
    pub fn looks(&self) -> Option<Looks> {
        let at = now_utc();
        let [pan_deg, tilt_deg, fov_deg] = self.now(at)?;
        Some(Looks { at, pan_deg, tilt_deg, fov_deg, is_told: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zoom_values_go_there_and_back() {
        let table = [(0.0, 60.0), (0.5, 12.0), (1.0, 0.8)];
        for (value, fov) in [(0.0, 60.0), (0.5, 12.0), (1.0, 0.8), (0.25, 26.832_815_73)] {
            assert!((fov_of(&table, value) - fov).abs() < 1e-6, "{value}");
            assert!((value_of(&table, fov) - value).abs() < 1e-6, "{fov}");
        }
        assert_eq!((fov_of(&table, 9.0), value_of(&table, 0.1), value_of(&table, 90.0)), (0.8, 1.0, 0.0));
    }
}
