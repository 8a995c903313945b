//! What the collision regulations call a meeting, and who gives way (COLREG 1972, rules 13 to 15, 19).

use crate::alert::Duty;
use serde::{Deserialize, Serialize};

/// How two vessels meet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Meeting {
    /// Rule 13.
    Overtaking,
    /// Rule 14.
    HeadOn,
    /// Rule 15.
    Crossing,
    /// They pass each other clear, or one of them hardly moves: nobody has a role.
    #[default]
    Passing,
    /// Rule 19: they do not see each other, and nobody has a role.
    RestrictedVisibility,
}

impl Meeting {
    /// As a lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overtaking => "overtaking",
            Self::HeadOn => "head_on",
            Self::Crossing => "crossing",
            Self::Passing => "passing",
            Self::RestrictedVisibility => "restricted_visibility",
        }
    }
}

/// One of two vessels, as the other one's opposite.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    /// Where its heading points, degrees.
    pub course_deg: f64,
    pub speed_mps: f64,
    /// Bearing of the other from its bow, 0 to 360.
    pub sees_at_deg: f64,
}

/// Half the stern sector, from the stern.
const STERN_DEG: f64 = 67.5;
const HEAD_ON_DEG: f64 = 10.0;
const BOW_DEG: f64 = 22.5;
const PASSING_DEG: f64 = 45.0;
const STARBOARD_DEG: f64 = 112.5;

/// What a pair is to each other; `is_closing`: the distance shrinks.
pub(crate) fn classify(first: &Side, second: &Side, is_closing: bool) -> (Meeting, Duty) {
    let turned_deg = apart_deg(first.course_deg, second.course_deg);
    let is_astern = |side: &Side| apart_deg(side.sees_at_deg, 180.0) <= STERN_DEG;
    let overtakes = |one: &Side, other: &Side| {
        is_closing
            && is_astern(other)
            && turned_deg < STERN_DEG
            && one.speed_mps * turned_deg.to_radians().cos() > other.speed_mps
    };
    if overtakes(first, second) {
        return (Meeting::Overtaking, Duty::First);
    }
    if overtakes(second, first) {
        return (Meeting::Overtaking, Duty::Second);
    }
    // One astern of the other, much the same course, and it does not gain: it follows.
    if turned_deg < STERN_DEG && (is_astern(first) || is_astern(second)) {
        return (Meeting::Passing, Duty::Neither);
    }
    let off_opposite_deg = 180.0 - turned_deg;
    let is_ahead = |side: &Side| apart_deg(side.sees_at_deg, 0.0) <= BOW_DEG;
    if off_opposite_deg <= HEAD_ON_DEG && is_ahead(first) && is_ahead(second) {
        return (Meeting::HeadOn, Duty::Both);
    }
    let is_starboard = |side: &Side| side.sees_at_deg < 180.0;
    if is_starboard(first) == is_starboard(second) && off_opposite_deg < PASSING_DEG {
        return (Meeting::Passing, Duty::Neither);
    }
    let gives_way = |side: &Side| side.sees_at_deg <= STARBOARD_DEG;
    match (gives_way(first), gives_way(second)) {
        (true, false) => (Meeting::Crossing, Duty::First),
        (false, true) => (Meeting::Crossing, Duty::Second),
        // Both or neither see the other to starboard: their ways do not cross ahead of either.
        (true, true) | (false, false) => (Meeting::Passing, Duty::Neither),
    }
}

/// Angle between two directions, 0 to 180.
pub(crate) fn apart_deg(one: f64, other: f64) -> f64 {
    let turn = (one - other).rem_euclid(360.0);
    turn.min(360.0 - turn)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A at the origin heading north at `a` m/s; B on `bearing` at a mile, on `course` at `b` m/s.
    fn pair(bearing: f64, course: f64, a: f64, b: f64) -> (Side, Side, bool) {
        let first = Side { course_deg: 0.0, speed_mps: a, sees_at_deg: bearing.rem_euclid(360.0) };
        let second = Side {
            course_deg: course.rem_euclid(360.0),
            speed_mps: b,
            sees_at_deg: (bearing + 180.0 - course).rem_euclid(360.0),
        };
        let (sin, cos) = bearing.to_radians().sin_cos();
        let (ve, vn) = (b * course.to_radians().sin(), b * course.to_radians().cos() - a);
        (first, second, sin * ve + cos * vn < 0.0)
    }

    fn class(bearing: f64, course: f64, a: f64, b: f64) -> (Meeting, Duty) {
        let (first, second, closing) = pair(bearing, course, a, b);
        classify(&first, &second, closing)
    }

    #[test]
    fn r4_the_named_cases() {
        // RISK.md R4 "Tests": relative bearing of B from A, course of B; A heads north.
        let cases = [
            ("head-on", (0.0, 180.0, 5.0, 5.0), (Meeting::HeadOn, Duty::Both)),
            ("crossing, A gives way", (45.0, 270.0, 5.0, 5.0), (Meeting::Crossing, Duty::First)),
            ("crossing, A stands on", (315.0, 90.0, 5.0, 5.0), (Meeting::Crossing, Duty::Second)),
            ("A overtakes", (0.0, 0.0, 7.0, 5.0), (Meeting::Overtaking, Duty::First)),
            ("B overtakes", (180.0, 0.0, 5.0, 7.0), (Meeting::Overtaking, Duty::Second)),
            ("nobody overtakes at the same speed", (0.0, 0.0, 5.0, 5.0), (Meeting::Passing, Duty::Neither)),
            ("port to port", (330.0, 180.0, 5.0, 5.0), (Meeting::Passing, Duty::Neither)),
        ];
        for (what, (bearing, course, a, b), expected) in cases {
            assert_eq!(class(bearing, course, a, b), expected, "{what}");
        }
    }

    #[test]
    fn r4_a_swap_of_roles_flips_give_way_and_stand_on() {
        for bearing in 0..360 {
            for course in (0..360).step_by(5) {
                let (first, second, closing) = pair(f64::from(bearing), f64::from(course), 6.0, 5.0);
                let (meeting, duty) = classify(&first, &second, closing);
                let flipped = match duty {
                    Duty::First => Duty::Second,
                    Duty::Second => Duty::First,
                    both => both,
                };
                assert_eq!(classify(&second, &first, closing), (meeting, flipped), "{bearing} {course}");
            }
        }
    }

    #[test]
    fn r4_sweep_of_all_risk_geometries() {
        // Every pair on a collision course: B's speed is such that the bearing stands still.
        let mut seen = [0; 3];
        for bearing in 0..360 {
            for course in 0..360 {
                let (theta, course_rad) = (f64::from(bearing).to_radians(), f64::from(course).to_radians());
                let (a, across) = (5.0, (theta - course_rad).sin());
                let b = a * theta.sin() / across;
                if !(0.6..50.0).contains(&b) {
                    continue;
                }
                let (first, second, closing) = pair(f64::from(bearing), f64::from(course), a, b);
                if !closing {
                    continue;
                }
                let (meeting, duty) = classify(&first, &second, closing);
                match meeting {
                    Meeting::Overtaking => seen[0] += 1,
                    Meeting::HeadOn => seen[1] += 1,
                    Meeting::Crossing => seen[2] += 1,
                    Meeting::Passing | Meeting::RestrictedVisibility => {
                        panic!("{bearing} {course} {b}: a collision course without roles")
                    }
                }
                let one_gives_way = matches!(duty, Duty::First | Duty::Second);
                assert!(
                    one_gives_way || meeting == Meeting::HeadOn,
                    "{bearing} {course}: {meeting:?} {duty:?}"
                );
            }
        }
        assert!(seen.iter().all(|n| *n > 30), "{seen:?}");
    }

    #[test]
    fn directions_are_at_most_half_a_turn_apart() {
        assert_eq!(apart_deg(90.0, 90.0), 0.0);
        assert_eq!(apart_deg(350.0, 10.0), 20.0);
    }
}
