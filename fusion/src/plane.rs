//! Tangent planes: metres east and north of a place, exact on WGS 84.
//!
//! A plane touches the ellipsoid at its origin. A place goes to the plane by dropping its height above it, so
//! scale is true to 1.3e-5 within 32 km, at any latitude and across the antimeridian; the way back is closed
//! form, because the normal of the plane meets the ellipsoid where a quadratic has its root.

use serde::{Deserialize, Serialize};
use units::Position;

/// Semi-major axis of WGS 84, metres.
const A_M: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// Semi-minor axis of WGS 84, metres.
const B_M: f64 = A_M * (1.0 - FLATTENING);
/// First eccentricity squared.
const E2: f64 = FLATTENING * (2.0 - FLATTENING);

/// Earth-centred, earth-fixed metres, or a direction in that frame.
pub(crate) type Ecef = [f64; 3];

/// A plane that touches the ellipsoid at its origin; x to the east of it, y to the north.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Position", into = "Position")]
pub struct Plane {
    origin: Position,
    centre: Ecef,
    east: Ecef,
    north: Ecef,
    up: Ecef,
}

/// How motion in one plane, at one point of it, is seen in another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Carried {
    /// East of the other plane's origin, metres.
    pub e_m: f64,
    /// North of it, metres.
    pub n_m: f64,
    /// Derivatives of the two above by east and north of the first plane: turns velocities and covariances.
    pub jacobian: [[f64; 2]; 2],
}

impl Plane {
    /// The plane that touches the ellipsoid at a place.
    #[must_use]
    pub fn at(origin: Position) -> Self {
        let (sin_lat, cos_lat) = origin.lat().to_radians().sin_cos();
        let (sin_lon, cos_lon) = origin.lon().to_radians().sin_cos();
        Self {
            origin,
            centre: ecef(origin),
            east: [-sin_lon, cos_lon, 0.0],
            north: [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
            up: [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
        }
    }

    /// Where it touches.
    #[must_use]
    pub const fn origin(&self) -> Position {
        self.origin
    }

    /// Metres east and north of the origin. Of use within some hundred kilometres: the far side of the Earth
    /// falls onto the near one.
    #[must_use]
    pub fn to_local(&self, place: Position) -> (f64, f64) {
        self.flatten(ecef(place))
    }

    /// The place that many metres east and north; beyond the limb of the Earth, a place on the limb.
    #[must_use]
    pub fn to_position(&self, e_m: f64, n_m: f64) -> Position {
        surface_position(self.lift(e_m, n_m)).unwrap_or(self.origin)
    }

    /// How far north here is turned clockwise from north at the other plane's origin, radians.
    ///
    /// A direction here plus this angle is the same direction seen there, and also right at the poles, where a
    /// difference of longitudes says nothing.
    #[must_use]
    pub fn convergence_rad(&self, other: &Self) -> f64 {
        dot(self.north, other.east).atan2(dot(self.north, other.north))
    }

    /// A point of this plane in another, and how to carry velocities and covariances along.
    #[must_use]
    pub fn carry(&self, e_m: f64, n_m: f64, other: &Self) -> Carried {
        let at = self.lift(e_m, n_m);
        let (e_there_m, n_there_m) = other.flatten(at);
        let along_east = self.along_surface(at, self.east);
        let along_north = self.along_surface(at, self.north);
        Carried {
            e_m: e_there_m,
            n_m: n_there_m,
            jacobian: [
                [dot(along_east, other.east), dot(along_north, other.east)],
                [dot(along_east, other.north), dot(along_north, other.north)],
            ],
        }
    }

    /// The point of the ellipsoid above or below a point of the plane.
    pub(crate) fn lift(&self, e_m: f64, n_m: f64) -> Ecef {
        let [cx, cy, cz] = self.centre;
        let ([ex, ey, ez], [nx, ny, nz], [ux, uy, uz]) = (self.east, self.north, self.up);
        let flat = [cx + e_m * ex + n_m * nx, cy + e_m * ey + n_m * ny, cz + e_m * ez + n_m * nz];
        // |(flat + t up) scaled to the unit sphere|² = 1, solved for t without cancellation.
        let [px, py, pz] = [flat[0] / A_M, flat[1] / A_M, flat[2] / B_M];
        let [vx, vy, vz] = [ux / A_M, uy / A_M, uz / B_M];
        let a = vx * vx + vy * vy + vz * vz;
        let b = px * vx + py * vy + pz * vz;
        let c = px * px + py * py + pz * pz - 1.0;
        let root = (b * b - a * c).max(0.0).sqrt();
        let t = if b + root > 0.0 { -c / (b + root) } else { 0.0 };
        [flat[0] + t * ux, flat[1] + t * uy, flat[2] + t * uz]
    }

    /// How a motion in this plane is seen in another nearby, to first order in the angle between them.
    pub(crate) fn turned_into(&self, other: &Self) -> [[f64; 2]; 2] {
        [
            [dot(self.east, other.east), dot(self.north, other.east)],
            [dot(self.east, other.north), dot(self.north, other.north)],
        ]
    }

    /// The straight line from the origin to a point, metres.
    pub(crate) fn metres_from_origin(&self, at: Ecef) -> f64 {
        distance_m(self.centre, at)
    }

    pub(crate) fn flatten(&self, at: Ecef) -> (f64, f64) {
        let from = [at[0] - self.centre[0], at[1] - self.centre[1], at[2] - self.centre[2]];
        (dot(from, self.east), dot(from, self.north))
    }

    /// The motion along the ellipsoid at a point that shows in this plane as the given unit of motion.
    fn along_surface(&self, at: Ecef, unit: Ecef) -> Ecef {
        let normal = normal(at);
        let climb = dot(normal, self.up);
        // On the limb the plane is seen edge on: nothing sensible is left to say there.
        let rise = if climb > 1e-12 { -dot(normal, unit) / climb } else { 0.0 };
        [unit[0] + rise * self.up[0], unit[1] + rise * self.up[1], unit[2] + rise * self.up[2]]
    }
}

impl From<Position> for Plane {
    fn from(origin: Position) -> Self {
        Self::at(origin)
    }
}

impl From<Plane> for Position {
    fn from(plane: Plane) -> Self {
        plane.origin
    }
}

/// The straight line through the Earth between two places, metres: 1 m short of the way along the surface at
/// 100 km, and exact enough to compare at any distance.
#[must_use]
pub fn chord_m(one: Position, other: Position) -> f64 {
    distance_m(ecef(one), ecef(other))
}

pub(crate) fn distance_m(one: Ecef, other: Ecef) -> f64 {
    let [x, y, z] = [one[0] - other[0], one[1] - other[1], one[2] - other[2]];
    (x * x + y * y + z * z).sqrt()
}

/// Upwards at a point of the ellipsoid, of no particular length.
pub(crate) fn normal(at: Ecef) -> Ecef {
    [at[0] / (A_M * A_M), at[1] / (A_M * A_M), at[2] / (B_M * B_M)]
}

/// A place on the ellipsoid, earth-centred.
pub(crate) fn ecef(place: Position) -> Ecef {
    let (sin_lat, cos_lat) = place.lat().to_radians().sin_cos();
    let (sin_lon, cos_lon) = place.lon().to_radians().sin_cos();
    let radius_m = A_M / (1.0 - E2 * sin_lat * sin_lat).sqrt();
    [radius_m * cos_lat * cos_lon, radius_m * cos_lat * sin_lon, radius_m * (1.0 - E2) * sin_lat]
}

/// Latitude and longitude of a point of the ellipsoid: exact, because its height is zero.
fn surface_position([x, y, z]: Ecef) -> Option<Position> {
    let lat = z.atan2((1.0 - E2) * x.hypot(y));
    // Radians rounded to degrees may pass the ends of the range by one step.
    Position::new(lat.to_degrees().clamp(-90.0, 90.0), y.atan2(x).to_degrees().clamp(-180.0, 180.0))
}

fn dot(one: Ecef, other: Ecef) -> f64 {
    one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: f64, lon: f64) -> Position {
        Position::new(lat, lon).unwrap()
    }

    /// Length of one degree of latitude and of longitude at a latitude, kilometres to the metre: the published
    /// WGS 84 table (NGA, "Length of a degree of latitude and longitude").
    #[test]
    fn a_degree_is_as_long_as_in_the_table() {
        let table = [
            (0.0, 110.574, 111.320),
            (15.0, 110.649, 107.550),
            (30.0, 110.852, 96.486),
            (45.0, 111.132, 78.847),
            (60.0, 111.412, 55.800),
            (75.0, 111.618, 28.902),
        ];
        for (lat, lat_km, lon_km) in table {
            // A tenth of a degree across the origin, so that the drop onto the plane is millimetres.
            let plane = Plane::at(at(lat, 179.99));
            let (_, north) = plane.to_local(at(lat + 0.05, 179.99));
            let (_, south) = plane.to_local(at(lat - 0.05, 179.99));
            assert!(((north - south) - lat_km * 100.0).abs() < 0.1, "{lat}: {}", north - south);
            let (east, _) = plane.to_local(at(lat, -179.96));
            let (west, _) = plane.to_local(at(lat, 179.94));
            assert!(((east - west) - lon_km * 100.0).abs() < 0.1, "{lat}: {}", east - west);
        }
        // One minute of latitude at 45 N is 1852.2 m.
        let (_, minute_m) = Plane::at(at(45.0, 0.0)).to_local(at(45.0 + 1.0 / 60.0, 0.0));
        assert!((minute_m - 1852.2).abs() < 0.1, "{minute_m}");
    }

    #[test]
    fn there_and_back_is_less_than_a_millimetre_off() {
        for lat in [-90.0, -70.0, -30.0, 0.0, 29.9, 70.0, 85.0, 89.9, 90.0] {
            for lon in [-180.0, -75.0, 0.0, 122.1, 179.999_9] {
                let plane = Plane::at(at(lat, lon));
                for (e, n) in [(0.0, 0.0), (50e3, 0.0), (-50e3, 50e3), (3.0, -50e3), (-17e3, -29e3)] {
                    let (e2, n2) = plane.to_local(plane.to_position(e, n));
                    assert!((e - e2).hypot(n - n2) < 1e-3, "{lat} {lon}: {e} {n} {e2} {n2}");
                }
            }
        }
    }

    #[test]
    fn beyond_the_limb_there_is_still_a_place() {
        let plane = Plane::at(at(30.0, 122.0));
        for far in [1e7, 1e300, f64::INFINITY, f64::NAN] {
            let place = plane.to_position(far, -far);
            assert!(place.lat().is_finite() && place.lon().is_finite(), "{far}: {place}");
        }
    }

    /// Convergence of meridians at a latitude is the difference of longitudes times its sine, to first order.
    #[test]
    fn north_turns_with_the_meridians() {
        for (lat, dlon_deg) in [(30.0, 0.1), (-30.0, 0.1), (70.0, 0.05), (85.0, -0.2), (0.0, 1.0)] {
            let across = if dlon_deg > 0.01 { dlon_deg - 360.0 } else { dlon_deg };
            let (here, there) = (Plane::at(at(lat, 179.99)), Plane::at(at(lat, 179.99 + across)));
            let expected = dlon_deg.to_radians() * lat.to_radians().sin();
            let (one, other) = (here.convergence_rad(&there), there.convergence_rad(&here));
            assert!((one - expected).abs() < 1e-5 && (other + expected).abs() < 1e-5, "{lat}: {one} {other}");
        }
    }

    /// The derivative by the two of small steps.
    #[test]
    fn what_is_carried_is_what_is_seen() {
        for (lat, lon) in [(30.0, 122.0), (70.0, 179.99), (89.95, 10.0)] {
            let plane = Plane::at(at(lat, lon));
            let other = Plane::at(plane.to_position(20e3, -10e3));
            let (e, n, step) = (-3e3, 4e3, 10.0);
            let seen = |e, n| other.to_local(plane.to_position(e, n));
            let carried = plane.carry(e, n, &other);
            let ((e0, n0), (ee, en), (ne, nn)) = (seen(e, n), seen(e + step, n), seen(e, n + step));
            assert!((carried.e_m - e0).hypot(carried.n_m - n0) < 1e-3);
            let differences = [[(ee - e0) / step, (ne - e0) / step], [(en - n0) / step, (nn - n0) / step]];
            for (row, known) in carried.jacobian.iter().zip(differences) {
                for (derivative, difference) in row.iter().zip(known) {
                    assert!((derivative - difference).abs() < 1e-5, "{carried:?} {differences:?}");
                }
            }
        }
    }
}
