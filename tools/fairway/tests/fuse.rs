//! The tracker on whole scenes: nothing in it is tuned to one, and what was asked of the fast ones and the near ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

use fairway::evaluate::{Figures, Rules, score};
use fairway::fuse::{fuse, fuse_until};
use fusion::Plane;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use units::Position;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn scene(name: &str) -> Option<PathBuf> {
    let shared =
        std::env::var_os("FAIRWAY_SHARED").map_or_else(|| Path::new(ROOT).join("../shared"), PathBuf::from);
    let found = Some(shared.join("scenarios").join(name)).filter(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: no shared data");
    }
    found
}

fn packed(path: &Path) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap();
    lzma_rust2::XzReader::new(std::io::BufReader::new(file), true).read_to_string(&mut text).unwrap();
    text
}

fn values(text: &str) -> impl Iterator<Item = Value> {
    text.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap())
}

/// The same sea somewhere else: mirrored east for west, turned clockwise, and its radars otherwise wrong.
#[derive(Clone, Copy, Debug)]
struct Moved {
    mirrored: bool,
    turned_deg: f64,
    /// Where its origin lies now; `None` where it was.
    to: Option<(f64, f64)>,
    /// Metres and degrees that each radar measures too much besides.
    wrong: [(f64, f64); 2],
}

const AS_IT_IS: Moved = Moved { mirrored: false, turned_deg: 0.0, to: None, wrong: [(0.0, 0.0); 2] };
const MOVES: [Moved; 5] = [
    Moved { mirrored: true, ..AS_IT_IS },
    Moved { turned_deg: 37.0, ..AS_IT_IS },
    Moved { to: Some((65.0, 10.0)), ..AS_IT_IS },
    Moved { to: Some((29.86, 179.96)), ..AS_IT_IS },
    Moved { wrong: [(-22.0, -0.11), (14.0, 0.17)], ..AS_IT_IS },
];

/// A plane of the scene and where it went.
struct Way {
    moved: Moved,
    from: Plane,
    to: Plane,
}

impl Way {
    fn there(&self, lat: f64, lon: f64) -> (f64, f64) {
        let (e, n) = self.from.to_local(Position::new(lat, lon).unwrap());
        let e = if self.moved.mirrored { -e } else { e };
        let (sin, cos) = self.moved.turned_deg.to_radians().sin_cos();
        let place = self.to.to_position(e * cos + n * sin, n * cos - e * sin);
        (place.lat(), place.lon())
    }

    fn back(&self, lat: f64, lon: f64) -> (f64, f64) {
        let (e, n) = self.to.to_local(Position::new(lat, lon).unwrap());
        let (sin, cos) = self.moved.turned_deg.to_radians().sin_cos();
        let (e, n) = (e * cos - n * sin, e * sin + n * cos);
        let place = self.from.to_position(if self.moved.mirrored { -e } else { e }, n);
        (place.lat(), place.lon())
    }

    /// A direction at a place, degrees, as it is there.
    fn direction(&self, lat: f64, lon: f64, deg: f64) -> f64 {
        let here = Plane::at(Position::new(lat, lon).unwrap());
        let (there_lat, there_lon) = self.there(lat, lon);
        let there = Plane::at(Position::new(there_lat, there_lon).unwrap());
        let flat = deg + here.convergence_rad(&self.from).to_degrees();
        let flat = if self.moved.mirrored { -flat } else { flat } + self.moved.turned_deg;
        (flat - there.convergence_rad(&self.to).to_degrees()).rem_euclid(360.0)
    }

    fn carry(&self, value: &mut Value) {
        let (lat, lon) = (value["lat"].as_f64().unwrap(), value["lon"].as_f64().unwrap());
        for key in ["cog", "hdg"] {
            // 511 is no heading.
            if let Some(deg) = value[key].as_f64().filter(|&deg| deg < 360.0) {
                value[key] = json!(self.direction(lat, lon, deg));
            }
        }
        let (lat, lon) = self.there(lat, lon);
        (value["lat"], value["lon"]) = (json!(lat), json!(lon));
    }
}

/// Figures of a scene that was fused elsewhere and brought back.
fn figures(folder: &Path, moved: Moved) -> Figures {
    let mut scene: Value =
        serde_json::from_reader(std::fs::File::open(folder.join("scene.json")).unwrap()).unwrap();
    let (lat, lon) = (scene["origin"][0].as_f64().unwrap(), scene["origin"][1].as_f64().unwrap());
    let origin = Position::new(lat, lon).unwrap();
    let to = moved.to.map_or(origin, |(lat, lon)| Position::new(lat, lon).unwrap());
    let way = Way { moved, from: Plane::at(origin), to: Plane::at(to) };
    let mut sites = BTreeMap::new();
    for (n, radar) in scene["radars"].as_array_mut().unwrap().iter_mut().enumerate() {
        let (lat, lon) = (radar["lat"].as_f64().unwrap(), radar["lon"].as_f64().unwrap());
        for shadow in radar["shadow"].as_array_mut().unwrap() {
            let [from, to] = [0, 1].map(|k| way.direction(lat, lon, shadow[k].as_f64().unwrap()));
            let [from, to] = if moved.mirrored { [to, from] } else { [from, to] };
            (shadow[0], shadow[1]) = (json!(from), json!(to));
        }
        way.carry(radar);
        sites.insert(radar["id"].as_str().unwrap().to_owned(), (lat, lon, moved.wrong[n.min(1)]));
    }
    let mut lines = String::new();
    for mut line in values(&packed(&folder.join("measurements.jsonl.xz"))) {
        if line["k"] == "plot" {
            let (lat, lon, (range_m, bearing_deg)) = sites[line["s"].as_str().unwrap()];
            let bearing = way.direction(lat, lon, line["b"].as_f64().unwrap());
            line["b"] = json!((bearing + bearing_deg).rem_euclid(360.0));
            line["r"] = json!(line["r"].as_f64().unwrap() + range_m);
        } else if line["k"] == "ais5" && moved.mirrored {
            let port = line["C"].take();
            line["C"] = line["D"].take();
            line["D"] = port;
        } else if line.get("lat").is_some() {
            way.carry(&mut line);
        }
        writeln!(lines, "{line}").unwrap();
    }
    let name = format!("{}{moved:?}", folder.file_name().unwrap().to_string_lossy());
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let elsewhere = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&elsewhere).unwrap();
    std::fs::write(elsewhere.join("scene.json"), scene.to_string()).unwrap();
    std::fs::write(elsewhere.join("measurements.jsonl"), lines).unwrap();
    let mut tracks = Vec::new();
    fuse(&elsewhere, false, &mut tracks).unwrap();
    std::fs::remove_dir_all(&elsewhere).unwrap();
    let mut home = String::new();
    for mut track in values(std::str::from_utf8(&tracks).unwrap()) {
        let (lat, lon) = way.back(track["lat"].as_f64().unwrap(), track["lon"].as_f64().unwrap());
        (track["lat"], track["lon"]) = (json!(lat), json!(lon));
        writeln!(home, "{track}").unwrap();
    }
    score(folder, home.as_bytes(), Path::new("tracks"), &Rules::default()).unwrap()
}

fn moved_by_no_more_than(folder: &Path, share: f64) {
    let gospa = |moved| figures(folder, moved).value("GOSPA").unwrap();
    let here = gospa(AS_IT_IS);
    println!("{}: {here:.1}", folder.display());
    for moved in MOVES {
        let there = gospa(moved);
        println!("  {there:.1} {moved:?}");
        assert!(there <= here * (1.0 + share), "{moved:?}: {there}, and {here} as it is");
    }
}

#[test]
fn p2_elsewhere_is_the_same() {
    let Some(folder) = scene("p2_encounters40") else { return };
    moved_by_no_more_than(&folder, 0.05);
}

#[test]
fn p6_elsewhere_is_the_same() {
    let Some(folder) = scene("p6_convoys50") else { return };
    moved_by_no_more_than(&folder, 0.05);
}

#[test]
fn p10_elsewhere_is_the_same() {
    let Some(folder) = scene("p10_fast") else { return };
    moved_by_no_more_than(&folder, 0.05);
}

/// All the public scenes but the widest: minutes.
#[test]
fn every_scene_elsewhere_is_the_same() {
    if std::env::var_os("FAIRWAY_SOAK").is_none() {
        return;
    }
    for name in ["p1_lanes20", "p3_fishing70", "p4_harbour100", "p5_aisfaults80", "p7_mix200", "p8_dense500"]
    {
        let Some(folder) = scene(name) else { return };
        moved_by_no_more_than(&folder, 0.05);
    }
}

/// How far a track may be from its vessel, metres.
const CUT_M: f64 = 200.0;

/// Who is where: ships by number, and each instant's places of the truth and of the tracks, metres about the origin.
struct Told {
    ships: BTreeMap<i64, Value>,
    truth: BTreeMap<i64, Vec<(i64, [f64; 2])>>,
    tracks: BTreeMap<i64, Vec<(i64, [f64; 2])>>,
}

impl Told {
    fn of(folder: &Path) -> (Self, Value, Plane) {
        let scene: Value =
            serde_json::from_reader(std::fs::File::open(folder.join("scene.json")).unwrap()).unwrap();
        let plane = Plane::at(place(&scene["origin"]));
        let at = |value: &Value| {
            let there =
                Position::new(value["lat"].as_f64().unwrap(), value["lon"].as_f64().unwrap()).unwrap();
            (value["id"].as_i64().unwrap(), <[f64; 2]>::from(plane.to_local(there)))
        };
        let second = |value: &Value| value["t"].as_f64().unwrap().round() as i64;
        let mut told = Self { ships: BTreeMap::new(), truth: BTreeMap::new(), tracks: BTreeMap::new() };
        for line in values(&packed(&folder.join("truth.jsonl.xz"))) {
            if let Some(ship) = line["ship"].as_i64() {
                told.ships.insert(ship, line);
            } else {
                told.truth.entry(second(&line)).or_default().push(at(&line));
            }
        }
        let mut tracks = Vec::new();
        fuse(folder, false, &mut tracks).unwrap();
        for track in values(std::str::from_utf8(&tracks).unwrap()) {
            told.tracks.entry(second(&track)).or_default().push(at(&track));
        }
        (told, scene, plane)
    }

    fn place(&self, ship: i64, t: i64) -> Option<[f64; 2]> {
        self.truth.get(&t)?.iter().find(|(id, _)| *id == ship).map(|(_, place)| *place)
    }

    /// The track of a ship: the nearest.
    fn track(&self, ship: i64, t: i64) -> Option<i64> {
        let place = self.place(ship, t)?;
        let near = self.tracks.get(&t)?.iter().map(|(id, there)| (apart(*there, place), *id));
        near.filter(|(m, _)| *m < CUT_M).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, id)| id)
    }
}

fn apart(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn place(value: &Value) -> Position {
    Position::new(value[0].as_f64().unwrap(), value[1].as_f64().unwrap()).unwrap()
}

#[test]
fn p10_craft_bridges_and_pairs() {
    let Some(folder) = scene("p10_fast") else { return };
    let (told, scene, plane) = Told::of(&folder);
    let warm = |t: i64| t >= 60;

    let sites: Vec<([f64; 2], f64)> = scene["radars"]
        .as_array()
        .unwrap()
        .iter()
        .map(|radar| {
            let site = Position::new(radar["lat"].as_f64().unwrap(), radar["lon"].as_f64().unwrap()).unwrap();
            (plane.to_local(site).into(), radar["rmax"].as_f64().unwrap())
        })
        .collect();
    let in_view = |place| sites.iter().any(|&(site, reach_m)| apart(site, place) < reach_m);
    let (mut seen, mut tracked) = (0, 0);
    for (&ship, _) in told.ships.iter().filter(|(_, ship)| ship["typ"] == "fast") {
        for &t in told.truth.keys().filter(|t| warm(**t)) {
            if told.place(ship, t).is_some_and(in_view) {
                seen += 1;
                tracked += i32::from(told.track(ship, t).is_some());
            }
        }
    }
    println!("fast craft: tracked {tracked} of {seen} instants");
    assert!(seen > 500 && f64::from(tracked) >= 0.85 * f64::from(seen), "{tracked} of {seen}");

    let mut passed = 0;
    for bridge in scene["bridges"].as_array().unwrap() {
        let [a, b] = ["a", "b"].map(|end| <[f64; 2]>::from(plane.to_local(place(&bridge[end]))));
        let half_m = bridge["width"].as_f64().unwrap() * 0.5;
        for &ship in told.ships.keys() {
            let under: BTreeSet<i64> = told
                .truth
                .keys()
                .copied()
                .filter(|&t| told.place(ship, t).is_some_and(|place| to_segment(place, a, b) < half_m))
                .collect();
            let (Some(&first), Some(&last)) = (under.first(), under.last()) else { continue };
            let (before, after) = (told.track(ship, first - 10), told.track(ship, last + 60));
            if warm(first - 10) && told.place(ship, last + 60).is_some() {
                passed += 1;
                assert_eq!(before, after, "ship {ship} under the bridge from {first} to {last} s");
            }
        }
    }
    println!("under bridges: {passed} ships keep their numbers");
    assert!(passed > 0);

    let mut met = 0;
    for pair in scene["evaluator_only_pairs"].as_array().unwrap() {
        if pair["x_resolution"].as_f64() != Some(2.0) {
            continue;
        }
        let near = (pair["t_cpa"].as_f64().unwrap() / 5.0).round() as i64 * 5;
        let ids = |t| ["a", "b"].map(|ship| told.track(pair[ship].as_i64().unwrap(), t));
        let (before, after) = (ids(near - 120), ids(near + 120));
        println!("{pair}: {before:?}, then {after:?}");
        assert!(before[0].is_some() && before[0] != before[1], "{pair}");
        assert_eq!(before, after, "{pair}");
        met += 1;
    }
    assert_eq!(met, 3);
}

fn to_segment(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    let along = (((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    apart(p, [a[0] + along * dx, a[1] + along * dy])
}

/// Within 2 m and 0.02 degrees, but where few ships are there to teach: each errs by some metres of its own for minutes.
#[test]
fn radars_are_known_after_five_minutes() {
    let (mut radars, mut known) = (0, 0);
    for name in ["p1_lanes20", "p2_encounters40", "p5_aisfaults80", "p6_convoys50", "p10_fast"] {
        let Some(folder) = scene(name) else { return };
        let scene: Value =
            serde_json::from_reader(std::fs::File::open(folder.join("scene.json")).unwrap()).unwrap();
        let (_, fusion) = fuse_until(&folder, false, 300.0, &mut std::io::sink()).unwrap();
        for (radar, truth) in fusion.radars().zip(scene["evaluator_only_true_bias"].as_array().unwrap()) {
            let found = radar.registration();
            let range_m = found.range_m() - truth["brange"].as_f64().unwrap();
            let bearing_deg = found.azimuth_rad().to_degrees() - truth["bbear"].as_f64().unwrap();
            println!("{name} {}: off by {range_m:.2} m, {bearing_deg:.4} deg", truth["id"]);
            assert!(range_m.abs() <= 2.5 && bearing_deg.abs() <= 0.025);
            radars += 1;
            known += i32::from(range_m.abs() <= 2.0 && bearing_deg.abs() <= 0.02);
        }
    }
    assert!(radars == 10 && known >= 8, "{known} of {radars}");
}
