//! Plots that wait for their neighbours: in order of arrival, and found by where they are.

use crate::radar::Echo;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::VecDeque;

/// The plots of one radar that are not settled yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pending {
    /// The first is never settled.
    waiting: VecDeque<Waiting>,
    /// The number of the first; each that comes has the next.
    first: u64,
    unsettled: usize,
    /// The newest of each bucket of cells, as its number plus one.
    newest: Vec<u64>,
}

#[derive(Clone, Debug)]
struct Waiting {
    echo: Echo,
    cell: [i32; 2],
    /// The one before it in its bucket, as its number plus one.
    older: u64,
    settled: bool,
}

/// Side of a cell in the radar's plane, metres: what is within half of it lies in four cells at most.
const CELL_M: f64 = 1200.0;
pub(crate) const REACH_MOST_M: f64 = CELL_M * 0.5;
const BUCKETS: usize = 1024;

impl Pending {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.unsettled
    }

    pub fn push(&mut self, echo: Echo) {
        if self.newest.is_empty() {
            self.newest = vec![0; BUCKETS];
        }
        let number = self.first + self.waiting.len() as u64;
        let cell = cell(echo.flat);
        let mut older = 0;
        if let Some(newest) = self.newest.get_mut(bucket(cell)) {
            older = std::mem::replace(newest, number + 1);
        }
        self.waiting.push_back(Waiting { echo, cell, older, settled: false });
        self.unsettled += 1;
    }

    /// The one that has waited longest, and its number.
    pub fn oldest(&self) -> Option<(u64, &Echo)> {
        self.waiting.front().map(|waiting| (self.first, &waiting.echo))
    }

    pub fn get(&self, number: u64) -> Option<&Echo> {
        self.waiting(number).filter(|waiting| !waiting.settled).map(|waiting| &waiting.echo)
    }

    /// It waits no longer.
    pub fn settle(&mut self, number: u64) {
        let place = number.checked_sub(self.first).map(|place| place as usize);
        let Some(waiting) = place.and_then(|place| self.waiting.get_mut(place)) else { return };
        self.unsettled -= usize::from(!std::mem::replace(&mut waiting.settled, true));
        while self.waiting.front().is_some_and(|waiting| waiting.settled) {
            self.waiting.pop_front();
            self.first += 1;
        }
    }

    /// Shows all those within a reach of a place in the radar's plane, and some others.
    pub fn near(&self, [e, n]: [f64; 2], reach_m: f64, mut show: impl FnMut(u64, &Echo)) {
        let reach_m = reach_m.min(REACH_MOST_M);
        let ([west, south], [east, north]) =
            (cell([e - reach_m, n - reach_m]), cell([e + reach_m, n + reach_m]));
        for x in west..=east {
            for y in south..=north {
                let mut next = self.newest.get(bucket([x, y])).copied().unwrap_or(0);
                while let Some(number) = next.checked_sub(1) {
                    let Some(waiting) = self.waiting(number) else { break };
                    if !waiting.settled && waiting.cell == [x, y] {
                        show(number, &waiting.echo);
                    }
                    next = waiting.older;
                }
            }
        }
    }

    fn waiting(&self, number: u64) -> Option<&Waiting> {
        self.waiting.get(number.checked_sub(self.first)? as usize)
    }

    fn echoes(&self) -> impl Iterator<Item = &Echo> {
        self.waiting.iter().filter(|waiting| !waiting.settled).map(|waiting| &waiting.echo)
    }
}

fn cell(flat: [f64; 2]) -> [i32; 2] {
    flat.map(|m| (m / CELL_M).floor() as i32)
}

fn bucket([x, y]: [i32; 2]) -> usize {
    let mixed = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77);
    (mixed >> 16) as usize % BUCKETS
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.echoes().eq(other.echoes())
    }
}

impl Serialize for Pending {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut echoes = serializer.serialize_seq(Some(self.unsettled))?;
        for echo in self.echoes() {
            echoes.serialize_element(echo)?;
        }
        echoes.end()
    }
}

impl<'de> Deserialize<'de> for Pending {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut pending = Self::default();
        for echo in Vec::<Echo>::deserialize(deserializer)? {
            pending.push(echo);
        }
        Ok(pending)
    }
}
