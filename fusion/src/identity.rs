//! Who a vessel says it is, and what is remembered of that while no track bears it.

use crate::ageing::Ageing;
use crate::{Hull, Statics};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{Caller, Card, Imo, Label, Mmsi, Terminal, UtcTime};

/// Who a track claims to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Its MMSI.
    pub mmsi: Option<Mmsi>,
    /// Its BeiDou card.
    pub card: Option<Card>,
    /// Its JT/T 808 terminal.
    pub terminal: Option<Terminal>,
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
    /// Of somebody of whom nothing else is known.
    pub(crate) fn of(caller: Caller) -> Self {
        let mut identity = Self::default();
        match caller {
            Caller::Mmsi(mmsi) => identity.mmsi = Some(mmsi),
            Caller::Card(card) => identity.card = Some(card),
            Caller::Terminal(terminal) => identity.terminal = Some(terminal),
        }
        identity
    }

    /// By what it is known; `None` where it never spoke.
    #[must_use]
    pub fn caller(&self) -> Option<Caller> {
        let card = self.card.map(Caller::Card);
        self.mmsi.map(Caller::Mmsi).or(card).or(self.terminal.map(Caller::Terminal))
    }

    /// All numbers by which it is known; the first is the one that it goes by.
    pub(crate) fn callers(&self) -> impl Iterator<Item = Caller> {
        let mmsi = self.mmsi.map(Caller::Mmsi);
        let (card, terminal) = (self.card.map(Caller::Card), self.terminal.map(Caller::Terminal));
        [mmsi, card, terminal].into_iter().flatten()
    }

    /// It is known by one more number.
    pub(crate) fn also(&mut self, caller: Caller) {
        match caller {
            Caller::Mmsi(_) => {}
            Caller::Card(card) => self.card = Some(card),
            Caller::Terminal(terminal) => self.terminal = Some(terminal),
        }
    }

    /// It is no longer known by one of its numbers.
    pub(crate) fn forget(&mut self, caller: Caller) {
        match caller {
            Caller::Mmsi(_) => {}
            Caller::Card(card) => self.card = self.card.filter(|known| *known != card),
            Caller::Terminal(terminal) => self.terminal = self.terminal.filter(|known| *known != terminal),
        }
    }

    /// Takes what is said; what is not said stays. Whether anything changed.
    pub(crate) fn learn(&mut self, hull: &mut Option<Hull>, statics: &Statics) -> bool {
        // One that goes by its terminal alone would go by another number from then on.
        let card = statics.card.filter(|_| !matches!(statics.by, Caller::Terminal(_)));
        // Every part, even after one that changed: `|` and not `||`.
        learn(&mut self.card, card)
            | learn(&mut self.terminal, statics.terminal)
            | learn(&mut self.imo, statics.imo)
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

/// The statics of each caller, whether a track bears it or not: a name outlives a gap in coverage, and may come
/// before the first position.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    known: BTreeMap<Caller, Known>,
    ages: Ageing<Caller>,
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
        let known = self.known.entry(statics.by).or_insert_with(|| {
            ages.insert(statics.by, now);
            Known { identity: Identity::of(statics.by), hull: None, heard: now }
        });
        known.identity.learn(&mut known.hull, statics);
        known.heard = now;
        while self.known.len() > most.max(1) {
            let Some((oldest, _)) = self.ages.take_oldest(|caller| self.known.get(&caller).map(|k| k.heard))
            else {
                break;
            };
            self.known.remove(&oldest);
        }
    }

    pub fn of(&self, caller: Caller) -> (Identity, Option<Hull>) {
        let known = self.known.get(&caller);
        known.map_or((Identity::of(caller), None), |known| (known.identity, known.hull))
    }

    pub fn all(&self) -> impl Iterator<Item = &Known> {
        self.known.values()
    }

    pub fn restore(all: impl IntoIterator<Item = Known>) -> Self {
        let mut names = Self::default();
        for known in all {
            if let Some(caller) = known.identity.caller() {
                names.ages.insert(caller, known.heard);
                names.known.insert(caller, known);
            }
        }
        names
    }
}
