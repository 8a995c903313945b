use serde::{Deserialize, Serialize};

/// Limits of the tracker.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Most tracks; the one silent longest makes room. At least 1.
    pub max_tracks: usize,
    /// Most tracks of one MMSI; the one silent longest makes room. At least 1.
    pub max_tracks_per_caller: usize,
    /// Most marks; the one silent longest makes room. At least 1.
    pub max_marks: usize,
    /// Most vessels whose statics are remembered; whoever spoke longest ago is forgotten. At least 1.
    pub max_statics: usize,
    /// How long a lost track is kept, so that it is seen to be lost, seconds.
    pub lost_hold_s: f64,
    /// How long a mark may be silent, seconds.
    pub mark_silence_s: f64,
    /// Oldest position report that is believed, seconds from validity to arrival.
    pub max_age_s: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_tracks: 200_000,
            max_tracks_per_caller: 8,
            max_marks: 20_000,
            max_statics: 400_000,
            lost_hold_s: 600.0,
            mark_silence_s: 900.0,
            max_age_s: 1800.0,
        }
    }
}
