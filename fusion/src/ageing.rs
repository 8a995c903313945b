//! Who has been silent longest, without any work when somebody speaks.

use std::collections::BTreeSet;
use units::UtcTime;

/// Keys by the time they were last heard.
///
/// **Invariant**: one entry per living key, never later than the key was truly heard. Hearing somebody leaves
/// the entry alone; asking for the oldest moves stale entries to their true place until the first is true, and
/// that one is then the oldest whatever the stale entries said. So answers do not depend on how stale they are.
#[derive(Clone, Debug)]
pub(crate) struct Ageing<K>(BTreeSet<(UtcTime, K)>);

impl<K> Default for Ageing<K> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<K: Copy + Ord> Ageing<K> {
    /// A key that is not yet in.
    pub fn insert(&mut self, key: K, heard: UtcTime) {
        self.0.insert((heard, key));
    }

    /// Forgets the dead once they are most of the entries, `living` being how many keys are not.
    pub fn prune(&mut self, living: usize, lives: impl Fn(K) -> bool) {
        if self.0.len() > 2 * living + 64 {
            self.0.retain(|&(_, key)| lives(key));
        }
    }

    /// The key silent longest, and since when; `heard` tells when a key truly was, `None` if it is no more.
    pub fn oldest(&mut self, heard: impl Fn(K) -> Option<UtcTime>) -> Option<(K, UtcTime)> {
        while let Some(&(entered, key)) = self.0.first() {
            match heard(key) {
                Some(truly) if truly <= entered => return Some((key, entered)),
                truly => {
                    self.0.pop_first();
                    if let Some(truly) = truly {
                        self.0.insert((truly, key));
                    }
                }
            }
        }
        None
    }

    /// As [`Ageing::oldest`], and takes it out.
    pub fn take_oldest(&mut self, heard: impl Fn(K) -> Option<UtcTime>) -> Option<(K, UtcTime)> {
        let oldest = self.oldest(heard);
        if oldest.is_some() {
            self.0.pop_first();
        }
        oldest
    }
}
