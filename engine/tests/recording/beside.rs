//! Another configuration's picture beside a replay, in step with it; and what both draw.

use super::replay::Viewer;
use super::{Folder, record_as, traffic};
use engine::core::Core;
use engine::feed::Names;
use engine::recording::beside::Other;
use engine::recording::cursor::Cursor;
use engine::recording::session::Start;
use engine::recording::{Recording, Setup};
use engine::{Display, Engine, config};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use units::UtcTime;

/// Later in encounters than the usual, and so in what is raised of them.
const OTHER: &str = "[watch.encounter]\non_delay_s = 45.0\n";

fn core(more: &str, setup: &Setup) -> Core {
    let toml = format!("[[source]]\nname = \"sea\"\nkind = \"file\"\npath = \"sea.nmea\"\n{more}");
    let config = config::parse(&toml, Path::new("other.toml")).unwrap();
    Core::new(config.fusion, config.watch).with_sources(setup.sources.clone())
}

fn serve(recording: &Recording, wall: bool, other: Option<Other>) -> Engine {
    let any = || "127.0.0.1:0".parse().unwrap();
    let names = Arc::new(Names::new(vec!["sea".to_owned()]));
    let feed = config::Feed { json: Some(any()), ..config::Feed::default() };
    let display = wall.then(|| Display { address: any(), wall: config::Wall::default(), figures: None });
    let start = Start { at: None, speed: 1.0 };
    Engine::replay(recording.clone(), names, start, feed, display, other).unwrap()
}

type Seen = (BTreeSet<u64>, BTreeSet<(u64, i64)>);

/// What a recording has at an instant: its tracks, and its alerts by kind and by when they were raised.
fn truth(recording: &Recording, at: UtcTime) -> Seen {
    let names = Arc::new(Names::new(vec!["sea".to_owned()]));
    let cursor = Cursor::at(recording, &names, at).unwrap();
    let alerts = cursor.core().watch.alerts();
    (
        cursor.core().picture.tracks().map(|track| track.id.0).collect(),
        alerts.map(|alert| (u64::from(alert.kind.code()), alert.raised.unix_us())).collect(),
    )
}

/// What a console sees, once it is where the replay is.
fn seen(viewer: &mut Viewer, at_us: i64) -> Seen {
    let began = Instant::now();
    while viewer.place().0 != at_us {
        assert!(began.elapsed() < crate::support::PATIENCE, "it never came to {at_us}");
    }
    viewer.seen()
}

#[test]
fn what_another_configuration_shows_beside_a_replay_is_what_it_would_have_shown() {
    let (folder, second) = (Folder::new("record-beside"), Folder::new("record-beside-other"));
    let sea = folder.file("sea.nmea");
    traffic(&sea, 8.0, 0);
    record_as(&folder.file(""), &sea, 65_536, "");
    // The same sea, live, under the other configuration: the truth.
    record_as(&second.file(""), &sea, 65_536, OTHER);
    let then = Recording::open(&folder.file("recording")).unwrap();
    let would = Recording::open(&second.file("recording")).unwrap();
    let setup = Setup::of(&then).unwrap();
    let other = Other { name: "other.toml".to_owned(), core: core(OTHER, &setup) };
    let engine = serve(&then, false, Some(other));
    let mut here = Viewer::connect(&engine);
    let mut there = Viewer::over(engine.addresses().beside.unwrap());

    let (from, to) = then.span().unwrap();
    let us = |part: f64| from.unix_us() + ((to.unix_us() - from.unix_us()) as f64 * part) as i64;
    let mut differ = 0;
    // Forward, far back, a little, the beginning and the end; whoever looks at the other may say so too.
    for (part, by_other) in
        [(0.9, false), (0.4, false), (0.7, true), (0.69, false), (0.0, true), (1.0, false)]
    {
        let wish = format!("\"replay\":{{\"seek_us\":{},\"playing\":false}}", us(part));
        let who = if by_other { &mut there } else { &mut here };
        assert_eq!(who.wish(&wish).0, 200);
        let names = Arc::new(Names::new(vec!["sea".to_owned()]));
        let cursor = Cursor::at(&then, &names, UtcTime::from_unix_us(us(part))).unwrap();
        let at_us = cursor.core().picture.now().unix_us();
        let recorded = seen(&mut here, at_us);
        let rerun = seen(&mut there, at_us);
        assert_eq!(recorded, truth(&then, UtcTime::from_unix_us(us(part))), "as recorded, at {part}");
        assert_eq!(rerun, truth(&would, UtcTime::from_unix_us(us(part))), "re-run, at {part}");
        differ += u32::from(recorded.1 != rerun.1);
    }
    assert!(differ > 0, "the two configurations do the same: nothing is tested");

    // Playing, both go on together, to the same end.
    assert_eq!(
        here.wish(&format!("\"replay\":{{\"seek_us\":{},\"speed\":100,\"playing\":true}}", us(0.2))).0,
        200
    );
    while here.place().1 {}
    let end = here.place().0;
    assert_eq!(seen(&mut there, end), truth(&would, to.plus_s(60.0)));
    drop(engine.stop());
}

#[test]
fn the_same_configuration_beside_a_replay_is_the_same_picture_over_what_is_missing_too() {
    let folder = Folder::new("record-beside-same");
    let sea = folder.file("sea.nmea");
    traffic(&sea, 4.0, 0);
    record_as(&folder.file(""), &sea, 65_536, "");
    // Another run, of another configuration: a core of its own, and an entry that is left out between the two.
    traffic(&sea, 2.0, 300);
    record_as(&folder.file(""), &sea, 65_536, OTHER);
    let recording = Recording::open(&folder.file("recording")).unwrap();
    let setup = Setup::of(&recording).unwrap();
    let other = Other { name: "same.toml".to_owned(), core: core("", &setup) };
    let engine = serve(&recording, false, Some(other));
    let mut here = Viewer::connect(&engine);
    let mut there = Viewer::over(engine.addresses().beside.unwrap());
    let (from, to) = recording.span().unwrap();
    for at in [from.plus_s(200.0), from.plus_s(100.0)] {
        let wish = format!("\"replay\":{{\"seek_us\":{},\"playing\":false}}", at.unix_us());
        assert_eq!(here.wish(&wish).0, 200);
        let expected = truth(&recording, at);
        assert!(expected.0.len() > 10, "{expected:?}");
        let at_us = here.place().0;
        assert_eq!((here.seen(), seen(&mut there, at_us)), (expected.clone(), expected));
    }
    let wish = format!("\"replay\":{{\"seek_us\":{},\"playing\":false}}", to.unix_us());
    assert_eq!(here.wish(&wish).0, 200);
    let end = here.place().0;
    assert!(!seen(&mut there, end).0.is_empty());
    drop(engine.stop());
}

fn get(http: SocketAddr, path: &str) -> serde_json::Value {
    let mut stream = std::net::TcpStream::connect(http).unwrap();
    stream.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: test\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    serde_json::from_str(text.rsplit("\r\n\r\n").next().unwrap()).unwrap()
}

fn drawn(http: SocketAddr, path: &str) -> Vec<String> {
    let all = get(http, path);
    let names = all["features"].as_array().unwrap().iter();
    names.map(|feature| feature["properties"]["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_replay_draws_what_was_in_force_then() {
    let folder = Folder::new("record-draws");
    let sea = folder.file("sea.nmea");
    let gate =
        |name: &str| format!("[[watch.gates]]\nname = \"{name}\"\nline = [[29.9, 122.0], [29.9, 122.2]]\n");
    traffic(&sea, 3.0, 0);
    record_as(&folder.file(""), &sea, 65_536, &gate("before"));
    traffic(&sea, 2.0, 300);
    record_as(&folder.file(""), &sea, 65_536, &gate("after"));
    let recording = Recording::open(&folder.file("recording")).unwrap();
    let setup = Setup::of(&recording).unwrap();
    let other = Other { name: "other.toml".to_owned(), core: core(&gate("other"), &setup) };
    let engine = serve(&recording, true, Some(other));
    let http = engine.addresses().http.unwrap();
    assert_eq!(get(http, "/wall.json")["beside"], "other.toml");
    let mut here = Viewer::connect(&engine);
    let (from, to) = recording.span().unwrap();
    for (at, name) in [(from.plus_s(20.0), "before"), (to, "after"), (from.plus_s(60.0), "before")] {
        let wish = format!("\"replay\":{{\"seek_us\":{},\"playing\":false}}", at.unix_us());
        assert_eq!(here.wish(&wish).0, 200);
        assert_eq!(drawn(http, "/areas.json"), [name]);
        assert_eq!(drawn(http, "/beside/areas.json"), ["other"]);
    }
    // Both feeds are there for pages, and no other.
    for (path, status) in [("/feed", "101"), ("/feed/beside", "101"), ("/feed/other", "404")] {
        let mut stream = std::net::TcpStream::connect(http).unwrap();
        stream.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
        // In pieces: a path is known only when it is whole.
        let (one, rest) = path.split_at(3);
        write!(stream, "GET {one}").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(50));
        write!(
            stream,
            "{rest} HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        .unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(std::str::from_utf8(&head).unwrap(), format!("HTTP/1.1 {status}"), "{path}");
    }
    drop(engine.stop());
}
