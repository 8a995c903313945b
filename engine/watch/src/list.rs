//! Watch-list (502): a vessel that somebody looks for is here.

use crate::alert::{About, Evidence, Judgement, Key, Kind};
use crate::{Judge, Scene, is_live};
use fusion::{Track, TrackId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Vessels that somebody looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// What it is called, with its version.
    pub name: String,
    /// MMSIs on it.
    #[serde(default)]
    pub mmsi: Vec<u32>,
    /// IMO numbers on it.
    #[serde(default)]
    pub imo: Vec<u32>,
}

/// The judge of lists.
#[derive(Debug)]
pub(crate) struct Lists {
    lists: Vec<(String, BTreeSet<u32>, BTreeSet<u32>)>,
    state: State,
}

/// What it remembers: who has been told of which list.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    told: BTreeSet<(TrackId, u16)>,
}

impl State {
    /// Whoever is on these lists is told of anew.
    pub fn forget(&mut self, lists: &[u16]) {
        self.told.retain(|(_, list)| !lists.contains(list));
    }
}

impl Lists {
    pub fn new(lists: &[List], state: State) -> Self {
        let sets = |list: &List| {
            (list.name.clone(), list.mmsi.iter().copied().collect(), list.imo.iter().copied().collect())
        };
        Self { lists: lists.iter().map(sets).collect(), state }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }
}

impl Judge for Lists {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        if !is_live(track) {
            return;
        }
        for (number, (name, mmsis, imos)) in (0_u16..).zip(&self.lists) {
            let is_on = track.identity.mmsi.is_some_and(|mmsi| mmsis.contains(&mmsi.number()))
                || track.identity.imo.is_some_and(|imo| imos.contains(&imo.number()));
            if is_on && self.state.told.insert((track.id, number)) {
                let key = Key::one(Kind::WatchList, track.id, About::Zone(number));
                let judgement = Judgement { name: Some(name), ..Judgement::of(key, Evidence::Fact) };
                scene.flash(&judgement, scene.moment.now);
            }
        }
    }

    fn gone(&mut self, id: TrackId, _scene: &mut Scene<'_>) {
        self.state.told.retain(|(told, _)| *told != id);
    }
}
