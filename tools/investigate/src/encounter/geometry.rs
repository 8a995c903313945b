//! Two ships on a plane: range, bearing, closest point of approach and how sure each is, hulls.

use crate::points::{Point, Who};

/// Knots in metres a second.
const KNOT_MPS: f64 = 1852.0 / 3600.0;
/// Half axes of WGS 84.
const EQUATOR_M: f64 = 6_378_137.0;
const ECCENTRICITY2: f64 = 0.006_694_379_990_14;
/// How much a ship may speed up or turn away unseen, one standard deviation, metres a second squared.
pub const UNSEEN_MPS2: f64 = 0.05;
/// Slower towards each other than this, there is no closest point to speak of, metres a second.
const STILL_MPS: f64 = 0.05;

/// East and north, metres.
pub type Pair = [f64; 2];

/// A plane that touches the earth.
#[derive(Clone, Copy, Debug)]
pub struct Plane {
    lat: f64,
    lon: f64,
    north_m: f64,
    east_m: f64,
}

impl Plane {
    /// At a place.
    pub fn at(lat: f64, lon: f64) -> Self {
        let (sin, cos) = lat.to_radians().sin_cos();
        let root = (1.0 - ECCENTRICITY2 * sin * sin).sqrt();
        let across = EQUATOR_M / root;
        let along = EQUATOR_M * (1.0 - ECCENTRICITY2) / (root * root * root);
        Self { lat, lon, north_m: along.to_radians(), east_m: (across * cos).to_radians() }
    }

    /// Latitude and longitude of so many metres from there; longitudes count on beyond 180.
    pub fn back(&self, [east, north]: Pair) -> (f64, f64) {
        (self.lat + north / self.north_m, self.lon + east / self.east_m)
    }

    /// Metres from there.
    pub fn place(&self, lat: f64, lon: f64) -> Pair {
        let east = (lon - self.lon + 180.0).rem_euclid(360.0) - 180.0;
        [east * self.east_m, (lat - self.lat) * self.north_m]
    }
}

/// A ship at an instant, as thought to be then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ship {
    /// The middle of her hull, or where nobody knows where that is, the place that is said.
    pub place: Pair,
    /// `None` where nobody knows.
    pub velocity: Option<Pair>,
    /// East-east, east-north, north-north.
    pub cov: Option<[f64; 3]>,
    /// Of the velocity.
    pub vel_cov: Option<[f64; 3]>,
    /// Where her bow points, degrees: as said, or as she goes.
    pub heading_deg: Option<f64>,
    /// Length and beam, metres.
    pub size_m: Option<Pair>,
    /// Seconds since she was seen or heard.
    pub age_s: f64,
}

impl Ship {
    /// From her last point, so much later.
    pub fn after(plane: &Plane, who: &Who, point: &Point, age_s: f64) -> Self {
        let speed = point.sog_kn.map(|sog_kn| sog_kn * KNOT_MPS);
        let velocity = speed.and_then(|speed| {
            let (sin, cos) = match point.cog_deg {
                Some(cog_deg) => cog_deg.to_radians().sin_cos(),
                None if speed < STILL_MPS => (0.0, 0.0),
                None => return None,
            };
            Some([speed * sin, speed * cos])
        });
        let heading_deg =
            point.heading_deg.or(point.cog_deg.filter(|_| speed.is_some_and(|speed| speed > 1.0)));
        let [mut east, mut north] = plane.place(point.lat, point.lon);
        let mut size_m = None;
        if let Some([bow, stern, port, starboard]) = who.hull.map(|hull| hull.map(f64::from)) {
            size_m = Some([bow + stern, port + starboard]).filter(|size| size.iter().all(|it| *it > 0.0));
            if let Some(heading_deg) = heading_deg {
                // From the antenna to the middle.
                let (sin, cos) = heading_deg.to_radians().sin_cos();
                let (ahead, aside) = (f64::midpoint(bow, -stern), f64::midpoint(starboard, -port));
                (east, north) = (east + ahead * sin + aside * cos, north + ahead * cos - aside * sin);
            }
        }
        if let Some([ve, vn]) = velocity {
            (east, north) = (east + ve * age_s, north + vn * age_s);
        }
        let unseen_m2 = (0.5 * UNSEEN_MPS2 * age_s * age_s).powi(2);
        let unseen_m2ps2 = (UNSEEN_MPS2 * age_s).powi(2);
        let vel_cov = point.vel_cov_m2ps2;
        let cov = point.cov_m2.map(|[ee, en, nn]| {
            let [vee, ven, vnn] = vel_cov.unwrap_or([0.0; 3]);
            let squared = age_s * age_s;
            [ee + squared * vee + unseen_m2, en + squared * ven, nn + squared * vnn + unseen_m2]
        });
        let vel_cov = vel_cov.map(|[ee, en, nn]| [ee + unseen_m2ps2, en, nn + unseen_m2ps2]);
        Self { place: [east, north], velocity, cov, vel_cov, heading_deg, size_m, age_s }
    }

    /// So many seconds later, if she goes on as she does.
    #[must_use]
    pub fn later(&self, seconds: f64) -> Self {
        let [ve, vn] = self.velocity.unwrap_or_default();
        let [east, north] = self.place;
        Self { place: [east + ve * seconds, north + vn * seconds], ..*self }
    }

    /// The outline of her hull, bow first; `None` where her size or heading is not known.
    pub fn outline(&self) -> Option<Vec<Pair>> {
        let ([length, beam], heading_deg) = (self.size_m?, self.heading_deg?);
        let (sin, cos) = heading_deg.to_radians().sin_cos();
        let (half, side) = (length / 2.0, beam / 2.0);
        let shoulder = half - (beam * 1.2).min(length / 3.0);
        let corners = [(half, 0.0), (shoulder, side), (-half, side), (-half, -side), (shoulder, -side)];
        let [east, north] = self.place;
        let corner = |(ahead, aside): (f64, f64)| {
            [east + ahead * sin + aside * cos, north + ahead * cos - aside * sin]
        };
        Some(corners.map(corner).to_vec())
    }

    /// The corners of the rectangle that holds her.
    fn corners(&self) -> Option<[Pair; 4]> {
        let ([length, beam], heading_deg) = (self.size_m?, self.heading_deg?);
        let (sin, cos) = heading_deg.to_radians().sin_cos();
        let [east, north] = self.place;
        let corner = |ahead: f64, aside: f64| {
            let (ahead, aside) = (ahead * length / 2.0, aside * beam / 2.0);
            [east + ahead * sin + aside * cos, north + ahead * cos - aside * sin]
        };
        Some([corner(1.0, 1.0), corner(1.0, -1.0), corner(-1.0, -1.0), corner(-1.0, 1.0)])
    }

    /// From a place to the nearest of the rectangle that holds her, metres.
    fn distance_m(&self, [x, y]: Pair) -> Option<f64> {
        let ([length, beam], heading_deg) = (self.size_m?, self.heading_deg?);
        let (sin, cos) = heading_deg.to_radians().sin_cos();
        let [dx, dy] = [x - self.place[0], y - self.place[1]];
        let (along, across) = (dx * sin + dy * cos, dx * cos - dy * sin);
        Some((along.abs() - length / 2.0).max(0.0).hypot((across.abs() - beam / 2.0).max(0.0)))
    }
}

/// A value, and one standard deviation of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sure {
    /// The value.
    pub value: f64,
    /// `None` where nobody knows.
    pub sigma: Option<f64>,
}

/// One ship as seen from the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Two {
    /// From the middle of one to the middle of the other, metres.
    pub range_m: Sure,
    /// From the first to the second, degrees true.
    pub bearing_deg: f64,
    /// Between the hulls, metres; `None` where a size or heading is not known.
    pub gap_m: Option<f64>,
    /// How close their middles come if both go on as they do, metres; `None` where they do not move to each other.
    pub dcpa_m: Option<Sure>,
    /// Until then, seconds; negative: they were closest before.
    pub tcpa_s: Option<Sure>,
}

/// `axis` of a covariance, squared.
fn along([ee, en, nn]: [f64; 3], [x, y]: Pair) -> f64 {
    (ee * x * x + 2.0 * en * x * y + nn * y * y).max(0.0)
}

fn sum(one: Option<[f64; 3]>, other: Option<[f64; 3]>) -> Option<[f64; 3]> {
    let ([a, b, c], [d, e, f]) = (one?, other?);
    Some([a + d, b + e, c + f])
}

impl Two {
    /// At one instant.
    pub fn of(one: &Ship, other: &Ship) -> Self {
        let [x, y] = [other.place[0] - one.place[0], other.place[1] - one.place[1]];
        let range_m = x.hypot(y);
        let (cov, vel_cov) = (sum(one.cov, other.cov), sum(one.vel_cov, other.vel_cov));
        let axis = if range_m > 0.0 { [x / range_m, y / range_m] } else { [1.0, 0.0] };
        let sigma = cov.map(|cov| along(cov, axis).sqrt());
        let mut two = Self {
            range_m: Sure { value: range_m, sigma },
            bearing_deg: x.atan2(y).to_degrees().rem_euclid(360.0),
            gap_m: gap_m(one, other),
            dcpa_m: None,
            tcpa_s: None,
        };
        let (Some(a), Some(b)) = (one.velocity, other.velocity) else { return two };
        let [vx, vy] = [b[0] - a[0], b[1] - a[1]];
        let squared = vx * vx + vy * vy;
        if squared < STILL_MPS * STILL_MPS {
            return two;
        }
        let tcpa_s = -(x * vx + y * vy) / squared;
        // How far aside of each other's way they are, and the way to it.
        let speed = squared.sqrt();
        let normal = [-vy / speed, vx / speed];
        let dcpa_m = (x * normal[0] + y * normal[1]).abs();
        let dcpa_sigma = cov
            .zip(vel_cov)
            .map(|(cov, vel_cov)| (along(cov, normal) + tcpa_s * tcpa_s * along(vel_cov, normal)).sqrt());
        let of_place = [-vx / squared, -vy / squared];
        let of_velocity = [-(x + 2.0 * tcpa_s * vx) / squared, -(y + 2.0 * tcpa_s * vy) / squared];
        let tcpa_sigma = cov
            .zip(vel_cov)
            .map(|(cov, vel_cov)| (along(cov, of_place) + along(vel_cov, of_velocity)).sqrt());
        two.dcpa_m = Some(Sure { value: dcpa_m, sigma: dcpa_sigma });
        two.tcpa_s = Some(Sure { value: tcpa_s, sigma: tcpa_sigma });
        two
    }
}

/// Between two hulls, metres; what overlaps without a corner of one in the other counts by its nearest corner.
fn gap_m(one: &Ship, other: &Ship) -> Option<f64> {
    let least = |a: &Ship, b: &Ship| {
        let distances = a.corners()?.map(|corner| b.distance_m(corner));
        distances.into_iter().try_fold(f64::INFINITY, |least, it| Some(least.min(it?)))
    };
    Some(least(one, other)?.min(least(other, one)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ship(place: Pair, velocity: Pair) -> Ship {
        Ship {
            place,
            velocity: Some(velocity),
            cov: Some([4.0, 0.0, 4.0]),
            vel_cov: Some([0.01, 0.0, 0.01]),
            heading_deg: Some(velocity[0].atan2(velocity[1]).to_degrees()),
            size_m: Some([100.0, 20.0]),
            age_s: 0.0,
        }
    }

    #[test]
    fn two_that_meet_do_so_where_plane_geometry_says() {
        // Reciprocal courses, 300 m aside of each other, 3,000 m apart along them, 15 m/s together.
        let two = Two::of(&ship([0.0, 0.0], [0.0, 7.0]), &ship([300.0, 3000.0], [0.0, -8.0]));
        let (dcpa, tcpa) = (two.dcpa_m.unwrap(), two.tcpa_s.unwrap());
        assert!((dcpa.value - 300.0).abs() < 1e-9 && (tcpa.value - 200.0).abs() < 1e-9);
        // Places aside: 8 m²; velocities aside: 0.02 m²/s² times 200² s².
        assert!((dcpa.sigma.unwrap() - (8.0_f64 + 40_000.0 * 0.02).sqrt()).abs() < 1e-9);
        // Along: places 8 m² over 15 m/s; velocities 200 s times 0.02^0.5 over 15; and 300 m aside over 15² squared.
        let expected = 8.0 / 225.0 + 0.02 * (200.0_f64 / 15.0).powi(2) + 0.02 * (300.0_f64 / 225.0).powi(2);
        assert!((tcpa.sigma.unwrap() - expected.sqrt()).abs() < 1e-9);
        // Hulls: 300 m aside less two half beams once abeam.
        let abeam = Two::of(&ship([0.0, 0.0], [0.0, 7.0]), &ship([300.0, 0.0], [0.0, -8.0]));
        assert!((abeam.gap_m.unwrap() - 280.0).abs() < 1e-9);
    }
}
