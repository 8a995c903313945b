//! The tracker: the table of the public scenes, what a measurement costs beside a peer, and whether that grows.

use fairway::evaluate::{Figures, Rules, score};
use fairway::fuse::fuse;
use fusion::{
    Body, Event, Fusion, Hull, Observation, Plane, Plot, Polar, RadarSite, Report, SensorId, SourceId,
    Statics, Station,
};
use rstar::{AABB, RTree};
use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use units::{Degrees, Knots, Mmsi, Position, UtcTime};

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Scenes for the table: with plots, and with the radars' own tracks.
    pub scenes: &'static [&'static str],
    /// Runs of the scene whose cost is quoted.
    pub runs: usize,
    /// Vessels in each sea.
    pub vessels: &'static [u32],
    /// Seconds of each sea that are measured.
    pub seconds: u32,
}

impl Size {
    /// What is quoted.
    pub const FULL: Self = Self {
        scenes: &["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p10"],
        runs: 5,
        vessels: &[20, 200, 2000, 20_000, 100_000],
        seconds: 12,
    };
    /// What a test can wait for.
    pub const TINY: Self = Self { scenes: &[], runs: 1, vessels: &[20, 40], seconds: 4 };
}

const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);
/// As in the widest scene: 4,688 vessels in a square of 120 km.
const PER_KM2: f64 = 0.33;
const TURN_S: f64 = 3.0;

/// Prints the table and the costs.
///
/// # Errors
/// A scene that cannot be read.
pub fn run(size: &Size) -> Result<(), Box<dyn Error>> {
    match scenes() {
        Some(scenes) => {
            table(&scenes, size.scenes)?;
            cost(&scenes, size.runs)?;
        }
        None => println!("skipped: no shared data"),
    }
    growth(size);
    Ok(())
}

fn scenes() -> Option<PathBuf> {
    let shared = std::env::var_os("FAIRWAY_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    Some(shared.join("scenarios")).filter(|scenes| scenes.is_dir())
}

/// The folder of a scene whose name begins so.
fn folder(scenes: &Path, name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let begins = format!("{name}_");
    for entry in std::fs::read_dir(scenes)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&begins)) {
            return Ok(path);
        }
    }
    Err(format!("{}: no scene {name}", scenes.display()).into())
}

fn judged(scene: &Path, rtracks: bool) -> Result<Figures, Box<dyn Error>> {
    let mut tracks = Vec::new();
    fuse(scene, rtracks, &mut tracks)?;
    Ok(score(scene, tracks.as_slice(), Path::new("tracks"), &Rules::default())?)
}

/// The table of docs/tracker.md.
fn table(scenes: &Path, names: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut all = Vec::new();
    for name in names {
        let folder = folder(scenes, name)?;
        all.push((judged(&folder, false)?, judged(&folder, true)?));
    }
    if all.is_empty() {
        return Ok(());
    }
    let row = |title: &str, cell: &dyn Fn(&(Figures, Figures)) -> String| {
        let cells: Vec<String> = all.iter().map(cell).collect();
        println!("| {title} | {} |", cells.join(" | "));
    };
    let one = |key: &'static str, digits: usize| {
        move |(figures, _): &(Figures, Figures)| {
            format!("{:.digits$}", figures.value(key).unwrap_or(f64::NAN))
        }
    };
    let two = |one: &'static str, other: &'static str, digits: usize| {
        move |(figures, _): &(Figures, Figures)| {
            let value = |key| figures.value(key).unwrap_or(f64::NAN);
            format!("{:.digits$}, {:.digits$}", value(one), value(other))
        }
    };
    println!("| | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
    row("GOSPA, m", &one("GOSPA", 1));
    row("by the radars' own tracks", &|(_, figures)| {
        format!("{:.0}", figures.value("GOSPA").unwrap_or(f64::NAN))
    });
    row("position RMSE, m", &one("pos_rmse", 1));
    row("missed, mean", &one("missed", 2));
    row("false, mean", &one("false", 2));
    row("identity switches per ship-hour", &one("id_switches_per_ship_h", 2));
    row("identity correct, wrong", &two("identity_correct", "identity_wrong", 4));
    row("confirmed after, median and 90 %, s", &two("t_confirm_median", "t_confirm_p90", 1));
    row("SOG, kn, and COG, °, RMSE", &two("sog_rmse_kn", "cog_rmse_deg", 2));
    row("mean NEES (2 is right), within 95 %", &two("NEES_mean", "cov95_share", 2));
    println!();
    Ok(())
}

/// What one measurement of the dense scene costs, beside a query and an update that any tracker would need.
fn cost(scenes: &Path, runs: usize) -> Result<(), Box<dyn Error>> {
    let dense = folder(scenes, "p8")?;
    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let (done, _) = fuse(&dense, false, &mut std::io::sink())?;
        ours.push(done.busy_s * 1e6 / done.measurements.max(1) as f64);
        peers.push(peer_us(500));
    }
    let (ours, peer) = (median(&mut ours), median(&mut peers));
    println!(
        "p8: {ours:.2} us per measurement; a query of 500 m and a Joseph update {peer:.2} us; ratio {:.2}",
        ours / peer
    );
    let wide = folder(scenes, "p9")?;
    let (done, fusion) = fuse(&wide, false, &mut std::io::sink())?;
    let pace = 300.0 / done.busy_s;
    println!(
        "p9: {} tracks, {} measurements, {pace:.0} times real time\n",
        fusion.tracks().len(),
        done.measurements
    );
    println!("bench fusion: us_per_measurement {ours:.2} peer_us {peer:.2} p9_times_real_time {pace:.0}");
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One rstar query of 500 m among so many places and one 4x4 Joseph update, microseconds.
fn peer_us(places: u32) -> f64 {
    let mut dice = crate::watch::Dice(3);
    let side_m = (f64::from(places) / PER_KM2).sqrt() * 1000.0;
    let points: Vec<[f64; 3]> =
        (0..places).map(|_| [side_m * dice.uniform(), side_m * dice.uniform(), 0.0]).collect();
    let tree = RTree::bulk_load(points.clone());
    let mut p = nalgebra::Matrix4::<f64>::identity() * 50.0;
    let h = nalgebra::Matrix2x4::new(1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0);
    let (r, q) = (nalgebra::Matrix2::identity() * 100.0, nalgebra::Matrix4::identity() * 0.5);
    let rounds = 40;
    let began_s = crate::watch::at_work_s();
    let mut found = 0;
    for _ in 0..rounds {
        for [e, n, u] in &points {
            let around =
                AABB::from_corners([e - 500.0, n - 500.0, u - 500.0], [e + 500.0, n + 500.0, u + 500.0]);
            found += tree.locate_in_envelope(around).count();
            p += q;
            let s = h * p * h.transpose() + r;
            let gain = p * h.transpose() * s.try_inverse().unwrap_or_default();
            let keep = nalgebra::Matrix4::identity() - gain * h;
            p = black_box(keep * p * keep.transpose() + gain * r * gain.transpose());
        }
    }
    black_box(found);
    (crate::watch::at_work_s() - began_s) * 1e6 / f64::from(rounds * places)
}

/// Seas of one density, each vessel of them known, seen by a radar every three seconds and heard every ten.
fn growth(size: &Size) {
    let mut costs = Vec::new();
    println!("{:>8} {:>14} {:>20}", "vessels", "measurements", "us per measurement");
    for &vessels in size.vessels {
        // Of few, long enough to be told from the clock's grain.
        let seconds = size.seconds * (2000 / vessels).clamp(1, 100);
        let (measurements, us) = sea(vessels, seconds);
        println!("{vessels:>8} {measurements:>14} {us:>20.2}");
        costs.push(us);
    }
    if let (Some(first), Some(last)) = (costs.first(), costs.last()) {
        println!("\nbench fusion: most_to_least {:.2}", last / first);
    }
}

/// How many measurements, and what each cost, microseconds.
fn sea(vessels: u32, seconds: u32) -> (u64, f64) {
    let mut dice = crate::watch::Dice(u64::from(vessels));
    let side_m = (f64::from(vessels) / PER_KM2).sqrt() * 1000.0;
    let centre = Position::new(30.0, 124.0).unwrap_or_else(|| unreachable!());
    let plane = Plane::at(centre);
    let site = RadarSite {
        sensor: SensorId(0),
        position: centre,
        period_s: TURN_S,
        range_m: 2.0 * side_m,
        beam_rad: 0.008,
        resolution_m: 30.0,
        shadows: [None; 8],
    };
    let config = fusion::Config { max_tracks: 200_000, ..fusion::Config::default() };
    let (mut picture, mut changes) = (Fusion::new(config), Vec::new());
    picture.apply(&Event::Site(START, site), &mut changes);
    let ships: Vec<([f64; 2], f64, f64)> = (0..vessels)
        .map(|_| {
            let at = [side_m * (dice.uniform() - 0.5), side_m * (dice.uniform() - 0.5)];
            (at, 2.0 + 8.0 * dice.uniform(), std::f64::consts::TAU * dice.uniform())
        })
        .collect();
    let observed =
        |at, body| Event::Observation(Observation { source: SourceId(0), valid: at, arrival: at, body });
    // Amidships, so that what the radar sees and what is said agree.
    let hull = Some(Hull { to_bow_m: 50, to_stern_m: 50, to_port_m: 8, to_starboard_m: 8 });
    for (number, &([e, n], mps, course)) in (413_000_000..).zip(&ships) {
        let known = Mmsi::new(number).map(|mmsi| Body::Statics(Statics { hull, ..Statics::of(mmsi.into()) }));
        for body in known.into_iter().chain(report(&plane, (e, n), number, mps, course)) {
            picture.apply(&observed(START, body), &mut changes);
        }
        changes.clear();
    }
    let (warm_s, mut spent_s, mut measured) = (15, 0.0, 0_u64);
    for second in 0..warm_s + seconds {
        let mut events = Vec::new();
        for (i, &([e0, n0], mps, course)) in ships.iter().enumerate() {
            // Each has its own moment in the turn of the antenna and in the slots of the air.
            let (share, number) = (i as f64 / f64::from(vessels), i as u32);
            let t = f64::from(second) + share;
            let (sin, cos) = course.sin_cos();
            let (e, n) = (e0 + mps * t * sin, n0 + mps * t * cos);
            let valid = START.plus_s(t);
            let body = if (second + number).is_multiple_of(3) {
                let noisy = (e + 8.0 * (dice.uniform() - 0.5), n + 8.0 * (dice.uniform() - 0.5));
                Some(plot(&plane, noisy))
            } else if (second + number).is_multiple_of(10) {
                report(&plane, (e, n), 413_000_000 + number, mps, course)
            } else {
                None
            };
            let event =
                |body| Event::Observation(Observation { source: SourceId(0), valid, arrival: valid, body });
            events.extend(body.map(event));
        }
        changes.clear();
        let began_s = crate::watch::at_work_s();
        for event in &events {
            picture.apply(event, &mut changes);
            changes.clear();
        }
        if second >= warm_s {
            spent_s += crate::watch::at_work_s() - began_s;
            measured += events.len() as u64;
        }
    }
    (measured, spent_s * 1e6 / measured.max(1) as f64)
}

fn plot(plane: &Plane, (e, n): (f64, f64)) -> Body {
    let polar = Polar {
        site: plane.origin(),
        range_m: e.hypot(n),
        azimuth_rad: e.atan2(n).rem_euclid(std::f64::consts::TAU),
        range_sigma_m: 8.0,
        azimuth_sigma_rad: 1e-4,
    };
    Body::Plot(Plot {
        sensor: SensorId(0),
        position: plane.to_position(e, n),
        covariance_m2: [64.0, 0.0, 64.0],
        polar: Some(polar),
        radial_speed_mps: None,
        amplitude_db: None,
        extent: None,
    })
}

fn report(plane: &Plane, (e, n): (f64, f64), number: u32, mps: f64, course: f64) -> Option<Body> {
    Some(Body::Report(Report {
        by: Mmsi::new(number)?.into(),
        station: Station::ClassA,
        position: Some(plane.to_position(e, n)),
        sigma_m: 6.0,
        sog: Knots::from_mps(mps),
        cog: Degrees::new(course.to_degrees()),
        heading: None,
        rot_deg_min: None,
        nav_status: Some(0),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs() {
        growth(&Size::TINY);
        assert!(peer_us(50) > 0.0);
    }
}
