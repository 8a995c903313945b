//! `fairway cue`: where a camera must look to see a place, and how it is mounted.

use clap::Args as ClapArgs;
use engine::config;
use fusion::Plane;
use serde_json::json;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use units::Position;
use watch::cue::calibrate::{self, Sighting};
use watch::cue::camera::MARGIN;
use watch::cue::geometry::{self, Mount};
use watch::cue::{Camera, Pose};

#[derive(ClapArgs)]
pub struct Args {
    /// The camera, as the configuration calls it.
    camera: String,
    /// A place: latitude, longitude.
    #[arg(value_name = "LAT,LON", required_unless_present = "calibrate", value_parser = place, allow_hyphen_values = true)]
    place: Option<Position>,
    /// The configuration file.
    #[arg(short, long, default_value = "fairway.toml")]
    config: PathBuf,
    /// How high above the sea it is, metres.
    #[arg(long, default_value_t = 4.0, value_name = "METRES")]
    height: f64,
    /// How long the hull is, metres.
    #[arg(long, default_value_t = 100.0, value_name = "METRES")]
    length: f64,
    /// Sightings: `lat,lon,height_m,pan_deg,tilt_deg`, a heading first, one line for each thing that was in the middle
    /// of the picture. Says how the camera is mounted.
    #[arg(long, value_name = "FILE", conflicts_with = "place")]
    calibrate: Option<PathBuf>,
    /// For programs.
    #[arg(long)]
    json: bool,
}

fn place(text: &str) -> Result<Position, String> {
    let wrong = || format!("`{text}` is no place: write 29.88,122.41");
    let (lat, lon) = text.split_once(',').ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse().map_err(|_| wrong());
    Position::new(number(lat)?, number(lon)?).ok_or_else(wrong)
}

/// What was asked has an answer, and it is no.
const NO: u8 = 1;

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let config = config::read(&args.config)?;
    let cameras = config.cameras.cues.cameras;
    let camera = cameras.iter().find(|camera| camera.name == args.camera).ok_or_else(|| {
        let known: Vec<&str> = cameras.iter().map(|camera| camera.name.as_str()).collect();
        let path = args.config.display();
        if known.is_empty() {
            format!("{path}: no [[camera]]")
        } else {
            format!("{path}: no camera `{}`: there is {}", args.camera, known.join(", "))
        }
    })?;
    match (&args.calibrate, args.place) {
        (Some(path), _) => mounted(camera, path, args.json),
        (None, Some(place)) => Ok(point(camera, place, args)),
        (None, None) => Err("a place, or --calibrate".into()),
    }
}

fn point(camera: &Camera, place: Position, args: &Args) -> ExitCode {
    let plane = Plane::at(camera.position);
    let sight = camera.sight(&plane, place, args.height);
    let [narrow, wide] = camera.fov_deg;
    let fov_deg = geometry::field_of_view_deg(args.length, MARGIN, sight.slant_m).clamp(narrow, wide);
    let (pan_deg, tilt_deg) = camera.mount.angles(sight.azimuth_deg, sight.elevation_deg);
    let reached = geometry::reachable_pan(pan_deg, camera.pan_deg, 0.0);
    let zoom = geometry::zoom_ratio(fov_deg, wide);
    let pose = |azimuth_deg: f64| Pose { azimuth_deg, elevation_deg: sight.elevation_deg, fov_deg };
    let from_behind_s =
        camera.slew_s(&Pose { fov_deg: wide, ..pose(sight.azimuth_deg + 180.0) }, &pose(sight.azimuth_deg));
    let horizon_m = geometry::horizon_m(camera.height_m) + geometry::horizon_m(args.height);
    let sees = camera.sees(&sight);
    if args.json {
        let said = json!({
            "camera": camera.name, "lat": place.lat(), "lon": place.lon(),
            "azimuth_deg": sight.azimuth_deg, "elevation_deg": sight.elevation_deg,
            "ground_m": sight.ground_m, "slant_m": sight.slant_m,
            "pan_deg": reached.unwrap_or(pan_deg), "tilt_deg": tilt_deg, "fov_deg": fov_deg, "zoom": zoom,
            "slew_s": from_behind_s + camera.latency_s, "sees": sees.is_ok(),
            "reason": sees.err().map(watch::cue::Unseen::as_str),
        });
        println!("{said}");
    } else {
        println!("{} to {place}", camera.name);
        println!(
            "  azimuth {:.3}°, elevation {:.3}°, {:.0} m along the water",
            sight.azimuth_deg, sight.elevation_deg, sight.ground_m
        );
        println!(
            "  pan {:.2}°, tilt {:.2}°, field of view {fov_deg:.2}° (zoom {zoom:.1}) for a hull of {:.0} m",
            reached.unwrap_or(pan_deg),
            tilt_deg,
            args.length
        );
        println!(
            "  {:.1} s from the other side, of these {:.1} s before it moves",
            from_behind_s + camera.latency_s,
            camera.latency_s
        );
        println!(
            "  the horizon of {:.0} m and {:.0} m is {:.0} m away",
            camera.height_m, args.height, horizon_m
        );
        match sees {
            Ok(()) => println!("  it sees it"),
            Err(cause) => println!("  it does not see it: {}", cause.as_str()),
        }
    }
    if sees.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(NO) }
}

fn mounted(camera: &Camera, path: &PathBuf, is_json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let plane = Plane::at(camera.position);
    let mut sightings = Vec::new();
    for (number, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = || format!("{}:{}: lat,lon,height_m,pan_deg,tilt_deg", path.display(), number + 1);
        let values: Vec<f64> = line
            .split(',')
            .map(|value| value.trim().parse())
            .collect::<Result<_, _>>()
            .map_err(|_| wrong())?;
        let [lat, lon, height_m, pan_deg, tilt_deg] = values[..] else { return Err(wrong().into()) };
        let place = Position::new(lat, lon).ok_or_else(wrong)?;
        let sight = camera.sight(&plane, place, height_m);
        let (azimuth_deg, elevation_deg) = (sight.azimuth_deg, sight.elevation_deg);
        sightings.push(Sighting { azimuth_deg, elevation_deg, pan_deg, tilt_deg });
    }
    let found =
        calibrate::solve(&camera.mount, &sightings).map_err(|why| format!("{}: {why}", path.display()))?;
    let Mount { pan_offset_deg, tilt_offset_deg, lean_deg: [north, east], .. } = found.mount;
    if is_json {
        let said = json!({
            "camera": camera.name, "pan_offset_deg": pan_offset_deg, "tilt_offset_deg": tilt_offset_deg,
            "lean_deg": [north, east], "rms_deg": found.rms_deg, "residuals_deg": found.residuals_deg,
            "outliers": found.outliers,
        });
        println!("{said}");
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "# {}: from {} sightings, {:.3}° left over",
        camera.name,
        sightings.len() - found.outliers.len(),
        found.rms_deg
    );
    println!("pan_offset_deg = {pan_offset_deg:.3}");
    println!("tilt_offset_deg = {tilt_offset_deg:.3}");
    if found.has_lean {
        println!("lean_deg = [{north:.3}, {east:.3}]");
    } else {
        println!("# six sightings all around would tell how the mast leans");
    }
    for (number, ([azimuth, elevation], sighting)) in found.residuals_deg.iter().zip(&sightings).enumerate() {
        let mark = if found.outliers.contains(&number) { "  left out" } else { "" };
        println!(
            "# {:3}  azimuth {:7.2}°  off by {azimuth:+.3}° and {elevation:+.3}°{mark}",
            number + 1,
            sighting.azimuth_deg
        );
    }
    let old = camera.mount.pan_offset_deg;
    let drift =
        geometry::turn(old, pan_offset_deg).abs().max((tilt_offset_deg - camera.mount.tilt_offset_deg).abs());
    if drift > DRIFT_DEG {
        println!("# {drift:.2}° away from what the configuration says");
    }
    Ok(ExitCode::SUCCESS)
}

/// More than this and somebody should look whether the mast is still straight, degrees.
const DRIFT_DEG: f64 = 0.2;
