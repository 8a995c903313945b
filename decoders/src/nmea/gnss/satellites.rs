//! GSA and GSV. How satellites and signals are numbered differs between makers: for people, not for judging a fix.

use super::row::{Row, Text};

/// GSA.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gsa {
    /// `A` chooses between two and three dimensions by itself, `M` does not.
    pub choice: Option<u8>,
    /// 1 no fix, 2 and 3 dimensions.
    pub fix: Option<u8>,
    /// Satellites used.
    pub satellites: [Option<u16>; 12],
    /// Dilution of position.
    pub pdop: Option<f64>,
    /// Horizontal.
    pub hdop: Option<f64>,
    /// Vertical.
    pub vdop: Option<f64>,
    /// NMEA 4.1: 1 GPS, 2 GLONASS, 3 Galileo, 4 BeiDou, 5 QZSS, 6 IRNSS.
    pub system: Option<u8>,
}

/// GSV: up to four satellites.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gsv {
    /// How many sentences tell them all.
    pub total: u8,
    /// Which one this is, from 1.
    pub number: u8,
    /// Satellites in view.
    pub in_view: Option<u8>,
    /// Some of them.
    pub satellites: [Option<Satellite>; 4],
    /// NMEA 4.1: which signal.
    pub signal: Option<u8>,
}

/// A satellite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Satellite {
    /// Its number.
    pub id: u16,
    /// Above the horizon, degrees.
    pub elevation_deg: Option<u8>,
    /// From true north, degrees.
    pub azimuth_deg: Option<u16>,
    /// Strength, dBHz; `None` while it is not tracked.
    pub snr_dbhz: Option<u8>,
}

impl Gsa {
    pub(super) fn decode(r: &mut Row<'_>) -> Self {
        let (choice, fix) = (r.letter(), r.int());
        let satellites = std::array::from_fn(|_| r.int());
        let (pdop, hdop, vdop) = (r.number(), r.number(), r.number());
        Self { choice, fix, satellites, pdop, hdop, vdop, system: r.hex() }
    }

    pub(super) fn encode(&self, t: &mut Text) {
        t.letter(self.choice).int(self.fix);
        for satellite in self.satellites {
            t.two(satellite);
        }
        t.number(self.pdop, 2).number(self.hdop, 2).number(self.vdop, 2);
        if self.system.is_some() {
            t.hex(self.system);
        }
    }
}

impl Gsv {
    pub(super) fn decode(r: &mut Row<'_>) -> Option<Self> {
        let (total, number, in_view) = (r.int()?, r.int()?, r.int());
        let mut satellites = [None; 4];
        for place in &mut satellites {
            // One field that is left over is the signal.
            if r.left() < 4 {
                break;
            }
            let (id, elevation_deg, azimuth_deg, snr_dbhz) = (r.int(), r.int(), r.int(), r.int());
            *place = id.map(|id| Satellite { id, elevation_deg, azimuth_deg, snr_dbhz });
        }
        Some(Self { total, number, in_view, satellites, signal: r.hex() })
    }

    pub(super) fn encode(&self, t: &mut Text) {
        t.int(Some(self.total)).int(Some(self.number)).two(self.in_view);
        for satellite in self.satellites.iter().flatten() {
            t.two(Some(satellite.id))
                .two(satellite.elevation_deg)
                .int(satellite.azimuth_deg)
                .two(satellite.snr_dbhz);
        }
        if self.signal.is_some() {
            t.hex(self.signal);
        }
    }
}
