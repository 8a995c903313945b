//! What is heard and is no vessel: base stations and aids to navigation.

use crate::date::date;
use crate::plane::{ahead, offset};
use crate::random::Random;
use crate::waters::{AIDS, BASES, State};
use decoders::ais::{Aid, BaseStation, Dimensions, Message, raw};
use units::{Label, Mmsi, Position, UtcTime};

const BASE_S: f64 = 10.0;
const AID_S: f64 = 180.0;
/// How far the buoy that is adrift lies off its station.
const ADRIFT_M: f64 = 420.0;

#[derive(Clone, Copy)]
enum Kind {
    Base,
    Aid { name: Label, aid_type: u8, state: State },
}

/// A station that stays where it is.
pub(crate) struct Mark {
    pub(crate) mmsi: Mmsi,
    at: Position,
    kind: Kind,
    due_s: f64,
    shuffle: bool,
    channel_a: bool,
    random: Random,
}

pub(crate) fn marks(seed: u64) -> Vec<Mark> {
    let mut random = Random::stream(seed, u64::MAX);
    let mut out = Vec::with_capacity(BASES.len() + AIDS.len());
    let mut add = |mmsi: u32, lat: f64, lon: f64, kind: Kind, period_s: f64| {
        if let (Some(mmsi), Some(at)) = (Mmsi::new(mmsi), Position::new(lat, lon)) {
            let due_s = period_s * random.unit();
            out.push(Mark {
                mmsi,
                at,
                kind,
                due_s,
                shuffle: false,
                channel_a: true,
                random: Random::new(random.word()),
            });
        }
    };
    for &(mmsi, lat, lon) in BASES {
        add(mmsi, lat, lon, Kind::Base, BASE_S);
    }
    for &(mmsi, name, aid_type, lat, lon, state) in AIDS {
        if let Some(name) = Label::new(name.as_bytes()) {
            add(mmsi, lat, lon, Kind::Aid { name, aid_type, state }, AID_S);
        }
    }
    out
}

impl Mark {
    /// Sends at that time and then a part of a period later, so that a chorus falls apart.
    pub(crate) fn hello(&mut self, at_s: f64) {
        self.due_s = at_s;
        self.shuffle = true;
    }

    /// As for a vessel's radio.
    pub(crate) fn tick(&mut self, now_s: f64, at: UtcTime, each: &mut dyn FnMut(f64, char, &Message)) {
        if self.due_s >= now_s + 1.0 {
            return;
        }
        let sent_s = self.due_s.max(now_s);
        let message = self.report(at);
        each(sent_s, if self.channel_a { 'A' } else { 'B' }, &message);
        self.channel_a = !self.channel_a;
        let period_s = if let Kind::Base = self.kind { BASE_S } else { AID_S };
        let part = if std::mem::take(&mut self.shuffle) { self.random.between(0.2, 1.0) } else { 1.0 };
        self.due_s = sent_s + period_s * part;
    }

    fn report(&mut self, at: UtcTime) -> Message {
        match self.kind {
            Kind::Base => {
                let (lon_raw, lat_raw) = raw::position(Some(self.at));
                let (year, month, day, hour, minute, second) = date(at);
                Message::BaseStation(BaseStation {
                    year_raw: Some(year),
                    month_raw: Some(month),
                    day_raw: Some(day),
                    hour_raw: Some(hour),
                    minute_raw: Some(minute),
                    second_raw: Some(second),
                    pos_accuracy: Some(true),
                    lon_raw,
                    lat_raw,
                    epfd: Some(7),
                    ..BaseStation::new(4, self.mmsi)
                })
            }
            Kind::Aid { name, aid_type, state } => {
                // A buoy moves about its sinker.
                let mut at_now = offset(self.at, 6.0 * self.random.gauss(), 6.0 * self.random.gauss());
                if state == State::Adrift {
                    at_now = ahead(at_now, 75.0, ADRIFT_M);
                } else if state == State::Virtual {
                    at_now = self.at;
                }
                let (lon_raw, lat_raw) = raw::position(Some(at_now));
                let hull = Dimensions { to_bow: 2, to_stern: 2, to_port: 2, to_starboard: 2 };
                let mut aid = Aid {
                    aid_type: Some(aid_type),
                    pos_accuracy: Some(true),
                    lon_raw,
                    lat_raw,
                    dimensions_raw: raw::dimensions((state != State::Virtual).then_some(hull)),
                    epfd: Some(if state == State::Virtual { 7 } else { 1 }),
                    second_raw: raw::second(Some(at.unix_s().rem_euclid(60) as u8)),
                    off_position: Some(state == State::Adrift),
                    virtual_aid: Some(state == State::Virtual),
                    ..Aid::new(self.mmsi)
                };
                aid.set_name(Some(name));
                Message::Aid(aid)
            }
        }
    }
}
