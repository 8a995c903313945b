//! The life of an alert, the same for every kind (IMO MSC.302(87), MSC.252(83)).
//!
//! A judge reports a case again and again: its condition holds, has ended, or is between the two limits. When it
//! has held for the on-delay an alert is raised; when it has been over for the off-delay the alert ends, once
//! somebody has acknowledged it. There is one live alert for one situation, whatever happens in between, and one
//! state for the whole centre.
//!
//! ```text
//! N --raise--> V --silence--> S --30 s--> V      V, S --acknowledge--> A --condition ends--> N
//! V, S --condition ends--> U --acknowledge--> N  U --condition returns--> V, the same alert
//! V, S, A --transfer--> O --accept or acknowledge--> A     O --30 s unanswered--> as before
//! ```

mod case;
mod command;
mod counts;
mod evidence;
mod flood;
mod kind;
mod ledger;
mod life;
mod situation;
mod text;

#[cfg(test)]
mod tests;

pub(crate) use case::{Delays, Judgement, Key, Signal};
pub use command::{Command, Operator, Order, Refusal, Role, ShelveReason};
pub use counts::{Counts, Suppressed};
pub use evidence::{Duty, Evidence, Unit};
pub use flood::Config;
pub use kind::{Audience, Category, Ends, Kind};
pub(crate) use ledger::{Ledger, State as LedgerState};
pub use text::Text;

use fusion::{SourceId, TrackId};
use serde::{Deserialize, Serialize};
use units::grid::Cell;
use units::{Caller, Mmsi, Position, UtcTime};

/// An alert's number, unique for ever: the microsecond of its raising, or the next free one after it. Later
/// alerts have higher numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlertId(pub u64);

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

    /// As NMEA 0183 ALF has it.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Emergency => 'E',
            Self::Alarm => 'A',
            Self::Warning => 'W',
            Self::Caution => 'C',
        }
    }

    const fn raised(self) -> Self {
        match self {
            Self::Emergency | Self::Alarm => Self::Emergency,
            Self::Warning => Self::Alarm,
            Self::Caution => Self::Warning,
        }
    }
}

/// Where an alert is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// Its condition holds, and nobody has acknowledged it.
    Active,
    /// The same, and its sound is off for half a minute.
    Silenced,
    /// Its condition holds, and somebody has acknowledged it.
    Acknowledged,
    /// It has been offered to somebody else.
    Transferred,
    /// Its condition has ended before anybody acknowledged it.
    Rectified,
    /// It is over.
    Cleared,
}

impl State {
    /// As a lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Silenced => "silenced",
            Self::Acknowledged => "acknowledged",
            Self::Transferred => "transferred",
            Self::Rectified => "rectified",
            Self::Cleared => "cleared",
        }
    }

    /// As NMEA 0183 ALF has it.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Active => 'V',
            Self::Silenced => 'S',
            Self::Acknowledged => 'A',
            Self::Transferred => 'O',
            Self::Rectified => 'U',
            Self::Cleared => 'N',
        }
    }

    /// Whether somebody still has to look at it.
    #[must_use]
    pub const fn is_unacknowledged(self) -> bool {
        matches!(self, Self::Active | Self::Silenced)
    }
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

/// What else an alert is about, besides tracks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum About {
    /// Nothing.
    #[default]
    Nothing,
    /// A zone, gate, route, bridge, fixed object, list or storm: its place in the configuration, by kind.
    Zone(u16),
    /// A grid cell.
    Cell(Cell),
    /// A mark.
    Mark(Mmsi),
    /// A source.
    Source(SourceId),
    /// A camera, by its number.
    Camera(u16),
    /// Somebody who has no track.
    Caller(Caller),
}

/// Why an alert last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// Its condition began, changed or ended.
    Condition,
    /// Time ran out: of a silence, a transfer, a shelf, of patience.
    Timer,
    /// Somebody's command.
    Command,
    /// The situation that it was part of, or that explains it, changed.
    Grouping,
}

/// An alert that was set aside for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    /// Until when.
    pub until: UtcTime,
    /// Why.
    pub reason: ShelveReason,
    /// By whom.
    pub by: Operator,
}

/// An alert that was offered to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// To which console or sector.
    pub to: String,
    /// When.
    pub at: UtcTime,
    /// The state that it goes back to when nobody accepts it.
    pub before: State,
}

/// Something that an operator should know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Its number.
    pub id: AlertId,
    /// What it is about.
    pub kind: Kind,
    /// Number among those of its kind, from 1 to 999,999 and round again.
    pub instance: u32,
    /// How urgent it is.
    pub priority: Priority,
    /// Where it is in its life.
    pub state: State,
    /// Rises by one with every change of this alert, from 1.
    pub revision: u32,
    /// How often it became more urgent because nobody took it, at most 9.
    pub escalation: u8,
    /// It has a place in the budget of its sectors: it is heard while it is [`State::Active`].
    pub sounding: bool,
    /// 0 to 1: where it stands among others of its priority.
    pub rank: f64,
    /// Event time at which its condition began.
    pub condition: UtcTime,
    /// Event time at which it was raised.
    pub raised: UtcTime,
    /// Event time of its last change of state.
    pub changed: UtcTime,
    /// Event time at which it was cleared.
    pub cleared: Option<UtcTime>,
    /// Why it last changed.
    pub cause: Cause,
    /// Who changed it last, where somebody did.
    pub by: Option<Operator>,
    /// Who has taken it.
    pub owner: Option<Operator>,
    /// To whom it is offered.
    pub transfer: Option<Transfer>,
    /// Set aside, until when and why.
    pub shelf: Option<Shelf>,
    /// The first alert of the situation that this one is part of; its own number where it is that one.
    pub group: Option<AlertId>,
    /// The alert that explains this one.
    pub consequence_of: Option<AlertId>,
    /// Names of the sectors that it lies in, that of the supervisor after an escalation.
    pub sectors: Vec<String>,
    /// Which tracks it is about.
    pub tracks: Subjects,
    /// What else it is about.
    pub about: About,
    /// Where, as of this revision.
    pub place: Option<Position>,
    /// Name of the zone, mark or source that it is about.
    pub zone: Option<String>,
    /// The grid cell that it is about.
    pub cell: Option<Cell>,
    /// What was seen, as of this revision.
    pub evidence: Evidence,
    /// In words, as of this revision.
    pub text: Text,
}

impl Alert {
    /// Nothing more will come of it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Cleared
    }
}
