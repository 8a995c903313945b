//! Sixty-four cameras along a coast, five hundred ships, twenty alerts a minute.

use super::scene::{Sea, Ship, place};
use std::collections::BTreeMap;
use watch::cue::{Camera, Change, Unseen};
use watch::{AlertId, Priority};

/// A congruence (Knuth's MMIX): 0 to 1.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

const SECONDS: u32 = 300;

#[test]
fn every_alarm_has_a_camera_or_a_reason() {
    let mut dice = Dice(11);
    // Along 130 km of coast, two kilometres apart; every tenth is out of order.
    let cameras: Vec<Camera> = (0..64)
        .map(|i| Camera {
            reach_m: 8000.0 + 8000.0 * dice.roll(),
            ..Camera::new(
                &format!("camera {i}"),
                place(2000.0 * f64::from(i), 0.0),
                40.0 + 60.0 * dice.roll(),
            )
        })
        .collect();
    let ships: Vec<Ship> = (0..500)
        .map(|i| Ship {
            mmsi: 413_000_000 + i,
            at: (130_000.0 * dice.roll(), 1000.0 + 20_000.0 * dice.roll()),
            sog_kn: 20.0 * dice.roll(),
            cog_deg: 360.0 * dice.roll(),
            length_m: 20 + (250.0 * dice.roll()) as u16,
        })
        .collect();
    let mut sea = Sea::new(cameras, ships);
    for number in (0..64).step_by(10) {
        sea.poses.get_mut(&number).unwrap().1 = false;
    }
    sea.seconds(15);
    let priorities = [Priority::Alarm, Priority::Warning, Priority::Caution];
    // When each alert was raised, when a camera was told, when it was there, when a reason was given.
    let mut raised: BTreeMap<u64, (u32, Priority, u32)> = BTreeMap::new();
    let (mut answered, mut reasons, mut slow) = (Vec::new(), BTreeMap::<Unseen, u32>::new(), 0);
    let mut waits: BTreeMap<u64, u32> = BTreeMap::new();
    let mut longest = 0;
    let (mut id, spent_before, began) = (0, sea.spent_s, sea.t);
    while sea.t < began + SECONDS {
        if sea.t.is_multiple_of(3) {
            id += 1;
            let mmsi = 413_000_000 + (500.0 * dice.roll()) as u32;
            let priority = priorities[(id % 3) as usize];
            raised.insert(id, (sea.t, priority, mmsi));
            sea.alert(id, mmsi, priority);
        }
        // Each lasts two minutes.
        let over: Vec<(u64, u32)> = raised
            .iter()
            .filter(|(_, (at, ..))| sea.t == at + 120)
            .map(|(id, (.., mmsi))| (*id, *mmsi))
            .collect();
        for (id, mmsi) in over {
            sea.clear(id, mmsi);
            waits.remove(&id);
        }
        sea.second();
        for (id, (at, ..)) in raised.iter().filter(|(_, (at, ..))| sea.t < at + 120) {
            let alert = AlertId(*id);
            let (sees, reason) = (sea.cues.sees(alert), sea.cues.unseen(alert));
            if sea.t == at + 3 {
                match reason {
                    _ if sees => answered.push(*id),
                    Some(reason) => {
                        let main = Unseen::ALL.into_iter().max_by_key(|cause| reason.of(*cause)).unwrap();
                        *reasons.entry(main).or_default() += 1;
                    }
                    None => slow += 1,
                }
            }
            // What only waits for others to be done may not wait for ever.
            let is_queued = !sees && reason.is_some_and(|reason| reason.of(Unseen::Busy) > 0);
            let wait = waits.entry(*id).or_default();
            *wait = if is_queued { *wait + 1 } else { 0 };
            longest = longest.max(*wait);
        }
    }
    let cues = sea.changes.iter().filter(|change| matches!(change, Change::Cue(_))).count();
    let aims = sea.changes.iter().filter(|change| matches!(change, Change::Aim(..))).count();
    let share = (sea.spent_s - spent_before) / f64::from(SECONDS);
    println!(
        "{} alerts: {} have a camera within 3 s, {} a reason {reasons:?}, {slow} neither; longest in the queue {longest} s; \
         {cues} cues, {aims} aims; {:.2} % of one core",
        raised.len(),
        answered.len(),
        reasons.values().sum::<u32>(),
        100.0 * share
    );
    assert_eq!(slow, 0);
    assert!(answered.len() * 2 > raised.len(), "{} of {}", answered.len(), raised.len());
    assert!(longest < 60, "{longest} s");
    assert!(share < 0.25, "{share}");
}
