//! `fairway cue`: where a camera must look to see a place, and how it is mounted.

use clap::Args as ClapArgs;
use engine::feed::console::{Console, Wire};
use engine::feed::proto::{self, server_message::Body};
use engine::{clock, config, feed};
use fusion::Plane;
use serde_json::json;
use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use units::{KNOT_MPS, Position};
use watch::cue::calibrate::{self, Sighting};
use watch::cue::camera::MARGIN;
use watch::cue::geometry::{self, Mount};
use watch::cue::{Camera, Pose};

#[derive(ClapArgs)]
pub struct Args {
    /// The camera, as the configuration calls it.
    camera: String,
    /// A place: latitude, longitude.
    #[arg(value_name = "LAT,LON", required_unless_present_any = ["calibrate", "sight"], value_parser = place, allow_hyphen_values = true)]
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
    /// The camera is centred on this track now: one more line for the file of sightings.
    #[arg(long, value_name = "TRACK", conflicts_with_all = ["place", "calibrate"])]
    sight: Option<u64>,
    /// Where that file is.
    #[arg(long, value_name = "FILE", default_value = "sightings.csv", requires = "sight")]
    into: PathBuf,
    /// The engine's feed.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4711", requires = "sight")]
    feed: SocketAddr,
    /// Who asks it; without it, an anonymous viewer.
    #[arg(long, requires = "sight")]
    token: Option<String>,
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
    match (&args.calibrate, args.sight, args.place) {
        (Some(path), ..) => mounted(camera, path, args.json),
        (None, Some(track), _) => sight(camera, track, args),
        (None, None, Some(place)) => Ok(point(camera, place, args)),
        (None, None, None) => Err("a place, --sight or --calibrate".into()),
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

/// How long the feed may take to tell of both.
const PATIENCE: Duration = Duration::from_secs(10);
/// A track that was last known longer ago is not where it was, microseconds.
const OLD_US: i64 = 30_000_000;
const HEADING: &str = "lat,lon,height_m,pan_deg,tilt_deg";

/// Where the camera looks and where the track is, as the feed tells them now, as one sighting.
fn sight(camera: &Camera, track: u64, args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let hello =
        proto::Hello { client: "cue".to_owned(), token: args.token.clone(), ..proto::Hello::default() };
    let mut console =
        Console::connect(args.feed, Wire::Proto, hello).map_err(|error| format!("{}: {error}", args.feed))?;
    console.stream.set_read_timeout(Some(PATIENCE))?;
    let mut picture = feed::console::Picture::default();
    while !picture.complete {
        let message = console.receive()?.ok_or("the engine has ended")?;
        if let Some(Body::Error(error)) = &message.body {
            return Err(error.text.clone().into());
        }
        picture.apply(message).map_err(|fault| format!("{fault:?}"))?;
    }
    let told = picture
        .cameras
        .get(&camera.name)
        .ok_or_else(|| format!("no camera `{}` on the feed", camera.name))?;
    let (Some(azimuth_deg), Some(elevation_deg)) = (told.azimuth_deg, told.elevation_deg) else {
        return Err(format!("`{}` does not say where it looks: it is {}", camera.name, told.state).into());
    };
    if let Some(other) = told.track.filter(|other| *other != track) {
        return Err(format!("`{}` follows track {other}, and not {track}", camera.name).into());
    }
    let track = picture.tracks.get(&track).ok_or_else(|| format!("no track {track} on the feed"))?;
    let age_us = clock::now_utc().unix_us() - track.time_us;
    if !(0..OLD_US).contains(&age_us) {
        return Err(format!("track {} was last known {} s ago", track.id, age_us / 1_000_000).into());
    }
    // Where it is by now, as it went.
    let start = Position::new(track.lat, track.lon).ok_or("a track without a place")?;
    let way_m = track.sog_kn.unwrap_or_default() * KNOT_MPS * age_us as f64 / 1e6;
    let (sin, cos) = track.cog_deg.unwrap_or_default().to_radians().sin_cos();
    let place = Plane::at(start).to_position(way_m * sin, way_m * cos);
    let (pan_deg, tilt_deg) = camera.mount.angles(azimuth_deg, elevation_deg);
    let line = format!("{:.6},{:.6},{},{pan_deg:.3},{tilt_deg:.3}", place.lat(), place.lon(), args.height);
    let is_new = !args.into.exists();
    let mut file = OpenOptions::new().create(true).append(true).open(&args.into)?;
    if is_new {
        writeln!(file, "{HEADING}")?;
    }
    writeln!(file, "{line}")?;
    println!("{line}");
    Ok(ExitCode::SUCCESS)
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
