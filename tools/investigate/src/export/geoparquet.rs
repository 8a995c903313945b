//! `GeoParquet` 1.1: a row per point, in order of time. What is not known is null.

use super::parquet::{Cell, Kind, Table};
use crate::points::{Point, Sink, Who};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::Arc;

const COLUMNS: [(&str, Kind); 29] = [
    ("geometry", Kind::Bytes),
    ("time", Kind::Time),
    ("lat", Kind::Real),
    ("lon", Kind::Real),
    ("picture", Kind::Int),
    ("track", Kind::Int),
    ("piece", Kind::Int),
    ("sog_kn", Kind::Real),
    ("cog_deg", Kind::Real),
    ("heading_deg", Kind::Real),
    ("rot_deg_min", Kind::Real),
    ("nav_status", Kind::Int),
    ("sigma_m", Kind::Real),
    ("cov_ee_m2", Kind::Real),
    ("cov_en_m2", Kind::Real),
    ("cov_nn_m2", Kind::Real),
    ("state", Kind::Text),
    ("doubt", Kind::Bool),
    ("sources", Kind::Text),
    ("reported_lat", Kind::Real),
    ("reported_lon", Kind::Real),
    ("mmsi", Kind::Int),
    ("imo", Kind::Int),
    ("name", Kind::Text),
    ("callsign", Kind::Text),
    ("card", Kind::Int),
    ("terminal", Kind::Text),
    ("class", Kind::Text),
    ("ship_type", Kind::Int),
];
/// Rows in a group.
const GROUP: u64 = 100_000;

/// Rows on their way.
pub struct Rows<W: Write> {
    table: Table<W>,
    /// West, south, east, north.
    bounds: Option<[f64; 4]>,
}

impl<W: Write> Rows<W> {
    /// Begins.
    pub fn new(out: W) -> io::Result<Self> {
        Ok(Self { table: Table::new(out, &COLUMNS)?, bounds: None })
    }

    /// Ends.
    pub fn finish(self, head: &Value) -> io::Result<()> {
        let mut column = json!({"encoding": "WKB", "geometry_types": ["Point"], "edges": "planar"});
        if let (Some(column), Some(bounds)) = (column.as_object_mut(), self.bounds) {
            column.insert("bbox".to_owned(), json!(bounds));
        }
        // Without a `crs` it is longitude and latitude on WGS 84.
        let geo = json!({"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}});
        self.table.finish(&[("geo", geo.to_string()), ("fairway", head.to_string())])
    }
}

/// A point as well-known binary: byte order, kind, x, y.
fn wkb(lat: f64, lon: f64) -> Vec<u8> {
    let mut bytes = vec![1, 1, 0, 0, 0];
    bytes.extend(lon.to_le_bytes());
    bytes.extend(lat.to_le_bytes());
    bytes
}

impl<W: Write> Sink for Rows<W> {
    fn point(&mut self, who: &Arc<Who>, point: Point) -> io::Result<()> {
        let (lat, lon) = (point.lat, point.lon);
        let [west, south, east, north] = self.bounds.unwrap_or([lon, lat, lon, lat]);
        self.bounds = Some([west.min(lon), south.min(lat), east.max(lon), north.max(lat)]);
        let (place, sources) = (wkb(lat, lon), point.sources.join(";"));
        let int = |value: i64| Some(Cell::Int(value));
        let maybe = |value: Option<u32>| value.map(|value| Cell::Int(value.into()));
        let real = |value: Option<f64>| value.map(Cell::Real);
        let cov = |n: usize| real(point.cov_m2.and_then(|cov| cov.get(n).copied()));
        let reported = |n: usize| real(point.reported.and_then(|it| it.get(n).copied()));
        let row: [Option<Cell<'_>>; COLUMNS.len()] = [
            Some(Cell::Bytes(&place)),
            int(point.at_us),
            real(Some(lat)),
            real(Some(lon)),
            int(who.key.0.into()),
            int(who.key.1 as i64),
            int(point.piece.into()),
            real(point.sog_kn),
            real(point.cog_deg),
            real(point.heading_deg),
            real(point.rot_deg_min),
            maybe(point.nav_status),
            real(point.sigma_m()),
            cov(0),
            cov(1),
            cov(2),
            text(Some(point.state)),
            Some(Cell::Bool(point.doubt)),
            text(Some(&sources)),
            reported(0),
            reported(1),
            maybe(who.mmsi),
            maybe(who.imo),
            text(who.name.as_deref()),
            text(who.callsign.as_deref()),
            who.card.map(|card| Cell::Int(card as i64)),
            text(who.terminal.as_deref()),
            text(who.class),
            maybe(who.ship_type),
        ];
        self.table.row(row);
        if self.table.waiting() >= GROUP { self.table.flush() } else { Ok(()) }
    }
}

fn text(value: Option<&str>) -> Option<Cell<'_>> {
    value.map(|text| Cell::Bytes(text.as_bytes()))
}
