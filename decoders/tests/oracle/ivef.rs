//! IVEF: the public messages and dialects are read, and what we write is valid by the standard's own schema.

use crate::shared;
use decoders::ivef::message::{
    self, Delivery, Provenance, Reply, Service, Track, TrackStatus, Verdict, Vessel, Voyage,
};
use decoders::ivef::{Counters, Document, Item, Kind, Reject, Rules, Stream};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use units::{Degrees, Imo, Mmsi, Position, UtcTime};

const ID: &str = "{550e8400-e29b-41d4-a716-446655440001}";

/// What came of a stream that arrives in pieces of that size.
fn read(stream: &[u8], size: usize, rules: Rules) -> (Vec<Document>, Vec<Reject>, Counters) {
    let (mut reader, mut messages, mut rejects) = (Stream::new(rules), Vec::new(), Vec::new());
    let mut keep = |item: Item<'_>| match item {
        Item::Message(document) => messages.push(document.clone()),
        Item::Reject { reason, .. } => rejects.push(reason),
    };
    stream.chunks(size).for_each(|piece| reader.take(piece, &mut keep));
    reader.end(&mut keep);
    assert!(reader.counters().balanced());
    (messages, rejects, reader.counters().clone())
}

fn written(document: &Document) -> Vec<u8> {
    let mut out = Vec::new();
    document.encode(&mut out);
    assert!(out.ends_with(b"\n") && !out[..out.len() - 1].contains(&b'\n'), "one line");
    out
}

/// The files that show what must be refused say so in their name, or hold a decimal comma.
fn is_wrong(name: &str, text: &str) -> bool {
    let named = ["MissingRequired", "MinOccurs", "Illigal", "Illegal", "LongerThan"];
    let comma = text.split('"').skip(1).step_by(2).any(|value| {
        let decimal = value.split_once(',').filter(|(_, behind)| !behind.contains(','));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        decimal.is_some_and(|(whole, part)| digits(whole.trim_start_matches('-')) && digits(part))
    });
    comma || named.iter().any(|word| name.contains(word))
}

#[test]
fn every_public_message_and_dialect_is_read() {
    let Some(files) = shared::files("data/radar/ivef", "xml") else { return };
    for (name, bytes) in files {
        let text = String::from_utf8_lossy(&bytes);
        let (messages, rejects, counters) = read(&bytes, bytes.len(), Rules::Lenient);
        assert_eq!(
            read(&bytes, 7, Rules::Lenient),
            (messages.clone(), rejects.clone(), counters.clone()),
            "{name}"
        );
        let roots = text.matches("</MSG_").count();
        println!(
            "{name}: {} messages, {} objects, refused {rejects:?}, {:?}",
            messages.len(),
            counters.objects,
            counters.oddities
        );
        if is_wrong(&name, &text) {
            assert!(!rejects.is_empty(), "{name}");
            continue;
        }
        assert_eq!((messages.len(), &rejects[..]), (roots, &[][..]), "{name}");
        let objects = text.matches("<ObjectData>").count() + text.matches("<PosReport").count();
        assert_eq!(counters.objects, objects as u64, "{name}");
        for document in &messages {
            let out = written(document);
            let mut again = Document::new();
            again.decode(&out, Rules::Lenient).unwrap();
            assert_eq!(&again, document, "{name}");
            for (object, same) in document.objects().zip(again.objects()) {
                let track = Track::of(object);
                assert_eq!(track, Track::of(same));
                assert!(track.is_none_or(|track| track.position.is_some() && track.at.is_some()), "{name}");
            }
        }
        if name.starts_with("valid_") || name.starts_with("stream_") {
            let (strict, refused, counters) = read(&bytes, bytes.len(), Rules::Strict);
            assert_eq!((&strict, &refused[..]), (&messages, &[][..]), "{name}");
            assert_eq!(counters.oddities.iter().sum::<u64>(), 0, "{name}");
        }
    }
}

/// The example of the specification, field by field.
#[test]
fn the_sample_objects_say_what_the_file_says() {
    let Some(files) = shared::files("data/radar/ivef", "xml") else { return };
    let Some((_, bytes)) = files.iter().find(|(name, _)| name == "valid_ObjectData.xml") else { return };
    let (messages, ..) = read(bytes, 1 << 20, Rules::Strict);
    let object = messages[0].objects().next().unwrap();
    let track = Track::of(object).unwrap();
    assert_eq!(
        track,
        Track {
            id: 1042,
            at: Some(UtcTime::from_unix_ns(1_795_413_600_250_000_000)),
            position: Position::new(29.75123, 122.31877),
            sigma_m: Some((8.0, 8.0)),
            sog_mps: Some(6.2),
            sigma_sog_mps: Some(0.2),
            cog: Degrees::new(123.4),
            sigma_cog_deg: Some(1.5),
            heading: Degrees::new(121.0),
            rot_deg_min: Some(-3.0),
            length_m: Some(182.0),
            width_m: Some(28.0),
            status: Some(TrackStatus::Updated),
            nav_status: Some(0),
            source_id: Some("CNNGB01"),
            source_name: Some("VTS Ningbo"),
            altitude_m: None,
        }
    );
    let vessel = Vessel::all(object).next().unwrap();
    assert_eq!(
        (vessel.mmsi, vessel.imo, vessel.name, vessel.callsign, vessel.source, vessel.length_m),
        (
            Mmsi::new(413_000_123),
            Imo::new(9_074_729),
            Some("EXAMPLE STAR"),
            Some("BXYZ"),
            Some(Provenance::Fused),
            Some(182.0)
        )
    );
    let voyage = Voyage::all(object).next().unwrap();
    assert_eq!((voyage.destination_code, voyage.draught_m), (Some("CNNGB"), Some(9.5)));
}

/// Says for each line of standard input that it is valid; ends with what is wrong with the first that is not.
const VALIDATE: &str = "
import sys
from lxml import etree
schema = etree.XMLSchema(etree.parse(sys.argv[1]))
parser = etree.XMLParser(resolve_entities=False)
for line in sys.stdin.buffer:
    try:
        schema.assertValid(etree.fromstring(line, parser))
        print('ok')
    except Exception as error:
        sys.exit(print(str(error).replace('\\n', ' ')))
";

/// The interpreter that has lxml: the one `make test` sets up. None, said aloud, where it is not there.
fn python() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/python");
    let has_lxml = Command::new(&python).args(["-c", "import lxml"]).stderr(Stdio::null()).status();
    if has_lxml.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    println!("skipped: no .venv with lxml (`make test` makes it)");
    None
}

#[test]
fn everything_we_write_is_valid_by_the_standards_schema() {
    let Some(schema) = shared::file("data/radar/ivef-0.2.5.xsd") else { return };
    let Some(python) = python() else { return };
    let mut lines = Vec::new();
    let mut document = Document::new();
    let mut keep = |result: Result<(), Reject>, document: &Document| {
        result.unwrap();
        let out = written(document);
        // What we write, we read ourselves, by the strict rules, and it is the same.
        let mut again = Document::new();
        again
            .decode(&out, Rules::Strict)
            .unwrap_or_else(|e| panic!("{e:?}: {}", String::from_utf8_lossy(&out)));
        assert_eq!(&again, document);
        lines.extend_from_slice(&out);
    };
    let at = UtcTime::from_unix_ns(1_795_413_600_250_000_000);
    let nasty = "<&\"'\u{1}>\t\n\u{ffff} 甬舟 ]]> &amp;";
    let long = "x".repeat(3000);
    for text in ["vts-b", "", nasty, &long] {
        keep(message::login_request(&mut document, ID, text, text), &document);
        for verdict in [Verdict::Accepted, Verdict::Declined, Verdict::Restricted] {
            let reply = Reply { on: Some(ID), verdict, reason: Some(text) };
            keep(message::login_response(&mut document, ID, &reply), &document);
            keep(message::service_response(&mut document, ID, &reply), &document);
        }
        keep(message::server_status(&mut document, ID, false, Some(text)), &document);
    }
    keep(message::logout(&mut document, ID), &document);
    keep(message::ping(&mut document, ID, at), &document);
    keep(message::pong(&mut document, ID, ID, 1, at.plus_s(1e-9)), &document);
    let corner = |lat, lon| Position::new(lat, lon).unwrap();
    let areas = vec![vec![corner(-90.0, -180.0), corner(90.0, 180.0), corner(1e-9, -1e-9)]; 2];
    for delivery in [Delivery::Once, Delivery::Every { period_s: 2.5 }, Delivery::Updates] {
        let filter = Some("//ObjectData[TrackData[@SOG > 1]]".to_owned());
        for (areas, filter) in [(areas.clone(), filter), (Vec::new(), None)] {
            keep(
                message::service_request(&mut document, ID, &Service { areas, delivery, filter }),
                &document,
            );
        }
    }
    // Objects of random content, through the typed way out and back in.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..300 {
        let seeds = prop::collection::vec(numbers(), 1..4).new_tree(&mut runner).unwrap().current();
        message::objects(&mut document, ID);
        for numbers in &seeds {
            document.open(Kind::ObjectData);
            track(numbers, nasty).compose(&mut document);
            vessel(numbers, nasty).compose(&mut document);
            voyage(numbers, nasty).compose(&mut document);
            document.close();
        }
        let finished = document.finish();
        keep(finished, &document);
    }
    let mut child = Command::new(python)
        .args(["-c", VALIDATE])
        .arg(schema)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have seen enough before the last.
    let _ = child.stdin.take().unwrap().write_all(&lines);
    let output = child.wait_with_output().unwrap();
    let verdicts = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<_> = lines.split_inclusive(|b| *b == b'\n').collect();
    for (line, verdict) in lines.iter().zip(verdicts.lines()) {
        assert_eq!(verdict, "ok", "{}", String::from_utf8_lossy(line));
    }
    assert_eq!(verdicts.lines().count(), lines.len());
    println!("{} messages valid", lines.len());
}

/// Numbers of all sizes, sensible ones among them.
fn numbers() -> impl Strategy<Value = [f64; 8]> {
    let one =
        prop_oneof![-400.0..400.0_f64, 0.0..1.0_f64, any::<f64>(), Just(f64::NAN), Just(-0.0), Just(359.97)];
    [one.clone(), one.clone(), one.clone(), one.clone(), one.clone(), one.clone(), one.clone(), one]
}

fn track<'a>([a, b, c, d, e, f, g, h]: &[f64; 8], text: &'a str) -> Track<'a> {
    Track {
        id: *a as i64,
        at: Some(UtcTime::from_unix_s(1_795_413_600).plus_s(b.clamp(-1e6, 1e6))),
        position: Position::new(c / 4.0, d / 2.0),
        sigma_m: Some((*e, *f)),
        altitude_m: Some(*g),
        // Required: what a sender has no number for it cannot send.
        sog_mps: Some(if h.abs() < 1e6 { h.abs() } else { 0.0 }),
        sigma_sog_mps: Some(*a),
        cog: Some(Degrees::new(*b).unwrap_or(Degrees::new(0.0).unwrap())),
        sigma_cog_deg: Some(*c),
        heading: Degrees::new(*d),
        rot_deg_min: Some(*e),
        length_m: Some(*f),
        width_m: Some(*g),
        status: Some([TrackStatus::Updated, TrackStatus::Coasted, TrackStatus::Dropped][*h as usize % 3]),
        nav_status: Some(*a as u8),
        source_id: Some(text),
        source_name: Some(text),
    }
}

fn vessel<'a>([a, b, c, d, ..]: &[f64; 8], text: &'a str) -> Vessel<'a> {
    Vessel {
        id: Some(*a as i64),
        at: Some(UtcTime::from_unix_s(1_795_413_600)),
        source: Some(Provenance::Fused),
        source_name: Some(text),
        is_aid: Some(*b > 0.0),
        mmsi: Mmsi::new(*c as u32),
        imo: Imo::new(9_074_729),
        name: Some(text),
        callsign: Some(text),
        flag: Some(text),
        length_m: Some(*a),
        width_m: Some(*b),
        max_draught_m: Some(*d),
        ship_type: None,
    }
}

fn voyage<'a>([a, b, ..]: &[f64; 8], text: &'a str) -> Voyage<'a> {
    Voyage {
        id: Some(*a as i64),
        at: Some(UtcTime::from_unix_s(1_795_413_600)),
        source: Some(Provenance::Transponder),
        source_name: Some(text),
        destination_code: Some(text),
        destination: Some(text),
        eta: Some(UtcTime::from_unix_s(1_795_413_600).plus_s(b.clamp(-1e9, 1e12))),
        draught_m: Some(*b),
    }
}
