//! `fairway simulate` makes scenes that `fairway fuse` and `fairway evaluate` read, another with each seed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const FILES: [&str; 4] = ["scene.json", "measurements.jsonl.xz", "rtracks.jsonl.xz", "truth.jsonl.xz"];

fn fairway(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fairway")).args(args).output().unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// Makes a scene of that seed.
fn scene(name: &str, seed: &str) -> PathBuf {
    let folder = folder(name);
    let arguments = ["simulate", folder.to_str().unwrap(), "--seed", seed, "--length", "400", "--faults"];
    let made = fairway(&arguments);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    folder
}

/// The figures of a scene's tracks.
fn figures(scene: &Path, how: &[&str]) -> Value {
    let (scene, tracks) = (scene.to_str().unwrap(), scene.join("tracks.jsonl"));
    let tracks = tracks.to_str().unwrap();
    let fused = fairway(&[&["fuse", scene, "-o", tracks], how].concat());
    assert!(fused.status.success(), "{}", String::from_utf8_lossy(&fused.stderr));
    serde_json::from_slice(&fairway(&["evaluate", scene, tracks, "--json"]).stdout).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_others() {
    let [one, same, other] =
        [("same_1", "7"), ("same_2", "7"), ("same_3", "8")].map(|(name, seed)| scene(name, seed));
    for file in FILES {
        let read = |scene: &Path| {
            std::fs::read_to_string(scene.join(file)).unwrap_or_default().replace("same_2", "same_1")
        };
        let bytes = |scene: &Path| std::fs::read(scene.join(file)).unwrap();
        if file == "scene.json" {
            assert_eq!(read(&one), read(&same), "{file}");
        } else {
            assert!(bytes(&one) == bytes(&same), "{file}");
            assert!(bytes(&one) != bytes(&other), "{file}");
        }
    }
    let again = fairway(&["simulate", one.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && said.contains("same_1"), "{said}");
}

#[test]
fn nothing_is_tuned_to_the_public_scenes() {
    // Who lies at anchor says who she is every three minutes: until then she has no name.
    for seed in ["11", "12"] {
        let scene = scene(&format!("fresh_{seed}"), seed);
        for (how, most_m) in [(&[][..], 150.0), (&["--rtracks"][..], 160.0)] {
            let figures = figures(&scene, how);
            let at = |key: &str| figures.get(key).and_then(Value::as_f64).unwrap();
            println!(
                "seed {seed} {how:?}: {:.0} ships, GOSPA {:.1} m, {} switches, NEES {:.2}",
                at("mean_ships"),
                at("GOSPA"),
                at("id_switches"),
                at("NEES_mean"),
            );
            assert!(at("mean_ships") > 40.0 && at("GOSPA") < most_m, "{figures}");
            assert!(at("identity_correct") > 0.94 && at("identity_wrong") < 0.002, "{figures}");
            assert!((0.88..=0.99).contains(&at("cov95_share")), "{figures}");
        }
    }
}
