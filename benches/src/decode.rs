//! AIS sentences decoded by nmea-parser and by us, from the same memory, in turn.

use decoders::frame::Framer;
use decoders::nmea::{Item, Reader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use units::UtcTime;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Sentences.
    pub sentences: usize,
    /// Times each decoder reads them all.
    pub rounds: usize,
}

impl Size {
    /// For figures that mean something.
    pub const FULL: Self = Self { sentences: 1_000_000, rounds: 5 };
    /// For `cargo test`.
    pub const TINY: Self = Self { sentences: 2_000, rounds: 1 };
}

/// Prints the table, and returns how many times faster than nmea-parser we are.
pub fn run(size: &Size) -> f64 {
    let (text, origin) = input(size.sentences);
    println!("decode: {} sentences, {} bytes, {origin}", size.sentences, text.len());
    let (mut peer, mut ours) = (Vec::new(), Vec::new());
    let (mut peer_sum, mut our_sum) = (0, 0);
    for _ in 0..size.rounds {
        let started = Instant::now();
        peer_sum = nmea_parser(&text);
        peer.push(started.elapsed());
        let started = Instant::now();
        our_sum = fairway(&text);
        ours.push(started.elapsed());
    }
    let (peer, ours) = (median(peer), median(ours));
    let ratio = peer.as_secs_f64() / ours.as_secs_f64();
    for (name, took, sum) in [("nmea-parser", peer, peer_sum), ("fairway", ours, our_sum)] {
        let each = took.as_secs_f64() * 1e9 / size.sentences as f64;
        println!("{name:<12} {each:>8.0} ns/sentence   checksum of MMSIs {sum:016x}");
    }
    println!("bench decode: clean {ratio:.1}x nmea-parser");
    ratio
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
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
    let start = UtcTime::from_unix_s(1_764_000_000);
    let mut text = Vec::new();
    simulate::Scene::ningbo_zhoushan(1, 300, start).run(start.plus_s(600.0), &mut |sent: simulate::Sent<
        '_,
    >| {
        text.extend_from_slice(sent.bytes);
    });
    text
}

fn fairway(text: &[u8]) -> u64 {
    let (mut framer, mut reader, mut sum) = (Framer::default(), Reader::new(), 0_u64);
    let time = UtcTime::from_unix_s(1_764_000_000);
    for chunk in text.chunks(usize::MAX) {
        framer.drain(chunk, true, |line| {
            reader.line(line, time, |item| {
                if let Item::Ais(received) = item {
                    sum = sum.rotate_left(1) ^ u64::from(received.message.mmsi().number());
                }
            });
        });
    }
    sum
}

/// It panics on some valid messages: each line stands alone.
fn nmea_parser(text: &[u8]) -> u64 {
    use nmea_parser::{NmeaParser, ParsedMessage};
    let (mut parser, mut sum) = (NmeaParser::new(), 0_u64);
    for line in text.split(|byte| *byte == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let parsed = catch_unwind(AssertUnwindSafe(|| parser.parse_sentence(line.trim_end())));
        match parsed {
            Ok(Ok(ParsedMessage::VesselDynamicData(data))) => {
                sum = sum.rotate_left(1) ^ u64::from(data.mmsi);
            }
            Ok(_) => {}
            Err(_) => parser = NmeaParser::new(),
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_runs() {
        assert!(super::run(&super::Size::TINY) > 1.0);
    }
}
