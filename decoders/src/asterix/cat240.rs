//! CAT240, radar video (edition 1.3): the echoes of one direction, cell by cell.

use super::record::Record;
use super::table::{Category, Item, Place};
use super::tables::cat240::UAP;
use super::value::{DataSource, Pair, Told};
use crate::ais::Visit;
use crate::bits::{Bits, Field};

const fn at(item: &str, field: &str) -> Place {
    Place::of(UAP, item, field)
}
const SOURCE: Pair = Pair(at("010", "SAC"), at("010", "SIC"));
const KIND: Place = at("000", "");
const INDEX: Place = at("020", "");
const SUMMARY: Item = Item::of(UAP, "030");
const NANO: Header = Header::of("040");
const FEMTO: Header = Header::of("041");
const COMPRESSED: Place = at("048", "C");
const RESOLUTION: Place = at("048", "RES");
const OCTETS: Place = at("049", "NBVB");
const CELLS: Place = at("049", "NBCELLS");
const BLOCKS: [Item; 3] = [Item::of(UAP, "050"), Item::of(UAP, "051"), Item::of(UAP, "052")];
/// Octets of one block of each size.
const SIZES: [usize; 3] = [4, 64, 256];
const TIME: Place = at("140", "");

/// Half the speed of light, metres per second: an echo goes there and back.
const HALF_C_MPS: f64 = 299_792_458.0 / 2.0;

/// The table of the newest edition.
#[must_use]
pub fn category() -> &'static Category {
    super::editions::newest(240)
}

/// One of the two headers: they differ in the unit of time.
struct Header {
    azimuths: Pair,
    first_cell: Place,
    duration: Place,
}

impl Header {
    const fn of(item: &str) -> Self {
        Self {
            azimuths: Pair(at(item, "STARTAZ"), at(item, "ENDAZ")),
            first_cell: at(item, "STARTRG"),
            duration: at(item, "CELLDUR"),
        }
    }
}

/// What a record of CAT240 says; what is not there is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Video<'a> {
    /// I240/010.
    pub source: Option<DataSource>,
    /// I240/000: 1 a summary, 2 video.
    pub kind: Option<u8>,
    /// I240/020: counts the messages.
    pub index: Option<u32>,
    /// I240/030: what the radar calls itself, 8 bits per character.
    pub summary: Option<&'a [u8]>,
    /// I240/040 or I240/041.
    pub sweep: Option<Sweep>,
    /// I240/048, I240/049 and the blocks.
    pub cells: Option<Cells<'a>>,
    /// I240/140: counts of 1/128 s since midnight UTC; see [`super::instant`].
    pub time_of_day: Option<u32>,
}

/// The directions and ranges of the cells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sweep {
    /// From here to there, degrees clockwise from north; the last of a turn ends at 0.
    pub azimuths_deg: [f64; 2],
    /// How many cells nearer than the first are left out.
    pub first_cell: u32,
    /// How long a cell is, in femtoseconds.
    pub cell_fs: u64,
    /// The header counts in nanoseconds (I240/040), not in femtoseconds (I240/041).
    pub nano: bool,
}

impl Sweep {
    /// The range of the middle of cell `n`, counted from 0, metres: D = duration x (first + n) x c / 2.
    #[must_use]
    pub fn range_m(&self, n: u32) -> f64 {
        self.cell_m() * (f64::from(self.first_cell) + f64::from(n))
    }

    /// How deep a cell is, metres.
    #[must_use]
    pub fn cell_m(&self) -> f64 {
        self.cell_fs as f64 * 1e-15 * HALF_C_MPS
    }
}

/// The cells as they were sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cells<'a> {
    /// C: packed in a way that radar and receiver have agreed on.
    pub compressed: bool,
    /// RES: 1 to 6 for 1, 2, 4, 8, 16 and 32 bits per cell.
    pub resolution: u8,
    /// NBCELLS.
    pub count: u32,
    /// The octets that hold them, without the padding of the last block.
    pub octets: &'a [u8],
}

impl Cells<'_> {
    /// Bits per cell; `None` for a resolution that the standard does not know.
    #[must_use]
    pub fn bits(&self) -> Option<usize> {
        (1..=6).contains(&self.resolution).then(|| 1 << (self.resolution - 1))
    }

    /// The strength of each cell, 0 to the most that its bits hold; nothing where they are packed.
    pub fn strengths(&self) -> impl Iterator<Item = u32> + '_ {
        let width = self.bits().filter(|_| !self.compressed).unwrap_or(1);
        let count = if self.compressed || self.bits().is_none() { 0 } else { self.count as usize };
        let bits = Bits::new(self.octets, self.octets.len() * 8);
        (0..count).map_while(move |cell| bits.u32(Field::at(cell * width, width)))
    }
}

impl<'a> Video<'a> {
    /// Reads what a record says; it should be one of CAT240.
    #[must_use]
    pub fn read(record: &Record<'a>) -> Self {
        let sweep = |header: &Header, nano: bool| {
            let [start, end] = record.pair(header.azimuths, 1.0)?;
            let duration = u64::from(record.raw(header.duration)?);
            Some(Sweep {
                azimuths_deg: [start, end],
                first_cell: record.raw(header.first_cell)?,
                cell_fs: if nano { duration * 1_000_000 } else { duration },
                nano,
            })
        };
        Self {
            source: record.source(SOURCE),
            kind: record.raw(KIND).map(|code| code as u8),
            index: record.raw(INDEX),
            summary: record.item(SUMMARY).and_then(|item| item.get(1..)),
            sweep: sweep(&NANO, true).or_else(|| sweep(&FEMTO, false)),
            cells: cells(record),
            time_of_day: record.raw(TIME),
        }
    }

    /// Tells it under the standard's names, for [`super::Block::push`]. Cells take blocks of 4 octets where they
    /// fit into 1,020, of 64 up to 16,320, of 256 up to 65,280.
    pub fn tell(&self, visit: &mut dyn Visit) {
        let mut told = Told(visit);
        told.source(self.source);
        told.int("000", self.kind);
        told.int("020", self.index);
        if let Some(summary) = self.summary {
            told.0.array("030");
            for byte in summary {
                told.0.text("", char::from(*byte).encode_utf8(&mut [0; 4]));
            }
            told.0.close();
        }
        if let Some(sweep) = self.sweep {
            let (item, unit) = if sweep.nano { ("040", 1e6) } else { ("041", 1.0) };
            told.object(item, |told| {
                let [start, end] = sweep.azimuths_deg;
                told.number("STARTAZ", Some(start));
                told.number("ENDAZ", Some(end));
                told.int("STARTRG", Some(sweep.first_cell));
                told.number("CELLDUR", Some(sweep.cell_fs as f64 / unit));
            });
        }
        if let Some(cells) = self.cells {
            told.object("048", |told| {
                told.flag("C", cells.compressed);
                told.int("RES", Some(cells.resolution));
            });
            told.object("049", |told| {
                told.0.int("NBVB", cells.octets.len() as i64);
                told.int("NBCELLS", Some(cells.count));
            });
            let sizes = ["050", "051", "052"].into_iter().zip(SIZES);
            let fits = |(_, size): &(&str, usize)| cells.octets.len() <= 255 * size;
            let (item, size) = sizes.clone().find(fits).unwrap_or(("052", 256));
            told.0.array(item);
            for block in cells.octets.chunks(size) {
                let mut whole = [0; 256];
                for (to, from) in whole.iter_mut().zip(block) {
                    *to = *from;
                }
                told.0.wide("", whole.get(..size).unwrap_or_default());
            }
            told.0.close();
        }
        told.time("140", self.time_of_day);
    }
}

fn cells<'a>(record: &Record<'a>) -> Option<Cells<'a>> {
    // The blocks follow each other, whatever their size: a count, and the octets.
    let blocks = BLOCKS.into_iter().find_map(|item| record.item(item))?.get(1..)?;
    let valid = record.raw(OCTETS).map_or(blocks.len(), |octets| octets as usize);
    Some(Cells {
        compressed: record.flag(COMPRESSED)?,
        resolution: record.raw(RESOLUTION)? as u8,
        count: record.raw(CELLS)?,
        octets: blocks.get(..valid.min(blocks.len()))?,
    })
}
