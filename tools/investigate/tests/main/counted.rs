//! Figures beside the truth of the scene.

use super::{Folder, START, record, traffic};
use engine::recording::Recording;
use investigate::case::Case;
use investigate::encounter::Language;
use investigate::stats::{Gate, Wanted, csv, html, stats};
use simulate::Scene;
use std::collections::{BTreeMap, BTreeSet};
use units::Position;

/// How far left of a line, as one looks from its first end, and whether between the ends: on a plane good enough for 10 km.
fn left(gate: &Gate, place: Position) -> (f64, f64) {
    let scale = gate.a[0].to_radians().cos();
    let local = |lat: f64, lon: f64| ((lon - gate.a[1]) * scale, lat - gate.a[0]);
    let ((bx, by), (x, y)) = (local(gate.b[0], gate.b[1]), local(place.lat(), place.lon()));
    let length = bx.hypot(by);
    ((bx * y - by * x) / length * 111_195.0, (bx * x + by * y) / (length * length))
}

#[test]
fn gates_counts_and_speeds_are_those_of_the_scene() {
    let folder = Folder::new("stats");
    let mut scene = Scene::ningbo_zhoushan(11, 120, START);
    let gates = [
        Gate { name: "north-south".to_owned(), a: [30.1, 122.1], b: [29.7, 122.1] },
        Gate { name: "west-east".to_owned(), a: [29.9, 121.8], b: [29.9, 122.4] },
    ];
    // Who is clearly on which side, every second; a vessel counts when she has changed it.
    let mut sides: BTreeMap<(usize, u32), (f64, bool)> = BTreeMap::new();
    let mut passed: BTreeMap<(usize, bool), BTreeSet<(u32, i64)>> = BTreeMap::new();
    let mut speeds: Vec<f64> = Vec::new();
    let mut vessels = BTreeSet::new();
    let lines = traffic(&mut scene, 40.0, |scene| {
        for vessel in scene.vessels() {
            let mmsi = vessel.mmsi.number();
            vessels.insert(mmsi);
            speeds.push(vessel.speed.value());
            for (n, gate) in gates.iter().enumerate() {
                let (left_m, along) = left(gate, vessel.antenna());
                let is_within = (0.0..=1.0).contains(&along);
                if left_m.abs() < 40.0 {
                    continue;
                }
                if let Some((before_m, was_within)) = sides.insert((n, mmsi), (left_m, is_within))
                    && (before_m < 0.0) != (left_m < 0.0)
                    && was_within
                    && is_within
                {
                    let at = scene.now().unix_s();
                    passed.entry((n, left_m < 0.0)).or_default().insert((mmsi, at));
                }
            }
        }
    });
    let recording = Recording::open(&record(&folder.0, &lines)).unwrap();
    let wanted = Wanted { gates: gates.to_vec(), ..Wanted::default() };
    let figures = stats(&recording, &Case::default(), &wanted, &mut |_| {}).unwrap();
    assert_eq!(figures.vessels as usize, vessels.len());
    for (n, gate) in figures.gates.iter().enumerate() {
        let of = |to_right: bool| -> Vec<u32> {
            let mut all: Vec<u32> =
                passed.get(&(n, to_right)).into_iter().flatten().map(|(mmsi, _)| *mmsi).collect();
            all.sort_unstable();
            all
        };
        let told = |direction: &str| -> Vec<u32> {
            let mut all: Vec<u32> = gate
                .crossings
                .iter()
                .filter(|it| it.direction == direction)
                .filter_map(|it| it.mmsi)
                .collect();
            all.sort_unstable();
            all
        };
        // Who is not heard yet is nowhere; and the last metres to be clearly on the other side may not be told any more.
        let middle = START.unix_s() + 260..START.unix_s() + 40 * 60 - 60;
        let differ = |one: Vec<u32>, other: Vec<u32>| {
            let at_edge = |mmsi: &u32| {
                passed.iter().any(|((gate, _), all)| {
                    *gate == n && all.iter().any(|(it, at)| it == mmsi && !middle.contains(at))
                })
            };
            let [one, other] =
                [one, other].map(|all| all.into_iter().filter(|it| !at_edge(it)).collect::<Vec<_>>());
            assert_eq!(one, other);
        };
        differ(told("left_to_right"), of(true));
        differ(told("right_to_left"), of(false));
        assert_eq!(gate.unseen, 0);
    }
    assert!(passed.values().map(BTreeSet::len).sum::<usize>() >= 8, "{passed:?}");

    // Speeds by time, over all classes.
    speeds.sort_by(f64::total_cmp);
    let truth = |share: f64| speeds[((speeds.len() - 1) as f64 * share) as usize];
    let hours: f64 = figures.speeds.values().map(|it| it.weight).sum();
    let mean = figures.speeds.values().map(|it| it.weight * it.mean.unwrap()).sum::<f64>() / hours;
    let true_mean = speeds.iter().sum::<f64>() / speeds.len() as f64;
    println!("mean {mean:.2} true {true_mean:.2}, p50 true {:.2}, {:?}", truth(0.5), figures.speeds);
    assert!((mean - true_mean).abs() < 0.25, "{mean} {true_mean}");
    let most = figures.speeds.values().filter_map(|it| it.most).fold(0.0, f64::max);
    assert!((most - truth(1.0)).abs() < 1.5, "{most} {}", truth(1.0));
    // 120 vessels for 40 minutes, less what was not heard at the beginning and the end.
    assert!((72.0..=80.0).contains(&figures.vessel_hours), "{}", figures.vessel_hours);
    let density: f64 = figures.density.iter().map(|cell| cell.vessel_hours).sum();
    assert!((density - figures.vessel_hours).abs() < 0.01);
    let by_hour: u64 = figures.hours.iter().map(|hour| hour.crossings).sum();
    let seen: u64 = figures.gates.iter().map(|gate| gate.left_to_right + gate.right_to_left).sum();
    assert_eq!(by_hour, seen);
    assert_eq!(figures.hours.iter().map(|hour| hour.points).sum::<u64>(), figures.days[0].points);
    let [month] = &figures.months[..] else { panic!("{:?}", figures.months) };
    assert_eq!((month.points, month.vessels), (figures.days[0].points, figures.days[0].vessels));
    assert!(month.from.ends_with("-01T00:00:00Z"), "{}", month.from);

    let mut table = Vec::new();
    csv(&mut table, &figures).unwrap();
    let table = String::from_utf8(table).unwrap();
    assert!(table.contains(&format!("vessels,,count,{}\n", vessels.len())));
    let page = html(&figures, Language::English);
    assert!(page.contains("north-south") && page.contains("<svg"));
    let page = html(&figures, Language::Chinese);
    assert!(page.contains("lang=\"zh-CN\"") && page.contains("按小时") && page.contains("north-south"));
}
