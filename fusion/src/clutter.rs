//! Where a radar sees what is no vessel: echoes of nobody, per square metre and scan, in polar cells.

use serde::{Deserialize, Serialize};

const RING_M: f64 = 500.0;
const SECTORS: usize = 72;
const RINGS: usize = 160;
/// Scans over which it forgets.
const MEMORY: f64 = 60.0;
const PRIOR: f64 = 1e-8;
const LEAST: f64 = 2e-9;
const MOST: f64 = 2e-5;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Clutter {
    /// Echoes per scan, and the scan at which that was.
    cells: Vec<(f32, u32)>,
}

/// A cell: which one, and how large it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    place: usize,
    area_m2: f64,
}

impl Clutter {
    pub fn cell(range_m: f64, azimuth_rad: f64) -> Cell {
        let ring = ((range_m.max(0.0) / RING_M) as usize).min(RINGS - 1);
        let turn = (azimuth_rad / std::f64::consts::TAU).rem_euclid(1.0);
        let sector = ((turn * SECTORS as f64) as usize).min(SECTORS - 1);
        let (inner, outer) = (ring as f64 * RING_M, (ring + 1) as f64 * RING_M);
        let area_m2 = std::f64::consts::PI * (outer * outer - inner * inner) / SECTORS as f64;
        Cell { place: ring * SECTORS + sector, area_m2 }
    }

    /// Echoes of nobody per square metre and scan.
    pub fn density(&self, cell: Cell, scan: u32) -> f64 {
        let known = self.cells.get(cell.place).filter(|(_, at)| *at > 0);
        let Some(&(echoes, at)) = known else { return PRIOR };
        let keep = (-f64::from(scan.saturating_sub(at)) / MEMORY).exp();
        (f64::from(echoes) * keep / cell.area_m2).clamp(LEAST, MOST)
    }

    /// Another echo of nobody.
    pub fn note(&mut self, cell: Cell, scan: u32) {
        if self.cells.is_empty() {
            self.cells = vec![(0.0, 0); RINGS * SECTORS];
        }
        let Some((echoes, at)) = self.cells.get_mut(cell.place) else { return };
        if *at == 0 {
            (*echoes, *at) = ((PRIOR * cell.area_m2) as f32, scan.max(1));
        }
        let keep = (-f64::from(scan.saturating_sub(*at)) / MEMORY).exp() as f32;
        *echoes = *echoes * keep + 1.0 / MEMORY as f32;
        *at = scan.max(1);
    }
}
