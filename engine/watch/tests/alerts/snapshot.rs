use crate::scene::{Sea, Vessel, events, ningbo, raises};
use fusion::{Event, Fusion};
use units::Position;
use watch::zone::{Class, Zone};
use watch::{Change, Command, Config, Kind, Operator, Order, Role, ShelveReason, State, Watch};

fn config() -> Config {
    let corner = |lat, lon| Position::new(lat, lon).unwrap();
    let mut config = Config::default();
    config.grid.limit = 8;
    config.zones.push(Zone {
        classes: vec![Class::ClassA],
        ..Zone::new("金塘水道", vec![corner(29.88, 122.08), corner(29.88, 122.12), corner(29.92, 122.1)])
    });
    config
}

/// Forty vessels that cross each other's way around a point, some of which fall silent.
fn busy() -> Vec<Event> {
    let vessels: Vec<_> = (0..40)
        .map(|i| {
            let bearing = f64::from(i) * 9.0;
            let (sin, cos) = bearing.to_radians().sin_cos();
            let far_m = 1500.0 + 60.0 * f64::from(i);
            Vessel {
                noise: (8.0, 0.2),
                every: 2 + i % 9,
                speaks: (0, if i % 7 == 0 { 250 } else { u32::MAX }),
                ..Vessel::new(
                    413_000_001 + i,
                    (far_m * sin, far_m * cos),
                    4.0 + f64::from(i % 12),
                    bearing + 180.0,
                )
            }
        })
        .collect();
    events(ningbo(), &vessels, 500)
}

#[test]
fn the_same_events_give_the_same_changes() {
    let events = busy();
    let (one, other) = (Sea::new(config()).run(&events), Sea::new(config()).run(&events));
    assert!(raises(&one).len() > 10, "{}", raises(&one).len());
    assert_eq!(postcard::to_stdvec(&one).unwrap(), postcard::to_stdvec(&other).unwrap());
}

#[test]
fn a_snapshot_goes_on_as_if_nothing_had_happened() {
    let events = busy();
    let mut sea = Sea::new(config());
    // In the middle of encounters that wait, are raised and are ending.
    for part in events.chunks(events.len() / 6) {
        let picture = postcard::to_stdvec(&sea.picture.snapshot()).unwrap();
        let watch = postcard::to_stdvec(&sea.watch.snapshot()).unwrap();
        let mut restored = Sea::new(Config::default());
        restored.picture = Fusion::restore(postcard::from_bytes(&picture).unwrap());
        restored.watch = Watch::restore(postcard::from_bytes(&watch).unwrap());
        assert_eq!(postcard::to_stdvec(&restored.watch.snapshot()).unwrap(), watch);

        let (mut went_on, mut began_again) = (Vec::<Change>::new(), Vec::new());
        for event in part {
            sea.apply(event, &mut went_on);
            restored.apply(event, &mut began_again);
        }
        assert_eq!(postcard::to_stdvec(&went_on).unwrap(), postcard::to_stdvec(&began_again).unwrap());
        let live: Vec<_> = sea.watch.alerts().collect();
        assert_eq!(live, restored.watch.alerts().collect::<Vec<_>>());
        assert!(live.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert!(live.iter().all(|alert| sea.watch.alert(alert.id) == Some(alert)));
        sea = restored;
    }
}

#[test]
fn five_hundred_live_alerts_in_all_states_survive_a_snapshot() {
    // 500 vessels in a guard zone; a fifth of them leaves it later.
    let corner = |e: f64, n: f64| fusion::Plane::at(ningbo()).to_position(e, n);
    let zone = vec![
        corner(-20_000.0, -500.0),
        corner(20_000.0, -500.0),
        corner(20_000.0, 500.0),
        corner(-20_000.0, 500.0),
    ];
    let mut config = Config { zones: vec![Zone::new("Z", zone)], ..Config::default() };
    config.alerts.flood_raises = 0;
    config.grid.limit = 10_000;
    let vessels: Vec<_> = (0..500)
        .map(|i| {
            let leaves = if i % 5 == 0 { 12.0 } else { 0.0 };
            Vessel::new(413_000_001 + i, (f64::from(i) * 70.0 - 17_500.0, 0.0), leaves, 0.0)
        })
        .collect();
    let events = events(ningbo(), &vessels, 240);
    let mut sea = Sea::new(config);
    let (before, after) = events.split_at(events.len() / 2);
    sea.run(before);
    let entries = sea.watch.alerts().filter(|alert| alert.kind == Kind::ZoneEntry);
    let alerts: Vec<_> = entries.map(|alert| (alert.id, alert.revision, alert.state)).collect();
    assert_eq!(alerts.len(), 500);
    let by = Operator {
        user: "li".to_owned(),
        console: "c1".to_owned(),
        role: Role::Operator,
        sectors: Vec::new(),
    };
    let mut out = Vec::new();
    for (i, (alert, revision, state)) in alerts.into_iter().enumerate() {
        let reason = ShelveReason::InHand;
        let command = match i % 6 {
            _ if state != State::Active => continue,
            0 => Command::Acknowledge { alert, revision },
            1 => Command::Silence { alert, revision },
            2 => Command::Transfer { alert, revision, to: "c2".to_owned() },
            3 => Command::Shelve { alert, revision, for_s: 30.0 + i as f64 / 10.0, reason },
            _ => continue,
        };
        sea.watch.command(&sea.picture, &Order { by: by.clone(), command }, &mut out).unwrap();
    }
    let count = |sea: &Sea, state| sea.watch.alerts().filter(|alert| alert.state == state).count();
    for state in [State::Active, State::Silenced, State::Acknowledged, State::Transferred, State::Rectified] {
        assert!(count(&sea, state) >= 50, "{state:?}: {}", count(&sea, state));
    }
    assert!(sea.watch.alerts().filter(|alert| alert.shelf.is_some()).count() >= 50);

    let bytes = postcard::to_stdvec(&sea.watch.snapshot()).unwrap();
    let mut restored = Sea::new(Config::default());
    restored.picture = Fusion::restore(sea.picture.snapshot());
    restored.watch = Watch::restore(postcard::from_bytes(&bytes).unwrap());
    assert_eq!(
        sea.watch.alerts().collect::<Vec<_>>(),
        restored.watch.alerts().collect::<Vec<_>>(),
        "the same ids, states and timers"
    );
    let (went_on, began_again) = (sea.run(after), restored.run(after));
    assert!(went_on.len() > 150, "{}", went_on.len());
    assert_eq!(postcard::to_stdvec(&went_on).unwrap(), postcard::to_stdvec(&began_again).unwrap());
    // A raise is told once: what was told before the snapshot is not told again.
    let is_raise = |a: &watch::Alert| a.revision == 1 && a.kind == Kind::ZoneEntry;
    assert!(!went_on.iter().any(|c| matches!(c, Change::Alert(a) if is_raise(a))));
}
