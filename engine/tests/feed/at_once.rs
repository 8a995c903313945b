//! Whoever brings a report to a picture that rests does its work himself, and all is as if the core's thread had.

use crate::step::{ENGINE, Habit, look};
use crate::support::{report, scrape, source, start};
use crate::wires::{connect, digest, named, snapshot_end, until};
use engine::feed::console::{Picture, Wire};
use engine::feed::proto::server_message::Body;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[test]
fn a_report_alone_is_told_by_who_brings_it_and_a_flood_is_left_to_the_core() {
    let engine = start(ENGINE);
    let (feed, http) = (engine.addresses().json.unwrap(), engine.addresses().http.unwrap());
    let by = |who: &str| scrape(http).sum("fairway_core_work_total", who);
    let (mut console, mut picture) = (connect(feed, Wire::Proto, named("waits")), Picture::default());
    until(&mut console, &mut picture, snapshot_end);
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    sea.set_nodelay(true).unwrap();
    for round in 0..200_u32 {
        let lat = 29.1 + f64::from(round) * 0.00002;
        sea.write_all(&report(413_000_001, lat, 122.2)).unwrap();
        // This report, and none before it.
        until(&mut console, &mut picture, |body| {
            let Body::Track(track) = body else { return None };
            let told = track.reported.as_ref().unwrap().lat;
            assert!(told < lat + 0.000_01, "{told} before {lat}");
            (told > lat - 0.000_01).then_some(())
        });
    }
    let (core, bringer) = (by("\"core\""), by("\"bringer\""));
    assert!(bringer > 150 && core < bringer / 2, "{bringer} by who brought them, {core} by the core");

    // One read brings as many as all that came meanwhile.
    let flood: Vec<u8> = (0..20_000_u32)
        .flat_map(|n| report(413_000_100 + n % 500, 29.2 + f64::from(n) * 1e-5, 122.3))
        .collect();
    sea.write_all(&flood).unwrap();
    until(&mut console, &mut picture, |_| (by("\"core\"") > core + 20).then_some(()));
    until(&mut console, &mut picture, digest);
    drop(engine.stop());
}

#[test]
fn consoles_of_every_habit_lack_nothing_whoever_does_the_work() {
    let engine = start(ENGINE);
    let feed = engine.addresses().json.unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let habits = [Habit::Looks, Habit::Naps, Habit::Changes, Habit::Talks];
    let of_period = |period_ms| habits.map(|habit| (period_ms, habit));
    let consoles: Vec<_> = [0, 60]
        .into_iter()
        .flat_map(of_period)
        .enumerate()
        .map(|(number, (period_ms, habit))| {
            let (over, wire) = (Arc::clone(&over), Wire::ALL[number % Wire::ALL.len()]);
            std::thread::spawn(move || look(feed, wire, period_ms, habit, &over))
        })
        .collect();
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    sea.set_nodelay(true).unwrap();
    for round in 0..3000_u32 {
        // One at a time, now and then many.
        let many = if round % 50 == 0 { 120 } else { 1 };
        let lines = (0..many).flat_map(|n| {
            let ship = (round + n) % 60;
            let lat = 29.1 + f64::from(ship) * 0.008 + f64::from(round) * 0.000_005;
            report(413_000_000 + ship, lat, 122.2)
        });
        sea.write_all(&lines.collect::<Vec<u8>>()).unwrap();
        std::thread::sleep(Duration::from_millis(3));
    }
    over.store(true, Ordering::Relaxed);
    for console in consoles {
        let picture = console.join().unwrap();
        assert!(picture.tracks.len() == 60 && picture.agreed > 1, "{} agreed", picture.agreed);
    }
    let (core, bringer) = ["\"core\"", "\"bringer\""]
        .map(|who| scrape(engine.addresses().http.unwrap()).sum("fairway_core_work_total", who))
        .into();
    assert!(core > 0 && bringer > 300, "{bringer} by who brought them, {core} by the core");
    drop(engine.stop());
}
