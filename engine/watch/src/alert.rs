//! The life of an alert, the same for every kind.
//!
//! A judge reports a case again and again: its condition holds, has ended, or is between the two limits. When it
//! has held for the on-delay an alert is raised; when it has been over for the off-delay the alert is cleared.
//! There is one live alert for one situation, whatever happens in between.

mod ledger;

pub(crate) use ledger::{Delays, Judgement, Key, Ledger, Signal};

use crate::Text;
use fusion::TrackId;
use serde::{Deserialize, Serialize};
use units::UtcTime;
use units::grid::Cell;

/// An alert's number, unique for ever: the microsecond of its raising, or the next free one after it. Later
/// alerts have higher numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlertId(pub u64);

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Kind {
    /// Two vessels will pass closer than they should, soon.
    CollisionRisk,
    /// A vessel has entered a guard zone.
    ZoneEntry,
    /// A grid cell holds too many vessels.
    CellDensity,
}

/// What is the same for all alerts of a kind.
struct Row {
    code: u16,
    priority: Priority,
    title: [&'static str; 2],
}

impl Kind {
    const fn row(self) -> Row {
        let (code, priority, title) = match self {
            Self::CollisionRisk => (101, Priority::Alarm, ["Collision risk", "碰撞危险"]),
            Self::ZoneEntry => (301, Priority::Warning, ["Zone entry", "进入警戒区"]),
            Self::CellDensity => (312, Priority::Warning, ["Cell density", "网格密度"]),
        };
        Row { code, priority, title }
    }

    /// Its number, never reused.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.row().code
    }

    /// How urgent it is unless somebody decides otherwise.
    #[must_use]
    pub const fn priority(self) -> Priority {
        self.row().priority
    }

    /// Its name in English and in Chinese.
    #[must_use]
    pub const fn title(self) -> [&'static str; 2] {
        self.row().title
    }
}

/// How urgent an alert is (IMO MSC.302(87)), the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Priority {
    /// Danger to life now.
    Emergency,
    /// Act at once.
    Alarm,
    /// Be ready to act.
    Warning,
    /// Look.
    Caution,
}

impl Priority {
    /// As a lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Alarm => "alarm",
            Self::Warning => "warning",
            Self::Caution => "caution",
        }
    }
}

/// Where an alert is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// Its condition holds.
    Active,
    /// Its condition has ended, and so has the alert.
    Cleared,
}

/// The tracks that an alert is about, at most two, in ascending order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subjects([Option<TrackId>; 2]);

impl Subjects {
    /// None: the alert is about a place.
    pub const NONE: Self = Self([None, None]);

    /// One track.
    #[must_use]
    pub const fn one(id: TrackId) -> Self {
        Self([Some(id), None])
    }

    /// Two tracks, in any order.
    #[must_use]
    pub fn pair(one: TrackId, other: TrackId) -> Self {
        Self([Some(one.min(other)), Some(one.max(other))])
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = TrackId> {
        self.0.into_iter().flatten()
    }

    /// Both of them, where there are two.
    pub(crate) const fn both(self) -> Option<(TrackId, TrackId)> {
        match self.0 {
            [Some(one), Some(other)] => Some((one, other)),
            _ => None,
        }
    }
}

/// What a judge saw.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Evidence {
    /// Of [`Kind::CollisionRisk`].
    Encounter {
        /// Distance between the hulls at the closest point of approach, metres; 0 where they overlap.
        cpa_m: f64,
        /// Time until then, seconds; negative when it is past.
        tcpa_s: f64,
        /// Probability that the hulls come closer than the limit.
        probability: f64,
    },
    /// Of [`Kind::ZoneEntry`].
    Entry {
        /// It went in on one side and out on the other before it had been seen inside for long.
        through: bool,
    },
    /// Of [`Kind::CellDensity`].
    Density {
        /// Vessels in the cell.
        vessels: u32,
    },
}

/// Something that an operator should know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Its number.
    pub id: AlertId,
    /// What it is about.
    pub kind: Kind,
    /// How urgent it is.
    pub priority: Priority,
    /// Whether it is over.
    pub state: State,
    /// Rises by one with every change of this alert, from 1.
    pub revision: u32,
    /// Event time at which its condition began.
    pub condition: UtcTime,
    /// Event time at which it was raised.
    pub raised: UtcTime,
    /// Event time at which it was cleared.
    pub cleared: Option<UtcTime>,
    /// Which tracks it is about.
    pub tracks: Subjects,
    /// Name of the zone that it is about.
    pub zone: Option<String>,
    /// The grid cell that it is about.
    pub cell: Option<Cell>,
    /// What was seen, as of this revision.
    pub evidence: Evidence,
    /// In words, as of this revision.
    pub text: Text,
}
