//! NMEA 0183: what has an MMSI as its own AIS unit would report it (VDM), what has none as a radar's target (TTM), seen
//! from a station whose place is told each second (RMC). Plotters place TTM by that (OpenCPN among them).

use super::told::{Numbers, Told};
use super::{Out, Speaker};
use crate::feed::proto::{self, server_message::Body};
use crate::sentences::{Unit as Station, Vessel, sentence};
use decoders::ais::{self, Dimensions, Message, raw};
use decoders::arpa::{self, Clock, Reference, TargetStatus, TrackedTarget, Unit};
use fusion::Plane;
use std::collections::HashMap;
use units::{Imo, Mmsi, Position, UtcTime};

const RADAR: [u8; 2] = *b"RA";
const NAUTICAL_MILE_M: f64 = 1852.0;
/// Plotters count targets to 999.
const MAX_TARGETS: u16 = 999;
/// Who a vessel is goes out every six minutes, and when that changes.
const STATICS_S: i64 = 360;

#[derive(Debug)]
pub(super) struct Nmea {
    station: Option<Plane>,
    numbers: Numbers,
    /// Of what was last told who they are, and when, by track.
    statics: HashMap<u64, (Vec<u8>, i64)>,
    now: Option<UtcTime>,
}

impl Nmea {
    pub fn new(station: Option<Position>) -> Self {
        Self {
            station: station.map(Plane::at),
            numbers: Numbers::up_to(MAX_TARGETS),
            statics: HashMap::new(),
            now: None,
        }
    }

    fn track(&mut self, track: &proto::Track, out: &mut Out) {
        let Some(told) = Told::of(track) else { return };
        let Some(mmsi) = told.mmsi() else { return self.target(told, out) };
        // It was a radar's target until somebody spoke for it.
        self.lost(track.id, out);
        let mut statics = Vec::new();
        vessel(told, mmsi).say(&mut out.bytes, &mut statics);
        out.end();
        let second = told.at().unix_s();
        let known = self.statics.get(&track.id);
        if known.is_none_or(|(before, at)| *before != statics || second - at >= STATICS_S) {
            out.bytes.extend_from_slice(&statics);
            out.end();
            self.statics.insert(track.id, (statics, second));
        }
    }

    fn target(&mut self, told: Told<'_>, out: &mut Out) {
        let (Some(station), Some(place)) = (&self.station, told.middle()) else { return };
        let Some((number, _)) = self.numbers.of(told.0.id) else { return };
        let (e_m, n_m) = station.to_local(place);
        let mut name = Vec::new();
        let name = told.name().map(|text| arpa::Text::escaped(text, &mut name));
        let target = TrackedTarget {
            number: Some(u32::from(number)),
            distance: Some(e_m.hypot(n_m) / NAUTICAL_MILE_M),
            bearing: Some(e_m.atan2(n_m).to_degrees().rem_euclid(360.0)),
            bearing_from: Some(Reference::True),
            speed: told.0.sog_kn,
            course: told.0.cog_deg,
            course_from: Some(Reference::True),
            unit: Some(Unit::NauticalMiles),
            name,
            status: Some(TargetStatus::Tracking),
            time: clock(told.at()),
            ..TrackedTarget::default()
        };
        arpa::Message::Ttm(target).encode(RADAR, &mut out.bytes);
        out.end();
    }

    /// A target is no more.
    fn lost(&mut self, id: u64, out: &mut Out) {
        let Some(number) = self.numbers.end(id) else { return };
        let target = TrackedTarget {
            number: Some(u32::from(number)),
            distance: Some(0.0),
            bearing: Some(0.0),
            bearing_from: Some(Reference::True),
            course_from: Some(Reference::True),
            unit: Some(Unit::NauticalMiles),
            status: Some(TargetStatus::Lost),
            time: self.now.and_then(clock),
            ..TrackedTarget::default()
        };
        arpa::Message::Ttm(target).encode(RADAR, &mut out.bytes);
        out.end();
    }

    fn second(&mut self, now: UtcTime, out: &mut Out) {
        self.now = Some(now);
        let Some(station) = &self.station else { return };
        rmc(station.origin(), now, &mut out.bytes);
        out.end();
    }
}

impl Speaker for Nmea {
    fn say(&mut self, body: &Body, out: &mut Out) {
        match body {
            Body::Track(track) => self.track(track, out),
            Body::TrackGone(gone) => {
                self.statics.remove(&gone.id);
                self.lost(gone.id, out);
            }
            Body::Leave(leave) => {
                if let Some(id) = leave.track {
                    self.statics.remove(&id);
                    self.lost(id, out);
                }
            }
            Body::Mark(mark) => aid(mark, out),
            Body::Heartbeat(heartbeat) => self.second(UtcTime::from_unix_us(heartbeat.time_us), out),
            _ => {}
        }
    }
}

fn clock(at: UtcTime) -> Option<Clock> {
    u32::try_from(at.unix_us().div_euclid(1000).rem_euclid(86_400_000)).ok().and_then(Clock::of_day_ms)
}

fn vessel(told: Told<'_>, mmsi: Mmsi) -> Vessel {
    let track = told.0;
    let identity = told.identity();
    let small = |number: Option<u32>| number.and_then(|number| u8::try_from(number).ok());
    let label = |text: Option<&str>| Told::label(text);
    Vessel {
        unit: match track.class() {
            proto::Class::A => Station::ClassA,
            proto::Class::Aircraft => Station::Aircraft,
            proto::Class::B
            | proto::Class::NetMarker
            | proto::Class::Terminal
            | proto::Class::Unspecified => Station::ClassB,
        },
        mmsi,
        at: told.at(),
        position: told.position(),
        sigma_m: told.sigma_m().map(|[e, n]| e.hypot(n)),
        sog: told.sog(),
        cog: told.cog(),
        heading: told.heading(),
        rot_deg_min: track.rot_deg_min,
        nav_status: small(track.nav_status),
        name: label(told.name()),
        callsign: label(identity.and_then(|identity| identity.callsign.as_deref())),
        destination: label(identity.and_then(|identity| identity.destination.as_deref())),
        imo: identity.and_then(|identity| Imo::new(identity.imo?)),
        ship_type: small(identity.and_then(|identity| identity.ship_type)),
        draught_m: identity.and_then(|identity| identity.draught_m),
        hull: track.hull.as_ref().map(dimensions),
    }
}

fn aid(mark: &proto::Mark, out: &mut Out) {
    let (Some(lat), Some(lon), Some(kind)) = (mark.lat, mark.lon, mark.aid_type) else { return };
    let Some(mmsi) = Mmsi::new(mark.mmsi) else { return };
    let (lon_raw, lat_raw) = raw::position(Position::new(lat, lon));
    let mut aid = ais::Aid { aid_type: u8::try_from(kind).ok(), lon_raw, lat_raw, ..ais::Aid::new(mmsi) };
    aid.set_name(Told::label(mark.name.as_deref()));
    sentence(&Message::Aid(aid), &mut out.bytes);
    out.end();
}

fn dimensions(hull: &proto::Hull) -> Dimensions {
    let long = |m: u32| u16::try_from(m.min(511)).unwrap_or(511);
    let wide = |m: u32| u8::try_from(m.min(63)).unwrap_or(63);
    Dimensions {
        to_bow: long(hull.to_bow),
        to_stern: long(hull.to_stern),
        to_port: wide(hull.to_port),
        to_starboard: wide(hull.to_starboard),
    }
}

/// Where the station is: own ship, as far as a plotter knows.
fn rmc(place: Position, now: UtcTime, out: &mut Vec<u8>) {
    let Some([year, month, day, hour, minute, second]) = decoders::calendar::civil(now) else { return };
    let angle = |deg: f64, width: usize| {
        // In ten-thousandths of a minute, so that nothing is rounded to sixty minutes.
        let whole = (deg.abs() * 600_000.0).round() as u64;
        let (degrees, minutes) = (whole / 600_000, whole % 600_000);
        format!("{degrees:0width$}{:02}.{:04}", minutes / 10_000, minutes % 10_000)
    };
    let body = format!(
        "AIRMC,{hour:02}{minute:02}{second:02}.00,A,{},{},{},{},0.0,0.0,{day:02}{month:02}{:02},,,A",
        angle(place.lat(), 2),
        if place.lat() < 0.0 { 'S' } else { 'N' },
        angle(place.lon(), 3),
        if place.lon() < 0.0 { 'W' } else { 'E' },
        year % 100
    );
    let sum = body.bytes().fold(0, |sum, byte| sum ^ byte);
    out.extend_from_slice(format!("${body}*{sum:02X}\r\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_station_says_where_it_is() {
        let mut out = Vec::new();
        rmc(Position::new(-29.999_999_99, 122.5).unwrap(), UtcTime::from_unix_s(1_764_000_000), &mut out);
        // The check sum by hand: the exclusive or of what stands between.
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "$AIRMC,160000.00,A,3000.0000,S,12230.0000,E,0.0,0.0,241125,,,A*5B\r\n"
        );
    }
}
