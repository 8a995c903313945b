//! The hull of a track: where its middle is, how it lies, how far apart two are.

use fusion::{Station, Track};
use units::Degrees;

/// No hull reaches further from its centre, metres.
const REACH_M: f64 = 250.0;

/// A rectangle about the middle of a hull.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outline {
    heading_rad: f64,
    pub length_m: f64,
    pub beam_m: f64,
    /// Neither heading nor course is known: it may lie in any way.
    is_round: bool,
}

impl Outline {
    /// A usual hull of its class where it is not known.
    pub fn of(track: &Track) -> Self {
        let hull = track.hull.filter(|hull| hull.length_m() > 0);
        let (usual_length_m, usual_beam_m) =
            if track.station == Some(Station::ClassA) { (100.0, 16.0) } else { (15.0, 5.0) };
        let (length_m, beam_m) = hull.map_or((usual_length_m, usual_beam_m), |hull| {
            (f64::from(hull.length_m()), f64::from(hull.beam_m()))
        });
        // Ships are about six times as long as they are wide.
        let beam_m = if beam_m > 0.0 { beam_m } else { length_m / 6.0 };
        Self::new(length_m, beam_m, track.heading.or_else(|| track.cog()))
    }

    pub fn new(length_m: f64, beam_m: f64, heading: Option<Degrees>) -> Self {
        Self {
            heading_rad: heading.map_or(0.0, Degrees::radians),
            length_m: length_m.min(2.0 * REACH_M),
            beam_m: beam_m.min(2.0 * REACH_M),
            is_round: heading.is_none(),
        }
    }

    /// It is known which way it lies.
    pub const fn lies(&self) -> bool {
        !self.is_round
    }

    /// East and north of its heading, a unit vector.
    pub fn ahead(&self) -> [f64; 2] {
        let (sin, cos) = self.heading_rad.sin_cos();
        [sin, cos]
    }

    /// Half of what it covers along a direction.
    pub fn reach_m(&self, along: [f64; 2]) -> f64 {
        if self.is_round {
            return self.length_m / 2.0;
        }
        half_extent_m(self.length_m, self.beam_m, self.heading_rad, along)
    }

    /// The distance between two hulls now, by the separating axes of their rectangles; `apart_m` is the way from the
    /// middle of this one to that of the other, east and north.
    pub fn gap_m(&self, other: &Self, apart_m: [f64; 2]) -> f64 {
        let corners = |outline: &Self, [x, y]: [f64; 2]| {
            let [e, n] = outline.ahead();
            let (l, b) = (outline.length_m / 2.0, outline.beam_m / 2.0);
            [(l, b), (l, -b), (-l, -b), (-l, b)].map(|(l, b)| [x + l * e + b * n, y + l * n - b * e])
        };
        let (one, two) = (corners(self, [0.0; 2]), corners(other, apart_m));
        let is_apart =
            [self.ahead(), perpendicular(self.ahead()), other.ahead(), perpendicular(other.ahead())]
                .iter()
                .any(|axis| {
                    let ends = |corners: &[[f64; 2]; 4]| {
                        corners
                            .iter()
                            .map(|c| c[0] * axis[0] + c[1] * axis[1])
                            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), v| {
                                (least.min(v), most.max(v))
                            })
                    };
                    let (a, b) = (ends(&one), ends(&two));
                    a.1 < b.0 || b.1 < a.0
                });
        if !is_apart {
            return 0.0;
        }
        let edges = |c: [[f64; 2]; 4]| {
            let [a, b, d, e] = c;
            [(a, b), (b, d), (d, e), (e, a)]
        };
        let mut least = f64::INFINITY;
        for (corners, edges) in [(one, edges(two)), (two, edges(one))] {
            for corner in corners {
                for (from, to) in edges {
                    least = least.min(to_segment_m(corner, from, to));
                }
            }
        }
        least
    }
}

const fn perpendicular([x, y]: [f64; 2]) -> [f64; 2] {
    [-y, x]
}

/// From a point to the straight way between two others.
pub(crate) fn to_segment_m([x, y]: [f64; 2], [ax, ay]: [f64; 2], [bx, by]: [f64; 2]) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let square = dx * dx + dy * dy;
    let part = if square > 0.0 { (((x - ax) * dx + (y - ay) * dy) / square).clamp(0.0, 1.0) } else { 0.0 };
    (x - ax - part * dx).hypot(y - ay - part * dy)
}

/// Half of what a rectangle covers along a direction: the reach of a hull about its centre.
pub(crate) fn half_extent_m(length_m: f64, beam_m: f64, heading_rad: f64, along: [f64; 2]) -> f64 {
    let (sin, cos) = heading_rad.sin_cos();
    let ahead = (sin * along[0] + cos * along[1]).abs();
    let abeam = (cos * along[0] - sin * along[1]).abs();
    f64::midpoint(length_m * ahead, beam_m * abeam)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(length_m: f64, beam_m: f64, heading_deg: f64) -> Outline {
        Outline { heading_rad: heading_deg.to_radians(), length_m, beam_m, is_round: false }
    }

    #[test]
    fn a_hull_reaches_as_far_as_it_lies_across() {
        // By hand: 200 m long, 30 m wide.
        let cases = [(0.0, [1.0, 0.0], 15.0), (0.0, [0.0, 1.0], 100.0), (90.0, [1.0, 0.0], 100.0)];
        for (heading, along, expected) in cases {
            assert!((half_extent_m(200.0, 30.0, f64::to_radians(heading), along) - expected).abs() < 1e-9);
        }
        let diagonal = half_extent_m(200.0, 30.0, f64::to_radians(45.0), [1.0, 0.0]);
        assert!((diagonal - 230.0 / 2.0 / 2_f64.sqrt()).abs() < 1e-9, "{diagonal}");
    }

    #[test]
    fn r1_the_gap_between_two_hulls() {
        // By hand: two ships of 200 m by 30 m.
        let cases = [
            (0.0, 0.0, [100.0, 0.0], 70.0),
            (0.0, 0.0, [0.0, 250.0], 50.0),
            (0.0, 90.0, [150.0, 0.0], 35.0),
            (0.0, 90.0, [100.0, 0.0], 0.0),
            (0.0, 0.0, [33.0, 204.0], 5.0),
        ];
        for (one, other, apart, expected) in cases {
            let found = outline(200.0, 30.0, one).gap_m(&outline(200.0, 30.0, other), apart);
            assert!((found - expected).abs() < 1e-9, "{apart:?}: {found}, expected {expected}");
        }
    }

    #[test]
    fn r1_the_least_gap_of_two_that_pass_is_their_miss_less_their_reach() {
        // Separating axes at small steps along the way, against the closed form that the judge uses.
        let (one, other) = (outline(180.0, 28.0, 20.0), outline(90.0, 14.0, 250.0));
        let (way, across) = ([0.6, -0.8], [0.8, 0.6]);
        for miss_m in [-400.0, -160.0, -90.0, 0.0, 70.0, 130.0, 300.0] {
            let closed = f64::max(0.0, f64::abs(miss_m) - one.reach_m(across) - other.reach_m(across));
            let stepped = (-4000..4000)
                .map(|i| {
                    let along = f64::from(i) / 5.0;
                    one.gap_m(
                        &other,
                        [miss_m * across[0] + along * way[0], miss_m * across[1] + along * way[1]],
                    )
                })
                .fold(f64::INFINITY, f64::min);
            assert!((closed - stepped).abs() < 0.05, "{miss_m}: {closed}, stepped {stepped}");
        }
    }
}
