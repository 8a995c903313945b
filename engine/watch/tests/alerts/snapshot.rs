use crate::scene::{Sea, Vessel, events, ningbo, raises};
use fusion::{Event, Fusion};
use units::Position;
use watch::zone::{Class, Zone};
use watch::{Change, Config, Watch};

fn config() -> Config {
    let corner = |lat, lon| Position::new(lat, lon).unwrap();
    let mut config = Config::default();
    config.grid.limit = 8;
    config.zones.push(Zone {
        name: "金塘水道".to_owned(),
        polygon: vec![corner(29.88, 122.08), corner(29.88, 122.12), corner(29.92, 122.1)],
        classes: vec![Class::ClassA],
        buffer_m: 25.0,
        dwell_s: 10.0,
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
