//! Encounters beside the truth of a scene of near misses.

use super::{Folder, record};
use decoders::ais::{Message, PositionA, StaticA, Text, raw};
use decoders::bits::BitWriter;
use decoders::nmea::encode_vdm;
use engine::recording::Recording;
use investigate::case::Case;
use investigate::encounter::{Language, encounter, html};
use investigate::waters::Waters;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use units::{Degrees, Knots, Label, Mmsi, Position};

fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("FAIRWAY_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = path.join("scenarios/p2_encounters40");
    path.join("truth.jsonl.xz").exists().then_some(path)
}

fn lines(path: &Path) -> impl Iterator<Item = Value> {
    let file = std::fs::File::open(path).unwrap();
    let reader = BufReader::new(lzma_rust2::XzReader::new(file, true));
    reader.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap())
}

/// What the scene's stations heard, as sentences behind the time of their arrival.
fn sentences(folder: &Path, t0: f64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut sequence = 0;
    for said in lines(&folder.join("measurements.jsonl.xz")) {
        let number = |name: &str| said[name].as_f64().unwrap_or(0.0);
        let Some(mmsi) = said["mmsi"].as_u64().and_then(|it| Mmsi::new(it as u32)) else { continue };
        let message = match said["k"].as_str().unwrap() {
            "ais" => {
                let (lon_raw, lat_raw) = raw::position(Position::new(number("lat"), number("lon")));
                Message::PositionA(PositionA {
                    nav_status_raw: Some(number("ns") as u8),
                    sog_raw: raw::sog(Knots::new(number("sog"))),
                    pos_accuracy: Some(true),
                    lon_raw,
                    lat_raw,
                    cog_raw: raw::cog(Degrees::new(number("cog"))),
                    heading_raw: Some(number("hdg") as u16),
                    second_raw: Some(number("sec") as u8),
                    ..PositionA::new(1, mmsi)
                })
            }
            "ais5" => Message::StaticA(StaticA {
                name_raw: Text::from_label(Label::new(said["name"].as_str().unwrap_or_default().as_bytes())),
                ship_type_raw: Some(number("type") as u8),
                dimensions_raw: raw::dimensions(Some(decoders::ais::Dimensions {
                    to_bow: number("A") as u16,
                    to_stern: number("B") as u16,
                    to_port: number("C") as u8,
                    to_starboard: number("D") as u8,
                })),
                ..StaticA::new(mmsi)
            }),
            _ => continue,
        };
        let mut bits = BitWriter::default();
        message.encode(&mut bits);
        let mut text = Vec::new();
        sequence = (sequence + 1) % 10;
        encode_vdm(&mut text, *b"AI", Some(b'A'), sequence, bits.bits());
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            out.extend_from_slice(format!("{:.3} ", t0 + number("ta")).as_bytes());
            out.extend_from_slice(line);
        }
    }
    out
}

#[derive(Clone, Copy)]
struct State {
    lat: f64,
    lon: f64,
    sog: f64,
    cog: f64,
}

type Truth = BTreeMap<i64, BTreeMap<i64, State>>;

/// From one to the other on a plane, and how that changes, metres and seconds.
fn apart(one: State, other: State) -> ([f64; 2], [f64; 2]) {
    let scale = one.lat.to_radians().cos();
    let (sin, _) = one.lat.to_radians().sin_cos();
    // Metres in a degree, WGS 84, north and east.
    let w = 1.0 - 0.006_694_379_990_14 * sin * sin;
    let north_m = (6_378_137.0 * (1.0 - 0.006_694_379_990_14) / w.powf(1.5)).to_radians();
    let east_m = (6_378_137.0 / w.sqrt()).to_radians() * scale;
    let speed = |state: State| {
        let (sin, cos) = state.cog.to_radians().sin_cos();
        [state.sog * 1852.0 / 3600.0 * sin, state.sog * 1852.0 / 3600.0 * cos]
    };
    let (a, b) = (speed(one), speed(other));
    ([(other.lon - one.lon) * east_m, (other.lat - one.lat) * north_m], [b[0] - a[0], b[1] - a[1]])
}

/// How close two come if both go on, and when.
fn closest(([x, y], [vx, vy]): ([f64; 2], [f64; 2])) -> (f64, f64) {
    let tcpa = -(x * vx + y * vy) / (vx * vx + vy * vy).max(1e-9);
    ((x + vx * tcpa).hypot(y + vy * tcpa), tcpa)
}

#[test]
fn near_misses_are_as_the_truth_has_them_within_the_stated_uncertainty() {
    let Some(scene) = shared() else { return println!("skipped: no shared data") };
    let about: Value = serde_json::from_slice(&std::fs::read(scene.join("scene.json")).unwrap()).unwrap();
    let t0 = about["t0_utc"].as_f64().unwrap();
    let (mut ships, mut truth): (BTreeMap<i64, Value>, Truth) = <_>::default();
    for line in lines(&scene.join("truth.jsonl.xz")) {
        if let Some(ship) = line["ship"].as_i64() {
            ships.insert(ship, line);
        } else {
            let of = |name: &str| line[name].as_f64().unwrap();
            let state = State { lat: of("lat"), lon: of("lon"), sog: of("sog"), cog: of("cog") };
            let states = truth.entry(line["id"].as_i64().unwrap()).or_default();
            states.insert((of("t") * 1000.0) as i64, state);
        }
    }
    // Whoever sends a wrong second says where she was at another time.
    let is_plain = |ship: &Value| {
        ship["tx_mmsi"].is_u64()
            && ship["fault"].is_null()
            && ship["sec_na"] == Value::Bool(false)
            && ship["ais_off"].as_f64().is_some_and(|off| off.abs() < 0.5)
    };
    let plain: Vec<i64> = ships.iter().filter(|(_, ship)| is_plain(ship)).map(|(id, _)| *id).collect();
    let folder = Folder::new("met");
    let recording = Recording::open(&record(&folder.0, &sentences(&scene, t0))).unwrap();

    let (mut met, mut at_gaps, mut within, mut off) = (0, 0, [0_u32; 4], [0.0_f64; 4]);
    for (n, one) in plain.iter().enumerate() {
        for other in &plain[n + 1..] {
            let (a, b) = (&truth[one], &truth[other]);
            let both: Vec<i64> = a.keys().filter(|t| b.contains_key(t)).copied().collect();
            let range = |t: &i64| {
                let ([x, y], _) = apart(a[t], b[t]);
                x.hypot(y)
            };
            let Some(t) = both.iter().min_by(|one, other| range(one).total_cmp(&range(other))) else {
                continue;
            };
            if range(t) > 350.0 || !(150_000..=1_140_000).contains(t) {
                continue;
            }
            let (true_m, true_tcpa) = closest(apart(a[t], b[t]));
            let mmsis = [one, other].map(|id| ships[id]["tx_mmsi"].as_u64().unwrap() as u32);
            let report = encounter(&recording, &Case::default(), mmsis, &mut |_| {}).unwrap();
            let found = report.closest.unwrap();
            let at_s = found.at_us as f64 / 1e6 - t0;
            let true_s = *t as f64 / 1000.0 + true_tcpa;
            let sigma_m = found.range_m.sigma.unwrap();
            let sigma_s = found.at_sigma_s.unwrap();
            if found.is_at_gap {
                // They may have been closer while one of them was silent: then the report says so, and no more.
                println!("{mmsis:?}: beside a gap; {:.0} m, true {true_m:.0}", found.range_m.value);
                assert!(found.range_m.value > true_m - 3.0 * sigma_m);
                at_gaps += 1;
                continue;
            }
            // Two minutes before: what both would come to, had they gone on.
            let before_us = found.at_us - 120_000_000;
            let sample = report.samples.iter().find(|sample| (sample.at_us - before_us).abs() <= 1_000_000);
            let Some(two) = sample.and_then(|sample| sample.two) else { continue };
            let at_ms = (sample.unwrap().at_us / 1000) - (t0 * 1000.0) as i64;
            let step = at_ms.div_euclid(5000) * 5000;
            let (dcpa_then, tcpa_then) = closest(apart(a[&step], b[&step]));
            let tcpa_then = tcpa_then - (at_ms - step) as f64 / 1000.0;
            let (dcpa, tcpa) = (two.dcpa_m.unwrap(), two.tcpa_s.unwrap());
            let errors = [
                (found.range_m.value - true_m) / sigma_m,
                (at_s - true_s) / sigma_s,
                (dcpa.value - dcpa_then) / dcpa.sigma.unwrap(),
                (tcpa.value - tcpa_then) / tcpa.sigma.unwrap(),
            ];
            println!(
                "{mmsis:?}: closest {:.0} ± {sigma_m:.0} m true {true_m:.0}, at {at_s:.1} ± {sigma_s:.1} s true {true_s:.1}; \
                 120 s before DCPA {:.0} ± {:.0} true {dcpa_then:.0}, TCPA {:.0} ± {:.0} true {tcpa_then:.0}; {errors:.1?}",
                found.range_m.value,
                dcpa.value,
                dcpa.sigma.unwrap(),
                tcpa.value,
                tcpa.sigma.unwrap(),
            );
            met += 1;
            for ((within, off), error) in within.iter_mut().zip(&mut off).zip(errors) {
                *within += u32::from(error.abs() <= 2.0);
                *off = off.max(error.abs());
            }
        }
    }
    println!(
        "{met} near misses, {at_gaps} more beside a gap: within two standard deviations {within:?}, worst {off:.1?}"
    );
    assert!(met >= 8, "{met}");
    for (within, off) in within.iter().zip(off) {
        // Of a normal distribution 95 % are within two.
        assert!(f64::from(*within) >= 0.85 * f64::from(met) && off < 4.0, "{within} of {met}, worst {off}");
    }
}

#[test]
fn a_page_says_it_in_both_languages_and_needs_nothing_else() {
    let Some(scene) = shared() else { return println!("skipped: no shared data") };
    let folder = Folder::new("page");
    let recording = Recording::open(&record(&folder.0, &sentences(&scene, 1_790_009_894.0))).unwrap();
    // Head-on, some 30 m.
    let report = encounter(&recording, &Case::default(), [412_239_815, 351_204_351], &mut |_| {}).unwrap();
    let waters = Waters::of(&recording, None, None).unwrap();
    assert_eq!(waters.drawn.first().map(|it| (&*it.kind, &*it.name)), Some(("route", "Xiazhimen")));
    for (language, words) in [
        (
            Language::English,
            ["Closest point of approach", "Hulls at the closest point", "Alerts and operators"],
        ),
        (Language::Chinese, ["最近会遇", "船体", "告警与操作"]),
    ] {
        let page = html(&report, &waters, language);
        for word in words {
            assert!(page.contains(word), "{word}");
        }
        assert!(page.matches("<svg").count() >= 7);
        let land = page.split_once("class=\"land\" d=\"").unwrap().1.split_once('"').unwrap().0;
        assert!(land.starts_with('M') && page.contains("Xiazhimen") && page.contains("GSHHG"), "{land}");
        for foreign in ["http://", "https://", "<script", "url(", "src=", "NaN", "inf"] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        if let Some(keep) = std::env::var_os("FAIRWAY_KEEP") {
            let name = if language == Language::English { "en.html" } else { "zh.html" };
            std::fs::write(Path::new(&keep).join(name), page).unwrap();
        }
    }
    let missing = encounter(&recording, &Case::default(), [412_239_815, 999_999_999], &mut |_| {});
    assert!(missing.unwrap_err().to_string().contains("999999999"));
}
