use crate::scene::{Vessel, clears, events, judged, ningbo, raises, said, seconds};
use fusion::{Plane, Station};
use units::{KNOT_MPS, Position};
use watch::zone::{Class, Zone};
use watch::{Config, Evidence, Kind, Priority};

/// A rectangle in metres about a place.
fn zone(origin: Position, west: f64, south: f64, east: f64, north: f64) -> Zone {
    let plane = Plane::at(origin);
    let corners = [(west, south), (east, south), (east, north), (west, north)];
    Zone::new("North anchorage", corners.iter().map(|&(e, n)| plane.to_position(e, n)).collect())
}

fn watching(zones: Vec<Zone>) -> Config {
    Config { zones, ..Config::default() }
}

/// Northwards at 10 kn from `south_m` south of the origin.
fn northbound(south_m: f64, every: u32) -> Vessel {
    Vessel { every, ..Vessel::new(413_000_001, (0.0, -south_m), 10.0, 0.0) }
}

#[test]
fn an_entry_is_raised_held_and_cleared() {
    let config = watching(vec![zone(ningbo(), -500.0, 0.0, 500.0, 1000.0)]);
    let changes = judged(config, &[northbound(500.0, 2)], 400);
    let (raises, clears) = (raises(&changes), clears(&changes));
    assert_eq!((raises.len(), clears.len()), (1, 1), "{}", said(&changes));
    let raised = raises[0];
    assert_eq!((raised.kind, raised.priority), (Kind::ZoneEntry, Priority::Warning));
    assert_eq!(raised.kind.code(), 301);
    assert_eq!(raised.zone.as_deref(), Some("North anchorage"));
    assert_eq!(raised.evidence, Evidence::Entry { through: false });
    assert_eq!(raised.text.en, "Zone entry: 413000001 is in North anchorage");
    assert_eq!(raised.text.zh, "进入警戒区：413000001 位于 North anchorage");
    // In after 500 m, out 25 m beyond 1500 m, at 10 kn.
    let (entry_s, exit_s) = (500.0 / (10.0 * KNOT_MPS), 1525.0 / (10.0 * KNOT_MPS));
    assert!((0.0..4.0).contains(&(seconds(raised.condition) - entry_s)), "{raised:?}");
    assert!((10.0..11.5).contains(&raised.raised.since(raised.condition)), "{raised:?}");
    let cleared_s = seconds(clears[0].changed);
    assert!((-2.0..4.0).contains(&(cleared_s - exit_s)), "{cleared_s}, expected {exit_s}");
}

#[test]
fn what_is_an_entry_and_what_is_none() {
    let here = ningbo();
    let thin = zone(here, -500.0, 0.0, 500.0, 20.0);
    let wide = zone(here, -500.0, 0.0, 500.0, 1000.0);
    let only = |class| Zone { classes: vec![class], ..wide.clone() };
    let boat = Vessel { station: Station::ClassB, ..northbound(500.0, 5) };
    let cases = [
        ("through a thin zone between two reports", 1, thin.clone(), northbound(500.0, 30)),
        ("through a thin zone, seen inside", 1, thin, northbound(500.0, 1)),
        ("along the buffer", 0, zone(here, 15.0, 0.0, 500.0, 1000.0), northbound(500.0, 2)),
        ("past it", 0, zone(here, 100.0, 0.0, 500.0, 1000.0), northbound(500.0, 2)),
        ("first seen inside", 1, wide.clone(), northbound(-100.0, 5)),
        ("of a class that is meant", 1, only(Class::ClassB), boat),
        ("of a class that is not", 0, only(Class::ClassA), boat),
    ];
    for (what, expected, zone, vessel) in cases {
        let changes = judged(watching(vec![zone]), &[vessel], 400);
        assert_eq!(raises(&changes).len(), expected, "{what}: {}", said(&changes));
        assert_eq!(clears(&changes).len(), expected, "{what}: {}", said(&changes));
    }
}

#[test]
fn a_zone_may_lie_anywhere() {
    for (lat, lon) in [(0.0, 0.0), (29.9, 122.1), (-40.0, 179.9999), (10.0, -179.9999), (70.0, 25.0)] {
        let here = Position::new(lat, lon).unwrap();
        // Many others, far away or near.
        let mut zones: Vec<_> = (0..500)
            .map(|i| {
                let there = Position::new(-60.0 + f64::from(i) * 0.2, f64::from(i) * 0.7 - 175.0).unwrap();
                zone(there, -500.0, 0.0, 500.0, 1000.0)
            })
            .collect();
        zones.push(Zone { name: "here".to_owned(), ..zone(here, -500.0, 0.0, 500.0, 20.0) });
        let mut sea = crate::scene::Sea::new(watching(zones));
        let changes = sea.run(&events(here, &[northbound(500.0, 30)], 400));
        let raised = raises(&changes);
        assert_eq!(raised.len(), 1, "{here}: {}", said(&changes));
        assert_eq!(raised[0].zone.as_deref(), Some("here"));
        assert_eq!(raised[0].evidence, Evidence::Entry { through: true });
    }
}

#[test]
fn acceptance_a_noise_along_a_border_is_no_entry() {
    // ALERTS.md 5, acceptance test (a): 1 Hz, 15 m noise, 1 h along the border: at most two.
    for aside_m in [-20.0, -10.0, 0.0, 10.0, 20.0] {
        let config = watching(vec![zone(ningbo(), aside_m, -1000.0, 3000.0, 30_000.0)]);
        let vessel = Vessel { noise: (15.0, 0.2), ..northbound(0.0, 1) };
        let changes = judged(config, &[vessel], 3600);
        assert!(raises(&changes).len() <= 2, "{aside_m} m aside: {}", said(&changes));
    }
}
