//! A track that radar lost, and something that begins where it could have come to: the same vessel.
//!
//! Planing craft turn between two looks and show half the time. What begins within reach of one that was lost of late
//! is taken for it sooner than anything else would be taken for a vessel.

use crate::filter::Filter;
use crate::merge::apart2;
use crate::{Fusion, Life, Track, TrackId};

const REACH_M: f64 = 800.0;
/// Looks in a row that saw nothing of it.
const MISSED: u16 = 2;
const GONE_MOST_S: f64 = 60.0;
/// Squared distance of the two beliefs (four degrees of freedom).
const ALIKE: f64 = 25.0;
const ROOM: [f64; 2] = [10.0, 2.0];
/// Plots that make something out of it: one more where the lost one hardly moved, as much else begins there.
const HITS: u32 = 2;
const MOVING_MPS: f64 = 3.0;

impl Fusion {
    /// The lost track that a candidate is, if there is just one.
    pub(crate) fn lost_as(&self, candidate: &Track) -> Option<TrackId> {
        if candidate.looks.hits() < HITS || candidate.score < 0.0 {
            return None;
        }
        let mut found = Vec::new();
        self.near(candidate.position_at(self.now), REACH_M, &mut found);
        let earned = |track: &Track| {
            let moves = track.filter.speed_mps() > MOVING_MPS;
            candidate.looks.hits() >= if moves { HITS } else { HITS + 1 }
        };
        let lost = found
            .iter()
            .filter_map(|&id| self.track(id))
            .filter(|track| is_lost(track, candidate) && earned(track));
        let mut like = lost.filter_map(|track| {
            let at = candidate.time();
            let gone_s = at.since(track.time()).clamp(0.0, GONE_MOST_S);
            let agile = track.agility().q[1];
            let expected = track.filter.predicted(gone_s, agile);
            let found = Filter::of(&candidate.kinematics_at(&track.plane, at));
            let d2 = apart2(&expected, &found, ROOM);
            (d2 < ALIKE).then_some((d2, track.id))
        });
        let one = like.next()?;
        let best = like.fold(one, |best, next| if next.0 < best.0 { next } else { best });
        Some(best.1)
    }

    /// A lost track goes on as a candidate does.
    pub(crate) fn regain(&mut self, id: TrackId, candidate: &Track) {
        let Some(entry) = self.tracks.get_mut(id) else { return };
        entry.track.go_on_as(candidate);
        self.live(id, Life::Confirmed);
        self.place(id);
        self.touch(id);
    }
}

/// Nobody speaks for it, and those that saw it no longer do.
fn is_lost(track: &Track, candidate: &Track) -> bool {
    let began = candidate.born;
    track.station.is_none()
        && track.looks.last_seen().is_some_and(|seen| began.since(seen) > -1.0)
        && track.looks.all().any(|look| look.missed >= MISSED)
}
