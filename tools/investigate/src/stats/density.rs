//! Where vessels were, and for how long.

use super::Vessel;
use super::weights::rounded;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One cell that somebody was in.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cell {
    /// Its corner, degrees.
    pub south: f64,
    /// The same.
    pub west: f64,
    /// Hours that all vessels together were in it.
    pub vessel_hours: f64,
    /// How many different ones.
    pub vessels: u64,
    /// Mean speed over ground, by time.
    pub mean_sog_kn: Option<f64>,
}

#[derive(Default)]
struct Inside {
    seconds: f64,
    vessels: BTreeSet<Vessel>,
    sog: [f64; 2],
}

pub struct Density {
    cell_deg: f64,
    cells: BTreeMap<(i64, i64), Inside>,
}

impl Density {
    pub fn new(cell_deg: f64) -> Self {
        Self { cell_deg, cells: BTreeMap::new() }
    }

    pub fn add(&mut self, vessel: &Vessel, [lat, lon]: [f64; 2], seconds: f64, sog_kn: Option<f64>) {
        let row = |value: f64| (value / self.cell_deg).floor() as i64;
        let inside = self.cells.entry((row(lat), row(lon))).or_default();
        inside.seconds += seconds;
        if !inside.vessels.contains(vessel) {
            inside.vessels.insert(vessel.clone());
        }
        if let Some(sog_kn) = sog_kn {
            let [sum, time] = &mut inside.sog;
            (*sum, *time) = (*sum + sog_kn * seconds, *time + seconds);
        }
    }

    pub fn cells(&self) -> Vec<Cell> {
        let cell = |(&(row, column), inside): (&(i64, i64), &Inside)| {
            let [sum, time] = inside.sog;
            Cell {
                south: rounded_degrees(row as f64 * self.cell_deg),
                west: rounded_degrees(column as f64 * self.cell_deg),
                vessel_hours: (inside.seconds / 3600.0 * 1e6).round() / 1e6,
                vessels: inside.vessels.len() as u64,
                mean_sog_kn: (time > 0.0).then(|| rounded(sum / time)),
            }
        };
        self.cells.iter().map(cell).collect()
    }
}

fn rounded_degrees(value: f64) -> f64 {
    (value * 1e7).round() / 1e7
}
