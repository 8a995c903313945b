//! The page of figures of a replay: counted once, whoever asks how often, and said so while it takes its time.

use crate::support::{Folder, PATIENCE};
use crate::{record_as, traffic};
use engine::feed::Names;
use engine::recording::Recording;
use engine::recording::session::Start;
use engine::wall::Figures;
use engine::{Display, Engine, config};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

fn ask(engine: &Engine, path: &str) -> String {
    let mut stream = TcpStream::connect(engine.addresses().http.unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: test\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn figures_are_counted_once_and_whoever_waits_is_told() {
    let folder = Folder::new("record-figures");
    let sea = folder.file("sea.nmea");
    traffic(&sea, 2.0, 0);
    record_as(&folder.file(""), &sea, 65_536, "");
    let recording = Recording::open(&folder.file("recording")).unwrap();
    let counted = Arc::new(AtomicU32::new(0));
    let figures = Figures::new({
        let counted = Arc::clone(&counted);
        move |_, _, is_chinese| {
            counted.fetch_add(1, Ordering::Relaxed);
            // Longer than anybody is kept waiting.
            std::thread::sleep(Duration::from_secs(11));
            Ok(format!("figures, {is_chinese}"))
        }
    });
    let any = || "127.0.0.1:0".parse().unwrap();
    let display = Display { address: any(), wall: config::Wall::default(), figures: Some(figures) };
    let feed = config::Feed { json: Some(any()), ..config::Feed::default() };
    let names = Arc::new(Names::new(vec!["sea".to_owned()]));
    let engine =
        Engine::replay(recording, names, Start { at: None, speed: 1.0 }, feed, Some(display), None).unwrap();

    // One that leaves at once, one that waits; and what is asked beyond the recording is the same.
    let path = "/figures?from_us=0&to_us=9000000000000000&lang=zh";
    let mut gone = TcpStream::connect(engine.addresses().http.unwrap()).unwrap();
    write!(gone, "GET {path} HTTP/1.0\r\nHost: test\r\n\r\n").unwrap();
    while counted.load(Ordering::Relaxed) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(gone);
    let waits = ask(&engine, path);
    assert!(waits.starts_with("HTTP/1.0 200") && waits.contains("http-equiv=\"refresh\""), "{waits}");
    // Sound and marks do not wait for it.
    assert!(ask(&engine, "/events.json").starts_with("HTTP/1.0 200"));
    let beyond = "/figures?from_us=-5&to_us=9000000000000009&lang=zh";
    let told = ask(&engine, beyond);
    assert!(told.ends_with("figures, true"), "{told}");
    assert!(
        told.contains("content-security-policy: default-src 'none'; style-src 'unsafe-inline'"),
        "{told}"
    );
    assert_eq!(counted.load(Ordering::Relaxed), 1);
    for garbage in ["/figures", "/figures?from_us=a&to_us=b", "/figures?from_us=1"] {
        let answer = ask(&engine, garbage);
        assert!(answer.starts_with("HTTP/1.0 400"), "{garbage}: {answer}");
    }
    drop(engine.stop());
}
