//! What an encounter needs of a track, in one piece: pairs are judged by the thousand, and tracks are large and far apart.

use super::is_candidate;
use crate::hull::Outline;
use fusion::{Plane, Track, TrackId};
use units::{Mmsi, Position, UtcTime};

/// A track as it was when it last changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vessel {
    pub id: TrackId,
    pub version: u32,
    pub at: UtcTime,
    /// Where the middle of its hull was.
    pub position: Position,
    /// There.
    plane: Plane,
    /// East and north, metres per second.
    pub velocity_mps: [f64; 2],
    /// Over place and velocity, east and north, SI.
    covariance: [[f64; 4]; 4],
    density: f64,
    pub outline: Outline,
    pub trade: Trade,
    /// Rule 18: the lower gives way.
    pub rank: u8,
    pub mmsi: Option<Mmsi>,
    /// It is a vessel, and its motion is known.
    pub is_candidate: bool,
}

/// Where it is in some plane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Motion {
    pub place_m: [f64; 2],
    pub velocity_mps: [f64; 2],
    /// East and north of its own plane, as they are seen in this one.
    jacobian: [[f64; 2]; 2],
    /// Since the track changed, seconds.
    age_s: f64,
}

/// The tracker lets a vessel go on for so long, seconds.
pub(super) const MOST_AGE_S: f64 = 1800.0;

impl Vessel {
    pub fn of(track: &Track) -> Self {
        let position = track.position();
        let plane = Plane::at(position);
        let home = track.kinematics_at(&plane, track.time());
        Self {
            id: track.id,
            version: track.version,
            at: track.time(),
            position,
            plane,
            velocity_mps: [home.ve_mps, home.vn_mps],
            covariance: home.covariance,
            density: track.acceleration_density(),
            outline: Outline::of(track),
            trade: Trade::of(track),
            rank: rank(track),
            mmsi: track.identity.mmsi,
            is_candidate: is_candidate(track),
        }
    }

    pub fn speed_mps(&self) -> f64 {
        self.velocity_mps[0].hypot(self.velocity_mps[1])
    }

    /// Where it is at an instant in another's plane.
    pub fn seen_from(&self, other: &Self, now: UtcTime) -> Motion {
        let carried = self.plane.carry(0.0, 0.0, &other.plane);
        let age_s = now.since(self.at).clamp(-MOST_AGE_S, MOST_AGE_S);
        let ([[ee, en], [ne, nn]], [ve, vn]) = (carried.jacobian, self.velocity_mps);
        let (ve, vn) = (ee * ve + en * vn, ne * ve + nn * vn);
        Motion {
            place_m: [carried.e_m + ve * age_s, carried.n_m + vn * age_s],
            velocity_mps: [ve, vn],
            jacobian: carried.jacobian,
            age_s,
        }
    }

    /// Variance of its place along a direction, after so many seconds of going on, square metres.
    pub fn variance_m2(&self, motion: &Motion, [e, n]: [f64; 2], ahead_s: f64) -> f64 {
        let [[ee, en], [ne, nn]] = motion.jacobian;
        let along = [ee * e + ne * n, en * e + nn * n];
        let t = motion.age_s + ahead_s;
        let weights = [along[0], along[1], along[0] * t, along[1] * t];
        let known = self.covariance.iter().zip(weights).map(|(row, w)| {
            let of_row: f64 = row.iter().zip(weights).map(|(c, v)| c * v).sum();
            w * of_row
        });
        // What has changed its velocity since, and by when: it has changed none in the time ahead.
        let (dt_s, s) = (motion.age_s.abs(), motion.age_s.signum());
        let gained = dt_s.powi(3) / 3.0 + dt_s * dt_s * s * ahead_s + dt_s * ahead_s * ahead_s;
        known.sum::<f64>() + self.density * gained
    }
}

/// What a vessel is, where it matters whom it meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trade {
    Fishing,
    /// A cargo vessel, a tanker or a passenger ship, or as long as one.
    Merchant,
    Other,
}

impl Trade {
    fn of(track: &Track) -> Self {
        let is_long = track.hull.is_some_and(|hull| hull.length_m() >= 80);
        match track.identity.ship_type {
            Some(30) => Self::Fishing,
            _ if track.nav_status == Some(7) => Self::Fishing,
            Some(60..=89) => Self::Merchant,
            _ if is_long => Self::Merchant,
            _ => Self::Other,
        }
    }

    /// A merchant and a fishing vessel.
    pub const fn meets(self, other: Self) -> bool {
        matches!((self, other), (Self::Fishing, Self::Merchant) | (Self::Merchant, Self::Fishing))
    }
}

/// Not under command and restricted in ability before fishing before sailing before power.
fn rank(track: &Track) -> u8 {
    match (track.nav_status, track.identity.ship_type) {
        (Some(2 | 3), _) => 3,
        (Some(7), _) => 2,
        (Some(8), Some(36)) => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::pair::Pair;
    use super::*;

    fn vessel(id: u64, n_m: f64, north_mps: f64) -> Vessel {
        let position = Plane::at(Position::new(30.0, 122.0).unwrap()).to_position(0.0, n_m);
        let mut covariance = [[0.0; 4]; 4];
        (covariance[0][0], covariance[1][1]) = (25.0, 1e9);
        (covariance[0][2], covariance[2][0]) = (0.5, 0.5);
        (covariance[2][2], covariance[3][3]) = (0.04, 1e9);
        Vessel {
            id: TrackId(id),
            version: 1,
            at: UtcTime::from_unix_s(0),
            position,
            plane: Plane::at(position),
            velocity_mps: [0.0, north_mps],
            covariance,
            density: 0.0,
            outline: Outline::new(20.0, 5.0, None),
            trade: Trade::Other,
            rank: 0,
            mmsi: None,
            is_candidate: true,
        }
    }

    #[test]
    fn r1_relative_bearing_from_the_own_heading() {
        // RISK.md R1: a target due east, own heading 090: dead ahead; own heading 000: 90 to starboard.
        for (heading_deg, expected_deg) in [(90.0, 0.0), (0.0, 90.0), (180.0, 270.0), (270.0, 180.0)] {
            let here = vessel(1, 0.0, 5.0);
            let east = Plane::at(here.position).to_position(1852.0, 0.0);
            let other = Vessel { id: TrackId(2), position: east, plane: Plane::at(east), ..here };
            let own = Vessel { outline: Outline::new(100.0, 16.0, units::Degrees::new(heading_deg)), ..here };
            let pair = Pair::new(&own, &other, UtcTime::from_unix_s(0));
            let off_deg = crate::encounter::apart_deg(pair.one.side(&pair.two).sees_at_deg, expected_deg);
            assert!(off_deg < 0.01, "{heading_deg}: {off_deg} off");
        }
    }

    #[test]
    fn r1_uncertainty_grows_with_time() {
        // Head-on: the miss is measured east-west. By hand: 2 (25 + 2 * 100 * 0.5 + 100² * 0.04) = 1050.
        let (one, two) = (vessel(1, 0.0, 5.0), vessel(2, 1000.0, -5.0));
        let pair = Pair::new(&one, &two, UtcTime::from_unix_s(0));
        assert!((pair.approach.tcpa_s - 100.0).abs() < 1e-3, "{}", pair.approach.tcpa_s);
        assert!((pair.sigma_m() - 1050_f64.sqrt()).abs() < 1e-3, "{}", pair.sigma_m());
        // Said forty seconds ago, it is the same meeting, as sure as it was then.
        let later = Pair::new(&one, &two, UtcTime::from_unix_s(40));
        assert!((later.approach.tcpa_s - 60.0).abs() < 1e-3, "{}", later.approach.tcpa_s);
        assert!((later.sigma_m() - 1050_f64.sqrt()).abs() < 1e-3, "{}", later.sigma_m());
        // And less so by what both may have changed since: 2 (q s³/3 + q s² t + q s t²), s = 40, t = 60.
        let wandering = |vessel: &Vessel| Vessel { density: 0.01, ..*vessel };
        let (one, two) = (wandering(&one), wandering(&two));
        let later = Pair::new(&one, &two, UtcTime::from_unix_s(40));
        let gained = 2.0 * 0.01 * (64_000.0 / 3.0 + 1600.0 * 60.0 + 40.0 * 3600.0);
        assert!((later.sigma_m() - f64::sqrt(1050.0 + gained)).abs() < 1e-3, "{}", later.sigma_m());
    }
}
