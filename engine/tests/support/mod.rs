//! A real engine on real sockets, and what tests ask of it.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

pub mod asterix;

use engine::{Engine, config};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub const PATIENCE: Duration = Duration::from_secs(30);

pub fn start(toml: &str) -> Engine {
    start_until(toml, false)
}

pub fn start_until(toml: &str, until_end: bool) -> Engine {
    let config = config::parse(toml, Path::new("test.toml")).unwrap();
    Engine::start(config, until_end).unwrap()
}

pub fn source(engine: &Engine, name: &str) -> SocketAddr {
    engine.addresses().sources.iter().find(|(source, _)| source == name).unwrap().1
}

/// Waits until it holds.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "still not so: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The metrics as a peer reads them, over HTTP.
pub fn scrape(address: SocketAddr) -> Metrics {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    Metrics::parse(&text)
}

pub struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| line.starts_with("fairway_"));
        Self(
            lines
                .filter_map(|line| line.rsplit_once(' '))
                .map(|(k, v)| (k.to_owned(), v.parse().unwrap()))
                .collect(),
        )
    }

    /// The sum over all labels that contain `label`.
    pub fn sum(&self, name: &str, label: &str) -> i64 {
        let of = self.0.iter().filter(|(key, _)| key.split('{').next() == Some(name) && key.contains(label));
        of.map(|(_, value)| *value).sum::<f64>() as i64
    }

    /// Candidates = used + rejects + pending + duplicates + other sentences, exactly.
    pub fn assert_accounted(&self, source: &str) -> i64 {
        let label = format!("source=\"{source}\"");
        let of = |name| self.sum(name, &label);
        let candidates = of("fairway_sentence_candidates_total");
        let parts = [
            "fairway_sentences_used_total",
            "fairway_sentences_rejected_total",
            "fairway_sentences_pending",
            "fairway_sentences_duplicate_total",
            "fairway_sentences_other_total",
        ]
        .map(of);
        assert_eq!(candidates, parts.iter().sum::<i64>(), "source {source}: {parts:?}");
        candidates
    }
}

/// A console: the lines of the JSON feed.
pub struct Console(BufReader<TcpStream>);

impl Console {
    pub fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    /// Over a connection of which nothing was said or read.
    pub fn over(mut stream: TcpStream) -> Self {
        stream.write_all(b"{\"hello\":{\"client\":\"test\"}}\n").unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    pub fn next(&mut self) -> serde_json::Value {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// The next message of that kind.
    pub fn until(&mut self, kind: &str) -> serde_json::Value {
        loop {
            let mut message = self.next();
            if let Some(body) = message.get_mut(kind) {
                return body.take();
            }
        }
    }
}

/// A position report of Class A (type 1) off Zhoushan, as a whole line.
pub fn report(mmsi: u32, lat: f64, lon: f64) -> Vec<u8> {
    use decoders::{ais, bits::BitWriter, nmea::encode_vdm};
    let (lon_raw, lat_raw) = ais::raw::position(units::Position::new(lat, lon));
    let message = ais::PositionA {
        lon_raw,
        lat_raw,
        sog_raw: ais::raw::sog(units::Knots::new(10.0)),
        cog_raw: ais::raw::cog(units::Degrees::new(90.0)),
        ..ais::PositionA::new(1, units::Mmsi::new(mmsi).unwrap())
    };
    let (mut bits, mut out) = (BitWriter::default(), Vec::new());
    ais::Message::PositionA(message).encode(&mut bits);
    encode_vdm(&mut out, *b"AI", Some(b'A'), 0, bits.bits());
    out
}

/// A fresh folder that is removed with the value.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fairway-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
