//! Our messages read by another decoder, nmea-parser 0.11, where it is right.
//!
//! Known to be wrong or absent there, and so not compared: type 27's speed and course, types 7, 8 and 19, type 18's
//! flags, type 21's name extension and off-position flag, type 24 halves alone, type 5 with an arrival on no calendar,
//! messages of three parts and more, lower-case checksums; types 25 and 26 can panic, as can text that is not ASCII.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

use decoders::TimeOfDay;
use decoders::ais::{Aid, PositionA, PositionB, StaticA, Text, raw};
use decoders::bits::BitWriter;
use decoders::nmea::encode_vdm;
use decoders::nmea::gnss::{Gga, Gll, Gnss, Rmc, Vtg};
use nmea_parser::{NmeaParser, ParsedMessage};
use proptest::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use units::{Degrees, Knots, Label, Mmsi, Position, UtcTime};

/// What the other decoder makes of a message: its last word, panics turned into `None`.
fn other(bits: &BitWriter) -> Option<ParsedMessage> {
    let mut sentences = Vec::new();
    encode_vdm(&mut sentences, *b"AI", Some(b'A'), 3, bits.bits());
    let text = std::str::from_utf8(&sentences).unwrap();
    let read = || {
        let mut parser = NmeaParser::new();
        text.lines().map(|line| parser.parse_sentence(line).ok()).last().flatten()
    };
    catch_unwind(AssertUnwindSafe(read)).ok().flatten()
}

fn near(ours: Option<f64>, theirs: Option<f64>) -> bool {
    match (ours, theirs) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-6,
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// What the other decoder makes of a sentence of a satellite receiver.
fn other_gnss(sentence: &Gnss) -> Option<ParsedMessage> {
    let mut line = Vec::new();
    sentence.encode(*b"GP", &mut line);
    let text = std::str::from_utf8(&line).unwrap();
    catch_unwind(AssertUnwindSafe(|| NmeaParser::new().parse_sentence(text.trim_end()).ok())).ok().flatten()
}

#[derive(Clone, Copy, Debug)]
struct Motion {
    mmsi: Mmsi,
    at: Option<Position>,
    sog: Option<Knots>,
    cog: Option<Degrees>,
    heading: Option<Degrees>,
    second: u8,
}

prop_compose! {
    fn motion()(
        mmsi in 200_000_000_u32..776_000_000,
        at in prop::option::of((-90.0..=90.0, -180.0..=180.0)),
        sog in prop::option::of(0.0..102.0),
        cog in prop::option::of(0.0..359.9),
        heading in prop::option::of(0.0..359.4),
        second in 0_u8..60,
    ) -> Motion {
        Motion {
            mmsi: Mmsi::new(mmsi).unwrap(),
            at: at.and_then(|(lat, lon)| Position::new(lat, lon)),
            sog: sog.and_then(Knots::new),
            cog: cog.and_then(Degrees::new),
            heading: heading.and_then(Degrees::new),
            second,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn positions_of_class_a_and_b_agree(motion in motion(), kind in prop::sample::select(&[1_u8, 2, 3, 18][..])) {
        let mut out = BitWriter::new();
        let (lon_raw, lat_raw) = raw::position(motion.at);
        let (sog_raw, cog_raw) = (raw::sog(motion.sog), raw::cog(motion.cog));
        let (heading_raw, second_raw) = (raw::heading(motion.heading), Some(motion.second));
        let (position, sog, cog, heading) = if kind == 18 {
            let ours = PositionB {
                lon_raw, lat_raw, sog_raw, cog_raw, heading_raw, second_raw, ..PositionB::new(motion.mmsi)
            };
            ours.encode(&mut out);
            (ours.position(), ours.sog(), ours.cog(), ours.heading())
        } else {
            let ours = PositionA {
                lon_raw, lat_raw, sog_raw, cog_raw, heading_raw, second_raw, ..PositionA::new(kind, motion.mmsi)
            };
            ours.encode(&mut out);
            (ours.position(), ours.sog(), ours.cog(), ours.heading())
        };
        let Some(ParsedMessage::VesselDynamicData(theirs)) = other(&out) else { panic!("{motion:?}") };
        prop_assert_eq!(theirs.mmsi, motion.mmsi.number());
        prop_assert!(near(position.map(Position::lat), theirs.latitude));
        prop_assert!(near(position.map(Position::lon), theirs.longitude));
        prop_assert!(near(sog.map(Knots::value), theirs.sog_knots));
        prop_assert!(near(cog.map(Degrees::value), theirs.cog));
        prop_assert!(near(heading.map(Degrees::value), theirs.heading_true));
        prop_assert_eq!(theirs.timestamp_seconds, motion.second);
    }

    #[test]
    fn static_reports_agree(
        number in 200_000_000_u32..776_000_000,
        name in "[A-Z0-9]([A-Z0-9 ]{0,18}[A-Z0-9])?",
        callsign in "[A-Z0-9]{1,7}",
        imo in 1_000_000_u32..9_999_999,
        bow in 1_u16..511,
    ) {
        let mmsi = Mmsi::new(number).unwrap();
        let mut ours = StaticA {
            name_raw: Text::new(&name), callsign_raw: Text::new(&callsign), imo_raw: Some(imo),
            destination_raw: Text::new("NINGBO"), ..StaticA::new(mmsi)
        };
        ours.dimensions_raw.to_bow = Some(bow);
        // An arrival on no calendar loses the whole message there.
        (ours.eta_month_raw, ours.eta_day_raw) = (Some(7), Some(4));
        (ours.eta_hour_raw, ours.eta_minute_raw) = (Some(12), Some(30));
        let mut out = BitWriter::new();
        ours.encode(&mut out);
        let Some(ParsedMessage::VesselStaticData(theirs)) = other(&out) else { panic!("{ours:?}") };
        prop_assert_eq!(theirs.mmsi, number);
        prop_assert_eq!(theirs.imo_number, ours.imo());
        prop_assert_eq!(theirs.name, ours.name().map(|name| name.to_string()));
        prop_assert_eq!(theirs.call_sign, ours.callsign().map(|sign| sign.to_string()));
        prop_assert_eq!(theirs.destination, ours.destination().map(|to| to.to_string()));
        prop_assert_eq!(theirs.dimension_to_bow, ours.dimensions().map(|size| size.to_bow));
    }

    #[test]
    fn aids_agree(motion in motion(), name in "[A-Z0-9]([A-Z0-9 ]{0,18}[A-Z0-9])?") {
        let (lon_raw, lat_raw) = raw::position(motion.at);
        let mut ours = Aid { lon_raw, lat_raw, second_raw: Some(motion.second), ..Aid::new(motion.mmsi) };
        ours.set_name(Label::new(name.as_bytes()));
        let mut out = BitWriter::new();
        ours.encode(&mut out);
        let Some(ParsedMessage::AidToNavigationReport(theirs)) = other(&out) else { panic!("{ours:?}") };
        prop_assert_eq!(theirs.mmsi, motion.mmsi.number());
        prop_assert_eq!(theirs.name, name);
        prop_assert!(near(ours.position().map(Position::lat), theirs.latitude));
        prop_assert!(near(ours.position().map(Position::lon), theirs.longitude));
        prop_assert_eq!(theirs.timestamp_seconds, motion.second);
    }

    #[test]
    fn satellite_receivers_agree(motion in motion(), day in 1_u16..29, (hour, minute) in (0_u8..24, 0_u8..60)) {
        let time = TimeOfDay::new(hour, minute, motion.second, 0);
        // To the hundredth, as it is sent.
        let hundredths = |value: f64| (value * 100.0).round() / 100.0;
        let sog = motion.sog.and_then(|sog| Knots::new(hundredths(sog.value())));
        let cog = motion.cog.and_then(|cog| Degrees::new(hundredths(cog.value())));
        let rmc = Rmc {
            time, valid: Some(true), position: motion.at, sog, cog, date: Some([day, 7, 2024]), mode: Some(b'A'), ..Rmc::default()
        };
        let Some(ParsedMessage::Rmc(theirs)) = other_gnss(&Gnss::Rmc(rmc)) else { panic!("{rmc:?}") };
        prop_assert!(near(motion.at.map(Position::lat), theirs.latitude));
        prop_assert!(near(motion.at.map(Position::lon), theirs.longitude));
        prop_assert!(near(sog.map(Knots::value), theirs.sog_knots));
        prop_assert!(near(cog.map(Degrees::value), theirs.bearing));
        prop_assert_eq!(theirs.status_active, Some(true));
        prop_assert_eq!(theirs.timestamp.map(|at| at.timestamp()), rmc.at().map(UtcTime::unix_s));

        let gga = Gga { time, position: motion.at, quality: Some(1), satellites: Some(12), hdop: Some(0.9), ..Gga::default() };
        let Some(ParsedMessage::Gga(theirs)) = other_gnss(&Gnss::Gga(gga)) else { panic!("{gga:?}") };
        prop_assert!(near(motion.at.map(Position::lat), theirs.latitude));
        prop_assert!(near(motion.at.map(Position::lon), theirs.longitude));
        prop_assert_eq!((theirs.satellite_count, theirs.hdop), (gga.satellites, gga.hdop));

        let gll = Gll { position: motion.at, time, valid: Some(true), mode: Some(b'A') };
        let Some(ParsedMessage::Gll(theirs)) = other_gnss(&Gnss::Gll(gll)) else { panic!("{gll:?}") };
        prop_assert!(near(motion.at.map(Position::lat), theirs.latitude));
        prop_assert_eq!(theirs.data_valid, Some(true));

        let vtg = Vtg { cog, cog_magnetic: None, sog, mode: Some(b'A') };
        let Some(ParsedMessage::Vtg(theirs)) = other_gnss(&Gnss::Vtg(vtg)) else { panic!("{vtg:?}") };
        prop_assert!(near(cog.map(Degrees::value), theirs.cog_true));
        prop_assert!(near(sog.map(Knots::value), theirs.sog_knots));

        let Some(ParsedMessage::Hdt(theirs)) = other_gnss(&Gnss::Hdt(cog)) else { panic!("{cog:?}") };
        prop_assert!(near(cog.map(Degrees::value), theirs.heading_true));
    }
}
