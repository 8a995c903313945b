//! Every row of the tables of camera geometry holds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use units::Position;
use watch::cue::geometry::{Mount, apparent_width_m, field_of_view_deg, sight, turn, zoom_ratio};

type Row = BTreeMap<String, String>;

/// The rows of all tables of a folder that have a column of that name.
fn rows(folder: &str, column: &str) -> Option<Vec<Row>> {
    let shared = std::env::var_os("FAIRWAY_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let Ok(entries) = std::fs::read_dir(shared.join(folder)) else {
        println!("skipped: no shared data");
        return None;
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
        if !names.contains(&column) {
            continue;
        }
        all.extend(lines.map(|line| {
            names
                .iter()
                .zip(line.split(','))
                .map(|(name, value)| ((*name).to_owned(), value.to_owned()))
                .collect()
        }));
    }
    Some(all)
}

#[test]
fn every_row_of_the_camera_geometry_holds() {
    let Some(rows) = rows("data/cctv", "elev_refracted_k013_deg") else { return };
    assert!(rows.len() > 100, "{} rows", rows.len());
    let mut worst = [0.0_f64; 5];
    for row in &rows {
        let at = |name: &str| row[name].parse::<f64>().unwrap();
        let camera = Position::new(at("cam_lat"), at("cam_lon")).unwrap();
        let target = Position::new(at("tgt_lat"), at("tgt_lon")).unwrap();
        let seen = sight(&fusion::Plane::at(camera), at("cam_h_m"), target, at("tgt_h_m"));
        let mount = Mount {
            pan_offset_deg: at("pan_offset_deg"),
            tilt_offset_deg: at("tilt_offset_deg"),
            ..Mount::default()
        };
        let (pan, tilt) = mount.angles(seen.azimuth_deg, seen.elevation_deg);
        let width_m = apparent_width_m(at("len_m"), at("beam_m"), at("aspect_deg"));
        let fov = field_of_view_deg(width_m, 1.6, seen.slant_m).clamp(0.8, 60.0);
        let off = [
            turn(at("azimuth_deg"), seen.azimuth_deg).abs(),
            (seen.elevation_deg - at("elev_refracted_k013_deg")).abs(),
            turn(at("pan_deg"), pan).abs().max((tilt - at("tilt_deg")).abs()),
            (fov / at("hfov_deg") - 1.0).abs(),
            (zoom_ratio(fov, 60.0) / at("zoom_x") - 1.0).abs(),
        ];
        for ((worst, off), limit) in worst.iter_mut().zip(off).zip([1e-4, 1e-3, 1e-3, 1e-3, 1e-3]) {
            assert!(off <= limit, "{off} above {limit}: {row:?}");
            *worst = worst.max(off);
        }
        assert_eq!(seen.above_horizon, row["above_horizon"] == "1", "{row:?}");
    }
    let [azimuth, elevation, mount, fov, zoom] = worst;
    println!(
        "{} rows; at worst azimuth {azimuth:.1e}°, elevation {elevation:.1e}°, pan and tilt {mount:.1e}°, \
         field of view {fov:.1e}, zoom {zoom:.1e}",
        rows.len()
    );
}
