//! CAT065, SDPS service status (edition 1.6): what a centre that sends tracks says of itself.

use super::record::Record;
use super::table::{Category, Place};
use super::tables::cat065::UAP;
use super::value::{DataSource, Pair, Told};
use crate::ais::Visit;

const fn at(item: &str, field: &str) -> Place {
    Place::of(UAP, item, field)
}
const SOURCE: Pair = Pair(at("010", "SAC"), at("010", "SIC"));
const KIND: Place = at("000", "");
const SERVICE: Place = at("015", "");
const TIME: Place = at("030", "");
const BATCH: Place = at("020", "");
const NOGO: Place = at("040", "NOGO");
const OVERLOAD: Place = at("040", "OVL");
const NO_TIME: Place = at("040", "TSV");
const REPORT: Place = at("050", "");

/// The table of the newest edition.
#[must_use]
pub fn category() -> &'static Category {
    super::editions::newest(65)
}

/// What a record of CAT065 says; what is not there is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// I065/010.
    pub source: Option<DataSource>,
    /// I065/000: 1 status of the centre, 2 end of a batch, 3 status of a service.
    pub kind: Option<u8>,
    /// I065/015.
    pub service: Option<u8>,
    /// I065/030: counts of 1/128 s since midnight UTC; see [`super::instant`].
    pub time_of_day: Option<u32>,
    /// I065/020.
    pub batch: Option<u8>,
    /// I065/040.
    pub system: Option<System>,
    /// I065/050: the standard's number.
    pub report: Option<u8>,
}

/// How the centre is (I065/040).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// NOGO: 0 operational, 1 degraded, 2 not connected, 3 unknown.
    pub nogo: u8,
    /// OVL.
    pub overload: bool,
    /// TSV: its time is not to be trusted.
    pub time_invalid: bool,
}

impl Status {
    /// Reads what a record says; it should be one of CAT065.
    #[must_use]
    pub fn read(record: &Record<'_>) -> Self {
        let small = |place| record.raw(place).map(|bits| bits as u8);
        Self {
            source: record.source(SOURCE),
            kind: small(KIND),
            service: small(SERVICE),
            time_of_day: record.raw(TIME),
            batch: small(BATCH),
            system: small(NOGO).map(|nogo| System {
                nogo,
                overload: record.flag(OVERLOAD).unwrap_or_default(),
                time_invalid: record.flag(NO_TIME).unwrap_or_default(),
            }),
            report: small(REPORT),
        }
    }

    /// Tells it under the standard's names, for [`super::Block::push`].
    pub fn tell(&self, visit: &mut dyn Visit) {
        let mut told = Told(visit);
        told.source(self.source);
        told.int("000", self.kind);
        told.int("015", self.service);
        told.time("030", self.time_of_day);
        told.int("020", self.batch);
        if let Some(system) = self.system {
            told.object("040", |told| {
                told.int("NOGO", Some(system.nogo));
                told.flag("OVL", system.overload);
                told.flag("TSV", system.time_invalid);
            });
        }
        told.int("050", self.report);
    }
}
