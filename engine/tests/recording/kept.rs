//! How long a recording is kept, what is held, and keys that change.

use super::{Folder, record, record_as, traffic};
use engine::recording::keep::{self, Hold};
use engine::recording::keys::prepare_next;
use engine::recording::read::numbers;
use engine::recording::segment::file_name;
use engine::recording::verify::{glance, verify};
use engine::recording::{Recording, keep::holds};
use std::path::Path;

fn files(kept: &Path) -> Vec<String> {
    numbers(kept).unwrap().into_iter().map(file_name).collect()
}

#[test]
fn what_is_old_is_let_go_what_is_held_is_not_and_the_chain_knows() {
    let folder = Folder::new("record-keep");
    let (sea, kept) = (folder.file("sea.nmea"), folder.file("recording"));
    for from_s in [0, 120, 240, 360] {
        traffic(&sea, 2.0, from_s);
        record(&folder.file(""), &sea, 65_536);
    }
    let recording = Recording::open(&kept).unwrap();
    let before = files(&kept);
    assert!(before.len() >= 6, "{before:?}");
    // Somebody wants to know what was in the second of them.
    // One that covers some time: on a busy machine a segment may hold a single instant, and nothing lies within that.
    let lasts = |segment: &&engine::recording::read::Segment| {
        segment.first.zip(segment.last).is_some_and(|(first, last)| last.since(first) > 0.001)
    };
    let held = recording.segments.iter().filter(lasts).nth(1).unwrap();
    let us = |at: Option<units::UtcTime>| at.unwrap().unix_us();
    let hold = Hold {
        name: "case-7".to_owned(),
        from_us: us(held.first) + 1,
        to_us: us(held.last) - 1,
        why: "collision".to_owned(),
        user: "Lin".to_owned(),
        time_us: 1,
    };
    keep::hold(&kept, hold.clone()).unwrap();
    assert_eq!(holds(&kept).unwrap(), [hold]);

    // There is room for one or two.
    let more = "keep_bytes = 131072\n";
    traffic(&sea, 2.0, 480);
    record_as(&folder.file(""), &sea, 65_536, more);
    let after = files(&kept);
    assert!(after.contains(&held.file) && !after.contains(&before[0]), "{after:?}");
    assert!(after.len() < before.len(), "{before:?} {after:?}");
    let between = recording.segments.iter().filter(|segment| segment.first > held.last);
    assert!(between.take(1).all(|segment| !after.contains(&segment.file)), "{before:?} {after:?}");
    let found = verify(&kept, None).unwrap();
    assert_eq!(found.faults, []);
    assert_eq!(glance(&kept).unwrap(), None);
    assert_eq!(found.segments, after.len() as u64);
    // Whoever removes what the policy has left is found, and what is put back is none of it.
    let (path, bytes) = (kept.join(&held.file), std::fs::read(kept.join(&held.file)).unwrap());
    std::fs::remove_file(&path).unwrap();
    let missing = verify(&kept, None).unwrap().faults;
    assert!(missing.iter().any(|fault| fault.file == held.file), "{missing:?}");
    assert!(glance(&kept).unwrap().is_some_and(|fault| fault.file == held.file));
    std::fs::write(&path, bytes).unwrap();

    // Nobody needs it any more.
    assert!(keep::unhold(&kept, "case-7", "closed", "Lin", units::UtcTime::from_unix_s(2)).unwrap());
    assert!(!keep::unhold(&kept, "case-7", "closed", "Lin", units::UtcTime::from_unix_s(2)).unwrap());
    traffic(&sea, 2.0, 600);
    record_as(&folder.file(""), &sea, 65_536, more);
    assert!(!files(&kept).contains(&held.file));
    assert_eq!(verify(&kept, None).unwrap().faults, []);
    // What is left can still be told again.
    let (_, compared) = super::again(&kept);
    assert!(compared.different == 0 && compared.faults.is_empty(), "{compared:?}");

    // Age: a policy of days lets nothing of today go.
    let left = files(&kept);
    traffic(&sea, 1.0, 720);
    record_as(&folder.file(""), &sea, 65_536, "keep_days = 1\n");
    assert!(files(&kept).starts_with(&left));
}

#[test]
fn a_key_is_followed_by_another_and_both_verify() {
    let folder = Folder::new("record-keys");
    let (sea, kept) = (folder.file("sea.nmea"), folder.file("recording"));
    let key = folder.file("record.key");
    let mut keys = Vec::new();
    for from_s in [0, 60, 120] {
        traffic(&sea, 1.0, from_s);
        record(&folder.file(""), &sea, 65_536);
        let found = verify(&kept, None).unwrap();
        assert_eq!(found.faults, []);
        keys.push(found.keys.last().unwrap().clone());
        let next = prepare_next(&key).unwrap();
        assert!(prepare_next(&key).is_err(), "one waits already");
        assert!(!keys.contains(&next));
    }
    let found = verify(&kept, None).unwrap();
    assert_eq!(found.keys, keys);
    let recording = Recording::open(&kept).unwrap();
    let last = recording.segments.last().unwrap();
    assert_eq!(last.about.key.as_ref(), keys.last());
    // Whoever was given any of them can tell.
    for key in &keys {
        assert_eq!(verify(&kept, Some(key)).unwrap().faults, [], "{key}");
    }
    let other = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    assert!(!verify(&kept, Some(other)).unwrap().faults.is_empty());

    // A key that nobody signed for is none.
    std::fs::remove_file(folder.file("record.key.next")).unwrap();
    std::fs::remove_file(&key).unwrap();
    traffic(&sea, 1.0, 180);
    record(&folder.file(""), &sea, 65_536);
    assert!(!verify(&kept, None).unwrap().faults.is_empty());
    assert!(glance(&kept).unwrap().is_some());
}
