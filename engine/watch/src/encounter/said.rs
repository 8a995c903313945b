//! A cheap look at a pair: from what both last said of themselves, could they meet at all?

use super::approach::Relative;
use fusion::Track;
use units::{Position, UtcTime};

/// Metres in a degree of latitude, near enough.
const DEGREE_M: f64 = 111_200.0;
/// How far what is said may be from what is believed: as a part of the distance (20° of bearing), ...
const DOUBT: f64 = 0.35;
/// ... in metres, ...
const DOUBT_M: f64 = 300.0;
/// ... and in time until they meet.
const DOUBT_FACTOR: f64 = 1.5;
const DOUBT_S: f64 = 60.0;

/// What a vessel last said of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    at: Position,
    /// East and north, metres per second; `None` where speed or course was not said.
    velocity_mps: Option<[f64; 2]>,
    age_s: f64,
}

impl Said {
    pub fn of(track: &Track, now: UtcTime) -> Self {
        let reported = &track.reported;
        let velocity_mps = reported.sog.zip(reported.cog).map(|(sog, cog)| {
            let (sin, cos) = cog.radians().sin_cos();
            [sog.mps() * sin, sog.mps() * cos]
        });
        Self { at: reported.position, velocity_mps, age_s: now.since(reported.valid) }
    }

    /// False only where they will surely not pass within `limit_m` of each other in the next `limit_s`.
    pub fn may_meet(&self, other: &Self, limit_m: f64, limit_s: f64) -> bool {
        let (Some([ax, ay]), Some([bx, by])) = (self.velocity_mps, other.velocity_mps) else { return true };
        let mut east_deg = other.at.lon() - self.at.lon();
        if east_deg.abs() > 180.0 {
            east_deg -= 360.0_f64.copysign(east_deg);
        }
        let east_m = east_deg * DEGREE_M * self.at.lat().to_radians().cos();
        let north_m = (other.at.lat() - self.at.lat()) * DEGREE_M;
        let relative = Relative {
            place_m: [
                east_m + bx * other.age_s - ax * self.age_s,
                north_m + by * other.age_s - ay * self.age_s,
            ],
            velocity_mps: [bx - ax, by - ay],
        };
        let approach = relative.approach();
        approach.miss_m.abs() < limit_m + DOUBT_M + DOUBT * approach.range_m
            && (-DOUBT_S..limit_s * DOUBT_FACTOR + DOUBT_S).contains(&approach.tcpa_s)
    }
}
