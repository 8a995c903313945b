//! AIS sentences decoded by other libraries and by us, from the same memory, on one thread, in turn.

use decoders::frame::Framer;
use decoders::nmea::{Item, Reader, encode_sentence};
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use units::UtcTime;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Sentences.
    pub sentences: usize,
    /// Times each decoder reads them all; the medians count.
    pub rounds: usize,
}

impl Size {
    /// For figures that mean something.
    pub const FULL: Self = Self { sentences: 1_000_000, rounds: 7 };
    /// For `cargo test`.
    pub const TINY: Self = Self { sentences: 2_000, rounds: 1 };
}

/// The first second of the tagged feed.
const EPOCH_S: i64 = 1_764_000_000;
/// As many lines of the tagged feed share one second.
const LINES_PER_S: usize = 50;

/// Bytes that a socket gives at a time, a second after those before: some 80 lines.
const READ: usize = 4096;

/// What a decoder made of a feed: messages, and a sum of whatever it says that depends on all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Work {
    messages: u64,
    sum: u64,
}

impl Work {
    fn add(&mut self, mmsi: u32) {
        self.messages += 1;
        self.sum = self.sum.rotate_left(1) ^ u64::from(mmsi);
    }
}

/// Somebody who reads a feed.
type Decoder = (&'static str, fn(&[u8]) -> Work);

const BASE: &str = "nmea-parser";
const OURS: &str = "fairway";
const SPLIT: &str = "newlines only";

const DECODERS: [Decoder; 5] =
    [(BASE, nmea_parser), ("ais", ais_crate), ("aivdm", aivdm_crate), (OURS, fairway), (SPLIT, newlines)];

/// What came of one feed.
#[derive(Clone, Copy, Debug)]
pub struct Ratios {
    /// How many times faster than nmea-parser we are, without TAG blocks.
    pub clean: f64,
    /// And with them.
    pub tagged: f64,
}

/// Prints the tables, and gives the ratios.
pub fn run(size: &Size) -> Ratios {
    let (clean, origin) = input(size.sentences);
    let tagged = tag(&clean);
    let clean = measure("clean", origin, &clean, size);
    let tagged = measure("tagged", origin, &tagged, size);
    println!("bench decode: clean {clean:.1}x tagged {tagged:.1}x nmea-parser");
    Ratios { clean, tagged }
}

fn measure(what: &str, origin: &str, text: &[u8], size: &Size) -> f64 {
    println!("decode, {what}: {} sentences, {} bytes, {origin}", size.sentences, text.len());
    let mut rows = DECODERS.map(|(name, read)| (name, read, Vec::new(), Work::default()));
    for _ in 0..size.rounds {
        for (_, read, times, work) in &mut rows {
            let started = busy();
            *work = read(black_box(text));
            times.push(busy().saturating_sub(started));
        }
    }
    let rows = rows.map(|(name, _, times, work)| (name, median(times), work));
    let of = |wanted| rows.iter().find(|(name, ..)| *name == wanted).map_or(f64::NAN, |(_, s, _)| *s);
    for (name, took_s, work) in rows {
        let each_ns = took_s * 1e9 / size.sentences as f64;
        let (ratio, Work { messages, sum }) = (of(BASE) / took_s, work);
        println!(
            "  {name:<14} {each_ns:>8.1} ns/sentence {ratio:>7.1}x  {messages:>8} messages  sum {sum:016x}"
        );
    }
    println!("  {OURS} runs at {:.0} % of the rate of {SPLIT}", 100.0 * of(SPLIT) / of(OURS));
    of(BASE) / of(OURS)
}

/// How long this thread has been at work: who else uses the machine does not count.
fn busy() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// Seconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64()
}

/// The recorded mix where it is at hand, else the simulator's.
fn input(sentences: usize) -> (Vec<u8>, &'static str) {
    let (seed, origin) =
        recorded().map_or_else(|| (simulated(), "self-made (no shared data)"), |text| (text, "recorded"));
    let lines: Vec<&[u8]> = seed.split_inclusive(|byte| *byte == b'\n').collect();
    (lines.into_iter().cycle().take(sentences).flatten().copied().collect(), origin)
}

fn recorded() -> Option<Vec<u8>> {
    let shared =
        std::env::var_os("FAIRWAY_SHARED").map_or_else(|| "../shared".into(), std::path::PathBuf::from);
    let path = shared.join("data/ais/bench.nmea.xz");
    let unpack = "import lzma,sys; sys.stdout.buffer.write(lzma.open(sys.argv[1]).read())";
    let output = std::process::Command::new("python3").args(["-c", unpack]).arg(&path).output().ok()?;
    (output.status.success() && !output.stdout.is_empty()).then_some(output.stdout)
}

fn simulated() -> Vec<u8> {
    let start = UtcTime::from_unix_s(EPOCH_S);
    let mut text = Vec::new();
    simulate::Scene::ningbo_zhoushan(1, 300, start).run(start.plus_s(600.0), &mut |sent: simulate::Sent<
        '_,
    >| {
        text.extend_from_slice(sent.bytes);
    });
    text
}

/// The same feed as a station sends it: each line with a TAG block of station and time, and the parts of a message
/// with their group.
fn tag(clean: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for (number, line) in clean.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let time = EPOCH_S + (number / LINES_PER_S) as i64;
        // The parts of a message come from one station.
        let (station, group) = match line {
            [_, _, _, _, _, _, _, total @ b'2'..=b'9', b',', part, b',', id, ..] => (
                usize::from(*id),
                format!(",g:{}-{}-{}", char::from(*part), char::from(*total), char::from(*id)),
            ),
            _ => (number % 12, String::new()),
        };
        let block = format!("s:r{station:04},c:{time}{group}");
        encode_sentence(&mut text, b'\\', block.as_bytes());
        text.truncate(text.len() - 2);
        text.push(b'\\');
        text.extend_from_slice(line);
    }
    text
}

fn newlines(text: &[u8]) -> Work {
    let mut work = Work::default();
    for at in memchr::memchr_iter(b'\n', text) {
        work.add(at as u32);
    }
    work
}

fn fairway(text: &[u8]) -> Work {
    let (mut framer, mut reader, mut work) = (Framer::default(), Reader::new(), Work::default());
    let (mut rest, mut time) = (text, UtcTime::from_unix_s(EPOCH_S));
    while !rest.is_empty() {
        let (read, last) = (rest.get(..READ).unwrap_or(rest), rest.len() <= READ);
        let used = reader.drain(&mut framer, read, last, time, |item| {
            if let Item::Ais(received) = &item {
                work.add(received.header.mmsi.number());
                // Every field, and not only those that the sum asks for.
                black_box(received);
            }
        });
        rest = rest.get(used..).unwrap_or_default();
        time = time.plus_s(1.0);
    }
    reader.end();
    work
}

/// It panics on some valid messages: each line stands alone.
fn nmea_parser(text: &[u8]) -> Work {
    use nmea_parser::{NmeaParser, ParsedMessage as Parsed};
    let (mut parser, mut work) = (NmeaParser::new(), Work::default());
    for line in text.split(|byte| *byte == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let parsed = catch_unwind(AssertUnwindSafe(|| parser.parse_sentence(line.trim_end())));
        match black_box(parsed) {
            Ok(Ok(Parsed::VesselDynamicData(data))) => work.add(data.mmsi),
            Ok(Ok(Parsed::VesselStaticData(data))) => work.add(data.mmsi),
            Ok(Ok(Parsed::BaseStationReport(data))) => work.add(data.mmsi),
            Ok(Ok(Parsed::AidToNavigationReport(data))) => work.add(data.mmsi),
            Ok(Ok(Parsed::Incomplete) | Err(_)) => {}
            Ok(Ok(_)) => work.add(0),
            Err(_) => parser = NmeaParser::new(),
        }
    }
    work
}

fn ais_crate(text: &[u8]) -> Work {
    use ais::{AisFragments, AisParser, messages::AisMessage as Message};
    let (mut parser, mut work) = (AisParser::new(), Work::default());
    for line in text.split(|byte| *byte == b'\n') {
        let parsed = parser.parse(line.trim_ascii_end(), true);
        let Ok(AisFragments::Complete(sentence)) = black_box(parsed) else { continue };
        match sentence.message {
            Some(Message::PositionReport(report)) => work.add(report.mmsi),
            Some(Message::StandardClassBPositionReport(report)) => work.add(report.mmsi),
            Some(Message::BaseStationReport(report)) => work.add(report.mmsi),
            Some(Message::AidToNavigationReport(report)) => work.add(report.mmsi),
            Some(_) => work.add(0),
            None => {}
        }
    }
    work
}

fn aivdm_crate(text: &[u8]) -> Work {
    let (mut decoder, mut work) = (aivdm::LineDecoder::<1024>::new(), Work::default());
    for line in text.split(|byte| *byte == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        if let Ok(Some(_)) = black_box(decoder.feed(line.trim_end())) {
            work.add(0);
        }
    }
    work
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_runs() {
        let ratios = super::run(&super::Size::TINY);
        assert!(ratios.clean > 1.0 && ratios.tagged > 1.0);
    }
}
