//! The land of a chart, for what draws it elsewhere than on the wall display.

use super::ChartError;
use super::chart::Chart;
use crate::config;
use flate2::read::GzDecoder;
use serde_json::Value;
use std::path::Path;

/// Longitude and latitude, degrees, as GeoJSON has them.
pub type Place = (f64, f64);
/// South, west, north, east, degrees; the east counts on beyond 180.
pub type Area = [f64; 4];

#[derive(Clone, Debug)]
struct Ring {
    corners: Vec<Place>,
    reach: Area,
}

/// Of nothing.
const NOWHERE: Area = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];

/// Rings of land, and how far the chart reaches.
#[derive(Clone, Debug)]
pub struct Land {
    rings: Vec<Ring>,
    reach: Area,
    name: Option<String>,
}

impl Land {
    /// Of a chart; without a path, of the coast that comes along.
    ///
    /// # Errors
    /// Why it cannot be read; or that there is no land in it, as in a chart of pictures.
    pub fn open(chart: Option<&Path>) -> Result<Self, ChartError> {
        let wrong = |reason: String| ChartError::new(chart.unwrap_or_else(|| Path::new("the coast")), reason);
        let named = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut land = Self::none(chart.and_then(named));
        if let Some((_, packed)) = Chart::open(chart)?.land() {
            let read = serde_json::from_reader(GzDecoder::new(packed));
            land.take(&read.map_err(|error| wrong(error.to_string()))?);
        }
        if land.rings.is_empty() { Err(wrong("has no polygons of land".to_owned())) } else { Ok(land) }
    }

    /// Of the chart that a recording's wall display had, by its configuration's text, where that is on this machine and
    /// has land; else of the coast that comes along.
    #[must_use]
    pub fn recorded(text: &str) -> Self {
        let told = config::Wall::recorded(text);
        let own = told.chart.as_deref().and_then(|path| Self::open(Some(path)).ok());
        own.or_else(|| Self::open(None).ok()).unwrap_or_else(|| Self::none(None))
    }

    const fn none(name: Option<String>) -> Self {
        Self { rings: Vec::new(), reach: NOWHERE, name }
    }

    /// The name of a chart that is not the one that comes along.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether the chart has anything to say of an area: where it has not, water is not to be taken for water.
    #[must_use]
    pub fn covers(&self, [south, west, north, east]: Area) -> bool {
        let [least, from, most, to] = self.reach;
        south >= least
            && north <= most
            && [0.0, 360.0, -360.0].into_iter().any(|turn| west + turn >= from && east + turn <= to)
    }

    /// The land of an area, cut at its edges; filled even-odd.
    #[must_use]
    pub fn within(&self, area: Area) -> Vec<Vec<Place>> {
        let [south, west, north, east] = area;
        let mut all = Vec::new();
        for Ring { corners, reach: [low, from, high, to] } in &self.rings {
            for turn in [0.0, 360.0, -360.0] {
                if *high < south || *low > north || to + turn < west || from + turn > east {
                    continue;
                }
                let moved: Vec<Place> = corners.iter().map(|(lon, lat)| (lon + turn, *lat)).collect();
                let kept = cut(&moved, area);
                if kept.len() >= 4 {
                    all.push(kept);
                }
            }
        }
        all
    }

    /// Every polygon of a GeoJSON, whatever it is wrapped in.
    fn take(&mut self, value: &Value) {
        let each = |name: &str| value.get(name).and_then(Value::as_array).into_iter().flatten();
        match value.get("type").and_then(Value::as_str) {
            Some("FeatureCollection") => each("features").for_each(|it| self.take(it)),
            Some("GeometryCollection") => each("geometries").for_each(|it| self.take(it)),
            Some("Feature") => {
                if let Some(geometry) = value.get("geometry") {
                    self.take(geometry);
                }
            }
            Some("Polygon") => each("coordinates").for_each(|ring| self.ring(ring)),
            Some("MultiPolygon") => {
                each("coordinates").filter_map(Value::as_array).flatten().for_each(|ring| self.ring(ring));
            }
            _ => {}
        }
    }

    fn ring(&mut self, ring: &Value) {
        let corners = line(ring);
        if corners.len() >= 4 {
            let reach =
                corners.iter().fold(NOWHERE, |reach, (lon, lat)| both(reach, [*lat, *lon, *lat, *lon]));
            self.reach = both(self.reach, reach);
            self.rings.push(Ring { corners, reach });
        }
    }
}

/// A line of GeoJSON. Places that are none are left out.
#[must_use]
pub fn line(value: &Value) -> Vec<Place> {
    let place = |at: &Value| {
        let (lon, lat) = (at.get(0)?.as_f64()?, at.get(1)?.as_f64()?);
        (lon.abs() <= 360.0 && lat.abs() <= 90.0).then_some((lon, lat))
    };
    value.as_array().into_iter().flatten().filter_map(place).collect()
}

/// What holds two areas.
fn both(one: Area, other: Area) -> Area {
    [one[0].min(other[0]), one[1].min(other[1]), one[2].max(other[2]), one[3].max(other[3])]
}

/// The part of a ring that lies within an area, its edges along the area's where it was cut.
#[must_use]
pub fn cut(ring: &[Place], [south, west, north, east]: Area) -> Vec<Place> {
    let mut all = ring.to_vec();
    let sides: [(bool, f64, f64); 4] =
        [(true, west, 1.0), (true, east, -1.0), (false, south, 1.0), (false, north, -1.0)];
    for (is_lon, edge, sign) in sides {
        let value = |at: Place| sign * (if is_lon { at.0 } else { at.1 } - edge);
        let mut kept = Vec::with_capacity(all.len());
        let mut before = all.last().copied();
        for at in all {
            if let Some(from) = before {
                let (a, b) = (value(from), value(at));
                if (a < 0.0) != (b < 0.0) {
                    let part = a / (a - b);
                    let between = (from.0 + (at.0 - from.0) * part, from.1 + (at.1 - from.1) * part);
                    kept.push(if is_lon { (edge, between.1) } else { (between.0, edge) });
                }
                if b >= 0.0 {
                    kept.push(at);
                }
            }
            before = Some(at);
        }
        all = kept;
    }
    if let (Some(first), true) = (all.first().copied(), all.len() >= 3)
        && all.last() != Some(&first)
    {
        all.push(first);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twice the area of a ring, square degrees.
    fn size(ring: &[Place]) -> f64 {
        ring.windows(2).map(|pair| pair[0].0 * pair[1].1 - pair[1].0 * pair[0].1).sum::<f64>().abs()
    }

    #[test]
    fn the_coast_that_comes_along_has_land_at_zhoushan_and_none_elsewhere() {
        let land = Land::open(None).unwrap();
        assert_eq!(land.name(), None);
        let area = [29.9, 122.0, 30.1, 122.3];
        assert!(land.covers(area));
        let kept = land.within(area);
        let inside = |(lon, lat): &Place| (122.0..=122.3).contains(lon) && (29.9..=30.1).contains(lat);
        assert!(kept.iter().flatten().all(inside));
        let part = kept.iter().map(|ring| size(ring)).sum::<f64>() / (2.0 * 0.2 * 0.3);
        assert!((0.2..0.9).contains(&part), "{part}");
        assert!(!land.covers([50.0, -2.0, 51.0, -1.0]));
        assert!(land.within([50.0, -2.0, 51.0, -1.0]).is_empty());
        assert!(Land::open(Some(Path::new("/no/such.geojson"))).is_err());
        let bare = std::env::temp_dir().join(format!("fairway-land-{}.geojson", std::process::id()));
        std::fs::write(&bare, r#"{"type":"FeatureCollection","features":[7]}"#).unwrap();
        let error = Land::open(Some(&bare)).unwrap_err().to_string();
        assert!(error.contains("no polygons"), "{error}");
        // What is there instead says that it is.
        let text = format!("[wall]\nchart = \"{}\"\n", bare.display());
        assert!(Land::recorded(&text).name().is_none() && Land::recorded(&text).covers(area));
        std::fs::remove_file(&bare).unwrap();
    }

    #[test]
    fn land_lies_on_both_sides_of_the_date_line() {
        let mut land = Land::none(None);
        land.take(&serde_json::json!({"type": "FeatureCollection", "features": [
            {"type": "Feature", "geometry": null},
            {"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [
                [[[179.0, 0.0], [180.0, 0.0], [180.0, 1.0], [179.0, 1.0], [179.0, 0.0]]],
                [[[-180.0, 0.0], [-179.0, 0.0], [-179.0, 1.0], [-180.0, "x"], [-180.0, 0.0]], [[1, 2]], 7]]}},
        ]}));
        let kept = land.within([0.25, 179.5, 0.75, 180.5]);
        assert_eq!(kept.len(), 2, "{kept:?}");
        assert!(kept.iter().flatten().all(|(lon, _)| (179.5..=180.5).contains(lon)), "{kept:?}");
    }
}
