//! What became of everything that came, counted.

/// Why octets are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reject {
    /// A block of a category without a table.
    #[error("no_category")]
    NoCategory,
    /// A record with an item that the table does not know: another edition, perhaps.
    #[error("unknown_item")]
    UnknownItem,
    /// A length that leads nowhere: an item or a block that does not end where it says, or octets between blocks.
    #[error("bad_length")]
    BadLength,
}

impl Reject {
    /// How many reasons there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Every reason, in the order of [`Counters::rejects`].
    pub const ALL: [Self; 3] = [Self::NoCategory, Self::UnknownItem, Self::BadLength];

    /// Its place in [`Reject::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoCategory => "no_category",
            Self::UnknownItem => "unknown_item",
            Self::BadLength => "bad_length",
        }
    }
}

/// What became of every candidate of one source: a record, or a piece that is none. At every moment
/// `candidates = records + rejects`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Records, and pieces that are none.
    pub candidates: u64,
    /// Records.
    pub records: u64,
    /// Refused pieces, by [`Reject::index`].
    pub rejects: [u64; Reject::COUNT],
    /// Blocks of which a record was read, or tried.
    pub blocks: u64,
    /// Octets between blocks.
    pub garbage: u64,
    /// Zeros behind blocks and records.
    pub padding: u64,
    /// Records by category.
    pub by_category: [u64; 256],
}

impl Default for Counters {
    fn default() -> Self {
        let rejects = [0; Reject::COUNT];
        Self { candidates: 0, records: 0, rejects, blocks: 0, garbage: 0, padding: 0, by_category: [0; 256] }
    }
}

impl Counters {
    /// How many pieces were refused for one reason.
    #[must_use]
    pub fn rejected(&self, reason: Reject) -> u64 {
        self.rejects.get(reason.index()).copied().unwrap_or_default()
    }

    /// Whether every candidate is accounted for.
    #[must_use]
    pub fn balanced(&self) -> bool {
        self.candidates == self.records + self.rejects.iter().sum::<u64>()
    }

    pub(super) fn reject(&mut self, reason: Reject) {
        self.candidates += 1;
        if let Some(count) = self.rejects.get_mut(reason.index()) {
            *count += 1;
        }
    }

    pub(super) fn record(&mut self, category: u8) {
        self.candidates += 1;
        self.records += 1;
        if let Some(count) = self.by_category.get_mut(usize::from(category)) {
            *count += 1;
        }
    }
}
