//! No line costs an allocation once the buffers have grown.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

use decoders::ais::{Aid, BaseStation, HalfB, LongRange, PositionA, PositionB, StaticA, StaticB, Text};
use decoders::bits::BitWriter;
use decoders::frame::Framer;
use decoders::nmea::{Counters, Item, LineClock, Reader, encode_sentence, encode_vdm};
use units::{Label, Mmsi, UtcTime};

/// Sentences of messages of several types, one and two parts, as a station writes them; with a TAG block each if
/// asked for.
fn feed(tagged: bool) -> Vec<u8> {
    let (mut bits, mut message, mut out) = (BitWriter::new(), Vec::new(), Vec::new());
    for n in 0..60_u32 {
        let mmsi = Mmsi::new(413_000_000 + n).unwrap();
        match n % 8 {
            0 | 1 => PositionA::new(1 + (n % 3) as u8, mmsi).encode(&mut bits),
            2 => StaticA { name_raw: Text::new("ALLOCATION"), ..StaticA::new(mmsi) }.encode(&mut bits),
            3 => PositionB::new(mmsi).encode(&mut bits),
            4 => StaticB::part_b(mmsi, HalfB::default()).encode(&mut bits),
            5 => BaseStation::new(4, mmsi).encode(&mut bits),
            6 => {
                let mut aid = Aid::new(mmsi);
                aid.set_name(Label::new(b"A NAME THAT NEEDS ITS EXTENSION"));
                aid.encode(&mut bits);
            }
            _ => LongRange::new(mmsi).encode(&mut bits),
        }
        message.clear();
        encode_vdm(&mut message, *b"AI", Some(b'A'), n as u8, bits.bits());
        for line in message.split_inclusive(|&byte| byte == b'\n') {
            if tagged {
                let total = message.split_inclusive(|&byte| byte == b'\n').count();
                let group = if total > 1 { format!("g:1-{total}-{n},") } else { String::new() };
                let start = out.len();
                let body = format!("{group}s:station{},c:{},n:{n}", n % 4, 1_700_000_000 + n);
                encode_sentence(&mut out, b'\\', body.as_bytes());
                assert!(out.len() > start);
                out.truncate(out.len() - 2);
                out.push(b'\\');
            }
            out.extend_from_slice(line);
        }
    }
    out
}

/// The sentences of `feed`, each damaged in one place: a checksum, a field, a payload, its start, its end.
fn refused() -> Vec<u8> {
    let mut out = Vec::new();
    for (n, line) in feed(true).split_inclusive(|&byte| byte == b'\n').enumerate() {
        let mut line = line.trim_ascii_end().to_vec();
        let last = line.len() - 1;
        match n % 5 {
            0 => line.truncate(last),
            1 => *line.last_mut().unwrap() ^= 1,
            2 => line.truncate(last / 2),
            3 => line.iter_mut().filter(|byte| **byte == b',').for_each(|byte| *byte = b';'),
            _ => line.iter_mut().filter(|byte| **byte == b'!').for_each(|byte| *byte = b'?'),
        }
        out.extend_from_slice(&line);
        out.extend_from_slice(b"\r\n");
        // And one that is cut off by another, which waits for a rest that never comes.
        out.extend_from_slice(b"!AIVDM,1,1,,A,13u?et");
        let body = format!("AIVDM,2,1,{},A,13u?etPv2;0n:dDPwUM1U1Cb069D,0", n % 10);
        encode_sentence(&mut out, b'!', body.as_bytes());
        out.extend_from_slice(b"nothing\r\n");
    }
    out
}

/// Allocations in the last of several passes over a stream, and what was read in all.
fn allocations(stream: &[u8]) -> (u64, Counters) {
    let start = UtcTime::from_unix_s(1_700_000_000);
    let (mut framer, mut reader, mut clock) = (Framer::default(), Reader::new(), LineClock::new(start));
    let mut told = 0_u64;
    let mut pass = |n: i64| {
        framer.drain(stream, true, |line| {
            let (decoders::frame::Line::Whole(text) | decoders::frame::Line::TooLong(text)) = line;
            let now = clock.line(text).max(UtcTime::from_unix_s(1_700_000_000 + n));
            reader.line(line, now, |item| {
                told += match item {
                    Item::Ais(got) => got.sentences.count() as u64,
                    _ => 1,
                };
            });
        });
    };
    // Until what waits for more has waited too long for a while, and every buffer has grown.
    (0..20).for_each(&mut pass);
    let counted = allocation_counter::measure(|| pass(20));
    assert!(told > 0);
    (counted.count_total, reader.counters().clone())
}

#[test]
fn no_line_allocates() {
    assert_eq!(allocation_counter::measure(|| drop(Vec::<u8>::with_capacity(1))).count_total, 1);
    let cases = [("clean", feed(false)), ("tagged", feed(true)), ("refused", refused())];
    for (name, stream) in cases {
        let lines = stream.split_inclusive(|&byte| byte == b'\n').count();
        let (count, c) = allocations(&stream);
        let refused: u64 = c.rejects.iter().sum();
        println!(
            "{name}: {count} allocations for {lines} lines ({} used, {refused} refused, {} pending so far)",
            c.used, c.pending
        );
        if name == "refused" {
            assert!(refused > lines as u64 && c.pending > 0, "{c:?}");
        } else {
            assert_eq!(c.used, c.candidates);
        }
        assert_eq!(count, 0, "{name}");
    }
}

/// Blocks of ASTERIX that a radar and a centre send, with garbage and a category without a table between them.
fn blocks() -> Vec<u8> {
    use decoders::asterix::{Block, DataSource, Polar, cat010, cat048, cat062, cat240};
    let source = Some(DataSource { sac: 25, sic: 7 });
    let polar = Some(Polar { range_m: 5000.0, azimuth_deg: 90.0 });
    let octets = [7; 500];
    let mut out = Vec::new();
    for number in 0..40_u16 {
        let track = Some(number);
        let mut add = |mut block: Block, tell: &dyn Fn(&mut dyn decoders::ais::Visit)| {
            block.push(tell).unwrap();
            out.extend_from_slice(block.bytes());
        };
        let report = cat010::Report { source, polar, track, ..Default::default() };
        add(Block::new(cat010::category()), &|visit| report.tell(visit));
        let report = cat048::Report { source, polar, track, ..Default::default() };
        add(Block::new(cat048::category()), &|visit| report.tell(visit));
        let identity = Some(cat062::Identity { source: 0, characters: *b"HAIXUN01" });
        let accuracy = Some(cat062::Accuracy { position_m: Some([9.0, 9.0]), ..Default::default() });
        let system = cat062::Track { source, track, identity, accuracy, ..Default::default() };
        add(Block::new(cat062::category()), &|visit| system.tell(visit));
        let cells = cat240::Cells { resolution: 4, count: 500, octets: &octets, ..Default::default() };
        let video = cat240::Video { source, kind: Some(2), cells: Some(cells), ..Default::default() };
        add(Block::new(cat240::category()), &|visit| video.tell(visit));
        out.extend_from_slice(&[0xff; 100]);
        out.extend_from_slice(&blocks_head());
        out.extend_from_slice(&[0x01, 0, 6, 0x80, 1, 2]);
    }
    out
}

/// A sector message of CAT034: something to find again behind garbage.
fn blocks_head() -> Vec<u8> {
    use decoders::asterix::{Block, cat034};
    let service = cat034::Service { sector_deg: Some(90.0), ..Default::default() };
    let mut block = Block::new(cat034::category());
    block.push(|visit| service.tell(visit)).unwrap();
    block.bytes().to_vec()
}

/// Hears everything and keeps a sum.
struct Heard(u64);

impl decoders::ais::Visit for Heard {
    fn null(&mut self, _key: &'static str) {}
    fn flag(&mut self, _key: &'static str, _value: bool) {}
    fn int(&mut self, _key: &'static str, value: i64) {
        self.0 = self.0.wrapping_add(value as u64);
    }
    fn float(&mut self, _key: &'static str, _value: f64, _decimals: u8) {}
    fn exact(&mut self, _key: &'static str, value: f64) {
        self.0 ^= value.to_bits();
    }
    fn text(&mut self, _key: &'static str, value: &str) {
        self.0 += value.len() as u64;
    }
    fn wide(&mut self, _key: &'static str, octets: &[u8]) {
        self.0 += octets.len() as u64;
    }
    fn hex(&mut self, _key: &'static str, bits: decoders::bits::Bits<'_>) {
        self.0 += bits.len() as u64;
    }
    fn object(&mut self, _key: &'static str) {}
    fn array(&mut self, _key: &'static str) {}
    fn close(&mut self) {}
}

#[test]
fn no_record_costs_an_allocation() {
    use decoders::asterix::{Editions, Item, Reader, cat010, cat048, cat062, cat240};
    let (bytes, mut reader, mut heard) = (blocks(), Reader::new(Editions::default()), Heard(0));
    let mut numbers = 0.0;
    let counted = allocation_counter::measure(|| {
        reader.read(&bytes, true, |item| {
            let Item::Record(record) = item else { return };
            record.tell(&mut heard);
            numbers += match record.category.number {
                10 => cat010::Report::read(&record).polar.map_or(0.0, |polar| polar.range_m),
                48 => cat048::Report::read(&record).polar.map_or(0.0, |polar| polar.range_m),
                62 => cat062::Track::read(&record).accuracy.map_or(0.0, |_| 1.0),
                240 => {
                    cat240::Video::read(&record).cells.map_or(0.0, |cells| cells.strengths().count() as f64)
                }
                _ => 0.0,
            };
        });
    });
    assert_eq!(reader.counters().records, 40 * 5);
    assert_eq!(reader.counters().rejects.iter().sum::<u64>(), 40 * 2);
    assert!(numbers > 0.0 && heard.0 > 0);
    assert_eq!(counted.count_total, 0);
}
