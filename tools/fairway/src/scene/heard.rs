//! What ships say, as base stations and satellites pass it on.

use super::told::{Lines, rounded};
use decoders::ais::{Dimensions, Message};
use decoders::frame::Framer;
use decoders::nmea::{Item, Reader};
use decoders::rdss::{self, sentence};
use serde_json::{Value, json};
use simulate::{Generation, Kind, Random, Scene, Sent, Shore, Terminal, Vessel};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use units::{Degrees, Knots, Label, Mmsi, Position, UtcTime};

/// Base stations on hills along the way in.
const STATIONS: [(&str, f64, f64); 3] =
    [("B1", 29.815, 122.29), ("B2", 29.885, 122.42), ("B3", 30.02, 122.12)];
/// A boat with a terminal reports so often by BeiDou, seconds, and it takes so long.
const EVERY_S: i64 = 60;
const DELAY_S: (f64, f64) = (1.0, 5.0);
/// Of a hundred fishing boats, so many have one; of a hundred of those, so many are in the registry.
const WITH_TERMINAL: u64 = 40;
const REGISTERED: u64 = 70;

/// Name, type and hull, as far as they have been said.
type Halves = BTreeMap<Mmsi, (Option<Label>, Option<u8>, Option<Dimensions>)>;

/// All that is heard.
pub struct Coast {
    shore: Shore,
    dark: BTreeSet<Mmsi>,
    terminals: Vec<(Mmsi, Terminal)>,
    random: Random,
    framer: Framer,
    reader: Reader,
    /// Class B says its name and its hull in two messages.
    halves: Halves,
}

/// As a scene says them.
pub fn described() -> Value {
    STATIONS.iter().map(|(id, lat, lon)| json!({ "id": id, "lat": lat, "lon": lon })).collect()
}

/// Of a hundred, does this one belong to the first so many?
fn lot(seed: u64, purpose: u64, mmsi: Mmsi, of_hundred: u64) -> bool {
    Random::stream(seed, purpose << 32 | u64::from(mmsi.number())).below(100) < of_hundred as usize
}

impl Coast {
    /// Stations and terminals; nobody of `dark` per cent of all has AIS, but for those whose AIS lies.
    pub fn new(seed: u64, scene: &Scene, dark: u32) -> Self {
        let lies = |mmsi| scene.faults().any(|(own, told, _)| own == mmsi || told == mmsi);
        let numbers = scene.vessels().map(|vessel| vessel.mmsi);
        let dark = numbers.filter(|&mmsi| lot(seed, 1, mmsi, dark.into()) && !lies(mmsi)).collect();
        let boats = scene.vessels().filter(|vessel| vessel.kind == Kind::Fishing);
        let with = boats.filter(|vessel| lot(seed, 2, vessel.mmsi, WITH_TERMINAL));
        let stations = STATIONS.iter().filter_map(|&(_, lat, lon)| Position::new(lat, lon));
        Self {
            shore: Shore::new(seed, stations.collect()),
            dark,
            terminals: with.map(|vessel| (vessel.mmsi, Terminal::of(vessel))).collect(),
            random: Random::stream(seed, 3 << 32),
            framer: Framer::default(),
            reader: Reader::new(),
            halves: BTreeMap::new(),
        }
    }

    /// Whether it has no AIS.
    pub fn is_dark(&self, mmsi: Mmsi) -> bool {
        self.dark.contains(&mmsi)
    }

    /// Whose a card is, where that is known.
    pub fn registry(&self) -> BTreeMap<String, u32> {
        let known = self.terminals.iter().filter(|(mmsi, _)| lot(0, 3, *mmsi, REGISTERED));
        known.map(|(mmsi, terminal)| (terminal.card.to_string(), mmsi.number())).collect()
    }

    /// Runs the scene up to then.
    pub fn listen(&mut self, scene: &mut Scene, until: UtcTime, lines: &mut Lines<impl Write>) {
        let Self { shore, dark, framer, reader, halves, .. } = self;
        let places: BTreeMap<Mmsi, Position> =
            scene.vessels().map(|vessel| (vessel.mmsi, vessel.position)).collect();
        scene.run(until, &mut |sent: Sent<'_>| {
            if dark.contains(&sent.mmsi) {
                return;
            }
            let mut line = None;
            framer.drain(sent.bytes, true, |text| {
                reader.line(text, sent.at, |item| {
                    if let Item::Ais(received) = item {
                        line = said(received.message, lines.seconds(sent.on_air), halves);
                    }
                });
            });
            // Base stations and marks have no place here.
            let Some((line, &from)) = line.zip(places.get(&sent.mmsi)) else { return };
            shore.hear(&sent, from, &mut |station, at| {
                let mut copy = line.clone();
                if let (Some(copy), Some((id, ..))) = (copy.as_object_mut(), STATIONS.get(station)) {
                    copy.insert("st".to_owned(), (*id).into());
                }
                lines.push(at, copy);
            });
        });
        self.report(scene, until, lines);
    }

    fn report(&mut self, scene: &Scene, now: UtcTime, lines: &mut Lines<impl Write>) {
        let turn = now.unix_s().rem_euclid(EVERY_S);
        for (mmsi, terminal) in &mut self.terminals {
            if i64::from(mmsi.number()) % EVERY_S != turn {
                continue;
            }
            let Some(vessel) = scene.vessels().find(|vessel| vessel.mmsi == *mmsi) else { continue };
            let Some(at) = fix(terminal, vessel, now) else { continue };
            let arrival = now.plus_s(self.random.between(DELAY_S.0, DELAY_S.1));
            let (sog, cog) = (rounded(vessel.speed.value(), 10.0), rounded(vessel.course.value(), 1.0));
            lines.push(
                arrival,
                json!({
                    "k": "bd", "id": terminal.card.to_string(), "t": lines.seconds(now),
                    "lat": at.lat(), "lon": at.lon(), "sog": sog, "cog": cog,
                }),
            );
        }
    }
}

/// Where a terminal's report says that it is.
fn fix(terminal: &mut Terminal, vessel: &Vessel, now: UtcTime) -> Option<Position> {
    let (mut bytes, mut place) = (Vec::new(), None);
    terminal.fix(vessel, now, Generation::Report, &mut bytes);
    rdss::Reader::default().drain(&bytes, true, |item| {
        if let rdss::Item::Sentence(said) = item
            && let sentence::Message::Fix(fix) = sentence::Message::decode(&said)
        {
            place = fix.position();
        }
    });
    place
}

/// What a message says, as a scene has it; `None` where it has no such thing.
fn said(message: &Message, t: f64, halves: &mut Halves) -> Option<Value> {
    let mmsi = message.mmsi();
    let statics = |name: Option<Label>, kind: Option<u8>, hull: Option<Dimensions>| {
        let [a, b] = hull.map_or([0; 2], |hull| [hull.to_bow, hull.to_stern]);
        let [c, d] = hull.map_or([0; 2], |hull| [hull.to_port, hull.to_starboard]);
        json!({
            "k": "ais5", "t": t, "mmsi": mmsi.number(), "name": name.as_ref().map(Label::as_str),
            "type": kind, "A": a, "B": b, "C": c, "D": d,
        })
    };
    match message {
        Message::PositionA(m) => Some(position(
            mmsi,
            m.position()?,
            (m.sog(), m.cog(), m.heading()),
            (m.second(), m.nav_status_raw),
            "A",
        )),
        Message::PositionB(m) => {
            Some(position(mmsi, m.position()?, (m.sog(), m.cog(), m.heading()), (m.second(), None), "B"))
        }
        Message::StaticA(m) => Some(statics(m.name(), m.ship_type(), m.dimensions())),
        Message::StaticB(m) => {
            let (name, kind, hull) = halves.entry(mmsi).or_default();
            *name = m.name().or(*name);
            *kind = m.ship_type().or(*kind);
            *hull = m.dimensions().or(*hull);
            Some(statics(*name, *kind, *hull))
        }
        _ => None,
    }
}

fn position(
    mmsi: Mmsi,
    at: Position,
    (sog, cog, heading): (Option<Knots>, Option<Degrees>, Option<Degrees>),
    (second, status): (Option<u8>, Option<u8>),
    class: &str,
) -> Value {
    json!({
        "k": "ais", "s": "AIS", "sec": second.unwrap_or(60), "mmsi": mmsi.number(),
        "lat": rounded(at.lat(), 1e7), "lon": rounded(at.lon(), 1e7),
        "sog": sog.map(|sog| rounded(sog.value(), 10.0)), "cog": cog.map(|cog| rounded(cog.value(), 10.0)),
        "hdg": heading.map_or(511.0, Degrees::value), "ns": status, "cls": class,
    })
}
