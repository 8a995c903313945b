//! What another configuration would have made of a recording.

use super::{Folder, record, record_as, traffic};
use engine::config;
use engine::core::Core;
use engine::feed::{Names, proto};
use engine::recording::difference::{Report, Verdict, difference};
use engine::recording::form::{CHANGES, Changes};
use engine::recording::{Recording, Setup};
use prost::Message;
use proto::server_message::Body;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Later in encounters than the usual, and so in what is raised of them.
const OTHER: &str = "[watch.encounter]\non_delay_s = 45.0\n";

/// Of every alert that was recorded, the kind and the time it was raised.
fn raised(kept: &Path) -> Vec<(u32, i64)> {
    let recording = Recording::open(kept).unwrap();
    let (mut all, mut messages) = (BTreeMap::new(), recording.messages(0, 0));
    while let Some(found) = messages.message() {
        if found.topic != CHANGES {
            continue;
        }
        for bytes in Changes::decode(found.data).unwrap().messages {
            if let Some(Body::Alert(alert)) = proto::ServerMessage::decode(&*bytes).unwrap().body {
                all.entry(alert.id).or_insert((alert.kind, alert.raised_us));
            }
        }
    }
    sorted(all.into_values())
}

fn sorted(all: impl Iterator<Item = (u32, i64)>) -> Vec<(u32, i64)> {
    let mut all: Vec<_> = all.collect();
    all.sort_unstable();
    all
}

fn with(kept: &Path, more: &str) -> Report {
    let recording = Recording::open(kept).unwrap();
    let setup = Setup::of(&recording).unwrap();
    let toml = format!("[[source]]\nname = \"sea\"\nkind = \"file\"\npath = \"sea.nmea\"\n{more}");
    let other = config::parse(&toml, &kept.join("other.toml")).unwrap();
    let core = Core::new(other.fusion, other.watch).with_sources(setup.sources.clone());
    difference(&recording, &Arc::new(Names::new(setup.sources)), core)
}

#[test]
fn the_difference_is_what_the_other_configuration_does_when_it_is_run() {
    let folder = Folder::new("record-differs");
    let (sea, kept) = (folder.file("sea.nmea"), folder.file("recording"));
    traffic(&sea, 8.0, 0);
    record(&folder.file(""), &sea, 65_536);
    let then = raised(&kept);
    assert!(then.len() > 1, "{then:?}");

    let same = with(&kept, "");
    assert!(same.faults.is_empty() && same.missing.is_empty() && !same.begins_midway, "{same:?}");
    assert_eq!(same.alerts.len(), then.len());
    assert!(same.alerts.iter().all(|pair| pair.later_us() == Some(0)), "{:?}", same.alerts);
    assert!(
        same.tracks.len() > 20
            && !same.tracks.values().any(engine::recording::difference::Beside::is_different),
        "{:?}",
        same.tracks
    );

    // The same sea, live, under the other configuration.
    let second = Folder::new("record-differs-other");
    record_as(&second.file(""), &sea, 65_536, OTHER);
    let truth = raised(&second.file("recording"));
    assert_ne!(truth, then, "the two configurations do the same: nothing is tested");

    let other = with(&kept, OTHER);
    let side = |of: fn(&engine::recording::difference::Pair) -> Option<(u32, i64)>| {
        sorted(other.alerts.iter().filter_map(of))
    };
    assert_eq!(side(|pair| pair.recorded.as_ref().map(|it| (it.kind, it.raised_us))), then);
    assert_eq!(side(|pair| pair.rerun.as_ref().map(|it| (it.kind, it.raised_us))), truth);
    let verdicts: BTreeSet<Verdict> =
        other.alerts.iter().map(engine::recording::difference::Pair::verdict).collect();
    assert!(verdicts.iter().any(|it| *it != Verdict::Same), "{verdicts:?}");
}
