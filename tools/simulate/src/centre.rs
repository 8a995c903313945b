//! Another centre that watches the same sea: its tracks, as the pictures of an IVEF service (IALA V-145).

use crate::plane::offset;
use crate::random::Random;
use crate::scene::Scene;
use crate::vessel::Vessel as Ship;
use decoders::ivef::message::{self, Provenance, Track, TrackStatus, Vessel, Voyage};
use decoders::ivef::{Document, Kind};
use std::collections::BTreeMap;
use units::{Degrees, KNOT_MPS, Mmsi, Position, UtcTime};

/// What its tracker makes of a vessel: one standard deviation on each axis, m; of speed, m/s; of course, degrees.
const POSITION_M: f64 = 12.0;
const SPEED_MPS: f64 = 0.3;
const COURSE_DEG: f64 = 2.0;
/// The share of vessels that have no transponder as far as it knows: tracks without a name.
const NAMELESS: f64 = 0.2;

/// A centre with a tracker of its own.
///
/// The same seed and calls give the same bytes. Its errors are fresh in each picture.
pub struct Centre {
    name: &'static str,
    area: Option<[Position; 2]>,
    random: Random,
    numbers: BTreeMap<Mmsi, Known>,
    next: i64,
    document: Document,
}

struct Known {
    number: i64,
    nameless: bool,
    seen: Option<Seen>,
}

/// What was last told of a vessel.
struct Seen {
    position: Position,
    at: UtcTime,
}

impl Centre {
    /// A centre that sees everything.
    #[must_use]
    pub fn new(seed: u64, name: &'static str) -> Self {
        Self {
            name,
            area: None,
            random: Random::stream(seed, 1 << 62),
            numbers: BTreeMap::new(),
            next: 1,
            document: Document::new(),
        }
    }

    /// From now on it sees only what is between these corners, south-west and north-east.
    pub fn watch(&mut self, corners: [Position; 2]) {
        self.area = Some(corners);
    }

    /// Appends one message with every vessel that it sees at [`Scene::now`], and the end of every track that has left
    /// since; nothing where there is nothing to tell. Returns how many objects that are.
    pub fn picture(&mut self, scene: &Scene, out: &mut Vec<u8>) -> usize {
        let at = scene.now();
        message::objects(&mut self.document, &identity(&mut self.random));
        let mut told = 0;
        for ship in scene.vessels() {
            let known = self.numbers.entry(ship.mmsi).or_insert_with(|| {
                self.next += 1;
                Known { number: self.next - 1, nameless: self.random.chance(NAMELESS), seen: None }
            });
            // Drawn for every vessel, so that one more in the area changes nothing elsewhere.
            let [east, north, speed, course] = std::array::from_fn(|_| self.random.gauss());
            let inside = self.area.is_none_or(|[low, high]| {
                (low.lat()..=high.lat()).contains(&ship.position.lat())
                    && (low.lon()..=high.lon()).contains(&ship.position.lon())
            });
            let seen = if inside {
                let position = offset(ship.position, POSITION_M * east, POSITION_M * north);
                known.seen = Some(Seen { position, at });
                Seen { position, at }
            } else if let Some(last) = known.seen.take() {
                last
            } else {
                continue;
            };
            let mut track = seen_track(ship, speed, course);
            track.id = known.number;
            track.at = Some(if inside { seen.at } else { at });
            track.position = Some(seen.position);
            track.status = Some(if inside { TrackStatus::Updated } else { TrackStatus::Dropped });
            track.source_name = Some(self.name);
            self.document.open(Kind::ObjectData);
            track.compose(&mut self.document);
            if inside && !known.nameless {
                who(ship, known.number, at, self.name, &mut self.document);
            }
            self.document.close();
            if !inside {
                // Should it come back, it is a new track.
                self.numbers.remove(&ship.mmsi);
            }
            told += 1;
        }
        if told > 0 && self.document.finish().is_ok() {
            self.document.encode(out);
        }
        told
    }
}

fn seen_track(ship: &Ship, speed: f64, course: f64) -> Track<'static> {
    Track {
        sigma_m: Some((POSITION_M, POSITION_M)),
        sog_mps: Some((ship.speed.value() * KNOT_MPS + SPEED_MPS * speed).max(0.0)),
        sigma_sog_mps: Some(SPEED_MPS),
        cog: Degrees::new(ship.course.value() + COURSE_DEG * course),
        sigma_cog_deg: Some(COURSE_DEG),
        heading: Some(ship.heading),
        length_m: Some(ship.length_m()),
        nav_status: Some(ship.nav_status),
        ..Track::default()
    }
}

fn who(ship: &Ship, number: i64, at: UtcTime, centre: &str, into: &mut Document) {
    Vessel {
        id: Some(number),
        at: Some(at),
        source: Some(Provenance::Fused),
        source_name: Some(centre),
        is_aid: Some(false),
        mmsi: Some(ship.mmsi),
        imo: ship.imo,
        name: Some(ship.name.as_str()),
        callsign: ship.call_sign.as_ref().map(units::Label::as_str),
        length_m: Some(ship.length_m()),
        width_m: Some(f64::from(ship.dimensions.to_port) + f64::from(ship.dimensions.to_starboard)),
        ..Vessel::default()
    }
    .compose(into);
    if ship.destination.is_some() || ship.draught_m.is_some() {
        Voyage {
            id: Some(number),
            at: Some(at),
            source: Some(Provenance::Transponder),
            source_name: Some(centre),
            destination: ship.destination.as_ref().map(units::Label::as_str),
            draught_m: ship.draught_m,
            ..Voyage::default()
        }
        .compose(into);
    }
}

/// A UUID of version 4, as the standard writes it.
fn identity(random: &mut Random) -> String {
    let (high, low) = (random.word(), random.word());
    format!(
        "{{{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}}}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}
