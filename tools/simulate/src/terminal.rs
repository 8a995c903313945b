//! What a boat says besides AIS: BeiDou short messages, JT/T 808 locations, its satellite receiver's sentences.

use crate::date::date;
use crate::plane::offset;
use crate::random::Random;
use crate::vessel::Vessel;
use decoders::TimeOfDay;
use decoders::jt808::{Frame, Location, Message, Phone, Stamp};
use decoders::nmea::gnss::{Gga, Gnss, Gst, Rmc, Vtg, Zda};
use decoders::rdss::{binary, sentence};
use units::{Position, UtcTime};

/// The clock of every terminal: Beijing's.
const AHEAD_S: i32 = 8 * 3600;
/// Error of the receiver, metres (1 sigma, each axis).
const GNSS_M: f64 = 2.6;
/// Below this a receiver gives no course, knots.
const SLOW_KN: f64 = 0.3;

/// The equipment of one boat. Its card and its phone follow from its MMSI.
#[derive(Clone, Debug)]
pub struct Terminal {
    /// Its BeiDou card.
    pub card: u32,
    /// Its JT/T 808 terminal.
    pub phone: Phone,
    reports: u64,
    serial: u16,
    random: Random,
}

/// How a position by BeiDou reaches whoever watches the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Binary, "4.0": DWXX.
    Binary,
    /// "2.1": `$BDDWR`.
    Fix,
    /// "2.1": `$BDWAA`.
    Report,
}

impl Terminal {
    /// That of a boat.
    #[must_use]
    pub fn of(vessel: &Vessel) -> Self {
        let number = vessel.mmsi.number();
        let digits = format!("1{:010}", u64::from(number) * 7 % 10_000_000_000);
        let phone = Phone::from_digits(&digits, false).unwrap_or(Phone::short([0; 6]));
        let random = Random::stream(u64::from(number), 808);
        Self { card: number % 2_000_000 + 1, phone, reports: 0, serial: 0, random }
    }

    fn position(&mut self, vessel: &Vessel) -> Position {
        let (east_m, north_m) = (self.random.gauss() * GNSS_M, self.random.gauss() * GNSS_M);
        offset(vessel.antenna(), east_m, north_m)
    }

    /// Writes its position by BeiDou behind `out`: each generation in its turn, as a shore station hears them.
    pub fn short_message(&mut self, vessel: &Vessel, at: UtcTime, out: &mut Vec<u8>) {
        const TURNS: [Generation; 3] = [Generation::Binary, Generation::Fix, Generation::Report];
        let turn = TURNS.into_iter().cycle().nth((self.reports % 3) as usize);
        self.reports += 1;
        self.fix(vessel, at, turn.unwrap_or(Generation::Report), out);
    }

    /// Writes its position by BeiDou behind `out`. Those in the south or west have no binary one.
    pub fn fix(&mut self, vessel: &Vessel, at: UtcTime, by: Generation, out: &mut Vec<u8>) {
        let (place, time) = (self.position(vessel), TimeOfDay::of(at, AHEAD_S));
        let card = self.card.into();
        match by {
            Generation::Binary => {
                if let Some(fix) = binary::Fix::new(self.card, place, time) {
                    fix.encode(out);
                }
            }
            Generation::Fix => sentence::encode_dwr(out, card, time, place, 0, false),
            Generation::Report => sentence::encode_waa(out, card, time, place, 0),
        }
    }

    /// Writes a text that it sends by BeiDou behind `out`, as BDS-3 has it.
    pub fn text(&self, to: u64, text: &str, at: UtcTime, out: &mut Vec<u8>) {
        sentence::encode_tci(out, self.card.into(), to, TimeOfDay::of(at, AHEAD_S), text);
    }

    /// Writes its location as a JT/T 808 frame behind `out`; the frame's serial is given back.
    pub fn location(&mut self, vessel: &Vessel, at: UtcTime, out: &mut Vec<u8>) -> u16 {
        let Some(time) = Stamp::from_utc(at, AHEAD_S) else { return self.serial };
        let location = Location {
            speed_raw: (vessel.speed.mps() * 36.0).round() as u16,
            course_raw: vessel.course.value() as u16,
            ..Location::new(self.position(vessel), time)
        };
        self.frame(&Message::Location(location), out)
    }

    /// Writes any message as its JT/T 808 frame behind `out`; the frame's serial is given back.
    pub fn frame(&mut self, message: &Message<'_>, out: &mut Vec<u8>) -> u16 {
        let (serial, mut body) = (self.serial, Vec::new());
        message.encode(false, &mut body);
        self.serial = self.serial.wrapping_add(1);
        let phone = self.phone;
        let frame = Frame {
            id: message.id(),
            encryption: 0,
            version: None,
            reserved: false,
            phone,
            serial,
            part: None,
            body: &body,
        };
        frame.encode(out);
        serial
    }

    /// Writes what its satellite receiver says each second behind `out`.
    pub fn gnss(&mut self, vessel: &Vessel, at: UtcTime, out: &mut Vec<u8>) {
        let position = Some(self.position(vessel));
        let (sog, cog) = (Some(vessel.speed), Some(vessel.course).filter(|_| vessel.speed.value() > SLOW_KN));
        let time = Some(TimeOfDay::of(at, 0));
        let (year, month, day, ..) = date(at);
        let date = Some([day.into(), month.into(), year]);
        let rmc =
            Rmc { time, valid: Some(true), position, sog, cog, date, mode: Some(b'A'), ..Rmc::default() };
        let gga =
            Gga { time, position, quality: Some(1), satellites: Some(12), hdop: Some(0.9), ..Gga::default() };
        let sigma = Some(GNSS_M);
        let gst = Gst { time, lat_sigma_m: sigma, lon_sigma_m: sigma, ..Gst::default() };
        let all = [
            Gnss::Rmc(rmc),
            Gnss::Gga(gga),
            Gnss::Vtg(Vtg { cog, sog, mode: Some(b'A'), ..Vtg::default() }),
            Gnss::Gst(gst),
            Gnss::Hdt(Some(vessel.heading)),
            Gnss::Zda(Zda { time, date, zone_h: Some(0), zone_min: Some(0) }),
        ];
        for sentence in &all {
            sentence.encode(*b"BD", out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Scene};
    use decoders::frame::Framer;
    use decoders::nmea::{Item, Reader};
    use decoders::{jt808, rdss};

    fn boat() -> Vessel {
        let scene = Scene::ningbo_zhoushan(1, 100, UtcTime::from_unix_s(1_764_000_000));
        let boat = scene.vessels().find(|vessel| vessel.kind == Kind::Fishing).cloned();
        boat.unwrap()
    }

    fn near(at: Option<Position>, vessel: &Vessel) {
        let (at, truth) = (at.unwrap(), vessel.antenna());
        // A tenth of a second of arc is 3 m.
        assert!(crate::plane::distance_m(at, truth) < 20.0, "{at} and not {truth}");
    }

    #[test]
    fn what_a_boat_says_is_where_it_is_in_every_form() {
        let (vessel, now) = (boat(), UtcTime::from_unix_s(1_764_000_000));
        let mut terminal = Terminal::of(&vessel);
        let (mut stream, mut kinds) = (Vec::new(), Vec::new());
        (0..3).for_each(|_| terminal.short_message(&vessel, now, &mut stream));
        terminal.text(1, "报平安", now, &mut stream);
        rdss::Reader::default().drain(&stream, true, |item| match item {
            rdss::Item::Binary(frame) => {
                let binary::Message::Fix(fix) = binary::Message::decode(&frame) else { panic!("{frame:?}") };
                near(fix.position(), &vessel);
                assert_eq!(fix.time().unwrap().near(now, AHEAD_S), now);
                kinds.push("DWXX".to_owned());
            }
            rdss::Item::Sentence(sentence) => {
                if let sentence::Message::Fix(fix) = sentence::Message::decode(&sentence) {
                    near(fix.position(), &vessel);
                    assert_eq!(fix.card, u64::from(terminal.card));
                }
                kinds.push(String::from_utf8_lossy(sentence.address()).into_owned());
            }
            other => panic!("{other:?}"),
        });
        assert_eq!(kinds, ["DWXX", "BDDWR", "BDWAA", "BDTCI"]);

        let mut frames = Vec::new();
        terminal.location(&vessel, now, &mut frames);
        jt808::Reader::default().drain(&frames, true, |item| {
            let jt808::Item::Frame(frame) = item else { panic!("{item:?}") };
            let Some(Message::Location(location)) = frame.message() else { panic!("{frame:?}") };
            near(location.position(), &vessel);
            assert_eq!((location.time.utc(AHEAD_S), frame.phone), (Some(now), terminal.phone));
        });

        let mut lines = Vec::new();
        terminal.gnss(&vessel, now, &mut lines);
        let (mut framer, mut reader, mut told) = (Framer::default(), Reader::new(), 0);
        framer.drain(&lines, true, |line| {
            reader.line(line, now, |item| {
                let Item::Other(sentence) = item else { panic!("{item:?}") };
                told += 1;
                match Gnss::decode(&sentence).unwrap() {
                    Gnss::Rmc(rmc) => {
                        near(rmc.position, &vessel);
                        assert_eq!(rmc.at(), Some(now));
                    }
                    Gnss::Gga(gga) => near(gga.position, &vessel),
                    _ => {}
                }
            });
        });
        assert_eq!(told, 6);
    }
}
