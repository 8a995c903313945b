use serde::{Deserialize, Serialize};

/// What became of everything that came in, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Observations that came in. Each is in exactly one of the next twelve.
    pub observations: u64,
    /// Began a track.
    pub born: u64,
    /// Updated a track.
    pub updated: u64,
    /// Of a track, but true before its state: noted as reported, without moving the state.
    pub late: u64,
    /// Another hearing of a report that was already in.
    pub copies: u64,
    /// Signs of life, without position, of a known vessel; and of terminals that may be aboard one.
    pub signs: u64,
    /// Signs of life of nobody known.
    pub unknown: u64,
    /// Position reports too old to believe.
    pub stale: u64,
    /// Statics.
    pub statics: u64,
    /// Reports of marks.
    pub marks: u64,
    /// Plots.
    pub plots: u64,
    /// States of sensors' tracks.
    pub sensor_tracks: u64,
    /// Calls for help.
    pub distress: u64,

    /// Further sources of what had been observed already.
    pub also_heard: u64,
    /// Reports said to be true well after they arrived: the arrival was used.
    pub future: u64,
    /// Reports that began a second track of a live MMSI, too far from the first.
    pub jumps: u64,
    /// Tracks that came into doubt.
    pub doubts: u64,
    /// Tracks that became lost.
    pub lost: u64,
    /// Tracks that ended lost.
    pub ended: u64,
    /// Tracks that ended without ever being confirmed.
    pub unconfirmed: u64,
    /// Tracks that turned out to be the vessel of another track.
    pub merged: u64,
    /// Of those, the ones that turned out to be two vessels after all.
    pub parted: u64,
    /// Tracks that radar alone began.
    pub sighted: u64,
    /// Tracks that made room for others.
    pub displaced: u64,
    /// Marks that fell silent.
    pub marks_silent: u64,
}

impl Counters {
    /// What became of observations, by name for programs: each observation is in exactly one.
    #[must_use]
    pub const fn outcomes(&self) -> [(&'static str, u64); 12] {
        [
            ("born", self.born),
            ("updated", self.updated),
            ("late", self.late),
            ("copy", self.copies),
            ("sign", self.signs),
            ("unknown", self.unknown),
            ("stale", self.stale),
            ("statics", self.statics),
            ("mark", self.marks),
            ("plot", self.plots),
            ("sensor_track", self.sensor_tracks),
            ("distress", self.distress),
        ]
    }

    /// Observations whose outcome was counted: always equal to [`Counters::observations`].
    #[must_use]
    pub fn accounted(&self) -> u64 {
        self.outcomes().iter().map(|(_, count)| count).sum()
    }
}
