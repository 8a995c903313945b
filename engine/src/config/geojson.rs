//! Zones and lines from `GeoJSON` (RFC 7946): each feature's `kind` says what it is, its other properties are the keys of
//! that kind in `[watch]`, and its geometry is the place.
//!
//! | `kind` | geometry | becomes |
//! |---|---|---|
//! | `zone` | polygon | `watch.zones` |
//! | `gate` | line of two ends | `watch.gates` |
//! | `corridor` | line | `watch.routes` |
//! | `bridge` | line of two ends | `watch.bridges` |
//! | `object` | point or line | `watch.objects` |
//! | `unit` | polygon | `watch.units` |
//! | `sector` | polygon | `watch.alerts.sectors` |

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::path::Path;

/// A larger file is no drawing of zones, bytes.
const MAX_BYTES: u64 = 64 << 20;
/// And neither is one with more features.
const MAX_FEATURES: usize = 10_000;

#[derive(Deserialize)]
struct Collection {
    r#type: String,
    #[serde(default)]
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    geometry: Option<Geometry>,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Point(Vec<f64>),
    LineString(Vec<Vec<f64>>),
    Polygon(Vec<Vec<Vec<f64>>>),
    #[serde(other)]
    Other,
}

/// Adds what a file draws.
///
/// # Errors
/// The first thing that is wrong with it: the file, the feature and the reason.
pub(super) fn read(path: &Path, watch: &mut watch::Config) -> Result<(), String> {
    let fail = |reason: String| format!("{}: {reason}", path.display());
    let size = std::fs::metadata(path).map_err(|error| fail(format!("cannot be read: {error}")))?.len();
    if size > MAX_BYTES {
        return Err(fail(format!("more than {MAX_BYTES} bytes")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| fail(format!("cannot be read: {error}")))?;
    parse(&text, watch).map_err(fail)
}

fn parse(text: &str, watch: &mut watch::Config) -> Result<(), String> {
    let all: Collection = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| format!("is no GeoJSON: {error}"))?;
    if all.r#type != "FeatureCollection" {
        return Err(format!("is a `{}`, expected a `FeatureCollection`", all.r#type));
    }
    if all.features.len() > MAX_FEATURES {
        return Err(format!("more than {MAX_FEATURES} features"));
    }
    for (n, feature) in all.features.into_iter().enumerate() {
        let properties = feature.properties.unwrap_or_default();
        let name = properties.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        add(feature.geometry, properties, watch)
            .map_err(|reason| format!("feature {} `{name}`: {reason}", n + 1))?;
    }
    Ok(())
}

fn add(
    geometry: Option<Geometry>,
    mut properties: Map<String, Value>,
    watch: &mut watch::Config,
) -> Result<(), String> {
    let geometry = geometry.ok_or("has no geometry")?;
    let kind = match properties.remove("kind") {
        Some(Value::String(kind)) => kind,
        Some(_) => return Err("`kind` is no word".to_owned()),
        None => return Err("has no `kind`".to_owned()),
    };
    let mut alone = watch::Config::default();
    match kind.as_str() {
        "zone" => take(properties, "polygon", ring(geometry)?, &mut alone.zones)?,
        "unit" => take(properties, "polygon", ring(geometry)?, &mut alone.units)?,
        "sector" => take(properties, "polygon", ring(geometry)?, &mut alone.alerts.sectors)?,
        "gate" => take(properties, "line", line(geometry)?, &mut alone.gates)?,
        "bridge" => take(properties, "line", line(geometry)?, &mut alone.bridges)?,
        "corridor" => take(properties, "points", line(geometry)?, &mut alone.routes)?,
        "object" => take(properties, "points", point_or_line(geometry)?, &mut alone.objects)?,
        other => {
            return Err(format!(
                "kind `{other}`: there are zone, gate, corridor, bridge, object, unit and sector"
            ));
        }
    }
    // The units above it may come later: they are looked for when all are there.
    let parents: Vec<Option<String>> = alone.units.iter_mut().map(|unit| unit.parent.take()).collect();
    alone.check().map_err(|error| error.to_string())?;
    for (unit, parent) in alone.units.iter_mut().zip(parents) {
        unit.parent = parent;
    }
    watch.zones.append(&mut alone.zones);
    watch.units.append(&mut alone.units);
    watch.alerts.sectors.append(&mut alone.alerts.sectors);
    watch.gates.append(&mut alone.gates);
    watch.bridges.append(&mut alone.bridges);
    watch.routes.append(&mut alone.routes);
    watch.objects.append(&mut alone.objects);
    Ok(())
}

/// As if it stood in `[watch]`.
fn take<T: DeserializeOwned>(
    mut properties: Map<String, Value>,
    place_key: &str,
    places: Value,
    into: &mut Vec<T>,
) -> Result<(), String> {
    if properties.insert(place_key.to_owned(), places).is_some() {
        return Err(format!("`{place_key}` is its geometry, and no property"));
    }
    into.push(serde_json::from_value(Value::Object(properties)).map_err(|error| error.to_string())?);
    Ok(())
}

/// `GeoJSON` has the longitude first; heights are let go.
fn place(coordinates: &[f64]) -> Result<Value, String> {
    match coordinates {
        [lon, lat, ..] => Ok(serde_json::json!([lat, lon])),
        _ => Err("a place has two coordinates".to_owned()),
    }
}

fn places(all: &[Vec<f64>]) -> Result<Value, String> {
    all.iter().map(|coordinates| place(coordinates)).collect()
}

fn line(geometry: Geometry) -> Result<Value, String> {
    match geometry {
        Geometry::LineString(points) => places(&points),
        _ => Err("must be a LineString".to_owned()),
    }
}

fn point_or_line(geometry: Geometry) -> Result<Value, String> {
    match geometry {
        Geometry::Point(point) => places(&[point]),
        Geometry::LineString(points) => places(&points),
        _ => Err("must be a Point or a LineString".to_owned()),
    }
}

fn ring(geometry: Geometry) -> Result<Value, String> {
    match geometry {
        Geometry::Polygon(rings) => match rings.as_slice() {
            [outer] => {
                // The last corner is the first one again.
                let closed = outer.len() > 1 && outer.first() == outer.last();
                places(outer.get(..outer.len() - usize::from(closed)).unwrap_or_default())
            }
            [] => Err("has no corners".to_owned()),
            _ => Err("has holes: draw what is inside as polygons of their own".to_owned()),
        },
        _ => Err("must be a Polygon".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(kind: &str, geometry: &str, more: &str) -> String {
        format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","geometry":{geometry},
               "properties":{{"kind":"{kind}","name":"N"{more}}}}}]}}"#
        )
    }

    const SQUARE: &str =
        r#"{"type":"Polygon","coordinates":[[[122,30],[122.1,30],[122.1,30.1],[122,30.1],[122,30]]]}"#;
    const WAY: &str = r#"{"type":"LineString","coordinates":[[122,30,5],[122.1,30]]}"#;
    const SPOT: &str = r#"{"type":"Point","coordinates":[122,30]}"#;

    #[test]
    fn each_kind_becomes_what_it_is() {
        let mut watch = watch::Config::default();
        for (kind, geometry, more) in [
            ("zone", SQUARE, r#","speed_kn":8,"classes":["class_a"],"hours":[22,6],"permits":[412000001]"#),
            ("zone", SQUARE, r#","lane":{"course_deg":90}"#),
            ("unit", SQUARE, r#","officer":"Wang","parent":"above""#),
            ("sector", SQUARE, ""),
            ("gate", WAY, r#","tell":"to_right""#),
            ("bridge", WAY, r#","spans":[[100,400]]"#),
            ("corridor", WAY, r#","width_m":400,"vessels":[412000001]"#),
            ("object", SPOT, r#","radius_m":200"#),
            ("object", WAY, r#","radius_m":200"#),
        ] {
            parse(&feature(kind, geometry, more), &mut watch).unwrap();
        }
        let [zone, lane] = watch.zones.as_slice() else { panic!("{:?}", watch.zones) };
        assert_eq!((zone.polygon.len(), zone.polygon[1].lon(), zone.speed_kn), (4, 122.1, Some(8.0)));
        assert_eq!(lane.lane.map(|lane| lane.course_deg), Some(90.0));
        assert_eq!(watch.gates[0].tell, watch::gate::Tell::ToRight);
        assert_eq!(
            (watch.bridges[0].spans.as_slice(), watch.routes[0].width_m),
            ([[100.0, 400.0]].as_slice(), 400.0)
        );
        assert_eq!((watch.objects.len(), watch.units.len(), watch.alerts.sectors.len()), (2, 1, 1));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_feature() {
        let cases = [
            ("{}".to_owned(), "is no GeoJSON: missing field `type` at line 1 column 2"),
            (r#"{"type":"Feature"}"#.to_owned(), "is a `Feature`, expected a `FeatureCollection`"),
            (
                feature("line", WAY, ""),
                "feature 1 `N`: kind `line`: there are zone, gate, corridor, bridge, object, unit and sector",
            ),
            (feature("zone", WAY, ""), "feature 1 `N`: must be a Polygon"),
            (feature("zone", "null", ""), "feature 1 `N`: has no geometry"),
            (
                feature("gate", r#"{"type":"LineString","coordinates":[[122,30],[1]]}"#, ""),
                "feature 1 `N`: a place has two coordinates",
            ),
            (feature("object", SPOT, ""), "feature 1 `N`: missing field `radius_m`"),
            (
                feature("object", SPOT, r#","radius_m":-1"#),
                "feature 1 `N`: objects[0].radius_m: must be more than 0 and at most 10000",
            ),
            (
                feature("object", SPOT, r#","points":[]"#),
                "feature 1 `N`: `points` is its geometry, and no property",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(&text, &mut watch::Config::default()).unwrap_err(), expected);
        }
        let speedy =
            parse(&feature("zone", SQUARE, r#","speed":8"#), &mut watch::Config::default()).unwrap_err();
        assert!(speedy.starts_with("feature 1 `N`: unknown field `speed`"), "{speedy}");
        let far = feature("gate", r#"{"type":"LineString","coordinates":[[122,95],[122,30]]}"#, "");
        assert!(parse(&far, &mut watch::Config::default()).is_err());
    }
}
