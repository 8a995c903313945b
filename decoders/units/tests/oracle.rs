//! The grid against the project's shared vectors: public codecs that agree, and an exact-arithmetic oracle.

use std::path::PathBuf;
use units::Position;
use units::grid::{Cell, GridError, Volume, layer_of};

/// The rows of a shared file, without its heading; `None` where the shared data is not there.
fn rows(name: &str) -> Option<Vec<String>> {
    let shared = std::env::var_os("FAIRWAY_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(shared.join("data/beidou").join(name)) else {
        println!("skipped: no shared data");
        return None;
    };
    Some(text.lines().skip(1).map(str::to_owned).collect())
}

#[test]
fn every_level_is_as_the_public_codecs_say() {
    let Some(rows) = rows("gridcode_public.csv") else { return };
    assert!(rows.len() > 200, "{} rows", rows.len());
    for row in &rows {
        let columns: Vec<&str> = row.split(',').collect();
        let (lat, lon) = (columns[2], columns[3]);
        let place = Position::new(lat.parse().unwrap(), lon.parse().unwrap()).unwrap();
        for (level, code) in (1..=10).zip(&columns[5..15]) {
            let cell = Cell::from_decimal(lat, lon, level).unwrap();
            assert_eq!(cell.to_string(), *code, "{row}");
            assert_eq!(code.parse(), Ok(cell), "{row}");
            assert_eq!(Cell::at(place, level), Ok(cell), "{row}");
            let (south, north, west, east) = cell.bounds();
            assert!((south..north).contains(&place.lat()) && (west..east).contains(&place.lon()), "{row}");
        }
        let volume = Volume::at(place, columns[4].parse().unwrap(), 10).unwrap();
        assert_eq!(volume.to_string(), columns[15], "{row}");
        assert_eq!(columns[15].parse(), Ok(volume), "{row}");
    }
}

#[test]
fn every_edge_is_as_the_oracle_says() {
    let Some(rows) = rows("gridcode_edge.csv") else { return };
    assert!(rows.len() > 20, "{} rows", rows.len());
    for row in &rows {
        let columns: Vec<&str> = row.splitn(4, ',').collect();
        let found = match Cell::from_decimal(columns[0], columns[1], 10) {
            Ok(cell) => cell.to_string(),
            Err(GridError::Polar) => "ERR:polar".to_owned(),
            Err(GridError::Range) => "ERR:range".to_owned(),
            Err(error) => panic!("{error}: {row}"),
        };
        assert_eq!(found, columns[2], "{row}");
    }
}

#[test]
fn every_height_is_as_the_oracle_says() {
    let Some(rows) = rows("gridcode_height.csv") else { return };
    assert!(!rows.is_empty());
    for row in &rows {
        let columns: Vec<&str> = row.split(',').collect();
        let height_m: f64 = columns[0].parse().unwrap();
        assert_eq!(layer_of(height_m).map(|n| n.to_string()).as_deref(), Some(columns[1]), "{row}");
        // The digits of the height stand behind those of the place, level by level.
        let cell = Cell::from_decimal("0", "0", 10).unwrap();
        let code = Volume::of(cell, height_m).unwrap().to_string();
        let places = [1, 5, 6, 9, 11, 14, 17, 19, 22, 25, 28, 31];
        let digits: String = places.iter().map(|place| &code[*place..=*place]).collect();
        assert_eq!(digits, columns[2], "{row}: {code}");
    }
}
