#![allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "fixed arrays, indices below their length"
)]
//! Cells of one size: who is within some hundred metres, without a tree.
//!
//! The R-tree's boxes are loose, so that tracks seldom move in it; gating every plot through them met many that were
//! far away. Here each track lies where it was last placed, which costs a few writes. Among a hundred thousand nothing
//! is in a cache when it is asked for, so that what a question costs is the lines of memory that it must wait for, one
//! after the other: those of a cell lie in one line, and the lines of all cells asked are fetched at once.

use crate::entries::Seat;
use crate::plane::{Ecef, distance_m, normal};
use units::UtcTime;

/// A place in [`Cells`], for as long as the track is in it: the cell, or among the fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot(Option<[i32; 2]>);

/// Everything that moves, by the cell that it was last placed in.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    /// The first line of each bucket of cells, a power of two of them; then what did not find room in those.
    lines: Vec<Line>,
    first: usize,
    /// Lines after the first ones that nobody uses.
    free: Vec<u32>,
    held: usize,
    /// Those in no cell.
    fast: Vec<Fast>,
}

/// One line of a cache: three, each where it was placed, how fast it then was, and when that was.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line {
    seat: [Seat; ROOM],
    u: [i32; ROOM],
    v: [i32; ROOM],
    /// Which face, and cm/s, rounded up.
    pace: [u16; ROOM],
    /// Seconds, going round.
    since: [u16; ROOM],
    next: u32,
}

const _: () = assert!(size_of::<Line>() == 64);

#[derive(Clone, Copy, Debug)]
struct Fast {
    seat: Seat,
    at: Ecef,
    since: UtcTime,
    mps: f64,
}

const ROOM: usize = 3;
const EMPTY: Line = Line {
    seat: [Seat::NONE; ROOM],
    u: [0; ROOM],
    v: [0; ROOM],
    pace: [0; ROOM],
    since: [0; ROOM],
    next: NO_LINE,
};
const NO_LINE: u32 = u32::MAX;
/// Side of a cell, metres.
const CELL_M: f64 = 1300.0;
/// Places are kept in this part of a metre.
const FINE: f64 = 256.0;
/// Nobody is farther than this from where it was last placed, but for ...
const DRIFT_M: f64 = 250.0;
/// ... those that are faster than this, metres per second.
const FAST_MPS: f64 = 60.0;
/// Bits of the pace that hold the speed.
const SPEED_BITS: u32 = 13;
const _: () = assert!(FAST_MPS * 100.0 + 1.0 < (1_u32 << SPEED_BITS) as f64);
/// Straight in its plane, a track is slightly faster over the ground.
const HASTE: f64 = 1.1;
/// What rounding, and taking the ground for flat, may hide, metres.
const ROUNDED_M: f64 = 3.0;
/// Before the seconds have gone round everybody is placed anew.
const STAY_MOST_S: f64 = 43_200.0;
const LEAST_LINES: usize = 256;
/// Cells that one question can reach.
const ASKED_MOST: usize = 32;

impl Cells {
    pub fn insert(&mut self, seat: Seat, at: Ecef, mps: f64, now: UtcTime) -> Spot {
        if mps > FAST_MPS {
            self.fast.push(Fast { seat, at, since: now, mps });
            return Spot(None);
        }
        self.held += 1;
        if self.held > self.first {
            self.widen();
        }
        let one = One::of(seat, at, mps, now);
        self.hang(&one);
        Spot(Some(one.cell()))
    }

    /// It is here now, and this fast.
    pub fn set(&mut self, spot: &mut Spot, seat: Seat, at: Ecef, mps: f64, now: UtcTime) {
        if mps <= FAST_MPS
            && let Spot(Some(cell)) = *spot
        {
            let one = One::of(seat, at, mps, now);
            if one.cell() == cell
                && let Some((line, k)) = self.find(cell, seat)
            {
                one.write(line, k);
                return;
            }
        }
        self.remove(*spot, seat);
        *spot = self.insert(seat, at, mps, now);
    }

    pub fn remove(&mut self, Spot(cell): Spot, seat: Seat) {
        let Some(cell) = cell else {
            self.fast.retain(|fast| fast.seat != seat);
            return;
        };
        if let Some((line, k)) = self.find(cell, seat) {
            line.seat[k] = Seat::NONE;
            self.held -= 1;
            self.unchain(cell);
        }
    }

    /// Until when something this fast that was placed now need not be placed again.
    pub fn good_until(mps: f64, now: UtcTime) -> UtcTime {
        if mps > FAST_MPS {
            UtcTime::from_unix_ns(i64::MAX)
        } else {
            now.plus_s((DRIFT_M / (HASTE * mps).max(1e-6)).min(STAY_MOST_S))
        }
    }

    /// All that are within a radius of a place at an instant not after now, and some others; in no order that means
    /// anything, each once.
    pub fn near(&self, at: Ecef, radius_m: f64, when: UtcTime, now: UtcTime, mut show: impl FnMut(Seat)) {
        for fast in &self.fast {
            let moved_m = HASTE * fast.mps * when.since(fast.since).abs();
            if distance_m(fast.at, at) <= radius_m + moved_m + 1.0 {
                show(fast.seat);
            }
        }
        if self.first == 0 {
            return;
        }
        let before_s = now.since(when).abs();
        let reach_m = radius_m + DRIFT_M + HASTE * FAST_MPS * before_s;
        let upper = at.iter().fold(0.0_f64, |most, m| most.max(m.abs())) - 2.0 * reach_m;
        for axis in (0..3).filter(|&axis| at[axis].abs() >= upper) {
            let asked = Asked::of(at, axis, radius_m, before_s, now);
            let mut buckets = [0_usize; ASKED_MOST];
            let mut many = 0;
            let [west, east] = [asked.u - reach_m, asked.u + reach_m].map(row);
            let [south, north] = [asked.v - reach_m, asked.v + reach_m].map(row);
            for x in west..=east {
                for y in south..=north {
                    let bucket = self.bucket([x, y]);
                    // Two cells may share one.
                    if many < ASKED_MOST && !buckets[..many].contains(&bucket) {
                        buckets[many] = bucket;
                        many += 1;
                    }
                }
            }
            // Touches them all before it waits for any.
            let chained = buckets[..many].iter().filter_map(|&bucket| self.lines.get(bucket));
            let chained = chained.fold(NO_LINE, |all, line| all & line.next) != NO_LINE;
            for &bucket in &buckets[..many] {
                let mut line = self.lines.get(bucket);
                while let Some(held) = line {
                    asked.of_line(held, &mut show);
                    line = if chained { self.lines.get(held.next as usize) } else { None };
                }
            }
        }
    }

    fn bucket(&self, [x, y]: [i32; 2]) -> usize {
        let mixed = (x as u32).wrapping_mul(0x85eb_ca77) ^ (y as u32).wrapping_mul(0xc2b2_ae3d);
        let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2c1b_3c6d);
        (mixed ^ (mixed >> 13)) as usize & self.first.wrapping_sub(1)
    }

    /// The line and the place in it that hold somebody.
    fn find(&mut self, cell: [i32; 2], seat: Seat) -> Option<(&mut Line, usize)> {
        let mut at = self.bucket(cell);
        loop {
            let line = self.lines.get(at)?;
            if let Some(k) = line.seat.iter().position(|&held| held == seat) {
                return Some((self.lines.get_mut(at)?, k));
            }
            at = line.next as usize;
        }
    }

    fn hang(&mut self, one: &One) {
        let mut at = self.bucket(one.cell());
        loop {
            let Some(line) = self.lines.get_mut(at) else { return };
            if let Some(k) = line.seat.iter().position(|&held| held == Seat::NONE) {
                one.write(line, k);
                return;
            }
            if line.next == NO_LINE {
                break;
            }
            at = line.next as usize;
        }
        let mut fresh = EMPTY;
        one.write(&mut fresh, 0);
        let place = self.free.pop().unwrap_or_else(|| {
            self.lines.push(EMPTY);
            (self.lines.len() - 1) as u32
        });
        if let Some(line) = self.lines.get_mut(place as usize) {
            *line = fresh;
        }
        if let Some(line) = self.lines.get_mut(at) {
            line.next = place;
        }
    }

    /// Takes lines that nobody uses any more out of a bucket.
    fn unchain(&mut self, cell: [i32; 2]) {
        let mut at = self.bucket(cell);
        while let Some(next) = self.lines.get(at).map(|line| line.next)
            && let Some(after) = self.lines.get(next as usize).copied()
        {
            if after.seat == [Seat::NONE; ROOM] {
                if let Some(line) = self.lines.get_mut(at) {
                    line.next = after.next;
                }
                self.free.push(next);
            } else {
                at = next as usize;
            }
        }
    }

    /// More buckets, and everybody anew.
    fn widen(&mut self) {
        let old = std::mem::take(&mut self.lines);
        self.first = (self.held * 2).next_power_of_two().max(LEAST_LINES);
        self.lines.resize(self.first, EMPTY);
        self.free.clear();
        for line in &old {
            for k in (0..ROOM).filter(|&k| line.seat[k] != Seat::NONE) {
                self.hang(&One::read(line, k));
            }
        }
    }
}

/// One of a line.
struct One {
    seat: Seat,
    u: i32,
    v: i32,
    pace: u16,
    since: u16,
}

impl One {
    fn of(seat: Seat, at: Ecef, mps: f64, now: UtcTime) -> Self {
        let axis = upright(at);
        let [u, v] = across(at, axis).map(|m| (m * FINE).floor() as i32);
        let speed = (mps * 100.0).ceil().max(0.0) as u16;
        Self { seat, u, v, pace: face(at, axis) << SPEED_BITS | speed, since: now.unix_s() as u16 }
    }

    fn read(line: &Line, k: usize) -> Self {
        Self { seat: line.seat[k], u: line.u[k], v: line.v[k], pace: line.pace[k], since: line.since[k] }
    }

    fn write(&self, line: &mut Line, k: usize) {
        (line.seat[k], line.u[k], line.v[k]) = (self.seat, self.u, self.v);
        (line.pace[k], line.since[k]) = (self.pace, self.since);
    }

    fn cell(&self) -> [i32; 2] {
        [self.u, self.v].map(|fine| row(f64::from(fine) / FINE))
    }
}

/// A question, on one face.
struct Asked {
    u: f64,
    v: f64,
    face: u16,
    /// How far the third coordinate moves with each of the two, along the ground there.
    slope: [f64; 2],
    radius_m: f64,
    before_s: f64,
    now: u16,
}

impl Asked {
    fn of(at: Ecef, axis: usize, radius_m: f64, before_s: f64, now: UtcTime) -> Self {
        let [u, v] = across(at, axis);
        let normal = normal(at);
        let slope = across(normal, axis).map(|part| -part / normal[axis]);
        Self { u, v, face: face(at, axis), slope, radius_m, before_s, now: now.unix_s() as u16 }
    }

    fn of_line(&self, line: &Line, show: &mut impl FnMut(Seat)) {
        for k in 0..ROOM {
            let (du, dv) = (f64::from(line.u[k]) / FINE - self.u, f64::from(line.v[k]) / FINE - self.v);
            let dw = self.slope[0] * du + self.slope[1] * dv;
            let mps = f64::from(line.pace[k] & ((1 << SPEED_BITS) - 1)) * 0.01;
            let ago_s = f64::from(self.now.wrapping_sub(line.since[k])) + 1.0;
            let near_m = self.radius_m + HASTE * mps * ago_s.max(self.before_s) + ROUNDED_M;
            let near = du * du + dv * dv + dw * dw <= near_m * near_m;
            if near && line.seat[k] != Seat::NONE && line.pace[k] >> SPEED_BITS == self.face {
                show(line.seat[k]);
            }
        }
    }
}

/// The axis that is nearest to upwards.
fn upright(at: Ecef) -> usize {
    let [x, y, z] = at.map(f64::abs);
    if x >= y && x >= z {
        0
    } else if y >= z {
        1
    } else {
        2
    }
}

/// The axis that is upwards, and which way.
fn face(at: Ecef, axis: usize) -> u16 {
    axis as u16 * 2 + u16::from(at[axis] < 0.0)
}

fn across([x, y, z]: Ecef, axis: usize) -> [f64; 2] {
    match axis {
        0 => [y, z],
        1 => [x, z],
        _ => [x, y],
    }
}

fn row(m: f64) -> i32 {
    (m / CELL_M).floor() as i32
}
