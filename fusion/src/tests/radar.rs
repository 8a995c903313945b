//! Echoes, and what a sensor's own tracker makes of them.

use super::*;

const RADAR: SensorId = SensorId(3);
const TURN_S: f64 = 2.5;

/// A world with a radar 5 km south of home.
fn world() -> (World, Plane) {
    let mut world = World::new(Config::default());
    let position = Plane::at(home()).to_position(0.0, -5000.0);
    let site = RadarSite {
        sensor: RADAR,
        position,
        period_s: TURN_S,
        range_m: 20_000.0,
        beam_rad: 0.008,
        resolution_m: 30.0,
        shadows: [None; 8],
    };
    world.apply(&Event::Site(T0, site));
    (world, Plane::at(position))
}

/// An echo of something so long, in metres about home.
fn echo(radar: &Plane, t_s: f64, e_m: f64, n_m: f64, length_m: f64) -> Event {
    let position = Plane::at(home()).to_position(e_m, n_m);
    let (e, n) = radar.to_local(position);
    let range_m = e.hypot(n);
    let polar = Polar {
        site: radar.origin(),
        range_m,
        azimuth_rad: e.atan2(n).rem_euclid(std::f64::consts::TAU),
        range_sigma_m: 8.0,
        azimuth_sigma_rad: 0.002,
    };
    let extent = Extent { range_m: length_m + 15.0, azimuth_rad: length_m / range_m + 0.008 };
    let plot = Plot {
        sensor: RADAR,
        position,
        covariance_m2: [100.0, 0.0, 64.0],
        polar: Some(polar),
        radial_speed_mps: None,
        amplitude_db: None,
        extent: Some(extent),
    };
    event(9, t_s, t_s + 0.1, Body::Plot(plot))
}

/// A state of a series of the same radar.
fn state(number: u32, t_s: f64, e_m: f64, n_m: f64, status: SensorTrackStatus) -> Event {
    let said = SensorTrack {
        key: SensorTrackKey { sensor: RADAR, number, generation: 0 },
        status,
        position: Some(Plane::at(home()).to_position(e_m, n_m)),
        covariance_m2: [150.0, 0.0, 150.0],
        velocity_mps: None,
        velocity_covariance: [4.0, 0.0, 4.0],
        name: None,
        mmsi: None,
        length_m: None,
        width_m: None,
        orientation: None,
    };
    event(9, t_s, t_s + 0.1, Body::SensorTrack(said))
}

/// Numbers between -1 and 1 that look like chance and are not (the mixer of `SplitMix64`).
fn jitter(step: u32, salt: u32) -> f64 {
    let mut z = (u64::from(step) << 32 | u64::from(salt)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) % 2001) as f64 / 1000.0 - 1.0
}

fn place(track: &Track, t_s: f64) -> (f64, f64) {
    let k = track.kinematics_at(&Plane::at(home()), T0.plus_s(t_s));
    (k.e_m, k.n_m)
}

fn ship(number: u32, t_s: f64, e_m: f64, n_m: f64, kn: f64) -> Said {
    Said { mmsi: number, sog: Some(kn), cog: Some(0.0), ..said(t_s, e_m, n_m) }
}

#[test]
fn what_radar_sees_again_and_again_is_a_track_until_it_does_not() {
    let (mut world, radar) = world();
    let at = |t: f64| (300.0 + 4.0 * t, 200.0 - 3.0 * t);
    for step in 0..40 {
        let t = f64::from(step) * TURN_S;
        let (e, n) = at(t);
        world.apply(&echo(&radar, t, e + 8.0 * jitter(step, 1), n + 8.0 * jitter(step, 2), 30.0));
        world.tick(t + 1.0);
        assert!(step > 2 || world.fusion.tracks().next().is_none(), "three looks are not enough");
    }
    let (e, n) = place(world.only(), 100.0);
    assert!((e - at(100.0).0).hypot(n - at(100.0).1) < 12.0, "{e} {n}");
    assert!((world.only().sog().unwrap().mps() - 5.0).abs() < 0.5);
    assert_eq!((world.only().identity.caller(), world.only().life), (None, Life::Confirmed));
    for t in 101..170 {
        world.tick(f64::from(t));
    }
    assert!(world.fusion.tracks().next().is_none());
}

#[test]
fn sixty_stray_echoes_are_no_track() {
    let (mut world, radar) = world();
    for step in 0..60 {
        let (e, n) = (2500.0 * jitter(step, 3), 2500.0 * jitter(step, 4));
        world.apply(&echo(&radar, f64::from(step) * 1.7, e, n, 10.0));
    }
    world.tick(200.0);
    assert!(world.fusion.tracks().next().is_none());
}

/// Two ships alongside each other's berth whose names came to be exchanged.
#[test]
fn exchanged_names_are_exchanged_back() {
    let (mut world, radar) = world();
    let berths = [(413_000_001, 0.0), (413_000_002, 180.0)];
    let step = |world: &mut World, step: u32| {
        let t = f64::from(step) * TURN_S;
        for (number, e_m) in berths {
            if step.is_multiple_of(24) {
                world.say(&Said { nav: Some(5), ..ship(number, t, e_m, 0.0, 0.0) });
            }
            world.apply(&echo(&radar, t + 0.3, e_m + 6.0 * jitter(step, number), 0.0, 100.0));
        }
    };
    for (number, _) in berths {
        let hull = Some(Hull { to_bow_m: 50, to_stern_m: 50, to_port_m: 8, to_starboard_m: 8 });
        world.apply(&event(0, 0.0, 0.0, Body::Statics(Statics { hull, ..statics(number, "BERTHED") })));
    }
    for turn in 0..120 {
        step(&mut world, turn);
    }
    let named = |world: &World| {
        let tracks = world.fusion.tracks().map(|track| (place(track, 0.0).0.round(), track.identity.mmsi));
        tracks.map(|(e, mmsi)| (e > 90.0, mmsi.unwrap().number())).collect::<Vec<_>>()
    };
    let right = [(false, 413_000_001), (true, 413_000_002)];
    assert_eq!(named(&world), right);
    world.fusion.exchange(TrackId(1), TrackId(2));
    assert_eq!(named(&world), [(false, 413_000_002), (true, 413_000_001)]);
    for turn in 120..240 {
        step(&mut world, turn);
    }
    assert_eq!(named(&world), right);
}

/// Two abreast that the radar cannot part: neither is pulled to their middle, neither is missed.
#[test]
fn an_echo_of_two_is_nobodys_own() {
    let (mut world, radar) = world();
    let pair = [(413_000_001, -45.0), (413_000_002, 45.0)];
    for (number, _) in pair {
        let hull = Some(Hull { to_bow_m: 40, to_stern_m: 40, to_port_m: 7, to_starboard_m: 7 });
        world.apply(&event(0, 0.0, 0.0, Body::Statics(Statics { hull, ..statics(number, "ABREAST") })));
    }
    let north = |t: f64| t * 5.0;
    for step in 0..160u32 {
        let t = f64::from(step) * TURN_S;
        for (number, e_m) in pair {
            if step.is_multiple_of(4) {
                world.say(&ship(number, t, e_m, north(t), 5.0 / units::KNOT_MPS));
            }
            if step < 40 {
                world.apply(&echo(&radar, t + 0.3, e_m + 5.0 * jitter(step, number), north(t + 0.3), 80.0));
            }
        }
        if step >= 40 {
            world.apply(&echo(&radar, t + 0.3, 5.0 * jitter(step, 7), north(t + 0.3), 190.0));
        }
    }
    assert_eq!(world.fusion.tracks().count(), 2);
    for (track, (number, e_m)) in world.fusion.tracks().zip(pair) {
        assert_eq!((track.identity.mmsi, track.life), (Some(mmsi(number)), Life::Confirmed));
        let (e, n) = place(track, 400.0);
        assert!((e - e_m).abs() < 8.0 && (n - north(400.0)).abs() < 12.0, "{number}: {e} {n}");
    }
}

/// A buoy on a net stays where it is when a boat passes close by.
#[test]
fn a_net_marker_is_not_dragged_along() {
    let (mut world, radar) = world();
    let name = "01234-87%";
    let hull = Some(Hull { to_bow_m: 1, to_stern_m: 1, to_port_m: 1, to_starboard_m: 1 });
    world.apply(&event(0, 0.0, 0.0, Body::Statics(Statics { hull, ..statics(901_234_567, name) })));
    for step in 0..100 {
        let t = f64::from(step) * TURN_S;
        if step % 48 == 0 {
            let marker = ship(901_234_567, t, 0.0, 0.0, 0.9);
            world.say(&Said { station: Station::ClassB, nav: None, cog: Some(300.0), ..marker });
        }
        let e = -400.0 + 5.0 * t;
        world.apply(&echo(&radar, t + 0.3, e + 6.0 * jitter(step, 5), 15.0 + 6.0 * jitter(step, 6), 15.0));
    }
    let marker = world.fusion.claimants(mmsi(901_234_567)).next().unwrap();
    let (e, n) = place(marker, 250.0);
    assert!(e.hypot(n) < 150.0 && marker.sog().unwrap().value() < 2.0, "{e} {n} {:?}", marker.sog());
    assert_eq!(world.fusion.tracks().count(), 2, "and the boat is a track of its own");
}

/// A fast craft is not seen for twenty seconds, in which it turns.
#[test]
fn what_is_found_again_is_the_same_track() {
    let (mut world, radar) = world();
    let at = |t: f64| if t < 60.0 { (25.0 * t - 1000.0, 0.0) } else { (500.0, 25.0 * (t - 60.0)) };
    for step in 0..60 {
        let t = f64::from(step) * TURN_S;
        if !(52.0..72.0).contains(&t) {
            let (e, n) = at(t);
            world.apply(&echo(&radar, t, e + 6.0 * jitter(step, 1), n + 6.0 * jitter(step, 2), 10.0));
        }
        world.tick(t + 1.0);
    }
    assert_eq!(world.only().id, TrackId(1));
}

/// A boat comes off a ship's side and goes back into its echo before radar has known it for long: it is taken for an
/// echo of the ship. When it comes off again it is the same boat.
#[test]
fn what_was_taken_for_another_comes_back() {
    let (mut world, radar) = world();
    let (mut boat, mut met) = (None, 0);
    for step in 0..70 {
        let t = f64::from(step) * TURN_S;
        let e = 4.0 * t;
        let is_apart = (80.0..97.0).contains(&t) || t > 112.0;
        world.apply(&echo(&radar, t, e + 4.0 * jitter(step, 1), 4.0 * jitter(step, 2), 60.0));
        if is_apart {
            let beside_m = if t > 112.0 { 70.0 + 1.5 * (t - 112.0) } else { 70.0 };
            world.apply(&echo(&radar, t, e + 4.0 * jitter(step, 3), beside_m + 4.0 * jitter(step, 4), 15.0));
        }
        for tick in [0.5, 1.5] {
            world.tick(t + tick);
        }
        let ids: Vec<_> = world.fusion.tracks().map(|track| track.id).collect();
        match t as i32 {
            90..97 if ids.len() == 2 => boat = ids.last().copied(),
            110 => met = ids.len(),
            _ => {}
        }
    }
    assert_eq!((boat, met), (Some(TrackId(2)), 1));
    let ids: Vec<_> = world.fusion.tracks().map(|track| track.id).collect();
    assert_eq!(ids, [TrackId(1), TrackId(2)]);
    let counters = world.fusion.counters();
    assert_eq!((counters.merged, counters.parted, counters.sighted), (1, 1, 2));
}

/// A radar's number ends with one vessel and begins again with another.
#[test]
fn a_series_is_no_identity() {
    let (mut world, _) = world();
    for step in 0..30 {
        let t = f64::from(step) * 3.0;
        world.apply(&state(7, t, 5.0 * t + 5.0 * jitter(step, 1), 0.0, SensorTrackStatus::Confirmed));
    }
    assert_eq!(world.only().id, TrackId(1));
    let (e, _) = place(world.only(), 90.0);
    assert!((e - 450.0).abs() < 15.0, "{e}");
    // The same number, somewhere else, with no word of an end.
    for step in 30..60 {
        let t = f64::from(step) * 3.0;
        world.apply(&state(7, t, -2000.0, 3000.0 - 5.0 * t, SensorTrackStatus::Confirmed));
        world.tick(t + 1.0);
    }
    let tracks: Vec<_> = world.fusion.tracks().filter(|track| track.life != Life::Lost).collect();
    assert_eq!(tracks.len(), 1);
    assert_ne!(tracks[0].id, TrackId(1));
    let (e, n) = place(tracks[0], 180.0);
    assert!((e + 2000.0).hypot(n - 2100.0) < 20.0, "{e} {n}");
}

/// Another centre knows no number of a boat, and what it is called.
#[test]
fn a_sensor_that_only_has_a_word_for_it_lends_that() {
    let (mut world, _) = world();
    for step in 0..5 {
        let t = f64::from(step) * 3.0;
        let Event::Observation(mut observation) = state(7, t, 5.0 * t, 0.0, SensorTrackStatus::Confirmed)
        else {
            panic!("an observation")
        };
        if let Body::SensorTrack(said) = &mut observation.body {
            said.key.sensor = SensorId(9);
            said.name = label("HAIXUN 7");
        }
        world.apply(&Event::Observation(observation));
    }
    let identity = &world.only().identity;
    assert_eq!((identity.name, identity.caller()), (label("HAIXUN 7"), None));
}

/// Of one vessel two radars have a series each, and it is one track.
#[test]
fn series_of_one_vessel_are_one_track() {
    let (mut world, radar) = world();
    let two = |event: Event| match event {
        Event::Observation(Observation { body: Body::SensorTrack(said), source: _, valid, arrival }) => {
            let key = SensorTrackKey { sensor: SensorId(4), ..said.key };
            let body = Body::SensorTrack(SensorTrack { key, ..said });
            Event::Observation(Observation { source: SourceId(10), valid, arrival, body })
        }
        event => event,
    };
    let site = RadarSite {
        sensor: SensorId(4),
        position: Plane::at(home()).to_position(4000.0, 0.0),
        period_s: 3.0,
        range_m: 20_000.0,
        beam_rad: 0.008,
        resolution_m: 30.0,
        shadows: [None; 8],
    };
    world.apply(&Event::Site(T0, site));
    assert!(radar.origin() != site.position);
    for step in 0..60 {
        let t = f64::from(step) * 3.0;
        let confirmed = SensorTrackStatus::Confirmed;
        world.apply(&state(7, t, 4.0 * t + 6.0 * jitter(step, 1), 0.0, confirmed));
        world.apply(&two(state(1, t + 1.0, 4.0 * t + 4.0 + 6.0 * jitter(step, 2), 0.0, confirmed)));
    }
    let (e, _) = place(world.only(), 180.0);
    assert!((e - 720.0).abs() < 15.0, "{e}");
}

/// A number that is said in many places has no more tracks because radar sees something there.
#[test]
fn a_number_in_many_places_has_only_so_many_tracks_where_radar_sees_too() {
    let config = Config { max_tracks_per_caller: 3, ..Config::default() };
    let (mut world, radar) = (World::new(config), Plane::at(Plane::at(home()).to_position(0.0, -5000.0)));
    for step in 0..20 {
        for place in 0..5 {
            let (t, e) = (f64::from(step) * TURN_S, f64::from(place) * 1500.0);
            world.apply(&echo(&radar, t + 0.1 * f64::from(place), e + 5.0 * jitter(step, place), 0.0, 30.0));
        }
    }
    assert_eq!(world.fusion.tracks().count(), 5);
    for place in 0..5 {
        world.say(&ship(413_000_001, 60.0 + f64::from(place), f64::from(place) * 1500.0, 0.0, 0.0));
        assert!(world.fusion.claimants(mmsi(413_000_001)).count() <= 3);
    }
    assert_eq!(world.fusion.claimants(mmsi(413_000_001)).count(), 3);
}

/// Two boats cross so slowly that the radar sees one echo for half a minute: both live on, and neither is the other.
#[test]
fn who_hides_in_a_neighbours_echo_is_not_lost() {
    let (mut world, radar) = world();
    let way = |k: u32, t: f64| if k == 0 { (2.0 * t - 200.0, 0.0) } else { (200.0 - 2.0 * t, 20.0) };
    for step in 0..80u32 {
        let t = f64::from(step) * TURN_S;
        let apart_m = (way(0, t).0 - way(1, t).0).abs();
        for k in 0..2 {
            let (e, n) = way(k, t);
            if apart_m > 70.0 || k == 0 {
                world.apply(&echo(&radar, t, e + 4.0 * jitter(step, k), n + 4.0 * jitter(step, 8 + k), 15.0));
            }
        }
        world.tick(t + 1.0);
    }
    let tracks: Vec<_> = world.fusion.tracks().map(|track| (track.id, place(track, 200.0).0)).collect();
    let [(TrackId(1), one), (TrackId(2), other)] = tracks.as_slice() else { panic!("{tracks:?}") };
    assert!((one - 200.0).abs() < 25.0 && (other + 200.0).abs() < 25.0, "{one} {other}");
}

/// A ship whose reports are thirteen seconds old lies where radar sees her, and says that she is not sure of less.
#[test]
fn old_reports_do_not_pull_her_back() {
    let (mut world, radar) = world();
    let hull = Some(Hull { to_bow_m: 30, to_stern_m: 70, to_port_m: 8, to_starboard_m: 8 });
    world.apply(&event(0, 0.0, 0.0, Body::Statics(Statics { hull, ..statics(413_000_001, "LATE") })));
    let north = |t: f64| 6.0 * t - 600.0;
    for step in 0..120u32 {
        let t = f64::from(step) * TURN_S;
        if step.is_multiple_of(4) {
            // Her antenna is 20 m ahead of her middle.
            world.say(&ship(413_000_001, t, 0.0, north(t - 13.0) + 20.0, 6.0 / units::KNOT_MPS));
        }
        world.apply(&echo(&radar, t, 4.0 * jitter(step, 1), north(t) + 4.0 * jitter(step, 2), 100.0));
        world.tick(t + 1.0);
    }
    let track = world.only();
    let off_m = place(track, 300.0).1 - north(300.0);
    let [ee, _, nn] = track.position_covariance_m2();
    assert!(off_m.abs() < 10.0 && off_m.powi(2) < 9.0 * nn && ee < 100.0, "{off_m} {nn}");
}

/// Two ships of one number say in turn how long they are: each keeps the hull that radar sees.
#[test]
fn of_two_ships_of_one_number_each_has_its_own_hull() {
    let (mut world, radar) = world();
    let ships = [(0.0, 60_u16, 20_u16), (6000.0, 220, 60)];
    for step in 0..160u32 {
        let t = f64::from(step) * TURN_S;
        for (k, (e_m, to_stern_m, to_bow_m)) in (0..).zip(ships) {
            let n = 5.0 * t;
            let length_m = f64::from(to_stern_m + to_bow_m);
            if step.is_multiple_of(4) {
                let antenna = n + (f64::from(to_stern_m) - f64::from(to_bow_m)) * 0.5;
                world.say(&ship(413_000_001, t + 0.1 * f64::from(k), e_m, antenna, 5.0 / units::KNOT_MPS));
            }
            if step % 40 == 10 * k {
                let hull = Some(Hull { to_bow_m, to_stern_m, to_port_m: 10, to_starboard_m: 10 });
                world.apply(&event(
                    0,
                    t,
                    t,
                    Body::Statics(Statics { hull, ..statics(413_000_001, "SHARED") }),
                ));
            }
            let e = e_m + 4.0 * jitter(step, k);
            world.apply(&echo(&radar, t + 0.4, e, n + 2.0 + 4.0 * jitter(step, 5 + k), length_m));
        }
    }
    let tracks: Vec<_> = world.fusion.claimants(mmsi(413_000_001)).collect();
    assert_eq!(tracks.len(), 2);
    for (track, (e_m, to_stern_m, to_bow_m)) in tracks.iter().zip(ships) {
        assert_eq!(track.hull.map(Hull::length_m), Some(to_stern_m + to_bow_m));
        let (e, n) = place(track, 400.0);
        assert!((e - e_m).abs() < 10.0 && (n - 2000.0).abs() < 10.0, "{e} {n}");
    }
}

/// A ship that lies still and says how long she is.
fn lies(t_s: f64, number: u32, n_m: f64, half_length_m: u16) -> [Event; 2] {
    let said = Said { mmsi: number, sog: Some(0.0), cog: None, ..said(t_s, 0.0, n_m) };
    let hull = Hull { to_bow_m: half_length_m, to_stern_m: half_length_m, to_port_m: 8, to_starboard_m: 8 };
    let report = Report { heading: Degrees::new(90.0), ..said.report() };
    let statics = Statics { hull: Some(hull), ..statics(number, "SHIP") };
    [event(0, t_s, t_s, Body::Statics(statics)), event(0, t_s, t_s, Body::Report(report))]
}

#[test]
fn what_lies_behind_a_larger_ship_is_no_ghost() {
    // How far behind the larger ship, half her length, and whether radar is right to doubt what it never sees.
    let cases = [(120.0, 150, false), (-120.0, 150, true), (120.0, 30, true), (1500.0, 150, true)];
    for (behind_m, half_length_m, is_doubted) in cases {
        let (mut world, radar) = world();
        for step in 0..48_u32 {
            let t = f64::from(step) * TURN_S;
            if step % 4 == 0 {
                for event in lies(t, 413_000_001, 0.0, half_length_m).into_iter().chain(lies(
                    t,
                    413_000_002,
                    behind_m,
                    30,
                )) {
                    world.apply(&event);
                }
            }
            let length_m = f64::from(half_length_m) * 2.0;
            world.apply(&echo(&radar, t + 1.0, 4.0 * jitter(step, 1), 4.0 * jitter(step, 2), length_m));
            world.tick(t + 2.0);
        }
        let hidden = world.fusion.claimants(mmsi(413_000_002)).next().unwrap();
        assert_eq!(hidden.doubt, is_doubted, "{behind_m} m behind one of {half_length_m}");
        let front = world.fusion.claimants(mmsi(413_000_001)).next().unwrap();
        assert!(!front.doubt);
    }
}
