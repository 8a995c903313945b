//! What one report does to the picture.

use crate::merge::distance2;
use crate::plane::Plane;
use crate::track::Seen;
use crate::{Change, Fusion, Gone, Life, Observation, Report, Track, TrackId};
use units::{Caller, UtcTime};

/// A validity this far after the arrival is the disagreement of two clocks; further, it is nonsense.
const AHEAD_S: f64 = 10.0;
/// A vessel that begins to speak is looked for so far about its report, metres.
const LINK_M: f64 = 400.0;
/// Squared distance of two beliefs (four degrees of freedom) below which a report is a silent track's own.
const LINK: f64 = 14.0;
const LINK_MARGIN: f64 = 6.0;
/// Position reports that make a vessel of a track.
const CONFIRMED_BY: u32 = 2;

impl Fusion {
    pub(crate) fn report(&mut self, observation: &Observation, report: &Report, changes: &mut Vec<Change>) {
        let Some(position) = report.position else { return self.sign_of_life(observation, report) };
        let Some(valid) = self.believed(observation) else { return };
        let seen = Seen { observation, report, valid, here: Plane::at(position) };
        let heard_before =
            self.claimants(report.by).find(|track| track.has_heard(&seen)).map(|track| track.id);
        if let Some(id) = heard_before {
            self.copy(id, observation);
        } else if let Some(id) = self.nearest(&seen) {
            if self.is_aboard(report.by, id) {
                self.update(id, &seen);
                return;
            }
            let id = self.board(id, &seen, changes);
            match self.relink(id, &seen) {
                Some(id) => self.update(id, &seen),
                None => self.begin(&seen, changes),
            }
        } else {
            self.come(&seen, changes);
        }
    }

    /// Somebody speaks where no track of its name could be.
    fn come(&mut self, seen: &Seen<'_>, changes: &mut Vec<Change>) {
        let by = seen.report.by;
        if self.strayed(by) {
            self.counters.signs += 1;
            return;
        }
        let (host, waits) = self.host(seen);
        if let Some(id) = host {
            self.update(id, seen);
        } else if let Some(id) = self.silent_at(seen) {
            self.make_room_of(by, changes);
            self.name(id, seen);
        } else if waits {
            self.counters.signs += 1;
        } else {
            self.begin(seen, changes);
        }
    }

    /// When it was true, as far as that can be believed; `None` where it is too old.
    fn believed(&mut self, observation: &Observation) -> Option<UtcTime> {
        let lag_s = observation.arrival.since(observation.valid);
        if lag_s > self.config.max_age_s {
            self.counters.stale += 1;
            return None;
        }
        if lag_s < -AHEAD_S {
            self.counters.future += 1;
            return Some(observation.arrival);
        }
        Some(observation.valid)
    }

    /// The track of that caller whose prediction is nearest, of those that it can be.
    fn nearest(&self, seen: &Seen<'_>) -> Option<TrackId> {
        let fitting = self
            .claimants(seen.report.by)
            .filter_map(|track| track.misfit_m(seen).map(|misfit_m| (misfit_m, track.id)));
        fitting.min_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1))).map(|(_, id)| id)
    }

    fn update(&mut self, id: TrackId, seen: &Seen<'_>) {
        let now = self.now;
        let Some(entry) = self.tracks.get_mut(id) else { return };
        if entry.track.take(seen, now) {
            self.counters.late += 1;
        } else {
            self.counters.updated += 1;
        }
        entry.track.astray.passed = 0;
        let life = if entry.track.reports >= CONFIRMED_BY { Life::Confirmed } else { entry.track.life };
        self.live(id, life);
        self.place(id);
        self.touch(id);
        self.feel(id, seen);
        self.pass_over(seen.report.by, id);
    }

    /// The track without a name that a vessel's first report is of, if that is clear.
    fn silent_at(&self, seen: &Seen<'_>) -> Option<TrackId> {
        let mut found = Vec::new();
        self.near(seen.here.origin(), LINK_M, &mut found);
        let names = self.names.of(seen.report.by);
        let said = Track::born(TrackId(0), names, seen, self.now);
        let mut best: Option<(f64, TrackId)> = None;
        let mut second = f64::INFINITY;
        for track in found.iter().filter_map(|&id| self.track(id)) {
            if track.identity.caller().is_some() || track.station.is_some() {
                continue;
            }
            let d2 = distance2(track, &said, seen.valid, [25.0, 0.6]);
            if best.is_none_or(|(least, _)| d2 < least) {
                second = best.map_or(f64::INFINITY, |(least, _)| least);
                best = Some((d2, track.id));
            } else {
                second = second.min(d2);
            }
        }
        best.filter(|(d2, _)| *d2 < LINK && *d2 + LINK_MARGIN < second).map(|(_, id)| id)
    }

    /// A vessel begins to speak that radar already tracks.
    fn name(&mut self, id: TrackId, seen: &Seen<'_>) {
        let caller = seen.report.by;
        let (identity, hull) = self.names.of(caller);
        if let Some(entry) = self.tracks.get_mut(id) {
            entry.track.identity = identity;
            entry.track.hull = hull;
            entry.track.station = Some(seen.report.station);
            entry.track.relearn_lever();
        }
        self.claim(id);
        self.update(id, seen);
    }

    fn begin(&mut self, seen: &Seen<'_>, changes: &mut Vec<Change>) {
        self.counters.born += 1;
        let caller = seen.report.by;
        if self.claimants(caller).any(|track| track.life != Life::Lost) {
            self.counters.jumps += 1;
        }
        self.make_room_of(caller, changes);
        self.make_room(changes);
        let id = self.next_id;
        let leaf = self.adopt(Track::born(id, self.names.of(caller), seen, self.now));
        self.index.insert(leaf);
        self.judge(caller);
        self.touch(id);
    }

    /// Makes room for one more track of a caller: that of its which is silent longest ends.
    fn make_room_of(&mut self, caller: Caller, changes: &mut Vec<Change>) {
        while self.claimants(caller).count() >= self.config.max_tracks_per_caller.max(1) {
            let silent =
                self.claimants(caller).min_by_key(|track| (track.heard_at, track.id)).map(|track| track.id);
            let Some(silent) = silent else { break };
            self.end(silent, Gone::Displaced, changes);
        }
    }

    /// Makes room for one more track.
    pub(crate) fn make_room(&mut self, changes: &mut Vec<Change>) {
        while self.tracks.len() >= self.config.max_tracks.max(1) {
            let Some(silent) = self.most_silent() else { break };
            self.end(silent, Gone::Displaced, changes);
        }
    }

    /// The same transmission by another way adds nothing but who heard it.
    fn copy(&mut self, id: TrackId, observation: &Observation) {
        self.counters.copies += 1;
        let Some(entry) = self.tracks.get_mut(id) else { return };
        if entry.track.hear(observation.source, observation.arrival) {
            self.touch(id);
        }
    }

    /// Without a position it says that it lives, and what it does: it goes to the track that spoke last.
    fn sign_of_life(&mut self, observation: &Observation, report: &Report) {
        let spoke_last =
            self.claimants(report.by).max_by_key(|track| (track.heard_at, track.id)).map(|track| track.id);
        let Some(entry) = spoke_last.and_then(|id| self.tracks.get_mut(id)) else {
            self.counters.unknown += 1;
            return;
        };
        self.counters.signs += 1;
        let id = entry.track.id;
        let new_source = entry.track.hear(observation.source, observation.arrival);
        let changed = entry.track.learn_attitude(report, observation.valid);
        self.place(id);
        if changed || new_source {
            self.touch(id);
        }
    }
}
