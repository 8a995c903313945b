//! What the wall display shows first, and on which chart.

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The wall display. Without it, it shows Ningbo-Zhoushan.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wall {
    /// What stands above it.
    pub title: String,
    /// The same in Chinese; `title` where it is empty.
    pub title_zh: String,
    /// The middle of what it shows at first: latitude and longitude, degrees.
    pub center: [f64; 2],
    /// How near: 3 the ocean, 9 a port, 14 a berth.
    pub zoom: f64,
    /// Who comes and who goes is told by this.
    pub port: Option<Port>,
    /// A chart of one's own: GeoJSON of land, or MBTiles of pictures.
    pub chart: Option<PathBuf>,
    /// What is said of that chart, beside "not for navigation".
    pub chart_note: Option<String>,
}

/// A port, as a circle.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// Latitude and longitude, degrees.
    pub center: [f64; 2],
    /// Whoever moves inside shifts, metres.
    pub radius_m: f64,
}

impl Default for Wall {
    fn default() -> Self {
        Self {
            title: "Ningbo-Zhoushan".to_owned(),
            title_zh: "宁波舟山".to_owned(),
            center: [29.95, 122.25],
            zoom: 9.4,
            port: None,
            chart: None,
            chart_note: None,
        }
    }
}

impl Wall {
    pub(super) fn checked(self, folder: &Path) -> Result<Self, String> {
        let is_place = |[lat, lon]: [f64; 2]| lat.abs() <= 85.0 && lon.abs() <= 180.0;
        if !is_place(self.center) {
            return Err("wall.center: latitude to 85, longitude to 180 degrees".to_owned());
        }
        if !(3.0..=18.0).contains(&self.zoom) {
            return Err("wall.zoom: from 3 to 18".to_owned());
        }
        if let Some(port) = self.port
            && !(is_place(port.center) && port.radius_m > 0.0 && port.radius_m <= 500_000.0)
        {
            return Err("wall.port: a center, and a radius_m of at most 500000".to_owned());
        }
        let chart = self.chart.map(|path| folder.join(path));
        if let Some(path) = &chart {
            let is_known = path.extension().is_some_and(|kind| {
                ["geojson", "json", "mbtiles"].iter().any(|known| kind.eq_ignore_ascii_case(known))
            });
            if !is_known {
                return Err("wall.chart: a .geojson or .mbtiles file".to_owned());
            }
            if !path.is_file() {
                return Err(format!("wall.chart: no file {}", path.display()));
            }
        }
        let title_zh = if self.title_zh.is_empty() { self.title.clone() } else { self.title_zh };
        Ok(Self { title_zh, chart, ..self })
    }
}
