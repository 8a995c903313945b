//! Killed at any instant.

use super::{Engine, Folder, lines, raw, send};
use engine::feed::Names;
use engine::recording::rerun::compare;
use engine::recording::verify::verify;
use engine::recording::{Recording, Setup};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What is older than this when the engine is killed is in the recording.
const WITHIN: Duration = Duration::from_millis(250);

#[test]
fn killed_at_any_instant_it_loses_a_quarter_of_a_second_and_goes_on_as_if_nothing_had_happened() {
    let times = if std::env::var_os("FAIRWAY_SOAK").is_some() { 200 } else { 20 };
    let folder = Folder::new("record-kill");
    let kept = folder.0.join("recording");
    let lines = Arc::new(lines());
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let (mut before, mut slowest, mut shortest) = (0, Duration::ZERO, u64::MAX);
    for n in 0..times {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let spawned = Instant::now();
        let engine = Engine::start(&folder.0, &kept, "");
        // Live again: it listens, and serves the picture that it had.
        slowest = slowest.max(spawned.elapsed());
        if n > 1 {
            let mut console = TcpStream::connect(&engine.feed).unwrap();
            console.write_all(b"{\"hello\":{\"client\":\"test\"}}\n").unwrap();
            let mut heard = BufReader::new(console).lines().map(Result::unwrap);
            let end = heard.find(|line| line.contains("snapshot_end")).unwrap();
            assert!(!end.contains("\"tracks\":0"), "kill {n}: the picture is lost: {end}");
        }
        let stop = Arc::new(AtomicBool::new(false));
        let sender = send(&engine.sea, Arc::clone(&lines), 20_000, Arc::clone(&stop));
        let lives = Duration::from_millis(50 + random % 950);
        let mut seen = Vec::new();
        while spawned.elapsed() < slowest + lives {
            if let Some(bytes) = engine.metric("fairway_source_bytes_total") {
                seen.push((Instant::now(), bytes));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let killed = Instant::now();
        drop(engine);
        stop.store(true, Ordering::Relaxed);
        sender.join().unwrap();

        let recording = Recording::open(&kept).unwrap();
        let (now, _) = raw(&recording);
        let old = seen.iter().filter(|(at, _)| *at + WITHIN <= killed).map(|(_, bytes)| *bytes).max();
        let newest = seen.last().map_or(0, |(_, bytes)| *bytes);
        assert!(
            now >= before + old.unwrap_or(0),
            "kill {n}: {} bytes recorded, {old:?} were read {WITHIN:?} before, {newest} at the end",
            now - before
        );
        if newest > 0 {
            shortest = shortest.min((now - before) * 100 / newest.max(1));
        }
        before = now;
    }
    // The last run is told to stop, so that the last torn end is mended too.
    Engine::start(&folder.0, &kept, "").stop();

    let found = verify(&kept, None).unwrap();
    assert_eq!(found.faults, [], "after {times} kills");
    assert!(found.is_ended);
    let recording = Recording::open(&kept).unwrap();
    let names = Arc::new(Names::new(Setup::of(&recording).unwrap().sources));
    // One core that never crashed, told everything from the very beginning, comes to every keyframe that the engines
    // after each crash wrote.
    let compared = compare(&recording, &names);
    assert!(compared.is_same(), "{compared:?}");
    assert!(compared.keyframes[0] >= times, "{compared:?}");
    let (bytes, lines) = raw(&recording);
    println!(
        "{{\"id\":\"A1\",\"kills\":{times},\"lines\":{lines},\"bytes\":{bytes},\"entries\":{},\"changes\":{},\
         \"keyframes_equal\":{},\"slowest_start_ms\":{},\"least_part_of_what_was_read\":{shortest}}}",
        compared.entries,
        compared.changes,
        compared.keyframes[1],
        slowest.as_millis()
    );
}
