//! What became of every condition that began.

use super::{Kind, Priority};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why a condition that began is not heard of as an alert, or not loudly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Suppressed {
    /// It ended before the on-delay.
    OnDelay,
    /// Somebody has shelved it.
    Shelved,
    /// Its kind is out of service there.
    OutOfService,
    /// Too many situations are watched already.
    Full,
    /// Heard of, but silent: the budget of its sectors is spent.
    Budget,
    /// Heard of, but silent: part of a situation that is known.
    Grouped,
    /// Heard of, but silent: another alert explains it.
    Consequence,
    /// Heard of, but as a caution: too many of its kind were raised there.
    Flood,
}

impl Suppressed {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::OnDelay,
        Self::Shelved,
        Self::OutOfService,
        Self::Full,
        Self::Budget,
        Self::Grouped,
        Self::Consequence,
        Self::Flood,
    ];

    /// As a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnDelay => "on_delay",
            Self::Shelved => "shelved",
            Self::OutOfService => "out_of_service",
            Self::Full => "full",
            Self::Budget => "budget",
            Self::Grouped => "grouped",
            Self::Consequence => "consequence",
            Self::Flood => "flood",
        }
    }

    /// Nothing of it reaches a list.
    const fn hides(self) -> bool {
        matches!(self, Self::OnDelay | Self::Shelved | Self::OutOfService | Self::Full)
    }
}

/// What became of every condition that began, since the beginning.
///
/// **Invariant**: per kind, `begun` = `raised` + what was hidden + those whose on-delay runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    begun: BTreeMap<Kind, u64>,
    raised: BTreeMap<(Kind, Priority), u64>,
    suppressed: BTreeMap<(Kind, Suppressed), u64>,
    /// Alerts that began to sound, by sector.
    sounded: BTreeMap<String, u64>,
    /// Alerts by the way that they went: acknowledged, escalated, refused commands.
    pub(super) acknowledged: u64,
    pub(super) escalated: u64,
    pub(super) refused: u64,
    pub(super) dismissed: u64,
    /// Judgements that took chattering keys to a longer off-delay.
    pub(super) chattering: u64,
}

impl Counts {
    pub(super) fn begin(&mut self, kind: Kind) {
        *self.begun.entry(kind).or_default() += 1;
    }

    pub(super) fn raise(&mut self, kind: Kind, priority: Priority) {
        *self.raised.entry((kind, priority)).or_default() += 1;
    }

    pub(super) fn suppress(&mut self, kind: Kind, reason: Suppressed) {
        *self.suppressed.entry((kind, reason)).or_default() += 1;
    }

    pub(super) fn sound(&mut self, sector: &str) {
        match self.sounded.get_mut(sector) {
            Some(count) => *count += 1,
            None => {
                self.sounded.insert(sector.to_owned(), 1);
            }
        }
    }

    /// Conditions of a kind that began.
    #[must_use]
    pub fn begun(&self, kind: Kind) -> u64 {
        self.begun.get(&kind).copied().unwrap_or(0)
    }

    /// Alerts of a kind that were raised, or raised again when their condition returned.
    #[must_use]
    pub fn raised(&self, kind: Kind) -> u64 {
        self.raised.range((kind, Priority::Emergency)..=(kind, Priority::Caution)).map(|(_, n)| n).sum()
    }

    /// Conditions of a kind that began and of which nothing reached a list.
    #[must_use]
    pub fn hidden(&self, kind: Kind) -> u64 {
        self.suppressed.iter().filter(|((k, reason), _)| *k == kind && reason.hides()).map(|(_, n)| n).sum()
    }

    /// Raised alerts by kind and priority.
    pub fn all_raised(&self) -> impl Iterator<Item = (Kind, Priority, u64)> {
        self.raised.iter().map(|((kind, priority), n)| (*kind, *priority, *n))
    }

    /// What was suppressed, over all kinds.
    #[must_use]
    pub fn suppressed(&self, reason: Suppressed) -> u64 {
        self.suppressed.iter().filter(|((_, r), _)| *r == reason).map(|(_, n)| n).sum()
    }

    /// How many alerts began to sound, by sector.
    pub fn sounded(&self) -> impl Iterator<Item = (&str, u64)> {
        self.sounded.iter().map(|(sector, n)| (sector.as_str(), *n))
    }

    /// How many were acknowledged.
    #[must_use]
    pub const fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// How often an alert became more urgent because nobody took it.
    #[must_use]
    pub const fn escalated(&self) -> u64 {
        self.escalated
    }

    /// Commands that were refused.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Rectified alerts that left the list unacknowledged: too old, or too many.
    #[must_use]
    pub const fn dismissed(&self) -> u64 {
        self.dismissed
    }

    /// How often a case was found to chatter.
    #[must_use]
    pub const fn chattering(&self) -> u64 {
        self.chattering
    }
}
