//! A disk that reports errors, and a machine that loses its power.

use super::{Engine, Folder, Mount, lines, raw, send};
use engine::feed::Names;
use engine::recording::rerun::compare;
use engine::recording::verify::verify;
use engine::recording::{Recording, Setup};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What is older than this when the power goes is in the recording.
const WITHIN: Duration = Duration::from_millis(500);

fn now_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

#[test]
fn a_file_that_the_disk_does_not_keep_is_left_and_nothing_is_missing() {
    for (call, when) in [("fdatasync", "4+9"), ("fsync", "2+2")] {
        refused(call, when);
    }
}

/// Has every so manieth call refused with EIO, in each thread.
fn refused(call: &str, when: &str) {
    let folder = Folder::new(&format!("record-eio-{call}"));
    let (kept, log) = (folder.0.join("recording"), folder.0.join("strace"));
    let inject = format!("inject={call}:error=EIO:when={when}");
    let log_name = log.display().to_string();
    // The engine is the one that is waited for, and the tracer its child.
    let strace = [
        "strace",
        "-D",
        "-f",
        "-qq",
        "-y",
        "-ttt",
        "-o",
        &log_name,
        "-e",
        "trace=fdatasync,fsync,unlink,unlinkat",
    ];
    let strace: Vec<&str> = strace.into_iter().chain(["-e", &inject]).collect();
    let can = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    if !can.is_ok_and(|status| status.success()) {
        println!("skipped: strace");
        return;
    }
    let engine = Engine::under(&strace, &folder.0, &kept, "");
    let stop = Arc::new(AtomicBool::new(false));
    let mut console = TcpStream::connect(&engine.feed).unwrap();
    console
        .write_all(b"{\"hello\":{\"client\":\"test\",\"subscriptions\":[{\"things\":[\"alerts\"]}]}}\n")
        .unwrap();
    let heard = std::thread::spawn(move || {
        let lines = BufReader::new(console).lines().map_while(Result::ok);
        let is_alarm = |line: &String| line.contains("\"kind\":604") && line.contains("nothing is recorded");
        let alarms = lines.filter(is_alarm);
        alarms.map(|_| now_s()).collect::<Vec<_>>()
    });
    let sender = send(&engine.sea, Arc::new(lines()), 5000, Arc::clone(&stop));
    std::thread::sleep(Duration::from_secs(12));
    stop.store(true, Ordering::Relaxed);
    sender.join().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let read = engine.metric("fairway_source_bytes_total").unwrap();
    let sentences = engine.metric("fairway_sentence_candidates_total").unwrap();
    engine.stop();

    // What the disk said of which file, and what was asked of that file afterwards.
    let (mut refused, mut asked_again, mut first) = (BTreeSet::new(), Vec::new(), None);
    // What is removed, because nothing of it lasts, is another file when it is there again.
    let mut suspect: BTreeSet<String> = BTreeSet::new();
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    let calls = std::fs::read_to_string(&log).unwrap();
    for line in calls.lines() {
        let mut words = line.split_whitespace();
        let (thread, at) = (words.next().unwrap().to_owned(), words.next().unwrap());
        if let Some((_, file)) =
            line.split_once('<').filter(|(before, _)| before.ends_with(|c: char| c.is_ascii_digit()))
        {
            let file = file.split('>').next().unwrap().to_owned();
            // A line of the chain that was refused is cut off and written anew, and so is not what was refused.
            if suspect.contains(&file) && is_segment(&file) {
                asked_again.push(line.to_owned());
            }
            last.insert(thread.clone(), file);
        }
        if line.contains("unlink")
            && let Some(file) = line.split('"').nth(1)
        {
            suspect.remove(file);
        }
        if line.contains("= -1 EIO") {
            suspect.insert(last[&thread].clone());
            first.get_or_insert(at.parse::<f64>().unwrap());
            refused.insert(last[&thread].clone());
        }
    }
    let segments = refused.iter().filter(|file| is_segment(file)).count();
    assert!(segments > 0, "{refused:?}");
    assert_eq!(
        asked_again,
        [] as [String; 0],
        "what the disk says of a file that it refused once means nothing"
    );
    let first = first.unwrap();
    let alarms = heard.join().unwrap();
    let alarm_s = alarms.first().map(|at| at - first).expect("alert 604");
    assert!(alarm_s < 1.5, "{alarm_s}");
    let recording = Recording::open(&kept).unwrap();
    assert_eq!(raw(&recording), (read, sentences), "what was read, once");
    let compared = compare(&recording, &Arc::new(Names::new(vec!["sea".to_owned()])));
    assert!(compared.is_same(), "{compared:?}");
    let found = verify(&kept, None).unwrap();
    assert_eq!(found.faults, []);
    println!(
        "{{\"id\":\"B3\",\"call\":\"{call}\",\"refused\":{},\"segments\":{segments},\"alarm_ms\":{:.0},\"lines\":{sentences}}}",
        calls.matches("= -1 EIO").count(),
        1e3 * alarm_s
    );
}

fn is_segment(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|end| end == "mcap")
}

/// Waits for a line, and then has a file system forget all that it has not made to last.
const CUT: &str = "
import fcntl, os, struct, sys
folder = os.open(sys.argv[1], os.O_RDONLY)
print('ready', flush=True)
sys.stdin.readline()
# EXT4_IOC_SHUTDOWN, without writing the journal first.
fcntl.ioctl(folder, 0x8004587d, struct.pack('I', 2))
";

#[test]
fn a_machine_that_loses_its_power_loses_half_a_second() {
    let times = if std::env::var_os("FAIRWAY_SOAK").is_some() { 50 } else { 5 };
    let folder = Folder::new("record-power");
    let image = folder.0.join("disk.img");
    let place = folder.0.join("disk");
    let lines = Arc::new(lines());
    let (mut before, mut most_ms) = (0, 0.0_f64);
    for n in 0..times {
        let Some(disk) = Mount::ext4(&image, place.clone()) else {
            assert_eq!(n, 0, "it was mounted before");
            println!("skipped: loop disk");
            return;
        };
        let kept = disk.0.join("recording");
        let engine = Engine::start(&folder.0, &kept, "");
        let mut cutter = Command::new("python3")
            .args(["-I", "-c", CUT])
            .arg(&disk.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(cutter.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "ready\n");
        let stop = Arc::new(AtomicBool::new(false));
        let sender = send(&engine.sea, Arc::clone(&lines), 20_000, Arc::clone(&stop));
        let (began, lives) = (Instant::now(), Duration::from_millis(900 + 137 * n % 800));
        let mut seen = Vec::new();
        while began.elapsed() < lives {
            let bytes = engine.metric("fairway_source_bytes_total");
            seen.extend(bytes.map(|bytes| (Instant::now(), bytes)));
            std::thread::sleep(Duration::from_millis(10));
        }
        let cut = Instant::now();
        cutter.stdin.take().unwrap().write_all(b"now\n").unwrap();
        if !cutter.wait().unwrap().success() {
            println!("skipped: loop disk cannot be shut down");
            stop.store(true, Ordering::Relaxed);
            return;
        }
        drop(engine);
        stop.store(true, Ordering::Relaxed);
        sender.join().unwrap();
        drop(disk);

        let disk = mounted(&image, &place);
        let recording = Recording::open(&kept).unwrap();
        let (now, _) = raw(&recording);
        let recorded = now - before;
        let old = seen.iter().rfind(|(at, _)| *at + WITHIN <= cut).map_or(0, |(_, bytes)| *bytes);
        assert!(recorded >= old, "cut {n}: {recorded} bytes recorded, {old} were read {WITHIN:?} before");
        let lost = seen.iter().rfind(|(_, bytes)| *bytes <= recorded).map_or(began, |(at, _)| *at);
        most_ms = most_ms.max(1e3 * (cut - lost).as_secs_f64());
        before = now;
        drop(disk);
    }
    // The machine is on again: it goes on, and mends what was torn.
    let disk = mounted(&image, &place);
    let kept = disk.0.join("recording");
    Engine::start(&folder.0, &kept, "").stop();
    let found = verify(&kept, None).unwrap();
    assert_eq!(found.faults, []);
    let recording = Recording::open(&kept).unwrap();
    let compared = compare(&recording, &Arc::new(Names::new(Setup::of(&recording).unwrap().sources)));
    assert!(compared.different == 0 && compared.faults.is_empty(), "{compared:?}");
    assert_eq!(compared.keyframes[0], compared.keyframes[1], "{compared:?}");
    println!("{{\"id\":\"A2\",\"cuts\":{times},\"bytes\":{before},\"most_lost_ms\":{most_ms:.0}}}");
}

fn mounted(image: &Path, place: &Path) -> Mount {
    Mount::ext4(image, place.to_owned()).expect("it was mounted before")
}
