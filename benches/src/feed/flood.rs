//! More than a coast says: 20,000 vessels that report ten times a second each, a hundred consoles with a thousand of them
//! in view, and every message accounted for at the end.
//!
//! The lines are made beforehand: the generator only writes them.

use super::consoles::{Consoles, thread_cpu_us};
use super::{Done, Peer, quantile};
use decoders::bits::BitWriter;
use decoders::{ais, nmea::encode_vdm};
use engine::clock::now_utc;
use engine::feed::console::{Dialogue, Wire};
use engine::feed::proto::{self, Hello, Subscribe};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Rows of vessels, and how many are in each: a thousand in ten rows.
const ROW: u32 = 100;
const VIEW_ROWS: u32 = 10;
const STEP_DEG: f64 = 0.02;

const THREADS: [&str; 4] = ["ingest", "core", "feed", "consoles"];

/// How much.
#[derive(Clone, Copy, Debug)]
pub struct Much {
    pub vessels: u32,
    pub per_s: u32,
    pub consoles: usize,
    pub length: Duration,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Messages a second that were taken, and that were wanted.
    pub per_s: [f64; 2],
    /// Messages that were sent and not used.
    pub lost: f64,
    /// Tracks at the end.
    pub tracks: f64,
    /// Part of a core: generator, ingest, core, feed, consoles.
    pub cores: [f64; 5],
    /// 50th and 99th percentile of age at the consoles, milliseconds.
    pub age_ms: [f64; 2],
}

/// All lines, one after the other, and where each round of the fleet ends.
fn lines(much: &Much) -> (Vec<u8>, Vec<usize>) {
    let rounds = (u64::from(much.per_s) * much.length.as_secs() / u64::from(much.vessels)).max(1);
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        for vessel in 0..much.vessels {
            let lat = 10.0 + f64::from(vessel / ROW) * STEP_DEG;
            // At 10 knots, in the time that a round takes.
            let way = 10.0 * 0.5144 / 111_195.0 * f64::from(much.vessels) / f64::from(much.per_s);
            let lon = 110.0 + f64::from(vessel % ROW) * STEP_DEG + round as f64 * way;
            let (lon_raw, lat_raw) = ais::raw::position(units::Position::new(lat, lon));
            let Some(mmsi) = units::Mmsi::new(413_000_000 + vessel) else { continue };
            let message = ais::PositionA {
                lon_raw,
                lat_raw,
                sog_raw: ais::raw::sog(units::Knots::new(10.0)),
                cog_raw: ais::raw::cog(units::Degrees::new(90.0)),
                ..ais::PositionA::new(1, mmsi)
            };
            let mut bits = BitWriter::default();
            ais::Message::PositionA(message).encode(&mut bits);
            encode_vdm(&mut bytes, *b"AI", Some(b'A'), 0, bits.bits());
        }
        ends.push(bytes.len());
    }
    (bytes, ends)
}

/// Floods an engine.
pub fn run(much: &Much) -> Done<Figures> {
    let (bytes, ends) = lines(much);
    let sent = ends.len() as f64 * f64::from(much.vessels);
    let peer = Peer::engine()?;
    let (way_in, way_out) = peer.sockets()?;
    let ages: Arc<Mutex<Vec<f64>>> = Arc::default();
    let consoles = Consoles::start(much.consoles, {
        let (ages, vessels) = (Arc::clone(&ages), much.vessels);
        move |number| console(way_out, number as u32, vessels, Arc::clone(&ages))
    })?;
    let cpu = || THREADS.map(|name| thread_cpu_us(name).unwrap_or(0.0));
    let (before, began) = (cpu(), Instant::now());
    let mut stream = TcpStream::connect(way_in)?;
    let mut writing = Duration::ZERO;
    let (mut from, length) = (0, bytes.len());
    while from < length {
        let due = (began.elapsed().as_secs_f64() / much.length.as_secs_f64() * length as f64) as usize;
        let to = due.min(length);
        if to > from {
            let at = Instant::now();
            stream.write_all(bytes.get(from..to).unwrap_or_default())?;
            writing += at.elapsed();
            from = to;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let used = || sum(&peer.metrics(), "fairway_messages_total");
    let patience = Instant::now();
    while used() < sent && patience.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let took_s = began.elapsed().as_secs_f64();
    let after = cpu();
    let (lost, tracks) = (sent - used(), sum(&peer.metrics(), "fairway_tracks"));
    consoles.end()?;
    drop(stream);
    peer.end();
    let mut ages = std::mem::take(&mut *ages.lock().unwrap_or_else(PoisonError::into_inner));
    ages.sort_by(f64::total_cmp);
    let mut cores = [writing.as_secs_f64() / took_s, 0.0, 0.0, 0.0, 0.0];
    for ((core, after), before) in cores.iter_mut().skip(1).zip(after).zip(before) {
        *core = (after - before) / 1e6 / took_s;
    }
    Ok(Figures {
        per_s: [sent / took_s, f64::from(much.per_s)],
        lost,
        tracks,
        cores,
        age_ms: [quantile(&ages, 0.5) / 1000.0, quantile(&ages, 0.99) / 1000.0],
    })
}

fn sum(metrics: &str, name: &str) -> f64 {
    let of = metrics
        .lines()
        .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
    of.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// One that has a thousand vessels in view, four times a second.
async fn console(feed: SocketAddr, number: u32, vessels: u32, ages: Arc<Mutex<Vec<f64>>>) {
    let Ok(mut stream) = tokio::net::TcpStream::connect(feed).await else { return };
    let rows = (vessels / ROW).max(1);
    let first = (number * VIEW_ROWS) % rows;
    let south = 10.0 + (f64::from(first) - 0.5) * STEP_DEG;
    let area = proto::Area {
        boxes: vec![proto::Box {
            south,
            north: south + f64::from(VIEW_ROWS) * STEP_DEG,
            west: 109.0,
            east: 115.0,
        }],
        ..proto::Area::default()
    };
    let some =
        Subscribe { period_ms: 250, detail: "full".to_owned(), area: Some(area), ..Subscribe::default() };
    let hello = Hello { client: "flood".to_owned(), subscriptions: vec![some], ..Hello::default() };
    let mut dialogue = Dialogue::new(Wire::Proto, hello);
    if stream.write_all(&dialogue.outgoing()).await.is_err() {
        return;
    }
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        // One of them is looked at: decoding for all would cost the others the machine.
        if number > 0 {
            continue;
        }
        if dialogue.take(buffer.get(..read).unwrap_or_default()).is_err() {
            return;
        }
        let now_us = now_utc().unix_us();
        let mut ages = ages.lock().unwrap_or_else(PoisonError::into_inner);
        let looked = dialogue.messages(|message| ages.extend(super::age_us(&message, now_us)));
        if looked.is_err() {
            return;
        }
    }
}
