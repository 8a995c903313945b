//! Who is slow, many or long at the HTTP port costs nobody else anything.

use crate::support::{Metrics, PATIENCE, eventually, start};
use engine::Engine;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const ENGINE: &str = r#"
[[source]]
name = "sea"
kind = "tcp-server"
address = "127.0.0.1:0"
[feed]
json = "127.0.0.1:0"
[http]
listen = "127.0.0.1:0"
[http.limits]
clients = 20
request_ms = 400
life_ms = 600
"#;

fn count(engine: &Engine, name: &str, label: &str) -> i64 {
    Metrics::parse(&engine.metrics()).sum(name, label)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = connect(address);
    // Who is refused may be reset before it has said all.
    drop(stream.write_all(request.as_bytes()));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// Says a byte at a time, never silent for long, and returns how long that was borne.
fn dribble(address: SocketAddr, head: &str) -> Duration {
    let mut stream = connect(address);
    let began = Instant::now();
    stream.write_all(head.as_bytes()).unwrap();
    while began.elapsed() < PATIENCE && stream.write_all(b"x").is_ok() {
        std::thread::sleep(Duration::from_millis(20));
    }
    began.elapsed()
}

#[test]
fn whoever_says_a_byte_at_a_time_is_cut() {
    let engine = start(ENGINE);
    let http = engine.addresses().http.unwrap();
    for (head, reason, at_most_ms) in [
        // Not yet clear whom it wants; a head without end; a body without end.
        ("", "slow", 2000),
        ("GET /livez HTTP/1.1\r\nHost: test\r\nX-Long: ", "slow", 2000),
        ("POST /login HTTP/1.1\r\nHost: test\r\nContent-Length: 4000\r\n\r\nname=", "long", 4000),
    ] {
        let before = count(&engine, "fairway_http_cut_total", reason);
        let borne = dribble(http, head);
        assert!(borne < Duration::from_millis(at_most_ms), "{head:?}: {borne:?}");
        eventually("counted", || count(&engine, "fairway_http_cut_total", reason) > before);
    }
    // And one that has been answered, and says nothing more.
    let mut idle = connect(http);
    idle.write_all(b"GET /livez HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    let (began, mut answer) = (Instant::now(), String::new());
    idle.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("ok\n") && began.elapsed() < Duration::from_secs(5), "{answer}");
    drop(engine.stop());
}

#[test]
fn the_twenty_first_is_turned_away_and_so_is_a_head_too_large() {
    let engine = start(&ENGINE.replace("request_ms = 400", "request_ms = 20000"));
    let http = engine.addresses().http.unwrap();
    let inside: Vec<TcpStream> = (0..20).map(|_| connect(http)).collect();
    // All are in before the next one comes.
    for mut outside in (0..10).map(|_| connect(http)) {
        assert!(outside.read(&mut [0]).map_or(true, |read| read == 0));
    }
    assert_eq!(count(&engine, "fairway_http_refused_total", "no room"), 10);
    drop(inside);
    eventually("all have left", || count(&engine, "fairway_http_clients", "") == 0);
    let livez = |more: &str| {
        ask(http, &format!("GET /livez HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{more}\r\n"))
    };
    assert!(livez("").ends_with("ok\n"));
    assert!(livez(&"a: b\r\n".repeat(60)).starts_with("HTTP/1.1 200"));
    assert!(livez(&"a: b\r\n".repeat(70)).starts_with("HTTP/1.1 431"));
    assert!(livez(&format!("a: {}\r\n", "b".repeat(12_000))).starts_with("HTTP/1.1 200"));
    assert!(livez(&format!("a: {}\r\n", "b".repeat(20_000))).starts_with("HTTP/1.1 431"));
    drop(engine.stop());
}

/// The last are as well served as the first.
#[test]
fn ten_thousand_that_come_and_go_leave_nothing_behind() {
    let engine = start(ENGINE);
    let addresses = engine.addresses();
    let (http, feed) = (addresses.http.unwrap(), addresses.json.unwrap());
    for n in 0..10_000 {
        let door = if n % 2 == 0 { http } else { feed };
        drop(TcpStream::connect(door).unwrap_or_else(|error| panic!("{n} {door}: {error}")));
    }
    eventually("the page is served", || {
        ask(http, "GET /livez HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").ends_with("ok\n")
    });
    eventually("the feed is served", || {
        let mut stream = connect(feed);
        stream.write_all(b"{\"hello\":{}}\n").unwrap();
        let mut answer = [0; 64];
        let read = stream.read(&mut answer).unwrap_or(0);
        String::from_utf8_lossy(&answer[..read]).contains("welcome")
    });
    drop(engine.stop());
}
