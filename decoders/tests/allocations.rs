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
