use crate::scene::{Sea, Vessel, events, ningbo};
use fusion::Plane;
use units::Position;
use watch::gate::Gate;
use watch::list::List;
use watch::zone::Zone;
use watch::{Change, Config, Kind, State};

fn square(name: &str, east_m: f64, half_m: f64) -> Zone {
    let corner = |e: f64, n: f64| Plane::at(ningbo()).to_position(east_m + e, n);
    let polygon = vec![
        corner(-half_m, -half_m),
        corner(half_m, -half_m),
        corner(half_m, half_m),
        corner(-half_m, half_m),
    ];
    Zone::new(name, polygon)
}

fn config(zones: Vec<Zone>) -> Config {
    Config { zones, ..Config::default() }
}

/// Ten minutes of two vessels, each at anchor in a zone of its own, and what is live then.
fn sea(config: Config) -> (Sea, Vec<Change>) {
    let vessels =
        [Vessel::new(413_000_001, (0.0, 0.0), 0.3, 0.0), Vessel::new(413_000_002, (5000.0, 0.0), 0.3, 0.0)];
    let mut sea = Sea::new(config);
    let changes = sea.run(&events(ningbo(), &vessels, 120));
    (sea, changes)
}

fn live(sea: &Sea) -> Vec<(u64, String)> {
    let is_live = |alert: &&watch::Alert| !matches!(alert.state, State::Rectified | State::Cleared);
    let entries = sea.watch.alerts().filter(|alert| alert.kind == Kind::ZoneEntry).filter(is_live);
    entries.map(|alert| (alert.id.0, alert.text.en.clone())).collect()
}

#[test]
fn what_is_still_watched_for_keeps_its_alerts_and_what_is_no_more_loses_them() {
    let (mut sea, _) = sea(config(vec![square("one", 0.0, 400.0), square("two", 5000.0, 400.0)]));
    let before = live(&sea);
    assert_eq!(before.len(), 2, "{before:?}");

    // In another order, one of them gone, one of them new.
    let mut out = Vec::new();
    let next = config(vec![square("three", 9000.0, 400.0), square("two", 5000.0, 400.0)]);
    sea.watch.renew(&sea.picture, next.clone(), &mut out).unwrap();
    let kept: Vec<_> = before.iter().filter(|(_, text)| text.contains("two")).cloned().collect();
    assert_eq!((kept.len(), live(&sea)), (1, kept.clone()));
    assert!(!out.is_empty(), "nobody was told that the other is over");
    let names = |sea: &Sea| sea.watch.zones().map(|zone| zone.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&sea), ["two", "three"]);

    // The same again changes nothing; what an operator has drawn stays, and what one has changed too.
    sea.watch.put_zone(&sea.picture, square("drawn", 20_000.0, 100.0), &mut out).unwrap();
    sea.watch.put_zone(&sea.picture, square("three", 9000.0, 100.0), &mut out).unwrap();
    let snapshot = postcard::to_stdvec(&sea.watch.snapshot()).unwrap();
    out.clear();
    sea.watch.renew(&sea.picture, next, &mut out).unwrap();
    assert_eq!(out, []);
    assert_eq!(postcard::to_stdvec(&sea.watch.snapshot()).unwrap(), snapshot);
    assert_eq!(names(&sea), ["two", "three", "drawn"]);

    // One that is another now is judged anew.
    let next = config(vec![square("two", 5000.0, 500.0)]);
    sea.watch.renew(&sea.picture, next, &mut out).unwrap();
    assert_eq!(live(&sea), []);
    assert_eq!(names(&sea), ["two", "drawn"]);
}

#[test]
fn what_is_wrong_changes_nothing() {
    let (mut sea, _) = sea(config(vec![square("one", 0.0, 400.0)]));
    let snapshot = postcard::to_stdvec(&sea.watch.snapshot()).unwrap();
    let mut level = config(vec![square("one", 0.0, 400.0)]);
    level.grid.level = if level.grid.level == 4 { 5 } else { 4 };
    let bow = config(vec![Zone::new("none", Vec::new())]);
    for (next, key) in [(level, "grid.level"), (bow, "zones[0]")] {
        let mut out = Vec::new();
        let error = sea.watch.renew(&sea.picture, next, &mut out).unwrap_err().to_string();
        assert!(error.starts_with(key), "{error}");
        assert_eq!(out, []);
        assert_eq!(postcard::to_stdvec(&sea.watch.snapshot()).unwrap(), snapshot);
    }
}

#[test]
fn numbers_of_lines_and_lists_keep_their_meaning() {
    let at = |e: f64, n: f64| -> Position { Plane::at(ningbo()).to_position(e, n) };
    let gate = |name: &str, north_m: f64| Gate {
        name: name.to_owned(),
        line: vec![at(-1000.0, north_m), at(1000.0, north_m)],
        tell: watch::gate::Tell::Both,
        classes: vec![watch::zone::Class::ClassA],
    };
    let list = |name: &str| List { name: name.to_owned(), mmsi: vec![413_000_001], imo: Vec::new() };
    let with = |gates: Vec<Gate>, lists: Vec<List>| Config { gates, lists, ..Config::default() };
    // Northbound at 10 kn: the first gate after 60 s, the others after 120 and 180.
    let vessel = Vessel::new(413_000_001, (0.0, 0.0), 10.0, 0.0);
    let all = events(ningbo(), &[vessel], 240);
    let (early, late) = all.split_at(all.len() / 3);
    let mut sea = Sea::new(with(vec![gate("a", 300.0), gate("b", 600.0)], vec![list("x")]));
    let mut changes = sea.run(early);
    // `a` and the list are no more, `c` is new: `b` is told as `b`, and `c` as `c`.
    let next = with(vec![gate("c", 900.0), gate("b", 600.0)], Vec::new());
    sea.watch.renew(&sea.picture, next, &mut changes).unwrap();
    changes.extend(sea.run(late));
    // The list is back: who is on it is told of again.
    let next = with(vec![gate("b", 600.0)], vec![list("x")]);
    sea.watch.renew(&sea.picture, next, &mut changes).unwrap();
    let mut vessel = vessel;
    vessel.speaks = (240, u32::MAX);
    let more: Vec<_> = events(ningbo(), &[vessel], 300);
    let last = sea.run(&more[all.len()..]);
    let is_told_of = crate::scene::alerts(&last).iter().any(|alert| alert.kind == Kind::WatchList);
    assert!(is_told_of, "{}", crate::scene::said(&last));
    let told = |kind: Kind| -> Vec<String> {
        let mut ids = std::collections::BTreeSet::new();
        let of_kind = crate::scene::alerts(&changes).into_iter().filter(|alert| alert.kind == kind);
        of_kind.filter(|alert| ids.insert(alert.id)).map(|alert| alert.text.en.clone()).collect()
    };
    let gates = told(Kind::GateCrossing);
    assert_eq!(gates.len(), 3, "{gates:?}");
    for (text, name) in gates.iter().zip(["a", "b", "c"]) {
        assert!(text.contains(&format!(" {name}")), "{text}");
    }
}
