//! Whatever is done to the files of a recording is found, or read around.

use super::{Folder, record, traffic};
use engine::feed::Names;
use engine::recording::Recording;
use engine::recording::rerun::compare;
use engine::recording::verify::verify;
use proptest::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

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
