//! AIS messages to observations (ITU-R M.1371-5).

use decoders::ais::{self, Message};
use decoders::nmea::Received;
use fusion::{Body, Hull, MarkKind, MarkReport, Observation, Report, SourceId, Statics, Station};
use units::{Imo, UtcTime};

/// GNSS with and without the flag "better than 10 m": one standard deviation, metres.
const SIGMA_HIGH_M: f64 = 6.0;
const SIGMA_LOW_M: f64 = 12.0;
/// Message 27 counts in tenths of a minute: 185 m, evenly spread.
const SIGMA_LONG_RANGE_M: f64 = 60.0;

/// Turns one source's AIS messages into observations.
#[derive(Debug)]
pub struct Observer {
    source: SourceId,
}

impl Observer {
    /// For the messages of one source.
    #[must_use]
    pub const fn new(source: SourceId) -> Self {
        Self { source }
    }

    /// What a message says of a vessel or a mark, if anything. `arrival` is when it reached us.
    pub fn observe(&self, received: &Received<'_>, arrival: UtcTime, mut observed: impl FnMut(Observation)) {
        let mut say = |second: Option<u8>, body| {
            let valid = second.map_or(arrival, |second| valid(second, arrival));
            observed(Observation { source: self.source, valid, arrival, body });
        };
        match &received.message {
            Message::PositionA(m) => say(m.second(), Body::Report(position_a(m))),
            Message::PositionB(m) => say(m.second(), Body::Report(position_b(m))),
            Message::ExtendedB(m) => {
                say(m.second(), Body::Report(extended_b(m)));
                say(None, Body::Statics(extended_b_statics(m)));
            }
            Message::Aircraft(m) => say(m.second(), Body::Report(aircraft(m))),
            Message::LongRange(m) => say(None, Body::Report(long_range(m))),
            Message::StaticA(m) => say(None, Body::Statics(static_a(m))),
            Message::StaticB(m) => say(None, Body::Statics(static_b(m))),
            Message::Aid(m) => say(m.second(), Body::Mark(aid(m))),
            // Message 11 is a ship's answer: it is no base station.
            Message::BaseStation(m) if m.header.kind == 4 => say(m.second(), Body::Mark(base_station(m))),
            _ => {}
        }
    }
}

/// The instant whose UTC second is `second`, nearest to when the message must have been sent. A report is sent
/// up to a minute before it arrives, and a receiver's clock may be a few seconds slow.
fn valid(second: u8, arrival: UtcTime) -> UtcTime {
    const TYPICAL_DELAY_S: f64 = 0.3;
    const EARLIEST_S: f64 = -55.0;
    let sent = arrival.plus_s(-TYPICAL_DELAY_S);
    let minute = sent.unix_s().div_euclid(60) * 60 + i64::from(second);
    let near = |minutes: i64| UtcTime::from_unix_s(minute + 60 * minutes);
    let allowed = |at: &UtcTime| (EARLIEST_S..=5.0).contains(&at.since(arrival));
    [near(-1), near(0), near(1)]
        .into_iter()
        .filter(allowed)
        .min_by(|a, b| a.since(sent).abs().total_cmp(&b.since(sent).abs()))
        .unwrap_or(arrival)
}

fn sigma_m(accurate: Option<bool>) -> f64 {
    if accurate == Some(true) { SIGMA_HIGH_M } else { SIGMA_LOW_M }
}

fn position_a(m: &ais::PositionA) -> Report {
    Report {
        mmsi: m.header.mmsi,
        station: Station::ClassA,
        position: m.position(),
        sigma_m: sigma_m(m.pos_accuracy),
        sog: m.sog(),
        cog: m.cog(),
        heading: m.heading(),
        rot_deg_min: m.rot_deg_min(),
        nav_status: m.nav_status(),
    }
}

fn position_b(m: &ais::PositionB) -> Report {
    Report {
        mmsi: m.header.mmsi,
        station: Station::ClassB,
        position: m.position(),
        sigma_m: sigma_m(m.pos_accuracy),
        sog: m.sog(),
        cog: m.cog(),
        heading: m.heading(),
        rot_deg_min: None,
        nav_status: None,
    }
}

fn extended_b(m: &ais::ExtendedB) -> Report {
    Report {
        mmsi: m.header.mmsi,
        station: Station::ClassB,
        position: m.position(),
        sigma_m: sigma_m(m.pos_accuracy),
        sog: m.sog(),
        cog: m.cog(),
        heading: m.heading(),
        rot_deg_min: None,
        nav_status: None,
    }
}

fn aircraft(m: &ais::Aircraft) -> Report {
    Report {
        mmsi: m.header.mmsi,
        station: Station::Aircraft,
        position: m.position(),
        sigma_m: sigma_m(m.pos_accuracy),
        sog: m.sog(),
        cog: m.cog(),
        heading: None,
        rot_deg_min: None,
        nav_status: None,
    }
}

fn long_range(m: &ais::LongRange) -> Report {
    Report {
        mmsi: m.header.mmsi,
        station: Station::ClassA,
        position: m.position(),
        sigma_m: SIGMA_LONG_RANGE_M,
        sog: m.sog(),
        cog: m.cog(),
        heading: None,
        rot_deg_min: None,
        nav_status: m.nav_status(),
    }
}

fn static_a(m: &ais::StaticA) -> Statics {
    Statics {
        mmsi: m.header.mmsi,
        imo: m.imo().and_then(Imo::new),
        name: m.name(),
        callsign: m.callsign(),
        ship_type: m.ship_type(),
        hull: m.dimensions().map(hull),
        destination: m.destination(),
        draught_m: m.draught_m(),
    }
}

fn static_b(m: &ais::StaticB) -> Statics {
    Statics {
        mmsi: m.header.mmsi,
        imo: None,
        name: m.name(),
        callsign: m.callsign(),
        ship_type: m.ship_type(),
        hull: m.dimensions().map(hull),
        destination: None,
        draught_m: None,
    }
}

fn extended_b_statics(m: &ais::ExtendedB) -> Statics {
    Statics {
        mmsi: m.header.mmsi,
        imo: None,
        name: m.name(),
        callsign: None,
        ship_type: m.ship_type(),
        hull: m.dimensions().map(hull),
        destination: None,
        draught_m: None,
    }
}

fn hull(of: ais::Dimensions) -> Hull {
    Hull {
        to_bow_m: of.to_bow,
        to_stern_m: of.to_stern,
        to_port_m: of.to_port.into(),
        to_starboard_m: of.to_starboard.into(),
    }
}

fn aid(m: &ais::Aid) -> MarkReport {
    MarkReport {
        mmsi: m.header.mmsi,
        kind: MarkKind::Aid,
        position: m.position(),
        name: m.name(),
        // The flag means something only while the aid knows the time (M.1371-5, message 21, note).
        off_position: m.off_position.filter(|_| m.second().is_some()),
        is_virtual: m.virtual_aid == Some(true),
        aid_type: m.aid_type,
    }
}

fn base_station(m: &ais::BaseStation) -> MarkReport {
    MarkReport {
        mmsi: m.header.mmsi,
        kind: MarkKind::BaseStation,
        position: m.position(),
        name: None,
        off_position: None,
        is_virtual: false,
        aid_type: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_a_report_finds_its_minute() {
        // Arrival 10:00:00.2 UTC.
        let arrival = UtcTime::from_unix_s(36_000).plus_s(0.2);
        let cases = [
            (0, 36_000),  // just now
            (59, 35_999), // a second ago, in the minute before
            (55, 35_995),
            (6, 35_946), // too far ahead, so almost a minute ago
            (5, 36_005), // a receiver whose clock is slow
            (4, 36_004),
        ];
        for (second, expected) in cases {
            assert_eq!(valid(second, arrival), UtcTime::from_unix_s(expected), "second {second}");
        }
    }
}
