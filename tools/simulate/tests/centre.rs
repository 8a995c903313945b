//! Another centre's pictures: valid, true to its errors, and the same again.

use decoders::ivef::message::{Track, TrackStatus, Vessel};
use decoders::ivef::{Item, Rules, Stream};
use simulate::{Centre, Scene};
use std::collections::{BTreeMap, BTreeSet};
use units::{Position, UtcTime};

const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);

fn pictures(seed: u64, corners: Option<[Position; 2]>, seconds: i64) -> (Vec<u8>, usize, Scene) {
    let (mut scene, mut centre) =
        (Scene::ningbo_zhoushan(seed, 150, START), Centre::new(seed, "Simulated VTS"));
    if let Some(corners) = corners {
        centre.watch(corners);
    }
    let (mut out, mut told) = (Vec::new(), 0);
    for second in (0..=seconds).step_by(10) {
        scene.run(UtcTime::from_unix_s(START.unix_s() + second), &mut |_| {});
        told += centre.picture(&scene, &mut out);
    }
    (out, told, scene)
}

#[test]
fn a_picture_is_a_valid_message_that_says_the_truth() {
    let (bytes, told, scene) = pictures(5, None, 60);
    assert_eq!(bytes, pictures(5, None, 60).0);
    assert_ne!(bytes, pictures(6, None, 60).0);
    let truth: BTreeMap<_, _> = scene.vessels().map(|vessel| (vessel.mmsi, vessel)).collect();
    let (mut stream, mut numbers, mut ids) = (Stream::new(Rules::Strict), BTreeMap::new(), BTreeSet::new());
    let (mut named, mut far) = (0, 0);
    stream.take(&bytes, |item| {
        let Item::Message(document) = item else { panic!("{item:?}") };
        assert!(ids.insert(document.id().unwrap_or_default().to_owned()));
        for object in document.objects() {
            let track = Track::of(object).expect("a track");
            let Some(mmsi) = Vessel::all(object).find_map(|vessel| vessel.mmsi) else { continue };
            named += 1;
            assert_eq!(*numbers.entry(mmsi).or_insert(track.id), track.id);
            let vessel = truth.get(&mmsi).expect("one of the scene");
            if track.at == Some(scene.now()) {
                let at = track.position.expect("a position");
                let north_m = (at.lat() - vessel.position.lat()) * 111_195.0;
                let east_m = (at.lon() - vessel.position.lon()) * 111_195.0 * at.lat().to_radians().cos();
                far += usize::from(north_m.hypot(east_m) > 40.0);
                assert!((track.sog_mps.unwrap_or(99.0) - vessel.speed.mps()).abs() < 2.0);
            }
        }
    });
    assert_eq!((stream.counters().objects, told), (7 * 150, 7 * 150));
    // 40 m is more than three deviations.
    assert!(named > 700 && far <= 3, "{named} {far}");
}

#[test]
fn who_leaves_the_area_is_dropped_and_comes_back_as_another() {
    let corner = |lat, lon| Position::new(lat, lon).expect("a place");
    let (bytes, told, _) = pictures(5, Some([corner(29.85, 121.9), corner(29.95, 122.3)]), 3600);
    let (mut stream, mut live, mut dropped) = (Stream::new(Rules::Strict), BTreeSet::new(), BTreeSet::new());
    stream.take(&bytes, |item| {
        let Item::Message(document) = item else { panic!("{item:?}") };
        for object in document.objects() {
            let track = Track::of(object).expect("a track");
            assert!(!dropped.contains(&track.id), "{} was dropped", track.id);
            if track.status == Some(TrackStatus::Dropped) {
                assert!(live.remove(&track.id) && dropped.insert(track.id));
            } else {
                live.insert(track.id);
            }
        }
    });
    assert_eq!(stream.counters().objects, told as u64);
    assert!(!dropped.is_empty() && !live.is_empty(), "{} dropped, {} live", dropped.len(), live.len());
}
