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
    /// As the configuration's text in a recording has it, which may be of another machine: a chart that is not here is
    /// not shown.
    #[must_use]
    pub fn recorded(text: &str) -> Self {
        #[derive(Deserialize)]
        struct Text {
            wall: Option<Wall>,
        }
        let told = toml::from_str::<Text>(text).ok().and_then(|text| text.wall).unwrap_or_default();
        let chart = told.chart.clone().filter(|path| path.is_absolute() && path.is_file());
        let chart_note = told.chart_note.clone().filter(|_| chart.is_some());
        Self { chart, chart_note, ..told }.checked(Path::new("")).unwrap_or_default()
    }

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
        // Another port is not called by the Chinese name of the usual one.
        let usual = Self::default();
        let is_unsaid = self.title_zh == usual.title_zh && self.title != usual.title;
        let title_zh = if self.title_zh.is_empty() || is_unsaid { self.title.clone() } else { self.title_zh };
        Ok(Self { title_zh, chart, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_says_what_its_wall_display_showed() {
        let usual = Wall::default();
        for (text, expected) in [
            ("demo --seed 1", usual.clone()),
            ("", usual.clone()),
            (
                "unknown = 1\n[wall]\ntitle = \"Solent\"\ncenter = [50.8, -1.2]\nchart = \"/no/such.geojson\"\n\
                 chart_note = \"ours\"\n",
                Wall {
                    title: "Solent".to_owned(),
                    title_zh: "Solent".to_owned(),
                    center: [50.8, -1.2],
                    ..usual.clone()
                },
            ),
            ("[wall]\nzoom = 99\n", usual.clone()),
        ] {
            assert_eq!(Wall::recorded(text), expected, "{text}");
        }
    }
}
