//! One case: what makes it one, what its judge says of it, and what is kept of that.

use super::counts::Suppressed;
use super::{About, Alert, AlertId, Evidence, Kind, Priority, State as Life, Subjects};
use fusion::TrackId;
use serde::{Deserialize, Serialize};
use units::{Position, UtcTime};

/// What makes two situations the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Key {
    pub kind: Kind,
    pub tracks: Subjects,
    pub about: About,
}

impl Key {
    pub const fn one(kind: Kind, track: TrackId, about: About) -> Self {
        Self { kind, tracks: Subjects::one(track), about }
    }

    pub fn pair(kind: Kind, one: TrackId, other: TrackId, about: About) -> Self {
        Self { kind, tracks: Subjects::pair(one, other), about }
    }

    pub const fn place(kind: Kind, about: About) -> Self {
        Self { kind, tracks: Subjects::NONE, about }
    }

    /// The zone that it is about, where it is about one.
    pub const fn zone(&self) -> About {
        match self.about {
            About::Zone(_) => self.about,
            _ => About::Nothing,
        }
    }
}

/// What a judge says of a case at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The condition to raise holds.
    On,
    /// Neither: too little to raise, too much to clear.
    Hold,
    /// The condition to clear holds.
    Off,
}

impl Signal {
    /// From the two limits.
    pub const fn of(on: bool, off: bool) -> Self {
        if on {
            Self::On
        } else if off {
            Self::Off
        } else {
            Self::Hold
        }
    }
}

/// How long a signal has to last, seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Delays {
    pub on_s: f64,
    pub off_s: f64,
}

/// A case and what its judge says of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judgement<'a> {
    pub key: Key,
    /// Name of the zone, mark, source or list.
    pub name: Option<&'a str>,
    pub evidence: Evidence,
    pub delays: Delays,
    /// Where, unless it is where its first track or its cell is.
    pub place: Option<Position>,
    /// Where it differs from that of the kind.
    pub priority: Option<Priority>,
    /// 0 to 1: where it stands among others of its priority.
    pub rank: f64,
    /// A vessel that somebody watches: what would go into the report goes to the operators.
    pub is_watched: bool,
}

impl Judgement<'_> {
    pub const fn of(key: Key, evidence: Evidence) -> Self {
        Self {
            key,
            name: None,
            evidence,
            delays: Delays { on_s: 0.0, off_s: 0.0 },
            place: None,
            priority: None,
            rank: 0.5,
            is_watched: false,
        }
    }
}

/// Where a case stands in the index of what is to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// When something is next to be done with it.
    pub due: Option<UtcTime>,
    /// Its alert waits for somebody to acknowledge it, since then.
    pub rectified: Option<(AlertId, UtcTime)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Case {
    /// Since when the condition has held without a break and not been told.
    pub since: Option<UtcTime>,
    /// Since when it has been over, where it is.
    pub over: Option<UtcTime>,
    /// Why it is not told.
    pub muted: Option<Suppressed>,
    pub delays: Delays,
    pub name: Option<String>,
    pub evidence: Evidence,
    pub place: Option<Position>,
    pub priority: Priority,
    pub rank: f64,
    pub is_watched: bool,
    pub alert: Option<Alert>,
    /// When the alert was last raised or revised.
    pub told: UtcTime,
    /// When it becomes more urgent, or is repeated.
    pub patience: Option<UtcTime>,
    /// How urgent it was when it was told.
    pub told_priority: Priority,
    /// Follows from the rest.
    #[serde(skip)]
    pub plan: Plan,
}

impl Case {
    pub fn new(judgement: &Judgement<'_>, since: UtcTime) -> Self {
        let mut case = Self {
            since: Some(since),
            over: None,
            muted: None,
            delays: judgement.delays,
            name: judgement.name.map(str::to_owned),
            evidence: judgement.evidence,
            place: None,
            priority: Priority::Caution,
            rank: 0.0,
            is_watched: false,
            alert: None,
            told: since,
            patience: None,
            told_priority: Priority::Caution,
            plan: Plan::default(),
        };
        case.learn(judgement);
        case
    }

    pub fn learn(&mut self, judgement: &Judgement<'_>) {
        if judgement.name != self.name.as_deref() {
            self.name = judgement.name.map(str::to_owned);
        }
        self.evidence = judgement.evidence;
        self.place = judgement.place;
        self.priority = judgement.priority.unwrap_or_else(|| judgement.key.kind.priority());
        self.rank = judgement.rank;
        self.is_watched = judgement.is_watched;
    }

    pub fn state(&self) -> Option<Life> {
        self.alert.as_ref().map(|alert| alert.state)
    }

    /// Whether the condition, if it began now, would be news.
    pub fn awaits(&self) -> bool {
        self.muted.is_none() && matches!(self.state(), None | Some(Life::Rectified))
    }
}
