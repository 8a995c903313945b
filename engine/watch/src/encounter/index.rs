//! Collision risk index: five fuzzy sets, weighed (RISK.md R3).

use units::KNOT_MPS;

const MILE_M: f64 = 1852.0;

/// A target as seen from one's own ship.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    /// Distance at the closest point of approach, metres.
    pub cpa_m: f64,
    /// Time until then, seconds; negative once past.
    pub tcpa_s: f64,
    /// Distance now, metres.
    pub range_m: f64,
    /// Relative speed, metres per second.
    pub relative_mps: f64,
    /// Bearing of the target from one's own bow, degrees, 0 to 360.
    pub bearing_deg: f64,
    pub own_mps: f64,
    pub target_mps: f64,
    /// Angle between the courses, degrees.
    pub courses_deg: f64,
    pub own_length_m: f64,
    /// Half the domain in confined waters, metres; `None` in open water.
    pub confined_m: Option<f64>,
    /// The distance grows.
    pub is_opening: bool,
    pub is_associated: bool,
}

/// 0 to 1: how much a target threatens one's own ship.
pub(crate) fn risk(sight: &Sight) -> f64 {
    let relative_kn = sight.relative_mps / KNOT_MPS;
    if sight.is_associated
        || relative_kn < 1.0 && sight.range_m > 0.0
        || sight.tcpa_s < -30.0 && sight.is_opening
    {
        return 0.0;
    }
    let (cpa, range) = (sight.cpa_m / MILE_M, sight.range_m / MILE_M);
    let theta = sight.bearing_deg.rem_euclid(360.0);
    let (d1, d2) = match sight.confined_m {
        Some(domain_m) => (domain_m / MILE_M, 2.0 * domain_m / MILE_M),
        None => (safe_passing(theta), 2.0 * safe_passing(theta)),
    };
    let arena = arena(theta);
    let action = (12.0 * sight.own_length_m / MILE_M).min(0.8 * arena);

    let of_cpa = if cpa <= d1 {
        1.0
    } else if cpa >= d2 {
        0.0
    } else {
        0.5 - 0.5 * (std::f64::consts::PI / (d2 - d1) * (cpa - f64::midpoint(d1, d2))).sin()
    };
    let horizon = if sight.confined_m.is_some() { 9.0 } else { 144.0 };
    let of_tcpa = if relative_kn < 0.1 {
        0.0
    } else {
        let hours = |square: f64| square.max(0.0).sqrt() / relative_kn;
        let (t1, t2) = (hours(action * action - cpa * cpa), hours(horizon - cpa * cpa));
        let t = sight.tcpa_s.abs() / 3600.0;
        if t <= t1 {
            1.0
        } else if t >= t2 {
            0.0
        } else {
            ((t2 - t) / (t2 - t1)).powi(2)
        }
    };
    let of_range = if range <= action {
        1.0
    } else if range >= arena {
        0.0
    } else {
        ((arena - range) / (arena - action)).powi(2)
    };
    let ratio = sight.target_mps / sight.own_mps.max(0.1);
    let of_speed = if ratio > 0.0 {
        let sin = sight.courses_deg.to_radians().sin().abs();
        1.0 / (1.0 + 2.0 / (ratio * (ratio * ratio + 1.0 + 2.0 * ratio * sin).sqrt()))
    } else {
        0.0
    };
    (0.400 * of_cpa + 0.367 * of_tcpa + 0.133 * of_range + 0.067 * of_bearing(theta) + 0.033 * of_speed)
        .clamp(0.0, 1.0)
}

/// Miles at which ships like to pass, by the bearing of the target.
fn safe_passing(theta: f64) -> f64 {
    if theta < 112.5 {
        1.1 - 0.2 * theta / 180.0
    } else if theta < 180.0 {
        1.0 - 0.4 * theta / 180.0
    } else if theta < 247.5 {
        1.0 - 0.4 * (360.0 - theta) / 180.0
    } else {
        1.1 - 0.2 * (360.0 - theta) / 180.0
    }
}

/// Radius of the arena, miles.
fn arena(theta: f64) -> f64 {
    let cos = (theta - 19.0).to_radians().cos();
    1.7 * cos + (4.4 + 2.89 * cos * cos).sqrt()
}

fn of_bearing(theta: f64) -> f64 {
    let cos = (theta - 19.0).to_radians().cos();
    0.5 * (cos + (440.0 / 289.0 + cos * cos).sqrt()) - 5.0 / 17.0
}

/// A grade of risk, by the index.
#[cfg(test)]
fn grade(cri: f64) -> u8 {
    [0.2, 0.4, 0.6, 0.8].iter().filter(|limit| cri >= **limit).count() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Sight = Sight {
        cpa_m: 200.0,
        tcpa_s: 300.0,
        range_m: 3000.0,
        relative_mps: 10.0,
        bearing_deg: 19.0,
        own_mps: 5.0,
        target_mps: 5.0,
        courses_deg: 170.0,
        own_length_m: 120.0,
        confined_m: None,
        is_opening: false,
        is_associated: false,
    };

    #[test]
    fn r3_falls_with_cpa_and_tcpa() {
        for confined_m in [None, Some(100.0)] {
            let falls = |values: Vec<f64>| {
                assert!(values.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12), "{values:?}");
                assert!(values[0] > values[values.len() - 1] + 0.1, "{values:?}");
            };
            falls((0..80).map(|i| risk(&Sight { cpa_m: 60.0 * f64::from(i), confined_m, ..BASE })).collect());
            falls(
                (0..80).map(|i| risk(&Sight { tcpa_s: 30.0 * f64::from(i), confined_m, ..BASE })).collect(),
            );
        }
    }

    #[test]
    fn r3_is_near_one_at_the_point_of_collision() {
        let now = Sight { cpa_m: 0.0, tcpa_s: 0.0, range_m: 0.0, ..BASE };
        assert!(risk(&now) >= 0.9, "{}", risk(&now));
        assert_eq!(grade(risk(&now)), 4);
        assert_eq!(risk(&Sight { is_associated: true, ..now }), 0.0);
        assert_eq!(risk(&Sight { tcpa_s: -31.0, is_opening: true, ..BASE }), 0.0);
    }

    #[test]
    fn r3_nineteen_degrees_to_starboard_is_worst() {
        assert!((of_bearing(19.0) - 1.0).abs() < 1e-12);
        assert!((0..360).all(|theta| of_bearing(f64::from(theta)) <= of_bearing(19.0)));
    }

    #[test]
    fn r3_is_finite_and_monotone_for_every_length_and_bearing() {
        for length in (20..=400).step_by(20) {
            for theta in 0..360 {
                let at = |cpa_m: f64| {
                    let sight = Sight {
                        own_length_m: f64::from(length),
                        bearing_deg: f64::from(theta),
                        cpa_m,
                        ..BASE
                    };
                    risk(&sight)
                };
                let values: Vec<f64> = (0..30).map(|i| at(150.0 * f64::from(i))).collect();
                assert!(values.iter().all(|v| v.is_finite() && (0.0..=1.0).contains(v)), "{length} {theta}");
                assert!(
                    values.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12),
                    "{length} {theta}: {values:?}"
                );
            }
        }
    }
}
