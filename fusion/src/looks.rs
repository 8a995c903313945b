//! What each radar makes of one track: when it looked, whether it saw.

use crate::SensorId;
use serde::{Deserialize, Serialize};
use units::UtcTime;

/// One radar's looks at one track.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Look {
    pub sensor: SensorId,
    /// The last pass of the antenna that was settled: seen or missed.
    pub last: UtcTime,
    pub seen: Option<UtcTime>,
    pub hits: u32,
    /// In a row.
    pub missed: u16,
    /// Probability of detection, as it turned out.
    pub pd: f32,
}

/// The radars that look at a track; of more than these, the one that saw it longest ago makes room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Looks([Option<Look>; 6]);

/// How fast it forgets what it learnt of the probability of detection.
const LEARN: f32 = 0.05;
const PD_START: f32 = 0.6;

impl Looks {
    pub fn get(&self, sensor: SensorId) -> Option<&Look> {
        self.0.iter().flatten().find(|look| look.sensor == sensor)
    }

    pub fn all(&self) -> impl Iterator<Item = &Look> {
        self.0.iter().flatten()
    }

    /// The look of a radar, begun now if there is none.
    pub fn of(&mut self, sensor: SensorId, at: UtcTime) -> Option<&mut Look> {
        let known = self.0.iter().position(|look| look.is_some_and(|look| look.sensor == sensor));
        let Some(place) = known else {
            let last = |k: &usize| self.0.get(*k).copied().flatten().map(|look| look.last);
            let place = (0..self.0.len()).min_by_key(last)?;
            let place = self.0.get_mut(place)?;
            *place = Some(Look { sensor, last: at, seen: None, hits: 0, missed: 0, pd: PD_START });
            return place.as_mut();
        };
        self.0.get_mut(place)?.as_mut()
    }

    pub fn pd(&self, sensor: SensorId) -> f64 {
        self.get(sensor).map_or(f64::from(PD_START), |look| f64::from(look.pd))
    }

    pub fn last_seen(&self) -> Option<UtcTime> {
        self.all().filter_map(|look| look.seen).max()
    }

    /// Some radar sees it more often than not by chance.
    pub fn is_well_seen(&self) -> bool {
        self.all().any(|look| look.hits >= 4 && look.pd > 0.35)
    }

    pub fn hits(&self) -> u32 {
        self.all().map(|look| look.hits).sum()
    }
}

impl Look {
    pub fn hit(&mut self, at: UtcTime) {
        self.last = self.last.max(at);
        self.seen = Some(self.seen.map_or(at, |seen| seen.max(at)));
        self.hits = self.hits.saturating_add(1);
        self.missed = 0;
        self.pd = (self.pd + LEARN * (1.0 - self.pd)).min(0.98);
    }

    /// It was seen together with others.
    pub fn share(&mut self, at: UtcTime) {
        self.last = self.last.max(at);
        self.missed = 0;
    }

    /// It could not be seen.
    pub fn pass(&mut self, at: UtcTime) {
        self.last = self.last.max(at);
    }

    pub fn miss(&mut self, at: UtcTime) {
        self.last = self.last.max(at);
        self.missed = self.missed.saturating_add(1);
        self.pd = (self.pd - LEARN * self.pd).max(0.003);
    }
}
