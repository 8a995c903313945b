//! The geometry of a zone: a polygon in metres on a plane of its own, and an index of where zones are.

use fusion::Plane;
use geo::{Contains, Coord, Distance, Euclidean, Intersects, Line, LineString, Point, Polygon};
use std::collections::BTreeMap;
use std::fmt;
use units::Position;

/// More corners than this are a coastline, not a zone.
const MAX_CORNERS: usize = 1000;
/// Planes are good for a few hundred kilometres.
const MAX_SPAN_DEG: f64 = 5.0;
const MAX_LAT_DEG: f64 = 85.0;
/// A straight edge on the plane leaves the straight edge in degrees by 1 m over this.
const EDGE_DEG: f64 = 0.1;
/// A track further away than this has nothing to do with a zone, and might fall onto its plane from behind.
const FAR_DEG: f64 = 15.0;

/// Why a polygon is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShapeError {
    TooFew,
    TooMany,
    TooLarge,
    TooFarPoleward,
    Crossed,
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew => write!(f, "needs at least 3 corners"),
            Self::TooMany => write!(f, "has more than {MAX_CORNERS} corners"),
            Self::TooLarge => write!(f, "spans more than {MAX_SPAN_DEG}° of latitude or longitude"),
            Self::TooFarPoleward => write!(f, "lies beyond {MAX_LAT_DEG}° of latitude"),
            Self::Crossed => write!(f, "crosses or touches itself"),
        }
    }
}

/// Latitudes and longitudes; these may pass 180°, so that the western edge is always the lesser one.
#[derive(Clone, Copy, Debug)]
struct Extent {
    south: f64,
    north: f64,
    west: f64,
    east: f64,
}

/// A polygon that encloses something and does not cross itself.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    extent: Extent,
    plane: Plane,
    polygon: Polygon<f64>,
    least: Coord<f64>,
    greatest: Coord<f64>,
}

impl Shape {
    pub fn new(corners: &[Position]) -> Result<Self, ShapeError> {
        let corners = match corners {
            [first, middle @ .., last] if first == last => corners.get(..=middle.len()).unwrap_or_default(),
            all => all,
        };
        let (Some(first), 3..) = (corners.first(), corners.len()) else { return Err(ShapeError::TooFew) };
        if corners.len() > MAX_CORNERS {
            return Err(ShapeError::TooMany);
        }
        // Longitudes from the first corner, the short way round.
        let degrees: Vec<Coord<f64>> = corners
            .iter()
            .map(|p| Coord { x: first.lon() + wrapped(p.lon() - first.lon()), y: p.lat() })
            .collect();
        let [south, north] = ends(degrees.iter().map(|c| c.y));
        let [west, east] = ends(degrees.iter().map(|c| c.x));
        if south < -MAX_LAT_DEG || north > MAX_LAT_DEG {
            return Err(ShapeError::TooFarPoleward);
        }
        if north - south > MAX_SPAN_DEG || east - west > MAX_SPAN_DEG {
            return Err(ShapeError::TooLarge);
        }
        if is_crossed(&degrees) {
            return Err(ShapeError::Crossed);
        }

        let centre =
            place(f64::midpoint(south, north), f64::midpoint(west, east)).ok_or(ShapeError::TooLarge)?;
        let plane = Plane::at(centre);
        let ring: Vec<Coord<f64>> =
            edges(&degrees).flat_map(pieces).filter_map(|c| Some(local(&plane, place(c.y, c.x)?))).collect();
        let [least_x, greatest_x] = ends(ring.iter().map(|c| c.x));
        let [least_y, greatest_y] = ends(ring.iter().map(|c| c.y));
        Ok(Self {
            extent: Extent { south, north, west, east },
            plane,
            polygon: Polygon::new(LineString::new(ring), Vec::new()),
            least: Coord { x: least_x, y: least_y },
            greatest: Coord { x: greatest_x, y: greatest_y },
        })
    }

    /// How far outside a place is, metres: 0 inside; exact up to `exact_m`, beyond it only more than that.
    pub fn outside_m(&self, at: Position, exact_m: f64) -> f64 {
        if self.is_far(at) {
            return f64::INFINITY;
        }
        let at = local(&self.plane, at);
        let beyond = |value: f64, least: f64, greatest: f64| (least - value).max(value - greatest).max(0.0);
        let box_m =
            beyond(at.x, self.least.x, self.greatest.x).max(beyond(at.y, self.least.y, self.greatest.y));
        if box_m > exact_m {
            box_m
        } else if self.polygon.contains(&at) {
            0.0
        } else {
            Euclidean.distance(&Point(at), self.polygon.exterior())
        }
    }

    /// Whether the straight way between two places touches the zone.
    pub fn is_cut(&self, from: Position, to: Position) -> bool {
        if self.is_far(from) || self.is_far(to) {
            return false;
        }
        let way = Line::new(local(&self.plane, from), local(&self.plane, to));
        let is_beside = |one: f64, other: f64, least: f64, greatest: f64| {
            one.max(other) < least || one.min(other) > greatest
        };
        !is_beside(way.start.x, way.end.x, self.least.x, self.greatest.x)
            && !is_beside(way.start.y, way.end.y, self.least.y, self.greatest.y)
            && self.polygon.intersects(&way)
    }

    fn is_far(&self, at: Position) -> bool {
        let origin = self.plane.origin();
        // At 85° of latitude 15° of longitude are still 145 km.
        (at.lat() - origin.lat()).abs() > FAR_DEG || wrapped(at.lon() - origin.lon()).abs() > FAR_DEG
    }
}

fn local(plane: &Plane, at: Position) -> Coord<f64> {
    let (x, y) = plane.to_local(at);
    Coord { x, y }
}

/// Longitudes may pass 180° by a little.
fn place(lat: f64, lon: f64) -> Option<Position> {
    Position::new(lat, wrapped(lon))
}

/// A difference of longitudes the short way round.
fn wrapped(degrees: f64) -> f64 {
    if (-180.0..=180.0).contains(&degrees) { degrees } else { (degrees + 180.0).rem_euclid(360.0) - 180.0 }
}

fn ends(values: impl Iterator<Item = f64>) -> [f64; 2] {
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |[least, greatest], v| [least.min(v), greatest.max(v)])
}

fn edges(corners: &[Coord<f64>]) -> impl Iterator<Item = Line<f64>> {
    corners.iter().zip(corners.iter().cycle().skip(1)).map(|(one, other)| Line::new(*one, *other))
}

/// Points along an edge, from its start, its end left out.
fn pieces(edge: Line<f64>) -> impl Iterator<Item = Coord<f64>> {
    let step = edge.delta();
    let count = (step.x.abs().max(step.y.abs()) / EDGE_DEG).ceil().max(1.0);
    (0..count as u32).map(move |i| edge.start + step * (f64::from(i) / count))
}

/// Whether edges meet anywhere but end to end. Some thousand corners at most, once, so each against each.
fn is_crossed(corners: &[Coord<f64>]) -> bool {
    let edges: Vec<Line<f64>> = edges(corners).collect();
    edges.iter().enumerate().any(|(i, one)| {
        one.start == one.end
            || edges.iter().enumerate().skip(i + 1).any(|(j, other)| {
                if j == i + 1 {
                    folds_back(one, other)
                } else if i == 0 && j + 1 == edges.len() {
                    folds_back(other, one)
                } else {
                    one.intersects(other)
                }
            })
    })
}

/// Whether an edge lies on the one before it.
fn folds_back(before: &Line<f64>, after: &Line<f64>) -> bool {
    let (a, b) = (before.delta(), after.delta());
    a.x * b.y == a.y * b.x && a.x * b.x + a.y * b.y < 0.0
}

/// Which zones are anywhere near a place: tiles, each with the zones that reach into it.
#[derive(Debug, Default)]
pub(crate) struct Index {
    tiles: BTreeMap<(i16, i16), Vec<u16>>,
    /// Of every zone with its buffer, ascending.
    extents: Vec<(u16, Extent)>,
}

const TILE_DEG: f64 = 0.25;
/// Tiles around the Earth.
const TILES_ROUND: i16 = 1440;
/// A way across more tiles than this is compared with every zone.
const MAX_TILES: usize = 64;

impl Index {
    pub fn new<'a>(shapes: impl Iterator<Item = Option<&'a Shape>>) -> Self {
        let mut index = Self::default();
        for (number, shape) in (0_u16..).zip(shapes) {
            let Some(shape) = shape else { continue };
            let extent = shape.extent.with_buffer();
            index.extents.push((number, extent));
            for tile in extent.tiles() {
                index.tiles.entry(tile).or_default().push(number);
            }
        }
        index
    }

    /// Appends the zones near a way; some of them perhaps twice.
    pub fn along(&self, from: Position, to: Position, out: &mut Vec<u16>) {
        let [south, north] = ends([from.lat(), to.lat()].into_iter());
        let [west, east] = ends([0.0, wrapped(to.lon() - from.lon())].into_iter());
        let way = Extent { south, north, west: from.lon() + west, east: from.lon() + east };
        if way.tiles().take(MAX_TILES + 1).count() > MAX_TILES {
            out.extend(
                self.extents.iter().filter(|(_, extent)| extent.meets(&way)).map(|(number, _)| number),
            );
            return;
        }
        for number in way.tiles().filter_map(|tile| self.tiles.get(&tile)).flatten() {
            let place = self.extents.binary_search_by_key(number, |(number, _)| *number);
            let extent = place.ok().and_then(|place| self.extents.get(place));
            if extent.is_some_and(|(_, extent)| extent.meets(&way)) {
                out.push(*number);
            }
        }
    }
}

impl Extent {
    fn with_buffer(self) -> Self {
        // A minute of latitude is 1852 m.
        let lat = super::MAX_BUFFER_M / 1852.0 / 60.0;
        let lon = lat / self.south.abs().max(self.north.abs()).to_radians().cos();
        Self {
            south: self.south - lat,
            north: self.north + lat,
            west: self.west - lon,
            east: self.east + lon,
        }
    }

    fn tiles(self) -> impl Iterator<Item = (i16, i16)> {
        let number = |degrees: f64| (degrees / TILE_DEG).floor() as i16;
        let columns = number(self.west)..=number(self.east);
        (number(self.south)..=number(self.north))
            .flat_map(move |row| columns.clone().map(move |column| (row, column.rem_euclid(TILES_ROUND))))
    }

    /// Whether two extents have a place in common; longitudes may differ by a full turn.
    fn meets(&self, other: &Self) -> bool {
        let apart = wrapped(f64::midpoint(self.west, self.east) - f64::midpoint(other.west, other.east));
        let reach = f64::midpoint(self.east - self.west, other.east - other.west);
        self.south <= other.north && other.south <= self.north && apart.abs() <= reach
    }
}
