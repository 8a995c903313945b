//! The scene keeps its promises: the same bytes again, sentences that say the truth, intervals of the standard,
//! and nobody who jumps.

use decoders::ais::{Message, StaticBPart};
use decoders::frame::Line;
use decoders::nmea::{Item, Reader};
use simulate::{Class, Kind, Receiver, Scene, Vessel};
use std::collections::{BTreeMap, BTreeSet};
use units::{Mmsi, Position, UtcTime};

const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);

fn metres(a: Position, b: Position) -> f64 {
    let north = (a.lat() - b.lat()).to_radians() * 6_371_000.0;
    let east = (a.lon() - b.lon()).to_radians() * 6_371_000.0 * a.lat().to_radians().cos();
    north.hypot(east)
}

fn apart_deg(a: f64, b: f64) -> f64 {
    ((a - b + 180.0).rem_euclid(360.0) - 180.0).abs()
}

fn truth(scene: &Scene) -> BTreeMap<Mmsi, Vessel> {
    scene.vessels().map(|vessel| (vessel.mmsi, vessel.clone())).collect()
}

fn bytes(seed: u64, receiver: Receiver, steps_s: impl Iterator<Item = f64>) -> Vec<u8> {
    let mut scene = Scene::ningbo_zhoushan(seed, 120, START);
    scene.listen(receiver);
    scene.hello();
    let (mut out, mut last) = (Vec::new(), START);
    for step_s in steps_s {
        scene.run(START.plus_s(step_s), &mut |sent| {
            assert!(sent.at >= last && sent.on_air <= sent.at && sent.at <= START.plus_s(step_s));
            assert!(sent.bytes.ends_with(b"\r\n"));
            last = sent.at;
            out.extend_from_slice(&sent.at.unix_ns().to_be_bytes());
            out.extend_from_slice(sent.bytes);
        });
    }
    out
}

#[test]
fn the_same_seed_gives_the_same_bytes_in_any_number_of_steps() {
    for receiver in [Receiver::PERFECT, Receiver::ORDINARY] {
        let whole = bytes(1, receiver, std::iter::once(300.0));
        assert_eq!(whole, bytes(1, receiver, std::iter::once(300.0)));
        assert_eq!(whole, bytes(1, receiver, (0..=300).map(f64::from)));
        assert_eq!(whole, bytes(1, receiver, (0..=3000).map(|i| f64::from(i) / 10.0)));
        assert_eq!(whole, bytes(1, receiver, [0.37, 0.371, 7.0, 7.0, 61.5, 200.999, 300.0].into_iter()));
        assert_ne!(whole, bytes(2, receiver, std::iter::once(300.0)));
    }
}

#[test]
fn there_are_as_many_vessels_as_asked_for_and_no_two_are_one() {
    for wanted in [0, 1, 7, 19, 20, 100, 300, 3000] {
        let scene = Scene::ningbo_zhoushan(3, wanted, START);
        assert_eq!(scene.vessels().count(), wanted);
        let mmsis: BTreeSet<_> = scene.vessels().map(|vessel| vessel.mmsi).collect();
        let names: BTreeSet<_> = scene.vessels().map(|vessel| vessel.name).collect();
        assert_eq!((mmsis.len(), names.len()), (wanted, wanted));
        assert!(scene.vessels().all(|vessel| vessel.name.as_str().len() <= 20));
        if wanted >= 100 {
            let class_a = scene.vessels().filter(|vessel| vessel.class == Class::A).count();
            assert!((0.57..0.64).contains(&(class_a as f64 / wanted as f64)), "{class_a} of {wanted}");
            let chinese = scene.vessels().filter(|vessel| vessel.mmsi.number() / 10_000_000 == 41).count();
            assert!(chinese * 10 > wanted * 6, "{chinese} of {wanted}");
        }
    }
}

#[test]
fn every_sentence_says_the_truth() {
    let mut scene = Scene::ningbo_zhoushan(5, 300, START);
    scene.hello();
    let marks: BTreeSet<Mmsi> = scene.marks().collect();
    let mut reader = Reader::new();
    let mut kinds = BTreeMap::new();
    let mut errors_m = Vec::new();
    let mut before = truth(&scene);
    for second in 0..720 {
        // A message of the second before may still be on its way.
        let mut messages = Vec::new();
        scene.run(START.plus_s(f64::from(second) + 0.999), &mut |sent| {
            for line in sent.bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
                assert!(line.len() <= 81 && line.ends_with(b"\r"));
                reader.line(Line::Whole(line.trim_ascii_end()), sent.at, |item| match item {
                    Item::Ais(received) => messages.push((sent.mmsi, *received.message)),
                    other => panic!("{other:?}"),
                });
            }
        });
        let now = truth(&scene);
        for (mmsi, message) in messages {
            assert_eq!((message.mmsi(), message.length_ok()), (mmsi, Some(true)));
            let mut wrong = Vec::new();
            message.invalid(&mut |name, raw| wrong.push((name, raw)));
            assert!(wrong.is_empty(), "{wrong:?}");
            *kinds.entry(message.kind()).or_insert(0) += 1;
            if marks.contains(&mmsi) {
                continue;
            }
            let of = |utc_second: Option<u8>| {
                let this = scene.now().unix_s().rem_euclid(60) as u8;
                if utc_second == Some(this) { &now[&mmsi] } else { &before[&mmsi] }
            };
            match message {
                Message::PositionA(m) => {
                    let vessel = of(m.second());
                    assert_eq!((vessel.class, m.nav_status()), (Class::A, Some(vessel.nav_status)));
                    assert!(apart_deg(m.heading().unwrap().value(), vessel.heading.value()) < 0.51);
                    if let Some(rot) = m.rot_deg_min() {
                        // The field's steps grow with the rate.
                        let step = 0.1 + vessel.rot_deg_min.abs().sqrt() * 0.25;
                        assert!((rot - vessel.rot_deg_min).abs() < step, "{rot} {}", vessel.rot_deg_min);
                    }
                    errors_m.push(near(
                        vessel,
                        m.position(),
                        m.sog().unwrap().value(),
                        m.cog().unwrap().value(),
                    ));
                }
                Message::PositionB(m) => {
                    let vessel = of(m.second());
                    assert_eq!(m.cs_unit, Some(vessel.class == Class::BCarrierSense));
                    errors_m.push(near(
                        vessel,
                        m.position(),
                        m.sog().unwrap().value(),
                        m.cog().unwrap().value(),
                    ));
                }
                Message::StaticA(m) => {
                    let vessel = &now[&mmsi];
                    assert_eq!((m.name(), m.callsign()), (Some(vessel.name), vessel.call_sign));
                    assert_eq!((m.destination(), m.draught_m()), (vessel.destination, vessel.draught_m));
                    assert_eq!(m.imo(), vessel.imo.map(units::Imo::number));
                    assert_eq!(
                        (m.dimensions(), m.ship_type()),
                        (Some(vessel.dimensions), Some(vessel.ship_type))
                    );
                }
                Message::StaticB(m) => {
                    let vessel = &now[&mmsi];
                    match m.part {
                        StaticBPart::A(_) => assert_eq!(m.name(), Some(vessel.name)),
                        StaticBPart::B(_) => {
                            assert_eq!(
                                (m.dimensions(), m.callsign()),
                                (Some(vessel.dimensions), vessel.call_sign)
                            );
                            assert_eq!(m.ship_type(), Some(vessel.ship_type));
                        }
                        StaticBPart::Unknown => panic!("{m:?}"),
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        before = now;
    }
    assert!(reader.counters().balanced());
    for kind in [1, 3, 4, 5, 18, 21, 24] {
        assert!(kinds.contains_key(&kind), "no message {kind}: {kinds:?}");
    }
    let rms_m =
        (errors_m.iter().map(|error_m| error_m * error_m).sum::<f64>() / errors_m.len() as f64).sqrt();
    assert!((3.0..5.0).contains(&rms_m), "{rms_m}");
}

/// Metres of error of the position; the velocity must fit.
fn near(vessel: &Vessel, at: Option<Position>, sog_kn: f64, cog_deg: f64) -> f64 {
    let error_m = at.map_or(f64::INFINITY, |at| metres(at, vessel.antenna()));
    assert!(error_m < 16.0, "{error_m} {vessel:?}");
    assert!((sog_kn - vessel.speed.value()).abs() < 0.4, "{sog_kn} {vessel:?}");
    if vessel.speed.value() > 5.0 {
        assert!(apart_deg(cog_deg, vessel.course.value()) < 4.0, "{cog_deg} {vessel:?}");
    }
    error_m
}

/// One vessel's state, second by second, and when it reported its position.
#[derive(Default)]
struct Log {
    class: Option<Class>,
    at_rest: bool,
    sog_kn: Vec<f64>,
    heading_deg: Vec<f64>,
    reports_s: Vec<f64>,
}

/// Rows of ITU-R M.1371-5, Annex 1, tables 1 and 2: class, at rest, speed, turning, seconds.
const INTERVALS: &[(Class, bool, std::ops::Range<f64>, bool, f64)] = &[
    (Class::A, true, 0.0..3.0, false, 180.0),
    (Class::A, false, 0.0..13.9, false, 10.0),
    (Class::A, false, 0.0..13.9, true, 10.0 / 3.0),
    (Class::A, false, 14.1..22.9, false, 6.0),
    (Class::A, false, 14.1..22.9, true, 2.0),
    (Class::A, false, 23.1..99.0, false, 2.0),
    (Class::BCarrierSense, false, 0.0..1.9, false, 180.0),
    (Class::BCarrierSense, false, 2.1..99.0, false, 30.0),
    (Class::BSelfOrganising, false, 2.1..13.9, false, 30.0),
    (Class::BSelfOrganising, false, 14.1..22.9, false, 15.0),
];

#[test]
fn reports_come_as_often_as_the_standard_says() {
    let mut scene = Scene::ningbo_zhoushan(8, 300, START);
    let mut logs: BTreeMap<Mmsi, Log> = BTreeMap::new();
    for second in 0..1800 {
        scene.run(START.plus_s(f64::from(second) + 0.999), &mut |sent| {
            // Types 1, 3 and 18 begin with these characters.
            if matches!(sent.bytes.get(14), Some(b'1' | b'3' | b'B')) && sent.bytes.get(7) == Some(&b'1') {
                logs.entry(sent.mmsi).or_default().reports_s.push(sent.on_air.since(START));
            }
        });
        for vessel in scene.vessels() {
            let log = logs.entry(vessel.mmsi).or_default();
            log.class = Some(vessel.class);
            log.at_rest = vessel.class == Class::A && matches!(vessel.nav_status, 1 | 5);
            log.sog_kn.push(vessel.speed.value());
            log.heading_deg.push(vessel.heading.value());
        }
    }
    for (class, at_rest, sog_kn, turning, expected_s) in INTERVALS {
        let mut gaps_s = Vec::new();
        for log in logs.values().filter(|log| log.class == Some(*class) && log.at_rest == *at_rest) {
            gaps_s.extend(log.reports_s.windows(2).filter_map(|pair| {
                let (from, to) = (pair[0] as usize, (pair[1] as usize).min(log.sog_kn.len() - 1));
                // What the interval hangs on must have held for the whole gap, and a turn may linger.
                let earlier = match (class, turning) {
                    (Class::A, false) => 90,
                    (Class::A, true) => 10,
                    _ => 5,
                };
                let back = from.checked_sub(earlier)?;
                let held = log.sog_kn[back..=to].iter().all(|speed| sog_kn.contains(speed));
                let turns = |least: f64, t: usize| {
                    let mean = (1..=30).map(|i| {
                        let now = log.heading_deg[t];
                        (log.heading_deg[t.saturating_sub(i)] - now + 180.0).rem_euclid(360.0) - 180.0
                    });
                    (mean.sum::<f64>() / 30.0).abs() > least
                };
                // Class B reports do not hang on turning.
                let fits = if *class != Class::A {
                    true
                } else if *turning {
                    (back..=to).all(|t| turns(7.0, t))
                } else {
                    !(back..=to).any(|t| turns(3.0, t))
                };
                (held && fits).then_some(pair[1] - pair[0])
            }));
        }
        let row = format!("{class:?} rest {at_rest} {sog_kn:?} kn turning {turning}");
        let mean_s = gaps_s.iter().sum::<f64>() / gaps_s.len() as f64;
        assert!(gaps_s.len() >= 20, "{row}: only {} gaps", gaps_s.len());
        assert!((0.97..1.03).contains(&(mean_s / expected_s)), "{row}: mean {mean_s}");
        for gap_s in gaps_s {
            assert!((0.79..1.21).contains(&(gap_s / expected_s)), "{row}: {gap_s}");
        }
    }
}

#[test]
fn nobody_jumps_and_nobody_is_faster_than_it_can_be() {
    let mut scene = Scene::ningbo_zhoushan(11, 300, START);
    let mut before = truth(&scene);
    let mut turned_deg = 0.0_f64;
    for second in 1..3600 {
        scene.run(START.plus_s(f64::from(second)), &mut |_| {});
        for vessel in scene.vessels() {
            let was = &before[&vessel.mmsi];
            let fastest_mps = vessel.speed.mps().max(was.speed.mps());
            let moved_m = metres(vessel.position, was.position);
            assert!(moved_m <= fastest_mps * 1.01 + 0.05, "{moved_m} {vessel:?}");
            assert!(vessel.speed.value() <= vessel.kind.top_speed_kn(), "{vessel:?}");
            assert!((vessel.speed.mps() - was.speed.mps()).abs() < 0.5, "{vessel:?}");
            let heading_deg = apart_deg(vessel.heading.value(), was.heading.value());
            assert!(heading_deg < 7.0, "{heading_deg} {vessel:?}");
            // The rate of turn is that of the heading.
            assert!((heading_deg - vessel.rot_deg_min.abs() / 60.0).abs() < 1.1, "{vessel:?}");
            turned_deg += heading_deg;
        }
        before = truth(&scene);
    }
    assert!(turned_deg > 100_000.0);
}

#[test]
fn planned_ships_meet_and_one_enters_the_zone() {
    let mut scene = Scene::ningbo_zhoushan(13, 300, START);
    let elsewhere = Position::new(29.95, 122.70).unwrap();
    let mut aimed = Scene::ningbo_zhoushan(13, 300, START);
    aimed.aim(elsewhere, 30.0);
    let zone = Position::new(Scene::ZONE.0, Scene::ZONE.1).unwrap();
    let mut closest_m = [f64::INFINITY; 3];
    let (mut entered_s, mut aimed_s) = (None, None);
    for second in 0..480 {
        for (scene, zone, entered_s) in
            [(&mut scene, zone, &mut entered_s), (&mut aimed, elsewhere, &mut aimed_s)]
        {
            scene.run(START.plus_s(f64::from(second)), &mut |_| {});
            let intruder = scene.vessels().nth(6).unwrap();
            if entered_s.is_none() && metres(intruder.position, zone) < 1000.0 {
                *entered_s = Some(second);
            }
        }
        let ships: Vec<_> = scene.vessels().take(6).map(|vessel| vessel.position).collect();
        for (pair, closest_m) in ships.chunks(2).zip(&mut closest_m) {
            *closest_m = closest_m.min(metres(pair[0], pair[1]));
        }
    }
    assert!(closest_m.iter().all(|&closest_m| closest_m < 150.0), "{closest_m:?}");
    for entered_s in [entered_s, aimed_s] {
        assert!((150..260).contains(&entered_s.unwrap()), "{entered_s:?}");
    }
}

#[test]
fn after_a_hello_everyone_is_known_within_seconds() {
    let mut scene = Scene::ningbo_zhoushan(17, 300, START);
    scene.hello();
    let mut heard: BTreeMap<Mmsi, usize> = BTreeMap::new();
    let mut busiest = 0;
    for second in 0..900 {
        let mut messages = 0;
        scene.run(START.plus_s(f64::from(second)), &mut |sent| {
            messages += 1;
            if second <= 6 {
                *heard.entry(sent.mmsi).or_default() += 1;
            }
        });
        if second > 20 {
            busiest = busiest.max(messages);
        }
    }
    for vessel in scene.vessels() {
        let least = if vessel.class == Class::A { 2 } else { 3 };
        assert!(heard[&vessel.mmsi] >= least, "{vessel:?}");
    }
    assert!(scene.marks().all(|mark| heard.contains_key(&mark)));
    // The chorus must not come again every six minutes.
    assert!(busiest < 60, "{busiest}");
}

#[test]
fn a_receiver_loses_and_delays_as_told() {
    let count = |loss| {
        let mut scene = Scene::ningbo_zhoushan(19, 300, START);
        scene.listen(Receiver { loss, delay_s: (0.02, 0.12) });
        let mut times = Vec::new();
        scene.run(START.plus_s(300.0), &mut |sent| times.push(sent.at.since(sent.on_air)));
        assert!(times.iter().all(|delay_s| (0.0199..0.1201).contains(delay_s)));
        times.len()
    };
    let (all, some) = (count(0.0), count(0.25));
    assert!((0.72..0.78).contains(&(some as f64 / all as f64)), "{some} of {all}");
}

#[test]
fn kinds_do_what_they_are_for() {
    let scene = Scene::ningbo_zhoushan(23, 300, START);
    let count = |of: fn(&Vessel) -> bool| scene.vessels().filter(|vessel| of(vessel)).count();
    assert!(count(|vessel| vessel.nav_status == 1) >= 30);
    assert!(count(|vessel| vessel.nav_status == 5) >= 25);
    assert!(count(|vessel| vessel.kind == Kind::Fishing) >= 70);
    assert!(count(|vessel| vessel.kind == Kind::Ferry) >= 10);
    assert!(count(|vessel| vessel.imo.is_some()) >= 60);
    assert!(count(|vessel| vessel.length_m() > 300.0) >= 3);
}
