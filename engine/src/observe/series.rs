//! Numbers that another system gives to its tracks: where one begins anew, it is another target.

use fusion::{SensorId, SensorTrackKey, SensorTrackStatus, chord_m};
use std::collections::BTreeMap;
use units::{Position, UtcTime};

/// Series that are told apart; the one silent longest makes room.
pub(super) const MAX_SERIES: usize = 65_536;
/// A number that was silent this long and comes again is another target's.
const SILENCE_S: f64 = 600.0;
/// Nothing on the water goes further than this between two states: metres, and metres per second.
const JUMP_M: f64 = 1000.0;
const JUMP_MPS: f64 = 60.0;

/// The series of one sensor.
#[derive(Debug)]
pub(super) struct Series {
    sensor: SensorId,
    all: BTreeMap<i64, Last>,
    /// The last generation given to each number.
    generations: BTreeMap<u32, u32>,
    /// Where generations begin: above all that were forgotten.
    first_generation: u32,
    /// Times a number began anew.
    pub renumbered: u64,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    generation: u32,
    at: UtcTime,
    heard: UtcTime,
    position: Option<Position>,
    status: SensorTrackStatus,
}

/// What is said of a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    pub at: UtcTime,
    pub heard: UtcTime,
    pub position: Option<Position>,
    pub status: SensorTrackStatus,
}

impl Series {
    pub const fn new(sensor: SensorId) -> Self {
        Self {
            sensor,
            all: BTreeMap::new(),
            generations: BTreeMap::new(),
            first_generation: 0,
            renumbered: 0,
        }
    }

    /// Which series a state belongs to; `None` where it was told before.
    pub fn key(&mut self, id: i64, state: State) -> Option<SensorTrackKey> {
        let State { at, heard, position, status } = state;
        let number = id as u32;
        let before = self.all.get(&id).copied();
        let goes_on = before.filter(|before| {
            before.status != SensorTrackStatus::Ended
                && heard.since(before.heard) < SILENCE_S
                && position.zip(before.position).is_none_or(|(here, there)| {
                    let between_s = at.since(before.at).abs();
                    chord_m(here, there) <= JUMP_M + JUMP_MPS * between_s
                })
        });
        if before.is_some_and(|before| before.at == at && before.status == status && goes_on.is_some()) {
            if let Some(series) = self.all.get_mut(&id) {
                series.heard = heard;
            }
            return None;
        }
        // The end of a series that nobody has begun, or that has ended already, says nothing.
        if status == SensorTrackStatus::Ended && goes_on.is_none() {
            return None;
        }
        let generation = match goes_on {
            Some(before) => before.generation,
            None => self.begin(number, before.is_some()),
        };
        if self.all.len() >= MAX_SERIES && !self.all.contains_key(&id) {
            let silent = self.all.iter().min_by_key(|(id, last)| (last.heard, **id)).map(|(id, _)| *id);
            silent.and_then(|id| self.all.remove(&id));
        }
        let position = position.or(before.and_then(|before| before.position));
        self.all.insert(id, Last { generation, at, heard, position, status });
        Some(SensorTrackKey { sensor: self.sensor, number, generation })
    }

    fn begin(&mut self, number: u32, again: bool) -> u32 {
        self.renumbered += u64::from(again);
        if self.generations.len() >= 2 * MAX_SERIES && !self.generations.contains_key(&number) {
            let last = self.generations.values().max().copied().unwrap_or_default();
            self.first_generation = last.wrapping_add(1);
            self.generations.clear();
        }
        let first = self.first_generation;
        *self.generations.entry(number).and_modify(|last| *last = last.wrapping_add(1)).or_insert(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_remembered_within_bounds() {
        let mut series = Series::new(SensorId(5));
        let mut keys = std::collections::BTreeSet::new();
        for round in 0..3 {
            for number in 0..(MAX_SERIES as u32 + 40_000) {
                keys.insert((number, series.begin(number, false)));
            }
            assert!(series.generations.len() <= 2 * MAX_SERIES, "{round}");
        }
        assert_eq!(keys.len(), 3 * (MAX_SERIES + 40_000), "no generation comes twice");
    }
}
