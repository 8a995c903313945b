//! Births, silences and ends of tracks and marks.

use super::*;

/// Seconds of silence after which a track coasts, is lost and ends, from the reporting intervals of ITU-R
/// M.1371-5 (tables 1 and 2): two intervals but at least 30 s; three and a half but at least 90 s; ten minutes on.
#[test]
fn silence_is_judged_by_the_interval() {
    use Station::{Aircraft, ClassA, ClassB};
    let table = [
        (ClassA, Some(12.0), Some(0), [30, 90, 690]),
        (ClassA, Some(25.0), Some(0), [30, 90, 690]),
        (ClassA, Some(0.1), Some(0), [30, 90, 690]),
        (ClassA, Some(0.1), Some(1), [360, 630, 1230]),
        (ClassA, Some(0.1), Some(5), [360, 630, 1230]),
        (ClassA, Some(4.0), Some(5), [30, 90, 690]),
        (ClassB, Some(6.0), None, [60, 105, 705]),
        (ClassB, Some(1.0), None, [360, 630, 1230]),
        (Aircraft, Some(120.0), None, [30, 90, 690]),
    ];
    for (station, sog, nav, [coasting, lost, gone]) in table {
        let mut world = World::new(Config::default());
        let at =
            |t_s: f64| Said { station, sog, nav, ..said(t_s, 0.0, sog.unwrap() * 1852.0 / 3600.0 * t_s) };
        world.say(&at(0.0));
        assert_eq!(world.only().life, Life::Tentative);
        world.say(&at(8.0));
        let id = world.only().id;
        let mut lives = Vec::new();
        for second in 1..=gone {
            for change in world.tick(f64::from(8 + second)).to_vec() {
                lives.push((second, change, world.fusion.track(id).map(|track| track.life)));
            }
        }
        let ended = Change::TrackGone { id, mmsi: Some(mmsi(413_000_001)), reason: Gone::Lost };
        assert_eq!(
            lives,
            [
                (coasting, Change::Track(id), Some(Life::Coasting)),
                (lost, Change::Track(id), Some(Life::Lost)),
                (gone, ended, None)
            ],
            "{station:?} {sog:?} {nav:?}"
        );
        let counters = world.fusion.counters();
        assert_eq!((counters.lost, counters.ended), (1, 1));
    }
}

#[test]
fn a_single_report_is_dropped_unconfirmed() {
    for (station, sog, after) in [(Station::ClassA, 10.0, 360), (Station::ClassB, 0.0, 540)] {
        let mut world = World::new(Config::default());
        world.say(&Said { station, sog: Some(sog), ..said(0.0, 0.0, 0.0) });
        assert_eq!(world.tick(f64::from(after - 1)), []);
        let gone = world.tick(f64::from(after)).to_vec();
        assert!(matches!(gone[..], [Change::TrackGone { reason: Gone::Unconfirmed, .. }]), "{gone:?}");
    }
}

#[test]
fn hours_without_events_are_one_sweep() {
    let mut world = World::new(Config::default());
    world.say(&said(0.0, 0.0, 0.0));
    world.say(&said(10.0, 0.0, 51.0));
    let later = Said { mmsi: 413_000_002, ..said(7200.0, 0.0, 0.0) };
    let changes = world.say(&later).to_vec();
    assert!(
        matches!(
            changes[..],
            [Change::TrackGone { id: TrackId(1), reason: Gone::Lost, .. }, Change::Track(TrackId(2))]
        ),
        "{changes:?}"
    );
}

#[test]
fn a_lost_vessel_comes_back() {
    let mut world = World::new(Config::default());
    world.say(&said(0.0, 0.0, 0.0));
    world.say(&said(10.0, 0.0, 51.4));
    world.tick(300.0);
    assert_eq!(world.only().life, Life::Lost);
    let version = world.only().version;
    world.say(&said(310.0, 0.0, 310.0 * 5.144));
    assert_eq!(
        (world.only().life, world.only().version, world.only().id),
        (Life::Confirmed, version + 1, TrackId(1))
    );
}

#[test]
fn statics_wait_for_a_track_and_outlive_it() {
    let mut world = World::new(Config::default());
    let name = |t_s, name| event(0, t_s, t_s, Body::Statics(statics(413_000_001, name)));
    assert_eq!(world.apply(&name(0.0, "EARLY")), []);
    world.say(&said(1.0, 0.0, 0.0));
    assert_eq!(world.only().identity.name, label("EARLY"));
    assert_eq!(world.apply(&name(2.0, "EARLY")), [], "nothing new");
    assert_eq!(world.apply(&name(3.0, "LATER")), [Change::Track(TrackId(1))]);
    world.tick(2000.0);
    assert_eq!(world.fusion.tracks().count(), 0);
    world.say(&said(2001.0, 0.0, 0.0));
    assert_eq!((world.only().identity.name, world.only().id), (label("LATER"), TrackId(2)));
    // Two statics beside the two reports: all four are accounted for.
    assert_eq!((world.fusion.counters().statics, world.fusion.counters().born), (3, 2));
}

#[test]
fn statics_tables_are_bounded() {
    let mut world = World::new(Config { max_statics: 2, ..Config::default() });
    for (t, number) in [(0.0, 1), (1.0, 2), (2.0, 1), (3.0, 3)] {
        world.apply(&event(0, t, t, Body::Statics(statics(number, "NAME"))));
    }
    // 2 spoke longest ago.
    for (number, name) in [(1, label("NAME")), (2, None), (3, label("NAME"))] {
        world.say(&Said { mmsi: number, ..said(4.0, 0.0, 0.0) });
        assert_eq!(world.fusion.claimants(mmsi(number)).next().unwrap().identity.name, name, "{number}");
    }
}

#[test]
fn marks_change_only_when_something_is_seen_to() {
    let buoy = |e_m: f64, off: Option<bool>, name: Option<Label>| MarkReport {
        mmsi: mmsi(994_136_001),
        kind: MarkKind::Aid,
        position: Some(Plane::at(home()).to_position(e_m, 0.0)),
        name,
        off_position: off,
        is_virtual: false,
        aid_type: Some(14),
    };
    let name = label("NO 5");
    let (here, gone) = (Change::Mark(mmsi(994_136_001)), Change::MarkGone(mmsi(994_136_001)));
    let table = [
        (0.0, buoy(0.0, Some(false), name), vec![here]),
        (10.0, buoy(6.0, Some(false), name), vec![]),
        (20.0, buoy(-6.0, Some(false), None), vec![]),
        (30.0, buoy(11.0, None, name), vec![here]),
        (40.0, buoy(11.0, Some(true), name), vec![here]),
        (50.0, buoy(11.0, Some(true), label("NO 5A")), vec![here]),
        (940.0, buoy(11.0, Some(true), None), vec![]),
    ];
    let mut world = World::new(Config::default());
    for (t, report, changes) in table {
        assert_eq!(world.apply(&event(0, t, t, Body::Mark(report))), changes, "{t}");
    }
    let mark = world.fusion.mark(mmsi(994_136_001)).unwrap();
    assert_eq!((mark.version, mark.heard, mark.name), (4, T0.plus_s(940.0), label("NO 5A")));
    assert_eq!(world.tick(1839.0), []);
    assert_eq!(world.tick(1840.0), [gone]);
    assert_eq!((world.fusion.marks().count(), world.fusion.counters().marks_silent), (0, 1));
}

#[test]
fn marks_are_bounded() {
    let mut world = World::new(Config { max_marks: 3, ..Config::default() });
    for number in 1..=5 {
        let report = MarkReport {
            mmsi: mmsi(number),
            kind: MarkKind::BaseStation,
            position: None,
            name: None,
            off_position: None,
            is_virtual: false,
            aid_type: None,
        };
        world.apply(&event(0, f64::from(number), f64::from(number), Body::Mark(report)));
    }
    assert_eq!(world.fusion.marks().map(|m| m.mmsi.number()).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(world.changes, [Change::MarkGone(mmsi(2)), Change::Mark(mmsi(5))]);
}

#[test]
fn the_picture_is_bounded_and_the_most_silent_makes_room() {
    let mut world = World::new(Config { max_tracks: 2, ..Config::default() });
    let at = |number, t_s: f64| Said { mmsi: number, ..said(t_s, 0.0, t_s * 5.144) };
    world.say(&at(1, 0.0));
    world.say(&at(2, 1.0));
    world.say(&at(1, 2.0));
    let changes = world.say(&at(3, 3.0)).to_vec();
    assert_eq!(
        changes,
        [
            Change::TrackGone { id: TrackId(2), mmsi: Some(mmsi(2)), reason: Gone::Displaced },
            Change::Track(TrackId(3))
        ]
    );
}
