use crate::scene::{Sea, Vessel, clears, events, ningbo, raises, said, seconds};
use units::Position;
use units::grid::Cell;
use watch::{Change, Config, Evidence, Kind};

fn watching(limit: u32) -> Config {
    let mut config = Config::default();
    config.grid.limit = limit;
    config
}

/// In the middle of a cell of level 4.
fn middle() -> Position {
    Cell::at(ningbo(), 4).unwrap().centre().unwrap()
}

#[test]
fn a_crowd_is_raised_held_and_cleared() {
    // Five lie in one cell; two of them fall silent after 300 and 400 s.
    let mut vessels: Vec<_> =
        (0..5).map(|i| Vessel::new(413_000_001 + i, (f64::from(i) * 100.0 - 200.0, 0.0), 0.0, 0.0)).collect();
    vessels[3].speaks.1 = 300;
    vessels[4].speaks.1 = 400;
    let mut sea = Sea::new(watching(5));
    let changes = sea.run(&events(middle(), &vessels, 600));

    let cell = Cell::at(middle(), 4).unwrap();
    let counts: Vec<_> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Cell { cell: c, vessels } => Some((*c == cell, *vessels)),
            Change::Alert(_) | Change::Risk { .. } => None,
        })
        .collect();
    assert_eq!(counts, [1, 2, 3, 4, 5, 4, 3].map(|n| (true, n)));
    assert_eq!(sea.watch.cells().collect::<Vec<_>>(), [(cell, 3)]);

    let (raises, clears) = (raises(&changes), clears(&changes));
    assert_eq!((raises.len(), clears.len()), (1, 1), "{}", said(&changes));
    let raised = raises[0];
    assert_eq!((raised.kind, raised.kind.code(), raised.cell), (Kind::CellDensity, 312, Some(cell)));
    assert_eq!(raised.evidence, Evidence::Density { vessels: 5 });
    assert_eq!(raised.text.en, format!("Cell density: 5 vessels in {cell}"));
    assert_eq!(raised.text.zh, format!("网格密度：{cell} 内有 5 艘船舶"));
    assert!((60.0..61.5).contains(&raised.raised.since(raised.condition)), "{raised:?}");
    // Four are 0.8 of the limit: the alert holds until the second one is lost, 90 s after its last report.
    let cleared_s = seconds(clears[0].changed);
    assert!((480.0..500.0).contains(&cleared_s), "{cleared_s}");
}

#[test]
fn a_vessel_under_way_is_in_one_cell_at_a_time() {
    let vessel = Vessel::new(413_000_001, (0.0, 0.0), 20.0, 45.0);
    let mut sea = Sea::new(watching(5));
    let mut out = Vec::new();
    for event in events(middle(), &[vessel], 1200) {
        sea.apply(&event, &mut out);
        let counted: u32 = sea.watch.cells().map(|(_, vessels)| vessels).sum();
        assert!(counted <= 1, "{counted}");
    }
    // 20 kn for 20 minutes: 6.7 miles, five minutes of latitude and as many of longitude.
    let entered = out.iter().filter(|change| matches!(change, Change::Cell { vessels: 1, .. })).count();
    assert!((8..=14).contains(&entered), "{entered}");
}
