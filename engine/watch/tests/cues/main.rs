//! Which camera looks where, and why.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may"
)]

mod load;
mod scene;

use scene::{Sea, Ship, place};
use watch::Priority;
use watch::cue::{Camera, Change, Cues, Point, Refused, Ridge, Snapshot, Stop, Subject};

const fn ship(mmsi: u32, at: (f64, f64), sog_kn: f64, cog_deg: f64) -> Ship {
    Ship { mmsi, at, sog_kn, cog_deg, length_m: 200 }
}

fn camera(name: &str, at: (f64, f64), reach_m: f64) -> Camera {
    Camera { reach_m, ..Camera::new(name, place(at.0, at.1), 60.0) }
}

const ONE: u32 = 413_000_001;
const TWO: u32 = 413_000_002;

#[test]
fn the_camera_that_sees_it_best_looks_where_it_will_be() {
    let cameras = vec![camera("near", (0.0, 0.0), 15e3), camera("far", (12_000.0, 0.0), 15e3)];
    let mut sea = Sea::new(cameras, vec![ship(ONE, (0.0, 6000.0), 14.0, 90.0)]);
    sea.seconds(30);
    sea.alert(1, ONE, Priority::Alarm);
    let mut worst: f64 = 0.0;
    for second in 0..60 {
        sea.second();
        if second > 5 {
            worst = worst.max(sea.off(0, ONE).unwrap());
        }
    }
    assert!(worst < 0.05, "off by {worst} of the field of view");
    assert_eq!(sea.told(), ["0 413000001 alert"]);
    // It has taken a picture when it was there.
    let shots = sea.shots();
    assert_eq!(shots.len(), 1);
    assert_eq!(shots[0].1.alert.unwrap().0, 1);
    // Another alert about the same ship: another picture.
    sea.alert(2, ONE, Priority::Alarm);
    assert_eq!(sea.shots().len(), 2);
    sea.clear(1, ONE);
    assert_eq!(sea.told().len(), 1, "one alert still wants it");
    sea.clear(2, ONE);
    assert_eq!(sea.told()[1..], ["0 413000001 alert released: the alert is over"]);
}

#[test]
fn what_no_camera_sees_has_a_reason() {
    let ridge = Ridge { sector_deg: [350.0, 10.0], beyond_m: 3000.0 };
    let cameras = vec![
        Camera { hidden: vec![ridge], ..camera("behind a hill", (0.0, 0.0), 15e3) },
        Camera { blind_deg: vec![[80.0, 100.0]], ..camera("shy", (-6000.0, 6000.0), 15e3) },
        camera("short", (0.0, -3000.0), 5000.0),
        camera("dead", (0.0, 5000.0), 15e3),
        Camera { pan_deg: Some([-90.0, 90.0]), ..camera("stiff", (0.0, 9000.0), 15e3) },
        Camera { height_m: 2.0, ..camera("low", (0.0, -9000.0), 20e3) },
    ];
    let mut sea = Sea::new(cameras, vec![ship(ONE, (0.0, 6000.0), 0.0, 0.0)]);
    sea.poses.get_mut(&3).unwrap().1 = false;
    sea.seconds(10);
    sea.alert(1, ONE, Priority::Alarm);
    let expected = "- 413000001 alert: 1 too far, 1 below the horizon, 1 behind land, 1 not to look there, \
                    1 cannot turn that far, 1 down";
    assert_eq!(sea.told(), [expected]);
    sea.seconds(30);
    assert_eq!(sea.told().len(), 1, "said once");
    assert!(sea.cues.unseen(watch::AlertId(1)).is_some());
    // The dead one answers again.
    sea.poses.get_mut(&3).unwrap().1 = true;
    sea.second();
    assert_eq!(sea.told()[1..], ["3 413000001 alert"]);
    assert!(sea.cues.sees(watch::AlertId(1)));
}

#[test]
fn a_ship_is_handed_over_before_it_leaves() {
    // Eastward past two cameras, each of which sees 5 km.
    let cameras = vec![camera("west", (0.0, 0.0), 5000.0), camera("east", (8000.0, 0.0), 5000.0)];
    let mut sea = Sea::new(cameras, vec![ship(ONE, (-1000.0, 2000.0), 28.0, 90.0)]);
    sea.seconds(20);
    sea.alert(1, ONE, Priority::Warning);
    let (mut unseen, mut seconds) = (0, 0);
    for second in 0..500 {
        sea.second();
        let looks = [0, 1].iter().any(|number| sea.off(*number, ONE).is_some_and(|off| off < 0.25));
        if second > 5 {
            seconds += 1;
            unseen += i32::from(!looks);
        }
    }
    let told = sea.told();
    assert_eq!(told, ["0 413000001 alert", "1 413000001 alert", "0 413000001 alert released: handed over"]);
    assert_eq!(unseen, 0, "of {seconds} seconds");
}

#[test]
fn a_dead_cameras_ship_goes_to_another() {
    let cameras = vec![camera("near", (0.0, 0.0), 15e3), camera("far", (9000.0, 0.0), 15e3)];
    let mut sea = Sea::new(cameras, vec![ship(ONE, (0.0, 4000.0), 10.0, 90.0)]);
    sea.seconds(10);
    sea.alert(1, ONE, Priority::Alarm);
    sea.seconds(10);
    sea.poses.get_mut(&0).unwrap().1 = false;
    sea.seconds(10);
    let expected =
        ["0 413000001 alert", "0 413000001 alert released: the camera is down", "1 413000001 alert"];
    assert_eq!(sea.told(), expected);
    assert!(sea.off(1, ONE).unwrap() < 0.25);
}

#[test]
fn an_alarm_takes_a_camera_from_what_is_less_urgent() {
    let ships = vec![ship(ONE, (0.0, 4000.0), 5.0, 90.0), ship(TWO, (3000.0, 3000.0), 5.0, 0.0)];
    let mut sea = Sea::new(vec![camera("one", (0.0, 0.0), 15e3)], ships);
    sea.seconds(10);
    sea.alert(1, ONE, Priority::Caution);
    sea.seconds(5);
    sea.alert(2, TWO, Priority::Alarm);
    let expected = [
        "0 413000001 alert",
        "0 413000001 alert released: something more urgent",
        "0 413000002 alert",
        "- 413000001 alert: 1 busy with what is more urgent",
    ];
    assert_eq!(sea.told(), expected);
}

#[test]
fn nothing_starves() {
    // One camera, eight ships, all priorities, ten minutes.
    let ships: Vec<Ship> =
        (0..8).map(|i| ship(ONE + i, (f64::from(i) * 800.0 - 3000.0, 4000.0), 2.0, 90.0)).collect();
    let mut sea = Sea::new(vec![camera("one", (0.0, 0.0), 15e3)], ships);
    sea.seconds(20);
    let priorities = [Priority::Emergency, Priority::Alarm, Priority::Warning, Priority::Caution];
    for i in 0..8 {
        sea.alert(u64::from(i) + 1, ONE + i, priorities[i as usize % 4]);
    }
    let (mut last, mut longest, mut looked) = ([0_u32; 8], [0_u32; 8], [0_u32; 8]);
    for second in 1..=1200 {
        sea.second();
        for i in 0..8 {
            if sea.off(0, ONE + i).is_some_and(|off| off < 0.25) {
                longest[i as usize] = longest[i as usize].max(second - last[i as usize]);
                last[i as usize] = second;
                looked[i as usize] += 1;
            }
        }
    }
    let longest: Vec<u32> = (0..8).map(|i| longest[i].max(1200 - last[i])).collect();
    println!("seconds looked at {looked:?}, longest away {longest:?}");
    assert!(longest.iter().all(|away| *away < 480), "{longest:?}");
    assert!(looked[0] > looked[3] && looked[4] > looked[7], "the urgent more often: {looked:?}");
}

#[test]
fn an_operators_hand_wins_and_for_how_long() {
    let ships = vec![ship(ONE, (0.0, 4000.0), 5.0, 90.0), ship(TWO, (3000.0, 3000.0), 5.0, 0.0)];
    let cameras = vec![camera("one", (0.0, 0.0), 15e3), camera("two", (500.0, 0.0), 15e3)];
    let mut sea = Sea::new(cameras, ships);
    sea.seconds(10);
    sea.alert(1, ONE, Priority::Emergency);
    sea.seconds(5);
    let two = Subject::Track(sea.track(TWO));
    let lin = Point { camera: Some(0), subject: two, follow: true, user: "Lin", overrules: false };
    let point = |sea: &mut Sea, point: &Point<'_>| {
        let from = sea.changes.len();
        let done = sea.cues.point(&sea.picture, point, &mut sea.changes);
        sea.obey(from);
        done
    };
    let before = sea.told().len();
    assert_eq!(point(&mut sea, &lin), Ok(0));
    let expected =
        ["0 413000001 alert released: an operator takes it", "0 413000002 operator", "1 413000001 alert"];
    assert_eq!(sea.told()[before..], expected, "the emergency goes to the other");
    sea.seconds(30);
    assert!(sea.off(0, TWO).unwrap() < 0.25);
    assert_eq!(sea.cues.view(0).unwrap().held.unwrap().0, "Lin");

    let wei = Point { user: "Wei", ..lin.clone() };
    assert!(matches!(point(&mut sea, &wei), Err(Refused::Held { by, for_s: 85..=95 }) if by == "Lin"));
    assert_eq!(
        sea.cues.let_go(&sea.picture, 0, ("Wei", false), &mut sea.changes),
        Err(Refused::Held { by: "Lin".to_owned(), for_s: 90 })
    );
    assert_eq!(point(&mut sea, &Point { overrules: true, ..wei.clone() }), Ok(0));
    // Two minutes after the last word it is free.
    sea.seconds(119);
    assert!(sea.cues.view(0).unwrap().held.is_some());
    sea.seconds(3);
    assert!(sea.cues.view(0).unwrap().held.is_none());
    assert_eq!(sea.cues.let_go(&sea.picture, 0, ("Wei", false), &mut sea.changes), Err(Refused::Free));
    // Whichever sees it best: not the one that is held.
    assert_eq!(point(&mut sea, &lin), Ok(0));
    assert_eq!(point(&mut sea, &Point { camera: None, ..wei }), Ok(1));
    let away = Subject::Place(place(90_000.0, 0.0));
    let refused = point(&mut sea, &Point { camera: None, subject: away, ..lin.clone() });
    assert_eq!(refused, Err(Refused::Unseen("1 too far, 1 held by an operator".to_owned())));
    assert_eq!(point(&mut sea, &Point { camera: Some(7), ..lin }), Err(Refused::NoCamera));
}

#[test]
fn a_camera_that_nobody_needs_goes_its_round() {
    let stop = |east| Stop { place: place(east, 3000.0), fov_deg: 10.0, dwell_s: 10.0 };
    let patrol = vec![stop(-2000.0), stop(0.0), stop(2000.0)];
    let cameras = vec![Camera { patrol, ..camera("one", (0.0, 0.0), 15e3) }];
    let mut sea = Sea::new(cameras, vec![ship(ONE, (0.0, 4000.0), 5.0, 90.0)]);
    sea.seconds(45);
    assert_eq!(sea.told(), ["0 place patrol"; 5]);
    let azimuth = sea.poses[&0].0.azimuth_deg;
    assert!((azimuth - 360.0 + 33.69).abs() < 0.1 || azimuth < 34.0, "{azimuth}");
    sea.alert(1, ONE, Priority::Caution);
    assert_eq!(sea.told()[5..], ["0 place patrol released: needed", "0 413000001 alert"]);
    sea.seconds(5);
    sea.clear(1, ONE);
    sea.seconds(8);
    assert_eq!(sea.told().last().unwrap(), "0 place patrol");
}

/// Everything that ever happens to cues, once.
fn history(cut: Option<u32>) -> Vec<Change> {
    let cameras = vec![
        camera("west", (0.0, 0.0), 5000.0),
        Camera {
            patrol: vec![Stop { place: place(8000.0, 3000.0), fov_deg: 10.0, dwell_s: 10.0 }],
            ..camera("east", (8000.0, 0.0), 5000.0)
        },
    ];
    let ships = vec![ship(ONE, (-1000.0, 2000.0), 28.0, 90.0), ship(TWO, (3000.0, 3000.0), 5.0, 0.0)];
    let mut sea = Sea::new(cameras, ships);
    for second in 0..300 {
        match second {
            20 => sea.alert(1, ONE, Priority::Warning),
            40 => sea.alert(2, TWO, Priority::Alarm),
            90 => {
                let subject = Subject::Track(sea.track(TWO));
                let lin = Point { camera: None, subject, follow: true, user: "Lin", overrules: false };
                let from = sea.changes.len();
                sea.cues.point(&sea.picture, &lin, &mut sea.changes).unwrap();
                sea.obey(from);
            }
            150 => sea.poses.get_mut(&1).unwrap().1 = false,
            170 => sea.poses.get_mut(&1).unwrap().1 = true,
            200 => sea.clear(2, TWO),
            _ => {}
        }
        sea.second();
        if cut == Some(second) {
            let bytes = postcard::to_stdvec(&sea.cues.snapshot()).unwrap();
            let snapshot: Snapshot = postcard::from_bytes(&bytes).unwrap();
            sea.cues = Cues::restore(snapshot);
            assert_eq!(postcard::to_stdvec(&sea.cues.snapshot()).unwrap(), bytes);
        }
    }
    sea.changes
}

#[test]
fn the_same_events_give_the_same_cues() {
    let once = history(None);
    assert!(once.len() > 200, "{} changes", once.len());
    assert_eq!(history(None), once);
    for cut in [0, 50, 95, 160, 299] {
        assert_eq!(history(Some(cut)), once, "cut at {cut}");
    }
}
