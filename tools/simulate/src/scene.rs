//! The scene: everyone on the water, the air between, and who listens.

use crate::marks::{Mark, marks};
use crate::motion::Helm;
use crate::random::Random;
use crate::station::Radio;
use crate::traffic::{Crew, Way};
use crate::trouble::{Trouble, ships};
use crate::vessel::{Kind, Vessel};
use decoders::ais::Message;
use decoders::bits::BitWriter;
use decoders::nmea::encode_vdm;
use std::collections::BTreeMap;
use units::{Mmsi, Position, UtcTime};

/// From the slot's begin to the sentence, s.
const LATENCY_S: f64 = 0.03;
/// What a hello is spread over, s.
const HELLO_S: f64 = 5.0;
/// With fewer vessels than this there are no planned encounters.
const PLANNED_FROM: usize = 20;

/// Ships meet here within the first minutes: kind, latitude, longitude, course, speed, seconds, and how far on.
/// Two lines each make an encounter; the second comes a little late, so that they pass closely.
const MEETINGS: &[(Kind, f64, f64, f64, f64, f64, f64)] = &[
    (Kind::Coaster, 29.908, 122.190, 271.0, 11.0, 170.0, 3000.0),
    (Kind::Coaster, 29.908, 122.190, 8.0, 9.0, 178.0, 2600.0),
    (Kind::Tanker, 29.72, 122.66, 270.0, 12.0, 290.0, 9000.0),
    (Kind::Coaster, 29.72, 122.66, 0.0, 10.0, 305.0, 9000.0),
    (Kind::Coaster, 30.16, 121.76, 50.0, 11.0, 400.0, 5000.0),
    (Kind::Coaster, 30.16, 121.76, 231.0, 9.0, 400.0, 5000.0),
];

/// One sentence, or all sentences of one message, as received.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// When it was on the air.
    pub on_air: UtcTime,
    /// When it came out of the receiver; the same as `on_air` unless the [`Receiver`] is slow.
    pub at: UtcTime,
    /// Who sent it.
    pub mmsi: Mmsi,
    /// Whole lines, each ended by CRLF.
    pub bytes: &'a [u8],
}

/// What becomes of a message on its way to the listener.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Receiver {
    /// The share of messages that is lost, 0 to 1.
    pub loss: f64,
    /// Shortest and longest delay, s. What overtakes comes first.
    pub delay_s: (f64, f64),
}

impl Receiver {
    /// Hears everything at once.
    pub const PERFECT: Self = Self { loss: 0.0, delay_s: (0.0, 0.0) };

    /// One in a hundred is lost, and the rest comes after 20 to 120 ms.
    pub const ORDINARY: Self = Self { loss: 0.01, delay_s: (0.02, 0.12) };
}

/// Simulated traffic with its truth.
///
/// The same seed, number of vessels, start and calls give the same bytes. Truth moves in whole seconds of UTC.
pub struct Scene {
    start_s: i64,
    /// Seconds since `start_s` up to which the truth has been moved, exclusive.
    ticks: i64,
    crafts: Vec<Craft>,
    marks: Vec<Mark>,
    /// By time of arrival, then in order of sending.
    queue: BTreeMap<(i64, u64), Queued>,
    air: Air,
    /// The craft that is to enter a zone.
    intruder: Option<usize>,
    seed: u64,
    crew: Crew,
}

struct Craft {
    vessel: Vessel,
    helm: Helm,
    radio: Radio,
    trouble: Option<Trouble>,
}

struct Queued {
    on_air: UtcTime,
    mmsi: Mmsi,
    bytes: Vec<u8>,
}

/// What all share: the channel, the receiver.
struct Air {
    sent: u64,
    sequence: u8,
    receiver: Receiver,
    random: Random,
    bits: BitWriter,
}

impl Scene {
    /// Where [`Scene::ningbo_zhoushan`] sends a ship that enters a zone of up to 1 km radius in the fourth minute:
    /// latitude and longitude, open water east of Zhujiajian.
    pub const ZONE: (f64, f64) = (29.88, 122.70);

    /// Ningbo-Zhoushan with `vessels` vessels at `start`, rounded up to a whole second.
    ///
    /// From twenty vessels on, three pairs meet closely after 3, 5 and 7 minutes, and one ship heads for
    /// [`Scene::ZONE`].
    #[must_use]
    pub fn ningbo_zhoushan(seed: u64, vessels: usize, start: UtcTime) -> Self {
        let start_s = start.unix_s() + i64::from(start.unix_ns().rem_euclid(1_000_000_000) != 0);
        let mut crew = Crew::new(seed, vessels);
        let mut ships = Vec::with_capacity(vessels);
        let mut intruder = None;
        if vessels >= PLANNED_FROM {
            for &(kind, lat, lon, course_deg, speed_kn, after_s, beyond_m) in MEETINGS {
                ships.extend(
                    Position::new(lat, lon).and_then(|to| {
                        crew.planned(kind, &Way { to, course_deg, speed_kn, after_s, beyond_m })
                    }),
                );
            }
            let zone = Position::new(Self::ZONE.0, Self::ZONE.1);
            if let Some(ship) = zone.and_then(|to| crew.planned(Kind::Coaster, &intrusion(to, 270.0))) {
                intruder = Some(ships.len());
                ships.push(ship);
            }
        }
        for number in 0..vessels.saturating_sub(ships.len()) {
            ships.extend(crew.next(number));
        }
        let crafts = ships.into_iter().zip(1_u64..).map(|((vessel, helm), number)| {
            let radio = Radio::new(&vessel, Random::stream(seed, number << 32));
            Craft { vessel, helm, radio, trouble: None }
        });
        Self {
            start_s,
            ticks: 0,
            crafts: crafts.collect(),
            marks: marks(seed),
            queue: BTreeMap::new(),
            air: Air {
                sent: 0,
                sequence: 0,
                receiver: Receiver::PERFECT,
                random: Random::stream(seed, 1 << 63),
                bits: BitWriter::new(),
            },
            intruder,
            seed,
            crew,
        }
    }

    /// Puts ships on the water that somebody on shore should hear of, before the scene runs: one that falls silent
    /// after a minute, one with another's number and one with nobody's, one that says for a while that it is elsewhere,
    /// one whose anchor drags from the sixth minute on, and one that heads for [`crate::BRIDGE`] beside its span, to be
    /// there after eight.
    pub fn trouble(&mut self) {
        let Some(other) = self.crafts.first().map(|craft| craft.vessel.mmsi) else { return };
        for (vessel, helm, trouble) in ships(&mut self.crew, other) {
            let number = self.crafts.len() as u64 + 1;
            let radio = Radio::new(&vessel, Random::stream(self.seed, number << 32));
            self.crafts.push(Craft { vessel, helm, radio, trouble: Some(trouble) });
        }
    }

    /// From now on this is how messages are received.
    pub fn listen(&mut self, receiver: Receiver) {
        self.air.receiver = receiver;
    }

    /// Sends the ship that heads for [`Scene::ZONE`] to another place instead, on that course: before the scene
    /// runs, for it is put on the water 2 km before the place and 4 km of water are needed behind it.
    pub fn aim(&mut self, zone: Position, course_deg: f64) {
        let Some(craft) = self.intruder.and_then(|i| self.crafts.get_mut(i)) else { return };
        let random = Random::new(u64::from(craft.vessel.mmsi.number()));
        craft.helm = intrusion(zone, course_deg).helm(craft.vessel.kind, craft.vessel.length_m(), random);
        craft.vessel.update(&craft.helm);
    }

    /// Everyone reports position and identity within the next five seconds, instead of within six minutes: as if
    /// the receiver had heard them all before.
    pub fn hello(&mut self) {
        let now_s = self.ticks as f64;
        let all = (self.crafts.len() + self.marks.len()).max(1) as f64;
        let at_s = |i: usize| now_s + HELLO_S * i as f64 / all;
        for (i, mark) in self.marks.iter_mut().enumerate() {
            mark.hello(at_s(i));
        }
        for (i, craft) in self.crafts.iter_mut().enumerate() {
            craft.radio.hello(at_s(i + self.marks.len()));
        }
    }

    /// Moves the truth to `until` and hands out every AIS message that arrives up to and including then, in order of
    /// arrival. In how many steps makes no difference.
    pub fn run(&mut self, until: UtcTime, sent: &mut impl FnMut(Sent<'_>)) {
        while self.start_s + self.ticks <= until.unix_s() {
            self.tick();
            // Nothing that is sent later arrives before the next second begins.
            let next = UtcTime::from_unix_s(self.start_s + self.ticks);
            self.hand_out(until.unix_ns().min(next.unix_ns()), sent);
        }
        self.hand_out(until.unix_ns(), sent);
    }

    /// The vessels as they truly are at [`Scene::now`].
    pub fn vessels(&self) -> impl Iterator<Item = &Vessel> {
        self.crafts.iter().map(|craft| &craft.vessel)
    }

    /// The instant of the truth: the last whole second up to which the scene has run; its start before that.
    #[must_use]
    pub fn now(&self) -> UtcTime {
        UtcTime::from_unix_s(self.start_s + (self.ticks - 1).max(0))
    }

    /// Whose AIS is not right: its own number, that which it sends, and what is wrong.
    pub fn faults(&self) -> impl Iterator<Item = (Mmsi, Mmsi, &'static str)> {
        self.crafts.iter().filter_map(|craft| {
            let own = craft.vessel.mmsi;
            let (told, what) = craft.trouble.as_ref()?.fault(own)?;
            Some((own, told, what))
        })
    }

    /// Base stations and aids to navigation: they are heard too, and are no vessels.
    pub fn marks(&self) -> impl Iterator<Item = Mmsi> {
        self.marks.iter().map(|mark| mark.mmsi)
    }

    fn hand_out(&mut self, until_ns: i64, sent: &mut impl FnMut(Sent<'_>)) {
        while let Some(entry) = self.queue.first_entry() {
            let (at_ns, _) = *entry.key();
            if at_ns > until_ns {
                return;
            }
            let Queued { on_air, mmsi, bytes } = entry.remove();
            sent(Sent { on_air, at: UtcTime::from_unix_ns(at_ns), mmsi, bytes: &bytes });
        }
    }

    fn tick(&mut self) {
        let now_s = self.ticks as f64;
        let (start, at) =
            (UtcTime::from_unix_s(self.start_s), UtcTime::from_unix_s(self.start_s + self.ticks));
        let (air, queue) = (&mut self.air, &mut self.queue);
        for craft in &mut self.crafts {
            if self.ticks > 0 {
                if let Some(trouble) = &craft.trouble {
                    trouble.pull(&mut craft.helm, now_s);
                }
                craft.helm.step(now_s);
                craft.vessel.update(&craft.helm);
            }
            let mut send = |told: &Vessel, radio: &mut Radio| {
                radio.tick(told, now_s, at, &mut |sent_s, channel, message| {
                    air.send(start.plus_s(sent_s + LATENCY_S), told.mmsi, channel, message, queue);
                });
            };
            match &craft.trouble {
                None => send(&craft.vessel, &mut craft.radio),
                Some(trouble) => {
                    if let Some(told) = trouble.told(&craft.vessel, now_s) {
                        send(&told, &mut craft.radio);
                    }
                }
            }
        }
        for mark in &mut self.marks {
            let mmsi = mark.mmsi;
            mark.tick(now_s, at, &mut |sent_s, channel, message| {
                air.send(start.plus_s(sent_s + LATENCY_S), mmsi, channel, message, queue);
            });
        }
        self.ticks += 1;
    }
}

impl Air {
    fn send(
        &mut self,
        on_air: UtcTime,
        mmsi: Mmsi,
        channel: char,
        message: &Message,
        queue: &mut BTreeMap<(i64, u64), Queued>,
    ) {
        // Drawn for every message, so that one receiver's luck does not hang on another's settings.
        let (luck, delay_s) = (self.random.unit(), self.random.unit());
        if luck < self.receiver.loss {
            return;
        }
        let (least_s, most_s) = self.receiver.delay_s;
        let at = on_air.plus_s((least_s + (most_s - least_s) * delay_s).max(0.0));
        message.encode(&mut self.bits);
        let mut bytes = Vec::with_capacity(112);
        let lines = encode_vdm(&mut bytes, *b"AI", Some(channel as u8), self.sequence, self.bits.bits());
        if lines > 1 {
            self.sequence = (self.sequence + 1) % 10;
        }
        self.sent += 1;
        queue.insert((at.unix_ns(), self.sent), Queued { on_air, mmsi, bytes });
    }
}

/// From 2 km off into the middle and 4 km on.
fn intrusion(to: Position, course_deg: f64) -> Way {
    Way { to, course_deg, speed_kn: 10.0, after_s: 390.0, beyond_m: 4000.0 }
}
