//! Two tracks of one vessel become one; a vessel that begins to speak takes the track that radar already had.

use crate::filter::Filter;
use crate::sweep::Swept;
use crate::{Change, Fusion, Gone, Life, Plane, Station, Track, TrackId};
use nalgebra::{Matrix4, Vector4};
use std::collections::BTreeMap;

const NEAR_M: f64 = 120.0;
/// Squared distance of two beliefs (four degrees of freedom) below which they look like one.
const ALIKE: f64 = 14.0;
/// How much nearer an echo must be than the next one to be a vague track's.
const CLEARLY: f64 = 2.0;
/// Seconds of looking alike that make them one.
const ENOUGH: i8 = 4;
const YOUNG_S: f64 = 60.0;
/// A ship whose reports are old follows itself by at most this, metres, ...
const LAG_NEAR_M: f64 = 350.0;
const LAG_ACROSS_M: f64 = 35.0;
const LAG_MPS: f64 = 0.8;
/// ... and must be going somewhere, metres per second.
const LAG_LEAST_MPS: f64 = 1.5;
const LAG_ENOUGH: i8 = 12;
/// Echoes at the reported place that prove reports to be in time.
const PROVEN_HITS: u32 = 30;
/// One radar saw two vessels for so long, so often: they are two.
const PARTED_S: f64 = 20.0;
const PARTED_HITS: u32 = 10;
/// A track that radar has not seen for so long is its reports', seconds.
const UNSEEN_S: f64 = 12.0;

impl Fusion {
    /// Once a second: which pairs look like one vessel, and which have done so long enough.
    pub(crate) fn merge(&mut self, seen: &mut Swept, changes: &mut Vec<Change>) {
        let mut pairs: Vec<(TrackId, TrackId)> = Vec::new();
        let Swept { silent, near, .. } = seen;
        for &id in silent.iter() {
            let Some(track) = self.track(id) else { continue };
            if !is_ship(track) {
                continue;
            }
            let speaks = track.identity.caller().is_some();
            self.near(track.position_at(self.now), LAG_NEAR_M, near);
            for &other in near.iter() {
                let Some(theirs) = self.track(other).map(|other| &other.identity) else { continue };
                let both_silent = !speaks && theirs.caller().is_none();
                // Of two that speak neither is the other, but for one that does so by a terminal alone.
                if other == id || (both_silent && other < id) || (speaks && theirs.mmsi.is_none()) {
                    continue;
                }
                pairs.push((id.min(other), id.max(other)));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        self.suspects.retain(|pair, _| pairs.binary_search(pair).is_ok());
        let nearness: Vec<_> = pairs.iter().map(|&pair| (pair, self.nearness(pair))).collect();
        // In a row of moored ships each is like its neighbours: it can only be the clearly likest.
        let mut likest: BTreeMap<TrackId, [f64; 2]> = BTreeMap::new();
        for &((one, other), d2) in &nearness {
            for id in [one, other] {
                let [least, second] = likest.entry(id).or_insert([f64::INFINITY; 2]);
                if d2 < *least {
                    (*least, *second) = (d2, *least);
                } else if d2 < *second {
                    *second = d2;
                }
            }
        }
        for (pair, d2) in nearness {
            let (Some(one), Some(other)) = (self.track(pair.0), self.track(pair.1)) else { continue };
            let is_likest = [pair.0, pair.1].iter().all(|id| {
                likest.get(id).is_none_or(|[least, second]| d2 <= *least && d2 + CLEARLY < *second)
            });
            let alike = d2 < ALIKE && is_likest;
            let both_speak = one.identity.caller().is_some() && other.identity.caller().is_some();
            // Who has gone about under two numbers for a while is two: fishing boats work side by side.
            if both_speak && self.now.since(one.born.max(other.born)) > YOUNG_S {
                self.suspects.remove(&pair);
                continue;
            }
            let enough = if alike && !both_speak { ENOUGH } else { LAG_ENOUGH };
            let alike = alike || lags(one, other, self.now) || lags(other, one, self.now);
            let count = self.suspects.entry(pair).or_insert(0);
            *count = (*count + if alike { 1 } else { -2 }).clamp(-4, LAG_ENOUGH);
            if *count >= enough {
                self.suspects.remove(&pair);
                self.unite(pair.0, pair.1, changes);
            }
        }
    }

    /// Squared distance of two tracks that could be one.
    fn nearness(&self, (one, other): (TrackId, TrackId)) -> f64 {
        let (Some(one), Some(other)) = (self.track(one), self.track(other)) else { return f64::INFINITY };
        if !is_ship(one) || !is_ship(other) || seen_apart(one, other) {
            return f64::INFINITY;
        }
        unlike(one, other, self.now)
    }

    /// The younger track ends in the older one.
    pub(crate) fn unite(&mut self, older: TrackId, younger: TrackId, changes: &mut Vec<Change>) {
        let Some(gone) = self.track(younger).cloned() else { return };
        let callers = [older, younger].map(|id| self.track(id).and_then(|track| track.identity.caller()));
        if let [Some(one), Some(other)] = callers {
            self.unite_named((older, one), (younger, other), changes);
            return;
        }
        self.end(younger, Gone::Merged, changes);
        self.carry_series(younger, older);
        let now = self.now;
        let Some(entry) = self.tracks.get_mut(older) else { return };
        let kept = &mut entry.track;
        let mut left = gone.clone();
        if !kept.is_seen(now) && gone.is_seen(now) {
            left.take_motion(kept);
            kept.take_motion(&gone);
        }
        let caller = gone.identity.caller().filter(|_| kept.identity.caller().is_none());
        if caller.is_some() {
            kept.take_identity(&gone);
        }
        kept.heard_at = kept.heard_at.max(gone.heard_at).min(now);
        if caller.is_some() {
            self.claim(older);
        }
        self.keep(left, older);
        self.live(older, Life::Confirmed);
        self.place(older);
        self.touch(older);
    }

    /// The vessel that a candidate is, already in the picture but not given to radar.
    pub(crate) fn known_as(&self, candidate: &Track) -> Option<TrackId> {
        let mut found = Vec::new();
        self.near(candidate.position_at(self.now), NEAR_M, &mut found);
        let alike = found.iter().filter_map(|&id| self.track(id)).filter_map(|track| {
            let d2 = unlike(track, candidate, self.now);
            (is_ship(track) && !seen_apart(track, candidate) && d2 < ALIKE).then_some((d2, track))
        });
        let (d2, track) =
            alike.min_by(|one, other| one.0.total_cmp(&other.0).then(one.1.id.cmp(&other.1.id)))?;
        // Another echo is likelier hers: then this one is somebody else.
        (!track.is_vague() || !self.likelier(track, candidate, d2)).then_some(track.id)
    }

    /// Whether a vague track is likelier another echo of nobody known than this one.
    fn likelier(&self, vague: &Track, candidate: &Track, d2: f64) -> bool {
        let place = vague.surface_at(self.now);
        let mut found = Vec::new();
        self.find(place, LAG_NEAR_M, self.now, &mut found);
        found.into_iter().filter_map(|id| self.entry(id)).map(|entry| &entry.track).any(|other| {
            let echo = other.station.is_none() && other.looks.hits() > 1 && other.id != candidate.id;
            echo && unlike(vague, other, self.now) < d2 + CLEARLY
        })
    }

    /// Radar has found a vessel that speaks.
    pub(crate) fn show(&mut self, id: TrackId, echo: &Track) {
        let Some(entry) = self.tracks.get_mut(id) else { return };
        if entry.track.is_vague() {
            entry.track.take_motion(echo);
            self.live(id, Life::Confirmed);
            self.place(id);
            self.touch(id);
        }
    }
}

fn is_ship(track: &Track) -> bool {
    track.station != Some(Station::Aircraft) && track.life != Life::Lost
}

/// A vessel's reports follow the echo of nobody known along its course: its reports are old.
fn lags(said: &Track, seen: &Track, at: units::UtcTime) -> bool {
    let unseen = said.looks.last_seen().is_none_or(|last| at.since(last) > UNSEEN_S);
    let speaks = said.identity.caller().is_some() && said.looks.all().any(|look| look.missed > 2);
    // Radar has found it where it says that it is: its reports are not old.
    let proven = said.looks.hits() >= PROVEN_HITS && said.lever.known && !said.misplaced;
    if !speaks || !unseen || proven || seen.identity.caller().is_some() || !seen.is_seen(at) {
        return false;
    }
    let (a, b) = (said.kinematics_at(&seen.plane, at), seen.kinematics_at(&seen.plane, at));
    let speed = b.ve_mps.hypot(b.vn_mps);
    if speed < LAG_LEAST_MPS || (a.ve_mps - b.ve_mps).hypot(a.vn_mps - b.vn_mps) > LAG_MPS {
        return false;
    }
    let (de, dn) = (a.e_m - b.e_m, a.n_m - b.n_m);
    let across_m = (de * b.vn_mps - dn * b.ve_mps) / speed;
    across_m.abs() < LAG_ACROSS_M && de.hypot(dn) < LAG_NEAR_M
}

/// One radar saw both within the same two turns of its antenna.
pub(crate) fn seen_apart(one: &Track, other: &Track) -> bool {
    let (older, younger) = if one.born <= other.born { (one, other) } else { (other, one) };
    older.looks.all().any(|old| {
        let Some(young) = younger.looks.get(old.sensor) else { return false };
        let Some((old_seen, young_seen)) = old.seen.zip(young.seen) else { return false };
        // Both at one time, or both for a while: then there are two, even where only one is seen now.
        let silent = older.station.is_none() && younger.station.is_none();
        let both =
            silent && old.hits.min(young.hits) >= PARTED_HITS && old_seen.since(younger.born) > PARTED_S;
        both || old_seen.since(young_seen).abs() < 7.0
    })
}

/// Squared distance of two tracks that could be one; of a vague one, as if it were as long as the other's echo.
pub(crate) fn unlike(one: &Track, other: &Track, at: units::UtcTime) -> f64 {
    const ROOM: [f64; 2] = [15.0, 0.5];
    let apart = match (one.is_vague(), other.is_vague()) {
        (true, false) => distance2(&one.as_long_as(other), other, at, ROOM),
        (false, true) => distance2(one, &other.as_long_as(one), at, ROOM),
        _ => distance2(one, other, at, ROOM),
    };
    apart + one.unlike_in_length(other.said_length_m()) + other.unlike_in_length(one.said_length_m())
}

/// Squared distance of two beliefs at an instant, with room on each axis of place and speed.
pub(crate) fn distance2(one: &Track, other: &Track, at: units::UtcTime, room: [f64; 2]) -> f64 {
    let plane: &Plane = &one.plane;
    let (a, b) = (one.kinematics_at(plane, at), other.kinematics_at(plane, at));
    apart2(&Filter::of(&a), &Filter::of(&b), room)
}

/// The same of two beliefs in one plane.
pub(crate) fn apart2(a: &Filter, b: &Filter, room: [f64; 2]) -> f64 {
    let [place, rate] = room.map(|sigma| sigma * sigma);
    let s = a.covariance + b.covariance + Matrix4::from_diagonal(&Vector4::new(place, place, rate, rate));
    let d = a.mean - b.mean;
    s.cholesky().map_or(f64::INFINITY, |s| d.dot(&s.solve(&d)))
}
