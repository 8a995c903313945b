//! Recordings: the same inputs give the same changes again, and whatever is done to the files is found or read around.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod beside;
mod differs;
mod figures;
mod kept;
mod looked_up;
mod replay;
#[path = "../support/mod.rs"]
mod support;
mod tampered;
mod voice;
mod watched;

use engine::feed::Names;
use engine::recording::form::{RAW, Raw};
use engine::recording::rerun::{Compared, compare};
use engine::recording::verify::verify;
use engine::recording::{Recording, Setup};
use engine::{Engine, config};
use prost::Message;
use simulate::{Scene, Sent};
use std::path::Path;
use std::sync::Arc;
use support::Folder;
use units::UtcTime;

/// Some simulated minutes off Zhoushan, as a file whose lines carry their time.
fn traffic(path: &Path, minutes: f64, from_s: i64) -> Vec<u8> {
    let start = UtcTime::from_unix_s(1_764_000_000 + from_s);
    let mut bytes = Vec::new();
    Scene::ningbo_zhoushan(7, 40, start).run(start.plus_s(60.0 * minutes), &mut |sent: Sent<'_>| {
        for line in sent.bytes.split_inclusive(|byte| *byte == b'\n') {
            bytes.extend_from_slice(format!("{} ", sent.at.unix_s()).as_bytes());
            bytes.extend_from_slice(line);
        }
    });
    std::fs::write(path, &bytes).unwrap();
    bytes
}

/// Plays a file to its end, recording it.
fn record(folder: &Path, file: &Path, segment_bytes: u32) {
    record_as(folder, file, segment_bytes, "");
}

/// The same, with more to be said of the recording.
fn record_as(folder: &Path, file: &Path, segment_bytes: u32, more: &str) {
    let toml = format!(
        "[[source]]\nname = \"sea\"\nkind = \"file\"\npath = \"{}\"\n\
         [record]\npath = \"recording\"\nkey = \"record.key\"\nsegment_bytes = {segment_bytes}\nkeyframe_s = 30\n\
         {more}",
        file.display()
    );
    let config = config::parse(&toml, &folder.join("fairway.toml")).unwrap();
    let engine = Engine::start(config, true).unwrap();
    let ended = engine.stopping();
    support::eventually("the file has been played", || ended.is_cancelled());
    drop(engine.stop());
}

fn again(folder: &Path) -> (Recording, Compared) {
    let recording = Recording::open(folder).unwrap();
    let setup = Setup::of(&recording).unwrap();
    let compared = compare(&recording, &Arc::new(Names::new(setup.sources)));
    (recording, compared)
}

fn raw(recording: &Recording) -> Vec<u8> {
    let (mut bytes, mut messages) = (Vec::new(), recording.messages(0, 0));
    while let Some(found) = messages.message() {
        if found.topic == format!("{RAW}sea") {
            bytes.extend(Raw::decode(found.data).unwrap().data);
        }
    }
    assert_eq!(messages.faults, []);
    bytes
}

#[test]
fn the_same_inputs_give_the_same_changes_again_over_two_runs() {
    let folder = Folder::new("record-again");
    let (sea, kept) = (folder.file("sea.nmea"), folder.file("recording"));
    let mut all = traffic(&sea, 6.0, 0);
    record(&folder.file(""), &sea, 65_536);
    let (recording, first) = again(&kept);
    assert!(first.is_same(), "{first:?}");
    assert!(first.changes > 1000 && first.keyframes[0] >= 3, "{first:?}");
    assert_eq!(raw(&recording), all);

    // The next run goes on where the first one ended: the same tracks, and the numbers of entries and changes.
    all.extend(traffic(&sea, 2.0, 360));
    record(&folder.file(""), &sea, 65_536);
    let (recording, both) = again(&kept);
    assert!(both.is_same(), "{both:?}");
    assert!(both.changes > first.changes + 300, "{} {}", both.changes, first.changes);
    assert!(both.keyframes[0] > first.keyframes[0]);
    assert!(recording.segments.len() >= 4, "{}", recording.segments.len());
    assert_eq!(raw(&recording), all);

    let found = verify(&kept, None).unwrap();
    assert_eq!(found.faults, []);
    assert_eq!(found.segments, recording.segments.len() as u64);
    assert!(found.is_ended && found.unsealed.is_none(), "{found:?}");
    let other = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    assert!(!verify(&kept, Some(other)).unwrap().faults.is_empty(), "sealed with another key");
}
