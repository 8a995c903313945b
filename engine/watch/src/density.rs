//! Cell density (312): how many vessels are in each cell of the BeiDou grid, and where they are too many.

use crate::alert::{About, Delays, Evidence, Judgement, Key, Kind, Signal};
use crate::{Change, Judge, Scene, is_live};
use fusion::{Station, Track, TrackId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::grid::Cell;

/// When a cell holds too many vessels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Level of the grid (GB/T 39409-2020): 4, one minute of arc, or 5, four seconds.
    pub level: u8,
    /// So many vessels in one cell are too many.
    pub limit: u32,
    /// How long they are too many before an alert is raised, seconds.
    pub on_delay_s: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { level: 4, limit: 50, on_delay_s: 60.0 }
    }
}

/// Below this part of the limit the crowd has dispersed.
const CLEAR_FACTOR: f64 = 0.8;

/// The judge of density.
#[derive(Debug)]
pub(crate) struct Density {
    config: Config,
    state: State,
}

/// What it remembers.
///
/// **Invariant**: `count` counts the entries of `place`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    place: BTreeMap<TrackId, Cell>,
    count: BTreeMap<Cell, u32>,
}

impl Density {
    pub const fn new(config: Config, state: State) -> Self {
        Self { config, state }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }

    pub const fn counts(&self) -> &BTreeMap<Cell, u32> {
        &self.state.count
    }

    pub fn cells(&self) -> impl Iterator<Item = (Cell, u32)> {
        self.state.count.iter().map(|(cell, vessels)| (*cell, *vessels))
    }

    fn settle(&mut self, id: TrackId, cell: Option<Cell>, scene: &mut Scene<'_>) {
        let before = match cell {
            Some(cell) => self.state.place.insert(id, cell),
            None => self.state.place.remove(&id),
        };
        if before == cell {
            return;
        }
        for (cell, joins) in [(before, false), (cell, true)] {
            let Some(cell) = cell else { continue };
            let count = self.state.count.entry(cell).or_default();
            *count = if joins { count.saturating_add(1) } else { count.saturating_sub(1) };
            let vessels = *count;
            if vessels == 0 {
                self.state.count.remove(&cell);
            }
            scene.out.push(Change::Cell { cell, vessels });
            self.judge(cell, vessels, scene);
        }
    }

    fn judge(&self, cell: Cell, vessels: u32, scene: &mut Scene<'_>) {
        // A limit of nought is refused by the check of the configuration: it would watch every cell there is.
        let limit = self.config.limit.max(1);
        let signal = if vessels >= limit {
            Signal::On
        } else if f64::from(vessels) >= f64::from(limit) * CLEAR_FACTOR {
            Signal::Hold
        } else {
            Signal::Off
        };
        let judgement = Judgement {
            delays: Delays { on_s: self.config.on_delay_s, off_s: 0.0 },
            ..Judgement::of(Key::place(Kind::CellDensity, About::Cell(cell)), Evidence::Density { vessels })
        };
        scene.signal(signal, &judgement);
    }
}

impl Judge for Density {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        let is_counted = is_live(track) && track.station != Some(Station::Aircraft) && !track.is_marker();
        // Beyond 88° of latitude there are no cells.
        let cell = is_counted.then(|| Cell::at(track.position(), self.config.level).ok()).flatten();
        self.settle(track.id, cell, scene);
    }

    fn gone(&mut self, id: TrackId, scene: &mut Scene<'_>) {
        self.settle(id, None, scene);
    }
}
