//! What is in a recording, to be looked up.

use super::support::{report, source};
use super::{Folder, record, traffic};
use engine::feed::proto;
use engine::recording::Recording;
use engine::recording::catalogue::{Catalogue, FILE, Hole, Question};
use engine::recording::form::{CHANGES, Changes};
use engine::{Engine, config};
use prost::Message;
use proto::server_message::Body;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;

/// Every row of every table.
fn dump(folder: &Path) -> Vec<String> {
    let file = rusqlite::Connection::open(folder.join(FILE)).unwrap();
    let mut all = Vec::new();
    for table in
        ["segment", "ship", "stay", "alert", "alert_kind", "alert_track", "command", "mark", "spoken", "gap"]
    {
        let mut query = file.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = query.column_count();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values =
                (0..columns).map(|n| format!("{:?}", row.get::<_, rusqlite::types::Value>(n).unwrap()));
            all.push(format!("{table} {}", values.collect::<Vec<_>>().join(" ")));
        }
    }
    all
}

/// Everything that was said of a vessel, out of the changes themselves.
#[derive(Default)]
struct Known {
    times: Vec<i64>,
    places: Vec<(i64, f64, f64)>,
    worst_m: f64,
    name: Option<String>,
}

type Changed = (BTreeMap<u32, Known>, BTreeMap<u32, BTreeSet<u64>>);

fn changes(recording: &Recording) -> Changed {
    let (mut ships, mut kinds): Changed = <_>::default();
    let mut messages = recording.messages(0, 0);
    while let Some(found) = messages.message() {
        if found.topic != CHANGES {
            continue;
        }
        for bytes in Changes::decode(found.data).unwrap().messages {
            match proto::ServerMessage::decode(&*bytes).unwrap().body.unwrap() {
                Body::Track(track) => {
                    let Some(identity) = track.identity else { continue };
                    let Some(mmsi) = identity.mmsi else { continue };
                    let ship = ships.entry(mmsi).or_default();
                    ship.times.push(track.time_us);
                    ship.places.push((track.time_us, track.lat, track.lon));
                    ship.name = identity.name.or_else(|| ship.name.take());
                    let [a, b, c] = track.cov_m2[..] else { continue };
                    let widest: f64 = f64::midpoint(a, c) + ((a - c).powi(2) / 4.0 + b * b).sqrt();
                    ship.worst_m = ship.worst_m.max(widest.sqrt());
                }
                Body::Alert(alert) => drop(kinds.entry(alert.kind).or_default().insert(alert.id)),
                _ => {}
            }
        }
    }
    (ships, kinds)
}

#[test]
fn the_catalogue_is_what_is_in_the_recording_and_can_be_made_again() {
    let folder = Folder::new("record-catalogue");
    let (sea, kept) = (folder.file("sea.nmea"), folder.file("recording"));
    for from_s in [0, 300] {
        traffic(&sea, 4.0, from_s);
        record(&folder.file(""), &sea, 65_536);
    }
    let written = dump(&kept);
    let recording = Recording::open(&kept).unwrap();
    let (ships, kinds) = changes(&recording);
    assert!(ships.len() > 20, "{}", ships.len());
    let alerts: BTreeSet<u64> = kinds.values().flatten().copied().collect();
    let catalogue = Catalogue::look(&kept).unwrap();
    let counts = catalogue.counts().unwrap();
    assert_eq!((counts.segments, counts.alerts), (recording.segments.len() as u64, alerts.len() as u64));

    let ask = |question: Question| catalogue.search(&Question { most: 10_000, ..question }).unwrap();
    let (south, west, north, east) = (29.90, 122.00, 29.97, 122.20);
    let from_us = 1_764_000_000_000_000;
    let until_us = from_us + 120_000_000;
    let mut inside_then = 0;
    for (mmsi, known) in &ships {
        // From its first to its last, whichever segments that was in; how sure we were; by any of its names.
        let by_number = ask(Question { ship: Some(mmsi.to_string()), ..Question::default() });
        let visits = by_number.visits;
        let first = visits.iter().map(|visit| visit.from_us).min();
        let last = visits.iter().map(|visit| visit.to_us).max();
        assert_eq!((first, last), (known.times.iter().min().copied(), known.times.iter().max().copied()));
        assert_eq!(visits.iter().map(|visit| visit.states).sum::<u64>(), known.times.len() as u64);
        let worst_m =
            visits.iter().filter_map(|visit| visit.sigma_m).map(|[_, worst]| worst).fold(0.0, f64::max);
        assert!((worst_m - known.worst_m).abs() < 1e-6, "{worst_m} {}", known.worst_m);
        assert!(visits.iter().all(|visit| visit.sources == ["sea"]), "{visits:?}");
        if let Some(name) = &known.name {
            let named = ask(Question { ship: Some(name.to_lowercase()), ..Question::default() });
            assert!(named.visits.iter().any(|visit| visit.mmsi == Some(*mmsi)), "{name}");
        }
        // Whoever was inside then is found; who never was is not.
        let area = Some([south, west, north, east]);
        let asked = Question {
            ship: Some(mmsi.to_string()),
            from_us: Some(from_us),
            to_us: Some(until_us),
            area,
            ..Question::default()
        };
        let is_inside = |(at, lat, lon): &(i64, f64, f64)| {
            (from_us..=until_us).contains(at) && (south..=north).contains(lat) && (west..=east).contains(lon)
        };
        let found = !ask(asked).visits.is_empty();
        if known.places.iter().any(is_inside) {
            assert!(found, "{mmsi} was there");
            inside_then += 1;
        }
        let margin = 0.05;
        let was_near = |(_, lat, lon): &(i64, f64, f64)| {
            (south - margin..=north + margin).contains(lat) && (west - margin..=east + margin).contains(lon)
        };
        if !known.places.iter().any(was_near) {
            assert!(!found, "{mmsi} was never near");
        }
    }
    assert!(inside_then > 0 && inside_then < ships.len(), "{inside_then}");

    let raised = catalogue.events().unwrap();
    assert_eq!(raised.len(), alerts.len());
    assert!(raised.is_sorted_by_key(|it| it.at_us) && raised.iter().all(|it| it.kind != "mark"));

    // An alert is found by every kind that it was of, and leads to whom it is about.
    let of = |kind: Option<u32>| ask(Question { alert: kind, ..Question::default() });
    for (kind, ids) in &kinds {
        let found = of(Some(*kind));
        assert_eq!(found.alerts.iter().map(|alert| alert.id).collect::<BTreeSet<u64>>(), *ids, "{kind}");
        let about: BTreeSet<u64> = found.alerts.iter().flat_map(|alert| alert.tracks.clone()).collect();
        let visited: BTreeSet<u64> = found.visits.iter().map(|visit| visit.track).collect();
        assert!(
            visited.is_subset(&about) && visited.is_empty() == about.is_empty(),
            "{kind}: {about:?} {visited:?}"
        );
    }
    assert!(kinds.len() > 1 && of(Some(999)).alerts.is_empty(), "{kinds:?}");

    // The minute between the two runs is named, and only to whoever asks for it.
    let silent = ask(Question { ship: Some("1".to_owned()), ..Question::default() });
    assert!(silent.visits.is_empty());
    let is_the_minute = |hole: &Hole| {
        let (from_s, to_s) = ((hole.from_us - from_us) / 1_000_000, (hole.to_us - from_us) / 1_000_000);
        hole.what == "all" && from_s <= 240 && to_s >= 300
    };
    assert!(silent.holes.iter().any(is_the_minute), "{:?}", silent.holes);
    assert_eq!(ask(Question { to_us: Some(from_us - 1), ..Question::default() }).holes, []);
    assert_eq!(silent.not_in, [] as [String; 0]);
    drop(catalogue);

    // Lost, or damaged: it is made again, the same.
    for damage in [None, Some(b"not a database at all".as_slice())] {
        drop(std::fs::remove_file(kept.join(FILE)));
        if let Some(bytes) = damage {
            std::fs::write(kept.join(FILE), bytes).unwrap();
        }
        let mut catalogue = Catalogue::open(&kept).unwrap();
        assert_eq!(catalogue.update(|| true).unwrap(), recording.segments.len() as u64);
        assert_eq!(catalogue.update(|| true).unwrap(), 0);
        drop(catalogue);
        assert_eq!(dump(&kept), written);
    }
    // What is let go is not in it any more.
    std::fs::remove_file(kept.join(&recording.segments[0].file)).unwrap();
    let mut catalogue = Catalogue::open(&kept).unwrap();
    catalogue.update(|| true).unwrap();
    assert_eq!(catalogue.counts().unwrap().segments, counts.segments - 1);
}

#[test]
fn a_catalogue_that_cannot_be_written_stops_no_recording() {
    let folder = Folder::new("record-no-catalogue");
    let (sea, kept) = (folder.file("sea.nmea"), folder.file("recording"));
    let all = traffic(&sea, 1.0, 0);
    // A folder stands where the file should be.
    std::fs::create_dir_all(kept.join(FILE).join("in the way")).unwrap();
    record(&folder.file(""), &sea, 65_536);
    assert_eq!(super::raw(&Recording::open(&kept).unwrap()), all);
    assert!(Catalogue::look(&kept).is_err());
}

#[test]
fn what_operators_did_and_marked_is_found_by_who_and_where() {
    let folder = Folder::new("record-desk");
    let hash = Sha256::digest("secret").iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    std::fs::write(folder.file("tokens"), format!("{hash} supervisor Li Na\n")).unwrap();
    let toml = "[[source]]\nname = \"sea\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n\
        [feed]\njson = \"127.0.0.1:0\"\ntokens = \"tokens\"\n[record]\npath = \"recording\"\n";
    let config = config::parse(toml, &folder.file("fairway.toml")).unwrap();
    let engine = Engine::start(config, false).unwrap();
    let mut ship = TcpStream::connect(source(&engine, "sea")).unwrap();
    ship.write_all(&report(413_000_001, 30.0, 122.0)).unwrap();
    let mut desk = TcpStream::connect(engine.addresses().json.unwrap()).unwrap();
    for line in [
        r#"{"hello":{"client":"desk","token":"secret"}}"#,
        r#"{"command":{"id":"one-0001","mark_incident":{"text":"collision off Xiazhimen","place":{"lat":29.95,"lon":122.15}}}}"#,
        r#"{"command":{"id":"two-0001","acknowledge":{"alert":7}}}"#,
    ] {
        desk.write_all(line.as_bytes()).unwrap();
        desk.write_all(b"\n").unwrap();
    }
    let mut answers = BufReader::new(desk.try_clone().unwrap()).lines().map_while(Result::ok);
    let mut answered =
        |id: &str| answers.find(|line| line.contains("\"answer\"") && line.contains(id)).unwrap();
    assert!(answered("one-0001").contains("200"));
    assert!(answered("two-0001").contains("404"));
    drop(engine.stop());

    let kept = folder.file("recording");
    let mut catalogue = Catalogue::open(&kept).unwrap();
    catalogue.update(|| true).unwrap();
    let ask = |question: Question| catalogue.search(&Question { most: 100, ..question }).unwrap();
    let by = |operator: &str| ask(Question { operator: Some(operator.to_owned()), ..Question::default() });
    let hers = by("Li Na");
    let said: Vec<_> = hers.commands.iter().map(|it| (it.action.as_str(), it.code)).collect();
    assert_eq!(said, [("mark_incident", 200), ("acknowledge", 404)]);
    let [mark] = &hers.marks[..] else { panic!("{:?}", hers.marks) };
    assert_eq!(
        (mark.text.as_str(), mark.user.as_str(), mark.lat),
        ("collision off Xiazhimen", "Li Na", Some(29.95))
    );
    assert!(by("nobody").commands.is_empty() && by("nobody").marks.is_empty());
    let around = |area| ask(Question { area: Some(area), ..Question::default() }).marks.len();
    let marks = catalogue.events().unwrap();
    assert_eq!(
        marks.iter().map(|it| (it.at_us, it.kind.as_str())).collect::<Vec<_>>(),
        [(mark.time_us, "mark")]
    );
    assert_eq!((around([29.9, 122.1, 30.0, 122.2]), around([29.9, 122.2, 30.0, 122.3])), (1, 0));
}
