//! Two vessels that could meet: what each sees of the other, and what follows.

use super::vessel::{Motion, Vessel};
use super::{
    Approach, Domain, Meeting, Met, Relative, SLOW_MPS, STILL_MPS, Side, Violation, apart_deg, classify,
    index,
};
use crate::alert::{Duty, Kind};
use fusion::TrackId;
use units::{KNOT_MPS, UtcTime};

/// One that gains on another more slowly than this is following it.
const FOLLOWING_MPS: f64 = 2.0 * KNOT_MPS;
const FOLLOWED_PART: f64 = 0.75;
/// Cosine of the most by which the course of a follower differs: 45°.
const FOLLOWING_COS: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// One of a pair, where it is now.
pub(super) struct Ship<'a> {
    pub(super) vessel: &'a Vessel,
    /// Of its middle, in the plane of the pair.
    now: Motion,
}

impl Ship<'_> {
    pub(super) fn speed_mps(&self) -> f64 {
        self.now.velocity_mps[0].hypot(self.now.velocity_mps[1])
    }

    pub(super) fn course_deg(&self) -> f64 {
        self.now.velocity_mps[0].atan2(self.now.velocity_mps[1]).to_degrees().rem_euclid(360.0)
    }

    /// Where the other is: ahead and to starboard, metres.
    pub(super) fn sees(&self, other: &Ship<'_>) -> [f64; 2] {
        let [e, n] = self.vessel.outline.ahead();
        let [x, y] = between(self.now.place_m, other.now.place_m);
        [x * e + y * n, x * n - y * e]
    }

    /// How the other moves past it: ahead and to starboard, metres per second.
    pub(super) fn sees_go(&self, other: &Ship<'_>) -> [f64; 2] {
        let [e, n] = self.vessel.outline.ahead();
        let [x, y] = between(self.now.velocity_mps, other.now.velocity_mps);
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
}

/// Two tracks, where they are now, and how they pass.
pub(super) struct Pair<'a> {
    pub(super) one: Ship<'a>,
    pub(super) two: Ship<'a>,
    pub(super) approach: Approach,
}

impl<'a> Pair<'a> {
    pub(super) fn new(one: &'a Vessel, two: &'a Vessel, now: UtcTime) -> Self {
        let ship = |vessel: &'a Vessel| Ship { vessel, now: vessel.seen_from(one, now) };
        let (one, two) = (ship(one), ship(two));
        let relative = Relative {
            place_m: between(one.now.place_m, two.now.place_m),
            velocity_mps: between(one.now.velocity_mps, two.now.velocity_mps),
        };
        Self { approach: relative.approach(), one, two }
    }

    /// Standard deviation of the miss, metres. Regular where the miss is nought, unlike that of the distance.
    pub(super) fn sigma_m(&self) -> f64 {
        let Approach { across, tcpa_s, .. } = self.approach;
        let variance = |ship: &Ship<'_>| ship.vessel.variance_m2(&ship.now, across, tcpa_s);
        (variance(&self.one) + variance(&self.two)).max(0.0).sqrt()
    }

    /// In ascending order, as they are held here.
    pub(super) const fn ids(&self) -> (TrackId, TrackId) {
        (self.one.vessel.id, self.two.vessel.id)
    }

    pub(super) fn kind(&self) -> Kind {
        if self.one.vessel.trade.meets(self.two.vessel.trade) {
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
            seen: (0, 0),
            again: UtcTime::from_unix_ns(0),
            is_risk: false,
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
                own_length_m: own.vessel.outline.length_m,
                confined_m,
                is_opening: approach.closing_mps < 0.0,
                is_associated: false,
            })
        };
        seen(&self.one, &self.two).max(seen(&self.two, &self.one))
    }

    /// Bow crossing range, metres: where the second crosses the heading line of the first, ahead of it or, negative,
    /// astern; and the first that of the second. `None` where it does not.
    pub(super) fn bows_m(&self) -> [Option<f64>; 2] {
        let crosses = |own: &Ship<'_>, other: &Ship<'_>| {
            own.vessel.outline.lies().then(|| bow_m(own.sees(other), own.sees_go(other))).flatten()
        };
        [crosses(&self.one, &self.two), crosses(&self.two, &self.one)]
    }

    /// The worse of the two violations of their domains.
    pub(super) fn violation(&self, domain: Domain) -> Option<Violation> {
        let of = |own: &Ship<'_>, other: &Ship<'_>| {
            let length_m = own.vessel.outline.length_m;
            domain.violation(length_m, own.speed_mps(), own.sees(other), own.sees_go(other))
        };
        let both = [of(&self.one, &self.two), of(&self.two, &self.one)];
        both.into_iter().flatten().max_by(|a, b| a.degree.total_cmp(&b.degree))
    }

    pub(super) fn may_collide(&self) -> bool {
        // Two tracks with one MMSI are one vessel in doubt, not two that meet.
        let mmsi = self.one.vessel.mmsi;
        let is_twin = mmsi.is_some() && mmsi == self.two.vessel.mmsi;
        let is_known = self.one.vessel.is_candidate && self.two.vessel.is_candidate;
        let is_slow = |ship: &Ship<'_>| ship.speed_mps() < SLOW_MPS;
        is_known && !is_twin && !(is_slow(&self.one) && is_slow(&self.two))
    }

    /// How sure it is when they are closest, seconds: one standard deviation.
    pub(super) fn doubt_s(&self) -> f64 {
        let Approach { across: [x, y], speed_mps, .. } = self.approach;
        let variance = |ship: &Ship<'_>| ship.vessel.variance_m2(&ship.now, [y, -x], 0.0);
        (variance(&self.one) + variance(&self.two)).max(0.0).sqrt() / speed_mps.max(STILL_MPS)
    }

    /// Both make way on much the same course, and the distance shrinks slowly; more slowly still where they are under
    /// watch already, so that nothing flickers about the limit.
    pub(super) fn is_following(&self, is_watched: bool) -> bool {
        if self.one.speed_mps().min(self.two.speed_mps()) < KNOT_MPS {
            // What lies still has no course.
            return false;
        }
        let most_mps = if is_watched { FOLLOWED_PART * FOLLOWING_MPS } else { FOLLOWING_MPS };
        let ([ve, vn], [we, wn]) = (self.one.now.velocity_mps, self.two.now.velocity_mps);
        let along = ve * we + vn * wn;
        self.approach.closing_mps < most_mps
            && along > self.one.speed_mps() * self.two.speed_mps() * FOLLOWING_COS
    }
}

/// Below this speed across a heading line, metres per second, nothing crosses it.
const ALONG_MPS: f64 = 0.05;

/// Where one crosses the heading line of another: `place` and `velocity` are ahead and to starboard.
fn bow_m([x, y]: [f64; 2], [vx, vy]: [f64; 2]) -> Option<f64> {
    let after_s = -y / vy;
    (vy.abs() >= ALONG_MPS && after_s > 0.0).then_some(x + vx * after_s)
}

/// Rule 18. It does not change who overtakes.
fn by_rule_18(meeting: Meeting, duty: Duty, one: &Ship<'_>, two: &Ship<'_>) -> Duty {
    match (meeting, one.vessel.rank.cmp(&two.vessel.rank)) {
        (Meeting::Crossing | Meeting::HeadOn, std::cmp::Ordering::Less) => Duty::First,
        (Meeting::Crossing | Meeting::HeadOn, std::cmp::Ordering::Greater) => Duty::Second,
        _ => duty,
    }
}

fn between([x, y]: [f64; 2], [z, w]: [f64; 2]) -> [f64; 2] {
    [z - x, w - y]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r1_bow_crossing_range() {
        // RISK.md R1: t = -(p.n) / (v.n), (p + v t).u, only what is to come. By hand: ahead, to starboard.
        let cases = [
            ("from starboard, ahead", [1000.0, 500.0], [-2.0, -5.0], Some(800.0)),
            ("from port, ahead", [1000.0, -500.0], [-2.0, 5.0], Some(800.0)),
            ("astern", [100.0, 500.0], [-5.0, -5.0], Some(-400.0)),
            ("through the ship", [500.0, 500.0], [-5.0, -5.0], Some(0.0)),
            ("has crossed", [800.0, -10.0], [-2.0, -5.0], None),
            ("never crosses", [1000.0, 500.0], [-5.0, 0.0], None),
        ];
        for (what, place, velocity, expected) in cases {
            assert_eq!(bow_m(place, velocity), expected, "{what}");
        }
    }
}
