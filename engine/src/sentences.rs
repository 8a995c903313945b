//! A vessel as its own AIS unit would report it: sentences that any chart plotter reads.

use decoders::ais::{self, Dimensions, Message, Text, raw};
use decoders::bits::BitWriter;
use decoders::nmea::encode_vdm;
use units::{Degrees, Imo, Knots, Label, Mmsi, Position, UtcTime};

/// Base stations and traffic alike are told to plotters as heard by a VTS.
const TALKER: [u8; 2] = *b"AI";
const CHANNEL: u8 = b'A';
/// Nobody knows what it does.
const UNDEFINED: u8 = 15;
/// Better than 10 m, as the standard counts: both axes together, 95 % of the time.
const ACCURATE_M: f64 = 5.0;

/// Which unit it would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    ClassA,
    ClassB,
    Aircraft,
}

/// What is known of it; what is not is told as unknown.
#[derive(Clone, Debug)]
pub struct Vessel {
    pub unit: Unit,
    pub mmsi: Mmsi,
    pub at: UtcTime,
    pub position: Option<Position>,
    /// One standard deviation of both axes together, metres.
    pub sigma_m: Option<f64>,
    pub sog: Option<Knots>,
    pub cog: Option<Degrees>,
    pub heading: Option<Degrees>,
    pub rot_deg_min: Option<f64>,
    pub nav_status: Option<u8>,
    pub name: Option<Label>,
    pub callsign: Option<Label>,
    pub destination: Option<Label>,
    pub imo: Option<Imo>,
    pub ship_type: Option<u8>,
    pub draught_m: Option<f64>,
    pub hull: Option<Dimensions>,
}

impl Vessel {
    /// Appends where it is and how it moves to the one, who it is to the other.
    pub fn say(self, position: &mut Vec<u8>, statics: &mut Vec<u8>) {
        let mmsi = self.mmsi;
        let (lon_raw, lat_raw) = raw::position(self.position);
        let second_raw = raw::second(u8::try_from(self.at.unix_s().rem_euclid(60)).ok());
        let pos_accuracy = Some(self.sigma_m.is_some_and(|sigma_m| sigma_m < ACCURATE_M));
        let (sog_raw, cog_raw, heading_raw) =
            (raw::sog(self.sog), raw::cog(self.cog), raw::heading(self.heading));
        let (name_raw, callsign_raw) = (Text::from_label(self.name), Text::from_label(self.callsign));
        let ship_type_raw = Some(self.ship_type.unwrap_or(0));
        let dimensions_raw = raw::dimensions(self.hull);
        match self.unit {
            Unit::ClassA => {
                let report = ais::PositionA {
                    nav_status_raw: Some(self.nav_status.unwrap_or(UNDEFINED)),
                    rot_raw: raw::rot(self.rot_deg_min),
                    sog_raw,
                    pos_accuracy,
                    lon_raw,
                    lat_raw,
                    cog_raw,
                    heading_raw,
                    second_raw,
                    ..ais::PositionA::new(1, mmsi)
                };
                let who = ais::StaticA {
                    imo_raw: Some(self.imo.map_or(0, Imo::number)),
                    callsign_raw,
                    name_raw,
                    ship_type_raw,
                    dimensions_raw,
                    draught_raw: raw::draught(self.draught_m),
                    destination_raw: Text::from_label(self.destination),
                    ..ais::StaticA::new(mmsi)
                };
                sentence(&Message::PositionA(report), position);
                sentence(&Message::StaticA(who), statics);
            }
            Unit::ClassB => {
                let report = ais::PositionB {
                    sog_raw,
                    pos_accuracy,
                    lon_raw,
                    lat_raw,
                    cog_raw,
                    heading_raw,
                    second_raw,
                    ..ais::PositionB::new(mmsi)
                };
                let half = ais::HalfB {
                    ship_type_raw,
                    vendor_raw: Text::BLANK,
                    unit_model: Some(0),
                    serial: Some(0),
                    callsign_raw,
                    dimensions_raw,
                    mothership_raw: Some(0),
                    epfd: Some(0),
                    spare: Some(0),
                };
                sentence(&Message::PositionB(report), position);
                sentence(&Message::StaticB(ais::StaticB::part_a(mmsi, name_raw)), statics);
                sentence(&Message::StaticB(ais::StaticB::part_b(mmsi, half)), statics);
            }
            Unit::Aircraft => {
                let report = ais::Aircraft {
                    sog_raw: raw::aircraft_sog(self.sog),
                    lon_raw,
                    lat_raw,
                    cog_raw,
                    second_raw,
                    ..ais::Aircraft::new(mmsi)
                };
                sentence(&Message::Aircraft(report), position);
            }
        }
    }
}

/// Appends a message.
pub fn sentence(message: &Message, out: &mut Vec<u8>) {
    let mut bits = BitWriter::default();
    message.encode(&mut bits);
    // Groups of different vessels that follow each other keep apart.
    let sequence = (message.mmsi().number() % 10) as u8;
    encode_vdm(out, TALKER, Some(CHANNEL), sequence, bits.bits());
}
