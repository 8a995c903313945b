//! `/metrics` as Prometheus reads it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use engine::Engine;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use support::{Console, eventually, report, scrape, source, start};

const ENGINE: &str = r#"
[[source]]
name = "sea"
kind = "tcp-server"
address = "127.0.0.1:0"
[[source]]
name = "sky"
kind = "udp"
address = "127.0.0.1:0"
[[gateway]]
name = "plotters"
format = "nmea"
listen = "127.0.0.1:0"
[feed]
json = "127.0.0.1:0"
[http]
listen = "127.0.0.1:0"
"#;

fn read(engine: &Engine) -> String {
    let mut stream = TcpStream::connect(engine.addresses().http.unwrap()).unwrap();
    write!(stream, "GET /metrics HTTP/1.0\r\nHost: test\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.to_ascii_lowercase().contains("content-type: text/plain; version=0.0.4"), "{head}");
    body.to_owned()
}

#[test]
fn every_metric_has_a_type_and_says_what_it_is() {
    let engine = start(ENGINE);
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    for step in 0..20 {
        sea.write_all(&report(413_000_001, 29.5 + f64::from(step) * 1e-5, 122.1)).unwrap();
    }
    sea.write_all(b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*24\r\n").unwrap();
    let mut console = Console::connect(engine.addresses().json.unwrap());
    console.until("digest");
    let http = engine.addresses().http.unwrap();
    eventually("all was read", || scrape(http).sum("fairway_sentence_candidates_total", "") == 21);
    // One that is cut, so that there are words of that too.
    drop(console);
    eventually("the console is gone", || scrape(http).sum("fairway_feed_clients", "") == 0);

    let text = read(&engine);
    let of = |word: &str| -> BTreeSet<&str> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(word));
        lines.filter_map(|rest| rest.split(' ').next()).collect()
    };
    let (typed, explained) = (of("# TYPE "), of("# HELP "));
    assert!(typed.len() > 40, "{text}");
    assert_eq!(typed, explained, "engine/src/metrics/help.rs");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let bare = ["_sum", "_count"].iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name);
        assert!(typed.contains(name) || typed.contains(bare), "{line}");
    }

    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    match promtool {
        Ok(mut promtool) => {
            promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
            let done = promtool.wait_with_output().unwrap();
            let said = [done.stdout, done.stderr].concat();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&said));
        }
        Err(_) => println!("skipped: promtool"),
    }
    drop(engine.stop());
}
