//! What holds for any bytes, and for anything we encode.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

use decoders::ais::{self, Aid, LongRange, Message, PositionA, PositionB, StaticA, StaticB, Text, raw};
use decoders::bits::{BitWriter, Bits};
use decoders::frame::Framer;
use decoders::nmea::{Counters, Item, LineClock, Reader, encode_sentence, encode_vdm};
use proptest::prelude::*;
use units::{Degrees, Knots, Label, Mmsi, Position, UtcTime};

/// Reads a stream that arrives in pieces of the given sizes; gives everything found, as text, and the counters.
/// Time advances by a second with each line.
fn read(stream: &[u8], sizes: &[usize]) -> (Vec<String>, Counters) {
    let (mut framer, mut reader, mut buffer) = (Framer::default(), Reader::new(), Vec::new());
    let (mut rest, mut sizes, mut found) = (stream, sizes.iter().cycle(), Vec::new());
    let (mut lines, mut sentences) = (0, 0);
    loop {
        let (now, later) =
            rest.split_at((*sizes.next().unwrap()).clamp(1, rest.len().max(1)).min(rest.len()));
        buffer.extend_from_slice(now);
        rest = later;
        let used = framer.drain(&buffer, rest.is_empty(), |line| {
            lines += 1;
            reader.line(line, UtcTime::from_unix_s(lines / 2), |item| {
                sentences += match item {
                    Item::Ais(got) => got.sentences.count() as u64,
                    Item::Reject { .. } | Item::Other(_) => 1,
                };
                found.push(format!("{item:?}"));
            });
            let c = reader.counters();
            assert!(c.balanced(), "{c:?}");
            assert_eq!(sentences, c.used + c.rejects.iter().sum::<u64>() + c.other);
            assert_eq!(c.by_type.iter().sum::<u64>(), c.messages);
        });
        buffer.drain(..used);
        if rest.is_empty() {
            break;
        }
    }
    reader.end();
    assert!(reader.counters().balanced());
    (found, reader.counters().clone())
}

fn mmsi(number: u32) -> Mmsi {
    Mmsi::new(number & 0x3fff_ffff).unwrap()
}

/// A message of one or two sentences, wholly made up.
fn sentences(kind: u8, seed: u32) -> Vec<u8> {
    let (mut bits, mut out) = (BitWriter::new(), Vec::new());
    if kind.is_multiple_of(2) {
        PositionA::new(1 + kind % 3, mmsi(seed)).encode(&mut bits);
    } else {
        StaticA { name_raw: Text::new("PROPERTY"), ..StaticA::new(mmsi(seed)) }.encode(&mut bits);
    }
    encode_vdm(&mut out, *b"AI", [None, Some(b'A'), Some(b'B')][kind as usize % 3], kind, bits.bits());
    out
}

fn tag_block(body: &str) -> Vec<u8> {
    let mut sentence = Vec::new();
    encode_sentence(&mut sentence, b'\\', body.as_bytes());
    sentence.truncate(sentence.len() - 2);
    sentence.push(b'\\');
    sentence
}

/// Pieces of streams: whole sentences, single parts, TAG blocks, terminators, junk.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let part = |n: usize| {
        move |(kind, seed): (u8, u32)| {
            let both = sentences(kind | 1, seed % 4);
            let at = both.iter().position(|&b| b == b'\n').unwrap() + 1;
            if n == 0 { both[..at].to_vec() } else { both[at..].to_vec() }
        }
    };
    let pick = || (0_u8..12, 0_u32..8);
    prop_oneof![
        4 => pick().prop_map(|(kind, seed)| sentences(kind, seed)),
        3 => pick().prop_map(part(0)),
        3 => pick().prop_map(part(1)),
        2 => (1_u8..4, 1_u8..4, 0..3).prop_map(|(n, total, id)| tag_block(&format!("g:{n}-{total}-{id},s:st{id}"))),
        1 => Just(tag_block("c:1700000000")),
        1 => Just(b"$GPZDA,153415,10,12,2015,0,0*4B\r\n".to_vec()),
        2 => prop::collection::vec(prop::sample::select(&b"!$\\*,AIVDMO0129w`\r\n \x00\xff"[..]), 0..40),
        1 => prop::collection::vec(any::<u8>(), 0..60),
        1 => (any::<u8>(), 900_usize..1200).prop_map(|(byte, n)| vec![byte; n]),
    ]
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(piece(), 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_candidate_is_accounted_for_and_cuts_do_not_matter(
        stream in stream(),
        sizes in prop::collection::vec(1_usize..400, 1..5),
    ) {
        let whole = read(&stream, &[stream.len()]);
        prop_assert_eq!(read(&stream, &sizes), whole);
    }

    #[test]
    fn a_mutated_sentence_is_refused_or_read_but_never_lost(
        (kind, seed) in (0_u8..12, any::<u32>()),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        how in 0..4,
        mend in any::<bool>(),
    ) {
        let mut line = sentences(kind & !1, seed);
        line.truncate(line.len() - 2);
        let (index, body) = (at.index(line.len()), line.len() - 3);
        match how {
            0 => line[index] = byte,
            1 => { line.remove(index); }
            2 => line.insert(index, byte),
            _ => line.truncate(index),
        }
        if mend && line.len() > 4 {
            let body = line[1..body.min(line.len())].to_vec();
            line.clear();
            encode_sentence(&mut line, b'!', &body);
        }
        let (found, counters) = read(&line, &[line.len()]);
        prop_assert!(counters.candidates > 0 || line.trim_ascii().is_empty() || line.contains(&b'\\'));
        prop_assert!(counters.pending > 0 || found.len() as u64 == counters.candidates);
    }

    /// What is decoded is written back bit for bit, up to where the message's own fields end.
    #[test]
    fn any_payload_comes_back(
        kind in 1_u8..28,
        mut bytes in prop::collection::vec(any::<u8>(), 60),
        len in 38_usize..480,
    ) {
        bytes[0] = kind << 2 | bytes[0] & 3;
        let bits = Bits::new(&bytes, len);
        let message = ais::decode(bits).unwrap();
        let mut out = BitWriter::new();
        message.encode(&mut out);
        let written = out.bits();
        // The fill of message 21's last byte is zeros whatever was there; 26 ends with what follows its data.
        let own = match kind {
            21 => written.len().min(272),
            26 => written.len().min(40),
            _ => written.len(),
        };
        prop_assert_eq!(Bits::new(written.bytes(), own), Bits::new(&bytes, own));
        let again = ais::decode(written).unwrap();
        let mut out_again = BitWriter::new();
        again.encode(&mut out_again);
        prop_assert_eq!(out_again.bits(), written);
        prop_assert_eq!(again.position(), message.position());
        message.encode_over(bits, &mut out);
        prop_assert_eq!(out.bits(), bits);
    }

    #[test]
    fn any_line_has_a_time_and_time_never_goes_back(lines in prop::collection::vec(stream(), 0..6)) {
        let mut clock = LineClock::new(UtcTime::from_unix_s(0));
        let mut last = None;
        for line in &lines {
            let now = clock.line(line);
            prop_assert!(last.is_none_or(|last| now >= last) || last == Some(UtcTime::from_unix_s(0)));
            last = Some(now);
        }
    }

    #[test]
    fn typed_values_come_back_to_the_nearest_step(
        (lat, lon) in (-90.0..=90.0, -180.0..=180.0),
        (sog, cog, heading, rot) in (0.0..102.2, 0.0..360.0, 0.0..360.0, -700.0..700.0),
        number in 0_u32..1 << 30,
    ) {
        let at = Position::new(lat, lon);
        let (sog, cog, heading) = (Knots::new(sog), Degrees::new(cog), Degrees::new(heading));
        let mut out = BitWriter::new();
        let (lon_raw, lat_raw) = raw::position(at);
        PositionA {
            nav_status_raw: Some(0), rot_raw: raw::rot(Some(rot)), sog_raw: raw::sog(sog), lon_raw, lat_raw,
            cog_raw: raw::cog(cog), heading_raw: raw::heading(heading), second_raw: raw::second(Some(59)),
            ..PositionA::new(1, mmsi(number))
        }.encode(&mut out);
        let Message::PositionA(back) = ais::decode(out.bits()).unwrap() else { panic!() };
        let turn = |a: Option<Degrees>, b: Option<Degrees>| {
            let d = (a.unwrap().value() - b.unwrap().value()).abs();
            d.min(360.0 - d)
        };
        let seen = back.position().unwrap();
        prop_assert!((seen.lat() - lat).abs() < 1e-6 && (seen.lon() - lon).abs() < 1e-6);
        prop_assert!((back.sog().unwrap().value() - sog.unwrap().value()).abs() < 0.0501);
        prop_assert!(turn(back.cog(), cog) < 0.0501 && turn(back.heading(), heading) < 0.501);
        // Between two steps of the indicator lie up to 11.3 degrees per minute.
        prop_assert!((back.rot_deg_min().unwrap() - rot).abs() < 5.7);
        prop_assert_eq!((back.second(), back.nav_status(), back.header.length_ok()), (Some(59), Some(0), Some(true)));

        let (lon_raw, lat_raw) = raw::coarse_position(at);
        LongRange {
            lon_raw, lat_raw, sog_raw: raw::coarse_sog(sog), cog_raw: raw::coarse_cog(cog),
            ..LongRange::new(mmsi(number))
        }.encode(&mut out);
        let Message::LongRange(back) = ais::decode(out.bits()).unwrap() else { panic!() };
        let seen = back.position().unwrap();
        prop_assert!((seen.lat() - lat).abs() < 1e-3 && (seen.lon() - lon).abs() < 1e-3);
        prop_assert!((back.sog().unwrap().value() - sog.unwrap().value().min(62.0)).abs() < 0.501);
        prop_assert!(turn(back.cog(), cog) < 0.501);
    }

    #[test]
    fn an_aids_name_comes_back_however_long(name in "[A-Z0-9 ]{0,33}[A-Z]") {
        let label = Label::new(name.as_bytes());
        let mut aid = Aid::new(mmsi(993_000_000));
        aid.set_name(label);
        let mut out = BitWriter::new();
        aid.encode(&mut out);
        let back = ais::decode(out.bits()).unwrap();
        prop_assert_eq!(back, Message::Aid(aid));
        prop_assert_eq!((aid.name(), back.length_ok()), (label, Some(true)));
    }
}

#[test]
fn a_new_message_says_that_nothing_is_available() {
    let sender = mmsi(413_000_001);
    let mut out = BitWriter::new();
    let messages = [
        Message::PositionA(PositionA::new(3, sender)),
        Message::StaticA(StaticA::new(sender)),
        Message::PositionB(PositionB::new(sender)),
        Message::Aid(Aid::new(sender)),
        Message::LongRange(LongRange::new(sender)),
        Message::StaticB(StaticB::part_a(sender, Text::BLANK)),
        Message::StaticB(StaticB::part_b(sender, ais::HalfB::default())),
        Message::BaseStation(ais::BaseStation::new(4, sender)),
        Message::Aircraft(ais::Aircraft::new(sender)),
        Message::ExtendedB(ais::ExtendedB::new(sender)),
    ];
    for message in messages {
        message.encode(&mut out);
        assert_eq!(ais::decode(out.bits()), Ok(message));
        assert_eq!((message.position(), message.length_ok()), (None, Some(true)), "{message:?}");
        message.invalid(&mut |name, raw| panic!("{name} {raw}"));
    }
    assert_eq!(ais::decode(Bits::new(&[0xff; 5], 37)).ok(), None);
}
