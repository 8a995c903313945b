//! Who might meet whom: the boxes that vessels sweep until the horizon, and which of them overlap.
//!
//! Two vessels meet only where both are at the same time. So the way until the horizon is cut into spells of two
//! minutes, and what each vessel sweeps in a spell is a small box. Every second the boxes of the first two spells,
//! and in turn those of one of the later ones, are made anew from what was last said of each track (two
//! multiplications each), sorted into rows of latitude by their western edge, and swept once: what overlaps is
//! looked at by its closest point of approach. What is far ahead can wait a few seconds. The work for one vessel
//! depends on how many are around it, not on how many there are: boxes are gone through in the order in which they
//! lie in memory, and each holds all that the look needs. Places are degrees in single precision, good to a metre:
//! what passes here is only worth a real look.

mod order;

use super::SLOW_MPS;
use super::pages::Pages;
use super::vessel::{MOST_AGE_S, Trade, Vessel};
use crate::Moment;
use crate::hull::Outline;
use fusion::{Fusion, Track, TrackId};
use order::Order;
use units::UtcTime;

/// Metres in a degree of latitude.
const DEGREE_M: f64 = 111_200.0;
const ROW_DEG: f32 = 0.02;
/// One spell, seconds, and how many are looked at every second.
const SPELL_S: f64 = 120.0;
const NEAR_SPELLS: u32 = 2;
/// Poleward of this a degree of longitude is taken to be as short as here: boxes only grow.
const MAX_LAT_DEG: f64 = 89.0;
/// How far this look may be off, metres.
const DOUBT_M: f32 = 20.0;
const DOUBT_S: f32 = 3.0;
/// What was found for a vessel at sea stays right for the state of its track.
#[derive(Clone, Copy, Debug)]
struct Slot {
    at: UtcTime,
    lat_deg: f64,
    lon_deg: f64,
    north_dps: f64,
    east_dps: f64,
    cos: f32,
    is_slow: bool,
    /// Half of its length along its heading and of its beam across, metres, east and north.
    ahead_m: [f32; 2],
    abeam_m: [f32; 2],
    /// No part of it is further from its middle, metres.
    reach_m: f32,
    act_s: f32,
    trade: Trade,
}

/// A vessel now, and its box. Degrees and degrees a second. One cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Swept {
    slot: u32,
    row: u16,
    is_slow: bool,
    trade: Trade,
    x: f32,
    y: f32,
    vx: f32,
    vy: f32,
    west: f32,
    east: f32,
    south: f32,
    north: f32,
    cos: f32,
    act_s: f32,
    ahead_m: [f32; 2],
    abeam_m: [f32; 2],
}

const _: () = assert!(size_of::<Swept>() == 64);

/// Two vessels that are worth a real look, the lower number first, and the versions of their tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Near {
    pub ids: (TrackId, TrackId),
    pub versions: (u32, u32),
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Hulls closer than this are of interest, metres.
    pub gap_m: f64,
    /// Boxes reach this far ahead, seconds.
    pub horizon_s: f64,
    /// So many times the time to act, a pair is of interest.
    pub times_act: f64,
    /// And so many times that, where a merchant meets a fishing vessel.
    pub fishing_lead: f64,
    /// Closer than this, any pair is, metres.
    pub near_m: f64,
}

/// All boxes.
#[derive(Debug, Default)]
pub(super) struct Boxes {
    slots: Vec<Option<Slot>>,
    /// In the same places.
    vessels: Vec<Option<Vessel>>,
    place: Pages,
    free: Vec<u32>,
    is_loaded: bool,
    /// How often each has changed, in the same places; 0 for nobody.
    versions: Vec<u32>,
    spells: [Spell; 1 + NEAR_SPELLS as usize],
    /// One row, by western edge: it stays in the fastest memory.
    row: Vec<Swept>,
}

/// What all sweep in one spell.
#[derive(Debug, Default)]
struct Spell {
    from_s: f64,
    swept: Vec<Swept>,
    order: Order,
}

impl Boxes {
    /// Takes all tracks in, once: what is kept here follows from them.
    pub fn load(&mut self, picture: &Fusion, act_s: &dyn Fn(&Outline, f64) -> f64) {
        if !std::mem::replace(&mut self.is_loaded, true) {
            for track in picture.tracks() {
                self.put(track, act_s);
            }
        }
    }

    /// A track has changed; `act_s` is the time that a hull at a speed needs to turn away.
    pub fn put(&mut self, track: &Track, act_s: &dyn Fn(&Outline, f64) -> f64) {
        if !super::is_candidate(track) {
            self.remove(track.id);
            return;
        }
        let vessel = Vessel::of(track);
        let (centre, [ve, vn], outline) = (vessel.position, vessel.velocity_mps, &vessel.outline);
        let cos = centre.lat().abs().min(MAX_LAT_DEG).to_radians().cos();
        let ([ahead_e, ahead_n], length_m, beam_m) = (outline.ahead(), outline.length_m, outline.beam_m);
        let half = |m: f64, [e, n]: [f64; 2]| [(m / 2.0 * e) as f32, (m / 2.0 * n) as f32];
        let slot = Slot {
            at: vessel.at,
            lat_deg: centre.lat(),
            lon_deg: centre.lon(),
            north_dps: vn / DEGREE_M,
            east_dps: ve / (DEGREE_M * cos),
            cos: cos as f32,
            is_slow: vessel.speed_mps() < SLOW_MPS,
            ahead_m: half(length_m, [ahead_e, ahead_n]),
            abeam_m: half(beam_m, [ahead_n, -ahead_e]),
            reach_m: (length_m / 2.0 + beam_m / 2.0) as f32,
            act_s: act_s(outline, vessel.speed_mps()) as f32,
            trade: vessel.trade,
        };
        let place = self.place.find(track.id).unwrap_or_else(|| {
            let place = self.free.pop().unwrap_or_else(|| {
                self.slots.push(None);
                self.vessels.push(None);
                self.versions.push(0);
                (self.slots.len() - 1) as u32
            });
            self.place.insert(track.id, place);
            place
        });
        if let Some(there) = self.slots.get_mut(place as usize) {
            *there = Some(slot);
        }
        if let Some(there) = self.vessels.get_mut(place as usize) {
            *there = Some(vessel);
        }
        if let Some(there) = self.versions.get_mut(place as usize) {
            *there = track.version;
        }
    }

    pub fn remove(&mut self, id: TrackId) {
        let Some(place) = self.place.remove(id) else { return };
        self.free.push(place);
        if let Some(there) = self.slots.get_mut(place as usize) {
            *there = None;
        }
        if let Some(there) = self.vessels.get_mut(place as usize) {
            *there = None;
        }
        if let Some(there) = self.versions.get_mut(place as usize) {
            *there = 0;
        }
    }

    /// A vessel as it was last taken in; `None` for one that meets nobody.
    pub fn vessel(&self, id: TrackId) -> Option<&Vessel> {
        self.vessels.get(self.place.find(id)? as usize)?.as_ref()
    }

    /// How often two tracks have changed; 0 for one that meets nobody.
    pub fn versions(&self, (one, other): (TrackId, TrackId)) -> (u32, u32) {
        let version = |id| self.place.find(id).and_then(|at| self.versions.get(at as usize)).copied();
        let version = |id| version(id).unwrap_or(0);
        (version(one), version(other))
    }

    /// The pairs that are worth a real look, in ascending order.
    pub fn pairs(&mut self, Moment { now, .. }: Moment<'_>, limits: &Limits, out: &mut Vec<Near>) {
        out.clear();
        let spells = (limits.horizon_s / SPELL_S).ceil() as u32;
        let far = spells.checked_sub(NEAR_SPELLS).filter(|far| *far > 0);
        let turn = far.map(|far| NEAR_SPELLS + now.unix_s().rem_euclid(i64::from(far)) as u32);
        let all = (0..spells.min(NEAR_SPELLS)).chain(turn);
        let mut count = 0;
        for (spell, number) in self.spells.iter_mut().zip(all) {
            spell.from_s = f64::from(number) * SPELL_S;
            count += 1;
        }
        self.sweep_out(count, now, limits);
        let Self { vessels, spells, row, .. } = self;
        for Spell { swept, order, .. } in spells.iter_mut().take(count) {
            row.clear();
            for (number, index) in order.sorted() {
                let Some(there) = swept.get(index as usize) else { continue };
                if row.last().is_some_and(|last| last.row != number) {
                    sweep(row, vessels, limits, out);
                    row.clear();
                }
                row.push(Swept { row: number, ..*there });
            }
            sweep(row, vessels, limits, out);
        }
        out.sort_unstable();
        out.dedup();
    }

    /// Makes the boxes of the first so many spells.
    fn sweep_out(&mut self, count: usize, now: UtcTime, limits: &Limits) {
        let Self { slots, spells, .. } = self;
        for spell in spells.iter_mut() {
            spell.swept.clear();
            spell.order.clear();
        }
        for (index, slot) in slots.iter().enumerate() {
            let Some(slot) = slot else { continue };
            let age_s = now.since(slot.at).clamp(-MOST_AGE_S, MOST_AGE_S);
            let (y, x) = (slot.lat_deg + slot.north_dps * age_s, slot.lon_deg + slot.east_dps * age_s);
            let margin_m =
                f64::from(slot.reach_m) + limits.gap_m.max(limits.near_m) / 2.0 + f64::from(DOUBT_M);
            let (dy, dx) = (margin_m / DEGREE_M, margin_m / (DEGREE_M * f64::from(slot.cos)));
            for Spell { from_s, swept, order } in spells.iter_mut().take(count) {
                let then = |s: f64| (y + slot.north_dps * s, x + slot.east_dps * s);
                let ((by, bx), (ey, ex)) = (then(*from_s), then(*from_s + SPELL_S));
                let there = Swept {
                    slot: index as u32,
                    row: 0,
                    is_slow: slot.is_slow,
                    trade: slot.trade,
                    x: x as f32,
                    y: y as f32,
                    vx: slot.east_dps as f32,
                    vy: slot.north_dps as f32,
                    west: (bx.min(ex) - dx) as f32,
                    east: (bx.max(ex) + dx) as f32,
                    south: (by.min(ey) - dy) as f32,
                    north: (by.max(ey) + dy) as f32,
                    cos: slot.cos,
                    act_s: slot.act_s,
                    ahead_m: slot.ahead_m,
                    abeam_m: slot.abeam_m,
                };
                place(there, 0.0, swept, order);
                // Across the antimeridian a vessel is on both sides.
                if there.east > 180.0 {
                    place(there, -360.0, swept, order);
                } else if there.west < -180.0 {
                    place(there, 360.0, swept, order);
                }
            }
        }
    }
}

/// Who overlaps whom in one row.
fn sweep(row: &[Swept], vessels: &[Option<Vessel>], limits: &Limits, out: &mut Vec<Near>) {
    let vessel = |swept: &Swept| vessels.get(swept.slot as usize).and_then(Option::as_ref);
    let mut rest = row;
    while let Some((one, after)) = rest.split_first() {
        rest = after;
        let end = order::edge(one.east);
        for other in after {
            // Edges are in order to the width of a bin.
            if order::edge(other.west) > end {
                break;
            }
            if one.is_slow && other.is_slow
                || one.east < other.west
                || other.east < one.west
                || one.north < other.south
                || other.north < one.south
                || one.slot == other.slot
                // Two that share several rows are seen in the first of them.
                || row_of(one.south.max(other.south)) != one.row
            {
                continue;
            }
            // Not even in the last digit does it hang on the order of the slots, which a restart forgets.
            let is_first = one.x.total_cmp(&other.x).then(one.y.total_cmp(&other.y)).is_le();
            let (one, other) = if is_first { (one, other) } else { (other, one) };
            if !is_worth_a_look(one, other, limits) {
                continue;
            }
            let (Some(a), Some(b)) = (vessel(one), vessel(other)) else { continue };
            let (a, b) = if a.id < b.id { (a, b) } else { (b, a) };
            out.push(Near { ids: (a.id, b.id), versions: (a.version, b.version) });
        }
    }
}

fn place(mut there: Swept, shift: f32, swept: &mut Vec<Swept>, order: &mut Order) {
    there.x += shift;
    there.west += shift;
    there.east += shift;
    let index = swept.len() as u32;
    for row in row_of(there.south)..=row_of(there.north) {
        order.push(row, there.west, index);
    }
    swept.push(there);
}

/// Below 16384: latitudes end at 90°.
fn row_of(lat_deg: f32) -> u16 {
    ((lat_deg + 100.0).clamp(0.0, 200.0) / ROW_DEG) as u16
}

fn is_worth_a_look(one: &Swept, other: &Swept, limits: &Limits) -> bool {
    let (degree_m, scale_m) = (DEGREE_M as f32, DEGREE_M as f32 * one.cos);
    let (x, y) = ((other.x - one.x) * scale_m, (other.y - one.y) * degree_m);
    let (vx, vy) = ((other.vx - one.vx) * scale_m, (other.vy - one.vy) * degree_m);
    let square = vx * vx + vy * vy;
    let range_square = x * x + y * y;
    let near_m = limits.near_m as f32 + DOUBT_M;
    if range_square < near_m * near_m {
        return true;
    }
    if square < 0.01 {
        return false;
    }
    let tcpa_s = -(x * vx + y * vy) / square;
    let lead = if one.trade.meets(other.trade) { limits.fishing_lead as f32 } else { 1.0 };
    let horizon_s = one.act_s.max(other.act_s) * limits.times_act as f32 * lead;
    // What is past begins no more; what has begun is under watch.
    if !(-DOUBT_S..horizon_s + DOUBT_S).contains(&tcpa_s) {
        return false;
    }
    let speed = square.sqrt();
    let across = [-vy / speed, vx / speed];
    let reach = |swept: &Swept| dot(swept.ahead_m, across).abs() + dot(swept.abeam_m, across).abs();
    dot([x, y], across).abs() < limits.gap_m as f32 + DOUBT_M + reach(one) + reach(other)
}

fn dot([a, b]: [f32; 2], [c, d]: [f32; 2]) -> f32 {
    a * c + b * d
}
