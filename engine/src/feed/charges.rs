//! Units of the supervision grid: told when the vessels that one has charge of, or its grade, have changed; every ten
//! seconds at most.

use super::proto::{self, server_message::Body};
use super::{Named, Update};
use crate::core::Core;
use std::collections::BTreeMap;
use std::sync::Arc;
use watch::Grade;

const EVERY_S: i64 = 10;

/// What was told of each, by name.
#[derive(Debug, Default)]
pub struct Units {
    told: BTreeMap<String, (u32, Grade)>,
    turn: Option<i64>,
}

impl Units {
    /// All of it is to be said anew.
    pub fn again(&mut self) {
        self.turn = None;
        for (vessels, _) in self.told.values_mut() {
            // More than there can be.
            *vessels = u32::MAX;
        }
    }

    /// Says what has changed, where any cell has.
    pub fn tell(&mut self, core: &Core, has_cells: bool, into: &mut Vec<Update>) {
        let watch = &core.watch;
        let turn = core.picture.now().unix_s().div_euclid(EVERY_S);
        if !has_cells || self.turn == Some(turn) {
            return;
        }
        self.turn = Some(turn);
        let units = watch.units();
        self.told.retain(|name, _| {
            let is_there = units.iter().any(|(unit, _)| unit.name == *name);
            if !is_there {
                into.push(Update::Named(Named::Unit, Arc::from(name.as_str()), None));
            }
            is_there
        });
        if units.is_empty() {
            return;
        }
        let mut vessels: BTreeMap<&str, u32> = BTreeMap::new();
        for (cell, count) in watch.cells() {
            let (.., Some(unit)) = watch.cell(cell) else { continue };
            // A branch has charge of what its posts have.
            for unit in std::iter::once(unit).chain(watch.above(unit)) {
                *vessels.entry(&unit.name).or_default() += count;
            }
        }
        for (unit, grade) in units {
            let now = (vessels.get(unit.name.as_str()).copied().unwrap_or_default(), grade);
            if self.told.insert(unit.name.clone(), now) == Some(now) {
                continue;
            }
            let corner = |at: &units::Position| proto::Point { lat: at.lat(), lon: at.lon() };
            let body = proto::Unit {
                name: unit.name.clone(),
                parent: unit.parent.clone(),
                officer: (!unit.officer.is_empty()).then(|| unit.officer.clone()),
                polygon: unit.polygon.iter().map(corner).collect(),
                vessels: now.0,
                grade: (grade != Grade::None).then(|| grade.as_str().to_owned()),
                version: 0,
            };
            let name = Arc::from(unit.name.as_str());
            into.push(Update::Named(Named::Unit, name, Some(Box::new(Body::Unit(body)))));
        }
    }
}
