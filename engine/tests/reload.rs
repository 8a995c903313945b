//! Another configuration while the engine runs: it is followed, or all goes on as it was.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod support;

use engine::feed::Names;
use engine::recording::rerun::compare;
use engine::recording::{Recording, Setup};
use engine::{Engine, config};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use support::{Console, Folder, Metrics, PATIENCE, eventually, report};

const MMSI: u32 = 413_000_001;
const ZONE: &str = "[[watch.zones]]\nname = \"Jintang\"\n\
    polygon = [[29.9, 121.9], [29.9, 122.2], [30.1, 122.2], [30.1, 121.9]]\n";

fn base(more: &str) -> String {
    format!(
        "[[source]]\nname = \"sea\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n\
         [feed]\njson = \"127.0.0.1:0\"\n[record]\npath = \"recording\"\nkey = \"record.key\"\n{more}"
    )
}

fn parsed(text: &str, folder: &Path) -> config::Config {
    config::parse(text, &folder.join("fairway.toml")).unwrap()
}

fn listening(name: &str, address: &str) -> String {
    format!("[[source]]\nname = \"{name}\"\nkind = \"tcp-server\"\naddress = \"{address}\"\n")
}

/// A vessel that reports until somebody has seen what they wait for.
struct Ship {
    stream: TcpStream,
    mmsi: u32,
    step: f64,
    /// What was said of alerts while it reported.
    alerts: Vec<serde_json::Value>,
    /// And of sources.
    sensors: Vec<serde_json::Value>,
}

impl Ship {
    fn at(address: SocketAddr, mmsi: u32) -> Self {
        Self {
            stream: TcpStream::connect(address).unwrap(),
            mmsi,
            step: 0.0,
            alerts: Vec::new(),
            sensors: Vec::new(),
        }
    }

    fn report(&mut self) {
        self.step += 1e-5;
        self.stream.write_all(&report(self.mmsi, 30.0, 122.0 + self.step)).unwrap();
    }

    /// Reports until a message of that kind is as wanted.
    fn until(
        &mut self,
        console: &mut Console,
        kind: &str,
        is_it: impl Fn(&serde_json::Value) -> bool,
    ) -> serde_json::Value {
        let began = std::time::Instant::now();
        loop {
            assert!(began.elapsed() < PATIENCE, "no {kind} as wanted");
            self.report();
            std::thread::sleep(Duration::from_millis(20));
            for _ in 0..20 {
                let message = console.next();
                self.alerts.extend(message.get("alert").cloned());
                self.sensors.extend(message.get("sensor").cloned());
                if let Some(body) = message.get(kind).filter(|body| is_it(body)) {
                    return body.clone();
                }
                if message.get("track").is_some() {
                    break;
                }
            }
        }
    }

    /// Whether the engine has hung up.
    fn is_cut(&mut self) -> bool {
        self.stream.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        matches!(self.stream.read(&mut [0; 16]), Ok(0))
    }
}

fn reloads(engine: &Engine, outcome: &str) -> i64 {
    Metrics::parse(&engine.metrics()).sum("fairway_config_reloads_total", outcome)
}

#[test]
fn what_changes_is_followed_and_what_lives_goes_on() {
    let folder = Folder::new("reload");
    let place = folder.file("");
    let mut engine = Engine::start(parsed(&base(ZONE), &place), false).unwrap();
    let mut console = Console::connect(engine.addresses().json.unwrap());
    let mut ship = Ship::at(support::source(&engine, "sea"), MMSI);
    let alert = ship.until(&mut console, "alert", |alert| alert["kind"] == 301);
    let track = ship.until(&mut console, "track", |track| track["identity"]["mmsi"] == MMSI)["id"].clone();

    // Another zone, another source before the first, and a neighbour: the console hears of it where it is.
    let more = format!(
        "{}{ZONE}[[watch.zones]]\nname = \"Luotou\"\n\
         polygon = [[29.8, 121.9], [29.8, 122.0], [29.85, 122.0]]\n\
         [[gateway]]\nname = \"plotter\"\nformat = \"nmea\"\nlisten = \"127.0.0.1:0\"\n",
        listening("hill", "127.0.0.1:0")
    );
    let reloaded = engine.reload(Ok(parsed(&base(&more), &place))).unwrap();
    assert_eq!(reloaded.changes, ["watch", "source `hill` new", "gateway `plotter` new"]);
    let to = |name: &str| reloaded.addresses.iter().find(|(it, _)| it == name).unwrap().1;
    ship.until(&mut console, "zone", |zone| zone["name"] == "Luotou");
    let mut other = Ship::at(to("hill"), MMSI + 1);
    let seen = other.until(&mut console, "track", |track| track["identity"]["mmsi"] == MMSI + 1);
    assert_eq!(seen["reported"]["source"], "hill", "{seen}");
    other.until(&mut console, "sensor", |sensor| sensor["name"] == "hill");
    let mut plotter = TcpStream::connect(to("plotter")).unwrap();
    plotter.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut sentence = [0; 7];
    plotter.read_exact(&mut sentence).unwrap();
    assert_eq!(&sentence, b"!AIVDM,");

    // The alert lives: it is told as over only now that its zone is no more. The source and the neighbour go.
    let told: Vec<_> = ship.alerts.iter().chain(&other.alerts).collect();
    assert!(told.iter().any(|told| told["kind"] == 610), "{told:?}");
    assert!(!told.iter().any(|told| told["id"] == alert["id"] && told["state"] != "active"), "{told:?}");
    let reloaded = engine.reload(Ok(parsed(&base(""), &place))).unwrap();
    assert_eq!(reloaded.changes, ["watch", "source `hill` gone", "gateway `plotter` gone"]);
    ship.until(&mut console, "alert", |told| told["id"] == alert["id"] && told["state"] != "active");
    eventually("the source that is no more hangs up", || other.is_cut());
    let is_no_more = |sensor: &serde_json::Value| {
        sensor["name"] == "hill" && sensor.get("state").is_none_or(|state| state == "")
    };
    if !ship.sensors.iter().any(is_no_more) {
        ship.until(&mut console, "sensor", is_no_more);
    }
    eventually("nobody listens for neighbours", || TcpStream::connect(to("plotter")).is_err());
    let same = ship.until(&mut console, "track", |track| track["identity"]["mmsi"] == MMSI);
    assert_eq!(same["id"], track);
    assert_eq!(engine.reload(Ok(parsed(&base(""), &place))).unwrap().changes, [""; 0]);
    assert_eq!((reloads(&engine, "taken"), reloads(&engine, "refused")), (3, 0));
    drop(engine.stop());

    // All of it is in the recording, and comes out of it again the same; another start goes on with it.
    let recording = Recording::open(&folder.file("recording")).unwrap();
    let names = Arc::new(Names::new(Setup::of(&recording).unwrap().sources));
    let compared = compare(&recording, &names);
    assert!(compared.is_same() && compared.changes > 10, "{compared:?}");
    assert_eq!(names.all().collect::<Vec<_>>(), ["sea", "hill"]);
    let engine = Engine::start(parsed(&base(""), &place), false).unwrap();
    let mut console = Console::connect(engine.addresses().json.unwrap());
    let mut ship = Ship::at(support::source(&engine, "sea"), MMSI);
    let same = ship.until(&mut console, "track", |track| track["identity"]["mmsi"] == MMSI);
    assert_eq!(same["id"], track, "{same}");
    drop(engine.stop());
}

#[test]
fn what_only_a_start_can_change_is_refused_by_file_line_and_key() {
    let folder = Folder::new("reload-fixed");
    let place = folder.file("");
    let mut engine = Engine::start(parsed(&base(""), &place), false).unwrap();
    let elsewhere = base("").replace("path = \"recording\"", "path = \"elsewhere\"");
    let crowded = base("").replace("[feed]\n", "[feed]\nmax_clients = 3\n");
    let level = base("[watch.grid]\nlevel = 5\n");
    let audited = base("[audit]\npath = \"audit.jsonl\"\n");
    let played = base("[[source]]\nname = \"in\"\nkind = \"stdin\"\n");
    for (text, expected) in [
        (elsewhere, "fairway.toml:7: record: cannot be changed while it runs: restart"),
        (crowded, "fairway.toml:5: feed: cannot be changed while it runs: restart"),
        (level, "fairway.toml:11: watch.grid.level: cannot be changed while it runs: restart"),
        (audited, "fairway.toml:10: audit: cannot be changed while it runs: restart"),
        (played, "fairway.toml:1: source: what is played from a file cannot be changed: restart"),
    ] {
        let error = engine.reload(Ok(parsed(&text, &place))).unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}, not {expected}");
    }
    assert_eq!((reloads(&engine, "taken"), reloads(&engine, "refused")), (0, 5));
    drop(engine.stop());
}

#[test]
fn where_one_socket_cannot_be_had_all_goes_on_as_it_was() {
    let folder = Folder::new("reload-taken");
    let place = folder.file("");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let with = |address: &str, more: &str| base(&format!("{}{more}", listening("hill", address)));
    // A port that is free: whoever asks for it next gets it.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut engine = Engine::start(parsed(&with(&free.to_string(), ""), &place), false).unwrap();
    let mut console = Console::connect(engine.addresses().json.unwrap());
    let mut ship = Ship::at(support::source(&engine, "sea"), MMSI);
    ship.until(&mut console, "track", |track| track["identity"]["mmsi"] == MMSI);
    // The zone that came with it does not stay either.
    let text = with(&taken.local_addr().unwrap().to_string(), ZONE);
    let error = engine.reload(Ok(parsed(&text, &place))).unwrap_err().to_string();
    assert!(error.starts_with("source `hill`: 127.0.0.1:"), "{error}");
    let gone = ship.until(&mut console, "zone_gone", |_| true);
    assert_eq!(gone["name"], "Jintang");
    let mut other = Ship::at(free, MMSI + 1);
    other.until(&mut console, "track", |track| track["identity"]["mmsi"] == MMSI + 1);

    // Under another name the same door is the same door; and nothing bears the name of what was refused.
    let text = with(&taken.local_addr().unwrap().to_string(), &listening("never", "127.0.0.1:0"));
    assert!(engine.reload(Ok(parsed(&text, &place))).is_err());
    let text = base(&listening("mountain", &free.to_string()));
    let reloaded = engine.reload(Ok(parsed(&text, &place))).unwrap();
    assert_eq!(reloaded.changes, ["source `hill` gone", "source `mountain` new"]);
    let mut other = Ship::at(free, MMSI + 2);
    let seen = other.until(&mut console, "track", |track| track["identity"]["mmsi"] == MMSI + 2);
    assert_eq!(seen["reported"]["source"], "mountain", "{seen}");
    drop(engine.stop());
    let recording = Recording::open(&folder.file("recording")).unwrap();
    let names = Arc::new(Names::new(Setup::of(&recording).unwrap().sources));
    let compared = compare(&recording, &names);
    assert!(compared.is_same(), "{compared:?}");
}

/// Uniform numbers by a linear congruence (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
}

/// A file after a slip of the hand: letters lost, doubled or exchanged, lines lost, doubled or moved.
fn slipped(text: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=dice.below(3) {
        let (at, to) = (dice.below(lines.len()), dice.below(lines.len()));
        match dice.below(6) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(to, lines[at].clone()),
            2 => lines.swap(at, to),
            3 => lines[at] = lines[at].replacen(['"', '=', '[', '.'], "", 1),
            4 => lines[at] = lines[at].replacen(char::is_numeric, "x", 1),
            _ => {
                let mut letters: Vec<char> = lines[at].chars().collect();
                if !letters.is_empty() {
                    let place = dice.below(letters.len());
                    letters[place] = ['#', '\\', '9', '-', 'z', ' '][dice.below(6)];
                }
                lines[at] = letters.into_iter().collect();
            }
        }
    }
    lines.join("\n")
}

#[test]
fn five_hundred_slips_of_the_hand_change_nothing() {
    let folder = Folder::new("reload-slips");
    let place = folder.file("");
    let text = base(&format!(
        "{ZONE}[[gateway]]\nname = \"plotter\"\nformat = \"nmea\"\nlisten = \"127.0.0.1:0\"\n[fusion]\nmax_age_s = 900.0\n"
    ));
    let mut engine = Engine::start(parsed(&text, &place), false).unwrap();
    let mut console = Console::connect(engine.addresses().json.unwrap());
    let mut ship = Ship::at(support::source(&engine, "sea"), MMSI);
    let track = ship.until(&mut console, "track", |track| track["identity"]["mmsi"] == MMSI)["id"].clone();
    let (mut dice, mut refused) = (Dice(12), 0);
    while refused < 500 {
        let next = config::parse(&slipped(&text, &mut dice), &place.join("fairway.toml"));
        // What still means something is not what is asked here.
        if next.is_ok() {
            continue;
        }
        let error = engine.reload(next).unwrap_err().to_string();
        assert!(error.contains("fairway.toml:"), "{error}");
        refused += 1;
    }
    assert_eq!((reloads(&engine, "taken"), reloads(&engine, "refused")), (0, 500));
    let same = ship.until(&mut console, "track", |track| track["identity"]["mmsi"] == MMSI);
    assert_eq!(same["id"], track);
    assert_eq!(engine.reload(Ok(parsed(&text, &place))).unwrap().changes, [""; 0]);
    drop(engine.stop());
}
