//! The picture as NMEA 0183 sentences that any chart plotter reads: each track as its vessel would report itself. For
//! alerts see [`super::bridge`].

use super::Update;
use crate::sentences::{Unit, Vessel, sentence};
use decoders::ais::{self, Dimensions, Message, raw};
use fusion::{Hull, MarkKind, Station, Track};

/// What is sent of one thing.
#[derive(Debug, Default)]
pub struct Sentences {
    /// Each time it changes.
    pub position: Vec<u8>,
    /// Once, and when what it says has changed.
    pub statics: Vec<u8>,
}

/// Whether this format has words for it.
pub fn is_shown(update: &Update) -> bool {
    matches!(update, Update::Track(_) | Update::TrackGone(..))
        || matches!(update, Update::Mark(m) if m.kind == MarkKind::Aid)
}

pub fn sentences(update: &Update) -> Sentences {
    match update {
        Update::Track(track) => of_track(track),
        Update::Mark(mark) if mark.kind == MarkKind::Aid => of_aid(mark),
        // NMEA has no word for a vessel that is lost: a plotter drops it by itself.
        _ => Sentences::default(),
    }
}

fn of_track(track: &Track) -> Sentences {
    let mut out = Sentences::default();
    // What nobody knows the number of cannot be said in AIS.
    let (Some(mmsi), Some(station)) = (track.identity.mmsi, track.station) else { return out };
    let [ee, _, nn] = track.position_covariance_m2();
    let identity = &track.identity;
    let vessel = Vessel {
        unit: match station {
            Station::ClassA => Unit::ClassA,
            Station::ClassB | Station::Terminal => Unit::ClassB,
            Station::Aircraft => Unit::Aircraft,
        },
        mmsi,
        at: track.time(),
        position: Some(track.reference_position()),
        sigma_m: Some((ee + nn).sqrt()),
        sog: track.sog(),
        cog: track.cog(),
        heading: track.heading,
        rot_deg_min: track.rot_deg_min,
        nav_status: track.nav_status,
        name: identity.name,
        callsign: identity.callsign,
        destination: identity.destination,
        imo: identity.imo,
        ship_type: identity.ship_type,
        draught_m: identity.draught_m,
        hull: track.hull.map(dimensions),
    };
    vessel.say(&mut out.position, &mut out.statics);
    out
}

fn of_aid(mark: &fusion::Mark) -> Sentences {
    let mut out = Sentences::default();
    let (lon_raw, lat_raw) = raw::position(mark.position);
    let mut aid = ais::Aid {
        aid_type: Some(mark.aid_type.unwrap_or(0)),
        lon_raw,
        lat_raw,
        off_position: mark.off_position,
        // Without a second the flag above means nothing.
        second_raw: raw::second(mark.off_position.map(|_| (mark.heard.unix_s().rem_euclid(60)) as u8)),
        virtual_aid: Some(mark.is_virtual),
        ..ais::Aid::new(mark.mmsi)
    };
    aid.set_name(mark.name);
    sentence(&Message::Aid(aid), &mut out.position);
    out
}

fn dimensions(hull: Hull) -> Dimensions {
    Dimensions {
        to_bow: hull.to_bow_m,
        to_stern: hull.to_stern_m,
        to_port: hull.to_port_m.min(63) as u8,
        to_starboard: hull.to_starboard_m.min(63) as u8,
    }
}
