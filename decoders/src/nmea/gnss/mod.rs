//! What satellite receivers say (IEC 61162-1), whoever talks: `GP`, `GL`, `GA`, `GB`, `BD`, `GN` and the rest.
//!
//! A field that is empty, missing at the end, or no value of its kind is `None`.

mod row;
mod satellites;
#[cfg(test)]
mod tests;

use super::{Sentence, encode_sentence};
use crate::{TimeOfDay, calendar};
use row::{Row, Text};
use units::{Degrees, Knots, Label, Position, UtcTime};

pub use satellites::{Gsa, Gsv, Satellite};

/// Knots in kilometres an hour.
const KNOT_KMH: f64 = 1.852;

/// One sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Gnss {
    /// Fix.
    Gga(Gga),
    /// Recommended minimum.
    Rmc(Rmc),
    /// Position.
    Gll(Gll),
    /// Fix by several systems.
    Gns(Gns),
    /// Course and speed.
    Vtg(Vtg),
    /// Time and date.
    Zda(Zda),
    /// Satellites used, and how well they stand.
    Gsa(Gsa),
    /// Satellites in view.
    Gsv(Gsv),
    /// Error statistics.
    Gst(Gst),
    /// True heading.
    Hdt(Option<Degrees>),
    /// True heading, and how it is known.
    Ths {
        /// Heading.
        heading: Option<Degrees>,
        /// `A` measured, `E` dead reckoning, `M` by hand, `S` simulated, `V` not valid.
        mode: Option<u8>,
    },
}

/// GGA.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gga {
    /// UTC.
    pub time: Option<TimeOfDay>,
    /// Where.
    pub position: Option<Position>,
    /// 0 no fix, 1 single, 2 differential, 4 and 5 real-time kinematic, 6 dead reckoning, 7 by hand, 8 simulated.
    pub quality: Option<u8>,
    /// Satellites used.
    pub satellites: Option<u8>,
    /// Horizontal dilution.
    pub hdop: Option<f64>,
    /// Above mean sea level, metres.
    pub altitude_m: Option<f64>,
    /// Mean sea level above the ellipsoid, metres.
    pub separation_m: Option<f64>,
    /// Age of the corrections, seconds.
    pub age_s: Option<f64>,
    /// Where they come from.
    pub station: Option<u16>,
}

/// RMC.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rmc {
    /// UTC.
    pub time: Option<TimeOfDay>,
    /// Whether the fix may be used.
    pub valid: Option<bool>,
    /// Where.
    pub position: Option<Position>,
    /// Speed over ground.
    pub sog: Option<Knots>,
    /// Course over ground.
    pub cog: Option<Degrees>,
    /// Day, month, year.
    pub date: Option<[u16; 3]>,
    /// Magnetic variation, degrees, east positive.
    pub variation_deg: Option<f64>,
    /// `A` autonomous, `D` differential, `E` dead reckoning, `F`, `R`, `P`, `M`, `S`; `N` no fix.
    pub mode: Option<u8>,
    /// NMEA 4.1: `S` safe, `C` caution, `U` unsafe, `V` not said. `V` says nothing against the fix.
    pub nav_status: Option<u8>,
}

/// GLL.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gll {
    /// Where.
    pub position: Option<Position>,
    /// UTC.
    pub time: Option<TimeOfDay>,
    /// Whether the fix may be used.
    pub valid: Option<bool>,
    /// As in [`Rmc::mode`].
    pub mode: Option<u8>,
}

/// GNS.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gns {
    /// UTC.
    pub time: Option<TimeOfDay>,
    /// Where.
    pub position: Option<Position>,
    /// One letter per system, as in [`Rmc::mode`]: GPS, GLONASS, Galileo, BeiDou, QZSS, IRNSS.
    pub modes: Option<Label>,
    /// Satellites used.
    pub satellites: Option<u8>,
    /// Horizontal dilution.
    pub hdop: Option<f64>,
    /// Above mean sea level, metres.
    pub altitude_m: Option<f64>,
    /// Mean sea level above the ellipsoid, metres.
    pub separation_m: Option<f64>,
    /// Age of the corrections, seconds.
    pub age_s: Option<f64>,
    /// Where they come from.
    pub station: Option<u16>,
    /// As in [`Rmc::nav_status`].
    pub nav_status: Option<u8>,
}

/// VTG.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vtg {
    /// Course over ground.
    pub cog: Option<Degrees>,
    /// The same from magnetic north.
    pub cog_magnetic: Option<Degrees>,
    /// Speed over ground; where knots are not given, from kilometres an hour.
    pub sog: Option<Knots>,
    /// As in [`Rmc::mode`].
    pub mode: Option<u8>,
}

/// ZDA.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Zda {
    /// UTC.
    pub time: Option<TimeOfDay>,
    /// Day, month, year.
    pub date: Option<[u16; 3]>,
    /// The local zone: hours to be added to local time to get UTC.
    pub zone_h: Option<i8>,
    /// And minutes.
    pub zone_min: Option<u8>,
}

/// GST.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gst {
    /// UTC.
    pub time: Option<TimeOfDay>,
    /// Of the ranges, metres.
    pub rms: Option<f64>,
    /// Longer half axis of the error ellipse, one standard deviation, metres.
    pub major_m: Option<f64>,
    /// Shorter half axis.
    pub minor_m: Option<f64>,
    /// Where the longer one points.
    pub orientation: Option<Degrees>,
    /// One standard deviation northwards, metres.
    pub lat_sigma_m: Option<f64>,
    /// One standard deviation eastwards, metres.
    pub lon_sigma_m: Option<f64>,
    /// One standard deviation upwards, metres.
    pub alt_sigma_m: Option<f64>,
}

impl Rmc {
    /// The instant, where date and time are given.
    #[must_use]
    pub fn at(&self) -> Option<UtcTime> {
        instant(self.date?, self.time?)
    }
}

impl Zda {
    /// The instant, where date and time are given.
    #[must_use]
    pub fn at(&self) -> Option<UtcTime> {
        instant(self.date?, self.time?)
    }
}

fn instant([day, month, year]: [u16; 3], time: TimeOfDay) -> Option<UtcTime> {
    let (hour, minute, second, ms) = time.parts();
    let date = [year.into(), month.into(), day.into(), hour.into(), minute.into(), second.into()];
    calendar::utc(date, u32::from(ms) * 1_000_000)
}

impl Gnss {
    /// What a sentence says; `None` where it is none of these.
    #[must_use]
    pub fn decode(sentence: &Sentence<'_>) -> Option<Self> {
        let address = sentence.address()?;
        let (_, kind) = address.split_at_checked(2).filter(|(talker, _)| talker.first() != Some(&b'P'))?;
        let r = &mut Row::new(sentence);
        Some(match kind {
            b"GGA" => Self::Gga(gga(r)),
            b"RMC" => Self::Rmc(rmc(r)),
            b"GLL" => {
                Self::Gll(Gll { position: r.position(), time: r.time(), valid: r.valid(), mode: r.letter() })
            }
            b"GNS" => Self::Gns(gns(r)),
            b"VTG" => Self::Vtg(vtg(r)),
            b"ZDA" => Self::Zda(zda(r)),
            b"GSA" => Self::Gsa(Gsa::decode(r)),
            b"GSV" => Self::Gsv(Gsv::decode(r)?),
            b"GST" => Self::Gst(gst(r)),
            b"HDT" => Self::Hdt(r.degrees()),
            b"THS" => Self::Ths { heading: r.degrees(), mode: r.letter() },
            _ => return None,
        })
    }

    /// Writes the sentence behind `out`, ended by CRLF: positions to a ten-thousandth of a thousandth of a minute, times
    /// to a hundredth of a second, everything else to the digits that the standard shows.
    pub fn encode(&self, talker: [u8; 2], out: &mut Vec<u8>) {
        let mut text = Text::new(talker, self.kind());
        let t = &mut text;
        match self {
            Self::Gga(gga) => {
                t.time(gga.time).position(gga.position).int(gga.quality).two(gga.satellites);
                t.number(gga.hdop, 2).metres(gga.altitude_m).metres(gga.separation_m);
                t.number(gga.age_s, 1).int(gga.station);
            }
            Self::Rmc(rmc) => {
                t.time(rmc.time).valid(rmc.valid).position(rmc.position);
                t.number(rmc.sog.map(Knots::value), 2).number(rmc.cog.map(Degrees::value), 2);
                t.ddmmyy(rmc.date).variation(rmc.variation_deg).letter(rmc.mode).letter(rmc.nav_status);
            }
            Self::Gll(gll) => {
                t.position(gll.position).time(gll.time).valid(gll.valid).letter(gll.mode);
            }
            Self::Gns(gns) => {
                t.time(gns.time).position(gns.position);
                t.text(gns.modes.as_ref().map_or("", Label::as_str)).two(gns.satellites).number(gns.hdop, 2);
                t.number(gns.altitude_m, 2).number(gns.separation_m, 2).number(gns.age_s, 1).int(gns.station);
                t.letter(gns.nav_status);
            }
            Self::Vtg(vtg) => {
                t.number(vtg.cog.map(Degrees::value), 2).text("T");
                t.number(vtg.cog_magnetic.map(Degrees::value), 2).text("M");
                t.number(vtg.sog.map(Knots::value), 3).text("N");
                t.number(vtg.sog.map(|sog| sog.value() * KNOT_KMH), 3).text("K").letter(vtg.mode);
            }
            Self::Zda(zda) => {
                t.time(zda.time);
                let [day, month, year] = zda.date.map_or([None; 3], |date| date.map(Some));
                t.two(day).two(month).int(year).signed_two(zda.zone_h).two(zda.zone_min);
            }
            Self::Gsa(gsa) => gsa.encode(t),
            Self::Gsv(gsv) => gsv.encode(t),
            Self::Gst(gst) => {
                t.time(gst.time).number(gst.rms, 2).number(gst.major_m, 2).number(gst.minor_m, 2);
                t.number(gst.orientation.map(Degrees::value), 2);
                t.number(gst.lat_sigma_m, 2).number(gst.lon_sigma_m, 2).number(gst.alt_sigma_m, 2);
            }
            Self::Hdt(heading) => {
                t.number(heading.map(Degrees::value), 2).text("T");
            }
            Self::Ths { heading, mode } => {
                t.number(heading.map(Degrees::value), 2).letter(*mode);
            }
        }
        encode_sentence(out, b'$', text.body().as_bytes());
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Gga(_) => "GGA",
            Self::Rmc(_) => "RMC",
            Self::Gll(_) => "GLL",
            Self::Gns(_) => "GNS",
            Self::Vtg(_) => "VTG",
            Self::Zda(_) => "ZDA",
            Self::Gsa(_) => "GSA",
            Self::Gsv(_) => "GSV",
            Self::Gst(_) => "GST",
            Self::Hdt(_) => "HDT",
            Self::Ths { .. } => "THS",
        }
    }
}

fn gga(r: &mut Row<'_>) -> Gga {
    Gga {
        time: r.time(),
        position: r.position(),
        quality: r.int(),
        satellites: r.int(),
        hdop: r.number(),
        altitude_m: r.metres(),
        separation_m: r.metres(),
        age_s: r.number(),
        station: r.int(),
    }
}

fn rmc(r: &mut Row<'_>) -> Rmc {
    Rmc {
        time: r.time(),
        valid: r.valid(),
        position: r.position(),
        sog: r.number().and_then(Knots::new),
        cog: r.degrees(),
        date: r.ddmmyy(),
        variation_deg: r.variation(),
        mode: r.letter(),
        nav_status: r.letter(),
    }
}

fn gns(r: &mut Row<'_>) -> Gns {
    Gns {
        time: r.time(),
        position: r.position(),
        modes: Label::new(r.next()),
        satellites: r.int(),
        hdop: r.number(),
        altitude_m: r.number(),
        separation_m: r.number(),
        age_s: r.number(),
        station: r.int(),
        nav_status: r.letter(),
    }
}

/// Until NMEA 2.0 without the letters that name the units.
fn vtg(r: &mut Row<'_>) -> Vtg {
    let lettered = r.peek(1) == Some(b"T") || r.peek(1) == Some(b"");
    let mut value = |letter: bool| {
        let number = r.number();
        if letter {
            r.next();
        }
        number
    };
    let (cog, magnetic) = (value(lettered), value(lettered));
    let (knots, kmh) = (value(lettered), value(lettered));
    Vtg {
        cog: row::degrees(cog),
        cog_magnetic: row::degrees(magnetic),
        sog: knots.or(kmh.map(|kmh| kmh / KNOT_KMH)).and_then(Knots::new),
        mode: r.letter(),
    }
}

/// Some Chinese receivers put a mode in front of the time.
fn zda(r: &mut Row<'_>) -> Zda {
    if r.peek(0).is_some_and(|first| (1..6).contains(&first.len())) {
        r.next();
    }
    let time = r.time();
    let date = (r.int(), r.int(), r.int());
    let date = if let (Some(day), Some(month), Some(year)) = date { Some([day, month, year]) } else { None };
    Zda { time, date, zone_h: r.number().map(|hours| hours as i8), zone_min: r.int() }
}

fn gst(r: &mut Row<'_>) -> Gst {
    Gst {
        time: r.time(),
        rms: r.number(),
        major_m: r.number(),
        minor_m: r.number(),
        orientation: r.degrees(),
        lat_sigma_m: r.number(),
        lon_sigma_m: r.number(),
        alt_sigma_m: r.number(),
    }
}
