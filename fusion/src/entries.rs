//! Tracks by their number: found at once, and gone through in order.

use crate::TrackId;
use crate::picture::Entry;
#[expect(clippy::disallowed_types, reason = "its order is never seen")]
use std::collections::HashMap;
use std::collections::{BTreeSet, btree_set};
use std::hash::{BuildHasherDefault, Hasher};

/// All entries. A tree of a hundred thousand is five nodes deep, of which three are in no cache.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    #[expect(clippy::disallowed_types, reason = "its order is never seen")]
    by_id: HashMap<TrackId, Box<Entry>, BuildHasherDefault<Mixer>>,
    order: BTreeSet<TrackId>,
}

impl Entries {
    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn contains_key(&self, id: TrackId) -> bool {
        self.by_id.contains_key(&id)
    }

    pub fn get(&self, id: TrackId) -> Option<&Entry> {
        self.by_id.get(&id).map(Box::as_ref)
    }

    pub fn get_mut(&mut self, id: TrackId) -> Option<&mut Entry> {
        self.by_id.get_mut(&id).map(Box::as_mut)
    }

    pub fn insert(&mut self, id: TrackId, entry: Entry) {
        self.by_id.insert(id, Box::new(entry));
        self.order.insert(id);
    }

    pub fn remove(&mut self, id: TrackId) -> Option<Box<Entry>> {
        self.order.remove(&id);
        self.by_id.remove(&id)
    }

    /// By ascending number.
    pub fn values(&self) -> Values<'_> {
        Values { entries: self, order: self.order.iter() }
    }

    /// By ascending number.
    pub fn each(&mut self, mut visit: impl FnMut(TrackId, &mut Entry)) {
        for &id in &self.order {
            if let Some(entry) = self.by_id.get_mut(&id) {
                visit(id, entry);
            }
        }
    }
}

/// Entries by ascending number.
#[derive(Debug)]
pub(crate) struct Values<'a> {
    entries: &'a Entries,
    order: btree_set::Iter<'a, TrackId>,
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a Entry;

    fn next(&mut self) -> Option<Self::Item> {
        self.order.find_map(|&id| self.entries.get(id))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.order.size_hint()
    }
}

impl ExactSizeIterator for Values<'_> {}

/// Numbers follow one another: one multiplication spreads them.
#[derive(Debug, Default)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}
