use crate::scene::{Sea, Vessel, alerts, clears, events, judged, ningbo, raises, said, seconds};
use fusion::{Hull, Station};
use units::KNOT_MPS;
use watch::encounter::Profile;
use watch::{Alert, Config, Evidence, Kind, Priority, State};

const SHIP: Hull = Hull { to_bow_m: 150, to_stern_m: 50, to_port_m: 16, to_starboard_m: 16 };

/// Two ships of 200 m, head-on at 10 kn each, that meet after `meet_s`, `aside_m` apart.
fn head_on(meet_s: f64, aside_m: f64) -> Vec<Vessel> {
    let way_m = 10.0 * KNOT_MPS * meet_s;
    let mut vessels = vec![
        Vessel::new(413_000_001, (0.0, -way_m), 10.0, 0.0),
        Vessel::new(413_000_002, (aside_m, way_m), 10.0, 180.0),
    ];
    for vessel in &mut vessels {
        vessel.hull = Some(SHIP);
    }
    vessels
}

#[test]
fn a_risk_is_raised_held_and_cleared() {
    let changes = judged(Config::default(), &head_on(600.0, 0.0), 700);
    let (raises, clears) = (raises(&changes), clears(&changes));
    assert_eq!((raises.len(), clears.len()), (1, 1), "{}", said(&changes));
    let (raised, cleared) = (raises[0], clears[0]);
    assert_eq!((raised.kind, raised.priority), (Kind::CollisionRisk, Priority::Alarm));
    assert_eq!(raised.kind.code(), 101);
    assert_eq!(raised.tracks.iter().count(), 2);

    // They meet after 600 s: the risk begins at most 300 s before, and lasts 10 s before it is raised.
    let begun = seconds(raised.condition);
    assert!((300.0..530.0).contains(&begun), "{begun}");
    assert!((10.0..11.0).contains(&(seconds(raised.raised) - begun)), "{raised:?}");
    let Evidence::Encounter { cpa_m, tcpa_s, probability, .. } = raised.evidence else {
        panic!("{raised:?}")
    };
    assert!(cpa_m < 1.0 && probability > 0.5, "{raised:?}");
    // Their antennas meet after 600 s, their middles, 50 m ahead of them, 100 m sooner.
    let meet_s = 600.0 - 100.0 / (20.0 * KNOT_MPS);
    assert!((tcpa_s - (meet_s - seconds(raised.raised))).abs() < 2.0, "{raised:?}");
    assert!(raised.text.en.starts_with("Collision risk: 413000001 and 413000002, 0 m between hulls in "));
    assert!(raised.text.zh.starts_with("碰撞危险：413000001 与 413000002，"), "{}", raised.text.zh);

    // Over 30 s after the closest point, cleared 20 s after that.
    let over = seconds(cleared.changed);
    assert!((meet_s + 50.0..meet_s + 53.0).contains(&over), "{over}");
    assert_eq!(cleared.id, raised.id);
    // It began as a call for attention, and became this in place. Revisions are without a gap, and but for the
    // escalation at most one in ten seconds.
    let all: Vec<_> = alerts(&changes).into_iter().filter(|alert| alert.id == raised.id).collect();
    assert_eq!(all[0].kind, Kind::CollisionAttention);
    assert_eq!(all[0].id, raised.id);
    assert!(all.iter().map(|alert| alert.revision).eq(1..=all.len() as u32), "{}", said(&changes));
    assert!(f64::from(cleared.revision - raised.revision) < (over - begun) / 10.0 + 3.0);
    let escalated = all.iter().find(|alert| alert.escalation > 0).unwrap();
    assert_eq!(escalated.priority, Priority::Emergency);
}

#[test]
fn what_is_a_risk_and_what_is_none() {
    let way_m = |sog_kn: f64, s: f64| sog_kn * KNOT_MPS * s;
    let ship = |mmsi, at, sog, cog| Vessel { hull: Some(SHIP), ..Vessel::new(mmsi, at, sog, cog) };
    let crossing = |sog_kn, meet_s| {
        vec![
            ship(413_000_001, (0.0, -way_m(sog_kn, meet_s)), sog_kn, 0.0),
            ship(413_000_002, (way_m(sog_kn, meet_s), 0.0), sog_kn, 270.0),
        ]
    };
    let with = |mut vessels: Vec<Vessel>, change: fn(&mut Vessel)| {
        change(&mut vessels[1]);
        vessels
    };
    let cases = [
        // RISK.md R1: both 10 kn, perpendicular, 6.0 minutes from the crossing point.
        ("crossing", 1, crossing(10.0, 360.0)),
        ("ahead of the time limit", 0, crossing(10.0, 900.0)),
        ("both drift", 0, crossing(1.5, 360.0)),
        (
            "one lies still",
            1,
            with(head_on(360.0, 0.0), |v| {
                (v.sog_kn, v.at) = (0.0, (0.0, 0.0));
            }),
        ),
        ("passes half a mile off", 0, head_on(360.0, 926.0)),
        // Hulls 32 m wide: 168 m between them, although only a length apart.
        ("passes a length off", 0, head_on(360.0, 200.0)),
        ("passes 30 m off", 1, head_on(360.0, 62.0)),
        ("an aircraft", 0, with(crossing(10.0, 360.0), |v| v.station = Station::Aircraft)),
        ("one vessel in doubt", 0, with(crossing(10.0, 360.0), |v| v.mmsi = 413_000_001)),
        (
            "follows",
            0,
            vec![ship(413_000_001, (0.0, 0.0), 10.0, 0.0), ship(413_000_002, (0.0, -350.0), 11.5, 0.0)],
        ),
        (
            "overtakes",
            1,
            vec![ship(413_000_001, (0.0, 0.0), 6.0, 0.0), ship(413_000_002, (0.0, -1500.0), 16.0, 0.0)],
        ),
        (
            "tug and tow",
            0,
            vec![ship(413_000_001, (0.0, 0.0), 6.0, 0.0), ship(413_000_002, (30.0, 0.0), 6.2, 2.0)],
        ),
    ];
    for (what, expected, vessels) in cases {
        let changes = judged(Config::default(), &vessels, 480);
        let risks = raises(&changes).iter().filter(|alert| alert.kind == Kind::CollisionRisk).count();
        assert_eq!(risks, expected, "{what}: {}", said(&changes));
    }
}

#[test]
fn r1_r2_an_alert_says_who_passes_whose_bow_and_what_becomes_of_the_domain() {
    // Both 10 kn, the second from starboard, through a place 300 m ahead of the first's middle when it gets there.
    let way_m = 10.0 * KNOT_MPS * 300.0;
    let ship = |mmsi, at, cog| Vessel { hull: Some(SHIP), ..Vessel::new(mmsi, at, 10.0, cog) };
    let vessels =
        [ship(413_000_001, (0.0, -way_m - 150.0), 0.0), ship(413_000_002, (way_m - 150.0, 0.0), 270.0)];
    for profile in [Profile::Open, Profile::Confined] {
        let mut config = Config::default();
        config.encounter.profile = profile;
        config.encounter.gap_m = 300.0;
        let changes = judged(config, &vessels, 200);
        let risk = raises(&changes).into_iter().find(|alert| alert.kind == Kind::CollisionRisk);
        let Some(Evidence::Encounter { bows_m: [Some(first_m), Some(second_m)], violation, .. }) =
            risk.map(|alert| alert.evidence)
        else {
            panic!("{}", said(&changes))
        };
        // By hand, with the middles 50 m ahead of the antennas: the second is on the first's line when that is
        // 300 m short of it, and the first on the second's 300 m behind it.
        assert!((first_m - 300.0).abs() < 5.0 && (second_m + 300.0).abs() < 5.0, "{first_m} {second_m}");
        // Fujii's ellipse of 200 m: 800 m by 320 m. The way of the second in the frame of the first is ahead +
        // starboard = 300 m towards its bow; 300 / sqrt(800² + 320²) of the domain is left.
        let degree = 1.0 - 300.0 / 800_f64.hypot(320.0);
        assert_eq!(violation.is_some(), profile == Profile::Open);
        if let Some(violation) = violation {
            assert!((violation.degree - degree).abs() < 0.01, "{violation:?}, by hand {degree}");
            assert!(violation.entry_s > 0.0, "{violation:?}");
        }
    }
}

#[test]
fn vessels_in_company_may_come_close() {
    // A boat keeps 83 m off a ship at 2.2 kn, then heads for its bow, 50° across and at 1.7 kn relative speed.
    for (alongside_s, expected) in [(60, 1), (200, 0)] {
        let t = f64::from(alongside_s);
        let ship = Vessel::new(413_000_001, (0.0, 0.0), 2.2, 0.0);
        let alongside =
            Vessel { speaks: (0, alongside_s), ..Vessel::new(413_000_002, (60.0, 57.0), 2.2, 0.0) };
        let (sin, cos) = 310_f64.to_radians().sin_cos();
        let way_m = 1.6 * KNOT_MPS * t;
        let turned_at = (60.0 - way_m * sin, 57.0 + 2.2 * KNOT_MPS * t - way_m * cos);
        let turned =
            Vessel { speaks: (alongside_s, u32::MAX), ..Vessel::new(413_000_002, turned_at, 1.6, 310.0) };
        let changes = judged(Config::default(), &[ship, alongside, turned], alongside_s + 60);
        assert_eq!(raises(&changes).len(), expected, "after {alongside_s} s: {}", said(&changes));
    }
}

#[test]
fn an_alert_ends_with_its_track() {
    let mut vessels = head_on(300.0, 0.0);
    // It never comes closer, so nothing but its end clears the alert.
    vessels[1].speaks.1 = 200;
    vessels[0].speaks.1 = 200;
    let mut sea = Sea::new(Config::default());
    let changes = sea.run(&events(ningbo(), &vessels, 1200));
    let of_risk = |alerts: Vec<&Alert>| alerts.iter().filter(|a| a.kind == Kind::CollisionRisk).count();
    assert_eq!((of_risk(raises(&changes)), of_risk(clears(&changes))), (1, 1), "{}", said(&changes));
    let rectified = sea.watch.alerts().find(|a| a.kind == Kind::CollisionRisk).unwrap();
    assert_eq!(rectified.state, State::Rectified);
}

#[test]
fn acceptance_b_moored_vessels_never_meet() {
    // 300 along quays, 40 m apart, with the noise of their receivers.
    let vessels: Vec<_> = (0..300)
        .map(|i| Vessel {
            noise: (10.0, 0.3),
            every: 10,
            hull: Some(SHIP),
            ..Vessel::new(413_000_000 + i, (f64::from(i % 20) * 40.0, f64::from(i / 20) * 60.0), 0.0, 0.0)
        })
        .collect();
    let mut config = Config::default();
    config.grid.limit = 1000;
    let changes = judged(config, &vessels, 3600);
    assert_eq!(alerts(&changes).len(), 0, "{}", said(&changes));
}
