//! What holds for any input.

use super::*;
use proptest::prelude::*;
use units::{Caller, Card};

/// A few vessels, places and sources, so that everything meets; times from none to hours.
fn any_event() -> impl Strategy<Value = (f64, f64, Event)> {
    let number = prop_oneof![4 => 1u32..6, 1 => any::<u32>().prop_map(|n| n >> 2)];
    let station = prop_oneof![
        2 => Just(Station::ClassA),
        2 => Just(Station::ClassB),
        2 => Just(Station::Aircraft),
        1 => Just(Station::Terminal)
    ];
    let place = prop_oneof![
        6 => (-300.0..300.0, -300.0..300.0).prop_map(|(e, n)| Plane::at(home()).to_position(e, n)),
        2 => (0..4u8).prop_map(|n| Plane::at(home()).to_position(f64::from(n) * 3000.0, 0.0)),
        1 => (-90.0..=90.0, -180.0..=180.0).prop_map(|(lat, lon)| Position::new(lat, lon).unwrap()),
        1 => Just(Position::new(90.0, 0.0).unwrap()),
    ];
    let sigma = prop_oneof![8 => 0.0..100.0, 1 => any::<f64>()];
    let sog = prop_oneof![8 => 0.0..30.0, 1 => Just(0.0), 1 => any::<f64>()];
    let report = (
        (number.clone(), station, proptest::option::weighted(0.9, place.clone()), sigma),
        (proptest::option::of(sog), proptest::option::of(0.0..360.0), proptest::option::of(0u8..16)),
        proptest::option::of(any::<f64>()),
    )
        .prop_map(|((number, station, position, sigma_m), (sog, cog, nav_status), odd)| {
            Body::Report(Report {
                by: match station {
                    Station::Terminal => Caller::Card(Card(u64::from(number))),
                    _ => mmsi(number).into(),
                },
                station,
                position,
                sigma_m,
                sog: sog.and_then(Knots::new),
                cog: cog.and_then(Degrees::new),
                heading: odd.and_then(Degrees::new),
                rot_deg_min: odd,
                nav_status,
            })
        });
    let statics = (number.clone(), "[A-C]{1,2}", proptest::option::of(any::<u8>()), any::<u16>()).prop_map(
        |(number, name, ship_type, bow)| {
            let hull = Hull { to_bow_m: bow, to_stern_m: 7, to_port_m: 3, to_starboard_m: 4 };
            Body::Statics(Statics { ship_type, hull: Some(hull), ..statics(number, &name) })
        },
    );
    let also_heard = (0u16..12, number.clone()).prop_map(|(source, number)| {
        Event::AlsoHeard(AlsoHeard { source: SourceId(source), mmsi: mmsi(number), arrival: T0 })
    });
    let mark = (number, proptest::option::of(place), any::<bool>()).prop_map(|(number, position, off)| {
        Body::Mark(MarkReport {
            mmsi: mmsi(number),
            kind: MarkKind::Aid,
            position,
            name: None,
            off_position: Some(off),
            is_virtual: false,
            aid_type: None,
        })
    });
    let local = |(e, n)| Plane::at(home()).to_position(e, n);
    let echo = (
        0u16..3,
        -2000.0..2000.0,
        -2000.0..2000.0,
        proptest::option::of((any::<f64>(), 0.0..0.5)),
        any::<bool>(),
    )
        .prop_map(move |(sensor, e, n, extent, polar)| {
            let (position, site) = (local((e, n)), local((0.0, -3000.0)));
            let (re, rn) = Plane::at(site).to_local(position);
            let polar = polar.then_some(Polar {
                site,
                range_m: re.hypot(rn),
                azimuth_rad: re.atan2(rn).rem_euclid(std::f64::consts::TAU),
                range_sigma_m: 8.0,
                azimuth_sigma_rad: 0.003,
            });
            Body::Plot(Plot {
                sensor: SensorId(sensor),
                position,
                covariance_m2: [80.0, 5.0, 90.0],
                polar,
                radial_speed_mps: None,
                amplitude_db: None,
                extent: extent.map(|(range_m, azimuth_rad)| Extent { range_m, azimuth_rad }),
            })
        });
    let series = (0u16..3, 0u32..4, -400.0..400.0, -400.0..400.0, 0u8..8, any::<f64>()).prop_map(
        move |(sensor, number, e, n, status, odd)| {
            Body::SensorTrack(SensorTrack {
                key: SensorTrackKey { sensor: SensorId(sensor), number, generation: 0 },
                status: match status {
                    0 => SensorTrackStatus::Tentative,
                    1 => SensorTrackStatus::Ended,
                    2 => SensorTrackStatus::Coasting,
                    _ => SensorTrackStatus::Confirmed,
                },
                position: (status != 1).then(|| local((e, n))),
                covariance_m2: [if status == 3 { odd } else { 60.0 }, 0.0, 60.0],
                velocity_mps: None,
                velocity_covariance: [1.0, 0.0, 1.0],
                name: None,
                mmsi: (status == 4).then(|| mmsi(u32::from(sensor) + 1)),
                length_m: None,
                width_m: None,
                orientation: None,
            })
        },
    );
    let body = prop_oneof![8 => report, 1 => statics, 1 => mark, 4 => echo, 2 => series];
    let step = prop_oneof![3 => Just(0.0), 8 => 0.0..12.0, 2 => 0.0..400.0, 1 => 0.0..20_000.0];
    let lag = prop_oneof![6 => 0.0..2.0, 2 => -20.0..120.0, 1 => any::<f64>()];
    let observation = (0u16..12, body).prop_map(|(source, body)| event(source, 0.0, 0.0, body));
    (step, lag, prop_oneof![9 => observation, 2 => also_heard, 1 => Just(Event::Tick(T0))])
}

/// A stream of events in order of arrival, give or take.
fn any_events(most: usize) -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec(any_event(), 1..most).prop_map(|steps| {
        let mut now = T0;
        let timed = steps.into_iter().map(|(step_s, lag_s, event)| {
            now = now.plus_s(step_s);
            match event {
                Event::Tick(_) | Event::Site(..) => Event::Tick(now),
                Event::AlsoHeard(heard) => Event::AlsoHeard(AlsoHeard { arrival: now, ..heard }),
                Event::Observation(observation) => {
                    Event::Observation(Observation { arrival: now, valid: now.plus_s(-lag_s), ..observation })
                }
            }
        });
        timed.collect()
    })
}

fn small() -> Config {
    Config { max_tracks: 6, max_tracks_per_caller: 3, max_marks: 3, max_statics: 3, ..Config::default() }
}

/// All changes of each event, and the bytes of the final picture.
fn run(fusion: &mut Fusion, events: &[Event]) -> (Vec<Vec<Change>>, Vec<u8>) {
    let all = events.iter().map(|event| {
        let mut changes = Vec::new();
        fusion.apply(event, &mut changes);
        sound(fusion, &changes);
        changes
    });
    (all.collect(), bytes(fusion))
}

fn bytes(fusion: &Fusion) -> Vec<u8> {
    postcard::to_allocvec(&fusion.snapshot()).unwrap()
}

fn everything_near(fusion: &Fusion) -> Vec<TrackId> {
    let mut out = Vec::new();
    fusion.near(home(), 4000.0, &mut out);
    out
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    /// Also: the covariance stays sound, accounts stay exact, boxes hold (`sound`, after each event).
    #[test]
    fn a_restored_picture_goes_on_as_if_nothing_had_happened(events in any_events(150), cut in 0.0..1.0) {
        let (before, after) = events.split_at((events.len() as f64 * cut) as usize);
        let mut original = Fusion::new(small());
        run(&mut original, before);
        let saved = bytes(&original);
        let mut restored = Fusion::restore(postcard::from_bytes(&saved).unwrap());
        prop_assert_eq!(bytes(&restored), saved);
        prop_assert_eq!(everything_near(&restored), everything_near(&original));
        prop_assert_eq!(run(&mut restored, after), run(&mut original, after));
        prop_assert_eq!(everything_near(&restored), everything_near(&original));
        let mut again = Fusion::new(small());
        run(&mut again, &events);
        prop_assert_eq!(bytes(&again), bytes(&original));
    }

    #[test]
    fn tables_are_bounded(events in any_events(300)) {
        let (mut fusion, mut changes) = (Fusion::new(small()), Vec::new());
        let (mut born, mut gone) = (0, 0);
        for event in &events {
            changes.clear();
            fusion.apply(event, &mut changes);
            prop_assert!(fusion.tracks().count() <= 6 && fusion.marks().count() <= 3);
            prop_assert!(fusion.names.all().count() <= 3);
            let numbers = fusion.tracks().filter_map(|t| t.identity.mmsi);
            prop_assert!(numbers.into_iter().all(|mmsi| fusion.claimants(mmsi).count() <= 3));
            born += changes.iter().filter(|c| matches!(c, Change::Track(id) if fusion.track(*id).is_some_and(|t| t.version == 1))).count();
            gone += changes.iter().filter(|c| matches!(c, Change::TrackGone { .. })).count();
        }
        let counters = fusion.counters();
        prop_assert_eq!((counters.born + counters.sighted) as usize, born);
        let ended = counters.ended + counters.unconfirmed + counters.displaced + counters.merged;
        prop_assert_eq!(ended as usize, gone);
        prop_assert_eq!(born - gone, fusion.tracks().count());
        let observations = events.iter().filter(|event| matches!(event, Event::Observation(_))).count();
        prop_assert_eq!(counters.observations as usize, observations);
        prop_assert_eq!(counters.accounted() as usize, observations);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    /// Against looking at every track, at places where longitudes end and meridians meet.
    #[test]
    fn near_is_exact(
        (lat, lon) in prop_oneof![
            Just((29.9, 122.0)), Just((10.0, 179.999)), Just((85.0, -179.99)), Just((90.0, 0.0)), Just((-89.99, 45.0))
        ],
        ships in proptest::collection::vec(
            (-20e3..20e3, -20e3..20e3, prop_oneof![3 => 0.0..25.0, 1 => 0.0..300.0], 0.0..360.0), 1..60),
        waits in proptest::collection::vec(prop_oneof![3 => 0.01..3.0, 1 => 0.0..200.0], 1..20),
        (e, n, radius) in (-20e3..20e3, -20e3..20e3, prop_oneof![0.0..3e3, 0.0..30e3]),
    ) {
        let plane = Plane::at(Position::new(lat, lon).unwrap());
        let mut world = World::new(Config::default());
        let mut now = 0.0;
        let mut out = vec![TrackId(99)];
        for (round, wait) in waits.into_iter().enumerate() {
            now += wait;
            world.tick(now);
            // Each round a part of them is heard; the others drift on.
            for (i, &(e_m, n_m, mps, cog)) in ships.iter().enumerate().filter(|(i, _)| (i + round) % 3 == 0) {
                let (sin, cos) = f64::to_radians(cog).sin_cos();
                let report = Said {
                    mmsi: i as u32,
                    station: Station::Aircraft,
                    at: plane.origin(),
                    sog: Some(mps / units::KNOT_MPS),
                    cog: Some(cog),
                    ..said(now, e_m + mps * sin * now, n_m + mps * cos * now)
                };
                world.say(&report);
            }
            let place = plane.to_position(e, n);
            for radius_m in [radius, radius * 0.1, 1e9] {
                world.fusion.near(place, radius_m, &mut out);
                let here = |track: &&Track| chord_m(track.position_at(world.fusion.now()), place) <= radius_m;
                let brute: Vec<_> = world.fusion.tracks().filter(here).map(|track| track.id).collect();
                prop_assert_eq!(&out, &brute);
            }
        }
        for nonsense in [-1.0, f64::NAN] {
            world.fusion.near(plane.origin(), nonsense, &mut out);
            prop_assert!(out.is_empty());
        }
    }

    /// The same scene elsewhere and turned gives the same tracks elsewhere and turned.
    #[test]
    fn physics_does_not_know_where_north_is(
        (lat, lon) in prop_oneof![Just((0.0, 0.0)), Just((70.0, 180.0)), Just((-88.0, 30.0)), Just((90.0, 0.0))],
        turn_deg in 0.0..360.0,
        runs in proptest::collection::vec(
            ((-4e3..4e3, -4e3..4e3, 0.5..12.0, 0.0..360.0), proptest::collection::vec((-8.0..8.0, -8.0..8.0, -0.4..0.4), 2..12)),
            1..4),
    ) {
        let scene = |origin: Position, turn_deg: f64| {
            let plane = Plane::at(origin);
            let mut world = World::new(Config::default());
            for (ship, ((e0, n0, mps, course), errors)) in runs.iter().enumerate() {
                for (step, &(de, dn, dv)) in errors.iter().enumerate() {
                    let t = step as f64 * 10.0;
                    let (sin, cos) = f64::to_radians(*course).sin_cos();
                    let (e, n) = turned(e0 + mps * sin * t + de, n0 + mps * cos * t + dn, turn_deg);
                    let here = Plane::at(plane.to_position(e, n));
                    let cog = course + turn_deg + plane.convergence_rad(&here).to_degrees();
                    let report = Said {
                        mmsi: ship as u32,
                        at: origin,
                        sog: Some((mps + dv) / units::KNOT_MPS),
                        cog: Some(cog),
                        ..said(t, e, n)
                    };
                    world.say(&report);
                }
            }
            let seen = |track: &Track| {
                let k = track.kinematics_at(&plane, T0.plus_s(130.0));
                let (place, rate) = (turned(k.e_m, k.n_m, -turn_deg), turned(k.ve_mps, k.vn_mps, -turn_deg));
                (place, rate, k.covariance[0][0] + k.covariance[1][1])
            };
            world.fusion.tracks().map(seen).collect::<Vec<_>>()
        };
        let (one, other) = (scene(home(), 0.0), scene(Position::new(lat, lon).unwrap(), turn_deg));
        prop_assert_eq!(one.len(), other.len());
        for ((place, rate, spread), (place2, rate2, spread2)) in one.into_iter().zip(other) {
            prop_assert!((place.0 - place2.0).hypot(place.1 - place2.1) < 0.05, "{:?} {:?}", place, place2);
            prop_assert!((rate.0 - rate2.0).hypot(rate.1 - rate2.1) < 1e-3, "{:?} {:?}", rate, rate2);
            prop_assert!((spread - spread2).abs() < 0.01 * spread);
        }
    }
}

/// Clockwise, as courses turn.
fn turned(e: f64, n: f64, turn_deg: f64) -> (f64, f64) {
    let (sin, cos) = turn_deg.to_radians().sin_cos();
    (e * cos + n * sin, n * cos - e * sin)
}

#[test]
fn ten_thousand_strangers_do_not_fill_the_memory() {
    let config = Config { max_tracks: 100, max_statics: 100, max_marks: 10, ..Config::default() };
    let (mut fusion, mut changes, mut number) = (Fusion::new(config), Vec::new(), 1u32);
    for n in 0..10_000 {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let t = f64::from(n) * 0.01;
        let report = Said { mmsi: number >> 2, ..said(t, f64::from(n % 100) * 400.0, 0.0) };
        fusion.apply(&report.event(), &mut changes);
        fusion.apply(&event(0, t, t, Body::Statics(statics(number >> 2, "NAME"))), &mut changes);
        assert!(fusion.tracks().count() <= 100 && fusion.names.all().count() <= 100);
    }
    sound(&fusion, &[]);
    assert_eq!(fusion.counters().displaced, fusion.counters().born - 100);
}
