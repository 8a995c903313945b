//! Recordings that are not whole, or of another version: what is there is told, and what is not is said.

use super::exported::{made, rows, said, us};
use super::{Folder, START, record, traffic};
use engine::recording::Recording;
use engine::recording::form::{CORE, KEYFRAME, Keyframe};
use engine::recording::segment::{Out, Segment, Worth};
use investigate::case::Case;
use investigate::export::Format;
use prost::Message;
use simulate::Scene;
use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

/// The same recording, each record as `change` has it: the topic, how many of it were before, what it says.
fn rewritten(
    recording: &Recording,
    folder: &Path,
    change: impl Fn(&str, usize, &[u8]) -> Option<Vec<u8>>,
) -> Recording {
    std::fs::create_dir_all(folder).unwrap();
    let mut counts = std::collections::BTreeMap::new();
    for segment in &recording.segments {
        let mut out = Segment::create(folder, segment.about.clone()).unwrap();
        let alone = Recording { segments: vec![segment.clone()], ..recording.clone() };
        let mut messages = alone.messages(0, 0);
        while let Some(found) = messages.message() {
            let count = counts.entry(found.topic.to_owned()).or_insert(0);
            let data = change(found.topic, *count, found.data);
            *count += 1;
            let Some(data) = data else { continue };
            let entries = Keyframe::decode(found.data).map(|it| it.entries);
            let record = Out { topic: Rc::from(found.topic), at: found.at, data, worth: Worth::default() };
            match (found.topic, entries) {
                (KEYFRAME, Ok(entries)) => out.keyframe(&record, entries).unwrap(),
                _ => out.write(&record).unwrap(),
            }
        }
        out.finish(None, START).unwrap();
    }
    Recording::open(folder).unwrap()
}

fn points(
    folder: &Path,
    recording: &Recording,
) -> (investigate::export::Done, BTreeSet<(u32, i64, String, String)>) {
    let (done, csv) = made(folder, recording, &Case::default(), Format::Csv);
    let point = |row: &std::collections::BTreeMap<String, String>| {
        (row["mmsi"].parse().unwrap(), us(&row["time"]), row["lat"].clone(), row["lon"].clone())
    };
    let all = rows(&csv).iter().map(point).collect();
    (done, all)
}

#[test]
fn what_cannot_be_told_again_is_told_as_it_was_recorded_and_what_is_missing_is_named() {
    let folder = Folder::new("broken");
    let mut scene = Scene::ningbo_zhoushan(7, 30, START);
    let whole = Recording::open(&record(&folder.0, &traffic(&mut scene, 15.0, |_| {}))).unwrap();
    let expected = said(&whole, i64::MIN, i64::MAX);

    // As it is.
    let same = rewritten(&whole, &folder.0.join("same"), |_, _, data| Some(data.to_vec()));
    let (done, found) = points(&folder.0, &same);
    assert_eq!((found.len(), done.gathered.facts.retold.as_recorded), (expected.len(), 0));

    // Another version wrote the keyframes.
    let foreign = rewritten(&whole, &folder.0.join("foreign"), |topic, _, data| {
        let mut keyframe = Keyframe::decode(data).ok().filter(|_| topic == KEYFRAME);
        if let Some(keyframe) = &mut keyframe {
            keyframe.core.truncate(7);
        }
        Some(keyframe.map_or_else(|| data.to_vec(), |keyframe| keyframe.encode_to_vec()))
    });
    let (done, found) = points(&folder.0, &foreign);
    assert!(found == expected, "{} {}", found.len(), expected.len());
    let facts = &done.gathered.facts;
    assert!(facts.retold.as_recorded > 500 && facts.retold.entries == 0);
    assert!(facts.warnings().iter().any(|line| line.contains("another version")), "{:?}", facts.warnings());
    let head: serde_json::Value = serde_json::from_slice(&std::fs::read(&done.files[1]).unwrap()).unwrap();
    assert_eq!(head["told"], "in part as it was recorded");

    // Some of what the core was told is gone: until the next keyframe, the changes as they were recorded.
    let lossy = rewritten(&whole, &folder.0.join("lossy"), |topic, count, data| {
        (topic != CORE || count != 2).then(|| data.to_vec())
    });
    let (done, found) = points(&folder.0, &lossy);
    let facts = &done.gathered.facts;
    assert!(facts.retold.missing > 0, "{:?}", facts.retold);
    assert!(found.is_subset(&expected) && found.len() * 10 > expected.len() * 7, "{}", found.len());
    assert!(
        facts.holes.iter().any(|hole| hole.reason.contains("missing") || hole.reason.contains("nothing"))
    );
    assert!(
        !facts.anew.is_empty() || done.gathered.gaps.iter().any(|gap| gap.reason.contains("missing")),
        "{:?}",
        done.gathered.gaps
    );
}
