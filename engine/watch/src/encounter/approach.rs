//! How two vessels pass each other: closest point of approach, and how sure that is.

/// Below this relative speed, metres per second, there is no closest point of approach but now.
pub(super) const STILL_MPS: f64 = 0.05;

/// One vessel as seen from another, at one instant, in one plane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relative {
    /// East and north of the other, metres.
    pub place_m: [f64; 2],
    /// Relative velocity, metres per second.
    pub velocity_mps: [f64; 2],
}

/// How they pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Approach {
    /// Distance now, metres.
    pub range_m: f64,
    /// How fast it shrinks, metres per second.
    pub closing_mps: f64,
    /// Relative speed, metres per second.
    pub speed_mps: f64,
    /// Seconds until the closest point of approach, negative once past; 0 where they keep their distance.
    pub tcpa_s: f64,
    /// Distance between the reference points then, metres: signed, the sign says on which side.
    pub miss_m: f64,
    /// Unit vector along which the miss is measured.
    pub across: [f64; 2],
}

impl Relative {
    pub fn approach(&self) -> Approach {
        let ([x, y], [vx, vy]) = (self.place_m, self.velocity_mps);
        let (range_m, speed_mps) = (x.hypot(y), vx.hypot(vy));
        let closing_mps = if range_m > 0.0 { -(x * vx + y * vy) / range_m } else { 0.0 };
        if speed_mps < STILL_MPS {
            let across = if range_m > 0.0 { [x / range_m, y / range_m] } else { [1.0, 0.0] };
            return Approach { range_m, closing_mps, speed_mps, tcpa_s: 0.0, miss_m: range_m, across };
        }
        let across = [-vy / speed_mps, vx / speed_mps];
        Approach {
            range_m,
            closing_mps,
            speed_mps,
            tcpa_s: -(x * vx + y * vy) / (speed_mps * speed_mps),
            miss_m: x * across[0] + y * across[1],
            across,
        }
    }
}

/// Probability that a value thought to be `mean` ± `sigma` lies within `limit` of nought.
pub(crate) fn within(mean: f64, sigma: f64, limit: f64) -> f64 {
    // Nothing that we measure is surer than this; and nothing is divided by nought.
    let sigma = sigma.max(1e-3);
    (normal((limit - mean) / sigma) - normal((-limit - mean) / sigma)).clamp(0.0, 1.0)
}

/// The distribution function of the standard normal distribution, to 1e-7 (Abramowitz and Stegun 26.2.17).
fn normal(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let tail =
        series.iter().fold(0.0, |sum, c| (sum + c) * t) * (-z * z / 2.0).exp() * 0.398_942_280_401_432_7;
    if z >= 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOT: f64 = 1852.0 / 3600.0;

    fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
        assert!((found - expected).abs() <= tolerance, "{what}: {found}, expected {expected}");
    }

    #[test]
    fn r1_closest_points_of_approach() {
        // RISK.md R1 and schoolbook kinematics: place, relative velocity, TCPA, miss.
        let cases = [
            ("head-on", [0.0, 1112.0], [0.0, -20.0 * KNOT], 1112.0 / (20.0 * KNOT), 0.0),
            ("crossing", [1852.0, 1852.0], [-10.0 * KNOT, -10.0 * KNOT], 360.0, 0.0),
            ("passing abeam", [0.0, 1000.0], [3.0, 0.0], 0.0, 1000.0),
            ("past", [300.0, 400.0], [3.0, 0.0], -100.0, 400.0),
            ("same course and speed", [300.0, 400.0], [0.0, 0.0], 0.0, 500.0),
            ("same place", [0.0, 0.0], [0.0, 0.0], 0.0, 0.0),
        ];
        for (what, place_m, velocity_mps, tcpa_s, miss_m) in cases {
            let approach = Relative { place_m, velocity_mps }.approach();
            close(approach.tcpa_s, tcpa_s, 1e-9, what);
            close(approach.miss_m.abs(), miss_m, 1e-9, what);
        }
        close(1112.0 / (20.0 * KNOT), 108.08, 0.01, "the head-on case by hand");
    }

    #[test]
    fn the_normal_distribution() {
        // Tables of the standard normal distribution.
        for (z, p) in
            [(0.0, 0.5), (1.0, 0.841_344_7), (-1.0, 0.158_655_3), (1.96, 0.975_002_1), (-3.0, 0.001_349_9)]
        {
            close(normal(z), p, 1e-7, "z");
        }
        close(within(0.0, 1.0, 1.959_964), 0.95, 1e-6, "within");
        close(within(1e9, 0.0, 1.0), 0.0, 0.0, "certain miss");
        close(within(0.5, 0.0, 1.0), 1.0, 1e-12, "certain hit");
    }
}
