//! What the configuration draws, and the typhoons, as GeoJSON: whoever wants a picture of it needs no second format.

use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use units::Position;
use watch::Watch;
use watch::storm::{Storm, StormPoint};

/// Storms that are shown at once.
const MOST_STORMS: usize = 16;
const METRES_PER_DEGREE: f64 = 111_195.0;
/// What the circles of a storm are called.
const FORCES: [u8; 3] = [7, 10, 12];

/// What is drawn, and what the weather does.
#[derive(Clone, Debug)]
pub struct Skies(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    drawn: Vec<Value>,
    storms: Vec<Storm>,
}

impl Skies {
    pub fn new(watch: &watch::Config) -> Self {
        Self(Arc::new(Mutex::new(Seen { drawn: drawn(watch), storms: Vec::new() })))
    }

    /// Another configuration draws other things.
    pub fn redraw(&self, watch: &watch::Config) {
        if let Ok(mut seen) = self.0.lock() {
            seen.drawn = drawn(watch);
        }
    }

    /// News of a storm.
    pub fn note(&self, storm: &Storm) {
        let Ok(mut seen) = self.0.lock() else { return };
        seen.storms.retain(|known| known.name != storm.name);
        if seen.storms.len() < MOST_STORMS {
            seen.storms.push(storm.clone());
        }
    }

    /// All of it as that watch has it now, in place of what was: of a replay, that is another at another time.
    pub fn see(&self, watch: &Watch) {
        let storms = watch.storms().iter().take(MOST_STORMS).cloned().collect();
        let now = Seen { drawn: drawn(watch.config()), storms };
        if let Ok(mut seen) = self.0.lock() {
            *seen = now;
        }
    }

    /// All of it.
    pub fn told(&self) -> String {
        let features: Vec<Value> = self.0.lock().map_or_else(
            |_| Vec::new(),
            |seen| seen.drawn.iter().cloned().chain(seen.storms.iter().flat_map(storm)).collect(),
        );
        json!({ "type": "FeatureCollection", "features": features }).to_string()
    }
}

fn feature(kind: &str, name: &str, geometry: &str, coordinates: &Value) -> Value {
    json!({
        "type": "Feature",
        "properties": { "kind": kind, "name": name },
        "geometry": { "type": geometry, "coordinates": coordinates },
    })
}

fn place(at: &Position) -> Value {
    json!([at.lon(), at.lat()])
}

fn line(points: &[Position]) -> Value {
    points.iter().map(place).collect()
}

/// All that the configuration of the watch draws, and its zones, which the feed tells too.
pub fn waters(watch: &watch::Config) -> Vec<Value> {
    let zones = watch.zones.iter().map(|zone| {
        let ring: Vec<Position> = zone.polygon.iter().chain(zone.polygon.first()).copied().collect();
        feature("zone", &zone.name, "LineString", &line(&ring))
    });
    zones.chain(drawn(watch)).collect()
}

fn drawn(watch: &watch::Config) -> Vec<Value> {
    let gates = watch.gates.iter().map(|gate| feature("gate", &gate.name, "LineString", &line(&gate.line)));
    let routes =
        watch.routes.iter().map(|route| feature("route", &route.name, "LineString", &line(&route.points)));
    let objects = watch.objects.iter().map(|object| match object.points.as_slice() {
        [one] => circle("object", &object.name, one, [object.radius_m; 4]),
        points => feature("object", &object.name, "LineString", &line(points)),
    });
    let bridges = watch.bridges.iter().flat_map(|bridge| {
        let whole = feature("bridge", &bridge.name, "LineString", &line(&bridge.line));
        let spans = bridge.spans.iter().filter_map(|span| {
            let ends: Option<Vec<Value>> = span.iter().map(|along_m| along(&bridge.line, *along_m)).collect();
            Some(feature("span", &bridge.name, "LineString", &Value::from(ends?)))
        });
        std::iter::once(whole).chain(spans).collect::<Vec<_>>()
    });
    gates.chain(routes).chain(objects).chain(bridges).collect()
}

/// A place on a line, so many metres from its first end: on the plane, which is right for what is drawn.
fn along(line: &[Position], along_m: f64) -> Option<Value> {
    let [from, .., to] = line else { return None };
    let north = (to.lat() - from.lat()) * METRES_PER_DEGREE;
    let east = (to.lon() - from.lon()) * METRES_PER_DEGREE * from.lat().to_radians().cos();
    let part = along_m / north.hypot(east).max(1.0);
    let between = |a: f64, b: f64| a + (b - a) * part;
    Some(json!([between(from.lon(), to.lon()), between(from.lat(), to.lat())]))
}

fn storm(storm: &Storm) -> Vec<Value> {
    let path = line(&storm.points.iter().map(|point| point.place).collect::<Vec<_>>());
    let mut features = vec![feature("storm-path", &storm.name, "LineString", &path)];
    // Circles of the last that was observed, and of every forecast.
    let last = storm.points.iter().rposition(|point| !point.is_forecast);
    for (index, point) in storm.points.iter().enumerate() {
        if !point.is_forecast && Some(index) != last {
            continue;
        }
        for (radii_m, force) in point.radii_m.iter().zip(FORCES) {
            let Some(radii_m) = radii_m else { continue };
            features.push(of_storm(&storm.name, point, *radii_m, force));
        }
    }
    features
}

fn of_storm(name: &str, point: &StormPoint, radii_m: [f64; 4], force: u8) -> Value {
    let mut drawn = circle("storm", name, &point.place, radii_m);
    if let Some(properties) = drawn.get_mut("properties") {
        *properties = json!({
            "kind": "storm", "name": name, "force": force, "forecast": point.is_forecast,
            "assumed": point.is_assumed, "time_us": point.at.unix_us(),
        });
    }
    drawn
}

/// A ring of four quarters: north-east, south-east, south-west, north-west.
fn circle(kind: &str, name: &str, at: &Position, radii_m: [f64; 4]) -> Value {
    let ring: Value = (0..=72)
        .map(|step| {
            let bearing = f64::from(step % 72) * 5.0;
            let quarter = (bearing / 90.0) as usize;
            let radius = radii_m.get(quarter).copied().unwrap_or_default() / METRES_PER_DEGREE;
            let (sin, cos) = bearing.to_radians().sin_cos();
            let lat = (at.lat() + radius * cos).clamp(-85.0, 85.0);
            json!([at.lon() + radius * sin / at.lat().to_radians().cos().max(0.05), lat])
        })
        .collect();
    feature(kind, name, "LineString", &ring)
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::UtcTime;

    #[test]
    fn a_storm_is_a_path_and_circles_where_it_was_last_and_where_it_will_be() {
        let point = |hours: i64, lat: f64, is_forecast| StormPoint {
            at: UtcTime::from_unix_s(hours * 3600),
            place: Position::new(lat, 123.0).unwrap(),
            radii_m: [Some([200_000.0, 100_000.0, 100_000.0, 200_000.0]), None, None],
            is_forecast,
            is_assumed: is_forecast,
        };
        let points = vec![point(0, 25.0, false), point(1, 26.0, false), point(12, 29.0, true)];
        let skies = Skies::new(&watch::Config::default());
        let storm = Storm { name: "Trial".to_owned(), points };
        skies.note(&storm);
        skies.note(&storm);
        let told: Value = serde_json::from_str(&skies.told()).unwrap();
        let features = told["features"].as_array().unwrap();
        let kinds: Vec<_> = features.iter().map(|f| f["properties"]["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["storm-path", "storm", "storm"]);
        assert_eq!(features[2]["properties"]["assumed"], true);
        let ring = features[1]["geometry"]["coordinates"].as_array().unwrap();
        let north = ring[0][1].as_f64().unwrap() - 26.0;
        let south = 26.0 - ring[36][1].as_f64().unwrap();
        assert!((north * METRES_PER_DEGREE - 200_000.0).abs() < 1.0, "{north}");
        assert!((south * METRES_PER_DEGREE - 100_000.0).abs() < 1.0, "{south}");
        assert_eq!(ring.first(), ring.last());
    }
}
