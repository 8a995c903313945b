//! Out of disk.

use super::{Engine, Folder, Mount, lines, raw, send};
use engine::feed::Names;
use engine::recording::Recording;
use engine::recording::form::{GAP, Gap};
use engine::recording::rerun::compare;
use engine::recording::verify::verify;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Gaps that a recording tells of.
fn gaps(recording: &Recording) -> Vec<Gap> {
    let (mut all, mut messages) = (Vec::new(), recording.messages(0, 0));
    while let Some(found) = messages.message() {
        if found.topic == GAP {
            all.push(serde_json::from_slice(found.data).unwrap());
        }
    }
    all
}

#[test]
fn a_full_disk_stops_the_recording_and_nothing_else() {
    let folder = Folder::new("record-full");
    let Some(disk) = Mount::tmpfs(folder.0.join("disk"), "24m") else {
        println!("skipped: no mount");
        return;
    };
    let kept = disk.0.join("recording");
    // So little memory that some of it is lost.
    let engine = Engine::start(&folder.0, &kept, "memory_bytes = 262144");
    let stop = Arc::new(AtomicBool::new(false));
    let sender = send(&engine.sea, Arc::new(lines()), 2000, Arc::clone(&stop));
    let mut console = TcpStream::connect(&engine.feed).unwrap();
    console.write_all(b"{\"hello\":{\"client\":\"test\"}}\n").unwrap();
    let heard = std::thread::spawn(move || {
        let (mut last, mut longest, mut alarm, mut lifted) = (Instant::now(), Duration::ZERO, None, None);
        for line in BufReader::new(console).lines().map_while(Result::ok) {
            longest = longest.max(last.elapsed());
            last = Instant::now();
            if line.contains("\"kind\":604") {
                if line.contains("\"cleared\"") || line.contains("\"rectified\"") {
                    lifted.get_or_insert(last);
                } else {
                    alarm.get_or_insert(last);
                }
            }
        }
        (longest, alarm, lifted)
    });
    std::thread::sleep(Duration::from_secs(2));
    // Somebody else's file takes the rest of the disk.
    let filler = disk.0.join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    let block = vec![0; 4096];
    while file.write_all(&block).is_ok() {}
    let full = Instant::now();
    std::thread::sleep(Duration::from_secs(4));
    let written = engine.metric("fairway_record_records_total").unwrap();
    drop(file);
    std::fs::remove_file(&filler).unwrap();
    let freed = Instant::now();
    let mut resumed = None;
    while freed.elapsed() < Duration::from_secs(4) {
        if resumed.is_none() && engine.metric("fairway_record_records_total").unwrap() > written {
            resumed = Some(freed.elapsed());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    stop.store(true, Ordering::Relaxed);
    sender.join().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let read = engine.metric("fairway_source_bytes_total").unwrap();
    let sentences = engine.metric("fairway_sentence_candidates_total").unwrap();
    engine.stop();
    let (longest, alarm, lifted) = heard.join().unwrap();
    let alarm = alarm.expect("alert 604").saturating_duration_since(full);
    let resumed = resumed.expect("it goes on by itself");
    assert!(alarm < Duration::from_millis(1500), "{alarm:?}");
    assert!(resumed < Duration::from_secs(2), "{resumed:?}");
    assert!(longest < Duration::from_millis(1500), "the feed was silent for {longest:?}");
    assert!(lifted.is_some(), "the alarm stays");
    // What was read and could not be written is what the gaps say, to the line; what memory held was written later.
    let recording = Recording::open(&kept).unwrap();
    let gaps: Vec<Gap> = gaps(&recording).into_iter().filter(|gap| gap.what == "raw").collect();
    let sum = |of: fn(&Gap) -> u64| gaps.iter().map(of).sum::<u64>();
    let (missing, missing_lines) = (sum(|gap| gap.bytes), sum(|gap| gap.lines));
    let (bytes, lines) = raw(&recording);
    assert!(missing_lines > 1000, "{gaps:?}");
    assert_eq!((bytes + missing, lines + missing_lines), (read, sentences), "{gaps:?}");
    let names = Arc::new(Names::new(vec!["sea".to_owned()]));
    let compared = compare(&recording, &names);
    // Over what is missing it goes on from the next keyframe; what there is, is the same.
    assert!(compared.different == 0 && compared.faults.is_empty(), "{compared:?}");
    assert!(compared.missing.len() == 1 && compared.recorded == compared.rerun, "{compared:?}");
    assert_eq!(compared.keyframes[0], compared.keyframes[1]);
    assert_eq!(verify(&kept, None).unwrap().faults, []);
    println!(
        "{{\"id\":\"A3\",\"alarm_ms\":{},\"resumed_ms\":{},\"feed_silent_ms\":{},\"missing_lines\":{missing_lines}}}",
        alarm.as_millis(),
        resumed.as_millis(),
        longest.as_millis()
    );
}
