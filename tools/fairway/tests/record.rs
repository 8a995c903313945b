//! The recorder against what happens to machines: killed at any instant, out of disk, a disk with errors.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use decoders::ais;
use decoders::bits::BitWriter;
use decoders::nmea::encode_vdm;
use engine::feed::Names;
use engine::recording::form::{GAP, Gap, RAW, Raw};
use engine::recording::rerun::compare;
use engine::recording::verify::verify;
use engine::recording::{Recording, Setup};
use prost::Message;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use units::{Degrees, Knots, Mmsi, Position};

/// What is older than this when the engine is killed is in the recording.
const WITHIN: Duration = Duration::from_millis(250);

/// The real binary, recording.
struct Engine {
    child: Child,
    sea: String,
    http: String,
    feed: String,
}

impl Engine {
    fn start(folder: &Path, recording: &Path, more: &str) -> Self {
        let config = folder.join("fairway.toml");
        let text = format!(
            "[[source]]\nname = \"sea\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n\
             [feed]\njson = \"127.0.0.1:0\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
             [record]\npath = \"{}\"\nkey = \"record.key\"\nsegment_s = 5\nkeyframe_s = 2\n{more}\n",
            recording.display()
        );
        std::fs::write(&config, text).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_fairway"))
            .args(["run", "-c"])
            .arg(&config)
            .env("FAIRWAY_LOG", "warn")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let (mut sea, mut http, mut feed) = (String::new(), String::new(), String::new());
        while http.is_empty() {
            let mut line = String::new();
            assert!(said.read_line(&mut line).unwrap() > 0, "the engine does not start");
            let last = line.split_whitespace().last().unwrap_or_default().to_owned();
            if line.starts_with("source `sea`") {
                sea = last;
            } else if line.starts_with("JSON feed") {
                feed = last;
            } else if let Some(address) = last.strip_prefix("http://") {
                address.trim_end_matches("/metrics").clone_into(&mut http);
            } else {
                eprint!("{line}");
            }
        }
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                eprintln!("engine: {line}");
            }
        });
        Self { child, sea, http, feed }
    }

    /// One of its metrics; nothing once it is dead.
    fn metric(&self, name: &str) -> Option<u64> {
        let mut stream = TcpStream::connect(&self.http).ok()?;
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let of = text.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
        let values: Vec<f64> = of.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() as u64)
    }

    /// Tells it to stop, and waits until it has.
    fn stop(mut self) {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Engine {
    /// SIGKILL: nothing is flushed, nothing is said.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A fresh folder that is removed with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fairway-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A crowded anchorage, as lines: whatever the pace, nobody moves.
fn lines() -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    for n in 0..4000_u32 {
        let position = Position::new(29.0 + f64::from(n / 64) * 0.02, 121.5 + f64::from(n % 64) * 0.02);
        let (lon_raw, lat_raw) = ais::raw::position(position);
        let message = ais::PositionA {
            lon_raw,
            lat_raw,
            sog_raw: ais::raw::sog(Knots::new(0.0)),
            cog_raw: ais::raw::cog(Degrees::new(90.0)),
            ..ais::PositionA::new(1, Mmsi::new(412_000_000 + n).unwrap())
        };
        let (mut bits, mut line) = (BitWriter::default(), Vec::new());
        ais::Message::PositionA(message).encode(&mut bits);
        encode_vdm(&mut line, *b"AI", Some(b'A'), 0, bits.bits());
        lines.push(line);
    }
    lines
}

/// Sends so many lines a second until told to stop or cut off.
fn send(
    address: &str,
    lines: Arc<Vec<Vec<u8>>>,
    per_s: u64,
    stop: Arc<AtomicBool>,
) -> std::thread::JoinHandle<u64> {
    let mut stream = TcpStream::connect(address).unwrap();
    std::thread::spawn(move || {
        let (began, mut sent) = (Instant::now(), 0_u64);
        let mut next = lines.iter().cycle();
        while !stop.load(Ordering::Relaxed) {
            let due = began.elapsed().as_millis() as u64 * per_s / 1000;
            let batch: Vec<u8> = next.by_ref().take((due - sent) as usize).flatten().copied().collect();
            sent = due;
            if stream.write_all(&batch).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        sent
    })
}

/// What was read from the sea, as the recording has it.
fn raw(recording: &Recording) -> (u64, u64) {
    let (mut bytes, mut lines, mut messages) = (0, 0, recording.messages(0, 0));
    while let Some(found) = messages.message() {
        if found.topic == format!("{RAW}sea") {
            let raw = Raw::decode(found.data).unwrap();
            assert_eq!(raw.reads().count(), raw.length.len());
            bytes += raw.data.len() as u64;
            lines += raw.lines();
        }
    }
    (bytes, lines)
}

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

/// Something mounted, until the value is dropped.
struct Mount(PathBuf);

impl Mount {
    /// A small disk; `None` where we may not.
    fn tmpfs(path: PathBuf, size: &str) -> Option<Self> {
        std::fs::create_dir_all(&path).unwrap();
        let options = format!("size={size}");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&path).status();
        done.is_ok_and(|status| status.success()).then_some(Self(path))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
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
