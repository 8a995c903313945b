//! Cells of one size: who is within some hundred metres, without a tree.
//!
//! The R-tree's boxes are loose, so that tracks seldom move in it; gating every plot through them met many that were
//! far away. Here each track lies where it was last placed, which costs a few writes.

use crate::TrackId;
use crate::plane::{Ecef, distance_m};
use units::UtcTime;

/// A place in [`Cells`], for as long as the track is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot(u32);

/// Everything that moves, by the cell that it was last placed in.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    spots: Vec<Held>,
    free: Vec<u32>,
    /// The first of each bucket of cells.
    heads: Vec<u32>,
    /// How many are fast.
    fast: usize,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    at: Ecef,
    since: UtcTime,
    id: TrackId,
    mps: f32,
    cell: [i32; 3],
    next: u32,
    before: u32,
}

const NOBODY: u32 = u32::MAX;
/// Side of a cell, metres.
const CELL_M: f64 = 1300.0;
/// Nobody is farther than this from where it was last placed, but for ...
const DRIFT_M: f64 = 250.0;
/// ... those that are faster than this, which lie in a cell of their own, metres per second.
const FAST_MPS: f64 = 60.0;
const FAST: [i32; 3] = [i32::MAX; 3];
/// Straight in its plane, a track is slightly faster over the ground.
const HASTE: f64 = 1.1;
const LEAST_BUCKETS: usize = 256;

impl Cells {
    pub fn insert(&mut self, id: TrackId, at: Ecef, mps: f64, now: UtcTime) -> Spot {
        let held =
            Held { at, since: now, id, mps: mps as f32, cell: cell(at, mps), next: NOBODY, before: NOBODY };
        let place = self.free.pop().unwrap_or_else(|| {
            self.spots.push(held);
            (self.spots.len() - 1) as u32
        });
        if let Some(spot) = self.spots.get_mut(place as usize) {
            *spot = held;
        }
        if self.spots.len() > self.heads.len() {
            self.widen();
        } else {
            self.hang(place);
        }
        Spot(place)
    }

    /// It is here now, and this fast.
    pub fn set(&mut self, Spot(place): Spot, at: Ecef, mps: f64, now: UtcTime) {
        let cell = cell(at, mps);
        let Some(held) = self.spots.get_mut(place as usize) else { return };
        (held.at, held.mps, held.since) = (at, mps as f32, now);
        if held.cell != cell {
            self.unhang(place);
            if let Some(held) = self.spots.get_mut(place as usize) {
                held.cell = cell;
            }
            self.hang(place);
        }
    }

    pub fn remove(&mut self, Spot(place): Spot) {
        self.unhang(place);
        self.free.push(place);
    }

    /// Until when something this fast that was placed now need not be placed again.
    pub fn good_until(mps: f64, now: UtcTime) -> UtcTime {
        if mps > FAST_MPS {
            UtcTime::from_unix_ns(i64::MAX)
        } else {
            now.plus_s(DRIFT_M / (HASTE * mps).max(1e-6))
        }
    }

    /// All that are within a radius of a place at an instant, and some others; in no order that means anything.
    pub fn near(&self, at: Ecef, radius_m: f64, when: UtcTime, now: UtcTime, found: &mut Vec<TrackId>) {
        let reach_m = radius_m + DRIFT_M + HASTE * FAST_MPS * now.since(when).abs();
        if self.fast > 0 {
            self.gather(FAST, at, radius_m, when, found);
        }
        let upper = at.iter().fold(0.0_f64, |most, m| most.max(m.abs())) - 2.0 * reach_m;
        for face in (0..3).filter(|&face| at.get(face).is_some_and(|up| up.abs() >= upper)) {
            let [u, v] = across(at, face);
            let ([west, south], [east, north]) =
                ([u - reach_m, v - reach_m].map(row), [u + reach_m, v + reach_m].map(row));
            for x in west..=east {
                for y in south..=north {
                    self.gather([face as i32, x, y], at, radius_m, when, found);
                }
            }
        }
    }

    fn gather(&self, cell: [i32; 3], at: Ecef, radius_m: f64, when: UtcTime, found: &mut Vec<TrackId>) {
        let Some(mut place) = self.heads.get(self.bucket(cell)).copied() else { return };
        while let Some(held) = self.spots.get(place as usize) {
            if held.cell == cell {
                let moved_m = HASTE * f64::from(held.mps) * when.since(held.since).abs();
                if distance_m(held.at, at) <= radius_m + moved_m + 1.0 {
                    found.push(held.id);
                }
            }
            place = held.next;
        }
    }

    fn bucket(&self, [x, y, z]: [i32; 3]) -> usize {
        let mixed = (x as u32).wrapping_mul(0x9e37_79b1)
            ^ (y as u32).wrapping_mul(0x85eb_ca77)
            ^ (z as u32).wrapping_mul(0xc2b2_ae3d);
        let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2c1b_3c6d);
        (mixed ^ (mixed >> 13)) as usize & self.heads.len().wrapping_sub(1)
    }

    /// Into its bucket.
    fn hang(&mut self, place: u32) {
        let Some(cell) = self.spots.get(place as usize).map(|held| held.cell) else { return };
        let bucket = self.bucket(cell);
        let Some(head) = self.heads.get_mut(bucket) else { return };
        self.fast += usize::from(cell == FAST);
        let next = std::mem::replace(head, place);
        if let Some(held) = self.spots.get_mut(place as usize) {
            (held.next, held.before) = (next, NOBODY);
        }
        if let Some(other) = self.spots.get_mut(next as usize) {
            other.before = place;
        }
    }

    /// Out of its bucket.
    fn unhang(&mut self, place: u32) {
        let Some(&Held { cell, next, before, .. }) = self.spots.get(place as usize) else { return };
        self.fast -= usize::from(cell == FAST).min(self.fast);
        if let Some(other) = self.spots.get_mut(next as usize) {
            other.before = before;
        }
        if let Some(other) = self.spots.get_mut(before as usize) {
            other.next = next;
        } else {
            let bucket = self.bucket(cell);
            if let Some(head) = self.heads.get_mut(bucket) {
                *head = next;
            }
        }
    }

    /// More buckets, and everybody anew.
    fn widen(&mut self) {
        let buckets = (self.spots.len() * 2).next_power_of_two().max(LEAST_BUCKETS);
        self.heads.clear();
        self.fast = 0;
        self.heads.resize(buckets, NOBODY);
        let mut free = vec![false; self.spots.len()];
        for &place in &self.free {
            if let Some(free) = free.get_mut(place as usize) {
                *free = true;
            }
        }
        for (place, _) in (0..).zip(free).filter(|(_, free)| !free) {
            self.hang(place);
        }
    }
}

/// The axis that is nearest to upwards there, and the row along each of the other two.
fn cell(at: Ecef, mps: f64) -> [i32; 3] {
    if mps > FAST_MPS {
        return FAST;
    }
    let [x, y, z] = at.map(f64::abs);
    let face = if x >= y && x >= z {
        0
    } else if y >= z {
        1
    } else {
        2
    };
    let [u, v] = across(at, face).map(row);
    [face as i32, u, v]
}

fn across([x, y, z]: Ecef, face: usize) -> [f64; 2] {
    match face {
        0 => [y, z],
        1 => [x, z],
        _ => [x, y],
    }
}

fn row(m: f64) -> i32 {
    (m / CELL_M).floor() as i32
}
