//! CAT034, monoradar service messages (edition 1.29): north, sectors, and where the radar stands.

use super::record::Record;
use super::table::{Category, Place};
use super::tables::cat034::UAP;
use super::value::{DataSource, Pair, Told};
use crate::ais::Visit;

const fn at(item: &str, field: &str) -> Place {
    Place::of(UAP, item, field)
}
const SOURCE: Pair = Pair(at("010", "SAC"), at("010", "SIC"));
const KIND: Place = at("000", "");
const TIME: Place = at("030", "");
const SECTOR: Place = at("020", "");
const ROTATION: Place = at("041", "");
const HEIGHT: Place = at("120", "HGT");
const POSITION: Pair = Pair(at("120", "LAT"), at("120", "LON"));

/// The table of the newest edition.
#[must_use]
pub fn category() -> &'static Category {
    super::editions::newest(34)
}

/// What a message is (I034/000).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The antenna points north.
    NorthMarker,
    /// The antenna enters a sector.
    SectorCrossing,
    /// Another: filtering, jamming, solar storm, or a number that the standard does not know.
    Other(u8),
}

impl Kind {
    const fn of(code: u8) -> Self {
        match code {
            1 => Self::NorthMarker,
            2 => Self::SectorCrossing,
            other => Self::Other(other),
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::NorthMarker => 1,
            Self::SectorCrossing => 2,
            Self::Other(other) => other,
        }
    }
}

/// What a record of CAT034 says; what is not there is `None`. Configuration and counts are told by
/// [`Record::tell`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Service {
    /// I034/010.
    pub source: Option<DataSource>,
    /// I034/000.
    pub kind: Option<Kind>,
    /// I034/030: counts of 1/128 s since midnight UTC; see [`super::instant`].
    pub time_of_day: Option<u32>,
    /// I034/020: where the sector begins, degrees clockwise from north.
    pub sector_deg: Option<f64>,
    /// I034/041: seconds that the antenna takes to turn once.
    pub rotation_s: Option<f64>,
    /// I034/120.
    pub site: Option<Site>,
}

/// Where a radar stands (I034/120).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Site {
    /// Above mean sea level, metres.
    pub height_m: f64,
    /// Latitude and longitude, degrees, WGS 84; 2.4 m per count.
    pub wgs84_deg: [f64; 2],
}

impl Service {
    /// Reads what a record says; it should be one of CAT034.
    #[must_use]
    pub fn read(record: &Record<'_>) -> Self {
        Self {
            source: record.source(SOURCE),
            kind: record.raw(KIND).map(|code| Kind::of(code as u8)),
            time_of_day: record.raw(TIME),
            sector_deg: record.number(SECTOR),
            rotation_s: record.number(ROTATION),
            site: record
                .number(HEIGHT)
                .zip(record.pair(POSITION, 1.0))
                .map(|(height_m, wgs84_deg)| Site { height_m, wgs84_deg }),
        }
    }

    /// Tells it under the standard's names, for [`super::Block::push`].
    pub fn tell(&self, visit: &mut dyn Visit) {
        let mut told = Told(visit);
        told.source(self.source);
        told.int("000", self.kind.map(Kind::code));
        told.time("030", self.time_of_day);
        told.number("020", self.sector_deg);
        told.number("041", self.rotation_s);
        if let Some(Site { height_m, wgs84_deg: [lat, lon] }) = self.site {
            told.object("120", |told| {
                told.number("HGT", Some(height_m));
                told.number("LAT", Some(lat));
                told.number("LON", Some(lon));
            });
        }
    }
}
