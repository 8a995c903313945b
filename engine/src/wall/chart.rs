//! The chart below the picture: the coast that comes with Fairway, or one of the user's own.

use flate2::Compression;
use flate2::write::GzEncoder;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Coordinates of GSHHG (LGPL): `fixtures/chart/NOTICE`.
const COAST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/coast.geojson.gz"));
/// A file larger than this is no chart for a browser.
const MOST_BYTES: u64 = 256 << 20;

/// Why a chart cannot be shown.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct ChartError {
    path: PathBuf,
    reason: String,
}

impl ChartError {
    pub(super) fn new(path: &Path, reason: String) -> Self {
        Self { path: path.to_owned(), reason }
    }
}

#[derive(Debug)]
pub(super) enum Chart {
    /// GeoJSON of land, packed.
    Land(&'static [u8]),
    /// Pictures by zoom, column and row.
    Tiles { tiles: Mutex<Connection>, media: &'static str, max_zoom: Option<u8> },
}

impl Chart {
    /// Without a path, the coast that comes along.
    pub fn open(path: Option<&Path>) -> Result<Self, ChartError> {
        let Some(path) = path else { return Ok(Self::Land(COAST)) };
        let wrong = |reason: String| ChartError::new(path, reason);
        if path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("mbtiles")) {
            return tiles(path).map_err(wrong);
        }
        let length = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
        if length > MOST_BYTES {
            return Err(wrong(format!(
                "{length} bytes are too many; `fairway chart import` makes it smaller"
            )));
        }
        let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let read: serde_json::Value =
            serde_json::from_slice(&text).map_err(|error| wrong(format!("is no JSON: {error}")))?;
        if read.get("type").and_then(serde_json::Value::as_str) != Some("FeatureCollection") {
            return Err(wrong("is no GeoJSON FeatureCollection".to_owned()));
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&text).map_err(|error| wrong(error.to_string()))?;
        let bytes = packed.finish().map_err(|error| wrong(error.to_string()))?;
        // Read once, kept until the end.
        Ok(Self::Land(Vec::leak(bytes)))
    }

    pub const fn url(&self) -> &'static str {
        match self {
            Self::Land(_) => "chart.geojson",
            Self::Tiles { .. } => "tiles/{z}/{x}/{y}",
        }
    }

    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Land(_) => "geojson",
            Self::Tiles { .. } => "raster",
        }
    }

    pub const fn max_zoom(&self) -> Option<u8> {
        match self {
            Self::Land(_) => None,
            Self::Tiles { max_zoom, .. } => *max_zoom,
        }
    }

    /// Whether it is packed, and it.
    pub const fn land(&self) -> Option<(bool, &'static [u8])> {
        match self {
            Self::Land(bytes) => Some((true, bytes)),
            Self::Tiles { .. } => None,
        }
    }

    pub fn tile(&self, z: u8, x: u32, y: u32) -> Option<(&'static str, Vec<u8>)> {
        let Self::Tiles { tiles, media, .. } = self else { return None };
        // MBTiles counts rows from the south.
        let row = 1_u32.checked_shl(u32::from(z))?.checked_sub(1)?.checked_sub(y)?;
        let tiles = tiles.lock().ok()?;
        let mut find = tiles
            .prepare_cached(
                "SELECT tile_data FROM tiles WHERE zoom_level = ?1 AND tile_column = ?2 AND tile_row = ?3",
            )
            .ok()?;
        let found: Option<Vec<u8>> = find.query_row((z, x, row), |row| row.get(0)).optional().ok()?;
        found.map(|bytes| (*media, bytes))
    }
}

fn tiles(path: &Path) -> Result<Chart, String> {
    let tiles =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|error| error.to_string())?;
    let said = |name: &str| -> Result<Option<String>, String> {
        tiles
            .query_row("SELECT value FROM metadata WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .map_err(|error| format!("is no MBTiles: {error}"))
    };
    let media = match said("format")?.as_deref() {
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        other => {
            return Err(format!(
                "format `{}`: only pictures (png, jpg, webp) are shown",
                other.unwrap_or("unknown")
            ));
        }
    };
    let max_zoom = said("maxzoom")?.and_then(|text| text.parse().ok());
    Ok(Chart::Tiles { tiles: Mutex::new(tiles), media, max_zoom })
}
