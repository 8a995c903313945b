//! What somebody holds, in one number: equal numbers, equal pictures.

use super::proto;

/// CRC-32 of the things that are added, which must come in ascending order of their ids.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    count: u32,
    crc: crc32fast::Hasher,
}

impl Tally {
    /// A thing with a number.
    pub fn add(&mut self, id: u64, version: u64) {
        self.add_bytes(&id.to_le_bytes(), version);
    }

    /// A thing with a code.
    pub fn add_bytes(&mut self, id: &[u8], version: u64) {
        self.count += 1;
        self.crc.update(id);
        self.crc.update(&version.to_le_bytes());
    }

    /// As the feed says it.
    #[must_use]
    pub fn sum(self) -> proto::Sum {
        proto::Sum { count: self.count, crc: self.crc.finalize() }
    }
}
