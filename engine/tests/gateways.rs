//! Neighbours over real sockets: each is told the same vessel in his own language, and what one does costs no other.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod support;

use decoders::arpa::{Message, Reference, TargetStatus, TrackedTarget, Unit};
use decoders::asterix::{Editions, Item, Reader as Asterix, cat062, cat065};
use decoders::ivef;
use decoders::nmea::{Item as Line, Reader as Nmea};
use engine::Engine;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use support::{Folder, Metrics, eventually, report, scrape, source, start};
use units::UtcTime;

const MMSI: u32 = 413_000_001;
const OUTSIDE: u32 = 413_000_002;

fn gateway(engine: &Engine, name: &str) -> TcpStream {
    let all = &engine.addresses().gateways;
    let stream = TcpStream::connect(all.iter().find(|(door, _)| door == name).unwrap().1).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    stream
}

/// Adds what has come; whether the peer is still there.
fn take(stream: &mut TcpStream, into: &mut Vec<u8>) -> bool {
    let mut bytes = [0; 16 * 1024];
    match stream.read(&mut bytes) {
        Ok(0) => false,
        Ok(read) => {
            into.extend_from_slice(&bytes[..read]);
            true
        }
        Err(error) => matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    }
}

/// A vessel off Zhoushan at 10 kn eastwards, and one outside the area, who report as long as somebody waits.
struct Sea {
    stream: TcpStream,
    step: f64,
}

impl Sea {
    fn of(engine: &Engine) -> Self {
        Self { stream: TcpStream::connect(source(engine, "sea")).unwrap(), step: 0.0 }
    }

    fn report(&mut self) {
        self.step += 1.0;
        let lon = 122.0 + self.step * 1e-6;
        self.stream.write_all(&report(MMSI, 30.0, lon)).unwrap();
        self.stream.write_all(&report(OUTSIDE, 31.5, lon)).unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn engine(gateways: &str) -> Engine {
    start(&format!(
        r#"
        [[source]]
        name = "sea"
        kind = "tcp-server"
        address = "127.0.0.1:0"
        [http]
        listen = "127.0.0.1:0"
        {gateways}
        "#
    ))
}

fn door(name: &str, format: &str, more: &str) -> String {
    format!(
        "[[gateway]]\nname = {name:?}\nformat = {format:?}\nlisten = \"127.0.0.1:0\"\n\
         area = [29.0, 121.0, 31.0, 123.0]\nperiod_s = 0.1\n{more}\n"
    )
}

#[test]
fn signal_k_tells_a_vessel_in_si_units() {
    let engine = engine(&door("plotter", "signal-k", ""));
    let (mut sea, mut peer, mut heard) = (Sea::of(&engine), gateway(&engine, "plotter"), Vec::new());
    let mut found = None;
    eventually("a delta of the vessel", || {
        sea.report();
        assert!(take(&mut peer, &mut heard));
        let whole = heard.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines = heard[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let lines: Vec<serde_json::Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
        assert!(lines.first().is_none_or(|hello| hello["version"] == "1.7.0"));
        let is_of =
            |delta: &&serde_json::Value| delta["context"] == format!("vessels.urn:mrn:imo:mmsi:{MMSI}");
        found = lines.iter().find(is_of).cloned();
        found.is_some()
    });
    let update = &found.unwrap()["updates"][0];
    let value = |path: &str| {
        let values = update["values"].as_array().unwrap();
        values.iter().find(|value| value["path"] == path).unwrap()["value"].clone()
    };
    let place = value("navigation.position");
    assert!((place["latitude"].as_f64().unwrap() - 30.0).abs() < 1e-3, "{place}");
    assert!((value("navigation.speedOverGround").as_f64().unwrap() - 5.144).abs() < 0.1);
    let course = value("navigation.courseOverGroundTrue").as_f64().unwrap();
    assert!((course - std::f64::consts::FRAC_PI_2).abs() < 0.05, "{course}");
    assert!(!String::from_utf8_lossy(&heard).contains(&OUTSIDE.to_string()), "outside its area");
    drop(engine.stop());
}

#[test]
fn cursor_on_target_tells_a_vessel_and_its_doubt() {
    let engine = engine(&door("tak", "cot", ""));
    let (mut sea, mut peer, mut heard) = (Sea::of(&engine), gateway(&engine, "tak"), Vec::new());
    eventually("an event of the vessel", || {
        sea.report();
        assert!(take(&mut peer, &mut heard));
        String::from_utf8_lossy(&heard).contains(&format!("MMSI {MMSI}"))
    });
    let text = String::from_utf8(heard).unwrap();
    let event = text.split("<?xml").find(|event| event.contains("</event>")).unwrap();
    let of = |name: &str| event.split_once(&format!(" {name}=\"")).unwrap().1.split_once('"').unwrap().0;
    assert_eq!(of("how"), "m-f");
    assert!(of("type").starts_with("a-n-S"), "{event}");
    assert!(
        (of("lat").parse::<f64>().unwrap() - 30.0).abs() < 1e-3 && of("ce").parse::<f64>().unwrap() < 100.0
    );
    assert!(of("stale") > of("time"), "{event}");
    assert!(!text.contains(&OUTSIDE.to_string()), "outside its area");
    drop(engine.stop());
}

/// Where the vessel is, and whether the end of a batch was told.
fn system_tracks(bytes: &[u8]) -> (Option<[f64; 2]>, bool) {
    let (mut place, mut ends) = (None, false);
    Asterix::new(Editions::default()).read(bytes, false, |item| {
        let Item::Record(record) = item else { panic!("{item:?}") };
        match record.category.number {
            62 => {
                let track = cat062::Track::read(&record);
                if track.special == Some(MMSI.to_string().as_bytes()) {
                    assert_eq!(track.source.map(|source| (source.sac, source.sic)), Some((25, 7)));
                    place = track.wgs84_deg;
                }
                assert_ne!(track.special, Some(OUTSIDE.to_string().as_bytes()), "outside its area");
            }
            65 => ends |= cat065::Status::read(&record).kind == Some(2),
            other => panic!("category {other}"),
        }
    });
    (place, ends)
}

#[test]
fn asterix_tells_a_vessel_by_tcp_and_by_udp() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let to: SocketAddr = socket.local_addr().unwrap();
    let engine = engine(&door("centre", "asterix", &format!("sac = 25\nsic = 7\nsend = [\"{to}\"]")));
    let (mut sea, mut peer, mut heard) = (Sea::of(&engine), gateway(&engine, "centre"), Vec::new());
    eventually("a track and the end of a batch", || {
        sea.report();
        assert!(take(&mut peer, &mut heard));
        let (place, ends) = system_tracks(&heard);
        place.is_some_and(|[lat, lon]| (lat - 30.0).abs() < 1e-3 && (lon - 122.0).abs() < 1e-2) && ends
    });
    let (mut has_track, mut has_end) = (false, false);
    eventually("both in datagrams", || {
        sea.report();
        let mut datagram = [0; 2048];
        while let Ok(length) = socket.recv(&mut datagram) {
            let (place, ends) = system_tracks(&datagram[..length]);
            has_track |= place.is_some();
            has_end |= ends;
        }
        has_track && has_end
    });
    drop(engine.stop());
}

#[test]
fn nmea_tells_the_known_as_ais_and_where_the_station_is() {
    let engine = engine(&door("bridge", "nmea", "station = [29.9, 122.1]"));
    let (mut sea, mut peer, mut heard) = (Sea::of(&engine), gateway(&engine, "bridge"), Vec::new());
    eventually("a position, a name and the station", || {
        sea.report();
        assert!(take(&mut peer, &mut heard));
        let text = String::from_utf8_lossy(&heard);
        let (mut kinds, mut reader) = (Vec::new(), Nmea::new());
        for line in text.lines() {
            reader.line(decoders::frame::Line::Whole(line.as_bytes()), UtcTime::from_unix_s(0), |item| {
                if let Line::Ais(received) = item {
                    assert_eq!(received.message.mmsi().number(), MMSI);
                    kinds.push(received.message.kind());
                }
            });
        }
        kinds.contains(&1) && kinds.contains(&5) && text.contains("$AIRMC,")
    });
    drop(engine.stop());
}

#[test]
fn nmea_tells_what_has_no_number_as_a_target_of_the_station() {
    let engine = start(&format!(
        r#"
        [[source]]
        name = "sea"
        kind = "tcp-server"
        address = "127.0.0.1:0"
        [[source.radar]]
        position = [29.9, 122.1]
        {}
        "#,
        door("bridge", "nmea", "station = [29.9, 122.1]")
    ));
    let mut radar = TcpStream::connect(source(&engine, "sea")).unwrap();
    let (mut peer, mut heard, mut step) = (gateway(&engine, "bridge"), Vec::new(), 0.0);
    eventually("a target", || {
        // Three miles north-east at 9 kn northwards, from the same place as the station.
        step += 0.05;
        let seen = TrackedTarget {
            number: Some(7),
            distance: Some(3.0 + 9.0 * step / 3600.0),
            bearing: Some(45.0),
            bearing_from: Some(Reference::True),
            speed: Some(9.0),
            course: Some(45.0),
            course_from: Some(Reference::True),
            unit: Some(Unit::NauticalMiles),
            status: Some(TargetStatus::Tracking),
            ..TrackedTarget::default()
        };
        let mut line = Vec::new();
        Message::Ttm(seen).encode(*b"RA", &mut line);
        radar.write_all(&line).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        assert!(take(&mut peer, &mut heard));
        String::from_utf8_lossy(&heard).contains("$RATTM,")
    });
    let text = String::from_utf8(heard).unwrap();
    let fields: Vec<&str> =
        text.lines().find(|line| line.starts_with("$RATTM,")).unwrap().split(',').collect();
    let number = |at: usize| fields[at].parse::<f64>().unwrap();
    assert_eq!((fields[1], fields[4], fields[12]), ("01", "T", "T"));
    assert!((number(2) - 3.0).abs() < 0.1 && (number(3) - 45.0).abs() < 1.0, "{text}");
    assert!(!text.contains("!AIVDM"), "nobody speaks for it");
    drop(engine.stop());
}

fn users(folder: &Folder) -> String {
    let path = folder.file("password");
    std::fs::write(&path, "s3cret\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    format!("users = [{{ name = \"east\", password_file = \"{}\" }}]", path.display())
}

const ID: &str = "{11111111-2222-4333-8444-555555555555}";

fn said(compose: impl FnOnce(&mut ivef::Document)) -> Vec<u8> {
    let (mut document, mut bytes) = (ivef::Document::new(), Vec::new());
    compose(&mut document);
    document.encode(&mut bytes);
    bytes
}

#[test]
fn ivef_is_for_those_who_log_in() {
    let folder = Folder::new("gateway-ivef");
    let engine = engine(&door("vts", "ivef", &users(&folder)));
    let mut sea = Sea::of(&engine);
    let login = |password: &str| {
        said(|document| ivef::message::login_request(document, ID, "east", password).unwrap())
    };
    let ping = said(|document| ivef::message::ping(document, ID, UtcTime::from_unix_s(0)).unwrap());
    // Who speaks before it logs in, and who does not know the password, is not served.
    for (words, answer) in [(ping.clone(), ""), (login("wrong"), "LoginResponse")] {
        let (mut peer, mut heard) = (gateway(&engine, "vts"), Vec::new());
        peer.write_all(&words).unwrap();
        eventually("it is closed", || !take(&mut peer, &mut heard));
        let text = String::from_utf8_lossy(&heard);
        assert!(text.contains(answer) && !text.contains("ObjectData"), "{text}");
    }
    let (mut peer, mut heard) = (gateway(&engine, "vts"), Vec::new());
    peer.write_all(&login("s3cret")).unwrap();
    peer.write_all(&ping).unwrap();
    let mut stream = ivef::Stream::new(ivef::Rules::Strict);
    let (mut accepted, mut pong, mut at) = (false, false, None);
    eventually("the vessel, a pong", || {
        sea.report();
        heard.clear();
        assert!(take(&mut peer, &mut heard));
        stream.take(&heard, |item| {
            let ivef::Item::Message(document) = item else { panic!("{item:?}") };
            match ivef::message::Message::of(document) {
                Some(ivef::message::Message::LoginResponse(reply)) => {
                    accepted = reply.verdict == ivef::message::Verdict::Accepted && reply.on == Some(ID);
                }
                Some(ivef::message::Message::Pong { on }) => pong = on == Some(ID),
                _ => {}
            }
            for object in document.objects() {
                let is_it = |vessel: &ivef::message::Vessel<'_>| {
                    let mmsi = vessel.mmsi.map(units::Mmsi::number);
                    assert_ne!(mmsi, Some(OUTSIDE), "outside its area");
                    mmsi == Some(MMSI)
                };
                if ivef::message::Vessel::all(object).any(|vessel| is_it(&vessel)) {
                    at = ivef::message::Track::of(object).and_then(|track| track.position);
                }
            }
        });
        accepted && pong && at.is_some()
    });
    assert!((at.unwrap().lat() - 30.0).abs() < 1e-3);
    peer.write_all(&said(|document| ivef::message::logout(document, ID).unwrap())).unwrap();
    eventually("it has left", || !take(&mut peer, &mut heard));
    drop(engine.stop());
}

#[test]
fn one_engine_is_the_others_neighbour() {
    let folder = Folder::new("gateway-neighbours");
    let east = engine(&door("vts", "ivef", &users(&folder)));
    let address = east.addresses().gateways[0].1;
    let west = start(&format!(
        r#"
        [[source]]
        name = "vts"
        kind = "tcp-client"
        address = "{address}"
        format = "ivef"
        [source.ivef]
        user = "east"
        password_file = {:?}
        areas = [[[29.5, 121.5], [29.5, 122.5], [30.5, 122.5], [30.5, 121.5]]]
        [feed]
        json = "127.0.0.1:0"
        "#,
        folder.file("password")
    ));
    let (mut sea, feed) = (Sea::of(&east), west.addresses().json.unwrap());
    let mut console = gateway_like(feed);
    let mut heard = Vec::new();
    eventually("the vessel in the other picture", || {
        sea.report();
        assert!(take(&mut console, &mut heard));
        String::from_utf8_lossy(&heard).contains(&MMSI.to_string())
    });
    assert!(!String::from_utf8_lossy(&heard).contains(&OUTSIDE.to_string()));
    drop(west.stop());
    drop(east.stop());
}

/// Cursor on Target: what one tells the other, and what a stranger sends beside it.
#[test]
fn events_of_another_engine_are_tracks_here() {
    let east = engine(&door("tak", "cot", ""));
    let west = start(&format!(
        r#"
        [[source]]
        name = "east"
        kind = "tcp-client"
        address = "{}"
        format = "cot"
        [[source]]
        name = "boats"
        kind = "udp"
        address = "127.0.0.1:0"
        format = "cot"
        [feed]
        json = "127.0.0.1:0"
        "#,
        east.addresses().gateways[0].1
    ));
    let boats = west.addresses().sources.iter().find(|(name, _)| name == "boats").unwrap().1;
    let hand_held = UdpSocket::bind("127.0.0.1:0").unwrap();
    let say = |text: &str| {
        hand_held.send_to(text.as_bytes(), boats).unwrap();
    };
    let mut sea = Sea::of(&east);
    let mut console = gateway_like(west.addresses().json.unwrap());
    let (mut heard, mut step) = (Vec::new(), 0.0);
    eventually("the vessel and the boat in the other picture", || {
        sea.report();
        step += 1e-5;
        say("<event><point/></event>");
        say(&format!(
            "<event version=\"2.0\" uid=\"ANDROID-7\" type=\"a-f-S-X-L\"><point lat=\"30.2\" lon=\"{}\" \
             ce=\"9\"/><detail><contact callsign=\"HAIXUN 7\"/><track course=\"90\" speed=\"5\"/></detail></event>",
            122.3 + step
        ));
        assert!(take(&mut console, &mut heard));
        let text = String::from_utf8_lossy(&heard);
        text.contains(&MMSI.to_string()) && text.contains("HAIXUN 7")
    });
    assert!(!String::from_utf8_lossy(&heard).contains(&OUTSIDE.to_string()));
    assert!(Metrics::parse(&west.metrics()).sum("fairway_sentences_rejected_total", "no_uid") > 0);
    drop(west.stop());
    drop(east.stop());
}

fn gateway_like(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"{\"hello\":{\"client\":\"test\"}}\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    stream
}

#[test]
fn what_one_does_costs_no_other() {
    let folder = Folder::new("gateway-limits");
    let all = [
        door("plotter", "signal-k", "max_peers = 3"),
        door("bridge", "nmea", ""),
        door("centre", "asterix", ""),
        door("tak", "cot", ""),
        door("vts", "ivef", &users(&folder)),
    ];
    let engine = engine(&all.concat());
    let mut sea = Sea::of(&engine);
    // Megabytes of nothing at every door, and one that never reads.
    for name in ["plotter", "bridge", "centre", "tak", "vts"] {
        let mut rude = gateway(&engine, name);
        rude.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
        for noise in [vec![0xff; 1 << 20], vec![b'<'; 1 << 20], b"<MSG_IVEF>".to_vec(), vec![b'A'; 6 << 20]] {
            // Closed in the face of it, or not.
            let _either = rude.write_all(&noise);
        }
    }
    let _deaf = gateway(&engine, "plotter");
    let (mut peer, mut heard) = (gateway(&engine, "plotter"), Vec::new());
    eventually("the well-behaved one is served", || {
        sea.report();
        assert!(take(&mut peer, &mut heard));
        String::from_utf8_lossy(&heard).contains(&MMSI.to_string())
    });
    // No more than it says, and that is counted.
    let _third = gateway(&engine, "plotter");
    let (mut fourth, mut nothing) = (gateway(&engine, "plotter"), Vec::new());
    eventually("one too many is closed", || !take(&mut fourth, &mut nothing));
    let http = engine.addresses().http.unwrap();
    let ends = scrape(http).sum("fairway_gateway_ends_total", "reason=\"too many\"");
    assert_eq!((nothing.len(), ends), (0, 1));
    assert!(scrape(http).sum("fairway_gateway_sent_bytes_total", "plotter") > 0);
    drop(engine.stop());
}
