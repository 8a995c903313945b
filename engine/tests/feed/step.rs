//! Consoles that ask the same are told together, and each of them has the whole picture all the same.

use crate::support::{eventually, report, scrape, source, start};
use crate::wires::{connect, digest, named, snapshot_end, until};
use engine::feed::console::{Picture, Wire};
use engine::feed::proto::{self, client_message::Body as Say, server_message::Body};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub const ENGINE: &str = r#"
[[source]]
name = "sea"
kind = "tcp-server"
address = "127.0.0.1:0"
[feed]
json = "127.0.0.1:0"
limits = { messages_per_s = 1000 }
[http]
listen = "127.0.0.1:0"
[watch.grid]
limit = 2
on_delay_s = 0.0
"#;
const VESSELS: u32 = 60;

fn all(period_ms: u32) -> proto::Subscribe {
    proto::Subscribe { period_ms, ..proto::Subscribe::default() }
}

/// What a console does besides looking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Habit {
    /// Nothing.
    Looks,
    /// It takes nothing for a while, more than once.
    Naps,
    /// It asks for something else, and for all again.
    Changes,
    /// It asks the engine for a sign of life all the time.
    Talks,
}

/// Every message is checked, and so is every digest. What it holds in the end.
pub fn look(feed: SocketAddr, wire: Wire, period_ms: u32, habit: Habit, over: &AtomicBool) -> Picture {
    let hello = proto::Hello { subscriptions: vec![all(period_ms)], ..named("one of many") };
    let (mut console, mut picture) = (connect(feed, wire, hello), Picture::default());
    let mut last = None;
    for count in 1_u64.. {
        let message = console.receive().unwrap().expect("closed by the engine");
        let is_digest = matches!(message.body, Some(Body::Digest(_)));
        if let Err(fault) = picture.apply(message) {
            panic!("{wire:?} {period_ms} ms {habit:?} after {count}: {fault:?}");
        }
        match habit {
            // What the kernel holds for it is not enough for that long.
            Habit::Naps if count.is_multiple_of(1500) => std::thread::sleep(Duration::from_millis(700)),
            Habit::Changes if count.is_multiple_of(700) => {
                let area = proto::Area {
                    boxes: vec![proto::Box { south: 29.0, west: 122.0, north: 29.3, east: 123.0 }],
                    ..proto::Area::default()
                };
                let part = proto::Subscribe { area: Some(area), ..all(period_ms) };
                let wish = if count.is_multiple_of(1400) { all(period_ms) } else { part };
                picture.subscribing();
                console.say(Say::Subscribe(wish)).unwrap();
            }
            Habit::Talks if count.is_multiple_of(50) => {
                console.say(Say::Ping(proto::Ping { nonce: count })).unwrap();
            }
            _ => {}
        }
        // What it says last is that it wants all; the digest after that is of all.
        if last.is_none() && over.load(Ordering::Relaxed) {
            picture.subscribing();
            console.say(Say::Subscribe(all(period_ms))).unwrap();
            until(&mut console, &mut picture, |body| matches!(body, Body::Subscribed(_)).then_some(()));
            until(&mut console, &mut picture, snapshot_end);
            last = Some(());
        } else if last.is_some() && is_digest {
            return picture;
        }
    }
    picture
}

#[test]
fn who_asks_the_same_is_told_together_and_lacks_nothing() {
    let engine = start(ENGINE);
    let (feed, http) = (engine.addresses().json.unwrap(), engine.addresses().http.unwrap());
    let over = Arc::new(AtomicBool::new(false));
    let habits = [Habit::Looks, Habit::Looks, Habit::Naps, Habit::Changes, Habit::Talks];
    let mut consoles = Vec::new();
    for (number, (period_ms, habit)) in
        [0, 60].into_iter().flat_map(|period| habits.map(|habit| (period, habit))).enumerate()
    {
        let over = Arc::clone(&over);
        // Each of the two periods in both forms, over plain sockets and WebSockets.
        let wire = Wire::ALL[number % Wire::ALL.len()];
        for wire in [wire, Wire::Proto] {
            let over = Arc::clone(&over);
            consoles.push(std::thread::spawn(move || look(feed, wire, period_ms, habit, &over)));
        }
    }
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    let mut most_together = 0;
    for round in 0..400_u32 {
        let burst = (0..VESSELS).filter_map(|n| {
            // Some come and go between the cells; every other round somebody is silent.
            let lat = 29.1 + f64::from(n) * 0.008 + f64::from(round % 40) * 0.00002;
            let is_heard = (n + round) % 7 != 0;
            is_heard.then(|| report(413_000_000 + n, lat, 122.2 + f64::from(round) * 0.00001))
        });
        sea.write_all(&burst.flatten().collect::<Vec<u8>>()).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        if round % 20 == 0 {
            most_together = most_together.max(scrape(http).sum("fairway_feed_clients_in_step", ""));
        }
    }
    over.store(true, Ordering::Relaxed);
    let pictures: Vec<Picture> = consoles.into_iter().map(|console| console.join().unwrap()).collect();
    let (mut fresh, mut truth) = (connect(feed, Wire::Proto, named("fresh")), Picture::default());
    until(&mut fresh, &mut truth, snapshot_end);
    until(&mut fresh, &mut truth, digest);
    assert_eq!(truth.tracks.len(), VESSELS as usize);
    for picture in &pictures {
        assert_eq!(picture.tracks.len(), truth.tracks.len());
        assert!(picture.agreed > 1, "{} digests agreed", picture.agreed);
    }
    assert!(most_together >= 10, "never more than {most_together} were in step");
    drop(fresh);
    eventually("all gone", || scrape(http).sum("fairway_feed_clients", "") == 0);
    // Whatever was due to anybody was sent, or was not any more, or was dropped with him.
    let metrics = scrape(http);
    let of = |what: &str| metrics.sum(&format!("fairway_feed_updates_{what}_total"), "");
    println!(
        "{most_together} in step at most; {} queued, {} sent, {} withdrawn, {} dropped, {} conflated",
        of("queued"),
        of("sent"),
        of("withdrawn"),
        of("dropped"),
        of("conflated")
    );
    assert_eq!(of("queued"), of("sent") + of("withdrawn") + of("dropped"));
    drop(engine.stop());
}

#[test]
fn what_each_calls_its_subscriptions_is_its_own() {
    let engine = start(ENGINE);
    let feed = engine.addresses().json.unwrap();
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    for round in 0..3_u32 {
        for n in 0..VESSELS {
            let lat = 29.1 + f64::from(n) * 0.008 + f64::from(round) * 0.00002;
            sea.write_all(&report(413_000_000 + n, lat, 122.2)).unwrap();
        }
    }
    // The same wish under two names.
    let mut consoles = [1, 7].map(|id| {
        let hello = proto::Hello { subscriptions: vec![proto::Subscribe { id, ..all(0) }], ..named("own") };
        let (mut console, mut picture) = (connect(feed, Wire::Proto, hello), Picture::default());
        until(&mut console, &mut picture, snapshot_end);
        (console, picture, id)
    });
    for (console, picture, _) in &mut consoles {
        until(console, picture, digest);
        until(console, picture, |body| matches!(body, Body::Heartbeat(_)).then_some(()));
    }
    for (console, picture, id) in &mut consoles {
        let area = proto::Area {
            boxes: vec![proto::Box { south: 29.0, west: 122.0, north: 29.3, east: 123.0 }],
            ..proto::Area::default()
        };
        // It replaces what there was: what is north of there leaves.
        picture.subscribing();
        let part = proto::Subscribe { id: *id, area: Some(area), ..all(0) };
        console.say(Say::Subscribe(part)).unwrap();
        let ids = until(console, picture, |body| {
            if let Body::Subscribed(subscribed) = body { Some(subscribed.ids.clone()) } else { None }
        });
        assert_eq!(ids, [*id]);
        until(console, picture, snapshot_end);
        assert!((20..30).contains(&picture.tracks.len()), "{} are in view", picture.tracks.len());
    }
    drop(engine.stop());
}
