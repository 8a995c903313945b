//! Aid off position (414): an aid to navigation that says so itself, or is not where it was.

use crate::alert::{About, Delays, Evidence, Judgement, Key, Kind, Signal, Unit};
use crate::{Judge, Scene};
use fusion::{Mark, MarkKind, Track, TrackId, chord_m};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{Mmsi, Position};

const MOVED_M: f64 = 50.0;
const CLEAR_M: f64 = 40.0;
const DELAY_S: f64 = 30.0;
const MAX_AIDS: usize = 20_000;

/// The judge of aids.
#[derive(Debug)]
pub(crate) struct Aids {
    state: State,
}

/// What it remembers: where each was first heard.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    home: BTreeMap<Mmsi, Position>,
}

impl Aids {
    pub const fn new(state: State) -> Self {
        Self { state }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }
}

impl Judge for Aids {
    fn update(&mut self, _track: &Track, _scene: &mut Scene<'_>) {}

    fn gone(&mut self, _id: TrackId, _scene: &mut Scene<'_>) {}

    fn mark(&mut self, mark: &Mark, scene: &mut Scene<'_>) {
        // What exists only on the air cannot drift.
        if mark.kind != MarkKind::Aid || mark.is_virtual {
            return;
        }
        let says_so = mark.off_position == Some(true);
        if let Some(at) = mark.position
            && !says_so
            && (self.state.home.len() < MAX_AIDS || self.state.home.contains_key(&mark.mmsi))
        {
            self.state.home.entry(mark.mmsi).or_insert(at);
        }
        let moved_m =
            mark.position.zip(self.state.home.get(&mark.mmsi)).map_or(0.0, |(at, home)| chord_m(at, *home));
        let name = mark.name.map_or_else(|| mark.mmsi.to_string(), |name| name.to_string());
        let judgement = Judgement {
            name: Some(&name),
            place: mark.position,
            delays: Delays { on_s: DELAY_S, off_s: DELAY_S },
            ..Judgement::of(
                Key::place(Kind::AidOffPosition, About::Mark(mark.mmsi)),
                Evidence::against(moved_m, MOVED_M, Unit::Metres),
            )
        };
        scene.signal(Signal::of(says_so || moved_m > MOVED_M, !says_so && moved_m < CLEAR_M), &judgement);
    }
}
