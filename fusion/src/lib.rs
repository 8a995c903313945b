//! Observations in, tracks out: the tracker.
//!
//! [`Fusion::apply`] takes one event at a time and says what changed; everything else reads the picture. The
//! cycle for a position report: believe its time, know a copy, find the vessel's track by place and MMSI, predict
//! and update its filter or begin a track, note when silence will next mean something, announce.
//!
//! **Invariant**: no clock, no input or output, no threads, no randomness: the same events give the same
//! changes, bit for bit. It cannot fail: odd input is counted ([`Counters`]). Memory is bounded ([`Config`]).

mod ageing;
mod alias;
mod assignment;
mod associate;
mod clutter;
mod config;
mod counters;
mod current;
mod entries;
mod event;
mod filter;
mod heard;
mod hidden;
mod identity;
mod imm;
mod index;
mod life;
mod looks;
mod mark;
mod merge;
mod motion;
mod mutual;
mod observation;
mod pending;
mod picture;
mod plane;
mod radar;
mod regain;
mod registration;
mod relink;
mod report;
mod schedule;
mod series;
mod snapshot;
mod sweep;
mod track;
mod unmerge;
mod unresolved;

#[cfg(test)]
mod tests;

pub use config::Config;
pub use counters::Counters;
pub use current::Current;
pub use event::{AlsoHeard, Change, Event, Gone};
pub use identity::Identity;
pub use life::Life;
pub use mark::Mark;
pub use observation::{
    Body, Distress, Extent, Hull, MarkKind, MarkReport, Observation, Plot, Polar, Report, SensorId,
    SensorTrack, SensorTrackKey, SensorTrackStatus, SourceId, Statics, Station,
};
pub use picture::Fusion;
pub use plane::{Carried, Plane, chord_m};
pub use radar::{Radar, RadarSite, Shadow};
pub use registration::Registration;
pub use snapshot::Snapshot;
pub use track::{Kinematics, Reported, Track, TrackId};
