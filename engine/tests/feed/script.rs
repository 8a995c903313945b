//! The example that the documentation prints, as it stands there.

use crate::support::{PATIENCE, eventually, report, scrape, source, start};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Instant;

#[test]
fn the_python_example_prints_a_picture() {
    let engine = start(crate::ENGINE);
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    for step in 0..3 {
        for n in 1..=5 {
            sea.write_all(&report(
                413_000_000 + n,
                29.5 + f64::from(n) * 0.1,
                122.1 + f64::from(step) * 1e-4,
            ))
            .unwrap();
        }
    }
    let http = engine.addresses().http.unwrap();
    eventually("15 reports", || scrape(http).sum("fairway_core_events_total", "") >= 15);

    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/feed/example.py");
    let address = engine.addresses().json.unwrap().to_string();
    let started = Command::new("python3").args([example, &address]).stdout(Stdio::piped()).spawn();
    let mut python = match started {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("skipped: no python3");
            return;
        }
        started => started.unwrap(),
    };
    let mut lines = BufReader::new(python.stdout.take().unwrap()).lines();
    let (mut tracks, begun) = (0, Instant::now());
    let proof = loop {
        let line = lines.next().expect("it ended").unwrap();
        assert!(begun.elapsed() < PATIENCE, "no proof");
        if line.contains("as the engine says") {
            break line;
        }
        // A track's number, its name (none was said), where, how fast, how sure.
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "?", lat, lon, "10.0", "kn", _] = words[..] else { panic!("{line}") };
        assert!((29.5..30.1).contains(&lat.parse::<f64>().unwrap()), "{line}");
        assert!((122.0..122.2).contains(&lon.parse::<f64>().unwrap()), "{line}");
        tracks += 1;
    };
    assert_eq!((tracks, proof.as_str()), (5, "5 tracks, as the engine says: True"));
    // It ends when the engine does, and says why.
    drop(engine.stop());
    assert!(!python.wait().unwrap().success());
}
