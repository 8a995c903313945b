//! `fairway grid`: BeiDou grid codes of places, and back.

use clap::{Parser, Subcommand};
use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use units::grid::{Cell, GridError, Volume, cover};

/// Something on the input was refused.
const WRONG: u8 = 1;
/// More cells than this nobody reads.
const MAX_CELLS: usize = 5_000_000;

#[derive(Parser)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// `lat,lon[,height]` per line in, one line out each: the code, or why there is none.
    #[command(after_help = "Example:\n  echo 29.935,121.885 | fairway grid encode --level 5")]
    Encode {
        /// From 1, the coarsest, to 10.
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=10))]
        level: u8,
    },
    /// A code per line in, `lat_min,lon_min,lat_max,lon_max[,h_min,h_max]` out.
    #[command(after_help = "Example:\n  echo N51H3358611 | fairway grid decode")]
    Decode,
    /// The codes of the cells that an area reaches into, sorted.
    #[command(after_help = "Example:\n  fairway grid cover --level 4 fixtures/zones.geojson")]
    Cover {
        /// From 1, the coarsest, to 10.
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=10))]
        level: u8,
        /// Its polygons are taken together; `-` is standard input.
        file: PathBuf,
    },
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    match &args.command {
        Command::Encode { level } => lines(|line| encode(line, *level)),
        Command::Decode => lines(decode),
        Command::Cover { level, file } => print_cover(*level, file),
    }
}

/// Answers each line of standard input with one of its own.
fn lines(answer: impl Fn(&str) -> Result<String, &'static str>) -> Result<ExitCode, Box<dyn Error>> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut all_right = true;
    for line in io::stdin().lock().lines() {
        match answer(line?.trim()) {
            Ok(text) => writeln!(out, "{text}")?,
            Err(reason) => {
                all_right = false;
                writeln!(out, "ERR:{reason}")?;
            }
        }
    }
    out.flush()?;
    Ok(if all_right { ExitCode::SUCCESS } else { ExitCode::from(WRONG) })
}

const fn reason(error: GridError) -> &'static str {
    match error {
        GridError::Polar => "polar",
        GridError::Range => "range",
        _ => "parse",
    }
}

fn encode(line: &str, level: u8) -> Result<String, &'static str> {
    let mut fields = line.split(',').map(str::trim);
    let (Some(lat), Some(lon), height, None) = (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err("parse");
    };
    let cell = Cell::from_decimal(lat, lon, level).map_err(reason)?;
    let Some(height) = height else { return Ok(cell.to_string()) };
    let height_m: f64 = height.parse().map_err(|_| "parse")?;
    if !height_m.is_finite() {
        return Err("parse");
    }
    Ok(Volume::of(cell, height_m).map_err(reason)?.to_string())
}

fn decode(code: &str) -> Result<String, &'static str> {
    if let Ok(cell) = code.parse::<Cell>() {
        return Ok(bounds(cell));
    }
    let volume: Volume = code.parse().map_err(reason)?;
    let (low, high) = volume.heights();
    Ok(format!("{},{low:.4},{high:.4}", bounds(volume.cell())))
}

/// To a hundredth of the smallest cell.
fn bounds(cell: Cell) -> String {
    let (lat_min, lat_max, lon_min, lon_max) = cell.bounds();
    let text = [lat_min, lon_min, lat_max, lon_max].map(|degrees| {
        // No sign on a zero.
        let text = format!("{:.9}", (degrees * 1e9).round() / 1e9 + 0.0);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    });
    text.join(",")
}

fn print_cover(level: u8, file: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let name = file.display();
    let text = if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        text
    } else {
        fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?
    };
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
    let mut areas = Vec::new();
    polygons(&json, &mut areas).map_err(|error| format!("{name}: {error}"))?;
    if areas.is_empty() {
        return Err(format!("{name}: no Polygon or MultiPolygon in it").into());
    }
    let mut codes = Vec::new();
    for rings in &areas {
        let cells = cover(rings, level, MAX_CELLS).map_err(|error| format!("{name}: {error}"))?;
        codes.extend(cells.iter().map(ToString::to_string));
    }
    codes.sort_unstable();
    codes.dedup();
    let mut out = BufWriter::new(io::stdout().lock());
    for code in codes {
        writeln!(out, "{code}")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

type Rings = Vec<Vec<[f64; 2]>>;

/// Every polygon of a `GeoJSON` text, wherever it stands in it.
fn polygons(json: &serde_json::Value, out: &mut Vec<Rings>) -> Result<(), String> {
    let list = |key: &str| {
        json.get(key).and_then(serde_json::Value::as_array).map(Vec::as_slice).unwrap_or_default()
    };
    match json.get("type").and_then(serde_json::Value::as_str) {
        Some("FeatureCollection") => list("features").iter().try_for_each(|part| polygons(part, out)),
        Some("GeometryCollection") => list("geometries").iter().try_for_each(|part| polygons(part, out)),
        Some("Feature") => json.get("geometry").map_or(Ok(()), |geometry| polygons(geometry, out)),
        Some("Polygon") => {
            out.push(rings(list("coordinates"))?);
            Ok(())
        }
        Some("MultiPolygon") => list("coordinates").iter().try_for_each(|polygon| {
            out.push(rings(polygon.as_array().map(Vec::as_slice).unwrap_or_default())?);
            Ok(())
        }),
        _ => Ok(()),
    }
}

fn rings(json: &[serde_json::Value]) -> Result<Rings, String> {
    let corner = |value: &serde_json::Value| {
        let number = |place: usize| value.get(place).and_then(serde_json::Value::as_f64);
        number(0).zip(number(1)).map(|(lon, lat)| [lon, lat]).ok_or_else(|| format!("{value} is no position"))
    };
    let ring = |value: &serde_json::Value| {
        value.as_array().ok_or_else(|| format!("{value} is no ring"))?.iter().map(corner).collect()
    };
    json.iter().map(ring).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_answered_by_a_code_or_a_reason() {
        // GRIDCODE.md 3 and 4; reasons as CLI.md says.
        let cases = [
            ("29.935,121.885", 10, Ok("N51H3358611300000000")),
            ("29.935, 121.885", 5, Ok("N51H3358611")),
            ("31.970128860,121.881062670,30", 10, Ok("N051H0037050780C3010713267362264")),
            ("88,0", 1, Err("polar")),
            ("91,0", 1, Err("range")),
            ("0,180.1", 1, Err("range")),
            ("north,0", 1, Err("parse")),
            ("1", 1, Err("parse")),
            ("1,2,3,4", 1, Err("parse")),
            ("1,2,high", 1, Err("parse")),
            ("1,2,nan", 1, Err("parse")),
            ("", 1, Err("parse")),
        ];
        for (line, level, expected) in cases {
            assert_eq!(encode(line, level).as_deref().map_err(|e| *e), expected, "{line}");
        }
    }

    #[test]
    fn a_code_is_answered_by_its_edges() {
        assert_eq!(decode("N51H33").as_deref(), Ok("29.5,121.5,30,122"));
        assert_eq!(decode("S30A").as_deref(), Ok("-4,-6,0,0"));
        let flat = decode("N51H33").unwrap();
        let volume = decode("N051H00330").unwrap();
        assert!(volume.starts_with(&flat) && volume.split(',').count() == 6, "{volume}");
        assert!(volume.contains(",0.0000,"), "{volume}");
        assert_eq!(decode("N61H"), Err("parse"));
    }

    #[test]
    fn polygons_are_found_in_any_geojson() {
        let json = serde_json::json!({"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}},
            {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPolygon", "coordinates":
                [[[[0, 0], [1, 0], [1, 1], [0, 0]]], [[[5, 5, 9], [6, 5, 9], [6, 6, 9]]]]}},
        ]});
        let mut found = Vec::new();
        polygons(&json, &mut found).unwrap();
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
        let wrong = serde_json::json!({"type": "Polygon", "coordinates": [[["a", 0]]]});
        assert!(polygons(&wrong, &mut found).is_err());
    }
}
