//! ASTERIX records read by us and by libasterix (Python, where it is at hand), from the same bytes, on one thread.

use decoders::asterix::{Block, DataSource, Editions, Item, Polar, Reader};
use decoders::asterix::{cat010, cat034, cat048, cat062, cat065, cat240};
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Records of each category.
    pub records: usize,
    /// Times we read them all; the fastest counts.
    pub rounds: usize,
}

impl Size {
    /// For figures that mean something.
    pub const FULL: Self = Self { records: 20_000, rounds: 9 };
    /// For `cargo test`.
    pub const TINY: Self = Self { records: 200, rounds: 1 };
}

const CATEGORIES: [u8; 7] = [10, 34, 48, 62, 63, 65, 240];

/// Reads blocks from its input with the same editions, each to all values of all items, and says how many records
/// per second; the module's own loading does not count.
const LIBASTERIX: &str = "
import sys, time
from asterix.base import *
from asterix.generated import *
categories = {10: Cat_010_1_1, 34: Cat_034_1_29, 48: Cat_048_1_32, 62: Cat_062_1_21, 63: Cat_063_1_7, 65: Cat_065_1_6, 240: Cat_240_1_3}
data, start, records = sys.stdin.buffer.read(), time.perf_counter(), 0
while data:
    size = int.from_bytes(data[1:3], 'big')
    category = categories[data[0]]
    result = category.cv_uap.parse(Bits.from_bytes(data[3:size]))
    assert not isinstance(result, ValueError), result
    records += len(result)
    data = data[size:]
print(records / (time.perf_counter() - start))
";

/// Prints the table, and gives the smallest ratio to libasterix, where that is at hand.
pub fn run(size: &Size) -> Option<f64> {
    println!("asterix: {} records of each category, ours as structs and as every item told", size.records);
    println!(
        "{:>8} {:>8} {:>14} {:>14} {:>14} {:>8}",
        "", "octets", "structs/s", "items/s", "libasterix/s", "ratio"
    );
    let mut smallest: Option<f64> = None;
    let mut words = String::new();
    for category in CATEGORIES {
        let bytes = input(category, size.records);
        let structs = fastest(size, || read(&bytes, structs));
        let items = fastest(size, || read(&bytes, items));
        let peer = libasterix(&bytes);
        let ratio = peer.map(|peer| items / peer);
        let show = |of: Option<f64>| of.map_or_else(|| "-".to_owned(), |of| format!("{of:.0}"));
        println!(
            "  CAT{category:03} {:8} {structs:14.0} {items:14.0} {:>14} {:>8}",
            bytes.len() / size.records,
            show(peer),
            show(ratio)
        );
        smallest = smallest.map_or(ratio, |least| ratio.map(|ratio| ratio.min(least)).or(Some(least)));
        let _ = write!(words, " cat{category:03} {items:.0}");
    }
    match smallest {
        Some(ratio) => println!("bench asterix: libasterix {ratio:.0}x{words} records/s"),
        None => println!("bench asterix: libasterix skipped{words} records/s"),
    }
    smallest
}

/// Records per second in the fastest round.
fn fastest(size: &Size, mut read: impl FnMut() -> u64) -> f64 {
    let mut best = 0.0_f64;
    for _ in 0..size.rounds {
        let started = Instant::now();
        assert_eq!(black_box(read()), size.records as u64);
        best = best.max(size.records as f64 / started.elapsed().as_secs_f64());
    }
    best
}

fn read(bytes: &[u8], mut each: impl FnMut(&decoders::asterix::Record<'_>)) -> u64 {
    let mut reader = Reader::new(Editions::default());
    reader.read(bytes, true, |item| {
        if let Item::Record(record) = item {
            each(&record);
        }
    });
    reader.counters().records
}

fn structs(record: &decoders::asterix::Record<'_>) {
    match record.category.number {
        10 => drop(black_box(cat010::Report::read(record))),
        34 => drop(black_box(cat034::Service::read(record))),
        48 => drop(black_box(cat048::Report::read(record))),
        62 => drop(black_box(cat062::Track::read(record))),
        // No struct: the items are what is read.
        63 => items(record),
        65 => drop(black_box(cat065::Status::read(record))),
        _ => drop(black_box(cat240::Video::read(record))),
    }
}

fn items(record: &decoders::asterix::Record<'_>) {
    let mut sum = Sum(0);
    record.tell(&mut sum);
    black_box(sum.0);
}

/// Hears every value.
struct Sum(u64);

impl decoders::ais::Visit for Sum {
    fn null(&mut self, _key: &'static str) {}
    fn flag(&mut self, _key: &'static str, value: bool) {
        self.0 ^= u64::from(value);
    }
    fn int(&mut self, _key: &'static str, value: i64) {
        self.0 = self.0.rotate_left(1) ^ value as u64;
    }
    fn float(&mut self, key: &'static str, value: f64, _decimals: u8) {
        self.exact(key, value);
    }
    fn exact(&mut self, _key: &'static str, value: f64) {
        self.0 = self.0.rotate_left(1) ^ value.to_bits();
    }
    fn text(&mut self, _key: &'static str, value: &str) {
        self.0 ^= value.len() as u64;
    }
    fn wide(&mut self, _key: &'static str, octets: &[u8]) {
        self.0 ^= octets.len() as u64;
    }
    fn hex(&mut self, _key: &'static str, bits: decoders::bits::Bits<'_>) {
        self.0 ^= bits.len() as u64;
    }
    fn object(&mut self, _key: &'static str) {}
    fn array(&mut self, _key: &'static str) {}
    fn close(&mut self) {}
}

/// What libasterix reads per second; `None` where there is no Python that has it.
fn libasterix(bytes: &[u8]) -> Option<f64> {
    let python = [".venv/bin/python", "python3"].into_iter().find(|python| {
        Command::new(python)
            .args(["-c", "import asterix.generated"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    })?;
    let started =
        Command::new(python).args(["-c", LIBASTERIX]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = started.ok()?;
    child.stdin.take()?.write_all(bytes).ok()?;
    let said = child.wait_with_output().ok()?;
    std::str::from_utf8(&said.stdout).ok()?.trim().parse().ok()
}

/// Blocks of five records each, of video one, as a busy radar or centre sends them.
fn input(category: u8, records: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let Some(table) = Editions::default().category(category) else { return out };
    let mut block = Block::new(table);
    let octets: Vec<u8> = (0..1000_u32).map(|n| ((n * n) >> 3) as u8).collect();
    for n in 0..records {
        let source = Some(DataSource { sac: 25, sic: 7 });
        let time_of_day = Some((n % 86_400) as u32 * 128);
        let polar = Some(Polar { range_m: 1000.0 + (n % 5000) as f64, azimuth_deg: (n % 360) as f64 });
        let course =
            Some(decoders::asterix::Course { speed_mps: (n % 20) as f64, course_deg: (n % 360) as f64 });
        let size = Some(cat010::Size { length_m: 90.0, orientation_deg: Some(90.0), width_m: Some(20.0) });
        let pushed = match category {
            10 => block.push(|visit| {
                cat010::Report {
                    source,
                    kind: Some(cat010::Kind::Target),
                    descriptor: Some(cat010::Descriptor { sensor: 3, special: None }),
                    time_of_day,
                    polar,
                    cartesian_m: Some([700.0, 700.0]),
                    course,
                    velocity_mps: Some([3.0, -4.0]),
                    track: Some((n % 4096) as u16),
                    status: Some(cat010::Status { doubt: Some([3, 0, 0]), ..Default::default() }),
                    size,
                    acceleration_mps2: Some([0.25, 0.0]),
                    ..Default::default()
                }
                .tell(visit);
            }),
            34 => block.push(|visit| {
                let kind = Some(cat034::Kind::SectorCrossing);
                let sector_deg = Some((n % 256) as f64 * 360.0 / 256.0);
                cat034::Service { source, kind, time_of_day, sector_deg, ..Default::default() }.tell(visit);
            }),
            48 => block.push(|visit| {
                cat048::Report {
                    source,
                    time_of_day,
                    descriptor: Some(cat048::Descriptor { detection: 1, ..Default::default() }),
                    polar,
                    track: Some((n % 4096) as u16),
                    cartesian_m: Some([700.0, 700.0]),
                    course,
                    status: Some(cat048::Status { maintained: 1, ..Default::default() }),
                    ..Default::default()
                }
                .tell(visit);
            }),
            62 => block.push(|visit| {
                cat062::Track {
                    source,
                    service: Some(1),
                    time_of_day,
                    wgs84_deg: Some([29.9, 122.0 + (n % 1000) as f64 / 1000.0]),
                    velocity_mps: Some([3.0, -4.0]),
                    identity: Some(cat062::Identity { source: 1, characters: *b"HAIXUN01" }),
                    track: Some(n as u16),
                    status: Some(cat062::Status { surface: true, ..Default::default() }),
                    size,
                    accuracy: Some(cat062::Accuracy { position_m: Some([12.5, 9.0]), ..Default::default() }),
                    ..Default::default()
                }
                .tell(visit);
            }),
            63 => block.push(|visit| sensor_status(visit, n)),
            65 => block.push(|visit| {
                let (kind, service, batch) = (Some(2), Some(1), Some(n as u8));
                cat065::Status { source, kind, service, time_of_day, batch, ..Default::default() }
                    .tell(visit);
            }),
            _ => block.push(|visit| {
                let azimuths_deg = [(n % 360) as f64, ((n + 1) % 360) as f64];
                let sweep = cat240::Sweep { azimuths_deg, first_cell: 0, cell_fs: 33_356_410, nano: false };
                let cells = cat240::Cells { compressed: false, resolution: 4, count: 1000, octets: &octets };
                cat240::Video {
                    source,
                    kind: Some(2),
                    index: Some(n as u32),
                    summary: None,
                    sweep: Some(sweep),
                    cells: Some(cells),
                    time_of_day,
                }
                .tell(visit);
            }),
        };
        assert_eq!(pushed, Ok(()));
        if block.records() == 5 || category == 240 || n + 1 == records {
            out.extend_from_slice(block.bytes());
            block.clear();
        }
    }
    out
}

/// What a centre says of one of its sensors.
fn sensor_status(visit: &mut dyn decoders::ais::Visit, n: usize) {
    let whole = |visit: &mut dyn decoders::ais::Visit, item, parts: &[(&'static str, i64)]| {
        visit.object(item);
        for (part, value) in parts {
            visit.int(part, *value);
        }
        visit.close();
    };
    whole(visit, "010", &[("SAC", 25), ("SIC", 7)]);
    visit.int("015", 1);
    visit.exact("030", (n % 86_400) as f64);
    whole(visit, "050", &[("SAC", 25), ("SIC", (n % 20) as i64)]);
    visit.object("060");
    visit.int("CON", (n % 4) as i64);
    for flag in ["PSR", "SSR", "MDS", "ADS", "MLT"] {
        visit.int(flag, (n % 2) as i64);
    }
    visit.close();
    visit.exact("070", 100.0);
    visit.object("090");
    visit.exact("PRG", 0.0);
    visit.exact("PRB", 0.5);
    visit.close();
    visit.exact("091", 360.0 / 65_536.0 * 32.0);
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_runs() {
        // A second language's start costs more than the tiny size: what counts is that the figures come.
        assert!(super::run(&super::Size::TINY).is_none_or(|ratio| ratio > 1.0));
    }
}
