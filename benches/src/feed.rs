//! The feed: from one socket to another, beside a raw echo between the same two sockets, and plain beside TLS; a crowd of
//! consoles with and without one that is stuck; a thousand; one that reads at half the rate; what a slow one costs in
//! memory. And a flood.
//!
//! The echo reads a line and writes 200 bytes, and nothing else: it is what the machine and its kernel cost. Figures
//! are ratios to it from the same run, since a busy machine changes both alike.

mod consoles;
mod crowd;
mod flood;
mod hops;
mod many;
mod memory;
mod noise;
mod secret;
mod slow;

use crowd::Trouble;
use decoders::bits::BitWriter;
use decoders::{ais, nmea::encode_vdm};
use engine::feed::proto::{ServerMessage, server_message::Body};
use engine::{Engine, config};
use hops::Hops;
use secret::Secret;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

type Done<T> = Result<T, Box<dyn std::error::Error>>;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Pairs of echo and engine; the median of their ratios counts.
    pub pairs: usize,
    /// Of each half of a pair.
    pub length: Duration,
    /// Consoles of the crowd.
    pub consoles: usize,
    /// And many more.
    pub many: usize,
    /// How long a flood lasts, and how many vessels make it.
    pub flood: (Duration, u32),
}

impl Size {
    /// For figures that mean something.
    pub const FULL: Self = Self {
        pairs: 5,
        length: Duration::from_secs(2),
        consoles: 100,
        many: 1000,
        flood: (Duration::from_mins(1), 20_000),
    };
    /// For `cargo test`.
    pub const TINY: Self = Self {
        pairs: 1,
        length: Duration::from_millis(200),
        // With fewer it is not the feed's thread that tells them.
        consoles: 20,
        many: 20,
        flood: (Duration::from_secs(1), 1000),
    };
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Engine to echo, median latency, at 1,000 and 10,000 lines a second, and at 50,000 in bursts of ten.
    pub p50: [f64; 3],
    /// The same of the 99th percentile.
    pub p99: [f64; 3],
    /// Median latency of two hand-overs between threads with nothing done, to the echo: no engine of ours is under it.
    pub hops: [f64; 3],
    /// Median latency under TLS to that without, at 1,000 lines a second.
    pub tls: f64,
    /// Of a thousand consoles.
    pub many: many::Figures,
    /// The crowd's 99th percentile of age with one stuck console, to that without.
    pub stuck: f64,
    /// The same with 200,000 datagrams of random bytes a second, to that where nobody reads them; and the memory that
    /// they cost, bytes.
    pub noise: (f64, f64),
    /// CPU of the feed's thread, microseconds per console and update.
    pub fan_out_us: f64,
    /// Median age of what a console shows that reads at half the rate: in the first half, and in the second.
    pub slow_ms: [f64; 2],
    /// The same with a larger buffer at the reader.
    pub slow_large_ms: [f64; 2],
    /// Memory of a client that takes nothing, bytes per track: at first, and when as much again has happened.
    pub memory_b: [f64; 2],
}

/// Prints the tables, and gives the figures.
///
/// # Errors
/// Where sockets or threads cannot be had.
pub fn run(size: &Size) -> Done<Figures> {
    let mut figures = Figures::default();
    run_echo(size, &mut figures)?;
    run_many(size, &mut figures)?;
    let noise = crowd::run(size, Trouble::Noise(NOISE_PER_S))?;
    let [(_, calm_us), (_, noisy_us)] = noise.ages_us;
    figures.noise = (noise.ratio, noise.grown_b);
    println!(
        "\n{:.0} random datagrams/s: p99 of age {noisy_us:.0} us, {calm_us:.0} where nobody reads them: {:.2}x; {:.1} MiB more",
        noise.noise_per_s,
        noise.ratio,
        noise.grown_b / 1_048_576.0
    );

    let crowd = crowd::run(size, Trouble::Stuck)?;
    println!(
        "\na crowd of {}, 1,000 updates/s: p50 and p99 of age, microseconds, windows by turns",
        size.consoles
    );
    for ((p50, p99), what) in crowd.ages_us.into_iter().zip(["none stuck", "one stuck"]) {
        println!("  {what}: {p50:7.0} {p99:7.0}");
    }
    println!("  feed's thread: {:.3} us of CPU per console and update", crowd.cpu_us);
    (figures.stuck, figures.fan_out_us) = (crowd.ratio, crowd.cpu_us);

    // A reader that keeps its own kernel's buffer small, and one whose buffer is four times as large.
    let mut slow_ms = [[0.0; 2]; 2];
    for (buffer_kib, figure) in [4, 16].into_iter().zip(&mut slow_ms) {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for _ in 0..size.pairs.min(3) {
            let [one, two] = slow::run(size, buffer_kib * 1024)?;
            first.push(one);
            second.push(two);
        }
        *figure = [median(first), median(second)];
        let [one, two] = *figure;
        println!(
            "\nat half the rate, {buffer_kib} KiB at the reader: it shows what is {one:.0} ms old, later {two:.0}"
        );
    }
    [figures.slow_ms, figures.slow_large_ms] = slow_ms;

    figures.memory_b = memory::run(size)?;
    let [behind, later] = figures.memory_b;
    println!(
        "\na client that takes nothing: {behind:.0} bytes per track, and as much again later {later:.0}"
    );

    let [first, second] = figures.slow_ms;
    let [large, large_later] = figures.slow_large_ms;
    println!(
        "bench feed: p50_1k {:.2}x p50_10k {:.2}x p50_50k {:.2}x p99_1k {:.2}x p99_10k {:.2}x p99_50k {:.2}x echo \
         tls {:.2}x noise_p99 {:.2}x noise_b {:.0} many_us {:.3} many_raw_us {:.3} many_core {:.2} stuck_p99 {:.2}x \
         fan_out_us {:.3} slow_ms {first:.0} slow_later_ms {second:.0} slow_16k_ms {large:.0} slow_16k_later_ms {large_later:.0} memory_b {behind:.0} memory_later_b {later:.0}",
        figures.p50[0],
        figures.p50[1],
        figures.p50[2],
        figures.p99[0],
        figures.p99[1],
        figures.p99[2],
        figures.tls,
        figures.noise.0,
        figures.noise.1,
        figures.many.cpu_us,
        figures.many.raw_us,
        figures.many.core,
        figures.stuck,
        figures.fan_out_us
    );
    Ok(figures)
}

/// From one socket to another, beside an echo, and plain beside TLS.
///
/// # Errors
/// Where sockets or threads cannot be had.
pub fn run_echo(size: &Size, figures: &mut Figures) -> Done<()> {
    println!("socket to socket, microseconds: p50, p99; then the ratios of the pairs' medians");
    for (place, (per_s, burst)) in [(1000, 1), (10_000, 1), (50_000, 10)].into_iter().enumerate() {
        let (mut p50, mut p99, mut hops) = (Vec::new(), Vec::new(), Vec::new());
        let (mut echo, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..size.pairs {
            let base = socket_to_socket(Peer::echo()?, per_s, burst, size.length)?;
            let own = socket_to_socket(Peer::engine()?, per_s, burst, size.length)?;
            hops.push(socket_to_socket(Peer::Hops(Hops::start()?), per_s, burst, size.length)?.0 / base.0);
            p50.push(own.0 / base.0);
            p99.push(own.1 / base.1);
            echo.push(base);
            ours.push(own);
        }
        let middle = |all: &[(f64, f64)]| {
            (median(all.iter().map(|one| one.0).collect()), median(all.iter().map(|one| one.1).collect()))
        };
        let ((e50, e99), (o50, o99)) = (middle(&echo), middle(&ours));
        let (p50, p99, hops) = (median(p50), median(p99), median(hops));
        println!(
            "{per_s:6}/s  echo {e50:7.0} {e99:7.0}   fairway {o50:7.0} {o99:7.0}   {p50:.2}x {p99:.2}x   hops alone {hops:.2}x"
        );
        let Figures { p50: all50, p99: all99, hops: all_hops, .. } = figures;
        for (all, one) in [(all50, p50), (all99, p99), (all_hops, hops)] {
            if let Some(of) = all.get_mut(place) {
                *of = one;
            }
        }
    }

    let mut ratios = Vec::new();
    for _ in 0..size.pairs {
        let plain = socket_to_socket(Peer::engine()?, 1000, 1, size.length)?;
        let secret = socket_to_socket(Peer::secret()?, 1000, 1, size.length)?;
        ratios.push(secret.0 / plain.0);
    }
    figures.tls = median(ratios);
    println!("under TLS, at 1,000/s: {:.2}x the p50 without", figures.tls);
    Ok(())
}

/// A thousand consoles.
///
/// # Errors
/// Where sockets or threads cannot be had.
pub fn run_many(size: &Size, figures: &mut Figures) -> Done<()> {
    figures.many = many::run(size.many, size.length * 3)?;
    println!(
        "\n{} consoles, {:.0} updates/s each, every 20 ms: {:.3} us of CPU per console and update, {:.0} % of a core; \
         a loop that only writes {:.3} us",
        size.many,
        figures.many.per_s,
        figures.many.cpu_us,
        100.0 * figures.many.core,
        figures.many.raw_us
    );
    Ok(())
}

/// A flood, or the highest that is taken as it comes; prints the table.
///
/// # Errors
/// Where sockets or threads cannot be had.
pub fn run_flood(size: &Size) -> Done<flood::Figures> {
    let mut figures = flood::Figures::default();
    println!("messages/s, lost, tracks; cores of generator, ingest, core, feed, consoles; age p50, p99 ms");
    let (length, vessels) = size.flood;
    for part in [10, 5, 2] {
        let much = flood::Much { vessels, per_s: vessels * part, consoles: size.consoles, length };
        let flood = flood::run(&much)?;
        let [generator, ingest, core, feed, consoles] = flood.cores;
        let ([taken, wanted], [p50, p99]) = (flood.per_s, flood.age_ms);
        println!(
            "  {taken:.0} of {wanted:.0}/s, {:.0} lost, {:.0} tracks; {generator:.2} {ingest:.2} {core:.2} {feed:.2} \
             {consoles:.2}; {p50:.0} {p99:.0}",
            flood.lost, flood.tracks
        );
        figures = flood;
        if taken > 0.97 * wanted && flood.lost == 0.0 {
            break;
        }
    }
    let [taken, _] = figures.per_s;
    println!("bench flood: flood_per_s {taken:.0} flood_lost {:.0}", figures.lost);
    Ok(figures)
}

/// What a client reads from, plain or not.
trait ReadWrite: Read + Write + Send {}
impl<T: Read + Write + Send> ReadWrite for T {}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = ((sorted.len() as f64 - 1.0) * part).max(0.0) as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

/// Something with a socket for lines in and one for what comes out.
enum Peer {
    Echo { way_in: SocketAddr, way_out: SocketAddr, thread: JoinHandle<()> },
    Hops(Hops),
    Engine(Engine),
    Secret(Engine, Secret),
}

/// So many datagrams of random bytes, where there are any.
const NOISE_PER_S: u32 = 200_000;

const ENGINE: &str = "[[source]]\nname = \"sea\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n\
    [[source]]\nname = \"net\"\nkind = \"udp\"\naddress = \"127.0.0.1:0\"\n\
    [feed]\njson = \"127.0.0.1:0\"\n";

impl Peer {
    fn echo() -> Done<Self> {
        let (way_in, way_out) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
        let (to, from) = (way_in.local_addr()?, way_out.local_addr()?);
        let thread = std::thread::Builder::new().name("echo".to_owned()).spawn(move || {
            // It ends when either side does.
            drop(echo(&way_in, &way_out));
        })?;
        Ok(Self::Echo { way_in: to, way_out: from, thread })
    }

    fn engine() -> Done<Self> {
        Ok(Self::Engine(Engine::start(config::parse(ENGINE, Path::new("bench.toml"))?, false)?))
    }

    fn secret() -> Done<Self> {
        let secret = Secret::new()?;
        let toml = format!("{ENGINE}{}", secret.toml());
        Ok(Self::Secret(Engine::start(config::parse(&toml, Path::new("bench.toml"))?, false)?, secret))
    }

    fn metrics(&self) -> String {
        match self {
            Self::Echo { .. } | Self::Hops(_) => String::new(),
            Self::Engine(engine) | Self::Secret(engine, _) => engine.metrics(),
        }
    }

    fn sockets(&self) -> Done<(SocketAddr, SocketAddr)> {
        Ok(match self {
            Self::Echo { way_in, way_out, .. } => (*way_in, *way_out),
            Self::Hops(hops) => (hops.way_in, hops.way_out),
            Self::Engine(engine) | Self::Secret(engine, _) => {
                let addresses = engine.addresses();
                let (_, source) = addresses.sources.first().ok_or("no source")?;
                (*source, addresses.json.ok_or("no feed")?)
            }
        })
    }

    /// Where it takes datagrams.
    fn datagrams(&self) -> Option<SocketAddr> {
        let (Self::Engine(engine) | Self::Secret(engine, _)) = self else { return None };
        engine.addresses().sources.iter().find(|(name, _)| name == "net").map(|(_, address)| *address)
    }

    fn end(self) {
        match self {
            Self::Echo { thread, .. } => drop(thread.join()),
            Self::Hops(hops) => hops.end(),
            Self::Engine(engine) | Self::Secret(engine, _) => drop(engine.stop()),
        }
    }
}

/// One line in, 200 bytes out, that begin with the line's number.
fn echo(way_in: &TcpListener, way_out: &TcpListener) -> io::Result<()> {
    let (mut out, _) = way_out.accept()?;
    let (mut lines, _) = way_in.accept()?;
    out.set_nodelay(true)?;
    let (mut bytes, mut answers) = (vec![0; 64 * 1024], Vec::new());
    loop {
        let read = lines.read(&mut bytes)?;
        if read == 0 {
            return Ok(());
        }
        answers.clear();
        for _ in bytes.iter().take(read).filter(|byte| **byte == b'\n') {
            answers.extend_from_slice(&[b'.'; 199]);
            answers.push(b'\n');
        }
        out.write_all(&answers)?;
    }
}

/// Vessels from west to east.
const ROW: u32 = 50;

/// Vessels that report in turn, each in a water of its own.
struct Fleet {
    vessels: u32,
    sent: u64,
}

impl Fleet {
    /// The next report, and the number that its answer carries: it is in the position.
    fn next(&mut self) -> Vec<u8> {
        let vessel = (self.sent % u64::from(self.vessels)) as u32;
        let round = (self.sent / u64::from(self.vessels)) as f64;
        self.sent += 1;
        // A little further each time: the same report again would be taken for a copy.
        let lat = 20.0 + f64::from(vessel / ROW) * 0.1 + round * 2e-6;
        let lon = 120.0 + f64::from(vessel % ROW) * 0.1;
        let (lon_raw, lat_raw) = ais::raw::position(units::Position::new(lat, lon));
        let mmsi = units::Mmsi::new(413_000_000 + vessel);
        let Some(mmsi) = mmsi else { return Vec::new() };
        let message = ais::PositionA {
            lon_raw,
            lat_raw,
            sog_raw: ais::raw::sog(units::Knots::new(10.0)),
            cog_raw: ais::raw::cog(units::Degrees::new(0.0)),
            ..ais::PositionA::new(1, mmsi)
        };
        let (mut bits, mut out) = (BitWriter::default(), Vec::new());
        ais::Message::PositionA(message).encode(&mut bits);
        encode_vdm(&mut out, *b"AI", Some(b'A'), 0, bits.bits());
        out
    }
}

/// Sends lines at a rate, and returns p50 and p99 of how long their answers took, microseconds. The first twentieth
/// does not count.
fn socket_to_socket(peer: Peer, per_s: u32, burst: u32, length: Duration) -> Done<(f64, f64)> {
    let (way_in, way_out) = peer.sockets()?;
    // Few report twice before the first was told.
    let vessels = (per_s / 5).max(2000);
    let is_engine = matches!(peer, Peer::Engine(_) | Peer::Secret(..));
    let out = TcpStream::connect(way_out)?;
    let mut out: Box<dyn ReadWrite> = match &peer {
        Peer::Secret(_, secret) => Box::new(secret.over(out)?),
        _ => Box::new(out),
    };
    if is_engine {
        out.write_all(b"{\"hello\":{\"client\":\"bench\"}}\n")?;
    }
    let mut lines = TcpStream::connect(way_in)?;
    lines.set_nodelay(true)?;
    let sent: Arc<Mutex<HashMap<u64, Instant>>> = Arc::default();
    let took: Arc<Mutex<Vec<f64>>> = Arc::default();
    let reader = std::thread::Builder::new().name("reader".to_owned()).spawn({
        let (sent, took) = (Arc::clone(&sent), Arc::clone(&took));
        move || {
            let (mut reader, mut line, mut count) = (BufReader::with_capacity(1 << 16, out), Vec::new(), 0);
            while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let at = Instant::now();
                let number = if is_engine { number_of(&line, vessels) } else { Some(count) };
                count += 1;
                let begun = number
                    .and_then(|number| sent.lock().unwrap_or_else(PoisonError::into_inner).remove(&number));
                if let Some(begun) = begun {
                    let us = at.duration_since(begun).as_secs_f64() * 1e6;
                    took.lock().unwrap_or_else(PoisonError::into_inner).push(us);
                }
                line.clear();
            }
        }
    })?;
    let mut fleet = Fleet { vessels, sent: 0 };
    // All are known before it begins: a track is born once, and reports for hours.
    while fleet.sent < u64::from(vessels) {
        let some: Vec<u8> = (0..50).flat_map(|_| fleet.next()).collect();
        lines.write_all(&some)?;
        std::thread::sleep(Duration::from_millis(2));
    }
    std::thread::sleep(Duration::from_millis(500));
    took.lock().unwrap_or_else(PoisonError::into_inner).clear();
    let known = fleet.sent;
    let started = Instant::now();
    let step = Duration::from_secs(1) / per_s;
    while started.elapsed() < length {
        let due = step * u32::try_from(fleet.sent - known)?;
        if let Some(wait) = due.checked_sub(started.elapsed()) {
            std::thread::sleep(wait);
        }
        let mut bytes = Vec::new();
        let mut numbers = Vec::new();
        for _ in 0..burst {
            numbers.push(fleet.sent);
            bytes.extend(fleet.next());
        }
        {
            let (mut sent, now) = (sent.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
            sent.extend(numbers.into_iter().map(|number| (number, now)));
        }
        lines.write_all(&bytes)?;
    }
    let total = (fleet.sent - known) as usize;
    let patience = Instant::now();
    while !sent.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
        && patience.elapsed() < Duration::from_secs(5)
    {
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(lines);
    peer.end();
    drop(reader.join());
    let took = took.lock().unwrap_or_else(PoisonError::into_inner);
    // Of a vessel that reports again before it was told, the newest is told.
    if took.len() * 3 < total * 2 {
        return Err(format!("{} of {total} lines were answered", took.len()).into());
    }
    let mut counted: Vec<f64> = took.iter().skip(took.len() / 20).copied().collect();
    counted.sort_by(f64::total_cmp);
    Ok((quantile(&counted, 0.5), quantile(&counted, 0.99)))
}

/// The number of the report that a track's line brings.
fn number_of(line: &[u8], vessels: u32) -> Option<u64> {
    let text = std::str::from_utf8(line).ok()?;
    let value = |key: &str| {
        let rest = text.get(text.find(key)? + key.len()..)?;
        rest.get(..rest.find([',', '}'])?)?.parse::<f64>().ok()
    };
    let vessel = value("\"mmsi\":")? as u64 - 413_000_000;
    // AIS has ten-thousandths of a minute, 1.7e-6 degrees: near enough to tell the rounds apart.
    let lat = value("\"reported\":{\"lat\":")? - 20.0 - (vessel / u64::from(ROW)) as f64 * 0.1;
    Some((lat / 2e-6).round() as u64 * u64::from(vessels) + vessel)
}

fn age_us(message: &ServerMessage, now_us: i64) -> Option<f64> {
    let Some(Body::Track(track)) = &message.body else { return None };
    Some((now_us - track.reported.as_ref()?.arrival_us) as f64)
}

/// Reports of so many vessels, so many a second, until it is over.
fn sail(way_in: SocketAddr, vessels: u32, per_s: u32, mut is_over: impl FnMut() -> bool) -> Done<u64> {
    let mut lines = TcpStream::connect(way_in)?;
    lines.set_nodelay(true)?;
    let mut fleet = Fleet { vessels, sent: 0 };
    let started = Instant::now();
    while !is_over() {
        let due = (started.elapsed().as_secs_f64() * f64::from(per_s)) as u64;
        let mut burst = Vec::new();
        while fleet.sent < due {
            burst.extend(fleet.next());
        }
        lines.write_all(&burst)?;
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(fleet.sent)
}

fn sail_for(way_in: SocketAddr, vessels: u32, per_s: u32, length: Duration) -> Done<u64> {
    let started = Instant::now();
    sail(way_in, vessels, per_s, || started.elapsed() >= length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs() {
        let figures = run(&Size::TINY).unwrap();
        assert!(figures.p50.iter().all(|ratio| ratio.is_finite()), "{figures:?}");
        assert!(figures.tls.is_finite() && figures.many.per_s > 0.0, "{figures:?}");
        assert!(run_flood(&Size::TINY).unwrap().lost == 0.0);
        assert!(figures.stuck.is_finite() && figures.fan_out_us > 0.0, "{figures:?}");
        assert!(figures.memory_b.iter().all(|bytes| bytes.is_finite()), "{figures:?}");
    }
}
