//! Recordings: the same inputs give the same changes again, and whatever is done to the files is found or read around.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod support;

use engine::feed::Names;
use engine::recording::cursor::Cursor;
use engine::recording::form::{RAW, Raw};
use engine::recording::rerun::{Compared, compare};
use engine::recording::verify::verify;
use engine::recording::{Recording, Setup};
use engine::{Engine, config};
use proptest::prelude::*;
use prost::Message;
use simulate::{Scene, Sent};
use std::path::{Path, PathBuf};
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
    let toml = format!(
        "[[source]]\nname = \"sea\"\nkind = \"file\"\npath = \"{}\"\n\
         [record]\npath = \"recording\"\nkey = \"record.key\"\nsegment_bytes = {segment_bytes}\nkeyframe_s = 30\n",
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

/// The files of a small recording.
fn sealed(name: &str) -> (Folder, Vec<(PathBuf, Vec<u8>)>) {
    let folder = Folder::new(name);
    let sea = folder.file("sea.nmea");
    for from_s in [0, 60, 120] {
        traffic(&sea, 1.0, from_s);
        record(&folder.file(""), &sea, 65_536);
    }
    let mut files: Vec<_> = std::fs::read_dir(folder.file("recording"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "mcap" || end == "jsonl"))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    assert!(files.len() >= 4, "{}", files.len());
    (folder, files)
}

#[test]
fn any_flipped_bit_is_found_and_named_and_whatever_is_readable_is_read() {
    let (folder, files) = sealed("record-flip");
    let kept = folder.file("recording");
    assert_eq!(verify(&kept, None).unwrap().faults, []);
    let total: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let cases = if std::env::var_os("FAIRWAY_SOAK").is_some() { 20_000 } else { 400 };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(cases));
    runner
        .run(&(0..total, 0..8_u32, any::<bool>()), |(at, bit, is_also_read)| {
            let mut place = at;
            let (path, bytes) = files
                .iter()
                .find(|(_, bytes)| {
                    let here = place < bytes.len();
                    place -= if here { 0 } else { bytes.len() };
                    here
                })
                .unwrap();
            let mut changed = bytes.clone();
            changed[place] ^= 1 << bit;
            std::fs::write(path, &changed).unwrap();
            let found = verify(&kept, None);
            let read = is_also_read.then(|| {
                Recording::open(&kept).map(|recording| {
                    let mut messages = recording.messages(0, 0);
                    let mut count = 0_u32;
                    while messages.message().is_some() {
                        count += 1;
                    }
                    count
                })
            });
            std::fs::write(path, bytes).unwrap();
            let found = found.unwrap();
            let first = found.faults.first();
            prop_assert!(first.is_some(), "{} byte {place} bit {bit} not found", path.display());
            let (first, name) = (first.unwrap(), path.file_name().unwrap().to_str().unwrap());
            // What a segment says of its key or of the one before may be what is wrong; else the place is named.
            if first.file == name {
                let range = first.fault.from..first.fault.to.max(first.fault.from + 1);
                prop_assert!(
                    range.contains(&(place as u64)) || range.start < 4096,
                    "{first} is not byte {place}"
                );
            }
            prop_assert!(read.is_none_or(|read| read.is_ok_and(|count| count > 0)));
            Ok(())
        })
        .unwrap();
    assert_eq!(verify(&kept, None).unwrap().faults, []);
}

#[test]
fn what_is_deleted_moved_or_cut_is_found() {
    let (folder, files) = sealed("record-cut");
    let kept = folder.file("recording");
    let segments: Vec<_> =
        files.iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "mcap")).collect();
    let restore = || {
        for (path, bytes) in &files {
            std::fs::write(path, bytes).unwrap();
        }
    };
    let mut tampered = 0;
    let mut is_found = |what: String| {
        assert!(!verify(&kept, None).unwrap().faults.is_empty(), "{what} is not found");
        // And whatever can be read is read.
        if let Ok(recording) = Recording::open(&kept) {
            let compared = compare(&recording, &Arc::new(Names::new(vec!["sea".to_owned()])));
            assert!(!compared.is_same() || compared.changes > 0, "{what}: {compared:?}");
        }
        restore();
        tampered += 1;
    };
    for (path, bytes) in &segments {
        std::fs::remove_file(path).unwrap();
        is_found(format!("{} deleted", path.display()));
        for part in [0, 1, 8, 100, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(path, &bytes[..part]).unwrap();
            is_found(format!("{} cut to {part}", path.display()));
        }
        std::fs::write(path, [bytes.as_slice(), b"more"].concat()).unwrap();
        is_found(format!("{} made longer", path.display()));
        std::fs::write(path, b"something else entirely").unwrap();
        is_found(format!("{} replaced", path.display()));
        // Records inside, one left out or two exchanged: the lengths stay what they say.
        let records = records(bytes);
        for pair in records.windows(2).step_by(3) {
            let [(from, middle), (_, to)] = [pair[0], pair[1]];
            let mut without = bytes.clone();
            without.drain(from..middle);
            std::fs::write(path, &without).unwrap();
            is_found(format!("{} without bytes {from} to {middle}", path.display()));
            let swapped = [&bytes[..from], &bytes[middle..to], &bytes[from..middle], &bytes[to..]].concat();
            if swapped != *bytes {
                std::fs::write(path, &swapped).unwrap();
                is_found(format!("{} with the records at {from} and {middle} exchanged", path.display()));
            }
        }
    }
    let (first, second) = (&segments[0], &segments[1]);
    std::fs::write(&first.0, &second.1).unwrap();
    std::fs::write(&second.0, &first.1).unwrap();
    is_found("two segments exchanged".to_owned());
    let (chain, text) = files.iter().find(|(path, _)| path.ends_with("chain.jsonl")).unwrap();
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    for n in 0..lines.len() - 1 {
        let mut without = lines.clone();
        without.remove(n);
        std::fs::write(chain, without.concat()).unwrap();
        is_found(format!("the chain without line {n}"));
        let mut swapped = lines.clone();
        swapped.swap(n, n + 1);
        std::fs::write(chain, swapped.concat()).unwrap();
        is_found(format!("the chain with lines {n} and {} exchanged", n + 1));
    }
    assert!(tampered > 50, "{tampered}");
    assert_eq!(verify(&kept, None).unwrap().faults, []);
}

/// Where the records of an MCAP file are.
fn records(bytes: &[u8]) -> Vec<(usize, usize)> {
    let (mut all, mut at) = (Vec::new(), 8);
    while at + 9 <= bytes.len() - 8 {
        let length = u64::from_le_bytes(bytes[at + 1..at + 9].try_into().unwrap()) as usize;
        all.push((at, at + 9 + length));
        at += 9 + length;
    }
    all
}

/// A console of a replay.
struct Viewer {
    feed: support::Console,
    wishes: std::net::TcpStream,
    tracks: std::collections::BTreeSet<u64>,
    count: u32,
}

impl Viewer {
    fn connect(engine: &Engine) -> Self {
        let stream = std::net::TcpStream::connect(engine.addresses().json.unwrap()).unwrap();
        let wishes = stream.try_clone().unwrap();
        let feed = support::Console::over(stream);
        let mut viewer = Self { feed, wishes, tracks: std::collections::BTreeSet::new(), count: 0 };
        assert_eq!(viewer.until("welcome")["replay"], true);
        viewer
    }

    /// Reads on to a message of that kind, keeping the picture.
    fn until(&mut self, kind: &str) -> serde_json::Value {
        loop {
            let message = self.feed.next();
            if let Some(id) = message["track"]["id"].as_u64() {
                self.tracks.insert(id);
            }
            if let Some(id) = message["track_gone"]["id"].as_u64() {
                self.tracks.remove(&id);
            }
            if let Some(body) = message.get(kind) {
                return body.clone();
            }
        }
    }

    /// Says how it is to go on: the answer's code, and how long that took.
    fn wish(&mut self, wish: &str) -> (u64, std::time::Duration) {
        use std::io::Write;
        self.count += 1;
        let (id, began) = (format!("wish-{:06}", self.count), std::time::Instant::now());
        writeln!(self.wishes, "{{\"command\":{{\"id\":\"{id}\",{wish}}}}}").unwrap();
        let answer = self.until("answer");
        assert_eq!(answer["id"], id.as_str());
        (answer["code"].as_u64().unwrap(), began.elapsed())
    }

    /// Where it is, once everything that was said before has come.
    fn place(&mut self) -> (i64, bool) {
        self.until("heartbeat");
        let at = self.until("replaying");
        (at["time_us"].as_i64().unwrap(), at["playing"].as_bool().unwrap())
    }
}

#[test]
fn a_replay_is_the_same_feed_marked_and_goes_where_it_is_told() {
    let folder = Folder::new("record-replay");
    let (sea, kept) = (folder.file("sea.nmea"), folder.file("recording"));
    traffic(&sea, 6.0, 0);
    record(&folder.file(""), &sea, 65_536);
    let recording = Recording::open(&kept).unwrap();
    let names = Arc::new(Names::new(vec!["sea".to_owned()]));
    let begin = |speed| engine::recording::session::Start { at: None, speed };
    let feed = || config::Feed { json: Some("127.0.0.1:0".parse().unwrap()), ..config::Feed::default() };
    let start =
        |speed| Engine::replay(recording.clone(), Arc::clone(&names), begin(speed), feed(), None).unwrap();
    let (one, other) = (start(1.0), start(100.0));
    let mut there = Viewer::connect(&other);
    let (first, second) = (there.place().0, there.place().0);
    assert!(second > first + 10_000_000, "a hundred times as fast: {first} {second}");
    drop(there);
    let mut here = Viewer::connect(&one);
    let (from, to) = recording.span().unwrap();
    assert!(from.unix_s() == 1_764_000_000 && to.unix_s() > 1_764_000_300, "{from:?} {to:?}");
    let us = |part: f64| from.unix_us() + ((to.unix_us() - from.unix_us()) as f64 * part) as i64;
    let expected = |at_us: i64| {
        let cursor = Cursor::at(&recording, &names, UtcTime::from_unix_us(at_us)).unwrap();
        assert_eq!(cursor.faults(), []);
        let ids: std::collections::BTreeSet<u64> = cursor.core().picture.tracks().map(|it| it.id.0).collect();
        (cursor.core().picture.now().unix_us(), ids)
    };

    // Any instant, forward and backward: the very tracks that there were.
    for part in [0.9, 0.1, 0.5, 0.51, 0.0, 1.0] {
        let (code, took) = here.wish(&format!("\"replay\":{{\"seek_us\":{},\"playing\":false}}", us(part)));
        assert_eq!(code, 200);
        println!("sought in {took:?}");
        let (at, playing) = here.place();
        let (time, ids) = expected(us(part));
        assert!(!playing && at == time, "{part}: {at} {time}");
        assert_eq!(here.tracks, ids, "at {part}");
        assert!(part < 0.1 || (ids.len() > 10 && time > from.unix_us()), "{part}: {} tracks", ids.len());
    }
    // Steps.
    here.wish(&format!("\"replay\":{{\"seek_us\":{}}}", us(0.3)));
    let (before, _) = here.place();
    assert_eq!(here.wish("\"replay\":{\"step\":\"scan\"}").0, 200);
    let (after, _) = here.place();
    assert!((1_000_000..=3_000_000).contains(&(after - before)), "{before} {after}");
    let track = *here.tracks.first().unwrap();
    assert_eq!(here.wish(&format!("\"replay\":{{\"step\":\"track\",\"track\":{track}}}")).0, 200);
    assert!(here.place().0 > after);
    assert_eq!(here.wish("\"replay\":{\"step\":\"back\"}").0, 200);
    assert!(here.place().0 < after);
    // What was cannot be changed, and nonsense is refused.
    assert_eq!(here.wish(&format!("\"label\":{{\"track\":{track},\"text\":\"x\"}}")).0, 403);
    assert_eq!(here.wish("\"replay\":{\"step\":\"sideways\"}").0, 400);
    assert_eq!(here.wish("\"replay\":{\"speed\":0.0}").0, 400);

    // The other session went on at its own pace, to the end.
    let mut there = Viewer::connect(&other);
    while there.place().1 {}
    let end = expected(to.unix_us() + 60_000_000);
    assert_eq!((there.place().0, &there.tracks), (end.0, &end.1));
    drop((one.stop(), other.stop()));
    assert_eq!(verify(&kept, None).unwrap().faults, [], "a replay changes nothing");
}
