//! What ships tell of the water that carries them.

use super::*;

/// A tide that turns, across and along, as the scene has it, metres per second.
fn tide(t_s: f64) -> (f64, f64) {
    let turn = std::f64::consts::TAU * t_s / 44_714.0;
    (1.2 * turn.cos(), 0.5 * (turn - 0.6).sin() + 0.1)
}

/// Through the water so fast, metres per second, where she points, degrees; set by the tide, with a compass that errs.
fn sails(number: u32, t_s: f64, (heading, way_mps): (f64, f64), error_deg: f64) -> Event {
    let (sin, cos) = heading.to_radians().sin_cos();
    let (east, north) = tide(t_s);
    let (ve, vn) = (way_mps * sin + east, way_mps * cos + north);
    let report = Report {
        heading: Degrees::new((heading + error_deg).rem_euclid(360.0)),
        rot_deg_min: Some(0.0),
        ..Said {
            mmsi: number,
            sog: Some(ve.hypot(vn) / units::KNOT_MPS),
            cog: Some(ve.atan2(vn).to_degrees().rem_euclid(360.0)),
            ..said(t_s, f64::from(number % 7) * 60.0, f64::from(number % 5) * 60.0)
        }
        .report()
    };
    event(0, t_s, t_s, Body::Report(report))
}

/// Two lanes cross: a ship of each every few minutes, for hours.
#[test]
fn crabs_tell_where_the_water_goes() {
    let mut world = World::new(Config::default());
    let hours = 8;
    let mut worst = 0.0_f64;
    for minute in 0..hours * 60_u32 {
        let t = f64::from(minute) * 60.0;
        let (lane, way) = ([20.0, 110.0, 205.0, 290.0][minute as usize % 4], 5.0 + f64::from(minute % 3));
        let compass = 1.5 * f64::from(minute % 5) - 3.0;
        for second in [0.0, 10.0] {
            world.apply(&sails(413_000_000 + minute, t + second, (lane, way), compass));
        }
        if minute > 60 {
            let found = world.fusion.current(home()).unwrap();
            let (east, north) = tide(t);
            let off = (found.east_mps - east).hypot(found.north_mps - north);
            worst = worst.max(off);
            assert!(off < 4.0 * found.sigma_mps(), "{off} {found:?} at {t}");
            assert!(found.sigma_mps() < 0.25, "{found:?}");
        }
    }
    assert!(worst < 0.35, "{worst}");
    // Six hours on, nobody having sailed since: the ebb is foreseen, and is less sure.
    let end = f64::from(hours) * 3600.0 + 3.0 * 3600.0;
    world.tick(end);
    let found = world.fusion.current(home()).unwrap();
    let (east, north) = tide(end);
    let off = (found.east_mps - east).hypot(found.north_mps - north);
    assert!(off < 0.6 && found.sigma_mps() > 0.25, "{off} {found:?}");
    let there = Plane::at(home()).to_position(40_000.0, 0.0);
    assert_eq!(world.fusion.current(there), None);
}

/// All sail along one lane: what runs along it nobody can tell, and it is said so.
#[test]
fn along_one_lane_nothing_is_known() {
    let mut world = World::new(Config::default());
    for minute in 0..120_u32 {
        for second in [0.0, 10.0] {
            let heading = if minute % 2 == 0 { 0.0 } else { 180.0 };
            let t = f64::from(minute) * 60.0 + second;
            world.apply(&sails(413_000_000 + minute, t, (heading, 6.0), 0.0));
        }
    }
    let found = world.fusion.current(home()).unwrap();
    let (east, _) = tide(7190.0);
    assert!((found.east_mps - east).abs() < 0.3 && found.covariance[0].sqrt() < 0.2, "{found:?}");
    assert!(found.north_mps.abs() < 0.1 && found.covariance[2].sqrt() > 0.6, "{found:?}");
}

/// Turning ships, those that hardly move and boats without a compass tell nothing; and one that lies about her heading
/// is not believed against many.
#[test]
fn only_who_can_know_is_asked() {
    let mut world = World::new(Config::default());
    for step in 0..30 {
        world.say(&said(f64::from(step) * 10.0, 0.0, f64::from(step) * 51.0));
    }
    assert_eq!(world.fusion.current(home()), None);
    let mut world = World::new(Config::default());
    for minute in 0..60_u32 {
        for second in [0.0, 10.0] {
            let (heading, error) =
                if minute == 59 { (0.0, 50.0) } else { ([0.0, 90.0][minute as usize % 2], 0.0) };
            let t = f64::from(minute) * 60.0 + second;
            world.apply(&sails(413_000_000 + minute, t, (heading, 6.0), error));
        }
    }
    let found = world.fusion.current(home()).unwrap();
    let (east, north) = tide(3590.0);
    assert!((found.east_mps - east).hypot(found.north_mps - north) < 0.25, "{found:?}");
}

/// A ship that is all over the world fills no table for good: where others sail the water is still learnt.
#[test]
fn who_is_everywhere_takes_nobodys_place() {
    let mut world = World::new(Config::default());
    for step in 0..600_u32 {
        let t = f64::from(step);
        let far = Position::new(-40.0 + f64::from(step / 30), -60.0 + f64::from(step % 30)).unwrap();
        let report = Report {
            heading: Degrees::new(20.0),
            ..Said { mmsi: 413_100_000 + step, at: far, ..said(t, 0.0, 0.0) }.report()
        };
        for second in [0.0, 0.4] {
            world.fusion.apply(&event(0, t + second, t + second, Body::Report(report)), &mut Vec::new());
        }
    }
    assert!(world.fusion.currents.len() <= 4096);
    for second in [0.0, 10.0] {
        world.fusion.apply(&sails(413_000_001, 700.0 + second, (0.0, 6.0), 0.0), &mut Vec::new());
    }
    assert!(world.fusion.current(home()).is_some());
}
