//! The feed and the page under TLS 1.3.

use crate::pki::{Authority, Secured, install, secret};
use crate::support::{Folder, Metrics, PATIENCE, eventually, report, source, start};
use engine::{Engine, config};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

const ENGINE: &str = r#"
[[source]]
name = "sea"
kind = "tcp-server"
address = "127.0.0.1:0"
[http]
listen = "127.0.0.1:0"
[feed]
json = "127.0.0.1:0"
nmea = "127.0.0.1:0"
"#;

fn line(stream: &mut BufReader<Secured>) -> serde_json::Value {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
}

fn hello(mut stream: Secured) -> BufReader<Secured> {
    stream.write_all(b"{\"hello\":{\"client\":\"test\"}}\n").unwrap();
    BufReader::new(stream)
}

fn count(engine: &Engine, name: &str, label: &str) -> i64 {
    Metrics::parse(&engine.metrics()).sum(name, label)
}

#[test]
fn every_vessel_arrives_under_tls_and_sentences_stay_plain() {
    let (folder, authority) = (Folder::new("tls"), Authority::new());
    let engine = start(&format!("{ENGINE}{}", install(&folder, &authority.certifies("localhost"))));
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    for n in 0..2000 {
        sea.write_all(&report(413_000_000 + n, 29.0 + f64::from(n) * 0.001, 122.0)).unwrap();
    }
    eventually("2,000 tracks", || count(&engine, "fairway_tracks", "") == 2000);
    let feed = engine.addresses().json.unwrap();
    let mut console = hello(authority.connect(feed, None).unwrap());
    // Slower than the engine, so that more than one write waits for room.
    std::thread::sleep(Duration::from_millis(300));
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 2000 {
        if let Some(mmsi) = line(&mut console).pointer("/track/identity/mmsi") {
            seen.insert(mmsi.as_u64());
        }
    }

    // The page, and its feed, by the other port.
    let http = engine.addresses().http.unwrap();
    let mut page = authority.connect(http, None).unwrap();
    page.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    page.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("fairway_tracks 2000"), "{answer}");
    let mut socket = authority.connect(http, None).unwrap();
    // In two pieces: the beginning alone does not say whom it is for.
    let ask = "GET /feed HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\nUpgrade: websocket\r\n\
               Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    for part in [&ask[..5], &ask[5..]] {
        socket.write_all(part.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut socket = BufReader::new(socket);
    let mut status = String::new();
    socket.read_line(&mut status).unwrap();
    assert!(status.starts_with("HTTP/1.1 101"), "{status}");

    let mut plotter = BufReader::new(TcpStream::connect(engine.addresses().nmea.unwrap()).unwrap());
    let mut sentence = String::new();
    plotter.read_line(&mut sentence).unwrap();
    assert!(sentence.starts_with("!AIVDM"), "{sentence}");

    // A report that comes now reaches the console at once.
    sea.write_all(&report(413_999_999, 29.5, 122.5)).unwrap();
    while line(&mut console).pointer("/track/identity/mmsi") != Some(&413_999_999.into()) {}
    drop(engine.stop());
}

#[test]
fn a_machine_is_who_its_certificate_says() {
    let (folder, authority, other) = (Folder::new("mtls"), Authority::new(), Authority::new());
    let (desk, stray) = (authority.certifies("desk"), authority.certifies("stray"));
    let clients = folder.file("clients.crt");
    std::fs::write(&clients, authority.pem()).unwrap();
    let tokens = folder.file("tokens");
    let hash = Sha256::digest(&desk.certificate)
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    secret(&tokens, &format!("{hash} operator desk 1\n"));
    let engine = start(&format!(
        "{ENGINE}tokens = '{}'\n{}clients = '{}'\n",
        tokens.display(),
        install(&folder, &authority.certifies("localhost")),
        clients.display()
    ));
    let feed = engine.addresses().json.unwrap();
    let welcome = line(&mut hello(authority.connect(feed, Some(&desk)).unwrap()));
    assert_eq!(welcome["welcome"]["role"], "operator");
    assert_eq!(welcome["welcome"]["user"], "desk 1");
    for nobody in [None, Some(&stray)] {
        let refused = line(&mut hello(authority.connect(feed, nobody).unwrap()));
        assert_eq!(refused["error"]["code"], 401, "{refused}");
    }
    // Signed by somebody else: the handshake ends there. The client learns it with its first read.
    let forged = other.certifies("desk");
    let refused = authority.connect(feed, Some(&forged)).and_then(|mut stream| stream.read(&mut [0]));
    assert!(refused.is_err());
    eventually("counted", || count(&engine, "fairway_tls_failed_total", "broken") == 1);
    drop(engine.stop());
}

#[test]
fn a_new_certificate_is_taken_and_a_broken_one_is_not() {
    let (folder, first, second) = (Folder::new("renewed"), Authority::new(), Authority::new());
    let engine = start(&format!("{ENGINE}{}", install(&folder, &first.certifies("localhost"))));
    let feed = engine.addresses().json.unwrap();
    let mut before = hello(first.connect(feed, None).unwrap());
    std::fs::write(folder.file("fairway.crt"), "nothing\n").unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    assert!(first.connect(feed, None).is_ok(), "what was in force stays");
    let _names = install(&folder, &second.certifies("localhost"));
    eventually("the new one is shown", || {
        std::thread::sleep(Duration::from_millis(100));
        second.connect(feed, None).is_ok()
    });
    assert!(first.connect(feed, None).is_err());
    assert!(line(&mut before).get("welcome").is_some(), "who was connected stays");
    drop(engine.stop());
}

#[test]
fn half_a_hello_is_given_up_and_counted() {
    let (folder, authority) = (Folder::new("half"), Authority::new());
    let engine = start(&format!("{ENGINE}{}", install(&folder, &authority.certifies("localhost"))));
    let addresses = engine.addresses();
    let (feed, http) = (addresses.json.unwrap(), addresses.http.unwrap());
    // The head of a record that says 512 bytes follow, and its first.
    let half: Vec<TcpStream> = [feed, feed, http]
        .map(|address| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(&[22, 3, 1, 2, 0, 1]).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream
        })
        .into();
    // Plain text where TLS is spoken.
    let mut plain = TcpStream::connect(feed).unwrap();
    plain.write_all(b"{\"hello\":{}}\n").unwrap();
    eventually("plain text counted", || count(&engine, "fairway_tls_failed_total", "broken") == 1);
    let began = Instant::now();
    assert!(hello(authority.connect(feed, None).unwrap()).read_line(&mut String::new()).is_ok());
    assert!(began.elapsed() < Duration::from_secs(2), "others wait for nothing");
    for mut stream in half {
        drop(stream.read_to_end(&mut Vec::new()));
    }
    eventually("three counted", || count(&engine, "fairway_tls_failed_total", "slow") == 3);
    drop(engine.stop());
}

#[test]
fn what_others_could_read_is_refused_before_anything_starts() {
    let (folder, authority) = (Folder::new("open"), Authority::new());
    let tls = install(&folder, &authority.certifies("localhost"));
    let key = folder.file("fairway.key");
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    let config = config::parse(&format!("{ENGINE}{tls}"), Path::new("test.toml")).unwrap();
    let error = Engine::start(config, false).err().unwrap().to_string();
    assert!(error.ends_with("others can read it (640): chmod 600"), "{error}");

    let parse = |text: &str| config::parse(text, Path::new("test.toml")).map_err(|error| error.to_string());
    let open = "[feed]\njson = \"0.0.0.0:1\"\n";
    let expected = "test.toml:2: feed.json: 0.0.0.0:1 is open to others and not under TLS: give it [tls], or say \
                    feed.plain = \"on a trusted network\"";
    assert_eq!(parse(open).err().unwrap(), expected);
    assert!(parse(&format!("{open}plain = \"on a trusted network\"\n")).is_ok());
    assert!(parse(&format!("{open}plain = \"yes\"\n")).is_err());
    assert!(parse(&format!("{open}{tls}")).is_ok());
    assert!(parse(&format!("{open}nmea = \"0.0.0.0:2\"\n{tls}")).is_err(), "sentences have no TLS");
    assert!(parse("[http]\nlisten = \"[::]:1\"\n").is_err());
}

#[test]
fn what_is_right_and_weak_is_said_by_key() {
    let weak = |text: &str| {
        let config = config::parse(text, Path::new("test.toml")).unwrap();
        let keys = config.weak().into_iter().map(|line| line.split(':').next().unwrap().to_owned());
        keys.collect::<Vec<_>>()
    };
    let trusted = "plain = \"on a trusted network\"\n";
    let tls = "[tls]\ncertificate = \"a\"\nkey = \"b\"\n";
    let none: [&str; 0] = [];
    assert_eq!(weak("[feed]\njson = \"127.0.0.1:1\"\n[http]\nlisten = \"[::1]:1\"\n"), none);
    let radio =
        "[[source]]\nname = \"vhf-16\"\nkind = \"udp\"\naddress = \"127.0.0.1:1\"\nformat = \"voice\"\n";
    assert_eq!(weak(radio), ["record"]);
    assert_eq!(weak(&format!("{radio}[record]\npath = \"r\"\nkey = \"k\"\n")), none);
    let open = format!("[feed]\njson = \"0.0.0.0:1\"\n{trusted}[http]\nlisten = \"0.0.0.0:2\"\n{trusted}");
    assert_eq!(weak(&open), ["feed.tokens", "feed.plain", "people", "http.plain"]);
    let people = "[people]\npath = \"people\"\n";
    assert_eq!(weak(&format!("{open}{people}{tls}")), ["audit"]);
    assert_eq!(weak(&format!("{open}{people}{tls}[audit]\npath = \"audit.jsonl\"\n")), none);
    assert_eq!(weak("[record]\npath = \"r\"\n"), ["record.key"]);
    let gateway = "[[gateway]]\nname = \"n\"\nformat = \"nmea\"\nlisten = \"0.0.0.0:3\"\n";
    assert_eq!(weak(&format!("{gateway}{trusted}")), ["gateway.plain"]);
    let error = config::parse(gateway, Path::new("test.toml")).err().unwrap().to_string();
    assert_eq!(
        error,
        "test.toml:4: gateway.listen: 0.0.0.0:3 is open to others: say gateway.plain = \"on a trusted network\""
    );
}

#[test]
fn whoever_takes_nothing_has_as_long_as_everybody() {
    let (folder, authority) = (Folder::new("tls-stuck"), Authority::new());
    let limits = "[feed.limits]\nno_progress_ms = 2000\n";
    let engine = start(&format!("{ENGINE}{limits}{}", install(&folder, &authority.certifies("localhost"))));
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    let mut moved = 0.0;
    let mut sail = |vessels: u32| {
        moved += 0.00002;
        let lines =
            (0..vessels).flat_map(|n| report(413_000_000 + n, 29.0 + f64::from(n) * 0.01, 122.0 + moved));
        sea.write_all(&lines.collect::<Vec<u8>>()).unwrap();
    };
    sail(300);
    let mut console = hello(authority.connect(engine.addresses().json.unwrap(), None).unwrap());
    // For longer than that it takes all at once.
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(4) {
        sail(1);
        line(&mut console);
    }
    // And then nothing any more, however much comes.
    let stuck = Instant::now();
    while count(&engine, "fairway_feed_cuts_total", "") == 0 {
        assert!(stuck.elapsed() < PATIENCE, "it is still there");
        sail(300);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(stuck.elapsed() > Duration::from_millis(1800), "cut after {:?}", stuck.elapsed());
    drop(console);
    drop(engine.stop());
}
