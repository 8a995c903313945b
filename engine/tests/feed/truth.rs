//! Whatever happens on the way, what a console holds in the end is what the engine has.

use crate::support::{eventually, report, scrape, source, start};
use crate::wires::{connect, digest, named, snapshot_end, until};
use engine::feed::console::{Console, Picture, Wire};
use engine::feed::proto::{self, client_message::Body as Say, server_message::Body};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const ENGINE: &str = r#"
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
level = 5
limit = 1
on_delay_s = 0.0
"#;
const VESSELS: u32 = 80;
const LENGTH: Duration = Duration::from_secs(6);
const CONSOLES: u64 = 8;

/// Numbers without a pattern, the same in every run of one seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }

    fn share(&mut self, per_cent: u64) -> bool {
        self.roll(100) < per_cent
    }
}

/// Vessels that wander among a few cells; reports get lost, and overtake each other.
fn sail(sea: &mut TcpStream) {
    let mut dice = Dice(7);
    let mut places: Vec<(f64, f64)> = (0..VESSELS)
        .map(|_| (29.9 + dice.roll(600) as f64 * 1e-4, 122.1 + dice.roll(600) as f64 * 1e-4))
        .collect();
    let mut late: Vec<Vec<u8>> = Vec::new();
    let started = Instant::now();
    while started.elapsed() < LENGTH {
        let mut burst = Vec::new();
        for _ in 0..dice.roll(300) {
            let vessel = dice.roll(VESSELS.into());
            let place = &mut places[vessel as usize];
            let step = |dice: &mut Dice| (dice.roll(41) as f64 - 20.0) * 1e-5;
            *place = (place.0 + step(&mut dice), place.1 + step(&mut dice));
            let line = report(413_000_000 + vessel as u32, place.0, place.1);
            match dice.roll(10) {
                0 => {}
                1 => late.push(line),
                _ => burst.push(line),
            }
        }
        if dice.share(30) {
            burst.append(&mut late);
        }
        sea.write_all(&burst.concat()).unwrap();
        std::thread::sleep(Duration::from_millis(dice.roll(40)));
    }
}

/// What a console asks for: all of it, or some of it.
fn wish(dice: &mut Dice) -> proto::Subscribe {
    let mut wish = proto::Subscribe { period_ms: dice.roll(3) as u32 * 150, ..proto::Subscribe::default() };
    if dice.share(50) {
        let (south, west) = (29.9 + dice.roll(300) as f64 * 1e-4, 122.1 + dice.roll(300) as f64 * 1e-4);
        let part = proto::Box { south, west, north: south + 0.02, east: west + 0.03 };
        wish.area = Some(proto::Area { boxes: vec![part], ..proto::Area::default() });
        "position".clone_into(&mut wish.detail);
    }
    wish
}

struct Ended {
    console: Console,
    picture: Picture,
    wish: proto::Subscribe,
    cuts: u64,
}

/// Watches, stalls, loses its connection and comes back, until all is over. Every message is checked.
fn watch(feed: SocketAddr, seed: u64, over: &AtomicBool) -> Ended {
    let mut dice = Dice(seed);
    let wire = Wire::ALL[seed as usize % Wire::ALL.len()];
    let mut wish = if seed < 4 { proto::Subscribe::default() } else { wish(&mut dice) };
    let mut picture = Picture::default();
    let mut cuts = 0;
    loop {
        let resume = picture.resume().map(|resume| {
            // Now and then it has forgotten the picture, but never an alert.
            proto::Resume { position: if dice.share(20) { 0 } else { resume.position }, ..resume }
        });
        let hello = proto::Hello { subscriptions: vec![wish.clone()], resume, ..named("wanderer") };
        let mut console = connect(feed, wire, hello);
        picture.reconnected();
        let life = dice.roll(2000);
        for _ in 0..life {
            let Some(message) = console.receive().unwrap() else { panic!("closed by the engine") };
            if let Some(Body::Error(error)) = &message.body {
                panic!("{error:?}");
            }
            if let Err(fault) = picture.apply(message) {
                panic!("console {seed} {wire:?} {wish:?} after {cuts} cuts: {fault:?}");
            }
            if over.load(Ordering::Relaxed) {
                return Ended { console, picture, wish, cuts };
            }
            if dice.roll(1000) == 0 {
                std::thread::sleep(Duration::from_millis(dice.roll(400)));
            }
            if seed >= 4 && dice.roll(700) == 0 {
                wish = self::wish(&mut dice);
                picture.subscribing();
                console.say(Say::Subscribe(wish.clone())).unwrap();
            }
        }
        // Whatever is on its way is lost.
        drop(console);
        cuts += 1;
        std::thread::sleep(Duration::from_millis(dice.roll(200)));
    }
}

/// The same wish again: nothing comes but the proof.
fn prove(console: &mut Console, picture: &mut Picture, wish: &proto::Subscribe) -> proto::Digest {
    picture.subscribing();
    console.say(Say::Subscribe(wish.clone())).unwrap();
    until(console, picture, |body| matches!(body, Body::Subscribed(_)).then_some(()));
    until(console, picture, snapshot_end);
    until(console, picture, digest)
}

#[test]
fn in_the_end_every_console_holds_what_the_engine_has() {
    let engine = start(ENGINE);
    let feed = engine.addresses().json.unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let consoles: Vec<_> = (0..CONSOLES)
        .map(|seed| {
            let over = Arc::clone(&over);
            std::thread::spawn(move || watch(feed, seed, &over))
        })
        .collect();
    let metrics = engine.addresses().http.unwrap();
    eventually("all consoles", || scrape(metrics).sum("fairway_feed_clients", "") == CONSOLES as i64);
    sail(&mut TcpStream::connect(source(&engine, "sea")).unwrap());
    over.store(true, Ordering::Relaxed);

    // The truth, as one sees it who was never cut.
    let (mut fresh, mut truth) = (connect(feed, Wire::Proto, named("fresh")), Picture::default());
    until(&mut fresh, &mut truth, digest);
    let mut cuts = 0;
    for console in consoles {
        let Ended { mut console, mut picture, wish, cuts: own } = console.join().unwrap();
        cuts += own;
        // Time goes on: compare when both are at the same place.
        loop {
            let there = prove(&mut console, &mut picture, &wish);
            let here = prove(&mut fresh, &mut truth, &proto::Subscribe::default());
            if (there.position, there.alert_event) == (here.position, here.alert_event) {
                break;
            }
        }
        let events = truth.welcome.alert_event + truth.alert_events;
        assert_eq!(picture.alert_events, events, "every alert event once: {wish:?}");
        assert_eq!(picture.alerts, truth.alerts);
        if wish.area.is_none() {
            assert_eq!(picture.tracks.len(), truth.tracks.len());
            assert_eq!(picture.sums(), truth.sums());
        } else {
            for (id, track) in &picture.tracks {
                assert_eq!(Some(track.version), truth.tracks.get(id).map(|truth| truth.version));
            }
        }
    }
    let events = truth.welcome.alert_event;
    assert!(truth.tracks.len() >= VESSELS as usize && events > 20, "{} {events}", truth.tracks.len());
    let metrics = scrape(metrics);
    let of = |name: &str| metrics.sum(name, "");
    println!(
        "{} tracks, {events} alert events, {cuts} cuts, {} resumed, {} conflated",
        truth.tracks.len(),
        of("fairway_feed_resumed_total"),
        of("fairway_feed_updates_conflated_total"),
    );
    assert!(
        cuts > 5 && of("fairway_feed_resumed_total") > 0 && of("fairway_feed_updates_conflated_total") > 0
    );
    drop(engine.stop());
}
