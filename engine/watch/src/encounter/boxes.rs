//! Who might meet whom: the boxes that vessels sweep until the horizon, and which of them overlap.
//!
//! Two vessels meet only where both are at the same time. So the way until the horizon is cut into spells of two
//! minutes, and what each vessel sweeps in a spell is a small box. Every second the boxes of the first two spells,
//! and in turn those of one of the later ones, are made anew from what was last said of each track (two
//! multiplications each), sorted into rows of latitude by their western edge, and swept once: what overlaps is
//! looked at by its closest point of approach. What is far ahead can wait a few seconds. The work for one vessel depends on how many are
//! around it, not on how many there are. Places are degrees in single precision, good to a metre: what passes
//! here is only worth a real look.

use crate::Moment;
use crate::hull::Outline;
use fusion::{Fusion, Track, TrackId};
use std::collections::BTreeMap;
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
/// What was found for a vessel at sea stays right for the state of its track.
#[derive(Clone, Copy, Debug)]
struct Slot {
    id: TrackId,
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
    act_s: f32,
}

/// A vessel now, and its box. Degrees and degrees a second.
#[derive(Clone, Copy, Debug)]
struct Swept {
    slot: u32,
    x: f32,
    y: f32,
    vx: f32,
    vy: f32,
    west: f32,
    east: f32,
    south: f32,
    north: f32,
    is_slow: bool,
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
    /// Closer than this, any pair is, metres.
    pub near_m: f64,
}

/// All boxes.
#[derive(Debug, Default)]
pub(super) struct Boxes {
    slots: Vec<Option<Slot>>,
    place: BTreeMap<TrackId, u32>,
    free: Vec<u32>,
    is_loaded: bool,
    swept: Vec<Swept>,
    rows: Vec<(u64, u32)>,
}

impl Boxes {
    /// Takes all tracks in, once: what is kept here follows from them.
    pub fn load(&mut self, picture: &Fusion, slow_mps: f64, act_s: &dyn Fn(&Track) -> f64) {
        if !std::mem::replace(&mut self.is_loaded, true) {
            for track in picture.tracks() {
                self.put(track, slow_mps, act_s(track));
            }
        }
    }

    /// A track has changed; `act_s` is the time that it needs to turn away.
    pub fn put(&mut self, track: &Track, slow_mps: f64, act_s: f64) {
        if !super::is_candidate(track) {
            self.remove(track.id);
            return;
        }
        let outline = Outline::of(track);
        let centre = track.position();
        let (ve, vn) = track.velocity_mps();
        let cos = centre.lat().abs().min(MAX_LAT_DEG).to_radians().cos();
        let ([ahead_e, ahead_n], length_m, beam_m) = (outline.ahead(), outline.length_m, outline.beam_m);
        let half = |m: f64, [e, n]: [f64; 2]| [(m / 2.0 * e) as f32, (m / 2.0 * n) as f32];
        let slot = Slot {
            id: track.id,
            at: track.time(),
            lat_deg: centre.lat(),
            lon_deg: centre.lon(),
            north_dps: vn / DEGREE_M,
            east_dps: ve / (DEGREE_M * cos),
            cos: cos as f32,
            is_slow: ve.hypot(vn) < slow_mps,
            ahead_m: half(length_m, [ahead_e, ahead_n]),
            abeam_m: half(beam_m, [ahead_n, -ahead_e]),
            act_s: act_s as f32,
        };
        let Self { place, free, slots, .. } = self;
        let place = *place.entry(track.id).or_insert_with(|| {
            free.pop().unwrap_or_else(|| {
                slots.push(None);
                (slots.len() - 1) as u32
            })
        });
        if let Some(there) = self.slots.get_mut(place as usize) {
            *there = Some(slot);
        }
    }

    pub fn remove(&mut self, id: TrackId) {
        let Some(place) = self.place.remove(&id) else { return };
        if let Some(slot) = self.slots.get_mut(place as usize) {
            *slot = None;
        }
        self.free.push(place);
    }

    /// The pairs that are worth a real look, the lower number first, in ascending order.
    pub fn pairs(
        &mut self,
        Moment { now, .. }: Moment<'_>,
        limits: &Limits,
        out: &mut Vec<(TrackId, TrackId)>,
    ) {
        out.clear();
        let spells = (limits.horizon_s / SPELL_S).ceil() as u32;
        for spell in 0..spells.min(NEAR_SPELLS) {
            self.pairs_in(spell, now, limits, out);
        }
        if let Some(far) = spells.checked_sub(NEAR_SPELLS).filter(|far| *far > 0) {
            let turn = now.unix_s().rem_euclid(i64::from(far)) as u32;
            self.pairs_in(NEAR_SPELLS + turn, now, limits, out);
        }
        out.sort_unstable();
        out.dedup();
    }

    fn pairs_in(&mut self, spell: u32, now: UtcTime, limits: &Limits, out: &mut Vec<(TrackId, TrackId)>) {
        self.sweep_out(f64::from(spell) * SPELL_S, now, limits);
        let Self { slots, swept, rows, .. } = self;
        let slot = |swept: &Swept| slots.get(swept.slot as usize).and_then(Option::as_ref);
        for (i, (key, index)) in rows.iter().enumerate() {
            let Some(one) = swept.get(*index as usize) else { continue };
            let row = key >> 32;
            for (other_key, other_index) in rows.iter().skip(i + 1) {
                let Some(other) = swept.get(*other_index as usize) else { continue };
                if other_key >> 32 != row || other.west > one.east {
                    break;
                }
                // Two that share several rows are seen in the first of them.
                let is_seen = row_of(one.south.max(other.south)) != row;
                if is_seen
                    || one.is_slow && other.is_slow
                    || one.north < other.south
                    || other.north < one.south
                    || one.slot == other.slot
                {
                    continue;
                }
                let (Some(a), Some(b)) = (slot(one), slot(other)) else { continue };
                if is_worth_a_look((one, a), (other, b), limits) {
                    out.push((a.id.min(b.id), a.id.max(b.id)));
                }
            }
        }
    }

    fn sweep_out(&mut self, from_s: f64, now: UtcTime, limits: &Limits) {
        let Self { slots, swept, rows, .. } = self;
        swept.clear();
        rows.clear();
        for (index, slot) in slots.iter().enumerate() {
            let Some(slot) = slot else { continue };
            // From half an hour on the tracker lets a vessel stand still, too.
            let age_s = now.since(slot.at).clamp(-1800.0, 1800.0);
            let (y, x) = (slot.lat_deg + slot.north_dps * age_s, slot.lon_deg + slot.east_dps * age_s);
            let reach_m = slot.ahead_m[0].hypot(slot.ahead_m[1]) + slot.abeam_m[0].hypot(slot.abeam_m[1]);
            let margin_m = f64::from(reach_m) + limits.gap_m.max(limits.near_m) / 2.0 + f64::from(DOUBT_M);
            let (dy, dx) = (margin_m / DEGREE_M, margin_m / (DEGREE_M * f64::from(slot.cos)));
            let then = |s: f64| (y + slot.north_dps * s, x + slot.east_dps * s);
            let ((by, bx), (ey, ex)) = (then(from_s), then(from_s + SPELL_S));
            let there = Swept {
                slot: index as u32,
                x: x as f32,
                y: y as f32,
                vx: slot.east_dps as f32,
                vy: slot.north_dps as f32,
                west: (bx.min(ex) - dx) as f32,
                east: (bx.max(ex) + dx) as f32,
                south: (by.min(ey) - dy) as f32,
                north: (by.max(ey) + dy) as f32,
                is_slow: slot.is_slow,
            };
            place(there, 0.0, swept, rows);
            // Across the antimeridian a vessel is on both sides.
            if there.east > 180.0 {
                place(there, -360.0, swept, rows);
            } else if there.west < -180.0 {
                place(there, 360.0, swept, rows);
            }
        }
        rows.sort_unstable();
    }
}

fn place(mut there: Swept, shift: f32, swept: &mut Vec<Swept>, rows: &mut Vec<(u64, u32)>) {
    there.x += shift;
    there.west += shift;
    there.east += shift;
    let index = swept.len() as u32;
    // Western edges in an order of whole numbers, a hundredth of a metre each.
    let edge = ((f64::from(there.west) + 720.0) * 2_000_000.0) as u64 & 0xffff_ffff;
    for row in row_of(there.south)..=row_of(there.north) {
        rows.push((row << 32 | edge, index));
    }
    swept.push(there);
}

fn row_of(lat_deg: f32) -> u64 {
    ((lat_deg + 100.0).max(0.0) / ROW_DEG) as u64
}

fn is_worth_a_look((one, a): (&Swept, &Slot), (other, b): (&Swept, &Slot), limits: &Limits) -> bool {
    let (degree_m, scale_m) = (DEGREE_M as f32, DEGREE_M as f32 * a.cos);
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
    let horizon_s = a.act_s.max(b.act_s) * limits.times_act as f32 + 2.0;
    if !(-60.0..horizon_s).contains(&tcpa_s) {
        return false;
    }
    let speed = square.sqrt();
    let across = [-vy / speed, vx / speed];
    let reach = |slot: &Slot| dot(slot.ahead_m, across).abs() + dot(slot.abeam_m, across).abs();
    dot([x, y], across).abs() < limits.gap_m as f32 + DOUBT_M + reach(a) + reach(b)
}

fn dot([a, b]: [f32; 2], [c, d]: [f32; 2]) -> f32 {
    a * c + b * d
}
