//! Hulls as rectangles: how close they are, and how close they will come if both keep course and speed.

use super::truth::{Ship, State};
use units::KNOT_MPS;

/// A rectangle about its middle.
#[derive(Clone, Copy)]
struct Hull {
    at: [f64; 2],
    ahead: [f64; 2],
    half_m: [f64; 2],
}

impl Hull {
    fn of(ship: &Ship, state: &State, after_s: f64) -> Self {
        let (sin, cos) = state.heading_rad.sin_cos();
        let [x, y] = state.place;
        let [vx, vy] = state.velocity_mps;
        Self {
            at: [x + vx * after_s, y + vy * after_s],
            ahead: [sin, cos],
            half_m: [ship.length_m / 2.0, ship.beam_m / 2.0],
        }
    }

    /// From the middle to a place: along and across.
    fn sees(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let ([dx, dy], [e, n]) = ([x - self.at[0], y - self.at[1]], self.ahead);
        [dx * e + dy * n, dx * n - dy * e]
    }

    fn corners(&self) -> [[f64; 2]; 4] {
        let ([e, n], [l, b]) = (self.ahead, self.half_m);
        [(l, b), (l, -b), (-l, -b), (-l, b)]
            .map(|(l, b)| [self.at[0] + l * e + b * n, self.at[1] + l * n - b * e])
    }

    /// From a place to the nearest of the rectangle.
    fn distance_m(&self, place: [f64; 2]) -> f64 {
        let ([along, across], [l, b]) = (self.sees(place), self.half_m);
        (along.abs() - l).max(0.0).hypot((across.abs() - b).max(0.0))
    }
}

/// Between two hulls, metres; what overlaps without a corner of one in the other counts by its nearest corner.
fn gap_m(one: &Hull, other: &Hull) -> f64 {
    let least =
        |a: &Hull, b: &Hull| a.corners().iter().map(|c| b.distance_m(*c)).fold(f64::INFINITY, f64::min);
    least(one, other).min(least(other, one))
}

/// Two vessels at one instant.
#[derive(Clone, Copy)]
pub struct Two<'a> {
    pub ships: [&'a Ship; 2],
    pub states: [State; 2],
}

impl Two<'_> {
    fn apart_m(&self) -> [f64; 2] {
        let [a, b] = self.states.map(|state| state.place);
        [b[0] - a[0], b[1] - a[1]]
    }

    fn relative_mps(&self) -> [f64; 2] {
        let [a, b] = self.states.map(|state| state.velocity_mps);
        [b[0] - a[0], b[1] - a[1]]
    }

    pub fn range_m(&self) -> f64 {
        let [x, y] = self.apart_m();
        x.hypot(y)
    }

    /// Between their hulls so many seconds later, if both go on as they do.
    pub fn gap_m(&self, after_s: f64) -> f64 {
        let [one, other] = [0, 1].map(|i| {
            let (ship, state) =
                if i == 0 { (self.ships[0], &self.states[0]) } else { (self.ships[1], &self.states[1]) };
            Hull::of(ship, state, after_s)
        });
        gap_m(&one, &other)
    }

    /// When they will be closest, seconds, if both go on as they do.
    pub fn tcpa_s(&self) -> Option<f64> {
        let ([x, y], [vx, vy]) = (self.apart_m(), self.relative_mps());
        let squared = vx * vx + vy * vy;
        (squared > 0.05 * 0.05).then(|| -(x * vx + y * vy) / squared)
    }

    /// The hulls will come closer than that, within the time to act or so many times it: when they are closest.
    pub fn foresees(&self, limit_m: f64, times_act: f64) -> Option<f64> {
        let tcpa_s = self.tcpa_s()?;
        if !(0.0..times_act * self.act_s()).contains(&tcpa_s) {
            return None;
        }
        let ([x, y], [vx, vy]) = (self.apart_m(), self.relative_mps());
        let reach_m: f64 = self.ships.iter().map(|ship| ship.length_m.hypot(ship.beam_m) / 2.0).sum();
        if (x + vx * tcpa_s).hypot(y + vy * tcpa_s) > limit_m + reach_m {
            return None;
        }
        let around = (-30..=30).map(|i| tcpa_s + 2.0 * f64::from(i)).filter(|t| *t >= 0.0);
        (around.map(|t| self.gap_m(t)).fold(f64::INFINITY, f64::min) < limit_m).then_some(tcpa_s)
    }

    /// What both need to turn away and a minute and a half (ALERTS.md 101), seconds.
    fn act_s(&self) -> f64 {
        let of = |ship: &Ship, state: &State| {
            let speed_mps = state.velocity_mps[0].hypot(state.velocity_mps[1]).max(1.0);
            (90.0 + (2.0 + 2.5 * std::f64::consts::FRAC_PI_6) * ship.length_m / speed_mps).clamp(180.0, 480.0)
        };
        of(self.ships[0], &self.states[0]).max(of(self.ships[1], &self.states[1]))
    }

    /// Both lie still or nearly, or one follows the other, or they keep company: no alert is wanted.
    pub fn is_excluded(&self) -> bool {
        let [a, b] = self.states.map(|state| state.velocity_mps);
        let (va, vb) = (a[0].hypot(a[1]), b[0].hypot(b[1]));
        let ([x, y], [vx, vy]) = (self.apart_m(), self.relative_mps());
        let closing_mps = -(x * vx + y * vy) / x.hypot(y).max(1.0);
        let is_along = a[0] * b[0] + a[1] * b[1] > va * vb * std::f64::consts::FRAC_1_SQRT_2;
        va.max(vb) < 2.0 * KNOT_MPS || is_along && closing_mps < 2.0 * KNOT_MPS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_of_hulls_by_hand() {
        let ship = |length_m, beam_m| Ship { length_m, beam_m, ..Ship::default() };
        let (long, short) = (ship(200.0, 30.0), ship(50.0, 10.0));
        let two = |place, cog: f64| Two {
            ships: [&long, &short],
            states: [State::new(0, [0.0; 2], 10.0, 0.0, 0.0), State::new(1, place, 10.0, cog, cog)],
        };
        for (what, place, cog, gap) in [
            ("abeam, the same way", [100.0, 0.0], 0.0, 100.0 - 15.0 - 5.0),
            ("ahead, the same way", [0.0, 300.0], 0.0, 300.0 - 100.0 - 25.0),
            ("abeam, athwart", [100.0, 0.0], 90.0, 100.0 - 15.0 - 25.0),
            ("inside", [0.0, 50.0], 0.0, 0.0),
        ] {
            assert!((two(place, cog).gap_m(0.0) - gap).abs() < 1e-9, "{what}");
        }
        // Head-on, 20 kn between them, a mile apart and 60 m to the side: 40 m between the hulls.
        let meets = two([60.0, 1852.0], 180.0);
        assert!((meets.tcpa_s().unwrap() - 180.0).abs() < 0.1);
        assert!(meets.foresees(41.0, 2.0).is_some() && meets.foresees(39.0, 2.0).is_none());
        // The long one needs 90 s and 3.3 lengths at 5.1 m/s: 218 s.
        assert!(meets.foresees(41.0, 1.0).is_some() && meets.foresees(41.0, 0.8).is_none());
        assert!(!meets.is_excluded() && two([0.0, 300.0], 0.0).is_excluded());
    }
}
