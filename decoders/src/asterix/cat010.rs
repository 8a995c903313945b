//! CAT010, monosensor surface movement data (edition 1.1): plots, tracks and status of a surface radar.

use super::record::Record;
use super::table::{Category, Place};
use super::tables::cat010::UAP;
use super::value::{Course, DataSource, Pair, Polar, Told};
use crate::ais::Visit;

const fn at(item: &str, field: &str) -> Place {
    Place::of(UAP, item, field)
}
const SOURCE: Pair = Pair(at("010", "SAC"), at("010", "SIC"));
const KIND: Place = at("000", "");
const SENSOR: Place = at("020", "TYP");
const SIMULATED: Place = at("020", "SIM");
const TEST: Place = at("020", "TST");
const MONITOR: Place = at("020", "RAB");
const TIME: Place = at("140", "");
const WGS84: Pair = Pair(at("041", "LAT"), at("041", "LON"));
const POLAR: Pair = Pair(at("040", "RHO"), at("040", "TH"));
const CARTESIAN: Pair = Pair(at("042", "X"), at("042", "Y"));
const COURSE: Pair = Pair(at("200", "GSP"), at("200", "TRA"));
const VELOCITY: Pair = Pair(at("202", "VX"), at("202", "VY"));
const TRACK: Place = at("161", "TRK");
const UNCONFIRMED: Place = at("170", "CNF");
const ENDED: Place = at("170", "TRE");
const COASTED: Place = at("170", "CST");
const MANOEUVRE: Place = at("170", "MAH");
const PROJECTED: Place = at("170", "TCC");
const SMOOTHED: Place = at("170", "STH");
const MOVEMENT: Place = at("170", "TOM");
const DOUBT: Place = at("170", "DOU");
const MERGED: Place = at("170", "MRS");
const LENGTH: Place = at("270", "LENGTH");
const ORIENTATION: Place = at("270", "ORIENTATION");
const WIDTH: Place = at("270", "WIDTH");
const NOGO: Place = at("550", "NOGO");
const OVERLOAD: Place = at("550", "OVL");
const NO_TIME: Place = at("550", "TSV");
const DEVIATION: Pair = Pair(at("500", "DEVX"), at("500", "DEVY"));
const COVARIANCE: Place = at("500", "COVXY");
const AMPLITUDE: Place = at("131", "");
const ACCELERATION: Pair = Pair(at("210", "AX"), at("210", "AY"));

/// The table of the newest edition.
#[must_use]
pub fn category() -> &'static Category {
    super::editions::newest(10)
}

/// What a message is (I010/000).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A plot or a track.
    Target,
    /// A scan begins.
    StartOfUpdate,
    /// Status, now and then.
    PeriodicStatus,
    /// Status that has changed.
    EventStatus,
    /// A number that the standard does not know.
    Reserved(u8),
}

impl Kind {
    const fn of(code: u8) -> Self {
        match code {
            1 => Self::Target,
            2 => Self::StartOfUpdate,
            3 => Self::PeriodicStatus,
            4 => Self::EventStatus,
            other => Self::Reserved(other),
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::Target => 1,
            Self::StartOfUpdate => 2,
            Self::PeriodicStatus => 3,
            Self::EventStatus => 4,
            Self::Reserved(other) => other,
        }
    }
}

/// What a record of CAT010 says; what is not there is `None`. A last report of a track has no position.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// I010/010.
    pub source: Option<DataSource>,
    /// I010/000.
    pub kind: Option<Kind>,
    /// I010/020.
    pub descriptor: Option<Descriptor>,
    /// I010/140: counts of 1/128 s since midnight UTC; see [`super::instant`].
    pub time_of_day: Option<u32>,
    /// I010/041: latitude and longitude, degrees, WGS 84.
    pub wgs84_deg: Option<[f64; 2]>,
    /// I010/040.
    pub polar: Option<Polar>,
    /// I010/042: east and north of the radar, metres.
    pub cartesian_m: Option<[f64; 2]>,
    /// I010/200: speed, metres per second, and course, degrees.
    pub course: Option<Course>,
    /// I010/202: east and north, metres per second; a quarter per count, as measured: the standard's text says 1/16.
    pub velocity_mps: Option<[f64; 2]>,
    /// I010/161, 12 bits: numbers are used again.
    pub track: Option<u16>,
    /// I010/170.
    pub status: Option<Status>,
    /// I010/270.
    pub size: Option<Size>,
    /// I010/550.
    pub system: Option<System>,
    /// I010/500.
    pub deviation: Option<Deviation>,
    /// I010/131.
    pub amplitude: Option<u8>,
    /// I010/210: east and north, metres per second squared; a quarter per count, as for the velocity.
    pub acceleration_mps2: Option<[f64; 2]>,
}

/// What has seen it (I010/020).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// TYP: 3 is a primary radar.
    pub sensor: u8,
    /// SIM, TST and RAB where they are sent: simulated, a test target, a fixed transponder.
    pub special: Option<[bool; 3]>,
}

/// What the radar's tracker says of its track (I010/170).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// CNF: still being initiated.
    pub tentative: bool,
    /// TRE: the last report of this track.
    pub ended: bool,
    /// CST: 0 is measured; else why it was extrapolated.
    pub coasted: u8,
    /// MAH: turning.
    pub manoeuvre: bool,
    /// TCC: positions are corrected for slant range and projected.
    pub projected: bool,
    /// STH: the position is smoothed, not measured.
    pub smoothed: bool,
    /// TOM, DOU and MRS where they are sent: type of movement, kind of doubt, merge or split.
    pub doubt: Option<[u8; 3]>,
}

/// How large something is, and how it lies (I010/270). A size of 127 m is that or more.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// Metres.
    pub length_m: f64,
    /// Degrees clockwise from north.
    pub orientation_deg: Option<f64>,
    /// Metres.
    pub width_m: Option<f64>,
}

/// How the radar is (I010/550).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// NOGO: 0 operational, 1 degraded, 2 not to be used.
    pub nogo: u8,
    /// OVL.
    pub overload: bool,
    /// TSV: its time is not to be trusted.
    pub time_invalid: bool,
}

/// How well a position is known (I010/500).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Deviation {
    /// One standard deviation east and north, metres.
    pub sigma_m: [f64; 2],
    /// The covariance as the standard has it: signed, in metres (0.25 per count).
    pub covariance_m: f64,
}

impl Report {
    /// Reads what a record says; it should be one of CAT010.
    #[must_use]
    pub fn read(record: &Record<'_>) -> Self {
        let flags = |a, b, c| Some([record.flag(a)?, record.flag(b)?, record.flag(c)?]);
        let small = |place| record.raw(place).map(|bits| bits as u8);
        let on = |place| record.flag(place).unwrap_or_default();
        Self {
            source: record.source(SOURCE),
            kind: small(KIND).map(Kind::of),
            descriptor: small(SENSOR)
                .map(|sensor| Descriptor { sensor, special: flags(SIMULATED, TEST, MONITOR) }),
            time_of_day: record.raw(TIME),
            wgs84_deg: record.pair(WGS84, 1.0),
            polar: record.polar(POLAR, 1.0),
            cartesian_m: record.pair(CARTESIAN, 1.0),
            course: record.pair(COURSE, 1.0).map(Course::of),
            velocity_mps: record.pair(VELOCITY, 1.0),
            track: record.raw(TRACK).map(|number| number as u16),
            status: record.flag(UNCONFIRMED).map(|tentative| Status {
                tentative,
                ended: on(ENDED),
                coasted: small(COASTED).unwrap_or_default(),
                manoeuvre: on(MANOEUVRE),
                projected: on(PROJECTED),
                smoothed: on(SMOOTHED),
                doubt: small(MOVEMENT).zip(small(DOUBT)).zip(small(MERGED)).map(|((a, b), c)| [a, b, c]),
            }),
            size: record.number(LENGTH).map(|length_m| Size {
                length_m,
                orientation_deg: record.number(ORIENTATION),
                width_m: record.number(WIDTH),
            }),
            system: small(NOGO).map(|nogo| System {
                nogo,
                overload: on(OVERLOAD),
                time_invalid: on(NO_TIME),
            }),
            deviation: record.pair(DEVIATION, 1.0).map(|sigma_m| Deviation {
                sigma_m,
                covariance_m: record.number(COVARIANCE).unwrap_or_default(),
            }),
            amplitude: small(AMPLITUDE),
            acceleration_mps2: record.pair(ACCELERATION, 1.0),
        }
    }

    /// Tells it under the standard's names, for [`super::Block::push`].
    pub fn tell(&self, visit: &mut dyn Visit) {
        let mut told = Told(visit);
        told.source(self.source);
        told.int("000", self.kind.map(Kind::code));
        if let Some(Descriptor { sensor, special }) = self.descriptor {
            told.object("020", |told| {
                told.int("TYP", Some(sensor));
                for (key, value) in ["SIM", "TST", "RAB"].into_iter().zip(special.into_iter().flatten()) {
                    told.flag(key, value);
                }
            });
        }
        told.time("140", self.time_of_day);
        told.pair("041", ["LAT", "LON"], self.wgs84_deg);
        told.pair("040", ["RHO", "TH"], self.polar.map(|polar| [polar.range_m, polar.azimuth_deg]));
        told.pair("042", ["X", "Y"], self.cartesian_m);
        told.pair("200", ["GSP", "TRA"], self.course.map(Course::told));
        told.pair("202", ["VX", "VY"], self.velocity_mps);
        told.inside("161", "TRK", self.track);
        if let Some(status) = self.status {
            told.object("170", |told| {
                told.flag("CNF", status.tentative);
                told.flag("TRE", status.ended);
                told.int("CST", Some(status.coasted));
                told.flag("MAH", status.manoeuvre);
                told.flag("TCC", status.projected);
                told.flag("STH", status.smoothed);
                for (key, value) in ["TOM", "DOU", "MRS"].into_iter().zip(status.doubt.into_iter().flatten())
                {
                    told.int(key, Some(value));
                }
            });
        }
        if let Some(size) = self.size {
            told.object("270", |told| {
                told.number("LENGTH", Some(size.length_m));
                told.turn("ORIENTATION", size.orientation_deg, 128.0);
                told.number("WIDTH", size.width_m);
            });
        }
        if let Some(system) = self.system {
            told.object("550", |told| {
                told.int("NOGO", Some(system.nogo));
                told.flag("OVL", system.overload);
                told.flag("TSV", system.time_invalid);
            });
        }
        if let Some(Deviation { sigma_m: [x, y], covariance_m }) = self.deviation {
            told.object("500", |told| {
                told.number("DEVX", Some(x));
                told.number("DEVY", Some(y));
                told.number("COVXY", Some(covariance_m));
            });
        }
        told.int("131", self.amplitude);
        told.pair("210", ["AX", "AY"], self.acceleration_mps2);
    }
}
