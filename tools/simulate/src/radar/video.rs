//! What a radar sees, cell by cell, as CAT240: one message for each direction, small enough for a datagram.

use super::antenna::{Echo, slant_m};
use super::{SECTORS, Site};
use crate::random::Random;
use decoders::asterix::cat240::{Cells, Sweep, Video};
use decoders::asterix::{Block, DataSource, cat240, time_of_day};
use units::UtcTime;

/// Directions in one sector: 1,024 in a turn.
const RADIALS: i64 = 32;
/// Cells of one direction: with their header they fit a datagram that is not fragmented.
const CELLS: usize = 1024;
/// The beam between its half-power points, degrees.
const BEAM_DEG: f64 = 1.0;
/// The receiver's noise, in counts of 255, one standard deviation.
const NOISE: f64 = 8.0;
/// Half the speed of light, metres in a femtosecond.
const HALF_C_M_PER_FS: f64 = 299_792_458.0e-15 / 2.0;
const NAME: &[u8] = b"SIMULATED X-BAND";

#[derive(Debug)]
pub(super) struct Screen {
    block: Block,
    cells: Vec<u8>,
    source: DataSource,
    /// How long a cell is, femtoseconds.
    cell_fs: u64,
    index: u32,
}

impl Screen {
    pub fn new(site: &Site) -> Self {
        let (sac, sic) = site.code;
        let cell_m = slant_m(site, site.reach_m) / CELLS as f64;
        Self {
            block: Block::new(cat240::category()),
            cells: vec![0; CELLS],
            source: DataSource { sac, sic },
            cell_fs: (cell_m / HALF_C_M_PER_FS).ceil() as u64,
            index: 0,
        }
    }

    /// Hands out the messages of one sector: what the radar is where a turn begins, and every direction.
    pub fn sector(
        &mut self,
        site: &Site,
        place: i64,
        (begin, told_at): (UtcTime, UtcTime),
        echoes: &[Echo],
        random: &mut Random,
        told: &mut impl FnMut(UtcTime, &[u8]),
    ) {
        let source = Some(self.source);
        if place == 0 {
            let time_of_day = Some(time_of_day(begin));
            let summary =
                Video { source, kind: Some(1), summary: Some(NAME), time_of_day, ..Video::default() };
            send(&mut self.block, &summary, told_at, told);
        }
        let width_deg = 360.0 / (SECTORS * RADIALS) as f64;
        let radial_s = site.turn_s / (SECTORS * RADIALS) as f64;
        for radial in 0..RADIALS {
            let start_deg = (place * RADIALS + radial) as f64 * width_deg;
            self.paint(start_deg + width_deg / 2.0, echoes, random);
            let video = Video {
                source,
                kind: Some(2),
                index: Some(self.index),
                sweep: Some(Sweep {
                    // The last of a turn ends at 0.
                    azimuths_deg: [start_deg, (start_deg + width_deg) % 360.0],
                    first_cell: 1,
                    cell_fs: self.cell_fs,
                    nano: false,
                }),
                cells: Some(Cells {
                    compressed: false,
                    // Eight bits.
                    resolution: 4,
                    count: CELLS as u32,
                    octets: &self.cells,
                }),
                time_of_day: Some(time_of_day(begin.plus_s(radial_s * (radial + 1) as f64))),
                ..Video::default()
            };
            send(&mut self.block, &video, told_at, told);
            self.index = self.index.wrapping_add(1);
        }
    }

    /// Noise everywhere, and each echo as broad as the beam and as deep as the ship.
    fn paint(&mut self, azimuth_deg: f64, echoes: &[Echo], random: &mut Random) {
        for cell in &mut self.cells {
            // Rayleigh, as the envelope of noise is.
            *cell = (NOISE * (-2.0 * (1.0 - random.unit()).ln()).sqrt()).min(255.0) as u8;
        }
        let cell_m = self.cell_fs as f64 * HALF_C_M_PER_FS;
        for echo in echoes {
            let off_deg = (azimuth_deg - echo.azimuth_deg + 180.0).rem_euclid(360.0) - 180.0;
            // Sent and received through the same beam.
            let beam = 0.25_f64.powf((2.0 * off_deg / BEAM_DEG).powi(2));
            let level = (60.0 + 40.0 * echo.strength.max(1.0).log10()) * beam;
            let half_m = (echo.length_m / 4.0).max(cell_m / 2.0);
            // Cell n lies at n + 1 times its depth.
            let nearest = ((echo.slant_m - half_m) / cell_m - 1.0).round().max(0.0) as usize;
            let farthest = ((echo.slant_m + half_m) / cell_m - 1.0).round().max(0.0) as usize;
            for cell in self.cells.iter_mut().take(farthest + 1).skip(nearest) {
                *cell = (*cell).max(level.min(255.0) as u8);
            }
        }
    }
}

fn send(block: &mut Block, video: &Video<'_>, at: UtcTime, told: &mut impl FnMut(UtcTime, &[u8])) {
    block.clear();
    // Everything in it is within its range.
    if block.push(|visit| video.tell(visit)).is_ok() {
        told(at, block.bytes());
    }
}
