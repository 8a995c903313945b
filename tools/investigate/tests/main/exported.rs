//! Exports and cuts.

use super::{Folder, START, record, traffic};
use engine::feed::proto::{self, Life, server_message::Body};
use engine::recording::Recording;
use engine::recording::cut::cut;
use engine::recording::form::{CHANGES, Changes};
use engine::recording::verify::verify;
use investigate::case::Case;
use investigate::export::{Done, Format, export};
use prost::Message;
use simulate::Scene;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use units::UtcTime;

pub(super) fn made(folder: &Path, recording: &Recording, case: &Case, format: Format) -> (Done, Vec<u8>) {
    let file = folder.join(format!("out.{}", format.ending()));
    let done = export(recording, case, format, &file, &mut |_| {}).unwrap();
    (done, std::fs::read(file).unwrap())
}

/// Where everybody was said to be, out of the changes that were recorded: MMSI, time, place to 1e-7 degrees.
pub(super) fn said(recording: &Recording, from_us: i64, to_us: i64) -> BTreeSet<(u32, i64, String, String)> {
    let (mut all, mut last): (BTreeSet<_>, BTreeMap<u64, i64>) = <_>::default();
    let mut messages = recording.messages(0, 0);
    while let Some(found) = messages.message() {
        if found.topic != CHANGES {
            continue;
        }
        for bytes in Changes::decode(found.data).unwrap().messages {
            let Some(Body::Track(track)) = proto::ServerMessage::decode(&*bytes).unwrap().body else {
                continue;
            };
            let is_heard = matches!(track.life(), Life::Tentative | Life::Confirmed);
            let arrival_us = track.reported.as_ref().unwrap().arrival_us;
            let is_meant = is_heard && from_us <= track.time_us && arrival_us <= to_us;
            if is_meant && last.get(&track.id).is_none_or(|last| track.time_us > *last) {
                last.insert(track.id, track.time_us);
                let mmsi = track.identity.as_ref().and_then(|it| it.mmsi).unwrap();
                all.insert((mmsi, track.time_us, format!("{:.7}", track.lat), format!("{:.7}", track.lon)));
            }
        }
    }
    all
}

pub(super) fn rows(csv: &[u8]) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(csv).deserialize().map(|row| row.unwrap()).collect()
}

pub(super) fn us(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

#[test]
fn every_form_has_every_point_of_what_was_recorded() {
    let folder = Folder::new("forms");
    let mut scene = Scene::ningbo_zhoushan(7, 40, START);
    let recording = Recording::open(&record(&folder.0, &traffic(&mut scene, 12.0, |_| {}))).unwrap();
    assert!(recording.segments.len() > 2, "{}", recording.segments.len());

    // All of it, and a part that begins and ends between keyframes.
    let part = Case { from: Some(START.plus_s(200.5)), to: Some(START.plus_s(500.25)), ..Case::default() };
    for case in [Case::default(), part] {
        let us_of = |at: Option<UtcTime>, without: i64| at.map_or(without, UtcTime::unix_us);
        let expected = said(&recording, us_of(case.from, i64::MIN), us_of(case.to, i64::MAX));
        let (done, csv) = made(&folder.0, &recording, &case, Format::Csv);
        let found: BTreeSet<_> = rows(&csv)
            .iter()
            .map(|row| {
                (row["mmsi"].parse().unwrap(), us(&row["time"]), row["lat"].clone(), row["lon"].clone())
            })
            .collect();
        assert!(expected.len() > 500, "{}", expected.len());
        let odd: Vec<_> = found.symmetric_difference(&expected).collect();
        assert!(odd.is_empty(), "{} of {}: {:?}", odd.len(), expected.len(), odd.get(..5));
        assert_eq!(done.gathered.points as usize, expected.len());
        assert!(rows(&csv).iter().all(|row| row["sources"] == "sea" && !row["sigma_m"].is_empty()));
        assert_eq!(done.gathered.facts.holes, []);

        let (_, gpx) = made(&folder.0, &recording, &case, Format::Gpx);
        let gpx = String::from_utf8(gpx).unwrap();
        assert_eq!(gpx.matches("<trkpt ").count(), expected.len());
        assert_eq!(gpx.matches("<trkseg>").count() as u64, done.gathered.pieces);
        let (_, kml) = made(&folder.0, &recording, &case, Format::Kml);
        let kml = String::from_utf8(kml).unwrap();
        assert_eq!(kml.matches("<gx:coord>").count(), expected.len());
        assert_eq!(kml.matches("<gx:Track>").count() as u64, done.gathered.pieces);
        let (_, json) = made(&folder.0, &recording, &case, Format::GeoJson);
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let features = json["features"].as_array().unwrap();
        assert_eq!(features.len() as u64, done.gathered.pieces);
        let times = features.iter().map(|it| it["properties"]["times"].as_array().unwrap().len());
        assert_eq!(times.sum::<usize>(), expected.len());
        let (_, parquet) = made(&folder.0, &recording, &case, Format::GeoParquet);
        assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
        assert!(std::fs::read_dir(&folder.0).unwrap().all(|it| !it.unwrap().path().ends_with(".part")));
    }
}

#[test]
fn where_a_ship_falls_silent_the_track_is_broken_and_the_gap_is_named() {
    let folder = Folder::new("gaps");
    let mut scene = Scene::ningbo_zhoushan(7, 40, START);
    let whole = traffic(&mut scene, 14.0, |_| {});
    // The third to the seventh minute of one fast ship are never heard.
    let recording = record(&folder.0.join("whole"), &{
        std::fs::create_dir_all(folder.0.join("whole")).unwrap();
        whole.clone()
    });
    let all = Recording::open(&recording).unwrap();
    let (_, csv) = made(&folder.0, &all, &Case::default(), Format::Csv);
    let rows_all = rows(&csv);
    let fast: BTreeSet<&String> = rows_all
        .iter()
        .filter(|row| row["class"] == "class_a" && row["sog_kn"].parse::<f64>().is_ok_and(|sog| sog > 6.0))
        .map(|row| &row["mmsi"])
        .collect();
    let ship = (*fast.first().unwrap()).clone();
    let silent = START.plus_s(180.0).unix_us()..START.plus_s(420.0).unix_us();
    let mut reader = decoders::nmea::Reader::new();
    let mut heard = Vec::new();
    for line in whole.split_inclusive(|byte| *byte == b'\n') {
        let time: f64 = String::from_utf8_lossy(line).split(' ').next().unwrap().parse().unwrap();
        let (mut is_hers, at) = (false, (time * 1e6) as i64);
        let text = line.strip_suffix(b"\r\n").unwrap();
        reader.line(decoders::frame::Line::Whole(text), UtcTime::from_unix_us(at), |item| {
            if let decoders::nmea::Item::Ais(it) = item {
                is_hers = it.header.mmsi.to_string() == ship;
            }
        });
        if !(is_hers && silent.contains(&at)) {
            heard.extend_from_slice(line);
        }
    }
    assert!(heard.len() < whole.len());
    let recording = Recording::open(&record(&folder.0, &heard)).unwrap();
    let case = Case { ship: Some(ship.clone()), ..Case::default() };
    let (done, json) = made(&folder.0, &recording, &case, Format::GeoJson);
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let features = json["features"].as_array().unwrap();
    assert!(features.iter().all(|it| it["properties"]["mmsi"] == ship.parse::<u32>().unwrap()));
    assert!(features.len() >= 2, "{}", features.len());
    for feature in features {
        for time in feature["properties"]["times"].as_array().unwrap() {
            assert!(!silent.contains(&us(time.as_str().unwrap())), "{time}");
        }
    }
    let gaps = json["fairway"]["gaps"].as_array().unwrap();
    let gap = gaps.iter().find(|gap| us(gap["from"].as_str().unwrap()) <= silent.start + 60_000_000).unwrap();
    assert!(gap["reason"].as_str().unwrap().contains("nobody heard her") || gap["to"].is_null(), "{gap}");
    assert_eq!(done.gathered.pieces as usize, features.len());
}

#[test]
fn sentences_come_out_as_they_were_heard_and_can_be_played_again() {
    let folder = Folder::new("nmea");
    let mut scene = Scene::ningbo_zhoushan(7, 30, START);
    let lines = traffic(&mut scene, 6.0, |_| {});
    let recording = Recording::open(&record(&folder.0, &lines)).unwrap();
    let (done, out) = made(&folder.0, &recording, &Case::default(), Format::Nmea);
    let sentences = |bytes: &[u8]| -> Vec<String> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text.lines().map(|line| line.get(line.find('!').unwrap()..).unwrap().to_owned()).collect()
    };
    assert_eq!(sentences(&out), sentences(&lines));
    assert_eq!(done.sentences as usize, sentences(&lines).len());
    // Played again, it gives the same points at the same milliseconds.
    let again = folder.0.join("again");
    std::fs::create_dir_all(&again).unwrap();
    let played = Recording::open(&record(&again, &out)).unwrap();
    let places = |recording: &Recording| -> Vec<(String, String)> {
        let (_, csv) = made(&folder.0, recording, &Case::default(), Format::Csv);
        rows(&csv).iter().map(|row| (row["mmsi"].clone(), row["reported_lat"].clone())).collect()
    };
    let (one, other) = (places(&recording), places(&played));
    assert!(one.len() > 200 && one == other, "{} {}", one.len(), other.len());
    // One ship's alone.
    let ship = one[0].0.clone();
    let (one_ship, out) =
        made(&folder.0, &recording, &Case { ship: Some(ship.clone()), ..Case::default() }, Format::Nmea);
    assert!(one_ship.sentences > 5 && one_ship.sentences < done.sentences / 2);
    let mut reader = decoders::nmea::Reader::new();
    for line in out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        reader.line(decoders::frame::Line::Whole(line.strip_suffix(b"\r").unwrap()), START, |item| {
            let decoders::nmea::Item::Ais(it) = item else { panic!("no AIS message") };
            assert_eq!(it.header.mmsi.to_string(), ship);
        });
    }
}

#[test]
fn a_cut_is_untouched_says_what_was_left_out_and_tells_the_same() {
    let folder = Folder::new("cut");
    let mut scene = Scene::ningbo_zhoushan(7, 40, START);
    let path = record(&folder.0, &traffic(&mut scene, 150.0, |_| {}));
    let recording = Recording::open(&path).unwrap();
    let count = recording.segments.len();
    assert!(count >= 6, "{count} segments");
    let time = |segment: usize| {
        let segment = &recording.segments[segment];
        UtcTime::from_unix_us(i64::midpoint(
            segment.first.unwrap().unix_us(),
            segment.last.unwrap().unix_us(),
        ))
    };
    let (from, to) = (time(1), time(count - 3));
    let part = folder.0.join("part");
    let taken = cut(&recording, Some(from), Some(to), &part, START, &mut |_, _| {}).unwrap();
    assert!(taken.last > taken.first && taken.last < count as u64, "{taken:?} of {count}");
    let found = verify(&part, None).unwrap();
    assert_eq!(found.faults, []);
    assert!(found.is_cut);
    let before = (1, taken.first - 1);
    let left_out: Vec<_> =
        [before, (taken.last + 1, count as u64)].into_iter().filter(|(from, to)| from <= to).collect();
    assert_eq!(found.left_out, left_out);
    assert_eq!(found.segments, taken.last - taken.first + 1);

    // The same points as of the whole.
    let case = Case { from: Some(from), to: Some(to), ..Case::default() };
    let (_, of_whole) = made(&folder.0, &recording, &case, Format::Csv);
    let (done, of_part) = made(&folder.0, &Recording::open(&part).unwrap(), &case, Format::Csv);
    assert!(done.gathered.points > 100 && of_whole == of_part);

    // A byte, or a segment inside.
    let inside = part.join(format!("{:06}.mcap", taken.first + 1));
    let bytes = std::fs::read(&inside).unwrap();
    let mut wrong = bytes.clone();
    wrong[bytes.len() / 2] ^= 1;
    std::fs::write(&inside, &wrong).unwrap();
    assert!(!verify(&part, None).unwrap().faults.is_empty());
    std::fs::remove_file(&inside).unwrap();
    let found = verify(&part, None).unwrap();
    assert!(found.faults.iter().any(|fault| fault.fault.what == "is missing"), "{:?}", found.faults);
    let (done, _) = made(&folder.0, &Recording::open(&part).unwrap(), &case, Format::Csv);
    assert!(!done.gathered.facts.retold.faults.is_empty());
    // On a slow machine there are fewer segments, and it was the last.
    if taken.last > taken.first + 1 {
        assert!(!done.gathered.facts.holes.is_empty(), "the hole is named");
        let says_why = |reason: &str| reason.contains("missing") || reason.contains("recorded");
        assert!(done.gathered.gaps.iter().any(|gap| says_why(&gap.reason)));
    }
    assert!(
        cut(&recording, Some(from), Some(to), &part, START, &mut |_, _| {}).is_err(),
        "it is there already"
    );
}
