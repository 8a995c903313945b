//! What consoles showed is in the recording, segment by segment.

use super::support::{Console, Folder, eventually, report, source};
use engine::recording::Recording;
use engine::recording::consoles::{Console as Shown, shown};
use engine::{Engine, config};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;
use units::UtcTime;

fn recorded(folder: &Path) -> Vec<Shown> {
    let (consoles, faults) = shown(&Recording::open(folder).unwrap(), None, None);
    assert_eq!(faults, []);
    consoles
}

#[test]
fn what_each_console_showed_is_known_and_who_looked() {
    let folder = Folder::new("record-watched");
    let toml = "[[source]]\nname = \"sea\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n\
        [feed]\njson = \"127.0.0.1:0\"\n[record]\npath = \"recording\"\nsegment_s = 2\n";
    let config = config::parse(toml, &folder.file("fairway.toml")).unwrap();
    let engine = Engine::start(config, false).unwrap();
    let mut ship = TcpStream::connect(source(&engine, "sea")).unwrap();
    let mut goes_on = || ship.write_all(&report(413_000_001, 30.0, 122.0)).unwrap();
    goes_on();
    let feed = engine.addresses().json.unwrap();
    let mut passes_by = Console::connect(feed);
    passes_by.until("snapshot_end");

    let mut desk = TcpStream::connect(feed).unwrap();
    let hello = r#"{"hello":{"client":"desk 1","subscriptions":[{"id":1,"things":["tracks"],"area":{"cells":[],"boxes":[{"south":29.0,"west":121.0,"north":31.0,"east":123.0}]}}]}}"#;
    let shows = r#"{"viewing":{"lat":30.0,"lon":122.0,"zoom":11.0,"layout":"desk","sound":"muted","hidden":["trails"]}}"#;
    let more = r#"{"subscribe":{"id":2,"things":["alerts"]}}"#;
    let wrong = r#"{"viewing":{"lat":91.0}}"#;
    // The same again is no change, and what is wrong is told and not recorded.
    for line in [hello, shows, shows, more, wrong] {
        desk.write_all(line.as_bytes()).unwrap();
        desk.write_all(b"\n").unwrap();
    }
    let mut lines = BufReader::new(desk.try_clone().unwrap()).lines();
    let refused = lines.find_map(|line| line.ok().filter(|line| line.contains("\"error\""))).unwrap();
    assert!(refused.contains("viewing"), "{refused}");
    drop(passes_by);
    let kept = folder.file("recording");
    let mut segments_when = |what: &str, is_so: &dyn Fn(&Recording) -> bool| {
        let mut segments = 0;
        eventually(what, || {
            goes_on();
            std::thread::sleep(Duration::from_millis(200));
            Recording::open(&kept).is_ok_and(|recording| {
                segments = recording.segments.len();
                is_so(&recording)
            })
        });
        segments
    };
    let has_left = |it: &Shown| it.client == "test" && it.said == "left";
    let left_in =
        segments_when("one has left", &|recording| shown(recording, None, None).0.iter().any(has_left));
    segments_when("two segments more", &|recording| recording.segments.len() >= left_in + 2);
    drop(engine.stop());

    let all = recorded(&kept);
    let said = |name: &str| -> Vec<_> {
        all.iter().filter(|it| it.client == name).map(|it| it.said.as_str()).collect()
    };
    assert_eq!(said("test"), ["joined", "left"]);
    assert_eq!(said("desk 1")[..3], ["joined", "view", "view"]);
    let last = all.iter().rfind(|it| it.client == "desk 1" && it.said == "view").unwrap();
    let viewing = last.viewing.as_ref().unwrap();
    assert_eq!(
        (viewing.lat, viewing.sound.as_str(), &viewing.hidden[..]),
        (Some(30.0), "muted", &["trails".to_owned()][..])
    );
    assert_eq!(last.subscriptions.iter().map(|it| it.id).collect::<Vec<_>>(), [1, 2]);
    let area = last.subscriptions[0].area.as_ref().unwrap();
    assert_eq!(area.boxes[0].north, 31.0);
    assert_eq!((last.role.as_str(), last.form.as_str(), last.user.as_deref()), ("viewer", "json", None));
    assert!(last.address.starts_with("127.0.0.1:"));

    // Who has only the last segment knows who was there, and what they showed.
    let file = |number: u32| kept.join(format!("{number:06}.mcap"));
    let segments = Recording::open(&kept).unwrap().segments.len() as u32;
    for number in 1..segments {
        std::fs::remove_file(file(number)).unwrap();
    }
    let stood = recorded(&kept);
    let stands = stood.iter().find(|it| it.client == "desk 1" && it.said == "stands").unwrap();
    assert_eq!((&stands.viewing, &stands.subscriptions), (&last.viewing, &last.subscriptions));
    assert!(!stood.iter().any(|it| it.client == "test"));
}

/// Where the engine is begun again, who was there before is not said to be there still.
#[test]
fn a_run_begins_with_nobody() {
    let folder = Folder::new("record-watched-again");
    let toml = "[[source]]\nname = \"sea\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n\
        [feed]\njson = \"127.0.0.1:0\"\n[record]\npath = \"recording\"\n";
    let config = || config::parse(toml, &folder.file("fairway.toml")).unwrap();
    let mut there = Vec::new();
    for _ in 0..2 {
        let engine = Engine::start(config(), false).unwrap();
        let mut ship = TcpStream::connect(source(&engine, "sea")).unwrap();
        ship.write_all(&report(413_000_001, 30.0, 122.0)).unwrap();
        if there.is_empty() {
            let mut console = Console::connect(engine.addresses().json.unwrap());
            console.until("snapshot_end");
            // It never leaves: the engine does.
            there.push(console);
        }
        drop(engine.stop());
    }
    let recording = Recording::open(&folder.file("recording")).unwrap();
    let (all, _) = shown(&recording, None, None);
    let began: Vec<_> = all.iter().filter(|it| it.said == "began").map(|it| it.time_us).collect();
    assert!(began.len() == 2 && all.iter().any(|it| it.client == "test"), "{all:?}");
    let (since, _) = shown(&recording, Some(UtcTime::from_unix_us(began[1] + 1)), None);
    assert_eq!(since, []);
    let (before, _) = shown(&recording, Some(UtcTime::from_unix_us(began[1])), None);
    assert!(before.iter().all(|it| it.said != "joined"), "{before:?}");
}
