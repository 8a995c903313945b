//! Rude, slow and broken clients: limits bite at the value that is configured, the reason is sent, and nobody else
//! notices.

use crate::support::{PATIENCE, start};
use crate::wires::{connect, digest, named, snapshot_end, until};
use engine::feed::console::{Picture, Wire};
use engine::feed::proto::{self, client_message::Body as Say, server_message::Body};
use std::io::{Read, Write};
use std::net::TcpStream;

const ENGINE: &str = r#"
[[source]]
name = "sea"
kind = "tcp-server"
address = "127.0.0.1:0"
[feed]
json = "127.0.0.1:0"
max_clients = 20
[feed.limits]
message_bytes = 20000
subscriptions = 3
shapes = 4
vertices = 256
filter_entries = 5
messages_per_s = 10
hello_ms = 200
"#;

fn refusal(body: &Body) -> Option<(u32, String, bool)> {
    if let Body::Error(error) = body { Some((error.code, error.text.clone(), error.last)) } else { None }
}

#[test]
fn who_comes_when_the_memory_is_full_is_told_and_those_inside_stay() {
    let limits = "[feed.limits]\ntotal_bytes = 20000\n";
    let engine = start(&ENGINE.replace("[feed.limits]\n", limits));
    let feed = engine.addresses().json.unwrap();
    let mut sea = TcpStream::connect(crate::support::source(&engine, "sea")).unwrap();
    for n in 0..300 {
        sea.write_all(&crate::support::report(413_000_000 + n, 29.0 + f64::from(n) * 0.01, 122.0)).unwrap();
    }
    let (mut first, mut picture) = (connect(feed, Wire::Json, named("first")), Picture::default());
    until(&mut first, &mut picture, snapshot_end);
    let mut inside = Vec::new();
    let refused = loop {
        let mut next = connect(feed, Wire::Proto, named("next"));
        match next.receive().unwrap().unwrap().body {
            Some(Body::Error(error)) => break error,
            _ => inside.push(next),
        }
        assert!(inside.len() < 10, "nobody was refused");
    };
    assert_eq!((refused.code, refused.last), (503, true), "{refused:?}");
    assert!(refused.text.contains("fills the memory"), "{refused:?}");
    first.say(Say::Ping(proto::Ping { nonce: 1 })).unwrap();
    until(&mut first, &mut picture, |body| matches!(body, Body::Pong(_)).then_some(()));
    drop(engine.stop());

    // One that holds more than it may is cut, and told.
    let limits = "[feed.limits]\nclient_bytes = 100\n";
    let engine = start(&ENGINE.replace("[feed.limits]\n", limits));
    let mut greedy = connect(engine.addresses().json.unwrap(), Wire::Json, named("greedy"));
    let (code, text, last) = until(&mut greedy, &mut Picture::default(), refusal);
    assert!(code == 413 && last, "{code} {text}");
    drop(engine.stop());
}

#[test]
fn a_rude_client_is_told_and_a_polite_one_does_not_notice() {
    let engine = start(ENGINE);
    let feed = engine.addresses().json.unwrap();
    let (mut polite, mut picture) = (connect(feed, Wire::Json, named("polite")), Picture::default());
    until(&mut polite, &mut picture, snapshot_end);

    for (said, expected) in [
        (b"{\"hel".to_vec(), "\"code\":408"),
        (vec![b'{'; 20_100], "\"code\":413"),
        (b"FWP1\x10\0\0\0half".to_vec(), "the hello took longer than 200 ms"),
        (b"{\"hello\":{\"token\":\"stranger\"}}\n".to_vec(), "\"code\":401"),
        (b"{\"hello\":{\"subscriptions\":[{\"things\":[\"ships\"]}]}}\n".to_vec(), "things: `ships` is none"),
    ] {
        let mut stream = TcpStream::connect(feed).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(&said).unwrap();
        let mut answer = Vec::new();
        // A reset after the answer is as good as an end.
        drop(stream.read_to_end(&mut answer));
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.contains(expected), "{answer:?} does not say {expected:?}");
    }

    let point = |n: u32| proto::Point { lat: 30.0 + f64::from(n) * 1e-4, lon: 122.0 };
    let area =
        |area: proto::Area| proto::Subscribe { id: 1, area: Some(area), ..proto::Subscribe::default() };
    let ring =
        |corners: u32| area(proto::Area { polygon: (0..corners).map(point).collect(), ..Default::default() });
    let filter = proto::Filter { mmsis: vec![1; 6], ..proto::Filter::default() };
    let codes = |code: &str, n| proto::Area { cells: vec![code.to_owned(); n], ..Default::default() };
    let pole = proto::Box { south: 91.0, west: 0.0, north: 92.0, east: 1.0 };
    for (wrong, code) in [
        (ring(257), 413),
        (ring(2), 400),
        (area(codes("N51H", 5)), 413),
        (area(codes("nowhere", 1)), 400),
        (area(proto::Area { boxes: vec![pole], ..Default::default() }), 400),
        (proto::Subscribe { filter: Some(filter), ..proto::Subscribe::default() }, 413),
        (proto::Subscribe { detail: "all".to_owned(), ..proto::Subscribe::default() }, 400),
    ] {
        // Refused, and the connection and its subscription live on.
        let (mut rude, mut seen) = (connect(feed, Wire::Proto, named("rude")), Picture::default());
        until(&mut rude, &mut seen, digest);
        rude.say(Say::Subscribe(wrong.clone())).unwrap();
        let (got, text, last) = until(&mut rude, &mut seen, refusal);
        assert!(got == code && !last, "{got} {text} for {wrong:?}");
        rude.say(Say::Subscribe(ring(256))).unwrap();
        until(&mut rude, &mut seen, |body| matches!(body, Body::Subscribed(_)).then_some(()));
    }

    // Too many subscriptions, too long a message, too many messages.
    let (mut rude, mut seen) = (connect(feed, Wire::Json, named("rude")), Picture::default());
    for id in 1..=3 {
        rude.say(Say::Subscribe(proto::Subscribe { id, ..proto::Subscribe::default() })).unwrap();
    }
    let (code, text, last) = until(&mut rude, &mut seen, refusal);
    assert!(code == 413 && text == "more than 3 subscriptions" && !last, "{code} {text}");
    rude.say(Say::Subscribe(ring(1000))).unwrap();
    let (code, text, last) = until(&mut rude, &mut seen, refusal);
    assert!(code == 413 && text == "longer than 20000 bytes" && last, "{code} {text}");
    assert!(!matches!(rude.receive(), Ok(Some(_))), "still open");

    let (mut rude, mut seen) = (connect(feed, Wire::WebSocketProto, named("rude")), Picture::default());
    for nonce in 0..30 {
        // The engine may have closed by then.
        drop(rude.say(Say::Ping(proto::Ping { nonce })));
    }
    let (code, text, last) = until(&mut rude, &mut seen, refusal);
    assert!(code == 429 && text == "more than 10 messages a second" && last, "{code} {text}");

    // No room: the clients that are in stay in.
    let all: Vec<_> = (0..25).map(|_| connect(feed, Wire::Json, named("crowd"))).collect();
    let codes = all.into_iter().filter_map(|mut one| {
        loop {
            let Ok(Some(message)) = one.receive() else { return None };
            match message.body {
                Some(Body::Welcome(_)) => return None,
                Some(Body::Error(error)) => return Some(error.code),
                _ => {}
            }
        }
    });
    assert!(codes.collect::<Vec<_>>().contains(&503), "nobody was refused");

    polite.say(Say::Ping(proto::Ping { nonce: 1 })).unwrap();
    until(&mut polite, &mut picture, |body| matches!(body, Body::Pong(_)).then_some(()));
    drop(engine.stop());
}
