//! Land as the wall display takes it: polygons that are filled, and shores that are drawn. Where a polygon was cut at the
//! edge of an area there is no shore.

use engine::wall::land::{cut, line};
use geo::{LineString, Simplify};
use serde_json::{Value, json};
use std::fmt;

const METRES_PER_DEGREE: f64 = 111_195.0;
/// Nearer to an edge than this is on it, degrees.
const ON_EDGE: f64 = 1e-9;

/// What is wanted, degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    south: f64,
    west: f64,
    north: f64,
    east: f64,
}

impl Area {
    pub fn parse(text: &str) -> Result<Self, String> {
        let numbers: Vec<f64> = text.split(',').filter_map(|part| part.trim().parse().ok()).collect();
        match numbers.as_slice() {
            &[south, west, north, east]
                if (-90.0..90.0).contains(&south) && south < north && north <= 90.0 && west < east =>
            {
                Ok(Self { south, west, north, east })
            }
            _ => Err(format!("`{text}`: south,west,north,east in degrees")),
        }
    }

    /// Whether a box, whose longitudes may be counted from 0 to 360, may have something in common with it.
    pub fn may_touch(&self, south: f64, west: f64, north: f64, east: f64) -> bool {
        let beside = |turn: f64| east + turn < self.west || west + turn > self.east;
        !(north < self.south || south > self.north || (beside(0.0) && beside(-360.0)))
    }

    const fn sides(&self) -> [f64; 4] {
        [self.south, self.west, self.north, self.east]
    }

    fn is_edge(&self, a: (f64, f64), b: (f64, f64)) -> bool {
        let on = |x: f64, y: f64, edge: f64| (x - edge).abs() < ON_EDGE && (y - edge).abs() < ON_EDGE;
        on(a.0, b.0, self.west)
            || on(a.0, b.0, self.east)
            || on(a.1, b.1, self.south)
            || on(a.1, b.1, self.north)
    }
}

/// What has been found so far.
pub struct Land {
    tolerance_deg: f64,
    polygons: Vec<Value>,
    shores: Vec<Value>,
    corners: usize,
}

impl Land {
    pub const fn new(simplify_m: f64) -> Self {
        Self {
            tolerance_deg: simplify_m / METRES_PER_DEGREE,
            polygons: Vec::new(),
            shores: Vec::new(),
            corners: 0,
        }
    }

    pub const fn is_empty(&self) -> bool {
        self.polygons.is_empty() && self.shores.is_empty()
    }

    pub const fn polygons(&self) -> usize {
        self.polygons.len()
    }

    pub const fn corners(&self) -> usize {
        self.corners
    }

    /// A shore: the part of it that lies in the area.
    pub fn coast(&mut self, ring: &[(f64, f64)], area: &Area) {
        // Files count eastwards from 0, and areas from -180.
        for turn in [0.0, -360.0] {
            let moved: Vec<_> = ring.iter().map(|(lon, lat)| (lon + turn, *lat)).collect();
            let cut = self.simple(cut(&moved, area.sides()));
            if cut.len() < 4 {
                continue;
            }
            let mut shore: Vec<(f64, f64)> = Vec::new();
            for pair in cut.windows(2) {
                let [a, b] = pair else { continue };
                if area.is_edge(*a, *b) {
                    self.shore(&std::mem::take(&mut shore));
                    continue;
                }
                if shore.is_empty() {
                    shore.push(*a);
                }
                shore.push(*b);
            }
            self.shore(&shore);
            self.polygons.push(feature("land", "Polygon", &json!([corners(&cut)])));
            self.corners += cut.len();
        }
    }

    fn shore(&mut self, line: &[(f64, f64)]) {
        if line.len() >= 2 {
            self.shores.push(corners(line));
        }
    }

    /// Every polygon and line of a GeoJSON, whatever it is wrapped in.
    pub fn take(&mut self, value: &Value) {
        match value.get("type").and_then(Value::as_str) {
            Some("FeatureCollection") => all(&value["features"]).for_each(|it| self.take(it)),
            Some("Feature") => self.take(&value["geometry"]),
            Some("GeometryCollection") => all(&value["geometries"]).for_each(|it| self.take(it)),
            Some("Polygon") => self.polygon(&value["coordinates"]),
            Some("MultiPolygon") => all(&value["coordinates"]).for_each(|it| self.polygon(it)),
            Some("LineString") => {
                let line = self.simple(line(&value["coordinates"]));
                self.shore(&line);
            }
            Some("MultiLineString") => {
                for it in all(&value["coordinates"]) {
                    let line = self.simple(line(it));
                    self.shore(&line);
                }
            }
            _ => {}
        }
    }

    fn polygon(&mut self, rings: &Value) {
        let rings: Vec<_> = rings
            .as_array()
            .into_iter()
            .flatten()
            .map(|ring| self.simple(line(ring)))
            .filter(|ring| ring.len() >= 4)
            .collect();
        if rings.is_empty() {
            return;
        }
        self.corners += rings.iter().map(Vec::len).sum::<usize>();
        for ring in &rings {
            self.shore(ring);
        }
        let rings: Vec<_> = rings.iter().map(|ring| corners(ring)).collect();
        self.polygons.push(feature("land", "Polygon", &Value::from(rings)));
    }

    fn simple(&self, line: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
        if self.tolerance_deg <= 0.0 {
            return line;
        }
        LineString::from(line)
            .simplify(self.tolerance_deg)
            .into_inner()
            .into_iter()
            .map(|at| (at.x, at.y))
            .collect()
    }
}

/// Entries of a list; none where it is none.
fn all(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn corners(line: &[(f64, f64)]) -> Value {
    let round = |degrees: f64| (degrees * 1e5).round() / 1e5;
    line.iter().map(|(lon, lat)| json!([round(*lon), round(*lat)])).collect()
}

fn feature(kind: &str, geometry: &str, coordinates: &Value) -> Value {
    json!({
        "type": "Feature", "properties": { "kind": kind },
        "geometry": { "type": geometry, "coordinates": coordinates },
    })
}

impl fmt::Display for Land {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{{\"type\":\"FeatureCollection\",\"features\":[")?;
        for polygon in &self.polygons {
            writeln!(f, "{polygon},")?;
        }
        writeln!(f, "{}\n]}}", feature("shore", "MultiLineString", &Value::from(self.shores.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn land_is_cut_at_the_edge_and_has_no_shore_there() {
        let area = Area::parse("29,121,31,123").unwrap();
        let mut land = Land::new(0.0);
        // Comes in from the west, counted from 0 and from -180 alike.
        for turn in [0.0, 360.0] {
            let ring = [(120.0, 29.5), (122.0, 29.5), (122.0, 30.5), (120.0, 30.5), (120.0, 29.5)];
            land.coast(&ring.map(|(lon, lat)| (lon + turn, lat)), &area);
        }
        assert_eq!(land.polygons(), 2);
        let told: Value = serde_json::from_str(&land.to_string()).unwrap();
        let features = told["features"].as_array().unwrap();
        let ring = features[0]["geometry"]["coordinates"][0].as_array().unwrap();
        let lons: Vec<_> = ring.iter().map(|at| at[0].as_f64().unwrap()).collect();
        assert!(lons.iter().all(|lon| (121.0..=122.0).contains(lon)), "{lons:?}");
        let shores = features[2]["geometry"]["coordinates"].as_array().unwrap();
        for shore in shores {
            let on_edge = |at: &Value| at[0].as_f64() == Some(121.0);
            for pair in shore.as_array().unwrap().windows(2) {
                assert!(!(on_edge(&pair[0]) && on_edge(&pair[1])), "{shore}");
            }
        }
    }

    #[test]
    fn an_area_is_four_numbers_in_order() {
        assert!(Area::parse("50.4,-2.2,51.1,-0.7").is_ok());
        for wrong in ["", "1,2,3", "51,0,50,1", "50,1,51,0", "-91,0,0,1", "a,b,c,d"] {
            assert!(Area::parse(wrong).is_err(), "{wrong}");
        }
    }
}
