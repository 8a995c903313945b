//! AIS messages to observations (ITU-R M.1371-5).

use super::ears::{Ear, Ears, Hearing};
use decoders::ais::{self, Message};
use decoders::nmea::Received;
use fusion::{
    AlsoHeard, Body, Event, Hull, MarkKind, MarkReport, Observation, Report, SourceId, Statics, Station,
};
use std::cell::RefCell;
use std::rc::Rc;
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
    ears: Rc<RefCell<Ears>>,
}

impl Observer {
    /// For the messages of one source. What several sources hear of one transmission is known by the `ears` they share.
    #[must_use]
    pub fn new(source: SourceId, ears: &Rc<RefCell<Ears>>) -> Self {
        Self { source, ears: Rc::clone(ears) }
    }

    /// What a message says of a vessel or a mark, if anything. `arrival` is when it reached us.
    ///
    /// What was told already is not told again: then it only becomes known, once per source, who else heard it. The
    /// first to arrive gives the times, so that what a repeater sends again keeps the original's. Says whether it was
    /// told before.
    pub fn observe(&self, received: &Received<'_>, arrival: UtcTime, mut out: impl FnMut(Event)) -> bool {
        let message = received.message;
        if !is_observed(message) {
            return false;
        }
        let ear = Ear { source: self.source, station: received.tag.and_then(|tag| tag.source) };
        match self.ears.borrow_mut().hear(received.payload, ear, arrival) {
            Hearing::First => {}
            Hearing::Again { new_source } => {
                if new_source {
                    out(Event::AlsoHeard(AlsoHeard { source: self.source, mmsi: message.mmsi(), arrival }));
                }
                return true;
            }
        }
        let mut say = |second: Option<u8>, body| {
            let valid = second.map_or(arrival, |second| valid(second, arrival));
            out(Event::Observation(Observation { source: self.source, valid, arrival, body }));
        };
        match message {
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
            Message::BaseStation(m) => say(m.second(), Body::Mark(base_station(m))),
            _ => {}
        }
        false
    }
}

/// Whether a message says anything of a vessel or a mark. Message 11 is a ship's answer: it is no base station.
const fn is_observed(message: &Message) -> bool {
    match message {
        Message::PositionA(_)
        | Message::PositionB(_)
        | Message::ExtendedB(_)
        | Message::Aircraft(_)
        | Message::LongRange(_)
        | Message::StaticA(_)
        | Message::StaticB(_)
        | Message::Aid(_) => true,
        Message::BaseStation(m) => m.header.kind == 4,
        _ => false,
    }
}

/// The instant whose UTC second is `second`, nearest to when the message must have been sent. A report is sent
/// up to a minute before it arrives, and a receiver's clock may be a few seconds slow.
#[must_use]
pub fn valid(second: u8, arrival: UtcTime) -> UtcTime {
    const TYPICAL_DELAY_S: f64 = 0.3;
    let nearest = arrival.plus_s(-TYPICAL_DELAY_S).nearest_second(second);
    // The other half of the minute lies before: nothing comes more than 5 s before it was sent.
    if nearest.since(arrival) > 5.0 { nearest.plus_s(-60.0) } else { nearest }
}

fn sigma_m(accurate: Option<bool>) -> f64 {
    if accurate == Some(true) { SIGMA_HIGH_M } else { SIGMA_LOW_M }
}

fn position_a(m: &ais::PositionA) -> Report {
    Report {
        by: m.header.mmsi.into(),
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
        by: m.header.mmsi.into(),
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
        by: m.header.mmsi.into(),
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
        by: m.header.mmsi.into(),
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
        by: m.header.mmsi.into(),
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
        imo: m.imo().and_then(Imo::new),
        name: m.name(),
        callsign: m.callsign(),
        ship_type: m.ship_type(),
        hull: m.dimensions().map(hull),
        destination: m.destination(),
        draught_m: m.draught_m(),
        ..Statics::of(m.header.mmsi.into())
    }
}

fn static_b(m: &ais::StaticB) -> Statics {
    Statics {
        name: m.name(),
        callsign: m.callsign(),
        ship_type: m.ship_type(),
        hull: m.dimensions().map(hull),
        ..Statics::of(m.header.mmsi.into())
    }
}

fn extended_b_statics(m: &ais::ExtendedB) -> Statics {
    Statics {
        name: m.name(),
        ship_type: m.ship_type(),
        hull: m.dimensions().map(hull),
        ..Statics::of(m.header.mmsi.into())
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
    use decoders::bits::BitWriter;
    use decoders::frame::Framer;
    use decoders::nmea::{Item, Reader, encode_vdm};
    use simulate::{Scene, Sent};
    use std::collections::BTreeMap;

    const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);

    /// One station's feed: what arrives, in order of arrival.
    type Feed = Vec<(UtcTime, Vec<u8>)>;

    /// Ten minutes of a hundred vessels and of marks, as sent.
    fn sent() -> Feed {
        let mut feed = Feed::new();
        Scene::ningbo_zhoushan(5, 100, START).run(START.plus_s(600.0), &mut |sent: Sent<'_>| {
            feed.push((sent.at, sent.bytes.to_vec()));
        });
        feed
    }

    /// What several stations hear of it: each hears four of five messages, up to two seconds late.
    fn heard(feed: &Feed, stations: u16) -> Vec<(UtcTime, u16, Vec<u8>)> {
        let mut state = 1_u64;
        let mut unit = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 24)
        };
        let mut all = Vec::new();
        for station in 0..stations {
            for (at, bytes) in feed {
                let (lost, delay_s) = (unit() < 0.2, 2.0 * unit());
                if !lost {
                    all.push((at.plus_s(delay_s), station, bytes.clone()));
                }
            }
        }
        all.sort_by_key(|(at, station, _)| (*at, *station));
        all
    }

    /// The events that come of it, each station a source of its own, and what `Ears` lists for the last message.
    fn events(heard: &[(UtcTime, u16, Vec<u8>)]) -> Vec<Event> {
        let ears = Rc::default();
        let mut sources: BTreeMap<u16, (Reader, Observer)> = BTreeMap::new();
        let mut events = Vec::new();
        for (at, station, bytes) in heard {
            let (reader, observer) = sources
                .entry(*station)
                .or_insert_with(|| (Reader::new(), Observer::new(SourceId(*station), &ears)));
            Framer::default().drain(bytes, true, |line| {
                reader.line(line, *at, |item| {
                    if let Item::Ais(received) = item {
                        observer.observe(&received, *at, |event| events.push(event));
                    }
                });
            });
        }
        events
    }

    /// What was observed: bodies, and when they were true where the message itself says so; in one order.
    fn observed(events: &[Event]) -> Vec<String> {
        let mut all: Vec<String> = events
            .iter()
            .filter_map(|event| match event {
                Event::Observation(o) => Some(o),
                _ => None,
            })
            .map(|o| {
                let said = matches!(o.body, Body::Report(_) | Body::Mark(_)) && o.valid != o.arrival;
                format!("{:?} {:?}", o.body, said.then_some(o.valid))
            })
            .collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn twelve_copies_late_and_with_gaps_are_the_observations_of_one() {
        let feed = sent();
        let clean: Vec<_> = feed.iter().map(|(at, bytes)| (*at, 0, bytes.clone())).collect();
        let (alone, copies) = (events(&clean), heard(&feed, 12));
        let together = events(&copies);
        let (one, twelve) = (observed(&alone), observed(&together));
        println!("{} messages, {} heard by twelve: {} observations", feed.len(), copies.len(), one.len());
        assert!(one.len() > 3000 && copies.len() > 9 * feed.len());
        assert_eq!(one.len(), twelve.len());
        assert!(one == twelve, "other observations");
        // All who heard are known: whoever was not the first is told of once per message.
        let also = together.iter().filter(|event| matches!(event, Event::AlsoHeard(_))).count();
        assert!(also > 8 * feed.len() && also < copies.len(), "{also}");
        assert_eq!(together, events(&copies), "not the same twice");
    }

    #[test]
    fn copies_cost_no_allocation() {
        let copies = heard(&sent(), 4);
        let (ears, mut out) = (Rc::default(), Vec::with_capacity(100_000));
        let mut sources: Vec<_> =
            (0..4).map(|n| (Reader::new(), Observer::new(SourceId(n), &ears))).collect();
        let mut framer = Framer::default();
        let mut run = |heard: &[(UtcTime, u16, Vec<u8>)]| {
            for (at, station, bytes) in heard {
                let (reader, observer) = &mut sources[usize::from(*station)];
                framer.drain(bytes, true, |line| {
                    reader.line(line, *at, |item| {
                        if let Item::Ais(received) = item {
                            observer.observe(&received, *at, |event| out.push(event));
                        }
                    });
                });
            }
        };
        let (first, second) = copies.split_at(copies.len() / 2);
        run(first);
        assert_eq!(allocation_counter::measure(|| run(second)).count_total, 0);
    }

    #[test]
    fn what_a_repeater_sends_again_keeps_the_originals_time() {
        let message = |repeat: u8| {
            let (mut bits, mut out) = (BitWriter::new(), Vec::new());
            let mut m = ais::PositionA {
                second_raw: Some(10),
                ..ais::PositionA::new(1, units::Mmsi::new(413_000_001).unwrap())
            };
            m.header.repeat = repeat;
            m.encode(&mut bits);
            encode_vdm(&mut out, *b"AI", Some(b'A'), 0, bits.bits());
            out
        };
        let at = |s: f64| START.plus_s(s);
        // START is on a whole minute.
        assert_eq!(START.unix_s() % 60, 0);
        let heard = [(at(10.4), 0, message(0)), (at(13.0), 1, message(1)), (at(14.0), 0, message(2))];
        let [Event::Observation(original), Event::AlsoHeard(again)] = &events(&heard)[..] else {
            panic!("{:?}", events(&heard))
        };
        assert_eq!((original.source, original.valid, original.arrival), (SourceId(0), at(10.0), at(10.4)));
        assert_eq!((again.source, again.arrival), (SourceId(1), at(13.0)));
        // Where only the repeater is heard, the report's own second still tells when it was true.
        let [Event::Observation(repeated)] = &events(&heard[1..2])[..] else { panic!() };
        assert_eq!(repeated.valid, at(10.0));
    }

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
