//! Who a vessel says it is, and what is remembered of that while no track bears it.

use crate::ageing::Ageing;
use crate::{Hull, Statics};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{Imo, Label, Mmsi, UtcTime};

/// Who a track claims to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Its MMSI.
    pub mmsi: Option<Mmsi>,
    /// Its IMO number.
    pub imo: Option<Imo>,
    /// Its name.
    pub name: Option<Label>,
    /// Its call sign.
    pub callsign: Option<Label>,
    /// Ship and cargo type, the code of ITU-R M.1371-5 table 53.
    pub ship_type: Option<u8>,
    /// Where it says it is going, as typed on board.
    pub destination: Option<Label>,
    /// Present static draught, metres.
    pub draught_m: Option<f64>,
}

impl Identity {
    /// Takes what is said; what is not said stays. Whether anything changed.
    pub(crate) fn learn(&mut self, hull: &mut Option<Hull>, statics: &Statics) -> bool {
        // Every part, even after one that changed: `|` and not `||`.
        learn(&mut self.imo, statics.imo)
            | learn(&mut self.name, statics.name)
            | learn(&mut self.callsign, statics.callsign)
            | learn(&mut self.ship_type, statics.ship_type)
            | learn(&mut self.destination, statics.destination)
            | learn(&mut self.draught_m, statics.draught_m.filter(|d| d.is_finite()))
            | learn(hull, statics.hull)
    }
}

fn learn<T: Copy + PartialEq>(known: &mut Option<T>, said: Option<T>) -> bool {
    let changed = said.is_some() && *known != said;
    if changed {
        *known = said;
    }
    changed
}

/// The statics of each MMSI, whether a track bears it or not: a name outlives a gap in coverage, and may come
/// before the first position.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    known: BTreeMap<Mmsi, Known>,
    ages: Ageing<Mmsi>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Known {
    pub identity: Identity,
    pub hull: Option<Hull>,
    pub heard: UtcTime,
}

impl Names {
    /// Remembers what was said; forgets whoever spoke longest ago where that makes more than `most`.
    pub fn learn(&mut self, statics: &Statics, now: UtcTime, most: usize) {
        let ages = &mut self.ages;
        let known = self.known.entry(statics.mmsi).or_insert_with(|| {
            ages.insert(statics.mmsi, now);
            Known {
                identity: Identity { mmsi: Some(statics.mmsi), ..Identity::default() },
                hull: None,
                heard: now,
            }
        });
        known.identity.learn(&mut known.hull, statics);
        known.heard = now;
        while self.known.len() > most.max(1) {
            let Some((oldest, _)) = self.ages.take_oldest(|mmsi| self.known.get(&mmsi).map(|k| k.heard))
            else {
                break;
            };
            self.known.remove(&oldest);
        }
    }

    pub fn of(&self, mmsi: Mmsi) -> (Identity, Option<Hull>) {
        self.known.get(&mmsi).map_or((Identity { mmsi: Some(mmsi), ..Identity::default() }, None), |known| {
            (known.identity, known.hull)
        })
    }

    pub fn all(&self) -> impl Iterator<Item = &Known> {
        self.known.values()
    }

    pub fn restore(all: impl IntoIterator<Item = Known>) -> Self {
        let mut names = Self::default();
        for known in all {
            if let Some(mmsi) = known.identity.mmsi {
                names.ages.insert(mmsi, known.heard);
                names.known.insert(mmsi, known);
            }
        }
        names
    }
}
