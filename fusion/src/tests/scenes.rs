//! Which report goes to which track, and what the state is then.

use super::*;

/// How a report after a first one at the origin is taken.
#[derive(Debug, PartialEq)]
enum Taken {
    Updated,
    Jump,
    Late,
    Copy,
}

/// Expected from the rule: 150 m and 6 m/s (25 where the speed is not known) around the prediction, and four
/// standard deviations. The first report is at the origin, 10 knots (5.144 m/s) due north.
#[test]
fn a_report_joins_by_place() {
    use Taken::{Copy, Jump, Late, Updated};
    let first = said(0.0, 0.0, 0.0);
    let slow = Said { sog: None, cog: None, ..first };
    let plane = Said { station: Station::Aircraft, ..first };
    let table = [
        ("as predicted", first, said(10.0, 0.0, 51.4), Updated),
        ("in the gate: 150 + 60 + 24", first, said(10.0, 233.0, 51.4), Updated),
        ("just outside", first, said(10.0, 235.0, 51.4), Jump),
        ("type 27 is ten times as coarse", first, Said { sigma_m: 60.0, ..said(10.0, 449.0, 51.4) }, Updated),
        ("speed not known: 150 + 250 + 24", slow, Said { sog: None, ..said(10.0, 420.0, 0.0) }, Updated),
        ("speed not known, too far", slow, Said { sog: None, ..said(10.0, 430.0, 0.0) }, Jump),
        (
            "an aircraft may turn",
            plane,
            Said { station: Station::Aircraft, ..said(10.0, 1400.0, 51.4) },
            Updated,
        ),
        (
            "the other side of the Earth",
            first,
            Said { at: Position::new(-29.935, -58.115).unwrap(), ..first },
            Jump,
        ),
        ("late", first, said(-4.0, 0.0, -20.0), Late),
        ("late and far", first, said(-4.0, 0.0, -400.0), Jump),
        ("same time, other place", first, said(0.0, 3.0, 0.0), Updated),
        ("heard by another station", first, Said { source: 1, valid_s: 4.9, arrival_s: 5.0, ..first }, Copy),
        ("heard by another station, earlier", first, Said { source: 1, valid_s: -4.9, ..first }, Copy),
        ("the same again, later", first, Said { source: 1, valid_s: 5.1, arrival_s: 5.1, ..first }, Updated),
        ("the same station twice", first, Said { arrival_s: 0.5, ..first }, Copy),
        ("the same station, lying still", first, Said { valid_s: 2.0, arrival_s: 2.0, ..first }, Updated),
        (
            "a clock far ahead is not believed",
            first,
            Said { valid_s: 900.0, ..said(10.0, 0.0, 51.4) },
            Updated,
        ),
    ];
    for (what, one, other, taken) in table {
        let mut world = World::new(Config::default());
        world.say(&one);
        let before = world.only().clone();
        world.say(&other);
        let counters = *world.fusion.counters();
        let outcome = match counters {
            Counters { copies: 1, .. } => Copy,
            Counters { late: 1, .. } => Late,
            Counters { updated: 1, .. } => Updated,
            _ => Jump,
        };
        assert_eq!(outcome, taken, "{what}");
        assert_eq!(world.fusion.tracks().count(), if taken == Jump { 2 } else { 1 }, "{what}");
        let after = world.fusion.track(before.id).unwrap();
        assert_eq!(after.filter == before.filter, matches!(taken, Copy | Jump), "{what}: the state");
        let reported = if matches!(taken, Copy | Jump) { T0 } else { T0.plus_s(other.valid_s) };
        assert_eq!(after.reported.unwrap().valid, reported, "{what}");
        assert!(after.heard().any(|(source, _)| taken == Jump || source == SourceId(other.source)), "{what}");
    }
}

#[test]
fn a_copy_from_a_slow_station_is_known_among_later_reports() {
    let mut world = World::new(Config::default());
    let at = |t: f64| said(t, 0.0, t * 5.144);
    for t in [0.0, 2.0, 4.0] {
        world.say(&at(t));
    }
    let before = world.only().clone();
    let copy = Said { source: 7, valid_s: 2.2, arrival_s: 5.0, ..at(2.0) };
    assert_eq!(world.say(&copy), [Change::Track(TrackId(1))], "a new station heard it");
    assert_eq!(world.say(&Said { arrival_s: 5.1, ..copy }), []);
    let after = world.only();
    assert_eq!((after.filter, after.reported), (before.filter, before.reported));
    let heard: Vec<_> = after.heard().collect();
    assert_eq!(heard, [(SourceId(0), T0.plus_s(4.0)), (SourceId(7), T0.plus_s(5.1))]);
}

/// Two stations stamp one MMSI: both are shown, both in doubt, until one of them is lost.
#[test]
fn one_mmsi_in_two_places_is_two_tracks_in_doubt() {
    let mut world = World::new(Config::default());
    let (near, far) = (|t: f64| said(t, 0.0, t * 5.144), |t: f64| said(t, 90_000.0, t * 5.144));
    for t in 0..5 {
        world.say(&near(f64::from(t) * 10.0));
        world.say(&far(f64::from(t) * 10.0 + 5.0));
    }
    let doubts: Vec<_> = world.fusion.tracks().map(|t| (t.id, t.life, t.doubt, t.reports)).collect();
    assert_eq!(doubts, [(TrackId(1), Life::Confirmed, true, 5), (TrackId(2), Life::Confirmed, true, 5)]);
    assert_eq!((world.fusion.counters().jumps, world.fusion.counters().doubts), (1, 2));
    for t in 5..14 {
        world.say(&near(f64::from(t) * 10.0));
    }
    let version = world.fusion.track(TrackId(1)).unwrap().version;
    // At 135 s the far one, last heard at 45 s, is lost, and nobody else claims to be the near one.
    assert_eq!(world.tick(135.0), [Change::Track(TrackId(1)), Change::Track(TrackId(2))]);
    let one = world.fusion.track(TrackId(1)).unwrap();
    assert_eq!((one.doubt, one.version), (false, version + 1));
    let two = world.fusion.track(TrackId(2)).unwrap();
    assert_eq!((two.doubt, two.life), (true, Life::Lost));
}

#[test]
fn an_mmsi_has_only_so_many_tracks() {
    let mut world = World::new(Config { max_tracks_per_caller: 3, ..Config::default() });
    for n in 0..10 {
        world.say(&said(f64::from(n), f64::from(n) * 5000.0, 0.0));
    }
    assert_eq!(world.fusion.tracks().map(|t| t.id.0).collect::<Vec<_>>(), [8, 9, 10]);
    assert_eq!(world.fusion.counters().displaced, 7);
}

#[test]
fn of_two_that_fit_the_nearer_is_taken() {
    let mut world = World::new(Config::default());
    let still = |t_s, e_m| Said { sog: Some(0.0), ..said(t_s, e_m, 0.0) };
    world.say(&still(0.0, 0.0));
    world.say(&still(0.0, 250.0));
    assert_eq!(world.fusion.tracks().count(), 2);
    // 140 m from the first, 110 m from the second: both gates hold it.
    world.say(&still(1.0, 140.0));
    assert_eq!(world.fusion.tracks().map(|t| t.reports).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_speed_that_nobody_said_is_worked_out() {
    let mut world = World::new(Config::default());
    let at = |t_s, e_m| Said { sog: None, cog: None, ..said(t_s, e_m, 0.0) };
    world.say(&at(0.0, 0.0));
    assert!(!world.only().speed_known() && world.only().sog().is_none() && world.only().cog().is_none());
    for step in 1..=12 {
        world.say(&at(f64::from(step) * 10.0, f64::from(step) * 60.0));
    }
    let sog = world.only().sog().unwrap();
    assert!((sog.mps() - 6.0).abs() < 0.3, "{sog}");
    assert!((world.only().cog().unwrap().value() - 90.0).abs() < 3.0);
}

/// A ship that reports truly is tracked truly, wherever it sails.
#[test]
fn a_straight_run_is_followed_anywhere() {
    let places =
        [(29.935, 121.885), (0.0, 0.0), (70.0, 20.0), (-55.0, 179.999), (85.0, -179.99), (89.99, 0.0)];
    for (lat, lon) in places {
        let at = Position::new(lat, lon).unwrap();
        let plane = Plane::at(at);
        let mut world = World::new(Config::default());
        let (ve, vn) = (-6.0, 8.0);
        let hull = Some(Hull { to_bow_m: 50, to_stern_m: 50, to_port_m: 8, to_starboard_m: 8 });
        world.apply(&event(0, 0.0, 0.0, Body::Statics(Statics { hull, ..statics(413_000_001, "LEVEL") })));
        for step in 0..400 {
            let t = f64::from(step) * 10.0;
            // The course is true at the ship, and the plane's north is not.
            let (e_m, n_m) = (ve * t, vn * t);
            let ship = Plane::at(plane.to_position(e_m, n_m));
            let cog = f64::atan2(ve, vn) + plane.convergence_rad(&ship);
            let sog = Some(10.0 / units::KNOT_MPS);
            world.say(&Said { at, sog, cog: Some(cog.to_degrees()), ..said(t, e_m, n_m) });
        }
        let (track, end) = (world.only(), T0.plus_s(3990.0));
        let k = track.kinematics_at(&plane, end);
        // At 40 km from its origin the plane shortens by 2e-5 along the radius: 0.1 m in 10 s.
        assert!((k.e_m - ve * 3990.0).hypot(k.n_m - vn * 3990.0) < 0.3, "{lat}: {k:?}");
        assert!((k.ve_mps - ve).hypot(k.vn_mps - vn) < 0.01, "{lat}: {k:?}");
        assert!(track.plane.origin() != at, "{lat}: moved on to another plane");
        let there = Plane::at(track.position());
        let cog = (f64::atan2(ve, vn) + plane.convergence_rad(&there)).to_degrees();
        let off = (track.cog().unwrap().value() - cog + 540.0).rem_euclid(360.0) - 180.0;
        assert!(off.abs() < 0.1, "{lat}: {off}");
        assert!((track.sog().unwrap().value() - 10.0 / units::KNOT_MPS).abs() < 0.02);
        let [ee, en, nn] = track.position_covariance_m2();
        assert!((ee - nn).abs() < 0.1 && en.abs() < 0.1 && (14.0..40.0).contains(&ee), "{ee} {en} {nn}");
    }
}

/// A circle at 1 degree a second, a report every 3.3 s: the filter widens itself and does not run straight on.
#[test]
fn a_turn_is_followed() {
    let mut world = World::new(Config::default());
    let (speed, rate, radius) = (8.0, 1f64.to_radians(), 8.0 / 1f64.to_radians());
    let mut worst: f64 = 0.0;
    for step in 0..120 {
        let t = f64::from(step) * 10.0 / 3.0;
        let (sin, cos) = (rate * t).sin_cos();
        let sog = Some(speed / units::KNOT_MPS);
        let at =
            Said { sog, cog: Some((rate * t).to_degrees()), ..said(t, radius * (1.0 - cos), radius * sin) };
        world.say(&at);
        let k = world.only().kinematics_at(&Plane::at(home()), T0.plus_s(t));
        worst = worst.max((k.e_m - at.e_m).hypot(k.n_m - at.n_m));
    }
    assert!(worst < 6.0, "{worst}");
}

#[test]
fn signs_of_life_tell_but_do_not_move() {
    let mut world = World::new(Config::default());
    let sign = |t_s, number, nav| {
        let report = Report { position: None, ..Said { mmsi: number, nav, ..said(t_s, 0.0, 0.0) }.report() };
        event(0, t_s, t_s, Body::Report(report))
    };
    assert_eq!(world.apply(&sign(0.0, 413_000_001, Some(1))), []);
    world.say(&said(1.0, 0.0, 0.0));
    assert_eq!(world.apply(&sign(2.0, 413_000_001, None)), []);
    assert_eq!(world.apply(&sign(3.0, 413_000_001, Some(1))), [Change::Track(TrackId(1))]);
    let track = world.only();
    assert_eq!((track.nav_status, track.time(), track.life), (Some(1), T0.plus_s(1.0), Life::Tentative));
    let counters = world.fusion.counters();
    assert_eq!((counters.unknown, counters.signs, counters.born), (1, 2, 1));
}

#[test]
fn what_is_too_old_is_not_believed() {
    let mut world = World::new(Config::default());
    assert_eq!(world.say(&Said { valid_s: -1801.0, ..said(0.0, 0.0, 0.0) }), []);
    assert_eq!(world.fusion.counters().stale, 1);
    assert_eq!(world.fusion.tracks().count(), 0);
    assert_eq!(world.fusion.now(), T0);
}

#[test]
fn a_heading_is_kept_for_a_minute() {
    let mut world = World::new(Config::default());
    let with = |t: f64, heading: Option<f64>| {
        let report = Report { heading: heading.and_then(Degrees::new), ..said(t, 0.0, t * 5.144).report() };
        event(0, t, t, Body::Report(report))
    };
    for (t, heading, kept) in [
        (0.0, Some(1.0), Some(1.0)),
        (10.0, None, Some(1.0)),
        (60.0, None, Some(1.0)),
        (61.0, None, None),
        (62.0, Some(2.0), Some(2.0)),
    ] {
        world.apply(&with(t, heading));
        assert_eq!(world.only().heading.map(Degrees::value), kept, "{t}");
    }
}

/// A recording that is played a hundred times too fast, by clocks that are wrong: what is said of speed, of when, and
/// what follows from places have nothing to do with each other, for as long as it lasts. Each time `sound` looks on.
#[test]
fn a_world_that_runs_too_fast_stays_sound() {
    let mut state = 1_u64;
    let mut dice = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 31)
    };
    for round in 0..400 {
        let mut world = World::new(Config::default());
        let (gap_s, pace_m, turn) = (0.01 + dice() * 0.3, dice() * 100.0, dice() * 0.5);
        let ship_type = [30, 40, 52, 60, 70].get(round % 5).copied();
        let length_m = (dice() * 300.0) as u16;
        let hull =
            Some(Hull { to_bow_m: length_m / 3, to_stern_m: length_m, to_port_m: 5, to_starboard_m: 7 });
        let statics = Statics { ship_type, hull, ..statics(413_000_001, "HURRIED") };
        world.apply(&event(0, 0.0, 0.0, Body::Statics(statics)));
        let station = if round % 2 == 0 { Station::ClassB } else { Station::ClassA };
        let (mut e, mut n, mut way) = (0.0, 0.0, 0.0_f64);
        for step in 0..400 {
            let t = f64::from(step) * gap_s;
            way += turn * (dice() - 0.5 * f64::from(round as u32 % 3));
            (e, n) = (e + pace_m * way.sin(), n + pace_m * way.cos());
            let lag_s = if dice() < 0.5 { 0.0 } else { (dice() * 62.0 - 5.0).floor() };
            let cog = Some(way.to_degrees().rem_euclid(360.0));
            let valid_s = (t - lag_s).floor();
            world.say(&Said { station, sog: Some(dice() * 40.0), cog, valid_s, ..said(t, e, n) });
        }
    }
}
