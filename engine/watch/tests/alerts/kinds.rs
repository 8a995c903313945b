//! One small scene for each kind that is about one vessel, two or a place.

use crate::scene::{Sea, Vessel, events, judged, ningbo, raises, said};
use fusion::{Body, Event, Hull, MarkKind, MarkReport, Observation, Plane, SourceId, Station};
use std::collections::BTreeSet;
use units::{KNOT_MPS, Label, Mmsi, Position};
use watch::gate::{Gate, Tell};
use watch::list::List;
use watch::notice::Health;
use watch::passage::{Bridge, Object, Route};
use watch::storm::{Storm, StormPoint};
use watch::zone::{Lane, Zone};
use watch::{Alert, Change, Config, Kind, Notice, Priority, Registered};

const SHIP: Hull = Hull { to_bow_m: 100, to_stern_m: 50, to_port_m: 12, to_starboard_m: 12 };
const BOAT: Hull = Hull { to_bow_m: 12, to_stern_m: 8, to_port_m: 3, to_starboard_m: 3 };

fn at(east_m: f64, north_m: f64) -> Position {
    Plane::at(ningbo()).to_position(east_m, north_m)
}

/// A square of so many metres about the middle of the scene.
fn square(half_m: f64) -> Zone {
    let corners = [(-half_m, -half_m), (half_m, -half_m), (half_m, half_m), (-half_m, half_m)];
    Zone::new("Z", corners.iter().map(|(e, n)| at(*e, *n)).collect())
}

fn zone(change: impl FnOnce(&mut Zone)) -> Config {
    let mut zone = square(3000.0);
    change(&mut zone);
    Config { zones: vec![zone], ..Config::default() }
}

/// In the middle of the scene, or where it starts.
fn ship(i: u32, from: (f64, f64), sog_kn: f64, cog_deg: f64) -> Vessel {
    Vessel { hull: Some(SHIP), ..Vessel::new(413_000_000 + i, from, sog_kn, cog_deg) }
}

fn kinds(changes: &[Change]) -> BTreeSet<u16> {
    raises(changes).iter().map(|alert| alert.kind.code()).collect()
}

/// What it is, the setting, the vessels, for how many seconds, and what is raised.
type Case = (&'static str, Config, Vec<Vessel>, u32, &'static [u16]);

#[test]
fn every_kind_is_raised_by_what_it_is_about_and_by_nothing_else() {
    let typed = |ship_type, vessel| Vessel { ship_type, ..vessel };
    let named = |status, vessel| Vessel { nav_status: Some(status), ..vessel };
    let heading = |deg, vessel| Vessel { heading_deg: Some(deg), ..vessel };
    let north = || ship(1, (0.0, -1000.0), 10.0, 0.0);
    let lane = |course_deg| zone(|z| z.lane = Some(Lane { course_deg }));
    let meeting = || vec![ship(1, (0.0, -2000.0), 8.0, 0.0), ship(2, (300.0, 2000.0), 8.0, 180.0)];
    let gate = |tell| Config {
        gates: vec![Gate {
            name: "G".to_owned(),
            line: vec![at(-500.0, 0.0), at(500.0, 0.0)],
            tell,
            classes: square(1.0).classes,
        }],
        ..Config::default()
    };
    let bridge = |span: [f64; 2]| Config {
        bridges: vec![Bridge {
            name: "B".to_owned(),
            line: vec![at(-1000.0, 0.0), at(1000.0, 0.0)],
            spans: vec![span],
            within_s: 600.0,
        }],
        ..Config::default()
    };
    let route = |width_m| Config {
        routes: vec![Route {
            name: "R".to_owned(),
            points: vec![at(200.0, -3000.0), at(200.0, 3000.0)],
            width_m,
            vessels: vec![413_000_001],
        }],
        ..Config::default()
    };
    let object = |east_m| Config {
        objects: vec![Object {
            name: "O".to_owned(),
            points: vec![at(east_m, 0.0)],
            radius_m: 100.0,
            within_s: 360.0,
        }],
        ..Config::default()
    };
    let list = |mmsi| Config {
        lists: vec![List { name: "L".to_owned(), mmsi: vec![mmsi], imo: Vec::new() }],
        ..Config::default()
    };
    // Water that runs north at 3 kn, as one tells who sails east in it; and somebody athwart who makes so much good.
    let carried = |north_kn: f64| {
        let teller = ship(2, (0.0, -1500.0), 10.0_f64.hypot(3.0), 10.0_f64.atan2(3.0).to_degrees());
        let cog = if north_kn < 0.0 { 180.0 } else { 0.0 };
        vec![heading(90.0, teller), heading(90.0, ship(1, (0.0, 0.0), north_kn.abs(), cog))]
    };
    let through_water = |speed_kn| Config {
        zones: vec![Zone { speed_kn: Some(speed_kn), speed_through_water: true, ..square(800.0) }],
        ..Config::default()
    };
    let side_by_side = |apart_m, sog| vec![ship(1, (0.0, 0.0), sog, 0.0), ship(2, (apart_m, 0.0), sog, 0.0)];
    let cases: Vec<Case> = vec![
        ("104 long ships meet", zone(|z| z.no_meeting_m = Some(150.0)), meeting(), 200, &[104]),
        ("104 short ones do not count", zone(|z| z.no_meeting_m = Some(200.0)), meeting(), 200, &[]),
        (
            "105 overtaking",
            zone(|z| z.no_overtaking = true),
            vec![ship(1, (0.0, 0.0), 5.0, 0.0), ship(2, (150.0, -800.0), 10.0, 0.0)],
            300,
            &[105],
        ),
        ("106 towards a rock", object(0.0), vec![north()], 60, &[106]),
        ("106 past a rock", object(400.0), vec![north()], 60, &[]),
        (
            "108 two lie together",
            zone(|z| z.rendezvous = true),
            vec![ship(1, (0.0, 0.0), 0.1, 0.0), ship(2, (200.0, 0.0), 0.1, 0.0)],
            1300,
            &[108],
        ),
        (
            "109 a merchant meets a fishing vessel",
            Config::default(),
            vec![
                ship(1, (0.0, -1500.0), 10.0, 0.0),
                typed(30, Vessel { hull: Some(BOAT), ..Vessel::new(413_000_002, (0.0, 500.0), 3.0, 180.0) }),
            ],
            250,
            &[109],
        ),
        ("203 off its route", route(300.0), vec![north()], 60, &[203]),
        ("203 on its route", route(600.0), vec![north()], 60, &[]),
        ("204 against the lane", lane(180.0), vec![north()], 60, &[204]),
        ("204 with the lane", lane(0.0), vec![north()], 60, &[]),
        ("206 across at 45 degrees", lane(45.0), vec![north()], 120, &[206]),
        ("206 across at right angles", lane(90.0), vec![north()], 120, &[]),
        ("210 towards a pier", bridge([1300.0, 1700.0]), vec![north()], 60, &[210]),
        ("210 through the span", bridge([800.0, 1200.0]), vec![north()], 60, &[]),
        ("302 a gate", gate(Tell::Both), vec![north()], 300, &[302]),
        ("302 northwards, from right to left", gate(Tell::ToLeft), vec![north()], 300, &[302]),
        ("302 not the way that is told", gate(Tell::ToRight), vec![north()], 300, &[]),
        ("303 into a closed area", zone(|z| z.prohibited = true), vec![north()], 60, &[303]),
        (
            "303 with a permit",
            zone(|z| {
                z.prohibited = true;
                z.permits = vec![413_000_001];
            }),
            vec![north()],
            60,
            &[],
        ),
        (
            "304 on its way there",
            zone(|z| z.predict_s = Some(360.0)),
            vec![ship(1, (0.0, -4500.0), 10.0, 0.0)],
            120,
            &[304],
        ),
        (
            "304 on another way",
            zone(|z| z.predict_s = Some(360.0)),
            vec![ship(1, (0.0, -4500.0), 10.0, 180.0)],
            120,
            &[],
        ),
        (
            "305 for too long",
            zone(|z| z.stay_max_s = Some(100.0)),
            vec![ship(1, (0.0, 0.0), 0.0, 0.0)],
            130,
            &[305],
        ),
        ("306 too fast", zone(|z| z.speed_kn = Some(8.0)), vec![north()], 100, &[306]),
        ("306 within the tolerance", zone(|z| z.speed_kn = Some(9.5)), vec![north()], 100, &[]),
        (
            "307 adrift",
            Config::default(),
            vec![heading(90.0, named(2, ship(1, (0.0, 0.0), 1.2, 0.0)))],
            600,
            &[307],
        ),
        (
            "307 goes athwart, in water that nobody tells of",
            Config::default(),
            vec![heading(90.0, named(0, ship(1, (0.0, 0.0), 3.0, 0.0)))],
            600,
            &[],
        ),
        ("307 carried by the water that another tells of", Config::default(), carried(3.0), 600, &[307]),
        ("307 goes against it", Config::default(), carried(-1.0), 600, &[]),
        ("306 too fast over the ground only", through_water(1.5), carried(3.0), 100, &[]),
        ("306 too fast through the water", through_water(2.0), carried(-1.0), 100, &[306]),
        (
            "307 at anchor",
            Config::default(),
            vec![heading(90.0, named(5, ship(1, (0.0, 0.0), 1.2, 0.0)))],
            600,
            &[],
        ),
        (
            "310 anchored on a cable",
            zone(|z| z.no_anchoring = true),
            vec![named(1, ship(1, (0.0, 0.0), 0.2, 0.0))],
            200,
            &[310],
        ),
        (
            "310 for ten minutes, whatever it says",
            zone(|z| z.no_anchoring = true),
            vec![named(0, ship(1, (0.0, 0.0), 0.2, 0.0))],
            700,
            &[310],
        ),
        (
            "310 a short stop",
            zone(|z| z.no_anchoring = true),
            vec![named(0, ship(1, (0.0, 0.0), 0.2, 0.0))],
            300,
            &[],
        ),
        ("311 a full anchorage", zone(|z| z.capacity = Some(1)), side_by_side(600.0, 0.0), 120, &[311]),
        ("311 room for two", zone(|z| z.capacity = Some(2)), side_by_side(600.0, 0.0), 120, &[]),
        (
            "315 too close behind",
            zone(|z| z.following_m = Some(500.0)),
            vec![ship(1, (0.0, 0.0), 8.0, 0.0), ship(2, (0.0, -500.0), 8.0, 0.0)],
            60,
            &[315],
        ),
        (
            "404 who are you",
            zone(|z| z.identify = true),
            // Nobody without a number is heard by AIS alone.
            vec![north()],
            400,
            &[],
        ),
        (
            "407 a number that nobody has",
            Config::default(),
            vec![Vessel { mmsi: 123_456_789, ..north() }],
            60,
            &[],
        ),
        (
            "412 a beacon",
            Config::default(),
            vec![named(14, Vessel { mmsi: 970_010_001, ..ship(1, (0.0, 0.0), 0.3, 0.0) })],
            60,
            &[412],
        ),
        ("412 a ship that says so", Config::default(), vec![named(14, north())], 60, &[412]),
        (
            "501 chemicals beside passengers",
            zone(|z| z.dangerous_goods_m = Some(1852.0)),
            vec![typed(80, ship(1, (0.0, 0.0), 8.0, 0.0)), typed(60, ship(2, (1000.0, 0.0), 8.0, 0.0))],
            120,
            &[501],
        ),
        ("502 on a list", list(413_000_001), vec![north()], 60, &[502]),
        ("502 on no list", list(413_000_002), vec![north()], 60, &[]),
        (
            "507 fishing in a closed area",
            zone(|z| z.no_fishing = true),
            vec![typed(30, ship(1, (0.0, -1000.0), 3.0, 0.0))],
            1000,
            &[507],
        ),
    ];
    for (what, config, vessels, seconds, expected) in cases {
        let changes = judged(config, &vessels, seconds);
        assert_eq!(kinds(&changes), expected.iter().copied().collect(), "{what}: {}", said(&changes));
    }
}

fn only(changes: &[Change]) -> Alert {
    let found = raises(changes);
    assert_eq!(found.len(), 1, "{}", said(changes));
    found[0].clone()
}

#[test]
fn a_turn_and_a_stop_are_told() {
    // The same vessel, that goes on otherwise after three minutes.
    let part = |speaks, at, sog_kn, cog_deg| Vessel { speaks, every: 3, ..ship(1, at, sog_kn, cog_deg) };
    let way_m = |kn: f64, s: f64| kn * KNOT_MPS * s;
    let before = part((0, 180), (0.0, 0.0), 12.0, 0.0);
    let turned = part((180, 300), (-way_m(12.0, 180.0), way_m(12.0, 180.0)), 12.0, 90.0);
    let changes = judged(Config::default(), &[before, turned], 290);
    assert_eq!(only(&changes).kind, Kind::SuddenTurn);

    // A pilot boat does that all day.
    let pilot = |vessel: Vessel| Vessel { ship_type: 50, ..vessel };
    let changes = judged(Config::default(), &[pilot(before), pilot(turned)], 290);
    assert!(raises(&changes).is_empty(), "{}", said(&changes));

    let stopped = part((180, 300), (0.0, way_m(12.0, 180.0) - way_m(1.0, 180.0)), 1.0, 0.0);
    let changes = judged(Config::default(), &[before, stopped], 290);
    assert_eq!((only(&changes).kind, only(&changes).priority), (Kind::SuddenStop, Priority::Alarm));
}

#[test]
fn identities_that_cannot_be_go_into_the_report_or_onto_the_list() {
    let mut sea = Sea::new(Config::default());
    let vessel = Vessel { mmsi: 123_456_789, ..ship(1, (0.0, 0.0), 8.0, 0.0) };
    sea.run(&events(ningbo(), &[vessel], 30));
    assert_eq!(sea.watch.report().map(|alert| alert.kind).collect::<Vec<_>>(), [Kind::InvalidIdentity]);

    // Two ships of one number, thirty kilometres apart.
    let (one, other) = (ship(1, (0.0, 0.0), 8.0, 0.0), ship(1, (30_000.0, 0.0), 8.0, 0.0));
    let changes = judged(Config::default(), &[one, other], 60);
    assert_eq!(kinds(&changes), BTreeSet::from([405]), "{}", said(&changes));
    // One that is elsewhere from one report to the next.
    let (before, after) = (Vessel { speaks: (0, 60), ..one }, Vessel { speaks: (60, u32::MAX), ..other });
    let changes = judged(Config::default(), &[before, after], 120);
    assert_eq!(kinds(&changes), BTreeSet::from([408]), "{}", said(&changes));
}

#[test]
fn who_says_otherwise_than_the_register_is_reported_once() {
    let label = |text: &str| Label::new(text.as_bytes());
    let known = Registered { mmsi: 413_000_001, imo: None, call_sign: None, name: label("ZHE HAI 1") };
    let report = |name: &str, register: Vec<Registered>| {
        let mut sea = Sea::new(Config { register, ..Config::default() });
        let changes =
            sea.run(&events(ningbo(), &[Vessel { name: label(name), ..ship(1, (0.0, 0.0), 8.0, 0.0) }], 60));
        assert!(raises(&changes).is_empty(), "{}", said(&changes));
        sea.watch.report().map(|alert| (alert.kind, alert.zone.clone())).collect::<Vec<_>>()
    };
    assert_eq!(report("ZHE HAI 2", vec![known]), [(Kind::IdentityChange, Some("register".to_owned()))]);
    assert_eq!(report("ZHE HAI 1", vec![known]), []);
    assert_eq!(report("ZHE HAI 2", vec![Registered { mmsi: 413_000_002, ..known }]), []);
    assert_eq!(report("ZHE HAI 2", vec![Registered { name: None, ..known }]), []);
}

#[test]
fn a_merchant_is_told_of_nets_ahead() {
    let mut vessels: Vec<Vessel> = (0..5)
        .map(|i| Vessel {
            station: Station::ClassB,
            name: Label::new(format!("0123{i}-87%").as_bytes()),
            every: 10,
            ..Vessel::new(413_900_000 + i, (f64::from(i) * 250.0 - 500.0, 0.0), 0.5, 90.0)
        })
        .collect();
    vessels.push(ship(1, (100.0, -1500.0), 10.0, 0.0));
    let changes = judged(Config::default(), &vessels, 60);
    assert!(kinds(&changes).contains(&316), "{}", said(&changes));
    // The other way there are none.
    vessels[5] = ship(1, (100.0, -1500.0), 10.0, 180.0);
    assert!(!kinds(&judged(Config::default(), &vessels, 60)).contains(&316));
}

#[test]
fn an_aid_that_drifts_is_told() {
    let mut sea = Sea::new(Config::default());
    let report = |north_m: f64, off_position, s: f64| {
        Event::Observation(Observation {
            source: SourceId(0),
            valid: crate::scene::START.plus_s(s),
            arrival: crate::scene::START.plus_s(s),
            body: Body::Mark(MarkReport {
                mmsi: Mmsi::new(994_136_001).unwrap(),
                kind: MarkKind::Aid,
                position: Some(at(0.0, north_m)),
                name: Label::new(b"BUOY 7"),
                off_position,
                is_virtual: false,
                aid_type: None,
            }),
        })
    };
    let mut out = sea.run(&[
        report(0.0, None, 0.0),
        report(30.0, None, 60.0),
        Event::Tick(crate::scene::START.plus_s(100.0)),
    ]);
    assert!(kinds(&out).is_empty());
    out = sea.run(&[report(80.0, None, 120.0), Event::Tick(crate::scene::START.plus_s(151.0))]);
    assert_eq!(only(&out).text.en, "Aid off position: BUOY 7 is off position");
}

#[test]
fn notices_become_alerts() {
    let mut sea = Sea::new(Config::default());
    sea.run(&events(ningbo(), &[ship(1, (0.0, 0.0), 8.0, 0.0)], 30));
    let mut tell = |notice: Notice| {
        let mut out = Vec::new();
        sea.watch.notice(&sea.picture, &notice, &mut out);
        raises(&out).iter().map(|a| (a.kind.code(), a.priority, a.text.en.clone())).collect::<Vec<_>>()
    };
    let health = |silent_s| Health {
        source: SourceId(0),
        name: "shore".to_owned(),
        silent_s,
        rates: None,
        ahead_s: None,
    };
    assert_eq!(tell(Notice::Source(health(10.0))), []);
    let silent = "Source silent: nothing from shore for 1 min 10 s".to_owned();
    assert_eq!(tell(Notice::Source(health(70.0))), [(601, Priority::Warning, silent)]);
    let sos = Notice::Sos { by: Mmsi::new(413_000_001).unwrap().into(), name: None, place: None };
    assert_eq!(
        tell(sos),
        [(411, Priority::Emergency, "BeiDou distress: 413000001 calls for help".to_owned())]
    );
    let refused = Notice::Configuration { text: "configuration refused: line 7".to_owned() };
    assert_eq!(tell(refused).iter().map(|(code, ..)| *code).collect::<Vec<_>>(), [610]);

    // A typhoon over the ship.
    let now = sea.picture.now();
    let point = |hours: f64| StormPoint {
        at: now.plus_s(hours * 3600.0),
        place: ningbo(),
        radii_m: [Some([250_000.0; 4]), None, None],
        is_forecast: hours > 0.0,
        is_assumed: false,
    };
    let storm = Storm { name: "202116 Mindulle".to_owned(), points: vec![point(-1.0), point(12.0)] };
    sea.watch.notice(&sea.picture, &Notice::Storm(storm), &mut Vec::new());
    let ticks: Vec<Event> = (0..90).map(|s| Event::Tick(now.plus_s(f64::from(s)))).collect();
    let changes = sea.run(&ticks);
    assert_eq!(only(&changes).text.en, "Weather limit: 1 vessels within 202116 Mindulle force 7");
}
