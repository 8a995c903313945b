//! Cameras on real sockets: what the engine's drivers do with simulated ones, and what hostile ones do to it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_push_string,
    reason = "a test may"
)]

mod hostile;
mod isapi;
mod pelco;
#[path = "../support/mod.rs"]
mod support;

mod sim;

use engine::Engine;
use engine::feed::console::{Console, Picture, Wire};
use engine::feed::proto::{self, client_message::Body as Say, command::Body as Do, server_message::Body};
use fusion::Plane;
use sha2::{Digest, Sha256};
use sim::{SERVER, Shared, Ship, now};
use simulate::camera::{Make, Seen};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use support::{Folder, eventually, source};
use units::Position;
use watch::cue::{Pose, aim::apart_deg};

const PASSWORD: &str = "canary-5up3r-s3cret";

/// Where all cameras stand.
fn hill() -> Position {
    Position::new(29.9, 122.2).unwrap()
}

const HEIGHT_M: f64 = 80.0;

/// An engine with these cameras, whose supervisor we are.
fn start(folder: &Folder, cameras: &[(&str, String)]) -> Engine {
    let hash = Sha256::digest("token").iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    std::fs::write(folder.file("tokens"), format!("{hash} supervisor Lin\n")).unwrap();
    let (mut secrets, mut each) = (String::new(), String::new());
    for (name, more) in cameras {
        let user = if name.starts_with("gb") { "" } else { "user = \"admin\"\n" };
        secrets.push_str(&format!("[\"{name}\"]\n{user}password = \"{PASSWORD}\"\n"));
        let (lat, lon) = (hill().lat(), hill().lon());
        each.push_str(&format!(
            "[[camera]]\nname = \"{name}\"\nposition = [{lat}, {lon}]\nheight_m = {HEIGHT_M}\n{more}\n"
        ));
    }
    std::fs::write(folder.file("secret"), secrets).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(folder.file("secret"), mode).unwrap();
    support::start(&format!(
        "[[source]]\nname = \"sea\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n\
         [feed]\njson = \"127.0.0.1:0\"\ntokens = '{}'\nlimits = {{ messages_per_s = 1000 }}\n\
         [http]\nlisten = \"127.0.0.1:0\"\n[changes]\npath = '{}'\n[audit]\npath = '{}'\n\
         [cameras]\ncredentials = '{}'\n\
         gb28181 = {{ listen = \"127.0.0.1:0\", id = \"{SERVER}\" }}\n{each}",
        folder.file("tokens").display(),
        folder.file("changes.jsonl").display(),
        folder.file("audit.jsonl").display(),
        folder.file("secret").display()
    ))
}

/// A console on its own thread's time: takes what comes until something holds.
struct Desk {
    console: Console,
    picture: Picture,
    cues: Vec<proto::Cue>,
    pictures: Vec<proto::Picture>,
    answer: Option<proto::Answer>,
    asked: u32,
}

impl Desk {
    fn new(engine: &Engine) -> Self {
        let hello = proto::Hello {
            client: "test".to_owned(),
            token: Some("token".to_owned()),
            ..proto::Hello::default()
        };
        let console = Console::connect(engine.addresses().json.unwrap(), Wire::Proto, hello).unwrap();
        console.stream.set_read_timeout(Some(support::PATIENCE)).unwrap();
        Self {
            console,
            picture: Picture::default(),
            cues: Vec::new(),
            pictures: Vec::new(),
            answer: None,
            asked: 0,
        }
    }

    fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !holds(self) {
            assert!(began.elapsed() < support::PATIENCE, "still not so: {what}");
            let message = self.console.receive().unwrap().expect("the engine ended");
            match &message.body {
                Some(Body::Cue(cue)) => self.cues.push(cue.clone()),
                Some(Body::Picture(picture)) => self.pictures.push(picture.clone()),
                Some(Body::Answer(answer)) => self.answer = Some(answer.clone()),
                _ => {}
            }
            self.picture.apply(message).unwrap();
        }
    }

    fn camera(&self, name: &str) -> proto::Camera {
        self.picture.cameras.get(name).cloned().unwrap_or_default()
    }

    fn command(&mut self, body: Do) -> proto::Answer {
        self.asked += 1;
        let id = format!("command-{}", self.asked);
        self.answer = None;
        self.console.say(Say::Command(proto::Command { id, body: Some(body) })).unwrap();
        self.until("an answer", |desk| desk.answer.is_some());
        self.answer.take().unwrap()
    }

    fn track(&mut self, mmsi: u32) -> u64 {
        let known = |desk: &Self| {
            let of = |track: &proto::Track| track.identity.as_ref().and_then(|it| it.mmsi) == Some(mmsi);
            desk.picture.tracks.values().find(|track| of(track) && track.hull.is_some()).map(|track| track.id)
        };
        self.until("a track with a hull", |desk| known(desk).is_some());
        known(self).unwrap()
    }

    fn point(&mut self, camera: &str, track: u64) -> proto::Answer {
        let camera = Some(camera.to_owned());
        self.command(Do::PointCamera(proto::PointCamera {
            camera,
            track: Some(track),
            place: None,
            follow: true,
        }))
    }
}

/// Ships report until the value is dropped.
struct Traffic(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Traffic {
    fn sail(engine: &Engine, ships: Vec<Ship>) -> Self {
        let mut sea = TcpStream::connect(source(engine, "sea")).unwrap();
        let going = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
        let traffic = Self(std::sync::Arc::clone(&going));
        std::thread::spawn(move || {
            for ship in &ships {
                sea.write_all(&ship.report(now().unix_s() / ship.every * ship.every)).unwrap();
                sea.write_all(&ship.statics()).unwrap();
            }
            let mut second = now().unix_s();
            while going.load(std::sync::atomic::Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(20));
                while second < now().unix_s() {
                    second += 1;
                    for ship in &ships {
                        if sea.write_all(&ship.report(second)).is_err() {
                            return;
                        }
                    }
                }
            }
        });
        traffic
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.0.store(false, std::sync::atomic::Ordering::Relaxed);
    }
}

/// A ship of 200 m at 14 kn, so far away; and a craft of 20 m at 30 kn. Both pass abeam.
fn ships() -> [Ship; 2] {
    let plane = Plane::at(hill());
    let since = now();
    let big = Ship {
        mmsi: 413_000_001,
        from: plane.to_position(-200.0, 6000.0),
        since,
        sog_kn: 14.0,
        cog_deg: 90.0,
        length_m: 200,
        every: 6,
    };
    let fast = Ship {
        mmsi: 413_000_002,
        from: plane.to_position(2000.0, -300.0),
        since,
        sog_kn: 30.0,
        cog_deg: 0.0,
        length_m: 20,
        every: 2,
    };
    [big, fast]
}

/// How far a camera truly looks from a ship, as a part of its field of view: sampled, sorted.
fn watched(all: &[(&str, &Shared, Ship)], seconds: u64) -> Vec<(String, Vec<f64>)> {
    let mut found: Vec<(String, Vec<f64>)> =
        all.iter().map(|(name, ..)| ((*name).to_owned(), Vec::new())).collect();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(seconds) {
        for ((_, camera, ship), (_, off)) in all.iter().zip(&mut found) {
            let [azimuth_deg, elevation_deg, fov_deg] = camera.looks();
            let sight = ship.seen_from(hill(), HEIGHT_M);
            let truth = Pose { azimuth_deg: sight.azimuth_deg, elevation_deg: sight.elevation_deg, fov_deg };
            let looks = Pose { azimuth_deg, elevation_deg, fov_deg };
            off.push(apart_deg(&truth, &looks) / fov_deg);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    for (_, off) in &mut found {
        off.sort_by(f64::total_cmp);
    }
    found
}

/// The page gets what the feed told of, and it is that.
fn assert_page_has(engine: &Engine, told: &proto::Picture) {
    let mut page = TcpStream::connect(engine.addresses().http.unwrap()).unwrap();
    write!(page, "GET /pictures/{} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", told.sha256).unwrap();
    let mut got = Vec::new();
    page.read_to_end(&mut got).unwrap();
    let body = got.windows(4).position(|four| four == b"\r\n\r\n").map(|at| &got[at + 4..]).unwrap();
    let hash = Sha256::digest(body).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    assert_eq!((hash, body.len()), (told.sha256.clone(), told.bytes as usize));
}

#[test]
fn ships_stay_in_the_middle_of_the_picture() {
    let folder = Folder::new("cameras");
    // Each stands a little differently from what it says of itself: that is what the mount is for.
    let make = |offset: f64| Make { pan_offset_deg: offset, tilt_offset_deg: 0.4, ..Make::default() };
    let [onvif, swift, gb, older, pelco] =
        [10.0, 200.0, 90.0, 0.0, 300.0].map(|offset| Shared::new(make(offset)));
    let mount = |offset: f64| format!("pan_offset_deg = {offset}\ntilt_offset_deg = 0.4\nlatency_s = 0.2\n");
    let by_address = |protocol: &str, address: std::net::SocketAddr| {
        format!("protocol = \"{protocol}\"\naddress = \"{address}\"\n")
    };
    let by_number = |id: &str| format!("protocol = \"gb28181\"\ndevice = \"{id}\"\n");
    let (new_id, old_id) = ("34020000001320000001", "34020000001320000002");
    let cameras = [
        ("onvif", by_address("onvif", onvif.serve_onvif("admin", PASSWORD)) + &mount(10.0)),
        ("swift", by_address("onvif", swift.serve_onvif("admin", PASSWORD)) + &mount(200.0)),
        ("gb new", by_number(new_id) + &mount(90.0)),
        // It comes back as exactly as clocks and networks let it: its pictures are as much wider.
        ("gb old", by_number(old_id) + &mount(0.0) + "repeat_deg = 0.8\n"),
        ("pelco", by_address("pelco-d", pelco.serve_pelco(true)) + &mount(300.0)),
    ];
    let engine = start(&folder, &cameras);
    let registrar = engine.addresses().gb28181.unwrap();
    gb.register_udp(registrar, new_id, PASSWORD, false);
    older.register_udp(registrar, old_id, PASSWORD, true);
    let [big, fast] = ships();
    let _traffic = Traffic::sail(&engine, vec![big, fast]);
    let mut desk = Desk::new(&engine);
    let (big_track, fast_track) = (desk.track(big.mmsi), desk.track(fast.mmsi));
    onvif.things.lock().unwrap().push(Seen { azimuth_deg: 0.0, elevation_deg: -0.8, width_deg: 1.9 });
    let names = ["onvif", "swift", "gb new", "gb old", "pelco"];
    desk.until("all are up", |desk| {
        names.iter().all(|name| matches!(desk.camera(name).state.as_str(), "up" | "slewing"))
    });
    for (name, track) in [
        ("onvif", big_track),
        ("swift", fast_track),
        ("gb new", big_track),
        ("gb old", big_track),
        ("pelco", big_track),
    ] {
        let answer = desk.point(name, track);
        assert_eq!(answer.code, 200, "{name}: {}", answer.text);
    }
    desk.until("all are there", |desk| {
        names[..4].iter().all(|name| desk.camera(name).state == "up" && desk.camera(name).track.is_some())
    });
    let all = [
        ("ONVIF, 200 m ship at 14 kn and 6 km", &onvif, big),
        ("ONVIF, 20 m craft at 30 kn and 2 km", &swift, fast),
        ("GB/T 28181-2022, the ship", &gb, big),
        ("GB/T 28181-2016, the ship, reckoned", &older, big),
        ("Pelco-D, the ship", &pelco, big),
    ];
    let found = watched(&all, 10);
    for (name, off) in &found {
        let at = |part: usize| off[(off.len() - 1) * part / 100];
        println!("{name}: off by {:.3} of the field of view at the median, {:.3} at most", at(50), at(100));
    }
    for (number, (name, off)) in found.iter().enumerate() {
        let most = off[off.len() - 1];
        // Of one that says nothing of itself no more is promised than that it is in the picture.
        let limit = if number == 3 { 0.5 } else { 0.25 };
        assert!(most < limit, "{name}: {most}");
    }

    // A picture of each that can take one, as the feed told and as the page gets it.
    desk.until("two pictures", |desk| desk.pictures.len() >= 2);
    let told = desk.pictures.iter().find(|picture| picture.camera == "onvif").unwrap().clone();
    assert_eq!((told.track, told.media.as_str()), (Some(big_track), "image/png"));
    assert_page_has(&engine, &told);

    // It is let go, and the motors stop.
    let release = proto::ReleaseCamera { camera: "swift".to_owned() };
    assert_eq!(desk.command(Do::ReleaseCamera(release)).code, 200);
    desk.until("it is told", |desk| desk.cues.iter().any(|cue| cue.released && cue.camera == "swift"));
    eventually("it stands still", || {
        swift.looks();
        !swift.camera.lock().unwrap().is_moving()
    });
    drop(engine.stop());
    for file in ["changes.jsonl", "audit.jsonl"] {
        let text = std::fs::read_to_string(folder.file(file)).unwrap();
        assert!(text.contains("camera") && !text.contains(PASSWORD), "{file}");
    }
}

#[test]
fn a_camera_that_dies_is_an_alert_and_its_ship_goes_elsewhere() {
    let folder = Folder::new("dead-camera");
    let [near, far] =
        [0.0, 120.0].map(|offset| Shared::new(Make { pan_offset_deg: offset, ..Make::default() }));
    let id = "34020000001320000009";
    let cameras = [
        (
            "near",
            format!(
                "protocol = \"onvif\"\naddress = \"{}\"\nfavour = 3.0\n",
                near.serve_onvif("admin", PASSWORD)
            ),
        ),
        ("gb far", format!("protocol = \"gb28181\"\ndevice = \"{id}\"\npan_offset_deg = 120.0\n")),
    ];
    let engine = start(&folder, &cameras);
    far.register_tcp(engine.addresses().gb28181.unwrap(), id, PASSWORD);
    let [big, _] = ships();
    let _traffic = Traffic::sail(&engine, vec![big]);
    let mut desk = Desk::new(&engine);
    let track = desk.track(big.mmsi);
    desk.until("both are up", |desk| ["near", "gb far"].iter().all(|name| desk.camera(name).state == "up"));
    // A call for help is an alert of its own: somebody draws a zone around the ship.
    let corner = |north: f64, east: f64| {
        let place = Plane::at(big.at(now())).to_position(east, north);
        proto::Point { lat: place.lat(), lon: place.lon() }
    };
    let zone = proto::Zone {
        name: "here".to_owned(),
        polygon: vec![corner(-3e3, -3e3), corner(-3e3, 3e3), corner(3e3, 3e3), corner(3e3, -3e3)],
        dwell_s: 0.1,
        ..proto::Zone::default()
    };
    assert_eq!(desk.command(Do::PutZone(proto::PutZone { zone: Some(zone) })).code, 200);
    let follows =
        |desk: &Desk, name: &str| desk.camera(name).track == Some(track) && desk.camera(name).state == "up";
    desk.until("the favoured one follows", |desk| follows(desk, "near"));
    near.alive.store(false, std::sync::atomic::Ordering::Relaxed);
    desk.until("the other follows", |desk| follows(desk, "gb far"));
    desk.until("alert 609", |desk| {
        desk.picture.alerts.values().any(|alert| alert.kind == 609 && alert.text_en.contains("near"))
    });
    assert_eq!(desk.camera("near").state, "down");
    let given: Vec<(String, bool)> = desk.cues.iter().map(|cue| (cue.camera.clone(), cue.released)).collect();
    assert_eq!(given, [("near".to_owned(), false), ("near".to_owned(), true), ("gb far".to_owned(), false)]);
    near.alive.store(true, std::sync::atomic::Ordering::Relaxed);
    desk.until("it is up again", |desk| desk.camera("near").state != "down");
    desk.until("609 is over", |desk| desk.picture.alerts.values().all(|alert| alert.kind != 609));
    drop(engine.stop());
}
