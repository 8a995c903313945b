//! CAT062, system tracks (edition 1.21): what a centre believes of a target.

use super::record::Record;
use super::table::{Category, Item, Place};
use super::tables::cat062::UAP;
use super::value::{DataSource, Pair, Told, characters_of};
use crate::ais::Visit;
use crate::bits::Bits;

const fn at(item: &str, field: &str) -> Place {
    Place::of(UAP, item, field)
}
const SOURCE: Pair = Pair(at("010", "SAC"), at("010", "SIC"));
const SERVICE: Place = at("015", "");
const TIME: Place = at("070", "");
const WGS84: Pair = Pair(at("105", "LAT"), at("105", "LON"));
const CARTESIAN: Pair = Pair(at("100", "X"), at("100", "Y"));
const VELOCITY: Pair = Pair(at("185", "VX"), at("185", "VY"));
const ACCELERATION: Pair = Pair(at("210", "AX"), at("210", "AY"));
const IDENTITY_SOURCE: Place = at("245", "STI");
const IDENTITY: Item = Item::of(UAP, "245");
const TRACK: Place = at("040", "");
const SINGLE: Place = at("080", "MON");
const TENTATIVE: Place = at("080", "CNF");
const SIMULATED: Place = at("080", "SIM");
const LAST: Place = at("080", "TSE");
const FIRST: Place = at("080", "TSB");
const COASTED: Place = at("080", "CST");
const SURFACE: Place = at("080", "SFC");
const LENGTH: Place = at("270", "LENGTH");
const ORIENTATION: Place = at("270", "ORIENTATION");
const WIDTH: Place = at("270", "WIDTH");
const SPECIAL: Item = Item::of(UAP, "SP");

/// The table of the newest edition.
#[must_use]
pub fn category() -> &'static Category {
    super::editions::newest(62)
}

/// What a record of CAT062 says of a track; what is not there is `None`. Flight plans and what only aircraft have
/// are told by [`Record::tell`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Track<'a> {
    /// I062/010.
    pub source: Option<DataSource>,
    /// I062/015.
    pub service: Option<u8>,
    /// I062/070: counts of 1/128 s since midnight UTC; see [`super::instant`].
    pub time_of_day: Option<u32>,
    /// I062/105: latitude and longitude, degrees, WGS 84; 0.6 m per count.
    pub wgs84_deg: Option<[f64; 2]>,
    /// I062/100: east and north in the centre's plane, metres.
    pub cartesian_m: Option<[f64; 2]>,
    /// I062/185: east and north, metres per second.
    pub velocity_mps: Option<[f64; 2]>,
    /// I062/210: east and north, metres per second squared.
    pub acceleration_mps2: Option<[f64; 2]>,
    /// I062/245: a name of up to 8 letters, digits and spaces.
    pub identity: Option<Identity>,
    /// I062/040.
    pub track: Option<u16>,
    /// I062/080.
    pub status: Option<Status>,
    /// I062/270: metres and degrees; a size of 127 m is that or more.
    pub size: Option<super::cat010::Size>,
    /// I062/500: one standard deviation.
    pub accuracy: Option<Accuracy>,
    /// SP, without its length: what centre and receiver have agreed on.
    pub special: Option<&'a [u8]>,
}

/// A name (I062/245).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// STI: where it is from.
    pub source: u8,
    /// The characters, with spaces up to eight; zeros where one is invalid.
    pub characters: [u8; 8],
}

/// How sure the centre is that there is something (I062/080).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// MON: held by one sensor.
    pub single_sensor: bool,
    /// CNF: not confirmed yet.
    pub tentative: bool,
    /// SIM.
    pub simulated: bool,
    /// TSE: the last report of this track.
    pub last: bool,
    /// TSB: the first.
    pub first: bool,
    /// CST: nothing was heard for too long.
    pub coasted: bool,
    /// SFC: it is on the surface.
    pub surface: bool,
}

/// How well a track is known (I062/500): standard deviations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Accuracy {
    /// APC: east and north, metres.
    pub position_m: Option<[f64; 2]>,
    /// APW: latitude and longitude, degrees.
    pub wgs84_deg: Option<[f64; 2]>,
    /// ATV: east and north, metres per second.
    pub velocity_mps: Option<[f64; 2]>,
}

impl<'a> Track<'a> {
    /// Reads what a record says; it should be one of CAT062.
    #[must_use]
    pub fn read(record: &Record<'a>) -> Self {
        let on = |place| record.flag(place).unwrap_or_default();
        let two = |subfield| {
            let octets = record.subfield("500", subfield)?;
            Some((octets, octets.len() / 2))
        };
        // Two unsigned numbers of the same width.
        let pair = |subfield, lsb: f64| {
            let (octets, half) = two(subfield)?;
            let (first, second) = octets.split_at(half);
            Some([number(first) * lsb, number(second) * lsb])
        };
        let accuracy = Accuracy {
            position_m: pair("APC", 0.5),
            wgs84_deg: pair("APW", 180.0 / f64::from(1 << 25)),
            velocity_mps: pair("ATV", 0.25),
        };
        Self {
            source: record.source(SOURCE),
            service: record.raw(SERVICE).map(|code| code as u8),
            time_of_day: record.raw(TIME),
            wgs84_deg: record.pair(WGS84, 1.0),
            cartesian_m: record.pair(CARTESIAN, 1.0),
            velocity_mps: record.pair(VELOCITY, 1.0),
            acceleration_mps2: record.pair(ACCELERATION, 1.0),
            identity: record.raw(IDENTITY_SOURCE).zip(record.item(IDENTITY)).map(|(source, item)| Identity {
                source: source as u8,
                characters: characters_of(item.get(1..).unwrap_or_default()),
            }),
            track: record.raw(TRACK).map(|number| number as u16),
            status: record.flag(SINGLE).map(|single_sensor| Status {
                single_sensor,
                tentative: on(TENTATIVE),
                simulated: on(SIMULATED),
                last: on(LAST),
                first: on(FIRST),
                coasted: on(COASTED),
                surface: on(SURFACE),
            }),
            size: record.number(LENGTH).map(|length_m| super::cat010::Size {
                length_m,
                orientation_deg: record.number(ORIENTATION),
                width_m: record.number(WIDTH),
            }),
            accuracy: (accuracy != Accuracy::default()).then_some(accuracy),
            special: record.item(SPECIAL).and_then(|item| item.get(1..)),
        }
    }

    /// Tells it under the standard's names, for [`super::Block::push`].
    pub fn tell(&self, visit: &mut dyn Visit) {
        let mut told = Told(visit);
        told.source(self.source);
        told.int("015", self.service);
        told.time("070", self.time_of_day);
        told.pair("105", ["LAT", "LON"], self.wgs84_deg);
        told.pair("100", ["X", "Y"], self.cartesian_m);
        told.pair("185", ["VX", "VY"], self.velocity_mps);
        told.pair("210", ["AX", "AY"], self.acceleration_mps2);
        if let Some(Identity { source, characters }) = self.identity {
            told.object("245", |told| {
                told.int("STI", Some(source));
                // Zeros stand for what was invalid, and are so again.
                let text = std::str::from_utf8(&characters).unwrap_or_default().trim_matches('\0');
                told.0.text("CHR", text);
            });
        }
        told.int("040", self.track);
        if let Some(status) = self.status {
            told.object("080", |told| {
                told.flag("MON", status.single_sensor);
                told.flag("CNF", status.tentative);
                // Later extents only where they say something.
                let Status { simulated, last, first, coasted, surface, .. } = status;
                for (key, value) in
                    [("SIM", simulated), ("TSE", last), ("TSB", first), ("CST", coasted), ("SFC", surface)]
                {
                    told.int(key, value.then_some(1));
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
        if let Some(accuracy) = self.accuracy {
            told.object("500", |told| {
                told.pair("APC", ["X", "Y"], accuracy.position_m);
                told.pair("APW", ["LAT", "LON"], accuracy.wgs84_deg);
                told.pair("ATV", ["X", "Y"], accuracy.velocity_mps);
            });
        }
        if let Some(special) = self.special {
            told.0.hex("SP", Bits::new(special, special.len() * 8));
        }
    }
}

fn number(octets: &[u8]) -> f64 {
    octets.iter().fold(0.0, |sum, octet| sum * 256.0 + f64::from(*octet))
}
