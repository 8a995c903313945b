//! CAT048, monoradar target reports (edition 1.32): plots and tracks of one radar.

use super::record::Record;
use super::table::{Category, Place};
use super::tables::cat048::UAP;
use super::value::{Course, DataSource, NM, Pair, Polar, Told};
use crate::ais::Visit;

const fn at(item: &str, field: &str) -> Place {
    Place::of(UAP, item, field)
}
const SOURCE: Pair = Pair(at("010", "SAC"), at("010", "SIC"));
const TIME: Place = at("140", "");
const DETECTION: Place = at("020", "TYP");
const SIMULATED: Place = at("020", "SIM");
const MONITOR: Place = at("020", "RAB");
const TEST: Place = at("020", "TST");
const POLAR: Pair = Pair(at("040", "RHO"), at("040", "THETA"));
const TRACK: Place = at("161", "TRN");
const CARTESIAN: Pair = Pair(at("042", "X"), at("042", "Y"));
const COURSE: Pair = Pair(at("200", "GSP"), at("200", "HDG"));
const TENTATIVE: Place = at("170", "CNF");
const MAINTAINED: Place = at("170", "RAD");
const DOUBT: Place = at("170", "DOU");
const MANOEUVRE: Place = at("170", "MAH");
const ENDED: Place = at("170", "TRE");
const GHOST: Place = at("170", "GHO");
const PROJECTED: Place = at("170", "TCC");
const SIGMA: Pair = Pair(at("210", "SIGX"), at("210", "SIGY"));
const SIGMA_COURSE: Pair = Pair(at("210", "SIGV"), at("210", "SIGH"));
const HEIGHT: Place = at("110", "3DH");

const FOOT: f64 = 0.3048;

/// The table of the newest edition.
#[must_use]
pub fn category() -> &'static Category {
    super::editions::newest(48)
}

/// What a record of CAT048 says; what is not there is `None`. What only aircraft have is told by
/// [`Record::tell`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// I048/010.
    pub source: Option<DataSource>,
    /// I048/140: counts of 1/128 s since midnight UTC; see [`super::instant`].
    pub time_of_day: Option<u32>,
    /// I048/020.
    pub descriptor: Option<Descriptor>,
    /// I048/040.
    pub polar: Option<Polar>,
    /// I048/161, 12 bits: numbers are used again.
    pub track: Option<u16>,
    /// I048/042: east and north of the radar, metres.
    pub cartesian_m: Option<[f64; 2]>,
    /// I048/200.
    pub course: Option<Course>,
    /// I048/170.
    pub status: Option<Status>,
    /// I048/210.
    pub quality: Option<Quality>,
    /// I048/110: height above mean sea level, metres.
    pub height_m: Option<f64>,
}

/// How it was detected (I048/020).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// TYP: 1 is a primary radar's plot, 0 a track without one.
    pub detection: u8,
    /// SIM.
    pub simulated: bool,
    /// RAB: a fixed transponder, or a permanent echo.
    pub fixed: bool,
    /// TST, where it is sent: a test target.
    pub test: Option<bool>,
}

/// What the radar's tracker says of its track (I048/170).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// CNF: not confirmed yet.
    pub tentative: bool,
    /// RAD: 1 is held by a primary radar.
    pub maintained: u8,
    /// DOU: little confidence in the plot that belongs to it.
    pub doubtful: bool,
    /// MAH: turning.
    pub manoeuvre: bool,
    /// Where the second extent is sent.
    pub life: Option<Life>,
}

/// The second extent of [`Status`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// TRE: the last report of this track.
    pub ended: bool,
    /// GHO: a ghost.
    pub ghost: bool,
    /// TCC: positions are corrected for slant range and projected.
    pub projected: bool,
}

/// How well a track is known: standard deviations (I048/210).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    /// East and north, metres.
    pub sigma_m: [f64; 2],
    /// Of the speed, metres per second.
    pub sigma_mps: f64,
    /// Of the course, degrees.
    pub sigma_deg: f64,
}

impl Report {
    /// Reads what a record says; it should be one of CAT048.
    #[must_use]
    pub fn read(record: &Record<'_>) -> Self {
        let small = |place| record.raw(place).map(|bits| bits as u8);
        let on = |place| record.flag(place).unwrap_or_default();
        Self {
            source: record.source(SOURCE),
            time_of_day: record.raw(TIME),
            descriptor: small(DETECTION).map(|detection| Descriptor {
                detection,
                simulated: on(SIMULATED),
                fixed: on(MONITOR),
                test: record.flag(TEST),
            }),
            polar: record.polar(POLAR, NM),
            track: record.raw(TRACK).map(|number| number as u16),
            cartesian_m: record.pair(CARTESIAN, NM),
            course: record.pair(COURSE, 1.0).map(Course::of),
            status: record.flag(TENTATIVE).map(|tentative| Status {
                tentative,
                maintained: small(MAINTAINED).unwrap_or_default(),
                doubtful: on(DOUBT),
                manoeuvre: on(MANOEUVRE),
                life: record.flag(ENDED).map(|ended| Life {
                    ended,
                    ghost: on(GHOST),
                    projected: on(PROJECTED),
                }),
            }),
            quality: record
                .pair(SIGMA, NM)
                .zip(record.pair(SIGMA_COURSE, 1.0))
                .map(|(sigma_m, [speed, sigma_deg])| Quality { sigma_m, sigma_mps: speed * NM, sigma_deg }),
            height_m: record.number(HEIGHT).map(|feet| feet * FOOT),
        }
    }

    /// Tells it under the standard's names, for [`super::Block::push`].
    pub fn tell(&self, visit: &mut dyn Visit) {
        let mut told = Told(visit);
        told.source(self.source);
        told.time("140", self.time_of_day);
        if let Some(descriptor) = self.descriptor {
            told.object("020", |told| {
                told.int("TYP", Some(descriptor.detection));
                told.flag("SIM", descriptor.simulated);
                told.flag("RAB", descriptor.fixed);
                told.int("TST", descriptor.test);
            });
        }
        told.pair("040", ["RHO", "THETA"], self.polar.map(|polar| [polar.range_m / NM, polar.azimuth_deg]));
        told.inside("161", "TRN", self.track);
        told.pair("042", ["X", "Y"], self.cartesian_m.map(|position_m| position_m.map(|m| m / NM)));
        told.pair("200", ["GSP", "HDG"], self.course.map(Course::told));
        if let Some(status) = self.status {
            told.object("170", |told| {
                told.flag("CNF", status.tentative);
                told.int("RAD", Some(status.maintained));
                told.flag("DOU", status.doubtful);
                told.flag("MAH", status.manoeuvre);
                if let Some(life) = status.life {
                    told.flag("TRE", life.ended);
                    told.flag("GHO", life.ghost);
                    told.flag("TCC", life.projected);
                }
            });
        }
        if let Some(Quality { sigma_m: [x, y], sigma_mps, sigma_deg }) = self.quality {
            told.object("210", |told| {
                told.number("SIGX", Some(x / NM));
                told.number("SIGY", Some(y / NM));
                told.number("SIGV", Some(sigma_mps / NM));
                told.number("SIGH", Some(sigma_deg));
            });
        }
        told.inside_number("110", "3DH", self.height_m.map(|m| m / FOOT));
    }
}
