//! `fairway evaluate` says what `eval.py` says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// How much of each scene is judged, seconds.
const UNTIL_S: f64 = 180.0;

fn scenarios() -> Option<PathBuf> {
    let shared =
        std::env::var_os("FAIRWAY_SHARED").map_or_else(|| Path::new(ROOT).join("../shared"), PathBuf::from);
    let folder = shared.join("scenarios");
    folder.join("eval.py").is_file().then_some(folder)
}

fn python() -> Option<PathBuf> {
    let python = Path::new(ROOT).join(".venv/bin/python");
    let has = Command::new(&python).args(["-c", "import numpy, scipy"]).stderr(Stdio::null()).status();
    has.is_ok_and(|status| status.success()).then_some(python)
}

fn lines(path: &Path) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap();
    lzma_rust2::XzReader::new(std::io::BufReader::new(file), true).read_to_string(&mut text).unwrap();
    text
}

/// Tracks that leave nothing right: every radar's own and every AIS ship's last report, side by side.
fn union(scene: &Path) -> String {
    let mut all: Vec<Value> = Vec::new();
    for name in ["measurements.jsonl.xz", "rtracks.jsonl.xz"] {
        for line in lines(&scene.join(name)).lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            if line["ta"].as_f64().unwrap() > UNTIL_S {
                break;
            }
            if line["k"] == "ais" || line["k"] == "rtrk" {
                all.push(line);
            }
        }
    }
    all.sort_by(|a, b| a["ta"].as_f64().unwrap().total_cmp(&b["ta"].as_f64().unwrap()));
    let mut newest: BTreeMap<String, &Value> = BTreeMap::new();
    let (mut out, mut next) = (String::new(), 0.0);
    for line in &all {
        while line["ta"].as_f64().unwrap() > next {
            for (id, line) in &newest {
                let sp = line["sp"].as_f64().unwrap_or(7.0);
                let answer = json!({
                    "t": next - 0.25, "id": id, "lat": line["lat"], "lon": line["lon"], "sog": line["sog"],
                    "cog": line["cog"], "cov": [sp * sp, 0.3 * sp, sp * sp], "mmsi": line["mmsi"],
                    "doubt": id.ends_with('7'),
                });
                writeln!(out, "{answer}").unwrap();
            }
            next += 5.0;
        }
        if line["st"] == "L" {
            newest.remove(&format!("{}{}", line["s"], line["tn"]));
        } else if line["k"] == "ais" {
            newest.insert(line["mmsi"].to_string(), line);
        } else {
            newest.insert(format!("{}{}", line["s"], line["tn"]), line);
        }
    }
    out
}

fn agree(ours: &Value, theirs: &Value, scene: &str) {
    let (ours, theirs) = (ours.as_object().unwrap(), theirs.as_object().unwrap());
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (key, theirs) in theirs {
        let ours = &ours[key];
        match (ours.as_f64(), theirs.as_f64()) {
            (Some(a), Some(b)) => assert!((a - b).abs() <= 1e-6 * b.abs(), "{scene}, {key}: {a} is not {b}"),
            _ => assert_eq!(ours, theirs, "{scene}, {key}"),
        }
    }
}

#[test]
fn it_says_what_eval_py_says() {
    let Some(scenarios) = scenarios() else { return println!("skipped: no shared data") };
    let Some(python) = python() else {
        return println!("skipped: no .venv with numpy and scipy (`make test` makes it)");
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("evaluate");
    std::fs::create_dir_all(&folder).unwrap();
    let until = UNTIL_S.to_string();
    let mut scenes: Vec<PathBuf> =
        std::fs::read_dir(&scenarios).unwrap().map(|entry| entry.unwrap().path()).collect();
    scenes.retain(|scene| scene.join("rtracks.jsonl.xz").is_file());
    scenes.sort();
    assert!(!scenes.is_empty());
    for scene in scenes {
        let name = scene.file_name().unwrap().to_string_lossy().into_owned();
        let tracks = folder.join(format!("{name}.jsonl"));
        std::fs::write(&tracks, union(&scene)).unwrap();
        for cut in ["200", "50"] {
            let answer = folder.join(format!("{name}.json"));
            let theirs = Command::new(&python)
                .arg(scenarios.join("eval.py"))
                .args([scene.as_os_str(), tracks.as_os_str()])
                .args(["--tmax", &until, "--c", cut, "--json"])
                .arg(&answer)
                .output()
                .unwrap();
            assert!(theirs.status.success(), "{}", String::from_utf8_lossy(&theirs.stderr));
            let ours = Command::new(env!("CARGO_BIN_EXE_fairway"))
                .arg("evaluate")
                .args([scene.as_os_str(), tracks.as_os_str()])
                .args(["--tmax", &until, "--c", cut, "--json"])
                .output()
                .unwrap();
            assert!(ours.status.success(), "{}", String::from_utf8_lossy(&ours.stderr));
            // What was not there to be measured is NaN there and null here.
            let theirs = std::fs::read_to_string(&answer).unwrap().replace("NaN", "null");
            let theirs: Value = serde_json::from_str(&theirs).unwrap();
            agree(&serde_json::from_slice(&ours.stdout).unwrap(), &theirs, &name);
        }
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let got =
        Command::new(env!("CARGO_BIN_EXE_fairway")).args(["evaluate", "/nowhere", "x"]).output().unwrap();
    assert_eq!(got.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&got.stderr).starts_with("fairway: x: "));
}
