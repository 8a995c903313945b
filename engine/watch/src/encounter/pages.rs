//! From a track's number to a place: numbers lie close together, and are looked up by the thousand.

use fusion::TrackId;
use std::collections::BTreeMap;

/// Numbers of one page.
const PAGE: u64 = 64;
const NOWHERE: u32 = u32::MAX;

/// A map of few, large nodes.
#[derive(Debug, Default)]
pub(super) struct Pages(BTreeMap<u64, [u32; PAGE as usize]>);

impl Pages {
    pub fn find(&self, id: TrackId) -> Option<u32> {
        let place = *self.0.get(&(id.0 / PAGE))?.get((id.0 % PAGE) as usize)?;
        (place != NOWHERE).then_some(place)
    }

    /// `place` is below `u32::MAX`.
    pub fn insert(&mut self, id: TrackId, place: u32) {
        let page = self.0.entry(id.0 / PAGE).or_insert([NOWHERE; PAGE as usize]);
        if let Some(there) = page.get_mut((id.0 % PAGE) as usize) {
            *there = place;
        }
    }

    pub fn remove(&mut self, id: TrackId) -> Option<u32> {
        let page = self.0.get_mut(&(id.0 / PAGE))?;
        let place = std::mem::replace(page.get_mut((id.0 % PAGE) as usize)?, NOWHERE);
        if page.iter().all(|place| *place == NOWHERE) {
            self.0.remove(&(id.0 / PAGE));
        }
        (place != NOWHERE).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_found_until_it_is_taken() {
        let mut pages = Pages::default();
        for id in [0, 63, 64, 1_000_000, u64::MAX] {
            assert_eq!(pages.find(TrackId(id)), None);
            pages.insert(TrackId(id), (id % 1000) as u32);
        }
        for id in [0, 63, 64, 1_000_000, u64::MAX] {
            assert_eq!(pages.find(TrackId(id)), Some((id % 1000) as u32));
            assert_eq!(pages.remove(TrackId(id)), Some((id % 1000) as u32));
            assert_eq!((pages.find(TrackId(id)), pages.remove(TrackId(id))), (None, None));
        }
        assert!(pages.0.is_empty(), "empty pages are let go");
    }
}
