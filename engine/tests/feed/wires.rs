//! Four ways to speak, one picture.

use crate::support::{Folder, PATIENCE, eventually, report, scrape, source, start};
use engine::feed::console::{Console, Picture, Wire};
use engine::feed::proto::{self, client_message::Body as Say, server_message::Body};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};

pub fn connect(feed: SocketAddr, wire: Wire, hello: proto::Hello) -> Console {
    let console = Console::connect(feed, wire, hello).unwrap();
    console.stream.set_read_timeout(Some(PATIENCE)).unwrap();
    console
}

pub fn named(name: &str) -> proto::Hello {
    proto::Hello { client: name.to_owned(), ..proto::Hello::default() }
}

/// Applies what comes, up to the first message of which `wanted` makes something.
pub fn until<T>(console: &mut Console, picture: &mut Picture, wanted: impl Fn(&Body) -> Option<T>) -> T {
    loop {
        let message = console.receive().unwrap().expect("the engine has closed");
        let found = message.body.as_ref().and_then(&wanted);
        picture.apply(message).unwrap();
        if let Some(found) = found {
            return found;
        }
    }
}

pub fn snapshot_end(body: &Body) -> Option<()> {
    matches!(body, Body::SnapshotEnd(_)).then_some(())
}

pub fn digest(body: &Body) -> Option<proto::Digest> {
    if let Body::Digest(digest) = body { Some(*digest) } else { None }
}

const ENGINE: &str = r#"
[[source]]
name = "sea"
kind = "tcp-server"
address = "127.0.0.1:0"
[feed]
json = "127.0.0.1:0"
[http]
listen = "127.0.0.1:0"
[watch.grid]
limit = 2
on_delay_s = 0.0
"#;

#[test]
fn every_wire_shows_the_same_picture_and_a_view_shows_its_part() {
    let folder = Folder::new("lists");
    let registry = folder.file("vessels.csv");
    std::fs::write(&registry, "mmsi,lists\n413000004,ferries;odd\n413000006,ferries\n413999999,ferries\n")
        .unwrap();
    let engine = start(&format!("{ENGINE}\n[registry]\npath = {registry:?}\n"));
    let feed = engine.addresses().json.unwrap();
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    // Twice, so that tracks are confirmed and cells counted.
    for round in [0.0, 0.0001] {
        for n in 0..20 {
            sea.write_all(&report(413_000_000 + n, 29.5 + f64::from(n) * 0.01 + round, 122.1)).unwrap();
        }
    }
    let metrics = engine.addresses().http.unwrap();
    eventually("40 reports", || scrape(metrics).sum("fairway_core_events_total", "") >= 40);

    let pictures = Wire::ALL.map(|wire| {
        let (mut console, mut picture) = (connect(feed, wire, named("all")), Picture::default());
        until(&mut console, &mut picture, snapshot_end);
        let digest = until(&mut console, &mut picture, digest);
        assert_eq!(picture.tracks.len(), 20);
        assert!(digest.tracks.unwrap().count == 20 && picture.agreed == 1);
        console.say(Say::Ping(proto::Ping { nonce: 7 })).unwrap();
        let nonce = until(&mut console, &mut picture, |body| {
            if let Body::Pong(pong) = body { Some(pong.nonce) } else { None }
        });
        assert_eq!(nonce, 7);
        picture
    });
    let [json, others @ ..] = &pictures;
    assert!(!json.cells.is_empty() && json.welcome.role == "viewer");
    for other in others {
        assert_eq!(json.tracks, other.tracks);
        assert_eq!(json.cells, other.cells);
        assert_eq!(json.alerts, other.alerts);
    }

    // The lower ten, and only where they are.
    let south = proto::Subscribe {
        id: 3,
        things: vec!["tracks".to_owned()],
        area: Some(proto::Area {
            boxes: vec![proto::Box { south: 29.0, west: 122.0, north: 29.5903, east: 123.0 }],
            ..proto::Area::default()
        }),
        detail: "position".to_owned(),
        ..proto::Subscribe::default()
    };
    let hello = proto::Hello { subscriptions: vec![south.clone()], ..named("south") };
    let (mut console, mut picture) = (connect(feed, Wire::Proto, hello), Picture::default());
    until(&mut console, &mut picture, digest);
    assert_eq!(picture.tracks.len(), 10);
    assert!(picture.tracks.values().all(|track| track.identity.is_none() && track.lat < 29.5903));
    assert!(picture.cells.is_empty());

    // One leaves, and comes back; in steps that a ship can make.
    let leaver = 413_000_009;
    let mut go = |lat: f64| {
        for step in 0..20 {
            sea.write_all(&report(leaver, lat + f64::from(step) * 1e-5, 122.1)).unwrap();
        }
    };
    go(29.5906);
    let left =
        until(
            &mut console,
            &mut picture,
            |body| {
                if let Body::Leave(leave) = body { leave.track } else { None }
            },
        );
    assert_eq!(picture.tracks.len(), 9);
    go(29.5895);
    until(&mut console, &mut picture, |body| {
        matches!(body, Body::Track(track) if track.id == left).then_some(())
    });
    assert_eq!(picture.tracks.len(), 10);

    // The same subscription, further north: what is new comes, and nothing else.
    let mut wider = south.clone();
    wider.area.as_mut().unwrap().boxes[0].north = 29.645;
    console.say(Say::Subscribe(wider)).unwrap();
    let ids = until(&mut console, &mut picture, |body| {
        if let Body::Subscribed(subscribed) = body { Some(subscribed.ids.clone()) } else { None }
    });
    assert_eq!(ids, [3]);
    let mut came = 0;
    loop {
        let body = until(&mut console, &mut picture, |body| match body {
            Body::Track(_) => Some(true),
            Body::SnapshotEnd(_) => Some(false),
            _ => None,
        });
        if !body {
            break;
        }
        came += 1;
    }
    // And the leaver once more, where its last report was still on its way.
    assert!((5..=6).contains(&came) && picture.tracks.len() == 15, "{came} {}", picture.tracks.len());
    until(&mut console, &mut picture, digest);

    // Around a track, by speed, by name: each a view of its own.
    let (area, filter) = (proto::Area::default, proto::Filter::default);
    let first = json.tracks.values().next().unwrap();
    let around = proto::Around { track: first.id, radius_m: 2300.0 };
    for (area, filter, expected) in [
        (Some(proto::Area { around: vec![around], ..area() }), None, 3),
        (None, Some(proto::Filter { min_sog_kn: Some(9.0), max_sog_kn: Some(11.0), ..filter() }), 20),
        (None, Some(proto::Filter { min_sog_kn: Some(11.0), ..filter() }), 0),
        (None, Some(proto::Filter { mmsis: vec![413_000_004, 413_000_005], ..filter() }), 2),
        (None, Some(proto::Filter { lists: vec!["ferries".to_owned()], ..filter() }), 2),
        (None, Some(proto::Filter { classes: vec!["class_b".to_owned()], ..filter() }), 0),
        (None, Some(proto::Filter { min_length_m: Some(1.0), ..filter() }), 0),
        (None, Some(proto::Filter { sources: vec!["sea".to_owned()], ..filter() }), 20),
        (Some(proto::Area { cells: vec!["N51H33".to_owned()], ..area() }), None, 0),
        (Some(proto::Area { cells: vec!["N51H".to_owned()], ..area() }), None, 20),
    ] {
        let view = proto::Subscribe { area, filter, things: vec!["tracks".to_owned()], ..Default::default() };
        let hello = proto::Hello { subscriptions: vec![view.clone()], ..named("view") };
        let (mut console, mut picture) = (connect(feed, Wire::Json, hello), Picture::default());
        until(&mut console, &mut picture, digest);
        assert_eq!(picture.tracks.len(), expected, "{view:?}");
    }
    drop(engine.stop());
}

#[test]
fn pages_find_the_feed_on_the_http_port() {
    let engine = start(ENGINE);
    let http = engine.addresses().http.unwrap();
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    sea.write_all(&report(413_000_001, 29.5, 122.1)).unwrap();
    eventually("a track", || scrape(http).sum("fairway_tracks", "") == 1);
    // Neither who says nothing nor who says half of it keeps others waiting.
    let _silent = TcpStream::connect(http).unwrap();
    let mut half = TcpStream::connect(http).unwrap();
    half.write_all(b"GET /fe").unwrap();
    for wire in [Wire::WebSocketJson, Wire::WebSocketProto] {
        let (mut console, mut picture) = (connect(http, wire, named("page")), Picture::default());
        let proof = until(&mut console, &mut picture, digest);
        assert!(picture.tracks.len() == 1 && proof.tracks.unwrap().count == 1, "{wire:?}");
    }
    for (path, headers, expected) in [
        ("feed", "Origin: http://elsewhere.example\r\n", "403 Forbidden"),
        ("feed", "Origin: http://fairway.example\r\n", "101 Switching Protocols"),
        ("feed?x=1", "", "101 Switching Protocols"),
        ("feeder", "", "404 Not Found"),
        ("livez", "", "200 OK"),
    ] {
        let mut stream = TcpStream::connect(http).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET /{path} HTTP/1.1\r\nHost: fairway.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
        )
        .unwrap();
        let mut answer = [0; 64];
        let read = std::io::Read::read(&mut stream, &mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{path} {headers:?}: {answer}");
    }
    half.write_all(b"ed HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    std::io::Read::read_exact(&mut half, &mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 426");
    drop(engine.stop());
}
