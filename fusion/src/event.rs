//! What goes into the core and what comes out of it.

use crate::{Observation, RadarSite, SourceId, TrackId};
use serde::{Deserialize, Serialize};
use units::{Mmsi, UtcTime};

/// What enters the core, in the order in which it entered: replaying the same events gives the same changes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A source said something.
    Observation(Observation),
    /// Another source heard what an observation was made of.
    AlsoHeard(AlsoHeard),
    /// Time has passed. Sweeps run when an event first reaches a new whole second; a tick is the event for a
    /// second in which nothing else happened.
    Tick(UtcTime),
    /// From an instant on, a radar stands and sees as its site says.
    Site(UtcTime, RadarSite),
}

/// A transmission that was observed already reached us by another source too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlsoHeard {
    /// Who heard it.
    pub source: SourceId,
    /// Who sent it.
    pub mmsi: Mmsi,
    /// When it reached us.
    pub arrival: UtcTime,
}

impl Event {
    /// When it reached the core.
    #[must_use]
    pub const fn arrival(&self) -> UtcTime {
        match self {
            Self::Observation(observation) => observation.arrival,
            Self::AlsoHeard(heard) => heard.arrival,
            Self::Tick(at) | Self::Site(at, _) => *at,
        }
    }
}

/// What an event changed in the picture. It names the thing; the picture holds its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// A track was born or has a new version.
    Track(TrackId),
    /// A track is no more.
    TrackGone {
        /// Which.
        id: TrackId,
        /// Who it claimed to be.
        mmsi: Option<Mmsi>,
        /// Why.
        reason: Gone,
    },
    /// A mark was first heard or has changed.
    Mark(Mmsi),
    /// A mark has been silent for too long.
    MarkGone(Mmsi),
}

/// Why a track ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gone {
    /// Silent for too long.
    Lost,
    /// Never confirmed.
    Unconfirmed,
    /// It was the same vessel as another track.
    Merged,
    /// The picture is full, and this one was silent longest.
    Displaced,
}
