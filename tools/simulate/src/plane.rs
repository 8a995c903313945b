//! Metres east and north of a place, good to a thousandth over the few kilometres a ship looks ahead.

use units::Position;

/// Semi-major axis and squared eccentricity of WGS 84.
const A_M: f64 = 6_378_137.0;
const E2: f64 = 0.006_694_379_990_14;

/// Metres in one degree of longitude and of latitude there.
fn metres_per_degree(lat_deg: f64) -> (f64, f64) {
    let (sin, cos) = lat_deg.to_radians().sin_cos();
    let w2 = 1.0 - E2 * sin * sin;
    let prime_vertical = A_M / w2.sqrt();
    ((prime_vertical * cos).to_radians(), (prime_vertical * (1.0 - E2) / w2).to_radians())
}

/// The place so many metres east and north; the same place where there is none.
pub(crate) fn offset(from: Position, east_m: f64, north_m: f64) -> Position {
    let (lon_m, lat_m) = metres_per_degree(from.lat());
    Position::new(from.lat() + north_m / lat_m, from.lon() + east_m / lon_m).unwrap_or(from)
}

/// The place that far off in that direction.
pub(crate) fn ahead(from: Position, bearing_deg: f64, distance_m: f64) -> Position {
    let (sin, cos) = bearing_deg.to_radians().sin_cos();
    offset(from, distance_m * sin, distance_m * cos)
}

/// Metres east and north from one place to another, measured half way.
pub(crate) fn between(from: Position, to: Position) -> (f64, f64) {
    let (lon_m, lat_m) = metres_per_degree(f64::midpoint(from.lat(), to.lat()));
    ((to.lon() - from.lon()) * lon_m, (to.lat() - from.lat()) * lat_m)
}

/// How far off one place is from another, metres, and in which direction there, degrees: good to a metre over 100 km.
pub(crate) fn polar(from: Position, to: Position) -> (f64, f64) {
    let (east_m, north_m) = between(from, to);
    // Meridians come together: half way, north is another than where one looks from.
    let middle = f64::midpoint(from.lat(), to.lat()).to_radians().sin();
    let turned_deg = 0.5 * (to.lon() - from.lon()) * middle;
    (east_m.hypot(north_m), (east_m.atan2(north_m).to_degrees() - turned_deg).rem_euclid(360.0))
}

/// The place that far off in that direction, as [`polar`] has it.
pub(crate) fn place(from: Position, azimuth_deg: f64, range_m: f64) -> Position {
    let mut to = ahead(from, azimuth_deg, range_m);
    for _ in 0..3 {
        let (got_m, got_deg) = polar(from, to);
        let ((sin, cos), (got_sin, got_cos)) =
            (azimuth_deg.to_radians().sin_cos(), got_deg.to_radians().sin_cos());
        to = offset(to, range_m * sin - got_m * got_sin, range_m * cos - got_m * got_cos);
    }
    to
}

pub(crate) fn distance_m(from: Position, to: Position) -> f64 {
    let (east_m, north_m) = between(from, to);
    east_m.hypot(north_m)
}

/// In `(-180, 180]`.
pub(crate) fn bearing_deg(from: Position, to: Position) -> f64 {
    let (east_m, north_m) = between(from, to);
    east_m.atan2(north_m).to_degrees()
}

/// The same angle in `[-180, 180)`.
pub(crate) fn wrap_deg(angle: f64) -> f64 {
    (angle + 180.0).rem_euclid(360.0) - 180.0
}
