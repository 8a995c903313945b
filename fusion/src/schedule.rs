//! Which track is looked at when.
//!
//! A heap, because moving an entry is forgetting it: an entry that its track does not confirm counts for nothing, and
//! such entries are swept out when they are most of all. So a track in its usual course costs no allocation.

use crate::TrackId;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use units::UtcTime;

/// Instants at which tracks are due.
#[derive(Debug, Default)]
pub(crate) struct Schedule(BinaryHeap<Reverse<(UtcTime, TrackId)>>);

impl Schedule {
    /// A track is due at an instant.
    pub fn insert(&mut self, at: UtcTime, id: TrackId) {
        self.0.push(Reverse((at, id)));
    }

    /// The next entry before an instant.
    pub fn pop_before(&mut self, horizon: UtcTime) -> Option<(UtcTime, TrackId)> {
        let Reverse((at, _)) = *self.0.peek()?;
        if at >= horizon {
            return None;
        }
        self.0.pop().map(|Reverse(entry)| entry)
    }

    /// Forgets what no track confirms once that is most of the entries, `living` being how many are confirmed.
    pub fn prune(&mut self, living: usize, confirms: impl Fn(UtcTime, TrackId) -> bool) {
        if self.0.len() > 2 * living + 64 {
            self.0.retain(|Reverse((at, id))| confirms(*at, *id));
        }
    }

    #[cfg(test)]
    pub fn entries(&self) -> impl Iterator<Item = (UtcTime, TrackId)> {
        self.0.iter().map(|Reverse(entry)| *entry)
    }
}
