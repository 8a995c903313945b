//! An identity that was given to the wrong echo goes where its reports say.
//!
//! In a row of moored ships, and wherever two pass close by, the first report of a vessel can be taken for its
//! neighbour's. Then its reports keep falling elsewhere than the echo that bears its name: on an echo without a name,
//! which gets it; on an echo whose own reports fall here, and the two exchange; or on nothing, and it is a track of
//! its own again.

use crate::filter::Filter;
use crate::merge::apart2;
use crate::track::Seen;
use crate::{Fusion, Life, Plane, Station, Track, TrackId};
use serde::{Deserialize, Serialize};
use units::{Caller, UtcTime};

/// Where a track's reports have fallen of late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Astray {
    /// Where the last one said that the hull was.
    said: Option<Said>,
    /// The track that they fit better.
    to: Option<TrackId>,
    /// Reports in a row that did.
    times: u8,
    /// Reports in a row that were not of the track.
    odd: u8,
    /// Reports in a row that went to another track of its name.
    pub(crate) passed: u8,
}

/// What a report alone says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Said {
    plane: Plane,
    filter: Filter,
    valid: UtcTime,
    /// How long the vessel says it is, metres.
    length_m: Option<f64>,
}

const REACH_M: f64 = 400.0;
/// Room on each axis of place and speed, metres and metres per second.
const ROOM: [f64; 2] = [8.0, 0.5];
/// Squared distance (four degrees of freedom) up to which a report is of its track without a question, ...
const OWN: f64 = 3.0;
/// ... up to which it may be of another, and how much better all must then fit.
const FITS: f64 = 12.0;
const MARGIN: f64 = 5.0;
/// From here on it is not of its track.
const ODD: f64 = 20.0;
/// One that moves may be late with its reports: more are asked for.
const SLOW_MPS: f64 = 1.0;
const ABOARD_M: f64 = 15.0;
const STILL_S: f64 = 60.0;
const PASSED: u8 = 6;
/// What a moving vessel said is compared with its neighbour's for so long, seconds.
const FRESH_S: f64 = 15.0;

/// What becomes of a report's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    To(TrackId),
    Exchange(TrackId),
    Alone,
}

impl Said {
    fn slow(&self) -> bool {
        self.filter.speed_mps() < SLOW_MPS
    }

    /// Squared distance of a track from it.
    fn of(&self, track: &Track, at: UtcTime) -> f64 {
        let dt_s = if self.slow() { 0.0 } else { at.since(self.valid) };
        let filter = self.filter.predicted(dt_s, 0.003);
        let carried = self.plane.carry(filter.mean.x, filter.mean.y, &track.plane);
        let there = filter.carried(carried.e_m, carried.n_m, carried.jacobian);
        // An antenna is on board.
        if let Some(length_m) = track.length_m().filter(|_| self.slow()) {
            let (e_m, n_m) = track.filter.place_after(at.since(track.time()));
            let p = &track.filter.covariance;
            let sigma_m = (p.m11 + p.m22).sqrt();
            if (carried.e_m - e_m).hypot(carried.n_m - n_m) > 0.5 * length_m + 3.0 * sigma_m + ABOARD_M {
                return f64::INFINITY;
            }
        }
        apart2(&Filter::of(&track.kinematics_at(&track.plane, at)), &there, ROOM)
            + track.unlike_in_length(self.length_m)
    }
}

/// Whether radar has it: what lies still it need not have seen just now.
fn held(track: &Track, at: UtcTime) -> bool {
    track.is_seen(at) || (track.filter.speed_mps() < SLOW_MPS && track.was_seen(at, STILL_S))
}

impl Fusion {
    /// Whose a vessel's report is that would be of a track by its name: that, or another's; `None` where it is of none.
    pub(crate) fn relink(&mut self, id: TrackId, seen: &Seen<'_>) -> Option<TrackId> {
        match self.astray(id, seen) {
            None => Some(id),
            Some(Move::To(other)) => {
                self.rename(id, other);
                Some(other)
            }
            Some(Move::Exchange(other)) => {
                self.exchange(id, other);
                Some(other)
            }
            Some(Move::Alone) => {
                self.unname(id);
                None
            }
        }
    }

    fn astray(&mut self, id: TrackId, seen: &Seen<'_>) -> Option<Move> {
        let track = self.track(id)?;
        if !track.looks.is_well_seen() || seen.report.station == Station::Aircraft {
            return None;
        }
        if track.expected(seen) {
            let track = &mut self.tracks.get_mut(id)?.track;
            (track.astray.to, track.astray.times, track.astray.odd) = (None, 0, 0);
            return None;
        }
        let alone = Track::born(TrackId(0), self.names.of(seen.report.by), seen, self.now);
        let said =
            Said { plane: alone.plane, filter: alone.filter, valid: seen.valid, length_m: alone.length_m() };
        let own = said.of(track, seen.valid);
        let better = if own > OWN { self.better(track, &said, own) } else { None };
        let slow = said.slow() && track.filter.speed_mps() < SLOW_MPS;

        let track = &mut self.tracks.get_mut(id)?.track;
        let before = track.astray;
        let to = better.map(|(to, _)| to);
        let times = if to.is_some() && to == before.to { before.times.saturating_add(1) } else { 1 };
        let odd = if own > ODD { before.odd.saturating_add(1) } else { 0 };
        track.astray = Astray { said: Some(said), to, times, odd, passed: 0 };
        match better {
            Some((to, is_named)) if times >= if slow { 2 } else { 3 } => {
                Some(if is_named { Move::Exchange(to) } else { Move::To(to) })
            }
            _ if slow && odd >= 2 => Some(Move::Alone),
            _ => None,
        }
    }

    /// The track nearby that a report fits so much better that all together fit better, and whether it has a name.
    fn better(&self, track: &Track, said: &Said, own: f64) -> Option<(TrackId, bool)> {
        let at = said.valid;
        let mut found = Vec::new();
        self.near(said.plane.origin(), REACH_M, &mut found);
        let mut best: Option<(f64, TrackId, bool)> = None;
        for other in found.iter().filter_map(|&other| self.track(other)) {
            if other.id == track.id || !held(other, at) || other.life == Life::Lost {
                continue;
            }
            let there = said.of(other, at);
            if there > FITS {
                continue;
            }
            let is_named = other.identity.caller().is_some();
            let gain = if is_named {
                let Some(theirs) = other.astray.said else { continue };
                if !theirs.slow() && at.since(theirs.valid).abs() > FRESH_S {
                    continue;
                }
                own + theirs.of(other, at) - there - theirs.of(track, at)
            } else {
                own - there
            };
            if gain > MARGIN && best.is_none_or(|(most, ..)| gain > most) {
                best = Some((gain, other.id, is_named));
            }
        }
        best.map(|(_, id, is_named)| (id, is_named))
    }

    /// A vessel spoke as one of the tracks of its name: the others have been passed over once more. An echo whose name
    /// speaks only elsewhere has none.
    pub(crate) fn pass_over(&mut self, caller: Caller, spoke: TrackId) {
        let others: Vec<TrackId> =
            self.claimants(caller).map(|track| track.id).filter(|&id| id != spoke).collect();
        if others.is_empty() {
            return;
        }
        if let Some(entry) = self.tracks.get_mut(spoke) {
            // What is said of her may be said of another.
            entry.track.doubt_hull();
        }
        for id in others {
            let Some(entry) = self.tracks.get_mut(id) else { continue };
            let track = &mut entry.track;
            track.astray.passed = track.astray.passed.saturating_add(1);
            if track.astray.passed >= PASSED && held(track, self.now) {
                self.unname(id);
            }
        }
    }

    /// A track without a name gets that of another.
    fn rename(&mut self, from: TrackId, to: TrackId) {
        let Some(giver) = self.track(from).cloned() else { return };
        self.unname(from);
        let Some(entry) = self.tracks.get_mut(to) else { return };
        entry.track.take_identity(&giver);
        self.claim(to);
        self.touch(to);
    }

    /// Two tracks exchange their names.
    pub(crate) fn exchange(&mut self, one: TrackId, other: TrackId) {
        let Some(mine) = self.track(one).cloned() else { return };
        self.rename(other, one);
        let Some(entry) = self.tracks.get_mut(other) else { return };
        entry.track.take_identity(&mine);
        self.disclaim(one, &mine.identity);
        self.claim(other);
        self.touch(other);
    }

    /// A track is an echo of nobody known from now on.
    fn unname(&mut self, id: TrackId) {
        let Some(entry) = self.tracks.get_mut(id) else { return };
        let identity = entry.track.identity;
        entry.track.lose_identity();
        self.disclaim(id, &identity);
        if let Some(caller) = identity.caller() {
            self.judge(caller);
        }
        self.touch(id);
    }
}
