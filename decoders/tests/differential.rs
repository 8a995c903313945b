//! Our messages, and the oracle's, read by another decoder too: nmea-parser 0.11. Where the two differ, the difference
//! has a name among [`FAULTS`]. Not compared are type 18's flags and type 21's off-position flag, which it reads at the
//! wrong place.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

#[path = "oracle/fields.rs"]
#[allow(dead_code, reason = "for other tests")]
mod fields;
#[path = "oracle/shared.rs"]
#[allow(dead_code, reason = "for other tests")]
mod shared;

use decoders::TimeOfDay;
use decoders::ais::{Aid, PositionA, PositionB, StaticA, Text, raw};
use decoders::bits::BitWriter;
use decoders::frame::Framer;
use decoders::nmea::gnss::{Gga, Gll, Gnss, Rmc, Vtg};
use decoders::nmea::{Item, Reader, encode_vdm};
use nmea_parser::{NmeaParser, ParsedMessage};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
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

/// What nmea-parser 0.11 is known to do otherwise (AIS.md 7), each by one name. In order: the first that fits explains.
type Fault = (&'static str, fn(&Case<'_>) -> bool);

/// One row of the oracle: what we read, and what the other made of it.
struct Case<'a> {
    kind: u64,
    parts: usize,
    sequence: bool,
    ours: &'a Map<String, Value>,
    theirs: &'a Theirs,
    /// The field that differs; empty where the other has no message at all.
    field: &'a str,
    value: &'a Value,
}

/// What the other decoder said.
enum Theirs {
    Panicked,
    Refused,
    Incomplete,
    /// The fields that can be compared, under our names.
    Message(Map<String, Value>),
}

impl Case<'_> {
    fn refused(&self) -> bool {
        matches!(self.theirs, Theirs::Refused)
    }

    fn is_missing(&self) -> bool {
        !matches!(self.theirs, Theirs::Message(_))
    }

    fn our(&self, key: &str) -> &Value {
        self.ours.get(key).unwrap_or(&Value::Null)
    }

    /// Ours is null because the raw number is out of range.
    fn is_invalid(&self) -> bool {
        let invalid = self.our("invalid").as_array();
        invalid.is_some_and(|list| list.iter().any(|entry| entry[0] == self.field))
    }
}

const FAULTS: &[Fault] = &[
    ("types 25 and 26 panic", |c| matches!(c.theirs, Theirs::Panicked) && matches!(c.kind, 25 | 26)),
    ("types 7, 8 and 19 are not decoded", |c| c.is_missing() && matches!(c.kind, 7 | 8 | 19)),
    ("types 0 and above 27 are refused", |c| c.is_missing() && (c.kind == 0 || c.kind > 27)),
    ("messages of three parts and more are lost", |c| c.is_missing() && c.parts > 2),
    ("parts without a sequence identifier are lost", |c| c.is_missing() && c.parts > 1 && !c.sequence),
    ("one half of type 24 is withheld", |c| matches!(c.theirs, Theirs::Incomplete) && c.kind == 24),
    ("a short or long payload is refused, or read past its end", |c| *c.our("length_ok") == json!(false)),
    ("types 4 and 11 without the whole time are refused", |c| {
        let lacks =
            ["year", "month", "day", "hour", "minute", "second"].iter().any(|key| c.our(key).is_null());
        c.refused() && matches!(c.kind, 4 | 11) && lacks
    }),
    ("types 4 and 11 with a date on no calendar are refused", |c| c.refused() && matches!(c.kind, 4 | 11)),
    ("type 5 with an arrival on no calendar is refused", |c| c.refused() && c.kind == 5),
    ("type 24 of a third or fourth part is refused", |c| c.refused() && c.kind == 24),
    ("type 27 passes on the degrees that mean not available", |c| {
        let none = json!(if c.field == "lat" { 91.0 } else { 181.0 });
        c.kind == 27 && matches!(c.field, "lat" | "lon") && c.our(c.field).is_null() && *c.value == none
    }),
    ("type 27 is read at wrong places", |c| c.kind == 27 && matches!(c.field, "sog" | "cog")),
    ("a number out of range is passed on", |c| c.is_invalid()),
    ("type 21 loses its name's extension, or the blank before it", |c| c.kind == 21 && c.field == "name"),
    ("text is not cut at the first @", |c| {
        let (Some(ours), Some(theirs)) = (c.our(c.field).as_str().or(Some("")), c.value.as_str()) else {
            return false;
        };
        theirs.starts_with(ours)
    }),
];

/// Fields that both have.
fn their_fields(message: ParsedMessage) -> Map<String, Value> {
    let round = |value: Option<f64>, decimals: i32| {
        value.map(|value| (value * 10_f64.powi(decimals)).round() / 10_f64.powi(decimals))
    };
    let whole = match message {
        ParsedMessage::VesselDynamicData(m) => json!({
            "mmsi": m.mmsi, "lon": round(m.longitude, 7), "lat": round(m.latitude, 7), "sog": round(m.sog_knots, 1),
            "cog": round(m.cog, 1), "heading": m.heading_true, "second": m.timestamp_seconds,
        }),
        ParsedMessage::VesselStaticData(m) => json!({
            "mmsi": m.mmsi, "imo": m.imo_number, "name": m.name, "callsign": m.call_sign,
            "destination": m.destination, "to_bow": m.dimension_to_bow, "to_stern": m.dimension_to_stern,
            "to_port": m.dimension_to_port, "to_starboard": m.dimension_to_starboard,
            "draught": m.draught10.filter(|d| *d > 0).map(|d| f64::from(d) / 10.0),
        }),
        ParsedMessage::BaseStationReport(m) | ParsedMessage::UtcDateResponse(m) => json!({
            "mmsi": m.mmsi, "lon": round(m.longitude, 7), "lat": round(m.latitude, 7),
        }),
        ParsedMessage::AidToNavigationReport(m) => json!({
            "mmsi": m.mmsi, "name": Some(m.name).filter(|name| !name.is_empty()), "lon": round(m.longitude, 7),
            "lat": round(m.latitude, 7), "to_bow": m.dimension_to_bow, "to_stern": m.dimension_to_stern,
            "to_port": m.dimension_to_port, "to_starboard": m.dimension_to_starboard,
            "second": m.timestamp_seconds,
        }),
        ParsedMessage::StandardSarAircraftPositionReport(m) => json!({
            "mmsi": m.mmsi, "altitude": m.altitude, "sog": m.sog_knots, "lon": round(m.longitude, 7),
            "lat": round(m.latitude, 7), "cog": round(m.cog, 1), "second": m.timestamp_seconds,
        }),
        _ => json!({}),
    };
    let Value::Object(map) = whole else { panic!() };
    map
}

fn near_enough(ours: &Value, theirs: &Value) -> bool {
    match (ours.as_f64(), theirs.as_f64()) {
        // The other's coordinates come from a division that is off in the last place.
        (Some(a), Some(b)) => (a - b).abs() < 2e-6,
        _ => ours == theirs,
    }
}

#[test]
fn real_messages_are_read_alike_but_for_known_faults() {
    let Some(rows) = shared::rows("oracle/ais") else { return };
    let (mut explained, mut unexplained) = (BTreeMap::<&str, usize>::new(), Vec::new());
    let (mut messages, mut fields_alike) = (0, 0);
    std::panic::set_hook(Box::new(|_| {}));
    for row in rows.iter().filter(|row| row["kind"] == "message") {
        let lines: Vec<&str> =
            row["sentences"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        let mut ours = None;
        let mut reader = Reader::new();
        for line in &lines {
            Framer::default().drain(line.as_bytes(), true, |line| {
                reader.line(line, UtcTime::from_unix_s(0), |item| {
                    if let Item::Ais(got) = item {
                        ours = Some(fields::fields(got.message, got.payload));
                    }
                });
            });
        }
        let ours = ours.unwrap();
        // It has no use for TAG blocks, and may stumble over what is in them.
        let bare: Vec<&str> = lines.iter().map(|line| &line[line.find('!').unwrap_or(0)..]).collect();
        let read = || {
            let mut parser = NmeaParser::new();
            bare.iter().map(|line| parser.parse_sentence(line)).last().unwrap()
        };
        let theirs = match catch_unwind(AssertUnwindSafe(read)) {
            Err(_) => Theirs::Panicked,
            Ok(Err(_)) => Theirs::Refused,
            Ok(Ok(ParsedMessage::Incomplete)) => Theirs::Incomplete,
            Ok(Ok(message)) => Theirs::Message(their_fields(message)),
        };
        messages += 1;
        let mut case = Case {
            kind: ours["msg_type"].as_u64().unwrap(),
            parts: lines.len(),
            sequence: bare[0].split(',').nth(3).is_some_and(|id| !id.is_empty()),
            ours: &ours,
            theirs: &theirs,
            field: "",
            value: &Value::Null,
        };
        let mut explain = |case: &Case<'_>| match FAULTS.iter().find(|(_, fits)| fits(case)) {
            Some((name, _)) => *explained.entry(name).or_default() += 1,
            None => unexplained.push(format!(
                "type {} {}: ours {}, theirs {}: {}",
                case.kind,
                case.field,
                case.our(case.field),
                case.value,
                lines.join(" ")
            )),
        };
        let Theirs::Message(fields) = &theirs else {
            explain(&case);
            continue;
        };
        for (key, value) in fields {
            let (field, value) = (key.as_str(), value);
            // What a type does not have it tells as nothing, or as a default.
            let Some(ours) = ours.get(field) else { continue };
            if near_enough(ours, value) {
                fields_alike += 1;
            } else {
                (case.field, case.value) = (field, value);
                explain(&case);
            }
        }
    }
    let _ = std::panic::take_hook();
    println!("{messages} messages, {fields_alike} fields alike; differences of nmea-parser, by fault:");
    for (name, count) in &explained {
        println!("{count:6} {name}");
    }
    assert!(fields_alike > 0);
    assert!(
        unexplained.is_empty(),
        "{} without a name:\n{}",
        unexplained.len(),
        unexplained[..unexplained.len().min(20)].join("\n")
    );
}
