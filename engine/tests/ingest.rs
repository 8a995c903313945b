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

/// One line of IEC 61162-450: a TAG block with the sender and its line count, and a position report.
fn numbered(sender: &str, count: u32, mmsi: u32) -> Vec<u8> {
    let mut out = Vec::new();
    decoders::nmea::encode_sentence(&mut out, b'\\', format!("s:{sender},n:{count}").as_bytes());
    out.truncate(out.len() - 2);
    out.push(b'\\');
    out.extend_from_slice(&report(mmsi, 29.9, 122.1));
    out
}

#[test]
fn datagrams_of_iec_61162_450_are_read_and_their_losses_counted() {
    let engine = start(
        r#"
        [[source]]
        name = "lan"
        kind = "udp"
        address = "127.0.0.1:0"
        [http]
        listen = "127.0.0.1:0"
        "#,
    );
    let http = engine.addresses().http.unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(source(&engine, "lan")).unwrap();
    let (mut sent, mut lost) = (0, 0);
    let mut counts = [990_u32, 1];
    // Two senders in turn, three lines a datagram; of the first every seventh datagram goes missing.
    for n in 0..60_u32 {
        let (who, sender) = if n % 2 == 0 { (0, "AI0001") } else { (1, "AI0002") };
        let mut datagram = b"UdPbC\0".to_vec();
        for _ in 0..3 {
            datagram.extend_from_slice(&numbered(sender, counts[who], 413_000_000 + n));
            counts[who] = counts[who] % 999 + 1;
        }
        if n % 14 == 12 {
            lost += 3;
        } else {
            sent += 3;
            socket.send(&datagram).unwrap();
        }
    }
    // A wrong header costs nothing but is counted; what is no sentences is left alone; no header at all is usual.
    let line = numbered("AI0003", 1, 412_000_001);
    socket.send(&[b"UdPbX\0", line.as_slice()].concat()).unwrap();
    socket.send(b"RaUdP\0\x01\x02!AIVDM,\n").unwrap();
    socket.send(&report(412_000_002, 29.9, 122.1)).unwrap();
    sent += 2;
    eventually("all that was sent is used", || {
        scrape(http).sum("fairway_sentences_used_total", "lan") == sent
    });
    let metrics = scrape(http);
    assert_eq!(metrics.assert_accounted("lan"), sent);
    assert_eq!(metrics.sum("fairway_datagram_lines_lost_total", "lan"), lost);
    assert_eq!(metrics.sum("fairway_datagram_lines_late_total", "lan"), 0);
    let datagrams = |what: &str| metrics.sum("fairway_datagrams_total", &format!("what=\"{what}\""));
    assert_eq!(["plain", "iec_61162_450", "foreign", "bad_header"].map(datagrams), [1, (sent - 2) / 3, 1, 1]);
    drop(engine.stop());
}

#[test]
fn a_multicast_group_is_joined_on_the_interface_that_is_named() {
    let config = r#"
        [[source]]
        name = "group"
        kind = "udp"
        address = "127.0.0.1:0"
        group = "239.192.0.4"
        [http]
        listen = "127.0.0.1:0"
        "#;
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    // Some containers have no multicast at all.
    if socket.join_multicast_v4(&"239.192.0.5".parse().unwrap(), &"127.0.0.1".parse().unwrap()).is_err() {
        return println!("skipped: no multicast on this machine");
    }
    let engine = start(config);
    let http = engine.addresses().http.unwrap();
    let to = source(&engine, "group");
    assert_eq!(to.ip().to_string(), "239.192.0.4");
    socket2::SockRef::from(&socket).set_multicast_if_v4(&"127.0.0.1".parse().unwrap()).unwrap();
    let used = || scrape(http).sum("fairway_sentences_used_total", "group");
    let line = numbered("AI0001", 1, 413_000_001);
    socket.send_to(&[b"UdPbC\0", line.as_slice()].concat(), to).unwrap();
    eventually("the group's datagram is used", || used() == 1);
    drop(engine.stop());
}

#[test]
fn what_two_sources_hear_of_one_report_is_one_observation() {
    let engine = start(
        r#"
        [[source]]
        name = "north"
        kind = "udp"
        address = "127.0.0.1:0"
        [[source]]
        name = "south"
        kind = "udp"
        address = "127.0.0.1:0"
        [feed]
        json = "127.0.0.1:0"
        [http]
        listen = "127.0.0.1:0"
        "#,
    );
    let http = engine.addresses().http.unwrap();
    let line = report(413_000_001, 29.9, 122.1);
    for name in ["north", "south", "north"] {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.send_to(&line, source(&engine, name)).unwrap();
    }
    let of = |name| scrape(http).sum(name, "");
    eventually("all three are used", || of("fairway_sentences_used_total") == 3);
    assert_eq!(of("fairway_observations_total"), 1);
    assert_eq!(of("fairway_messages_heard_before_total"), 2);
    // The track knows both.
    let mut console = support::Console::connect(engine.addresses().json.unwrap());
    let track = loop {
        let track = console.until("track");
        if track["heard"].as_array().is_some_and(|heard| heard.len() == 2) {
            break track;
        }
    };
    let mut names: Vec<_> =
        track["heard"].as_array().unwrap().iter().map(|heard| heard["source"].to_string()).collect();
    names.sort();
    assert_eq!(names, ["\"north\"", "\"south\""]);
    drop(engine.stop());
}
