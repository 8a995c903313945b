//! Sources as they behave at sea: wrong, cut, restarted, all at once.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use simulate::faults::Mutator;
use std::io::Write;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;
use support::{Folder, eventually, report, scrape, source, start, start_until};

#[test]
fn a_source_killed_twenty_times_costs_the_others_nothing() {
    const SENT: i64 = 20_000;
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let engine = start(&format!(
        r#"
        [[source]]
        name = "steady"
        kind = "tcp-server"
        address = "127.0.0.1:0"
        [[source]]
        name = "flapping"
        kind = "tcp-client"
        address = "{}"
        [http]
        listen = "127.0.0.1:0"
        "#,
        peer.local_addr().unwrap()
    ));
    let http = engine.addresses().http.unwrap();
    let mut steady = TcpStream::connect(source(&engine, "steady")).unwrap();
    let steady = std::thread::spawn(move || {
        for n in 0..SENT {
            steady.write_all(&report(413_000_000 + (n % 300) as u32, 29.9, 122.1)).unwrap();
            if n % 100 == 0 {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        steady
    });
    // Each time: a whole line, and then the connection dies inside the next one.
    let line = report(412_000_001, 30.0, 122.0);
    for _ in 0..20 {
        let (mut flapping, _) = peer.accept().unwrap();
        flapping.write_all(&line).unwrap();
        flapping.write_all(&line[..20]).unwrap();
    }
    let steady = steady.join().unwrap();
    let used =
        |source: &str| scrape(http).sum("fairway_sentences_used_total", &format!("source=\"{source}\""));
    eventually("all of the steady source is used", || used("steady") == SENT);
    eventually("twenty whole lines of the other", || used("flapping") == 20);
    let metrics = scrape(http);
    assert_eq!(metrics.assert_accounted("steady"), SENT);
    metrics.assert_accounted("flapping");
    assert_eq!(metrics.sum("fairway_sentences_rejected_total", "steady"), 0);
    assert!(metrics.sum("fairway_source_connects_total", "flapping") >= 20);
    drop(steady);
    drop(engine.stop());
}

#[test]
fn a_million_mutated_lines_are_all_accounted_for_and_disturb_nobody() {
    let lines: u64 = if std::env::var_os("FAIRWAY_SOAK").is_some() { 100_000_000 } else { 1_000_000 };
    let engine = start(
        r#"
        [[source]]
        name = "hostile"
        kind = "tcp-server"
        address = "127.0.0.1:0"
        [[source]]
        name = "honest"
        kind = "udp"
        address = "127.0.0.1:0"
        [http]
        listen = "127.0.0.1:0"
        "#,
    );
    let http = engine.addresses().http.unwrap();
    let honest = UdpSocket::bind("127.0.0.1:0").unwrap();
    honest.connect(source(&engine, "honest")).unwrap();
    let mut hostile = TcpStream::connect(source(&engine, "hostile")).unwrap();

    let seeds: Vec<Vec<u8>> =
        (0..300).map(|n| report(413_000_000 + n, 29.0 + f64::from(n) * 0.005, 122.1)).collect();
    let (mut mutator, mut line, mut out, mut sent) = (Mutator::new(7), Vec::new(), Vec::new(), 0);
    for (n, seed) in (0..lines).zip(seeds.iter().cycle()) {
        mutator.mutate(seed, &mut line);
        out.extend_from_slice(&line);
        if !out.ends_with(b"\n") {
            out.push(b'\n');
        }
        if out.len() > 60_000 || n + 1 == lines {
            hostile.write_all(&out).unwrap();
            out.clear();
            honest.send(&report(412_000_000 + (sent % 100) as u32, 30.5, 122.5)).unwrap();
            sent += 1;
        }
    }
    drop(hostile);
    eventually("the hostile peer is gone", || scrape(http).sum("fairway_source_peers", "hostile") == 0);
    eventually("the honest one was heard", || scrape(http).assert_accounted("honest") == sent);
    let metrics = scrape(http);
    assert_eq!(metrics.sum("fairway_sentences_used_total", "honest"), sent);
    let candidates = metrics.assert_accounted("hostile");
    let refused = metrics.sum("fairway_sentences_rejected_total", "hostile");
    assert!(candidates as u64 >= lines / 2 && refused > 0, "{candidates} candidates, {refused} refused");
    println!("{lines} mutated lines: {candidates} candidates, {refused} refused");
    drop(engine.stop());
}

#[test]
fn the_same_file_twice_gives_the_same_change_stream() {
    let folder = Folder::new("twice");
    let mut scene = simulate::Scene::ningbo_zhoushan(3, 120, units::UtcTime::from_unix_s(1_764_000_000));
    let mut text = Vec::new();
    scene.run(units::UtcTime::from_unix_s(1_764_000_600), &mut |sent: simulate::Sent<'_>| {
        let stamp = format!("c:{}", sent.at.unix_s());
        let sum = stamp.bytes().fold(0, |sum, byte| sum ^ byte);
        for line in sent.bytes.split_inclusive(|byte| *byte == b'\n') {
            text.extend_from_slice(format!("\\{stamp}*{sum:02X}\\").as_bytes());
            text.extend_from_slice(line);
        }
    });
    std::fs::write(folder.file("log.nmea"), &text).unwrap();
    let streams = ["a", "b"].map(|name| {
        let changes = folder.file(name);
        let engine = start_until(
            &format!(
                "[[source]]\nname = \"log\"\nkind = \"file\"\npath = {:?}\n[changes]\npath = {changes:?}\n",
                folder.file("log.nmea")
            ),
            true,
        );
        let stopping = engine.stopping();
        eventually("the file has ended", || stopping.is_cancelled());
        drop(engine.stop());
        std::fs::read(changes).unwrap()
    });
    let [first, second] = &streams;
    let lines = first.split(|byte| *byte == b'\n').count();
    assert!(lines > 1000, "only {lines} changes");
    assert!(first == second, "the two streams differ");
}
