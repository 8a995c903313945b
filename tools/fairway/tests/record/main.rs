//! The recorder against what happens to machines: killed at any instant, out of disk, a disk with errors.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod disk;
mod full;
mod kill;

use decoders::ais;
use decoders::bits::BitWriter;
use decoders::nmea::encode_vdm;
use engine::recording::Recording;
use engine::recording::form::{RAW, Raw};
use prost::Message;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use units::{Degrees, Knots, Mmsi, Position};

/// The real binary, recording.
struct Engine {
    child: Child,
    sea: String,
    http: String,
    feed: String,
}

impl Engine {
    fn start(folder: &Path, recording: &Path, more: &str) -> Self {
        Self::under(&[], folder, recording, more)
    }

    /// As another program's child, which becomes the engine.
    fn under(program: &[&str], folder: &Path, recording: &Path, more: &str) -> Self {
        let config = folder.join("fairway.toml");
        let text = format!(
            "[[source]]\nname = \"sea\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n\
             [feed]\njson = \"127.0.0.1:0\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
             [record]\npath = \"{}\"\nkey = \"record.key\"\nsegment_s = 5\nkeyframe_s = 2\n{more}\n",
            recording.display()
        );
        std::fs::write(&config, text).unwrap();
        let engine = [env!("CARGO_BIN_EXE_fairway"), "run", "-c"];
        let mut words = program.iter().chain(&engine);
        let mut child = Command::new(words.next().unwrap())
            .args(words)
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
            } else if let Some(address) = line.strip_prefix("metrics on http://") {
                address.trim_end().trim_end_matches("/metrics").clone_into(&mut http);
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

impl Mount {
    /// A disk in a file; `None` where we may not.
    fn ext4(image: &Path, path: PathBuf) -> Option<Self> {
        std::fs::create_dir_all(&path).unwrap();
        if !image.exists() {
            std::fs::File::create(image).unwrap().set_len(192 << 20).unwrap();
            let made = Command::new("mkfs.ext4").args(["-q", "-F"]).arg(image).status();
            made.ok().filter(std::process::ExitStatus::success)?;
        }
        let done = Command::new("mount").args(["-o", "loop"]).arg(image).arg(&path).status();
        done.is_ok_and(|status| status.success()).then_some(Self(path))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let umount = |how: &[&str]| {
            let done = Command::new("umount").args(how).arg(&self.0).stderr(Stdio::null()).status();
            done.is_ok_and(|status| status.success())
        };
        if !umount(&[]) {
            umount(&["-l"]);
        }
    }
}
