//! Two vessels that were taken for one: the track that ended in the other is kept for a minute, and comes back under its
//! own number when radar sees both again.
//!
//! To merge costs nothing but the number, and only where it was wrong. What radar shows beside the one that stayed, where
//! the one that ended would now be, is that one and not somebody new.

use crate::filter::Filter;
use crate::merge::{apart2, seen_apart, unlike};
use crate::{Fusion, Life, Track, TrackId};
use serde::{Deserialize, Serialize};
use units::UtcTime;

const KEPT_S: f64 = 60.0;
const KEPT_MOST: usize = 128;
/// Squared distance of two beliefs (four degrees of freedom) below which they look like one, and room on each axis of
/// place and speed.
const ALIKE: f64 = 14.0;
const ROOM: [f64; 2] = [10.0, 0.5];

/// A track that ended in another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Taken {
    track: Box<Track>,
    by: TrackId,
    at: UtcTime,
}

impl Fusion {
    /// An echo of nobody's name ends in another track.
    pub(crate) fn keep(&mut self, track: Track, by: TrackId) {
        if track.identity.caller().is_some() {
            return;
        }
        self.forget_taken();
        if self.taken.len() >= KEPT_MOST {
            self.taken.pop_front();
        }
        self.taken.push_back(Taken { track: Box::new(track), by, at: self.now });
    }

    fn forget_taken(&mut self) {
        let now = self.now;
        while self.taken.front().is_some_and(|taken| now.since(taken.at) > KEPT_S) {
            self.taken.pop_front();
        }
    }

    /// The track that a candidate was before another took it, going on as the candidate does.
    pub(crate) fn parted_as(&mut self, candidate: &Track) -> Option<Track> {
        self.forget_taken();
        let like = self.taken.iter().enumerate().filter_map(|(index, taken)| {
            let stayed = self.track(taken.by).filter(|stayed| stayed.life != Life::Lost)?;
            let d2 = taken.distance2(candidate);
            let likelier = d2 < ALIKE.min(unlike(stayed, candidate, self.now));
            (likelier && seen_apart(stayed, candidate)).then_some((d2, index))
        });
        let (_, index) = like.min_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)))?;
        let mut track = *self.taken.remove(index)?.track;
        track.go_on_as(candidate);
        Some(track)
    }
}

impl Taken {
    /// Squared distance of a candidate from where this would be by now.
    fn distance2(&self, candidate: &Track) -> f64 {
        let track = &self.track;
        let at = candidate.time();
        let passed_s = at.since(track.time()).clamp(0.0, KEPT_S);
        let expected = track.filter.predicted(passed_s, track.agility().q[1]);
        apart2(&expected, &Filter::of(&candidate.kinematics_at(&track.plane, at)), ROOM)
    }
}
