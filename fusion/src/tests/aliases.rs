//! Vessels with a terminal of which nobody knows whose it is.

use super::*;
use units::{Caller, Card};

const CARD: Card = Card(329_231);

/// A fix of the terminal, going north at ten knots as everybody here.
fn fix(t_s: f64, e_m: f64, n_m: f64) -> Event {
    let said = Said { station: Station::Terminal, sigma_m: 12.0, ..said(t_s, e_m, n_m) };
    event(9, t_s, t_s, Body::Report(Report { by: Caller::Card(CARD), ..said.report() }))
}

fn north_m(t_s: f64) -> f64 {
    10.0 * units::KNOT_MPS * t_s
}

/// Plays so many seconds: a report by AIS every ten from `ais_from_s` on, `ais_e_m` to the east, and a fix of the terminal
/// every sixty from 5 s on, where `fix_e_m` says.
fn play(seconds: u32, ais_from_s: u32, ais_e_m: f64, fix_e_m: impl Fn(f64) -> f64) -> World {
    let mut world = World::new(Config::default());
    for second in 0..seconds {
        let t = f64::from(second);
        world.tick(t);
        if second >= ais_from_s && second % 10 == 0 {
            world.say(&said(t, ais_e_m, north_m(t)));
        }
        if second % 60 == 5 {
            world.apply(&fix(t, fix_e_m(t), north_m(t)));
        }
    }
    world
}

fn by_card(world: &World) -> Vec<TrackId> {
    world.fusion.claimants(CARD_CALLER).map(|track| track.id).collect()
}

const CARD_CALLER: Caller = Caller::Card(CARD);

#[test]
fn a_vessel_with_two_numbers_is_one() {
    // Whether AIS or the terminal speaks first.
    for ais_from_s in [0, 20] {
        let world = play(200, ais_from_s, 0.0, |_| 8.0);
        let track = world.only();
        assert_eq!(track.id, TrackId(1), "the number that consoles know goes on");
        assert_eq!((track.identity.mmsi, track.identity.card), (Some(mmsi(413_000_001)), Some(CARD)));
        assert_eq!(by_card(&world), [track.id]);
        assert_eq!(world.fusion.claimants(mmsi(413_000_001)).count(), 1);
        assert!(!track.doubt);
    }
}

#[test]
fn a_terminal_begins_no_track_beside_its_vessel() {
    let world = play(30, 0, 0.0, |_| 8.0);
    assert_eq!(world.only().identity.card, None, "one fix is too few");
    assert_eq!(world.fusion.counters().signs, 1);
}

#[test]
fn boats_that_work_side_by_side_are_two() {
    let world = play(600, 0, 0.0, |_| 250.0);
    let mut tracks: Vec<_> =
        world.fusion.tracks().map(|track| (track.identity.mmsi, track.identity.card)).collect();
    tracks.sort_unstable();
    assert_eq!(tracks, [(None, Some(CARD)), (Some(mmsi(413_000_001)), None)]);
}

#[test]
fn a_terminal_that_is_carried_away_is_its_own() {
    let world = play(700, 0, 0.0, |t| if t < 250.0 { 0.0 } else { 3000.0 });
    assert_eq!(world.fusion.tracks().count(), 2);
    let ship = world.fusion.claimants(mmsi(413_000_001)).next().unwrap();
    assert_eq!(ship.identity.card, None);
    let away = world.fusion.claimants(CARD_CALLER).next().unwrap();
    assert_eq!((away.identity.mmsi, away.identity.card), (None, Some(CARD)));
}

#[test]
fn a_restored_picture_knows_both_numbers() {
    let world = play(200, 0, 0.0, |_| 8.0);
    let mut restored = World { fusion: Fusion::restore(world.fusion.snapshot()), changes: Vec::new() };
    assert_eq!(by_card(&restored), by_card(&world));
    restored.apply(&fix(245.0, 8.0, north_m(245.0)));
    assert_eq!(restored.only().identity.card, Some(CARD));
}
