//! What became of every sentence, counted.

/// Why a sentence was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reject {
    /// The line holds neither `!` nor `$`.
    NoStart,
    /// No `*` before the next sentence or the end of the line.
    NoChecksum,
    /// Not two hexadecimal digits after `*`.
    BadChecksumField,
    /// The digits differ from the xor of the characters between start and `*`.
    BadChecksum,
    /// An address that is none, or not seven fields; of another standard, a field that holds what it should not.
    BadFields,
    /// A total or number that is not 1 to 9, a number above its total, or a sequence identifier that is no number.
    BadFragment,
    /// No payload.
    EmptyPayload,
    /// A payload character outside the table.
    BadArmor,
    /// Fill bits that are not one digit, 0 to 5.
    BadFill,
    /// A payload below 38 bits.
    TooShort,
    /// A line above [`crate::frame::MAX_LINE`] bytes, or a message above what is kept of one.
    TooLong,
    /// An encapsulated sentence (`!`) that no AIS or VDES station writes.
    NotAis,
}

impl Reject {
    /// How many reasons there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Every reason, in the order of [`Counters::rejects`].
    pub const ALL: [Self; 12] = [
        Self::NoStart,
        Self::NoChecksum,
        Self::BadChecksumField,
        Self::BadChecksum,
        Self::BadFields,
        Self::BadFragment,
        Self::EmptyPayload,
        Self::BadArmor,
        Self::BadFill,
        Self::TooShort,
        Self::TooLong,
        Self::NotAis,
    ];

    /// Its place in [`Reject::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoStart => "no_start",
            Self::NoChecksum => "no_checksum",
            Self::BadChecksumField => "bad_checksum_field",
            Self::BadChecksum => "bad_checksum",
            Self::BadFields => "bad_fields",
            Self::BadFragment => "bad_fragment",
            Self::EmptyPayload => "empty_payload",
            Self::BadArmor => "bad_armor",
            Self::BadFill => "bad_fill",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::NotAis => "not_ais",
        }
    }
}

/// What became of every sentence candidate of one source. At every moment
/// `candidates = used + rejects + pending + duplicates + other`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Pieces of text that were tried as a sentence. Blank lines and lines of only a TAG block are none.
    pub candidates: u64,
    /// Sentences that went into a message.
    pub used: u64,
    /// AIS messages, unknown types among them, and messages of other standards ([`Reader::settle`]).
    ///
    /// [`Reader::settle`]: super::Reader::settle
    pub messages: u64,
    /// Parts that repeated, to the letter, one that was waiting.
    pub duplicates: u64,
    /// Well-formed sentences that are no VDM or VDO, and that no other decoder took.
    pub other: u64,
    /// Those of them that are the work of an AIS station: [`super::Family::Station`].
    pub station: u64,
    /// Those of them that are VDES.
    pub vdes: u64,
    /// Parts that no message has used: still waiting, or given up.
    pub pending: u64,
    /// Refused sentences, by [`Reject::index`].
    pub rejects: [u64; Reject::COUNT],
    /// Groups given up because the rest did not come in time.
    pub incomplete_timeout: u64,
    /// Groups given up because a new first part, or a full table, took their place.
    pub incomplete_replaced: u64,
    /// The same as `duplicates`, under the name it has among the assembly's events.
    pub duplicate_part: u64,
    /// Groups given up because two different parts claimed one place.
    pub conflict: u64,
    /// Parts that came after a later part of their message.
    pub out_of_order: u64,
    /// Parts without a channel that joined the only group they could belong to.
    pub channel_inferred: u64,
    /// Parts other than the last that claimed fill bits (ignored).
    pub fill_bits_nonfinal: u64,
    /// TAG blocks dropped: checksum wrong or absent, or no closing `\`.
    pub tag_bad: u64,
    /// Messages of a type the standard does not know.
    pub unknown_type: u64,
    /// Messages shorter than their type allows.
    pub short: u64,
    /// Messages longer than their type allows.
    pub long: u64,
    /// Sentences that are no VDM or VDO and were used or refused by another decoder.
    pub settled: u64,
    /// Messages by type.
    pub by_type: [u64; 64],
}

impl Counters {
    pub(super) const fn new() -> Self {
        Self {
            candidates: 0,
            used: 0,
            messages: 0,
            duplicates: 0,
            other: 0,
            station: 0,
            vdes: 0,
            pending: 0,
            rejects: [0; Reject::COUNT],
            incomplete_timeout: 0,
            incomplete_replaced: 0,
            duplicate_part: 0,
            conflict: 0,
            out_of_order: 0,
            channel_inferred: 0,
            fill_bits_nonfinal: 0,
            tag_bad: 0,
            unknown_type: 0,
            short: 0,
            long: 0,
            settled: 0,
            by_type: [0; 64],
        }
    }

    /// How many sentences were refused for one reason.
    #[must_use]
    pub fn rejected(&self, reason: Reject) -> u64 {
        self.rejects.get(reason.index()).copied().unwrap_or_default()
    }

    /// Well-formed sentences that are no VDM or VDO, whether or not another decoder takes them.
    #[must_use]
    pub fn not_ais(&self) -> u64 {
        self.other + self.settled + self.rejected(Reject::NotAis)
    }

    /// Whether every candidate is accounted for.
    #[must_use]
    pub fn balanced(&self) -> bool {
        let refused: u64 = self.rejects.iter().sum();
        self.candidates == self.used + refused + self.pending + self.duplicates + self.other
    }

    pub(super) fn settle(&mut self, used: u64, refused: u64) {
        self.other -= used + refused;
        self.settled += used + refused;
        self.used += used;
        self.messages += used;
        self.reject(Reject::BadFields, refused);
    }

    pub(super) fn reject(&mut self, reason: Reject, sentences: u64) {
        if let Some(count) = self.rejects.get_mut(reason.index()) {
            *count += sentences;
        }
    }
}
