//! The picture as NMEA 0183 sentences that any chart plotter reads: each track as its vessel would report itself. For
//! alerts see [`super::bridge`].

use super::Update;
use decoders::ais::{self, Dimensions, Message, Text, raw};
use decoders::bits::BitWriter;
use decoders::nmea::encode_vdm;
use fusion::{Hull, MarkKind, Station, Track};

/// Base stations and traffic alike are told to plotters as heard by a VTS.
const TALKER: [u8; 2] = *b"AI";
const CHANNEL: u8 = b'A';

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
    let Some(mmsi) = track.identity.mmsi else { return out };
    let (lon_raw, lat_raw) = raw::position(Some(track.reference_position()));
    let second_raw = raw::second(u8::try_from(track.time().unix_s().rem_euclid(60)).ok());
    let name = track.identity.name;
    let callsign_raw = Text::from_label(track.identity.callsign);
    let dimensions_raw = raw::dimensions(track.hull.map(dimensions));
    let Some(station) = track.station else { return out };
    match station {
        Station::ClassA => {
            let position = ais::PositionA {
                nav_status_raw: Some(track.nav_status.unwrap_or(15)),
                rot_raw: raw::rot(track.rot_deg_min),
                sog_raw: raw::sog(track.sog()),
                pos_accuracy: Some(is_accurate(track)),
                lon_raw,
                lat_raw,
                cog_raw: raw::cog(track.cog()),
                heading_raw: raw::heading(track.heading),
                second_raw,
                ..ais::PositionA::new(1, mmsi)
            };
            let statics = ais::StaticA {
                imo_raw: Some(track.identity.imo.map_or(0, units::Imo::number)),
                callsign_raw,
                name_raw: Text::from_label(name),
                ship_type_raw: Some(track.identity.ship_type.unwrap_or(0)),
                dimensions_raw,
                draught_raw: raw::draught(track.identity.draught_m),
                destination_raw: Text::from_label(track.identity.destination),
                ..ais::StaticA::new(mmsi)
            };
            sentence(&Message::PositionA(position), &mut out.position);
            sentence(&Message::StaticA(statics), &mut out.statics);
        }
        Station::Terminal | Station::ClassB => {
            let position = ais::PositionB {
                sog_raw: raw::sog(track.sog()),
                pos_accuracy: Some(is_accurate(track)),
                lon_raw,
                lat_raw,
                cog_raw: raw::cog(track.cog()),
                heading_raw: raw::heading(track.heading),
                second_raw,
                ..ais::PositionB::new(mmsi)
            };
            let half = ais::HalfB {
                ship_type_raw: Some(track.identity.ship_type.unwrap_or(0)),
                vendor_raw: Text::BLANK,
                unit_model: Some(0),
                serial: Some(0),
                callsign_raw,
                dimensions_raw,
                mothership_raw: Some(0),
                epfd: Some(0),
                spare: Some(0),
            };
            sentence(&Message::PositionB(position), &mut out.position);
            sentence(&Message::StaticB(ais::StaticB::part_a(mmsi, Text::from_label(name))), &mut out.statics);
            sentence(&Message::StaticB(ais::StaticB::part_b(mmsi, half)), &mut out.statics);
        }
        Station::Aircraft => {
            let position = ais::Aircraft {
                sog_raw: raw::aircraft_sog(track.sog()),
                lon_raw,
                lat_raw,
                cog_raw: raw::cog(track.cog()),
                second_raw,
                ..ais::Aircraft::new(mmsi)
            };
            sentence(&Message::Aircraft(position), &mut out.position);
        }
    }
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

fn sentence(message: &Message, out: &mut Vec<u8>) {
    let mut bits = BitWriter::default();
    message.encode(&mut bits);
    // Groups of different vessels that follow each other keep apart.
    let sequence = (message.mmsi().number() % 10) as u8;
    encode_vdm(out, TALKER, Some(CHANNEL), sequence, bits.bits());
}

fn dimensions(hull: Hull) -> Dimensions {
    Dimensions {
        to_bow: hull.to_bow_m,
        to_stern: hull.to_stern_m,
        to_port: hull.to_port_m.min(63) as u8,
        to_starboard: hull.to_starboard_m.min(63) as u8,
    }
}

/// Better than 10 m, as the standard counts: both axes together, 95 % of the time.
fn is_accurate(track: &Track) -> bool {
    let [ee, _, nn] = track.position_covariance_m2();
    (ee + nn).sqrt() < 5.0
}
