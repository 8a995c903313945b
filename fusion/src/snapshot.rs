//! Everything the tracker remembers, and back.

use crate::alias::Aliases;
use crate::current::Currents;
use crate::identity::{Known, Names};
use crate::mark::Marks;
use crate::mutual::{Pair, Sights};
use crate::series::Link;
use crate::unmerge::Taken;
use crate::{Config, Counters, Fusion, Mark, Radar, SensorTrackKey, Track, TrackId};
use serde::{Deserialize, Serialize};
use units::UtcTime;

/// Everything the tracker remembers. What can be worked out again (the index, the schedule) is not in it: how
/// loose those are never shows in any answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    config: Config,
    now: UtcTime,
    swept_s: i64,
    next_id: TrackId,
    tracks: Vec<Track>,
    candidates: Vec<Track>,
    next_candidate: TrackId,
    radars: Vec<Radar>,
    pairs: Vec<Pair>,
    sights: Sights,
    aliases: Aliases,
    links: Vec<(SensorTrackKey, Link)>,
    suspects: Vec<((TrackId, TrackId), i8)>,
    currents: Currents,
    taken: Vec<Taken>,
    marks: Vec<Mark>,
    names: Vec<Known>,
    counters: Counters,
}

impl Fusion {
    /// Everything it remembers.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            config: self.config,
            now: self.now,
            swept_s: self.swept_s,
            next_id: self.next_id,
            tracks: self.tracks().cloned().collect(),
            candidates: self.candidates.values().map(|entry| entry.track.clone()).collect(),
            next_candidate: self.next_candidate,
            radars: self.radars.clone(),
            pairs: self.pairs.clone(),
            sights: self.sights.clone(),
            aliases: self.aliases.clone(),
            links: self.links.iter().map(|(key, link)| (*key, *link)).collect(),
            suspects: self.suspects.iter().map(|(pair, count)| (*pair, *count)).collect(),
            currents: self.currents.clone(),
            taken: self.taken.iter().cloned().collect(),
            marks: self.marks().copied().collect(),
            names: self.names.all().copied().collect(),
            counters: self.counters,
        }
    }

    /// The inverse of [`Fusion::snapshot`]: from here on it behaves as the original would have.
    #[must_use]
    pub fn restore(snapshot: Snapshot) -> Self {
        let mut fusion = Self::new(snapshot.config);
        fusion.now = snapshot.now;
        fusion.swept_s = snapshot.swept_s;
        fusion.next_id = snapshot.next_id;
        fusion.marks = Marks::restore(snapshot.marks);
        fusion.names = Names::restore(snapshot.names);
        fusion.counters = snapshot.counters;
        fusion.aliases = snapshot.aliases;
        let mut leaves = Vec::with_capacity(snapshot.tracks.len());
        for track in snapshot.tracks {
            leaves.push(fusion.adopt(track));
        }
        for track in snapshot.candidates {
            fusion.adopt_candidate(track);
        }
        fusion.next_candidate = snapshot.next_candidate;
        fusion.radars = snapshot.radars;
        fusion.pairs = snapshot.pairs;
        fusion.sights = snapshot.sights;
        fusion.links = snapshot.links.into_iter().collect();
        fusion.suspects = snapshot.suspects.into_iter().collect();
        fusion.currents = snapshot.currents;
        fusion.taken = snapshot.taken.into();
        fusion.index.load(leaves);
        fusion
    }
}
