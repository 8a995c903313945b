//! Two vessels that could meet: what each sees of the other, and what follows.

use super::{Approach, Meeting, Met, Relative, SLOW_MPS, Side, apart_deg, classify, index, is_candidate};
use crate::alert::{Duty, Kind};
use crate::hull::Outline;
use fusion::{Kinematics, Plane, Track, TrackId};
use units::{KNOT_MPS, UtcTime};

/// One that gains on another more slowly than this is following it.
const FOLLOWING_MPS: f64 = 2.0 * KNOT_MPS;
/// Cosine of the most by which the course of a follower differs: 45°.
const FOLLOWING_COS: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// One of a pair, where it is now.
pub(super) struct Ship<'a> {
    pub(super) track: &'a Track,
    /// Of its middle, in the plane of the pair.
    pub(super) now: Kinematics,
    pub(super) outline: Outline,
}

impl Ship<'_> {
    pub(super) fn speed_mps(&self) -> f64 {
        self.now.ve_mps.hypot(self.now.vn_mps)
    }

    pub(super) fn course_deg(&self) -> f64 {
        self.now.ve_mps.atan2(self.now.vn_mps).to_degrees().rem_euclid(360.0)
    }

    /// Where the other is: ahead and to starboard, metres.
    pub(super) fn sees(&self, other: &Ship<'_>) -> [f64; 2] {
        let [e, n] = self.outline.ahead();
        let (x, y) = (other.now.e_m - self.now.e_m, other.now.n_m - self.now.n_m);
        [x * e + y * n, x * n - y * e]
    }

    pub(super) fn side(&self, other: &Ship<'_>) -> Side {
        let [ahead, starboard] = self.sees(other);
        Side {
            course_deg: self.course_deg(),
            speed_mps: self.speed_mps(),
            sees_at_deg: starboard.atan2(ahead).to_degrees().rem_euclid(360.0),
        }
    }

    pub(super) fn is_fishing(&self) -> bool {
        self.track.identity.ship_type == Some(30) || self.track.nav_status == Some(7)
    }

    /// A cargo vessel, a tanker or a passenger ship, or as long as one.
    pub(super) fn is_merchant(&self) -> bool {
        let is_of_type = matches!(self.track.identity.ship_type, Some(60..=89));
        let is_long = self.track.hull.is_some_and(|hull| hull.length_m() >= 80);
        (is_of_type || is_long) && !self.is_fishing()
    }
}

/// Two tracks, where they are now, and how they pass.
pub(super) struct Pair<'a> {
    pub(super) one: Ship<'a>,
    pub(super) two: Ship<'a>,
    pub(super) approach: Approach,
}

impl<'a> Pair<'a> {
    pub(super) fn new(own: &'a Track, other: &'a Track, now: UtcTime) -> Self {
        let plane = Plane::at(own.position());
        let ship = |track: &'a Track| Ship {
            track,
            now: track.kinematics_at(&plane, now),
            outline: Outline::of(track),
        };
        let (one, two) = (ship(own), ship(other));
        let relative = Relative {
            place_m: [two.now.e_m - one.now.e_m, two.now.n_m - one.now.n_m],
            velocity_mps: [two.now.ve_mps - one.now.ve_mps, two.now.vn_mps - one.now.vn_mps],
        };
        Self { one, two, approach: relative.approach() }
    }

    /// In ascending order, as they are held here.
    pub(super) const fn ids(&self) -> (TrackId, TrackId) {
        (self.one.track.id, self.two.track.id)
    }

    pub(super) fn kind(&self) -> Kind {
        let meets = |a: &Ship<'_>, b: &Ship<'_>| a.is_fishing() && b.is_merchant();
        if meets(&self.one, &self.two) || meets(&self.two, &self.one) {
            Kind::FishingEncounter
        } else {
            Kind::CollisionRisk
        }
    }

    /// What they are to each other now.
    pub(super) fn meet(&self, is_restricted: bool) -> Met {
        let (first, second) = (self.one.side(&self.two), self.two.side(&self.one));
        let is_slow = |side: &Side| side.speed_mps < KNOT_MPS;
        let (meeting, duty) = if is_slow(&first) || is_slow(&second) {
            (Meeting::Passing, Duty::Neither)
        } else if is_restricted {
            (Meeting::RestrictedVisibility, Duty::Neither)
        } else {
            let (meeting, duty) = classify(&first, &second, self.approach.closing_mps > 0.0);
            (meeting, by_rule_18(meeting, duty, &self.one, &self.two))
        };
        Met {
            since: UtcTime::from_unix_ns(0),
            kind: self.kind(),
            meeting,
            duty,
            courses_deg: [0.0; 2],
            speeds_mps: [0.0; 2],
        }
    }

    /// The greater of the two risks that they are to each other.
    pub(super) fn risk(&self, confined_m: Option<f64>) -> f64 {
        let seen = |own: &Ship<'_>, other: &Ship<'_>| {
            let approach = &self.approach;
            index::risk(&index::Sight {
                cpa_m: approach.miss_m.abs(),
                tcpa_s: approach.tcpa_s,
                range_m: approach.range_m,
                relative_mps: approach.speed_mps,
                bearing_deg: own.side(other).sees_at_deg,
                own_mps: own.speed_mps(),
                target_mps: other.speed_mps(),
                courses_deg: apart_deg(own.course_deg(), other.course_deg()),
                own_length_m: own.outline.length_m,
                confined_m,
                is_opening: approach.closing_mps < 0.0,
                is_associated: false,
            })
        };
        seen(&self.one, &self.two).max(seen(&self.two, &self.one))
    }

    pub(super) fn may_collide(&self) -> bool {
        // Two tracks with one MMSI are one vessel in doubt, not two that meet.
        let mmsi = self.one.track.identity.mmsi;
        let is_twin = mmsi.is_some() && mmsi == self.two.track.identity.mmsi;
        let is_known = is_candidate(self.one.track) && is_candidate(self.two.track);
        let is_slow = |ship: &Ship<'_>| ship.speed_mps() < SLOW_MPS;
        is_known && !is_twin && !(is_slow(&self.one) && is_slow(&self.two))
    }

    /// Much the same course, and the distance shrinks slowly.
    pub(super) fn is_following(&self) -> bool {
        let (one, two) = (&self.one.now, &self.two.now);
        let along = one.ve_mps * two.ve_mps + one.vn_mps * two.vn_mps;
        self.approach.closing_mps < FOLLOWING_MPS
            && along > self.one.speed_mps() * self.two.speed_mps() * FOLLOWING_COS
    }
}

/// Rule 18: not under command and restricted in ability before fishing before sailing before power. It does not
/// change who overtakes.
pub(super) fn by_rule_18(meeting: Meeting, duty: Duty, one: &Ship<'_>, two: &Ship<'_>) -> Duty {
    let rank = |ship: &Ship<'_>| match (ship.track.nav_status, ship.track.identity.ship_type) {
        (Some(2 | 3), _) => 3,
        (Some(7), _) => 2,
        (Some(8), Some(36)) => 1,
        _ => 0,
    };
    match (meeting, rank(one).cmp(&rank(two))) {
        (Meeting::Crossing | Meeting::HeadOn, std::cmp::Ordering::Less) => Duty::First,
        (Meeting::Crossing | Meeting::HeadOn, std::cmp::Ordering::Greater) => Duty::Second,
        _ => duty,
    }
}
