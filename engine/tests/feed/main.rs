//! The feed as consoles and plotters meet it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod at_once;
mod bridge;
mod commands;
mod limits;
mod script;
mod step;
#[path = "../support/mod.rs"]
mod support;
mod truth;
mod wires;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use support::{Console, eventually, report, scrape, source, start};

const ENGINE: &str = r#"
[[source]]
name = "sea"
kind = "tcp-server"
address = "127.0.0.1:0"
[feed]
json = "127.0.0.1:0"
nmea = "127.0.0.1:0"
[http]
listen = "127.0.0.1:0"
"#;

#[test]
fn a_console_gets_the_picture_and_then_every_change() {
    let engine = start(ENGINE);
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    sea.write_all(&report(413_000_001, 29.9, 122.1)).unwrap();
    eventually("one track", || scrape(engine.addresses().http.unwrap()).sum("fairway_tracks", "") == 1);

    let mut console = Console::connect(engine.addresses().json.unwrap());
    let welcome = console.next();
    assert_eq!(welcome["seq"], 1);
    assert_eq!(welcome["welcome"]["protocol"], 1);
    let track = console.until("track");
    assert_eq!(track["identity"]["mmsi"], 413_000_001);
    assert_eq!(track["life"], "tentative");
    assert_eq!(track["class"], "class_a");
    assert!((track["reported"]["lat"].as_f64().unwrap() - 29.9).abs() < 1e-6);
    assert_eq!(track["reported"]["source"], "sea");
    let end = console.until("snapshot_end");
    assert_eq!(end["tracks"], 1);

    sea.write_all(&report(413_000_002, 29.8, 122.2)).unwrap();
    assert_eq!(console.until("track")["identity"]["mmsi"], 413_000_002);
    assert!(console.until("heartbeat")["tracks"] == 2);

    drop(engine.stop());
    let error = console.until("error");
    assert_eq!(error["code"], 503);
}

#[test]
fn a_plotter_reads_sentences_that_decode_to_the_same_vessel() {
    let engine = start(ENGINE);
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    sea.write_all(&report(413_000_001, 29.9, 122.1)).unwrap();
    let plotter = TcpStream::connect(engine.addresses().nmea.unwrap()).unwrap();
    plotter.set_read_timeout(Some(support::PATIENCE)).unwrap();
    let mut line = String::new();
    BufReader::new(plotter).read_line(&mut line).unwrap();
    assert!(line.starts_with("!AIVDM,1,1,,A,1") && line.ends_with("\r\n"), "{line}");
    drop(engine.stop());
}

#[test]
fn a_client_that_says_nonsense_is_told_so() {
    let engine = start(ENGINE);
    for (said, expected) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "begins with a line like"),
        (b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n", "begins with a line like"),
        (b"FWP1\xff\xff\xff\xff", "longer than 65536 bytes"),
        (b"FWP1\x02\0\0\0\xff\xff", "not understood"),
        (b"{\"hello\":\n", "not understood"),
        (b"{\"hallo\":{}}\n", "first message is hello"),
        (b"{\"ping\":{}}\n", "first message is hello"),
        ("{".repeat(70_000).as_bytes(), "longer than 65536 bytes"),
    ] {
        let mut stream = TcpStream::connect(engine.addresses().json.unwrap()).unwrap();
        stream.write_all(said).unwrap();
        let mut answer = Vec::new();
        // A reset after the answer is as good as an end.
        drop(stream.read_to_end(&mut answer));
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.contains(expected), "{answer:?} does not say {expected:?}");
    }
    drop(engine.stop());
}

#[test]
fn a_stuck_console_delays_nobody_and_is_cut() {
    let engine = start(ENGINE);
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    let stuck = TcpStream::connect(engine.addresses().json.unwrap()).unwrap();
    let mut console = Console::connect(engine.addresses().json.unwrap());
    console.until("snapshot_end");
    let http = engine.addresses().http.unwrap();
    eventually("two clients", || scrape(http).sum("fairway_feed_clients", "json") == 2);

    // Enough to fill every buffer on the way to the stuck one.
    let started = Instant::now();
    let mut slowest = Duration::ZERO;
    let mut moved = 0.0;
    while scrape(http).sum("fairway_feed_clients", "json") == 2 {
        assert!(started.elapsed() < support::PATIENCE, "the stuck console is still there");
        let sent = Instant::now();
        // The same report again would be taken for a copy of it.
        moved += 0.00002;
        let burst: Vec<u8> = (0..200)
            .flat_map(|n| report(413_000_000 + n, 29.0 + f64::from(n) * 0.01, 122.0 + moved))
            .collect();
        sea.write_all(&burst).unwrap();
        for _ in 0..200 {
            console.until("track");
        }
        slowest = slowest.max(sent.elapsed());
    }
    assert!(slowest < Duration::from_secs(2), "a burst took {slowest:?} to reach the other console");
    drop(stuck);
    let metrics = scrape(http);
    let of = |name: &str| metrics.sum(name, "");
    assert!(of("fairway_feed_updates_conflated_total") > 0);
    let gone = ["sent", "withdrawn", "dropped"].map(|what| of(&format!("fairway_feed_updates_{what}_total")));
    assert_eq!(of("fairway_feed_updates_queued_total"), gone.iter().sum::<i64>());
    drop(engine.stop());
}
